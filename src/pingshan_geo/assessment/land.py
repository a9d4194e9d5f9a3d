"""What outlines tell: where parcels lie, whether they fit each other and what is printed."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import ObjectArray
from pingshan_geo.findings import MOST_OF_A_CODE, Finding, unlisted
from pingshan_geo.measures.membership import followed, levels, membership
from pingshan_geo.measures.overlay import overlapping_zones
from pingshan_geo.measures.pairs import is_drawn
from pingshan_geo.measures.reconcile import reconcile_findings
from pingshan_geo.measures.wide import Wide, positions
from pingshan_geo.units import format_number
from pingshan_geo.words import Text, text


def zones_of(
    zones: pd.DataFrame,
    named: tuple[Wide, pd.DataFrame],
    projects: pd.DataFrame,
    auctions: pd.DataFrame,
    targets: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Return the zones of projects and auctions.

    A project lies where a source says, else where its parcel does; a land transfer where its
    parcel does, else its project, else in the zone of its target. ``named`` are the parcels that
    they speak of, and their membership.
    """
    parcels, lots = named
    ids = parcels.base.index
    nothing = pd.DataFrame(columns=["row", "zone", "zone_kind", "share", "is_dominant"])
    own = membership(zones, projects["zone_id"], nothing)
    works = _first(own, followed(positions(ids, projects["parcel_id"]), lots))
    asked = auctions["target_id"].map(targets["zone_id"]).astype(object)
    sales = _first(
        followed(positions(ids, auctions["parcel_id"]), lots),
        followed(positions(projects.index, auctions["project_id"]), works),
        membership(zones, asked, nothing),
    )
    return {"projects": works, "auctions": sales}


def _first(*found: pd.DataFrame) -> pd.DataFrame:
    """Return for each row the pairs of the first membership that has any of it."""
    pieces, seen = [], np.zeros(0, dtype=np.int64)
    for pairs in found:
        pieces.append(pairs[~pairs["row"].isin(seen)])
        seen = np.union1d(seen, pairs["row"])
    return pd.concat(pieces).sort_values(["row", "zone"], ignore_index=True)


def district_of(zones: gpd.GeoDataFrame) -> gpd.GeoSeries | None:
    """Return the outlines within which parcels should lie, None where none is drawn."""
    drawn = zones[is_drawn(zones)]
    whole = drawn[drawn["kind"] == "district"]
    whole = drawn[drawn["parent"].isna()] if whole.empty else whole
    return None if whole.empty else whole.geometry


def zone_findings(zones: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Yield what the outlines of zones tell."""
    drawn = zones[is_drawn(zones)]
    yield from _zone_overlaps(overlapping_zones(drawn.geometry, levels(zones)[drawn.index]))
    yield from reconcile_findings(zones)


# A point or line is drawn this wide about it, some metre, so that all errors are polygons.
_ABOUT_DEG = 1e-5


def as_polygons(shapes: ObjectArray) -> ObjectArray:
    """Return shapes in longitude and latitude with points and lines widened to polygons."""
    found = shapes.copy()
    thin = ~np.isin(shapely.get_type_id(shapes), (-1, 3, 6))
    found[thin] = shapely.buffer(shapes[thin], _ABOUT_DEG, quad_segs=2)
    return found


def topology_findings(found: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Yield a finding for each error between outlines of parcels; see `unlisted`."""
    place = found.groupby("rule").cumcount()
    for rule, count in found["rule"].value_counts(sort=False).items():
        yield from unlisted(str(rule), int(count), "export topology")
    rows = found[place < MOST_OF_A_CODE]
    rows = rows.astype(object).where(rows.notna(), None)
    for row in rows.itertuples(index=False):
        share = "" if row.share is None else f"{format_number(row.share * 100, 1)} %"
        yield Finding(
            row.rule, row.parcel_id, field="geometry",
            related=() if row.other_id is None else (row.other_id,),
            details={
                "other": row.other_id or "—", "layer": row.layer or "—", "share": share,
                "area": "—" if row.area_m2 is None else format_number(row.area_m2, 2),
                "width": "—" if row.width_m is None else format_number(row.width_m, 2),
                "note": text(f"topology_{row.note}") if row.note else "",
                "comma": Text(", ", "，") if row.note else "",
            },
            shape=row.geometry,
        )  # fmt: skip


def _zone_overlaps(found: gpd.GeoDataFrame) -> Iterator[Finding]:
    for row in found.itertuples(index=False):
        yield Finding(
            "zones-overlap", row.other_id, field="geometry", related=(row.zone_id,),
            details={
                "other": row.zone_id, "area": format_number(row.area_m2, 2),
                "kind": text(str(row.zone_kind).partition(":")[0]),
            },
            shape=row.geometry,
        )  # fmt: skip
