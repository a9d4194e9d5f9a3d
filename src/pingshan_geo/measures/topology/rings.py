"""What is left of edges when borders are noded: the rings around all that parcels cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.measures.ragged import cross, groups
from pingshan_geo.measures.topology.contacts import Contacts
from pingshan_geo.measures.topology.edges import Edges, cancelled


@dataclass(frozen=True, slots=True)
class Left:
    """Edges that are left when all go through the places on them, parcel by parcel.

    Attributes
    ----------
    owner : array of int
        Parcel on the left of each edge.
    start, end : array of int
        Places of the ends of each edge.
    is_border : array of bool
        Of each place, whether an edge of a parcel of another tile may begin or end there.
    beside : array of int
        Pairs of parcels with a common edge, or of one and the same, some more than once; in two
        columns.
    twice : array of int
        Pairs of parcels that lie on the same side of a common edge.
    """

    owner: IntArray
    start: IntArray
    end: IntArray
    is_border: BoolArray
    beside: IntArray
    twice: IntArray


@dataclass(frozen=True, slots=True)
class Trace:
    """Edges that are left of parcels at home, and how they go on.

    Attributes
    ----------
    owner : array of int
        As of `Left`.
    start, end : array of float
        Ends of each edge in metres, in two columns.
    place : array of int
        Places of the ends, in two columns.
    after : array of int
        Edge that goes on from each; -1 where parcels of other tiles have edges too.
    closed, ring : array of int
        Edges that are in rings, ring by ring in their order, and the ring of each of these.
    loose : array of int
        The other edges, which go on in another tile.
    """

    owner: IntArray
    start: FloatArray
    end: FloatArray
    place: IntArray
    after: IntArray
    closed: IntArray
    ring: IntArray
    loose: IntArray


@dataclass(frozen=True, slots=True)
class Rings:
    """Closed rings of edges about gaps, each edge going on where the last has ended.

    A ring starts at its westernmost place, in whatever order its edges were found.
    """

    owner: IntArray
    ring: IntArray
    start: FloatArray  # in metres
    end: FloatArray


def remaining(edges: Edges, near: Contacts, is_home: BoolArray, distance_m: float) -> Left:
    """Return what is left when edges go through the places on them, within a distance."""
    on = near.far_m <= distance_m
    edge, place = near.edge[on], near.place[on]
    order = np.lexsort((*edges.xy[place].T, near.part[on], edge))
    edge, place = edge[order], place[order]
    owner = np.insert(edges.owner, edge, edges.owner[edge])
    start, end = np.insert(edges.start, edge + 1, place), np.insert(edges.end, edge, place)
    is_border = np.zeros(len(edges.xy), dtype=bool)
    away = ~is_home[owner]
    is_border[start[away]] = is_border[end[away]] = True
    left, beside, twice = cancelled(start, end, owner)
    left = left[np.argsort(owner[left], kind="stable")]
    beside = np.append(edges.beside, beside, axis=0)
    twice = np.append(edges.twice, twice, axis=0)
    return Left(owner[left], start[left], end[left], is_border, beside, twice)


def traced(left: Left, is_home: BoolArray, xy: FloatArray) -> Trace:
    """Return the rings of the edges of parcels at home, as far as one tile knows them."""
    row = np.flatnonzero(is_home[left.owner])
    owner, start, end = left.owner[row], left.start[row], left.end[row]
    come, go = (np.flatnonzero(~left.is_border[each]) for each in (end, start))
    after = following(start, end, xy, come, go)
    is_loose = _is_loose(after)
    closed = np.flatnonzero(~is_loose)
    ring, order = ordered(renumbered(after, closed))
    place = np.column_stack([start, end])
    loose = np.flatnonzero(is_loose)
    return Trace(owner, xy[start], xy[end], place, after, closed[order], ring, loose)


def following(
    start: IntArray, end: IntArray, xy: FloatArray, come: IntArray, go: IntArray
) -> IntArray:
    """Return which edge of `go` goes on from each of `come`, -1 for the others.

    It is the first to its right, so that gaps stay apart. As many of `come` lead to a place as of
    `go` lead from it, and each is followed by another.
    """
    come, go = come[np.argsort(end[come])], go[np.argsort(start[go])]
    first, group = groups(start[go])
    count = np.diff(np.append(first, len(go)))
    many = np.flatnonzero(np.repeat(count > 1, count))

    def angle(edge: IntArray) -> FloatArray:
        way = xy[end[edge]] - xy[start[edge]]
        return np.asarray(np.arctan2(way[:, 1], way[:, 0]))

    ahead, back = angle(go[many]), angle(come[many])
    back = np.where(back > 0, back - np.pi, back + np.pi)
    # Of equal edges the one that leaves a place further left arrives further right.
    order = np.lexsort((-come[many], back, end[come[many]]))
    come[many], back = come[many][order], back[order]
    order = np.lexsort((go[many], ahead, start[go[many]]))
    go[many], ahead = go[many][order], ahead[order]
    is_before = np.zeros(len(go), dtype=bool)
    is_before[many] = ahead < back
    rank = np.arange(len(go)) - first[group] + is_before[first][group]
    found = np.full(len(start), -1)
    found[come] = go[first[group] + rank % count[group]]
    return found


def _is_loose(after: IntArray) -> BoolArray:
    """Return whether the edges that go on from each end somewhere (at -1), and are no ring.

    Examples
    --------
    >>> _is_loose(np.array([2, 1, 3, -1])).tolist()
    [True, False, True, True]
    """
    found = after < 0
    far = np.where(found, np.arange(len(after)), after)
    while found.any():
        seen = found | found[far]
        if (seen == found).all():
            break
        found, far = seen, far[far]
    return np.asarray(found)


def renumbered(after: IntArray, kept: IntArray) -> IntArray:
    """Return the edges that go on from those kept, as numbers among these; -1 stays."""
    new = np.full(len(after) + 1, -1)
    new[kept] = np.arange(len(kept))
    return new[after[kept]]


def inner_rings(
    owner: IntArray, start: FloatArray, end: FloatArray, ring: IntArray, least_area_m2: float
) -> Rings:
    """Return the rings with parcels around them, of edges in the order of their rings."""
    first, _ = groups(ring)
    area = _areas(start, end, ring, first)
    # Sums from another start are nearly these.
    row = np.flatnonzero(area[ring] < -least_area_m2 / 2)
    first, ring = groups(ring[row])
    count = np.diff(np.append(first, len(ring)))
    west = np.lexsort((*end[row].T[::-1], *start[row].T[::-1], ring))[first]
    place = np.arange(len(ring)) - first[ring]
    row = row[first[ring] + (place + (west - first)[ring]) % count[ring]]
    owner, start, end = owner[row], start[row], end[row]
    kept = _areas(start, end, ring, first)[ring] < -least_area_m2
    return Rings(owner[kept], groups(ring[kept])[1], start[kept], end[kept])


def _areas(start: FloatArray, end: FloatArray, ring: IntArray, first: IntArray) -> FloatArray:
    local = start[first][ring]
    part = cross(start - local, end - local)
    return np.asarray(np.bincount(ring, part, len(first)) / 2)


def _named(after: IntArray) -> IntArray:
    """Return the least edge of the ring of each; each round sees twice as far."""
    ring, far = np.arange(len(after)), after
    while True:
        seen = np.minimum(ring, ring[far])
        if (seen == ring).all():
            return ring
        ring, far = seen, far[far]


def ordered(after: IntArray) -> tuple[IntArray, IntArray]:
    """Return ring numbers and edges, ring by ring in their order.

    Examples
    --------
    >>> [each.tolist() for each in ordered(np.array([2, 1, 3, 0]))]
    [[0, 0, 0, 1], [2, 3, 0, 1]]
    """
    ring = _named(after)
    is_last = ring == np.arange(len(ring))
    steps = np.where(is_last, 0, 1)  # to the edge that the ring is named after
    far = np.where(is_last, ring, after)
    while not is_last[far].all():
        steps, far = steps + steps[far], far[far]
    steps = steps + steps[far]
    order = np.argsort((ring + 1) * (steps.max(initial=0) + 1) - steps)
    return groups(ring[order])[1], order
