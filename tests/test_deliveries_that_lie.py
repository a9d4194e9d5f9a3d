"""Files that are not what they say of themselves: rows cut off, boxes elsewhere, cells twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zipfile

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from tests.opening import RING, codes, feature, of_features, opened, polygon, refused, written
from tests.test_survey import HEAD, read

from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding
from pingshan_geo.ingest.formats.dbf import _KINDS
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
        ([114, 22, -9, 115, 23, 9], False),
        ([114.00005, 22, 115, 22.99995], False),  # as far as a rounding goes
        ([114, 22, 114.9, 23], True),
        ([0, 0, 1, 1], True),
        ([114, 22, 0, 115, 22.9, 0], True),
        ([170, -90, -170, 90], False),
        ([10**400, 0, 1, 1], False),
        ([True, 0, 1, 1], False),
        (["0", 0, 1, 1], False),
        ([0, 0, 1], False),
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
        ([1, 2, 4, 5, 3, 1], False),  # of which the order of the numbers makes no outline
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


def test_a_geopackage_is_read_with_its_log_and_stays_as_it_is(tmp_path):
    path = tmp_path / "a.gpkg"
    written(LOTS.iloc[:5], path, driver="GPKG")
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA wal_autocheckpoint = 0")
    for trigger in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f"DROP TRIGGER {trigger[0]}")
    base.execute("INSERT INTO a (geom, parcel_id) SELECT geom, 'G9' FROM a LIMIT 1")
    base.commit()
    shutil.copytree(tmp_path, tmp_path / "sent")  # while it is open, as from a running GIS
    base.close()
    (tmp_path / "sent" / "a.gpkg-shm").unlink()
    before = {each.name: each.read_bytes() for each in (tmp_path / "sent").iterdir()}
    assert before["a.gpkg-wal"]
    got = opened(tmp_path / "sent" / "a.gpkg")
    assert got.table["parcel_id"].tolist()[-1] == "G9"
    assert {each.name: each.read_bytes() for each in (tmp_path / "sent").iterdir()} == before
    (tmp_path / "sent" / "a.gpkg-wal").unlink()
    without = opened(tmp_path / "sent" / "a.gpkg")
    assert len(without.table) == 5
    assert without.sha256 != got.sha256


def test_a_geopackage_left_while_it_was_written_is_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    written(LOTS.iloc[:5], path, driver="GPKG")
    log = tmp_path / "a.gpkg-journal"
    log.write_bytes(bytes(512))  # one that is done with
    assert len(opened(path).table) == 5
    log.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(504))
    before = path.read_bytes()
    assert refused(path) == "file-unreadable"
    assert (path.read_bytes(), log.stat().st_size) == (before, 512)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a.mid", lambda text: text.rsplit("\n", 3)[0]),
        ("a.mid", lambda text: text + text.splitlines()[-1] + "\n"),
        ("a.mid", None),
        ("a.mif", lambda text: text[: text.rindex("Region")]),
        ("a.mif", lambda text: text + text[text.rindex("Region") :]),
    ],
)
def test_outlines_and_rows_of_a_mif_are_as_many_or_it_is_refused(tmp_path, name, change):
    lots = LOTS.iloc[:5].assign(region="none", text=5)  # columns that are called as objects are
    written(lots, tmp_path / "a.mif", driver="MapInfo File")
    assert len(opened(tmp_path / "a.mif").table) == 5
    place = tmp_path / name
    if change is None:
        place.unlink()
    else:
        place.write_text(change(place.read_text("latin-1")), "latin-1")
    assert refused(tmp_path / "a.mif") == "file-unreadable"


def test_an_index_of_a_flatgeobuf_hides_no_feature_after_it(tmp_path):
    for count, children in ((1, 16), (16, 16), (17, 16), (200, 16)):
        path = tmp_path / f"{count}-{children}.fgb"
        written(LOTS.iloc[:count], path, driver="FlatGeobuf")
        assert len(opened(path).table) == count
        content = path.read_bytes()
        path.write_bytes(content + struct.pack("<I", 8) + bytes(8))
        assert refused(path) == "file-unreadable"


def test_several_reference_systems_of_outlines_are_an_error(tmp_path):
    lot = f"<o:lot><o:edge>{surface(114)}</o:edge></o:lot>"
    for other in ("urn:ogc:def:crs:EPSG::4490", None):
        said = "" if other is None else f'srsName="{other}"'
        odd = lot.replace('srsName="urn:ogc:def:crs:EPSG::4326"', said)
        (tmp_path / "a.gml").write_text(gml(lot, odd))
        (told,) = of_code(opened(tmp_path / "a.gml"), "crs-several")
        assert (told.severity, told.value) == (
            "error", f"urn:ogc:def:crs:EPSG::4326, {other or '—'}",
        )  # fmt: skip
    outline = "POLYGON ((114 22, 115 22, 115 23, 114 22))"
    rows = [f'G{srid},"SRID={srid};{outline}"' for srid in (4490, 4214)]
    (tmp_path / "a.csv").write_text("\n".join(["parcel_id,wkt", *rows]))
    (told,) = of_code(opened(tmp_path / "a.csv"), "crs-several")
    assert told.value == "EPSG:4214, EPSG:4490"


def test_a_part_of_what_a_server_has_is_told(tmp_path):
    numbers = 'numberMatched="500" numberReturned="1"'
    text = gml(f"<o:lot><o:edge>{surface(114)}</o:edge></o:lot>")
    (tmp_path / "a.gml").write_text(text.replace("xmlns:o", f"{numbers} xmlns:o", 1))
    lot = feature(polygon(RING), id=1)
    path = of_features(tmp_path, lot, numberMatched=500, numberReturned=1)
    for place in (tmp_path / "a.gml", path):
        (told,) = of_code(opened(place), "features-partial")
        assert (told.value, told.details["count"]) == ("1", "500")
    path = of_features(tmp_path, lot, numberMatched=1, numberReturned=1)
    assert of_code(opened(path), "features-partial") == []


def test_geometries_within_a_gml_feature_are_found_however_deep_they_stand(tmp_path):
    for inner in (
        surface(114) * 2,
        f"<o:edge>{surface(114)}</o:edge><o:house><o:House><o:wall>{surface(114.1)}</o:wall>"
        "</o:House></o:house>",
    ):
        (tmp_path / "a.gml").write_text(gml(f"<o:lot>{inner}</o:lot>"))
        assert len(of_code(opened(tmp_path / "a.gml"), "gml-geometries")) == 1
    members = f"<gml:surfaceMember>{surface(114)}</gml:surfaceMember>" * 2
    several = f"<gml:MultiSurface>{members}</gml:MultiSurface>"
    (tmp_path / "a.gml").write_text(gml(f"<o:lot><o:lot>{several}</o:lot></o:lot>"))
    assert codes(opened(tmp_path / "a.gml")) == []


def test_attributes_of_gml_elements_are_read_and_envelopes_are_none(tmp_path):
    lot = f'<o:lot><o:edge>{surface(114)}</o:edge><o:use code="M1">industry</o:use></o:lot>'
    (tmp_path / "a.gml").write_text(gml(lot))
    assert opened(tmp_path / "a.gml").table.iloc[0].to_dict() == {
        "use": "industry", "use_code": "M1",
    }  # fmt: skip
    written(LOTS, tmp_path / "b.gml", driver="GML")  # with an envelope around all
    assert opened(tmp_path / "b.gml").table.columns.tolist() == ["gml_id", "parcel_id"]


def test_words_of_kml_keep_what_their_markup_holds(tmp_path):
    got = placemark(
        tmp_path,
        "<name>Lot <b>5</b></name><ExtendedData><lot><no>7</no></lot>"
        '<Data name="id"><value>G1</value></Data></ExtendedData>',
    )
    assert got.table.iloc[0].to_dict() == {"name": "Lot 5", "no": "7", "id": "G1"}
    text = '<kml><Placemark id="lots.1"><Data name="x"/><ExtendedData><Data name="id"><value>G1'
    (tmp_path / "a.kml").write_text(f"{text}</value></Data></ExtendedData></Placemark></kml>")
    assert opened(tmp_path / "a.kml").table.iloc[0].to_dict() == {"id": "G1", "id_2": "lots.1"}


def test_outlines_of_kml_that_are_several_or_lack_a_number_are_told(tmp_path):
    ring = "<LinearRing><coordinates>114,22 115,22 115,23 114,22</coordinates></LinearRing>"
    outer = f"<outerBoundaryIs>{ring}</outerBoundaryIs>"
    for inner in (
        outer * 2,
        f"<outerBoundaryIs>{ring * 2}</outerBoundaryIs>",
        outer.replace("115,22 ", "115,,22 "),
    ):
        assert codes(placemark(tmp_path, f"<Polygon>{inner}</Polygon>")) == [
            ("geometry-unreadable", 1)
        ]


def test_what_geojson_says_beside_properties_is_kept_or_told(tmp_path):
    lots = [feature(polygon(RING), id=f"G{at}") | {"id": at} for at in range(3)]
    got = opened(of_features(tmp_path, *lots))
    assert got.table[["id", "id_2"]].to_numpy().tolist() == [["G0", 0], ["G1", 1], ["G2", 2]]
    assert [each.field for each in of_code(got, "heading-doubled")] == ["id"]
    got = opened(of_features(tmp_path, lots[0] | {"crs": "x", "tippecanoe": {}}))
    (told,) = of_code(got, "geojson-member")
    assert "crs, tippecanoe" in told.line("en")
    same = opened(of_features(tmp_path, feature(polygon(RING), id=7) | {"id": 7, "bbox": None}))
    assert codes(same) == []


def test_a_file_beside_the_layer_in_an_archive_is_told(tmp_path):
    content = of_features(tmp_path, feature(polygon(RING), id=1)).read_bytes()
    for name, chosen in (("a.zip", "lots.geojson"), ("a.kmz", "doc.kml")):
        kml = b"<kml><Placemark><name>a</name></Placemark></kml>"
        with zipfile.ZipFile(tmp_path / name, "w") as whole:
            whole.writestr(chosen, kml if name == "a.kmz" else content)
            whole.writestr("more/other.kml" if name == "a.kmz" else "prices.xlsx", kml)
        (told,) = of_code(opened(tmp_path / name), "layers-others")
        assert (told.field, told.value) == (
            chosen, "more/other.kml" if name == "a.kmz" else "prices.xlsx",
        )  # fmt: skip


def test_a_survey_text_with_two_heads_is_refused(tmp_path):
    block = ",0.75,DK-01,甲,面,,工业用地,M1,@\nJ1,1,2514000,{0}500000\nJ2,1,2514100,{0}500000\n"
    block += "J3,1,2514100,{0}500100\nJ1,1,2514000,{0}500000\n"
    text = HEAD + block.format(38)
    assert len(read(tmp_path, text).table) == 1
    with pytest.raises(InputError, match="several heads"):
        read(tmp_path, text + HEAD.replace("38", "39") + block.format(39))


def test_a_sign_of_dbase_that_is_no_truth_stays_a_text():
    raw = np.array([b"T", b"n", b"?", b"", b"1", b"0"], "S1")
    assert _KINDS["L"](raw, "built", lambda *_, **__: None).tolist() == [
        True, False, None, None, "1", "0",
    ]  # fmt: skip
