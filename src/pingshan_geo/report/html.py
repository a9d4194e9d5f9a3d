"""The report as one HTML page without scripts, fit to print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from html import escape

from pingshan_geo.assessment import Assessment
from pingshan_geo.report.people import Line, Section, capital, headings
from pingshan_geo.report.sheet import Sheet
from pingshan_geo.words import word

#: What every page without scripts looks like, on a screen and on paper.
STYLE = """
body { font: 15px/1.45 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  color: #1c1f22; background: #fff; overflow-wrap: break-word; max-width: 80rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; }
.figures { table-layout: fixed; }
.figures th:nth-child(n+3):nth-child(-n+5) { width: 9.5%; } .figures th:nth-child(4) { width: 13%; }
.figures th:nth-child(6), .figures th:nth-child(7) { width: 22%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
  border-bottom: 1px solid #d8dcdf; overflow-wrap: break-word; }
th { font-weight: 600; border-bottom-color: #6b747c; }
.number, .figures th:nth-child(3), .figures th:nth-child(4) { text-align: right;
  font-variant-numeric: tabular-nums; }
.small { font-size: .85em; color: #4a5258; }
.unknown { color: #8a4b08; font-style: italic; }
@media screen and (max-width: 50rem) { thead { display: none; }
  table, tbody, tr { display: block; }
  tr { border-bottom: 1px solid #6b747c; padding: .4rem 0; }
  td, .number { display: block; text-align: left; border: 0; padding: .1rem 0; }
  td:empty { display: none; } }
@page { size: A4 landscape; margin: 12mm; }
@media print { body { font-size: 8.5pt; margin: 0; padding: 0; max-width: none; }
  thead { display: table-header-group; } tr, h2 { break-inside: avoid; break-after: auto; }
  h2 { break-after: avoid; } }
"""


def page(
    assessment: Assessment, sections: Iterable[Section], lang: str, sheets: Iterable[Sheet] = ()
) -> bytes:
    """Return a self-contained page: figures in lines or in sheets, the sources, the findings.

    All text from data is escaped; the content security policy allows the one style and nothing
    else.
    """
    parts = [
        head(assessment.catalogue.title.get(lang), lang),
        f"<p>{escape(word('col_as_of', lang))} {assessment.as_of.isoformat()}</p>\n",
    ]
    for section in sections:
        parts.append(f"<h2>{escape(section.title)}</h2>\n")
        parts.append(table(headings(lang).values(), _rows(section, lang), "figures"))
    parts += (f"<h2>{escape(sheet.title)}</h2>\n{sheet_table(sheet)}" for sheet in sheets)
    sources = assessment.catalogue.sources
    shown = ("title_zh" if lang == "zh" else "title_en", "publisher", "date", "url", "licence")
    rows = (
        [f"<td>{escape(str(source))}</td>", *(f"<td>{_text(row[key])}</td>" for key in shown)]
        for source, row in sources.iterrows()
    )
    heads = [word(f"col_{key}", lang) for key in ("source_id", "title", *shown[1:])]
    parts.append(f"<h2>{_heading('sources', lang)}</h2>\n{table(heads, rows, 'sources')}")
    if assessment.findings:
        parts.append(f"<h2>{_heading('findings', lang)}</h2>\n<ul>\n")
        parts.extend(
            f"<li>{escape(word(f.severity, lang))}: {escape(f.line(lang))}</li>\n"
            for f in assessment.findings
        )
        parts.append("</ul>\n")
    return "".join([*parts, "</body>\n</html>\n"]).encode()


def _heading(key: str, lang: str) -> str:
    return escape(capital(word(key, lang)))


def _text(value: object) -> str:
    return escape(value) if isinstance(value, str) else ""


def _rows(section: Section, lang: str) -> Iterator[list[str]]:
    unknown = word("unknown", lang)
    before: Line | None = None
    for line in section.lines:
        same = before is not None and before.subject == line.subject
        name = "" if same else escape(line.subject_name)
        if name and line.subject not in line.subject_name:
            name += f' <span class="small">{escape(line.subject)}</span>'
        missing = " unknown" if line.value == unknown else ""
        yield [
            f"<td>{name}</td>",
            f"<td>{escape(line.measure)}</td>",
            f'<td class="number{missing}">{escape(line.value)}</td>',
            f'<td class="number">{escape(line.bounds)}</td>',
            f"<td>{escape(line.status)}</td>",
            f'<td class="small">{escape(line.evidence)}</td>',
            f'<td class="small">{escape(" ".join(line.notes))}</td>',
        ]
        before = line


def head(title: str, lang: str, style: str = STYLE) -> str:
    r"""Return a page up to its heading; its policy allows the one style and nothing else.

    Examples
    --------
    >>> head("A < B", "en").endswith("<h1>A &lt; B</h1>\n")
    True
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    said = escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{said}</title>\n<style>{style}</style>\n</head>\n<body>\n<h1>{said}</h1>\n"
    )


def sheet_table(sheet: Sheet, said: Callable[[str], str] = escape) -> str:
    """Return a sheet as a table; ``said`` makes text from data fit to stand in a page."""
    kinds = ["number" if number else "" for number in sheet.is_number]
    cells = (
        [f'<td class="{kind}">{said(cell)}</td>' for kind, cell in zip(kinds, row, strict=True)]
        for row in sheet.rows
    )
    return table(sheet.headings, cells, "sheet")


def table(heads: Iterable[str], rows: Iterable[list[str]], kind: str) -> str:
    """Return a table of a class; headings are escaped here, cells are elements already."""
    heading = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
    return (
        f'<table class="{kind}">\n<thead><tr>{heading}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table>\n"
    )
