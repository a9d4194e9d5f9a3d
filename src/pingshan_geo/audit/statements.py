"""What a catalogue says comes from one source: every number with its place, unit and words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from pingshan_geo.audit.printed import numbers_in
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.folder import parts_of
from pingshan_geo.catalogue.load import Catalogue
from pingshan_geo.catalogue.schema import BASIS_OF_MEASURE, TABLES
from pingshan_geo.units import SUFFIX, UNITS, implied_step

_PLACE = re.compile(r"\bP(\d{1,6})\s*S(\d{1,6})\b")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
# Units of columns whose name does not end in one.
_COLUMN_UNITS = {"term_years": "year", "price_yuan": "yuan", "start_price_yuan": "yuan"}
_COUNTS = frozenset({"count", "persons", "rank", "year"})
_DATES = ("period_start", "period_end")


@dataclass(frozen=True, slots=True)
class Statement:
    """One number that a catalogue holds from a source.

    Attributes
    ----------
    id : str
        Of the row: of the fact, target, auction, ….
    subject : str
        What it is about.
    table, file : str
        Table and file name.
    row : int
        As a spreadsheet counts.
    field : str
        Column of the number.
    digits, unit : str
        As in the file; a key of `UNITS`.
    qualifier : str or None
        None for a column, which says nothing about it.
    basis : str or None
        Area or floor basis.
    locator : str
        As in the file; may be empty.
    places : tuple of (int, int)
        Paragraphs and sentences that the locator names; empty for a place in words.
    years : tuple of int
        Years that it is dated to; empty where it has no date.
    is_unit_printed : bool
        Whether the document must print a unit beside it.
    resolution : str or None
        Step of the last digit where the row gives one.
    """

    id: str
    subject: str
    table: str
    file: str
    row: int
    field: str
    digits: str
    unit: str
    qualifier: str | None
    basis: str | None
    locator: str
    places: tuple[tuple[int, int], ...]
    years: tuple[int, ...]
    is_unit_printed: bool
    resolution: str | None = None

    @property
    def si(self) -> Fraction:
        """The number in the stored unit, exact."""
        return Fraction(self.digits) * UNITS[self.unit].factor

    @property
    def step(self) -> Fraction:
        """What the last digit is worth, in the stored unit."""
        own = Fraction(self.resolution) if self.resolution else implied_step(self.digits)
        return own * UNITS[self.unit].factor

    @property
    def family(self) -> str:
        """The stored unit."""
        return UNITS[self.unit].si


def statements_of(catalogue: Catalogue, source: str) -> tuple[Statement, ...]:
    """Return all numbers that a catalogue holds from a source, tables in their order.

    These are the values of tables with ``value`` and ``unit`` (facts, targets, …) and the numeric
    columns of the others. Cells that are empty are left out.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> found = statements_of(load_catalogue(), "laplace-2017-article")
    >>> next((s.digits, s.unit, s.places) for s in found if s.id == "s022")
    ('106000', 'm2', ((17, 4),))
    """
    return tuple(
        statement
        for table in TABLES
        if table not in {"sources", "imports", "corrections"}
        for statement in _of_table(catalogue, table, source)
    )


def _of_table(catalogue: Catalogue, table: str, source: str) -> Iterator[Statement]:
    frame: pd.DataFrame = getattr(catalogue, table)
    if "source_id" not in frame:
        return
    rows = frame[(frame["source_id"] == source).to_numpy(dtype=bool)]
    columns = _columns(table, rows)
    for key, row in rows.iterrows():
        for field, unit in columns:
            digits = _digits(row, field)
            unit = unit or row["unit"]  # noqa: PLW2901 - the row's own where the column has none
            if digits is not None and unit in UNITS:
                yield _statement(catalogue, table, str(key), row, field, digits, unit)


def _columns(table: str, rows: pd.DataFrame) -> list[tuple[str, str | None]]:
    """Return the columns that hold printed numbers, with their unit or None for the row's."""
    if "unit" in rows and "value" in rows:
        return [("value", None)]
    found: list[tuple[str, str | None]] = []
    for column in TABLES[table]:
        if column.kind not in {"number", "amount"} or column.name not in rows:
            continue
        ends = (unit for unit, end in SUFFIX.items() if column.name.endswith(end))
        found.append((column.name, _COLUMN_UNITS.get(column.name) or next(ends, "1")))
    return found


def _digits(row: pd.Series, field: str) -> str | None:
    kept = row.get(f"{field}_digits")
    if isinstance(kept, str):
        return kept if _NUMBER.fullmatch(kept) else None
    value = row[field]
    if not isinstance(value, (int, float)) or value != value:  # noqa: PLR0124 - NaN
        return None
    return f"{Decimal(repr(float(value))).normalize():f}"


def _statement(
    catalogue: Catalogue, table: str, key: str, row: pd.Series, field: str, digits: str, unit: str
) -> Statement:
    locator = _text(row, "locator")
    measure = _text(row, "measure") if table == "facts" else ""
    basis = _text(row, "area_basis") or _text(row, "floor_basis")
    written = numbers_in(_text(row, "printed"))
    resolution = _text(row, "resolution_digits") or None
    return Statement(
        key,
        _text(row, "subject") or key,
        table,
        _file(catalogue, table),
        int(row["row_number"]),
        field,
        digits,
        unit,
        _text(row, "qualifier") or None if "qualifier" in row else None,
        basis or BASIS_OF_MEASURE.get(measure),
        locator,
        tuple((int(p), int(s)) for p, s in _PLACE.findall(locator)),
        _years(row),
        any(number.unit for number in written) or (not written and unit not in _COUNTS),
        resolution,
    )


def _text(row: pd.Series, column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _years(row: pd.Series) -> tuple[int, ...]:
    """Return the year it is true of, else those that its period begins and ends in."""
    dates = [_text(row, "as_of")] if _text(row, "as_of") else [_text(row, d) for d in _DATES]
    spans = [found for found in map(span, filter(None, dates)) if found]
    return tuple(dict.fromkeys(found.first.year for found in spans))


def _file(catalogue: Catalogue, table: str) -> str:
    path = catalogue.path / "datapackage.json"
    parts = parts_of(json.loads(path.read_text("utf-8")), table) if path.is_file() else []
    return parts[0] if parts else f"{table}.csv"
