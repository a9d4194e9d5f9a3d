"""Outlines of parcels as flat coordinates in a plane; geometry is made for the few that need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.measures.cutting import Shapes
from pingshan_geo.measures.grid import Grid
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.ragged import expand, flat_rings, groups, signed_areas, sums

_ODD = np.int64(-7046029254386353131)  # 2^64 over the golden ratio, which spreads numbers
_MOST_CELLS = 2048  # along a side of the grid of `near`


@dataclass(frozen=True, slots=True)
class Outlines:
    """Valid polygons in longitude and latitude, and their rings in metres.

    Attributes
    ----------
    vertex, ring : array of int
        Place of each vertex, ring by ring, and its ring.
    places, given : array of float
        Coordinates of the places in metres, and as they were given, in two columns; equal vertices
        share one.
    owner : array of int
        Polygon of each ring.
    is_turned : array of bool
        Whether the land of a ring is on the right of its edges.
    first, count : array of int
        First vertex of each polygon, whose rings follow each other, and number of its vertices.
    area_m2, length_m : array of float
        Of each polygon.
    box : array of float
        West, south, east and north of each polygon, in four columns.
    """

    vertex: IntArray
    ring: IntArray
    places: FloatArray
    given: FloatArray
    owner: IntArray
    is_turned: BoolArray
    first: IntArray
    count: IntArray
    area_m2: FloatArray
    length_m: FloatArray
    box: FloatArray
    _plane: Plane
    _lonlat: Shapes
    _made: Shapes  # None: not yet

    @classmethod
    def of(cls, lonlat: Shapes, plane: Plane) -> Outlines:
        """Return the outlines of polygons, of which there may be none."""
        flat, ring, owner, is_shell = flat_rings(lonlat)
        vertex, given = _places(flat)
        places = plane.xy(given)
        xy = np.stack([each[vertex] for each in places.T]).T  # by columns
        first, _ = groups(ring)
        area = signed_areas(xy, ring, first)
        step = np.hypot(np.diff(xy[:, 0]), np.diff(xy[:, 1]))
        step[first[1:] - 1] = 0.0
        ends = np.full((4, len(lonlat)), np.inf)
        for end, value in zip(ends, (*xy.T, *-xy.T), strict=True):
            np.minimum.at(end, owner, np.minimum.reduceat(value, first) if len(first) else first)
        return cls(
            vertex,
            ring,
            places,
            given,
            owner,
            (area > 0) != is_shell,
            _firsts(owner, first, len(lonlat)),
            np.bincount(owner, np.diff(np.append(first, len(ring))), len(lonlat)).astype(np.int64),
            _by_owner(owner, np.where(is_shell, 1, -1) * np.abs(area), len(lonlat)),
            _by_owner(owner, sums(step, first), len(lonlat)),
            np.concatenate([ends[:2], -ends[2:]]).T,
            plane,
            lonlat,
            np.full(len(lonlat), None),
        )

    def __len__(self) -> int:
        return len(self._lonlat)

    def shapes(self, rows: IntArray) -> Shapes:
        """Return polygons in metres, which are made once."""
        new = np.unique(rows[shapely.is_missing(self._made[rows])])
        self._made[new] = self._plane.metres(self._lonlat[new])
        return self._made[rows]

    def degrees(self, rows: IntArray) -> FloatArray:
        """Return the boxes of polygons in longitude and latitude."""
        return np.asarray(shapely.bounds(self._lonlat[rows])).reshape(-1, 4)

    def near(self, boxes: FloatArray) -> IntArray:
        """Return the polygons whose box is on a cell of a grid on which one of some boxes is."""
        if not len(self) or not len(boxes):
            return np.zeros(0, dtype=np.int64)
        side = min(int(len(self) ** 0.5) + 1, _MOST_CELLS)
        grid = Grid(self.box[:, :2].min(axis=0), self.box[:, 2:].max(axis=0), side)
        return np.flatnonzero(grid.count(grid.marked(boxes.T), self.box.T))

    def edges(self, rows: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Return the edges of polygons: the place in `rows` of each, and the places of its ends."""
        run, at = expand(self.first[rows], self.count[rows] - 1)
        is_edge = self.ring[at] == self.ring[at + 1]
        run, at = run[is_edge], at[is_edge]
        return run, self.vertex[at], self.vertex[at + 1]


def _places(xy: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the place of each vertex, and the coordinates of the places, in order of first use.

    pandas hashes, which is twice as fast as the sorting of np.unique, and integers twice as fast
    as complex numbers. Two places that fall on one number are told apart by their coordinates.
    """
    bits = np.ascontiguousarray(xy).view(np.int64)
    vertex, mixed = pd.factorize(bits[:, 0] * _ODD + bits[:, 1])
    places = np.empty((len(mixed), 2))
    places[vertex[::-1]] = xy[::-1]  # the first of several stays
    if (places[vertex] != xy).any():
        vertex, complex_ = pd.factorize(xy.view(np.complex128)[:, 0])
        places = complex_.view(np.float64).reshape(-1, 2)
    return vertex, places


def _firsts(owner: IntArray, first: IntArray, size: int) -> IntArray:
    found = np.zeros(size, dtype=np.int64)
    found[owner[::-1]] = first[::-1]
    return found


def _by_owner(owner: IntArray, value: FloatArray, size: int) -> FloatArray:
    return np.bincount(owner, value, size).astype(np.float64)  # integers where there is none
