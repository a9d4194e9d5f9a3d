"""Lengths, areas and grid coordinates of the page against pyproj: one set of vectors for both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
from playwright.sync_api import Browser, Page

ASSETS = Path(__file__).resolve().parents[2] / "src" / "pingshan_geo" / "page" / "assets"
GEOD = pyproj.Geod(ellps="GRS80")
PINGSHAN = (22.69, 114.35)


@pytest.fixture(scope="module")
def program(browser: Browser) -> Page:
    """Load the measuring module alone: it needs nothing of the page."""
    page = browser.new_page()
    page.set_content("<p></p>")
    page.add_script_tag(content="const pingshanGeo = {};")
    page.add_script_tag(content=(ASSETS / "measure.js").read_text(encoding="utf-8"))
    return page


def ring_around(lat: float, lon: float, square_metres: float, corners: int) -> list[list[float]]:
    """Return a ring of uneven corners of about an area."""
    random = np.random.default_rng(corners)
    radius = (square_metres / np.pi) ** 0.5
    turns = np.sort(random.uniform(0, 360, corners))
    lons, lats, _ = GEOD.fwd(
        [lon] * corners, [lat] * corners, turns, radius * random.uniform(0.7, 1.4, corners)
    )
    return [[float(y), float(x)] for x, y in zip(lons, lats, strict=True)]


def test_lengths_agree_with_the_reports_to_a_millimetre_up_to_a_thousand_kilometres(
    program: Page,
) -> None:
    random = np.random.default_rng(1)
    lines = []
    for metres in [0.5, 10, 800, 12_000, 150_000, 999_000]:
        for lat, lon in [PINGSHAN, (0.0, 114.0), (53.2, 122.4), (-33.4, -70.6)]:
            east, north, _ = GEOD.fwd(lon, lat, random.uniform(0, 360), metres)
            lines.append(([lat, lon], [north, east], metres))
    found = program.evaluate(
        "lines => lines.map(([from, to]) => pingshanGeo.measure.length([from, to]))", lines
    )
    apart = np.abs(np.array(found) - [metres for *_, metres in lines])
    assert apart.max() < 1e-3
    assert program.evaluate("pingshanGeo.measure.length([[22, 114], [22, 114]])") == 0


@pytest.mark.parametrize("square_metres", [100, 5e4, 3e6, 166e6, 1e9, 5e10])
@pytest.mark.parametrize("corners", [3, 7, 40])
def test_areas_agree_with_the_reports_to_a_millionth(
    program: Page, square_metres: float, corners: int
) -> None:
    for lat, lon in [PINGSHAN, (45.8, 126.5), (1.3, 103.8)]:
        ring = ring_around(lat, lon, square_metres, corners)
        lats, lons = zip(*ring, strict=True)
        report = abs(GEOD.polygon_area_perimeter(lons, lats)[0])
        for given in (ring, ring[::-1]):
            page = program.evaluate("ring => pingshanGeo.measure.area(ring)", given)
            assert page == pytest.approx(report, rel=1e-6)


def test_grid_coordinates_agree_with_proj_to_a_millimetre_within_the_zone(program: Page) -> None:
    for meridian, epsg in [(114, 4547), (117, 4548), (102, 4543)]:
        proj = pyproj.Transformer.from_crs(4490, epsg, always_xy=True)
        places = [
            (lat, meridian + off) for lat in (3.5, 22.69, 39.9, 53) for off in (-3.5, -1.5, 0, 2.9)
        ]
        found = program.evaluate(
            "([places, meridian]) => places.map((at) => pingshanGeo.measure.grid(at, meridian))",
            [places, meridian],
        )
        known = [proj.transform(lon, lat)[::-1] for lat, lon in places]
        assert np.abs(np.array(found) - known).max() < 1e-3
    zones = "[114.35, 115.49, 115.51, 112.6].map((lon) => pingshanGeo.measure.zone(lon))"
    assert program.evaluate(zones) == [
        {"number": number, "meridian": 3 * number} for number in (38, 38, 39, 38)
    ]


def test_edges_that_cross_bound_no_area(program: Page) -> None:
    square, bow = [[0, 0], [0, 1], [1, 1], [1, 0]], [[0, 0], [1, 1], [0, 1], [1, 0]]
    told = program.evaluate("rings => rings.map(pingshanGeo.measure.crosses)", [square, bow])
    assert told == [False, True]
