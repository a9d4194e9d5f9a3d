"""Areas against GeographicLib, pyproj and closed forms."""

from __future__ import annotations

import math
import warnings

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from pingshan_geo.measures.area import measured_area, measured_area_plane

GEOD = pyproj.Geod(ellps="GRS80")
KARNEY = Geodesic(GEOD.a, GEOD.f)
# Karney's sum rounds each vertex to a few 1e-6 m², which shows in slivers of many vertices.
ORACLE_M2 = 1e-5


def area(*shapes, crs="EPSG:4490"):
    return measured_area(gpd.GeoSeries(list(shapes), crs=crs)).tolist()


def ring_area(coordinates):
    polygon = KARNEY.Polygon()
    for lon, lat in list(coordinates)[:-1]:
        polygon.AddPoint(lat, lon)
    return abs(polygon.Compute(False, True)[2])


def karney(shape):
    parts = getattr(shape, "geoms", [shape])
    return sum(
        ring_area(p.exterior.coords) - sum(ring_area(h.coords) for h in p.interiors) for p in parts
    )


def tolerance(truth, vertices):
    return max(1e-7 * truth, 1e-4) + ORACLE_M2 * vertices


def around(lon, lat, size, angles, radii):
    """A star around a point, its corners at a distance of ``size`` metres times the radii."""
    count = len(angles)
    x, y, _ = GEOD.fwd([lon] * count, [lat] * count, angles, [size * r for r in radii])
    return list(zip(x, y, strict=True))


@st.composite
def stars(draw, inside=0.3):
    count = draw(st.integers(3, 12))
    angles = sorted(draw(st.lists(st.floats(0, 359), min_size=count, max_size=count, unique=True)))
    radii = draw(st.lists(st.floats(inside, 1), min_size=count, max_size=count))
    return angles, radii


@settings(max_examples=300, deadline=None)
@given(
    outer=stars(), hole=stars(), lon=st.floats(-180, 180), lat=st.floats(-75, 75),
    power=st.floats(1, math.log10(500e3)), shape=st.integers(0, 3), backwards=st.booleans(),
)  # fmt: skip
def test_area_is_the_geodesic_one_at_every_size_and_latitude(
    outer, hole, lon, lat, power, shape, backwards
):
    size = 10**power
    ring = around(lon, lat, size, *outer)
    ring = ring[::-1] if backwards else ring
    inner = around(lon, lat, size * 0.2, *hole)
    polygon = shapely.Polygon(ring, [inner] if shape % 2 else [])
    if shape >= 2:
        other = around(lon, -lat / 2, size / 3, *hole)
        polygon = shapely.MultiPolygon([polygon, shapely.Polygon(other)])
    if np.ptp([x for x, _ in ring]) > 300 and abs(lat) + math.degrees(size / 6.3e6) > 80:
        return  # around a pole
    truth, vertices = karney(polygon), shapely.get_num_coordinates(polygon)
    assert area(polygon)[0] == pytest.approx(truth, abs=tolerance(truth, vertices), rel=0)


@pytest.mark.parametrize("lat", [-70, -45, 0, 22.7, 45, 80])
@pytest.mark.parametrize("azimuth", [0, 30, 90, 135])
@pytest.mark.parametrize(("step", "count"), [(99, 50), (20, 200), (999, 20), (5, 40)])
def test_a_strip_with_corners_on_one_side_only_is_length_times_width(lat, azimuth, step, count):
    length, width = step * count, 0.1
    lon2, lat2, back = GEOD.fwd(114, lat, azimuth, length)
    side = [(114, lat), *GEOD.npts(114, lat, lon2, lat2, count - 1), (lon2, lat2)]
    corners = [(lon2, lat2, back - 90), (114, lat, azimuth + 90)]  # to the right of the way
    side += [GEOD.fwd(x, y, aside, width)[:2] for x, y, aside in corners]
    half = length / 2 / 6.37e6  # two straight lines bend towards each other from the middle on
    strip = length * width * math.tan(half) / half
    assert area(shapely.Polygon(side))[0] == pytest.approx(strip, abs=1e-4, rel=1e-7)


@pytest.mark.parametrize(("south", "north"), [(0, 90), (-30, 60), (22, 23), (-90, -80)])
def test_a_quarter_of_a_band_has_the_authalic_area(south, north):
    # Area between parallels on the ellipsoid, a quarter of the way round (Snyder 1987, 3-11).
    e2 = GEOD.es
    e = math.sqrt(e2)

    def zone(latitude):
        sine = math.sin(math.radians(latitude))
        return (1 - e2) * (sine / (1 - e2 * sine**2) + math.atanh(e * sine) / e) / 2

    truth = math.pi / 2 * GEOD.a**2 * (zone(north) - zone(south))
    # Parallels are no geodesics: they are followed in steps of a hundredth of a degree.
    way = np.linspace(100, 190, 9001)
    band = shapely.Polygon([*((x, south) for x in way), *((x, north) for x in way[::-1])])
    assert area(band)[0] == pytest.approx(truth, rel=1e-7)


def test_the_octant_of_the_ellipsoid_is_an_eighth_of_it():
    whole = 510_065_621_724_088.44  # m², GRS 80
    octant = shapely.Polygon([(100, 0), (190, 0), (190, 90), (100, 90)])
    assert area(octant)[0] == pytest.approx(whole / 8, rel=1e-9)


@pytest.mark.parametrize("size", [0.001, 0.1, 5])
def test_an_outline_across_the_antimeridian_is_measured_either_way_it_is_written(size):
    plain = shapely.box(10 - size, 40, 10 + size, 40 + size)
    turned = [(x - 190 if x < 10 else x + 170, y) for x, y in plain.exterior.coords]
    turned = [(x + 360 if x < -180 else x - 360 if x > 180 else x, y) for x, y in turned]
    beyond = shapely.Polygon([(x + 170, y) for x, y in plain.exterior.coords])
    assert area(shapely.Polygon(turned), beyond) == pytest.approx(
        area(plain) * 2, rel=1e-9, abs=1e-4
    )


@settings(max_examples=60, deadline=None)
@given(outer=stars(), lon=st.floats(100, 120), lat=st.floats(-70, 70), power=st.floats(1, 5))
def test_pieces_cut_at_corners_add_up_to_the_whole(outer, lon, lat, power):
    ring = around(lon, lat, 10**power, *outer)
    pieces = [shapely.Polygon([ring[0], *ring[i : i + 2]]) for i in range(1, len(ring) - 1)]
    signs = [1 if piece.exterior.is_ccw else -1 for piece in pieces]
    added = abs(sum(s * a for s, a in zip(signs, area(*pieces), strict=True)))
    whole = area(shapely.Polygon(ring))[0]
    assert added == pytest.approx(whole, abs=max(2e-7 * sum(area(*pieces)), 1e-4))


def test_neither_row_order_nor_start_nor_company_changes_a_digit():
    rng = np.random.default_rng(1)
    centres = rng.uniform((100, -60), (130, 60), (40, 2))
    shapes = [
        shapely.Point(c).buffer(s, 3)
        for c, s in zip(centres, rng.uniform(1e-4, 1, 40), strict=True)
    ]
    together, order = area(*shapes), rng.permutation(40)
    assert area(*(shapes[i] for i in order)) == [together[i] for i in order]
    assert [area(shape)[0] for shape in shapes] == together
    assert area(*(shape.reverse() for shape in shapes)) == pytest.approx(together, rel=1e-12)


def test_rows_keep_their_index_and_the_input_is_not_touched():
    series = gpd.GeoSeries([shapely.box(0, 0, 1, 1), None], index=["b", "a"], crs="EPSG:4490")
    before = series.copy()
    assert measured_area(series).index.tolist() == ["b", "a"]
    assert series.equals(before)


def test_what_is_no_polygon_has_no_area():
    nothing = [None, shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)]), shapely.Polygon()]
    nothing += [shapely.MultiPolygon(), shapely.GeometryCollection([shapely.box(0, 0, 1, 1)])]
    series = gpd.GeoSeries(nothing, crs="EPSG:4490")
    assert measured_area(series).isna().all()
    assert measured_area_plane(series).isna().all()
    assert measured_area(gpd.GeoSeries([], crs="EPSG:4490")).empty


def test_an_empty_part_or_a_height_adds_nothing():
    square = shapely.box(114, 22, 114.01, 22.01)
    empty_first = shapely.MultiPolygon([shapely.Polygon(), square])
    empty_last = shapely.MultiPolygon([square, shapely.Polygon()])
    high = shapely.force_3d(square, 500.0)
    assert area(square, empty_first, square, empty_last, high) == area(square) * 5


def test_a_ring_around_the_earth_is_unknown_and_not_nothing():
    shapes = [shapely.box(-180, 22, 180, 23), shapely.box(-180, 80, 180, 90)]
    assert measured_area(gpd.GeoSeries(shapes, crs="EPSG:4490")).isna().all()


@pytest.mark.filterwarnings("ignore:invalid value encountered in linearrings")
def test_a_corner_at_no_place_makes_the_area_unknown_and_only_that_one():
    square = [(114, 22), (114.01, 22), (114.01, 22.01), (114, 22.01)]
    broken = [
        shapely.Polygon([square[0], (at, at), *square[2:]])
        for at in (np.inf, -np.inf, np.nan, 1e20, 1e300)
    ]
    world = shapely.box(-180, -90, 180, 90)
    shapes = [shapely.Polygon(square), *broken, world, shapely.Polygon(square)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        area = measured_area(gpd.GeoSeries(shapes, crs="EPSG:4490"))
    assert np.isnan(area[1:-1]).all()
    assert area.iloc[0] == area.iloc[-1] > 1e6


def test_a_ring_around_a_pole_is_not_measured():
    assert math.isnan(area(shapely.Polygon([(0, 80), (120, 80), (-120, 80)]))[0])


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:32650", "EPSG:3395"])
def test_projected_outlines_have_the_area_they_have_on_the_ellipsoid(crs):
    square = gpd.GeoSeries([shapely.box(114.3, 22.6, 114.4, 22.7)], crs="EPSG:4490")
    there = square.to_crs(crs)
    assert measured_area(there).iloc[0] == pytest.approx(measured_area(square).iloc[0], rel=1e-9)


def test_a_sphere_has_the_area_of_a_sphere():
    cap = shapely.Polygon([(0, 0), (90, 0), (90, 90), (0, 90)])
    assert area(cap, crs="+proj=longlat +R=6371000")[0] == pytest.approx(math.pi * 6371e3**2 / 2)


@pytest.mark.parametrize(
    ("lon", "epsg"), [(114.35, 4547), (112.6, 4547), (115.4, 4547), (121.9, 4550)]
)
def test_the_plane_area_is_that_of_the_gauss_kruger_zone(lon, epsg):
    lot = shapely.box(lon, 22.6, lon + 0.002, 22.603)
    move = pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True).transform
    flat = shapely.transform(lot, move, interleaved=False)
    found = measured_area_plane(gpd.GeoSeries([lot], crs="EPSG:4490"))
    assert found.iloc[0] == pytest.approx(flat.area, rel=1e-12)


def test_at_pingshan_the_plane_is_three_thousandths_of_a_percent_large():
    lot = gpd.GeoSeries([shapely.box(114.34, 22.69, 114.36, 22.71)], crs="EPSG:4490")
    assert measured_area_plane(lot).iloc[0] / measured_area(lot).iloc[0] - 1 == pytest.approx(
        3e-5, rel=0.1
    )
    assert math.isnan(measured_area_plane(lot.translate(-114)).iloc[0])
