"""Plants changes into a catalogue: parcels dropped, doubled, moved, split, and rows changed.

Written before the comparison that has to find them. `plant` changes a draft of rows as they stand
in the files, and says what is to be told of it, and of nothing else.
"""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import shapely
from shapely.affinity import scale, translate
from shapely.geometry import LineString, mapping, shape
from shapely.ops import split as cut

from pingshan_geo.catalogue.schema import ID_COLUMN, SPATIAL

M_DEG = 111_195.0  # metres of a degree of latitude, near enough to plant
#: What is to be told: what, table, ids before, ids after, field (empty where it is no cell).
Told = tuple[str, str, tuple[str, ...], tuple[str, ...], str]
Rows = list[dict[str, Any]]


class UnfitError(Exception):
    """The catalogue has no row into which this change could be planted."""


@dataclass
class Draft:
    """The rows of a catalogue's files, to be changed; ids already taken are left alone."""

    folder: Path
    tables: dict[str, Rows]
    touched: set[str] = field(default_factory=set)
    near: list[tuple[float, ...]] = field(default_factory=list)

    def of(self, table: str, row_id: str) -> dict[str, Any]:
        """Return a row."""
        return next(r for r in self.tables[table] if r[ID_COLUMN[table]] == row_id)

    def references(self, parcel: str) -> list[tuple[str, str, str]]:
        """Return table, id and column of each cell that names a parcel."""
        columns = {"facts": "subject", "auctions": "parcel_id", "projects": "parcel_id"}
        return [
            (table, row[ID_COLUMN[table]], column)
            for table, column in columns.items()
            for row in self.tables[table]
            if row[column] == parcel
        ]

    def lots(self, rng: Random, count: int = 1, *, free: bool = False) -> list[dict[str, Any]]:
        """Return parcels with an outline of one part on the surface, at random.

        Free ones are named by no other row.
        """
        found = [
            r for r in self.tables["parcels"]
            if r["parcel_id"] not in self.touched and r["layer"] in {None, "surface"}
            and r["geometry"] is not None and r["geometry"]["type"] == "Polygon"
            and not (free and self.references(r["parcel_id"]))
        ]  # fmt: skip
        if len(found) < count:
            raise UnfitError("parcels")
        if self.near and rng.random() < 0.5:  # a second change beside the first one is harder
            at = shapely.Point(self.near[0])
            found = sorted(found, key=lambda row: shape(row["geometry"]).distance(at))[: count + 7]
        chosen = rng.sample(found, count)
        self.near.append(shape(chosen[0]["geometry"]).representative_point().coords[0])
        self.touched |= {r["parcel_id"] for r in chosen}
        return chosen


def read(folder: Path) -> Draft:
    """Return the rows of a folder whose tables are one file each, CSV and GeoJSON."""
    tables: dict[str, Rows] = {}
    for table in ID_COLUMN:
        name = f"{table}.geojson" if table in SPATIAL else f"{table}.csv"
        if not (folder / name).is_file():
            continue
        if table in SPATIAL:
            data = json.loads((folder / name).read_text("utf-8"))
            tables[table] = [
                {**each["properties"], "geometry": each["geometry"]} for each in data["features"]
            ]
        else:
            text = (folder / name).read_text("utf-8")
            tables[table] = list(csv.DictReader(io.StringIO(text, newline="")))
    return Draft(folder, tables)


def write(draft: Draft, folder: Path, rng: Random | None = None) -> Path:
    """Write a draft to a folder; with random numbers, disguised so that nothing else is changed.

    Rows and columns are shuffled, lines end with CR LF, numbers of GeoJSON get a point.
    """
    folder.mkdir(parents=True)
    shutil.copy(draft.folder / "datapackage.json", folder)
    for table, kept in draft.tables.items():
        rows = rng.sample(kept, len(kept)) if rng else kept
        if table in SPATIAL:
            features = [_feature(row, rng) for row in rows]
            text = json.dumps({"type": "FeatureCollection", "features": features})
            (folder / f"{table}.geojson").write_text(text, "utf-8")
            continue
        file = draft.folder / f"{table}.csv"
        heads = next(csv.reader(file.read_text("utf-8").splitlines()))
        heads = rng.sample(heads, len(heads)) if rng else heads
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, heads, lineterminator="\r\n" if rng else "\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def _feature(row: dict[str, Any], rng: Random | None) -> dict[str, Any]:
    own = {key: value for key, value in row.items() if key != "geometry"}
    if rng:
        own = {
            key: float(own[key]) if type(own[key]) is int else own[key]
            for key in rng.sample(list(own), len(own))
        }
    return {"type": "Feature", "properties": own, "geometry": row["geometry"]}


def _outline(row: dict[str, Any]) -> Any:
    return shape(row["geometry"])


def _put(row: dict[str, Any], outline: Any) -> None:
    rounded = shapely.transform(outline, lambda xy: xy.round(9))
    row["geometry"] = json.loads(json.dumps(mapping(rounded)))


def _added(table: str, row_id: str) -> Told:
    return ("added", table, (), (row_id,), "")


def _removed(table: str, row_id: str) -> Told:
    return ("removed", table, (row_id,), (), "")


def _cell(table: str, row_id: str, column: str) -> Told:
    return ("changed", table, (row_id,), (row_id,), column)


def _shape(what: str, before: tuple[str, ...], after: tuple[str, ...]) -> Told:
    return (what, "outlines", tuple(sorted(before)), tuple(sorted(after)), "")


def _copy(draft: Draft, row: dict[str, Any], suffix: str) -> dict[str, Any]:
    new = {**row, "parcel_id": f"{row['parcel_id']}{suffix}"}
    draft.tables["parcels"].append(new)
    draft.touched.add(new["parcel_id"])
    return new


def _drop(draft: Draft, table: str, row: dict[str, Any]) -> None:
    draft.tables[table] = [each for each in draft.tables[table] if each is not row]


def _dropped(draft: Draft, rng: Random) -> set[Told]:
    (row,) = draft.lots(rng, free=True)
    _drop(draft, "parcels", row)
    return {_removed("parcels", row["parcel_id"])}


def _doubled(draft: Draft, rng: Random) -> set[Told]:
    (row,) = draft.lots(rng)
    new = _copy(draft, row, "-double")["parcel_id"]
    told = _shape("doubled", (row["parcel_id"],), (row["parcel_id"], new))
    return {_added("parcels", new), told}


def _moved(draft: Draft, rng: Random) -> set[Told]:
    (row,) = draft.lots(rng)
    way, far = rng.uniform(0, 2 * math.pi), math.exp(rng.uniform(math.log(0.5), math.log(300)))
    east = far * math.cos(way) / math.cos(math.radians(_outline(row).centroid.y))
    _put(row, translate(_outline(row), east / M_DEG, far * math.sin(way) / M_DEG))
    return {_shape("moved", (row["parcel_id"],), (row["parcel_id"],))}


def _parts(outline: Any, rng: Random) -> list[Any]:
    """Return an outline cut in two or three by lines through it."""
    parts = [outline]
    for _ in range(rng.choice((1, 1, 2))):
        parts.sort(key=lambda part: part.area)
        largest = parts.pop()
        middle, way = largest.representative_point(), rng.uniform(0, math.pi)
        east, north = math.cos(way) * 0.1, math.sin(way) * 0.1
        line = LineString(
            [(middle.x - east, middle.y - north), (middle.x + east, middle.y + north)]
        )
        parts += cut(largest, line).geoms
    return parts


def _split(draft: Draft, rng: Random, *, keeps: bool = False) -> set[Told]:
    (row,) = draft.lots(rng, free=not keeps)
    old = row["parcel_id"]
    parts = _parts(_outline(row), rng)
    told: set[Told] = set()
    after = []
    for number, part in enumerate(parts):
        if keeps and number == 0:
            _put(row, part)
            after.append(old)
            continue
        new = _copy(draft, row, f"-{number}")
        _put(new, part)
        after.append(new["parcel_id"])
        told.add(_added("parcels", new["parcel_id"]))
    if not keeps:
        _drop(draft, "parcels", row)
        told.add(_removed("parcels", old))
    return told | {_shape("split", (old,), tuple(after))}


def _split_keeping(draft: Draft, rng: Random) -> set[Told]:
    return _split(draft, rng, keeps=True)


def _merged(draft: Draft, rng: Random, *, keeps: bool = False) -> set[Told]:
    for _ in range(200):
        taken = set(draft.touched)
        (row,) = draft.lots(rng, free=True)
        one = _outline(row)
        for other in draft.tables["parcels"]:
            if other is row or other["parcel_id"] in draft.touched or not other["geometry"]:
                continue
            if draft.references(other["parcel_id"]) or other["layer"] not in {None, "surface"}:
                continue
            whole = shapely.union(one, _outline(other))
            shared = one.intersection(_outline(other)).length
            if shared > 1 / M_DEG and whole.geom_type == "Polygon":
                draft.touched.add(other["parcel_id"])
                before = (row["parcel_id"], other["parcel_id"])
                _drop(draft, "parcels", other)
                if keeps:
                    _put(row, whole)
                    told = {_removed("parcels", other["parcel_id"])}
                    return told | {_shape("merged", before, (row["parcel_id"],))}
                new = _copy(draft, row, "-whole")
                _put(new, whole)
                _drop(draft, "parcels", row)
                rows = {_removed("parcels", each) for each in before}
                rows.add(_added("parcels", new["parcel_id"]))
                return rows | {_shape("merged", before, (new["parcel_id"],))}
        draft.touched = taken
    raise UnfitError("neighbours")


def _merged_keeping(draft: Draft, rng: Random) -> set[Told]:
    return _merged(draft, rng, keeps=True)


def _reshaped(draft: Draft, rng: Random) -> set[Told]:
    (row,) = draft.lots(rng)
    outline = _outline(row)
    middle = outline.representative_point()
    way = rng.choice(("corner", "narrower", "cut off"))
    if way == "narrower":
        _put(row, scale(outline, rng.uniform(0.6, 0.95), 1.0, origin=middle))
    elif way == "cut off":
        _put(row, max(_parts(outline, rng), key=lambda part: part.area))
    else:
        points = list(outline.exterior.coords)[:-1]
        at, part = rng.randrange(len(points)), rng.uniform(0.05, 0.3)
        x, y = points[at]
        points[at] = (x + (middle.x - x) * part, y + (middle.y - y) * part)
        new = shapely.Polygon(points, [ring.coords for ring in outline.interiors])
        _put(row, new if new.is_valid else scale(outline, 0.9, 1.0, origin=middle))
    return {_shape("reshaped", (row["parcel_id"],), (row["parcel_id"],))}


def _renumbered(draft: Draft, rng: Random) -> set[Told]:
    (row,) = draft.lots(rng)
    old = row["parcel_id"]
    new = f"{old}-new"
    told = {_cell(table, row_id, column) for table, row_id, column in draft.references(old)}
    for table, row_id, column in draft.references(old):
        draft.of(table, row_id)[column] = new
        draft.touched.add(row_id)
    row["parcel_id"] = new
    draft.touched.add(new)
    told |= {_removed("parcels", old), _added("parcels", new)}
    return told | {_shape("renumbered", (old,), (new,))}


def _row(draft: Draft, rng: Random, *tables: str, where: str = "") -> tuple[str, dict[str, Any]]:
    found = [
        (table, row)
        for table in tables
        for row in draft.tables[table]
        if row[ID_COLUMN[table]] not in draft.touched and (not where or row.get(where))
    ]
    if not found:
        raise UnfitError(str(tables))
    table, row = rng.choice(found)
    draft.touched.add(row[ID_COLUMN[table]])
    return table, row


def _field_changed(draft: Draft, rng: Random) -> set[Told]:
    column = rng.choice(("locator", "note_en", "recorded_area_m2", "name_zh"))
    tables = [t for t in draft.tables if draft.tables[t] and column in draft.tables[t][0]]
    table, row = _row(draft, rng, *tables, where=column)
    if column == "recorded_area_m2":
        row[column] = round(float(row[column]) * rng.uniform(1.01, 3), 2)
    else:
        row[column] = rng.choice((f"{row[column]} (corrected)", f"{row[column]}又", "其他"))
    return {_cell(table, row[ID_COLUMN[table]], column)}


def _fact_changed(draft: Draft, rng: Random) -> set[Told]:
    _, row = _row(draft, rng, "facts")
    digits = row["value"]
    at = rng.choice([place for place, sign in enumerate(digits) if sign.isdigit()])
    other = rng.choice([digit for digit in "123456789" if digit != digits[at]])
    row["value"] = digits[:at] + other + digits[at + 1 :]
    told = {_cell("facts", row["fact_id"], "value")}
    if digits in row["printed"]:
        row["printed"] = row["printed"].replace(digits, row["value"], 1)
        told.add(_cell("facts", row["fact_id"], "printed"))
    return told


def _auction_added(draft: Draft, rng: Random) -> set[Told]:
    _, row = _row(draft, rng, "auctions")
    new = {**row, "auction_id": f"{row['auction_id']}-again"}
    draft.tables["auctions"].append(new)
    draft.touched.add(new["auction_id"])
    return {_added("auctions", new["auction_id"])}


def _auction_removed(draft: Draft, rng: Random) -> set[Told]:
    named = {fact["subject"] for fact in draft.tables["facts"]}
    rows = [r for r in draft.tables["auctions"] if r["auction_id"] not in named | draft.touched]
    if not rows:
        raise UnfitError("auctions")
    row = rng.choice(rows)
    draft.touched.add(row["auction_id"])
    _drop(draft, "auctions", row)
    return {_removed("auctions", row["auction_id"])}


def _none(draft: Draft, rng: Random) -> set[Told]:
    del draft, rng
    return set()


#: Every change that can be planted, by name; ``none`` only disguises.
LIES: dict[str, Callable[[Draft, Random], set[Told]]] = {
    "none": _none,
    "dropped": _dropped,
    "doubled": _doubled,
    "moved": _moved,
    "split": _split,
    "split, id kept": _split_keeping,
    "merged": _merged,
    "merged, id kept": _merged_keeping,
    "reshaped": _reshaped,
    "renumbered": _renumbered,
    "field changed": _field_changed,
    "fact changed": _fact_changed,
    "auction added": _auction_added,
    "auction removed": _auction_removed,
}


def plant(draft: Draft, lies: tuple[str, ...], seed: int) -> set[Told]:
    """Change a draft in place; return what is to be told, and nothing else.

    Raises
    ------
    UnfitError
        If no row is fit for a change.
    """
    rng = Random(f"{lies}/{seed}")  # noqa: S311 -- a seeded plan, no secret
    return set().union(*(LIES[lie](draft, rng) for lie in lies))
