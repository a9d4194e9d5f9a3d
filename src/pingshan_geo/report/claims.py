"""The claims of a catalogue with their verdicts: lines for people, a document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.shown import printed_units, shown_unit
from pingshan_geo.measures.claims import CANNOT, CONSISTENT, CONTRADICTED, ROUNDED
from pingshan_geo.report.document import document
from pingshan_geo.report.people import shown
from pingshan_geo.report.why import formula
from pingshan_geo.words import word

#: Verdicts in the order in which claims are told: what asks for a look first.
VERDICTS = (CONTRADICTED, ROUNDED, CANNOT, CONSISTENT)


def claims_lines(assessment: Assessment, lang: str = "en") -> Iterator[str]:
    """Yield each claim in lines: verdict and statement, place, numbers, what is missing.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> lines = claims_lines(assess(load_catalogue()))
    >>> next(lines)
    "contradicted  More than 4.5 times the area of Nanshan's high-tech zone"
    """
    claims = assessment.claims
    colon = "：" if lang == "zh" else ": "
    for verdict in VERDICTS:
        for claim in claims.index[claims["claim_verdict"] == verdict]:
            name = assessment.subject_name("claims", claim).get(lang)
            yield f"{word(verdict, lang)}  {name}"
            source, locator = claims.loc[claim, ["source_id", "locator"]]
            title = assessment.catalogue.source_title(source).get(lang)
            yield f"    {claim}{colon}{title} ({source}), {locator}"
            yield from (f"    {line}" for line in _numbers(assessment, claim, lang))


def _numbers(assessment: Assessment, claim: str, lang: str) -> Iterator[str]:
    """Yield what was claimed, computed and implied, and the notes on it."""
    units = printed_units(assessment)
    colon, between = ("：", "；") if lang == "zh" else (": ", "; ")

    parts = []
    for figure in assessment.figures("claims", subject=claim):
        if figure.value is not None:
            value, bounds = shown(figure, shown_unit(figure, units), lang)
            value = formula(assessment, figure, lang) or value
            numbers = f"{value} [{bounds}]" if bounds else value
            parts.append(f"{word(figure.measure, lang)}{colon}{numbers}")
    if parts:
        yield between.join(parts)
    for note in assessment.figure(f"claim_computed/{claim}").notes:
        yield note.get(lang)


def claims_summary(assessment: Assessment, lang: str = "en") -> str:
    """Return how many claims have which verdict."""
    count = Counter(assessment.claims["claim_verdict"])
    return ", ".join(f"{count[verdict]} {word(verdict, lang)}" for verdict in VERDICTS)


def document_of_claims(assessment: Assessment, lang: str = "en") -> dict[str, Any]:
    """Return the report document with the figures of claims and what was found about claims."""
    whole = document(assessment, assessment.figures("claims"), lang)
    found = [each for each in whole["findings"] if each["code"].startswith("claim-")]
    return whole | {"findings": found}
