"""Texts that are made a column at a time are those that Python makes cell by cell."""

import json
import math

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pingshan_geo.cells import arrow_column, csv_bytes, csv_cells, csv_rows, joined, json_values

NUMBERS = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.lists(st.none() | st.text(st.characters(codec="utf-8") | st.sampled_from("\"',\n=＝\t")))


@given(NUMBERS)
@example([0.0, -0.0, 1e10, 9999999999.5, 1e-4, 9.9999e-5, 106000.0, 1e16, 5e-324, -1e22, None])
def test_numbers_are_printed_as_python_prints_them(numbers: list[float | None]) -> None:
    column = pa.array(numbers, pa.float64())
    known = [None if number is None else repr(number) for number in numbers]
    assert csv_cells(column).to_pylist() == known
    assert json_values(column).to_pylist() == known


@given(TEXTS, st.integers(0, 3))
@example(["=1+1", "a\rb", "", None, 'x"y', "\\", "\x01", "\x7f", "坪山", "＝1", "－"], 0)
def test_texts_are_quoted_and_guarded_as_cell_by_cell(texts: list[str | None], cut: int) -> None:
    whole = pa.array(texts, pa.string())
    for column in (whole, whole.cast(pa.large_string()), whole.dictionary_encode()):
        part = column.slice(cut)
        cells = [
            None if text is None else b"".join(csv_bytes([[text, None]])).decode()[:-2]
            for text in texts[cut:]
        ]
        values = [
            None if text is None else json.dumps(text, ensure_ascii=False) for text in texts[cut:]
        ]
        assert csv_cells(part).to_pylist() == cells
        assert json_values(part).to_pylist() == values


def test_truth_values_and_whole_numbers_have_the_words_of_each_format() -> None:
    flags, counts = pa.array([True, None, False]), pa.array([1, None, -2])
    assert csv_cells(flags).to_pylist() == ["True", None, "False"]
    assert json_values(flags).to_pylist() == ["true", None, "false"]
    assert csv_cells(counts).to_pylist() == json_values(counts).to_pylist() == ["1", None, "-2"]


def test_an_infinite_number_is_no_json() -> None:
    with pytest.raises(ValueError, match="infinite"):
        json_values(pa.array([1.0, math.inf]))


def test_a_column_of_several_kinds_becomes_texts() -> None:
    mixed = pd.Series([1.5, "a", None, True], dtype=object)
    assert arrow_column(mixed).to_pylist() == ["1.5", "a", None, "True"]


def test_rows_without_a_column_have_an_empty_cell() -> None:
    table = pd.DataFrame({"b": ["x", None], "kind": pd.Categorical(["p", "p"])})
    assert b"".join(csv_rows(table, ["a", "kind", "b", "c", "d"])) == b",p,x,,\n,p,,,\n"


@pytest.mark.parametrize("rows", [[("a", 1.5)] * 3, [("", None)] * 2, [("", 0.0), ("b", 0.0)], []])
def test_rows_that_are_alike_are_all_written(rows: list[tuple[str, float | None]]) -> None:
    table = pd.DataFrame(rows, columns=["id", "far"])
    known = "".join(f"{name},{'' if far is None else far}\n" for name, far in rows)
    assert b"".join(csv_rows(table, ["id", "far"])) == known.encode()


def test_what_is_missing_is_named_once_a_cell() -> None:
    assert joined(["[", pa.array(["1", None]), "]"], "null") == b"[1][null]"
