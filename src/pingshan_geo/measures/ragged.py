"""Polygons as ragged arrays: coordinates ring by ring, and the runs of rows these are."""

from __future__ import annotations

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, ObjectArray


def groups(key: IntArray) -> tuple[IntArray, IntArray]:
    """Return where each group of a sorted key starts, and the group of each row.

    Examples
    --------
    >>> [each.tolist() for each in groups(np.array([3, 3, 7]))]
    [[0, 2], [0, 0, 1]]
    """
    is_first = np.diff(key, prepend=-1) != 0
    return np.flatnonzero(is_first), np.cumsum(is_first) - 1


def expand(start: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """Return for runs of rows the run of each row, and the row.

    Examples
    --------
    >>> [each.tolist() for each in expand(np.array([5, 0]), np.array([2, 1]))]
    [[0, 0, 1], [5, 6, 0]]
    """
    run = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    return run, start[run] + within


def cross(one: FloatArray, two: FloatArray) -> FloatArray:
    """Return the cross product of vectors of a plane, row by row."""
    return np.asarray(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])


def sums(value: FloatArray, first: IntArray) -> FloatArray:
    """Return the sums of runs of rows, the last row of all left out, which counts as 0.

    So the sum of a run does not hang on whether it is the last, to the last bit.
    """
    return np.add.reduceat(np.append(value, 0.0), first) if len(first) else value[:0]


def signed_areas(xy: FloatArray, ring: IntArray, first: IntArray) -> FloatArray:
    """Return the areas of rings that end where they start, less than 0 where they run clockwise."""
    # From one ring to the next the product is 0.
    count = np.diff(np.append(first, len(ring)))
    x, y = (each - np.repeat(each[first], count) for each in xy.T)
    return sums(x[:-1] * y[1:] - x[1:] * y[:-1], first) / 2


def flat_rings(shapes: ObjectArray) -> tuple[FloatArray, IntArray, IntArray, BoolArray]:
    """Return coordinates with the ring of each, and of each ring the polygon, and if it is outer.

    Polygons of one ring need not be taken apart, which is five times as fast as `get_rings`.
    """
    is_simple = (shapely.get_type_id(shapes) == 3) & (shapely.get_num_interior_rings(shapes) == 0)
    simple, rest = np.flatnonzero(is_simple), np.flatnonzero(~is_simple)
    parts, of_part = shapely.get_parts(shapes[rest], return_index=True)
    found, of_ring = shapely.get_rings(parts, return_index=True)
    one, two = (
        shapely.get_coordinates(each, return_index=True) for each in (shapes[simple], found)
    )
    is_shell = np.append(np.ones(len(simple), dtype=bool), np.diff(of_ring, prepend=-1) != 0)
    owner = np.append(simple, rest[of_part[of_ring]])
    ring = np.append(one[1], two[1] + len(simple))
    return np.concatenate([one[0], two[0]]), ring, owner, is_shell
