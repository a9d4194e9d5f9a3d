"""Polygons as ragged arrays: coordinates ring by ring, and the runs of rows these are."""

from __future__ import annotations

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, ObjectArray

_ROUNDING = 1e-14  # of a product of two differences, some fifty times what it may be wrong


def groups(key: IntArray) -> tuple[IntArray, IntArray]:
    """Return where each group of a sorted key starts, and the group of each row.

    Examples
    --------
    >>> [each.tolist() for each in groups(np.array([3, 3, 7]))]
    [[0, 2], [0, 0, 1]]
    """
    is_first = np.diff(key, prepend=-1) != 0
    return np.flatnonzero(is_first), np.cumsum(is_first) - 1


def equal_neighbours(key: FloatArray) -> IntArray:
    """Return the rows of a sorted key that are equal to the row before or after.

    Examples
    --------
    >>> equal_neighbours(np.array([1.0, 2.0, 2.0, 5.0])).tolist()
    [1, 2]
    """
    is_same = np.diff(key) == 0
    return np.flatnonzero(np.append(is_same, False) | np.append(False, is_same))


def expand(start: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """Return for runs of rows the run of each row, and the row.

    Examples
    --------
    >>> [each.tolist() for each in expand(np.array([5, 0]), np.array([2, 1]))]
    [[0, 0, 1], [5, 6, 0]]
    """
    run = np.repeat(np.arange(len(count)), count)
    return run, np.repeat(start - np.cumsum(count) + count, count) + np.arange(len(run))


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


def is_star(xy: FloatArray, first: IntArray) -> BoolArray:
    """Return whether rings that end where they start go once around the mean of their vertices.

    All of such a ring is seen from there, so that it does not cross or touch itself. What is too
    near to tell is False. GEOS, which looks at all pairs of edges, takes three times as long.

    Examples
    --------
    >>> square, bow_tie = [[0, 0], [2, 0], [2, 2], [0, 2]], [[0, 0], [2, 2], [2, 0], [0, 2]]
    >>> rings = np.array([*square, square[0], *bow_tie, bow_tie[0]], dtype=float)
    >>> is_star(rings, np.array([0, 5])).tolist()
    [True, False]
    """
    if not len(first):
        return np.zeros(0, dtype=bool)
    count = np.diff(np.append(first, len(xy)))
    with np.errstate(invalid="ignore"):  # what is not finite is False
        x, y = (each - np.repeat(np.add.reduceat(each, first) / count, count) for each in xy.T)
        one, two = x[:-1] * y[1:], y[:-1] * x[1:]
        turn, least = one - two, _ROUNDING * (np.abs(one) + np.abs(two))
    # From one ring to the next is no edge.
    last = first[1:] - 1
    is_left, is_right, is_up = turn > least, turn < -least, (y[:-1] < 0) & (y[1:] >= 0)
    is_left[last] = is_right[last] = True
    is_up[last] = False
    is_left, is_right = (
        np.logical_and.reduceat(np.append(each, True), first) for each in (is_left, is_right)
    )
    is_once = np.add.reduceat(np.append(is_up, False), first, dtype=np.int64) == 1
    return np.asarray(is_once & (is_left | is_right))


def is_one_ring(shapes: ObjectArray) -> BoolArray:
    """Return which shapes are polygons without holes: as good as a ring, never taken apart."""
    is_polygon = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    return np.asarray(is_polygon & (shapely.get_num_interior_rings(shapes) == 0))


def is_plain(shapes: ObjectArray) -> BoolArray:
    """Return whether shapes are polygons of one ring that is surely valid; see `is_star`."""
    row = np.flatnonzero(is_one_ring(shapes))
    xy, ring = shapely.get_coordinates(shapes[row], return_index=True)
    first, _ = groups(ring)
    found = np.zeros(len(shapes), dtype=bool)
    found[row[ring[first]]] = is_star(xy, first)
    return found


def flat_rings(shapes: ObjectArray) -> tuple[FloatArray, IntArray, IntArray, BoolArray]:
    """Return coordinates with the ring of each, and of each ring the polygon, and if it is outer.

    Polygons of one ring need not be taken apart, which is five times as fast as `get_rings`.
    """
    is_simple = is_one_ring(shapes)
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
