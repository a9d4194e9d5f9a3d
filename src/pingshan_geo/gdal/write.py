"""Writing with GDAL: a table goes over the pipe as Arrow, and becomes a file whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from pingshan_geo.errors import OutputError
from pingshan_geo.gdal.gate import ChildError, child
from pingshan_geo.output import whole_file

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa


# Suffixes without which a driver makes something else or warns, and the names that a driver's own
# columns for row number and geometry have by default.
_SUFFIX = {
    "OpenFileGDB": ".gdb", "ESRI Shapefile": ".shp", "FlatGeobuf": ".fgb", "GPKG": ".gpkg",
}  # fmt: skip
_OWN = {"GPKG": ("fid", "geom"), "OpenFileGDB": ("OBJECTID", "SHAPE")}
#: What a folder that is a File Geodatabase holds.
GDB_HOLDS = "a00000001.gdbtable"
# Indexes that belong to an older Shapefile of the same name.
_STALE = (".qix", ".sbn", ".sbx", ".qpj")
_ROWS = 20_000


def write(
    path: str | os.PathLike[str],
    table: gpd.GeoDataFrame,
    *,
    blocks: Callable[[Callable[[Any], pa.Table], int], Iterable[pa.Table]] | None = None,
    driver: str,
    layer: str,
    description: str = "",
    finish: Callable[[Path], None] | None = None,
    **options: str,
) -> tuple[str, ...]:
    """Write a table with one GDAL driver, whole or not at all; same input, same bytes.

    A File Geodatabase has random identifiers in it: it is the exception.

    Parameters
    ----------
    path : path-like
        The file to write; a Shapefile or File Geodatabase may also end with ``.zip``, and
        ``finish`` has to make it.
    table : geopandas.GeoDataFrame
        Written without its index. Unknown is NaN or None and becomes NULL. Polygons are written
        as multipolygons, so that the layer has one type; a table without geometry column
        becomes a table without geometry.
    blocks : callable, optional
        Gives what a function makes of the rows, at most so many at a time, in place of those of
        ``table``: as `Parts.blocks`.
    driver : str
        GDAL's name of the driver, for example ``GPKG``.
    layer, description : str
        Name of the layer, and (GeoPackage) the text kept with it.
    finish : callable, optional
        Called with the place of the finished file, before it replaces the old one; files that it
        puts beside it go along.
    **options : str
        Options of the driver.

    Returns
    -------
    tuple of str
        GDAL's warnings, such as of names that it changed.

    Raises
    ------
    UsageError, OutputError
        As in `pingshan_geo.output.whole_file`, and where GDAL fails.
    """
    import pyarrow as pa

    schema = _schema(table)
    renamed: list[str] = []
    if driver in _OWN:
        names = _apart(schema.names)
        pairs = list(zip(schema, names, strict=True))
        renamed = [f"{old.name!r} → {new!r}" for old, new in pairs if old.name != new]
        schema = pa.schema([old.with_name(new) for old, new in pairs])
        options |= _own_columns(names, _OWN[driver])
    # A plain name in the child's own folder: pyogrio reads a ; in a path as a sign.
    suffix = _SUFFIX.get(driver, "")
    task = {
        "path": f"layer{suffix}",
        "driver": driver,
        "layer": layer,
        "crs": table.crs.to_string() if "geometry" in table else None,
        "geometry_type": "MultiPolygon" if "geometry" in table else None,
        **({"layer_metadata": {"DESCRIPTION": description}} if description else {}),
        **options,
    }
    holding = GDB_HOLDS if str(path).lower().endswith(".gdb") else None
    stale = [Path(path).stem + end for end in _STALE] if suffix == ".shp" else ()
    with whole_file(path, holding, stale) as place:
        name = place.stem if place.suffix.lower() == ".zip" else place.name
        try:
            with child("write", task, driver, place.parent) as pipe:
                rows = (blocks or partial(_blocks, table))(partial(_content, schema=schema), _ROWS)
                _send(rows, schema, pipe)
        except ChildError as failure:
            raise OutputError(
                f"{path}: GDAL could not write it: {failure.said.en}",
                f"{path}：GDAL 无法写入：{failure.said.zh}",
            ) from None
        said = place.parent / "said.json"
        told: list[str] = json.loads(said.read_text("utf-8"))
        said.unlink()
        for made in list(place.parent.iterdir()):
            is_main = made.suffix == suffix
            os.replace(made, made.with_name(name if is_main else Path(name).stem + made.suffix))
        if finish:
            finish(place)
    return (*renamed, *told)


def _apart(names: list[str]) -> list[str]:
    """Return names that differ by more than case, which is all that tells them apart in SQL."""
    apart: dict[str, str] = {}
    for name in names:
        new = name
        while new.lower() in apart:
            new += "_"
        apart[new.lower()] = new
    return list(apart.values())


def _own_columns(names: list[str], defaults: tuple[str, str]) -> dict[str, str]:
    """Return names that no column of the table has for the two columns that the driver adds."""
    taken = {name.lower() for name in names}
    own = {}
    for option, name in zip(("FID", "GEOMETRY_NAME"), defaults, strict=True):
        free = name
        while free.lower() in taken:
            free += "_"
        own[option] = free
    return own


def arrow(table: gpd.GeoDataFrame, *, one_type: bool = True) -> pa.Table:
    """Return a table as Arrow; categories and columns without a value are texts.

    With ``one_type`` polygons are multipolygons.
    """
    import pyarrow as pa
    import shapely

    if "geometry" in table and not one_type:
        content = pa.table(table.to_arrow(index=False))
    elif "geometry" in table:
        shapes = table.geometry.to_numpy().copy()
        single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
        shapes[single] = shapely.multipolygons(shapes[single][:, None])
        content = pa.table(table.set_geometry(shapes, crs=table.crs).to_arrow(index=False))
    else:
        content = pa.Table.from_pandas(table, preserve_index=False)
    for position, field in enumerate(content.schema):
        if pa.types.is_null(field.type) or pa.types.is_dictionary(field.type):
            kind = pa.string() if pa.types.is_null(field.type) else pa.large_string()
            texts = content.column(position).cast(kind)
            content = content.set_column(position, field.name, texts)
    return content


def _schema(table: gpd.GeoDataFrame) -> pa.Schema:
    """Return the columns of Arrow that hold all rows of a table."""
    import pyarrow as pa

    schema = arrow(table.iloc[:0]).schema
    for place, (name, kind) in enumerate(table.dtypes.items()):
        if kind == np.dtype(object):  # only all of its rows say what it holds
            whole = pa.array(table[name], from_pandas=True).type
            known = pa.string() if pa.types.is_null(whole) else whole
            schema = schema.set(place, pa.field(name, known))
    return schema


def _blocks(
    table: gpd.GeoDataFrame, work: Callable[[Any], pa.Table], most: int
) -> Iterator[pa.Table]:
    for start in range(0, len(table), most):
        yield work(table.iloc[start : start + most])


def _content(rows: gpd.GeoDataFrame, schema: pa.Schema) -> pa.Table:
    return arrow(rows).rename_columns(schema.names).cast(schema)


def _send(blocks: Iterable[pa.Table], schema: pa.Schema, pipe: IO[bytes]) -> None:
    """Send a table block by block: as Arrow it is never there as a whole."""
    import pyarrow as pa

    with pa.ipc.new_stream(pipe, schema) as stream:
        for block in blocks:
            stream.write_table(block)
