"""The wide tables as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pingshan_geo import cells as cell_texts
from pingshan_geo.assessment import Assessment
from pingshan_geo.report.sheet import heading
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
    told = [finding.to_dict(lang) for finding in assessment.findings]
    findings = pd.DataFrame([row | {"related": " ".join(row["related"])} for row in told])
    sheets = []
    for name, table in {**tables, "sources": sources, "findings": findings}.items():
        cells = table.astype(object).where(table.notna(), None)
        headings = [heading(str(column), lang) for column in cells]
        columns = [column.tolist() for _, column in cells.items()]
        sheets.append((word(name, lang), headings, columns))
    return cell_texts.workbook(sheets)
