"""A figure: a value with bounds, unit, status and evidence; and arithmetic on bounds.

Wide tables hold the numbers; a `Figure` is a view of one cell, made when somebody asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.evidence import Evidence
from pingshan_geo.words import Text

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ObjectArray = npt.NDArray[np.object_]
#: Places in `STATUSES` or `QUALIFIERS`, -1 for none: a column of words is a byte a row.
CodeArray = npt.NDArray[np.int8]

STATUSES = ("recorded", "measured", "derived", "assumed", "conflict", "unknown")
QUALIFIERS = ("printed", "about", "exact", "more_than", "less_than")
_PLACES = {word: at for known in (STATUSES, QUALIFIERS) for at, word in enumerate(known)}
NO_CODE = np.int8(-1)


class Interval(NamedTuple):
    """Values with bounds; NaN is unknown, an infinite bound is no bound.

    All three arrays have one shape. Where ``value`` is NaN both bounds are NaN.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray


def exact(value: FloatArray) -> Interval:
    """Return an interval without width."""
    return Interval(value, value.copy(), value.copy())


def intervals(rows: Sequence[tuple[float, float, float]]) -> Interval:
    """Return the values and bounds of rows that hold a value, low and high each."""
    return Interval(*np.array(rows, dtype=np.float64).reshape(-1, 3).T.copy())


def choose(take: npt.NDArray[np.bool_], one: Interval, other: Interval) -> Interval:
    """Return ``one`` where ``take`` is true, else ``other``."""
    return Interval(*(np.where(take, a, b) for a, b in zip(one, other, strict=True)))


def choose_object(take: npt.NDArray[np.bool_], one: Any, other: Any) -> ObjectArray:
    """Return the objects of ``one`` (array or scalar) where ``take`` is true, else of ``other``."""
    result = np.empty(take.shape, dtype=object)
    result[...] = other
    result[take] = one[take] if isinstance(one, np.ndarray) else one
    return result


def coded(words: Any) -> CodeArray:
    """Return the codes of an array of statuses or of qualifiers, -1 for a missing word.

    Examples
    --------
    >>> coded(np.array(["exact", None, "printed"], dtype=object)).tolist()
    [2, -1, 0]
    """
    codes, found = pd.factorize(np.asarray(words, dtype=object))
    return np.array([*(_PLACES[word] for word in found), NO_CODE], dtype=np.int8)[codes]


def code(word: str | None) -> np.int8:
    """Return the code of a status or qualifier."""
    return NO_CODE if word is None else np.int8(_PLACES[word])


def no_codes(size: int) -> CodeArray:
    """Return as many codes of nothing."""
    return np.full(size, NO_CODE)


def choose_code(
    take: BoolArray, one: CodeArray | str | None, other: CodeArray | str | None
) -> CodeArray:
    """Return codes of ``one`` (array or word) where ``take`` is true, else of ``other``."""
    both = (each if isinstance(each, np.ndarray) else code(each) for each in (one, other))
    return np.where(take, *both)


def divide(top: Interval, bottom: Interval) -> Interval:
    """Return the quotient of two non-negative quantities, bounds by interval arithmetic.

    Unknown where either is unknown or the divisor's value is not positive: a ratio to nothing
    is not a number, and never 0. A missing lower bound counts as 0, since neither land, floor
    nor money asked for is negative.

    Examples
    --------
    >>> floor = Interval(np.array([488800.0]), np.array([488750.0]), np.array([488850.0]))
    >>> land = Interval(np.array([106000.0]), np.array([105500.0]), np.array([106500.0]))
    >>> [round(float(part[0]), 4) for part in divide(floor, land)]
    [4.6113, 4.5892, 4.6336]
    """
    known = ~np.isnan(top.value) & (bottom.value > 0)
    if not known.any():
        return exact(np.full(known.shape, np.nan))
    top_low, bottom_low = np.maximum(top.low, 0.0), np.maximum(bottom.low, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = top.value / bottom.value
        low = np.where(np.isinf(bottom.high), 0.0, top_low / bottom.high)
        high = np.where(np.isinf(top.high) | (bottom_low == 0), np.inf, top.high / bottom_low)
    return Interval(*(np.where(known, part, np.nan) for part in (value, low, high)))


def subtract(left: Interval, right: Interval) -> Interval:
    """Return the difference, bounds by interval arithmetic; unknown where either is unknown."""
    with np.errstate(invalid="ignore"):
        return Interval(left.value - right.value, left.low - right.high, left.high - right.low)


def combined_qualifier(
    interval: Interval, rising: CodeArray, falling: CodeArray | None = None
) -> CodeArray:
    """Return the qualifier of values computed from qualified inputs.

    A bound that is missing decides (``more_than``, ``less_than``; ``about`` where both are);
    then ``about`` is handed on; ``exact`` holds only if every input is exact.

    Parameters
    ----------
    interval : Interval
        The values computed.
    rising, falling : array of int8
        Codes of the qualifiers of the input that the value grows with (what is divided, what is
        subtracted from) and of the one, if any, that it shrinks with.
    """
    falling = rising if falling is None else falling
    printed, about, is_exact, more_than, less_than = map(code, QUALIFIERS)
    result = np.where((rising == about) | (falling == about), about, printed)
    result[(rising == is_exact) & (falling == is_exact)] = is_exact
    up = np.isposinf(interval.high)
    down = np.isneginf(interval.low) | (rising == less_than)  # a quotient has a low bound of 0
    if falling is not rising:
        down |= falling == more_than
    result[up] = more_than
    result[down] = less_than
    result[up & down] = about
    result[np.isnan(interval.value)] = NO_CODE
    return result


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many rows of a sum are known, and what is left out."""

    rows_known: int
    rows: int
    of_recorded_total: float | None
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the member ``completeness`` of the report document."""
        return {
            "rows_known": self.rows_known, "rows": self.rows,
            "of_recorded_total": self.of_recorded_total, "left_out": list(self.left_out),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one subject, with all that is needed to defend it.

    Attributes
    ----------
    kind : str
        Table of the subject: zones, parcels, projects, auctions, targets, indicators,
        obligations, claims or overlay.
    measure, subject : str
        Together the id, ``measure/subject``.
    value, low, high : float or None
        In ``unit``; a value of None is unknown, a bound of None beside a value is no bound.
    unit : str
        The stored (SI) unit.
    qualifier : str
        One of `QUALIFIERS`.
    status : str
        One of `STATUSES`.
    method : Text
        Formula or way of measuring.
    inputs : tuple of str
        Ids of the figures it is computed from.
    inputs_from : dict or None
        In place of inputs for a figure over many rows: table, column and where.
    evidence : tuple of Evidence
        Where the number, or its inputs, were printed.
    completeness : Completeness or None
        For a sum.
    notes : tuple of Text
        What is missing, which reading is used, what is mixed.
    basis : Text or None
        Which land and floor area a ratio stands on.
    verdict : str or None
        Code of how it stands to a limit, or recorded to measured area.
    cause : str or None
        Code of the likely cause of a difference.
    """

    kind: str
    measure: str
    subject: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    qualifier: str
    status: str
    method: Text
    inputs: tuple[str, ...] = ()
    inputs_from: dict[str, str] | None = None
    evidence: tuple[Evidence, ...] = ()
    completeness: Completeness | None = None
    notes: tuple[Text, ...] = ()
    basis: Text | None = None
    verdict: str | None = None
    cause: str | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES or self.qualifier not in QUALIFIERS:
            raise ValueError(f"{self.id}: status {self.status!r}, qualifier {self.qualifier!r}")
        if (self.value is None) != (self.status == "unknown"):
            raise ValueError(f"{self.id}: a value is None exactly where the status is unknown")
        if self.value is None and not self.notes:
            raise ValueError(f"{self.id}: an unknown figure says what is missing")
        for part in (self.value, self.low, self.high):
            if part is not None and not math.isfinite(part):
                raise ValueError(f"{self.id}: {part} is no figure")
        known = [part for part in (self.low, self.value, self.high) if part is not None]
        if known != sorted(known) or (known and self.value is None):
            raise ValueError(f"{self.id}: {self.value} is not in {self.low} to {self.high}")

    @property
    def id(self) -> str:
        """``measure/subject``."""
        return f"{self.measure}/{self.subject}"

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return the figure as in the report document; texts in ``lang`` (en or zh)."""
        document: dict[str, Any] = {
            "id": self.id,
            "measure": self.measure,
            "subject": self.subject,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "qualifier": self.qualifier,
            "status": self.status,
            "method": self.method.get(lang),
            "inputs": list(self.inputs),
            "evidence": [item.to_dict() for item in self.evidence],
            "completeness": self.completeness.to_dict() if self.completeness else None,
            "notes": [note.get(lang) for note in self.notes],
        }
        if self.basis is not None:
            document["basis"] = self.basis.get(lang)
        codes = {"verdict": self.verdict, "cause": self.cause}
        document |= {name: code for name, code in codes.items() if code is not None}
        if self.inputs_from is not None:
            document["inputs_from"] = dict(self.inputs_from)
        return document
