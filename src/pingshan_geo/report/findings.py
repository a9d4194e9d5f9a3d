"""Findings as a table for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from pingshan_geo.assessment import Assessment
from pingshan_geo.findings import Finding, printable
from pingshan_geo.report.document import SCHEMA_VERSION
from pingshan_geo.words import word


def document_of_findings(found: Iterable[Finding], lang: str = "en") -> dict[str, Any]:
    """Return findings alone, in the shape that they have in the report document."""
    return {
        "schema_version": SCHEMA_VERSION,
        "findings": [finding.to_dict(lang) for finding in found],
    }


#: Codes of findings about outlines: between parcels, against zones and against the record.
OUTLINE_CODES = (
    "must-not-overlap", "must-not-have-duplicates", "feature-within-feature", "missing-vertex",
    "must-not-have-gaps", "sliver-polygon", "must-be-covered-by", "zones-overlap",
    "zone-disagrees", "area-disagrees", "area-explained",
)  # fmt: skip


def outline_findings(assessment: Assessment, subjects: Collection[str]) -> list[Finding]:
    """Return what was found between the outlines of some subjects, or them and what is printed."""
    found = (finding for finding in assessment.findings if finding.code in OUTLINE_CODES)
    return [f for f in found if not {f.subject, *f.related}.isdisjoint(subjects)]


def findings_table(found: Iterable[Finding], lang: str = "en") -> str:
    """Return findings in lines: severity, place, code, then message and what to do.

    Text from data can neither break the line nor colour it.
    """
    lines = []
    for finding in found:
        head = f"{word(finding.severity, lang)}  {finding.place()}  {finding.code}"
        lines += [head, f"    {finding.message(lang)}", f"    → {finding.fix(lang)}"]
    return "".join(f"{printable(line)}\n" for line in lines)
