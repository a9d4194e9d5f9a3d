"""The rows of a catalogue that a figure comes from: what a copy of it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.many import OVER_LOTS
from pingshan_geo.audit.variants import Closure, Printed
from pingshan_geo.figure import Figure
from pingshan_geo.measures.limits import LIMIT_COLUMN
from pingshan_geo.measures.readings import INSTALMENT, USED
from pingshan_geo.measures.registry import COUNTS, FILLED_FROM, MEASURES
from pingshan_geo.words import Text, text

#: Measures that come from outlines: copies of one outline would lie on each other.
OF_OUTLINES = frozenset(
    {
        "measured_area", "measured_area_plane", "drawn_area", "area_difference", "area_ratio",
        "overlay_area", "overlay_share", "overlay_share_of_zone", "overlay_area_total",
        "straddler_count",
    }
)  # fmt: skip
_OF_COUNTS = frozenset({*COUNTS.values(), "over_limit_count", "limit_unknown_count"})
_OF_PERIODS = ("period_share", "expected", "pace_")  # days of a period differ in leap years
# Kinds of subjects whose rows can be copied.
_COPIED = ("zones", "parcels", "projects", "auctions", "targets", "indicators")


class Closures:
    """Finds the rows under figures of one assessment.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> closures = Closures(assess(load_catalogue()))
    >>> found = closures.of(closures.assessment.figure("far/G13113-8014"))
    >>> [fact.measure for fact in found.facts if fact.subject == "G13113-8014"]
    ['site_area', 'gross_floor_area']
    """

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        facts = assessment.catalogue.facts
        is_used = assessment.facts["role"].isin((USED, INSTALMENT))
        used = set(assessment.facts.index[is_used])
        self._facts: dict[str, list[tuple[int, str, bool]]] = {}
        named = zip(facts.index, facts["measure"], facts["subject"], strict=True)
        for place, (fact, measure, subject) in enumerate(named):
            row = (place, str(measure), fact in used)
            self._facts.setdefault(str(subject), []).append(row)

    def of(self, figure: Figure) -> Closure | Text:
        """Return the rows under a figure, or why there are no copies of it to be made."""
        kind, name, subject = figure.kind, figure.measure, figure.subject
        if kind == "overlay" or name in OF_OUTLINES:
            return text("sensitivity_of_outlines")
        if kind not in _COPIED:
            return text("sensitivity_of_claims")
        if name in _OF_COUNTS:
            return text("sensitivity_of_counts")
        if name.startswith(_OF_PERIODS):
            return text("sensitivity_of_periods")
        named: dict[str, list[str]] = {kind: [subject]}
        places: dict[str, str] = {}
        limits: dict[str, float] = {}
        if kind == "zones" and name in OVER_LOTS:
            named["parcels"], between, places = self._lots(subject)
            named[kind] += between
        elif kind == "zones":
            named[kind] += self._named("zones", subject, "parent")
        elif kind == "parcels":
            limits = self._limits(subject)
            named["zones"] = self._named("parcels", subject, "zone_id")
            if limits and not named["zones"]:
                named["zones"] = self._zones_of(subject)
                places = dict.fromkeys([subject], *named["zones"])
        elif kind == "auctions":
            named["parcels"] = self._named("auctions", subject, "parcel_id")
        elif kind == "targets":
            sales = self.assessment.catalogue.auctions
            mine = sales[sales["target_id"] == subject]
            named["auctions"] = [str(each) for each in mine.index]
            projects = self.assessment.catalogue.projects
            works = mine["project_id"].dropna().astype(str).tolist()
            if "target_id" in projects:
                works += projects.index[projects["target_id"] == subject].astype(str).tolist()
            lots = mine["parcel_id"].dropna().astype(str).tolist()
            lots += projects["parcel_id"].reindex(works).dropna().astype(str).tolist()
            named |= {"projects": [*dict.fromkeys(works)], "parcels": [*dict.fromkeys(lots)]}
        return self._closure(figure, named, places, limits)

    def _closure(
        self, figure: Figure, named: Mapping[str, list[str]], places: Mapping[str, str],
        limits: Mapping[str, float],
    ) -> Closure:  # fmt: skip
        rows = {}
        for kind, ids in named.items():
            index = getattr(self.assessment.catalogue, kind).index
            found = index.get_indexer(pd.Index(ids, dtype=object))
            pairs = zip(found.tolist(), ids, strict=True)
            rows[kind] = tuple(pair for pair in pairs if pair[0] >= 0)
        own = {figure.measure, *FILLED_FROM.get(figure.measure, ())}
        facts = [
            Printed(place, measure, each, is_used or (each == figure.subject and measure in own))
            for pairs in rows.values() for _, each in pairs
            for place, measure, is_used in self._facts.get(each, ())
        ]  # fmt: skip
        inside = figure.subject if figure.kind == "zones" and "parcels" in rows else None
        return Closure(figure, rows, tuple(facts), places, limits, inside)

    def _named(self, kind: str, subject: str, column: str) -> list[str]:
        named = self.assessment.tables[kind][column].get(subject)
        return [named] if isinstance(named, str) else []

    def _lots(self, zone: str) -> tuple[list[str], list[str], dict[str, str]]:
        """Return lots of a zone, now and on earlier days, zones between, and where outlines told.

        A lot that a source places is left there, so that a zone of a later day is not there early.
        """
        pairs, lots = self.assessment.places["land"], self.assessment.parcels
        place = self.assessment.zones.index.get_loc(zone)
        now = lots.index[np.unique(pairs.loc[pairs["zone"] == place, "row"])].tolist()
        catalogue = self.assessment.catalogue
        parents, own = (table.to_dict() for table in (
            catalogue.zones["parent"], catalogue.parcels["zone_id"]
        ))  # fmt: skip
        above = {lot: _above(said, parents) for lot, said in own.items()}
        here = set(lots.index)
        earlier = [lot for lot, zones in above.items() if zone in zones and lot not in here]
        told = {lot: zone for lot in now if zone not in above[lot]}
        between = dict.fromkeys(
            each for lot in (*now, *earlier) if lot not in told
            for each in above[lot][: above[lot].index(zone)]
        )  # fmt: skip
        return [*now, *earlier], list(between), told

    def _zones_of(self, lot: str) -> list[str]:
        pairs = self.assessment.places["shares"]
        place = self.assessment.parcels.index.get_loc(lot)
        zones = pairs.loc[pairs["row"] == place, "zone"].tolist()
        return [str(self.assessment.zones.index[zone]) for zone in zones[:1]]

    def _limits(self, lot: str) -> dict[str, float]:
        """Return the limits that hold for a lot by its zones, by their column of limits.csv."""
        row: Mapping[Any, Any] = self.assessment.parcels.loc[lot].to_dict()
        return {
            column: float(row[MEASURES[name].column])
            for name, column in LIMIT_COLUMN.items()
            if isinstance(row.get(f"{name}_from"), str)
        }


def _above(zone: Any, parents: Mapping[Any, Any]) -> list[str]:
    found: list[str] = []
    while isinstance(zone, str) and zone not in found:
        found.append(zone)
        zone = parents.get(zone)
    return found
