"""The child process: one task, then the end. Its environment was set before GDAL is loaded."""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_MEMORY = 8 << 30  # bytes; a million parcels need about two
_MOST_OF_A_VERTEX = 48  # bytes of WKB and Arrow, with x, y, z, m and heads of short rings
# What pyogrio and pyarrow load where it is there, and do without: loading takes longer than many
# a file. Of them only pyogrio needs numpy.
_UNUSED = ("cloudpickle", "geopandas", "pandas", "pyproj", "shapely")


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Have modules be missing for what is imported in this block."""
    hidden = set(names) - sys.modules.keys()
    sys.modules |= dict.fromkeys(hidden)  # type: ignore[arg-type]
    yield
    for name in hidden:
        del sys.modules[name]


def _pyogrio() -> Any:
    with _without(*_UNUSED):
        import pyarrow as pa  # noqa: F401 -- it is loaded without them too
        import pyogrio.raw

    return pyogrio


def _write(task: dict[str, Any]) -> None:
    pyogrio = _pyogrio()
    import pyarrow as pa

    with (
        warnings.catch_warnings(record=True) as said,
        pa.ipc.open_stream(sys.stdin.buffer) as stream,
    ):
        warnings.simplefilter("always")
        sent = _Counted(stream)
        pyogrio.raw.write_arrow(pa.RecordBatchReader.from_batches(stream.schema, sent), **task)
        there = _rows_in(task["path"], task["driver"])
    if there != sent.rows:  # GDAL says nothing of what fails when it closes a file
        sys.exit(f"{sent.rows} rows were written and {there} can be read again")
    told = sorted({_line(warning.message, task) for warning in said})
    Path("said.json").write_text(json.dumps(told), encoding="utf-8")


class _Counted:
    """Batches of a stream, and how many rows they had."""

    def __init__(self, stream: Any) -> None:
        self._stream, self.rows = stream, 0

    def __iter__(self) -> Iterator[Any]:
        for batch in self._stream:
            self.rows += len(batch)
            yield batch


def _rows_in(path: str, driver: str) -> int:
    """Return how many rows of the one layer of a file can be read, with their outlines."""
    if "KML" in driver:  # of which GDAL reads no row without an outline
        text = Path(path).read_bytes()
        return text.count(b"<Placemark") if text.rstrip().endswith(b"</kml>") else 0
    options = {"columns": [], "use_pyarrow": True}
    with _pyogrio().raw.open_arrow(path, **options) as (_, reader):
        return sum(map(len, reader))


def _read(task: dict[str, Any]) -> None:
    pyogrio = _pyogrio()
    # Only the named driver may look at the file: GDAL would choose another by content.
    others = set(pyogrio.list_drivers()) - {task["driver"], "MEM"}
    if others:
        sys.exit(f"drivers that nobody switched off: {', '.join(sorted(others))}")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        about, table = _layer(task["path"], task["layer"], task["ceilings"])
    about["said"] = sorted({_line(warning.message, task) for warning in said})
    _send(table.replace_schema_metadata({"pingshan_geo": json.dumps(about)}))


def _layer(
    path: str, layer: str | None, ceilings: dict[str, int]
) -> tuple[dict[str, Any], pa.Table]:
    """Return what is known of a file, and the layer of that name or, with None, the only one."""
    pyogrio = _pyogrio()
    import pyarrow as pa

    _settle_log(path)
    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    spatial = [name for name, kind in layers if kind is not None]
    names = [name for name, _ in layers]
    about: dict[str, Any] = {"layers": names, "layer": layer, "curves": 0}
    if layer is None and 1 in (len(spatial), len(names)):
        about["layer"] = spatial[0] if spatial else names[0]
    if about["layer"] not in names:
        return about | {"layer": None}, pa.table({})
    options = {"layer": about["layer"], "return_fids": True, "datetime_as_string": True}
    with (
        ThreadPoolExecutor(1) as beside,  # SQLite and GDAL let go of the interpreter
        pyogrio.raw.open_arrow(path, use_pyarrow=True, **options) as (told, reader),
    ):
        asked = (path, about["layer"], told["geometry_name"])
        unfit = beside.submit(_unfit, *asked) if path.lower().endswith(".gpkg") else None
        about |= {key: told[key] for key in ("crs", "geometry_type", "geometry_name")}
        _hold(ceilings, "columns", len(reader.schema))
        shape = about["geometry_name"] or "wkb_geometry"
        batches, rows, outlines = [], 0, 0
        for batch in reader:
            rows += len(batch)
            outlines += batch[shape].nbytes if shape in batch.schema.names else 0
            _hold(ceilings, "rows", rows)
            _hold(ceilings, "vertices", outlines // _MOST_OF_A_VERTEX)
            batches.append(batch)
        table = pa.Table.from_batches(batches, reader.schema)
    _hold_count(path, about["layer"], rows)
    # A row number that the format keeps for itself is no attribute, unless it has a name.
    number = told["fid_column"] or "OGC_FID"
    if number.lower() in {"fid", "ogc_fid", "objectid"}:
        table = table.drop_columns([number])
    about["unfit"] = unfit.result() if unfit else []
    if about["geometry_type"] is None:
        return about | {"geometry_name": None}, table
    about["curves"] = _curves(table[shape])
    if about["curves"]:  # Arrow hands curves on as they are; this way GDAL makes them straight
        straight = pyogrio.raw.read(path, layer=about["layer"], columns=[])[2]
        place = table.column_names.index(shape)
        table = table.set_column(place, shape, pa.array(straight.tolist(), pa.binary()))
    return about | {"geometry_name": shape}, table


def _settle_log(path: str) -> None:
    """Have SQLite write into a GeoPackage, which is a copy, what waits in a file beside it."""
    import sqlite3

    if Path(path + "-wal").exists():
        with closing(sqlite3.connect(path)) as base:
            base.execute("PRAGMA journal_mode = DELETE").fetchall()


# What a cell of a GeoPackage may be by the type of its column; @ is the column. SQLite takes
# anything anywhere, and GDAL makes something of it: 1 of '1,234', 6914 of 72450 in a SMALLINT.
_WHOLE = "typeof(@) = 'integer' AND @ BETWEEN {} AND {}"
_NUMBER, _TEXT = "typeof(@) IN ('real', 'integer')", "typeof(@) <> 'blob' AND instr(@, char(0)) = 0"
_FITS = {
    "BOOLEAN": _WHOLE.format(0, 1), "TINYINT": _WHOLE.format(-128, 127),
    "SMALLINT": _WHOLE.format(-(2**15), 2**15 - 1),
    "MEDIUMINT": _WHOLE.format(-(2**31), 2**31 - 1),
    "INT": "typeof(@) = 'integer'", "INTEGER": "typeof(@) = 'integer'",
    "REAL": _NUMBER, "DOUBLE": _NUMBER, "FLOAT": _NUMBER, "TEXT": _TEXT,
    "DATE": "typeof(@) = 'text' AND date(@, '+0 days') IS @",
    "DATETIME": "typeof(@) = 'text' AND datetime(@) IS NOT NULL",
}  # fmt: skip
_OUTLINE = "substr(@, 1, 2) = x'4750'"
_MOST = 1000  # such cells of a column are told, of more the file is refused


def _unfit(path: str, layer: str, shape: str | None) -> list[tuple[str, str, int, str]]:
    """Return column, type, row and text of cells of a GeoPackage that are not of their type."""
    import sqlite3

    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    address, found = f"{Path(path).as_uri()}?mode=ro&immutable=1", []
    with suppress(sqlite3.Error), closing(sqlite3.connect(address, uri=True)) as base:
        base.text_factory = lambda text: text.decode("utf-8", "replace")
        is_table = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
        if not base.execute(is_table, (layer,)).fetchone()[0]:
            return []
        kinds = {name: kind.upper().partition("(")[0].strip() for _, name, kind, *_ in
                 base.execute(f"PRAGMA table_info({quoted(layer)})")}  # fmt: skip
        rules = {
            name: _OUTLINE if name == shape else _FITS.get(kind) for name, kind in kinds.items()
        }
        unlike = {
            name: f"@ IS NOT NULL AND NOT ({rule})".replace("@", quoted(name))
            for name, rule in rules.items() if rule
        }  # fmt: skip
        anywhere = " OR ".join(f"({each})" for each in unlike.values()) or "0"
        if not base.execute(f"SELECT count(*) FROM {quoted(layer)} WHERE {anywhere}").fetchone()[0]:  # noqa: S608 -- its own names, quoted
            return []
        for name, each in unlike.items():
            rows = base.execute(
                "SELECT n, v FROM (SELECT row_number() OVER (ORDER BY rowid) AS n, "  # noqa: S608 -- as above
                f"{quoted(name)} AS v, {each} AS w FROM {quoted(layer)}) WHERE w LIMIT {_MOST + 1}"
            ).fetchall()
            if len(rows) > _MOST:
                sys.exit(f"over {_MOST} cells of {name} are not of its type {kinds[name]}")
            found += [(name, kinds[name], row, str(value)) for row, value in rows]
    return found


def _hold_count(path: str, layer: str, rows: int) -> None:
    """End where a file says or holds other than so many rows: GDAL reads on over what is cut off.

    What a GeoPackage says of it is only a copy that other programs let grow old, and a TAB counts
    rows that are deleted.
    """
    kind, said = Path(path).suffix.lower(), {rows}
    if kind not in {".gpkg", ".tab"}:
        said.add(_pyogrio().read_info(path, layer=layer)["features"])
    if kind == ".fgb":
        with open(path, "rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            said.add(_features(data))
    if kind == ".mif":
        said |= _objects(Path(path))
    if said - {-1, rows}:
        sys.exit(f"{rows} of {max(said)} rows can be read")


def _features(data: mmap) -> int:
    """Return how many features a FlatGeobuf holds. Each begins with its length.

    Of the header, a FlatBuffers table, two fields are needed: how many features are told, and of
    how many children (16 where it is left out) a node of the index is made, a packed R-tree of 40
    bytes a node.
    """

    def number(start: int, size: int) -> int:
        return int.from_bytes(data[start : start + size], "little")

    table = 12 + number(12, 4)
    fields = table - int.from_bytes(data[table : table + 4], "little", signed=True)

    def told(field: int, size: int, default: int) -> int:
        place = 4 + 2 * field
        offset = number(fields + place, 2) if place + 2 <= number(fields, 2) else 0
        return number(table + offset, size) if offset else default

    level, children = told(8, 8, 0), told(9, 2, 16)
    nodes = level if children > 1 else 0
    while nodes:
        level = -(-level // children)
        nodes += level
        if level == 1:
            break
    count, at = 0, 12 + number(8, 4) + 40 * nodes
    while at < len(data):
        at += 4 + int.from_bytes(data[at : at + 4], "little")
        count += 1
    return count


_MIF_COLUMNS = re.compile(rb"^[ \t]*columns[ \t]+[1-9]", re.IGNORECASE | re.MULTILINE)
_MIF_DATA = re.compile(rb"^[ \t]*data[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_MIF_OBJECT = re.compile(
    rb"^[ \t]*(point|line|pline|region|arc|text|rect|roundrect|ellipse|multipoint|collection"
    rb"|none)\b",
    re.IGNORECASE | re.MULTILINE,
)


def _objects(path: Path) -> set[int]:
    """Return how many objects a MIF has, unless some are collections, and rows the MID has."""
    content = path.read_bytes()
    *_, body = _MIF_DATA.split(content, maxsplit=1)
    heads = _MIF_OBJECT.findall(body)
    found = set() if b"collection" in {head.lower() for head in heads} else {len(heads)}
    mids = [each for each in path.parent.iterdir()
            if (each.stem, each.suffix.lower()) == (path.stem, ".mid")]  # fmt: skip
    lines = [line for each in mids for line in each.read_bytes().splitlines() if line.strip()]
    return found | {len(lines)} if mids or _MIF_COLUMNS.search(content) else found


def _hold(ceilings: dict[str, int], name: str, value: int) -> None:
    if value > ceilings[name]:
        sys.exit(f"over the limit {name}: {value}")


def _curves(column: pa.ChunkedArray) -> int:
    """Return how many geometries are curves (types 8 to 14 of ISO WKB, with or without Z, M)."""
    import pyarrow.compute as pc

    heads = pc.value_counts(pc.binary_slice(column.drop_null(), 1, 3)).to_pylist()
    kinds = {int.from_bytes(head["values"], "little") % 1000: head["counts"] for head in heads}
    return sum(count for kind, count in kinds.items() if 8 <= kind <= 14)


def _parquet(task: dict[str, Any]) -> None:
    with _without("numpy", *_UNUSED):
        import pyarrow.parquet as pq

    with pq.ParquetFile(task["path"]) as file:
        groups = (file.metadata.row_group(number) for number in range(file.num_row_groups))
        unpacked = sum(max(group.total_byte_size, 0) for group in groups)
        _hold(task["ceilings"], "columns", len(file.schema_arrow))
        _hold(task["ceilings"], "rows", file.metadata.num_rows)
        _hold(task["ceilings"], "unpacked_mb", -(-unpacked >> 20))
        table = file.read()
        kinds = [str(file.schema.column(place).logical_type) for place in range(len(file.schema))]
    natives = {
        file.schema.column(place).path: kind
        for place, kind in enumerate(kinds)
        if kind.startswith(("Geometry", "Geography"))
    }
    own = {"natives": json.dumps(natives)}
    _send(table.replace_schema_metadata((table.schema.metadata or {}) | own))


def _send(table: pa.Table) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)


def _line(said: Any, task: dict[str, Any]) -> str:
    """Return what GDAL says in one line, without the folder that the file lies in."""
    path = Path(task["path"])
    return " ".join(str(said).replace(str(path), path.name).split())


def main() -> None:
    """Do the task on the command line: ``write``, ``read`` or ``parquet``, and its JSON."""
    verb, task = sys.argv[1], json.loads(sys.argv[2])
    with suppress(ImportError):  # Windows knows no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        {"write": _write, "read": _read, "parquet": _parquet}[verb](task)
    except Exception as error:  # whatever GDAL says is handed on in one line
        sys.exit(_line(error, task) or type(error).__name__)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # what was read need not be taken apart again


if __name__ == "__main__":
    main()
