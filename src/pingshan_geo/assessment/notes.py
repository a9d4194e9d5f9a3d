"""What a figure says of itself: what is missing, which reading is used, what is mixed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pingshan_geo.assessment import many, obligations
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.schema import MEASURABLE
from pingshan_geo.figure import Completeness, Figure
from pingshan_geo.measures.readings import (
    ADDED,
    AGREES,
    DISAGREES,
    EARLIER,
    INSTALMENT,
    USED,
    described,
    described_all,
)
from pingshan_geo.measures.reconcile.texts import evidence_text
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.units import UNITS, display_unit, format_number
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    from pingshan_geo.assessment.view import View

OUTLINE = Text("outline", "界线")
# Words of the bases whose code is no key of the table of words.
_BASES = {"site": "site_area", "not_said": "basis_not_said", "parcel": "basis_parcel"}


def shown(value: float, unit: str) -> Text:
    """Return a stored value in the unit that people read it in.

    Examples
    --------
    >>> shown(166310000.0, "m2").en
    '166.31 km²'
    """
    printed = UNITS[display_unit(value, unit)]
    number = format_number(float(value / printed.factor), 4 if abs(value) < 10 else 2)
    return Text(f"{number} {printed.en}".strip(), f"{number} {printed.zh}".strip())


def land_basis(code: str | None) -> Text:
    """Return the words for a basis of land area."""
    key = code or "not_said"
    return text(_BASES.get(key, key))


def far_basis(code: str) -> Text:
    """Return the words for ``floor/land``, such as ``gross/total_land``."""
    floor, land = code.split("/")
    over, under = text(floor), land_basis(land)
    return Text(f"{over.en} on {under.en}", f"{over.zh}／{under.zh}")


def of_figure(
    view: View, kind: str, name: str, subject: str, inputs: list[Figure],
    completeness: Completeness | None,
) -> Iterator[Text]:  # fmt: skip
    """Yield the notes of one figure, the most important first."""
    if view.cell(kind, MEASURES[name].column, subject) is None:
        yield from _missing(view, kind, name, subject, inputs)
    yield from _of_kind(view, kind, name, subject)
    yield from _other_readings(view, name, subject)
    yield from _inputs_in_conflict(view, inputs)
    if name == "drawn_area":
        yield text("note_drawn")
    if name == "area_difference":
        yield from _of_verdict(view, kind, subject)
    shares = view.cell(kind, "far_limit_shares", subject) if name == "far_limit" else None
    if shares:
        yield text("note_limit_shares").filled(shares=_shares(view, shares))
    if kind == "zones" and completeness:
        yield text("note_of_parcels")
        yield from _of_straddlers(view, name, subject)
    if name == "overlay_area_total":
        yield from _of_shared(view, subject)
    lot = view.cell(kind, "parcel_id", subject) if kind == "projects" else None
    if lot and view.cell(kind, MEASURES[name].column, subject) is None:
        yield text("note_see_parcel").filled(parcel=lot)
    if name == "completion_rate" and inputs and inputs[0].measure == "completion_rate_printed":
        yield text("note_own_rate")
    if name in {"recorded_area", "site_area"} and len(inputs) == 1:
        yield text("note_printed_as").filled(measure=MEASURES[inputs[0].measure].label)
    if name in {"site_area_total", "delivered_itemised"} or (kind == "zones" and name == "far"):
        yield from mixed_bases(many.bases(view, name, subject))
    for fact in view.facts(name, subject):
        if fact["role"] in {USED, INSTALMENT} and (fact["note_en"] or fact["note_zh"]):
            yield Text(fact["note_en"] or "", fact["note_zh"] or "")


def _of_kind(view: View, kind: str, name: str, subject: str) -> Iterator[Text]:
    """Yield what is to be said of figures of one kind of subject, and what follows from them."""
    yield from obligations.step_note(view, kind, name, subject)
    if kind == "obligations":
        yield from obligations.notes_of(view, name, subject)
    elif kind == "targets":
        yield from _of_target(view, name, subject)
    elif kind == "overlay":
        yield from _of_pair(view, name, subject)


def _of_target(view: View, name: str, target: str) -> Iterator[Text]:
    """Yield what is to be said of deliveries, pace and stages."""
    count = view.cell("targets", "delivered_rows", target)
    if name == "delivered" and count:
        yield text("note_instalments").filled(count=f"{count:.0f}")
        agreeing = [f["printed"] for f in view.facts(name, target) if f["role"] == AGREES]
        if agreeing:
            yield text("note_parts_agree").filled(parts="; ".join(agreeing))
    if name in {"delivered", "delivered_itemised"}:
        possible = view.cell("targets", "delivered_itemised_possible", target)
        # A figure without a value has no bounds either.
        end = "" if view.cell("targets", name, target) is not None else "_unknown"
        if possible and (name == "delivered_itemised" or not view.facts("delivered", target)):
            yield text(f"note_possible{end}").filled(count=f"{possible:.0f}")
        if name == "delivered" and any(
            f.subject == target and f.code == "date-straddles" for f in view.assessment.findings
        ):
            yield text(f"note_possible_delivery{end}")
    if name in {"pace_margin", "pace_needed"}:
        yield from _of_age(view, target)
    if name in many.STAGE_RATES:
        lots, rank = view.stage_lots.get(target, []), many.STAGE_RATES[name]
        unknown = sum(many.stage_unknown(row, rank) for row in lots)
        yield text("note_stage_recorded")
        if unknown:
            yield text("note_stage_unknown").filled(count=str(unknown))


def _of_age(view: View, target: str) -> Iterator[Text]:
    """Yield until when a delivery was printed, where the period went on after that."""
    days = [
        day
        for fact in view.facts("delivered", target)
        if fact["role"] in {USED, INSTALMENT}
        for day in (span(fact["as_of"] or fact["period_end"] or ""),)
        if day is not None
    ]
    end = span(view.cell("targets", "period_end", target) or "")
    if days and end is not None:
        last = max(day.last for day in days)
        if last < min(view.assessment.as_of, end.last):
            yield text("note_delivered_until").filled(day=last.isoformat())


def _of_pair(view: View, name: str, pair: str) -> Iterator[Text]:
    """Yield what is to be said of a parcel in a zone."""
    if view.cell("overlay", "is_sliver", pair):
        yield text("note_sliver")
    shared = view.cell("overlay", "shared_m2", pair)
    if shared:
        yield text("note_shared").filled(area=shown(shared, "m2"))
    zone = view.cell("overlay", "zone_id", pair)
    if zone and name == "overlay_share" and view.cell("overlay", "is_dominant", pair):
        yield text("note_dominant")
    if zone is None:
        zones = view.tables["zones"]
        of_kind = zones["kind"] == view.cell("overlay", "zone_kind", pair)
        undrawn = int((of_kind & ~zones["geometry_status"].isin(MEASURABLE)).sum())
        if undrawn:
            yield text("note_undrawn_zones").filled(count=str(undrawn))


def _of_verdict(view: View, kind: str, subject: str) -> Iterator[Text]:
    """Yield the likely cause of a difference between recorded and measured area."""
    cause, ties = (view.cell(kind, f"area_{c}", subject) for c in ("cause", "cause_ties"))
    if cause:
        evidence = evidence_text(view.cell(kind, "area_cause_evidence", subject))
        yield text("note_cause").filled(cause=text(f"cause_{cause}"), evidence=evidence)
    if ties:
        named = [text(f"cause_{each}") for each in ties.split(";")]
        both = Text(", ".join(each.en for each in named), "、".join(each.zh for each in named))
        yield text("note_cause_ties").filled(causes=both)


def _of_shared(view: View, zone: str) -> Iterator[Text]:
    """Yield how much land in a zone is counted with another one that it overlaps."""
    shared = math.fsum(view.members.shared_m2.get(zone, ()))
    if shared:
        yield text("note_shared").filled(area=shown(shared, "m2"))


def _shares(view: View, shares: str) -> Text:
    """Return the parts of a split lot with the names of their zones, shares in per cent."""
    said = []
    for part in shares.split("; "):
        zone, share, _, limit = part.rsplit(" ", 3)
        name = view.name("zones", zone)
        rest = f"{format_number(float(share) * 100, 2)} % × {limit}"
        said.append(Text(f"{name.en} {rest}", f"{name.zh} {rest}"))
    return Text("; ".join(one.en for one in said), "；".join(one.zh for one in said))


def _of_straddlers(view: View, name: str, zone: str) -> Iterator[Text]:
    count = view.cell("zones", "straddler_count", zone)
    if count and name in {"site_area_total", "gross_floor_area_total", "far"}:
        key = "note_by_area" if view.assessment.allocate == "area" else "note_once"
        yield text(key).filled(count=f"{count:.0f}")


def _missing(
    view: View, kind: str, name: str, subject: str, inputs: list[Figure]
) -> Iterator[Text]:
    gone = [figure for figure in inputs if figure.value is None]
    if name == "measured_area":
        status = text(view.cell(kind, "geometry_status", subject) or "none")
        yield text("note_not_measured").filled(status=status)
    elif name in many.STAGE_RATES and not any(f.measure == "target_value" for f in gone):
        yield text("note_stage_none")
    elif gone:
        for figure in gone:
            label = MEASURES[figure.measure].label
            if figure.subject == subject:  # whose name is not asked: lots differ in nothing else
                yield text("note_unknown").filled(measure=label, reason=figure.notes[0])
                continue
            who = view.name(figure.kind, figure.subject)
            yield text("note_unknown_of").filled(measure=label, name=who, reason=figure.notes[0])
    elif name in {"land_price_per_m2", "floor_price_per_m2"} and not inputs[1:]:
        yield text("note_no_parcel")
    elif name == "delivered":
        yield text("note_nothing_delivered")
    elif name == "obligation_days_left":
        return  # what is missing is said with the verdict
    elif name == "period_share":
        yield text("note_no_period_end")
    elif name == "pace_needed":
        yield text("note_no_time_left")
    elif name in {"far", "share_of_parent", *many.STAGE_RATES} or MEASURES[name].inputs:
        yield text("note_inputs_unknown")
    else:
        yield text("note_not_printed")


def _other_readings(view: View, name: str, subject: str) -> Iterator[Text]:
    facts = view.facts(name, subject)
    used = [f for f in facts if f["role"] in {USED, INSTALMENT}]
    other = [f for f in facts if f["role"] == DISAGREES]
    title_of = view.assessment.catalogue.source_title
    if used and other:
        held, others = described_all(used, title_of, ADDED), described_all(other, title_of)
        yield text("note_disagree").filled(used=held, others=others)
    for fact in facts:
        if fact["role"] == EARLIER:
            said = described(fact, title_of)
            yield text("note_earlier").filled(until=fact["period_end"], reading=said)


def _inputs_in_conflict(view: View, inputs: list[Figure]) -> Iterator[Text]:
    for figure in inputs:
        if figure.status == "conflict" and figure.value is not None:
            yield text("note_reading_used").filled(
                value=shown(figure.value, figure.unit),
                measure=MEASURES[figure.measure].label,
                name=view.name(figure.kind, figure.subject),
            )


def mixed_bases(bases: Iterable[str | None]) -> Iterator[Text]:
    """Yield a note where the site areas that are added have several bases.

    Examples
    --------
    >>> next(mixed_bases(["net_site", "net_site", None])).en
    'Adds areas of several bases: net site 2, land, basis not said 1.'
    """
    counts = sorted(Counter(bases).items(), key=lambda item: (item[0] is None, item[0]))
    if len(counts) > 1:
        named = [(land_basis(basis), count) for basis, count in counts]
        yield text("note_mixed_bases").filled(
            bases=Text(
                ", ".join(f"{name.en} {count}" for name, count in named),
                "、".join(f"{name.zh} {count}" for name, count in named),
            )
        )
