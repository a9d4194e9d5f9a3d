"""Roll-ups: sums, counts and ratios of lots by the values of any column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.notes import far_basis, mixed_bases
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Completeness, Figure, Interval, ObjectArray, exact
from pingshan_geo.ids import hint
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.measures.rollup import group_far, group_sums
from pingshan_geo.measures.wide import interval_of, qualifier_of
from pingshan_geo.report.selection import Selection, wide_table
from pingshan_geo.words import text

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

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> from pingshan_geo.report import select
    >>> rolled = roll_up(select(assess(load_catalogue()), where="land_use = 'M0'"), "land_use")
    >>> [(figure.id, figure.value) for figure in rolled.figures()][:2]
    [('parcel_count/land_use=M0', 3.0), ('site_area_total/land_use=M0', 213700.0)]
    """
    kinds = [kind for kind in _COUNTS if kind in selection.rows]
    kind = next((kind for kind in kinds if column in selection.rows[kind]), None)
    if kind is None:
        known = {str(name) for each in kinds for name in selection.rows[each].columns}
        near, near_zh = hint(column, sorted(known))
        raise UsageError(
            f"no column {column!r} in {', '.join(_COUNTS)}{near}",
            f"{'、'.join(_COUNTS)} 中没有列 {column!r}{near_zh}",
        )
    rows = selection.rows[kind]
    values = rows[column].astype(object).where(rows[column].notna(), None)
    if not all(value is None or isinstance(value, str) for value in values):
        raise UsageError(
            f"--by {column}: only columns of texts make groups", f"--by {column}：只能按文字列分组"
        )
    group, found = pd.factorize(values, sort=True)
    names: list[str | None] = list(found)
    if (group < 0).any():
        group = np.where(group < 0, len(names), group)
        names.append(None)
    groups = _Groups(kind, column, rows, group, tuple(names))
    return RollUp(selection.assessment, tuple(groups.figures()))


class _Total(NamedTuple):
    """One measure of all groups, and the rows that it leaves out."""

    interval: Interval
    qualifier: ObjectArray
    missing: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Groups:
    kind: str
    column: str
    rows: pd.DataFrame
    group: npt.NDArray[np.int64]
    names: tuple[str | None, ...]

    def figures(self) -> Iterator[Figure]:
        """Yield the figures, group by group."""
        totals = self._totals()
        for place in range(len(self.names)):
            for measure, total in totals.items():
                yield self._figure(place, measure, total)

    def _totals(self) -> dict[str, _Total]:
        size = len(self.names)
        count = exact(np.bincount(self.group, minlength=size).astype(np.float64))
        none_missing = np.zeros(len(self.rows), dtype=bool)
        counted = np.full(size, "exact", dtype=object)
        totals = {_COUNTS[self.kind]: _Total(count, counted, none_missing)}
        if self.kind == "auctions":
            return totals
        for total, measure in _SUMS.items():
            interval = interval_of(self.rows, measure)
            sums = group_sums(interval, self.group, size)
            qualifier = sums.qualifier(qualifier_of(self.rows, measure), self.group)
            totals[total] = _Total(sums.interval, qualifier, np.isnan(interval.value))
        ratio = group_far(self.rows, self.group, size)
        missing = np.any([totals[total].missing for total in _SUMS], axis=0)
        return {**totals, "far": _Total(ratio.interval, ratio.qualifier, missing)}

    def _figure(self, place: int, measure: str, total: _Total) -> Figure:
        value, low, high = (_finite(part[place]) for part in total.interval)
        name, here = self.names[place], self.group == place
        left_out = tuple(map(str, self.rows.index[here & total.missing]))
        size = int(here.sum())
        is_count = measure == _COUNTS[self.kind]
        method = text("method_count" if is_count else "method_sum_of_known")
        notes = [text("note_no_row_known")] if value is None else []
        if measure in {"site_area_total", "far"}:
            bases = self.rows["site_area_basis"][here & ~total.missing].astype(object)
            notes += mixed_bases(bases.where(bases.notna(), None))
        return Figure(
            kind=self.kind, measure=measure, subject=f"{self.column}={name or ''}",
            value=value, low=low, high=high, unit=MEASURES[measure].unit or "1",
            qualifier=total.qualifier[place] or "printed",
            status="unknown" if value is None else "derived",
            method=MEASURES["far"].method if measure == "far" else method,
            inputs_from=self._where(name, measure),
            completeness=None if is_count else Completeness(
                size - len(left_out), size, None, left_out
            ),
            notes=tuple(notes), basis=far_basis("gross/site") if measure == "far" else None,
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


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
