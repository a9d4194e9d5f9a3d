"""Roll-ups: sums, counts and group ratios of lots by zone or by any column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.figure import Interval, ObjectArray, choose_object, combined_qualifier, divide
from pingshan_geo.measures.sums import partial_sums
from pingshan_geo.measures.wide import Wide, interval_of, qualifier_of

IntArray = npt.NDArray[np.int64]


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


def group_far(lots: pd.DataFrame, group: IntArray, groups: int) -> GroupRatio:
    """Return the sum of floor over the sum of site area by group; never a mean of ratios.

    Parameters
    ----------
    lots : DataFrame
        Wide table of parcels with ``gross_floor_area_m2`` and ``site_area_m2`` and their bounds:
        gross floor on site area, so that one group has one basis.
    """
    site, floor = interval_of(lots, "site_area"), interval_of(lots, "gross_floor_area")
    both = ~np.isnan(site.value) & ~np.isnan(floor.value)
    kept = [Interval(*(np.where(both, p, np.nan) for p in i)) for i in (floor, site)]
    top, bottom = (group_sums(interval, group, groups) for interval in kept)
    ratio = divide(top.interval, bottom.interval)
    qualifiers = (
        total.qualifier(choose_object(both, qualifier_of(lots, measure), None), group)
        for total, measure in ((top, "gross_floor_area"), (bottom, "site_area"))
    )
    return GroupRatio(ratio, combined_qualifier(ratio, *qualifiers), top.known, top.rows)


def members(zones: pd.DataFrame, places: pd.Series[str]) -> pd.DataFrame:
    """Return which rows lie in which zone by what sources say: the zone named and those above it.

    Parameters
    ----------
    zones : DataFrame
        Indexed by id, with ``parent``.
    places : Series
        The zone that each row names, or None.

    Returns
    -------
    DataFrame
        ``row`` (position in ``places``) and ``zone`` (position in ``zones``), a pair a line; a
        row appears once for each zone that contains it.

    Examples
    --------
    >>> zones = pd.DataFrame({"parent": [None, "town"]}, index=["town", "base"])
    >>> members(zones, pd.Series(["base", "town", None])).to_numpy().tolist()
    [[0, 1], [1, 0], [0, 0]]
    """
    parent = zones.index.get_indexer(pd.Index(zones["parent"].fillna("").to_numpy(dtype=object)))
    zone = zones.index.get_indexer(pd.Index(places.fillna("").to_numpy(dtype=object)))
    row = np.arange(len(places))
    pairs = []
    while (inside := zone >= 0).any():
        row, zone = row[inside], zone[inside]
        pairs.append(pd.DataFrame({"row": row, "zone": zone}))
        zone = parent[zone]
    empty = pd.DataFrame({"row": np.zeros(0, int), "zone": np.zeros(0, int)})
    return pd.concat(pairs, ignore_index=True) if pairs else empty


def project_zone(projects: pd.DataFrame, parcels: pd.DataFrame) -> pd.Series[str]:
    """Return the zone of each project: its own, else that of its parcel."""
    return projects["zone_id"].fillna(projects["parcel_id"].map(parcels["zone_id"]))


def auction_zone(
    auctions: pd.DataFrame, parcels: pd.DataFrame, projects: pd.DataFrame, targets: pd.DataFrame
) -> pd.Series[str]:
    """Return the zone of each land transfer: that of its parcel, else project, else target."""
    zone = auctions["parcel_id"].map(parcels["zone_id"])
    zone = zone.fillna(auctions["project_id"].map(project_zone(projects, parcels)))
    return zone.fillna(auctions["target_id"].map(targets["zone_id"]))


def put_zone_totals(
    zones: Wide, parcels: pd.DataFrame, projects: pd.Series[str], auctions: pd.Series[str]
) -> None:
    """Put sums, group ratio and counts of each zone.

    Parameters
    ----------
    zones : Wide
        Zones, to be added to.
    parcels : DataFrame
        Wide table of parcels.
    projects, auctions : Series
        The zone that each project and land transfer lies in, or None.
    """
    size = len(zones.base)
    pairs = members(zones.base, parcels["zone_id"])
    rows, group = pairs["row"].to_numpy(), pairs["zone"].to_numpy()
    has_lots = np.bincount(group, minlength=size) > 0
    inside = parcels.iloc[rows]
    for measure in ("site_area", "gross_floor_area"):
        total = group_sums(interval_of(inside, measure), group, size)
        qualifier = total.qualifier(qualifier_of(inside, measure), group)
        zones.put(f"{measure}_total", total.interval, "derived", qualifier, where=has_lots)
        zones.note(f"{measure}_total_known", total.known)
    ratio = group_far(inside, group, size)
    zones.put("far", ratio.interval, "derived", ratio.qualifier, where=has_lots)
    zones.note("far_known", ratio.known)
    counts = {"parcel_count": np.bincount(group, minlength=size)}
    for name, places in (("project_count", projects), ("auction_count", auctions)):
        counts[name] = np.bincount(members(zones.base, places)["zone"], minlength=size)
    for name, count in counts.items():
        value = np.where(count > 0, count, np.nan).astype(np.float64)
        zones.put(name, Interval(value, value, value), "derived", "exact", where=count > 0)
