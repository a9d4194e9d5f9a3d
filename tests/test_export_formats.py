"""Every format holds the same rows: read back by a reader that shares no code with the writer.

A File Geodatabase is read by GDAL, which also wrote it: there is no other free reader.
"""

import csv
import dataclasses
import io
import json
import os
import sqlite3
import subprocess
import sys
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
import psycopg
import pyarrow.parquet as pq
import pytest
import shapefile
import shapely

from pingshan_geo import assess, export, gdal, load_catalogue
from pingshan_geo.cli import main
from pingshan_geo.errors import InputError, OutputError, UsageError
from pingshan_geo.export.style import qml
from pingshan_geo.output import whole_file

ROOT = Path(__file__).parents[1]
KML = "{http://www.opengis.net/kml/2.2}"
TEXTS = ["坪山“区” 😀", 'a "b", c;', "one\ntwo", "=1+1", "007", "&<>' _x0041_", "%%d \\U+4E00"]
# The step of a coordinate in a format, degrees.
PRECISION = {
    ".geojsonl": 0.51e-7, ".gpkg": 0, ".shp": 0, ".shp.zip": 0, ".gdb": 1e-9, ".gdb.zip": 1e-9,
    ".fgb": 0, ".kml": 1e-12, ".parquet": 0,
}  # fmt: skip
Rows = dict[str, tuple[dict[str, Any], Any]]


@pytest.fixture(scope="module")
def town() -> export.Layer:
    """The demo town's parcels, with hard texts, a hole, a count and a truth value."""
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
    return dataclasses.replace(layer, data=data)


def rings(shape: shapely.Geometry) -> Any:
    return shapely.get_rings(shapely.get_parts(shape))


def projected(layer: export.Layer) -> export.Layer:
    return dataclasses.replace(layer, data=layer.data.to_crs("EPSG:4547"))


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


@pytest.mark.parametrize("suffix", READERS)
def test_rows_texts_numbers_and_outlines_come_back(
    town: export.Layer, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geojson.geometry.DEFAULT_PRECISION", 15)  # of the reader of .fgb
    if suffix == ".fgb":  # which cannot read truth values
        town = dataclasses.replace(town, data=town.data.drop(columns="flag"))
    export.write(town, tmp_path / f"lots{suffix}")
    found = READERS[suffix](tmp_path / f"lots{suffix}")
    data = town.data[town.data.geometry.notna()] if suffix == ".fgb" else town.data
    ids = data["parcel_id"].tolist()
    assert sorted(found) == sorted(ids)
    assert suffix == ".fgb" or list(found) == ids
    names = [name for name in data if name != "geometry"]
    for row, shape in zip(data[names].to_dict("records"), data.geometry, strict=True):
        cells, back = found[row["parcel_id"]]
        for name in names:
            assert_same(row[name], cells.get(name), suffix)
        if suffix in PRECISION and shape is not None:
            off = shapely.hausdorff_distance(back.boundary, shape.boundary)
            assert off <= 1.5 * PRECISION[suffix]  # the diagonal of a cell
            assert len(rings(back)) == len(rings(shape))
        else:
            assert back is None


@pytest.mark.parametrize("suffix", [*export.SUFFIXES])
def test_the_same_rows_give_the_same_bytes(town: export.Layer, tmp_path: Path, suffix: str) -> None:
    if suffix.startswith(".gdb"):
        pytest.skip("a File Geodatabase has random identifiers")
    layer = projected(town) if suffix == ".dxf" else town
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        export.write(layer, tmp_path / name / f"lots{suffix}")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert len(files) == (6 if suffix == ".shp" else 1)


@pytest.mark.parametrize("suffix", [".shp", ".kml", ".fgb", ".dxf"])
def test_a_table_without_outlines_is_refused_where_it_has_no_sense(
    tmp_path: Path, suffix: str
) -> None:
    layer = export.export_table(assess(load_catalogue()), "auctions")
    with pytest.raises(UsageError, match=r"no outlines.*\.xlsx"):
        export.write(layer, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".kml", ".geojsonl", ".csv", ".xlsx"])
def test_a_plane_is_refused_where_the_format_has_none(
    town: export.Layer, tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(UsageError, match="not EPSG:4547"):
        export.write(projected(town), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".gdb", ".fgb", ".parquet"])
def test_a_plane_is_kept_where_the_format_has_one(
    town: export.Layer, tmp_path: Path, suffix: str
) -> None:
    export.write(projected(town), tmp_path / f"a{suffix}")
    if suffix == ".parquet":
        crs = gpd.read_parquet(tmp_path / "a.parquet").crs.to_string()
    else:
        driver = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".gdb": "OpenFileGDB",
                  ".fgb": "FlatGeobuf"}[suffix]  # fmt: skip
        crs = gdal.read(tmp_path / f"a{suffix}", driver=driver, layer=None
                        if suffix == ".shp" else "parcels")[1]["crs"]  # fmt: skip
    assert crs == "EPSG:4547"


# --- Limits are told ------------------------------------------------------------------------


def test_what_a_shapefile_cuts_is_told(town: export.Layer, tmp_path: Path) -> None:
    data = town.data.assign(FAR="differs by case only")
    data = data[[*data.columns.drop("geometry"), "geometry"]]
    data.loc[0, "note_en"] = "坪" * 100  # 300 bytes, of which 84 characters fit into 254
    notes = export.write(dataclasses.replace(town, data=data), tmp_path / "a.shp")
    said = " ".join(note.en for note in notes)
    assert "note_en (1)" in said
    assert "GDAL" not in said
    assert "a-fields.csv" in said
    cells, _ = from_shp(tmp_path / "a.shp")["DT01-0001"]
    assert cells["note_en"] == "坪" * 84
    assert cells["FAR"] == "differs by case only"
    assert cells["far"] == pytest.approx(data["far"][0], abs=1e-15)
    wide = dataclasses.replace(town, data=data.assign(**{f"x{n}": None for n in range(200)}))
    with pytest.raises(UsageError, match="columns are more"):
        export.write(wide, tmp_path / "b.shp")


def test_rows_without_an_outline_that_a_format_drops_are_named(
    town: export.Layer, tmp_path: Path
) -> None:
    for layer, suffix in ((town, ".fgb"), (projected(town), ".dxf")):
        note = export.write(layer, tmp_path / f"a{suffix}")[0]
        assert "2 (DT05-0005, DT36-0003)" in note.en
        assert "2 行（DT05-0005, DT36-0003）" in note.zh


def test_a_name_that_a_geodatabase_changes_is_told(town: export.Layer, tmp_path: Path) -> None:
    data = town.data.assign(select="x", NAME_EN="y").loc[:3]
    data = data[[*data.columns.drop("geometry"), "geometry"]]
    notes = export.write(dataclasses.replace(town, data=data), tmp_path / "a.gdb")
    said = " ".join(note.en for note in notes)
    assert "'select' to 'select_'" in said
    assert "'NAME_EN' → 'NAME_EN_'" in said
    assert "in: flag" in said
    (row, *_) = gdal.read(tmp_path / "a.gdb", driver="OpenFileGDB")[0].to_pylist()
    assert (row["select_"], row["NAME_EN_"], row["count"]) == ("x", "y", 2**53 + 1)


def test_control_signs_that_xml_lacks_are_told(town: export.Layer, tmp_path: Path) -> None:
    data = town.data.copy()
    data.loc[[0, 1], "note_en"] = ["a\x01b\x0b", "tab\tand\nline"]
    notes = export.write(dataclasses.replace(town, data=data), tmp_path / "a.kml")
    assert any("in: note_en (1)." in note.en for note in notes)
    found = from_kml(tmp_path / "a.kml")
    assert found["DT01-0001"][0]["note_en"] == "a�b�"
    assert found["DT01-0002"][0]["note_en"] == "tab\tand\nline"


def test_a_text_that_no_cell_holds_is_refused(town: export.Layer, tmp_path: Path) -> None:
    data = town.data.copy()
    data.loc[2, "note_en"] = "x" * 32_768
    with pytest.raises(OutputError, match="row 3, note_en: 32,768"):
        export.write(dataclasses.replace(town, data=data), tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


# --- Encodings ------------------------------------------------------------------------------


def test_gbk_is_for_older_programs_and_what_it_lacks_is_told(
    town: export.Layer, tmp_path: Path
) -> None:
    data = town.data.assign(note_en=None, note_zh="㎡与m²")
    notes = export.write(dataclasses.replace(town, data=data), tmp_path / "a.shp", encoding="gbk")
    assert "in: name_en (1), note_zh (315)." in notes[0].en
    assert (tmp_path / "a.cpg").read_text() == "CP936"
    assert "坪山“区” ?".encode("gbk") in (tmp_path / "a.dbf").read_bytes()
    with shapefile.Reader(str(tmp_path / "a.shp")) as reader:
        assert reader.record(1)["note_zh"] == "㎡与m?"
    with pytest.raises(UsageError, match="all else is UTF-8"):
        export.write(town, tmp_path / "a.kml", encoding="gbk")
    assert main(["export", "zones", "-o", "-", "--encoding", "gbk"]) == 2


# --- Drawings -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def utf8_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """GDAL does not know that a drawing is UTF-8 from 2007 on, as CAD does."""
    monkeypatch.setenv("DXF_ENCODING", "UTF-8")


def drawing(path: Path) -> list[dict[str, Any]]:
    return gdal.read(path, driver="DXF")[0].to_pylist()


def test_a_drawing_has_a_layer_per_land_use_with_the_ids_inside(
    town: export.Layer, tmp_path: Path
) -> None:
    layer = projected(town)
    notes = export.write(layer, tmp_path / "a.dxf")
    assert any("EPSG:4547" in note.en for note in notes)
    assert any("far_status" in note.en or "more characters" in note.en for note in notes)
    shapes: dict[str, list[Any]] = {}
    texts = []
    for row in drawing(tmp_path / "a.dxf"):
        shape = shapely.from_wkb(row["wkb_geometry"])
        if row["Text"]:
            texts.append((row["Text"], row["Layer"], shape))
        else:
            assert shape.is_ring
            shapes.setdefault(row["Layer"], []).append(shapely.Polygon(shape.coords))
    drawn = layer.data[layer.data.geometry.notna()]
    for use, rows in drawn.groupby("land_use"):
        outer, holes = (shapely.area(shapes.get(f"{use}{end}", [])).sum() for end in ("", "-hole"))
        assert outer - holes == pytest.approx(rows.area.sum(), abs=1e-3)
    assert len(shapes["070102-hole"]) == 1
    outlines = drawn.set_index("parcel_id")
    assert sorted({name for name, _, _ in texts}) == sorted(outlines.index)
    for name, use, place in texts:
        assert outlines.geometry[name].contains(place)
        assert outlines["land_use"][name] == use


def test_an_illustrative_outline_is_marked_in_a_drawing(tmp_path: Path) -> None:
    pingshan = assess(load_catalogue())
    layer = export.export_table(pingshan, "parcels", "land_use = 'M0'", "EPSG:4547")
    export.write(layer, tmp_path / "a.dxf", lang="zh")
    rows = drawing(tmp_path / "a.dxf")
    assert {row["Layer"] for row in rows} == {"M0-illustrative", "notice"}
    assert {row["Text"] for row in rows if row["Layer"] == "notice"} == {"示意"}
    assert "DASHED" in {row["Linetype"] for row in rows} or (
        "\nDASHED\n" in (tmp_path / "a.dxf").read_text("utf-8")
    )


def test_an_older_drawing_is_gbk_and_says_so(
    town: export.Layer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = town.data.iloc[:3].assign(parcel_id=["坪山-1", "坪山-2\n", "c"], land_use="工业 *用地*")
    layer = projected(dataclasses.replace(town, data=data))
    export.write(layer, tmp_path / "a.dxf", encoding="gbk")
    content = (tmp_path / "a.dxf").read_bytes()
    assert b"AC1015" in content
    assert b"ANSI_936" in content
    assert "坪山-1".encode("gbk") in content
    monkeypatch.delenv("DXF_ENCODING")
    rows = drawing(tmp_path / "a.dxf")
    assert {row["Text"] for row in rows if row["Text"]} == {"坪山-1", "坪山-2 ", "c"}
    assert {row["Layer"].removesuffix("-hole") for row in rows} == {"工业 _用地_"}


def test_a_drawing_in_degrees_is_refused_with_the_plane_to_take(
    town: export.Layer, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"--crs EPSG:4547"):
        export.write(town, tmp_path / "a.dxf")


# --- Style ----------------------------------------------------------------------------------


def test_a_geopackage_has_the_style_that_qgis_looks_for(tmp_path: Path) -> None:
    layer = export.export_table(assess(load_catalogue()), "parcels")
    export.write(layer, tmp_path / "a.gpkg")
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        database.row_factory = sqlite3.Row
        (row,) = database.execute("SELECT * FROM layer_styles").fetchall()
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall())
    assert list(row.keys()) == [
        "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column",
        "styleName", "styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui",
        "update_time",
    ]  # fmt: skip
    assert kinds == {"parcels": "features", "layer_styles": "attributes"}
    assert (row["f_table_schema"], row["f_table_name"], row["f_geometry_column"]) == (
        "", "parcels", "geom"
    )  # fmt: skip
    root = ET.fromstring(row["styleQML"])  # noqa: S314 -- own file
    symbol = {each.get("value"): each.get("symbol") for each in root.iter("category")}
    looks = {
        each.get("name"): {
            option.get("name"): option.get("value") for option in each.iter("Option")
        }
        for each in root.iter("symbol")
    }
    sketch = looks[symbol["shenzhen/M0/illustrative"]]
    assert (sketch["color"], sketch["style"]) == ("166,90,42,255", "b_diagonal")  # #A65A2A
    assert sketch["outline_style"] == "dash"
    drawn = layer.data[layer.data.geometry.notna()]
    kinds = drawn[["land_use_standard", "land_use", "geometry_status"]].fillna("")
    keys = {"/".join(kind) for kind in kinds.to_numpy()}
    assert set(symbol) == keys | {""}
    zones = export.export_table(assess(load_catalogue()), "zones")
    styles = {o.get("value") for o in ET.fromstring(qml(zones, "zh")).iter("Option")  # noqa: S314
              if o.get("name") == "style"}  # fmt: skip
    assert styles == {"no", "b_diagonal"}


# --- Whole or not at all --------------------------------------------------------------------


def test_the_files_of_a_shapefile_are_replaced_together_or_not_at_all(
    town: export.Layer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.shp"
    for name in ("a.shp", "a.dbf", "a.sbn"):
        (tmp_path / name).write_text("old")
    renamed = os.rename

    def fails(source: Any, goal: Any) -> None:
        if Path(goal) == target:
            raise OSError(28, "No space left on device")
        renamed(source, goal)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fails)
        with pytest.raises(OutputError, match="No space"):
            export.write(town, target)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("a.shp", "a.dbf", "a.sbn"), "old"
    )
    export.write(town, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a-fields.csv", "a.cpg", "a.dbf", "a.prj", "a.shp", "a.shx"
    ]  # fmt: skip
    assert len(from_shp(target)) == len(town.data)


def test_a_kill_between_two_files_leaves_no_mixture(tmp_path: Path) -> None:
    for name in ("a.shp", "a.dbf"):
        (tmp_path / name).write_text("old")
    code = (
        "import os, signal, sys\n"
        "from pingshan_geo.output import whole_file\n"
        "rename, seen = os.rename, []\n"
        "def counted(*words):\n"
        "    rename(*words); seen.append(words)\n"
        "    len(seen) == int(sys.argv[2]) and os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.rename = counted\n"
        "with whole_file(sys.argv[1]) as place:\n"
        "    place.write_text('new'); place.with_name('a.dbf').write_text('new')\n"
    )
    for moves in (1, 2, 3):
        subprocess.run([sys.executable, "-c", code, tmp_path / "a.shp", str(moves)], check=False)
        assert not (tmp_path / "a.shp").exists()
        (kept,) = tmp_path.glob(".pingshan-geo-*.part/old/a.shp")
        assert kept.read_text() == "old"
        kept.rename(tmp_path / "a.shp")
        (tmp_path / "a.dbf").write_text("old")


def test_a_geodatabase_is_replaced_and_another_folder_is_not(
    town: export.Layer, tmp_path: Path
) -> None:
    target = tmp_path / "a.gdb"
    target.mkdir()
    (target / "thesis.txt").write_text("old")
    with pytest.raises(UsageError, match="is a folder"):
        export.write(town, target)
    assert (target / "thesis.txt").read_text() == "old"
    (target / "thesis.txt").unlink()
    target.rmdir()
    export.write(town, target)
    export.write(dataclasses.replace(town, data=town.data.iloc[:5]), target)
    assert len(from_gdb(target)) == 5
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(OutputError), whole_file(target, "gdb") as place:
        (place / "half").write_text("")
    assert len(from_gdb(target)) == 5


# --- PostGIS --------------------------------------------------------------------------------


def test_a_table_of_postgis_holds_the_rows_and_replaces_only_its_own(
    town: export.Layer, postgis_url: str
) -> None:
    target = f"{postgis_url}?table=out.lots"
    with psycopg.connect(postgis_url, autocommit=True) as database:
        database.execute("DROP SCHEMA IF EXISTS out CASCADE; CREATE SCHEMA out")
        for layer in (dataclasses.replace(town, data=town.data.iloc[:3]), town):
            (note,) = export.write(layer, target)
            assert note.en == f'{len(layer.data)} rows are in "out"."lots".'
        cursor = database.execute("SELECT *, ST_AsText(geom) AS wkt FROM out.lots")
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor]
        assert [row["parcel_id"] for row in found] == town.data["parcel_id"].tolist()
        for row, wanted in zip(found, town.data.to_dict("records"), strict=True):
            shape = wanted.pop("geometry")
            for name, value in wanted.items():
                assert_same(value, row[name], "")
            assert (row["wkt"] is None) == (shape is None)
            if shape is not None:
                whole = shapely.MultiPolygon(shapely.get_parts(shape).tolist())
                assert shapely.from_wkt(row["wkt"]).equals_exact(whole, 1e-12)
        (srid,) = database.execute("SELECT Find_SRID('out', 'lots', 'geom')").fetchone() or ()
        assert srid == 4490
        database.execute("CREATE VIEW out.seen AS SELECT parcel_id FROM out.lots")
        with pytest.raises(InputError, match="other objects depend on it") as caught:
            export.write(dataclasses.replace(town, data=town.data.iloc[:3]), target)
        assert "s3cret" not in str(caught.value)
        database.execute("CREATE TABLE out.theirs (x int)")
        with pytest.raises(UsageError, match="not written by pingshan-geo"):
            export.write(town, f"{postgis_url}?table=out.theirs")
        tables = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'out' ORDER BY 1"
        ).fetchall()
        assert tables == [("lots",), ("theirs",)]
        (count,) = database.execute("SELECT count(*) FROM out.lots").fetchone() or ()
        assert count == len(town.data)


def test_a_table_without_outlines_goes_into_postgis(postgis_url: str) -> None:
    layer = export.export_table(assess(load_catalogue()), "auctions")
    export.write(layer, f"{postgis_url}?table=public.sales")
    with psycopg.connect(postgis_url) as database:
        rows = database.execute("SELECT auction_id, price_yuan FROM public.sales").fetchall()
    known = layer.data[["auction_id", "price_yuan"]].dropna().itertuples(index=False, name=None)
    assert [row for row in rows if row[1] is not None] == list(known)
    assert len(rows) == len(layer.data)


# --- Feature lines and stdout ---------------------------------------------------------------


def test_lines_of_features_are_those_of_the_document(town: export.Layer, tmp_path: Path) -> None:
    export.write(town, tmp_path / "a.ndjson")
    lines = [json.loads(line) for line in io.StringIO((tmp_path / "a.ndjson").read_text("utf-8"))]
    assert lines == json.loads(b"".join(export.geojson(town)))["features"]
