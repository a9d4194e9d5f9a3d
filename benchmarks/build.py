"""Whole builds, their measures, and attributes alone beside plain scripts. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import build_tables
import bulk
import geopandas as gpd
import growth
import numpy as np
import pandas as pd
from build_answers import check_files, check_tables, check_written, own_answer, tables_answer
from harness import Took, fresh, head, in_turn, show, tell, timed

from pingshan_geo import load_catalogue
from pingshan_geo.assessment import assess
from pingshan_geo.audit.bundle import MOST_LOTS
from pingshan_geo.measures.limits import put_limits
from pingshan_geo.measures.lots import lot_table
from pingshan_geo.measures.membership import membership
from pingshan_geo.measures.pairs import about, pair_table, zoning
from pingshan_geo.measures.readings import known_by, readings
from pingshan_geo.measures.rollup import put_zone_totals, zone_part
from pingshan_geo.measures.wide import Wide
from pingshan_geo.work import in_processes

_HERE = Path(__file__).parent
#: What each peer is asked for: the script and how much it writes.
PEERS = {
    "geopandas": ("geopandas",),
    "geopandas, values": ("geopandas", "--values"),
    "DuckDB": ("duckdb",),
    "DuckDB, values": ("duckdb", "--values"),
}
WORKS = ("build", "measures", "attributes")
COLUMNS = ("seconds", "cpu", "ratio", "of_cpu", "mb")
PATIENCE_S = 120.0  # what takes longer than this is done once


def build_command(catalogue: Path, out: Path) -> list[str]:
    """Return the words of the package's own build."""
    words = ["--catalogue", str(catalogue), "build", "--no-page", "-o", str(out)]
    return [sys.executable, "-m", "pingshan_geo", *words]


def built(way: str, catalogue: Path, folder: Path, peers: str) -> Took:
    """Return what one whole build took, from the start of its process to its end."""
    out = folder / way
    for file in out.glob("*"):
        file.unlink()
    command = build_command(catalogue, out)
    if way in PEERS:
        script, *words = PEERS[way]
        command = [peers, str(_HERE / "build_peers.py"), script, str(catalogue), str(out), *words]
    took = fresh(command)
    written = [file for file in out.glob("*") if file.is_file()]
    columns, told = check_files(out), sum(file.stat().st_size for file in written) / 1e6
    return took | {"columns": columns, "file": told}


def measured(way: str, catalogue: Path, folder: Path, peers: str) -> Took:
    """Return what reading a catalogue and its measures took, without writing."""
    out = str(folder / way)
    command = [sys.executable, __file__, "--way", "measures", str(catalogue), out]
    if way in PEERS:
        script, *words = PEERS[way]
        command = [peers, str(_HERE / "build_peers.py"), script, str(catalogue), out, *words]
        command.append("--no-files")
    return fresh(command)


def attributed(way: str, catalogue: Path, folder: Path) -> Took:
    """Return what attributes alone took, from tables in memory."""
    return fresh([sys.executable, __file__, "--way", way, str(catalogue), str(folder / way)])


def own_measures(catalogue: Path, out: Path) -> None:
    """Read and assess a catalogue; keep the answer, and say what it took."""
    assessment, took = timed(lambda: assess(load_catalogue(catalogue, in_processes)))
    own_answer(assessment, out)
    tell(took)


def own_attributes(catalogue: Path, out: Path) -> None:
    """Assess a catalogue that has been read and has no outlines."""
    read = load_catalogue(catalogue, in_processes)
    assessment, took = timed(lambda: assess(read))
    own_answer(assessment, out)
    tell(took)


def own_functions(catalogue: Path, out: Path) -> None:
    """Do with the functions of the measures what the script in pandas does, without findings."""
    read = load_catalogue(catalogue)
    zones, limits, dates = read.zones, read.limits, read.sources["date"]

    def work() -> tuple[Wide, Wide]:
        begins = known_by(read.parcels, "valid_from", dates, read.as_of)
        rows, facts = read.parcels[begins], readings(read.facts, read.as_of)
        lots, totals = lot_table(rows, "parcels", facts), Wide(zones)
        zoned = zoning(zones, about(zones, []))
        nothing = pair_table(rows, zones.index, zoned, np.full(len(rows), np.nan))
        within = membership(zones, rows["zone_id"], nothing)
        put_limits(lots, limits, zones, within)
        part = zone_part(lots.table(), within, within, nothing, len(zones))
        empty = within.iloc[:0]
        put_zone_totals(totals, part, {"projects": empty, "auctions": empty})
        return lots, totals

    (lots, totals), took = timed(work)
    tables_answer({"parcels": lots.table(), "zones": totals.table()}, out)
    tell(took)


def plain_attributes(catalogue: Path, out: Path) -> None:
    """Do the same in pandas, from tables in memory."""
    lots = pd.read_parquet(catalogue / "parcels.parquet").drop(columns="geometry")
    texts = {"land_use": str, "zone_id": str, "limit_id": str, "printed": str}
    limits, facts = (
        pd.read_csv(catalogue / f"{name}.csv", dtype=texts) for name in ("limits", "facts")
    )
    features = json.loads((catalogue / "zones.geojson").read_text(encoding="utf-8"))["features"]
    zones = pd.DataFrame([feature["properties"] for feature in features])

    def work() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        table = build_tables.attributes(lots, full=True, limits=limits, facts=facts)
        place = pd.Index(zones["zone_id"])
        zone = place.get_indexer(lots["zone_id"])
        above = place.get_indexer(zones["parent"])[zone]
        rows = np.tile(np.arange(len(lots)), 2)
        inside = pd.DataFrame({"row": rows, "zone": np.concatenate([zone, above])})
        totals = build_tables.zone_totals(table, inside, len(zones), full=True)
        return table, zones.join(totals), build_tables.told(table)

    made, took = timed(work)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in zip(("parcels", "zones", "told"), made, strict=True):
        table.to_parquet(out / f"{name}.parquet", index=False)
    tell(took)


def attribute_catalogue(folder: Path, rows: int) -> None:
    """Write parcels without outlines, with limits of zones and floors that documents print.

    Every second parcel has no limit of its own; one in ten has its floor printed in 10 000 m².
    """
    lots = bulk.lots(rows)
    bulk.write(lots, folder, form="parquet")
    zones = json.loads((folder / "zones.geojson").read_text(encoding="utf-8"))
    for feature in zones["features"]:
        feature["geometry"], feature["properties"]["geometry_status"] = None, "none"
    (folder / "zones.geojson").write_text(json.dumps(zones), encoding="utf-8")
    table = gpd.read_parquet(folder / "parcels.parquet")
    number = np.arange(rows)
    table["far_limit"] = table["far_limit"].where(number % 2 == 0)
    table["zone_id"] = [f"zone-{at * bulk.ZONES // rows}" for at in number]
    table["geometry_status"] = "none"
    table["geometry"] = gpd.GeoSeries([None] * rows, crs=table.crs)
    table.to_parquet(folder / "parcels.parquet", index=False)
    source = table["source_id"].iloc[0]
    told = table[(number % 10 == 0) & table["gross_floor_area_m2"].notna().to_numpy()]
    keys = [f"fact-{at}" for at in range(len(told))]
    digits = [f"{floor / 1e4:.3f}" for floor in told["gross_floor_area_m2"]]
    facts = {"fact_id": keys, "subject": told["parcel_id"], "measure": "gross_floor_area",
             "value": digits, "unit": "10k_m2", "qualifier": "printed",
             "printed": [f"{each} 万m²" for each in digits],
             "as_of": "2024-12-31", "floor_basis": "gross", "source_id": source,
             "locator": "made"}  # fmt: skip
    rng = np.random.default_rng(bulk.SEED)
    limits = [
        {"limit_id": f"limit-{zone}-{use or 'any'}", "zone_id": f"zone-{zone}", "land_use": use,
         "land_use_standard": "mnr-2023" if use else None,
         "far_maximum": round(rng.uniform(0.5, 6), 1), "source_id": source, "locator": "made"}
        for zone in range(bulk.ZONES)
        for use in (None, *bulk.USES[:3])
    ]  # fmt: skip
    for name, rows_of in (("facts", pd.DataFrame(facts)), ("limits", pd.DataFrame(limits))):
        columns = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        rows_of.reindex(columns=columns).to_csv(folder / f"{name}.csv", index=False)


def compare(work: str, rows: int, runs: int, without: list[str], peers: str) -> None:
    """Print the lines of one work and number of rows; end where answers are not equal."""
    with tempfile.TemporaryDirectory() as name:
        folder, catalogue = Path(name), Path(name) / "catalogue"
        one: Any
        check: Any
        if work == "attributes":
            attribute_catalogue(catalogue, rows)
            ways = ["assess", "functions", "pandas"]
            one = partial(attributed, catalogue=catalogue, folder=folder)
            check = partial(_check_all, work, folder, ways)
        else:
            bulk.write(bulk.lots(rows), catalogue, form="parquet")
            others = [way for way in PEERS if way not in without]
            ways = ["pingshan-geo" if work == "build" else "load + assess", *others]
            do = built if work == "build" else measured
            one = partial(do, catalogue=catalogue, folder=folder, peers=peers)
            check = partial(_check_all, work, folder, ways)
        taken = in_turn(ways, runs, one, check=check, patience_s=PATIENCE_S)
        columns = (*COLUMNS, "columns", "file") if work == "build" else (*COLUMNS, "loaded")
        head(("parcels", "work", "way"), columns)
        show((f"{rows:,}", work), taken, columns)
        sys.stdout.write("\n")


def _check_all(work: str, folder: Path, ways: list[str]) -> None:
    check = check_written if work == "build" else check_tables
    for way in ways[1:]:
        check(folder / ways[0], folder / way)


def _grown(work: str, catalogue: Path) -> list[str]:
    return [sys.executable, __file__, "--way", work, str(catalogue), str(catalogue.parent)]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--works", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--without", nargs="+", default=[], help="Peers to leave out.")
    parser.add_argument("--peers", default=os.path.expanduser("~/peers/bin/python"))
    parser.add_argument("--growth", type=int, nargs="+", metavar="ROWS")
    parser.add_argument("--keep", type=Path, help="With --growth: its numbers, for growth.py.")
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        way, *places = asked.way
        do = {
            "measures": own_measures,
            "assess": own_attributes,
            "functions": own_functions,
            "pandas": plain_attributes,
        }
        do.get(way, partial(growth.once, way))(*map(Path, places))
        return
    if asked.growth:
        found = growth.grow(asked.growth, asked.runs, _grown, build_command, MOST_LOTS)
        if asked.keep:
            asked.keep.write_text(json.dumps(found), encoding="utf-8")
        return
    for work in asked.works:
        for rows in asked.rows:
            if work == "build" and rows <= MOST_LOTS:
                sys.stdout.write(
                    f"build of {rows:,}: no equal work, its reports hold every figure up to "
                    f"{MOST_LOTS:,} parcels\n\n"
                )
                continue
            compare(work, rows, asked.runs, asked.without, asked.peers)


if __name__ == "__main__":
    main()
