"""A catalogue → an assessment: wide tables of measures, and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.assessment.view import View
from pingshan_geo.catalogue import Catalogue
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.schema import FACT_MEASURES, KINDS
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Figure
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.ids import hint
from pingshan_geo.measures.ledger import auction_table, target_table
from pingshan_geo.measures.lots import lot_table, put_geometry_areas, put_share_of_parent
from pingshan_geo.measures.readings import USED, begun, known_by, readings, straddles
from pingshan_geo.measures.recorded import column_conflicts, conflicts, put_recorded
from pingshan_geo.measures.registry import MEASURES, Measure
from pingshan_geo.measures.rollup import auction_zone, project_zone, put_zone_totals
from pingshan_geo.measures.wide import Wide
from pingshan_geo.words import Text


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
    zones, parcels : GeoDataFrame
        In the catalogue's CRS.
    projects, auctions, targets, indicators : DataFrame
        Indexed by id, like all.
    facts : DataFrame
        The printed numbers known at ``as_of`` with the ``role`` that each plays.
    findings : tuple of Finding
        About the catalogue and the assessment.
    """

    catalogue: Catalogue
    as_of: date
    zones: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    projects: pd.DataFrame
    auctions: pd.DataFrame
    targets: pd.DataFrame
    indicators: pd.DataFrame
    facts: pd.DataFrame
    findings: tuple[Finding, ...]

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The six tables by kind, in the order of every output."""
        return {kind: getattr(self, kind) for kind in KINDS}

    @cached_property
    def _view(self) -> View:
        return View(self)

    def measures(self, kind: str) -> tuple[Measure, ...]:
        """Return the measures that the table of a kind has columns of."""
        columns = set(self.tables[kind].columns)
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
            near, near_zh = hint(figure_id, self.figure_ids())
            raise UsageError(
                f"there is no figure {figure_id!r}{near}", f"没有数据 {figure_id!r}{near_zh}"
            )
        return found

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
        row = self.tables[kind].loc[subject]
        english, chinese = row.get("name_en"), row.get("name_zh")
        return Text(english or chinese or subject, chinese or english or subject)


def ids_of(rows: pd.DataFrame, measures: Iterable[Measure]) -> Iterator[str]:
    """Yield the ids of the figures that rows of one kind have of some measures, row by row."""
    exists = [(m.name, rows[m.status_column].notna().tolist()) for m in measures]
    for place, subject in enumerate(rows.index):
        yield from (f"{name}/{subject}" for name, here in exists if here[place])


def assess(catalogue: Catalogue, as_of: date | str | None = None) -> Assessment:
    """Return the measures of all subjects of a catalogue, as of a day.

    Parameters
    ----------
    catalogue : Catalogue
        From `load_catalogue`.
    as_of : date or str, optional
        Last day that is known (a year or month means its last day); the catalogue's own without.

    Raises
    ------
    UsageError
        If ``as_of`` is text and no date.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> early = assess(load_catalogue(), "2017-12-31")
    >>> sorted(early.auctions.index[early.auctions["date"].str[:4] > "2017"])
    []
    """
    cutoff = _cutoff(as_of, catalogue.as_of)
    found: list[Finding] = [*catalogue.findings]
    facts = readings(catalogue.facts, cutoff)
    dated = catalogue.sources["date"]
    found.extend(_undecided(catalogue.auctions, cutoff))
    auctions = catalogue.auctions[known_by(catalogue.auctions, "date", dated, cutoff)]
    target_rows = catalogue.targets[begun(catalogue.targets["period_start"], cutoff)]
    project_rows = catalogue.projects[known_by(catalogue.projects, None, dated, cutoff)]
    zones = Wide(_valid(catalogue.zones, cutoff))
    put_recorded(zones, facts, ("recorded_area",), ("recorded_area",))
    put_geometry_areas(zones)
    put_share_of_parent(zones, zones.base["parent"], zones)
    lots = _valid(catalogue.parcels, cutoff)
    parcels = lot_table(lots[known_by(lots, "valid_from", dated, cutoff)], "parcels", facts)
    put_geometry_areas(parcels)
    put_share_of_parent(parcels, parcels.base["zone_id"], zones)
    projects = lot_table(project_rows, "projects", facts)
    sales = auction_table(auctions, facts, parcels)
    targets = target_table(target_rows, facts, auctions, parcels)
    later = catalogue.facts["subject"].isin(catalogue.indicators.index)
    not_yet = set(catalogue.facts.loc[later, "subject"]) - set(facts["subject"])
    indicators = Wide(catalogue.indicators[~catalogue.indicators.index.isin(not_yet)])
    put_recorded(indicators, facts, ("indicator_value",), ("indicator_value",))
    used = facts[(facts["role"] == USED) & (facts["measure"] == "indicator_value")]
    units = used.set_index("subject")["unit_si"]
    indicators.note("unit_si", units.reindex(indicators.base.index).to_numpy(dtype=object))
    put_zone_totals(
        zones,
        parcels.table(),
        project_zone(projects.base, parcels.base),
        auction_zone(auctions, parcels.base, projects.base, target_rows),
    )
    wides = (zones, parcels, projects, sales, targets, indicators)
    found.extend(_findings(dict(zip(KINDS, wides, strict=True)), facts, catalogue.source_title))
    tables = dict(zip(KINDS, (wide.table() for wide in wides), strict=True))
    return Assessment(
        catalogue=catalogue, as_of=cutoff, facts=facts, findings=in_order(found), **tables
    )


def _cutoff(as_of: date | str | None, default: date) -> date:
    if as_of is None:
        return default
    if isinstance(as_of, date):
        return date(as_of.year, as_of.month, as_of.day)  # a datetime does not compare with days
    found = span(as_of)
    if found is None:
        raise UsageError(
            f"{as_of!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD",
            f"{as_of!r} 不是日期，请写 YYYY、YYYY-MM 或 YYYY-MM-DD",
        )
    return found.last


def _valid(table: gpd.GeoDataFrame, cutoff: date) -> gpd.GeoDataFrame:
    """Return the rows that exist at a day; the last day of ``valid_to`` still counts."""
    ends = [bool((d := span(text or "")) and d.last < cutoff) for text in table["valid_to"]]
    return table[begun(table["valid_from"], cutoff) & ~np.array(ends, dtype=bool)]


def _undecided(auctions: pd.DataFrame, cutoff: date) -> Iterator[Finding]:
    """Yield a finding for each land transfer whose date is too coarse to be held against a day."""
    for subject in auctions.index[straddles(auctions["date"], cutoff)]:
        value = str(auctions.loc[subject, "date"])
        yield Finding("date-straddles", str(subject), field="date", value=value)


def _findings(
    wides: Mapping[str, Wide], facts: pd.DataFrame, title_of: Callable[[str], Text]
) -> Iterator[Finding]:
    yield from conflicts(facts, title_of)
    for kind, wide in wides.items():
        yield from column_conflicts(wide.base, facts, FACT_MEASURES[kind])
        if "geometry_status" in wide.base:
            for subject in wide.base.index[wide.base["geometry_status"] == "none"]:
                yield Finding("not-drawn", str(subject))
