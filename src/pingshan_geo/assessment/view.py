"""A figure as a view of one cell: value, bounds, inputs, evidence, notes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pingshan_geo.assessment import notes
from pingshan_geo.catalogue.schema import COUNTED_MEASURE, ID_COLUMN, KINDS
from pingshan_geo.evidence import Evidence
from pingshan_geo.figure import Completeness, Figure
from pingshan_geo.measures.ledger import counted_rows
from pingshan_geo.measures.readings import AGREES, USED
from pingshan_geo.measures.registry import FILLED_FROM, FLOORS, LANDS, MEASURES
from pingshan_geo.measures.rollup import auction_zone, members, project_zone
from pingshan_geo.words import Text

if TYPE_CHECKING:
    from pingshan_geo.assessment.build import Assessment

#: A sum over more rows than this names its table and filter in place of all its inputs.
MOST_INPUTS = 50


class View:
    """Makes figures of one assessment; holds nothing that the assessment does not hold.

    Parameters
    ----------
    assessment : Assessment
        The tables to look into.
    """

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.tables = assessment.tables
        self._place = {
            kind: {subject: row for row, subject in enumerate(table.index)}
            for kind, table in self.tables.items()
        }
        self._columns: dict[tuple[str, str], list[Any]] = {}
        self._facts: dict[tuple[str, str], list[dict[str, Any]]] = {}
        facts = assessment.facts.reset_index()
        for row in zip(*(facts[name].tolist() for name in facts), strict=True):
            fact = dict(zip(facts.columns, row, strict=True))
            self._facts.setdefault((fact["subject"], fact["measure"]), []).append(fact)
        self._made: dict[str, Figure | None] = {}
        self._members: dict[str, pd.DataFrame] = {}

    def cell(self, kind: str, column: str, subject: str) -> Any:
        """Return one cell of a table; None where it is missing or there is no such column."""
        if (kind, column) not in self._columns:
            table = self.tables[kind]
            values = table[column].astype(object).tolist() if column in table else []
            self._columns[kind, column] = values
        values = self._columns[kind, column]
        row = self._place[kind].get(subject)
        value = values[row] if row is not None and values else None
        return None if value is None or value is pd.NaT or value != value else value  # noqa: PLR0124

    def facts(self, measure: str, subject: str) -> list[dict[str, Any]]:
        """Return the printed numbers of a subject's measure, in the order of the catalogue."""
        return self._facts.get((subject, measure), [])

    def kind_of(self, subject: str) -> str | None:
        """Return the table that a subject stands in."""
        return next((kind for kind in KINDS if subject in self._place[kind]), None)

    def figure(self, figure_id: str) -> Figure | None:
        """Return a figure, or None where there is no such figure."""
        if figure_id not in self._made:
            measure, _, subject = figure_id.partition("/")
            kind = self.kind_of(subject)
            known = kind is not None and measure in MEASURES
            self._made[figure_id] = self._make(kind, measure, subject) if kind and known else None
        return self._made[figure_id]

    def _make(self, kind: str, name: str, subject: str) -> Figure | None:
        measure = MEASURES[name]
        status = self.cell(kind, measure.status_column, subject)
        if status is None:
            return None
        value = self.cell(kind, measure.column, subject)
        inputs, inputs_from = self._inputs(kind, name, subject)
        made = [figure for each in inputs if (figure := self.figure(each)) is not None]
        completeness = self._completeness(kind, name, subject)
        evidence = self._own_evidence(kind, name, subject)
        if not evidence:
            evidence = _unique(item for figure in made for item in figure.evidence)
        return Figure(
            kind=kind, measure=name, subject=subject, value=value,
            low=_finite(self.cell(kind, measure.low_column, subject)),
            high=_finite(self.cell(kind, measure.high_column, subject)),
            unit=self.unit(kind, name, subject),
            qualifier=self.cell(kind, measure.qualifier_column, subject) or "printed",
            status=status, method=measure.method,
            inputs=tuple(figure.id for figure in made), inputs_from=inputs_from,
            evidence=evidence, completeness=completeness,
            notes=tuple(notes.of_figure(self, kind, name, subject, made, completeness)),
            basis=self._basis(kind, name, subject),
        )  # fmt: skip

    def unit(self, kind: str, name: str, subject: str) -> str:
        """Return the stored unit of a cell."""
        return MEASURES[name].unit or self.cell(kind, "unit_si", subject) or "1"

    def _own_evidence(self, kind: str, name: str, subject: str) -> tuple[Evidence, ...]:
        """Return where the value itself was printed: facts that agree, else the row's source."""
        facts = [f for f in self.facts(name, subject) if f["role"] in {USED, AGREES}]
        if facts:
            return tuple(
                self._evidence(f["source_id"], f["locator"], f["printed"], f["fact_id"])
                for f in facts
            )
        source = self.cell(kind, "source_id", subject)
        if name == "target_value" and self.cell(kind, "value_digits", subject) is not None:
            digits, unit = (self.cell(kind, c, subject) for c in ("value_digits", "unit"))
            locator = self._locator(kind, "value", subject)
            printed = self.cell(kind, "printed", subject) or f"{digits} {unit}"
            return (self._evidence(source or "", locator, printed),)
        column = MEASURES[name].column
        own = self._in_column(kind, column, subject)
        if own is not None:
            locator = self._locator(kind, column, subject)
            printed = self.cell(kind, f"{column}_as_delivered", subject) or f"{own:.15g}"
            return (self._evidence(source or "", locator, str(printed)),)
        is_known = self.cell(kind, column, subject) is not None
        if name in {"measured_area", "measured_area_plane"} and source and is_known:
            where = self._locator(kind, "geometry", subject)
            return (self._evidence(source, where, notes.OUTLINE.en),)
        return ()

    def _locator(self, kind: str, column: str, subject: str) -> str:
        """Return the place of a cell: as the row says, in the imported file, in the catalogue."""
        said = self.cell(kind, "locator", subject)
        row = self.cell(kind, "source_row", subject)
        if said and column != "geometry":
            return str(said)
        if row is not None:
            return f"row {row}, {column}"
        if column == "geometry":
            return f"{kind}, feature {self.cell(kind, 'row_number', subject)}"
        return f"column {column}"

    def _in_column(self, kind: str, column: str, subject: str) -> float | None:
        """Return the number that the catalogue's own table has in a column, if any."""
        table = getattr(self.assessment.catalogue, kind)
        value = table[column].get(subject) if column in table else None
        return None if value is None or np.isnan(value) else float(value)

    def _evidence(
        self, source: str, locator: str, printed: str, fact: str | None = None
    ) -> Evidence:
        catalogue = self.assessment.catalogue
        url: Any = catalogue.sources["url"].get(source)
        return Evidence(source, locator, printed, fact, catalogue.source_title(source), url)

    def _inputs(
        self, kind: str, name: str, subject: str
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the ids of the figures that a cell was computed from, or their table."""
        if kind == "zones" and name in {*_OVER_LOTS, *_COUNTED}:
            return self._of_zone(subject, name)
        if name == "far":
            land = self._first_known(kind, LANDS, subject)
            floor = self._first_known(kind, FLOORS, subject)
            return [f"{floor}/{subject}", f"{land}/{subject}"], None
        if name == "share_of_parent":
            parent = self.cell(kind, "parent" if kind == "zones" else "zone_id", subject)
            return [f"recorded_area/{subject}", f"recorded_area/{parent}"], None
        if name in {"land_price_per_m2", "floor_price_per_m2"}:
            lot = self.cell(kind, "parcel_id", subject)
            floor = self._first_known("parcels", FLOORS, lot)
            of_lot = "site_area" if name == "land_price_per_m2" else floor
            return [f"price/{subject}", f"{of_lot}/{lot}"], None
        if name == "delivered_itemised":
            return [f"{m}/{lot}" for m, lot in self._items(subject) if lot], None
        is_asked = self.cell(kind, "target_value", subject) is not None
        by_print = not is_asked and self.facts("completion_rate_printed", subject)
        if name == "completion_rate" and by_print:
            return [f"completion_rate_printed/{subject}"], None
        if name in {"recorded_area", "site_area", "delivered"}:
            return self._stands_for(kind, name, subject), None
        return [f"{each}/{subject}" for each in MEASURES[name].inputs], None

    def _stands_for(self, kind: str, name: str, subject: str) -> list[str]:
        """Return the other figure that a recorded one was filled from, if any."""
        column = MEASURES[name].column
        is_printed = self.facts(name, subject) or self._in_column(kind, column, subject) is not None
        if is_printed or self.cell(kind, column, subject) is None:
            return []
        if name == "delivered":
            return [f"delivered_itemised/{subject}"]
        others = FILLED_FROM[name]
        known = (m for m in others if self.cell(kind, MEASURES[m].column, subject) is not None)
        return [f"{m}/{subject}" for m in known][:1]

    def _first_known(self, kind: str, names: tuple[str, ...], subject: str | None) -> str:
        """Return the first of some measures that is known, else the one that is missing."""
        for name in names:
            if subject and self.cell(kind, MEASURES[name].column, subject) is not None:
                return name
        return "gross_floor_area" if names is FLOORS else names[0]

    def _items(self, target: str) -> list[tuple[str, str | None]]:
        """Return measure and lot of each land transfer that counts towards a target."""
        rows = counted_rows(self.assessment.auctions, self.assessment.targets.index)
        lot_measure = COUNTED_MEASURE.get(
            self.cell("targets", "measure", target) or "", "site_area"
        )
        return [(lot_measure, lot) for lot in rows.loc[rows["target_id"] == target, "parcel_id"]]

    def _of_zone(self, zone: str, name: str) -> tuple[list[str], dict[str, str] | None]:
        """Return the lots' figures that a zone's was made of, or the rows of their table."""
        zones = [z for z in self.tables["zones"].index if self._lies_in(z, zone)]
        where = f"zone_id IN ({_quoted(zones)})"
        if name in _COUNTED:
            kind = _COUNTED[name]
            column = ID_COLUMN[kind]
            if kind != "parcels":  # a project or transfer may lie where its parcel does
                where = f"{column} IN ({_quoted(self.inside(kind, zone))})"
            return [], {"table": kind, "column": column, "where": where}
        lots, measures = self.inside("parcels", zone), _OVER_LOTS[name]
        if len(lots) <= MOST_INPUTS:
            counted = [lot for lot in lots if self.is_known(lot, measures)] or lots
            return [f"{measure}/{lot}" for lot in counted for measure in measures], None
        return [], {"table": "parcels", "column": MEASURES[measures[0]].column, "where": where}

    def is_known(self, lot: str, measures: tuple[str, ...]) -> bool:
        """Return whether all of some measures of a lot are known."""
        return all(self.cell("parcels", MEASURES[m].column, lot) is not None for m in measures)

    def lots_of(self, name: str, subject: str) -> list[str]:
        """Return the lots whose site area is known and counts in a zone's or target's figure."""
        if name == "delivered_itemised":
            named = {lot for measure, lot in self._items(subject) if lot and measure == "site_area"}
            return [lot for lot in sorted(named) if self.is_known(lot, ("site_area",))]
        measures = _OVER_LOTS[name]
        return [lot for lot in self.inside("parcels", subject) if self.is_known(lot, measures)]

    def _lies_in(self, zone: str, above: str) -> bool:
        at: str | None = zone
        while at is not None and at != above:
            at = self.cell("zones", "parent", at)
        return at == above

    def inside(self, kind: str, zone: str) -> list[str]:
        """Return the parcels, projects or transfers that lie in a zone or in one below it."""
        if not self._members:
            zones, parcels, projects, auctions, targets, _ = self.tables.values()
            places = {
                "parcels": parcels["zone_id"],
                "projects": project_zone(projects, parcels),
                "auctions": auction_zone(auctions, parcels, projects, targets),
            }
            self._members = {name: members(zones, zone_of) for name, zone_of in places.items()}
        pairs = self._members[kind]
        rows = pairs.loc[pairs["zone"] == self._place["zones"][zone], "row"]
        return self.tables[kind].index[sorted(rows)].tolist()

    def _completeness(self, kind: str, name: str, subject: str) -> Completeness | None:
        if kind == "targets" and name in {"delivered_itemised", "completion_rate_itemised"}:
            return self._itemised_completeness(subject)
        if kind == "zones" and name in _OVER_LOTS:
            lots = self.inside("parcels", subject)
            out = [lot for lot in lots if not self.is_known(lot, _OVER_LOTS[name])]
            return Completeness(len(lots) - len(out), len(lots), None, tuple(out))
        return None

    def _itemised_completeness(self, target: str) -> Completeness:
        rows = counted_rows(self.assessment.auctions, self.assessment.targets.index)
        rows = rows[rows["target_id"] == target]
        items = self._items(target)
        out = [
            str(auction)
            for auction, (measure, lot) in zip(rows.index, items, strict=True)
            if lot is None or self.cell("parcels", MEASURES[measure].column, lot) is None
        ]
        total = (
            self.cell("targets", "delivered", target) if self.facts("delivered", target) else None
        )
        itemised = self.cell("targets", "delivered_itemised", target)
        share = itemised / total if total and itemised is not None else None
        return Completeness(len(items) - len(out), len(items), share, tuple(out))

    def _basis(self, kind: str, name: str, subject: str) -> Text | None:
        if name == "site_area" and kind in {"parcels", "projects"}:
            if self.cell(kind, MEASURES[name].column, subject) is None:
                return None
            return notes.land_basis(self.cell(kind, "site_area_basis", subject))
        if name == "far":
            if kind == "zones":
                return notes.far_basis("gross/site")
            basis = self.cell(kind, "far_basis", subject)
            return notes.far_basis(basis) if basis else None
        return None


#: Measures of a zone that are made over its lots, with the lots' measures they need.
_OVER_LOTS: dict[str, tuple[str, ...]] = {
    "site_area_total": ("site_area",),
    "gross_floor_area_total": ("gross_floor_area",),
    "far": ("gross_floor_area", "site_area"),
}
#: Tables whose rows are counted by zone.
_COUNTED = {"parcel_count": "parcels", "project_count": "projects", "auction_count": "auctions"}


def _quoted(ids: list[str]) -> str:
    return ", ".join("'" + each.replace("'", "''") + "'" for each in ids)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _unique(items: Any) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(items))
