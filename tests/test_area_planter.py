"""The planter of area discrepancies plants what it says."""

from __future__ import annotations

import math
import sys
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import area_cases as cases
import area_planter as planter


@cache
def lots() -> gpd.GeoDataFrame:
    return cases.layer(7, rows=25)


def ratio(planted: planter.Planted) -> float:
    """Return recorded over measured of the first subject, as the register measures."""
    row = planted.lots.loc[planted.subjects[0]]
    area = cases.geodesic_area if planted.register == "geodesic" else cases.plane_area
    return float(row["recorded_area_m2"]) / area(row["geometry"])


def test_areas_of_a_cell_agree_with_the_closed_form_of_the_ellipsoid():
    # One degree of longitude by 0.01 of latitude at 30 N: GRS 80, integral of M N cos(lat).
    a, e2 = 6_378_137.0, 0.00669438002290
    band = np.radians(np.linspace(30, 30.01, 2001))
    strip = a**2 * (1 - e2) * np.cos(band) / (1 - e2 * np.sin(band) ** 2) ** 2
    cell = np.trapezoid(strip, band) * math.radians(0.01)
    box = shapely.segmentize(shapely.box(108.0, 30.0, 108.01, 30.01), 0.0005)
    assert cases.geodesic_area(box) == pytest.approx(cell, rel=1e-8)
    assert cases.plane_area(box, 108.0) == pytest.approx(cell, rel=1e-7)


def test_a_layer_is_the_same_for_its_seed_valid_and_without_overlaps():
    assert lots().geometry.equals(cases.layer(7, rows=25).geometry)
    assert lots().is_valid.all()
    shapes = lots().geometry
    united = cases.geodesic_area(shapely.union_all(shapes.to_numpy()))
    assert sum(map(cases.geodesic_area, shapes)) == pytest.approx(united, rel=1e-4)


@pytest.mark.parametrize("cause", [*planter.CAUSES])
def test_every_cause_leaves_a_register_that_is_wrong_only_at_its_subjects(cause):
    planted = planter.plant(lots(), cause, 3)
    assert planted.cause == cause
    assert set(planted.ties) == set(planted.subjects) <= set(planted.lots.index)
    assert bool(planted.subjects) == (cause != "clean")
    assert not any(cause in ties for ties in planted.ties.values())
    if len(planted.subjects) <= 3:
        wrong = [*planted.subjects, *planted.unclear]
        right = planted.lots.drop(wrong).dropna(subset="recorded_area_m2")
        right = right[right.geometry.notna()]
        area = cases.geodesic_area if planted.register == "geodesic" else cases.plane_area
        step = 0.5 * right["recorded_area_m2"] / right["recorded_digits"].astype(float)
        step *= [10.0 ** -len(each.partition(".")[2]) for each in right["recorded_digits"]]
        noise = 4 * planted.position_accuracy_m * right.to_crs(3857).length
        away = (right["recorded_area_m2"] - right.geometry.map(area)).abs()
        assert (away <= step + noise + 1e-3).all()


@pytest.mark.parametrize(
    ("cause", "factor"),
    [("unit-mu", 0.0015), ("unit-ha", 1e-4), ("unit-km2", 1e-6), ("unit-mm2", 1e6),
     ("unit-sqft", 10.763_910_417)],
)  # fmt: skip
def test_a_misread_unit_has_its_factor(cause, factor):
    # Four printed digits at least, and at most 5 cm of survey noise on lots of 600 m² or more.
    assert ratio(planter.plant(lots(), cause, 5)) == pytest.approx(factor, rel=5e-3)


def test_web_mercator_has_the_square_of_the_secant():
    planted = planter.plant(lots(), "web-mercator", 4)
    latitude = math.radians(lots().total_bounds[[1, 3]].mean())
    # The ellipsoid adds at most 2 e² to the sphere's 1 / cos².
    assert ratio(planted) * math.cos(latitude) ** 2 == pytest.approx(1, abs=0.014)


def test_a_raised_plane_has_the_square_of_its_scale():
    planted = next(each for seed in range(30) if (each := planter.plant(
        lots(), "compensation-plane", seed)).lots["ground_height_m"].notna().all()
        and each.position_accuracy_m == 0)  # fmt: skip
    scale = 1 + planted.lots["ground_height_m"].iloc[0] / 6_371_000
    rows = planted.lots.loc[list(planted.subjects)]
    area = cases.geodesic_area if planted.register == "geodesic" else cases.plane_area
    total = rows["recorded_area_m2"].sum() / rows.geometry.map(area).sum()
    assert min(abs(total / scale**2 - 1), abs(total * scale**2 - 1)) < 1e-5


def test_slips_and_swaps_change_one_digit_or_two_neighbours():
    assert len(planter.slips("12.5")) == 8 + 9 + 9
    assert planter.swaps("12.5") == {"21.5", "15.2"}


def test_records_of_a_controlled_zone_sum_to_its_total():
    planted = planter.plant(lots(), "control-total", 2)
    zone = planted.lots.loc[planted.subjects[0], "zone_id"]
    rows = planted.lots[planted.lots["zone_id"] == zone]
    step = 0.5 * 10.0 ** -len(rows["recorded_digits"].iloc[0].partition(".")[2])
    step *= cases.M2_PER[rows["recorded_unit"].iloc[0]]
    total = planted.zones.loc[zone, "recorded_area_m2"]
    assert abs(rows["recorded_area_m2"].sum() - total) <= step * len(rows) + 0.01
