"""Break-even: where one unknown would have to be for a figure to stand at its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pingshan_geo.assessment import Assessment
from pingshan_geo.audit.alternatives import input_label
from pingshan_geo.audit.variants import Closure, Result, Variant, moved
from pingshan_geo.figure import Figure
from pingshan_geo.measures.readings import USED
from pingshan_geo.words import Text, text

#: The whole of a target: rates have no other limit.
WHOLE = 1.0
# How near to its threshold a figure comes at a break-even that is told.
_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class BreakEven:
    """How far one unknown would have to go for the figure to stand at its threshold.

    Attributes
    ----------
    kind : str
        ``input``, or ``net_site_share`` where nobody says that a delivered area is net.
    about : str
        Id of the figure that is moved.
    label : Text
        For people.
    value : float
        Where it would have to be, in ``unit``.
    unit : str
        Stored unit.
    base : float or None
        Where it is.
    printed : tuple of (str, float)
        For the share of net site: those printed for other lots, lowest and highest.
    """

    kind: str
    about: str
    label: Text
    value: float
    unit: str
    base: float | None = None
    printed: tuple[tuple[str, float], ...] = ()


def break_evens(
    assessment: Assessment,
    figure: Figure,
    probes: Sequence[tuple[Figure, tuple[float, float | None, float | None]]],
    threshold: float,
) -> list[tuple[BreakEven, Variant]]:
    """Return where each input would have to be, each with the copy that tries it.

    Parameters
    ----------
    assessment : Assessment
        Gives names.
    figure : Figure
        What is held against the threshold.
    probes : sequence
        Each input with the figure's value as it is, at the double and at the half of the input.
    threshold : float
        In the figure's stored unit.
    """
    found = []
    for leaf, values in probes:
        value = crossing(leaf.value, values, threshold)
        if value is not None:
            label = input_label(assessment, figure, leaf)
            even = BreakEven("input", leaf.id, label, value, leaf.unit, leaf.value)
            found.append((even, Variant((moved(leaf, value),))))
    return found


def crossing(
    at: float | None, values: tuple[float, float | None, float | None], threshold: float
) -> float | None:
    """Return where a function that is linear-fractional takes a value; None where it never does.

    Three values tell such a function: cross-ratios are the same before and after it.

    Examples
    --------
    >>> crossing(4.0, (1 / 4, 1 / 8, 1 / 2), 1.0)
    1.0
    """
    now, double, half = values
    if at is None or double is None or half is None or now == double or threshold == half:
        return None
    ratio = (threshold - double) * (now - half) / ((threshold - half) * (now - double))
    # (x - 2a)(a - a/2) = ratio (x - a/2)(a - 2a), with a = at
    below = 0.5 + ratio
    if below == 0:
        return None
    value = at * (1.0 + 0.5 * ratio) / below
    return value if value > 0 else None


def net_share(
    assessment: Assessment, closure: Closure, probed: Sequence[Figure]
) -> tuple[BreakEven, Variant] | None:
    """Return the share of net site under which a target would not be reached.

    It is asked where a delivered area is total land, or nobody says what land it is.
    """
    figure, lots = closure.figure, assessment.parcels
    is_land = figure.kind == "targets" and (
        assessment.targets["measure"].get(figure.subject) == "land_area"
    )
    if not is_land or figure.value is None or figure.value <= WHOLE:
        return None
    parts = [leaf for leaf in probed if leaf.measure != "target_value"]
    facts = assessment.facts[assessment.facts["role"] == USED]
    for leaf in parts:
        said = facts[(facts["subject"] == leaf.subject) & (facts["measure"] == leaf.measure)]
        basis = set(said["area_basis"])
        if leaf.kind == "parcels":
            basis = {lots["site_area_basis"].get(leaf.subject)}
        if leaf.measure == "completion_rate_printed" or not basis <= {None, "total_land"}:
            return None
    share = WHOLE / figure.value
    scaled = tuple(moved(leaf, (leaf.value or 0) * share) for leaf in parts)
    mine = {own for _, own in closure.rows.get("parcels", ())}
    known = lots[lots["net_site_area_m2"].gt(0) & lots["site_area_m2"].gt(0)]
    others = (known["net_site_area_m2"] / known["site_area_m2"])[~known.index.isin(mine)]
    others = others[others < 1].sort_values(kind="stable")
    ends = [(str(lot), float(others[lot])) for lot in others.index]
    even = BreakEven(
        "net_site_share", f"delivered/{figure.subject}", text("net_site_share"), share, "1",
        printed=tuple(dict.fromkeys((*ends[:1], *ends[-1:]))),
    )  # fmt: skip
    return even, Variant(scaled)


def is_at(result: Result, threshold: float | None) -> bool:
    """Return whether a copy stands at a threshold, but for rounding."""
    if result.value is None or threshold is None:
        return False
    return abs(result.value - threshold) <= _NEAR * max(1.0, abs(threshold))
