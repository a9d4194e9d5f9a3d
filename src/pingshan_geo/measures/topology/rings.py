"""What is left of edges when borders are noded: the rings around all that parcels cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.plane import in_threads
from pingshan_geo.measures.ragged import cross, expand, groups
from pingshan_geo.measures.topology.edges import Edges, cancelled, distinct, dot, is_among

_BLOCK = 100_000  # places that one thread takes at a time


@dataclass(frozen=True, slots=True)
class Contacts:
    """Places of parcels near open edges of others that have no vertex there."""

    place: IntArray
    holder: IntArray  # a parcel that has a vertex at the place
    edge: IntArray
    part: FloatArray  # of the edge's length up to the foot of the place, more than 0, less than 1
    far_m: FloatArray


def contacts(edges: Edges, size: int, reach_m: float) -> Contacts:
    """Return contacts of the places of `size` parcels with open edges within reach.

    Each place is held against the edges on its cell of a grid, which takes half of the time of an
    STRtree of the boxes of parcels, and needs no geometry.
    """
    start = edges.xy[edges.start]
    way = edges.xy[edges.end] - start
    length = np.hypot(*way.T)
    place = np.flatnonzero(np.bincount(edges.start))
    of, on, own = _on_cells(start, way, length, edges.xy[place], reach_m)
    order = np.argsort(own)
    place, own = place[order], own[order]

    def near(rows: IntArray) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        first = np.searchsorted(on, own[rows])
        run, at = expand(first, np.searchsorted(on, own[rows], side="right") - first)
        here, edge = place[rows[run]], of[at]
        other = (edges.start[edge] != here) & (edges.end[edge] != here)
        here, edge = here[other], edge[other]
        there, along = edges.xy[here] - start[edge], way[edge]
        part = dot(along, there) / length[edge] ** 2
        far = np.abs(cross(along, there)) / length[edge]
        met = np.flatnonzero((far <= reach_m) & (part > 0) & (part < 1))
        return here[met], edge[met], part[met], far[met]

    found = in_threads(near, np.arange(len(place)), _BLOCK)
    here, edge, part, far = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((edge, here))
    twice = (np.diff(here[order], prepend=-1) == 0) & (np.diff(edge[order], prepend=-1) == 0)
    row = order[~twice]  # a long edge may be on a cell with two of its pieces
    row = row[~is_among(np.column_stack([here[row], edges.owner[edge[row]]]), edges.holder, size)]
    ends = np.column_stack([np.append(edges.start, edges.end), np.tile(edges.owner, 2)])
    corner = distinct(ends[np.bincount(here[row], minlength=len(edges.xy))[ends[:, 0]] > 0], size)
    first = np.searchsorted(corner[:, 0], here[row])
    run, at = expand(first, np.searchsorted(corner[:, 0], here[row], side="right") - first)
    row = row[run]
    return Contacts(here[row], corner[at, 1], edge[row], part[row], far[row])


def _on_cells(
    start: FloatArray, way: FloatArray, length: FloatArray, places: FloatArray, reach_m: float
) -> tuple[IntArray, IntArray, IntArray]:
    """Return edges with a cell that each may reach, sorted by cell, and the cell of each place.

    Edges are cut into pieces of at most two cells, which are on few that they do not cross.
    """
    cell = max(float(length.mean()) if len(length) else 0.0, 2 * reach_m)
    origin = start.min(axis=0, initial=np.inf) - 2 * reach_m
    pieces = np.ceil(length / (2 * cell)).astype(np.int64)
    of, step = expand(np.zeros(len(length), dtype=np.int64), pieces)
    part = np.stack([step, step + 1])[..., None] / pieces[of][:, None]
    ends = start[of] + part * way[of]
    low, high = (
        ((each - origin) / cell).astype(np.int64)
        for each in (ends.min(axis=0) - reach_m, ends.max(axis=0) + reach_m)
    )
    rows = high[:, 1].max(initial=0) + 1
    (wide, tall), (west, south) = (high - low + 1).T, low.T
    piece, x = expand(west, wide)
    column, y = expand(south[piece], tall[piece])
    on = x[column] * rows + y
    order = np.argsort(on)
    x, y = ((places - origin) / cell).astype(np.int64).T
    return of[piece[column[order]]], on[order], x * rows + y


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
        Pairs of parcels with a common edge, both ways round, some more than once; two columns.
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


def rings(edges: Edges, near: Contacts, distance_m: float) -> Rings:
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
    beside = np.append(edges.beside, beside, axis=0)
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
