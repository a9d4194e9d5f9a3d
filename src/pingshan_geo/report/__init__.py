"""An assessment as a report: for people (table, Markdown, HTML), for programs (JSON, CSV, XLSX)."""

from __future__ import annotations

from pingshan_geo.report.claims import claims_lines, claims_summary, document_of_claims
from pingshan_geo.report.document import document, schema, to_json
from pingshan_geo.report.findings import document_of_findings, findings_table
from pingshan_geo.report.gate import gate
from pingshan_geo.report.headline import headline_lines
from pingshan_geo.report.render import FORMATS, render
from pingshan_geo.report.rollup import RollUp, roll_up
from pingshan_geo.report.selection import Selection, select
from pingshan_geo.report.sensitivity import sensitivity_document, sensitivity_lines
from pingshan_geo.report.source import document_of_source, source_table
from pingshan_geo.report.tornado import tornado_svg
from pingshan_geo.report.why import why_document, why_text

__all__ = [
    "FORMATS", "RollUp", "Selection", "claims_lines", "claims_summary", "document",
    "document_of_claims", "document_of_findings", "document_of_source", "findings_table", "gate",
    "headline_lines", "render", "roll_up", "schema", "select", "sensitivity_document",
    "sensitivity_lines", "source_table", "to_json", "tornado_svg", "why_document", "why_text",
]  # fmt: skip
