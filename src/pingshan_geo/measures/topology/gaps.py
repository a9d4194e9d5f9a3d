"""Gaps: land that parcels enclose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.cutting import Shapes, cut
from pingshan_geo.measures.ragged import groups
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.overlaps import has_land
from pingshan_geo.measures.topology.rings import Rings


@dataclass(frozen=True, slots=True)
class Gaps:
    """Land that parcels enclose, and the two that have most of its border (-1: there is one)."""

    piece: Shapes
    one: IntArray
    two: IntArray
    largest_m2: FloatArray  # area of the largest parcel around it


def gaps(outlines: Outlines, rings: Rings, distance_m: float, least_area_m2: float) -> Gaps:
    """Return the gaps in the union of valid polygons that are wider than a distance."""
    start, of = groups(rings.ring)
    lines = shapely.linearrings(rings.start, indices=of)
    holes = shapely.make_valid(np.asarray(shapely.polygons(lines), dtype=object))
    holes = np.asarray(shapely.buffer(holes, distance_m, join_style="mitre"), dtype=object)
    shapes = outlines.shapes(outlines.near(shapely.bounds(holes)))
    tree = shapely.STRtree(shapes)
    # Many lie within the parcel drawn too large that has made them, and nothing is left of those.
    is_open = np.ones(len(holes), dtype=bool)
    is_open[tree.query(holes, predicate="covered_by")[0]] = False
    kept = is_open[of]
    rings = Rings(rings.owner[kept], of[kept], rings.start[kept], rings.end[kept])
    holes, (start, of) = holes[is_open], groups(rings.ring)
    # In the order of the polygons, on which the last digits hang.
    around = (shapes[np.sort(tree.query(hole, predicate="intersects"))] for hole in holes)
    land = np.array([shapely.union_all(each) for each in around], dtype=object)
    found = cut(shapely.difference, holes, land)
    length = np.hypot(*(rings.end - rings.start).T)
    pieces, one, two, largest = [], [], [], []
    for piece, rows in zip(found, np.split(np.arange(len(of)), start)[1:], strict=True):
        parts = shapely.get_parts(piece)
        parts = parts[has_land(parts, distance_m, least_area_m2)]
        if not len(parts):
            continue
        names, of = np.unique(rings.owner[rows], return_inverse=True)
        # Rounded, so that of equals the first ones are named.
        border = np.bincount(of, length[rows]).round(1)
        most = names[np.argsort(-border, kind="stable")][:2]
        pieces.append(shapely.multipolygons(parts) if len(parts) > 1 else parts[0])
        one.append(most[0])
        two.append(most[1] if len(most) > 1 else -1)
        largest.append(outlines.area_m2[names].max())
    told = np.empty(len(pieces), dtype=object)
    told[:] = pieces
    return Gaps(told, np.array(one, int), np.array(two, int), np.array(largest, float))
