"""Recorded against measured areas: difference, tolerance, verdict and the likely cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.catalogue.tolerance import SurveyTolerance
from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.measures.grid import Grid
from pingshan_geo.measures.reconcile.case import Case, Table, in_units, numbers_of, texts_of
from pingshan_geo.measures.reconcile.choice import PRIOR, Scores
from pingshan_geo.measures.reconcile.groups import by_group
from pingshan_geo.measures.reconcile.numbers import by_number
from pingshan_geo.measures.reconcile.outlines import by_outline
from pingshan_geo.measures.reconcile.texts import evidence, reconcile_findings
from pingshan_geo.measures.reconcile.tolerance import SIGMAS, area_sigma_per_m

__all__ = ["Others", "explained", "judged", "reconcile", "reconcile_findings", "verdicts"]

# Corners are listed to a millimetre, so each is off by 0.4 mm: no cause has to fit more sharply
# that takes other corners than the measured area does. What takes the same has to fit as that does.
_SHARPEST_M, _EXACT_M = 0.0005, 1e-5
# What tells of a lot lies within a twentieth of the length of its outline, or 0.2 m.
_ABOUT, _ABOUT_M, _MOST_CELLS = 0.1, 1.0, 2048


def reconcile(
    lots: gpd.GeoDataFrame,
    *,
    tolerance: SurveyTolerance = SurveyTolerance(),  # noqa: B008 -- it is frozen
    totals: pd.Series[float] | None = None,
    earlier: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Return how the recorded area of each lot stands to its measured one, and why.

    Parameters
    ----------
    lots : GeoDataFrame
        Indexed by id, in any CRS of the earth, with recorded_area_m2, recorded_area_low_m2,
        recorded_area_high_m2 (the interval of the printed digits), measured_area_m2 and
        measured_area_plane_m2; NaN is unknown. What else a row may tell: recorded_area_basis,
        recorded_digits, net_site_area_m2, renewal_unit_area_m2, demolition_area_m2,
        development_area_m2, given_up_area_m2, slope_deg, ground_height_m, zone_id, parcel_code,
        geometry_status.
    tolerance : SurveyTolerance
        What a survey may be wrong by.
    totals : Series, optional
        Recorded area in m² by zone_id.
    earlier : GeoDataFrame, optional
        Superseded rows, indexed by id.

    Returns
    -------
    DataFrame
        On the same index: area_difference_m2 (recorded less measured on the ellipsoid),
        area_ratio, area_tolerance_m2 (half of the printed step, and the survey's), area_verdict
        (``agrees``, ``explained``, ``disagrees`` or ``cannot_judge``), area_cause (a key of
        `choice.PRIOR` or None), area_cause_ties (those that fit as well, joined by ``;``),
        area_cause_fit (m² that the cause leaves), area_cause_evidence (``name=value; …``).

    Notes
    -----
    See `choice` for how a cause is chosen. Rows that agree cost next to nothing.

    Examples
    --------
    >>> from pingshan_geo.measures.area import measured_area, measured_area_plane
    >>> square = gpd.GeoSeries([shapely.box(114.0, 22.0, 114.001, 22.001)], ["a"], "EPSG:4490")
    >>> lot = gpd.GeoDataFrame({"recorded_area_m2": [17.15]}, geometry=square, index=["a"])
    >>> lot["recorded_area_low_m2"], lot["recorded_area_high_m2"] = 17.145, 17.155
    >>> lot["measured_area_m2"] = measured_area(square)
    >>> lot["measured_area_plane_m2"] = measured_area_plane(square)
    >>> reconcile(lot).loc["a", ["area_verdict", "area_cause", "area_cause_evidence"]].tolist()
    ['explained', 'unit-mu', 'factor=0.0015']
    """
    told = judged(lots, tolerance)
    codes = texts_of(lots, "parcel_code")
    others = Others(
        lambda rows: lots.iloc[rows],
        lambda named: np.flatnonzero(np.isin(codes.astype(str), named) & (codes != None)),  # noqa: E711 -- by element
    )
    boxes = shapely.bounds(lots.geometry.to_numpy())
    causes = explained(told, boxes, others, tolerance, totals=totals, earlier=earlier)
    return verdicts(told, causes).set_axis(lots.index)


class Others(NamedTuple):
    """How rows of a table are looked up that is not in memory.

    Attributes
    ----------
    take : callable
        Rows with all their columns, at positions.
    of_codes : callable
        Positions of the rows with one of some parcel codes.
    """

    take: Callable[[IntArray], gpd.GeoDataFrame]
    of_codes: Callable[[list[str]], IntArray]


def explained(
    told: pd.DataFrame, boxes: FloatArray, others: Others, tolerance: SurveyTolerance, *,
    totals: pd.Series[float] | None = None, earlier: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return the cause of each row that does not agree, as far as one is found.

    Parameters
    ----------
    told : DataFrame
        From `judged`, of all rows.
    boxes : array of float
        Extent of each row's outline in its CRS, NaN for none.
    others : Others
        Looks rows up: those that do not agree, those about them and those of their codes.
    tolerance, totals, earlier
        As for `reconcile`.

    Returns
    -------
    DataFrame
        ``area_cause, area_cause_ties, area_cause_fit, area_cause_evidence``, indexed by position.
    """
    asked = np.flatnonzero(told["is_asked"])
    if not len(asked):
        return _causes(asked)
    own = others.take(asked)
    near = _near(boxes, asked, own, others)
    case = _case(told, others.take(near), near, asked, tolerance)
    scores = Scores(case.recorded[case.rows], case.half_m2[case.rows], tolerance.relative)
    by_number(case, scores)
    position_m = max(tolerance.position_m, _SHARPEST_M)
    by_outline(case, scores, position_m)
    by_group(case, scores, totals, earlier, position_m)
    return _explain(case, scores, earlier)


def verdicts(told: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `reconcile` of some rows, on their own index.

    Parameters
    ----------
    told : DataFrame
        From `judged`.
    causes : DataFrame
        From `explained`, indexed by position among these rows.
    """
    size = len(told)
    named = {name: _placed(size, causes, name) for name in _CAUSES}
    recorded, measured = (told[name].to_numpy() for name in ("recorded", "geodesic"))
    verdict = np.select(
        [~told["is_known"], told["is_agreeing"], named["area_cause"].notna()],
        ["cannot_judge", "agrees", "explained"],
        "disagrees",
    )
    table = {
        "area_difference_m2": recorded - measured,
        "area_ratio": recorded / np.where(measured > 0, measured, np.nan),
        "area_tolerance_m2": (told["half_m2"] + told["survey_m2"]).to_numpy(),
        "area_verdict": pd.Series(verdict, dtype=object),
    }
    return pd.DataFrame({**table, **named}).set_axis(told.index)


def judged(lots: gpd.GeoDataFrame, tolerance: SurveyTolerance) -> pd.DataFrame:
    """Return each row's numbers, and whether it agrees, is known, or has to be explained.

    Parameters
    ----------
    lots, tolerance
        As for `reconcile`; rows do not know each other.

    Returns
    -------
    DataFrame
        ``recorded, half_m2, geodesic, plane, sigma_per_m, survey_m2`` in m² (and m² per m),
        ``zone_id`` as a category, ``has_height``; ``is_known, is_agreeing, is_asked``. On a plain
        index.
    """
    recorded, low, high, measured, plane = (
        lots[name].to_numpy(dtype=np.float64)
        for name in ("recorded_area_m2", "recorded_area_low_m2", "recorded_area_high_m2",
                     "measured_area_m2", "measured_area_plane_m2")
    )  # fmt: skip
    sigma_per_m = area_sigma_per_m(lots.geometry)
    survey = SIGMAS * tolerance.position_m * sigma_per_m + tolerance.relative * measured
    low, high = (np.where(np.isfinite(part), part, recorded) for part in (low, high))
    known = np.isfinite(recorded) & np.isfinite(measured)
    agrees = known & (measured >= low - survey) & (measured <= high + survey)
    heights = numbers_of(lots, "ground_height_m")
    return pd.DataFrame({
        "recorded": recorded, "half_m2": (high - low) / 2, "geodesic": measured,
        "plane": np.where(np.isnan(measured), np.nan, plane), "sigma_per_m": sigma_per_m,
        "survey_m2": survey, "zone_id": pd.Categorical(texts_of(lots, "zone_id")),
        "has_height": ~np.isnan(heights), "is_known": known, "is_agreeing": agrees,
        "is_asked": known & ~agrees & (recorded > 0) & (measured > 0),
    })  # fmt: skip


def _near(boxes: FloatArray, asked: IntArray, lots: gpd.GeoDataFrame, others: Others) -> IntArray:
    """Return the rows that can tell why some do not agree: those about them, and of their codes."""
    reach = shapely.length(lots.geometry.to_numpy()) * _ABOUT + in_units(lots.crs, _ABOUT_M)
    every = np.ascontiguousarray(boxes.T)
    own = every[:, asked] + np.stack([-reach, -reach, reach, reach])
    drawn = ~np.isnan(every[0])
    grid = Grid(np.nanmin(own[:2], axis=1), np.nanmax(own[2:], axis=1), _side(len(boxes)))
    is_near = np.zeros(len(boxes), dtype=bool)
    is_near[drawn] = grid.count(grid.marked(own), every[:, drawn]) > 0
    codes = texts_of(lots, "parcel_code")
    named = [str(each) for each in dict.fromkeys(codes.tolist()) if each is not None]
    is_near[others.of_codes(named) if named else asked] = True
    is_near[asked] = True
    return np.flatnonzero(is_near)


def _side(rows: int) -> int:
    return min(int(rows**0.5) + 1, _MOST_CELLS)


def _case(
    told: pd.DataFrame, lots: gpd.GeoDataFrame, near: IntArray, asked: IntArray,
    tolerance: SurveyTolerance,
) -> Case:  # fmt: skip
    """Return the rows that have to be explained, beside those near them and all."""
    column = {name: told[name].to_numpy() for name in told}
    recorded, half, measured, plane, sigma_per_m, known = (
        column[name]
        for name in ("recorded", "half_m2", "geodesic", "plane", "sigma_per_m", "is_known")
    )
    position_m = max(tolerance.position_m, _SHARPEST_M)
    rest = np.fmin(np.abs(recorded - measured), np.abs(recorded - plane))
    rest = rest - half - tolerance.relative * measured
    rounded = _rounding_shows(rest[known], sigma_per_m[known])
    same_m = position_m if rounded else max(tolerance.position_m, _EXACT_M)
    areas = (recorded, half, measured, plane, position_m * sigma_per_m)
    share = _plane_share(recorded, measured, plane, half + column["survey_m2"])
    has_heights, agreeing = bool(column["has_height"].any()), int(column["is_agreeing"].sum())
    table = Table(*areas, share, column["zone_id"], has_heights, agreeing)
    recorded, half, measured, plane, sigma = (each[near] for each in areas)
    return Case(
        recorded, half, measured, plane, sigma, share, lots, np.searchsorted(near, asked),
        same_m * sigma_per_m[near], asked, table,
    )  # fmt: skip


def _rounding_shows(rest_m2: FloatArray, sigma_per_m: FloatArray) -> bool:
    """Return whether most records miss the printed step, but by no more than rounded corners do.

    Examples
    --------
    >>> of_corners, of_the_survey = np.array([0.02, 0.03, 9.0]), np.array([0.0, 2.0, 3.0])
    >>> [_rounding_shows(each, np.full(3, 100.0)) for each in (of_corners, of_the_survey)]
    [True, False]
    """
    off_m = np.median(np.maximum(rest_m2, 0) / np.where(sigma_per_m > 0, sigma_per_m, np.inf))
    return bool(0 < off_m <= _SHARPEST_M)


def _scatter(table: Table) -> float:
    """Return the median distance of ln(recorded / measured) from its median, over all rows."""
    known = (table.recorded > 0) & (table.geodesic > 0)
    ratio = np.log(table.recorded[known] / table.geodesic[known])
    return max(float(np.median(np.abs(ratio - np.median(ratio)))), 1e-9)


def _plane_share(
    recorded: FloatArray, geodesic: FloatArray, plane: FloatArray, tolerance_m2: FloatArray
) -> float:
    """Return how likely a register computes in the plane, from the rows that can tell.

    By the rule of succession: one more than those that do, of two more than all.

    Examples
    --------
    >>> geodesic = np.array([100.0, 200.0, 300.0, 400.0])
    >>> plane = geodesic + np.array([1.0, 1.0, 1.0, 0.0])
    >>> recorded = np.array([101.5, 201.0, 300.0, 400.0])
    >>> float(_plane_share(recorded, geodesic, plane, np.full(4, 0.5)))
    0.6
    """
    tell = np.abs(plane - geodesic) > tolerance_m2
    flat, round_ = (
        (tell & (np.abs(recorded - area) <= tolerance_m2)).sum() for area in (plane, geodesic)
    )
    return float((flat + 1) / (flat + round_ + 2))


def _explain(case: Case, scores: Scores, earlier: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the causes of the rows that do not agree."""
    codes = np.array(list(PRIOR), dtype=object)
    measured = case.geodesic[case.rows]
    first, ties = scores.choose(measured, case.table.agreeing, _scatter(case.table))
    named = np.flatnonzero(first >= 0)
    at, first, ties = case.asked[named], first[named], ties[named]
    said = evidence(codes[first], scores.value[named, first], case.rows[named], case, earlier)
    told = [";".join(codes[row]) or None for row in ties]
    return _causes(at, codes[first], told, scores.rest[named, first], said)


_CAUSES = ("area_cause", "area_cause_ties", "area_cause_fit", "area_cause_evidence")


def _causes(at: IntArray, *values: Any) -> pd.DataFrame:
    kinds = ("object", "object", "float64", "object")
    columns = zip(_CAUSES, values or ((),) * len(_CAUSES), kinds, strict=True)
    return pd.DataFrame({name: pd.Series(each, at, dtype=kind) for name, each, kind in columns})


def _placed(size: int, causes: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of causes over all rows."""
    values = causes[name].to_numpy()
    nothing = np.nan if values.dtype == np.float64 else None
    found = np.full(size, nothing, dtype=values.dtype)
    found[causes.index.to_numpy(dtype=np.int64)] = values
    return pd.Series(found, dtype=values.dtype)
