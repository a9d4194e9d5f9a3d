"""Makes the four deliveries that docs/import.md walks through, from the demo town.

`python tests/deliveries.py FOLDER` writes, the same bytes each time:

- ``cadastre.zip``: a Shapefile in GBK without ``.cpg``, its coordinates in GCJ-02 though its
  ``.prj`` says WGS 84;
- ``plans.gdb``: a File Geodatabase of the town's planning zones in EPSG:4547;
- ``auctions.xlsx``: a list of land transfers, with a title line, money in 万元 and a total;
- ``survey.txt``: three lots as survey text, 3-degree zone 38 with the zone number in the easting.

All of it is synthetic. One row of the cadastre is planted without id, one outline is a bow-tie
that no rule can mend, and one transfer names a lot that is not there.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapefile
import shapely
import xlsxwriter

ROOT = Path(__file__).parents[1]
TOWN = ROOT / "examples" / "demo-town"
_WGS84 = pyproj.CRS.from_epsg(4326).to_wkt("WKT1_ESRI")


def make(folder: Path) -> None:
    """Write the four deliveries into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lots = [_feature(each) for each in _town("parcels") if each["geometry"]]
    cadastre(folder, lots)
    plans(folder)
    auctions(folder, lots)
    survey(folder, lots[:3])


def _town(table):
    return json.loads((TOWN / f"{table}.geojson").read_text(encoding="utf-8"))["features"]


def _feature(each):
    return each["properties"], shapely.geometry.shape(each["geometry"])


def to_gcj02(lonlat):
    """Return WGS 84 positions as GCJ-02, by an implementation that the program does not use."""
    from fast_geocn import wgs84_to_gcj02

    return np.array([wgs84_to_gcj02(lon, lat) for lon, lat in lonlat])


def cadastre(folder, lots):
    """Write the Shapefile, zipped, without .cpg."""
    base = folder / "cadastre"
    with shapefile.Writer(str(base), shapeType=shapefile.POLYGON, encoding="gbk") as writer:
        writer.field("宗地编号", "C", 40)
        writer.field("土地用途", "C", 20)
        writer.field("用地面积", "N", 16, 2)
        writer.field("建筑面积", "N", 16, 2)
        writer.field("坐落", "C", 60)
        for number, (row, shape) in enumerate(lots):
            moved = shapely.transform(shape, to_gcj02)
            name = "" if number == 5 else row["parcel_id"]
            if number == 7:  # the second and third corner change places
                ring = list(moved.exterior.coords) if moved.geom_type == "Polygon" else []
                ring[1], ring[2] = ring[2], ring[1]
                moved = shapely.Polygon(ring)
            parts = moved.geoms if moved.geom_type == "MultiPolygon" else [moved]
            rings = [
                [list(point) for point in ring.coords][::step]
                for part in map(shapely.orient_polygons, parts)
                for ring, step in [(part.exterior, -1), *((hole, -1) for hole in part.interiors)]
            ]
            writer.poly(rings)
            writer.record(
                name, row["land_use"], row["site_area_m2"], row["gross_floor_area_m2"], "坪山示范镇"
            )
    (base.with_suffix(".prj")).write_text(_WGS84, encoding="ascii")
    with zipfile.ZipFile(folder / "cadastre.zip", "w") as archive:
        for suffix in ("shp", "shx", "dbf", "prj"):
            path = base.with_suffix(f".{suffix}")
            data = bytearray(path.read_bytes())
            if suffix == "dbf":
                data[1:4] = b"\x7e\x01\x01"  # no date of today
                data[29] = 0  # no language driver either: nothing names the encoding
            archive.writestr(zipfile.ZipInfo(path.name, (2026, 1, 1, 0, 0, 0)), bytes(data))
            path.unlink()


def plans(folder):
    """Write the File Geodatabase."""
    from pingshan_geo import gdal

    zones = [_feature(each) for each in _town("zones") if each["geometry"]]
    chosen = [(row, shape) for row, shape in zones if row["kind"] != "district"]
    frame = gpd.GeoDataFrame(
        {
            "分区编号": [row["zone_id"] for row, _ in chosen],
            "名称": [row["name_zh"] for row, _ in chosen],
            "分区类型": [row["kind"] for row, _ in chosen],
        },
        geometry=[shape for _, shape in chosen],
        crs="EPSG:4490",
    ).to_crs("EPSG:4547")
    gdal.write(
        folder / "plans.gdb", frame, driver="OpenFileGDB", layer="plans", description="plans"
    )


def auctions(folder, lots):
    """Write the workbook."""
    book = xlsxwriter.Workbook(str(folder / "auctions.xlsx"))
    book.set_properties({"created": __import__("datetime").datetime(2026, 1, 1)})
    sheet = book.add_worksheet("出让结果")
    sheet.merge_range("A1:G1", "示范镇2017年土地出让结果一览表（合成）", None)
    heading = [
        "序号",
        "宗地编号",
        "成交日期",
        "出让方式",
        "竞得人",
        "成交价（万元）",
        "土地使用年期",
    ]
    sheet.write_row(1, 0, heading)
    total = 0
    for at, (row, _) in enumerate(lots[10:18], start=1):
        price = 1000 * at + 250.5
        total += price
        name = f"{row['parcel_id']}".lower() if at == 2 else row["parcel_id"]
        name = "DT01-9999" if at == 4 else name
        day = f"2017年{at + 2}月{at}日"
        sheet.write_row(1 + at, 0, [at, name, day, "挂牌", f"示例公司{at}", price, "50年"])
    sheet.write_row(10, 0, ["合计", None, None, None, None, total])
    book.close()


def survey(folder, lots):
    """Write the survey text: new lots beside the town's first three."""
    way = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4526", always_xy=True)
    lines = [
        "[属性描述]", "格式版本号=1.01版本", "数据产生单位=示范镇", "坐标系=2000国家大地坐标系",
        "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", "带号=38", "精度=0.001",
        "转换参数=,,,,,,", "[地块坐标]",
    ]  # fmt: skip
    for number, (row, shape) in enumerate(lots, start=1):
        ring = np.round(np.column_stack(way.transform(*shape.exterior.coords.xy)), 3)
        area = shapely.Polygon(ring).area / 10_000
        lines.append(
            f"{len(ring)},{area:.4f},SV-{number},新增地块{number},面,,,{row['land_use']},@"
        )
        lines += [
            f"J{1 + at % (len(ring) - 1)},1,{north:.3f},{east:.3f}"
            for at, (east, north) in enumerate(ring)
        ]
    (folder / "survey.txt").write_bytes("\r\n".join([*lines, ""]).encode("gb18030"))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
