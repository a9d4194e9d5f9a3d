"""Roll-ups: sums, counts and ratios of lots by the values of any column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Completeness, Figure, Interval
from pingshan_geo.ids import nearest
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.measures.rollup import group_far, group_sums
from pingshan_geo.report.selection import Selection, wide_table
from pingshan_geo.words import Text, text

# Kinds of subjects that are rolled up, with the measure that counts their rows.
_COUNTS = {"parcels": "parcel_count", "projects": "project_count", "auctions": "auction_count"}
_SUMS = {"site_area_total": "site_area", "gross_floor_area_total": "gross_floor_area"}


@dataclass(frozen=True)
class RollUp:
    """Figures of groups of rows; the id of a group is ``column=value``.

    Attributes
    ----------
    assessment : Assessment
        Where the rows come from.
    groups : tuple of Figure
        In the order of the groups' values; the group without a value comes last.
    """

    assessment: Assessment
    groups: tuple[Figure, ...]

    def figures(self) -> Iterator[Figure]:
        """Yield the figures of the groups."""
        yield from self.groups

    def wide(self) -> dict[str, pd.DataFrame]:
        """Return one table with a row for each group, columns as in `Selection.wide`."""
        rows: dict[str, dict[str, object]] = {}
        for figure in self.groups:
            m = MEASURES[figure.measure]
            rows.setdefault(figure.subject, {}).update(
                {
                    m.column: figure.value, m.low_column: figure.low, m.high_column: figure.high,
                    m.status_column: figure.status, m.qualifier_column: figure.qualifier,
                }
            )  # fmt: skip
        if not rows:
            return {}
        kind = self.groups[0].kind
        table = pd.DataFrame.from_dict(rows, orient="index")
        measures = tuple(m for m in MEASURES.values() if m.column in table)
        return {kind: wide_table(kind, table, measures)}


def roll_up(selection: Selection, column: str) -> RollUp:
    """Return counts, sums and floor area ratios of the chosen rows by the values of a column.

    The rows are those of the first of parcels, projects and auctions that has the column. Sums
    are exact, over the rows that are known, with completeness; the ratio is sum of gross floor
    by sum of site area over the rows where both are known.

    Parameters
    ----------
    selection : Selection
        The rows; its measures do not count.
    column : str
        A column of texts, such as ``land_use`` or ``stage``.

    Raises
    ------
    UsageError
        If none of the tables has the column, or if it holds other than texts.
    """
    kinds = [kind for kind in _COUNTS if kind in selection.rows]
    kind = next((kind for kind in kinds if column in selection.rows[kind]), None)
    if kind is None:
        known = {str(name) for each in kinds for name in selection.rows[each].columns}
        close = nearest(column, sorted(known))
        hint = f"; nearest: {', '.join(close)}" if close else ""
        raise UsageError(f"no column {column!r} in {', '.join(_COUNTS)}{hint}")
    rows = selection.rows[kind]
    values = rows[column].astype(object).where(rows[column].notna(), None)
    if not all(value is None or isinstance(value, str) for value in values):
        raise UsageError(f"--by {column}: only columns of texts make groups")
    names = [*sorted({value for value in values if value is not None})]
    if values.isna().any():
        names.append(None)
    group = np.array([names.index(value) for value in values], dtype=np.int64)
    groups = _Groups(kind, column, rows, group, tuple(names))
    return RollUp(selection.assessment, tuple(groups.figures()))


@dataclass(frozen=True)
class _Groups:
    kind: str
    column: str
    rows: pd.DataFrame
    group: npt.NDArray[np.int64]
    names: tuple[str | None, ...]

    def figures(self) -> Iterator[Figure]:
        """Yield the figures, group by group."""
        size = len(self.names)
        totals: dict[str, Interval] = {}
        count = np.bincount(self.group, minlength=size).astype(np.float64)
        totals[_COUNTS[self.kind]] = Interval(count, count, count)
        missing = {_COUNTS[self.kind]: np.zeros(len(self.rows), dtype=bool)}
        if self.kind != "auctions":
            for total, measure in _SUMS.items():
                names = (MEASURES[measure].column, MEASURES[measure].low_column,
                         MEASURES[measure].high_column)  # fmt: skip
                interval = Interval(*(self.rows[name].to_numpy(dtype=float) for name in names))
                totals[total] = group_sums(interval, self.group, size).interval
                missing[total] = np.isnan(interval.value)
            totals["far"] = group_far(self.rows, self.group, size).interval
            missing["far"] = missing["site_area_total"] | missing["gross_floor_area_total"]
        for place in range(size):
            for measure, interval in totals.items():
                parts = [_finite(part[place]) for part in interval]
                yield self._figure(place, measure, parts, missing[measure])

    def _figure(
        self, place: int, measure: str, parts: list[float | None], missing: npt.NDArray[np.bool_]
    ) -> Figure:
        value, low, high = parts
        name, here = self.names[place], self.group == place
        left_out = tuple(str(subject) for subject in self.rows.index[here & missing])
        known = int(here.sum()) - len(left_out)
        is_count = measure == _COUNTS[self.kind]
        method = text("method_count" if is_count else "method_sum_of_known")
        qualifier = "more_than" if value is not None and high is None else "printed"
        return Figure(
            kind=self.kind, measure=measure, subject=f"{self.column}={name or ''}",
            value=value, low=low, high=high, unit=MEASURES[measure].unit or "1",
            qualifier="exact" if is_count else qualifier,
            status="unknown" if value is None else "derived",
            method=MEASURES["far"].method if measure == "far" else method,
            inputs_from=self._where(name, measure),
            completeness=None
            if is_count
            else Completeness(known, int(here.sum()), None, left_out),
            notes=() if is_count else tuple(self._notes(value, here & ~missing)),
            basis=text("basis_of_groups") if measure == "far" else None,
        )  # fmt: skip

    def _where(self, name: str | None, measure: str) -> dict[str, str]:
        """Return which rows a figure is made over, as a filter that selects them."""
        column = self.column if self.column.isidentifier() else f'"{self.column}"'
        value = "" if name is None else name.replace("'", "''")
        source = MEASURES[_SUMS.get(measure, measure)].column
        return {
            "table": self.kind,
            "column": str(self.rows.index.name) if measure == _COUNTS[self.kind] else source,
            "where": f"{column} IS NULL" if name is None else f"{column} = '{value}'",
        }

    def _notes(self, value: float | None, used: npt.NDArray[np.bool_]) -> Iterator[Text]:
        if value is None:
            yield text("note_no_row_known")
        bases = self.rows["site_area_basis"][used].astype(object)
        counts = bases.where(bases.notna(), "not_said").value_counts(sort=False)
        if len(counts) > 1:
            said = [
                f"{text('note_mixed_bases').get(lang)} "
                + ", ".join(f"{text(str(b)).get(lang)} {n}" for b, n in sorted(counts.items()))
                for lang in ("en", "zh")
            ]
            yield Text(*said)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
