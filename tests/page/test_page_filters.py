"""The left panel: filters with counts, chips, sums, the sorted list."""

import re

import pytest
from playwright.sync_api import expect


def count(page):
    return page.get_by_test_id("count").inner_text()


def ids(page):
    return page.locator("[data-testid=parcel-row]").evaluate_all(
        "all => all.map(row => row.dataset.id)"
    )


def test_a_range_from_the_address_filters_and_one_button_clears_all(opened):
    page = opened("demo", "#area=10000..&far=..2,unknown")
    passing = page.evaluate(
        """() => {
            const { model, data } = pingshanGeo.page;
            return data.tables.parcels.id.filter((id) => {
                const [area, far] = [model.value('site_area', id), model.value('far', id)];
                return area !== null && area >= 10000 && (far === null || far <= 2);
            });
        }"""
    )
    assert ids(page) == passing
    assert 0 < len(passing) < 319
    assert page.locator("[data-chip=area]").count() == page.locator("[data-chip=far]").count() == 1
    page.get_by_test_id("clear-all").click()
    assert count(page).startswith("319 lots")
    assert "area=" not in page.evaluate("location.href")


def test_the_count_of_a_choice_is_what_choosing_it_leaves(opened):
    page = opened("demo", "#area=5000..")
    page.locator("[data-filter=in] summary").click()
    choice = page.locator("[data-filter=in] .use").last
    said = int(choice.locator(".num").inner_text().replace(",", ""))
    choice.locator("input").check()
    assert re.match(rf"{said} lots?\b", count(page))
    assert "in=" in page.evaluate("location.href")


def test_the_order_stands_in_the_address_and_unknown_comes_last(opened):
    page = opened("demo", "#order=far:down")
    page.fill("#search", "DT1")
    values = page.evaluate(
        "ids => ids.map(id => pingshanGeo.page.model.value('far', id))", ids(page)
    )
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=True)
    assert values == known + [None] * (len(values) - len(known))


def test_a_long_list_makes_rows_in_view_and_keys_reach_the_rest(opened):
    page = opened("demo")
    assert 10 < page.get_by_test_id("parcel-row").count() < 120
    page.get_by_test_id("parcel-row").first.focus()
    page.keyboard.press("End")
    last = page.evaluate("pingshanGeo.page.data.tables.parcels.id.slice(-1)[0]")
    expect(page.locator(f"[data-id={last}]")).to_be_focused()
    page.keyboard.press("Home")
    first = page.evaluate("pingshanGeo.page.data.tables.parcels.id[0]")
    expect(page.locator(f"[data-id={first}]")).to_be_focused()


@pytest.mark.parametrize(
    ("address", "key", "value"),
    [
        ("area=-..5", "area", None),
        ("far=1e-7..9", "far", "1e-7..9"),
        ("far=e5..", "far", None),
        ("years=..,unknown,unknown", "years", None),
        ("view=23.39,114.89,1e5", "view", None),
        ("view=0,0,1e308", "view", None),
        ("view=23.39,1e308,15", "view", None),
        ("sel=G13113-8014,G13113-8014", "sel", "G13113-8014"),
        ("scenario=target.industrial-land-2017=1e-320", "scenario", None),
        ("scenario=far.G13113-8014=9", "scenario", None),
    ],
)
def test_what_an_address_says_wrongly_is_left_out(opened, address, key, value):
    page = opened("pingshan", f"#{address}")
    assert page.evaluate("key => pingshanGeo.page.state[key]", key) == value
    assert page.evaluate("pingshanGeo.page.shown.rows.length") == (9 if value == "1e-7..9" else 14)
