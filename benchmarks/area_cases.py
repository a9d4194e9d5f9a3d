"""Parcels for trials of the area ledger: layers anywhere in China, and shapes of practice.

Nothing here uses the package, so what is planted and what is detected share no code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely import Polygon

FloatArray = npt.NDArray[np.float64]
Shape = Any  # a Polygon, a MultiPolygon or None

GEOD = pyproj.Geod(ellps="GRS80")  # CGCS2000 is GRS 80 to 0.1 mm of the semi-minor axis
WEB_MERCATOR_RADIUS_M = 6_378_137.0
M2_PER = {"m2": 1.0, "mu": 2000 / 3, "ha": 1e4}
NO_FIT = "no lot of the layer fits the cause"


@cache
def gauss_kruger(meridian_deg: float) -> pyproj.Proj:
    """Return the Gauss-Krüger projection of a central meridian, false easting 500 km."""
    return pyproj.Proj(f"+proj=tmerc +lon_0={meridian_deg} +k=1 +x_0=500000 +ellps=GRS80")


def moved(shape: Any, plane: pyproj.Proj, inverse: bool = False) -> Any:
    """Return a shape, or an array of them, taken into the plane or back to degrees."""
    return shapely.transform(
        shape, lambda xy: np.column_stack(plane(xy[:, 0], xy[:, 1], inverse=inverse))
    )


def own_meridian(lonlat: Shape) -> float:
    """Return the central meridian of the 3-degree zone of a shape, degrees east."""
    west, _, east, _ = shapely.bounds(lonlat)
    return 3.0 * round(float(west + east) / 6)


def geodesic_area(lonlat: Shape) -> float:
    """Return the area on the ellipsoid in m² (Karney 2013); NaN without a shape."""
    if lonlat is None:
        return float("nan")
    return float(abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(lonlat))[0]))


def plane_area(lonlat: Shape, meridian_deg: float | None = None) -> float:
    """Return the area in m² in the Gauss-Krüger plane of a meridian, without one its own."""
    if lonlat is None:
        return float("nan")
    meridian = own_meridian(lonlat) if meridian_deg is None else meridian_deg
    return float(moved(lonlat, gauss_kruger(meridian)).area)


def web_mercator_area(lonlat: Shape) -> float:
    """Return the area in m² in the plane of Web Mercator (EPSG:3857)."""

    def project(xy: FloatArray) -> FloatArray:
        north = np.arctanh(np.sin(np.radians(xy[:, 1])))
        return np.column_stack([np.radians(xy[:, 0]), north]) * WEB_MERCATOR_RADIUS_M

    return float(shapely.transform(lonlat, project).area)


def layer(seed: int, rows: int = 120) -> gpd.GeoDataFrame:
    """Return about `rows` contiguous parcels of 0.02 to 5 ha at a place in China, to the mm.

    Among them are shared natural borders of many corners, lots inside of a lot's hole, lots of
    two parts, and lots with rounded corners. EPSG:4490, `parcel_id` and `geometry`.
    """
    rng = np.random.default_rng([seed, 490])
    lon, lat = rng.uniform(86, 126), rng.uniform(22, 44)
    plane = gauss_kruger(3.0 * round(lon / 3))
    corner = np.array(plane(lon, lat))
    wide, cell_m = max(int(rows**0.5), 3), float(np.exp(rng.uniform(np.log(25), np.log(180))))
    tall = -(-rows // wide)
    grid = np.stack(np.meshgrid(np.arange(wide + 1.0), np.arange(tall + 1.0)), axis=-1)
    grid = corner + cell_m * (grid + rng.uniform(-0.22, 0.22, grid.shape))
    rivers = rng.random(tall + 1) < 0.2
    across = [[_edge(grid[j, i], grid[j, i + 1], int(rng.integers(15, 60)) if rivers[j] else 2, rng)
               for i in range(wide)] for j in range(tall + 1)]  # fmt: skip
    upward = [[_edge(grid[j, i], grid[j + 1, i], int(rng.integers(1, 4)), rng)
               for i in range(wide + 1)] for j in range(tall)]  # fmt: skip
    shapes: list[Shape] = []
    for j, i in np.ndindex(tall, wide):
        ring = [across[j][i][:-1], upward[j][i + 1][:-1],
                across[j + 1][i][:0:-1], upward[j][i][:0:-1]]  # fmt: skip
        shapes.append(Polygon(np.concatenate(ring)))
    for k in rng.permutation(len(shapes))[: len(shapes) // 12]:
        if k % 3 == 0:
            shapes[k], inner = with_hole(shapes[k], rng)
            shapes.append(inner)
        elif k % 3 == 1 and k + 2 < len(shapes):
            apart = shapely.multipolygons([shapes[k], with_hole(shapes[k + 2], rng)[1]])
            shapes[k + 2] = shapely.difference(shapes[k + 2], apart)
            shapes[k] = apart
        else:
            shapes[k] = with_arcs(shapes[k], 64, rng, rounded=True) or shapes[k]
    lonlat = moved(np.array([to_mm(each) for each in shapes]), plane, inverse=True)
    ids = [f"G{rng.integers(10_000, 90_000)}-{k:04d}" for k in range(len(lonlat))]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=list(lonlat), crs="EPSG:4490")


def _edge(one: FloatArray, two: FloatArray, pieces: int, rng: np.random.Generator) -> FloatArray:
    """Return an edge of `pieces` pieces that wanders by up to 7 % of its length."""
    way = np.linspace(0, 1, pieces + 1)
    wander = sum(rng.normal() / k * np.sin(k * np.pi * way) for k in range(1, min(pieces, 12)))
    normal = np.array([one[1] - two[1], two[0] - one[0]])
    if pieces == 1:
        return np.array([one, two])
    wander = wander * (0.07 * rng.uniform(0.1, 1) / (np.abs(wander).max() + 1e-9))
    return np.asarray(one + way[:, None] * (two - one) + wander[:, None] * normal, dtype=float)


@cache
def _valid_lots(path: Path) -> gpd.GeoDataFrame:
    lots = gpd.read_file(path)
    return lots[lots.geometry.geom_type.isin(["Polygon", "MultiPolygon"]) & lots.is_valid]


def french(path: Path, seed: int, rows: int = 120) -> gpd.GeoDataFrame:
    """Return `rows` neighbouring parcels of a French cadastre turned about the axis to China.

    A turn by whole zones keeps every area, geodesic and plane.
    """
    rng = np.random.default_rng([seed, 912])
    lots = _valid_lots(path)
    centre = shapely.centroid(lots.geometry.to_numpy())
    near = shapely.distance(centre, centre[rng.integers(len(lots))]).argsort(kind="stable")[:rows]
    turn = np.array([3.0 * rng.integers(28, 41), 0.0])
    shapes = shapely.transform(lots.geometry.to_numpy()[near], lambda xy: xy + turn)
    ids = [f"91216-{k:04d}" for k in range(len(near))]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=list(shapes), crs="EPSG:4490")


def to_mm(shape: Shape) -> Shape:
    """Return a shape in the plane with its corners at whole millimetres, as surveys list them."""
    return shapely.transform(shape, lambda xy: np.round(xy, 3))


def resurveyed(shapes: Iterable[Shape], sigma_m: float, rng: np.random.Generator) -> list[Shape]:
    """Return shapes whose corners moved by a Gaussian of `sigma_m`; shared corners move as one."""
    array = np.array(list(shapes), dtype=object)
    xy, place = np.unique(shapely.get_coordinates(array), axis=0, return_inverse=True)
    xy = xy + rng.normal(0, sigma_m, xy.shape) if sigma_m else xy
    return list(shapely.set_coordinates(array, np.round(xy, 3)[place.ravel()]))


def area_sigma_m2(shape: Shape, sigma_m: float) -> float:
    """Return the standard deviation of a shape's area when corners scatter by `sigma_m`.

    Each corner weighs half the distance of its neighbours (variance propagation of Gauss's
    trapezoid formula).
    """
    if shape is None:
        return 0.0
    square = 0.0
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            xy = np.asarray(ring.coords)[:-1]
            square += float(((np.roll(xy, 1, 0) - np.roll(xy, -1, 0)) ** 2).sum())
    return float(sigma_m / 2 * square**0.5)


def with_hole(shape: Polygon, rng: np.random.Generator) -> tuple[Polygon, Polygon]:
    """Return a lot with a new hole around its inner point, and the lot that fills the hole."""
    point = shapely.get_coordinates(shape.representative_point())[0]
    reach = shapely.distance(shapely.points(point), shape.boundary) * rng.uniform(0.5, 0.9)
    angle = np.sort((np.arange(6) + rng.uniform(0, 0.7, 6)) * np.pi / 3)
    ring = np.round(point + reach * np.column_stack([np.cos(angle), np.sin(angle)]), 3)
    return Polygon(shape.exterior.coords, [*shape.interiors, ring]), Polygon(ring)


def strip_cut(shape: Shape, share: float, rng: np.random.Generator) -> Shape:
    """Return a lot without the strip of `share` of its width on one side, as a road takes it."""
    angle = rng.uniform(0, 2 * np.pi)
    normal = np.array([np.cos(angle), np.sin(angle)])
    xy = shapely.get_coordinates(shape)
    offset = (xy @ normal).max() - share * np.ptp(xy @ normal)
    along, size = np.array([-normal[1], normal[0]]), np.ptp(xy, axis=0).sum()
    middle = xy.mean(0) + normal * (offset - xy.mean(0) @ normal)
    half = [middle + along * size, middle - along * size]
    box = Polygon([*half, half[1] - normal * 2 * size, half[0] - normal * 2 * size])
    return to_mm(shapely.intersection(shape, box))


def with_natural_border(shape: Polygon, rng: np.random.Generator) -> Shape:
    """Return a lot whose border wanders as a river or a ridge does, inside of the former one."""
    length, corners = shape.length, int(rng.integers(150, 900))
    inner = shapely.buffer(shape, -0.02 * length)
    if inner.geom_type != "Polygon" or inner.is_empty:
        return shape
    way = np.linspace(0, inner.exterior.length, corners, endpoint=False)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(inner.exterior, way))
    turn = way / inner.exterior.length * 2 * np.pi
    waves = rng.integers(3, 60, 12)
    wander = sum(np.sin(turn * k + rng.uniform(0, 6.28)) / k**0.8 for k in waves)
    tangent = np.roll(xy, -1, 0) - np.roll(xy, 1, 0)
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    normal /= np.linalg.norm(normal, axis=1)[:, None] + 1e-9
    size = 0.02 * length / np.abs(wander).max()
    made = shapely.make_valid(Polygon(xy + normal * (wander * size)[:, None]))
    made = to_mm(max(shapely.get_parts(shapely.intersection(made, shape)), key=shapely.area))
    return made if made.is_valid and made.geom_type == "Polygon" else shape


def generalised(shape: Polygon, corners: int, rng: np.random.Generator) -> Shape:
    """Return an outline of at most `corners` corners: Douglas-Peucker, or each n-th corner."""
    if rng.random() < 0.3:
        xy = np.asarray(shape.exterior.coords)[:-1]
        return to_mm(Polygon(xy[:: -(-len(xy) // corners)]))
    tolerance = 1e-4 * shape.length
    while shapely.get_num_coordinates(made := shapely.simplify(shape, tolerance)) > corners + 1:
        tolerance *= 1.2
        if tolerance > shape.length:  # its holes alone have more corners
            raise UnfitError(NO_FIT)
    return to_mm(made)


def with_arcs(
    shape: Polygon, chords: int, rng: np.random.Generator, rounded: bool | None = None
) -> Polygon | None:
    """Return a lot with two corners made into arcs of `chords` chords, or None where none fits.

    `rounded`: tangent arcs as at street corners, else circular bites as at turning places; None
    leaves it to chance. The same `rng` state gives the same arcs for any number of chords.
    """
    xy = np.asarray(shapely.simplify(shape, 0.01).exterior.coords)[:-1]
    rounded = bool(rng.random() < 0.6) if rounded is None else rounded
    size, before, after = rng.uniform(0.25, 0.45), np.roll(xy, 1, 0) - xy, np.roll(xy, -1, 0) - xy
    short = np.minimum(np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1))
    before = before / np.linalg.norm(before, axis=1)[:, None]
    after = after / np.linalg.norm(after, axis=1)[:, None]
    opening = np.arccos(np.clip((before * after).sum(1), -1, 1))
    fit = np.flatnonzero((opening > 0.8) & (opening < 2.3))
    fit = fit[np.argsort(-short[fit])][:2]
    if not fit.size:
        return None
    points: list[FloatArray] = []
    for k, here in enumerate(xy):
        if k not in fit:
            points.append(here[None])
            continue
        reach = size * short[k]
        middle = before[k] + after[k]
        middle /= np.linalg.norm(middle)
        if rounded:
            centre = here + middle * reach / np.cos(opening[k] / 2)
            radius = reach * np.tan(opening[k] / 2)
        else:
            centre, radius = here, reach
        one, two = here + before[k] * reach - centre, here + after[k] * reach - centre
        start = np.arctan2(one[1], one[0])
        sweep = (np.arctan2(two[1], two[0]) - start + np.pi) % (2 * np.pi) - np.pi
        angle = start + sweep * np.linspace(0, 1, chords + 1)
        points.append(centre + radius * np.column_stack([np.cos(angle), np.sin(angle)]))
    made = Polygon(np.concatenate(points), [ring.coords for ring in shape.interiors])
    return made if made.is_valid else None


class UnfitError(ValueError):
    """No lot of the layer fits the cause; the next attempt may."""


@dataclass
class Draft:
    """A register in the making: `shape` is in the plane of the layer's meridian."""

    ids: list[str]
    shape: dict[str, Shape]
    meridian_deg: float
    rng: np.random.Generator
    register: str
    unit: str
    decimals: int
    exact: dict[str, float] = field(default_factory=dict)  # m², before printing
    text: dict[str, str] = field(default_factory=dict)  # printed otherwise than `exact` says
    row: dict[str, dict[str, object]] = field(default_factory=dict)
    earlier: list[tuple[str, Shape, str]] = field(default_factory=list)  # id, shape, valid to
    totals: dict[str, float] = field(default_factory=dict)

    def lonlat(self, shape: Shape) -> Shape:
        """Return a shape of this draft in degrees."""
        return moved(shape, gauss_kruger(self.meridian_deg), inverse=True)

    def area(self, shape: Shape) -> float:
        """Return the area as this register computes it."""
        lonlat = self.lonlat(shape) if shape is not None else None
        plain = self.register == "geodesic"
        return geodesic_area(lonlat) if plain else plane_area(lonlat)

    def printed(self, area_m2: float) -> str:
        """Return an area as this register prints it."""
        return f"{area_m2 / M2_PER[self.unit]:.{self.decimals}f}"

    def set(self, name: str, **columns: object) -> None:
        """Set columns of a lot."""
        self.row.setdefault(name, {}).update(columns)

    def put(self, name: str, shape: Shape, **columns: object) -> None:
        """Give a lot a shape and the true record of it."""
        if name not in self.shape:
            self.ids.append(name)
        self.shape[name], self.exact[name] = shape, self.area(shape)
        self.set(name, **columns)

    def drop(self, name: str) -> None:
        """Take a row out of the register."""
        self.ids.remove(name)

    def pick(self, simple: bool = True) -> str:
        """Return a lot at random; simple: one part, no hole, large enough to print."""
        for name in self.rng.permutation(self.ids):
            shape = self.shape[str(name)]
            whole = shape.geom_type == "Polygon" and not len(shape.interiors)
            if shape.area > 200 and (whole or not simple):
                return str(name)
        raise UnfitError(NO_FIT)

    def beside(self, name: str, touching: bool = True) -> str:
        """Return a simple lot that shares a border with a lot, or a near one that does not."""
        others = [each for each in self.ids if each != name and self.shape[each] is not None]
        array = np.array([self.shape[each] for each in others])
        near = shapely.distance(array, self.shape[name])
        shared = shapely.length(shapely.intersection(shapely.boundary(array),
                                                     self.shape[name].boundary))  # fmt: skip
        fit = (shared > 2) if touching else (near > 1) & (near < 3 * self.shape[name].length)
        fit &= (shapely.get_type_id(array) == 3) & (shapely.area(array) > 100)
        if not fit.any():
            raise UnfitError(NO_FIT)
        return others[int(self.rng.choice(np.flatnonzero(fit)))]

    def some(self) -> list[str]:
        """Return one lot, a few, or all of them: a slip, a batch, a column."""
        share = self.rng.choice([0.0, 0.1, 1.0])
        size = max(1, round(share * len(self.ids)))
        return [str(each) for each in self.rng.choice(self.ids, size, replace=False)]
