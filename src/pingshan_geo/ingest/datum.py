"""The exact way from delivered coordinates to the catalogue's longitude and latitude, or none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.crs import datum_step, is_web_mercator
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, errors_in
from pingshan_geo.ingest import control, gcj
from pingshan_geo.ingest.placement import (
    Array,
    Placement,
    in_degrees,
    parse_crs_option,
    unprojected,
    vertices,
)
from pingshan_geo.work import in_threads

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["Placement", "parse_crs_option", "to_lonlat"]


def to_lonlat(
    geometry: npt.NDArray[Any],
    placement: Placement,
    *,
    file: str | None = None,
    target: str = "EPSG:4490",
    shift: str | None = None,
    control: str | None = None,
    decimals: int | None = None,
) -> tuple[npt.NDArray[Any], list[Finding]]:
    """Return delivered geometries in longitude and latitude, by an exact way only.

    Parameters
    ----------
    geometry : array of shapely geometries
        As they came; None allowed. Heights are kept as they are where nothing is rounded.
    placement : Placement
        How their coordinates are read.
    file : str, optional
        Named in findings.
    target : {"EPSG:4490", "EPSG:4326"}
        The catalogue's CRS.
    shift : str, optional
        ``dx,dy,dz[,rx,ry,rz,s]`` from the datum of the delivery to CGCS2000: metres, arc-seconds,
        parts per million; position vector convention (EPSG method 9606).
    control : str, optional
        Path of a table of points that are known in both systems: see `control.read_control`.
    decimals : int, optional
        Of the degrees; heights are left out then. Without it all digits are kept.

    Returns
    -------
    geometry : array
    findings : list of Finding
        What was done and how exact it is.

    Raises
    ------
    InputError
        If no exact way is known, or the control points cannot be used.
    UsageError
        If the parameters cannot be read.
    """
    xy = vertices(geometry)
    if not shapely.get_num_coordinates(geometry).any():
        return geometry, []
    if control is not None:
        made = partial(_by_control, placement, control)
    else:
        made = partial(_by_datum, placement, xy, target, shift)
    way, told = made()
    told = [replace(each, file=each.file or file) for each in told]
    if errors := errors_in(told):
        raise InputError(errors)

    def moved(points: Array, way: _Way) -> Array:
        there = way(points[:, :2])
        if decimals is not None:
            rounded = np.round(there, decimals) + 0.0
            there = np.where(np.isfinite(rounded), rounded, there)
        # What has no position is infinite: a ring stays closed, and its row is refused by rule.
        known = np.isfinite(there)
        if not known.all():
            there = np.where(known[:, :1] & known[:, 1:], there, np.inf)
        return np.column_stack([there, points[:, 2:]]) if points.shape[1] > 2 else there

    # None: each geometry as it has it, so that what comes after still sees its heights.
    heights: Any = None if decimals is None else False

    def part(shapes: npt.NDArray[Any], way: _Way) -> npt.NDArray[Any]:
        blocks = np.array_split(shapes, -(-len(shapes) // most))
        step = partial(moved, way=way)
        return np.concatenate(
            [shapely.transform(block, step, include_z=heights) for block in blocks]
        )

    # Where a grid of nodes is asked, fewer are for a larger block.
    most = _BLOCK * 10 if placement.system else _BLOCK
    if len(geometry) <= most or control is not None or placement.system:
        return part(geometry, way), told
    # A way of PROJ is for one thread.
    return np.concatenate(in_threads(lambda some: part(some, made()[0]), geometry)), told


_Way = Callable[[Array], Array]
_BLOCK = 10_000  # outlines that are moved together; fewer are not worth a thread


def _by_control(placement: Placement, path: str) -> tuple[_Way, list[Finding]]:
    """Return the way by control points; a known projection is undone before the fit."""
    points = control.read_control(path)

    def near(xy: Array) -> Array:
        return placement.plane(xy) if placement.crs is None else placement.approximate(xy)

    return control.fit(points, near, is_local=placement.crs is None)


def _by_datum(
    placement: Placement, xy: Array, target: str, shift: str | None
) -> tuple[_Way, list[Finding]]:
    crs = placement.crs
    if crs is None:
        return _nowhere, [Finding("control-points-needed", value=placement.text)]
    bare = replace(placement, system="")
    middle = np.nanmedian(bare.approximate(xy), axis=0)
    name = f"{crs.name} ({placement.text})" if crs.name != placement.text else crs.name
    if shift is not None:
        return _shifted(crs, placement, shift), [
            Finding("datum-shift-used", value=shift, details={"crs": name})
        ]
    step = datum_step(crs, (float(middle[0]), float(middle[1])))
    if step is None:
        return _nowhere, [Finding("datum-step-refused", value=name, details={"target": target})]
    told = []
    if is_web_mercator(crs):
        told.append(Finding("web-mercator-undone", value=name))
    if step.name:
        known = "?" if step.accuracy_m is None else f"{step.accuracy_m:g}"
        details = {"name": step.name, "accuracy": known}
        told.append(Finding("datum-step", value=name, details=details))
    elif step.datum != target and not placement.system:
        told.append(Finding("datum-null-step", value=name, details={"target": target}))
    if not placement.system:
        return (lambda points: step.lonlat(placement.plane(points))), told
    if gcj.is_outside(step.lonlat(placement.plane(xy[:1]))):
        told.append(Finding("gcj-outside", value=placement.system))
    _, bound = gcj.undo(middle[None, :], placement.system)
    details = {"bound": f"{bound:.2g}"}
    told.append(Finding("gcj-undone", value=placement.system, details=details))
    return (
        lambda points: gcj.undo(step.lonlat(placement.plane(points)), placement.system)[0]
    ), told


def _nowhere(points: Array) -> Array:
    return np.full_like(points, np.nan)


def _shifted(crs: CRS, placement: Placement, shift: str) -> _Way:
    """Return the way by three or seven parameters, from the ellipsoid of the delivery."""
    import pyproj

    try:
        given = [float(part) for part in re.split(r"[,;\s]+", shift.strip())]
    except ValueError:
        given = []
    if len(given) not in {3, 7} or not np.isfinite(given).all():
        raise UsageError(
            f"--datum-shift takes three or seven numbers (dx,dy,dz[,rx,ry,rz,s]), not {shift!r}",
            f"--datum-shift 须为三个或七个数（dx,dy,dz[,rx,ry,rz,s]），而非 {shift!r}",
        )
    names = ("x", "y", "z", "rx", "ry", "rz", "s")
    helmert = " ".join(f"+{n}={v!r}" for n, v in zip(names, given, strict=False))
    rotation = "+convention=position_vector" if len(given) == 7 else ""
    earth = crs.ellipsoid
    assert earth is not None  # noqa: S101 -- a CRS of maps stands on one
    way = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 "
        f"+step +proj=cart +a={earth.semi_major_metre!r} +b={earth.semi_minor_metre!r} "
        f"+step +proj=helmert {helmert} {rotation} +step +inv +proj=cart +ellps=GRS80 "
        "+step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    source = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    flat = (lambda x, y: (x, y)) if in_degrees(source) else unprojected(source)
    return lambda points: np.column_stack(way.transform(*flat(*placement.plane(points).T)))
