"""A table of PostGIS as a delivery."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pingshan_geo.catalogue.readers import Report, file_report
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding
from pingshan_geo.ids import nearest
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery
from pingshan_geo.ingest.formats.arrow import frame, shapes
from pingshan_geo.postgis import connected, shown_address

if TYPE_CHECKING:
    import psycopg

# Tables, views and foreign tables that the user may read, with their columns in order; those that
# the server and PostGIS keep for themselves are left out.
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname, t.typname, format_type(a.atttypid, a.atttypmod),
       c.oid, a.attnum
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'topology', 'tiger')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname, c.relname, a.attnum
"""
_KEY = """
SELECT a.attname FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %s AND i.indisprimary ORDER BY k.place
"""
_PLAIN = {"int2", "int4", "int8", "float4", "float8", "bool", "text", "varchar", "bytea"}
_SPATIAL = {"geometry", "geography"}
# An arc becomes 256 pieces for each quarter, off by up to 5e-6 of the radius.
_STRAIGHT = "CASE WHEN ST_HasArc({g}) THEN ST_CurveToLine({g}, 256) ELSE {g} END"


class _Column(NamedTuple):
    schema: str
    table: str
    name: str
    type: str
    full_type: str
    oid: int
    number: int


def read_postgis(url: str, asked: Asked) -> Delivery:
    """Read one table or view of a database, in one read-only transaction.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``. The password appears nowhere in what
        is returned or told.
    asked : Asked
        ``layer`` is ``table`` or ``schema.table``, with ``.column`` after it where a table has
        several geometries; None takes the only table that has one. ``encoding`` is that of a
        database without a declared one.

    Returns
    -------
    Delivery
        Rows by primary key, else by content, numbered from 1; the digest is one of their content.
        The CRS is claimed by the SRID of the rows.

    Raises
    ------
    UsageError
        If psycopg is not installed.
    InputError
        If the database cannot be read, the table is not there or not the only one, or its rows
        have several SRIDs.
    """
    place = shown_address(url)
    found: list[Finding] = []
    with connected(url, read_only=True, encoding=asked.encoding or "utf-8") as connection:
        rows = connection.execute(_COLUMNS).fetchall()
        columns, shape = _chosen([_Column(*row) for row in rows], asked.layer, place)
        layer = f"{columns[0].schema}.{columns[0].table}"
        report = file_report(f"{place} {layer}", found)
        names, cells = _read(connection, columns, shape, asked.ceilings.rows, report)
        geometry = None
        claim = None
        if shape is not None:
            curved, blobs = cells.pop(), cells.pop()
            geometry = _geometry(blobs, sum(curved), report)
            claim = _claim(connection, geometry, report)
    errors = [finding for finding in found if finding.code == "srid-several"]
    if errors:
        raise InputError(errors)
    import pyarrow as pa

    table = frame(pa.table([pa.array(column) for column in cells], names=names), report)
    size = len(blobs) if shape is not None else len(cells[0]) if cells else 0
    digest = hashlib.sha256(json.dumps([names, cells], default=str).encode())
    for blob in blobs if shape is not None else ():
        digest.update(blob or b"-")
    return Delivery(
        f"{place} {layer}", digest.hexdigest(), "PostGIS", layer, table,
        np.arange(1, size + 1), geometry, claim, findings=tuple(found),
    )  # fmt: skip


def _chosen(
    known: list[_Column], layer: str | None, place: str
) -> tuple[list[_Column], _Column | None]:
    """Return the columns of the table that is meant, and which of them is the geometry."""
    tables: dict[int, list[_Column]] = {}
    for column in known:
        tables.setdefault(column.oid, []).append(column)
    names: dict[str, tuple[list[_Column], _Column | None]] = {}
    for columns in tables.values():
        name = f"{columns[0].schema}.{columns[0].table}"
        spatial = [column for column in columns if column.type in _SPATIAL]
        if len(spatial) <= 1:
            names[name] = (columns, spatial[0] if spatial else None)
        else:
            names |= {f"{name}.{shape.name}": (columns, shape) for shape in spatial}
    if layer is None:
        meant = [name for name in names if names[name][1] is not None]
    else:
        meant = [n for n in names if n == layer] or [
            n for n in names if layer in (n.split(".", 1)[1], n.rpartition(".")[0])
        ]
    if len(meant) == 1:
        return names[meant[0]]
    if meant:
        raise InputError([Finding("layer-ambiguous", file=place, value=", ".join(meant))])
    if layer is None:
        raise InputError([Finding("layer-none", file=place)])
    near = nearest(layer, names) or list(names)
    details = {"known": ", ".join(near)}
    raise InputError([Finding("layer-unknown", file=place, value=layer, details=details)])


def _read(
    connection: psycopg.Connection[Any],
    columns: list[_Column],
    shape: _Column | None,
    most: int,
    report: Report,
) -> tuple[list[str], list[list[Any]]]:
    """Return names and cells of the columns; of a geometry also its EWKB, and where it had arcs.

    One row more than ``most`` is read at most: enough to tell that there are more.
    """
    from psycopg import sql

    names, wanted = [], []
    for column in columns:
        if column.type in _SPATIAL:
            if column is not shape:
                report("column-left-out", field=column.name, value=column.full_type)
            continue
        cast = "::float8" if column.type == "numeric" else "::text"
        names.append(column.name)
        wanted.append(sql.Identifier(column.name) + sql.SQL("" if column.type in _PLAIN else cast))
    if shape is not None:
        cast = "::geometry" if shape.type == "geography" else ""
        own = sql.Identifier(shape.name) + sql.SQL(cast)
        straight = sql.SQL(_STRAIGHT).format(g=own)
        wanted += [
            sql.SQL("ST_AsEWKB({})").format(straight),
            sql.SQL("coalesce(ST_HasArc({}), false)").format(own),
        ]
    table = sql.Identifier(columns[0].schema, columns[0].table)
    key = [row[0] for row in connection.execute(_KEY, [columns[0].oid])]
    order: list[sql.Composable] = [sql.Identifier(name) for name in key]
    order = order or [sql.SQL('t::text COLLATE "C"')]
    query = sql.SQL("SELECT {} FROM {} AS t ORDER BY {} LIMIT {}").format(
        sql.SQL(", ").join(wanted), table, sql.SQL(", ").join(order), most + 1
    )
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query).fetchall()
    return names, [list(column) for column in zip(*rows, strict=True)] or [[] for _ in wanted]


def _geometry(blobs: list[bytes | None], curves: int, report: Report) -> npt.NDArray[Any]:
    import pyarrow as pa

    if curves:
        report("curves-linearised", value=str(curves))
    return shapes(pa.chunked_array([pa.array(blobs, pa.binary())]), report)


def _claim(
    connection: psycopg.Connection[Any], geometry: npt.NDArray[Any], report: Report
) -> Claim | None:
    """Return the CRS of the SRID that all rows have; 0 is none."""
    import shapely

    known = sorted(set(shapely.get_srid(geometry[~shapely.is_missing(geometry)]).tolist()))
    if len(known) > 1:
        report("srid-several", value=", ".join(map(str, known)))
        return None
    if known in ([], [0]):
        return None
    query = "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s"
    row = connection.execute(query, known).fetchone()
    if row is None:
        report("crs-unreadable", value=f"SRID {known[0]}")
        return None
    name, code, text = row
    return Claim(f"EPSG:{code}" if name == "EPSG" else text, "file")
