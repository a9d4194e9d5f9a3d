"""Cells to typed columns: numbers, dates, codes and ids checked, every fault told with its row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import NoneType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.catalogue.dates import looks_mangled, span
from pingshan_geo.catalogue.readers import Cells, Report
from pingshan_geo.catalogue.schema import SPATIAL, TABLES, Column, is_computed

# Plain decimal digits only: no separators, no full-width or Arabic-Indic digits.
#: A number as a catalogue may have it: neither so long nor so large that it would stall.
NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
# What such digits can say at most and, but for 0, at least: a float is held to the same.
_LARGEST, _SMALLEST = 1e117, 1e-117


def tell_missing(cells: Cells, table: str, report: Report) -> None:
    """Tell the columns that a file of a table lacks; one of outlines without rows has none."""
    is_flat = cells.geometry is None
    for column in TABLES[table] if is_flat or cells.numbers else ():
        if not column.optional and column.name not in cells.data:
            report("csv-missing-column", row=1 if is_flat else None, field=column.name)


def typed_table(cells: Cells, table: str, report: Report) -> pd.DataFrame:
    """Return one of `TABLES` with its declared columns first and all others after them.

    Text columns hold str or None, numbers float with NaN for an empty cell. The column
    ``row_number`` holds the row as people count it, ``geometry`` the outlines of a spatial
    table. A column declared with ``digits`` is joined by ``<name>_digits``, its numbers as they
    stand.
    """
    data: dict[str, Any] = {}
    tell_missing(cells, table, report)
    for column in TABLES[table]:
        values = cells.data.get(column.name)
        if values is None:
            if not column.optional:
                data[column.name] = _empty(column, len(cells.numbers))
            continue
        if column.kind in {"number", "amount"}:
            if column.digits:
                written = cells.column(column.name)
                data[f"{column.name}_digits"] = [_digits(value) for value in written]
            data[column.name] = _numbers(values, column, cells.numbers, report)
        else:
            data[column.name] = _texts(values, column, cells.numbers, report)
    declared = {column.name for column in TABLES[table]}
    for name in cells.data:
        if name in declared:
            continue
        if is_computed(name) or (name == "geometry" and cells.geometry is not None):
            report("computed-column", row=None if cells.geometry is not None else 1, field=name)
        else:
            further = cells.data[name]
            data[name] = further if isinstance(further, np.ndarray) else cells.column(name)
    frame = pd.DataFrame(
        {
            name: values
            if isinstance(values, np.ndarray) and values.dtype != object
            else pd.Series(values, dtype=object)
            for name, values in data.items()
        },
        index=range(len(cells.numbers)),
    )
    frame["row_number"] = np.array(cells.numbers, dtype=np.int64)
    if table in SPATIAL:
        frame["geometry"] = gpd.GeoSeries(cells.geometry, index=frame.index)
    return frame


def _digits(value: Any) -> str | None:
    """Return a number's digits; of a float, which Parquet holds, the shortest that give it."""
    if value is None or value != value:  # noqa: PLR0124 -- NaN
        return None
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _empty(column: Column, size: int) -> Any:
    if column.kind in {"number", "amount"}:
        return np.full(size, np.nan)
    return [None] * size


def _numbers(
    values: Any, column: Column, rows: Sequence[int], report: Report
) -> np.ndarray[Any, np.dtype[np.float64]]:
    result = np.full(len(values), np.nan)
    quick = None if column.filled else _floats(values)
    if quick is not None and _is_fit(quick, column):
        return quick + 0.0
    for place, value in enumerate(values if isinstance(values, list) else values.tolist()):
        if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 -- NaN
            if column.filled:
                report("missing-value", row=rows[place], field=column.name)
            continue
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = repr(value) if plain else str(value)
        if not (are_in_range(np.float64(value)) if plain else NUMBER.fullmatch(text)):
            report("not-a-number", row=rows[place], field=column.name, value=text)
            continue
        result[place] = float(text) + 0.0  # no minus before 0
        if column.kind == "amount" and result[place] < 0:
            report("negative-value", row=rows[place], field=column.name, value=text)
    return result


def _is_fit(numbers: np.ndarray[Any, np.dtype[np.float64]], column: Column) -> bool:
    is_signed = column.kind == "number"
    is_known = ~np.isnan(numbers)
    return bool(are_in_range(numbers[is_known]).all()) and (is_signed or not (numbers < 0).any())


def are_in_range(numbers: Any) -> Any:
    """Return which numbers are 0 or of a size that digits in a file could have.

    Examples
    --------
    >>> are_in_range(np.array([0.0, -9.5, 1e308, 1e-320, np.inf, np.nan])).tolist()
    [True, True, False, False, False, False]
    """
    size = np.abs(numbers)
    return (size == 0) | ((size >= _SMALLEST) & (size <= _LARGEST))


def _floats(values: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return numbers that are all floats, NaN where missing in an Arrow array; None for others."""
    if isinstance(values, (list, np.ndarray)):
        return np.array(values, dtype=np.float64) if set(map(type, values)) <= {float} else None
    if str(values.type) != "double":
        return None
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _texts(values: Any, column: Column, rows: Sequence[int], report: Report) -> Any:
    checked = column.kind == "date" or column.values
    if not isinstance(values, (list, np.ndarray)) and is_text(values.type):
        different = set(values.unique().to_pylist()) if checked else set()
        result: Any = values.to_numpy(zero_copy_only=False)
        has_none = values.null_count > 0
    else:
        result, has_none = _objects(values)
        different = set(pd.unique(result)) if checked else set()
    code = "missing-id" if column.name.endswith("_id") else "missing-value"
    wrong = {text: _wrong(text, column) for text in different if text is not None}
    wrong = {text: found for text, found in wrong.items() if found}
    if not wrong and not (column.filled and has_none):
        return result
    for text, row in zip(result, rows, strict=True):
        if text is None and column.filled:
            report(code, row=row, field=column.name)
        elif text in wrong:
            details = {"known": ", ".join(column.values)}
            report(wrong[text], row=row, field=column.name, value=text, details=details)
    return result


def is_text(kind: Any) -> bool:
    """Return whether an Arrow type is that of texts."""
    return str(kind) in {"string", "large_string"}


def _are_texts(cells: np.ndarray[Any, Any]) -> bool:
    return pd.api.types.infer_dtype(cells, skipna=False) == "string"


def _objects(values: Any) -> tuple[np.ndarray[Any, np.dtype[np.object_]], bool]:
    """Return cells as texts or None, and whether one is None."""
    cells = values if isinstance(values, (list, np.ndarray)) else values.to_pylist()
    if isinstance(cells, np.ndarray) and _are_texts(cells):
        return cells, False
    kinds = set(map(type, cells))
    if not kinds <= {str, NoneType}:
        cells = [cell if cell is None or type(cell) is str else str(cell) for cell in cells]
    if not isinstance(cells, np.ndarray):
        cells = np.fromiter(cells, object, len(cells))
    return cells, NoneType in kinds


def _wrong(text: str, column: Column) -> str | None:
    """Return the code of what is wrong with a text in a column, None where nothing is."""
    if column.kind == "date":
        if span(text) is not None:
            return None
        return "date-mangled" if looks_mangled(text) else "not-a-date"
    return "unknown-code" if column.values and text not in column.values else None
