"""Several deliveries for one target, and deliveries of a coarse date."""

from __future__ import annotations

import random
from datetime import date

import pytest

from pingshan_geo import assess
from pingshan_geo.measures.deliveries import Delivery

BASE = {
    "subject": "task",
    "measure": "delivered",
    "unit": "ha",
    "source_id": "gazette",
    "locator": "p. 9",
}


def told(small, *rows):
    """Put deliveries (value, period_start, period_end, as_of) in place of the printed total."""
    small.rows["facts"] = [r for r in small.rows["facts"] if r["measure"] != "delivered"]
    small.rows["facts"] += [
        BASE | {"fact_id": f"d{n}", "value": v, "printed": f"{v} ha", "period_start": a,
                "period_end": b, "as_of": d}
        for n, (v, a, b, d) in enumerate(rows)
    ]  # fmt: skip
    small.put("targets", 0, period_start="2019-01-01", period_end="2022-12-31")


def delivered(small, as_of=None):
    found = assess(small.load(), as_of).figure("delivered/task")
    return found.value, found.low, found.high


def roles(small, as_of=None):
    facts = assess(small.load(), as_of).facts
    return facts.loc[facts["measure"] == "delivered", "role"].to_dict()


YEARS = (("1.5", "2019-01-01", "2019-12-31", "2019"), ("2.5", "2020-01-01", "2020-12-31", "2020"))


def test_periods_that_do_not_overlap_add_up_with_their_bounds(small):
    told(small, *YEARS)
    assert delivered(small) == (40_000, 39_000, 41_000)
    figure = assess(small.load()).figure("delivered/task")
    assert "2 deliveries" in figure.notes[0].en
    assert len(figure.evidence) == 2


def test_two_readings_of_one_period_do_not_add_up(small):
    told(small, YEARS[0], ("2.6", "2019-01-01", "2019-12-31", "2020"))
    assert delivered(small)[0] == 26_000
    assert roles(small) == {"d0": "disagrees", "d1": "used"}


def test_a_total_that_its_instalments_fill_is_a_reading_of_them(small):
    told(small, *YEARS, ("4.0", "2019-01-01", "2020-12-31", "2020"))
    assert delivered(small) == (40_000, 39_500, 40_500)
    assert roles(small) == {"d0": "agrees", "d1": "agrees", "d2": "used"}
    told(small, *YEARS, ("5.0", "2019-01-01", "2020-12-31", "2020"))
    assert roles(small)["d0"] == "disagrees"
    codes = [f.code for f in assess(small.load()).findings if f.subject == "task"]
    assert "facts-conflict" in codes


def test_where_instalments_are_disputed_each_is_told_with_its_own_source(small):
    told(small, *YEARS, ("2.9", "2020-01-01", "2020-12-31", "2020"))
    assert roles(small) == {"d0": "instalment", "d1": "instalment", "d2": "disagrees"}
    made = assess(small.load())
    said = "1.5 ha (Gazette, 2019) + 2.5 ha (Gazette, 2020)"
    (finding,) = (each for each in made.findings if each.code == "facts-conflict")
    assert finding.value == "1.5 ha + 2.5 ha"
    figure = made.figure("delivered/task")
    for text in (finding.message(), " ".join(note.en for note in figure.notes)):
        assert f"Used: {said}. Otherwise: 2.9 ha (Gazette, 2020)." in text


def test_a_part_of_a_total_is_neither_added_nor_held_against_it(small):
    told(small, YEARS[1], ("4.0", "2019-01-01", "2020-12-31", "2020"))
    assert delivered(small)[0] == 40_000
    assert roles(small) == {"d0": "part", "d1": "used"}
    told(small, ("4.5", *YEARS[1][1:]), ("4.0", "2019-01-01", "2020-12-31", "2020"))
    assert roles(small)["d0"] == "disagrees"


def test_a_delivery_of_a_year_that_is_not_over_is_in_the_upper_bound_only(small):
    told(small, *YEARS)
    assert delivered(small, "2020-06-30") == (15_000, 14_500, 41_000)
    found = assess(small.load(), "2020-06-30")
    assert "date-straddles" in [f.code for f in found.findings if f.subject == "task"]
    assert any("upper bound only" in note.en for note in found.figure("delivered/task").notes)


def test_what_was_delivered_over_a_period_is_not_whole_before_its_end(small):
    told(small, YEARS[0], ("2.5", "2020-01-01", "2020-12-31", ""))
    assert delivered(small, "2020-06-30") == (15_000, 14_500, 41_000)
    assert delivered(small, "2020-12-31")[0] == 40_000


def test_a_coarse_reading_of_the_same_time_widens_by_what_it_exceeds(small):
    told(small, ("2.0", "", "", "2019"), ("3.0", "", "", "2020"))
    assert delivered(small, "2020-06-30") == (20_000, 19_500, pytest.approx(30_500))
    told(small, ("2.0", "", "", "2019"), ("1.0", "", "", "2020"))  # which exceeds it by nothing
    assert delivered(small, "2020-06-30") == (20_000, 19_500, 20_500)


def test_a_reading_that_overlaps_and_ends_earlier_is_an_earlier_state(small):
    told(small, ("1.5", "2019-07-01", "2020-06-30", "2020-06-30"), YEARS[1])
    assert roles(small) == {"d0": "earlier", "d1": "used"}
    told(small, ("1.5", "2020-07-01", "2021-06-30", "2020-06-30"), YEARS[1])
    assert roles(small) == {"d0": "disagrees", "d1": "used"}


def test_more_than_something_that_may_have_come_leaves_the_delivery_open_above(small):
    told(small, YEARS[0], ("2.5", "2020-01-01", "2020-12-31", "2020"))
    small.rows["facts"][-1]["qualifier"] = "more_than"
    small.save()
    found = assess(small.load(), "2020-06-30").figure("delivered/task")
    assert (found.value, found.high, found.qualifier) == (15_000, None, "more_than")


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_does_not_matter(small, seed):
    told(
        small,
        *YEARS,
        ("0.3", "2021-01-01", "2021-03-31", ""),
        ("4.2", "2019-01-01", "2020-12-31", "2021"),
    )
    before = delivered(small, "2021-12-31"), roles(small, "2021-12-31")
    random.Random(seed).shuffle(small.rows["facts"])  # noqa: S311 -- no secret
    small.save()
    assert (delivered(small, "2021-12-31"), roles(small, "2021-12-31")) == before
    assert before[0][0] == 45_000


def test_periods_meet_in_one_day_and_not_beside_each_other():
    january, february = date(2020, 1, 31), date(2020, 2, 1)
    one = Delivery(None, date(2020, 1, 1), january, 0, 0.0, 0.0)
    same_day = Delivery(None, january, february, 1, 0.0, 0.0)
    next_day = Delivery(None, february, february, 2, 0.0, 0.0)
    assert one.meets(same_day)
    assert same_day.meets(one)
    assert not one.meets(next_day)
    assert not next_day.meets(one)
