"""Which rows lie in which zone: outlines before sources, once or by share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pingshan_geo.measures.membership import followed, levels, membership, misplaced

ZONES = pd.DataFrame(
    {
        "kind": ["district", "density", "density", "base"],
        "parent": [None, "town", "town", "d1"],
        "geometry_status": ["none", "surveyed", "surveyed", "none"],
    },
    index=["town", "d1", "d2", "base"],
)


def pairs(*rows):
    """Return rows of the overlay: row, zone, share, is_dominant."""
    table = pd.DataFrame(rows, columns=["row", "zone", "share", "is_dominant"])
    table = table.astype({"row": int, "zone": int, "share": float, "is_dominant": bool})
    return table.assign(zone_kind=np.full(len(rows), "density", dtype=object))


def told(found):
    return {
        (int(row), ZONES.index[zone]): float(weight)
        for row, zone, weight in found.itertuples(index=False)
    }


def test_a_source_places_a_row_in_its_zone_and_all_above():
    found = membership(ZONES, pd.Series(["base", None]), pairs())
    assert told(found) == {(0, zone): 1.0 for zone in ("base", "d1", "town")}


def test_an_outline_goes_before_a_source_of_the_same_kind_only():
    cut = pairs((0, 1, 0.3, False), (0, 2, 0.7, True))
    found = membership(ZONES, pd.Series(["base"]), cut)
    # The base is named and lies in d1, but the outline says d2; the base itself is not drawn.
    assert told(found) == {
        (0, "d2"): 1.0,
        (0, "town"): 1.0,
        (0, "base"): 1.0,
    }


def test_by_area_each_part_counts_with_its_share_and_parents_with_the_sum():
    cut = pairs((0, 1, 0.3, False), (0, 2, 0.6, True), (0, -1, 0.1, False))
    found = told(membership(ZONES, pd.Series([None]), cut, by_area=True))
    assert found[0, "d1"] == 0.3
    assert found[0, "d2"] == 0.6
    assert found[0, "town"] == pytest.approx(0.9)


def test_an_undrawn_parent_is_not_told_twice_by_two_kinds():
    zones = pd.DataFrame(
        {"kind": ["town", "a", "b"], "parent": [None, "t", "t"], "geometry_status": "surveyed"},
        index=["t", "a", "b"],
    )
    cut = pairs((0, 1, 0.5, True), (0, 2, 0.8, True)).assign(zone_kind=["a", "b"])
    found = membership(zones, pd.Series([None]), cut, by_area=True)
    assert found.set_index("zone")["weight"].to_dict() == {0: 0.8, 1: 0.5, 2: 0.8}


def test_a_row_that_lies_mostly_outside_is_in_no_drawn_zone_whatever_its_source_says():
    cut = pairs((0, 1, 0.1, False), (0, -1, 0.9, True), (1, 1, 0.1, False), (1, -1, 0.9, True))
    found = membership(ZONES, pd.Series(["d2", "base"]), cut)
    # The base is not drawn, so a source may know what no outline tells; its parent is drawn.
    assert told(found) == {
        (0, "town"): 1.0, (1, "base"): 1.0, (1, "town"): 1.0
    }  # fmt: skip
    named = pd.Series(["d2", "base"], index=["lot-1", "lot-2"])
    (told_apart,) = misplaced(ZONES, named, cut).made()
    assert told_apart.subject == "lot-1"
    assert "90 % of it lies outside of every density" in told_apart.message()


def test_zones_within_zones_of_one_kind_have_levels_of_their_own():
    zones = pd.DataFrame(
        {"kind": ["base", "yard", "base", "base"], "parent": [None, "a", "b", "c"]},
        index=["a", "b", "c", "d"],
    )
    assert levels(zones).tolist() == ["base", "yard", "base:2", "base:3"]


def test_rows_that_name_a_parcel_lie_where_it_does():
    lots = membership(ZONES, pd.Series(["d2", "base"]), pairs())
    found = followed(np.array([1, -1, 0]), lots)
    assert set(zip(found["row"], ZONES.index[found["zone"]], strict=True)) == {
        (0, "base"), (0, "d1"), (0, "town"), (2, "d2"), (2, "town")
    }  # fmt: skip


def test_only_a_zone_that_most_of_a_row_lies_outside_of_is_told():
    cut = pairs((0, 1, 0.2, False), (0, 2, 0.8, True), (1, 1, 0.55, True), (1, 2, 0.45, False))
    named = pd.Series(["d1", "d1"], index=["lot-1", "lot-2"])
    (found,) = misplaced(ZONES, named, cut).made()
    assert (found.subject, found.value, found.related) == ("lot-1", "d1", ("d2",))
    assert "80 %" in found.message()
