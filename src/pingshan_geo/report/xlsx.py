"""The wide tables as an Excel workbook."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import xlsxwriter

from pingshan_geo.assessment import Assessment
from pingshan_geo.errors import OutputError
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.units import UNITS
from pingshan_geo.words import word

# What Excel can hold; XlsxWriter would cut or drop the rest in silence.
_MOST_CHARACTERS, _MOST_ROWS = 32_767, 1_048_576


def workbook(assessment: Assessment, tables: Mapping[str, pd.DataFrame], lang: str) -> bytes:
    """Return a workbook: a sheet for each kind of subject, the sources and the findings.

    Texts are stored as texts, so that none is a formula or a link; numbers are in the stored
    units at full precision. An unknown value is an empty cell beside its status.

    Raises
    ------
    OutputError
        If a text or a table is larger than a workbook can hold.
    """
    file = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, settings) as book:
        # The date of creation is fixed, so that the same report gives the same bytes.
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        sources = assessment.catalogue.sources.reset_index().drop(
            columns="row_number", errors="ignore"
        )
        findings = pd.DataFrame([finding.to_dict(lang) for finding in assessment.findings])
        for name, table in {**tables, "sources": sources, "findings": findings}.items():
            _sheet(book, word(name, lang), table, lang)
    return file.getvalue()


def _sheet(book: Any, title: str, table: pd.DataFrame, lang: str) -> None:
    sheet = book.add_worksheet(title)
    if len(table) >= _MOST_ROWS:
        raise OutputError(
            f"{title}: {len(table):,} rows are more than a sheet holds; write .csv",
            f"{title}：共 {len(table):,} 行，超出工作表容量，请写成 .csv",
        )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for column, (name, values) in enumerate(table.items()):
        sheet.write_string(0, column, _heading(str(name), lang), bold)
        sheet.set_column(column, column, 24 if values.dtype == object else 16)
        whole = values.astype(object)
        for row, value in enumerate(whole.where(whole.notna(), None), start=1):
            if isinstance(value, str):
                if len(value) > _MOST_CHARACTERS:
                    raise OutputError(
                        f"{title}, row {row}, {name}: {len(value):,} characters are more than a "
                        f"cell holds ({_MOST_CHARACTERS:,}); write .csv",
                        f"{title}，第 {row} 行，{name}：共 {len(value):,} 个字符，超出单元格容量"
                        f"（{_MOST_CHARACTERS:,}），请写成 .csv",
                    )
                sheet.write_string(row, column, value)
            elif value is not None:
                sheet.write_number(row, column, value)
    sheet.freeze_panes(1, 2)
    if len(table.columns):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


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
