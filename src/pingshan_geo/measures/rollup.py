"""Roll-ups: sums, counts and group ratios of lots by zone or by any column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pingshan_geo.figure import (
    BoolArray,
    CodeArray,
    FloatArray,
    IntArray,
    Interval,
    choose_code,
    code,
    combined_qualifier,
    divide,
    exact,
)
from pingshan_geo.measures.registry import COUNTS, MEASURES
from pingshan_geo.measures.sums import PartialSums, partial_sums
from pingshan_geo.measures.wide import Wide, interval_of, qualifier_of


@dataclass(frozen=True, slots=True)
class GroupSum:
    """Sums of one measure over groups of rows, or the ratio of two, with what they leave out.

    Attributes
    ----------
    interval : Interval
        One value a group; NaN where no row is known.
    qualifier : array of int8
        Code of each one's qualifier; -1 where it is unknown.
    known, rows : array of int
        Rows with a value, and all rows, of each group.
    """

    interval: Interval
    qualifier: CodeArray
    known: IntArray
    rows: IntArray


@dataclass(frozen=True, slots=True)
class SumPart:
    """Sums over a part of the rows of groups, from `sum_part`; parts merge exactly.

    Attributes
    ----------
    sums : list of PartialSums
        Of values and of the bounds that there are.
    is_open : array of bool
        Which groups have a row without a bound: of value, low, high; below, above.
    is_about : array of bool
        Which groups have a row that is qualified so.
    """

    sums: list[PartialSums]
    is_open: BoolArray
    is_about: BoolArray

    def merge(self, other: SumPart) -> SumPart:
        """Return the sums over both parts."""
        sums = [one.merge(two) for one, two in zip(self.sums, other.sums, strict=True)]
        return SumPart(sums, self.is_open | other.is_open, self.is_about | other.is_about)

    def finish(self) -> GroupSum:
        """Return the sums, each rounded once; a row without a bound leaves its sum without one."""
        parts = []
        for part, (below, above) in zip(self.sums, self.is_open, strict=True):
            total = np.where(below, -np.inf, part.finish())
            parts.append(np.where(above, np.inf, total))
        interval = Interval(*parts)
        about = choose_code(self.is_about, "about", "printed")
        counted = self.sums[0]
        return GroupSum(interval, combined_qualifier(interval, about), counted.known, counted.rows)


def sum_part(
    interval: Interval, group: IntArray, groups: int, qualifier: CodeArray | None = None
) -> SumPart:
    """Return sums of rows by group, to be merged with those of other rows.

    Parameters
    ----------
    interval : Interval
        Of each row; NaN is unknown, an infinite bound is none.
    group : array of int
        Group of each row, 0 to ``groups`` - 1.
    groups : int
        Number of groups.
    qualifier : array of int8, optional
        Code of each row's; ``about`` is handed on.
    """
    is_open = np.zeros((3, 2, groups), dtype=bool)
    sums = []
    for at, part in enumerate(interval):
        ends = np.flatnonzero(np.isinf(part))
        is_open[at, (part[ends] > 0).astype(np.int64), group[ends]] = True
        finite = partial_sums(np.where(np.isinf(part), np.nan, part), group, groups)
        known = finite.known + np.bincount(group[ends], minlength=groups)
        sums.append(replace(finite, known=known))
    is_about = np.zeros(groups, dtype=bool)
    if qualifier is not None:
        is_about[group[qualifier == code("about")]] = True
    return SumPart(sums, is_open, is_about)


def group_sums(
    interval: Interval, group: IntArray, groups: int, qualifier: CodeArray | None = None
) -> GroupSum:
    """Return exact sums with bounds; a single row without a bound leaves the sum without one.

    Parameters
    ----------
    interval, group, groups, qualifier
        As for `sum_part`.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0, np.nan], [0.5, 2.0, np.nan], [1.5, np.inf, np.nan]])
    >>> total = group_sums(Interval(*rows), np.array([0, 0, 0]), 1)
    >>> [float(part[0]) for part in total.interval], int(total.known[0]), int(total.rows[0])
    ([3.0, 2.5, inf], 2, 3)
    """
    return sum_part(interval, group, groups, qualifier).finish()


def scaled(interval: Interval, weight: FloatArray) -> Interval:
    """Return an interval times a share; a missing bound stays missing."""
    return Interval(*(part * weight for part in interval))


def group_far(
    lots: pd.DataFrame, group: IntArray, groups: int, weight: FloatArray | None = None
) -> GroupSum:
    """Return the sum of floor over the sum of site area by group; never a mean of ratios.

    Lots count of which both are known.

    Parameters
    ----------
    lots : DataFrame
        Wide table of parcels with ``gross_floor_area_m2`` and ``site_area_m2`` and their bounds:
        gross floor on site area, so that one group has one basis.
    weight : array of float, optional
        Share of each row that counts, above 0.
    """
    share = np.ones(len(lots)) if weight is None else weight
    return _ratio(*_ratio_parts(lots, group, groups, share))


def _ratio_parts(
    lots: pd.DataFrame, group: IntArray, groups: int, share: FloatArray
) -> tuple[SumPart, SumPart]:
    names = ("gross_floor_area", "site_area")
    of = [scaled(interval_of(lots, name), share) for name in names]
    both = ~np.isnan(of[0].value) & ~np.isnan(of[1].value)
    floor, site = (
        sum_part(
            Interval(*(np.where(both, part, np.nan) for part in interval)), group, groups,
            choose_code(both, qualifier_of(lots, name), None),
        )
        for interval, name in zip(of, names, strict=True)
    )  # fmt: skip
    return floor, site


def _ratio(floor: SumPart, site: SumPart) -> GroupSum:
    top, bottom = floor.finish(), site.finish()
    ratio = divide(top.interval, bottom.interval)
    qualifier = combined_qualifier(ratio, top.qualifier, bottom.qualifier)
    return GroupSum(ratio, qualifier, top.known, top.rows)


@dataclass(frozen=True, slots=True)
class ZonePart:
    """What some parcels add to the totals of zones, from `zone_part`; parts merge exactly."""

    sums: dict[str, SumPart]
    counts: dict[str, IntArray]

    def merge(self, other: ZonePart) -> ZonePart:
        """Return what both parts add."""
        return ZonePart(
            {name: part.merge(other.sums[name]) for name, part in self.sums.items()},
            {name: count + other.counts[name] for name, count in self.counts.items()},
        )


_SUMMED = ("site_area", "gross_floor_area")


def zone_part(
    parcels: pd.DataFrame, lots: pd.DataFrame, land: pd.DataFrame, pieces: pd.DataFrame, size: int
) -> ZonePart:
    """Return what parcels add to the totals of so many zones.

    Parameters
    ----------
    parcels : DataFrame
        Wide table of the parcels.
    lots, land : DataFrame
        Their membership (``row, zone, weight``), each row once, and as land is allocated: as that
        of parcels, or with shares.
    pieces : DataFrame
        Pair table of the overlay: ``row, zone`` (-1 is outside), ``area_m2``, ``share``.
    """
    group, weight = land["zone"].to_numpy(), land["weight"].to_numpy()
    of = [MEASURES[name] for name in _SUMMED]
    columns = [name for m in of for name in (m.column, m.low_column, m.high_column)]
    columns += [m.qualifier_column for m in of]
    inside = parcels[columns].iloc[land["row"].to_numpy()]
    sums = {
        name: sum_part(
            scaled(interval_of(inside, name), weight), group, size, qualifier_of(inside, name)
        )
        for name in _SUMMED
    }
    sums["far_floor"], sums["far_land"] = _ratio_parts(inside, group, size, weight)
    drawn = pieces[pieces["zone"] >= 0]
    zone, area = drawn["zone"].to_numpy(dtype=np.int64), drawn["area_m2"].to_numpy(np.float64)
    sums["pieces"] = sum_part(exact(area), zone, size)
    cut = (drawn["share"].to_numpy() < 1) & ~drawn["is_sliver"].to_numpy(dtype=bool)
    counted = {"parcels": lots["zone"], "split": group[weight < 1], "straddlers": zone[cut]}
    counts = {name: np.bincount(each, minlength=size) for name, each in counted.items()}
    return ZonePart(sums, counts)


def put_zone_totals(zones: Wide, part: ZonePart, places: Mapping[str, pd.DataFrame]) -> None:
    """Put sums, group ratio and counts of each zone.

    Where a lot is split, floor and ratios are assumed, since nobody says where on it the floor
    stands.

    Parameters
    ----------
    zones : Wide
        Zones, to be added to.
    part : ZonePart
        Of all parcels.
    places : mapping of str to DataFrame
        Membership of projects and auctions.
    """
    size = len(zones.base)
    split = part.counts["split"] > 0
    for name in _SUMMED:
        total = part.sums[name].finish()
        assumed = split if name == "gross_floor_area" else np.zeros(size, dtype=bool)
        status = choose_code(assumed, "assumed", "derived")
        has_lots = total.rows > 0
        zones.put(f"{name}_total", total.interval, status, total.qualifier, where=has_lots)
        zones.note(f"{name}_total_known", total.known)
    ratio = _ratio(part.sums["far_floor"], part.sums["far_land"])
    status = choose_code(split, "assumed", "derived")
    zones.put("far", ratio.interval, status, ratio.qualifier, where=has_lots)
    zones.note("far_known", ratio.known)
    for kind, name in COUNTS.items():
        own = part.counts["parcels"] if kind == "parcels" else None
        count = np.bincount(places[kind]["zone"], minlength=size) if own is None else own
        number = exact(count.astype(np.float64))
        zones.put(name, number, "derived", "exact", where=count > 0)
    pieces = part.sums["pieces"].finish()
    has_any = pieces.rows > 0
    zones.put("overlay_area_total", pieces.interval, "derived", "printed", where=has_any)
    straddlers = exact(part.counts["straddlers"].astype(np.float64))
    zones.put("straddler_count", straddlers, "derived", "exact", where=has_any)
