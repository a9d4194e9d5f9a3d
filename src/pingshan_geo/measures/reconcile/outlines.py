"""Causes that the outline of a lot tells: holes, parts, arcs drawn as chords, generalisation."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from pingshan_geo.figure import FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.area import measured_area
from pingshan_geo.measures.reconcile.case import Case, in_units, texts_of
from pingshan_geo.measures.reconcile.choice import Scores
from pingshan_geo.measures.reconcile.tolerance import rings

# A hole or part among so many is not guessed at.
_MOST = 20
# Chords of one arc turn by 1.5 to 60 degrees each; three of them are the fewest that show one.
_TURN_RAD, _LEAST_CHORDS = (np.radians(1.5), np.radians(60)), 3
# An outline of more corners than this is no generalised one, ...
_MOST_CORNERS = 100
# ... nor is one that shares more than this part of its corners with its neighbours.
_SHARED, _NEAR_M, _LEAST_CORNERS = 0.3, 0.05, 4
# One whose neighbours are near, but share no corner with it, was drawn apart from them: so many
# times as likely generalised as one without neighbours.
_ODD_ONE = 40.0


def by_outline(case: Case, scores: Scores, position_m: float) -> None:
    """Offer every cause that the outline of a row tells."""
    shapes = case.lots.geometry.to_numpy()[case.rows]
    _holes(case, scores, shapes)
    _parts(case, scores, shapes)
    starts, xy, of_row = rings(case.lots.geometry.iloc[case.rows])
    sectors = _sectors(starts, xy, of_row, len(shapes), position_m)
    case.added(scores, "arcs-flattened", np.where(sectors == 0, np.nan, sectors))
    _generalised(case, scores, (starts, xy, of_row))


def _shares(case: Case, cause: str, scores: Scores, rows: IntArray, part: FloatArray,
            share: FloatArray) -> None:  # fmt: skip
    """Offer parts of the areas of rows that come several times."""
    for weight, base in case.bases():
        area = base[case.rows[rows]]
        scores.offer(cause, rows, area * part, sigma_m2=case.sigma[rows], share=share * weight,
                     value=np.abs(area * (part - 1)))  # fmt: skip


def _holes(case: Case, scores: Scores, shapes: np.ndarray) -> None:
    parts, of_row = shapely.get_parts(shapes, return_index=True)
    kept = shapely.get_num_interior_rings(parts) > 0
    lines, at = shapely.get_rings(parts[kept], return_index=True)
    inner = np.concatenate([[False], at[1:] == at[:-1]]) if len(at) else np.zeros(0, dtype=bool)
    rows = of_row[kept][at][inner]
    area = _areas(case, shapely.polygons(lines[inner])) / case.geodesic[case.rows[rows]]
    count = np.bincount(rows, minlength=len(shapes))
    whole = np.flatnonzero(count)
    total = np.bincount(rows, weights=area, minlength=len(shapes))[whole]
    several = (count[rows] > 1) & (count[rows] <= _MOST)
    rows = np.concatenate([whole, rows[several]])
    part = 1 + np.concatenate([total, area[several]])
    # All of them is as likely as any one of them.
    share = np.concatenate([np.where(count[whole] > 1, 0.5, 1.0), 0.5 / count[rows[len(whole) :]]])
    _shares(case, "hole-not-subtracted", scores, rows, part, share)


def _parts(case: Case, scores: Scores, shapes: np.ndarray) -> None:
    parts, rows = shapely.get_parts(shapes, return_index=True)
    count = shapely.get_num_geometries(shapes)[rows]
    kept = (count > 1) & (count <= _MOST)
    rows, share = rows[kept], 0.5 / count[kept]
    part = _areas(case, parts[kept]) / case.geodesic[case.rows[rows]]
    for each in (part, 1 - part):
        _shares(case, "part-missing", scores, rows, each, share)


def _areas(case: Case, shapes: ObjectArray) -> FloatArray:
    areas = measured_area(gpd.GeoSeries(shapes, crs=case.lots.crs))
    return np.asarray(areas, dtype=np.float64)


def _sectors(
    starts: IntArray, xy: FloatArray, of_row: IntArray, size: int, position_m: float
) -> FloatArray:
    """Return the area between arcs and their chords, of each row, in m².

    An arc is three chords or more of one length and one turn from each to the next. Between a
    chord c and its arc of turn θ lies c²·(θ - sin θ)/(8 sin²(θ/2)).
    """
    total = np.zeros(size)
    for ring in range(len(starts) - 1):
        line = xy[starts[ring] : starts[ring + 1]]
        step = np.diff(line, axis=0)
        length = np.hypot(*step.T)
        if len(length) < _LEAST_CHORDS + 2 or not length.all():
            continue
        heading = np.arctan2(step[:, 1], step[:, 0])
        turn = (np.roll(heading, -1) - heading + np.pi) % (2 * np.pi) - np.pi
        sign = np.sign(0.5 * np.sum(line[:-1, 0] * line[1:, 1] - line[1:, 0] * line[:-1, 1]))
        # Two lengths differ by √3 position errors, two turns by √10 over the chord; thrice that.
        off = 5 * position_m
        bent = (np.abs(turn) > _TURN_RAD[0]) & (np.abs(turn) < _TURN_RAD[1])
        even = np.abs(np.roll(length, -1) - length) < off
        like = np.abs(np.roll(turn, -1) - turn) < 2 * off / length
        # A corner belongs to an arc if its chords are alike, and so is the next corner's turn.
        corner = bent & even
        pair = corner & np.roll(corner, -1) & like
        total[of_row[ring]] += sign * _segments(pair, turn, length)
    return total


def _segments(pair: np.ndarray, turn: FloatArray, length: FloatArray) -> float:
    """Return the signed area of the circular segments of all arcs of a ring."""
    if not pair.any() or pair.all():
        return 0.0
    # Begin at a place that no arc goes over.
    shift = -(int(np.flatnonzero(~pair)[0]) + 1)
    pair, turn, length = (np.roll(part, shift) for part in (pair, turn, length))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], pair.astype(int), [0]])))
    area = 0.0
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        angle = float(turn[first : end + 1].mean())  # corners first to end
        chords = length[np.arange(first, end + 2) % len(length)]
        wide = abs(angle)
        segment = (wide - np.sin(wide)) / (8 * np.sin(wide / 2) ** 2)
        area += np.sign(angle) * segment * float((chords**2).sum())
    return area


def _generalised(
    case: Case, scores: Scores, outline: tuple[IntArray, FloatArray, IntArray]
) -> None:
    """Offer any area that an outline of few corners may have been drawn for.

    An edge e that stands for a bow of turn θ leaves out e²θ/12 on one side. The turn at a corner
    tells how much the line bends at this scale: the sum with signs is what a bow outwards all
    around leaves out, the root of the sum of squares what chance leaves. Where the line bends more
    often than it has corners, all edges may leave out on one side, however they turn: the sum
    without signs. Either is as likely.
    """
    starts, xy, of_row = outline
    size = len(case.rows)
    bow, square, most = np.zeros(size), np.zeros(size), np.zeros(size)
    edge = np.full(size, np.nan)
    status = texts_of(case.lots, "geometry_status")[case.rows]
    corners = shapely.get_num_coordinates(case.lots.geometry.to_numpy()[case.rows])
    usable = np.isin(status, ("published", "approximate")) & (corners <= _MOST_CORNERS)
    usable &= corners > _LEAST_CORNERS
    asked = np.flatnonzero(usable)
    shared, beside = _fitted(case, asked)
    usable[asked] = ~shared
    alone = np.ones(size)
    alone[asked[beside]] = _ODD_ONE
    for ring in np.flatnonzero(usable[of_row]):
        step = np.diff(xy[starts[ring] : starts[ring + 1]], axis=0)
        heading = np.arctan2(step[:, 1], step[:, 0])
        turn = (np.roll(heading, -1) - heading + np.pi) % (2 * np.pi) - np.pi
        left_out = (step**2).sum(axis=1) * (turn + np.roll(turn, 1)) / 2 / 12
        bow[of_row[ring]] += abs(left_out.sum())
        square[of_row[ring]] += float((left_out**2).sum())
        most[of_row[ring]] += float(np.abs(left_out).sum())
        edge[of_row[ring]] = np.hypot(*step.T).mean()
    for deviation in (np.hypot(bow, np.sqrt(square)), most):
        sigma = np.hypot(case.sigma, np.where(usable, deviation, np.nan))
        for weight, base in case.bases():
            scores.offer("generalised-outline", case.own, base[case.rows], sigma_m2=sigma,
                         share=weight * alone / 2, value=edge)  # fmt: skip


def _fitted(case: Case, rows: IntArray) -> tuple[np.ndarray, np.ndarray]:
    """Return of rows whether their corners stand on others' borders, and whether others are near.

    Near is within a twentieth of the length of the outline.
    """
    shapes = case.lots.geometry.to_numpy()
    own = shapes[case.rows[rows]]
    points, of = shapely.get_coordinates(own, return_index=True)
    reach = in_units(case.lots.crs, _NEAR_M)
    tree, dots = case.lots.sindex, np.asarray(shapely.points(points))
    dot, other = tree.query(dots, predicate="dwithin", distance=reach)
    drawn = ~np.isnan(case.geodesic)  # what is only sketched was drawn after the outline
    foreign = (other != case.rows[rows][of[dot]]) & drawn[other]
    dot, other = dot[foreign], other[foreign]
    near = shapely.dwithin(shapely.boundary(shapes[other]), dots[dot], reach)
    hit = np.zeros(len(dots), dtype=bool)
    hit[dot[near]] = True
    share = np.bincount(of, weights=hit, minlength=len(rows)) / np.bincount(of, minlength=len(rows))
    one, two = tree.query(own, predicate="dwithin", distance=shapely.length(own) / 20)
    beside = np.isin(np.arange(len(rows)), one[drawn[two] & (two != case.rows[rows][one])])
    return share > _SHARED, beside
