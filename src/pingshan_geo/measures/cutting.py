"""Cutting polygons of a plane by zones, with GEOS, so that no piece is lost or counted twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.crossing import Chains, crossed_once
from pingshan_geo.measures.ragged import groups, is_plain
from pingshan_geo.work import in_threads

Shapes = ObjectArray

#: Pieces no wider than this (twice area over perimeter) are edge contact: the rounding of
#: coordinates of 1e7 m, and of the projection, is some 2e-9 m.
CONTACT_M = 1e-8
_GRID_M = 1e-6
_BLOCK = 5_000  # shapes
_CLOSED = 1e-9  # pieces fill a parcel to this part of it


class Pieces(NamedTuple):
    """Pieces of parcels, one a row.

    Attributes
    ----------
    parcel, slot : array of int
        Positions.
    piece : array of shapes
        What is counted here; None for a whole parcel that need not be looked at.
    area, shared : array of float
        Of the piece, and of what an earlier zone of the kind has taken. Only their ratio within
        a parcel matters.
    """

    parcel: IntArray
    slot: IntArray
    piece: Shapes
    area: FloatArray
    shared: FloatArray


def valid(shapes: Shapes) -> Shapes:
    """Return shapes with the invalid ones made valid polygons, None where nothing is left.

    Examples
    --------
    >>> bow_tie = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    >>> shapely.area(valid(np.array([bow_tie, None]))).tolist()
    [2.0, nan]
    """
    parts = np.array_split(shapes, len(shapes) // _BLOCK + 1)  # that fit into a cache
    row = np.flatnonzero(~np.concatenate([is_plain(part) for part in parts]))
    wrong = row[~shapely.is_valid(shapes[row]) & ~shapely.is_missing(shapes[row])]
    shapes = shapes.copy()
    is_finite = np.isfinite(shapely.bounds(shapes[wrong])).all(axis=1)
    shapes[wrong[~is_finite]] = None
    wrong = wrong[is_finite]
    made = shapely.make_valid(shapes[wrong], method="structure", keep_collapsed=False)
    made[shapely.is_empty(made)] = None
    shapes[wrong] = made
    return shapes


def cut(
    operation: Callable[..., Any], one: Shapes, two: Shapes, contact_m: float = CONTACT_M
) -> Shapes:
    """Return the polygons of what an operation such as `shapely.difference` finds, row by row.

    Parts of several that are not wider than a contact are left out.
    Where GEOS cannot node two shapes as they are, they are rounded to a grid of 1e-6 m.

    Examples
    --------
    >>> square = np.array([shapely.box(0, 0, 2, 2)])
    >>> shapely.area(cut(shapely.intersection, square, np.array([shapely.box(1, 1, 3, 3)])))
    array([1.])
    """
    try:
        found = np.asarray(operation(one, two), dtype=object)
    except shapely.GEOSException:
        found = np.empty(len(one), dtype=object)
        for at, pair in enumerate(zip(one, two, strict=True)):
            try:
                found[at] = operation(*pair)
            except shapely.GEOSException:
                found[at] = operation(*pair, grid_size=_GRID_M)
    several = np.flatnonzero(shapely.get_type_id(found) != 3)
    parts, row = shapely.get_parts(found[several], return_index=True)
    is_land = (shapely.get_type_id(parts) == 3) & (area_m2(parts, contact_m) > 0)
    kept = np.full(len(several), shapely.MultiPolygon(), dtype=object)
    shapely.multipolygons(parts[is_land], indices=row[is_land], out=kept)
    found[several] = kept
    return found


def area_m2(shapes: Shapes, contact_m: float) -> FloatArray:
    """Return areas, 0 for what is narrower than a contact (twice area over perimeter)."""
    area = shapely.area(shapes)
    return np.where(2 * area > contact_m * shapely.length(shapes), area, 0.0)


def shared_land(zones: Shapes, kind: IntArray) -> tuple[IntArray, IntArray, Shapes]:
    """Return pairs of zones of one kind that share land (positions, the earlier first), and it."""
    one, two = shapely.STRtree(zones).query(zones)
    pair = (one < two) & (kind[one] == kind[two])
    one, two = one[pair], two[pair]

    def is_inside(pairs: IntArray) -> BoolArray:
        # Most neighbours only touch, which is found in a third of the time. GEOS may not share a
        # prepared shape between threads (libgeos/geos#825).
        own = shapely.transform(zones, lambda xy: xy)
        shapely.prepare(own)
        return np.asarray(shapely.relate_pattern(own[one[pairs]], own[two[pairs]], "T********"))

    pair = np.concatenate(in_threads(is_inside, np.arange(len(one))))
    one, two = one[pair], two[pair]
    land = cut(shapely.intersection, zones[one], zones[two])
    is_land = area_m2(land, CONTACT_M) > 0
    return one[is_land], two[is_land], land[is_land]


def _within(
    parcels: Shapes, zones: Shapes, outlines: Chains, contact_m: float, grid_m: float | None
) -> tuple[IntArray, IntArray, Shapes]:
    """Return the pairs of a parcel and a zone that meet, sorted, and what they share."""
    parcel, slot = shapely.STRtree(zones).query(parcels)
    order = np.lexsort((slot, parcel))
    parcel, slot = parcel[order], slot[order]
    piece: Shapes = parcels[parcel]
    is_part = np.ones(len(piece), dtype=bool)
    if grid_m is None:
        of, zone, plain = crossed_once(parcels, outlines)
        row = np.searchsorted(parcel * len(zones) + slot, of * len(zones) + zone)
        piece[row], is_part[row] = plain, False
    shapely.prepare(zones)
    row = np.flatnonzero(is_part)
    is_part[row] = ~shapely.contains(zones[slot[row]], parcels[parcel[row]])
    row, meets = np.flatnonzero(is_part), ~is_part
    meets[row] = shapely.intersects(zones[slot[row]], parcels[parcel[row]])
    parcel, slot, is_part = parcel[meets], slot[meets], is_part[meets]
    piece = piece[meets]
    within = partial(shapely.intersection, grid_size=grid_m)
    piece[is_part] = cut(within, piece[is_part], zones[slot[is_part]], contact_m)
    return parcel, slot, piece


def cut_up(
    parcels: Shapes,
    zones: Shapes,
    kind: IntArray,
    is_crossed: BoolArray,
    outlines: Chains,
    contact_m: float = CONTACT_M,
    grid_m: float | None = None,
) -> Pieces:
    """Return the pieces of valid polygons of a plane; nothing for what meets no zone of a kind.

    Parameters
    ----------
    parcels, zones : array of shapes
        Zones stand kind by kind, after those of each kind stands None for "outside".
    kind : array of int
        Of each zone.
    is_crossed : array of bool
        Whether the zone may share land with another of its kind.
    outlines : Chains
        Of the zones.
    contact_m : float
        Pieces that are not wider are edge contact.
    grid_m : float or None
        To which coordinates are rounded; None only where pieces do not fill their parcel else.
    """
    parcel, slot, piece = _within(parcels, zones, outlines, contact_m, grid_m)
    without = partial(shapely.difference, grid_size=grid_m)
    area = area_m2(piece, contact_m)

    start, group = groups(parcel * (kind.max(initial=0) + 1) + kind[slot])
    rank = np.arange(len(group)) - start[group]
    own, shared = piece.copy(), np.zeros(len(piece))
    is_shared = (np.bincount(group, is_crossed[slot], len(start)) > 1)[group]
    taken: Shapes = piece[start]
    for place in range(1, rank[is_shared].max(initial=0) + 1):
        row = np.flatnonzero(is_shared & (rank == place))
        at = group[row]
        left = cut(without, piece[row], taken[at], contact_m)
        taken[at] = cut(shapely.union, taken[at], piece[row], contact_m)
        lost = area[row] - area_m2(left, contact_m)
        is_less = 2 * lost > contact_m * shapely.length(piece[row])
        own[row[is_less]], shared[row[is_less]] = left[is_less], lost[is_less]
    area = area - shared

    whole = parcels[parcel[start]]
    size, filled = shapely.area(whole), np.bincount(group, area, len(start))
    is_gap = 2 * (size - filled) > contact_m * shapely.length(whole)
    rest = whole.copy()
    for place in range(rank[is_gap[group]].max(initial=-1) + 1):
        row = np.flatnonzero(is_gap[group] & (rank == place))
        rest[group[row]] = cut(without, rest[group[row]], zones[slot[row]], contact_m)
    rest_area = np.where(is_gap, area_m2(rest, contact_m), 0.0)
    is_row, out = (area > 0) | (shared > 0), np.flatnonzero(rest_area > 0)
    outside = np.flatnonzero(shapely.is_missing(zones))
    found = Pieces(
        np.append(parcel[is_row], parcel[start[out]]),
        np.append(slot[is_row], outside[kind[slot[start[out]]]]),
        np.append(own[is_row], rest[out]),
        np.append(area[is_row], rest_area[out]),
        np.append(shared[is_row], np.zeros(len(out))),
    )
    slack = np.maximum(2 * contact_m * shapely.length(whole), _CLOSED * size)
    is_open = abs(filled + rest_area - size) > slack
    if grid_m is not None or not is_open.any():
        return found
    # GEOS may lose a part without a word where lines lie within rounding of each other.
    wrong = np.unique(parcel[start[is_open]])
    again = cut_up(parcels[wrong], zones, kind, is_crossed, outlines, contact_m, grid_m=_GRID_M)
    again = again._replace(parcel=wrong[again.parcel])
    is_good = ~np.isin(found.parcel, wrong)
    columns = zip(found, again, strict=True)
    return Pieces(*(np.append(one[is_good], two) for one, two in columns))
