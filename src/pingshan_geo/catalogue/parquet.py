"""The strict reader of a catalogue's Parquet files: columns stay Arrow arrays, every fault told."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from pingshan_geo.catalogue.readers import Cells, Report, checked_geometry, read_json
from pingshan_geo.ceilings import DEEP, is_deep
from pingshan_geo.words import Text


def read_parquet(data: bytes, report: Report, crs: str, *, spatial: bool) -> Cells | None:
    """Read a Parquet table, or a GeoParquet table with WKB geometry in the catalogue's CRS."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        report("file-unreadable", reason=str(error).splitlines()[0])
        return None
    return table_cells(table, report, crs, spatial=spatial)


def table_cells(
    table: Any, report: Report, crs: str, *, spatial: bool, first: int = 1
) -> Cells | None:
    """Return the cells of an Arrow table that was read from a file; ``first`` is its first row."""
    numbers = range(first, first + table.num_rows)
    if not spatial:
        return Cells(_arrays(table), numbers)
    geo = read_json((table.schema.metadata or {}).get(b"geo", b"{}"), report)
    name = geo.get("primary_column") if isinstance(geo, dict) else None
    columns = geo.get("columns") if isinstance(geo, dict) else None
    is_named = isinstance(name, str) and table.column_names.count(name) == 1
    meta = columns.get(name) if isinstance(columns, dict) and is_named else None
    if not isinstance(meta, dict) or meta.get("encoding") != "WKB":
        report(
            "file-unreadable",
            reason=Text("no GeoParquet column of WKB geometry", "没有 WKB 几何的 GeoParquet 列"),
        )
        return None
    if not _same_crs(meta.get("crs", "OGC:CRS84"), crs):
        report("crs-not-supported", value=str(meta.get("crs"))[:120])
        return None
    blobs = table.column(name).to_numpy()
    if deep := [at for at, blob in enumerate(blobs) if is_deep(blob)]:
        report("geometry-invalid", row=numbers[deep[0]], reason=DEEP)
        return None
    try:
        shapes = shapely.from_wkb(blobs)
    except (shapely.errors.ShapelyError, TypeError) as error:
        report("geometry-invalid", reason=str(error))
        return None
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    outside = (np.abs(bounds) > (180, 90, 180, 90)).any(axis=1)
    for place in np.flatnonzero(outside):
        value = ", ".join(f"{part:.15g}" for part in bounds[place])
        report("coordinate-range", row=numbers[place], value=value)
    geometry = checked_geometry(shapes, numbers, report)
    return Cells(_arrays(table.drop_columns([name, *_covering(meta, table)])), numbers, geometry)


def _covering(meta: dict[str, Any], table: Any) -> list[str]:
    """Return the column that holds the boxes of the outlines, which say nothing of their own."""
    covering = meta.get("covering")
    box = covering.get("bbox") if isinstance(covering, dict) else None
    way = box.get("xmin") if isinstance(box, dict) else None
    named = way[0] if isinstance(way, list) and way else None
    return [named] if isinstance(named, str) and table.column_names.count(named) == 1 else []


def _arrays(table: Any) -> dict[str, Any]:
    """Return the columns of an Arrow table, each as one array without a dictionary."""
    import pyarrow as pa

    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        whole = column.combine_chunks()
        is_coded = pa.types.is_dictionary(whole.type)
        columns[name] = whole.dictionary_decode() if is_coded else whole
    return columns


def _same_crs(found: Any, wanted: str) -> bool:
    """Return whether a GeoParquet CRS is the catalogue's; CRS84 and EPSG:4326 are one here."""
    import pyproj

    try:
        crs = pyproj.CRS.from_user_input(found)
    except pyproj.exceptions.CRSError:
        return False
    here = pyproj.CRS.from_user_input(wanted)
    return bool(crs.equals(here, ignore_axis_order=True))
