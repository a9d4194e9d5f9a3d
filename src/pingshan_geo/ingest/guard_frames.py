"""Which readings of the numbers put a delivery into its district: candidates for the guard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pingshan_geo.crs import datum_step
from pingshan_geo.ingest.guard_scene import Array, Look, Scene
from pingshan_geo.ingest.placement import (
    FALSE_EASTING,
    FALSE_NORTHING,
    Placement,
    dms_parts,
    in_degrees,
    parameter,
)

#: Factors from the units that coordinates come in to metres: as they are, millimetres, feet.
_SCALES = (1.0, 0.001, 0.3048)
_AROUND_DEG = 4.0  # a neighbouring zone of six degrees, too
_REGIONAL_DEG = 60.0  # CRS of a wider area of use are for maps of continents
#: Of CRS that give nearly the same position, the first is the likeliest. China's bureaus have
#: delivered on CGCS2000 since July 2018, in zones of three degrees for anything detailed.
_RANKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"^CGCS2000 / 3-degree", r"^CGCS2000", r"^(RGF93|ETRS89|NAD83|JGD2011|GDA2020)",
        r"^WGS 84 / UTM", r"^WGS 84 / Pseudo",
        r"^(?!WGS 72|Xian|Beijing|New Beijing|NTF|ED50|DHDN)",
    )
)  # fmt: skip
_LAST = 10  # ranks from here on are those of old datums and of what is in use elsewhere
# Shares of vertices in the district that count as lying there.
_FAIR, _GOOD = 0.5, 0.9
_SAME_M = 5000.0  # readings closer than this are one place by several names


@dataclass(frozen=True, slots=True)
class Frame:
    """A CRS that may hold the district, and the district's box in it.

    ``rank`` is 0 for the CRS claimed; ``is_home`` says that its area of use holds the district.
    """

    base: str
    rank: int
    box: tuple[float, float, float, float]
    is_home: bool

    def holds(self, x: float, y: float) -> bool:
        """Return whether a point lies in the box."""
        west, south, east, north = self.box
        return west <= x <= east and south <= y <= north


@dataclass(frozen=True, slots=True)
class Candidate:
    """A placement that may be right, and how many assumptions it takes."""

    look: Look
    assumed: int
    rank: int

    @property
    def score(self) -> float:
        """Share in the district, less a little for each assumption."""
        return self.look.fit - 0.02 * self.assumed - 0.002 * self.rank


class Search:
    """Candidates for a scene, the likeliest first.

    Parameters
    ----------
    scene : Scene
    claimed : Placement or None
        What the delivery says of itself.
    """

    def __init__(self, scene: Scene, claimed: Placement | None) -> None:
        self.scene, self.claimed = scene, claimed
        self.middle = np.median(scene.xy, axis=0)
        # Corners of where nearly all of it lies, and its middle: numbers that did come, as no
        # number between two of DDD.MMSS need be one.
        self._extent = np.quantile(scene.xy, (0.03, 0.5, 0.97), axis=0, method="nearest")

    def candidates(self) -> list[Candidate]:
        """Return the placements under which the delivery lies in the district."""
        found = [Candidate(self.scene.look(at), *rest) for at, *rest in self._plausible()]
        found = sorted(filter(self._is_good, found), key=lambda each: -each.score)
        if not found:
            found = [each for each in self.meridians() if each.look.fit >= _GOOD]
        first = list[Candidate]()
        for each in found:  # one CRS has several names, with axes or a datum of their own
            if all(self.apart_m(each.look, other.look) > 1 for other in first):
                first.append(each)
        return first

    def beside(self, look: Look) -> list[Look]:
        """Return the looks of plain CRS under which the numbers lie near the same place."""
        if look.placement.base in {"EPSG:4326", "EPSG:4490"} or look.placement.system:
            return []
        x, y = look.placement.plane(self.middle[None, :])[0].tolist()
        near = (float(self.scene.centre[0]), float(self.scene.centre[1]))
        others = [
            self.scene.look(placement)
            for placement in (replace(look.placement, base=each.base) for each in self.frames
                              if each.holds(x, y) and each.base != look.placement.base)
            if placement.crs is not None and datum_step(placement.crs, near) is not None
        ]  # fmt: skip
        return [each for each in others if self.apart_m(each, look) < _SAME_M]

    def apart_m(self, one: Look, other: Look) -> float:
        """Return how far two readings lie apart, in metres; infinite where one has no place."""
        ends = self.scene.metres(np.vstack([one.middle, other.middle]))
        distance = float(np.hypot(*(ends[0] - ends[1])))
        return distance if np.isfinite(distance) else np.inf

    def _is_good(self, candidate: Candidate) -> bool:
        """Return whether a candidate fits; offsets that were made to fit must do so better."""
        look = candidate.look
        if not (look.placement.x or look.placement.y):
            return look.fit >= _FAIR
        is_off = look.shift is not None and look.shift.is_seen and look.shift.length_m > 300
        return look.fit >= _GOOD and not is_off

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """CRS of maps in use around the district, and the claimed one."""
        from pyproj.aoi import AreaOfInterest
        from pyproj.database import query_crs_info
        from pyproj.enums import PJType

        lon, lat = self.scene.centre.tolist()
        around = AreaOfInterest(*(
            np.clip(value + step, -limit, limit)
            for step in (-_AROUND_DEG, _AROUND_DEG)
            for value, limit in ((lon, 180), (lat, 90))
        ))  # fmt: skip
        infos = query_crs_info(
            "EPSG", PJType.PROJECTED_CRS, area_of_interest=around, contains=False
        )
        found: dict[str, Frame | None] = {}
        kin = ("", "")
        if self.claimed is not None and self.claimed.base != "LOCAL":
            found[self.claimed.base] = self._frame(self.claimed.base, 0, is_home=True)
            kin = _family(self.claimed.crs.name if self.claimed.crs else "")
        for base in ("EPSG:4490" if self.is_china else "EPSG:4326", "EPSG:3857"):
            found.setdefault(base, self._frame(base, 1, is_home=False))
        for info in infos:
            use = info.area_of_use
            if use is None or use.east - use.west > _REGIONAL_DEG or info.deprecated:
                continue
            rank = next((i for i, each in enumerate(_RANKS, 3) if each.search(info.name)), _LAST)
            is_home = use.west <= lon <= use.east and use.south <= lat <= use.north
            if _family(info.name)[0] == kin[0]:
                rank = 1 if _family(info.name) == kin else 2
            elif not is_home:
                rank += _LAST
            is_home = is_home and rank < _LAST
            base = f"EPSG:{info.code}"
            if base not in found:
                found[base] = self._frame(base, rank, is_home=is_home)
        return tuple(sorted(filter(None, found.values()), key=lambda each: each.rank))

    @cached_property
    def is_china(self) -> bool:
        """Whether the district lies where China's zones are."""
        lon, lat = self.scene.centre.tolist()
        return bool(73.5 < lon < 135.1 and 3 < lat < 53.6)

    def _frame(self, base: str, rank: int, *, is_home: bool) -> Frame | None:
        import pyproj
        import shapely

        crs = Placement(base).crs
        assert crs is not None  # noqa: S101 -- LOCAL is no frame
        corners = shapely.get_coordinates(self.scene.outline)
        slack = self.scene.slack_m
        if in_degrees(crs):
            slack /= 100_000
        else:
            # Without the step between datums: a few hundred metres do not matter here.
            projection = pyproj.Proj(crs)
            corners = np.column_stack(projection(corners[:, 0], corners[:, 1]))
            slack = slack / (crs.axis_info[0].unit_conversion_factor or 1.0) + 500
        if (crs.is_geographic and not in_degrees(crs)) or not np.isfinite(corners).all():
            return None
        low, high = corners.min(axis=0) - slack, corners.max(axis=0) + slack
        return Frame(base, rank, (*low.tolist(), *high.tolist()), is_home)

    def _plausible(self) -> Iterator[tuple[Placement, int, int]]:
        """Yield placements whose middle falls into the district's box, with what they assume."""
        seen: set[Placement] = set()
        only_degrees = np.abs(self.scene.xy).max() <= 360
        for frame in self.frames:
            crs = Placement(frame.base).crs
            plain = crs is not None and crs.is_geographic
            if only_degrees and not plain:
                continue  # as metres the layer would shrink to a point
            for swapped in (False, True):
                start = Placement(frame.base, swapped=swapped)
                tries = (
                    self._degrees(start) if plain else self._metres(start, frame)
                )  # fmt: skip
                for placement, assumed in tries:
                    corners = placement.plane(self._extent).tolist()
                    if placement not in seen and all(frame.holds(x, y) for x, y in corners):
                        seen.add(placement)
                        yield placement, assumed + swapped, frame.rank

    def _degrees(self, start: Placement) -> Iterator[tuple[Placement, int]]:
        yield start, 0
        if is_dms(self.scene.xy):
            yield replace(start, dms=True), 1

    def _metres(self, start: Placement, frame: Frame) -> Iterator[tuple[Placement, int]]:
        for scale in _SCALES:
            yield replace(start, scale=scale), int(scale != 1)
        if not frame.is_home:
            return
        east, north = (parameter(start.crs, *names) for names in (FALSE_EASTING, FALSE_NORTHING))
        if east:
            yield replace(start, x=east), 1
        if north:
            yield replace(start, x=east, y=north), 1
        x, y = start.plane(self.middle[None, :])[0].tolist()
        for left_x in _leading(x, frame.box[0], frame.box[2]):
            for left_y in _leading(y, frame.box[1], frame.box[3]):
                if left_x or left_y:
                    yield replace(start, x=left_x, y=left_y), 2

    def meridians(self) -> Iterator[Candidate]:
        """Yield Gauss-Krüger with the roundest central meridian that puts it in the district."""
        if not self.is_china:
            return
        lon, lat = self.scene.centre.tolist()
        degree = float(np.radians(1) * 6_378_137 * np.cos(np.radians(lat)))
        for swapped in (False, True):
            x, y = self.middle[::-1] if swapped else self.middle
            if not (250_000 < x < 750_000 and 0 < y < 6_000_000):
                continue
            guess = float(lon - (x - 500_000) / degree)
            for _ in range(3):  # the cosine of the district's middle is not that of the layer
                look = self.scene.look(Placement(f"GK:{guess:.9f}", swapped=swapped))
                if not np.isfinite(look.middle[0]):
                    break
                off, slack = float(look.middle[0] - lon), self.scene.width_m / degree / 3
                if look.shift is not None and abs(look.shift.east) < self.scene.width_m:
                    off, slack = look.shift.east / degree, 6 * look.shift.sigma_m / degree
                guess -= off
            else:
                for meridian in _round_ones(guess, slack):
                    look = self.scene.look(Placement(f"GK:{meridian:.9g}", swapped=swapped))
                    if look.fit >= _GOOD:
                        yield Candidate(look, 2 + swapped, 1)
                        break


def _family(name: str) -> tuple[str, str]:
    """Return the datum and the kind of zone that the name of a CRS begins with.

    Examples
    --------
    >>> _family("CGCS2000 / 3-degree Gauss-Kruger CM 114E")
    ('CGCS2000', '3-degree Gauss-Kruger CM ')
    """
    datum, _, zone = name.partition(" / ")
    return datum, re.sub(r"(?<![\d.])[\d.]+[EWNS]?$", "", zone)


def _leading(number: float, low: float, high: float) -> list[float]:
    """Return what may have been cut off in front of a number that must lie between two others."""
    found = {0.0} if low <= number <= high else set()
    for digits in (1e5, 1e6):
        cuts = np.arange(max(np.floor(low / digits), 1), np.floor(high / digits) + 1) * digits
        found.update(cuts[(low <= number + cuts) & (number + cuts <= high)].tolist())
    return sorted(found)


def _round_ones(angle: float, slack: float) -> list[float]:
    """Return round angles near another one, half degrees before minutes; no published zone.

    Examples
    --------
    >>> [round(each, 4) for each in _round_ones(114.3402, 0.02)][-2:]
    [114.3333, 114.3403]
    """
    near = [round(angle * parts) / parts for parts in (2, 3, 4, 6, 12, 60, 3600)]
    near = [each for each in near if abs(each - angle) <= slack]
    return [] if any(each % 3 == 0 for each in near) else near or [angle]


def is_dms(xy: Array) -> bool:
    """Return whether numbers look like DDD.MMSSssss: no minute and no second is 60 or more.

    True degrees fail after a few vertices, since four of ten have "seconds" of 60 to 99.
    """
    _, minutes, seconds = dms_parts(xy)
    varied = min(len(np.unique(seconds[:, axis].round(3))) for axis in (0, 1))
    return bool(varied >= 20 and (minutes < 60).all() and (seconds < 60.001).all())
