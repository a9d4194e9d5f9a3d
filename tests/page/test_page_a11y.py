"""The page for everyone: names, targets, keyboard, live regions, enlargement, motion, colours."""

from importlib import resources

import pytest
from playwright.sync_api import expect

LOT, ZONE = "G13113-8014", "pingshan-high-tech-zone"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Members of the state, one view after another.
STATES = {
    "start": {},
    "filter": {"area": "10000.."},
    "lot": {"lot": LOT},
    "zone": {"zone": ZONE},
    "figure": {"lot": LOT, "figure": f"far/{LOT}"},
    "changes": {"figure": "completion_rate/industrial-land-2017"},
    "obligations": {"lot": "ev-lab-lot-a"},
    "selection": {"sel": f"{LOT},G13113-8024"},
    "colours": {"colour": "far"},
    "zones": {"tab": "zones"},
    **{
        name: {"drawer": name}
        for name in (
            "targets",
            "auctions",
            "findings",
            "sources",
            "charts",
            "timeline",
            "whatif",
            "claims",
            "flags",
        )
    },
    "compare": {"drawer": "compare", "sel": f"{LOT},G13113-8024"},
}
SHOW = """(state) => {
    const off = { area: null, lot: null, zone: null, figure: null, sel: null, colour: null,
        drawer: null, tab: "parcels" };
    pingshanGeo.page.set({ ...off, ...state });
}"""
VIOLATIONS = """(rules) => axe.run(document, { runOnly: rules }).then((found) =>
    found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200))]))"""
NAMELESS = """() => [...document.querySelectorAll("button, input, select, [role=button]")]
    .filter((node) => node.getClientRects().length)
    .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()
        || [...(node.labels || [])].some((label) => label.textContent.trim())))
    .map((node) => node.outerHTML.slice(0, 200))"""
SMALL = """(least) => [...document.querySelectorAll("input[type=checkbox], .remove, .close, .tool, "
        + "button.pg-label, .chart-row, .chip-on, .filter > summary, .sort, .entry")]
    .map((node) => [node, (node.labels && node.labels[0]) || node])
    .filter(([, target]) => target.getClientRects().length)
    .filter(([, target]) => { const { width, height } = target.getBoundingClientRect();
        return Math.min(width, height) < least - 0.01; })
    .map(([node]) => node.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_control_of_every_state_has_a_name_and_a_target_of_24_pixels(opened, lang):
    page = opened("pingshan", f"#lang={lang}")
    for name, state in STATES.items():
        page.evaluate(SHOW, state)
        page.wait_for_timeout(60)  # labels are drawn with the next frame
        assert page.evaluate(NAMELESS) == [], name
        assert page.evaluate(SMALL, 24) == [], name


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_no_violation_of_level_a_or_aa_in_any_state(opened, lang, size):
    page = opened("pingshan", f"#lang={lang}", size)
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    for name, state in STATES.items():
        page.evaluate(SHOW, state)
        page.wait_for_timeout(60)
        assert page.evaluate(VIOLATIONS, RULES) == [], name


def test_the_first_stop_of_the_keyboard_leads_to_the_list(opened):
    page = opened("pingshan", f"#lot={LOT}&lang=en")
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Skip to the list")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("parcel-row").first).to_be_focused()
    page.keyboard.press("Enter")
    assert "lot=" in page.evaluate("location.href")


def test_a_zone_is_opened_from_its_label_by_keyboard_and_keeps_the_focus(opened):
    page = opened("pingshan")
    label = page.locator(f"button.pg-label[data-zone={ZONE}]")
    label.focus()
    page.keyboard.press("Enter")
    assert f"zone={ZONE}" in page.evaluate("location.href")
    page.evaluate("pingshanGeo.page.drawLabels()")
    held = page.evaluate(f"document.activeElement.dataset.zone === '{ZONE}'")
    # a card that opens may take the focus to its title; a label drawn anew may not drop it
    assert held or page.evaluate("document.activeElement !== document.body")


def test_what_changes_is_told_in_regions_that_stay(opened):
    page = opened("pingshan", "#lang=en")
    page.evaluate(
        """() => { window.regions = ["[data-testid=count]", ".pg-sums [role=status]",
            ".measure-values", ".pg-measure .aside[role=status]"]
            .map((one) => document.querySelector(one)); }"""
    )
    page.evaluate(SHOW, {"sel": f"{LOT},G13113-8024", "area": "30000.."})
    page.locator("[data-tool=line]").click()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    page.keyboard.press("Space")
    told = page.evaluate("window.regions.map((one) => one.isConnected ? one.textContent : null)")
    assert "lots" in told[0]
    assert told[1] == "2 lots selected"
    assert told[2].startswith("Length")
    assert told[3] == ""
    roles = page.evaluate("window.regions.map((one) => one.getAttribute('role'))")
    assert set(roles) == {"status"}
    assert page.get_by_test_id("copy-link").get_attribute("aria-live") == "polite"


def test_enlarged_twice_nothing_needs_scrolling_to_the_side_and_the_map_keeps_a_height(opened):
    page = opened("demo", "#lang=en", (720, 450))
    for state in ({}, {"lot": "DT36-0001"}, {"drawer": "charts"}):
        page.evaluate(SHOW, state)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, state
    page.evaluate(SHOW, {})
    assert page.evaluate("pingshanGeo.page.map.getSize().y") > 150
    row = page.get_by_test_id("parcel-row").first
    row.scroll_into_view_if_needed()
    row.click()
    assert "lot=" in page.evaluate("location.href")
    page.set_viewport_size({"width": 720, "height": 120})  # a map of no height has no zoom
    page.wait_for_timeout(200)
    assert page.evaluate("Number.isFinite(pingshanGeo.page.map.getZoom())")


def test_with_reduced_motion_the_map_jumps_and_forced_colours_leave_land_uses(browser, pages):
    context = browser.new_context(reduced_motion="reduce", forced_colors="active", offline=True)
    page = context.new_page()
    page.goto((pages / "pingshan.html").as_uri())
    page.wait_for_selector("html[data-ready=true]", state="attached")
    moved = page.evaluate(
        """() => { const { map } = pingshanGeo.page; const before = map.getCenter().lng;
            map.panBy([80, 0]); return map.getCenter().lng - before; }"""
    )
    assert moved > 0  # at once: a map that glides would still stand where it stood
    kept = page.evaluate(
        "getComputedStyle(document.querySelector('.legend .swatch')).forcedColorAdjust"
    )
    assert kept == "none"
    outline = page.evaluate(
        "getComputedStyle(document.querySelector('.switch [aria-pressed=true]')).outlineStyle"
    )
    assert outline == "solid"
    context.close()


def test_tab_passes_a_long_list_in_one_step_and_comes_back_to_its_row(opened):
    page = opened("demo")
    page.get_by_test_id("parcel-row").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    here = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.rows') === null")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.dataset.id") == here
    page.evaluate("document.activeElement.blur()")
    page.evaluate("document.querySelector('.rows').scrollTop = 6000")
    page.wait_for_timeout(200)
    assert page.locator(".rows .entry[tabindex='0']").count() == 1
