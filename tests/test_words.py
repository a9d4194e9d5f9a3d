"""The tables of words, units and land uses are whole in both languages."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from pingshan_geo.catalogue.schema import (
    AREA_BASES,
    CLASSES,
    EDITIONS,
    GEOMETRY_STATUSES,
    KINDS,
    LAND_USE_STANDARDS,
    MODES,
    STAGES,
)
from pingshan_geo.figure import QUALIFIERS, STATUSES
from pingshan_geo.findings import SEVERITIES
from pingshan_geo.measures.limits import VERDICTS
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.units import UNITS
from pingshan_geo.words import LANGUAGES, Text, land_use, land_uses, text, word, words


def table(name):
    with (files("pingshan_geo") / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


@pytest.mark.parametrize("name", ["words.csv", "findings.csv", "land_use.csv"])
def test_every_row_has_as_many_cells_as_the_heading(name):
    for row in table(name):
        assert None not in row, row
        assert None not in row.values(), row


def test_every_word_stands_once_in_both_languages_with_the_same_parts():
    rows = table("words.csv")
    assert len({row["key"] for row in rows}) == len(rows)
    for row in rows:
        assert row["en"].strip(), row
        assert row["zh"].strip(), row
        assert bool(row["definition_en"]) == bool(row["definition_zh"]), row
        parts = [set(re.findall(r"\{\w+\}", row[lang])) for lang in LANGUAGES]
        assert parts[0] == parts[1], row


def test_every_measure_has_a_label_and_says_how_it_is_made():
    for measure in MEASURES.values():
        assert "_" not in measure.label.en + measure.label.zh
        assert all(len(method) > 4 for method in measure.method), measure.name
        assert re.search("[\u4e00-\u9fff]", measure.label.zh + measure.method.zh)


def test_every_code_of_a_closed_list_has_a_word():
    closed = [STATUSES, QUALIFIERS, SEVERITIES, GEOMETRY_STATUSES, MODES, CLASSES, STAGES, KINDS]
    closed += [EDITIONS, VERDICTS]
    closed.append(tuple(basis for basis in AREA_BASES if basis != "parcel"))
    assert [key for keys in closed for key in keys if key not in words()] == []


def test_a_key_without_a_word_stands_for_itself():
    assert text("no-such-key") == Text("no-such-key", "no-such-key")
    assert word("far", "zh") == "容积率"
    assert Text("", "坪山").get("en") == Text("坪山", "").get("zh") == "坪山"


def test_every_unit_that_is_shown_has_both_spellings():
    assert all(bool(unit.en) == bool(unit.zh) for unit in UNITS.values())


def test_land_uses_have_names_and_a_colour():
    for use in land_uses().values():
        assert use.standard in LAND_USE_STANDARDS
        assert re.fullmatch("#[0-9A-Fa-f]{6}", use.colour)
        assert use.name.en
        assert use.name.zh


@pytest.mark.parametrize(
    ("standard", "code", "found"),
    [
        ("shenzhen", "M1", "M1"), ("mnr-2023", "07010299", "070102"), ("shenzhen", "?", None),
        (None, "M1", None), ("shenzhen", None, None), ("shenzhen", "", None), ("mars", "M1", None),
    ],
)  # fmt: skip
def test_a_longer_code_takes_the_colour_of_its_parent(standard, code, found):
    use = land_use(standard, code)
    assert (use.code if use else None) == found
