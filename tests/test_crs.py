"""What may be measured, and in which plane."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from pingshan_geo.crs import gauss_kruger_epsg, require_measurable
from pingshan_geo.errors import UsageError
from pingshan_geo.measures.area import measured_area, measured_area_plane

OLD_GOOGLE = (
    "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m "
    "+nadgrids=@null +wktext +no_defs"
)


@pytest.mark.parametrize(
    "crs",
    [
        "EPSG:3857",
        "EPSG:900913",
        "ESRI:102100",
        "ESRI:102113",
        "EPSG:3785",
        "+proj=webmerc",
        OLD_GOOGLE,
    ],
)
@pytest.mark.parametrize("measure", [measured_area, measured_area_plane])
def test_web_mercator_is_refused_by_name_under_all_its_names(crs, measure):
    series = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=crs)
    with pytest.raises(UsageError, match="Mercator"):
        measure(series)


@pytest.mark.parametrize("measure", [measured_area, measured_area_plane])
def test_a_missing_crs_is_refused_by_name(measure):
    with pytest.raises(UsageError, match="no CRS"):
        measure(gpd.GeoSeries([shapely.box(0, 0, 1, 1)]))


@pytest.mark.parametrize(
    ("crs", "reason"),
    [
        ("EPSG:4807", "not in degrees"), ('LOCAL_CS["here",UNIT["metre",1]]', "not tied"),
        ("nonsense", "no CRS"), ("EPSG:99999", "no CRS"), ("", "no CRS"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused(crs, reason):
    with pytest.raises(UsageError, match=reason):
        require_measurable(crs)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "OGC:CRS84", "EPSG:4547", "EPSG:3395"])
def test_other_systems_may_be_measured(crs):
    assert require_measurable(crs) == pyproj.CRS(crs)


@pytest.mark.parametrize("code", range(4534, 4555))
def test_each_gauss_kruger_zone_holds_a_degree_and_a_half_on_either_side(code):
    meridian = pyproj.CRS.from_epsg(code).coordinate_operation.params[1].value
    around = np.array([meridian - 1.5, meridian, meridian + 1.4999999])
    assert gauss_kruger_epsg(around).tolist() == [code] * 3


def test_outside_of_china_there_is_no_plane():
    outside = np.array([73.49, 136.5, -114.0, np.nan, 2.35])
    assert gauss_kruger_epsg(outside).tolist() == [0] * 5
