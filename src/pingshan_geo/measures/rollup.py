"""Roll-ups: sums, counts and group ratios of lots by zone or by any column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pingshan_geo.figure import (
    FloatArray,
    IntArray,
    Interval,
    ObjectArray,
    choose_object,
    combined_qualifier,
    divide,
    exact,
)
from pingshan_geo.measures.registry import COUNTS
from pingshan_geo.measures.sums import partial_sums
from pingshan_geo.measures.wide import Wide, interval_of, qualifier_of


@dataclass(frozen=True, slots=True)
class GroupSum:
    """Sums of one measure over groups of rows, with what they leave out.

    Attributes
    ----------
    interval : Interval
        One value a group; NaN where no row is known.
    known, rows : array of int
        Rows with a value, and all rows, of each group.
    """

    interval: Interval
    known: IntArray
    rows: IntArray

    def qualifier(self, of_rows: ObjectArray, group: IntArray) -> ObjectArray:
        """Return the qualifier of each sum from those of its rows; None where it is unknown."""
        is_about = np.bincount(group[of_rows == "about"], minlength=len(self.rows)) > 0
        return combined_qualifier(self.interval, choose_object(is_about, "about", "printed"))


def group_sums(interval: Interval, group: IntArray, groups: int) -> GroupSum:
    """Return exact sums with bounds; a single row without a bound leaves the sum without one.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0, np.nan], [0.5, 2.0, np.nan], [1.5, np.inf, np.nan]])
    >>> total = group_sums(Interval(*rows), np.array([0, 0, 0]), 1)
    >>> [float(part[0]) for part in total.interval], int(total.known[0]), int(total.rows[0])
    ([3.0, 2.5, inf], 2, 3)
    """
    parts = []
    for part in interval:
        open_end = np.isinf(part)
        sums = partial_sums(np.where(open_end, np.nan, part), group, groups).finish()
        for sign in (-np.inf, np.inf):
            has = np.bincount(group[part == sign], minlength=groups) > 0
            sums = np.where(has, sign, sums)
        parts.append(sums)
    counted = partial_sums(interval.value, group, groups)
    return GroupSum(Interval(*parts), counted.known, counted.rows)


@dataclass(frozen=True, slots=True)
class GroupRatio:
    """Floor over site area of groups of lots, over the lots where both are known."""

    interval: Interval
    qualifier: ObjectArray
    known: IntArray
    rows: IntArray


def scaled(interval: Interval, weight: FloatArray) -> Interval:
    """Return an interval times a share; a missing bound stays missing."""
    return Interval(*(part * weight for part in interval))


def group_far(
    lots: pd.DataFrame, group: IntArray, groups: int, weight: FloatArray | None = None
) -> GroupRatio:
    """Return the sum of floor over the sum of site area by group; never a mean of ratios.

    Parameters
    ----------
    lots : DataFrame
        Wide table of parcels with ``gross_floor_area_m2`` and ``site_area_m2`` and their bounds:
        gross floor on site area, so that one group has one basis.
    weight : array of float, optional
        Share of each row that counts, above 0.
    """
    share = np.ones(len(lots)) if weight is None else weight
    site, floor = (
        scaled(interval_of(lots, measure), share) for measure in ("site_area", "gross_floor_area")
    )
    both = ~np.isnan(site.value) & ~np.isnan(floor.value)
    kept = [Interval(*(np.where(both, p, np.nan) for p in i)) for i in (floor, site)]
    top, bottom = (group_sums(interval, group, groups) for interval in kept)
    ratio = divide(top.interval, bottom.interval)
    qualifiers = (
        total.qualifier(choose_object(both, qualifier_of(lots, measure), None), group)
        for total, measure in ((top, "gross_floor_area"), (bottom, "site_area"))
    )
    return GroupRatio(ratio, combined_qualifier(ratio, *qualifiers), top.known, top.rows)


def put_zone_totals(
    zones: Wide,
    parcels: pd.DataFrame,
    places: Mapping[str, pd.DataFrame],
    pieces: pd.DataFrame,
) -> None:
    """Put sums, group ratio and counts of each zone.

    Parameters
    ----------
    zones : Wide
        Zones, to be added to.
    parcels : DataFrame
        Wide table of parcels.
    places : mapping of str to DataFrame
        Membership (``row, zone, weight``) of parcels, projects and auctions, each row once, and
        of ``land``: as that of parcels, or with shares. Where a lot is split, floor and ratios are
        assumed, since nobody says where on it the floor stands.
    pieces : DataFrame
        Pair table of the overlay: ``row, zone`` (-1 is outside), ``area_m2``, ``share``.
    """
    size = len(zones.base)
    pairs = places["land"]
    rows, group = pairs["row"].to_numpy(), pairs["zone"].to_numpy()
    has_lots = np.bincount(group, minlength=size) > 0
    inside = parcels.iloc[rows]
    weight = pairs["weight"].to_numpy()
    split = np.bincount(group[weight < 1], minlength=size) > 0
    for measure in ("site_area", "gross_floor_area"):
        total = group_sums(scaled(interval_of(inside, measure), weight), group, size)
        qualifier = total.qualifier(qualifier_of(inside, measure), group)
        assumed = split if measure == "gross_floor_area" else np.zeros(size, dtype=bool)
        status = choose_object(assumed, "assumed", "derived")
        zones.put(f"{measure}_total", total.interval, status, qualifier, where=has_lots)
        zones.note(f"{measure}_total_known", total.known)
    ratio = group_far(inside, group, size, weight)
    status = choose_object(split, "assumed", "derived")
    zones.put("far", ratio.interval, status, ratio.qualifier, where=has_lots)
    zones.note("far_known", ratio.known)
    for kind, name in COUNTS.items():
        count = np.bincount(places[kind]["zone"], minlength=size).astype(np.float64)
        zones.put(name, exact(count), "derived", "exact", where=count > 0)
    _put_pieces(zones, pieces)


def _put_pieces(zones: Wide, pieces: pd.DataFrame) -> None:
    """Put the land of parcels that lies in each drawn zone, and how many of them straddle it."""
    size = len(zones.base)
    inside = pieces[pieces["zone"] >= 0]
    group, area = inside["zone"].to_numpy(dtype=np.int64), inside["area_m2"].to_numpy()
    has_any = np.bincount(group, minlength=size) > 0
    total = group_sums(exact(area.astype(np.float64)), group, size)
    zones.put("overlay_area_total", total.interval, "derived", "printed", where=has_any)
    cut = (inside["share"].to_numpy() < 1) & ~inside["is_sliver"].to_numpy(dtype=bool)
    count = np.bincount(group[cut], minlength=size).astype(np.float64)
    zones.put("straddler_count", exact(count), "derived", "exact", where=has_any)
