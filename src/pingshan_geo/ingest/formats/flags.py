"""Flags that a reader of the page has downloaded: each is a correction that is proposed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.readers import file_report, read_json
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ingest.delivery import Asked, Delivery
from pingshan_geo.words import Text

#: First member of the document that the page writes.
MARK = "pingshan_geo_flags"
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
        errors = [each for each in found if each.severity == "error"]
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


def _row(flag: Any) -> dict[str, str | None]:
    """Return one flag; what is no text is left out, and told by the checks of the table."""
    members = flag if isinstance(flag, dict) else {}
    said = {name: members.get(name) for name in _TEXTS}
    texts = {name: each.strip() or None if isinstance(each, str) else None
             for name, each in said.items()}  # fmt: skip
    # The same flag, downloaded twice, is one row.
    mark = hashlib.sha256("\x1f".join(texts[name] or "" for name in _TEXTS).encode())
    return {
        "correction_id": f"flag-{mark.hexdigest()[:12]}",
        "subject": texts["subject"], "field": texts["field"] or "row", "old_value": texts["shown"],
        "new_value": None, "reason": texts["comment"], "source_id": texts["source"],
        "locator": texts["locator"], "who": texts["who"], "when": texts["when"],
        "state": "proposed",
    }  # fmt: skip


def at_facts(flags: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Return flags of printed numbers as flags of the facts that hold them.

    A flag names subject and measure, and where the number was printed; the fact is the one of
    that subject and measure from that place. Its value is what a correction would change.
    """
    places = zip(*(facts[n] for n in ("subject", "measure", "source_id", "locator")), strict=True)
    held: dict[tuple[Any, ...], tuple[str, str, str]] = {}
    for place, fact, value in zip(places, facts["fact_id"], facts["value"], strict=True):
        held.setdefault(place, (fact, "value", str(value)))
    columns = ["subject", "field", "old_value"]
    asked = zip(*(flags[n] for n in ("subject", "field", "source_id", "locator")), strict=True)
    own = flags[columns].itertuples(index=False, name=None)
    rows = [held.get(place, said) for place, said in zip(asked, own, strict=True)]
    found = pd.DataFrame(rows, columns=columns, index=flags.index, dtype=object)
    return flags.assign(**{name: found[name] for name in columns})
