"""What a planner reads of overlay, limits and wrong areas: in words, with what is left out."""

from pathlib import Path

import pytest

from pingshan_geo import assess, load_catalogue, report
from pingshan_geo.assessment import Assessment
from pingshan_geo.report.why import why_text


@pytest.fixture(scope="module")
def town() -> Assessment:
    return assess(load_catalogue(Path(__file__).parents[1] / "examples/demo-town"))


def test_the_report_of_ratios_says_which_lot_is_over(town: Assessment) -> None:
    chosen = report.select(town, "far", subject="DT07-0002")
    assert "| derived, over |" in report.render(chosen, "md", "en").decode()
    assert "| 计算，超出上限 |" in report.render(chosen, "md", "zh").decode()


def test_a_ratio_without_a_limit_has_no_verdict(town: Assessment) -> None:
    text = report.render(report.select(town, "far", subject="DT07-0003"), "md", "en").decode()
    assert "derived, unknown" not in text
    assert "| derived |" in text


@pytest.mark.parametrize(("subject", "rows"), [("DT09-0006", 4), ("demo-block-line-2", 11)])
def test_a_parcel_or_zone_is_reported_with_all_its_parts(
    town: Assessment, subject: str, rows: int
) -> None:
    table = report.select(town, "overlay", subject=subject).wide()["overlay"]
    assert len(table) == rows
    assert table["id"].str.contains(subject).all()


def test_a_sum_over_a_kind_of_zones_says_how_much_of_it_lies_in_none(town: Assessment) -> None:
    figures = report.roll_up(report.select(town, "overlay"), "zone_kind").figures()
    notes = {f.subject: [note.en for note in f.notes] for f in figures if "area" in f.measure}
    outside = town.overlay.query("zone_kind == 'industrial_block_line' and zone_id.isna()")
    assert round(outside["overlay_area_m2"].sum() / 1e6, 2) == 1.97
    assert notes["zone_kind=industrial_block_line"] == [
        "1.97 km² of it lies outside of every zone of its kind."
    ]


def test_land_counted_with_an_overlapping_zone_is_told_of_the_other(town: Assessment) -> None:
    notes = town.figure("overlay_area_total/demo-block-line-3").notes
    assert any("Another 1,825.9 m²" in note.en for note in notes)
    notes = town.figure("overlay_area_total/demo-block-line-1").notes
    assert not any("Another" in note.en for note in notes)


def test_the_limit_of_a_split_lot_names_its_zones(town: Assessment) -> None:
    (note,) = town.figure("far_limit/DT09-0006").notes
    assert "Density zone 3 (synthetic) 51.19 % × 2.4" in note.en
    assert "密度四区（合成） 48.81 % × 1.8" in note.zh


def test_evidence_and_outlines_are_told_in_the_language_asked_for(town: Assessment) -> None:
    told = "\n".join(why_text(town, "area_difference/DT41-0014", "zh"))
    assert "网络墨卡托投影面积（系数 1.193）" in told
    assert "来源所载：界线" in told
    chosen = report.select(town, "quality", subject="DT41-0014")
    assert "| factor 1.193 |" in report.render(chosen, "md", "en").decode()
