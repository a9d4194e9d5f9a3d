"""What holds for a lot, by parcel, zone and kind of zone, and how the lot lies to it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingshan_geo.catalogue import load_catalogue
from pingshan_geo.catalogue.schema import is_computed
from pingshan_geo.figure import Interval, exact
from pingshan_geo.measures.limits import limit_findings, put_limits, verdict
from pingshan_geo.measures.lots import lot_table
from pingshan_geo.measures.readings import readings
from pingshan_geo.measures.wide import Wide

nan, inf = math.nan, math.inf
COLUMNS = [
    "zone_id", "land_use", "land_use_standard", "far_minimum", "far_maximum",
    "site_coverage_maximum", "green_ratio_minimum", "height_maximum_m",
]  # fmt: skip
#: Zones a and b are of one kind, p and q of another.
ZONES = pd.DataFrame(
    {"kind": ["density", "density", "plan", "plan"], "parent": None}, index=list("abpq")
)


def limits(**rows):
    """Return rows of limits.csv: the id of each, its zone and values."""
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=COLUMNS)
    numbers = dict.fromkeys(COLUMNS[3:], float)
    return table.astype(dict.fromkeys(COLUMNS[:3], object) | numbers).where(table.notna(), None)


def assessed(rows, pairs, lots=None, **columns):
    """Return lots of 10 000 m² with 30 000 m² of floor, in zones by (lot, zone, share)."""
    count = lots or 1 + max((pair[0] for pair in pairs), default=0)
    base = pd.DataFrame(
        {"site_area_m2": 1e4, "gross_floor_area_m2": 3e4, "zone_id": None} | columns,
        index=[f"lot-{n}" for n in range(count)],
    )
    for name in ("land_use", "land_use_standard"):
        base[name] = pd.Series(columns.get(name), index=base.index, dtype=object)
    wide = Wide(base)
    for name in ("site_area", "gross_floor_area", "far", "far_limit", "site_coverage"):
        put(wide, name, base)
    for name in ("green_ratio", "building_height"):
        put(wide, name, base)
    membership = pd.DataFrame(pairs, columns=["row", "zone", "weight"]).astype(
        {"row": int, "weight": float}
    )
    membership["zone"] = ZONES.index.get_indexer(membership["zone"])
    put_limits(wide, rows, ZONES, membership)
    return wide.table()


def put(wide, name, base):
    column = {"building_height": "building_height_m"}.get(name, name)
    value = base.get(column if name[-4:] != "area" else f"{name}_m2")
    if name == "far":
        value = base["gross_floor_area_m2"] / base["site_area_m2"]
    if value is not None:
        wide.put(name, exact(np.array(value, dtype=float)), "recorded", "exact")


@pytest.mark.parametrize(
    ("value", "minimum", "maximum", "expected"),
    [
        ((3, 2.9, 3.1), (nan,) * 3, (4, 4, 4), "within"),
        ((4, 3.9, 4.0), (nan,) * 3, (4, 4, 4), "within"),  # equal is within
        ((4, 3.95, 4.05), (nan,) * 3, (4, 4, 4), "within_rounding"),
        ((4.1, 4.01, 4.2), (nan,) * 3, (4, 4, 4), "over"),
        ((4.1, 4.01, inf), (nan,) * 3, (4, 4, 4), "over"),  # more than 4.01
        ((3, 3, inf), (nan,) * 3, (4, 4, 4), "within_rounding"),
        ((1, 0.9, 1.1), (2, 2, 2), (4, 4, 4), "under"),
        ((2, 1.9, 2.1), (2, 2, 2), (4, 4, 4), "within_rounding"),
        ((1, 0.9, 1.1), (2, 2, 2), (nan,) * 3, "under"),  # whatever the maximum
        ((3, 2.9, 3.1), (2, 2, 2), (nan,) * 3, "unknown"),
        ((nan,) * 3, (2, 2, 2), (4, 4, 4), "unknown"),
        ((nan,) * 3, (nan,) * 3, (nan,) * 3, "unknown"),
        ((0, 0, 0), (nan,) * 3, (nan,) * 3, "unknown"),  # 0 over nothing known is not within
    ],
)
def test_a_verdict_follows_from_the_bounds(value, minimum, maximum, expected):
    parts = [Interval(*(np.array([float(n)]) for n in part)) for part in (value, minimum, maximum)]
    assert verdict(*parts, np.isnan(parts[2].value)).tolist() == [expected]


def test_a_lot_in_one_zone_has_its_limit_margin_and_headroom():
    table = assessed(limits(one={"zone_id": "a", "far_maximum": 3.5}), [(0, "a", 1)], lots=2)
    lot = table.loc["lot-0"]
    assert (lot["far_limit"], lot["far_limit_status"], lot["far_limit_basis"]) == (
        3.5, "recorded", "zone",
    )  # fmt: skip
    assert (lot["far_margin"], lot["floor_headroom_m2"]) == (0.5, 5_000)
    assert (lot["far_verdict"], lot["far_limit_from"]) == ("within", "one")
    other = table.loc["lot-1"]
    assert other["far_verdict"] == "unknown"
    names = ["far_limit", "far_limit_basis", "far_limit_from", "far_margin", "floor_headroom_m2"]
    assert other[names].isna().all()


def test_a_split_lot_gets_the_limit_weighted_by_area_with_its_shares():
    rows = limits(
        one={"zone_id": "a", "far_maximum": 4, "site_coverage_maximum": 0.5,
             "height_maximum_m": 60},
        two={"zone_id": "b", "far_maximum": 2.5, "site_coverage_maximum": 0.3,
             "height_maximum_m": 24},
    )  # fmt: skip
    lot = assessed(rows, [(0, "b", 0.38), (0, "a", 0.62)]).loc["lot-0"]
    assert lot["far_limit"] == pytest.approx(0.62 * 4 + 0.38 * 2.5, rel=1e-15)  # 3.43
    assert lot["far_limit_low"] == lot["far_limit_high"] == lot["far_limit"]
    assert (lot["far_limit_status"], lot["far_limit_basis"]) == ("derived", "weighted")
    assert lot["far_limit_shares"] == "a 0.62 × 4; b 0.38 × 2.5"
    assert lot["far_limit_from"] == "one; two"
    assert lot["site_coverage_limit"] == pytest.approx(0.424)
    assert lot["building_height_limit_m"] == 24  # a mean of heights limits no building


@pytest.mark.parametrize("pairs", [[(0, "a", 0.7)], [(0, "a", 0.7), (0, "b", 0.3)]])
def test_land_without_a_limit_makes_the_limit_of_its_kind_unknown(pairs):
    lot = assessed(limits(one={"zone_id": "a", "far_maximum": 9}), pairs).loc["lot-0"]
    assert (lot["far_verdict"], "far_limit" in lot) == ("unknown", False)


def test_a_sliver_decides_nothing():
    rows = limits(one={"zone_id": "a", "far_maximum": 4}, two={"zone_id": "b", "far_maximum": 1})
    for pairs in ([(0, "a", 0.9995), (0, "b", 0.0005)], [(0, "a", 0.9995)]):
        lot = assessed(rows, pairs).loc["lot-0"]
        assert (lot["far_limit"], lot["far_limit_basis"]) == (4, "zone")


def test_of_several_kinds_the_strictest_holds_and_is_named():
    rows = limits(
        one={"zone_id": "a", "far_maximum": 4, "far_minimum": 1},
        two={"zone_id": "p", "far_maximum": 2.5, "far_minimum": 0.5},
    )
    lot = assessed(rows, [(0, "a", 1), (0, "p", 1)]).loc["lot-0"]
    assert (lot["far_limit"], lot["far_limit_from"], lot["far_verdict"]) == (2.5, "two", "over")
    assert (lot["far_minimum"], lot["far_minimum_from"]) == (1, "one")


def test_lots_with_limits_of_different_kinds_keep_each_its_own():
    rows = limits(one={"zone_id": "p", "far_maximum": 2}, two={"zone_id": "a", "far_maximum": 4})
    found = assessed(rows, [(0, "p", 1.0), (2, "a", 1.0)], lots=3)
    assert found["far_limit"].tolist() == pytest.approx([2, nan, 4], nan_ok=True)


def test_a_kind_that_limits_a_part_leaves_no_lot_within_but_hides_none_that_is_over():
    rows = limits(
        one={"zone_id": "a", "far_maximum": 4}, two={"zone_id": "p", "far_maximum": 0.5},
        low={"zone_id": "q", "far_minimum": 2},
    )  # fmt: skip
    pairs = [(0, "a", 1), (0, "p", 0.5), (1, "a", 1), (1, "p", 0.5), (2, "a", 1), (2, "q", 0.1)]
    table = assessed(rows, pairs, gross_floor_area_m2=[3e4, 5e4, 3e4])
    assert table["far_verdict"].tolist() == ["unknown", "over", "unknown"]
    lot = table.loc["lot-0"]
    assert (lot["far_limit"], lot["far_limit_low"], lot["far_limit_high"]) == (4, -inf, 4)
    assert (lot["far_limit_qualifier"], lot["far_margin_qualifier"]) == ("less_than",) * 2
    assert (lot["floor_headroom_m2"], lot["floor_headroom_qualifier"]) == (10_000, "less_than")


def test_the_most_specific_row_of_a_zone_holds_for_each_value():
    rows = limits(
        any={"zone_id": "a", "far_maximum": 1, "green_ratio_minimum": 0.3},
        use={"zone_id": "a", "land_use": "M1", "far_maximum": 2},
        exact={"zone_id": "a", "land_use": "M1", "land_use_standard": "shenzhen", "far_maximum": 9},
        twin={"zone_id": "a", "land_use": "M1", "land_use_standard": "shenzhen", "far_maximum": 8},
    )
    table = assessed(
        rows, [(n, "a", 1) for n in range(4)], land_use=["M1", "M1", "M2", None],
        land_use_standard=["shenzhen", "gb-50137-2011", "shenzhen", None],
    )  # fmt: skip
    assert table["far_limit"].tolist() == [8, 2, 1, 1]
    assert table["far_limit_from"].tolist() == ["twin", "use", "any", "any"]
    assert table["green_ratio_minimum"].tolist() == [0.3] * 4
    assert table["green_ratio_verdict"].tolist() == ["unknown"] * 4


def test_a_limit_of_the_parcel_goes_before_those_of_its_zones():
    rows = limits(one={"zone_id": "a", "far_maximum": 2})
    table = assessed(rows, [(0, "a", 1), (1, "a", 0.5)], far_limit=[5.0, 5.0])
    assert table["far_limit"].tolist() == [5, 5]
    assert table["far_limit_basis"].tolist() == ["parcel"] * 2
    assert table["far_verdict"].tolist() == ["within"] * 2
    assert table["far_limit_from"].isna().all()


def test_coverage_green_and_height_are_judged_and_told():
    rows = limits(
        one={"zone_id": "a", "far_maximum": 2, "site_coverage_maximum": 0.4,
             "green_ratio_minimum": 0.3, "height_maximum_m": 100},
        two={"zone_id": "b", "far_maximum": 9, "far_minimum": 4},
    )  # fmt: skip
    table = assessed(
        rows, [(0, "a", 1), (1, "b", 1)], site_coverage=[0.5, 0.5], green_ratio=[0.2, nan],
        building_height_m=[100.0, 40],
    )  # fmt: skip
    names = ("far", "site_coverage", "green_ratio", "building_height")
    verdicts = table[[f"{name}_verdict" for name in names]].to_numpy().tolist()
    assert verdicts == [["over", "over", "under", "within"], ["under", *["unknown"] * 3]]
    found = [each for few in limit_findings(table).values() for each in few.made()]
    told = [(f.code, f.subject, f.value, *f.details.values()) for f in found]
    assert [each[:5] for each in told] == [
        ("far-over-limit", "lot-0", "3", "2", "-1"),
        ("far-under-minimum", "lot-1", "3", "4", "-1"),
        ("limit-exceeded", "lot-0", "0.5", "0.4", "-0.1"),
        ("limit-exceeded", "lot-0", "0.2", "0.3", "-0.1"),
    ]
    assert all("{" not in f.line(lang) for f in found for lang in ("en", "zh"))
    computed = [c for c in table if c.startswith(("far", "floor", "site_c", "green", "building"))]
    assert [c for c in computed if not is_computed(c)] == []


def test_headroom_stands_on_the_land_and_floor_of_the_ratio(small):
    for n, (measure, value) in enumerate((("net_site_area", "20000"), ("far_limit", "3"))):
        small.add("facts", fact_id=f"x{n}", subject="lot-1", measure=measure, value=value,
                  unit="1" if n else "m2", printed=value, source_id="gazette", locator="p. 9",
                  qualifier="exact")  # fmt: skip
    catalogue = small.load()
    wide = lot_table(catalogue.parcels, "parcels", readings(catalogue.facts, catalogue.as_of))
    nothing = pd.DataFrame({"row": [0], "zone": [0], "weight": [1.0]})
    put_limits(wide, catalogue.limits, catalogue.zones, nothing)
    lot = wide.table().loc["lot-1"]
    # 3 × 4.0 ha (39 500 to 40 500 m²) less 80 000 m² (79 950 to 80 050), not on the net site area
    assert (lot["floor_headroom_m2"], lot["floor_headroom_low_m2"], lot["floor_headroom_high_m2"]) \
        == (40_000, 3 * 39_500 - 80_050, 3 * 40_500 - 79_950)  # fmt: skip
    assert (lot["far_margin"], lot["far_margin_status"]) == (1.0, "derived")
    assert lot["far_verdict"] == "within"


@st.composite
def cities(draw):
    """Limits of zones a and b, and shares of lots in them, in any order."""
    maxima = draw(st.lists(st.none() | st.floats(0.1, 20), min_size=2, max_size=2))
    shares = draw(st.lists(st.integers(0, 16).map(lambda n: n / 16), min_size=1, max_size=6))
    pairs = [
        (n, zone, share)
        for n, at in enumerate(shares)
        for zone, share in (("a", at), ("b", 1 - at))
        if share > 0
    ]
    return maxima, shares, draw(st.permutations(pairs))


@settings(max_examples=30)
@given(cities())
def test_a_weighted_limit_lies_between_and_the_order_of_rows_does_not_matter(city):
    maxima, shares, pairs = city
    rows = limits(
        **{
            f"limit-{z}": {"zone_id": z, "far_maximum": m}
            for z, m in zip("ba", maxima, strict=True)
        }
    )
    table = assessed(rows, pairs, lots=len(shares))
    again = assessed(rows.iloc[::-1], sorted(pairs), lots=len(shares))
    pd.testing.assert_frame_equal(table, again)
    for at, limit in zip(shares, table.get("far_limit", [nan] * len(shares)), strict=True):
        holding = [m for m, share in zip(maxima, (1 - at, at), strict=True) if share > 0]
        if None in holding:
            assert np.isnan(limit)
        else:
            assert min(holding) <= limit <= max(holding)


def test_a_bureaus_list_of_limits_is_imported_in_parts_of_one(town, tmp_path, run):
    zone = load_catalogue(town).zones.index[0]
    heading = "指标编号,分区编号,用地代码,用地分类标准,容积率,建筑密度（%）,绿地率(%),限高（米）"
    (tmp_path / "limits.csv").write_text(
        f"{heading}\nL-1,{zone},M0,shenzhen,4.0,45,30,100\nL-2,nowhere,,,3,,,\n", "utf-8"
    )
    status, out, _ = run(tmp_path / "limits.csv", "--as", "limits", "--yes")
    assert (status, "2 rows = 1 accepted + 0 repaired + 1 quarantined" in out) == (0, True)
    limit = load_catalogue(town).limits.loc["L-1"]
    assert limit[COLUMNS].tolist()[4:] == [4.0, 0.45, 0.3, 100.0]
    assert limit[COLUMNS[:3]].tolist() == [zone, "M0", "shenzhen"]
