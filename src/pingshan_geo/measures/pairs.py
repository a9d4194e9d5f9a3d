"""The pair table of an assessment: each parcel and each zone of a kind that it meets."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import CONTEXT_KIND, MEASURABLE
from pingshan_geo.crs import require_measurable
from pingshan_geo.figure import BoolArray, FloatArray, exact
from pingshan_geo.measures.membership import levels
from pingshan_geo.measures.overlay import Zoning
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.wide import Wide, positions

#: What stands for the zone where a parcel lies in none of a kind.
OUTSIDE = "outside:"


def about(zones: gpd.GeoDataFrame, boxes: Iterable[FloatArray]) -> Plane:
    """Return the plane about all outlines of zones that may be measured, and extents of parcels."""
    drawn = zones.geometry[is_drawn(zones)]
    crs = require_measurable(zones.crs)
    return Plane.within(crs, [*boxes, drawn.total_bounds])


def is_drawn(zones: gpd.GeoDataFrame) -> BoolArray:
    """Return which zones have outlines that may be measured and are no mere context."""
    drawn: BoolArray = zones["geometry_status"].isin(MEASURABLE).to_numpy()
    return np.asarray(drawn & (zones["kind"] != CONTEXT_KIND).to_numpy())


def zoning(zones: gpd.GeoDataFrame, plane: Plane) -> Zoning:
    """Return the zones that may be measured, ready for `pair_table`.

    Parameters
    ----------
    zones : GeoDataFrame
        Indexed by id, with ``kind``, ``parent`` and ``geometry_status``.
    plane : Plane
        About all parcels and zones.
    """
    drawn = is_drawn(zones)
    return Zoning.of(zones.geometry[drawn], levels(zones)[drawn], plane)


def pair_table(
    parcels: gpd.GeoDataFrame, zones: pd.Index[str], zoned: Zoning, area_m2: FloatArray
) -> gpd.GeoDataFrame:
    """Return the overlay of what may be measured, with positions in both tables.

    Parameters
    ----------
    parcels : GeoDataFrame
        Indexed by id, with ``geometry_status``.
    zones : Index
        Ids of all zones.
    zoned : Zoning
        From `zoning`.
    area_m2 : array of float
        `measured_area` of each parcel that may be measured.

    Returns
    -------
    GeoDataFrame
        What `overlay` returns, with ``row`` and ``zone``, the positions of parcel and zone (-1 is
        outside every zone of the kind).
    """
    may_be_measured = parcels["geometry_status"].isin(MEASURABLE).to_numpy()
    pairs = zoned.over(parcels.geometry[may_be_measured], area_m2[may_be_measured])
    return pairs.assign(
        row=positions(parcels.index, pairs["parcel_id"]), zone=positions(zones, pairs["zone_id"])
    )


def overlay_table(pairs: gpd.GeoDataFrame) -> Wide:
    """Return the pair table as a table of measures, indexed ``PARCEL@ZONE``."""
    zone = pairs["zone_id"].astype(object)
    there = zone.where(zone.notna(), OUTSIDE + pairs["zone_kind"].astype(object))
    names = pairs["parcel_id"].astype(object) + "@" + there
    columns = ["parcel_id", "zone_id", "zone_kind", "is_dominant", "is_whole", "is_sliver"]
    base = pairs[[*columns, "shared_m2", "geometry"]].set_index(pd.Index(names, dtype=object))
    wide = Wide(base)
    share, of_zone = (
        exact(pairs[name].to_numpy(dtype=np.float64)) for name in ("share", "share_of_zone")
    )
    wide.put("overlay_area", exact(pairs["area_m2"].to_numpy(dtype=np.float64)), "derived")
    wide.put("overlay_share", share, "measured")
    in_zone: BoolArray = zone.notna().to_numpy()
    wide.put("overlay_share_of_zone", of_zone, "measured", where=in_zone)
    return wide


def put_dominant(parcels: Wide, pairs: gpd.GeoDataFrame, kinds: Iterable[str]) -> None:
    """Note for each kind of drawn zones the dominant one of each parcel, None where it has none.

    The columns are ``dominant_KIND``; a kind that no parcel has a dominant zone of has none.
    """
    main = pairs[pairs["is_dominant"].to_numpy(dtype=bool) & pairs["zone_id"].notna().to_numpy()]
    for kind in kinds:
        of_kind = main[main["zone_kind"] == kind]
        zones = np.full(len(parcels.base), None, dtype=object)
        zones[of_kind["row"].to_numpy()] = of_kind["zone_id"].to_numpy(dtype=object)
        parcels.note(f"dominant_{kind}", zones, beside=())
