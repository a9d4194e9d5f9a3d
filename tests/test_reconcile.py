"""Recorded against measured: verdicts, and a cause only where it fits better than chance."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pingshan_geo.catalogue.tolerance import SurveyTolerance
from pingshan_geo.measures.area import measured_area, measured_area_plane
from pingshan_geo.measures.reconcile import reconcile, reconcile_findings
from pingshan_geo.measures.reconcile.choice import PRIOR
from pingshan_geo.measures.reconcile.tolerance import area_sigma_per_m

SHARP = SurveyTolerance(0.005)
# Lots of 40 m x 50 m, 3 km off the meridian: in the plane 2 000 m², on the ellipsoid 2e-7 less.
WEST, SOUTH = CORNER = np.array([503_000.0, 2_500_000.0])


def lot(column: int, row: int = 0, width: float = 40.0, height: float = 50.0):
    west, south = WEST + 40 * column, SOUTH + 50 * row
    return shapely.box(west, south, west + width, south + height)


def table(shapes: dict[str, object], records: dict[str, str], **columns: dict[str, object]):
    """Return lots as the assessment hands them over; a record is the text as printed, in m²."""
    index = pd.Index(shapes, name="parcel_id")
    lots = gpd.GeoDataFrame(geometry=list(shapes.values()), index=index, crs="EPSG:4547")
    lots = lots.to_crs("EPSG:4490")
    texts = pd.Series([records.get(name) for name in index], index=index, dtype=object)
    lots["recorded_digits"] = texts
    lots["recorded_area_m2"] = texts.astype(float)
    half = [0.5 * 10.0 ** -len((text or "").partition(".")[2]) for text in texts]
    lots["recorded_area_low_m2"] = lots["recorded_area_m2"] - half
    lots["recorded_area_high_m2"] = lots["recorded_area_m2"] + half
    lots["measured_area_m2"] = measured_area(lots.geometry)
    lots["measured_area_plane_m2"] = measured_area_plane(lots.geometry)
    for name, values in columns.items():
        dtype = float if name.endswith(("_m2", "_m", "_deg")) else object
        lots[name] = pd.Series(values, index=index, dtype=dtype)
    return lots


def row(count: int = 6, **changed: str):
    """Return a row of lots of 40 m by 50, 42, 44 ... m, rightly recorded but for those named."""
    shapes = {f"L{k}": lot(k, height=50 + 2 * k) for k in range(count)}
    return shapes, {f"L{k}": f"{40 * (50 + 2 * k)}.00" for k in range(count)} | changed


def told(lots: gpd.GeoDataFrame, name: str = "L0", **more: object):
    return reconcile(lots, tolerance=SHARP, **more).loc[name]


def cause_of(lots: gpd.GeoDataFrame, name: str = "L0", **more: object):
    found = told(lots, name, **more)
    return found["area_cause"], found["area_cause_evidence"]


@pytest.mark.parametrize(
    ("record", "cause", "evidence"),
    [
        ("3.00", "unit-mu", "factor=0.0015"),
        ("0.2000", "unit-ha", "factor=0.0001"),
        ("0.002000", "unit-km2", "factor=1e-06"),
        ("2000000000", "unit-mm2", "factor=1e+06"),
        ("21527.82", "unit-sqft", "factor=10.7639"),
        ("20000.00", "power-of-ten", "factor=10"),
        ("200000.0", "power-of-ten", "factor=100"),
        ("2000000", "power-of-ten", "factor=1000"),
        ("20000000", "power-of-ten", "factor=10000"),
        ("200.000", "power-of-ten", "factor=0.1"),
        ("20.0000", "power-of-ten", "factor=0.01"),
        ("2.00000", "power-of-ten", "factor=0.001"),
        ("2600.00", "digit-slip", "from=2600.00; to=2000.00"),
    ],
)
def test_a_number_in_another_unit_or_with_a_wrong_digit_is_named(record, cause, evidence):
    assert cause_of(table(*row(L0=record))) == (cause, evidence)


def test_two_digits_in_the_wrong_order_are_named():
    # The second lot measures 2 080 m².
    lots = table(*row(L1="2800.00"))
    assert cause_of(lots, "L1") == ("digit-swap", "from=2800.00; to=2080.00")


def test_an_area_in_web_mercator_is_named():
    lots = table(*row())
    area = lots.to_crs("EPSG:3857").area["L0"]
    cause, evidence = cause_of(table(*row(L0=f"{area:.2f}")))
    assert cause == "web-mercator"
    assert float(evidence.removeprefix("factor=")) == pytest.approx(area / 2000, rel=1e-5)


def test_the_neighbours_meridian_is_named_by_a_second_engine():
    # EPSG:4546 has its meridian at 111 E, 306 km away: areas 0.23 % larger.
    shapes, _ = row()
    series = gpd.GeoSeries(shapes, crs="EPSG:4547")
    areas = series.to_crs("EPSG:4546").area
    lots = table(shapes, {name: f"{area:.2f}" for name, area in areas.items()})
    found = reconcile(lots, tolerance=SHARP)
    named = [
        {row.area_cause, *(row.area_cause_ties or "").split(";")} for row in found.itertuples()
    ]
    assert all("other-projection-zone" in each for each in named)


@pytest.mark.parametrize("record", ["2001.19", "1998.81"])
def test_a_known_ground_height_is_named_whichever_of_the_two_was_raised(record):
    # (1 + 1900/6371000)² = 1.00059655, of 2000 m²; and its reciprocal
    lots = table(*row(L0=record), ground_height_m={"L0": 1900.0})
    assert cause_of(lots) == ("compensation-plane", "height_m=1900")


def test_one_height_that_all_lots_share_is_found():
    shapes, _ = row(12)
    records = {f"L{k}": f"{40 * (50 + 2 * k) * (1 + 1900 / 6371000) ** 2:.2f}" for k in range(12)}
    found = reconcile(table(shapes, records), tolerance=SHARP)
    assert set(found["area_cause"]) == {"compensation-plane"}
    heights = found["area_cause_evidence"].str.removeprefix("height_m=").astype(float)
    assert heights.to_numpy() == pytest.approx(1900, abs=10)


def test_the_surface_of_a_slope_is_named():
    lots = table(*row(L0="2309.40"), slope_deg={"L0": 30.0})  # 2000 / cos 30°
    assert cause_of(lots) == ("slope-surface", "slope_deg=30")


def test_the_plane_and_its_reverse_are_named_far_from_the_meridian():
    far = shapely.affinity.translate(lot(0, width=400, height=500), xoff=130_000)
    lots = table({"L0": far}, {"L0": "200000.0"})
    assert cause_of(lots)[0] == "plane-for-ellipsoid"
    twice = lots["measured_area_m2"].iloc[0] ** 2 / 200_000
    assert cause_of(table({"L0": far}, {"L0": f"{twice:.1f}"}))[0] == "ellipsoid-for-plane"


def test_a_hole_is_named_whether_record_or_outline_counts_it():
    shapes, records = row()
    hole = shapely.box(WEST + 10, SOUTH + 10, WEST + 20, SOUTH + 20)
    ringed = table({**shapes, "L0": shapes["L0"] - hole}, records)
    assert cause_of(ringed) == ("hole-not-subtracted", "hole_m2=100.00")
    filled = table({**shapes, "pond": hole}, {**records, "L0": "1900.00", "pond": "100.00"})
    assert cause_of(filled) == ("hole-lost", "other=pond")
    well = shapely.box(WEST + 30, SOUTH + 10, WEST + 35, SOUTH + 20)
    records |= {"L0": "1850.00", "pond": "100.00", "well": "50.00"}  # both were left out of it
    both = table({**shapes, "pond": hole, "well": well}, records)
    assert cause_of(both)[0] == "hole-lost"


def test_a_part_that_record_or_outline_lacks_is_named():
    shapes, records = row()
    away = lot(0, row=3, width=10, height=37)
    both = table({**shapes, "L0": shapes["L0"] | away}, records)
    assert cause_of(both) == ("part-missing", "missing_m2=370.00")
    codes = {"L0": "GB1", "away": "GB1"}
    lots = table({**shapes, "away": away}, {**records, "L0": "2370.00"}, parcel_code=codes)
    assert cause_of(lots) == ("part-missing-outline", "other=away")


def test_arcs_drawn_as_chords_are_named():
    # A quarter of a circle of 20 m in 6 chords: the arc holds more by R²/2·(π/2 - 6 sin 15°).
    angle = np.radians(np.linspace(0, 90, 7))
    bow = np.column_stack([WEST + 20 + 20 * np.cos(angle), SOUTH + 30 + 20 * np.sin(angle)])
    shape = shapely.Polygon([(WEST, SOUTH), (WEST + 40, SOUTH), *bow, (WEST, SOUTH + 50)])
    segments = 200 * (np.pi / 2 - 6 * np.sin(np.radians(15)))
    shapes, records = row()
    lots = table({**shapes, "L0": shape}, {**records, "L0": f"{shape.area + segments:.2f}"})
    assert cause_of(lots) == ("arcs-flattened", f"arcs_m2={segments:.2f}")


def test_an_outline_of_few_corners_may_be_generalised_and_a_surveyed_one_not():
    angle = np.linspace(0, 2 * np.pi, 41)[:-1]
    ring = (
        np.column_stack([np.cos(angle), np.sin(angle)]) * (1000 + 60 * np.sin(5 * angle))[:, None]
    )
    shape = shapely.Polygon(ring + CORNER)
    lots = table({"town": shape}, {"town": f"{shape.area * 1.004:.0f}"},
                 geometry_status={"town": "published"})  # fmt: skip
    assert cause_of(lots, "town")[0] == "generalised-outline"
    assert cause_of(lots.assign(geometry_status="surveyed"), "town")[0] is None


def test_a_box_drawn_apart_from_its_neighbours_may_be_generalised_and_one_that_fits_them_not():
    shapes, records = row(L2="2500.00")  # it measures 2 160 m²
    status = {"L2": "published"}
    assert cause_of(table(shapes, records, geometry_status=status), "L2")[0] is None
    apart = {**shapes, "L2": shapely.box(WEST + 80.3, SOUTH + 0.2, WEST + 119.6, SOUTH + 54.5)}
    lots = table(apart, records, geometry_status=status)
    assert cause_of(lots, "L2")[0] == "generalised-outline"


def test_a_superseded_outline_is_named():
    shapes, records = row(L0="2200.00")
    earlier = table({"L0": lot(0, width=44)}, {"L0": "2200.00"})
    assert cause_of(table(shapes, records), earlier=earlier) == ("older-outline", "earlier=L0")


def test_other_land_than_the_outline_is_named_by_its_own_columns():
    lots = table(*row(L0="2713.40"), recorded_area_basis={"L0": "total_land"},
                 net_site_area_m2={"L0": 2000.0})  # fmt: skip
    assert cause_of(lots)[0] == "total-for-net-site"
    lots = table(*row(L0="2713.40"), given_up_area_m2={"L0": 713.4})
    assert cause_of(lots) == ("land-given-up", "given_up_m2=+713.40")
    lots = table(*row(L0="2713.40"), recorded_area_basis={"L0": "renewal_unit"},
                 demolition_area_m2={"L0": 2000.0})  # fmt: skip
    assert cause_of(lots)[0] == "renewal-unit-for-other"


def test_two_records_at_each_other_are_named_at_both():
    lots = table(*row(L1="2320.30", L4="2079.60"))
    found = reconcile(lots, tolerance=SHARP)
    assert found.loc["L1", ["area_cause", "area_cause_evidence"]].tolist() == [
        "lots-swapped", "other=L4",
    ]  # fmt: skip
    assert found.at["L4", "area_cause"] == "lots-swapped"


def test_swapped_records_may_each_be_off_by_what_is_tolerated():
    shapes, records = row()
    shapes["L2"] = lot(2, height=100)  # 4 000 m², and the first has 2 000
    lots = table(shapes, records | {"L0": "4020.00", "L2": "2005.00"})
    found = reconcile(lots, tolerance=SurveyTolerance(0.0, 0.01))
    assert found.loc[["L0", "L2"], "area_cause"].tolist() == ["lots-swapped"] * 2


def test_sums_of_neighbours_are_merged_or_divided_lots_and_the_tie_is_told():
    shapes, records = row(L0="4080.00")
    assert cause_of(table(shapes, records)) == ("lots-merged", "other=L1")
    del records["L1"]
    found = told(table(shapes, records))
    assert {found["area_cause"], found["area_cause_ties"]} == {"lots-merged", "lots-split"}


def test_two_deeds_at_one_outline_are_a_divided_lot():
    shapes, records = row(L0="812.37")
    lots = table({**shapes, "new": None}, {**records, "new": "1187.63"},
                 parcel_code={"L0": "GB1", "new": "GB1"})  # fmt: skip
    assert cause_of(lots) == ("lots-split", "other=new")


def test_sums_adjusted_to_a_control_total_are_named():
    shapes, _ = row()
    records = {f"L{k}": f"{40 * (50 + 2 * k) * 1.0123:.2f}" for k in range(6)}
    total = pd.Series({"village": sum(map(float, records.values()))})
    lots = table(shapes, records, zone_id=dict.fromkeys(shapes, "village"))
    found = reconcile(lots, tolerance=SHARP, totals=total)
    assert set(found["area_cause"]) == {"control-total"}
    assert set(found["area_cause_evidence"]) == {"factor=1.0123"}
    assert reconcile(lots, tolerance=SHARP, totals=total + 50)["area_cause"].isna().all()


@pytest.mark.parametrize("meridian", [111, 112.5, 115.5, 117])
def test_one_wrong_lot_is_told_where_all_others_agree_to_the_digit(meridian):
    # An area in the 1.5-degree zone beside is 0.06 % larger; the table's own scatter is none.
    shapes, _ = row(40)
    series = gpd.GeoSeries(shapes, crs="EPSG:4547")
    records = {name: f"{area:.2f}" for name, area in table(shapes, {})["measured_area_m2"].items()}
    plane = f"+proj=tmerc +lon_0={meridian} +k=1 +x_0=500000 +ellps=GRS80 +units=m"
    records["L7"] = f"{series.to_crs(plane).area['L7']:.2f}"
    found = reconcile(table(shapes, records), tolerance=SurveyTolerance(0.0))
    assert found["area_verdict"].value_counts().to_dict() == {"agrees": 39, "explained": 1}
    assert found.at["L7", "area_cause"] == "other-projection-zone"
    assert found.at["L7", "area_cause_evidence"] == f"meridian={meridian:g}"


def test_what_is_unknown_cannot_be_judged():
    shapes, records = row(3)
    del records["L1"]
    found = reconcile(table({**shapes, "L2": None}, records), tolerance=SHARP)
    assert found["area_verdict"].tolist() == ["agrees", "cannot_judge", "cannot_judge"]
    assert found.loc[["L1", "L2"], "area_difference_m2"].isna().all()
    assert reconcile(table({}, {})).empty


def test_the_tolerance_is_half_a_printed_step_and_three_sigma():
    # A square of side s has σ = m·s: 3 · 0.05 · 30 = 4.5 m²; to which half of 0.01 is added.
    square = lot(0, width=30, height=30)
    found = reconcile(table({"a": square, "b": square}, {"a": "904.49", "b": "904.52"}))
    assert found["area_tolerance_m2"].to_numpy() == pytest.approx(4.505, abs=1e-3)
    assert found["area_verdict"].tolist() == ["agrees", "disagrees"]
    wide = reconcile(table({"b": square}, {"b": "904.52"}), tolerance=SurveyTolerance(0.0, 0.01))
    assert wide["area_verdict"].tolist() == ["agrees"]


def test_sigma_is_that_of_a_simulation():
    rng = np.random.default_rng(5)
    ring = np.array([(0, 0), (80, 5), (95, 60), (40, 90), (-10, 45)], dtype=float)
    moved = ring + rng.normal(0, 0.05 / 2**0.5, (20_000, *ring.shape))
    x, y = moved[..., 0], moved[..., 1]
    areas = 0.5 * (x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1)
    shape = gpd.GeoSeries([shapely.Polygon(ring + CORNER)], crs="EPSG:4547")
    for series in (shape, shape.to_crs("EPSG:4490")):
        assert 0.05 * area_sigma_per_m(series)[0] == pytest.approx(areas.std(), rel=0.02)


@settings(max_examples=15)
@given(st.permutations(range(6)), st.booleans())
def test_neither_order_nor_crs_changes_what_is_told(order, projected):
    lots = table(*row(L0="3.00", L2="3160.00", L4="9999.99"))
    expected = reconcile(lots, tolerance=SHARP)
    other = lots.iloc[order]
    found = reconcile(other.to_crs("EPSG:4547") if projected else other, tolerance=SHARP)
    columns = ["area_verdict", "area_cause", "area_cause_ties", "area_cause_evidence"]
    pd.testing.assert_frame_equal(found[columns].loc[expected.index], expected[columns])


def test_of_random_records_fewer_than_2_percent_get_a_cause():
    # A pin of what chance gives: 60 lots a table, of which one, some or all stand at random.
    rng, named, asked = np.random.default_rng(12), 0, 0
    for batch in [1] * 80 + [12] * 15 + [60] * 5:
        sides = rng.uniform(20, 90, 60).round(2)
        shapes = {f"L{k}": shapely.box(WEST + 100 * k, SOUTH, WEST + 100 * k + side, SOUTH + 50)
                  for k, side in enumerate(sides)}  # fmt: skip
        areas = 50 * sides
        areas[:batch] = rng.permutation(areas)[:batch] * np.exp(rng.uniform(-1.6, 1.6, batch))
        records = {f"L{k}": f"{area:.2f}" for k, area in enumerate(areas)}
        found = reconcile(table(shapes, records), tolerance=SurveyTolerance(0.03))[:batch]
        named, asked = named + found["area_cause"].notna().sum(), asked + len(found)
    assert named <= 0.02 * asked


def test_where_the_survey_is_worse_than_its_tolerance_no_digit_is_blamed():
    # Old registers differ from new outlines by a per cent or two, each lot by another.
    rng = np.random.default_rng(5)
    sides = rng.uniform(20, 90, 200).round(2)
    shapes = {f"L{k}": shapely.box(WEST + 100 * k, SOUTH, WEST + 100 * k + side, SOUTH + 50)
              for k, side in enumerate(sides)}  # fmt: skip
    areas = 50 * sides * np.exp(rng.normal(0, 0.015, 200))
    records = {f"L{k}": f"{area:.0f}" for k, area in enumerate(areas)}
    found = reconcile(table(shapes, records), tolerance=SurveyTolerance(0.03))
    assert (found["area_verdict"] == "disagrees").sum() > 100
    named = found["area_cause"].dropna()
    assert not named.str.startswith("digit").any()
    assert len(named) <= 6  # a pin: three chance pairs of 200 lots look swapped


def test_findings_tell_cause_and_evidence_in_both_languages():
    lots = table(*row(L0="3.00", L1="777.771"))
    said = list(reconcile_findings(lots.join(reconcile(lots, tolerance=SHARP))))
    assert [(each.code, each.subject) for each in said] == [
        ("area-explained", "L0"), ("area-disagrees", "L1"),
    ]  # fmt: skip
    numbers = {name: said[1].details[name] for name in ("recorded", "measured", "difference")}
    assert numbers == {"recorded": "777.77", "measured": "2,080", "difference": "-1,302.23"}
    assert "number in mu (factor 0.0015)" in said[0].message("en")
    assert "亩数误作平方米（系数 0.0015）" in said[0].message("zh")
    assert list(reconcile_findings(lots)) == []


def test_every_cause_has_words():
    from pingshan_geo.words import text

    assert all(text(f"cause_{cause}").zh for cause in PRIOR)


def test_every_evidence_has_words_in_both_languages():
    from pingshan_geo.measures.reconcile.texts import _TOLD
    from pingshan_geo.words import words

    names = {name for name, _ in _TOLD.values() if name} | {"factor", "from", "to"}
    assert [name for name in sorted(names) if f"evidence_{name}" not in words()] == []
