"""Flat outlines against shapely, and contacts on a grid against every place and edge."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.ragged import cross
from pingshan_geo.measures.topology.contacts import contacts
from pingshan_geo.measures.topology.edges import cancelled, dot, open_edges
from pingshan_geo.measures.topology.entries import _meets
from pingshan_geo.measures.topology.outlines import _ODD, Outlines
from pingshan_geo.measures.topology.rules import TopologyTolerance, uncovered


def outlines(*shapes):
    plane = Plane.about(gpd.GeoSeries(list(shapes), crs="EPSG:4490"))
    return Outlines.of(np.array(shapes, dtype=object), plane)


def degrees(west, south, wide, tall):
    return shapely.box(114 + west, 22 + south, 114 + west + wide, 22 + south + tall)


def test_land_that_no_parcel_covers_is_told_of_the_nearest_one_and_of_no_second():
    one, two = degrees(0, 0, 0.001, 0.001), degrees(0.003, 0, 0.001, 0.001)
    layer = outlines(one, two)
    plane = Plane.about(gpd.GeoSeries([one, two], crs="EPSG:4490"))
    (district,) = plane.shapes(gpd.GeoSeries([degrees(0, 0, 0.0012, 0.001)], crs="EPSG:4490"))
    found = uncovered(layer, district, np.zeros(0, dtype=object), TopologyTolerance())
    assert (found.one.tolist(), found.two.tolist()) == ([0], [-1])


small = st.floats(0.0001, 0.01)
place = st.floats(0, 0.05)
boxes = st.lists(st.builds(degrees, place, place, small, small), min_size=1, max_size=12)


@given(boxes)
def test_area_length_and_box_are_those_of_the_shapes(shapes):
    two = shapely.MultiPolygon([shapes[0], degrees(1, 1, 0.01, 0.01)])
    hole = degrees(2, 2, 0.03, 0.03).difference(degrees(2.01, 2.01, 0.01, 0.01))
    found = outlines(*shapes, two, shapely.reverse(hole))
    made = found.shapes(np.arange(len(found)))
    np.testing.assert_allclose(found.area_m2, shapely.area(made), rtol=1e-9)
    np.testing.assert_allclose(found.length_m, shapely.length(made), rtol=1e-12)
    np.testing.assert_array_equal(found.box, shapely.bounds(made))


@given(boxes, boxes)
def test_near_holds_every_polygon_whose_box_meets_one_of_the_boxes(shapes, others):
    found = outlines(*shapes)
    asked = outlines(*others, *shapes).box[: len(others)]
    low, high = found.box[:, None, :2], found.box[:, None, 2:]
    meets = ((low <= asked[:, 2:]) & (high >= asked[:, :2])).all(axis=2).any(axis=1)
    assert set(np.flatnonzero(meets)) <= set(found.near(asked))


def test_near_leaves_out_what_is_far():
    grid = [degrees(x * 0.01, y * 0.01, 0.005, 0.005) for x in range(20) for y in range(20)]
    found = outlines(*grid)
    near = found.near(found.box[[43]])
    assert 43 in near
    assert len(near) <= 9
    assert found.near(np.zeros((0, 4))).tolist() == []
    assert outlines().near(found.box).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_contacts_are_those_of_every_place_with_every_edge(seed):
    rng = np.random.default_rng(seed)
    lots = [degrees(*rng.uniform(0, 0.003, 2), *rng.uniform(0.0001, 0.003, 2)) for _ in range(40)]
    lots.append(shapely.Polygon([(114, 21.99), (114.09, 22.05), (114.0, 21.9901)]))  # long and thin
    edges = open_edges(outlines(*lots), 0.05)
    reach = 3.0
    expected = set()
    held = set(map(tuple, edges.holder))
    ends = {*zip(edges.start, edges.owner, strict=True), *zip(edges.end, edges.owner, strict=True)}
    start = edges.xy[edges.start]
    way = edges.xy[edges.end] - start
    for at, owner in ends:
        there = edges.xy[[at]] - start
        part = dot(way, there) / dot(way, way)
        far = np.abs(cross(way, there)) / np.sqrt(dot(way, way))
        for edge in np.flatnonzero((far <= reach) & (part > 0) & (part < 1)):
            if (at, edges.owner[edge]) not in held:
                expected.add((int(at), int(owner), int(edge)))
    found = contacts(edges, len(lots), reach)
    told = list(zip(found.place, found.holder, found.edge, strict=True))
    assert len(expected) > 10
    assert len(told) == len(set(told))
    assert {tuple(map(int, each)) for each in told} == expected


def test_two_places_that_hash_to_one_number_stay_two():
    one, two = (114.0, 22.0), (114.00000000000229, -0.0011258935052177895)
    bits = np.array([one, two]).view(np.int64)
    mixed = bits[:, 0] * _ODD + bits[:, 1]
    assert mixed[0] == mixed[1]
    apart = [shapely.Polygon([each, (114.1, 22), (114.1, 22.1)]) for each in (one, two)]
    found = outlines(*apart)
    expected = Plane.about(gpd.GeoSeries(apart, crs="EPSG:4490")).xy(shapely.get_coordinates(apart))
    assert found.places[found.vertex].tolist() == expected.tolist()
    assert len(found.places) == 4


corners = st.integers(0, 5)


@given(st.lists(st.tuples(corners, corners, st.integers(0, 3)), max_size=30))
def test_of_edges_one_way_and_the_other_as_many_cancel_as_meet(edges):
    start, end, owner = np.array(edges, dtype=np.int64).reshape(-1, 3).T
    left, _, _ = cancelled(start, end, owner)
    ways = Counter((one, two) for one, two, _ in edges if one != two)
    rest = {way: count - ways[way[::-1]] for way, count in ways.items()}
    found = Counter(zip(start[left].tolist(), end[left].tolist(), strict=True))
    assert found == {way: count for way, count in rest.items() if count > 0}


def test_a_line_that_starts_level_with_a_corner_is_inside_or_not():
    west, north = 114.0, 22.0
    steps = [(0, 1), (1, 0), (2, 1), (1, 2)]
    diamond = shapely.Polygon([(west + x / 1000, north + y / 1000) for x, y in steps])
    found = outlines(diamond)
    x, y = found.places.T
    level = y[np.argmax(x)]
    for place, is_inside in ((x.mean(), True), (x.min() - 20, False), (x.max() + 20, False)):
        one, two = np.array([[place, level]]), np.array([[place + 1, level + 0.5]])
        assert _meets(found, np.array([0]), one, two).tolist() == [is_inside]
