"""Checks of a whole catalogue: ids, references, facts, geometry against its status."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.rows import numbered
from pingshan_geo.catalogue.schema import (
    COUNTED_MEASURE,
    FACT_MEASURES,
    FRACTIONS,
    ID_COLUMN,
    KINDS,
    TABLES,
)
from pingshan_geo.findings import Finding
from pingshan_geo.ids import doubtful_letters, nearest, normal_id, normal_ids
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text

Tables = Mapping[str, pd.DataFrame]

# Measures of facts that are held against the number of their own subject.
_AGAINST = ("delivered", "obligation_reached")

# What would make two things of one name: a pair is PARCEL@ZONE or PARCEL@outside:KIND, a level of
# a kind KIND:2, and the limits of a split lot stand in one cell, joined by "; ".
_RESERVED = (
    ("zones", "zone_id", r"@|^outside:"),
    ("zones", "kind", r"@|:\d+$"),
    ("limits", "limit_id", r";"),
)


def check_tables(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong between rows whose cells have been read; `check_rows` looks at each.

    Parameters
    ----------
    tables : mapping of DataFrame
        As `typed_table` makes them, ids still a column; parcels need only ids and references. A
        column ``file`` tells where each row stands if there are several files.
    files : mapping of str
        File name of each table, for the place of a finding.
    """
    yield from _ids(tables, files)
    yield from _letters(tables, files)
    yield from _reserved(tables, files)
    yield from _references(tables, files)
    yield from _rings(tables["zones"], files["zones"], "zone_id", "parent", "reference-cycle")
    if "replaces" in tables["auctions"]:
        place = (files["auctions"], "auction_id", "replaces", "replaces-cycle")
        yield from _rings(tables["auctions"], *place)
    yield from _facts(tables, files["facts"])
    yield from _limits(tables["limits"], files["limits"])
    yield from _claims(tables["claims"], files["claims"])
    yield from _target_units(tables["targets"], files["targets"])
    yield from _steps(tables["consequences"], files["consequences"])
    yield from _obligations(tables["obligations"], files["obligations"])


def _placed(
    table: pd.DataFrame, file: str, *columns: str
) -> Iterator[tuple[str, int, *tuple[Any, ...]]]:
    """Yield file and number of each row with some of its columns."""
    places = table["file"] if "file" in table else repeat(file, len(table))
    yield from zip(places, table["row_number"], *(table[name] for name in columns), strict=True)


def _ids(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    """Ids of subjects are unique over all tables, so that a figure's id means one thing."""
    spaces = [KINDS, *((name,) for name in TABLES if name not in KINDS)]
    for space in spaces:
        named = [tables[name][ID_COLUMN[name]].to_numpy(dtype=object) for name in space]
        ids = normal_ids(np.concatenate(named))
        if pd.Series(ids, dtype=object).dropna().is_unique:
            continue
        first: dict[str, tuple[str, str]] = {}  # by normal form: the id and its place
        for name in space:
            column = ID_COLUMN[name]
            for file, row, value in _placed(tables[name], files[name], column):
                if value is None:
                    continue
                seen = first.get(form := normal_id(value))
                if seen is None:
                    first[form] = (value, f"{file}:{row}")
                    continue
                code = "duplicate-id" if seen[0] == value else "similar-ids"
                other = seen[1] if code == "duplicate-id" else f"{seen[0]} ({seen[1]})"
                yield Finding(code, value, file, row, column, value, details={"other": other})


def _letters(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    """Yield ids without a visible character, and those that look like another."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in ID_COLUMN.items():
        ids = tables[name][column].dropna()
        is_plain = pc.match_substring_regex(pa.array(ids, pa.large_string()), r"^[ -~]*$")
        odd = set(ids[~np.asarray(is_plain)])
        found = {each: letters for each in odd if (letters := doubtful_letters(each))}
        if not found:
            continue
        for file, row, value in _placed(tables[name], files[name], column):
            if value in found:
                code = "id-unclear" if normal_id(value) else "missing-id"
                details = {"letters": ", ".join(found[value])}
                yield Finding(code, value, file, row, column, value, details)


def _reserved(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    for name, column, reserved in _RESERVED:
        table = tables[name][tables[name][column].notna()]
        for row, subject, value in numbered(table, ID_COLUMN[name], column):
            if found := re.search(reserved, value):
                yield Finding(
                    "reserved-text", subject, files[name], row, column, value,
                    {"reserved": found[0]},
                )  # fmt: skip


def _references(tables: Tables, files: Mapping[str, str]) -> Iterator[Finding]:
    @cache
    def ids(*names: str) -> set[str]:
        return set().union(*(tables[name][ID_COLUMN[name]].dropna() for name in names))

    for name, columns in TABLES.items():
        for column in columns:
            if not column.refers or column.name not in tables[name]:
                continue
            cells = tables[name][column.name].dropna().unique()
            if not len(cells):
                continue
            known = ids(*column.refers)
            hints: dict[str, str | Text] = {}
            if not column.many and known.issuperset(cells):
                continue
            for file, row, cell in _placed(tables[name], files[name], column.name):
                values = [] if cell is None else cell.split(";") if column.many else [cell]
                for value in values:
                    if value not in known:
                        if value not in hints:
                            close = nearest(value, sorted(known), most=1)
                            hints[value] = (
                                Text(f" ({close[0]}?)", f"（{close[0]}？）") if close else ""
                            )
                        yield Finding(
                            "unknown-reference", None, file, row, column.name, value,
                            {"table": " / ".join(column.refers),
                             "nearest": hints[value]},
                        )  # fmt: skip


def _rings(table: pd.DataFrame, file: str, key: str, above: str, code: str) -> Iterator[Finding]:
    """Each row is walked over once; a ring of rows is told once."""
    parent = dict(zip(table[key], table[above], strict=True))
    row_of = dict(zip(table[key], table["row_number"], strict=True))
    done: set[str] = set()
    for start in parent:
        way: dict[str, None] = {}
        at = start
        while at is not None and at not in done and at not in way:
            way[at] = None
            at = parent.get(at)
        if at in way:
            ring = list(way)[list(way).index(at) :]
            value = " → ".join([*ring[1:], at])
            yield Finding(code, at, file, row_of[at], above, value)
        done.update(way)


def _facts(tables: Tables, file: str) -> Iterator[Finding]:
    subjects = tables["facts"]["subject"].dropna().unique()
    table_of = {
        subject: name
        for name in KINDS
        for ids in (tables[name][ID_COLUMN[name]],)
        for subject in ids[ids.isin(subjects)]
    }
    asked = {
        subject: UNITS[unit].si
        for name in ("targets", "obligations")
        for _, subject, unit in numbered(tables[name], ID_COLUMN[name], "unit")
        if unit in UNITS
    }
    first_unit: dict[str, str] = {}
    columns = ("subject", "measure", "unit", "value", "value_digits")
    for row, subject, measure, unit, value, digits in numbered(tables["facts"], *columns):
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
            unit_of = asked if measure in _AGAINST else first_unit
            wanted = unit_of.setdefault(subject, UNITS[unit].si)
        if unit is not None and wanted is not None and UNITS[unit].si != wanted:
            details = {"measure": measure}
            yield Finding("unit-mismatch", subject, file, row, "unit", unit, details)
        if value < 0 and kind != "indicators":
            yield Finding("negative-value", subject, file, row, "value", digits)
        if measure in FRACTIONS and unit == "1" and value > 1:
            yield Finding("fraction-above-one", subject, file, row, "value", digits)


# Figures of claims, which no claim may rest on: else two could bear each other out.
_OF_CLAIMS = re.compile(r"(?:^|[;；])\s*claim(?:ed_value|_computed|_implied)/")
# How many inputs each formula of a claim has, at least and at most; a count may have none.
_INPUTS = {"total": (1, None), "rank": (2, None), "count": (0, None)}


def _claims(claims: pd.DataFrame, file: str) -> Iterator[Finding]:
    for row, claim, formula, cell in numbered(claims, "claim_id", "formula", "inputs"):
        least, most = _INPUTS.get(formula or "", (2, 2))
        inputs = [part for part in (cell or "").replace("；", ";").split(";") if part.strip()]
        if formula is not None and not least <= len(inputs) <= (most or len(inputs)):
            wanted = str(least) if most else f"≥ {least}"
            details: dict[str, str | Text] = {"formula": formula, "wanted": wanted}
            yield Finding("claim-inputs", claim, file, row, "inputs", cell or "—", details)
    for field in ("inputs", "claimed"):
        for row, claim, cell in numbered(claims, "claim_id", field):
            if _OF_CLAIMS.search(cell or ""):
                yield Finding("claim-of-claims", claim, file, row, field, cell)
    bare = claims[
        claims["claimed"].isna() & ~claims["formula"].isin(("part", "comparison", "rank"))
    ]
    for row, claim, formula in numbered(bare[bare["formula"].notna()], "claim_id", "formula"):
        details = {"formula": formula}
        yield Finding("claim-without-number", claim, file, row, "claimed", details=details)


def _target_units(targets: pd.DataFrame, file: str) -> Iterator[Finding]:
    for row, target, unit, measure in numbered(targets, "target_id", "unit", "measure"):
        if unit is None:
            continue
        if unit not in UNITS:
            details = {"known": ", ".join(UNITS)}
            yield Finding("unknown-unit", target, file, row, "unit", unit, details)
        elif measure in COUNTED_MEASURE and UNITS[unit].si != "m2":
            details = {"measure": measure}
            yield Finding("unit-mismatch", target, file, row, "unit", unit, details)


def _steps(steps: pd.DataFrame, file: str) -> Iterator[Finding]:
    """Yield a finding where the steps of one measure and subject leave a gap or overlap."""
    ends = steps.assign(
        subject=steps["subject"].fillna(""),
        start=steps["at_least"].fillna(-math.inf),
        end=steps["below"].fillna(math.inf),
    ).dropna(subset=["measure", "consequence_id"])
    wrong = ends["start"] >= ends["end"]
    for row, step, start, end in numbered(ends[wrong], "consequence_id", "start", "end"):
        details = {"below": f"{end:g}"}
        yield Finding("consequence-order", step, file, row, "at_least", f"{start:g}", details)
    columns = ("consequence_id", "measure", "start", "end", "valid_from", "valid_to")
    for _, group in ends[~wrong].sort_values(["start", "end"]).groupby(["measure", "subject"]):
        rows: list[tuple[Any, ...]] = list(numbered(group, *columns))
        for at, (row, step, measure, start, _, *_valid) in enumerate(rows):
            before = [each for each in rows[:at] if _at_one_time(each[5:], _valid)]
            top = max(before, key=lambda each: each[4], default=None)
            if top is None or top[4] == start:
                continue
            value = f"{start:g}" if top[4] > start else f"{top[4]:g} … {start:g}"
            code = "consequence-overlap" if top[4] > start else "consequence-gap"
            details = {"other": top[1]}
            yield Finding(code, step, file, row, measure, value, details)


def _at_one_time(one: Sequence[str | None], other: Sequence[str | None]) -> bool:
    """Return whether two rows with ``valid_from`` and ``valid_to`` have a day in common."""
    (start, end), (start_2, end_2) = (tuple(span(t or "") for t in each) for each in (one, other))
    return not (
        (end and start_2 and end.last < start_2.first)
        or (end_2 and start and end_2.last < start.first)
    )


def _obligations(table: pd.DataFrame, file: str) -> Iterator[Finding]:
    columns = ("obligation_id", "kind", "value", "unit", "met_on", "open_on")
    for row, name, kind, value, unit, met, opened in numbered(table, *columns):
        if unit is not None and unit not in UNITS:
            details = {"known": ", ".join(UNITS)}
            yield Finding("unknown-unit", name, file, row, "unit", unit, details)
        elif unit is None and value == value:  # noqa: PLR0124 -- a number that is known
            yield Finding("missing-value", name, file, row, "unit")
        elif kind == "term" and unit not in {None, "year"}:
            details = {"measure": "term"}
            yield Finding("unit-mismatch", name, file, row, "unit", unit, details)
        done, still = span(met or ""), span(opened or "")
        if done and still and still.first > done.last:
            yield Finding("obligation-contradicts", name, file, row, "met_on", met,
                          {"open": opened})  # fmt: skip
    places = table[["parcel_id", "project_id", "auction_id"]]
    for row, name in numbered(table[places.isna().all(axis=1)], "obligation_id"):
        yield Finding("obligation-of-nothing", name, file, row)


def _limits(limits: pd.DataFrame, file: str) -> Iterator[Finding]:
    values = [column.name for column in TABLES["limits"] if column.kind == "amount"]
    for row, limit in numbered(limits[limits[values].isna().all(axis=1)], "limit_id"):
        yield Finding("limit-empty", limit, file, row)
    apart = limits[limits["far_minimum"] > limits["far_maximum"]]
    for row, limit, least, most in numbered(apart, "limit_id", "far_minimum", "far_maximum"):
        details = {"maximum": f"{most:g}"}
        yield Finding("limit-order", limit, file, row, "far_minimum", f"{least:g}", details)
