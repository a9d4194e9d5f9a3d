"""Topology: by hand on squares of ten metres, against brute force, and on planted errors."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, scale, translate

from pingshan_geo.errors import UsageError
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.topology import RULES, TopologyTolerance, topology

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from cadastre import PLANE, cadastre
from topology_rates import judged

PAIRS = RULES[:3]


def box(west, south, east, north):
    return shapely.box(500_000 + west, 2_508_000 + south, 500_000 + east, 2_508_000 + north)


def lots(*shapes):
    names = [chr(ord("a") + each) for each in range(len(shapes))]
    return gpd.GeoSeries(list(shapes), index=names, crs=PLANE)


def errors(parcels, layers=None, **options):
    layers = pd.Series(layers or [None] * len(parcels), index=parcels.index, dtype=object)
    return topology(parcels, layers, **options)


def told(found):
    columns = found[["rule", "parcel_id", "other_id", "note"]].to_numpy(dtype=object)
    return [tuple(row) for row in columns]


SQUARE = box(0, 0, 10, 10)
GRID = [box(x, y, x + 10, y + 10) for x in (0, 10, 20) for y in (0, 10, 20)]
BLOCK = [each for each in GRID if each != box(10, 10, 20, 20)]
LARGE = [box(x, y, x + 10, y + 10) for x in range(0, 40, 10) for y in range(0, 40, 10)]
# Four lots of 100 × 20 m around a square of 80 × 80 m.
AROUND = [box(0, 0, 100, 10), box(0, 90, 100, 100), box(0, 10, 10, 90), box(90, 10, 100, 90)]
HAND = {
    "an overlap": (
        [SQUARE, box(9, 0, 20, 10)], [("must-not-overlap", "a", "b", None)], 10, 20 / 22
    ),
    "a sliver": (
        [SQUARE, box(9.8, 0, 20, 10)], [("must-not-overlap", "a", "b", "sliver")], 2, 4 / 20.4
    ),
    "the same outline": (
        [SQUARE, shapely.reverse(SQUARE)], [("must-not-have-duplicates", "a", "b", None)], 100, 5
    ),
    "the same outline, 2 cm off": (
        [SQUARE, box(0.02, 0, 10.02, 10)],
        [("must-not-have-duplicates", "a", "b", None)], 99.8, 199.6 / 39.96,
    ),
    "inside": (
        [SQUARE, box(2, 2, 6, 6)], [("feature-within-feature", "b", "a", None)], 16, 2
    ),
    "inside, at the border": (
        [box(0, 2, 4, 6), SQUARE], [("feature-within-feature", "a", "b", None)], 16, 2
    ),
    "a lot that is missing": (BLOCK, [("must-not-have-gaps", "b", "d", "closed-block")], 100, 5),
    "two lots that are missing, corner to corner": (
        [each for each in LARGE if each not in (box(10, 10, 20, 20), box(20, 20, 30, 30))],
        [("must-not-have-gaps", *each, "closed-block") for each in ("be", "fi")], 200, 5,
    ),
    "a slit": (
        [box(0, 0, 20, 10), box(0, 10.2, 20, 20), box(0, 10, 1, 10.2), box(19, 10, 20, 10.2)],
        [
            ("must-not-have-gaps", "a", "b", "closed-block"),
            *(("sliver-polygon", each, None, None) for each in "cd"),
            *(("missing-vertex", *each, None) for each in ("ab", "ac", "ad", "bc", "bd")),
        ],
        3.6 + 0.4, 7.2 / 36.4,
    ),
    "a vertex on one side": (
        [SQUARE, box(10, 0, 20, 5), box(10, 5, 20, 10)],
        [("missing-vertex", "a", "b", None), ("missing-vertex", "a", "c", None)], 0, np.nan,
    ),
    "a thin lot": ([box(0, 0, 10, 0.4)], [("sliver-polygon", "a", None, None)], 4, 8 / 20.8),
    "an edge in common": ([SQUARE, box(10, 0, 20, 10)], [], 0, None),
    "a corner in common": ([SQUARE, box(10, 10, 20, 20)], [], 0, None),
    "4 cm over": ([SQUARE, box(9.96, 0, 20, 10)], [], 0, None),
    "a road": ([SQUARE, box(22, 0, 32, 10), box(0, 20, 10, 25)], [], 0, None),
    "an enclave": ([SQUARE - box(2, 2, 6, 6), box(2, 2, 6, 6)], [], 0, None),
    "a square in a block": (AROUND, [], 0, None),
}  # fmt: skip


@pytest.mark.parametrize("case", HAND)
def test_squares_by_hand(case):
    shapes, expected, area, width = HAND[case]
    if case == "a square in a block":  # its corners lie on one side only
        shapes = [shapely.segmentize(each, 10) for each in shapes]
    found = errors(lots(*shapes))
    assert told(found) == expected
    assert found["area_m2"].sum() == pytest.approx(area, rel=1e-4)
    if expected:
        assert found["width_m"].iloc[0] == pytest.approx(width, rel=3e-3, nan_ok=True)
        assert found.crs.to_epsg() == 4490
        here = found.to_crs(PLANE).geometry.area.sum()
        assert here == pytest.approx(area, rel=1e-4)


def test_land_in_no_parcel_is_told_where_tiling_is_expected():
    found = errors(lots(*AROUND), expect_tiling=True)
    gap = found[found["rule"] == "must-not-have-gaps"]
    assert gap["area_m2"].tolist() == pytest.approx([6400], rel=1e-4)
    district = lots(box(-10, 0, 100, 100))
    found = errors(lots(*AROUND, box(200, 0, 210, 10)), district=district, expect_tiling=True)
    gap = found[found["rule"] == "must-not-have-gaps"]
    assert sorted(gap["area_m2"]) == pytest.approx([1000, 6400], rel=1e-4)
    below = errors(lots(*AROUND), ["below"] * 4, district=district, expect_tiling=True)
    assert "must-not-have-gaps" not in set(below["rule"])


def test_parcels_over_the_line_of_the_district():
    found = errors(
        lots(SQUARE, box(95, 0, 105, 10), box(99.97, 20, 109.97, 30), box(90, 40, 100.04, 50)),
        district=lots(box(0, 0, 60, 100), box(50, 0, 100, 100)),
    )
    assert told(found) == [
        ("must-be-covered-by", "b", None, "partly"),
        ("must-be-covered-by", "c", None, "outside"),
    ]
    assert found["share"].tolist() == pytest.approx([0.5, 0.997], abs=1e-4)


def test_parcels_far_from_the_border_of_the_district_lie_wholly_in_or_out_of_it():
    district = box(0, 0, 1000, 1000).difference(box(400, 400, 600, 600))
    grid = [box(x, y, x + 10, y + 10) for x in range(-95, 1100, 50) for y in range(-95, 1100, 50)]
    found = errors(
        gpd.GeoSeries(grid, [f"lot {each}" for each in range(len(grid))], crs=PLANE),
        district=gpd.GeoSeries([district], crs=PLANE),
    )
    outside = [f"lot {at}" for at, lot in enumerate(grid) if not lot.intersects(district)]
    assert found["rule"].unique().tolist() == ["must-be-covered-by"]
    assert found["parcel_id"].tolist() == outside
    assert found["share"].round(6).unique().tolist() == [1.0]


def test_layers_lie_over_each_other_and_none_is_the_surface():
    shapes = lots(SQUARE, SQUARE, SQUARE, box(5, 0, 15, 10))
    found = errors(shapes, [None, "below", "above", "surface"])
    assert told(found) == [("must-not-overlap", "a", "d", None)]
    assert found["layer"].tolist() == ["surface"]


def test_tolerances_can_be_set():
    shapes = lots(SQUARE, box(9.96, 0, 20, 10))
    assert told(errors(shapes, tolerance=TopologyTolerance(distance_m=0.01))) == [
        ("must-not-overlap", "a", "b", "sliver")
    ]
    shapes = lots(SQUARE, box(9, 0, 20, 10))
    found = errors(shapes, tolerance=TopologyTolerance(least_area_m2=11))
    assert told(found) == [("missing-vertex", "a", "b", None)]


def test_what_is_missing_enters_nothing():
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert errors(lots(None, shapely.Polygon(), shapely.Point(1, 1))).empty
    assert errors(lots()).empty
    shapes = lots(SQUARE, None, translate(scale(bow_tie, 8, 8), 500_004.5, 2_508_004.5))
    before = shapes.copy()
    assert set(errors(shapes)["parcel_id"]) == {"c"}  # its two triangles lie in the square
    assert (shapes.geom_equals_exact(before, 0) | shapes.isna()).all()
    with pytest.raises(UsageError):
        errors(lots(SQUARE).to_crs("EPSG:3857"))


def spoilt(seed, noise):
    """Return 300 parcels of which 40 are moved, turned, copied, shrunk, or drawn twice."""
    rng = np.random.default_rng(seed)
    shapes = cadastre(300, seed, noise=noise, crs=PLANE).to_numpy().copy()
    for at in rng.choice(len(shapes), 40, replace=False):
        near = shapes[(at + rng.integers(-2, 3)) % len(shapes)]
        shapes[at] = [
            lambda one, _: scale(one, *rng.uniform(0.8, 1.3, 2)),
            lambda one, _: translate(one, *rng.uniform(-8, 8, 2)),
            lambda one, _: translate(one, *rng.uniform(-0.3, 0.3, 2)),
            lambda one, _: rotate(one, rng.uniform(0, 360)),
            lambda _, two: two,
            lambda _, two: scale(two, 0.4, 0.4),
        ][rng.integers(6)](shapes[at], near)
    sheet = [[], shapes[64:160], [translate(each, 3, 2) for each in shapes[:96]]][seed % 3]
    return gpd.GeoSeries([*shapes, *sheet], crs=PLANE)


@pytest.mark.parametrize("noise", ["clean", "dirty"])
@pytest.mark.parametrize("seed", range(6))
def test_the_pairs_are_those_of_brute_force(seed, noise):
    parcels = spoilt(seed, noise)
    shapes = Plane.about(parcels).shapes(parcels)
    one, two = np.triu_indices(len(shapes), 1)
    piece = shapely.intersection(shapes[one], shapes[two])
    parts, of = shapely.get_parts(piece, return_index=True)
    area = shapely.area(parts)
    pair = np.unique(of[(area > 0.1) & (2 * area > 0.05 * shapely.length(parts))])
    ids = zip(one[pair], two[pair], strict=True)
    expected = dict(zip(ids, shapely.area(piece[pair]), strict=True))
    found = errors(parcels)
    found = found[found["rule"].isin(PAIRS)]
    ids = zip(found["parcel_id"], found["other_id"], strict=True)
    areas = dict(zip((tuple(sorted(each)) for each in ids), found["area_m2"], strict=True))
    assert areas == pytest.approx(expected)
    assert len(found) == len(expected) > 40


@given(st.integers(0, 2**32 - 1), st.integers(0, 3))
@settings(max_examples=6, deadline=None, phases=[Phase.generate])
def test_order_ring_and_crs_of_parcels_do_not_matter(luck, seed):
    rng = np.random.default_rng(luck)
    parcels = spoilt(seed, "dirty")
    turned = []
    for each in parcels:
        ring = np.roll(shapely.get_coordinates(each)[1:], rng.integers(9), axis=0)
        turned.append(shapely.Polygon(ring[:: rng.choice((1, -1))]))
    changed = gpd.GeoSeries(turned, crs=PLANE).iloc[rng.permutation(len(turned))]

    def areas(found):
        rows = found[["rule", "parcel_id", "other_id", "area_m2"]].itertuples(index=False)
        # Of the parcels around a gap, two with nearly the most of its border are named.
        return {
            (rule, *(sorted(ids) if rule in PAIRS else [round(area)])): area
            for rule, *ids, area in rows if rule != "missing-vertex"
        }  # fmt: skip

    one, two = areas(errors(parcels)), areas(errors(changed.to_crs("EPSG:4490")))
    assert one == pytest.approx(two, rel=1e-5, abs=1e-3)


def test_planted_errors_are_found_and_controls_are_quiet():
    for cause, noise, is_found, alarms in judged(0):
        assert is_found, (cause, noise)
        assert not alarms, (cause, noise)
