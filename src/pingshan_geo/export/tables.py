"""Layers as tables: CSV, XLSX, Parquet."""

from __future__ import annotations

import io
import os

from pingshan_geo.export.layers import Layer
from pingshan_geo.output import csv_bytes, whole_file, workbook, write_whole
from pingshan_geo.words import Text, text


def write_csv(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:  # noqa: ARG001 -- as every writer
    """Write the columns without outlines as CSV: UTF-8, no cell that a spreadsheet calculates."""
    without = _without_outlines(layer, "csv")
    names = [str(name) for name in layer.attributes()]
    write_whole(path, csv_bytes([names, *zip(*layer.columns(), strict=True)]))
    return without


def write_xlsx(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write the columns without outlines as a workbook of one sheet; ids stay texts."""
    without = _without_outlines(layer, "xlsx")
    names = [str(name) for name in layer.attributes()]
    write_whole(path, workbook([(text(layer.name).get(lang), names, layer.columns())]))
    return without


def _without_outlines(layer: Layer, suffix: str) -> tuple[Text, ...]:
    if "geometry" not in layer.data:
        return ()
    layer.degrees_only(f".{suffix}")
    return (text(f"note_{suffix}_without_geometry"),)


def write_parquet(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write GeoParquet 1.1 (plain Parquet without geometry), with the notes in its metadata.

    A column ``bbox`` holds the extent of each outline, for readers that look for a place.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if "geometry" in layer.data:
        memory = io.BytesIO()
        covering = "bbox" not in layer.data
        layer.data.to_parquet(
            memory, index=False, schema_version="1.1.0", write_covering_bbox=covering
        )
        table = pq.read_table(pa.BufferReader(memory.getvalue()))
    else:
        table = pa.Table.from_pandas(layer.data, preserve_index=False)
    own = {"pingshan_geo": layer.about(lang).encode()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **own})
    with whole_file(path) as place:
        pq.write_table(table, place, compression="zstd")
    return ()
