"""Layers as tables of a PostGIS database, in one transaction."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import shapely

from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.export.layers import Layer
from pingshan_geo.gdal import arrow
from pingshan_geo.postgis import connected
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pyarrow as pa

# How the comment of a table begins that this program wrote: no other one is replaced.
_SIGN = "pingshan_geo "
_NAME_BYTES, _ROWS = 63, 10_000


def write_database(layer: Layer, address: str, lang: str) -> tuple[Text, ...]:
    """Write a layer as a table, whole: until the end readers see the old one.

    Parameters
    ----------
    layer : Layer
        What `export_table` returned. Outlines become a column ``geom`` of multipolygons.
    address : str
        ``postgresql://USER@HOST/DATABASE``, with ``?table=NAME`` or ``?table=SCHEMA.NAME`` for a
        table that is not to be named as the layer. Its password is printed nowhere.
    lang : str
        Language of the notes in the comment of the table.

    Returns
    -------
    tuple of Text
        Where the rows are.

    Raises
    ------
    UsageError
        If psycopg is not installed, or a table of that name is not one that this wrote before.
    InputError, OutputError
        If the database cannot be reached or refuses; the old table still stands.
    """
    server, _, options = address.partition("?")
    query = dict(parse_qsl(options))
    schema, _, table = query.pop("table", layer.name).rpartition(".")
    with connected(f"{server}?{urlencode(query)}", read_only=False) as connection:
        place, count = _replace(connection, layer, schema, table, lang)
    return (text("note_database").filled(table=place, rows=str(count)),)


def _replace(connection: Any, layer: Layer, schema: str, table: str, lang: str) -> tuple[str, int]:
    """Build the table under another name, then let it take the place of the old one."""
    from psycopg import sql

    schema = schema or connection.execute("SELECT current_schema()").fetchone()[0] or ""
    target = sql.Identifier(schema, table)
    place = target.as_string(connection)
    oid, comment = connection.execute(
        "SELECT to_regclass(%s), obj_description(to_regclass(%s), 'pg_class')", (place, place)
    ).fetchone()
    if oid is not None and not (comment or "").startswith(_SIGN):
        raise UsageError(
            f"{place} stands in the database and was not written by pingshan-geo; "
            "name another with ?table=",
            f"数据库中已有 {place}，且非本程序所写；请用 ?table= 另取名称",
        )
    kinds = _kinds(layer)
    part = sql.Identifier(schema, f"pingshan_geo_{connection.info.backend_pid}")
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in kinds.items()
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(part, columns))
    count = _copy(connection, part, layer)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(target))
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(part, sql.Identifier(table)))
    first, last = (sql.Identifier(list(kinds)[at]) for at in (0, -1))
    if layer.name != "findings":
        connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(target, first))
    if layer.is_drawn:
        connection.execute(sql.SQL("CREATE INDEX ON {} USING gist ({})").format(target, last))
    comment = sql.Literal(_SIGN + layer.about(lang))
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(target, comment))
    return place, count


def _kinds(layer: Layer) -> dict[str, str]:
    """Return the name and type of each column, that of the outlines last."""
    import pyarrow as pa

    kinds = {}
    for field in arrow(layer.head).schema:
        if len(field.name.encode()) > _NAME_BYTES:
            raise UsageError(
                f"{field.name!r} is longer than the {_NAME_BYTES} bytes of a column's name",
                f"列名 {field.name!r} 超过 {_NAME_BYTES} 字节",
            )
        kinds[field.name] = (
            "double precision" if pa.types.is_floating(field.type)
            else "bigint" if pa.types.is_integer(field.type)
            else "boolean" if pa.types.is_boolean(field.type)
            else "text"
        )  # fmt: skip
    if layer.is_drawn:
        del kinds["geometry"]
        free = "geom" if "geom" not in kinds else "geom_"
        kinds[free] = f"geometry(MultiPolygon, {_srid(layer.head)})"
    return kinds


def _srid(data: gpd.GeoDataFrame) -> int:
    return data.crs.to_epsg() or 4326  # OGC:CRS84 is EPSG:4326 with east first


def _content(rows: pd.DataFrame) -> pa.Table:
    """Return rows as Arrow, outlines as EWKB in the last column."""
    import pyarrow as pa

    content = arrow(rows)
    if "geometry" not in rows:
        return content
    shapes = shapely.set_srid(shapely.from_wkb(content["geometry"].to_numpy()), _srid(rows))
    hexes = shapely.to_wkb(shapes, hex=True, include_srid=True)
    return content.drop_columns(["geometry"]).append_column("geometry", pa.array(hexes))


def _copy(connection: Any, part: Any, layer: Layer) -> int:
    """Send the rows block by block, as CSV, in which an empty text and NULL differ; count them."""
    import pyarrow.csv
    from psycopg import sql

    options = pyarrow.csv.WriteOptions(include_header=False)
    count = 0
    with connection.cursor() as cursor:
        order = sql.SQL("COPY {} FROM STDIN (FORMAT csv, ENCODING 'UTF8')").format(part)
        with cursor.copy(order) as copy:
            for rows in layer.parts.slices(_ROWS):
                count += len(rows)
                piece = io.BytesIO()
                pyarrow.csv.write_csv(_content(rows), piece, options)
                copy.write(piece.getvalue())
        if cursor.rowcount != count:  # a line that the server takes for an end
            raise OutputError(
                f"PostGIS took {cursor.rowcount} of {count} rows",
                f"PostGIS 只接收了 {count} 行中的 {cursor.rowcount} 行",
            )
    return count
