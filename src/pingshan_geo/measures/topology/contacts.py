"""Places of parcels near the edges of others that have no vertex there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.ragged import cross, expand, groups
from pingshan_geo.measures.topology.edges import Edges, distinct, dot, is_among


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

    first = np.searchsorted(on, own)
    run, at = expand(first, np.searchsorted(on, own, side="right") - first)
    here, edge = place[run], of[at]
    other = (edges.start[edge] != here) & (edges.end[edge] != here)
    here, edge = here[other], edge[other]
    there, along = edges.xy[here] - start[edge], way[edge]
    part = dot(along, there) / length[edge] ** 2
    far = np.abs(cross(along, there)) / length[edge]
    met = np.flatnonzero((far <= reach_m) & (part > 0) & (part < 1))
    here, edge, part, far = here[met], edge[met], part[met], far[met]
    key = here * len(length) + edge
    order = np.argsort(key)
    # A long edge may be on a cell with two of its pieces.
    row = order[np.diff(key[order], prepend=-1) != 0]
    row = row[~is_among(np.column_stack([here[row], edges.owner[edge[row]]]), edges.holder, size)]
    ends = np.column_stack([np.append(edges.start, edges.end), np.tile(edges.owner, 2)])
    corner = distinct(ends[np.bincount(here[row], minlength=len(edges.xy))[ends[:, 0]] > 0], size)
    first = np.searchsorted(corner[:, 0], here[row])
    run, at = expand(first, np.searchsorted(corner[:, 0], here[row], side="right") - first)
    row = row[run]
    return Contacts(here[row], corner[at, 1], edge[row], part[row], far[row])


def strained(edges: Edges, near: Contacts, distance_m: float) -> IntArray:
    """Return pairs of parcels that have become neighbours over more than a distance.

    Where a vertex stands between two others all three are one place, and a place may be on an edge
    that is further from one of its vertices. Between such parcels land may be shared of which no
    edge is left to tell.
    """
    spread = edges.spread_m
    ends = np.maximum(spread[edges.start[near.edge]], spread[edges.end[near.edge]])
    is_far = near.far_m + spread[near.place] + ends > distance_m
    row = np.flatnonzero(is_far & (near.far_m <= distance_m))
    held = edges.holder[spread[edges.holder[:, 0]] > distance_m]
    first, group = groups(held[:, 0])
    count = np.diff(np.append(first, len(held)))
    later = (first + count)[group] - np.arange(len(held)) - 1
    one, two = expand(np.arange(1, len(held) + 1), later)
    met = np.column_stack([near.holder[row], edges.owner[near.edge[row]]])
    return np.append(np.column_stack([held[one, 1], held[two, 1]]), met, axis=0)


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
    parts = step / pieces[of], (step + 1) / pieces[of]
    low, high = [], []
    for begin, along, least in zip(start.T, way.T, origin, strict=True):
        one, two = (begin[of] + part * along[of] for part in parts)
        low.append(((np.minimum(one, two) - reach_m - least) / cell).astype(np.int64))
        high.append(((np.maximum(one, two) + reach_m - least) / cell).astype(np.int64))
    (west, south), (east, north) = low, high
    rows = north.max(initial=0) + 1
    piece, x = expand(west, east - west + 1)
    column, y = expand(south[piece], (north - south + 1)[piece])
    on = x[column] * rows + y
    order = np.argsort(on)
    x, y = (
        ((each - least) / cell).astype(np.int64)
        for each, least in zip(places.T, origin, strict=True)
    )
    return of[piece[column[order]]], on[order], x * rows + y
