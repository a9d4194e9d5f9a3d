"""The day as of which the page is read: its figures are those of the reports of that day."""

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo import assess, load_catalogue
from pingshan_geo.page import Around, render_page, year_ends
from pingshan_geo.page.days import Delta, restored
from pingshan_geo.report import headline_lines

DAYS = ("2017-12-31", "2018-03-15", "2020-12-31")
CATALOGUE = Path(__file__).resolve().parents[2] / "geodata"


@pytest.fixture(scope="module")
def earlier():
    catalogue = load_catalogue(CATALOGUE)
    return {day: assess(catalogue, day) for day in DAYS}


@pytest.fixture(scope="module")
def path(earlier, tmp_path_factory):
    page = render_page(
        assess(load_catalogue(CATALOGUE)), "en", Around(earlier=(*earlier.values(),))
    )
    path = tmp_path_factory.mktemp("days") / "days.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def at(browser, path):
    """Open the page at an address, offline; it must ask for no other file and say nothing."""
    asked, said, contexts = [], [], []

    def open_page(address="", size=(1440, 900)):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url.split("#")[0]))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri() + address)
        page.wait_for_selector("html[data-ready=true]", timeout=8000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert set(asked) == {path.as_uri()}
    assert said == []


def day_of(page, day):
    """Wait until the page has been loaded anew as of a day."""
    page.wait_for_function(
        """day => typeof pingshanGeo !== "undefined" && pingshanGeo.page
            && pingshanGeo.page.data.page.as_of === day""",
        arg=day,
    )


@pytest.mark.parametrize("day", DAYS)
def test_all_figures_of_a_day_are_those_of_its_assessment(at, earlier, figures_read, day):
    page = at(f"#asof={day}")
    read, wanted = figures_read(page, earlier[day])
    assert len(wanted) > 100
    assert read == wanted
    ids = page.evaluate("Object.values(pingshanGeo.page.data.tables).map((table) => table.id)")
    assert ids == [[*map(str, table.index)] for table in list(earlier[day].tables.values())[:-1]]


def test_a_day_that_is_chosen_loads_its_page_and_back_leads_back(at, earlier):
    page = at("#lang=zh&q=G1")
    assert page.locator(".pg-day").inner_text().startswith("截至")
    page.get_by_test_id("as-of").select_option("2017-12-31")
    day_of(page, "2017-12-31")
    assert page.evaluate("location.hash") == "#asof=2017-12-31&q=G1&lang=zh"
    assert page.get_by_test_id("as-of").input_value() == "2017-12-31"
    lines = list(headline_lines(earlier["2017-12-31"], "zh"))
    assert page.locator(".kpi").count() == len(lines)
    assert page.locator(".kpi-lead").inner_text().splitlines()[0] in lines[0]
    page.go_back()
    day_of(page, "2024-12-31")


def test_a_day_that_the_page_does_not_have_is_its_own(at):
    for address in ("#asof=2016-12-31", "#asof=", "#asof=%", "#asof=2024-12-31", "#asof=x"):
        page = at(address)
        assert page.evaluate("pingshanGeo.page.data.page.as_of") == "2024-12-31"


def test_a_lot_that_is_not_known_yet_is_left_out_of_the_address(at, earlier):
    lots = load_catalogue(CATALOGUE).parcels.index
    later = next(lot for lot in lots if lot not in earlier["2017-12-31"].parcels.index)
    page = at(f"#lot={later}&asof=2017-12-31")
    assert page.evaluate("pingshanGeo.page.state.lot") is None
    assert page.get_by_test_id("parcel-row").count() == len(earlier["2017-12-31"].parcels)


def test_downloads_are_of_the_day(at):
    page = at("#asof=2017-12-31")
    with page.expect_download() as download:
        page.get_by_test_id("download-geojson").click()
    told = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert told["as_of"] == "2017-12-31"


def test_years_without_news_have_no_day():
    catalogue = load_catalogue(CATALOGUE)
    years = [day.year for day in year_ends(catalogue, date(2019, 12, 31))]
    assert years == sorted(set(years))
    assert years[-1] == 2018  # a report on the day itself is the page's own
    assert 2014 not in years


@given(
    st.binary(max_size=400),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 90), st.binary(max_size=9)), max_size=9),
)
def test_a_delta_gives_the_bytes_again(base, edits):
    wanted = b"".join(base[start : start + count] + new for start, count, new in edits)
    assert restored(base, *Delta(base).of(wanted)) == wanted


def test_a_delta_of_few_changes_is_small():
    base = np.random.default_rng(6).bytes(50_000)
    wanted = base[:9_000] + b"new" + base[9_100:30_000] + base[40_000:]
    steps, new = Delta(base).of(wanted)
    assert len(steps) == 4
    assert new == b"new"


def test_the_guide_lists_every_key_of_the_address(at):
    keys = at().evaluate("[...pingshanGeo.keys].map(([name, key]) => key.as || name)")
    guide = (CATALOGUE.parent / "docs" / "page.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(\w+)=", guide)) == set(keys)
