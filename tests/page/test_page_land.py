"""Overlay, topology, limits and recorded against measured on the page, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pingshan_geo import assess, load_catalogue
from pingshan_geo.page import payload

ROOT = Path(__file__).resolve().parents[2]
STRADDLER = "DT09-0006"


@pytest.fixture(scope="module")
def demo():
    return assess(load_catalogue(ROOT / "examples" / "demo-town"))


def card(page):
    """Sections of the open card by their heading."""
    sections = page.locator(".panel:not([hidden]) section").evaluate_all(
        "all => all.map(s => [s.querySelector('h3').textContent, s.innerText])"
    )
    return {heading: " ".join(text.split()) for heading, text in sections}


def test_both_layers_are_off_at_first_and_offered_where_there_is_something_to_show(opened, demo):
    page = opened("demo")
    assert page.locator("path.fault, path.piece").count() == 0
    for name in ("findings", "pieces"):
        assert not page.get_by_test_id(f"layer-{name}").is_checked()
    assert page.get_by_test_id("layer-kind").count() == 0
    plain = opened("pingshan")
    assert plain.locator(".layer-switch").count() == 0
    assert any(finding.shape is not None for finding in demo.findings)


def test_a_switch_works_by_the_keyboard_and_keeps_the_focus(opened):
    page = opened("demo")
    switch = page.get_by_test_id("layer-findings")
    switch.focus()
    page.keyboard.press("Space")
    assert page.locator("path.fault").count() > 0
    assert "layers=findings" in page.evaluate("location.href")
    assert page.evaluate("document.activeElement.dataset.testid") == "layer-findings"
    page.keyboard.press("Space")
    assert page.locator("path.fault").count() == 0
    assert "layers" not in page.evaluate("location.href")


def test_every_error_with_a_shape_is_drawn_and_a_small_one_gets_a_ring(opened, demo):
    page = opened("demo", "#layers=findings")
    shapes = sum(finding.shape is not None for finding in demo.findings)
    assert page.locator("path.fault:not(.ring)").count() == shapes
    hatch = page.locator("path.fault:not(.ring)").first.get_attribute("fill")
    assert hatch == "url(#pg-fault)"
    rings = page.locator("path.fault.ring")
    assert rings.count() > 0
    assert rings.first.bounding_box()["width"] > 16
    page.evaluate("pingshanGeo.page.map.setZoom(22, {animate: false})")
    assert rings.count() == 0


def test_parts_are_tinted_by_zone_of_one_kind_and_hatched_outside(opened, demo):
    page = opened("demo", "#layers=pieces:industrial_block_line")
    for kind in ("industrial_block_line", "density_zone"):
        page.get_by_test_id("layer-kind").select_option(kind)
        assert f"layers=pieces:{kind}" in page.evaluate("location.href")
        rows = demo.overlay[demo.overlay["zone_kind"] == kind]
        assert page.locator("path.piece").count() == len(rows)
        outside = page.locator("path.piece[fill='url(#pg-outside)']")
        assert outside.count() == int(rows["zone_id"].isna().sum())
        tints = page.locator("path.piece:not(.outside)").evaluate_all(
            "all => [...new Set(all.map(p => p.getAttribute('fill')))]"
        )
        assert len(tints) == rows["zone_id"].nunique()
    page.fill("#search", STRADDLER)
    assert page.locator("path.piece").count() == 2


def test_the_address_restores_the_layers_and_leaves_out_what_it_does_not_know(opened):
    page = opened("demo", "#layers=findings,pieces:density_zone,pieces:nothing,walls&lang=zh")
    assert page.get_by_test_id("layer-findings").is_checked()
    assert page.get_by_test_id("layer-pieces").is_checked()
    assert page.get_by_test_id("layer-kind").input_value() == "density_zone"
    link = page.evaluate("pingshanGeo.link(pingshanGeo.page)")
    assert link.endswith("#lang=zh&layers=findings,pieces:density_zone")
    page.get_by_test_id("layer-pieces").uncheck()
    page.evaluate("location.hash = '#layers=pieces:density_zone'")
    expect(page.get_by_test_id("layer-pieces")).to_be_checked()
    assert not page.get_by_test_id("layer-findings").is_checked()


def test_the_card_says_how_a_lot_lies_in_the_zones_of_each_kind(opened):
    page = opened("demo", f"#lot={STRADDLER}")
    # Pins of the overlay: 51.2 % and 48.8 % of 18 306 m².
    said = card(page)["Lies in"]
    assert "District Demo Town (synthetic) whole lot" in said
    assert "Density zone 3 (synthetic) 51.2 % · 9,371 m² dominant zone" in said
    assert "Density zone 4 (synthetic) 48.8 % · 8,935 m²" in said
    assert said.count("dominant zone") == 1
    assert "outside of every industrial block line" in said
    page.get_by_text("48.8 %", exact=True).click()
    why = page.get_by_test_id("evidence").inner_text()
    assert "Why 48.8 %?" in why
    assert f"{STRADDLER} in Density zone 4 (synthetic)" in why
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Density zone 4 (synthetic)").first.click()
    zone = card(page)
    assert "Parcel land in the zone" in zone["Parcels in zones"]
    assert "Straddling parcels" in zone["Parcels in zones"]
    assert "cannot be judged" in zone["Recorded against measured"]
    assert "54 of 56 known" in zone["Land and floor"]


@pytest.mark.parametrize(
    ("lot", "mark", "english", "chinese"),
    [
        ("DT07-0002", "▲", "over", "超出上限"),
        ("DT01-0001", "✓", "within", "符合"),
        ("DT31-0008", "≈", "within rounding", "临界（舍入范围内）"),
        ("DT01-0003", "?", "unknown", "未知"),
        ("DT07-0003", "?", "unknown", "未知"),
    ],
)
def test_a_limit_is_judged_in_a_word_and_a_mark(opened, lot, mark, english, chinese):
    page = opened("demo", f"#lot={lot}")
    assert f"Verdict {mark} {english}" in card(page)["Floor area ratio and limits"]
    chip = page.locator(".verdict").first
    assert ("verdict-unknown" in chip.get_attribute("class")) == (mark == "?")
    page.get_by_test_id("lang-zh").click()
    assert f"判定 {mark} {chinese}" in card(page)["容积率与规划限值"]


def test_a_limit_shows_margin_and_headroom_and_what_is_unknown_is_no_bar(opened):
    page = opened("demo", "#lot=DT07-0002")
    section = card(page)["Floor area ratio and limits"]
    # 1.7913 against 1.3, on 4 577.68 m² of land: 0.4913 and 2 249 m² too much.
    assert "Floor area ratio margin −0.49" in section
    assert "Floor headroom −2,249 m²" in section
    assert page.locator(".limit-bullet .bar-over").count() == 1
    page.locator("[data-figure^=floor_headroom]").click()
    formula = page.locator(".formula").inner_text().split()
    assert [sign for sign in formula if sign in {"×", "÷", "−", "="}] == ["×", "−", "="]
    unknown = opened("demo", "#lot=DT01-0003")
    assert unknown.locator(".limit-bullet .bar-delivered").count() == 0
    assert unknown.locator(".limit-bullet rect[fill='url(#pg-use-unknown)']").count() == 1
    none = opened("demo", "#lot=DT07-0003")
    assert none.locator(".limit-bullet").count() == 0
    assert "limit unknown" in card(none)["Floor area ratio and limits"]


def test_recorded_against_measured_names_the_likely_cause_with_its_evidence(opened, demo):
    lots = demo.parcels[demo.parcels["area_verdict"] == "explained"]
    page = opened("demo", f"#lot={lots.index[0]}")
    section = card(page)["Recorded against measured"]
    for part in ("Recorded area", "Measured area", "Difference of areas", "Tolerance ±"):
        assert part in section
    assert "Verdict ∵ explained" in section
    assert "±0 m²" not in section
    assert "0 ha" not in section
    assert re.search(r"Likely cause: number in hectares \(factor 0\.0001\)", section)
    headings = list(card(page))
    assert headings.count("Recorded against measured") == 1
    assert page.locator(".panel [data-figure^='recorded_area/']").count() == 1
    judged = opened("demo", "#lot=DT01-0003")
    assert "Verdict ? cannot be judged" in card(judged)["Recorded against measured"]


def test_a_finding_on_the_card_of_either_lot_moves_the_map_to_its_shape(opened, demo):
    finding = next(f for f in demo.findings if f.code == "must-not-overlap")
    for lot in (finding.subject, *finding.related):
        page = opened("demo", f"#lot={lot}")
        page.locator("button.finding").first.click()
        assert page.get_by_test_id("layer-findings").is_checked()
        lat, lon = page.evaluate("(({lat, lng}) => [lat, lng])(pingshanGeo.page.map.getCenter())")
        west, south, east, north = finding.shape.bounds
        assert west - 1e-5 < lon < east + 1e-5
        assert south - 1e-5 < lat < north + 1e-5
        assert page.locator("path.fault.chosen").count() > 0
        assert "layers=findings&view=" in page.evaluate("location.href")
        page.evaluate("pingshanGeo.page.map.setView([0, 0], 3, {animate: false})")
        page.locator("button.finding").first.click()
        assert page.evaluate("pingshanGeo.page.map.getCenter().lng") == pytest.approx(lon)
        assert lot in page.get_by_test_id("lot-card").inner_text()


def test_the_drawer_of_findings_leads_to_shapes_and_lots_and_stays_short(opened):
    page = opened("demo")
    page.evaluate(
        """() => {
            const { findings, geometry } = pingshanGeo.page.data;
            const features = Array.from(geometry.findings.features);
            while (findings.length < 450) {
                findings.push(findings[0]);
                features.push(0);
            }
            geometry.findings.features = features;
        }"""
    )
    page.locator("[data-ledger=findings]").click()
    drawer = page.locator(".drawer-sheet")
    assert drawer.locator("tbody tr").count() == 300
    more = drawer.get_by_role("button", name="150")
    more.click()
    assert drawer.locator("tbody tr").count() == 450
    drawer.get_by_role("button", name="show on the map").first.click()
    assert page.locator("path.fault.chosen").count() > 0
    row = drawer.locator("tr", has_text="overlap by").first
    row.locator("td").nth(2).get_by_role("button").nth(1).click()
    assert page.get_by_test_id("lot-card").is_visible()


def test_the_open_drawer_stands_in_the_address(opened):
    page = opened("demo", "#drawer=findings")
    assert page.locator("[data-ledger=findings]").get_attribute("aria-expanded") == "true"
    page.locator("[data-ledger=sources]").click()
    assert "drawer=sources" in page.evaluate("location.hash")
    page.locator("[data-ledger=sources]").click()
    assert "drawer" not in page.evaluate("location.hash")
    assert page.locator(".drawer-sheet").is_hidden()


def test_a_lot_without_outline_or_limit_has_no_empty_section(opened):
    page = opened("demo", "#lot=DT05-0005")
    sections = card(page)
    assert "Lies in" not in sections
    assert all(len(text) > len(heading) for heading, text in sections.items())


def test_on_a_phone_the_layers_fit_and_their_switches_are_large(opened):
    page = opened("demo", f"#lot={STRADDLER}&layers=findings,pieces:density_zone", (390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator(".layer-switch, [data-testid=layer-kind]").evaluate_all(
        "all => all.map(e => e.offsetHeight)"
    )
    assert min(heights) >= 44
    assert page.locator(".pg-map").bounding_box()["height"] > 240


def test_on_paper_the_card_keeps_its_sections_and_the_map_its_layers(opened):
    page = opened("demo", f"#lot={STRADDLER}&layers=pieces:density_zone")
    page.emulate_media(media="print")
    assert "51.2 %" in card(page)["Lies in"]
    assert page.locator("path.piece").first.is_visible()
    assert page.get_by_text("lots by zone").is_visible()
    assert not page.get_by_text("errors between outlines").is_visible()
    assert not page.get_by_test_id("layer-kind").is_visible()


def test_the_data_of_pairs_add_up_to_whole_lots(demo):
    data = payload(demo)
    pairs = data["pairs"]
    sums = {}
    for lot, kind, share in zip(pairs["lot"], pairs["kind"], pairs["share"], strict=True):
        sums[lot, kind] = sums.get((lot, kind), 0) + share
    assert all(abs(total - 1) < 1e-8 for total in sums.values())
    cut = [piece for piece in pairs["piece"] if piece >= 0]
    assert cut == list(range(len(data["geometry"]["pieces"]["features"])))
    assert len(data["geometry"]["findings"]["features"]) == len(data["findings"])
