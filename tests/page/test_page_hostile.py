"""Hostile text wherever the page shows text: read letter for letter, and nothing of it runs."""

import pytest

LOT = "G13113-8014"
DRAWERS = (
    "targets",
    "auctions",
    "findings",
    "sources",
    "charts",
    "timeline",
    "compare",
    "whatif",
    "claims",
    "flags",
)
STATES = [
    *(f"drawer={name}" for name in DRAWERS),
    f"lot={LOT}&sel={LOT},G14311-8039&drawer=compare",
    "zone=pingshan-high-tech-zone&list=zones",
    f"figure=far/{LOT}",
    "colour=stage",
    "colour=far",
    "q=<img",
    f"scenario=drop={LOT}",
]


def go(page, state):
    page.evaluate(
        """hash => new Promise((done) => {
            addEventListener("hashchange", () => setTimeout(done), { once: true });
            location.hash = hash;
        })""",
        state,
    )
    for summary in page.locator(".pg-left details:not([open]) > summary").all():
        if summary.is_visible():
            summary.click()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_state_of_the_page_runs_or_builds_what_a_text_asks_for(opened, lang):
    page = opened("hostile", f"#lang={lang}")
    for state in STATES:
        go(page, f"lang={lang}&{state}")
        assert page.locator("img[src=x], body script[src], iframe, object").count() == 0, state
        text = page.inner_text("body")
        assert "49" not in [word for word in text.split() if word == "49"], state
        assert "${9*9}" in text, state


def test_the_hostile_texts_of_the_corpus_are_read_and_do_not_run(corpus, opened):
    assert len(corpus) >= 10
    page = opened("corpus")
    seen = ""
    for lang in ("en", "zh"):
        for state in STATES:
            go(page, f"lang={lang}&{state}&at={lang}")
            assert page.evaluate("[window.__p, window.pwned]") == [None, None], state
            assert page.locator("img[src=x], body script[src], iframe, object").count() == 0, state
            seen += page.inner_text("body")
    missing = [text for text in corpus if " ".join(text.split()) not in " ".join(seen.split())]
    assert missing == []


def test_downloads_of_hostile_names_hold_no_formula(opened, tmp_path):
    page = opened("hostile")
    with page.expect_download() as caught:
        page.click("[data-testid=download-csv]")
    caught.value.save_as(tmp_path / "lots.csv")
    text = (tmp_path / "lots.csv").read_text("utf-8-sig")
    assert "{{7*7}}" in text
    cells = [cell.strip('"') for line in text.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]
