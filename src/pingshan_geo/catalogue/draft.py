"""A catalogue being changed: its tables as they stand in the files, checked before they go back."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.catalogue.checks import check_tables
from pingshan_geo.catalogue.columns import typed_table
from pingshan_geo.catalogue.corrections import corrected
from pingshan_geo.catalogue.folder import (
    DESCRIPTOR,
    bytes_of,
    descriptor_of,
    parts_of,
    read_parts,
    refused_folder,
)
from pingshan_geo.catalogue.load import shipped_path
from pingshan_geo.catalogue.readers import Cells, file_report
from pingshan_geo.catalogue.schema import SPATIAL, TABLES
from pingshan_geo.catalogue.store import digest_of
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.output import csv_bytes

#: A spatial table with more rows is kept as GeoParquet: as GeoJSON it would be slow to read.
MOST_GEOJSON_ROWS = 20_000
_FORMATS = {
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass
class Draft:
    """The tables of a catalogue as they stand in its files.

    Attributes
    ----------
    path : Path
        The folder.
    descriptor : dict
        Content of ``datapackage.json``.
    tables : dict of DataFrame
        One for each table of `TABLES`; columns and cells as in the files (object, None for an
        empty cell), joined by ``geometry`` where a table is spatial and by ``row_number``.
    read : dict of str
        Digests of the files, by name, as they were when they were read.
    """

    path: Path
    descriptor: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    read: dict[str, str | None] = field(default_factory=dict)

    def file(self, name: str) -> str:
        """Return the name of a table's first file, or that which it would get."""
        parts = parts_of(self.descriptor, name)
        return parts[0] if parts else f"{name}.{'geojson' if name in SPATIAL else 'csv'}"

    def problems(self) -> list[Finding]:
        """Return what the checks of a catalogue find in the tables as they are now."""
        found: list[Finding] = []
        files = {name: self.file(name) for name in TABLES}
        typed = {}
        read = {name: [(files[name], self._cells(name))] for name in TABLES}
        for name, ((file, cells),) in corrected(read, found).items():
            typed[name] = typed_table(cells, TABLES[name], file_report(file, found))
            if cells.geometry is not None:
                typed[name]["geometry"] = gpd.GeoSeries(cells.geometry, index=typed[name].index)
        return [*found, *check_tables(typed, files)]

    def _cells(self, name: str) -> Cells:
        """Return a table as it would be read from its files."""
        table = self.tables[name]
        data = {
            str(column): table[column].tolist()
            for column in table.columns.drop(["row_number", "geometry"], errors="ignore")
        }
        shapes = table["geometry"].to_numpy(dtype=object) if name in SPATIAL else None
        return Cells(data, table["row_number"].tolist(), shapes)

    def contents(self, changed: Collection[str]) -> tuple[dict[str, Any], list[str]]:
        """Return the new content of each file of the changed tables, and the files to remove."""
        writes: dict[str, bytes | Iterable[bytes]] = {}
        removes: list[str] = []
        descriptor = json.loads(json.dumps(self.descriptor))
        resources = {item["name"]: item for item in descriptor["resources"]}
        for name in changed:
            table = self.tables[name].drop(columns="row_number")
            old = parts_of(self.descriptor, name)
            path = self.file(name)
            if name in SPATIAL and len(table) > MOST_GEOJSON_ROWS:
                path = path.rsplit(".", 1)[0] + ".parquet"
            form = path.rsplit(".", 1)[1]
            if form == "parquet":
                writes[path] = _parquet(table, self.descriptor["crs"])
            else:
                writes[path] = _geojson(table) if name in SPATIAL else _csv(table, name)
            removes += [part for part in old if part != path]
            if name not in resources:
                resources[name] = {"name": name}
                descriptor["resources"].append(resources[name])
            resource = resources[name]
            resource |= {"path": path, "format": form, "mediatype": _FORMATS[form]}
            fields = resource.get("schema", {}).get("fields", [])
            known = {field["name"] for field in fields}
            columns = map(str, table.columns.drop("geometry", errors="ignore"))
            fields += ({"name": each, "type": "any"} for each in columns if each not in known)
        if descriptor != self.descriptor:
            text = json.dumps(descriptor, ensure_ascii=False, indent=1)
            writes[DESCRIPTOR] = f"{text}\n".encode()
        return writes, removes


def open_draft(path: str | Path) -> Draft:
    """Read a catalogue's files so that they can be changed.

    Raises
    ------
    UsageError
        For the catalogue that ships inside the package.
    InputError
        If a file cannot be read.
    """
    folder = Path(path)
    if folder.resolve() == shipped_path().resolve():
        raise UsageError(
            "the Pingshan catalogue of the package is read-only: copy its folder "
            f"({shipped_path()}), or make a new one with `pingshan-geo init DIR`, and name it "
            "with --catalogue",
            f"软件包自带的坪山目录只读：请复制其文件夹（{shipped_path()}），"
            "或用 `pingshan-geo init DIR` 新建，再以 --catalogue 指定",
        )
    reason = refused_folder(str(path))
    if reason:
        details = {"reason": reason}
        finding = Finding("not-a-catalogue", file=str(path), value=str(path), details=details)
        raise InputError([finding])
    found: list[Finding] = []
    digests = {DESCRIPTOR: digest_of(folder, DESCRIPTOR)}  # before a file is read, not after
    data = bytes_of(folder, DESCRIPTOR, found)
    descriptor = descriptor_of(data, found) if data is not None else None
    tables: dict[str, pd.DataFrame] = {}
    if descriptor is not None:
        for name in TABLES:
            digests |= {part: digest_of(folder, part) for part in parts_of(descriptor, name)}
            pieces = [_raw(cells, name) for _, cells in read_parts(folder, descriptor, name, found)]
            tables[name] = pd.concat(pieces or [empty_table(name)], ignore_index=True)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors or descriptor is None:
        raise InputError(errors)
    return Draft(folder, descriptor, tables, digests)


def empty_table(name: str) -> pd.DataFrame:
    """Return one of `TABLES` without rows, in the columns that every file of it has."""
    return _raw(Cells({}, [], np.empty(0, dtype=object) if name in SPATIAL else None), name)


def _raw(cells: Cells, table: str) -> pd.DataFrame:
    data = {name: pd.Series(cells.column(name), dtype=object) for name in cells.data}
    if not cells.numbers:  # a GeoJSON file without features has no columns either
        data = {c.name: pd.Series(dtype=object) for c in TABLES[table] if not c.optional} | data
    frame = pd.DataFrame(data, index=range(len(cells.numbers)))
    frame["row_number"] = np.array(cells.numbers, dtype=np.int64)
    if cells.geometry is not None:
        frame["geometry"] = pd.Series(cells.geometry, dtype=object)
    return frame


def _csv(table: pd.DataFrame, name: str) -> Iterator[bytes]:
    numbers = {column.name for column in TABLES[name] if column.kind in {"number", "amount"}}
    columns = [
        # A signed number is written as one; as text it would get the mark of a formula.
        [Decimal(cell) if signed and str(cell).startswith(("-", "+")) else cell for cell in cells]
        for signed, cells in (
            (column in numbers, map(_cell_text, table[column])) for column in table.columns
        )
    ]
    return csv_bytes([list(table.columns), *zip(*columns, strict=True)])


def _cell_text(cell: Any) -> Any:
    """Return a whole number without ``.0``, which no one wrote."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15 else cell


def _geojson(table: pd.DataFrame) -> Iterator[bytes]:
    """Yield a table as a FeatureCollection, one feature a line, coordinates as they are."""
    shapes = shapely.to_geojson(table["geometry"].to_numpy(dtype=object))
    columns = [str(name) for name in table.columns.drop("geometry")]
    rows = zip(*(table[name] for name in columns), strict=True)
    yield b'{"type":"FeatureCollection","features":['
    separator = "\n"
    for shape, row in zip(shapes, rows, strict=True):
        properties = {name: _cell_text(cell) for name, cell in zip(columns, row, strict=True)}
        members = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
        feature = f'{{"type":"Feature","properties":{members},"geometry":{shape or "null"}}}'
        yield f"{separator}{feature}".encode()
        separator = ",\n"
    yield b"\n]}\n"


def _parquet(table: pd.DataFrame, crs: str) -> bytes:
    """Return a table as GeoParquet; a column is of numbers where all its cells are."""
    data = {}
    for name, column in table.items():
        if name != "geometry":
            kind = pd.api.types.infer_dtype(column, skipna=True)
            numeric = kind in {"floating", "integer", "mixed-integer-float", "boolean"}
            data[name] = column.infer_objects() if numeric else _texts(column)
    frame = gpd.GeoDataFrame(data, geometry=table["geometry"].to_numpy(dtype=object), crs=crs)
    memory = io.BytesIO()
    frame.to_parquet(memory, index=False, compression="zstd", schema_version="1.1.0")
    return memory.getvalue()


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    import pyarrow as pa

    cells = column.to_numpy(dtype=object)
    if not set(map(type, cells)) <= {str, NoneType}:
        texts = (None if each is None else str(_cell_text(each)) for each in cells)
        cells = np.fromiter(texts, object, len(cells))
    strings = pd.arrays.ArrowStringArray(pa.array(cells, pa.large_string()))
    return pd.Series(strings, index=column.index, dtype="str")
