"""Which of several printed numbers is used, and what becomes of the others."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pingshan_geo.catalogue.facts import with_bounds
from pingshan_geo.measures.readings import readings
from pingshan_geo.measures.recorded import conflicts
from pingshan_geo.words import Text


def facts(*rows, unit="ha", measure="recorded_area"):
    """Rows of value, as_of, period_start, period_end; an empty text is not known."""
    names = ("value_digits", "as_of", "period_start", "period_end")
    table = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows], dtype=object)
    table = table.where(table != "", None).assign(
        subject="town", measure=measure, unit=unit, qualifier=None, resolution_digits=None,
        source_id=[f"s{n}" for n in range(len(rows))], printed=table["value_digits"] + f" {unit}",
    )  # fmt: skip
    return with_bounds(table)


def as_title(source):
    return Text(source, source)


def roles(table, cutoff=(2024, 12, 31)):
    found = readings(table, date(*cutoff))
    return dict(zip(found.index, found["role"], strict=True))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("5", "2012", "", ""), ("7", "2020", "", "")], {0: "disagrees", 1: "used"}),
        ([("5", "2012", "", ""), ("5.2", "2020", "", "")], {0: "agrees", 1: "used"}),
        ([("5", "", "", ""), ("7", "2012", "", "")], {0: "disagrees", 1: "used"}),
        ([("5", "2020", "", ""), ("5.1", "2020-12-31", "", "")], {0: "agrees", 1: "used"}),
        ([("5", "2020", "", ""), ("5", "2020", "", "")], {0: "used", 1: "agrees"}),
        # A version that is over gives way to the one that holds, however new its printing.
        ([("5", "2023", "", "2018-08"), ("24", "2018", "2018-08", "")], {0: "earlier", 1: "used"}),
        # A number whose time ends with the assessment is as good as one without an end.
        ([("5", "2010", "", ""), ("7", "2024", "", "2024-12-31")], {0: "disagrees", 1: "used"}),
        # If all are over, the latest version is used, and readings of that one are compared.
        (
            [("4", "", "", "2018"), ("5", "", "", "2020"), ("7", "", "", "2020")],
            {0: "earlier", 1: "used", 2: "disagrees"},
        ),
    ],
)
def test_the_reading_that_holds_and_is_newest_is_used(rows, expected):
    assert roles(facts(*rows)) == expected


@pytest.mark.parametrize(
    ("row", "cutoff", "known"),
    [
        (("5", "2018", "", ""), (2017, 12, 31), False),
        (("5", "2017", "", ""), (2017, 6, 30), False),
        (("5", "2017-06", "", ""), (2017, 6, 30), True),
        (("5", "", "", ""), (1900, 1, 1), True),
        (("5", "", "2018", ""), (2017, 12, 31), False),
        (("5", "", "2017", ""), (2017, 6, 30), True),
    ],
)
def test_what_speaks_of_a_later_time_is_not_known_yet(row, cutoff, known):
    assert (roles(facts(row), cutoff) == {0: "used"}) is known


def test_before_its_end_an_old_version_is_the_one_that_holds():
    both = facts(("4.68", "", "", "2018-08"), ("24.08", "2018-08-09", "2018-08", ""))
    assert roles(both, (2017, 12, 31)) == {0: "used"}
    assert roles(both, (2018, 9, 1)) == {0: "earlier", 1: "used"}


def test_bounds_that_touch_do_not_disagree():
    assert roles(facts(("5", "2020", "", ""), ("6", "2012", "", ""))) == {0: "used", 1: "agrees"}
    assert roles(facts(("5.0", "2020", "", ""), ("6", "2012", "", "")))[1] == "disagrees"


def test_rows_keep_their_order_and_the_input_is_not_touched():
    table = facts(("6", "2020", "", ""), ("5", "2012", "", ""))
    before = table.copy()
    assert readings(table, date(2024, 12, 31)).index.tolist() == [0, 1]
    pd.testing.assert_frame_equal(table, before)


def test_a_conflict_is_told_once_with_all_sides():
    table = facts(("166.31", "2024", "", ""), ("168", "2012", "", ""), ("167", "", "", ""))
    (finding,) = conflicts(readings(table, date(2024, 12, 31)), as_title)
    assert finding.code == "facts-conflict"
    assert "Used: 166.31 ha (s0, 2024). Otherwise: 168 ha (s1, 2012); 167 ha (s2)." in (
        finding.message("en")
    )
    assert "采用：166.31 ha（s0，2024）" in finding.message("zh")


def test_earlier_versions_are_held_against_each_other_and_not_against_the_later_one():
    table = facts(
        ("4.68", "", "", "2018-08"), ("4.82", "", "", "2018-08"), ("24.08", "2019", "2018-08", "")
    )
    (finding,) = conflicts(readings(table, date(2024, 12, 31)), as_title)
    assert "Used: 4.68 ha (s0). Otherwise: 4.82 ha (s1)." in finding.message("en")
    assert list(conflicts(readings(table.iloc[[0, 2]], date(2024, 12, 31)), as_title)) == []
