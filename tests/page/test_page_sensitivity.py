"""What would change a figure, in a real browser: the numbers are those of Python."""

import re
from importlib import resources
from pathlib import Path

import pytest

from pingshan_geo import assess, load_catalogue
from pingshan_geo.audit.sensitivity import sensitivity
from pingshan_geo.page import payload
from pingshan_geo.page.elements import DataBlock

CATALOGUE = Path(__file__).resolve().parents[2] / "geodata"
RATE, FAR = "completion_rate/industrial-land-2017", "far/G13113-8014"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def pingshan():
    return assess(load_catalogue(CATALOGUE))


def expected(found):
    return {
        "verdict": found.verdict,
        "threshold": found.threshold,
        "changes": [
            {
                "kind": each.kind, "about": each.about, "label": list(each.label),
                "effect": each.effect, "turns": each.turns,
                "printed": list(each.printed) if each.printed else None,
                "outcomes": [
                    one and {"value": one.value, "verdict": one.verdict, "at": one.at}
                    for one in each.outcomes
                ],
            }
            for each in found.changes
        ],
        "evens": [
            {
                "kind": each.kind, "about": each.about, "label": list(each.label),
                "value": each.value, "unit": each.unit, "base": each.base,
                "printed": [list(pair) for pair in each.printed],
            }
            for each in found.break_even
        ],
        "notes": [list(note) for note in found.notes],
    }  # fmt: skip


@pytest.mark.parametrize("figure", [RATE, FAR, "share_of_parent/pingshan-high-tech-zone"])
def test_what_the_page_reads_is_what_python_found(opened, pingshan, figure):
    read = opened().evaluate("id => pingshanGeo.sensitivity.of(pingshanGeo.page, id)", figure)
    assert read == expected(sensitivity(pingshan, figure))


def test_a_rate_has_its_bars_its_table_its_break_even_and_that_nothing_turns_it(opened, pingshan):
    page = opened(address=f"#figure={RATE}&lang=en")
    part = page.get_by_test_id("sensitivity")
    found = sensitivity(pingshan, RATE)
    bars = sum(one is not None for each in found.changes for one in each.outcomes)
    assert part.locator(".tornado .sens-bar").count() == bars
    assert part.locator("tbody tr").count() == len(found.changes)
    said = re.sub(r"\s+", " ", part.inner_text())
    # 22.78 / 9.45 = 2.4106 and 22.78 / 9.55 = 2.3853; 9.5 / 22.78 = 0.417.
    assert "at 9.45 ha 241.1 %" in said
    assert "at 9.55 ha 238.5 %" in said
    assert "Reached, held against 100 %" in said
    assert "No single change puts it on the other side of the threshold." in said
    assert "41.7 %" in part.locator("[data-even=net_site_share]").inner_text()
    assert "threshold 100 %" in part.locator(".tornado").text_content()
    page.click("[data-testid=lang-zh]")
    assert "任何单项改变均不会越过阈值" in part.inner_text()


def test_low_and_high_ends_differ_in_more_than_colour(opened):
    page = opened(address=f"#figure={FAR}&lang=en")
    fills = page.locator(".tornado .sens-bar").evaluate_all(
        "all => all.map((e) => [e.classList[1], getComputedStyle(e).fill])"
    )
    kinds = dict(fills)
    assert "url" in kinds["low-bar"]
    assert "url" not in kinds["high-bar"]


def test_other_units_are_used_in_bars_and_table_alike(opened):
    page = opened(address=f"#figure={RATE}&lang=en&units=m2")
    assert "at 94,500 m²" in re.sub(r"\s+", " ", page.get_by_test_id("sensitivity").inner_text())


def test_an_earlier_day_and_a_scenario_do_not_show_what_is_of_neither(opened):
    page = opened(address=f"#asof=2017-12-31&figure={RATE}&lang=en")
    said = page.get_by_test_id("evidence").inner_text()
    assert page.get_by_test_id("sensitivity").count() == 0
    assert "Worked out as of 2024-12-31 only" in said
    page = opened(address=f"#figure={RATE}&lang=en&scenario=drop=G13113-8014")
    assert page.get_by_test_id("sensitivity").count() == 0
    assert "A scenario is on" in page.get_by_test_id("evidence").inner_text()


def test_a_figure_that_nothing_can_move_has_no_section(opened):
    page = opened(address="#figure=parcel_count/pingshan-district&lang=en")
    assert page.get_by_test_id("sensitivity").count() == 0


def test_on_a_phone_nothing_of_it_is_wider_than_the_screen(opened):
    page = opened(address=f"#figure={RATE}&lang=en", size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = page.locator(".tornado text").evaluate_all(
        "all => all.map((e) => { const { left, right } = e.getBoundingClientRect();"
        " return [left, right]; })"
    )
    assert all(left >= 0 and right <= 390 for left, right in boxes)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_axe_finds_nothing_in_the_section(opened, lang):
    page = opened(address=f"#figure={RATE}&lang={lang}")
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(
        "(rules) => axe.run(document, { runOnly: rules })"
        ".then(({ violations }) => violations.map(({ id }) => id))",
        RULES,
    )
    assert found == []


def test_for_pingshan_it_takes_less_than_16_kilobytes_of_the_page(pingshan):
    data = payload(pingshan)
    without = {**data, "sensitivity": None}
    sizes = [len(DataBlock(each).render().encode()) for each in (data, without)]
    assert len(data["sensitivity"]["figure"]) > 40
    assert sizes[0] - sizes[1] < 16_000
