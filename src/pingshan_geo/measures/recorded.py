"""Recorded measures: printed numbers and bulk columns as values with bounds and status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import numpy as np
import pandas as pd

from pingshan_geo.figure import (
    CodeArray,
    FloatArray,
    IntArray,
    Interval,
    ObjectArray,
    choose_code,
    choose_object,
    code,
    coded,
    exact,
    no_codes,
)
from pingshan_geo.findings import Finding
from pingshan_geo.ids import nfkc
from pingshan_geo.measures.readings import (
    ADDED,
    DISAGREES,
    EARLIER,
    INSTALMENT,
    USED,
    described_all,
)
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.measures.wide import Wide
from pingshan_geo.units import UNITS, implied_step, unit_key
from pingshan_geo.words import Text

_DECIDED = "far_limit"  # by a plan, not read off
# A number and what stands behind it.
_PRINTED = re.compile(r"(\d[\d,]{0,23}(?:\.\d{1,18})?)(.*)", re.DOTALL)


def implied_bounds(values: FloatArray) -> Interval:
    """Return values of a bulk column with the bounds that their shortest digits allow.

    The step is that of the last digit that is not a trailing zero of a whole number, found
    among 10⁻⁶ to 10¹²; see `pingshan_geo.units.implied_step` for a number whose text is kept.

    Examples
    --------
    >>> [float(part[0]) for part in implied_bounds(np.array([106000.0]))]
    [106000.0, 105500.0, 106500.0]
    """
    step = np.where(values == 0, 1.0, 1e-6)
    going = np.flatnonzero(values)
    for power in range(-5, 13):
        # Division and multiplication by a whole power of ten round correctly; by 0.01 they do not.
        rest, size = values[going], 10.0 ** abs(power)
        near = np.round(rest / size) * size if power >= 0 else np.round(rest * size) / size
        going = going[near == rest]
        step[going] = 10.0**power
    return Interval(values, values - step / 2, values + step / 2)


def put_recorded(
    wide: Wide, facts: pd.DataFrame, names: Iterable[str], always: Iterable[str]
) -> None:
    """Put printed measures into a wide table; a fact goes before a bulk column.

    Parameters
    ----------
    wide : Wide
        Indexed by subject.
    facts : DataFrame
        Readings (with ``role``) of any subjects.
    names : iterable of str
        Measures to look for.
    always : iterable of str
        Those that every subject has a figure of, known or not; the others exist only where they
        are known, and not at all where nothing is known.
    """
    index = wide.base.index
    needed = set(always)
    used = facts[facts["role"] == USED]
    disputed = facts[facts["role"] == DISAGREES]
    for name in names:
        of_measure = used[used["measure"] == name]
        place = index.get_indexer(pd.Index(of_measure["subject"], dtype=object))
        of_measure, place = of_measure[place >= 0], place[place >= 0]
        interval, qualifier = _bulk(wide, name)
        for ends, column in zip(interval, ("value_si", "low_si", "high_si"), strict=True):
            ends[place] = of_measure[column].to_numpy()
        qualifier[place] = coded(of_measure["qualifier"])
        in_conflict = disputed.loc[disputed["measure"] == name, "subject"]
        status: str | CodeArray = "recorded"
        if len(in_conflict):
            status = choose_code(index.isin(in_conflict), "conflict", "recorded")
        known = ~np.isnan(interval.value)
        if name in needed:
            wide.put(name, interval, status, qualifier)
        else:
            wide.put(name, interval, status, qualifier, where=known, optional=True)
        if name in {"site_area", "recorded_area"}:
            bases = _said(of_measure["area_basis"], place, wide, f"{name}_basis")
            wide.note(f"{name}_basis", bases)
        if name == "recorded_area":
            editions = _said(of_measure.get("edition"), place, wide, f"{name}_edition")
            wide.note(f"{name}_edition", editions)


def _said(of_facts: pd.Series[str] | None, place: IntArray, wide: Wide, column: str) -> ObjectArray:
    """Return what the facts say beside a number, else a column of the table; None where none."""
    said = np.full(len(wide.base), None, dtype=object)
    own = wide.base.get(column)
    if own is not None:
        said = choose_object(own.notna().to_numpy(), own.to_numpy(dtype=object), None)
    if of_facts is not None:
        told = of_facts.notna().to_numpy()
        said[place[told]] = of_facts.to_numpy(dtype=object)[told]
    return said


def _bulk(wide: Wide, name: str) -> tuple[Interval, CodeArray]:
    column = MEASURES[name].column
    size = len(wide.base)
    if column not in wide.base:
        own = Interval(*(part.copy() for part in wide.interval(name)))
        return own, no_codes(size)
    qualifier = code("exact" if name == _DECIDED else "printed")
    return _column_bounds(wide.base, name), np.full(size, qualifier)


def _column_bounds(rows: pd.DataFrame, name: str) -> Interval:
    """Return what a column of a table says, with the bounds of its digits."""
    column = MEASURES[name].column
    values = rows[column].to_numpy(dtype=np.float64).copy()
    if name == _DECIDED:
        return exact(values)
    texts = rows.get(f"{column}_as_delivered")
    bounds = implied_bounds(values)
    return bounds if texts is None else delivered_bounds(bounds, texts.to_numpy(dtype=object))


def delivered_bounds(bounds: Interval, texts: ObjectArray) -> Interval:
    """Return bounds that follow from the digits as a delivery printed them, where it is known.

    Parameters
    ----------
    bounds : Interval
        Stored values, with the bounds of their own digits.
    texts : array of str or None
        The numbers as they came, with their unit: ``5.21 亩``, ``20.00``. A text that does not give
        the stored value is not used.

    Examples
    --------
    >>> own = implied_bounds(np.array([200000.0, 15000.0]))
    >>> found = delivered_bounds(own, np.array(["20.00公顷", None], dtype=object))
    >>> [tuple(map(float, part)) for part in (found.low, found.high)]
    [(199950.0, 14500.0), (200050.0, 15500.0)]
    """
    low, high = bounds.low.copy(), bounds.high.copy()
    for at, text in enumerate(texts):
        found = _PRINTED.search(nfkc(text)) if isinstance(text, str) else None
        if found is None:
            continue
        digits, rest = found[1].replace(",", "").rstrip("."), found[2].strip()
        factor = UNITS[unit_key(rest) or "1"].factor if not rest or unit_key(rest) else None
        value = bounds.value[at]
        if factor is None:
            continue
        if not abs(float(Fraction(digits) * factor) - value) <= 1e-9 * abs(value):  # or NaN
            continue
        half = implied_step(digits) * factor / 2
        low[at], high[at] = (float(Fraction(digits) * factor + part) for part in (-half, half))
    return Interval(bounds.value, low, high)


def conflicts(facts: pd.DataFrame, title_of: Callable[[str], Text]) -> Iterator[Finding]:
    """Yield a finding for each subject and measure on which numbers for one time disagree.

    Numbers of an earlier version are held against the first of the same version. ``title_of``
    gives the title of a source by its id.
    """
    disputed = facts[facts["role"].isin((DISAGREES, EARLIER))]
    columns = ["subject", "measure", "role", "period_end"]
    keys = disputed.assign(period_end=disputed["period_end"].where(disputed["role"] == EARLIER, ""))
    for (subject, measure, role, until), others in keys.groupby(columns, sort=True):
        label = MEASURES[str(measure)].label
        if role == DISAGREES:
            same = (facts["subject"] == subject) & (facts["measure"] == measure)
            found = facts[same & facts["role"].isin((USED, INSTALMENT))]
        else:
            found, used = others.iloc[:1], others.iloc[0]
            label = Text(f"{label.en}, to {until}", f"{label.zh}（至 {until}）")
            apart = (others["low_si"] > used["high_si"]) | (others["high_si"] < used["low_si"])
            others = others[apart]  # noqa: PLW2901 -- the group is narrowed to what disagrees
        if others.empty:
            continue
        yield Finding(
            "facts-conflict", str(subject), field=str(measure),
            value=" + ".join(found["printed"]),  # instalments: all are held against the others
            details={
                "label": label,
                "used": described_all(found.to_dict("records"), title_of, ADDED),
                "others": described_all(others.to_dict("records"), title_of),
            },
        )  # fmt: skip


def column_conflicts(
    wide_base: pd.DataFrame, facts: pd.DataFrame, names: Iterable[str]
) -> Iterator[Finding]:
    """Yield a finding where a bulk column and a fact of the same measure cannot both be true."""
    used = facts[facts["role"] == USED]
    for name in names:
        column = MEASURES[name].column
        if column not in wide_base:
            continue
        fact = used[used["measure"] == name]
        place = wide_base.index.get_indexer(pd.Index(fact["subject"], dtype=object))
        order = np.argsort(place, kind="stable")[np.count_nonzero(place < 0) :]
        fact, rows = fact.iloc[order], wide_base.iloc[place[order]]
        own = _column_bounds(rows, name)
        apart = (own.low > fact["high_si"].to_numpy()) | (own.high < fact["low_si"].to_numpy())
        for at in np.flatnonzero(apart).tolist():
            yield Finding(
                "column-conflict", str(rows.index[at]), field=column,
                value=repr(float(rows[column].iloc[at])),
                details={"other": str(fact["printed"].iloc[at])},
            )  # fmt: skip
