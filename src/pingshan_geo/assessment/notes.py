"""What a figure says of itself: what is missing, which reading is used, what is mixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pingshan_geo.figure import Completeness, Figure
from pingshan_geo.measures.readings import DISAGREES, EARLIER, USED, described
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.units import UNITS, display_unit, format_number
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    from pingshan_geo.assessment.view import View

OUTLINE = Text("outline", "界线")
_SIZES = {
    "site": Text("site area", "用地面积"),
    "not_said": Text("land, basis not said", "用地（口径未载）"),
}


def in_column(column: str) -> str:
    """Return the locator of a value that stands in a column of the catalogue."""
    return f"column {column}"


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
    if code is None:
        return _SIZES["not_said"]
    return _SIZES.get(code) or text("basis_parcel" if code == "parcel" else code)


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
    yield from _other_readings(view, name, subject)
    yield from _inputs_in_conflict(view, inputs)
    if kind == "zones" and completeness:
        yield Text(
            "Made of the parcels in this catalogue, which need not be all land of the zone.",
            "仅由本目录所载宗地得出，未必涵盖分区内全部用地。",
        )
    lot = view.cell(kind, "parcel_id", subject) if kind == "projects" else None
    if lot and view.cell(kind, MEASURES[name].column, subject) is None:
        yield Text(f"See the figures of its parcel {lot}.", f"另见其宗地 {lot} 的数据。")
    if name == "completion_rate" and inputs and inputs[0].measure == "completion_rate_printed":
        yield Text(
            "The source's own rate: the target is not printed, so it cannot be computed again.",
            "来源所载完成率；目标值未载，无法重新计算。",
        )
    if name in {"recorded_area", "site_area"} and len(inputs) == 1:
        label = MEASURES[inputs[0].measure].label
        yield Text(f"Printed as {label.en}.", f"来源所载为{label.zh}。")
    yield from _mixed_bases(view, kind, name, subject)
    for fact in view.facts(name, subject):
        if fact["role"] == USED and (fact["note_en"] or fact["note_zh"]):
            yield Text(fact["note_en"] or "", fact["note_zh"] or "")


def _missing(
    view: View, kind: str, name: str, subject: str, inputs: list[Figure]
) -> Iterator[Text]:
    gone = [figure for figure in inputs if figure.value is None]
    if name == "measured_area":
        status = text(view.cell(kind, "geometry_status", subject) or "none")
        yield Text(
            f"Only surveyed and published outlines are measured; this one is {status.en}.",
            f"仅量算测绘或公布的界线；此处为“{status.zh}”。",
        )
    elif gone:
        for figure in gone:
            label = MEASURES[figure.measure].label
            who = view.assessment.subject_name(figure.kind, figure.subject)
            if figure.subject == subject:
                yield Text(f"Unknown: {label.en}.", f"未知：{label.zh}。")
            else:
                yield Text(f"Unknown: {label.en} of {who.en}.", f"未知：{who.zh}的{label.zh}。")
    elif name in {"land_price_per_m2", "floor_price_per_m2"} and not inputs[1:]:
        yield Text("No source names the parcel.", "来源未指明宗地。")
    elif name == "delivered":
        yield Text("Nothing delivered has been printed.", "来源未载任何完成量。")
    elif name in {"far", "share_of_parent"} or MEASURES[name].inputs:
        yield Text("Its inputs are not known.", "计算所需数据未知。")
    else:
        yield Text("No source prints it.", "来源未载。")


def _other_readings(view: View, name: str, subject: str) -> Iterator[Text]:
    facts = view.facts(name, subject)
    used = next((f for f in facts if f["role"] == USED), None)
    other = [f for f in facts if f["role"] == DISAGREES]
    title_of = view.assessment.catalogue.source_title
    if used and other:
        rest = [described(f, title_of) for f in other]
        taken = described(used, title_of)
        yield Text(
            f"Sources disagree. Used: {taken.en}. Otherwise: {'; '.join(t.en for t in rest)}.",
            f"来源互有出入。采用：{taken.zh}。另有：{'；'.join(t.zh for t in rest)}。",
        )
    for fact in facts:
        if fact["role"] == EARLIER:
            until, said = fact["period_end"], described(fact, title_of)
            yield Text(
                f"Earlier version, to {until}: {said.en}.", f"早期版本（至 {until}）：{said.zh}。"
            )


def _inputs_in_conflict(view: View, inputs: list[Figure]) -> Iterator[Text]:
    for figure in inputs:
        if figure.status == "conflict" and figure.value is not None:
            value, label = shown(figure.value, figure.unit), MEASURES[figure.measure].label
            who = view.assessment.subject_name(figure.kind, figure.subject)
            yield Text(
                f"Reading used: {value.en} ({label.en} of {who.en}); sources disagree.",
                f"采用 {value.zh}（{who.zh}的{label.zh}）；来源互有出入。",
            )


def _mixed_bases(view: View, kind: str, name: str, subject: str) -> Iterator[Text]:
    """Say where a zone's sum or ratio adds areas of different bases."""
    if kind != "zones" or name not in {"site_area_total", "far"}:
        return
    measures = ("site_area",) if name == "site_area_total" else ("site_area", "gross_floor_area")
    counts: dict[str | None, int] = {}
    for lot in view.inside("parcels", subject):
        if view.is_known(lot, measures):
            basis = view.cell("parcels", "site_area_basis", lot)
            counts[basis] = counts.get(basis, 0) + 1
    if len(counts) > 1:
        named = [(land_basis(basis), count) for basis, count in sorted(counts.items(), key=str)]
        yield Text(
            "Adds areas of several bases: " + ", ".join(f"{t.en} {n}" for t, n in named) + ".",
            "合计含不同口径：" + "、".join(f"{t.zh} {n}" for t, n in named) + "。",
        )
