"""The claims of a catalogue as a wide table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.figure import Interval, coded, intervals
from pingshan_geo.measures.claims import Bounds, Checked, Lookup, bounds_of, check_claim
from pingshan_geo.measures.wide import Wide


def claim_table(base: pd.DataFrame, look: Lookup) -> Wide:
    """Return the claims with what was claimed, computed and implied, and the verdict.

    Columns beside the measures: ``claim_verdict``, ``claim_why``, ``claim_about`` and
    ``claim_reading`` (see `Checked`), ``unit_si``, ``claim_implied_unit_si``.
    """
    wide = Wide(base)
    rows = base.to_dict("index")
    done = [_of_row(row, look) for row in rows.values()]
    claimed = [look.figure(row["claimed"]) if row["claimed"] else None for row in rows.values()]
    has_number = np.array([each is not None for each in claimed], dtype=bool)
    wide.put(
        "claimed_value", _column([bounds_of(f) if f and f.value is not None else None
                                  for f in claimed]),
        "recorded", coded([f.qualifier if f else None for f in claimed]), where=has_number,
    )  # fmt: skip
    computed = _column([each.computed for each in done])
    wide.put("claim_computed", computed, "derived", coded([each.qualifier for each in done]))
    implied = _column([each.implied for each in done])
    wide.put("claim_implied", implied, "derived", "printed", where=~np.isnan(implied.value))
    units = [f.unit if f is not None else each.unit for f, each in zip(claimed, done, strict=True)]
    wide.note("unit_si", np.array(units, dtype=object))
    implied_units = [each.implied_unit for each in done]
    wide.note("claim_implied_unit_si", np.array(implied_units, dtype=object))
    for name in ("verdict", "why", "about", "reading"):
        wide.note(f"claim_{name}", np.array([getattr(each, name) for each in done], dtype=object))
    return wide


def _of_row(row: Mapping[Any, Any], look: Lookup) -> Checked:
    inputs = listed(row["inputs"])
    named = len(set(listed(row["named_en"]) or listed(row["named_zh"])))
    is_whole = row["missing_en"] is None and row["missing_zh"] is None
    return check_claim(row["formula"], row["claimed"], inputs, named, look, is_whole=is_whole)


def listed(cell: str | None) -> list[str]:
    """Return the parts of a cell that are joined by semicolons, in half or full width.

    Examples
    --------
    >>> listed("a; b；c;"), listed(None)
    (['a', 'b', 'c'], [])
    """
    return [part.strip() for part in (cell or "").replace("；", ";").split(";") if part.strip()]


def _column(values: Sequence[Bounds | None]) -> Interval:
    nothing = Bounds(math.nan, math.nan, math.nan)
    return intervals([each or nothing for each in values])
