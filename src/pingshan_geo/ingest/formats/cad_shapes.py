"""Outlines of CAD entities: arcs become short straight pieces, every ring a polygon.

A piece leaves its arc by at most 1 mm and by at most a ten-thousandth of the radius; the second
holds for drawings in degrees.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.ingest.formats.rings import nested

Points = npt.NDArray[np.float64]

#: Entities that may be outlines.
OUTLINES = frozenset({"LWPOLYLINE", "POLYLINE", "HATCH", "MPOLYGON", "CIRCLE", "ELLIPSE", "SPLINE"})
_RELATIVE = 1e-4
_SMALLEST = 1e-12  # below, the arc cosine has no digits left
_MOST_PIECES = 1024  # of a spline between two knots
_SPLINE_FRAME = 16  # flag of a vertex that only steers a curve


def is_outline(entity: Any) -> bool:
    """Return whether an entity is a closed curve or a line of vertices that may be closed."""
    kind = entity.dxftype()
    if kind == "POLYLINE":
        return bool(entity.is_2d_polyline or entity.is_3d_polyline)
    if kind == "ELLIPSE":
        return bool(abs(abs(entity.dxf.end_param - entity.dxf.start_param) - math.tau) < 1e-9)
    if kind == "SPLINE":
        tool = entity.construction_tool()
        first, last = tool.points(_domain(tool)[[0, -1]])
        return bool(entity.closed or first.isclose(last, abs_tol=1e-9))
    return kind in OUTLINES


def rings_of(entity: Any, tolerance: float) -> Iterator[tuple[Points, bool]]:
    """Yield the rings of an entity: positions (n, 3) in the drawing, and whether they are closed.

    Parameters
    ----------
    entity : ezdxf.entities.DXFGraphic
        One for which `is_outline` is true.
    tolerance : float
        How far a straight piece may leave its arc, in the units of the drawing.
    """
    kind = entity.dxftype()
    if kind in {"HATCH", "MPOLYGON"}:
        style = entity.dxf.get("hatch_style", 0)
        rings = [
            ring
            for path in entity.paths.rendering_paths(style)
            for ring in _boundary(path, tolerance)
        ]
        height = entity.dxf.elevation.z
        yield from ((_in_drawing(entity, ring, height), True) for ring in rings)
    elif kind == "LWPOLYLINE":
        points = np.array(entity.lwpoints.values, dtype=float).reshape(-1, 5)[:, [0, 1, 4]]
        flat = _straight(points, tolerance, closed=entity.closed)
        yield _in_drawing(entity, flat, entity.dxf.elevation), entity.closed
    elif kind == "POLYLINE":
        vertices = [each for each in entity.vertices if not each.dxf.flags & _SPLINE_FRAME]
        places = np.array([each.dxf.location for each in vertices], dtype=float).reshape(-1, 3)
        if entity.is_2d_polyline:
            bulges = np.array([each.dxf.get("bulge", 0) for each in vertices], dtype=float)
            points = np.column_stack([places[:, :2], bulges])
            flat = _straight(points, tolerance, closed=entity.is_closed)
            places = _in_drawing(entity, flat, entity.dxf.elevation.z)
        yield places, entity.is_closed
    elif kind == "CIRCLE":
        centre, radius = entity.dxf.center, abs(entity.dxf.radius)
        points = _arc(np.array([centre.x, centre.y]), radius, 0, math.tau, tolerance)
        yield _in_drawing(entity, points, centre.z), True
    else:
        yield _curve(entity.construction_tool(), tolerance), True


def polygon(rings: Iterable[Points]) -> shapely.Geometry | None:
    """Return the area inside rings (n, 2): a ring in a ring is a hole, one in a hole a part.

    Rings of fewer than three places become a line or a point, which no parcel is; none, None.
    """
    made: list[Any] = [_ring(ring) for ring in rings if len(ring)]
    areas = [each for each in made if each.geom_type == "Polygon"]
    if len(areas) <= 1:
        return next(iter([*areas, *made]), None)
    if not all(shapely.is_valid(each) for each in areas):
        return shapely.MultiPolygon(areas)
    whole: shapely.Geometry = nested(np.array(areas))
    return whole


def line(points: Points) -> shapely.Geometry | None:
    """Return an open line of positions (n, 2); a point where there is one, None for none."""
    if len(points) < 2:
        return shapely.Point(points[0]) if len(points) else None
    return shapely.LineString(points)


def _ring(points: Points) -> shapely.Geometry | None:
    if len(set(map(tuple, points.tolist()))) >= 3:
        return shapely.Polygon(points)
    return line(points)


def _array(vertices: Iterable[Any]) -> Points:
    return np.array([each.xyz for each in vertices], dtype=float).reshape(-1, 3)


def _in_drawing(entity: Any, points: Points, height: float) -> Points:
    """Return positions (n, 3) in the drawing's axes; an entity may have its own."""
    places = np.zeros((len(points), 3))
    places[:, :2], places[:, 2] = points[:, :2], height
    ocs = entity.ocs()
    if not ocs.transform:
        return places
    from ezdxf.math import Vec3

    return _array(ocs.points_to_wcs(Vec3.generate(places)))


def _arc(centre: Points, radius: float, start: float, sweep: float, tolerance: float) -> Points:
    """Return positions on an arc (radians, counter-clockwise positive), both ends included."""
    if not radius:
        return np.array([centre])
    share = max(min(tolerance / radius, _RELATIVE), _SMALLEST)
    pieces = max(math.ceil(abs(sweep) / (2 * math.acos(1 - share))), 1)
    angles = start + sweep * np.linspace(0, 1, pieces + 1)
    return centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])


def _straight(points: Points, tolerance: float, *, closed: bool) -> Points:
    """Return the line of vertices x, y, bulge with its arcs as straight pieces.

    The bulge is the tangent of a quarter of the arc's angle, positive to the left of the chord's
    way (counter-clockwise).
    """
    if not points[:, 2].any():
        return points[:, :2]
    following = np.roll(points, -1, axis=0)
    pieces = []
    for place, (x, y, bulge) in enumerate(points):
        here, there = np.array([x, y]), following[place, :2]
        chord = there - here
        if not bulge or not chord.any() or (place == len(points) - 1 and not closed):
            pieces.append(here[None])
            continue
        # The centre lies on the chord's perpendicular, (1 - b²) / 4b of its length away.
        centre = here + chord / 2 + np.array([-chord[1], chord[0]]) * (1 - bulge**2) / (4 * bulge)
        start = math.atan2(*(here - centre)[::-1])
        radius = float(np.hypot(*(here - centre)))
        pieces.append(_arc(centre, radius, start, 4 * math.atan(bulge), tolerance)[:-1])
    return np.concatenate(pieces)


def _boundary(path: Any, tolerance: float) -> Iterator[Points]:
    """Yield the rings of one boundary of a hatch: a line of vertices, or edges end to end."""
    if hasattr(path, "vertices"):
        points = np.array(path.vertices, dtype=float).reshape(-1, 3)
        yield _straight(points, tolerance, closed=True)
        return
    ring: list[Points] = []
    edges = [each for each in (_edge(edge, tolerance) for edge in path.edges) if len(each)]
    for place, edge in enumerate(edges):
        if not ring:  # the first edge runs towards the second
            second = edges[(place + 1) % len(edges)]
            ring = [edge if _gap(edge[-1], second) <= _gap(edge[0], second) else edge[::-1]]
            continue
        end = ring[-1][-1]
        if _gap(end, edge) > tolerance >= np.hypot(*(end - ring[0][0])):  # another ring begins
            yield np.concatenate(ring)
            ring = [edge]
            continue
        ring.append(
            edge if np.hypot(*(edge[0] - end)) <= np.hypot(*(edge[-1] - end)) else edge[::-1]
        )
    if ring:
        yield np.concatenate(ring)


def _gap(place: Points, edge: Points) -> float:
    """Return how far a position lies from the nearer end of an edge."""
    return float(min(np.hypot(*(edge[0] - place)), np.hypot(*(edge[-1] - place))))


def _edge(edge: Any, tolerance: float) -> Points:
    kind = edge.EDGE_TYPE
    if kind == "LineEdge":
        return np.array([tuple(edge.start)[:2], tuple(edge.end)[:2]], dtype=float)
    if kind == "ArcEdge":
        start, end = math.radians(edge.start_angle), math.radians(edge.end_angle)
        sweep = (end - start) % math.tau or math.tau
        return _arc(
            np.array(tuple(edge.center)[:2], dtype=float), edge.radius, start, sweep, tolerance
        )
    return _curve(edge.construction_tool(), tolerance)[:, :2]


def _curve(tool: Any, tolerance: float) -> Points:
    """Return positions on an ellipse or spline of ezdxf."""
    if not hasattr(tool, "knots"):
        size = tool.major_axis.magnitude
        return _array(tool.flattening(min(tolerance, size * _RELATIVE) or tolerance))
    spans = _domain(tool)
    size = float(np.ptp(_array(tool.control_points), axis=0).max())
    bend, pieces = math.inf, 2
    while bend > min(tolerance, size * _RELATIVE) and pieces < _MOST_PIECES:
        pieces *= 2
        steps = np.arange((len(spans) - 1) * pieces + 1) / pieces
        points = _array(tool.points(np.interp(steps, np.arange(len(spans)), spans)))
        # An eighth of the second difference is how far a chord leaves the curve.
        bend = float(np.linalg.norm(np.diff(points, 2, axis=0), axis=1).max()) / 8
    return points


def _domain(tool: Any) -> npt.NDArray[np.float64]:
    """Return the knots between which a spline is defined: all but those that lead in and out."""
    degree = tool.order - 1
    return np.unique(np.array(tool.knots())[degree : len(tool.knots()) - degree])
