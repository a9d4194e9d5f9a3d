"""Flags that a reader of the page has downloaded: each is a correction that is proposed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.readers import file_report, read_json
from pingshan_geo.catalogue.schema import ID_COLUMN, KINDS
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, errors_in, unreadable
from pingshan_geo.ingest.delivery import Asked, Delivery
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.words import Text

MOST_FLAGS = 10_000
_TEXTS = ("subject", "field", "shown", "comment", "who", "when", "source", "locator")
#: Headings of the delivery, those of ``corrections.csv``.
_COLUMNS = (
    "correction_id", "subject", "field", "old_value", "new_value", "reason", "source_id",
    "locator", "who", "when", "state",
)  # fmt: skip


def read_flags(place: Path, asked: Asked) -> Delivery:  # noqa: ARG001 -- every reader has it
    """Return flags as rows of ``corrections.csv``, all of them proposed and without a new value.

    Raises
    ------
    InputError
        If the document is none that the page writes, or has over `MOST_FLAGS` flags.
    """
    found: list[Finding] = []
    data = place.read_bytes()
    document = read_json(data, file_report(place.name, found))
    flags = document.get("flags") if isinstance(document, dict) else None
    if not isinstance(flags, list) or len(flags) > MOST_FLAGS:
        errors = errors_in(found)
        reason = Text(f"it holds no list of up to {MOST_FLAGS} flags",
                      f"其中没有至多 {MOST_FLAGS} 条的标记列表")  # fmt: skip
        raise InputError(errors) if errors else unreadable(place.name, reason)
    rows = [_row(flag) for flag in flags]
    table = pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=object) for name in _COLUMNS}
    )
    return Delivery(
        place.name, hashlib.sha256(data).hexdigest(), "flags", None, table,
        np.arange(1, len(rows) + 1), findings=tuple(found),
    )  # fmt: skip


def of_another(place: Path, catalogue: str) -> Finding | None:
    """Return a finding where flags were made on the page of another catalogue."""
    document = read_json(place.read_bytes(), file_report(place.name, []))
    named = document.get("catalogue") if isinstance(document, dict) else None
    other = named.get("id") if isinstance(named, dict) else None
    if not isinstance(other, str) or other == catalogue:
        return None
    return Finding("flags-other-catalogue", file=place.name, value=other,
                   details={"catalogue": catalogue})  # fmt: skip


def _row(flag: Any) -> dict[str, str | None]:
    """Return one flag; what is no text is left out, and told by the checks of the table."""
    members = flag if isinstance(flag, dict) else {}
    said = {name: members.get(name) for name in _TEXTS}
    texts = {name: each.strip() or None if isinstance(each, str) else None
             for name, each in said.items()}  # fmt: skip
    # The same flag, downloaded twice, is one row.
    joined = "\x1f".join(texts[name] or "" for name in _TEXTS)
    mark = hashlib.sha256(joined.encode("utf-8", "replace"))
    reason = texts["comment"]
    if members.get("scenario"):  # the number is of a what-if, and no number of the catalogue
        reason = f"[what-if 情景推演] {reason or ''}".strip()
    return {
        "correction_id": f"flag-{mark.hexdigest()[:12]}",
        "subject": texts["subject"], "field": texts["field"] or "row", "old_value": texts["shown"],
        "new_value": None, "reason": reason, "source_id": texts["source"],
        "locator": texts["locator"], "who": texts["who"], "when": texts["when"],
        "state": "proposed",
    }  # fmt: skip


def at_cells(flags: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return flags of numbers as flags of the cells that hold them.

    A flag names subject and measure, and where the number was printed. It is about the fact of
    that subject and measure from that place, else the row of a target or obligation, else the
    column of the subject's own table; a number that was computed stays as it is flagged.

    Examples
    --------
    >>> flags = pd.DataFrame({"subject": ["a"], "field": ["price"], "old_value": ["5 yuan"],
    ...                       "source_id": ["s"], "locator": ["p. 1"]})
    >>> facts = pd.DataFrame({"fact_id": ["f"], "subject": ["a"], "measure": ["price"],
    ...                       "value": ["5"], "source_id": ["s"], "locator": ["p. 1"]})
    >>> at_cells(flags, {"facts": facts})[["subject", "field", "old_value"]].to_numpy().tolist()
    [['f', 'value', '5']]
    """
    held: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    facts = tables["facts"]
    places = zip(*(facts[n] for n in ("subject", "measure", "source_id", "locator")), strict=True)
    for place, name, value in zip(places, facts["fact_id"], facts["value"], strict=True):
        held.setdefault(place, (name, "value", str(value)))
    columns = ["subject", "field", "old_value"]
    rows = []
    for subject, field, old, source, locator in zip(
        *(flags[n] for n in (*columns, "source_id", "locator")), strict=True
    ):
        fact = held.get((subject, field, source, locator))
        rows.append(fact or _own_cell(subject, field, tables) or (subject, field, old))
    found = pd.DataFrame(rows, columns=columns, index=flags.index, dtype=object)
    return flags.assign(**{name: found[name] for name in columns})


# Measures that stand in the column ``value`` of a row of their own.
_OF_ROWS = {"target_value": "targets", "obligation_required": "obligations"}


def _own_cell(
    subject: str | None, field: str | None, tables: Mapping[str, pd.DataFrame]
) -> tuple[str, str, str] | None:
    measure = MEASURES.get(field or "")
    if measure is None or subject is None:
        return None
    kind = _OF_ROWS.get(measure.name)
    wanted = [(kind, "value")] if kind else [(name, measure.column) for name in KINDS]
    for name, column in wanted:
        table = tables.get(name)
        if table is None or column not in table:
            continue
        cells = table.loc[table[ID_COLUMN[name]] == subject, column]
        if len(cells) and cells.notna().all():
            return subject, column, str(cells.iloc[0])
    return None
