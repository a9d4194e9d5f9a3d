"""Flags: a reader's doubts stay in the browser, leave it as a file, and come back as proposals."""

import json
import shutil
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pingshan_geo import load_catalogue
from pingshan_geo.catalogue.draft import open_draft
from pingshan_geo.ingest import Request, plan, run, write

ROOT = Path(__file__).resolve().parents[2]
LOT = "G13113-8014"
DAY = "2017-12-31"
#: The form in the panel, whichever part of the page has put the button there.
BUTTON = """(about) => {
    const panel = document.querySelector(".panel:not([hidden])");
    panel.querySelectorAll("[data-testid=flag]").forEach((one) => one.remove());
    panel.querySelector(".panel-head > div").append(
        pingshanGeo.flagButton(pingshanGeo.page, about));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
VIOLATIONS = """(rules) => axe.run(document, { runOnly: rules }).then((found) =>
    found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200))]))"""
NAMELESS = """() => [...document.querySelectorAll("button, input, select, textarea")]
    .filter((node) => node.getClientRects().length)
    .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()
        || [...(node.labels || [])].some((label) => label.textContent.trim())))
    .map((node) => node.outerHTML.slice(0, 200))"""
#: Of what flags and claims bring: everything that can be pressed or written in.
SMALL = """() => [...document.querySelectorAll("[data-flag], .flag-act, .flag-open, .claim-open")]
    .filter((node) => node.getClientRects().length)
    .filter((node) => { const { width, height } = node.getBoundingClientRect();
        return Math.min(width, height) < 24 - 0.01; })
    .map((node) => node.outerHTML.slice(0, 200))"""
REFUSED = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"


def start(page, subject=LOT, figure="", kind="parcels"):
    """Open the card or the evidence, and the form in it."""
    state = {"lot": None, "zone": None, "figure": figure or None}
    state[{"zones": "zone"}.get(kind, "lot")] = subject if kind in {"parcels", "zones"} else None
    page.evaluate("(state) => pingshanGeo.page.set(state)", state)
    page.evaluate(BUTTON, {"subject": subject, "kind": kind, "figure": figure})
    page.locator(".panel:visible [data-testid=flag]").click()


def flag(page, comment, who="", **about):
    start(page, **about)
    page.locator("[data-flag=comment]").fill(comment)
    if who:
        page.locator("[data-flag=who]").fill(who)
    page.locator("[data-flag=save]").click()


def listed(page):
    page.evaluate("pingshanGeo.page.set({ drawer: 'flags' })")
    return page.locator("[data-testid=flags] > li")


def saved(page):
    listed(page)
    with page.expect_download() as waiting:
        page.get_by_test_id("download-flags").click()
    text = Path(waiting.value.path()).read_text("utf-8")
    return waiting.value.suggested_filename, text, json.loads(text)


def test_a_flag_says_what_was_shown_where_it_was_printed_who_and_when(opened):
    page = opened(address="#lang=en")
    page.evaluate("pingshanGeo.page.data.page.sha256 = 'f'.repeat(64)")
    flag(page, "The notice says 105,000 m².", "Li", figure=f"site_area/{LOT}")
    flag(page, "It lies further north.")
    name, text, document = saved(page)
    assert name == "pingshan-flags.json"
    assert text.startswith('{\n "pingshan_geo_flags": "1.0"')
    assert document["catalogue"] == {
        "id": "pingshan",
        "sha256": "f" * 64,
        "as_of": "2024-12-31",
    }
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    common = {"subject": LOT, "kind": "parcels", "who": "Li", "when": today}
    common |= {"as_of": "2024-12-31", "scenario": ""}
    assert document["flags"] == [
        common
        | {
            "figure": f"site_area/{LOT}",
            "field": "site_area",
            "shown": "106,000 m²",
            "comment": "The notice says 105,000 m².",
            "source": "laplace-2017-article",
            "locator": "P17 S4",
        },
        common
        | {
            "figure": "",
            "field": "",
            "shown": "",
            "comment": "It lies further north.",
            "source": "",
            "locator": "",
        },
    ]


def test_downloaded_flags_are_imported_as_proposals_at_the_facts_that_hold_the_numbers(
    opened, tmp_path
):
    page = opened(address="#lang=en")
    flag(page, "=The notice says 105,000 m².", "Li", figure=f"site_area/{LOT}")
    flag(page, "It lies further north.")
    flag(page, "Which floor?", figure=f"far/{LOT}")
    flag(
        page,
        "Why?",
        subject="industrial-land-2017",
        kind="targets",
        figure="delivered/industrial-land-2017",
    )
    _, text, _ = saved(page)
    path = tmp_path / "flags.json"
    path.write_text(text, "utf-8")
    copy = tmp_path / "catalogue"
    shutil.copytree(ROOT / "geodata", copy, ignore=shutil.ignore_patterns("*.py", "*.md"))
    draft = open_draft(copy)
    outcome = run(draft, plan(draft, Request(str(path), "corrections", yes=True)))
    assert (outcome.rows, outcome.accepted, outcome.quarantined) == (4, 4, 0)
    write(draft, outcome)
    rows = load_catalogue(copy).corrections
    rows = rows[rows["reason"].isin([f["comment"] for f in json.loads(text)["flags"]])]
    assert set(rows["state"]) == {"proposed"}
    assert rows["new_value"].isna().all()
    facts = load_catalogue(copy).facts
    held = dict(zip(zip(facts["subject"], facts["measure"], strict=True), facts.index, strict=True))
    at = rows.set_index("reason")[["subject", "field"]].to_numpy().tolist()
    assert [held[LOT, "site_area"], "value"] in at
    assert [LOT, "row"] in at
    assert [LOT, "far"] in at
    assert [held["industrial-land-2017", "delivered"], "value"] in at


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_comments_come_back_letter_for_letter_and_run_nothing(opened, hostile_text, lang):
    page = opened("hostile", f"#lang={lang}")
    comment = f"{hostile_text}\n\t\u2029 \"'\\ 𠮷 \u0000 &amp; </textarea> \n"
    start(page)
    page.evaluate(
        """(text) => { const box = document.querySelector("[data-flag=comment]"); box.value = text;
            box.dispatchEvent(new Event("input", { bubbles: true })); }""",
        comment,
    )
    page.locator("[data-flag=save]").click()
    _, _, document = saved(page)
    assert document["flags"][0]["comment"] == comment
    assert page.locator(".flag-comment").evaluate("node => node.textContent") == comment
    assert page.locator("img[src=x], body script[src], iframe, object").count() == 0
    page.locator("[data-flag=edit]").click()
    assert page.locator("[data-flag=comment]").input_value() == comment


def test_half_of_a_broken_letter_is_written_as_the_sign_for_it(opened):
    page = opened()
    page.evaluate(
        """() => { const { flags, page } = pingshanGeo;
            const about = { subject: "x", kind: "", figure: "" };
            flags.load(page);
            flags.change(page, () => [{ ...flags.flagOf(page, about), comment: "a\\ud800b" }], "");
        }"""
    )
    assert saved(page)[2]["flags"][0]["comment"] == "a\ufffdb"


def test_nothing_and_more_than_2000_characters_are_refused_in_words(opened):
    page = opened(address="#lang=en")
    start(page)
    expect(page.locator("[data-flag=comment]")).to_be_focused()
    page.locator("[data-flag=comment]").fill(" \n")
    page.locator("[data-flag=save]").click()
    expect(page.get_by_role("alert")).to_have_text("Write what is doubtful.")
    expect(page.locator("[data-flag=comment]")).to_be_focused()
    # A letter outside the first plane is one.
    page.locator("[data-flag=comment]").fill("𠮷" * 2003)
    assert "2,003 of 2,000 characters" in page.locator(".flag-form").inner_text()
    page.locator("[data-flag=save]").click()
    expect(page.get_by_role("alert")).to_have_text("Shorten it by 3 characters.")
    page.locator("[data-flag=comment]").fill("𠮷" * 2000)
    page.locator("[data-flag=save]").click()
    assert listed(page).count() == 1


def test_flags_outlive_the_page_and_are_shared_with_another_tab(browser, pages):
    context = browser.new_context(offline=True)
    address = (pages / "pingshan.html").as_uri() + "#lang=en"
    page, other = context.new_page(), context.new_page()
    for one in (page, other):
        one.goto(address)
        one.wait_for_selector("html[data-ready=true]", state="attached")
    flag(page, "one", "Li")
    assert "one" in listed(other).first.inner_text()
    flag(other, "two")
    page.reload()
    page.wait_for_selector("html[data-ready=true]", state="attached")
    assert page.locator("[data-ledger=flags] .tally").text_content().strip() == "2"
    assert listed(page).locator(".flag-comment").all_inner_texts() == ["one", "two"]
    page.evaluate(
        """() => { const key = Object.keys(localStorage).find((one) => one.startsWith("pingshan"));
            localStorage.setItem(key, '[{"key":1},7,null]');
            dispatchEvent(new StorageEvent("storage", { key })); }"""
    )
    assert page.locator("[data-testid=flags]").count() == 0
    flag(page, "three")
    assert listed(page).locator(".flag-comment").all_inner_texts() == ["three"]
    context.close()


def test_where_the_browser_keeps_nothing_flags_stay_in_memory_and_the_page_says_so(browser, pages):
    context = browser.new_context(offline=True, accept_downloads=True)
    context.add_init_script(REFUSED)
    page = context.new_page()
    page.goto((pages / "pingshan.html").as_uri() + "#lang=en")
    page.wait_for_selector("html[data-ready=true]")
    flag(page, "one")
    flag(page, "two")
    assert listed(page).count() == 2
    assert "This browser keeps nothing" in page.locator(".flag-list").inner_text()
    assert [one["comment"] for one in saved(page)[2]["flags"]] == ["one", "two"]
    context.close()


def test_a_flag_can_be_changed_removed_put_back_and_gone_to(opened):
    page = opened(address="#lang=en")
    flag(page, "first", figure=f"far/{LOT}")
    flag(page, "second", subject="pingshan-high-tech-zone", kind="zones")
    flag(page, "third")
    rows = listed(page)
    rows.nth(1).locator("[data-flag=edit]").click()
    page.locator(".flag-list [data-flag=comment]").fill("2nd")
    page.locator(".flag-list [data-flag=save]").click()
    expect(rows.nth(1).locator(".flag-comment")).to_have_text("2nd")
    expect(rows.nth(1).locator("[data-flag=edit]")).to_be_focused()
    rows.nth(0).locator("[data-flag=remove]").click()
    expect(page.locator("[data-flag=undo]")).to_be_focused()
    assert page.locator(".flag-comment").all_inner_texts() == ["2nd", "third"]
    page.keyboard.press("Enter")
    assert page.locator(".flag-comment").all_inner_texts() == ["first", "2nd", "third"]
    rows.nth(0).locator("[data-flag=go]").click()
    assert page.evaluate("pingshanGeo.page.state.figure") == f"far/{LOT}"
    rows.nth(1).locator("[data-flag=go]").click()
    assert page.evaluate("pingshanGeo.page.state.zone") == "pingshan-high-tech-zone"


def test_a_flag_is_made_with_the_keyboard_alone_and_saving_is_told(opened):
    page = opened(address="#lang=en")
    page.evaluate("(lot) => pingshanGeo.page.set({ lot })", LOT)
    page.evaluate(BUTTON, {"subject": LOT, "kind": "parcels", "figure": ""})
    page.locator(".panel:visible [data-testid=flag]").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Which lot?")
    page.keyboard.press("Escape")
    expect(page.locator(".flag-form")).to_have_count(0)
    expect(page.get_by_test_id("lot-card")).to_be_visible()  # only the form is put away
    page.keyboard.press("Enter")
    assert page.locator("[data-flag=comment]").input_value() == "Which lot?"
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("flag-status")).to_have_text(f"Flag kept: {LOT}.")
    assert page.get_by_test_id("flag-status").get_attribute("role") == "status"
    expect(page.locator(".panel:visible [data-testid=flag]")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.locator("[data-flag=comment]").input_value() == ""
    assert "1" in page.locator(".panel:visible [data-testid=flag]").inner_text()


def test_what_is_being_typed_outlives_a_change_of_language(opened):
    page = opened(address="#lang=en")
    start(page)
    page.locator("[data-flag=comment]").fill("Half a thought")
    page.get_by_test_id("lang-zh").click()
    if page.locator("[data-testid=flag]").count() == 0:
        page.evaluate(BUTTON, {"subject": LOT, "kind": "parcels", "figure": ""})
    box = page.locator(".panel:visible [data-flag=comment]")
    expect(box).to_have_value("Half a thought")
    assert page.get_by_label("疑问").count() == 1


def test_a_flag_of_an_earlier_day_or_under_a_scenario_says_so(opened):
    page = opened(address=f"#lang=en&asof={DAY}&scenario=drop={LOT}")
    flag(page, "then", figure=f"site_area/{LOT}")
    document = saved(page)[2]
    (one,) = document["flags"]
    assert (one["as_of"], one["scenario"]) == (DAY, f"drop={LOT}")
    assert document["catalogue"]["as_of"] == DAY
    text = listed(page).first.inner_text()
    assert "as of 2017-12-31" in text
    assert "while a scenario was on" in text


def test_on_a_phone_the_saved_line_leads_to_the_list(opened):
    page = opened(address="#lang=en", size=(390, 844))
    flag(page, "on the road")
    page.locator("[data-flag=list]").click()
    expect(page.locator("[data-testid=flags]")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_nothing_in_form_list_and_claims(opened, lang, size):
    page = opened("pingshan", f"#lang={lang}", size)
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))

    def look(state):
        assert page.evaluate(VIOLATIONS, RULES) == [], state
        assert page.evaluate(NAMELESS) == [], state
        assert page.evaluate(SMALL) == [], state

    start(page, figure=f"far/{LOT}")
    look("form")
    page.locator("[data-flag=save]").click()
    look("form with a fault")
    page.locator("[data-flag=comment]").fill("a" * 200)
    page.locator("[data-flag=save]").click()
    look("kept")
    page.evaluate("pingshanGeo.page.set({ lot: null, figure: null, drawer: 'flags' })")
    look("list")
    page.locator("[data-flag=remove]").click()
    look("removed")
    page.locator("[data-flag=undo]").click()
    page.locator("[data-flag=edit]").click()
    look("editing")
    page.evaluate("pingshanGeo.page.set({ drawer: 'claims' })")
    look("claims")


def test_paper_has_the_list_when_it_is_open_and_never_the_form(opened):
    page = opened(address="#lang=en")
    flag(page, "on paper")
    start(page)
    page.emulate_media(media="print")
    assert not page.locator(".flag-form").is_visible()
    assert not page.locator(".panel [data-testid=flag]").first.is_visible()
    assert not page.get_by_text("on paper", exact=True).is_visible()
    page.emulate_media(media="screen")
    listed(page)
    page.emulate_media(media="print")
    assert page.get_by_text("on paper", exact=True).is_visible()
    assert not page.get_by_test_id("download-flags").is_visible()
    assert not page.locator("[data-flag=remove]").is_visible()


def test_the_page_asks_nobody_and_opens_no_dialog_for_flags(opened):
    page = opened()  # the fixture looks at requests, messages and dialogs at its end
    flag(page, "quiet")
    saved(page)
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
