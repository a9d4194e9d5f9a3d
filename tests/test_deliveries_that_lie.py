"""Files that are not what they say of themselves: rows cut off, boxes elsewhere, cells twice."""

from __future__ import annotations

import json
import struct
import zipfile

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import xlsxwriter
import xlwt
from tests.opening import RING, codes, feature, of_features, opened, polygon, refused, written
from tests.test_survey import HEAD, read

from pingshan_geo.findings import Finding
from pingshan_geo.ingest.formats.rings import is_outside

LOTS = gpd.GeoDataFrame(
    {"parcel_id": [f"G{number}" for number in range(200)]},
    geometry=[shapely.box(114 + n * 1e-3, 22.6, 114.0005 + n * 1e-3, 22.601) for n in range(200)],
    crs=4326,
)


def of_code(delivery, code) -> list[Finding]:
    return [finding for finding in delivery.findings if finding.code == code]


def test_a_geodatabase_that_is_cut_off_within_its_rows_is_refused(tmp_path):
    written(LOTS, tmp_path / "a.gdb", driver="OpenFileGDB")
    assert len(opened(tmp_path / "a.gdb").table) == 200
    table = max((tmp_path / "a.gdb").glob("*.gdbtable"), key=lambda path: path.stat().st_size)
    content = table.read_bytes()
    table.write_bytes(content[: len(content) // 2])
    assert refused(tmp_path / "a.gdb") == "file-unreadable"


@pytest.mark.parametrize("count", [0, 100, 199, 200, 201, 9999])
def test_a_flatgeobuf_brings_all_its_rows_or_none_whatever_it_counts(tmp_path, count):
    path = tmp_path / "a.fgb"
    written(LOTS, path, driver="FlatGeobuf", SPATIAL_INDEX="NO")
    content = path.read_bytes()
    where = content.index(struct.pack("<Q", 200))
    path.write_bytes(content[:where] + struct.pack("<Q", count) + content[where + 8 :])
    if count in {0, 200}:  # 0 stands for a count that is not known
        assert len(opened(path).table) == 200
    else:
        assert refused(path) == "file-unreadable"


def test_a_flatgeobuf_without_rows_brings_none(tmp_path):
    for index in ("YES", "NO"):
        written(LOTS.iloc[:0], tmp_path / "a.fgb", driver="FlatGeobuf", SPATIAL_INDEX=index)
        assert len(opened(tmp_path / "a.fgb").table) == 0


def gml(*features: str) -> str:
    members = "".join(f"<o:featureMember>{each}</o:featureMember>" for each in features)
    spaces = 'xmlns:o="http://o.org/" xmlns:gml="http://www.opengis.net/gml/3.2"'
    return f"<o:FeatureCollection {spaces}>{members}</o:FeatureCollection>"


def surface(east: float) -> str:
    ring = f"22.6 {east} 22.601 {east} 22.601 114.5 22.6 {east}"
    return (
        '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior><gml:LinearRing>'
        f"<gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )


def test_a_second_geometry_of_a_gml_feature_is_told_by_row(tmp_path):
    one = f"<o:lot><o:edge>{surface(114)}</o:edge><o:id>G1</o:id></o:lot>"
    two = f"<o:lot><o:edge>{surface(114)}</o:edge><o:site>{surface(114.1)}</o:site></o:lot>"
    (tmp_path / "a.gml").write_text(gml(one, one))
    assert codes(opened(tmp_path / "a.gml")) == []
    (tmp_path / "a.gml").write_text(gml(one, two))
    (told,) = of_code(opened(tmp_path / "a.gml"), "gml-geometries")
    assert (told.row, told.value) == (2, "edge, site")
    (tmp_path / "a.gml").write_text(gml(one.replace(surface(114), surface(114) * 2), one))
    (told,) = of_code(opened(tmp_path / "a.gml"), "gml-geometries")
    assert (told.row, told.value) == (1, "edge")


def placemark(tmp_path, inner: str):
    (tmp_path / "a.kml").write_text(f"<kml><Placemark>{inner}</Placemark></kml>")
    return opened(tmp_path / "a.kml")


def test_what_kml_says_twice_stands_in_two_columns(tmp_path):
    said = '<Data name="far"><value>{}</value></Data>'
    got = placemark(
        tmp_path,
        f"<name>a</name><ExtendedData>{said.format(2)}{said.format(3)}{said.format(2)}"
        '<Data name="name"><value>b</value></Data></ExtendedData>',
    )
    assert got.table.iloc[0].to_dict() == {"name": "a", "far": "2", "far_2": "3", "name_2": "b"}
    assert [(each.field, each.value) for each in of_code(got, "heading-doubled")] == [
        ("far", "far_2"), ("name", "name_2"),
    ]  # fmt: skip


def test_a_ring_of_kml_that_had_to_be_closed_is_told(tmp_path):
    ring = "<{0}BoundaryIs><LinearRing><coordinates>{1}</coordinates></LinearRing></{0}BoundaryIs>"
    closed = ring.format("outer", "114,22 115,22 115,23 114,22")
    open_hole = ring.format("inner", "114.5,22.1 114.6,22.1 114.6,22.2")
    for inner, told in (
        (f"<Polygon>{closed}</Polygon>", []),
        (f"<Polygon>{closed.replace(' 114,22<', '<')}</Polygon>", [("ring-closed", 1)]),
        (
            f"<MultiGeometry><Polygon>{closed}{open_hole}</Polygon></MultiGeometry>",
            [("ring-closed", 1)],
        ),
    ):
        assert codes(placemark(tmp_path, inner)) == told


@pytest.mark.parametrize(
    ("box", "is_over"),
    [
        ([114, 22, 115, 23], False),
        ([114, 22, -9, 115, 23, 9], False),
        ([114.00005, 22, 115, 22.99995], False),  # as far as a rounding goes
        ([114, 22, 114.9, 23], True),
        ([114.5, 22, 115, 23], True),
        ([0, 0, 1, 1], True),
        ([114, 22, 0, 115, 22.9, 0], True),
        ([170, -90, -170, 90], False),
        ([10**400, 0, 1, 1], False),
        ([True, 0, 1, 1], False),
        (["0", 0, 1, 1], False),
        ([0, 0, 1], False),
        ({}, False),
        (None, False),
    ],
)
def test_a_box_is_held_against_what_it_is_to_hold(box, is_over):
    assert is_outside([114.0, 22.0, 115.0, 23.0], box) is is_over


def test_a_bbox_of_geojson_that_lies_is_told_by_row(tmp_path):
    lot = feature(polygon(RING), id=1)
    path = of_features(tmp_path, lot | {"bbox": [114, 22, 115, 23]}, bbox=[114, 22, 115, 23])
    assert "geojson-member" not in {code for code, _ in codes(opened(path))}
    assert codes(opened(of_features(tmp_path, bbox=[0, 0, 1, 1]))) == []
    path = of_features(tmp_path, lot, lot | {"bbox": [0, 0, 1, 1]}, bbox=[114, 22, 115, 22.5])
    assert [each.row for each in of_code(opened(path), "geojson-member")] == [None, 2]
    lines = "".join(json.dumps(lot | {"bbox": box}) + "\n" for box in ([114, 22, 115, 23], [0] * 4))
    (tmp_path / "a.geojsonl").write_text(lines)
    told = of_code(opened(tmp_path / "a.geojsonl"), "geojson-member")
    assert [each.row for each in told] == [2]


@pytest.mark.parametrize(
    ("told", "xmax", "said"),
    [
        ({}, 114.0005, None),
        ({"bbox": [0, 0, 1, 1]}, 114.0005, "reach out of the bbox"),
        ({}, 114.0, "1 outlines reach out of their covering (row 1)"),
        ({"covering": 5}, 114.0005, "names no four columns"),
        ({"covering": {"bbox": {"xmin": ["q", 0]}}}, 114.0005, "names no four columns"),
        ({"xmin": []}, 114.0005, "names no four columns"),
        ({"xmin": ["box"]}, 114.0005, "names no four columns"),
        ({"xmin": ["id", "x"]}, 114.0005, "names no four columns"),
    ],
)
def test_geoparquet_that_lies_of_where_its_outlines_are_says_so(tmp_path, told, xmax, said):
    outlines = LOTS.geometry[:3]
    sides = ("xmin", "ymin", "xmax", "ymax")
    boxes = [dict(zip(sides, each, strict=True)) for each in outlines.bounds.to_numpy().tolist()]
    about = {
        "encoding": "WKB", "geometry_types": ["Polygon"],
        "bbox": outlines.total_bounds.tolist(),
        "covering": {"bbox": {side: ["box", side] for side in sides} | told},
        **told,
    }  # fmt: skip
    boxes[0]["xmax"] = xmax
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}}
    box = pa.array(boxes, pa.struct([(side, pa.float32()) for side in sides]))
    columns = {"id": ["a", "b", "c"], "geometry": outlines.to_wkb().tolist(), "box": box}
    table = pa.table(columns).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, tmp_path / "a.parquet")
    got = [str(each.details["reason"]) for each in of_code(opened(tmp_path / "a.parquet"),
                                                           "geoparquet-doubtful")]  # fmt: skip
    assert len(got) == (said is not None)
    assert said is None or said in got[0]


@pytest.mark.parametrize(
    ("order", "is_told"),
    [
        ([1, 2, 3, 4, 5, 1], False),
        ([5, 4, 3, 2, 1, 5], False),
        ([3, 4, 5, 1, 2], False),
        ([17, 3, 250, 4, 99, 17], False),  # numbers of points that neighbours share
        ([1, 1, 1, 1, 1], False),
        ([1, 3, 2, 4, 5, 1], True),
        ([6, 8, 7, 9, 10], True),
    ],
)
def test_points_of_a_survey_that_do_not_stand_as_they_are_numbered_are_told(
    tmp_path, order, is_told
):
    ring = [(0, 0), (0, 100), (50, 50), (100, 100), (100, 0), (0, 0)][: len(order)]
    lines = "".join(f"J{number},1,{2514000 + x},{38500000 + y}\n"
                    for number, (x, y) in zip(order, ring, strict=True))  # fmt: skip
    got = read(tmp_path, HEAD + ",0.75,DK-01,甲,面,,工业用地,M1,@\n" + lines)
    assert [each.row for each in of_code(got, "survey-order")] == [12] * is_told


def test_two_cells_of_one_place_in_a_workbook_are_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for at, row in enumerate([["parcel_id", "far"], ["G1", 2.5], ["G2", 3]]):
            page.write_row(at, 0, row)
    assert len(opened(path).table) == 2
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert sheet.count(b'r="B3"') == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'r="B3"', b'r="B2"')
    with zipfile.ZipFile(path, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    assert refused(path) == "file-unreadable"


def test_errors_and_hidden_rows_of_an_old_workbook_are_told(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    for at, row in enumerate([["parcel_id", "far"], ["G1", None], ["G2", 2.5], ["G3", None]]):
        for column, cell in enumerate(row):
            if cell is not None:
                page.write(at, column, cell)
    page.row(1).set_cell_error(1, "#DIV/0!")
    page.row(2).hidden = True
    book.save(str(tmp_path / "a.xls"))
    got = opened(tmp_path / "a.xls")
    assert got.table["far"].tolist() == [None, 2.5, None]
    assert [(each.row, each.field) for each in of_code(got, "cell-error")] == [(2, "far")]
    assert [each.value for each in of_code(got, "rows-hidden")] == ["1"]
