"""Layers as GeoJSON: one document, or one feature per line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd

from pingshan_geo.cells import arrow_column, joined, json_values
from pingshan_geo.export.layers import Layer
from pingshan_geo.export.outlines import outline_texts, rounded
from pingshan_geo.figure import BoolArray
from pingshan_geo.output import write_whole
from pingshan_geo.words import Text, text

# Rows whose texts stand in the processor's own memory while they are made.
_ROWS = 4_000


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
    yield from layer.parts.texts(made, _ROWS, b",\n")
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
        for block in layer.parts.texts(partial(features, lang=lang, between="\n"), _ROWS, b"\n"):
            yield block
            end = b"\n"
        yield end

    write_whole(path, lines())
    return notes


def features(rows: pd.DataFrame, lang: str = "en", between: str = ",\n") -> bytes:
    r"""Return rows as features of GeoJSON, one after the other.

    Parameters
    ----------
    rows : GeoDataFrame or DataFrame
        Rows of a `Layer`, at least one; outlines in longitude and latitude, and a column
        ``notice`` beside them. Unknown becomes null.
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
    >>> features(pd.DataFrame({"id": ["a", "b"], "far": [1.5, None]}), between="\n").splitlines()[1]
    b'{"type": "Feature", "geometry": null, "properties": {"id": "b", "far": null}}'
    """
    outlines: Any = "null"
    columns = {str(name): rows[name] for name in rows if name != "geometry"}
    if isinstance(rows, gpd.GeoDataFrame):
        shapes, lost, invalid = rounded(rows.geometry.to_numpy())
        outlines = outline_texts(shapes)
        columns["notice"] = _noticed(columns["notice"], lost, invalid, lang)
    parts: list[Any] = ['{"type": "Feature", "geometry": ', outlines]
    lead = ', "properties": {'
    for name, column in columns.items():
        parts += [f"{lead}{json.dumps(name, ensure_ascii=False)}: "]
        parts += [json_values(arrow_column(column))]
        lead = ", "
    return joined([*parts, f"}}}}{between}"], missing="null").removesuffix(between.encode())


def _noticed(
    notice: pd.Series[Any], lost: BoolArray, invalid: BoolArray, lang: str
) -> pd.Series[Any]:
    """Return the notices with what became of the outlines."""
    told = notice.astype(object).where(notice.notna(), None)
    for which, key in ((lost, "notice_too_small"), (invalid, "notice_invalid")):
        told[which] = [" ".join(filter(None, (said, text(key).get(lang)))) for said in told[which]]
    return told
