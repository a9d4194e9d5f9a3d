"""Causes that one row tells by its numbers: units, digits, projections, other areas it names."""

from __future__ import annotations

import numpy as np
import pyproj
import shapely

from pingshan_geo.figure import FloatArray
from pingshan_geo.measures.reconcile.case import Case, numbers_of, texts_of
from pingshan_geo.measures.reconcile.choice import PRIOR, Scores
from pingshan_geo.measures.reconcile.tolerance import E2, SIGMAS

#: A mean radius of the earth: what reductions of distances to a height divide by (GB/T 50026).
EARTH_RADIUS_M = 6_371_000.0
# What a number in another unit is of the number in m²; a mu is 2000/3 m², a foot 0.3048 m. The
# reverse, a number turned into m² once more, has the same name.
_UNITS = {"unit-mu": 3 / 2000, "unit-ha": 1e-4, "unit-km2": 1e-6, "unit-mm2": 1e6,
          "unit-sqft": 1 / 0.3048**2}  # fmt: skip
_BOTH_WAYS = ("unit-mu", "unit-sqft")
_POWERS = (1e-3, 1e-2, 1e-1, 10.0, 100.0, 1e3, 1e4)
# Half of the last printed digit of other areas, slopes and heights.
_AREA_M2, _SLOPE_DEG, _HEIGHT_M = 0.006, 0.05, 0.5
# The neighbour's zone, or a 1.5-degree one; that of 6 degrees is the own or the neighbour's.
_OTHER_MERIDIANS_DEG = (-3.0, 3.0, -1.5, 1.5)
_DIGITS = 15  # that a double holds


def by_number(case: Case, scores: Scores) -> None:
    """Offer every cause that the numbers of a row tell."""
    for cause, factor in _UNITS.items():
        ways = (factor, 1 / factor) if cause in _BOTH_WAYS else (factor,)
        for each in ways:
            case.scaled(scores, cause, each, share=1 / len(ways))
    for factor in _POWERS:
        case.scaled(scores, "power-of-ten", factor, share=1 / len(_POWERS))
    _projections(case, scores)
    slope = numbers_of(case.lots, "slope_deg")[case.rows]
    steep = np.radians(np.where(slope < 80, slope, np.nan))
    case.scaled(scores, "slope-surface", 1 / np.cos(steep), value=slope,
                slack=np.tan(steep) * np.radians(_SLOPE_DEG))  # fmt: skip
    height = numbers_of(case.lots, "ground_height_m")[case.rows]
    for sign in (2, -2):
        case.scaled(scores, "compensation-plane", (1 + height / EARTH_RADIUS_M) ** sign,
                    share=0.5, slack=2 * _HEIGHT_M / EARTH_RADIUS_M, value=height)  # fmt: skip
    _other_areas(case, scores)
    _typed(case, scores)


def _projections(case: Case, scores: Scores) -> None:
    """Offer areas in other planes, by the areal scale at the centre of each lot.

    The scale is even enough: over 10 km it leaves less than a millionth of the area.
    """
    geodesic, plane = case.geodesic[case.rows], case.plane[case.rows]
    offer = {"sigma_m2": case.same_m2[case.rows], "value": plane}
    # Where the two cannot be told apart the record would agree. Where other rows show a register
    # that computes in the plane, it does so here.
    odds = max(1.0, case.plane_share / (1 - case.plane_share))
    scores.offer("plane-for-ellipsoid", case.own, plane, share=odds, **offer)
    flat = np.isfinite(scores.total[:, list(PRIOR).index("plane-for-ellipsoid")])
    for share, area in ((1 - case.plane_share, geodesic),
                        (case.plane_share, np.where(flat, np.nan, plane))):  # fmt: skip
        scores.leave(area, case.same_m2[case.rows], share)
    scores.offer("ellipsoid-for-plane", case.own, geodesic**2 / plane, **offer)
    centre = case.lots.geometry.iloc[case.rows]
    crs = centre.crs
    if crs is not None and not crs.is_geographic:
        centre = centre.to_crs(crs.geodetic_crs)
    lon, lat = shapely.get_coordinates(shapely.centroid(centre.to_numpy())).T
    scale = _web_mercator_scale(lat)
    scores.offer("web-mercator", case.own, geodesic * scale, sigma_m2=case.sigma * scale,
                 value=scale)  # fmt: skip
    own = 3 * np.round(lon / 3)
    for off in _OTHER_MERIDIANS_DEG:
        scale = _gauss_kruger_scale(lon - own - off, lat)
        scores.offer("other-projection-zone", case.own, geodesic * scale, sigma_m2=case.sigma,
                     share=1 / len(_OTHER_MERIDIANS_DEG), value=own + off)  # fmt: skip


def _web_mercator_scale(lat_deg: FloatArray) -> FloatArray:
    """Return the areal scale of EPSG:3857 on GRS 80 (IOGP 373-7-2, 1024): a²/(M N cos² φ)."""
    sine = np.sin(np.radians(lat_deg))
    return np.asarray((1 - E2 * sine**2) ** 2 / ((1 - E2) * (1 - sine**2)), dtype=np.float64)


def _gauss_kruger_scale(off_deg: FloatArray, lat_deg: FloatArray) -> FloatArray:
    """Return the areal scale of a transverse Mercator projection of scale 1; NaN far from it."""
    usable = np.isfinite(off_deg) & (np.abs(off_deg) < 10)
    scale = np.full(len(off_deg), np.nan)
    plane = pyproj.Proj("+proj=tmerc +lon_0=0 +k=1 +ellps=GRS80")
    if usable.any():
        scale[usable] = plane.get_factors(off_deg[usable], lat_deg[usable]).areal_scale
    return scale


def _other_areas(case: Case, scores: Scores) -> None:
    """Offer that the outline is of other land than the record, as the row's other areas tell."""
    basis = texts_of(case.lots, "recorded_area_basis")[case.rows]
    recorded = case.recorded[case.rows]
    given = numbers_of(case.lots, "given_up_area_m2")[case.rows]
    # Who records the net site left it out, others counted it in; the reverse is rarer.
    counted = np.where(basis == "net_site", 0.2, 0.8)
    for sign, share in ((1, counted), (-1, 1 - counted)):
        case.added(scores, "land-given-up", sign * given, share=share, slack_m2=_AREA_M2)
    unit = ("renewal_unit", "demolition", "development")
    pairs = [("total-for-net-site", "total_land", "net_site", 1.0)]
    pairs += [("renewal-unit-for-other", said, drawn, 0.5)
              for said in unit for drawn in unit if said != drawn]  # fmt: skip
    for cause, said, drawn, part in pairs:
        area = numbers_of(case.lots, f"{drawn}_area_m2")[case.rows]
        fits = (basis == said) & ((recorded > area) | (said != "total_land"))
        for weight, base in case.bases():
            # The row names the measured area, so it is that which is predicted.
            told = recorded + np.where(fits, area - base[case.rows], np.nan)
            scores.offer(cause, case.own, told, sigma_m2=case.sigma, slack_m2=_AREA_M2,
                         share=part * weight, value=area)  # fmt: skip


def _printed(case: Case) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return records in printed steps, the step in m², and how many digits there are."""
    step = 2 * case.half_m2[case.rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        number = np.round(case.recorded[case.rows] / step)
        digits = np.floor(np.log10(number)) + 1
    usable = (step > 0) & (digits <= _DIGITS) & (digits > 0)
    return np.where(usable, number, np.nan), step, np.where(usable, digits, 0)


def _from_zero(case: Case, digits: FloatArray) -> np.ndarray:
    """Return whether the true number may begin with a 0: one digit is before the point."""
    texts = texts_of(case.lots, "recorded_digits")[case.rows]
    decimals = [len(text.partition(".")[2]) if isinstance(text, str) else 0 for text in texts]
    return np.asarray((np.array(decimals) > 0) & (digits == np.array(decimals) + 1))


def _typed(case: Case, scores: Scores) -> None:
    """Offer records with one digit wrong, or two neighbouring digits exchanged."""
    number, step, digits = _printed(case)
    if not digits.any():
        return
    from_zero = _from_zero(case, digits)
    # A slip below this place would still agree.
    with np.errstate(divide="ignore"):
        least = np.log10((SIGMAS * case.sigma + step / 2) / step / 9)
    least = np.ceil(np.clip(least, 0, _DIGITS))
    for weight, base in case.bases():
        told = {"sigma_m2": case.sigma, "base": base[case.rows], "step": step, "number": number}
        for place in range(int(digits.max())):
            size = 10.0**place
            digit, after = np.floor(number / size) % 10, np.floor(number / size / 10) % 10
            with np.errstate(divide="ignore", invalid="ignore"):
                wrong = np.round((number - base[case.rows] / step) / size)
            leads = (digits == place + 1) & ~from_zero
            right = digit - wrong
            can = (wrong != 0) & (right >= leads) & (right <= 9) & (place < digits)
            _offer_typed(scores, "digit-slip", can & (place >= least), wrong * size, told,
                         weight / (9 * np.maximum(digits - least, 1)))  # fmt: skip
            leads = (digits == place + 2) & ~from_zero
            can = (digit != after) & (digit >= leads) & (place + 1 < digits)
            _offer_typed(scores, "digit-swap", can, 9 * (after - digit) * size, told,
                         weight / np.maximum(digits - 1 - least, 1))  # fmt: skip


def _offer_typed(
    scores: Scores, cause: str, can: np.ndarray, too_many: FloatArray, told: dict[str, FloatArray],
    share: FloatArray,
) -> None:  # fmt: skip
    """Offer the measured area with so many printed steps too many."""
    rows = np.flatnonzero(can)
    predicted = (told["base"] + too_many * told["step"])[rows]
    scores.offer(cause, rows, predicted, sigma_m2=told["sigma_m2"][rows], share=share[rows],
                 value=(told["number"] - too_many)[rows])  # fmt: skip
