"""Tables that people type: delimited text and workbooks."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pingshan_geo.catalogue.readers import Report, file_report
from pingshan_geo.ceilings import Ceilings
from pingshan_geo.cells import FORMULA
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ingest.delivery import Asked, Delivery, digest
from pingshan_geo.ingest.formats import workbook
from pingshan_geo.ingest.formats.archive import check_zip
from pingshan_geo.ingest.formats.encoding import Detected, detect
from pingshan_geo.ingest.formats.rings import from_vertices, from_wkt
from pingshan_geo.ingest.formats.sheets import Grid, Sheet, table_of
from pingshan_geo.words import Text

_LONGEST_CELL = 16 << 20  # characters; an outline of 400 000 points as WKT
_NO_DATA = 100  # lines of headings and notes, which are no rows
_DELIMITERS = ",;\t|，"


def read_delimited(place: Path, asked: Asked) -> Delivery:
    """Read CSV, TSV or other delimited text; the delimiter is the one that fits the first lines.

    Outlines come from a column of WKT, or from rows of vertices with x, y and the parcel's id.
    A row with more or fewer cells than the heading is kept and told by row.

    Raises
    ------
    InputError
        If it is no text, a quotation mark is not closed, or there is no heading.
    UsageError
        If the encoding asked for is unknown.
    """
    text, encoding = read_text(place, asked)
    grid = _records(text, place.name, asked.ceilings)
    sheet = table_of(grid, place.name, asked.ceilings)
    return _delivery(place, "CSV", None, grid, sheet, encoding)


def read_workbook(place: Path, asked: Asked) -> Delivery:
    """Read one sheet of an XLSX, XLS or ODS workbook; merged cells are filled where told.

    Raises
    ------
    InputError
        If it cannot be read, is encrypted, has no heading, or several sheets have data.
    UsageError
        If it has no sheet of the name asked for.
    """
    kind = place.suffix[1:].upper()
    if kind in {"XLSX", "XLSM", "ODS"}:
        check_zip(place, asked.ceilings)
    told: list[Finding] = []
    report = file_report(place.name, told)
    cells = workbook.cells(place, asked.sheet, asked.ceilings)
    if cells["hidden"]:
        report("sheet-hidden", value=", ".join(cells["hidden"]))
    if cells["hidden_rows"]:
        report("rows-hidden", value=str(cells["hidden_rows"]))
    if cells["valueless"]:
        report("formulas-valueless", value=str(cells["valueless"]))
    grid = cells["rows"]
    for row, column in cells["broken"]:
        if row < len(grid) and column < len(grid[row]) and grid[row][column] in {None, " "}:
            grid[row][column] = "#VALUE!"
    table = table_of(grid, place.name, asked.ceilings, cells["merged"])
    return _delivery(place, kind, cells["sheet"], grid, table, told=told)


def read_text(place: Path, asked: Asked) -> tuple[str, Detected]:
    """Return the text of a file and how it was decoded.

    Raises
    ------
    InputError, UsageError
        As in `pingshan_geo.ingest.formats.encoding.detect`.
    """
    data = place.read_bytes()
    found = detect(data, asked.encoding, file=place.name)
    text = data.decode(found.name)
    if "\0" in text:
        raise unreadable(place.name, Text("it holds bytes that are no text", "含非文本字节"))
    return text, found


def _records(text: str, file: str, ceilings: Ceilings) -> list[list[str]]:
    """Return the records of delimited text, strictly; a blank line is an empty one."""
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = _delimiter(text)
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        records.extend(islice(reader, ceilings.rows + _NO_DATA + 1))
    except csv.Error as error:  # the record that breaks is the one after those that were read
        details = {"reason": str(error)}
        broken = Finding("csv-broken", file=file, row=len(records) + 1, details=details)
        raise InputError([broken]) from None
    ceilings.hold("rows", len(records) - _NO_DATA, file)
    # The ' that keeps a spreadsheet from calculating a cell is no part of it.
    return [
        [cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell for cell in record]
        for record in records
    ]


def _delimiter(text: str) -> str:
    """Return the sign that cuts most of the first lines into the same number of cells, over one."""
    head = io.StringIO(text[:1_000_000], newline="")
    lines = list(islice(head, 100))
    fits: dict[str, tuple[float, int]] = {}
    for sign in _DELIMITERS:
        widths = Counter(len(record) for record in csv.reader(lines, delimiter=sign) if record)
        width, times = max(widths.items(), key=lambda pair: pair[1], default=(0, 0))
        fits[sign] = (times / widths.total(), width) if width > 1 else (0.0, 0)
    return max(fits, key=lambda sign: fits[sign])


def _tell_lengths(grid: Grid, sheet: Sheet, report: Report) -> None:
    """Tell the rows that have fewer cells than the heading, or further ones that are not empty."""
    for row in sheet.rows.tolist():
        cells = grid[row - 1]
        if len(cells) < sheet.width or any(cell.strip() for cell in cells[sheet.width :]):
            details = {"expected": str(sheet.width)}
            report("csv-row-length", row=row, value=str(len(cells)), details=details)


def _delivery(
    place: Path,
    kind: str,
    layer: str | None,
    grid: Grid,
    sheet: Sheet,
    encoding: Detected | None = None,
    told: Sequence[Finding] = (),
) -> Delivery:
    found = [*told, *sheet.findings]
    report = file_report(place.name, found)
    if encoding is not None:
        found += [encoding.finding] if encoding.finding else []
        _tell_lengths(grid, sheet, report)
    table, rows = sheet.table, sheet.rows
    table, geometry, claim = from_wkt(table, rows, report)
    if geometry is None:
        table, rows, geometry = from_vertices(table, rows, report)
    return Delivery(
        place.name, digest(place), kind, layer, table, rows, geometry, claim,
        encoding.name if encoding else None, tuple(found),
    )  # fmt: skip
