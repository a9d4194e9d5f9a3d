"""Templates of the tables that can be imported: empty, with notes, ready to be filled."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime

from pingshan_geo.catalogue.load import Catalogue, load_catalogue
from pingshan_geo.catalogue.schema import ID_COLUMN, SPATIAL, TABLES, Column
from pingshan_geo.cells import csv_bytes
from pingshan_geo.ingest.columns.headings import stored_unit
from pingshan_geo.ingest.columns.mapping import IMPORTABLE
from pingshan_geo.units import SUFFIX, UNITS
from pingshan_geo.words import LANGUAGES, Text, text, word, words

_WKT = Column("wkt")
_LAST_ROW = 1_048_575  # of a sheet, from 0
_NOTES = ("column_heading", "column_meaning", "column_form", "column_allowed", "column_example")


def templates() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each template, and of ``README.md``, which explains the columns.

    The heading is that of the catalogue, so a filled template is imported without a mapping. In
    the workbook each heading has a note, columns of codes have a list to choose from, and ids
    and dates are text, which a spreadsheet does not rewrite.
    """
    examples = load_catalogue()
    yield "README.md", _readme(examples).encode()
    for table in IMPORTABLE:
        columns = _columns(table)
        yield f"{table}.csv", b"".join(csv_bytes([[column.name for column in columns]]))
        yield f"{table}.xlsx", _workbook(table, columns, examples)


def _columns(table: str) -> tuple[Column, ...]:
    return (*TABLES[table], _WKT) if table in SPATIAL else TABLES[table]


def _workbook(table: str, columns: tuple[Column, ...], examples: Catalogue) -> bytes:
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # no clock in it
        bold = book.add_format({"bold": True})
        plain = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(table)
        for place, column in enumerate(columns):
            is_number = column.kind in {"number", "amount"}
            sheet.set_column(place, place, 20, None if is_number else plain)
            sheet.write_string(0, place, column.name, bold)
            note = "\n".join(_note(table, column, examples, lang) for lang in LANGUAGES)
            sheet.write_comment(0, place, note, {"x_scale": 2.5, "y_scale": 2.5})
            if column.values:
                # Words that mean these codes are understood too, hence no more than a hint.
                rule = {"validate": "list", "source": list(column.values)}
                rule["error_type"] = "information"
                sheet.data_validation(1, place, _LAST_ROW, place, rule)
        sheet.freeze_panes(1, 1)
    return file.getvalue()


def _note(table: str, column: Column, examples: Catalogue, lang: str) -> str:
    lines = [_meaning(table, column).get(lang), _form(column).get(lang), _allowed(column, lang)]
    example = _example(table, column, examples)
    if example:
        lines.append(f"{word('column_example', lang)}: {example}")
    return "\n".join(line for line in lines if line)


def _readme(examples: Catalogue) -> str:
    lines = [
        "# Templates 模板",
        "",
        "Fill one and import it: 填写后导入：",
        "",
        "    pingshan-geo --catalogue DIR import FILE --as TABLE",
    ]
    for table in IMPORTABLE:
        heading = text(table)
        lines += ["", f"## {table}: {heading.en} {heading.zh}", ""]
        lines.append("| " + " | ".join(" ".join(text(key)) for key in _NOTES) + " |")
        lines.append("|---" * len(_NOTES) + "|")
        for column in _columns(table):
            cells = [
                f"`{column.name}`",
                " ".join(_meaning(table, column)),
                " ".join(_form(column)),
                _allowed(column, "zh"),
                _example(table, column, examples),
            ]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _meaning(table: str, column: Column) -> Text:
    """Return what a column holds; a measure is explained where the glossary explains it."""
    if column.name == ID_COLUMN[table]:
        return text("column_own_id")
    measure = words().get(column.name.removesuffix("_m2").removesuffix("_m"))
    if column.kind == "amount" and measure and measure.definition.en:
        return measure.definition
    return text(f"column_{column.name}")


def _form(column: Column) -> Text:
    parts = [text(f"column_kind_{column.kind}")]
    unit = stored_unit(column.name)
    parts += [Text(UNITS[unit].en, UNITS[unit].zh)] if unit in SUFFIX else []
    parts += [text("column_required")] if column.filled else []
    return Text(", ".join(part.en for part in parts), "，".join(part.zh for part in parts))


def _allowed(column: Column, lang: str) -> str:
    """Return the codes of a column, each with its word where the language has another."""
    if column.refers:
        return " / ".join(f"{table}.{ID_COLUMN[table]}" for table in column.refers)
    named = [(code, text(code).get(lang)) for code in column.values]
    return ", ".join(
        code if name == code or lang == "en" else f"{code} {name}" for code, name in named
    )


def _example(table: str, column: Column, examples: Catalogue) -> str:
    """Return the first value in the catalogue that ships with the package; empty if none."""
    known = getattr(examples, table).reset_index()
    if column is _WKT:
        return "POLYGON ((114.36 22.69, 114.37 22.69, 114.37 22.7, 114.36 22.69))"
    if column.name not in known or not known[column.name].notna().any():
        return ""
    value = known[column.name].dropna().iloc[0]
    return f"{value:g}" if isinstance(value, float) else str(value)
