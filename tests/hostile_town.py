"""The demo town with a hostile text of its own in every place that takes one: see `hostile`."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests import hostile

from pingshan_geo.catalogue.schema import CONTEXT_KIND, ID_COLUMN, KINDS, SPATIAL, TABLES, Column

ROOT = Path(__file__).parents[1]
TOWN = ROOT / "examples" / "demo-town"
#: Columns of text that are no free text: what stands in them is looked up or computed with.
BOUND = {
    "measure", "unit", "counts", "claimed", "inputs", "subject", "field", "old_value", "new_value",
    "scope", "kind", "land_use", "parcel_code", "sha256",
}  # fmt: skip
#: Headings that a register brings beside those of the schema, in one language and in both.
HEADINGS = (
    *hostile.PROTOTYPES, "then_zh", "x' onclick=alert(1) x", "{{7*7}}",
    "</script><script>alert(1)</script>", "=1+1", "say_en", "say_zh", "javascript:alert(1)",
)  # fmt: skip
#: Tables that a catalogue may lack, as they are put in: a row each, for its texts.
LACKED = {
    "limits": {"zone_id": "shenzhen", "far_maximum": "9"},
    "consequences": {"measure": "completion_rate", "at_least": "0"},
    "corrections": {"subject": "shenzhen", "field": "name_en", "state": "proposed"},
}
Rows = list[dict[str, Any]]


def free(column: Column) -> bool:
    """Whether a column takes any text."""
    is_bound = column.refers or column.values or column.name in BOUND
    return column.kind == "text" and not is_bound and column.name not in ID_COLUMN.values()


class Spoiler:
    """Puts texts into tables, and counts where: ``places`` by table and column."""

    def __init__(self, seed: int = 0) -> None:
        self.open = hostile.texts(1_000_000, seed)
        self.plain = hostile.texts(1_000_000, seed + 500, controls=False)
        self.places: dict[str, int] = {}
        self.used: list[str] = []
        self.ids: dict[str, str] = {}

    def text(self, place: str, texts: Iterator[str], without: str = "", most: int = 30_000) -> str:
        """Return the next text that a place takes, and note it."""
        made = next(one for one in texts if not set(without) & set(one) and len(one) <= most)
        self.places[place] = self.places.get(place, 0) + 1
        self.used.append(made)
        return made

    def name_ids(self, tables: dict[str, Rows]) -> None:
        """Give every second row of each table an id that is a text, the first some names."""
        names = iter(hostile.PROTOTYPES)
        for table, rows in tables.items():
            column = ID_COLUMN[table]
            for at, row in enumerate(rows):
                if at % 2 == 0 or not row.get(column):
                    continue
                name = next(names, None) if table == "parcels" else None
                self.ids[row[column]] = name or self.text(
                    f"{table}.{column}", self.plain, ";@", 300
                )

    def renamed(self, cell: Any) -> Any:
        """Return a cell with the new ids in it: one, a list, or figures of them."""
        if not isinstance(cell, str):
            return cell
        parts = []
        for part in cell.split("; " if "; " in cell else ";"):
            measure, slash, subject = part.partition("/")
            known = self.ids.get(part) or (slash and self.ids.get(subject))
            parts.append(f"{measure}/{known}" if known and part not in self.ids else known or part)
        return ("; " if "; " in cell else ";").join(parts)

    def fill(self, table: str, rows: Rows) -> None:
        """Put a text into each cell of free text, those of a register's own columns too."""
        schema = {column.name: column for column in TABLES[table]}
        texts = self.open if table in SPATIAL else self.plain
        for at, row in enumerate(rows):
            for name in row:
                column = schema.get(name)
                if column is None or free(column):
                    without = ";" if column is not None and column.many else ""
                    row[name] = self.text(f"{table}.{name}", texts, without)
                    if name == "url" and at % 2:
                        row[name] = f"https://{hostile.HOST}/{row[name]}"
                else:
                    row[name] = self.renamed(row[name])
            for heading in HEADINGS if table in KINDS else ():
                row[heading] = self.text(f"{table}.(heading)", texts)
        if table == "parcels":
            for row in rows[::3]:
                row["land_use"] = self.text("parcels.land_use", texts, "", 300)
        if table == "zones":
            kinds = {"district": "district", CONTEXT_KIND: CONTEXT_KIND}
            for row in rows:
                kind = row["kind"]
                kinds[kind] = kinds.get(kind) or self.text("zones.kind", texts, "@", 300)
                row["kind"] = kinds[kind]


def copied(folder: Path, share: int = 1, source: Path = TOWN) -> dict[str, Path]:
    """Write a catalogue into a new folder, with every so-manieth lot and those that rows name."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.py", "*.md"))
    named = {name: f"{name}.{'geojson' if name in SPATIAL else 'csv'}" for name in TABLES}
    files = {name: folder / path for name, path in named.items() if (folder / path).exists()}
    descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for name in LACKED.keys() - files.keys():
        files[name] = folder / named[name]
        row = dict.fromkeys(column.name for column in TABLES[name])
        files[name].write_text("", "utf-8")
        write(files[name], [{**row, ID_COLUMN[name]: f"own-{name}", **LACKED[name]}])
        descriptor["resources"].append({"name": name, "path": named[name]})
    (folder / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    said = "".join(path.read_text("utf-8") for path in folder.iterdir() if path != files["parcels"])
    document = json.loads(files["parcels"].read_text("utf-8"))
    document["features"] = [
        feature
        for at, feature in enumerate(document["features"])
        if at % share == 0 or feature["properties"]["parcel_id"] in said
    ]
    files["parcels"].write_text(json.dumps(document), "utf-8")
    return files


def spoilt(folder: Path, seed: int = 0, share: int = 1, source: Path = TOWN) -> Spoiler:
    """Write such a catalogue with texts everywhere; return what stands where."""
    files = copied(folder, share, source)
    tables = {name: read(path) for name, path in files.items()}
    spoiler = Spoiler(seed)
    spoiler.name_ids(tables)
    for name, rows in tables.items():
        spoiler.fill(name, rows)
        write(files[name], rows)
    path = folder / "datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    for name in ("title", "title_zh"):
        descriptor[name] = spoiler.text(f"catalogue.{name}", spoiler.open)
    descriptor["headline"] = [spoiler.renamed(one) for one in descriptor["headline"]]
    path.write_text(json.dumps(descriptor), "utf-8")
    return spoiler


def read(path: Path) -> Rows:
    """Return the rows of a table; those of GeoJSON are the members ``properties``."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    document = json.loads(path.read_text("utf-8"))
    return [feature["properties"] for feature in document["features"]]


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows over those of a table."""
    rows = list(rows)
    if path.suffix == ".csv":
        if rows:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return
    document = json.loads(path.read_text("utf-8"))
    for feature, row in zip(document["features"], rows, strict=True):
        feature["properties"] = row
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
