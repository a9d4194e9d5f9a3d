"""The child process that reads a workbook: one sheet as one line of JSON, then the end.

It imports nothing of the package, so that it starts at once.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import zipfile
from collections import Counter
from typing import Any
from xml.etree import ElementTree

_MEMORY = 4 << 30  # bytes of address space
# Of the XML of a sheet, without comments and prefixes: cells that hold an error, and formulas that
# were saved without a value; one whose type is text has an empty one.
_NOISE = re.compile(rb"<!--.*?-->|(?<=<)\w+:|(?<=</)\w+:", re.DOTALL)
_AT = rb"\br\s*=\s*[\"']([A-Za-z]+)0*(\d+)[\"']"
_NO_VALUE = re.compile(
    rb"<c\b(?=[^>]*\bt\s*=\s*[\"']e[\"'])[^>]*?" + _AT + rb"[^>]*>"
    rb"|<c\b(?![^>]*\bt\s*=\s*[\"']str[\"'])[^>]*?" + _AT + rb"[^>]*>"
    rb"\s*<f\b[^>]*?(?:/>|>[^<]*</f\s*>)\s*(?:<v\s*/>|<v>\s*</v\s*>)?\s*</c\s*>"
)
_CELL = re.compile(rb"<c\b[^>]*?" + _AT)
_ROW = re.compile(rb"<row\b[^>]*?\br\s*=\s*[\"']()0*(\d+)[\"']")
_HIDDEN_ROW = re.compile(rb"<row\b[^>]*\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_ODS_HIDDEN = re.compile(
    rb"<table:table-row\b[^>]*\btable:visibility=\"(?:collapse|filter)\"[^>]*>.*?</table:table-row>",
    re.DOTALL,
)
_ODS_FORMULA = re.compile(rb"<table:table-cell\b[^>]*\btable:formula=[^>]*>")


def _is_zip(path: str) -> bool:
    with open(path, "rb") as file:  # a zip may as well hang at the end of another file
        return file.read(2) == b"PK"


def _refuse_doctypes(path: str) -> None:
    """End with a reason where a part of a workbook declares entities, which would be left out."""
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                with parts.open(name) as part:
                    if b"<!DOCTYPE" in part.read(4096):
                        sys.exit(f"{name} has a DOCTYPE")


def _answer(path: str, wanted: str, ceilings: dict[str, int]) -> dict[str, Any]:
    if _is_zip(path):
        _refuse_doctypes(path)
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with CalamineWorkbook.from_path(path) as book:
        all_names = [
            each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet
        ]
        hidden = [
            each.name
            for each in book.sheets_metadata
            if each.visible != SheetVisibleEnum.Visible and each.name in all_names
        ]
        if wanted and wanted not in all_names:
            return {"names": all_names}
        sheets = {
            name: book.get_sheet_by_name(name) for name in ([wanted] if wanted else all_names)
        }
        full = [name for name, each in sheets.items() if each.start is not None]
        shown = [name for name in full if name not in hidden] or full
        if len(shown) != 1:
            return {"names": shown}
        chosen = sheets[shown[0]]
        for name, last in zip(("rows", "columns"), chosen.end or (), strict=False):
            if last >= ceilings[name]:
                sys.exit(f"over the limit {name}: {last + 1}")
        merged = chosen.merged_cell_ranges
        return {
            "names": all_names,
            "sheet": chosen.name,
            "rows": [
                [None if c == "" else c for c in row]
                for row in chosen.to_python(skip_empty_area=False)
            ],
            "merged": None if merged is None else [[*start, *end] for start, end in merged],
            "hidden": [name for name in full if name in hidden and name != chosen.name],
            **_beside(path, chosen.name),
        }


def _beside(path: str, sheet: str) -> dict[str, Any]:
    """Return what calamine leaves out: cells without a value, how many rows are hidden.

    Of an ODS it is how many formulas have none and how many rows are hidden, wherever they stand.
    """
    told: dict[str, Any] = {"broken": [], "hidden_rows": 0, "valueless": 0}
    if not _is_zip(path):
        return told | _beside_xls(path, sheet)
    with zipfile.ZipFile(path) as parts:
        # Some programs part folders with \\, or do not keep to the case of a name.
        names = {name.replace("\\", "/").lower(): name for name in parts.namelist()}
        if "xl/workbook.xml" not in names:
            content = parts.read("content.xml")
            valueless = sum(map(_is_valueless, _ODS_FORMULA.findall(content)))
            hidden = sum(b"office:value-type=" in row for row in _ODS_HIDDEN.findall(content))
            return told | {"valueless": valueless, "hidden_rows": hidden}
        book = ElementTree.fromstring(parts.read(names["xl/workbook.xml"]))  # noqa: S314 - in the child
        links = ElementTree.fromstring(parts.read(names["xl/_rels/workbook.xml.rels"]))  # noqa: S314
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        key = next(
            value
            for each in book.iter()
            if each.tag.endswith("}sheet") and each.get("name") == sheet
            for name, value in each.items()
            if name.endswith("}id")
        )
        target = targets[key].replace("\\", "/").lower().lstrip("/").removeprefix("xl/")
        content = _NOISE.sub(b"", parts.read(names[f"xl/{target}"]))
    for found in (_ROW.findall(content), _CELL.findall(content)):
        counts = Counter((letters.upper(), row) for letters, row in found)
        if len(counts) < len(found):
            ((twice, _),) = counts.most_common(1)
            sys.exit(f"{b''.join(twice).decode()} stands there twice")
    places = [(a or c, b or d) for a, b, c, d in _NO_VALUE.findall(content)]
    broken = [(int(row) - 1, _column(letters)) for letters, row in places]
    return told | {"broken": broken, "hidden_rows": len(_HIDDEN_ROW.findall(content))}


def _beside_xls(path: str, sheet: str) -> dict[str, Any]:
    import xlrd

    book = xlrd.open_workbook(path, formatting_info=True, logfile=sys.stderr)
    page = book.sheet_by_name(sheet)
    kinds = [(row, place, kind) for row in range(page.nrows)
             for place, kind in enumerate(page.row_types(row))]  # fmt: skip
    broken = [(row, place) for row, place, kind in kinds if kind == xlrd.XL_CELL_ERROR]
    hidden = sum(bool(row.hidden) for row in page.rowinfo_map.values())
    return {"broken": broken, "hidden_rows": hidden}


def _is_valueless(cell: bytes) -> bool:
    return b"office:value-type=" not in cell or b'calcext:value-type="error"' in cell


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def _plain(cell: Any) -> str:
    """Return a date or time as ISO text, without a time of 00:00; a length of time in hours."""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat()
    return str(cell) if isinstance(cell, datetime.timedelta) else str(cell.isoformat())


def main() -> None:
    """Read a sheet: path, its name (none for the only one) and the ceilings on the command line."""
    try:
        import resource
    except ImportError:  # the system has no such limits
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        answer = _answer(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # also a panic of calamine; handed on in one line
        sys.exit(f"broken: {type(error).__name__} {' '.join(str(error).split())}"[:300].strip())
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False, default=_plain).encode())


if __name__ == "__main__":
    main()
