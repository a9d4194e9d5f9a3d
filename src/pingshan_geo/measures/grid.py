"""A square grid of cells: which of them some boxes are on, and how many of those are under others.

An STRtree would have to be given the geometry of every box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pingshan_geo.figure import BoolArray, FloatArray, IntArray

Boxes = FloatArray  # lowest x and y and highest x and y, a box a column


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells from a lowest to a highest corner; what lies beyond is on the cells at the side.

    Examples
    --------
    >>> grid = Grid(np.zeros(2), np.full(2, 4.0), 4)
    >>> marked = grid.marked(np.array([[0.5, 0.5, 1.5, 0.9]]).T)
    >>> marked.sum(), grid.count(marked, np.array([[1.0, 0, 9, 9], [2.0, 2, 3, 3]]).T).tolist()
    (np.int64(2), [1, 0])
    """

    low: FloatArray
    high: FloatArray
    side: int

    def cells(self, boxes: Boxes) -> tuple[IntArray, ...]:
        """Return the first columns and rows of boxes, and the first beyond them."""
        size = np.maximum((self.high - self.low) / self.side, 1e-6)
        ends = (boxes.reshape(2, 2, -1) - self.low[:, None]) / size[:, None]
        (west, south), (east, north) = np.clip(ends, 0, self.side - 1).astype(np.int32)
        return west, south, east + 1, north + 1

    def marked(self, boxes: Boxes) -> BoolArray:
        """Return the cells that boxes are on."""
        west, south, east, north = self.cells(boxes)
        # Summed up over both axes, the corners of boxes are the number of boxes on each cell.
        side = self.side + 1
        more, less = (
            np.bincount(np.concatenate([west * side + one, east * side + two]), minlength=side**2)
            for one, two in ((south, north), (north, south))
        )
        return np.asarray(_sums((more - less).reshape(side, side))[:-1, :-1] > 0)

    def count(self, marked: BoolArray, boxes: Boxes) -> IntArray:
        """Return how many marked cells each box is on."""
        total = np.pad(_sums(marked), ((1, 0), (1, 0)))
        west, south, east, north = self.cells(boxes)
        rows = total[east, north] - total[east, south]
        return np.asarray(rows - total[west, north] + total[west, south])


def _sums(cells: Any) -> Any:
    return cells.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
