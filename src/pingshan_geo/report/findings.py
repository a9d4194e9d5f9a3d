"""Findings as a table for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pingshan_geo.findings import Finding, printable
from pingshan_geo.report.document import SCHEMA_VERSION
from pingshan_geo.words import word


def document_of_findings(found: Iterable[Finding], lang: str = "en") -> dict[str, Any]:
    """Return findings alone, in the shape that they have in the report document."""
    return {
        "schema_version": SCHEMA_VERSION,
        "findings": [finding.to_dict(lang) for finding in found],
    }


def findings_table(found: Iterable[Finding], lang: str = "en") -> str:
    """Return findings in lines: severity, place, code, then message and what to do.

    Text from data can neither break the line nor colour it.
    """
    lines = []
    for finding in found:
        head = f"{word(finding.severity, lang)}  {finding.place()}  {finding.code}"
        lines += [head, f"    {finding.message(lang)}", f"    → {finding.fix(lang)}"]
    return "".join(f"{printable(line)}\n" for line in lines)
