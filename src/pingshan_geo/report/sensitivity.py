"""What would change a figure: lines for people, and the part of a document for machines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.audit.break_even import BreakEven
from pingshan_geo.audit.sensitivity import Change, Outcome, Sensitivity
from pingshan_geo.figure import Figure
from pingshan_geo.report.people import capital, shown
from pingshan_geo.units import UNITS, display_unit, format_number
from pingshan_geo.words import Text, text, word

# More decimals than this tell nothing that a reader could see.
_MOST_DECIMALS = 9


def sensitivity_document(
    assessment: Assessment, result: Sensitivity, lang: str = "en"
) -> dict[str, Any]:
    """Return what would change a figure, at full precision in stored units; null is unknown.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> from pingshan_geo.audit.sensitivity import sensitivity
    >>> assessment = assess(load_catalogue())
    >>> found = sensitivity(assessment, "far/G13113-8014")
    >>> document = sensitivity_document(assessment, found)
    >>> [change["about"] for change in document["changes"]][:2]
    ['site_area/G13113-8014', 'gross_floor_area/G13113-8014']
    """
    return {
        "figure": result.figure.to_dict(lang),
        "name": assessment.subject_name(result.figure.kind, result.figure.subject).get(lang),
        "is_supported": result.is_supported,
        "verdict": result.verdict,
        "threshold": result.threshold,
        "changes": [_change(each, lang) for each in result.changes],
        "break_even": [_even(each, lang) for each in result.break_even],
        "notes": [note.get(lang) for note in result.notes],
    }


def _change(change: Change, lang: str) -> dict[str, Any]:
    names = ("low", "high") if change.kind == "input" else ("result",)
    return {
        "kind": change.kind,
        "about": change.about,
        "label": change.label.get(lang),
        **{
            name: None if outcome is None else outcome._asdict()
            for name, outcome in zip(names, change.outcomes, strict=True)
        },
        "effect": change.effect,
        "printed": change.printed.get(lang) if change.printed else None,
        "turns": change.turns,
    }


def _even(even: BreakEven, lang: str) -> dict[str, Any]:
    return {
        "kind": even.kind,
        "about": even.about,
        "label": even.label.get(lang),
        "value": even.value,
        "unit": even.unit,
        "base": even.base,
        "printed_for_others": [{"subject": lot, "value": share} for lot, share in even.printed],
    }


def sensitivity_lines(
    assessment: Assessment, result: Sensitivity, lang: str = "en"
) -> Iterator[str]:
    """Yield the lines that tell people what would change a figure, in printed units."""
    figure, units = result.figure, printed_units(assessment)
    unit = shown_unit(figure, units)
    name = assessment.subject_name(figure.kind, figure.subject).get(lang)
    value, bounds = shown(figure, unit, lang)
    colon = "：" if lang == "zh" else ": "
    yield figure.id
    yield f"{name}{colon}{label(assessment, figure).get(lang)} = {value}" + (
        f"  [{bounds}]" if bounds else ""
    )
    if result.verdict is not None and result.threshold is not None:
        limit = value_text(result.threshold, figure.unit, unit, lang)
        yield "  " + word("sensitivity_against", lang).format(
            verdict=word(result.verdict, lang), threshold=limit
        )
    if result.changes:
        yield ""
        yield f"{word('sensitivity_changes', lang)}{colon.rstrip()}"
    for change in result.changes:
        said = ("；" if lang == "zh" else "; ").join(
            outcome_texts(assessment, change, figure, units, lang)
        )
        if change.turns is not None:
            turns = word("sensitivity_turns", lang).format(verdict=word(change.turns, lang))
            said += f"  ({turns})"
        yield f"  {said}"
    if result.break_even:
        yield ""
        yield f"{capital(word('break_even', lang))}{colon.rstrip()}"
    for even in result.break_even:
        yield f"  {_even_text(assessment, even, units, lang)}"
    if result.notes:
        yield ""
    for note in result.notes:
        yield f"  {word('note', lang)}{colon}{note.get(lang)}"


def outcome_texts(
    assessment: Assessment,
    change: Change,
    figure: Figure,
    units: Mapping[tuple[str, str], str],
    lang: str,
) -> Iterator[str]:
    """Yield what the figure would be in each outcome of a change, in printed units."""
    unit = shown_unit(figure, units)
    for outcome in change.outcomes:
        if outcome is None:
            continue  # a note says that no bound is printed
        value = outcome_text(outcome, figure, unit, lang)
        if change.kind == "input" and outcome.at is not None:
            moved = assessment.figure(change.about)
            moved_unit = shown_unit(moved, units)
            step = None if moved.value is None else abs(outcome.at - moved.value)
            at = value_text(outcome.at, moved.unit, moved_unit, lang, step=step)
            filled = text("sensitivity_at").filled(input=change.label, at=at, value=value)
        else:
            filled = text("sensitivity_result").filled(change=change.label, value=value)
        yield filled.get(lang)


def outcome_text(outcome: Outcome, figure: Figure, unit: str, lang: str) -> str:
    """Return the value of an outcome with as many digits as show its difference."""
    if outcome.value is None:
        return word("unknown", lang)
    step = None if figure.value is None else abs(outcome.value - figure.value)
    return value_text(outcome.value, figure.unit, unit, lang, step=step)


def value_text(
    value: float, stored: str, unit: str, lang: str, *, step: float | None = None
) -> str:
    """Return a stored value in a unit that people read.

    Parameters
    ----------
    value : float
        In the stored unit.
    stored, unit : str
        Keys of `UNITS`; the second is that of shown values.
    lang : str
        ``en`` or ``zh``.
    step : float, optional
        A difference, in the stored unit, that the digits must show.

    Examples
    --------
    >>> value_text(95000.0, "m2", "ha", "en"), value_text(2.3984, "1", "%", "en", step=0.0005)
    ('9.5 ha', '239.84 %')
    """
    if UNITS[unit].si != UNITS[stored].si:
        unit = display_unit(value, stored)
    factor = float(UNITS[unit].factor)
    size = abs(value / factor)
    decimals = 0 if size >= 1000 or size == 0 else max(0, 3 - math.floor(math.log10(size)))
    if step:
        wanted = math.ceil(-math.log10(step / factor)) + 1
        decimals = min(max(decimals, wanted), _MOST_DECIMALS)
    return f"{format_number(value / factor, decimals)} {UNITS[unit].label(lang)}".strip()


def _even_text(
    assessment: Assessment, even: BreakEven, units: Mapping[tuple[str, str], str], lang: str
) -> str:
    if even.kind == "net_site_share":
        said = text("sensitivity_even_share").filled(share=_share(even.value))
        if even.printed:
            shares = Text(*(
                ("、" if each == "zh" else ", ").join(
                    f"{_share(share)} ({assessment.subject_name('parcels', lot).get(each)})"
                    for lot, share in even.printed
                )
                for each in ("en", "zh")
            ))  # fmt: skip
            more = text("sensitivity_even_printed").filled(shares=shares)
            ends = [share for _, share in even.printed]
            lies = "above" if min(ends) >= even.value else "between"
            lies = "below" if max(ends) < even.value else lies
            last = text(f"sensitivity_even_{lies}")
            said = Text(f"{said.en} {more.en} {last.en}", f"{said.zh}{more.zh}{last.zh}")
        return said.get(lang)
    moved = assessment.figure(even.about)
    unit = shown_unit(moved, units)
    value = value_text(even.value, even.unit, unit, lang)
    base = value_text(even.base or 0.0, even.unit, unit, lang)
    return text("sensitivity_even_input").filled(input=even.label, value=value, base=base).get(lang)


def _share(share: float) -> str:
    return f"{share * 100:.1f} %"
