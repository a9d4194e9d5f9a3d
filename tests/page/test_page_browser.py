"""The page in a real browser, opened from a file with every request counted."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
LOT = "G13113-8014"
LEAD = "completion_rate/industrial-land-2017"
IN_VIEW = "pingshanGeo.page.lotBoxes().length"
# Lots as painted: status and use, the dashes of the line, how many of the fills are patterns.
PAINTED = """() => {
    const { page } = pingshanGeo;
    let layer = null;
    page.map.eachLayer((one) => { if (one.inView) layer = one; });
    const { _context: pen, _trace: trace } = layer;
    const { geometry_status, land_use } = page.data.tables.parcels.columns;
    const seen = [];
    layer._trace = (at, ...more) => {
        seen.push({ status: geometry_status[at], use: land_use[at], dash: null, patterns: 0 });
        trace.call(layer, at, ...more);
    };
    pen.stroke = () => { seen[seen.length - 1].dash = pen.getLineDash().length; };
    pen.fill = () => { seen[seen.length - 1].patterns += pen.fillStyle instanceof CanvasPattern; };
    layer.paint();
    delete pen.stroke;
    delete pen.fill;
    delete layer._trace;
    return seen;
}"""


def rows(page):
    return page.locator("[data-testid=parcel-row]").evaluate_all(
        "all => all.map(row => row.dataset.id)"
    )


def digits(text):
    return re.findall(r"\d[\d,.]*(?:\s?(?:m²|ha|km²|%))?", text)


@pytest.mark.parametrize("name", ["pingshan", "demo"])
def test_the_page_is_ready_and_asks_nobody(opened, name):
    page = opened(name)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.evaluate(IN_VIEW) > 3
    assert re.search(r"as of\s+(2017-12-31\s+)?2024-12-31", page.inner_text(".pg-head"))


def test_the_policy_blocks_a_script_put_in_later(browser, pages):
    page = browser.new_page(bypass_csp=False)
    page.goto((pages / "pingshan.html").as_uri())
    page.evaluate(
        """() => {
            const late = document.createElement('script');
            late.textContent = 'window.ran = 1';
            document.body.append(late);
            const button = '<a onclick="window.ran = 2" id=late>x</a>';
            document.body.insertAdjacentHTML('beforeend', button);
        }"""
    )
    page.click("#late")
    assert page.evaluate("window.ran") is None
    page.close()


def test_hostile_names_appear_letter_for_letter_and_nothing_runs(opened, hostile_text):
    page = opened("hostile", f"#lot={LOT}")
    shown = hostile_text.replace("\u2028", " ")
    flat = lambda text: re.sub(r"\s+", " ", text.replace("\u2028", " "))  # noqa: E731
    assert flat(shown) in flat(page.locator(f"[data-id={LOT}]").text_content())
    assert flat(shown) in flat(page.get_by_test_id("lot-card").text_content())
    assert flat(page.title()).startswith("{{7*7}} {% x %} {# x #} </script>")
    assert page.locator("img").count() == 0
    page.fill("#search", "{{7*7}}")
    assert LOT in rows(page)
    page.click("[data-id=G13113-8024]")
    assert flat(shown) in flat(page.get_by_test_id("lot-card").text_content())
    page.get_by_test_id("lang-zh").click()
    page.wait_for_timeout(50)


@pytest.mark.parametrize(
    "asked",
    [
        "G13113-8014",
        "g13113 8014",
        "Ｇ13113－8014",
        "G13113—8014",
        "加速器二期",
        "ACCELERATOR lot",
        "产业投资服务 8014",
    ],
)
def test_search_forgives_case_width_space_and_dash_in_both_languages(opened, asked):
    page = opened()
    page.fill("#search", asked)
    assert rows(page) == [LOT]
    assert page.get_by_test_id("count").inner_text().startswith("1 lot · 10.6 ha")


def test_the_count_sums_what_passes_and_says_what_it_leaves_out(opened):
    page = opened()
    count = page.get_by_test_id("count").inner_text()
    assert count.startswith(f"{len(rows(page))} lots")
    assert "left out: Wangniugang renewal unit" in count
    assert "different bases added" in count
    assert "about 108.65 ha" in count
    for box in page.locator("[data-testid=legend] input").all():
        box.set_checked(box.get_attribute("data-use") == "M0")
    # 106,000 + 65,900 + 41,800 m², all three on total land.
    assert page.get_by_test_id("count").inner_text() == "3 lots · 21.37 ha site area"
    assert page.evaluate(IN_VIEW) == 1
    assert "uses=M0" in page.evaluate("location.href")


def test_a_headline_figure_opens_the_place_where_it_was_printed(opened):
    page = opened()
    lead = page.locator(f"[data-testid=kpi][data-figure='{LEAD}']")
    assert "Four sites, about 22.78 ha: 2.4 times the 9.5 ha task" in lead.inner_text()
    assert "238.5–241.1 %" in lead.inner_text()
    assert "111.6 %" in lead.inner_text()
    lead.click()
    evidence = page.get_by_test_id("evidence")
    text = evidence.inner_text()
    for part in (
        "Why about 239.8 %?",
        "22.78",
        "9.5",
        "22.78 hectares",
        "9.5 hectares",
        "paragraph 25, sentence 2",
        "Article on the first year of Pingshan District",
        "laplace-tech.cn",
        "238.48 % to 241.11 %",
    ):
        assert part in text
    evidence.locator(".operand").first.click()
    assert "Why about 22.78 ha?" in evidence.inner_text()
    page.go_back()
    assert "Why about 239.8 %?" in evidence.inner_text()
    page.keyboard.press("Escape")
    assert evidence.is_hidden()


def test_an_unknown_delivery_is_said_in_a_word(opened):
    page = opened()
    tile = page.locator("[data-testid=kpi][data-figure='completion_rate/innovation-space']")
    assert "unknown" in tile.inner_text()
    assert "10,000,000 m²" in tile.inner_text()
    tile.click()
    assert "Why unknown?" in page.get_by_test_id("evidence").inner_text()


def test_the_lot_card_shows_every_field_and_no_empty_or_zero_for_unknown(opened):
    page = opened()
    page.locator(f"[data-testid=parcel-row][data-id={LOT}]").click()
    card = page.get_by_test_id("lot-card")
    text = card.inner_text()
    for part in (
        "106,000 m²",
        "±500 m²",
        "10.6 ha",
        "159 mu",
        "488,800 m²",
        "4.61",
        "outline illustrative",
        "National Bio-industry Base",
        "Shenzhen Pingshan Industrial Investment Service Co., Ltd.",
        "2017",
    ):
        assert part in text
    fields = card.locator(".field").evaluate_all(
        """all => all.map(field => [
            field.querySelector('.field-name').firstChild.textContent,
            field.querySelector('.field-value').innerText.trim(),
        ])"""
    )
    values = dict(fields)
    assert values["Net site area"].startswith("unknown")
    assert values["Price"].startswith("unknown")
    assert values["Mode"] == "unknown"
    assert all(value and value not in {"0", "NaN", "null", "undefined"} for _, value in fields)
    assert "laplace-tech.cn" in card.locator(".footnotes").inner_text()
    page.keyboard.press("Escape")
    assert card.is_hidden()


@pytest.mark.parametrize(
    "address", ["", f"#lot={LOT}", f"#figure={LEAD}", "#zone=pingshan-high-tech-zone&list=zones"]
)
def test_switching_the_language_changes_words_and_no_digit(opened, address):
    page = opened("pingshan", address)
    places = [
        ".pg-strip",
        "[data-testid=count]",
        ".panel:not([hidden]) .field-value .value",
        ".rows .num",
    ]
    read = lambda: [digits(t) for place in places for t in page.locator(place).all_inner_texts()]  # noqa: E731
    # Where the pointer is said to be is no figure: it moves with the map, as words take more room.
    page.evaluate("document.querySelector('.pg-cursor').remove()")
    english, words = read(), page.inner_text(".pg-main")
    page.get_by_test_id("lang-zh").click()
    assert page.locator("html").get_attribute("lang").startswith("zh")
    assert page.title() == "坪山用地图"
    assert read() == english
    assert page.inner_text(".pg-main") != words
    page.get_by_test_id("lang-en").click()
    assert page.inner_text(".pg-main") == words


def test_the_address_restores_the_whole_state(opened):
    first = opened("pingshan", f"#lot={LOT}&uses=M0,unknown&q=lot&lang=zh&view=22.75,114.37,13")
    assert first.locator("html").get_attribute("lang").startswith("zh")
    assert first.input_value("#search") == "lot"
    checked = first.locator("[data-testid=legend] input:checked").evaluate_all(
        "all => all.map(b => b.dataset.use)"
    )
    assert checked == ["M0", "unknown"]
    assert LOT in first.get_by_test_id("lot-card").inner_text()
    assert first.evaluate(
        "[pingshanGeo.page.map.getCenter().lat.toFixed(3), pingshanGeo.page.map.getZoom()]"
    ) == ["22.750", 13]
    first.locator(".leaflet-control-zoom-in").click()
    expect(first).to_have_url(re.compile("13.5"))
    link = first.evaluate("pingshanGeo.link(pingshanGeo.page)")
    second = opened("pingshan", "#" + link.split("#")[1])
    assert second.evaluate("pingshanGeo.link(pingshanGeo.page)") == link
    assert rows(second) == rows(first)


def test_an_address_that_names_nothing_known_opens_the_plain_page(opened):
    page = opened("pingshan", "#lot=nobody&figure=far/nobody&view=a,b,c&lang=xx&uses=Z9&q=%E0%A4%A")
    assert page.get_by_test_id("lot-card").count() == 0
    assert rows(page) == []
    page.evaluate("location.hash = ''")
    expect(page.get_by_test_id("parcel-row").nth(9)).to_be_visible()


def test_illustrative_published_and_unknown_are_drawn_apart(opened):
    page = opened("pingshan", f"#lot={LOT}")
    dash = "e => [getComputedStyle(e).strokeDasharray, getComputedStyle(e).fill]"
    assert page.locator("path.zone-root.solid").evaluate(dash)[0] == "none"
    assert "hatch" in page.locator("path.zone-zone.illustrative").first.evaluate(dash)[1]
    painted = page.evaluate(PAINTED)
    assert len(painted) == page.evaluate(IN_VIEW) > 4
    assert {lot["status"]: lot["dash"] for lot in painted} == {"illustrative": 2}
    # The sketch's hatching, and below it that of the unknown, or a texture.
    assert [lot["patterns"] for lot in painted if lot["use"] is None] == [2, 2, 2]
    assert 1 in [lot["patterns"] for lot in painted]
    assert {lot["dash"] for lot in opened("demo").evaluate(PAINTED)} == {0}
    assert page.locator("path.lot-chosen").evaluate(dash)[0] == "none"
    assert "outline illustrative" in page.inner_text(".pg-mapbox")
    sizes = page.evaluate("pingshanGeo.page.lotBoxes().map(({ w, h }) => Math.max(w, h))")
    assert min(sizes) > 11
    assert "enlarged" in page.inner_text(".pg-key")


def test_what_is_not_drawn_is_listed_with_the_reason(opened):
    page = opened()
    page.locator(".pg-key button").click()
    about = page.locator(".about").inner_text()
    assert "No source found says where in the district it lies" in about
    assert "G14313-8018" in about


def test_the_keyboard_reaches_a_lot_and_its_card(opened):
    page = opened()
    page.focus("#search")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.testid") == "parcel-row":
            break
    chosen = page.evaluate("document.activeElement.dataset.id")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert chosen in page.get_by_test_id("lot-card").inner_text()
