"""A catalogue → an assessment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Literal

import pandas as pd

from pingshan_geo.assessment.claims import with_claims
from pingshan_geo.assessment.land import district_of, topology_findings, zone_findings, zones_of
from pingshan_geo.assessment.lots import Day, Scene, put_verdicts, row_findings
from pingshan_geo.assessment.model import Assessment, Later
from pingshan_geo.assessment.obligations import obligation_findings, step_findings
from pingshan_geo.assessment.passes import Passed, boxes_of
from pingshan_geo.catalogue import Catalogue
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.partition import PART_ROWS
from pingshan_geo.catalogue.tolerance import SurveyTolerance
from pingshan_geo.errors import UsageError
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.measures.consequences import with_steps
from pingshan_geo.measures.deliveries import straddling, with_deliveries
from pingshan_geo.measures.ledger import (
    COUNTING,
    auction_table,
    target_table,
    transfer_findings,
    transfers_at,
)
from pingshan_geo.measures.lots import lot_table, put_geometry_areas, put_share_of_parent
from pingshan_geo.measures.obligations import obligation_table, with_terms
from pingshan_geo.measures.pace import put_pace
from pingshan_geo.measures.pairs import about, zoning
from pingshan_geo.measures.readings import USED, begun, known_by, readings, valid_at
from pingshan_geo.measures.reconcile import reconcile
from pingshan_geo.measures.recorded import conflicts, put_recorded
from pingshan_geo.measures.rollup import put_zone_totals
from pingshan_geo.measures.stages import put_stage_rates, stage_lots
from pingshan_geo.measures.wide import Wide

#: How land that straddles zones may be counted.
ALLOCATIONS = ("dominant", "area")


def assess(
    catalogue: Catalogue,
    as_of: date | str | None = None,
    *,
    allocate: Literal["dominant", "area"] = "dominant",
    expect_tiling: bool = False,
    survey_tolerance: SurveyTolerance | None = None,
    rows_of_part: int = PART_ROWS,
) -> Assessment:
    """Return the measures of all subjects of a catalogue, as of a day.

    Parameters
    ----------
    catalogue : Catalogue
        From `load_catalogue`.
    as_of : date or str, optional
        Last day that is known (a year or month means its last day); the catalogue's own without.
    allocate : str
        ``dominant``: a parcel that straddles zones of a kind counts once, in the one with its
        largest part, in none where more lies outside. ``area``: its land and floor are split by
        share; floor is then assumed.
    expect_tiling : bool
        Whether parcels should cover the district without a gap; else roads are normal.
    survey_tolerance : SurveyTolerance, optional
        How far a measured area may lie from a recorded one; the catalogue's own without.
    rows_of_part : int
        How many parcels in memory are assessed at a time; the figures do not depend on it.

    Raises
    ------
    UsageError
        If ``as_of`` is text and no date, or ``allocate`` is neither.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> early = assess(load_catalogue(), "2017-12-31")
    >>> sorted(early.auctions.index[early.auctions["date"].str[:4] > "2017"])
    []
    """
    if allocate not in ALLOCATIONS:
        raise UsageError(
            f"allocate is {allocate!r}; it can be {' or '.join(ALLOCATIONS)}",
            f"allocate 为 {allocate!r}，只能是 {' 或 '.join(ALLOCATIONS)}",
        )
    cutoff = _cutoff(as_of, catalogue.as_of)
    tolerance = survey_tolerance or catalogue.survey_tolerance
    dated = catalogue.sources["date"]
    facts, possible = _deliveries(catalogue.facts, cutoff)
    transfers = transfers_at(catalogue.auctions, dated, cutoff)
    auctions = transfers.known
    found: list[Finding] = [*catalogue.findings, *transfer_findings(transfers)]
    found.extend(_undecided(possible))
    target_rows = catalogue.targets[begun(catalogue.targets["period_start"], cutoff)]
    zones = Wide(valid_at(catalogue.zones, cutoff))
    put_recorded(zones, facts, ("recorded_area",), ("recorded_area",))
    put_geometry_areas(zones)
    put_share_of_parent(zones, zones.base["parent"], zones)
    is_split = allocate == "area"
    lots = _measured(catalogue, Day(cutoff, dated), facts, zones, tolerance, is_split, rows_of_part)
    project_rows = catalogue.projects[known_by(catalogue.projects, None, dated, cutoff)]
    parcels, _ = lots.named
    places = zones_of(zones.base, lots.named, project_rows, auctions, target_rows)
    put_verdicts(zones, reconcile(zones.table(), tolerance=tolerance))
    projects = lot_table(project_rows, "projects", facts)
    sales = auction_table(auctions, facts, parcels)
    targets = target_table(target_rows, facts, possible, transfers, parcels)
    put_pace(targets, cutoff)
    lots_of = stage_lots(targets.base.index, transfers, projects.base)
    put_stage_rates(targets, lots_of, parcels, projects)
    indicators = _indicators(catalogue, facts)
    put_zone_totals(zones, lots.totals, places)
    asked = catalogue.obligations[known_by(catalogue.obligations, None, dated, cutoff)]
    held = auctions[auctions["transfer_verdict"].isin(COUNTING)]
    obligations = obligation_table(with_terms(asked, held), facts, _dates(auctions), cutoff)
    claims = catalogue.claims[known_by(catalogue.claims, None, dated, cutoff)]
    wides = {
        "zones": zones, "projects": projects, "auctions": sales, "targets": targets,
        "indicators": indicators, "obligations": obligations, "claims": Wide(claims),
    }  # fmt: skip
    found.extend(conflicts(facts, catalogue.source_title))
    for kind, wide in wides.items():
        found.extend(row_findings(kind, wide.base, facts))
    steps = valid_at(catalogue.consequences, cutoff)
    tables = {kind: with_steps(kind, wide.table(), steps) for kind, wide in wides.items()}
    causes = lots.causes()
    table = lots.finish(causes, steps)
    found.extend(obligation_findings(tables["obligations"]))
    found.extend(step_findings([*tables.values(), table.names], steps))
    errors = lots.topology(district_of(tables["zones"]), expect_tiling=expect_tiling)
    found.extend(topology_findings(errors))
    found.extend(zone_findings(tables["zones"]))
    for each in (lots.findings(), lots.quality_findings(causes)):
        found.extend(each)
    made = Assessment(
        catalogue=catalogue, as_of=cutoff, facts=facts, findings=in_order(found),
        lots=table, pieces=lots.pieces(), topology=errors, allocate=allocate,
        places=_places(lots, places, is_split), **tables,
    )  # fmt: skip
    del lots  # what holds all of the passes: tables know their files
    return with_claims(made)


def _measured(
    catalogue: Catalogue, day: Day, facts: pd.DataFrame, zones: Wide, tolerance: SurveyTolerance,
    is_split: bool, rows_of_part: int,
) -> Passed:  # fmt: skip
    """Return all parcels of a catalogue after the first pass."""
    rows = catalogue.lots.cut(rows_of_part)
    zoned = zoning(zones.base, about(zones.base, boxes_of(rows, day)))
    limits = valid_at(catalogue.limits, day.cutoff)
    named = _named(catalogue)
    return Passed.over(rows, Scene(day, facts, zones, zoned, limits, is_split, tolerance, named))


def _places(lots: Passed, others: dict[str, pd.DataFrame], is_split: bool) -> Later:
    """Return the zones of all subjects; those of parcels are read when they are asked for."""
    whole, shares = lots.places("lots"), lots.places("shares")
    return Later({
        "parcels": partial(getattr, whole, "whole"), "shares": partial(getattr, shares, "whole"),
        "land": partial(getattr, shares if is_split else whole, "whole"),
        **{kind: partial(others.get, kind) for kind in others},
    })  # fmt: skip


def _named(catalogue: Catalogue) -> frozenset[str]:
    """Return the parcels that other tables speak of."""
    columns = (catalogue.auctions["parcel_id"], catalogue.projects["parcel_id"])
    return frozenset(str(each) for column in columns for each in column.dropna())


def _indicators(catalogue: Catalogue, facts: pd.DataFrame) -> Wide:
    """Return the indicators of which something is known, each with its own unit."""
    later = catalogue.facts["subject"].isin(catalogue.indicators.index)
    not_yet = set(catalogue.facts.loc[later, "subject"]) - set(facts["subject"])
    indicators = Wide(catalogue.indicators[~catalogue.indicators.index.isin(not_yet)])
    put_recorded(indicators, facts, ("indicator_value",), ("indicator_value",))
    used = facts[(facts["role"] == USED) & (facts["measure"] == "indicator_value")]
    units = used.set_index("subject")["unit_si"]
    indicators.note("unit_si", units.reindex(indicators.base.index).to_numpy(dtype=object))
    return indicators


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


def _deliveries(facts: pd.DataFrame, cutoff: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the readings of a day, and the deliveries whose date lies across it."""
    is_possible = straddling(facts, cutoff)
    possible = facts[is_possible & begun(facts["period_start"], cutoff)]
    return with_deliveries(readings(facts[~is_possible], cutoff), cutoff), possible


def _undecided(possible: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for each delivery whose date is too coarse to be held against a day."""
    for subject, *dates in possible[["subject", "as_of", "period_end"]].itertuples(index=False):
        yield Finding("date-straddles", subject, field="as_of", value=dates[0] or dates[1])


def _dates(auctions: pd.DataFrame) -> dict[str, str | None]:
    return dict(zip(auctions.index.astype(str), auctions["date"], strict=True))
