"""What would change the figures that people open, as plain data of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.headline import headline
from pingshan_geo.audit.break_even import BreakEven
from pingshan_geo.audit.sensitivity import Change, Outcome, Sensitivity, sensitivities
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.words import Text

#: Of a catalogue with more lots, only headline figures and targets have it.
MOST_LOTS = 2_000
# Of so many lots their floor area ratio, those with most land: each takes a while.
_MOST_RATIOS = 60
# A sum over more lots takes a copy of all of them for each lot that is left out.
_MOST_SUMMED = 40
#: Prices of land transfers and ratios that are made of two numbers.
_MADE = ("far", "land_price_per_m2", "floor_price_per_m2", "price_premium")
_RATE = "completion_rate"
_SUMS = ("site_area_total", "gross_floor_area_total")
_KINDS = ("targets", "zones", "auctions", "projects", "parcels")
_MADE_STATUSES = ("derived", "conflict")


def sensitivity_part(
    assessment: Assessment, text_at: Callable[[Text | None], int]
) -> dict[str, Any]:
    """Return what would change each figure that people open, where anything would.

    Parameters
    ----------
    assessment : Assessment
        What the page shows.
    text_at : callable
        Returns the place of a text in the page's list, -1 for none.

    Returns
    -------
    dict
        ``figure``: ids; ``told``, of each: verdict, threshold, changes, break-evens, notes. A
        change is its kind, what it is about, label, outcomes, effect, where it is printed, the
        verdict that it turns to; an outcome the value, the verdict, where the input stands (None
        for an outcome without a printed bound). Numbers are in stored units, None where unknown.
        Figures that nothing can be moved in are left out.
    """
    found = sensitivities(assessment, _wanted(assessment))
    kept = {name: each for name, each in found.items() if each.changes or each.break_even}
    return {
        "figure": list(kept),
        "told": [_told(each, text_at) for each in kept.values()],
    }


def _wanted(assessment: Assessment) -> Iterator[str]:
    """Yield ids of known figures: what leads and what that stands on, then what else is made."""
    found: dict[str, None] = {}
    for name in headline(assessment):
        _put_inputs(assessment, name, found)
    is_many = len(assessment.parcels) > MOST_LOTS
    for kind in ("targets",) if is_many else _KINDS:
        table = assessment.tables[kind]
        if kind == "parcels":
            table = table.sort_values("site_area_m2", ascending=False, kind="stable")
        for measure in assessment.measures(kind):
            if _is_made(kind, measure.name):
                is_known = table[measure.column].notna()
                is_made = table[measure.status_column] == "derived"
                is_made &= _is_small(kind, measure.name, table)
                ids = table.index[is_known & is_made]
                ids = ids[:_MOST_RATIOS] if kind == "parcels" else ids
                found |= {f"{measure.name}/{subject}": None for subject in ids}
    yield from found


def _is_small(kind: str, measure: str, table: pd.DataFrame) -> pd.Series[bool]:
    """Return which figures are no sums over very many lots."""
    if kind == "zones" and (measure == "far" or measure in _SUMS) and "parcel_count" in table:
        return table["parcel_count"].le(_MOST_SUMMED)
    return pd.Series(data=True, index=table.index)


def _is_made(kind: str, measure: str) -> bool:
    return (
        measure in _MADE
        or measure.startswith(_RATE)
        or (kind == "targets" and measure == "delivered")
        or (kind == "zones" and (measure == "share_of_parent" or measure in _SUMS))
    )


def _put_inputs(assessment: Assessment, name: str, found: dict[str, None]) -> None:
    """Put a figure and what it stands on, each once, where they are computed from others."""
    if name in found or name.partition("/")[0] not in MEASURES:
        return
    figure = assessment.figure(name)
    if figure.value is None or figure.status not in _MADE_STATUSES:
        return
    found[name] = None
    for each in figure.inputs:
        _put_inputs(assessment, each, found)


def _told(found: Sensitivity, text_at: Callable[[Text | None], int]) -> list[Any]:
    return [
        found.verdict,
        found.threshold,
        [_change(each, text_at) for each in found.changes],
        [_even(each, text_at) for each in found.break_even],
        [text_at(note) for note in found.notes],
    ]


def _change(change: Change, text_at: Callable[[Text | None], int]) -> list[Any]:
    return [
        change.kind,
        change.about,
        text_at(change.label),
        [None if each is None else _outcome(each) for each in change.outcomes],
        change.effect,
        text_at(change.printed),
        change.turns,
    ]


def _outcome(outcome: Outcome) -> list[Any]:
    return [outcome.value, outcome.verdict, outcome.at]


def _even(even: BreakEven, text_at: Callable[[Text | None], int]) -> list[Any]:
    return [
        even.kind, even.about, text_at(even.label), even.value, even.unit, even.base,
        [[subject, share] for subject, share in even.printed],
    ]  # fmt: skip
