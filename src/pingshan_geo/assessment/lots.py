"""The parcels of an assessment, part by part: what one part of them adds to the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import FACT_MEASURES
from pingshan_geo.findings import Finding, listed
from pingshan_geo.measures.limits import put_limits
from pingshan_geo.measures.lots import lot_table, put_geometry_areas, put_share_of_parent
from pingshan_geo.measures.membership import membership
from pingshan_geo.measures.overlay import Zoning
from pingshan_geo.measures.pairs import pair_table, put_dominant
from pingshan_geo.measures.recorded import column_conflicts
from pingshan_geo.measures.rollup import ZonePart, zone_part
from pingshan_geo.measures.wide import Wide, held


@dataclass(frozen=True, slots=True)
class Scene:
    """What all parcels of an assessment stand before; no part of them knows another.

    Attributes
    ----------
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
    """

    facts: pd.DataFrame
    zones: Wide
    zoned: Zoning
    limits: pd.DataFrame
    is_split: bool


@dataclass(frozen=True)
class LotPart:
    """Some parcels with their measures, and what they add to the totals of zones.

    Attributes
    ----------
    table : GeoDataFrame
        Wide table of the parcels, with the optional columns that they do not need.
    optional : mapping of str to tuple of str
        See `Wide.optional`.
    pairs : GeoDataFrame
        Pair table of the overlay, with positions among these parcels.
    lots, shares : DataFrame
        Membership of the parcels: each once, and by share.
    totals : ZonePart
        To be merged.
    findings : tuple of Finding
        About single rows of the catalogue.
    """

    table: gpd.GeoDataFrame
    optional: dict[str, tuple[str, ...]]
    pairs: gpd.GeoDataFrame
    lots: pd.DataFrame
    shares: pd.DataFrame
    totals: ZonePart
    findings: tuple[Finding, ...]


def lot_part(scene: Scene, rows: gpd.GeoDataFrame) -> LotPart:
    """Return the measures of some parcels of a catalogue."""
    zones = scene.zones.base
    parcels = lot_table(rows, "parcels", scene.facts)
    put_geometry_areas(parcels)
    put_share_of_parent(parcels, parcels.base["zone_id"], scene.zones)
    pairs = pair_table(parcels.base, zones.index, scene.zoned)
    put_dominant(parcels, pairs, scene.zoned.kinds)
    named = parcels.base["zone_id"]
    lots, shares = (membership(zones, named, pairs, by_area=each) for each in (False, True))
    put_limits(parcels, scene.limits, zones, shares)
    table: Any = parcels.part()
    land = shares if scene.is_split else lots
    totals = zone_part(table, lots, land, pairs, len(zones))
    found = tuple(row_findings("parcels", rows, scene.facts))
    return LotPart(table, dict(parcels.optional), pairs, lots, shares, totals, found)


def row_findings(kind: str, base: pd.DataFrame, facts: pd.DataFrame) -> Iterator[Finding]:
    """Yield what is wrong between rows of a catalogue and the facts, and what is not drawn."""
    yield from column_conflicts(base, facts, FACT_MEASURES[kind])
    if "geometry_status" in base:
        for subject in base.index[base["geometry_status"] == "none"]:
            yield Finding("not-drawn", str(subject))


def together(parts: list[LotPart]) -> LotPart:
    """Return parts in their order as one, without the columns that none of them needs."""
    table: Any = held(_rows([part.table for part in parts]), parts[0].optional)
    ids = np.concatenate([part.table.index.to_numpy(dtype=object) for part in parts])
    table.index = pd.Index(ids, dtype=object, name=table.index.name)
    starts = np.cumsum([0, *(len(part.table) for part in parts)]).tolist()
    moved = [
        _rows([each.assign(row=each["row"] + at) for each, at in zip(named, starts, strict=False)])
        for named in zip(*((part.pairs, part.lots, part.shares) for part in parts), strict=True)
    ]
    pairs, lots, shares = (each.reset_index(drop=True) for each in moved)
    totals = reduce(ZonePart.merge, (part.totals for part in parts))
    found = [finding for part in parts for finding in part.findings]
    bare = [finding for finding in found if finding.code == "not-drawn"]
    found = [finding for finding in found if finding.code != "not-drawn"]
    where = """export parcels --where "geometry_status = 'none'\""""
    told = (*found, *listed(bare, where))
    return LotPart(table, {}, pairs, lots, shares, totals, told)


def _rows(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return tables[0] if len(tables) == 1 else pd.concat(tables)
