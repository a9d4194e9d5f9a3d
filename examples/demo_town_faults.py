"""Plant in the invented town what outlines, records and limits can have wrong besides.

All chance comes from a generator of its own, and only lots without a part in anything else are
changed, so that lots, transfers and plans stay as they are without these faults.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Collection
from typing import Any

import shapely
from demo_town_lots import NORTH, Lot, Streets, degrees, geodesic_area, is_cut, knit
from demo_town_tables import (
    BUILDINGS,
    LAND_USE,
    MORE_PLANTED,
    OTHER_STANDARD,
    OTHER_USE,
    WIDER_LINE,
    ZONE_NAMES,
)  # fmt: skip
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

Pair = tuple[float, float]
Zones = dict[str, BaseGeometry]
FLOORS = ("gross_floor_area_m2", "countable_floor_area_m2")


class Town:
    """The lots while faults are planted: those still free, and the next number of each block."""

    def __init__(self, lots: list[Lot], zones: Zones, sold: Collection[Lot], seed: int) -> None:
        self.lots, self.zones = lots, zones
        self.rng = random.Random(seed)  # noqa: S311 - an invented town keeps no secret
        self.free = [t for t in lots if t.letter in "IRVC" and not t.planted and t not in sold]
        self.rng.shuffle(self.free)

    def take(self, kind: str, fits: Callable[[Lot], bool] = lambda _: True) -> Lot:
        """Mark the first free lot that fits."""
        return self.mark(kind, next(lot for lot in self.free if fits(lot)))

    def take_pair(self, kind: str, fits: Callable[[Lot, Lot], bool]) -> tuple[Lot, Lot]:
        """Mark the first two free neighbours that fit, the one with the lower number first."""
        found = next(
            (a, b) for a, b in itertools.permutations(self.free, 2)
            if a.block == b.block and a.parcel_id < b.parcel_id
            if shapely.intersection(a.shape, b.shape).length > 30 and fits(a, b)
        )  # fmt: skip
        return self.mark(kind, found[0]), self.mark(kind, found[1])

    def mark(self, kind: str, lot: Lot) -> Lot:
        """Mark a lot and leave it alone from now on."""
        lot.planted.append(kind)
        if lot in self.free:
            self.free.remove(lot)
        return lot

    def add(self, kind: str, letter: str, shape: BaseGeometry, beside: Lot, **values: Any) -> Lot:
        """Add a lot with the next number of a block, recorded as it is drawn."""
        drawn = shapely.orient_polygons(shapely.transform(shape, lambda xy: xy.round(3)))
        last = max(lot.parcel_id for lot in self.lots if lot.block == beside.block)
        area = round(geodesic_area(degrees(drawn)), 2)
        lot = Lot(letter, beside.block, drawn, [kind], f"{last[:5]}{int(last[5:]) + 1:04d}")
        zone = max(density_shares(drawn, self.zones).items(), key=lambda each: each[1])[0]
        lot.values = {"zone_id": zone, "valid_from": "2020-09-01", "recorded_area_m2": area}
        lot.values |= values
        self.lots.append(lot)
        return lot


def density_shares(shape: BaseGeometry, zones: Zones) -> dict[str, float]:
    """Return the parts of a shape in the density zones that hold a thousandth of it at least."""
    density = [zone for zone in zones if ZONE_NAMES[zone][2] == "density_zone"]
    shares = {zone: shape.intersection(zones[zone]).area / shape.area for zone in density}
    return {zone: share for zone, share in shares.items() if share >= 1e-3}


def corners(shape: BaseGeometry) -> list[Pair]:
    """Return the outer ring of a polygon, its first corner again at the end."""
    return [(x, y) for x, y in shapely.get_coordinates(shapely.get_exterior_ring(shape)).tolist()]


def plant_more(
    lots: list[Lot], zones: Zones, sold: Collection[Lot], streets: Streets, seed: int
) -> None:
    """Plant all classes of `MORE_PLANTED`, and limits, names and editions of the other lots."""
    town = Town(lots, zones, sold, seed)
    (zones["demo-block-line-3"],) = knit([streets.area(WIDER_LINE) & zones["demo-town-district"]])
    plant_outlines(town)
    plant_areas(town)
    for _ in range(MORE_PLANTED["own-limit"][0]):
        lot = town.take("own-limit", lambda lot: lot.letter != "C")
        lot.values["far_limit"] = round(lot.values["far_limit"] + 0.3, 1)
    plant_uses(town)
    for lot in lots:
        if lot.values.get("far_limit") and "own-limit" not in lot.planted:
            follow_plan(lot, zones)
            if built(lot) and built(lot) % 10_000 == 0 and lot in town.free:
                town.mark("round-floor", lot)
        describe(lot, zones, town.rng)
    plant_buildings(town)
    lot = town.take("zone-disagrees", lambda lot: len(density_shares(lot.shape, zones)) == 1)
    number = int(lot.values["zone_id"][-1])
    lot.values["zone_id"] = f"demo-density-zone-{number % 4 + 1}"
    for lot in lots:
        known = [kind for kind in lot.planted if kind != "straddler"]
        lot.planted = [*known, "straddler"] if is_cut(lot.shape, zones) else known
    lots.sort(key=lambda lot: lot.parcel_id)


def plant_outlines(town: Town) -> None:
    """Plant a kiosk without a hole, a car park below, a strip, a lot over the line, a vertex."""
    host = town.take("feature-within-feature", lambda lot: lot.letter == "R")
    x, y = host.shape.representative_point().coords[0]
    town.add("feature-within-feature", "u", box(x - 4, y - 3, x + 4, y + 3), host)

    a, b = town.take_pair("underground", lambda a, b: not place_below(a, b).is_empty)
    town.add("underground", "t", place_below(a, b), a, layer="below")

    host = next(lot for lot in town.free if not strip_beside(lot, town.lots).is_empty)
    town.add("sliver-polygon", "s", strip_beside(host, town.lots), host)

    line = LineString(corners(town.zones["demo-town-district"].buffer(-6)))  # less than half is out
    while True:
        x, y = line.interpolate(town.rng.random(), normalized=True).coords[0]
        pump = box(x - 15, y - 15, x + 15, y + 15)
        if y > NORTH and min(shapely.distance(pump, lot.shape) for lot in town.lots) > 10:
            break
    nearest = min(town.lots, key=lambda lot: shapely.distance(pump, lot.shape))
    town.add("outside-district", "u", pump, nearest)

    a, b = town.take_pair("missing-vertex", lambda a, b: longest_common_edge(a, b) > 25)
    split_edge(a, b)


def place_below(a: Lot, b: Lot) -> Polygon:
    """Return a place for a car park under two lots, empty where it would reach further."""
    x, y = shapely.intersection(a.shape, b.shape).centroid.coords[0]
    place = box(x - 22, y - 16, x + 22, y + 16)
    covered = shapely.union(a.shape, b.shape).buffer(-2).covers(place)
    return place if covered and shapely.area(place & a.shape) > 300 else Polygon()


def strip_beside(lot: Lot, lots: list[Lot], width: float = 0.4) -> Polygon:
    """Return a strip of 0.4 m between a side of a lot and the street, empty where none fits."""
    for a, b in itertools.pairwise(corners(lot.shape)):
        length = math.dist(a, b)
        if 30 < length < 70:
            dx, dy = ((b[1] - a[1]) / length * width, (a[0] - b[0]) / length * width)
            outer = (a[0] + dx, a[1] + dy), (b[0] + dx, b[1] + dy)
            near = (shapely.distance(LineString(outer), other.shape) for other in lots)
            if min(near) > 0.99 * width:
                return Polygon([b, a, *outer])
    return Polygon()


def common_edges(a: Lot, b: Lot) -> list[tuple[Pair, Pair]]:
    """Return the edges of a lot that another has as well, the longest first."""
    back = {(q, p) for p, q in itertools.pairwise(corners(b.shape))}
    found = [edge for edge in itertools.pairwise(corners(a.shape)) if edge in back]
    return sorted(found, key=lambda edge: -math.dist(*edge))


def longest_common_edge(a: Lot, b: Lot) -> float:
    """Return the length (m) of the longest edge that two lots share, 0 without one."""
    return max((math.dist(*edge) for edge in common_edges(a, b)), default=0.0)


def split_edge(a: Lot, b: Lot) -> None:
    """Give a lot a vertex on the edge that it shares with another, which does not get it."""
    one, two = common_edges(a, b)[0]
    ring = corners(a.shape)
    at = next(n for n, edge in enumerate(itertools.pairwise(ring)) if edge == (one, two))
    middle = (round((one[0] + two[0]) / 2, 3), round((one[1] + two[1]) / 2, 3))
    a.shape = Polygon([*ring[: at + 1], middle, *ring[at + 1 :]])


def plant_areas(town: Town) -> None:
    """Plant records that stand for something else than the outline."""
    lot = town.take("digit-swap", lambda lot: digits_swapped(lot) > 0)
    lot.values["recorded_area_m2"] = digits_swapped(lot)

    def differ(a: Lot, b: Lot) -> bool:
        return not 0.75 < a.values["recorded_area_m2"] / b.values["recorded_area_m2"] < 1.33

    a, b = (lot.values for lot in town.take_pair("lots-swapped", differ))
    one, two = a["recorded_area_m2"], b["recorded_area_m2"]
    a["recorded_area_m2"], b["recorded_area_m2"] = two, one

    park = town.mark("hole-not-subtracted", next(t for t in town.lots if "hole" in t.planted))
    whole = Polygon(corners(park.shape))
    park.values["recorded_area_m2"] = round(geodesic_area(degrees(whole)), 2)
    lot = town.mark("part-missing", next(t for t in town.lots if "multipart" in t.planted))
    part = max(shapely.get_parts(lot.shape), key=shapely.area)
    lot.values["recorded_area_m2"] = round(geodesic_area(degrees(part)), 2)

    lot = town.take("total-for-net-site", lambda lot: "net_site_area_m2" not in lot.values)
    net = lot.values["recorded_area_m2"]
    total = round(net + round(0.09 * net, -2) + 50, 2)  # no slip of one digit makes it so
    lot.values |= {"recorded_area_m2": total, "site_area_m2": total, "net_site_area_m2": net}
    lot.values["recorded_area_basis"] = "total_land"
    lot = town.take("land-given-up")
    given = round(lot.values["recorded_area_m2"] * town.rng.uniform(0.08, 0.16), 2)
    lot.values["recorded_area_m2"] = round(lot.values["recorded_area_m2"] + given, 2)
    lot.values["given_up_area_m2"] = given
    for lot in town.free[-3:]:  # given up and not in the record: no fault
        share = town.rng.uniform(0.03, 0.08)
        lot.values["given_up_area_m2"] = round(lot.values["recorded_area_m2"] * share, 2)


def digits_swapped(lot: Lot) -> float:
    """Return the record of a lot with its first two digits exchanged, 0.0 where that says little.

    A register is typed with two decimals; the lot must be of five digits before the point.
    """
    text = f"{lot.values['recorded_area_m2']:.2f}"
    differ = len(text) == 8 and text[1] not in "0" + text[0]
    return float(text[1] + text[0] + text[2:]) if differ else 0.0


def plant_uses(town: Town) -> None:
    """Give lots a use that the plan does not limit, a name of another and a code of another."""
    for lot in town.lots:
        lot.values["land_use"], lot.values["land_use_name"] = LAND_USE[lot.letter][0], use_name(lot)
        if "unknown-limit" in lot.planted:
            lot.values["land_use"], lot.values["land_use_name"] = OTHER_USE[lot.letter]
    lot = town.take("land-use-name", lambda lot: lot.letter == "R")
    lot.values["land_use_name"] = BUILDINGS["C"].use_name
    lot = max((t for t in town.lots if "no-geometry" in t.planted), key=lambda t: t.parcel_id)
    town.mark("land-use-other-standard", lot).planted.append("unknown-limit")
    lot.values["land_use"] = OTHER_STANDARD[lot.letter]
    lot.values["far_limit"] = None


def use_name(lot: Lot) -> str:
    """Return the name that the standard gives to the use of a lot."""
    return BUILDINGS[lot.letter].use_name


def follow_plan(lot: Lot, zones: Zones) -> None:
    """Leave the limit to the plan; where zones split the lot, build by the mean of their limits."""
    limits, shares = LAND_USE[lot.letter][6], density_shares(lot.shape, zones)
    mean = sum(limits[int(zone[-1]) - 1] * share for zone, share in shares.items())
    own = lot.values.pop("far_limit")
    if len(shares) > 1:
        for name in FLOORS:
            if lot.values.get(name):
                lot.values[name] = round(lot.values[name] * mean / sum(shares.values()) / own, -1)


def built(lot: Lot) -> float:
    """Return the floor (m2) that counts, the gross one where only that is known, 0 for none."""
    counted, gross = (lot.values.get(name) for name in reversed(FLOORS))
    return float(counted or gross or 0)


def describe(lot: Lot, zones: Zones, rng: random.Random) -> None:
    """Give a lot coverage, green and height within its limits, and its record an edition."""
    if lot.values.get("recorded_area_m2"):
        editions = ("certificate", "certificate", "survey", "contract", "announcement")
        lot.values["recorded_area_edition"] = rng.choice(editions)
        lot.values.setdefault("recorded_area_basis", "parcel")
    floor = built(lot)
    site = lot.values.get("site_area_m2")
    if floor and site:
        law = BUILDINGS[lot.letter]
        coverage = round(law.coverage * rng.uniform(0.75, 0.96), 3)
        storeys = math.ceil(floor / site / coverage) + rng.randint(0, 2)
        highest = min(law.height_m(zone) for zone in density_shares(lot.shape, zones))
        lot.values |= {
            "site_coverage": coverage, "green_ratio": round(law.green * rng.uniform(1.02, 1.4), 3),
            "building_height_m": min(round(storeys * law.storey_m, 1), highest - 1.6),
        }  # fmt: skip


def plant_buildings(town: Town) -> None:
    """Plant buildings over and greens under the limits of the plan."""
    for kind, column, low, high in (
        ("coverage-over-limit", "site_coverage", 1.08, 1.25),
        ("green-under-limit", "green_ratio", 0.55, 0.8),
        ("height-over-limit", "building_height_m", 1.06, 1.25),
    ):
        for _ in range(MORE_PLANTED[kind][0]):
            lot = town.take(kind, lambda lot: "site_coverage" in lot.values)
            law = BUILDINGS[lot.letter]
            (zone,) = density_shares(lot.shape, town.zones)
            limit = {"site_coverage": law.coverage, "green_ratio": law.green}
            bound = limit.get(column, law.height_m(zone)) * town.rng.uniform(low, high)
            lot.values[column] = round(bound, 3 if column in limit else 1)
