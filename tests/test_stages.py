"""Stages: each lot once for a target, and rates that do not rise from stage to stage."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingshan_geo import assess
from pingshan_geo.catalogue.schema import COUNTED_STAGES, STAGES
from pingshan_geo.measures.ledger import transfers_at
from pingshan_geo.measures.stages import RANK, stage_lots


def rates(small, as_of=None):
    found = assess(small.load(), as_of)
    figures = [found.figure(f"completion_rate_{stage}/task") for stage in COUNTED_STAGES]
    return {
        stage: (f.value, f.low, f.high) for stage, f in zip(COUNTED_STAGES, figures, strict=True)
    }


def test_land_counts_up_to_the_stage_that_its_project_has_reached(small):
    small.put("targets", 0, qualifier="exact")
    small.put("projects", 0, stage="contracted")
    found = rates(small)
    # The land of lot-2 is not printed, so there is no upper bound.
    for stage in COUNTED_STAGES[:3]:
        assert found[stage][:2] == pytest.approx((0.8, 0.79))
        assert found[stage][2] is None
    assert [found[s] for s in COUNTED_STAGES[3:]] == [(None, None, None)] * 3
    figure = assess(small.load()).figure("completion_rate_contracted/task")
    assert figure.completeness.left_out == ("lot-2",)  # no area, no stage
    assert figure.inputs == ("site_area/lot-1", "target_value/task")


def test_a_stage_that_no_source_names_is_unknown_and_not_0(small):
    small.put("targets", 0, qualifier="exact")
    found = rates(small)
    assert found["auctioned"][:2] == pytest.approx((0.8, 0.79))
    figure = assess(small.load()).figure("completion_rate_completed/task")
    assert figure.value is None
    assert "No source" in figure.notes[0].en
    assert figure.completeness.left_out == ("lot-1", "lot-2")


def test_a_lot_that_may_have_come_further_is_in_the_upper_bound(small):
    small.put("targets", 0, qualifier="exact")
    small.put("projects", 0, stage="completed")
    small.add("facts", fact_id="f5", subject="lot-2", measure="site_area", value="1.0", unit="ha",
              printed="1.0 ha", as_of="2020", source_id="gazette", locator="p. 2")  # fmt: skip
    found = rates(small)
    assert found["auctioned"] == pytest.approx((1.0, 0.98, 1.02))
    assert found["completed"] == pytest.approx((0.8, 0.79, 1.02))
    small.rows["facts"][-1]["qualifier"] = "about"
    small.save()  # a lot that is not surely there does not make the rate an estimate
    figures = [assess(small.load()).figure(f"completion_rate_{stage}/task")
               for stage in ("auctioned", "completed")]  # fmt: skip
    assert [each.qualifier for each in figures] == ["about", "printed"]


def test_a_sale_that_names_a_project_alone_is_of_the_parcel_of_the_project(small):
    small.add("auctions", auction_id="sale-3", date="2020", project_id="works", target_id="task",
              source_id="gazette", locator="p. 5")  # fmt: skip
    small.rows["auctions"].pop(0)
    small.save()
    catalogue = small.load()
    sold = transfers_at(catalogue.auctions, pd.Series(dtype=object), date(2020, 12, 31))
    lots = stage_lots(["task"], sold, catalogue.projects)
    assert lots[["kind", "lot"]].to_numpy().tolist() == [
        ["parcels", "lot-2"], ["parcels", "lot-1"]
    ]  # fmt: skip


def test_a_lot_without_a_zone_counts(small):
    for row in small.rows["parcels"]:
        row["zone_id"] = None
    small.put("targets", 0, qualifier="exact")
    assert rates(small)["auctioned"][0] == pytest.approx(0.8)


def test_a_project_names_a_target_before_anything_is_sold(small):
    small.rows["auctions"].clear()
    small.put("projects", 0, stage="agreed", target_id="task")
    small.put("targets", 0, qualifier="exact")
    found = rates(small)
    assert found["agreed"][0] == pytest.approx(0.8)
    assert found["auctioned"] == (None, None, None)


ids = st.sampled_from
auction_rows = st.lists(
    st.tuples(ids([None, "a", "b", "c"]), ids([None, "p", "q"]), ids(["t", "u", None]),
              ids(["2020-01-01", "2021"]), ids([None, "withdrawn"])),
    max_size=7,
)  # fmt: skip
project_rows = st.tuples(
    *(st.tuples(ids([None, "a", "b"]), ids([None, *STAGES]), ids([None, "t"])) for _ in "pq")
)


def tables(auctions, projects):
    columns = ("parcel_id", "project_id", "target_id", "date", "status")
    sales = pd.DataFrame(auctions, columns=list(columns), dtype=object).assign(source_id=None)
    sales.index = [f"s{n}" for n in range(len(sales))]
    works = pd.DataFrame(
        projects, columns=["parcel_id", "stage", "target_id"], index=["p", "q"], dtype=object
    )
    return transfers_at(sales, pd.Series(dtype=object), date(2021, 6, 30)), works


@settings(max_examples=30)
@given(auction_rows, project_rows)
def test_a_lot_is_never_lost_and_never_twice(auctions, projects):
    transfers, works = tables(auctions, projects)
    lots = stage_lots(["t", "u"], transfers, works)
    assert not lots.duplicated(["target_id", "kind", "lot"]).any()
    assert (lots["low"] <= lots["value"]).all()
    named = set(zip(lots["target_id"], lots["lot"], strict=True))
    known = transfers.known[transfers.known["transfer_verdict"] == "stands"]
    for rows in (known, transfers.possible):
        for target, lot in zip(rows["target_id"], rows["parcel_id"], strict=True):
            assert not (target and lot) or (target, lot) in named
    targets = set(known["target_id"].dropna())
    assert targets <= set(lots["target_id"])


@settings(max_examples=30)
@given(auction_rows, project_rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(auctions, projects, chance):
    def land(rows):
        lots = stage_lots(["t", "u"], *tables(rows, projects))
        return sorted(lots[lots["kind"] != "auctions"].itertuples(index=False, name=None))

    shuffled = list(auctions)
    chance.shuffle(shuffled)
    assert land(shuffled) == land(auctions)


@settings(max_examples=30)
@given(auction_rows, project_rows)
def test_lots_do_not_grow_from_stage_to_stage(auctions, projects):
    lots = stage_lots(["t", "u"], *tables(auctions, projects))
    for part in ("low", "value"):
        counts = [(lots[part] >= RANK[stage]).sum() for stage in COUNTED_STAGES]
        assert counts == sorted(counts, reverse=True)
