"""Readings: which of several printed numbers is used, which agree with it and which do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.dates import Span, span
from pingshan_geo.words import LANGUAGES, Text

Rows = TypeVar("Rows", bound=pd.DataFrame)
USED, AGREES, DISAGREES, EARLIER = "used", "agrees", "disagrees", "earlier"
#: Deliveries: one of several that add up, and one that a total holds.
INSTALMENT, PART = "instalment", "part"
#: What stands between numbers that are told one after the other, and between those that add up.
LISTED, ADDED = Text("; ", "；"), Text(" + ", " + ")


def not_after(dates: pd.Series[str], cutoff: date) -> pd.Series[bool]:
    """Return whether each date (YYYY, YYYY-MM or YYYY-MM-DD) lies wholly on or before a day.

    A missing date counts as known at any time.

    Examples
    --------
    >>> not_after(pd.Series(["2017", "2018-01-01", None]), date(2017, 12, 31)).tolist()
    [True, False, True]
    """
    return ~_where(dates, lambda days: days.last > cutoff)


def straddles(dates: pd.Series[str], cutoff: date) -> pd.Series[bool]:
    """Return whether each date may lie before or after a day, being printed too coarsely."""
    return _where(dates, lambda days: days.first <= cutoff < days.last)


def begun(dates: pd.Series[str], cutoff: date) -> pd.Series[bool]:
    """Return whether what starts at each date may have started by a day; True without a date.

    Examples
    --------
    >>> begun(pd.Series(["2017-12", "2018", None]), date(2017, 12, 31)).tolist()
    [True, False, True]
    """
    return ~_where(dates, lambda days: days.first > cutoff)


def _where(dates: pd.Series[str], holds: Callable[[Span], bool]) -> pd.Series[bool]:
    """Return whether something holds for the days that each date may mean; False without a date."""
    codes, texts = pd.factorize(dates)
    spans = (span(text) for text in texts)
    told = np.array([*(found is not None and holds(found) for found in spans), False])
    return pd.Series(told[codes], index=dates.index)  # -1, no date, is the last


def known_by(
    table: pd.DataFrame, column: str | None, source_dates: pd.Series[str], cutoff: date
) -> pd.Series[bool]:
    """Return which rows are known at a day.

    A row with a date of its own is known when that date is over, or for ``valid_from`` when it
    has begun; a row without one from the day its source was published; without that at any time.

    Parameters
    ----------
    table : DataFrame
        Rows with ``source_id``.
    column : str or None
        Column of the row's own date, if it has any.
    source_dates : Series
        Date of each source, by id.
    cutoff : date
        The day.
    """
    codes, sources = pd.factorize(table["source_id"])
    in_time = not_after(pd.Series(sources, dtype=object).map(source_dates), cutoff)
    published = pd.Series(np.append(in_time, True)[codes], index=table.index)
    if column is None:
        return published
    own = table[column]
    in_time = begun(own, cutoff) if column == "valid_from" else not_after(own, cutoff)
    return in_time & (own.notna() | published)


def valid_at(table: Rows, cutoff: date) -> Rows:
    """Return the rows that exist at a day; the last day of ``valid_to`` still counts."""
    ended = _where(table["valid_to"], lambda days: days.last < cutoff)
    return those(table, begun(table["valid_from"], cutoff) & ~ended)


def those(table: Rows, which: pd.Series[bool]) -> Rows:
    """Return some rows of a table; all of them as they are, for most often it is all of many."""
    return table if which.all() else table[which.to_numpy()]


def described(fact: Mapping[Any, Any], title_of: Callable[[str], Text]) -> Text:
    """Return a printed number with the title and date of where it was printed.

    Examples
    --------
    >>> fact = {"printed": "168 km²", "source_id": "gazette", "as_of": "2012"}
    >>> described(fact, lambda source: Text(source, source)).en
    '168 km² (gazette, 2012)'
    """
    title, when = title_of(fact["source_id"]), fact["as_of"]
    english = ", ".join(part for part in (title.get("en"), when) if part)
    chinese = "，".join(part for part in (title.get("zh"), when) if part)
    return Text(f"{fact['printed']} ({english})", f"{fact['printed']}（{chinese}）")


def described_all(
    facts: Iterable[Mapping[Any, Any]],
    title_of: Callable[[str], Text],
    between: Text = LISTED,
) -> Text:
    """Return printed numbers one after the other, each as `described`."""
    said = [described(fact, title_of) for fact in facts]
    return Text(*(between.get(lang).join(each.get(lang) for each in said) for lang in LANGUAGES))


def readings(facts: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    """Return the facts known at a day with the part that each plays.

    Parameters
    ----------
    facts : DataFrame
        Facts of a catalogue with bounds.
    cutoff : date
        Facts that speak of a later time are left out.

    Returns
    -------
    DataFrame
        Rows of ``facts`` with the column ``role``: one fact of each subject and measure is
        ``used``; ``agrees`` and ``disagrees`` are other numbers for the same time, told apart by
        whether the bounds meet; ``earlier`` holds for a time that is over. Numbers that hold
        still are preferred, then those with the newest ``as_of``, then the narrowest bounds.
    """
    known = facts[not_after(facts["as_of"], cutoff) & begun(facts["period_start"], cutoff)]
    ranked = preferred(known.assign(rank_row=np.arange(len(known))), cutoff)
    first = ~ranked.duplicated(["subject", "measure"])
    chosen = ranked[first].set_index(["subject", "measure"])
    keys = pd.MultiIndex.from_frame(ranked[["subject", "measure"]])
    low, high = (chosen[name].reindex(keys).to_numpy() for name in ("low_si", "high_si"))
    meets = (ranked["low_si"].to_numpy() <= high) & (ranked["high_si"].to_numpy() >= low)
    chosen_over = chosen["rank_ended"].reindex(keys).to_numpy() != ranked["rank_ended"].to_numpy()
    earlier = ranked["over"].to_numpy() & chosen_over
    role = np.where(earlier, EARLIER, np.where(meets, AGREES, DISAGREES)).astype(object)
    role[first.to_numpy()] = USED
    ranked["role"] = role
    return ranked.sort_values("rank_row").drop(columns=[*_RANKS, "rank_row"])


_RANKS = ["over", "rank_ended", "rank_new", "rank_width"]


def preferred(known: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    """Return facts by subject and measure, the preferred one first, with what ranks them."""
    last_days = [span(text or "") for text in known["period_end"]]
    # A target's or flow's period ends with the year it covers; a version's with its successor.
    over = np.array([d is not None and d.last < cutoff for d in last_days], dtype=bool)
    newest = [d.last.toordinal() if (d := span(text or "")) else 0 for text in known["as_of"]]
    width = known["high_si"].to_numpy() - known["low_si"].to_numpy()
    # Among numbers for times that are over, the latest time goes first.
    ended = np.array([d.last.toordinal() if d else 0 for d in last_days]) * over
    ranks = (over, -ended, -np.array(newest), width)
    return known.assign(**dict(zip(_RANKS, ranks, strict=True))).sort_values(
        ["subject", "measure", *_RANKS], kind="stable"
    )
