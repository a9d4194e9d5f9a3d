"""Overlay: how much of each parcel lies in each zone, cut in an equal-area plane."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.measures.area import measured_area
from pingshan_geo.measures.crossing import Chains
from pingshan_geo.measures.cutting import Pieces, Shapes, cut_up, shared_land
from pingshan_geo.measures.grid import Boxes, Grid
from pingshan_geo.measures.plane import Plane, polygons
from pingshan_geo.measures.ragged import groups
from pingshan_geo.work import in_turn

# Parcels that one thread takes at a time, and those that are worth one.
_BLOCK, _LEAST_BLOCK = 25_000, 5_000
_PARTS = 20_000  # to divide long edges of zones into about as many
# To this distance from the centre a way in the plane is at most 3 % longer than on the ground
# (1 / cos(c / 2), Snyder 1987, p. 182), and a degree 0.4 % longer than 1/360 of the equator.
_NEAR_M, _STRETCH = 3e6, 1.05
_THIN = 1e-12  # degrees; of what is not wider, cutting tells whether it is land
_TIE = 1e-9  # below that, which of two is larger is the rounding of coordinates
_LEAST = (1.0, 0.1)  # m² and m: what is smaller or narrower is a sliver, if nobody says otherwise
_ONE = 2**53  # shares are whole multiples of 1 / _ONE, so that they add up exactly in any order


def overlay(
    parcels: gpd.GeoSeries,
    zones: gpd.GeoSeries,
    kinds: pd.Series[str],
    *,
    least_area_m2: float = _LEAST[0],
    least_width_m: float = _LEAST[1],
) -> gpd.GeoDataFrame:
    """Return how much of each parcel lies in each zone of each kind, and in none.

    Parameters
    ----------
    parcels, zones : GeoSeries
        Indexed by unique ids, in any CRS but Web Mercator. What is missing, empty or not polygonal
        enters nothing; of an invalid shape the polygons that `shapely.make_valid` finds do.
    kinds : Series
        Kind of each zone, on the index of ``zones``. Each kind is an overlay of its own.
    least_area_m2, least_width_m : float
        A piece smaller or narrower than this is a sliver. Its width is twice its area over its
        perimeter, which is the width of a long strip and half the side of a square.

    Returns
    -------
    GeoDataFrame
        A pair a row, ordered by parcel, kind (as first met) and zone; the part outside last:

        - ``parcel_id``, ``zone_id`` (None: in no zone of the kind), ``zone_kind``;
        - ``share`` of the parcel, ``area_m2`` (share × `measured_area` of the parcel) and
          ``share_of_zone`` (area over the equal-area area of the zone; NaN outside). For each
          parcel and kind, shares add up to exactly 1 and areas to the measured area, in any order;
        - ``shared_m2``: land that lies in an earlier zone of the kind too and is counted there. A
          pair whose land is all counted elsewhere has share 0;
        - ``is_whole`` (the row holds the whole parcel), ``is_sliver`` (never a whole one),
          ``is_dominant`` (for each parcel and kind, the row with the largest share that is no
          sliver, the land outside included; the first of those equal to 1e-9);
        - ``geometry``: the piece in the geographic CRS of the parcels; None where the row holds
          the whole parcel or nothing.

        Contact along an edge is no row, see `CONTACT_M`.

    Raises
    ------
    UsageError
        If a CRS is missing or Web Mercator, or no exact way is known between the two.

    Examples
    --------
    >>> lot = gpd.GeoSeries([shapely.box(114.0, 22.0, 114.004, 22.004)], ["lot"], crs="EPSG:4490")
    >>> east = gpd.GeoSeries([shapely.box(114.003, 22.0, 114.01, 22.01)], ["east"], crs="EPSG:4490")
    >>> pairs = overlay(lot, east, pd.Series(["base"], ["east"]))
    >>> pairs["zone_id"].tolist(), pairs["share"].round(6).tolist(), pairs["share"].sum()
    (['east', None], [0.25, 0.75], np.float64(1.0))
    """
    plane = Plane.about(parcels, zones)
    least = (least_area_m2, least_width_m)
    return Zoning.of(zones, kinds, plane, least).over(parcels)


@dataclass(frozen=True, slots=True)
class Zoning:
    """Zones made ready in a plane, to be laid over parcels part by part; see `overlay`.

    Attributes
    ----------
    plane : Plane
        One plane for all parts, so that each parcel's pieces are the same in any of them.
    ids : array of str
        Of the zones; None comes last, for "outside".
    kinds : array of str
        Names of the kinds.
    least : tuple of float
        Area in m² and width in m below which a piece is a sliver.
    """

    plane: Plane
    ids: Shapes
    kinds: Shapes
    least: tuple[float, float]
    _slots: _Slots

    @classmethod
    def of(
        cls,
        zones: gpd.GeoSeries,
        kinds: pd.Series[str],
        plane: Plane,
        least: tuple[float, float] = _LEAST,
    ) -> Zoning:
        """Return zones with their kinds, as for `overlay`, in a plane."""
        slots, names = _slots(plane.shapes(zones), kinds.reindex(zones.index))
        return cls(
            plane, np.append(zones.index.to_numpy(dtype=object), [None]), names, least, slots
        )

    def over(self, parcels: gpd.GeoSeries, area_m2: FloatArray | None = None) -> gpd.GeoDataFrame:
        """Return what `overlay` returns of some parcels, of which `measured_area` may be known."""
        found = measured_area(parcels).to_numpy() if area_m2 is None else area_m2
        known = np.asarray(found, dtype=np.float64)

        def pairs(at: int) -> pd.DataFrame:
            some = slice(at, at + size)
            block = _block(parcels.iloc[some], known[some], self.plane, self._slots, self.least)
            block["parcel"] += at
            return block

        cores = os.cpu_count() or 1
        size = min(_BLOCK, max(_LEAST_BLOCK, -(-len(parcels) // cores)))
        starts = range(0, max(len(parcels), 1), size)
        table = pd.concat(in_turn(pairs, starts), ignore_index=True)
        slot = table.pop("slot").to_numpy()
        table.insert(0, "parcel_id", parcels.index.take(table.pop("parcel").to_numpy()))
        table.insert(1, "zone_id", pd.Series(self.ids[self._slots.zone[slot]], dtype=object))
        table.insert(2, "zone_kind", pd.Series(self.kinds[self._slots.kind[slot]], dtype=object))
        return gpd.GeoDataFrame(table, geometry="geometry", crs=self.plane.crs)


def overlapping_zones(zones: gpd.GeoSeries, kinds: pd.Series[str]) -> gpd.GeoDataFrame:
    """Return the pairs of zones of one kind that share land, slivers left out.

    Parameters
    ----------
    zones, kinds
        As for `overlay`.

    Returns
    -------
    GeoDataFrame
        ``zone_id``, ``other_id`` (the later of the two, which loses the land), ``zone_kind``,
        ``area_m2`` (geodesic) and ``geometry``, the shared land in the geographic CRS of the zones.

    Examples
    --------
    >>> east = gpd.GeoSeries([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)], crs="EPSG:4490")
    >>> overlapping_zones(east, pd.Series(["base", "base"])).geometry.iloc[0].bounds[::2]
    (1.0, 2.0)
    """
    plane = Plane.about(zones)
    slots, names = _slots(plane.shapes(zones), kinds.reindex(zones.index))
    one, two, piece = shared_land(slots.shape, slots.kind)
    wide = ~_is_sliver(shapely.area(piece), shapely.length(piece), _LEAST)
    one, two = one[wide], two[wide]
    shape = gpd.GeoSeries(plane.lonlat(piece[wide]), crs=plane.crs)
    columns = {
        "zone_id": zones.index.take(slots.zone[one]),
        "other_id": zones.index.take(slots.zone[two]),
        "zone_kind": pd.Series(names[slots.kind[one]], dtype=object),
        "area_m2": measured_area(shape),
    }
    return gpd.GeoDataFrame(columns, geometry=shape)


@dataclass(frozen=True, slots=True)
class _Slots:
    """The zones kind by kind, after those of each kind a slot without a shape for "outside"."""

    shape: Shapes
    zone: IntArray  # position among the zones, -1 for outside
    kind: IntArray
    is_crossed: BoolArray  # whether the zone shares land with another of its kind
    outlines: Chains
    edges: Boxes  # of the edges of the zones


def _slots(zones: Shapes, kinds: pd.Series[str]) -> tuple[_Slots, Shapes]:
    """Return the slots of zones in the plane, and the names of the kinds."""
    codes, names = pd.factorize(kinds)
    usable = np.flatnonzero(~shapely.is_missing(zones) & (codes >= 0))
    used, kind = np.unique(codes[usable], return_inverse=True)
    kind = np.append(kind, np.arange(len(used)))
    order = np.argsort(kind, kind="stable")
    zone = np.append(usable, np.full(len(used), -1))[order]
    shape, kind = np.append(zones, [None])[zone], kind[order]
    one, two, _ = shared_land(shape, kind)
    is_crossed = np.isin(np.arange(len(zone)), np.append(one, two))
    slots = _Slots(shape, zone, kind, is_crossed, Chains.of(shape), _edges(shape))
    return slots, np.asarray(names, dtype=object)[used]


def _edges(zones: Shapes) -> Boxes:
    """Return the boxes of the edges of zones, long edges divided so that theirs are small."""
    rings = shapely.get_rings(shapely.get_parts(zones))
    if len(rings):
        rings = shapely.segmentize(rings, shapely.length(rings).sum() / _PARTS)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    x, y = np.stack([xy[start], xy[start + 1]]).transpose(2, 0, 1)
    return np.stack([x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)])


def _discs(lonlat: Shapes, plane: Plane) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return x, y and radius of discs of the plane that hold shapes in longitude and latitude.

    No corner of a shape is farther from the middle of its box than the corners of the box, and what
    holds its corners holds its edges, which are straight in the plane. Too far from the centre to
    tell, radii are infinite.
    """
    west, south, east, north = shapely.bounds(lonlat).T
    lat = (south + north) / 2
    x, y = plane.way.transform((west + east) / 2, lat)
    longest = np.maximum(np.abs(lat) - (north - south) / 2, 0)  # parallel of the box
    half = np.hypot((east - west) * np.cos(np.radians(longest)), north - south) / 2
    radius = _STRETCH * plane.crs.get_geod().a * np.radians(half)
    return x, y, np.where(np.hypot(x, y) + radius < _NEAR_M, radius, np.inf)


def _fields(boxes: Boxes, edges: Boxes) -> IntArray:
    """Return numbers of fields in which boxes lie, -1 where one may meet the box of an edge.

    No edge runs between boxes of one field: the boxes' first cells lie in a row of cells of a grid
    that no edge interrupts. The land between edges is many fields.
    """
    if not boxes.size:
        return np.zeros(0, dtype=np.int64)
    low, high = boxes[:2].min(axis=1), boxes[2:].max(axis=1)
    is_here = (edges[:2] <= high[:, None]).all(axis=0) & (edges[2:] >= low[:, None]).all(axis=0)
    grid = Grid(low, high, 3 * math.isqrt(boxes.shape[1]) + 1)
    is_crossed = grid.marked(edges[:, is_here])
    field = is_crossed.cumsum().reshape(is_crossed.shape) + np.arange(grid.side)[:, None]
    west, south, _, _ = grid.cells(boxes)
    return np.where(grid.count(is_crossed, boxes) == 0, field[west, south], -1)


def _settled(parcel: IntArray, slot: IntArray, kind: IntArray) -> Pieces:
    """Return whole parcels within the first zone of each kind, all shared with the later ones."""
    order = np.lexsort((slot, parcel))
    parcel, slot = parcel[order], slot[order]
    start, _ = groups(parcel * (kind.max(initial=0) + 1) + kind[slot])
    area = np.zeros(len(parcel))
    area[start] = 1.0
    return Pieces(parcel, slot, np.full(len(parcel), None), area, 1.0 - area)


def _pieces(shapes: Shapes, plane: Plane, slots: _Slots, zones: Shapes) -> Pieces:
    """Return the pieces of parcels in longitude and latitude, ordered by parcel and slot.

    A parcel about which no edge of a zone runs lies where the middle of its box does.
    """
    usable = np.flatnonzero(~shapely.is_missing(shapes))
    x, y, radius = _discs(shapes[usable], plane)
    is_wide = 2 * shapely.area(shapes[usable]) > _THIN * shapely.length(shapes[usable])
    told = np.flatnonzero(np.isfinite(radius) & is_wide)
    boxes = np.stack([x - radius, y - radius, x + radius, y + radius])[:, told]
    field = _fields(boxes, slots.edges)
    clear, field = told[field >= 0], field[field >= 0]
    _, first, field = np.unique(field, return_index=True, return_inverse=True)
    middle = np.asarray(shapely.points(x[clear[first]], y[clear[first]]))
    at, slot = shapely.STRtree(zones).query(middle)
    shapely.prepare(zones)
    is_within = shapely.contains(zones[slot], middle[at])
    pairs = pd.DataFrame({"field": at[is_within], "slot": slot[is_within]})
    found = pd.DataFrame({"field": field, "parcel": usable[clear]}).merge(pairs, on="field")
    settled = _settled(found["parcel"].to_numpy(), found["slot"].to_numpy(), slots.kind)

    is_open = ~shapely.is_missing(shapes)
    is_open[usable[clear]] = False
    open_ = np.flatnonzero(is_open)
    flat = plane.metres(shapes[open_])
    pieces = cut_up(flat, zones, slots.kind, slots.is_crossed, slots.outlines)
    pieces = pieces._replace(parcel=open_[pieces.parcel])

    # What meets no zone of a kind lies outside of it.
    is_bare = np.zeros((len(shapes), slots.kind.max(initial=-1) + 1), dtype=bool)
    is_bare[usable] = True
    is_bare[open_[shapely.is_missing(flat)]] = False
    for some in (settled, pieces):
        is_bare[some.parcel, slots.kind[some.slot]] = False
    parcel, kind = np.nonzero(is_bare)
    bare = _settled(parcel, np.flatnonzero(slots.zone < 0)[kind], slots.kind)
    columns = zip(settled, pieces, bare, strict=True)
    together: list[Any] = [np.concatenate(column) for column in columns]
    order = np.lexsort((together[1], together[0]))  # by slot within the parcel
    return Pieces(*(column[order] for column in together))


def _block(
    parcels: gpd.GeoSeries, area_m2: FloatArray, plane: Plane, slots: _Slots,
    least: tuple[float, float],
) -> pd.DataFrame:  # fmt: skip
    """Return the rows of some parcels, ``parcel`` and ``slot`` being positions."""
    parcels = parcels.to_crs(plane.crs)
    # GEOS may not share a prepared shape between threads (libgeos/geos#825).
    zones = shapely.transform(slots.shape, lambda xy: xy)
    found = _pieces(polygons(parcels), plane, slots, zones)
    parcel, slot, piece, area = found.parcel, found.slot, found.piece, found.area
    measured = area_m2[parcel]
    start, group = groups(parcel * (slots.kind.max(initial=0) + 1) + slots.kind[slot])
    total = np.bincount(group, area, len(start))[group]
    share = _whole_parts(area / total, np.full(len(start), _ONE), start, group) / _ONE
    # An area is a whole number of units of the last place of the parcel's.
    fraction, power = np.frexp(measured)
    units = np.nan_to_num(np.ldexp(fraction, 53)).astype(np.int64)
    parts = _whole_parts(share, units[start], start, group).astype(np.float64)
    land = np.where(np.isnan(measured), np.nan, np.ldexp(parts, power - 53))

    is_piece = (share > 0) & (share < 1)
    is_sliver = is_piece & _is_sliver(area, shapely.length(piece), least)
    candidate = np.where(is_sliver, 0.0, share)
    is_dominant = np.zeros(len(share), dtype=bool)
    is_dominant[_largest(candidate, start, group)] = True
    geometry = np.full(len(piece), None)
    geometry[is_piece] = plane.lonlat(piece[is_piece])
    zone_area = np.where(slots.zone < 0, np.nan, shapely.area(slots.shape))
    columns = {
        "parcel": parcel,
        "slot": slot,
        "share": share,
        "area_m2": land,
        "share_of_zone": land / zone_area[slot],
        "shared_m2": found.shared / total * measured,
        "is_whole": share == 1,
        "is_sliver": is_sliver,
        "is_dominant": is_dominant & (candidate > 0),
        "geometry": pd.Series(geometry, dtype=object),
    }
    return pd.DataFrame(columns)


def _is_sliver(area: FloatArray, length: FloatArray, least: tuple[float, float]) -> BoolArray:
    return np.asarray((area < least[0]) | (2 * area < least[1] * length))


def _largest(value: FloatArray | IntArray, start: IntArray, group: IntArray) -> IntArray:
    """Return the first row of each group whose value is the largest, or equal to it to 1e-9."""
    row = np.flatnonzero(value >= (1 - _TIE) * np.maximum.reduceat(value, start)[group])
    return row[groups(group[row])[0]]


def _whole_parts(part: FloatArray, whole: IntArray, start: IntArray, group: IntArray) -> IntArray:
    """Return whole numbers in given parts that add up; the largest bears the rounding."""
    count = np.rint(part * whole[group]).astype(np.int64)
    count[_largest(count, start, group)] += whole - np.add.reduceat(count, start)
    return count
