"""Measures of land transfers (prices by area) and of targets (delivery against what was asked)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import COUNTED_MEASURE, FACT_MEASURES
from pingshan_geo.figure import (
    Interval,
    choose,
    choose_object,
    combined_qualifier,
    divide,
    exact,
    subtract,
)
from pingshan_geo.measures.recorded import put_recorded
from pingshan_geo.measures.rollup import group_sums
from pingshan_geo.measures.wide import Wide, joined, positions


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
    floor_q = choose_object(use_gross, gross.qualifier, countable.qualifier)
    by_floor = divide(price, floor)
    qualifier = combined_qualifier(by_floor, price_q, floor_q)
    wide.put("floor_price_per_m2", by_floor, "derived", qualifier)
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
    group = positions(targets, rows["target_id"])
    measure = wide.base["measure"].to_numpy(dtype=object)[group]
    items = exact(np.full(len(rows), np.nan))
    qualifiers = np.full(len(rows), None, dtype=object)
    for name, lot_measure in COUNTED_MEASURE.items():
        lot = joined(rows["parcel_id"], parcels, lot_measure)
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
