"""A figure as a view of one cell: value, bounds, inputs, evidence, notes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pingshan_geo.assessment import claims, many, notes, obligations
from pingshan_geo.assessment.corrected import by_cell, corrections
from pingshan_geo.assessment.members import Members, Rows
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.evidence import Evidence
from pingshan_geo.figure import Completeness, Figure, IntArray
from pingshan_geo.measures.ledger import Transfers, counted_rows, transfers_at
from pingshan_geo.measures.limits import LIMIT_COLUMN
from pingshan_geo.measures.membership import levels
from pingshan_geo.measures.readings import AGREES, INSTALMENT, USED
from pingshan_geo.measures.registry import FILLED_FROM, FLOORS, LANDS, MEASURES
from pingshan_geo.measures.stages import stage_lots
from pingshan_geo.units import UNITS
from pingshan_geo.words import LANGUAGES, Text, text

if TYPE_CHECKING:
    from pingshan_geo.assessment.model import Assessment


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
        self.rows = {kind: Rows(parts) for kind, parts in assessment.parts.items()}
        self.members = Members(assessment.lots, assessment.pieces, assessment.places)
        self._facts: dict[tuple[str, str], list[dict[str, Any]]] = {}
        facts = assessment.facts.reset_index()
        for row in zip(*(facts[name].tolist() for name in facts), strict=True):
            fact = dict(zip(facts.columns, row, strict=True))
            self._facts.setdefault((fact["subject"], fact["measure"]), []).append(fact)
        self._made: dict[str, Figure | None] = {}
        self.corrected = by_cell(assessment.catalogue.findings)
        # Rows of tables as they are asked for: pandas takes 50 µs for one.
        self._delivered: dict[str, Rows] = {}
        self._limits: dict[str, Any] = {}
        self._sources: dict[str, tuple[Text, Any]] = {}

    def cell(self, kind: str, column: str, subject: str) -> Any:
        """Return one cell of a table; None where it is missing or there is no such column."""
        return self.rows[kind].cell(column, subject)

    def name(self, kind: str, subject: str) -> Text:
        """Return the names of a subject; its id where it has none."""
        if kind == "overlay":
            return self._pair_name(subject)
        english, chinese = (self.cell(kind, f"name_{lang}", subject) for lang in LANGUAGES)
        return Text(english or chinese or subject, chinese or english or subject)

    def _pair_name(self, pair: str) -> Text:
        lot, zone = (self.cell("overlay", f"{each}_id", pair) for each in ("parcel", "zone"))
        if zone is None:
            kind = text(self.cell("overlay", "zone_kind", pair))
            return text("pair_outside").filled(lot=self.name("parcels", lot), kind=kind)
        named = self.name("parcels", lot), self.name("zones", zone)
        return text("pair_inside").filled(lot=named[0], zone=named[1])

    def facts(self, measure: str, subject: str) -> list[dict[str, Any]]:
        """Return the printed numbers of a subject's measure, in the order of the catalogue."""
        return self._facts.get((subject, measure), [])

    def kind_of(self, subject: str) -> str | None:
        """Return the table that a subject stands in."""
        # Ids are unique over all tables: the largest ones are looked into last.
        kinds = sorted(self.rows, key=_LARGE.__contains__)
        return next((kind for kind in kinds if subject in self.rows[kind].place), None)

    def figure(self, figure_id: str) -> Figure | None:
        """Return a figure, or None where there is no such figure."""
        if figure_id not in self._made:
            if len(self._made) > _MOST_KEPT:
                self._made.clear()
            measure, _, subject = figure_id.partition("/")
            # A parcel may be called as a pair is; what it has is told from what the pair has.
            is_pair = measure in _OF_PAIRS and subject in self.rows["overlay"].place
            kind = "overlay" if is_pair else self.kind_of(subject)
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
        completeness = many.completeness(self, kind, name, subject)
        evidence = self._own_evidence(kind, name, subject)
        if not evidence:
            evidence = tuple(dict.fromkeys(item for figure in made for item in figure.evidence))
        return Figure(
            kind=kind, measure=name, subject=subject, value=value,
            low=_finite(self.cell(kind, measure.low_column, subject)),
            high=_finite(self.cell(kind, measure.high_column, subject)),
            unit=self.unit(kind, name, subject),
            qualifier=self.cell(kind, measure.qualifier_column, subject) or "printed",
            status=status, method=measure.method,
            inputs=tuple(figure.id for figure in made), inputs_from=inputs_from,
            evidence=evidence, completeness=completeness,
            notes=tuple(dict.fromkeys(self._notes(kind, name, subject, made, completeness))),
            basis=self._basis(kind, name, subject),
            verdict=self.cell(kind, _VERDICTS.get(name, ""), subject),
            cause=self.cell(kind, "area_cause", subject) if name == "area_difference" else None,
        )  # fmt: skip

    def _notes(
        self, kind: str, name: str, subject: str, made: list[Figure],
        completeness: Completeness | None,
    ) -> Iterator[Text]:  # fmt: skip
        if kind == "claims":
            yield from claims.notes_of(self, name, subject)
        else:
            yield from notes.of_figure(self, kind, name, subject, made, completeness)
        yield from corrections(self, kind, name, subject)

    def unit(self, kind: str, name: str, subject: str) -> str:
        """Return the stored unit of a cell."""
        return (
            MEASURES[name].unit
            or self.cell(kind, f"{name}_unit_si", subject)
            or self.cell(kind, "unit_si", subject)
            or "1"
        )

    def _own_evidence(self, kind: str, name: str, subject: str) -> tuple[Evidence, ...]:
        """Return where the value itself was printed: facts that agree, else the row's source."""
        told = self.facts(name, subject)
        facts = [f for f in told if f["role"] == INSTALMENT]  # what adds up, and nothing twice
        facts = facts or [f for f in told if f["role"] in {USED, AGREES}]
        if facts:
            return tuple(
                self._evidence(f["source_id"], f["locator"], f["printed"], f["fact_id"])
                for f in facts
            )
        said = obligations.printed_place(self, name, subject)
        if said is None and kind == "claims":
            said = claims.printed_place(self, name, subject)
        if said is not None:
            return (self._evidence(*said),)
        source = self.cell(kind, "source_id", subject)
        if name == "target_value" and self.cell(kind, "value_digits", subject) is not None:
            digits, unit = (self.cell(kind, c, subject) for c in ("value_digits", "unit"))
            locator = self._locator(kind, "value", subject)
            printed = self.cell(kind, "printed", subject) or f"{digits} {UNITS[unit].en}"
            return (self._evidence(source or "", locator, printed),)
        column = MEASURES[name].column
        if kind == "overlay":
            return self._outlines(name, subject)
        limits = self.cell(kind, _LIMITS_FROM.get(name, ""), subject)
        if limits is not None:
            return tuple(self._limit_evidence(name, limit) for limit in limits.split("; "))
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

    def _outlines(self, name: str, pair: str) -> tuple[Evidence, ...]:
        """Return the outlines that a share was cut from; an area is evidenced by its inputs."""
        if name == "overlay_area":
            return ()
        places = (("parcels", "parcel_id"), ("zones", "zone_id"))
        named = [(kind, self.cell("overlay", column, pair)) for kind, column in places]
        return tuple(
            self._evidence(source, self._locator(kind, "geometry", subject), notes.OUTLINE.en)
            for kind, subject in named
            if subject is not None and (source := self.cell(kind, "source_id", subject))
        )

    def _limit_evidence(self, name: str, limit: str) -> Evidence:
        """Return where a row of the table of limits was printed."""
        if limit not in self._limits:
            self._limits[limit] = self.assessment.catalogue.limits.loc[limit].to_dict()
        row = self._limits[limit]
        locator = row["locator"] or f"limits, {limit}"
        printed = row[LIMIT_COLUMN[name]]
        return self._evidence(row["source_id"] or "", locator, f"{printed:.15g}")

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
        if kind not in self._delivered:
            catalogue = self.assessment.catalogue
            own = kind == "parcels"
            parts = catalogue.lots if own else Parts.of(getattr(catalogue, kind))
            self._delivered[kind] = Rows(parts)
        value = self._delivered[kind].cell(column, subject)
        return None if value is None else float(value)

    def _evidence(
        self, source: str, locator: str, printed: str, fact: str | None = None
    ) -> Evidence:
        if source not in self._sources:
            catalogue = self.assessment.catalogue
            url = catalogue.sources["url"].get(source)
            self._sources[source] = (catalogue.source_title(source), url)
        return Evidence(source, locator, printed, fact, *self._sources[source])

    def _inputs(
        self, kind: str, name: str, subject: str
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the ids of the figures that a cell was computed from, or their table."""
        if kind == "zones" and name in many.OF_ZONES:
            return many.inputs_of_zone(self, subject, name)
        if kind == "claims":
            return claims.inputs_of(self, name, subject)
        if name in many.STAGE_RATES:
            return many.inputs_of_stage(self, subject, name), None
        return self._beside(kind, name, subject) or self._own(kind, name, subject), None

    def _beside(self, kind: str, name: str, subject: str) -> list[str]:
        """Return the inputs of figures that need those of another subject, or of several bases."""
        if kind == "overlay" and name == "overlay_area":
            lot = self.cell(kind, "parcel_id", subject)
            return [f"overlay_share/{subject}", f"measured_area/{lot}"]
        if name in {"far", "floor_headroom"}:
            floor, land = self._of_far(kind, subject)
            named = (floor, land) if name == "far" else ("far_limit", land, floor)
            return [f"{each}/{subject}" for each in named]
        if name == "share_of_parent":
            parent = self.cell(kind, "parent" if kind == "zones" else "zone_id", subject)
            return [f"recorded_area/{subject}", f"recorded_area/{parent}"]
        if name in {"land_price_per_m2", "floor_price_per_m2"}:
            lot = self.cell(kind, "parcel_id", subject)
            floor = self._first_known("parcels", FLOORS, lot)
            of_lot = "site_area" if name == "land_price_per_m2" else floor
            return [f"price/{subject}", f"{of_lot}/{lot}"]
        return []

    def _own(self, kind: str, name: str, subject: str) -> list[str]:
        """Return the inputs of a figure that are figures of the same subject, or of its rows."""
        if name == "delivered_itemised":
            return [f"{m}/{lot}" for m, lot in many.items(self, subject) if lot]
        is_asked = self.cell(kind, "target_value", subject) is not None
        by_print = not is_asked and self.facts("completion_rate_printed", subject)
        if name == "completion_rate" and by_print:
            return [f"completion_rate_printed/{subject}"]
        if name in {"recorded_area", "site_area", "delivered"}:
            return self._stands_for(kind, name, subject)
        return [f"{each}/{subject}" for each in MEASURES[name].inputs]

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

    def _of_far(self, kind: str, subject: str) -> tuple[str, str]:
        """Return the floor and the land that a ratio was computed from, or what is missing."""
        positive = (m for m in LANDS if (self.cell(kind, MEASURES[m].column, subject) or 0) > 0)
        floor, land = (self._first_known(kind, names, subject) for names in (FLOORS, LANDS))
        return floor, next(positive, land)

    def _first_known(self, kind: str, names: tuple[str, ...], subject: str | None) -> str:
        """Return the first of some measures that is known, else the one that is missing."""
        for name in names:
            if subject and self.cell(kind, MEASURES[name].column, subject) is not None:
                return name
        return "gross_floor_area" if names is FLOORS else names[0]

    @cached_property
    def transfers(self) -> Transfers:
        """Land transfers at the day of the assessment, with those that may lie before it."""
        catalogue = self.assessment.catalogue
        return transfers_at(catalogue.auctions, catalogue.sources["date"], self.assessment.as_of)

    @cached_property
    def counted(self) -> dict[str, list[tuple[str, str | None]]]:
        """Land transfer and parcel of all that counts towards each target."""
        found: dict[str, list[tuple[str, str | None]]] = {}
        rows = counted_rows(self.assessment.auctions, self.assessment.targets.index)
        for row, target, lot in zip(rows.index, rows["target_id"], rows["parcel_id"], strict=True):
            found.setdefault(target, []).append((str(row), lot))
        return found

    @cached_property
    def stage_lots(self) -> dict[str, list[dict[str, Any]]]:
        """Lots that count towards each target, with the stages that they have reached."""
        targets, projects = self.tables["targets"].index, self.tables["projects"]
        found: dict[str, list[dict[str, Any]]] = {}
        for row in stage_lots(targets, self.transfers, projects).to_dict("records"):
            found.setdefault(row["target_id"], []).append({str(k): v for k, v in row.items()})
        return found

    @cached_property
    def levels(self) -> dict[str, str]:
        """The kind of each zone with its level, see `levels`."""
        return {str(zone): level for zone, level in levels(self.assessment.zones).items()}

    @cached_property
    def below(self) -> dict[str, list[str]]:
        """The zones that lie in each zone, and itself, in the order of the catalogue."""
        found: dict[str, list[str]] = {zone: [] for zone in self.levels}
        for zone in self.levels:
            above: str | None = zone
            while above in found:
                found[above].append(zone)
                above = self.cell("zones", "parent", above)
        return found

    def inside(self, places: str, zone: str) -> list[str]:
        """Return the projects or transfers that lie in a zone or below it."""
        return self.tables[places].index[self.lots(zone, places)].tolist()

    def lots(self, zone: str, places: str = "land") -> IntArray:
        """Return the positions of the parcels, the land or others in a zone or below it."""
        return self.members.inside(places, self.rows["zones"].place[zone])

    def _basis(self, kind: str, name: str, subject: str) -> Text | None:
        if name in {"site_area", "recorded_area"} and kind in {"parcels", "projects"}:
            if self.cell(kind, MEASURES[name].column, subject) is None:
                return None
            return notes.land_basis(self.cell(kind, f"{name}_basis", subject))
        if name == "far":
            if kind == "zones":
                return notes.far_basis("gross/site")
            basis = self.cell(kind, "far_basis", subject)
            return notes.far_basis(basis) if basis else None
        return None


# Figures stand in the order of their subjects, and most are made of those of their own.
_MOST_KEPT = 50_000
#: Tables that may have millions of rows.
_LARGE = frozenset({"parcels", "overlay"})
#: Measures of a parcel in a zone.
_OF_PAIRS = ("overlay_area", "overlay_share", "overlay_share_of_zone")
#: Columns of the verdict that a figure has.
_VERDICTS = {
    "far": "far_verdict", "site_coverage": "site_coverage_verdict",
    "green_ratio": "green_ratio_verdict", "building_height": "building_height_verdict",
    "area_difference": "area_verdict", "claim_computed": "claim_verdict",
    "pace_margin": "pace_verdict", "obligation_days_left": "obligation_verdict",
    "obligation_required": "obligation_verdict",
}  # fmt: skip
#: Columns that name the rows of the table of limits that a figure comes from.
_LIMITS_FROM = {name: f"{name}_from" for name in LIMIT_COLUMN}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
