"""Outlines of two catalogues compared: reshaped, moved, renumbered, split, merged, regrouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.catalogue.schema import MEASURABLE
from pingshan_geo.figure import ObjectArray
from pingshan_geo.measures.area import measured_area
from pingshan_geo.measures.plane import Plane

#: What can become of outlines, in the order in which it is told.
OUTLINE_KINDS = (
    "split", "merged", "regrouped", "renumbered", "reshaped", "moved", "doubled", "undoubled",
    "outlined", "unoutlined",
)  # fmt: skip
# Outlines are the same within a millimetre, which is ten times the last of nine decimals.
_SAME_M = 0.001
# A moved outline may be bent by so much of its size: the degrees of another latitude are others.
_MOVED_M, _BENT = 0.01, 1e-4
_SAME_SHARE, _INSIDE, _COVERED = 0.999, 0.99, 0.99
_LINKED = 0.02  # of the smaller of two outlines: less is a sliver along an edge
_REPLACED = 0.5  # of both together: the one stands in place of the other


@dataclass(frozen=True, slots=True)
class OutlineChange:
    """What became of one outline, or of several that belong together.

    Attributes
    ----------
    kind : str
        One of `OUTLINE_KINDS`. ``doubled``: the outline stood and still stands under another id;
        ``outlined``: there was none before.
    table : str
        ``zones`` or ``parcels``.
    before, after : tuple of str
        Ids; both hold the one id of what is reshaped or moved.
    area_before_m2, area_after_m2 : float or None
        Geodesic, summed; None where there is no outline.
    is_measured : bool
        Whether all outlines are surveyed or published; areas of others are of a drawing.
    in_common : float or None
        Area in common divided by the area of both together.
    distance_m : float or None
        Of a reshaped outline the largest distance of a corner from the other outline, of a moved
        one its way.
    shapes_before, shapes_after : tuple of geometry
        In longitude and latitude, in the order of the ids.
    """

    kind: str
    table: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    area_before_m2: float | None
    area_after_m2: float | None
    is_measured: bool
    in_common: float | None
    distance_m: float | None
    shapes_before: tuple[Any, ...] = default(default=(), compare=False, repr=False)
    shapes_after: tuple[Any, ...] = default(default=(), compare=False, repr=False)


def outline_changes(
    table: str, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame
) -> tuple[OutlineChange, ...]:
    """Return what became of the outlines of a table, in the order of `OUTLINE_KINDS` and ids.

    Outlines of one id with the same bytes are put aside first, so that few changes in many rows
    take little time. The others are compared in an equal-area plane, each with those that it
    meets on the same layer (of zones: of the same kind).

    Parameters
    ----------
    table : str
        ``zones`` or ``parcels``.
    before, after : GeoDataFrame
        Indexed by id, longitude and latitude; a missing outline is None.

    Raises
    ------
    UsageError
        If a CRS cannot be measured in.

    Notes
    -----
    Equal within 1 mm at every corner is no change. ``split``: each of several new outlines lies
    inside the old one to 99 %, and together they cover 99 % of it; ``merged`` is the reverse; the
    old id may go on. A row that has got an end (``valid_to``) counts as gone. ``renumbered``: the
    same outline within 1 mm, or 99.9 % in common, under another id.

    Examples
    --------
    >>> one = gpd.GeoDataFrame(
    ...     {"geometry_status": ["surveyed"]}, index=["a"], crs="EPSG:4490",
    ...     geometry=[shapely.box(114.0, 22.0, 114.002, 22.001)])
    >>> two = gpd.GeoDataFrame(
    ...     {"geometry_status": ["surveyed"] * 2}, index=["b", "c"], crs="EPSG:4490",
    ...     geometry=[shapely.box(114.0, 22.0, 114.001, 22.001),
    ...               shapely.box(114.001, 22.0, 114.002, 22.001)])
    >>> [(each.kind, each.before, each.after) for each in outline_changes("parcels", one, two)]
    [('split', ('a',), ('b', 'c'))]
    """
    if after.crs != before.crs:  # of a catalogue both are longitude and latitude
        after = after.set_crs(before.crs, allow_override=True)
    pair = _Pair(table, before, after)
    order = {kind: place for place, kind in enumerate(OUTLINE_KINDS)}
    found = pair.found()
    return tuple(sorted(found, key=lambda each: (order[each.kind], each.before, each.after)))


class _Pair:
    """Two tables of outlines: those that differ, in metres, and what meets what."""

    def __init__(self, table: str, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
        self.table, self.before, self.after = table, before, after
        differing = _differing(before, after)
        ended = _ended(before, after)
        self.gone = [str(i) for i in before.index[~before.index.isin(after.index)]]
        self.gone += [each for each in ended if each not in set(differing)]
        self.came = [str(i) for i in after.index[~after.index.isin(before.index)]]
        self.kept = differing
        self.plane = Plane.about(before.geometry, after.geometry) if self._any() else None
        self.old = self._metres(before, [*self.gone, *self.kept])
        self.new = self._metres(after, [*self.came, *self.kept])
        # What is the same to a millimetre is written otherwise, and no change.
        same = [i for i in self.kept if _is_same(self.old.get(i), self.new.get(i))]
        self.kept = [i for i in self.kept if i not in set(same)]
        for each in same:
            self.old.pop(each, None)
            self.new.pop(each, None)

    def _any(self) -> bool:
        return bool(self.gone or self.came or self.kept)

    def found(self) -> Iterator[OutlineChange]:
        """Yield all changes; an outline that is part of one is part of no other."""
        if not self._any():
            return
        meets = self._meeting()
        free_old, free_new = dict.fromkeys(self.old), dict.fromkeys(self.new)
        for kind, old, new in self._whole(meets):
            if all(i in free_old for i in old) and all(j in free_new for j in new):
                for i in old:
                    free_old.pop(i)
                for j in new:
                    free_new.pop(j)
                yield self._change(kind, old, new)
        for each in self.kept:
            if each in free_old and each in free_new:
                free_old.pop(each)
                free_new.pop(each)
                yield self._one(each)
            elif each not in self.old and each in free_new:
                yield self._change("outlined", (), (each,))
            elif each not in self.new and each in free_old:
                yield self._change("unoutlined", (each,), ())
        yield from self._twins(free_old, free_new)

    def _whole(
        self, meets: dict[tuple[str, str], float]
    ) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """Yield candidates: split, merged, renumbered, then groups; the caller takes the free."""
        gone, came = set(self.gone), set(self.came)
        loose = {pair: area for pair, area in meets.items() if pair[0] in gone and pair[1] in came}
        for i, parts in _inside(meets, self.new, came, by=0).items():
            if _cover(parts, self.old[i]):
                yield "split", (i,), tuple(sorted(parts))
        for j, parts in _inside(meets, self.old, gone, by=1).items():
            if _cover(parts, self.new[j]):
                yield "merged", tuple(sorted(parts)), (j,)
        for (i, j), area in sorted(loose.items(), key=lambda item: (-item[1], item[0])):
            union = self.old[i].area + self.new[j].area - area
            if area > _SAME_SHARE * union or _is_same(self.old[i], self.new[j]):
                yield "renumbered", (i,), (j,)
        for old, new in _groups(meets, self.old, self.new):
            if set(old) != set(new) and self._covers(meets, old, new):
                yield "regrouped", old, new
        for (i, j), area in sorted(loose.items(), key=lambda item: (-item[1], item[0])):
            if area > _REPLACED * (self.old[i].area + self.new[j].area - area):
                yield "regrouped", (i,), (j,)

    def _covers(
        self, meets: dict[tuple[str, str], float], old: tuple[str, ...], new: tuple[str, ...]
    ) -> bool:
        common = sum(area for (i, j), area in meets.items() if i in old and j in new)
        least = max(sum(self.old[i].area for i in old), sum(self.new[j].area for j in new))
        return bool(common > _COVERED * least)

    def _twins(self, old: Iterable[str], new: Iterable[str]) -> Iterator[OutlineChange]:
        """Yield what came, or went, with the outline of one that stood and still stands."""
        sides = (("doubled", new, self.new, self.after, self.before),
                 ("undoubled", old, self.old, self.before, self.after))  # fmt: skip
        for kind, ids, shapes, own, other in sides:
            here = [i for i in ids if i in shapes and i not in set(self.kept)]
            for row, stays in self._same_outline(own.loc[here], other):
                if stays in self.before.index and stays in self.after.index and row != stays:
                    both = tuple(sorted((row, stays)))
                    pair = ((stays,), both) if kind == "doubled" else (both, (stays,))
                    yield self._change(kind, *pair)

    def _same_outline(
        self, own: gpd.GeoDataFrame, other: gpd.GeoDataFrame
    ) -> Iterator[tuple[str, str]]:
        """Yield each id with that of the first row of the other table with the same outline."""
        if self.plane is None or own.empty:
            return
        tree = shapely.STRtree(other.geometry.to_numpy())
        left, right = tree.query(own.geometry.to_numpy(), predicate="intersects")
        same = _layer(own, self.table)[left] == _layer(other, self.table)[right]
        left, right = left[same], right[same]
        ones = self.plane.shapes(own.geometry.iloc[left])
        twos = self.plane.shapes(other.geometry.iloc[right])
        seen: set[int] = set()
        for i, j, one, two in zip(left.tolist(), right.tolist(), ones, twos, strict=True):
            if i not in seen and one is not None and two is not None and _is_same(one, two):
                seen.add(i)
                yield str(own.index[i]), str(other.index[j])

    def _one(self, row: str) -> OutlineChange:
        """Return a row whose outline is another: moved where the shape is the same elsewhere."""
        one, two = self.old[row], self.new[row]
        (x, y), (to_x, to_y) = one.centroid.coords[0], two.centroid.coords[0]
        size = float(np.hypot(one.bounds[2] - one.bounds[0], one.bounds[3] - one.bounds[1]))
        near, way = max(_MOVED_M, _BENT * size), float(np.hypot(to_x - x, to_y - y))
        there = shapely.transform(one, lambda xy: np.add(xy, (to_x - x, to_y - y)))
        if way > near and shapely.hausdorff_distance(there, two) <= near:
            return self._change("moved", (row,), (row,), way)
        return self._change("reshaped", (row,), (row,), float(shapely.hausdorff_distance(one, two)))

    def _change(
        self, kind: str, old: tuple[str, ...], new: tuple[str, ...], distance: float | None = None
    ) -> OutlineChange:
        one, two = self.before.loc[list(old)], self.after.loc[list(new)]
        assert self.plane is not None  # noqa: S101 -- there is something to compare
        was, now = (shapely.union_all(self.plane.shapes(each.geometry)) for each in (one, two))
        both = float(shapely.area(shapely.union(was, now)))
        shared = float(shapely.area(shapely.intersection(was, now)))
        common = shared / both if both and old and new else None
        statuses = [*one["geometry_status"], *two["geometry_status"]]
        return OutlineChange(
            kind=kind, table=self.table, before=old, after=new,
            area_before_m2=_area(one), area_after_m2=_area(two),
            is_measured=all(status in MEASURABLE for status in statuses),
            in_common=common, distance_m=distance,
            shapes_before=tuple(one.geometry), shapes_after=tuple(two.geometry),
        )  # fmt: skip

    def _metres(self, table: gpd.GeoDataFrame, ids: list[str]) -> dict[str, Any]:
        if self.plane is None:
            return {}
        shapes = self.plane.shapes(table.geometry.reindex(ids))
        return {i: shape for i, shape in zip(ids, shapes, strict=True) if shape is not None}

    def _meeting(self) -> dict[tuple[str, str], float]:
        """Return the area in common, m², of each old and new outline of one layer that meet."""
        old, new = list(self.old), list(self.new)
        one = _layer(self.before.loc[old], self.table)
        two = _layer(self.after.loc[new], self.table)
        olds, news = _array(self.old), _array(self.new)
        left, right = shapely.STRtree(news).query(olds, predicate="intersects")
        same = one[left] == two[right]
        left, right = left[same], right[same]
        areas = shapely.area(shapely.intersection(olds[left], news[right])).tolist()
        places = zip(left.tolist(), right.tolist(), areas, strict=True)
        return {(old[i], new[j]): area for i, j, area in places if area > 0}


def _array(shapes: dict[str, Any]) -> ObjectArray:
    found = np.empty(len(shapes), dtype=object)
    found[:] = list(shapes.values())
    return found


def _differing(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> list[str]:
    """Return the ids that stand in both with other bytes of outline."""
    shared = before.index[before.index.isin(after.index)]
    one = shapely.to_wkb(before.geometry.to_numpy()[before.index.get_indexer(shared)])
    two = shapely.to_wkb(after.geometry.to_numpy()[after.index.get_indexer(shared)])
    return [str(each) for each in shared[(one != two).astype(bool)]]


def _ended(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> list[str]:
    """Return the ids whose row has got an end that it had not."""
    if "valid_to" not in before or "valid_to" not in after:
        return []
    now = after["valid_to"].dropna().index
    was = before["valid_to"].dropna().index
    return [str(each) for each in now if each in before.index and each not in was]


def _layer(table: gpd.GeoDataFrame, name: str) -> ObjectArray:
    column = "kind" if name == "zones" else "layer"
    if column not in table:
        return np.full(len(table), "surface", dtype=object)
    own = table[column].to_numpy(dtype=object)
    return np.where(pd.isna(own), "surface", own)


def _is_same(one: Any, two: Any) -> bool:
    if one is None or two is None:
        return one is two
    return float(shapely.hausdorff_distance(one, two)) <= _SAME_M


def _inside(
    meets: dict[tuple[str, str], float], shapes: dict[str, Any], loose: set[str], by: int
) -> dict[str, dict[str, float]]:
    """Return by whole the parts that lie in it: those that came (or went), and its own id."""
    parts: dict[str, dict[str, float]] = defaultdict(dict)
    for pair, area in meets.items():
        whole, part = pair[by], pair[1 - by]
        if (part in loose or part == whole) and area > _INSIDE * shapes[part].area:
            parts[whole][part] = area
    return parts


def _cover(parts: dict[str, float], whole: Any) -> bool:
    """Return whether several parts cover a whole, once."""
    return len(parts) > 1 and _COVERED < sum(parts.values()) / float(whole.area) < 2 - _COVERED


def _groups(
    meets: dict[tuple[str, str], float], old: dict[str, Any], new: dict[str, Any]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the sets of old and new outlines that hang together by more than slivers."""
    linked: dict[tuple[int, str], set[tuple[int, str]]] = defaultdict(set)
    for (i, j), area in meets.items():
        if area > _LINKED * min(old[i].area, new[j].area):
            linked[0, i].add((1, j))
            linked[1, j].add((0, i))
    seen: set[tuple[int, str]] = set()
    for start in list(linked):
        group, ahead = set[tuple[int, str]](), [start]
        while ahead:
            each = ahead.pop()
            if each not in seen:
                seen.add(each)
                group.add(each)
                ahead += linked[each]
        if group:
            sides = (tuple(sorted(i for side, i in group if side == s)) for s in (0, 1))
            yield next(sides), next(sides)


def _area(table: gpd.GeoDataFrame) -> float | None:
    areas = measured_area(table.geometry).dropna()
    return float(areas.sum()) if len(areas) else None
