"""The one gate to GDAL.

GDAL runs in a child process: a file that crashes it ends the child, not the program. In the child
only the driver that was named is on, since GDAL otherwise picks one by content, whatever the
suffix says. Tables go over the pipe as Arrow, both ways.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from pingshan_geo.errors import InputError, OutputError
from pingshan_geo.findings import Finding
from pingshan_geo.output import whole_file
from pingshan_geo.words import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa

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
            with _child("write", task, driver, place.parent) as pipe:
                _send(content, pipe)
            os.replace(place.parent / "layer", place)
        except _ChildError as failure:
            raise OutputError(
                f"{path}: GDAL could not write it: {failure.said.en}",
                f"{path}：GDAL 无法写入：{failure.said.zh}",
            ) from None


def read(path: str | os.PathLike[str], *, driver: str) -> tuple[pa.Table, dict[str, Any]]:
    """Read the first layer of a file with one GDAL driver.

    Parameters
    ----------
    path : path-like
        An ordinary file; addresses and ``/vsi`` paths are none.
    driver : str
        GDAL's name of the driver.

    Returns
    -------
    table : pyarrow.Table
        Geometry as WKB.
    about : dict
        ``crs`` (text or None), ``geometry_type`` and ``geometry_name`` as pyogrio tells them.

    Raises
    ------
    InputError
        If it is no file, or GDAL cannot read it with this driver.
    """
    import pyarrow as pa

    try:
        if not Path(path).is_file():
            raise _ChildError(Text("it is no file", "不是文件"))
        task = {"path": str(Path(path).resolve()), "driver": driver}
        with _child("read", task, driver) as pipe, pa.ipc.open_stream(pipe) as stream:
            table = stream.read_all()
    except _ChildError as failure:
        said = failure.said
        reason = Text(f"GDAL ({driver}): {said.en}", f"GDAL（{driver}）：{said.zh}")
        details = {"reason": reason}
        raise InputError([Finding("file-unreadable", file=str(path), details=details)]) from None
    return table, json.loads(table.schema.metadata[b"pingshan_geo"])


def versions() -> dict[str, str]:
    """Return the versions of the libraries that geometry went through: geos, gdal, proj."""
    before = os.environ.get("OGR_SKIP")
    os.environ["OGR_SKIP"] = ",".join(_known_drivers())
    try:
        import pyogrio
    finally:
        if before is None:
            del os.environ["OGR_SKIP"]
        else:
            os.environ["OGR_SKIP"] = before
    import pyproj
    import shapely

    return {
        "geos": shapely.geos_version_string,
        "gdal": pyogrio.__gdal_version_string__,
        "proj": pyproj.proj_version_str,
    }


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


def _known_drivers() -> set[str]:
    return {" ".join(name.split()) for name in _DRIVERS.split(",")}


class _ChildError(Exception):
    """What the child said, or the signal that ended it."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


@contextmanager
def _child(
    verb: str, task: dict[str, Any], driver: str, folder: Path | None = None
) -> Iterator[IO[bytes]]:
    """Run the child around a block that uses its pipe; raise `_ChildError` if it failed."""
    settings = {
        "OGR_SKIP": ",".join(_known_drivers() - {driver}),
        "GDAL_DRIVER_PATH": "disable",
        "PROJ_NETWORK": "OFF",
        "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",  # no clock in what is written
    }
    # -P: no module is taken from the folder that the program happens to be started in.
    command = [sys.executable, "-P", "-m", "pingshan_geo.gdal.child", verb, json.dumps(task)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - this interpreter, this package, no shell
            command,
            stdin=subprocess.PIPE if verb == "write" else subprocess.DEVNULL,
            stdout=subprocess.PIPE if verb == "read" else subprocess.DEVNULL,
            stderr=said,
            env=os.environ | settings,
            cwd=folder,
        ) as child,
    ):
        pipe = cast("IO[bytes]", child.stdin if verb == "write" else child.stdout)
        problem: Exception | None = None
        try:
            yield pipe
        except (OSError, ValueError) as error:  # the pipe broke, or what came is no Arrow
            problem = error
        except BaseException:
            child.kill()
            raise
        with suppress(OSError):
            pipe.close()
        status = child.wait()
        if status or problem:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
            if status < 0:
                signal = Text(f"it was ended by signal {-status}", f"进程被信号 {-status} 终止")
                raise _ChildError(signal)
            last = lines[-1] if status and lines else str(problem or f"status {status}")
            raise _ChildError(Text(last, last))


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
