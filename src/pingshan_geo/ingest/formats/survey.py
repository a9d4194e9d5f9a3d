"""The survey-coordinate text of Chinese land offices: ``[属性描述]`` and ``[地块坐标]``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.readers import Report, file_report
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ids import nfkc
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery, digest
from pingshan_geo.ingest.formats.rings import assembled
from pingshan_geo.ingest.formats.tables import read_delimited, read_text
from pingshan_geo.words import Text

# The fields of the head of a block, as the survey format for reporting land orders them; the area
# is in hectares.
_HEAD = ("界址点数", "地块面积(公顷)", "地块编号", "地块名称", "图形属性", "图幅号", "地块用途",
         "地类编码")  # fmt: skip
_COORDINATES = re.compile(r"^[^\S\n]*[\[［【]\s*地块坐标\s*[\]］】]", re.MULTILINE)
_HEADER = re.compile(r"^[^\S\n]*[\[［【]\s*属性描述\s*[\]］】]", re.MULTILINE)
_SIGN = re.compile(r"[,，\t]")
# EPSG: code of the first zone with its number in the easting, and of the first central meridian
# without one; 3-degree zones run from 25 to 45, 6-degree zones from 13 to 23.
_CODES = {
    ("CGCS2000", 3): (4513, 4534),
    ("CGCS2000", 6): (4491, 4502),
    ("Xian 1980", 3): (2349, 2370),
    ("Xian 1980", 6): (2327, 2338),
    ("Beijing 1954", 3): (2401, 2422),
    ("Beijing 1954", 6): (21413, 21453),
}
_ZONES = {3: range(25, 46), 6: range(13, 24)}
_SYSTEMS = {"2000|CGCS": "CGCS2000", "80|西安|XIAN": "Xian 1980", "54|北京|BEIJING": "Beijing 1954"}


@dataclass(slots=True)
class _Block:
    """A head, its vertices (north, east) ring by ring, and what is wrong with it."""

    row: int
    head: list[str]
    rings: list[list[tuple[float, float]]] = field(default_factory=list)
    numbers: list[list[int]] = field(default_factory=list)
    ring: str | None = None
    faults: list[Text] = field(default_factory=list)

    def add(self, number: int, ring: str, north: float, east: float) -> None:
        """Add a vertex; a new ring begins with a new number or after the last one has closed."""
        last = self.rings[-1] if self.rings else []
        if ring != self.ring or (len(last) > 3 and last[0] == last[-1]):
            self.rings.append([])
            self.numbers.append([])
            self.ring = ring
        self.rings[-1].append((north, east))
        self.numbers[-1].append(number)


def read_survey(place: Path, asked: Asked) -> Delivery:
    """Read a survey-coordinate text; a ``.txt`` that is none is read as delimited text.

    Outlines are x = east, y = north, in metres: the text has north first. A ring in a ring is a
    hole. The CRS is claimed where the head names system, width of zones and zone, and the
    eastings do not say otherwise. The row number is the line of a block's head.

    Raises
    ------
    InputError
        If it holds neither blocks nor a table, or cannot be decoded.
    UsageError
        If the encoding asked for is unknown.
    """
    text, encoding = read_text(place, asked)
    start = _COORDINATES.search(text)
    if start is None:
        return _as_table(place, asked)
    found: list[Finding] = [encoding.finding] if encoding.finding else []
    report = file_report(place.name, found)
    described = _described(text[: start.start()], report)
    if _HEADER.search(text, start.end()):
        reason = Text("it has several heads [属性描述]; save each as a file of its own",
                      "含多个 [属性描述]，请分别另存为文件")  # fmt: skip
        raise unreadable(place.name, reason)
    first = text.count("\n", 0, start.end()) + 2
    lines = enumerate(text[start.end() :].split("\n")[1:], start=first)
    blocks = list(_blocks(lines, report))
    if not blocks:
        raise InputError([*found, Finding("survey-empty", file=place.name)])
    geometry = _outlines(blocks, report)
    cells = [[cell or None for cell in (block.head + [""] * 8)[:8]] for block in blocks]
    return Delivery(
        place.name, digest(place), "survey text", None,
        pd.DataFrame(cells, columns=list(_HEAD), dtype=object),
        np.array([block.row for block in blocks], dtype=np.int64), geometry,
        _claim(described, geometry, report), encoding.name, tuple(found),
    )  # fmt: skip


def _as_table(place: Path, asked: Asked) -> Delivery:
    delivery = read_delimited(place, asked)
    if len(delivery.table.columns) < 2 and delivery.geometry is None:
        reason = Text(
            "it has no [地块坐标] and is no table of several columns",
            "没有 [地块坐标]，也不是多列表格",
        )
        raise unreadable(delivery.file, reason)
    return delivery


def _described(text: str, report: Report) -> dict[str, str]:
    """Return what stands before the blocks, by key; a key with two values counts as neither."""
    described: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        key, sign, value = re.sub("[＝：:]", "=", line, count=1).partition("=")
        key, value = re.sub(r"\s", "", key), value.strip()
        if sign and described.setdefault(key, value) != value:
            report("survey-header", row=number, field=key, value=f"{described[key]} / {value}")
            described[key] = ""
    if re.search(r"[1-9]", described.get("转换参数", "")):
        report("survey-parameters", field="转换参数", value=described["转换参数"])
    return described


def _blocks(lines: Iterator[tuple[int, str]], report: Report) -> Iterator[_Block]:
    block: _Block | None = None
    for number, line in lines:
        bare = line.strip()
        if not bare:
            continue
        parts = [part.strip() for part in _SIGN.split(bare)] if _SIGN.search(bare) else bare.split()
        if parts[-1].endswith(("@", "＠")) or (len(parts) > 4 and parts[0].isdecimal()):
            if block:
                yield block
            parts[-1] = parts[-1].rstrip("@＠").strip()
            head = parts if parts[-1] or len(parts) <= len(_HEAD) else parts[:-1]
            block = _Block(number, head)
            if len(head) > len(_HEAD):
                details = {"expected": str(len(_HEAD))}
                report("csv-row-length", row=number, value=str(len(head)), details=details)
        elif block is None:
            report("survey-line", row=number, value=bare)
        elif vertex := _vertex(parts):
            block.add(*vertex)
        else:
            said = f"{number}: {bare[:80]}"
            block.faults.append(Text(f"line {said} is no vertex", f"第 {said} 不是界址点"))
    if block:
        yield block


def _vertex(parts: list[str]) -> tuple[int, str, float, float] | None:
    """Return number, ring, north, east of ``J1,1,X,Y``, None for anything else."""
    try:
        name, ring, north, east = (nfkc(part) for part in parts)
        vertex = int(re.sub(r"\D", "", name[-9:]) or 0), ring, float(north), float(east)
    except ValueError:
        return None
    return vertex if ring.isdecimal() and all(map(math.isfinite, vertex[2:])) else None


def _is_mixed(ring: list[tuple[float, float]], numbers: list[int]) -> bool:
    """Return whether a ring has another outline, also a simple one, in the order of its numbers.

    Numbers that do not count its points are those of points that neighbours share, or none.
    """
    if numbers[0] == numbers[-1]:
        ring, numbers = ring[:-1], numbers[:-1]
    low, count = min(numbers, default=0), len(numbers)
    if count < 4 or sorted(numbers) != list(range(low, low + count)):
        return False  # three points stand one after the other, one way or the other
    steps = {(after - before) % count for before, after in pairwise([*numbers, numbers[0]])}
    if steps in ({1}, {count - 1}):
        return False
    in_order = [point for _, point in sorted(zip(numbers, ring, strict=True))]
    return bool(shapely.is_simple(shapely.LinearRing(in_order)))


def _outlines(blocks: list[_Block], report: Report) -> npt.NDArray[Any]:
    """Return the outline of each block, None where a line of it is wrong, with a finding."""
    for block in blocks:
        kind = block.head[4] if len(block.head) > 4 else ""
        if kind in {"点", "线"}:
            block.faults.append(
                Text(f"it is a {kind} (point or line)", f"图形属性为{kind}，不是面")
            )
        elif not block.rings:
            block.faults.append(Text("no vertices", "没有界址点"))
        count = sum(map(len, block.rings))
        closing = sum(ring[0] == ring[-1] for ring in block.rings if len(ring) > 1)
        if nfkc(block.head[0]) not in {"", str(count), str(count - closing)}:
            details = {"count": str(count)}
            report("survey-points", row=block.row, value=block.head[0], details=details)
        for ring, numbers in zip(block.rings, block.numbers, strict=True):
            if _is_mixed(ring, numbers):
                value = ", ".join(map(str, numbers[:20]))
                report("survey-order", row=block.row, value=value)
    rings = [
        (at, ring) for at, block in enumerate(blocks) if not block.faults for ring in block.rings
    ]
    geometry = np.full(len(blocks), None, dtype=object)
    if rings:
        points = np.array([(east, north) for _, ring in rings for north, east in ring])
        ring_of = np.repeat(np.arange(len(rings)), [len(ring) for _, ring in rings])
        owner = np.array([at for at, _ in rings])
        geometry, faults = assembled(points, ring_of, owner, len(blocks))
        for at, reason in faults.items():
            blocks[at].faults.append(reason)
    for block in blocks:
        for reason in block.faults:
            report("geometry-unreadable", row=block.row, reason=reason)
    return geometry


def _claim(described: dict[str, str], geometry: npt.NDArray[Any], report: Report) -> Claim | None:
    """Return the CRS that the head and the size of the eastings name together, None if unclear."""
    name = described.get("坐标系", "")
    system = next((s for words, s in _SYSTEMS.items() if re.search(words, name.upper())), None)
    width = 6 if re.search("6|六", described.get("几度分带", "")) else 3
    if not re.search("[36三六]", described.get("几度分带", "")):
        system = None
    unit, projection = described.get("计量单位", "米"), described.get("投影类型", "高斯")
    bounds = shapely.bounds(geometry)[~shapely.is_missing(geometry)]
    if not len(bounds):
        return None
    west, east = bounds[:, 0].min(), bounds[:, 2].max()
    carried = int(west // 1e6) if west >= 1e7 and west // 1e6 == east // 1e6 else None
    said = re.search(r"\d+", described.get("带号", ""))
    zone = int(said[0][:4]) if said else carried
    if (
        system is None
        or zone is None
        or zone not in _ZONES[width]
        or (west >= 1e7 and carried != zone)
        or not re.fullmatch("米|公尺|m|met(er|re)s?", unit.lower())
        or not re.search("高斯|gauss|^$", projection, re.IGNORECASE)
    ):
        keys = ("坐标系", "几度分带", "带号", "计量单位", "投影类型")
        value = ", ".join(f"{key}={described[key]}" for key in keys if key in described)
        eastings = "—" if carried is None else str(carried)
        report("survey-crs", value=value or "—", details={"zone": eastings})
        return None
    with_zone, without = _CODES[system, width]
    first = without if carried is None else with_zone
    return Claim(f"EPSG:{first + zone - _ZONES[width][0]}", "file")
