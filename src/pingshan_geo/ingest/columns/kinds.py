"""Readers of cells: one text into the value that a column of the catalogue takes, or a fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pingshan_geo.catalogue.dates import looks_mangled
from pingshan_geo.catalogue.schema import ID_COLUMN, Column
from pingshan_geo.ids import clean_id
from pingshan_geo.ingest.columns.cells import (
    Number,
    has_decimal_comma,
    holds_several,
    is_of,
    plain,
    read_date,
    read_number,
    says_nothing,
)
from pingshan_geo.ingest.columns.headings import codes_of, fold, is_open, stored_unit
from pingshan_geo.ingest.columns.land_uses import read_use
from pingshan_geo.units import UNITS, unit_key


class Cell(NamedTuple):
    """What is made of one text.

    Attributes
    ----------
    value : str, float, Number or None
        None and NaN are unknown.
    fault : str or None
        Code of what is wrong; there is no value then.
    note : str or None
        Code of what is said of all such cells together.
    keep : bool
        Whether the text is kept beside the value.
    """

    value: Any = None
    fault: str | None = None
    note: str | None = None
    keep: bool = False


Reader = Callable[[str], Cell]
_NOTHING = Cell(note="cells-unknown")
# Texts that a reader leaves as they are and says nothing about: all words for "not known" are
# short and without a digit.
_SAID = r"(?s)[0-9]|.{9}"
_PLAIN_ID = r"^[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*$"


def left_as_they_are(reader: Reader, texts: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Return which texts a reader surely leaves as they are, so that it need not be asked.

    Examples
    --------
    >>> left_as_they_are(_id, np.array(["G13113-8014", "lot 7", None], dtype=object)).tolist()
    [True, False, False]
    """
    pattern = _SAID if reader is _text else _PLAIN_ID if reader is _id else None
    if pattern is None:
        return np.zeros(len(texts), dtype=bool)
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.match_substring_regex(pa.array(texts, pa.large_string()), pattern)
    return np.asarray(pc.fill_null(found, False), dtype=bool)


def reader_of(column: Column, table: str, texts: npt.NDArray[np.object_]) -> Reader:
    """Return the reader of a column other than `number_reader` and `read_land_use` read."""
    name = column.name
    if column.digits:
        return number_reader(column, texts, None)
    if column.kind == "date":
        return _date
    if column.refers or name in {ID_COLUMN[table], "parcel_code"}:
        return _id
    if name == "unit":
        return _unit
    return partial(_code, name) if codes_of(name) else _text


def number_reader(column: Column, texts: npt.NDArray[np.object_], unit: str | None) -> Reader:
    """Return the reader of a column of numbers, of which ``texts`` are all cells.

    Where one of them writes a comma for the decimal point, 9,520 is doubtful and no comma is read.
    """
    commas = any(
        has_decimal_comma(each) for each in texts if each and ("," in each or "，" in each)
    )
    return partial(_number, column, unit, commas)


def _text(text: str) -> Cell:
    return _NOTHING if says_nothing(text, strict=False) else Cell(text)


def _id(text: str) -> Cell:
    if says_nothing(text, strict=True):
        return _NOTHING
    value = clean_id(text)
    return Cell(value, keep=value != text) if value else _NOTHING


def _date(text: str) -> Cell:
    if says_nothing(text, strict=True):
        return _NOTHING
    value = read_date(text)
    if value is None:  # a year in front is no spreadsheet's doing
        is_mangled = looks_mangled(text) and not re.match(r"\d{4}\D", text)
        return Cell(fault="date-mangled" if is_mangled else "not-a-date")
    return Cell(value)


def _unit(text: str) -> Cell:
    if says_nothing(text, strict=True):
        return _NOTHING
    key = unit_key(text)
    return Cell(key) if key else Cell(fault="unknown-unit")


def _code(name: str, text: str) -> Cell:
    value = codes_of(name).get(fold(text))
    if value is not None:
        return Cell(value)
    if says_nothing(text, strict=True):
        return _NOTHING
    return Cell(text) if is_open(name) else Cell(fault="unknown-code")


def read_land_use(both: str) -> Cell:
    """Read a classification, a line break and a land use as the code of that use."""
    standard, _, text = both.partition("\n")
    if says_nothing(text, strict=True):
        return _NOTHING
    code = read_use(text, standard)
    if code is None or code == text:
        return Cell(text)
    return Cell(code, note="land-use-read", keep=True)


def _number(column: Column, unit: str | None, commas: bool, text: str) -> Cell:
    """Read a number: in the stored unit, or as digits where the column keeps them."""
    if says_nothing(text, strict=True):
        return _NOTHING
    number = read_number(text)
    if number is None or (commas and "," in plain(text)):
        return Cell(fault="not-one-number" if holds_several(text) else "not-a-number")
    if fault := _fault(column, unit, number):
        return Cell(fault=fault)
    if column.digits:
        return Cell(number if column.name == "value" else number.plain())
    value = number.si(unit or "")
    if value == 0:  # a database writes 0 for what nobody knows
        return Cell(np.nan, note="zero-unknown", keep=True)
    is_about = number.qualifier == "about"
    return Cell(value, note="value-about" if is_about else None, keep=is_about)


def _fault(column: Column, unit: str | None, number: Number) -> str | None:
    if column.kind == "amount" and number.digits.startswith("-"):
        return "negative-value"
    if column.digits:
        return None
    if number.unit is None and unit is None:
        return "unit-missing"
    if number.unit is not None and not is_of(number.unit, stored_unit(column.name)):
        return "unit-mismatch"
    scaled = number.times > 1 and number.unit is None and UNITS[unit or "1"].factor != 1
    is_limit = column.name == "far_limit" and number.qualifier == "less_than"
    is_bound = number.qualifier in {"more_than", "less_than"} and not is_limit
    return "not-one-number" if scaled or is_bound else None
