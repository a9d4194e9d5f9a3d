"""The rules of topology, named as QGIS and Esri name them, and what breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, choose_object
from pingshan_geo.measures.cutting import Shapes, cut
from pingshan_geo.measures.plane import Plane
from pingshan_geo.measures.ragged import groups
from pingshan_geo.measures.topology.edges import distinct, is_among, open_edges
from pingshan_geo.measures.topology.gaps import Gaps, gaps
from pingshan_geo.measures.topology.outlines import Outlines
from pingshan_geo.measures.topology.overlaps import DUPLICATE, OVERLAP, WITHIN, has_land, shared
from pingshan_geo.measures.topology.rings import contacts, rings

RULES = (
    "must-not-overlap",
    "must-not-have-duplicates",
    "feature-within-feature",
    "must-not-have-gaps",
    "sliver-polygon",
    "must-be-covered-by",
    "missing-vertex",
)
SURFACE = "surface"

# A gap is the land of a lot that is missing, not a street or a square, up to so many times the
# largest lot around it.
_LOTS = 2


@dataclass(frozen=True, slots=True)
class TopologyTolerance:
    """From which size on something is an error. A width is twice an area over its perimeter.

    Attributes
    ----------
    distance_m : float
        Vertices and edges that lie nearer are one, and what is narrower is no overlap or gap: two
        surveys of one corner seldom agree better than 5 cm.
    least_area_m2 : float
        What is smaller is no overlap or gap.
    sliver_width_m : float
        An overlap that is narrower is a sliver, and so far from an edge a vertex is missed there.
    thin_parcel_m : float
        A parcel that is narrower is a sliver.
    narrow_gap_m : float
        A gap that is narrower is told however large it is; see `topology`.
    """

    distance_m: float = 0.05
    least_area_m2: float = 0.1
    sliver_width_m: float = 0.3
    thin_parcel_m: float = 0.5
    narrow_gap_m: float = 3.0


@dataclass(frozen=True, slots=True)
class _Found:
    """Errors of one rule: positions of parcels (-1: none), shapes in metres, share and note.

    Points are in longitude and latitude, as the vertices were given.
    """

    rule: str
    one: IntArray
    two: IntArray
    shape: Shapes
    of_m2: FloatArray | float = np.nan
    note: Shapes | None = None


def topology(
    parcels: gpd.GeoSeries,
    layers: pd.Series[str],
    *,
    district: gpd.GeoSeries | None = None,
    expect_tiling: bool = False,
    tolerance: TopologyTolerance = TopologyTolerance(),
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
    lonlat = plane.outlines(parcels)
    outline = shapely.union_all([] if district is None else plane.shapes(district))
    of_layer, names = pd.factorize(layers.astype(object).where(layers.notna(), SURFACE))
    tables = []
    for layer, name in enumerate(names if len(names) else [""]):
        own = np.flatnonzero((of_layer == layer) & ~shapely.is_missing(lonlat))
        outlines = Outlines.of(lonlat[own], plane)
        errors = _layer(outlines, outline, expect_tiling and name == SURFACE, tolerance)
        tables += [_table(found, own, str(name), tolerance) for found in errors]
    return _ordered(pd.concat(tables), parcels.index, plane)


def _layer(
    outlines: Outlines,
    district: shapely.Geometry,
    expect_tiling: bool,
    tolerance: TopologyTolerance,
) -> Iterator[_Found]:
    """Yield the errors between parcels of one layer."""
    least = (tolerance.distance_m, tolerance.least_area_m2)
    size, area = len(outlines), outlines.area_m2
    edges = open_edges(outlines, tolerance.distance_m)
    near = contacts(edges, size, tolerance.sliver_width_m)
    left = rings(edges, near, tolerance.distance_m)
    with ThreadPoolExecutor() as threads:  # GEOS lets go of the interpreter
        enclosed = threads.submit(gaps, outlines, left, *least)
        land = shared(outlines, left, *least)
    smaller = np.minimum(area[land.one], area[land.two])
    for rule, kind in zip(RULES, (OVERLAP, DUPLICATE, WITHIN), strict=False):
        row = land.kind == kind
        yield _Found(rule, land.one[row], land.two[row], land.piece[row], smaller[row])
    inner = enclosed.result()
    has_district = not shapely.is_empty(district)
    yield _told_gaps(inner, expect_tiling and not has_district, tolerance.narrow_gap_m)
    if expect_tiling and has_district:
        yield _uncovered(outlines, district, inner, tolerance)
    row = np.flatnonzero(2 * area < tolerance.thin_parcel_m * outlines.length_m)
    yield _Found("sliver-polygon", row, np.full(len(row), -1), outlines.shapes(row), area[row])
    if has_district:
        yield _outside(outlines, district, least)

    pair = np.sort(np.column_stack([near.holder, edges.owner[near.edge]]), axis=1)
    known = distinct(np.sort(np.column_stack([land.one, land.two]), axis=1), size)
    is_new = ~is_among(pair, known, size)
    yield _points(pair[is_new], near.place[is_new], outlines.given)


def _points(pair: IntArray, vertex: IntArray, lonlat: FloatArray) -> _Found:
    order = np.lexsort((vertex, *pair.T[::-1]))
    pair, vertex = pair[order], vertex[order]
    is_first = (np.diff(pair, axis=0, prepend=-1) != 0).any(axis=1)
    points = np.asarray(shapely.points(lonlat[vertex]), dtype=object)
    shape = shapely.multipoints(points, indices=np.cumsum(is_first) - 1)
    one, two = pair[is_first].T
    return _Found("missing-vertex", one, two, np.asarray(shape, dtype=object))


def _is_closed(gap: Gaps, narrow_m: float) -> BoolArray:
    """Return whether gaps are narrow, or have room for no more than two of the parcels around."""
    area = shapely.area(gap.piece)
    is_narrow = 2 * area < narrow_m * shapely.length(gap.piece)
    return np.asarray(is_narrow | (area <= _LOTS * gap.largest_m2))


def _told_gaps(gap: Gaps, expect_tiling: bool, narrow_m: float) -> _Found:
    is_closed = _is_closed(gap, narrow_m)
    row = is_closed | expect_tiling
    note = choose_object(is_closed[row], "closed-block", None)
    return _Found("must-not-have-gaps", gap.one[row], gap.two[row], gap.piece[row], note=note)


def _uncovered(
    outlines: Outlines, district: shapely.Geometry, gap: Gaps, tolerance: TopologyTolerance
) -> _Found:
    """Return the pieces of the district that are neither covered nor told as gaps already."""
    shapes = outlines.shapes(np.arange(len(outlines)))
    told = gap.piece[_is_closed(gap, tolerance.narrow_gap_m)]
    covered = shapely.union_all(np.append(shapes, told))
    parts = shapely.get_parts(cut(shapely.difference, np.array([district]), np.array([covered])))
    parts = parts[has_land(parts, tolerance.distance_m, tolerance.least_area_m2)]
    part, nearest = shapely.STRtree(shapes).query_nearest(parts, all_matches=False)
    one = np.full(len(parts), -1)
    one[part] = nearest
    return _Found("must-not-have-gaps", one, np.full(len(parts), -1), parts)


def _outside(outlines: Outlines, district: shapely.Geometry, least: tuple[float, float]) -> _Found:
    """Return the parcels that lie outside; of those off its border one vertex tells that."""
    shapely.prepare(district)
    rings = shapely.get_rings(shapely.get_parts(district))
    sides = [np.stack([xy[:-1], xy[1:]]) for xy in map(shapely.get_coordinates, rings)]
    ends = np.concatenate(sides, axis=1)
    at_border = outlines.near(np.column_stack([ends.min(axis=0), ends.max(axis=0)]))
    is_out = np.empty(len(outlines), dtype=bool)
    corner = outlines.places[outlines.vertex[groups(outlines.ring)[0]]]
    is_out[outlines.owner] = ~shapely.contains_xy(district, corner)
    is_out[at_border] = ~shapely.covers(district, outlines.shapes(at_border))
    row = np.flatnonzero(is_out)
    piece = cut(shapely.difference, outlines.shapes(row), np.full(len(row), district))
    is_land: BoolArray = has_land(piece, *least)
    row, piece = row[is_land], piece[is_land]
    inner = cut(shapely.intersection, outlines.shapes(row), np.full(len(row), district))
    note = choose_object(has_land(inner, *least), "partly", "outside")
    none = np.full(len(row), -1)
    return _Found("must-be-covered-by", row, none, piece, outlines.area_m2[row], note)


def _table(found: _Found, own: IntArray, layer: str, tolerance: TopologyTolerance) -> pd.DataFrame:
    """Return the rows of errors, with positions among all parcels."""
    area = shapely.area(found.shape)
    area[shapely.get_dimensions(found.shape) < 2] = np.nan
    width = 2 * area / shapely.length(found.shape)
    note = np.full(len(area), None) if found.note is None else found.note
    if found.rule == "must-not-overlap":
        note = choose_object(width < tolerance.sliver_width_m, "sliver", None)
    at = np.append(own, -1)
    columns = {
        "rule": RULES.index(found.rule),
        "parcel": at[found.one],
        "other": at[found.two],
        "layer": pd.Series(layer, range(len(area)), dtype=object),
        "area_m2": area,
        "share": area / found.of_m2,
        "width_m": width,
        "note": pd.Series(note, dtype=object),
        "geometry": pd.Series(found.shape, dtype=object),
    }
    return pd.DataFrame(columns)


def _ordered(table: pd.DataFrame, index: pd.Index, plane: Plane) -> gpd.GeoDataFrame:
    table = table.sort_values(["rule", "parcel", "other"], kind="stable", ignore_index=True)
    ids = np.append(index.to_numpy(dtype=object), [None])
    of = {name: table.pop(name).to_numpy(dtype=np.int64) for name in ("rule", "parcel", "other")}
    table.insert(0, "rule", pd.Series(np.array(RULES, dtype=object)[of["rule"]], dtype=object))
    table.insert(1, "parcel_id", pd.Series(ids[of["parcel"]], dtype=object))
    table.insert(2, "other_id", pd.Series(ids[of["other"]], dtype=object))
    shapes = table.pop("geometry").to_numpy(dtype=object, copy=True)
    flat = shapely.get_dimensions(shapes) == 2  # points were given in degrees
    shapes[flat] = plane.lonlat(shapes[flat])
    table["geometry"] = pd.Series(shapes, dtype=object)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=plane.crs)
