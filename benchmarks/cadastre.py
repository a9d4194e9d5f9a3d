"""A synthetic cadastre: blocks of contiguous parcels between roads, zones over it, its district."""

from __future__ import annotations

import math
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

FloatArray = npt.NDArray[np.float64]

PLANE = "EPSG:4547"  # CGCS2000, 3-degree Gauss-Krüger, 114° E
DECIMALS = {PLANE: 3, "EPSG:4490": 9}  # a millimetre; a tenth of one
CORNER = (532_000.0, 2_508_000.0)  # east, north: Pingshan
ACROSS, UP, CELL_M = 8, 4, 30.0  # parcels of a block, and their width
ROAD_M, STREET_JITTER_M = (14.0, 28.0), 1.0  # so that roads are 12 to 30 m wide
AROUND = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1))
SHIFT_M = (0.001, 0.049)  # of dirty vertices: below the 0.05 m at which vertices are the same


def cadastre(
    rows: int,
    seed: int,
    *,
    noise: Literal["clean", "dirty"] = "clean",
    crs: str = "EPSG:4490",
) -> gpd.GeoSeries:
    """Return irregular parcels of eight corners, block by block; the same for the same seed.

    Parameters
    ----------
    rows : int
        Number of parcels; the last block is left unfinished where it is no multiple of 32.
    seed : int
        Of the random numbers.
    noise : {"clean", "dirty"}
        Clean parcels of a block share every vertex. On dirty ones some vertices stand on one side
        only (on the line, to rounding) or are shifted there by 1 mm to 5 cm, and rings start
        elsewhere or run the other way. No vertex is shifted on two sides, so that neighbours stay
        within 5 cm of each other.
    crs : str
        A key of `DECIMALS`.

    Examples
    --------
    >>> lots = cadastre(64, seed=1, crs="EPSG:4547")
    >>> len(lots), bool(lots.is_valid.all()), lots.iloc[0].touches(lots.iloc[1])
    (64, True, True)
    """
    rng = np.random.default_rng(seed)
    blocks = math.ceil(rows / (ACROSS * UP))
    wide = math.ceil(math.sqrt(blocks * UP / ACROSS))
    points = _points(wide, math.ceil(blocks / wide), rng)
    lot = np.arange(rows)
    block, inside = np.divmod(lot, ACROSS * UP)
    x, y = inside % ACROSS, inside // ACROSS
    west = block % wide * (2 * ACROSS + 1) + 2 * x
    south = block // wide * (2 * UP + 1) + 2 * y
    rings = np.stack([points[south + b, west + a] for a, b in AROUND], axis=1)
    if noise == "clean":
        flat, ring = rings.reshape(-1, 2), np.repeat(lot, 8)
    else:
        flat, ring = _dirty(rings, (x + y) % 2 == 0, rng)
    flat = np.round(flat, DECIMALS[PLANE])
    if crs != PLANE:
        way = pyproj.Transformer.from_crs(PLANE, crs, always_xy=True)
        flat = np.round(np.column_stack(way.transform(*flat.T)), DECIMALS[crs])
    return gpd.GeoSeries(shapely.polygons(shapely.linearrings(flat, indices=ring)), crs=crs)


def zones(parcels: gpd.GeoSeries, count: int, seed: int) -> gpd.GeoSeries:
    """Return `count` zones with fractal edges (369 vertices) that tile the parcels' extent.

    They share every vertex, cut through parcels, and reach 60 m beyond the extent.

    Examples
    --------
    >>> lots = cadastre(320, seed=1)
    >>> tiles = zones(lots, 6, seed=1)
    >>> len(tiles), bool(tiles.is_valid.all()), bool(lots.within(tiles.union_all()).all())
    (6, True, True)
    """
    rng = np.random.default_rng(seed)
    up = next(n for n in range(math.isqrt(count), 0, -1) if count % n == 0)
    across = count // up
    west, south, east, north = parcels.to_crs(PLANE).total_bounds + np.array([-60, -60, 60, 60])
    size = np.array([(east - west) / across, (north - south) / up])
    grid = np.stack(np.meshgrid(np.arange(across + 1), np.arange(up + 1)), axis=-1)
    shift = rng.uniform(-0.1, 0.1, grid.shape)
    shift[[0, -1], :, 1] = shift[:, [0, -1], 0] = 0
    corner = (grid + shift) * size + (west, south)
    flat = [
        _fractal(corner[:, :-1], corner[:, 1:], 1, rng),
        _fractal(corner[:-1], corner[1:], 0, rng),
    ]
    flat[0][[0, -1], :, :, 1] = np.array([south, north])[:, None, None]
    flat[1][:, [0, -1], :, 0] = np.array([west, east])[:, None, None]
    rings = np.concatenate(
        [
            flat[0][:-1, :, :-1],
            flat[1][:, 1:, :-1],
            flat[0][1:, :, :0:-1],
            flat[1][:, :-1, :0:-1],
        ],
        axis=2,
    ).reshape(count, -1, 2)
    tiles = gpd.GeoSeries(shapely.polygons(np.round(rings, 3)), crs=PLANE)
    crs = parcels.crs.to_string()
    return tiles if crs == PLANE else rounded(tiles.to_crs(crs))


def district(parcels: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return one outline, 30 m around all parcels, in their CRS."""
    points = shapely.get_coordinates(parcels.to_crs(PLANE).to_numpy())
    hull: Any = shapely.convex_hull(shapely.multipoints(points))
    around = gpd.GeoSeries([hull.buffer(30, join_style="mitre", mitre_limit=2)], crs=PLANE)
    return rounded(around.to_crs(parcels.crs))


def rounded(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return shapes with the decimals of their CRS."""
    digits = DECIMALS[shapes.crs.to_string()]
    return shapes.transform(lambda xy: np.round(xy, digits))


def _points(wide: int, high: int, rng: np.random.Generator) -> FloatArray:
    """Return the points (north, east) of each block: a grid twice as fine as the parcels, moved.

    Points with two odd numbers are centres and stay unused.
    """
    axes, streets = [], []
    for blocks, lots in ((wide, ACROSS), (high, UP)):
        step = np.arange(2 * lots + 1) * CELL_M / 2
        road = np.cumsum(np.append(0, rng.uniform(*ROAD_M, blocks - 1) + lots * CELL_M))
        axes.append((road[:, None] + step).ravel())
        streets.append(np.tile(np.isin(step, (0, lots * CELL_M)), blocks))
    points: Any = np.stack(np.meshgrid(*axes), axis=-1) + CORNER
    for axis, street in enumerate(streets):
        along = street[None, :] if axis == 0 else street[:, None]
        most = np.where(along, STREET_JITTER_M, CELL_M / 8)
        points[..., axis] += rng.uniform(-1, 1, points.shape[:2]) * most
    return np.asarray(np.round(points, 3))


def _dirty(
    rings: FloatArray, even: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Return the vertices of dirty rings in one array, and the ring of each.

    A first corner belongs to one parcel only, the middle of an edge to one even parcel only:
    these are shifted.
    """
    rows = len(rings)
    moved = np.zeros((rows, 8), dtype=bool)
    moved[:, 0] = rng.random(rows) < 0.2
    moved[:, 1::2] = even[:, None] & (rng.random((rows, 4)) < 0.2)
    way = rng.uniform(0, 2 * np.pi, (rows, 8))
    least, most = map(math.log, SHIFT_M)
    far = np.exp(rng.uniform(least, most, (rows, 8))) * moved
    rings = rings + np.stack([np.cos(way), np.sin(way)], axis=-1) * far[..., None]
    part = rng.uniform(0.2, 0.8, (rows, 8, 1))
    between = rings + part * (np.roll(rings, -1, axis=1) - rings)
    both = np.stack([rings, between], axis=2).reshape(rows, 16, 2)
    kept = np.ones((rows, 16), dtype=bool)
    kept[:, 1::2] = rng.random((rows, 8)) < 0.06
    start = np.where(rng.random((rows, 1)) < 0.3, 2 * rng.integers(0, 8, (rows, 1)), 0)
    turn = np.where(rng.random((rows, 1)) < 0.2, -1, 1)
    order = (start + turn * np.arange(16)) % 16
    kept = np.take_along_axis(kept, order, axis=1)
    both = np.take_along_axis(both, order[..., None], axis=1)
    return both[kept], np.nonzero(kept)[0]


def _fractal(one: FloatArray, two: FloatArray, axis: int, rng: np.random.Generator) -> Any:
    """Return edges of 93 points, displaced along one axis so that none meets another."""
    height = np.zeros((*one.shape[:-1], 2))
    for level in range(7):
        middle = (height[..., 1:] + height[..., :-1]) / 2
        middle += rng.uniform(-0.2, 0.2, middle.shape) * 0.6**level
        finer = np.empty((*one.shape[:-1], 2 ** (level + 1) + 1))
        finer[..., ::2], finer[..., 1::2] = height, middle
        height = finer
    chosen = np.linspace(0, 128, 93).round().astype(int)
    part = chosen / 128
    most = 0.3 * np.minimum(part, 1 - part)  # a cone at each corner keeps edges apart
    edges = one[..., None, :] + part[:, None] * (two - one)[..., None, :]
    length = np.hypot(*np.moveaxis(two - one, -1, 0))
    edges[..., axis] += np.clip(height[..., chosen], -most, most) * length[..., None]
    return edges
