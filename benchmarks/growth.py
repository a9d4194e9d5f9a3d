"""How time and memory grow with the number of parcels: a table, and a plot of it.

python benchmarks/growth.py RESULTS.json PLOT.svg    (needs matplotlib; RESULTS from build.py)
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bulk
import geopandas as gpd
import pandas as pd
from harness import Took, fresh, medians, tell, timed

WORKS = ("area", "overlay", "overlaps", "assess", "build")
#: Above this number of parcels only area and overlay are measured.
MOST = 2_000_000
_CRS = "EPSG:4490"


def once(work: str, catalogue: Path, _: Path) -> None:
    """Do one work on a catalogue in this process, and say what it took."""
    from pingshan_geo import load_catalogue
    from pingshan_geo.assessment import assess
    from pingshan_geo.measures.area import measured_area
    from pingshan_geo.measures.overlay import overlay
    from pingshan_geo.measures.topology import topology

    if work == "assess":
        read = load_catalogue(catalogue)
        tell(timed(lambda: assess(read))[1])
        return
    file = catalogue / "parcels.parquet"
    lots = gpd.read_parquet(file, columns=["parcel_id", "geometry"]).set_index("parcel_id").geometry
    zones = gpd.read_file(catalogue / "zones.geojson", use_arrow=True).set_index("zone_id")
    zones = zones.set_crs(_CRS, allow_override=True)
    does: dict[str, Callable[[], Any]] = {
        "area": lambda: measured_area(lots),
        "overlay": lambda: overlay(lots, zones.geometry, zones["kind"]),
        "overlaps": lambda: topology(lots, pd.Series(None, index=lots.index, dtype=object)),
    }
    tell(timed(does[work])[1])


def grow(
    sizes: list[int],
    runs: int,
    once_command: Callable[[str, Path], list[str]],
    build_command: Callable[[Path, Path], list[str]],
    equal_build_above: int,
) -> dict[str, dict[int, Took]]:
    """Return and print what each work takes at each size, with the exponent since the size before.

    Parameters
    ----------
    sizes : list of int
        Numbers of parcels, rising.
    runs : int
        How often each is measured; medians count.
    once_command, build_command : callable
        The words of a work by its name and of a whole build, on a catalogue.
    equal_build_above : int
        A build of no more parcels than this writes other reports: no exponent goes out from it.
    """
    found: dict[str, dict[int, Took]] = {work: {} for work in WORKS}
    names = ("seconds", "CPU", "peak MB", "exponent: seconds", "CPU", "MB")
    sys.stdout.write(f"| work | parcels | {' | '.join(names)} |\n|---|--:|{'--:|' * len(names)}\n")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            catalogue = Path(name) / "catalogue"
            bulk.write(bulk.lots(size), catalogue, form="parquet")
            for work in WORKS if size <= MOST else WORKS[:2]:
                command = once_command(work, catalogue)
                if work == "build":
                    command = build_command(catalogue, Path(name) / "out")
                found[work][size] = medians([fresh(command) for _ in range(runs)])
                _show(work, size, found[work], equal_build_above)
    return found


def _show(work: str, size: int, took: dict[int, Took], equal_build_above: int) -> None:
    """Write one line: the numbers, and the slopes of their logarithms since the size before."""
    now, cells = took[size], ["–"] * 3
    before = [each for each in took if each < size]
    if before and (work != "build" or before[-1] > equal_build_above):
        last = took[before[-1]]
        cells = [
            f"{math.log(now[name] / last[name]) / math.log(size / before[-1]):.2f}"
            for name in ("seconds", "cpu", "mb")
        ]
    numbers = [f"{now['seconds']:.2f}", f"{now['cpu']:.2f}", f"{now['mb']:.0f}"]
    sys.stdout.write(f"| {work} | {size:,} | {' | '.join([*numbers, *cells])} |\n")
    sys.stdout.flush()


def plot(found: dict[str, dict[str, Took]], file: Path) -> None:
    """Write seconds and memory over the number of parcels, both logarithmic, as SVG."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    pyplot.rcParams["svg.hashsalt"] = "growth"  # the same numbers give the same file
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axis, name, title in zip(axes, ("seconds", "mb"), ("seconds", "peak MB"), strict=True):
        for work, took in found.items():
            sizes = [int(size) for size in took]
            axis.loglog(sizes, [each[name] for each in took.values()], marker="o", label=work)
        axis.set(xlabel="parcels", ylabel=title)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    plot(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
