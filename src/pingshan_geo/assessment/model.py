"""The assessment itself: wide tables of measures, and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

import geopandas as gpd
import pandas as pd

from pingshan_geo.assessment.view import View
from pingshan_geo.catalogue import Catalogue
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.catalogue.schema import KINDS
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Figure
from pingshan_geo.findings import Finding
from pingshan_geo.ids import hint
from pingshan_geo.measures.registry import MEASURES, Measure
from pingshan_geo.words import Text

# The nearest of so many parcels' figures are found within a second or two.
_MOST_HINTED = 20_000

#: Kinds of subjects of figures, in the order of every output; the last is a parcel in a zone.
SUBJECTS = (*KINDS, "overlay")


class Later(Mapping[str, pd.DataFrame]):
    """Tables that are made when they are first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = makers
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True)
class Assessment:
    """Wide tables of measures as of a day.

    For a measure ``m`` of unit m² a table has ``m_m2, m_low_m2, m_high_m2`` (NaN is unknown, an
    infinite bound is none), ``m_status`` (missing where the subject has no such figure) and
    ``m_qualifier``; other units end the name as `Measure.column` says.

    Attributes
    ----------
    catalogue : Catalogue
        What was assessed.
    as_of : date
        Nothing later is known.
    zones : GeoDataFrame
        In the catalogue's CRS.
    lots : Parts
        The parcels, in the catalogue's CRS.
    projects, auctions, targets, indicators, obligations, claims : DataFrame
        Indexed by id, like all.
    pieces : Parts
        A row for each parcel and each zone of a kind that it meets, indexed ``PARCEL@ZONE``, and
        one for what lies in no zone of the kind, ``PARCEL@outside:KIND``; the geometry is the
        piece, None where it is the whole parcel.
    topology : GeoDataFrame
        A row for each error between the outlines of parcels, with its shape.
    places : mapping of str to DataFrame
        The zones that parcels, projects and auctions lie in, and ``land`` as it is allocated:
        positions ``row`` and ``zone``, ``weight``.
    allocate : str
        How land that straddles zones is counted: ``dominant`` or ``area``.
    facts : DataFrame
        The printed numbers known at ``as_of`` with the ``role`` that each plays.
    findings : tuple of Finding
        About the catalogue and the assessment.
    """

    catalogue: Catalogue
    as_of: date
    zones: gpd.GeoDataFrame
    lots: Parts
    projects: pd.DataFrame
    auctions: pd.DataFrame
    targets: pd.DataFrame
    indicators: pd.DataFrame
    obligations: pd.DataFrame
    claims: pd.DataFrame
    pieces: Parts
    topology: gpd.GeoDataFrame
    places: Mapping[str, pd.DataFrame]
    allocate: str
    facts: pd.DataFrame
    findings: tuple[Finding, ...]

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """All parcels in memory."""
        return self.lots.whole

    @property
    def overlay(self) -> gpd.GeoDataFrame:
        """All parts of parcels in zones in memory."""
        return self.pieces.whole

    @property
    def parts(self) -> Mapping[str, Parts]:
        """The tables by kind, in the order of every output, each in parts."""
        own = {"parcels": self.lots, "overlay": self.pieces}
        return {
            kind: own[kind] if kind in own else Parts.of(getattr(self, kind)) for kind in SUBJECTS
        }

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables by kind, in the order of every output; in memory when one is looked at."""
        return Later({kind: partial(getattr, self, kind) for kind in SUBJECTS})

    def having(self, **tables: Any) -> Assessment:
        """Return the assessment with some tables, or other attributes, in place of its own."""
        for name, attribute in (("parcels", "lots"), ("overlay", "pieces")):
            if name in tables:
                tables[attribute] = Parts.of(tables.pop(name))
        return replace(self, **tables)

    @cached_property
    def _view(self) -> View:
        return View(self)

    def measures(self, kind: str) -> tuple[Measure, ...]:
        """Return the measures that the table of a kind has columns of."""
        columns = set(self.parts[kind].names)
        return tuple(m for m in MEASURES.values() if m.status_column in columns)

    def figure(self, figure_id: str) -> Figure:
        """Return one figure.

        Parameters
        ----------
        figure_id : str
            ``measure/subject``.

        Raises
        ------
        UsageError
            If there is no such figure; the message names the nearest ids.

        Examples
        --------
        >>> from pingshan_geo import assess, load_catalogue
        >>> far = assess(load_catalogue()).figure("far/G13113-8014")
        >>> round(far.value, 4), round(far.low, 4), round(far.high, 4), far.status
        (4.6113, 4.5892, 4.6336, 'derived')
        """
        found = self._view.figure(figure_id)
        if found is None:
            near, near_zh = hint(figure_id, () if self.is_vast else self.figure_ids())
            raise UsageError(
                f"there is no figure {figure_id!r} as of {self.as_of}{near}",
                f"截至 {self.as_of} 没有数据 {figure_id!r}{near_zh}",
            )
        return found

    @property
    def is_vast(self) -> bool:
        """Whether there are too many parcels to look through all ids for one that was meant."""
        return len(self.lots) > _MOST_HINTED

    def has_figure(self, figure_id: str) -> bool:
        """Return whether there is a figure, be its value known or not."""
        return self._view.figure(figure_id) is not None

    def figure_ids(
        self, group: str | None = None, measure: str | None = None, subject: str | None = None
    ) -> Iterator[str]:
        """Yield the ids of all figures, or of those asked for, in the order of every output."""
        for kind, table in self.tables.items():
            rows = table if subject is None else table[table.index == subject]
            wanted = (m for m in self.measures(kind) if group in {None, m.group})
            yield from ids_of(rows, (m for m in wanted if measure in {None, m.name}))

    def figures(
        self, group: str | None = None, measure: str | None = None, subject: str | None = None
    ) -> Iterator[Figure]:
        """Yield all figures, or those of a group (areas, far, …), measure or subject."""
        yield from map(self.figure, self.figure_ids(group, measure, subject))

    def subject_name(self, kind: str, subject: str) -> Text:
        """Return the names of a subject; its id where it has none."""
        return self._view.name(kind, subject)


def ids_of(rows: pd.DataFrame, measures: Iterable[Measure]) -> Iterator[str]:
    """Yield the ids of the figures that rows of one kind have of some measures, row by row."""
    exists = [(m.name, rows[m.status_column].notna().tolist()) for m in measures]
    for place, subject in enumerate(rows.index):
        yield from (f"{name}/{subject}" for name, here in exists if here[place])
