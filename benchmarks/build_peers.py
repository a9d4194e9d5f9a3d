"""The work of `build --no-page` as a plain geopandas script and in DuckDB spatial.

python benchmarks/build_peers.py geopandas|duckdb CATALOGUE FOLDER [--values] [--no-files]

Both read parcels and zones of a catalogue of `bulk.py` and write the same products: a table of the
parcels as GeoJSON, GeoPackage and Parquet, the pieces of parcels in zones, the pairs of parcels
that overlap, and the zones with their totals. With ``--values`` the table has values alone, without
bounds, status and qualifier. With ``--no-files`` the layers for GIS are left out; the answers are
kept, but not within what is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import build_duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from build_tables import attributes, measure, nothing, zone_totals
from harness import tell, timed
from pyproj import CRS

#: Overlaps are counted above this area and mean width: the tolerances of `topology`.
LEAST_M2, LEAST_WIDTH_M = 0.1, 0.05


@dataclass(frozen=True, slots=True)
class Products:
    """What a script makes of a catalogue, before it is written."""

    parcels: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    pieces: pd.DataFrame
    overlaps: pd.DataFrame


def products(folder: Path, *, full: bool) -> Products:
    """Return the measures of a catalogue as a plain geopandas script makes them."""
    parcels = gpd.read_parquet(folder / "parcels.parquet")
    zones = gpd.read_file(folder / "zones.geojson", use_arrow=True)
    zones = zones.set_crs(parcels.crs, allow_override=True)  # RFC 7946 has no other, they are equal
    west, south, east, north = parcels.total_bounds
    middle = f"+lon_0={(west + east) / 2} +lat_0={(south + north) / 2}"
    metres = CRS.from_proj4(f"+proj=laea {middle} +ellps=GRS80 +units=m")
    flat = gpd.GeoDataFrame(geometry=parcels.geometry.to_crs(metres))
    flat_zones = zones[["kind", "geometry"]].to_crs(metres)
    geod = parcels.crs.get_geod()
    area = np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in parcels.geometry])
    pieces = _pieces(flat, flat_zones)
    pieces["share_of_zone"] = pieces["area_m2"] / flat_zones.area.to_numpy()[pieces["zone"]]
    table = attributes(parcels.drop(columns="geometry"), full=full)
    known = table["recorded_area_m2"].to_numpy()
    measure(table, "measured_area_m2", (area,) * 3, "measured", full=full)
    measure(table, "area_difference_m2", (known - area,) * 3, "derived", full=full)
    measure(table, "area_ratio", (known / area,) * 3, "derived", full=full)
    if full:
        gauss = parcels.geometry.to_crs("EPSG:4547").area.to_numpy()
        measure(table, "measured_area_plane_m2", (gauss,) * 3, "measured", full=full)
        nothing(table)
    for kind in zones["kind"].unique():
        of_kind = pieces[(pieces["zone_kind"] == kind) & pieces["is_dominant"]]
        main = np.full(len(table), -1)
        main[of_kind["row"]] = of_kind["zone"]
        names = zones["zone_id"].reindex(main).to_numpy(dtype=object)
        table[f"dominant_{kind}"] = pd.Series(names, dtype="str", index=table.index)
    totals = zone_totals(table, pieces[pieces["is_dominant"]], len(zones), full=full)
    pieces["parcel_id"] = parcels["parcel_id"].to_numpy()[pieces["row"]]
    pieces["zone_id"] = zones["zone_id"].to_numpy()[pieces["zone"]]
    geometry = parcels.geometry
    return Products(
        gpd.GeoDataFrame(table, geometry=geometry), zones.join(totals),
        pieces.drop(columns=["row", "zone"]), _overlaps(flat, parcels["parcel_id"].to_numpy()),
    )  # fmt: skip


def _pieces(flat: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how much of each parcel lies in each zone, and where most of it does."""
    joined = gpd.sjoin(flat, zones[["geometry"]])
    row, zone = joined.index.to_numpy(), joined["index_right"].to_numpy()
    cut = shapely.intersection(joined.geometry.to_numpy(), zones.geometry.to_numpy()[zone])
    whole = flat.area.to_numpy()
    pieces = pd.DataFrame({"row": row, "zone": zone, "area_m2": shapely.area(cut)})
    pieces = pieces[pieces["area_m2"] > 0]
    pieces["zone_kind"] = zones["kind"].to_numpy()[pieces["zone"]]
    pieces["share"] = pieces["area_m2"] / whole[pieces["row"]]
    of_kind = pieces.groupby(["row", "zone_kind"])["share"]
    outside = 1 - of_kind.transform("sum")
    most = of_kind.transform("max")
    pieces["is_dominant"] = (pieces["share"] == most) & (most > outside)
    return pieces


def _overlaps(flat: gpd.GeoDataFrame, ids: Any) -> pd.DataFrame:
    """Return pairs of parcels that overlap, once each."""
    joined = gpd.sjoin(flat, flat)
    joined = joined[joined.index < joined["index_right"]]
    shapes, whole = flat.geometry.to_numpy(), flat.area.to_numpy()
    first, second = joined.index.to_numpy(), joined["index_right"].to_numpy()
    cut = shapely.intersection(shapes[first], shapes[second])
    area, length = shapely.area(cut), shapely.length(cut)
    kept = (area > LEAST_M2) & (2 * area > LEAST_WIDTH_M * length)
    first, second, area = first[kept], second[kept], area[kept]
    both = np.maximum(whole[first], whole[second])
    columns = {"parcel_id": ids[first], "other_id": ids[second], "area_m2": area}
    return pd.DataFrame(columns | {"is_duplicate": area > 0.999 * both})


def files(made: Products, out: Path) -> None:
    """Write the layers for GIS and the table."""
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "7"}
    for name, layer in (("parcels", made.parcels), ("zones", made.zones)):
        lonlat = layer.set_crs("EPSG:4326", allow_override=True)  # equal; spares a transformation
        lonlat.to_file(out / f"{name}.geojson", driver="GeoJSON", use_arrow=True, **options)
    made.parcels.to_file(out / "parcels.gpkg", driver="GPKG", use_arrow=True)
    answer(made, out)


def answer(made: Products, out: Path) -> None:
    """Write the tables without outlines."""
    tables = {"parcels": made.parcels, "zones": made.zones}
    for name, layer in tables.items():
        pd.DataFrame(layer.drop(columns="geometry")).to_parquet(
            out / f"{name}.parquet", compression="zstd", index=False
        )
    for name, table in (("pieces", made.pieces), ("overlaps", made.overlaps)):
        table.to_parquet(out / f"{name}.parquet", compression="zstd", index=False)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=["geopandas", "duckdb"])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--values", action="store_true")
    parser.add_argument("--no-files", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    full, out = not given.values, given.folder
    making: Callable[[], Any]
    write: Callable[[Any, Path], None]
    keep: Callable[[Any, Path], None]
    if given.way == "duckdb":
        connection = build_duckdb.opened()
        making = partial(build_duckdb.products, connection, given.catalogue, full=full)
        write, keep = build_duckdb.files, build_duckdb.answer
    else:
        making, write, keep = partial(products, given.catalogue, full=full), files, answer
    if not given.no_files:
        write(making(), out)
        return
    made, took = timed(making)
    keep(made, out)
    tell(took)


if __name__ == "__main__":
    main()
