"""Layers as tables: CSV, XLSX, Parquet."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import shapely

from pingshan_geo.cells import arrow_column, csv_bytes, csv_rows, texts_of, workbook
from pingshan_geo.export.layers import Layer
from pingshan_geo.gdal import arrow
from pingshan_geo.output import whole_file, write_whole
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pyarrow as pa

# Rows that are made into lines at a time, and those of a row group of Parquet.
_ROWS, _GROUP = 10_000, 50_000


def write_csv(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:  # noqa: ARG001 -- as every writer
    """Write the columns without outlines as CSV: UTF-8, no cell that a spreadsheet calculates."""
    without = _without_outlines(layer, "csv")
    names = [str(name) for name in layer.head if name != "geometry"]

    def lines() -> Iterator[bytes]:
        yield from csv_bytes([names])
        yield from layer.parts.texts(partial(csv_rows, columns=names), _ROWS)

    write_whole(path, lines())
    return without


def write_xlsx(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write the columns without outlines as a workbook of one sheet; ids stay texts."""
    without = _without_outlines(layer, "xlsx")
    rows = layer.data.drop(columns="geometry", errors="ignore")
    columns = [arrow_column(column).to_pylist() for _, column in rows.items()]
    write_whole(path, workbook([(text(layer.name).get(lang), list(map(str, rows)), columns)]))
    return without


def _without_outlines(layer: Layer, suffix: str) -> tuple[Text, ...]:
    if not layer.is_drawn:
        return ()
    layer.degrees_only(f".{suffix}")
    return (text(f"note_{suffix}_without_geometry"),)


def write_parquet(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write GeoParquet 1.1 (plain Parquet without geometry), with the notes in its metadata.

    A column ``bbox`` holds the extent of each outline, for readers that look for a place. Blocks
    of rows are written one after the other.
    """
    import pyarrow.parquet as pq

    metadata = {b"pingshan_geo": layer.about(lang).encode()}
    if layer.is_drawn:
        metadata |= _geo_metadata(layer)
    schema = _content(layer.head).schema
    schema = schema.with_metadata((schema.metadata or {}) | metadata)
    options: dict[str, Any] = {"compression": "zstd", "use_dictionary": texts_of(schema)}
    with (
        whole_file(path) as place,
        place.open("wb") as raw,  # pyarrow opens no folder whose name is not UTF-8
        pq.ParquetWriter(raw, schema, **options) as file,
    ):
        for block in layer.parts.blocks(_content, _GROUP):
            file.write_table(block.cast(schema))
    return ()


def _geo_metadata(layer: Layer) -> dict[bytes, bytes]:
    """Return what GeoPandas writes of such a table, with the types and extent of all rows."""
    import pyarrow.parquet as pq

    head = io.BytesIO()
    is_taken = "bbox" in layer.head
    layer.head.to_parquet(
        head, index=False, schema_version="1.1.0", write_covering_bbox=not is_taken
    )
    metadata: dict[bytes, bytes] = pq.read_schema(head).metadata
    geo = json.loads(metadata[b"geo"])
    about = geo["columns"]["geometry"]
    kinds, boxes = zip(*layer.outlines.made(_kinds_and_bounds), strict=True)
    about["geometry_types"] = sorted(set().union(*kinds))
    sides = [box for box in boxes if not any(map(math.isnan, box))]
    if sides:
        ends = zip((min, min, max, max), zip(*sides, strict=True), strict=True)
        about["bbox"] = [end(values) for end, values in ends]
    return metadata | {b"geo": json.dumps(geo).encode()}


def _kinds_and_bounds(rows: gpd.GeoDataFrame) -> tuple[set[str], list[float]]:
    return set(rows.geom_type.dropna()), rows.total_bounds.tolist()


def _content(rows: pd.DataFrame) -> pa.Table:
    """Return rows as Arrow, with the extent of each outline."""
    import pyarrow as pa

    table = arrow(rows, one_type=False)
    if "geometry" not in rows or "bbox" in rows:
        return table
    bounds = shapely.bounds(rows.geometry.to_numpy()).T
    sides = [pa.array(side, from_pandas=True) for side in bounds]
    extent = pa.StructArray.from_arrays(sides, ["xmin", "ymin", "xmax", "ymax"])
    return table.append_column("bbox", extent)
