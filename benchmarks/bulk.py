"""A bulk catalogue: a synthetic cadastre with attributes, within zones and a district.

python benchmarks/bulk.py FOLDER ROWS [--dirty | --tiled FILE]
"""

from __future__ import annotations

import argparse
import json
from csv import DictReader
from pathlib import Path
from typing import Any, Literal

import cadastre
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

DEMO = Path(__file__).resolve().parents[1] / "examples" / "demo-town"
USES = ("070102", "100101", "0901", "0803", "1207", "1401", "1301")
SEED, ZONES = 440310, 200
SPOILT = 0.005  # share of the parcels that are drawn over others


def lots(
    rows: int,
    *,
    noise: Literal["clean", "dirty"] = "clean",
    spoilt: bool = True,
    of: Path | None = None,
) -> gpd.GeoDataFrame:
    """Return parcels with eight attributes; spoilt: one in 200 is drawn over others.

    With ``of`` they are copies of the parcels of a file, side by side, in place of made ones.
    """
    shapes = cadastre.cadastre(rows, SEED, noise=noise) if of is None else tiled(of, rows)
    rng = np.random.default_rng(SEED)
    if spoilt:
        shapes = drawn_over(shapes, rng)
    area = shapely.area(shapes.to_crs(cadastre.PLANE).to_numpy())
    recorded = (area * (1 + rng.normal(0, 0.001, rows))).round(2)
    floor = np.where(rng.random(rows) > 0.2, (recorded * rng.uniform(0.5, 4, rows)).round(), np.nan)
    number = range(rows)
    columns = {
        "parcel_id": [f"G{13000 + at // 1000}-{at % 1000:04}" for at in number],
        "name_en": [f"Lot {at}" for at in number],
        "name_zh": [f"第{at}号宗地" for at in number],
        "land_use": rng.choice(USES, rows),
        "recorded_area_m2": recorded,
        "site_area_m2": recorded,
        "gross_floor_area_m2": floor,
        "far_limit": rng.uniform(0.5, 6, rows).round(1),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes)


def tiled(file: Path, rows: int) -> gpd.GeoSeries:
    """Return so many parcels about Pingshan: those of a file, again and again, in a square."""
    shapes = gpd.read_file(file).geometry.to_numpy()
    west, south, east, north = shapely.total_bounds(shapes)
    copies = -(-rows // len(shapes))
    side = int(np.ceil(np.sqrt(copies)))
    xy, made = shapely.get_coordinates(shapes), []
    for copy in range(copies):
        across, up = copy % side - side / 2, copy // side - side / 2
        corner = (114.35 + across * (east - west) - west, 22.7 + up * (north - south) - south)
        made.append(shapely.set_coordinates(shapes.copy(), xy + corner))
    return gpd.GeoSeries(np.concatenate(made)[:rows], crs="EPSG:4490")


def drawn_over(parcels: gpd.GeoSeries, rng: np.random.Generator) -> gpd.GeoSeries:
    """Return parcels of which some are drawn too large, twice, or inside another."""
    shapes = parcels.to_numpy().copy()
    chosen = rng.choice(len(shapes) - 1, int(len(shapes) * SPOILT), replace=False)
    large, twice, inside = np.array_split(chosen, [len(chosen) // 2, 3 * len(chosen) // 4])
    shapes[large] = _scaled(shapes[large], 1.05)
    shapes[twice] = shapes[twice + 1]
    shapes[inside] = _scaled(shapes[inside + 1], 0.3)
    return gpd.GeoSeries(shapes, index=parcels.index, crs=parcels.crs)


def _scaled(shapes: Any, factor: float) -> Any:
    """Return shapes scaled about their middles."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    middle = shapely.get_coordinates(shapely.centroid(shapes))[owner]
    return shapely.set_coordinates(shapes.copy(), middle + factor * (coordinates - middle))


def write(
    parcels: gpd.GeoDataFrame,
    folder: Path,
    *,
    zones: int = ZONES,
    form: Literal["geojson", "parquet"] = "geojson",
) -> None:
    """Write a catalogue of parcels within a district and zones."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in DEMO.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        kept = text if file.name == "sources.csv" else text.splitlines(keepends=True)[0]
        (folder / file.name).write_text(kept, encoding="utf-8")
    package = json.loads((DEMO / "datapackage.json").read_text(encoding="utf-8"))
    package.pop("headline", None)
    for resource in package["resources"]:
        if resource["name"] == "parcels":
            resource["path"] = f"parcels.{form}"
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    with (DEMO / "sources.csv").open(encoding="utf-8") as sources:
        source = next(DictReader(sources))["source_id"]
    dated = {"valid_from": None, "valid_to": None, "source_id": source}
    outline = gpd.GeoSeries(parcels.geometry)
    tiles: list[tuple[str, str, str | None, Any]] = [
        ("district", "district", None, cadastre.district(outline).iloc[0])
    ]
    for number, shape in enumerate(cadastre.zones(outline, zones, seed=6)):
        tiles.append((f"zone-{number}", "density_zone", "district", shape))
    rows = [
        {"zone_id": key, "name_en": key, "name_zh": key, "kind": kind, "parent": parent,
         "part_of": None, "geometry_status": "published", **dated, "geometry": shape}
        for key, kind, parent, shape in tiles
    ]  # fmt: skip
    own = {"parcel_kind": "parcel", "layer": "surface", "land_use_standard": "mnr-2023",
           "zone_id": None, "geometry_status": "surveyed", **dated}  # fmt: skip
    _features(folder / "zones.geojson", gpd.GeoDataFrame(rows))
    whole = parcels.assign(**own)
    if form == "geojson":
        _features(folder / "parcels.geojson", whole)
    else:
        for name in (name for name, value in own.items() if value is None):
            whole[name] = pd.Series(whole[name], dtype="str")
        whole.to_parquet(folder / "parcels.parquet", index=False)


def _features(file: Path, frame: gpd.GeoDataFrame) -> None:
    shapes = shapely.to_geojson(frame.geometry.to_numpy())
    fields = frame.drop(columns="geometry").astype(object)
    rows = fields.where(fields.notna(), None).to_dict("records")
    lines = [
        f'{{"type":"Feature","properties":{json.dumps(row)},"geometry":{shape}}}'
        for row, shape in zip(rows, shapes, strict=True)
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    file.write_text(text, encoding="utf-8")


def main() -> None:
    """Write one catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=int)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--dirty", action="store_true")
    kind.add_argument("--tiled", type=Path, metavar="FILE", help="Parcels to be copied.")
    given = parser.parse_args()
    noise: Literal["clean", "dirty"] = "dirty" if given.dirty else "clean"
    write(lots(given.rows, noise=noise, of=given.tiled), given.folder, form="parquet")


if __name__ == "__main__":
    main()
