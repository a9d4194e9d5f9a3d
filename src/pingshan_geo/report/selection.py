"""Which rows and measures a report is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Figure
from pingshan_geo.ids import nearest
from pingshan_geo.measures.registry import GROUPS, MEASURES, Measure

#: Columns that say what a number of a measure stands on.
_BASIS = {"site_area": "site_area_basis", "far": "far_basis"}


@dataclass(frozen=True)
class Selection:
    """Rows and measures of an assessment.

    Attributes
    ----------
    assessment : Assessment
        What the report is about.
    rows : mapping of str to DataFrame
        The chosen rows of each kind of subject.
    measures : mapping of str to tuple of Measure
        The chosen measures of each kind.
    """

    assessment: Assessment
    rows: Mapping[str, pd.DataFrame]
    measures: Mapping[str, tuple[Measure, ...]]

    def figures(self) -> Iterator[Figure]:
        """Yield the chosen figures in the order of every output."""
        wanted = {kind: {m.name for m in measures} for kind, measures in self.measures.items()}
        chosen = {kind: set(table.index) for kind, table in self.rows.items()}
        for figure in self.assessment.figures():
            kind = figure.kind
            if figure.measure in wanted.get(kind, ()) and figure.subject in chosen[kind]:
                yield figure

    def wide(self) -> dict[str, pd.DataFrame]:
        """Return a table for each kind: names, then value, bounds, status, qualifier by measure.

        Values are in the stored units (m², yuan, ratios as fractions of 1); NaN is unknown, and
        so is a bound that is none.
        """
        return {
            kind: wide_table(kind, self.rows[kind], self.measures[kind])
            for kind in self.rows
            if self.measures[kind]
        }


def select(
    assessment: Assessment,
    group: str = "all",
    measure: str | None = None,
    subject: str | None = None,
    where: str | None = None,
) -> Selection:
    """Choose rows and measures of an assessment.

    Parameters
    ----------
    assessment : Assessment
        What to report.
    group : str
        One of the groups of measures, or ``all``.
    measure, subject : str, optional
        Only this measure, only this subject.
    where : str, optional
        CQL2 text. It chooses among the kinds of subjects that have all the columns it names;
        the others are left out.

    Raises
    ------
    UsageError
        For an unknown group, measure, subject or column (with the nearest), and for text that is
        no filter.
    """
    if group not in (*GROUPS, "all"):
        raise UsageError(f"no group of figures {group!r}; there are: {', '.join(GROUPS)}, all")
    tables = assessment.tables
    if measure is not None and measure not in MEASURES:
        raise UsageError(f"no measure {measure!r}{_hint(measure, MEASURES)}")
    measures = {
        kind: tuple(
            m for m in assessment.measures(kind)
            if group in ("all", m.group) and measure in (None, m.name)
        )
        for kind in tables
    }  # fmt: skip
    rows = dict(tables)
    if subject is not None:
        rows = {kind: table[table.index == subject] for kind, table in tables.items()}
        if all(table.empty for table in rows.values()):
            known = [str(each) for table in tables.values() for each in table.index]
            raise UsageError(f"no subject {subject!r}{_hint(subject, known)}")
    if where is not None:
        rows = _matching(where, {kind: rows[kind] for kind in rows if measures[kind]})
    return Selection(assessment, rows, {kind: measures[kind] for kind in rows})


def _hint(wanted: str, known: Iterator[str] | Mapping[str, object] | list[str]) -> str:
    close = nearest(wanted, known)
    return f"; nearest: {', '.join(close)}" if close else ""


def _matching(where: str, rows: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    from pingshan_geo.query import UnknownColumnError, matching

    chosen: dict[str, pd.DataFrame] = {}
    column, known = "", dict[str, None]()
    for kind, table in rows.items():
        try:
            chosen[kind] = table[matching(where, table)]
        except UnknownColumnError as error:
            column = error.column
            known.update(dict.fromkeys(error.known))
    if not chosen and column:
        raise UnknownColumnError(column, list(known))
    return chosen


def wide_table(kind: str, rows: pd.DataFrame, measures: tuple[Measure, ...]) -> pd.DataFrame:
    """Return the columns of a report about rows of one kind, with a plain index."""
    columns = {"kind": [kind] * len(rows), "id": rows.index.to_numpy()}
    table = pd.DataFrame(columns, index=rows.index)
    for name in ("name_en", "name_zh", "unit_si"):
        table[name] = rows.get(name)
    for m in measures:
        names = (m.column, m.low_column, m.high_column, m.status_column, m.qualifier_column)
        for name in (*names, _BASIS.get(m.name, "")):
            if name in rows:
                table[name] = rows[name]
    numbers = table.select_dtypes("number")
    table[numbers.columns] = numbers.where(np.isfinite(numbers))
    return table.reset_index(drop=True)
