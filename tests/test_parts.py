"""Assessing parcels part by part: figures do not depend on the parts."""

import io
import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from pingshan_geo import assess, load_catalogue
from pingshan_geo.assessment import members
from pingshan_geo.assessment.members import Ids
from pingshan_geo.catalogue import bulk, read_catalogue
from pingshan_geo.catalogue.part import Part
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.catalogue.schema import KINDS
from pingshan_geo.export import export_table, write, write_partitioned
from pingshan_geo.report import pieces, select
from pingshan_geo.work import in_turn

DEMO = Path(__file__).parents[1] / "examples" / "demo-town"


@pytest.fixture(scope="module")
def town():
    return load_catalogue(DEMO)


def same(one, other):
    """Hold two assessments against each other, to the last bit and the last column."""
    for kind in (*KINDS, "overlay", "topology"):
        left, right = getattr(one, kind), getattr(other, kind)
        pd.testing.assert_frame_equal(pd.DataFrame(left), pd.DataFrame(right), check_exact=True)
    assert one.findings == other.findings
    for name, places in one.places.items():
        pd.testing.assert_frame_equal(places, other.places[name])


@pytest.mark.parametrize("rows", [29, 100, 318])
def test_the_size_of_parts_changes_no_figure_no_column_and_no_finding(town, rows):
    assert len(town.parcels) > rows
    same(assess(town), assess(town, rows_of_part=rows))
    options = {"as_of": "2022", "allocate": "area"}
    same(assess(town, **options), assess(town, **options, rows_of_part=rows))


@pytest.fixture(scope="module")
def in_files(tmp_path_factory):
    """The town with its parcels as GeoParquet, and nothing corrected."""
    folder = tmp_path_factory.mktemp("town") / "parts"
    write_partitioned(DEMO, folder, 60)
    corrections = folder / "corrections.csv"  # with them parcels are read at once
    corrections.write_text(corrections.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def both(in_files):
    """The assessment of the town in memory, and of its files by whoever does them backwards."""
    catalogues = (load_catalogue(in_files), load_catalogue(in_files, backwards, bulk_rows=1))
    return tuple(map(assess, catalogues))


@pytest.fixture
def in_parts(monkeypatch):
    """Have parcels read in parts of few rows."""
    monkeypatch.setattr(bulk, "PART_ROWS", 25)


def test_reports_and_exports_of_files_are_those_of_memory(both, tmp_path):
    one, two = both
    for options in ({}, {"group": "overlay"}, {"where": "land_use = 'M1'", "columns": ["far"]},
                    {"sort": "-far"}, {"group": "quality"}, {"subject": "DT01-0001"}):  # fmt: skip
        left, right = (select(each, **options) for each in (one, two))
        assert b"".join(pieces(left, "csv")) == b"".join(pieces(right, "csv"))
        tables = [pq.read_table(io.BytesIO(b"".join(pieces(x, "parquet")))) for x in (left, right)]
        assert tables[0].schema == tables[1].schema
        assert tables[0].to_pylist() == tables[1].to_pylist()
    for table in ("parcels", "overlay"):
        for suffix, crs, where in ((".geojson", None, None), (".csv", None, "parcel_id > 'DT20'"),
                                   (".parquet", "EPSG:4547", None)):  # fmt: skip
            place = [tmp_path / f"{name}{suffix}" for name in ("one", "two")]
            for each, path in zip((one, two), place, strict=True):
                write(export_table(each, table, where, crs), path)
            if suffix == ".parquet":
                left, right = map(gpd.read_parquet, place)
                pd.testing.assert_frame_equal(pd.DataFrame(left), pd.DataFrame(right))
                heads = [json.loads(pq.read_schema(path).metadata[b"geo"]) for path in place]
                assert heads[0] == heads[1]
            else:
                assert place[0].read_bytes() == place[1].read_bytes()


def backwards(work, items):
    """Do the last item first, as other machines may, of values that went through a pipe."""
    done = [work(copied(each)) for each in reversed(list(items))]
    return iter(done[::-1])


def copied(value):
    """Return a value as another process gets it."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 -- our own


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize("run", [map, in_turn, backwards])
def test_parcels_kept_in_files_give_the_figures_of_those_in_memory(in_files, run):
    expected = assess(load_catalogue(in_files))
    catalogue = load_catalogue(in_files, run, bulk_rows=1)
    assert len(catalogue.lots.parts) >= 6
    assert not catalogue.lots.is_in_memory
    pd.testing.assert_frame_equal(
        pd.DataFrame(catalogue.parcels), pd.DataFrame(expected.catalogue.parcels)
    )
    same(expected, assess(catalogue))
    assert catalogue.sha256 == expected.catalogue.sha256


@pytest.mark.usefixtures("in_parts")
def test_errors_in_rows_of_any_part_are_told_at_once(in_files, tmp_path):
    folder = tmp_path / "spoilt"
    shutil.copytree(in_files, folder)
    for name in ("parcels/part-00001.parquet", "parcels/part-00003.parquet"):
        rows = gpd.read_parquet(folder / name)
        rows.loc[3, "land_use"] = "no such use"
        rows.loc[4, "zone_id"] = "nowhere"
        rows.to_parquet(folder / name)
    _, expected = read_catalogue(folder)
    _, found = read_catalogue(folder, bulk_rows=1)
    assert found == expected
    assert len({finding.file for finding in found if finding.severity == "error"}) == 2


WEST = "POLYGON((114.8 23.3, 114.8925 23.3, 114.8925 23.5, 114.8 23.5, 114.8 23.3))"
ZONE = "zone_id = 'demo-density-zone-1'"


@pytest.mark.parametrize(("where", "is_chosen"), [
    (ZONE, True), (f"{ZONE} AND far > 1", True), ("zone_id IN ('demo-density-zone-1')", True),
    (f"S_INTERSECTS(geometry, {WEST})", True), ("zone_id = 'nowhere'", True),
    ("far > 1", False), (f"{ZONE} OR far > 1", False), (f"NOT {ZONE}", False),
    ("zone_id NOT IN ('demo-density-zone-1')", False),
])  # fmt: skip
def test_a_filter_reads_only_the_parts_it_needs_and_finds_the_same(both, where, is_chosen):
    one, two = (each.lots for each in both)
    expected, found = one.matching(where), two.matching(where)
    assert found.whole.index.tolist() == expected.whole.index.tolist()
    assert (len(found.parts) < len(two.parts)) == is_chosen


def test_files_with_other_columns_than_the_first_lose_none_of_them(in_files, tmp_path):
    folder = tmp_path / "town"
    shutil.copytree(in_files, folder)
    own = {1: {"own_text": "x", "own_number": 1.5}, 2: {"own_number": 2.0, "own_either": 3.5},
           3: {"own_either": "text", "own_number": None}}  # fmt: skip
    for number, columns in own.items():
        place = folder / f"parcels/part-{number:05}.parquet"
        rows = gpd.read_parquet(place).assign(**columns)
        (rows.drop(columns="note_en") if number == 2 else rows).to_parquet(place)
    made = []
    for each in (assess(load_catalogue(folder)), assess(load_catalogue(folder, bulk_rows=1))):
        write(export_table(each, "parcels"), tmp_path / "lots.csv")
        made.append(pd.read_csv(tmp_path / "lots.csv", dtype="str", keep_default_na=False))
        made.append(b"".join(pieces(select(each), "csv")))
    assert made[1] == made[3]
    pd.testing.assert_frame_equal(made[0], made[2])
    assert set(made[2]["own_either"]) == {"", "3.5", "text"}
    assert set(made[2]["own_number"]) == {"", "1.5", "2.0"}


@pytest.mark.parametrize("columns", [None, ["c", "a"], ["c"], ["a"], []])
@pytest.mark.parametrize("rows", [None, [2, 0]])
def test_columns_kept_in_several_files_are_read_as_one_table(tmp_path, columns, rows):
    index = pd.Index(["x", "y", "z"], dtype=object, name="id")
    first = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.5, None, 1.5]}, index=index)
    more = pd.DataFrame({"c": pd.Series(["u", None, "w"], index=index, dtype=object)})
    at = None if rows is None else np.array(rows)
    whole = first.join(more)
    for places in ((None, None), (tmp_path / "first", tmp_path / "more")):
        part = Part.kept(first, places[0]).with_columns(more, places[1])
        assert part.names() == ["a", "b", "c"]
        assert part.kinds() == {"c": "string"}
        wanted = whole if columns is None else whole[columns]
        found = part.read(columns, at)
        wanted = wanted if at is None else wanted.iloc[at]
        pd.testing.assert_frame_equal(found, wanted, check_column_type=False)


def test_a_part_knows_where_it_lies_by_what_its_first_file_says(tmp_path):
    lots = gpd.GeoDataFrame(
        {"zone_id": ["north", "south"]}, geometry=gpd.points_from_xy([1, 3], [2, 4]), crs=4326
    )
    more = pd.DataFrame({"dominant_base": ["b1", "b1"]})
    part = Part.kept(lots, tmp_path / "lots").with_columns(more, tmp_path / "more")
    assert part.bounds() == [1, 2, 3, 4]
    assert part.values() == {"zone_id": ["north", "south"], "dominant_base": ["b1"]}
    moved = replace(part, steps=(lambda rows: rows,))
    assert moved.bounds() is None
    assert Part(lots).bounds() is None


def test_ids_of_a_table_in_files_are_found_by_their_places(tmp_path):
    ids = [f"lot-{at}" for at in range(40)] + ["地块", ""]
    frame = pd.DataFrame(index=pd.Index(ids, dtype=object, name="parcel_id"))
    cut = [frame.iloc[:17], frame.iloc[17:17], frame.iloc[17:]]
    parts = [Part.kept(each, tmp_path / str(at)) for at, each in enumerate(cut)]
    places = Ids(Parts(tuple(parts), tuple(map(len, cut))))
    assert dict(places) == {each: at for at, each in enumerate(ids)}
    assert (places.get("lot-40"), places.get("lot-"), len(places)) == (None, None, 42)


@pytest.mark.parametrize("height", [None, 30.0])
def test_heights_are_told_by_the_file_as_by_its_rows(tmp_path, height):
    corner = (114.0, 22.0) if height is None else (114.0, 22.0, height)
    rows = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, index=pd.Index(["a", "b"], dtype=object),
        geometry=gpd.GeoSeries([shapely.Point(corner), None], ["a", "b"], crs="EPSG:4490"),
    )  # fmt: skip
    kept = Part.kept(rows, tmp_path / "rows")
    told = Part(rows), kept, kept.with_columns(rows[["name"]].add_suffix("_2"), tmp_path / "more")
    for part in (*told, replace(kept, steps=(gpd.GeoDataFrame.copy,))):
        assert part.has_heights() is (height is not None)


def test_ids_with_one_hash_are_told_apart(tmp_path, monkeypatch):
    nothing = np.zeros(3, dtype=np.uint64)
    monkeypatch.setattr(pd.util, "hash_array", lambda ids, **_: nothing[: len(ids)])
    index = pd.Index(["a", "b", "c"], dtype=object)
    rows = Parts((Part.kept(pd.DataFrame(index=index), tmp_path / "ids"),), (3,))
    for few in (0, 2, 20):  # all by their hashes, the first two one by one, all one by one
        monkeypatch.setattr(members, "_FEW", few)
        places = Ids(rows)
        assert [places.get(each) for each in "abcd"] == [0, 1, 2, None]


def test_parcels_in_files_of_which_none_is_drawn_are_assessed_as_in_memory(in_files, tmp_path):
    folder = tmp_path / "undrawn"
    shutil.copytree(in_files, folder)
    for place in folder.rglob("*.parquet"):
        lots = gpd.read_parquet(place)
        lots["geometry_status"] = "none"
        lots.set_geometry(gpd.GeoSeries([None] * len(lots), crs=lots.crs)).to_parquet(place)
    one, two = (assess(load_catalogue(folder, in_turn, bulk_rows=rows)) for rows in (1, 10**6))
    assert not len(two.overlay)
    same(one, two)
