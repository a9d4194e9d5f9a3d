"""GeoJSON from anywhere: what is wrong is told by row, and the row kept."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from tests.opening import (
    HOLE,
    RING,
    codes,
    feature,
    of_features,
    opened,
    polygon,
    refused,
)

from pingshan_geo.catalogue.readers import file_report, read_json


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("text", "feature-invalid"),
        ({"type": "feature"}, "feature-invalid"),
        ({"type": "Feature", "properties": {}}, "feature-invalid"),
        ({"type": "Feature", "properties": [1], "geometry": None}, "feature-invalid"),
        ({"type": "Feature", "geometry": None}, "geojson-member"),
        (feature(None) | {"id": [1]}, "geojson-member"),
        (feature(None) | {"id": True}, "geojson-member"),
        (feature(None) | {"bbox": [1, 2]}, "geojson-member"),
        (feature(None) | {"features": []}, "geojson-member"),
        (feature("POINT (1 2)"), "geometry-unreadable"),
        (feature({"type": "Polygon"}), "geometry-unreadable"),
        (feature(polygon([["114", "22"], *RING[1:]])), "geometry-unreadable"),
        (feature(polygon([[114], *RING[1:]])), "geometry-unreadable"),
        (feature(polygon([[True, 22], *RING[1:]])), "geometry-unreadable"),
        (feature(polygon([10**400, 22], *RING)), "geometry-unreadable"),
        (feature(polygon(RING[:2])), "geometry-unreadable"),
        (feature(polygon(RING, [])), "geometry-unreadable"),
        (feature(polygon(*RING)), "geometry-unreadable"),
        (feature({"type": "MultiPolygon", "coordinates": [RING]}), "geometry-unreadable"),
        (feature({"type": "Point", "coordinates": ["1", 2]}), "geometry-unreadable"),
        (feature(polygon(RING[:-1])), "ring-closed"),
        (feature(polygon(RING[::-1])), "rings-turned"),
        (feature(polygon([[114, 22, 1], *RING[1:]])), "position-sizes"),
    ],
)
def test_each_fault_of_geojson_is_told_and_the_row_kept(tmp_path, item, code):
    delivery = opened(of_features(tmp_path, feature(polygon(RING), a=1), item))
    assert codes(delivery) == [(code, 2)]
    assert delivery.table["a"].tolist()[0] == 1
    assert delivery.geometry[0].equals(shapely.Polygon(RING))
    assert "id" not in delivery.table
    made = delivery.geometry[1] is not None
    assert made == (code in {"ring-closed", "rings-turned", "position-sizes"})


def test_polygons_made_all_together_are_those_made_one_by_one(tmp_path):
    shapes = [HOLE, shapely.Polygon(RING), shapely.MultiPolygon([HOLE, shapely.box(0, 0, 1, 1)]),
              shapely.Point(1, 2), None, shapely.Polygon(), shapely.MultiPolygon()]  # fmt: skip
    items = [feature(None if shape is None else json.loads(shapely.to_geojson(shape)))
             for shape in shapes]  # fmt: skip
    together = opened(of_features(tmp_path, *items)).geometry
    apart = opened(of_features(tmp_path, *items, feature(polygon(RING, [])))).geometry
    assert together.tolist() == apart[:-1].tolist() == shapes


@pytest.mark.parametrize(
    ("members", "claim"),
    [
        ({}, ("OGC:CRS84", "format")),
        ({"crs": None}, None),
        ({"crs": {"type": "name", "properties": {"name": "nonsense"}}}, None),
        ({"crs": {"type": "name", "properties": {"name": "EPSG:999999"}}}, None),
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}},
         ("EPSG:4547", "file")),
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}},
         ("OGC:CRS84", "file")),
    ],
)  # fmt: skip
def test_a_crs_of_nonsense_is_told_and_claims_nothing(tmp_path, members, claim):
    delivery = opened(of_features(tmp_path, feature(polygon(RING)), **members))
    found = delivery.claim and (delivery.claim.text, delivery.claim.origin)
    assert found == claim
    assert codes(delivery) == ([] if claim else [("crs-unreadable", None)])


def test_json_values_are_text_number_or_truth(tmp_path):
    properties = {"a": [1, {"b": "坪"}], "n": 2**60, "t": True, "x": None}
    table = opened(of_features(tmp_path, feature(None, **properties) | {"id": "p1"})).table
    assert table.iloc[0].to_dict() == {
        "id": "p1", "a": '[1, {"b": "坪"}]', "n": str(2**60), "t": True, "x": None
    }  # fmt: skip


def test_columns_and_depth_are_limited_before_they_cost(tmp_path):
    many = of_features(tmp_path, feature(None, **{f"c{n}": n for n in range(1001)}))
    assert refused(many) == "over-ceiling"
    deep = tmp_path / "deep.geojson"
    deep.write_text('{"a":' * 100_000)
    assert refused(deep) == "json-nesting"
    wide = pa.table({f"c{n}": [n] for n in range(1001)})
    pq.write_table(wide, tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet") == "over-ceiling"


@pytest.mark.parametrize("mark", [b"", b"\x1e"])
def test_a_line_that_is_no_feature_costs_that_line_only(tmp_path, mark):
    lines = [json.dumps(feature(polygon(RING), a=n)).encode() for n in range(3)]
    lines[1] = b'{"type": "Feature"'
    path = tmp_path / "a.geojsonl"
    path.write_bytes(b"".join(mark + line + b"\n" for line in lines))
    delivery = opened(path)
    assert delivery.rows.tolist() == [1, 2, 3]
    assert codes(delivery) == [("json-invalid", 2)]
    assert pd.isna(delivery.table["a"]).tolist() == [False, True, False]


def test_broken_lines_that_make_features_together_are_none(tmp_path):
    head = '{"type":"Feature","geometry":null,"properties":'
    path = tmp_path / "a.geojsons"
    path.write_text(f'{head}{{"x":[1\n2]}}}}\n{head}{{"x":7}}}},{head}{{"x":8}}}}\n{head}{{}}}}\n')
    delivery = opened(path)
    assert codes(delivery) == [("json-invalid", 1), ("json-invalid", 2), ("json-invalid", 3)]


def test_of_a_member_that_stands_twice_the_last_counts_and_is_told_by_row(tmp_path):
    one = '{"type":"Feature","geometry":null,"properties":{"a":1}}'
    two = '{"type":"Feature","geometry":null,"properties":{"a":1,"b":{"c":1,"c":2},"a":3}}'
    told = [("json-doubled", 2, "a", "3"), ("json-doubled", 2, "c", "2")]
    whole = tmp_path / "whole.geojson"
    whole.write_text(
        f'{{"type":"FeatureCollection","name":"x","name":"y","features":[{one},{two}]}}'
    )
    by_line = tmp_path / "lines.geojsons"
    by_line.write_text(f"{one}\n{two}\n")
    half = tmp_path / "half.geojsons"
    half.write_text(f"{one}\n{two}\n{{")
    for path, others in (
        (whole, [("json-doubled", None, "name", '"y"')]),
        (by_line, []),
        (half, [("json-invalid", 3, None, None)]),
    ):
        delivery = opened(path)
        found = [(each.code, each.row, each.field, each.value) for each in delivery.findings]
        assert sorted(found, key=str) == sorted(told + others, key=str)
        assert delivery.table["a"].tolist()[:2] == [1, 3]
        assert delivery.table["b"].tolist()[1] == '{"c": 2}'


def test_a_catalogue_of_its_own_refuses_a_member_that_stands_twice():
    found = []
    assert read_json(b'{"a": 1, "b": {"c": 1, "c": 1}}', file_report("x.json", found)) is None
    assert [(each.code, "'c'" in each.line("en")) for each in found] == [("json-invalid", True)]
