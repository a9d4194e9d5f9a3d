"""How often each planted change of a catalogue is told with kind and ids, and nothing else is.

Usage: parcel_lies_rates.py FIRST LAST [--pairs N] [--of demo-town,cadastre]. Every seed from FIRST
to LAST plants each change alone, and N pairs of changes drawn at random.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import cadastre
import parcel_lies as lies
import shapely

from pingshan_geo.audit.changes import row_changes
from pingshan_geo.audit.outlines import outline_changes
from pingshan_geo.catalogue import Catalogue, load_catalogue
from pingshan_geo.catalogue.schema import SPATIAL, TABLES

DEMO = Path(__file__).parents[1] / "examples" / "demo-town"


def told(before: Catalogue, after: Catalogue) -> set[lies.Told]:
    """Return what the comparison says, in the planter's words."""
    said: set[lies.Told] = set()
    for row in row_changes(before, after):
        before_id = (row.row_id,) if row.kind != "added" else ()
        after_id = (row.row_id,) if row.kind != "removed" else ()
        fields = [cell.field for cell in row.cells] or [""]
        said |= {(row.kind, row.table, before_id, after_id, each) for each in fields}
    for table in ("parcels", "zones"):
        for each in outline_changes(table, getattr(before, table), getattr(after, table)):
            said.add((each.kind, "outlines", each.before, each.after, ""))
    return said


def written_cadastre(folder: Path, rows: int, seed: int) -> Path:
    """Write a catalogue of a synthetic cadastre with a zone, facts and transfers; return it."""
    lots = cadastre.cadastre(rows, seed, noise="dirty")
    source = {"source_id": "register", "locator": "row"}
    ids = [f"L{number:06d}" for number in range(rows)]
    some = range(0, rows, max(rows // 20, 1))
    tables: dict[str, lies.Rows] = {
        "sources": [{"source_id": "register", "title_en": "Register"}],
        "facts": [
            {"fact_id": f"fact-{at}", "subject": ids[at], "measure": "gross_floor_area",
             "value": f"{2.3 + at / 1000:.3f}", "unit": "ha", "qualifier": "printed",
             "resolution": "", "printed": f"{2.3 + at / 1000:.3f} ha", "as_of": "2020",
             "floor_basis": "gross", **source}
            for at in some
        ],
        "projects": [{"project_id": f"works-{at}", "parcel_id": ids[at], **source} for at in some],
        "auctions": [
            {"auction_id": f"sale-{at}", "date": "2020-05-06", "parcel_id": ids[at],
             "price_yuan": "1000000", "target_id": "task", **source}
            for at in some
        ],
        "targets": [
            {"target_id": "task", "zone_id": "town", "measure": "land_area", "counts": "auctioned",
             "period_start": "2020", "period_end": "2020", "value": "9.5", "unit": "ha", **source}
        ],
        "indicators": [{"indicator_id": "jobs", "name_en": "Jobs", "scope": "town"}],
        "zones": [
            {"zone_id": "town", "kind": "district", "geometry_status": "published",
             "source_id": "register",
             "geometry": json.loads(shapely.to_geojson(cadastre.district(lots).iloc[0]))}
        ],
        "parcels": [
            {"parcel_id": each, "name_zh": f"宗地{each}", "layer": None, "land_use": "M1",
             "land_use_standard": "shenzhen", "zone_id": "town", "geometry_status": "surveyed",
             "source_id": "register", "recorded_area_m2": 900.5 + at,
             "geometry": json.loads(shapely.to_geojson(lots.iloc[at]))}
            for at, each in enumerate(ids)
        ],
    }  # fmt: skip
    folder.mkdir(parents=True)
    resources = []
    for name, kept in tables.items():
        file = f"{name}.{'geojson' if name in SPATIAL else 'csv'}"
        resources.append({"name": name, "path": file})
        if not file.endswith(".csv"):
            continue
        needed = [c.name for c in TABLES[name] if not c.optional]
        heads = dict.fromkeys([*needed, *kept[0]])
        with (folder / file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, heads)
            writer.writeheader()
            writer.writerows(kept)
    descriptor = {
        "name": "cadastre", "as_of": "2020-12-31", "crs": "EPSG:4490", "resources": resources,
    }  # fmt: skip
    (folder / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    for name in SPATIAL:
        empty = {c.name: None for c in TABLES[name] if not c.optional}
        features = []
        for row in tables[name]:
            own = {key: cell for key, cell in row.items() if key != "geometry"}
            shape = row["geometry"]
            features.append({"type": "Feature", "properties": empty | own, "geometry": shape})
        text = json.dumps({"type": "FeatureCollection", "features": features})
        (folder / f"{name}.geojson").write_text(text, "utf-8")
    return folder


def runs(first: int, last: int, pairs: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield what to plant with which seed: each change alone, then pairs at random."""
    for seed in range(first, last + 1):
        yield from (((lie,), seed) for lie in lies.LIES)
        rng = Random(seed)  # noqa: S311 -- a seeded plan, no secret
        real = [lie for lie in lies.LIES if lie != "none"]
        yield from (((rng.choice(real), rng.choice(real)), seed) for _ in range(pairs))


def measure(folder: Path, asked: argparse.Namespace, work: Path) -> dict[str, list[int]]:
    """Return by change: planted, wholly right, something missed, something told wrongly."""
    before = load_catalogue(folder)
    count: dict[str, list[int]] = {}
    for number, (planted, seed) in enumerate(runs(asked.first, asked.last, asked.pairs)):
        cell = count.setdefault(planted[0] if len(planted) == 1 else "two at a time", [0] * 4)
        draft = lies.read(folder)
        try:
            wanted = lies.plant(draft, planted, seed)
        except lies.UnfitError:
            continue
        disguise = Random(seed)  # noqa: S311
        after = load_catalogue(lies.write(draft, work / str(number), disguise))
        said = told(before, after)
        if said != wanted and asked.say:
            print(planted, seed, "missed", wanted - said, "wrong", said - wanted)  # noqa: T201
        cell[0] += 1
        cell[1] += said == wanted
        cell[2] += bool(wanted - said)
        cell[3] += bool(said - wanted)
    return count


def main() -> None:
    """Print a table of changes for each catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--of", default="demo-town,cadastre")
    parser.add_argument("--say", action="store_true", help="print what was told wrongly")
    asked = parser.parse_args()
    for name in asked.of.split(","):
        with tempfile.TemporaryDirectory() as place:
            work = Path(place)
            folder = DEMO if name == "demo-town" else written_cadastre(work / "c", 256, asked.first)
            counts = measure(folder, asked, work / "changed")
        print(f"\n{name}, seeds {asked.first} to {asked.last}\n")  # noqa: T201
        print("| change | planted | right | missed | told wrongly |")  # noqa: T201
        print("|---|--:|--:|--:|--:|")  # noqa: T201
        total = [0, 0, 0, 0]
        for lie, cell in counts.items():
            print(_line(lie, cell))  # noqa: T201
            total = [one + two for one, two in zip(total, cell, strict=True)]
        print(_line("all", total), flush=True)  # noqa: T201


def _line(lie: str, cell: list[int]) -> str:
    planted, right, missed, wrong = cell
    return f"| {lie} | {planted} | {right / max(planted, 1):.1%} | {missed} | {wrong} |"


if __name__ == "__main__":
    main()
