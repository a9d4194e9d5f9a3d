"""Plants one cause of a recorded area that disagrees with its outline into a layer of parcels.

Written from cases of practice before the ledger that has to find them. `plant` gives the layer,
the ids whose record is wrong, and every other cause that gives the same number (ties).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import area_cases as cases
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from area_cases import M2_PER, Draft, UnfitError
from area_causes import CAUSES, EARTH_RADIUS_M, MISREAD, POWERS, PRINTS, meridians, slips, swaps

KNOWN = ("site_area_m2", "net_site_area_m2", "renewal_unit_area_m2", "demolition_area_m2",
         "development_area_m2", "given_up_area_m2", "slope_deg", "ground_height_m")  # fmt: skip
CLEARLY = 3.0  # a planted effect is at least so many tolerances
# The effect of these grows with the lot, and of the first two with the way to the meridian.
FAR = ("plane-for-ellipsoid", "ellipsoid-for-plane")
LARGE = (*FAR, "compensation-plane")


@dataclass(frozen=True)
class Planted:
    """A layer with one cause planted.

    Parameters
    ----------
    lots : GeoDataFrame
        EPSG:4490, by parcel_id. `recorded_area_m2` is what the register holds;
        `recorded_digits` is its text as printed, in `recorded_unit` (m2, mu or ha).
    subjects : tuple of str
        The ids whose record is wrong by the cause, each by three tolerances or more.
    unclear : tuple of str
        The ids whose record is wrong by the cause, but by less: not to be judged.
    ties : dict
        Of each subject: the other causes that give its number within tolerance.
    zones : DataFrame
        By zone_id: `recorded_area_m2`, NaN where no control total is printed.
    earlier : GeoDataFrame
        Superseded rows, of the same columns.
    position_accuracy_m : float
        Standard deviation of a corner's coordinate between record and outline.
    register : str
        How the register computed: `plane` (own 3-degree zone) or `geodesic`.
    """

    lots: gpd.GeoDataFrame
    subjects: tuple[str, ...]
    unclear: tuple[str, ...]
    cause: str
    ties: dict[str, frozenset[str]]
    zones: pd.DataFrame
    earlier: gpd.GeoDataFrame
    position_accuracy_m: float
    register: str


def plant(lots: gpd.GeoDataFrame, cause: str, seed: int) -> Planted:
    """Return a register of the lots with one cause planted; the same for the same seed.

    Parameters
    ----------
    lots : GeoDataFrame
        EPSG:4490 in China, `parcel_id` and `geometry`, a hundred or so. Where a cause needs lots
        of 5 to 50 ha or far from the meridian, the layer is enlarged or turned about the axis.
    cause : str
        One of `CAUSES`.
    seed : int
        Of all that is drawn at random.

    Raises
    ------
    UnfitError
        If no lot of the layer fits the cause in 60 attempts.
    """
    for attempt in range(60):
        rng = np.random.default_rng([seed, zlib.crc32(cause.encode()), attempt])
        try:
            sigma_m = float(rng.choice([0.0, 0.0, 0.01, 0.02, 0.03, 0.05]))
            draft = _register(_enlarged(lots, cause, rng), rng)
            return _finished(draft, cause, CAUSES[cause](draft), sigma_m)
        except UnfitError:
            continue
    raise UnfitError(cause)


def _enlarged(lots: gpd.GeoDataFrame, cause: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the lots, for some causes enlarged about their centre and far from the meridian."""
    if cause not in LARGE:
        return lots
    west, south, east, north = lots.total_bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    median = float(np.median([cases.geodesic_area(each) for each in lots.geometry]))
    size = max(1.0, (np.exp(rng.uniform(np.log(5e4), np.log(5e5))) / median) ** 0.5)
    away = np.array([3 * round(middle[0] / 3) + rng.uniform(1.1, 1.4) * rng.choice([-1, 1]),
                     middle[1]]) if cause in FAR else middle  # fmt: skip
    shapes = shapely.transform(lots.geometry.to_numpy(), lambda xy: away + size * (xy - middle))
    return lots.set_geometry(gpd.GeoSeries(shapes, index=lots.index, crs=lots.crs))


def _register(lots: gpd.GeoDataFrame, rng: np.random.Generator) -> Draft:
    """Return a register that records every lot rightly."""
    meridian = 3.0 * round(float(lots.total_bounds[[0, 2]].mean()) / 3)
    shapes = cases.moved(lots.geometry.to_numpy(), cases.gauss_kruger(meridian))
    unit, decimals = PRINTS[int(rng.integers(len(PRINTS)))]
    register = "plane" if rng.random() < 0.6 else "geodesic"
    draft = Draft([], {}, meridian, rng, register, unit, decimals)
    status, basis = rng.choice(["surveyed", "surveyed", "published"]), rng.choice(["parcel", ""])
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    quarter = (centre > np.median(centre, axis=0)) @ [1, 2]
    for name, shape, zone in zip(lots["parcel_id"], shapes, quarter, strict=True):
        draft.put(str(name), cases.to_mm(shape), zone_id=f"Z{zone}", basis=str(basis) or None,
                  geometry_status=str(status))  # fmt: skip
    # Most of what a register knows explains nothing: own codes, slopes, land given up.
    for k, name in enumerate(draft.ids if rng.random() < 0.5 else []):
        draft.set(name, parcel_code=f"GB{k:05d}")
    for name in draft.ids[::5] if rng.random() < 0.3 else []:
        given = round(draft.exact[name] * rng.uniform(0.02, 0.2), 2)
        draft.set(name, slope_deg=round(rng.uniform(0, 30), 1), given_up_area_m2=given)
    for zone in np.unique(quarter)[rng.random(len(np.unique(quarter))) < 0.4]:
        inside = np.array(draft.ids)[quarter == zone]
        draft.totals[f"Z{zone}"] = round(sum(draft.exact[str(each)] for each in inside), 2)
    return draft


def _finished(draft: Draft, cause: str, named: list[str], sigma_m: float) -> Planted:
    """Return the printed register with its outlines surveyed again, if the effect is clear."""
    names = list(draft.ids)
    shapes = cases.resurveyed((draft.shape[name] for name in names), sigma_m, draft.rng)
    lonlat = [None if each is None else draft.lonlat(each) for each in shapes]
    rows = []
    for name in names:
        text = draft.text.get(name, draft.printed(draft.exact[name]))
        unit = "m2" if name in draft.text and "digit" not in cause else draft.unit
        missing = text == "nan"
        rows.append({"recorded_area_m2": float(text) * M2_PER[unit],
                     "recorded_digits": None if missing else text,
                     "recorded_unit": None if missing else unit,
                     "basis": None, "zone_id": None, "parcel_code": None,
                     "valid_from": None, "valid_to": None, "geometry_status": None,
                     **dict.fromkeys(KNOWN, np.nan), **draft.row.get(name, {})})  # fmt: skip
    lots = _frame(rows, names, lonlat)
    step = np.array([0.0 if text is None else _half_step(text, unit) for text, unit in
                     zip(lots["recorded_digits"], lots["recorded_unit"], strict=True)])  # fmt: skip
    table = pd.DataFrame({
        "recorded": lots["recorded_area_m2"], "half_step": step,
        "plane": [cases.plane_area(each) for each in lonlat],
        "geodesic": [cases.geodesic_area(each) for each in lonlat],
        "survey": [3 * cases.area_sigma_m2(each, sigma_m) for each in shapes],
    }, index=lots.index)  # fmt: skip
    tolerance = table["half_step"] + table["survey"]
    effect = (table["recorded"] - table["geodesic"]).abs()
    if cause != "plane-for-ellipsoid":
        effect = effect.clip(upper=(table["recorded"] - table["plane"]).abs())
    clear = [name for name in named if effect[name] >= CLEARLY * tolerance[name]]
    if len(clear) < (len(named) if len(named) < 3 else 0.5 * len(named)):
        raise UnfitError(cause)
    earlier = _frame(
        [{**rows[names.index(name)], "valid_from": None, "valid_to": day}
         for name, _, day in draft.earlier],
        [name for name, _, _ in draft.earlier],
        [draft.lonlat(shape) for _, shape, _ in draft.earlier],
    )  # fmt: skip
    zones = pd.DataFrame({"recorded_area_m2": {
        zone: draft.totals.get(zone, np.nan) for zone in sorted(set(lots["zone_id"].dropna()))
    }}).rename_axis("zone_id")  # fmt: skip
    columns = {str(each): table[each].to_numpy() for each in table}
    book = _Book(lots.to_dict("records"), lots.geometry.to_numpy(), earlier, **columns)
    ties = {name: frozenset(_ties(names.index(name), name, book)) - {cause} for name in clear}
    if _level(table, len(clear) > 0.9 * len(lots), lots):
        ties = {name: found | {"compensation-plane"} - {cause} for name, found in ties.items()}
    unclear = tuple(name for name in named if name not in clear)
    return Planted(
        lots, tuple(clear), unclear, cause, ties, zones, earlier, sigma_m, draft.register
    )


def _frame(
    rows: list[dict[str, object]], names: list[str], lonlat: list[cases.Shape]
) -> gpd.GeoDataFrame:
    texts = ("recorded_digits", "recorded_unit", "basis", "zone_id", "parcel_code", "valid_from",
             "valid_to", "geometry_status")  # fmt: skip
    numbers = ("recorded_area_m2", *KNOWN)
    columns = {each: pd.Series([row[each] for row in rows], index=names, dtype=object)
               for each in texts}  # fmt: skip
    columns |= {each: pd.Series([row[each] for row in rows], index=names, dtype=float)
                for each in numbers}  # fmt: skip
    shapes = gpd.GeoSeries(lonlat, index=names, crs="EPSG:4490")
    return gpd.GeoDataFrame(columns, geometry=shapes).rename_axis("parcel_id")


def _half_step(text: str, unit: str) -> float:
    """Return half of the last printed digit in m²."""
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) * M2_PER[unit]


def _level(table: pd.DataFrame, whole: bool, lots: gpd.GeoDataFrame) -> bool:
    """Return whether one unknown height of up to 4 000 m gives all the records of a layer."""
    if not whole or lots["ground_height_m"].notna().any():
        return False
    known = table.dropna()
    for area in (known["plane"], known["geodesic"]):
        ratio = (known["recorded"].sum()) / area.sum()
        apart = (known["recorded"] - ratio * area).abs()
        if (
            abs(ratio - 1) < 2 * 4000 / EARTH_RADIUS_M
            and (apart <= known["half_step"] + known["survey"]).mean() > 0.9
        ):
            return True
    return False


@dataclass
class _Book:
    """The printed register as plain columns, for the ties of each subject."""

    rows: list[dict[str, Any]]
    shape: npt.NDArray[np.object_]
    earlier: gpd.GeoDataFrame
    recorded: cases.FloatArray
    half_step: cases.FloatArray
    plane: cases.FloatArray
    geodesic: cases.FloatArray
    survey: cases.FloatArray


def _ties(k: int, name: str, book: _Book) -> Iterator[str]:
    """Yield each cause that gives the record of a lot from its outline, within tolerance."""
    row, recorded, half_step = book.rows[k], book.recorded[k], book.half_step[k]
    near, loose = half_step + book.survey[k], book.survey[k] / book.geodesic[k]
    for measured in (float(book.plane[k]), float(book.geodesic[k])):
        for cause, area_m2 in _readings(k, book, measured):
            if abs(area_m2 - recorded) <= half_step + loose * area_m2:
                yield cause
        for cause, wrong in (("digit-slip", slips), ("digit-swap", swaps)):
            typed = np.array([float(each) for each in wrong(row["recorded_digits"])] or [np.inf])
            if (np.abs(typed * M2_PER[row["recorded_unit"]] - measured) <= near).any():
                yield cause
        for column, cause in (("net_site_area_m2", "total-for-net-site"),
                              ("demolition_area_m2", "renewal-unit-for-other"),
                              ("development_area_m2", "renewal-unit-for-other")):  # fmt: skip
            if abs(row[column] - measured) <= near:
                yield cause
        swapped = (np.abs(book.geodesic - recorded) <= near + book.survey) & (
            np.abs(book.recorded - measured) <= near + book.half_step
        )
        swapped[k] = False
        if swapped.any():
            yield "lots-swapped"
    for shape in book.earlier.geometry[book.earlier.index == name]:
        for area in (cases.plane_area, cases.geodesic_area):
            if abs(area(shape) - recorded) <= half_step:
                yield "older-outline"


def _readings(k: int, book: _Book, measured: float) -> Iterator[tuple[str, float]]:
    """Yield causes with the area in m² that each would have recorded."""
    row, shape = book.rows[k], book.shape[k]
    yield from ((cause, measured * factor) for cause, factor in MISREAD.items())
    yield from (("power-of-ten", measured * factor) for factor in POWERS)
    yield "web-mercator", cases.web_mercator_area(shape)
    for meridian in meridians(cases.own_meridian(shape)):
        yield "other-projection-zone", cases.plane_area(shape, meridian)
    plane, geodesic = float(book.plane[k]), float(book.geodesic[k])
    if abs(plane - geodesic) > book.half_step[k] + book.survey[k]:
        yield "plane-for-ellipsoid", plane
        yield "ellipsoid-for-plane", geodesic**2 / plane
    raised = (1 + row["ground_height_m"] / EARTH_RADIUS_M) ** 2
    yield from (("compensation-plane", each) for each in (measured * raised, measured / raised))
    yield "slope-surface", measured / np.cos(np.radians(row["slope_deg"]))
    parts = shapely.get_parts(shape)
    shares = shapely.area(parts) / shape.area
    filled = sum(shapely.Polygon(each.exterior).area for each in parts) / shape.area
    if filled > 1:
        yield "hole-not-subtracted", measured * filled
    if len(parts) > 1:
        yield from (("part-missing", measured * share) for share in (*shares, *(1 - shares)))
    others = np.arange(len(book.rows)) != k
    beside = others & shapely.dwithin(book.shape, shape, 2e-6)  # 0.2 m, in degrees
    for other in np.flatnonzero(beside):
        area_m2 = float(book.geodesic[other])
        yield "lots-merged", measured + area_m2
        yield "lots-split", measured + area_m2
        if shapely.within(shapely.point_on_surface(book.shape[other]), shape):
            yield "hole-lost", measured - area_m2
    code = row["parcel_code"]
    for other in np.flatnonzero(others) if code else ():
        if book.rows[other]["parcel_code"] == code:
            yield "part-missing-outline", measured + float(book.geodesic[other])
    for sign in (1, -1):
        yield "land-given-up", measured + sign * row["given_up_area_m2"]
    yield "total-for-net-site", row["site_area_m2"]
    yield "renewal-unit-for-other", row["renewal_unit_area_m2"]
