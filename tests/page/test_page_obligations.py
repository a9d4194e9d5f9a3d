"""Obligations in card and timeline, pace and consequence in the evidence, in a real browser."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from pingshan_geo import assess, load_catalogue
from pingshan_geo.page import render_page

ROOT = Path(__file__).resolve().parents[2]
LOT = "G13113-8014"
#: kind, value, unit, due, met_on, open_on; of one lot, 2024-12-31 being the day.
OWED = {
    "late": ("completion", "", "", "2020-12-31", "", "2021-06-30"),
    "done": ("start", "", "", "2019-06-30", "2019-05-01", ""),
    "ahead": ("operation", "", "", "2026-06", "", ""),
    "silent": ("tax", "5000", "10k_yuan", "2022-12-31", "", ""),
    "far": ("term", "30", "year", "2071-05-01", "", ""),
}


def append(path, rows, heads=None):
    """Put rows at the end of a table, missing cells empty."""
    if not path.exists():
        path.write_text(",".join(heads) + "\n", encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        heads = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, heads, restval="").writerows(rows)


@pytest.fixture(scope="module")
def owing(tmp_path_factory):
    copy = tmp_path_factory.mktemp("owing") / "catalogue"
    shutil.copytree(ROOT / "geodata", copy, ignore=shutil.ignore_patterns("*.py", "*.md"))
    place = {"source_id": "cnestate-2018", "locator": "invented"}
    names = ("kind", "value", "unit", "due", "met_on", "open_on")
    append(copy / "obligations.csv", [
        {"obligation_id": key, "parcel_id": LOT, **dict(zip(names, row, strict=True)), **place}
        for key, row in OWED.items()
    ])  # fmt: skip
    target = {"target_id": "paced", "zone_id": "pingshan-district", "measure": "land_area",
              "counts": "auctioned", "period_start": "2023-01-01", "period_end": "2026-12-31",
              "value": "20", "unit": "ha", **place}  # fmt: skip
    append(copy / "targets.csv", [target])
    fact = {"fact_id": "paced-delivered", "subject": "paced", "measure": "delivered", "value": "4",
            "unit": "ha", "printed": "4", "as_of": "2024-12-31", **place}  # fmt: skip
    append(copy / "facts.csv", [fact])
    steps = [
        {
            "consequence_id": "talk",
            "name_en": "Talk held",
            "name_zh": "约谈",
            "subject": "paced",
            "below": "0.5",
        },
        {
            "consequence_id": "none",
            "name_en": "Nothing",
            "name_zh": "无",
            "subject": "paced",
            "at_least": "0.5",
        },
    ]
    heads = ["consequence_id", "name_en", "name_zh", "measure", "subject", "at_least", "below",
             "valid_from", "valid_to", "source_id", "locator"]  # fmt: skip
    steps = [{**step, "measure": "completion_rate", **place} for step in steps]
    append(copy / "consequences.csv", steps, heads)
    descriptor = json.loads((copy / "datapackage.json").read_text(encoding="utf-8"))
    resource = {"name": "consequences", "path": "consequences.csv"}
    descriptor["resources"] = [
        *(each for each in descriptor["resources"] if each["name"] != "consequences"), resource
    ]  # fmt: skip
    (copy / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return assess(load_catalogue(copy))


@pytest.fixture(scope="module")
def path(owing, tmp_path_factory):
    path = tmp_path_factory.mktemp("owing-page") / "page.html"
    path.write_text(render_page(owing), encoding="utf-8")
    return path


@pytest.fixture
def at(browser, path):
    said, contexts = [], []

    def open_page(address="", size=(1440, 900)):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri() + address)
        page.wait_for_selector("html[data-ready=true]", timeout=8000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def test_each_obligation_of_a_lot_has_its_verdict_as_a_word_and_a_shape_of_its_own(at):
    page = at(f"#lot={LOT}&lang=en")
    rows = {key: page.locator(f"[data-testid=lot-card] [data-obligation={key}]") for key in OWED}
    words = {key: row.locator(".duty-chip").inner_text().strip() for key, row in rows.items()}
    assert words == {
        "late": "overdue", "done": "met", "ahead": "not yet due", "silent": "unknown",
        "far": "not yet due"
    }  # fmt: skip
    shapes = {
        words[key]: row.locator(".duty-icon").first.evaluate(
            "e => [...e.querySelectorAll('path:not(.duty-stop)')]"
            ".map((p) => p.getAttribute('d')).join()"
        )
        for key, row in rows.items()
    }
    assert len(set(shapes.values())) == 4
    assert "due 2020-12-31" in rows["late"].inner_text()
    assert "still open on 2021-06-30" in rows["late"].inner_text()
    assert "obligation overdue" in page.locator("[data-testid=lot-card] .chips").inner_text()


def test_an_obligation_opens_the_evidence_of_its_figure(at):
    page = at(f"#lot={LOT}&lang=en")
    page.locator("[data-obligation=silent]").click()
    assert page.evaluate("pingshanGeo.page.state.figure") == "obligation_required/silent"
    assert "2022-12-31" in page.get_by_test_id("evidence").inner_text()
    page.evaluate("pingshanGeo.page.set({ figure: null })")
    page.locator("[data-obligation=late]").click()
    assert page.evaluate("pingshanGeo.page.state.figure") == "obligation_days_left/late"


def test_due_dates_are_marks_of_the_timeline_and_far_ends_stand_at_its_edge(at):
    page = at("#drawer=timeline&lang=en")
    marks = page.locator(".timeline-lines [data-verdict]")
    told = marks.evaluate_all("all => all.map((e) => [e.dataset.event, e.dataset.verdict])")
    assert dict(told) == {
        "done": "met", "late": "overdue", "silent": "unknown", "ahead": "due"
    }  # fmt: skip
    far = page.locator(".timeline-lines [data-beyond]")
    assert [each.split(" ")[0] for each in far.all_text_contents()] == ["2071"]
    years = page.locator(".timeline-lines > text").all_text_contents()
    assert not any(year.startswith("205") for year in years)
    page.locator("[data-event=late]").click()
    assert f"lot={LOT}" in page.evaluate("location.hash")


def test_pace_and_consequence_stand_in_the_evidence_of_a_target(at):
    page = at("#figure=completion_rate/paced&lang=en")
    said = page.get_by_test_id("evidence").inner_text()
    # Two of four years are gone: 10 of 20 ha should be there, 4 are.
    assert "▼" in said
    assert "behind" in said
    assert "10.01 ha" in said  # 731 of 1461 days
    assert "Talk held" in said
    page.click("[data-testid=lang-zh]")
    assert "落后" in page.get_by_test_id("evidence").inner_text()


def test_what_has_no_pace_and_no_consequence_says_nothing_of_them(at):
    page = at("#figure=far/G13113-8014&lang=en")
    said = page.get_by_test_id("evidence").inner_text()
    assert "PACE" not in said.upper()
    assert "CONSEQUENCE" not in said.upper()
    page.evaluate("pingshanGeo.page.open('parcels', 'G14311-8039')")
    assert "OBLIGATIONS" not in page.get_by_test_id("lot-card").inner_text().upper()
