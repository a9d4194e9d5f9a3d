"""Edges of rings that several tiles have parts of: the driver joins only those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pingshan_geo.figure import FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.ragged import equal_neighbours, groups
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.rings import (
    Rings,
    Trace,
    following,
    inner_rings,
    ordered,
    renumbered,
)
from pingshan_geo.measures.topology.tiles import BULGE, DEGREE_M

_STRIPS = 1000  # of a degree, so that what is near is mostly near in memory


@dataclass(frozen=True, slots=True)
class Loose:
    """Edges that are left and in no ring that a tile knows, in the order of their parcels.

    Attributes
    ----------
    owner : array of int
        Position of the parcel of each edge, among all.
    name : array of object
        Id of that parcel.
    box : array of float
        Of that parcel, in degrees, by which parcels are ordered.
    after : array of int
        Edge (row) that goes on from each; -1 where parcels of other tiles have edges too.
    start, end : array of float
        Ends in longitude and latitude, as given, and in metres; in four columns.
    """

    owner: IntArray
    name: ObjectArray
    box: FloatArray
    after: IntArray
    start: FloatArray
    end: FloatArray


def by_place(box: FloatArray, name: ObjectArray, position: IntArray) -> IntArray:
    """Return the order of parcels by box, strip by strip from west to east; of equals by name."""
    strip = np.floor(box[:, 1] * _STRIPS) * 1000 + box[:, 0]
    order = np.argsort(strip)
    tied = equal_neighbours(strip[order])
    some = np.sort(order[tied])
    named = np.unique(name[some].astype(str), return_inverse=True)[1]
    order[tied] = some[np.lexsort((position[some], named, *box[some].T[::-1], strip[some]))]
    return order


def closed(
    outlines: Outlines, trace: Trace, position: IntArray, name: ObjectArray, least_area_m2: float
) -> tuple[Rings, Loose]:
    """Return the rings about gaps, and the edges that are in no ring of one tile."""
    kept, row = trace.closed, trace.loose
    rings = inner_rings(
        trace.owner[kept], trace.start[kept], trace.end[kept], trace.ring, least_area_m2
    )
    own, after = trace.owner[row], renumbered(trace.after, row)
    start, end = (
        np.column_stack([outlines.given[place], xy[row]])
        for place, xy in zip(trace.place[row].T, (trace.start, trace.end), strict=True)
    )
    return rings, Loose(position[own], name[own], outlines.degrees(own), after, start, end)


def joined(parts: Sequence[Loose]) -> Loose:
    """Return the edges of several tiles as one table, in the order of their parcels."""
    offset = np.cumsum([0, *(len(each.owner) for each in parts)])
    columns = zip(
        *((each.owner, each.name, each.box, each.start, each.end) for each in parts), strict=True
    )
    owner, name, box, start, end = (np.concatenate(each) for each in columns)
    after = np.concatenate(
        [
            np.where(each.after < 0, -1, each.after + first)
            for each, first in zip(parts, offset, strict=False)
        ]
    )
    order = by_place(box, name, owner)  # and of one parcel, which has one home, as they are
    after = renumbered(after, order)
    return Loose(owner[order], name[order], box[order], after, start[order], end[order])


def inner(edges: Loose, least_area_m2: float) -> tuple[Rings, FloatArray]:
    """Return the rings about gaps that edges of several tiles make, of positions.

    With them go the boxes of the rings, in degrees.
    """
    lonlat = np.concatenate([edges.start[:, :2], edges.end[:, :2]])
    place, _ = pd.factorize(np.ascontiguousarray(lonlat).view(np.complex128)[:, 0])
    start, end = np.split(place, 2)
    xy = np.empty((place.max(initial=-1) + 1, 2))
    xy[start], xy[end] = edges.start[:, 2:], edges.end[:, 2:]
    come = np.flatnonzero(edges.after < 0)
    is_go = np.ones(len(edges.after), dtype=bool)
    is_go[edges.after[edges.after >= 0]] = False
    after = edges.after.copy()
    after[come] = following(start, end, xy, come, np.flatnonzero(is_go))[come]
    ring, row = ordered(after)
    rings = inner_rings(row, edges.start[row, 2:], edges.end[row, 2:], ring, least_area_m2)
    first, _ = groups(rings.ring)
    of = edges.start[rings.owner, :2]
    low, high = (
        each.reduceat(of, first) if len(first) else of for each in (np.minimum, np.maximum)
    )
    rings = replace(rings, owner=edges.owner[rings.owner])
    return rings, np.concatenate([low, high], axis=1)


def near(box: FloatArray, boxes: FloatArray, margin_m: float) -> IntArray:
    """Return which of some boxes, in degrees, are not further than a margin from one of others."""
    top = min(np.abs(box[:, 1::2]).max(initial=0.0), 89.0)
    wide = (box[:, 2:] - box[:, :2]).max(axis=1, initial=0.0) * DEGREE_M
    far = (margin_m + BULGE * wide**2)[:, None] / DEGREE_M
    far = far * np.array([1 / np.cos(np.radians(top)), 1.0])
    wider = np.concatenate([box[:, :2] - far, box[:, 2:] + far], axis=1)
    low, high = np.ascontiguousarray(boxes[:, 0]), np.ascontiguousarray(boxes[:, 2])
    found = np.zeros(len(boxes), dtype=bool)
    for west, south, east, north in wider:  # few
        row = np.flatnonzero((low <= east) & (high >= west))
        found[row[(boxes[row, 1] <= north) & (boxes[row, 3] >= south)]] = True
    return np.flatnonzero(found)
