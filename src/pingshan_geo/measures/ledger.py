"""Measures of land transfers (prices by area) and of targets (delivery against what was asked)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import COUNTED_MEASURE, FACT_MEASURES
from pingshan_geo.figure import (
    Interval,
    ObjectArray,
    choose,
    choose_object,
    combined_qualifier,
    divide,
    subtract,
)
from pingshan_geo.measures.recorded import put_recorded
from pingshan_geo.measures.rollup import group_sums
from pingshan_geo.measures.wide import Wide


class Joined(NamedTuple):
    """A measure of a lot, brought to rows that name the lot."""

    interval: Interval
    qualifier: ObjectArray


def of_parcel(rows: pd.Series[str], parcels: Wide, measure: str) -> Joined:
    """Return a parcel's measure for each row that names a parcel; unknown for the others."""
    place = parcels.base.index.get_indexer(pd.Index(rows.fillna("").to_numpy(dtype=object)))
    found = place >= 0
    if not len(parcels.base):
        place, found = np.zeros(0, dtype=np.int64), np.zeros(len(rows), dtype=bool)
        nothing = np.full(len(rows), np.nan)
        return Joined(Interval(nothing, nothing, nothing), np.full(len(rows), None, dtype=object))
    parts = (np.where(found, part[place], np.nan) for part in parcels.interval(measure))
    return Joined(Interval(*parts), choose_object(found, parcels.qualifier(measure)[place], None))


def auction_table(base: pd.DataFrame, facts: pd.DataFrame, parcels: Wide) -> Wide:
    """Return prices, prices by area of the lot, and the premium over the start price."""
    wide = Wide(base)
    names = tuple(FACT_MEASURES["auctions"])
    put_recorded(wide, facts, names, names)
    price, price_q = wide.interval("price"), wide.qualifier("price")
    land = of_parcel(base["parcel_id"], parcels, "site_area")
    by_land = divide(price, land.interval)
    wide.put(
        "land_price_per_m2",
        by_land,
        "derived",
        combined_qualifier(by_land, price_q, land.qualifier),
    )
    countable = of_parcel(base["parcel_id"], parcels, "countable_floor_area")
    gross = of_parcel(base["parcel_id"], parcels, "gross_floor_area")
    use_gross = np.isnan(countable.interval.value)
    floor = choose(use_gross, gross.interval, countable.interval)
    floor_q = choose_object(use_gross, gross.qualifier, countable.qualifier)
    by_floor = divide(price, floor)
    wide.put(
        "floor_price_per_m2", by_floor, "derived", combined_qualifier(by_floor, price_q, floor_q)
    )
    ratio = divide(price, wide.interval("start_price"))
    premium = Interval(*(part - 1 for part in ratio))
    qualifier = combined_qualifier(premium, price_q, wide.qualifier("start_price"))
    wide.put("price_premium", premium, "derived", qualifier)
    return wide


def counted_rows(auctions: pd.DataFrame, targets: pd.Index[str]) -> pd.DataFrame:
    """Return the land transfers that count towards each target, a parcel once for each target.

    Rows without a parcel are all kept: nobody says that two of them are the same land.
    """
    rows = auctions[auctions["target_id"].isin(targets)]
    again = rows["parcel_id"].notna() & rows.duplicated(["target_id", "parcel_id"])
    return rows[~again]


def target_table(
    base: pd.DataFrame, facts: pd.DataFrame, auctions: pd.DataFrame, parcels: Wide
) -> Wide:
    """Return what was asked, delivered and itemised, and the rates between them."""
    wide = Wide(base)
    is_asked = base["value_si"].notna().to_numpy()
    asked = Interval(*(base[name].to_numpy() for name in ("value_si", "low_si", "high_si")))
    wide.put("target_value", asked, "recorded", base["qualifier"].to_numpy(dtype=object))
    put_recorded(wide, facts, ("delivered", "completion_rate_printed"), ("delivered",))
    _put_itemised(wide, auctions, parcels)
    delivered, delivered_q = wide.interval("delivered"), wide.qualifier("delivered")
    asked_q = wide.qualifier("target_value")
    printed, printed_q = (
        wide.interval("completion_rate_printed"),
        wide.qualifier("completion_rate_printed"),
    )
    rate = divide(delivered, asked)
    by_print = np.isnan(rate.value) & ~is_asked & ~np.isnan(printed.value)
    qualifier = choose_object(by_print, printed_q, combined_qualifier(rate, delivered_q, asked_q))
    rate = choose(by_print, printed, rate)
    wide.put("completion_rate", rate, choose_object(by_print, "recorded", "derived"), qualifier)
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
        where=~np.isnan(printed.value),
    )  # fmt: skip
    return wide


def _put_itemised(wide: Wide, auctions: pd.DataFrame, parcels: Wide) -> None:
    """Put the sum over the transfers that count.

    It is the delivery where no total is printed and no row of it is unknown.
    """
    targets = wide.base.index
    rows = counted_rows(auctions, targets)
    group = targets.get_indexer(pd.Index(rows["target_id"].to_numpy(dtype=object)))
    measure = wide.base["measure"].to_numpy(dtype=object)[group]
    nothing = np.full(len(rows), np.nan)
    items = Interval(nothing, nothing, nothing)
    qualifiers = np.full(len(rows), None, dtype=object)
    for name, lot_measure in COUNTED_MEASURE.items():
        lot = of_parcel(rows["parcel_id"], parcels, lot_measure)
        items = choose(measure == name, lot.interval, items)
        qualifiers = choose_object(measure == name, lot.qualifier, qualifiers)
    known = group_sums(items, group, len(targets))
    total, qualifier = known.interval, known.qualifier(qualifiers, group)
    has_rows = known.rows > 0
    wide.put("delivered_itemised", total, "derived", qualifier, where=has_rows)
    wide.note("delivered_itemised_rows", known.rows)
    wide.note("delivered_itemised_known", known.known)
    delivered = wide.interval("delivered")
    whole = np.isnan(delivered.value) & has_rows & (known.known == known.rows)
    status = choose_object(whole, "derived", wide.status("delivered"))
    qualifiers = choose_object(whole, qualifier, wide.qualifier("delivered"))
    wide.put("delivered", choose(whole, total, delivered), status, qualifiers)
