"""Claims: printed statements computed again from the figures that they speak of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from pingshan_geo.figure import Figure
from pingshan_geo.units import UNITS, implied_step

CONSISTENT, ROUNDED, CONTRADICTED, CANNOT = "consistent", "rounded", "contradicted", "cannot_check"
#: What stands in ``inputs`` for a number that nobody printed.
NOT_PRINTED = "?"
#: Signs between the inputs of a form, as `Measure.operator` has them.
OPERATORS = {
    "rate": "÷", "part": "÷", "comparison": "÷", "total": "+", "difference": "−",
    "growth": "÷ … − 1",
}  # fmt: skip
#: Forms that print no number of their own.
ALONE = ("part", "comparison")
# Bounds that meet in a decimal may miss each other in the last bit of a float.
_EPS = 1e-12


class Printed(NamedTuple):
    """The digits of a printed number, its unit (key of `UNITS`) and the step it was rounded to."""

    digits: str
    unit: str
    resolution: str | None


class Bounds(NamedTuple):
    """One value with its bounds; an infinite bound is none."""

    value: float
    low: float
    high: float

    def meets(self, other: Bounds) -> bool:
        """Return whether both can be the same number."""
        room = _EPS * max(abs(self.value), abs(other.value))
        return self.low <= other.high + room and self.high >= other.low - room


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one claim.

    Attributes
    ----------
    verdict : str
        ``consistent``: the printed rounding allows it; ``rounded``: only a coarser reading does,
        which ``reading`` names; ``contradicted``; ``cannot_check``.
    why : str or None
        What is missing (``missing``, ``unknown``, ``circular``, ``no_figure``, ``list``) or wrong
        (``units``) and, for a contradicted claim, ``about`` where it would hold without its ``more
        than``.
    about : str or None
        Id of the input that the reason or the reading is about.
    reading : str or None
        ``cut_off``, ``raised`` or ``one_digit_less``.
    computed, implied : Bounds or None
        The number computed again; the one that the claim asks for where one input is missing.
    unit, implied_unit : str or None
        Stored units of both.
    qualifier : str
        Of the number computed again.
    """

    verdict: str
    why: str | None = None
    about: str | None = None
    reading: str | None = None
    computed: Bounds | None = None
    implied: Bounds | None = None
    unit: str = "1"
    implied_unit: str | None = None
    qualifier: str = "printed"


class Lookup(NamedTuple):
    """How a claim finds what it speaks of."""

    figure: Callable[[str], Figure | None]
    is_subject: Callable[[str], bool]
    printed: Callable[[str], Printed | None]


def bounds_of(figure: Figure) -> Bounds:
    """Return value and bounds of a known figure."""
    low = -math.inf if figure.low is None else figure.low
    high = math.inf if figure.high is None else figure.high
    assert figure.value is not None  # noqa: S101 -- the caller has looked
    return Bounds(figure.value, low, high)


def check_claim(
    form: str, claimed: str | None, inputs: Sequence[str], named: int, look: Lookup,
    *, is_whole: bool = True,
) -> Checked:  # fmt: skip
    """Return whether a printed statement follows from the numbers that it speaks of.

    Parameters
    ----------
    form : str
        One of `CLAIM_FORMS`.
    claimed : str or None
        Id of the figure that holds the printed number; None for a part of a whole or a
        comparison, which print none of their own.
    inputs : sequence of str
        Ids of figures, ``?`` for one that nobody printed; for a count, ids of subjects.
    named : int
        How many things the statement lists in words, beside those of ``inputs``.
    look : Lookup
        Gives figures.
    is_whole : bool
        Whether a list is all there is.

    Examples
    --------
    >>> nothing = Lookup(lambda name: None, lambda name: False, lambda name: None)
    >>> check_claim("rate", "rate/a", ["area/a", "?"], 0, nothing).verdict
    'cannot_check'
    """
    figure = look.figure(claimed) if claimed else None
    if claimed and (figure is None or figure.value is None):
        return Checked(CANNOT, "no_figure" if figure is None else "unknown", claimed)
    if form == "count":
        return _counted(figure, inputs, named, look, is_whole=is_whole)
    found = [None if name == NOT_PRINTED else look.figure(name) for name in inputs]
    lost = [name for name, each in zip(inputs, found, strict=True)
            if each is None and name != NOT_PRINTED]  # fmt: skip
    if lost:
        return Checked(CANNOT, "no_figure", lost[0])
    known, why, about = _usable(inputs, found, figure, look)
    if why is not None or not is_whole:
        asked = Checked(CANNOT, why or "missing", about)
        return _with_implied(asked, form, figure, known)
    return _of_known(form, figure, inputs, [each for each in known if each is not None], look)


def _of_known(
    form: str, figure: Figure | None, inputs: Sequence[str], figures: Sequence[Figure], look: Lookup
) -> Checked:
    """Return the verdict on a claim of which every input is known."""
    if not _fit(form, figures, figure):
        return Checked(CANNOT, "units", inputs[-1])
    operands = [bounds_of(each) for each in figures]
    computed = _compute(form, operands)
    if computed is None:
        return Checked(CANNOT, "unknown", inputs[-1])
    computed, unit = _as_claimed(computed, _unit(form, figures), figure)
    done = Checked(
        CONSISTENT, computed=computed, unit=unit, qualifier=_qualifier(computed, figures)
    )
    if form in ALONE:
        holds = computed.low <= 1 if form == "part" else computed.high > 1
        return done if holds else replace(done, verdict=CONTRADICTED)
    if figure is None:
        return replace(done, verdict=CANNOT, why="missing")
    return _judged(done, form, figure, inputs, operands, look)


def _usable(
    inputs: Sequence[str], found: Sequence[Figure | None], claimed: Figure | None, look: Lookup
) -> tuple[list[Figure | None], str | None, str | None]:
    """Return the inputs that can be used, and why one cannot be."""
    known: list[Figure | None] = []
    lacks: list[tuple[str, str]] = []
    for name, each in zip(inputs, found, strict=True):
        lack = None
        if each is None:
            lack = "missing"
        elif each.value is None:
            lack = "unknown"
        elif claimed is not None and _rests_on(each, claimed, look):
            lack = "circular"
        known.append(each if lack is None else None)
        lacks += [] if lack is None else [(lack, name)]
    told = next((lack for lack in lacks if lack[0] != "missing"), None) or next(iter(lacks), None)
    why, about = told or (None, None)
    return known, why, about


def _rests_on(figure: Figure, claimed: Figure, look: Lookup) -> bool:
    """Return whether all that is known of a figure comes from the claim itself."""
    if figure.id == claimed.id:
        return True
    below = [each for name in figure.inputs if (each := look.figure(name)) is not None]
    if below:
        return any(_rests_on(each, claimed, look) for each in below)
    places = {(e.source, e.locator, e.printed) for e in figure.evidence}
    return bool(places) and places <= {
        (e.source, e.locator, e.printed) for e in claimed.evidence
    }  # fmt: skip


def _counted(
    claimed: Figure | None, inputs: Sequence[str], named: int, look: Lookup, *, is_whole: bool
) -> Checked:
    """Return whether as many things are listed as are claimed; a part of a list can only refute."""
    gone = [name for name in inputs if not look.is_subject(name)]
    if gone:
        return Checked(CANNOT, "no_figure", gone[0])
    count = float(len(dict.fromkeys(inputs)) + named)
    here = Bounds(count, count, count if is_whole else math.inf)
    qualifier = "exact" if is_whole else "more_than"
    done = Checked(CONSISTENT, computed=here, unit="count", qualifier=qualifier)
    if claimed is None:
        return Checked(CANNOT, "missing", None)
    if not here.meets(bounds_of(claimed)):
        return replace(done, verdict=CONTRADICTED)
    return done if is_whole else Checked(CANNOT, "list", unit="count")


def _compute(form: str, of: Sequence[Bounds]) -> Bounds | None:
    """Return the number that a form makes of its inputs, bounds by interval arithmetic."""
    if form == "rank":
        above = sum(each.low > of[0].high for each in of[1:])
        maybe = sum(each.high > of[0].low for each in of[1:])
        return Bounds(1.0 + sum(e.value > of[0].value for e in of[1:]), 1.0 + above, 1.0 + maybe)
    if form == "total":
        return Bounds(*(math.fsum(parts) for parts in zip(*of, strict=True)))
    one, two = of
    if form == "difference":
        return Bounds(one.value - two.value, one.low - two.high, one.high - two.low)
    quotient = _quotient(one, two)
    if quotient is None or form != "growth":
        return quotient
    return Bounds(*(part - 1 for part in quotient))


def _product(one: Bounds, other: Bounds) -> Bounds:
    """Return one number times another, of any sign; nothing times no bound is nothing."""
    ends = [a * b if a and b else 0.0 for a in one[1:] for b in other[1:]]
    return Bounds(one.value * other.value, min(ends), max(ends))


def _quotient(top: Bounds, bottom: Bounds) -> Bounds | None:
    """Return one number by another that is positive; None where the divisor is nothing."""
    if bottom.value <= 0:
        return None
    # A missing lower bound counts as 0 where the value is not negative: land, floor and money.
    least = 0.0 if math.isinf(top.low) and top.value >= 0 else top.low
    ends = (max(bottom.low, 0.0), bottom.high)
    low = min(_over(least, end) for end in ends)
    high = max(_over(top.high, end) for end in ends)
    return Bounds(top.value / bottom.value, low, high)


def _over(top: float, bottom: float) -> float:
    if bottom == 0:
        return math.copysign(math.inf, top) if top else 0.0
    return 0.0 if math.isinf(bottom) else top / bottom


def _fit(form: str, inputs: Sequence[Figure], claimed: Figure | None) -> bool:
    """Return whether the inputs can be put together, and their result be held against the claim."""
    units = {each.unit for each in inputs}
    if form == "rank":
        return len(units) == 1
    if form in {"total", "difference"}:
        wanted = {"pp": "1"}.get(claimed.unit, claimed.unit) if claimed else None
        return len(units) == 1 and (wanted is None or units == {wanted})
    one, two = inputs
    of_rate = "1" if one.unit == two.unit else f"{one.unit}/{two.unit}"
    return of_rate == (claimed.unit if claimed and form not in ALONE else "1")


def _unit(form: str, inputs: Sequence[Figure]) -> str:
    if form == "rank":
        return "rank"
    one, *rest = (each.unit for each in inputs)
    if form in {"total", "difference"}:
        return one
    return "1" if one == rest[0] else f"{one}/{rest[0]}"


def _qualifier(computed: Bounds, inputs: Sequence[Figure]) -> str:
    up, down = math.isinf(computed.high), math.isinf(computed.low)
    if up != down:
        return "more_than" if up else "less_than"
    kinds = {each.qualifier for each in inputs}
    return (
        "exact" if kinds == {"exact"} else "printed" if kinds <= {"exact", "printed"} else "about"
    )


def _as_claimed(computed: Bounds, unit: str, claimed: Figure | None) -> tuple[Bounds, str]:
    """Return a difference of two rates in points where the claim is printed in points."""
    if claimed is not None and claimed.unit == "pp" and unit == "1":
        return Bounds(*(part * 100 for part in computed)), "pp"
    return computed, unit


def _judged(
    done: Checked, form: str, claimed: Figure, inputs: Sequence[str], operands: Sequence[Bounds],
    look: Lookup,
) -> Checked:  # fmt: skip
    assert done.computed is not None  # noqa: S101 -- computed by the caller
    if done.computed.meets(bounds_of(claimed)):
        return done
    own = look.printed(claimed.id)
    if own is not None and claimed.qualifier in {"printed", "about"}:
        for name, wider in coarser(own):
            if done.computed.meets(wider):
                return replace(done, verdict=ROUNDED, reading=name, about=claimed.id)
    for place, name in enumerate(inputs):
        read = look.printed(name)
        figure = look.figure(name)
        if read is None or figure is None or figure.qualifier not in {"printed", "about"}:
            continue
        # How its last digit came about may be asked; a printed digit of it is not doubted.
        for reading, wider in (each for each in coarser(read) if each[0] != "one_digit_less"):
            again = _compute(form, [*operands[:place], wider, *operands[place + 1 :]])
            if again is None:
                continue
            again, _ = _as_claimed(again, "1", claimed)
            if again.meets(bounds_of(claimed)):
                return replace(done, verdict=ROUNDED, reading=reading, about=name)
    if own is not None and claimed.qualifier in {"more_than", "less_than"}:
        half = _step(own) / 2
        value = claimed.value or 0.0
        if done.computed.meets(Bounds(value, value - half, value + half)):
            return replace(done, verdict=CONTRADICTED, why="about", about=claimed.id)
    return replace(done, verdict=CONTRADICTED)


def coarser(printed: Printed) -> Iterator[tuple[str, Bounds]]:
    """Yield the coarser ways of reading printed digits, with the bounds that each allows.

    Cut off after the last digit, rounded up to it, and with one digit less, where two are left.

    Examples
    --------
    >>> [(name, float(b.low), float(b.high)) for name, b in coarser(Printed("396910", "m2", None))]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('cut_off', 396910.0, 396920.0), ('raised', 396900.0, 396910.0),
     ('one_digit_less', 396860.0, 396960.0)]
    """
    value, step = Fraction(printed.digits) * UNITS[printed.unit].factor, _step(printed)
    whole = float(value)
    yield "cut_off", Bounds(whole, whole, whole + step)
    yield "raised", Bounds(whole, whole - step, whole)
    if abs(whole) >= 100 * step:
        yield "one_digit_less", Bounds(whole, whole - 5 * step, whole + 5 * step)


def _step(printed: Printed) -> float:
    step = Fraction(printed.resolution) if printed.resolution else implied_step(printed.digits)
    return float(step * UNITS[printed.unit].factor)


def _with_implied(
    asked: Checked, form: str, claimed: Figure | None, known: Sequence[Figure | None]
) -> Checked:
    """Add what the claim asks the one missing input to be; two unknowns say nothing."""
    if claimed is None or sum(each is None for each in known) != 1 or len(known) < 2:
        return asked
    claim = bounds_of(claimed)
    if claimed.unit == "pp":
        claim = Bounds(*(part / 100 for part in claim))
    place = list(known).index(None)
    rest = [bounds_of(each) for each in known if each is not None]
    unit = next(each.unit for each in known if each is not None)
    implied: Bounds | None = None
    if form == "total":
        implied = _compute("difference", [claim, Bounds(*map(math.fsum, zip(*rest, strict=True)))])
    elif form == "difference":
        other = Bounds(-claim.value, -claim.high, -claim.low) if place else claim
        implied = Bounds(*(a + b for a, b in zip(rest[0], other, strict=True)))
    elif form in {"rate", "growth"}:
        ratio = Bounds(*(part + (form == "growth") for part in claim))
        implied = _quotient(rest[0], ratio) if place else _product(rest[0], ratio)
    if implied is None or math.isnan(implied.low) or math.isnan(implied.high):
        return asked
    return replace(asked, implied=implied, implied_unit=unit)
