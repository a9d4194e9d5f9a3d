"""For the tests of the page: a catalogue whose names are attacks, pages, a browser."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from pingshan_geo import assess, load_catalogue
from pingshan_geo.page import render_page

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


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """The Pingshan catalogue with hostile text in names, notes, buyers and titles."""
    copy = tmp_path_factory.mktemp("hostile") / "catalogue"
    shutil.copytree(ROOT / "geodata", copy, ignore=shutil.ignore_patterns("*.py", "*.md"))
    for name in ("parcels.geojson", "zones.geojson"):
        document = json.loads((copy / name).read_text(encoding="utf-8"))
        for feature in document["features"]:
            for field in ("name_en", "note_en", "geometry_note_en", "locator", "place_en"):
                feature["properties"][field] = HOSTILE
        document["features"][-1]["properties"]["land_use" if "parcels" in name else "kind"] = (
            HOSTILE
        )
        (copy / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    descriptor = json.loads((copy / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["title"] = HOSTILE
    (copy / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    for name, fields in SPOILT.items():
        with (copy / name).open(encoding="utf-8", newline="") as file:
            heads, *rows = csv.reader(file)
        for row in rows:
            for field in fields:
                at = heads.index(field)
                row[at] = row[at] and HOSTILE
        with (copy / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heads, *rows])
    return assess(load_catalogue(copy))


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
    for name, assessment in assessments.items():
        (folder / f"{name}.html").write_text(render_page(assessment), encoding="utf-8")
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
