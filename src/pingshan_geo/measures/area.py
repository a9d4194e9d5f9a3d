"""Areas: geodesic on the ellipsoid for the truth, and in the Gauss-Krüger plane beside it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.crs import gauss_kruger_epsg, require_measurable
from pingshan_geo.figure import BoolArray, FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.ragged import is_one_ring

# On the authalic sphere a geodesic bends away from the great circle with curvature
# e²/(2R)·sin 2φ·sin α; the area between the two, κL³/12, is added (up to 4e-5 m² at 100 m). What is
# left is less than a hundredth of it and grows as L³ too: longer edges are halved along the
# geodesic, which lets it be taken out (Richardson).
_SHORT_M, _PIECE_M = 100.0, 5_000.0
_BLOCK = 50_000  # shapes at a time, so that a million takes no gigabyte


def measured_area(geometry: gpd.GeoSeries) -> pd.Series[float]:
    """Return geodesic areas on the ellipsoid of the geometry's CRS.

    Parameters
    ----------
    geometry : GeoSeries
        Polygons and multipolygons in any CRS but Web Mercator; projected coordinates are taken
        back to longitude and latitude first. Ring direction does not matter; holes are
        subtracted and parts summed.

    Returns
    -------
    Series
        m² on the same index; NaN for a missing, empty or not polygonal geometry, and for a ring
        around a pole or the earth. Equal to the geodesic area of Karney (2013) to 1e-7, or
        1e-4 m² where that is more.

    Raises
    ------
    UsageError
        If the CRS is missing or Web Mercator.

    Notes
    -----
    Latitudes become authalic ones (Snyder 1987, p. 16), on whose sphere the spherical excess of
    each edge over the equator is summed in closed form; see `_SHORT_M` for long edges.

    Examples
    --------
    >>> square = shapely.box(114.0, 22.0, 114.01, 22.01)
    >>> round(float(measured_area(gpd.GeoSeries([square], crs="EPSG:4490")).iloc[0]), 2)
    1143385.21
    """
    crs = require_measurable(geometry.crs)
    if not crs.is_geographic:
        geometry = geometry.to_crs(crs.geodetic_crs)
    geod = crs.get_geod()
    shapes = geometry.to_numpy()
    polygonal = is_polygonal(shapes)
    area = np.full(len(shapes), np.nan)
    for at in range(0, len(shapes), _BLOCK):
        rows = at + np.flatnonzero(polygonal[at : at + _BLOCK])
        area[rows] = _polygon_areas(shapes[rows], geod)
    return pd.Series(area, index=geometry.index, name="measured_area_m2")


def measured_area_plane(geometry: gpd.GeoSeries) -> pd.Series[float]:
    """Return areas in the CGCS2000 3-degree Gauss-Krüger plane, zone by each centre's longitude.

    Parameters
    ----------
    geometry : GeoSeries
        As for `measured_area`.

    Returns
    -------
    Series
        m² on the same index; NaN where there is no polygon, or outside of 73.5 to 136.5 degrees
        east.

    Raises
    ------
    UsageError
        If the CRS is missing or Web Mercator.
    """
    import pyproj

    crs = require_measurable(geometry.crs)
    if not crs.is_geographic:
        geometry = geometry.to_crs(crs.geodetic_crs)
    shapes = geometry.to_numpy()
    usable = is_polygonal(shapes)
    area = np.full(len(shapes), np.nan)
    bounds = shapely.bounds(shapes)
    epsg = np.where(usable, gauss_kruger_epsg((bounds[:, 0] + bounds[:, 2]) / 2), 0)
    for code in np.unique(epsg[epsg > 0]):
        # CGCS2000 and WGS 84 are one for areas, so the projection alone is applied.
        plane = pyproj.Proj(pyproj.CRS.from_epsg(int(code)))
        here = epsg == code

        def project(lonlat: FloatArray, plane: Any = plane) -> FloatArray:
            return np.column_stack(plane(*lonlat.T))

        flat = shapely.transform(shapes[here], project)
        area[here] = shapely.area(flat)
    return pd.Series(area, index=geometry.index, name="measured_area_plane_m2")


def is_polygonal(shapes: ObjectArray) -> BoolArray:
    """Return which shapes are polygons or multipolygons that are not empty."""
    kind = shapely.get_type_id(shapes)
    return np.asarray(((kind == 3) | (kind == 6)) & ~shapely.is_empty(shapes))


def _polygon_areas(shapes: ObjectArray, geod: Any) -> FloatArray:
    """Return areas of polygons and multipolygons; a plain polygon is its ring."""
    plain = is_one_ring(shapes)
    area = np.empty(len(shapes))
    area[plain] = _ring_areas(shapes[plain], geod)
    parts, part_of = shapely.get_parts(shapes[~plain], return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    ring = _ring_areas(rings, geod)
    ring[np.diff(ring_of, prepend=-1) == 0] *= -1  # holes follow their outer ring
    area[~plain] = np.bincount(part_of[ring_of], weights=ring, minlength=(~plain).sum())
    return area


@np.errstate(all="ignore")  # at no place, or from pole to pole: unknown
def _ring_areas(rings: ObjectArray, geod: Any) -> FloatArray:
    """Return areas of rings, or of polygons of one ring, from one flat array of coordinates."""
    lonlat, ring_of = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring_of[1:] == ring_of[:-1])  # the last position starts no edge
    excess, turn = _edges(lonlat, start, geod)
    ring_of = ring_of[start]
    area = np.abs(np.bincount(ring_of, excess, len(rings))).astype(np.float64)
    # Degrees are exact differences, so a ring that does not go round a pole turns by exactly 0.
    area[np.abs(np.bincount(ring_of, turn, len(rings))) > 180] = np.nan
    return area


def _edges(lonlat: FloatArray, start: IntArray, geod: Any) -> tuple[FloatArray, FloatArray]:
    """Return the area between each edge and the equator in m², and its turn in degrees.

    Edges go from some places in a list of vertices to the next.
    """
    one, two = lonlat[start], lonlat[start + 1]
    tangent = _half_tangent(lonlat[:, 1], geod)
    area, turn = _short_edges(one, two, tangent[start], tangent[start + 1], geod)
    middle = np.cos(np.radians((one[:, 1] + two[:, 1]) / 2))
    length = np.radians(np.hypot(two[:, 1] - one[:, 1], turn * middle)) * geod.a
    long = np.flatnonzero(length > _SHORT_M)
    if long.size:
        area[long] = _long_edges(one[long], two[long], geod)
    # From 180 degrees west to 180 degrees east: nothing, or once round the earth.
    area[np.abs(two[:, 0] - one[:, 0]) >= 360] = np.nan
    return area, turn


def _long_edges(one: FloatArray, two: FloatArray, geod: Any) -> FloatArray:
    """Return the area under long edges by halving pieces of the geodesic, extrapolated."""
    azimuth, _, length = geod.inv(*one.T, *two.T)
    length = np.where(np.isfinite(length), length, np.nan)  # of no place: its area is unknown
    pieces = np.fmax(np.ceil(length / _PIECE_M), 1).astype(np.int64)
    count = 2 * pieces + 1
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    of_edge = np.repeat(np.arange(len(one)), count)
    step = np.arange(count.sum()) - first[of_edge]
    way = length[of_edge] * step / (2 * pieces[of_edge])
    points = np.column_stack(geod.fwd(*one[of_edge].T, azimuth[of_edge], way)[:2])
    points[first], points[first + count - 1] = one, two
    fine = np.delete(np.arange(count.sum()), first + count - 1)
    tangent = _half_tangent(points[:, 1], geod)

    def summed(start: IntArray, stride: int) -> FloatArray:
        two = start + stride
        area, _ = _short_edges(points[start], points[two], tangent[start], tangent[two], geod)
        return np.bincount(of_edge[start], weights=area).astype(np.float64)

    halves, wholes = summed(fine, 1), summed(fine[step[fine] % 2 == 0], 2)
    return np.asarray(halves + (halves - wholes) / 3, dtype=np.float64)


def _short_edges(
    one: FloatArray, two: FloatArray, t_one: FloatArray, t_two: FloatArray, geod: Any
) -> tuple[FloatArray, FloatArray]:
    """Return the area between short geodesics and the equator in m², and turn in degrees.

    With the ends of each come the half tangents of their latitudes.
    """
    turn = two[:, 0] - one[:, 0]
    # Across the antimeridian each side is taken from it, which near it loses no digit.
    half = np.where(np.abs(turn) > 180, np.copysign(180.0, -turn), 0.0)
    turn = (two[:, 0] + half) - (one[:, 0] - half)
    quotient = np.tan(np.radians(turn) / 2) * (t_one + t_two) / (1 + t_one * t_two)
    middle = np.radians((one[:, 1] + two[:, 1]) / 2)
    north, east = np.radians(two[:, 1] - one[:, 1]), np.radians(turn) * np.cos(middle)
    bend = geod.es / 24 * np.sin(2 * middle) * east * (north**2 + east**2)
    return (2 * np.arctan(quotient) + bend) * _authalic_radius_squared(geod), turn


def _q(sine: FloatArray | float, geod: Any) -> Any:
    if geod.es == 0:
        return 2 * sine
    e = np.sqrt(geod.es)
    return (1 - geod.es) * (sine / (1 - geod.es * sine**2) + np.arctanh(e * sine) / e)


def _half_tangent(latitude_deg: FloatArray, geod: Any) -> FloatArray:
    """Return tan(ξ/2) of the authalic latitude ξ."""
    sine = np.clip(_q(np.sin(np.radians(latitude_deg)), geod) / _q(1.0, geod), -1, 1)
    return np.asarray(sine / (1 + np.sqrt((1 - sine) * (1 + sine))), dtype=np.float64)


def _authalic_radius_squared(geod: Any) -> float:
    return float(geod.a**2 * _q(1.0, geod) / 2)
