"""The wide tables as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pingshan_geo import output
from pingshan_geo.assessment import Assessment
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.units import UNITS
from pingshan_geo.words import word


def workbook(assessment: Assessment, tables: Mapping[str, pd.DataFrame], lang: str) -> bytes:
    """Return a workbook: a sheet for each kind of subject, the sources and the findings.

    Numbers are in the stored units at full precision. An unknown value is an empty cell beside
    its status.

    Raises
    ------
    OutputError
        If a text or a table is larger than a workbook can hold.
    """
    sources = assessment.catalogue.sources.reset_index().drop(columns="row_number", errors="ignore")
    findings = pd.DataFrame([finding.to_dict(lang) for finding in assessment.findings])
    sheets = []
    for name, table in {**tables, "sources": sources, "findings": findings}.items():
        cells = table.astype(object).where(table.notna(), None)
        headings = [_heading(str(column), lang) for column in cells]
        columns = [column.tolist() for _, column in cells.items()]
        sheets.append((word(name, lang), headings, columns))
    return output.workbook(sheets)


def _heading(column: str, lang: str) -> str:
    """Return the words for a column, with its unit."""
    for measure in MEASURES.values():
        if not column.startswith(measure.name):
            continue
        parts = {
            measure.column: "",
            measure.low_column: word("col_low", lang),
            measure.high_column: word("col_high", lang),
            measure.status_column: word("col_status", lang),
            measure.qualifier_column: word("qualifier", lang),
        }
        if column in parts:
            is_number = column in (measure.column, measure.low_column, measure.high_column)
            unit = UNITS[measure.unit].label(lang) if is_number and measure.unit else ""
            label = f"{measure.label.get(lang)} {parts[column]}".strip()
            return f"{label} ({unit})" if unit else label
    return word(column, lang)
