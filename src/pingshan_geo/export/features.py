"""Layers as GeoJSON: one document, or one feature per line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.cells import AT_ONCE, arrow_column, joined, json_values
from pingshan_geo.export.layers import Layer
from pingshan_geo.export.outlines import outline_texts, rounded
from pingshan_geo.figure import BoolArray
from pingshan_geo.output import write_whole
from pingshan_geo.words import Text, text

if TYPE_CHECKING:  # pyarrow is imported where it is needed
    import pyarrow as pa


def geojson(layer: Layer, lang: str = "en") -> Iterator[bytes]:
    """Yield a layer as GeoJSON (RFC 7946), one feature per line.

    Longitude and latitude on WGS 84 with 7 decimals (about 1 cm), exterior rings counter-
    clockwise. An outline that rounding would break is put on the grid of the last decimal as a
    whole; one that is too small for it, or was broken before, says so in ``notice``.

    Parameters
    ----------
    layer : Layer
        What `export_table` returned.
    lang : str
        Language of the notes.

    Raises
    ------
    UsageError
        If the layer's coordinates are not longitude and latitude on CGCS2000 or WGS 84.
    """
    about = layer.about(lang, layer.degrees_only("GeoJSON"))
    yield f'{{"type": "FeatureCollection", {about[1:-1]}, "features": ['.encode()
    yield b"\n"
    made = partial(features, lang=lang, between=",\n")
    yield from layer.parts.texts(made, AT_ONCE, b",\n")
    yield b"\n]}\n"


def write_geojson(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write GeoJSON; see `geojson`."""
    write_whole(path, geojson(layer, lang))
    return layer.degrees_only("GeoJSON")


def write_lines(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write one feature per line, without the record separators of RFC 8142.

    That is what other programs expect of a ``.geojsonl``. There is no head, hence no notes.
    """
    notes = layer.degrees_only("GeoJSON")

    def lines() -> Iterator[bytes]:
        end = b""
        made = partial(features, lang=lang, between="\n")
        for block in layer.parts.texts(made, AT_ONCE, b"\n"):
            yield block
            end = b"\n"
        yield end

    write_whole(path, lines())
    return notes


def features(rows: pd.DataFrame, lang: str = "en", between: str = ",\n") -> Iterator[memoryview]:
    r"""Yield rows as features of GeoJSON, some at a time, with what stands between two.

    Parameters
    ----------
    rows : GeoDataFrame or DataFrame
        Rows of a `Layer`; outlines in longitude and latitude, and a column ``notice`` beside
        them. Unknown becomes null.
    lang : str
        Language of what is added to ``notice``.
    between : str
        What stands between two features.

    Raises
    ------
    ValueError
        If a number is infinite.

    Examples
    --------
    >>> (two,) = features(pd.DataFrame({"id": ["a", "b"], "far": [1.5, None]}), between="\n")
    >>> bytes(two).splitlines()[1]
    b'{"type": "Feature", "geometry": null, "properties": {"id": "b", "far": null}}'
    """
    names = [str(name) for name in rows if name != "geometry"]
    columns = [arrow_column(rows[name]) for name in names]
    first = _alike(columns)
    heads = [f", {json.dumps(name, ensure_ascii=False)}: " for name in names]
    drawn = rows.geometry.to_numpy() if isinstance(rows, gpd.GeoDataFrame) else None
    for start in range(0, len(rows), AT_ONCE):
        told = {at: json_values(columns[at].slice(start, AT_ONCE)) for at in dict.fromkeys(first)}
        texts, outlines = [told[at] for at in first], "null"
        if drawn is not None:
            shapes, lost, invalid = rounded(drawn[start : start + AT_ONCE])
            outlines = outline_texts(shapes)
            if lost.any() or invalid.any():
                at = names.index("notice")
                notice = columns[at].slice(start, AT_ONCE).to_pylist()
                texts[at] = json_values(_noticed(notice, lost, invalid, lang))
        parts: list[Any] = ['{"type": "Feature", "geometry": ', outlines, ', "properties": {']
        parts += [part for pair in zip(heads, texts, strict=True) for part in pair]
        parts[3] = heads[0].removeprefix(", ")
        yield joined([*parts, "}}"], missing="null", between=between)


def _alike(columns: list[pa.Array]) -> list[int]:
    """Return for each column the first that holds the same: an exact number has equal bounds."""
    import pyarrow as pa

    first: list[int] = []
    known: dict[Any, list[int]] = {}
    # Bit for bit, since 0.0 equals -0.0, which is printed otherwise.
    is_float = [pa.types.is_float64(column.type) for column in columns]
    bits = [
        column.view(pa.int64()) if each else column
        for column, each in zip(columns, is_float, strict=True)
    ]
    for at, column in enumerate(columns):
        others = known.setdefault((column.type, column.null_count), [])
        found = next((other for other in others if bits[other].equals(bits[at])), at)
        first.append(found)
        if found == at:
            others.append(at)
    return first


def _noticed(notice: list[str | None], lost: BoolArray, invalid: BoolArray, lang: str) -> pa.Array:
    """Return the notices with what became of the outlines."""
    import pyarrow as pa

    for which, key in ((lost, "notice_too_small"), (invalid, "notice_invalid")):
        for at in np.flatnonzero(which).tolist():
            notice[at] = " ".join(filter(None, (notice[at], text(key).get(lang))))
    return pa.array(notice, pa.string())
