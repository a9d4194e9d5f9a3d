"""Sums that are exact and merge exactly: pieces of any size, in any order, give the same digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# A float is an integer of 53 bits times a power of two. Both halves of the integer are summed by
# power of two; 2**36 rows fit before an int64 half of 27 bits could overflow, 2**26 in one part.
_LOW_BITS = 26
# How a float is stored (IEEE 754): sign, 11 bits of exponent, 52 of fraction after a 1 not stored.
_FRACTION_BITS, _EXPONENTS, _OF_ONE = 52, 0x7FF, 1075


@dataclass(frozen=True, slots=True)
class PartialSums:
    """Exact sums of the rows seen so far, for each of a number of groups.

    Attributes
    ----------
    parts : dict of int to array of int
        For each power of two, the high and low halves of the sums, shape (2, groups).
    known, rows : array of int
        Rows with a value, and all rows, of each group.
    """

    parts: dict[int, npt.NDArray[np.int64]]
    known: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    def merge(self, other: PartialSums) -> PartialSums:
        """Return the sums over both sets of rows."""
        parts = dict(self.parts)
        for power, halves in other.parts.items():
            parts[power] = parts[power] + halves if power in parts else halves
        return PartialSums(parts, self.known + other.known, self.rows + other.rows)

    def finish(self) -> npt.NDArray[np.float64]:
        """Return the sums, rounded once; NaN for a group without a known row."""
        least = min(self.parts, default=0)
        totals = [0] * len(self.known)
        for power, (high, low) in self.parts.items():
            for group in np.flatnonzero((high != 0) | (low != 0)).tolist():
                whole = (int(high[group]) << _LOW_BITS) + int(low[group])
                totals[group] += whole << (power - least)
        # Python divides whole numbers of any size and rounds the quotient once.
        top, bottom = 1 << max(least, 0), 1 << max(-least, 0)
        sums = np.array([total * top / bottom for total in totals], dtype=np.float64)
        return np.where(self.known > 0, sums, np.nan)


def partial_sums(
    values: npt.NDArray[np.float64], group: npt.NDArray[np.int64], groups: int
) -> PartialSums:
    """Return the exact sums of finite values by group; NaN is a row that is not known.

    Parameters
    ----------
    values : array of float
        NaN for unknown; infinities are not allowed.
    group : array of int
        Group of each row, 0 to ``groups`` - 1.
    groups : int
        Number of groups.

    Examples
    --------
    >>> thirds = np.array([1e16, 1.0, -1e16, np.nan])
    >>> one = partial_sums(thirds[:2], np.zeros(2, int), 1)
    >>> two = partial_sums(thirds[2:], np.zeros(2, int), 1)
    >>> float(one.merge(two).finish()[0]), int(one.merge(two).known[0])
    (1.0, 3)
    """
    rows = np.bincount(group, minlength=groups)
    is_known = ~np.isnan(values)
    known_group = group[is_known]
    bits = values[is_known].view(np.int64)
    exponent = (bits >> _FRACTION_BITS) & _EXPONENTS
    whole = bits & ((1 << _FRACTION_BITS) - 1)
    whole |= (exponent > 0).astype(np.int64) << _FRACTION_BITS
    np.negative(whole, where=bits < 0, out=whole)
    np.maximum(exponent, 1, out=exponent)  # the smallest numbers have no 1 before the fraction
    has_any = np.bincount(exponent, minlength=1) > 0
    powers, power = np.flatnonzero(has_any), (np.cumsum(has_any) - 1)[exponent]
    place, size = power * groups + known_group, len(powers) * groups
    # Sums of halves stay below 2**53, so that a count with weights is exact; it is fast.
    halves = [
        np.bincount(place, half, size).astype(np.int64).reshape(len(powers), groups)
        for half in (whole >> _LOW_BITS, whole & ((1 << _LOW_BITS) - 1))
    ]
    parts = {
        int(each) - _OF_ONE: np.stack(both) for each, *both in zip(powers, *halves, strict=True)
    }
    return PartialSums(parts, np.bincount(known_group, minlength=groups), rows)
