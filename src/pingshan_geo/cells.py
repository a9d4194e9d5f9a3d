"""Cells of CSV, of workbooks and of JSON: row by row, or of whole columns at once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pingshan_geo.errors import OutputError

if TYPE_CHECKING:  # pyarrow is imported where it is needed
    import pandas as pd
    import pyarrow as pa

#: What begins a formula in one spreadsheet or another, and the sign that stands before it.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
# What a sheet can hold; XlsxWriter would cut or drop the rest in silence.
_MOST_CHARACTERS, _MOST_ROWS = 32_767, 1_048_576
#: Rows whose texts stand in the processor's own memory while they are made.
AT_ONCE = 4_000
# Arrow prints these sizes in a way of its own; in between only ".0" is missing.
_SMALL, _LARGE = 1e-4, 1e10


def csv_bytes(rows: Iterable[Iterable[str | float | Decimal | bool | None]]) -> Iterator[bytes]:
    r"""Yield the lines of a CSV file: UTF-8, LF, no cell that a spreadsheet would calculate.

    Parameters
    ----------
    rows : iterable of iterables
        Texts, numbers and truth values at full precision; None is an empty cell.

    Notes
    -----
    A text that begins with one of ``= + - @ '``, their full-width forms, a tab or a line break
    gets one ``'`` before it; whoever reads the file takes it away.

    Examples
    --------
    >>> b"".join(csv_bytes([["id", "far"], ["=1+1", 4.5], ["a", None]]))
    b"id,far\n'=1+1,4.5\na,\n"
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow(
            f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
            for cell in row
        )
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def workbook(sheets: Iterable[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]) -> bytes:
    """Return an Excel workbook in which texts are texts: none is a formula or a link.

    Parameters
    ----------
    sheets : iterable of tuples
        Title, headings, and columns: texts, numbers and truth values at full precision; None is
        an empty cell. The same sheets give the same bytes.

    Raises
    ------
    OutputError
        If a text or a table is larger than a workbook can hold.
    """
    import xlsxwriter

    file = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, settings) as book:
        # The date of creation is fixed: no clock in what is written.
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for title, headings, columns in sheets:
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 2)
            if headings:
                sheet.autofilter(0, 0, len(columns[0]), len(headings) - 1)
            for column, (heading, values) in enumerate(zip(headings, columns, strict=True)):
                _check_room(title, heading, values)
                sheet.write_string(0, column, heading, bold)
                sheet.set_column(column, column, 24 if str in set(map(type, values)) else 16)
                for row, value in enumerate(values, start=1):
                    if isinstance(value, str):
                        sheet.write_string(row, column, value)
                    elif isinstance(value, bool):
                        sheet.write_boolean(row, column, value)
                    elif value is not None:
                        sheet.write_number(row, column, value)
    return file.getvalue()


def _check_room(title: str, heading: str, values: Sequence[Any]) -> None:
    if len(values) >= _MOST_ROWS:
        raise OutputError(
            f"{title}: {len(values):,} rows are more than a sheet holds; write .csv",
            f"{title}：共 {len(values):,} 行，超出工作表容量，请写成 .csv",
        )
    for row, value in enumerate(values, start=1):
        if isinstance(value, str) and len(value) > _MOST_CHARACTERS:
            raise OutputError(
                f"{title}, row {row}, {heading}: {len(value):,} characters are more than a "
                f"cell holds ({_MOST_CHARACTERS:,}); write .csv",
                f"{title}，第 {row} 行，{heading}：共 {len(value):,} 个字符，超出单元格容量"
                f"（{_MOST_CHARACTERS:,}），请写成 .csv",
            )


def arrow_column(column: pd.Series[Any]) -> pa.Array:
    """Return a column as numbers, truth values, texts or categories of texts of Arrow.

    Unknown (NaN, None) is null. A column of several kinds of things becomes texts.

    Examples
    --------
    >>> import pandas as pd
    >>> arrow_column(pd.Series([1.5, None])).to_pylist()
    [1.5, None]
    """
    import pyarrow as pa

    try:
        found = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        found = pa.nulls(0)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    kind = found.type.value_type if pa.types.is_dictionary(found.type) else found.type
    known = (
        pa.types.is_null, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating,
        pa.types.is_string, pa.types.is_large_string,
    )  # fmt: skip
    if len(found) == len(column) and any(is_kind(kind) for is_kind in known):
        return found
    texts = [None if missing else str(value) for value, missing in
             zip(column.astype(object), column.isna(), strict=True)]  # fmt: skip
    return pa.array(texts, pa.string())


def csv_cells(column: pa.Array) -> pa.Array:
    """Return a column of Arrow as cells of CSV, letter for letter as `csv_bytes` has them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> csv_cells(pa.array(["=1+1", "a,b", None])).to_pylist()
    ["'=1+1", '"a,b"', None]
    """
    signs = b"".join(sign.encode()[:1] for sign in FORMULA)
    return _printed(
        column, ("False", "True"), lambda texts: _repaired(texts, _cell, b'",\r\n', signs)
    )


def json_values(column: pa.Array) -> pa.Array:
    r"""Return a column of Arrow as values of JSON, letter for letter as `json.dumps` has them.

    Raises
    ------
    ValueError
        If a number is infinite.

    Examples
    --------
    >>> import pyarrow as pa
    >>> json_values(pa.array(['坪山 "1"', None])).to_pylist()
    ['"坪山 \\"1\\""', None]
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type) and pc.any(pc.is_inf(column)).as_py():
        raise ValueError("JSON has no infinite numbers")

    def quoted(texts: pa.Array) -> pa.Array:
        inner = _repaired(texts, _in_quotes, b'"\\' + bytes(range(0x20)))
        return pc.binary_join_element_wise('"', inner, '"', "")

    return _printed(column, ("false", "true"), quoted)


def joined(parts: Sequence[pa.Array | str], missing: str, between: str = "") -> memoryview:
    """Return the texts of all rows one after the other; ``missing`` stands where one is null."""
    import pyarrow.compute as pc

    merged: list[Any] = []  # texts that stand beside each other are one
    for part in (_once(each, missing) for each in (*parts, between)):
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    if len(merged) == 1 and isinstance(merged[0], str):
        many = max((len(part) for part in parts if not isinstance(part, str)), default=1)
        content = memoryview(merged[0].encode() * many)
        return content[: len(content) - len(between.encode())]
    rows = pc.binary_join_element_wise(
        *merged, "", null_handling="replace", null_replacement=missing
    )
    content = _flat(rows)[0].data
    return content[: len(content) - len(between.encode())]


def _once(part: pa.Array | str, missing: str) -> pa.Array | str:
    """Return the one text that all rows have, as half of the columns do, else their texts."""
    if isinstance(part, str) or not len(part):
        return part
    if part.null_count:
        return missing if part.null_count == len(part) else part
    data, ends = _flat(part)
    size = int(ends[1])
    if (np.diff(ends) != size).any() or (data.reshape(len(part), size) != data[:size]).any():
        return part
    return data[:size].tobytes().decode()


def csv_rows(table: pd.DataFrame, columns: Sequence[str]) -> Iterator[memoryview]:
    r"""Yield rows as lines of CSV, some at a time; a column that the table has not is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"far": [4.5, None], "id": ["=1", "b"]})
    >>> b"".join(csv_rows(rows, ["id", "name", "far"]))
    b"'=1,,4.5\nb,,\n"
    """
    known = {name: arrow_column(table[name]) for name in columns if name in table}
    for start in range(0, len(table), AT_ONCE):
        parts: list[Any] = []
        for name in columns:
            column = known.get(name)
            parts += [",", "" if column is None else csv_cells(column.slice(start, AT_ONCE))]
        yield joined([*parts[1:], "\n"], "")


def texts_of(schema: pa.Schema) -> list[str]:
    """Return the columns of which Parquet should keep each different value once.

    To look for equal ones among numbers takes time, and makes files larger.
    """
    import pyarrow as pa

    return [
        field.name for field in schema
        if pa.types.is_dictionary(field.type) or pa.types.is_string(field.type)
        or pa.types.is_large_string(field.type)
    ]  # fmt: skip


def _printed(
    column: pa.Array, words: tuple[str, str], texts: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """Return a column as Python prints it, its texts as ``texts`` makes them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):  # each category once
        return _printed(column.dictionary, words, texts).take(column.indices)
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, words[1], words[0])
    if pa.types.is_floating(column.type):
        return _decimals(column)
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    plain = column.cast(pa.string())
    return texts(plain) if is_text else plain


def _decimals(column: pa.Array) -> pa.Array:
    """Return the shortest texts that are read back as the same numbers, as `repr` has them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = column.to_numpy(zero_copy_only=False)
    size = np.abs(numbers)
    texts = column.cast(pa.string())
    is_whole = size == np.floor(size)
    if is_whole.any():
        texts = pc.if_else(is_whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    return _replaced(texts, (size >= _LARGE) | ((size < _SMALL) & (size > 0)), numbers, repr)


def _replaced(
    texts: pa.Array, which: npt.NDArray[np.bool_], values: Any, change: Callable[[Any], str]
) -> pa.Array:
    """Return the texts with others for some rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not which.any():
        return texts
    others = pa.array([change(value) for value in values[which].tolist()], texts.type)
    return pc.replace_with_mask(texts, pa.array(which), others)


def _repaired(
    texts: pa.Array, change: Callable[[str], str], inside: bytes, first: bytes = b""
) -> pa.Array:
    """Return the texts, changed where one has a byte of ``inside`` or begins with one of ``first``.

    Null stays null.
    """
    data, ends = _flat(texts)
    which = np.zeros(len(texts), dtype=bool)
    hits = np.flatnonzero(_marked(inside)[data])
    which[np.searchsorted(ends, hits, side="right") - 1] = True
    if first:
        filled = np.flatnonzero(np.diff(ends))
        which[filled] |= _marked(first)[data[ends[filled]]]
    if not which.any():
        return texts
    return _replaced(texts, which, texts.to_numpy(zero_copy_only=False), change)


def _flat(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return the bytes of all texts, and where each begins; the last of these is the end."""
    _, offsets, content = texts.buffers()
    if offsets is None or content is None:
        return np.zeros(0, np.uint8), np.zeros(len(texts) + 1, np.int32)
    begins = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(content, np.uint8)[begins[0] : begins[-1]], begins - begins[0]


@lru_cache(maxsize=8)
def _marked(signs: bytes) -> npt.NDArray[np.bool_]:
    return np.isin(np.arange(256), np.frombuffer(signs, np.uint8))


def _cell(text: str) -> str:
    (line,) = csv_bytes([(text, None)])
    return line.decode().removesuffix(",\n")


def _in_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
