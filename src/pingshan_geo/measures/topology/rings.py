"""What is left of edges when borders are noded: the rings around all that parcels cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.cutting import Shapes, groups
from pingshan_geo.measures.topology.edges import (
    Edges,
    cancelled,
    cross,
    distinct,
    dot,
    expand,
    is_among,
)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Places of parcels near open edges of others that have no vertex there."""

    place: IntArray
    holder: IntArray  # a parcel that has a vertex at the place
    edge: IntArray
    part: FloatArray  # of the edge's length up to the foot of the place, more than 0, less than 1
    far_m: FloatArray


def contacts(edges: Edges, shapes: Shapes, reach_m: float) -> Contacts:
    """Return contacts between parcels whose boxes are within reach.

    Three times as fast as an STRtree of edges, for which each edge must be made a geometry. In each
    pair of near boxes the places of one are held against the edges of the other.
    """
    ends = np.column_stack([np.append(edges.start, edges.end), np.tile(edges.owner, 2)])
    corner = distinct(ends[:, ::-1], len(edges.xy))  # parcel and place
    own = np.flatnonzero(np.bincount(corner[:, 0]))
    box = shapely.bounds(shapes)[own] + np.array([-1, -1, 1, 1]) * reach_m / 2
    # A diagonal has the same box, and is made in half the time.
    boxes = np.asarray(shapely.linestrings(box.reshape(-1, 2, 2)), dtype=object)
    one, two = shapely.STRtree(boxes).query(boxes)
    one, two = one[one != two], two[one != two]
    first = np.searchsorted(corner[:, 0], own)
    count = np.searchsorted(corner[:, 0], own, side="right") - first
    run, at = expand(first[one], count[one])
    other, xy = two[run], edges.xy[corner[at, 1]]
    box += np.array([-1, -1, 1, 1]) * reach_m / 2
    (x, y), (west, south, east, north) = xy.T, box[other].T
    near = (x >= west) & (y >= south) & (x <= east) & (y <= north)
    at, other = at[near], other[near]
    alone = ~is_among(np.column_stack([corner[at, 1], own[other]]), edges.holder, len(shapes))
    at, other = at[alone], other[alone]

    order = np.argsort(edges.owner, kind="stable")
    first = np.searchsorted(edges.owner[order], own)
    count = np.searchsorted(edges.owner[order], own, side="right") - first
    run, row = expand(first[other], count[other])
    edge, (holder, place) = order[row], corner[at[run]].T
    start = edges.xy[edges.start[edge]]
    way, there = edges.xy[edges.end[edge]] - start, edges.xy[place] - start
    square = dot(way, way)
    part = dot(way, there) / square
    far = np.abs(cross(way, there)) / np.sqrt(square)
    near = (far <= reach_m) & (part > 0) & (part < 1)
    return Contacts(place[near], holder[near], edge[near], part[near], far[near])


@dataclass(frozen=True, slots=True)
class Rings:
    """Closed rings of edges, one after the other, each edge going on where the last has ended.

    Attributes
    ----------
    owner, ring : array of int
        Parcel on the left, and ring, of each edge.
    start, end : array of float
        Coordinates of the ends of each edge.
    area_m2 : array of float
        Of each ring, negative where the parcels lie around it.
    beside : array of int
        Pairs of parcels with a common edge, both ways round, sorted; two columns.
    twice : array of int
        Pairs of parcels that lie on the same side of a common edge.
    """

    owner: IntArray
    ring: IntArray
    start: FloatArray
    end: FloatArray
    area_m2: FloatArray
    beside: IntArray
    twice: IntArray


def rings(edges: Edges, near: Contacts, size: int, distance_m: float) -> Rings:
    """Return what is left when edges go through the places on them, within a distance."""
    on = near.far_m <= distance_m
    rows = np.arange(len(edges.start))
    edge = np.concatenate([rows, near.edge[on], rows])
    part = np.concatenate([np.zeros(len(rows)), near.part[on], np.ones(len(rows))])
    place = np.concatenate([edges.start, near.place[on], edges.end])
    order = np.lexsort((part, edge))
    edge, place = edge[order], place[order]
    step = np.flatnonzero(edge[1:] == edge[:-1])
    start, end, owner = place[step], place[step + 1], edges.owner[edge[step]]
    left, beside, twice = cancelled(start, end, owner)
    start, end, owner = start[left], end[left], owner[left]
    beside = distinct(np.append(edges.beside, beside, axis=0), size)
    twice = np.append(edges.twice, twice, axis=0)

    ring, order = _ordered(_following(start, end, edges.xy))
    start_xy, end_xy = edges.xy[start[order]], edges.xy[end[order]]
    first, _ = groups(ring)
    local = start_xy[first][ring]
    area = np.bincount(ring, cross(start_xy - local, end_xy - local)) / 2
    return Rings(owner[order], ring, start_xy, end_xy, area, beside, twice)


def _following(start: IntArray, end: IntArray, xy: FloatArray) -> IntArray:
    """Return the edge that goes on from each: the first to its right, so that gaps stay apart.

    As many edges lead to a place as from it, and each is followed by another.
    """
    way = xy[end] - xy[start]
    ahead = np.arctan2(way[:, 1], way[:, 0])
    back = np.where(ahead > 0, ahead - np.pi, ahead + np.pi)
    come, go = np.argsort(end), np.argsort(start)
    first, group = groups(start[go])
    count = np.diff(np.append(first, len(go)))
    many = np.flatnonzero(np.repeat(count > 1, count))
    # Of equal edges the one that leaves a place further left arrives further right.
    come[many] = come[many][np.lexsort((-come[many], back[come[many]], end[come[many]]))]
    go[many] = go[many][np.lexsort((go[many], ahead[go[many]], start[go[many]]))]
    is_before = ahead[go[first]] < back[come[first]]
    rank = np.arange(len(go)) - first[group] + is_before[group]
    following = np.empty(len(go), dtype=np.int64)
    following[come] = go[first[group] + rank % count[group]]
    return following


def _ordered(following: IntArray) -> tuple[IntArray, IntArray]:
    """Return ring numbers and edges, ring by ring in their order; each round sees twice as far.

    Examples
    --------
    >>> [each.tolist() for each in _ordered(np.array([2, 1, 3, 0]))]
    [[0, 0, 0, 1], [2, 3, 0, 1]]
    """
    ring, far = np.arange(len(following)), following
    while True:
        seen = np.minimum(ring, ring[far])
        if (seen == ring).all():
            break
        ring, far = seen, far[far]
    is_last = ring == np.arange(len(ring))
    steps = np.where(is_last, 0, 1)  # to the edge that the ring is named after
    far = np.where(is_last, ring, following)
    while not is_last[far].all():
        steps, far = steps + steps[far], far[far]
    steps = steps + steps[far]
    order = np.lexsort((-steps, ring))
    return groups(ring[order])[1], order
