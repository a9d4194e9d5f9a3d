"""Reading with GDAL: the named driver only, in the child, back as Arrow."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding
from pingshan_geo.gdal.gate import ChildError, child
from pingshan_geo.words import Text

if TYPE_CHECKING:
    import pyarrow as pa


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
            raise ChildError(Text("it is no file", "不是文件"))
        task = {"path": str(Path(path).resolve()), "driver": driver}
        with child("read", task, driver) as pipe, pa.ipc.open_stream(pipe) as stream:
            table = stream.read_all()
    except ChildError as failure:
        said = failure.said
        reason = Text(f"GDAL ({driver}): {said.en}", f"GDAL（{driver}）：{said.zh}")
        details = {"reason": reason}
        raise InputError([Finding("file-unreadable", file=str(path), details=details)]) from None
    return table, json.loads(table.schema.metadata[b"pingshan_geo"])
