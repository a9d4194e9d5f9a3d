"""How the numbers of a delivery are to be read: what `--crs` says.

What ``--crs`` takes, from left to right::

    [GCJ-02 | BD-09] [/] [CRS] [+swapped] [+dms] [+scale=F] [+x=M] [+y=M] [+height=M]

``CRS`` is ``EPSG:n`` (or n), a PROJ string, WKT, ``GK:L`` (CGCS2000 Gauss-Krüger with central
meridian L in degrees and 500 km of false easting) or ``LOCAL`` (a plane that control points tie
down). GCJ-02 and BD-09 alone are longitude and latitude. What follows the CRS says how the numbers
differ from it, and is undone in this order: ``+swapped`` axes change places; ``+dms`` 114.2112
means 114°21′12″; ``+scale=F`` numbers times F are metres; ``+x=M+y=M`` metres that were left out
of easting and northing; ``+height=M`` numbers were enlarged by 1 + M/R for a plane raised by M
metres.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.crs import datum_step, is_web_mercator
from pingshan_geo.errors import UsageError
from pingshan_geo.ingest import gcj

if TYPE_CHECKING:
    from pyproj import CRS

Array = npt.NDArray[np.float64]

#: Mean radius of the earth (IUGG), for the plane of a local height.
EARTH_M = 6_371_008.8
_MODIFIER = re.compile(r"(?<=\S)\+(swapped|dms|(?:scale|x|y|height)=[-+.\deE]+)$")
_SYSTEM = re.compile(r"^(GCJ-?02|BD-?09)(?=$|[/+])/?", re.IGNORECASE)
_GK = re.compile(r"GK:([\d.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Placement:
    """How numbers become positions; the parts are those of ``--crs``, see above."""

    base: str = "EPSG:4326"
    system: str = ""
    swapped: bool = False
    dms: bool = False
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    height: float = 0.0

    @property
    def text(self) -> str:
        """What ``--crs`` takes to say the same."""
        base = "" if self.system and self.base == "EPSG:4326" else self.base
        words = ["/".join(part for part in (self.system, base) if part)]
        words += [name for name in ("swapped", "dms") if getattr(self, name)]
        for name, usual in (("scale", 1.0), ("x", 0.0), ("y", 0.0), ("height", 0.0)):
            if (value := getattr(self, name)) != usual:
                words.append(f"{name}={value:.15g}")
        return "+".join(words)

    @property
    def crs(self) -> CRS | None:
        """The CRS of the numbers once what follows it is undone; None for ``LOCAL``."""
        return None if self.base == "LOCAL" else _crs(self.base)

    def plane(self, xy: Array) -> Array:
        """Return coordinates in `crs`, east before north, of numbers as they came."""
        xy = xy[:, ::-1] if self.swapped else xy
        if self.dms:
            xy = from_dms(xy)
        if self.scale != 1:
            xy = xy * self.scale
        if self.x or self.y:
            xy = xy + np.array([self.x, self.y])
        if self.height:
            origin = np.array([parameter(self.crs, *FALSE_EASTING), 0.0])
            xy = (xy - origin) / (1 + self.height / EARTH_M) + origin
        return np.asarray(xy, dtype=np.float64)

    def approximate(self, xy: Array) -> Array:
        """Return longitude and latitude of numbers, the datum taken as well as it is known.

        Without parameters of its own an old datum counts as WGS 84. What has no position is
        NaN. Not for storing: see `to_lonlat`.
        """
        assert self.base != "LOCAL"  # noqa: S101 -- control points have a way of their own
        with np.errstate(all="ignore"):
            moved = np.array(_rough(self.base)(*self.plane(xy).T)).T
            moved[~(np.isfinite(moved).all(axis=1) & (np.abs(moved) <= (180, 90)).all(axis=1))] = (
                np.nan
            )
        if self.system:
            known = np.isfinite(moved[:, 0])
            moved[known] = gcj.undo(moved[known], self.system)[0]
        return moved


def parse_crs_option(text: str) -> Placement:
    """Return how coordinates are to be read, as ``--crs`` says it.

    Raises
    ------
    UsageError
        If the text is none of the forms above, or names no CRS of maps.

    Examples
    --------
    >>> parse_crs_option("4547+swapped+x=500000").text
    'EPSG:4547+swapped+x=500000'
    >>> parse_crs_option("gcj02/EPSG:3857").text, parse_crs_option("BD-09").base
    ('GCJ-02/EPSG:3857', 'EPSG:4326')
    """
    base, parts = text.strip(), dict[str, Any]()
    while found := _MODIFIER.search(base):
        name, _, value = found[1].partition("=")
        try:
            parts[name] = float(value) if value else True
        except ValueError:
            raise _unread(text) from None
        base = base[: found.start()]
    if system := _SYSTEM.match(base):
        parts["system"] = "GCJ-02" if system[1][0] in "gG" else "BD-09"
        base = base[system.end() :] or "EPSG:4326"
    if base.upper() == "LOCAL":
        base = "LOCAL"
    else:
        base = f"EPSG:{base}" if base.isdigit() else base
        crs = _crs(base, text)
        base = _short(crs) or base
    placement = Placement(base, **parts)
    if base == "LOCAL" and placement != Placement("LOCAL", swapped=placement.swapped):
        raise _unread(text)
    if not (placement.scale > 0 and placement.height > -EARTH_M):
        raise _unread(text)
    return placement


def _short(crs: CRS) -> str | None:
    """Return the code of a CRS, if the register has it with the very same numbers."""
    import pyproj

    own = crs.to_json_dict().get("id") or {}  # WKT with axes that its own code does not have
    code = crs.to_epsg(min_confidence=70) or (own.get("authority") == "EPSG" and own["code"])
    if not code or crs.is_bound:
        return None
    known = pyproj.CRS.from_epsg(code)
    both_mercator = is_web_mercator(crs) and is_web_mercator(known)
    return f"EPSG:{code}" if both_mercator or _numbers(crs) == _numbers(known) else None


def _numbers(crs: CRS) -> dict[str, Any]:
    """Return what makes the positions of a CRS, for comparison of two dialects."""
    earth, operation = crs.ellipsoid, crs.coordinate_operation
    params = operation.params if operation else ()
    found: dict[str, Any] = {each.name: round(float(each.value), 9) for each in params}
    if crs.datum is not None and earth is not None:
        found["datum"] = crs.datum.name.removesuffix(" ensemble")
        found["earth"] = (earth.semi_major_metre, round(earth.inverse_flattening, 6))
    return found


def _unread(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is no CRS of maps; write EPSG:4547, GCJ-02, BD-09, GK:114.5 or the like",
        f"{text!r} 不是地图坐标参考系；请写成 EPSG:4547、GCJ-02、BD-09、GK:114.5 等",
    )


@lru_cache(maxsize=64)
def _crs(base: str, said: str | None = None) -> CRS:
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        if own := _GK.fullmatch(base):
            conversion = pyproj.crs.coordinate_operation.TransverseMercatorConversion(
                longitude_natural_origin=float(own[1]), false_easting=500_000.0
            )
            return pyproj.crs.ProjectedCRS(conversion, f"CGCS2000 / {base}", geodetic_crs=4490)
        crs = pyproj.CRS.from_user_input(base)
    except (CRSError, ValueError):
        raise _unread(said or base) from None
    crs = crs.sub_crs_list[0] if crs.is_compound else crs  # heights do not count
    if crs.is_bound and crs.source_crs is not None:
        operation = crs.coordinate_operation
        # Parameters of nought are put in by programs that know none.
        crs = crs if operation and any(operation.towgs84) else crs.source_crs
    if not (crs.is_geographic or crs.is_projected):
        raise _unread(said or base)
    # to_2d() of a CRS that has two axes loses by what its dialect knew it.
    return crs if len(crs.axis_info) == 2 else crs.to_2d()


#: What the parameter is called, by the method of the projection.
FALSE_EASTING = ("False easting", "Easting at false origin")
FALSE_NORTHING = ("False northing", "Northing at false origin")


def parameter(crs: CRS | None, *names: str) -> float:
    """Return the first of a projection's parameters that has one of the names, else 0."""
    operation = None if crs is None else crs.coordinate_operation
    found = (each.value for each in getattr(operation, "params", ()) if each.name in names)
    return float(next(found, 0.0))


@lru_cache(maxsize=256)
def _rough(base: str) -> Callable[..., tuple[Array, Array]]:
    import pyproj
    import pyproj.network

    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    crs = _crs(base)
    if in_degrees(crs):
        return lambda x, y: (x, y)
    if datum_step(crs) is not None:  # CGCS2000 or WGS 84: no more than a projection
        return unprojected(crs)
    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform


def vertices(geometry: npt.NDArray[Any], most: int = 1000) -> Array:
    """Return vertices of outlines, spread over all: ``most`` to twice as many where there are more.

    Those that are no position are left out, which may leave fewer.

    Examples
    --------
    >>> import shapely
    >>> vertices(np.array([None, shapely.box(0, 0, 1, 1), shapely.Point(7, 8)]), 2).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    count = shapely.get_num_coordinates(geometry)
    end = np.cumsum(count)
    at = np.arange(0, end[-1] if len(end) else 0, max(1, end[-1] // most) if len(end) else 1)
    shape = np.searchsorted(end, at, side="right")
    some, of = np.unique(shape, return_inverse=True)
    first = np.cumsum(count[some]) - count[some]
    xy = shapely.get_coordinates(geometry[some])[first[of] + at - (end - count)[shape]]
    known = np.isfinite(xy).all(axis=1)
    if not known.any():  # what is known may lie between
        xy = shapely.get_coordinates(geometry)
        known = np.isfinite(xy).all(axis=1)
    return np.asarray(xy[known], dtype=np.float64)


def in_degrees(crs: CRS) -> bool:
    """Return whether coordinates are degrees east and north of Greenwich and the equator."""
    meridian = crs.prime_meridian
    is_greenwich = meridian is None or meridian.longitude == 0
    return crs.is_geographic and is_greenwich and crs.axis_info[0].unit_name == "degree"


def from_dms(xy: Array) -> Array:
    """Return degrees of numbers that are written DDD.MMSSssss.

    Examples
    --------
    >>> from_dms(np.array([114.2112, -22.4])).round(6).tolist()
    [114.353333, -22.666667]
    """
    whole, minutes, seconds = dms_parts(xy)
    return np.asarray(np.sign(xy) * (whole + minutes / 60 + seconds / 3600))


def dms_parts(xy: Array) -> tuple[Array, Array, Array]:
    """Return degrees, minutes and seconds, without sign, of numbers written DDD.MMSSssss."""
    # Decimals of a binary number end early: 22.40 is 22.39999…; 1e-9 is 10 µs of arc.
    whole = np.floor(np.abs(xy) + 1e-10)
    rest = np.maximum(np.abs(xy) - whole, 0) * 100
    minutes = np.floor(rest + 1e-8)
    return whole, minutes, np.maximum(rest - minutes, 0) * 100


def unprojected(crs: CRS) -> Callable[..., tuple[Array, Array]]:
    """Return the way from a projection to degrees on its own datum."""
    import pyproj

    return partial(pyproj.Proj(crs), inverse=True)
