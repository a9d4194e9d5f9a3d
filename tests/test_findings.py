"""Findings: every code is used, worded in both languages, and safe with any text."""

from __future__ import annotations

import ast
import re
from functools import partial
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pingshan_geo
from pingshan_geo.findings import (
    MOST_OF_A_CODE,
    SEVERITIES,
    Few,
    Finding,
    codes,
    in_order,
    joined_few,
    printable,
    shortened,
)

SOURCE = "\n".join(
    path.read_text("utf-8") for path in sorted(Path(pingshan_geo.__file__).parent.rglob("*.py"))
)
HOSTILE = [
    "{{7*7}}", "{% x %}", "{# x #}", "{value}", "{", "}", "{0}", "{subject.__class__}", "%s",
    "</script><script>alert(1)</script>", "${x}", "`x`", "\u2028",
]  # fmt: skip


def fields(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_the_table_holds_exactly_the_codes_that_are_given():
    given_codes = set(re.findall(r'(?:Finding|report)\(\s*"([a-z]+(?:-[a-z]+)+)"', SOURCE))
    assert len(given_codes) > 25
    assert given_codes - set(codes()) == set()
    assert [code for code in codes() if f'"{code}"' not in SOURCE] == []


def test_the_programs_own_details_are_given_in_both_languages():
    """A bare text as a reason is one that a library gave."""
    told = {"reason", "reasons", "expected", "nearest"}
    values = []
    for node in ast.walk(ast.parse(SOURCE.replace("from __future__ import annotations\n", ""))):
        match node:
            case ast.Dict(keys, dict_values):
                pairs = zip(keys, dict_values, strict=True)
                values += [v for k, v in pairs if isinstance(k, ast.Constant) and k.value in told]
            case ast.keyword(arg, value) if arg in told:
                values.append(value)
            case ast.Assign([ast.Name(name)], value) if name in told:
                values.append(value)
    assert len(values) > 25
    bare = [ast.unparse(v) for v in values if isinstance(v, (ast.Constant, ast.JoinedStr))]
    assert bare == []


def test_both_languages_name_the_same_parts_and_say_what_to_do():
    for code in codes().values():
        assert code.severity in SEVERITIES
        assert all((*code.message, *code.fix))
        assert fields(code.message.en) == fields(code.message.zh)
        assert fields(code.fix.en) == fields(code.fix.zh)
        texts = (*code.message, *code.fix)
        assert all(name.isidentifier() for text in texts for name in fields(text))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_text_from_data_comes_out_letter_for_letter(text, lang):
    for code, wording in codes().items():
        message, fix = wording.message.get(lang), wording.fix.get(lang)
        named = (fields(message) | fields(fix)) - {"subject", "field", "value"}
        finding = Finding(code, text, "a.csv", 2, text, text, dict.fromkeys(named, text))
        for template, filled in ((message, finding.message(lang)), (fix, finding.fix(lang))):
            assert filled == re.sub(r"\{\w+\}", lambda _: text, template)


def test_the_place_names_file_row_and_field():
    assert Finding("missing-id", file="facts.csv", row=12, field="value").place() == (
        "facts.csv:12 value"
    )
    assert Finding("not-drawn", "lot-1").place() == "lot-1"
    assert Finding("not-a-number", field="value").message().startswith("value is —")


def test_the_document_of_a_finding_has_the_contracts_members():
    document = Finding("not-a-number", None, "facts.csv", 3, "value", "x" * 300).to_dict("zh")
    assert set(document) == {
        "severity", "code", "subject", "file", "field", "row", "value", "message", "fix",
        "related",
    }  # fmt: skip
    assert document["severity"] == "error"
    assert document["value"].endswith("……（另有 100 个字符）")


def test_a_line_is_one_line_whatever_the_value_holds():
    line = Finding(
        "not-a-number", file="a\nb.csv", field="value", value="1\r\n\x1b[31m\u202e"
    ).line()
    assert line.isprintable()
    assert "\\u000d\\u000a\\u001b[31m\\u202e" in line


@given(st.text())
def test_printable_text_can_always_be_written(text):
    printable(text).encode("utf-8")


def test_findings_stand_in_order_each_once():
    late, early = (Finding("missing-id", file="a.csv", row=row, field="x") for row in (10, 9))
    info = Finding("not-drawn", "lot")
    assert in_order([info, late, early, late]) == (early, late, info)


def test_short_text_is_kept_and_long_text_counted():
    assert shortened("坪山") == "坪山"
    assert shortened("x" * 201) == "x" * 200 + "… (1 more characters)"


def test_the_first_findings_of_parts_are_listed_and_all_are_counted():
    def part(first, size):
        found = [Finding("not-drawn", f"lot-{lot}") for lot in range(first, first + size)]
        return {"report far": Few(partial(iter, found), size)}

    *told, more = joined_few([part(0, MOST_OF_A_CODE - 1), part(5000, 3), part(9000, 0)])
    assert [each.subject for each in told[-2:]] == [f"lot-{MOST_OF_A_CODE - 2}", "lot-5000"]
    assert len(told) == MOST_OF_A_CODE
    assert (more.code, more.value, more.details["where"]) == ("more-errors", "2", "report far")
