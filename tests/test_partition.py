"""Parcels in parts: written in spatial order, read as one table, appended to by an import."""

import json
import shutil
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from tests.test_parts import DEMO, KINDS

from pingshan_geo import assess, load_catalogue
from pingshan_geo.catalogue.partition import spatial_order
from pingshan_geo.cli import main

ROWS = 100


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts") / "town"
    words = ["--catalogue", str(DEMO), "export", "parcels", "--partition", str(ROWS)]
    assert main([*words, "-o", str(folder)]) == 0
    return folder


def paths(folder):
    resources = json.loads((folder / "datapackage.json").read_text("utf-8"))["resources"]
    return next(each["path"] for each in resources if each["name"] == "parcels")


def plain(table):
    kept = pd.DataFrame(table).drop(columns=["row_number", "geometry"], errors="ignore")
    return kept.astype(object).where(kept.notna(), None)


def told(assessment):
    return Counter(
        (f.code, f.subject if f.code != "must-not-have-gaps" else None) for f in assessment.findings
    )


def test_a_catalogue_in_parts_gives_the_same_figures(in_parts):
    one, other = assess(load_catalogue(DEMO)), assess(load_catalogue(in_parts))
    for kind in (*KINDS, "overlay"):
        left, right = (plain(getattr(each, kind)) for each in (one, other))
        right = right.loc[left.index]
        assert list(left) == list(right)
        for name in left:
            assert left[name].tolist() == right[name].tolist(), (kind, name)
    # Which of the lots about a gap is named first follows the order of rows.
    assert told(one) == told(other)


def test_each_part_holds_the_rows_of_one_place_with_their_boxes(in_parts):
    names = paths(in_parts)
    whole = load_catalogue(DEMO).parcels
    assert len(names) == -(-len(whole) // ROWS)
    areas = []
    for name in names:
        part = gpd.read_parquet(in_parts / name)
        assert len(part) <= ROWS
        geo = json.loads(pq.read_schema(in_parts / name).metadata[b"geo"])
        assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
        boxes = pq.read_table(in_parts / name)["bbox"].to_pylist()
        assert boxes[0]["xmin"] == pytest.approx(part.geometry.bounds.iloc[0].iloc[0], abs=1e-6)
        west, south, east, north = part.total_bounds
        areas.append((east - west) * (north - south))
    west, south, east, north = whole.total_bounds
    assert sum(areas) < 1.5 * (east - west) * (north - south)  # in file order it is three times


def test_what_is_not_drawn_comes_last_in_spatial_order():
    shapes = [shapely.box(1, 1, 2, 2), None, shapely.box(0, 0, 1, 1), shapely.Polygon()]
    assert spatial_order(gpd.GeoSeries(shapes, crs="EPSG:4490")).tolist() == [2, 0, 1, 3]


def delivery(folder, rows, south):
    """A GeoJSON delivery of some lots; each row is id, name and west edge."""
    columns = {"parcel_id": [r[0] for r in rows], "name_en": [r[1] for r in rows]}
    frame = gpd.GeoDataFrame(
        columns, geometry=[shapely.box(r[2], south, r[2] + 1e-4, south + 1e-4) for r in rows],
        crs="EPSG:4326",
    )  # fmt: skip
    file = folder / "more.geojson"
    file.write_text(frame.to_json(drop_id=True), "utf-8")
    return file


def test_an_import_appends_a_part_and_leaves_the_others_alone(in_parts, tmp_path):
    town = tmp_path / "town"
    shutil.copytree(in_parts, town)
    before = {name: (town / name).read_bytes() for name in paths(town)}
    middle = load_catalogue(town).parcels.geometry.iloc[0].centroid
    rows = [("NEW-1", "first", middle.x), ("NEW-2", "second", middle.x + 2e-4)]
    file = delivery(tmp_path, rows, middle.y)
    words = ["--catalogue", str(town), "import", str(file), "--as", "parcels", "--yes"]
    assert main(words) == 0
    after = paths(town)
    assert after[:-1] == list(before)
    assert all((town / name).read_bytes() == content for name, content in before.items())
    assert gpd.read_parquet(town / after[-1])["parcel_id"].tolist() == ["NEW-1", "NEW-2"]
    assert {"NEW-1", "NEW-2"} <= set(load_catalogue(town).parcels.index)


def test_an_import_that_changes_a_row_writes_its_part_only(in_parts, tmp_path):
    town = tmp_path / "town"
    shutil.copytree(in_parts, town)
    names = paths(town)
    before = {name: (town / name).read_bytes() for name in names}
    lots = gpd.read_parquet(town / names[1])
    (tmp_path / "new.csv").write_text(
        f"parcel_id,name_en\n{lots['parcel_id'][3]},renamed\n", "utf-8"
    )
    words = ["--catalogue", str(town), "import", str(tmp_path / "new.csv"), "--as", "parcels"]
    assert main([*words, "--yes"]) == 0
    changed = [name for name in names if (town / name).read_bytes() != before[name]]
    assert changed == [names[1]]
    assert paths(town) == names
    assert load_catalogue(town).parcels.loc[lots["parcel_id"][3], "name_en"] == "renamed"


def test_files_that_are_no_tables_come_along(small, tmp_path):
    small.write("extra.csv", "a\n1\n")
    small.descriptor["resources"].append({"name": "extra", "path": "extra.csv"})
    small.write("datapackage.json", json.dumps(small.descriptor))
    place = tmp_path / "new"
    words = ["--catalogue", str(small.path), "export", "parcels", "--partition", "9"]
    assert main([*words, "-o", str(place)]) == 0
    assert (place / "extra.csv").read_text("utf-8") == "a\n1\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["zones", "--partition", "10"], "leave zones out"),
        (["parcels", "--partition", "10", "--where", "far > 1"], "leave --where out"),
        (["parcels", "--partition", "0"], "one row or more"),
    ],
)
def test_what_does_not_go_with_parts_is_told(words, said, tmp_path, capsys):
    place = tmp_path / "new"
    assert main(["--catalogue", str(DEMO), "export", *words, "-o", str(place)]) == 2
    assert said in capsys.readouterr().err
    assert not place.exists()


def test_parts_are_not_put_into_a_folder_that_holds_something(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("mine", "utf-8")
    words = ["--catalogue", str(DEMO), "export", "parcels", "--partition", "50", "-o"]
    assert main([*words, str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert np.array_equal([each.name for each in tmp_path.iterdir()], ["a.txt"])
