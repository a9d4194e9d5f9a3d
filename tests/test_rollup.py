"""Sums, ratios and counts by zone lose no lot and count none twice."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo import assess, load_catalogue
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Interval, coded
from pingshan_geo.measures.membership import membership
from pingshan_geo.measures.rollup import group_far, group_sums, sum_part
from pingshan_geo.measures.spread import spread
from pingshan_geo.report import roll_up, select

TOWN = Path(__file__).parents[1] / "examples" / "demo-town"
#: No outline tells where a lot lies.
NOTHING = pd.DataFrame(
    {name: [] for name in ("row", "zone", "zone_kind", "share", "is_dominant")}, dtype=int
)


@st.composite
def trees(draw):
    """Parents of a forest of zones (each earlier in the list), and the zone of each lot."""
    count = draw(st.integers(1, 12))
    parents = [draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(count)]
    places = draw(st.lists(st.none() | st.integers(0, count), max_size=25))
    return parents, places


@given(trees())
def test_a_lot_is_in_the_zone_it_names_and_once_in_each_above(tree):
    parents, places = tree
    table = pd.DataFrame(
        {
            "parent": [None if p is None else f"z{p}" for p in parents],
            "kind": "base",
            "geometry_status": "none",
        },
        dtype=object,
        index=[f"z{n}" for n in range(len(parents))],
    )
    named = pd.Series([None if p is None else f"z{p}" for p in places], dtype=object)
    expected = []
    for row, place in enumerate(places):
        at = place if place is not None and place < len(parents) else None
        while at is not None:
            expected.append((row, at))
            at = parents[at]
    pairs = membership(table, named, NOTHING)
    assert sorted(zip(pairs["row"], pairs["zone"], strict=True)) == sorted(expected)


@given(trees(), st.randoms())
def test_the_sum_of_a_zone_is_that_of_its_own_lots_and_of_the_zones_below(tree, random):
    parents, places = tree
    sizes = np.array([random.uniform(0.1, 1e6) for _ in places])
    table = pd.DataFrame(
        {
            "parent": [None if p is None else f"z{p}" for p in parents],
            "kind": "base",
            "geometry_status": "none",
        },
        dtype=object,
        index=[f"z{n}" for n in range(len(parents))],
    )
    named = pd.Series([None if p is None else f"z{p}" for p in places], dtype=object)
    pairs = membership(table, named, NOTHING)
    rows, zone = pairs["row"].to_numpy(), pairs["zone"].to_numpy()
    inside = sizes[rows] if len(rows) else np.zeros(0)
    sums = group_sums(Interval(inside, inside, inside), zone, len(parents)).interval.value
    for at in range(len(parents)):
        own = [s for s, place in zip(sizes, places, strict=True) if place == at]
        below = [sums[child] for child, parent in enumerate(parents) if parent == at]
        total = math.fsum([*own, *(s for s in below if not math.isnan(s))])
        if math.isnan(sums[at]):
            assert total == 0
        else:
            assert sums[at] == pytest.approx(total, rel=1e-15)


def interval(*rows):
    return Interval(*(np.array(part, dtype=float) for part in zip(*rows, strict=True)))


def test_a_row_without_a_bound_leaves_the_sum_without_one():
    inf = math.inf
    rows = interval((1, 1, inf), (2, 1.5, 2.5), (3, -inf, 3), (4, 4, 4), (math.nan,) * 3)
    of_rows = coded(["more_than", "about", "less_than", "exact", None])
    total = group_sums(rows, np.array([0, 0, 1, 1, 2]), 3, of_rows)
    assert total.interval.value.tolist()[:2] == [3, 7]
    assert total.interval.low.tolist()[:2] == [2.5, -inf]
    assert total.interval.high.tolist()[:2] == [inf, 7]
    assert np.isnan([part[2] for part in total.interval]).all()
    assert (total.known.tolist(), total.rows.tolist()) == ([2, 2, 0], [2, 2, 1])
    assert total.qualifier.tolist() == coded(["more_than", "less_than", None]).tolist()


def test_a_groups_ratio_is_sum_over_sum_where_both_are_known():
    nan = math.nan
    lots = pd.DataFrame(
        {"site_area_m2": [100.0, 300, nan, 500], "gross_floor_area_m2": [400.0, 300, 9, nan]}
    )
    for measure in ("site_area", "gross_floor_area"):
        for bound in ("low", "high"):
            lots[f"{measure}_{bound}_m2"] = lots[f"{measure}_m2"]
        lots[f"{measure}_qualifier"] = ["about", "printed", "printed", "about"]
    ratio = group_far(lots, np.array([0, 0, 0, 1]), 3)
    assert ratio.interval.value[0] == 700 / 400 != (4 + 1) / 2
    assert np.isnan(ratio.interval.value[1:]).all()
    assert (ratio.known.tolist(), ratio.rows.tolist()) == ([2, 0, 0], [3, 1, 0])
    assert ratio.qualifier.tolist() == coded(["about", None, None]).tolist()


def test_zones_tell_totals_counts_and_what_is_left_out(small):
    small.add("zones", zone_id="empty", kind="industrial_base", geometry_status="none")
    small.put("facts", 1, qualifier="about")
    assessment = assess(small.load())
    total = assessment.figure("site_area_total/town")
    assert (total.value, total.qualifier) == (40_000.0, "about")
    assert total.inputs == ("site_area/lot-1",)
    assert total.completeness.to_dict() == {
        "rows_known": 1, "rows": 2, "of_recorded_total": None, "left_out": ["lot-2"],
    }  # fmt: skip
    assert assessment.figure("far/town").value == assessment.figure("far/base").value == 2.0
    counts = {
        f"{name}/{zone}": assessment.figure(f"{name}/{zone}").value
        for zone in ("town", "base")
        for name in ("parcel_count", "project_count")
    }
    assert list(counts.values()) == [2, 1, 1, 1]
    where = assessment.figure("project_count/town").inputs_from
    assert where == {
        "table": "projects",
        "column": "project_id",
        "where": "project_id IN ('works')",
    }
    assert [f.id for f in assessment.figures(subject="empty")] == [
        "recorded_area/empty",
        "measured_area/empty",
    ]


@given(st.lists(st.tuples(st.integers(0, 2), st.none() | st.floats(0, 1e6)), max_size=12))
def test_lowest_median_and_highest_of_a_group_are_those_of_its_known_rows(rows):
    group = np.array([place for place, _ in rows], dtype=np.int64)
    value = np.array([math.nan if each is None else each for _, each in rows])
    low, middle, high = spread(Interval(value, value - 1, value + 2), group, 3)
    for place in range(3):
        known = [each for at, each in rows if at == place and each is not None]
        found = [part[place] for each in (low, middle, high) for part in each]
        if not known:
            assert np.isnan(found).all()
            continue
        expected = (min(known), statistics.median(known), max(known))
        assert found[::3] == pytest.approx(expected)
        assert found[1::3] == pytest.approx([each - 1 for each in expected])
        assert found[2::3] == pytest.approx([each + 2 for each in expected])


def lots(small, **columns):
    """Give both lots, and two more, numbers in columns."""
    for n in (3, 4):
        small.add("parcels", parcel_id=f"lot-{n}", geometry_status="none", source_id="gazette")
    for n in range(4):
        cells = {name: values[n] for name, values in columns.items()}
        small.put("parcels", n, source_id="gazette", **cells)
    return assess(small.load())


def test_a_group_tells_its_spread_its_bases_and_who_is_over(small):
    small.rows["facts"] = []
    assessment = lots(
        small, land_use=["M1", "M1", "M1", "M0"], site_area_m2=[1001, 1001, 1001, 1001],
        gross_floor_area_m2=[2002, 3003, 7007, None], net_site_area_m2=[501, None, None, None],
        far_limit=[2.5, 2.5, None, 2.5],
    )  # fmt: skip
    rolled = roll_up(select(assessment), "land_use")
    figures = {figure.id: figure for figure in rolled.figures()}
    values = {
        name: (figures[f"{name}/land_use=M1"].value, figures[f"{name}/land_use=M0"].value)
        for name in (
            "far", "far_lowest", "far_median", "far_highest", "over_limit_count",
            "limit_unknown_count", "net_site_area_total",
        )
    }  # fmt: skip
    assert values == {
        "far": (4, None), "far_lowest": (2, None), "far_median": (3, None),
        "far_highest": (7, None), "over_limit_count": (1, None), "limit_unknown_count": (1, 1),
        "net_site_area_total": (501, None),
    }  # fmt: skip
    assert "demolition_area_total/land_use=M1" not in figures
    assert figures["over_limit_count/land_use=M1"].completeness.left_out == ("lot-3",)
    assert figures["far_median/land_use=M1"].low == pytest.approx(3002.5 / 1001.5)
    assert figures["far_lowest/land_use=M0"].notes
    by_size = roll_up(select(assessment), "land_use", "-parcel_count", ("over_limit_count",))
    assert [f.id for f in by_size.figures()] == [
        "over_limit_count/land_use=M1",
        "over_limit_count/land_use=M0",
    ]
    assert list(by_size.wide()["parcels"]) == ["kind", "id", "over_limit_count"]
    with pytest.raises(UsageError, match="parcel_count"):
        roll_up(select(assessment), "land_use", "parcel_cont")


def test_a_lot_that_rounding_leaves_open_widens_the_number_that_are_over(small):
    small.rows["facts"] = []
    assessment = lots(
        small, land_use=["M1"] * 4, site_area_m2=[1001] * 4,
        gross_floor_area_m2=[2002, 2002, 7007, None], far_limit=[2, 9, 2, 2],
    )  # fmt: skip
    found = next(
        f for f in roll_up(select(assessment), "land_use").figures()
        if f.measure == "over_limit_count"
    )  # fmt: skip
    assert (found.value, found.low, found.high, found.qualifier) == (1, 1, 2, "printed")


def test_a_column_asked_for_twice_stands_once_and_quality_is_that_of_parcels(small):
    assessment = assess(small.load())
    for chosen in (
        select(assessment, columns=("far", "far")),
        roll_up(select(assessment), "zone_id", columns=("far", "far")),
    ):
        assert list(chosen.wide()["parcels"]) == ["kind", "id", "far"]
    with pytest.raises(UsageError, match="no column 'stage' in parcels"):
        roll_up(select(assessment, "quality"), "stage")


def test_rows_with_an_empty_text_are_of_the_group_without_one(small):
    assessment = assess(small.load())
    lots = assessment.having(parcels=assessment.parcels.assign(land_use=["", None]))
    rolled = roll_up(select(lots), "land_use")
    counts = [f for f in rolled.figures() if f.measure == "parcel_count"]
    assert [(f.subject, f.value) for f in counts] == [("land_use=", 2)]


def test_the_quality_of_groups_is_that_of_the_lots_whose_areas_are_both_known():
    assessment = assess(load_catalogue(TOWN))
    lots = assessment.parcels
    lots = lots[lots[["recorded_area_m2", "measured_area_m2"]].notna().all(axis=1)]
    sums = lots.groupby("land_use")[["recorded_area_m2", "measured_area_m2"]].sum()
    rolled = roll_up(select(assessment, "quality"), "land_use")
    found = {figure.id: figure.value for figure in rolled.figures()}
    assert len(sums) > 3
    for use, (recorded, measured) in zip(sums.index, sums.to_numpy(), strict=True):
        told = [found[f"{name}/land_use={use}"] for name in (
            "recorded_area_total", "measured_area_total", "area_difference", "area_ratio",
        )]  # fmt: skip
        wanted = [recorded, measured, recorded - measured, recorded / measured]
        assert told == pytest.approx(wanted, rel=1e-9)


def test_sums_of_two_parts_are_open_and_about_where_either_is():
    inf = math.inf
    open_ = Interval(*np.array([[1.0, 2, 3], [-inf, 2, 3], [1, inf, 3]]))
    closed = Interval(*np.array([[10.0, 20, 30]] * 3))
    parts = [
        sum_part(open_, np.arange(3), 3, coded(["printed", "printed", "about"])),
        sum_part(closed, np.arange(3), 3, coded(["printed"] * 3)),
    ]
    for one, two in (parts, parts[::-1]):
        found = one.merge(two).finish()
        assert np.array(found.interval).tolist() == [[11, 22, 33], [-inf, 22, 33], [11, inf, 33]]
        assert found.qualifier.tolist() == coded(["less_than", "more_than", "about"]).tolist()
