"""The page without a browser: its data block, its elements, the sealed file."""

import gzip
import hashlib
import html
import json
import math
import re
from base64 import b64decode, b64encode
from importlib.resources import files
from pathlib import Path

import folium
import geopandas as gpd
import pytest
import shapely

from pingshan_geo import assess, load_catalogue
from pingshan_geo.errors import UsageError
from pingshan_geo.page import (
    LotPanel,
    PageFrame,
    ParcelLayer,
    ZoneLayer,
    payload,
    render_page,
    seal,
    to_map,
)
from pingshan_geo.page.elements import PROGRAM, STYLES, asset
from pingshan_geo.page.inert import inert_json
from pingshan_geo.page.land_uses import land_uses
from pingshan_geo.page.outlines import STEP, outlines

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pingshan():
    return assess(load_catalogue(ROOT / "geodata"))


@pytest.fixture(scope="module")
def page(pingshan):
    return render_page(pingshan)


def data_of(page):
    block = re.search(
        r'<script type="application/json" id="pingshan-geo-data">(.*?)</script>', page
    )
    return json.loads(block.group(1))


def test_vendored_leaflet_is_the_file_of_the_npm_package_1_9_4():
    folder = files("pingshan_geo.page") / "assets" / "vendor" / "leaflet"
    sums = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("leaflet.js", "leaflet.css", "LICENSE")
    }
    assert (
        (folder / "leaflet.js")
        .read_text(encoding="utf-8")
        .startswith("/* @preserve\n * Leaflet 1.9.4")
    )
    assert sums == {
        "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
        "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
        "LICENSE": "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
    }


def test_the_same_assessment_gives_the_same_bytes(pingshan, page):
    assert render_page(assess(load_catalogue(ROOT / "geodata"))) == page
    assert render_page(pingshan) == page


def test_the_policy_names_exactly_the_blocks_that_the_page_holds(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    for rule in (
        "default-src 'none'",
        "img-src data:",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ):
        assert rule in policy.split("; ")
    assert "unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1, "the loader; all else is packed"
    packed = re.search(r'id="pingshan-geo-program">([^<]+)<', page).group(1)
    program = gzip.decompress(b64decode(packed)).decode()
    shown = re.sub(r"<noscript>.*?</noscript>", "", page, flags=re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    without = re.findall(r"<noscript><style>(.*?)</style>", page, re.DOTALL)
    for directive, blocks in (
        ("script-src", [*scripts, program]), ("style-src", [*styles, *without])
    ):  # fmt: skip
        hashes = [
            f"'sha256-{b64encode(hashlib.sha256(b.encode()).digest()).decode()}'" for b in blocks
        ]
        assert f"{directive} {' '.join(hashes)}" in policy.split("; ")
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)=", page)
    assert " style=" not in page.split("<script", 1)[0]


def test_without_its_data_the_page_stays_under_300_kilobytes(page):
    data = r'(id="pingshan-geo-(?:data|packed)">).*?(</script>)'
    program = re.sub(data, r"\1\2", re.sub(r"<h2>.*</noscript>", "", page, flags=re.DOTALL))
    assert len(program.encode()) < 300_000


def test_an_outline_survives_its_whole_numbers_to_half_a_step():
    ring = [(114.123456789, 22.1), (114.2, 22.1), (114.2, 22.25), (114.1, 22.2)]
    hole = [(114.15, 22.15), (114.16, 22.16), (114.16, 22.15)]
    shapes = [None, shapely.Polygon(ring, [hole]), shapely.MultiPolygon([shapely.box(1, 2, 3, 4)])]
    found = outlines(gpd.GeoSeries(shapes))
    assert (found["features"], found["polygons"], found["rings"]) == ([0, 1, 1], [2, 1], [4, 3, 4])
    longitude, latitude = sum(found["xy"][0:2:2]) / STEP, sum(found["xy"][1:2]) / STEP
    assert abs(longitude - 114.123456789) < 0.5 / STEP
    assert latitude == 22.1


def test_land_uses_of_one_colour_differ_in_texture():
    lots = gpd.pd.DataFrame(
        {"land_use": ["070101", "070102", None], "land_use_standard": ["mnr-2023"] * 3}
    )
    uses = land_uses(lots)
    assert [use["code"] for use in uses] == ["070101", "070102", "unknown"]
    assert uses[0]["colour"] == uses[1]["colour"]
    assert [use["texture"] for use in uses] == [0, 1, 0]
    assert uses[2]["colour"] is None


def test_a_shape_that_nobody_published_has_no_measured_area_on_the_page(pingshan):
    data = payload(pingshan)
    statuses = data["tables"]["parcels"]["columns"]["geometry_status"]
    measured = data["lots"]["columns"]["measured_area"]["value"]
    assert "illustrative" in statuses
    for status, value in zip(statuses, measured.tolist(), strict=True):
        assert status != "illustrative" or math.isnan(value)


#: What came with a Chromium later than 86, and nothing that an older one may leave out.
LATER = r"""structuredClone\(|Object\.hasOwn\(|\.findLast|\.to(Sorted|Reversed|Spliced)\(|groupBy\(
|Segmenter|randomUUID|static \{|AbortSignal|showModal|roundRect|OffscreenCanvas|replaceAll\(.*=>
|aspect-ratio|@layer|@container|color-mix\(|light-dark\(|:is\(|:where\(|\binset-(block|inline)
|\bat\(-1\)""".replace("\n", "")


@pytest.mark.parametrize("name", [*PROGRAM, *STYLES])
def test_the_page_needs_nothing_that_came_after_chromium_86(name):
    assert not re.findall(LATER, asset(name))


def test_hostile_text_is_never_compiled_and_ends_no_block(hostile, hostile_text):
    for page in (render_page(hostile), to_map(hostile).get_root().render()):
        data = data_of(page)
        assert hostile_text in [name[0] for name in data["tables"]["zones"]["name"]]
        assert data["page"]["title"][0] == hostile_text
        # Nowhere outside of the block, but for the title bar, and there as characters.
        rest = page.replace(html.escape(hostile_text), "")
        assert "alert(1)" not in re.sub(
            r'(geo-data">).*?(</script>)', r"\1\2", rest, flags=re.DOTALL
        )
    assert re.search(r"<title>(.*?)</title>", render_page(hostile)).group(1) == html.escape(
        hostile_text
    )


def test_inert_json_holds_no_sign_of_markup_and_reads_back(hostile_text):
    text = inert_json({hostile_text: "\u2028\u2029&"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {hostile_text: "\u2028\u2029&"}


def test_a_notebook_shows_the_map_by_itself(pingshan):
    shown = to_map(pingshan)._repr_html_()
    assert "<iframe srcdoc=" in shown
    assert "pingshan-geo-data" in shown


@pytest.mark.parametrize(
    ("stock", "name"),
    [
        (folium.TileLayer("OpenStreetMap"), "TileLayer"),
        (folium.Marker([22.7, 114.3]), "Marker"),
        (folium.GeoJson({"type": "FeatureCollection", "features": []}), "GeoJson"),
    ],
)
def test_sealing_names_the_stock_element_that_it_cannot_seal(pingshan, stock, name):
    drawing = to_map(pingshan)
    stock.add_to(drawing)
    with pytest.raises(UsageError, match=rf"(?i){name}.*cannot be sealed"):
        seal(drawing, "map")


def test_sealing_keeps_a_plain_shape_and_numbers_its_id(pingshan):
    def composed():
        drawing = to_map(pingshan)
        folium.Circle([22.7, 114.3], radius=500).add_to(drawing)
        return seal(drawing, "map")

    packed = re.search(r'id="pingshan-geo-program">([^<]+)<', composed()).group(1)
    assert "L.circle(" in gzip.decompress(b64decode(packed)).decode()
    assert composed() == composed()


def test_parts_of_two_assessments_on_one_map_are_refused(pingshan):
    drawing = folium.Map(tiles=None)
    ZoneLayer(payload(pingshan)).add_to(drawing)
    ParcelLayer(payload(pingshan)).add_to(drawing)
    with pytest.raises(UsageError, match="one block of data"):
        drawing.get_root().render()


def test_a_part_outside_of_a_map_says_where_it_belongs(pingshan):
    figure = folium.Figure()
    LotPanel(payload(pingshan)).add_to(figure)
    with pytest.raises(UsageError, match=r"belongs on a folium\.Map"):
        figure.render()


def test_every_word_that_the_program_asks_for_is_in_the_table(page):
    assets = files("pingshan_geo.page") / "assets"
    program = "".join(
        f.read_text(encoding="utf-8") for f in assets.iterdir() if f.name.endswith(".js")
    )
    asked = set(
        re.findall(r'(?<!\bx\.)\b(?:t|sentence|fill|title)\((?:page, )?"([a-z_0-9]+)"', program)
    )
    asked |= set(
        re.findall(
            r'data-(?:word|aria)="([a-z_]+)"', (assets / "frame.html").read_text(encoding="utf-8")
        )
    )
    assert len(asked) > 60
    assert asked <= set(data_of(page)["words"])


def test_the_frame_holds_every_hook_that_scripts_rely_on(pingshan):
    drawing = folium.Map(tiles=None)
    PageFrame(payload(pingshan)).add_to(drawing)
    page = drawing.get_root().render()
    for hook in ("lang-en", "lang-zh", "download-csv", "download-geojson", "copy-link", "print"):
        assert f'data-testid="{hook}"' in page
