"""Copies of rows in one assessment: the same figures, other days, ten thousand drawn inputs."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pingshan_geo import assess, load_catalogue
from pingshan_geo.audit.closures import Closures
from pingshan_geo.audit.sensitivity import YearEnds, sensitivity
from pingshan_geo.audit.variants import Closure, Move, Variant, results

DRAWS = 10_000


@pytest.fixture(scope="module")
def shipped():
    return assess(load_catalogue())


def copied(assessment):
    """Return the closures of all figures that copies can be made of."""
    closures = Closures(assessment)
    found = [closures.of(figure) for figure in assessment.figures()]
    return [each for each in found if isinstance(each, Closure)]


def assert_unaltered(assessment):
    under = copied(assessment)
    for closure, result in zip(
        under, results(assessment, [(each, Variant()) for each in under]), strict=True
    ):
        figure = closure.figure
        told = (figure.value, figure.low, figure.high, figure.status, figure.verdict)
        assert tuple(result) == told, figure.id
    return {each.figure.measure for each in under}


def test_an_unaltered_copy_of_every_figure_of_the_catalogue_is_that_figure_exactly(shipped):
    measures = assert_unaltered(shipped)
    assert {"far", "completion_rate", "site_area_total", "share_of_parent", "price"} <= measures
    assert not {"measured_area", "drawn_area", "parcel_count", "area_ratio"} & measures


def test_a_copy_keeps_limits_of_zones_and_their_verdicts(small):
    small.add("limits", limit_id="l1", zone_id="base", far_maximum="1.9", source_id="gazette")
    small.add("limits", limit_id="l2", zone_id="town", far_maximum="2.5", source_id="gazette")
    assessment = assess(small.load())
    far = assessment.figure("far/lot-1")  # 80 000 / 40 000, bounds 1.9963 to 2.0038
    assert far.verdict == "over"
    measures = assert_unaltered(assessment)
    assert {"far_margin", "floor_headroom", "far_limit"} <= measures


@pytest.mark.parametrize("year", [2008, 2016, 2017, 2019, 2023])
def test_a_copy_of_an_earlier_day_is_what_an_assessment_of_that_day_tells(shipped, year):
    under = copied(shipped)
    end = date(shipped.as_of.year, 12, 31)
    found = results(shipped, [(each, Variant(years=end.year - year)) for each in under], end)
    early = assess(shipped.catalogue, str(year))
    ids = set(early.figure_ids())
    for closure, result in zip(under, found, strict=True):
        name = closure.figure.id
        figure = early.figure(name) if name in ids else None
        told = (figure.value, figure.low, figure.high) if figure else (None, None, None)
        assert result[:3] == told, name


def test_year_ends_are_those_around_the_days_of_the_rows(small):
    closures = Closures(assessment := assess(small.load()))
    # Facts of 2020, sources without a date: something is first known in 2020.
    assert YearEnds(assessment).of(closures.of(assessment.figure("far/lot-1"))) == [2019]


def test_a_leap_day_is_put_later_without_harm(small):
    small.put("facts", 1, as_of="2020-02-29")
    assessment = assess(small.load())
    under = Closures(assessment).of(assessment.figure("far/lot-1"))
    same, before = results(assessment, [(under, Variant()), (under, Variant(years=1))])
    assert (same.value, before.value) == (2.0, None)


def test_copies_leave_the_catalogue_as_it_was(small):
    assessment = assess(small.load())
    kept = {name: table.copy() for name, table in assessment.tables.items()}
    facts = assessment.catalogue.facts.copy()
    sensitivity(assessment, "completion_rate/task")
    pd.testing.assert_frame_equal(assessment.catalogue.facts, facts)
    for name, table in kept.items():
        pd.testing.assert_frame_equal(pd.DataFrame(assessment.tables[name]), pd.DataFrame(table))


def drawn(assessment, figure_id, inputs, count=DRAWS, seed=20241231):
    """Return a figure over random inputs inside their bounds, one assessment for all."""
    random = np.random.default_rng(seed)
    under = Closures(assessment).of(assessment.figure(figure_id))
    leaves = [assessment.figure(each) for each in inputs]
    values = [random.uniform(each.low, each.high, count) for each in leaves]
    copies = [
        (under, Variant(tuple(
            Move(leaf.measure, leaf.subject, leaf.unit, float(of_leaf[at]))
            for leaf, of_leaf in zip(leaves, values, strict=True)
        )))
        for at in range(count)
    ]  # fmt: skip
    found = np.array([each.value for each in results(assessment, copies)], dtype=float)
    return values, found


def assert_enclosed(figure, found):
    room = 1e-12 * abs(figure.value)
    assert figure.low - room <= found.min() <= found.max() <= figure.high + room


def test_bounds_of_a_floor_area_ratio_enclose_ten_thousand_draws(shipped):
    name = "far/G13113-8014"
    (floor, land), found = drawn(shipped, name, [
        "gross_floor_area/G13113-8014", "site_area/G13113-8014",
    ])  # fmt: skip
    assert np.allclose(found, floor / land, rtol=1e-14)  # worked out without the program
    assert_enclosed(shipped.figure(name), found)
    assert found.max() - found.min() > 0.95 * (4.633649 - 4.589202)  # and no wider than needed


def test_bounds_of_a_completion_rate_enclose_ten_thousand_draws(shipped):
    name = "completion_rate/industrial-land-2017"
    (done, asked), found = drawn(shipped, name, [
        "delivered/industrial-land-2017", "target_value/industrial-land-2017",
    ])  # fmt: skip
    assert np.allclose(found, done / asked, rtol=1e-14)
    assert_enclosed(shipped.figure(name), found)


def test_the_two_ends_of_an_input_enclose_all_draws_of_it_alone(shipped):
    name = "far/G13113-8014"
    told = sensitivity(shipped, name)
    for change in told.changes:
        if change.kind == "input":
            _, found = drawn(shipped, name, [change.about], count=500)
            ends = sorted(each.value for each in change.outcomes)
            assert ends[0] <= found.min() <= found.max() <= ends[1]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    areas=st.lists(st.integers(1, 400_000), min_size=2, max_size=5),
    asked=st.integers(1, 90),
    seed=st.integers(0, 2**32 - 1),
)
def test_sums_and_rates_of_any_lots_enclose_their_draws(small, areas, asked, seed):
    rows = small.rows
    rows["facts"] = [
        {"fact_id": f"a{at}", "subject": f"p{at}", "measure": "site_area", "value": str(area),
         "unit": "m2", "printed": str(area), "as_of": "2020", "source_id": "gazette",
         "locator": "p. 2"}
        for at, area in enumerate(areas)
    ]  # fmt: skip
    rows["parcels"] = [
        {"parcel_id": f"p{at}", "zone_id": "base", "geometry_status": "none",
         "source_id": "gazette"}
        for at in range(len(areas))
    ]  # fmt: skip
    rows["projects"] = []
    rows["auctions"] = [
        {"auction_id": f"s{at}", "date": "2020", "parcel_id": f"p{at}", "target_id": "task",
         "source_id": "gazette"}
        for at in range(len(areas))
    ]  # fmt: skip
    rows["targets"][0]["value"] = str(asked)
    small.save()
    assessment = assess(small.load())
    lots = [f"site_area/p{at}" for at in range(len(areas))]
    for name, inputs in (
        ("site_area_total/base", lots),
        ("completion_rate_itemised/task", [*lots, "target_value/task"]),
    ):
        values, found = drawn(assessment, name, inputs, count=100, seed=seed)
        total = np.sum(values[: len(lots)], axis=0)
        if len(inputs) > len(lots):
            total = total / values[-1]
        assert np.allclose(found, total, rtol=1e-12)
        assert_enclosed(assessment.figure(name), found)
