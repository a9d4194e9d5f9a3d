"""A tornado: how far each change moves a figure, as a small SVG of its own."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pingshan_geo.assessment.shown import shown_unit
from pingshan_geo.audit.sensitivity import Change, Sensitivity
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.report.sensitivity import outcome_text, value_text
from pingshan_geo.words import text, word

#: More bars than this nobody reads; how many there are in all is said.
MOST_BARS = 24
_WIDTH, _LABELS, _VALUES, _ROW, _TOP = 760, 250, 86, 24, 26
_SIZE = 12
# Width of letters in parts of their size: half and full width.
_NARROW, _WIDE = 0.56, 1.0
# The threshold is drawn to scale where the bars keep at least this part of the width.
_LEAST_SHARE = 0.3
_COLOURS = {
    "low": "var(--sensitivity-low, #b86a1f)",
    "high": "var(--sensitivity-high, #2b7f93)",
    "other": "var(--sensitivity-other, #7a7f87)",
    "threshold": "var(--sensitivity-threshold, #c0392b)",
}


def tornado_svg(result: Sensitivity, lang: str = "en", unit: str | None = None) -> str | None:
    """Return a tornado of all changes, the largest on top; None where nothing can be moved.

    Parameters
    ----------
    result : Sensitivity
        From `pingshan_geo.audit.sensitivity`.
    lang : str
        ``en`` or ``zh``.
    unit : str, optional
        Key of `UNITS` in which values are shown, such as `shown_unit` gives it for the printed
        units of an assessment.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> from pingshan_geo.audit.sensitivity import sensitivity
    >>> drawn = tornado_svg(sensitivity(assess(load_catalogue()), "far/G13113-8014"))
    >>> drawn.startswith("<svg "), drawn.count("<rect ")
    (True, 4)
    """
    figure = result.figure
    if not result.changes or figure.value is None:
        return None
    shown = unit or shown_unit(figure, {})
    changes = result.changes[:MOST_BARS]
    chart = _Chart(result, changes, shown, lang, _scale(result, changes))
    height = _TOP + _ROW * len(changes) + 2 * _ROW
    base = value_text(figure.value, figure.unit, shown, lang)
    name = f"{MEASURES[figure.measure].label.get(lang)}, {figure.subject}"
    title = text("sensitivity_title").filled(figure=name).get(lang)
    desc = text("sensitivity_desc").filled(value=base).get(lang)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tornado" role="img" '
        f'aria-label="{_safe(title)}" viewBox="0 0 {_WIDTH} {height}" width="100%" '
        f'fill="currentColor" font-family="system-ui, sans-serif" font-size="{_SIZE}">',
        f"<title>{_safe(title)}</title><desc>{_safe(desc)}</desc>",
        *(part for row, change in enumerate(changes) for part in chart.row(row, change)),
        *chart.lines(len(changes)),
        "</svg>",
    ]
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Places of values along the bars."""

    low: float
    high: float

    def x(self, value: float) -> float:
        left, right = _LABELS + _VALUES, _WIDTH - _VALUES
        share = (value - self.low) / (self.high - self.low)
        return round(left + min(max(share, 0.0), 1.0) * (right - left), 2)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def _scale(result: Sensitivity, changes: Sequence[Change]) -> _Scale:
    base = result.figure.value or 0.0
    values = [base] + [
        each.value for change in changes for each in change.outcomes
        if each is not None and each.value is not None
    ]  # fmt: skip
    low, high = min(values), max(values)
    wide = (high - low) or abs(base) or 1.0
    if result.threshold is not None:
        ends = min(low, result.threshold), max(high, result.threshold)
        if wide >= _LEAST_SHARE * (ends[1] - ends[0]):
            low, high = ends
    room = ((high - low) or wide) * 0.03
    return _Scale(low - room, high + room)


@dataclass(frozen=True, slots=True)
class _Chart:
    """Draws rows and lines of one tornado."""

    result: Sensitivity
    changes: Sequence[Change]
    unit: str
    lang: str
    scale: _Scale

    def row(self, row: int, change: Change) -> Iterator[str]:
        """Yield one change: its name, its bars and the values at their ends."""
        figure = self.result.figure
        base, top = figure.value or 0.0, _TOP + row * _ROW
        colours = ("low", "high") if change.kind == "input" else ("other",)
        told: list[tuple[str, float | None, str]] = [
            (colour, each.value, outcome_text(each, figure, self.unit, self.lang))
            for colour, each in zip(colours, change.outcomes, strict=True) if each is not None
        ]  # fmt: skip
        full = change.label.get(self.lang)
        values = "; ".join(value for _, _, value in told)
        yield f"<g><title>{_safe(f'{full}: {values}')}</title>"
        yield _text(_LABELS, top + 16, _cut(full, _LABELS - 6), "end")
        ends: dict[str, list[str]] = {"start": [], "end": []}
        reach = {"start": self.scale.x(base), "end": self.scale.x(base)}
        for colour, value, said in told:
            if value is None:
                ends["start"].append(said)
                continue
            at, zero = self.scale.x(value), self.scale.x(base)
            side = "start" if value >= base else "end"
            ends[side].append(said)
            reach[side] = max(reach[side], at) if side == "start" else min(reach[side], at)
            yield (
                f'<rect x="{min(at, zero)}" y="{top + 5}" width="{max(abs(at - zero), 0.75):.2f}" '
                f'height="{_ROW - 9}" fill="{_COLOURS[colour]}" class="{colour}"/>'
            )
        for side, step in (("start", 5), ("end", -5)):
            if ends[side]:
                yield _text(reach[side] + step, top + 16, "; ".join(ends[side]), side)
        yield "</g>"

    def lines(self, rows: int) -> Iterator[str]:
        """Yield the line of the value as it is and that of the threshold, with their values."""
        figure, bottom = self.result.figure, _TOP + rows * _ROW
        base = figure.value or 0.0
        x = self.scale.x(base)
        yield _line(x, bottom, "currentColor", "")
        said = value_text(base, figure.unit, self.unit, self.lang)
        yield _text(x, _TOP - 10, f"{word('sensitivity_base_line', self.lang)} {said}", "middle")
        limit = self.result.threshold
        if limit is not None:
            said = value_text(limit, figure.unit, self.unit, self.lang)
            said = f"{word('sensitivity_threshold', self.lang)} {said}"
            x = self.scale.x(limit)
            if self.scale.holds(limit):
                yield _line(x, bottom, _COLOURS["threshold"], ' stroke-dasharray="5 3"')
                yield _text(x, bottom + 16, said, "middle")
            else:  # beyond the bars: an arrow to its side
                is_left = limit < base
                said = f"← {said}" if is_left else f"{said} →"
                yield _text(x, bottom + 16, said, "start" if is_left else "end")
        more = len(self.result.changes) - len(self.changes)
        if more:
            yield _text(4, bottom + 36, word("and_more", self.lang).format(count=more), "start")


def _line(x: float, bottom: int, colour: str, dashes: str) -> str:
    return (
        f'<line x1="{x}" x2="{x}" y1="{_TOP - 4}" y2="{bottom + 4}" '
        f'stroke="{colour}" stroke-width="1.5"{dashes}/>'
    )


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{_safe(said)}</text>'


def _cut(said: str, room: float) -> str:
    """Return a text that fits a width; the whole stands in the title of its row."""
    widths = [_SIZE * (_WIDE if _is_wide(letter) else _NARROW) for letter in said]
    if sum(widths) <= room:
        return said
    kept, used = "", _SIZE * _WIDE
    for letter, width in zip(said, widths, strict=True):
        used += width
        if used > room:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in {"W", "F", "A"}


def _safe(said: str) -> str:
    """Return a text for XML: escaped, without what no XML may hold."""
    kept = (letter for letter in said if letter.isprintable())
    return html.escape("".join(kept))
