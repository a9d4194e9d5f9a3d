"""The headline figures in lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.headline import headline
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.report.people import shown


def headline_lines(assessment: Assessment, lang: str = "en") -> Iterator[str]:
    """Yield a line for each headline figure: name, measure, value, bounds, the first note.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> next(headline_lines(assess(load_catalogue())))
    'Industrial land to be sold in 2017: completion rate about 239.8 % [238.5–241.1 %]'
    """
    yield from (_line(assessment, figure_id, lang) for figure_id in headline(assessment))


def _line(assessment: Assessment, figure_id: str, lang: str) -> str:
    figure = assessment.figure(figure_id)
    value, bounds = shown(figure, shown_unit(figure, printed_units(assessment)), lang)
    name = assessment.subject_name(figure.kind, figure.subject).get(lang)
    line = f"{name}: {label(assessment, figure).get(lang)} {value}"
    if bounds:
        line += f" [{bounds}]"
    if figure.notes:
        line += f" — {figure.notes[0].get(lang)}"
    return line
