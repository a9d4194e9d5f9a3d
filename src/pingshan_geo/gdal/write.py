"""Writing with GDAL: a table goes over the pipe as Arrow, and becomes a file whole."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any

from pingshan_geo.errors import OutputError
from pingshan_geo.gdal.gate import ChildError, child
from pingshan_geo.output import whole_file

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa


def write(
    path: str | os.PathLike[str],
    table: gpd.GeoDataFrame,
    *,
    driver: str,
    layer: str,
    description: str,
) -> None:
    """Write a table with one GDAL driver, whole or not at all; same input, same bytes.

    Parameters
    ----------
    path : path-like
        The file to write.
    table : geopandas.GeoDataFrame
        Written without its index. Unknown is NaN or None and becomes NULL. Polygons are written
        as multipolygons, so that the layer has one type; a table without geometry column
        becomes a table without geometry.
    driver : str
        GDAL's name of the driver, for example ``GPKG``.
    layer, description : str
        Name of the layer, and the text kept with it.

    Raises
    ------
    UsageError, OutputError
        As in `pingshan_geo.output.whole_file`, and where GDAL fails.
    """
    content = _arrow(table)
    with whole_file(path) as place:
        # A plain name in the child's own folder: pyogrio reads a ; in a path as a sign.
        task = {
            "path": "layer",
            "driver": driver,
            "layer": layer,
            "layer_metadata": {"DESCRIPTION": description},
            "crs": table.crs.to_string() if "geometry" in table else None,
            "geometry_type": "MultiPolygon" if "geometry" in table else None,
        }
        if driver == "GPKG":
            content = content.rename_columns(_apart(content.column_names))
            task |= _own_columns(content.column_names)
        try:
            with child("write", task, driver, place.parent) as pipe:
                _send(content, pipe)
            os.replace(place.parent / "layer", place)
        except ChildError as failure:
            raise OutputError(
                f"{path}: GDAL could not write it: {failure.said.en}",
                f"{path}：GDAL 无法写入：{failure.said.zh}",
            ) from None


def _apart(names: list[str]) -> list[str]:
    """Return names that differ by more than case, which is all that tells them apart in SQL."""
    apart: dict[str, str] = {}
    for name in names:
        new = name
        while new.lower() in apart:
            new += "_"
        apart[new.lower()] = new
    return list(apart.values())


def _own_columns(names: list[str]) -> dict[str, str]:
    """Return names that no column of the table has for the two columns that GeoPackage adds."""
    taken = {name.lower() for name in names}
    own = {}
    for option, name in (("FID", "fid"), ("GEOMETRY_NAME", "geom")):
        free = name
        while free in taken:
            free += "_"
        own[option] = free
    return own


def _arrow(table: gpd.GeoDataFrame) -> pa.Table:
    """Return the table as Arrow, polygons as multipolygons, columns without a value as text."""
    import pyarrow as pa
    import shapely

    if "geometry" in table:
        shapes = table.geometry.to_numpy().copy()
        single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
        shapes[single] = shapely.multipolygons(shapes[single][:, None])
        content = pa.table(table.set_geometry(shapes, crs=table.crs).to_arrow(index=False))
    else:
        content = pa.Table.from_pandas(table, preserve_index=False)
    for position, field in enumerate(content.schema):
        if pa.types.is_null(field.type):
            texts = content.column(position).cast(pa.string())
            content = content.set_column(position, field.name, texts)
    return content


def _send(table: Any, pipe: IO[bytes]) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(pipe, table.schema) as stream:
        stream.write_table(table, max_chunksize=65_536)
