"""Figures over many rows: which rows they are made of, and what they leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pingshan_geo.catalogue.schema import COUNTED_MEASURE, COUNTED_STAGES, ID_COLUMN
from pingshan_geo.figure import Completeness
from pingshan_geo.measures.registry import COUNTS, MEASURES, stage_rate
from pingshan_geo.measures.stages import RANK

if TYPE_CHECKING:
    from pingshan_geo.assessment.view import View

#: A sum over more rows than this names its table and filter in place of all its inputs.
MOST_INPUTS = 50
#: Measures of a zone that are made over its lots, with the lots' measures they need.
OVER_LOTS: dict[str, tuple[str, ...]] = {
    "site_area_total": ("site_area",),
    "gross_floor_area_total": ("gross_floor_area",),
    "far": ("gross_floor_area", "site_area"),
}
#: Measures of a zone that are made over the pieces of the overlay.
_OVER_PIECES = {"overlay_area_total": "overlay_area", "straddler_count": "overlay_share"}
# Tables whose rows are counted by zone.
_COUNTED = {measure: kind for kind, measure in COUNTS.items()}
#: All of them.
OF_ZONES = frozenset({*OVER_LOTS, *_OVER_PIECES, *_COUNTED})
#: Completion rates at a stage, with the stage's place in their order.
STAGE_RATES = {stage_rate(stage): RANK[stage] for stage in COUNTED_STAGES}


def inputs_of_zone(view: View, zone: str, name: str) -> tuple[list[str], dict[str, str] | None]:
    """Return the lots' figures that a zone's was made of, or the rows of their table."""
    if name in _OVER_PIECES:
        where = f"zone_id = {_quoted([zone])}"
        return [], {"table": "overlay", "column": MEASURES[_OVER_PIECES[name]].column,
                    "where": where}  # fmt: skip
    if name in _COUNTED:
        kind = _COUNTED[name]
        column = ID_COLUMN[kind]
        where = _lots_where(view, zone) if kind == "parcels" else ""
        # A project or transfer may lie where its parcel does, which no column of its own says.
        where = where or f"{column} IN ({_quoted(view.inside(kind, zone))})"
        return [], {"table": kind, "column": column, "where": where}
    lots, measures = view.lots(zone), OVER_LOTS[name]
    is_split = view.assessment.allocate == "area"
    if len(lots) <= MOST_INPUTS and not is_split:
        counted = lots[view.members.known(measures)[lots]]
        ids = view.members.ids(counted if len(counted) else lots)
        return [f"{measure}/{lot}" for lot in ids for measure in measures], None
    # Land that is split is in the filter's rows times the share of each, as the note says.
    ids = view.members.ids(lots) if is_split else []
    where = f"parcel_id IN ({_quoted(ids)})" if is_split else _lots_where(view, zone)
    return [], {"table": "parcels", "column": MEASURES[measures[0]].column, "where": where}


def _lots_where(view: View, zone: str) -> str:
    """Return the filter that selects the parcels of a zone: by outline, else by source."""
    level = view.levels
    by_level: dict[str, list[str]] = {}
    for each in view.below[zone]:
        by_level.setdefault(level[each], []).append(each)
    parts = {kind: _of_level(view, kind, zones) for kind, zones in by_level.items()}
    own = parts.pop(level[zone])
    if not parts:
        return own
    rest, told = " OR ".join(parts.values()), f"dominant_{level[zone]}"
    if told not in view.assessment.lots.names:
        return f"{own} OR {rest}"
    return f'{own} OR ("{told}" IS NULL AND ({rest}))'


def _of_level(view: View, level: str, zones: list[str]) -> str:
    said, column = f"zone_id IN ({_quoted(zones)})", f"dominant_{level}"
    if column not in view.assessment.lots.names:
        return said
    return f'("{column}" IN ({_quoted(zones)}) OR ("{column}" IS NULL AND {said}))'


def completeness(view: View, kind: str, name: str, subject: str) -> Completeness | None:
    """Return how many rows of a sum are known; None for a figure that is no sum."""
    if kind == "targets" and name in {"delivered_itemised", "completion_rate_itemised"}:
        return _itemised_completeness(view, subject)
    if kind == "targets" and name in STAGE_RATES:
        return _stage_completeness(view, subject, STAGE_RATES[name])
    if kind == "zones" and name in _OVER_PIECES:
        return _pieces_completeness(view, subject)
    if kind == "zones" and name in OVER_LOTS:
        lots = view.lots(subject)
        out = lots[~view.members.known(OVER_LOTS[name])[lots]]
        return Completeness(len(lots) - len(out), len(lots), None, tuple(view.members.ids(out)))
    return None


def _pieces_completeness(view: View, zone: str) -> Completeness:
    """Return how many lots are cut by outline; a source may place others there."""
    cut, lots = view.members.pieces.get(zone, 0), view.lots(zone, "parcels")
    out = lots[~view.members.is_cut[lots]]
    return Completeness(cut, cut + len(out), None, tuple(view.members.ids(out)))


def _itemised_completeness(view: View, target: str) -> Completeness:
    counted, column = view.counted.get(target, []), MEASURES[lot_measure(view, target)].column
    out = [
        auction
        for auction, lot in counted
        if lot is None or view.cell("parcels", column, lot) is None
    ]
    total = view.cell("targets", "delivered", target) if view.facts("delivered", target) else None
    itemised = view.cell("targets", "delivered_itemised", target)
    share = itemised / total if total and itemised is not None else None
    return Completeness(len(counted) - len(out), len(counted), share, tuple(out))


def _stage_completeness(view: View, target: str, rank: int) -> Completeness:
    """Return of how many lots area and stage are known; the others are left out by name."""
    lots = view.stage_lots.get(target, [])
    out = [
        str(row["lot"])
        for row in lots
        if not _land_known(view, target, row) or stage_unknown(row, rank)
    ]
    return Completeness(len(lots) - len(out), len(lots), None, tuple(out))


def stage_unknown(row: dict[str, Any], rank: int) -> bool:
    """Return whether nobody says that a lot has reached a stage."""
    return bool(row["value"] < rank)


def _land_known(view: View, target: str, row: dict[str, Any]) -> bool:
    measure = MEASURES[lot_measure(view, target)]
    return view.cell(row["kind"], measure.column, row["lot"]) is not None


def inputs_of_stage(view: View, target: str, name: str) -> list[str]:
    """Return the areas that a rate at a stage adds up, and the target; all areas if none does."""
    lots = [row for row in view.stage_lots.get(target, []) if row["kind"] != "auctions"]
    known = [row for row in lots if _land_known(view, target, row)]
    reached = [row for row in known if row["value"] >= STAGE_RATES[name]] or lots
    measure = lot_measure(view, target)
    return [*(f"{measure}/{row['lot']}" for row in reached), f"target_value/{target}"]


def lot_measure(view: View, target: str) -> str:
    """Return the measure of a lot that counts towards a target."""
    return COUNTED_MEASURE.get(view.cell("targets", "measure", target) or "", "site_area")


def items(view: View, target: str) -> list[tuple[str, str | None]]:
    """Return measure and lot of each land transfer that counts towards a target."""
    return [(lot_measure(view, target), lot) for _, lot in view.counted.get(target, [])]


def bases(view: View, name: str, subject: str) -> list[str | None]:
    """Return the basis of each site area that counts in a zone's or target's figure."""
    if name == "delivered_itemised":
        named = {lot for measure, lot in items(view, subject) if lot and measure == "site_area"}
        column = MEASURES["site_area"].column
        known = [lot for lot in sorted(named) if view.cell("parcels", column, lot) is not None]
        return [view.cell("parcels", "site_area_basis", lot) for lot in known]
    lots = view.lots(subject)
    found: list[str | None] = view.members.bases[
        lots[view.members.known(OVER_LOTS[name])[lots]]
    ].tolist()
    return found


def _quoted(ids: list[str]) -> str:
    return ", ".join("'" + each.replace("'", "''") + "'" for each in ids)
