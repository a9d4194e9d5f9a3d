"""Which row another row means: ids however written, and those that name none, or several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import ID_COLUMN, TABLES, Column
from pingshan_geo.findings import Finding
from pingshan_geo.ids import nearest, normal_id
from pingshan_geo.words import Text

#: What stands at the end of the column that keeps a text as it came.
AS_DELIVERED = "_as_delivered"
# Between two ids in one cell; spaces alone may belong to an id.
_BETWEEN = re.compile(r"[;；,，、]|(?<!\s)\s++(?:and|和|及|与)\s*")
_MOST_HINTS = 50  # finding the nearest of very many ids takes time
# Other columns that official numbers stand in.
_OTHER_IDS = {"parcels": ("parcel_code",)}
# The ids that a column may name, each once and in order, by normal form.
_Known = dict[str, dict[str, None]]


def link(
    tables: dict[str, pd.DataFrame], table: str, frame: pd.DataFrame, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return rows whose references are spelled as the ids they mean.

    A text that means no row, or several, is taken out of the column and kept in
    ``<column>_as_delivered``, so that the row stays and counts; it is tried again each time.
    References that a row cannot do without are left as they are.

    Parameters
    ----------
    tables : dict of DataFrame
        All tables of the draft.
    table : str
        Which one the rows are of; they may refer to one another.
    frame : DataFrame
        The rows.
    file : str
        Its file, for the place of a finding.

    Returns
    -------
    frame : DataFrame
    findings : list of Finding
        ``reference-not-found`` with the nearest ids, ``reference-several`` with those it names.
    """
    found: list[Finding] = []
    for column in TABLES[table]:
        if column.refers and column.name in frame and column.name != "source_id":
            frame, told = _linked(tables, table, frame, column, file)
            found += told
    return frame, found


def _linked(
    tables: dict[str, pd.DataFrame], table: str, frame: pd.DataFrame, column: Column, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    kept = column.name + AS_DELIVERED
    texts = frame[column.name].astype(object)
    if kept in frame:
        texts = texts.where(texts.notna(), frame[kept])
    if texts.isna().all():
        return frame, []
    known = _known(tables, column)
    if table in column.refers:
        for each in frame[ID_COLUMN[table]].dropna():
            known.setdefault(normal_id(str(each)), {})[str(each)] = None
    codes, different = pd.factorize(texts)
    answers = [_meant(str(text), known, column) for text in different]
    is_known = np.array([len(ids) == 1 or (column.many and bool(ids)) for ids in answers], bool)
    meant = [
        ";".join(ids) if one else text if column.filled else None
        for ids, one, text in zip(answers, is_known, different, strict=True)
    ]
    values = np.array([*meant, None], dtype=object)[codes]
    differs = (codes >= 0) & (values != texts.to_numpy())
    before = np.full(len(frame), None, dtype=object)
    if kept in frame:
        before = frame[kept].to_numpy(dtype=object)
    came = np.where(differs & pd.isna(before), texts, before)
    found: list[Finding] = []
    rest = np.flatnonzero((codes >= 0) & ~np.append(is_known, True)[codes])
    rows, names = (frame[name].to_numpy()[rest] for name in ("row_number", ID_COLUMN[table]))
    every = list({name: None for ids in known.values() for name in ids}) if rest.size else []
    for at, row, name in zip(codes[rest], rows, names, strict=True):
        text, ids = different[at], answers[at]
        hinted = len(found) < _MOST_HINTS
        close = nearest(str(text), every, most=3) if hinted else []
        hint = (
            Text(f" (nearest: {', '.join(close)})", f"（最接近：{'、'.join(close)}）")
            if close
            else Text("", "")
        )
        details: dict[str, Any] = {"table": " / ".join(column.refers), "nearest": hint}
        if len(ids) > 1:
            details = {"ids": ", ".join(ids)}
        code = "reference-several" if len(ids) > 1 else "reference-not-found"
        found.append(Finding(code, str(name), file, int(row), column.name, str(text), details))
    frame = frame.assign(**{column.name: pd.Series(values, index=frame.index, dtype=object)})
    if pd.notna(came).any():
        frame[kept] = pd.Series(came, index=frame.index, dtype=object)
    return frame, found


def _known(tables: dict[str, pd.DataFrame], column: Column) -> _Known:
    known: _Known = {}
    for table in column.refers:
        frame, key = tables[table], ID_COLUMN[table]
        for other in (key, *_OTHER_IDS.get(table, ())):
            if other in frame:
                for text, name in zip(frame[other], frame[key], strict=True):
                    if not pd.isna(text):
                        known.setdefault(normal_id(str(text)), {})[str(name)] = None
    return known


def _meant(text: str, known: _Known, column: Column) -> list[str]:
    """Return the ids that a text means; several where it names several."""
    if whole := known.get(normal_id(text)):
        return list(whole)
    parts = [part for part in _BETWEEN.split(text) if part and part.strip()]
    if len(parts) < 2:
        return []
    found = [known.get(normal_id(part), {}) for part in parts]
    if not all(found) and (column.many or sum(map(bool, found)) < 2):
        return []  # what it names besides is not known: the one that is known is not all
    return list(dict.fromkeys(each for ids in found for each in ids))


def references(tables: dict[str, pd.DataFrame], to: str) -> Iterator[str]:
    """Yield every id of a table that a row of any table refers to."""
    for name, columns in TABLES.items():
        for column in columns:
            if to in column.refers and column.name in tables[name]:
                for cell in tables[name][column.name].dropna().unique():
                    yield from str(cell).split(";") if column.many else [str(cell)]
