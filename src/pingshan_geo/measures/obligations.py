"""Obligations of a lot: what was asked for, what is reached; whether it is due, met, overdue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.dates import span
from pingshan_geo.figure import (
    Interval,
    choose,
    choose_code,
    code,
    coded,
    combined_qualifier,
    divide,
    exact,
    intervals,
)
from pingshan_geo.measures.readings import USED
from pingshan_geo.measures.recorded import put_recorded
from pingshan_geo.measures.wide import Wide
from pingshan_geo.words import text

MET, DUE, OVERDUE, UNKNOWN = "met", "due", "overdue", "unknown"
#: Between the id of a land transfer and the word that makes the id of its term.
TERM_OF = "@term"


def with_terms(obligations: pd.DataFrame, transfers: pd.DataFrame) -> pd.DataFrame:
    """Return the obligations with a row for the term of each transfer that has none of its own.

    Parameters
    ----------
    obligations : DataFrame
        Rows of the catalogue with bounds.
    transfers : DataFrame
        Land transfers that count, with ``term_years``.

    Returns
    -------
    DataFrame
        New rows have the id ``TRANSFER@term`` and the transfer's place of print. There is none
        where a row of kind ``term`` names the transfer or its parcel.
    """
    terms = obligations[obligations["kind"] == "term"]
    told = transfers.index.isin(terms["auction_id"].dropna())
    told |= transfers["parcel_id"].notna() & transfers["parcel_id"].isin(
        terms["parcel_id"].dropna()
    )
    own = transfers[transfers["term_years"].notna() & ~told]
    ids = pd.Index([f"{name}{TERM_OF}" for name in own.index], name=obligations.index.name)
    own = own.assign(auction_id=own.index.to_numpy(dtype=object)).set_axis(ids)
    own = own[~ids.isin(obligations.index)]
    if own.empty:
        return obligations
    years = own["term_years"].to_numpy(dtype=np.float64)
    names = [text("term_of").filled(transfer=str(name)) for name in own["auction_id"]]
    kept = ["auction_id", "parcel_id", "project_id", "source_id", "locator", "row_number"]
    rows = own[kept].assign(
        kind="term", name_en=[name.en for name in names], name_zh=[name.zh for name in names],
        **dict.fromkeys(("value", "value_si", "low_si", "high_si"), years),
        value_digits=[f"{each:.15g}" for each in years], unit="year", unit_si="year",
        qualifier="exact",
    )  # fmt: skip
    table = rows if obligations.empty else pd.concat([obligations, rows])
    table = table.reindex(columns=list(dict.fromkeys([*obligations, *rows])))
    # Where only some rows have a text, the others are None, as everywhere.
    texts = table[[name for name in table if name not in _NUMBERS]].astype(object)
    return table.assign(**texts.where(texts.notna(), None))


_NUMBERS = ("value", "value_si", "low_si", "high_si", "row_number")


def obligation_table(
    base: pd.DataFrame, facts: pd.DataFrame, dates: Mapping[str, str | None], as_of: date
) -> Wide:
    """Return what is asked, reached and left to do at a day.

    Each obligation has ``obligation_days_left``, unknown without a due date; the others exist
    where a number is asked for.

    Parameters
    ----------
    base : DataFrame
        Obligations with bounds.
    facts : DataFrame
        Readings with ``role``.
    dates : mapping of str to str or None
        Date of each land transfer.
    as_of : date
        The day; what is due on it is not yet overdue.
    """
    wide = Wide(base)
    asked = Interval(
        *(base[name].to_numpy(np.float64) for name in ("value_si", "low_si", "high_si"))
    )
    has_number = ~np.isnan(asked.value)
    due = np.array([_due(row, dates) for row in base.to_dict("records")], dtype=object)
    wide.note("obligation_due", due)
    days = intervals([_days_left(each, as_of) for each in due])
    days_q = choose_code(days.low == days.high, "exact", "printed")
    wide.put("obligation_days_left", days, "derived", days_q)
    asked_q = coded(base["qualifier"])
    wide.put("obligation_required", asked, "recorded", asked_q, where=has_number)
    put_recorded(wide, facts, ("obligation_reached",), ("obligation_reached",))
    reached, reached_q = wide.interval("obligation_reached"), wide.qualifier("obligation_reached")
    status = wide.status("obligation_reached")
    # A term runs out; nobody reaches a part of it.
    can_reach = has_number & (base["kind"] != "term").to_numpy()
    is_said = can_reach | ~np.isnan(reached.value)
    wide.put("obligation_reached", reached, status, reached_q, where=is_said)
    # “More than” and “at least” ask for the number itself: what is over it is no part of it.
    least = asked_q == code("more_than")
    rate = divide(reached, choose(least, exact(asked.value), asked))
    rate_q = combined_qualifier(rate, reached_q, choose_code(least, "exact", asked_q))
    wide.put("obligation_rate", rate, "derived", rate_q, where=can_reach)
    used = facts[(facts["role"] == USED) & (facts["measure"] == "obligation_reached")]
    dated = dict(zip(used["subject"], used["as_of"], strict=True))
    said_on = [dated.get(name) for name in base.index]
    rows = zip(
        base.to_dict("records"), due, said_on, *_numbers(asked, asked_q, reached), strict=True
    )
    verdicts = [verdict_of(*row, as_of=as_of) for row in rows]
    wide.note("obligation_verdict", np.array(verdicts, dtype=object))
    return wide


def _numbers(asked: Interval, qualifier: Any, reached: Interval) -> tuple[Any, Any]:
    """Return whether what is reached is surely enough, and whether surely too little.

    What is asked as “more than” is asked at least; of “less than” nothing can be said.
    """
    most = np.where(qualifier == code("more_than"), asked.value, asked.high)
    can_tell = qualifier != code("less_than")
    enough = can_tell & (reached.low >= most)
    return enough, can_tell & (reached.high < asked.low)


def verdict_of(
    row: Mapping[Any, Any], due: str | None, said_on: str | None, enough: bool, short: bool,
    *, as_of: date,
) -> str:  # fmt: skip
    """Return how one obligation stands at a day.

    Parameters
    ----------
    row : mapping
        With ``met_on`` and ``open_on``.
    due, said_on : str or None
        When it is due; when the number reached was printed for.
    enough, short : bool
        Whether that number is surely enough, surely too little.
    as_of : date
        The day.

    Examples
    --------
    >>> open_still = {"met_on": None, "open_on": "2021-03-01"}
    >>> verdict_of(open_still, "2020-12-31", None, False, False, as_of=date(2021, 6, 30))
    'overdue'
    """
    met, opened, last, told = (
        span(text or "") for text in (row["met_on"], row["open_on"], due, said_on)
    )
    is_met = met is not None and met.last <= as_of
    is_open = opened is not None and opened.last <= as_of
    if is_met and is_open and met and opened and opened.first > met.last:
        return UNKNOWN  # two sources that cannot both be right
    if is_met or enough:
        return MET
    if last is None:
        return UNKNOWN
    if last.last >= as_of:
        return DUE
    late = is_open and opened is not None and opened.first > last.last
    late |= short and told is not None and told.first > last.last and told.last <= as_of
    return OVERDUE if late else UNKNOWN


def _due(row: Mapping[Any, Any], dates: Mapping[str, str | None]) -> str | None:
    """Return when an obligation is due: as written, or the end of the term."""
    if row["due"] is not None or row["kind"] != "term":
        written: str | None = row["due"]
        return written
    start = dates.get(row["auction_id"]) if row["auction_id"] else None
    years = row["value_si"] if row["unit_si"] == "year" else np.nan
    if start is None or span(start) is None or years != int(years if years == years else 0):  # noqa: PLR0124
        return None
    return years_later(start, int(years))


def years_later(text: str, years: int) -> str | None:
    """Return a date some years later, to the precision that it is given in.

    Examples
    --------
    >>> years_later("2008-12", 50), years_later("2004-02-29", 1), years_later("2020", 9000)
    ('2058-12', '2005-02-28', None)
    """
    year, _, rest = text.partition("-")
    later = int(year) + years
    if later > date.max.year:
        return None
    found = f"{later:04d}-{rest}" if rest else f"{later:04d}"
    return found if span(found) else f"{later:04d}-02-28"


def _days_left(due: str | None, as_of: date) -> tuple[float, float, float]:
    days = span(due or "")
    if days is None:
        return (np.nan, np.nan, np.nan)
    low, high = ((each - as_of).days for each in days)
    return ((low + high) / 2, low, high)
