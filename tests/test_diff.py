"""The command diff: each format, what it says, and when it ends with status 1."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import click
import pytest
from click.testing import CliRunner
from tests.conftest import Small

from pingshan_geo.cli import Session
from pingshan_geo.cli.compare import diff
from pingshan_geo.errors import InputError, UsageError

SQUARE = [[114.001, 22.001], [114.003, 22.001], [114.003, 22.002], [114.001, 22.002]]
HALF = [[114.001, 22.001], [114.002, 22.001], [114.002, 22.002], [114.001, 22.002]]


@pytest.fixture
def two(tmp_path):
    made = Small(tmp_path / "before"), Small(tmp_path / "after")
    for small, ring in zip(made, (SQUARE, HALF), strict=True):
        small.put("parcels", 0, geometry=[[*ring, ring[0]]], geometry_status="surveyed")
    return made


def run(two, *words, lang="en"):
    paths = [str(each.path if isinstance(each, Small) else each) for each in two]
    done = CliRunner().invoke(
        diff, [*paths, *words], obj=Session(None, lang), standalone_mode=False
    )
    if done.exception is not None:
        raise done.exception
    return done


def test_nothing_changed_is_one_line(two):
    done = run((two[0], two[0]))
    assert (done.stdout, done.return_value) == ("Nothing differs.\n", 0)
    assert run((two[0], two[0]), lang="zh").stdout == "没有差异。\n"
    md = run((two[0], two[0]), "--format", "md").stdout
    assert "Nothing differs." in md


def test_differences_alone_end_with_status_0_and_are_told_with_the_reason(two):
    two[1].put("facts", 1, value="5.0", printed="5.0 ha")
    done = run(two, "--format", "md")
    assert done.return_value == 0
    rate = next(
        line for line in done.stdout.splitlines() if "completion\\_rate\\_itemised/" in line
    )
    # Once: in the column of differences, since one change does all of it.
    assert "| +20 points | because fact f2 was changed (value: 4.0 → 5.0; printed: " in rate
    assert rate.count("+20 points") == 1
    assert "| Lot lot-1 was reshaped | 22,86" in done.stdout  # 1 143 385 m² / 50


def test_where_two_changes_have_a_part_each_tells_its_own(two):
    two[1].put("facts", 1, value="5.0", printed="5.0 ha")
    two[1].put("facts", 2, value="90000", printed="90 000 m²")
    said = run(two, "--format", "md").stdout
    far = next(line for line in said.splitlines() if "far/lot-1 |" in line)
    # 80 000 m² on 4 ha is 2.0, 80 000 on 5 ha 1.6, 90 000 on 4 ha 2.25, 90 000 on 5 ha 1.8.
    assert "| −0.2 | −0.4 because fact f2 was changed (value: 4.0 → 5.0; " in far
    assert "; +0.25 because fact f3 was changed (value: 80000 → 90000; " in far
    assert "; −0.05 together" in far


def test_a_cell_that_was_empty_and_more_than_two_cells_are_told_briefly(two):
    two[1].put("facts", 1, value="5.0", printed="5.0 ha", note_en="measured again")
    changes = json.loads(run(two, "--format", "json").stdout)["changes"]
    said = next(each["text"] for each in changes if each["before"] == ["f2"])
    cells = "value: 4.0 → 5.0; printed: 4.0 ha → 5.0 ha; +1"
    assert said == f"fact f2 was changed ({cells})"
    two[1].put("facts", 1, value="4.0", printed="4.0 ha")
    changes = json.loads(run(two, "--format", "json", lang="zh").stdout)["changes"]
    said = next(each["text"] for each in changes if each["before"] == ["f2"])
    assert said == "事实 f2 有修改（note_en: — → measured again）"


def test_json_holds_catalogues_rows_parcels_and_figures_that_add_up(two):
    two[1].put("facts", 1, value="5.0", printed="5.0 ha")
    told = json.loads(run(two, "--format", "json").stdout)
    assert told["schema_version"] == "1.0"
    assert {"id", "as_of", "sha256"} <= set(told["before"])
    assert told["before"]["sha256"] != told["after"]["sha256"]
    assert told["rows"] == [
        {"table": "facts", "id": "f2", "kind": "changed", "cells": [
            {"field": "value", "old": "4.0", "new": "5.0"},
            {"field": "printed", "old": "4.0 ha", "new": "5.0 ha"},
        ]}
    ]  # fmt: skip
    (outline,) = told["parcels"]
    assert (outline["kind"], outline["in_common"]) == ("reshaped", pytest.approx(0.5, rel=1e-5))
    for each in told["figures"]:
        if each["difference"] is not None:
            parts = sum(part["difference"] or 0 for part in each["contributions"])
            assert parts + each["leftover"] == pytest.approx(each["difference"], abs=1e-9)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "style"}]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_draws_both_outlines_and_asks_for_nothing(two, tmp_path, lang):
    file = tmp_path / "diff.html"
    assert run(two, "--format", "html", "-o", str(file), lang=lang).stdout == ""
    text = file.read_text("utf-8")
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert page.addresses == []
    assert "default-src 'none'" in text
    assert text.count('class="before"') == text.count('class="after"') == 1
    assert page.tags.count("svg") == 2  # the overview and the lot
    assert re.search(r">\d+ m</text>", text)
    assert ("之前：虚线" in text) == (lang == "zh")


@pytest.mark.parametrize("form", ["md", "html", "table"])
def test_text_from_data_stays_text(two, form):
    evil = "<script>alert(1)</script>|**b** [x](y) \x1b[31m {lang} &amp;"
    two[1].put("auctions", 0, buyer=evil)
    said = run(two, "--format", form).stdout
    assert "\x1b" not in said
    if form == "html":
        assert "<script" not in said
        assert "&lt;script&gt;" in said
    if form == "md":
        assert "\\<script\\>" in said
        assert "\\|\\*\\*b\\*\\*" in said


def test_same_input_same_bytes(two):
    for form in ("json", "md", "html", "table"):
        assert run(two, "--format", form).stdout_bytes == run(two, "--format", form).stdout_bytes


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ("far/lot-1=0.41", 0),
        ("far/lot-1=0.4", 0),  # 80 000 / 50 000 instead of 80 000 / 40 000: exactly that
        ("far/lot-1=0.39", 1),
        ("recorded_area/town=0", 0),
        ("far/works=1", 1),  # unknown on both sides
        ("price/sale-2=0", 1),
        ("measured_area/lot-1=20000", 0),
    ],
)
def test_a_gate_is_met_only_within_the_limit(two, limit, status):
    two[1].put("facts", 1, value="5.0", printed="5.0 ha")
    done = run(two, "--fail-over", limit)
    assert done.return_value == status
    assert (limit.split("=")[0] in done.stderr) == bool(status)


def test_a_figure_that_goes_fails_the_gate(two):
    two[1].rows["auctions"].pop(0)
    two[1].save()
    assert run(two, "--fail-over", "price/sale-1=1e9").return_value == 1


@pytest.mark.parametrize(
    "limit", ["far/lot-11=1", "far/lot-1", "far/lot-1=x", "far/lot-1=-1", "=1"]
)
def test_a_wrong_limit_is_wrong_usage(two, limit):
    with pytest.raises(UsageError) as caught:
        run(two, "--fail-over", limit)
    assert limit != "far/lot-11=1" or "far/lot-1" in str(caught.value)


def test_a_missing_catalogue_and_an_unknown_format_are_told_apart(two, tmp_path):
    with pytest.raises(InputError):
        run((two[0], tmp_path / "no"))
    with pytest.raises(InputError):
        run((two[0], tmp_path / "no.zip"))
    with pytest.raises(click.UsageError):
        run(two, "--format", "pdf")


def test_an_as_of_before_the_change_sees_no_change_of_figures(two):
    two[1].put("auctions", 0, price_yuan="2000000")
    told = json.loads(run(two, "--format", "json", "--as-of", "2019").stdout)
    assert "price/sale-1" not in {each["id"] for each in told["figures"]}
    assert told["after"]["as_of"] == "2019-12-31"
    assert [row["id"] for row in told["rows"]] == ["sale-1"]
