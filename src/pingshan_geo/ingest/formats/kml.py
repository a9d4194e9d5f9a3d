"""KML: placemarks with all that is said of them. Links are never followed.

GDAL's KML driver leaves out ExtendedData, and its other one, LIBKML, crashes on small files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import shapely

from pingshan_geo.catalogue.readers import file_report
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery, digest
from pingshan_geo.ingest.formats.arrow import frame_of_rows, unique
from pingshan_geo.ingest.formats.xml import checked_xml

Element = ElementTree.Element
_SHAPES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"}
_NOT_READ = {"Model", "Track", "MultiTrack"}
_LEFT_OUT = {"NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay"}
_WORDS = {"name", "description", "address", "phoneNumber"}
_LOOKS = {"visibility", "open", "styleUrl", "Snippet", "snippet", "Style", "StyleMap"}
_MULTI = {
    "Polygon": shapely.MultiPolygon,
    "LineString": shapely.MultiLineString,
    "Point": shapely.MultiPoint,
}


def read_kml(path: Path, asked: Asked) -> Delivery:
    """Read the placemarks of a KML file: longitude, latitude on WGS 84 by the format.

    Columns are ``folder`` (names of the folders around it, with ``/``), ``name``,
    ``description``, other plain elements, and what ExtendedData holds, all as text. With
    ``asked.layer`` only the placemarks under the folder of that name are read.

    Raises
    ------
    InputError
        If it is no well-formed XML, has a document type, or no placemark.
    """
    found: list[Finding] = []
    report = file_report(path.name, found)
    rows: list[dict[str, str]] = []
    shapes: list[Any] = []
    left_out: Counter[str] = Counter()
    doubled: dict[str, str] = {}
    for item, folders in _features(checked_xml(path, asked.ceilings), left_out):
        if asked.layer is not None and asked.layer not in folders:
            left_out[f"{'/'.join(folders) or '—'} (--layer)"] += 1
            continue
        cells = [cell for cell in dict.fromkeys(_cells(item, folders)) if cell[1]]
        names = unique(
            [name for name, _ in cells],
            lambda _, **said: doubled.update({said["field"]: said["value"]}),
        )
        rows.append(dict(zip(names, (text for _, text in cells), strict=True)))
        asked.ceilings.hold("rows", len(rows), path.name)
        opened: list[Element] = []
        try:
            shapes.append(_shape(item, opened))
        except ValueError as error:
            shapes.append(None)
            report("geometry-unreadable", row=len(rows), reason=str(error))
        if opened:
            report("ring-closed", row=len(rows))
    for name, further in doubled.items():
        report("heading-doubled", field=name, value=further)
    if left_out:
        report("kml-left-out", value=", ".join(f"{n} × {name}" for name, n in left_out.items()))
    if not rows:
        raise InputError([*found, Finding("layer-none", file=path.name)])
    geometry = np.full(len(rows), None, dtype=object)
    geometry[:] = shapes
    return Delivery(
        path.name, digest(path), "KML", asked.layer, frame_of_rows(rows),
        np.arange(1, len(rows) + 1), geometry, Claim("OGC:CRS84", "format"), findings=tuple(found),
    )  # fmt: skip


def _features(data: bytes, left_out: Counter[str]) -> Iterator[tuple[Element, list[str]]]:
    """Yield each placemark with the names of the folders around it; count what else there is."""
    marks = {"Placemark"}  # and what an older schema calls one
    folders: list[str] = []
    above: list[str] = []
    events = ElementTree.iterparse(BytesIO(data), events=("start", "end"))  # noqa: S314 - checked_xml
    for event, item in events:
        tag = _tag(item)
        if event == "start":
            if tag == "Schema" and item.get("parent") == "Placemark":
                marks.add(str(item.get("name")))
            if tag in {"Document", "Folder"}:
                folders.append("")
            above.append(tag)
            continue
        above.pop()
        if tag == "name" and above and above[-1] in {"Document", "Folder"}:
            # The document's name is that of the file.
            folders[-1] = (item.text or "").strip() if above[-1] == "Folder" else ""
        elif tag in {"Document", "Folder"}:
            folders.pop()
            item.clear()
        elif tag in marks:
            yield item, [name for name in folders if name]
            item.clear()
        elif tag in _LEFT_OUT:
            left_out[tag] += 1


def _tag(item: Element) -> str:
    return item.tag.rpartition("}")[2]


def _cells(item: Element, folders: list[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of all that is said of a placemark."""
    if folders:
        yield "folder", "/".join(folders)
    for child in item:
        tag = _tag(child)
        if tag in {"ExtendedData", "TimeSpan", "TimeStamp", "SchemaData"}:
            yield from _extended(child)
        elif tag in _WORDS or (tag not in _LOOKS and not len(child)):
            yield tag, "".join(child.itertext()).strip()  # of unmasked HTML too
    if item.get("id"):  # of the element, after an attribute of that name
        yield "id", str(item.get("id"))


def _extended(item: Element) -> Iterator[tuple[str, str]]:
    for child in item:
        tag = _tag(child)
        if tag != "Data" and len(child):
            yield from _extended(child)
            continue
        values = [part for part in child if _tag(part) == "value"] if tag == "Data" else [child]
        for value in values:
            yield str(child.get("name") or tag), (value.text or "").strip()


def _shape(item: Element, opened: list[Element]) -> shapely.Geometry | None:
    """Return the geometry among the children of an element; `ValueError` says what it is not.

    Rings that do not end where they start are added to ``opened``.
    """
    for child in item:
        tag = _tag(child)
        if tag in _NOT_READ:
            raise ValueError(f"<{tag}>")
        if tag in _SHAPES:
            others = [_tag(each) for each in item if each is not child and _tag(each) in _SHAPES]
            if others:
                raise ValueError(f"<{tag}> and {', '.join(f'<{each}>' for each in others)}")
            return _made(child, tag, opened)
    return None


def _made(item: Element, tag: str, opened: list[Element]) -> shapely.Geometry:
    try:
        if tag == "Polygon":
            shells, holes = (
                [_ring(ring, opened) for part in item if _tag(part) == side for ring in part]
                for side in ("outerBoundaryIs", "innerBoundaryIs")
            )
            if len(shells) > 1:
                raise ValueError(f"<Polygon> {len(shells)} × <outerBoundaryIs>")
            return shapely.Polygon(shells[0], holes) if shells else shapely.Polygon()
        if tag == "MultiGeometry":
            return _gathered([_shape([part], opened) for part in item])  # type: ignore[arg-type]
        positions = _positions(item)
        if tag == "Point":
            return shapely.Point(positions[0]) if positions else shapely.Point()
        return shapely.LineString(positions)
    except shapely.errors.ShapelyError as error:
        raise ValueError(f"<{tag}> {error}") from None


def _ring(item: Element, opened: list[Element]) -> list[tuple[float, ...]]:
    positions = _positions(item)
    if positions and positions[0][:2] != positions[-1][:2]:
        opened.append(item)
    return positions


def _gathered(parts: list[Any]) -> shapely.Geometry:
    shapes = [part for part in parts if part is not None]
    kinds = {shape.geom_type for shape in shapes}
    gather: Any = shapely.GeometryCollection
    if len(kinds) == 1:
        gather = _MULTI.get(kinds.pop(), gather)
    made: shapely.Geometry = gather(shapes)
    return made


def _positions(item: Element) -> list[tuple[float, ...]]:
    """Return longitude, latitude and, where one is not 0, height."""
    texts = [part.text or "" for part in item if _tag(part) == "coordinates"]
    spaced = " ".join(" ".join(texts).split())
    tuples = spaced.replace(" ,", ",").replace(", ", ",").split()
    positions = [tuple(float(number) for number in one.rstrip(",").split(",")) for one in tuples]
    if any(not 2 <= len(position) <= 3 for position in positions):
        raise ValueError(f"<coordinates> {tuples[0]}")
    if not any(position[2] for position in positions if len(position) == 3):
        return [position[:2] for position in positions]
    return [(*position, 0.0)[:3] for position in positions]
