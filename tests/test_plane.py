"""The equal-area plane."""

from __future__ import annotations

import geopandas as gpd
import shapely

from pingshan_geo.measures.plane import Plane


def test_boxes_hold_their_shapes_far_from_the_middle():
    far = gpd.GeoSeries(
        [shapely.box(73, 53, 74, 53.5), shapely.box(134, 18, 135, 19)], crs="EPSG:4490"
    )
    plane = Plane.about(far)
    dense = gpd.GeoSeries(shapely.segmentize(far.to_numpy(), 0.01), crs=far.crs)
    assert shapely.contains_properly(plane.boxes(far.to_numpy()), plane.shapes(dense)).all()
