"""Draw the invented town and register its lots: streets, blocks, river, zones, floor, faults.

Places are metres of EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E). After `knit` they lie on
a grid of 1 mm and neighbours share every vertex, so that the only overlap and the only gap are
those that `plant_shapes` puts there.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyproj
import shapely
from demo_town_tables import LAND_USE, PLANTED, ZONE_NAMES
from shapely.affinity import rotate
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

Pair = tuple[float, float]

TO_PLANE = pyproj.Transformer.from_crs(4490, 4547, always_xy=True)
TO_DEGREES = pyproj.Transformer.from_crs(4547, 4490, always_xy=True)
TO_MERCATOR = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
GEOD = pyproj.Geod(ellps="GRS80")
EAST, NORTH = (round(c) for c in TO_PLANE.transform(114.9, 23.4))

# Streets: metres from the middle of the town before they are bent, and their widths.
STREETS_X = (-1180, -930, -650, -450, -170, 70, 290, 590, 810, 1090)
STREETS_Y = (-830, -640, -390, -210, 40, 230, 490, 660, 880)
WIDTHS_X = (12, 14, 12, 18, 32, 14, 18, 12, 16, 12)
WIDTHS_Y = (12, 14, 18, 12, 36, 14, 18, 12, 12)
# North at the top, a letter of LAND_USE for each block; "<" joins a block to the one west of it.
PLAN = (
    ". I < I L . . . .",
    "I I I I L R R . .",
    "I < R E R V R R .",
    "R V V C C V R H R",
    "R R C P G C V R R",
    ". P < C B V E I I",
    ". R R V V R I < I",
    ". . R R . . I I .",
)
# Corners from here on count streets from the south-west: a fraction lies between two streets, so a
# zone border with fractions cuts through lots, and one with whole numbers follows a street.
RIVER = ((0, 3.3), (0.6, 3.1), (1.2, 3), (2, 2.7), (3, 2.15), (4, 2.2), (5, 2.75), (6, 2.85),
         (6.6, 2.5), (7.3, 1.9), (8, 1.75), (9, 1.3))  # fmt: skip
ZONES: dict[str, tuple[Pair, ...]] = {
    "demo-density-zone-1": ((2, 3), (5.5, 3), (6, 4), (6, 5), (3, 5), (3, 4), (2, 4)),
    "demo-density-zone-2": ((1, 2), (7, 2), (7, 4), (7.6, 5), (7, 6), (2, 6), (2, 5), (1, 5)),
    "demo-density-zone-3": (
        (0, 3), (1, 2), (1, 1), (5, 1), (6, 1.5), (7, 2), (7, 3), (9, 3), (9, 5), (8.4, 5),
        (8.4, 6), (7, 7), (4, 7), (4, 6), (2, 6), (2, 5), (0, 5)),
    "demo-block-line-1": ((0, 5), (2.3, 5), (2.3, 6), (4, 6), (4, 8), (1.5, 8), (0, 6.5)),
    "demo-block-line-2": ((6, 0), (8, 0), (8, 1.4), (7, 1.9), (6, 1.5)),
    "demo-block-line-3": ((7.2, 2), (9, 1.2), (9, 3.2), (7.4, 3)),
}  # fmt: skip


@dataclass
class Lot:
    """One lot while the town is being made; areas in m2, None where unknown."""

    letter: str
    block: int
    shape: BaseGeometry
    planted: list[str] = field(default_factory=list)
    parcel_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)


class Streets:
    """The bent street grid: places given in streets, answered in metres."""

    def __init__(self, rng: random.Random) -> None:
        nodes = itertools.product(range(len(STREETS_X)), range(len(STREETS_Y)))
        self._shift = {node: (rng.uniform(-14, 14), rng.uniform(-14, 14)) for node in nodes}

    def point(self, u: float, v: float) -> Pair:
        """Return easting and northing of a place."""
        i, j = min(int(u), len(STREETS_X) - 2), min(int(v), len(STREETS_Y) - 2)
        x = y = 0.0
        for m, n in itertools.product((0, 1), (0, 1)):
            weight = abs(1 - m - u + i) * abs(1 - n - v + j)
            dx, dy = self._shift[i + m, j + n]
            x, y = x + weight * (STREETS_X[i + m] + dx), y + weight * (STREETS_Y[j + n] + dy)
        x += 70 * math.sin(y / 420 + 0.6)
        y += 60 * math.sin(x / 520) + 20 * math.sin(y / 260)
        return EAST + 0.990 * x + 0.139 * y, NORTH + 0.990 * y - 0.139 * x

    def path(self, corners: Sequence[Pair]) -> list[Pair]:
        """Return the line through some places, with a vertex at every quarter of a block."""
        line = [self.point(*corners[0])]
        for (u0, v0), (u1, v1) in itertools.pairwise(corners):
            steps = max(1, math.ceil(4 * max(abs(u1 - u0), abs(v1 - v0))))
            shares = [k / steps for k in range(1, steps + 1)]
            line += [self.point(u0 + (u1 - u0) * t, v0 + (v1 - v0) * t) for t in shares]
        return line

    def area(self, corners: Sequence[Pair]) -> Polygon:
        """Return the polygon whose corners are the given places."""
        return Polygon(self.path([*corners, corners[0]]))


def polygons(shape: BaseGeometry, least: float = 1.0) -> list[Polygon]:
    """Return the polygons of a shape that have at least the given area (m2)."""
    return [p for p in shapely.get_parts(shape) if isinstance(p, Polygon) and p.area >= least]


def subdivide(piece: Polygon, size: float, rng: random.Random) -> list[Polygon]:
    """Cut a block across its longer side, again and again, into lots of about one size (m2)."""
    if piece.area < size * rng.uniform(1.15, 1.75):
        return [piece]
    corners = [(x, y) for x, y in shapely.get_coordinates(shapely.oriented_envelope(piece))]
    if math.dist(corners[0], corners[1]) < math.dist(corners[1], corners[2]):
        corners = corners[1:]
    (x0, y0), (x1, y1) = corners[:2]
    share = rng.uniform(0.42, 0.58)
    x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
    half = rotate(box(x - 5000, y - 5000, x, y + 5000), angle, origin=(x, y))
    parts = [*polygons(piece.intersection(half)), *polygons(piece.difference(half))]
    return [lot for part in parts for lot in subdivide(part, size, rng)]


def river_line(streets: Streets) -> LineString:
    """Return the middle of the river, its corners cut three times (Chaikin)."""
    line = [streets.point(u, v) for u, v in RIVER]
    for _ in range(3):
        ends = itertools.pairwise(np.array(line))
        inner = [tuple(p) for a, b in ends for p in (0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b)]
        line = [line[0], *inner, line[-1]]
    return LineString(line)


def draw_lots(streets: Streets, rng: random.Random) -> tuple[list[Lot], BaseGeometry]:
    """Return the lots of all blocks, and the outline of the town."""
    water, bank = (river_line(streets).buffer(d).simplify(0.3) for d in (24, 42))
    blocks: list[tuple[str, Polygon]] = []
    roads: list[BaseGeometry] = []
    for j, row in enumerate(line.split() for line in reversed(PLAN)):
        for i, letter in enumerate(row):
            if letter in ".<":
                continue
            k = next((n for n in range(i + 1, len(row)) if row[n] != "<"), len(row))
            blocks.append((letter, streets.area(((i, j), (k, j), (k, j + 1), (i, j + 1)))))
            sides = [(((i, n), (k, n)), WIDTHS_Y[n]) for n in (j, j + 1)]
            sides += [(((n, j), (n, j + 1)), WIDTHS_X[n]) for n in (i, k)]
            roads += [LineString(streets.path(s)).buffer(w / 2, quad_segs=2) for s, w in sides]
    road = shapely.union_all(roads)
    lots = []
    for number, (letter, block) in enumerate(blocks, 1):
        inner = (block - road).buffer(-5, join_style="mitre")
        site = inner.buffer(5, join_style="bevel").simplify(0.4)
        for use, part in (("w", site & water), ("g", (site & bank) - water), (letter, site - bank)):
            for piece in polygons(part, 500):
                size = LAND_USE[use][3]
                lots += [Lot(use, number, lot) for lot in subdivide(piece, size, rng)]
    town = shapely.union_all([b for _, b in blocks]).buffer(170).buffer(-120).simplify(5)
    return lots, town


def knit(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return the shapes on a grid of 1 mm, with a vertex wherever a neighbour has one."""
    known: dict[tuple[int, int], Pair] = {}
    near = sorted(itertools.product(range(-2, 3), repeat=2), key=lambda d: d[0] ** 2 + d[1] ** 2)

    def grid(x: float, y: float) -> Pair:
        key = round(x * 1000), round(y * 1000)
        others = (known.get((key[0] + dx, key[1] + dy)) for dx, dy in near)
        place = next((p for p in others if p), (key[0] / 1000, key[1] / 1000))
        known[key] = place
        return place

    parts = [[[[grid(*p) for p in ring.coords] for ring in (part.exterior, *part.interiors)]
              for part in polygons(shape)] for shape in shapes]  # fmt: skip
    places = sorted(set(known.values()))
    tree = shapely.STRtree(shapely.points(places))

    def noded(ring: list[Pair]) -> list[Pair]:
        line = [ring[0]]
        for a, b in itertools.pairwise(ring):
            if a != b:
                found = tree.query(LineString([a, b]), predicate="dwithin", distance=0.002)
                between = {places[n] for n in found} - {a, b}
                line += [*sorted(between, key=lambda p: math.dist(a, p)), b]
        return line

    out: list[BaseGeometry] = []
    for rings in parts:
        drawn = [Polygon(noded(r[0]), [noded(hole) for hole in r[1:]]) for r in rings]
        whole = drawn[0] if len(drawn) == 1 else MultiPolygon(drawn)
        out.append(shapely.orient_polygons(whole, exterior_cw=False))
    return out


def plant_shapes(lots: list[Lot], rng: random.Random) -> None:
    """Plant an overlap, a gap, a merger, a lot in two parts and one with a hole."""
    pairs = [
        (a, b)
        for a, b in itertools.combinations(lots, 2)
        if a.block == b.block and a.letter == b.letter and a.letter in "VRC"
        if a.shape.intersection(b.shape).length > 40
    ]
    for kind in ("overlap", "gap", "superseded"):
        a, b = rng.choice([p for p in pairs if not p[0].planted and not p[1].planted])
        a.planted, b.planted = [kind], [kind]
        if kind == "overlap":
            a.shape |= b.shape & a.shape.buffer(2.4, join_style="mitre")
        elif kind == "gap":
            border = shapely.line_merge(a.shape & b.shape)
            ends = [border.interpolate(share, normalized=True) for share in (0.3, 0.7)]
            tips = [
                LineString([border.centroid, lot.shape.centroid]).interpolate(1.5) for lot in (a, b)
            ]
            b.shape -= Polygon([ends[0], tips[0], ends[1], tips[1]])
        else:
            merged = Lot(a.letter, a.block, a.shape | b.shape, values={"valid_from": "2021-07-01"})
            a.values["valid_to"] = b.values["valid_to"] = "2021-06-30"
            lots.append(merged)
    parks = sorted((lot for lot in lots if lot.letter == "P"), key=lambda lot: lot.block)
    central = next(p for p in parks if sum(q.block == p.block for q in parks) == 1)
    first, second = (p for p in parks if p is not central)
    first.shape, first.planted = first.shape | second.shape, ["multipart"]
    lots.remove(second)
    x, y = central.shape.centroid.coords[0]
    turns = [k * math.pi / 12 for k in range(24)]
    pond = Polygon([(x + 62 * math.cos(t), y + (34 + 9 * math.cos(2 * t + 1)) * math.sin(t))
                    for t in turns])  # fmt: skip
    central.shape, central.planted = central.shape - pond, ["hole"]
    lots.append(Lot("k", central.block, pond))


def draw_zones(streets: Streets, town: BaseGeometry) -> dict[str, BaseGeometry]:
    """Return the zones in metres; the density zones tile the town."""
    drawn: dict[str, BaseGeometry] = {"demo-town-district": town}
    left = town
    for zone, corners in ZONES.items():
        area = streets.area(corners)
        drawn[zone] = area & (left if ZONE_NAMES[zone][2] == "density_zone" else town)
        if ZONE_NAMES[zone][2] == "density_zone":
            left -= area
    drawn["demo-density-zone-4"] = left
    return dict(zip(sorted(drawn), knit([drawn[zone] for zone in sorted(drawn)]), strict=True))


def degrees(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape of the plane in longitude and latitude, rounded to nine decimals."""

    def turn(xy: np.ndarray) -> np.ndarray:
        return np.round(np.column_stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1])), 9)

    return shapely.transform(shape, turn)


def geodesic_area(shape: BaseGeometry) -> float:
    """Return the area (m2) on the ellipsoid of a shape given in longitude and latitude."""
    return float(GEOD.geometry_area_perimeter(shape)[0])


def is_cut(shape: BaseGeometry, zones: dict[str, BaseGeometry]) -> bool:
    """Return whether a zone of the town holds a part of a shape, of 1 m2 at least, and not all."""
    inner = (zones[zone] for zone in zones if zone != "demo-town-district")
    return any(1 < shape.intersection(zone).area < shape.area - 1 for zone in inner)


def record(lots: list[Lot], zones: dict[str, BaseGeometry], rng: random.Random) -> None:
    """Give the lots numbers, and what a register and a plan hold of a town without faults."""
    density = [zone for zone in zones if ZONE_NAMES[zone][2] == "density_zone"]
    lots.sort(key=lambda lot: lot.block)
    for _, block in itertools.groupby(lots, key=lambda lot: lot.block):
        for number, lot in enumerate(block, 1):
            lot.parcel_id = f"DT{lot.block:02d}-{number:04d}"
    for lot in lots:
        if is_cut(lot.shape, zones):
            lot.planted.append("straddler")
        zone = max(density, key=lambda name: lot.shape.intersection(zones[name]).area)
        slip = max(-0.004, min(0.004, rng.gauss(0, 0.0006)))
        day = f"{rng.randint(2009, 2018)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        area = round(geodesic_area(degrees(lot.shape)) * (1 + slip), 2)
        lot.values = {"zone_id": zone, "valid_from": day, "recorded_area_m2": area} | lot.values
        limits = LAND_USE[lot.letter][6]
        if limits:
            lot.values |= {"site_area_m2": area, "far_limit": float(limits[int(zone[-1]) - 1])}
            if area > 6000 and rng.random() < 0.25:
                lot.values["net_site_area_m2"] = round(area * rng.uniform(0.84, 0.95), -1)
            build(lot, rng.uniform(0.62, 0.97), rng)


def build(lot: Lot, fill: float, rng: random.Random) -> None:
    """Give a lot floor that uses a share of what its limit allows, on its net site where known."""
    site = lot.values.get("net_site_area_m2", lot.values["site_area_m2"])
    floor = round(lot.values["far_limit"] * site * fill, -1)
    lot.values["countable_floor_area_m2"] = floor
    lot.values["gross_floor_area_m2"] = round(floor * rng.uniform(1.03, 1.24), -1)
    chance = rng.random()
    if chance < 0.12:
        lot.values["gross_floor_area_m2"] = None
    elif chance < 0.24:
        lot.values |= {"gross_floor_area_m2": floor, "countable_floor_area_m2": None}


def plant_numbers(lots: list[Lot], rng: random.Random) -> None:
    """Plant the duplicate, the slips in areas, the floors against limits, and the unknowns."""
    twin = rng.choice([lot for lot in lots if lot.letter == "V" and not lot.planted])
    last = max(lot.parcel_id for lot in lots if lot.block == twin.block)
    twin.planted = ["duplicate"]
    copy = Lot(twin.letter, twin.block, twin.shape, ["duplicate"], values=dict(twin.values))
    copy.parcel_id = f"{last[:5]}{int(last[5:]) + 1:04d}"
    for kind, (count, _, _) in PLANTED.items():
        free = [lot for lot in lots if lot.letter in "IRVC" and not lot.planted]
        for lot in rng.sample(free, count):
            lot.planted = [kind]
            fault(lot, kind, rng)
    lots.append(copy)
    lots.sort(key=lambda lot: lot.parcel_id)


def fault(lot: Lot, kind: str, rng: random.Random) -> None:
    """Spoil one lot in one way."""
    values, area = lot.values, lot.values["recorded_area_m2"]
    if kind == "unit-slip-mu":
        values["recorded_area_m2"] = round(area * 3 / 2000, 2)
    elif kind == "unit-slip-ha":
        values["recorded_area_m2"] = round(area / 10_000, 4)
    elif kind == "unit-slip-10k":
        values["recorded_area_m2"] = round(area * 10_000, 2)
    elif kind == "web-mercator":
        flat = shapely.transform(
            degrees(lot.shape),
            lambda xy: np.column_stack(TO_MERCATOR.transform(xy[:, 0], xy[:, 1])),
        )
        values["recorded_area_m2"] = round(flat.area, 2)
    elif kind in ("over-limit", "under-limit", "at-limit"):
        values.pop("net_site_area_m2", None)
        floor = values["far_limit"] * area
        wanted = {"over-limit": rng.uniform(1.15, 1.4), "under-limit": rng.uniform(0.15, 0.38)}
        values["countable_floor_area_m2"] = round(floor * wanted.get(kind, 1), -2)
        values["gross_floor_area_m2"] = round(floor * wanted.get(kind, 1) * 1.15, -2)
    elif kind == "unknown-area":
        for name in ("recorded_area_m2", "site_area_m2", "net_site_area_m2"):
            values[name] = None
    elif kind == "unknown-floor":
        values |= {"countable_floor_area_m2": None, "gross_floor_area_m2": None}
    else:
        name = {"unknown-limit": "far_limit", "unknown-zone": "zone_id"}.get(kind, "geometry")
        values[name] = None
