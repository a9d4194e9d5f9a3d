"""Attributes in plain pandas: printed numbers with bounds, ratios, limits, verdicts, totals.

What a script writes that has to give the same figures as the package, without using it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

#: Columns of the package's own table that these scripts leave empty: it finds causes.
LEFT_OUT = (
    "area_tolerance_m2", "area_verdict", "area_cause", "area_cause_ties", "area_cause_fit",
    "area_cause_evidence", "notice",
)  # fmt: skip
_EMPTY = ("net_site_area_m2", "countable_floor_area_m2", "share_of_parent")
_BLANK = (
    "recorded_area_basis", "recorded_area_edition", "site_area_basis", "far_limit_shares",
    *LEFT_OUT,
)  # fmt: skip
_FAR_BASIS = "gross/not_said"
_NONE: Any = None


def parts(column: str) -> list[str]:
    """Return the columns of a measure: value, low, high, status, qualifier."""
    name, unit = (column.removesuffix("_m2"), "_m2") if column.endswith("_m2") else (column, "")
    return [
        column,
        f"{name}_low{unit}",
        f"{name}_high{unit}",
        f"{name}_status",
        f"{name}_qualifier",
    ]


def measure(
    table: pd.DataFrame,
    column: str,
    of: Sequence[Any],
    status: Any,
    qualifier: Any = "printed",
    *,
    full: bool = True,
) -> None:
    """Add a measure: its value; in full also its bounds, status and qualifier."""
    value, low, high = (np.asarray(part, dtype=np.float64) for part in of)
    table[column] = value
    if full:
        known = ~np.isnan(value)
        _, *names = parts(column)
        rest = low, high, np.where(known, status, "unknown"), np.where(known, qualifier, _NONE)
        for name, part in zip(names, rest, strict=True):
            table[name] = part


def nothing(table: pd.DataFrame) -> None:
    """Add the columns that hold nothing of these parcels."""
    size = len(table)
    for column in _EMPTY:
        of = (np.full(size, np.nan),) * 3
        measure(table, column, of, "unknown")
    table["share_of_parent_status"] = pd.Series([None] * size, dtype="str", index=table.index)
    for name in _BLANK:
        if name not in table:
            table[name] = pd.Series([None] * size, dtype="str", index=table.index)


def printed(values: Any) -> tuple[Any, Any, Any]:
    """Return numbers with the bounds that their shortest digits allow."""
    step = np.full(len(values), 1e-6)
    going = ~np.isnan(values) & (values != 0)
    for power in range(-5, 13):
        size = 10.0 ** abs(power)
        near = np.round(values / size) * size if power >= 0 else np.round(values * size) / size
        going &= near == values
        if not going.any():
            break
        step[going] = 10.0**power
    step[values == 0] = 1.0
    return values, values - step / 2, values + step / 2


def attributes(
    lots: pd.DataFrame,
    *,
    full: bool,
    limits: pd.DataFrame | None = None,
    facts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return parcels with their areas, floor, ratio, limit, margin, headroom and verdict."""
    numbers = ["recorded_area_m2", "site_area_m2", "gross_floor_area_m2", "far_limit"]
    table = lots.drop(columns=numbers)
    recorded, site, floor = (printed(lots[name].to_numpy()) for name in numbers[:3])
    if facts is not None:
        floor = _told(lots["parcel_id"], floor, facts)
    own = lots["far_limit"].to_numpy()
    limit, source = own, np.full(len(lots), None, dtype=object)
    if limits is not None:
        limit, source = _limits(lots, limits)
    measure(table, "recorded_area_m2", recorded, "recorded", full=full)
    measure(table, "site_area_m2", site, "recorded", full=full)
    measure(table, "gross_floor_area_m2", floor, "recorded", full=full)
    measure(table, "far_limit", (limit,) * 3, "recorded", "exact", full=full)
    far = floor[0] / site[0], floor[1] / site[2], floor[2] / site[1]
    measure(table, "far", far, "derived", full=full)
    margin = limit - far[0], limit - far[2], limit - far[1]
    measure(table, "far_margin", margin, "derived", full=full)
    room = limit * site[0] - floor[0], limit * site[1] - floor[2], limit * site[2] - floor[1]
    measure(table, "floor_headroom_m2", room, "derived", full=full)
    said = np.where(far[2] <= limit, "within", "within_rounding")
    said = np.where(far[1] > limit, "over", said)
    table["far_verdict"] = np.where(np.isnan(far[0]) | np.isnan(limit), "unknown", said)
    if full:
        table["far_basis"] = np.where(np.isnan(far[0]), _NONE, _FAR_BASIS)
        basis = np.where(np.isnan(own), "zone", "parcel")
        table["far_limit_basis"] = np.where(np.isnan(limit), _NONE, basis)
        table["far_limit_from"] = pd.Series(source, dtype="str", index=table.index)
    return table


def _told(ids: pd.Series[str], own: Sequence[Any], facts: pd.DataFrame) -> tuple[Any, ...]:
    """Return floors with those that documents print, in 10 000 m², in their place."""
    digits = facts["printed"].str.extract(r"\.(\d+)")[0].str.len().fillna(0).to_numpy()
    half = 10.0**-digits / 2
    value = facts["value"].to_numpy()
    found = pd.DataFrame(
        {"value": value * 1e4, "low": (value - half) * 1e4, "high": (value + half) * 1e4},
        index=facts["subject"],
    ).reindex(ids)
    known = found["value"].notna().to_numpy()
    return tuple(
        np.where(known, found[name].to_numpy(), part)
        for name, part in zip(found.columns, own, strict=True)
    )


def _limits(lots: pd.DataFrame, limits: pd.DataFrame) -> tuple[Any, Any]:
    """Return the own limit, else that of zone and land use, else that of the zone; and its row."""
    use = limits[limits["land_use"].notna()]
    rest = limits[limits["land_use"].isna()]
    columns = ["limit_id", "far_maximum"]
    keys = ["zone_id", "land_use"]
    first = lots[keys].merge(use[[*keys, *columns]], on=keys, how="left")
    second = lots[["zone_id"]].merge(rest[["zone_id", *columns]], on="zone_id", how="left")
    found = first[columns].combine_first(second[columns])
    own = lots["far_limit"].to_numpy()
    has_own = ~np.isnan(own)
    source = found["limit_id"].astype(object).mask(has_own, None).to_numpy()
    return np.where(has_own, own, found["far_maximum"].to_numpy()), source


def zone_totals(
    table: pd.DataFrame, inside: pd.DataFrame, zones: int, *, full: bool
) -> pd.DataFrame:
    """Return sums of land and floor, the ratio of both and a count of each zone.

    Parameters
    ----------
    table : DataFrame
        From `attributes`.
    inside : DataFrame
        ``row, zone``: each parcel in the zone of each kind that it counts in.
    zones : int
        How many there are.
    full : bool
        With bounds.
    """
    names = ["site_area_m2", "gross_floor_area_m2"]
    columns = [part for name in names for part in (parts(name)[:3] if full else [name])]
    rows = table[columns].iloc[inside["row"]].set_axis(inside["zone"])
    both = rows.where(rows[names].notna().all(axis=1))
    every = pd.RangeIndex(zones)
    sums, pair = (each.groupby(level=0).sum(min_count=1).reindex(every) for each in (rows, both))
    totals = pd.DataFrame(index=every)
    for name in names:
        of = [sums[part] for part in parts(name)[:3]] if full else [sums[name]] * 3
        measure(totals, name.replace("_m2", "_total_m2"), of, "derived", full=full)
    site, floor = (
        [pair[part] for part in parts(name)[:3]] if full else [pair[name]] * 3 for name in names
    )
    far = floor[0] / site[0], floor[1] / site[2], floor[2] / site[1]
    measure(totals, "far", far, "derived", full=full)
    totals["parcel_count"] = rows.groupby(level=0).size().reindex(every, fill_value=0)
    return totals


def told(table: pd.DataFrame) -> pd.DataFrame:
    """Return what is told of each parcel that is over its limit or not drawn."""
    over = table[table["far_verdict"] == "over"]
    over = over[["parcel_id", "far", "far_limit"]].assign(margin=over["far_limit"] - over["far"])
    bare = table.loc[table["geometry_status"] == "none", ["parcel_id"]]
    return pd.concat([over.assign(code="far-over-limit"), bare.assign(code="not-drawn")])
