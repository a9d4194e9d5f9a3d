"""One report in each format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pingshan_geo.errors import UsageError
from pingshan_geo.findings import printable
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.report.document import document, to_json
from pingshan_geo.report.drawn import Column, folded, table_lines
from pingshan_geo.report.findings import findings_table, outline_findings
from pingshan_geo.report.people import Line, Section, capital, headings, sections
from pingshan_geo.report.rollup import RollUp
from pingshan_geo.report.selection import Selection
from pingshan_geo.report.sheet import LAYOUTS, Sheet, sheets
from pingshan_geo.words import word

Report = Selection | RollUp


def render(
    report: Report, form: str, lang: str = "en", *, width: int = 120, colour: bool = False
) -> bytes:
    """Return a report in one of `FORMATS`; same input, same bytes. See `pieces`."""
    return b"".join(pieces(report, form, lang, width=width, colour=colour))


def pieces(
    report: Report, form: str, lang: str = "en", *, width: int = 120, colour: bool = False
) -> Iterator[bytes]:
    """Return a report in one of `FORMATS` piece by piece: ``csv`` and ``parquet`` may be large.

    Parameters
    ----------
    report : Selection or RollUp
        What to report.
    form : str
        ``json``, ``csv``, ``parquet`` and ``xlsx`` hold stored units at full precision, an unknown
        value is null or an empty cell beside its status. ``table``, ``md`` and ``html`` convert
        units and show an unknown value as a word.
    lang : str
        ``en`` or ``zh``. The headings of CSV and Parquet are column names in both.
    width : int
        Characters a line of ``table`` may have.
    colour : bool
        Whether ``table`` may hold terminal colours.

    Raises
    ------
    KeyError
        If there is no such format.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> from pingshan_geo.report import select
    >>> next(pieces(select(assess(load_catalogue()), "far", "far"), "csv"))[:20]
    b'kind,id,name_en,name'
    """
    if form == "table":
        return iter([_table(report, lang, width=width, colour=colour)])
    made = FORMATS[form](report, lang)
    return iter([made]) if isinstance(made, bytes) else made


def _json(report: Report, lang: str) -> bytes:
    if report.columns and not set(report.columns) & {m.column for m in MEASURES.values()}:
        raise UsageError(
            "JSON holds figures: name a column that is a measure, or another format",
            "JSON 只含数据：请指定为量的列，或改用其他格式",
        )
    return to_json(document(report.assessment, report.figures(), lang))


def _csv(report: Report, _lang: str) -> Iterator[bytes]:
    from pingshan_geo.report.wide import csv_table

    return csv_table(report.wide_parts())


def _parquet(report: Report, _lang: str) -> Iterator[bytes]:
    from pingshan_geo.report.wide import parquet_table

    return parquet_table(report.wide_parts())


def _xlsx(report: Report, lang: str) -> bytes:
    from pingshan_geo.report.xlsx import workbook

    return workbook(report.assessment, report.wide(), lang)


def _html(report: Report, lang: str) -> bytes:
    from pingshan_geo.report.html import page

    found = _sheets(report, lang)
    lines = () if found else sections(report.assessment, report.figures(), lang)
    return page(report.assessment, lines, lang, found)


def _sheets(report: Report, lang: str, *, is_narrow: bool = False) -> list[Sheet]:
    """Return the report as tables with a row a subject, none where it is a list of figures."""
    if not report.columns and report.group not in LAYOUTS:
        return []
    return sheets(
        report.assessment, report.wide(), report.columns, report.group, lang, is_narrow=is_narrow
    )


def _table(report: Report, lang: str, *, width: int = 120, colour: bool = False) -> bytes:
    """Return tables for a terminal; text from data can neither colour nor move the cursor."""
    lines: list[str] = []
    found = _sheets(report, lang, is_narrow=True)
    for sheet in found:
        columns = []
        for at, (head, is_number) in enumerate(zip(sheet.headings, sheet.is_number, strict=True)):
            longest = max((len(row[at]) for row in sheet.rows), default=0)
            least = min(longest, 12 if is_number or at == 0 else 8)
            columns.append(Column(head, is_number, least))
        rows = [[printable(cell) for cell in row] for row in sheet.rows]
        lines += table_lines(sheet.title, columns, rows, width=width, colour=colour)
    for section in () if found else sections(report.assessment, report.figures(), lang):
        lines += _section(section, lang, width=width, colour=colour)
    text = "\n".join(lines)
    if report.group == "quality":
        subjects = {str(each) for table in report.wide().values() for each in table["id"]}
        text += "\n" + findings_table(outline_findings(report.assessment, subjects), lang)
    return f"{text}\n".encode()


def _section(section: Section, lang: str, *, width: int, colour: bool) -> Iterator[str]:
    """Yield the lines of one kind of subject: a table, the notes that its rows name by number."""
    names = headings(lang)
    columns = [
        Column(names[key], key in {"value", "bounds"}, 26 if key == "subject" else None)
        for key in ("subject", "measure", "value", "bounds", "status", "notes")
    ]
    before, rows = None, []
    notes: dict[str, int] = {}
    for line in section.lines:
        numbers = [str(notes.setdefault(note, len(notes) + 1)) for note in line.notes]
        name = "" if line.subject == before else "\n".join(map(printable, _names(line)))
        cells = (line.measure, line.value, line.bounds, line.status, " ".join(numbers))
        rows.append([name, *map(printable, cells)])
        before = line.subject
    yield from table_lines(section.title, columns, rows, width=width, colour=colour)
    for note, number in notes.items():
        yield from (f"  {each}" for each in folded(f"{number}  {printable(note)}", width - 4))
    yield ""


def _names(line: Line) -> list[str]:
    """Return the name of a subject, and its id where the name does not hold it."""
    return [line.subject_name, *([line.subject] if line.subject not in line.subject_name else [])]


_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$&])")


def _markdown(report: Report, lang: str) -> bytes:
    """Return Markdown tables (GitHub flavour) in which text from data is text."""

    def cell(text: str) -> str:
        return _MARKDOWN.sub(r"\\\1", re.sub(r"[\r\n]+", " ", text))

    assessment = report.assessment
    title, as_of = assessment.catalogue.title.get(lang), assessment.as_of.isoformat()
    lines = [f"# {cell(title)}", "", f"{word('col_as_of', lang)} {as_of}"]
    found = _sheets(report, lang)
    for sheet in found:
        rule = "|".join("--:" if number else "---" for number in sheet.is_number)
        lines += ["", f"## {sheet.title}", ""]
        lines += ["| " + " | ".join(sheet.headings) + " |", f"|{rule}|"]
        lines += ["| " + " | ".join(map(cell, row)) + " |" for row in sheet.rows]
    for section in () if found else sections(assessment, report.figures(), lang):
        lines += ["", f"## {section.title}", ""]
        lines.append("| " + " | ".join(headings(lang).values()) + " |")
        lines.append("|---|---|--:|--:|---|---|---|")
        for line in section.lines:
            cells = (" · ".join(_names(line)), line.measure, line.value, line.bounds, line.status,
                     line.evidence, " ".join(line.notes))  # fmt: skip
            lines.append("| " + " | ".join(cell(each) for each in cells) + " |")
    if assessment.findings:
        lines += ["", f"## {capital(word('findings', lang))}", ""]
        lines += [f"- {word(f.severity, lang)}: {cell(f.line(lang))}" for f in assessment.findings]
    return ("\n".join(lines) + "\n").encode()


#: What `render` knows, by name.
FORMATS: dict[str, Callable[[Report, str], bytes | Iterator[bytes]]] = {
    "table": _table,
    "json": _json,
    "csv": _csv,
    "md": _markdown,
    "html": _html,
    "xlsx": _xlsx,
    "parquet": _parquet,
}
#: Those of them that are not text.
BINARY = ("xlsx", "parquet")
