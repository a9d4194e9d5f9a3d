"""The parts on any folium map, in groups and layer controls; the recipes; the sealed file."""

import gzip
import re
from base64 import b64decode, b64encode
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingshan_geo import assess, load_catalogue
from pingshan_geo.errors import UsageError
from pingshan_geo.page import (
    Around,
    Background,
    DetailLayers,
    ParcelLayer,
    Public,
    ZoneLayer,
    payload,
    published,
    render_page,
    seal,
    tiles,
)
from pingshan_geo.page.elements import PAGE

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "folium.md").read_text(encoding="utf-8")
RECIPES = dict(
    zip(
        re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE),
        re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL),
        strict=False,
    )
)
OPENED = ("Layers that can be switched", "As of an earlier day", "Tables and notes on reading")


@pytest.fixture(scope="module")
def pingshan():
    return assess(load_catalogue(ROOT / "geodata"))


def program_of(page):
    packed = re.search(r'id="pingshan-geo-program">([^<]+)<', page).group(1)
    return gzip.decompress(b64decode(packed)).decode()


def opened_file(browser, path, text, **context):
    path.write_text(text, encoding="utf-8")
    view = browser.new_context(viewport={"width": 900, "height": 700}, offline=True, **context)
    page = view.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_of_the_document_runs(name, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(RECIPES[name], name, "exec"), names)  # noqa: S102 (the document's own code)
    assert len(RECIPES[name].strip().splitlines()) <= 12
    if "text" in names:
        assert "pingshanGeo.start();" in program_of(names["text"])
    else:
        saved = next(tmp_path.glob("*.html")).read_text(encoding="utf-8")
        assert "pingshanGeo.add(" in saved
        assert "pingshan-geo-program" not in saved
    if name in OPENED:
        page = opened_file(
            request.getfixturevalue("browser"), tmp_path / "sealed.html", names["text"]
        )
        page.wait_for_selector("html[data-ready=true]", state="attached")
        assert page.said == []


def test_every_part_has_a_recipe():
    assert [part.__name__ for part in PAGE if part.__name__ not in DOCUMENT] == []


def test_a_layer_control_switches_parts_alone_and_in_a_group(pingshan, browser, tmp_path):
    data = payload(pingshan)
    drawing = folium.Map([22.69, 114.35], zoom_start=11, tiles=None)
    group = folium.FeatureGroup(name="<img src=x onerror=alert(1)> {{7*7}} & zones").add_to(drawing)
    ZoneLayer(data).add_to(group)
    ParcelLayer(data, name="<b>lots</b> {{7*7}}").add_to(drawing)
    DetailLayers(data, show=False).add_to(drawing)
    folium.LayerControl(collapsed=False).add_to(drawing)
    drawing.get_root().render()
    text = seal(drawing, "map")
    assert text == seal(drawing, "map"), "neither a notebook nor sealing leaves a trace"
    page = opened_file(browser, tmp_path / "switched.html", text)
    page.wait_for_selector("html[data-ready=true]", state="attached")
    labels = page.locator(".leaflet-control-layers-overlays label")
    assert [each.strip() for each in labels.all_inner_texts()] == [
        "<img src=x onerror=alert(1)> {{7*7}} & zones", "<b>lots</b> {{7*7}}", "Errors and parts",
    ]  # fmt: skip
    panes = "['pgZones', 'pgLots', 'pgFaults'].map(name => {"
    panes += "const pane = document.querySelector(`.leaflet-${name}-pane`);"
    panes += "return pane ? getComputedStyle(pane).display : 'missing'})"
    details = {"none", "missing"}
    zones, lots, faults = page.evaluate(panes)
    assert (zones, lots) == ("block", "block")
    assert faults in details
    labels.nth(0).locator("input").uncheck()
    assert page.evaluate(panes)[:2] == ["none", "block"]
    labels.nth(1).locator("input").uncheck()
    labels.nth(0).locator("input").check()
    assert page.evaluate(panes)[:2] == ["block", "none"]
    labels.nth(1).locator("input").check()
    assert page.evaluate(panes)[:2] == ["block", "block"]
    assert page.said == []


def test_a_group_may_not_smuggle_in_what_cannot_be_sealed(pingshan):
    drawing = folium.Map(tiles=None)
    group = folium.FeatureGroup(name="a").add_to(drawing)
    ParcelLayer(payload(pingshan)).add_to(group)
    folium.Marker([22.7, 114.3]).add_to(group)
    with pytest.raises(UsageError, match=r"(?i)marker cannot be sealed"):
        seal(drawing, "map")


def test_the_licences_travel_in_the_file(pingshan):
    page = render_page(pingshan)
    own = (ROOT / "LICENSE").read_text(encoding="utf-8").strip()
    assets = ROOT / "src" / "pingshan_geo" / "page" / "assets"
    leaflet = (assets / "vendor" / "leaflet" / "LICENSE").read_text(encoding="utf-8").strip()
    assert "BSD 2-Clause License" in leaflet
    comment = re.search(r"<!--(.*?)-->", page, re.DOTALL).group(1)
    assert own in comment
    assert leaflet in comment


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_with_scripts_off_a_reader_gets_headline_figures_and_a_table(
    lang, pingshan, browser, tmp_path
):
    page = opened_file(
        browser, tmp_path / "off.html", render_page(pingshan, lang), java_script_enabled=False
    )
    page.wait_for_selector("table")
    seen = page.locator("body").inner_text()
    rows = page.locator("tr")
    assert rows.count() == len(pingshan.parcels) + 1
    first = rows.nth(1).locator("td").all_inner_texts()
    assert first[0] == "G13113-8014"
    assert first[3:5] == ["106,000", "4.611"]
    assert {"en": "Pingshan High-tech Zone", "zh": "坪山高新区"}[lang] in first[5]
    assert {"en": "unknown", "zh": "未知"}[lang] in rows.nth(9).inner_text()
    assert "[238.5–241.1 %]" in seen
    assert "m²" in rows.nth(0).inner_text()
    assert page.locator("button:visible, input:visible").count() == 0
    assert page.evaluate("1") == 1
    assert page.said == []


def test_a_long_table_says_how_many_lots_it_leaves_out(pingshan, monkeypatch):
    monkeypatch.setattr("pingshan_geo.page.static.MOST_ROWS", 3)
    page = render_page(pingshan)
    assert page.count("\n<tr><td>") == 3
    assert f"{len(pingshan.parcels) - 3} more lots" in page


def test_texts_of_the_static_table_are_escaped(hostile, browser, tmp_path):
    page = opened_file(
        browser, tmp_path / "off.html", render_page(hostile), java_script_enabled=False
    )
    assert page.locator("noscript img, noscript script, body > img").count() == 0
    assert "{{7*7}} {% x %}" in page.locator("table").inner_text()


@pytest.mark.parametrize("missing", ["DecompressionStream", "Element.prototype.replaceChildren"])
def test_a_browser_that_is_too_old_is_told_in_both_languages(missing, pingshan, browser, tmp_path):
    (tmp_path / "old.html").write_text(render_page(pingshan), encoding="utf-8")
    view = browser.new_context(offline=True)
    view.add_init_script(f"delete window.{missing}")
    page = view.new_page()
    page.goto((tmp_path / "old.html").as_uri())
    told = page.locator("#pingshan-geo-old")
    assert told.is_visible()
    assert "Chrome or Edge 86" in told.inner_text()
    assert "浏览器" in told.inner_text()
    assert not page.locator(".pg-frame").is_visible()


def test_a_damaged_program_is_never_run_and_the_reader_is_told(pingshan, browser, tmp_path):
    other = gzip.compress(b"document.title = 'taken over'")
    text = re.sub(
        r'(id="pingshan-geo-program">)[^<]+', rf"\g<1>{b64encode(other).decode()}",
        render_page(pingshan),
    )  # fmt: skip
    page = opened_file(browser, tmp_path / "damaged.html", text)
    page.wait_for_timeout(300)
    assert page.title() != "taken over"
    cut = re.sub(r'(id="pingshan-geo-program">)([^<]{400})[^<]+', r"\1\2", render_page(pingshan))
    page = opened_file(browser, tmp_path / "cut.html", cut)
    page.wait_for_selector("#pingshan-geo-broken", state="visible")


def test_a_base_map_opens_the_page_to_its_host_alone(pingshan):
    page = render_page(
        pingshan, "en", Around(basemap=tiles("https://t.example.org/{z}/{x}/{y}.png"))
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    assert "img-src data: https://t.example.org" in policy.split("; ")
    assert "connect-src 'none'" in policy
    assert "Base map from t.example.org" in page


@pytest.mark.parametrize(
    "host",
    ["webrd01.is.autonavi.com", "wprd01.is.autonavi.com", "www.google.cn", "rt0.map.gtimg.com",
     "map.qq.com", "restapi.amap.com", "ONLINE1.MAP.BDIMG.COM", "api.map.baidu.com"],
)  # fmt: skip
def test_a_shifted_base_map_is_refused_by_the_name_of_its_rule(host):
    with pytest.raises(UsageError, match=r"GCJ-02.*GB 20263|BD-09"):
        tiles(f"https://{host}/{{z}}/{{x}}/{{y}}")


@pytest.mark.parametrize(
    "url",
    ["http://a.org/{z}/{x}/{y}", "https://a.org/{z}/{x}", "https://a.org/{z}/{x}/{y}{s}",
     "https://a.org/{z}/{x}/{y}; script-src *", 'https://a.org/{z}/{x}/{y}"', "//a/{z}/{x}/{y}",
     "https://u@a.org/{z}/{x}/{y}", "https://a.org'/{z}/{x}/{y}", "",
     "https://a.org:99999/{z}/{x}/{y}"],
)  # fmt: skip
def test_an_address_that_is_no_template_of_tiles_is_refused(url):
    with pytest.raises(UsageError, match="a base map is an address"):
        tiles(url)


def test_tiles_are_of_one_host_and_shifted_where_the_user_says_so():
    with pytest.raises(UsageError, match="one host"):
        tiles("https://a.org/{z}/{x}/{y}", "https://b.org/{z}/{x}/{y}")
    assert tiles("https://proxy.a.org/{z}/{x}/{y}", shift_gcj02=True).shifted
    assert not tiles("https://a.org/{z}/{x}/{y}").shifted


def test_a_background_an_approval_number_and_tiles_stand_on_the_page(pingshan, browser, tmp_path):
    shapes = [
        shapely.LineString([(114.2, 22.6), (114.35, 22.7)]),
        shapely.box(114.3, 22.65, 114.33, 22.68),
        shapely.Point(114.35, 22.68),
        None,
    ]
    around = Around(
        approval="审图号：粤S(2026)01号",
        background=Background("<i>roads</i>.gpkg", gpd.GeoSeries(shapes, crs="EPSG:4490")),
        basemap=tiles("https://wprd01.is.autonavi.com/{z}/{x}/{y}", shift_gcj02=True),
    )
    page = opened_file(browser, tmp_path / "around.html", render_page(pingshan, "zh", around))
    page.wait_for_selector("html[data-ready=true]", state="attached")
    foot = page.locator(".pg-foot").inner_text()
    for said in ("审图号：粤S(2026)01号", "<i>roads</i>.gpkg", "GCJ-02", "wprd01.is.autonavi.com"):
        assert foot.count(said) == 1, said
    assert "示意轮廓" in foot
    drawn = page.locator(".leaflet-pgContext-pane path.context")
    assert drawn.count() == 3
    paths = drawn.evaluate_all("all => all.map(one => one.getAttribute('d'))")
    assert min(map(len, paths)) > 8
    lat, lon = page.evaluate("pingshanGeo.gcj02([22.6997, 114.3501])")
    assert (round(lat, 4), round(lon, 4)) == (22.697, 114.355)
    moved = page.evaluate("document.querySelector('.leaflet-pgBasemap-pane').style.transform")
    assert re.search(r"translate3d\(-\d", moved), "GCJ-02 lies to the east of the truth"


def test_a_background_is_cut_to_the_district_and_simplified(pingshan):
    angles = np.linspace(0, 2 * np.pi, 200_001)
    ring = np.column_stack([114.35 + np.cos(angles) / 9, 22.69 + np.sin(angles) / 9])
    far = shapely.box(10, 10, 11, 11)
    shapes = gpd.GeoSeries([shapely.Polygon(ring), far], crs="EPSG:4490")
    page = render_page(pingshan, "en", Around(background=Background("circle.geojson", shapes)))
    assert len(page) - len(render_page(pingshan)) < 40_000


def test_the_public_version_withholds_fields_rounds_outlines_and_keeps_figures(pingshan):
    public = Public(("developer", "buyer", "note_en"), 1e-3)
    shown = published(pingshan, public)
    page = render_page(pingshan, "en", Around(public=public))
    assert page == render_page(shown, "en", Around(public=public)), (
        "withheld twice is withheld once"
    )
    withheld = {
        name
        for table, field in ((pingshan.auctions, "buyer"), (pingshan.projects, "developer"))
        for column in (field, f"{field}_zh")
        for name in table[column].dropna()
    }
    # A project that is named after its company says so: names are another field.
    named = {*pingshan.projects["name_en"], *pingshan.projects["name_zh"]}
    assert len(withheld - named) > 10
    for name in withheld - named:
        assert f'"{name}"' not in page, name
    assert "Public version: coordinates rounded to 0.001°; left out: developer, buyer" in page
    for table in (shown.parcels, shown.zones, shown.overlay):
        places = shapely.get_coordinates(table.geometry.dropna().array) * 1000
        assert np.abs(places - np.rint(places)).max(initial=0) < 1e-6
    before = pingshan.parcels.geometry.dropna()
    assert not shown.parcels.geometry.loc[before.index].is_empty.any()
    assert [f.value for f in shown.figures()] == [f.value for f in pingshan.figures()]
    for field in ("site_area_m2", "stage", "parcel_id", "nothing"):
        with pytest.raises(UsageError, match="no field of text"):
            published(pingshan, Public((field,)))
