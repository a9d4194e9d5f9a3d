"""Paper: what a printed sheet shows, on upright and broad sheets, read from the PDF."""

import shutil
import subprocess

import numpy as np
import pytest

LOT = "G13113-8014"
DPI = 150

pytestmark = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="no poppler-utils to read the print with"
)


def printed(page, folder, *, landscape):
    sheet = folder / "sheet.pdf"
    sheet.write_bytes(page.pdf(format="A4", landscape=landscape))
    listed = subprocess.run(["pdftotext", "-layout", sheet, "-"], capture_output=True, check=True)
    return sheet, listed.stdout.decode().split("\f")[:-1]


def picture(sheet):
    asked = ["pdftoppm", "-r", str(DPI), "-f", "1", "-l", "1", sheet]
    made = subprocess.run(asked, capture_output=True, check=True).stdout
    width, height = map(int, made.split(maxsplit=3)[1:3])
    dots = np.frombuffer(made[-width * height * 3 :], np.uint8)
    return dots.reshape(height, width, 3).astype(int)


def close_to(pixels, colour, within=40):
    return np.abs(pixels - np.array(colour)).max(axis=2) <= within


@pytest.mark.parametrize("landscape", [True, False], ids=["broad", "upright"])
def test_lots_zones_and_the_ground_beside_them_are_all_seen_on_paper(opened, tmp_path, landscape):
    page = opened("demo", "#colour=area")
    sheet, _ = printed(page, tmp_path, landscape=landscape)
    pixels = picture(sheet)
    assert (pixels.shape[1] > pixels.shape[0]) == landscape
    lots = close_to(pixels, (0x3A, 0x7C, 0xA5))  # agrees: most lots of the town
    ground = close_to(pixels, (0xF1, 0xF0, 0xEC), 2)  # what lies outside of it
    assert lots.mean() > 0.01
    assert ground.mean() > 0.01
    # The town's outline runs between both: dark dots beside the lots, within the ground.
    rows, columns = np.nonzero(ground)
    box = pixels[rows.min() : rows.max(), columns.min() : columns.max()]
    dark = close_to(box, (0x55, 0x55, 0x55), 50)
    inside = close_to(box, (0x3A, 0x7C, 0xA5))
    first, last = np.nonzero(inside.any(axis=0))[0][[0, -1]]
    assert dark[:, : first - 2].sum() > 50
    assert dark[:, last + 2 :].sum() > 50


def test_a_sketched_zone_is_printed_with_its_dashes(opened, tmp_path):
    page = opened("pingshan")
    sheet, _ = printed(page, tmp_path, landscape=True)
    assert close_to(picture(sheet), (0x1D, 0x5A, 0x8A), 25).sum() > 1500


def test_the_sheet_names_filters_legend_and_sources_and_every_page_its_head(opened, tmp_path):
    page = opened("demo", "#lang=en&far=1..3&colour=far")
    shown = page.evaluate("pingshanGeo.page.shown.rows.length")
    for landscape in (True, False):
        _, pages = printed(page, tmp_path, landscape=landscape)
        first = " ".join(pages[0].split())
        for part in (
            "FAR: 1–3",
            "FAR against its limit",
            "▲ over",
            "? cannot be judged",
            "as of 2024-12-31",
            "EPSG:4490",
            "Outlines:",
            f"{shown} lots",
            "500 m",
        ):
            assert part in first, part
        for at, text in enumerate(pages, 1):
            assert f"{at}/{len(pages)}" in "".join(text.split())
            assert "A reading aid; the sources decide" in text
        assert len(pages) > 4
        assert all("Gross floor area" in " ".join(text.split()) for text in pages[1:])
        assert sum(text.count("Housing lot ") + text.count("housing lot ") for text in pages) > 100
    assert page.locator(".paper-side, .paper-list, .pg-lots-sheet, html.on-paper").count() == 0


@pytest.mark.parametrize("landscape", [True, False], ids=["broad", "upright"])
def test_the_sheet_of_a_lot_is_one_page_with_its_map_and_legend(opened, tmp_path, landscape):
    page = opened("pingshan", f"#lot={LOT}&lang=zh")
    before = page.evaluate("[pingshanGeo.page.map.getZoom(), location.hash]")
    _, pages = printed(page, tmp_path, landscape=landscape)
    text = "".join(pages[0].split())
    assert len(pages) == 1
    for part in (
        LOT,
        "106,000",
        "用地性质",
        "M0新型产业用地",
        "示意轮廓，非测绘成果",
        "EPSG:4490",
        "1/1",
    ):
        assert part in text
    assert page.evaluate("[pingshanGeo.page.map.getZoom(), location.hash]") == before


def test_an_approval_number_and_a_hostile_title_stand_in_the_margin_as_text(opened, tmp_path):
    page = opened("hostile")
    page.evaluate("pingshanGeo.page.data.page.notice = ['Map approval no. 粤S(2024)1', '审图号']")
    _, pages = printed(page, tmp_path, landscape=True)
    margins = ["".join(text.split()) for text in pages]
    assert all("Mapapprovalno.粤S(2024)1" in text for text in margins), margins[-1][-600:]
    assert all("{{7*7}}{%x%}{#x#}</script>" in text for text in margins), margins[-1][-600:]


def test_what_is_assumed_is_marked_on_paper_and_an_open_drawer_is_printed(opened, tmp_path):
    page = opened("pingshan", f"#lot={LOT}&drawer=sources&scenario=drop={LOT}")
    marked = page.locator(".scenario-mark b").inner_text()
    _, pages = printed(page, tmp_path, landscape=False)
    assert marked
    assert marked in pages[0]
    assert "Publisher" in " ".join(" ".join(pages[1:]).split())
