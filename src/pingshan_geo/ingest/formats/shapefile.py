"""Shapefiles: outlines through GDAL, the table from its bytes, and what of the parts is missing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo import gdal
from pingshan_geo.catalogue.readers import Report, file_report
from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery, digest
from pingshan_geo.ingest.formats.arrow import shapes
from pingshan_geo.ingest.formats.dbf import read_dbf
from pingshan_geo.ingest.formats.encoding import codec_name
from pingshan_geo.words import Text
from pingshan_geo.work import scratch

_PARTS = {".shp", ".shx", ".dbf", ".prj", ".cpg"}
_NO_TABLE = Text("outlines without attributes are read", "只读取图形，没有属性")
_NO_INDEX = Text("it was made again from the outlines", "已由图形重建")
_NO_CRS = Text("the file claims no CRS", "视为未声明坐标系")


def read_shapefile(path: Path, asked: Asked) -> Delivery:
    """Read a shapefile with the files beside it of the same name, whatever their case.

    A row is numbered by its record. Records that are marked as deleted are left out; where there
    are more outlines than records or the reverse, the rest of the row is None.

    Raises
    ------
    InputError
        If GDAL cannot read the outlines, or the table is none.
    """
    found: list[Finding] = []
    report = file_report(path.name, found)
    parts = {part.suffix.lower(): part for part in sorted(path.parent.iterdir())
             if part.stem == path.stem and part.is_file()}  # fmt: skip
    for suffix, reason in ((".dbf", _NO_TABLE), (".shx", _NO_INDEX), (".prj", _NO_CRS)):
        if suffix not in parts:
            report("part-missing", value=suffix, reason=reason)
    if asked.layer not in {None, path.stem}:
        report("layer-unknown", value=asked.layer, details={"known": path.stem})
        raise InputError(found)
    geometry = _outlines(path, parts.get(".shx"), report, asked.ceilings)
    table, is_deleted, encoding = (
        pd.DataFrame(index=pd.RangeIndex(len(geometry))),
        np.zeros(0, bool),
        None,
    )
    if ".dbf" in parts:
        declared = asked.encoding or _code_page(parts.get(".cpg"), report)
        table, is_deleted, encoding = read_dbf(parts[".dbf"], declared, report, asked.ceilings)
        if encoding.finding:
            found.append(encoding.finding)
    if len(table) != len(geometry):
        details = {"other": str(len(table))}
        report("parts-differ", value=str(len(geometry)), details=details)
    count = max(len(table), len(geometry))
    geometry = np.append(geometry, np.full(count - len(geometry), None))
    keep = ~np.append(is_deleted, np.zeros(count - len(is_deleted), bool))
    if not keep.all():
        report("rows-deleted", value=str(int((~keep).sum())))
    return Delivery(
        path.name, digest(*(part for suffix, part in parts.items() if suffix in _PARTS)),
        "Shapefile", None, table.reindex(pd.RangeIndex(count))[keep].reset_index(drop=True),
        np.arange(1, count + 1)[keep], geometry[keep], _claim(parts.get(".prj"), report),
        encoding.name if encoding else None, tuple(found),
    )  # fmt: skip


def _outlines(
    path: Path, index: Path | None, report: Report, ceilings: Ceilings
) -> npt.NDArray[Any]:
    """Return the outlines by record, read from a copy: GDAL writes a missing index beside it."""
    with scratch() as folder:
        copy = Path(folder, "layer.shp")
        shutil.copyfile(path, copy)
        if index:
            shutil.copyfile(index, copy.with_suffix(".shx"))
        try:
            table, about = gdal.read(copy, driver="ESRI Shapefile", ceilings=ceilings)
        except InputError as error:
            raise InputError([replace(f, file=path.name) for f in error.findings]) from None
    if about["said"]:
        report("reader-said", value="; ".join(about["said"]))
    found = shapes(table[about["geometry_name"]], report)
    if shapely.is_missing(found).any():
        _told_broken(path.read_bytes(), index.read_bytes() if index else b"", found, report)
    return found


def _told_broken(data: bytes, index: bytes, found: npt.NDArray[Any], report: Report) -> None:
    """Tell the records with an outline of which GDAL makes none, and those that are cut off."""
    at = 100
    for row, shape in enumerate(found, start=1):
        if place := index[92 + 8 * row : 96 + 8 * row]:
            at = 2 * int.from_bytes(place, "big")
        kind, parts = data[at + 8 : at + 12], data[at + 44 : at + 48]
        # A record of the kind 0 has no outline, and one of no parts an empty one.
        if shape is None and kind != bytes(4) and parts != bytes(4):
            reason = Text("its record is damaged or cut off", "记录已损坏或被截断")
            report("geometry-unreadable", row=row, reason=reason)
        at += 8 + 2 * int.from_bytes(data[at + 4 : at + 8], "big")


def _code_page(path: Path | None, report: Report) -> str | None:
    """Return the encoding that a ``.cpg`` names; one that nobody knows is told."""
    if path is None:
        return None
    name = path.read_text("latin-1").strip()
    try:
        return codec_name(name.upper().removeprefix("ANSI").strip())
    except UsageError:
        report("encoding-named", value=name[:40])
        return None


def _claim(path: Path | None, report: Report) -> Claim | None:
    import pyproj

    if path is None:
        return None
    text = path.read_text("utf-8", errors="replace").strip()
    try:
        pyproj.CRS.from_wkt(text)
    except pyproj.exceptions.CRSError:
        report("crs-unreadable", value=text)
        return None
    return Claim(text, "file")
