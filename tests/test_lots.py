"""Areas by basis and floor area ratios of lots."""

from __future__ import annotations

import pytest

from pingshan_geo import assess
from pingshan_geo.export import export_table
from pingshan_geo.words import Text

OUTLINE = [[[114.0, 22.0], [114.001, 22.0], [114.001, 22.001], [114.0, 22.0]]]


def figure(small, figure_id):
    return assess(small.load()).figure(figure_id)


def fact(small, measure, value, **more):
    small.add(
        "facts", fact_id=f"{measure}-{value}", subject="lot-1", measure=measure, value=value,
        unit="m2", printed=f"{value} m²", source_id="gazette", locator="p. 9", **more,
    )  # fmt: skip


def test_a_ratio_is_floor_over_land_with_bounds_and_bases_named(small):
    far = figure(small, "far/lot-1")
    assert (far.value, far.low, far.high) == (2.0, 79_950 / 40_500, 80_050 / 39_500)
    assert far.inputs == ("gross_floor_area/lot-1", "site_area/lot-1")
    assert far.basis == Text("gross floor on parcel", "总建筑面积／宗地面积")


def test_countable_floor_goes_first_and_each_pair_of_bases_is_shown(small):
    assert [f.measure for f in assess(small.load()).figures("far", subject="lot-1")] == ["far"]
    fact(small, "net_site_area", "30000")
    pairs = [f.measure for f in assess(small.load()).figures("far", subject="lot-1")]
    assert pairs == ["far", "far_gross_on_site", "far_gross_on_net_site"]
    fact(small, "countable_floor_area", "60000")
    far = figure(small, "far/lot-1")
    assert (far.value, far.basis.en) == (1.5, "countable floor on parcel")
    pairs = {f.measure: f.value for f in assess(small.load()).figures("far", subject="lot-1")}
    assert pairs == {
        "far": 1.5, "far_countable_on_site": 1.5, "far_gross_on_site": 2.0,
        "far_countable_on_net_site": 2.0, "far_gross_on_net_site": 80_000 / 30_000,
    }  # fmt: skip


@pytest.mark.parametrize("gone", ["site_area", "gross_floor_area"])
def test_a_ratio_with_one_side_missing_is_unknown_and_says_which(small, gone):
    small.rows["facts"] = [f for f in small.rows["facts"] if f["measure"] != gone]
    small.save()
    far = figure(small, "far/lot-1")
    assert (far.value, far.low, far.high, far.status) == (None, None, None, "unknown")
    assert gone.replace("_", " ") in far.notes[0].en
    assert far.basis is None


def test_a_lot_of_no_size_has_no_ratio(small):
    small.put("facts", 1, value="0")
    assert figure(small, "far/lot-1").status == "unknown"
    assert figure(small, "site_area/lot-1").value == 0
    fact(small, "net_site_area", "20000")  # a land that is something goes before one of nothing
    far = figure(small, "far/lot-1")
    assert (far.value, far.basis.en) == (4.0, "gross floor on net site")
    assert far.inputs == ("gross_floor_area/lot-1", "net_site_area/lot-1")


@pytest.mark.parametrize(
    ("printed", "stands_for"),
    [
        (("development_area", "net_site_area", "renewal_unit_area"), "renewal_unit_area"),
        (("development_area", "net_site_area"), "net_site_area"),
        (("development_area",),) * 2,
        (("demolition_area",), None),
    ],
)
def test_the_recorded_area_names_the_area_it_stands_for(small, printed, stands_for):
    stands_for = stands_for[0] if isinstance(stands_for, tuple) else stands_for
    del small.rows["facts"][1]
    for size, measure in enumerate(printed, start=1):
        fact(small, measure, f"{size}0001")
    found = figure(small, "recorded_area/lot-1")
    if stands_for is None:
        assert found.status == "unknown"
    else:
        assert found.inputs == (f"{stands_for}/lot-1",)
        assert found.value == figure(small, found.inputs[0]).value
        assert [e.printed for e in found.evidence] == [f"{found.value:.0f} m²"]


def test_a_bulk_column_is_recorded_with_the_bounds_of_its_digits(small):
    small.put("parcels", 1, site_area_m2=8279.5, far_limit=2, recorded_area_m2=None)
    assessment = assess(small.load())
    site, limit = assessment.figure("site_area/lot-2"), assessment.figure("far_limit/lot-2")
    assert (site.value, site.low, site.high, site.status) == (8279.5, 8279.45, 8279.55, "recorded")
    assert (limit.low, limit.high, limit.qualifier) == (2, 2, "exact")  # a plan decided it
    assert [e.to_dict() for e in site.evidence] == [
        {"source": "gazette", "locator": "column site_area_m2", "printed": "8279.5"}
    ]
    assert assessment.figure("recorded_area/lot-2").inputs == ("site_area/lot-2",)
    assert "far_limit/lot-1" not in set(assessment.figure_ids())


def test_a_fact_goes_before_a_bulk_column_and_a_contradiction_is_told(small):
    small.put("parcels", 0, site_area_m2=90_000)
    assessment = assess(small.load())
    assert assessment.figure("site_area/lot-1").value == 40_000
    (finding,) = [f for f in assessment.findings if f.code == "column-conflict"]
    assert (finding.subject, finding.field, finding.value) == ("lot-1", "site_area_m2", "90000.0")


def test_a_limit_that_a_plan_decided_is_held_to_its_digits(small):
    small.put("parcels", 0, far_limit=4.6)
    for digits, count in (("4.6", 0), ("4.64", 1)):
        small.put("facts", 2, measure="far_limit", value=digits, unit="1", printed=digits,
                  qualifier="exact", resolution="", floor_basis="")  # fmt: skip
        told = [f for f in assess(small.load()).findings if f.code == "column-conflict"]
        assert len(told) == count, digits


def test_a_share_of_the_parent_needs_both_areas(small):
    small.put("facts", 1, subject="base", measure="recorded_area", area_basis="")
    assert figure(small, "share_of_parent/base").value == 40_000 / 2e6
    assert figure(small, "share_of_parent/lot-1").status == "unknown"
    assert "share_of_parent/town" not in set(assess(small.load()).figure_ids())


def test_an_unknown_area_is_nowhere_a_number(small):
    assessment = assess(small.load())
    for name in ("recorded_area", "measured_area", "site_area", "gross_floor_area", "far"):
        found = assessment.figure(f"{name}/lot-2")
        assert (found.value, found.status) == (None, "unknown")
        assert found.notes


def test_a_drawn_area_has_a_column_only_where_an_outline_is_drawn(small):
    def columns():
        return set(export_table(assess(small.load()), "parcels").data)

    assert "drawn_area_m2" not in columns()
    small.put("parcels", 0, geometry_status="illustrative", geometry=OUTLINE)
    assert "drawn_area_m2" in columns()
