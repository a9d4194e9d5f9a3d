"""A wide table in the making: one group of columns for each measure of a kind of subject."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pingshan_geo.figure import (
    QUALIFIERS,
    STATUSES,
    BoolArray,
    IntArray,
    Interval,
    ObjectArray,
    choose_object,
    exact,
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


def qualifier_of(table: pd.DataFrame, name: str) -> ObjectArray:
    """Return the qualifiers of a measure of a finished wide table."""
    return table[MEASURES[name].qualifier_column].to_numpy(dtype=object)


class Wide:
    """Columns of measures beside a base table, put together once at the end.

    Parameters
    ----------
    base : DataFrame
        The catalogue's rows, indexed by id.
    """

    def __init__(self, base: pd.DataFrame) -> None:
        self.base = base
        self._columns: dict[str, Any] = {}

    def put(
        self,
        name: str,
        interval: Interval,
        status: str | ObjectArray,
        qualifier: str | ObjectArray = "printed",
        *,
        where: BoolArray | None = None,
    ) -> None:
        """Add a measure: ``status`` holds for known values, unknown for the others.

        Rows outside of ``where`` have no such figure at all: value and status are missing.
        """
        if where is not None:
            interval = Interval(*(np.where(where, part, np.nan) for part in interval))
        measure, known = MEASURES[name], ~np.isnan(interval.value)
        statuses = choose_object(known, status, "unknown")
        qualifiers = choose_object(known, qualifier, None)
        if where is not None:
            statuses[~where] = None
            qualifiers[~where] = None
        self._columns[measure.column] = interval.value
        self._columns[measure.low_column] = interval.low
        self._columns[measure.high_column] = interval.high
        self._columns[measure.status_column] = pd.Categorical(statuses, categories=STATUSES)
        self._columns[measure.qualifier_column] = pd.Categorical(qualifiers, categories=QUALIFIERS)

    def note(self, column: str, values: Any) -> None:
        """Add a column that is not a measure, such as a basis."""
        self._columns[column] = values

    def noted(self, column: str) -> ObjectArray:
        """Return a column that is not a measure, None in each row where it was not added."""
        return _objects(self._columns.get(column), len(self.base))

    def interval(self, name: str) -> Interval:
        """Return a measure's values and bounds; all unknown where it was not put in."""
        measure = MEASURES[name]
        if measure.column not in self._columns:
            return exact(np.full(len(self.base), np.nan))
        names = (measure.column, measure.low_column, measure.high_column)
        return Interval(*(self._columns[column] for column in names))

    def qualifier(self, name: str) -> ObjectArray:
        """Return a measure's qualifiers, None where unknown."""
        return _objects(self._columns.get(MEASURES[name].qualifier_column), len(self.base))

    def status(self, name: str) -> ObjectArray:
        """Return a measure's statuses."""
        return _objects(self._columns.get(MEASURES[name].status_column), len(self.base))

    def table(self) -> pd.DataFrame:
        """Return the base table with all columns; a bulk column gives way to its measure."""
        kept = self.base.drop(columns=[name for name in self._columns if name in self.base])
        # Columns are joined to a frame of the base's own class, so that geometry stays geometry.
        return kept.join(pd.DataFrame(self._columns, index=kept.index))


class Joined(NamedTuple):
    """A measure of some rows with its qualifiers."""

    interval: Interval
    qualifier: ObjectArray


def joined(named: pd.Series[str], other: Wide, measure: str) -> Joined:
    """Return a measure of the row of another table that each row names; unknown for the others."""
    if other.base.empty:
        return Joined(exact(np.full(len(named), np.nan)), np.full(len(named), None, dtype=object))
    place = positions(other.base.index, named)
    found = place >= 0
    parts = (np.where(found, part[place], np.nan) for part in other.interval(measure))
    return Joined(Interval(*parts), choose_object(found, other.qualifier(measure)[place], None))


def _objects(values: Any, size: int) -> ObjectArray:
    if values is None:
        return np.full(size, None, dtype=object)
    array = np.array(values.astype(object), dtype=object)
    array[pd.isna(array)] = None
    return array
