"""Measures of land transfers (prices by area) and of targets (delivery against what was asked)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import COUNTED_MEASURE, FACT_MEASURES
from pingshan_geo.figure import (
    FloatArray,
    IntArray,
    Interval,
    choose,
    choose_code,
    choose_object,
    coded,
    combined_qualifier,
    divide,
    subtract,
)
from pingshan_geo.findings import Finding
from pingshan_geo.measures.deliveries import put_deliveries
from pingshan_geo.measures.readings import known_by, not_after, straddles
from pingshan_geo.measures.recorded import put_recorded
from pingshan_geo.measures.rollup import group_sums
from pingshan_geo.measures.wide import Joined, Wide, joined, nothing_joined, positions
from pingshan_geo.words import text

STANDS, DOUBTFUL, REPLACED, WITHDRAWN, FAILED = (
    "stands", "doubtful", "replaced", "withdrawn", "failed",
)  # fmt: skip
#: Verdicts of land transfers that count.
COUNTING = (STANDS, DOUBTFUL)


def auction_table(base: pd.DataFrame, facts: pd.DataFrame, parcels: Wide) -> Wide:
    """Return prices, prices by area of the lot, and the premium over the start price."""
    wide = Wide(base)
    names = tuple(FACT_MEASURES["auctions"])
    put_recorded(wide, facts, names, names)
    price, price_q = wide.interval("price"), wide.qualifier("price")
    land = joined(base["parcel_id"], parcels, "site_area")
    by_land = divide(price, land.interval)
    qualifier = combined_qualifier(by_land, price_q, land.qualifier)
    wide.put("land_price_per_m2", by_land, "derived", qualifier)
    countable = joined(base["parcel_id"], parcels, "countable_floor_area")
    gross = joined(base["parcel_id"], parcels, "gross_floor_area")
    use_gross = np.isnan(countable.interval.value)
    floor = choose(use_gross, gross.interval, countable.interval)
    floor_q = choose_code(use_gross, gross.qualifier, countable.qualifier)
    by_floor = divide(price, floor)
    qualifier = combined_qualifier(by_floor, price_q, floor_q)
    wide.put("floor_price_per_m2", by_floor, "derived", qualifier)
    ratio = divide(price, wide.interval("start_price"))
    premium = Interval(*(part - 1 for part in ratio))
    qualifier = combined_qualifier(premium, price_q, wide.qualifier("start_price"))
    wide.put("price_premium", premium, "derived", qualifier)
    return wide


class Transfers(NamedTuple):
    """Land transfers at a day, each with a ``transfer_verdict``.

    ``known`` are those that have taken place; ``possible`` those whose date lies across the day.
    """

    known: pd.DataFrame
    possible: pd.DataFrame


def transfers_at(
    auctions: pd.DataFrame, source_dates: pd.Series[str], cutoff: date
) -> Transfers:  # fmt: skip
    """Return the land transfers of a day, with what has become of them.

    Parameters
    ----------
    auctions : DataFrame
        Rows of the catalogue, with or without ``status, status_date, replaces``.
    source_dates : Series
        Date of each source, by id.
    cutoff : date
        The day.

    Returns
    -------
    Transfers
        ``transfer_verdict`` is ``stands``; ``withdrawn``, ``failed`` or ``replaced``, which do
        not count; or ``doubtful`` where the date of that lies across the day: it counts, and the
        lower bound leaves it out.
    """
    is_known = known_by(auctions, "date", source_dates, cutoff)
    is_possible = straddles(auctions["date"], cutoff) & ~is_known
    verdict = np.full(len(auctions), STANDS, dtype=object)
    nothing = pd.Series([None] * len(auctions), index=auctions.index, dtype=object)
    status, since, replaces = (
        auctions.get(name, nothing) for name in ("status", "status_date", "replaces")
    )
    is_off = status.isin((WITHDRAWN, FAILED)).to_numpy()
    maybe = straddles(since, cutoff).to_numpy()
    is_gone = is_off & not_after(since, cutoff).to_numpy()
    # A row that is withdrawn itself replaces nothing: else the lot would count nowhere.
    by_known, by_possible = (replaces[each & ~is_gone].dropna() for each in (is_known, is_possible))
    verdict[auctions.index.isin(by_possible) | (is_off & maybe)] = DOUBTFUL
    verdict = choose_object(is_gone, status.to_numpy(dtype=object), verdict)
    verdict[auctions.index.isin(by_known) & ~is_gone] = REPLACED
    rows = auctions.assign(transfer_verdict=pd.Series(verdict, index=auctions.index, dtype=object))
    return Transfers(rows[is_known], rows[is_possible & rows["transfer_verdict"].isin(COUNTING)])


def counted_rows(auctions: pd.DataFrame, targets: pd.Index[str]) -> pd.DataFrame:
    """Return the land transfers that count towards each target, a parcel once for each target.

    Rows without a parcel are all kept: nobody says that two of them are the same land. What was
    withdrawn, has failed or was replaced does not count.
    """
    rows = auctions[auctions["target_id"].isin(targets)]
    rows = rows[rows["transfer_verdict"].isin(COUNTING)]
    # A lot that was surely sold is not made doubtful by another row about it.
    surest = rows.sort_values("transfer_verdict", key=lambda v: v != STANDS, kind="stable")
    return rows[rows.index.isin(_once(surest).index)]


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    again = rows["parcel_id"].notna() & rows.duplicated(["target_id", "parcel_id"])
    return rows[~again]


def target_table(
    base: pd.DataFrame,
    facts: pd.DataFrame,
    possible_facts: pd.DataFrame,
    transfers: Transfers,
    parcels: Wide,
) -> Wide:
    """Return what was asked, delivered and itemised, and the rates between them.

    Parameters
    ----------
    base : DataFrame
        Targets.
    facts, possible_facts : DataFrame
        Readings, and deliveries whose date lies across the day that is looked from.
    transfers : Transfers
        Land transfers of that day.
    parcels : Wide
        Lots with their areas.
    """
    wide = Wide(base)
    is_asked = base["value_si"].notna().to_numpy()
    asked = Interval(*(base[name].to_numpy() for name in ("value_si", "low_si", "high_si")))
    wide.put("target_value", asked, "recorded", coded(base["qualifier"]))
    put_recorded(wide, facts, ("delivered", "completion_rate_printed"), ("delivered",))
    put_deliveries(wide, facts, possible_facts)
    _put_itemised(wide, transfers, parcels)
    delivered, delivered_q = wide.interval("delivered"), wide.qualifier("delivered")
    asked_q = wide.qualifier("target_value")
    printed, printed_q = (
        wide.interval("completion_rate_printed"),
        wide.qualifier("completion_rate_printed"),
    )
    rate = divide(delivered, asked)
    by_print = np.isnan(rate.value) & ~is_asked & ~np.isnan(printed.value)
    qualifier = choose_code(by_print, printed_q, combined_qualifier(rate, delivered_q, asked_q))
    rate = choose(by_print, printed, rate)
    wide.put("completion_rate", rate, choose_code(by_print, "recorded", "derived"), qualifier)
    itemised = wide.interval("delivered_itemised")
    item_rate = divide(itemised, asked)
    item_q = combined_qualifier(item_rate, wide.qualifier("delivered_itemised"), asked_q)
    has_items = wide.noted("delivered_itemised_rows") > 0
    wide.put("completion_rate_itemised", item_rate, "derived", item_q, where=has_items)
    left = subtract(asked, delivered)
    wide.put("outstanding", left, "derived", combined_qualifier(left, asked_q, delivered_q))
    implied = divide(delivered, printed)
    wide.put(
        "implied_target", implied, "derived", combined_qualifier(implied, delivered_q, printed_q),
        # A rate belongs to one of several instalments, not to their sum.
        where=~np.isnan(printed.value) & np.isnan(wide.noted("delivered_rows").astype(np.float64)),
    )  # fmt: skip
    return wide


def _put_itemised(wide: Wide, transfers: Transfers, parcels: Wide) -> None:
    """Put the sum over the transfers that count.

    It is the delivery where no total is printed and no row of it is unknown.
    """
    targets = wide.base.index
    rows = counted_rows(transfers.known, targets)
    group = positions(targets, rows["target_id"])
    items = land_of(wide, group, (rows["parcel_id"], parcels))
    is_doubtful = (rows["transfer_verdict"] == DOUBTFUL).to_numpy() & ~np.isnan(items.interval.low)
    low = np.where(is_doubtful, 0.0, items.interval.low)
    counted = Interval(items.interval.value, low, items.interval.high)
    known = group_sums(counted, group, len(targets), items.qualifier)
    more = _possible(wide, rows, items.interval, transfers, parcels)
    total = Interval(*known.interval[:2], known.interval.high + more.room)
    qualifier = combined_qualifier(total, known.qualifier)
    has_rows = known.rows + more.rows > 0
    wide.put("delivered_itemised", total, "derived", qualifier, where=has_rows)
    wide.note("delivered_itemised_rows", known.rows)
    wide.note("delivered_itemised_known", known.known)
    wide.note("delivered_itemised_possible", more.rows)
    delivered = wide.interval("delivered")
    whole = np.isnan(delivered.value) & (known.rows > 0) & (known.known == known.rows)
    # Land that may have been sold and whose area nobody printed leaves no bound above.
    high = np.where(more.known < more.rows, np.inf, total.high)
    total = Interval(total.value, total.low, np.where(np.isnan(total.value), np.nan, high))
    qualifier = combined_qualifier(total, known.qualifier)
    status = choose_code(whole, "derived", wide.status("delivered"))
    qualifiers = choose_code(whole, qualifier, wide.qualifier("delivered"))
    wide.put("delivered", choose(whole, total, delivered), status, qualifiers)


class _More(NamedTuple):
    """Room above the bound of each target, the possible transfers that make it, those known."""

    room: FloatArray
    rows: IntArray
    known: IntArray


def land_of(wide: Wide, group: IntArray, *named: tuple[pd.Series[str], Wide]) -> Joined:
    """Return the land, or floor, of some rows, by what the target of each asks for.

    Parameters
    ----------
    wide : Wide
        Targets.
    group : array of int
        Position of each row's target.
    *named : tuple of Series and Wide
        The lot that each row names in a table, None where it names none there.
    """
    measure = wide.base["measure"].to_numpy(dtype=object)[group]
    found = nothing_joined(len(group))
    for name, lot_measure in COUNTED_MEASURE.items():
        for lots, table in named:
            lot = joined(lots, table, lot_measure)
            take = (measure == name) & lots.notna().to_numpy()
            found = Joined(
                choose(take, lot.interval, found.interval),
                choose_code(take, lot.qualifier, found.qualifier),
            )
    return found


def _possible(
    wide: Wide, counted: pd.DataFrame, items: Interval, transfers: Transfers, parcels: Wide
) -> _More:
    """Return what transfers may add that have a date across the day; a counted lot adds none.

    One that may replace a counted transfer adds what it exceeds that by.
    """
    targets = wide.base.index
    rows = counted_rows(transfers.possible, targets)
    keys = ["target_id", "parcel_id"]
    pairs = pd.MultiIndex.from_frame(counted[counted["parcel_id"].notna()][keys])
    rows = rows[~pd.MultiIndex.from_frame(rows[keys]).isin(pairs)]
    group = positions(targets, rows["target_id"])
    high = land_of(wide, group, (rows["parcel_id"], parcels)).interval.high
    replaces = rows["replaces"] if "replaces" in rows else rows["parcel_id"].map(lambda _: None)
    old = pd.Series(items.high, index=counted.index).reindex(replaces).to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        room = np.where(np.isnan(old) | np.isnan(high), high, np.maximum(high - old, 0.0))
    size = len(targets)
    summed = group_sums(Interval(room, room, room), group, size)
    return _More(np.nan_to_num(summed.interval.value, posinf=np.inf), summed.rows, summed.known)


def transfer_findings(transfers: Transfers) -> Iterator[Finding]:
    """Yield a finding for each land transfer that counts for nothing, or is of doubtful date."""
    for subject, verdict in transfers.known["transfer_verdict"].items():
        if verdict not in COUNTING:
            details = {"reason": text(str(verdict))}
            if verdict == REPLACED:
                by = transfers.known.index[transfers.known["replaces"] == subject]
                details["reason"] = text("replaced_by").filled(other=", ".join(map(str, by)))
            yield Finding("transfer-not-counted", str(subject), value=verdict, details=details)
        elif verdict == DOUBTFUL:
            since = transfers.known.get("status_date", pd.Series(dtype=object)).get(subject)
            value = since if isinstance(since, str) else None
            yield Finding("transfer-doubtful", str(subject), field="status_date", value=value)
    for subject, value in transfers.possible["date"].items():
        yield Finding("date-straddles", str(subject), field="date", value=str(value))
