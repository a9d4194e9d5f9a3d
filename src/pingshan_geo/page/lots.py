"""The figures of lots by column: no figure is made per lot.

All that a figure says but its numbers is the same for lots that are alike in every cell that it
is made from. One lot of each such group is asked; what it says becomes a profile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.view import View
from pingshan_geo.figure import Figure
from pingshan_geo.measures.registry import MEASURES, Measure
from pingshan_geo.page.packed import Floats, Ints
from pingshan_geo.units import display_unit

#: A place in a profile's texts that each lot fills with its own.
SLOT = "\x01{}\x01"
_ROWS = ("row_number", "source_row")
_MEASURED = {measure.column: measure.name for measure in MEASURES.values()}


class _Tracer(View):
    """A view that notes which cells of parcels it looks into, and leaves places for their own."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(assessment)
        self.looked: dict[str, None] = {}
        self.slots: dict[str, None] = {}

    def figure(self, figure_id: str) -> Figure | None:
        """Return a figure, made anew where it may be one of a lot."""
        found = super().figure(figure_id)
        if found is not None and found.kind == "parcels":
            del self._made[figure_id]
        return found

    def cell(self, kind: str, column: str, subject: str) -> Any:
        """Return one cell; a place for it where only its text is used."""
        if kind != "parcels":
            return super().cell(kind, column, subject)
        if column.endswith("_as_delivered"):
            name = column.removesuffix("_as_delivered")
            return self._slot(_MEASURED.get(name, name))
        self.looked[column] = None
        value = super().cell(kind, column, subject)
        return self._slot(column) if column in _ROWS and value is not None else value

    def _slot(self, name: str) -> str:
        self.slots[name] = None
        return SLOT.format(name)

    def _in_column(self, kind: str, column: str, subject: str) -> float | None:
        if kind == "parcels":
            self.looked[f"own {column}"] = None
        return super()._in_column(kind, column, subject)


def lots(assessment: Assessment, told: Callable[[Figure], dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of all parcels as columns.

    Parameters
    ----------
    assessment : Assessment
        What they are taken from.
    told : callable
        Makes of a figure what the page holds beside its numbers.

    Returns
    -------
    dict
        ``columns`` by measure: ``value, low, high`` (NaN where none), ``profile`` (1 for the
        first of the measure, 0 where there is no such figure); ``profiles`` by measure;
        ``slots``: for each place in their texts the text of every lot; ``inputs``: the measures
        that each is made of.
    """
    table, tracer = assessment.parcels, _Tracer(assessment)
    ids = table.index.to_numpy(dtype=object)
    groups = _groups(assessment, tracer)
    result: dict[str, Any] = {"columns": {}, "profiles": {}, "inputs": {}}
    for measure in assessment.measures("parcels"):
        name, numbers = measure.name, _numbers(table, measure)
        value = np.abs(numbers["value"])
        # The unit that a figure is shown in hangs on its size as well.
        is_large = [display_unit(each, measure.unit or "1") != measure.unit for each in value]
        there = np.flatnonzero(table[measure.status_column].notna().to_numpy())
        alike, first = _alike(2 * groups[there] + np.array(is_large, dtype=np.int64)[there])
        found: dict[str, tuple[int, dict[str, Any]]] = {}
        inputs, codes = {name: None}, []
        for row in there[first].tolist():
            figure = tracer.figure(f"{name}/{ids[row]}")
            if figure is None:
                codes.append(0)
                continue
            inputs |= {each.partition("/")[0]: None for each in figure.inputs}
            said = told(figure)
            code, _ = found.setdefault(repr(said), (len(found) + 1, said))
            codes.append(code)
        profile = np.zeros(len(table), dtype=np.int64)
        profile[there] = np.array(codes, dtype=np.int64)[alike]
        result["columns"][name] = {**numbers, "profile": profile}
        result["profiles"][name] = [said for _, said in found.values()]
        result["inputs"][name] = list(inputs)
    slots = {name: _texts(assessment, name) for name in tracer.slots}
    return {**result, "slots": slots}


def _numbers(table: pd.DataFrame, measure: Measure) -> dict[str, Floats]:
    """Return value and bounds; an infinite bound is none."""
    names = (measure.column, measure.low_column, measure.high_column)
    none = pd.Series(np.nan, index=table.index)
    parts: list[Floats] = [np.array(table.get(each, none), dtype=np.float64) for each in names]
    for bound in parts[1:]:
        bound[np.isinf(bound)] = np.nan
    return dict(zip(("value", "low", "high"), parts, strict=True))


def _groups(assessment: Assessment, tracer: _Tracer) -> Ints:
    """Return for each lot the group of lots that are alike in every cell that is looked into."""
    table = assessment.parcels
    names = [measure.name for measure in assessment.measures("parcels")]
    groups = _one_by_one(assessment)
    asked: set[str] = set()
    seen = groups > 0  # what is looked into for these tells nothing of others
    _, first = _alike(groups)
    while True:
        fresh_rows = first[~seen[first]]
        seen[fresh_rows] = True
        for subject in table.index[fresh_rows]:
            for name in names:
                tracer.figure(f"{name}/{subject}")
        fresh = [column for column in tracer.looked if column not in asked]
        if not fresh:
            return groups
        for column in fresh:
            groups, _ = _alike(groups * (len(table) + 2) + _codes(assessment, column))
        asked.update(fresh)
        _, first = _alike(groups)


def _one_by_one(assessment: Assessment) -> Ints:
    """Return a number of its own for each lot whose figures hold numbers in their words."""
    table = assessment.parcels
    alone = np.isin(table.index.to_numpy(dtype=object), list(set(assessment.facts["subject"])))
    for measure in assessment.measures("parcels"):
        alone |= (table[measure.status_column] == "conflict").to_numpy(dtype=bool)
    return np.where(alone, np.arange(1, len(table) + 1), 0)


def _alike(keys: Ints) -> tuple[Ints, Ints]:
    """Return which rows have equal keys, as numbers from 0, and the first row of each."""
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    return codes, first


def _codes(assessment: Assessment, column: str) -> Ints:
    """Return a number for each value of a column; of numbers only whether they are known."""
    table = assessment.parcels
    if column.startswith("own "):
        table, column = assessment.catalogue.parcels, column.removeprefix("own ")
        cells = table[column].reindex(assessment.parcels.index) if column in table else None
    else:
        cells = table.get(column)
    if cells is None:
        return np.zeros(len(assessment.parcels), dtype=np.int64)
    if column in _ROWS or column == "geometry" or cells.dtype.kind == "f":
        return np.asarray(cells.notna(), dtype=np.int64)
    return np.asarray(pd.factorize(cells.to_numpy(dtype=object))[0], dtype=np.int64) + 1


def _texts(assessment: Assessment, name: str) -> list[str | None]:
    """Return each lot's own text for a place: a row's number, or a number as it was delivered."""
    if name in _ROWS:
        return [None if _is_none(cell) else f"{cell}" for cell in assessment.parcels[name].tolist()]
    column = MEASURES[name].column if name in MEASURES else name
    nothing = [None] * len(assessment.parcels)
    delivered = assessment.parcels.get(f"{column}_as_delivered")
    own = assessment.catalogue.parcels.get(column)
    said = nothing if delivered is None else delivered.astype(object).tolist()
    numbers = nothing if own is None else own.reindex(assessment.parcels.index).tolist()
    return [
        str(text) if not _is_none(text) and text else None if _is_none(number) else f"{number:.15g}"
        for text, number in zip(said, numbers, strict=True)
    ]


def _is_none(cell: Any) -> bool:
    return cell is None or cell is pd.NaT or cell != cell  # noqa: PLR0124
