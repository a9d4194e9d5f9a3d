"""Pieces of parcels through which the outline of a zone runs once, from arrays of coordinates.

Nearly every parcel on the outline of a zone is such a one: two edges cross it, one inwards and one
outwards, and what lies in the zone is the way of the zone between the two and the way of the parcel
back. That takes a tenth of the time of GEOS, which is left all that is not plain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.ragged import (
    cross,
    expand,
    flat_rings,
    groups,
    is_one_ring,
    signed_areas,
)

#: What lies nearer to an edge than this may be on either side of it, or on it.
_CLEAR_M = 1e-6
_CHAIN = 4  # edges; to make a line of each edge would take longer than the cuts


@dataclass(frozen=True, slots=True)
class Loops:
    """The rings of polygons, land on the left of each edge.

    Attributes
    ----------
    xy : array of float
        Vertices ring by ring, in two columns, the last of a ring not the first again.
    ring : array of int
        Ring of each vertex, and of the edge that begins there.
    first, size : array of int
        First vertex and number of vertices of each ring.
    owner : array of int
        Polygon of each ring.
    way : array of float
        From each vertex to the next, in two columns.
    """

    xy: FloatArray
    ring: IntArray
    first: IntArray
    size: IntArray
    owner: IntArray
    way: FloatArray

    @classmethod
    def of(cls, shapes: ObjectArray) -> Loops:
        """Return the rings of valid polygons and multipolygons, of which some may be None."""
        xy, ring, owner, is_shell = flat_rings(shapes)
        first, _ = groups(ring)
        is_turned = (signed_areas(xy, ring, first) > 0) != is_shell
        size = np.diff(np.append(first, len(ring)))
        row = np.arange(len(ring))
        row = np.where(is_turned[ring], (2 * first + size - 1)[ring] - row, row)
        xy = xy[row]
        edge = np.flatnonzero(ring[1:] == ring[:-1])
        way = xy[edge + 1] - xy[edge]
        return cls(xy[edge], ring[edge], first - np.arange(len(first)), size - 1, owner, way)

    def after(self, vertex: IntArray, steps: int | IntArray = 1) -> IntArray:
        """Return the vertex some steps on along the ring."""
        first, size = (each[self.ring[vertex]] for each in (self.first, self.size))
        return np.asarray(first + (vertex - first + steps) % size)


@dataclass(frozen=True, slots=True)
class Chains:
    """Loops cut into runs of a few edges each, and a tree to find those near a place.

    Attributes
    ----------
    loops : Loops
        Of some polygons.
    start, count : array of int
        First edge of each run, and how many are in it.
    tree : STRtree
        Of the runs. May be asked by several threads at once.
    """

    loops: Loops
    start: IntArray
    count: IntArray
    tree: shapely.STRtree

    @classmethod
    def of(cls, shapes: ObjectArray) -> Chains:
        """Return the runs of valid polygons and multipolygons, of which some may be None."""
        loops = Loops.of(shapes)
        place = np.arange(len(loops.ring)) - loops.first[loops.ring]
        start = np.flatnonzero(place % _CHAIN == 0)
        count = np.minimum(loops.size[loops.ring[start]] - place[start], _CHAIN)
        run, step = expand(np.zeros(len(start), dtype=np.int64), count + 1)
        xy = loops.xy[loops.after(start[run], step)]
        lines = np.asarray(shapely.linestrings(xy, indices=run), dtype=object)
        return cls(loops, start, count, shapely.STRtree(lines))

    def near(self, boxes: ObjectArray) -> tuple[IntArray, IntArray]:
        """Return the pairs of a shape and an edge whose boxes meet."""
        row, run = self.tree.query(boxes)
        pair, edge = expand(self.start[run], self.count[run])
        row = row[pair]
        low, high = shapely.bounds(boxes)[row].reshape(-1, 2, 2).transpose(1, 0, 2)
        ends = np.stack([self.loops.xy[edge], self.loops.xy[edge] + self.loops.way[edge]])
        is_near = ((ends.min(axis=0) <= high) & (ends.max(axis=0) >= low)).all(axis=1)
        return row[is_near], edge[is_near]


def crossed_once(parcels: ObjectArray, outlines: Chains) -> tuple[IntArray, IntArray, ObjectArray]:
    """Return the pieces of parcels in zones whose outline runs once through them.

    Parameters
    ----------
    parcels : array of shapes
        Valid polygons and multipolygons of a plane, in metres; None is left out.
    outlines : Chains
        Of valid zones in that plane.

    Returns
    -------
    parcel, zone : array of int
        Positions, a pair once. Left out are parcels with holes or several parts, and pairs of which
        an outline touches the other, runs along it, crosses it more than twice, or lies within it.
    piece : array of shapes
        Polygons.
    """
    plain = np.flatnonzero(is_one_ring(parcels))
    loops, zones = Loops.of(parcels[plain]), outlines.loops
    parcel, edge = outlines.near(parcels[plain])
    zone = zones.owner[zones.ring[edge]]
    order = np.lexsort((zone, parcel))
    parcel, edge, zone = parcel[order], edge[order], zone[order]
    first, pair = groups(parcel * (zones.owner.max(initial=0) + 1) + zone)
    is_other_ring = zones.ring[edge] != zones.ring[edge[first]][pair]

    row, side = expand(loops.first[parcel], loops.size[parcel])
    one, two, begin, end = _lefts(loops, side, zones, edge[row])
    ends, zone_ends = np.sign(one) * np.sign(two), np.sign(begin) * np.sign(end)
    is_crossing = (ends < 0) & (zone_ends < 0)
    is_doubtful = ~is_crossing & (ends <= 0) & (zone_ends <= 0)
    is_in, is_out = is_crossing & (end > 0), is_crossing & (end < 0)
    is_once = np.bincount(pair, is_other_ring, len(first)) == 0
    for count, each in ((0, is_doubtful), (1, is_in), (1, is_out)):
        is_once &= np.bincount(pair[row], each, len(first)) == count
    # Rows come pair by pair, so that the n-th way in and the n-th way out are of the n-th pair.
    ins, outs = (np.flatnonzero(each & is_once[pair[row]]) for each in (is_in, is_out))
    piece = _pieces(loops, zones, *((side[each], edge[row[each]]) for each in (ins, outs)))
    # Where lines lie within rounding of each other a piece may cross itself.
    is_valid = shapely.is_valid(piece)
    row = row[ins[is_valid]]
    return plain[parcel[row]], zone[row], piece[is_valid]


def _lefts(loops: Loops, side: IntArray, zones: Loops, edge: IntArray) -> tuple[FloatArray, ...]:
    """Return how far left of an edge of a zone a parcel's starts and ends, and the other way round.

    What is too near to tell is 0.
    """
    way, zone_way = loops.way[side], zones.way[edge]
    apart = zones.xy[edge] - loops.xy[side]
    found = []
    for line, ends in ((zone_way, (-apart, way - apart)), (way, (apart, apart + zone_way))):
        length = np.hypot(*line.T)
        for each in ends:
            left = cross(line, each)
            left[abs(left) <= _CLEAR_M * length] = 0.0
            found.append(left)
    return tuple(found)


def _pieces(loops: Loops, zones: Loops, *crossings: tuple[IntArray, IntArray]) -> ObjectArray:
    """Return the polygons between the edges of parcels and zones where a zone comes in and goes."""
    (side_in, edge_in), (side_out, edge_out) = crossings
    points, share, zone_share = [], [], []
    for side, edge in crossings:
        one, two, begin, end = _lefts(loops, side, zones, edge)
        share.append(one / (one - two))
        zone_share.append(begin / (begin - end))
        points.append(loops.xy[side] + share[-1][:, None] * loops.way[side])
    inside = _vertices(zones, edge_in, edge_out, zone_share[0] > zone_share[1])
    along = _vertices(loops, side_out, side_in, share[1] > share[0])
    all_ = np.arange(len(side_in))
    piece = np.concatenate([all_, inside[0], all_, along[0], all_])
    xy = np.concatenate([points[0], inside[1], points[1], along[1], points[0]])
    ends = np.append(0, np.cumsum(np.bincount(piece, minlength=len(all_))))
    found = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        xy[np.argsort(piece, kind="stable")],
        (ends, np.arange(len(ends))),
    )
    return np.asarray(found, dtype=object)


def _vertices(
    loops: Loops, edge: IntArray, last: IntArray, is_behind: BoolArray
) -> tuple[IntArray, FloatArray]:
    """Return the vertices on the ways from an edge to another, and the way of each.

    On one and the same edge that is none, or all where the way starts behind its end.
    """
    size = loops.size[loops.ring[edge]]
    steps = (last - edge) % size
    steps = np.where((steps == 0) & is_behind, size, steps)
    way, step = expand(np.ones(len(steps), dtype=np.int64), steps)
    return way, loops.xy[loops.after(edge[way], step)]
