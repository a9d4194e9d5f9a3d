"""In which unit and under which name people read a figure: one rule for page and reports."""

from __future__ import annotations

from collections.abc import Mapping

from pingshan_geo.assessment.model import Assessment
from pingshan_geo.figure import Figure
from pingshan_geo.measures.readings import USED
from pingshan_geo.measures.registry import FLOORS, MEASURES
from pingshan_geo.units import UNITS, display_unit, per_year
from pingshan_geo.words import Text

# Printed units that are kept: their digits are the same in both languages. Those that count in
# 万 or 亿 are not, nor is money, which `display_unit` shows in millions or thousand millions.
_KEPT = ("ha", "km2", "m2", "mu", "%", "1")
_FLOOR = {*FLOORS, "gross_floor_area_total"}


def printed_units(assessment: Assessment) -> dict[tuple[str, str], str]:
    """Return the unit in which a figure, or the target that it belongs to, was printed.

    Returns
    -------
    dict
        By measure and subject; only units that are kept when shown.
    """
    used = assessment.facts[assessment.facts["role"] == USED]
    printed = zip(used["measure"], used["subject"], used["unit"], strict=True)
    units = {(measure, subject): unit for measure, subject, unit in printed if unit in _KEPT}
    of_targets = [m.name for m in assessment.measures("targets") if m.unit is None]
    for target, unit in assessment.targets["unit"].items():
        if unit in _KEPT:
            units.update({(name, str(target)): unit for name in of_targets})
            pace = per_year(unit)
            if pace is not None:
                units["pace_needed", str(target)] = pace
    for claim, claimed in assessment.claims["claimed"].items():
        measure, _, subject = str(claimed).partition("/")
        if (measure, subject) in units:
            own = dict.fromkeys(("claimed_value", "claim_computed"), units[measure, subject])
            units.update({(name, str(claim)): unit for name, unit in own.items()})
    return units


def shown_unit(figure: Figure, printed: Mapping[tuple[str, str], str]) -> str:
    """Return the unit (a key of `UNITS`) in which a figure is shown.

    The printed unit where it is kept; else floor in m², land from 1 km² on in km², ratios other
    than those of floor to land and of two areas in per cent.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> assessment = assess(load_catalogue())
    >>> ids = ("delivered/industrial-land-2017", "far/G13113-8014")
    >>> [shown_unit(assessment.figure(i), printed_units(assessment)) for i in ids]
    ['ha', '1']
    """
    unit = printed.get((figure.measure, figure.subject))
    if unit is not None and UNITS[unit].si == figure.unit:
        return unit
    if figure.unit == "1":
        is_plain = MEASURES[figure.measure].group == "far" or figure.measure == "area_ratio"
        return "1" if is_plain else "%"
    if figure.measure in _FLOOR:
        return figure.unit
    return display_unit(figure.value, figure.unit)


def label(assessment: Assessment, figure: Figure) -> Text:
    """Return the name of a figure's measure; a share says of what.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> assessment = assess(load_catalogue())
    >>> label(assessment, assessment.figure("share_of_parent/pingshan-high-tech-zone")).en
    'share of Pingshan District'
    """
    if figure.measure == "share_of_parent" and len(figure.inputs) == 2:
        above = assessment.figure(figure.inputs[1])
        name = assessment.subject_name(above.kind, above.subject)
        return Text(f"share of {name.en}", f"占{name.zh}比例")
    return MEASURES[figure.measure].label
