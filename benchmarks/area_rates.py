"""How often the ledger of areas names the planted cause first, and how often one where none is.

Usage: area_rates.py FIRST LAST [--french FILE] [--causes A,B]. Every seed from FIRST to LAST plants
each cause into a synthetic layer, and into parcels of a French cadastre where its file is named.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import area_cases as cases
import area_planter as planter
import geopandas as gpd
import numpy as np
import pandas as pd
from area_causes import CAUSES

from pingshan_geo.catalogue.tolerance import SurveyTolerance
from pingshan_geo.measures.area import measured_area, measured_area_plane
from pingshan_geo.measures.reconcile import reconcile

NONE = ("clean", "random")  # nothing is to be named in these
FOUND = ("first", "tie", "other", "none")


def ledger(planted: planter.Planted) -> pd.DataFrame:
    """Return what the ledger says of a planted register."""
    lots = planted.lots.rename(columns={"basis": "recorded_area_basis"})
    texts = zip(lots["recorded_digits"], lots["recorded_unit"], strict=True)
    half = np.array([
        0.0 if text is None else 0.5 * 10.0 ** -len(text.partition(".")[2]) * cases.M2_PER[unit]
        for text, unit in texts
    ])  # fmt: skip
    lots = lots.assign(
        recorded_area_low_m2=lots["recorded_area_m2"] - half,
        recorded_area_high_m2=lots["recorded_area_m2"] + half,
        measured_area_m2=measured_area(lots.geometry),
        measured_area_plane_m2=measured_area_plane(lots.geometry),
    )
    return reconcile(
        lots,
        # Of a position, where the planter's is of one coordinate.
        tolerance=SurveyTolerance(planted.position_accuracy_m * 2**0.5),
        totals=planted.zones["recorded_area_m2"],
        earlier=planted.earlier if len(planted.earlier) else None,
    )


def outcome(told: pd.DataFrame, planted: planter.Planted) -> Iterator[str]:
    """Yield for each subject whether its cause is first, a tie, or another or none is named.

    A tie: the planted cause is told beside the first, or the first gives the same number.
    """
    for subject in planted.subjects:
        first, ties = told.at[subject, "area_cause"], told.at[subject, "area_cause_ties"]
        if first == planted.cause:
            yield "first"
        elif first is None:
            yield "none"
        else:
            same = planted.cause in str(ties).split(";") or first in planted.ties[subject]
            yield "tie" if same else "other"


def measure(layers: Iterator[gpd.GeoDataFrame], cause: str, seeds: range) -> Counter[str]:
    """Return counts of outcomes by subject, and as share of each layer."""
    counts: Counter[str] = Counter()
    for seed, lots in zip(seeds, layers, strict=True):
        try:
            planted = planter.plant(lots, cause, seed)
        except cases.UnfitError:
            counts["unfit"] += 1
            continue
        told = ledger(planted)
        if cause in NONE:
            rows = told.loc[list(planted.subjects)] if planted.subjects else told
            named = rows["area_cause"].notna()
            # In a register that computes in the plane, that is the true cause.
            flat = (rows["area_cause"] == "plane-for-ellipsoid") & (planted.register == "plane")
            counts["named"] += int((named & ~flat).sum())
            counts["disagrees"] += int((rows["area_verdict"] == "disagrees").sum())
            counts["rows"] += len(rows)
            continue
        found = Counter(outcome(told, planted))
        counts.update(found)
        counts["rows"] += len(planted.subjects)
        counts["layers"] += 1
        if found["first"] + found["tie"] >= 0.95 * len(planted.subjects):
            counts["layers right"] += 1
    return counts


def main() -> None:
    """Print a table of causes and one of false alarms, for each kind of layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--french", type=Path)
    parser.add_argument("--causes", default=",".join(CAUSES))
    asked = parser.parse_args()
    seeds = range(asked.first, asked.last + 1)
    for path in dict.fromkeys((None, asked.french)):
        print(f"\n{'synthetic' if path is None else 'French'} layers, seeds {seeds}\n")  # noqa: T201
        print("| cause | layers | right | lots | first | tie | other | none |")  # noqa: T201
        print("|---|--:|--:|--:|--:|--:|--:|--:|")  # noqa: T201
        alarms = []
        for cause in asked.causes.split(","):
            layers = (cases.layer(seed) if path is None else cases.french(path, seed)
                      for seed in seeds)  # fmt: skip
            counts = measure(layers, cause, seeds)
            rows = max(counts["rows"], 1)
            if cause in NONE:
                alarms.append(f"| {cause} | {rows} | {counts['disagrees'] / rows:.2%} "
                              f"| {counts['named'] / rows:.2%} |")  # fmt: skip
                continue
            right = counts["layers right"] / max(counts["layers"], 1)
            cells = " | ".join(f"{counts[each] / rows:.1%}" for each in FOUND)
            line = f"| {cause} | {counts['layers']} | {right:.1%} | {rows} | {cells} |"
            print(line, flush=True)  # noqa: T201
        print("\n| false alarms | lots | disagrees | a cause is named |")  # noqa: T201
        print("|---|--:|--:|--:|", *alarms, sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
