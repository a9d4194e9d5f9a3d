"""Several deliveries for one target: instalments add up, readings of one time do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.dates import Span, span
from pingshan_geo.figure import Interval, choose, choose_code, code, coded
from pingshan_geo.measures.readings import (
    AGREES,
    DISAGREES,
    EARLIER,
    INSTALMENT,
    PART,
    USED,
    preferred,
)
from pingshan_geo.measures.rollup import group_sums
from pingshan_geo.measures.wide import Wide, positions

DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One printed delivery: the first and last day of its period, its place in the order."""

    fact: Any
    first: date
    last: date
    rank: int
    low: float
    high: float

    def meets(self, other: Delivery) -> bool:
        """Return whether the two periods have a day in common."""
        return self.first <= other.last and other.first <= self.last

    def holds(self, other: Delivery) -> bool:
        """Return whether the other period lies in this one, which is longer."""
        return (
            self.first <= other.first
            and other.last <= self.last
            and (self.first, self.last) != (other.first, other.last)
        )


def straddling(facts: pd.DataFrame, cutoff: date) -> pd.Series[bool]:
    """Return which deliveries may lie before or after a day, being dated too coarsely.

    Their date is ``as_of``; without one the whole period, so that what was delivered over a year
    is not wholly counted in the midst of it.

    Examples
    --------
    >>> row = {"measure": "delivered", "as_of": "2020", "period_start": None, "period_end": None}
    >>> straddling(pd.DataFrame([row]), date(2020, 6, 30)).tolist()
    [True]
    """
    rows = zip(*(facts[name] for name in ("measure", "as_of", "period_start", "period_end")),
               strict=True)  # fmt: skip
    found = []
    for measure, as_of, start, end in rows:
        days = _dated(as_of, start, end) if measure == DELIVERED else None
        found.append(days is not None and days.first <= cutoff < days.last)
    return pd.Series(found, index=facts.index, dtype=bool)


def _dated(as_of: str | None, start: str | None, end: str | None) -> Span | None:
    own = span(as_of or "")
    if own is not None:
        return own
    first, last = span(start or ""), span(end or "")
    return Span((first or last).first, last.last) if last else None


def with_deliveries(facts: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    """Return readings in which the deliveries of one target that add up say so.

    Parameters
    ----------
    facts : DataFrame
        Readings with ``role``.
    cutoff : date
        The day that they are known at.

    Returns
    -------
    DataFrame
        The same rows; of a target with several deliveries whose periods do not overlap each has
        the role ``instalment``. Where a total lies over instalments it is used, and they are held
        against it: ``agrees`` or ``disagrees`` where they fill its period, or exceed it, else
        ``part``.
    """
    own = facts[facts["measure"] == DELIVERED]
    several = own[own.duplicated("subject", keep=False)]
    if several.empty:
        return facts
    roles = facts["role"].copy()
    for _, rows in preferred(several, cutoff).groupby("subject", sort=False):
        for fact, role in _roles(rows).items():
            roles.loc[fact] = role
    return facts.assign(role=roles)


def _deliveries(rows: pd.DataFrame) -> list[Delivery]:
    found = []
    names = ("period_start", "period_end", "low_si", "high_si")
    for rank, (fact, start, end, low, high) in enumerate(
        zip(rows.index, *(rows[name] for name in names), strict=True)
    ):
        first, last = span(start or ""), span(end or "")
        days = first.first if first else date.min, last.last if last else date.max
        found.append(Delivery(fact, *days, rank, float(low), float(high)))
    return found


def chosen(all_of: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries that add up: no two with a day in common.

    Of those of one period the first in rank; a longer period goes before what lies in it; of
    others that overlap the first in rank.
    """
    first: dict[tuple[date, date], Delivery] = {}
    for each in sorted(all_of, key=lambda d: d.rank):
        first.setdefault((each.first, each.last), each)
    depth = {d.fact: sum(other.holds(d) for other in first.values()) for d in first.values()}
    taken: list[Delivery] = []
    for each in sorted(first.values(), key=lambda d: (depth[d.fact], d.rank)):
        if not any(each.meets(other) for other in taken):
            taken.append(each)
    return taken


def _roles(rows: pd.DataFrame) -> Mapping[Any, str]:
    """Return the role of each delivery of one target; rows come in the order of preference."""
    everything = _deliveries(rows)
    taken = chosen(everything)
    roles: dict[Any, str] = dict.fromkeys(
        (each.fact for each in taken), USED if len(taken) == 1 else INSTALMENT
    )
    for total in taken:
        inside = [each for each in everything if total.holds(each)]
        roles |= _parts(total, inside)
    for each in everything:
        if each.fact not in roles:
            # Taken are those that overlap it: the first in rank is what it is held against.
            met = min((t for t in taken if t.meets(each)), key=lambda t: t.rank)
            roles[each.fact] = _against(each, met)
    return roles


def _parts(total: Delivery, inside: Sequence[Delivery]) -> dict[Any, str]:
    """Return the roles of what lies in the period of a total."""
    pieces = chosen(inside)
    if not pieces:
        return {}
    low, high = fsum(each.low for each in pieces), fsum(each.high for each in pieces)
    fills = _days(pieces) == (total.last - total.first).days + 1
    apart = low > total.high or (fills and high < total.low)
    role = DISAGREES if apart else AGREES if fills else PART
    return {each.fact: role for each in inside}


def _against(each: Delivery, met: Delivery) -> str:
    if each.last < met.last:
        return EARLIER
    return AGREES if each.low <= met.high and each.high >= met.low else DISAGREES


def _days(pieces: Sequence[Delivery]) -> int:
    return sum((each.last - each.first).days + 1 for each in pieces)


def put_deliveries(wide: Wide, facts: pd.DataFrame, possible: pd.DataFrame) -> None:
    """Add up instalments in ``delivered``, and let what may have come widen its upper bound.

    Parameters
    ----------
    wide : Wide
        Targets with ``delivered``.
    facts : DataFrame
        Readings with ``role``.
    possible : DataFrame
        Deliveries whose date lies across the day that is looked from. They are in no value.
    """
    index = wide.base.index
    own = facts[(facts["measure"] == DELIVERED) & (facts["role"] == INSTALMENT)]
    at = positions(index, own["subject"])
    own, at = own[at >= 0], at[at >= 0]
    parts = (own[name].to_numpy(dtype=np.float64) for name in ("value_si", "low_si", "high_si"))
    added = group_sums(Interval(*parts), at, len(index), coded(own["qualifier"]))
    is_sum = ~np.isnan(added.interval.value)
    delivered = choose(is_sum, added.interval, wide.interval(DELIVERED))
    exactly = ~index.isin(own.loc[own["qualifier"] != "exact", "subject"])
    named = choose_code(exactly & (added.qualifier == code("printed")), "exact", added.qualifier)
    qualifier = choose_code(is_sum, named, wide.qualifier(DELIVERED))
    disputed = facts[(facts["measure"] == DELIVERED) & (facts["role"] == DISAGREES)]["subject"]
    summed = choose_code(index.isin(disputed), "conflict", "recorded")
    status = choose_code(is_sum, summed, wide.status(DELIVERED))
    more = possible_more(facts, possible)
    extra = np.array([more.get(str(subject), 0.0) for subject in index], dtype=np.float64)
    delivered = Interval(delivered.value, delivered.low, delivered.high + extra)
    is_open = (extra > 0) & np.isinf(delivered.high) & ~np.isnan(delivered.value)
    qualifier = choose_code(is_open, "more_than", qualifier)
    wide.put(DELIVERED, delivered, status, qualifier)
    wide.note("delivered_rows", np.where(is_sum, added.rows, np.nan))


def possible_more(facts: pd.DataFrame, possible: pd.DataFrame) -> dict[str, float]:
    """Return by how much each target's delivery may be larger than its upper bound says.

    What shares no day with a delivery that counts adds its upper bound; another reading of the
    same time adds what it exceeds that by. Of several of one period the largest counts.
    """
    own = facts[(facts["measure"] == DELIVERED) & facts["role"].isin((USED, INSTALMENT))]
    counted = {s: _deliveries(rows) for s, rows in own.groupby("subject", sort=False)}
    more: dict[str, float] = {}
    for subject, rows in possible.groupby("subject", sort=False):
        by_period: dict[tuple[date, date], float] = {}
        for each in _deliveries(rows):
            met = [known.high for known in counted.get(subject, []) if known.meets(each)]
            above = fsum(met)
            room = 0.0 if np.isinf(above) else max(each.high - above, 0.0)
            key = (each.first, each.last)
            by_period[key] = max(by_period.get(key, 0.0), room)
        more[str(subject)] = fsum(by_period.values())
    return more
