"""A table of outlines as GeoParquet, whole or in parts that each hold the rows of one place."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.figure import IntArray

#: How many rows a part has where nobody says.
PART_ROWS = 50_000


def parquet_frame(table: pd.DataFrame, crs: str) -> Any:
    """Return cells as a table for Parquet; a column is of numbers where all its cells are."""
    data = {name: _column(column) for name, column in table.items() if name != "geometry"}
    if "geometry" not in table:
        return pd.DataFrame(data)
    return gpd.GeoDataFrame(data, geometry=table["geometry"].to_numpy(dtype=object), crs=crs)


def parquet_bytes(frame: pd.DataFrame, *, covering: bool = False) -> bytes:
    """Return a table as Parquet; outlines as GeoParquet 1.1.

    With a covering, the box of each outline is a column.
    """
    memory = io.BytesIO()
    drawn: dict[str, Any] = {"schema_version": "1.1.0", "write_covering_bbox": covering}
    frame.to_parquet(
        memory, index=False, compression="zstd", write_page_checksum=True,
        **drawn if isinstance(frame, gpd.GeoDataFrame) else {},
    )  # fmt: skip
    return memory.getvalue()


def parts(
    frame: gpd.GeoDataFrame, folder: str, rows: int = PART_ROWS, first: int = 0
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of files that hold a table, each the rows of one place.

    Parameters
    ----------
    frame : GeoDataFrame
        From `parquet_frame`.
    folder : str
        The folder that begins the names.
    rows : int
        How many rows a file has at most.
    first : int
        Number of the first file.

    Examples
    --------
    >>> lots = gpd.GeoDataFrame({"id": [1, 2, 3]}, geometry=shapely.box([5, 0, 6], 0, [6, 1, 7], 1))
    >>> [name for name, _ in parts(lots, "lots", rows=2)]
    ['lots/part-00000.parquet', 'lots/part-00001.parquet']
    """
    ordered = frame.iloc[spatial_order(frame.geometry)]
    for number, at in enumerate(range(0, len(ordered), rows), first):
        content = parquet_bytes(ordered.iloc[at : at + rows], covering=True)
        yield f"{folder}/part-{number:05}.parquet", content


def spatial_order(geometry: gpd.GeoSeries) -> IntArray:
    """Return positions along a Hilbert curve, what has no outline last."""
    shapes = geometry.to_numpy()
    drawn = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    place = np.full(len(geometry), np.iinfo(np.int64).max)
    if len(drawn):
        place[drawn] = geometry.iloc[drawn].hilbert_distance().to_numpy(dtype=np.int64)
    return np.argsort(place, kind="stable")


def _column(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers, where all cells are, else texts."""
    import pyarrow as pa

    try:  # most columns are of texts already
        texts = pa.array(column.to_numpy(dtype=object), pa.large_string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind in {"floating", "integer", "mixed-integer-float", "boolean"}:
            return column.infer_objects()
        cells = [None if each is None else str(whole_number(each)) for each in column]
        texts = pa.array(cells, pa.large_string())
    return pd.Series(pd.arrays.ArrowStringArray(texts), index=column.index, dtype="str")


def whole_number(cell: Any) -> Any:
    """Return a whole number without ``.0``, which no one wrote."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15 else cell
