"""Make the synthetic catalogue ``examples/demo-town``: an invented town in the form of a cadastre.

The outlines come from ``demo_town_lots.py``, faults in them, in records and in buildings from
``demo_town_faults.py``, the words and small tables from ``demo_town_tables.py``, and what became
of the plans from ``demo_town_progress.py``. Outlines are written as longitude and latitude of
EPSG:4490 with nine decimals. All chance comes from one seed: every run writes the same bytes.

    python examples/make_demo_town.py [FOLDER]
"""

from __future__ import annotations

import csv
import io
import json
import random
import sys
from pathlib import Path
from typing import Any

from demo_town_faults import plant_more
from demo_town_lots import (
    Lot,
    Streets,
    degrees,
    draw_lots,
    draw_zones,
    geodesic_area,
    knit,
    plant_numbers,
    plant_shapes,
    record,
)  # fmt: skip
from demo_town_progress import NEW_SOURCES, PROGRESS_HEADERS, add_progress, fields, printed
from demo_town_tables import (
    AUCTIONS,
    BUILDINGS,
    BUYERS,
    HEADERS,
    INDICATORS,
    LAND_USE,
    MORE_PLANTED,
    NUMBERS,
    PLANTED,
    PROJECTS,
    README,
    REFERENCES,
    SOURCES,
    TARGETS,
    ZONE_NAMES,
)  # fmt: skip
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from pingshan_geo.catalogue.descriptor import table_schema

SEED = 20241231
AS_OF = "2024-12-31"
AREAS = (
    "recorded_area_m2", "site_area_m2", "net_site_area_m2", "gross_floor_area_m2",
    "countable_floor_area_m2", "given_up_area_m2", "far_limit", "site_coverage", "green_ratio",
    "building_height_m",
)  # fmt: skip
TEXTS = ("recorded_area_basis", "recorded_area_edition", "land_use_name")
TABLES = HEADERS | PROGRESS_HEADERS
CLASSES = PLANTED | MORE_PLANTED
NO_LIMIT_NOTE = ("no floor, no limit", "无建筑面积，无容积率上限")


class Ledger:
    """The rows of the tables, each with the row of the invented source that holds it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self._printed: dict[str, int] = {}

    def locator(self, source: str) -> str:
        """Return the next place in a source."""
        self._printed[source] = self._printed.get(source, 0) + 1
        return f"synthetic record, row {self._printed[source]}"

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Append one row."""
        if "source_id" in values and table != "sources" and "locator" not in values:
            values["locator"] = self.locator(values["source_id"])
        self.rows[table].append({"note_en": "Synthetic.", "note_zh": "合成数据。"} | values)
        return self.rows[table][-1]

    def fact(self, subject: str, measure: str, value: str, unit: str, **values: Any) -> None:
        """Append one printed number."""
        number = len(self.rows["facts"]) + 1
        text = {"qualifier": "printed", "printed": printed(value, unit)} | values
        self.add("facts", fact_id=f"demo-fact-{number:03d}", subject=subject, measure=measure,
                 value=value, unit=unit, **text)  # fmt: skip


def transfers(book: Ledger, lots: list[Lot], rng: random.Random) -> dict[str, Lot]:
    """Add the auctions; return which lot each one sold, where that is recorded."""
    sold: dict[str, Lot] = {}
    for number, (date, mode, mark, grade, target, premium) in enumerate(fields(AUCTIONS), 1):
        letter = mark[-1]
        free = [
            lot for lot in lots
            if lot.letter == letter and not lot.planted and lot.values["valid_from"] <= date
            if lot not in sold.values()
        ]  # fmt: skip
        area, name = rng.uniform(9000, 16000), f"demo-transfer-{number:02d}"
        if mark == letter:
            sold[name] = rng.choice(free)
            area = sold[name].values["site_area_m2"]
        buyers = [buyer for buyer, letters in BUYERS.items() if letter in letters]
        start = round(area * LAND_USE[letter][4] * rng.uniform(0.9, 1.15) / 10_000) * 10_000
        price = round(start * float(premium if premium not in "-?" else 1) / 10_000) * 10_000
        book.add("auctions", auction_id=name, date=date, mode=mode,
                 buyer=f"{rng.choice(buyers)}（合成 synthetic）",
                 parcel_id=sold[name].parcel_id if name in sold else None, project_id=None,
                 price_yuan=None if premium == "?" else price,
                 start_price_yuan=None if premium in "-?" else start,
                 term_years=LAND_USE[letter][5], target_id=target,
                 source_id="demo-transfer-register", **{"class": grade})  # fmt: skip
    return sold


def undertakings(book: Ledger, sold: dict[str, Lot], rng: random.Random) -> None:
    """Add the projects, on lots that were sold, and their printed areas."""
    free = [row for row in book.rows["auctions"] if row["auction_id"] in sold]
    for name, en, zh, company, industry, stage, letter, basis, floor in fields(PROJECTS):
        developer = f"{company}（合成 synthetic）"
        row = next((r for r in free if sold[r["auction_id"]].letter == letter), None)
        lot = sold[row["auction_id"]] if row else None
        if row:
            free.remove(row)
            row |= {"project_id": name, "buyer": developer}
        zone = lot.values["zone_id"] if lot else "demo-block-line-1" if letter == "z" else None
        book.add("projects", project_id=name, name_en=f"{en} (synthetic)", name_zh=f"{zh}（合成）",
                 developer=developer, industry=industry, stage=stage, zone_id=zone,
                 parcel_id=lot.parcel_id if lot else None,
                 source_id="demo-project-list")  # fmt: skip
        site = lot.values["site_area_m2"] if lot else rng.uniform(15000, 30000)
        if basis:
            factor = 1.07 if basis == "total_land" else 1.0
            book.fact(name, "site_area", f"{site * factor / 10_000:.2f}", "ha", as_of="2024-12-31",
                      area_basis=basis, source_id="demo-project-list")  # fmt: skip
        if floor:
            known = lot.values.get(f"{floor}_floor_area_m2") if lot else None
            book.fact(name, f"{floor}_floor_area", f"{(known or site * 1.7) / 10_000:.2f}",
                      "10k_m2", as_of="2024-12-31", floor_basis=floor,
                      source_id="demo-project-list")  # fmt: skip


def plans(book: Ledger, sold: dict[str, Lot], zones: dict[str, BaseGeometry]) -> None:
    """Add the targets and what was delivered, the indicators and the printed areas of zones."""
    for name, in_english, in_chinese, measure, counts, *rest in fields(TARGETS):
        start, end, value, unit, qualifier, en, zh = rest
        book.add("targets", target_id=name, name_en=in_english, name_zh=in_chinese,
                 zone_id="demo-town-district", measure=measure, counts=counts,
                 period_start=start, period_end=end, value=value, unit=unit,
                 qualifier=qualifier, printed=printed(value, unit), source_id="demo-supply-plan",
                 note_en=f"Synthetic: {en}.", note_zh=f"合成数据：{zh}。")  # fmt: skip
    done = {"demo-industrial-land-2021": 0.0, "demo-industrial-land-2022": 0.0}
    for row in book.rows["auctions"]:
        if row["target_id"] in done:
            lot = sold.get(row["auction_id"])
            done[row["target_id"]] += lot.values["site_area_m2"] / 10_000 if lot else 1.24
    rate = f"{done['demo-industrial-land-2022'] / 8.0 * 100:.1f}"
    for name, measure, value, unit, start, end in (
        *((key, "delivered", f"{done[key]:.2f}", "ha", key[-4:], key[-4:]) for key in done),
        ("demo-industrial-land-2022", "completion_rate_printed", rate, "%", "2022", "2022"),
        ("demo-housing-floor-2025", "delivered", "26.4", "10k_m2", "2021", "2024"),
        ("demo-land-preparation-2023", "delivered", "30.6", "ha", "2023", "2023"),
        ("demo-land-preparation-2023", "completion_rate_printed", "102.0", "%", "2023", "2023"),
    ):
        book.fact(name, measure, value, unit, as_of=f"{end}-12-31", source_id="demo-yearbook",
                  period_start=f"{start}-01-01", period_end=f"{end}-12-31")  # fmt: skip
    for name, en, zh, scope, value, unit, said, qualifier, date in fields(INDICATORS):
        book.add("indicators", indicator_id=name, name_en=f"{en} (synthetic)",
                 name_zh=f"{zh}（合成）", scope=scope)  # fmt: skip
        book.fact(name, "indicator_value", value, unit, printed=said, qualifier=qualifier,
                  as_of=date, source_id="demo-yearbook")  # fmt: skip
    for zone, shape in zones.items():
        area = geodesic_area(degrees(shape))
        value, unit = f"{area / 10_000:.1f}", "ha"
        if zone == "demo-town-district":
            value, unit = f"{area / 1_000_000:.2f}", "km2"
        if zone != "demo-density-zone-4":
            book.fact(zone, "recorded_area", value, unit, as_of="2020-06-30",
                      qualifier="about" if zone[-6:] == "line-3" else "printed",
                      source_id="demo-zoning-plan")  # fmt: skip
        if zone == "demo-block-line-2":
            book.fact(zone, "recorded_area", f"{area / 9_200:.1f}", unit, as_of="2019",
                      source_id="demo-yearbook", note_zh="合成数据：与规划所载面积不符。",
                      note_en="Synthetic: contradicts the plan's reading.")  # fmt: skip


def limits(book: Ledger) -> None:
    """Add what the plan allows, by density zone and land use."""
    for zone, (_, _, kind) in ZONE_NAMES.items():
        for letter, (code, *_, allowed) in LAND_USE.items():
            if kind == "density_zone" and allowed:
                law, most = BUILDINGS[letter], float(allowed[int(zone[-1]) - 1])
                book.add("limits", limit_id=f"demo-limit-{zone[-1]}-{code}", zone_id=zone,
                         land_use=code, land_use_standard="mnr-2023",
                         far_minimum=round(0.45 * most, 1), far_maximum=most,
                         site_coverage_maximum=law.coverage, green_ratio_minimum=law.green,
                         height_maximum_m=law.height_m(zone), valid_from="2008-01-01",
                         source_id="demo-zoning-plan")  # fmt: skip


def feature(shape: BaseGeometry | None, properties: dict[str, Any]) -> str:
    """Return one GeoJSON feature on one line."""
    geometry = mapping(degrees(shape)) if shape is not None else None
    row = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def whole(number: float | None) -> float | None:
    """Return a number without needless decimals."""
    return int(number) if number is not None and number == int(number) else number


def zone_features(zones: dict[str, BaseGeometry]) -> list[str]:
    """Return the rows of ``zones.geojson``."""
    rows = []
    for zone, (en, zh, kind) in ZONE_NAMES.items():
        parent = None if kind == "district" else "demo-town-district"
        properties = {
            "zone_id": zone, "name_en": f"{en} (synthetic)", "name_zh": f"{zh}（合成）",
            "kind": kind, "parent": parent, "part_of": None, "valid_from": "2008-01-01",
            "valid_to": None, "geometry_status": "published", "source_id": "demo-zoning-plan",
            "note_en": "Synthetic.", "note_zh": "合成数据。",
        }  # fmt: skip
        rows.append(feature(zones[zone], properties))
    return rows


def lot_features(lots: list[Lot], book: Ledger) -> list[str]:
    """Return the rows of ``parcels.geojson``."""
    rows = []
    for lot in lots:
        _, en, zh, *_ = LAND_USE[lot.letter]
        shape = None if "geometry" in lot.values else lot.shape
        notes = [CLASSES[kind][1:] for kind in lot.planted]
        if not LAND_USE[lot.letter][6]:
            notes.append(NO_LIMIT_NOTE)
        note_en = "; ".join(["Synthetic", *(en for en, _ in notes)])
        note_zh = "；".join(["合成数据", *(zh for _, zh in notes)])
        properties = {
            "parcel_id": lot.parcel_id, "name_en": f"{en} {lot.parcel_id} (synthetic)",
            "name_zh": f"{zh} {lot.parcel_id}（合成）", "parcel_kind": "parcel",
            "layer": lot.values.get("layer", "surface"), "land_use": lot.values["land_use"],
            "land_use_standard": "mnr-2023",
            **{name: lot.values.get(name) for name in ("zone_id", "valid_from", "valid_to")},
            "geometry_status": "surveyed" if shape is not None else "none",
            "source_id": "demo-cadastre", **{name: whole(lot.values.get(name)) for name in AREAS},
            **{name: lot.values.get(name) for name in TEXTS},
            "locator": book.locator("demo-cadastre"), "planted": ";".join(lot.planted) or None,
            "note_en": f"{note_en}.", "note_zh": f"{note_zh}。",
        }  # fmt: skip
        rows.append(feature(shape, properties))
    return rows


def csv_text(table: str, rows: list[dict[str, Any]]) -> str:
    """Return a table as CSV in the order of its columns; unknown is an empty cell."""
    out = io.StringIO()
    writer = csv.DictWriter(out, TABLES[table].split(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def schema_of(table: str) -> dict[str, Any]:
    """Return the Table Schema of a table."""
    columns = TABLES[table].split()
    key = columns[0]
    if table in PROGRESS_HEADERS:
        schema = table_schema(table)
        told = {field["name"] for field in schema["fields"]}
        schema["fields"] += [{"name": c, "type": "string"} for c in columns if c not in told]
        return schema
    return {
        "fields": [
            {"name": name, "type": "number" if name in NUMBERS else "string"}
            | ({"constraints": {"required": True, "unique": True}} if name == key else {})
            for name in columns
        ],
        "primaryKey": key,
        "missingValues": [""],
        "foreignKeys": [
            {"fields": name, "reference": {"resource": REFERENCES[name], "fields": name}}
            for name in columns if name in REFERENCES and name != key
        ],
    }  # fmt: skip


def package() -> str:
    """Return ``datapackage.json``."""
    resources: list[dict[str, Any]] = [
        {"name": name, "path": f"{name}.geojson", "format": "geojson", "encoding": "utf-8",
         "mediatype": "application/geo+json"} for name in ("zones", "parcels")
    ]  # fmt: skip
    for table in TABLES:
        schema = schema_of(table)
        resources.append(
            {"name": table, "path": f"{table}.csv", "format": "csv", "encoding": "utf-8",
             "mediatype": "text/csv", "schema": schema}
        )  # fmt: skip
    content = {
        "profile": "data-package", "name": "demo-town", "title": "Demo Town (synthetic)",
        "title_zh": "示例镇（合成数据）", "version": "1.0.0", "as_of": AS_OF, "crs": "EPSG:4490",
        "survey_tolerance": "0.05m+0.5%",
        "description": "A synthetic catalogue: everything in it is invented.",
        "headline": [
            "completion_rate/demo-industrial-land-2021",
            "completion_rate/demo-industrial-land-2022",
            "far/DT36-0001", "share_of_parent/demo-block-line-1",
            "completion_rate/demo-industrial-land-2023",
        ],
        "licenses": [{"name": "CC0-1.0", "title": "CC0 1.0; synthetic data",
                      "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "sources": [{"title": "Synthetic: made by examples/make_demo_town.py"}],
        "resources": resources,
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def readme(lots: list[Lot]) -> str:
    """Return ``README.md`` with the planted lots by class."""
    rows = []
    for kind, (_, en, zh) in CLASSES.items():
        found = ", ".join(lot.parcel_id for lot in lots if kind in lot.planted)
        rows.append(f"| `{kind}` | {en} / {zh} | {found} |")
    return README.replace("{lots}", str(len(lots))).replace("{rows}", "\n".join(rows))


def make() -> dict[str, str]:
    """Return the files of the catalogue by name."""
    rng = random.Random(SEED)  # noqa: S311 - an invented town keeps no secret
    streets = Streets(rng)
    lots, town = draw_lots(streets, rng)
    for plant in (True, False):
        for lot, shape in zip(lots, knit([lot.shape for lot in lots]), strict=True):
            lot.shape = shape
        if plant:
            plant_shapes(lots, rng)
    zones = draw_zones(streets, town)
    record(lots, zones, rng)
    plant_numbers(lots, rng)
    book = Ledger()
    for source, en, zh, date in fields(SOURCES) + fields(NEW_SOURCES):
        book.add("sources", source_id=source, title_en=en, title_zh=zh, date=date,
                 publisher="Demo Town (synthetic)", licence="CC0-1.0")  # fmt: skip
    sold = transfers(book, lots, rng)
    undertakings(book, sold, rng)
    plant_more(lots, zones, list(sold.values()), streets, SEED + 1)
    plans(book, sold, zones)
    limits(book)
    add_progress(book, {lot.parcel_id: lot for lot in lots})
    layers = {"zones": zone_features(zones), "parcels": lot_features(lots, book)}
    files = {f"{table}.csv": csv_text(table, rows) for table, rows in book.rows.items()}
    for layer, rows in layers.items():
        body = ",\n".join(rows)
        files[f"{layer}.geojson"] = f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n'
    return files | {"datapackage.json": package(), "README.md": readme(lots)}


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "demo-town"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in make().items():
        (folder / name).write_bytes(text.encode("utf-8"))
