"""How far the lots of a target have come: a completion rate at each stage."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import COUNTED_MEASURE, COUNTED_STAGES, STAGES
from pingshan_geo.figure import Interval, choose_code, combined_qualifier, divide
from pingshan_geo.measures.ledger import COUNTING, DOUBTFUL, STANDS, Transfers, land_of
from pingshan_geo.measures.registry import stage_rate
from pingshan_geo.measures.rollup import group_sums
from pingshan_geo.measures.wide import Wide, positions

#: Place of each stage in their order; -1 has reached none.
RANK = {stage: rank for rank, stage in enumerate(STAGES)}
_NONE, _SOLD = -1, RANK["auctioned"]
_COLUMNS = ("target_id", "kind", "lot", "low", "value")


class _Ledger:
    """Which lots, projects and transfers belong together."""

    def __init__(self, transfers: Transfers, projects: pd.DataFrame) -> None:
        known = transfers.known[transfers.known["transfer_verdict"].isin(COUNTING)]
        columns = ("target_id", "parcel_id", "project_id")
        self.transfers: list[tuple[str, str | None, str | None, str | None, str]] = [
            *zip(known.index, *(known[c] for c in columns), known["transfer_verdict"], strict=True),
            *(
                (*row, "possible")
                for row in zip(
                    transfers.possible.index, *(transfers.possible[c] for c in columns), strict=True
                )
            ),
        ]
        self.stage = dict(zip(projects.index, projects["stage"], strict=True))
        self.asked = projects["target_id"] if "target_id" in projects else pd.Series(dtype=object)
        self.own_parcel = dict(zip(projects.index, projects["parcel_id"], strict=True))
        self.parcels_of: dict[str, dict[str, None]] = {}
        self.projects_of: dict[str, set[str]] = {}
        pairs = [(project, lot) for project, lot in self.own_parcel.items()]
        pairs += [(project, lot) for _, _, lot, project, _ in self.transfers if project]
        for project, lot in pairs:
            if lot:
                self.parcels_of.setdefault(str(project), {})[lot] = None
                self.projects_of.setdefault(lot, set()).add(str(project))
        self.sold: dict[tuple[str, str], set[str]] = {}
        for name, _, lot, project, verdict in self.transfers:
            places = [("auctions", name), ("parcels", lot), ("projects", project)]
            for kind, each in places:
                if each:
                    self.sold.setdefault((kind, each), set()).add(verdict)

    def lots(self, targets: Iterable[str]) -> dict[tuple[str, str, str], str | None]:
        """Return target, kind and id of each lot once, with a project of one that is no parcel."""
        wanted = set(targets)
        named: dict[tuple[str, str, str], str | None] = {}
        for _, target, lot, _, _ in self.transfers:
            if target in wanted and target and lot:
                named[target, "parcels", lot] = None
        for name, target, lot, project, _ in self.transfers:
            if target not in wanted or not target or lot:
                continue
            own = self.own_parcel.get(project) if project else None
            if own and (target, "parcels", own) not in named:
                named[target, "parcels", own] = None
            elif project and project not in self.parcels_of:
                named[target, "projects", project] = project
            else:  # land of its own that nobody names, not that of the project's other lots
                named[target, "auctions", name] = project
        for project, target in zip(self.asked.index.astype(str), self.asked, strict=True):
            if target not in wanted:
                continue
            parcels = self.parcels_of.get(str(project))
            for lot in parcels or ():
                named[target, "parcels", lot] = None
            if not parcels:
                named[target, "projects", str(project)] = str(project)
        return named

    def reached(self, kind: str, lot: str, project: str | None) -> tuple[int, int]:
        """Return the stages (places in their order) that a lot has surely and by record reached.

        By its projects, at least sold if it was. It may have come further: what came after a
        source was printed stands nowhere.
        """
        works = self.projects_of.get(lot, set()) if kind == "parcels" else {project} - {None}
        stages = [self.stage.get(each) for each in works]
        ranks = [_NONE if stage is None else RANK[stage] for stage in stages]
        low = value = min(ranks, default=_NONE)
        sold = self.sold.get((kind, lot), set())
        if STANDS in sold:
            low = max(low, _SOLD)
        if sold & {STANDS, DOUBTFUL}:
            value = max(value, _SOLD)
        return low, value


def stage_lots(
    targets: Iterable[str], transfers: Transfers, projects: pd.DataFrame
) -> pd.DataFrame:
    """Return the lots that count towards each target, with the stages that they have reached.

    Parameters
    ----------
    targets : iterable of str
        Ids of targets.
    transfers : Transfers
        Land transfers of a day; one that stands is at least ``auctioned``.
    projects : DataFrame
        Projects known then, with or without ``target_id``.

    Returns
    -------
    DataFrame
        ``target_id``; ``kind`` and ``lot``: a parcel, else a project, else a transfer of which
        neither is known; ``low, value``: places in `STAGES` that it has surely and by the record
        reached (-1 for none).
    """
    ledger = _Ledger(transfers, projects)
    rows = [
        (target, kind, lot, *ledger.reached(kind, lot, project))
        for (target, kind, lot), project in ledger.lots(targets).items()
    ]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.astype({"low": np.int64, "value": np.int64})


def put_stage_rates(wide: Wide, lots: pd.DataFrame, parcels: Wide, projects: Wide) -> None:
    """Put the rate of each counted stage: land of the lots that reached it over the target.

    Only targets that lots name and that ask for land or floor have them. A lot of unknown area is
    left out; one that nobody says has come so far is in the upper bound only, and where no lot has,
    by any source, the rate is unknown and not 0.

    Parameters
    ----------
    wide : Wide
        Targets with ``target_value``; columns are added to it.
    lots : DataFrame
        From `stage_lots`.
    parcels, projects : Wide
        With their areas.
    """
    targets = wide.base.index
    group = positions(targets, lots["target_id"])
    tables = (("parcels", parcels), ("projects", projects))
    named = ((lots["lot"].where(lots["kind"] == kind, None), table) for kind, table in tables)
    land = land_of(wide, group, *named)
    asked, asked_q = wide.interval("target_value"), wide.qualifier("target_value")
    is_land = wide.base["measure"].isin(COUNTED_MEASURE).to_numpy()
    where = (np.bincount(group, minlength=len(targets)) > 0) & is_land
    for stage in COUNTED_STAGES:
        reached = at_stage(lots, land.interval, RANK[stage])
        counted = choose_code(reached.value > 0, land.qualifier, None)
        total = group_sums(reached, group, len(targets), counted)
        is_told = (lots["value"] >= RANK[stage]).to_numpy() & ~np.isnan(reached.value)
        told = np.bincount(group[is_told], minlength=len(targets)) > 0
        known = Interval(*(np.where(told, part, np.nan) for part in total.interval))
        rate = divide(known, asked)
        # Land that nobody prints may be any, so there is no upper bound then.
        rate = rate._replace(high=np.where(told & (total.known < total.rows), np.inf, rate.high))
        rate = rate._replace(high=np.where(np.isnan(rate.value), np.nan, rate.high))
        qualifier = combined_qualifier(rate, total.qualifier, asked_q)
        wide.put(stage_rate(stage), rate, "derived", qualifier, where=where)


def at_stage(lots: pd.DataFrame, land: Interval, rank: int) -> Interval:
    """Return the land of each lot that counts at a stage, as far as it is said, and at most all."""
    value, low = (
        np.where(np.isnan(land.value) | (lots[name].to_numpy() >= rank), part, 0.0)
        for name, part in (("value", land.value), ("low", land.low))
    )
    return Interval(value, low, land.high)
