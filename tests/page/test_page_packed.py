"""The packed block: what the page reads back is what the assessment says, to the last bit."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from pingshan_geo import assess, load_catalogue
from pingshan_geo.page import lots, payload
from pingshan_geo.page.elements import asset
from pingshan_geo.page.packed import Block, as_text, pack

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = {"pingshan": ROOT / "geodata", "demo": ROOT / "examples" / "demo-town"}


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_figure_that_the_page_reads_is_the_figure_of_the_assessment(
    opened, name, figures_read
):
    assessment = assess(load_catalogue(CATALOGUES[name]))
    read, wanted = figures_read(opened(name), assessment)
    assert len(wanted) > 400
    assert read == wanted


TEXTS = ["", "坪山", "a\nb", '"</script>"', "\u0001x\u0001", "é\u2028", None]
COLUMNS = {
    "nothing": [],
    "texts": TEXTS * 3,
    "only nulls": [None, None],
    "seventy thousand": [f"lot {at}" for at in range(70_000)],
    "seventy thousand twice": [f"lot {at % 70_000}" for at in range(140_000)],
    "digits of other scripts": [f"地块００{at}号 ٣{at}" for at in range(300)],
    "counts": [str(at * 7) for at in range(300)],
    "no counts": ["007", "1", "", "12.0"],
    "pairs": [["a", "甲"], None, ["b", None]],
    "decimals": [0.1, None, 826.005, -2.5, 0.0, 1e9],
    "floats": [math.pi, None, 5e-324, 1.7976931348623157e308, -0.0, 0.1 + 0.2],
    "large": [2.0**40, 1.0, None],
}


def test_lots_that_differ_in_their_names_alone_share_what_is_said_of_them():
    """Else every lot is its own group, and the page of 100 000 takes minutes."""
    assessment = assess(load_catalogue(CATALOGUES["demo"]))
    tracer = lots._Tracer(assessment)
    lots._groups(assessment, tracer)
    assert len(tracer.looked) > 20
    assert not [column for column in tracer.looked if column.startswith("name_")]


def test_columns_come_back_as_they_went_in(browser):
    block, rng = Block(), np.random.default_rng(6)
    directory = [[["found", name], block.values(column)] for name, column in COLUMNS.items()]
    ints = [
        rng.integers(-(2**31), 2**31, 500),
        np.arange(70_000),
        np.array([-128, 127]),
        [0],
        [3 * 10**9, -5],
    ]
    directory += [[["found", f"ints {at}"], block.ints(one)] for at, one in enumerate(ints)]
    area = np.where(rng.random(400) < 0.1, np.nan, rng.uniform(1, 1e6, 400).round(2))
    floor = rng.uniform(1, 1e6, 400)
    ratio = floor / area
    ratio[7] = 3.25
    columns = {"area": area, "floor": floor, "low": area - 0.005, "ratio": ratio}
    specs = {name: block.derived(one, {}, None) for name, one in columns.items() if name != "ratio"}
    specs["low"] = block.derived(columns["low"], {"m.area": area}, "m.area")
    specs["ratio"] = block.derived(ratio, {"m.area": area, "m.floor": floor}, None)
    assert specs["low"]["as"] == specs["ratio"]["as"] == "formula"
    assert "rows" in specs["ratio"]
    directory += [[["lots", "columns", "m", name], spec] for name, spec in specs.items()]
    page = browser.new_page()
    data = {"packed": directory, "found": {}, "tables": {}, "lots": {"columns": {"m": {}}}}
    page.evaluate(f"window.pingshanGeo = {{}}; (() => {{ {asset('unpack.js')} }})()")
    read = page.evaluate(
        """async ([data, block]) => {
            const { found, lots } = pingshanGeo.unpack(data, await pingshanGeo.inflate(block));
            const list = (one) => Array.from(one, (cell) => (Number.isNaN(cell) ? null : cell));
            const columns = Object.entries({ ...found, ...lots.columns.m });
            return Object.fromEntries(columns.map(([name, column]) => [name, list(column)]));
        }""",
        [json.dumps(data), as_text(block.data())],
    )
    page.close()
    for name, column in COLUMNS.items():
        assert read[name] == column, name
    assert math.copysign(1, read["floats"][4]) == -1
    for at, one in enumerate(ints):
        assert read[f"ints {at}"] == list(one)
    for name, column in columns.items():
        assert read[name] == [None if math.isnan(one) else one for one in column], name


def test_a_page_whose_packed_block_is_broken_says_so(browser, pages, tmp_path):
    text = (pages / "pingshan.html").read_text(encoding="utf-8")
    (tmp_path / "broken.html").write_text(
        text.replace('id="pingshan-geo-packed">H4sI', 'id="pingshan-geo-packed">AAAA'),
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto((tmp_path / "broken.html").as_uri())
    page.wait_for_selector("html[data-ready=failed]", timeout=8000)
    assert page.locator("#pingshan-geo-broken, [role=alert]").first.is_visible()
    page.close()


def test_the_browser_reads_hostile_lot_names_as_they_stand(opened, hostile, hostile_text):
    table = payload(hostile)["tables"]["parcels"]
    read = opened("hostile").evaluate(
        "() => { const { id, name } = pingshanGeo.page.data.tables.parcels; return { id, name }; }"
    )
    assert any(hostile_text in one for name in table["name"] for one in name)
    assert read == {"id": table["id"], "name": table["name"]}


def test_findings_are_read_as_they_were_told(browser):
    told = [
        {"code": "x", "row": None, "related": [], "message": [f"far {at}.0{at}", f"比{at}"],
         "fix": ["", f"\u0001{at}"]}
        for at in range(500)
    ]  # fmt: skip
    data = payload(assess(load_catalogue(ROOT / "geodata")))
    rest, block = pack({**data, "findings": told})
    page = browser.new_page()
    page.evaluate(f"window.pingshanGeo = {{}}; (() => {{ {asset('unpack.js')} }})()")
    read = page.evaluate(
        """async ([data, block]) => {
            const { findings } = pingshanGeo.unpack(data, await pingshanGeo.inflate(block));
            return findings.map(({ code, row, related, message, fix }) =>
                ({ code, row, related, message, fix }));
        }""",
        [json.dumps(rest), as_text(block)],
    )
    page.close()
    assert read == told
