"""From a catalogue's outlines to figures, findings, reports and layers: one small town by hand."""

from __future__ import annotations

import json
from math import fsum

import pytest

from pingshan_geo.assessment import assess
from pingshan_geo.cli import main
from pingshan_geo.export import export_table
from pingshan_geo.report import render, roll_up, select


def box(west, south, east, north):
    """Return a ring in thousandths of a degree from 114° E, 22° N."""
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [[[114 + x / 1000, 22 + y / 1000] for x, y in corners]]


@pytest.fixture
def town(small):
    """Two blocks side by side; lot-1 lies to a quarter in the east, lot-2 wholly, lot-3 unknown."""
    small.rows["facts"] = []
    small.put("zones", 0, geometry=box(0, 0, 10, 10), geometry_status="published")
    for zone, shape in (("west", box(0, 0, 5, 10)), ("east", box(5, 0, 10, 10))):
        small.add(
            "zones", zone_id=zone, kind="block", parent="town", geometry_status="published",
            source_id="gazette", geometry=shape,
        )  # fmt: skip
    lots = {"lot-1": box(2, 2, 6, 4), "lot-2": box(6, 2, 8, 4)}
    for at, (lot, shape) in enumerate(lots.items()):
        small.put(
            "parcels", at, geometry_status="surveyed", geometry=shape, zone_id="town",
            site_area_m2=40_000, gross_floor_area_m2=80_000, recorded_area_m2=91_000,
        )  # fmt: skip
        assert small.rows["parcels"][at]["parcel_id"] == lot
    small.add(
        "parcels", parcel_id="lot-3", zone_id="west", geometry_status="none", source_id="gazette",
        site_area_m2=10_000, gross_floor_area_m2=30_000,
    )  # fmt: skip
    return small


def test_shares_are_cut_and_areas_add_up_to_the_measured_area(town):
    found = assess(town.load())
    share = found.figure("overlay_share/lot-1@east")
    assert share.value == pytest.approx(0.25, abs=1e-6)
    assert [e.locator for e in share.evidence] == ["parcels, feature 1", "zones, feature 4"]
    parts = [found.figure(f"overlay_area/lot-1@{zone}") for zone in ("west", "east")]
    assert fsum(part.value for part in parts) == found.figure("measured_area/lot-1").value
    assert parts[0].inputs == ("overlay_share/lot-1@west", "measured_area/lot-1")
    assert found.subject_name("overlay", "lot-1@east").zh == "lot-1 在 east 内"


def test_a_straddler_counts_once_in_its_dominant_zone_and_the_figure_says_so(town):
    found = assess(town.load())
    west = found.figure("site_area_total/west")
    assert west.value == 50_000  # lot-1 by its outline, lot-3 by its source
    assert west.inputs == ("site_area/lot-1", "site_area/lot-3")
    assert any("straddle" in note.en for note in west.notes)
    assert found.figure("site_area_total/town").value == 90_000
    assert found.figure("straddler_count/west").value == 1


def test_by_area_land_and_floor_are_split_and_floor_is_assumed(town):
    found = assess(town.load(), allocate="area")
    land, floor, far = (
        found.figure(f"{name}/east")
        for name in ("site_area_total", "gross_floor_area_total", "far")
    )
    assert land.value == pytest.approx(50_000, rel=1e-6)  # a quarter of lot-1, all of lot-2
    assert floor.value == pytest.approx(100_000, rel=1e-6)
    assert (land.status, floor.status, far.status) == ("derived", "assumed", "assumed")
    assert found.figure("parcel_count/east").value == 1
    assert found.figure("site_area_total/town").value == pytest.approx(90_000)
    by_zone = roll_up(select(found), "dominant_block")
    sums = {f.subject: f for f in by_zone.figures() if f.measure == "site_area_total"}
    assert sums["dominant_block=east"].value == pytest.approx(50_000, rel=1e-6)
    assert sum(f.value for f in sums.values()) == pytest.approx(90_000)


def test_the_filter_of_a_zone_selects_what_its_figures_are_made_of(town):
    found = assess(town.load())
    where = found.figure("parcel_count/west").inputs_from["where"]
    assert sorted(select(found, where=where).rows["parcels"].index) == ["lot-1", "lot-3"]
    where = found.figure("overlay_area_total/east").inputs_from["where"]
    assert sorted(select(found, "overlay", where=where).rows["overlay"]["parcel_id"]) == [
        "lot-1", "lot-2"
    ]  # fmt: skip
    left_out = found.figure("overlay_area_total/west").completeness
    assert (left_out.rows_known, left_out.rows, left_out.left_out) == (1, 2, ("lot-3",))


def test_a_source_that_outlines_contradict_is_told_and_the_outline_counts(town):
    town.put("parcels", 1, zone_id="west")
    found = assess(town.load())
    (told,) = [f for f in found.findings if f.code == "zone-disagrees"]
    assert (told.subject, told.value, told.related) == ("lot-2", "west", ("east",))
    assert found.figure("site_area_total/east").value == 40_000


def test_errors_between_outlines_are_findings_with_a_shape_that_is_exported(town):
    town.put("parcels", 1, geometry=box(5.5, 2, 8, 4))
    found = assess(town.load())
    (told,) = [f for f in found.findings if f.code == "must-not-overlap"]
    assert {told.subject, *told.related} == {"lot-1", "lot-2"}
    assert told.shape.bounds == pytest.approx((114.0055, 22.002, 114.006, 22.004), abs=1e-8)
    layer = export_table(found, "findings").data
    assert layer.geometry.notna().sum() == len(found.topology)
    assert export_table(found, "topology").data["rule"].tolist() == ["must-not-overlap"]


def test_the_pieces_of_all_parcels_are_a_layer(town):
    layer = export_table(assess(town.load()), "overlay").data
    assert layer.geometry.notna().all()
    assert set(layer["overlay_share"].round(6)) == {0.25, 0.75, 1.0}


def test_the_verdict_on_areas_stands_in_figures_and_sheets(town):
    # 2 by 2 thousandths of a degree at 22° N are 45 736 m², twice that 91 472 m².
    found = assess(town.load())
    assert found.figure("area_difference/lot-1").verdict == "agrees"  # 90 500 to 91 500 m²
    wrong = found.figure("area_difference/lot-2")
    assert wrong.value == pytest.approx(91_000 - 45_736, abs=2)
    assert wrong.to_dict()["verdict"] in {"disagrees", "explained"}
    assert wrong.inputs == ("recorded_area/lot-2", "measured_area/lot-2")
    text = render(select(found, "quality", where="area_ratio > 1.5"), "md").decode()
    assert "| lot-2 | 91,000 |" in text
    assert "lot-1" not in text.partition("##")[2].partition("## Findings")[0]
    csv = render(select(found, "quality"), "csv").decode().splitlines()
    assert {"area_verdict", "area_tolerance_m2", "measured_area_m2"} <= set(csv[0].split(","))


def test_rows_are_sorted_with_the_unknown_last_and_columns_chosen(town):
    found = assess(town.load())
    chosen = select(found, sort="-measured_area_m2", columns=["measured_area_m2", "zone_id"])
    assert chosen.rows["parcels"].index.tolist() == ["lot-1", "lot-2", "lot-3"]
    assert list(chosen.wide()["parcels"]) == ["kind", "id", "measured_area_m2", "zone_id"]
    lines = render(chosen, "table").decode()
    assert "unknown" in lines
    document = json.loads(render(chosen, "json"))
    assert {f["measure"] for f in document["figures"]} == {"measured_area"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "--sort", "farr"], "no column 'farr'; nearest: far"),
        (["report", "far", "--columns", "nosuch"], "no column 'nosuch'"),
        (["report", "--columns", "land_use", "--format", "json"], "JSON holds figures"),
        (["report", "quality", "--survey-tolerance", "5"], "'5' is no survey tolerance"),
        (["report", "--columns", "far,"], "no column ''"),
        (["report", "--by", ""], "no column ''"),
        (["check", "--fail-on", ""], "--fail-on names no code"),
        (["report", "overlay", "--by", "stage"], "no column 'stage' in overlay"),
    ],
)
def test_wrong_words_are_wrong_usage_with_what_to_write(town, capsys, words, said):
    assert main(["--catalogue", str(town.path), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_tolerance_of_the_catalogue_holds_until_the_command_gives_another(town, capsys):
    town.descriptor["survey_tolerance"] = "120%"
    town.save()
    assert assess(town.load()).figure("area_difference/lot-2").verdict == "agrees"
    words = ["report", "--measure", "area_difference", "--subject", "lot-2", "--format", "json"]
    assert main(["--catalogue", str(town.path), *words, "--survey-tolerance", "0.05m"]) == 0
    (figure,) = json.loads(capsys.readouterr().out)["figures"]
    assert figure["verdict"] != "agrees"


def test_expected_tiling_tells_the_land_that_no_parcel_covers(town):
    gaps = [f for f in assess(town.load()).findings if f.code == "must-not-have-gaps"]
    assert gaps == []
    found = assess(town.load(), expect_tiling=True)
    (gap,) = [f for f in found.findings if f.code == "must-not-have-gaps"]
    assert gap.shape.bounds == pytest.approx((114, 22, 114.01, 22.01))


def test_a_parcel_that_is_called_as_a_pair_is_hides_none_of_its_figures(small):
    half = [[[114.005, 22.0], [114.01, 22.0], [114.01, 22.01], [114.005, 22.01], [114.005, 22.0]]]
    drawn = {"geometry_status": "surveyed", "source_id": "gazette"}
    small.add("parcels", parcel_id="a", geometry=half, **drawn)
    small.add("parcels", parcel_id="a@town", **drawn | {"geometry_status": "none"})
    assessment = assess(small.load())
    assert assessment.figure("overlay_share/a@town").value > 0.9999
    assert assessment.figure("measured_area/a@town").value is None
