"""Figures as lines that people read: units converted, bounds beside values, unknown as a word."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.figure import Completeness, Figure
from pingshan_geo.units import UNITS, format_number
from pingshan_geo.words import word

# Of more ids than this only the first are named; their number is told.
_MOST_NAMED = 6

_COLUMNS = ("subject", "measure", "value", "bounds", "status", "evidence", "notes")


def headings(lang: str) -> dict[str, str]:
    """Return the headings of a table of lines by the names of its columns."""
    return {column: capital(word(f"col_{column}", lang)) for column in _COLUMNS}


def capital(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure in words."""

    subject: str
    subject_name: str
    measure: str
    value: str
    bounds: str
    status: str
    evidence: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The figures of one kind of subject."""

    title: str
    lines: tuple[Line, ...]


def sections(assessment: Assessment, figures: Iterable[Figure], lang: str) -> list[Section]:
    """Return figures in words, a section for each kind of subject.

    Parameters
    ----------
    assessment : Assessment
        Gives names and printed units.
    figures : iterable of Figure
        Figures of one kind stand together.
    lang : str
        ``en`` or ``zh``; the digits and units are the same in both.
    """
    units = printed_units(assessment)
    kinds: dict[str, list[Line]] = {}
    for figure in figures:
        table = assessment.tables[figure.kind]
        name = figure.subject
        if name in table.index:
            name = assessment.subject_name(figure.kind, name).get(lang)
        named = label(assessment, figure).get(lang)
        if figure.basis:
            basis = figure.basis.get(lang)
            named += f"（{basis}）" if lang == "zh" else f" ({basis})"
        value, bounds = shown(figure, shown_unit(figure, units), lang)
        status = word(figure.status, lang)
        if figure.value is not None and figure.verdict not in (None, "unknown"):
            status += ("，" if lang == "zh" else ", ") + word(figure.verdict, lang)
        line = Line(
            figure.subject, name, named, value, bounds, status,
            _evidence(figure), _notes(figure, lang),
        )  # fmt: skip
        kinds.setdefault(figure.kind, []).append(line)
    return [Section(capital(word(kind, lang)), tuple(lines)) for kind, lines in kinds.items()]


def shown(figure: Figure, unit: str, lang: str) -> tuple[str, str]:
    """Return value and bounds in words, in a unit (key of `UNITS`) such as `shown_unit` gives.

    Examples
    --------
    >>> from pingshan_geo.words import Text
    >>> area = Figure("zones", "recorded_area", "a", 51.6e6, 51.55e6, 51.65e6, "m2", "about",
    ...               "recorded", Text("", ""))
    >>> shown(area, "km2", "en")
    ('about 51.6 km²', '51.55–51.65 km²')
    """
    if figure.value is None:
        return word("unknown", lang), ""
    factor = float(UNITS[unit].factor)
    name = UNITS[unit].label(lang)
    value, low, high = (
        None if part is None else part / factor for part in (figure.value, figure.low, figure.high)
    )
    decimals = _decimals(figure.value / factor, low, high, ratio=figure.unit == "1")
    if figure.status in {"recorded", "conflict"}:
        decimals = max(decimals, 4)  # no printed digit is lost
    text = f"{format_number(figure.value / factor, decimals)} {name}".strip()
    if figure.qualifier in ("about", "more_than", "less_than"):
        text = f"{word(figure.qualifier, lang)} {text}"
    if (low is None and high is None) or low == high == value:
        return text, ""
    if low is None or high is None:
        sign, bound = ("≥", low) if high is None else ("≤", high)
        return text, f"{sign} {format_number(bound or 0.0, decimals)} {name}".strip()
    dash = "–" if low >= 0 else " … "
    ends = [format_number(each, decimals) for each in (low, high)]
    if ends[0] == ends[1]:
        return text, ""  # narrower than the digits that are shown
    both = dash.join(ends)
    return text, f"{both} {name}".strip()


def _decimals(value: float, low: float | None, high: float | None, *, ratio: bool) -> int:
    """Return one decimal more than the half width of the bounds has, or six digits without width.

    A ratio has five digits at most.
    """
    size = math.floor(math.log10(abs(value))) if value else 0
    half = (high - low) / 2 if low is not None and high is not None else 0.0
    decimals = 5 - size if half <= 0 else math.ceil(-math.log10(half)) + 1
    return max(0, min(decimals, 4 - size) if ratio else decimals)


def _evidence(figure: Figure) -> str:
    return "; ".join(f"“{e.printed}” {e.source}, {e.locator}" for e in figure.evidence)


def _notes(figure: Figure, lang: str) -> tuple[str, ...]:
    notes = [note.get(lang) for note in figure.notes]
    if figure.completeness:
        notes.append(completeness_text(figure.completeness, lang))
    return tuple(notes)


def completeness_text(completeness: Completeness, lang: str) -> str:
    """Return how many rows are known and what is left out.

    Examples
    --------
    >>> completeness_text(Completeness(1, 3, 0.465, ("a", "b")), "zh")
    '已知行数：1 / 3（占记载总量的 46.5 %）；未计入：a、b。'
    """
    space, comma, pause, stop = ("", "、", "；", "。") if lang == "zh" else (" ", ", ", "; ", ".")
    known, rows = completeness.rows_known, completeness.rows
    text = word("rows_known", lang).format(known=known, rows=rows)
    if completeness.of_recorded_total is not None:
        share = format_number(completeness.of_recorded_total * 100, 1)
        text += space + word("of_recorded_total", lang).format(share=share)
    if completeness.left_out:
        names = list(completeness.left_out[:_MOST_NAMED])
        if more := len(completeness.left_out) - len(names):
            names.append(f"+{more}")
        text += pause + word("left_out", lang).format(names=comma.join(names))
    return text + stop
