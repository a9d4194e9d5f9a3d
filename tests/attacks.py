"""Hostile cells, and files that hold them: what `test_under_attack` and its like send in."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import geopandas as gpd
import shapely
import xlsxwriter
from tests.opening import written

INFINITE, NAN = float("inf"), float("nan")
FIELDS = ("parcel_id", "site_area_m2", "valid_from")
DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile"}
# A text that is no XML cannot stand in a workbook; DBF has 254 bytes for a cell.
NO_XML = ("\0", "\x07", "\x1b")

# Of each area as printed: what stands in the catalogue (m²), None for unknown and told, or the code
# of the finding that refuses the row.
AREAS = {
    "1e308": "not-a-number", "1e400": "not-a-number", "9" * 5000: "not-a-number",
    "1" * 200: "not-a-number", "1e-320": "not-a-number", "-1": "negative-value",
    "-0.0": "negative-value", "0": None, "NaN": None, "None": None, "inf": "not-a-number",
    "-inf": "not-a-number", "1,060,00": "not-a-number", "10.6.0": "not-a-number",
    "1_000": "not-a-number", "0x10": "not-a-number", "١٠٦٠٠٠": "not-a-number",
    "1\u200b0": "not-a-number", "\ufeff10": "not-a-number", "1\x1b": "not-a-number",
    "1" + "\u0315\u0300" * 50_000: "not-a-number", "1-" + "." * 50_000 + "5a5": "not-a-number",
    "106,000": 106_000.0, "１０６０００": 106_000.0, "１０万": 100_000.0, "10.6万": 106_000.0,
    "１０．６": 10.6, " 1 ": 1.0, "+1": 1.0, "1e5": 100_000.0, "10\u00a0": 10.0,
    "1\u00a0000": 1_000.0, "1e99": 1e99,
}  # fmt: skip
DATES = {
    "0000-01-01": "not-a-date", "10000-01-01": "not-a-date", "2017-02-30": "not-a-date",
    "2017-13-01": "not-a-date", "20170230": "not-a-date", "2017年2月30日": "not-a-date",
    "-2017-01-01": "not-a-date", "2017-01-01T20:00:00Z": "not-a-date",
    "2017-01-01T23:30:00-05:00": "not-a-date", "\u200b2017": "not-a-date",
    "9" * 5000: "not-a-date", "２０１７-０１-０１": "2017-01-01", "9999-12-31": "9999-12-31",
    "0001-01-01": "0001-01-01", "2017-01-01T00:00:00Z": "2017-01-01",
}  # fmt: skip
# A tuple: as stored, with a code that is told once the row is there.
IDS = {
    "": "missing-id", " \u00a0 ": "missing-id", "\u200b": "missing-id", "\x07": "missing-id",
    "A" * 10_000: "A" * 10_000, "no." * 3_000 + "7": "no." * 3_000 + "7", "../x": "../x",
    "CON": "CON", "=1+1": "=1+1", "{{7*7}}{0}%s": "{{7*7}}{0}%s", " sp ": "sp", "a\nc": "a c",
    "Ｇ-1": "G-1", "z-\u200b1": "z-1", "b\u202e1": "b1", "a\x1b[31mb": "a[31mb", "v\ufe0f": "v",
    "\u0410-1": ("\u0410-1", "id-unclear"), "\u041b\u0410-1": "\u041b\u0410-1",
    "caf\u00e9": "duplicate-id", "cafe\u0301": "duplicate-id", "Case": "duplicate-id",
    "cASE": "duplicate-id",
}  # fmt: skip


def square(number: int) -> list[tuple[float, float]]:
    """Return a small ring of its own for each number, within the town."""
    x, y = 114 + 0.0001 * (number % 60), 22 + 0.0001 * (number // 60)
    return [(x, y), (x + 5e-5, y), (x + 5e-5, y + 5e-5), (x, y + 5e-5), (x, y)]


def corner(x: float, y: float) -> list[tuple[float, float]]:
    ring = square(700)
    return [*ring[:2], (x, y), *ring[3:]]


OUTLINES = {
    "1e308": (corner(1e308, 22.01), "coordinate-range"),
    "-1e308": (corner(114, -1e308), "coordinate-range"),
    "NaN": (corner(NAN, NAN), "coordinate-range"),
    "infinite": (corner(INFINITE, 22), "coordinate-range"),
    "latitude 91": (corner(114, 91), "coordinate-range"),
    "longitude 181": (corner(181, 22), "coordinate-range"),
    "swapped": ([(y, x) for x, y in square(701)], "coordinate-range"),
    "metres": ([(5e5 + x, 2.4e6 + y) for x, y in square(702)], "coordinate-range"),
    "1e-320": (
        [(0.0, 0.0), (1e-320, 0.0), (1e-320, 1e-320), (0.0, 0.0)], "geometry-invalid"
    ),
    "-0.0": ([(-0.0, -0.0), (1e-4, -0.0), (1e-4, 1e-4), (-0.0, -0.0)], None),
}  # fmt: skip


def attacks() -> list[tuple[dict, str, object]]:
    """Return rows of a delivery, each good but for one cell: cells, column, what becomes of it."""
    found = []
    for column, table in (("site_area_m2", AREAS), ("valid_from", DATES), ("parcel_id", IDS)):
        found += [({column: cell}, column, expected) for cell, expected in table.items()]
    found += [({"ring": ring}, "geometry", expected) for ring, expected in OUTLINES.values()]
    good = [{"parcel_id": f"r{n}", "site_area_m2": "25", "valid_from": "2017", "ring": square(n)}
            for n in range(len(found))]  # fmt: skip
    return [(row | cells, *rest) for row, (cells, *rest) in zip(good, found, strict=True)]


def holds(suffix: str, row: dict) -> bool:
    """Return whether a format can hold a row at all."""
    texts = [row[name] for name in FIELDS]
    finite = all(abs(part) < INFINITE for point in row["ring"] for part in point)
    if suffix == ".xlsx":
        return all(len(each) < 32_767 and not set(NO_XML) & set(each) for each in texts)
    if suffix == ".shp":
        return finite and all(len(each.encode()) <= 254 for each in texts)
    return finite or suffix != ".geojson"


def deliver(path: Path, rows: list[dict]) -> None:
    """Write rows as somebody may deliver them: all cells as text."""
    table = [[*(row[name] for name in FIELDS), _wkt(row["ring"])] for row in rows]
    heading = [*FIELDS, "wkt"]
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([heading, *table])
    elif path.suffix == ".xlsx":
        options = {"strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(path, options) as book:
            sheet = book.add_worksheet()
            for at, line in enumerate([heading, *table]):
                for column, cell in enumerate(line):
                    sheet.write_string(at, column, cell)
    elif path.suffix == ".geojson":
        features = [
            {"type": "Feature", "properties": {name: row[name] for name in FIELDS},
             "geometry": {"type": "Polygon", "coordinates": [row["ring"]]}} for row in rows
        ]  # fmt: skip
        text = json.dumps({"type": "FeatureCollection", "features": features})
        path.write_text(text, "utf-8")
    else:
        shapes = [shapely.Polygon(row["ring"]) for row in rows]
        data = {name: [row[name] for row in rows] for name in FIELDS}
        frame = gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:4490")
        options = {}
        if path.suffix == ".shp":  # names of ten letters
            frame, options = frame.rename(columns={"site_area_m2": "area"}), {"encoding": "UTF-8"}
        written(frame, path, driver=DRIVERS[path.suffix], **options)


def _wkt(ring: list[tuple[float, float]]) -> str:
    return f"POLYGON (({', '.join(f'{x!r} {y!r}' for x, y in ring)}))"
