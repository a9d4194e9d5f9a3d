"""Consequences: the step of a whole interval, or the two that it lies between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo import assess
from pingshan_geo.catalogue.load import read_catalogue
from pingshan_geo.figure import Interval
from pingshan_geo.measures.consequences import steps_of

ENDS = (np.array([np.nan, 0.8, 1.0]), np.array([0.8, 1.0, np.nan]), ["plan", "buffer", "none-due"])


def step(low, high):
    rows = (np.array([v]) for v in ((low + high) / 2 if high < np.inf else low, low, high))
    return steps_of(Interval(*rows), *ENDS)[0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.5, 0.7, "plan"),
        (0.8, 0.9, "buffer"),  # at_least is inclusive
        (0.7, 0.8, "plan; buffer"),  # bounds are closed: 0.8 may be the number
        (0.9, 1.0, "buffer; none-due"),
        (0.7, 1.2, "plan; none-due"),
        (1.0, np.inf, "none-due"),
    ],
)
def test_steps_by_hand(low, high, expected):
    assert step(low, high) == expected


@given(st.floats(0, 2), st.floats(0, 1), st.floats(0, 1))
def test_the_step_of_every_value_in_the_interval_is_within_the_named_ones(low, width, part):
    found = step(low, low + width).split("; ")
    value = min(low + width * part, low + width)
    order = ENDS[2]
    assert order.index(found[0]) <= order.index(step(value, value)) <= order.index(found[-1])


def row(name, at_least="", below="", **more):
    own = {"consequence_id": name, "name_en": name, "measure": "completion_rate"}
    ends = {"at_least": at_least, "below": below}
    return own | ends | {"source_id": "gazette", "locator": "p. 7"} | more


def test_a_figure_names_its_step_with_the_source(small):
    small.add("consequences", **row("missed", below="0.9"))
    small.add("consequences", **row("kept", at_least="0.9"))
    found = assess(small.load())
    assert found.targets.loc["task", "completion_rate_step"] == "kept"
    notes = [note.en for note in found.figure("completion_rate/task").notes]
    assert "Consequence: kept (Gazette, p. 7)." in notes
    small.put("facts", 3, value="4", printed="4 ha")
    assert assess(small.load()).targets.loc["task", "completion_rate_step"] == "missed; kept"


@pytest.mark.parametrize(("subject", "told"), [("", None), ("task", "kept")])
def test_before_its_period_is_over_only_what_is_said_of_the_target_itself_is_told(
    small, subject, told
):
    small.put("targets", 0, period_start="2020-01-01", period_end="2021-12-31")
    small.add("consequences", **row("missed", below="0.9", subject=subject))
    small.add("consequences", **row("kept", at_least="0.9", subject=subject))
    found = assess(small.load(), "2020-12-31").targets
    assert found.loc["task", "completion_rate"] == 1.2
    assert found.loc["task", "period_share"] < 1
    assert found.get("completion_rate_step", {"task": None})["task"] == told


def test_steps_of_a_subject_go_before_those_for_all(small):
    small.add("consequences", **row("all"))
    small.add("consequences", **row("own", subject="task"))
    assert assess(small.load()).targets.loc["task", "completion_rate_step"] == "own"


def codes(small):
    return [f.code for f in read_catalogue(small.path)[1] if f.code.startswith("consequence")]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (("", "0.8"), ("0.8", ""), []),
        (("", "0.8"), ("0.9", ""), ["consequence-gap"]),
        (("", "0.9"), ("0.8", ""), ["consequence-overlap"]),
        (("0.9", "0.9"), ("0.9", ""), ["consequence-order"]),
    ],
)
def test_gaps_overlaps_and_wrong_order_are_told(small, one, two, expected):
    for name, ends in (("a", one), ("b", two)):
        small.add("consequences", **row(name, *ends))
    assert codes(small) == expected


def test_a_measure_that_no_figure_has_is_told(small):
    small.add("consequences", **row("a", measure="completion"))
    assert "consequence-no-figure" in [f.code for f in assess(small.load()).findings]
