"""Lots on the canvas: what is drawn there, what lies under a point, and what the pointer does."""

import io
import shutil
import subprocess

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingshan_geo.page.outlines import STEP, outlines

LOT = "G13113-8014"
# A point of the window on a lot: its middle, in pixels of the page.
PLACE = """id => {
    const { page, geometry } = pingshanGeo;
    const at = page.model.rowOf.parcels.get(id);
    const { x, y, w, h } = page.lotBox(at);
    const frame = page.map.getContainer().getBoundingClientRect();
    return [frame.left + x + w / 2, frame.top + y + h / 2, Math.max(w, h), at];
}"""
COLOURS = """async box => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const canvas = document.querySelector('.pg-lots');
    const frame = canvas.getBoundingClientRect();
    const ratio = canvas.width / frame.width;
    const [x, y, w, h] = box;
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [w, h];
    const pen = copy.getContext('2d', { willReadFrequently: true });
    const from = [(x - frame.left) * ratio, (y - frame.top) * ratio, w * ratio, h * ratio];
    pen.drawImage(canvas, ...from, 0, 0, w, h);
    const pixels = pen.getImageData(0, 0, w, h).data;
    const seen = new Set();
    for (let i = 0; i < pixels.length; i += 4) {
        seen.add([pixels[i], pixels[i + 1], pixels[i + 2], pixels[i + 3]].join());
    }
    return [...seen];
}"""
# How much of the canvas a whole painting changes after pans, and how much of it holds anything.
PANNED = """async steps => {
    const { map } = pingshanGeo.page;
    const canvas = document.querySelector('.pg-lots');
    const frame = () => new Promise(
        done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const { width, height } = canvas;
    const pixels = () => {
        const copy = Object.assign(document.createElement('canvas'), { width, height });
        const pen = copy.getContext('2d', { willReadFrequently: true });
        pen.drawImage(canvas, 0, 0);
        return pen.getImageData(0, 0, width, height).data;
    };
    let lots = null;
    map.eachLayer(one => { if (one instanceof pingshanGeo.LotCanvas) lots = one; });
    await frame();
    const { paint } = lots;
    const whole = [];
    lots.paint = painted => { whole.push(!painted); return paint.call(lots, painted); };
    for (const step of steps) {
        map.panBy(step, { animate: false });
        await frame();
    }
    const kept = pixels();
    lots.paint();
    const made = pixels();
    const drawn = made.filter(Boolean).length;
    // Where an outline crosses the edge of a strip its smoothing may differ by a shade.
    return { whole, drawn, apart: made.filter((one, at) => Math.abs(one - kept[at]) > 12).length };
}"""
HITS = """([block, points, boxes, least]) => {
    const { geometry, hits } = pingshanGeo;
    const flat = geometry.flat(block);
    const found = hits(flat);
    const all = () => true;
    const at = (lon, lat) => L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), 0);
    return {
        at: points.map(([lon, lat]) => {
            const { x, y } = at(lon, lat);
            return found.at(x, y, least, all);
        }),
        within: boxes.map(([w, s, e, n]) => {
            const [a, b] = [at(w, n), at(e, s)];
            return found.within(a.x, a.y, b.x, b.y, all);
        }),
        rows: block.features.map((_, row) => geometry.geojson(block, row)),
    };
}"""


def shapes(count=600, seed=11):
    """Crowded shapes: plain, with a hole, of two parts, missing, and one that covers many."""
    rng = np.random.default_rng(seed)
    made = []
    for at in range(count):
        x, y = rng.uniform(114.30, 114.36), rng.uniform(22.67, 22.72)
        size = rng.uniform(0.0004, 0.002)
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        ring = np.column_stack([x + size * np.cos(angles), y + size * np.sin(angles)])
        shape = shapely.make_valid(shapely.Polygon(ring))
        if at % 5 == 1:
            shape = shape.difference(shapely.Point(x, y).buffer(size * 0.3, quad_segs=3))
        if at % 5 == 2:
            shape = shape.union(shapely.box(x + 2 * size, y, x + 3 * size, y + size))
        made.append(None if at % 29 == 0 else shape)
    made[7] = shapely.box(114.31, 22.68, 114.35, 22.71)
    # As the page has them: whole steps.
    return gpd.GeoSeries(shapely.set_precision(made, 0), crs=4490).transform(
        lambda xy: np.round(xy * STEP) / STEP
    )


@pytest.fixture(scope="module")
def crowd():
    return shapes()


def test_a_point_hits_the_topmost_shape_that_holds_it_through_holes_and_parts(opened, crowd):
    rng = np.random.default_rng(5)
    points = np.column_stack(
        [rng.uniform(114.295, 114.365, 2000), rng.uniform(22.665, 22.725, 2000)]
    )
    boxes = [(x, y, x + 0.004, y + 0.0007) for x, y in points[:40]]
    block = outlines(crowd)
    found = opened().evaluate(HITS, [block, points.tolist(), boxes, 0])
    tree = shapely.STRtree(crowd.to_numpy())
    point, shape = tree.query(shapely.points(points), predicate="within")
    topmost = np.full(len(points), -1)
    np.maximum.at(topmost, point, shape)
    assert found["at"] == topmost.tolist()
    assert 200 < (topmost >= 0).sum() < 1900
    for box, rows in zip(boxes, found["within"], strict=True):
        assert rows == sorted(tree.query(shapely.box(*box), predicate="intersects").tolist())
    for row, shape in zip(found["rows"], crowd, strict=True):
        assert (row is None) == (shape is None)
        if shape is not None:
            assert shapely.from_geojson(str(row).replace("'", '"')).equals(shape)


def test_an_enlarged_mark_is_hit_by_the_shape_that_is_drawn(opened):
    small = shapely.box(114.3, 22.7, 114.30001, 22.70001)
    block = outlines(gpd.GeoSeries([small], crs=4490))
    inside, near, far = [114.300005, 22.700005], [114.300035, 22.700005], [114.30006, 22.700005]
    least = 256 / 360 * 0.0001  # ten times its width
    ask = lambda most: opened().evaluate(HITS, [block, [inside, near, far], [], most])["at"]  # noqa: E731
    assert ask(0) == [0, -1, -1]
    assert ask(least) == [0, 0, -1]


def test_typed_arrays_mean_the_same_as_lists(opened):
    page = opened("demo")
    assert page.evaluate(
        """() => {
            const { geometry, page } = pingshanGeo;
            const { step, xy, rings, polygons, features } = page.data.geometry.parcels;
            const [first, second] = [Array.from, (list) => Int32Array.from(list)].map((make) => {
                const block = { step };
                Object.entries({ xy, rings, polygons, features }).forEach(
                    ([name, list]) => { block[name] = make(list); });
                return JSON.stringify([block.features.length,
                    Array.from(features, (_, at) => geometry.outline(block, at))]);
            });
            return first === second && first.length > 10000;
        }"""
    )


def test_the_canvas_shows_the_colour_of_a_lot_and_a_filter_takes_it_away(opened):
    page = opened("demo")
    x, y, _, at = page.evaluate(PLACE, "DT01-0003")
    box = [x - 3, y - 3, 6, 6]
    code = page.evaluate("at => pingshanGeo.page.data.tables.parcels.columns.land_use[at]", at)
    assert {colour.split(",")[3] for colour in page.evaluate(COLOURS, box)} != {"0"}
    page.evaluate(
        """code => {
            const codes = pingshanGeo.page.data.uses.map(use => use.code);
            const others = codes.filter(one => one !== code);
            pingshanGeo.page.set({ uses: new Set(others) });
        }""",
        code,
    )
    assert page.evaluate(COLOURS, box) == ["0,0,0,0"]
    assert (
        page.evaluate(
            "at => pingshanGeo.page.lotsAt(pingshanGeo.page.map.getBounds()).includes(at)", at
        )
        is False
    )
    page.mouse.click(x, y)
    assert "lot=" not in page.evaluate("location.hash")


def test_the_pointer_finds_a_lot_and_where_there_is_none_the_zone_below(opened):
    page = opened("pingshan")
    x, y, _, _ = page.evaluate(PLACE, LOT)
    page.mouse.move(x, y)
    page.wait_for_selector(".pg-map.over-lot")
    assert page.locator("path.lot-near").get_attribute("d") != "M0 0"
    page.mouse.move(x + 20, y + 20)
    page.wait_for_selector(".pg-map:not(.over-lot)")
    page.mouse.click(x, y)
    assert f"lot={LOT}" in page.evaluate("location.hash")
    page.mouse.move(x + 40, y + 40)
    page.keyboard.press("Escape")
    page.mouse.click(x + 16, y + 16)
    assert "zone=" in page.evaluate("location.hash")
    assert "lot=" not in page.evaluate("location.hash")


def test_a_drag_is_no_click_and_leaves_no_blank(opened):
    page = opened("demo")
    x, y, _, _ = page.evaluate(PLACE, "DT12-0001")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 20, steps=4)
    page.mouse.move(x + 160, y - 80, steps=4)
    assert page.evaluate(COLOURS, [x + 158, y - 82, 4, 4]) != ["0,0,0,0"]
    page.mouse.up()
    assert "lot=" not in page.evaluate("location.hash")


@pytest.mark.parametrize("zoom", [0, 2])
def test_a_pan_keeps_what_is_painted_and_adds_the_rest(opened, zoom):
    page = opened()
    page.evaluate("id => pingshanGeo.page.set({ sel: id })", LOT)
    page.evaluate("by => pingshanGeo.page.map.zoomIn(by, { animate: false })", zoom)
    steps = [[60, 40], [-150, 20], [7, -230], [0, 31], [-44, 0]]
    told = page.evaluate(PANNED, steps)
    assert told["whole"] == [False] * len(steps) + [True]
    assert told["drawn"] > 1000
    assert told["apart"] == 0


def test_a_finger_beside_a_small_lot_opens_it(opened):
    page = opened("pingshan", "", (390, 844))
    x, y, size, _ = page.evaluate(PLACE, LOT)
    page.touchscreen.tap(x - size / 2 - 8, y)
    assert f"lot={LOT}" in page.evaluate("location.hash")


def test_selected_lots_have_an_outline_of_their_own(opened):
    page = opened("demo", "#colour=area")
    x, y, size, _ = page.evaluate(PLACE, "DT01-0003")
    box = [x - size, y - size, 2 * size, 2 * size]
    accent = "47,111,159,255"
    assert accent not in page.evaluate(COLOURS, box)
    page.evaluate("pingshanGeo.page.set({ sel: 'DT01-0003,DT99-%25' })")
    assert accent in page.evaluate(COLOURS, box)


@pytest.mark.skipif(
    shutil.which("pdfimages") is None, reason="no poppler-utils to read the print with"
)
def test_on_paper_lots_are_drawn_with_more_than_two_hundred_dots_to_the_inch(opened, tmp_path):
    page = opened("demo")
    page.emulate_media(color_scheme="dark")
    ratio = (
        "document.querySelector('.pg-lots').width / document.querySelector('.pg-lots').offsetWidth"
    )
    assert page.evaluate(ratio) == pytest.approx(1, abs=0.01)
    page.evaluate("window.addEventListener('beforeprint', () => { window.seen = " + ratio + "; })")
    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(page.pdf(format="A4", landscape=True, print_background=True))
    assert page.evaluate("window.seen") * 96 >= 200
    assert page.evaluate(ratio) == pytest.approx(1, abs=0.01)
    listed = subprocess.run(
        ["pdfimages", "-list", sheet], capture_output=True, check=True, text=True
    )
    table = [line.split() for line in io.StringIO(listed.stdout)][2:]
    assert max(int(row[12]) for row in table if int(row[3]) > 500) >= 200
