"""Which figures lead: those that the catalogue names, else a choice that fits any catalogue."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pingshan_geo.assessment.model import Assessment
from pingshan_geo.catalogue.parts import Parts

MOST = 6


def headline(assessment: Assessment) -> tuple[str, ...]:
    """Return the ids of the headline figures, at most `MOST`.

    The catalogue's own list comes first; a figure that another headline is computed from is
    shown with that one. Without a list: the first target whose completion rate is
    known, the floor area ratio of the largest parcel that has one, the largest share of a zone
    in its parent, and the first target whose completion rate is unknown.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> headline(assess(load_catalogue()))[0]
    'completion_rate/industrial-land-2017'
    """
    named = [name for name in assessment.catalogue.headline if assessment.has_figure(name)]
    chosen = named or [name for name in _choice(assessment) if assessment.has_figure(name)]
    shown = {part for name in chosen for part in assessment.figure(name).inputs}
    return tuple(name for name in dict.fromkeys(chosen) if name not in shown)[:MOST]


def _choice(assessment: Assessment) -> Iterator[str]:
    targets = assessment.targets
    known = list(targets.index[targets["completion_rate"].notna()])
    unknown = list(targets.index[targets["completion_rate_status"] == "unknown"])
    yield from (f"completion_rate/{target}" for target in known[:1])
    largest = _largest(assessment.lots)
    if largest is not None:
        yield f"far/{largest}"
    shares = assessment.zones["share_of_parent"].dropna()
    if len(shares):
        yield f"share_of_parent/{shares.idxmax()}"
    yield from (f"completion_rate/{target}" for target in unknown[:1])


def _largest(lots: Parts) -> str | None:
    """Return the largest parcel that has a ratio, the first of several."""
    best, size = None, -math.inf
    for part in lots.parts:
        rows = part.read(["far", "site_area_m2"]).dropna()
        if len(rows) and rows["site_area_m2"].max() > size:
            best, size = str(rows["site_area_m2"].idxmax()), rows["site_area_m2"].max()
    return best
