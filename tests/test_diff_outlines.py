"""Outlines of two catalogues compared: squares of about 100 m, so that all can be done by hand."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.audit.outlines import outline_changes

D = 0.001  # degrees: 103 m east, 111 m north at 22° N


def box(x, y, wide=1.0, high=1.0):
    return shapely.box(114 + x * D, 22 + y * D, 114 + (x + wide) * D, 22 + (y + high) * D)


def lots(**shapes):
    return gpd.GeoDataFrame(
        {"layer": None, "valid_to": None, "geometry_status": "surveyed"},
        index=list(shapes), geometry=list(shapes.values()), crs="EPSG:4490",
    )  # fmt: skip


def told(before, after):
    return [(c.kind, c.before, c.after) for c in outline_changes("parcels", before, after)]


A, B, C = box(0, 0), box(1, 0), box(2, 0)


def test_equal_outlines_and_other_starts_and_directions_are_no_change():
    turned = shapely.Polygon(np.roll(shapely.get_coordinates(A)[:-1], 2, axis=0)[::-1])
    assert told(lots(a=A, b=B), lots(b=B, a=A)) == []
    assert told(lots(a=A), lots(a=turned)) == []


def test_a_point_more_on_an_edge_is_no_change_and_a_corner_5_mm_away_is():
    assert told(lots(a=A), lots(a=shapely.segmentize(A, 0.0004))) == []
    near = shapely.transform(A, lambda xy: np.where(xy == xy.max(axis=0), xy + 5e-8, xy))
    assert told(lots(a=A), lots(a=near)) == [("reshaped", ("a",), ("a",))]


def test_an_outline_cut_in_two_is_split():
    parts = {"p": box(0, 0, 0.4), "q": box(0.4, 0, 0.6)}
    assert told(lots(a=A, b=B), lots(b=B, **parts)) == [("split", ("a",), ("p", "q"))]


def test_a_split_whose_first_part_keeps_the_number_is_a_split():
    after = lots(a=box(0, 0, 0.4), q=box(0.4, 0, 0.6))
    assert told(lots(a=A), after) == [("split", ("a",), ("a", "q"))]


def test_a_split_in_which_the_old_lot_ends_but_stays_in_the_file_is_a_split():
    after = lots(a=A, p=box(0, 0, 0.4), q=box(0.4, 0, 0.6))
    after.loc["a", "valid_to"] = "2024-01-01"
    assert told(lots(a=A), after) == [("split", ("a",), ("p", "q"))]


def test_two_lots_made_one_are_merged_with_or_without_a_new_number():
    assert told(lots(a=A, b=B), lots(w=box(0, 0, 2))) == [("merged", ("a", "b"), ("w",))]
    assert told(lots(a=A, b=B), lots(a=box(0, 0, 2))) == [("merged", ("a", "b"), ("a",))]


def test_a_sliver_merged_into_a_large_lot_is_no_renumbering():
    sliver = box(1, 0, 0.0005)
    after = lots(w=shapely.union(A, sliver))
    assert told(lots(a=A, s=sliver), after) == [("merged", ("a", "s"), ("w",))]


def test_two_lots_redrawn_as_three_are_regrouped():
    third = 2 / 3
    after = lots(p=box(0, 0, third), q=box(third, 0, third), r=box(2 * third, 0, third))
    assert told(lots(a=A, b=B), after) == [("regrouped", ("a", "b"), ("p", "q", "r"))]


def test_the_same_outline_under_another_number_is_renumbered():
    assert told(lots(a=A, b=B), lots(z=A, b=B)) == [("renumbered", ("a",), ("z",))]


def test_the_same_shape_elsewhere_is_moved_by_so_many_metres():
    (change,) = outline_changes("parcels", lots(a=A), lots(a=box(0, 0.1)))
    assert change.kind == "moved"
    assert change.distance_m == pytest.approx(11.07, abs=0.02)  # 0.0001° of a meridian at 22° N
    assert change.in_common == pytest.approx(0.9 / 1.1, rel=1e-4)


def test_a_reshaped_outline_has_areas_share_and_the_corner_that_is_furthest():
    (change,) = outline_changes("parcels", lots(a=A), lots(a=box(0, 0, 1, 0.5)))
    assert change.kind == "reshaped"
    assert change.in_common == pytest.approx(0.5, rel=1e-4)
    assert change.area_after_m2 == pytest.approx(change.area_before_m2 / 2, rel=1e-4)
    assert change.distance_m == pytest.approx(55.4, abs=0.1)  # 0.0005° of a meridian


def test_a_boundary_moved_between_two_neighbours_reshapes_both():
    after = lots(a=box(0, 0, 0.8), b=box(0.8, 0, 1.2))
    assert told(lots(a=A, b=B), after) == [("reshaped", (i,), (i,)) for i in ("a", "b")]


def test_a_second_row_of_the_same_outline_is_doubled_and_going_back_is_told():
    assert told(lots(a=A), lots(a=A, z=A)) == [("doubled", ("a",), ("a", "z"))]
    assert told(lots(a=A, z=A), lots(a=A)) == [("undoubled", ("a", "z"), ("a",))]


def test_one_lot_above_another_is_not_its_double():
    after = lots(a=A, z=A)
    after.loc["z", "layer"] = "below"
    assert told(lots(a=A), after) == []


def test_a_lot_that_comes_or_goes_without_a_match_is_no_outline_change():
    assert told(lots(a=A, b=B), lots(a=A, c=C)) == []


def test_an_outline_that_comes_or_goes_with_its_row_staying_is_told():
    assert told(lots(a=None), lots(a=A)) == [("outlined", (), ("a",))]
    assert told(lots(a=A), lots(a=None)) == [("unoutlined", ("a",), ())]


def test_an_illustrative_outline_has_no_measured_change():
    after = lots(a=box(0, 0, 0.5))
    after["geometry_status"] = "illustrative"
    (change,) = outline_changes("parcels", lots(a=A), after)
    assert not change.is_measured


@given(st.integers(2, 6), st.randoms(use_true_random=False))
def test_strips_of_any_width_are_a_split_one_way_and_a_merger_the_other(count, random):
    ends = sorted(random.uniform(0.02, 0.98) for _ in range(count - 1))
    edges = [0.0, *ends, 1.0]
    if min(b - a for a, b in itertools.pairwise(edges)) < 0.005:
        return
    parts = {f"p{n}": box(a, 0, b - a) for n, (a, b) in enumerate(itertools.pairwise(edges))}
    ids = tuple(parts)
    assert told(lots(a=A, b=B), lots(b=B, **parts)) == [("split", ("a",), ids)]
    assert told(lots(b=B, **parts), lots(a=A, b=B)) == [("merged", ids, ("a",))]
