"""An assessment as a report.

For people it is a table, Markdown or HTML, for programs JSON, CSV, Parquet or XLSX.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pingshan_geo.report.document import document, schema, to_json
from pingshan_geo.report.findings import document_of_findings, findings_table
from pingshan_geo.report.gate import gate
from pingshan_geo.report.render import BINARY, FORMATS, pieces, render
from pingshan_geo.report.rollup import RollUp, roll_up
from pingshan_geo.report.selection import Selection, select, without_lots

if TYPE_CHECKING:
    from pingshan_geo.report.claims import claims_lines, claims_summary, document_of_claims
    from pingshan_geo.report.headline import headline_lines
    from pingshan_geo.report.sensitivity import sensitivity_document, sensitivity_lines
    from pingshan_geo.report.source import document_of_source, source_table
    from pingshan_geo.report.tornado import tornado_svg
    from pingshan_geo.report.why import why_document, why_text

__all__ = [
    "BINARY", "FORMATS", "RollUp", "Selection", "claims_lines", "claims_summary", "document",
    "document_of_claims", "document_of_findings", "document_of_source", "findings_table", "gate",
    "headline_lines", "pieces", "render", "roll_up", "schema", "select", "sensitivity_document",
    "sensitivity_lines", "source_table", "to_json", "tornado_svg", "why_document", "why_text",
    "without_lots",
]  # fmt: skip

_HOME = {
    "claims_lines": "claims", "claims_summary": "claims", "document_of_claims": "claims",
    "headline_lines": "headline", "sensitivity_document": "sensitivity",
    "sensitivity_lines": "sensitivity", "document_of_source": "source", "source_table": "source",
    "tornado_svg": "tornado", "why_document": "why", "why_text": "why",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    # A report of figures needs no audit of sources: those modules wait until they are asked for.
    if name in _HOME:
        return getattr(importlib.import_module(f"pingshan_geo.report.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
