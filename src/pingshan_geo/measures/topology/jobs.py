"""Topology tile by tile: what a job finds by itself, and what is put together at the end.

`partial` and `finish` are pure functions of values that can be pickled. `finish` of the partials
of any tiles gives the same table, to the last bit, as of those of one tile of all parcels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, ObjectArray, choose_object
from pingshan_geo.measures.cutting import Shapes, valid
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.topology.contacts import contacts, strained
from pingshan_geo.measures.topology.edges import open_edges
from pingshan_geo.measures.topology.gaps import gaps
from pingshan_geo.measures.topology.loose import Loose, by_place, closed, inner, joined, near
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.overlaps import shared
from pingshan_geo.measures.topology.rings import remaining, traced
from pingshan_geo.measures.topology.rules import (
    CLOSED,
    RULES,
    SURFACE,
    Found,
    TopologyTolerance,
    outside,
    thin,
    told_gaps,
    told_pairs,
    uncovered,
)

_GAP = RULES.index("must-not-have-gaps")


@dataclass(frozen=True, slots=True)
class Parcels:
    """Parcels of a job, one a row.

    Attributes
    ----------
    position : array of int
        Among all parcels.
    shape : array of shapes
        Polygons in longitude and latitude, in the CRS of the plane; all else enters nothing.
    layer : array of object
        Layer; None is the surface.
    name : array of object
        Id.
    """

    position: IntArray
    shape: Shapes
    layer: ObjectArray
    name: ObjectArray

    def take(self, rows: IntArray) -> Parcels:
        """Return some of them."""
        return Parcels(self.position[rows], self.shape[rows], self.layer[rows], self.name[rows])


@dataclass(frozen=True, slots=True)
class Task:
    """What is the same for all tiles.

    Attributes
    ----------
    plane : Plane
        About all parcels.
    tolerance : TopologyTolerance
        From which size on something is an error.
    district : shape
        Within which parcels should lie, in the plane; an empty one where there is none.
    expect_tiling : bool
        Whether parcels at the surface should cover all of it.
    """

    plane: Plane
    tolerance: TopologyTolerance
    district: shapely.Geometry
    expect_tiling: bool

    @property
    def has_district(self) -> bool:
        """Whether there is a district."""
        return not shapely.is_empty(self.district)

    def tells_all_gaps(self, layer: str) -> bool:
        """Return whether every gap of a layer is an error."""
        return self.expect_tiling and layer == SURFACE and not self.has_district


@dataclass(frozen=True, slots=True)
class Partial:
    """What a tile has found: its errors, with positions, and edges that it cannot close to rings.

    Shapes of ``errors`` are in longitude and latitude, but gaps in the plane.
    """

    errors: pd.DataFrame
    loose: dict[str, Loose]


def partial(parcels: Parcels, home: int, task: Task) -> Partial:
    """Return what one tile finds: the errors of which the first parcel is at home in it.

    Parameters
    ----------
    parcels : Parcels
        Those of a `Tile`, the first `home` of which are at home.
    home : int
        How many.
    task : Task
        The same for all tiles.
    """
    is_home = np.arange(len(parcels.position)) < home
    tables, loose = [], {}
    for layer, rows, outlines in _layers(parcels, task.plane):
        own = parcels.take(rows)
        errors, edges = _layer(outlines, is_home[rows], own, layer, task)
        tables += [_table(found, own, layer, task) for found in errors if len(found.one)]
        if len(edges.owner):
            loose[layer] = edges
    tables = tables or [_table(_no_error(), parcels, "", task)]
    return Partial(pd.concat(tables, ignore_index=True), loose)


def finish(
    partials: Sequence[Partial],
    boxes: FloatArray,
    parcels_of: Callable[[IntArray], Parcels],
    task: Task,
) -> gpd.GeoDataFrame:
    """Return the table of all errors, as `topology` gives it.

    Parameters
    ----------
    partials : sequence of Partial
        Of all tiles, in any order.
    boxes : array of float
        As for `tiles`.
    parcels_of : callable
        Parcels of positions. It is asked for those at gaps that lie in several tiles; for all
        where a district should be covered.
    task : Task
        The same as for the partials.
    """
    tables = [each.errors for each in partials] or [
        _table(_no_error(), parcels_of(np.zeros(0, int)), "", task)
    ]
    for layer in sorted({layer for each in partials for layer in each.loose}):
        edges = joined([each.loose[layer] for each in partials if layer in each.loose])
        rings, around = inner(edges, task.tolerance.least_area_m2)
        wanted = near(around, boxes, 10 * task.tolerance.distance_m + 1)
        parcels = parcels_of(np.union1d(wanted, rings.owner))
        for name, rows, outlines in _layers(parcels, task.plane) if len(rings.ring) else ():
            if name == layer:
                own = parcels.take(rows)
                order = np.argsort(own.position)
                at = order[np.searchsorted(own.position, rings.owner, sorter=order)]
                found = gaps(outlines, replace(rings, owner=at), *_least(task.tolerance))
                told = told_gaps(found, task.tells_all_gaps(layer), task.tolerance.narrow_gap_m)
                tables.append(_table(told, own, layer, task))
    if task.expect_tiling and task.has_district:
        tables.append(_uncovered(pd.concat(tables), boxes, parcels_of, task))
    return _ordered(pd.concat(tables, ignore_index=True), task.plane)


def _least(tolerance: TopologyTolerance) -> tuple[float, float]:
    return tolerance.distance_m, tolerance.least_area_m2


def _no_error() -> Found:
    none = np.zeros(0, dtype=np.int64)
    return Found(RULES[0], none, none, np.zeros(0, dtype=object))


def _layers(parcels: Parcels, plane: Plane) -> Iterator[tuple[str, IntArray, Outlines]]:
    """Yield layers with the rows of their polygons and their outlines, from west to east.

    What is computed in this order does not hang on that of the parcels.
    """
    shapes = valid(parcels.shape)
    of_layer, known = pd.factorize(parcels.layer)
    names = [*known, SURFACE]
    of_layer[of_layer < 0] = names.index(SURFACE)  # those without
    box = shapely.bounds(shapes)
    for layer in np.flatnonzero(np.bincount(of_layer)):
        rows = np.flatnonzero((of_layer == layer) & ~shapely.is_missing(shapes))
        order = by_place(box[rows], parcels.name[rows], parcels.position[rows])
        rows = rows[order]
        yield str(names[layer]), rows, Outlines.of(shapes[rows], plane)


def _layer(
    outlines: Outlines, is_home: BoolArray, parcels: Parcels, layer: str, task: Task
) -> tuple[list[Found], Loose]:
    """Return the errors between parcels of one layer, and the edges that are no rings yet."""
    tolerance, least = task.tolerance, _least(task.tolerance)
    edges = open_edges(outlines, tolerance.distance_m)
    met = contacts(edges, len(outlines), tolerance.sliver_width_m)
    left = remaining(edges, met, is_home, tolerance.distance_m)
    trace = traced(left, is_home, outlines.places)
    told = strained(edges, met, tolerance.distance_m)
    land = shared(outlines, left, trace, told, is_home, *least)
    named = parcels.position, parcels.name
    rings, loose = closed(outlines, trace, *named, tolerance.least_area_m2)
    found = gaps(outlines, rings, *least)
    errors = [
        *told_pairs(outlines, land, edges, met, is_home),
        told_gaps(found, task.tells_all_gaps(layer), tolerance.narrow_gap_m),
        thin(outlines, is_home, tolerance.thin_parcel_m),
    ]
    if task.has_district:
        errors.append(outside(outlines, is_home, task.district, least))
    return errors, loose


def _uncovered(
    errors: pd.DataFrame,
    boxes: FloatArray,
    parcels_of: Callable[[IntArray], Parcels],
    task: Task,
) -> pd.DataFrame:
    """Return the land of the district that no parcel at the surface covers."""
    is_told = (errors["rule"] == _GAP) & (errors["layer"] == SURFACE) & (errors["note"] == CLOSED)
    told = errors.loc[is_told, "geometry"].to_numpy(dtype=object)
    told = told[np.lexsort(shapely.bounds(told).T[::-1])]
    everyone = parcels_of(np.flatnonzero(np.isfinite(boxes).all(axis=1)))
    tables = [
        _table(
            uncovered(outlines, task.district, told, task.tolerance),
            everyone.take(rows), layer, task,
        )
        for layer, rows, outlines in _layers(everyone, task.plane) if layer == SURFACE
    ]  # fmt: skip
    return pd.concat(tables) if tables else errors[:0]


def _table(found: Found, parcels: Parcels, layer: str, task: Task) -> pd.DataFrame:
    """Return the rows of errors, with positions among all parcels and names."""
    shape = found.shape
    area = shapely.area(shape)
    is_flat = shapely.get_dimensions(shape) == 2  # points were given in degrees
    area[~is_flat] = np.nan
    width = 2 * area / shapely.length(shape)
    rule = RULES.index(found.rule)
    note = np.full(len(area), None) if found.note is None else found.note
    if found.rule == "must-not-overlap":
        note = choose_object(width < task.tolerance.sliver_width_m, "sliver", None)
    if is_flat.any() and rule != _GAP:
        shape = task.plane.lonlat(shape)
    at, ids = np.append(parcels.position, -1), np.append(parcels.name, [None])
    one, two = found.one, found.two
    if found.rule != "feature-within-feature":  # of which the first is the inner one
        swap = (two >= 0) & (at[one] > at[two])
        one, two = np.where(swap, two, one), np.where(swap, one, two)
    columns = {
        "rule": np.full(len(area), rule),
        "parcel": at[one],
        "other": at[two],
        "parcel_id": pd.Series(ids[one], dtype=object),
        "other_id": pd.Series(ids[two], dtype=object),
        "layer": pd.Series(layer, range(len(area)), dtype=object),
        "area_m2": area,
        "share": area / found.of_m2,
        "width_m": width,
        "note": pd.Series(note, dtype=object),
        "geometry": pd.Series(shape, dtype=object),
    }
    return pd.DataFrame(columns)


def _ordered(table: pd.DataFrame, plane: Plane) -> gpd.GeoDataFrame:
    """Return the errors in their order, without positions."""
    keys = [table.pop(name).to_numpy(dtype=np.int64) for name in ("other", "parcel")]
    rule = table["rule"].to_numpy(dtype=np.int64)
    shapes = table.pop("geometry").to_numpy(dtype=object, copy=True)
    gap = rule == _GAP
    corner = np.zeros((4, len(shapes)))  # that tells gaps between the same parcels apart
    corner[:, gap] = shapely.bounds(shapes[gap]).T
    shapes[gap] = plane.lonlat(shapes[gap])
    order = np.lexsort((*corner, *keys, rule))
    table = table.take(order).reset_index(drop=True)
    table["rule"] = pd.Series(np.array(RULES, dtype=object)[rule[order]], dtype=object)
    table["geometry"] = pd.Series(shapes[order], dtype=object)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=plane.crs)
