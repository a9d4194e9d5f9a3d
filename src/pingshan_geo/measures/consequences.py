"""Consequences: the named step that a figure's interval lies in, or the two it lies between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.figure import FloatArray, Interval, ObjectArray
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.measures.wide import interval_of

#: In a ``_step`` column: the value is not known; no step is written for it.
UNKNOWN, NO_STEP = "unknown", "none"


def steps_of(
    interval: Interval, at_least: FloatArray, below: FloatArray, ids: list[str]
) -> ObjectArray:
    """Return the step of each value, or the lowest and the highest it may be in.

    Parameters
    ----------
    interval : Interval
        Values with bounds, which are closed: both ends may be the number.
    at_least, below : array of float
        Ends of the steps, in the stored unit; a step holds from ``at_least`` on and ends before
        ``below``. NaN is no end.
    ids : list of str
        Ids of the steps.

    Returns
    -------
    array of str
        ``a`` or ``a; b``; ``none`` for a part of which no step speaks, ``unknown`` for a value
        that is not known.

    Examples
    --------
    >>> rows = Interval(*np.array([[1.0, 0.9, np.nan], [1.0, 0.8, np.nan], [1.2, 1.0, np.nan]]))
    >>> steps_of(rows, np.array([np.nan, 1.0]), np.array([1.0, np.nan]), ["missed", "met"]).tolist()
    ['met', 'missed; met', 'unknown']
    """
    starts = np.where(np.isnan(at_least), -np.inf, at_least)
    ends = np.where(np.isnan(below), np.inf, below)
    order = np.lexsort((np.array(ids), starts))
    lowest = _step_at(interval.low, starts, ends, ids, order)
    highest = _step_at(interval.high, starts, ends, ids, order[::-1])
    found = np.array(
        [a if a == b else f"{a}; {b}" for a, b in zip(lowest, highest, strict=True)], dtype=object
    )
    found[np.isnan(interval.value)] = UNKNOWN
    return found


def _step_at(
    values: FloatArray, starts: FloatArray, ends: FloatArray, ids: list[str], order: np.ndarray
) -> list[str]:
    """Return the first step, in an order, that holds at each value."""
    found = [NO_STEP] * len(values)
    open_end = np.isposinf(ends)
    for at in order[::-1]:
        for row in np.flatnonzero((values >= starts[at]) & ((values < ends[at]) | open_end[at])):
            found[row] = ids[at]
    return found


def with_steps(kind: str, table: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return a finished wide table with the columns of `step_columns` that hold anything."""
    columns = step_columns(kind, table, steps)
    said = {name: column for name, column in columns.items() if column.notna().any()}
    return table.assign(**said) if said else table


def step_columns(kind: str, table: pd.DataFrame, steps: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """Return a column ``MEASURE_step`` for each measure with steps.

    Steps of a subject go before those that hold for all. A cell is None where a subject has no
    such figure or no steps.

    Parameters
    ----------
    kind : str
        The table's kind; claims have no consequences.
    table : DataFrame
        Wide table.
    steps : DataFrame
        Rows of ``consequences`` that hold at the day.
    """
    columns = {}
    for name, rows in steps.groupby("measure", sort=False):
        measure = MEASURES.get(str(name))
        if kind == "claims" or measure is None or measure.status_column not in table:
            continue
        interval = interval_of(table, measure.name)
        found = np.full(len(table), None, dtype=object)
        exists = table[measure.status_column].notna().to_numpy()
        for place, own in _by_rows(table, rows):
            take = place & exists
            if own["subject"].isna().all() and "period_share" in table:
                # What holds for every target is decided when its period is over.
                take &= ~(table["period_share"] < 1).to_numpy()
            part = Interval(*(each[take] for each in interval))
            at_least, below = (own[c].to_numpy(np.float64) for c in ("at_least", "below"))
            found[take] = steps_of(part, at_least, below, [str(each) for each in own.index])
        columns[f"{measure.name}_step"] = pd.Series(found, index=table.index, dtype=object)
    return columns


def _by_rows(table: pd.DataFrame, rows: pd.DataFrame) -> Iterator[tuple[np.ndarray, pd.DataFrame]]:
    """Yield which rows of a table have which steps."""
    has_own = table.index.isin(rows["subject"].dropna())
    general = rows[rows["subject"].isna()]
    if not general.empty:
        yield ~has_own, general
    for subject, own in rows[rows["subject"].notna()].groupby("subject", sort=False):
        yield np.asarray(table.index == subject), own
