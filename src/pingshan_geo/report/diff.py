"""Two catalogues compared, in each format: what differs, and why each figure is another."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from importlib import metadata
from itertools import islice
from typing import Any

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.audit.changes import RowChange
from pingshan_geo.audit.contributions import Comparison, FigureChange
from pingshan_geo.audit.outlines import OutlineChange
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Figure
from pingshan_geo.findings import printable, shortened
from pingshan_geo.ids import hint
from pingshan_geo.report.diff_words import (
    amount,
    change_texts,
    one_of,
    outline_text,
    reasons,
    summary,
)
from pingshan_geo.report.document import to_json
from pingshan_geo.report.drawn import Column, folded, table_lines
from pingshan_geo.report.people import capital, shown
from pingshan_geo.report.sheet import Sheet
from pingshan_geo.units import UNITS, format_number
from pingshan_geo.words import text, word

SCHEMA_VERSION = "1.0"
# A comment on a review takes no 4 000 figures.
_MOST_LINES = 100
# Figures of a subject that came or went are one line.
_FOLDED = (("came",), ("gone",))
# Differences of doubles are this uncertain: 0.31 − 0.30 is no more than 0.01.
_NOTHING = 1e-9


def render_diff(
    comparison: Comparison, form: str, lang: str = "en", *, width: int = 120, colour: bool = False
) -> bytes:
    """Return a comparison in one of `DIFF_FORMATS`; same input, same bytes.

    Parameters
    ----------
    comparison : Comparison
        From `pingshan_geo.audit.contributions.compare`.
    form : str
        ``table`` and ``md`` hold the first hundred lines of each table and say what is left out;
        ``json`` holds all at full precision in stored units; ``html`` is a page for a browser.
    lang : str
        ``en`` or ``zh``.
    width, colour
        Characters a line of ``table`` may have, and whether it may hold terminal colours.

    Raises
    ------
    KeyError
        If there is no such format.
    """
    if form == "table":
        return _table(comparison, lang, width=width, colour=colour)
    return DIFF_FORMATS[form](comparison, lang)


def diff_sheets(comparison: Comparison, lang: str = "en", most: int | None = None) -> list[Sheet]:
    """Return the tables of figures, outlines and rows; of each at most so many rows."""
    figures = _by_weight(comparison)
    outlines, rows = comparison.outlines[:most], comparison.rows[:most]
    parts = (
        _sheet("diff_figures", ("figure", "before", "after", "difference", "why"), (1, 2, 3), lang,
               islice(_figure_rows(comparison, figures, lang), most)),
        _sheet("diff_outlines", ("what", "area_before", "area_after", "in_common", "distance"),
               (1, 2, 3, 4), lang, (_outline_row(each, lang) for each in outlines)),
        _sheet("diff_rows", ("table", "row", "what", "field", "old", "new"), (), lang,
               (row for each in rows for row in _cells(each, lang))),
    )  # fmt: skip
    return [sheet for sheet in parts if sheet.rows]


def over(comparison: Comparison, limits: Mapping[str, float], lang: str = "en") -> Iterator[str]:
    """Yield a line for each figure that is not surely within its limit.

    Parameters
    ----------
    comparison : Comparison
        From `pingshan_geo.audit.contributions.compare`.
    limits : mapping of float
        Largest difference by figure id, in the stored unit: 0.01 is one point of a rate. A figure
        that is unknown, or not there, on either side is not within any limit.

    Raises
    ------
    UsageError
        If a figure is in neither catalogue; the message names the nearest.
    """
    ids = [set(each.figure_ids()) for each in (comparison.before, comparison.after)]
    for figure_id in limits:
        if figure_id not in ids[0] | ids[1]:
            near, near_zh = hint(figure_id, ids[0] | ids[1])
            raise UsageError(
                f"there is no figure {figure_id!r}{near}", f"没有数据 {figure_id!r}{near_zh}"
            )
    changed = {each.id: each for each in comparison.figures}
    for figure_id, limit in limits.items():
        sides = zip((comparison.before, comparison.after), ids, strict=True)
        one, two = (each.figure(figure_id) if figure_id in known else None for each, known in sides)
        if one is None or two is None:
            yield text("diff_over_absent").filled(figure=figure_id).get(lang)
        elif one.value is None or two.value is None or one.unit != two.unit:
            yield text("diff_over_unknown").filled(figure=figure_id).get(lang)
        elif figure_id in changed:
            by = abs(float(changed[figure_id].difference or 0))
            if by > limit and not math.isclose(by, limit, rel_tol=_NOTHING):
                parts = {"by": f"{by:.6g}", "limit": f"{limit:.6g}"}
                yield text("diff_over_limit").filled(figure=figure_id, **parts).get(lang)


def _by_weight(comparison: Comparison) -> list[FigureChange]:
    """Return the figures that lead first, then those with another value, then all others."""
    lead = {*comparison.before.catalogue.headline, *comparison.after.catalogue.headline}
    rank = {"came": 1, "gone": 1, "bounds": 2, "status": 2, "evidence": 2}
    return sorted(
        comparison.figures, key=lambda each: (each.id not in lead, rank.get(each.what[0], 0))
    )


def left_out(comparison: Comparison, lang: str, most: int) -> dict[str, str]:
    """Return by title of a table what is said of lines that it does not show."""
    gone = [each for each in comparison.figures if each.what in _FOLDED]
    folded = len(gone) - len(set(map(_fold, gone)))
    found = {}
    for name in ("figures", "outlines", "rows"):
        more = len(getattr(comparison, name)) - most - (folded if name == "figures" else 0)
        if more > 0:
            said = text("diff_more").filled(count=format_number(more)).get(lang)
            found[word(f"diff_{name}", lang)] = said
    return found


def _sheet(
    title: str, heads: tuple[str, ...], numbers: tuple[int, ...], lang: str,
    rows: Iterable[tuple[str, ...]],
) -> Sheet:  # fmt: skip
    return Sheet(
        word(title, lang), tuple(word(f"diff_{head}", lang) for head in heads),
        tuple(at in numbers for at in range(len(heads))), tuple(rows),
    )  # fmt: skip


def _figure_rows(
    comparison: Comparison, figures: list[FigureChange], lang: str
) -> Iterator[tuple[str, ...]]:
    units = [printed_units(each) for each in (comparison.before, comparison.after)]
    counts = Counter(map(_fold, comparison.figures))
    causes = change_texts(comparison, lang)
    told = set[Any]()
    for each in figures:
        fold = _fold(each)
        if fold in told:
            continue
        sides = ((each.before, comparison.before), (each.after, comparison.after))
        figure, assessment = next((f, a) for f, a in reversed(sides) if f is not None)
        known = [f for f, _ in sides if f is not None and f.value is not None]
        unit = shown_unit(known[-1] if known else figure, units[assessment is comparison.after])
        said = (
            amount(each.difference, unit, lang)
            if each.difference
            else ", ".join(word(f"diff_is_{what}", lang) for what in each.what)
        )
        why = "; ".join(reasons(each, causes, unit, lang))
        if each.what in _FOLDED and counts[fold] > 1:  # one line for all of them
            told.add(fold)
            lot = figure.subject.partition("@")[0]
            kind = "parcels" if figure.kind == "overlay" else figure.kind
            name = assessment.subject_name(kind, lot).get(lang)
            count = text("diff_figures_of").filled(count=str(counts[fold])).get(lang)
            yield f"{name}: {count} · {lot}", "", "", said, why
            continue
        yield (
            _name(assessment, figure, lang), _value(each.before, unit, lang),
            _value(each.after, unit, lang), said, why,
        )  # fmt: skip


def _fold(figure: FigureChange) -> tuple[Any, ...]:
    """Return what the figures of one line have in common: what, of which lot, by which changes."""
    lot = figure.id.partition("/")[2].partition("@")[0]
    return figure.what, lot, tuple(part.change for part in figure.contributions)


def _name(assessment: Assessment, figure: Figure, lang: str) -> str:
    name = assessment.subject_name(figure.kind, figure.subject).get(lang)
    return f"{name}: {label(assessment, figure).get(lang)} · {figure.id}"


def _value(figure: Figure | None, unit: str, lang: str) -> str:
    if figure is None:
        return word("diff_not_there", lang)
    if UNITS[unit].si != figure.unit:
        unit = figure.unit
    value, bounds = shown(figure, unit, lang)
    return f"{value} [{bounds}]" if bounds else value


def _outline_row(change: OutlineChange, lang: str) -> tuple[str, ...]:
    def area(value: float | None) -> str:
        if value is None:
            return "—"
        drawn = "" if change.is_measured else f" ({word('diff_drawn', lang)})"
        return f"{format_number(value, 1)} m²{drawn}"

    common = "—" if change.in_common is None else f"{format_number(change.in_common * 100, 2)} %"
    far = "—" if change.distance_m is None else f"{format_number(change.distance_m, 3)} m"
    areas = area(change.area_before_m2), area(change.area_after_m2)
    return capital(outline_text(change, lang)), *areas, common, far


def _cells(row: RowChange, lang: str) -> Iterator[tuple[str, ...]]:
    first = (one_of(row.table, lang), row.row_id, word(f"diff_kind_{row.kind}", lang))
    if not row.cells:
        yield *first, "", "", ""
    for cell in row.cells:
        yield *first, cell.field, cell.old or "", cell.new or ""


def diff_document(comparison: Comparison, lang: str = "en") -> dict[str, Any]:
    """Return a comparison as one document: values in stored units, texts in ``lang``.

    ``difference``, the ``difference`` of each contribution and ``leftover`` are the doubles
    nearest to the exact numbers, which add up.
    """

    def number(part: Fraction | None) -> float | None:
        return None if part is None else float(part)

    def outline(each: OutlineChange) -> dict[str, Any]:
        return {
            "kind": each.kind, "before": list(each.before), "after": list(each.after),
            "area_before_m2": each.area_before_m2, "area_after_m2": each.area_after_m2,
            "is_measured": each.is_measured, "in_common": each.in_common,
            "distance_m": each.distance_m,
        }  # fmt: skip

    def figure(each: FigureChange) -> dict[str, Any]:
        return {
            "id": each.id, "what": list(each.what),
            "before": each.before.to_dict(lang) if each.before else None,
            "after": each.after.to_dict(lang) if each.after else None,
            "difference": number(each.difference),
            "contributions": [
                {"change": part.change, "difference": number(part.difference), "what": part.what}
                for part in each.contributions
            ],
            "leftover": number(each.leftover),
        }  # fmt: skip

    def catalogue(each: Assessment) -> dict[str, Any]:
        return {"id": each.catalogue.id, "title": each.catalogue.title.get(lang),
                "as_of": each.as_of.isoformat(), "sha256": each.catalogue.sha256}  # fmt: skip

    return {
        "schema_version": SCHEMA_VERSION,
        "software": {"pingshan_geo": metadata.version("pingshan-geo")},
        "before": catalogue(comparison.before),
        "after": catalogue(comparison.after),
        "rows": [
            {"table": row.table, "id": row.row_id, "kind": row.kind,
             "cells": [{"field": c.field, "old": c.old, "new": c.new} for c in row.cells]}
            for row in comparison.rows
        ],
        "parcels": [outline(each) for each in comparison.outlines if each.table == "parcels"],
        "zones": [outline(each) for each in comparison.outlines if each.table == "zones"],
        "changes": [
            {"kind": c.kind, "table": c.table, "before": list(c.before), "after": list(c.after),
             "rows": [list(row) for row in c.rows], "count": c.count, "text": said}
            for c, said in zip(comparison.changes, change_texts(comparison, lang), strict=True)
        ],
        "figures": [figure(each) for each in comparison.figures],
    }  # fmt: skip


def _json(comparison: Comparison, lang: str) -> bytes:
    return to_json(diff_document(comparison, lang))


_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$&@#])")


def _markdown(comparison: Comparison, lang: str) -> bytes:
    """Return Markdown for a review comment, in which text from data is text."""

    def cell(said: str) -> str:
        return _MARKDOWN.sub(
            r"\\\1", printable(shortened(re.sub(r"[\r\n]+", " ", said), 600, lang))
        )

    lines = [f"# {word('diff_title', lang)}", ""]
    lines += [cell(line) + "  " for line in summary(comparison, lang)]
    more = left_out(comparison, lang, _MOST_LINES)
    for sheet in diff_sheets(comparison, lang, _MOST_LINES):
        lines += ["", f"## {sheet.title}", "", "| " + " | ".join(sheet.headings) + " |"]
        lines.append("|" + "|".join("--:" if number else "---" for number in sheet.is_number) + "|")
        lines += ["| " + " | ".join(map(cell, row)) + " |" for row in sheet.rows]
        lines += ["", more[sheet.title]] if sheet.title in more else []
    return (
        "\n".join(line.rstrip() if not line.strip() else line for line in lines) + "\n"
    ).encode()


def _table(comparison: Comparison, lang: str, *, width: int = 120, colour: bool = False) -> bytes:
    """Return tables for a terminal; text from data can neither colour nor move the cursor."""
    lines = [row for line in summary(comparison, lang) for row in folded(printable(line), width)]
    more = left_out(comparison, lang, _MOST_LINES)
    for sheet in diff_sheets(comparison, lang, _MOST_LINES):
        heads = zip(sheet.headings, sheet.is_number, strict=True)
        columns = [Column(head, is_number) for head, is_number in heads]
        rows = [[printable(shortened(each, 600, lang)) for each in row] for row in sheet.rows]
        lines += table_lines(sheet.title, columns, rows, width=width, colour=colour)
        lines += folded(more[sheet.title], width) if sheet.title in more else []
    return ("\n".join(lines) + "\n").encode()


def _html(comparison: Comparison, lang: str) -> bytes:
    from pingshan_geo.report.diff_page import diff_page

    return diff_page(comparison, lang)


#: What `render_diff` knows, by name.
DIFF_FORMATS: dict[str, Callable[[Comparison, str], bytes]] = {
    "table": _table,
    "md": _markdown,
    "json": _json,
    "html": _html,
}
