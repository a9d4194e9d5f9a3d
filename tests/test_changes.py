"""Rows of two catalogues compared: what counts as a change, and what does not."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Small

from pingshan_geo.audit.changes import Cell, RowChange, row_changes, written


@pytest.fixture
def two(tmp_path):
    """Two equal catalogues; the second is to be changed."""
    return Small(tmp_path / "before"), Small(tmp_path / "after")


def told(two):
    return row_changes(two[0].load(), two[1].load())


def test_equal_catalogues_have_no_change(two):
    assert told(two) == ()


def test_a_row_added_and_one_removed_are_told_by_id(two):
    two[1].rows["auctions"].pop()
    two[1].add("indicators", indicator_id="rank")
    assert told(two) == (
        RowChange("auctions", "sale-2", "removed"),
        RowChange("indicators", "rank", "added"),
    )


def test_a_changed_cell_is_told_with_field_old_and_new(two):
    two[1].put("auctions", 0, buyer="Acme", price_yuan="1000001")
    assert told(two) == (
        RowChange(
            "auctions", "sale-1", "changed",
            (Cell("buyer", None, "Acme"), Cell("price_yuan", "1000000", "1000001")),
        ),
    )  # fmt: skip


def test_digits_of_a_printed_number_are_compared_as_they_stand(two):
    two[1].put("facts", 1, value="4.00")
    (row,) = told(two)
    assert row.cells == (Cell("value", "4.0", "4.00"),)


def test_a_plus_sign_before_a_printed_number_means_the_same(two):
    two[1].put("facts", 1, value="+4.0")
    assert told(two) == ()


@pytest.mark.parametrize("written_as", ["1000000.0", "1000000.00", "1e6"])
def test_another_way_to_write_an_amount_is_no_change(two, written_as):
    two[1].put("auctions", 0, price_yuan=written_as)
    assert told(two) == ()


def test_order_of_rows_and_columns_line_ends_and_a_mark_are_no_change(two):
    after = two[1]
    lines = after.csv("facts").splitlines()
    cells = [line.split(",") for line in lines]
    turned = [",".join(reversed(row)) for row in (cells[0], *reversed(cells[1:]))]
    after.write("facts.csv", "﻿" + "\r\n".join(turned) + "\r\n")
    data = json.loads((after.path / "parcels.geojson").read_text("utf-8"))
    data["features"].reverse()
    after.write("parcels.geojson", json.dumps(data, indent=3))
    assert told(two) == ()


def test_a_column_of_its_own_counts_and_an_empty_one_does_not(two):
    two[1].put("projects", 0, remark="", owner="x")
    (row,) = told(two)
    assert row.cells == (Cell("owner", None, "x"),)


def test_a_number_in_a_column_of_its_own_is_the_same_with_a_point(two):
    two[0].put("parcels", 0, floors=5)
    two[1].put("parcels", 0, floors=5.0)
    assert told(two) == ()
    two[1].put("parcels", 0, floors=6)
    assert [row.cells for row in told(two)] == [(Cell("floors", "5", "6"),)]


def test_what_the_descriptor_says_of_the_last_day_is_told(two):
    two[1].descriptor["as_of"] = "2021-12-31"
    two[1].save()
    (row,) = told(two)
    assert (row.table, row.cells) == (
        "datapackage", (Cell("as_of", "2020-12-31", "2021-12-31"),),
    )  # fmt: skip


@given(st.data())
def test_rows_in_any_order_with_one_removed_tell_that_one_only(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("rows")
    one, two = Small(folder / "a"), Small(folder / "b")
    facts = copy.deepcopy(one.rows["facts"])
    gone = data.draw(st.sampled_from([None, *facts]))
    two.rows["facts"] = data.draw(st.permutations([f for f in facts if f is not gone]))
    two.save()
    wanted = [] if gone is None else [(gone["fact_id"], "removed")]
    assert [(row.row_id, row.kind) for row in told((one, two))] == wanted


def test_cells_are_written_as_in_a_file():
    assert [written(x) for x in (True, 7, 0.5, "", "a", {"b": 1})] == [
        "true", "7", "0.5", "", "a", '{"b": 1}',
    ]  # fmt: skip
