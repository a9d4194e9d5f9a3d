"""Why a figure is what it is: formula, numbers, inputs and printed evidence, down to the source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.notes import OUTLINE
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.figure import Figure
from pingshan_geo.measures.claims import OPERATORS
from pingshan_geo.measures.readings import INSTALMENT
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.report.people import completeness_text, shown
from pingshan_geo.units import UNITS
from pingshan_geo.words import word


def why_document(assessment: Assessment, figure_id: str, lang: str = "en") -> dict[str, Any]:
    """Return a figure with all figures under it, each once, and the sources they name.

    Raises
    ------
    UsageError
        If there is no such figure; the message names the nearest.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> told = why_document(assess(load_catalogue()), "far/G13113-8014")
    >>> [figure["id"] for figure in told["inputs"]]
    ['gross_floor_area/G13113-8014', 'site_area/G13113-8014']
    >>> told["sources"][0]["source_id"]
    'laplace-2017-article'
    """
    figure = assessment.figure(figure_id)
    under = list(_under(assessment, figure))
    named = dict.fromkeys(item.source for each in (figure, *under) for item in each.evidence)
    sources = assessment.catalogue.sources
    rows = sources[sources.index.isin(named)].drop(columns="row_number").reset_index()
    return {
        "figure": figure.to_dict(lang),
        "formula": formula(assessment, figure, lang),
        "inputs": [each.to_dict(lang) for each in under],
        "sources": [
            {str(k): v for k, v in row.items() if isinstance(v, str)}
            for row in rows.to_dict("records")
        ],
    }


def _under(assessment: Assessment, figure: Figure) -> Iterator[Figure]:
    """Yield the figures under one, each once, what it was made of right after it."""
    seen = {figure.id}

    def below(above: Figure) -> Iterator[Figure]:
        for figure_id in above.inputs:
            if figure_id not in seen:
                seen.add(figure_id)
                each = assessment.figure(figure_id)
                yield each
                yield from below(each)

    yield from below(figure)


def formula(assessment: Assessment, figure: Figure, lang: str = "en") -> str:
    """Return the formula with its numbers in the units that people read, or an empty text.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> assessment = assess(load_catalogue())
    >>> formula(assessment, assessment.figure("far/G13113-8014"))
    '488,800 m² ÷ 106,000 m² = 4.611'
    """
    operator = MEASURES[figure.measure].operator
    if figure.measure == "delivered":
        return _instalments(assessment, figure, lang)
    if figure.measure == "claim_computed":
        operator = OPERATORS.get(str(assessment.claims.loc[figure.subject, "formula"]), "")
    if not operator or len(figure.inputs) < 2:
        return ""
    units = printed_units(assessment)
    one, two, *more, result = (
        shown(each, shown_unit(each, units), lang)[0]
        for each in (*map(assessment.figure, figure.inputs), figure)
    )
    sign, _, rest = operator.partition(" … ")
    more = [part for each in more for part in (sign, each)] if sign == "+" else more
    return " ".join(part for part in (one, sign, two, rest, *more, "=", result) if part)


def _instalments(assessment: Assessment, figure: Figure, lang: str) -> str:
    """Return the printed deliveries that add up, where there are several."""
    facts = assessment.facts
    own = facts[(facts["measure"] == figure.measure) & (facts["subject"] == figure.subject)]
    parts = own.loc[own["role"] == INSTALMENT, "printed"].tolist()
    result = shown(figure, shown_unit(figure, printed_units(assessment)), lang)[0]
    return f"{' + '.join(parts)} = {result}" if parts else ""


def why_text(assessment: Assessment, figure_id: str, lang: str = "en") -> Iterator[str]:
    """Yield the lines that tell people why a figure is what it is.

    Raises
    ------
    UsageError
        If there is no such figure.
    """
    figure = assessment.figure(figure_id)
    name = assessment.subject_name(figure.kind, figure.subject).get(lang)
    yield f"{figure.id}"
    yield f"{name}: {label(assessment, figure).get(lang)}"
    yield ""
    yield f"  {_exact(assessment, figure, lang)}"
    yield from _about(assessment, figure, lang, "  ")
    under = list(_under(assessment, figure))
    if under:
        yield ""
        yield f"{word('made_of', lang)}:"
    for each in under:
        owner = assessment.subject_name(each.kind, each.subject).get(lang)
        yield f"  {each.id}  ({owner})"
        yield f"    {_exact(assessment, each, lang)}"
        yield from _about(assessment, each, lang, "    ", method=False)


def _exact(assessment: Assessment, figure: Figure, lang: str) -> str:
    """Return the value at full precision, then in its printed unit with bounds, and its status."""
    if figure.value is None:
        return word("unknown", lang)
    exact = f"{figure.value:.16g} {UNITS[figure.unit].label(lang)}".strip()
    value, bounds = shown(figure, shown_unit(figure, printed_units(assessment)), lang)
    parts = [exact, f"= {value}" if value != exact else "", f"[{bounds}]" if bounds else ""]
    return "  ".join(part for part in (*parts, word(figure.status, lang)) if part)


def _about(
    assessment: Assessment, figure: Figure, lang: str, margin: str, *, method: bool = True
) -> Iterator[str]:
    colon = "：" if lang == "zh" else ": "

    def line(key: str, value: str) -> str:
        return f"{margin}{word(key, lang)}{colon}{value}"

    computed = formula(assessment, figure, lang)
    if computed:
        yield line("formula", computed)
    if method and figure.method.get(lang):
        yield line("method", figure.method.get(lang))
    if figure.basis:
        yield line("basis", figure.basis.get(lang))
    for note in figure.notes:
        yield line("note", note.get(lang))
    if figure.completeness:
        yield f"{margin}{completeness_text(figure.completeness, lang)}"
    if figure.inputs:
        return  # the printed places stand with the inputs
    for item in figure.evidence:
        is_outline = item.printed == OUTLINE.en
        yield line("printed_as", OUTLINE.get(lang) if is_outline else item.printed)
        yield f"{margin}  {item.title.get(lang)} ({item.source}), {item.locator}"
        if item.url:
            yield f"{margin}  {item.url}"
