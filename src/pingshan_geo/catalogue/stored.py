"""Typed rows in files that other processes read at once: Arrow IPC, outlines as WKB."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from pingshan_geo.errors import OutputError
from pingshan_geo.figure import IntArray
from pingshan_geo.work import room

_TEXT = pd.StringDtype(na_value=np.nan)
_GEOMETRY = b"pingshan_geo:geometry"
_INDEX = b"pingshan_geo:index"
_BOUNDS, _HEIGHTS = b"pingshan_geo:bounds", b"pingshan_geo:heights"
_VALUES, _KINDS = b"pingshan_geo:values", b"pingshan_geo:kinds"
# Columns by which parts are chosen, if they hold no more different texts.
_OF_ZONES, _MOST_VALUES = frozenset({"zone_id", "zone_kind"}), 100


def store(frame: pd.DataFrame, path: Path) -> None:
    """Write typed rows to a file, whole or not at all; `stored` gives the same rows back.

    Raises
    ------
    OutputError
        If there is no room for it.
    """
    table = to_arrow(frame)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with room(path.parent):
        with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            for batch in table.to_batches() or [_no_rows(table)]:
                writer.write_batch(batch)
        part.replace(path)


def _no_rows(table: pa.Table) -> pa.RecordBatch:
    """Return the batch of a table without rows: categories are told by batches alone."""
    arrays = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=table.schema)


def stored(
    path: Path, columns: Sequence[str] | None = None, rows: IntArray | None = None,
    *, as_texts: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Return the rows of a file, or some of rows and columns; other processes may read it too.

    With ``as_texts`` texts are columns of Arrow, which takes no time, in place of objects.

    Raises
    ------
    OutputError
        If the file is gone, or not whole any more.
    """
    with _opened(path) as file:
        table = file.read_all()
        if columns is not None:
            table = table.select([*([""] if "" in table.column_names else []), *columns])
        return from_arrow(table if rows is None else table.take(rows), as_texts=as_texts)


@lru_cache(maxsize=4096)  # a file never changes, and to open one takes longer than to read a column
def column_names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a file."""
    return tuple(name for name in _schema(path).names if name)


def kept_bounds(path: Path) -> list[float]:
    """Return where the outlines of a file lie: west, south, east, north; empty for nowhere."""
    found: list[float] = json.loads((_schema(path).metadata or {}).get(_BOUNDS, b"[]"))
    return found


def kept_heights(path: Path) -> bool:
    """Return whether an outline of a file has heights."""
    found: bool = json.loads((_schema(path).metadata or {}).get(_HEIGHTS, b"false"))
    return found


def kept_values(path: Path) -> dict[str, list[str]]:
    """Return all texts of the columns of a file that tell of zones."""
    found: dict[str, list[str]] = json.loads((_schema(path).metadata or {}).get(_VALUES, b"{}"))
    return found


def _schema(path: Path) -> pa.Schema:
    with _opened(path) as file:
        return file.schema


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with pa.memory_map(str(path)) as source:
            yield pa.ipc.open_file(source)
    except (pa.ArrowException, OSError, shapely.errors.ShapelyError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).partition("\n")[0]
        raise OutputError(
            f"{path}: a part of a large table was kept here and cannot be read any more: {reason}; "
            "nothing was written: look whether something cleans that folder up, then try again",
            f"{path}：暂存于此的大表分块已无法读取：{reason}；未写入任何内容：请检查是否有程序清理该"
            "文件夹，然后重试",
        ) from error


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return rows as an Arrow table: texts with null for None, categories as dictionaries.

    A column that holds nothing takes no room; in a wide table these are most.

    Examples
    --------
    >>> rows = pd.DataFrame({"far": [4.5, np.nan]}, index=pd.Index(["a", "b"], name="id"))
    >>> rows["name"] = pd.Series(["x", None], index=rows.index, dtype=object)
    >>> from_arrow(to_arrow(rows)).equals(rows)
    True
    """
    columns, names = [], []
    kinds = object_kinds(frame)
    about = {
        _VALUES: json.dumps(_values(frame)).encode(),
        _KINDS: json.dumps(kinds).encode(),
    }
    if not isinstance(frame.index, pd.RangeIndex):
        about[_INDEX] = str(frame.index.name or "").encode()
        columns.append(pa.array(frame.index.to_numpy(dtype=object), pa.large_string()))
        names.append("")
    for name, column in frame.items():
        if isinstance(column, gpd.GeoSeries):
            about[_GEOMETRY] = str(column.crs.to_string() if column.crs else "").encode()
            bounds = shapely.total_bounds(column.to_numpy()).tolist() if len(column) else []
            about[_BOUNDS] = json.dumps(bounds if np.isfinite(bounds).all() else []).encode()
            about[_HEIGHTS] = json.dumps(bool(shapely.has_z(column.to_numpy()).any())).encode()
            columns.append(pa.array(shapely.to_wkb(column.to_numpy()), pa.large_binary()))
        else:
            columns.append(_array(column, kinds.get(str(name))))
        names.append(str(name))
    return pa.Table.from_arrays(columns, names=names).replace_schema_metadata(about)


def _values(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return all texts of the columns that tell of zones, where they are few."""
    told = {}
    for name in map(str, frame.columns):
        if name in _OF_ZONES or name.startswith("dominant_"):
            found = frame[name].dropna().unique()
            if len(found) <= _MOST_VALUES:
                told[name] = sorted(map(str, found))
    return told


def object_kinds(frame: pd.DataFrame) -> dict[str, str]:
    """Return what each column of objects holds, in the words of `pandas.api.types.infer_dtype`."""
    return {
        str(name): pd.api.types.infer_dtype(frame[name], skipna=True)
        for name in frame if frame[name].dtype == object
    }  # fmt: skip


def kept_kinds(path: Path) -> dict[str, str]:
    """Return what `object_kinds` tells of the rows of a file."""
    found: dict[str, str] = json.loads((_schema(path).metadata or {}).get(_KINDS, b"{}"))
    return found


def _array(column: pd.Series[Any], kind: str | None) -> pa.Array:
    is_empty = kind == "empty" or (column.dtype == np.float64 and bool(column.isna().all()))
    if is_empty:
        return pa.nulls(len(column))
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = pa.array(column.cat.codes.to_numpy(), mask=column.isna().to_numpy())
        return pa.DictionaryArray.from_arrays(codes, pa.array(list(column.cat.categories)))
    if column.dtype != object:
        return pa.array(column.to_numpy())
    try:
        return pa.array(column.to_numpy(), pa.large_string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):  # a register's own column of another kind
        return pa.array(column.tolist())


def from_arrow(table: pa.Table, *, as_texts: bool = False) -> pd.DataFrame:
    """Return the rows of `to_arrow`: texts are objects, None where there is none."""
    about = table.schema.metadata or {}
    objects = json.loads(about.get(_KINDS, b"{}"))
    data = {
        name: _column(
            table[name].combine_chunks(),
            is_object=name in objects,
            as_texts=as_texts and name != "",
        )
        for name in table.column_names
    }
    named = about.get(_INDEX)
    index = None
    if named is not None and "" in data:
        index = pd.Index(data.pop(""), dtype=object, name=named.decode() or None)
    frame = pd.DataFrame(
        {name: pd.Series(values, index=index, dtype=object)
         if isinstance(values, np.ndarray) and values.dtype == object else values
         for name, values in data.items()},
        index=index,
    )  # fmt: skip
    if _GEOMETRY not in about or "geometry" not in data:
        return frame
    frame["geometry"] = gpd.GeoSeries(
        shapely.from_wkb(data["geometry"]), index=frame.index, crs=about[_GEOMETRY].decode() or None
    )
    drawn: pd.DataFrame = gpd.GeoDataFrame(frame, geometry="geometry")
    return drawn


def _column(array: pa.Array, *, is_object: bool, as_texts: bool = False) -> Any:
    if pa.types.is_null(array.type):
        return np.full(len(array), None if is_object else np.nan)
    if pa.types.is_dictionary(array.type):
        codes = array.indices.fill_null(-1).to_numpy()
        return pd.Categorical.from_codes(codes, categories=array.dictionary.to_pylist())
    if as_texts and pa.types.is_large_string(array.type):
        return pd.array(array, dtype=_TEXT)
    if is_object and not pa.types.is_large_string(array.type):
        found = np.empty(len(array), dtype=object)
        found[:] = array.to_pylist()
        return found
    return array.to_numpy(zero_copy_only=False)
