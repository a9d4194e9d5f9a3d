"""The tornado: bars to scale, texts that cannot break it, words where nothing is known."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from pingshan_geo import assess, load_catalogue
from pingshan_geo.audit.sensitivity import sensitivities
from pingshan_geo.report.tornado import MOST_BARS, tornado_svg
from pingshan_geo.words import Text

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def told():
    names = (
        "far/G13113-8014", "completion_rate_itemised/industrial-land-2017",
        "site_area_total/pingshan-district", "far/pingshan-innovation-plaza",
    )  # fmt: skip
    return list(sensitivities(assess(load_catalogue()), names).values())


def drawn(result, lang="en"):
    return ElementTree.fromstring(tornado_svg(result, lang))  # noqa: S314 -- our own


def bars(root):
    return [float(each.get("width")) for each in root.iter(f"{SVG}rect")]


def test_bars_are_as_long_as_the_changes_are_large(told):
    far = told[0]
    root = drawn(far)
    inputs = [each for each in far.changes if each.kind == "input"]
    sizes = [abs(o.value - far.figure.value) for each in inputs for o in each.outcomes]
    wide = bars(root)
    assert wide[0] / wide[1] == pytest.approx(sizes[0] / sizes[1], rel=1e-2)
    assert len(wide) == len(sizes)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text.startswith("floor area ratio, G13113-8014")
    assert root.find(f"{SVG}desc").text


def test_what_gets_unknown_is_a_word_and_no_bar(told):
    # Without the one row whose area is printed the itemised rate is unknown.
    texts = [each.text for each in drawn(told[1]).iter(f"{SVG}text")]
    assert "unknown" in texts
    assert "未知" in [each.text for each in drawn(told[1], "zh").iter(f"{SVG}text")]


def test_the_base_line_and_the_threshold_are_named(told):
    texts = [each.text for each in drawn(told[1]).iter(f"{SVG}text")]
    assert "as it is 111.6 %" in texts
    assert "← threshold 100 %" in texts  # far beyond the bars


def test_a_threshold_within_reach_is_a_line_to_scale(told):
    near = replace(told[1], threshold=1.11)
    lines = list(drawn(near).iter(f"{SVG}line"))
    assert len(lines) == 2
    assert float(lines[1].get("x1")) < float(lines[0].get("x1"))


def test_texts_are_escaped_and_a_long_one_is_cut_with_its_whole_in_the_title(told):
    nasty = '<script>alert("x")</script> & \x00\x1f]]> ' + "长" * 60
    first = replace(told[0].changes[0], label=Text(nasty, nasty))
    result = replace(told[0], changes=(first,))
    source = tornado_svg(result)
    assert "<script" not in source
    root = ElementTree.fromstring(source)  # noqa: S314 -- our own
    group = root.find(f"{SVG}g")
    assert "长" * 60 in group.find(f"{SVG}title").text
    assert group.find(f"{SVG}text").text.endswith("…")


def test_nothing_to_move_is_no_picture(told):
    assert tornado_svg(told[3]) is None
    assert tornado_svg(replace(told[0], changes=())) is None


def test_of_many_changes_the_largest_are_drawn_and_how_many_more_is_said(told):
    total = told[2]
    root = drawn(total)
    assert len(list(root.iter(f"{SVG}g"))) == MOST_BARS
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert f"and {len(total.changes) - MOST_BARS} more" in texts


def test_the_picture_has_neither_script_nor_style_that_a_strict_page_would_block(told):
    source = tornado_svg(told[0])
    assert not re.search(r"<script|<style|style=|\bon\w+=|href", source)
