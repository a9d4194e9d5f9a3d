"""The child process that GDAL runs in: its drivers, its environment, its pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from pingshan_geo.words import Text

_CHILD = Path(__file__).with_name("child.py")
# Every vector driver of GDAL 3.12 as pyogrio ships it; all but the one named are unloaded. The
# child refuses to read when it meets one that is not in this list.
_DRIVERS = """
ADBC, AIVector, AVCBin, AVCE00, AmigoCloud, CSV, CSW, Carto, DGN, DXF, EDIGEO, EEDA, ESRI
Shapefile, ESRIJSON, Elasticsearch, FlatGeobuf, GDALG, GML, GPKG, GPSBabel, GPX, GTFS, GeoJSON,
GeoJSONSeq, GeoRSS, HTTP, Idrisi, JML, JSONFG, KML, LIBKML, LVBAG, MBTiles, MVT, MapInfo File,
MapML, MiraMonVector, NGW, OAPIF, ODS, OGCAPI, OGR_GMT, OGR_PDS, OGR_VRT, OSM, OpenFileGDB,
PCIDSK, PDF, PDS4, PGDUMP, PLSCENES, PMTiles, S57, SQLite, SXF, Selafin, TopoJSON, VDV, VFK,
VICAR, WAsP, WFS, XLSX
"""


def known_drivers() -> set[str]:
    """Return the names of all drivers."""
    return {" ".join(name.split()) for name in _DRIVERS.split(",")}


# What a foreign file may not set off: a reference that is fetched, a schema that is loaded; text
# such as "007" is not made a number. An arc becomes pieces of half a degree.
_FOREIGN = {
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_FIELDTYPES": "ALWAYS_STRING",
    "GML_ATTRIBUTES_TO_OGR_FIELDS": "YES",
    "OGR_ARC_STEPSIZE": "0.5",
    "SHAPE_RESTORE_SHX": "YES",
}
# What is written is thrown away as a whole when it fails: nothing need be taken back.
_WRITING = {"OGR_SQLITE_JOURNAL": "OFF"}


class ChildError(Exception):
    """What the child said, or the signal that ended it."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


@contextmanager
def child(
    verb: str,
    task: dict[str, Any],
    driver: str | None,
    folder: Path | None = None,
    seconds: float | None = None,
) -> Iterator[IO[bytes]]:
    """Run the child around a block that uses its pipe; raise `ChildError` if it failed.

    No driver: GDAL is not needed. The child is ended when it takes longer than ``seconds``.
    """
    settings = _FOREIGN | {
        "OGR_SKIP": ",".join(known_drivers() - {driver}),
        "GDAL_DRIVER_PATH": "disable",
        "PROJ_NETWORK": "OFF",
        "OPENBLAS_NUM_THREADS": "1",  # which it would start for nothing
        "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",  # no clock in what is written
    }
    if verb == "write":
        settings |= _WRITING
    # -P: no module is taken from the folder that the program happens to be started in. By its
    # place, not by name: the package need not be loaded.
    command = [sys.executable, "-P", str(_CHILD), verb, json.dumps(task)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - this interpreter, this package, no shell
            command,
            stdin=subprocess.PIPE if verb == "write" else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if verb == "write" else subprocess.PIPE,
            stderr=said,
            env=os.environ | settings,
            cwd=folder,
        ) as process,
    ):
        pipe = cast("IO[bytes]", process.stdin if verb == "write" else process.stdout)
        problem: Exception | None = None
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(seconds or 0, stop)
        if seconds:
            clock.start()
        try:
            yield pipe
        except (OSError, ValueError) as error:  # the pipe broke, or what came is no Arrow
            problem = error
        except BaseException:
            clock.cancel()
            process.kill()
            raise
        with suppress(OSError):
            pipe.close()
        status = process.wait()
        clock.cancel()
        if late.is_set():
            raise ChildError(
                Text(f"it took longer than {seconds:.0f} s", f"用时超过 {seconds:.0f} 秒")
            )
        if status or problem:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
            if status < 0:
                signal = Text(f"it was ended by signal {-status}", f"进程被信号 {-status} 终止")
                raise ChildError(signal)
            last = lines[-1] if status and lines else str(problem or f"status {status}")
            raise ChildError(Text(last, last))
