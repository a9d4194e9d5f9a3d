"""Pace of a target over its period: part gone, expected, margin, needed."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo import assess
from pingshan_geo.figure import Interval
from pingshan_geo.measures.pace import needed_pace, period_share


def share(start, end, as_of):
    found = period_share(pd.Series([start]), pd.Series([end]), date.fromisoformat(as_of))
    return tuple(float(part[0]) for part in found)


@pytest.mark.parametrize(
    ("start", "end", "as_of", "expected"),
    [
        ("2021-01-01", "2021-12-31", "2021-12-31", (1, 1, 1)),
        ("2021-01-01", "2021-12-31", "2021-01-01", (1 / 365,) * 3),  # the day counts whole
        ("2021-01-01", "2021-12-31", "2025-01-01", (1, 1, 1)),
        ("2021-01-01", "2022-12-31", "2021-12-31", (0.5, 0.5, 0.5)),
        ("2021-01-01", "2021-12", "2021-06-30", (181 / 365, 181 / 365, 181 / 335)),
        ("2021-02", "2021-12-31", "2021-02-28", (28 / 334, 1 / 307, 28 / 334)),
    ],
)
def test_the_share_of_a_period_by_hand(start, end, as_of, expected):
    assert share(start, end, as_of) == pytest.approx(expected)


def test_a_period_without_an_end_has_an_unknown_share():
    assert np.isnan(share("2021-01-01", None, "2021-06-30")).all()


def target(small, **cells):
    small.put("targets", 0, period_start="2020-01-01", period_end="2021-12-31", **cells)
    return assess(small.load())


def test_expected_margin_and_needed_by_hand(small):
    found = target(small)  # 5 ha over 731 days, 366 of them gone, 6 ha delivered
    gone = 366 / 731
    assert found.figure("period_share/task").value == gone
    assert found.figure("expected/task").value == pytest.approx(50_000 * gone)
    margin = found.figure("pace_margin/task")
    assert margin.value == pytest.approx(60_000 - 50_000 * gone)
    assert (margin.low, margin.high) == pytest.approx(
        (55_000 - 55_000 * gone, 65_000 - 45_000 * gone)
    )
    assert margin.verdict == "ahead"
    needed = found.figure("pace_needed/task")
    assert (needed.value, needed.unit) == (0.0, "m2/year")


def test_what_is_left_is_needed_over_the_years_that_are_left(small):
    small.put("facts", 3, value="3", printed="3 ha")
    found = target(small, qualifier="exact")
    needed = found.figure("pace_needed/task")
    assert needed.value == pytest.approx(20_000 / (365 / 365.2425))
    assert found.figure("pace_margin/task").verdict == "on_pace"  # 2.5 to 3.5 ha, 2.503 expected
    small.put("facts", 3, value="2.0", printed="2.0 ha")
    assert assess(small.load()).figure("pace_margin/task").verdict == "behind"


def test_without_time_left_something_outstanding_has_an_unknown_pace(small):
    small.put("facts", 3, value="2", printed="2 ha")
    needed = assess(small.load()).figure("pace_needed/task")
    assert needed.value is None
    assert "No time" in needed.notes[0].en


def test_a_goal_for_a_day_has_no_pace(small):
    small.put("targets", 0, period_start="", counts="reached")
    ids = set(assess(small.load()).figure_ids())
    assert not {f"{m}/task" for m in ("period_share", "expected", "pace_margin")} & ids


days = st.integers(0, 900).map(lambda n: date(2020, 1, 1) + timedelta(n))


@given(days, days, days, st.sampled_from([4, 7, 10]), st.sampled_from([4, 7, 10]))
def test_the_bounds_of_a_share_hold_every_day_that_was_meant(start, end, as_of, cut, cut_2):
    start, end = min(start, end), max(start, end)
    value, low, high = share(str(start)[:cut], str(end)[:cut_2], str(as_of))
    exact = share(str(start), str(end), str(as_of))[0]
    assert low - 1e-12 <= exact <= high + 1e-12
    assert low <= value <= high


@given(st.floats(-5, 5), st.floats(0, 3), st.floats(0, 1), st.floats(0, 1), st.data())
def test_the_bounds_of_the_needed_pace_hold_exact_results(left, years, wide, long, data):
    interval = Interval(*(np.array([v]) for v in (left, left - wide, left + wide)))
    time = Interval(*(np.array([v]) for v in (years, max(years - long, 0), years + long)))
    found = needed_pace(interval, time)
    if np.isnan(found.value[0]):
        return
    real = data.draw(st.floats(float(interval.low[0]), float(interval.high[0])))
    span = data.draw(st.floats(float(time.low[0]), float(time.high[0])))
    if real <= 0 or span > 0:
        pace = max(real, 0) / span if real > 0 else 0.0
        assert found.low[0] <= pace * (1 + 1e-12) + 1e-300
        assert pace <= found.high[0] * (1 + 1e-12)
