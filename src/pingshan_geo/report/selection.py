"""Which rows and measures a report is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype, is_numeric_dtype

from pingshan_geo.assessment import Assessment, Later, ids_of
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Figure
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.ids import hint
from pingshan_geo.measures.registry import GROUPS, MEASURES, Measure

#: Columns that stand beside a measure: what its number is based on, and the verdict on it.
_BESIDE = {
    "site_area": ("site_area_basis",),
    "recorded_area": ("recorded_area_basis", "recorded_area_edition"),
    "far": ("far_basis", "far_verdict"),
    "far_limit": ("far_limit_basis", "far_limit_shares", "far_limit_from"),
    "site_coverage": ("site_coverage_verdict",),
    "green_ratio": ("green_ratio_verdict",),
    "building_height": ("building_height_verdict",),
    "price": ("transfer_verdict",),
    "pace_margin": ("pace_verdict",),
    "pace_needed": ("pace_needed_unit_si",),
    "obligation_days_left": ("obligation_due", "obligation_verdict"),
    "overlay_area": ("parcel_id", "zone_id", "zone_kind"),
    "overlay_share_of_zone": ("is_dominant", "is_whole", "is_sliver", "shared_m2"),
    "area_ratio": (
        "area_tolerance_m2", "area_verdict", "area_cause", "area_cause_ties", "area_cause_fit",
        "area_cause_evidence",
    ),
}  # fmt: skip
# Kinds of which there may be millions.
_OF_LOTS = frozenset({"parcels", "overlay"})
#: Measures of other groups that a group is read beside.
_READ_WITH = {"quality": ("recorded_area", "measured_area", "measured_area_plane")}


@dataclass(frozen=True)
class Selection:
    """Rows and measures of an assessment.

    Attributes
    ----------
    assessment : Assessment
        What the report is about.
    parts : mapping of str to Parts
        The chosen rows of each kind of subject.
    measures : mapping of str to tuple of Measure
        The chosen measures of each kind.
    columns : tuple of str
        The columns of tables that were asked for; empty for those of the measures.
    group : str
        The group of measures that was asked for, or ``all``.
    """

    assessment: Assessment
    parts: Mapping[str, Parts]
    measures: Mapping[str, tuple[Measure, ...]]
    columns: tuple[str, ...] = ()
    group: str = "all"

    @cached_property
    def rows(self) -> Mapping[str, pd.DataFrame]:
        """The chosen rows of each kind in memory, when they are asked for."""
        return Later({kind: partial(getattr, parts, "whole") for kind, parts in self.parts.items()})

    def figures(self) -> Iterator[Figure]:
        """Yield the chosen figures in the order of every output."""
        yield from map(self.assessment.figure, self.figure_ids())

    def figure_ids(self) -> Iterator[str]:
        """Yield the ids of the chosen figures; of measures among the columns, if there are any."""
        asked = set(self.columns)
        for kind, parts in self.parts.items():
            measures = [m for m in self.measures[kind] if not asked or m.column in asked]
            for part in parts.parts if measures else ():
                yield from ids_of(part.read(), measures)

    def wide(self) -> dict[str, pd.DataFrame]:
        """Return the tables of `wide_parts` in memory."""
        return {kind: parts.whole for kind, parts in self.wide_parts().items()}

    def wide_parts(self) -> dict[str, Parts]:
        """Return a table for each kind: names, then value, bounds, status, qualifier by measure.

        Values are in the stored units (m², yuan, ratios as fractions of 1); NaN is unknown, and
        so is a bound that is none.
        """
        tables = {
            kind: self.parts[kind]
            .without("geometry")
            .as_texts()
            .each(partial(wide_table, kind=kind, measures=measures, more=self.columns))
            for kind, measures in self.measures.items()
            if kind in self.parts and measures
        }
        if not self.columns:
            return tables
        heads = with_columns({kind: parts.head() for kind, parts in tables.items()}, self.columns)
        return {
            kind: tables[kind].each(itemgetter(list(map(str, head))))
            for kind, head in heads.items()
        }


def select(
    assessment: Assessment,
    group: str = "all",
    measure: str | None = None,
    subject: str | None = None,
    where: str | None = None,
    sort: str | None = None,
    columns: Sequence[str] = (),
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
    sort : str, optional
        Column to sort by, ``-`` before it for the largest first; unknown values come last. Kinds
        without it are left out. Without it rows stand as in the catalogue, in the group
        ``quality`` those first whose areas disagree.
    columns : sequence of str
        Columns of the tables to show, in this order, instead of those of the measures.

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
    tables = assessment.parts
    if measure is not None and measure not in MEASURES:
        near, near_zh = hint(measure, MEASURES)
        raise UsageError(f"no measure {measure!r}{near}", f"没有量 {measure!r}{near_zh}")
    measures = {
        kind: tuple(
            m
            for m in assessment.measures(kind)
            if (group in ("all", m.group) or m.name in _READ_WITH.get(group, ()))
            and measure in (None, m.name)
        )
        for kind in tables
    }
    if group in _READ_WITH:  # beside what the group is about, not instead of it
        own = {kind for kind in tables if any(m.group == group for m in assessment.measures(kind))}
        measures = {kind: measures[kind] if kind in own else () for kind in tables}
    rows = dict(tables)
    if subject is not None:
        rows = {
            kind: parts.each(partial(_of_subject, subject=subject, is_pair=group == kind))
            for kind, parts in tables.items()
        }
        if not any(parts.count() for parts in rows.values()):
            among = () if assessment.is_vast else assessment.tables.values()
            near, near_zh = hint(subject, (str(each) for table in among for each in table.index))
            raise UsageError(f"no subject {subject!r}{near}", f"没有对象 {subject!r}{near_zh}")
    asked = measure is not None or subject is not None
    if asked and not any(Selection(assessment, rows, measures).figure_ids()):
        raise _nothing_of(group, measure, subject)
    if where is not None:
        rows = _matching(where, {kind: rows[kind] for kind in rows if measures[kind]})
    if sort is not None:
        rows = _in_order(sort, {kind: rows[kind] for kind in rows if measures[kind]})
    elif group == "quality":
        rows = {
            kind: Parts.of(_doubtful_first(rows[kind].whole)) for kind in rows if measures[kind]
        }
    if columns:
        rows = _of_columns(columns, {kind: rows[kind] for kind in rows if measures[kind]})
    chosen = {kind: measures[kind] for kind in rows}
    return Selection(assessment, rows, chosen, tuple(dict.fromkeys(columns)), group)


def _of_subject(table: pd.DataFrame, subject: str, *, is_pair: bool) -> pd.DataFrame:
    """Return the row of a subject; a parcel or zone is asked for with all its parts."""
    is_it = table.index == subject
    if is_pair and "parcel_id" in table and "zone_kind" in table:
        is_it = is_it | table[["parcel_id", "zone_id"]].isin([subject]).any(axis=1).to_numpy()
    return table[is_it]


def without_lots(selection: Selection, file: str) -> Selection:
    """Return a selection without single parcels and their parts, which stand in another file.

    A finding says so in every report.
    """
    rows = {kind: parts for kind, parts in selection.parts.items() if kind not in _OF_LOTS}
    count = f"{selection.parts['parcels'].count():,}"
    told = Finding("lots-apart", value=count, details={"file": file})
    assessment = replace(
        selection.assessment, findings=in_order([*selection.assessment.findings, told])
    )
    measures = {kind: selection.measures[kind] for kind in rows}
    return replace(selection, assessment=assessment, parts=rows, measures=measures)


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


def _matching(where: str, rows: Mapping[str, Parts]) -> dict[str, Parts]:
    from pingshan_geo.query import UnknownColumnError

    chosen: dict[str, Parts] = {}
    column, known = "", dict[str, None]()
    for kind, parts in rows.items():
        try:
            chosen[kind] = parts.matching(where)
        except UnknownColumnError as error:
            column = error.column
            known.update(dict.fromkeys(error.known))
    if not chosen and column:
        raise UnknownColumnError(column, list(known))
    return chosen


_DOUBT = ("disagrees", "explained", "cannot_judge", "agrees")


def _doubtful_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of what the verdict on their areas asks for."""
    rank = rows["area_verdict"].map(_DOUBT.index).to_numpy()
    return rows.iloc[np.argsort(rank, kind="stable")]


def _in_order(sort: str, rows: Mapping[str, Parts]) -> dict[str, Parts]:
    chosen = _of_columns((sort.removeprefix("-"),), rows)
    return {kind: Parts.of(sorted_by(parts.whole, sort)) for kind, parts in chosen.items()}


def _of_columns(columns: Sequence[str], rows: Mapping[str, Parts]) -> dict[str, Parts]:
    return {kind: rows[kind] for kind in having(columns, {k: p.head() for k, p in rows.items()})}


def sorted_by(table: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Return rows sorted by a column, ``-`` before its name for the largest first."""
    name = sort.removeprefix("-")
    values = table[name]
    key = values if is_numeric_dtype(values) else values.astype("str").where(values.notna())
    order = key.reset_index(drop=True).sort_values(
        ascending=name == sort, kind="stable", na_position="last"
    )
    return table.iloc[order.index]


def having(columns: Sequence[str], tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables that have one of some columns.

    Raises
    ------
    UsageError
        If there is a column that no table has; the message names the nearest.
    """
    known = {str(name) for table in tables.values() for name in table} - {"geometry"}
    for name in columns:
        if name not in known:
            near, near_zh = hint(name, sorted(known))
            raise UsageError(f"no column {name!r}{near}", f"没有列 {name!r}{near_zh}")
    return {kind: table for kind, table in tables.items() if not set(columns).isdisjoint(table)}


def with_columns(
    tables: Mapping[str, pd.DataFrame], columns: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the tables with kind, id and some columns only; all of them where none is named."""
    if not columns:
        return dict(tables)
    leads = [name for name in ("kind", "id") if name not in columns]
    return {
        kind: table[[*leads, *(name for name in columns if name in table)]]
        for kind, table in having(columns, tables).items()
    }


def wide_table(
    rows: pd.DataFrame, kind: str, measures: tuple[Measure, ...], more: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the columns of a report about rows of one kind, with a plain index."""
    columns: dict[str, Any] = {
        "kind": pd.Series(kind, index=rows.index, dtype="str"),
        "id": pd.Series(rows.index.to_numpy(), index=rows.index),
        **{name: rows.get(name) for name in ("name_en", "name_zh", "unit_si")},
    }
    own: list[str] = []
    for m in measures:
        names = (*m.columns, *_BESIDE.get(m.name, ()), f"{m.name}_step")
        own += [name for name in names if name in rows]
    for name in dict.fromkeys((*own, *more)):
        if name in rows and name not in columns:
            columns[name] = rows[name]
    for name, column in columns.items():
        if column is not None and is_float_dtype(column) and np.isinf(column).any():
            columns[name] = column.where(np.isfinite(column))
    return pd.DataFrame(columns, index=rows.index, copy=False).reset_index(drop=True)
