"""Layers in the formats that GDAL writes: GeoPackage, Geodatabase, Shapefile, KML, FlatGeobuf."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from pingshan_geo import gdal
from pingshan_geo.cells import csv_bytes
from pingshan_geo.errors import UsageError
from pingshan_geo.export.layers import Layer
from pingshan_geo.export.style import finish_geopackage
from pingshan_geo.findings import shortened
from pingshan_geo.output import write_whole
from pingshan_geo.words import Text, text

Frame = TypeVar("Frame", bound=pd.DataFrame)

# What the format of dBASE holds: bytes of a name and of a text, columns.
_NAME_BYTES, _TEXT_BYTES, _COLUMNS = 10, 254, 255
_NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Python's and GDAL's names of the encodings of `write`.
_CODECS = {"utf-8": "UTF-8", "gbk": "CP936"}


def write_gpkg(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write a GeoPackage with a style for QGIS and the notes as description of the layer."""
    finish = partial(finish_geopackage, layer=layer, lang=lang)
    said = gdal.write(
        path, layer.head, blocks=layer.parts.blocks, driver="GPKG", layer=layer.name,
        description=layer.about(lang), finish=finish,
    )  # fmt: skip
    return _told(said)


def write_gdb(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:  # noqa: ARG001 -- as every writer
    """Write a File Geodatabase: a folder, or with ``.zip`` one file that holds it.

    Whole numbers keep 64 bits, which ArcGIS Pro reads from 3.2 on.
    """
    said = gdal.write(
        path, layer.head, blocks=layer.parts.blocks, driver="OpenFileGDB", layer=layer.name,
        finish=_packing(path),
        TARGET_ARCGIS_VERSION="ARCGIS_PRO_3_2_OR_LATER",
    )  # fmt: skip
    return _flags(layer.head) + _told(said)


def write_fgb(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:
    """Write FlatGeobuf with its spatial index, in the order of which the rows then stand."""
    drawn, without = drawn_rows(layer, ".fgb")
    said = gdal.write(
        path, drawn, driver="FlatGeobuf", layer=layer.name, DESCRIPTION=layer.about(lang, without)
    )
    return without + _told(said)


def write_kml(layer: Layer, path: str | os.PathLike[str], lang: str) -> tuple[Text, ...]:  # noqa: ARG001 -- as every writer
    """Write KML; the id is also the name that is shown. Numbers have 15 digits."""
    data = layer.with_outlines(".kml")
    notes = layer.degrees_only(".kml") + _flags(data)
    data, counts = _changed(data, lambda each: _NOT_IN_XML.sub("\ufffd", each))
    if "name" not in {str(name).lower() for name in data}:
        data = data.copy()
        data.insert(0, "Name", data.iloc[:, 0])
    said = gdal.write(path, data, driver="KML", layer=layer.name)
    if counts:
        notes += (text("note_xml_signs").filled(columns=_counted(counts)),)
    return notes + _told(said)


def write_shp(
    layer: Layer,
    path: str | os.PathLike[str],
    lang: str,  # noqa: ARG001 -- as every writer
    encoding: str = "utf-8",
) -> tuple[Text, ...]:
    """Write a Shapefile, and beside it ``NAME-fields.csv`` with the whole names of its columns.

    Raises
    ------
    UsageError
        If the layer has no outlines or too many columns.
    """
    data = layer.with_outlines(".shp")
    names = [str(name) for name in data.columns.drop("geometry")]
    if len(names) > _COLUMNS:
        raise UsageError(
            f"{len(names)} columns are more than a Shapefile holds ({_COLUMNS}); write .gpkg",
            f"共 {len(names)} 列，超出 Shapefile 的容量（{_COLUMNS}）；请写成 .gpkg",
        )
    data, lost = fit_signs(data, encoding)
    data, cut = _changed(data, lambda each: _cut(each, _TEXT_BYTES, encoding))
    short = _short_names(names, encoding)
    list_name = Path(path).name.lower().removesuffix(".zip").removesuffix(".shp")
    list_name = Path(path).name[: len(list_name)] + "-fields.csv"
    pack = _packing(path)

    def finish(place: Path) -> None:
        rows = zip(short, names, strict=True)
        write_whole(place.with_name(list_name), csv_bytes([("field", "column"), *rows]))
        if pack:
            pack(place)

    data = data.rename(columns=dict(zip(names, short, strict=True)))
    options: dict[str, Any] = {"encoding": _CODECS[encoding], "RESIZE": "YES", "2GB_LIMIT": "YES"}
    said = gdal.write(
        path, data, driver="ESRI Shapefile", layer=layer.name, finish=finish,
        DBF_DATE_LAST_UPDATE="2000-01-01", **options,
    )  # fmt: skip
    count = sum(one != other for one, other in zip(short, names, strict=True))
    notes = [text("note_shp_texts")]
    if count:
        notes.append(text("note_short_names").filled(count=str(count), file=list_name))
    if cut:
        notes.append(text("note_cut_texts").filled(columns=_counted(cut)))
    return (*lost, *notes, *_told(said))


def drawn_rows(layer: Layer, suffix: str) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    """Return the rows with an outline, and what to say of the others, which the format lacks."""
    data = layer.with_outlines(suffix)
    bare = data.geometry.isna() | data.geometry.is_empty
    if not bare.any():
        return data, ()
    ids = ", ".join(data.loc[bare].iloc[:, 0].astype(str))
    note = text("note_without_outline").filled(
        count=str(int(bare.sum())), format=suffix, ids=shortened(ids)
    )
    return data[~bare], (note,)


def fit_signs(data: Frame, encoding: str) -> tuple[Frame, tuple[Text, ...]]:
    """Return the rows with ? for each sign that an encoding lacks, and what to say of it."""
    if encoding == "utf-8":
        return data, ()
    fitted, counts = _changed(data, lambda each: each.encode(encoding, "replace").decode(encoding))
    if not counts:
        return data, ()
    return fitted, (text("note_lost_signs").filled(encoding=encoding, columns=_counted(counts)),)


def _cut(words: str, most: int, encoding: str) -> str:
    """Return as many whole characters as ``most`` bytes hold."""
    if len(words) <= most // 4:  # no character has more than 4 bytes
        return words
    return words.encode(encoding, "replace")[:most].decode(encoding, "ignore")


def _short_names(names: list[str], encoding: str) -> list[str]:
    """Return names of at most 10 bytes that differ by more than case."""
    short: dict[str, str] = {}
    for name in names:
        new, number = _cut(name, _NAME_BYTES, encoding), 0
        while new.lower() in short:
            number += 1
            new = _cut(name, _NAME_BYTES - len(f"_{number}"), encoding) + f"_{number}"
        short[new.lower()] = new
    return list(short.values())


def _changed(data: Frame, change: Callable[[str], str]) -> tuple[Frame, dict[str, int]]:
    """Return the rows with each text changed, and how many became another in which column."""
    columns, counts = {}, {}
    for name in map(str, data):
        texts = data[name].dropna()
        if name == "geometry" or pd.api.types.infer_dtype(texts) != "string":
            continue
        new = texts.map(change)
        other = new.index[new != texts]
        if len(other):
            counts[name] = len(other)
            columns[name] = data[name].copy()
            columns[name][other] = new[other]
    return data.assign(**columns), counts


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counts.items())


def _flags(data: pd.DataFrame) -> tuple[Text, ...]:
    """Return what to say of truth values in a format that has only numbers for them."""
    names = [str(name) for name, kind in data.dtypes.items() if pd.api.types.is_bool_dtype(kind)]
    return (text("note_flags").filled(columns=", ".join(names)),) if names else ()


def _told(said: tuple[str, ...]) -> tuple[Text, ...]:
    return tuple(text("note_gdal").filled(said=each) for each in said)


def _packing(path: str | os.PathLike[str]) -> Callable[[Path], None] | None:
    """Return what makes the ``.zip`` of the files that GDAL wrote, if one is asked for."""
    return _pack if Path(path).suffix.lower() == ".zip" else None


def _pack(place: Path) -> None:
    """Move all that stands beside the place into it, without a clock."""
    sources = sorted(place.parent.iterdir())
    with zipfile.ZipFile(place, "x", zipfile.ZIP_DEFLATED) as packed:
        for source in sources:
            for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
                entry = zipfile.ZipInfo(file.relative_to(place.parent).as_posix())
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                with file.open("rb") as data, packed.open(entry, "w", force_zip64=True) as to:
                    shutil.copyfileobj(data, to)
    for source in sources:
        shutil.rmtree(source) if source.is_dir() else source.unlink()
