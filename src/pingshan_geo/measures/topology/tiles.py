"""Tiles of a cadastre: which parcels are looked at together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.measures.cutting import Shapes
from pingshan_geo.measures.topology.rules import TOLERANCE, TopologyTolerance

DEGREE_M = 110_000.0  # at least so long is a degree of latitude
BULGE = 1e-7  # a line of s metres is not further than s² times this from that on a map
_WIDE = 8  # a parcel wider than this part of a tile


@dataclass(frozen=True, slots=True)
class Tile:
    """What a job is about: `position` of all parcels it is given, and the first `home` are its own.

    Errors are told by the tile at which their first parcel is at home.
    """

    position: IntArray
    home: int


def tiles(
    boxes: FloatArray,
    tolerance: TopologyTolerance = TOLERANCE,
    size: int = 50_000,
    shapes_of: Callable[[IntArray], Shapes] | None = None,
) -> list[Tile]:
    """Return tiles of parcels; each parcel with a finite box is at home in one of them.

    A tile is given all parcels whose box touches the extent of those at home, as their edges may
    meet. Of these in turn every edge there must be known to be open or common, for which the
    parcels at both of its ends are given too: those that touch the boxes of the former.

    Parameters
    ----------
    boxes : array of float
        West, south, east and north of each parcel in degrees, a parcel a row; NaN for none.
    tolerance : TopologyTolerance
        That of the errors that are looked for.
    size : int
        Most parcels that are at home in a tile.
    shapes_of : callable, optional
        Shapes, in longitude and latitude, of positions. It is asked for few that are wide (roads,
        rivers), so that not all is given that touches their box but what is near their edges.

    Examples
    --------
    >>> boxes = np.array([[114, 22, 114.1, 22.1], [114.1, 22, 114.2, 22.1], [115, 22, 116, 23]])
    >>> [(each.position.tolist(), each.home) for each in tiles(boxes, size=1)]
    [([0, 1], 1), ([1, 0], 1), ([2], 1)]
    """
    # A box a column, as sums and comparisons along rows of four are many times slower.
    metres = boxes.T.copy() * DEGREE_M
    there = np.flatnonzero(np.isfinite(metres.sum(axis=0)))
    if not len(there):
        return []
    if len(there) < len(boxes):
        metres = metres[:, there]
    north = min(max(np.abs(each).max() for each in metres[1::2]) / DEGREE_M, 89.0)
    metres[::2] *= np.cos(np.radians(north))
    wide = np.maximum(*(metres[2:] - metres[:2]))
    margin = 10 * tolerance.distance_m + 2 * tolerance.sliver_width_m + 0.1 + BULGE * wide**2
    metres[:2] -= margin
    metres[2:] += margin
    homes = list(_split(metres, size))
    if len(homes) == 1:
        return [Tile(there, len(there))]
    reach = _reach(metres, there, homes, shapes_of)
    return [Tile(there[each], home) for each, home in _with_others(metres, homes, reach)]


def _split(box: FloatArray, size: int) -> Iterator[IntArray]:
    """Yield numbers of boxes, at most so many at a time, halved across the longer side."""
    middle = box[:2] + box[2:]
    todo = [np.arange(box.shape[1])]
    while todo:
        rows = todo.pop()
        if len(rows) <= size:
            yield np.sort(rows)
            continue
        parts = [each[rows] for each in middle]
        part = max(parts, key=np.ptp)
        half = np.argpartition(part, len(rows) // 2)
        todo += [rows[half[len(rows) // 2 :]], rows[half[: len(rows) // 2]]]


def _reach(
    box: FloatArray,
    there: IntArray,
    homes: list[IntArray],
    shapes_of: Callable[[IntArray], Shapes] | None,
) -> FloatArray:
    """Return how long an edge of each parcel is at most."""
    found = np.asarray(np.maximum(*(box[2:] - box[:2])))
    if shapes_of is None:
        return found
    low, high = box[:2].min(axis=1), box[2:].max(axis=1)
    side = float(np.sqrt((high - low).prod() / len(homes)))
    large = np.flatnonzero(found > side / _WIDE)
    xy, of = shapely.get_coordinates(shapes_of(there[large]), return_index=True)
    # At the latitude where a degree of longitude is longest.
    step = np.abs(np.diff(xy, axis=0)).max(axis=1, initial=0) * DEGREE_M * 1.02
    same = of[1:] == of[:-1]
    longest = np.zeros(len(large))
    np.maximum.at(longest, of[1:][same], step[same])
    found[large] = np.minimum(found[large], longest)
    return found


def _with_others(
    box: FloatArray, homes: list[IntArray], reach: FloatArray
) -> Iterator[tuple[IntArray, int]]:
    """Yield numbers of boxes at home, after them the others that a tile is given, and how many."""
    own = [np.ascontiguousarray(box[:, rows]) for rows in homes]
    extent = np.stack([_around(each) for each in own], axis=1)

    def others(tile: int, asked: FloatArray) -> IntArray:
        beside = np.flatnonzero(_touches(extent, asked))
        found = [homes[each][_touches(own[each], asked)] for each in beside if each != tile]
        return np.concatenate([homes[0][:0], *found])

    for tile, rows in enumerate(homes):
        asked = extent[:, tile]
        near = others(tile, asked)
        low = np.maximum(box[:2, near], asked[:2, None] - reach[near])
        high = np.minimum(box[2:, near], asked[2:, None] + reach[near])
        wider = _around(np.column_stack([asked, np.concatenate([low, high])]))
        yield np.append(rows, others(tile, wider)), len(rows)


def _around(box: FloatArray) -> FloatArray:
    return np.append(box[:2].min(axis=1), box[2:].max(axis=1))


def _touches(box: FloatArray, asked: FloatArray) -> BoolArray:
    west, south, east, north = asked
    meets = (box[0] <= east) & (box[1] <= north) & (box[2] >= west) & (box[3] >= south)
    return np.asarray(meets)
