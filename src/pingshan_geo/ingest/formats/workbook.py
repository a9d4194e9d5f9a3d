"""A workbook → cells, by way of a child process: where memory runs out the reader ends it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ids import hint
from pingshan_geo.words import Text

_SECONDS = 300
_BROKEN = "broken: "  # what the child puts before an error of a library
_SAID = {" has a DOCTYPE": " 含文档类型声明（DOCTYPE）", " stands there twice": " 重复出现"}
# Started as a file: as a module of the package it would load all of it first.
_CHILD = Path(__file__).with_name("workbook_child.py")


def cells(place: Path, sheet: str | None, ceilings: Ceilings) -> dict[str, Any]:
    """Return the cells of one sheet of a workbook.

    Parameters
    ----------
    place : Path
        Where it lies.
    sheet : str or None
        Name of the sheet; needed where several that are not hidden have data.
    ceilings : Ceilings
        How many rows and columns it may have.

    Returns
    -------
    dict
        ``sheet`` (its name), ``rows`` (from row 1, first column; text, number, truth value or
        None; dates as ISO text), ``merged`` (first row, first column, last row, last column from
        0, or None where the format does not tell), ``hidden`` (names of hidden sheets with data),
        ``broken`` (row, column, from 0, of cells of an XLSX or XLS that hold an error, and of an
        XLSX whose formula has no value), ``hidden_rows`` (how many), ``valueless``
        (how many formulas of an ODS).

    Raises
    ------
    InputError
        If it cannot be read, is encrypted, or has no sheet or several with data.
    UsageError
        If it has no sheet of that name.
    """
    command = [sys.executable, "-P", str(_CHILD), str(place.resolve()), sheet or "",
               json.dumps(ceilings.numbers())]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - this interpreter, this package, no shell
    except subprocess.TimeoutExpired:
        reason = Text(f"it took over {_SECONDS} seconds", f"读取超过 {_SECONDS} 秒")
        raise unreadable(place.name, reason) from None
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        ceilings.said("".join(last), place.name)
        raise unreadable(place.name, _reason("".join(last) if done.returncode == 1 else ""))
    answer: dict[str, Any] = json.loads(done.stdout)
    names = ", ".join(answer["names"])
    if "sheet" in answer:
        return answer
    if sheet is not None:
        en, zh = hint(sheet, answer["names"])
        raise UsageError(
            f"{place.name} has no sheet {sheet}; its sheets: {names}{en}",
            f"{place.name} 没有工作表 {sheet}；现有：{names}{zh}",
        )
    if not names:
        raise unreadable(place.name, Text("no sheet has data", "没有含数据的工作表"))
    raise InputError([Finding("sheet-ambiguous", file=place.name, value=names)])


def _reason(said: str) -> Text:
    """Return what the child said as a reason, in both languages."""
    if not said:
        return Text("the reader broke down over it (its size, or its structure)",
                    "读取程序因其大小或结构而中止")  # fmt: skip
    if said.startswith(_BROKEN):
        said = said.removeprefix(_BROKEN)
        return Text(f"it cannot be read as a workbook ({said})", f"无法作为工作簿读取（{said}）")
    zh = said
    for ours, theirs in _SAID.items():
        zh = zh.replace(ours, theirs)
    return Text(said, zh)
