"""A wide table in the making: one group of columns for each measure of a kind of subject."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pingshan_geo.figure import (
    NO_CODE,
    QUALIFIERS,
    STATUSES,
    BoolArray,
    CodeArray,
    IntArray,
    Interval,
    ObjectArray,
    choose_code,
    coded,
    exact,
    no_codes,
)
from pingshan_geo.measures.registry import MEASURES


def positions(index: pd.Index[Any], named: pd.Series[Any]) -> IntArray:
    """Return the position of each id in an index, -1 for what is missing or not in it."""
    found: IntArray = index.get_indexer(pd.Index(named.fillna("").to_numpy(dtype=object)))
    return found


def interval_of(table: pd.DataFrame, name: str) -> Interval:
    """Return a measure of a finished wide table with its bounds."""
    measure = MEASURES[name]
    columns = (measure.column, measure.low_column, measure.high_column)
    return Interval(*(table[column].to_numpy(dtype=np.float64) for column in columns))


def qualifier_of(table: pd.DataFrame, name: str) -> CodeArray:
    """Return the codes of the qualifiers of a measure of a finished wide table."""
    return _codes_in(table[MEASURES[name].qualifier_column], QUALIFIERS)


class Wide:
    """Columns of measures beside a base table, put together once at the end.

    Parameters
    ----------
    base : DataFrame
        The catalogue's rows, indexed by id; or a table that has measures already.
    """

    def __init__(self, base: pd.DataFrame) -> None:
        self.base = base
        self._columns: dict[str, Any] = {}
        #: Columns that stand only where one of some columns holds anything, see `held`.
        self.optional: dict[str, tuple[str, ...]] = {}

    def put(
        self,
        name: str,
        interval: Interval,
        status: str | CodeArray,
        qualifier: str | CodeArray = "printed",
        *,
        where: BoolArray | None = None,
        optional: bool = False,
    ) -> None:
        """Add a measure: ``status`` (word or codes) holds for known values, unknown for the others.

        Rows outside of ``where`` have no such figure at all: value and status are missing. An
        ``optional`` measure that no row has leaves no columns.
        """
        if where is not None:
            interval = Interval(*(np.where(where, part, np.nan) for part in interval))
        measure, known = MEASURES[name], ~np.isnan(interval.value)
        statuses = choose_code(known, status, "unknown")
        qualifiers = choose_code(known, qualifier, None)
        if where is not None:
            statuses[~where] = NO_CODE
            qualifiers[~where] = NO_CODE
        self._columns[measure.column] = interval.value
        self._columns[measure.low_column] = interval.low
        self._columns[measure.high_column] = interval.high
        self._columns[measure.status_column] = _categories(statuses, STATUSES)
        self._columns[measure.qualifier_column] = _categories(qualifiers, QUALIFIERS)
        if optional:
            for each in measure.columns:
                self.optional[each] = (measure.status_column,)

    def note(self, column: str, values: Any, *, beside: tuple[str, ...] | None = None) -> None:
        """Add a column that is not a measure, such as a basis.

        With ``beside`` it stands only where a row has one of some measures; of none, where it
        says anything itself.
        """
        self._columns[column] = values
        if beside is not None:
            self.optional[column] = tuple(MEASURES[m].status_column for m in beside) or (column,)

    def noted(self, column: str) -> ObjectArray:
        """Return a column that is not a measure, None in each row where it was not added."""
        return _objects(self._columns.get(column), len(self.base))

    def interval(self, name: str) -> Interval:
        """Return a measure's values and bounds; all unknown where it was not put in."""
        measure = MEASURES[name]
        if measure.status_column in self._columns:
            names = (measure.column, measure.low_column, measure.high_column)
            return Interval(*(self._columns[column] for column in names))
        if measure.status_column in self.base:
            return interval_of(self.base, name)
        return exact(np.full(len(self.base), np.nan))

    def qualifier(self, name: str) -> CodeArray:
        """Return the codes of a measure's qualifiers, -1 where unknown."""
        return self._put(MEASURES[name].qualifier_column, QUALIFIERS)

    def status(self, name: str) -> CodeArray:
        """Return the codes of a measure's statuses."""
        return self._put(MEASURES[name].status_column, STATUSES)

    def _put(self, column: str, known: tuple[str, ...]) -> CodeArray:
        values = self._columns.get(column, self.base.get(column))
        return no_codes(len(self.base)) if values is None else _codes_in(values, known)

    def table(self) -> pd.DataFrame:
        """Return the base table with all columns; a bulk column gives way to its measure."""
        return held(self.part(), self.optional)

    def part(self) -> pd.DataFrame:
        """Return the table with its optional columns, be they empty, as a part of a larger one."""
        kept = self.base.drop(columns=[name for name in self._columns if name in self.base])
        # Columns are joined to a frame of the base's own class, so that geometry stays geometry.
        return kept.join(self.added())

    def added(self) -> pd.DataFrame:
        """Return the columns that were added, be optional ones empty or not."""
        index = self.base.index
        columns = {name: _as_said(values, index) for name, values in self._columns.items()}
        return pd.DataFrame(columns, index=index, copy=False)


def _as_said(values: Any, index: pd.Index[Any]) -> Any:
    """Return texts as objects in any part, where pandas would look whether there are any."""
    texts = isinstance(values, np.ndarray) and values.dtype == object
    return pd.Series(values, index=index, dtype=object) if texts else values


def held(table: pd.DataFrame, optional: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """Return a table without the optional columns of which no row has anything."""
    named = {name for beside in optional.values() for name in beside}
    said = {name: bool(table[name].notna().any()) for name in named if name in table}
    return table.drop(columns=[name for name, of in optional.items() if not any(map(said.get, of))])


class Joined(NamedTuple):
    """A measure of some rows with its qualifiers."""

    interval: Interval
    qualifier: CodeArray


def joined(named: pd.Series[str], other: Wide, measure: str) -> Joined:
    """Return a measure of the row of another table that each row names; unknown for the others."""
    if other.base.empty:
        return nothing_joined(len(named))
    place = positions(other.base.index, named)
    found = place >= 0
    parts = (np.where(found, part[place], np.nan) for part in other.interval(measure))
    return Joined(Interval(*parts), choose_code(found, other.qualifier(measure)[place], None))


def nothing_joined(size: int) -> Joined:
    """Return as many unknown values."""
    return Joined(exact(np.full(size, np.nan)), no_codes(size))


def _codes_in(values: Any, known: tuple[str, ...]) -> CodeArray:
    """Return the codes of a column, which need not be looked up where it was made of them."""
    if values.dtype == _kind(known):
        codes: CodeArray = getattr(values, "cat", values).codes
        return np.asarray(codes)
    return coded(values)


def _categories(codes: CodeArray, known: tuple[str, ...]) -> pd.Categorical:
    found: pd.Categorical = pd.Categorical.from_codes(codes, dtype=_kind(known), validate=False)
    return found


@cache
def _kind(known: tuple[str, ...]) -> Any:
    return pd.CategoricalDtype(list(known))


def _objects(values: Any, size: int) -> ObjectArray:
    if values is None:
        return np.full(size, None, dtype=object)
    if isinstance(values, np.ndarray) and values.dtype == object:
        return values
    array = np.array(values.astype(object), dtype=object)
    array[pd.isna(array)] = None
    return array
