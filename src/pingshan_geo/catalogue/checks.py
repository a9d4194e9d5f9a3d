"""Checks of a whole catalogue: ids, references, facts, geometry against its status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import shapely

from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.schema import (
    COUNTED_MEASURE,
    FACT_MEASURES,
    ID_COLUMN,
    KINDS,
    SPATIAL,
    TABLES,
)
from pingshan_geo.findings import Finding
from pingshan_geo.ids import nearest, normal_id
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text, land_use

Tables = Mapping[str, pd.DataFrame]


def check_tables(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    """Yield every finding about tables whose cells have been read.

    Parameters
    ----------
    tables : mapping of DataFrame
        As `typed_table` makes them, ids still a column.
    files : mapping of str
        File name of each table, for the place of a finding.
    """
    yield from _ids(tables, files)
    yield from _references(tables, files)
    yield from _parents(tables["zones"], files["zones"])
    yield from _periods(tables, files)
    yield from _facts(tables, files["facts"])
    for name in SPATIAL:
        yield from _geometry(tables[name], files[name], ID_COLUMN[name])
    yield from _codes(tables["parcels"], files["parcels"])
    yield from _target_units(tables["targets"], files["targets"])


def _rows(table: pd.DataFrame, *columns: str) -> Iterator[tuple[int, *tuple[Any, ...]]]:
    yield from zip(table["row_number"], *(table[name] for name in columns), strict=True)


def _ids(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    """Ids of subjects are unique over all tables, so that a figure's id means one thing."""
    spaces = [KINDS, *((name,) for name in TABLES if name not in KINDS)]
    for space in spaces:
        ids = [each for name in space for each in tables[name][ID_COLUMN[name]] if each is not None]
        if len(set(map(normal_id, ids))) == len(ids):
            continue
        first: dict[str, tuple[str, str]] = {}  # by normal form: the id and its place
        for name in space:
            column = ID_COLUMN[name]
            for row, value in _rows(tables[name], column):
                if value is None:
                    continue
                seen = first.get(form := normal_id(value))
                if seen is None:
                    first[form] = (value, f"{files[name]}:{row}")
                    continue
                code = "duplicate-id" if seen[0] == value else "similar-ids"
                other = seen[1] if code == "duplicate-id" else f"{seen[0]} ({seen[1]})"
                yield Finding(
                    code, value, files[name], row, column, value, details={"other": other}
                )


def _references(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    ids = {name: set(tables[name][ID_COLUMN[name]].dropna()) for name in TABLES}
    for name, columns in TABLES.items():
        for column in columns:
            if not column.refers:
                continue
            known = set().union(*(ids[table] for table in column.refers))
            hints: dict[str, str | Text] = {}
            if not column.many and known.issuperset(tables[name][column.name].dropna().unique()):
                continue
            for row, cell in _rows(tables[name], column.name):
                values = [] if cell is None else cell.split(";") if column.many else [cell]
                for value in values:
                    if value not in known:
                        if value not in hints:
                            close = nearest(value, sorted(known), most=1)
                            hints[value] = (
                                Text(f" ({close[0]}?)", f"（{close[0]}？）") if close else ""
                            )
                        yield Finding(
                            "unknown-reference", None, files[name], row, column.name, value,
                            {"table": " / ".join(column.refers),
                             "nearest": hints[value]},
                        )  # fmt: skip


def _parents(zones: pd.DataFrame, file: str) -> Iterator[Finding]:
    """Each zone is walked over once; a ring of zones is told once."""
    parent = dict(zip(zones["zone_id"], zones["parent"], strict=True))
    row_of = dict(zip(zones["zone_id"], zones["row_number"], strict=True))
    done: set[str] = set()
    for zone in parent:
        way: dict[str, None] = {}
        at = zone
        while at is not None and at not in done and at not in way:
            way[at] = None
            at = parent.get(at)
        if at in way:
            ring = list(way)[list(way).index(at) :]
            value = " → ".join([*ring[1:], at])
            yield Finding("reference-cycle", at, file, row_of[at], "parent", value)
        done.update(way)


def _periods(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    pairs = [("period_start", "period_end"), ("valid_from", "valid_to")]
    for name, table in tables.items():
        for start, end in pairs:
            if start not in table or end not in table:
                continue
            both = table[table[start].notna() & table[end].notna()]
            for row, first, last in _rows(both, start, end):
                early, late = span(first or ""), span(last or "")
                if early and late and late.last < early.first:
                    yield Finding("period-order", None, files[name], row, end, f"{first} … {last}")


def _facts(tables: Tables, file: str) -> Iterator[Finding]:
    table_of = {
        subject: name for name in KINDS for subject in tables[name][ID_COLUMN[name]].dropna()
    }
    asked = {
        target: UNITS[unit].si
        for _, target, unit in _rows(tables["targets"], "target_id", "unit")
        if unit in UNITS
    }
    first_unit: dict[str, str] = {}
    columns = ("subject", "measure", "unit", "value", "value_digits")
    for row, subject, measure, unit, value, digits in _rows(tables["facts"], *columns):
        kind = table_of.get(subject)
        if kind and measure is not None and measure not in FACT_MEASURES[kind]:
            known = ", ".join(FACT_MEASURES[kind])
            yield Finding(
                "unknown-measure", subject, file, row, "measure", measure,
                {"table": kind, "known": known},
            )  # fmt: skip
            continue
        if unit is not None and unit not in UNITS:
            details = {"known": ", ".join(UNITS)}
            yield Finding("unknown-unit", subject, file, row, "unit", unit, details)
            continue
        wanted = FACT_MEASURES[kind].get(measure) if kind else None
        if wanted is None and unit is not None:
            # One number is held against another: delivery and target, two readings of one thing.
            unit_of = asked if measure == "delivered" else first_unit
            wanted = unit_of.setdefault(subject, UNITS[unit].si)
        if unit is not None and wanted is not None and UNITS[unit].si != wanted:
            details = {"measure": measure}
            yield Finding("unit-mismatch", subject, file, row, "unit", unit, details)
        if value < 0 and kind != "indicators":
            yield Finding("negative-value", subject, file, row, "value", digits)


def _target_units(targets: pd.DataFrame, file: str) -> Iterator[Finding]:
    for row, target, unit, measure in _rows(targets, "target_id", "unit", "measure"):
        if unit is None:
            continue
        if unit not in UNITS:
            details = {"known": ", ".join(UNITS)}
            yield Finding("unknown-unit", target, file, row, "unit", unit, details)
        elif measure in COUNTED_MEASURE and UNITS[unit].si != "m2":
            details = {"measure": measure}
            yield Finding("unit-mismatch", target, file, row, "unit", unit, details)


def _geometry(table: pd.DataFrame, file: str, id_column: str) -> Iterator[Finding]:
    missing = shapely.is_missing(table["geometry"].to_numpy(dtype=object))
    status = table["geometry_status"]
    wrong = (status.notna() & ((status == "none") != missing)).to_numpy(dtype=bool)
    for null, (row, subject, status) in zip(
        missing[wrong], _rows(table[wrong], id_column, "geometry_status"), strict=True
    ):
        expected = Text("null", "空") if null else Text("a polygon", "面")
        details = {"expected": expected}
        yield Finding("geometry-status", subject, file, row, "geometry_status", status, details)


def _codes(parcels: pd.DataFrame, file: str) -> Iterator[Finding]:
    columns = ("parcel_id", "land_use", "land_use_standard")
    pairs = parcels[["land_use", "land_use_standard"]]
    unknown = [
        (code, standard)
        for code, standard in pairs.drop_duplicates().itertuples(index=False)
        if code is not None and land_use(standard, code) is None
    ]
    if not unknown:
        return
    for row, parcel, code, standard in _rows(parcels, *columns):
        if (code, standard) in unknown:
            details = {"standard": standard or "—"}
            yield Finding("unknown-land-use", parcel, file, row, "land_use", code, details)
