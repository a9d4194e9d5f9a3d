"""Plants faults of coordinate reference systems: true layers go in, deliveries as they come go out.

A place is a true layer (longitude and latitude on CGCS2000, taken for WGS 84) with the outline of
its district. `plant` moves it as one cause would, says what the file would claim, and says
beforehand which answers are right: two causes that give the same numbers are one (`FAMILY`), and a
shift that no position can show (`Truth.hidden`) may be left open, if it is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from tests.crs_places import Place, plane_at, way_to

#: Causes that position cannot tell from each other: parameters of both are unknown.
FAMILY = {
    "xian-80": "old-datum", "beijing-54": "old-datum", "rotated-axes": "local-system",
    "six-for-three": "wrong-zone", "gcj-mercator": "gcj-02", "bd-mercator": "bd-09",
    "swapped-degrees": "swapped-axes", "swapped-metres": "swapped-axes", "clean": "as-claimed",
}  # fmt: skip
#: A shift counts as visible from this many times the gap between layer and outline, plus 15 m.
VISIBLE = 3.0
BUILD = ("440300", "110100", "610100", "510100", "230100", "france", "demo")
#: Kept apart at first, then looked at while the guard was mended; the tests use some of them.
HELD_OUT = ("530100", "420100", "650100", "330100", "440100", "540100", "320100", "lyon", "brest")
#: Looked at once, when the guard was finished: the rates that are told.
FINAL = ("370100", "350100", "520100", "140100", "620100", "460100", "toulouse", "strasbourg")
_HONG_KONG_NEAR = (113.7, 22.1, 114.7, 22.95)


@dataclass(frozen=True)
class Truth:
    """What the guard should say: one of ``accept`` first; ``hidden``: or as claimed, naming it."""

    cause: str
    accept: frozenset[str]
    hidden: bool

    def met(self, first: str, named_open: frozenset[str] | set[str]) -> bool:
        """Tell whether an answer is right."""
        if first in self.accept:
            return True
        return self.hidden and first == "as-claimed" and bool(self.accept & set(named_open))


@dataclass(frozen=True)
class Planted:
    """A delivery: coordinates as they come, the CRS claimed or None, who claims it, the truth."""

    geometry: np.ndarray
    claim: str | None
    origin: str | None
    truth: Truth


def gcj02(lonlat: np.ndarray) -> np.ndarray:
    """Return GCJ-02 of WGS 84 by the formula that is publicly known; an oracle for tests."""
    x, y = lonlat[:, 0] - 105, lonlat[:, 1] - 35
    sin, pi = np.sin, np.pi
    common = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
    waves_y = common + 20 * sin(pi * y) + 40 * sin(pi * y / 3)
    waves_y += 160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(abs(x))
    waves_x = common + 20 * sin(pi * x) + 40 * sin(pi * x / 3)
    waves_x += 150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(abs(x))
    axis, squared = 6378245.0, 0.00669342162296594323
    latitude = np.radians(lonlat[:, 1])
    part = 1 - squared * sin(latitude) ** 2
    d_north = np.degrees((north + waves_y * 2 / 3) / (axis * (1 - squared) / part**1.5))
    d_east = np.degrees((east + waves_x * 2 / 3) / (axis / np.sqrt(part) * np.cos(latitude)))
    return np.asarray(lonlat + np.column_stack([d_east, d_north]))


def bd09(lonlat: np.ndarray) -> np.ndarray:
    """Return BD-09 of WGS 84 by the formula that is publicly known; an oracle for tests."""
    x, y = gcj02(lonlat).T
    turn = np.pi * 3000 / 180
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * turn)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * turn)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


class _Here:
    """The systems that people of a place would use."""

    def __init__(self, where: Place, rng: np.random.Generator) -> None:
        self.rng, self.france = rng, where.in_france
        self.lon, self.lat = where.centre
        self.three = int(np.floor(self.lon / 3 + 0.5)) * 3
        self.six = int(np.floor(self.lon / 6)) * 6 + 3
        self.utm = 32600 + int(np.floor(self.lon / 6)) + 31

    def gk3(self, meridian: int, *, zone: bool = False) -> str:
        return f"EPSG:{(4513 if zone else 4534) + (meridian - 75) // 3}"

    def gk6(self, meridian: int, *, zone: bool = False) -> str:
        return f"EPSG:{(4491 if zone else 4502) + (meridian - 75) // 6}"

    def conic(self, step: int = 0) -> str:
        return f"EPSG:{3900 + int(np.floor(self.lat + 0.5)) + step}"

    def plane(self) -> str:
        """Return the usual plane without a zone number."""
        if self.france:
            return str(self.rng.choice(["EPSG:2154", self.conic(), f"EPSG:{self.utm}"]))
        return self.gk3(self.three)

    def degrees(self) -> tuple[str, str]:
        """Return longitude and latitude as a format or a file claims it."""
        named = "EPSG:4326" if self.france else str(self.rng.choice(["EPSG:4326", "EPSG:4490"]))
        return named, "format" if named == "EPSG:4326" and self.rng.random() < 0.5 else "file"


_Moved = tuple[Callable[[np.ndarray], np.ndarray], str | None, str | None]


def _same(xy: np.ndarray) -> np.ndarray:
    return xy


def _clean(here: _Here) -> _Moved:
    named = [here.plane(), f"EPSG:{here.utm}", "EPSG:3857", "degrees"]
    if not here.france:
        named += [
            here.gk3(here.three, zone=True),
            here.gk6(here.six),
            here.gk6(here.six, zone=True),
        ]
    chosen = str(here.rng.choice(named))
    if chosen == "degrees":
        return _same, *here.degrees()
    return way_to(chosen), chosen, "file"


def _no_crs(here: _Here) -> _Moved:
    chosen = here.plane() if here.rng.random() < 0.7 else None
    return (way_to(chosen) if chosen else _same), None, None


def _wrong_zone(here: _Here) -> _Moved:
    step = int(here.rng.choice([-1, 1]))
    if here.france:
        if here.rng.random() < 0.5:
            return way_to(here.conic()), here.conic(step), "file"
        return way_to(f"EPSG:{here.utm}"), f"EPSG:{here.utm + step}", "file"
    zone = bool(here.rng.random() < 0.5)
    right, wrong = (here.gk3(here.three + 3 * s, zone=zone) for s in (0, step))
    return way_to(right), wrong, "file"


def _six_for_three(here: _Here) -> _Moved | None:
    if here.france:
        return None
    zone = bool(here.rng.random() < 0.5)
    if here.six == here.three and not zone:
        return None  # the same numbers: nothing is wrong
    return way_to(here.gk6(here.six, zone=zone)), here.gk3(here.three, zone=zone), "file"


def _zone_number(here: _Here) -> _Moved | None:
    if here.france:
        return None
    kept = bool(here.rng.random() < 0.5)
    right, wrong = (here.gk3(here.three, zone=z) for z in (kept, not kept))
    return way_to(right), wrong, "file"


def _minus(crs: str, east: float, north: float = 0.0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda xy: way_to(crs)(xy) - (east, north)


def _false_easting(here: _Here) -> _Moved:
    crs = f"EPSG:{here.utm}" if here.france else here.gk3(here.three)
    return _minus(crs, 500_000), *_claimed_or_not(here, crs)


def _truncated(here: _Here) -> _Moved:
    crs = here.plane()
    x, y = way_to(crs)(np.array([[here.lon, here.lat]]))[0]
    east = np.floor(x / 1e5) * 1e5
    north = np.floor(y / 1e6) * 1e6 if here.rng.random() < 0.7 else np.floor(y / 1e5) * 1e5
    return _minus(crs, east, north), *_claimed_or_not(here, crs)


def _claimed_or_not(here: _Here, crs: str) -> tuple[str | None, str | None]:
    return (crs, "file") if here.rng.random() < 0.6 else (None, None)


def _swapped_degrees(here: _Here) -> _Moved:
    return (lambda xy: xy[:, ::-1]), *here.degrees()


def _swapped_metres(here: _Here) -> _Moved:
    zone = not here.france and here.rng.random() < 0.5
    crs = here.gk3(here.three, zone=True) if zone else here.plane()
    return (lambda xy: way_to(crs)(xy)[:, ::-1]), *_claimed_or_not(here, crs)


def _web_mercator(here: _Here) -> _Moved:
    claim = here.degrees() if here.rng.random() < 0.5 else (None, None)
    return way_to("EPSG:3857"), *claim


def _degrees_as_metres(here: _Here) -> _Moved:
    return _same, here.plane(), "file"


def _metres_as_degrees(here: _Here) -> _Moved:
    return way_to(here.plane()), *here.degrees()


def _dms(here: _Here) -> _Moved:
    def written(xy: np.ndarray) -> np.ndarray:
        seconds = np.rint(np.abs(xy) * 3600 * 1e5) / 1e5  # five decimals of a second
        whole, rest = np.divmod(seconds, 3600)
        minutes, seconds = np.divmod(rest, 60)
        return np.asarray(np.sign(xy) * (whole + minutes / 100 + seconds / 10_000))

    claim = here.degrees() if here.rng.random() < 0.7 else (None, None)
    return written, *claim


def _times(factor: float) -> Callable[[_Here], _Moved]:
    def moved(here: _Here) -> _Moved:
        crs = here.plane()
        return (lambda xy: way_to(crs)(xy) * factor), *_claimed_or_not(here, crs)

    return moved


def _map_service(shifted: Callable[[np.ndarray], np.ndarray], mercator: bool) -> Any:
    def moved(here: _Here) -> _Moved | None:
        if here.france:
            return None
        if mercator:
            return (lambda xy: way_to("EPSG:3857")(shifted(xy))), "EPSG:3857", "file"
        return shifted, *here.degrees()

    return moved


def _old_datum(ellipsoid: str, centre: tuple[float, float, float]) -> Any:
    """Shift by seven parameters around those in print: 15 m, 0.3 arc-seconds, 3 ppm each way."""

    def moved(here: _Here) -> _Moved | None:
        if here.france:
            return None
        x, y, z = (middle + here.rng.uniform(-15, 15) for middle in centre)
        rx, ry, rz = here.rng.uniform(-0.3, 0.3, 3)
        grid = f"+proj=tmerc +lon_0={here.three} +x_0=500000 {ellipsoid}"
        way = (
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=cart +ellps=GRS80 +step +inv +proj=helmert +x={x} +y={y} +z={z} "
            f"+rx={rx} +ry={ry} +rz={rz} +s={here.rng.uniform(-3, 3)} "
            f"+convention=position_vector +step +inv +proj=cart {ellipsoid} +step {grid}"
        )
        return way_to(way), here.gk3(here.three), "file"

    return moved


def _renamed(here: _Here) -> _Moved | None:
    if here.france:
        return way_to("EPSG:2154"), f"EPSG:{here.utm}", "file"
    pair = [f"EPSG:{here.utm}", here.gk6(here.six)]
    if here.rng.random() < 0.5:
        pair.reverse()
    return way_to(pair[0]), pair[1], "file"


def _gk(meridian: float, more: str = "") -> str:
    return f"+proj=tmerc +lon_0={meridian!r} +x_0=500000 +ellps=GRS80 {more}".strip()


def _arbitrary_cm(here: _Here) -> _Moved | None:
    if here.france:
        return None
    minutes = int(here.rng.choice([-50, -40, -30, -20, -15, 15, 20, 30, 40, 50]))
    crs = _gk(float(here.three + minutes / 60))
    return way_to(crs), *_claimed_or_not(here, here.gk3(here.three))


def _raised_plane(here: _Here) -> _Moved | None:
    if here.france:
        return None
    factor = 1 + here.rng.uniform(300, 2500) / 6_371_000
    crs = _gk(float(here.three), f"+k_0={factor!r}")
    return way_to(crs), here.gk3(here.three), "file"


def _turned(here: _Here, degrees: float, east: float, north: float) -> Any:
    crs = f"EPSG:{here.utm}" if here.france else here.gk3(here.three)
    middle = way_to(crs)(np.array([[here.lon, here.lat]]))
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return lambda xy: (way_to(crs)(xy) - middle) @ np.array([[c, s], [-s, c]]) + (east, north)


def _rotated(here: _Here) -> _Moved:
    east, north = here.rng.uniform(0, 5000, 2)
    return _turned(here, here.rng.uniform(5, 355), east, north), None, None


def _local(here: _Here) -> _Moved:
    """Plant an unpublished city system: turned by up to 2°, origin near the city."""
    east, north = here.rng.uniform(30_000, 160_000), here.rng.uniform(10_000, 90_000)
    way = _turned(here, here.rng.uniform(0.3, 2), east, north)
    return way, *_claimed_or_not(here, here.plane())


def _hong_kong(here: _Here) -> _Moved | None:
    west, south, east, north = _HONG_KONG_NEAR
    if not (west < here.lon < east and south < here.lat < north):
        return None
    # By way of the published seven parameters (EPSG:1825), as surveyors do.
    way = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2326", always_xy=True, only_best=None)
    claims = [(None, None), (here.gk3(here.three), "file"), ("EPSG:4326", "format")]
    claim = claims[int(here.rng.integers(3))]
    return (lambda xy: np.column_stack(way.transform(xy[:, 0], xy[:, 1]))), *claim


CAUSES: dict[str, Callable[[_Here], _Moved | None]] = {
    "clean": _clean, "no-crs": _no_crs, "wrong-zone": _wrong_zone,
    "six-for-three": _six_for_three, "zone-number": _zone_number,
    "false-easting": _false_easting, "truncated": _truncated,
    "swapped-degrees": _swapped_degrees, "swapped-metres": _swapped_metres,
    "web-mercator": _web_mercator, "degrees-as-metres": _degrees_as_metres,
    "metres-as-degrees": _metres_as_degrees, "dms": _dms,
    "millimetres": _times(1000.0), "feet": _times(1 / 0.3048),
    "gcj-02": _map_service(gcj02, mercator=False), "bd-09": _map_service(bd09, mercator=False),
    "gcj-mercator": _map_service(gcj02, mercator=True),
    "bd-mercator": _map_service(bd09, mercator=True),
    "xian-80": _old_datum("+a=6378140 +rf=298.257", (0.0, -115.0, -30.0)),
    "beijing-54": _old_datum("+ellps=krass", (15.0, -150.0, -80.0)),
    "renamed-prj": _renamed, "arbitrary-cm": _arbitrary_cm, "raised-plane": _raised_plane,
    "rotated-axes": _rotated, "local-system": _local, "hong-kong-1980": _hong_kong,
}  # fmt: skip


def plant(where: Place, cause: str, seed: int) -> Planted | None:
    """Return the layer of a place as a cause would deliver it, None where it does not apply."""
    rng = np.random.default_rng([seed, *f"{where.name} {where.kind} {cause}".encode()])
    here = _Here(where, rng)
    moved = CAUSES[cause](here)
    if moved is None:
        return None
    change, claim, origin = moved
    given = shapely.transform(where.layer, change)
    family = FAMILY.get(cause, cause)
    accept = {family}
    if cause == "renamed-prj" and not here.france and np.isinf(where.gap_m):
        accept.add("wrong-zone")  # UTM and Gauss-Krüger of one meridian lie a kilometre apart
    if cause == "renamed-prj" and here.france:
        accept.add("wrong-zone")  # whichever name: the plane of another CRS
    hidden = cause != "clean" and claim is not None and _hidden(where, given, claim)
    return Planted(given, claim, origin, Truth(family, frozenset(accept), hidden))


def _hidden(where: Place, given: np.ndarray, claim: str) -> bool:
    """Tell whether the layer, read as claimed, stands where nothing shows the shift."""
    read = way_to(claim, inverse=True) if pyproj.CRS(claim).is_projected else _same
    points = read(shapely.get_coordinates(given)[::7])
    if not (np.isfinite(points).all() and (np.abs(points) <= 180).all()):
        return False
    if np.isinf(where.gap_m):
        return bool(shapely.contains_xy(where.outline, points).all())
    plane = plane_at(*where.centre)
    shift = np.median(plane(points) - plane(shapely.get_coordinates(where.layer)[::7]), axis=0)
    return bool(np.hypot(*shift) < VISIBLE * where.gap_m + 15)
