"""Deliveries and catalogues from anybody: each import ends with an answer, none with a fault."""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import sys
import zipfile
from contextlib import closing
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import shapely.affinity
import xlsxwriter
from tests.opening import codes, opened, refused, written
from tests.town import rows_of

from pingshan_geo.catalogue.schema import ID_COLUMN
from pingshan_geo.ceilings import is_deep
from pingshan_geo.cli import main
from pingshan_geo.ingest import gcj
from pingshan_geo.ingest.columns.cells import read_number

CORRECTION = {
    "correction_id": "c", "subject": "sale-1", "field": "price_yuan", "old_value": "-x",
    "new_value": "5", "reason": "r", "source_id": "gazette", "locator": "p. 1", "who": "w",
    "when": "2020-12-01", "state": "accepted",
}  # fmt: skip
LOTS = ("--as", "parcels", "--yes", "--geometry-status", "surveyed")
LOT = shapely.box(114.3401, 22.6801, 114.3410, 22.6810)


@pytest.fixture
def imported(small, capsys):
    """Run an import into the small catalogue; return its status and all that it says."""

    def run(*words):
        status = main(["--catalogue", str(small.path), "import", *map(str, words)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def table(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_an_infinite_number_that_means_nothing_here_is_kept_as_its_text(small, imported, tmp_path):
    lots = gpd.GeoDataFrame(
        {"parcel_id": ["A-1", "A-2"], "v": [float("-inf"), 2.5]}, geometry=[LOT, None], crs=4490
    )
    path = tmp_path / "lots.parquet"
    lots.to_parquet(path)
    status, said = imported(path, *LOTS, "--crs", "EPSG:4490")
    assert status == 0, said
    assert small.load().parcels["v"][["A-1", "A-2"]].tolist() == ["-inf", 2.5]


@pytest.mark.parametrize("name", ["obligations", "claims", "limits", "consequences", "corrections"])
def test_a_table_whose_ids_cannot_be_made_asks_for_them(imported, tmp_path, name):
    path = table(tmp_path / "rows.csv", ["kind", "note"], ["build", "x"])
    status, said = imported(path, "--as", name, "--yes")
    assert status == 3
    assert f"mapping-required: No column of the file gives {ID_COLUMN[name]}" in said


def test_a_layer_without_rows_brings_none(imported, tmp_path):
    path = tmp_path / "lots.geojson"
    path.write_text('{"type":"FeatureCollection","features":[]}')
    status, said = imported(path, *LOTS, "--crs", "EPSG:4490")
    assert status == 3, said


@pytest.mark.parametrize("place", ["own.toml", "../own.toml"])
def test_a_mapping_from_elsewhere_is_kept_with_the_catalogues_own(
    small, imported, tmp_path, monkeypatch, place
):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    (here / place).write_text('table = "projects"\n[columns]\nproject_id = "no"\n', "utf-8")
    path = table(tmp_path / "rows.csv", ["no"], ["P-1"])
    status, said = imported(path, "--as", "projects", "--yes", "--mapping", place)
    assert status == 0, said
    assert not (small.path / "own.toml").exists()
    kept = rows_of(small.path / "imports.csv")[-1]["mapping"]
    assert kept == "mappings/projects-rows.toml"
    assert (small.path / kept).is_file()
    status, said = imported(
        table(path, ["no"], ["P-2"]), "--as", "projects", "--yes", "--mapping", small.path / kept
    )
    assert status == 0, said
    assert rows_of(small.path / "imports.csv")[-1]["mapping"] == kept, "it stands there already"
    assert [each.name for each in (small.path / "mappings").iterdir()] == ["projects-rows.toml"]


def test_a_sale_of_a_known_lot_and_an_unknown_one_is_not_the_known_ones(small, imported, tmp_path):
    path = table(tmp_path / "rows.csv", ["auction_id", "date", "parcel_id", "price_yuan"],
                 ["S-9", "2020-01-02", "lot-1、lot-99", "5"])  # fmt: skip
    status, said = imported(path, "--as", "auctions", "--yes")
    assert status == 0
    assert "reference-not-found" in said
    (row,) = (each for each in rows_of(small.path / "auctions.csv") if each["auction_id"] == "S-9")
    assert (row["parcel_id"], row["parcel_id_as_delivered"]) == ("", "lot-1、lot-99")


@pytest.mark.parametrize("path", ["zones.json", "zones"])
def test_a_catalogues_file_may_have_another_ending(small, imported, tmp_path, path):
    (small.path / "zones.geojson").rename(small.path / path)
    resource = next(each for each in small.descriptor["resources"] if each["name"] == "zones")
    resource |= {"path": path, "schema": "zones.schema.json"}
    small.write("datapackage.json", json.dumps(small.descriptor))
    zones = gpd.GeoDataFrame({"zone_id": ["new"], "kind": ["district"]}, geometry=[LOT], crs=4490)
    written(zones, tmp_path / "z.geojson")
    words = ("--as", "zones", "--yes", "--geometry-status", "surveyed", "--crs", "EPSG:4326")
    status, said = imported(tmp_path / "z.geojson", *words)
    assert status == 0, said
    assert "new" in small.load().zones.index
    described = json.loads((small.path / "datapackage.json").read_text("utf-8"))["resources"]
    (after,) = (each for each in described if each["name"] == "zones")
    assert (after["path"], after["format"], after["schema"]) == (
        path,
        "geojson",
        resource["schema"],
    )


def test_a_table_without_outlines_may_be_parquet(small, imported, tmp_path):
    rows = pd.read_csv(small.path / "auctions.csv", dtype=str)
    rows.to_parquet(small.path / "auctions.parquet")
    resource = next(each for each in small.descriptor["resources"] if each["name"] == "auctions")
    resource["path"] = "auctions.parquet"
    small.write("datapackage.json", json.dumps(small.descriptor))
    before = small.load().auctions
    path = table(tmp_path / "rows.csv", ["auction_id", "date", "price_yuan"],
                 ["S-9", "2020-01-02", "-5e3"], ["S-10", "2020-01-02", "7"])  # fmt: skip
    status, said = imported(path, "--as", "auctions", "--yes")
    assert status == 0, said
    after = small.load().auctions
    assert after.index.tolist() == [*before.index, "S-10"], "a price cannot be negative"
    assert after["price_yuan"].dropna().tolist() == [1_000_000.0, 7.0]


def test_a_catalogue_that_lacks_a_column_is_refused_by_its_name(small, imported, tmp_path):
    text = (small.path / "zones.geojson").read_text("utf-8").replace('"zone_id"', '"id"')
    small.write("zones.geojson", text)
    path = table(tmp_path / "rows.csv", ["project_id"], ["P-1"])
    status, said = imported(path, "--as", "projects", "--yes")
    assert status == 3
    assert "zones.geojson zone_id: csv-missing-column" in said


def test_a_number_of_an_import_that_nobody_can_count_is_passed_over(small, imported, tmp_path):
    small.rows["imports"] = [{"import_id": "import-" + "9" * 5000, "file": "a.csv"}]
    small.save()
    path = table(tmp_path / "rows.csv", ["project_id"], ["P-1"])
    status, said = imported(path, "--as", "projects", "--yes")
    assert status == 0, said
    assert rows_of(small.path / "imports.csv")[-1]["import_id"] == "import-1"


def test_a_cell_that_begins_with_a_sign_and_is_no_number_stays_as_it_is(small, imported, tmp_path):
    small.put("auctions", 0, price_yuan="-x")
    small.rows["corrections"] = [CORRECTION]
    small.save()
    path = table(tmp_path / "rows.csv", ["auction_id", "date"], ["S-9", "2020-01-02"])
    status, said = imported(path, "--as", "auctions", "--yes")
    assert status == 0, said
    cells = [each["price_yuan"] for each in rows_of(small.path / "auctions.csv")]
    assert cells == ["'-x", "", ""], "as a spreadsheet takes it for a text"
    assert small.load().auctions["price_yuan"]["sale-1"] == 5


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_whose_name_is_no_text_is_refused(imported, tmp_path):
    path = table(tmp_path / os.fsdecode(b"\xff.csv"), ["project_id"], ["P-1"])
    status, said = imported(path, "--as", "projects", "--yes")
    assert status == 3
    assert "UTF-8" in said


WKB = shapely.to_wkb(LOT)
DEEP_WKT = "GEOMETRYCOLLECTION(" * 30_000
DEEP_WKB = {
    "collections": b"\x01\x07\0\0\0\x01\0\0\0" * 20_000 + WKB,
    "polygons": b"\x01\x06\0\0\0\x01\0\0\0" * 20_000 + WKB,
    "other end": b"\0\0\0\0\x07\0\0\0\x01" * 20_000 + WKB,
    "heights": b"\x01\xef\x03\0\0\x01\0\0\0" * 20_000 + WKB,
}


def geo(column, encoding="WKB"):
    """Return a GeoParquet table of a geometry column as it stands, and ids."""
    about = {"encoding": encoding, "geometry_types": [], "crs": None}
    said = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}}
    ids = pa.array([f"L{at}" for at in range(len(column))])
    whole = pa.table({"parcel_id": ids, "geometry": column})
    return whole.replace_schema_metadata({b"geo": json.dumps(said)})


@pytest.mark.parametrize("name", DEEP_WKB)
def test_geometry_nested_without_end_is_refused_and_ends_nothing(tmp_path, name):
    pq.write_table(geo(pa.array([DEEP_WKB[name], WKB])), tmp_path / "a.parquet")
    delivery = opened(tmp_path / "a.parquet")
    assert codes(delivery) == [("geometry-unreadable", 1)]
    assert delivery.geometry[1].equals(LOT)


def test_many_geometries_beside_each_other_are_no_depth():
    square = shapely.box(2.5, 3, 3.5, 4)  # whose coordinates look like headers of WKB
    flat = shapely.MultiPolygon([shapely.affinity.translate(square, 2 * n) for n in range(300)])
    many = shapely.GeometryCollection([flat, *[shapely.MultiPoint([(2.5, 3)])] * 300])
    for byte_order, flavor in product((0, 1), ("iso", "extended")):
        for each in (flat, many, shapely.force_3d(many)):
            shape = shapely.set_srid(each, 4490)
            srid = flavor == "extended"
            blob = shapely.to_wkb(shape, byte_order=byte_order, flavor=flavor, include_srid=srid)
            assert not is_deep(blob)
    assert not is_deep(shapely.to_wkt(many))


def test_depth_is_told_wherever_it_stands():
    deep = shapely.Point(1, 2)
    for level in range(1, 80):
        deep = shapely.GeometryCollection([shapely.LineString([(0, 0), (1, 1)]), deep])
        assert is_deep(shapely.to_wkb(deep)) == (level > 64)
        assert is_deep(shapely.to_wkt(deep)) == (level > 64)


def test_text_nested_without_end_is_refused_and_ends_nothing(tmp_path):
    texts = [DEEP_WKT, DEEP_WKT.lower(), shapely.to_wkt(LOT)]
    pq.write_table(geo(pa.array(texts), "WKT"), tmp_path / "a.parquet")
    path = table(tmp_path / "a.csv", ["parcel_id", "wkt"], *(["L", each] for each in texts))
    for delivery, first in ((opened(tmp_path / "a.parquet"), 1), (opened(path), 2)):
        assert codes(delivery) == [
            ("geometry-unreadable", first),
            ("geometry-unreadable", first + 1),
        ]
        assert delivery.geometry[2] is not None


def test_a_catalogue_with_geometry_nested_without_end_is_refused(small, errors):
    lots = gpd.GeoDataFrame(small.load().parcels.reset_index())
    lots[["parcel_id", "geometry_status", "source_id", "zone_id", "geometry"]].to_parquet(
        small.path / "parcels.parquet"
    )
    whole = pq.read_table(small.path / "parcels.parquet")
    deep = pa.array([DEEP_WKB["collections"], None])
    whole = whole.set_column(whole.column_names.index("geometry"), "geometry", deep)
    pq.write_table(whole, small.path / "parcels.parquet")
    resource = next(each for each in small.descriptor["resources"] if each["name"] == "parcels")
    resource["path"] = "parcels.parquet"
    small.write("datapackage.json", json.dumps(small.descriptor))
    assert ("geometry-invalid", 1) in [(code, row) for code, _, row, *_ in errors(small.path)]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2]),
        pa.array([[[{"x": 1.0, "y": 2.0}]], None]),
        pa.array(["a", "b"]),
    ],
)
def test_a_geometry_column_of_another_kind_than_it_says_is_told(tmp_path, column):
    pq.write_table(geo(column), tmp_path / "a.parquet")
    delivery = opened(tmp_path / "a.parquet")
    assert ("geoparquet-invalid", None) in codes(delivery)
    assert delivery.table["parcel_id"].tolist() == ["L0", "L1"]


def test_native_points_that_are_missing_are_told(tmp_path):
    ring = pa.list_(pa.struct([("x", pa.float64()), ("y", pa.float64())]))
    rows = [[[None] * 5], [[{"x": 114.9, "y": None}] * 4]]
    pq.write_table(geo(pa.array(rows, pa.list_(ring)), "polygon"), tmp_path / "a.parquet")
    assert ("geoparquet-invalid", None) in codes(opened(tmp_path / "a.parquet"))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([0, 1], pa.timestamp("us", tz="Mars/Phobos")),
        pa.array([[2**62], None], pa.list_(pa.timestamp("us"))),
        pa.array([[2**31 - 1], None], pa.list_(pa.date32())),
        pa.array([[0], None], pa.list_(pa.timestamp("us", tz="Mars/Phobos"))),
    ],
)
def test_times_that_cannot_be_said_are_left_out_and_told(tmp_path, column):
    pq.write_table(pa.table({"parcel_id": ["a", "b"], "when": column}), tmp_path / "a.parquet")
    delivery = opened(tmp_path / "a.parquet")
    assert ("column-left-out", None) in codes(delivery)
    assert delivery.table.columns.tolist() == ["parcel_id"]


@pytest.mark.parametrize("lat", [-90, 90])
def test_positions_at_a_pole_are_undone_like_others(lat):
    beside = np.column_stack([np.linspace(113.9, 114, 500), np.full(500, lat)])
    moved, _ = gcj.undo(beside, "GCJ-02")
    assert moved == pytest.approx(beside), "no map of China reaches so far"


@pytest.mark.parametrize("cell", ["7245.4²", "7245³", "7245.4①", "①7245", "10⁴", "24²", "1₂"])
def test_a_sign_of_a_note_or_power_is_no_digit(cell):
    assert read_number(cell) is None


def test_a_unit_with_a_power_is_a_unit():
    assert read_number("7245.4 m²").unit == "m2"
    assert read_number("７２４５㎡").digits == "7245"


@pytest.fixture
def package(tmp_path):
    """Return a GeoPackage of three lots, to which a column with a cell is added."""

    def made(kind, *cells):
        path = tmp_path / "a.gpkg"
        ids = [f"L{at}" for at in range(len(cells))]
        lots = gpd.GeoDataFrame({"parcel_id": ids}, geometry=[LOT] * len(cells), crs=4490)
        written(lots, path, layer="lots")
        with closing(sqlite3.connect(path)) as base, base:
            names = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in names.fetchall():  # they call functions of GDAL
                base.execute(f'DROP TRIGGER "{name}"')
            base.execute(f"ALTER TABLE lots ADD COLUMN far {kind}")
            for at, cell in enumerate(cells, start=1):
                base.execute("UPDATE lots SET far = ? WHERE fid = ?", (cell, at))
        return path

    return made


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("REAL", "1,234"), ("REAL", "7245 m2"), ("INTEGER", 7245.7), ("INTEGER", "12abc"),
        ("SMALLINT", 72450), ("MEDIUMINT", 99999999999), ("BOOLEAN", 7), ("DATE", "2023-02-30"),
        ("DATE", "31/12/2023"), ("TEXT(20)", "a\0b"), ("DATETIME", "soon"),
    ],
)  # fmt: skip
def test_a_cell_that_is_not_of_its_columns_type_is_told_by_row(package, kind, cell):
    fine = {"REAL": 1.5, "DATE": "2023-02-28", "TEXT(20)": "坪", "DATETIME": "2023-02-28T10:00:00Z"}
    delivery = opened(package(kind, fine.get(kind, 1), cell, None))
    ((code, row, field, value),) = [
        (each.code, each.row, each.field, each.value) for each in delivery.findings
        if each.severity == "error"
    ]  # fmt: skip
    assert (code, row, field, value) == ("cell-unfit", 2, "far", str(cell))


def test_a_row_with_such_a_cell_goes_to_quarantine_as_it_stands(small, imported, package):
    status, said = imported(package("REAL", 1.5, "1,234"), *LOTS, "--crs", "EPSG:4490")
    assert status == 0, said
    assert "2 rows = 1 accepted + 0 repaired + 1 quarantined" in said
    (row,) = rows_of(small.path / "quarantine" / "import-1.csv")
    assert (row["parcel_id"], row["far"]) == ("L1", "1,234")


def test_a_package_with_too_many_such_cells_to_tell_is_refused(package):
    path = package("REAL", *["1,5"] * 1000)
    assert sum(code == "cell-unfit" for code, _ in codes(opened(path))) == 1000
    path.unlink()
    assert refused(package("REAL", *["1,5"] * 1001)) == "file-unreadable"


def test_a_geometry_of_a_package_that_is_none_is_told_by_row(package):
    path = package("REAL", 1.5, 2.5)
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("UPDATE lots SET geom = x'5858' WHERE fid = 2")
    assert ("cell-unfit", 2) in codes(opened(path))


def test_a_formula_without_a_value_and_a_doctype_of_a_sheet_are_told(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("lots")
        page.write_row(0, 0, ["parcel_id", "far"])
        page.write_row(1, 0, ["G1", 1.5])
        page.write_row(2, 0, ["G2"])
        page.write_formula(2, 1, "=1+1", None, "")
    parts = {}
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    said = re.search(rb"<c r=.B3.[^>]*><f>1\+1</f>.*?</c>", sheet)[0]
    for cell in (b'<c r="B3"><f>1+1</f><v /></c>', b"<c r='B3'><f>1+1</f></c>",
                 b'<c r="B3"><f>1+1</f>\n<v> </v>\n</c>'):  # fmt: skip
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(said, cell)
        with zipfile.ZipFile(path, "w") as whole:
            for name, data in parts.items():
                whole.writestr(name, data)
        assert "cell-error" in [code for code, _ in codes(opened(path))]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"<worksheet", b"<!DOCTYPE x><worksheet", 1)
    with zipfile.ZipFile(path, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    assert refused(path) == "file-unreadable"


def test_a_second_outline_of_a_placemark_is_not_left_out_in_silence(tmp_path):
    ring = "114.34,22.68 114.341,22.68 114.341,22.681 114.34,22.68"
    one = (f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing>"
           "</outerBoundaryIs></Polygon>")  # fmt: skip
    (tmp_path / "a.kml").write_text(f"<kml><Placemark><name>a</name>{one}{one}</Placemark></kml>")
    assert ("geometry-unreadable", 1) in codes(opened(tmp_path / "a.kml"))


def test_a_number_that_a_dbase_column_was_too_narrow_for_is_told(tmp_path):
    lots = gpd.GeoDataFrame({"far": [1.5, 2.5]}, geometry=[LOT, LOT], crs=4490)
    written(lots, tmp_path / "a.shp", driver="ESRI Shapefile")
    dbf = tmp_path / "a.dbf"
    data = dbf.read_bytes()
    size = data[data.index(b"far") + 16]
    end = data.rindex(b"2.5") + len(data[data.rindex(b"2.5") :].rstrip(b"\x1a"))
    dbf.write_bytes(data[: end - size] + b"*" * size + data[end:])
    delivery = opened(tmp_path / "a.shp")
    assert ("cell-error", 2) in codes(delivery)
    assert delivery.table["far"].isna().tolist() == [False, True]


def test_an_outline_far_from_the_district_is_told(imported, tmp_path):
    far = shapely.box(114.9, 23.4, 114.901, 23.401)
    near = shapely.box(114.002, 22.002, 114.004, 22.004)
    lots = gpd.GeoDataFrame({"parcel_id": ["A", "B"]}, geometry=[near, far], crs=4326)
    written(lots, tmp_path / "lots.geojson")
    status, said = imported(tmp_path / "lots.geojson", *LOTS, "--crs", "EPSG:4490")
    assert status == 0, said
    assert "rows-far" in said
    assert "(rows 2)" in said


@pytest.mark.parametrize("with_index", [True, False])
def test_an_outline_of_a_shapefile_that_is_cut_off_is_told_by_row(tmp_path, with_index):
    lots = gpd.GeoDataFrame({"a": [1, 2, 3]}, geometry=[LOT, None, LOT], crs=4490)
    written(lots, tmp_path / "a.shp", driver="ESRI Shapefile")
    if not with_index:
        (tmp_path / "a.shx").unlink()
    assert not [
        code for code, _ in codes(opened(tmp_path / "a.shp")) if code == "geometry-unreadable"
    ]
    data = (tmp_path / "a.shp").read_bytes()
    (tmp_path / "a.shp").write_bytes(data[:-40])
    assert ("geometry-unreadable", 3) in codes(opened(tmp_path / "a.shp"))


def test_a_drawing_that_another_drawing_is_attached_to_says_so(tmp_path):
    ezdxf = pytest.importorskip("ezdxf")
    drawing = ezdxf.new()
    space = drawing.modelspace()
    space.add_lwpolyline([(0, 0), (5, 0), (5, 5)], close=True)
    drawing.add_xref_def("other.dxf", "other")
    space.add_blockref("other", (0, 0))
    drawing.saveas(tmp_path / "a.dxf")
    assert "cad-block-missing" in [code for code, _ in codes(opened(tmp_path / "a.dxf"))]


def test_hidden_rows_of_a_sheet_are_read_and_told(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("lots")
        for row, cells in enumerate([["parcel_id", "far"], ["G1", 1], ["G2", 2], ["G3", 3]]):
            page.write_row(row, 0, cells)
        page.set_row(2, options={"hidden": True})
    delivery = opened(path)
    assert delivery.table["parcel_id"].tolist() == ["G1", "G2", "G3"]
    assert [(f.code, f.value) for f in delivery.findings] == [("rows-hidden", "1")]


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ('table:formula="of:=1+1"', "1"),
        ('table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"', "1"),
        ('table:formula="of:=1+1" office:value-type="float" office:value="2"', None),
    ],
)
def test_a_formula_of_an_open_document_without_a_value_is_told(tmp_path, cell, count):
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        f"<table:table-row>{''.join(cells)}</table:table-row>"
        for cells in (
            [text.format("parcel_id"), text.format("far")],
            [text.format("G1"), f"<table:table-cell {cell}/>"],
        )
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<office:document-content {spaces} xmlns:calcext="urn:c"><office:body><office:spreadsheet>'
        f'<table:table table:name="a">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as whole:
        whole.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        whole.writestr("content.xml", content)
        whole.writestr("META-INF/manifest.xml", "<manifest/>")
    found = [f.value for f in opened(tmp_path / "a.ods").findings if f.code == "formulas-valueless"]
    assert found == ([count] if count else [])
