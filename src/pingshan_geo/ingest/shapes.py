"""Geometry rules: each outline is taken as it is, repaired with its area told, or refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.crs import GEOGRAPHIC
from pingshan_geo.findings import Finding, first_few
from pingshan_geo.measures.area import measured_area
from pingshan_geo.measures.ragged import is_one_ring, is_plain
from pingshan_geo.words import Text
from pingshan_geo.work import in_threads

Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
# What is wrong with the outline at a place: each kind of fault with its first position.
Faults = defaultdict[int, dict[Text, Text]]

# Cadastres print areas to 0.01 m²: a repair may change that digit, or 1e-4 of the area up to 1 m²
# (a hectare), or 1e-5 of a large area: a new corner in the middle of an edge of 1 km moves the
# geodesics to its ends, and the area by 5 m².
_LEAST_M2, _MOST_M2 = 0.01, 1.0
# Surveys write millimetres: what goes out and comes back within one is a spike, if it is also a
# thousand times longer than wide. A strip under a centimetre is less than anybody can stake out.
_SPIKE_M, _SPIKE_RATIO, _SLIVER_M = 0.001, 0.001, 0.01
_BLOCK = 4_000  # outlines that a thread looks at together: what is made of them stays in its cache
_DEGREE_M = 111_195.0  # a degree of latitude on a sphere; near enough for the limits above

_HEIGHTS = Text("heights are left out", "略去高程")
_DOUBLED = Text("points that stand twice are left out", "略去重复点")
_LINE = Text("a closed line is taken for an outline", "以闭合线作为界线")
_LEFT_OUT = Text("points and lines beside the polygons are left out", "略去面以外的点和线")
_SPIKE = Text("a spike at {place}", "{place} 处有尖刺")
_SLIVER = Text("a ring under 1 cm wide at {place}", "{place} 处有宽度不足 1 厘米的环")
_BOW_TIE = Text("a ring crosses itself at {place}", "环在 {place} 处自相交")
_HOLE_CROSSES = Text(
    "a hole crosses its outline or shares an edge with it at {place}",
    "孔洞在 {place} 处与外环相交或共边",
)
_PARTS_MEET = Text("parts overlap or share an edge at {place}", "各部分在 {place} 处重叠或共边")
_GEOS = {
    "Ring Self-intersection": Text("a ring touches itself at {place}", "环在 {place} 处自相接触"),
    "Hole lies outside shell": Text(
        "a hole lies outside of its outline at {place}", "{place} 处的孔洞在外环之外"
    ),
    "Holes are nested": Text("a hole lies in another hole at {place}", "{place} 处孔洞嵌套"),
    "Nested shells": Text(
        "a part lies in another part at {place}", "{place} 处一部分在另一部分之内"
    ),
    "Interior is disconnected": Text(
        "holes cut the inside apart at {place}", "孔洞在 {place} 处将内部割断"
    ),
    "Too few points in geometry component": Text(
        "a ring has fewer than three different points at {place}", "{place} 处的环不足三个不同的点"
    ),
}


@dataclass(frozen=True, slots=True)
class Settled:
    """Outlines after the rules of geometry.

    Attributes
    ----------
    geometry : object array
        Valid polygons and multipolygons without heights, shells anticlockwise and holes
        clockwise; None where none came or the row is refused.
    repaired, refused : array of bool
        Rows whose outline was changed, and rows for the quarantine. The others are as they came
        but for heights, doubled points and the direction of rings.
    findings : tuple of Finding
        One for each row repaired or refused; what may be common to all rows once, with a count.
    """

    geometry: Shapes
    repaired: Mask
    refused: Mask
    findings: tuple[Finding, ...]


@np.errstate(over="ignore", invalid="ignore")  # what is no number is told by row
def settle(
    geometry: Shapes, rows: Rows, file: str, kept: Mask | None = None, *, tolerance: float = 1e-4
) -> Settled:
    """Return outlines that can be measured, and all that was done to them.

    Parameters
    ----------
    geometry : object array
        Shapely geometries or None; longitude and latitude in degrees on CGCS2000.
    rows, file : array of int, str
        Row number of each and name of the file, for the findings.
    kept : array of bool, optional
        Rows not refused yet: of these it is said that they have no outline.
    tolerance : float
        What part of its area a repair may change, but always 0.01 m² and no more than 1 m² or a
        tenth of ``tolerance``; else the row is refused.

    Returns
    -------
    Settled

    Notes
    -----
    The area before is that drawn: the shoelace of each shell less those of its holes. The lobes of
    a bow-tie cancel in it, and land covered twice counts twice: such an outline is refused.

    Examples
    --------
    >>> spike = [(114, 22), (114.001, 22), (114.001, 22.001), (114.002, 22.001), (114.001, 22.001)]
    >>> settled = settle(np.array([shapely.Polygon(spike), None]), np.array([1, 2]), "lots.shp")
    >>> settled.repaired.tolist(), [finding.code for finding in settled.findings]
    ([True, False], ['geometry-missing', 'geometry-repaired'])
    """
    shapes = np.array(geometry, dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    missing = shapely.is_missing(shapes) & (True if kept is None else kept)
    findings = [*_common("geometry-missing", missing, rows, file)]
    high = shapely.has_z(shapes) | shapely.has_m(shapes)
    findings += _common("geometry-tidied", high, rows, file, _HEIGHTS)
    shapes[high] = shapely.force_2d(shapes[high])

    faults: Faults = defaultdict(dict)
    told = [*_off_the_globe(shapes, rows, file), *_made_polygonal(shapes, rows, file, faults)]
    drawn = shapes.copy()
    doubled = _mended(shapes, faults)
    findings += _common("geometry-tidied", doubled, rows, file, _DOUBLED)

    odd = np.array(sorted(faults), dtype=np.int64)
    before, after = (
        measured_area(gpd.GeoSeries(some[odd], crs=GEOGRAPHIC[0])).to_numpy()
        for some in (drawn, shapes)
    )
    most = tolerance * before
    most = np.clip(most, _LEAST_M2, np.maximum(_MOST_M2, most / 10))
    told += [
        (place, _judged(faults[place].values(), areas, file, int(rows[place])))
        for place, areas in zip(odd, np.column_stack([before, after, most]), strict=True)
    ]
    repaired, refused = np.zeros((2, len(shapes)), dtype=bool)
    for place, finding in told:
        (refused if finding.severity == "error" else repaired)[place] = True
    shapes[refused] = None
    return Settled(shapes, repaired, refused, (*findings, *(finding for _, finding in told)))


def _judged(
    faults: Collection[Text], areas: npt.NDArray[np.float64], file: str, row: int
) -> Finding:
    before, after, most = areas
    reason = Text("; ".join(each.en for each in faults), "；".join(each.zh for each in faults))
    details: dict[str, str | Text] = {
        "reason": reason, "before": f"{before:.2f}", "after": f"{after:.2f}", "most": f"{most:.2f}"
    }  # fmt: skip
    code = "geometry-repaired" if abs(after - before) <= most else "geometry-repair-refused"
    return Finding(
        "geometry-invalid" if np.isnan(after) else code, None, file, row, details=details
    )


def _common(
    code: str, mask: Mask, rows: Rows, file: str, reason: Text | str = ""
) -> Iterator[Finding]:
    """Yield one finding about all rows of a mask; it names the first of them."""
    told = rows[mask]
    if told.size:
        details: dict[str, str | Text] = {"rows": first_few(told), "reason": reason}
        yield Finding(code, None, file, int(told[0]), None, str(told.size), details)


def _off_the_globe(shapes: Shapes, rows: Rows, file: str) -> Iterator[tuple[int, Finding]]:
    """Take out outlines with a position that is no longitude and latitude, and tell the first."""
    # Bounds do but for NaN, which makes the area NaN, and for a hole outside of its shell.
    near = (np.abs(shapely.bounds(shapes)) <= (180, 90, 180, 90)).all(axis=1)
    doubtful = np.flatnonzero(~(near & is_one_ring(shapes) & ~np.isnan(shapely.area(shapes))))
    lonlat, shape_of = shapely.get_coordinates(shapes[doubtful], return_index=True)
    wrong = ~((np.abs(lonlat[:, 0]) <= 180) & (np.abs(lonlat[:, 1]) <= 90))
    places, first = np.unique(doubtful[shape_of[wrong]], return_index=True)
    shapes[places] = None
    for place, (lon, lat) in zip(places, lonlat[wrong][first], strict=True):
        value = f"{lon:.10g}, {lat:.10g}"
        yield place, Finding("coordinate-range", None, file, int(rows[place]), value=value)


def _made_polygonal(
    shapes: Shapes, rows: Rows, file: str, faults: Faults
) -> Iterator[tuple[int, Finding]]:
    """Turn closed lines and collections into polygons; take out and tell what cannot be."""
    kind = shapely.get_type_id(shapes)
    wrong = np.flatnonzero(~np.isin(kind, (-1, 3, 6)))
    parts, of = shapely.get_parts(shapes[wrong], return_index=True)
    while (shapely.get_type_id(parts) > 3).any():  # collections of collections
        parts, outer = shapely.get_parts(parts, return_index=True)
        of = of[outer]
    line = np.isin(kind[wrong], (1, 2, 5))
    closed = line[of] & shapely.is_closed(parts) & (shapely.get_num_coordinates(parts) > 3)
    lonlat, ring = shapely.get_coordinates(parts[closed], return_index=True)
    parts[closed] = shapely.polygons(shapely.linearrings(lonlat, indices=ring))
    filled = ~shapely.is_empty(parts)
    polygon = filled & (shapely.get_type_id(parts) == 3)
    made = _grouped(parts[polygon], of[polygon], len(wrong))
    rest = np.bincount(of, filled & ~polygon, minlength=len(wrong)) > 0
    made[line & rest] = None  # a line is an outline if all its parts are closed
    for place, new, is_line, more in zip(wrong.tolist(), made, line, rest, strict=True):
        if new is None:
            name = shapes[place].geom_type
            details = {"reason": Text(f"{name} is no polygon", f"{name} 不是面")}
            yield place, Finding("geometry-invalid", None, file, int(rows[place]), details=details)
        elif is_line or more:
            reason = _LINE if is_line else _LEFT_OUT
            faults[place][reason] = reason
        shapes[place] = new


def _mended(shapes: Shapes, faults: Faults) -> Mask:
    """Mend outlines in place and turn their rings; return the rows that had doubled points."""
    simple = is_one_ring(shapes)
    marks = np.zeros((5, len(shapes)), dtype=bool)
    marks[:, simple] = np.hstack(in_threads(_marks_of_rings, shapes[simple], _BLOCK))
    marks[:4, ~simple] = _marks(_flat(shapes[~simple]))
    doubled, trimmed, mended, turned, sound = marks
    _trim(shapes, np.flatnonzero(trimmed), faults)
    unsure = np.flatnonzero((~sound | trimmed) & ~shapely.is_missing(shapes))
    bad = unsure[~np.concatenate(in_threads(shapely.is_valid, shapes[unsure], _BLOCK))]
    for place, reason in zip(bad.tolist(), _reasons(shapes[bad]), strict=True):
        faults[place][reason] = reason
        with suppress(shapely.errors.GEOSException):  # knots of edges within a rounding
            shapes[place] = shapely.make_valid(shapes[place], method="structure",
                                               keep_collapsed=False)  # fmt: skip
    mended |= trimmed
    mended[bad] = True
    _drop_slivers(shapes, np.flatnonzero(mended), faults)
    shapes[bad[~shapely.is_valid(shapes[bad])]] = None  # where rounding leaves no valid outline
    turned |= mended
    shapes[turned] = shapely.orient_polygons(shapes[turned])
    return doubled


def _marks_of_rings(rings: Shapes) -> Mask:
    each = np.arange(len(rings))
    flat = _looked_at(rings, each, each, np.zeros(len(rings), dtype=bool))
    return np.vstack([_marks(flat), is_plain(rings)])


def _marks(flat: _Flat) -> Mask:
    """Return which rows have doubled points, are to be trimmed, to be mended, to be turned."""
    thin, turned = (flat.rows_with(each[flat.ring_of]) for each in (flat.thin, flat.turned))
    doubled, spike = flat.rows_with(flat.doubled), flat.rows_with(flat.spike)
    return np.stack([doubled, doubled | spike, flat.hollow | thin, turned])


def _trim(shapes: Shapes, at: Rows, faults: Faults) -> None:
    """Take doubled points and spikes out of the outlines ``at`` these places."""
    while at.size:
        flat = _flat(shapes[at])
        # Of spikes in a row every second one goes; without it the next may be none.
        order = np.arange(len(flat.spike))
        since = order - np.maximum.accumulate(np.where(flat.spike, -1, order))
        drop = flat.doubled | (flat.spike & (since % 2 == 1))
        left = np.bincount(flat.ring_of, ~drop, len(flat.rings))
        drop &= left[flat.ring_of] > 2  # what is less than a ring is left to `make_valid`
        _tell(faults, _SPIKE, at, flat, drop & flat.spike)
        kept = np.flatnonzero(~drop)
        first = np.flatnonzero(np.diff(flat.ring_of[kept], prepend=-1))
        closed = np.insert(kept, np.append(first[1:], len(kept)), kept[first])
        rings = shapely.linearrings(flat.lonlat[closed], indices=flat.ring_of[closed])
        shapes[at] = _built(np.asarray(rings), flat.part_of, flat)
        at = at[flat.rows_with(drop)]


def _drop_slivers(shapes: Shapes, at: Rows, faults: Faults) -> None:
    """Take parts and holes under a centimetre wide out of the outlines ``at`` these places."""
    flat = _flat(shapes[at])
    _tell(faults, _SLIVER, at, flat, flat.thin[flat.ring_of])
    keep = ~(flat.thin | flat.thin[flat.shell][flat.part_of])
    shapes[at] = _built(flat.rings[keep], flat.part_of[keep], flat)


def _tell(faults: Faults, fault: Text, at: Rows, flat: _Flat, vertices: Mask) -> None:
    """Add a fault, with the first place of it, to each outline that has such vertices."""
    found = np.flatnonzero(vertices)
    rows, first = np.unique(flat.row(found), return_index=True)
    for place, lonlat in zip(at[rows].tolist(), flat.lonlat[found[first]], strict=True):
        faults[place].setdefault(fault, fault.filled(place=_place(*lonlat)))


def _reasons(shapes: Shapes) -> Iterator[Text]:
    """Yield what makes each outline invalid, and where."""
    flat = _flat(shapes)
    crossed = np.bincount(flat.row_of[flat.part_of], ~shapely.is_simple(flat.rings), len(shapes))
    parts, row = shapely.get_parts(shapes, return_index=True)
    amiss = np.bincount(row, ~shapely.is_valid(parts), len(shapes))
    for said, ring, part in zip(shapely.is_valid_reason(shapes), crossed, amiss, strict=True):
        name, _, position = said.partition("[")
        general = _BOW_TIE if ring else _HOLE_CROSSES if part else _PARTS_MEET
        yield _GEOS.get(name, general).filled(place=_place(*map(float, position[:-1].split())))


def _place(lon: float, lat: float) -> str:
    return f"{lon:.7f}, {lat:.7f}"


@dataclass(frozen=True, slots=True)
class _Flat:
    """Outlines as flat arrays: of vertices (a ring's first once), of rings, of parts."""

    lonlat: npt.NDArray[np.float64]
    ring_of: Rows
    doubled: Mask
    spike: Mask
    rings: Shapes
    part_of: Rows
    shell: Rows
    thin: Mask
    turned: Mask
    row_of: Rows
    hollow: Mask  # of outlines: those with a part or ring without positions

    def row(self, vertices: Any) -> Rows:
        rows: Rows = self.row_of[self.part_of[self.ring_of[vertices]]]
        return rows

    def rows_with(self, vertices: Mask) -> Mask:
        rows = np.zeros(len(self.hollow), dtype=bool)
        rows[self.row(vertices)] = True
        return rows


def _flat(shapes: Shapes) -> _Flat:
    parts, row_of = shapely.get_parts(shapes, return_index=True)
    # `make_valid` may leave lines among the parts.
    void = shapely.is_empty(parts) | (shapely.get_type_id(parts) != 3)
    hollow = np.zeros(len(shapes), dtype=bool)
    hollow[row_of[void]] = True
    parts, row_of = parts[~void], row_of[~void]
    rings, part_of = shapely.get_rings(parts, return_index=True)
    void = shapely.is_empty(rings)
    hollow[row_of[part_of[void]]] = True
    return _looked_at(rings[~void], part_of[~void], row_of, hollow)


def _looked_at(rings: Shapes, part_of: Rows, row_of: Rows, hollow: Mask) -> _Flat:
    """Return the arrays of rings, which may also be polygons without a hole."""
    lonlat, ring_of = shapely.get_coordinates(rings, return_index=True)
    goes_on = np.diff(ring_of) == 0  # the last position of a ring repeats the first
    step = [np.diff(each)[goes_on] for each in lonlat.T]
    lonlat, ring_of = np.compress(goes_on, lonlat[:-1], axis=0), ring_of[:-1][goes_on]
    first = np.flatnonzero(np.diff(ring_of, prepend=-1))
    # Metres from the first position of the ring; edge i leads from vertex i to the next.
    origin = lonlat[first]
    wide = _DEGREE_M * np.cos(np.radians(origin[:, 1]))[ring_of]
    east, north = step[0] * wide, step[1] * _DEGREE_M
    x, y = (lonlat - np.take(origin, ring_of, axis=0)).T
    x, y = x * wide, y * _DEGREE_M
    length = np.hypot(east, north)
    twice = np.bincount(ring_of, x * north - y * east, len(rings))
    way = np.bincount(ring_of, length, len(rings))

    before = np.arange(len(lonlat)) - 1
    before[first] = np.append(first[1:], len(lonlat)) - 1
    spike = east[before] * east + north[before] * north < 0  # it turns back
    at, to = np.flatnonzero(spike), before[spike]
    off = np.abs(east[to] * north[at] - north[to] * east[at])
    shorter, longer = (of_two(length[to], length[at]) for of_two in (np.minimum, np.maximum))
    spike[at] = off < longer * np.minimum(_SPIKE_M, _SPIKE_RATIO * shorter)
    is_shell = np.diff(part_of, prepend=-1) > 0
    return _Flat(
        lonlat=lonlat, ring_of=ring_of, doubled=length == 0, spike=spike,
        rings=rings, part_of=part_of, shell=np.flatnonzero(is_shell),
        thin=np.abs(twice) < _SLIVER_M * way, turned=(twice < 0) == is_shell,
        row_of=row_of, hollow=hollow,
    )  # fmt: skip


def _built(rings: Shapes, part_of: Rows, flat: _Flat) -> Shapes:
    """Return outlines of rings, of which the first of each part is its shell."""
    parts, group = np.unique(part_of, return_inverse=True)
    polygons = shapely.polygons(rings, indices=group)
    return _grouped(np.asarray(polygons), flat.row_of[parts], len(flat.hollow))


def _grouped(polygons: Shapes, of: npt.NDArray[np.int64], count: int) -> Shapes:
    """Return ``count`` polygons, multipolygons of those of one number, None where there is none."""
    made = np.full(count, None, dtype=object)
    size = np.bincount(of, minlength=count)
    alone = size[of] == 1
    made[of[alone]] = polygons[alone]
    many, group = np.unique(of[~alone], return_inverse=True)
    made[many] = shapely.multipolygons(polygons[~alone], indices=group)
    return made
