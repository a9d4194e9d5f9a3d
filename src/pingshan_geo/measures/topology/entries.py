"""Edges that run through the land of another parcel."""

from __future__ import annotations

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.measures.grid import meeting
from pingshan_geo.measures.ragged import cross, groups, is_star
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.rings import Trace

_MANY = 128  # vertices, from which on GEOS is asked, which has a tree of them


def entered(outlines: Outlines, trace: Trace, distance_m: float) -> IntArray:
    """Return pairs of a parcel and another that one of its edges left runs through.

    Edges are moved inwards by half a distance, without their ends, so that what only touches is
    seldom met. Most are edges of rings around land that lies by itself, and need not be looked at.
    """
    row = _doubtful(outlines, trace, distance_m)
    owner = trace.owner[row]
    inner = _beside(trace.start[row], trace.end[row], distance_m / 2, distance_m)
    edge, other = _met(outlines, *inner, owner)
    return np.column_stack([owner[edge], other])


def _doubtful(outlines: Outlines, trace: Trace, distance_m: float) -> IntArray:
    """Return the edges near another ring, and all of those rings that are not by themselves.

    These cross themselves, have land on their other side too, or go on in another tile.
    """
    kept, ring, loose = trace.closed, trace.ring, trace.loose
    start, end = trace.start, trace.end
    lines = np.asarray(shapely.linearrings(start[kept], indices=ring), dtype=object)
    xy, of = shapely.get_coordinates(lines, return_index=True)
    is_other = ~is_star(xy, groups(of)[0])
    is_other[is_other] = ~shapely.is_simple(lines[is_other])
    length = np.hypot(*(end[kept] - start[kept]).T)
    first, _ = groups(ring)
    most = np.maximum.reduceat(length, first) if len(first) else length
    is_long = np.flatnonzero(length == most[ring])
    longest = kept[is_long[groups(ring[is_long])[0]]]
    outer = _beside(start[longest], end[longest], -distance_m / 2, distance_m)
    is_other[_met(outlines, *outer, np.full(len(longest), -1))[0]] = True
    found = np.ones(len(start), dtype=bool)
    found[kept] = is_other[ring]
    edges = _box(start, end)
    around = np.append(shapely.bounds(lines), edges[loose], axis=0)
    around += np.array([-1, -1, 1, 1]) * distance_m
    own = np.empty(len(found), dtype=np.int64)
    own[kept], own[loose] = ring, np.arange(len(lines), len(around))
    one, two = meeting(around, around)
    is_met = np.bincount(one[one != two], minlength=len(around)) > 0
    row = np.flatnonzero(is_met[own] & ~found)
    at, near = meeting(edges[row], around)
    found[row[at[own[row[at]] != near]]] = True
    return np.flatnonzero(found)


def _box(one: FloatArray, two: FloatArray) -> FloatArray:
    return np.concatenate([np.minimum(one, two), np.maximum(one, two)], axis=1)


def _beside(
    one: FloatArray, two: FloatArray, far_m: float, end_m: float
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of lines moved to their left, which are left out."""
    way = two - one
    length = np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    end = way * np.minimum(end_m / length, 0.4)
    side = np.column_stack([-way[:, 1], way[:, 0]]) / length * far_m
    return one + end + side, two - end + side


def _met(
    outlines: Outlines, start: FloatArray, end: FloatArray, owner: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the pairs of a line and a parcel, but for its owner, that it meets."""
    box = _box(start, end)
    near = outlines.near(box)
    line, other = meeting(box, outlines.box[near])
    other = near[other]
    is_new = other != owner[line]
    line, other = line[is_new], other[is_new]
    is_large = outlines.count[other] > _MANY
    few, many = np.flatnonzero(~is_large), np.flatnonzero(is_large)
    found = np.zeros(len(line), dtype=bool)
    found[few] = _meets(outlines, other[few], start[line[few]], end[line[few]])
    lines = shapely.linestrings(np.stack([start[line[many]], end[line[many]]], axis=1))
    shapes = outlines.shapes(other[many])
    shapely.prepare(shapes)
    found[many] = shapely.intersects(shapes, lines)
    return line[found], other[found]


def _meets(outlines: Outlines, rows: IntArray, one: FloatArray, two: FloatArray) -> BoolArray:
    """Return whether polygons meet a line each, from its first end to its second.

    A line does that crosses an edge, or starts within: a ray to the east of it crosses an odd
    number of edges. Four times as fast as GEOS, for which shapes would have to be made.
    """
    run, first, last = outlines.edges(rows)
    low, high = (outlines.places[each, 1] for each in (first, last))
    own, other = one[:, 1][run], two[:, 1][run]
    is_up = low <= own
    is_over = is_up != (high <= own)
    # Most edges lie above both ends of their line or below both.
    is_near = (np.minimum(low, high) <= np.maximum(own, other)) & (
        np.maximum(low, high) >= np.minimum(own, other)
    )
    row = np.flatnonzero(is_near)
    run, (start, end) = run[row], (outlines.places[each[row]] for each in (first, last))
    is_up, is_over = is_up[row], is_over[row]
    one, two = one[run], two[run]
    way, line = end - start, two - one
    from_one, from_two = cross(way, one - start), cross(way, two - start)
    is_crossed = from_one * from_two <= 0
    is_crossed &= cross(line, start - one) * cross(line, end - one) <= 0
    is_east = is_over & ((from_one > 0) == is_up)
    inside = np.bincount(run, is_east, len(rows)) % 2 > 0
    return np.asarray(inside | (np.bincount(run, is_crossed, len(rows)) > 0))
