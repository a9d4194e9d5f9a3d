"""Prices by area, and targets: what is delivered, itemised, implied and unknown."""

from __future__ import annotations

import math

import pytest

from pingshan_geo import assess
from pingshan_geo.errors import InputError

SALE = {"auction_id": "sale-3", "date": "2020", "target_id": "task", "source_id": "gazette"}


def figure(small, figure_id, as_of=None):
    return assess(small.load(), as_of).figure(figure_id)


def bounds(found):
    return (found.value, found.low, found.high)


def test_a_rate_is_delivered_over_asked_and_is_not_capped(small):
    rate = figure(small, "completion_rate/task")
    assert bounds(rate) == (6 / 5, 55_000 / 55_000, 65_000 / 45_000)
    assert rate.inputs == ("delivered/task", "target_value/task")
    assert bounds(figure(small, "outstanding/task")) == (-10_000, -20_000, 0)


def test_the_itemised_rate_is_of_the_known_transfers_only(small):
    itemised = figure(small, "completion_rate_itemised/task")
    assert itemised.value == 40_000 / 50_000
    assert itemised.completeness.to_dict() == {
        "rows_known": 1, "rows": 2, "of_recorded_total": 40_000 / 60_000, "left_out": ["sale-2"],
    }  # fmt: skip


def test_one_transfer_is_an_itemised_rate_and_none_is_not_even_an_unknown_one(small):
    small.rows["auctions"] = small.rows["auctions"][:1]
    small.save()
    assert figure(small, "completion_rate_itemised/task").value == 40_000 / 50_000
    small.rows["auctions"] = []
    small.save()
    assert not list(assess(small.load()).figures("completion_rate_itemised"))


def test_a_parcel_sold_twice_counts_once_but_two_unknown_parcels_count_twice(small):
    small.add("auctions", **SALE, parcel_id="lot-1")
    for name in ("sale-4", "sale-5"):
        small.add("auctions", **SALE | {"auction_id": name})
    found = figure(small, "delivered_itemised/task")
    assert (found.value, found.completeness.rows, found.completeness.rows_known) == (40_000, 4, 1)
    assert found.completeness.left_out == ("sale-2", "sale-4", "sale-5")


def test_without_a_printed_total_only_a_whole_itemised_one_is_the_delivery(small):
    small.rows["facts"].pop()
    small.save()
    assert figure(small, "delivered/task").status == "unknown"
    small.rows["auctions"].pop()
    small.save()
    found = figure(small, "delivered/task")
    assert (found.value, found.status, found.inputs) == (
        40_000,
        "derived",
        ("delivered_itemised/task",),
    )


def test_an_open_bound_of_one_transfer_opens_the_sum(small):
    for qualifier, low, high in (("less_than", None, 40_000), ("more_than", 40_000, None)):
        small.put("facts", 1, qualifier=qualifier)
        found = figure(small, "delivered_itemised/task")
        assert (found.low, found.high, found.qualifier) == (low, high, qualifier)


def test_about_is_handed_on_only_from_the_area_that_counts(small):
    small.put("facts", 2, qualifier="about")
    assert figure(small, "completion_rate_itemised/task").qualifier == "printed"
    small.put("facts", 1, qualifier="about")
    assert figure(small, "completion_rate_itemised/task").qualifier == "about"


def test_a_target_of_floor_is_itemised_by_floor(small):
    small.put("targets", 0, measure="floor_area")
    assert figure(small, "delivered_itemised/task").value == 80_000


def test_a_target_of_more_than_something_gives_a_rate_of_less_than_something(small):
    small.put("targets", 0, qualifier="more_than")
    rate = figure(small, "completion_rate/task")
    assert (rate.value, rate.low, rate.high, rate.qualifier) == (1.2, 0.0, 1.3, "less_than")


@pytest.mark.parametrize("measure", ["completion_rate", "delivered", "outstanding"])
def test_what_nobody_delivered_or_printed_is_unknown(small, measure):
    small.rows["facts"].pop()
    small.save()
    found = figure(small, f"{measure}/task")
    assert (bounds(found), found.status) == ((None, None, None), "unknown")
    assert found.notes


def test_a_target_of_nothing_has_no_rate(small):
    small.put("targets", 0, value="0")
    assert figure(small, "completion_rate/task").status == "unknown"


def test_a_printed_rate_without_a_target_is_recorded_and_implies_one(small):
    small.put("targets", 0, value="")
    small.add(
        "facts", fact_id="f5", subject="task", measure="completion_rate_printed", value="150",
        unit="%", resolution="1", printed="150 %", source_id="gazette", locator="p. 3",
    )  # fmt: skip
    rate, implied = figure(small, "completion_rate/task"), figure(small, "implied_target/task")
    assert (rate.value, rate.status, rate.inputs) == (
        1.5,
        "recorded",
        ("completion_rate_printed/task",),
    )
    assert bounds(implied) == pytest.approx((40_000, 55_000 / 1.505, 65_000 / 1.495))
    assert figure(small, "target_value/task").status == "unknown"
    assert figure(small, "outstanding/task").status == "unknown"


def test_prices_stand_on_the_lot_and_on_countable_floor_where_it_is_known(small):
    small.put("auctions", 0, start_price_yuan="800000")
    assert figure(small, "land_price_per_m2/sale-1").value == 25.0
    assert figure(small, "floor_price_per_m2/sale-1").value == 12.5
    assert figure(small, "price_premium/sale-1").value == 0.25
    countable = {"fact_id": "f6", "measure": "countable_floor_area", "value": "50000"}
    small.add("facts", **small.rows["facts"][2] | countable | {"floor_basis": "countable"})
    floor = figure(small, "floor_price_per_m2/sale-1")
    assert floor.value == 20.0
    assert floor.inputs == ("price/sale-1", "countable_floor_area/lot-1")


@pytest.mark.parametrize("name", ["land_price_per_m2", "floor_price_per_m2", "price_premium"])
def test_a_transfer_without_price_or_lot_has_no_price_by_area(small, name):
    small.put("auctions", 1, parcel_id="")
    found = figure(small, f"{name}/sale-2")
    assert (found.value, found.status) == (None, "unknown")
    assert found.notes


def test_the_cutoff_takes_later_transfers_out_of_the_sum_and_tells_coarse_dates(small):
    early = assess(small.load(), "2020-06-30")
    assert early.auctions.index.tolist() == ["sale-1"]
    assert [f.code for f in early.findings if f.subject == "sale-2"] == ["date-straddles"]
    assert math.isnan(assess(small.load(), "2020-01-31").targets.loc["task", "delivered_itemised"])


def codes(assessment, subject):
    return [f.code for f in assessment.findings if f.subject == subject]


@pytest.mark.parametrize("status", ["withdrawn", "failed"])
def test_what_was_withdrawn_counts_until_that_day_and_stays_listed(small, status):
    small.put("facts", 1, as_of="2020-01-01")  # so that the area is known early
    small.put("auctions", 0, status=status, status_date="2020-09-01")
    before, after = (assess(small.load(), day) for day in ("2020-08-31", "2020-12-31"))
    assert before.figure("delivered_itemised/task").value == 40_000
    assert after.figure("delivered_itemised/task").value is None
    assert after.auctions.loc["sale-1", "transfer_verdict"] == status
    assert "transfer-not-counted" in codes(after, "sale-1")
    assert "transfer-not-counted" not in codes(before, "sale-1")


def test_a_coarse_day_of_withdrawal_opens_the_lower_bound(small):
    small.put("facts", 1, as_of="2020-01-01")  # so that the area is known early
    small.put("auctions", 0, status="withdrawn", status_date="2020")
    found = figure(small, "delivered_itemised/task", "2020-08-31")
    assert bounds(found) == (40_000, 0, 40_500)


def test_a_corrected_transfer_counts_no_more(small):
    small.put("facts", 1, as_of="2020-01-01")  # so that the area is known early
    small.add("auctions", **SALE | {"replaces": "sale-1", "parcel_id": "lot-2", "date": "2020-11"})
    after = assess(small.load())
    assert after.auctions["transfer_verdict"].tolist() == ["replaced", "stands", "stands"]
    assert after.figure("delivered_itemised/task").completeness.left_out == ("sale-2",)
    assert figure(small, "delivered_itemised/task", "2020-10-31").value == 40_000


def test_a_ring_of_corrections_is_an_error(small):
    small.put("auctions", 0, replaces="sale-2")
    small.put("auctions", 1, replaces="sale-1")
    with pytest.raises(InputError) as error:
        small.load()
    assert [f.code for f in error.value.findings] == ["replaces-cycle"]


def test_a_transfer_of_a_coarse_date_is_in_the_upper_bound_only(small):
    small.put("facts", 1, as_of="2020-01-01")  # so that the area is known early
    small.add("facts", fact_id="f9", subject="lot-2", measure="site_area", value="1.0", unit="ha",
              printed="1.0 ha", as_of="2020-01-01", source_id="gazette",
              locator="p. 2")  # fmt: skip
    found = figure(small, "delivered_itemised/task", "2020-06-30")
    assert bounds(found) == (40_000, 39_500, 51_000)
    assert any("upper bound" in note.en for note in found.notes)
