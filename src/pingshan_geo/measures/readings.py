"""Readings: which of several printed numbers is used, which agree with it and which do not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.dates import span

USED, AGREES, DISAGREES, EARLIER = "used", "agrees", "disagrees", "earlier"


def not_after(dates: pd.Series[str], cutoff: date) -> pd.Series[bool]:
    """Return whether each date (YYYY, YYYY-MM or YYYY-MM-DD) lies wholly on or before a day.

    A missing date counts as known at any time.

    Examples
    --------
    >>> not_after(pd.Series(["2017", "2018-01-01", None]), date(2017, 12, 31)).tolist()
    [True, False, True]
    """
    days = {text: span(text) for text in dates.dropna().unique()}
    late = {text for text, found in days.items() if found and found.last > cutoff}
    return ~dates.isin(late)


def straddles(dates: pd.Series[str], cutoff: date) -> pd.Series[bool]:
    """Return whether each date may lie before or after a day, being printed too coarsely."""
    days = {text: span(text) for text in dates.dropna().unique()}
    both = {text for text, d in days.items() if d and d.first <= cutoff < d.last}
    return dates.isin(both)


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
    started = pd.Series(
        [not (d := span(text or "")) or d.first <= cutoff for text in facts["period_start"]],
        index=facts.index, dtype=bool,
    )  # fmt: skip
    known = facts[not_after(facts["as_of"], cutoff) & started]
    last_days = [span(text or "") for text in known["period_end"]]
    # A target's or flow's period ends with the year it covers; a version's with its successor.
    over = np.array([d is not None and d.last < cutoff for d in last_days], dtype=bool)
    newest = [d.last.toordinal() if (d := span(text or "")) else 0 for text in known["as_of"]]
    width = known["high_si"].to_numpy() - known["low_si"].to_numpy()
    ended = [d.last.toordinal() if d else date.max.toordinal() for d in last_days]
    ranked = known.assign(
        over=over, rank_ended=-np.array(ended), rank_new=-np.array(newest), rank_width=width,
        rank_row=np.arange(len(known)),
    ).sort_values(
        ["subject", "measure", "over", "rank_ended", "rank_new", "rank_width", "rank_row"],
        kind="stable",
    )  # fmt: skip
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
    dropped = ["over", "rank_ended", "rank_new", "rank_width"]
    return ranked.sort_values("rank_row").drop(columns=[*dropped, "rank_row"])
