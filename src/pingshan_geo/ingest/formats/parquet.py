"""GeoParquet, Parquet's own geometry types, and plain Parquet as a table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.readers import Report, file_report, read_json
from pingshan_geo.ceilings import DEEP, is_deep
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding
from pingshan_geo.gdal.read import read_parquet as table_of
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery, digesting
from pingshan_geo.ingest.formats.arrow import decoded, frame, shapes, stored
from pingshan_geo.ingest.formats.rings import ROUNDING, is_outside
from pingshan_geo.words import Text

if TYPE_CHECKING:
    import pyarrow as pa

# Versions of the specification: 0.x of before, 1.0 and 1.1, and the drafts of 2.0.
_VERSION = re.compile(r"(0\.\d|1\.[01]|2\.0)(\D.*|\.0.*)?")
_NATIVE = re.compile(r"(?:Geometry|Geography)\(crs=(.*?)(?:, algorithm=\w+)?\)", re.DOTALL)


def read_parquet(path: Path, asked: Asked) -> Delivery:
    """Read a Parquet file: GeoParquet, Parquet's own geometry, GeoArrow, or a table without.

    With several geometry columns the primary one is taken, or the one that ``asked.layer`` names;
    the others are left out and told. No ``crs`` in GeoParquet claims OGC:CRS84 by the format, a
    ``crs`` of null claims nothing.

    Raises
    ------
    InputError
        If it is no Parquet, or its GeoParquet metadata cannot be used.
    """
    found: list[Finding] = []
    report = file_report(path.name, found)
    with digesting(path) as sha256:
        table = table_of(path, asked.ceilings)
    metadata = table.schema.metadata or {}
    columns, primary = _described(metadata, table, report)
    if columns is None:
        raise InputError(found)
    geometry, claim = None, None
    chosen = asked.layer if asked.layer in columns else primary
    if asked.layer is not None and asked.layer not in columns:
        report("layer-unknown", value=asked.layer, details={"known": ", ".join(columns) or "—"})
        raise InputError(found)
    if chosen is not None:
        about = columns[chosen]
        geometry = _geometry(table[chosen], about, report)
        claim = _claim(about, report)
        _told(about, geometry, table, report)
    for name in columns.keys() - {chosen}:
        report("column-left-out", field=name, value="geometry")
    table = table.drop_columns([name for name in columns if name in table.column_names])
    table, encoding = decoded(table, path.name, asked.encoding, found)
    return Delivery(
        path.name, sha256.result(), "GeoParquet" if columns else "Parquet", None,
        frame(table, report), np.arange(1, table.num_rows + 1), geometry, claim, encoding,
        tuple(found),
    )  # fmt: skip


def _described(
    metadata: dict[bytes, bytes], table: pa.Table, report: Report
) -> tuple[dict[str, dict[str, Any]] | None, str | None]:
    """Return what is said of each geometry column, and the primary one; None after a finding."""
    natives: dict[str, str] = json.loads(metadata[b"natives"])
    found = {name: _native(text) for name, text in natives.items() if name in table.column_names}
    if b"geo" not in metadata:
        for field in table.schema:
            kind = (
                (field.metadata or {}).get(b"ARROW:extension:name", b"").decode("utf-8", "replace")
            )
            kind = getattr(field.type, "extension_name", kind)
            if kind.startswith("geoarrow.") and field.name not in found:
                more = (field.metadata or {}).get(b"ARROW:extension:metadata") or b"{}"
                said = read_json(more, report)
                crs = said.get("crs") if isinstance(said, dict) else None
                found[field.name] = {"encoding": kind.removeprefix("geoarrow."), "crs": crs}
        return found, next(iter(found), None)
    geo = read_json(metadata[b"geo"], report)
    if geo is None:
        return None, None
    columns = geo.get("columns") if isinstance(geo, dict) else None
    primary = geo.get("primary_column") if isinstance(geo, dict) else None
    if not isinstance(columns, dict) or not all(isinstance(c, dict) for c in columns.values()):
        _bad(report, "columns")
        return None, None
    if (
        not isinstance(primary, str)
        or primary not in columns
        or any(table.column_names.count(name) != 1 for name in columns)
    ):
        _bad(report, "primary_column")
        return None, None
    if not isinstance(geo.get("version"), str) or not _VERSION.fullmatch(geo["version"]):
        version = geo.get("version")
        reason = Text(f"unknown version {version}", f"未知版本 {version}")
        report("geoparquet-doubtful", reason=reason)
    return found | columns, primary


def _bad(report: Report, name: str) -> None:
    reason = Text(
        f"the member {name} of its metadata is missing or fits no column",
        f"元数据成员 {name} 缺失或与列不符",
    )
    report("geoparquet-invalid", reason=reason)


def _native(text: str) -> dict[str, Any]:
    """Return what a logical type such as ``Geometry(crs=...)`` says, as GeoParquet would."""
    match = _NATIVE.fullmatch(text)
    crs = match[1] if match else ""
    about: dict[str, Any] = {"encoding": "WKB"}
    if crs:
        about["crs"] = f"EPSG:{crs[5:]}" if crs.lower().startswith("srid:") else crs
    if text.startswith("Geography"):
        about["edges"] = "spherical"
    return about


def _geometry(column: pa.ChunkedArray, about: dict[str, Any], report: Report) -> npt.NDArray[Any]:
    import geopandas as gpd
    import pyarrow as pa

    encoding = str(about.get("encoding")).lower()
    column = stored(column)
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    is_bytes = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
    if (encoding == "wkb" and not is_bytes) or (encoding == "wkt" and not is_text):
        _bad(report, "encoding")
        return np.full(len(column), None, dtype=object)
    if encoding == "wkb":
        return shapes(column, report)
    if encoding == "wkt":
        texts = np.array(column.to_pylist(), dtype=object)
        deep = np.fromiter(map(is_deep, texts), bool, len(texts))
        plain = texts.copy()
        plain[deep] = None
        made: npt.NDArray[Any] = np.asarray(shapely.from_wkt(plain, on_invalid="ignore"))
        for place in np.flatnonzero(shapely.is_missing(made) & ~pd.isna(texts)):
            reason = DEEP if deep[place] else str(texts[place])
            report("geometry-unreadable", row=int(place) + 1, reason=reason)
        return made
    tag = {"ARROW:extension:name": f"geoarrow.{encoding}"}
    field = pa.field("geometry", column.type, metadata=tag)
    try:
        frame_made = gpd.GeoDataFrame.from_arrow(pa.table([column], pa.schema([field])))
        return np.asarray(frame_made.geometry.array)
    except (
        ValueError, TypeError, KeyError, AttributeError, pa.ArrowException,
        shapely.errors.ShapelyError,
    ) as error:  # fmt: skip
        reason = Text(f"encoding {encoding}: {error}", f"编码 {encoding}：{error}")
        report("geoparquet-invalid", reason=reason)
        return np.full(len(column), None, dtype=object)


def _claim(about: dict[str, Any], report: Report) -> Claim | None:
    import pyproj

    if "crs" not in about:
        return Claim("OGC:CRS84", "format")
    if about["crs"] is None:
        return None
    try:
        crs = pyproj.CRS.from_user_input(about["crs"])
    except (pyproj.exceptions.CRSError, TypeError):
        report("crs-unreadable", value=json.dumps(about["crs"], ensure_ascii=False))
        return None
    return Claim(crs.to_string(), "file")


def _told(
    about: dict[str, Any], geometry: npt.NDArray[Any], table: pa.Table, report: Report
) -> None:
    """Tell where the geometries are not what the metadata says of them."""
    present = geometry[~shapely.is_missing(geometry)]
    doubts = []
    declared = about.get("geometry_types") or about.get("geometry_type") or []
    declared = set(map(str, declared if isinstance(declared, list) else [declared]))
    z = shapely.has_z(present)
    _, firsts = np.unique(shapely.get_type_id(present) * 2 + z, return_index=True)
    kinds = {present[i].geom_type + " Z" * bool(z[i]) for i in firsts}
    if declared - {"Unknown"} and kinds - declared:
        odd = ", ".join(sorted(kinds - declared))
        doubts.append(Text(f"undeclared type of geometry {odd}", f"未声明的几何类型 {odd}"))
    if about.get("edges", "planar") != "planar":
        doubts.append(Text("edges are great circles; they are taken for straight lines",
                           "边为大圆弧，按直线处理"))  # fmt: skip
    if about.get("orientation") == "counterclockwise":
        shells = shapely.get_exterior_ring(shapely.get_parts(present))
        if not shapely.is_ccw(shells[~shapely.is_missing(shells)]).all():
            doubts.append(Text("rings turn the other way than it says", "环方向与声明不符"))
    if shapely.get_srid(present).any():
        doubts.append(Text("the WKB is PostGIS's own (EWKB)", "WKB 为 PostGIS 的 EWKB"))
    box = about.get("bbox")
    if len(present) and is_outside(shapely.total_bounds(present).tolist(), box):
        doubts.append(Text(f"outlines reach out of the bbox {box}", f"界线超出 bbox {box}"))
    doubts += _uncovered(about, geometry, table)
    for reason in doubts:
        report("geoparquet-doubtful", reason=reason)


def _uncovered(
    about: dict[str, Any], geometry: npt.NDArray[Any], table: pa.Table
) -> Iterator[Text]:
    """Yield what is wrong with the columns that are told to hold the bounds of each outline."""
    import pyarrow as pa
    import pyarrow.compute as pc

    covering = about.get("covering")
    if covering is None:
        return
    try:
        paths = [covering["bbox"][side] for side in ("xmin", "ymin", "xmax", "ymax")]
        names = [[*map(str, path)] for path in paths]
        sides = [pc.struct_field(table[name], inner).to_numpy() for name, *inner in names]
        told = np.column_stack(sides).astype(float)
    except (KeyError, IndexError, TypeError, ValueError, pa.ArrowException):
        yield Text("its covering names no four columns of numbers", "covering 未指明四列数字")
        return
    bounds = shapely.bounds(geometry)
    rounding = ROUNDING * np.abs(told).max(axis=1, initial=0)
    low, high = told[:, :2].T - rounding, told[:, 2:].T + rounding
    is_over = ((low > bounds[:, :2].T) | (high < bounds[:, 2:].T)).any(axis=0)
    if is_over.any():
        row = int(is_over.argmax()) + 1
        yield Text(f"{is_over.sum()} outlines reach out of their covering (row {row})",
                   f"{is_over.sum()} 个界线超出 covering（第 {row} 行）")  # fmt: skip
