"""Units and the bounds that printed digits allow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.catalogue.facts import bounds
from pingshan_geo.measures.recorded import implied_bounds
from pingshan_geo.units import UNITS, display_unit, format_number, implied_step, to_si, unit_key

DIGITS = st.from_regex(r"[1-9]\d{0,8}(\.\d{1,6})?", fullmatch=True).filter(str.isascii)


@pytest.mark.parametrize(
    ("number", "unit", "stored"),
    [
        ("51.6", "km2", 51_600_000.0), ("22.78", "ha", 227_800.0), ("1.04", "100m_yuan", 1.04e8),
        ("2757.06", "mu", 2757.06 * 2000 / 3), ("15", "mu", 10_000.0), ("145.2", "%", 1.452),
        ("138", "bn_yuan", 1.38e11), ("28400", "10k_yuan", 2.84e8), ("43.56", "10k_m2", 435_600.0),
    ],
)  # fmt: skip
def test_a_printed_number_is_stored_in_si(number, unit, stored):
    assert to_si(number, unit) == pytest.approx(stored, rel=1e-15)


def test_a_unit_is_so_many_stored_ones_and_a_rate_is_one_unit_for_each_of_another():
    more = {
        "ha": 10**4, "km2": 10**6, "mu": Fraction(2000, 3), "10k_m2": 10**4, "10k_yuan": 10**4,
        "100m_yuan": 10**8, "m_yuan": 10**6, "bn_yuan": 10**9, "%": Fraction(1, 100),
    }  # fmt: skip
    for name, unit in UNITS.items():
        assert unit.factor == more.get(name.split("/")[0], 1), name
        assert UNITS[unit.si].factor == 1, name


@given(DIGITS, st.sampled_from(sorted(UNITS)))
def test_the_stored_value_gives_the_printed_one_back(number, unit):
    back = Fraction(to_si(number, unit)) / UNITS[unit].factor
    assert abs(back - Fraction(number)) <= abs(Fraction(number)) / 2**53


@pytest.mark.parametrize(
    ("number", "step"),
    [
        ("9.5", "0.1"), ("106000", "1000"), ("488800", "100"), ("85247.0", "0.1"), ("85247", "1"),
        ("0", "1"), ("0.0", "0.1"), ("-120", "10"), ("+7", "1"), ("1e3", "1000"), ("1.50e2", "1"),
    ],
)  # fmt: skip
def test_the_step_is_that_of_the_last_digit_that_is_no_trailing_zero(number, step):
    assert implied_step(number) == Fraction(step)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("9.5", "ha", "printed"), (95_000, 94_500, 95_500)),
        (("106000", "m2", "printed"), (106_000, 105_500, 106_500)),
        (("488800", "m2", "printed"), (488_800, 488_750, 488_850)),
        (("12", "ha", "about"), (120_000, 115_000, 125_000)),
        (("22.78", "ha", "about", "0.01"), (227_800, 227_750, 227_850)),
        (("440310", "count", "exact"), (440_310, 440_310, 440_310)),
        (("10", "km2", "more_than"), (1e7, 1e7, np.inf)),
        (("50", "%", "less_than"), (0.5, -np.inf, 0.5)),
        (("240", "%", "printed", "0"), (2.4, 2.4, 2.4)),
    ],
)
def test_bounds_follow_qualifier_and_resolution(args, expected):
    assert bounds(*args) == expected


@given(DIGITS)
def test_a_bulk_column_gets_the_bounds_of_its_shortest_digits(number):
    value = float(number)
    shortest = repr(value).removesuffix(".0")
    interval = implied_bounds(np.array([value]))
    half = float(implied_step(shortest)) / 2
    slack = 4 * np.spacing(value)
    assert interval.low[0] == pytest.approx(value - half, abs=slack)
    assert interval.high[0] == pytest.approx(value + half, abs=slack)


def test_bulk_zero_and_unknown_have_the_bounds_of_the_rule():
    interval = implied_bounds(np.array([0.0, np.nan]))
    assert (interval.low[0], interval.high[0]) == (-0.5, 0.5)
    assert np.isnan([part[1] for part in interval]).all()


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (106000.0, None, "106,000"), (4.6113207, None, "4.611"), (0.31026, 4, "0.3103"),
        (-0.0001, 2, "0"), (0.0, None, "0"), (1234.5, None, "1,234"), (-13.28, 2, "-13.28"),
        (1e-9, None, "0.000000001"), (100.0, 2, "100"),
    ],
)  # fmt: skip
def test_numbers_are_shown_without_needless_digits(value, decimals, text):
    assert format_number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "unit", "shown_in"),
    [
        (51.6e6, "m2", "km2"), (999_999.0, "m2", "m2"), (-132_800.0, "m2", "m2"),
        (1.04e8, "yuan", "m_yuan"), (1e6, "yuan", "m_yuan"),
        (999_999.0, "yuan", "yuan"), (None, "m2", "m2"),
    ],
)  # fmt: skip
def test_each_size_has_its_unit_for_people(value, unit, shown_in):
    assert display_unit(value, unit) == shown_in


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("㎡", "m2"), ("平方米", "m2"), ("M²", "m2"), ("sq. km", "km2"), ("万㎡", "10k_m2"),
        ("市亩", "mu"), ("人民币万元", "10k_yuan"), ("亿元", "100m_yuan"), ("元／㎡", "yuan/m2"),
        ("％", "%"), ("亿", None), ("米", "m"), ("万", None), ("", None), ("万元/亩", None),
    ],
)  # fmt: skip
def test_a_unit_is_known_however_it_is_written(written, key):
    assert unit_key(written) == key


def test_every_unit_is_known_by_its_own_words():
    for key, unit in UNITS.items():
        assert {unit_key(word) for word in (key, unit.en, unit.zh) if word} == {key}
