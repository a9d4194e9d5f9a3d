"""Outlines as whole numbers: each point is the step from the one before, in 1e-7 degree."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

#: Steps in one degree; one step is about 1.1 cm.
STEP = 10_000_000


def outlines(geometry: gpd.GeoSeries) -> dict[str, Any]:
    """Return the polygons of all rows as flat lists.

    Parameters
    ----------
    geometry : GeoSeries
        Longitude, latitude in degrees; polygons, multipolygons or missing.

    Returns
    -------
    dict
        ``xy`` (steps, longitude and latitude in turn), ``rings`` (points in each ring, its
        closing point left out), ``polygons`` (rings in each polygon), ``features`` (polygons in
        each row; 0 where nothing is drawn).

    Examples
    --------
    >>> square = shapely.box(114.0, 22.0, 114.1, 22.1)
    >>> found = outlines(gpd.GeoSeries([None, square]))
    >>> found["features"], found["polygons"], found["rings"], found["xy"][:4]
    ([0, 1], [1], [4], [1141000000, 220000000, 0, 1000000])
    """
    shapes = np.asarray(geometry.array, dtype=object)
    area = np.isin(shapely.get_type_id(shapes), (3, 6))
    # The empty last row makes every list of offsets that of multipolygons.
    rows = np.full(len(shapes) + 1, shapely.MultiPolygon(), dtype=object)
    rows[:-1][area] = shapely.force_2d(shapes[area])
    _, points, (ring_ends, polygon_ends, row_ends) = shapely.to_ragged_array(rows)
    closing = np.zeros(len(points), dtype=bool)
    closing[ring_ends[1:] - 1] = True
    steps = np.rint(points[~closing] * STEP).astype(np.int64)
    steps[1:] = np.diff(steps, axis=0)
    return {
        "step": STEP,
        "xy": steps.ravel().tolist(),
        "rings": (np.diff(ring_ends) - 1).tolist(),
        "polygons": np.diff(polygon_ends).tolist(),
        "features": np.diff(row_ends)[:-1].tolist(),
    }
