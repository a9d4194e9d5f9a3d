"""Which rows and measures a report is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment, ids_of
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Figure
from pingshan_geo.ids import hint
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
        yield from map(self.assessment.figure, self.figure_ids())

    def figure_ids(self) -> Iterator[str]:
        """Yield the ids of the chosen figures."""
        for kind, rows in self.rows.items():
            yield from ids_of(rows, self.measures[kind])

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
        For an unknown group, measure, subject or column (with the nearest), for a measure and
        subject of which there is no figure in the group, and for text that is no filter.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> chosen = select(assess(load_catalogue()), "far", where="far > 5")
    >>> list(chosen.figure_ids())[:1]
    ['far/wangniugang-unit']
    """
    if group not in (*GROUPS, "all"):
        raise UsageError(
            f"no group of figures {group!r}; there are: {', '.join(GROUPS)}, all",
            f"没有数据组 {group!r}；现有：{'、'.join(GROUPS)}、all",
        )
    tables = assessment.tables
    if measure is not None and measure not in MEASURES:
        near, near_zh = hint(measure, MEASURES)
        raise UsageError(f"no measure {measure!r}{near}", f"没有量 {measure!r}{near_zh}")
    measures = {
        kind: tuple(
            m
            for m in assessment.measures(kind)
            if group in ("all", m.group) and measure in (None, m.name)
        )
        for kind in tables
    }
    rows = dict(tables)
    if subject is not None:
        rows = {kind: table[table.index == subject] for kind, table in tables.items()}
        if all(table.empty for table in rows.values()):
            known = [str(each) for table in tables.values() for each in table.index]
            near, near_zh = hint(subject, known)
            raise UsageError(f"no subject {subject!r}{near}", f"没有对象 {subject!r}{near_zh}")
    asked = measure is not None or subject is not None
    if asked and not any(Selection(assessment, rows, measures).figure_ids()):
        raise _nothing_of(group, measure, subject)
    if where is not None:
        rows = _matching(where, {kind: rows[kind] for kind in rows if measures[kind]})
    return Selection(assessment, rows, {kind: measures[kind] for kind in rows})


def _nothing_of(group: str, measure: str | None, subject: str | None) -> UsageError:
    """Return the error where each word is known but no figure is all that was asked for."""
    own = "" if measure is None else MEASURES[measure].group
    elsewhere = own and group not in {"all", own}
    return UsageError(
        (f"{subject} has no figure" if subject else "there is no figure")
        + (f" of {measure}" if measure else "")
        + (f" in the group {group}" if group != "all" else "")
        + (f"; {measure} is in {own}" if elsewhere else ""),
        (f"{subject} " if subject else "")
        + (f"在 {group} 组中" if group != "all" else "")
        + (f"没有 {measure} 数据" if measure else "没有数据")
        + (f"；{measure} 属于 {own} 组" if elsewhere else ""),
    )


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
