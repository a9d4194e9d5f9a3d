"""Causes that several rows tell together: neighbours, common codes, swaps, common ratios."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.area import measured_area, measured_area_plane
from pingshan_geo.measures.reconcile.case import Case, in_units, texts_of
from pingshan_geo.measures.reconcile.choice import Scores, other_reason
from pingshan_geo.measures.reconcile.numbers import EARTH_RADIUS_M
from pingshan_geo.measures.reconcile.tolerance import SIGMAS, area_sigma_per_m
from pingshan_geo.measures.recorded import implied_bounds

# Lots that lie closer are neighbours; merged or divided ones are of comparable size.
_NEAR_M, _RATIOS = 0.2, (0.02, 50.0)
# Half of the last digit of a height, and the highest ground of a city, in m.
_HIGHEST_M = 4000.0
_LEAST_LOTS = 3  # that can share a ratio
# An outline that covers another lot is wrong as it is: so many times as likely a lost hole.
_COVERS = 10.0


def by_group(
    case: Case, scores: Scores, totals: pd.Series[float] | None,
    earlier: gpd.GeoDataFrame | None, position_m: float,
) -> None:  # fmt: skip
    """Offer every cause that takes other rows to tell."""
    _neighbours(case, scores)
    _codes(case, scores)
    _swapped(case, scores)
    _common_height(case, scores)
    if totals is not None:
        _control_totals(case, scores, totals)
    if earlier is not None and len(earlier):
        _earlier(case, scores, earlier, position_m)


def _per_row(rows: IntArray, size: int) -> FloatArray:
    """Return for each entry the share of one among those of its row."""
    return np.asarray(1 / np.bincount(rows, minlength=size)[rows], dtype=np.float64)


def _neighbours(case: Case, scores: Scores) -> None:
    """Offer sums with neighbours, and lots inside taken away."""
    shapes = case.lots.geometry.to_numpy()
    ratio = case.recorded[case.rows] / case.geodesic[case.rows]
    asked = np.flatnonzero((ratio > _RATIOS[0]) & (ratio < _RATIOS[1]))
    own, other = case.lots.sindex.query(
        shapes[case.rows[asked]], predicate="dwithin", distance=in_units(case.lots.crs, _NEAR_M)
    )
    own = asked[own]
    kept = (other != case.rows[own]) & ~np.isnan(case.geodesic[other])
    own, other = own[kept], other[kept]
    inside = shapely.contains(shapes[case.rows[own]], shapely.point_on_surface(shapes[other]))
    sigma = np.hypot(case.sigma[own], case.sigma_m2[other])
    for weight, base in case.bases():
        both = base[case.rows[own]] + base[other]
        unknown = np.isnan(case.recorded[other])
        for cause, share in (("lots-merged", 1.0), ("lots-split", np.where(unknown, 1.0, 0.1))):
            scores.offer(cause, own, np.where(inside, np.nan, both), sigma_m2=sigma, value=other,
                         share=share * weight * _per_row(own, len(case.rows)))  # fmt: skip
        rows, inner = own[inside], other[inside]
        single = 0.5 * _COVERS * weight * _per_row(rows, len(case.rows))
        scores.offer("hole-lost", rows, base[case.rows[rows]] - base[inner], share=single,
                     sigma_m2=sigma[inside], value=inner)  # fmt: skip
        total = np.bincount(rows, weights=base[inner], minlength=len(case.rows))
        first = np.full(len(case.rows), np.nan)
        first[rows[::-1]] = inner[::-1]
        left = np.where(total > 0, base[case.rows] - total, np.nan)
        scores.offer("hole-lost", case.own, left, sigma_m2=case.sigma, value=first,
                     share=0.5 * _COVERS * weight)  # fmt: skip


def _codes(case: Case, scores: Scores) -> None:
    """Offer what the rows of one parcel code have together."""
    codes, names = pd.factorize(texts_of(case.lots, "parcel_code"))
    member, size = np.flatnonzero(codes >= 0), len(names)
    group = codes[member]
    count = np.append(np.bincount(group, minlength=size), 0)  # -1 finds the last
    rows = np.flatnonzero(count[codes[case.rows]] > 1)
    if not len(rows):
        return
    of_row = codes[case.rows[rows]]
    variance = np.bincount(group, weights=case.sigma_m2[member] ** 2, minlength=size)
    first, last = np.full(size, -1), np.full(size, -1)
    first[group[::-1]], last[group] = member[::-1], member
    other = np.where(first[of_row] == case.rows[rows], last[of_row], first[of_row])
    # Deeds without an outline, of a lot whose outline stands beside one of them.
    bare = np.isnan(case.geodesic[member]) & ~np.isnan(case.recorded[member])
    deeds = np.bincount(group, weights=np.where(bare, case.recorded[member], 0), minlength=size)
    for weight, base in case.bases():
        total = np.asarray(np.bincount(group, base[member], size), dtype=np.float64)
        scores.offer("part-missing-outline", rows, total[of_row], share=weight, value=other,
                     sigma_m2=np.sqrt(variance[of_row]))  # fmt: skip
        rest = np.where(deeds[of_row] > 0, base[case.rows[rows]] - deeds[of_row], np.nan)
        scores.offer("lots-split", rows, rest, sigma_m2=case.sigma[rows], share=weight,
                     slack_m2=case.half_m2[other], value=other)  # fmt: skip


def _swapped(case: Case, scores: Scores) -> None:
    """Offer each record to every other lot that does not agree and whose record fits here."""
    recorded = case.recorded[case.rows]
    near = case.half_m2[case.rows] + SIGMAS * case.sigma.max() + scores.relative * recorded
    for weight, base in case.bases():
        measured = base[case.rows]
        usable = np.flatnonzero((measured > 0) & (recorded > 0))
        tree = shapely.STRtree(np.asarray(shapely.points(measured[usable], recorded[usable])))
        box = shapely.box(recorded - near, measured - near, recorded + near, measured + near)
        one, two = tree.query(box[usable])
        one, two = usable[one], usable[two]
        # Lots of like area are not told apart by a swap.
        apart = np.abs(measured[one] - measured[two]) > near[one]
        one, two = one[apart], two[apart]
        if not len(one):
            continue
        # The other record is told as well, by so much sharper than some other reason would.
        back = Scores(recorded[two], case.half_m2[case.rows[two]], scores.relative)
        pair = np.arange(len(two))
        back.offer("lots-swapped", pair, measured[one], sigma_m2=case.sigma[one])
        sharper = np.exp(back.total.max(axis=1) - other_reason(recorded[two], measured[two]))
        share = sharper / (len(case.rows) - 1)
        scores.offer("lots-swapped", one, measured[two], sigma_m2=case.sigma[two],
                     share=share * weight, value=case.rows[two])  # fmt: skip


def _common_height(case: Case, scores: Scores) -> None:
    """Offer one unknown height of the survey's plane that the lots of the table share."""
    if case.table.has_heights:
        return
    every = case.table
    near = every.half_m2 + SIGMAS * every.sigma_m2 + scores.relative * every.geodesic
    widest = (1 + _HIGHEST_M / EARTH_RADIUS_M) ** 2
    for (weight, base), (_, own) in zip(every.bases(), case.bases(), strict=True):
        known = np.flatnonzero(np.isfinite(every.recorded) & (base > 0))
        if not known.size:
            continue
        sharp = known[near[known] / base[known] <= np.median(near[known] / base[known])]
        ratio = np.median(every.recorded[sharp] / base[sharp])
        # Then the mean of those that have it, the sharper ones weighing more.
        for _ in range(3):
            fits = known[np.abs(every.recorded[known] - ratio * base[known]) <= near[known]]
            if len(fits) < _LEAST_LOTS:
                break
            precision = 1 / near[fits] ** 2
            spread = (base[fits] ** 2 * precision).sum()
            ratio = (every.recorded[fits] * base[fits] * precision).sum() / spread
        of_those = np.isin(case.asked, fits).sum()
        if not 1 / widest < ratio < widest or of_those < max(_LEAST_LOTS, 0.6 * len(known)):
            continue
        # All lots together pay for the free choice of a height.
        cost = min(1.0, 1 / (widest - 1) / np.sqrt(spread)) ** (1 / len(fits))
        height = (np.sqrt(ratio) - 1) * EARTH_RADIUS_M
        scores.offer("compensation-plane", case.own, own[case.rows] * ratio,
                     sigma_m2=case.sigma, share=weight * cost, value=height)  # fmt: skip


def _control_totals(case: Case, scores: Scores, totals: pd.Series[float]) -> None:
    """Offer the common ratio of a zone whose records sum up to its own."""
    every = case.table
    zones, names = pd.factorize(every.zone)
    zone = zones[case.asked]
    if (zone < 0).all():
        return
    value, low, high = implied_bounds(np.asarray(totals.reindex(names), dtype=np.float64))
    member = zones >= 0

    def summed(values: FloatArray) -> FloatArray:
        sums = np.bincount(zones[member], weights=values[member], minlength=len(names))
        return np.asarray(sums, dtype=np.float64)

    recorded, half = summed(every.recorded), summed(every.half_m2)
    count = np.bincount(zones[member], minlength=len(names))
    adds_up = (recorded >= low - half) & (recorded <= high + half) & (count >= _LEAST_LOTS)
    fits = (zone >= 0) & adds_up[zone]
    for (weight, base), (_, own) in zip(every.bases(), case.bases(), strict=True):
        ratio = np.where(fits, (value / summed(base))[zone], np.nan)
        spread = np.sqrt(summed(every.sigma_m2**2))[zone] / summed(base)[zone]
        scores.offer("control-total", case.own, own[case.rows] * ratio, share=weight, value=ratio,
                     sigma_m2=np.hypot(case.sigma, spread * own[case.rows]))  # fmt: skip


def _earlier(case: Case, scores: Scores, earlier: gpd.GeoDataFrame, position_m: float) -> None:
    """Offer the areas of superseded outlines of the same lot, or that hold its inner point."""
    old = earlier.geometry.to_crs(case.lots.crs)
    inner = shapely.point_on_surface(case.lots.geometry.to_numpy()[case.rows])
    row, place = shapely.STRtree(old.to_numpy()).query(inner, predicate="intersects")
    names = pd.Series(np.arange(len(old)), index=earlier.index.astype(str))
    same = pd.DataFrame({"row": case.own, "name": case.lots.index[case.rows].astype(str)})
    same = same.merge(names.rename("place"), left_on="name", right_index=True)
    pairs = pd.concat([same[["row", "place"]], pd.DataFrame({"row": row, "place": place})])
    pairs = pairs.drop_duplicates()
    row, place = pairs["row"].to_numpy(), pairs["place"].to_numpy()
    sigma = position_m * area_sigma_per_m(old)[place]
    areas = (measured_area(old), measured_area_plane(old))
    for (weight, _), area in zip(case.bases(), areas, strict=True):
        scores.offer("older-outline", row, area.to_numpy()[place], sigma_m2=sigma, value=place,
                     share=weight * _per_row(row, len(case.rows)))  # fmt: skip
