"""Work on whole columns and layers gives what work on each cell and outline gave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.catalogue.draft import empty_table
from pingshan_geo.catalogue.schema import TABLES
from pingshan_geo.ids import normal_id
from pingshan_geo.ingest import datum
from pingshan_geo.ingest.columns.cells import cell_text, cell_texts, distinct, first_different
from pingshan_geo.ingest.columns.kinds import Cell, left_as_they_are, reader_of
from pingshan_geo.ingest.columns.mapping import Mapping, Pair
from pingshan_geo.ingest.columns.values import converted
from pingshan_geo.ingest.delivery import Delivery
from pingshan_geo.ingest.guard_scene import outermost
from pingshan_geo.ingest.merge import normal_ids
from pingshan_geo.ingest.placement import parse_crs_option, vertices
from pingshan_geo.ingest.plan import spread
from pingshan_geo.ingest.references import link
from pingshan_geo.ingest.rows import with_row

TEXT = st.text(alphabet="aZ09-—_ 　\t\n宗地号:#.无null待定/（Ｇ１\u200b", max_size=12)
CELLS = st.lists(st.one_of(TEXT, st.none()), max_size=8)


def _objects(cells):
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


@given(CELLS)
def test_the_texts_of_a_column_are_those_of_its_cells(cells):
    assert cell_texts(_objects(cells)).tolist() == [cell_text(each) for each in cells]


@given(st.lists(st.one_of(TEXT, st.none(), st.booleans(), st.integers(), st.floats()), max_size=8))
def test_cells_of_all_kinds_become_texts_one_by_one(cells):
    assert cell_texts(_objects(cells)).tolist() == [cell_text(each) for each in cells]


@given(st.lists(TEXT, min_size=1, max_size=8))
@pytest.mark.parametrize("name", ["parcel_id", "name_zh"])
def test_a_text_that_is_not_read_would_have_been_left_as_it_is(name, texts):
    from pingshan_geo.ingest.columns.headings import fields

    stripped = [text for each in texts if (text := cell_text(each))]
    column = fields("parcels")[name]
    reader = reader_of(column, "parcels", _objects(stripped))
    for text, left in zip(stripped, left_as_they_are(reader, _objects(stripped)), strict=True):
        assert not left or reader(text) == Cell(text)


def test_plain_ids_and_names_are_not_read_one_by_one():
    texts = _objects(["G13113-8014", "宗地号 7", None])
    from pingshan_geo.ingest.columns.headings import fields

    columns = fields("parcels")
    readers = [reader_of(columns[name], "parcels", texts) for name in ("parcel_id", "name_zh")]
    assert [left_as_they_are(each, texts).tolist() for each in readers] == [
        [True, False, False], [True, True, False],
    ]  # fmt: skip


@given(st.lists(st.one_of(TEXT, st.none(), st.integers(0, 99)), max_size=8))
def test_normal_forms_of_a_column_are_those_of_its_ids(ids):
    wanted = [None if each is None else normal_id(str(each)) for each in ids]
    assert normal_ids(_objects(ids)).tolist() == wanted


@given(st.lists(st.one_of(st.sampled_from("abc"), st.none()), max_size=40), st.integers(1, 4))
def test_the_first_different_cells_are_found_in_the_first_rows_or_in_all(cells, most):
    column = pd.Series(cells, dtype=object)
    every = list(dict.fromkeys(each for each in cells if each is not None))
    assert first_different(column, most) == every[:most]
    assert distinct(column) == every


def test_land_uses_are_read_with_the_standard_of_their_own_row():
    table = pd.DataFrame(
        {"use": ["M1", "701", None, "M1"], "of": ["shenzhen", "mnr-2023", "shenzhen", None]},
        dtype=object,
    )
    delivery = Delivery("lots.csv", "", "CSV", None, table, np.arange(2, 6))
    pairs = (Pair("land_use_standard", "of"), Pair("land_use", "use"))
    done = converted(delivery, Mapping("parcels", pairs))
    assert done.frame["land_use"].tolist() == ["M1", "0701", None, "M1"]
    assert [each.code for each in done.findings] == ["land-use-read"]


def _scattered(count, seed):
    rng = np.random.default_rng(seed)
    east, north = rng.normal(0, 1000, (2, count))
    return shapely.box(east, north, east + 20, north + 30)


@pytest.mark.parametrize("seed", range(5))
def test_shapes_that_are_left_out_do_not_touch_the_hull(seed):
    shapes = _scattered(3000, seed)
    few = outermost(shapes)
    assert len(few) < 600
    hulls = [shapely.convex_hull(shapely.union_all(each)) for each in (shapes, few)]
    assert shapely.equals_exact(*hulls, normalize=True)


def test_a_shape_without_a_position_hides_no_other():
    shapes = _scattered(500, 1)
    wild = shapely.Polygon([(np.inf, 0), (1, 1), (2, 0)])
    far = outermost(np.append(shapes, wild))
    hulls = [shapely.convex_hull(shapely.union_all(each)) for each in (shapes, far[:-1])]
    assert far[-1] is wild
    assert shapely.equals_exact(*hulls, normalize=True)


def test_vertices_are_every_so_many_th_of_all():
    shapes = np.insert(_scattered(700, 2).astype(object), 3, None)
    wanted = shapely.get_coordinates(shapes)[:: 3500 // 1000]
    assert np.array_equal(vertices(shapes, 1000), wanted)


def test_one_known_vertex_among_many_unknown_is_found():
    text = "LINESTRING (nan nan, 5 6, nan 1)"
    with np.errstate(invalid="ignore"):
        shapes = np.array([shapely.from_wkt(text)])
    assert vertices(shapes, 1).tolist() == [[5.0, 6.0]]


def test_a_layer_moved_in_blocks_lies_where_its_outlines_lie_alone(monkeypatch):
    shapes = shapely.transform(_scattered(50, 3), lambda xy: xy + np.array([535_000, 2_511_000]))
    shapes[7] = None
    way = parse_crs_option("EPSG:4547")
    alone = [datum.to_lonlat(shapes[at : at + 1], way, decimals=10)[0][0] for at in range(50)]
    monkeypatch.setattr(datum, "_BLOCK", 4)
    together, _ = datum.to_lonlat(shapes, way, decimals=10)
    assert all(a is b is None or a.wkb == b.wkb for a, b in zip(alone, together, strict=True))


def test_a_text_that_names_no_row_is_kept_beside_and_the_other_rows_keep_nothing():
    frame = pd.DataFrame(
        {
            "parcel_id": ["A", "B", "C"],
            "zone_id": ["z-1", "nowhere", None],
            "row_number": [2, 3, 4],
        },
        dtype=object,
    )
    tables = {name: empty_table(name) for name in TABLES}
    tables["zones"] = with_row(tables["zones"], {"zone_id": "Z-1"})
    linked, found = link(tables, "parcels", frame, "parcels.geojson")
    assert linked["zone_id"].tolist() == ["Z-1", None, None]
    assert linked["zone_id_as_delivered"].tolist() == ["z-1", "nowhere", None]
    assert [(each.code, each.row, each.value) for each in found] == [
        ("reference-not-found", 3, "nowhere")
    ]


def test_a_sample_is_spread_over_all_rows():
    assert spread(5).tolist() == [0, 1, 2, 3, 4]
    places = spread(1_000_000)
    assert (len(places), places[0], places[-1]) == (1000, 0, 999_999)
    assert np.diff(places).max() < 1002
