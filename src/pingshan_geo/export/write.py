"""Layers to files; the suffix names the format."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.crs import GEOGRAPHIC
from pingshan_geo.errors import UsageError
from pingshan_geo.export.layers import Layer
from pingshan_geo.output import csv_bytes, whole_file, write_whole
from pingshan_geo.words import Text, text

#: Suffixes that `write` knows.
SUFFIXES = (".geojson", ".gpkg", ".parquet", ".csv")
_DECIMALS = 7


def write(layer: Layer, path: str | os.PathLike[str], lang: str = "en") -> tuple[Text, ...]:
    """Write a layer whole, in the format that the suffix names.

    Parameters
    ----------
    layer : Layer
        What `export_table` returned.
    path : path-like
        Ends with one of `SUFFIXES`.
    lang : str
        Language of the notes in the file.

    Returns
    -------
    tuple of Text
        What the reader of the file should know: the layer's notes and those of the format.

    Raises
    ------
    UsageError
        For another suffix, a target that can be no file, and a CRS that the format cannot hold.
    OutputError
        If the file could not be written; what stood there still stands.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".geojson":
        write_whole(path, geojson(layer, lang))
        return layer.notes + _null_step(layer)
    if suffix == ".gpkg":
        from pingshan_geo import gdal

        about = json.dumps(_about(layer, lang), ensure_ascii=False)
        gdal.write(path, layer.data, driver="GPKG", layer=layer.name, description=about)
        return layer.notes
    if suffix == ".parquet":
        _write_parquet(layer, path, lang)
        return layer.notes
    if suffix == ".csv":
        table = layer.data.drop(columns="geometry", errors="ignore")
        write_whole(path, csv_bytes([list(table.columns), *zip(*_values(table), strict=True)]))
        without = (text("note_csv_without_geometry"),) if "geometry" in layer.data else ()
        return layer.notes + without
    raise UsageError(
        f"{path}: the suffix names the format; known are {', '.join(SUFFIXES)}",
        f"{path}：格式由后缀决定，可用 {'、'.join(SUFFIXES)}",
    )


def geojson(layer: Layer, lang: str = "en") -> Iterator[bytes]:
    """Yield a layer as GeoJSON (RFC 7946), one feature per line.

    Longitude and latitude on WGS 84 with 7 decimals (about 1 cm), exterior rings counter-
    clockwise. An outline that rounding would break is put on the grid of the last decimal as a
    whole; one that is too small for it, or was broken before, says so in ``notice``.

    Parameters
    ----------
    layer : Layer
        What `export_table` returned.
    lang : str
        Language of the notes.

    Raises
    ------
    UsageError
        If the layer's coordinates are not longitude and latitude on CGCS2000 or WGS 84.
    """
    data = layer.data
    geometry: Any = np.full(len(data), None)
    if "geometry" in data:
        name = data.crs.to_string()
        if name not in GEOGRAPHIC:
            raise UsageError(
                f"GeoJSON holds longitude and latitude on WGS 84 only, not {name}: "
                "leave --crs out, or write .gpkg or .parquet",
                f"GeoJSON 只能存 WGS 84 经纬度，不能存 {name}；"
                "请去掉 --crs，或写成 .gpkg 或 .parquet",
            )
        geometry, data = _rounded(data, lang)
    shapes = shapely.to_geojson(geometry)
    properties = data.drop(columns="geometry", errors="ignore")
    columns = [str(column) for column in properties.columns]
    notes = layer.notes + _null_step(layer)
    head = {"type": "FeatureCollection", **_about(layer, lang, notes), "features": []}
    yield json.dumps(head, ensure_ascii=False).removesuffix("]}").encode()
    separator = "\n"
    for shape, values in zip(shapes, zip(*_values(properties), strict=True), strict=True):
        members = json.dumps(
            dict(zip(columns, values, strict=True)), ensure_ascii=False, allow_nan=False
        )
        yield (
            f'{separator}{{"type": "Feature", "geometry": {shape or "null"}, '
            f'"properties": {members}}}'
        ).encode()
        separator = ",\n"
    yield b"\n]}\n"


def _null_step(layer: Layer) -> tuple[Text, ...]:
    """Return the note that CGCS2000 coordinates are given as WGS 84, if they are."""
    crs = getattr(layer.data, "crs", None)
    return (text("note_null_step"),) if crs is not None and crs.to_epsg() == 4490 else ()


def _about(layer: Layer, lang: str, notes: tuple[Text, ...] | None = None) -> dict[str, Any]:
    told = layer.notes if notes is None else notes
    return {
        "name": layer.name,
        "catalogue": layer.catalogue,
        "notes": [note.get(lang) for note in told],
    }


def _values(table: pd.DataFrame) -> list[list[Any]]:
    """Return the columns as lists; what is unknown is None."""
    return [
        column.astype(object).where(column.notna(), None).tolist() for _, column in table.items()
    ]


def _rounded(data: Any, lang: str) -> tuple[npt.NDArray[np.object_], pd.DataFrame]:
    """Return the outlines with 7 decimals, still valid, and the rows with what became of them."""
    whole = shapely.force_2d(data.geometry.to_numpy())
    shapes = _round(whole)
    drawn = ~shapely.is_missing(whole)
    before = shapely.is_valid(whole)
    broken = drawn & before & ~shapely.is_valid(shapes)
    shapes[broken] = _round(shapely.set_precision(whole[broken], 10**-_DECIMALS))
    lost = drawn & (shapely.is_empty(shapes) | (before & ~shapely.is_valid(shapes)))
    shapes[lost] = None
    sound = shapely.is_valid(shapes)
    shapes[sound] = shapely.remove_repeated_points(shapes[sound])
    notice = data["notice"].astype(object).where(data["notice"].notna(), None)
    for which, key in ((lost, "notice_too_small"), (drawn & ~before, "notice_invalid")):
        notice[which] = [
            " ".join(filter(None, (said, text(key).get(lang)))) for said in notice[which]
        ]
    return shapely.orient_polygons(shapes, exterior_cw=False), data.assign(notice=notice)


def _round(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    # Adding 0.0 turns a minus zero into zero.
    return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS) + 0.0))


def _write_parquet(layer: Layer, path: str | os.PathLike[str], lang: str) -> None:
    """Write GeoParquet 1.1 (plain Parquet without geometry), with the notes in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if "geometry" in layer.data:
        memory = io.BytesIO()
        layer.data.to_parquet(memory, index=False, schema_version="1.1.0")
        table = pq.read_table(pa.BufferReader(memory.getvalue()))
    else:
        table = pa.Table.from_pandas(layer.data, preserve_index=False)
    about = json.dumps(_about(layer, lang), ensure_ascii=False).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), "pingshan_geo": about})
    with whole_file(path) as place:
        pq.write_table(table, place, compression="zstd")
