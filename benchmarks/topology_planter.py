"""Plants one topology error in a cadastre, as practice makes it, and says what should be found."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from cadastre import PLANE, district, rounded
from shapely.affinity import rotate, scale, translate
from shapely.geometry import Polygon
from shapely.ops import substring
from topology_scene import LEAST_AREA_M2, NOISE_M, REAL_M, TOLERANCE_M, Change, Scene

_NEW = "planted"
_TRIES = 300


@dataclass(frozen=True)
class Planted:
    """A cadastre with one error, and the findings that are right.

    Ids are text. `found` holds a set of ids for each finding of `kind`: pairs, one id of a parcel
    over the district line, or all parcels around a gap; it is empty for a control, where nothing
    may be found. `area_m2` bounds the sum of the areas found; `place` is their shape in the CRS of
    the parcels (None for vertices and controls).
    """

    cause: str
    kind: str
    parcels: gpd.GeoSeries
    layer: pd.Series[str]
    district: gpd.GeoSeries
    found: frozenset[frozenset[str]]
    area_m2: tuple[float, float]
    place: Any


def plant(parcels: gpd.GeoSeries, cause: str, seed: int) -> Planted:
    """Return parcels with one error of a cause at a random place.

    Parameters
    ----------
    parcels : GeoSeries
        From `cadastre.cadastre`, clean or dirty; left as they are.
    cause : str
        A key of `CAUSES`.
    seed : int
        Of the random numbers.

    Raises
    ------
    RuntimeError
        If no place fits, as in a cadastre of less than a block.
    """
    rng = np.random.default_rng([seed, list(CAUSES).index(cause)])
    outline = district(parcels)
    scene = Scene(parcels, outline.to_crs(PLANE).iloc[0], rng)
    for _ in range(_TRIES):
        change = CAUSES[cause](scene)
        planted = change and _checked(parcels, outline, scene, cause, change)
        if planted:
            return planted
    message = f"no place for {cause}"
    raise RuntimeError(message)


def _checked(
    parcels: gpd.GeoSeries, outline: gpd.GeoSeries, scene: Scene, cause: str, change: Change
) -> Planted | None:
    """Return the changed cadastre, or None where something else than the cause came about."""
    out, layer = parcels.set_axis(scene.ids), pd.Series("surface", index=scene.ids)
    found: dict[frozenset[str], Any] = {}
    for name, plane in change.shapes.items():
        if plane is None:
            out, layer = out.drop(name), layer.drop(name)
            continue
        shape = rounded(gpd.GeoSeries([plane], index=[name], crs=PLANE).to_crs(parcels.crs))
        real = shape.to_crs(PLANE).iloc[0]
        row = scene.ids.index(name) if name in scene.ids else -1
        is_fit = real.is_valid and real.geom_type == "Polygon"
        overlaps = scene.overlaps(real, row) if is_fit else None
        if overlaps is None:
            return None
        found |= {frozenset((name, scene.ids[two])): piece for two, piece in overlaps.items()}
        if row < 0:  # a new row stands anywhere
            at = int(scene.rng.integers(len(out) + 1))
            out = gpd.GeoSeries(pd.concat([out.iloc[:at], shape, out.iloc[at:]]), crs=parcels.crs)
            new = pd.Series(change.layer, index=[name])
            layer = pd.concat([layer.iloc[:at], new, layer.iloc[at:]])
        else:
            out = out.copy()
            out.iloc[row] = shape.iloc[0]
    expected = found if change.found is None else {frozenset(each) for each in change.found}
    if change.meant:
        found = {}
    elif change.kind in _PAIRS:
        if not found or set(found) != set(expected):
            return None
    elif found:
        return None
    place: Any = shapely.union_all(list(found.values())) if found else change.place
    if change.kind == "gap":
        beside = [each for each in scene.near(place) if scene.ids[each] not in change.shapes]
        place -= shapely.union_all(scene.shapes[beside])
    place = shapely.set_precision(place, 0.001)  # so that it stays valid in degrees
    area = length = 0.0
    if place is not None:
        area = float(sum(each.area for each in found.values()) if found else place.area)
        length = place.length
    # Rounding and the scale of the plane; more, where noise along the outline may be counted in.
    low, high = (0.002 * area + share * length + 0.05 for share in (0.005, 0.025))
    return Planted(
        cause,
        change.kind,
        out,
        layer,
        outline,
        frozenset(expected),
        (max(area - low, 0.0), area + high),
        gpd.GeoSeries([place], crs=PLANE).to_crs(parcels.crs).iloc[0],
    )


def _strip(near_m: float, far_m: float, kind: str) -> Callable[[Scene], Change | None]:
    """Return a cause that moves one border: into the neighbour, or back from it."""

    def cause(scene: Scene) -> Change | None:
        one, two, line = scene.border()
        shift = float(scene.rng.uniform(near_m, far_m))
        shape = scene.moved(one, line, shift if kind == "overlap" else -shift)
        ids = (scene.ids[one], scene.ids[two])
        gap = scene.shapes[one] - shape if kind == "gap" else None
        if gap is not None and 2 * gap.area / gap.length < REAL_M:
            return None
        return Change(kind, {ids[0]: shape}, [ids], gap)

    return cause


def _corner(scene: Scene) -> Change | None:
    one = scene.lot()
    ring = np.array(scene.shapes[one].exterior.coords)[:-1]
    angle, far = scene.rng.uniform(0, 2 * np.pi), scene.rng.uniform(1, 5)
    ring[scene.rng.integers(len(ring))] += far * np.array([np.cos(angle), np.sin(angle)])
    shape = Polygon(ring)
    # Only outwards: what it leaves would be a gap beside the overlap.
    if not shape.is_valid or (scene.shapes[one] - shape).area > LEAST_AREA_M2 / 3:
        return None
    return Change("overlap", {scene.ids[one]: shape})


def _big(scene: Scene) -> Change | None:
    one = scene.lot()
    angle, far = scene.rng.uniform(0, 2 * np.pi), scene.rng.uniform(3, 9)
    shape = translate(scene.shapes[one], far * np.cos(angle), far * np.sin(angle))
    if (shape & scene.shapes[one]).area < 0.55 * shape.area:
        return None
    return Change("overlap", {_NEW: shape})


def _interior(scene: Scene) -> Change:
    ring = scene.shapes[scene.lot()].exterior.coords
    middle = np.array(ring[int(scene.rng.integers(len(ring)))])
    angles = np.sort(scene.rng.uniform(0, 2 * np.pi, 7))
    far = scene.rng.uniform(4, 10, 7)
    around = np.column_stack([np.cos(angles), np.sin(angles)]) * far[:, None]
    return Change("overlap", {_NEW: Polygon(around + middle)})


def _duplicate(scene: Scene) -> Change:
    one = scene.lot()
    return Change("duplicate", {_NEW: scene.shapes[one]}, [(scene.ids[one], _NEW)])


def _duplicate_dirty(scene: Scene) -> Change:
    one = scene.lot()
    ring = np.array(scene.shapes[one].exterior.coords)[:-1]
    ring = np.roll(ring, scene.rng.integers(1, len(ring)), axis=0)[::-1]
    extra = int(scene.rng.integers(len(ring)))
    middle = (ring[extra] + ring[(extra + 1) % len(ring)]) / 2
    ring = np.insert(ring, extra + 1, middle, axis=0)
    ring += scene.rng.uniform(-0.007, 0.007, ring.shape)
    return Change("duplicate", {_NEW: Polygon(ring)}, [(scene.ids[one], _NEW)])


def _enclave(scene: Scene, least: float, most: float) -> tuple[str, Any, Any] | None:
    """Return a parcel's id and shape, and a smaller shape well inside it."""
    one = scene.lot()
    size = scene.rng.uniform(least, most)
    shape = scale(scene.shapes[one], size, size, origin="centroid")
    shape = rotate(shape, scene.rng.uniform(0, 360), origin="centroid")
    inside = scene.shapes[one].buffer(-0.5).contains(shape)
    return (scene.ids[one], scene.shapes[one], shape) if inside else None


def _inside(least: float, most: float) -> Callable[[Scene], Change | None]:
    def cause(scene: Scene) -> Change | None:
        drawn = _enclave(scene, least, most)
        return drawn and Change("contained", {_NEW: drawn[2]}, [(drawn[0], _NEW)])

    return cause


def _in_hole(scene: Scene) -> Change | None:
    drawn = _enclave(scene, 0.3, 0.6)
    if drawn is None:
        return None
    name, shape, inner = drawn
    return Change("", {name: shape - inner, _NEW: inner}, [], meant=True)


def _inside_touching(scene: Scene) -> Change | None:
    one, _, line = scene.border()
    start, end = scene.rng.uniform(0.1, 0.4), scene.rng.uniform(0.6, 0.9)
    base = np.array(substring(line, start, end, normalized=True).coords)
    (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
    inwards = np.array([y0 - y1, x1 - x0]) / math.hypot(x1 - x0, y1 - y0)
    shape = Polygon([*base, *(base + inwards * scene.rng.uniform(3, 9))[::-1]])
    if (shape - scene.shapes[one]).area > 0.01:
        return None
    return Change("contained", {_NEW: shape}, [(scene.ids[one], _NEW)])


def _missing(*, inner: bool) -> Callable[[Scene], Change]:
    def cause(scene: Scene) -> Change:
        one = scene.lot(inner=inner)
        shape = scene.shapes[one]
        if not inner:  # open to the street: unregistered land, nothing may be said
            return Change("", {scene.ids[one]: None}, [])
        beside = [
            scene.ids[each] for each in scene.near(shape, one)
            if (shape.boundary & scene.shapes[each].buffer(0.1)).length > 1
        ]  # fmt: skip
        return Change("gap", {scene.ids[one]: None}, [beside], shape)

    return cause


def _unmatched(*, extra: bool) -> Callable[[Scene], Change | None]:
    """Return a cause that moves a vertex of one side, an old or an extra one, off the other."""

    def cause(scene: Scene) -> Change | None:
        one, two, line = scene.border()
        other = scene.shapes[two].exterior
        if not other.buffer(0.003).contains(substring(line, 0.01, 0.99, normalized=True)):
            return None
        ring = np.array(scene.shapes[one].exterior.coords)[:-1]
        on = shapely.dwithin(shapely.points(ring), substring(line, 0.2, 0.8, normalized=True), 0.01)
        if not on.any():
            return None
        at = int(scene.rng.choice(np.flatnonzero(on)))
        angle, far = scene.rng.uniform(0, 2 * np.pi), scene.rng.uniform(0.06, 0.3)
        if extra:
            far = scene.rng.uniform(0.06, 0.09)
            ring = np.insert(ring, at, (ring[at] + ring[at - 1]) / 2, axis=0)
        ring[at] += far * np.array([np.cos(angle), np.sin(angle)])
        shape = Polygon(ring)
        left = shapely.get_parts(scene.shapes[one] - shape)
        thin = 2 * shapely.area(left) / np.maximum(shapely.length(left), 1e-9) < NOISE_M
        if not thin.all() or other.distance(shapely.Point(ring[at])) < TOLERANCE_M + 0.007:
            return None
        return Change("unmatched", {scene.ids[one]: shape}, [(scene.ids[one], scene.ids[two])])

    return cause


def _outside(scene: Scene) -> Change | None:
    shape = scene.shapes[scene.lot()]
    width = math.sqrt(scene.outline.area)
    angle, far = scene.rng.uniform(0, 2 * np.pi), scene.rng.uniform(width, 3 * width)
    shape = translate(shape, far * np.cos(angle), far * np.sin(angle))
    if scene.outline.distance(shape) < 5:
        return None
    return Change("outside", {_NEW: shape}, [(_NEW,)], shape)


def _partly_outside(scene: Scene) -> Change | None:
    line = scene.outline.exterior
    x, y = line.interpolate(scene.rng.uniform(0, line.length)).coords[0]
    shape = translate(shapely.box(-10, -8, 10, 8), x, y)
    shape = rotate(shape, scene.rng.uniform(0, 360))
    shape = translate(shape, *scene.rng.uniform(-7, 7, 2))
    over = shape - scene.outline
    depth = scene.outline.distance(shapely.points(shape.exterior.coords)).max()
    if depth < 1 or over.area < 5 or scene.near(shape):
        return None
    return Change("partly-outside", {_NEW: shape}, [(_NEW,)], over)


def _other_layer(scene: Scene) -> Change:
    shape = scene.shapes[scene.lot()]
    shape = translate(shape, *scene.rng.uniform(-5, 5, 2) * scene.rng.integers(0, 2))
    layer = str(scene.rng.choice(["above", "below"]))
    return Change("", {_NEW: shape}, [], layer=layer, meant=True)


def _nothing(_: Scene) -> Change:
    return Change("", {}, [])


_PAIRS = ("overlap", "duplicate", "contained")
CAUSES: dict[str, Callable[[Scene], Change | None]] = {
    # A border drawn again with an offset in CAD, or surveyed again for one of its parcels only.
    "overlap-strip": _strip(0.3, 5, "overlap"),
    # A boundary mark mixed up or mistyped: one corner reaches over.
    "overlap-corner": _corner,
    # Two survey campaigns on control points that differ by a decimetre or two.
    "overlap-sliver": _strip(0.1, 0.3, "overlap"),
    # Registered a second time from a survey on an older datum or control: shifted by metres.
    "overlap-big": _big,
    # A new project's red line over the corners of several lots whose borders all still match.
    "overlap-interior": _interior,
    # Double registration: the same outline under another number.
    "duplicate": _duplicate,
    # The same lot surveyed or exported again: other start, direction, vertices, rounding.
    "duplicate-dirty": _duplicate_dirty,
    # A building's or a substation's lot carved out, the mother lot not reduced.
    "contained": _inside(0.15, 0.4),
    # A split-off along the border, the mother lot not reduced.
    "contained-touching": _inside_touching,
    # A file format or a CAD hatch without holes: the lot around an enclave lost its own.
    "hole-filled": _inside(0.4, 0.65),
    # A strip given to neither side when a block was divided.
    "gap": _strip(0.5, 3, "gap"),
    # The same border digitised at another scale on one side.
    "gap-sliver": _strip(0.1, 0.3, "gap"),
    # A lot of a closed block not delivered, or lost in an import.
    "gap-missing-lot": _missing(inner=True),
    # A boundary mark that only one side's survey has, a few centimetres off the straight line.
    "unmatched-vertex": _unmatched(extra=True),
    # The same mark measured twice: too far apart to be one, too near for an overlap.
    "unmatched-shift": _unmatched(extra=False),
    # A lot of another district in the delivery, or an easting mistyped.
    "outside-district": _outside,
    # A lot over a district line that was moved later, or drawn at a smaller scale.
    "partly-outside": _partly_outside,
    # Controls. Rights above or below ground (a footbridge, a metro station) over a surface lot:
    "other-layer": _other_layer,
    # An enclave whose surrounding lot has its hole:
    "enclave": _in_hole,
    # A lot at the street not registered, which no closed block shows:
    "street-lot-missing": _missing(inner=False),
    # Blocks with roads between them and nothing wrong:
    "road-gap": _nothing,
}
