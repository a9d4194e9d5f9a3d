"""Area, overlay and overlaps beside geopandas and DuckDB: ratios and memory. See README.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from bulk import SEED, ZONES, drawn_over
from cadastre import cadastre, zones
from harness import Took, fresh, head, in_turn, show, tell, timed
from measures_peers import LEAST_M2, WORKS, Answer

#: Pairs of a work count above this area; areas are equal to this relative difference.
LEAST = defaultdict(float, {"overlay": 1.0} | dict.fromkeys(list(WORKS)[2:], LEAST_M2))
EQUAL = 1e-6
COLUMNS = ("seconds", "cpu", "ratio", "mb", "loaded")
PATIENCE_S = 60.0  # what takes longer than this is done once


def prepare(folder: Path, rows: int) -> None:
    """Write parcels and zones in degrees and in metres of one equal-area plane about them."""
    rng = np.random.default_rng(SEED)
    layers = {
        noise: drawn_over(cadastre(rows, SEED, noise=noise), rng) for noise in ("clean", "dirty")
    }
    layers["zones"] = zones(layers["clean"], ZONES, SEED)
    west, south, east, north = layers["clean"].total_bounds
    middle = f"+lon_0={(west + east) / 2} +lat_0={(south + north) / 2}"
    metres = pyproj.CRS.from_proj4(f"+proj=laea {middle} +ellps=GRS80 +units=m")
    for name, layer in layers.items():
        columns = {"id": layer.index.astype(str), "position": np.arange(len(layer))}
        frame = gpd.GeoDataFrame(columns, geometry=layer.to_numpy(), crs=layer.crs)
        frame.to_parquet(folder / f"{name}-lonlat.parquet")
        frame.to_crs(metres).to_parquet(folder / f"{name}-plane.parquet")


def once(work: str, name: str, folder: Path) -> None:
    """Do one work in one way, keep the answer, and say what it took."""
    noise, ways = WORKS[work]
    way = ways[name]
    data = way.load(folder, noise)
    result, took = timed(lambda: way.work(data))
    np.savez(folder / f"{work}-{name}.npz", *way.answer(result, data))
    tell(took)


def answers(work: str, name: str, folder: Path) -> Answer:
    """Return the answer that a way has kept."""
    with np.load(folder / f"{work}-{name}.npz") as kept:
        first, second, area = kept.values()
    return first, second, area


def unequal(work: str, own: Answer, other: Answer) -> str:
    """Return what differs between two answers; empty where they are equal.

    A pair within `EQUAL` of the least area may be in one answer only.
    """
    one, two = (
        pd.DataFrame({"area": area}, index=pd.MultiIndex.from_arrays([first, second]))
        for first, second, area in (own, other)
    )
    if not (one.index.is_unique and two.index.is_unique):
        return "a pair stands twice"
    both = one.merge(
        two, how="outer", left_index=True, right_index=True, suffixes=("", "_other")
    ).fillna(0.0)
    both = both[both.max(axis=1) > LEAST[work] * (1 + EQUAL)]
    alone = {"ours": both["area_other"] == 0, "theirs": both["area"] == 0}
    for whose, rows in alone.items():
        if rows.any():
            return f"{rows.sum()} pairs are {whose} alone, such as {both[rows].index[0]}"
    worst = float((both["area_other"] / both["area"] - 1).abs().max())
    return f"an area differs by {worst:.1e}" if worst > EQUAL else ""


def compare(rows: int, runs: int, works: list[str], without: Collection[str]) -> None:
    """Print the lines of one number of rows; end where answers are not equal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, rows)
        for work in works:
            ways = [way for way in WORKS[work][1] if way not in without]

            def one(way: str, work: str = work) -> Took:
                return fresh([sys.executable, __file__, "--way", work, way, str(folder)])

            taken = in_turn(
                ways, runs, one, patience_s=PATIENCE_S, check=partial(check, work, ways, folder)
            )
            show((f"{rows:,}", work), taken, COLUMNS)


def check(work: str, ways: list[str], folder: Path) -> None:
    """End with a message where a way's answer is not that of the package."""
    own = answers(work, ways[0], folder)
    for way in ways[1:]:
        difference = unequal(work, own, answers(work, way, folder))
        if difference:
            sys.exit(f"{work}, {way}: {difference}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--works", nargs="+", choices=list(WORKS), default=list(WORKS))
    parser.add_argument("--without", nargs="+", default=[], help="Ways to leave out.")
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        work, name, folder = asked.way
        once(work, name, Path(folder))
        return
    # PostGIS wants a server: POSTGIS_URL names an empty database of it.
    without = [*asked.without, *(() if "POSTGIS_URL" in os.environ else ("PostGIS",))]
    head(("parcels", "work", "way"), COLUMNS)
    for rows in asked.rows:
        compare(rows, asked.runs, asked.works, without)


if __name__ == "__main__":
    main()
