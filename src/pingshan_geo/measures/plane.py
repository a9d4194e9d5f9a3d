"""An equal-area plane about the data, in metres: where shares, cuts and tolerances are computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from pingshan_geo.crs import exact_way, require_measurable
from pingshan_geo.figure import FloatArray
from pingshan_geo.measures.area import is_polygonal
from pingshan_geo.measures.cutting import Shapes, valid
from pingshan_geo.work import in_threads


@dataclass(frozen=True, slots=True)
class Plane:
    """Lambert's azimuthal equal-area projection about a point, on the ellipsoid of a CRS.

    Areas are true everywhere; within 100 km of the centre distances are true to 1e-4 and straight
    lines are geodesics to a millimetre in a kilometre (Snyder 1987, pp. 182-190). May be used by
    several threads at once.

    Attributes
    ----------
    crs : pyproj CRS
        Geographic CRS of the shapes outside.
    way : pyproj Transformer
        From longitude and latitude to metres.
    """

    crs: Any
    way: Any

    @classmethod
    def about(cls, *geometry: gpd.GeoSeries) -> Plane:
        """Return the plane about the middle of some geometry, to a hundredth of a degree.

        So rounded, the plane is the same for the same places in another CRS.

        Raises
        ------
        UsageError
            If a CRS is missing, no CRS of the earth, or Web Mercator, or if no exact way is known
            between two of them.
        """
        crs = require_measurable(geometry[0].crs)
        crs = crs if crs.is_geographic else crs.geodetic_crs
        boxes = []
        for series in geometry:
            own, box = require_measurable(series.crs), _extent(series.to_numpy())
            if own != crs:
                box = np.array(exact_way(own, crs)[0].transform_bounds(*box))
            boxes.append(box)
        return cls.within(crs, boxes)

    @classmethod
    def within(cls, crs: Any, boxes: Iterable[FloatArray]) -> Plane:
        """Return the plane about boxes in longitude and latitude; NaN is no box."""
        import pyproj

        known = [box for box in boxes if np.isfinite(box).all()]
        ends = np.stack(known or [np.zeros(4)])
        lon, lat = ((ends[:, :2].min(axis=0) + ends[:, 2:].max(axis=0)) / 2).round(2)
        geod = crs.get_geod()
        way = pyproj.Transformer.from_pipeline(
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=laea +lon_0={lon} +lat_0={lat} +a={geod.a!r} +b={geod.b!r}"
        )
        return cls(crs, way)

    def shapes(self, geometry: gpd.GeoSeries) -> Shapes:
        """Return valid polygons in metres; None for what is missing, empty or not polygonal."""
        return self.metres(self.polygons(geometry))

    def xy(self, lonlat: FloatArray) -> FloatArray:
        """Return coordinates in metres, in two columns, from longitude and latitude."""
        return np.column_stack(self.way.transform(*lonlat.T))

    def polygons(self, geometry: gpd.GeoSeries) -> Shapes:
        """Return polygons in longitude and latitude as they are; None as for `shapes`."""
        own = polygons(geometry)
        if geometry.crs == self.crs:
            return own
        first = exact_way(geometry.crs, self.crs)[0]
        moved = shapely.transform(own, lambda xy: np.column_stack(first.transform(*xy.T)))
        return np.asarray(moved, dtype=object)

    def metres(self, lonlat: Shapes) -> Shapes:
        """Return valid polygons in metres from longitude and latitude; None stays None."""
        return valid(np.asarray(shapely.transform(lonlat, self.xy), dtype=object))

    def lonlat(self, shapes: Shapes) -> Shapes:
        """Return shapes of the plane in longitude and latitude."""

        def back(xy: FloatArray) -> FloatArray:
            # PROJ's inverse is a series that is 3 mm off; its forward way is exact.
            near = self.way.transform(*xy.T, direction="INVERSE")
            exact = 2 * xy.T - self.way.transform(*near)
            return np.column_stack(self.way.transform(*exact, direction="INVERSE"))

        return np.asarray(shapely.transform(shapes, back), dtype=object)


def polygons(geometry: gpd.GeoSeries) -> Shapes:
    """Return the polygons and multipolygons in two dimensions, None for everything else."""
    return np.concatenate(in_threads(_polygons, geometry.to_numpy()))


def _polygons(shapes: Shapes) -> Shapes:
    found = shapes.copy()
    found[~is_polygonal(shapes)] = None
    return shapely.force_2d(found) if shapely.has_z(found).any() else found


def _extent(shapes: Shapes) -> FloatArray:
    """Return west, south, east and north of all shapes; NaN where there is none."""
    ends = np.stack(in_threads(_bounds, shapes))
    return np.concatenate([np.fmin.reduce(ends[:, :2]), np.fmax.reduce(ends[:, 2:])])


def _bounds(shapes: Shapes) -> FloatArray:
    return np.asarray(shapely.total_bounds(shapes)) if len(shapes) else np.full(4, np.nan)
