"""Normal forms of ids, and the nearest to a mistyped one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.ids import clean_id, nearest, normal_id


@pytest.mark.parametrize(
    "spelling",
    ["Ｇ13113—8014 ", "g13113-8014", "G13113－8014", "G13113 - 8014", "G13113−8014",
     "Ｇ１３１１３‐８０１４", "G13113\u00ad8014", "\u3000G13113–8014\n", "宗地编号：G13113-8014",
     "宗地 G13113-8014", "地块号:宗地号 G13113-8014", "编号G13113-8014", "Parcel No. G13113-8014",
     "LOT #G13113-8014", "parcel: G13113-8014", "\ufeffG13113-\u200b8014"],
)  # fmt: skip
def test_width_case_dash_and_space_do_not_count(spelling):
    assert normal_id(spelling) == "g13113-8014"


@pytest.mark.parametrize("other", ["G13113-8015", "G13113_8014", "G131138014", "坪山-8014"])
def test_all_else_counts(other):
    assert normal_id(other) != normal_id("G13113-8014")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("宗地号: Ｇ13113 — 8014 ", "G13113-8014"), ("lot-1", "lot-1"), ("Lot 7a", "7a"),
        ("northern lot", "northern lot"), ("lots of 3", "lots of 3"), ("no-5", "no-5"),
        ("No. 5", "5"), ("宗地编号", "宗地编号"), ("宗地-1", "宗地-1"), ("parcel", "parcel"),
        ("DK  -  11", "DK-11"), ("坪山 01", "坪山 01"), ("宗地：", "宗地:"),
    ],
)  # fmt: skip
def test_an_id_is_stored_without_label_and_needless_spaces(text, stored):
    assert clean_id(text) == stored


PARTS = ["宗地", "编号", "lot", "no", ".", ":", "-", " ", "G1", "Ａ", "—", "#"]


@given(st.text() | st.lists(st.sampled_from(PARTS)).map("".join))
def test_what_is_stored_is_clean_and_means_the_same(text):
    assert clean_id(clean_id(text)) == clean_id(text)
    assert normal_id(clean_id(text)) == normal_id(text)
    assert normal_id(normal_id(text)) == normal_id(text)


def test_the_nearest_comes_first_and_far_ones_not_at_all():
    known = ["far/G13113-8014", "far/G13113-8024", "recorded_area/shenzhen"]
    assert nearest("far/g13113—8024", known)[0] == "far/G13113-8024"
    assert nearest("completely different", known) == []
    assert nearest("x", []) == []
    assert len(nearest("far/G13113-80", known, most=1)) == 1
