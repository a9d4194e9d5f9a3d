"""Many altered copies of the rows under a figure, stacked into one catalogue and assessed once.

No second arithmetic: what a figure would be is read from an assessment of the altered rows. An
assessment costs the same for one copy as for a hundred, so all copies go into one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment, assess
from pingshan_geo.catalogue import Catalogue
from pingshan_geo.catalogue.schema import FACT_MEASURES, KINDS, SPATIAL, TABLES
from pingshan_geo.figure import Figure
from pingshan_geo.measures.limits import LIMIT_COLUMN
from pingshan_geo.measures.registry import MEASURES

# Stands between an id and the number of its copy; ids of a catalogue are printable.
_SEPARATOR = "\x1f"
# Columns that name rows of other tables.
_REFERS = {
    "facts": ("subject",), "zones": ("parent",), "parcels": ("zone_id",),
    "projects": ("parcel_id", "zone_id", "target_id"),
    "auctions": ("parcel_id", "project_id", "target_id", "replaces"), "targets": ("zone_id",),
}  # fmt: skip
#: Tables whose rows may be known by the date of their source only.
PUBLISHED = ("parcels", "projects", "auctions")


@dataclass(frozen=True, slots=True)
class Move:
    """An input put at another value, in stored units; without bounds it is known exactly."""

    measure: str
    subject: str
    unit: str
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def bounds(self) -> tuple[float, float, float]:
        """Value, low and high."""
        low, high = (self.value if part is None else part for part in (self.low, self.high))
        return self.value, low, high


@dataclass(frozen=True, slots=True)
class Variant:
    """What is different in one copy: inputs moved, rows (table, id) left out, another day.

    All dates of a copy are put ``years`` later: it then knows at the end of a year what its
    original knew so many years before, and copies of many days go into one assessment.
    """

    moves: tuple[Move, ...] = ()
    without: frozenset[tuple[str, str]] = frozenset()
    years: int = 0


class Printed(NamedTuple):
    """One printed number under a figure.

    ``is_read`` is false for what the figure does not stand on as of the assessment's day; copies
    of that day do without it.
    """

    place: int
    measure: str
    subject: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class Closure:
    """The rows of a catalogue that a figure stands on.

    Attributes
    ----------
    figure : Figure
        The figure.
    rows : mapping of str to tuple
        For each table the positions and ids of its rows.
    facts : tuple of Printed
        The printed numbers of these rows.
    places : mapping of str to str
        The zone that a lot lies in where an outline and no source tells it.
    inside : str or None
        The zone that all lots lie in; on its day a copy needs none of the zones between.
    limits : mapping of str to float
        Columns of a row of limits that holds for the lot, however it came about.
    """

    figure: Figure
    rows: Mapping[str, tuple[tuple[int, str], ...]]
    facts: tuple[Printed, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    inside: str | None = None

    def place_of(self, lot: str, variant: Variant) -> str | None:
        """Return the zone that a lot is put into, None where it stays as its source has it."""
        if self.inside is not None and not variant.years:
            return self.inside
        return self.places.get(lot)

    def needs(self, kind: str, own: str, variant: Variant) -> bool:
        """Return whether a row stands in a copy."""
        is_between = kind == "zones" and self.inside not in {None, own}
        return (kind, own) not in variant.without and not (is_between and not variant.years)

    @property
    def size(self) -> int:
        """Number of rows of a copy."""
        return len(self.facts) + sum(map(len, self.rows.values()))


class Result(NamedTuple):
    """A figure in a copy; all None where there is no such figure, an infinite bound is None."""

    value: float | None
    low: float | None
    high: float | None
    status: str | None
    verdict: str | None


def results(
    assessment: Assessment,
    copies: Sequence[tuple[Closure, Variant]],
    as_of: date | None = None,
) -> list[Result]:
    """Return each figure as one assessment of all the altered copies has it.

    Parameters
    ----------
    assessment : Assessment
        Gives the catalogue and the day.
    copies : sequence of (Closure, Variant)
        One copy each.
    as_of : date, optional
        Another day.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> assessment = assess(load_catalogue())
    >>> from pingshan_geo.audit.closures import Closures
    >>> under = Closures(assessment).of(assessment.figure("far/G13113-8014"))
    >>> land = Move("site_area", "G13113-8014", "m2", 100000.0)
    >>> [found.value for found in results(assessment, [(under, Variant((land,)))])]
    [4.888]
    """
    if not copies:
        return []
    stacked = assess(_stacked(assessment.catalogue, copies), as_of or assessment.as_of)
    found: list[Result] = [Result(None, None, None, None, None)] * len(copies)
    groups: dict[tuple[str, str], list[int]] = {}
    for number, (closure, _) in enumerate(copies):
        groups.setdefault((closure.figure.kind, closure.figure.measure), []).append(number)
    for (kind, name), numbers in groups.items():
        ids = [_copied(copies[number][0].figure.subject, number) for number in numbers]
        for number, result in zip(numbers, _read(stacked, kind, name, ids), strict=True):
            found[number] = result
    return found


def is_movable(leaf: Figure) -> bool:
    """Return whether an input is a printed number, which may be put at another value."""
    if leaf.measure == "target_value":
        return True
    return leaf.measure in FACT_MEASURES.get(leaf.kind, {})


def moved(leaf: Figure, value: float, low: float | None = None, high: float | None = None) -> Move:
    """Return an input at another value in its stored unit, known exactly without bounds."""
    return Move(leaf.measure, leaf.subject, leaf.unit, value, low, high)


def _read(stacked: Assessment, kind: str, name: str, ids: list[str]) -> Iterable[Result]:
    # What nothing is known of, or is no verdict of, has no column: then each row has nothing there.
    names = [*MEASURES[name].columns[:4], f"{name}_verdict"]
    rows = stacked.tables[kind].reindex(index=ids, columns=names)
    parts = [
        [float(v) if math.isfinite(v) else None for v in rows[each].tolist()] for each in names[:3]
    ]
    texts = [
        [v if isinstance(v, str) else None for v in rows[each].astype(object)] for each in names[3:]
    ]
    return [Result(*each) for each in zip(*parts, *texts, strict=True)]


def _copied(name: Any, number: int) -> Any:
    return f"{name}{_SEPARATOR}{number}" if isinstance(name, str) else name


def _stacked(catalogue: Catalogue, copies: Sequence[tuple[Closure, Variant]]) -> Catalogue:
    """Return a catalogue of all copies; every table that no copy needs has no rows."""
    tables: dict[str, Any] = {}
    for each in dataclasses.fields(catalogue):
        table = getattr(catalogue, each.name)
        if isinstance(table, pd.DataFrame) and each.name not in {"sources", "facts"}:
            tables[each.name] = table.iloc[:0]
    for kind in KINDS:
        tables[kind] = _rows(catalogue, kind, copies)
    tables["facts"] = _facts(catalogue, copies)
    tables["limits"] = _limits(catalogue, copies)
    tables["sources"] = _sources(catalogue, {variant.years for _, variant in copies})
    return catalogue.having(findings=(), **tables)


def _rows(catalogue: Catalogue, kind: str, copies: Sequence[tuple[Closure, Variant]]) -> Any:
    places: list[int] = []
    numbers: list[int] = []
    zones: dict[int, str] = {}
    moved: dict[int, Move] = {}
    for number, (closure, variant) in enumerate(copies):
        asked = {m.subject: m for m in variant.moves if m.measure == "target_value"}
        for place, own in closure.rows.get(kind, ()):
            if not closure.needs(kind, own, variant):
                continue
            if kind == "parcels" and (zone := closure.place_of(own, variant)) is not None:
                zones[len(places)] = zone
            if kind == "targets" and own in asked:
                moved[len(places)] = asked[own]
            places.append(place)
            numbers.append(number)
    table = getattr(catalogue, kind)
    frame = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).iloc[places]
    named = {column: frame[column].tolist() for column in _REFERS.get(kind, ()) if column in frame}
    for at, zone in zones.items():
        named["zone_id"][at] = zone
    index = _objects(map(_copied, frame.index, numbers))
    frame = frame.set_axis(pd.Index(index, name=table.index.name), axis=0)
    for column, values in named.items():
        frame[column] = _column(frame, map(_copied, values, numbers))
    years = [copies[number][1].years for number in numbers]
    frame = _later(frame, kind, years)
    if kind in PUBLISHED:  # a row without a date of its own is known from that of its source
        dated = zip(frame["source_id"], years, strict=True)
        frame["source_id"] = _column(frame, (_copied(name, y) if y else name for name, y in dated))
    if moved:
        bounds = frame[["value_si", "low_si", "high_si"]].to_numpy(dtype=np.float64, copy=True)
        for at, move in moved.items():
            bounds[at] = move.bounds
        frame = frame.assign(**dict(zip(("value_si", "low_si", "high_si"), bounds.T, strict=True)))
    if kind not in SPATIAL:
        return frame
    frame["geometry_status"] = _column(frame, ["none"] * len(frame))
    nothing = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=table.crs)
    return gpd.GeoDataFrame(frame, geometry=nothing)


def _facts(catalogue: Catalogue, copies: Sequence[tuple[Closure, Variant]]) -> pd.DataFrame:
    places: list[int] = []
    numbers: list[int] = []
    added: list[tuple[Move, int]] = []
    for number, (closure, variant) in enumerate(copies):
        moved = {(move.measure, move.subject) for move in variant.moves}
        out = {name for table, name in variant.without if table == "facts"}
        for place, measure, subject, is_read in closure.facts:
            if out and catalogue.facts.index[place] in out:
                continue
            if (measure, subject) not in moved and (is_read or variant.years):
                places.append(place)
                numbers.append(number)
        added += ((m, number) for m in variant.moves if m.measure != "target_value")
    kept = catalogue.facts.iloc[places]
    names = [f"{name}{_SEPARATOR}{n}" for name, n in zip(kept.index, numbers, strict=True)]
    kept = kept.set_axis(pd.Index(_objects(names), dtype=object, name="fact_id"), axis=0)
    kept["subject"] = _column(kept, map(_copied, kept["subject"], numbers))
    kept = _later(kept, "facts", [copies[number][1].years for number in numbers])
    if not added:
        return kept
    bounds = np.array([move.bounds for move, _ in added])
    said: dict[str, Any] = {
        "subject": _objects(_copied(move.subject, number) for move, number in added),
        "measure": _objects(move.measure for move, _ in added),
        "unit_si": _objects(move.unit for move, _ in added),
        "printed": _objects([""] * len(added)),
        "source_id": _objects([""] * len(added)),
        "qualifier": _objects(["printed"] * len(added)),
        "value_si": bounds[:, 0], "low_si": bounds[:, 1], "high_si": bounds[:, 2],
    }  # fmt: skip
    ids = pd.Index(_objects(f"{_SEPARATOR}{at}" for at in range(len(added))), name="fact_id")
    return pd.concat([kept, _like(catalogue.facts, said, ids)])


def _sources(catalogue: Catalogue, shifts: set[int]) -> pd.DataFrame:
    """Return the sources, once more for each number of years that copies are put later."""
    own = catalogue.sources
    pieces = [own]
    for years in sorted(shifts - {0}):
        ids = pd.Index(_objects(_copied(name, years) for name in own.index), name=own.index.name)
        pieces.append(_later(own.set_axis(ids, axis=0), "sources", [years] * len(own)))
    return pd.concat(pieces) if len(pieces) > 1 else own


def _later(frame: pd.DataFrame, kind: str, years: Sequence[int]) -> pd.DataFrame:
    """Return rows with all dates put so many years later."""
    if not any(years):
        return frame
    dated = [each.name for each in TABLES[kind] if each.kind == "date" and each.name in frame]
    put = {name: _column(frame, map(_year_later, frame[name], years)) for name in dated}
    return frame.assign(**put)


def _year_later(day: Any, years: int) -> Any:
    if not isinstance(day, str) or not years:
        return day
    rest = "-02-28" if day[4:] == "-02-29" else day[4:]  # no year end lies between the two
    return f"{int(day[:4]) + years:04d}{rest}"


def _limits(catalogue: Catalogue, copies: Sequence[tuple[Closure, Variant]]) -> pd.DataFrame:
    limited = [(at, closure) for at, (closure, _) in enumerate(copies) if closure.limits]
    if not limited:
        return catalogue.limits.iloc[:0]
    zones = [closure.rows["zones"][0][1] for _, closure in limited]
    said: dict[str, Any] = {"zone_id": _objects(map(_copied, zones, (at for at, _ in limited)))}
    for column in LIMIT_COLUMN.values():
        said[column] = np.array([closure.limits.get(column, math.nan) for _, closure in limited])
    ids = pd.Index(_objects(f"limit{_SEPARATOR}{at}" for at, _ in limited), name="limit_id")
    return _like(catalogue.limits, said, ids)


def _like(table: pd.DataFrame, said: Mapping[str, Any], index: pd.Index[Any]) -> pd.DataFrame:
    """Return rows with the columns and types of a table; what is not said is missing."""
    columns: dict[str, Any] = {}
    for name in table.columns:
        empty: Any = _objects([None] * len(index))
        if pd.api.types.is_numeric_dtype(table[name]):
            empty = np.zeros(len(index), dtype=table[name].dtype)
            if pd.api.types.is_float_dtype(table[name]):
                empty = np.full(len(index), math.nan)
        values = said.get(str(name), empty)
        columns[str(name)] = pd.Series(values, index=index, dtype=values.dtype)
    return pd.DataFrame(columns, index=index)


def _column(frame: pd.DataFrame, values: Iterable[Any]) -> pd.Series[Any]:
    """Return a column of texts in which what is missing stays None."""
    return pd.Series(_objects(values), index=frame.index, dtype=object)


def _objects(values: Iterable[Any]) -> Any:
    found = list(values)
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array
