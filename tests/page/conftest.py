"""For the tests of the page: a catalogue whose names are attacks, pages, a browser."""

import csv
import itertools
import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from pingshan_geo import assess, load_catalogue
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.page import Around, render_page

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = (
    "{{7*7}} {% x %} {# x #} </script><script>alert(1)</script><img src=x onerror=alert(2)> "
    "${9*9} `q` \u2028 =1+1"
)

#: Fields of tables that hold it in the hostile catalogue, where something stands in them.
SPOILT = {
    "projects.csv": ("name_en", "developer", "industry", "note_en"),
    "auctions.csv": ("buyer", "note_en", "locator"),
    "sources.csv": ("title_en", "publisher", "licence"),
    "indicators.csv": ("name_en",),
    "facts.csv": ("locator", "note_en"),
}


@pytest.fixture(scope="session")
def hostile_text():
    return HOSTILE


def spoilt_catalogue(copy, texts):
    """Assess the Pingshan catalogue with texts, in turn, in names, notes, buyers and titles."""
    turn = itertools.cycle(texts)
    shutil.copytree(ROOT / "geodata", copy, ignore=shutil.ignore_patterns("*.py", "*.md"))
    for name in ("parcels.geojson", "zones.geojson"):
        document = json.loads((copy / name).read_text(encoding="utf-8"))
        for feature in document["features"]:
            for field in ("name_en", "note_en", "geometry_note_en", "locator", "place_en"):
                feature["properties"][field] = next(turn)
        document["features"][-1]["properties"]["land_use" if "parcels" in name else "kind"] = next(
            turn
        )
        (copy / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    descriptor = json.loads((copy / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["title"] = next(turn)
    (copy / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    for name, fields in SPOILT.items():
        with (copy / name).open(encoding="utf-8", newline="") as file:
            heads, *rows = csv.reader(file)
        for row in rows:
            for field in fields:
                at = heads.index(field)
                row[at] = row[at] and next(turn)
        with (copy / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heads, *rows])
    return assess(load_catalogue(copy))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """The Pingshan catalogue with one hostile text everywhere."""
    return spoilt_catalogue(tmp_path_factory.mktemp("hostile") / "catalogue", [HOSTILE])


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, pages):
    """The hostile texts of the shared corpus, and their page."""
    files = sorted((ROOT.parent / "shared/corpus/own").glob("[sx]s[st]*.geojson"))
    if not files:
        pytest.skip("../shared/corpus is not beside the checkout")
    texts = {}
    for file in files:
        for feature in json.loads(file.read_text("utf-8", "replace"))["features"]:
            for pair in feature["properties"].items():
                texts |= {text: None for text in pair if isinstance(text, str) and len(text) > 7}
    assessment = spoilt_catalogue(tmp_path_factory.mktemp("corpus") / "catalogue", texts)
    (pages / "corpus.html").write_text(render_page(assessment), encoding="utf-8")
    return list(texts)


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        reason = "no Chromium on this machine: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory, hostile):
    folder = tmp_path_factory.mktemp("pages")
    assessments = {
        "pingshan": assess(load_catalogue(ROOT / "geodata")),
        "demo": assess(load_catalogue(ROOT / "examples" / "demo-town")),
        "hostile": hostile,
    }
    early = assess(assessments["pingshan"].catalogue, "2017-12-31")
    for name, assessment in assessments.items():
        around = Around(earlier=(early,)) if name == "pingshan" else None
        page = render_page(assessment, "en", around)
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, pages):
    """Open a page offline; afterwards it must have asked for one file and said nothing ill."""
    contexts, asked, said = [], [], []

    def open_page(name="pingshan", address="", size=(1440, 900)):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            offline=True,
            accept_downloads=True,
            has_touch=size[0] < 500,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
        page.goto((pages / f"{name}.html").as_uri() + address)
        page.wait_for_selector("html[data-ready=true]", timeout=8000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    hosts = [url for url in asked if not url.startswith(("file:", "blob:", "data:"))]
    assert hosts == []
    assert sum(url.startswith("file:") for url in asked) == len(contexts)
    assert said == []


def _told(figure, assessment, printed):
    same = ("id", "value", "low", "high", "unit", "status", "qualifier", "verdict")
    return {name: getattr(figure, name) for name in same} | {
        "show": shown_unit(figure, printed),
        "label": list(label(assessment, figure)),
        "method": list(figure.method),
        "basis": list(figure.basis) if figure.basis else None,
        "inputs": list(figure.inputs),
        "notes": [list(note) for note in figure.notes],
        "completeness": figure.completeness.to_dict() if figure.completeness else None,
        "evidence": [[item.source, item.locator, item.printed] for item in figure.evidence],
    }


@pytest.fixture(scope="session")
def figures_read():
    """What a page reads of all figures of an assessment, and what they are."""

    def read(page, assessment):
        printed = printed_units(assessment)
        whole = set(assessment.overlay.index[assessment.overlay["is_whole"].to_numpy(dtype=bool)])
        figures = [f for f in assessment.figures() if f.subject not in whole]
        wanted = [_told(figure, assessment, printed) for figure in figures]
        found = page.evaluate(
            """ids => ids.map((id) => {
                const found = pingshanGeo.page.model.figure(id);
                const told = (one) => [one.source.id, one.locator, one.printed];
                const evidence = found.evidence.map(told);
                return { ...found, evidence };
            })""",
            [figure.id for figure in figures],
        )
        return [
            {key: one[key] for key in figure} for one, figure in zip(found, wanted, strict=True)
        ], wanted

    return read
