"""Geometry rules by hand: outlines of ten-metre squares, whose areas are counted in squares."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pingshan_geo.ingest.shapes import settle
from pingshan_geo.measures.area import measured_area

UNIT = 1e-4  # degrees: 11 m to the north, 10 m to the east
SQUARE = "(0 0,4 0,4 4,0 4,0 0)"
STRIP = "(0 0,50 0,50 .0002,.01 .0002,.01 .01,0 .01,0 0)"


def at_pingshan(shapes):
    return shapely.transform(np.array(shapes, dtype=object), lambda xy: xy * UNIT + (114.3, 22.6))


def m2(shapes):
    return measured_area(gpd.GeoSeries(shapes, crs="EPSG:4490")).to_numpy()


ONE = m2(at_pingshan([shapely.box(0, 0, 1, 1)]))[0]


def settled(*wkt, **options):
    shapes = at_pingshan(shapely.from_wkt(np.array(wkt, dtype=object)))
    return settle(shapes, np.arange(2, len(wkt) + 2), "lots.shp", **options)


def only(found):
    (finding,) = found.findings
    assert (finding.file, finding.row) == ("lots.shp", 2)
    assert finding.line("zh") != finding.line("en")
    return finding


@pytest.mark.parametrize(
    ("wkt", "squares", "parts", "words"),
    [
        ("POLYGON((0 0,4 0,4 4,6 4,4 4,0 4,0 0))", 16, 1, "a spike at 114.3006000, 22.6004000"),
        ("POLYGON((0 0,4 0,4 4,6 6,6 6,8 8,6 6,4 4,0 4,0 0))", 16, 1, "a spike at 114.3008000"),
        ("POLYGON((0 0,4 0,4 4,2 2,4 4,0 4,0 0))", 16, 1, "a spike at 114.3002000, 22.6002000"),
        ("POLYGON((6 0,0 0,0 4,4 4,4 0,6 0))", 16, 1, "a spike at 114.3006000, 22.6000000"),
        ("POLYGON((0 0,4 0,4 4,6 4,4 4.00001,0 4,0 0))", 16, 1, "a spike at 114.3006000"),
        ("POLYGON((0 0,4 0,2 2,4 4,0 4,2 2,0 0))", 8, 2, "touches itself at 114.3002000, 22.6002"),
        ("POLYGON((0 0,4 0,4 4,0 4,0 0,1 2,2 1,0 0))", 14.5, 1, "touches itself at 114.3000000"),
        (f"POLYGON({SQUARE},(0 1,1 1,1 2,0 2,0 1))", 15, 1, "a hole crosses its outline or shares"),
        (f"POLYGON({SQUARE},(1 1,2 2,1 1,1 1))", 16, 1, "fewer than three different points at"),
        (f"POLYGON({SQUARE},(1 1,2 1,3 1,1 1))", 16, 1, "a ring crosses itself"),
        (f"POLYGON({SQUARE},(0 0,2 2,4 4,1 3,0 0))", 12, 2, "holes cut the inside apart at"),
        (f"POLYGON({SQUARE},(1 1,3 1,3 1.0001,1 1))", 16, 1, "a ring under 1 cm wide at 114.3001"),
        (f"MULTIPOLYGON(({SQUARE}),((6 0,9 0,9 0.0002,6 0)))", 16, 1, "a ring under 1 cm wide at"),
        (f"MULTIPOLYGON(({SQUARE}),((4 0,6 0,6 4,4 4,4 0)))", 24, 1, "parts overlap or share an"),
        ("POLYGON((0 0,4 0,4 4,0 3.9995,.0005 4,0 0))", 15.998, 1, "crosses itself at 114.3000000"),
        ("LINESTRING(0 0,4 0,4 4,0 4,0 0)", 16, 1, "a closed line is taken for an outline"),
        ("MULTILINESTRING((0 0,1 0,1 1,0 0),(2 0,3 0,3 1,2 0))", 1, 2, "a closed line is taken"),
        (f"GEOMETRYCOLLECTION(POLYGON({SQUARE}),POINT(1 1))", 16, 1, "points and lines beside"),
    ],
)  # fmt: skip
def test_what_leaves_the_area_as_drawn_is_repaired_and_told(wkt, squares, parts, words):
    found = settled(wkt)
    *tidied, finding = found.findings
    assert all(other.code == "geometry-tidied" for other in tidied)
    assert (finding.code, finding.row) == ("geometry-repaired", 2)
    assert words in finding.message()
    assert (found.repaired.tolist(), found.refused.tolist()) == ([True], [False])
    assert m2(found.geometry)[0] == pytest.approx(squares * ONE, rel=2e-5)
    assert shapely.is_valid(found.geometry[0])
    assert shapely.get_num_geometries(found.geometry[0]) == parts
    for key in ("before", "after"):
        assert float(finding.details[key]) == pytest.approx(squares * ONE, rel=2e-5, abs=0.01)


@pytest.mark.parametrize(
    ("wkt", "before", "after", "words"),
    [
        ("POLYGON((0 0,2 2,2 0,0 2,0 0))", 0, 2, "a ring crosses itself at 114.3001000, 22.6001"),
        ("POLYGON((0 0,4 0,4 4,0 4,0 0,4 0,4 4,0 4,0 0))", 32, 16, "a ring crosses itself"),
        (f"POLYGON({SQUARE},(5 5,6 5,6 6,5 6,5 5))", 15, 17, "hole lies outside of its outline"),
        (f"POLYGON({SQUARE},(3 1,6 1,6 2,3 2,3 1))", 13, 15, "a hole crosses its outline"),
        (f"POLYGON({SQUARE},(1 1,3 1,3 3,1 3,1 1),(1.5 1.5,2 1.5,2 2,1.5 1.5))", 11.875, 12,
         "a hole lies in another hole"),
        (f"MULTIPOLYGON(({SQUARE}),((1 1,2 1,2 2,1 2,1 1)))", 17, 16, "lies in another part"),
        (f"MULTIPOLYGON(({SQUARE}),((3 3,6 3,6 6,3 6,3 3)))", 25, 24, "parts overlap"),
        (f"MULTIPOLYGON(({SQUARE}),((5 0,9000 0,9000 0.0003,5 0)))", 17.349, 16, "under 1 cm wide"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused_with_both_areas(wkt, before, after, words):
    found = settled(wkt)
    finding = only(found)
    assert (finding.code, finding.severity) == ("geometry-repair-refused", "error")
    assert words in finding.message()
    assert (found.repaired.tolist(), found.refused.tolist()) == ([False], [True])
    assert found.geometry[0] is None
    assert float(finding.details["before"]) == pytest.approx(before * ONE, rel=1e-4, abs=0.01)
    assert float(finding.details["after"]) == pytest.approx(after * ONE, rel=1e-4, abs=0.01)


@pytest.mark.parametrize(
    ("wkt", "code", "words"),
    [
        ("POLYGON((0 0,2 2,4 4,0 0))", "geometry-invalid", "under 1 cm wide"),
        ("POLYGON((0 0,1 1,0 0,0 0))", "geometry-invalid", "fewer than three different points"),
        ("POLYGON((1 1,1 1,1 1,1 1))", "geometry-invalid", "fewer than three different points"),
        ("POLYGON((0 0,50 0,50 0.0005,0 0))", "geometry-invalid", "under 1 cm wide"),
        (f"POLYGON({STRIP},(.001 .001,.001 .009,.009 .009,.009 .001,.001 .001))",
         "geometry-invalid", "under 1 cm wide"),
        (f"POLYGON({SQUARE},{SQUARE})", "geometry-invalid", "a hole crosses its outline"),
        ("POINT(1 1)", "geometry-invalid", "Point is no polygon"),
        ("LINESTRING(0 0,4 0,4 4,0 4)", "geometry-invalid", "LineString is no polygon"),
        ("LINESTRING(0 0,4 0,0 0)", "geometry-invalid", "LineString is no polygon"),
        ("MULTILINESTRING((0 0,1 0,1 1,0 0),(2 0,3 0))", "geometry-invalid", "is no polygon"),
        ("GEOMETRYCOLLECTION(POINT(1 1))", "geometry-invalid", "GeometryCollection is no"),
        ("POLYGON((0 0,4 0,nan 4,0 4,0 0))", "coordinate-range", "nan, 22.6004"),
        ("POLYGON((0 0,4 0,inf 4,0 4,0 0))", "coordinate-range", "inf, 22.6004"),
        ("POLYGON((0 0,4 0,4 700000,0 0))", "coordinate-range", "114.3004, 92.6"),
        (f"POLYGON({SQUARE},(1 1,700000 1,1 2,1 1))", "coordinate-range", "184.3, 22.6001"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value")  # NaN in WKT
def test_what_holds_no_area_is_refused(wkt, code, words):
    found = settled(wkt)
    finding = found.findings[-1]
    assert (finding.code, finding.severity, finding.row) == (code, "error", 2)
    assert words in finding.message()
    assert (found.repaired.tolist(), found.refused.tolist()) == ([False], [True])
    assert found.geometry[0] is None


@pytest.mark.parametrize(
    ("side", "overlap_m2", "is_repaired"),
    [(20, 0.9, True), (20, 1.1, False), (1, 0.009, True), (1, 0.016, False), (100, 9, True),
     (100, 14, False)],
)  # fmt: skip
def test_a_repair_may_change_a_ten_thousandth_up_to_a_square_metre_or_a_hundred_thousandth(
    side, overlap_m2, is_repaired
):
    # About five hectares, an are, a square kilometre; a second part overlaps by what is said.
    width = overlap_m2 / ONE
    second = shapely.box(side - width, 0, side + 0.1, 1).wkt[8:]
    found = settled(f"MULTIPOLYGON({shapely.box(0, 0, side, side).wkt[8:]},{second})")
    assert found.repaired.tolist() == [is_repaired]
    assert found.refused.tolist() == [not is_repaired]


def test_the_tolerance_can_be_set():
    both = "MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0)),((9.995 0,12 0,12 1,9.995 1,9.995 0)))"
    assert settled(both).repaired.all()
    assert settled(both, tolerance=1e-5).refused.all()


def test_rows_without_geometry_are_kept_and_told_once():
    found = settled(*[None, "POLYGON EMPTY", f"POLYGON({SQUARE})", "POINT EMPTY"] * 3)
    finding = only(found)
    assert (finding.code, finding.severity, finding.value) == ("geometry-missing", "info", "9")
    assert "(row 2, 3, 5, 6, 7, …)" in finding.message()
    assert not found.repaired.any()
    assert not found.refused.any()
    assert shapely.is_missing(found.geometry).sum() == 9


def test_heights_and_doubled_points_are_left_out_and_told_once():
    flat, doubled = f"POLYGON({SQUARE})", "POLYGON((0 0,4 0,4 0,4 0,4 4,0 4,0 0,0 0))"
    shapes = at_pingshan(shapely.from_wkt([flat, flat, doubled]))
    shapes[0] = shapely.force_3d(shapes[0], 5.0)
    shapes[1] = shapely.from_wkt("POLYGON M((114 22 7,115 22 7,115 23 7,114 22 7))")
    found = settle(shapes, np.arange(2, 5), "lots.shp")
    assert [(f.code, f.value, f.row) for f in found.findings] == [
        ("geometry-tidied", "2", 2),
        ("geometry-tidied", "1", 4),
    ]
    assert not found.repaired.any()
    assert not shapely.has_z(found.geometry).any()
    assert not shapely.has_m(found.geometry).any()
    assert shapely.get_num_coordinates(found.geometry).tolist() == [5, 4, 5]


def test_winding_is_settled_in_silence():
    found = settled("POLYGON((0 0,0 4,4 4,4 0,0 0),(1 1,2 1,2 2,1 2,1 1))")
    assert found.findings == ()
    assert not found.repaired.any()
    assert found.geometry[0].exterior.is_ccw
    assert not found.geometry[0].interiors[0].is_ccw


@pytest.mark.parametrize("wkt", ["MULTIPOLYGON((RING),EMPTY)", "POLYGON(RING,EMPTY)"])
def test_parts_and_rings_without_points_are_left_out_in_silence(wkt):
    ring = "(114 22,114.001 22,114.001 22.001,114 22)"
    shapes = shapely.from_wkt([wkt.replace("RING", ring)])
    found = settle(shapes, np.array([1]), "lots.shp")
    assert found.findings == ()
    assert "EMPTY" not in found.geometry[0].wkt
    assert not found.repaired.any()


@pytest.mark.parametrize("fails", [True, False])
def test_an_outline_that_geos_cannot_mend_is_refused(monkeypatch, fails):
    def make_valid(shape, **_):
        if fails:
            raise shapely.errors.GEOSException("TopologyException")
        return shape

    monkeypatch.setattr(shapely, "make_valid", make_valid)
    found = settled("POLYGON((0 0,4 0,2 2,4 4,0 4,2 2,0 0))", f"POLYGON({SQUARE})")
    assert only(found).code == "geometry-invalid"
    assert found.refused.tolist() == [True, False]


def test_collections_in_collections_are_taken_apart():
    inner = "GEOMETRYCOLLECTION(MULTIPOLYGON(((6 0,7 0,7 1,6 0))),LINESTRING(0 0,1 1))"
    found = settled(f"GEOMETRYCOLLECTION({inner},POLYGON({SQUARE}))")
    assert only(found).code == "geometry-repaired"
    assert m2(found.geometry)[0] == pytest.approx(16.5 * ONE, rel=1e-5)


def test_a_row_has_one_finding_with_all_its_faults():
    both = "POLYGON((0 0,4 0,4 4,6 4,4 4,0 4,0 0),(0 1,1 1,1 2,0 2,0 1))"
    assert only(settled(both)).message().count(" at 114.300") == 2


def test_nothing_in_nothing_out():
    found = settle(np.array([], dtype=object), np.array([], dtype=int), "lots.shp")
    assert len(found.geometry) == len(found.repaired) == len(found.refused) == 0


@st.composite
def stars(draw):
    """Valid polygons: corners in the order of their angle around a point, perhaps with a hole."""
    number = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(2, 9), min_size=number, max_size=number))
    around = [math.tau * (i + draw(st.floats(0, 0.5))) / number for i in range(number)]
    ring = [(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, around, strict=True)]
    holes = [[(x / 3, y / 3) for x, y in ring]] if number > 4 and draw(st.booleans()) else []
    return shapely.Polygon(ring, holes)


@given(st.lists(stars(), min_size=1, max_size=5), st.booleans())
def test_good_outlines_go_through_as_they_came(stars, turn):
    shapes = at_pingshan([shapely.reverse(star) if turn else star for star in stars])
    before = shapes.copy()
    found = settle(shapes, np.arange(len(shapes)), "lots.shp")
    assert found.findings == ()
    assert not (found.repaired | found.refused).any()
    assert shapely.equals_exact(found.geometry, shapes, normalize=True).all()
    assert shapely.equals_identical(shapes, before).all()


corners = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=9)
wild = st.builds(shapely.Polygon, corners, st.lists(corners, max_size=2)) | st.lists(
    st.builds(shapely.Polygon, corners), max_size=3
).map(shapely.MultiPolygon)


@settings(max_examples=300)
@given(st.lists(wild | st.none(), min_size=1, max_size=6))
def test_whatever_comes_no_row_is_lost_and_no_area_changes_in_silence(shapes):
    shapes = at_pingshan(shapes)
    found = settle(shapes, np.arange(len(shapes)), "lots.shp")
    null = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    there = ~shapely.is_missing(found.geometry)
    assert (null.astype(int) + there + found.refused == 1).all()
    assert not (found.repaired & ~there).any()
    assert shapely.is_valid(found.geometry[there]).all()
    before, after = m2(shapes)[there], m2(found.geometry)[there]
    assert (np.abs(before - after) <= np.maximum(1e-4 * before, 0.01)).all()
    assert sorted(f.row for f in found.findings if f.severity != "info") == sorted(
        np.flatnonzero(found.repaired | found.refused)
    )
