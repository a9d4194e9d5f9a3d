"""Import of a cadastre beside plain reading: seconds, ratios, memory. See README.md."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely

FORMATS = {"GeoPackage": "lots.gpkg", "Shapefile": "lots.shp", "GeoParquet": "lots.parquet"}
# Where the time of an import goes: the functions that are timed, as their callers name them.
STAGES = {
    "read": ("ingest.plan.open_delivery",),
    "to lonlat": ("ingest.plan.to_lonlat",),
    "columns": ("ingest.plan.propose", "ingest.rows.converted"),
    "merge": ("ingest.rows.Rows.identify", "ingest.rows.Rows.accepted", "ingest.rows.Rows.put"),
    "write": ("catalogue.draft.Draft.contents", "ingest.run.commit"),
    "guard": ("ingest.plan.locate",),
    "shapes": ("ingest.rows.settle", "ingest.plan.measured_area"),
    "check": ("catalogue.draft.Draft.problems",),
}
Clock = Callable[[], float]
CELL_M, CORNER = 30.0, (532_000.0, 2_508_000.0)  # east, north in EPSG:4547: Pingshan
LAND_USES = np.array(["M1", "M0", "R2", "C1", "GIC", "G1", "U1", "U9"])


def cadastre(rows: int) -> gpd.GeoDataFrame:
    """Return contiguous parcels of eight corners in EPSG:4547, to the millimetre; always the same.

    Corners of a grid and the middles of its edges are moved at random by up to a quarter of an
    edge; neighbours share them.
    """
    width = int(np.sqrt(rows))
    while rows % width:
        width -= 1
    height = rows // width
    rng = np.random.default_rng(440310)
    # Points of a grid twice as fine; those with two odd numbers are centres and stay unused.
    east, north = np.meshgrid(np.arange(2 * width + 1), np.arange(2 * height + 1))
    points = np.stack([east, north], axis=-1) * CELL_M / 2 + CORNER
    points = np.round(points + rng.uniform(-CELL_M / 8, CELL_M / 8, points.shape), 3)
    x, y = (2 * each.ravel() for each in np.meshgrid(np.arange(width), np.arange(height)))
    around = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    rings = np.stack([points[y + b, x + a] for a, b in around], axis=1)
    number = np.arange(rows)
    return gpd.GeoDataFrame(
        {
            "parcel_id": [f"G{13_000 + each // 1000}-{each % 1000:04}" for each in number],
            "name_zh": [f"坪山第{each}号宗地" for each in number],
            "land_use": LAND_USES[rng.integers(0, len(LAND_USES), rows)],
            "far_limit": np.round(rng.uniform(0.5, 6, rows), 1),
        },
        geometry=shapely.polygons(rings),
        crs="EPSG:4547",
    )


def prepare(folder: Path, rows: int, formats: Sequence[str]) -> None:
    """Write the cadastre in some formats, and a new catalogue of the district it lies in."""
    lots = cadastre(rows)
    for file in (FORMATS[form] for form in formats):
        if file.endswith(".parquet"):
            lots.to_parquet(folder / file)
        else:
            lots.to_file(folder / file, encoding="UTF-8")
    box = shapely.box(*lots.total_bounds).buffer(100)
    outline = gpd.GeoDataFrame({"name": ["Bench"]}, geometry=[box], crs=lots.crs)
    outline.to_crs("EPSG:4490").to_file(folder / "outline.geojson")
    from pingshan_geo.cli import main

    status = main(["init", str(folder / "empty"), "--boundary", str(folder / "outline.geojson")])
    if status:
        sys.exit(status)


def cpu() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def plain(path: Path, clock: Clock) -> dict[str, float]:
    """Return the seconds of geopandas for reading a file, and into longitude and latitude."""
    read = gpd.read_parquet if path.suffix == ".parquet" else gpd.read_file
    start = clock()
    lots = read(path)
    middle = clock()
    lots.to_crs("EPSG:4490")
    return {"total": middle - start, "to_crs": clock() - middle}


def least(path: Path, clock: Clock) -> dict[str, float]:
    """Return the seconds of what no import can leave out: read, transform, write.

    Nothing is looked at. Every outline is taken for a ring of nine points, so that coordinates are
    one array in WKB.
    """
    out = path.with_name("least.parquet")
    start = clock()
    table = pq.read_table(path) if path.suffix == ".parquet" else pyogrio.read_arrow(path)[1]
    names = ("geometry", "geom", "wkb_geometry")
    name = next(each for each in names if each in table.column_names)
    outlines = pa.chunked_array(table[name]).cast(pa.binary()).combine_chunks()
    size = len(outlines[0].as_py())
    bytes_ = np.frombuffer(outlines.buffers()[2], np.uint8)[: size * len(table)]
    wkb = bytes_.reshape(len(table), size).copy()
    points = np.ascontiguousarray(wkb[:, -144:]).view("<f8").reshape(-1, 2)
    to = pyproj.Transformer.from_crs("EPSG:4547", "EPSG:4490", always_xy=True)
    moved = np.column_stack(to.transform(points[:, 0], points[:, 1]))
    wkb[:, -144:] = moved.view(np.uint8).reshape(len(table), 144)
    written = pa.Array.from_buffers(
        pa.binary(), len(table), [None, outlines.buffers()[1], pa.py_buffer(wkb)]
    )
    place = table.column_names.index(name)
    pq.write_table(table.set_column(place, name, written), out)
    taken = clock() - start
    back = shapely.from_wkb(pq.read_table(out)[name].to_numpy())
    if not shapely.is_valid(back).all() or not 113 < back[0].bounds[0] < 116:
        sys.exit("least: not the cadastre")
    return {"total": taken}


def imported(path: Path, clock: Clock) -> dict[str, float]:
    """Return the seconds of `pingshan-geo import`, whole and by stage."""
    from pingshan_geo.cli import main

    seconds: dict[str, float] = defaultdict(float)
    for stage, names in STAGES.items():
        for name in names:
            _timed(name, stage, seconds, clock)
    catalogue = path.with_name("catalogue")
    shutil.copytree(path.with_name("empty"), catalogue)
    words = ["import", str(path), "--as", "parcels", "--geometry-status", "surveyed", "--yes"]
    start = clock()
    status = main(["--catalogue", str(catalogue), *words])
    seconds["total"] = clock() - start
    shutil.rmtree(catalogue)
    if status:
        sys.exit(status)
    return seconds


def _timed(name: str, stage: str, seconds: dict[str, float], clock: Clock) -> None:
    where, _, last = f"pingshan_geo.{name}".rpartition(".")
    try:
        owner = importlib.import_module(where)
    except ModuleNotFoundError:  # a method: its class in its module
        module, _, cls = where.rpartition(".")
        owner = getattr(importlib.import_module(module), cls)
    inner = getattr(owner, last)

    def timed(*args: object, **options: object) -> object:
        start = clock()
        try:
            return inner(*args, **options)
        finally:
            seconds[stage] += clock() - start

    setattr(owner, last, timed)


def measured(way: str, path: Path, clock: str) -> dict[str, float]:
    """Return what one fresh process says of its work."""
    command = [sys.executable, __file__, "--way", way, "--clock", clock, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{way} {path.name}: {done.stderr}")
    taken: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return taken


def once(way: str, path: Path, clock: str) -> None:
    """Do the work of one fresh process and say what it took."""
    importlib.import_module("pingshan_geo.ingest")  # imports of modules are not counted
    seconds = WAYS[way](path, CLOCKS[clock])
    usage = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    sys.stdout.write("\n" + json.dumps({**seconds, "mb": max(usage) / 1024}) + "\n")


WAYS = {"plain": plain, "least": least, "import": imported}
CLOCKS = {"wall": time.perf_counter, "cpu": cpu}


def compare(rows: int, runs: int, formats: Sequence[str], clock: str) -> None:
    """Print one line a format: medians of alternating runs."""
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with redirect_stdout(io.StringIO()):
            prepare(folder, rows, formats)
        say(f"{'':12}{'geopandas':>33}{'pingshan-geo import, of which':>55}\n")
        heading = ["read", "to_crs", "MB", "least", "whole", "MB", *STAGES, "other", "whole:read"]
        say(f"{'seconds':12}" + "".join(f"{each:>11}" for each in heading) + "\n")
        for form in formats:
            file = FORMATS[form]
            taken: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
            for _ in range(runs):
                for way, results in taken.items():
                    results.append(measured(way, folder / file, clock))
            base, floor, own = (
                {key: median(each.get(key, 0.0) for each in results) for key in results[0]}
                for results in taken.values()
            )
            stages = [own.get(stage, 0.0) for stage in STAGES]
            cells = [
                f"{base['total']:.2f}", f"{base['to_crs']:.2f}", f"{base['mb']:.0f}",
                f"{floor['total']:.2f}",
                f"{own['total']:.2f}", f"{own['mb']:.0f}", *(f"{each:.2f}" for each in stages),
                f"{own['total'] - sum(stages):.2f}", f"{own['total'] / base['total']:.1f}",
            ]  # fmt: skip
            say(f"{form:12}" + "".join(f"{each:>11}" for each in cells) + "\n")
            say(f"{'':12}least:read {floor['total'] / base['total']:.1f}\n")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), default=list(FORMATS))
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("path", nargs="?", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        once(asked.way, asked.path, asked.clock)
    else:
        compare(asked.rows, asked.runs, asked.formats, asked.clock)


if __name__ == "__main__":
    main()
