"""A sheet as people lay it out → a table: title, headings, body, totals and notes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.catalogue.readers import Report, file_report
from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, first_few
from pingshan_geo.ingest.formats.arrow import unique

#: Rows of cells, the first at row 1; None, text, number or truth value.
Grid = Sequence[Sequence[Any]]
#: First row, first column, last row, last column of merged cells, from 0.
Merged = tuple[int, int, int, int]

# A heading stands within the first rows, and has at most this many lines.
_HEADING_WITHIN, _HEADING_LINES = 30, 5
_NUMBER = re.compile(
    r"[+-]?(?:\d[\d,，]*+(?:\.\d++)?|\.\d++)(?:e[+-]?\d++)?%?", re.IGNORECASE | re.ASCII
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIT_NOTE = re.compile(r"(?:单\s*位|units?)\s*[:：]\s*([^\s,，;；)）]+)", re.IGNORECASE)
_UNIT = re.compile(
    r"[(（\[【].{1,8}[)）\]】]|㎡|m2|m²|平方米|公顷|ha|亩|万㎡|万平方米|km2|km²|元|万元|亿元|年|%",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"(?:(?:合|总|共|总合|累|小)\s*计|(?:sub|grand\s*)?total|sum)\s*[:：]?", re.IGNORECASE
)
_COUNT = re.compile(r"共?\s*\d+\s*[宗个块幅条项]?")
_NOTE = re.compile(
    r"(?:备\s*注|注|说\s*明|填\s*表|制\s*表|审\s*核|复\s*核|编\s*制|校\s*对|负\s*责|联\s*系|打\s*印"
    r"|日\s*期|资料来源|数据来源|来\s*源|单\s*位|notes?|sources?|remarks?|units?)[^:：]{0,8}[:：]",
    re.IGNORECASE,
)
_ERROR = re.compile(r"#(?:REF!|DIV/0!|N/A|VALUE!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+(?:1[5-9]|2\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The table of a sheet.

    Attributes
    ----------
    table : DataFrame
        Columns of text, number, truth value or None. ``table.attrs["unit_note"]`` has what a line
        such as 单位：公顷 says, where there is one.
    rows : array of int
        Row number of each.
    width : int
        How many cells the heading has.
    findings : list of Finding
        What was left out or is doubtful.
    """

    table: pd.DataFrame
    rows: npt.NDArray[np.int64]
    width: int
    findings: list[Finding]


def table_of(
    grid: Grid, file: str, ceilings: Ceilings, merged: Sequence[Merged] | None = None
) -> Sheet:
    """Return the table of a sheet as people lay it out.

    Rows above the heading, totals, notes and repeated headings are no data and are told. A row is
    a total only if its first text says so and it has no other text but a count; it is held
    against the sums of the rows. Headings of several lines become ``upper/lower``, a unit on a
    line of its own goes into brackets. Blank rows count as row numbers only.

    Parameters
    ----------
    grid : rows of cells
        From row 1 and the first column on.
    file : str
        Name of the file, for findings.
    ceilings : Ceilings
        How many columns it may have.
    merged : sequence, optional
        Merged cells, where the format tells them; in the body they are filled downwards.

    Raises
    ------
    InputError
        If no heading is found, or there are too many columns.
    """
    found: list[Finding] = []
    report = file_report(file, found)
    rows = [[_cell(cell) for cell in row] for row in grid]
    top = _heading_row(rows)
    if top is None:
        report("heading-missing")
        raise InputError(found)
    bottom = _heading_end(rows, top, merged)
    width = max((len(row) for row in rows), default=0)
    ceilings.hold("columns", width, file)
    rows = [row + [None] * (width - len(row)) for row in rows]
    if merged is not None:
        _fill(rows, bottom, merged, report)
    body = [at for at in range(bottom + 1, len(rows)) if any(c is not None for c in rows[at])]
    heading, aside = rows[bottom], {}
    for at in body:
        if rows[at] == heading:
            aside[at] = "heading"
        elif kind := _aside(rows[at]):
            aside[at] = kind
    kept = [at for at in body if at not in aside]
    columns = list(zip(*(rows[at] for at in kept), strict=True)) or [()] * width
    names = _names(rows[top : bottom + 1], [any(c is not None for c in col) for col in columns])
    for place in [p for p, name in enumerate(names) if name == ""]:
        names[place] = f"column {place + 1}"
        report("heading-empty", row=bottom + 1, field=names[place])
    use = [place for place, name in enumerate(names) if name is not None]
    headings = unique([names[place] or "" for place in use], report)
    table = pd.DataFrame(
        {
            name: pd.Series(columns[place], dtype=object)
            for name, place in zip(headings, use, strict=True)
        },
        index=pd.RangeIndex(len(kept)),
    )
    numbers = np.array(kept, dtype=np.int64) + 1
    _tell_aside(rows, top, aside, report)
    _tell_totals(rows, [at for at in aside if aside[at] == "total"], columns, use, report)
    note = _unit_note([rows[at] for at in [*range(top), *aside]])
    if note:
        table.attrs["unit_note"] = note
    return Sheet(_checked(table, numbers, report), numbers, len(grid[bottom]), found)


def _cell(cell: Any) -> Any:
    """Return a cell as text without space around it, number, truth value, or None."""
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return cell


def _text(cell: Any) -> str:
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, float) or (isinstance(cell, str) and bool(_NUMBER.fullmatch(cell)))


def _heading_row(rows: list[list[Any]]) -> int | None:
    """Return the first row of the heading: words, over most of the width of the first rows."""
    first = list(islice((at for at, row in enumerate(rows) if any(row)), _HEADING_WITHIN))
    counts = [sum(cell is not None for cell in rows[at]) for at in first]
    usual = float(np.percentile(counts, 75)) if counts else 0.0
    for at, count in zip(first, counts, strict=True):
        words = [cell for cell in rows[at] if cell is not None]
        if count < max(min(2, usual), math.ceil(0.6 * usual)) or isinstance(words[0], bool):
            continue
        numbers = [cell for cell in words if _is_number(cell)]
        years = all(_YEAR.fullmatch(_text(cell)) for cell in numbers) and len(numbers) < count
        if (not numbers or years) and not all(_NOTE.match(str(cell)) for cell in words):
            return at
    return None


def _heading_end(rows: list[list[Any]], top: int, merged: Sequence[Merged] | None) -> int:
    """Return the last row of the heading."""
    last = min(top + _HEADING_LINES, len(rows)) - 1
    end = top
    for first, left, below, right in sorted(merged or ()):
        if top <= first <= end and below <= last:
            end = max(end, below, first + 1 if right > left and first == below == end else 0)
    if end < last:
        above, under = rows[end], rows[end + 1]
        words = [cell for cell in under if cell is not None]
        fills = [
            at for at, cell in enumerate(under)
            if cell is not None and (at >= len(above) or above[at] is None)
        ]  # fmt: skip
        is_words = bool(words) and all(isinstance(c, str) and not _is_number(c) for c in words)
        if is_words and (
            all(_UNIT.fullmatch(cell) for cell in words)
            or (
                not merged
                and fills
                and fills[0] > 0
                and under[0] is None
                and len(words) < len(above)
            )
        ):
            end += 1
    return min(end, last)


def _fill(rows: list[list[Any]], bottom: int, merged: Sequence[Merged], report: Report) -> None:
    """Fill merged cells: those of the heading both ways, those of the body downwards."""
    filled = []
    for first, left, last, right in merged:
        value = rows[first][left] if first < len(rows) and left < len(rows[first]) else None
        if value is None:
            continue
        in_heading = first <= bottom
        for at in range(first, min(last, bottom if in_heading else last, len(rows) - 1) + 1):
            for place in range(left, (right if in_heading else left) + 1):
                if place < len(rows[at]) and rows[at][place] is None:
                    rows[at][place] = value
                    filled += [] if in_heading else [at + 1]
    if filled:
        details = {"rows": first_few(sorted(set(filled)))}
        report("merged-filled", row=min(filled), value=str(len(filled)), details=details)


def _names(lines: list[list[Any]], has_data: list[bool]) -> list[str | None]:
    """Return a heading for each column: "" where it has only data, None where it has nothing."""
    upper: list[str] = []
    names: list[str | None] = []
    for place, data in enumerate(has_data):
        parts = [" ".join(_text(line[place]).split()) for line in lines if line[place] is not None]
        if len(lines) > 1 and lines[0][place] is None and parts and not _UNIT.fullmatch(parts[0]):
            parts = upper[:1] + parts  # a heading over several columns that no merge tells of
        elif lines[0][place] is not None:
            upper = parts[:1]
        name = ""
        for part in dict.fromkeys(parts):
            if name and _UNIT.fullmatch(part):
                name += part if part[0] in "(（[【" else f"({part})"
            else:
                name += f"/{part}" if name else part
        names.append(name if name or data else None)
    return names


def _aside(row: list[Any]) -> str | None:
    """Return ``total`` or ``note`` for a row that is no data, by all that stands in it."""
    first = next((cell for cell in row if isinstance(cell, str)), "")
    is_total = _TOTAL.fullmatch(first)
    if not (is_total or _NOTE.match(first)):
        return None
    cells = [cell for cell in row if cell is not None]
    words = [cell for cell in cells if isinstance(cell, str) and not _is_number(cell)]
    if is_total:
        return "total" if all(_COUNT.fullmatch(word) for word in words[1:]) else None
    return "note" if len(row) > 2 and cells == words and all(map(_NOTE.match, words)) else None


def _tell_aside(rows: list[list[Any]], top: int, aside: dict[int, str], report: Report) -> None:
    above = [at for at in range(top) if any(cell is not None for cell in rows[at])]
    for code, places in (("title-skipped", above), ("footer-skipped", list(aside))):
        if places:
            lines = [
                " ".join(_text(c) for c in dict.fromkeys(rows[at]) if c is not None)
                for at in places
            ]
            details = {"rows": first_few([at + 1 for at in places])}
            report(code, row=places[0] + 1, value=" | ".join(lines), details=details)


def _tell_totals(
    rows: list[list[Any]], totals: list[int], columns: list[Any], use: list[int], report: Report
) -> None:
    """Tell the last total that no column bears out; totals of parts are not held against all."""
    whole = [
        at for at in totals
        if not any(isinstance(c, str) and re.match("小|sub", c, re.IGNORECASE) for c in rows[at])
    ]  # fmt: skip
    if not whole:
        return
    printed = {p: number for p in use if (number := _number(rows[whole[-1]][p])) is not None}
    sums = {p: math.fsum(n for c in columns[p] if (n := _number(c)) is not None) for p in printed}
    if printed and not any(
        math.isclose(sums[p], printed[p], rel_tol=1e-6, abs_tol=0.01) for p in printed
    ):
        place = next(iter(printed))
        details = {"sum": f"{sums[place]:.10g}"}
        report("total-differs", row=whole[-1] + 1, value=f"{printed[place]:.10g}", details=details)


def _number(cell: Any) -> float | None:
    if isinstance(cell, str) and _NUMBER.fullmatch(cell) and not cell.endswith("%"):
        return float(re.sub("[,，]", "", cell))
    return cell if isinstance(cell, float) else None


def _unit_note(rows: list[list[Any]]) -> str | None:
    cells = (cell for row in rows for cell in row if isinstance(cell, str))
    return next((m[1].strip(" )）") for cell in cells if (m := _UNIT_NOTE.search(cell))), None)


def _checked(table: pd.DataFrame, numbers: npt.NDArray[np.int64], report: Report) -> pd.DataFrame:
    """Take out what stands for an error of a formula, and tell numbers that have lost digits."""
    for name in map(str, table):
        cells = table[name]
        broken = np.array(
            [isinstance(c, str) and c[0] == "#" and bool(_ERROR.fullmatch(c)) for c in cells], bool
        )
        lost = np.array([
            abs(c) >= 2**53 if isinstance(c, float)
            else isinstance(c, str) and "+" in c and bool(_ROUNDED.fullmatch(c)) for c in cells
        ], bool)  # fmt: skip
        for code, which in {"cell-error": broken, "digits-lost": lost}.items():
            if which.any():
                rows = first_few(numbers[which].tolist())
                report(code, row=int(numbers[which][0]), field=name,
                       value=str(cells[which].iloc[0]), details={"rows": rows})  # fmt: skip
        if broken.any():
            table[name] = cells.where(~broken, None)
    return table
