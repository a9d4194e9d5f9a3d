"""The strict readers of a catalogue's own files: bytes to cells, with every fault told.

Foreign files are read by `pingshan_geo.ingest.formats`; of this only `read_json` serves them too.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import shapely

from pingshan_geo.ceilings import USUAL
from pingshan_geo.cells import FORMULA
from pingshan_geo.findings import Finding
from pingshan_geo.output import is_utf8
from pingshan_geo.words import Text
from pingshan_geo.work import in_threads

#: A geometry needs ten levels; a file that is nested deeper is made to exhaust a parser.
MOST_NESTING = USUAL.nesting
#: Characters of a CSV cell, in place of Python's 131 072: an outline as WKT may be longer.
LONGEST_CELL = 2**31 - 1
# A string that nobody closed runs to the end, so that no byte is looked at twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

_FLAT = Text("it has no area", "面积为零")

Report = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Cells:
    """A table as it stands in a file.

    Attributes
    ----------
    data : dict of list, of object arrays or of Arrow arrays
        The cells of each heading, in the order of the file; a missing cell is None. Text from
        CSV, JSON scalars from GeoJSON, Arrow arrays from Parquet, object arrays from a draft.
    numbers : list of int
        Row numbers as people count them.
    geometry : object array or None
        Shapely geometries or None, one a row.
    """

    data: dict[str, Any]
    numbers: Sequence[int]
    geometry: np.ndarray[Any, Any] | None = None

    def column(self, name: str) -> list[Any]:
        """Return the cells of a column as Python objects; none of a column that is not there."""
        values = self.data.get(name, [])
        return values if isinstance(values, list) else list(values.tolist())


def file_report(name: str, found: list[Finding]) -> Report:
    """Return a function that adds findings about one file; ``reason`` is one of the details."""

    def report(code: str, *, reason: str | Text | None = None, **parts: Any) -> None:
        if reason is not None:
            parts["details"] = {"reason": reason}
        found.append(Finding(code, file=name, **parts))

    return report


def read_csv(data: bytes, report: Report) -> Cells | None:
    """Read a CSV table: UTF-8 with or without BOM, else GB18030 with a finding.

    Returns None, after at least one finding of severity error, where nothing can be read.
    """
    text = _decoded(data, report)
    if text is None:
        return None
    lines: list[tuple[int, list[str]]] = []
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines.extend((reader.line_num, line) for line in reader)
    except csv.Error as error:  # the row that breaks is the one after those that were read
        report("csv-broken", row=len(lines) + 1, reason=str(error))
        return None
    if not lines:
        report("csv-broken", row=1, reason=Text("no heading", "没有表头"))
        return None
    heading = [name.strip() for name in lines[0][1]]
    for name in sorted({name for name in heading if heading.count(name) > 1}):
        report("csv-doubled-column", row=1, field=name)
    if len(set(heading)) < len(heading):
        return None
    rows: list[list[str | None]] = []
    numbers = []
    for number, (_, line) in enumerate(lines[1:], start=2):
        if not line:
            continue
        if len(line) != len(heading):
            report(
                "csv-row-length",
                row=number,
                value=str(len(line)),
                details={"expected": str(len(heading))},
            )
            continue
        rows.append([_cell(cell) for cell in line])
        numbers.append(number)
    columns = zip(*rows, strict=True) if rows else ([] for _ in heading)
    return Cells(dict(zip(heading, map(list, columns), strict=True)), numbers)


def _cell(cell: str) -> str | None:
    """Return a cell's text without the ``'`` that keeps spreadsheets from calculating it."""
    text = cell.strip()
    return (text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text) or None


def _decoded(data: bytes, report: Report) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = error.start
    if b"\x00" not in data:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            pass
        else:
            report("csv-encoding")
            return text
    report("csv-not-text", value=str(place))
    return None


class Doubled(dict[str, Any]):
    """An object in which members stand more than once; the last of each counts."""

    names: tuple[str, ...] = ()


def read_json(
    data: bytes,
    report: Report,
    most_nesting: int = MOST_NESTING,
    *,
    doubled: list[Doubled] | None = None,
) -> Any:
    """Return the value of a JSON file, or None after a finding.

    Refused: other bytes than UTF-8, nesting over ``most_nesting``, NaN and infinities, half a
    surrogate pair, and a member that stands twice unless ``doubled`` takes its object.
    """
    brackets = np.frombuffer(_STRING.sub(b"", data).translate(None, _NO_BRACKET), dtype=np.uint8)
    # The bits of value 6 are 2 in [ and {, 4 in ] and }.
    depth = np.cumsum(np.where(brackets & 6 == 2, 1, -1), dtype=np.int32)
    if depth.size and depth.max() > most_nesting:
        report("json-nesting", value=str(most_nesting))
        return None
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_no_constant,
            object_pairs_hook=_no_doubles if doubled is None else partial(_doubles, doubled),
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        report(
            "json-invalid",
            reason=Text(f"byte {error.start} is not UTF-8", f"第 {error.start} 字节不是 UTF-8"),
        )
    except _NotANumberError as error:
        report("json-number", value=str(error))
    except _DoubledError as error:
        reason = Text(
            f"the member {error} stands twice in one object", f"同一对象中成员 {error} 重复"
        )
        report("json-invalid", reason=reason)
    except ValueError as error:
        report("json-invalid", reason=str(error))
    else:
        if value is None:
            report("json-invalid", reason=Text("it holds null", "内容为 null"))
        elif _SURROGATE.search(data) and not is_utf8(json.dumps(value, ensure_ascii=False)):
            report(
                "json-invalid",
                reason=Text("a text holds half a surrogate pair", "文字中含不成对的代理码元"),
            )
        else:
            return value
    return None


class _NotANumberError(ValueError):
    pass


class _DoubledError(ValueError):
    pass


def _no_constant(name: str) -> float:
    raise _NotANumberError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotANumberError(text)
    return number


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: list[Doubled] = []
    members = _doubles(found, pairs)
    if found:
        raise _DoubledError(repr(found[0].names[0]))
    return members


def _doubles(found: list[Doubled], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    members = Doubled(members)
    times = Counter(name for name, _ in pairs)
    members.names = tuple(name for name, count in times.items() if count > 1)
    found.append(members)
    return members


def read_geojson(data: bytes, report: Report) -> Cells | None:
    """Read a FeatureCollection of polygons (RFC 7946) with null geometries allowed.

    Rows are numbered by feature, from 1. Returns None after a finding where there is no
    collection; single bad features are told and left out.
    """
    document = read_json(data, report)
    if document is None:
        return None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        report(
            "geojson-invalid",
            reason=Text(
                "the outermost object is no FeatureCollection", "最外层对象不是 FeatureCollection"
            ),
        )
        return None
    if "crs" in document:
        report("geojson-crs", value=json.dumps(document["crs"], ensure_ascii=False))
    features = document.get("features")
    if not isinstance(features, list):
        report("geojson-invalid", reason=Text("no list named features", "没有名为 features 的列表"))
        return None
    columns: dict[str, None] = {}
    rows: list[dict[str, Any]] = []
    numbers, shapes = [], []
    for number, feature in enumerate(features, start=1):
        row = _properties(feature, number, report)
        if row is None:
            continue
        columns.update(dict.fromkeys(row))
        rows.append(row)
        numbers.append(number)
        shapes.append(_shape(feature.get("geometry"), number, report))
    cells = {name: [row.get(name) for row in rows] for name in columns}
    return Cells(cells, numbers, checked_geometry(shapes, numbers, report))


def _properties(feature: Any, number: int, report: Report) -> dict[str, Any] | None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        report("geojson-invalid", row=number, reason=Text("this is no Feature", "不是 Feature"))
        return None
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        report(
            "geojson-invalid",
            row=number,
            reason=Text("properties is no object", "properties 不是对象"),
        )
        return None
    row: dict[str, Any] = {}
    for name, cell in properties.items():
        value = cell
        if isinstance(cell, (dict, list)):
            value = json.dumps(cell, ensure_ascii=False)
        if isinstance(cell, int) and abs(cell) >= 2**53:  # more digits than a number keeps
            value = str(cell)
        if isinstance(value, str):
            value = value.strip() or None
        row[name] = value
    return row


def _shape(geometry: Any, number: int, report: Report) -> shapely.Geometry | None:
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(kind, str) or kind not in {"Polygon", "MultiPolygon"}:
        report(
            "geometry-invalid", row=number, reason=Text(f"{kind} is no polygon", f"{kind} 不是面")
        )
        return None
    parts = geometry.get("coordinates")
    if kind == "Polygon":
        parts = [parts]
    if not isinstance(parts, list) or not parts:
        report("geometry-invalid", row=number, reason=Text("no coordinates", "没有坐标"))
        return None
    polygons = []
    for part in parts:
        if not isinstance(part, list) or not part:
            report(
                "geometry-invalid", row=number, reason=Text("a part without rings", "有部分没有环")
            )
            return None
        rings = [_ring(ring, number, report) for ring in part]
        if any(ring is None for ring in rings):
            return None
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return polygons[0] if kind == "Polygon" else shapely.MultiPolygon(polygons)


def _ring(ring: Any, number: int, report: Report) -> Any:
    if not isinstance(ring, list) or len(ring) < 4:
        reason = Text("a ring of under four positions", "环不足四个点")
        report("geometry-invalid", row=number, reason=reason)
        return None
    for at in ring:
        if not (
            isinstance(at, list) and 2 <= len(at) <= 3 and {*map(type, at)} <= {int, float}
            and abs(at[0]) <= 180 and abs(at[1]) <= 90
        ):  # fmt: skip
            report("coordinate-range", row=number, value=json.dumps(at, ensure_ascii=False))
            return None
    if ring[0] != ring[-1]:
        report("ring-not-closed", row=number)
        return None
    return np.array([at[:2] for at in ring], dtype=np.float64)


def checked_geometry(
    shapes: Sequence[shapely.Geometry | None], numbers: Sequence[int], report: Report
) -> np.ndarray[Any, Any]:
    """Return the geometries as an array after telling those that are no valid polygons."""
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    polygonal = np.isin(shapely.get_type_id(array), (3, 6)) & ~shapely.is_empty(array)
    sound = np.concatenate(in_threads(shapely.is_valid, array))
    flat = shapely.area(array) == 0  # valid, yet smaller than numbers can tell
    bad = ~(shapely.is_missing(array) | (polygonal & sound & ~flat))
    for place in np.flatnonzero(bad).tolist():
        kind = array[place].geom_type
        reason: str | Text = Text(f"{kind} is no polygon", f"{kind} 不是面")
        if polygonal[place]:
            reason = _FLAT if sound[place] else shapely.is_valid_reason(array[place])
        report("geometry-invalid", row=numbers[place], reason=reason)
    return array
