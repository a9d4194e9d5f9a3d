"""Limits of floor area ratio, coverage, green and height: what holds for a lot, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from pingshan_geo.figure import (
    BoolArray,
    FloatArray,
    IntArray,
    Interval,
    ObjectArray,
    choose,
    choose_code,
    choose_object,
    code,
    combined_qualifier,
    exact,
    subtract,
)
from pingshan_geo.findings import MOST_OF_A_CODE, Few, Finding
from pingshan_geo.measures.lots import far_inputs
from pingshan_geo.measures.membership import levels
from pingshan_geo.measures.ragged import groups
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.measures.wide import Wide, positions
from pingshan_geo.units import format_number
from pingshan_geo.words import Text, text

#: What may be said of a lot beside its limits.
VERDICTS = ("over", "under", "within", "within_rounding", "unknown")
# Less than a thousandth of a lot decides nothing: lots and zones are drawn no better to each other.
_LEAST_SHARE = 1e-3
# Maxima and minima: the measure put, and its column in limits.csv.
_MAXIMA = {
    "far_limit": "far_maximum",
    "site_coverage_limit": "site_coverage_maximum",
    "building_height_limit": "height_maximum_m",
}
_MINIMA = {"far_minimum": "far_minimum", "green_ratio_minimum": "green_ratio_minimum"}
#: Column of limits.csv that each limit comes from.
LIMIT_COLUMN = _MAXIMA | _MINIMA
# What is held against its minimum and maximum.
_JUDGED: dict[str, tuple[str | None, str | None]] = {
    "far": ("far_minimum", "far_limit"),
    "site_coverage": (None, "site_coverage_limit"),
    "green_ratio": ("green_ratio_minimum", None),
    "building_height": (None, "building_height_limit"),
}


def verdict(
    value: Interval, minimum: Interval, maximum: Interval, undecided: BoolArray
) -> ObjectArray:
    """Return how values lie to their limits; equal counts as within.

    Parameters
    ----------
    value, minimum, maximum : Interval
        NaN is unknown. A limit that is unknown and not ``undecided`` is taken for none.
    undecided : array of bool
        Where a limit that is not known may hold as well, so that nothing is within.

    Returns
    -------
    array of str
        One of `VERDICTS`: ``over`` and ``under`` for bounds wholly beyond a limit,
        ``within_rounding`` for bounds on both sides of one.

    Examples
    --------
    >>> far = Interval(*(np.array([2.0, 2.0, 3.0, np.nan]) + d for d in (0, -0.1, 0.1)))
    >>> nothing, limit = exact(np.full(4, np.nan)), exact(np.array([2.5, 2.05, 2.5, 2.5]))
    >>> verdict(far, nothing, limit, np.zeros(4, dtype=bool)).tolist()
    ['within', 'within_rounding', 'over', 'unknown']
    """
    is_below = np.isnan(maximum.value) | (value.high <= maximum.low)
    is_above = np.isnan(minimum.value) | (value.low >= minimum.high)
    result = choose_object(is_below & is_above, "within", "within_rounding")
    result[undecided | np.isnan(value.value)] = "unknown"
    result[value.high < minimum.low] = "under"
    result[value.low > maximum.high] = "over"
    return result


def put_limits(
    wide: Wide, limits: pd.DataFrame, zones: pd.DataFrame, membership: pd.DataFrame
) -> None:
    """Put limits, margins and verdicts of parcels.

    A limit of the parcel itself goes before those of its zones. Of the rows of a zone the one of
    the parcel's land use and standard holds, else of its land use, else of any; each value by
    itself, the strictest where rows are of one rank. In several zones of one kind (and level, see
    `pingshan_geo.measures.membership.levels`) the limit is the mean weighted by area, of heights
    the lowest. Of several kinds the strictest holds. Nothing is taken over to land without a
    limit: where a kind limits a part of a parcel only, the limit of the whole is unknown, or no
    more than that which other kinds give. Parts of less than a thousandth do not count.

    Parameters
    ----------
    wide : Wide
        Parcels with their areas, floors and ratios, to be added to: ``far_limit, far_minimum,
        site_coverage_limit, green_ratio_minimum, building_height_limit`` where known, each with
        ``…_from`` (ids of the rows used); ``far_margin`` and ``floor_headroom`` (m²) beside a
        ``far_limit``; ``far_verdict``, always; other verdicts where a number or limit is known in
        any row; ``far_limit_basis`` (``parcel``, ``zone``, ``weighted``) and ``far_limit_shares``.
    limits : DataFrame
        Rows that are valid, indexed by id.
    zones : DataFrame
        Indexed by id, with ``kind`` and ``parent``.
    membership : DataFrame
        ``row`` and ``zone`` (positions), ``weight`` (share of the parcel, not above 1 in the zones
        of one kind).
    """
    pieces = _Pieces(wide.base, limits, zones, membership)
    partial = {}
    for name, column in LIMIT_COLUMN.items():
        partial[name] = _put_limit(wide, name, pieces.limit(column, is_minimum=name in _MINIMA))
    _put_margins(wide)
    for name, (lowest, highest) in _JUDGED.items():
        value, minimum, maximum = (_interval(wide, each) for each in (name, lowest, highest))
        # The maximum must be known, of green the minimum; and whatever holds on a part of the lot.
        undecided = np.isnan((minimum if highest is None else maximum).value)
        for each in filter(None, (lowest, highest)):
            undecided = undecided | partial[each]
        told = tuple(each for each in (name, lowest, highest) if each is not None)
        said = verdict(value, minimum, maximum, undecided)
        wide.note(f"{name}_verdict", said, beside=None if name == "far" else told)


def _interval(wide: Wide, name: str | None) -> Interval:
    return exact(np.full(len(wide.base), np.nan)) if name is None else wide.interval(name)


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit of all parcels: values (NaN unknown), where more may hold, and where from."""

    value: FloatArray
    is_partial: BoolArray
    is_split: BoolArray
    rows: ObjectArray
    shares: ObjectArray


def _put_limit(wide: Wide, name: str, found: _Limit) -> BoolArray:
    """Put a limit where it is known and return where a part of the parcel has an unknown one."""
    own = wide.interval(name)
    has_own = ~np.isnan(own.value)
    limit = exact(found.value)
    # Another kind that limits a part can only be stricter: the bound on that side is open.
    side, word = (limit.high, "more_than") if name in _MINIMA else (limit.low, "less_than")
    is_open = found.is_partial & ~np.isnan(found.value)
    side[is_open] = np.inf if name in _MINIMA else -np.inf
    status = choose_code(found.is_split, "derived", "recorded")
    status = choose_code(has_own, wide.status(name), status)
    qualifier = choose_code(is_open, word, "exact")
    qualifier = choose_code(has_own, wide.qualifier(name), qualifier)
    limit = choose(has_own, own, limit)
    known = ~np.isnan(limit.value)
    wide.put(name, limit, status, qualifier, where=known, optional=True)
    wide.note(f"{name}_from", choose_object(has_own, None, found.rows), beside=(name,))
    if name == "far_limit":
        basis = choose_object(found.is_split, "weighted", "zone")
        basis = choose_object(known, choose_object(has_own, "parcel", basis), None)
        wide.note("far_limit_basis", basis, beside=(name,))
        shares = choose_object(has_own, None, found.shares)
        wide.note("far_limit_shares", shares, beside=(name,))
    return found.is_partial & ~has_own


def _put_margins(wide: Wide) -> None:
    """Put limit less ratio, and the floor that may still be built, where there is a limit."""
    limit, limit_qualifier = wide.interval("far_limit"), wide.qualifier("far_limit")
    known = ~np.isnan(limit.value)
    margin = subtract(limit, wide.interval("far"))
    qualifier = combined_qualifier(margin, limit_qualifier, wide.qualifier("far"))
    wide.put("far_margin", margin, "derived", qualifier, where=known, optional=True)
    floor, land = far_inputs(wide)
    with np.errstate(invalid="ignore"):
        allowed = Interval(*(
            np.maximum(one, 0) * np.maximum(other, 0)
            for one, other in zip(limit, land.interval, strict=True)
        ))  # fmt: skip
    rising = combined_qualifier(allowed, land.qualifier, limit_qualifier)
    less_than = code("less_than")
    rising[(limit_qualifier == less_than) & known] = less_than  # its low bound is 0 here
    headroom = subtract(allowed, floor.interval)
    qualifier = combined_qualifier(headroom, rising, floor.qualifier)
    wide.put("floor_headroom", headroom, "derived", qualifier, where=known, optional=True)


class _Pieces:
    """Parts of parcels in zones that have limits, and the rows that may hold for each.

    Parameters
    ----------
    lots, limits, zones, pairs : DataFrame
        As for `put_limits`; ``pairs`` is the membership.
    """

    def __init__(
        self, lots: pd.DataFrame, limits: pd.DataFrame, zones: pd.DataFrame, pairs: pd.DataFrame
    ) -> None:
        self.size, self.limits = len(lots), limits.sort_index()
        self.ids = zones.index.to_numpy(dtype=object)
        place = positions(zones.index, self.limits["zone_id"])
        counts = pairs["zone"].isin(place) & (pairs["weight"] >= _LEAST_SHARE)
        pairs = pairs[counts]
        row, zone = (pairs[name].to_numpy(dtype=np.int64) for name in ("row", "zone"))
        kind = pd.factorize(levels(zones))[0][zone]
        order = np.lexsort((zone, kind, row))
        self.row, self.zone, self.kind = row[order], zone[order], kind[order]
        self.weight = pairs["weight"].to_numpy(dtype=np.float64)[order]
        # A cell is a zone and a land use: far fewer than pieces.
        names = ["land_use", "land_use_standard"]
        use = lots.groupby(names, dropna=False, sort=False).ngroup().to_numpy()
        keys = self.zone * (use.max(initial=0) + 1) + use[self.row]
        _, first, self.cell = np.unique(keys, return_index=True, return_inverse=True)
        cells = pd.DataFrame(lots[names]).iloc[self.row[first]]
        cells = cells.assign(zone=self.zone[first], cell=np.arange(len(first)))
        rows = self.limits[names].assign(zone=place, limit=np.arange(len(place)))
        self.fitting = _ranked(cells.merge(rows, on="zone", suffixes=("", "_limited")), names)

    def limit(self, column: str, *, is_minimum: bool) -> _Limit:
        """Return the limit in a column of limits.csv for every parcel."""
        result = _Limit(
            np.full(self.size, np.nan), *np.zeros((2, self.size), dtype=bool),
            *(np.full(self.size, None, dtype=object) for _ in range(2)),
        )  # fmt: skip
        values = self.limits[column].to_numpy(dtype=np.float64)
        sign = -1.0 if is_minimum else 1.0  # the strictest comes first
        limit = self._chosen(sign * values)[self.cell]
        told = np.flatnonzero(limit >= 0)
        if not told.size:
            return result
        row, kind, weight, limit = self.row[told], self.kind[told], self.weight[told], limit[told]
        start, _ = groups(row * (kind.max() + 1) + kind)
        end = np.append(start[1:], len(row))
        total = np.add.reduceat(weight, start)
        mean = _mean(values[limit], weight, start, total, is_mean=column != "height_maximum_m")
        is_whole, lot = total > 1 - _LEAST_SHARE, row[start]
        result.is_partial[lot[~is_whole]] = True
        whole = np.flatnonzero(is_whole)
        whole = whole[np.lexsort((sign * mean[whole], lot[whole]))]
        best = whole[groups(lot[whole])[0]]
        ids = self.limits.index.to_numpy(dtype=object)
        result.value[lot[best]] = mean[best]
        result.rows[lot[best]] = ids[limit[start[best]]]
        split = best[end[best] - start[best] > 1]
        result.is_split[lot[split]] = True
        for at in split:
            parts = range(start[at], end[at])
            result.rows[lot[at]] = "; ".join(dict.fromkeys(ids[limit[part]] for part in parts))
            if column == "far_maximum":
                result.shares[lot[at]] = "; ".join(
                    f"{self.ids[self.zone[told[part]]]} {weight[part]:.4g} × "
                    f"{values[limit[part]]:.15g}"
                    for part in parts
                )
        return result

    def _chosen(self, strict: FloatArray) -> IntArray:
        """Return the row of limits that holds in each cell, -1 for none; NaN says nothing."""
        fitting = self.fitting.assign(strict=strict[self.fitting["limit"]]).dropna()
        fitting = fitting.sort_values(["cell", "rank", "strict", "limit"]).drop_duplicates("cell")
        chosen = np.full(self.cell.max(initial=-1) + 1, -1)
        chosen[fitting["cell"]] = fitting["limit"]
        return chosen


def _ranked(cells: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return which rows of limits fit which cells, ``rank`` 0 for the most specific."""
    rank = np.full(len(cells), 3)
    fits = np.ones(len(cells), dtype=bool)
    for points, name in zip((2, 1), names, strict=True):
        wanted = cells[f"{name}_limited"].to_numpy(dtype=object)
        is_named = pd.notna(wanted)
        fits &= ~is_named | (wanted == cells[name].to_numpy(dtype=object))
        rank -= points * is_named
    return cells[["cell", "limit"]].assign(rank=rank)[fits]


def _mean(
    value: FloatArray, weight: FloatArray, start: IntArray, total: FloatArray, *, is_mean: bool
) -> FloatArray:
    """Return the weighted mean of each run of values; the lowest where a mean says nothing."""
    low = np.minimum.reduceat(value, start)
    if not is_mean:
        return low
    # Between the two ends, so that equal limits give that very limit.
    mean = np.add.reduceat(value * weight, start) / total
    return np.clip(mean, low, np.maximum.reduceat(value, start))


def limit_findings(table: pd.DataFrame) -> dict[str, Few]:
    """Return findings for parcels over a limit or under a minimum, by what shows all of them.

    Parameters
    ----------
    table : DataFrame
        Wide table of parcels, or of a part of them.
    """
    found = {}
    for name, (lowest, highest) in _JUDGED.items():
        if f"{name}_verdict" not in table:
            continue
        judged = table[f"{name}_verdict"].to_numpy(dtype=object)
        for said, limit in (("over", highest), ("under", lowest)):
            if limit is not None:
                at = np.flatnonzero(judged == said)
                where = f"""report --where "{name}_verdict = '{said}'\""""
                columns = [MEASURES[name].column, MEASURES[limit].column]
                rows = pd.DataFrame(table[columns]).iloc[at[:MOST_OF_A_CODE]]
                found[where] = Few(partial(_over, rows, name, said), len(at))
    return found


def _over(rows: pd.DataFrame, name: str, said: str) -> Iterator[Finding]:
    code = "limit-exceeded"
    if name == "far":
        code = "far-over-limit" if said == "over" else "far-under-minimum"
    measure, suffix = MEASURES[name], MEASURES[name].unit
    for subject, value, bound in rows.itertuples():
        margin = bound - value if said == "over" else value - bound
        details: dict[str, str | Text] = {
            "limit": _shown(bound, suffix), "margin": _shown(margin, suffix),
            "measure": text(name),
        }  # fmt: skip
        yield Finding(
            code, str(subject), field=measure.column, value=_shown(value, suffix), details=details
        )


def _shown(value: float, unit: str | None) -> str:
    return format_number(float(value), 4) + (" m" if unit == "m" else "")
