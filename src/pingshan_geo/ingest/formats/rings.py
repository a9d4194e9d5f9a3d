"""Outlines that come as text or as numbers: WKT in a column, rings of vertices in rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.readers import Report
from pingshan_geo.ceilings import DEEP, is_deep
from pingshan_geo.ids import nfkc
from pingshan_geo.ingest.delivery import Claim
from pingshan_geo.words import Text

Numbers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]

_WKT = re.compile(
    r"\s*+(?:SRID=(\d+);)?\s*+(?:MULTI)?(?:POINT|LINESTRING|POLYGON|CURVE|SURFACE|CURVEPOLYGON"
    r"|GEOMETRYCOLLECTION|CIRCULARSTRING|COMPOUNDCURVE)\s*+(?:ZM|Z|M)?\s*+(?:\(|EMPTY)",
    re.IGNORECASE,
)
_FARTHEST = 1e9  # degrees or metres
#: Of the largest number of a box, as much as a box may be rounded; a float32 is to 6e-8.
ROUNDING = 5e-7
_CURVED = re.compile("CURVE|CIRCULAR|SURFACE", re.IGNORECASE)
_GEOMETRIC = re.compile("wkt|geom|shape|几何|图形|坐标")
# Headings of vertex tables, after `_plain`. 横 and 东 are east, 纵 and 北 are north, whichever
# letter stands beside them; X alone is north to a surveyor and east to a GIS.
_EAST = re.compile("[xy]?(横坐标|东坐标|经度|东经)[xy]?|e|east|easting|lon|lng|longitude")
_NORTH = re.compile("[xy]?(纵坐标|北坐标|纬度|北纬)[xy]?|n|north|northing|lat|latitude")
_X = re.compile("(coord|point|p)?x(坐标|coord)?|坐标x")
_Y = re.compile("(coord|point|p)?y(坐标|coord)?|坐标y")
_ID = re.compile(
    "(宗地|地块|图斑|不动产单元|parcel|block|lot)(编号|号|代码|名称|id|no|code|name)"
    "|(zd|dk|tb)(bh|h|dm|mc)|编号|id|name"
)
_RING = re.compile("(圈|环|部分|部件|ring|part)(号|序号|id|no)?")
_ORDER = re.compile("(点|界址点)?(序号|顺序|序)|order|seq|vertex(index|id|no)?")


def is_outside(bounds: Sequence[float], box: object) -> bool:
    """Return whether bounds reach out of the ``bbox`` that a file tells, by more than its rounding.

    Bounds are west, south, east, north. What is no box, or one over the 180th meridian, is none.
    """
    if not isinstance(box, list) or len(box) not in {4, 6} or {*map(type, box)} - {int, float}:
        return False
    west, south, east, north = *box[:2], *box[len(box) // 2 :][:2]
    largest = max(map(abs, box))
    if largest > _FARTHEST or west > east:
        return False
    beyond = west - bounds[0], south - bounds[1], bounds[2] - east, bounds[3] - north
    return any(each > ROUNDING * largest for each in beyond)


@np.errstate(over="ignore", invalid="ignore")  # what is no number is told by row
def from_wkt(
    table: pd.DataFrame, rows: Numbers, report: Report
) -> tuple[pd.DataFrame, Shapes | None, Claim | None]:
    """Return the table without its column of WKT, the geometries, and the CRS of an ``SRID=``.

    A column holds WKT if one of its first cells reads so; of several, one whose heading says so
    comes first and the others stay text. A text that is none is None and told by row.
    """
    looks = [
        name
        for name in map(str, table)
        if any(isinstance(cell, str) and _WKT.match(cell) for cell in table[name].dropna()[:50])
    ]
    if not looks:
        return table, None, None
    looks.sort(key=lambda name: not _GEOMETRIC.search(_plain(name)))
    name, *others = looks
    if others:
        told = {"others": ", ".join(others)}
        report("geometry-column", field=name, details=told)
    texts = table[name].to_numpy(dtype=object)
    match = [_WKT.match(cell) if isinstance(cell, str) else None for cell in texts]
    srids = {found[1] for found in match if found and found[1]}
    curved = [found is not None and bool(_CURVED.search(found.string)) for found in match]
    plain = [
        found.string[found.end(1) + 1 :] if found and found[1] else found.string if found else None
        for found in np.where(curved, None, match)  # type: ignore[call-overload]
    ]
    deep = [is_deep(each) for each in plain]
    plain = [None if held else each for each, held in zip(plain, deep, strict=True)]
    shapes: Shapes = np.asarray(shapely.from_wkt(np.array(plain, object), on_invalid="ignore"))
    for at in np.flatnonzero(shapely.is_missing(shapes) & pd.notna(texts)):
        reason = DEEP if deep[at] else Text("it is no WKT", "不是 WKT")
        if curved[at]:
            reason = Text(
                "curves in WKT are not read; write short lines", "不支持 WKT 曲线；请改为折线"
            )
        report("geometry-unreadable", row=int(rows[at]), field=name, value=str(texts[at]),
               reason=reason)  # fmt: skip
    if len(srids) > 1:
        report("crs-several", field=name, value=", ".join(f"EPSG:{srid}" for srid in sorted(srids)))
    claim = Claim(f"EPSG:{srids.pop()}", "file") if len(srids) == 1 else None
    return table.drop(columns=name), shapes, claim


def from_vertices(
    table: pd.DataFrame, rows: Numbers, report: Report
) -> tuple[pd.DataFrame, Numbers, Shapes | None]:
    """Return one row a parcel from a table of one vertex a row, with the outlines.

    Parcels are runs of rows with one id, rings are told apart by a ring or part column, vertices
    are sorted by an order column. Columns that differ within a parcel are left out and told. The
    row number is that of the first vertex. A table without x and y, or with one point a parcel,
    comes back as it is.
    """
    axes = _axes(table, report)
    if axes is None or table.empty:
        return table, rows, None
    named = {name: _plain(name) for name in map(str, table) if name not in axes}
    runs = {name: _runs(table[[name]]) for name in named if _ID.fullmatch(named[name])}
    each = [name for name in runs if table[name].is_unique and named[name] != "id"]
    ids = [name for name in runs if 3 * (runs[name][-1] + 1) <= len(table)]
    if each or not ids:
        report("points-left", field=", ".join(axes))
        return table, rows, None
    key = max(ids, key=lambda name: int(runs[name][-1]))
    ring_column = next((name for name in named if _RING.fullmatch(named[name])), None)
    ring = runs[key] if ring_column is None else _runs(table[[key, ring_column]])
    east, north = (pd.to_numeric(table[name], errors="coerce").to_numpy(float) for name in axes)
    order_column = next((name for name in named if _ORDER.fullmatch(named[name])), None)
    sorting = np.arange(len(table))
    if order_column is not None:
        order = pd.to_numeric(table[order_column], errors="coerce").to_numpy(float)
        if np.isfinite(order).all():
            sorting = np.lexsort((order, ring))
    points = np.column_stack([east, north])[sorting]
    parcels = pd.factorize(table[key].to_numpy(object), use_na_sentinel=False)[0]
    first_of_ring = np.flatnonzero(np.diff(ring, prepend=-1))
    first = np.unique(parcels, return_index=True)[1]
    shapes, faults = assembled(points, ring[sorting], parcels[first_of_ring], len(first))
    for at, reason in sorted(faults.items()):
        report("geometry-unreadable", row=int(rows[first[at]]), field=key,
               value=str(table[key].iloc[first[at]]), reason=reason)  # fmt: skip
    used = {*axes, ring_column, order_column}
    rest = table.drop(columns=[name for name in table if name in used])
    same = rest.iloc[first].take(parcels).reset_index(drop=True)
    differs = ((rest != same) & ~(rest.isna() & same.isna())).any()
    vary = [name for name in map(str, rest) if differs[name]]
    if vary:
        report("vertex-columns", field=", ".join(vary))
    return rest.drop(columns=vary).iloc[first].reset_index(drop=True), rows[first], shapes


def assembled(
    points: npt.NDArray[np.float64], ring: Numbers, owner: Numbers, count: int
) -> tuple[Shapes, dict[int, Text]]:
    """Return polygons from vertices.

    Parameters
    ----------
    points : array of float, shape (n, 2)
        East, north of all vertices.
    ring : array of int, shape (n,)
        The ring that each belongs to, 0, 1, … in order; closed or not.
    owner : array of int
        The parcel that each ring belongs to.
    count : int
        How many parcels there are.

    Returns
    -------
    shapes : object array, shape (count,)
        Polygon or MultiPolygon: a ring in a ring is a hole, one in a hole is a part again. None
        for a parcel with a fault.
    faults : dict
        What is wrong, by parcel.
    """
    sizes = np.bincount(ring, minlength=len(owner))
    start = np.cumsum(sizes) - sizes
    closed = (points[start] == points[start + sizes - 1]).all(axis=1)
    faults: dict[int, Text] = {}
    for bad in np.unique(owner[sizes - closed < 3]):
        faults[int(bad)] = Text("a ring of fewer than three points", "有环不足三个点")
    for bad in np.unique(owner[ring[~np.isfinite(points).all(axis=1)]]):
        faults[int(bad)] = Text("a coordinate is no number", "有坐标不是数字")
    sound = ~np.isin(owner, list(faults))
    kept = sound[ring]
    polygons = np.asarray(
        shapely.polygons(
            shapely.linearrings(points[kept], indices=(np.cumsum(sound) - 1)[ring[kept]])
        )
    )
    shapes = np.full(count, None, dtype=object)
    owners = owner[sound]
    places = np.argsort(owners, kind="stable")
    for group in np.split(places, np.flatnonzero(np.diff(owners[places])) + 1):
        if len(group):
            shapes[owners[group[0]]] = nested(polygons[group])
    return shapes, faults


def nested(rings: Shapes) -> Any:
    """Return the area of simple polygons of which some lie in others."""
    if len(rings) == 1:
        return rings[0]
    inner, outer = shapely.STRtree(rings).query(rings, predicate="within")
    area = shapely.area(rings)
    inside = area[inner] < area[outer]  # not of itself, and of two equal ones neither
    inner, outer = inner[inside], outer[inside]
    depth = np.bincount(inner, minlength=len(rings))
    holes: dict[int, list[shapely.LinearRing]] = {
        int(at): [] for at in np.flatnonzero(depth % 2 == 0)
    }
    for hole in np.flatnonzero(depth % 2):
        around = outer[(inner == hole) & (depth[outer] % 2 == 0)]  # the outermost always is
        holes[int(around[np.argmin(area[around])])].append(rings[hole].exterior)
    parts = [shapely.Polygon(rings[shell].exterior, inner) for shell, inner in holes.items()]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _runs(cells: pd.DataFrame) -> Numbers:
    """Return 0, 1, … for each run of rows that are the same."""
    codes = [pd.factorize(cells[name].to_numpy(object), use_na_sentinel=False)[0] for name in cells]
    new = (np.diff(np.column_stack(codes), axis=0) != 0).any(axis=1)
    return np.concatenate([[0], np.cumsum(new)]).astype(np.int64)


def _axes(table: pd.DataFrame, report: Report) -> tuple[str, str] | None:
    """Return the headings of east and north, None where there are none or several."""
    for east, north in ((_EAST, _NORTH), (_X, _Y)):
        found = [
            [name for name in map(str, table) if pattern.fullmatch(_plain(name))]
            for pattern in (east, north)
        ]
        if [len(names) for names in found] == [1, 1]:
            x, y = found[0][0], found[1][0]
            break
    else:
        return None
    if east is not _X:
        return x, y
    swapped = _is_north_first(*(_typical(table[name]) for name in (x, y)))
    pair = (y, x) if swapped else (x, y)
    report("axes-assumed" if swapped is None else "axes-decided",
           details={"east": pair[0], "north": pair[1]})  # fmt: skip
    return pair


def _typical(cells: pd.Series[Any]) -> float:
    return float(pd.to_numeric(cells, errors="coerce").abs().median())


def _is_north_first(x: float, y: float) -> bool | None:
    """Return whether X is the northing, by magnitude; None where that decides nothing.

    Degrees: over 90 is a longitude. Metres of Gauss-Kruger or Lambert: a northing between 16° and
    57° or of France has seven digits, an easting six, or eight with the zone's number (13 to 45).
    """
    if max(x, y) <= 180:
        return None if max(x, y) <= 90 or min(x, y) > 90 else y > 90
    votes = [
        1.8e6 <= north <= 7.2e6 and (1e5 <= east < 1e6 or 1.25e7 <= east < 4.6e7)
        for north, east in ((x, y), (y, x))
    ]
    return votes[0] if any(votes) else None


def _plain(heading: str) -> str:
    """Return a heading in one width and case, without white space, signs, and unit in brackets."""
    folded = nfkc(heading).casefold()
    return re.sub(r"[(\[](?:m|米|metres?|度|°|deg)[)\]]|[\s_./()\[\]-]", "", folded)
