"""A ring that is seen whole from the mean of its vertices is valid, and is found to be so."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.ingest.stars import star_shaped

GRID = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=8)
NEAR = st.floats(-1e-9, 1e-9)
FINE = st.lists(st.tuples(NEAR, NEAR), min_size=3, max_size=6)


def are_stars(*rings):
    return star_shaped(
        np.concatenate([np.array(ring, dtype=float) for ring in rings]),
        np.repeat(np.arange(len(rings)), [len(ring) for ring in rings]),
    ).tolist()


@given(st.lists(st.one_of(GRID, FINE), min_size=1, max_size=5))
def test_every_ring_that_is_called_a_star_is_valid(rings):
    at = np.array([114.35, 22.69])
    placed = [np.array(ring, dtype=float) + at for ring in rings]
    for ring, is_star in zip(placed, are_stars(*placed), strict=True):
        assert not is_star or shapely.is_valid(shapely.Polygon(ring))


@pytest.mark.parametrize("corners", [3, 4, 7])
def test_a_convex_ring_is_a_star_whichever_way_it_runs(corners):
    angle = np.arange(corners) * 2 * np.pi / corners
    ring = np.column_stack([114 + np.cos(angle) / 100, 22 + np.sin(angle) / 100])
    assert are_stars(ring, ring[::-1]) == [True, True]


def test_a_ring_that_goes_around_twice_is_no_star():
    angle = np.arange(5) * 4 * np.pi / 5
    pentagram = np.column_stack([np.cos(angle), np.sin(angle)])
    assert not shapely.is_valid(shapely.Polygon(pentagram))
    assert are_stars(pentagram) == [False]


def test_nothing_is_said_of_doubled_points_nan_and_a_valid_ring_that_hides_a_part():
    doubled = [(0, 0), (0, 0), (1, 0), (0, 1)]
    unknown = [(0, 0), (1, 0), (1, np.nan), (0, 1)]
    horseshoe = [(0, 0), (9, 0), (9, 9), (6, 9), (6, 1), (3, 1), (3, 9), (0, 9)]
    assert shapely.is_valid(shapely.Polygon(horseshoe))
    assert are_stars(doubled, unknown, horseshoe) == [False, False, False]
    assert star_shaped(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)).tolist() == []
