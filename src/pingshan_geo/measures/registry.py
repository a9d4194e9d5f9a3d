"""The measures: name, unit, group, inputs. Columns, figures, docs and glossary follow from here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pingshan_geo.catalogue.schema import COUNTED_STAGES
from pingshan_geo.units import SUFFIX
from pingshan_geo.words import Text, text, words

FLOORS = ("countable_floor_area", "gross_floor_area")
#: Land areas that a floor area ratio may stand on, in the order of preference.
LANDS = ("site_area", "net_site_area", "development_area", "demolition_area", "renewal_unit_area")
#: Where no area is printed as one of these, the first known of the others stands for it.
FILLED_FROM = {
    "site_area": ("recorded_area",),
    "recorded_area": ("site_area", "renewal_unit_area", "net_site_area", "development_area"),
}
#: Kinds of subjects whose rows are counted, with the measure that does.
COUNTS = {"parcels": "parcel_count", "projects": "project_count", "auctions": "auction_count"}
GROUPS = (
    "areas", "far", "prices", "targets", "counts", "indicators", "overlay", "quality",
    "obligations", "claims",
)  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """One kind of figure.

    Attributes
    ----------
    name : str
        First part of a figure's id.
    unit : str or None
        Stored unit; None where each row has its own (column ``unit_si``).
    group : str
        One of `GROUPS`.
    inputs : tuple of str
        Measures it is computed from.
    operator : str
        Signs between its inputs: ``÷``, ``−``, ``×``, ``÷ … − 1`` or ``× … −``; empty for all else.
    """

    name: str
    unit: str | None
    group: str
    inputs: tuple[str, ...] = ()
    operator: str = ""

    @cached_property
    def suffix(self) -> str:
        """End of the column names."""
        return SUFFIX.get(self.unit or "", "")

    @cached_property
    def column(self) -> str:
        """Column of the value."""
        return f"{self.name}{self.suffix}"

    @cached_property
    def low_column(self) -> str:
        """Column of the lower bound."""
        return f"{self.name}_low{self.suffix}"

    @cached_property
    def high_column(self) -> str:
        """Column of the upper bound."""
        return f"{self.name}_high{self.suffix}"

    @cached_property
    def status_column(self) -> str:
        """Column of the status."""
        return f"{self.name}_status"

    @cached_property
    def qualifier_column(self) -> str:
        """Column of the qualifier."""
        return f"{self.name}_qualifier"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of value, lower and upper bound, status and qualifier."""
        ends = (self.column, self.low_column, self.high_column)
        return (*ends, self.status_column, self.qualifier_column)

    @cached_property
    def label(self) -> Text:
        """Name for people."""
        if self.name in words() or not self.name.startswith("far_"):
            return text(self.name)
        far, floor, land = text("far"), *(text(name) for name in self.inputs)
        return Text(f"{far.en}, {floor.en} on {land.en}", f"{far.zh}（{floor.zh}／{land.zh}）")

    @cached_property
    def method(self) -> Text:
        """Definition, which is the formula or way of measuring."""
        found = words().get(self.name)
        if found:
            return found.definition
        return Text(
            " divided by ".join(text(name).en for name in self.inputs) + ".",
            "除以".join(text(name).zh for name in self.inputs) + "。",
        )


def far_pair(floor: str, land: str) -> str:
    """Return the name of the ratio of one floor area to one land area.

    Examples
    --------
    >>> far_pair("gross_floor_area", "net_site_area")
    'far_gross_on_net_site'
    """
    return f"far_{floor.removesuffix('_floor_area')}_on_{land.removesuffix('_area')}"


def stage_rate(stage: str) -> str:
    """Return the name of the completion rate at a stage.

    Examples
    --------
    >>> stage_rate("in_operation")
    'completion_rate_in_operation'
    """
    return f"completion_rate_{stage}"


_AREAS = (
    "recorded_area", "measured_area", "measured_area_plane", "drawn_area", *LANDS, *FLOORS,
    "given_up_area", *(f"{area}_total" for area in (*LANDS, *reversed(FLOORS))),
)  # fmt: skip
_ALL = (
    *(Measure(name, "m2", "areas") for name in _AREAS),
    Measure("share_of_parent", "1", "areas", ("recorded_area",), "÷"),
    Measure("far", "1", "far", (), "÷"),
    *(
        Measure(far_pair(floor, land), "1", "far", (floor, land), "÷")
        for floor in FLOORS
        for land in LANDS
    ),
    Measure("far_limit", "1", "far"),
    Measure("far_minimum", "1", "far"),
    Measure("far_margin", "1", "far", ("far_limit", "far"), "−"),
    Measure("floor_headroom", "m2", "far", ("far_limit",), "× … −"),
    Measure("site_coverage", "1", "far"),
    Measure("site_coverage_limit", "1", "far"),
    Measure("green_ratio", "1", "far"),
    Measure("green_ratio_minimum", "1", "far"),
    Measure("building_height", "m", "far"),
    Measure("building_height_limit", "m", "far"),
    Measure("far_lowest", "1", "far"),
    Measure("far_median", "1", "far"),
    Measure("far_highest", "1", "far"),
    Measure("price", "yuan", "prices"),
    Measure("start_price", "yuan", "prices"),
    Measure("land_price_per_m2", "yuan/m2", "prices", ("price",), "÷"),
    Measure("floor_price_per_m2", "yuan/m2", "prices", ("price",), "÷"),
    Measure("price_premium", "1", "prices", ("price", "start_price"), "÷ … − 1"),
    Measure("target_value", None, "targets"),
    Measure("delivered", None, "targets"),
    Measure("delivered_itemised", None, "targets"),
    Measure("completion_rate", "1", "targets", ("delivered", "target_value"), "÷"),
    Measure(
        "completion_rate_itemised", "1", "targets", ("delivered_itemised", "target_value"), "÷"
    ),
    Measure("completion_rate_printed", "1", "targets"),
    Measure("outstanding", None, "targets", ("target_value", "delivered"), "−"),
    Measure("implied_target", None, "targets", ("delivered", "completion_rate_printed"), "÷"),
    Measure("period_share", "1", "targets"),
    Measure("expected", None, "targets", ("target_value", "period_share"), "×"),
    Measure("pace_margin", None, "targets", ("delivered", "expected"), "−"),
    Measure("pace_needed", None, "targets", ("outstanding",)),
    *(Measure(stage_rate(stage), "1", "targets") for stage in COUNTED_STAGES),
    Measure("overlay_area", "m2", "overlay", ("overlay_share", "measured_area"), "×"),
    Measure("overlay_share", "1", "overlay"),
    Measure("overlay_share_of_zone", "1", "overlay"),
    Measure("overlay_area_total", "m2", "overlay"),
    Measure("straddler_count", "count", "overlay"),
    Measure("recorded_area_total", "m2", "quality"),
    Measure("measured_area_total", "m2", "quality"),
    Measure("area_difference", "m2", "quality", ("recorded_area", "measured_area"), "−"),
    Measure("area_ratio", "1", "quality", ("recorded_area", "measured_area"), "÷"),
    Measure("parcel_count", "count", "counts"),
    Measure("project_count", "count", "counts"),
    Measure("auction_count", "count", "counts"),
    Measure("over_limit_count", "count", "counts"),
    Measure("limit_unknown_count", "count", "counts"),
    Measure("indicator_value", None, "indicators"),
    Measure("obligation_days_left", "day", "obligations"),
    Measure("obligation_required", None, "obligations"),
    Measure("obligation_reached", None, "obligations"),
    Measure(
        "obligation_rate", "1", "obligations", ("obligation_reached", "obligation_required"), "÷"
    ),
    Measure("claimed_value", None, "claims"),
    Measure("claim_computed", None, "claims"),
    Measure("claim_implied", None, "claims"),
)
#: Every measure by name, in the order of every output.
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}
