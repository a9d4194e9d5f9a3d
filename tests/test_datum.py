"""How numbers are read, and the exact way to longitude and latitude."""

from __future__ import annotations

import json

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests import crs_planter as planter

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest import gcj
from pingshan_geo.ingest.control import read_control
from pingshan_geo.ingest.datum import to_lonlat
from pingshan_geo.ingest.placement import Placement, from_dms, parse_crs_option

HERE = np.array([[114.35, 22.7], [114.36, 22.69], [114.34, 22.71], [114.37, 22.72]])
SIZES = st.floats(1, 1e7).map(lambda each: float(f"{each:.6g}"))


def metres(one, other):
    """Return distances on the ellipsoid, by an independent road."""
    return np.array(pyproj.Geod(ellps="GRS80").inv(*one.T, *other.T)[2])


def points(xy):
    return shapely.points(np.asarray(xy, dtype=float))


def back(xy, option, **more):
    moved, told = to_lonlat(points(xy), parse_crs_option(option), file="a.shp", **more)
    return shapely.get_coordinates(moved), told


def codes(found):
    return [each.code for each in found]


def in_crs(lonlat, crs):
    way = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True, only_best=None)
    return np.column_stack(way.transform(*lonlat.T))


@given(
    st.sampled_from(["EPSG:4547", "EPSG:3857", "EPSG:4326", "GK:114.25"]),
    st.sampled_from(["", "GCJ-02", "BD-09"]),
    st.tuples(st.booleans(), st.booleans(), SIZES, SIZES, SIZES, SIZES),
)
def test_what_a_placement_says_is_read_back_the_same(base, system, more):
    placement = Placement(base, system, *more)
    assert parse_crs_option(placement.text) == placement


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "EPSG:99999", "GCJ-02/nonsense", "EPSG:4547+scale=0", "EPSG:4547+x=e",
     "LOCAL+x=5", "GK:far", "EPSG:4979+EPSG:1", "EPSG:5705", "gcj02x", "GCJ-09", "BD02"],
)  # fmt: skip
def test_what_is_no_crs_of_maps_is_refused_by_name(text):
    with pytest.raises(UsageError, match="no CRS of maps") as caught:
        parse_crs_option(text)
    assert "坐标参考系" in caught.value.message("zh")


@pytest.mark.parametrize("dialect", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
@pytest.mark.parametrize("code", [4547, 2383, 32650, 3857, 2154])
def test_a_prj_is_known_by_its_code_when_its_numbers_are_the_same(dialect, code):
    text = pyproj.CRS.from_epsg(code).to_wkt(dialect)
    assert parse_crs_option(text).base == f"EPSG:{code}"
    if code == 4547:
        changed = text.replace("500000", "600000")
        assert parse_crs_option(changed).base == changed


@pytest.mark.parametrize(
    ("option", "change"),
    [
        ("EPSG:4547", lambda xy: xy),
        ("EPSG:4547+swapped", lambda xy: xy[:, ::-1]),
        ("EPSG:4547+scale=0.001", lambda xy: xy * 1000),
        ("EPSG:4547+x=500000+y=2000000", lambda xy: xy - (500_000, 2_000_000)),
        ("EPSG:4547+swapped+scale=0.3048+x=500000",
         lambda xy: ((xy - (500_000, 0)) / 0.3048)[:, ::-1]),
        ("EPSG:4547+height=637100.88",
         lambda xy: (xy - (500_000, 0)) * 1.1 + (500_000, 0)),
    ],
)  # fmt: skip
def test_modifiers_are_undone_in_their_order(option, change):
    there, _ = back(change(in_crs(HERE, "EPSG:4547")), option)
    assert metres(there, HERE).max() < 1e-5


@pytest.mark.parametrize(
    "option", ["EPSG:4547", "EPSG:4526", "EPSG:32650", "EPSG:3857", "GK:114.3"]
)
def test_projections_agree_with_an_independent_transformation(option):
    crs = parse_crs_option(option).crs
    way = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
    there, told = back(np.column_stack(way.transform(*HERE.T)), option)
    assert metres(there, HERE).max() < 1e-5
    wanted = {"EPSG:32650": ["datum-null-step"], "EPSG:3857": ["web-mercator-undone",
                                                              "datum-null-step"]}  # fmt: skip
    assert codes(told) == wanted.get(option, [])
    assert all(each.file == "a.shp" for each in told)


def test_a_null_step_is_said_towards_either_side():
    there, told = back(HERE, "EPSG:4490", target="EPSG:4326")
    assert (there == HERE).all()
    assert codes(told) == ["datum-null-step"]
    assert codes(back(HERE, "EPSG:4490")[1]) == []


@pytest.mark.parametrize(
    "option",
    ["EPSG:2383", "EPSG:4610", "EPSG:2435", "EPSG:4214",
     "+proj=tmerc +lon_0=114 +x_0=500000 +ellps=krass"],
)  # fmt: skip
def test_an_old_datum_is_refused_by_name_with_the_way_out(option):
    numbers = HERE if "4610" in option or "4214" in option else in_crs(HERE, "EPSG:4547")
    with pytest.raises(InputError) as caught:
        back(numbers, option)
    assert codes(caught.value.findings) == ["datum-step-refused"]
    assert "--datum-shift" in caught.value.findings[0].fix()


def test_a_datum_with_a_published_way_goes_there_and_its_accuracy_is_said():
    france = HERE - (112.0, -26.0)
    way = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27572", always_xy=True)
    there, told = back(np.column_stack(way.transform(*france.T)), "EPSG:27572", target="EPSG:4326")
    assert metres(there, france).max() < 0.01
    assert codes(told) == ["datum-step"]
    assert told[0].details["accuracy"] == "2"


def test_a_published_way_does_not_hold_far_from_its_area():
    # Beijing 1954 to WGS 84 (4) is made for the Tarim basin.
    assert codes(back(np.array([[82.0, 39.0]]), "EPSG:4214")[1]) == ["datum-step"]
    with pytest.raises(InputError, match="datum-step-refused"):
        back(np.array([[100.0, 30.0]]), "EPSG:4214")


def geocentric(lonlat, a, b):
    lon, lat = np.radians(lonlat.T)
    n = a**2 / np.hypot(a * np.cos(lat), b * np.sin(lat))
    return np.column_stack([n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon),
                            n * b**2 / a**2 * np.sin(lat)])  # fmt: skip


def test_seven_parameters_are_a_position_vector_transformation():
    shift = (15.0, -150.0, -80.0, 0.2, -0.1, 0.3, 2.0)
    a = 6_378_140.0
    old = geocentric(HERE, a, a * (1 - 1 / 298.257))
    rx, ry, rz = np.radians(np.array(shift[3:6]) / 3600)
    turn = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])  # EPSG 9606
    new = np.array(shift[:3]) + (1 + 2e-6) * old @ turn.T
    way = pyproj.Transformer.from_pipeline("+proj=cart +ellps=GRS80 +inv")
    wanted = np.column_stack(way.transform(*new.T))[:, :2]
    there, told = back(HERE, "EPSG:4610", shift=",".join(map(str, shift)))
    assert codes(told) == ["datum-shift-used"]
    assert metres(there, wanted).max() < 0.001
    three, _ = back(HERE, "EPSG:4610", shift="15 -150 -80")
    assert 1 < metres(three, wanted).min() < 50


@pytest.mark.parametrize("shift", ["", "1,2", "1,2,3,4", "a,b,c", "1,2,nan"])
def test_parameters_that_are_not_three_or_seven_numbers_are_refused(shift):
    with pytest.raises(UsageError, match="three or seven"):
        back(HERE, "EPSG:4610", shift=shift)


@pytest.mark.parametrize(("system", "oracle"), [("GCJ-02", planter.gcj02), ("BD-09", planter.bd09)])
@pytest.mark.parametrize("middle", [(114.35, 22.7), (105.0, 35.0), (87.5, 43.7), (121.4, 31.2)])
def test_shifted_coordinates_are_undone_to_a_centimetre_on_the_grid_and_point_by_point(
    system, oracle, middle
):
    cloud = np.random.default_rng(5).uniform(-0.01, 0.01, (3000, 2)) + middle
    for some in (cloud, cloud[:9]):
        there, bound = gcj.undo(oracle(some), system)
        assert metres(there, some).max() < 0.01
        assert 0.5 <= bound < 1.1


def test_shifted_mercator_is_undone_and_its_bound_is_said():
    given = in_crs(planter.gcj02(HERE), "EPSG:3857")
    there, told = back(given, "GCJ-02/EPSG:3857")
    assert metres(there, HERE).max() < 0.01
    assert codes(told) == ["web-mercator-undone", "gcj-undone"]
    assert told[1].details["bound"] == "0.51"


def test_outside_of_china_nothing_is_undone_and_that_is_said():
    there, told = back([[2.32, 48.67]], "GCJ-02", target="EPSG:4326")
    assert there.tolist() == [[2.32, 48.67]]
    assert "gcj-outside" in codes(told)


def test_without_the_extra_its_name_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "geocoordinates_ffi", None)
    with pytest.raises(UsageError, match=r"pingshan-geo\[china\]"):
        back(HERE, "GCJ-02")


@given(st.floats(-179, 179), st.integers(0, 59), st.integers(0, 59))
def test_degrees_minutes_seconds_are_decoded(degree, minute, second):
    whole = int(degree)
    sign = -1 if degree < 0 else 1
    number = float(f"{'-' if degree < 0 else ''}{abs(whole)}.{minute:02}{second:02}")
    wanted = sign * (abs(whole) + minute / 60 + second / 3600)
    assert from_dms(np.array([number]))[0] == pytest.approx(wanted, abs=1e-9)


def test_empty_and_missing_geometries_pass_and_heights_are_kept():
    some = np.array([None, shapely.Point(), shapely.Point(538_000, 2_512_000, 7.5)], dtype=object)
    moved, _ = to_lonlat(some, parse_crs_option("EPSG:4547"))
    assert moved[0] is None
    assert moved[1].is_empty
    assert moved[2].z == 7.5
    assert to_lonlat(some[:2], parse_crs_option("EPSG:2383"))[1] == []


# --- control points: a plane turned by 3 degrees, scaled by 1.0001, moved to 100 000, 30 000

PLACES = np.array([[114.30, 22.65], [114.42, 22.66], [114.31, 22.76], [114.41, 22.77],
                   [114.36, 22.70]])  # fmt: skip


def local(lonlat):
    flat = in_crs(lonlat, "+proj=tmerc +lon_0=114.3333 +lat_0=22.7 +ellps=GRS80")
    c, s = 1.0001 * np.cos(np.radians(3)), 1.0001 * np.sin(np.radians(3))
    return flat @ np.array([[c, s], [-s, c]]) + (100_000, 30_000)


def table(tmp_path, xy, lonlat, head="id,x,y,lon,lat"):
    file = tmp_path / "points.csv"
    rows = [f"P{i},{x!r},{y!r},{a!r},{b!r}" for i, (x, y, a, b) in
            enumerate(np.hstack([xy, lonlat]).tolist())]  # fmt: skip
    file.write_text("\n".join([head, *rows]), "utf-8-sig")
    return str(file)


def test_control_points_tie_a_local_plane_down_and_residuals_are_told(tmp_path):
    path = table(tmp_path, local(PLACES), PLACES)
    there, told = back(local(HERE), "LOCAL", control=path)
    assert metres(there, HERE).max() < 0.02  # two meridians' planes are not quite similar
    assert codes(told) == ["control-points-fit"]
    assert float(told[0].details["scale"]) == pytest.approx(1 / 1.0001, abs=1e-6)
    assert float(told[0].details["turn"]) == pytest.approx(-3, abs=0.02)
    assert all(f"P{i} 0.0" in told[0].value for i in range(5))


def test_a_known_projection_is_undone_before_the_fit(tmp_path):
    old, seen = (in_crs(each, "EPSG:4547") + np.array([70.0, 40.0]) for each in (PLACES, HERE))
    there, told = back(seen, "EPSG:2383", control=table(tmp_path, old, PLACES))
    assert metres(there, HERE).max() < 0.01
    assert codes(told) == ["control-points-fit"]


def test_control_points_may_be_given_in_a_projected_crs(tmp_path):
    file = tmp_path / "p.csv"
    rows = zip(local(PLACES).tolist(), in_crs(PLACES, "EPSG:4547").tolist(), strict=True)
    file.write_text("X,Y,East,North,CRS\n" + "\n".join(
        f"{x},{y},{a},{b},EPSG:4547" for (x, y), (a, b) in rows))  # fmt: skip
    assert metres(read_control(str(file)).lonlat, PLACES).max() < 1e-4


def test_a_point_that_the_others_contradict_is_named(tmp_path):
    wrong = local(PLACES)
    wrong[2] += (0.0, 4.0)
    _, told = back(local(HERE), "LOCAL", control=table(tmp_path, wrong, PLACES))
    assert codes(told) == ["control-points-poor", "control-point-outlier"]
    assert (told[1].value, told[1].row) == ("P2", 4)
    assert float(told[1].details["distance"]) == pytest.approx(4, abs=0.1)


def test_a_sheared_plane_is_fitted_by_an_affine_map(tmp_path):
    def sheared(lonlat):
        return local(lonlat) @ np.array([[1, 0.0], [0.002, 1.003]])

    there, told = back(sheared(HERE), "LOCAL", control=table(tmp_path, sheared(PLACES), PLACES))
    assert metres(there, HERE).max() < 0.05
    assert told[0].details["kind"] == "affine"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda xy, ll: (xy[:1], ll[:1]), "control-points-few"),
        (lambda xy, ll: (xy[[0, 0, 0]], ll[[0, 0, 0]]), "control-points-few"),
        (lambda xy, ll: (xy[:, ::-1], ll), "control-points-mirrored"),
        (lambda xy, ll: (xy, ll[:, ::-1]), "control-point-unread"),
    ],
)
def test_control_points_that_tie_nothing_down_are_refused(tmp_path, change, code):
    path = table(tmp_path, *change(local(PLACES), PLACES))
    with pytest.raises(InputError) as caught:
        back(local(HERE), "LOCAL", control=path)
    assert set(codes(caught.value.findings)) == {code}
    for each in caught.value.findings:
        json.dumps([each.to_dict(lang) for lang in ("en", "zh")])


def test_swapped_control_points_fit_once_that_is_said(tmp_path):
    path = table(tmp_path, local(PLACES)[:, ::-1], PLACES)
    there, _ = back(local(HERE)[:, ::-1], "LOCAL+swapped", control=path)
    assert metres(there, HERE).max() < 0.02


def test_two_control_points_are_taken_with_a_warning(tmp_path):
    there, told = back(local(HERE), "LOCAL", control=table(tmp_path, local(PLACES[:2]), PLACES[:2]))
    assert metres(there, HERE).max() < 0.1
    assert codes(told) == ["control-points-fit", "control-points-unchecked"]


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "x,y,lon,lat\n1,2,3\n", "x,y,lon,lat\n1,,3,4\n"]
)
def test_a_table_that_holds_no_control_points_is_refused(tmp_path, text):
    file = tmp_path / "p.csv"
    file.write_text(text)
    with pytest.raises(InputError, match="control-point"):
        read_control(str(file))
    with pytest.raises(InputError, match="file-unreadable"):
        read_control(str(tmp_path / "none.csv"))


def test_a_local_plane_without_control_points_is_refused():
    with pytest.raises(InputError, match="control-points-needed"):
        back(local(HERE), "LOCAL")


def test_what_has_no_position_is_infinite_and_no_fault():
    some = np.array([shapely.box(1e9, 1e9, 2e9, 2e9), shapely.Point(np.nan, 1)])
    for option in ("EPSG:4547", "GK:114.5", "EPSG:32650"):
        usual = [shapely.Point(6e5, 6.8e6)] * 9
        moved, _ = to_lonlat(np.append(some, usual), parse_crs_option(option))
        assert np.isinf(shapely.get_coordinates(moved[:2])).all()
