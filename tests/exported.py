"""Readers of every exported format that share no code with the writers."""

import csv
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import flatgeobuf
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapefile
import shapely

from pingshan_geo import assess, export, gdal, load_catalogue

KML = "{http://www.opengis.net/kml/2.2}"
Rows = dict[str, tuple[dict[str, Any], Any]]


TEXTS = ["坪山“区” 😀", 'a "b", c;', "one\ntwo", "=1+1", "007", "&<>' _x0041_", "%%d \\U+4E00"]
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def hard_town() -> export.Layer:
    """The demo hard_town's parcels, with hard texts, a hole, a count and a truth value."""
    layer = export.export_table(assess(load_catalogue(ROOT / "examples/demo-town")), "parcels")
    data = layer.data.copy()
    data.loc[: len(TEXTS) - 1, "name_en"] = TEXTS
    data.loc[5, "notice"] = "Illustrative outline"
    data["far_countable_on_site_and_more"] = data["far"]  # alike in its first ten characters
    data["count"] = pd.array([2**53 + 1, None] + [0] * (len(data) - 2), dtype="Int64")
    data["flag"] = pd.array([True, None] + [False] * (len(data) - 2), dtype="boolean")
    outline = data.geometry[0]
    shapes = data.geometry.to_numpy().copy()
    shapes[0] = outline.difference(outline.centroid.buffer(1e-5, quad_segs=2))
    data = data.set_geometry(gpd.GeoSeries(shapes, index=data.index, crs=4490))
    data = data[[*data.columns.drop("geometry"), "geometry"]]
    return layer.having(data)


def rings(shape: shapely.Geometry) -> Any:
    return shapely.get_rings(shapely.get_parts(shape))


def projected(layer: export.Layer) -> export.Layer:
    return layer.having(layer.data.to_crs("EPSG:4547"))


# --- Readers --------------------------------------------------------------------------------


def from_lines(path: Path) -> Rows:
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {
        f["properties"]["parcel_id"]:
        (f["properties"], f["geometry"] and shapely.geometry.shape(f["geometry"])) for f in found
    }  # fmt: skip


def from_gpkg(path: Path) -> Rows:
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        rows = [dict(row) for row in database.execute("SELECT * FROM parcels")]
    found = {}
    for row in rows:
        blob = row.pop("geom")
        if blob is not None:
            envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[blob[3] >> 1 & 7]
            assert blob[:2] == b"GP"
            assert int.from_bytes(blob[4:8], "little") == 4490
            blob = shapely.from_wkb(blob[8 + envelope :])
        found[row["parcel_id"]] = (row, blob)
    return found


def from_shp(path: Path) -> Rows:
    with (path.with_name(f"{path.stem}-fields.csv")).open(encoding="utf-8") as file:
        whole = {row["field"]: row["column"] for row in csv.DictReader(file)}
    found = {}
    with shapefile.Reader(str(path)) as reader:  # its encoding is that of the .cpg
        assert max(len(name.encode()) for name in whole) == 10
        for each in reader.iterShapeRecords():
            row = {whole[name]: value for name, value in each.record.as_dict().items()}
            row = {name: None if value == "" else value for name, value in row.items()}
            drawn = each.shape.shapeType != shapefile.NULL
            shape = shapely.geometry.shape(each.shape.__geo_interface__) if drawn else None
            found[row["parcel_id"]] = (row, shape)
    return found


def unpacked(path: Path) -> Path:
    with zipfile.ZipFile(path) as packed:
        packed.extractall(path.parent / "unpacked")
    return path.parent / "unpacked" / path.stem


def from_gdb(path: Path) -> Rows:
    table, about = gdal.read(path, driver="OpenFileGDB")
    assert about["crs"] == "EPSG:4490"
    rows = table.to_pylist()
    return {row["parcel_id"]: (row, shapely.from_wkb(row["SHAPE"])) for row in rows}


def from_fgb(path: Path) -> Rows:
    with path.open("rb") as file:
        found = flatgeobuf.load(file)["features"]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in found]
    rows = [feature["properties"] for feature in found]
    return {
        row["parcel_id"]: pair
        for row, pair in zip(rows, zip(rows, shapes, strict=True), strict=True)
    }


def from_kml(path: Path) -> Rows:
    found = {}
    for mark in ET.parse(path).iter(f"{KML}Placemark"):  # noqa: S314 -- own file
        row = {cell.get("name"): cell.text for cell in mark.iter(f"{KML}SimpleData")}
        assert mark.findtext(f"{KML}name") == row["parcel_id"]
        parts = []
        for polygon in mark.iter(f"{KML}Polygon"):
            rings = [
                [[float(part) for part in point.split(",")] for point in (ring.text or "").split()]
                for ring in polygon.iter(f"{KML}coordinates")
            ]
            parts.append(shapely.Polygon(rings[0], rings[1:]))
        found[row["parcel_id"]] = (row, shapely.MultiPolygon(parts) if parts else None)
    return found


def from_parquet(path: Path) -> Rows:
    rows = pq.read_table(path).to_pylist()
    return {row["parcel_id"]: (row, shapely.from_wkb(row["geometry"])) for row in rows}


def from_csv(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    plain = [{name: cell.removeprefix("'") or None for name, cell in row.items()} for row in rows]
    return {row["parcel_id"]: (row, None) for row in plain}


def from_xlsx(path: Path) -> Rows:
    sheet = openpyxl.load_workbook(path).active
    heading, *rows = sheet.iter_rows(values_only=True)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b"}
    return {row[0]: (dict(zip(heading, row, strict=True)), None) for row in rows}


READERS: dict[str, Callable[[Path], Rows]] = {
    ".geojsonl": from_lines, ".gpkg": from_gpkg, ".shp": from_shp, ".gdb": from_gdb,
    ".shp.zip": lambda path: from_shp(unpacked(path)),
    ".gdb.zip": lambda path: from_gdb(unpacked(path)),
    ".fgb": from_fgb, ".kml": from_kml, ".parquet": from_parquet, ".csv": from_csv,
    ".xlsx": from_xlsx,
}  # fmt: skip


def assert_same(wanted: Any, found: Any, suffix: str) -> None:
    if pd.isna(wanted):
        assert found is None
    elif isinstance(wanted, (bool, np.bool_)):
        assert str(found) in {str(bool(wanted)), str(int(wanted))}
    elif isinstance(wanted, str):
        assert found == wanted
    elif suffix in (".kml", ".xlsx"):  # 15 and 16 digits
        assert float(found) == pytest.approx(wanted, rel=1e-14 if suffix == ".kml" else 1e-15)
    elif suffix in (".shp", ".shp.zip"):  # 15 decimals
        assert found == pytest.approx(wanted, rel=1e-15, abs=1e-15)
    else:
        assert type(wanted)(found) == wanted
