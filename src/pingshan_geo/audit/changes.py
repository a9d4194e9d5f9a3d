"""Rows of two catalogues compared: added, removed, changed, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.catalogue import Catalogue
from pingshan_geo.catalogue.schema import TABLES
from pingshan_geo.figure import BoolArray, IntArray, ObjectArray

#: What can become of a row.
ROW_KINDS = ("added", "removed", "changed")
#: The name under which what stands in ``datapackage.json`` is compared.
DESCRIPTOR = "datapackage"
# Columns that the program makes of others, the row's place and its outline are not compared here.
_MADE = ("row_number", "geometry", "value_si", "low_si", "high_si", "unit_si")
_DIGITS = "_digits"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that differs; old and new as they stand in the files, None where empty."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class RowChange:
    """What became of one row.

    Attributes
    ----------
    table : str
        A key of `TABLES`, or `DESCRIPTOR`.
    row_id : str
        Its id.
    kind : str
        One of `ROW_KINDS`.
    cells : tuple of Cell
        Of a changed row, in the order of the columns; the outline is no cell.
    """

    table: str
    row_id: str
    kind: str
    cells: tuple[Cell, ...] = ()


def row_changes(before: Catalogue, after: Catalogue) -> tuple[RowChange, ...]:
    """Return the rows added, removed and changed, table by table in the order of the contract.

    Rows are paired by id. Their order, that of the columns, line ends and number formats that mean
    the same are no change; an empty cell equals a column that is not there. Numbers of facts and
    targets are compared by their digits: 1.50 is printed more precisely than 1.5. Columns of a
    catalogue's own count. Outlines are compared by `outline_changes`.

    Parameters
    ----------
    before, after : Catalogue
        From `load_catalogue`.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> one = load_catalogue()
    >>> row_changes(one, one)
    ()
    """
    found = list(_settings(before, after))
    for table in TABLES:
        found += table_changes(table, getattr(before, table), getattr(after, table))
    return tuple(found)


def table_changes(table: str, before: pd.DataFrame, after: pd.DataFrame) -> Iterator[RowChange]:
    """Yield what became of the rows of one table: removed, changed, added, each in file order."""
    for row_id in before.index[~before.index.isin(after.index)]:
        yield RowChange(table, str(row_id), "removed")
    shared = before.index[before.index.isin(after.index)]
    old_rows = before.index.get_indexer(shared)
    new_rows = after.index.get_indexer(shared)
    cells: dict[int, list[Cell]] = {}
    for field in _fields(before, after):
        old, new = _values(before, field, old_rows), _values(after, field, new_rows)
        for place in np.flatnonzero(_differs(old, new)).tolist():
            one, two = written(old[place]), written(new[place])
            if not _same(one, two, is_number=_is_number(before, after, field)):
                cells.setdefault(place, []).append(Cell(field, one, two))
    for place in sorted(cells):
        yield RowChange(table, str(shared[place]), "changed", tuple(cells[place]))
    for row_id in after.index[~after.index.isin(before.index)]:
        yield RowChange(table, str(row_id), "added")


def written(value: Any) -> str | None:
    """Return a cell as it stands in a file, None where it is empty.

    Examples
    --------
    >>> written(40.0), written(0.286), written(float("nan")), written("1.50"), written([1, "a"])
    ('40', '0.286', None, '1.50', '[1, "a"]')
    """
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | float | np.number):
        return repr(value.item() if isinstance(value, np.number) else value).removesuffix(".0")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _settings(before: Catalogue, after: Catalogue) -> Iterator[RowChange]:
    """Yield what differs in the descriptors and bears on figures or their names."""
    old, new = (
        {
            "title": each.title.en, "title_zh": each.title.zh, "as_of": each.as_of.isoformat(),
            "crs": each.crs, "survey_tolerance": str(each.survey_tolerance),
            "headline": "; ".join(each.headline),
        }
        for each in (before, after)
    )  # fmt: skip
    cells = tuple(
        Cell(field, old[field] or None, new[field] or None)
        for field in old
        if old[field] != new[field]
    )
    if cells:
        yield RowChange(DESCRIPTOR, before.id, "changed", cells)


def _fields(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return the columns to compare; digits stand for the number that they are of."""
    names = dict.fromkeys([*map(str, before.columns), *map(str, after.columns)])
    return [name for name in names if name not in _MADE and not name.endswith(_DIGITS)]


def _is_number(before: pd.DataFrame, after: pd.DataFrame, field: str) -> bool:
    return f"{field}{_DIGITS}" in before or f"{field}{_DIGITS}" in after


def _values(table: pd.DataFrame, field: str, rows: IntArray) -> ObjectArray:
    column = f"{field}{_DIGITS}" if f"{field}{_DIGITS}" in table else field
    if column not in table:
        return np.full(len(rows), None, dtype=object)
    return np.asarray(table[column].to_numpy(dtype=object)[rows], dtype=object)


def _differs(old: ObjectArray, new: ObjectArray) -> BoolArray:
    """Return where two cells may differ: all that are not equal as they are, nor both empty."""
    different: BoolArray = (old != new).astype(np.bool_)
    return different & ~(pd.isna(old) & pd.isna(new))


def _same(one: str | None, two: str | None, *, is_number: bool) -> bool:
    """Return whether two cells mean the same; digits of a printed number say how precise it is."""
    if one == two or not (is_number and one and two):
        return (one or None) == (two or None)
    try:
        return Decimal(one).as_tuple() == Decimal(two).as_tuple()
    except InvalidOperation:
        return False
