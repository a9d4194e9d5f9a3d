"""Roll-ups: sums, counts and ratios of lots by the values of any column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.notes import far_basis, mixed_bases, shown
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import QUALIFIERS, Completeness, Figure
from pingshan_geo.ids import hint
from pingshan_geo.measures.registry import COUNTS, MEASURES
from pingshan_geo.measures.wide import positions
from pingshan_geo.report.selection import Selection, having, sorted_by, wide_table, with_columns
from pingshan_geo.report.totals import SOURCES, SUMS, Grouped, Total
from pingshan_geo.words import text


@dataclass(frozen=True)
class RollUp:
    """Figures of groups of rows; the id of a group is ``column=value``.

    Attributes
    ----------
    assessment : Assessment
        Where the rows come from.
    groups : tuple of Figure
        Group by group.
    columns : tuple of str
        The columns of the table that were asked for; empty for all.
    group : str
        As of a `Selection`: figures of all groups of measures.
    """

    assessment: Assessment
    groups: tuple[Figure, ...]
    columns: tuple[str, ...] = ()
    group: str = "all"

    def figures(self) -> Iterator[Figure]:
        """Yield the figures of the groups; of measures among the columns, if there are any."""
        asked = set(self.columns)
        yield from (f for f in self.groups if not asked or MEASURES[f.measure].column in asked)

    def wide_parts(self) -> dict[str, Parts]:
        """Return the table of `wide`."""
        return {kind: Parts.of(table) for kind, table in self.wide().items()}

    def wide(self) -> dict[str, pd.DataFrame]:
        """Return one table with a row for each group, columns as in `Selection.wide`."""
        rows: dict[str, dict[str, object]] = {}
        for figure in self.groups:
            cells = (figure.value, figure.low, figure.high, figure.status, figure.qualifier)
            named = zip(MEASURES[figure.measure].columns, cells, strict=True)
            rows.setdefault(figure.subject, {}).update(named)
        if not rows:
            return {}
        kind = self.groups[0].kind
        table = pd.DataFrame.from_dict(rows, orient="index")
        measures = tuple(m for m in MEASURES.values() if m.column in table)
        return with_columns({kind: wide_table(table, kind, measures)}, self.columns)


def roll_up(
    selection: Selection, column: str, sort: str | None = None, columns: Sequence[str] = ()
) -> RollUp:
    """Return counts, sums and floor area ratios of the chosen rows by the values of a column.

    The rows are those of the first of parcels, projects and auctions that has the column; of the
    group ``overlay`` the parts of parcels in zones, of ``quality`` always parcels. Sums of land and
    floor, one for each basis that occurs, are exact, over the rows that are known, with
    completeness; the ratio is sum of gross floor by sum of site area over the rows where both are
    known. Beside it stand the lowest, median and highest ratio of the rows, each on its own bases,
    and of parcels how many are over their limit and how many cannot be judged. The group
    ``quality`` has recorded against measured area instead. By ``dominant_KIND`` an assessment that
    allocates by area splits each parcel over the zones of the kind.

    Parameters
    ----------
    selection : Selection
        The rows; its measures do not count.
    column : str
        A column of texts, such as ``land_use`` or ``stage``.
    sort : str, optional
        Column of the groups' table to sort by, ``-`` before it for the largest first; without it
        the groups stand in the order of their values, that without a value last.
    columns : sequence of str
        Columns of the groups' table to show.

    Raises
    ------
    UsageError
        If none of the tables has the column, if it holds other than texts, or if there is no such
        column to sort by or to show.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> from pingshan_geo.report import select
    >>> rolled = roll_up(select(assess(load_catalogue()), where="land_use = 'M0'"), "land_use")
    >>> [(figure.id, figure.value) for figure in rolled.figures()][:2]
    [('parcel_count/land_use=M0', 3.0), ('site_area_total/land_use=M0', 213700.0)]
    """
    kind, rows = _rows_by(selection, column)
    values = rows[column].astype(object).where(rows[column].notna(), None)
    if not all(value is None or isinstance(value, str) for value in values):
        raise UsageError(
            f"--by {column}: only columns of texts make groups", f"--by {column}：只能按文字列分组"
        )
    parts = _split(selection.assessment, kind, column, rows)
    group, found = pd.factorize(parts["value"].mask(parts["value"] == ""), sort=True)
    names: list[str | None] = list(found)
    if (group < 0).any():
        group = np.where(group < 0, len(names), group)
        names.append(None)
    grouped = Grouped(
        kind, rows.iloc[parts["row"].to_numpy()], group, len(names),
        parts["weight"].to_numpy(), parts["is_main"].to_numpy(),
    )  # fmt: skip
    figures = _figures(grouped, column, names, selection.group)
    rolled = RollUp(selection.assessment, tuple(figures))
    if sort is not None and rolled.groups:
        table = having((sort.removeprefix("-"),), rolled.wide())[kind]
        place = {subject: at for at, subject in enumerate(sorted_by(table, sort)["id"])}
        rolled = replace(
            rolled, groups=tuple(sorted(rolled.groups, key=lambda f: place[f.subject]))
        )
    return replace(rolled, columns=tuple(dict.fromkeys(columns)))


def _rows_by(selection: Selection, column: str) -> tuple[str, pd.DataFrame]:
    """Return the table that is rolled up: the first that has the column."""
    kinds = [kind for kind in COUNTS if kind in selection.parts]
    if selection.group == "overlay":
        kinds = ["overlay"] if "overlay" in selection.parts else []
    if selection.group == "quality":  # only outlines are measured
        kinds = [kind for kind in kinds if kind == "parcels"]
    for kind in kinds:
        if column in selection.parts[kind].names:
            return kind, selection.rows[kind]
    known = {name for each in kinds for name in selection.parts[each].names}
    near, near_zh = hint(column, sorted(known))
    raise UsageError(
        f"no column {column!r} in {', '.join(kinds or COUNTS)}{near}",
        f"{'、'.join(kinds or COUNTS)} 中没有列 {column!r}{near_zh}",
    )


def _split(assessment: Assessment, kind: str, column: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of rows: ``row``, ``value`` of the column, ``weight`` and ``is_main``."""
    whole = pd.DataFrame({
        "row": np.arange(len(rows)), "value": rows[column].to_numpy(dtype=object), "weight": 1.0,
        "is_main": True,
    })  # fmt: skip
    of_kind = column.removeprefix("dominant_")
    if kind != "parcels" or of_kind == column or assessment.allocate != "area":
        return whole
    pairs = assessment.overlay[assessment.overlay["zone_kind"] == of_kind]
    place = positions(rows.index, pairs["parcel_id"])
    told = rows.index.isin(pairs["parcel_id"])
    counted = (place >= 0) & (pairs["overlay_share"] > 0).to_numpy()
    pairs, place = pairs[counted], place[counted]
    split = pd.DataFrame({
        "row": place, "value": pairs["zone_id"].to_numpy(dtype=object),
        "weight": pairs["overlay_share"].to_numpy(), "is_main": pairs["is_dominant"].to_numpy(bool),
    })  # fmt: skip
    return pd.concat([split, whole[~told]], ignore_index=True)


def _figures(
    grouped: Grouped, column: str, names: Sequence[str | None], group: str
) -> Iterator[Figure]:
    """Yield the figures, group by group."""
    totals = grouped.totals(group)
    for place, name in enumerate(names):
        for measure, total in totals.items():
            yield _figure(grouped, column, name, place, measure, total)


def _figure(
    grouped: Grouped, column: str, name: str | None, place: int, measure: str, total: Total
) -> Figure:
    value, low, high = (_finite(part[place]) for part in total.interval)
    here = grouped.group == place
    left_out = tuple(map(str, grouped.rows.index[here & total.missing]))
    size, is_split = int(here.sum()), bool((grouped.weight[here] < 1).any())
    is_count = MEASURES[measure].unit == "count" and measure != "over_limit_count"
    method = MEASURES[measure].method
    if measure in SUMS or measure == COUNTS.get(grouped.kind):
        method = text("method_count" if is_count else "method_sum_of_known")
    notes = [text("note_no_row_known")] if value is None else []
    if measure in {"site_area_total", "far"}:
        bases = grouped.rows["site_area_basis"][here & ~total.missing].astype(object)
        notes += mixed_bases(bases.where(bases.notna(), None))
    if measure == "overlay_area_total":
        outside = grouped.rows[here & grouped.rows["zone_id"].isna().to_numpy()]
        if len(outside):
            area = shown(math.fsum(outside[MEASURES["overlay_area"].column].dropna()), "m2")
            notes.append(text("note_outside_too").filled(area=area))
    is_assumed = is_split and (measure == "far" or "floor" in measure)
    if is_split and (measure in SUMS or measure == "far"):
        count = int((here & (grouped.weight < 1)).sum())
        notes.append(text("note_by_area").filled(count=str(count)))
    return Figure(
        kind=grouped.kind, measure=measure, subject=f"{column}={name or ''}",
        value=value, low=low, high=high, unit=MEASURES[measure].unit or "1",
        qualifier=QUALIFIERS[max(total.qualifier[place], 0)],
        status="unknown" if value is None else "assumed" if is_assumed else "derived",
        method=method,
        inputs_from=_where(grouped, column, name, measure),
        completeness=None if is_count else Completeness(
            size - len(left_out), size, None, left_out
        ),
        notes=tuple(notes), basis=far_basis("gross/site") if measure == "far" else None,
    )  # fmt: skip


def _where(grouped: Grouped, column: str, name: str | None, measure: str) -> dict[str, str]:
    """Return which rows a figure is made over, as a filter that selects them."""
    named = column if column.isidentifier() else f'"{column}"'
    value = "" if name is None else name.replace("'", "''")
    source = SOURCES.get(measure, measure)
    of = MEASURES[source].column if source in MEASURES else source
    is_count = measure == COUNTS.get(grouped.kind)
    return {
        "table": grouped.kind,
        "column": str(grouped.rows.index.name) if is_count else of,
        "where": f"{named} IS NULL" if name is None else f"{named} = '{value}'",
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
