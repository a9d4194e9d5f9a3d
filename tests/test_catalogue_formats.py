"""Tables in pieces, tables as Parquet, and whatever else a file may hold."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pandas as pd
import pytest
import shapely

from pingshan_geo import load_catalogue
from pingshan_geo.errors import InputError

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
ZONES, FACTS, PACKAGE = "zones.geojson", "facts.csv", "datapackage.json"


def test_partitions_are_one_table_and_a_doubled_id_in_two_of_them_is_told(errors, small):
    small.write("more.geojson", small.geojson("parcels").replace("lot-", "plot-"))
    small.descriptor["resources"][3]["path"] = ["parcels.geojson", "more.geojson"]
    small.save()
    assert small.load().parcels.index.tolist() == ["lot-1", "lot-2", "plot-1", "plot-2"]
    small.write("more.geojson", small.geojson("parcels"))
    assert [finding[0] for finding in errors(small.path)] == ["duplicate-id"] * 2


def test_geoparquet_gives_the_same_zones_and_facts_as_text(small):
    plain = small.load()
    frame = plain.zones.reset_index().drop(columns="row_number")
    frame.to_parquet(small.path / "zones.parquet")
    facts = pd.read_csv(small.path / FACTS).astype({"as_of": str}).dropna(axis=1, how="all")
    names = pd.read_csv(small.path / FACTS).columns
    facts.reindex(columns=names).astype({"printed": str}).to_parquet(small.path / "facts.parquet")
    for resource_ in small.descriptor["resources"]:
        if resource_["name"] in {"zones", "facts"}:
            resource_["path"] = resource_["path"].split(".")[0] + ".parquet"
    small.write("datapackage.json", json.dumps(small.descriptor))
    found = small.load()
    assert found.zones.geometry.tolist() == plain.zones.geometry.tolist()
    numbers = ["value_si", "low_si", "high_si"]
    assert found.facts.loc[["f1", "f3"], numbers].equals(plain.facts.loc[["f1", "f3"], numbers])


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (shapely.Point(1, 1), "geometry-invalid"),
        (shapely.box(0, 0, 500, 1), "coordinate-range"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "geometry-invalid"),
    ],
)
def test_geoparquet_is_checked_as_geojson_is(errors, small, shape, code):
    frame = small.load().zones.reset_index().drop(columns="row_number")
    frame.loc[0, "geometry"] = shape
    frame.to_parquet(small.path / "zones.parquet")
    small.edit("datapackage.json", ZONES, "zones.parquet")
    assert [finding[:3] for finding in errors(small.path)] == [(code, "zones.parquet", 1)]


@pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpus is not beside the checkout")
@pytest.mark.parametrize("file", [ZONES, FACTS, PACKAGE, "zones.parquet"])
def test_any_file_of_the_corpus_is_read_or_refused_and_nothing_else(small, file):
    suffixes = {".parquet"} if file.endswith("parquet") else {".geojson", ".json", ".csv"}
    if file == "zones.parquet":
        small.edit(PACKAGE, ZONES, file)
    files = [p for p in sorted(CORPUS.rglob("*")) if p.is_file() and p.suffix in suffixes]
    assert len(files) > 30
    for path in files:
        small.write(file, path.read_bytes())
        with contextlib.suppress(InputError):
            load_catalogue(small.path)
