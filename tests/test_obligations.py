"""Obligations: due, met, overdue or unknown at a day, and none without a figure."""

from __future__ import annotations

import pytest

from pingshan_geo import assess
from pingshan_geo.catalogue.load import read_catalogue
from pingshan_geo.measures.obligations import years_later

BASE = {
    "obligation_id": "duty",
    "kind": "start",
    "parcel_id": "lot-1",
    "source_id": "gazette",
    "locator": "p. 8",
}


def verdict(small, as_of=None, fact=None, **cells):
    small.rows["obligations"] = [BASE | cells]
    small.save()
    if fact:
        small.add("facts", **{"fact_id": "r1", "subject": "duty", "measure": "obligation_reached",
                              "source_id": "gazette", "locator": "p. 9"} | fact)  # fmt: skip
    found = assess(small.load(), as_of)
    figure = found.figure("obligation_days_left/duty")
    assert figure.notes or figure.verdict != "unknown"
    return figure.verdict


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, "unknown"),
        ({"due": "2021-01-01"}, "due"),
        ({"due": "2020-12-31"}, "due"),  # the day itself is not over
        ({"due": "2020"}, "due"),
        ({"due": "2020-12-30"}, "unknown"),
        ({"due": "2020-06-30", "met_on": "2020-07-15"}, "met"),
        ({"due": "2020-06-30", "met_on": "2021-01-15"}, "unknown"),
        ({"due": "2020-06-30", "open_on": "2020-09-01"}, "overdue"),
        ({"due": "2020-06-30", "open_on": "2020-06-30"}, "unknown"),
        ({"due": "2020-06-30", "open_on": "2021-01-01"}, "unknown"),
        ({"due": "2020-06", "open_on": "2020"}, "unknown"),
        # Said to be open after it was met: one of the two is wrong, as soon as both have come.
        ({"due": "2020-06-30", "met_on": "2020-05-01", "open_on": "2020-12-31"}, "unknown"),
        ({"due": "2020-06-30", "met_on": "2020-05-01", "open_on": "2021-01-01"}, "met"),
    ],
)
def test_how_a_date_stands_at_the_end_of_2020(small, cells, expected):
    assert verdict(small, **cells) == expected


MONEY = {
    "kind": "investment",
    "value": "5",
    "unit": "100m_yuan",
    "qualifier": "more_than",
    "due": "2020-06-30",
}


@pytest.mark.parametrize(
    ("value", "as_of", "expected"),
    [("5.2", "2020-09-30", "met"), ("4.2", "2020-09-30", "overdue"),
     ("4.2", "2020-03-31", "unknown"), ("5.0", "2020-09-30", "unknown")],
)  # fmt: skip
def test_a_number_that_is_surely_enough_or_surely_not(small, value, as_of, expected):
    fact = {"value": value, "unit": "100m_yuan", "printed": f"{value} 亿元", "as_of": as_of}
    assert verdict(small, fact=fact, **MONEY) == expected
    found = assess(small.load())
    assert found.figure("obligation_rate/duty").value == pytest.approx(float(value) / 5)
    assert found.figure("obligation_required/duty").evidence


def test_what_is_at_least_as_much_as_is_asked_is_enough(small):
    # 5.5 to the nearest whole one is 5.0 at least, and "more than 5" asks for 5.
    fact = {"value": "5.5", "unit": "100m_yuan", "resolution": "1", "as_of": "2020-09-30"}
    assert verdict(small, fact=fact | {"printed": "5.5 亿元"}, **MONEY) == "met"


def test_findings_tell_what_is_overdue_and_what_nobody_says(small):
    verdict(small, due="2020-06-30", open_on="2020-09-01")
    assert "obligation-overdue" in [f.code for f in assess(small.load()).findings]
    verdict(small, due="2020-06-30")
    (finding,) = [f for f in assess(small.load()).findings if f.code == "obligation-unknown"]
    assert "2020-06-30" in finding.message("en")


def test_a_term_ends_as_many_years_after_the_transfer(small):
    assert years_later("2020-05", 30) == "2050-05"
    small.put("auctions", 0, term_years="30")
    small.save()
    table = assess(small.load()).obligations
    assert table.loc["sale-1@term", ["obligation_due", "obligation_verdict"]].tolist() == [
        "2050-05-06",
        "due",
    ]
    small.rows["obligations"] = [
        BASE | {"kind": "term", "auction_id": "sale-1", "value": "40", "unit": "year"}
    ]
    small.save()
    table = assess(small.load()).obligations
    assert table["obligation_due"].tolist() == ["2060-05-06"]  # and no second one


def test_a_withdrawn_transfer_has_no_term(small):
    small.put("auctions", 0, term_years="30", status="withdrawn")
    small.save()
    assert assess(small.load()).obligations.empty


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"value": "5"}, "missing-value"),
        ({"value": "5", "unit": "furlong"}, "unknown-unit"),
        ({"kind": "term", "value": "5", "unit": "ha"}, "unit-mismatch"),
        ({"parcel_id": ""}, "obligation-of-nothing"),
        ({"met_on": "2019", "open_on": "2020-02"}, "obligation-contradicts"),
    ],
)
def test_rows_that_cannot_be_right_are_told(small, cells, code):
    small.rows["obligations"] = [BASE | cells]
    small.save()
    assert code in [f.code for f in read_catalogue(small.path)[1]]


def test_what_is_met_on_the_day_itself_is_met(small):
    for met_on, expected in (("2020-12-31", "met"), ("2021-01-01", "unknown")):
        assert verdict(small, "2020-12-31", due="2020-12-30", met_on=met_on) == expected
