"""Layers to files; the suffix names the format."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pingshan_geo.errors import UsageError
from pingshan_geo.export import features, spatial, tables
from pingshan_geo.export.dxf import write_dxf
from pingshan_geo.export.layers import Layer
from pingshan_geo.export.postgis import write_database
from pingshan_geo.gdal.write import GDB_HOLDS
from pingshan_geo.output import checked_target
from pingshan_geo.postgis import SCHEMES
from pingshan_geo.words import Text

_WRITERS: dict[str, Callable[..., tuple[Text, ...]]] = {
    ".geojson": features.write_geojson,
    ".gpkg": spatial.write_gpkg,
    ".parquet": tables.write_parquet,
    ".csv": tables.write_csv,
    ".xlsx": tables.write_xlsx,
    ".shp": spatial.write_shp,
    ".shp.zip": spatial.write_shp,
    ".gdb": spatial.write_gdb,
    ".gdb.zip": spatial.write_gdb,
    ".dxf": write_dxf,
    ".kml": spatial.write_kml,
    ".fgb": spatial.write_fgb,
    ".geojsonl": features.write_lines,
    ".geojsons": features.write_lines,
    ".ndjson": features.write_lines,
}
#: Suffixes that `write` knows.
SUFFIXES = tuple(_WRITERS)
#: Encodings of texts that may be asked for, and the formats in which there is a choice.
ENCODINGS, _WITH_ENCODING = ("utf-8", "gbk"), (".dxf", ".shp", ".shp.zip")


def write(
    layer: Layer, path: str | os.PathLike[str], lang: str = "en", encoding: str | None = None
) -> tuple[Text, ...]:
    """Write a layer whole, in the format that the suffix names.

    Parameters
    ----------
    layer : Layer
        What `export_table` returned.
    path : path-like
        Ends with one of `SUFFIXES`, or is the address of a PostGIS database,
        ``postgresql://USER@HOST/DATABASE?table=SCHEMA.TABLE``.
    lang : str
        Language of the notes in the file.
    encoding : str, optional
        One of `ENCODINGS`, for DXF and Shapefile; UTF-8 without.

    Returns
    -------
    tuple of Text
        What the reader of the file should know: the layer's notes and those of the format.

    Raises
    ------
    UsageError
        For another suffix, a target that can be no file, and a CRS, a table or an encoding that
        the format cannot hold.
    OutputError
        If the file could not be written; what stood there still stands.
    """
    return layer.notes + writer_of(path, encoding)(layer, path, lang)


def writer_of(
    path: str | os.PathLike[str], encoding: str | None = None
) -> Callable[..., tuple[Text, ...]]:
    """Return what writes a layer to a path in a language.

    Raises
    ------
    UsageError, OutputError
        As in `write`, but for what the layer has to do with, and before any work is done for it.
    """
    is_database = str(path).startswith(SCHEMES)
    name = "" if is_database else Path(path).name.lower()
    suffix = next((each for each in SUFFIXES if name.removesuffix(each) not in {name, ""}), None)
    if encoding and suffix not in _WITH_ENCODING:
        raise UsageError(
            f"--encoding is for {', '.join(_WITH_ENCODING)}; all else is UTF-8",
            f"--encoding 只用于 {'、'.join(_WITH_ENCODING)}；其余均为 UTF-8",
        )
    if is_database:
        return write_database
    if suffix is None:
        raise UsageError(
            f"{path}: the suffix names the format; known are {', '.join(SUFFIXES)}",
            f"{path}：格式由后缀决定，可用 {'、'.join(SUFFIXES)}",
        )
    checked_target(path, GDB_HOLDS if suffix == ".gdb" else None)
    return partial(_WRITERS[suffix], **({"encoding": encoding} if encoding else {}))
