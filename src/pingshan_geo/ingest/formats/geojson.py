"""GeoJSON and GeoJSONSeq from anywhere: each fault told by row, the row kept.

The standard library's JSON is as safe in the process as GDAL is in its child, and tells what GDAL
reads in silence: text for numbers, missing members, a ``crs`` of nonsense.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.readers import Doubled, Report, file_report, read_json
from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, first_few
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery, digest, tell_partial
from pingshan_geo.ingest.formats.encoding import detect
from pingshan_geo.ingest.formats.rings import is_outside
from pingshan_geo.words import Text

_KINDS = {
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    "GeometryCollection",
}  # fmt: skip
# The names that GeoJSON of 2008 gives to a CRS; the version between the two is of no use.
_CRS_NAME = re.compile(r"(?:urn:ogc:def:crs:)?(EPSG|OGC|ESRI):(?:[\w.]*:)?(\w+)", re.IGNORECASE)
# Members that RFC 7946 (7.1) forbids in an object of another kind.
_NOT_IN_FEATURE = {"coordinates", "geometries", "features"}
_ONLY_IN_FEATURE = {"geometry", "properties"}
_MEMBERS = {"type", "id", "geometry", "properties", "bbox", "place"} | _NOT_IN_FEATURE
_OTHERS = {"Topology": "TopoJSON", "gdal_streamed_alg": "GDALG"}


class _FaultError(Exception):
    """What is wrong with one geometry."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.text = Text(en, zh)


def read_geojson(path: Path, asked: Asked) -> Delivery:
    """Read a FeatureCollection, a Feature or a geometry: longitude before latitude.

    A feature that breaks RFC 7946 stays a row: what can be read of it is there, the rest is None
    and told. Of a member that stands twice the last counts, as with GDAL, and is told. No ``crs``
    member claims WGS 84 by the format; one that names none claims nothing.

    Raises
    ------
    InputError
        If it is no JSON or no GeoJSON.
    """
    found: list[Finding] = []
    report = file_report(path.name, found)
    doubled: list[Doubled] = []
    data = _utf8(path, asked, found)
    document = read_json(data, report, asked.ceilings.nesting, doubled=doubled)
    if document is None:
        raise InputError(found)
    kind = document.get("type") if isinstance(document, dict) else None
    features: Any = None
    if kind == "FeatureCollection":
        features = document.get("features")
    elif kind == "Feature":
        features = [{name: value for name, value in document.items() if name != "crs"}]
    elif isinstance(kind, str) and kind in _KINDS:
        features = [{"type": "Feature", "properties": {}, "geometry": document}]
    if not isinstance(features, list):
        raise InputError([*found, _not_geojson(document, path.name)])
    if kind == "FeatureCollection":
        _told_members(document, report, None)
        tell_partial(document, report)
    _told_doubled(doubled, features, report)
    claim = _claim(document, report)
    delivery = _delivery(path, "GeoJSON", features, claim, found, asked.ceilings)
    return _bounded(delivery, [(None, document), *enumerate(features)])


def read_sequence(path: Path, asked: Asked) -> Delivery:
    """Read one feature a line, or one after each record separator (RFC 8142); as `read_geojson`."""
    found: list[Finding] = []
    data = _utf8(path, asked, found)
    records = data.split(b"\x1e") if b"\x1e" in data else data.splitlines()
    records = [record.strip() for record in records if record.strip()]
    features: list[Any] = []
    doubled: list[Doubled] = []
    for number, record in enumerate(records, start=1):
        own: list[Finding] = []
        report = file_report(path.name, own)
        features.append(read_json(record, report, asked.ceilings.nesting, doubled=doubled))
        found += [replace(each, row=number) for each in own]
    if not any(isinstance(feature, dict) for feature in features):
        raise InputError([*found, _not_geojson(None, path.name)])
    _told_doubled(doubled, features, file_report(path.name, found))
    claim = Claim("OGC:CRS84", "format")
    delivery = _delivery(path, "GeoJSONSeq", features, claim, found, asked.ceilings)
    return _bounded(delivery, list(enumerate(features)))


def _utf8(path: Path, asked: Asked, found: list[Finding]) -> bytes:
    data = path.read_bytes()
    encoding = detect(data, asked.encoding, file=path.name)
    if encoding.finding:
        found.append(encoding.finding)
    return data if encoding.name == "utf-8" else data.decode(encoding.name).encode()


def _not_geojson(document: Any, name: str) -> Finding:
    reason = Text("no list of features", "没有要素列表")
    if isinstance(document, dict):
        kind = str(document.get("type"))
        other = _OTHERS.get(kind, "ESRI JSON" if "geometryType" in document else None)
        if other:
            reason = Text(f"it is {other}", f"它是 {other}")
        elif kind != "FeatureCollection":
            reason = Text(f"its type is {kind}", f"其 type 为 {kind}")
    return Finding("geojson-invalid", file=name, details={"reason": reason})


def _claim(document: dict[str, Any], report: Report) -> Claim | None:
    import pyproj

    if "crs" not in document:
        return Claim("OGC:CRS84", "format")
    member = document["crs"]
    named = member if isinstance(member, dict) and member.get("type") == "name" else {}
    properties = named.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    match = _CRS_NAME.fullmatch(name) if isinstance(name, str) else None
    if match:
        try:
            crs = pyproj.CRS.from_authority(match[1].upper(), match[2])
            return Claim(crs.to_string(), "file")
        except pyproj.exceptions.CRSError:
            pass
    report("crs-unreadable", value=json.dumps(member, ensure_ascii=False))
    return None


def _delivery(
    path: Path,
    name: str,
    features: list[Any],
    claim: Claim | None,
    found: list[Finding],
    ceilings: Ceilings,
) -> Delivery:
    ceilings.hold("rows", len(features), path.name)
    report = file_report(path.name, found)
    rows, outlines = [], []
    told = {fault.row for fault in found}
    for number, feature in enumerate(features, start=1):
        is_told = feature is None and number in told
        properties, geometry = ({}, None) if is_told else _feature(feature, number, report)
        rows.append(properties)
        outlines.append(geometry)
    _tell_beside(features, rows, report)
    return Delivery(
        path.name, digest(path), name, None, _table(rows, path.name, ceilings),
        np.arange(1, len(rows) + 1), _geometry(outlines, report), claim, findings=tuple(found),
    )  # fmt: skip


def _bounded(delivery: Delivery, boxed: list[tuple[int | None, Any]]) -> Delivery:
    """Return a delivery that tells whose outlines reach out of their bbox; None stands for all."""
    found: list[Finding] = []
    report = file_report(delivery.file, found)
    bounds = shapely.bounds(delivery.geometry)
    for at, item in boxed:
        if not isinstance(item, dict) or "bbox" not in item or not len(bounds):
            continue
        own = shapely.total_bounds(delivery.geometry) if at is None else bounds[at]
        if is_outside(own.tolist(), box := item["bbox"]):
            reason = Text(f"outlines reach out of bbox {box}", f"界线超出 bbox {box}")
            report("geojson-member", row=None if at is None else at + 1, reason=reason)
    return replace(delivery, findings=(*delivery.findings, *found))


def _tell_beside(features: list[Any], rows: list[dict[str, Any]], report: Report) -> None:
    """Keep ids that differ from the property ``id`` beside it, and tell what is not read."""
    others: dict[str, None] = {}
    is_doubled = False
    for feature, row in zip(features, rows, strict=True):
        if isinstance(feature, dict):
            others.update(dict.fromkeys(feature.keys() - _MEMBERS))
            own = feature.get("id")
            if type(own) in {str, int, float} and str(row.get("id", own)) != str(own):
                is_doubled = True
                row.setdefault("id_2", own)
    if is_doubled:
        report("heading-doubled", field="id", value="id_2")
    if others:
        names = first_few(sorted(others))
        reason = Text(f"the members {names} of features are not read", f"未读取要素成员 {names}")
        report("geojson-member", reason=reason)


def _feature(feature: Any, number: int, report: Report) -> tuple[dict[str, Any], Any]:
    """Return properties and geometry of a feature, after telling what is wrong with it."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        report("feature-invalid", row=number, reason=Text("this is no Feature", "不是 Feature"))
        return {}, None
    _told_members(feature, report, number)
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        reason = Text("properties is no object", "properties 不是对象")
        report("feature-invalid", row=number, reason=reason)
        properties = None
    for name in ("properties", "geometry"):
        if name not in feature:
            reason = Text(f"the member {name} is missing", f"缺少成员 {name}")
            report("feature-invalid" if name == "geometry" else "geojson-member", row=number,
                   reason=reason)  # fmt: skip
    if feature.get("place") is not None:
        reason = Text("place, a geometry of JSON-FG, is not read", "未读取 JSON-FG 几何 place")
        report("geojson-member", row=number, reason=reason)
    own = {}
    if type(feature.get("id")) in {str, int, float}:
        own = {"id": feature["id"]}
    elif feature.get("id") is not None:
        reason = Text("id is neither text nor number", "id 既非文字也非数字")
        report("geojson-member", row=number, reason=reason)
    return own | (properties or {}), feature.get("geometry")


def _told_members(item: dict[str, Any], report: Report, number: int | None) -> None:
    forbidden = _NOT_IN_FEATURE if item["type"] == "Feature" else _ONLY_IN_FEATURE
    for name in sorted(forbidden & item.keys()):
        reason = Text(f"{name} has no place here", f"此处不应有 {name}")
        report("geojson-member", row=number, reason=reason)
    box = item.get("bbox")
    if box is not None and not (
        isinstance(box, list)
        and len(box) in {4, 6}
        and all(type(part) in {int, float} for part in box)
    ):
        reason = Text("bbox is not four or six numbers", "bbox 不是四个或六个数字")
        report("geojson-member", row=number, reason=reason)


def _told_doubled(doubled: list[Doubled], features: list[Any], report: Report) -> None:
    """Tell of members that stand twice, each with the row that it belongs to, if any."""
    left = {id(item): item for item in doubled}
    for number, feature in enumerate(features, start=1):
        waiting = [feature] if left else []
        while waiting:
            item = waiting.pop()
            if (found := left.pop(id(item), None)) is not None:
                _tell_doubled(found, number, report)
            if isinstance(item, (dict, list)):
                waiting += item.values() if isinstance(item, dict) else item
    for found in left.values():
        _tell_doubled(found, None, report)


def _tell_doubled(item: Doubled, number: int | None, report: Report) -> None:
    for name in item.names:
        value = json.dumps(item[name], ensure_ascii=False)
        report("json-doubled", row=number, field=name, value=value)


def _table(rows: list[dict[str, Any]], file: str, ceilings: Ceilings) -> pd.DataFrame:
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
        ceilings.hold("columns", len(names), file)
    columns = {name: _cells([row.get(name) for row in rows]) for name in names}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def _cells(values: list[Any]) -> pd.Series[Any]:
    """Return a column; lists and objects are JSON text, as are numbers of over 53 bits."""
    kinds = set(map(type, values))
    if {dict, Doubled, list} & kinds:
        values = [json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list)) else v
                  for v in values]  # fmt: skip
    if int in kinds and any(type(v) is int and abs(v) > 2**53 for v in values):
        values = [str(v) if type(v) is int else v for v in values]
        kinds = {object}
    return pd.Series(values, dtype=None if kinds <= {int, float} else object)


def _geometry(outlines: list[Any], report: Report) -> npt.NDArray[Any]:
    """Return the geometries; one that cannot be made of what stands there is None and told."""
    found = np.full(len(outlines), None, dtype=object)
    areas = []
    for place, outline in enumerate(outlines):
        if outline is None:
            continue
        kind = outline.get("type") if isinstance(outline, dict) else None
        if not isinstance(kind, str) or kind not in _KINDS:
            reason = Text("this is no geometry", "不是几何")
            report("geometry-unreadable", row=place + 1, reason=reason)
            continue
        _told_members(outline, report, place + 1)
        if kind in {"Polygon", "MultiPolygon"}:
            areas.append(place)
            continue
        try:
            found[place] = shapely.from_geojson(json.dumps(outline))
        except shapely.errors.ShapelyError:
            reason = Text(f"its members make no {kind}", f"其成员不构成 {kind}")
            report("geometry-unreadable", row=place + 1, reason=reason)
    doubts: dict[str, list[int]] = {"ring-closed": [], "rings-turned": [], "position-sizes": []}
    try:
        found[areas] = _polygons([outlines[place] for place in areas], areas, doubts)
    except _FaultError:  # which one is it?
        for place in areas:
            try:
                found[place] = _polygons([outlines[place]], [place], doubts)[0]
            except _FaultError as fault:
                report("geometry-unreadable", row=place + 1, reason=fault.text)
    for place in doubts.pop("ring-closed"):
        report("ring-closed", row=place + 1)
    for code, places in doubts.items():
        if places:
            report(code, row=places[0] + 1, value=str(len(places)))
    return found


def _polygons(
    outlines: list[Any], places: list[int], doubts: dict[str, list[int]]
) -> npt.NDArray[Any]:
    """Return polygons and multipolygons of their coordinates, all in one go.

    Open rings are closed and positions cut to three numbers; adds to ``doubts``, by code, the
    places where that was done. Raises `_FaultError` for the first thing that cannot be read.
    """
    rings: list[Any] = []
    part_of: list[int] = []  # the part that a ring belongs to
    row_of: list[int] = []  # the outline that a part belongs to
    for row, outline in enumerate(outlines):
        parts = outline.get("coordinates")
        if outline["type"] == "Polygon" and parts:
            parts = [] if parts == [[]] else [parts]  # as GEOS writes an empty one
        if not isinstance(parts, list):
            raise _FaultError("no coordinates", "没有坐标")
        for part in parts:
            if not isinstance(part, list) or not part:
                raise _FaultError("a part without rings", "有部分没有环")
            part_of.extend([len(row_of)] * len(part))
            row_of.append(row)
            rings.extend(part)
    found = np.full(len(outlines), None, dtype=object)
    for row in set(range(len(outlines))) - set(row_of):  # no coordinates at all: empty
        found[row] = shapely.from_wkt(f"{outlines[row]['type']} EMPTY")
    if not rings:
        return found
    try:
        positions = list(chain.from_iterable(rings))
        lengths = np.array([len(ring) for ring in rings])
        sizes = np.array([len(position) for position in positions])
        if not {type(part) for part in chain.from_iterable(positions)} <= {int, float}:
            raise TypeError
        if min(lengths) < 1 or min(sizes) < 2:
            raise _FaultError("an empty ring or position", "空的环或坐标")
        if (sizes != 2).any():
            positions = [(*position[:3], float("nan"))[:3] for position in positions]
        xyz = np.array(positions, dtype=float)
    except (TypeError, OverflowError):
        raise _FaultError("a position is no list of numbers", "坐标不是数字列表") from None
    last = np.cumsum(lengths) - 1
    first = last - lengths + 1
    is_open = (xyz[first, :2] != xyz[last, :2]).any(axis=1)
    longest = np.maximum.reduceat(sizes, first)
    is_odd = (longest > 3) | (longest > np.minimum.reduceat(sizes, first))
    if (lengths + is_open < 4).any():
        raise _FaultError("a ring of under four positions", "环不足四个点")
    made: Any = shapely.linearrings(xyz, indices=np.repeat(np.arange(len(rings)), lengths))
    of_part, of_row = np.array(part_of), np.array(row_of)
    polygons: Any = shapely.polygons(made, indices=of_part)
    is_single = np.array([outline["type"] == "Polygon" for outline in outlines])[of_row]
    found[of_row[is_single]] = polygons[is_single]
    several = np.unique(of_row[~is_single])
    found[several] = shapely.multipolygons(
        polygons[~is_single], indices=np.searchsorted(several, of_row[~is_single])
    )
    is_shell = np.diff(of_part, prepend=-1) > 0
    for code, rings_meant in (
        ("ring-closed", is_open),
        ("rings-turned", shapely.is_ccw(made) != is_shell),
        ("position-sizes", is_odd),
    ):
        doubts[code] += [places[row] for row in np.unique(of_row[of_part[rings_meant]])]
    return found
