"""What the CRS guard found: readings of a delivery, how sure they are, and how that is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from pingshan_geo.crs import is_web_mercator
from pingshan_geo.findings import Finding
from pingshan_geo.ingest.placement import FALSE_EASTING, FALSE_NORTHING, Placement, parameter
from pingshan_geo.words import Text, text

AS_CLAIMED, LOCAL = "as-claimed", "local-system"
_BETTER = 0.02  # a share of the vertices that a coarse outline alone does not move


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a delivery.

    Attributes
    ----------
    cause : str
        What is wrong with the claim: a key of the words of the group ``crs_cause``.
    placement : Placement
        Its ``text`` is the value of ``--crs`` that confirms it.
    shift_m : float or None
        By how much the layer moves against the claim; None where that gives no position.
    fit : float
        Share of its vertices in the district, 0 to 1.
    area_factor : float or None
        Areas under this reading by areas as claimed; None where those mean nothing.
    """

    cause: str
    placement: Placement
    shift_m: float | None
    fit: float
    area_factor: float | None

    @property
    def option(self) -> str:
        """What ``--crs`` takes to confirm it."""
        return self.placement.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a delivery lies.

    Attributes
    ----------
    readings : tuple of Reading
        The likeliest first; ``as-claimed`` first where nothing is wrong.
    certain : bool
        Whether the first is far ahead of all others.
    open : tuple of Reading
        What position cannot tell from the first: its cause with the shift that it would make.
    notes : tuple of Finding
        To be said in any case; infos, and warnings where ``--crs`` itself is doubtful.
    claimed : str
        The claim as it is told; ``—`` without one.
    fit_claimed : float
        Share of the vertices in the district as claimed.
    file : str or None
        Named in findings.
    """

    readings: tuple[Reading, ...]
    certain: bool
    open: tuple[Reading, ...] = ()
    notes: tuple[Finding, ...] = ()
    claimed: str = "—"
    fit_claimed: float = 0.0
    file: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether the delivery lies where it claims, and no open reading fits better."""
        return self.readings[0].cause == AS_CLAIMED and self._rival() is None

    def _rival(self) -> Reading | None:
        """Return what would put more of a layer that lies off into the district, if anything."""
        least = max(self.readings[0].fit + _BETTER, 0.98)
        found = [each for each in self.open if each.fit > least]
        return found[0] if found and not self.certain else None

    @property
    def placement(self) -> Placement:
        """How the likeliest reading takes the numbers."""
        return self.readings[0].placement

    def question(self) -> Finding:
        """Return the error that asks for ``--crs``, with the likeliest answer."""
        rival = self._rival()
        if rival is not None and self.readings[0].cause == AS_CLAIMED:
            return replace(self, readings=(rival, *self.readings)).told("crs-suspect")
        first = self.readings[0]
        return self.told("crs-unknown" if first.cause == LOCAL else "crs-suspect")

    def told(self, code: str) -> Finding:
        """Return a finding of a code that names the likeliest reading beside the claim."""
        first, *others = self.readings
        rivals = [f"{each.option} ({each.fit:.0%})" for each in others if each.cause != AS_CLAIMED]
        unsure = [named(each) for each in self.open]
        said: dict[str, str | Text] = {
            "claimed": self.claimed, "cause": text(first.cause), "option": first.option,
            "fit": f"{first.fit:.0%}", "fit_claimed": f"{self.fit_claimed:.0%}",
            "shift": _metres(first.shift_m), "area": _factor(first.area_factor),
            "others": ", ".join(rivals[:4]) or "—",
            "open": Text(*("; ".join(each.get(lang) for each in unsure) or "—"
                           for lang in ("en", "zh"))),
        }  # fmt: skip
        return Finding(code, file=self.file, value=first.option, details=said)


def cause_of(placement: Placement, claimed: Placement | None) -> str:
    """Return what is wrong with a claim if a placement is right."""
    if placement == claimed:
        return AS_CLAIMED
    if cause := _of_numbers(placement):
        return cause
    crs, said = placement.crs, None if claimed is None else claimed.crs
    assert crs is not None  # noqa: S101 -- LOCAL is no candidate
    if is_web_mercator(crs) or placement.base == "EPSG:2326":
        return "web-mercator" if is_web_mercator(crs) else "hong-kong-1980"
    if said is None:
        return "no-crs"
    if crs.is_geographic or said.is_geographic:
        return "degrees-as-metres" if said.is_projected else "metres-as-degrees"
    return _between(crs, said)


def _between(crs: Any, said: Any) -> str:
    """Return what is wrong where another projected CRS holds than is said."""
    if re.match(r"(New )?Beijing|Xian", crs.name):
        return "old-datum"
    if crs.datum != said.datum or _method(crs) != _method(said):
        return "renamed-prj"
    same = all(
        parameter(crs, each) == parameter(said, each)
        for each in ("Longitude of natural origin", "Latitude of false origin")
    )
    numbers = {parameter(each, *FALSE_EASTING) // 1e6 for each in (crs, said)}
    # Two different numbers for one meridian: a zone of six degrees taken for one of three.
    return "zone-number" if same and 0 in numbers else "wrong-zone"


def _of_numbers(placement: Placement) -> str | None:
    """Return what is wrong with the numbers themselves, None where they are as the CRS has them."""
    false = parameter(placement.crs, *FALSE_EASTING)
    false_north = parameter(placement.crs, *FALSE_NORTHING)
    named = {
        {"GCJ-02": "gcj-02", "BD-09": "bd-09"}.get(placement.system, ""): bool(placement.system),
        "dms": placement.dms,
        "millimetres": placement.scale == 0.001,
        "feet": placement.scale == 0.3048,
        "false-easting": placement.x == false != 0 and placement.y in {0, false_north},
        "truncated": bool(placement.x or placement.y),
        "raised-plane": bool(placement.height),
        "swapped-axes": placement.swapped,
        "arbitrary-cm": placement.base.startswith("GK:"),
    }
    return next((cause for cause, holds in named.items() if holds), None)


def _method(crs: Any) -> str:
    return crs.coordinate_operation.method_name if crs.coordinate_operation else ""


def named(reading: Reading) -> Text:
    """Return a cause that stays open, with its shift."""
    words = Text("{cause} ({shift})", "{cause}（{shift}）")
    return words.filled(cause=text(reading.cause), shift=_metres(reading.shift_m))


def _metres(shift: float | None) -> str:
    if shift is None:
        return "—"
    return f"{shift:.0f} m" if shift < 10_000 else f"{shift / 1000:.0f} km"


def _factor(factor: float | None) -> str:
    return "—" if factor is None else f"×{factor:.5g}"
