"""Control points: a plane that nobody published, tied down by points known in both systems."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pingshan_geo.crs import datum_step, named_crs
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding

Array = npt.NDArray[np.float64]
_Plane = npt.NDArray[np.complex128]  # x + iy: a similarity is one product and one sum

_MOST = 1000  # points; each is left out once
_POOR_M = 0.5  # a fit with a larger root mean square is a warning
_OUTLIER = 5.0  # times the root mean square of the others, which counts as 2 cm at least
_LEAST_M = 0.02
_MARGIN = 3.0  # so many times better must an affine fit or the other axis order be


@dataclass(frozen=True, slots=True)
class Control:
    """Points known in both systems.

    Attributes
    ----------
    file : str
        Name of the table.
    names : tuple of str
        Column ``id``, else the number of the row.
    xy : array of float, shape (n, 2)
        In the system of the delivery, as it writes them.
    lonlat : array of float, shape (n, 2)
        On CGCS2000 or WGS 84.
    """

    file: str
    names: tuple[str, ...]
    xy: Array
    lonlat: Array


def read_control(path: str) -> Control:
    """Return control points from a CSV with the columns x, y, lon, lat or x, y, east, north, crs.

    ``crs`` is that of east and north (EPSG:n), on CGCS2000 or WGS 84; a column ``id`` is optional.

    Raises
    ------
    InputError
        If the file or a row cannot be read, with every such row.
    """
    file = Path(path).name
    try:
        content = Path(path).read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        details = {"reason": error.strerror or str(error)}
        raise InputError([Finding("file-unreadable", file=file, details=details)]) from None
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    table = list(csv.DictReader(text.splitlines()))[: _MOST + 1]
    columns = {name.strip().lower() for name in (table[0] if table else {}) if name}
    kinds = [("lon", "lat"), ("east", "north", "crs")]
    wanted = next((k for k in kinds if {"x", "y", *k} <= columns), None)
    if wanted is None or len(table) > _MOST:
        raise InputError(
            [Finding("control-points-unread", file=file, value=", ".join(sorted(columns)))]
        )
    found, wrong = [], []
    for number, row in enumerate(table, 2):
        cells = {k.strip().lower(): (v or "").strip() for k, v in row.items() if k}
        try:
            x, y, a, b = (float(cells[name]) for name in ("x", "y", *wanted[:2]))
            if wanted[0] == "east":
                step = datum_step(named_crs(cells["crs"]))
                if step is None:
                    raise ValueError
                a, b = step.lonlat(np.array([[a, b]]))[0].tolist()
            if not (np.isfinite((x, y)).all() and abs(a) <= 180 and abs(b) <= 90):
                raise ValueError
        except (ValueError, UsageError):
            value = ",".join(cells.values())
            wrong.append(Finding("control-point-unread", file=file, row=number, value=value))
            continue
        found.append((cells.get("id") or str(number), x, y, a, b))
    if wrong:
        raise InputError(wrong)
    numbers = np.array([each[1:] for each in found])
    names = tuple(each[0] for each in found)
    return Control(file, names, numbers[:, :2], numbers[:, 2:])


def fit(
    points: Control, near: Callable[[Array], Array], *, is_local: bool
) -> tuple[Callable[[Array], Array], list[Finding]]:
    """Return the way from delivered numbers to longitude and latitude, and how well it fits.

    A similarity (Helmert, four parameters) by least squares; an affine map (six) where there are
    five points or more and it leaves less than a third of the residuals.

    Parameters
    ----------
    points : Control
    near : callable
        From delivered numbers to a plane in metres (``is_local``), else to roughly the right
        longitude and latitude, so that a known projection is not fitted by a straight map.
    is_local : bool

    Returns
    -------
    way : callable
        From an array (n, 2) as delivered to longitude and latitude.
    findings : list of Finding
        Residuals, scale and turn; an error where the points do not tie the plane down.
    """
    import pyproj

    lon, lat = points.lonlat.mean(axis=0).tolist()
    plane = pyproj.Proj(f"+proj=tmerc +lon_0={lon!r} +lat_0={lat!r} +ellps=GRS80")

    def metres(xy: Array) -> Array:
        moved = near(xy)
        return moved if is_local else np.column_stack(plane(*moved.T))

    source, target = _complex(metres(points.xy)), _complex(np.column_stack(plane(*points.lonlat.T)))
    middle = source.mean()
    source = source - middle
    if len(source) < 2 or not np.abs(source).max() > 1:
        return near, [Finding("control-points-few", file=points.file, value=str(len(source)))]
    change = _similarity(source, target)
    if len(source) > 2 and _rms(_similarity(source.conj(), target)) * _MARGIN < _rms(change):
        return near, [Finding("control-points-mirrored", file=points.file)]
    kind = "Helmert"
    if len(source) > 4 and _rms(wider := _affine(source, target)) * _MARGIN < _rms(change):
        change, kind = wider, "affine"
    a, b, c, left = change

    def way(xy: Array) -> Array:
        at = _complex(metres(xy)) - middle
        moved = a * at + b * at.conj() + c
        return np.column_stack(plane(moved.real, moved.imag, inverse=True))

    return way, _told(points, source, target, left, kind, a)


_Fit = tuple[complex, complex, complex, _Plane]  # w = a z + b z* + c, and what is left of w


def _similarity(source: _Plane, target: _Plane) -> _Fit:
    z, w = source - source.mean(), target - target.mean()
    a = complex((z.conj() @ w) / (z.conj() @ z))
    c = complex(target.mean() - a * source.mean())
    return a, 0j, c, target - a * source - c


def _affine(source: _Plane, target: _Plane) -> _Fit:
    parts = np.column_stack([source, source.conj(), np.ones_like(source)])
    if np.linalg.cond(parts / np.abs(source).max()) > 1e6:  # on one line
        return _similarity(source, target)
    a, b, c = np.linalg.lstsq(parts, target, rcond=None)[0].tolist()
    return a, b, c, target - parts @ np.array([a, b, c])


def _rms(change: _Fit) -> float:
    """Return the root mean square of what is left, for the observations that are not used up."""
    spare = len(change[3]) - (2 if change[1] == 0 else 3)
    return float(np.sqrt((np.abs(change[3]) ** 2).sum() / max(spare, 1)))


def _told(
    points: Control, source: _Plane, target: _Plane, left: _Plane, kind: str, a: complex
) -> list[Finding]:
    size = np.abs(left)
    rms = float(np.sqrt((size**2).mean()))
    each = "; ".join(f"{n} {r:.3f} m" for n, r in zip(points.names, size.tolist(), strict=True))
    details = {
        "kind": kind, "rms": f"{rms:.3f}", "scale": f"{abs(a):.8f}",
        "turn": f"{np.degrees(np.angle(a)):.6f}",
    }  # fmt: skip
    code = "control-points-poor" if rms > _POOR_M else "control-points-fit"
    told = [Finding(code, file=points.file, value=each, details=details)]
    if len(source) == 2:
        return [*told, Finding("control-points-unchecked", file=points.file)]
    if len(source) > 3 and (worst := _outlier(source, target)) is not None:
        at, distance = worst
        details = {"distance": f"{distance:.3f}"}
        told.append(Finding("control-point-outlier", file=points.file, row=at + 2,
                            value=points.names[at], details=details))  # fmt: skip
    return told


def _outlier(source: _Plane, target: _Plane) -> tuple[int, float] | None:
    """Return the point that the others contradict, and by how many metres."""
    found = []
    for at in range(len(source)):
        others = np.arange(len(source)) != at
        change = _similarity(source[others], target[others])
        distance = abs(target[at] - change[0] * source[at] - change[2])
        found.append((distance / max(_rms(change), _LEAST_M), at, float(distance)))
    ratio, at, distance = max(found)
    return (at, distance) if ratio > _OUTLIER else None


def _complex(xy: Array) -> _Plane:
    return np.asarray(xy[:, 0] + 1j * xy[:, 1])
