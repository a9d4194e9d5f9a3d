"""How the plans of the synthetic town went comes out as its README says; rates done by hand."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from pingshan_geo import assess, load_catalogue

DEMO = Path(__file__).parents[1] / "examples" / "demo-town"
CATALOGUE = load_catalogue(DEMO)
TOWN = assess(CATALOGUE)
CLUSTER, HOMES, WORKSHOPS = (
    "demo-equipment-land-2026",
    "demo-rental-homes-2027",
    "demo-workshop-floor-2023",
)
# Site areas as the register prints them, m2, in the order of the transfers that stand.
LAND = {
    "demo-gear-works": 13139.30,  # in operation
    "demo-pump-works": 18130.15,  # completed
    "demo-crane-yard": 15508.29,  # under construction
    "demo-tool-hall": 15840.62,  # contracted
    "demo-bearing-line": 11333.13,  # contracted
    "demo-valve-works": 11635.80,  # auctioned
    "demo-forge": 12734.06,  # auctioned
    "demo-robot-yard": 22092.77,  # agreed, no transfer
}


def told(code: str) -> list[str | None]:
    return [finding.subject for finding in TOWN.findings if finding.code == code]


def rows(name: str) -> list[dict[str, str]]:
    with (DEMO / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bounds(measure: str, subject: str) -> list[float]:
    figure = TOWN.figure(f"{measure}/{subject}")
    return [figure.value, figure.low, figure.high]


def test_the_land_that_the_rates_are_done_with_is_that_of_the_register():
    lots = json.loads((DEMO / "parcels.geojson").read_text("utf-8"))["features"]
    area = {lot["properties"]["parcel_id"]: lot["properties"]["site_area_m2"] for lot in lots}
    lot_of = {row["project_id"]: row["parcel_id"] for row in rows("projects")}
    assert {project: area[lot_of[project]] for project in LAND} == LAND


def test_instalments_add_up_and_the_quarters_agree_with_the_total_of_their_year():
    # 3.13 + 1.55 + 5.15 ha, each to 0.005; the quarters are 1.58 + 1.16 + 1.13 + 1.27 = 5.14.
    assert bounds("delivered", CLUSTER) == pytest.approx([98300, 98150, 98450])
    assert bounds("delivered", HOMES) == pytest.approx([73000, 72000, 74000])
    assert not [f for f in TOWN.findings if f.code == "facts-conflict" and f.subject == CLUSTER]


def test_one_target_is_ahead_of_its_pace_and_one_behind():
    verdict = TOWN.targets["pace_verdict"]
    assert [verdict[name] for name in (CLUSTER, HOMES, WORKSHOPS)] == ["ahead", "behind", "behind"]
    assert bounds("period_share", CLUSTER)[0] == pytest.approx(1096 / 1826)  # 2024 is a leap year
    assert bounds("period_share", HOMES)[0] == pytest.approx(731 / 1826)
    assert bounds("period_share", WORKSHOPS) == [1, 1, 1]
    margin = bounds("pace_margin", CLUSTER)
    assert margin == pytest.approx([at - 135000 * 1096 / 1826 for at in (98300, 98150, 98450)])
    margin = bounds("pace_margin", HOMES)
    assert margin == pytest.approx([at - 240000 * 731 / 1826 for at in (73000, 72000, 74000)])
    # 730 days are left of one, 1095 of the other.
    assert bounds("pace_needed", CLUSTER)[0] == pytest.approx(36700 * 365.2425 / 730)
    assert bounds("pace_needed", HOMES)[0] == pytest.approx(167000 * 365.2425 / 1095)
    assert TOWN.figure(f"pace_needed/{WORKSHOPS}").value is None


@pytest.mark.parametrize(
    ("stage", "lots"),
    [
        ("agreed", 8),
        ("auctioned", 7),
        ("contracted", 5),
        ("under_construction", 3),
        ("completed", 2),
        ("in_operation", 1),
    ],
)
def test_each_stage_has_the_rate_of_the_lots_that_have_come_to_it(stage, lots):
    rate = sum(list(LAND.values())[:lots]) / 135000
    value, low, high = bounds(f"completion_rate_{stage}", CLUSTER)
    assert value == pytest.approx(rate, rel=1e-9)
    assert low == pytest.approx(rate, abs=1e-5)
    assert rate <= high <= sum(LAND.values()) / 135000 + 1e-5


def test_what_was_withdrawn_failed_or_replaced_is_listed_and_does_not_count():
    verdict = TOWN.auctions["transfer_verdict"]
    off = {
        "demo-transfer-29": "withdrawn",
        "demo-transfer-31": "failed",
        "demo-transfer-32": "replaced",
    }
    assert verdict[verdict != "stands"].to_dict() == off
    assert told("transfer-not-counted") == list(off)
    assert TOWN.targets.loc[CLUSTER, "delivered_itemised_rows"] == 7
    itemised = sum(LAND.values()) - LAND["demo-robot-yard"]
    assert bounds("delivered_itemised", CLUSTER)[0] == pytest.approx(itemised)


def test_before_the_day_of_its_withdrawal_a_transfer_stands():
    then = assess(CATALOGUE, as_of=date(2023, 11, 29))
    assert then.auctions["transfer_verdict"]["demo-transfer-29"] == "stands"


def test_a_transfer_of_a_year_is_in_the_upper_bound_in_the_midst_of_it():
    then = assess(CATALOGUE, as_of=date(2024, 6, 30))
    straddling = [f.subject for f in then.findings if f.code == "date-straddles"]
    assert straddling == ["demo-transfer-34"]
    figure = then.figure(f"delivered_itemised/{CLUSTER}")
    late = ("demo-robot-yard", "demo-forge", "demo-bearing-line")
    assert figure.value == pytest.approx(sum(LAND.values()) - sum(LAND[name] for name in late))
    # Two of the six areas are printed to 0.1 m2, four to 0.01.
    high = figure.value + LAND["demo-bearing-line"] + 2 * 0.05 + 4 * 0.005
    assert figure.high == pytest.approx(high, abs=1e-6)


def test_one_rate_lies_inside_a_step_and_one_between_two():
    steps = TOWN.targets["completion_rate_step"].dropna().to_dict()
    assert steps == {
        "demo-industrial-land-2022": "demo-industrial-land-2022-reserve",
        WORKSHOPS: f"{WORKSHOPS}-plan; {WORKSHOPS}-none",
    }
    assert bounds("completion_rate", WORKSHOPS) == pytest.approx([0.95, 0.945, 0.955])


def test_the_obligations_of_one_lot_are_met_due_overdue_and_unknown():
    verdicts = TOWN.obligations["obligation_verdict"]
    own = verdicts[verdicts.index.str.startswith("demo-crane-yard-")]
    assert {name.removeprefix("demo-crane-yard-"): word for name, word in own.items()} == {
        "investment": "met",
        "output": "due",
        "tax": "due",
        "start": "met",
        "completion": "overdue",
        "handover": "unknown",
        "term": "due",
    }
    assert verdicts["demo-gear-works-output"] == "overdue"
    assert told("obligation-overdue") == ["demo-crane-yard-completion", "demo-gear-works-output"]
    assert told("obligation-unknown") == ["demo-crane-yard-handover"]


def test_what_is_reached_is_a_part_of_what_was_asked():
    # 0.40 of 3.0, 1.62 of 1.5 and 1.4 of 2.0 in 亿元.
    assert bounds("obligation_rate", "demo-crane-yard-output")[0] == pytest.approx(0.4 / 3)
    assert bounds("obligation_rate", "demo-crane-yard-investment")[0] == pytest.approx(1.08)
    rate = bounds("obligation_rate", "demo-gear-works-output")
    assert rate == pytest.approx([0.7, 0.675, 0.725])


def test_a_term_ends_thirty_years_after_the_transfer():
    due = TOWN.obligations["obligation_due"]
    assert due["demo-crane-yard-term"] == "2053-04-13"
    assert due["demo-transfer-26@term"] == "2052-05-19"
    off = [f"demo-transfer-{number}@term" for number in (28, 29, 31, 32)]
    assert not set(off) & set(due.index)  # 28 has a row of its own, the others do not count


def test_claims_have_the_verdicts_that_are_planted():
    verdicts = TOWN.claims["claim_verdict"].to_dict()
    assert {name.removeprefix("demo-claim-"): word for name, word in verdicts.items()} == {
        "rate-2022": "consistent",
        "equipment-lots": "consistent",
        "equipment-rate": "rounded",
        "rental-homes": "contradicted",
        "gdp-growth": "cannot_check",
        "preparation-rate": "cannot_check",
    }
    assert TOWN.claims["claim_reading"]["demo-claim-equipment-rate"] == "cut_off"
    why = TOWN.claims["claim_why"]
    assert why["demo-claim-gdp-growth"] == "missing"
    assert why["demo-claim-preparation-rate"] == "circular"
    # 61.8 亿元 after a growth of 5.4 %.
    implied = bounds("claim_implied", "demo-claim-gdp-growth")
    assert implied[0] == pytest.approx(61.8e8 / 1.054)
    assert not {f.code for f in TOWN.findings} & {"claim-place", "claim-no-figure"}


def test_the_accepted_correction_is_applied_and_the_file_keeps_the_old_value():
    (row,) = [row for row in rows("auctions") if row["auction_id"] == "demo-transfer-30"]
    assert row["price_yuan"] == "1426000"
    assert bounds("price", "demo-transfer-30")[0] == 14_260_000
    (corrected,) = [f for f in TOWN.findings if f.code == "corrected"]
    assert (corrected.subject, corrected.field) == ("demo-transfer-30", "price_yuan")


def test_a_proposed_and_a_rejected_correction_change_nothing():
    assert told("correction-proposed") == ["DT37-0004"]
    assert TOWN.parcels.loc["DT37-0004", "recorded_area_m2"] == 1.7763
    assert CATALOGUE.facts.loc["demo-fact-028", "value"] == 19.2
