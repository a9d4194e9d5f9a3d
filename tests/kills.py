"""Writers that are killed at random moments: what stands there is whole, the old or the new.

``python -m tests.kills [--kills 100] [--seed 0] [--ways .gpkg build …]`` kills each way of writing
so often, and prints what stood there each time; it ends with status 1 if anything was not whole. A
format of several files may be found between the two; then the next run has to end what was begun.
With ``--interrupt`` Ctrl-C is pressed instead, and the program has to end in order.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from pingshan_geo import assess, cli, export, gdal, load_catalogue
from pingshan_geo.catalogue.store import place_of
from pingshan_geo.errors import PingshanGeoError
from pingshan_geo.output import write_whole

ROOT = Path(__file__).parents[1]
PINGSHAN, TOWN = ROOT / "geodata", ROOT / "examples" / "demo-town"
#: Formats of several files: no rename changes all of them at once.
SEVERAL = (".shp", ".gdb", "build")
INTERRUPTED = 130
_MORE = 1.1  # the last kills come when all is done
_MOST_SAID = 10_000  # letters, of which a pipe holds all at once


@cache
def _layers(suffix: str) -> tuple[Any, Any]:
    """Return parcels of the demo town as they may stand there, and as they are written."""
    crs = "EPSG:4547" if suffix == ".dxf" else None  # a drawing has no degrees
    some = (export.export_table(_town(), "parcels", where, crs) for where in ("far > 2", None))
    return next(some), next(some)


@cache
def _town() -> Any:
    return assess(load_catalogue(TOWN))


def _command(*words: str) -> None:
    status = cli.main([*words])
    if status:
        raise SystemExit(status)


def _export(folder: Path, suffix: str, *, new: bool) -> None:
    export.write(_layers(suffix)[new], folder / f"lots{suffix}", "en")


def _of_a_day(command: str, *words: str, new: bool) -> None:
    day = ("--as-of", "2026-01-01" if new else "2017-06-30")
    _command("--catalogue", str(PINGSHAN), command, *day, *words)


def _build(folder: Path, *, new: bool) -> None:
    _of_a_day("build", "--no-page", "-o", str(folder), new=new)


def _page(folder: Path, *, new: bool) -> None:
    _of_a_day("map", "-o", str(folder / "page.html"), new=new)


def _bundle(folder: Path, *, new: bool) -> None:
    out = folder.parent / "built"
    _of_a_day("build", "-o", str(out), "--bundle", str(folder / "all.zip"), new=new)


def _import(folder: Path, *, new: bool) -> None:
    lots = folder / ".delivery" / "lots.geojson"
    if new:
        _command("--catalogue", str(folder), "import", str(lots), "--as", "parcels", "--yes")
        return
    shutil.copytree(TOWN, folder, dirs_exist_ok=True)
    delivery = json.loads((TOWN / "parcels.geojson").read_text("utf-8"))
    for feature in delivery["features"]:
        feature["properties"] = {"parcel_id": feature["properties"]["parcel_id"], "layer": "lot"}
    lots.parent.mkdir()
    lots.write_text(json.dumps(delivery), "utf-8")


WAYS: dict[str, Callable[..., None]] = {
    **{suffix: (lambda folder, new, suffix=suffix: _export(folder, suffix, new=new))
       for suffix in export.SUFFIXES},
    "build": _build, "map": _page, "bundle": _bundle, "import": _import,
}  # fmt: skip


#: One of each writer; a page and a bundle take half a minute each time.
QUICK = (".geojson", ".gpkg", ".parquet", ".csv", ".xlsx", ".shp", ".dxf", "build", "import")


def state(folder: Path) -> dict[str, str]:
    """Return the digests of what somebody sees in a folder, as a catalogue's reader sees it."""
    names = (each.relative_to(folder) for each in folder.rglob("*") if each.is_file())
    seen = {str(name) for name in names if not name.parts[0].startswith(".")}
    new = folder / ".commit" / "new"
    seen |= {str(each.relative_to(new)) for each in new.rglob("*") if each.is_file()}
    databases = {name.split(".gdb/")[0] + ".gdb" for name in seen if ".gdb/" in name}
    seen = {name for name in seen if ".gdb/" not in name} | databases
    return {name: _digest(place_of(folder, name)) for name in seen}


def _digest(place: Path) -> str:
    """Return the digest of a file, or of its rows where GDAL never writes the same bytes twice."""
    if place.name.endswith((".gdb", ".gdb.zip")):
        content = repr(_rows(place)).encode()
    else:
        content = place.read_bytes()
    if place.suffix == ".gpkg":  # which counts its own changes too
        with closing(sqlite3.connect(place)) as database:
            (whole,) = database.execute("PRAGMA integrity_check").fetchone()
            tables = database.execute("SELECT name, sql FROM sqlite_master ORDER BY name, sql")
            rows = [
                (name, sql, database.execute(f'SELECT * FROM "{name}"').fetchall())  # noqa: S608 -- our own names
                for name, sql in tables.fetchall() if sql and sql.startswith("CREATE TABLE")
            ]  # fmt: skip
        content = repr((whole, rows)).encode()
    return hashlib.sha256(content).hexdigest()


def _rows(place: Path) -> Any:
    """Return the rows of a File Geodatabase, or what is said of one that cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        if place.is_file():
            with zipfile.ZipFile(place) as archive:
                archive.extractall(folder)
            place = next(Path(folder).glob("*.gdb"))
        try:
            return gdal.read(place, driver="OpenFileGDB")[0].to_pylist()
        except PingshanGeoError as error:
            return str(error)


def started(work: Callable[[], None]) -> tuple[int, int]:
    """Begin work in a process; return its id and a pipe through which it says how it ended.

    Through a pipe no file of the harness is in the way of faults.
    """
    reads, writes = os.pipe()
    # Ctrl-C is not for the child until it can tell how it ends.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if child == 0:
        _child(work, writes)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.close(writes)
    return child, reads


def _child(work: Callable[[], None], writes: int) -> NoReturn:
    """Do work in this process, say through a pipe what it said, and end."""
    status, said = 99, io.StringIO()
    try:
        os.setsid()
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            with redirect_stdout(said), redirect_stderr(said):
                work()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except KeyboardInterrupt:
            status = INTERRUPTED  # as the command line ends then
        except PingshanGeoError as error:  # which the command line says in a line
            status = error.exit_status
            said.write(error.message("en"))
        except BaseException:
            said.write(traceback.format_exc())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.write(writes, said.getvalue()[-_MOST_SAID:].encode())
    finally:
        os._exit(status)


def ended(child: int, reads: int) -> tuple[int, str]:
    """Return how a process ended, and what it said."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with os.fdopen(reads, "rb") as pipe:
        return status, pipe.read().decode()


def forked(
    work: Callable[[], None], after_s: float | None = None, by: int = signal.SIGKILL
) -> tuple[int, str]:
    """Do work in a process that gets a signal after some seconds; return as `ended`."""
    child, reads = started(work)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(child, by)
    return ended(child, reads)


def killed(name: str, kills: int, seed: int, base: Path, by: int = signal.SIGKILL) -> Counter[str]:
    """Return what stood there after each kill of a way of writing: old, new, between or wrong.

    With ``by`` an interrupt the process has to end by itself, and in order.
    """
    way, found = WAYS[name], Counter[str]()
    rng = random.Random(f"{name} {seed}")  # noqa: S311 -- moments, no secrets
    before, place = base / "before", base / "run" / "out"
    before.mkdir(parents=True)
    way(before, new=False)

    def begin() -> None:
        shutil.rmtree(place.parent, ignore_errors=True)
        shutil.copytree(before, place)

    begin()
    old, begun = state(place), time.perf_counter()
    status, said = forked(lambda: way(place, new=True))
    if status:
        raise RuntimeError(f"{name} fails where nobody kills it: {said}")
    whole_s, new = time.perf_counter() - begun, state(place)
    if old == new:
        raise RuntimeError(f"{name} changes nothing")
    for _ in range(kills):
        begin()
        status, said = forked(lambda: way(place, new=True), rng.uniform(0, whole_s * _MORE), by)
        is_clean = by == signal.SIGKILL or (status in {0, INTERRUPTED} and "Traceback" not in said)
        seen = state(place)
        kind = "old" if seen == old else "new" if seen == new else "between"
        write_whole(place / "other.txt", b"")  # any next writing in that folder
        (place / "other.txt").unlink()
        mended = state(place)
        is_whole = mended in (old, new)
        if (
            not (is_whole and is_clean)
            or _left(place)
            or (kind == "between" and name not in SEVERAL)
        ):
            kind = "wrong"
        found[kind] += 1
        if forked(lambda: way(place, new=True))[0] or state(place) != new:
            found["wrong after"] += 1
    return found


def _left(place: Path) -> list[Path]:
    return list(place.rglob(".*.part"))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--interrupt", action="store_true", help="press Ctrl-C, do not kill")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    asked = parser.parse_args()
    total = Counter[str]()
    by = signal.SIGINT if asked.interrupt else signal.SIGKILL
    for name in asked.ways:
        with tempfile.TemporaryDirectory() as base:
            found = killed(name, asked.kills, asked.seed, Path(base), by)
        total += found
        sys.stdout.write(f"{name}: {dict(sorted(found.items()))}\n")
        sys.stdout.flush()
    sys.stdout.write(f"all: {dict(sorted(total.items()))}\n")
    sys.exit(any(kind.startswith("wrong") for kind in total))


if __name__ == "__main__":
    main()
