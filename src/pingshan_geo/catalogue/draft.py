"""A catalogue being changed: its tables as they stand in the files, checked before they go back."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from pingshan_geo.catalogue.checks import check_tables
from pingshan_geo.catalogue.columns import is_text, tell_missing, typed_table
from pingshan_geo.catalogue.corrections import corrected
from pingshan_geo.catalogue.folder import DESCRIPTOR, described, parts_of, read_parts
from pingshan_geo.catalogue.load import shipped_path
from pingshan_geo.catalogue.partition import parquet_bytes, parquet_frame, parts, whole_number
from pingshan_geo.catalogue.readers import Cells, file_report
from pingshan_geo.catalogue.rows import check_rows
from pingshan_geo.catalogue.schema import SPATIAL, TABLES
from pingshan_geo.catalogue.store import digest_of
from pingshan_geo.cells import csv_bytes
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, errors_in

#: A spatial table with more rows is kept as GeoParquet: as GeoJSON it would be slow to read.
MOST_GEOJSON_ROWS = 20_000
PARQUET_TYPE = "application/vnd.apache.parquet"
_SIGNED = re.compile(r"[-+](\d+\.?\d*|\.\d+)([eE][-+]?\d{1,4})?", re.ASCII)
_FORMATS = {"csv": "text/csv", "geojson": "application/geo+json", "parquet": PARQUET_TYPE}


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
    pieces : dict of list
        Rows of each file of a table that stands in several, in their order, as they were.
    """

    path: Path
    descriptor: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    read: dict[str, str | None] = field(default_factory=dict)
    pieces: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def file(self, name: str) -> str:
        """Return the name of a table's first file, or that which it would get."""
        parts = parts_of(self.descriptor, name)
        return parts[0] if parts else f"{name}.{'geojson' if name in SPATIAL else 'csv'}"

    def problems(self) -> list[Finding]:
        """Return what the checks of a catalogue find in the tables as they are now."""
        found: list[Finding] = []
        in_rows: list[Finding] = []
        files = {name: self.file(name) for name in TABLES}
        typed = {}
        read = {name: [(files[name], self._cells(name))] for name in TABLES}
        for name, ((file, cells),) in corrected(read, found).items():
            typed[name] = typed_table(cells, name, file_report(file, found))
            in_rows += check_rows(name, typed[name], file, found)
        return [*found, *in_rows, *check_tables(typed, files)]

    def _cells(self, name: str) -> Cells:
        """Return a table as it would be read from its files."""
        table = self.tables[name]
        data = {
            str(column): table[column].to_numpy(dtype=object)
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
            paths, made = self._files(name, table)
            writes |= made
            removes += [part for part in old if part not in paths]
            if name not in resources:
                resources[name] = {"name": name}
                descriptor["resources"].append(resources[name])
            resource = resources[name]
            path = paths[0] if len(paths) == 1 else paths
            form = "geojson" if name in SPATIAL else "csv"
            form = "parquet" if paths[0].endswith(".parquet") else form
            resource |= {"path": path, "format": form, "mediatype": _FORMATS[form]}
            schema = resource.get("schema")
            fields = schema.get("fields") if isinstance(schema, dict) else None
            if isinstance(fields, list):
                known = [field.get("name") for field in fields if isinstance(field, dict)]
                columns = map(str, table.columns.drop("geometry", errors="ignore"))
                fields += ({"name": each, "type": "any"} for each in columns if each not in known)
        if descriptor != self.descriptor:
            text = json.dumps(descriptor, ensure_ascii=False, indent=1)
            writes[DESCRIPTOR] = f"{text}\n".encode()
        return writes, removes

    def _files(
        self, name: str, table: pd.DataFrame
    ) -> tuple[list[str], dict[str, bytes | Iterable[bytes]]]:
        """Return the names of a table's files, and the content of those that are not as before."""
        path, crs = self.file(name), self.descriptor["crs"]
        if name in SPATIAL and name in self.pieces and path.endswith(".parquet"):
            return self._parts(name, table)
        if name in SPATIAL and len(table) > MOST_GEOJSON_ROWS:
            path = path.rsplit(".", 1)[0] + ".parquet"
        if path.endswith(".parquet"):
            return [path], {path: parquet_bytes(parquet_frame(table, crs))}
        return [path], {path: _geojson(table) if name in SPATIAL else _csv(table, name)}

    def _parts(
        self, name: str, table: pd.DataFrame
    ) -> tuple[list[str], dict[str, bytes | Iterable[bytes]]]:
        """Return the files of a table in parts: those with other rows anew, new rows at the end."""
        old, pieces = parts_of(self.descriptor, name), self.pieces[name]
        frame = parquet_frame(table, self.descriptor["crs"])
        folder, most = old[0].rpartition("/")[0] or name, max(map(len, pieces))
        starts = np.cumsum([0, *map(len, pieces)]).tolist()
        if len(table) < starts[-1]:  # rows are gone, so that all the others have moved
            made = dict(parts(frame, folder, most))
            return list(made), dict(made)
        writes: dict[str, bytes | Iterable[bytes]] = {}
        for path, piece, at in zip(old, pieces, starts, strict=False):
            stands = table.iloc[at : at + len(piece)].reset_index(drop=True)
            if not _is_same(stands, piece.reset_index(drop=True)):
                part = frame.iloc[at : at + len(piece)]
                writes[path] = parquet_bytes(part, covering=True)
        first = 1 + max(_number(path) for path in old)
        added = dict(parts(frame.iloc[starts[-1] :], folder, most, first))
        return [*old, *added], writes | added


def _is_same(table: pd.DataFrame, before: pd.DataFrame) -> bool:
    """Return whether rows are as before; a new column without a cell changes nothing."""
    new = table.columns.difference(before.columns)
    return bool(table[new].isna().all(axis=None)) and table[before.columns].equals(before)


def _number(path: str) -> int:
    """Return the number that a part's name ends with, 0 where there is none."""
    found = re.search(r"(?<!\d)(\d+)\.parquet$", path)
    return int(found[1]) if found else 0


def open_draft(path: str | os.PathLike[str], *, to_change: bool = True) -> Draft:
    """Read a catalogue's files so that they can be changed, or written elsewhere.

    Raises
    ------
    UsageError
        For the catalogue that ships inside the package.
    InputError
        If a file cannot be read.
    """
    folder = Path(path)
    if to_change and folder.resolve() == shipped_path().resolve():
        raise UsageError(
            "the Pingshan catalogue of the package is read-only: copy its folder "
            f"({shipped_path()}), or make a new one with `pingshan-geo init DIR`, and name it "
            "with --catalogue",
            f"软件包自带的坪山目录只读：请复制其文件夹（{shipped_path()}），"
            "或用 `pingshan-geo init DIR` 新建，再以 --catalogue 指定",
        )
    found: list[Finding] = []
    own = described(str(path), found)
    if own is None:
        raise InputError(found)
    data, descriptor = own
    digests: dict[str, str | None] = {DESCRIPTOR: hashlib.sha256(data).hexdigest()}
    tables: dict[str, pd.DataFrame] = {}
    kept: dict[str, list[pd.DataFrame]] = {}
    for name in TABLES:  # the digests before the files are read, not after
        digests |= {part: digest_of(folder, part) for part in parts_of(descriptor, name)}
        pieces = []
        for part, cells in read_parts(folder, descriptor, name, found):
            tell_missing(cells, name, file_report(part, found))
            pieces.append(_raw(cells, name))
        tables[name] = pd.concat(pieces or [empty_table(name)], ignore_index=True)
        if len(pieces) > 1:
            kept[name] = [piece.drop(columns="row_number") for piece in pieces]
    if errors := errors_in(found):
        raise InputError(errors)
    return Draft(folder, descriptor, tables, digests, kept)


def empty_table(name: str) -> pd.DataFrame:
    """Return one of `TABLES` without rows, in the columns that every file of it has."""
    return _raw(Cells({}, [], np.empty(0, dtype=object) if name in SPATIAL else None), name)


def _raw(cells: Cells, table: str) -> pd.DataFrame:
    data = {name: pd.Series(_objects(values), dtype=object) for name, values in cells.data.items()}
    if not cells.numbers:  # a GeoJSON file without features has no columns either
        data = {c.name: pd.Series(dtype=object) for c in TABLES[table] if not c.optional} | data
    frame = pd.DataFrame(data, index=range(len(cells.numbers)))
    frame["row_number"] = np.array(cells.numbers, dtype=np.int64)
    if cells.geometry is not None:
        frame["geometry"] = pd.Series(cells.geometry, dtype=object)
    return frame


def _objects(values: Any) -> Any:
    """Return cells as objects, None for an empty one."""
    if isinstance(values, list):
        return values
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    return values.to_numpy(zero_copy_only=False) if is_text(values.type) else values.to_pylist()


def _csv(table: pd.DataFrame, name: str) -> Iterator[bytes]:
    numbers = {column.name for column in TABLES[name] if column.kind in {"number", "amount"}}
    columns = [
        # A signed number is written as one; as text it would get the mark of a formula.
        [Decimal(cell) if signed and _SIGNED.fullmatch(str(cell)) else cell for cell in cells]
        for signed, cells in (
            (column in numbers, map(whole_number, table[column])) for column in table.columns
        )
    ]
    return csv_bytes([list(table.columns), *zip(*columns, strict=True)])


def _geojson(table: pd.DataFrame) -> Iterator[bytes]:
    """Yield a table as a FeatureCollection, one feature a line, coordinates as they are."""
    shapes = shapely.to_geojson(table["geometry"].to_numpy(dtype=object))
    columns = [str(name) for name in table.columns.drop("geometry")]
    rows = zip(*(table[name] for name in columns), strict=True)
    yield b'{"type":"FeatureCollection","features":['
    separator = "\n"
    for shape, row in zip(shapes, rows, strict=True):
        properties = {name: whole_number(cell) for name, cell in zip(columns, row, strict=True)}
        members = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
        feature = f'{{"type":"Feature","properties":{members},"geometry":{shape or "null"}}}'
        yield f"{separator}{feature}".encode()
        separator = ",\n"
    yield b"\n]}\n"
