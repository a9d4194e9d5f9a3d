"""The table of a shapefile: its bytes are looked at here, since they decide its encoding."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.catalogue.readers import Report
from pingshan_geo.ceilings import Ceilings
from pingshan_geo.findings import first_few, unreadable
from pingshan_geo.ingest.formats.arrow import unique
from pingshan_geo.ingest.formats.encoding import Detected, detect
from pingshan_geo.words import Text

# Byte 29 of the header: the language driver, where it names one encoding (dBASE, FoxPro, ESRI).
_LANGUAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x4D: "gb18030", 0x4E: "cp949",
    0x4F: "cp950", 0x57: None, 0x78: "cp950", 0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932",
    0x7C: "cp874", 0xC8: "cp1250", 0xC9: "cp1251",
}  # fmt: skip
_DELETED = ord("*")

Raw = npt.NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class _Field:
    name: bytes
    kind: str
    start: int
    width: int
    decimals: int


def read_dbf(
    path: Path, declared: str | None, report: Report, ceilings: Ceilings
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_], Detected]:
    """Return the records of a dBASE file, which of them are marked as deleted, and the encoding.

    Numbers are numbers, dates ISO text, truth values true or false, and what is blank, or a
    number full of stars, is None. ``declared`` is the encoding that somebody names; else the file
    itself may, and else it is found from the bytes.

    Raises
    ------
    InputError
        If it is no dBASE file, or its text is of no known encoding.
    """
    data = path.read_bytes()
    fields, records = _opened(data, path.name, report, ceilings)
    text_fields = [field for field in fields if field.kind == "C"]
    raw = {field.start: _raw(records, field) for field in text_fields}
    language = _LANGUAGES.get(data[29])
    # A text that fills its column may end inside of a character: it is no witness.
    names = [field.name for field in fields]
    sure = [name for name in names if len(name) < 10]
    whole = [v for f in text_fields for v in raw[f.start].tolist() if len(v) < f.width]
    encoding = detect(b"\n".join(sure + whole), declared or language, file=path.name)
    if not encoding.sample and declared is None:
        every = [value for values in raw.values() for value in values.tolist()]
        encoding = detect(b"\n".join(sure + every), language, file=path.name)
    headings = [_decoded(name, encoding.name)[0] for name in names]
    columns: dict[str, Any] = {}
    for name, field in zip(unique(headings, report), fields, strict=True):
        if field.kind == "C":
            columns[name] = _texts(raw[field.start], field, encoding.name, name, report)
        elif field.kind in _KINDS:
            columns[name] = _KINDS[field.kind](_raw(records, field), name, report)
        else:
            report("column-left-out", field=name, value=f"dBASE {field.kind}")
    table = pd.DataFrame(columns, index=pd.RangeIndex(len(records)))
    return table, records[:, 0] == _DELETED, encoding


def _opened(
    data: bytes, name: str, report: Report, ceilings: Ceilings
) -> tuple[list[_Field], npt.NDArray[np.uint8]]:
    """Return the fields, and the records as rows of bytes (the first is the mark of deletion)."""
    broken = unreadable(name, Text("no dBASE table", "不是 dBASE 表"))
    if len(data) < 33:
        raise broken
    count, start, size = struct.unpack_from("<IHH", data, 4)
    fields = []
    at = 1
    for place in range(32, min(start, len(data)) - 31, 32):
        if data[place] in {0x0D, 0}:
            break
        kind, width, decimals = chr(data[place + 11]), data[place + 16], data[place + 17]
        if kind == "C":  # long texts use the byte of the decimals as well
            width, decimals = width + 256 * decimals, 0
        title = data[place : place + 11].split(b"\0")[0].strip()
        fields.append(_Field(title, kind, at, width, decimals))
        at += width
    if not fields or at > size or start > len(data):
        raise broken
    ceilings.hold("columns", len(fields), name)
    there = min(count, (len(data) - start) // size)
    ceilings.hold("rows", there, name)
    if there < count:
        cut = Text(
            f"{count} records are announced, {there} are there", f"声明 {count} 条，实有 {there} 条"
        )
        report("part-missing", value=name, reason=cut)
    records = np.frombuffer(data, np.uint8, there * size, start).reshape(there, size)
    return fields, records


def _raw(records: npt.NDArray[np.uint8], field: _Field) -> Raw:
    """Return a field of all records without the blanks and zero bytes after it."""
    part = np.ascontiguousarray(records[:, field.start : field.start + field.width])
    if not part.size:
        return np.zeros(len(records), "S1")
    # Told what to take off, numpy 2.0.0 takes off a single character too, whatever it is.
    return np.strings.rstrip(part.view(f"S{field.width}").ravel())


def _decoded(value: bytes, codec: str) -> tuple[str, bool]:
    """Return the text, and whether the last character is cut off."""
    try:
        return value.decode(codec), False
    except UnicodeDecodeError:
        return value.decode(codec, "ignore"), True


def _texts(raw: Raw, field: _Field, codec: str, name: str, report: Report) -> pd.Series[Any]:
    values = raw.tolist()
    try:  # all at once, where none is cut and none has a line break
        texts = b"\n".join(values).decode(codec).split("\n") if values else []
    except UnicodeDecodeError:
        texts = []
    if len(texts) != len(values):
        pairs = [_decoded(value, codec) for value in values]
        texts = [text for text, _ in pairs]
        cut = [row for row, (_, is_cut) in enumerate(pairs, start=1) if is_cut]
        if cut:
            details = {"other": str(field.width)}
            report("text-cut", field=name, row=cut[0], value=str(len(cut)), details=details)
    return pd.Series([text or None for text in texts], dtype=object)


def _numbers(raw: Raw, name: str, report: Report) -> pd.Series[Any]:
    texts = [value.decode("latin-1").strip().strip("\0") for value in raw.tolist()]
    full = [row for row, text in enumerate(texts, start=1) if text and not text.strip("*")]
    if full:  # dBASE's word for a number that the column is too narrow for
        report("cell-error", field=name, row=full[0], value=texts[full[0] - 1],
               details={"rows": first_few(full)})  # fmt: skip
    given = pd.Series([None if not text.strip("*") else text for text in texts], dtype=object)
    if any(text and len(text.lstrip("-")) > 15 and "." not in text for text in given.dropna()):
        return given  # more digits than a number keeps
    numbers: pd.Series[Any] = pd.to_numeric(given, errors="coerce")
    for row in np.flatnonzero(numbers.isna() & given.notna() & (given.str.lower() != "nan")):
        report("not-a-number", field=name, row=int(row) + 1, value=texts[row])
    if numbers.isna().any() and not given.str.contains(r"[.eE]", na=False).any():
        numbers = pd.Series([None if pd.isna(n) else int(n) for n in numbers], dtype=object)
    return numbers


def _dates(raw: Raw, _name: str, _report: Report) -> pd.Series[Any]:
    texts = [value.decode("latin-1").strip() for value in raw.tolist()]
    return pd.Series(
        [
            None if not text.strip("0") else f"{text[:4]}-{text[4:6]}-{text[6:]}"
            if len(text) == 8 and text.isdecimal() else text
            for text in texts
        ],
        dtype=object,
    )  # fmt: skip


def _truths(raw: Raw, _name: str, _report: Report) -> pd.Series[Any]:
    """Return truth values; a sign that is none, such as 1, stays as text."""
    truth = {"T": True, "Y": True, "F": False, "N": False, "?": None, "": None}
    texts = [value.decode("latin-1").strip() for value in raw.tolist()]
    return pd.Series([truth.get(text.upper(), text) for text in texts], dtype=object)


_KINDS: dict[str, Callable[[Raw, str, Report], pd.Series[Any]]] = {
    "N": _numbers, "F": _numbers, "D": _dates, "L": _truths,
}  # fmt: skip
