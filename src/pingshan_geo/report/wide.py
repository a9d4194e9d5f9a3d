"""The wide table as CSV and Parquet: one table for all kinds of subjects.

The columns ``kind, id, name_en, name_zh, unit_si`` lead; then come value, bounds, status and
qualifier of each measure, as they first occur in the order of kinds. Units end the column names;
``unit_si`` is the unit of measures whose rows differ in it. What a kind does not have is empty; so
is an unknown value, whose status says ``unknown``.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.cells import arrow_column, csv_bytes, csv_rows, texts_of
from pingshan_geo.output import write_whole

if TYPE_CHECKING:  # pyarrow is imported where it is needed
    import pyarrow as pa
    from _typeshed import ReadableBuffer

# Rows that are made into lines at a time, and those of a row group of Parquet.
_ROWS, _GROUP = 10_000, 100_000


def csv_table(tables: Mapping[str, Parts]) -> Iterator[bytes]:
    """Yield the tables of several kinds as one CSV."""
    columns = _columns({kind: parts.head() for kind, parts in tables.items()})
    yield from csv_bytes([columns])
    for parts in tables.values():
        yield from parts.texts(partial(csv_rows, columns=columns), _ROWS)


def write_parquet(tables: Mapping[str, Parts], path: Path) -> None:
    """Write the tables of several kinds as one file of Parquet, whole or not at all."""
    write_whole(path, parquet_table(tables))


def parquet_table(tables: Mapping[str, Parts]) -> Iterator[bytes]:
    """Yield the tables of several kinds as one file of Parquet.

    Numbers are numbers, what has few different values is a category, all else is text; unknown
    is null.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(tables)
    file = _Pieces()
    options: dict[str, Any] = {
        "compression": "zstd", "use_dictionary": texts_of(schema),
        # Few words, of which any rows have all: their least and greatest leave no rows unread, and
        # to look for them takes longer than to write them.
        "write_statistics": [each.name for each in schema if not pa.types.is_dictionary(each.type)],
    }  # fmt: skip
    with pq.ParquetWriter(file, schema, **options) as writer:
        for parts in tables.values():
            for group in _groups(parts.blocks(partial(_content, schema=schema), _GROUP)):
                writer.write_table(_filled(group, schema), row_group_size=len(group))
                yield file.taken()
    yield file.taken()


def _groups(blocks: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield rows of blocks together: many small groups are slow to read, and to keep account of."""
    import pyarrow as pa

    kept: list[pa.Table] = []
    for block in filter(len, blocks):
        if kept and sum(map(len, kept)) + len(block) > _GROUP:
            yield pa.concat_tables(kept).unify_dictionaries()
            kept = []
        kept.append(block)
    if kept:
        yield pa.concat_tables(kept).unify_dictionaries()


class _Pieces(io.RawIOBase):
    """A file that gives away what was written to it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: ReadableBuffer) -> int:
        self._pieces.append(bytes(data))
        self._size += len(self._pieces[-1])
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _columns(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    return list(dict.fromkeys(str(name) for table in tables.values() for name in table))


def _schema(tables: Mapping[str, Parts]) -> pa.Schema:
    """Return a type for each column that holds it in all tables."""
    import pyarrow as pa

    seen = {kind: parts.head() for kind, parts in tables.items()}
    kinds: dict[str, set[pa.DataType]] = {name: set() for name in _columns(seen)}
    for kind, table in seen.items():
        for name, column in table.items():
            kinds[str(name)].add(_kind(column, tables[kind].kinds.get(str(name))))
    return pa.schema([
        (name, known.pop() if len(known := found - {pa.null()}) == 1 else pa.string())
        for name, found in kinds.items()
    ])  # fmt: skip


# What columns of objects hold, and how it is written.
_NUMBERS = frozenset({"integer", "floating", "mixed-integer-float"})


def _kind(column: pd.Series[Any], held: str | None) -> pa.DataType:
    """Return the type of a column, null where no row says one."""
    import pyarrow as pa

    if isinstance(column.dtype, pd.CategoricalDtype):
        return pa.dictionary(pa.int32(), pa.string())
    if column.dtype == object:
        if held in {None, "empty"}:
            return pa.null()
        if held == "boolean":
            return pa.bool_()
        return pa.float64() if held in _NUMBERS else pa.string()
    known = arrow_column(column.iloc[:0]).type
    if pa.types.is_integer(known) or pa.types.is_floating(known):
        return pa.float64()
    return pa.string() if pa.types.is_large_string(known) else known


def _content(rows: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return the columns that rows have."""
    import pyarrow as pa

    columns = {}
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name not in rows:
            continue
        column = arrow_column(rows[name])
        if pa.types.is_dictionary(kind) and pa.types.is_dictionary(column.type):
            codes, categories = column.indices.cast(pa.int32()), column.dictionary
            columns[name] = pa.DictionaryArray.from_arrays(codes, categories.cast(pa.string()))
        else:
            columns[name] = column.cast(kind)
    return pa.table(columns)


def _filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with all columns; what it has not is null."""
    import pyarrow as pa

    empty = {kind: pa.nulls(len(table), kind) for kind in set(schema.types)}
    known = set(table.column_names)
    columns = [
        table[name] if name in known else empty[kind]
        for name, kind in zip(schema.names, schema.types, strict=True)
    ]
    return pa.table(columns, schema=schema)
