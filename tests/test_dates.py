"""Dates of a year, a month or a day."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pingshan_geo.catalogue.dates import looks_mangled, span
from pingshan_geo.measures.readings import not_after, straddles


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017", date(2017, 1, 1), date(2017, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2017-12-13", date(2017, 12, 13), date(2017, 12, 13)),
    ],
)
def test_a_date_means_all_days_that_it_may(text, first, last):
    assert span(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "2017-02-30", "2017-02-00", "2017-13", "2017-00", "2017-1-1", "17", "0000", "２０１７",
     "2017-12-13T00:00", " 2017", "soon"],
)  # fmt: skip
def test_what_is_no_date_has_no_days(text):
    assert span(text) is None


@pytest.mark.parametrize(
    ("text", "mangled"),
    [
        ("2017/12/13", True), ("13.12.2017", True), ("Dec-17", True), ("13-Dec-17", True),
        ("43082", True), ("2017-1-1", True), ("2017-12-13 00:00:00", True), ("2017年12月", True),
        ("soon", False), ("2017-02-30", True), ("", False), ("123456", False),
    ],
)  # fmt: skip
def test_what_spreadsheets_make_of_dates_is_recognised(text, mangled):
    assert looks_mangled(text) is mangled


def test_a_coarse_date_across_the_cutoff_is_neither_before_nor_forgotten():
    dates, cutoff = pd.Series(["2017", "2017-06", "2018", None]), date(2017, 6, 30)
    assert not_after(dates, cutoff).tolist() == [False, True, False, True]
    assert straddles(dates, cutoff).tolist() == [True, False, False, False]
