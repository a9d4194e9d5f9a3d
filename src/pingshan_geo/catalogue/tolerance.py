"""How far a measured area may lie from a recorded one: what surveying a lot again would change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pingshan_geo.errors import UsageError

#: Member of ``datapackage.json`` that holds a catalogue's own tolerance.
MEMBER = "survey_tolerance"
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(m|cm|%)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class SurveyTolerance:
    """What a survey may be wrong by.

    Attributes
    ----------
    position_m : float
        Standard error of a corner's position in metres; what it does to an area depends on the
        outline, and three times that is allowed. Two surveys of one corner seldom agree better
        than 0.05 m.
    relative : float
        Share of the area that is allowed besides; 0.005 is half a per cent.
    """

    position_m: float = 0.05
    relative: float = 0.0

    def __str__(self) -> str:
        share = f"{self.relative:.6%}"[:-1].rstrip("0").rstrip(".")
        return f"{self.position_m:g}m" + (f"+{share}%" if self.relative else "")


def parsed_tolerance(text: str) -> SurveyTolerance:
    """Return the tolerance that a text such as ``0.05m``, ``0.5%`` or ``5cm+0.1%`` means.

    What it does not name is 0.

    Raises
    ------
    UsageError
        If it is not so written.

    Examples
    --------
    >>> parsed_tolerance("5cm+0.5%")
    SurveyTolerance(position_m=0.05, relative=0.005)
    >>> str(parsed_tolerance("0.5%"))
    '0m+0.5%'
    """
    found = [_PART.fullmatch(part) for part in text.split("+")]
    sizes = {part[2]: float(part[1]) for part in found if part}
    length = {"m", "cm"} & set(sizes)
    if None in found or len(sizes) < len(found) or len(length) > 1:
        raise UsageError(
            f"{text!r} is no survey tolerance: write 0.05m, 0.5% or 0.05m+0.5%",
            f"{text!r} 不是测量限差，请写成 0.05m、0.5% 或 0.05m+0.5%",
        )
    metres = sizes.get("m", sizes.get("cm", 0.0) / 100)
    return SurveyTolerance(metres, sizes.get("%", 0.0) / 100)


def own_tolerance(descriptor: Mapping[str, Any]) -> SurveyTolerance:
    """Return the tolerance of a catalogue; that of `SurveyTolerance` where it names none.

    Raises
    ------
    UsageError
        If its ``survey_tolerance`` is no text of the right form.
    """
    said = descriptor.get(MEMBER)
    return SurveyTolerance() if said is None else parsed_tolerance(str(said))
