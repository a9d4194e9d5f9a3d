"""What outlines tell: where parcels lie, whether they fit each other and what is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.assessment.lots import LotPart
from pingshan_geo.catalogue.schema import CONTEXT_KIND, MEASURABLE
from pingshan_geo.catalogue.tolerance import SurveyTolerance
from pingshan_geo.figure import ObjectArray, exact
from pingshan_geo.findings import MOST_OF_A_CODE, Finding, listed, unlisted
from pingshan_geo.measures.membership import followed, levels, membership, misplaced
from pingshan_geo.measures.overlay import overlapping_zones
from pingshan_geo.measures.reconcile import reconcile, reconcile_findings
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.measures.topology import topology
from pingshan_geo.measures.wide import Wide, positions
from pingshan_geo.units import format_number
from pingshan_geo.words import Text, text


def zones_of(
    zones: pd.DataFrame,
    parcels: pd.DataFrame,
    projects: pd.DataFrame,
    auctions: pd.DataFrame,
    targets: pd.DataFrame,
    lots: LotPart,
) -> dict[str, pd.DataFrame]:
    """Return the zones of parcels, projects and auctions, and of ``land`` as it is allocated.

    A project lies where a source says, else where its parcel does; a land transfer where its
    parcel does, else its project, else in the zone of its target.
    """
    nothing = lots.pairs.iloc[:0]
    own = membership(zones, projects["zone_id"], nothing)
    works = _first(own, followed(positions(parcels.index, projects["parcel_id"]), lots.lots))
    asked = auctions["target_id"].map(targets["zone_id"]).astype(object)
    sales = _first(
        followed(positions(parcels.index, auctions["parcel_id"]), lots.lots),
        followed(positions(projects.index, auctions["project_id"]), works),
        membership(zones, asked, nothing),
    )
    return {"parcels": lots.lots, "projects": works, "auctions": sales, "shares": lots.shares}


def _first(*found: pd.DataFrame) -> pd.DataFrame:
    """Return for each row the pairs of the first membership that has any of it."""
    pieces, seen = [], np.zeros(0, dtype=np.int64)
    for pairs in found:
        pieces.append(pairs[~pairs["row"].isin(seen)])
        seen = np.union1d(seen, pairs["row"])
    return pd.concat(pieces).sort_values(["row", "zone"], ignore_index=True)


def put_quality(
    wide: Wide,
    tolerance: SurveyTolerance,
    zones: Wide | None = None,
    earlier: gpd.GeoDataFrame | None = None,
) -> None:
    """Put what the recorded areas are against the measured ones, with verdict and likely cause."""
    table = wide.table()
    totals = None
    if zones is not None:
        totals = pd.Series(zones.interval("recorded_area").value, index=zones.base.index)
    told = reconcile(table, tolerance=tolerance, totals=totals, earlier=earlier)
    known = (table["recorded_area_m2"].notna() & table["measured_area_m2"].notna()).to_numpy()
    for name in ("area_difference", "area_ratio"):
        values = told.pop(MEASURES[name].column).to_numpy()
        wide.put(name, exact(values), "derived", where=known)
    for column in told:
        wide.note(str(column), told[column].to_numpy())


def outline_findings(
    tables: Mapping[str, pd.DataFrame], pairs: gpd.GeoDataFrame, *, expect_tiling: bool
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the errors between outlines as a table, and all findings that outlines give."""
    zones, parcels = tables["zones"], tables["parcels"]
    drawn = zones[zones["geometry_status"].isin(MEASURABLE) & (zones["kind"] != CONTEXT_KIND)]
    whole = drawn[drawn["kind"] == "district"]
    whole = drawn[drawn["parent"].isna()] if whole.empty else whole
    lots = parcels[parcels["geometry_status"].isin(MEASURABLE)]
    found = topology(
        lots.geometry, lots["layer"], expect_tiling=expect_tiling,
        district=None if whole.empty else whole.geometry,
    )  # fmt: skip
    double = overlapping_zones(drawn.geometry, levels(zones)[drawn.index])
    findings = [
        *_topology_findings(found),
        *_zone_overlaps(double),
        *listed(misplaced(zones, parcels["zone_id"], pairs), "report overlay"),
        *reconcile_findings(parcels),
        *reconcile_findings(zones),
    ]
    return found, findings


# A point or line is drawn this wide about it, some metre, so that all errors are polygons.
_ABOUT_DEG = 1e-5


def as_polygons(shapes: ObjectArray) -> ObjectArray:
    """Return shapes in longitude and latitude with points and lines widened to polygons."""
    found = shapes.copy()
    thin = ~np.isin(shapely.get_type_id(shapes), (-1, 3, 6))
    found[thin] = shapely.buffer(shapes[thin], _ABOUT_DEG, quad_segs=2)
    return found


def _topology_findings(found: gpd.GeoDataFrame) -> Iterator[Finding]:
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
