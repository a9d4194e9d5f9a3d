"""Claims among the figures of an assessment: computed again, with what each rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pingshan_geo.catalogue.schema import ID_COLUMN
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.measures.claim_table import claim_table, listed
from pingshan_geo.measures.claims import (
    CANNOT,
    CONTRADICTED,
    NOT_PRINTED,
    ROUNDED,
    Lookup,
    Printed,
)
from pingshan_geo.measures.readings import USED
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    from pingshan_geo.assessment.model import Assessment
    from pingshan_geo.assessment.view import View

_CODES = {
    CONTRADICTED: "claim-contradicted", ROUNDED: "claim-rounded", CANNOT: "claim-cannot-be-checked",
}  # fmt: skip


def with_claims(assessment: Assessment) -> Assessment:
    """Return an assessment whose claims are computed from its own figures, with their findings."""
    from pingshan_geo.assessment.view import View  # which asks this module for inputs and notes

    if assessment.claims.empty:
        nobody = Lookup(lambda _: None, lambda _: False, lambda _: None)
        return replace(assessment, claims=claim_table(assessment.claims, nobody).table())
    view = View(assessment)
    look = Lookup(view.figure, lambda name: view.kind_of(name) is not None,
                  lambda name: _printed(view, name))  # fmt: skip
    table = claim_table(assessment.claims, look).table()
    done = replace(assessment, claims=table)
    return replace(done, findings=in_order([*assessment.findings, *_findings(done)]))


def _printed(view: View, figure_id: str) -> Printed | None:
    """Return the digits of a figure that was printed as it stands."""
    measure, _, subject = figure_id.partition("/")
    used = next((f for f in view.facts(measure, subject) if f["role"] == USED), None)
    if used is not None:
        return Printed(used["value_digits"], used["unit"], used["resolution_digits"])
    digits = view.cell("targets", "value_digits", subject) if measure == "target_value" else None
    unit = view.cell("targets", "unit", subject)
    return Printed(digits, unit, None) if digits and unit else None


def inputs_of(view: View, name: str, claim: str) -> tuple[list[str], dict[str, str] | None]:
    """Return the figures that a claim speaks of, or the rows that it counts."""
    claimed = view.cell("claims", "claimed", claim)
    named = listed(view.cell("claims", "inputs", claim))
    if name == "claimed_value":
        return [claimed], None
    if view.cell("claims", "formula", claim) == "count":
        kinds = {view.kind_of(each) for each in named}
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        if kind is None:
            return [], None
        column = ID_COLUMN[kind]
        ids = ", ".join("'" + each.replace("'", "''") + "'" for each in named)
        return [], {"table": kind, "column": column, "where": f"{column} IN ({ids})"}
    own = [each for each in named if each != NOT_PRINTED]
    return (own if name == "claim_computed" else [*own, *([claimed] if claimed else [])]), None


def printed_place(view: View, name: str, claim: str) -> tuple[str, str, str] | None:
    """Return source, locator and text of what a count counts: it has no figures under it."""
    if name != "claim_computed" or view.cell("claims", "formula", claim) != "count":
        return None
    own, claimed = (view.cell("claims", column, claim) for column in ("named_en", "claimed"))
    figure = view.figure(claimed) if claimed else None
    printed = own or next((e.printed for e in figure.evidence), None) if figure else own
    if not printed:
        return None
    source, locator = (view.cell("claims", column, claim) for column in ("source_id", "locator"))
    return source, locator, printed


def notes_of(view: View, name: str, claim: str) -> Iterator[Text]:
    """Yield why a claim cannot be checked, or under which reading it holds."""

    def cell(column: str) -> str | None:
        found: str | None = view.cell("claims", column, claim)
        return found

    if name == "claim_implied":
        yield text("note_claim_implied")
    if name == "claimed_value":
        return
    yield from reason(view, claim)
    reading = cell("claim_reading")
    if reading:
        yield text("note_claim_reading").filled(
            figure=_named(view, cell("claim_about") or ""), reading=text(f"reading_{reading}")
        )
    own = Text(cell("note_en") or "", cell("note_zh") or "")
    if own.en or own.zh:
        yield own


def reason(view: View, claim: str) -> Iterator[Text]:
    """Yield what is missing to check a claim, or how a contradicted one would hold."""
    code, about = (view.cell("claims", f"claim_{name}", claim) for name in ("why", "about"))
    if code is None:
        return
    said = [view.cell("claims", f"missing_{lang}", claim) for lang in ("en", "zh")]
    missing = Text(said[0] or said[1] or "", said[1] or said[0] or "")
    figure = view.figure(about) if about and about != NOT_PRINTED else None
    cause = figure.notes[0] if figure is not None and figure.notes else Text("", "")
    if code in {"missing", "list"} and not missing.en:
        code = "not_said"
    named = _named(view, about) if about else Text("", "")
    yield text(f"note_claim_{code}").filled(missing=missing, figure=named, cause=cause)


def _named(view: View, figure_id: str) -> Text:
    """Return measure and subject of a figure in words, its id where there is none."""
    figure = view.figure(figure_id)
    if figure is None:
        return Text(figure_id, figure_id)
    label = MEASURES[figure.measure].label
    name = view.assessment.subject_name(figure.kind, figure.subject)
    return Text(f"{label.en}, {name.en}", f"{name.zh}{label.zh}")


def _findings(assessment: Assessment) -> Iterator[Finding]:
    from pingshan_geo.assessment.view import View

    view = View(assessment)
    for claim, row in assessment.claims.to_dict("index").items():
        subject, code = str(claim), _CODES.get(row["claim_verdict"])
        if row["claim_why"] == "no_figure":
            yield Finding("claim-no-figure", subject, field="inputs", value=row["claim_about"])
        elif code is not None:
            why = next(reason(view, subject), None) or next(notes_of(view, "", subject), None)
            details = {"claim": assessment.subject_name("claims", subject), "why": why or ""}
            yield Finding(code, subject, details=details)
        yield from _place(view, subject, row)


def _place(view: View, claim: str, row: Mapping[Any, Any]) -> Iterator[Finding]:
    """Yield a finding where the claimed number was printed elsewhere than the claim says."""
    figure = view.figure(row["claimed"]) if row["claimed"] else None
    if figure is None or not figure.evidence:
        return
    places = {(e.source, e.locator) for e in figure.evidence}
    if (row["source_id"], row["locator"]) not in places:
        printed = "; ".join(f"{source} {locator}" for source, locator in sorted(places))
        said = row["locator"]
        yield Finding(
            "claim-place", claim, field="locator", value=said, details={"printed": printed}
        )
