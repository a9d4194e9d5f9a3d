"""Dates that may be a year, a month or a day."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
# What spreadsheets make of a date: other separators or order, month names, serial day numbers.
_MANGLED = re.compile(
    r"\d{1,4}[/.]\d{1,2}(?:[/.]\d{1,4})?|\d{1,2}-[A-Za-z]{3,9}(?:-\d{2,4})?"
    r"|[A-Za-z]{3,9}-\d{2,4}|\d{5}|\d{4}-\d{1,2}-\d{1,2}(?:[ T].*)?|\d{4}年.*",
    re.ASCII,
)


class Span(NamedTuple):
    """First and last day that a date of any precision may mean."""

    first: date
    last: date


@lru_cache(maxsize=65536)
def span(text: str) -> Span | None:
    """Return the days that a date written YYYY, YYYY-MM or YYYY-MM-DD may mean, else None.

    Examples
    --------
    >>> span("2018-02").last.isoformat()
    '2018-02-28'
    >>> span("2017-02-30") is None
    True
    """
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if match[3]:
            return Span(date(year, month, day), date(year, month, day))
        if match[2]:
            return Span(
                date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
            )
        return Span(date(year, 1, 1), date(year, 12, 31))
    except (ValueError, calendar.IllegalMonthError):
        return None


def looks_mangled(text: str) -> bool:
    """Return whether text looks like a date that a spreadsheet has rewritten.

    Examples
    --------
    >>> [looks_mangled(t) for t in ("2017/12/13", "Dec-17", "43082", "soon")]
    [True, True, True, False]
    """
    return _MANGLED.fullmatch(text) is not None
