"""The rules of topology, named as QGIS and Esri name them, and what breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, choose_object
from pingshan_geo.measures.cutting import Shapes, cut
from pingshan_geo.measures.ragged import groups
from pingshan_geo.measures.topology.contacts import Contacts
from pingshan_geo.measures.topology.edges import Edges, distinct, is_among
from pingshan_geo.measures.topology.gaps import Gaps
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.overlaps import DUPLICATE, OVERLAP, WITHIN, Shared, has_land

RULES = (
    "must-not-overlap",
    "must-not-have-duplicates",
    "feature-within-feature",
    "must-not-have-gaps",
    "sliver-polygon",
    "must-be-covered-by",
    "missing-vertex",
)
SURFACE, CLOSED = "surface", "closed-block"

# A gap is the land of a lot that is missing, not a street or a square, up to so many times the
# largest lot around it.
_LOTS = 2


@dataclass(frozen=True, slots=True)
class TopologyTolerance:
    """From which size on something is an error. A width is twice an area over its perimeter.

    Attributes
    ----------
    distance_m : float
        Vertices and edges that lie nearer are one, and what is narrower is no overlap or gap: two
        surveys of one corner seldom agree better than 5 cm.
    least_area_m2 : float
        What is smaller is no overlap or gap.
    sliver_width_m : float
        An overlap that is narrower is a sliver, and so far from an edge a vertex is missed there.
    thin_parcel_m : float
        A parcel that is narrower is a sliver.
    narrow_gap_m : float
        A gap that is narrower is told however large it is; see `topology`.
    """

    distance_m: float = 0.05
    least_area_m2: float = 0.1
    sliver_width_m: float = 0.3
    thin_parcel_m: float = 0.5
    narrow_gap_m: float = 3.0


TOLERANCE = TopologyTolerance()


@dataclass(frozen=True, slots=True)
class Found:
    """Errors of one rule: parcels of a layer (-1: none), shapes in metres, share and note.

    Points are in longitude and latitude, as the vertices were given.
    """

    rule: str
    one: IntArray
    two: IntArray
    shape: Shapes
    of_m2: FloatArray | float = np.nan
    note: Shapes | None = None


def told_pairs(
    outlines: Outlines, land: Shared, edges: Edges, near: Contacts, is_home: BoolArray
) -> Iterator[Found]:
    """Yield the errors of pairs of parcels of which the first is at home."""
    area = outlines.area_m2
    smaller = np.minimum(area[land.one], area[land.two])
    is_own = is_home[np.minimum(land.one, land.two)]
    for rule, kind in zip(RULES, (OVERLAP, DUPLICATE, WITHIN), strict=False):
        row = (land.kind == kind) & is_own
        yield Found(rule, land.one[row], land.two[row], land.piece[row], smaller[row])
    pair = np.sort(np.column_stack([near.holder, edges.owner[near.edge]]), axis=1)
    known = distinct(np.sort(np.column_stack([land.one, land.two]), axis=1), len(outlines))
    is_new = is_home[pair[:, 0]] & ~is_among(pair, known, len(outlines))
    yield _points(pair[is_new], outlines.given[near.place[is_new]])


def thin(outlines: Outlines, is_home: BoolArray, thin_m: float) -> Found:
    """Return the parcels at home that are thin."""
    area = outlines.area_m2
    row = np.flatnonzero(is_home & (2 * area < thin_m * outlines.length_m))
    none = np.full(len(row), -1)
    return Found("sliver-polygon", row, none, outlines.shapes(row), area[row])


def _points(pair: IntArray, lonlat: FloatArray) -> Found:
    order = np.lexsort((*lonlat.T, *pair.T[::-1]))
    pair, lonlat = pair[order], lonlat[order]
    is_first = (np.diff(pair, axis=0, prepend=-1) != 0).any(axis=1)
    points = np.asarray(shapely.points(lonlat), dtype=object)
    shape = shapely.multipoints(points, indices=np.cumsum(is_first) - 1)
    one, two = pair[is_first].T
    return Found("missing-vertex", one, two, np.asarray(shape, dtype=object))


def _is_closed(gap: Gaps, narrow_m: float) -> BoolArray:
    """Return whether gaps are narrow, or have room for no more than two of the parcels around."""
    area = shapely.area(gap.piece)
    is_narrow = 2 * area < narrow_m * shapely.length(gap.piece)
    return np.asarray(is_narrow | (area <= _LOTS * gap.largest_m2))


def told_gaps(gap: Gaps, expect_tiling: bool, narrow_m: float) -> Found:
    """Return the gaps that are errors: those in closed blocks, or where tiling is expected all."""
    closed = _is_closed(gap, narrow_m)
    row = closed | expect_tiling
    note = choose_object(closed[row], CLOSED, None)
    return Found("must-not-have-gaps", gap.one[row], gap.two[row], gap.piece[row], note=note)


def uncovered(
    outlines: Outlines, district: shapely.Geometry, told: Shapes, tolerance: TopologyTolerance
) -> Found:
    """Return the pieces of the district that are neither covered nor told as gaps already."""
    shapes = outlines.shapes(np.arange(len(outlines)))
    covered = shapely.union_all(np.append(shapes, told))
    parts = shapely.get_parts(cut(shapely.difference, np.array([district]), np.array([covered])))
    parts = parts[has_land(parts, tolerance.distance_m, tolerance.least_area_m2)]
    part, nearest = shapely.STRtree(shapes).query_nearest(parts, all_matches=False)
    one = np.full(len(parts), -1)
    one[part] = nearest
    return Found("must-not-have-gaps", one, np.full(len(parts), -1), parts)


def outside(
    outlines: Outlines,
    is_home: BoolArray,
    district: shapely.Geometry,
    least: tuple[float, float],
) -> Found:
    """Return the parcels at home that lie outside; off its border one vertex tells that."""
    district = shapely.transform(district, np.copy)  # may not be prepared for several threads
    shapely.prepare(district)
    rings = shapely.get_rings(shapely.get_parts(district))
    sides = [np.stack([xy[:-1], xy[1:]]) for xy in map(shapely.get_coordinates, rings)]
    ends = np.concatenate(sides, axis=1)
    at_border = outlines.near(np.column_stack([ends.min(axis=0), ends.max(axis=0)]))
    is_out = np.empty(len(outlines), dtype=bool)
    corner = outlines.places[outlines.vertex[groups(outlines.ring)[0]]]
    is_out[outlines.owner] = ~shapely.contains_xy(district, corner)
    is_out[at_border] = ~shapely.covers(district, outlines.shapes(at_border))
    row = np.flatnonzero(is_out & is_home)
    piece = cut(shapely.difference, outlines.shapes(row), np.full(len(row), district))
    is_land: BoolArray = has_land(piece, *least)
    row, piece = row[is_land], piece[is_land]
    inner = cut(shapely.intersection, outlines.shapes(row), np.full(len(row), district))
    note = choose_object(has_land(inner, *least), "partly", "outside")
    none = np.full(len(row), -1)
    return Found("must-be-covered-by", row, none, piece, outlines.area_m2[row], note)
