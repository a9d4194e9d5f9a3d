"""What is told of recorded areas that do not agree with measured ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import geopandas as gpd
import pandas as pd

from pingshan_geo.figure import FloatArray, IntArray
from pingshan_geo.findings import MOST_OF_A_CODE, Finding, unlisted
from pingshan_geo.measures.reconcile.case import Case, texts_of
from pingshan_geo.units import format_number
from pingshan_geo.words import Text, text

# What is told of each cause, and how: its value as a number, or as the id of a row.
_AREA, _FACTOR = "{:.2f}", "{:.6g}"
_TOLD = {
    "other-projection-zone": ("meridian", "{:g}"), "plane-for-ellipsoid": ("plane_m2", _AREA),
    "ellipsoid-for-plane": ("plane_m2", _AREA), "compensation-plane": ("height_m", "{:.0f}"),
    "slope-surface": ("slope_deg", "{:g}"), "hole-not-subtracted": ("hole_m2", _AREA),
    "part-missing": ("missing_m2", _AREA), "generalised-outline": ("edge_m", "{:.0f}"),
    "arcs-flattened": ("arcs_m2", _AREA), "total-for-net-site": ("net_site_area_m2", _AREA),
    "land-given-up": ("given_up_m2", "{:+.2f}"), "renewal-unit-for-other": ("area_m2", _AREA),
    "older-outline": ("earlier", ""), "digit-slip": ("", ""), "digit-swap": ("", ""),
    **dict.fromkeys(("hole-lost", "part-missing-outline", "lots-swapped", "lots-merged",
                     "lots-split"), ("other", "")),
}  # fmt: skip


_CODES = {"area-explained": "explained", "area-disagrees": "disagrees"}


def evidence(
    causes: Iterable[str], values: FloatArray, at: IntArray, case: Case,
    earlier: gpd.GeoDataFrame | None,
) -> list[str | None]:  # fmt: skip
    """Return what stands behind the cause of each row, as plain data: ``name=value; …``."""
    digits = texts_of(case.lots, "recorded_digits")
    said: list[str | None] = []
    for cause, value, row in zip(causes, values, at, strict=True):
        name, form = _TOLD.get(cause, ("factor", _FACTOR))
        if not name:
            said.append(_typed(value, 2 * case.half_m2[row], case.recorded[row], digits[row]))
        elif form:
            said.append(f"{name}={form.format(value)}")
        else:
            ids = earlier if name == "earlier" and earlier is not None else case.lots
            said.append(f"{name}={ids.index[int(value)]}")
    return said


def _typed(number: float, step_m2: float, recorded_m2: float, text: str | None) -> str:
    """Return a number as it was typed and as it should have been, in the unit it is printed in.

    Without its text, or where that is more than digits, in m².

    Examples
    --------
    >>> _typed(200_000, 0.01, 2600.0, "2600.00"), _typed(20_800, 0.1, 2800.0, None)
    ('from=2600.00; to=2000.00', 'from=2800; to=2080')
    """
    decimals = len(text.partition(".")[2]) if text else 0
    if text and text.replace(".", "").isdigit():
        return f"from={text}; to={number / 10**decimals:.{decimals}f}"
    return f"from={recorded_m2:.10g}; to={number * step_m2:.10g}"


def evidence_text(evidence: str | None) -> Text:
    """Return the evidence for a cause in words, ``—`` for none.

    Examples
    --------
    >>> evidence_text("hole_m2=6077.66").en, evidence_text("from=81; to=18").zh
    ('hole of 6,077.66 m²', '记载为 81，应为 18')
    """
    said = []
    for part in evidence.split("; ") if evidence else ():
        name, _, value = part.partition("=")
        if name == "factor" or name.endswith("_m2"):
            value = format_number(float(value), None if name == "factor" else 2)
        said.append(text(f"evidence_{name}").filled(value=value))
    return Text(", ".join(t.en for t in said) or "—", "，".join(t.zh for t in said) or "—")


def reconcile_findings(table: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for each row whose recorded area does not agree with the measured one.

    Parameters
    ----------
    table : DataFrame
        Indexed by id, with the columns of `reconcile`, recorded_area_m2 and measured_area_m2.

    Yields
    ------
    Finding
        ``area-explained`` with its cause, or ``area-disagrees``; see `unlisted`.
    """
    if "area_verdict" not in table:
        return
    few = []
    for code, verdict in _CODES.items():
        rows = table[table["area_verdict"] == verdict]
        where = f"""report quality --where "area_verdict = '{verdict}'\""""
        yield from unlisted(code, len(rows), where)
        few.append(rows.iloc[:MOST_OF_A_CODE])
    told = pd.concat(few)
    names = ["recorded_area_m2", "measured_area_m2", "area_difference_m2", "area_ratio"]
    texts = ["area_cause", "area_cause_ties", "area_cause_evidence"]
    rows = told[names].join(told[texts].astype(object).fillna(""))
    row: Any
    for row in rows.itertuples():
        details: dict[str, str | Text] = {
            "recorded": format_number(row.recorded_area_m2, 2),
            "measured": format_number(row.measured_area_m2, 2),
            "difference": format_number(row.area_difference_m2, 2),
            "ratio": format_number(row.area_ratio),
        }
        if row.area_cause:
            ties = row.area_cause_ties.split(";") if row.area_cause_ties else []
            causes = [text(f"cause_{each}") for each in (row.area_cause, *ties)]
            joined = (" / ".join(each.en for each in causes), "／".join(each.zh for each in causes))
            details["cause"] = Text(*joined)
            details["evidence"] = evidence_text(row.area_cause_evidence)
        code = "area-explained" if row.area_cause else "area-disagrees"
        yield Finding(code, str(row.Index), field="recorded_area_m2", details=details)
