"""All parcels of an assessment in two passes over their parts; between them, what takes them all.

After the first pass the driver holds of each parcel some numbers: the areas, the extent. With them
it looks for causes of areas that do not agree, and divides the parcels into tiles for topology.
Rows are read again only where those need them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.assessment.lots import (
    Day,
    Measured,
    Scene,
    Task,
    bounds_of,
    finished,
    measured,
)
from pingshan_geo.catalogue.part import Part
from pingshan_geo.catalogue.parts import Parts, together
from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.findings import Finding, joined_few
from pingshan_geo.measures import topology
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.reconcile import Others, explained, reconcile_findings, verdicts
from pingshan_geo.measures.rollup import ZonePart
from pingshan_geo.measures.wide import Wide
from pingshan_geo.work import Runner, scratch

# So many parcels are at home in a tile that another process does, beside those about it.
_TILE = 20_000


def boxes_of(lots: Parts, day: Day) -> list[FloatArray]:
    """Return the extents of the outlines of each part that may be measured at a day."""
    return list(lots.run(partial(bounds_of, day=day), lots.parts))


@dataclass(frozen=True)
class Passed:
    """All parcels after the first pass.

    Attributes
    ----------
    parts : tuple of Measured
        In their order.
    scene : Scene
        What they stood before.
    folder, below : TemporaryDirectory or None
        Keep their files, and those of the catalogue.
    run : Runner
        Does the parts.
    """

    parts: tuple[Measured, ...]
    scene: Scene
    folder: Any
    below: Any
    run: Runner

    @classmethod
    def over(cls, lots: Parts, scene: Scene) -> Passed:
        """Measure all parcels of a catalogue, part by part."""
        folder = None if lots.is_in_memory else scratch()
        scene = replace(scene, folder=None if folder is None else Path(folder.name))
        found = lots.run(partial(measured, scene=scene), list(enumerate(lots.parts)))
        return cls(tuple(found), scene, folder, lots.folder, lots.run)

    @cached_property
    def table(self) -> Parts:
        """Wide tables of the first pass."""
        return self.beside(part.table for part in self.parts)

    def beside(self, parts: Iterable[Part]) -> Parts:
        """Return a table whose parts are those of the parcels."""
        sizes = tuple(part.size for part in self.parts)
        return Parts(tuple(parts), sizes, self.folder, self.below, self.run)

    @cached_property
    def totals(self) -> ZonePart:
        """What all parcels add to the totals of zones."""
        return reduce(ZonePart.merge, (part.totals for part in self.parts))

    @cached_property
    def named(self) -> tuple[Wide, pd.DataFrame]:
        """The parcels that other tables speak of, and their membership."""
        starts = _starts(len(part.named) for part in self.parts)
        lots = [
            part.named_lots.assign(row=part.named_lots["row"] + at)
            for part, at in zip(self.parts, starts, strict=True)
        ]
        return Wide(together([part.named for part in self.parts])), together(lots)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The recorded and measured areas of all parcels."""
        tables = [part.judged for part in self.parts]
        kinds = pd.api.types.union_categoricals([each["zone_id"] for each in tables])
        whole: pd.DataFrame = pd.concat(tables, ignore_index=True)
        return whole.assign(zone_id=kinds)

    @cached_property
    def boxes(self) -> FloatArray:
        """The extent of each outline, NaN for none."""
        return np.concatenate([part.boxes for part in self.parts])

    def causes(self) -> pd.DataFrame:
        """Return why recorded and measured areas do not agree, by position; see `explained`."""
        zones = self.scene.zones
        totals = pd.Series(zones.interval("recorded_area").value, index=zones.base.index)
        earlier = together([part.earlier for part in self.parts])
        others = Others(self.table.take, self._of_codes)
        return explained(
            self.judged, self.boxes, others, self.scene.tolerance, totals=totals, earlier=earlier
        )

    def _of_codes(self, named: list[str]) -> IntArray:
        found = self.run(partial(_with_codes, named=named), self.table.parts)
        starts = _starts(self.table.sizes)
        return np.concatenate([each + at for each, at in zip(found, starts, strict=True)])

    def quality_findings(self, causes: pd.DataFrame) -> Iterator[Finding]:
        """Yield a finding for each parcel whose areas do not agree."""
        told = verdicts(self.judged, causes)
        doubtful = told[told["area_verdict"].isin(("explained", "disagrees"))]
        rows = self.table.take(doubtful.index.to_numpy(), ["recorded_area_m2", "measured_area_m2"])
        yield from reconcile_findings(rows.join(doubtful.set_axis(rows.index)))

    def topology(self, district: gpd.GeoSeries | None, *, expect_tiling: bool) -> gpd.GeoDataFrame:
        """Return the errors between outlines."""
        plane = self.scene.zoned.plane
        is_outline: BoolArray = np.concatenate([part.is_outline for part in self.parts])
        boxes = np.where(is_outline[:, None], self.boxes, np.nan)
        empty = shapely.Polygon()
        whole = empty if district is None else shapely.union_all(plane.shapes(district))
        task = topology.Task(plane, topology.TopologyTolerance(), whole, expect_tiling)
        taken = partial(_taken, table=self.table.alone(), plane=plane)
        if self.table.is_in_memory:
            return topology.in_tiles(boxes, taken, task)
        return topology.in_tiles(boxes, taken, task, size=_TILE, run=self.run)

    def finish(self, causes: pd.DataFrame, steps: pd.DataFrame) -> Parts:
        """Give all parcels verdicts and steps: the second pass.

        Returns the wide table of parcels, without the columns that none of them needs.
        """
        starts = _starts(part.size for part in self.parts)
        at = causes.index.to_numpy()
        tasks = []
        for part, start in zip(self.parts, starts, strict=True):
            mine = causes[(at >= start) & (at < start + part.size)]
            mine = mine.set_axis(mine.index - start)
            tasks.append(Task(part.number, part.table, part.judged, mine))
        done = self.run(partial(finished, steps=steps, folder=self.scene.folder), tasks)
        tables, holds = zip(*done, strict=True)
        said = frozenset[str]().union(*(part.said for part in self.parts))
        optional = self.parts[0].optional
        unsaid = {name for name, beside in optional.items() if said.isdisjoint(beside)}
        unsaid |= {name for name in holds[0] if not any(each[name] for each in holds)}
        table = self.beside(tables)
        return table.seen([name for name in table.names if name not in unsaid])

    def pieces(self) -> Parts:
        """Return the table of parts of parcels in zones."""
        return self.beside(part.pieces for part in self.parts)

    def findings(self) -> Iterator[Finding]:
        """Yield what the first pass has found."""
        for part in self.parts:
            yield from part.findings
        yield from joined_few(part.few for part in self.parts)

    def places(self, name: str) -> Parts:
        """Return the membership of all parcels, ``lots`` or ``shares``, with their positions."""
        starts = _starts(part.size for part in self.parts)
        parts = [
            replace(getattr(part, name), steps=(partial(_moved, by=at),))
            for part, at in zip(self.parts, starts, strict=True)
        ]
        return self.beside(parts)


def _taken(position: IntArray, table: Parts, plane: Plane) -> topology.Parcels:
    """Look up parcels for topology, in any process."""
    rows = table.take(position, ["layer", "geometry"])
    return topology.Parcels(
        position, plane.polygons(rows.geometry), rows["layer"].to_numpy(dtype=object),
        rows.index.to_numpy(dtype=object),
    )  # fmt: skip


def _moved(pairs: pd.DataFrame, by: int) -> pd.DataFrame:
    return pairs.assign(row=pairs["row"] + by)


def _with_codes(part: Part, named: list[str]) -> IntArray:
    return np.flatnonzero(part.read(["parcel_code"])["parcel_code"].isin(named))


def _starts(sizes: Iterable[int]) -> list[int]:
    found: list[int] = np.cumsum([0, *sizes])[:-1].tolist()
    return found
