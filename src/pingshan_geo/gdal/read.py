"""Reading with GDAL: the named driver only, in the child, back as Arrow."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pingshan_geo.ceilings import USUAL, Ceilings
from pingshan_geo.findings import unreadable
from pingshan_geo.gdal.gate import ChildError, child
from pingshan_geo.output import is_utf8
from pingshan_geo.words import Text

if TYPE_CHECKING:
    import pyarrow as pa


# What GDAL and pyogrio say for themselves, in words for people.
_SAID = {
    "not recognized as being in a supported file format": Text(
        "no vector layer of this format is in it", "其中没有此格式的矢量图层"
    ),
    " rows can be read": Text(
        "it says or holds other rows than can be read; it was cut off or changed, ask for it again",
        "可读的行数与文件所记或所含不符；文件被截断或改动，请重新索取",
    ),
    "type is not supported: 2147483648": Text(
        "its layer is of mixed types with heights; save it as (multi)polygons",
        "图层为含高程的混合类型，请另存为（多）面",
    ),
}


def read(
    path: str | os.PathLike[str],
    *,
    driver: str,
    layer: str | None = None,
    ceilings: Ceilings = USUAL,
) -> tuple[pa.Table, dict[str, Any]]:
    """Read one layer of a file with one GDAL driver.

    Parameters
    ----------
    path : path-like
        An ordinary file, or the folder of a File Geodatabase; addresses and ``/vsi`` paths are
        neither.
    driver : str
        GDAL's name of the driver.
    layer : str or None
        Name of the layer; None for the only one, or the only one with geometry.
    ceilings : Ceilings
        Rows, columns and vertices are held against them while they are read.

    Returns
    -------
    table : pyarrow.Table
        Geometry as WKB, arcs as straight pieces; dates as ISO text.
    about : dict
        ``layers`` (the names of all), ``layer`` (the one read; None if that could not be
        decided, the table is empty then), and of that one ``crs`` (text or None),
        ``geometry_type`` and ``geometry_name`` (None for a table without), ``curves`` (how many
        geometries were curves), ``unfit`` (column, type, row and text of cells of a GeoPackage that
        are not of their column's type) and ``said`` (GDAL's warnings).

    Raises
    ------
    InputError
        If there is no such file, GDAL cannot read it with this driver, crashes or needs too long,
        or it is over a ceiling.
    """
    place = Path(path)
    is_there = place.is_dir() if driver == "OpenFileGDB" and place.is_dir() else place.is_file()
    task = {
        "path": str(place.resolve()),
        "driver": driver,
        "layer": layer,
        "ceilings": ceilings.numbers(),
    }
    table = _from_child("read", task, f"GDAL ({driver})", place if is_there else None, ceilings)
    return table, json.loads(table.schema.metadata[b"pingshan_geo"])


def read_parquet(path: str | os.PathLike[str], ceilings: Ceilings) -> pa.Table:
    """Return a Parquet file as a table, with the metadata of its schema.

    The metadata has one more key, ``natives``: a JSON object of the logical type (text) of each
    column that Parquet itself calls a geometry or geography.

    Raises
    ------
    InputError
        As `read`.
    """
    place = Path(path)
    task = {"path": str(place.resolve()), "ceilings": ceilings.numbers()}
    return _from_child("parquet", task, "Parquet", place if place.is_file() else None, ceilings)


def _from_child(
    verb: str, task: dict[str, Any], who: str, place: Path | None, ceilings: Ceilings
) -> pa.Table:
    import pyarrow as pa

    try:
        if place is None:
            raise ChildError(Text("it is no file", "不是文件"))
        # pyogrio takes ; and ! for a list, or a way into a zip, and leaves the last three out.
        if set(";!\t\n\r") & set(task["path"]) or not is_utf8(task["path"]):
            en = "its path holds ; or ! or a tab or a line's end, or is not UTF-8"
            zh = "路径含 ;、!、制表符或换行符，或不是 UTF-8"
            raise ChildError(Text(f"{en}; rename it", f"{zh}，请改名"))
        # A minute, and a second more for every megabyte: ten times what a slow machine needs.
        seconds = 60 + place.stat().st_size / 1e6
        with (
            child(verb, task, task.get("driver"), seconds=seconds) as pipe,
            pa.ipc.open_stream(pipe) as stream,
        ):
            return stream.read_all()
    except ChildError as failure:
        ceilings.said(failure.said.en, Path(task["path"]).name)
        said = next((text for sign, text in _SAID.items() if sign in failure.said.en), failure.said)
        reason = Text(f"{who}: {said.en}", f"{who}：{said.zh}")
        raise unreadable(Path(task["path"]).name, reason) from None
