"""Topology tile by tile: one tile of all parcels and any others give the same table."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, scale, translate

from pingshan_geo.measures.grid import meeting
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.topology import (
    RULES,
    Parcels,
    Task,
    TopologyTolerance,
    finish,
    partial,
    tiles,
    topology,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from cadastre import PLANE, cadastre

LAYERS = np.array(["surface", None, "below"], dtype=object)


def around(shapes, rng):
    """Return a district that cuts through the parcels at its sides."""
    west, south, east, north = shapely.total_bounds(shapes)
    cut = rng.uniform(-5, 60, 4)
    outline = shapely.box(west + cut[0], south + cut[1], east - cut[2], north - cut[3])
    return gpd.GeoSeries([outline], crs=PLANE)


def planted(rng, rows, noise):
    """Return parcels of which some are moved, turned, doubled, missing, wide, or around all."""
    shapes = cadastre(rows, int(rng.integers(99)), noise=noise, crs=PLANE).to_numpy().copy()
    for at in rng.choice(len(shapes), len(shapes) // 8, replace=False):
        near = shapes[(at + rng.integers(-2, 3)) % len(shapes)]
        if near is None or shapes[at] is None:
            continue
        shapes[at] = [
            lambda one, _: scale(one, *rng.uniform(0.8, 1.3, 2)),
            lambda one, _: translate(one, *rng.uniform(-8, 8, 2)),
            lambda one, _: translate(one, *rng.uniform(-0.3, 0.3, 2)),
            lambda one, _: rotate(one, rng.uniform(0, 360)),
            lambda _, two: two,
            lambda _, two: scale(two, 0.4, 0.4),
            lambda *_: None,
        ][rng.integers(7)](shapes[at], near)
    west, south, east, north = shapely.total_bounds(shapes)
    sheet = [[], shapes[: len(shapes) // 2], [translate(each, 3, 2) for each in shapes if each]]
    line = shapely.LineString([(west, south), (west + 60, north), (east, north - 40)])
    frame = shapely.box(west - 20, south - 20, east + 20, north + 20)
    frame = frame - shapely.box(west - 2, south - 2, east + 2, north + 2)
    middle = (west + east) / 2
    halves = [frame & shapely.box(west - 99, 0, middle, 1e8)]
    halves.append(frame & shapely.box(middle, 0, east + 99, 1e8))
    wide = [[], [line.buffer(3)], [shapely.box(west - 2, south - 2, east + 2, north + 2)], halves]
    more = [*sheet[rng.integers(3)], *wide[rng.integers(4)]]
    found = np.array([*shapes, *more], dtype=object)
    return found[rng.permutation(len(found))]


def lane(rng, blocks, wide_m):
    """Return closed rows of parcels with a lane between: its ring goes through many tiles."""
    turns = rng.integers(0, 2, blocks) * 30.0
    shapes = []
    for at, up in enumerate(turns):
        last = turns[at - 1] if at else up
        x = at * 20.0
        low, high = min(up, last), max(up, last)
        lanes = shapely.box(x, up, x + 20, up + wide_m)
        lanes = lanes | shapely.box(x, low, x + wide_m, high + wide_m)
        ends = shapely.box(x, -20, x + 20, 60)
        if at == 0:
            lanes = shapely.box(x + 5, up, x + 20, up + wide_m)
        if at == blocks - 1:
            lanes = lanes - shapely.box(x + 15, -20, x + 20, 60)
        shapes += list(shapely.get_parts(ends - lanes))
    found = [translate(each, 500_000, 2_508_000) for each in shapes]
    return np.array(found, dtype=object)


def sent(value):
    """Return what another process would be given."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301


def of_tiles(parcels, layers, size, order, **options):
    """Return the table of partials that were pickled and come in another order."""
    plane = Plane.about(parcels)
    shapes = plane.polygons(parcels)
    district = options.pop("district", None)
    outline = shapely.Polygon() if district is None else shapely.union_all(plane.shapes(district))
    tiling = options.pop("expect_tiling", False)
    task = sent(Task(plane, TopologyTolerance(), outline, tiling))
    boxes = shapely.bounds(shapes)
    named, ids = layers.to_numpy(dtype=object), parcels.index.to_numpy(dtype=object)

    def taken(position):
        return Parcels(position, shapes[position], named[position], ids[position])

    plan = tiles(boxes, task.tolerance, size, shapes.__getitem__)
    home = np.sort(np.concatenate([each.position[: each.home] for each in plan]))
    assert home.tolist() == np.flatnonzero(np.isfinite(boxes).all(axis=1)).tolist()
    parts = [sent(partial(taken(each.position), each.home, task)) for each in plan]
    parts = [parts[each] for each in order.permutation(len(parts))]
    return finish(parts, boxes, taken, task), len(plan)


def equal(one, two):
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(two.drop(columns="geometry")),
        check_exact=True,
    )  # fmt: skip
    assert (
        shapely.to_wkb(one.geometry.to_numpy()) == shapely.to_wkb(two.geometry.to_numpy())
    ).all()


@given(
    luck=st.integers(0, 2**32 - 1),
    noise=st.sampled_from(["clean", "dirty"]),
    layers=st.booleans(),
    district=st.booleans(),
    tiling=st.booleans(),
)
@settings(max_examples=25, deadline=None, phases=[Phase.generate])
def test_tiles_of_any_size_give_what_one_tile_gives(luck, noise, layers, district, tiling):
    rng = np.random.default_rng(luck)
    shapes = planted(rng, int(rng.integers(40, 300)), noise)
    parcels = gpd.GeoSeries(shapes, [f"lot {each}" for each in range(len(shapes))], crs=PLANE)
    of = LAYERS[
        rng.choice(3, len(shapes), p=[0.5, 0.4, 0.1]) if layers else np.zeros(len(shapes), int)
    ]
    of = pd.Series(of, index=parcels.index, dtype=object)
    options = {"expect_tiling": tiling}
    if district:
        options["district"] = around(shapes, rng)
    whole = topology(parcels, of, **options, size=10**6)
    assert len(whole) > 4
    found, count = of_tiles(parcels, of, int(rng.integers(1, len(shapes) // 3)), rng, **options)
    assert count > 2
    equal(whole, found)
    # In another order of rows only which of two is named first may differ.
    turned = rng.permutation(len(shapes))
    again = topology(
        parcels.iloc[turned], of.iloc[turned], **options, size=int(rng.integers(20, 99))
    )
    equal(by_ids(whole), by_ids(again))


def by_ids(found):
    ids = found[["parcel_id", "other_id"]].fillna("").to_numpy(dtype=object)
    one, two = np.sort(ids.astype(str), axis=1).T
    corner = shapely.bounds(found.geometry.to_numpy()).T
    table = found.assign(parcel_id=one, other_id=two, west=corner[0], north=corner[3])
    keys = ["rule", "parcel_id", "other_id", "west", "north"]
    return table.sort_values(keys, ignore_index=True)


@given(luck=st.integers(0, 2**32 - 1), wide=st.sampled_from([0.4, 2.0, 6.0]))
@settings(max_examples=10, deadline=None, phases=[Phase.generate])
def test_a_lane_through_many_tiles_is_one_gap(luck, wide):
    rng = np.random.default_rng(luck)
    shapes = lane(rng, 30, wide)
    parcels = gpd.GeoSeries(shapes, [f"lot {each}" for each in range(len(shapes))], crs=PLANE)
    none = pd.Series(None, index=parcels.index, dtype=object)
    whole = topology(parcels, none, size=10**6)
    gap = whole[whole["rule"] == "must-not-have-gaps"]
    found, count = of_tiles(parcels, none, 4, rng)
    assert count > 10
    equal(whole, found)
    if wide < 3:
        assert (gap["area_m2"] > 500 * wide).sum() == 1


@given(luck=st.integers(0, 2**32 - 1), far=st.floats(0.02, 0.09))
@example(luck=5, far=0.04)  # land of which no edge is left to tell
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_where_every_vertex_wanders_the_pairs_are_those_of_brute_force(luck, far):
    rng = np.random.default_rng(luck)
    shapes = [
        shapely.Polygon(xy[:-1] + rng.uniform(-far, far, (len(xy) - 1, 2)))
        for xy in map(shapely.get_coordinates, cadastre(300, int(rng.integers(99)), crs=PLANE))
    ]
    parcels = gpd.GeoSeries(shapes, crs=PLANE)
    made = Plane.about(parcels).shapes(parcels)
    one, two = shapely.STRtree(made).query(made)
    one, two = one[one < two], two[one < two]
    parts, of = shapely.get_parts(shapely.intersection(made[one], made[two]), return_index=True)
    area = shapely.area(parts)
    pair = np.unique(of[(area > 0.1) & (2 * area > 0.05 * shapely.length(parts))])
    none = pd.Series(None, index=parcels.index, dtype=object)
    found, _ = of_tiles(parcels, none, int(rng.integers(5, 100)), rng)
    equal(topology(parcels, none, size=10**6), found)
    found = found[found["rule"].isin(RULES[:3])]
    told = np.sort(found[["parcel_id", "other_id"]].to_numpy(dtype=np.int64), axis=1)
    assert sorted(map(tuple, told)) == sorted(zip(one[pair], two[pair], strict=True))


def test_a_wide_parcel_brings_only_what_is_near_its_edges():
    x, y = np.indices((40, 40)).reshape(2, -1) * 0.001 + [[114], [22]]
    shapes = shapely.box(x, y, x + 0.0009, y + 0.0009)
    ring = shapely.LineString(
        [(114, 21.9995), (114.04, 21.9995), (114.04, 22.04), (113.9995, 22.04), (113.9995, 22)]
    )
    road = shapely.segmentize(ring.buffer(0.0001, cap_style="flat"), 0.001)
    shapes = np.append(np.asarray(shapes, dtype=object), [road])
    boxes = shapely.bounds(shapes)
    plan = tiles(boxes, size=100, shapes_of=shapes.__getitem__)
    road_at = len(shapes) - 1
    given = [len(each.position) for each in plan if road_at not in each.position[: each.home]]
    assert sum(each.home for each in plan) == len(shapes)
    assert max(given) < 300  # some hundred at home, their neighbours, and the road
    assert max(len(each.position) for each in tiles(boxes, size=100)) == len(shapes)
    # Of a road of long edges a tile at one end is given what may lie at the other end.
    shapes[road_at] = ring.buffer(0.0001, cap_style="flat")
    south_west, south_east = 0, 39 * 40
    for of, is_given in ((plan, False), (tiles(boxes, size=100, shapes_of=shapes.take), True)):
        (own,) = [each for each in of if south_west in each.position[: each.home]]
        assert (south_east in own.position) == is_given


box = st.tuples(*[st.floats(0, 50, width=16)] * 2, *[st.floats(0, 20, width=16)] * 2)


@given(st.lists(box, max_size=30), st.lists(box, max_size=30))
def test_boxes_meet_as_every_pair_tells(one, two):
    one, two = (
        np.array([(x, y, x + wide, y + tall) for x, y, wide, tall in each]).reshape(-1, 4)
        for each in (one, two)
    )
    expected = [
        (at, of)
        for at, (west, south, east, north) in enumerate(one)
        for of, (left, low, right, high) in enumerate(two)
        if west <= right and left <= east and south <= high and low <= north
    ]
    assert sorted(zip(*(each.tolist() for each in meeting(one, two)), strict=True)) == expected
