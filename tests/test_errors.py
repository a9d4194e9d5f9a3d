"""Errors: told in both languages, wherever they are raised."""

from __future__ import annotations

import ast
import copy
import pickle
from pathlib import Path

import pytest

import pingshan_geo
from pingshan_geo.errors import InputError, OutputError, UsageError
from pingshan_geo.findings import Finding

SOURCE = Path(pingshan_geo.__file__).parent
NAMES = {"PingshanGeoError", "UsageError", "OutputError"}
CALLS = [
    (f"{path.relative_to(SOURCE)}:{node.lineno}", node)
    for path in sorted(SOURCE.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES
]


def letters(node):
    """Return all text that stands in an expression, without the values put into it."""
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return "".join(part for part in parts if isinstance(part, str))


def is_chinese(text):
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def test_every_message_is_given_in_english_and_in_chinese():
    assert len(CALLS) > 40
    for place, call in CALLS:
        assert len(call.args) == 2, place
        english, chinese = call.args
        assert letters(english).strip(), place
        assert not is_chinese(letters(english)), place
        assert is_chinese(letters(chinese)), place


@pytest.mark.parametrize("kind", [UsageError, OutputError])
def test_an_error_is_english_in_a_traceback_and_tells_both(kind):
    error = pickle.loads(pickle.dumps(kind("wrong", "有误")))  # noqa: S301 -- made here
    assert (str(error), error.message(), error.message("zh")) == ("wrong", "wrong", "有误")


def test_bad_input_is_told_a_line_for_each_finding_in_the_language():
    found = [Finding("missing-id", file="a.csv", row=row, field="lot_id") for row in (2, 3)]
    error = InputError(found)
    copied = copy.deepcopy(error)  # as other processes give it back
    assert (copied.findings, str(copied)) == (error.findings, str(error))
    assert error.findings == tuple(found)
    for lang in ("en", "zh"):
        assert error.message(lang).splitlines() == [each.line(lang) for each in found]
    assert str(error) == error.message("en")
