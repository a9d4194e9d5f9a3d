"""Claims on the page: the verdicts, numbers and notes of the report, in its order."""

import re

import pytest
from playwright.sync_api import expect

from pingshan_geo import assess, load_catalogue
from pingshan_geo.report.claims import VERDICTS, claims_lines
from pingshan_geo.words import word


@pytest.fixture(scope="module")
def assessment():
    return assess(load_catalogue())


def shown(page):
    return page.locator("[data-claim]").evaluate_all(
        """all => all.map((one) => ({ id: one.dataset.claim, verdict: one.dataset.verdict,
            chip: one.querySelector(".verdict").textContent,
            said: one.querySelector(".claim-open").textContent,
            notes: [...one.querySelectorAll(".claim-note")].map((note) => note.textContent),
            numbers: [...one.querySelectorAll(".claim-number")].map((part) => part.textContent),
        }))"""
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_claims_stand_in_the_order_and_the_words_of_the_report(opened, assessment, lang):
    page = opened(address=f"#lang={lang}&drawer=claims")
    found = shown(page)
    order = [
        claim
        for verdict in VERDICTS
        for claim in assessment.claims.index[assessment.claims["claim_verdict"] == verdict]
    ]
    assert [one["id"] for one in found] == order
    report = "\n".join(claims_lines(assessment, lang))
    heads = [f"{word(one['verdict'], lang)}  {one['said']}" for one in found]
    assert re.findall(r"(?m)^\S.*$", report) == heads
    for one in found:
        assert one["chip"].endswith(word(one["verdict"], lang))
        assert all(f"    {note}" in report for note in one["notes"])
    notes = [note for one in found for note in one["notes"]]
    assert len(notes) == sum(
        len(assessment.figure(f"claim_computed/{claim}").notes) for claim in order
    )


def test_a_verdict_is_a_word_and_a_sign_and_is_counted(opened, assessment):
    page = opened(address="#lang=en&drawer=claims")
    signs = {one["verdict"]: one["chip"][0] for one in shown(page)}
    assert len(set(signs.values())) == len(signs)
    told = page.locator(".claims-count").inner_text()
    for verdict in VERDICTS:
        count = int((assessment.claims["claim_verdict"] == verdict).sum())
        assert re.search(rf"{word(verdict, 'en')}\s+{count}\b", told)
    assert str(len(assessment.claims)) in told


def test_claimed_stands_beside_computed_with_bounds_and_formula(opened):
    page = opened(address="#lang=en&drawer=claims")
    (claim,) = [one for one in shown(page) if one["id"] == "land-completion-2017"]
    # 22.78 by 9.5 ha is 239.8 %, between 22.775/9.55 and 22.785/9.45.
    claimed, computed = claim["numbers"][:2]
    assert "about 240 %" in claimed
    assert "22.78 ha ÷ 9.5 ha = " in computed
    assert "239.8 %" in computed
    assert "238.5–241.1 %" in computed


def test_pressing_a_claim_opens_why_and_coming_back_keeps_the_place(opened):
    page = opened(address="#lang=en&drawer=claims")
    first = page.locator(".claim-open").first
    first.focus()
    page.keyboard.press("Enter")
    evidence = page.get_by_test_id("evidence")
    expect(evidence).to_be_visible()
    shown_id = page.evaluate("pingshanGeo.page.state.figure")
    assert shown_id == first.get_attribute("data-figure")
    assert shown_id.startswith("claim_computed/")
    page.keyboard.press("Escape")
    expect(first).to_be_focused()


def test_a_catalogue_without_claims_has_no_drawer_for_them(opened):
    page = opened("demo")
    claims = page.evaluate("pingshanGeo.page.model.count('claims')")
    assert page.locator("[data-ledger=claims]").count() == (1 if claims else 0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_a_phone_claims_need_no_scrolling_to_the_side(opened, lang):
    page = opened(address=f"#lang={lang}&drawer=claims", size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert (
        page.evaluate(
            """() => { const sheet = document.querySelector(".drawer-sheet");
            return sheet.scrollWidth - sheet.clientWidth; }"""
        )
        <= 0
    )


def test_claims_are_printed_when_they_are_open(opened):
    page = opened(address="#lang=en&drawer=claims")
    page.emulate_media(media="print")
    assert page.get_by_test_id("claims").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("pingshanGeo.page.set({ drawer: null })")
    page.emulate_media(media="print")
    assert not page.get_by_test_id("claims").is_visible()
