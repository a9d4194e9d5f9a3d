"""How many planted topology errors are found, and how many false alarms: `topology_rates.py SEEDS`.

    python benchmarks/topology_rates.py 9000-9999

prints two tables. A planted error is found where rows of the right rule name the right parcels (or
some of those around a gap) and no others, and their areas add up to what was planted. A false alarm
is a row of another place: one that names no parcel of the planted error. `missing-vertex`, which is
an information, counts as false on clean edges only.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor

import geopandas as gpd
import numpy as np
import shapely
from cadastre import PLANE, cadastre
from topology_planter import CAUSES, Planted, plant

from pingshan_geo.measures.topology import topology

ROWS, CRS = 200, (PLANE, "EPSG:4490")
RULE = {
    "overlap": "must-not-overlap",
    "duplicate": "must-not-have-duplicates",
    "contained": "feature-within-feature",
    "gap": "must-not-have-gaps",
    "unmatched": "missing-vertex",
    "outside": "must-be-covered-by",
    "partly-outside": "must-be-covered-by",
}
CONTROLS = ("other-layer", "enclave", "street-lot-missing", "road-gap")
NOTE = {"outside": "outside", "partly-outside": "partly"}


def is_found(planted: Planted, rows: gpd.GeoDataFrame) -> bool:
    """Return whether rows tell the planted error: rule, ids, note and area."""
    rows = rows[rows["rule"] == RULE[planted.kind]]
    named = _ids(rows)
    if planted.kind == "gap":
        right = [any(ids <= each for each in planted.found) for ids in named]
        ok = sum(right) == 1
    else:
        right = [ids in planted.found for ids in named]
        ok = planted.found <= set(named)
    rows = rows[np.array(right, dtype=bool)]
    if planted.kind in NOTE:
        ok &= rows["note"].eq(NOTE[planted.kind]).all()
    if planted.kind != "unmatched":
        ok &= planted.area_m2[0] <= rows["area_m2"].sum() <= planted.area_m2[1]
    return bool(ok)


def _ids(rows: gpd.GeoDataFrame) -> list[frozenset[str]]:
    named = zip(rows["parcel_id"], rows["other_id"], strict=True)
    return [frozenset(ids) - {None} for ids in named]


def false_alarms(planted: Planted, rows: gpd.GeoDataFrame, noise: str) -> Counter[str]:
    """Return how many rows of each rule name no parcel of the planted error."""
    if noise == "dirty":
        rows = rows[rows["rule"] != "missing-vertex"]
    near = set().union(*planted.found)
    named = zip(rows["rule"], _ids(rows), strict=True)
    return Counter(rule for rule, ids in named if near.isdisjoint(ids))


def judged(seed: int) -> list[tuple[str, str, bool, Counter[str]]]:
    """Return for each cause and noise whether the error of a seed is found, and false alarms."""
    told = []
    for noise in ("clean", "dirty"):
        lots = cadastre(ROWS, seed, noise=noise, crs=CRS[seed % 2])
        for cause in CAUSES:
            try:
                planted = plant(lots, cause, seed)
            except (RuntimeError, shapely.GEOSException):  # no place for it: counted as not planted
                continue
            rows = topology(planted.parcels, planted.layer, district=planted.district)
            ok = is_found(planted, rows) if planted.kind else True
            told.append((cause, noise, ok, false_alarms(planted, rows, noise)))
    return told


def main(words: list[str]) -> None:
    """Print the tables for seeds given as numbers or as FIRST-LAST."""
    seeds: list[int] = []
    for word in words:
        first, _, last = word.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    planted: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    false: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with ProcessPoolExecutor() as pool:
        for seed, told in zip(seeds, pool.map(judged, seeds), strict=True):
            for cause, noise, ok, alarms in told:
                planted[cause, noise] += 1
                found[cause, noise] += ok
                false[cause, noise] += alarms
                if not ok or alarms:
                    _say(f"seed {seed}: {cause}, {noise}: {ok}, {dict(alarms)}")
    for controls, head in ((False, "planted errors"), (True, "controls")):
        _say(f"\n| {head} | edges | planted | found | false alarms |\n|---|---|---|---|---|")
        for (cause, noise), count in planted.items():
            if (cause in CONTROLS) == controls:
                share = "–" if controls else f"{found[cause, noise] / count:.1%}"
                beside = dict(false[cause, noise]) or 0
                _say(f"| {cause} | {noise} | {count} | {share} | {beside} |")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
