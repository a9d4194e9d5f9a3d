"""Rings as ragged arrays: which are surely valid."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from pingshan_geo.measures.cutting import valid
from pingshan_geo.measures.ragged import expand, is_plain, is_star

_CORNERS = st.tuples(st.integers(0, 6), st.integers(0, 6))


def test_a_star_of_five_points_goes_twice_around_its_middle() -> None:
    turn = 2 * np.pi * np.append(np.arange(5), 0) / 5
    five, twice = (np.column_stack([np.cos(step * turn), np.sin(step * turn)]) for step in (1, 2))
    rings = np.concatenate([five, twice, five[::-1]])
    assert is_star(rings, np.array([0, 6, 12])).tolist() == [True, False, True]
    assert is_star(rings[:0], np.zeros(0, dtype=np.int64)).tolist() == []


_NEAR = st.floats(-1e-9, 1e-9)
_RINGS = st.one_of(
    st.lists(_CORNERS, min_size=3, max_size=8),
    st.lists(st.tuples(_NEAR, _NEAR), min_size=3, max_size=6),
)


@given(st.lists(_RINGS, min_size=1, max_size=5), st.sampled_from([0.1, 1.0]))
def test_what_is_plain_is_valid(corners: list[list[tuple[float, float]]], side: float) -> None:
    at = np.array([114.35, 22.69])
    shapes = np.array([shapely.Polygon(np.array(each) * side + at) for each in corners])
    assert shapely.is_valid(shapes[is_plain(shapes)]).all()


@given(st.lists(_CORNERS, min_size=3, max_size=7))
@example([(1, 6), (2, 5), (3, 4)])
def test_a_convex_outline_is_plain_whichever_way_it_runs(corners: list[tuple[int, int]]) -> None:
    hull = shapely.convex_hull(shapely.multipoints(np.array(corners) / 10 + 114))
    is_line = shapely.area(hull) < 1e-9  # also one that rounding has made a polygon
    assert is_line or is_plain(np.array([hull, hull.reverse()])).all()


def test_nothing_is_said_of_doubled_points_nan_and_a_valid_ring_that_hides_a_part() -> None:
    doubled = [(0, 0), (0, 0), (1, 0), (0, 1)]
    unknown = [(0, 0), (1, 0), (1, np.nan), (0, 1)]
    horseshoe = [(0, 0), (9, 0), (9, 9), (6, 9), (6, 1), (3, 1), (3, 9), (0, 9)]
    with np.errstate(invalid="ignore"):
        shapes = np.array([shapely.Polygon(each) for each in (doubled, unknown, horseshoe)])
    assert shapely.is_valid(shapes[2])
    assert is_plain(shapes).tolist() == [False, False, False]
    assert is_plain(shapes[:0]).tolist() == []


def test_shapes_of_all_kinds_are_made_valid() -> None:
    square, bow_tie = shapely.box(0, 0, 2, 2), shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    ring = shapely.Polygon(square.exterior.coords, [[(1, 1), (1, 1.5), (1.5, 1)]])
    endless = shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])
    several = shapely.multipolygons([square, shapely.box(3, 3, 4, 4)])
    given = [square, bow_tie, None, ring, endless, several, shapely.Polygon()]
    found = valid(np.array(given, dtype=object))
    assert [each is other for each, other in zip(found, given, strict=True)] == [
        True, False, True, True, False, True, True,
    ]  # fmt: skip
    assert shapely.area(found[1]) == 2
    assert found[4] is None
    assert valid(found[:0]).tolist() == []


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3))))
def test_runs_are_rows_one_after_another(runs: list[tuple[int, int]]) -> None:
    start, count = (np.array([each[at] for each in runs], dtype=np.int64) for at in (0, 1))
    told = [(run, begin + step) for run, (begin, size) in enumerate(runs) for step in range(size)]
    assert list(zip(*map(np.ndarray.tolist, expand(start, count)), strict=True)) == told
