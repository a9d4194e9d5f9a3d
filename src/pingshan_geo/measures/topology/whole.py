"""Topology of all parcels of a catalogue."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.topology.jobs import Parcels, Partial, Task, finish, partial
from pingshan_geo.measures.topology.rules import TOLERANCE, TopologyTolerance
from pingshan_geo.measures.topology.tiles import Tile, tiles
from pingshan_geo.work import Runner, in_threads, in_turn

_LEAST = 10_000  # parcels that are worth a thread of their own


def topology(
    parcels: gpd.GeoSeries,
    layers: pd.Series[str],
    *,
    district: gpd.GeoSeries | None = None,
    expect_tiling: bool = False,
    tolerance: TopologyTolerance = TOLERANCE,
    size: int = 50_000,
) -> gpd.GeoDataFrame:
    """Return what is wrong between the outlines of parcels, layer by layer.

    Parameters
    ----------
    parcels : GeoSeries
        Indexed by id, in any CRS but Web Mercator. What is missing, empty or not polygonal enters
        nothing; of an invalid shape the polygons that `shapely.make_valid` finds do.
    layers : Series
        Layer of each parcel, in the order of ``parcels``; one without is at the surface. Parcels
        of different layers may lie over each other.
    district : GeoSeries, optional
        Outlines within which parcels should lie.
    expect_tiling : bool
        Whether parcels at the surface should cover all of the district, or without a district all
        land that they enclose.
    tolerance : TopologyTolerance
        From which size on something is an error.
    size : int
        Most parcels that are looked at together (see `tiles`); the result is always the same.

    Returns
    -------
    GeoDataFrame
        An error a row, ordered by rule (as in `RULES`) and position of the parcel:

        - ``rule``, ``parcel_id``, ``other_id`` (None where one parcel is concerned), ``layer``;
        - ``area_m2`` of the shape (equal-area; NaN for points), ``share`` (of the smaller parcel;
          NaN for gaps and points) and ``width_m`` (twice the area over the perimeter);
        - ``note``: ``sliver``, ``closed-block``, ``outside`` (wholly), ``partly``, or None;
        - ``geometry``, the shape of the error in the geographic CRS of the parcels.

        ``must-not-overlap``: two parcels share land. ``must-not-have-duplicates``: all of both.
        ``feature-within-feature``: all of the first; neither is told as an overlap again.
        ``must-not-have-gaps``: parcels enclose land that is narrow, or not larger than two lots,
        which a street is; with `expect_tiling` any. ``sliver-polygon``: a parcel is thin.
        ``must-be-covered-by``: a parcel lies outside of the district. ``missing-vertex``: of two
        neighbours that share no land, one has a vertex (the points) at the border that the other
        has not.

    Raises
    ------
    UsageError
        If a CRS is missing or Web Mercator.

    Notes
    -----
    The names are those of QGIS's topology checker and geometry checker and of Esri's topology
    rules (must not overlap, must not have gaps, must be covered by feature class of).

    Examples
    --------
    >>> lots = shapely.box([114, 114.0009], 22, [114.001, 114.002], 22.001)
    >>> found = topology(gpd.GeoSeries(lots, ["a", "b"], crs="EPSG:4490"), pd.Series([None, None]))
    >>> found[["rule", "parcel_id", "other_id"]].values.tolist(), found["share"].round(3).tolist()
    ([['must-not-overlap', 'a', 'b']], [0.1])
    """
    plane = Plane.about(parcels)
    shapes = plane.polygons(parcels)
    empty = shapely.Polygon()
    outline = empty if district is None else shapely.union_all(plane.shapes(district))
    task = Task(plane, tolerance, outline, expect_tiling)
    boxes = np.concatenate(in_threads(shapely.bounds, shapes))
    everyone = Parcels(
        np.arange(len(shapes)), shapes, layers.to_numpy(dtype=object),
        parcels.index.to_numpy(dtype=object),
    )  # fmt: skip
    return in_tiles(boxes, everyone.take, task, size=size)


def in_tiles(
    boxes: FloatArray,
    taken: Callable[[IntArray], Parcels],
    task: Task,
    *,
    size: int = 50_000,
    run: Runner = in_turn,
) -> gpd.GeoDataFrame:
    """Return what `topology` returns, of parcels that are looked up tile by tile.

    Parameters
    ----------
    boxes : array of float
        Extent of each parcel in degrees, a parcel a row; NaN is left out.
    taken : callable
        Parcels at positions.
    task : Task
        What is looked for.
    size : int
        Most parcels at home in a tile.
    run : Runner
        Does the tiles.
    """
    cores = os.cpu_count() or 1
    size = min(size, max(_LEAST, -(-len(boxes) // cores)))  # so that each core has one
    jobs = tiles(boxes, task.tolerance, size, lambda position: taken(position).shape)
    found = list(run(functools.partial(_found, taken=taken, task=task), jobs))
    return finish(found, boxes, taken, task)


def _found(tile: Tile, taken: Callable[[IntArray], Parcels], task: Task) -> Partial:
    return partial(taken(tile.position), tile.home, task)
