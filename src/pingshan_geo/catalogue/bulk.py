"""Very many parcels: read, checked and kept part by part, so that no more than one is in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pingshan_geo.catalogue.columns import typed_table
from pingshan_geo.catalogue.folder import parts_of
from pingshan_geo.catalogue.parquet import table_cells
from pingshan_geo.catalogue.part import Part
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.catalogue.readers import file_report
from pingshan_geo.catalogue.rows import are_whole, check_rows
from pingshan_geo.catalogue.schema import ID_COLUMN, TABLES
from pingshan_geo.catalogue.store import place_of, refused_name
from pingshan_geo.catalogue.stored import store
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.work import Runner, scratch

#: From so many parcels in Parquet on they are read in parts. So many rows are a part: more take
#: more memory, and with fewer a part costs more than its rows.
BULK_ROWS, PART_ROWS = 100_000, 40_000
# What the checks of a whole catalogue look at.
_LOOKED_AT = ("row_number", ID_COLUMN["parcels"], *(c.name for c in TABLES["parcels"] if c.refers))


def bulk_files(folder: Path, descriptor: dict[str, Any], least: int) -> list[str]:
    """Return the files of parcels if they are Parquet and hold at least so many rows, else none.

    Corrections may be of any cell, so that with them everything is read at once.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = parts_of(descriptor, "parcels")
    if not names or not all(name.endswith(".parquet") for name in names):
        return []
    if any(_has_rows(folder, name) for name in parts_of(descriptor, "corrections")):
        return []
    rows = 0
    for name in names:
        if refused_name(folder, name):
            return []
        try:
            rows += pq.read_metadata(place_of(folder, name)).num_rows
        except (pa.ArrowException, OSError):
            return []
    return names if rows >= least else []


def _has_rows(folder: Path, name: str) -> bool:
    path = place_of(folder, name)
    is_there = refused_name(folder, name) is None and path.is_file()
    return is_there and path.read_bytes().strip().count(b"\n") > 0


def contents(folder: Path, names: list[str]) -> Iterator[bytes]:
    """Yield names and bytes of files, as the digest of a catalogue is over them."""
    for name in names:
        yield name.encode() + b"\0"
        try:
            with place_of(folder, name).open("rb") as file:
                yield from iter(partial(file.read, 2**22), b"")
        except OSError as error:
            raise unreadable(name, error.strerror or str(error)) from error


def bulk_lots(
    folder: Path,
    names: list[str],
    crs: str,
    found: list[Finding],
    in_rows: list[Finding],
    run: Runner = map,
) -> tuple[Parts, pd.DataFrame]:
    """Return the parcels of files of Parquet, checked, and the columns that tables are held by.

    Parameters
    ----------
    folder : Path
        The catalogue.
    names : list of str
        Its files of parcels.
    crs : str
        Of the catalogue.
    found, in_rows : list of Finding
        Get what is wrong with single cells, and with single rows.
    run : Runner
        Does the parts.
    """
    kept = scratch()
    batches = _batches(folder, names, Path(kept.name), found)
    parts = list(run(partial(_part, crs=crs), batches))
    for part in parts:
        found += part.found
        in_rows += part.in_rows
    there = [part for part in parts if part.looked_at is not None]
    looked_at = [part.looked_at for part in there if part.looked_at is not None]
    columns = {name: kind for part in there for name, kind in part.kinds.items()}
    alike = partial(_alike, columns=columns)
    files = tuple(
        Part(part.path, steps=() if columns.keys() == part.kinds.keys() else (alike,))
        for part in there
    )
    lots = Parts(files, tuple(map(len, looked_at)), kept, run=run)
    return lots, pd.concat(looked_at or [pd.DataFrame(columns=_LOOKED_AT)], ignore_index=True)


@dataclass(frozen=True)
class _Batch:
    """Rows of a file: where they are read, the number of the first, and where they are kept.

    A small group of rows is read by who checks it; of a large one there is a ``table`` already.
    """

    name: str
    place: Path
    first: int
    group: int
    table: Any
    path: Path


@dataclass(frozen=True)
class _Checked:
    """Rows that are kept, the columns that tables are held by (None: no row can be used)."""

    path: Path
    looked_at: pd.DataFrame | None
    found: list[Finding]
    in_rows: list[Finding]
    kinds: dict[str, str]


def _part(batch: _Batch, crs: str) -> _Checked:
    found: list[Finding] = []
    table, frame = batch.table, None
    with _readable(batch.name, found):
        if table is None:
            with _opened(batch.place) as file:
                table = file.read_row_group(batch.group)
        frame = _frame(table, batch.name, batch.first, crs, found)
    if frame is None:
        return _Checked(batch.path, None, found, [], {})
    in_rows = [] if not are_whole(found) else list(check_rows("parcels", frame, batch.name, found))
    rows = frame.set_index(ID_COLUMN["parcels"])
    store(rows, batch.path)
    looked_at = pd.DataFrame(frame[[column for column in _LOOKED_AT if column in frame]])
    looked_at["file"] = pd.Series(batch.name, looked_at.index, dtype="category")
    kinds = {str(name): str(kind) for name, kind in rows.dtypes.items()}
    return _Checked(batch.path, looked_at, found, in_rows, kinds)


def _alike(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Return rows with the columns of all files: one may have others than the first."""
    nothing = [None] * len(rows)
    missing = {
        name: pd.Series(nothing, index=rows.index, dtype=kind)
        for name, kind in columns.items() if name not in rows
    }  # fmt: skip
    return rows.assign(**missing)


def _batches(folder: Path, names: list[str], kept: Path, found: list[Finding]) -> Iterator[_Batch]:
    """Yield the rows of each part."""
    paths = (kept / f"lots-{number:06}.arrow" for number in count())
    for name in names:
        place, first = place_of(folder, name).resolve(), 1
        with _readable(name, found), _opened(place) as file:
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if rows <= 2 * PART_ROWS:
                    yield _Batch(name, place, first, group, None, next(paths))
                    first += rows
                    continue
                for table in _tables(file, group):
                    yield _Batch(name, place, first, group, table, next(paths))
                    first += table.num_rows


def _opened(place: Path) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(place, page_checksum_verification=True)


@contextmanager
def _readable(name: str, found: list[Finding]) -> Iterator[None]:
    """Add a finding where a file cannot be read, or holds what it should not."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).partition("\n")[0]
        file_report(name, found)("file-unreadable", reason=reason)


def _tables(file: Any, group: int) -> Iterator[Any]:
    import pyarrow as pa

    # So many that no core is left without one at the end.
    cores, rows = os.cpu_count() or 1, file.metadata.row_group(group).num_rows
    count = -(-rows // (cores * PART_ROWS)) * cores
    for batch in file.iter_batches(-(-rows // count), row_groups=[group]):
        table = pa.Table.from_batches([batch])
        yield table.replace_schema_metadata(file.schema_arrow.metadata)


def _frame(
    table: Any, name: str, first: int, crs: str, found: list[Finding]
) -> gpd.GeoDataFrame | None:
    report = file_report(name, found)
    cells = table_cells(table, report, crs, spatial=True, first=first)
    if cells is None:
        return None
    frame = typed_table(cells, "parcels", report)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=crs)
