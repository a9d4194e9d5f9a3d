"""A planned import, done: rows accepted, repaired or quarantined, then one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.draft import Draft
from pingshan_geo.catalogue.store import commit
from pingshan_geo.cells import csv_bytes
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, errors_in, in_order
from pingshan_geo.ingest.collecting import uncollected
from pingshan_geo.ingest.columns.mapping import mapping_toml
from pingshan_geo.ingest.plan import (
    IMPORTS,
    MAPPINGS,
    QUARANTINE,
    QUARANTINE_COLUMNS,
    QUARANTINED,
    Plan,
    claimed,
    is_quarantine,
)
from pingshan_geo.ingest.references import AS_DELIVERED
from pingshan_geo.ingest.rows import Outcome, Rows, with_row

_IMPORTS_COLUMNS = (
    "import_id", "file", "sha256", "layer", "mapping", "date",
    "table", "rows", "accepted", "repaired", "quarantined", "crs",
)  # fmt: skip
_TOLD = ("severity", "code", "file", "row", "field", "subject", "value", "message", "fix")


@uncollected()
def run(draft: Draft, plan: Plan, lang: str = "en") -> Outcome:
    """Do a planned import in a draft; `write` makes it last.

    The reasons in the quarantine and all that is kept of what was told are in ``lang``.

    Raises
    ------
    InputError
        If a question is open, no row can be accepted, or the catalogue itself has an error.
    """
    wrong = errors_in(plan.findings)
    delivered = set(plan.delivery.rows.tolist()) if wrong else set()
    whole = [each for each in wrong if each.row not in delivered]
    if plan.questions or whole:
        raise InputError(in_order([*wrong, *plan.questions]))
    if plan.delivery.table.empty:
        raise InputError(in_order([*plan.findings, Finding("no-rows", file=plan.delivery.file)]))
    rows = Rows(draft, plan)
    rows.settle()
    rows.identify()
    frame = rows.accepted()
    before = dict(draft.tables)
    merged = rows.put(frame)
    wrong = errors_in(draft.problems())
    # What only shows beside the other tables, and then what had referred to such rows.
    while mine := _of_rows(wrong, rows):
        draft.tables = dict(before)
        rows.refuse(mine)
        frame = rows.accepted()
        merged = rows.put(frame)
        wrong = errors_in(draft.problems())
    if wrong:
        raise InputError(in_order(wrong))
    rows.renumber()
    outcome = rows.outcome(merged)
    if not len(frame):
        raise InputError(outcome.findings)
    changed = [name for name, table in draft.tables.items() if table is not before[name]]
    if merged.added or merged.changed or len(merged.removed):
        _describe(draft, plan, outcome, rows, changed, lang)
    return outcome


def write(draft: Draft, outcome: Outcome) -> None:
    """Make an import last, as one transaction."""
    if outcome.changes:
        commit(draft.path, outcome.writes, outcome.removes, draft.read)


def _of_rows(wrong: list[Finding], rows: Rows) -> list[tuple[int, Finding]]:
    """Return the errors about delivered rows, by position in the delivery."""
    file = rows.draft.file(rows.table)
    return [
        (-1 - each.row, each)
        for each in wrong
        if each.file == file and each.row is not None and each.row < 0
    ]


def _describe(
    draft: Draft, plan: Plan, outcome: Outcome, rows: Rows, changed: list[str], lang: str
) -> None:
    """Add what goes with the tables: imports.csv, mapping, quarantine, all that was told."""
    request, delivery = plan.request, plan.delivery
    is_given = plan.kept is not None and plan.kept == request.mapping
    mapping = _inside(draft, plan.kept) if is_given else plan.kept
    options = request.options()
    if {"crs", "datum_shift", "control_points"} & set(options):
        options["claim"] = claimed(delivery)
    toml = mapping_toml(plan.proposal.mapping, options)
    place = draft.path / (mapping or "")
    is_same = place.is_file() and place.read_bytes() == toml
    if not is_same and not (mapping and is_quarantine(draft, request.file)):
        if mapping is None or is_given:
            mapping = _mapping_name(draft, request.table, delivery.file, delivery.layer)
        outcome.writes[mapping] = toml
    counts = (outcome.rows, outcome.accepted, outcome.repaired, outcome.quarantined)
    crs = plan.placement.text if plan.placement is not None else None
    values = (
        outcome.import_id, delivery.file, delivery.sha256, delivery.layer, mapping,
        date.today().isoformat(), request.table, *counts, crs,
    )  # fmt: skip
    draft.tables["imports"] = with_row(
        draft.tables["imports"], dict(zip(_IMPORTS_COLUMNS, values, strict=True))
    )
    content, removes = draft.contents(dict.fromkeys([*changed, "imports"]))
    outcome.writes |= content
    outcome.removes += removes
    refused = np.flatnonzero(rows.refused)
    name = f"{QUARANTINE}/{outcome.import_id}.csv"
    if is_quarantine(draft, request.file):  # the accepted rows leave it, the others stay
        name = f"{QUARANTINE}/{Path(request.file).name}"
        if not len(refused):
            outcome.removes.append(name)
    if len(refused):
        outcome.writes[name] = _quarantine(plan, rows, refused, lang)
    if len(outcome.merged.removed):
        gone = outcome.merged.removed.drop(columns="row_number")
        outcome.writes[f"{QUARANTINE}/{outcome.import_id}-removed.csv"] = _table_csv(gone)
    told = [list(_TOLD), *([each.to_dict(lang)[key] for key in _TOLD] for each in outcome.findings)]
    outcome.writes[f"{IMPORTS}/{outcome.import_id}.csv"] = csv_bytes(told)


def _quarantine(
    plan: Plan, rows: Rows, refused: npt.NDArray[np.int64], lang: str
) -> Iterable[bytes]:
    """Return the refused rows as they came, with the reason."""
    delivery = plan.delivery
    reasons = [
        " ".join(f"{each.code}: {each.message(lang)}" for each in rows.reasons.get(int(at), ()))
        for at in refused
    ]
    frame = delivery.table.iloc[refused].astype(object)
    frame = frame.rename(columns={name: name + AS_DELIVERED for name in QUARANTINE_COLUMNS})
    frame.insert(0, QUARANTINED[0], delivery.rows[refused])
    frame.insert(1, QUARANTINED[1], reasons)
    if delivery.geometry is not None:
        frame["geometry"] = delivery.geometry[refused]
    return _table_csv(frame)


def _table_csv(frame: pd.DataFrame) -> Iterable[bytes]:
    """Return a table as CSV; its geometry is WKT at full precision, as it came."""
    if "geometry" in frame:
        shapes = frame["geometry"].to_numpy(dtype=object)
        text = shapely.to_wkt(shapes, rounding_precision=-1, trim=True)
        frame = frame.drop(columns="geometry").assign(geometry_wkt=text)
    cells = frame.astype(object).where(frame.notna(), None)
    return csv_bytes([list(map(str, frame.columns)), *cells.itertuples(index=False)])


def _inside(draft: Draft, mapping: str | None) -> str | None:
    """Return the name that a mapping has in the catalogue, None for a file from elsewhere."""
    place, folder = Path(mapping or "").resolve(), draft.path.resolve()
    return place.relative_to(folder).as_posix() if place.is_relative_to(folder) else None


def _mapping_name(draft: Draft, table: str, file: str, layer: str | None) -> str:
    """Return a free name for a kept mapping, after the file that it was made for."""
    stem = re.sub(r"[^\w-]+", "-", layer or Path(file).stem).strip("-_") or "delivery"
    name, number = f"{MAPPINGS}/{table}-{stem[:60]}.toml", 1
    while (draft.path / name).exists():
        number += 1
        name = f"{MAPPINGS}/{table}-{stem[:60]}-{number}.toml"
    return name
