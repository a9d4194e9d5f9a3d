"""What a figure would be if one thing were otherwise; numbers worked out by hand."""

from __future__ import annotations

import json

import pytest

from pingshan_geo import assess, load_catalogue
from pingshan_geo.audit.sensitivity import sensitivities, sensitivity
from pingshan_geo.errors import UsageError
from pingshan_geo.report.sensitivity import sensitivity_document, sensitivity_lines


@pytest.fixture(scope="module")
def shipped():
    return assess(load_catalogue())


@pytest.fixture(scope="module")
def told(shipped):
    return sensitivities(shipped, [
        "far/G13113-8014", "completion_rate/industrial-land-2017",
        "completion_rate_itemised/industrial-land-2017", "share_of_parent/pingshan-high-tech-zone",
        "far/wangniugang-unit", "far/pingshan-innovation-plaza", "measured_area/pingshan-district",
        "parcel_count/pingshan-district", "site_area_total/pingshan-district",
    ])  # fmt: skip


def values(result, about):
    change = next(each for each in result.changes if each.about == about)
    return [None if each is None else each.value for each in change.outcomes]


def about(result, kind):
    return [each.about for each in result.changes if each.kind == kind]


def test_a_floor_area_ratio_with_each_input_at_its_bounds(told):
    far = told["far/G13113-8014"]
    assert values(far, "gross_floor_area/G13113-8014") == [488750 / 106000, 488850 / 106000]
    assert values(far, "site_area/G13113-8014") == [488800 / 105500, 488800 / 106500]
    assert about(far, "input") == ["site_area/G13113-8014", "gross_floor_area/G13113-8014"]
    assert far.changes[0].effect == pytest.approx(488800 / 105500 - 488800 / 106000)
    assert (far.verdict, far.threshold, far.break_even) == (None, None, ())


def test_the_completion_rate_of_2017_and_where_it_would_turn(told):
    rate = told["completion_rate/industrial-land-2017"]
    assert values(rate, "delivered/industrial-land-2017") == pytest.approx(
        [22.775 / 9.5, 22.785 / 9.5], rel=1e-12
    )
    assert values(rate, "target_value/industrial-land-2017") == pytest.approx(
        [22.78 / 9.45, 22.78 / 9.55], rel=1e-12
    )
    assert values(rate, "completion_rate_printed/industrial-land-2017") == [2.4]
    assert (rate.verdict, rate.threshold) == ("rate_reached", 1.0)
    assert not any(each.turns for each in rate.changes)
    assert "No single change puts it on the other side of the threshold." in [
        note.en for note in rate.notes
    ]
    even = {(each.kind, each.about): each for each in rate.break_even}
    done = even["input", "delivered/industrial-land-2017"]
    assert (done.value, done.base) == (pytest.approx(95_000, rel=1e-12), 227_800)
    asked = even["input", "target_value/industrial-land-2017"]
    assert asked.value == pytest.approx(227_800, rel=1e-12)
    share = even["net_site_share", "delivered/industrial-land-2017"]
    assert share.value == pytest.approx(9.5 / 22.78, rel=1e-12)
    assert f"{share.value:.1%}" == "41.7%"
    assert share.printed == (
        ("ev-lab-lot-a", pytest.approx(3.69 / 6.59)), ("ev-lab-lot-b", pytest.approx(3.39 / 4.18)),
    )  # fmt: skip


def test_the_itemised_rate_without_its_only_known_row_is_unknown_and_never_zero(told):
    rate = told["completion_rate_itemised/industrial-land-2017"]
    assert values(rate, "site_area/G13113-8014") == pytest.approx(
        [10.55 / 9.5, 10.65 / 9.5], rel=1e-12
    )
    assert about(rate, "left_out") == ["accelerator-2-2017"]  # the others are unknown anyway
    assert values(rate, "accelerator-2-2017") == [None]
    left = next(each for each in rate.changes if each.kind == "left_out")
    assert (left.effect, left.turns) == (None, None)
    assert rate.changes.index(left) > 1  # what has no size stands last
    share = next(each for each in rate.break_even if each.kind == "net_site_share")
    assert share.value == pytest.approx(9.5 / 10.6, rel=1e-12)


def test_a_share_with_the_other_printed_areas_of_the_district(told):
    share = told["share_of_parent/pingshan-high-tech-zone"]
    assert values(share, "e071") == [pytest.approx(51.6 / 168, rel=1e-12)]
    assert values(share, "e072") == [pytest.approx(51.6 / 167, rel=1e-12)]
    assert [f"{values(share, each)[0]:.2%}" for each in ("e072", "e071")] == ["30.90%", "30.71%"]
    reading = next(each for each in share.changes if each.about == "e071")
    assert reading.printed.en.startswith("168平方公里 (")
    # The newest area is of 2024: a year before, that of 2012 was the one in use.
    assert values(share, "2023-12-31") == [pytest.approx(51.6 / 168, rel=1e-12)]
    assert "2016-12-31" not in about(share, "date")  # nothing was printed by then
    sizes = [each.effect for each in share.changes if each.effect is not None]
    assert sizes == sorted(sizes, reverse=True)


def test_a_renewal_unit_on_each_of_its_printed_lands(told):
    far = told["far/wangniugang-unit"]
    assert values(far, "demolition_area/wangniugang-unit") == [260172 / 70362.5]
    assert values(far, "renewal_unit_area/wangniugang-unit") == [260172 / 85247]


def test_a_sum_without_each_of_its_lots(told):
    total = told["site_area_total/pingshan-district"]
    assert len(about(total, "left_out")) == total.figure.completeness.rows_known
    assert values(total, "G13113-8014") == [pytest.approx(total.figure.value - 106_000)]
    # 6.59 ha of total land is printed as 3.69 ha of net site.
    assert values(total, "net_site_area/ev-lab-lot-a") == [
        pytest.approx(total.figure.value - 29_000)
    ]


@pytest.mark.parametrize(("figure", "said"), [
    ("far/pingshan-innovation-plaza", "unknown"), ("measured_area/pingshan-district", "outlines"),
    ("parcel_count/pingshan-district", "count"),
])  # fmt: skip
def test_what_has_no_alternatives_says_so(told, figure, said):
    assert (told[figure].is_supported, told[figure].changes) == (False, ())
    assert said in told[figure].notes[0].en


def test_all_derived_figures_of_the_catalogue_can_be_asked_at_once(shipped):
    ids = [each.id for each in shipped.figures() if each.status == "derived"]
    found = sensitivities(shipped, ids)
    assert list(found) == ids
    assert all(each.is_supported or each.notes for each in found.values())
    for each in found.values():
        json.dumps(sensitivity_document(shipped, each, "zh"), allow_nan=False)
        assert all(line.isprintable() for line in sensitivity_lines(shipped, each, "en"))


def test_a_figure_that_is_not_there_is_wrong_usage(shipped):
    with pytest.raises(UsageError):
        sensitivity(shipped, "far/G13113-8015")


def test_a_target_without_an_upper_bound_is_never_put_at_one(small):
    small.put("targets", 0, qualifier="more_than")
    found = sensitivity(assess(small.load()), "completion_rate/task")  # 6 ha of more than 5 ha
    change = next(each for each in found.changes if each.about == "target_value/task")
    low, high = change.outcomes
    assert high is None
    assert low.value == pytest.approx(1.2)
    assert found.verdict == "rate_open"
    assert "target: no upper bound is printed." in [note.en for note in found.notes]


def limited(small, limit):
    small.add("limits", limit_id="l1", zone_id="base", far_maximum=limit, source_id="gazette")
    return assess(small.load())


def test_a_single_reading_that_turns_a_verdict_is_named(small):
    small.add("facts", fact_id="f9", subject="lot-1", measure="net_site_area", value="3.0",
              unit="ha", printed="3.0 ha", source_id="gazette", locator="p. 9")  # fmt: skip
    found = sensitivity(limited(small, "2.5"), "far/lot-1")
    assert (found.verdict, found.threshold) == ("within", 2.5)
    turning = [(each.about, each.turns) for each in found.changes if each.turns]
    assert turning == [("net_site_area/lot-1", "over")]  # 80 000 / 30 000 = 2.67
    even = {each.about: each.value for each in found.break_even}
    assert even["site_area/lot-1"] == pytest.approx(32_000)
    assert even["gross_floor_area/lot-1"] == pytest.approx(100_000)


def test_a_ratio_far_below_its_limit_is_turned_by_nothing(small):
    found = sensitivity(limited(small, "9"), "far/lot-1")
    none = "No single change puts it on the other side of the threshold."
    assert [note.en for note in found.notes] == [none]


def test_a_row_counts_by_the_stage_that_its_project_has_reached(small):
    small.rows["facts"].append(
        {"fact_id": "f8", "subject": "lot-2", "measure": "site_area", "value": "2", "unit": "ha",
         "printed": "2 ha", "source_id": "gazette", "locator": "p. 8"}
    )  # fmt: skip
    small.rows["projects"][0]["stage"] = "completed"
    small.rows["auctions"][0]["project_id"] = "works"
    small.save()
    found = sensitivity(assess(small.load()), "completion_rate_itemised/task")  # (4 + 2) / 5
    assert values(found, "completed") == [pytest.approx(0.8)]
    rule = next(each for each in found.changes if each.kind == "status_rule")
    assert rule.turns == "rate_missed"
    assert values(found, "sale-2") == [pytest.approx(0.8)]
    assert values(found, "sale-1") == [pytest.approx(0.4)]


def test_of_many_rows_the_thirty_largest_are_told_and_how_many_more(small):
    small.rows["parcels"] = [
        {"parcel_id": f"p{at}", "zone_id": "base", "geometry_status": "none",
         "source_id": "gazette", "site_area_m2": str(1000 + at)}
        for at in range(60)
    ]  # fmt: skip
    small.rows["facts"] = small.rows["projects"] = small.rows["auctions"] = []
    small.save()
    found = sensitivity(assess(small.load()), "site_area_total/base")
    assert found.figure.inputs_from is not None
    assert about(found, "left_out") == [f"p{at}" for at in range(59, 29, -1)]
    assert len(about(found, "input")) == 30
    assert [note.en for note in found.notes] == [
        "The 30 widest inputs; 30 more are not shown.",
        "The 30 largest rows; 30 more are not shown.",
    ]


def test_lines_say_what_where_and_how_far_in_both_languages(shipped, told):
    rate = told["completion_rate/industrial-land-2017"]
    english = "\n".join(sensitivity_lines(shipped, rate, "en"))
    assert "reached, held against 100 %" in english
    assert "target at 9.45 ha: 241.1 %; target at 9.55 ha: 238.5 %" in english
    assert "net site share under 41.7 %" in english
    assert "Printed for other lots, not for this one: 56.0 %" in english
    chinese = "\n".join(sensitivity_lines(shipped, rate, "zh"))
    assert "目标值取9.45 公顷：241.1 %；目标值取9.55 公顷：238.5 %" in chinese
    document = sensitivity_document(shipped, rate)
    assert document["changes"][0]["low"]["value"] == 227800 / 94500
    itemised = sensitivity_document(shipped, told["completion_rate_itemised/industrial-land-2017"])
    assert itemised["changes"][-1]["result"]["value"] is None
