"""GeoParquet is held against its metadata."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from tests.opening import (
    codes,
    opened,
    parcels,
    refused,
)


def geoparquet(path: Path, **changes) -> Path:
    parcels().to_parquet(path)
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    for name, value in changes.items():
        part = geo if name in geo else geo["columns"]["geometry"]
        if value is ...:
            part.pop(name, None)
        else:
            part[name] = value
    metadata = table.schema.metadata | {b"geo": json.dumps(geo).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


@pytest.mark.parametrize(
    ("changes", "told", "claim"),
    [
        ({}, [], "EPSG:4490"),
        ({"crs": None}, [], None),
        ({"crs": ...}, [], "OGC:CRS84"),
        ({"crs": {"name": "none"}}, ["crs-unreadable"], None),
        ({"version": "99.0"}, ["geoparquet-doubtful"], "EPSG:4490"),
        ({"geometry_types": ["Polygon"]}, ["geoparquet-doubtful"], "EPSG:4490"),
        ({"orientation": "counterclockwise"}, ["geoparquet-doubtful"], "EPSG:4490"),
        ({"edges": "spherical"}, ["geoparquet-doubtful"], "EPSG:4490"),
        ({"encoding": "polygon"}, ["geoparquet-invalid"], "EPSG:4490"),
        ({"geometry_types": 5}, ["geoparquet-doubtful"], "EPSG:4490"),
    ],
)
def test_geoparquet_is_held_against_its_metadata(tmp_path, changes, told, claim):
    delivery = opened(geoparquet(tmp_path / "a.parquet", **changes))
    assert [code for code, _ in codes(delivery)] == told
    assert (delivery.claim and delivery.claim.text) == claim
    assert delivery.table.columns.tolist() == ["Name", "far", "plots"]


@pytest.mark.parametrize(
    "changes", [{"columns": ...}, {"primary_column": "none"}, {"primary_column": []}]
)
def test_geoparquet_metadata_that_names_no_column_is_refused(tmp_path, changes):
    assert refused(geoparquet(tmp_path / "a.parquet", **changes)) == "geoparquet-invalid"


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_geoparquet_is_read_in_both_encodings(tmp_path, encoding):
    parcels()[:2].to_parquet(tmp_path / "a.parquet", geometry_encoding=encoding)
    geometry = opened(tmp_path / "a.parquet").geometry
    assert shapely.equals(geometry, parcels().geometry.to_numpy()[:2]).all()


@pytest.mark.parametrize(
    ("name", "about", "is_drawn"),
    [(b"geoarrow.wkb", b"5", True), (b"geoarrow.wkb", b'{"crs": null}', True),
     (b"geo\xff", b"", False)],
)  # fmt: skip
def test_an_extension_of_arrow_that_says_nonsense_is_no_fault(tmp_path, name, about, is_drawn):
    tags = {b"ARROW:extension:name": name, b"ARROW:extension:metadata": about}
    shapes = pa.array(parcels().geometry.to_wkb().tolist(), pa.binary())
    schema = pa.schema([pa.field("shape", pa.binary(), metadata=tags)])
    pq.write_table(pa.table([shapes], schema), tmp_path / "a.parquet")
    delivery = opened(tmp_path / "a.parquet")
    assert (delivery.geometry is not None) == is_drawn
    assert delivery.claim is None


def test_arrow_values_are_text_number_or_truth(tmp_path):
    day = pd.Timestamp("2017-12-13")
    columns = {
        "day": [day, None], "time": [day + pd.Timedelta("1h"), None], "big": [2**60, None],
        "whole": pa.array([1, None]), "list": [["坪"], None], "bytes": [b"x", None],
        "truth": [True, None], "text": ["007", None],
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    delivery = opened(tmp_path / "a.parquet")
    assert delivery.geometry is None
    assert delivery.table.iloc[0].to_dict() == {
        "day": "2017-12-13", "time": "2017-12-13T01:00:00", "big": str(2**60), "whole": 1,
        "list": '["坪"]', "truth": True, "text": "007",
    }  # fmt: skip
    assert delivery.table.iloc[1].isna().all()
    assert codes(delivery) == [("column-left-out", None)]
