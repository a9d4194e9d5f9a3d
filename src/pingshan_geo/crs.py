"""Coordinate reference systems: what may be measured, and in which plane.

A catalogue's coordinates are longitude and latitude on CGCS2000 (EPSG:4490) or WGS 84, whose
ellipsoids give areas equal to 1e-10. Web Mercator and data without a CRS are refused by name: at
Pingshan the former shows areas 18 % too large.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pingshan_geo.errors import UsageError

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

#: CRS names that a catalogue may have: longitude and latitude in degrees.
GEOGRAPHIC = ("EPSG:4490", "EPSG:4326", "OGC:CRS84")

# EPSG:4534 to EPSG:4554 are CGCS2000 / 3-degree Gauss-Krüger with central meridians 75 to 135 E.
_FIRST_CM_DEG, _LAST_CM_DEG, _FIRST_EPSG = 75, 135, 4534
# EPSG:3857 and its aliases, and EPSG:3785, its forerunner.
_WEB_MERCATOR = re.compile(r"(pseudo|web).mercator|mercator.*spherical", re.IGNORECASE)


def gauss_kruger_epsg(longitude_deg: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the EPSG code of the CGCS2000 3-degree Gauss-Krüger zone of each longitude.

    Parameters
    ----------
    longitude_deg : array of float
        Degrees east; NaN allowed.

    Returns
    -------
    array of int
        4534 to 4554; 0 outside of 73.5 to 136.5 degrees east, where China has no zone.

    Examples
    --------
    >>> gauss_kruger_epsg(np.array([114.35, 120.0, 2.35])).tolist()
    [4547, 4549, 0]
    """
    meridian = np.floor(np.nan_to_num(longitude_deg, nan=0.0) / 3 + 0.5) * 3
    code = (_FIRST_EPSG + (meridian - _FIRST_CM_DEG) // 3).astype(np.int64)
    return np.where((meridian >= _FIRST_CM_DEG) & (meridian <= _LAST_CM_DEG), code, 0)


def is_web_mercator(crs: Any) -> bool:
    """Return whether a pyproj CRS is Web Mercator, by its method or its name.

    PROJ describes ESRI:102113 by another method from version to version, hence both.
    """
    operation = crs.coordinate_operation
    said = f"{crs.name} {operation.method_name if operation is not None else ''}"
    return _WEB_MERCATOR.search(said) is not None


def require_measurable(crs: Any) -> Any:
    """Return a pyproj CRS whose coordinates may be turned into areas.

    Parameters
    ----------
    crs : object
        Whatever ``GeoSeries.crs`` holds.

    Raises
    ------
    UsageError
        If there is no CRS, if it is not tied to the earth, if its longitudes and latitudes are
        not in degrees, or if it is Web Mercator (EPSG:3857 or one of its aliases).
    """
    import pyproj

    if crs is None:
        raise UsageError(
            "the geometries have no CRS: set it (for example EPSG:4490) first",
            "几何没有坐标参考系，请先设定（例如 EPSG:4490）",
        )
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise UsageError(
            f"{crs!r} is no CRS: write one as EPSG:4490",
            f"{crs!r} 不是坐标参考系，请写成 EPSG:4490 的形式",
        ) from None
    if known.geodetic_crs is None:
        raise UsageError(
            f"{known.name} is not tied to the earth: no area can be measured",
            f"{known.name} 未与地球关联，无法量算面积",
        )
    if known.is_geographic and {axis.unit_name for axis in known.axis_info[:2]} != {"degree"}:
        raise UsageError(
            f"the coordinates of {known.name} are not in degrees: convert them first",
            f"{known.name} 的坐标不以度为单位，请先转换",
        )
    if is_web_mercator(known):
        raise UsageError(
            f"areas are not measured in Web Mercator ({known.name}): "
            "convert to longitude and latitude (EPSG:4490) first",
            f"不在 Web 墨卡托投影（{known.name}）中量算面积，请先转换为经纬度（EPSG:4490）",
        )
    return known


def named_crs(wanted: str) -> CRS:
    """Return the CRS of maps that an EPSG code names.

    Parameters
    ----------
    wanted : str
        ``EPSG:n`` or ``n``.

    Raises
    ------
    UsageError
        If the code is none, or not one of a geographic or projected CRS.

    Examples
    --------
    >>> named_crs("EPSG:4547").name
    'CGCS2000 / 3-degree Gauss-Kruger CM 114E'
    """
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        target = pyproj.CRS.from_epsg(int(wanted.upper().removeprefix("EPSG:")))
    except (CRSError, ValueError):
        target = None
    if target is None or not (target.is_geographic or target.is_projected):
        raise UsageError(
            f"{wanted!r} is no CRS of maps; write one such as EPSG:4547",
            f"{wanted!r} 不是地图坐标参考系，请写成 EPSG:4547 的形式",
        )
    return target


def exact_way(source: CRS, target: CRS) -> tuple[Transformer, bool]:
    """Return the transformer between two CRS, and whether it takes CGCS2000 and WGS 84 for one.

    The coordinates are east, north on both sides. No grid is fetched, whatever PROJ_NETWORK says.

    Raises
    ------
    UsageError
        If PROJ knows only an approximate ("ballpark") way, which leaves out the step between
        the datums and moves everything by metres.

    Examples
    --------
    >>> way, is_null = exact_way(named_crs("4490"), named_crs("4547"))
    >>> [round(part) for part in way.transform(114.0, 22.7)], is_null
    ([500000, 2511315], False)
    """
    import pyproj
    import pyproj.network
    from pyproj.exceptions import ProjError

    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    is_null = _is_null_step(source, target.geodetic_crs)
    here = target.geodetic_crs if is_null else source
    try:
        way = pyproj.Transformer.from_crs(here, target, always_xy=True, allow_ballpark=False)
    except ProjError:
        raise UsageError(
            f"no exact way is known from {source.to_string()} to {target.to_string()} "
            f"({target.name}); an approximate one would move the outlines by metres",
            f"从 {source.to_string()} 到 {target.to_string()}（{target.name}）没有已知的精确转换；"
            "近似转换会使界线偏移数米",
        ) from None
    return way, is_null


def _is_null_step(source: CRS, target: CRS | None) -> bool:
    """Tell whether the step is from CGCS2000 to WGS 84 or back, in which nothing changes."""
    if target is None:
        return False
    pair = [crs.to_string().replace("OGC:CRS84", "EPSG:4326") for crs in (source, target)]
    return sorted(pair) == ["EPSG:4326", "EPSG:4490"]


#: A way between datums that is known to no better than this is no way for parcels.
_WORST_M = 5.0
# Operations are made for an area; a district may reach this far beyond its edge.
_BEYOND_DEG = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """The exact way from a CRS to longitude and latitude.

    Attributes
    ----------
    lonlat : callable
        From an array (n, 2), east before north, to longitude and latitude in degrees.
    datum : str
        ``EPSG:4490`` for CGCS2000, else ``EPSG:4326`` for WGS 84; the two differ by up to about
        0.8 m for positions of today, as CGCS2000 stays at the epoch 2000.0.
    name : str
        Of the operation between datums; empty where there is none.
    accuracy_m : float or None
        Of that operation, as the EPSG register states it; None where nobody does.
    """

    lonlat: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
    datum: str
    name: str = ""
    accuracy_m: float | None = None


def datum_step(crs: CRS, near: tuple[float, float] | None = None) -> Step | None:
    """Return the exact way from a CRS to WGS 84 or CGCS2000, None where none is known.

    Parameters
    ----------
    crs : pyproj CRS
        Geographic or projected.
    near : pair of float, optional
        Longitude and latitude: an operation between datums holds around there. Without it only
        CRS on WGS 84 and CGCS2000 themselves have a way.

    Examples
    --------
    >>> datum_step(named_crs("EPSG:4547")).datum
    'EPSG:4490'
    >>> datum_step(named_crs("EPSG:2383"), (114.35, 22.7)) is None  # Xian 80
    True
    """
    import pyproj
    import pyproj.network
    from pyproj.transformer import TransformerGroup

    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    datum = crs.datum.name if crs.datum is not None and not crs.is_bound else ""
    named = "EPSG:4490" if datum == "China 2000" else "EPSG:4326"
    if datum == "China 2000" or datum.startswith("World Geodetic System 1984"):
        if crs.is_geographic:
            return Step(lambda xy: xy, named)
        projection = pyproj.Proj(crs)
        return Step(lambda xy: np.column_stack(projection(xy[:, 0], xy[:, 1], inverse=True)), named)
    if near is None:
        return None
    for way in TransformerGroup(
        crs, "EPSG:4326", always_xy=True, allow_ballpark=False
    ).transformers:
        area = way.area_of_use
        if way.accuracy > _WORST_M or not (area is None or _holds(area.bounds, near)):
            continue
        return Step(
            lambda xy, way=way: np.column_stack(way.transform(*xy.T)),  # type: ignore[misc]
            "EPSG:4326", way.description, way.accuracy if way.accuracy >= 0 else None,
        )  # fmt: skip
    return None


def _holds(bounds: tuple[float, float, float, float], near: tuple[float, float]) -> bool:
    west, south, east, north = bounds
    return (
        west - _BEYOND_DEG <= near[0] <= east + _BEYOND_DEG
        and south - _BEYOND_DEG <= near[1] <= north + _BEYOND_DEG
    )
