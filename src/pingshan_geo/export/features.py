"""Layers as GeoJSON: one document, or one feature per line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.export.layers import Layer
from pingshan_geo.output import write_whole
from pingshan_geo.words import Text, text

_DECIMALS = 7


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
    separator = "\n"
    for feature in _features(layer, lang):
        yield (separator + feature).encode()
        separator = ",\n"
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
    write_whole(path, (f"{feature}\n".encode() for feature in _features(layer, lang)))
    return notes


def _features(layer: Layer, lang: str) -> Iterator[str]:
    """Yield each row as a feature on one line."""
    geometry: Any = np.full(len(layer.data), None)
    rows = layer.attributes()
    if "geometry" in layer.data:
        geometry, rows["notice"] = _rounded(layer.data, lang)
    names = [str(name) for name in rows]
    columns = Layer(layer.name, rows, layer.catalogue).columns()
    for shape, values in zip(shapely.to_geojson(geometry), zip(*columns, strict=True), strict=True):
        members = json.dumps(
            dict(zip(names, values, strict=True)), ensure_ascii=False, allow_nan=False
        )
        yield f'{{"type": "Feature", "geometry": {shape or "null"}, "properties": {members}}}'


def _rounded(data: Any, lang: str) -> tuple[npt.NDArray[np.object_], pd.Series[Any]]:
    """Return the outlines with 7 decimals, still valid, and what became of them as notices."""
    whole = data.geometry.to_numpy()
    shapes = _round(whole)
    drawn = ~shapely.is_missing(whole)
    before = shapely.is_valid(whole)
    broken = drawn & before & ~shapely.is_valid(shapes)
    shapes[broken] = _round(shapely.set_precision(whole[broken], 10**-_DECIMALS))
    lost = drawn & (shapely.is_empty(shapes) | (before & ~shapely.is_valid(shapes)))
    shapes[lost] = None
    sound = shapely.is_valid(shapes)
    shapes[sound] = shapely.remove_repeated_points(shapes[sound])
    notice = data["notice"].astype(object).where(data["notice"].notna(), None)
    for which, key in ((lost, "notice_too_small"), (drawn & ~before, "notice_invalid")):
        notice[which] = [
            " ".join(filter(None, (said, text(key).get(lang)))) for said in notice[which]
        ]
    return shapely.orient_polygons(shapes, exterior_cw=False), notice


def _round(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    # Adding 0.0 turns a minus zero into zero.
    return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS) + 0.0))
