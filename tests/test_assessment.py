"""The Pingshan figures: anchors by hand, evidence for every one, and no figure from a drawing."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pingshan_geo import assess, load_catalogue
from pingshan_geo.assessment import model
from pingshan_geo.catalogue.schema import KINDS
from pingshan_geo.errors import UsageError
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.report import select

ROOT = Path(__file__).parents[1]
GEODATA, DEMO = ROOT / "geodata", ROOT / "examples" / "demo-town"
PINGSHAN = assess(load_catalogue(GEODATA))
TOWN = assess(load_catalogue(DEMO))
HA, KM2 = 1e4, 1e6


def span(value, half):
    return value, value - half, value + half


def over(top, bottom, unit=1):
    """A quotient of two spans: value, and the least and greatest that it may be."""
    return top[0] / bottom[0] / unit, top[1] / bottom[2] / unit, top[2] / bottom[1] / unit


VOLUME, ACCELERATOR = span(260_172, 0.5), span(123_502.81, 0.005)
DERIVED = {
    "far/G13113-8014": over(span(488_800, 50), span(106_000, 500)),
    "completion_rate/industrial-land-2017": over(span(22.78, 0.005), span(9.5, 0.05)),
    "completion_rate_itemised/industrial-land-2017": over(span(10.6, 0.05), span(9.5, 0.05)),
    "share_of_parent/pingshan-high-tech-zone": over(span(51.6, 0.05), span(166.31, 0.005)),
    "outstanding/industrial-land-2017": span(-13.28e4, 0.055e4),
    "implied_target/land-preparation-2018": over(span(435_600, 50), span(1.452, 0.0005)),
    "far/wangniugang-unit": over(VOLUME, span(44_650, 0.05)),
    "far_countable_on_development/wangniugang-unit": over(VOLUME, span(44_650, 0.05)),
    "far_countable_on_demolition/wangniugang-unit": over(VOLUME, span(70_362.5, 0.05)),
    "far_countable_on_renewal_unit/wangniugang-unit": over(VOLUME, span(85_247, 0.05)),
    "far/accelerator-phase-1": over(span(220_273, 0.5), ACCELERATOR),
    "far/shatian-phase-1": over(span(67, 0.5), span(12, 0.5)),
    "land_price_per_m2/zhongcheng-2020": over(span(104e6, 5e5), span(27_500, 50)),
    "floor_price_per_m2/zhongcheng-2020": over(span(104e6, 5e5), span(110_000, 5_000)),
    "land_price_per_m2/ev-lab-a-2018": over(span(284e6, 5e5), span(65_900, 50)),
    "price_premium/ev-lab-a-2018": (0, 283.5 / 284.5 - 1, 284.5 / 283.5 - 1),
    "auction_count/pingshan-district": (12, 12, 12),
}
PRINTED = {
    "recorded_area/pingshan-high-tech-zone": span(51.6 * KM2, 0.05 * KM2),
    "recorded_area/pingshan-district": span(166.31 * KM2, 0.005 * KM2),
    "recorded_area/pingshan-central-district": span(24.08 * KM2, 0.005 * KM2),
    "completion_rate/land-preparation-2018": span(1.452, 0.0005),
    "completion_rate_printed/industrial-land-2017": span(2.4, 0.05),
    "target_value/industrial-land-integration": (10 * KM2, 10 * KM2, None),
    "target_value/innovation-space": (1e7, 1e7, 1e7),
    "indicator_value/city-gdp-density-2019": span(1.3e9, 0.05e9),
}
ANCHORS, CONFLICT = DERIVED | PRINTED, "recorded_area/pingshan-district"
UNKNOWN = [
    "far/pingshan-innovation-plaza", "site_area/pingshan-innovation-plaza",
    "completion_rate/industrial-land-integration", "delivered/industrial-land-integration",
    "completion_rate/innovation-space", "outstanding/innovation-space",
    "target_value/land-preparation-2018", "price/accelerator-2-2017", "far/ev-lab-lot-a",
    "land_price_per_m2/heshuntang-2017", "price_premium/zhongcheng-2020",
    "measured_area/G13113-8014", "recorded_area/longtian-subdistrict",
    "share_of_parent/longtian-subdistrict",
]  # fmt: skip


@pytest.mark.parametrize("figure_id", ANCHORS)
def test_the_anchor_figures_have_their_values_bounds_and_status(figure_id):
    figure = PINGSHAN.figure(figure_id)
    numbers = (figure.value, figure.low, figure.high)
    for found, expected in zip(numbers, ANCHORS[figure_id], strict=True):
        assert found == (expected and pytest.approx(expected, rel=1e-12))
    status = "derived" if figure_id in DERIVED else "recorded"
    assert figure.status == ("conflict" if figure_id == CONFLICT else status)


def test_the_printed_anchors_of_the_design_are_met():
    rounded = {name: round(PINGSHAN.figure(name).value, 4) for name in list(ANCHORS)[:4]}
    assert list(rounded.values()) == [4.6113, 2.3979, 1.1158, 0.3103]
    assert round(PINGSHAN.figure("far/wangniugang-unit").value, 2) == 5.83
    implied = PINGSHAN.figure("implied_target/land-preparation-2018")
    assert [round(part / HA, 2) for part in (implied.value, implied.low, implied.high)] == [
        30,
        29.99,
        30.01,
    ]


@pytest.mark.parametrize("figure_id", UNKNOWN)
def test_an_unknown_figure_has_no_number_and_says_what_is_missing(figure_id):
    document = PINGSHAN.figure(figure_id).to_dict()
    assert document["status"] == "unknown"
    assert [document[key] for key in ("value", "low", "high")] == [None] * 3
    assert document["notes"]


def test_what_is_left_out_and_how_much_of_the_printed_total_is_known_is_told():
    figure = PINGSHAN.figure("completion_rate_itemised/industrial-land-2017")
    assert figure.completeness.to_dict() == {
        "rows_known": 1,
        "rows": 4,
        "of_recorded_total": pytest.approx(106_000 / 227_800),
        "left_out": ["heshuntang-2017", "waterma-2017", "neptune-2017"],
    }


def test_a_share_of_a_disputed_area_names_the_reading_used_and_the_conflict_is_told():
    share = PINGSHAN.figure("share_of_parent/pingshan-high-tech-zone")
    assert any("166.31 km²" in note.en for note in share.notes)
    told = [f for f in PINGSHAN.findings if f.code == "facts-conflict"]
    assert {f.subject for f in told} == {
        "pingshan-district",
        "pingshan-central-district",
        "accelerator-phase-1-buildings",
    }
    disputed = PINGSHAN.figure("recorded_area/pingshan-district")
    assert any("167 km²" in note.en and "168" in note.en for note in disputed.notes)
    assert [e.fact for e in disputed.evidence] == ["e070"]


def test_the_published_outline_is_measured_and_is_not_the_recorded_area():
    figure = PINGSHAN.figure("measured_area/pingshan-district")
    assert figure.value == pytest.approx(165.772 * KM2, rel=1e-5)
    plane = PINGSHAN.figure("measured_area_plane/pingshan-district")
    assert plane.value / figure.value - 1 == pytest.approx(3e-5, rel=0.5)


@pytest.mark.parametrize(
    "day", ["2017-12-31", "2017", date(2017, 12, 31), datetime(2017, 12, 31, 9)]
)
def test_at_the_end_of_2017_nothing_later_is_known(day):
    early = assess(PINGSHAN.catalogue, day)
    assert early.as_of == date(2017, 12, 31)
    assert {d[:4] for d in early.auctions["date"].dropna()} == {"2008", "2017"}
    assert "land-preparation-2018" not in early.targets.index
    assert "zhongcheng-pharma-park" not in early.projects.index
    assert "gdp-2021" not in early.indicators.index
    assert {"wangniugang-unit", "G13113-8024"} & set(early.parcels.index) == set()
    assert early.facts["as_of"].dropna().str[:4].max() == "2017"
    assert early.figure("recorded_area/pingshan-central-district").value == 4.68 * KM2
    assert early.figure("recorded_area/pingshan-district").value == 168 * KM2
    assert early.figure("completion_rate/industrial-land-2017").value == pytest.approx(22.78 / 9.5)


@pytest.mark.parametrize("day", ["soon", "2017-02-30", ""])
def test_a_cutoff_that_is_no_date_is_wrong_usage(day):
    with pytest.raises(UsageError, match="not a date"):
        assess(PINGSHAN.catalogue, day)


@pytest.mark.parametrize("assessment", [PINGSHAN, TOWN], ids=["pingshan", "demo-town"])
def test_every_figure_with_a_value_leads_to_evidence_or_names_its_rows(assessment):
    made = {figure.id: figure for figure in assessment.figures()}
    assert list(made) == list(assessment.figure_ids())
    for figure in made.values():
        assert all(each in made for each in figure.inputs), figure.id
        if figure.value is None:
            assert (figure.low, figure.high, figure.status) == (None, None, "unknown"), figure.id
            assert figure.notes, figure.id
        elif figure.status == "assumed":  # what nobody published names no source, but says so
            assert figure.measure == "drawn_area", figure.id
            assert not figure.evidence, figure.id
            assert figure.notes, figure.id
        else:
            assert figure.evidence or figure.inputs_from, figure.id
            assert all(e.source and e.locator and e.printed for e in figure.evidence), figure.id


@pytest.mark.parametrize("assessment", [PINGSHAN, TOWN], ids=["pingshan", "demo-town"])
def test_every_known_fact_is_evidence_or_is_told_in_a_note(assessment):
    shown = {(e.source, e.locator, e.printed) for f in assessment.figures() for e in f.evidence}
    for fact in assessment.facts.reset_index().to_dict("records"):
        if (fact["source_id"], fact["locator"], fact["printed"]) in shown:
            continue
        if fact["subject"] not in {s for kind in KINDS for s in assessment.tables[kind].index}:
            continue  # a lot that no longer exists at the day of the assessment
        notes = assessment.figure(f"{fact['measure']}/{fact['subject']}").notes
        assert any(fact["printed"] in note.en for note in notes), fact["fact_id"]


@pytest.mark.parametrize("assessment", [PINGSHAN, TOWN], ids=["pingshan", "demo-town"])
def test_no_number_stands_beside_an_unknown_status_in_the_tables(assessment):
    for kind in KINDS:
        table = assessment.tables[kind]
        for measure in assessment.measures(kind):
            known = table[measure.status_column].notna() & (
                table[measure.status_column] != "unknown"
            )
            numbers = table[[measure.column, measure.low_column, measure.high_column]]
            assert numbers[~known].isna().all(axis=None), (kind, measure.name)
            assert numbers[known].notna().all(axis=None), (kind, measure.name)
            ordered = numbers[known].to_numpy()[:, [1, 0, 2]]
            assert (np.diff(ordered, axis=1)[np.isfinite(ordered[:, 2])] >= 0).all()


def test_the_method_of_every_measure_stands_in_both_languages():
    for figure in (*PINGSHAN.figures(), *TOWN.figures()):
        assert all(figure.method)
        assert all(text for note in figure.notes for text in note), figure.id


def copied(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    return tmp_path / "copy"


def change(path, key, ids, **changes):
    document = json.loads(path.read_text("utf-8"))
    for feature in document["features"]:
        if feature["properties"][key] in ids:
            geometry = changes.pop("geometry", feature["geometry"])
            feature["geometry"] = geometry
            feature["properties"].update(changes)
    path.write_text(json.dumps(document), "utf-8")


def numbers(assessment):
    return {f.id: (f.value, f.low, f.high, f.status) for f in assessment.figures()}


def test_a_planted_illustrative_lot_stays_out_of_every_measured_figure_and_sum(tmp_path):
    folder = copied(GEODATA, tmp_path)
    square = [[[114.3, 22.7], [114.31, 22.7], [114.31, 22.71], [114.3, 22.71], [114.3, 22.7]]]
    change(
        folder / "parcels.geojson", "parcel_id", ["G14313-8018"], geometry_status="illustrative",
        geometry={"type": "Polygon", "coordinates": square},
    )  # fmt: skip
    before, after = numbers(PINGSHAN), numbers(planted := assess(load_catalogue(folder)))
    drawn = after.pop("drawn_area/G14313-8018")
    assert drawn[3] == "assumed"
    assert drawn[0] == pytest.approx(1.138e6, rel=1e-3)
    assert after == before
    assert planted.figure("measured_area/G14313-8018").status == "unknown"
    assert "illustrative" in planted.figure("measured_area/G14313-8018").notes[0].en


def test_a_published_zone_made_illustrative_is_drawn_and_no_longer_measured(tmp_path):
    folder = copied(GEODATA, tmp_path)
    change(
        folder / "zones.geojson", "zone_id", ["pingshan-district"], geometry_status="illustrative"
    )
    before, after = numbers(PINGSHAN), numbers(assess(load_catalogue(folder)))
    measured = before.pop("measured_area/pingshan-district")
    for name in ("measured_area_plane", "area_difference", "area_ratio"):
        before.pop(f"{name}/pingshan-district")
    assert after.pop("measured_area/pingshan-district") == (None, None, None, "unknown")
    assert after.pop("drawn_area/pingshan-district") == (*measured[:3], "assumed")
    assert after == before


def test_all_surveyed_lots_made_illustrative_leave_what_is_recorded_as_it_is(tmp_path):
    folder = copied(DEMO, tmp_path)
    lots = [lot for lot, status in TOWN.parcels["geometry_status"].items() if status == "surveyed"]
    change(folder / "parcels.geojson", "parcel_id", lots, geometry_status="illustrative")
    before, after = numbers(TOWN), numbers(assess(load_catalogue(folder)))
    recorded = ("recorded_area/", "site_area/", "net_site_area/", "gross_floor_area/", "price/")
    same = [key for key in before if key.startswith(recorded)]
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    of_lots = [
        key for key in after if key.startswith("measured_area") and key.split("/")[1] in lots
    ]
    assert {after[key][3] for key in of_lots} == {"unknown"}
    assert not [key for key in after if key.startswith("overlay_")]


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("far/G13113-8041", "far/G13113-8014"), ("fra/G13113-8014", "far/G13113-8014"),
        ("far", ""), ("", ""), ("far/", ""), ("/G13113-8014", ""), ("price/G13113-8014", ""),
        ("far/pingshan-district/x", ""),
    ],
)  # fmt: skip
def test_a_figure_that_is_not_there_is_wrong_usage_and_gets_the_nearest(wrong, near):
    with pytest.raises(UsageError) as told:
        PINGSHAN.figure(wrong)
    assert near in str(told.value)


def test_figures_can_be_asked_for_by_group_measure_and_subject():
    assert {f.measure for f in PINGSHAN.figures("prices")} == {
        m.name for m in MEASURES.values() if m.group == "prices"
    }
    assert [f.id for f in PINGSHAN.figures(measure="far", subject="G13113-8014")] == [
        "far/G13113-8014"
    ]
    assert list(PINGSHAN.figures(subject="nowhere")) == []
    assert PINGSHAN.subject_name("parcels", "G13113-8014").zh == "加速器二期地块"


def test_an_assessment_is_the_same_twice_and_leaves_the_catalogue_alone():
    catalogue = load_catalogue(GEODATA)
    before = {kind: getattr(catalogue, kind).copy() for kind in KINDS}
    documents = [[f.to_dict() for f in assess(catalogue).figures()] for _ in range(2)]
    assert documents[0] == documents[1]
    assert all(before[kind].equals(getattr(catalogue, kind)) for kind in KINDS)


def test_an_itemised_delivery_that_adds_areas_of_several_bases_says_so():
    town = load_catalogue(ROOT / "examples" / "demo-town")
    sold = town.auctions[town.auctions["target_id"] == "demo-industrial-land-2022"]["parcel_id"]
    basis = pd.Series("parcel", index=town.parcels.index, dtype=object)
    one = town.having(parcels=town.parcels.assign(site_area_basis=basis))
    several = basis.where(basis.index != sold.iloc[0], "net_site")
    two = town.having(parcels=town.parcels.assign(site_area_basis=several))
    figure_id = "delivered_itemised/demo-industrial-land-2022"
    assert assess(one).figure(figure_id).notes == ()
    said = [note.en for note in assess(two).figure(figure_id).notes]
    assert said == ["Adds areas of several bases: net site 1, parcel 2."]


def test_of_very_many_parcels_no_id_is_looked_for_that_was_meant(monkeypatch):
    made = assess(load_catalogue())
    with pytest.raises(UsageError, match="nearest"):
        made.figure("far/G13113-8041")
    monkeypatch.setattr(model, "_MOST_HINTED", 1)
    monkeypatch.setattr(type(made), "figure_ids", None)  # which reads all of them
    for asked in (lambda: made.figure("far/G13113-8041"), lambda: select(made, subject="G13")):
        with pytest.raises(UsageError) as caught:
            asked()
        assert "nearest" not in caught.value.message("en")
