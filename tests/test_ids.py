"""Normal forms of ids, and the nearest to a mistyped one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.ids import nearest, normal_id


@pytest.mark.parametrize(
    "spelling",
    ["Ｇ13113—8014 ", "g13113-8014", "G13113－8014", "G13113 - 8014", "G13113−8014",
     "Ｇ１３１１３‐８０１４", "G13113\u00ad8014", "\u3000G13113–8014\n"],
)  # fmt: skip
def test_width_case_dash_and_space_do_not_count(spelling):
    assert normal_id(spelling) == "g13113-8014"


@pytest.mark.parametrize("other", ["G13113-8015", "G13113_8014", "G131138014", "坪山-8014"])
def test_all_else_counts(other):
    assert normal_id(other) != normal_id("G13113-8014")


@given(st.text())
def test_a_normal_form_is_its_own_normal_form(text):
    assert normal_id(normal_id(text)) == normal_id(text)


def test_the_nearest_comes_first_and_far_ones_not_at_all():
    known = ["far/G13113-8014", "far/G13113-8024", "recorded_area/shenzhen"]
    assert nearest("far/g13113—8024", known)[0] == "far/G13113-8024"
    assert nearest("completely different", known) == []
    assert nearest("x", []) == []
    assert len(nearest("far/G13113-80", known, most=1)) == 1
