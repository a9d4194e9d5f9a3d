"""Exports and reports beside pyogrio and pyarrow: ratios and memory. See README.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pyogrio
import shapely
from bulk import lots
from harness import Took, fresh, head, in_turn, show, tell, timed

from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.export import Layer, write
from pingshan_geo.output import write_whole
from pingshan_geo.report.wide import csv_table, parquet_table

Way = Callable[[gpd.GeoDataFrame, Path], Any]
#: Outlines may be this far apart, in degrees: GDAL takes 114.3999995 for 114.4.
EQUAL = 1.5e-6
#: GDAL takes 1.4919999999999618 for 1.492.
PRINTED = 1e-12
COLUMNS = ("seconds", "cpu", "ratio", "of_cpu", "mb", "loaded", "file")


def prepare(folder: Path, rows: int) -> None:
    """Write the rows: id, names, land use and eight numbers, some unknown."""
    data = lots(rows)
    site, floor = data["site_area_m2"], data["gross_floor_area_m2"]
    data["far"] = floor / site
    data["far_margin"] = data["far_limit"] - data["far"]
    data["floor_headroom_m2"] = data["far_limit"] * site - floor
    data["area_ratio"] = data["recorded_area_m2"] / (site * 1.001)
    data["land_use_standard"], data["geometry_status"] = "mnr-2023", "surveyed"
    data["notice"] = pd.Series([None] * rows, dtype="str")
    order = [*data.columns.drop("geometry"), "geometry"]
    data = data[order].set_crs("EPSG:4326", allow_override=True)
    data.to_parquet(folder / "rows.parquet")


def _export(data: gpd.GeoDataFrame, path: Path) -> None:
    rows = Parts.of(data)
    write(Layer("parcels", rows, rows, {}), path)


def _geojson(data: gpd.GeoDataFrame, path: Path) -> None:
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "7"}
    pyogrio.write_dataframe(data, path, driver="GeoJSON", use_arrow=True, **options)


def _gpkg(data: gpd.GeoDataFrame, path: Path) -> None:
    pyogrio.write_dataframe(data, path, driver="GPKG", use_arrow=True)


def _table(data: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(data.drop(columns="geometry"))


#: What is written, by which ways: the package's first.
WORKS: dict[str, dict[str, Way]] = {
    "geojson": {"ours": _export, "pyogrio": _geojson},
    "gpkg": {"ours": _export, "pyogrio": _gpkg},
    "csv": {
        "ours": lambda data, path: write_whole(
            path, csv_table({"parcels": Parts.of(_table(data))})
        ),
        "pyarrow": lambda data, path: pa.csv.write_csv(pa.Table.from_pandas(_table(data)), path),
    },
    "parquet": {
        "ours": lambda data, path: write_whole(
            path, parquet_table({"parcels": Parts.of(_table(data))})
        ),
        "pyarrow": lambda data, path: pq.write_table(
            pa.Table.from_pandas(_table(data)), path, compression="zstd"
        ),
    },
}


def once(work: str, name: str, folder: Path) -> None:
    """Write one file in one way, and say what it took."""
    data = gpd.read_parquet(folder / "rows.parquet")
    path = folder / f"{name}.{work}"
    path.unlink(missing_ok=True)
    _, took = timed(lambda: WORKS[work][name](data, path))
    tell(took | {"file": path.stat().st_size / 1e6})


def unequal(work: str, one: Path, two: Path) -> str:
    """Return what differs between two files when they are read again; empty where nothing does."""
    own, other = _read(work, one), _read(work, two)
    if list(own) != list(other) or len(own) != len(other):
        return "rows or columns differ"
    for name in own.columns.drop("geometry", errors="ignore"):
        if pd.api.types.is_float_dtype(own[name]):
            same = np.allclose(own[name], other[name], rtol=PRINTED, atol=0, equal_nan=True)
        else:
            same = own[name].astype("str").equals(other[name].astype("str"))
        if not same:
            return f"{name} differs"
    if "geometry" not in own:
        return ""
    apart = shapely.hausdorff_distance(own["geometry"].to_numpy(), other["geometry"].to_numpy())
    return "outlines differ" if (apart > EQUAL).any() else ""


def _read(work: str, path: Path) -> pd.DataFrame:
    if work == "csv":
        return pd.DataFrame(pa.csv.read_csv(path).to_pandas())
    if work == "parquet":
        return pd.read_parquet(path)
    options = {"layer": 0} if work == "gpkg" else {}
    return pd.DataFrame(gpd.read_file(path, use_arrow=True, **options))


def compare(rows: int, runs: int, works: list[str]) -> None:
    """Print the lines of one number of rows; end where files are not equal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, rows)
        for work in works:

            def one(way: str, work: str = work) -> Took:
                return fresh([sys.executable, __file__, "--way", work, way, str(folder)])

            def check(work: str = work) -> None:
                files = [folder / f"{way}.{work}" for way in WORKS[work]]
                difference = unequal(work, *files)
                if difference:
                    sys.exit(f"{work}: {difference}")

            show((f"{rows:,}", work), in_turn(WORKS[work], runs, one, check=check), COLUMNS)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--works", nargs="+", choices=list(WORKS), default=list(WORKS))
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        work, name, folder = asked.way
        once(work, name, Path(folder))
        return
    head(("rows", "file", "way"), COLUMNS)
    for rows in asked.rows:
        compare(rows, asked.runs, asked.works)


if __name__ == "__main__":
    main()
