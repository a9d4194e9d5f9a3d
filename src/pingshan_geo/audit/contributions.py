"""What each change between two catalogues does to each figure; the effects add up to the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment, assess
from pingshan_geo.assessment.model import SUBJECTS
from pingshan_geo.audit.changes import RowChange, row_changes
from pingshan_geo.audit.edits import Change, named_changes, reordered, together, with_rows
from pingshan_geo.audit.outlines import OutlineChange, outline_changes
from pingshan_geo.catalogue import Catalogue
from pingshan_geo.figure import BoolArray, Figure, FloatArray, ObjectArray
from pingshan_geo.measures.registry import MEASURES, Measure

# Figures that are viewed one by one to compare their evidence; in more only those touched are.
_MOST_VIEWED = 30_000
# How the place of a cell is told that no source names: by the row's number, which may be another.
_FEATURE = re.compile(r", feature \d+$")
# Overlays are cut in a plane about the data, which another parcel may shift.
_NOISE, _NOISE_OVERLAY = 1e-9, 1e-7


class Contribution(NamedTuple):
    """What one change does to a figure when it alone is made.

    ``change`` is its place among the changes; ``difference`` the exact difference in the stored
    unit, None where one side is no number; ``what`` is ``value``, ``bounds`` or ``status``, or what
    becomes of the figure: ``known``, ``unknown``, ``came`` or ``gone``.
    """

    change: int
    difference: Fraction | None
    what: str


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure that is another in the second catalogue.

    Attributes
    ----------
    id, kind : str
        Of the figure.
    before, after : Figure or None
        None where there is no such figure.
    what : tuple of str
        What differs: value, bounds, status, evidence, known, unknown, came, gone.
    difference : Fraction or None
        Exact difference of the values in the stored unit; None where one is no number.
    contributions : tuple of Contribution
        Those that are not nothing, largest first.
    leftover : Fraction or None
        ``difference`` without the contributions: what the changes do only together.
    """

    id: str
    kind: str
    before: Figure | None
    after: Figure | None
    what: tuple[str, ...]
    difference: Fraction | None
    contributions: tuple[Contribution, ...] = ()
    leftover: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two catalogues compared; ``before`` and ``after`` are their assessments."""

    before: Assessment
    after: Assessment
    rows: tuple[RowChange, ...]
    outlines: tuple[OutlineChange, ...]
    changes: tuple[Change, ...]
    figures: tuple[FigureChange, ...]

    @property
    def is_grouped(self) -> bool:
        """Whether there were too many changes to make each alone."""
        return any(change.count > 1 for change in self.changes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.rows or self.outlines or self.figures)


def compare(
    before: Catalogue, after: Catalogue, as_of: date | str | None = None, **options: Any
) -> Comparison:
    """Return what differs between two catalogues, and what each change does to each figure.

    Parameters
    ----------
    before, after : Catalogue
        From `load_catalogue`.
    as_of : date or str, optional
        Last day that is known; each catalogue's own without.
    **options
        As for `assess`.

    Raises
    ------
    UsageError
        If ``as_of`` is text and no date.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> one = load_catalogue()
    >>> compare(one, one).is_empty
    True
    """

    def assessed(catalogue: Catalogue) -> Assessment:
        return assess(catalogue, as_of, **options)

    rows = row_changes(before, after)
    outlines = tuple(
        each
        for table in ("parcels", "zones")
        for each in outline_changes(table, getattr(before, table), getattr(after, table))
    )
    one, two = assessed(before), assessed(after)
    changes = together(named_changes(before, after, rows, outlines), len(before.parcels))
    touched = {row_id for change in changes for _, row_id in change.rows}
    touched |= _subjects_of_facts(before, after, touched)
    figures = figure_changes(one, two, touched)
    alone: Iterable[Catalogue] = (with_rows(before, after, change.rows) for change in changes)
    order = reordered(before, after)
    if figures and order is not None:
        changes, alone = (*changes, Change("reordered", "", (), (), ())), chain(alone, [order])
    parts = contributions(one, figures, map(assessed, alone) if figures else ())
    if order is not None and not any(
        part.change == len(changes) - 1 for each in parts for part in each.contributions
    ):
        changes = tuple(change for change in changes if change.kind != "reordered")
    return Comparison(one, two, rows, outlines, changes, parts)


def _subjects_of_facts(before: Catalogue, after: Catalogue, ids: set[str]) -> set[str]:
    facts = (each.facts[each.facts.index.isin(ids)]["subject"] for each in (before, after))
    return {str(subject) for some in facts for subject in some}


def figure_changes(
    before: Assessment, after: Assessment, touched: Iterable[str] = ()
) -> tuple[FigureChange, ...]:
    """Return the figures whose value, bounds, status or evidence differ, in the order of outputs.

    Differences below 1e-9 of the value (of overlays 1e-7) are rounding and none. Evidence is
    compared for all figures of a catalogue of up to 30 000; in a larger one for the subjects
    ``touched``.
    """
    some, found = set(touched), []
    sizes = (sum(1 for _ in each.figure_ids()) for each in (before, after))
    is_small = max(sizes) <= _MOST_VIEWED
    for kind in SUBJECTS:
        one, two = before.tables[kind].index, after.tables[kind].index
        subjects = one.append(two[~two.isin(one)])
        measures = dict.fromkeys((*before.measures(kind), *after.measures(kind)))
        places: list[tuple[int, int, str, tuple[bool, bool]]] = []
        for number, measure in enumerate(measures):
            old, new = (_State.of(each, kind, measure, subjects) for each in (before, after))
            view = old.there | new.there
            if not is_small:
                view &= old.differs(new, kind) | subjects.isin(list(some))
            places += (
                (at, number, measure.name, (bool(old.there[at]), bool(new.there[at])))
                for at in np.flatnonzero(view).tolist()
            )
        for at, _, name, (was, now) in sorted(places):
            figure_id = f"{name}/{subjects[at]}"
            first = before.figure(figure_id) if was else None
            second = after.figure(figure_id) if now else None
            what, difference = _what(first, second, kind)
            if what:
                found.append(FigureChange(figure_id, kind, first, second, what, difference))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _State:
    """A measure of some subjects: value and bounds (NaN is unknown), status None where absent."""

    bounds: FloatArray
    status: ObjectArray

    @classmethod
    def of(cls, assessment: Assessment, kind: str, measure: Measure, subjects: Any) -> _State:
        table = assessment.tables[kind]
        if table.empty or measure.status_column not in table:
            none = np.full(len(subjects), None, dtype=object)
            return cls(np.full((3, len(subjects)), np.nan), none)
        at = table.index.get_indexer(subjects)
        columns = (measure.column, measure.low_column, measure.high_column)
        bounds = np.stack([table[name].to_numpy(dtype=np.float64)[at] for name in columns])
        bounds[:, at < 0] = np.nan
        status = table[measure.status_column].to_numpy(dtype=object)[at]
        status[(at < 0) | pd.isna(status)] = None
        return cls(bounds, status)

    @property
    def there(self) -> BoolArray:
        return np.asarray(self.status != None, dtype=np.bool_)  # noqa: E711 -- of each

    def differs(self, other: _State, kind: str) -> BoolArray:
        near = _near(self.bounds, other.bounds, kind).all(axis=0)
        return np.asarray(~near | (self.status != other.status), dtype=np.bool_)


def _near(one: Any, two: Any, kind: str) -> BoolArray:
    noise = _NOISE_OVERLAY if kind == "overlay" else _NOISE
    return np.asarray(np.isclose(one, two, rtol=noise, atol=noise, equal_nan=True))


def _what(
    one: Figure | None, two: Figure | None, kind: str
) -> tuple[tuple[str, ...], Fraction | None]:
    """Return what differs, and the exact difference where both are numbers of one unit."""
    if one is None or two is None:
        return ("came" if one is None else "gone",), None
    old, new = (
        np.array([np.nan if part is None else part for part in (f.value, f.low, f.high)])
        for f in (one, two)
    )
    near = _near(old, new, kind)
    difference = None
    what = []
    if one.value is None or two.value is None:
        if one.value is not two.value:
            what.append("known" if one.value is None else "unknown")
    elif one.unit != two.unit:
        what.append("unit")
    else:
        difference = Fraction(0) if near[0] else Fraction(two.value) - Fraction(one.value)
        if not near[0]:
            what.append("value")
        if not near[1:].all():
            what.append("bounds")
    if one.status != two.status and not {"known", "unknown"} & set(what):
        what.append("status")
    if _places(one) != _places(two):
        what.append("evidence")
    return tuple(what), difference


def _places(figure: Figure) -> set[tuple[str, str, str]]:
    """Return where a figure was printed; the number of a row in a file is no place of its own."""
    return {(e.source, _FEATURE.sub("", e.locator), e.printed) for e in figure.evidence}


def contributions(
    before: Assessment, figures: Iterable[FigureChange], alone: Iterable[Assessment]
) -> tuple[FigureChange, ...]:
    """Return the figures with what each change does to them when it alone is made.

    Parameters
    ----------
    before : Assessment
        Without any change.
    figures : iterable of FigureChange
        From `figure_changes`.
    alone : iterable of Assessment
        With the first change only, with the second only, and so on.

    Returns
    -------
    tuple of FigureChange
        For each whose difference is a number, the contributions that are numbers and the leftover
        add up to it exactly.
    """
    figures = list(figures)
    groups: dict[tuple[str, str], list[int]] = {}
    for place, each in enumerate(figures):
        groups.setdefault((each.kind, each.id.partition("/")[0]), []).append(place)
    parts: dict[int, list[Contribution]] = {place: [] for place in range(len(figures))}
    base = dict(_states(before, figures, groups))
    for number, assessment in enumerate(alone):
        for place, state in _states(assessment, figures, groups):
            found = _effect(number, base[place], state, figures[place].kind)
            if found:
                parts[place].append(found)
    return tuple(_closed(each, parts[place]) for place, each in enumerate(figures))


def _states(
    assessment: Assessment, figures: list[FigureChange], groups: dict[tuple[str, str], list[int]]
) -> Iterator[tuple[int, tuple[FloatArray, str | None]]]:
    """Yield the place of each figure with its bounds and status in an assessment."""
    for (kind, measure), places in groups.items():
        subjects = [figures[place].id.partition("/")[2] for place in places]
        state = _State.of(assessment, kind, MEASURES[measure], subjects)
        for at, place in enumerate(places):
            yield place, (state.bounds[:, at], state.status[at])


def _effect(
    number: int, one: tuple[FloatArray, str | None], two: tuple[FloatArray, str | None], kind: str
) -> Contribution | None:
    near = _near(one[0], two[0], kind)
    if near.all() and one[1] == two[1]:
        return None
    if one[1] is None or two[1] is None:
        return Contribution(number, None, "came" if one[1] is None else "gone")
    if np.isnan(one[0][0]) or np.isnan(two[0][0]):
        return Contribution(number, None, "known" if np.isnan(one[0][0]) else "unknown")
    if not near[0]:
        difference = Fraction(float(two[0][0])) - Fraction(float(one[0][0]))
        return Contribution(number, difference, "value")
    return Contribution(number, Fraction(0), "status" if near.all() else "bounds")


def _closed(figure: FigureChange, parts: list[Contribution]) -> FigureChange:
    """Return a figure change with its contributions, the largest first, and the leftover."""
    ordered = sorted(parts, key=lambda part: (-abs(part.difference or 0), part.change))
    leftover = None
    if figure.difference is not None:
        leftover = figure.difference - sum((part.difference or Fraction(0)) for part in parts)
    return replace(figure, contributions=tuple(ordered), leftover=leftover)
