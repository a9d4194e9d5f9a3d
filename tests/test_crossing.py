"""Pieces of parcels through which an outline runs once, beside those of GEOS."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from shapely.affinity import rotate

from pingshan_geo.measures.crossing import Chains, crossed_once

LOT = box(0, 0, 4, 4)
SPIKE = shapely.Polygon([(-2, 1), (2, 1), (3, 2), (2, 3), (-2, 3)])
#: A zone and what of LOT lies in it, in square metres by hand.
ONCE = {
    "an edge through": (box(-1, -1, 3, 9), 12),
    "a corner": (box(3, 3, 9, 9), 1),
    "a corner inside": (SPIKE, 5),
    "in and out by one edge": (box(1, -1, 2, 3), 3),
    "nearly all of it inside": (shapely.Polygon([(3, -1), (3, 3), (1, 3), (1, 1)]), 5.5),
    "a ring that winds the other way": (SPIKE.reverse(), 5),
    "the hole of a zone": (box(-9, -9, 9, 9) - box(3, -1, 6, 6), 12),
    "one of two parts": (shapely.MultiPolygon([box(-1, -1, 3, 9), box(20, 0, 21, 1)]), 12),
    "a lot in the bend of it": (box(-9, -9, 9, 9) - SPIKE, 11),
}
NOT_ONCE = {
    "a corner on an edge": box(4, 1, 9, 9),
    "along an edge": box(-1, 0, 3, 4),
    "through a corner": shapely.Polygon([(-1, -1), (5, 5), (9, -1)]),
    "through and through": box(1, -1, 2, 9),
    "wholly inside": box(1, 1, 2, 2),
    "all of it": box(-1, -1, 9, 9),
    "two parts": shapely.MultiPolygon([box(-1, -1, 1, 9), box(3, -1, 9, 9)]),
    "a part inside": shapely.MultiPolygon([box(-1, -1, 1, 9), box(2, 2, 3, 3)]),
    "nearer than a micrometre": box(-1, -1, 9, 4 - 1e-7),
    "far away": box(20, 20, 21, 21),
}


def found(lots, zones):
    lots, zones = (np.array(each, dtype=object) for each in (lots, zones))
    return crossed_once(lots, Chains.of(zones))


@pytest.mark.parametrize("case", ONCE)
@pytest.mark.parametrize("lot", [LOT, LOT.reverse()], ids=["left", "right"])
def test_an_outline_that_runs_once_through_a_lot_gives_its_piece(case, lot):
    zone, area_m2 = ONCE[case]
    parcel, at, piece = found([lot], [None, zone])
    assert (parcel.tolist(), at.tolist()) == ([0], [1])
    assert piece[0].area == pytest.approx(area_m2, abs=1e-9)
    assert piece[0].normalize().equals_exact((LOT & zone).normalize(), 1e-9)


@pytest.mark.parametrize("case", NOT_ONCE)
def test_all_that_is_not_plain_is_left_to_geos(case):
    assert not len(found([LOT], [NOT_ONCE[case]])[0])


def test_lots_with_holes_or_parts_are_left_to_geos():
    parts = shapely.MultiPolygon([LOT, box(9, 9, 10, 10)])
    assert not len(found([LOT - box(1, 1, 2, 2), parts, None], [box(-1, -1, 3, 9)])[0])


def test_nothing_has_no_pieces():
    assert [len(each) for each in found([], [None])] == [0, 0, 0]
    assert [len(each) for each in found([LOT], [])] == [0, 0, 0]


@st.composite
def stars(draw):
    count = draw(st.integers(3, 12))
    radius = draw(st.lists(st.floats(0.2, 3), min_size=count, max_size=count))
    turn = np.arange(count) * 2 * np.pi / count
    middle = draw(st.floats(0, 4)), draw(st.floats(0, 4))
    shape = shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]) * np.c_[radius] + middle)
    return rotate(shape, draw(st.floats(0, 90)))


@settings(deadline=None, max_examples=300)
@given(st.lists(stars(), min_size=1, max_size=4), st.lists(stars(), min_size=1, max_size=4))
def test_pieces_are_those_of_geos(lots, zones):
    for at, zone, piece in zip(*found(lots, zones), strict=True):
        own = shapely.intersection(lots[at], zones[zone])
        assert piece.is_valid
        # On a grid: of two rings that are equal but for 1e-16 GEOS may else return a whole one.
        assert shapely.symmetric_difference(piece, own, grid_size=1e-12).area < 1e-9
        assert own.geom_type == "Polygon"
