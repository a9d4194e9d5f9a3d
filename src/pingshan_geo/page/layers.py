"""What the page draws on demand: parts of parcels in zones, and errors between outlines."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment, as_polygons
from pingshan_geo.measures.wide import positions
from pingshan_geo.page.outlines import outlines


def pairs(assessment: Assessment) -> dict[str, Any]:
    """Return the pair table as columns; lots and zones by their position, -1 is outside.

    ``piece`` is the position of a part's outline, -1 where it is the whole lot; ``flags`` adds 1
    for the dominant zone, 2 for a sliver.
    """
    table = assessment.overlay
    kinds, names = pd.factorize(table["zone_kind"].to_numpy(dtype=object))
    whole = table["is_whole"].to_numpy(dtype=bool) | table.geometry.isna().to_numpy()
    piece = np.where(whole, -1, np.cumsum(~whole) - 1)
    is_dominant = table["is_dominant"].astype(bool) & table["zone_id"].notna()
    flags = is_dominant.astype(int) + 2 * table["is_sliver"].astype(int)
    return {
        "kinds": [str(name) for name in names],
        "kind": kinds.tolist(),
        "lot": positions(assessment.parcels.index, table["parcel_id"]).tolist(),
        "zone": positions(assessment.zones.index, table["zone_id"]).tolist(),
        "share": [_short(share) for share in table["overlay_share"].round(9).tolist()],
        "flags": flags.tolist(),
        "piece": piece.tolist(),
    }


def _short(share: float) -> float | None:
    """Return a share as JSON holds it: most are 1, and NaN is no number there."""
    return None if math.isnan(share) else 1 if share == 1 else share


def members(assessment: Assessment) -> dict[str, list[list[int]]]:
    """Return the positions of the parcels and projects that lie in each zone or a part of it."""
    found = {}
    for kind in ("parcels", "projects"):
        rows: list[list[int]] = [[] for _ in assessment.zones.index]
        for row, zone in assessment.places[kind][["row", "zone"]].to_numpy(dtype=int).tolist():
            rows[zone].append(row)
        found[kind] = rows
    return found


def pieces(assessment: Assessment) -> dict[str, Any]:
    """Return the outlines of the parts of lots that straddle zones."""
    shapes = assessment.overlay.geometry[~assessment.overlay["is_whole"].to_numpy(dtype=bool)]
    return outlines(shapes[shapes.notna()])


def errors(assessment: Assessment) -> dict[str, Any]:
    """Return the shape of each finding, nothing where it has none."""
    shapes = np.array([finding.shape for finding in assessment.findings] or [None], dtype=object)
    return outlines(gpd.GeoSeries(as_polygons(shapes), crs=assessment.catalogue.crs))
