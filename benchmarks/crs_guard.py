"""Prints how often the CRS guard finds what the planter has planted, and what that costs.

`python benchmarks/crs_guard.py [SEEDS]` judges each cause on three kinds of layer at places that
were not used while the guard was built, SEEDS times each (5 without it), from seed 9000 on.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import crs_planter as planter  # noqa: E402
from tests.crs_places import places  # noqa: E402

from pingshan_geo.ingest.delivery import Claim  # noqa: E402
from pingshan_geo.ingest.guard import locate  # noqa: E402


def show(line: str) -> None:
    """Write one line of the table."""
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Print one line for each cause, and one for each kind of layer."""
    seeds = range(9000, 9000 + int((sys.argv[1:] or ["5"])[0]))
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    spent = []
    # Hong Kong's system is in use at one place only; there, other seeds must do.
    cases = [(where, cause) for where in places(planter.FINAL)
             for cause in planter.CAUSES]  # fmt: skip
    cases += [(where, "hong-kong-1980") for where in places(("440300",))]
    for where, cause in cases:
        for planted in filter(None, (planter.plant(where, cause, seed) for seed in seeds)):
            claim = Claim(planted.claim, str(planted.origin)) if planted.claim else None
            start = time.perf_counter()
            verdict = locate(planted.geometry, claim, where.outline)
            spent.append(time.perf_counter() - start)
            first, named = verdict.readings[0].cause, {each.cause for each in verdict.open}
            right = planted.truth.met(first, named)
            if planted.truth.cause == "as-claimed":
                right &= all(each.severity == "info" for each in verdict.notes)
            by_position = right and first != "as-claimed"
            counts = (1, right, right and (by_position or cause == "clean"),
                      verdict.certain and not right)  # fmt: skip
            for name in (cause, f"[{where.kind}]", f"[{where.name}]", "[all]"):
                table[name] = [a + b for a, b in zip(table[name], counts, strict=True)]
    show("| cause | cases | right | by position | certain but wrong |\n|---|--:|--:|--:|--:|")
    for name, (total, good, told, bad) in table.items():
        show(f"| {name} | {total} | {good / total:.1%} | {told / total:.1%} | {bad} |")
    spent.sort()
    show(f"\nA case takes {spent[len(spent) // 2]:.2f} s, at most {spent[-1]:.2f} s.")


if __name__ == "__main__":
    main()
