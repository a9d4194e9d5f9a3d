"""The wide table is the same in CSV and Parquet, with types in the latter."""

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pingshan_geo import assess, load_catalogue, report
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.report import wide


def test_parquet_holds_the_cells_of_csv_with_their_types() -> None:
    chosen = report.select(assess(load_catalogue()))
    table = pq.read_table(io.BytesIO(report.render(chosen, "parquet")))
    text = report.render(chosen, "csv").decode()
    cells = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    assert table.column_names == list(cells)
    for name in table.column_names:
        values = table[name].to_pylist()
        if pa.types.is_floating(table[name].type):
            printed = ["" if value is None else repr(value) for value in values]
        else:
            printed = ["" if value is None else str(value) for value in values]
        bare = [cell.removeprefix("'") for cell in cells[name]]
        assert [value.removeprefix("'") for value in printed] == bare, name
    kinds = dict(zip(table.column_names, table.schema.types, strict=True))
    assert kinds["far"] == pa.float64()
    assert kinds["id"] == pa.string()
    assert pa.types.is_dictionary(kinds["far_status"])


def test_a_column_that_kinds_hold_differently_is_text() -> None:
    tables = {
        "a": Parts.of(pd.DataFrame({"x": [1.5], "y": pd.Categorical(["p"]), "z": [True]})),
        "b": Parts.of(pd.DataFrame({"x": ["far"], "y": pd.Categorical(["q"])})),
    }
    table = pq.read_table(io.BytesIO(b"".join(wide.parquet_table(tables))))
    assert table.to_pydict() == {"x": ["1.5", "far"], "y": ["p", "q"], "z": [True, None]}


def test_blocks_of_rows_make_the_same_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {
        "a": Parts.of(pd.DataFrame({"x": [1.5, None, 2.0], "y": pd.Categorical(["p", None, "q"])})),
        "b": Parts.of(pd.DataFrame({"y": pd.Categorical(["q"]), "w": ["=1"]})),
    }
    whole = b"".join(wide.csv_table(tables))
    assert whole == b"x,y,w\n1.5,p,\n,,\n2.0,q,\n,q,'=1\n"
    monkeypatch.setattr(wide, "_ROWS", 1)
    monkeypatch.setattr(wide, "_GROUP", 1)
    assert b"".join(wide.csv_table(tables)) == whole
    table = pq.read_table(io.BytesIO(b"".join(wide.parquet_table(tables))))
    assert table.to_pydict() == {
        "x": [1.5, None, 2.0, None], "y": ["p", None, "q", "q"], "w": [None, None, None, "=1"],
    }  # fmt: skip
