"""Pace of targets over a period: what is gone of it, what should be there, what is still needed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.dates import Span, span
from pingshan_geo.figure import (
    FloatArray,
    Interval,
    ObjectArray,
    choose_code,
    choose_object,
    combined_qualifier,
    intervals,
    subtract,
)
from pingshan_geo.measures.wide import Wide
from pingshan_geo.units import per_year

AHEAD, BEHIND, ON_PACE, UNKNOWN = "ahead", "behind", "on_pace", "unknown"
#: Mean length of a year in days.
YEAR_DAYS = 365.2425


def put_pace(wide: Wide, as_of: date) -> None:
    """Put share of the period gone, expected delivery, margin and needed pace of targets.

    Only targets with a ``period_start`` have them: a goal for a day has no pace. A period without
    an end has an unknown share.

    Parameters
    ----------
    wide : Wide
        Targets with ``target_value`` and ``delivered``; columns are added to it.
    as_of : date
        The day that is looked from; it counts whole.
    """
    starts, ends = wide.base["period_start"], wide.base["period_end"]
    over_time = starts.notna().to_numpy()
    share = period_share(starts, ends, as_of)
    share_q = choose_code(share.low == share.high, "exact", "printed")
    wide.put("period_share", share, "derived", share_q, where=over_time)
    asked, asked_q = wide.interval("target_value"), wide.qualifier("target_value")
    expected = _times(asked, share)
    expected_q = combined_qualifier(expected, asked_q, share_q)
    wide.put("expected", expected, "derived", expected_q, where=over_time)
    delivered, delivered_q = wide.interval("delivered"), wide.qualifier("delivered")
    margin = subtract(delivered, expected)
    margin_q = combined_qualifier(margin, delivered_q, expected_q)
    wide.put("pace_margin", margin, "derived", margin_q, where=over_time)
    verdict = pace_verdict(margin)
    verdict[~over_time] = None
    wide.note("pace_verdict", verdict)
    units = np.array([per_year(unit) for unit in wide.base["unit_si"]], dtype=object)
    left = subtract(asked, delivered)
    needed = needed_pace(left, _years_left(starts, ends, as_of))
    needed_q = combined_qualifier(needed, asked_q, delivered_q)
    wide.put("pace_needed", needed, "derived", needed_q, where=over_time & (units != None))  # noqa: E711
    wide.note("pace_needed_unit_si", units)


def period_share(starts: pd.Series[str], ends: pd.Series[str], as_of: date) -> Interval:
    """Return the part of each period that is gone at the end of a day, from 0 to 1.

    The value takes the first day that the start and the last day that the end may mean; the
    bounds take every other reading of a year or month. Unknown without a start or an end.

    Examples
    --------
    >>> starts, ends = pd.Series(["2021-01-01"]), pd.Series(["2022-12-31"])
    >>> half = period_share(starts, ends, date(2021, 12, 31))
    >>> [float(part[0]) for part in half]
    [0.5, 0.5, 0.5]
    """
    return intervals([_share(first, last, as_of) for first, last in _spans(starts, ends)])


def _spans(starts: pd.Series[str], ends: pd.Series[str]) -> list[tuple[Span | None, Span | None]]:
    return [(span(a or ""), span(b or "")) for a, b in zip(starts, ends, strict=True)]


def _gone(first: date, last: date, as_of: date) -> float:
    """Return the part of a period between two days that is gone; a period has a day at least."""
    days = (max(first, last) - first).days + 1
    return min(max(((as_of - first).days + 1) / days, 0.0), 1.0)


def _share(first: Span | None, last: Span | None, as_of: date) -> tuple[float, float, float]:
    if first is None or last is None:
        return (np.nan, np.nan, np.nan)
    # A later start and a later end both leave less of it gone.
    corners = [_gone(a, b, as_of) for a in first for b in last]
    return _gone(first.first, last.last, as_of), min(corners), max(corners)


def _years_left(starts: pd.Series[str], ends: pd.Series[str], as_of: date) -> Interval:
    """Return the years from the end of a day to the end of each period, or from its first day."""
    rows = []
    for first, last in _spans(starts, ends):
        if first is None or last is None:
            rows.append((np.nan, np.nan, np.nan))
            continue
        found = [
            max(end.toordinal() - max(as_of.toordinal(), start.toordinal() - 1), 0) / YEAR_DAYS
            for start in first
            for end in last
        ]
        rows.append((found[1], min(found), max(found)))
    return intervals(rows)


def _times(one: Interval, other: Interval) -> Interval:
    """Return the product of two non-negative quantities; a missing bound times 0 stays missing."""
    low = np.maximum(one.low, 0.0) * other.low
    with np.errstate(invalid="ignore"):
        high = np.where(np.isinf(one.high), np.inf, one.high * other.high)
    value = one.value * other.value
    known = ~np.isnan(value)
    low = np.where(np.isneginf(one.low), 0.0, low)
    return Interval(value, np.where(known, low, np.nan), np.where(known, high, np.nan))


def pace_verdict(margin: Interval) -> ObjectArray:
    """Return how each margin stands: ``on_pace`` where its bounds hold 0.

    Examples
    --------
    >>> rows = np.array([[2.0, -1.0, np.nan], [1.0, -2.0, np.nan], [3.0, 0.0, np.nan]])
    >>> pace_verdict(Interval(*rows)).tolist()
    ['ahead', 'on_pace', 'unknown']
    """
    verdict = choose_object(margin.low > 0, AHEAD, ON_PACE)
    verdict[margin.high < 0] = BEHIND
    verdict[np.isnan(margin.value)] = UNKNOWN
    return verdict


def needed_pace(left: Interval, years: Interval) -> Interval:
    """Return what is left over the years that are left.

    0 where nothing is left; unknown where something is and no time. No bound above where no time
    may be left.

    Examples
    --------
    >>> one = Interval(*np.array([[8.0, 8.0, -1.0], [7.0, 7.0, -2.0], [9.0, 9.0, 0.0]]))
    >>> years = Interval(*np.array([[2.0, 0.0, 0.0]] * 3))
    >>> [part.tolist() for part in needed_pace(one, years)]
    [[4.0, nan, 0.0], [3.5, nan, 0.0], [4.5, nan, 0.0]]
    """
    value = _over(np.maximum(left.value, 0.0), years.value, np.nan)
    low = _over(np.maximum(left.low, 0.0), years.high, np.inf)
    high = _over(np.maximum(left.high, 0.0), years.low, np.inf)
    known = ~np.isnan(value)
    return Interval(value, np.where(known, low, np.nan), np.where(known, high, np.nan))


def _over(top: FloatArray, bottom: FloatArray, without: float) -> FloatArray:
    """Return a quotient: 0 of nothing, ``without`` where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(bottom > 0, top / bottom, without)
    found = np.where(np.isnan(top) | np.isnan(bottom), np.nan, found)
    return np.where(top == 0, 0.0, found)
