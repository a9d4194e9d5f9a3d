"""The descriptor of a new catalogue: a Data Package with a Table Schema for each CSV."""

from __future__ import annotations

from typing import Any

from pingshan_geo.catalogue.schema import (
    ID_COLUMN,
    READER_VERSION,
    SCHEMA_VERSION,
    SPATIAL,
    TABLES,
    Column,
)
from pingshan_geo.words import Text, word

_DATE = r"\d{4}(-\d{2}(-\d{2})?)?"


def table_schema(table: str) -> dict[str, Any]:
    """Return the Table Schema of an empty table: fields, key, references to tables that are CSV.

    Examples
    --------
    >>> table_schema("indicators")["primaryKey"]
    ['indicator_id']
    """
    columns = [column for column in TABLES[table] if not column.optional]
    references = [
        {
            "fields": [column.name],
            "reference": {"resource": column.refers[0], "fields": [ID_COLUMN[column.refers[0]]]},
        }
        for column in columns
        if len(column.refers) == 1 and not column.many and column.refers[0] not in SPATIAL
    ]
    schema: dict[str, Any] = {
        "fields": [_field(column, is_id=column.name == ID_COLUMN[table]) for column in columns],
        "missingValues": [""],
        "primaryKey": [ID_COLUMN[table]],
    }
    return schema | ({"foreignKeys": references} if references else {})


def _field(column: Column, *, is_id: bool) -> dict[str, Any]:
    rules: dict[str, Any] = {"required": True} if column.filled else {}
    rules |= {"unique": True} if is_id else {}
    rules |= {"enum": list(column.values)} if column.values else {}
    rules |= {"pattern": _DATE} if column.kind == "date" else {}
    rules |= {"minimum": 0} if column.kind == "amount" else {}
    kind = "number" if column.kind in {"number", "amount"} else "string"
    return {"name": column.name, "type": kind} | ({"constraints": rules} if rules else {})


def new_descriptor(name: str, title: Text, as_of: str) -> dict[str, Any]:
    """Return the content of ``datapackage.json`` for a catalogue in CGCS2000 (EPSG:4490).

    Parameters
    ----------
    name : str
        Lower-case ASCII letters, digits, ``.``, ``_`` and ``-``.
    title : Text
    as_of : str
        Last day that the catalogue speaks of, YYYY-MM-DD.
    """
    resources = []
    for table in TABLES:
        resource: dict[str, Any] = {"name": table, "title": word(table, "en")}
        if table in SPATIAL:
            kind = {"path": f"{table}.geojson", "format": "geojson"}
            resource |= kind | {"mediatype": "application/geo+json", "encoding": "utf-8"}
        else:
            kind = {"path": f"{table}.csv", "format": "csv"}
            resource |= kind | {"mediatype": "text/csv", "encoding": "utf-8"}
            resource["schema"] = table_schema(table)
        resources.append(resource)
    return {
        "profile": "data-package",
        "name": name,
        "title": title.en,
        "title_zh": title.zh,
        "version": "1.0.0",
        "schema_version": SCHEMA_VERSION,
        "reader_version": READER_VERSION,
        "as_of": as_of,
        "crs": "EPSG:4490",
        "sources": [{"title": "Documents listed in sources.csv", "path": "sources.csv"}],
        "resources": resources,
    }
