"""A delivery beside the outline of its district: how it lies there, and how far off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.ingest.placement import Placement, from_dms, vertices

Array = npt.NDArray[np.float64]

_SAMPLE = 1000  # vertices
_PIECES = 40  # polygons whose areas are compared
# Outlines are drawn coarsely: a vertex this far outside, of the outline's width, still fits.
_COARSE, _COARSE_M = 0.01, 30.0
_DIRECTIONS = 72
_INSET = 0.05  # of the outline's width: a layer further inside does not fill it
_SURE_M = 0.5  # no shift is known better than this


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a layer lies from where it should, east and north in metres, and how surely."""

    east: float
    north: float
    sigma_m: float

    @property
    def length_m(self) -> float:
        """The length of the shift."""
        return float(np.hypot(self.east, self.north))

    @property
    def is_seen(self) -> bool:
        """Whether the shift is more than chance and than what outlines are exact to."""
        return self.length_m > max(5 * self.sigma_m, 15.0)


@dataclass(frozen=True, slots=True)
class Look:
    """How a delivery lies under one placement.

    Attributes
    ----------
    placement : Placement
    fit : float
        Share of its vertices in the district, 0 to 1.
    middle : array of float, shape (2,)
        Longitude and latitude of its middle; NaN where it has none.
    room_m : float
        How far it could be moved and would still lie in the district, about.
    shift : Shift or None
        Its distance from the place where it fits; None where nothing shows one.
    """

    placement: Placement
    fit: float
    middle: Array
    room_m: float
    shift: Shift | None


class Scene:
    """A delivery and what is known about where it must lie.

    Parameters
    ----------
    geometry : array of shapely geometries
        As delivered.
    outline : shapely geometry
        Of the district, longitude and latitude.
    anchors : pair of arrays, optional
        The same objects as delivered, and where they are known to lie (longitude, latitude).
    """

    def __init__(
        self,
        geometry: npt.NDArray[Any],
        outline: Any,
        anchors: tuple[npt.NDArray[Any], npt.NDArray[Any]] | None = None,
    ) -> None:
        import pyproj

        self._pieces = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
        self.xy = vertices(geometry, _SAMPLE)
        self.pieces = self._pieces[:: max(1, len(self._pieces) // _PIECES)]
        self.outline = outline
        middle = outline.centroid
        self.centre = np.array([middle.x, middle.y])
        self._plane = pyproj.Proj(
            f"+proj=aeqd +lon_0={middle.x!r} +lat_0={middle.y!r} +ellps=GRS80"
        )
        shape = shapely.transform(outline, self.metres)
        west, south, east, north = shape.bounds
        self.width_m = float(np.hypot(east - west, north - south))
        self.slack_m = _COARSE * self.width_m + _COARSE_M
        self._within = shape.buffer(self.slack_m)
        shapely.prepare(self._within)
        self._edge = shape.boundary
        shapely.prepare(self._edge)
        self._rim = shapely.get_coordinates(shapely.convex_hull(shape))
        self._anchors = None
        if anchors is not None:
            drawn = np.logical_and(*(shapely.get_num_coordinates(each) > 0 for each in anchors))
            delivered, known = (
                shapely.get_coordinates(shapely.centroid(each[drawn])) for each in anchors
            )
            if len(known) > 2:
                self._anchors = delivered, self.metres(known)
        self._looks: dict[Placement, Look] = {}
        self._hulls: dict[bool, Array] = {}

    def metres(self, lonlat: Array) -> Array:
        """Return positions in the plane of the scene, the district's middle at 0, 0."""
        return np.column_stack(self._plane(lonlat[:, 0], lonlat[:, 1], errcheck=False))

    def look(self, placement: Placement) -> Look:
        """Return how the delivery lies when it is read so."""
        if placement not in self._looks:
            self._looks[placement] = self._looked(placement)
        return self._looks[placement]

    def _looked(self, placement: Placement) -> Look:
        lonlat = placement.approximate(self.xy)
        known = np.isfinite(lonlat[:, 0])
        if not known.any():
            return Look(placement, 0.0, np.full(2, np.nan), 0.0, None)
        plane = self.metres(lonlat[known])
        inside = shapely.contains_xy(self._within, plane)
        fit = float(inside.sum() / len(lonlat))
        middle = np.median(lonlat[known], axis=0)
        if fit < 0.01:
            return Look(placement, fit, middle, 0.0, None)
        room = np.median(shapely.distance(self._edge, shapely.points(plane[inside][::9])))
        return Look(placement, fit, middle, float(room), self._shift(placement))

    def _shift(self, placement: Placement) -> Shift | None:
        if self._anchors is not None:
            delivered, known = self._anchors
            apart = self.metres(placement.approximate(delivered)) - known
            apart = apart[np.isfinite(apart).all(axis=1)]
            if len(apart) > 2:
                east, north = np.median(apart, axis=0)
                spread = 1.4826 * np.median(np.abs(apart - (east, north)))
                sigma = max(spread / np.sqrt(len(apart)), _SURE_M)
                return Shift(float(east), float(north), float(sigma))
        hull = self._hull(dms=placement.dms)
        lonlat = replace(placement, dms=False).approximate(hull)
        if not np.isfinite(lonlat).all():
            return None
        return support_shift(self.metres(lonlat), self._rim, _INSET * self.width_m)

    def _hull(self, *, dms: bool) -> Array:
        # Of all vertices: the farthest ones decide. Decoding dms keeps no straight line straight.
        if dms not in self._hulls:
            numbers = shapely.get_coordinates(self._pieces if dms else outermost(self._pieces))
            numbers = numbers[np.isfinite(numbers).all(axis=1)]
            numbers = from_dms(numbers) if dms else numbers
            line = shapely.linestrings(np.concatenate([numbers[:1], numbers]))
            self._hulls[dms] = shapely.get_coordinates(shapely.convex_hull(line))
        return self._hulls[dms]


def outermost(pieces: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the shapes that may touch the convex hull of all; the others surely lie within it.

    Examples
    --------
    >>> east, north = np.mgrid[0:9, 0:9].reshape(2, -1)
    >>> len(outermost(shapely.box(east, north, east + 1, north + 1)))
    32
    """
    box = shapely.bounds(pieces)
    turn = np.arange(8) * (np.pi / 4)
    far = [
        np.argmax(np.nan_to_num(_reach(box, *way), nan=-np.inf, posinf=-np.inf))
        for way in zip(np.cos(turn), np.sin(turn), strict=True)
    ]
    # The hull of a few that lie far out: what lies inside of all its edges cannot be outermost.
    inner: Any = shapely.convex_hull(shapely.geometrycollections(pieces[far]))
    if inner.geom_type != "Polygon" or not np.isfinite(inner.bounds).all():
        return pieces
    ring = shapely.get_coordinates(shapely.orient_polygons(inner))
    is_out = np.zeros(len(pieces), dtype=bool)
    for start, (east, north) in zip(ring, np.diff(ring, axis=0), strict=False):
        is_out |= ~(_reach(box, north, -east) < start @ (north, -east))
    return pieces[is_out]


def _reach(box: Array, x: float, y: float) -> Array:
    """Return how far boxes reach in a direction."""
    with np.errstate(invalid="ignore"):  # an infinite box
        return box[:, 2 if x > 0 else 0] * x + box[:, 3 if y > 0 else 1] * y


def support_shift(layer: Array, outline: Array, most_inset_m: float) -> Shift | None:
    """Return the shift between two hulls, None where the layer does not fill the outline.

    The farthest point in each direction u (the support function of a convex hull) moves by the
    product d·u when a layer moves by d. From all directions, d and a common inset follow by least
    absolute residuals; what is left over gives the standard error.

    Parameters
    ----------
    layer, outline : array of float, shape (n, 2)
        Vertices in metres.
    most_inset_m : float
        A layer that stays further inside than this does not fill the outline.

    Examples
    --------
    >>> square = np.array([[0, 0], [900, 0], [900, 900], [0, 900.0]])
    >>> shift = support_shift(square + (588, -300), square, 50)
    >>> round(shift.east), round(shift.north)
    (588, -300)
    """
    turn = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
    along = np.column_stack([np.cos(turn), np.sin(turn)])
    reach = [each @ along.T for each in (layer, outline)]
    gap = reach[0].max(axis=0) - reach[1].max(axis=0)
    parts = np.column_stack([along, np.ones(_DIRECTIONS)])
    weight = np.ones(_DIRECTIONS)
    for _ in range(20):  # reweighted least squares: large residuals lose their pull
        scaled = parts * weight[:, None]
        found = np.linalg.lstsq(scaled, gap * weight, rcond=None)[0]
        left = np.abs(gap - parts @ found)
        weight = 1 / np.sqrt(np.maximum(left, 0.1))
    if abs(found[2]) > most_inset_m:
        return None
    corners = min(len(np.unique(each.argmax(axis=0))) for each in reach)
    sigma = 1.4826 * np.median(left) * np.sqrt(2 / max(corners - 3, 1))
    return Shift(float(found[0]), float(found[1]), float(max(sigma, _SURE_M)))
