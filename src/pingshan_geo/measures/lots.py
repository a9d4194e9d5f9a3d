"""Measures of parcels and projects: areas by basis and floor area ratios."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import BASIS_OF_MEASURE, FACT_MEASURES, MEASURABLE
from pingshan_geo.figure import (
    BoolArray,
    Interval,
    ObjectArray,
    choose,
    choose_code,
    choose_object,
    combined_qualifier,
    divide,
    exact,
    no_codes,
)
from pingshan_geo.measures.area import measured_area, measured_area_plane
from pingshan_geo.measures.recorded import put_recorded
from pingshan_geo.measures.registry import FILLED_FROM, FLOORS, LANDS, far_pair
from pingshan_geo.measures.wide import Joined, Wide, joined, nothing_joined

_ALWAYS = ("recorded_area", "site_area", "net_site_area", *FLOORS)


def lot_table(base: pd.DataFrame, kind: str, facts: pd.DataFrame) -> Wide:
    """Return printed areas, floors and ratios of parcels or projects.

    Parameters
    ----------
    base : DataFrame
        Rows of the catalogue, indexed by id.
    kind : str
        ``parcels`` or ``projects``.
    facts : DataFrame
        Readings (with ``role``).
    """
    wide = Wide(base)
    put_recorded(wide, facts, FACT_MEASURES[kind], _ALWAYS)
    _fill(wide, "site_area", basis="parcel")
    _fill(wide, "recorded_area")
    _put_far(wide)
    return wide


def _fill(wide: Wide, name: str, basis: str | None = None) -> None:
    """Fill unknown values of an area from the first other one that is known."""
    interval, qualifier, status = wide.interval(name), wide.qualifier(name), wide.status(name)
    for other in FILLED_FROM[name]:
        source = wide.interval(other)
        fill = np.isnan(interval.value) & ~np.isnan(source.value)
        interval = choose(fill, source, interval)
        qualifier = choose_code(fill, wide.qualifier(other), qualifier)
        status = choose_code(fill, wide.status(other), status)
        is_site = other == "site_area"
        named = wide.noted("site_area_basis") if is_site else BASIS_OF_MEASURE.get(other, basis)
        bases = wide.noted(f"{name}_basis")
        wide.note(f"{name}_basis", choose_object(fill, named, bases))
    wide.put(name, interval, status, qualifier)


def _far_pairs(wide: Wide) -> Iterator[tuple[str, str, Interval, BoolArray]]:
    """Yield pairs of floor and land, the preferred first, the ratio, and whose ``far`` it is."""
    has_ratio = np.zeros(len(wide.base), dtype=bool)
    for land in LANDS:
        for floor in FLOORS:
            ratio = divide(wide.interval(floor), wide.interval(land))
            known = ~np.isnan(ratio.value)
            yield floor, land, ratio, known & ~has_ratio
            has_ratio |= known


def _put_far(wide: Wide) -> None:
    """Put the ratio on the preferred bases, and each pair of bases where a lot has several."""
    size = len(wide.base)
    chosen = exact(np.full(size, np.nan))
    qualifier = no_codes(size)
    basis = np.full(size, None, dtype=object)
    count = np.zeros(size, dtype=np.int64)
    pairs = []
    for floor, land, ratio, fill in _far_pairs(wide):
        qualifiers = combined_qualifier(ratio, wide.qualifier(floor), wide.qualifier(land))
        pairs.append((far_pair(floor, land), ratio, qualifiers))
        count += ~np.isnan(ratio.value)
        if not fill.any():
            continue
        chosen = choose(fill, ratio, chosen)
        qualifier = choose_code(fill, qualifiers, qualifier)
        is_site = land == "site_area"
        land_basis = wide.noted("site_area_basis") if is_site else BASIS_OF_MEASURE[land]
        basis = choose_object(fill, _pairs_of(BASIS_OF_MEASURE[floor], land_basis), basis)
    wide.put("far", chosen, "derived", qualifier)
    wide.note("far_basis", basis)
    several = count > 1
    for name, ratio, qualifiers in pairs:
        shown = several & ~np.isnan(ratio.value)
        wide.put(name, ratio, "derived", qualifiers, where=shown, optional=True)


def _pairs_of(floor: str, land: str | ObjectArray) -> Any:
    """Return the bases of floor and land, ``not_said`` where nobody says the land's."""
    if isinstance(land, str):
        return f"{floor}/{land}"
    codes, found = pd.factorize(land)
    words = [f"{floor}/{word or 'not_said'}" for word in (*found, None)]
    return np.array(words, dtype=object)[codes]


def far_inputs(wide: Wide) -> tuple[Joined, Joined]:
    """Return floor and land of the ratio ``far``, unknown where that is."""
    floor = land = nothing_joined(len(wide.base))
    for over, under, _, fill in _far_pairs(wide):
        if fill.any():
            floor, land = (
                Joined(
                    choose(fill, wide.interval(name), found.interval),
                    choose_code(fill, wide.qualifier(name), found.qualifier),
                )
                for name, found in ((over, floor), (under, land))
            )
    return floor, land


def put_geometry_areas(wide: Wide) -> None:
    """Put measured areas of surveyed and published outlines, and drawn areas of all others.

    Every subject has a ``measured_area``, unknown without such an outline; the plane area exists
    beside a measured one only, the drawn area only where something illustrative is drawn.
    """
    table = wide.base
    status = table["geometry_status"].to_numpy(dtype=object)
    measurable = np.isin(status, MEASURABLE)
    drawn = np.isin(status, ("approximate", "illustrative"))
    geometry = gpd.GeoSeries(table["geometry"])
    area, plane, shown = (np.full(len(table), np.nan) for _ in range(3))
    area[measurable] = measured_area(geometry[measurable])
    plane[measurable] = measured_area_plane(geometry[measurable])
    shown[drawn] = measured_area(geometry[drawn])
    wide.put("measured_area", exact(area), "measured")
    wide.put("measured_area_plane", exact(plane), "measured", where=~np.isnan(area))
    wide.put("drawn_area", exact(shown), "assumed", where=drawn, optional=True)


def put_share_of_parent(wide: Wide, parents: pd.Series[str], parent_area: Wide) -> None:
    """Put recorded area over the recorded area of the zone that each row lies in."""
    above = joined(parents, parent_area, "recorded_area")
    share = divide(wide.interval("recorded_area"), above.interval)
    qualifier = combined_qualifier(share, wide.qualifier("recorded_area"), above.qualifier)
    has_parent = parents.notna().to_numpy() & (not parent_area.base.empty)
    wide.put("share_of_parent", share, "derived", qualifier, where=has_parent)
