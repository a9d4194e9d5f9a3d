"""What each change does to each figure: the effects by hand, and that they add up."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Small

from pingshan_geo import assess
from pingshan_geo.audit.changes import row_changes
from pingshan_geo.audit.contributions import Contribution, compare
from pingshan_geo.audit.edits import named_changes, together, with_rows

EXTRA = {"source_id": "gazette", "locator": "p. 5"}


@pytest.fixture
def two(tmp_path):
    return Small(tmp_path / "before"), Small(tmp_path / "after")


def compared(two):
    return compare(two[0].load(), two[1].load())


def figure(comparison, figure_id):
    return next(each for each in comparison.figures if each.id == figure_id)


def lot_x(small):
    small.add("parcels", parcel_id="x", zone_id="town", geometry_status="none", source_id="gazette")
    small.add(
        "facts", fact_id="fx", subject="x", measure="site_area", value="1.0", unit="ha",
        printed="1.0 ha", as_of="2020", area_basis="parcel", **EXTRA,
    )  # fmt: skip
    small.add(
        "auctions", auction_id="sale-x", date="2020-07-01", parcel_id="x", target_id="task", **EXTRA
    )


def test_a_lot_comes_in_with_its_facts_and_transfers_as_one_change(two):
    lot_x(two[1])
    found = compared(two)
    (change,) = found.changes
    assert (change.kind, change.table, change.after) == ("added", "parcels", ("x",))
    assert set(change.rows) == {("parcels", "x"), ("facts", "fx"), ("auctions", "sale-x")}
    rate = figure(found, "completion_rate_itemised/task")
    # 4.0 ha sold of 5 ha asked for; with 1.0 ha more, all of them.
    assert float(rate.difference) == pytest.approx(0.2)
    assert [(p.change, float(p.difference)) for p in rate.contributions] == [
        (0, pytest.approx(0.2))
    ]
    assert rate.leftover == 0


def test_two_corrections_share_a_ratio_and_the_rest_is_what_they_do_together(two):
    two[1].put("facts", 1, value="5.0", printed="5.0 ha")  # 4.0 ha of land before
    two[1].put("facts", 2, value="100000", printed="100 000 m²")  # 80 000 m² of floor before
    far = figure(compared(two), "far/lot-1")
    # 8/4 = 2 before, 10/5 = 2 after: nothing differs but the bounds; alone 8/5 − 2 and 10/4 − 2.
    assert far.difference == 0
    assert sorted(float(p.difference) for p in far.contributions) == pytest.approx([-0.4, 0.5])
    assert float(far.leftover) == pytest.approx(-0.1)


def test_a_figure_that_becomes_unknown_is_no_difference_from_nothing(two):
    two[1].rows["facts"] = [f for f in two[1].rows["facts"] if f["fact_id"] != "f3"]
    two[1].save()
    far = figure(compared(two), "far/lot-1")
    assert (far.difference, far.leftover, "unknown" in far.what) == (None, None, True)
    assert far.contributions == (Contribution(0, None, "unknown"),)


def test_a_new_locator_is_told_as_evidence_and_has_no_effect(two):
    two[1].put("facts", 3, locator="p. 9")
    delivered = figure(compared(two), "delivered/task")
    assert (delivered.what, delivered.difference, delivered.contributions) == (("evidence",), 0, ())


def test_rows_that_name_what_goes_go_along(two):
    two[1].rows["parcels"].pop()  # lot-2, which sale-2 names
    two[1].rows["auctions"].pop()
    two[1].save()
    (change,) = compared(two).changes
    assert set(change.rows) == {("parcels", "lot-2"), ("auctions", "sale-2")}


def test_a_new_source_is_brought_along_by_the_fact_that_names_it(two):
    two[1].add("sources", source_id="survey", title_en="Survey")
    two[1].put("facts", 1, source_id="survey")
    two[1].put("facts", 2, source_id="survey")
    changes = {change.table: change for change in compared(two).changes}
    assert len(compared(two).changes) == 3
    assert ("sources", "survey") in changes["facts"].rows


def test_a_later_last_day_is_a_change_of_its_own(two):
    two[1].descriptor["as_of"] = "2019-12-31"
    two[1].save()
    found = compared(two)
    assert [change.table for change in found.changes] == ["datapackage"]
    assert figure(found, "price/sale-1").contributions[0].what == "gone"


def test_more_than_sixty_changes_are_taken_together_and_that_is_said(two):
    for number in range(61):
        two[1].rows["indicators"].append({"indicator_id": f"i{number}"})
    two[1].save()
    found = compared(two)
    assert [(c.table, c.count) for c in found.changes] == [("indicators", 61)]
    assert found.is_grouped


def test_all_changes_together_make_the_second_catalogue(two):
    lot_x(two[1])
    two[1].put("facts", 1, value="5.0")
    two[1].rows["auctions"].pop(1)
    two[1].save()
    before, after = two[0].load(), two[1].load()
    changes = named_changes(before, after, row_changes(before, after), ())
    made = with_rows(before, after, {row for change in changes for row in change.rows})
    assert row_changes(made, after) == ()
    wanted = {f.id: (f.value, f.low, f.high, f.status) for f in assess(after).figures()}
    assert {f.id: (f.value, f.low, f.high, f.status) for f in assess(made).figures()} == wanted
    assert row_changes(before, two[0].load()) == ()


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_contributions_and_the_leftover_add_up_exactly(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("sum")
    one, two = Small(folder / "a"), Small(folder / "b")
    if data.draw(st.booleans()):
        lot_x(two)
    for place in range(4):
        two.rows["facts"][place]["value"] = data.draw(st.from_regex(r"\A[1-9][0-9]?\.[0-9]\Z"))
    if data.draw(st.booleans()):
        two.rows["auctions"].pop(data.draw(st.integers(0, 1)))
    two.save()
    found = compare(one.load(), two.load())
    for each in found.figures:
        if each.difference is None:
            assert each.leftover is None
            continue
        numbers = [part.difference or Fraction(0) for part in each.contributions]
        assert sum(numbers, each.leftover) == each.difference
        if "value" in each.what:
            assert each.difference == Fraction(each.after.value) - Fraction(each.before.value)


def test_too_many_changes_of_a_large_catalogue_are_taken_together_sooner(two):
    lot_x(two[1])
    two[1].put("facts", 1, value="5.0")
    before, after = two[0].load(), two[1].load()
    changes = named_changes(before, after, row_changes(before, after), ())
    assert len(together(changes, 100_000)) == len(changes) == 2
    assert len(together(changes * 4, 100_000)) == 2
