"""CAD drawings (DXF): a row for each outline, with its layer, its block's attributes, its label."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ids import nearest
from pingshan_geo.ingest.delivery import Asked, Delivery, digest
from pingshan_geo.ingest.formats.cad_rows import SAMPLES, Reading
from pingshan_geo.ingest.formats.encoding import detect
from pingshan_geo.words import Text

# What ezdxf mends it says here; ours is the finding `cad-mended`.
logging.getLogger("ezdxf").addHandler(logging.NullHandler())
_BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\S+)")


def read_dxf(place: Path, asked: Asked) -> Delivery:
    """Read the outlines of a drawing's model space.

    A row is a closed or open polyline, hatch, circle, closed ellipse or spline, also of a block,
    wherever it was inserted. Columns, where any row has a value: ``cad_layer``, ``entity``,
    ``handle``, ``colour`` (index, or ``#rrggbb``), ``linetype``, ``block``, ``label``, a block's
    attributes by their tags, and XDATA by application and position. A label is the text inside an
    outline, in the smallest if they are nested, joined by ``;`` if there are several; attributes
    of a block without outline are taken likewise. ``table.attrs["units"]`` is the drawing's unit
    (``m``, ``mm``, ``ft`` …) or None.

    Parameters
    ----------
    place : Path
        An ASCII or binary DXF file.
    asked : Asked
        ``layer`` names one or more CAD layers, separated by commas; texts are taken from them too
        if they hold any, else from all.

    Returns
    -------
    Delivery
        Coordinates as drawn, arcs as straight pieces within 1 mm, no heights, no CRS claimed.

    Raises
    ------
    UsageError
        If ezdxf is not installed.
    InputError
        If it is no drawing that can be read, a layer is not in it, or it has no outlines.
    """
    found: list[Finding] = []
    try:
        drawing, encoding = _opened(place.read_bytes(), place.name, asked, found)
        read = Reading(drawing, place.name, _wanted(drawing, place.name, asked.layer), found)
        table, shapes = read.table(asked.ceilings)
    except (InputError, UsageError):
        raise
    except Exception as error:  # whatever ezdxf meets in a broken drawing
        said = " ".join(str(error).split()) or type(error).__name__
        raise unreadable(place.name, f"ezdxf: {said}") from None
    return Delivery(
        place.name, digest(place), "DXF", asked.layer, table,
        np.arange(1, len(table) + 1), shapes, encoding=encoding, findings=tuple(found),
    )  # fmt: skip


def _opened(data: bytes, name: str, asked: Asked, found: list[Finding]) -> tuple[Any, str | None]:
    """Return the drawing, mended if need be, and the encoding of its texts."""
    try:
        from ezdxf import recover
        from ezdxf.document import Drawing
        from ezdxf.lldxf.tagger import binary_tags_loader
    except ImportError:
        raise UsageError(
            "DXF needs the library ezdxf: pip install 'pingshan-geo[cad]'",
            "读取 DXF 需要 ezdxf 库：pip install 'pingshan-geo[cad]'",
        ) from None
    if data.startswith(b"AC10"):
        reason = Text("it is DWG; save the drawing as DXF", "这是 DWG，请将图另存为 DXF")
        raise unreadable(name, reason)
    if data.startswith(_BINARY):
        return Drawing.load(binary_tags_loader(data, errors="strict")), None
    if not re.search(rb"^\s*(?:0|999)\s*\r?\n", data[:200].removeprefix(b"\xef\xbb\xbf")):
        raise unreadable(name, Text("it does not begin as DXF does", "开头不符合 DXF 格式"))
    text, encoding = _decoded(data, name, asked, found)
    try:
        return Drawing.read(io.StringIO(text, newline=None)), encoding
    except Exception as error:
        fault = str(error)
        escaped = text.encode("ascii", "dxfreplace")  # the mender would decode by its own lights
        drawing, audit = recover.read(io.BytesIO(escaped))
    mended = [each.message for each in (*audit.errors, *audit.fixes)]
    details: dict[str, str | Text] = {"count": str(len(mended))}
    said = " / ".join([fault, *mended[: SAMPLES - 1]])
    found.append(Finding("cad-mended", file=name, value=said, details=details))
    return drawing, encoding


def _decoded(data: bytes, name: str, asked: Asked, found: list[Finding]) -> tuple[str, str]:
    """Return the text of a drawing: UTF-8 if it is, else its code page, else as guessed."""
    from ezdxf.tools.codepage import toencoding

    page = _CODE_PAGE.search(data)
    try:
        data.decode("utf-8")
        declared = None
    except UnicodeDecodeError:
        declared = toencoding(page[1].decode("ascii", "replace")) if page else None
    try:
        encoding = detect(data, asked.encoding or declared, file=name)
    except InputError:
        if asked.encoding:
            raise
        encoding = detect(data, file=name)
    if encoding.finding:
        found.append(encoding.finding)
    return data.decode(encoding.name), encoding.name


def _wanted(drawing: Any, name: str, layers: str | None) -> set[str] | None:
    """Return the asked layers as the drawing compares them; None for all."""
    if layers is None:
        return None
    known = {layer.dxf.name.casefold(): layer.dxf.name for layer in drawing.layers}
    known |= {e.dxf.layer.casefold(): e.dxf.layer for e in drawing.modelspace()}
    wanted = {part.strip().casefold(): part.strip() for part in layers.split(",")}
    found = [
        Finding("layer-unknown", file=name, value=wanted[key], details={"known": near})
        for key in wanted
        if key not in known
        for near in [", ".join(nearest(key, known.values()) or list(known.values())[:20])]
    ]
    if found:
        raise InputError(found)
    return set(wanted)
