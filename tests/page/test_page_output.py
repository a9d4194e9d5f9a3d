"""What leaves the page: downloads, links, paper; and the page on a phone and in a notebook."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import folium
import pytest
from playwright.sync_api import expect

from pingshan_geo import assess, load_catalogue
from pingshan_geo.page import (
    EvidencePanel,
    Legend,
    LotPanel,
    ParcelLayer,
    TargetStrip,
    ZoneLayer,
    payload,
)

ROOT = Path(__file__).resolve().parents[2]
LOT = "G13113-8014"


def rows(page):
    return page.locator("[data-testid=parcel-row]").evaluate_all(
        "all => all.map(row => row.dataset.id)"
    )


def saved(page, name):
    with page.expect_download() as waiting:
        page.get_by_test_id(name).click()
    return Path(waiting.value.path()).read_bytes().decode("utf-8")


def test_downloads_hold_what_the_filter_shows(opened):
    page = opened("pingshan", "#uses=M0")
    table = list(csv.DictReader(io.StringIO(saved(page, "download-csv").removeprefix("\ufeff"))))
    assert (
        [row["parcel_id"] for row in table] == rows(page) == [LOT, "ev-lab-lot-a", "ev-lab-lot-b"]
    )
    assert float(table[0]["far"]) == 488800 / 106000
    assert (
        table[0]["far_status"],
        table[0]["net_site_area_m2"],
        table[0]["net_site_area_status"],
    ) == ("derived", "", "unknown")
    document = json.loads(saved(page, "download-geojson"))
    assert "nobody has published" in document["notice"]
    drawn, undrawn = document["features"][0], document["features"][1]
    assert drawn["properties"]["geometry_status"] == "illustrative"
    assert (undrawn["geometry"], undrawn["properties"]["geometry_status"]) == (None, "none")
    ring = drawn["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    source = json.loads((ROOT / "geodata" / "parcels.geojson").read_text(encoding="utf-8"))
    truth = next(f for f in source["features"] if f["properties"]["parcel_id"] == LOT)["geometry"][
        "coordinates"
    ][0]
    assert all(
        abs(a - b) <= 5.1e-8
        for p, q in zip(ring, truth, strict=True)
        for a, b in zip(p, q, strict=True)
    )


def test_the_link_can_be_copied_and_says_so(opened):
    page = opened("pingshan", f"#lot={LOT}")
    page.get_by_test_id("copy-link").click()
    expect(page.get_by_test_id("copy-link")).to_have_text("Copied")
    expect(page.get_by_test_id("copy-link")).to_have_text("Copy link", timeout=4000)


def test_no_downloaded_cell_starts_a_formula(opened):
    page = opened("hostile")
    names = ["=HYPERLINK(1)", "＝1+1", " ＠SUM(1)", "'=1", "-5"]
    page.evaluate("names => { pingshanGeo.page.data.tables.parcels.name[0] = names; }", names[:2])
    said = [page.evaluate("text => pingshanGeo.inert(text)", name) for name in names]
    assert said == [*(f"'{name}" for name in names[:4]), "-5"]
    cells = [
        cell
        for row in csv.reader(io.StringIO(saved(page, "download-csv").removeprefix("\ufeff")))
        for cell in row
    ]
    assert "'=HYPERLINK(1)" in cells
    assert not [c for c in cells if c[:1] in "=+@＝＋－＠\t\r" and c]
    assert not [
        c for c in cells if c.startswith("-") and not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", c)
    ]


def test_on_a_phone_nothing_runs_over_the_edge_and_targets_are_large(opened):
    page = opened("pingshan", "", (390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator(
        "[data-testid=parcel-row], .pg-tools button:visible, #search, .tab"
    ).evaluate_all("all => all.filter(e => e.offsetHeight).map(e => e.offsetHeight)")
    assert min(heights) >= 44
    page.locator(f"[data-id={LOT}]").click()
    assert page.get_by_test_id("lot-card").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".more").click()
    assert page.get_by_test_id("print").is_visible()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext to read the print with")
def test_the_print_is_fit_to_hand_out(opened, tmp_path):
    page = opened("pingshan", f"#lot={LOT}&lang=zh")
    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(page.pdf(format="A4", landscape=True, print_background=True))
    text = subprocess.run(["pdftotext", "-layout", sheet, "-"], capture_output=True, check=True)
    first = "".join(text.stdout.decode().split("\f")[0].split())
    for part in (
        "坪山用地图",
        "截至2024-12-31",
        "22.78ha",
        LOT,
        "106,000",
        "EPSG:4490",
        "示意轮廓，非测绘成果",
        "km",
        "1/1",
    ):
        assert part in first


def test_parts_work_on_any_folium_map(browser, pages):
    drawing = folium.Map([22.69, 114.35], zoom_start=12, tiles=None)
    data = payload(assess(load_catalogue(ROOT / "geodata")))
    for part in (ZoneLayer, ParcelLayer, Legend, TargetStrip, LotPanel, EvidencePanel):
        part(data).add_to(drawing)
    drawing.save(str(pages / "notebook.html"))
    vendor = ROOT / "src" / "pingshan_geo" / "page" / "assets" / "vendor" / "leaflet"
    page = browser.new_page()
    page.route(
        re.compile("^https:"),
        lambda route: (
            route.fulfill(path=vendor / found[0])
            if (found := re.findall(r"leaflet\.(?:js|css)$", route.request.url))
            else route.abort()
        ),
    )
    page.goto((pages / "notebook.html").as_uri())
    page.wait_for_selector("html[data-ready=true]", timeout=8000)
    page.locator("[data-testid=kpi]").first.click()
    assert "22.78" in page.get_by_test_id("evidence").inner_text()
    page.mouse.click(
        *page.evaluate(
            """() => {
                window.scrollTo(0, 0);  // a click on a panel may have moved the map away
                const { page } = pingshanGeo;
                const frame = page.map.getContainer().getBoundingClientRect();
                return page.lotBoxes()
                    .map(({ x, y, w, h }) => [frame.left + x + w / 2, frame.top + y + h / 2])
                    .find((at) => {
                        // A lot at the edge may have its middle outside of the window.
                        const found = document.elementFromPoint(...at);
                        return found && !found.closest(".leaflet-control");
                    });
            }"""
        )
    )
    assert page.locator("[data-testid=lot-card]").count() == 1
    page.close()
