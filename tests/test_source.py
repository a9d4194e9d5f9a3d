"""A source read again: each difference is told by its code, and nothing else is."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pingshan_geo import load_catalogue
from pingshan_geo.audit.document import Document, counted_sentences, read_document
from pingshan_geo.audit.matching import matched, spots_of
from pingshan_geo.audit.source import check_source
from pingshan_geo.audit.statements import statements_of
from pingshan_geo.errors import UsageError
from pingshan_geo.report.source import document_of_source, source_table

ROOT = Path(__file__).parents[1]
ARTICLE = ROOT.parent / "shared" / "source" / "pingshan-2017-article.txt"
#: A page that prints what the shipped catalogue holds from this source, in our own words.
PAGE = "2020年12月30日，G13113-8024宗地以1.04亿元成交，土地面积2.75万平方米，总建筑面积11万平方米。"


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


def checked(catalogue, *paragraphs, source="yiyao-2020", sha256=""):
    document = Document("page.txt", "text", sha256, counted_sentences(paragraphs))
    return check_source(catalogue, source, document)


def told(check):
    return {
        (f.code, f.details["id"]) for f in check.findings if f.severity != "info"
    }  # fmt: skip


def test_a_page_that_says_what_is_held_has_no_mismatch(catalogue):
    check = checked(catalogue, PAGE)
    statuses = {each.statement.id: each.status for each in check.checked}
    assert statuses == {
        "e040": "found", "e041": "found", "e042": "found", "zhongcheng-2020": "other_notation",
    }  # fmt: skip
    assert not check.mismatches
    assert check.unheld == ()
    assert all(each.searched for each in check.checked)


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ("2.75万平方米", "2.78万平方米", {("source-missing", "e040")}),
        ("2.75万平方米", "2.75平方米", {("source-unit", "e040")}),
        ("2.75万", "约2.75万", {("source-qualifier", "e040")}),
        ("土地面积", "建设用地面积", {("source-basis", "e040")}),
        ("总建筑面积", "计容建筑面积", {("source-basis", "e041")}),
        ("2020年12月30日", "2019年12月30日",
         {("source-year", "e040"), ("source-year", "e041"), ("source-year", "e042")}),
        ("，土地面积2.75万平方米", "", {("source-missing", "e040")}),
    ],
)  # fmt: skip
def test_a_changed_page_is_told_by_the_right_code(catalogue, old, new, right):
    check = checked(catalogue, PAGE.replace(old, new, 1))
    assert told(check) == right
    assert check.mismatches


def test_what_differs_is_named_by_the_value_that_the_catalogue_holds(catalogue):
    page = PAGE.replace("2.75万", "约2.75万", 1).replace("土地面积", "建设用地面积", 1)
    found = {
        f.code: f.value for f in checked(catalogue, page).findings if f.details["id"] == "e040"
    }
    assert found == {"source-qualifier": "printed", "source-basis": "total_land"}


def test_other_notations_are_the_same_number(catalogue):
    page = PAGE.replace("2.75万平方米", "２７,５００㎡").replace("1.04亿元", "10400万元")
    check = checked(catalogue, page)
    assert not check.mismatches
    assert {f.code for f in check.findings} == {"source-notation"}


def test_a_number_that_nothing_holds_is_listed_and_is_no_mismatch(catalogue):
    check = checked(catalogue, PAGE, "另有储备用地7公顷。")
    ((sentence, (number,)),) = check.unheld
    assert (sentence.locator, number.printed) == ("P2 S1", "7公顷")
    assert not check.mismatches


def test_another_file_than_the_stored_one_is_told(catalogue):
    check = checked(catalogue, "x", source="laplace-2017-article", sha256="0" * 64)
    assert "source-digest" in {f.code for f in check.findings}


def test_an_unknown_source_is_a_wrong_word(catalogue):
    with pytest.raises(UsageError, match="yiyao-2020"):
        checked(catalogue, "x", source="yiyao-2021")


def test_table_and_document_are_in_both_languages(catalogue):
    check = checked(catalogue, PAGE.replace("2.75万平方米", "2.78万平方米"))
    for lang in ("en", "zh"):
        assert "2.78万平方米" in source_table(check, lang)
        document = document_of_source(check, lang)
        assert json.loads(json.dumps(document))["mismatches"] is True
    assert {s["status"] for s in document["statements"]} == {"found", "missing", "other_notation"}


SHARE = "2018年3月15日，建筑面积{}50%无偿移交。"


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("不少于", set()),
        ("不低于", set()),
        ("超过", set()),
        ("", {("source-qualifier", "e036")}),
        ("约", {("source-qualifier", "e036"), ("source-qualifier", "ev-lab-a-handover"),
                ("source-qualifier", "ev-lab-b-handover")}),
    ],
)  # fmt: skip
def test_one_share_asked_of_two_lots_is_held_three_times(catalogue, words, right):
    check = checked(catalogue, SHARE.format(words), source="cnestate-2018")
    share = {"e036", "ev-lab-a-handover", "ev-lab-b-handover"}
    found = {each.statement.id for each in check.checked if each.status == "found"}
    assert found == share
    assert {pair for pair in told(check) if pair[1] in share} == right
    assert check.unheld == ()


def test_a_fall_in_the_place_of_a_rise_is_a_change(catalogue):
    (one,) = [s for s in statements_of(catalogue, "cnestate-2018") if s.id == "e036"]
    for text in ("移交-50%，另有14%。", "移交下降50%，另有14%。", "移交负百分之五十，另有14%。"):
        document = Document("a.txt", "text", "", counted_sentences([text]))
        placed = replace(one, locator="P1 S1", places=((1, 1),))
        matches, _ = matched([placed], spots_of(document))
        assert matches[0].status == "changed"
        assert matches[0].spot.number.value == -50


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article is not here")
def test_the_article_prints_all_that_is_said_to_come_from_it(catalogue):
    check = check_source(catalogue, "laplace-2017-article", read_document(ARTICLE))
    assert {each.status for each in check.checked} == {"found"}
    assert not check.mismatches


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article is not here")
@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ("106,000", "160,000", ("source-changed", "s022")),
        ("51.6 square kilometers", "51.6 hectares", ("source-unit", "s001")),
        ("19.6%", "-19.6%", ("source-changed", "s080")),
        ("about 240%", "240%", ("source-qualifier", "s038")),
        ("more than 10 square", "10 square", ("source-qualifier", "industrial-land-integration")),
    ],
)  # fmt: skip
def test_a_lie_in_the_article_is_told(catalogue, tmp_path, old, new, right):
    path = tmp_path / "a.txt"
    path.write_text(ARTICLE.read_text("utf-8").replace(old, new, 1), "utf-8")
    check = check_source(catalogue, "laplace-2017-article", read_document(path))
    without = replace(check, findings=tuple(f for f in check.findings if "id" in f.details))
    assert told(without) == {right}


def test_planted_lies_are_told_and_a_clean_scene_is_silent():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        spec = importlib.util.spec_from_file_location(
            "source_rates", ROOT / "benchmarks" / "source_rates.py"
        )
        rates = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(rates)
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    for lie, *_, missed, false in rates.of_seed(3):
        assert (missed, false) == ((), ()), lie
