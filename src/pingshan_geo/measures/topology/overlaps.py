"""Pairs of parcels that share land: overlaps, duplicates, and parcels within others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, IntArray
from pingshan_geo.measures.cutting import Shapes, cut
from pingshan_geo.measures.plane import in_threads
from pingshan_geo.measures.ragged import expand
from pingshan_geo.measures.topology.edges import distinct, is_among
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.rings import Rings

OVERLAP, DUPLICATE, WITHIN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Shared:
    """Pairs of parcels (positions, the earlier first; of one within another, the inner first)."""

    one: IntArray
    two: IntArray
    piece: Shapes
    kind: IntArray  # OVERLAP, DUPLICATE or WITHIN


def shared(outlines: Outlines, rings: Rings, distance_m: float, least_area_m2: float) -> Shared:
    """Return the pairs of valid polygons that share land wider than a distance.

    Land is shared where rings wind around it twice, so its border has an edge of a ring that
    crosses itself, or one near another ring. Each parcel that such an edge, moved a little inwards,
    runs through is cut with the parcel of the edge. From every pair that shares land the search
    goes on to the neighbours of both, for land that common edges divide. Edges that two parcels
    have the same way round tell of shared land at once.
    """
    row = _doubtful(rings, distance_m)
    inner = _inwards(rings, row, distance_m)
    close = outlines.near(shapely.bounds(inner))
    edge, other = shapely.STRtree(outlines.shapes(close)).query(inner)
    owner, other = rings.owner[row[edge]], close[other]
    meets = np.flatnonzero(owner != other)
    meets = meets[shapely.intersects(outlines.shapes(other[meets]), inner[edge[meets]])]
    size = len(outlines)
    pair = np.append(np.column_stack([owner[meets], other[meets]]), rings.twice, axis=0)
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
        beside = distinct(rings.beside[is_here[rings.beside[:, 0]]], size)
        start = np.searchsorted(beside[:, 0], np.arange(size + 1))
        run, at = expand(start[both[:, 0]], np.diff(start)[both[:, 0]])
        pair = np.sort(np.column_stack([beside[at, 1], both[run, 1]]), axis=1)
        pair = distinct(pair[pair[:, 0] != pair[:, 1]], size)
        low, high = box[pair[:, 0]], box[pair[:, 1]]
        apart = (low[:, :2] >= high[:, 2:]) | (high[:, :2] >= low[:, 2:])
        pair = pair[~apart.any(axis=1) & ~is_among(pair, seen, size)]
        seen = distinct(np.append(seen, pair, axis=0), size)
    return _told(outlines, np.concatenate(pairs), np.concatenate(pieces), distance_m, least_area_m2)


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


def _doubtful(rings: Rings, distance_m: float) -> IntArray:
    """Return the edges of rings that cross themselves, and those near another ring."""
    if not len(rings.ring):
        return rings.ring
    lines = np.asarray(shapely.linearrings(rings.start, indices=rings.ring), dtype=object)
    is_simple = np.concatenate(in_threads(shapely.is_simple, lines))
    box = shapely.bounds(lines) + np.array([-1, -1, 1, 1]) * distance_m
    tree = shapely.STRtree(np.asarray(shapely.box(*box.T), dtype=object))
    one, two = tree.query(tree.geometries)
    is_met = np.bincount(one[one != two], minlength=len(lines)) > 0
    row = np.flatnonzero(is_met[rings.ring])

    def near(rows: IntArray) -> IntArray:
        ends = np.stack([rings.start[rows], rings.end[rows]], axis=1)
        edge, ring = tree.query(shapely.linestrings(ends))
        return np.asarray(rows[edge[ring != rings.ring[rows[edge]]]])

    found = ~is_simple[rings.ring]
    found[np.concatenate(in_threads(near, row))] = True
    return np.flatnonzero(found)


def _inwards(rings: Rings, row: IntArray, distance_m: float) -> Shapes:
    """Return edges moved inwards by half a distance, without their ends."""
    one, two = rings.start[row], rings.end[row]
    way = two - one
    length = np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    end = way * np.minimum(distance_m / length, 0.4)
    side = np.column_stack([-way[:, 1], way[:, 0]]) / length * distance_m / 2
    lines = shapely.linestrings(np.stack([one + end + side, two - end + side], axis=1))
    return np.asarray(lines, dtype=object)


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
