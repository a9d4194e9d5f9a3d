"""Claims: printed statements computed again; verdicts follow from digits and qualifiers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo import assess, load_catalogue
from pingshan_geo.evidence import Evidence
from pingshan_geo.figure import Figure
from pingshan_geo.measures.claims import Bounds, Lookup, Printed, check_claim, coarser
from pingshan_geo.words import Text

NOTHING = Text("", "")
#: The table of the facts that the catalogue starts from: claim, verdict, value, low, high.
PINGSHAN = {
    "land-completion-2017": ("consistent", 2.3979, 2.3848, 2.4111),
    "land-auctions-2017": ("consistent", 4, 4, 4),
    "added-value-lead-2017": ("consistent", 4.4, 3.85, 4.95),
    "six-indicators-2017": ("consistent", 6, 6, 6),
    "three-clusters-2017": ("consistent", 3, 3, 3),
    "services-within-gdp-2020": ("consistent", 0.7, 0.7, 0.7),
    "services-within-gdp-2030": ("consistent", 0.8235, 0.8235, 0.8235),
    "wangniugang-floor": ("consistent", 260172, 260170.5, 260173.5),
    "multiple-of-nanshan": ("contradicted", 4.479, 4.473, 4.485),
    "enterprises-added-2017": ("cannot_check", 351, 351, 351),
    "output-growth-2017": ("cannot_check", 120.52e9, 120.03e9, 121.02e9),
    "added-value-growth-2017": ("cannot_check", 26.84e9, 26.68e9, 27.01e9),
    "key-industries-growth-2017": ("cannot_check", 90.9e9, 86.4e9, 95.5e9),
    "investment-growth-2017": ("cannot_check", 13.768e9, 13.762e9, 13.775e9),
    "technology-growth-2017": ("cannot_check", 3.609e9, 3.577e9, 3.640e9),
    "land-preparation-rate-2018": ("cannot_check", 30.00e4, 29.98e4, 30.02e4),
    "six-indicators-rank-2017": ("cannot_check", None, None, None),
    "land-completion-rank-2017": ("cannot_check", None, None, None),
    "land-integration": ("cannot_check", None, None, None),
    "innovation-space-added": ("cannot_check", None, None, None),
    "enterprises-negotiated-2017-list": ("cannot_check", None, None, None),
    "companies-in-operation-2017-list": ("cannot_check", None, None, None),
    "projects-settled-2017-list": ("cannot_check", None, None, None),
    "reserve-projects-2017-list": ("cannot_check", None, None, None),
}


@pytest.fixture(scope="module")
def pingshan():
    return assess(load_catalogue())


def test_every_claim_of_the_catalogue_has_a_verdict_that_is_held_here(pingshan):
    assert set(pingshan.claims.index) == set(PINGSHAN)


@pytest.mark.parametrize("claim", PINGSHAN)
def test_the_printed_claims_have_the_verdicts_done_by_hand(pingshan, claim):
    verdict, value, low, high = PINGSHAN[claim]
    figure = pingshan.figure(f"claim_computed/{claim}")
    assert figure.verdict == verdict
    if verdict == "cannot_check":
        assert figure.value is None
        assert figure.notes[0].en
        assert figure.notes[0].zh
        if value is None:
            return
        figure = pingshan.figure(f"claim_implied/{claim}")
    # Tolerance: the table by hand has three to five digits.
    assert [figure.value, figure.low, figure.high] == pytest.approx([value, low, high], rel=1e-3)


def test_the_circular_claim_names_its_own_input(pingshan):
    figure = pingshan.figure("claim_computed/land-preparation-rate-2018")
    assert "Circular: implied target" in figure.notes[0].en


def test_the_contradicted_claim_says_that_about_would_hold(pingshan):
    figure = pingshan.figure("claim_computed/multiple-of-nanshan")
    assert "about" in figure.notes[0].en
    (told,) = [f for f in pingshan.findings if f.code == "claim-contradicted"]
    assert told.subject == "multiple-of-nanshan"


def printed(name, value, low, high, unit="m2", qualifier="printed", place="p. 1"):
    source = Evidence("gazette", place, f"{value}", None, NOTHING, None)
    bounds = (None if math.isinf(low) else low, None if math.isinf(high) else high)
    return Figure("parcels", name, "a", value, *bounds, unit, qualifier, "recorded", NOTHING,
                  evidence=(source,))  # fmt: skip


def look(*figures, **digits):
    """Return how a claim finds these figures; digits by measure as ``(digits, unit)``."""
    known = {f.id: f for f in figures}
    texts = {f"{name}/a": Printed(*each, None) for name, each in digits.items()}
    return Lookup(known.get, {"a", "b", "c"}.__contains__, texts.get)


def test_a_product_cut_off_after_its_last_digit_is_rounded_and_the_reading_is_named():
    # 220 506 × 1.8 = 396 910.8, printed 396 910.5 ± 0.05: only as cut off does 396 910.52 fit.
    claimed = printed("claimed", 396910.5, 396910.45, 396910.55)
    one, two = printed("one", 396910.0, 396910.0, 396910.0), printed("two", 0.58, 0.58, 0.58)
    found = check_claim("total", "claimed/a", ["one/a", "two/a"], 0,
                        look(claimed, one, two, claimed=("396910.5", "m2")))  # fmt: skip
    assert (found.verdict, found.reading, found.about) == ("rounded", "cut_off", "claimed/a")


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.244, "consistent"), (0.2449, "consistent"), (0.249, "rounded"), (0.262, "contradicted")],
)
def test_the_tolerance_follows_from_the_printed_digits(share, verdict):
    claimed = printed("claimed", 0.24, 0.235, 0.245, "1")
    top, bottom = printed("one", share, share, share), printed("two", 1.0, 1.0, 1.0)
    found = check_claim("rate", "claimed/a", ["one/a", "two/a"], 0,
                        look(claimed, top, bottom, claimed=("24", "%")))  # fmt: skip
    assert found.verdict == verdict


@pytest.mark.parametrize(("total", "why"), [(400.46, "about"), (400.4, None), (400.54, None)])
def test_more_than_a_number_would_hold_as_about_it_within_half_a_digit(total, why):
    claimed = printed("claimed", 400.5, 400.5, math.inf, qualifier="more_than", place="elsewhere")
    found = check_claim("total", "claimed/a", ["one/a"], 0,
                        look(claimed, printed("one", total, total, total),
                             claimed=("400.5", "m2")))  # fmt: skip
    assert (found.verdict == "contradicted", found.why) == (total < 400.5, why)


def test_two_numbers_that_are_0_are_the_same():
    nothing = Bounds(0.0, 0.0, 0.0)
    assert nothing.meets(nothing)
    assert not nothing.meets(Bounds(1.0, 1.0, 1.0))


def test_a_decided_number_has_no_coarser_reading():
    claimed = printed("claimed", 4.0, 4.0, 4.0, "count", "exact")
    found = check_claim("count", "claimed/a", ["a", "b", "c"], 0, look(claimed))
    assert found.verdict == "contradicted"


def test_a_list_that_is_not_whole_can_only_refute():
    two, four = (printed("claimed", n, n, n, "count", "exact") for n in (2.0, 4.0))
    whole = {"is_whole": False}
    assert check_claim("count", "claimed/a", ["a", "b"], 1, look(two), **whole).verdict == (
        "contradicted"
    )
    assert check_claim("count", "claimed/a", ["a", "b"], 1, look(four), **whole).why == "list"


def test_a_thing_listed_twice_counts_once():
    claimed = printed("claimed", 2.0, 2.0, 2.0, "count", "exact")
    assert check_claim("count", "claimed/a", ["a", "b", "a"], 0, look(claimed)).verdict == (
        "consistent"
    )


@pytest.mark.parametrize(
    ("high", "verdict"), [(1.01, "consistent"), (1.0, "consistent"), (0.9, "contradicted")]
)
def test_a_part_is_not_more_than_its_whole(high, verdict):
    part, whole = printed("one", 1.0, 1.0, 1.0), printed("two", high, high, high)
    assert check_claim("part", None, ["one/a", "two/a"], 0, look(part, whole)).verdict == verdict


def test_equal_numbers_do_not_bear_out_that_one_is_more():
    one, two = printed("one", 5.0, 5.0, 5.0), printed("two", 5.0, 5.0, 5.0)
    assert check_claim("comparison", None, ["one/a", "two/a"], 0, look(one, two)).verdict == (
        "contradicted"
    )


def test_a_rank_counts_who_is_surely_and_who_may_be_above():
    claimed = printed("claimed", 1.0, 0.5, 1.5, "rank", place="p. 2")
    own, near, far = (printed("one", 2.0, 1.9, 2.1), printed("two", 2.05, 1.95, 2.15),
                      printed("three", 1.0, 0.9, 1.1))  # fmt: skip
    found = check_claim("rank", "claimed/a", ["one/a", "two/a", "three/a"], 0,
                        look(claimed, own, near, far))  # fmt: skip
    assert (found.computed.low, found.computed.high, found.verdict) == (1, 2, "consistent")


def test_a_figure_that_does_not_exist_is_told_by_its_id():
    claimed = printed("claimed", 1.0, 1.0, 1.0)
    found = check_claim("total", "claimed/a", ["nobody/a"], 0, look(claimed))
    assert (found.verdict, found.why, found.about) == ("cannot_check", "no_figure", "nobody/a")


def test_an_input_known_from_the_same_printed_place_alone_is_circular():
    claimed = printed("claimed", 5.0, 4.5, 5.5, place="p. 2")
    again = printed("one", 5.0, 4.5, 5.5, place="p. 2")
    other = printed("one", 5.0, 4.5, 5.5, place="p. 3")
    assert check_claim("total", "claimed/a", ["one/a"], 0, look(claimed, again)).why == "circular"
    assert check_claim("total", "claimed/a", ["one/a"], 0, look(claimed, other)).verdict == (
        "consistent"
    )


def test_a_difference_of_rates_is_in_points_where_the_claim_is():
    claimed = printed("claimed", 5.0, 4.95, 5.05, unit="pp", place="elsewhere")
    one, two = (printed(name, rate, rate, rate, unit="1")
                for name, rate in (("one", 0.625), ("two", 0.575)))  # fmt: skip
    found = check_claim("difference", "claimed/a", ["one/a", "two/a"], 0, look(claimed, one, two))
    assert (found.verdict, found.unit) == ("consistent", "pp")
    assert found.computed.value == pytest.approx(5, rel=1e-12)


def unknown(name, unit="m2"):
    known = printed(name, 0.0, 0.0, 0.0, unit)
    return replace(known, value=None, low=None, high=None, status="unknown", evidence=(),
                   notes=(Text("nowhere", "无处"),))  # fmt: skip


@pytest.mark.parametrize(
    ("form", "claim", "inputs", "implied"),
    [
        ("total", (10.0, 9.5, 10.5, "m2"), (4.0, None), (6.0, 5.5, 6.5)),
        ("difference", (10.0, 9.5, 10.5, "m2"), (None, 4.0), (14.0, 13.5, 14.5)),
        ("rate", (0.5, 0.4, 0.625, "1"), (100.0, None), (200.0, 160.0, 250.0)),
        ("rate", (0.5, 0.4, 0.625, "1"), (None, 200.0), (100.0, 80.0, 125.0)),
        ("growth", (0.25, 0.2, 0.6, "1"), (None, 200.0), (250.0, 240.0, 320.0)),
    ],
)
def test_what_a_claim_asks_the_missing_input_to_be_follows_from_the_others(
    form, claim, inputs, implied
):
    *numbers, unit = claim
    claimed = printed("claimed", *numbers, unit=unit, place="elsewhere")
    told = [unknown(name) if value is None else printed(name, value, value, value)
            for name, value in zip(("one", "two"), inputs, strict=True)]  # fmt: skip
    found = check_claim(form, "claimed/a", ["one/a", "two/a"], 0, look(claimed, *told))
    assert (found.verdict, found.implied_unit) == ("cannot_check", "m2")
    assert found.implied == pytest.approx(implied)


def test_what_cannot_be_checked_says_what_is_missing():
    claimed, nothing = printed("claimed", 1.0, 0.9, 1.1, "1"), printed("two", 0.0, 0.0, 0.0)
    one = printed("one", 5.0, 5.0, 5.0)
    found = check_claim("rate", "claimed/a", ["one/a", "two/a"], 0, look(claimed, one, nothing))
    assert (found.why, found.about) == ("unknown", "two/a")  # a ratio to nothing is no number
    found = check_claim("count", "claimed/a", ["a", "nobody"], 0, look(claimed))
    assert (found.why, found.about) == ("no_figure", "nobody")
    assert check_claim("count", None, ["a", "b"], 0, look()).why == "missing"


def test_the_missing_input_of_a_difference_in_points_is_asked_for_as_a_rate():
    claimed = printed("claimed", 5.0, 4.95, 5.05, unit="pp", place="elsewhere")
    one = printed("one", 0.625, 0.625, 0.625, unit="1")
    two = unknown("two", "1")
    found = check_claim("difference", "claimed/a", ["one/a", "two/a"], 0, look(claimed, one, two))
    assert (found.verdict, found.implied_unit) == ("cannot_check", "1")
    assert found.implied == pytest.approx((0.575, 0.5745, 0.5755))


@pytest.mark.parametrize(
    ("share", "verdict", "reading"),
    [(0.5016, "rounded", "cut_off"), (0.5004, "rounded", "raised"), (0.504, "contradicted", None)],
)
def test_an_inputs_last_digit_may_be_cut_off_or_raised_but_no_digit_of_it_is_doubted(
    share, verdict, reading
):
    # 501 may have been up to 502 or from 500 on; that it stands for 496 to 506 is not said.
    claimed = printed("claimed", share, share, share, "1", place="elsewhere")
    one, two = printed("one", 501.0, 501.0, 501.0), printed("two", 1000.0, 1000.0, 1000.0)
    found = check_claim("rate", "claimed/a", ["one/a", "two/a"], 0,
                        look(claimed, one, two, one=("501", "m2")))  # fmt: skip
    assert (found.verdict, found.reading) == (verdict, reading)


def test_what_follows_is_exact_of_exact_numbers_and_printed_where_one_is_printed():
    claimed = printed("claimed", 3.0, 2.5, 3.5, place="elsewhere")
    exact, also = (printed(name, 1.0, 1.0, 1.0, qualifier="exact") for name in ("one", "two"))
    about = printed("three", 2.0, 1.5, 2.5, qualifier="about")
    for other, qualifier in (
        (also, "exact"),
        (printed("two", 2.0, 1.5, 2.5), "printed"),
        (about, "about"),
    ):
        inputs = ["one/a", other.id]
        found = check_claim("total", "claimed/a", inputs, 0, look(claimed, exact, other))
        assert found.qualifier == qualifier


amounts = st.floats(0.5, 1e6, allow_nan=False)


@given(amounts, amounts, st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0, 1), st.floats(0, 1))
def test_bounds_hold_every_exact_result(a, b, wide_a, wide_b, at_a, at_b):
    """Draw exact inputs inside their bounds: each form's result lies inside its bounds."""
    one = printed("one", a, a * (1 - wide_a), a * (1 + wide_a))
    two = printed("two", b, b * (1 - wide_b), b * (1 + wide_b))
    true_a = a * (1 + wide_a * (2 * at_a - 1))
    true_b = b * (1 + wide_b * (2 * at_b - 1))
    results = {"total": true_a + true_b, "difference": true_a - true_b, "rate": true_a / true_b,
               "growth": true_a / true_b - 1}  # fmt: skip
    for form, exact in results.items():
        unit = "1" if form in ("rate", "growth") else "m2"
        claimed = printed("claimed", 1.0, -np.inf, np.inf, unit, place="elsewhere")
        found = check_claim(form, "claimed/a", ["one/a", "two/a"], 0, look(claimed, one, two))
        room = 1e-9 * max(1, abs(exact), a, b)
        assert found.computed.low - room <= exact <= found.computed.high + room


@given(st.integers(1, 9_999_999), st.integers(0, 3))
def test_every_coarser_reading_holds_the_printed_number(number, places):
    digits = f"{number / 10**places:.{places}f}"
    for _, bounds in coarser(Printed(digits, "m2", None)):
        assert bounds.low <= float(digits) <= bounds.high


def test_a_claim_said_to_stand_elsewhere_is_told(small):
    small.add("claims", claim_id="done", formula="rate", claimed="site_area/lot-1",
              inputs="site_area/lot-1; ?", source_id="gazette", locator="p. 9")  # fmt: skip
    (told,) = [f for f in assess(small.load()).findings if f.code == "claim-place"]
    assert (told.subject, told.value, told.details["printed"]) == ("done", "p. 9", "gazette p. 2")


@pytest.mark.parametrize(
    ("formula", "inputs", "claimed"),
    [
        ("rate", "a/x; b/x; c/x", "far/lot-1"),
        ("total", "", "far/lot-1"),
        ("rank", "far/lot-1", "far/lot-1"),
        ("difference", "far/lot-1; ?", ""),
    ],
)
def test_a_claim_that_cannot_be_computed_is_refused_with_its_row(
    small, errors, formula, inputs, claimed
):
    small.add("claims", claim_id="c", formula=formula, inputs=inputs, claimed=claimed,
              source_id="gazette", locator="p. 9")  # fmt: skip
    ((code, file, row, *_),) = errors(small.path)
    assert (code.startswith("claim-"), file, row) == (True, "claims.csv", 2)


def test_land_and_money_are_not_added():
    claimed = printed("claimed", 1.0, 0.5, 1.5, place="p. 2")
    land, money = printed("one", 1.0, 0.5, 1.5), printed("two", 1.0, 0.5, 1.5, "yuan")
    found = check_claim("total", "claimed/a", ["one/a", "two/a"], 0, look(claimed, land, money))
    assert (found.verdict, found.why) == ("cannot_check", "units")


def test_a_quotient_of_a_negative_number_has_bounds_on_both_sides_of_it():
    claimed = printed("claimed", -1.4, -1.45, -1.35, "1")
    left, asked = printed("one", -13.28, -13.335, -13.225), printed("two", 9.5, 9.45, 9.55)
    found = check_claim("rate", "claimed/a", ["one/a", "two/a"], 0, look(claimed, left, asked))
    # By hand: −13.335 ÷ 9.45 and −13.225 ÷ 9.55.
    assert [found.computed.low, found.computed.high] == pytest.approx([-1.41111, -1.38482], 1e-5)
    assert found.verdict == "consistent"


@pytest.mark.parametrize(
    ("form", "ends"),
    [("rate", (-10.25, -9.75)), ("growth", (-15.25, -14.75))],
)
def test_what_a_claim_asks_of_a_missing_number_has_its_bounds_in_order(form, ends):
    claimed = printed("claimed", 2.0, 1.95, 2.05, "1")
    base = printed("two", -5.0, -5.0, -5.0)
    found = check_claim(form, "claimed/a", ["?", "two/a"], 1, look(claimed, base))
    # By hand: −5 × 2.05 and × 1.95; −5 × 3.05 and × 2.95.
    assert [found.implied.low, found.implied.high] == pytest.approx(ends)


def test_a_claim_may_not_rest_on_claims(small, errors):
    small.add("claims", claim_id="self", formula="rate", claimed="far/lot-1",
              inputs="claim_computed/self; far/lot-1", source_id="gazette",
              locator="p. 9")  # fmt: skip
    ((code, _, row, field, _),) = errors(small.path)
    assert (code, row, field) == ("claim-of-claims", 2, "inputs")
