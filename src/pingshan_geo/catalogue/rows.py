"""Checks of single rows, which no other row is needed for: periods, outlines, uses, shares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import shapely

from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.schema import FRACTIONS, ID_COLUMN, LAND_USE_STANDARDS, SPATIAL
from pingshan_geo.findings import Finding
from pingshan_geo.ids import nfkc
from pingshan_geo.words import Text, land_use, land_uses

#: Errors of single cells and outlines: the tables are whole, so all other checks are made too.
CELL_FAULTS = frozenset(
    {
        "missing-id", "missing-value", "not-a-number", "negative-value", "not-a-date",
        "date-mangled", "unknown-code", "geometry-invalid", "ring-not-closed", "coordinate-range",
        "geojson-crs", "computed-column",
    }
)  # fmt: skip


def are_whole(found: Iterable[Finding]) -> bool:
    """Return whether tables in which something was found can be checked further."""
    return all(f.severity != "error" or f.code in CELL_FAULTS for f in found)


def check_rows(
    name: str, table: pd.DataFrame, file: str, found: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield what is wrong with rows of a table that no other row is needed to see.

    Parameters
    ----------
    name, table : str, DataFrame
        As `typed_table` makes it.
    file : str
        Where the rows stand.
    found : iterable of Finding
        What reading them has found: a bad outline is not told again as a missing one.
    """
    yield from _periods(table, file)
    if name in SPATIAL:
        told = {(f.file, f.row) for f in found}
        for each in _geometry(table, file, ID_COLUMN[name]):
            if each.code != "geometry-status" or (each.file, each.row) not in told:
                yield each
    if name == "parcels":
        yield from _land_uses(table, file)
    if name in {"parcels", "limits"}:
        yield from _fractions(table, file, ID_COLUMN[name])


def numbered(table: pd.DataFrame, *columns: str) -> Iterator[tuple[int, *tuple[Any, ...]]]:
    """Yield the number of each row with some of its columns."""
    yield from zip(table["row_number"], *(table[name] for name in columns), strict=True)


def _periods(table: pd.DataFrame, file: str) -> Iterator[Finding]:
    for start, end in (("period_start", "period_end"), ("valid_from", "valid_to")):
        if start not in table or end not in table:
            continue
        both = table[table[start].notna() & table[end].notna()]
        for row, first, last in numbered(both, start, end):
            early, late = span(first or ""), span(last or "")
            if early and late and late.last < early.first:
                yield Finding("period-order", None, file, row, end, f"{first} … {last}")


def _geometry(table: pd.DataFrame, file: str, id_column: str) -> Iterator[Finding]:
    missing = shapely.is_missing(table["geometry"].to_numpy(dtype=object))
    status = table["geometry_status"]
    wrong = (status.notna() & ((status == "none") != missing)).to_numpy(dtype=bool)
    for null, (row, subject, status) in zip(
        missing[wrong], numbered(table[wrong], id_column, "geometry_status"), strict=True
    ):
        expected = Text("null", "空") if null else Text("a polygon", "面")
        details = {"expected": expected}
        yield Finding("geometry-status", subject, file, row, "geometry_status", status, details)


def _fractions(table: pd.DataFrame, file: str, id_column: str) -> Iterator[Finding]:
    for name in FRACTIONS:
        if name not in table:
            continue
        for row, subject, value in numbered(table[table[name] > 1], id_column, name):
            yield Finding("fraction-above-one", subject, file, row, name, f"{value:g}")


def _land_uses(parcels: pd.DataFrame, file: str) -> Iterator[Finding]:
    """Each pair of code and standard is looked at once, with each name that stands beside it."""
    columns = ["land_use", "land_use_standard", "land_use_name"]
    uses = pd.DataFrame(parcels).reindex(columns=columns)
    told = {key: found for key in _keys(uses.drop_duplicates()) if (found := _wrong_use(*key))}
    if not told:
        return
    for key, (row, parcel) in zip(_keys(uses), numbered(parcels, "parcel_id"), strict=True):
        if key in told:
            code, field, details = told[key]
            value = key[0] if field == "land_use" else key[2]
            yield Finding(code, parcel, file, row, field, value, details)


def _keys(uses: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    yield from uses.astype(object).fillna("").itertuples(index=False, name=None)


def _wrong_use(
    code: str, standard: str, name: str
) -> tuple[str, str, dict[str, str | Text]] | None:
    """Return code, column and details of the finding about a land use, None for a right one.

    An empty text is one that is not known.
    """
    if not code:
        return None
    if land_use(standard, code) is None:
        others = [each for each in LAND_USE_STANDARDS if (each, code) in land_uses()] or [
            each for each in LAND_USE_STANDARDS if _is_within(each, code)
        ]
        if not standard or not others:
            return "unknown-land-use", "land_use", {"standard": standard or "—"}
        details: dict[str, str | Text] = {"standard": standard, "other": ", ".join(others)}
        return "land-use-other-standard", "land_use", details
    use = land_uses().get((standard, code))
    if not name or use is None or _folded_use(name) in map(_folded_use, use.name):
        return None
    same = [
        each.code
        for each in land_uses().values()
        if each.standard == standard and _folded_use(name) in map(_folded_use, each.name)
    ]
    hint = Text(f"; the name is that of {same[0]}", f"；该名称属于 {same[0]}") if same else ""
    return "land-use-name", "land_use_name", {"code": code, "expected": use.name, "other": hint}


def _is_within(standard: str, code: str) -> bool:
    """Return whether a code is a number within a class that a standard has."""
    use = land_use(standard, code)
    return use is not None and code.removeprefix(use.code).isdigit()


def _folded_use(name: str) -> str:
    """Return the form under which two spellings of a name are equal.

    Examples
    --------
    >>> _folded_use("新型产业用地（M0）") == _folded_use(" 新型产业")
    True
    """
    plain = re.sub(r"\([^()]*\)", "", nfkc(name)).casefold().replace("其它", "其他")
    return re.sub(r"\W|land(?: use)?$", "", plain.strip()).removesuffix("用地")
