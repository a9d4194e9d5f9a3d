"""Obligations and consequences among the figures: where they were printed, what is to be said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from pingshan_geo.findings import Finding
from pingshan_geo.measures.consequences import NO_STEP, UNKNOWN
from pingshan_geo.measures.obligations import MET, OVERDUE
from pingshan_geo.measures.readings import USED
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    from pingshan_geo.assessment.view import View

_CODES = {OVERDUE: "obligation-overdue", UNKNOWN: "obligation-unknown"}


def obligation_findings(table: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for each obligation that is overdue, or of which nobody says how it stands.

    Parameters
    ----------
    table : DataFrame
        Finished table of obligations.
    """
    columns = ("kind", "obligation_verdict", "obligation_due")
    for subject, kind, verdict, due in zip(
        table.index, *(table[name] for name in columns), strict=True
    ):
        code = _CODES.get(verdict)
        if code is not None:
            details = {"kind": text(kind), "due": due if isinstance(due, str) else text("unknown")}
            yield Finding(code, str(subject), value=verdict, details=details)


def step_findings(columns: Iterable[Iterable[Any]], steps: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for each measure with consequences of which no table has figures."""
    known = set[Any]().union(*columns)
    for step, row in steps.to_dict("index").items():
        measure = MEASURES.get(row["measure"])
        if measure is None or measure.status_column not in known:
            value = row["measure"]
            yield Finding("consequence-no-figure", str(step), field="measure", value=value)


def printed_place(view: View, name: str, subject: str) -> tuple[str, str, str] | None:
    """Return source, locator and printed text of what a figure of an obligation stands on.

    For a target the same of its period. None for any other figure.
    """

    def cell(kind: str, column: str) -> str | None:
        found = view.cell(kind, column, subject)
        return None if found is None else str(found)

    if name == "period_share":
        period = (cell("targets", column) or "…" for column in ("period_start", "period_end"))
        printed = " – ".join(period)
        return cell("targets", "source_id") or "", cell("targets", "locator") or "", printed
    if name not in {"obligation_days_left", "obligation_required"}:
        return None
    digits, unit = (cell("obligations", column) for column in ("value_digits", "unit"))
    asked = f"{digits} {UNITS[unit].en if unit in UNITS else ''}".strip() if digits else ""
    due = cell("obligations", "due") if name == "obligation_days_left" else None
    printed = cell("obligations", "printed") or due or asked
    if not printed:
        return None
    locator = cell("obligations", "locator") or "column value"
    return cell("obligations", "source_id") or "", locator, printed


def notes_of(view: View, name: str, subject: str) -> Iterator[Text]:
    """Yield what is to be said of a figure of an obligation: what is missing, and what to enter."""
    verdict = view.cell("obligations", "obligation_verdict", subject)
    due = view.cell("obligations", "obligation_due", subject)
    if name == "obligation_days_left" and due is None:
        yield text("note_no_due")
    if name in {"obligation_days_left", "obligation_required"}:
        if verdict == UNKNOWN and due is not None:
            yield text("note_obligation_unknown").filled(due=due)
        elif verdict not in {MET, UNKNOWN} and due is not None:
            yield _standing(view, subject, verdict, due)
        met = view.cell("obligations", "met_on", subject)
        if verdict == MET and met is not None:
            yield text("note_obligation_met").filled(day=met)


def _standing(view: View, subject: str, verdict: str, due: str) -> Text:
    """Return how an obligation stands that is due or overdue, by what is printed of it."""
    if view.cell("obligations", "kind", subject) == "term":
        return text("note_term_runs").filled(due=due)
    used = next((f for f in view.facts("obligation_reached", subject) if f["role"] == USED), None)
    if verdict == OVERDUE and used and not view.cell("obligations", "open_on", subject):
        parts = {"due": due, "reached": used["printed"], "day": used["as_of"] or "—"}
        return text("note_obligation_short").filled(**parts)
    return text(f"note_obligation_{verdict}").filled(due=due)


def step_note(view: View, kind: str, name: str, subject: str) -> Iterator[Text]:
    """Yield which consequence follows from a figure, or the two that it lies between."""
    found = view.cell(kind, f"{name}_step", subject)
    if found is None or found == UNKNOWN:
        return
    steps = found.split("; ")
    named = [_named(view, step) for step in steps]
    if len(steps) == 1:
        yield (
            text("note_no_step") if steps == [NO_STEP] else text("note_step").filled(step=named[0])
        )
    else:
        yield text("note_between_steps").filled(lowest=named[0], highest=named[1])


def _named(view: View, step: str) -> Text:
    """Return a step with its names and where it is written."""
    if step == NO_STEP:
        return text("no_step")
    catalogue = view.assessment.catalogue
    row = catalogue.consequences.loc[step]
    name = Text(row["name_en"] or row["name_zh"] or step, row["name_zh"] or row["name_en"] or step)
    if not row["source_id"]:
        return name
    title = catalogue.source_title(row["source_id"])
    places = [
        ", ".join(filter(None, (title.get(lang), str(row["locator"] or ""))))
        for lang in ("en", "zh")
    ]
    return Text(f"{name.en} ({places[0]})", f"{name.zh}（{places[1]}）")
