"""The formats of deliveries: by the ending of the name, held against the first bytes."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pingshan_geo import gdal
from pingshan_geo.catalogue.readers import file_report
from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery, digest, digesting
from pingshan_geo.ingest.formats.archive import check_zip, data_sets, unpack
from pingshan_geo.ingest.formats.arrow import decoded, frame, shapes
from pingshan_geo.ingest.formats.gml import tell_gml, without_envelope
from pingshan_geo.ingest.formats.xml import checked_xml
from pingshan_geo.output import is_utf8
from pingshan_geo.postgis import SCHEMES
from pingshan_geo.words import Text
from pingshan_geo.work import scratch

if TYPE_CHECKING:
    import pyarrow as pa

_XML = re.compile(rb"(\xef\xbb\xbf)?\s*<|(\xff\xfe)<\0|(\xfe\xff)\0<")
_JSON = re.compile(rb"(\xef\xbb\xbf)?\s*[\x1e\[{]")
# What the page writes when a reader downloads the flags.
_FLAGS = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"pingshan_geo_flags"')
_TEXT = re.compile(rb"[^\0]*|(\xff\xfe|\xfe\xff).*", re.DOTALL)  # any text, no binary file
_SQLITE = re.compile(rb"SQLite format 3\0")
_ZIP = re.compile(rb"PK(\x03\x04|\x05\x06)")
_OLE = re.compile(rb"\xd0\xcf\x11\xe0")
# Undoing what such a log says can take away any other file that it names.
_HOT = bytes.fromhex("d9d505f920a163d7")
# A TAB that is a view or a seamless layer names other files; only tables of their own are read.
_TAB = re.compile(rb'!table\s(?!.*"?\\IsSeamless"?\s*=\s*"?TRUE).*\btype\s+(native|dbf)\b',
                  re.IGNORECASE | re.DOTALL)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """A format of deliveries.

    Attributes
    ----------
    name : str
        For people.
    suffixes : tuple of str
        Endings of its files, in lower case.
    magic : pattern
        What its first bytes (up to 4 096) look like.
    reader : str
        ``module:function`` that reads it; GDAL's driver instead where it has none of its own.
    is_table : bool
        Whether it is a table that may as well be a note beside a layer.
    is_text : bool
        Whether it is read in this process, where all of it has to fit into memory.
    """

    name: str
    suffixes: tuple[str, ...]
    magic: re.Pattern[bytes]
    reader: str
    is_table: bool = False
    is_text: bool = False


#: Every format that can be read, in the order they are told.
FORMATS = (
    Format("GeoJSON", (".geojson", ".json"), _JSON, "geojson:read_geojson", is_text=True),
    Format("GeoJSONSeq", (".geojsonl", ".geojsons", ".ndjson", ".jsonl", ".seq"), _JSON,
           "geojson:read_sequence", is_text=True),
    Format("GeoPackage", (".gpkg",), _SQLITE, "GPKG"),
    Format("File Geodatabase", (".gdb",), re.compile(b""), "OpenFileGDB"),
    Format("Shapefile", (".shp",), re.compile(rb"\0\0\x27\x0a"), "shapefile:read_shapefile"),
    Format("KML", (".kml",), _XML, "kml:read_kml", is_text=True),
    Format("FlatGeobuf", (".fgb",), re.compile(rb"fgb[\x03]fgb"), "FlatGeobuf"),
    Format("GeoParquet", (".parquet", ".geoparquet"), re.compile(rb"PAR1"),
           "parquet:read_parquet"),
    Format("GML", (".gml",), _XML, "GML", is_text=True),
    Format("MapInfo TAB", (".tab",), _TAB, "MapInfo File"),
    Format("MapInfo MIF", (".mif",), re.compile(rb"\s*version\s", re.IGNORECASE), "MapInfo File"),
    Format("DXF", (".dxf",), re.compile(rb"AutoCAD Binary DXF|[^\0]*"), "cad:read_dxf",
           is_text=True),
    Format("CSV", (".csv", ".tsv"), _TEXT, "tables:read_delimited", is_table=True, is_text=True),
    Format("XLSX", (".xlsx", ".xlsm", ".ods"), _ZIP, "tables:read_workbook", is_table=True,
           is_text=True),
    Format("XLS", (".xls",), _OLE, "tables:read_workbook", is_table=True, is_text=True),
    Format("survey text", (".txt",), _TEXT, "survey:read_survey", is_table=True, is_text=True),
    Format("zip", (".zip", ".kmz"), _ZIP, ""),
)  # fmt: skip
_OF_THE_PAGE = Format("flags", (".json",), _FLAGS, "flags:read_flags", is_table=True, is_text=True)
#: What may be asked of a file of each format.
_TAKES = {
    "GeoJSON": "encoding", "GeoJSONSeq": "encoding", "Shapefile": "layer encoding",
    "DXF": "layer encoding", "CSV": "encoding", "survey text": "encoding", "XLSX": "sheet",
    "XLS": "sheet", "GeoPackage": "layer encoding", "File Geodatabase": "layer encoding",
    "KML": "layer", "FlatGeobuf": "layer encoding", "GeoParquet": "layer encoding", "GML": "layer",
    "MapInfo TAB": "layer encoding", "MapInfo MIF": "layer encoding", "flags": "",
}  # fmt: skip
_BY_SUFFIX = {suffix: kind for kind in FORMATS for suffix in kind.suffixes}


def open_delivery(path: str, asked: Asked) -> Delivery:
    """Open one layer of a foreign file, or of a PostGIS database.

    Parameters
    ----------
    path : str
        A file, the folder of a File Geodatabase, or an address ``postgresql://…``. Other
        addresses and GDAL's own signs (``/vsi…``, ``WFS:…``) are refused.
    asked : Asked
        Layer, sheet and encoding, where the user named them, and the ceilings.

    Raises
    ------
    InputError
        If it is no such file; its ending is of no known format or its content is not of the
        format that the ending says; it is over a ceiling; the layer to read cannot be told; or
        nothing can be read.
    UsageError
        If an option or an extra that is needed is wrong or missing.
    """
    if path.lower().startswith(SCHEMES):
        from pingshan_geo.ingest.formats.postgis import read_postgis

        return _within(read_postgis(path, asked), asked.ceilings)
    if re.match(r"[A-Za-z][\w+.-]+:|/vsi|\\vsi", path):
        reason = Text("addresses and signs of GDAL are not followed", "不访问网址或 GDAL 专用路径")
        raise _error("delivery-refused", path, value=path, reason=reason)
    place = Path(path)
    kind = _format(place)
    asked.ceilings.hold("text_mb" if kind.is_text else "file_mb", _megabytes(place), place.name)
    if kind.reader == "":
        return _from_zip(place, asked)
    for option in ("layer", "sheet", "encoding"):
        if getattr(asked, option) is not None and option not in _TAKES[kind.name].split():
            raise UsageError(
                f"--{option} has no meaning for {kind.name}; leave it out",
                f"--{option} 对 {kind.name} 没有意义，请去掉",
            )
    if ":" in kind.reader:
        module, function = kind.reader.split(":")
        reader = getattr(import_module(f"pingshan_geo.ingest.formats.{module}"), function)
        return _within(reader(place, asked), asked.ceilings)
    return _within(_from_gdal(place, asked, kind), asked.ceilings)


def _megabytes(place: Path) -> int:
    """Return the size of a data set with all its files, upwards."""
    return -(-sum(file.stat().st_size for file in _files(place)) >> 20)


def _within(delivery: Delivery, ceilings: Ceilings) -> Delivery:
    """Return a delivery after a look at what only a read one tells."""
    ceilings.hold("rows", len(delivery.table), delivery.file)
    ceilings.hold("columns", len(delivery.table.columns), delivery.file)
    if delivery.geometry is not None:
        points = int(shapely.get_num_coordinates(delivery.geometry).sum())
        ceilings.hold("vertices", points, delivery.file)
    for name, column in delivery.table.items():
        if column.dtype != object:
            continue
        texts = (len(cell) if isinstance(cell, str) else 0 for cell in column)
        lengths = np.fromiter(texts, np.int64, len(column))
        rows, field = delivery.rows, str(name)
        if len(lengths):
            longest = int(lengths.argmax())
            row = int(rows[longest])
            ceilings.hold("characters", int(lengths[longest]), delivery.file, row, field)
        for at in np.flatnonzero(lengths > ceilings.digits).tolist():
            digits = max(map(len, re.findall(r"\d+", str(column.iat[at]))), default=0)
            ceilings.hold("digits", digits, delivery.file, int(rows[at]), field)
    return delivery


def _error(code: str, path: str | Path, value: str | None = None, **details: Any) -> InputError:
    return InputError([Finding(code, file=Path(path).name, value=value, details=details)])


def _format(place: Path) -> Format:
    """Return the format that the name ends in, after a look at the first bytes."""
    suffix = place.suffix.lower()
    kind = _BY_SUFFIX.get(suffix)
    if not os.path.exists(place):  # a name that is too long is no file either
        raise _error("file-missing", place, value=str(place))
    if kind is None:
        known = ", ".join(_BY_SUFFIX)
        raise _error("format-unknown", place, value=suffix or place.name, known=known)
    if not is_utf8(place.name):
        raise unreadable(place.name, Text("its name is not UTF-8", "文件名不是 UTF-8"))
    is_folder = suffix == ".gdb"
    if not (place.is_dir() if is_folder else place.is_file()):
        raise unreadable(place.name, Text("it is no file", "不是文件"))
    if is_folder:
        return kind
    try:
        with place.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise unreadable(place.name, str(error.strerror)) from None
    if not head:
        raise unreadable(place.name, Text("it is empty", "文件为空"))
    if suffix == ".json" and _FLAGS.match(head):
        return _OF_THE_PAGE
    if not kind.magic.match(head):
        raise _error("format-mismatch", place, value=f"{kind.name} ({suffix})")
    return kind


def _from_zip(place: Path, asked: Asked) -> Delivery:
    """Read the one data set of a zip archive, or the one that ``asked.layer`` names."""
    members = check_zip(place, asked.ceilings)
    is_kmz = place.suffix.lower() == ".kmz"
    suffixes = {".kml"} if is_kmz else set(_BY_SUFFIX) - {".zip"}
    tables = {suffix for suffix, kind in _BY_SUFFIX.items() if kind.is_table}
    sets = data_sets(members, suffixes, tables | {".json"})
    if is_kmz and "doc.kml" in sets:
        sets = {"doc.kml": sets["doc.kml"]}
    layer = asked.layer
    if len(sets) > 1:
        stems = {PurePosixPath(name).stem: name for name in sets}
        wanted = layer if layer in sets else stems.get(layer or "")
        if wanted is None:
            raise _which(place, layer, list(sets))
        sets, layer = {wanted: sets[wanted]}, None
    if not sets:
        raise _error("layer-none", place)
    (name, parts), = sets.items()  # fmt: skip
    with scratch() as folder:
        unpack(place, {part: members[part] for part in parts}, Path(folder))
        inner = open_delivery(str(Path(folder, name)), replace(asked, layer=layer))
    found = list(inner.findings)
    others = data_sets(members, suffixes, set()).keys() - {name, *parts}
    if others:
        value = ", ".join(sorted(others))
        file_report(place.name, found)("layers-others", field=name, value=value)
    stem = PurePosixPath(name).stem
    return replace(
        inner, file=place.name, sha256=digest(place), layer=inner.layer or stem,
        findings=tuple(found),
    )  # fmt: skip


def _which(place: Path, layer: str | None, names: list[str]) -> InputError:
    """Return the error of a layer that is not there, or that has to be named."""
    if layer is None:
        return _error("layer-ambiguous", place, value=", ".join(names))
    nearest_first = difflib.get_close_matches(layer, names, len(names), 0)
    return _error("layer-unknown", place, value=layer, known=", ".join(nearest_first))


def _from_gdal(place: Path, asked: Asked, kind: Format) -> Delivery:
    found: list[Finding] = []
    report = file_report(place.name, found)
    files = _files(place)
    with scratch() as folder, digesting(*files) as sha256:
        source = _source(place, kind, files, Path(folder), asked.ceilings)
        table, about = _read(source, asked, kind)
        if kind.name == "GML":
            table = without_envelope(table)
            tell_gml(source.read_bytes(), about["layer"] or "", report)
    if not about["layers"]:
        raise _error("layer-none", place)
    if about["layer"] is None:
        raise _which(place, asked.layer, about["layers"])
    if len(about["layers"]) > 1 and asked.layer is None:
        others = ", ".join(name for name in about["layers"] if name != about["layer"])
        report("layers-others", field=about["layer"], value=others)
    if about["said"]:
        report("reader-said", value="; ".join(about["said"]))
    if about["curves"]:
        report("curves-linearised", value=str(about["curves"]))
    for column, kind_of, row, value in about["unfit"]:
        report("cell-unfit", row=row, field=column, value=value, details={"kind": kind_of})
    geometry, claim = None, None
    if about["geometry_name"]:
        geometry = shapes(table[about["geometry_name"]], report)
        table = table.drop_columns([about["geometry_name"]])
        if about["crs"] and "ndefined" not in about["crs"]:  # GeoPackage's names for none
            claim = Claim(about["crs"], "file")
    table, encoding = decoded(table, place.name, asked.encoding, found)
    cells = frame(table, report)
    for column, _, row, value in about["unfit"]:
        if column in cells:  # as it stands in the file, should the row be mended in quarantine
            cells[column] = cells[column].astype(object)
            cells.loc[row - 1, column] = value
    return Delivery(
        place.name, sha256.result(), kind.name, about["layer"], cells,
        np.arange(1, table.num_rows + 1), geometry, claim, encoding, tuple(found),
    )  # fmt: skip


def _source(place: Path, kind: Format, files: list[Path], folder: Path, ceilings: Ceilings) -> Path:
    """Return what is read: the file, or a copy in a folder where reading would write."""
    copy = folder / place.name
    if kind.name == "GML":  # GDAL reads and writes files beside it
        copy.write_bytes(checked_xml(place, ceilings))
        return copy
    if kind.name == "GeoPackage":
        log = place.with_name(f"{place.name}-journal")
        if log.is_file() and log.open("rb").read(8) == _HOT:
            en = "it was left while it was written (-journal); save it again where it is from"
            raise unreadable(place.name, Text(en, "写入未完成（-journal）；请在原程序中重新保存"))
        if len(files) > 1:  # SQLite writes what waits in its log into it
            for file in files:
                shutil.copyfile(file, folder / file.name)
            return copy
    return place


def _read(place: Path, asked: Asked, kind: Format) -> tuple[pa.Table, dict[str, Any]]:
    return gdal.read(place, driver=kind.reader, layer=asked.layer, ceilings=asked.ceilings)


def _files(place: Path) -> list[Path]:
    """Return the files that a data set is made of."""
    if place.is_dir():
        return [file for file in place.iterdir() if file.is_file()]
    if place.suffix.lower() in {".tab", ".mif", ".shp"}:
        return [f for f in place.parent.iterdir() if f.stem == place.stem and f.is_file()]
    if place.suffix.lower() == ".gpkg":  # with what SQLite has not yet written into it
        log = place.with_name(f"{place.name}-wal")
        return [place, log] if log.is_file() else [place]
    return [place]
