"""What a roll-up tells of groups of rows: counts, sums, ratios of sums, spread, verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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
    subtract,
)
from pingshan_geo.measures.registry import COUNTS, FLOORS, LANDS, MEASURES
from pingshan_geo.measures.rollup import group_far, group_sums, scaled
from pingshan_geo.measures.spread import spread
from pingshan_geo.measures.wide import interval_of, qualifier_of

#: Sums and the measures that they are of: the first two always, others where a row is known.
SUMS = {f"{name}_total": name for name in ("site_area", "gross_floor_area", *LANDS, *FLOORS)}
_ALWAYS = tuple(SUMS)[:2]
_SPREAD = ("far_lowest", "far_median", "far_highest")
_VERDICTS = ("over_limit_count", "limit_unknown_count")
#: The measure or column that a total is made of, where that is not its own.
SOURCES = SUMS | dict.fromkeys(_SPREAD, "far") | dict.fromkeys(_VERDICTS, "far_verdict") | {
    "overlay_area_total": "overlay_area", "straddler_count": "overlay_share",
    "recorded_area_total": "recorded_area", "measured_area_total": "measured_area",
}  # fmt: skip


class Total(NamedTuple):
    """One measure of all groups, and the rows that it leaves out."""

    interval: Interval
    qualifier: CodeArray
    missing: BoolArray


@dataclass(frozen=True)
class Grouped:
    """Rows of one kind in groups.

    Attributes
    ----------
    kind : str
        ``parcels``, ``projects``, ``auctions`` or ``overlay``.
    rows : DataFrame
        Wide table; a row that is split by area stands once for each part.
    group : array of int
        Group of each row, 0 to ``size`` - 1.
    size : int
        Number of groups.
    weight : array of float
        Part of each row that counts; 1 where nothing is split.
    is_main : array of bool
        Whether a row is counted here, where it is split: each once.
    """

    kind: str
    rows: pd.DataFrame
    group: IntArray
    size: int
    weight: FloatArray
    is_main: BoolArray

    def _counts(self, which: BoolArray | None = None) -> FloatArray:
        chosen = self.is_main if which is None else self.is_main & which
        return np.bincount(self.group[chosen], minlength=self.size).astype(np.float64)

    def _exactly(self, count: FloatArray) -> Total:
        none = np.zeros(len(self.rows), dtype=bool)
        return Total(exact(count), np.full(self.size, code("exact")), none)

    def _sum(self, measure: str, where: BoolArray | None = None) -> Total:
        interval = scaled(interval_of(self.rows, measure), self.weight)
        if where is not None:
            interval = Interval(*(np.where(where, part, np.nan) for part in interval))
        of_rows = qualifier_of(self.rows, measure)
        sums = group_sums(interval, self.group, self.size, of_rows)
        return Total(sums.interval, sums.qualifier, np.isnan(interval.value))

    def totals(self, group: str) -> dict[str, Total]:
        """Return the totals of a group of measures, by measure, in the order of every output."""
        if self.kind == "overlay":
            return self._overlay()
        count = {COUNTS[self.kind]: self._exactly(self._counts())}
        if self.kind == "auctions":
            return count
        return count | (self._quality() if group == "quality" else self._lots())

    def _overlay(self) -> dict[str, Total]:
        cut = ~self.rows["is_whole"].to_numpy(bool) & ~self.rows["is_sliver"].to_numpy(bool)
        return {
            "overlay_area_total": self._sum("overlay_area"),
            "straddler_count": self._exactly(self._counts(cut)),
        }

    def _quality(self) -> dict[str, Total]:
        """Return what is recorded and measured of the rows where both are known."""
        areas = ("recorded_area", "measured_area")
        known = [~np.isnan(interval_of(self.rows, each).value) for each in areas]
        recorded, measured = (self._sum(each, known[0] & known[1]) for each in areas)
        found = {"recorded_area_total": recorded, "measured_area_total": measured}
        for name, way in (("area_difference", subtract), ("area_ratio", divide)):
            made = way(recorded.interval, measured.interval)
            qualifier = combined_qualifier(made, recorded.qualifier, measured.qualifier)
            found[name] = Total(made, qualifier, recorded.missing)
        return found

    def _lots(self) -> dict[str, Total]:
        totals = {}
        for total, measure in SUMS.items():
            if MEASURES[measure].column not in self.rows:
                continue
            if total not in _ALWAYS and self.rows[MEASURES[measure].column].isna().all():
                continue
            totals[total] = self._sum(measure)
        ratio = group_far(self.rows, self.group, self.size, self.weight)
        missing = np.any([totals[total].missing for total in _ALWAYS], axis=0)
        totals["far"] = Total(ratio.interval, ratio.qualifier, missing)
        return {**totals, **self._spread(), **(self._verdicts() if self.kind == "parcels" else {})}

    def _spread(self) -> dict[str, Total]:
        of_main = Interval(
            *(np.where(self.is_main, part, np.nan) for part in interval_of(self.rows, "far"))
        )
        missing = self.is_main & np.isnan(of_main.value)
        is_about = self._counts(qualifier_of(self.rows, "far") == code("about")) > 0
        about = choose_code(is_about, "about", "printed")
        return {
            name: Total(interval, combined_qualifier(interval, about), missing)
            for name, interval in zip(_SPREAD, spread(of_main, self.group, self.size), strict=True)
        }

    def _verdicts(self) -> dict[str, Total]:
        """Return how many are over, known where one can be judged, and how many cannot."""
        said = self.rows["far_verdict"].to_numpy(dtype=object)
        verdicts = ("over", "within_rounding", "unknown")
        over, perhaps, unknown = (self._counts(said == each) for each in verdicts)
        judged = unknown < self._counts()
        bounds = (np.where(judged, part, np.nan) for part in (over, over, over + perhaps))
        qualifier = choose_code(perhaps == 0, "exact", "printed")
        over_limit = Total(Interval(*bounds), qualifier, self.is_main & (said == "unknown"))
        return dict(zip(_VERDICTS, (over_limit, self._exactly(unknown)), strict=True))
