"""Gaps: land that parcels enclose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.cutting import Shapes, cut
from pingshan_geo.measures.topology.overlaps import has_land
from pingshan_geo.measures.topology.rings import Rings


@dataclass(frozen=True, slots=True)
class Gaps:
    """Land that parcels enclose, and the two that have most of its border (-1: there is one)."""

    piece: Shapes
    one: IntArray
    two: IntArray
    largest_m2: FloatArray  # area of the largest parcel around it


def gaps(shapes: Shapes, rings: Rings, distance_m: float, least_area_m2: float) -> Gaps:
    """Return the gaps in the union of valid polygons that are wider than a distance."""
    inner = np.flatnonzero(rings.area_m2 < -least_area_m2)
    row = np.flatnonzero(np.isin(rings.ring, inner))
    length = np.hypot(*(rings.end - rings.start).T)
    tree = shapely.STRtree(shapes)
    pieces, one, two, largest = [], [], [], []
    for rows in np.split(row, np.flatnonzero(np.diff(rings.ring[row])) + 1) if len(row) else ():
        hole = shapely.buffer(
            shapely.make_valid(shapely.polygons(rings.start[rows])), distance_m, join_style="mitre"
        )
        covered = shapely.union_all(shapes[tree.query(hole)])
        parts = shapely.get_parts(cut(shapely.difference, np.array([hole]), np.array([covered])))
        parts = parts[has_land(parts, distance_m, least_area_m2)]
        if not len(parts):
            continue
        names, of = np.unique(rings.owner[rows], return_inverse=True)
        # Rounded, so that of equals the first ones are named.
        border = np.bincount(of, length[rows]).round(1)
        most = names[np.argsort(-border, kind="stable")][:2]
        pieces.append(shapely.multipolygons(parts) if len(parts) > 1 else parts[0])
        one.append(most.min())
        two.append(most.max() if len(most) > 1 else -1)
        largest.append(shapely.area(shapes[names]).max())
    found = np.empty(len(pieces), dtype=object)
    found[:] = pieces
    return Gaps(found, np.array(one, int), np.array(two, int), np.array(largest, float))
