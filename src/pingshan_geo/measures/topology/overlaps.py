"""Pairs of parcels that share land: overlaps, duplicates, and parcels within others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, IntArray
from pingshan_geo.measures.cutting import Shapes, cut
from pingshan_geo.measures.grid import meeting
from pingshan_geo.measures.ragged import expand
from pingshan_geo.measures.topology.edges import distinct, is_among
from pingshan_geo.measures.topology.entries import entered
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.rings import Left, Trace

OVERLAP, DUPLICATE, WITHIN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Shared:
    """Pairs of parcels (positions, the earlier first; of one within another, the inner first)."""

    one: IntArray
    two: IntArray
    piece: Shapes
    kind: IntArray  # OVERLAP, DUPLICATE or WITHIN


def shared(
    outlines: Outlines,
    left: Left,
    trace: Trace,
    told: IntArray,
    is_home: BoolArray,
    distance_m: float,
    least_area_m2: float,
) -> Shared:
    """Return the pairs of valid polygons, one of them at home, that share land.

    The border of shared land has an edge that is left and that, moved a little inwards, runs
    through another parcel. From every pair that shares land the search goes on to the neighbours of
    both, for land that common edges divide. Edges that two parcels have the same way round tell of
    shared land at once; the pairs of `told` are looked at too. Of parcels at home and others all
    pairs are, so that no search needs to go on from one tile to the next.
    """
    size = len(outlines)
    pair = np.concatenate([entered(outlines, trace, distance_m), left.twice, told])
    pair = pair[is_home[pair].all(axis=1)]
    pair = np.append(pair, _across(outlines, is_home), axis=0)
    pair = distinct(np.sort(pair, axis=1), size)
    box = outlines.box
    seen, pairs, pieces = pair, [pair[:0]], [np.zeros(0, dtype=object)]
    while len(pair):
        piece = _cut(shapely.intersection, *(outlines.shapes(each) for each in pair.T))
        is_land = has_land(piece, distance_m, least_area_m2)
        pair = pair[is_land]
        pairs.append(pair)
        pieces.append(piece[is_land])
        both = np.concatenate([pair, pair[:, ::-1]])
        # Few parcels share land, so that their neighbours are sooner looked for than all sorted.
        is_here = np.bincount(both[:, 0], minlength=size) > 0
        there, back = (left.beside[is_here[end]] for end in left.beside.T)
        beside = distinct(np.append(there, back[:, ::-1], axis=0), size)
        start = np.searchsorted(beside[:, 0], np.arange(size + 1))
        run, at = expand(start[both[:, 0]], np.diff(start)[both[:, 0]])
        pair = np.sort(np.column_stack([beside[at, 1], both[run, 1]]), axis=1)
        pair = pair[(pair[:, 0] != pair[:, 1]) & is_home[pair].all(axis=1)]
        pair = distinct(pair, size)
        low, high = box[pair[:, 0]], box[pair[:, 1]]
        apart = (low[:, :2] >= high[:, 2:]) | (high[:, :2] >= low[:, 2:])
        pair = pair[~apart.any(axis=1) & ~is_among(pair, seen, size)]
        seen = distinct(np.append(seen, pair, axis=0), size)
    return _told(outlines, np.concatenate(pairs), np.concatenate(pieces), distance_m, least_area_m2)


def _across(outlines: Outlines, is_home: BoolArray) -> IntArray:
    """Return the pairs of a polygon at home and one that is not whose insides meet."""
    away = np.flatnonzero(~is_home)
    home = outlines.near(outlines.box[away])
    home = home[is_home[home]]
    two, one = meeting(outlines.box[away], outlines.box[home])
    pair = np.column_stack([home[one], away[two]])
    low, high = (outlines.box[each] for each in pair.T)
    apart = (low[:, :2] >= high[:, 2:]) | (high[:, :2] >= low[:, 2:])
    pair = pair[~apart.any(axis=1)]
    inner, outer = (outlines.shapes(each) for each in pair.T)
    shapely.prepare(inner)
    meets = np.asarray(shapely.relate_pattern(inner, outer, "T********"), dtype=bool)
    return np.asarray(pair[meets])


def _cut(operation: Callable[..., Any], one: Shapes, two: Shapes) -> Shapes:
    """Return what `cut` does, equal shapes uncut: of n that lie on each other come n² pairs."""
    is_same = shapely.equals_exact(one, two)
    found = np.full(len(one), shapely.Polygon(), dtype=object)
    if operation is shapely.intersection:
        found[is_same] = one[is_same]
    found[~is_same] = cut(operation, one[~is_same], two[~is_same])
    return found


def has_land(shapes: Shapes, distance_m: float, least_area_m2: float) -> BoolArray:
    """Return whether a part of each shape is wider than a distance, and larger than an area.

    The width is twice the area over the perimeter, that of a long strip.
    """
    parts, of = shapely.get_parts(shapes, return_index=True)
    area = shapely.area(parts)
    wide = (area > least_area_m2) & (2 * area > distance_m * shapely.length(parts))
    return np.bincount(of[wide], minlength=len(shapes)) > 0


def _told(
    outlines: Outlines, pair: IntArray, piece: Shapes, distance_m: float, least_area_m2: float
) -> Shared:
    """Return pairs with what their land makes them: the same, one within the other, or neither."""
    area = outlines.area_m2
    is_first = area[pair[:, 0]] <= area[pair[:, 1]]
    small, large = np.where(is_first[:, None], pair, pair[:, ::-1]).T
    kind = np.full(len(pair), OVERLAP)
    # Slits narrower than the distance all along the outline are the most that may be missing.
    most = distance_m * outlines.length_m[small] / 2 + least_area_m2
    near = np.flatnonzero(area[small] - shapely.area(piece) <= most)
    inner, outer = outlines.shapes(small[near]), outlines.shapes(large[near])
    rest = _cut(shapely.difference, inner, outer)
    is_inside = ~has_land(rest, distance_m, least_area_m2)
    near = near[is_inside]
    kind[near] = WITHIN
    rest = _cut(shapely.difference, outer[is_inside], inner[is_inside])
    kind[near[~has_land(rest, distance_m, least_area_m2)]] = DUPLICATE
    is_inner = kind == WITHIN
    one, two = np.where(is_inner, small, pair[:, 0]), np.where(is_inner, large, pair[:, 1])
    return Shared(one, two, piece, kind)
