"""One report in each format."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from pingshan_geo.findings import printable
from pingshan_geo.report.document import document, to_json
from pingshan_geo.report.people import Line, capital, headings, sections
from pingshan_geo.report.rollup import RollUp
from pingshan_geo.report.selection import Selection
from pingshan_geo.words import word

Report = Selection | RollUp


def render(
    report: Report, form: str, lang: str = "en", *, width: int = 120, colour: bool = False
) -> bytes:
    """Return a report in one of `FORMATS`; same input, same bytes.

    Parameters
    ----------
    report : Selection or RollUp
        What to report.
    form : str
        ``json``, ``csv`` and ``xlsx`` hold stored units at full precision, an unknown value is
        null or an empty cell beside its status. ``table``, ``md`` and ``html`` convert units and
        show an unknown value as a word.
    lang : str
        ``en`` or ``zh``. The headings of CSV are column names in both.
    width : int
        Characters a line of ``table`` may have.
    colour : bool
        Whether ``table`` may hold terminal colours.

    Raises
    ------
    KeyError
        If there is no such format.
    """
    if form == "table":
        return _table(report, lang, width=width, colour=colour)
    return FORMATS[form](report, lang)


def _json(report: Report, lang: str) -> bytes:
    return to_json(document(report.assessment, report.figures(), lang))


def _csv(report: Report, _lang: str) -> bytes:
    from pingshan_geo.report.wide import csv_table

    return b"".join(csv_table(report.wide()))


def _xlsx(report: Report, lang: str) -> bytes:
    from pingshan_geo.report.xlsx import workbook

    return workbook(report.assessment, report.wide(), lang)


def _html(report: Report, lang: str) -> bytes:
    from pingshan_geo.report.html import page

    return page(report.assessment, sections(report.assessment, report.figures(), lang), lang)


def _table(report: Report, lang: str, *, width: int = 120, colour: bool = False) -> bytes:
    """Return tables for a terminal; text from data can neither colour nor move the cursor."""
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text as Plain

    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=colour, no_color=not colour, highlight=False,
        color_system="standard" if colour else None, legacy_windows=False,
    )  # fmt: skip
    for section in sections(report.assessment, report.figures(), lang):
        table = Table(title=section.title, title_justify="left", box=box.SIMPLE_HEAD)
        columns = headings(lang)
        for key in ("subject", "measure", "value", "bounds", "status", "notes"):
            right = key in {"value", "bounds"}
            table.add_column(
                columns[key],
                justify="right" if right else "left",
                overflow="fold",
                min_width=26 if key == "subject" else None,
            )
        before = None
        notes: dict[str, int] = {}
        for line in section.lines:
            numbers = [str(notes.setdefault(note, len(notes) + 1)) for note in line.notes]
            name = "" if line.subject == before else "\n".join(map(printable, _names(line)))
            cells = (line.measure, line.value, line.bounds, line.status, " ".join(numbers))
            table.add_row(Plain(name), *(Plain(printable(cell)) for cell in cells))
            before = line.subject
        console.print(table)
        for note, number in notes.items():
            console.print(Padding(Plain(f"{number}  {printable(note)}", overflow="fold"), (0, 2)))
        console.print()
    text = "\n".join(row.rstrip() for row in file.getvalue().splitlines())
    return f"{text}\n".encode()


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
    for section in sections(assessment, report.figures(), lang):
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
FORMATS: dict[str, Callable[[Report, str], bytes]] = {
    "table": _table,
    "json": _json,
    "csv": _csv,
    "md": _markdown,
    "html": _html,
    "xlsx": _xlsx,
}
