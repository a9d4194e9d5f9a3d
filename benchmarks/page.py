"""The page beside stock folium and GeoPandas: size, making, ready, moving, filter, list."""

from __future__ import annotations

import argparse
import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import bulk
import folium
import geopandas as gpd
import numpy as np
from playwright.sync_api import Page, sync_playwright

from pingshan_geo import assess, load_catalogue
from pingshan_geo.page import render_page

LIMIT_S = 180
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
#: Milliseconds from a change to the frame in which it is painted.
PAINTED = """async (change) => {
    const from = performance.now();
    change === "scroll"
        ? document.querySelector(".rows").scrollBy(0, 4000) : pingshanGeo.page.set(change);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - from;
}"""


#: Milliseconds from a step of a map to the end of the frame in which all of it is painted.
STEPPED = """async ([kind, x, y]) => {
    const map = window.pingshanGeo
        ? pingshanGeo.page.map : Object.values(window).find((one) => one instanceof L.Map);
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    await frame();
    const from = performance.now();
    kind === "pan"
        ? map.panBy([x, y], {animate: false}) : map.setZoom(map.getZoom() + x, {animate: false});
    await frame();
    return performance.now() - from;
}"""
#: Steps of a drag, and in and out again.
STEPS = {
    "pan": [("pan", 60, 40), ("pan", -60, 40), ("pan", 40, -90), ("pan", -120, 10),
            ("pan", 80, 20), ("pan", -30, -60), ("pan", 70, 40)],
    "zoom": [("zoom", 1, 0), ("zoom", -1, 0)] * 3,
}  # fmt: skip


#: Whether a stock map holds a layer for each lot.
DRAWN = """rows => Object.values(window).some((one) =>
    one instanceof L.Map && Object.keys(one._layers).length >= rows)"""


def by_page(frame: gpd.GeoDataFrame) -> tuple[str, float]:
    """Return the planner's page, and the seconds of making it once the catalogue is assessed."""
    with tempfile.TemporaryDirectory() as folder:
        bulk.write(frame, Path(folder), zones=12)
        assessment = assess(load_catalogue(folder))
        start = time.perf_counter()
        return render_page(assessment), time.perf_counter() - start


def by_folium(frame: gpd.GeoDataFrame) -> tuple[str, float]:
    """Return a stock map with tooltips, without tiles."""
    start = time.perf_counter()
    drawing = folium.Map(_centre(frame), zoom_start=13, tiles=None, prefer_canvas=True)
    fields = [name for name in frame if name != "geometry"]
    folium.GeoJson(frame, tooltip=folium.GeoJsonTooltip(fields)).add_to(drawing)
    return drawing.get_root().render(), time.perf_counter() - start


def by_explore(frame: gpd.GeoDataFrame) -> tuple[str, float]:
    """Return the map of ``GeoDataFrame.explore``, without tiles."""
    start = time.perf_counter()
    drawing = frame.explore(tiles=None, prefer_canvas=True)
    return drawing.get_root().render(), time.perf_counter() - start


def _centre(frame: gpd.GeoDataFrame) -> list[float]:
    west, south, east, north = frame.total_bounds.tolist()
    return [(south + north) / 2, (west + east) / 2]


WAYS: dict[str, Callable[[gpd.GeoDataFrame], tuple[str, float]]] = {
    "page": by_page, "folium GeoJson": by_folium, "explore": by_explore,
}  # fmt: skip


def measured(way: str, rows: int, into: Any) -> None:
    """Make a page and read it in Chromium; put each number as soon as it is known."""
    html, made = WAYS[way](bulk.lots(rows, spoilt=False))
    into.put({"MB": len(html.encode()) / 1e6, "made": made})
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(LIMIT_S * 1000)
        # What stock maps link to is served from what this package brings, or not at all.
        page.route(re.compile("^https?:"), _served)
        start = time.perf_counter()
        page.goto(file.as_uri(), wait_until="load")
        if way == "page":
            page.wait_for_selector("html[data-ready=true]", state="attached")
        else:
            page.wait_for_function(DRAWN, arg=rows)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        into.put({"ready": time.perf_counter() - start})
        for name, steps in STEPS.items():
            times = [page.evaluate(STEPPED, step) for step in steps]
            into.put({name: float(np.median(times))})
        if way == "page":
            into.put(_answers(page))
        browser.close()


def _served(route: Any) -> None:
    name = route.request.url.rpartition("/")[2]
    here = Path(render_page.__code__.co_filename).parent / "assets" / "vendor" / "leaflet"
    file = here / name
    if name in {"leaflet.js", "leaflet.css"} and file.exists():
        route.fulfill(path=file)
    else:
        route.abort()


def _answers(page: Page) -> dict[str, float]:
    """Return seconds until a filter, its end, and a step of the list are painted: medians."""
    filters: list[Any] = [{"far": "1..3"}, {"far": None}]
    found = {}
    for name, each in {"filter": filters, "scroll": ["scroll"]}.items():
        times = [page.evaluate(PAINTED, one) for _ in range(3) for one in each]
        found[name] = float(np.median(times)) / 1e3
    return found


#: The columns, with the decimals that they are told with.
DIGITS = {"MB": 2, "made": 2, "ready": 2, "pan": 0, "zoom": 0, "filter": 2, "scroll": 2}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=int, default=[10, 300, 4_241, 100_000])
    names = tuple(DIGITS)
    print(f"| lots | | {' | '.join(names)} |\n|--:|---|{'--:|' * len(names)}")  # noqa: T201
    # ``explore`` needs packages that this project does not.
    is_whole = all(find_spec(name) for name in ("matplotlib", "mapclassify"))
    offered = [way for way in WAYS if is_whole or way != "explore"]
    for rows in parser.parse_args().rows:
        own: dict[str, float] = {}
        for way in offered:
            queue: Any = multiprocessing.Queue()
            child = multiprocessing.Process(target=measured, args=(way, rows, queue))
            child.start()
            child.join(LIMIT_S)
            is_slow = child.is_alive()
            child.kill()
            found: dict[str, float] = {}
            while not queue.empty():
                found |= queue.get()
            own = own or found
            cells = [
                f"> {LIMIT_S}" if is_slow and name == "ready" and name not in found
                else "—" if name not in found
                else f"{found[name]:.{DIGITS[name]}f}"
                if way == "page"
                else f"{found[name]:.{DIGITS[name]}f} (×{found[name] / own[name]:.1f})"
                for name in names
            ]  # fmt: skip
            print(f"| {rows} | {way} | {' | '.join(cells)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
