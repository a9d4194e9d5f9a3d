"""Colourings, the legend and the tools on the map, in a real browser."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyproj
import pytest

#: Difference in L*a*b* below which two plain colours are too alike; a just noticeable one is 2.3.
APART = 12
# Machado, Oliveira and Fernandes 2009, full severity: protanopia, deuteranopia, tritanopia.
EYES = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]
CLASSES = """() => pingshanGeo.colourWays.map((way) => {
    const { classes, of } = pingshanGeo.colouring(pingshanGeo.page, way);
    const counted = classes.map((cls, at) => of.filter((one) => one === at).length);
    return { way, classes, counted };
})"""


def lab(colour: str, eye: Any) -> np.ndarray:
    share = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(eye) @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(np.array(TO_XYZ) @ seen / [0.95047, 1, 1.08883], 1e-9))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("name", ["pingshan", "demo"])
def test_any_two_classes_differ_for_every_eye_or_in_pattern_and_count_every_lot(opened, name):
    page = opened(name)
    lots = page.evaluate("pingshanGeo.page.data.tables.parcels.id.length")
    for found in page.evaluate(CLASSES):
        assert [cls["count"] for cls in found["classes"]] == found["counted"]
        assert sum(found["counted"]) == lots
        for one, other in itertools.combinations(found["classes"], 2):
            if one["pattern"] == other["pattern"]:
                for eye in EYES.values():
                    apart = np.linalg.norm(lab(one["colour"], eye) - lab(other["colour"], eye))
                    assert apart >= APART, (found["way"], one["code"], other["code"])
        for cls in found["classes"]:
            nothing_known = cls["code"] in {"unknown", "cannot_judge", "none"}
            if nothing_known or found["way"] != "use":  # a land use may have no known colour
                assert (cls["pattern"] == "hatch") == nothing_known


def counts(page):
    return {
        row.get_attribute("data-class"): int(
            row.locator("xpath=..").locator(".class-count").inner_text()
        )
        for row in page.locator("[data-testid=legend] input[data-class]").all()
    }


def test_the_legend_follows_the_colouring_and_its_classes_filter(opened):
    page = opened("demo")
    page.get_by_label("Colour by").select_option("far")
    assert "colour=far" in page.evaluate("location.href")
    whole = counts(page)
    assert whole == {
        "over": 6,
        "within": 248,
        "under": 6,
        "within_rounding": 3,
        "cannot_judge": 56,
    }
    for code in ("within", "under", "within_rounding", "cannot_judge"):
        page.locator(f"[data-class={code}]").uncheck()
    assert page.get_by_test_id("count").inner_text().startswith("6 lots")
    assert counts(page) == whole  # each class counts what passes the other filters
    assert "cls=far:over" in page.evaluate("location.href")
    page.get_by_label("Colour by").select_option("area")
    assert sum(counts(page).values()) == 6
    page.get_by_label("Colour by").select_option("far")
    page.locator("[data-testid=legend] .reset").click()
    assert page.get_by_test_id("count").inner_text().startswith("319 lots")
    page.get_by_label("Colour by").select_option("use")
    assert page.locator("[data-testid=legend] input[data-use='0901']").is_checked()
    again = opened("demo", "#colour=far&cls=far:under,nonsense&lang=zh")
    assert again.get_by_test_id("count").inner_text().startswith("6 宗")
    assert "低于下限" in again.get_by_test_id("legend").inner_text()
    assert opened("demo", "#colour=toString&cls=toString:a").get_by_test_id("count")


def at(page, x, y):
    box = page.locator(".pg-map").bounding_box()
    point = (round(box["x"] + box["width"] * x), round(box["y"] + box["height"] * y))
    there = page.evaluate(
        "([x, y]) => { const at = pingshanGeo.page.map.mouseEventToContainerPoint("
        "{ clientX: x, clientY: y }); const p = pingshanGeo.page.map.containerPointToLatLng(at);"
        " return [p.lng, p.lat]; }",
        point,
    )
    return point, there


def test_measuring_agrees_with_the_report_by_pointer_and_by_keyboard(opened):
    page = opened("demo")
    page.get_by_role("button", name="Measure an area").click()
    ring = []
    for x, y in [(0.4, 0.3), (0.6, 0.3), (0.6, 0.5), (0.4, 0.5)]:
        point, there = at(page, x, y)
        page.mouse.click(*point)
        page.wait_for_timeout(350)  # else the browser counts a double press
        ring.append(there)
    panel = page.get_by_test_id("measure")
    lons, lats = zip(*ring, strict=True)
    area, around = pyproj.Geod(ellps="GRS80").polygon_area_perimeter(lons, lats)
    assert f"Area {abs(area):,.0f} m²" in panel.inner_text()
    assert f"{around:,.1f} m" in panel.inner_text()
    assert page.evaluate("location.href").find("lot=") < 0
    page.keyboard.press("Backspace")
    assert f"{abs(area):,.0f} m²" not in panel.inner_text()
    page.get_by_role("button", name="Measure a line").click()
    page.keyboard.press("Space")
    before = page.evaluate(
        "(() => { const c = pingshanGeo.page.map.getCenter(); return c.lng; })()"
    )
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    page.keyboard.press("Space")
    after = page.evaluate("(() => { const c = pingshanGeo.page.map.getCenter(); return c.lng; })()")
    lat = page.evaluate("pingshanGeo.page.map.getCenter().lat")
    _, _, metres = pyproj.Geod(ellps="GRS80").inv(before, lat, after, lat)
    assert after > before
    said = float(panel.locator(".measure-value").inner_text().split()[1].replace(",", ""))
    assert said == pytest.approx(metres, abs=0.2)
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert "CGCS2000 / 3° GK CM 114E (zone 38)" in page.locator(".pg-cursor").inner_text()


def test_a_selection_is_summed_kept_in_the_address_and_ended_by_escape(opened):
    page = opened("demo", "#sel=DT01-0001,DT01-0003,nobody&lang=en")
    panel = page.get_by_test_id("selection")
    text = panel.inner_text()
    assert "2 lots selected" in text
    assert "0.83 ha" in text  # 8 280 m² and one of unknown area
    assert "left out: 1 without" in text
    panel.get_by_role("button", name="Only these").click()
    assert page.get_by_test_id("count").inner_text().startswith("2 lots")
    assert "only=1" in page.evaluate("location.href")
    page.get_by_role("button", name="Measure a line").click()
    page.keyboard.press("Escape")
    assert panel.is_visible()
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert "sel=" not in page.evaluate("location.href")
    assert page.get_by_test_id("count").inner_text().startswith("319 lots")


def test_the_ratio_of_a_selection_is_that_of_the_list(opened):
    page = opened("demo", "#sel=DT01-0001,DT01-0002&only=1&lang=en")
    both = """(land) => { const { page } = pingshanGeo;
        const at = page.model.rowOf.parcels.get("DT01-0001");
        const before = page.model.valueAt.bind(page.model);
        page.model.valueAt = (kind, measure, one) =>
            measure === "site_area" && one === at ? land : before(kind, measure, one);
        const { pairFloor, pairLand, both, far } = pingshanGeo.selection.sums(page, [at]);
        return { pairFloor, pairLand, both, far }; }"""
    floor = page.evaluate("pingshanGeo.page.model.figure('gross_floor_area/DT01-0001').value")
    assert page.evaluate(both, 0) == {"pairFloor": floor, "pairLand": 0, "both": 1, "far": None}


def test_a_box_and_a_press_with_shift_select_lots(opened):
    page = opened("demo")
    start, end = at(page, 0.3, 0.3)[0], at(page, 0.5, 0.5)[0]
    page.get_by_role("button", name="Select by a box").click()
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()
    chosen = page.evaluate("pingshanGeo.selection.selected(pingshanGeo.page).rows")
    assert len(chosen) > 5
    page.keyboard.press("Escape")
    inside, place = page.evaluate(
        """(rows) => { const { page } = pingshanGeo;
            const middle = (at) => { const { x, y, w, h } = page.lotBox(at);
                return L.point(x + w / 2, y + h / 2); };
            const at = rows.find((one) => page.lotAt(middle(one)) === one);
            const frame = page.map.getContainer().getBoundingClientRect();
            return [at, [frame.left + middle(at).x, frame.top + middle(at).y]]; }""",
        chosen,
    )
    assert inside in chosen
    page.keyboard.down("Shift")
    page.mouse.click(*place)
    page.keyboard.up("Shift")
    left = page.evaluate("pingshanGeo.selection.selected(pingshanGeo.page).rows")
    assert set(chosen) - set(left) == {inside}
    assert "lot=" not in page.evaluate("location.href")


def test_the_list_wears_the_colours_of_the_map(opened):
    page = opened("demo")
    marks = lambda: {s.inner_html() for s in page.locator(".entry .swatch").all()[:40]}  # noqa: E731
    of_use = marks()
    page.evaluate("pingshanGeo.page.set({ colour: 'area' })")
    known = {s.inner_html() for s in page.locator("[data-testid=legend] .swatch").all()}
    assert marks() != of_use
    assert marks() <= known
