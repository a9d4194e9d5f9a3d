"""What a resurvey would change an area by: propagation of the position error of corners."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.area import is_polygonal

#: Two areas differ when they lie further apart than so many standard deviations: of a thousand
#: lots that agree, three are then called wrong by chance; two would call fifty.
SIGMAS = 3.0
_A_M, E2 = 6_378_137.0, 0.00669438002290  # GRS 80


def area_sigma_per_m(geometry: gpd.GeoSeries) -> FloatArray:
    """Return the standard deviation of each area for a position error of 1 m.

    Parameters
    ----------
    geometry : GeoSeries
        Polygons and multipolygons in any CRS.

    Returns
    -------
    array of float
        m² per m; 0 where there is no outline.

    Notes
    -----
    The area is A = ½ Σ x(i)·(y(i+1) - y(i-1)), so ∂A/∂x(i) = ½ (y(i+1) - y(i-1)) and
    ∂A/∂y(i) = -½ (x(i+1) - x(i-1)). Each coordinate scatters by m/√2 where m is the standard
    error of a corner's position, independently: σ² = m²/8 · Σ |P(i+1) - P(i-1)|², over all rings
    (Ghilani, Adjustment Computations, on area by coordinates).

    Examples
    --------
    A square of side s gives m·s: each of four diagonals counts 2s².

    >>> square = gpd.GeoSeries([shapely.box(0, 0, 30, 30)], crs="EPSG:4547")
    >>> area_sigma_per_m(square).round(6).tolist()
    [30.0]
    """
    shapes = geometry.to_numpy()
    polygonal = is_polygonal(shapes)
    of_part, parts = np.flatnonzero(polygonal), shapes[polygonal]
    if (shapely.get_type_id(parts) == 6).any():
        parts, of_polygon = shapely.get_parts(parts, return_index=True)
        of_part = of_part[of_polygon]
    square: FloatArray = np.zeros(len(shapes))
    if len(parts):
        _, xy, (starts, part_starts) = shapely.to_ragged_array(parts, include_z=False)
        chords = _chords_squared(xy, starts.astype(np.int64), degrees=_is_in_degrees(geometry))
        of_part_total = np.add.reduceat(chords, starts[part_starts[:-1]])
        square += np.bincount(of_part, weights=of_part_total, minlength=len(shapes))
    return np.asarray(np.sqrt(square / 8), dtype=np.float64)


def _is_in_degrees(geometry: gpd.GeoSeries) -> bool:
    return bool(geometry.crs is not None and geometry.crs.is_geographic)


def _chords_squared(xy: FloatArray, starts: IntArray, *, degrees: bool) -> FloatArray:
    """Return at each position but a ring's last the squared way to the next but one, in m²."""
    way = np.zeros_like(xy)
    np.subtract(xy[2:], xy[:-2], out=way[:-2])
    last = starts[1:] - 1  # repeats the first: the way before it leads to the second
    way[last - 1] = xy[starts[:-1] + 1] - xy[last - 1]
    way[last] = 0.0
    if degrees:
        east, north = _metres_per_degree(xy[:, 1])
        way[:, 0] *= east
        way[:, 1] *= north
    return np.asarray(np.einsum("ij,ij->i", way, way), dtype=np.float64)


def _metres_per_degree(lat_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the metres of a degree east and north, by the radii of curvature of GRS 80."""
    sine = np.sin(np.radians(lat_deg))
    square = 1 - E2 * sine**2
    degree = np.radians(_A_M)
    return (
        degree / np.sqrt(square) * np.sqrt(1 - sine**2),
        degree * (1 - E2) / square / np.sqrt(square),
    )


def rings(geometry: gpd.GeoSeries) -> tuple[IntArray, FloatArray, IntArray]:
    """Return where each ring starts (and the end), all positions in metres, and each ring's shape.

    Degrees become metres about the first corner of the ring, true to 1e-4 over a kilometre.
    """
    parts, of_part = shapely.get_parts(geometry.to_numpy(), return_index=True)
    kept = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    lines, ring_part = shapely.get_rings(parts[kept], return_index=True)
    xy = shapely.get_coordinates(lines)
    starts = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(lines))]).astype(np.int64)
    if _is_in_degrees(geometry):
        origin = np.repeat(xy[starts[:-1]], np.diff(starts), axis=0)
        xy = (xy - origin) * np.column_stack(_metres_per_degree(origin[:, 1]))
    return starts, xy, of_part[kept][ring_part]
