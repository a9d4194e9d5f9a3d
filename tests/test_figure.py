"""Arithmetic on bounds, qualifiers, and figures that hold together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.figure import (
    Completeness,
    Figure,
    Interval,
    choose,
    coded,
    combined_qualifier,
    divide,
    exact,
    subtract,
)
from pingshan_geo.words import Text

SIZES = st.floats(1e-3, 1e9)


def interval(value, low, high):
    return Interval(*(np.array([float(part)]) for part in (value, low, high)))


@st.composite
def intervals(draw):
    """An interval, and a number inside of it."""
    value = draw(SIZES)
    low = draw(st.sampled_from([value, value * 0.9, 0.0, -math.inf]))
    high = draw(st.sampled_from([value, value * 1.2, math.inf]))
    bottom, top = max(low, 0.0), min(high, value * 1e3)
    inner = bottom + draw(st.floats(0, 1)) * (top - bottom)
    return interval(value, low, high), inner


@given(intervals(), intervals())
def test_bounds_contain_every_quotient_and_difference_of_values_inside(one, two):
    (top, t), (bottom, b) = one, two
    slack = 1 + 1e-12
    ratio, left = divide(top, bottom), subtract(top, bottom)
    if b > 0:
        assert ratio.low[0] <= t / b * slack
        assert t / b <= ratio.high[0] * slack
    room = 1e-12 * max(t, b)
    assert left.low[0] - room <= t - b <= left.high[0] + room
    for result in (ratio, left):
        assert result.low[0] <= result.value[0] <= result.high[0]


@pytest.mark.parametrize(
    ("top", "bottom"),
    [
        ((np.nan,) * 3, (1, 1, 1)), ((1, 1, 1), (np.nan,) * 3), ((1, 1, 1), (0, 0, 0)),
        ((0, 0, 0), (0, -0.5, 0.5)), ((1, 1, 1), (-2, -3, -1)),
    ],
)  # fmt: skip
def test_a_ratio_to_nothing_or_of_an_unknown_is_unknown(top, bottom):
    assert np.isnan([part[0] for part in divide(interval(*top), interval(*bottom))]).all()


def test_nothing_over_something_is_nothing():
    assert [p[0] for p in divide(interval(0, 0, 0.5), interval(10, 8, 10))] == [0, 0, 0.0625]


FAR = {
    # of floor and land: what a ratio of such numbers may be called
    ("printed", "printed"): "printed", ("exact", "exact"): "exact", ("exact", "printed"): "printed",
    ("about", "printed"): "about", ("printed", "about"): "about",
    ("more_than", "printed"): "more_than", ("less_than", "printed"): "less_than",
    ("printed", "more_than"): "less_than", ("printed", "less_than"): "more_than",
    ("more_than", "less_than"): "more_than", ("less_than", "more_than"): "less_than",
    ("more_than", "more_than"): "about", ("less_than", "less_than"): "about",
}  # fmt: skip
BOUNDS = {"more_than": (4, 4, np.inf), "less_than": (4, -np.inf, 4), "exact": (4, 4, 4)}


@pytest.mark.parametrize(("qualifiers", "expected"), FAR.items())
@pytest.mark.parametrize("operation", [divide, subtract])
def test_a_missing_bound_goes_the_right_way_through_a_formula(operation, qualifiers, expected):
    parts = [interval(*BOUNDS.get(q, (4, 3.5, 4.5))) for q in qualifiers]
    result = operation(*parts)
    first, second = (coded([q]) for q in qualifiers)
    assert combined_qualifier(result, first, second) == coded([expected])
    if expected == "more_than":
        assert result.high[0] == np.inf
    if expected == "less_than":
        assert result.high[0] < np.inf
        assert result.low[0] in {0, -np.inf}


def test_an_unknown_value_has_no_qualifier():
    nothing = Interval(*(np.array([np.nan]),) * 3)
    assert combined_qualifier(nothing, coded(["exact"])) == coded([None])


def test_choosing_takes_all_three_parts_from_one_side():
    chosen = choose(np.array([True, False]), exact(np.array([1.0, 2])), exact(np.array([3.0, 4])))
    assert [part.tolist() for part in chosen] == [[1, 4]] * 3


PARTS = {
    "kind": "parcels", "measure": "far", "subject": "G1", "value": 2.0, "low": 1.9, "high": 2.1,
    "unit": "1", "qualifier": "printed", "status": "derived", "method": Text("m", "法"),
}  # fmt: skip
UNKNOWN = {"value": None, "low": None, "high": None, "status": "unknown"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "fine"}, {"qualifier": "roughly"}, {"qualifier": None}, {"value": None},
        {"status": "unknown"}, {**UNKNOWN, "notes": ()}, {"value": math.nan}, {"high": math.inf},
        {"low": math.nan}, {"low": 2.05}, {"high": 1.0}, {"low": 3.0, "high": None},
        {**UNKNOWN, "low": 1.0, "notes": (Text("n", "注"),)},
    ],
)  # fmt: skip
def test_a_figure_that_contradicts_itself_cannot_be_made(wrong):
    with pytest.raises(ValueError, match="far/G1"):
        Figure(**PARTS | wrong)


@pytest.mark.parametrize("bounds", [{"high": None}, {"low": None}, {"low": 2.0, "high": 2.0}])
def test_a_bound_may_be_missing_or_equal(bounds):
    assert Figure(**PARTS | bounds).id == "far/G1"


def test_the_document_of_an_unknown_figure_holds_null_and_says_why():
    note = Text("No source prints it.", "来源未载。")
    document = Figure(**PARTS | UNKNOWN | {"notes": (note,)}).to_dict("zh")
    assert [document[key] for key in ("value", "low", "high", "notes")] == [
        None, None, None, ["来源未载。"],
    ]  # fmt: skip
    assert list(document) == [
        "id", "measure", "subject", "value", "low", "high", "unit", "qualifier", "status", "method",
        "inputs", "evidence", "completeness", "notes",
    ]  # fmt: skip


def test_completeness_says_what_is_left_out():
    assert Completeness(1, 4, 0.4653, ("a",)).to_dict() == {
        "rows_known": 1, "rows": 4, "of_recorded_total": 0.4653, "left_out": ["a"],
    }  # fmt: skip
