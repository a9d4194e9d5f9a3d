"""Where topology errors are planted: parcels in metres, their neighbours, borders and overlaps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from cadastre import PLANE
from shapely.geometry import LineString, Polygon
from shapely.ops import substring

# What is planted is told from edge noise by the tolerances a detector will have: vertices and edges
# nearer than TOLERANCE_M are the same, and a piece of less mean width (2 × area / perimeter) is
# noise. Between the next two widths nothing is planted, for an answer would be chance.
TOLERANCE_M, LEAST_AREA_M2 = 0.05, 0.1
NOISE_M, REAL_M = 0.047, 0.07


@dataclass
class Change:
    """What a cause does, in metres: shapes by id (None: taken away), and what it leaves behind."""

    kind: str
    shapes: dict[str, Any]
    found: Iterable[Iterable[str]] | None = None  # None: the overlaps of the changed shape
    place: Any = None
    layer: str = "surface"
    meant: bool = False  # overlaps are no errors


class Scene:
    """The parcels in metres, and what lies beside what."""

    def __init__(self, parcels: gpd.GeoSeries, outline: Any, rng: np.random.Generator) -> None:
        self.ids = [str(each) for each in parcels.index]
        self.shapes = parcels.to_crs(PLANE).to_numpy()
        self.tree = shapely.STRtree(self.shapes)
        self.outline, self.rng = outline, rng

    def near(self, shape: Any, but: int = -1) -> list[int]:
        """Return positions of parcels within reach of a shape."""
        return [int(each) for each in self.tree.query(shape, "dwithin", 0.1) if each != but]

    def lot(self, *, inner: bool = True) -> int:
        """Return a parcel at random that has neighbours all round, or that has not."""
        while True:
            one = int(self.rng.integers(len(self.shapes)))
            around = shapely.union_all(self.shapes[self.near(self.shapes[one], one)])
            if inner == (self.shapes[one].boundary - around.buffer(0.1)).is_empty:
                return one

    def border(self) -> tuple[int, int, Any]:
        """Return two parcels, and the border of the first along the second as a line."""
        while True:
            one = self.lot()
            two = int(self.rng.choice(self.near(self.shapes[one], one)))
            ring = shapely.orient_polygons(self.shapes[one]).exterior
            line = shapely.line_merge(ring & self.shapes[two].buffer(0.06), directed=True)
            line = max(shapely.get_parts(line), key=shapely.length)
            if line.length > 10:
                return one, two, line

    def moved(self, one: int, line: Any, far_m: float, share: float = 0.96) -> Any:
        """Return a parcel whose border, but for its ends, lies `far_m` further out."""
        ring = shapely.orient_polygons(self.shapes[one]).exterior
        first, last = (ring.project(shapely.Point(line.coords[end])) for end in (0, -1))
        if last < first:
            last += ring.length
        twice = LineString([*ring.coords, *ring.coords[1:]])
        kept = substring(twice, last, first + ring.length)
        middle = substring(line, (1 - share) / 2, (1 + share) / 2, normalized=True)
        (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
        out = np.array([y1 - y0, x0 - x1]) / math.hypot(x1 - x0, y1 - y0) * far_m
        return Polygon([*kept.coords, *(np.array(middle.coords) + out)])

    def overlaps(self, shape: Any, but: int = -1) -> dict[int, Any] | None:
        """Return what a shape has in common with others, noise apart; None if in doubt."""
        found = {}
        for other in self.near(shape, but):
            parts = shapely.get_parts(shape & self.shapes[other])
            area = shapely.area(parts)
            width = 2 * area / np.maximum(shapely.length(parts), 1e-9)
            real = (width > REAL_M) & (area > 3 * LEAST_AREA_M2)
            noise = (width < NOISE_M) | (area < LEAST_AREA_M2 / 3)
            if not (real | noise).all():
                return None
            if real.any():
                found[other] = shapely.union_all(parts[real])
        return found
