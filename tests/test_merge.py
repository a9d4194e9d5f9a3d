"""Deliveries update a table by id; nothing is lost or doubled."""

from __future__ import annotations

import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.ids import normal_id
from pingshan_geo.ingest.merge import merge

BOX = shapely.box(0, 0, 1, 1)


def table(rows, **more):
    frame = pd.DataFrame(rows, dtype=object)
    frame["row_number"] = range(1, len(frame) + 1)
    return frame.assign(**more)


def by_hand(existing, delivered, known=None, referred=()):
    forms = {normal_id(each) for each in delivered["id"]} if known is None else set(known)
    return merge(existing, delivered, "id", known=forms, referred=set(referred))


def test_rows_are_added_changed_and_left_by_id_however_it_is_written():
    old = table([{"id": "G1-1", "use": "M0", "note": "kept"}, {"id": "G1-2", "use": "M1"}])
    new = table([{"id": "g1—1", "use": "M1"}, {"id": "Ｇ1-2", "use": "M1"}, {"id": "G1-3"}])
    merged = by_hand(old, new)
    assert merged.table["id"].tolist() == ["G1-1", "G1-2", "G1-3"]
    assert merged.table["use"].tolist() == ["M1", "M1", None]
    assert merged.table["note"].tolist()[0] == "kept"
    assert (merged.added, merged.changed, merged.same) == (1, {"G1-1": ["use"]}, 1)
    assert merged.is_new.tolist() == [True, False, True]


def test_an_empty_cell_over_a_known_value_is_told():
    merged = by_hand(table([{"id": "a", "use": "M0"}]), table([{"id": "a", "use": None}]))
    assert merged.emptied == {"use": ["a"]}


def test_numbers_are_compared_by_value_and_texts_by_their_characters():
    old = table([{"id": "a", "n": "106000", "t": "012"}])
    assert by_hand(old, table([{"id": "a", "n": 106000.0, "t": "012"}])).same == 1
    assert by_hand(old, table([{"id": "a", "n": 106000.0, "t": "12"}])).changed == {"a": ["t"]}


def test_an_outline_counts_as_the_same_whatever_its_winding_and_start():
    turned = shapely.Polygon(list(BOX.exterior.coords)[::-1])
    old = table([{"id": "a"}], geometry=[BOX])
    assert by_hand(old, table([{"id": "a"}], geometry=[turned])).same == 1
    moved = shapely.box(0, 0, 1, 1.001)
    assert by_hand(old, table([{"id": "a"}], geometry=[moved])).changed == {"a": ["geometry"]}


def test_rows_that_a_newer_version_lacks_are_removed_unless_something_refers_to_them():
    old = table([{"id": name, "import_id": "import-1"} for name in "abcde"])
    old.loc[4, "import_id"] = None
    merged = by_hand(old, table([{"id": "a"}, {"id": "b"}]), referred=["d"])
    assert merged.table["id"].tolist() == ["a", "b", "d", "e"], "two of four are half"
    assert (merged.removed["id"].tolist(), merged.held) == (["c"], ["d"])
    merged = by_hand(old, table([{"id": "a"}]))
    assert merged.removed.empty, "one of four is another part, not a newer version"


def test_a_row_that_came_but_was_not_accepted_is_not_taken_for_removed():
    old = table([{"id": name, "import_id": "import-1"} for name in "abc"])
    merged = by_hand(old, table([{"id": "a"}, {"id": "b"}]), known={"a", "b", "c"})
    assert merged.removed.empty


ROWS = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["M0", "M1", None]))


@given(ROWS, ROWS)
def test_no_row_is_lost_or_doubled_and_a_second_time_changes_nothing(old, new):
    existing = table([{"id": k, "use": v} for k, v in old.items()] or {"id": [], "use": []})
    delivered = table([{"id": k, "use": v} for k, v in new.items()] or {"id": [], "use": []})
    merged = by_hand(existing, delivered)
    assert sorted(merged.table["id"]) == sorted({*old, *new})
    assert dict(zip(merged.table["id"], merged.table["use"], strict=True)) == {**old, **new}
    assert merged.added + merged.same + len(merged.changed) == len(new)
    again = by_hand(merged.table, delivered)
    assert (again.added, again.changed, again.same) == (0, {}, len(new))


def test_a_number_that_is_no_longer_known_is_none():
    merged = by_hand(table([{"id": "a", "far": 2.0}]), table([{"id": "a"}], far=[float("nan")]))
    assert merged.table["far"].tolist() == [None]
    assert merged.emptied == {"far": ["a"]}
