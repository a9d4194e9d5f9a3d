"""Lowest, middle and highest of groups of rows."""

from __future__ import annotations

import numpy as np

from pingshan_geo.figure import FloatArray, IntArray, Interval


def spread(interval: Interval, group: IntArray, groups: int) -> tuple[Interval, Interval, Interval]:
    """Return the lowest, the median and the highest known value of each group.

    Parameters
    ----------
    interval : Interval
        NaN is unknown and left out.
    group : array of int
        Group of each row, 0 to ``groups`` - 1.
    groups : int
        Number of groups.

    Returns
    -------
    lowest, median, highest : Interval
        One value a group, NaN where no row is known. The median of an even number is the mean of
        the two middle values. None of the three falls when a row rises, so their bounds are
        those of the rows' lower and of their upper bounds.

    Examples
    --------
    >>> rows = np.array([3.0, 1.0, np.nan, 2.0, 10.0])
    >>> found = spread(Interval(rows, rows, rows), np.zeros(5, dtype=int), 1)
    >>> [float(each.value[0]) for each in found]
    [1.0, 2.5, 10.0]
    """
    known = ~np.isnan(interval.value)
    inside = group[known]
    count = np.bincount(inside, minlength=groups)
    filled = count > 0
    first, count = (np.cumsum(count) - count)[filled], count[filled]
    last, middle = first + count - 1, (first + (count - 1) // 2, first + count // 2)
    places = ((first, first), middle, (last, last))
    parts: list[list[FloatArray]] = [[], [], []]
    for part in interval:
        ordered = part[known][np.lexsort((part[known], inside))]
        for found, (one, other) in zip(parts, places, strict=True):
            values = np.full(groups, np.nan)
            values[filled] = (ordered[one] + ordered[other]) / 2
            found.append(values)
    lowest, median, highest = (Interval(*each) for each in parts)
    return lowest, median, highest
