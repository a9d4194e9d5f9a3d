"""GCJ-02 and BD-09, the shifted coordinates of Chinese map services, and the way back.

The library undoes one point at a time. The shift is smooth, so where a layer has more vertices
than the grid beneath it has nodes, the library is asked at the nodes only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pingshan_geo.errors import UsageError

SYSTEMS = ("GCJ-02", "BD-09")

#: Nodes stand this many degrees apart, about 200 m. The shortest wave of either shift is 0.12
#: degrees long (in BD-09): cubic interpolation is within 1 cm of the library, a test holds that.
_STEP_DEG = 0.002


def undo(lonlat: npt.NDArray[np.float64], system: str) -> tuple[npt.NDArray[np.float64], float]:
    """Return the WGS 84 positions of GCJ-02 or BD-09 ones, and their error bound.

    Parameters
    ----------
    lonlat : array of float, shape (n, 2)
        Longitude and latitude in degrees. Positions that the library holds to be outside of
        China are returned as they are, those that are none (metres, NaN) too.
    system : {"GCJ-02", "BD-09"}

    Returns
    -------
    lonlat : array of float, shape (n, 2)
    bound_m : float
        The largest error that the library states for any of them, and 0.01 for interpolation.

    Raises
    ------
    UsageError
        If geocoordinates-rs (extra ``china``) is not installed.

    Examples
    --------
    >>> moved, bound = undo(np.array([[114.355, 22.697]]), "GCJ-02")
    >>> moved.round(4).tolist(), bound
    ([[114.3501, 22.6997]], 0.51)
    """
    known = (np.abs(lonlat) <= (180, 90)).all(axis=1)
    if not known.all():
        moved, bound = lonlat.copy(), 0.0
        if known.any():
            moved[known], bound = undo(lonlat[known], system)
        return moved, bound
    corner = np.floor(lonlat / _STEP_DEG).astype(np.int64)
    cells, cell = np.unique(corner[:, 0] * _ROW + corner[:, 1], return_inverse=True)
    around = [(i, j) for i in range(-1, 3) for j in range(-1, 3)]
    keys = np.stack([cells + i * _ROW + j for i, j in around])
    nodes, node = np.unique(keys, return_inverse=True)
    if nodes.size >= len(lonlat):
        moved, bound = _each(lonlat, system)
    else:
        east = (nodes + _ROW // 2) // _ROW
        at = np.column_stack([east, nodes - east * _ROW]) * _STEP_DEG
        at = np.clip(at, (-180, -90), (180, 90))  # nodes beyond the poles are far from China
        true, bound = _each(at, system)
        shift, node, moved = true - at, node.reshape(keys.shape), lonlat.copy()
        weights = [_cubic(lonlat[:, axis] / _STEP_DEG - corner[:, axis]) for axis in (0, 1)]
        for index, (i, j) in enumerate(around):
            weight = weights[0][i + 1] * weights[1][j + 1]
            moved += weight[:, None] * shift[node[index]][cell]
    return moved, bound + 0.01


_ROW = 1 << 32  # a node's key is its column times this, and its row


def _cubic(t: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Return the weights of the nodes at -1, 0, 1 and 2 (Lagrange's interpolation)."""
    return [
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    ]


def _each(lonlat: npt.NDArray[np.float64], system: str) -> tuple[npt.NDArray[np.float64], float]:
    china = _library()
    kind, back = {
        "GCJ-02": (china.Gcj02, china.gcj02_to_wgs84_refined),
        "BD-09": (china.Bd09, china.bd09_to_wgs84_refined),
    }[system]
    found = [back(kind(lat=lat, lon=lon)) for lon, lat in lonlat.tolist()]
    moved = np.array([(each.lon, each.lat) for each in found]).reshape(-1, 2)
    return moved, max((each.max_error_m for each in found), default=0.0)


def is_outside(lonlat: npt.NDArray[np.float64]) -> bool:
    """Return whether the middle of the positions lies where both systems are WGS 84 itself."""
    lon, lat = np.median(lonlat, axis=0).tolist()
    return bool(_library().out_of_china(lat, lon))


def is_available() -> bool:
    """Return whether the extra ``china`` is installed."""
    try:
        _library()
    except UsageError:
        return False
    return True


def _library() -> Any:
    try:
        import geocoordinates_ffi
    except ImportError:
        raise UsageError(
            "GCJ-02 and BD-09 need geocoordinates-rs: pip install 'pingshan-geo[china]'",
            "GCJ-02 与 BD-09 需要 geocoordinates-rs：pip install 'pingshan-geo[china]'",
        ) from None
    return geocoordinates_ffi
