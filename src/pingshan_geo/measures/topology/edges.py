"""The edges of parcels as arrays: which of them meet an edge of a neighbour, which do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.measures.ragged import equal_neighbours, expand, groups
from pingshan_geo.measures.topology.outlines import Outlines

_STRIP_M = 5.0


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges that no neighbour has the other way round; the parcel lies on their left.

    Attributes
    ----------
    owner : array of int
        Position of the parcel of each edge.
    start, end : array of int
        Places, which are rows of ``xy``. Vertices nearer to each other than a distance share one.
    xy : array of float
        Coordinates of the places, in metres.
    beside : array of int
        Pairs of parcels with a common edge, or of one and the same; two columns.
    twice : array of int
        Pairs of parcels that lie on the same side of a common edge.
    holder : array of int
        Pairs of a place and a parcel that has a vertex there, of parcels with other edges than
        exactly common ones; two columns.
    spread_m : array of float
        How far apart the vertices of each place are at most; more than the distance where those
        between others are near to both.
    """

    owner: IntArray
    start: IntArray
    end: IntArray
    xy: FloatArray
    beside: IntArray
    twice: IntArray
    holder: IntArray
    spread_m: FloatArray


def open_edges(outlines: Outlines, distance_m: float) -> Edges:
    """Return the edges of polygons that no other polygon has the other way round.

    As many edges one way as the other way are taken away, so that those that are left are still
    closed rings: the land that n polygons share is where these wind n times around it.
    """
    ring = outlines.ring
    tail = np.flatnonzero(ring[1:] == ring[:-1])
    of, xy = ring[tail], outlines.places
    swap = outlines.is_turned[of]
    start, end = (outlines.vertex[tail + each] for each in (swap, ~swap))
    owner = outlines.owner[of]

    left, beside, twice = cancelled(start, end, owner)
    start, end, owner = start[left], end[left], owner[left]
    place = _places(outlines, np.flatnonzero(np.bincount(start)), distance_m)
    start, end = place[start], place[end]
    holder = distinct(np.column_stack([start, owner]), len(outlines))
    left, *near = cancelled(start, end, owner)
    beside, twice = np.append(beside, near[0], axis=0), np.append(twice, near[1], axis=0)
    spread = _spread(xy, place)
    return Edges(owner[left], start[left], end[left], xy, beside, twice, holder, spread)


def cancelled(
    start: IntArray, end: IntArray, owner: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the rows of edges left when opposite ones cancel, and pairs of their owners.

    First come the pairs of opposite edges, then those of edges one way.
    """
    row = np.flatnonzero(start != end)
    one, two = start[row], end[row]
    size = max(one.max(initial=0), two.max(initial=0)) + 1
    key = 2 * (np.minimum(one, two) * size + np.maximum(one, two)) + (one > two)
    order = np.argsort(key)
    row, key = row[order], key[order]
    # Most edges are alone or two that are opposite; only the others need be counted.
    is_same = np.diff(key >> 1) == 0
    before, after = np.append(False, is_same)[: len(key)], np.append(is_same, False)[: len(key)]
    is_alone = ~(before | after)
    is_first = after & ~before
    is_first[:-1] &= ~after[1:] & (key[:-1] != key[1:])
    first = np.flatnonzero(is_first)
    rest = ~is_alone
    rest[first] = rest[first + 1] = False
    row_, key_ = row[rest], key[rest]
    order = np.lexsort((row_, key_))  # which of several is left does not hang on the sorting
    left, up, down, twice = _counted(row_[order], key_[order])
    left = np.append(row[is_alone], left)
    opposite = np.column_stack([np.append(row[first], up), np.append(row[first + 1], down)])
    beside, twice = owner[opposite], owner[twice]
    return np.sort(left), beside, twice[twice[:, 0] != twice[:, 1]]


def _counted(row: IntArray, key: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return what `cancelled` does as rows, for edges with a sorted key that is odd one way."""
    is_up = key % 2 == 0
    first, group = groups(key >> 1)
    count = np.diff(np.append(first, len(key)))
    up = np.bincount(group, is_up, len(first)).astype(np.int64)
    down = count - up
    rank = np.arange(len(key)) - first[group]
    rank = np.where(is_up, rank, rank - up[group])
    left = row[rank >= np.minimum(up, down)[group]]
    ups = np.flatnonzero(is_up & (down > 0)[group])
    run, opposite = expand((first + up)[group[ups]], down[group[ups]])
    after = np.where(is_up, up[group], down[group]) - rank - 1
    same, other = expand(np.arange(1, len(row) + 1), after)
    return left, row[ups[run]], row[opposite], np.column_stack([row[same], row[other]])


def _places(outlines: Outlines, vertex: IntArray, distance_m: float) -> IntArray:
    """Return the place of each vertex: of those nearer to it than a distance, the westernmost.

    Only `vertex` are looked at, in strips along which they are sorted; of two sets of strips one
    has two near vertices in one strip. Ten times as fast as the `dwithin` of an STRtree.
    """
    xy = outlines.places
    wide = max(_STRIP_M, 4 * distance_m)
    reach = int(np.ceil(distance_m * 1000)) + 1
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    x, y = (each[vertex] - each[vertex].min(initial=0) for each in xy.T)
    millimetre, strip = (x * 1000).astype(np.int64), (y / wide).astype(np.int64)
    for shift in (0, wide / 2):
        key = (((y + shift) / wide).astype(np.int64) << 33) + millimetre
        order = np.argsort(key)
        key, sorted_, own = key[order], vertex[order], strip[order]
        for step in range(1, len(key)):
            at = np.flatnonzero(key[step:] - key[:-step] <= reach)
            if not len(at):
                break
            if shift:
                at = at[own[at] != own[at + step]]  # the others are known
            pairs.append(np.column_stack([sorted_[at], sorted_[at + step]]))
    one, two = np.concatenate(pairs).T
    near = np.hypot(*(xy[one] - xy[two]).T) <= distance_m
    one, two = one[near], two[near]
    # The order is that of the coordinates as they were given, whichever parcels come first.
    known = np.flatnonzero(np.bincount(np.append(one, two), minlength=len(xy)))
    lon, lat = outlines.given[known].T
    order = np.argsort(lon)
    tied = equal_neighbours(lon[order])  # few
    some = order[tied]
    order[tied] = some[np.lexsort((lat[some], lon[some]))]
    known = known[order]
    rank = np.empty(len(xy), dtype=np.int64)
    rank[known] = np.arange(len(known))
    one, two, least = rank[one], rank[two], np.arange(len(known))
    for _ in range(2):  # and no more, for a curve of dense vertices is not one place
        low = np.minimum(least[one], least[two])
        np.minimum.at(least, one, low)
        np.minimum.at(least, two, low)
    place = np.arange(len(xy))
    place[known] = known[least]
    return place


def _spread(xy: FloatArray, place: IntArray) -> FloatArray:
    moved = np.flatnonzero(place != np.arange(len(place)))
    at = place[moved]
    low, high = (each.copy() for each in (xy, xy))
    np.minimum.at(low, at, xy[moved])
    np.maximum.at(high, at, xy[moved])
    found = np.zeros(len(xy))
    found[at] = np.hypot(*(high[at] - low[at]).T)
    return found


def dot(one: FloatArray, two: FloatArray) -> FloatArray:
    """Return the dot product of vectors of a plane, row by row."""
    return np.asarray(one[:, 0] * two[:, 0] + one[:, 1] * two[:, 1])


def distinct(pairs: IntArray, size: int) -> IntArray:
    """Return the pairs of numbers, the second below `size`, once each and sorted."""
    key = np.sort(pairs[:, 0] * size + pairs[:, 1])  # np.unique hashes and is ten times slower
    return np.column_stack(np.divmod(key[np.diff(key, prepend=-1) != 0], max(size, 1)))


def is_among(pair: IntArray, known: IntArray, size: int) -> BoolArray:
    """Return whether each pair of numbers below `size` is among the known, which are sorted."""
    key, keys = (each[:, 0] * size + each[:, 1] for each in (pair, known))
    at = np.searchsorted(keys, key)
    return np.asarray(np.append(keys, -1)[at] == key)
