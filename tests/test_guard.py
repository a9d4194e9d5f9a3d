"""Where on earth a delivery lies: the right cause, no false alarm, and nothing guessed."""

from __future__ import annotations

import json
import sys

import numpy as np
import pyproj
import pytest
import shapely
from tests import crs_planter as planter
from tests.crs_places import place, places

from pingshan_geo.errors import InputError
from pingshan_geo.ingest.datum import to_lonlat
from pingshan_geo.ingest.delivery import Claim
from pingshan_geo.ingest.guard import locate
from pingshan_geo.ingest.guard_scene import support_shift
from pingshan_geo.ingest.placement import parse_crs_option

# Places and seeds of this file were not used while the guard was built; benchmarks/crs_guard.py
# prints the whole table.
PLACES = [*places(("420100", "lyon")), place("540100", "zones")]
SEED = 1001
#: Causes after which nothing but the CRS was wrong: the option that is proposed gives the truth.
EXACT = {
    "no-crs", "wrong-zone", "six-for-three", "zone-number", "false-easting", "truncated",
    "swapped-degrees", "swapped-metres", "web-mercator", "degrees-as-metres",
    "metres-as-degrees", "dms", "millimetres", "feet", "gcj-02", "bd-09", "gcj-mercator",
    "bd-mercator",
}  # fmt: skip


def judged(where, planted, **more):
    claim = None if planted.claim is None else Claim(planted.claim, planted.origin)
    return locate(planted.geometry, claim, where.outline, file="a.shp", **more)


def is_right(planted, verdict):
    return planted.truth.met(verdict.readings[0].cause, {each.cause for each in verdict.open})


def off_m(where, geometry):
    """Return how far geometries lie from the truth, the farthest vertex."""
    ends = shapely.get_coordinates(geometry)[::50], shapely.get_coordinates(where.layer)[::50]
    return np.max(pyproj.Geod(ellps="GRS80").inv(*ends[0].T, *ends[1].T)[2])


def told(verdict):
    return [each.code for each in verdict.notes]


@pytest.fixture(scope="module")
def cases():
    if not PLACES:
        pytest.skip("no layers at all")
    found = []
    for where in PLACES:
        for cause in planter.CAUSES:
            planted = planter.plant(where, cause, SEED)
            if planted is not None:
                found.append((where, cause, planted, judged(where, planted)))
    return found


def test_the_right_cause_comes_first_in_at_least_95_of_100_cases(cases):
    wrong = [(w.name, w.kind, c, v.readings[0].cause) for w, c, p, v in cases if not is_right(p, v)]
    assert len(wrong) <= 0.05 * len(cases), wrong


def test_what_is_certain_is_right(cases):
    sure = [(w.name, w.kind, c) for w, c, p, v in cases if v.certain and not is_right(p, v)]
    assert sure == []
    assert sum(v.certain for *_, v in cases) > 0.5 * len(cases)


@pytest.mark.parametrize("seed", range(2001, 2006))
def test_clean_layers_give_no_alarm(seed):
    for where in PLACES:
        planted = planter.plant(where, "clean", seed)
        verdict = judged(where, planted)
        assert verdict.is_clean, (where.name, where.kind, planted.claim)
        assert verdict.certain
        assert {each.severity for each in verdict.notes} <= {"info"}
        geometry, _ = to_lonlat(planted.geometry, verdict.placement)
        assert off_m(where, geometry) < 0.001


def test_every_option_that_a_finding_proposes_works_when_it_is_given_back(cases):
    checked = set()
    for where, cause, planted, verdict in cases:
        question = verdict.question()
        for lang in ("en", "zh"):
            assert question.line(lang).isprintable()
        option = verdict.readings[0].option
        if cause in EXACT and is_right(planted, verdict) and not verdict.is_clean:
            assert f"--crs '{option}'" in question.fix("zh")
            shapes, _ = to_lonlat(planted.geometry, parse_crs_option(option))
            # Of lots in a wide district more than one reading fits; where it is certain, it is so.
            if verdict.certain:
                assert off_m(where, shapes) < 0.02, (where.name, where.kind, cause, option)
                checked.add(cause)
                again = locate(planted.geometry, Claim(option, "option"), where.outline)
                assert again.is_clean, (where.name, where.kind, cause, option)
        elif verdict.readings[0].cause in {"old-datum", "local-system"}:
            with pytest.raises(InputError, match=r"--datum-shift|--control-points"):
                to_lonlat(planted.geometry, parse_crs_option(option))
    assert len(checked) > 12


@pytest.mark.parametrize("seed", range(3001, 3004))
def test_the_grid_of_hong_kong_is_known_across_the_border(seed):
    where = place("440300", "zones")
    planted = planter.plant(where, "hong-kong-1980", seed)
    verdict = judged(where, planted)
    assert verdict.readings[0].cause == "hong-kong-1980"
    shapes, told_ = to_lonlat(planted.geometry, verdict.placement)
    assert off_m(where, shapes) < 0.01
    assert [each.code for each in told_] == ["datum-step"]


def test_the_finding_says_what_fits_how_far_off_how_surely_and_what_it_does_to_areas():
    where = place("440300", "zones")
    given = shapely.transform(
        where.layer, lambda xy: np.column_stack(pyproj.Proj("EPSG:4547")(*xy.T))
    )
    verdict = locate(given, Claim("EPSG:4549", "file"), where.outline, file="a.shp")
    first = verdict.readings[0]
    assert (first.cause, first.option, verdict.certain) == ("wrong-zone", "EPSG:4547", True)
    # Six degrees of longitude at 22.63 N; areas: scale 1 + Δ²/2R² at 3° from the meridian, twice.
    assert first.shift_m == pytest.approx(616_800, rel=0.002)
    assert first.area_factor == pytest.approx(1.0, abs=0.003)
    said = verdict.question().message()
    assert "617 km" in said
    assert "100%" in said
    assert f"×{first.area_factor:.5g}" in said
    assumed = verdict.told("crs-assumed")
    assert assumed.severity == "warning"
    assert "未确认" in assumed.fix("zh")
    json.dumps(verdict.question().to_dict())


LOTS = shapely.box(*np.array([[114.34, 22.69], [114.36, 22.70], [114.35, 22.71]])
                   .repeat(2, axis=0).reshape(3, 2, 2).transpose(1, 2, 0).reshape(4, 3)
                   + np.array([[0], [0], [0.002], [0.002]]))  # fmt: skip
DISTRICT = shapely.box(114.20, 22.60, 114.50, 22.80)


def test_lots_within_a_district_may_be_gcj02_and_that_is_said_not_guessed():
    verdict = locate(LOTS, Claim("EPSG:4326", "format"), DISTRICT, file="a.geojson")
    assert verdict.is_clean
    assert told(verdict) == ["crs-open"]
    shifts = {each.cause: each.shift_m for each in verdict.open}
    oracle = planter.gcj02(np.array([[114.35, 22.70]]))[0]
    wanted = pyproj.Geod(ellps="WGS84").inv(114.35, 22.70, *oracle)[2]
    assert shifts["gcj-02"] == pytest.approx(wanted, rel=0.02)
    assert {"bd-09", "old-datum"} <= set(shifts)


def test_without_a_claim_what_position_cannot_tell_is_asked():
    verdict = locate(LOTS, None, DISTRICT)
    assert (verdict.readings[0].cause, verdict.certain) == ("no-crs", False)
    assert "GCJ-02" in verdict.question().message()


def test_without_the_extra_it_is_said_that_gcj02_was_not_looked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "geocoordinates_ffi", None)
    verdict = locate(LOTS, Claim("EPSG:4326", "format"), DISTRICT)
    assert verdict.is_clean
    assert told(verdict) == ["crs-unchecked", "crs-open"]
    assert {each.cause for each in verdict.open} == {"old-datum"}


def test_a_zone_of_six_degrees_with_the_meridian_of_three_is_another_zone():
    where = place("110100", "zones")
    for right, claimed, cause in (
        ("EPSG:4498", "EPSG:4527", "wrong-zone"),  # 20 and 39, both 117 E
        ("EPSG:4509", "EPSG:4527", "zone-number"),
    ):
        given = shapely.transform(
            where.layer,
            lambda xy, crs=right: np.column_stack(pyproj.Proj(crs)(*xy.T)),
        )
        verdict = locate(given, Claim(claimed, "file"), where.outline)
        assert verdict.readings[0].cause == cause


def test_parcels_that_are_known_already_show_what_lots_alone_do_not():
    moved = shapely.transform(LOTS, planter.gcj02)
    verdict = locate(moved, Claim("EPSG:4326", "format"), DISTRICT, anchors=(moved, LOTS))
    assert (verdict.readings[0].cause, verdict.certain) == ("gcj-02", True)
    same = locate(LOTS, Claim("EPSG:4326", "format"), DISTRICT, anchors=(LOTS, LOTS))
    assert same.is_clean
    assert same.open == ()


def test_what_is_delivered_empty_is_no_anchor():
    lots = np.tile(LOTS, 2)
    moved = shapely.transform(lots, planter.gcj02)
    moved[0], moved[1] = None, shapely.Polygon()
    verdict = locate(moved, Claim("EPSG:4326", "format"), DISTRICT, anchors=(moved, lots))
    assert (verdict.readings[0].cause, verdict.certain) == ("gcj-02", True)


def test_an_old_datum_that_is_claimed_is_believed():
    where = place("440300", "zones")
    planted = planter.plant(where, "beijing-54", 3)
    verdict = locate(planted.geometry, Claim("EPSG:2435", "file"), where.outline)
    assert verdict.is_clean
    assert told(verdict) == []
    assert locate(planted.geometry, Claim("EPSG:4547", "file"), where.outline).readings[
        0
    ].option == "EPSG:2383"  # fmt: skip


def test_an_option_is_followed_but_what_speaks_against_it_is_said():
    verdict = locate(LOTS, Claim("EPSG:4326+swapped", "option"), DISTRICT, file="a.csv")
    assert told(verdict) == ["crs-option-doubtful"]
    assert verdict.notes[0].file == "a.csv"
    assert "--crs EPSG:4326+swapped" in verdict.notes[0].message()


def test_a_layer_of_elsewhere_is_not_moved_into_the_district():
    far = shapely.transform(LOTS, lambda xy: xy + np.array([3.17, 1.3]))
    verdict = locate(far, Claim("EPSG:4490", "file"), DISTRICT)
    assert (verdict.readings[0].cause, verdict.certain) == ("local-system", False)
    assert verdict.question().code == "crs-unknown"


def test_a_layer_of_the_whole_city_is_told_but_not_moved():
    where = place("440300", "zones")
    verdict = locate(where.layer, Claim("EPSG:4490", "file"), DISTRICT)
    assert verdict.is_clean
    assert "crs-outside" in told(verdict)


def test_a_layer_that_fills_the_outline_a_little_off_is_told():
    where = place("440300", "zones")
    off = shapely.transform(where.layer, lambda xy: xy + np.array([0.02, 0.0]))
    verdict = locate(off, Claim("EPSG:4490", "file"), where.outline)
    assert not verdict.is_clean, "another reading puts more of it into the district"
    assert not verdict.certain
    assert told(verdict)[0] == "crs-shifted"
    middle = where.outline.centroid
    wanted = pyproj.Geod(ellps="GRS80").inv(middle.x, middle.y, middle.x + 0.02, middle.y)[2]
    assert float(verdict.notes[0].value.split()[0]) == pytest.approx(wanted, abs=2)


def test_without_an_outline_the_area_of_use_shows_gross_errors_only():
    plane = shapely.transform(LOTS, lambda xy: np.column_stack(pyproj.Proj("EPSG:4526")(*xy.T)))
    assert locate(plane, Claim("EPSG:4526", "file"), None).is_clean
    found = locate(plane, Claim("EPSG:4547", "file"), None)
    assert found.readings[0].cause == "zone-number"
    assert locate(plane, None, None).question().code == "crs-unknown"


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Polygon()], [shapely.Point(np.nan, 1)]])
def test_where_there_is_no_position_nothing_is_said(shapes):
    given = np.array(shapes, dtype=object)
    assert locate(given, Claim("EPSG:4490", "file"), DISTRICT).is_clean


def test_a_claim_that_is_no_crs_of_maps_counts_as_none():
    verdict = locate(LOTS, Claim('LOCAL_CS["here",UNIT["metre",1]]', "file"), DISTRICT)
    assert told(verdict)[0] == "crs-claim-unread"
    assert verdict.readings[0].cause == "no-crs"


def test_a_single_lot_and_a_stray_vertex_do_not_mislead():
    assert locate(LOTS[:1], Claim("EPSG:4490", "file"), DISTRICT).is_clean
    where = place("440300", "zones")
    stray = np.append(where.layer, shapely.box(0, 0, 1e-3, 1e-3))
    verdict = locate(stray, Claim("EPSG:4490", "file"), where.outline)
    assert verdict.is_clean
    assert {each.severity for each in verdict.notes} <= {"info"}


def test_a_layer_that_stays_far_inside_shows_no_shift():
    square = np.array([[0, 0], [900, 0], [900, 900], [0, 900.0]])
    assert support_shift(square * 0.5, square, 50) is None
