"""Some parcels of an assessment: their measures (first pass), verdicts and steps (second pass).

A part knows nothing of the others. What all parts must be seen for, `passes` does between the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.catalogue.part import Part
from pingshan_geo.catalogue.schema import FACT_MEASURES, MEASURABLE
from pingshan_geo.catalogue.tolerance import SurveyTolerance
from pingshan_geo.figure import BoolArray, FloatArray, exact
from pingshan_geo.findings import MOST_OF_A_CODE, Few, Finding
from pingshan_geo.measures.consequences import step_columns
from pingshan_geo.measures.limits import limit_findings, put_limits
from pingshan_geo.measures.lots import lot_table, put_geometry_areas, put_share_of_parent
from pingshan_geo.measures.membership import membership, misplaced
from pingshan_geo.measures.overlay import Zoning
from pingshan_geo.measures.pairs import overlay_table, pair_table, put_dominant
from pingshan_geo.measures.readings import known_by, those, valid_at
from pingshan_geo.measures.reconcile import judged, verdicts
from pingshan_geo.measures.recorded import column_conflicts
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.measures.rollup import ZonePart, zone_part
from pingshan_geo.measures.wide import Wide, positions


@dataclass(frozen=True, slots=True)
class Day:
    """The day that is looked from, and the dates of sources that it is held against."""

    cutoff: date
    dated: pd.Series[str]

    def lots(self, rows: Any) -> tuple[Any, Any]:
        """Return the parcels known at the day, and those known that had ended by then."""
        known = those(rows, known_by(rows, "valid_from", self.dated, self.cutoff))
        lots = valid_at(known, self.cutoff)
        return lots, known.iloc[:0] if lots is known else known[~known.index.isin(lots.index)]


def bounds_of(part: Part, day: Day) -> FloatArray:
    """Return the extent of the outlines of a part that may be measured."""
    told = part.bounds()
    if told == []:
        return np.full(4, np.nan)
    columns = ["source_id", "valid_from", "valid_to", "geometry_status"]
    rows = part.read(columns)
    lots, _ = day.lots(rows)
    measurable = lots["geometry_status"].isin(MEASURABLE).to_numpy()
    if told and len(lots) == len(rows) and measurable.all():
        return np.array(told)
    lots, _ = day.lots(part.read([*columns, "geometry"]))
    return np.asarray(lots.geometry[measurable].total_bounds)


@dataclass(frozen=True, slots=True)
class Scene:
    """What all parcels of an assessment stand before.

    Attributes
    ----------
    day : Day
        Nothing later is known.
    facts : DataFrame
        Readings (with ``role``).
    zones : Wide
        All zones, with their recorded areas.
    zoned : Zoning
        Those that may be measured, in a plane about all that is drawn.
    limits : DataFrame
        Rows that are valid.
    is_split : bool
        Whether land that straddles zones counts in each of them.
    tolerance : SurveyTolerance
        How far a measured area may lie from a recorded one.
    named : frozenset of str
        Parcels that other tables speak of.
    folder : Path or None
        Where parts are kept; None is in memory.
    """

    day: Day
    facts: pd.DataFrame
    zones: Wide
    zoned: Zoning
    limits: pd.DataFrame
    is_split: bool
    tolerance: SurveyTolerance
    named: frozenset[str]
    folder: Path | None = None

    def keep(self, rows: pd.DataFrame, name: str, number: int) -> Part:
        """Keep a table of a part."""
        return Part.kept(rows, _place(self.folder, name, number))

    def keep_measures(self, wide: Wide, part: Part | None, number: int) -> Part:
        """Keep measures: of all rows of a part of the catalogue beside what that keeps itself."""
        if self.folder is None or part is None or part.steps:
            return self.keep(wide.part(), "measured", number)
        added = wide.added()
        own = replace(part, columns=tuple(name for name in part.names() if name not in added))
        return own.with_columns(added, _place(self.folder, "measured", number))


def _place(folder: Path | None, name: str, number: int) -> Path | None:
    """Return where a table of a part is kept; None is in memory."""
    return None if folder is None else folder / f"{name}-{number:06}.arrow"


@dataclass(frozen=True)
class Measured:
    """Some parcels after the first pass.

    Attributes
    ----------
    number, size : int
        Place of the part among all, and its rows.
    table : Part
        Wide table of the parcels, with the optional columns that they do not need.
    optional : mapping of str to tuple of str
        See `Wide.optional`.
    said : frozenset of str
        The optional columns that hold anything.
    pieces : Part
        Their parts in zones, with all columns.
    lots, shares : Part
        Membership of the parcels: each once, and by share.
    totals : ZonePart
        What they add to the totals of zones.
    judged : DataFrame
        Their recorded and measured areas, see `judged`.
    boxes : array of float
        Extent of each outline, NaN for none.
    is_outline : array of bool
        Which are polygons that may be measured.
    named, named_lots : DataFrame
        The rows that other tables speak of, and their membership.
    earlier : GeoDataFrame
        Rows that had ended by the day.
    findings : tuple of Finding
        About single rows of the catalogue.
    few : mapping of str to Few
        Findings of which there may be many, by what shows all of them.
    """

    number: int
    size: int
    table: Part
    optional: dict[str, tuple[str, ...]]
    said: frozenset[str]
    pieces: Part
    lots: Part
    shares: Part
    totals: ZonePart
    judged: pd.DataFrame
    boxes: FloatArray
    is_outline: BoolArray
    named: pd.DataFrame
    named_lots: pd.DataFrame
    earlier: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    few: Mapping[str, Few]


def measured(item: tuple[int, Part], scene: Scene) -> Measured:
    """Return the measures of some parcels of a catalogue."""
    number, part = item
    there = part.read()
    rows, earlier = scene.day.lots(there)
    facts = scene.facts[positions(rows.index, scene.facts["subject"]) >= 0]
    zones = scene.zones.base
    parcels = lot_table(rows, "parcels", facts)
    put_geometry_areas(parcels)
    put_share_of_parent(parcels, parcels.base["zone_id"], scene.zones)
    area_m2 = parcels.interval("measured_area").value
    pairs = pair_table(parcels.base, zones.index, scene.zoned, area_m2)
    put_dominant(parcels, pairs, scene.zoned.kinds)
    named = parcels.base["zone_id"]
    lots, shares = (membership(zones, named, pairs, by_area=each) for each in (False, True))
    put_limits(parcels, scene.limits, zones, shares)
    table: Any = parcels.part()
    totals = zone_part(table, lots, shares if scene.is_split else lots, pairs, len(zones))
    bare = rows.index[(rows["geometry_status"] == "none").to_numpy()]
    undrawn = partial(map, partial(Finding, "not-drawn"), bare[:MOST_OF_A_CODE].astype(str))
    few = {
        _NOT_DRAWN: Few(undrawn, len(bare)), "report overlay": misplaced(zones, named, pairs),
        **limit_findings(table),
    }  # fmt: skip
    is_named = np.flatnonzero(table.index.isin(scene.named))
    of_named = lots[lots["row"].isin(is_named)]
    kept = scene.keep_measures(parcels, part if len(rows) == len(there) else None, number)
    may_be_measured = rows["geometry_status"].isin(MEASURABLE).to_numpy()
    shapes = scene.zoned.plane.polygons(rows.geometry)
    return Measured(
        number=number, size=len(table), table=kept,
        optional=dict(parcels.optional), said=_said(table, parcels.optional),
        pieces=scene.keep(overlay_table(pairs).table(), "overlay", number),
        lots=scene.keep(lots, "lots", number),
        shares=scene.keep(shares, "shares", number), totals=totals,
        judged=judged(table, scene.tolerance), boxes=shapely.bounds(rows.geometry.to_numpy()),
        is_outline=may_be_measured & ~shapely.is_missing(shapes), named=table.iloc[is_named],
        named_lots=of_named.assign(row=np.searchsorted(is_named, of_named["row"])),
        earlier=earlier, few=few,
        findings=tuple(column_conflicts(rows, facts, FACT_MEASURES["parcels"])),
    )  # fmt: skip


_NOT_DRAWN = """export parcels --where "geometry_status = 'none'\""""


def row_findings(kind: str, base: pd.DataFrame, facts: pd.DataFrame) -> Iterator[Finding]:
    """Yield what is wrong between rows of a catalogue and the facts, and what is not drawn."""
    yield from column_conflicts(base, facts, FACT_MEASURES[kind])
    if "geometry_status" in base:
        for subject in base.index[base["geometry_status"] == "none"]:
            yield Finding("not-drawn", str(subject))


def _said(table: pd.DataFrame, optional: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the columns that optional ones stand beside and that hold anything."""
    named = {name for beside in optional.values() for name in beside if name in table}
    return frozenset(name for name in named if table[name].notna().any())


@dataclass(frozen=True)
class Task:
    """What the second pass does to a part.

    Attributes
    ----------
    number, table, judged
        Of the part after the first pass, see `Measured`.
    causes : DataFrame
        Of its rows that do not agree, by position.
    """

    number: int
    table: Part
    judged: pd.DataFrame
    causes: pd.DataFrame


def finished(task: Task, steps: pd.DataFrame, folder: Path | None) -> tuple[Part, dict[str, bool]]:
    """Return parcels with the verdicts on their areas and the steps that they are in.

    Beside the rows, with all columns: those of steps, and whether they hold anything.
    """
    asked = [MEASURES[name] for name in steps["measure"].unique() if name in MEASURES]
    asked += [MEASURES[name] for name in ("recorded_area", "measured_area")]
    needed = {name for each in asked for name in each.columns}
    wide = Wide(task.table.read([name for name in task.table.names() if name in needed]))
    put_verdicts(wide, verdicts(task.judged, task.causes))
    said = step_columns("parcels", wide.part(), steps)
    more = wide.added().assign(**said)
    table = task.table.with_columns(more, _place(folder, "verdicts", task.number))
    return table, {name: bool(column.notna().any()) for name, column in said.items()}


def put_verdicts(wide: Wide, told: pd.DataFrame) -> None:
    """Put what the recorded areas are against the measured ones, with verdict and likely cause."""
    recorded, measured_m2 = wide.interval("recorded_area"), wide.interval("measured_area")
    known = ~np.isnan(recorded.value) & ~np.isnan(measured_m2.value)
    told = told.copy(deep=False)
    for name in ("area_difference", "area_ratio"):
        values = told.pop(MEASURES[name].column).to_numpy()
        wide.put(name, exact(values), "derived", where=known)
    for column in told:
        wide.note(str(column), told[column].to_numpy())
