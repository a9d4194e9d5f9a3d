"""The tables of a catalogue: columns, types, references, allowed values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pingshan_geo.figure import QUALIFIERS
from pingshan_geo.units import SUFFIX

#: Version of the files that a catalogue may hold, and the first version of the program to read it.
SCHEMA_VERSION = "1.0"
READER_VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        As in the heading.
    kind : str
        ``text``, ``number`` (of any sign), ``amount`` (a number that cannot be negative) or
        ``date`` (YYYY, YYYY-MM or YYYY-MM-DD).
    filled : bool
        Whether each row must have a value.
    refers : tuple of str
        Tables whose ids the value must be one of.
    values : tuple of str
        Allowed values; empty for any.
    optional : bool
        Whether the column may be absent (bulk columns).
    many : bool
        Whether the value is a list joined by semicolons.
    digits : bool
        Whether the number's digits are kept as they stand, in a column ``<name>_digits``.
    """

    name: str
    kind: str = "text"
    filled: bool = False
    refers: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    optional: bool = False
    many: bool = False
    digits: bool = False


AREA_BASES = ("total_land", "parcel", "net_site", "renewal_unit", "demolition", "development")
FLOOR_BASES = ("gross", "countable")
GEOMETRY_STATUSES = ("surveyed", "published", "approximate", "illustrative", "none")
#: Geometry that may be measured; every other is drawn only.
MEASURABLE = ("surveyed", "published")
#: Kind of zone that is ground around the district: drawn, in no list and in no overlay.
CONTEXT_KIND = "neighbouring_district"
MODES = ("tender", "auction", "listing", "agreement")
CLASSES = ("key_project", "general_project")
STAGES = (
    "negotiated", "selected", "agreed", "introduced", "landed", "auctioned", "contracted",
    "under_construction", "completed", "in_operation",
)  # fmt: skip
#: Stages at which a target has a rate of its own, in their order.
COUNTED_STAGES = (
    "agreed", "auctioned", "contracted", "under_construction", "completed", "in_operation",
)  # fmt: skip
#: Statuses of a land transfer; the last two do not count.
TRANSFER_STATUSES = ("sold", "withdrawn", "failed")
#: What the agreement on a lot asks for.
OBLIGATIONS = (
    "investment", "output", "tax", "start", "completion", "operation", "handover", "term",
)  # fmt: skip
#: How a claim is computed again from its inputs.
CLAIM_FORMS = (
    "rate", "total", "difference", "growth", "count", "part", "comparison", "rank",
)  # fmt: skip
CORRECTION_STATES = ("accepted", "proposed", "rejected")
LAND_USE_STANDARDS = ("shenzhen", "gb-50137-2011", "mnr-2023")
#: What kind of document or survey an area was printed by: 公告, 合同, 证载, 实测.
EDITIONS = ("announcement", "contract", "certificate", "survey")

#: Measures that a lot or project may have printed for it, with the stored unit.
LOT_MEASURES = {
    "recorded_area": "m2",
    "site_area": "m2",
    "net_site_area": "m2",
    "renewal_unit_area": "m2",
    "demolition_area": "m2",
    "development_area": "m2",
    "gross_floor_area": "m2",
    "countable_floor_area": "m2",
    "given_up_area": "m2",
    "far_limit": "1",
    "site_coverage": "1",
    "green_ratio": "1",
    "building_height": "m",
}
#: Columns and measures that are a part of the lot: 0.35, not 35.
FRACTIONS = ("site_coverage", "green_ratio", "site_coverage_maximum", "green_ratio_minimum")
#: Measures that a fact may hold, by table of its subject; None is any unit.
FACT_MEASURES: dict[str, dict[str, str | None]] = {
    "zones": {"recorded_area": "m2"},
    "parcels": {**LOT_MEASURES},
    "projects": {key: unit for key, unit in LOT_MEASURES.items() if key != "far_limit"},
    "auctions": {"price": "yuan", "start_price": "yuan"},
    "targets": {"delivered": None, "completion_rate_printed": "1"},
    "indicators": {"indicator_value": None},
    "obligations": {"obligation_reached": None},
    "claims": {},
}
#: Measure of a lot that counts towards a target of each measure.
COUNTED_MEASURE = {"land_area": "site_area", "floor_area": "gross_floor_area"}
#: The basis that an area measure has by its name; site_area names its own.
BASIS_OF_MEASURE = {
    "net_site_area": "net_site",
    "renewal_unit_area": "renewal_unit",
    "demolition_area": "demolition",
    "development_area": "development",
    "gross_floor_area": "gross",
    "countable_floor_area": "countable",
}
# Names of computed columns: a measure's value, bounds, status and qualifier, and what goes with it.
_COMPUTED = re.compile(
    r"(?:(?:recorded|measured|drawn|site|net_site|development|demolition|renewal_unit|gross_floor"
    r"|countable_floor|given_up)_area(?:_plane|_total)?|share_of_parent|area_(?:difference|ratio)"
    r"|far(?:_.+_on_.+|_limit|_minimum|_margin|_lowest|_median|_highest)?|floor_headroom"
    r"|(?:site_coverage|building_height)(?:_limit)?|green_ratio(?:_minimum)?|price"
    r"|start_price|(?:land|floor)_price_per_m2|price_premium|target_value|delivered(?:_itemised)?"
    r"|completion_rate(?:_itemised|_printed|_agreed|_auctioned|_contracted|_under_construction"
    r"|_completed|_in_operation)?|outstanding|implied_target|indicator_value"
    r"|period_share|expected|pace_(?:margin|needed)"
    r"|overlay_(?:area(?:_total)?|share(?:_of_zone)?)"
    r"|(?:parcel|project|auction|straddler|over_limit|limit_unknown)_count)"
    r"(?:(?:_low|_high)?(?:_m2|_m|_yuan)?|_status|_qualifier|_known|_rows|_possible|_step|_unit_si)"
    r"|(?:far|site_coverage|green_ratio|building_height|area)_verdict|far_limit_(?:basis|shares)"
    r"|(?:far_limit|far_minimum|site_coverage_limit|green_ratio_minimum|building_height_limit)_from"
    r"|area_(?:tolerance(?:_m2)?|cause(?:_ties|_fit|_evidence)?)|dominant_.+"
    r"|(?:value|low|high|unit)_si|(?:site_area|recorded_area|far)_basis|items|items_known"
    r"|recorded_area_edition|row_number|notice|.*_digits"
    r"|(?:pace|transfer)_verdict"
    r"|obligation_(?:required|reached|rate|verdict|due|days_left)(?:_.+)?"
    r"|claimed_value(?:_.+)?|claim_(?:computed|implied|verdict|why|about|reading)(?:_.+)?"
)


def is_computed(column: str) -> bool:
    """Return whether a column has a name that only the program gives.

    Examples
    --------
    >>> is_computed("far"), is_computed("building_height_low_m"), is_computed("farm")
    (True, True, False)
    """
    return _COMPUTED.fullmatch(column) is not None


#: Subjects of figures, in the order of every output.
KINDS = (
    "zones", "parcels", "projects", "auctions", "targets", "indicators", "obligations", "claims",
)  # fmt: skip
#: Column that holds the id of each table.
ID_COLUMN = {
    "sources": "source_id",
    "facts": "fact_id",
    "zones": "zone_id",
    "parcels": "parcel_id",
    "projects": "project_id",
    "auctions": "auction_id",
    "targets": "target_id",
    "indicators": "indicator_id",
    "obligations": "obligation_id",
    "claims": "claim_id",
    "limits": "limit_id",
    "consequences": "consequence_id",
    "corrections": "correction_id",
    "imports": "import_id",
}

_SOURCE = Column("source_id", refers=("sources",))
_PLACE = (_SOURCE, Column("locator"))
_VALID = (Column("valid_from", "date"), Column("valid_to", "date"))
_STATUS = Column("geometry_status", filled=True, values=GEOMETRY_STATUSES)
_NAMES = (Column("name_en"), Column("name_zh"))


def _id(table: str) -> Column:
    return Column(ID_COLUMN[table], filled=True)


TABLES: dict[str, tuple[Column, ...]] = {
    "sources": (
        _id("sources"), Column("title_en"), Column("title_zh"), Column("publisher"),
        Column("date", "date"), Column("url"), Column("licence"), Column("sha256"),
    ),
    "facts": (
        _id("facts"), Column("subject", filled=True, refers=KINDS), Column("measure", filled=True),
        Column("value", "number", filled=True, digits=True), Column("unit", filled=True),
        Column("qualifier", values=QUALIFIERS), Column("resolution", "amount", digits=True),
        Column("printed", filled=True), Column("as_of", "date"), Column("period_start", "date"),
        Column("period_end", "date"), Column("area_basis", values=AREA_BASES),
        Column("floor_basis", values=FLOOR_BASES),
        Column("source_id", filled=True, refers=("sources",)), Column("locator", filled=True),
        Column("note_en"), Column("note_zh"), Column("edition", values=EDITIONS, optional=True),
    ),
    "zones": (
        _id("zones"), *_NAMES, Column("kind", filled=True), Column("parent", refers=("zones",)),
        Column("part_of", refers=("zones",), many=True), *_VALID, _STATUS, _SOURCE,
    ),
    "parcels": (
        _id("parcels"), *_NAMES, Column("parcel_kind"), Column("layer"), Column("land_use"),
        Column("land_use_standard", values=LAND_USE_STANDARDS),
        Column("zone_id", refers=("zones",)), *_VALID, _STATUS, _SOURCE,
        *(
            Column(f"{name}{SUFFIX.get(unit, '')}", "amount", optional=True)
            for name, unit in LOT_MEASURES.items()
        ),
        Column("site_area_basis", values=AREA_BASES, optional=True),
        Column("recorded_area_basis", values=AREA_BASES, optional=True),
        Column("recorded_area_edition", values=EDITIONS, optional=True),
        Column("land_use_name", optional=True), Column("parcel_code", optional=True),
    ),
    "projects": (
        _id("projects"), *_NAMES, Column("developer"), Column("industry"),
        Column("stage", values=STAGES), Column("parcel_id", refers=("parcels",)),
        Column("zone_id", refers=("zones",)), *_PLACE,
        Column("target_id", refers=("targets",), optional=True),
    ),
    "auctions": (
        _id("auctions"), Column("date", "date"), Column("mode", values=MODES),
        Column("parcel_id", refers=("parcels",)), Column("project_id", refers=("projects",)),
        Column("buyer"), Column("price_yuan", "amount"), Column("start_price_yuan", "amount"),
        Column("term_years", "amount"), Column("class", values=CLASSES),
        Column("target_id", refers=("targets",)), *_PLACE,
        Column("status", values=TRANSFER_STATUSES, optional=True),
        Column("status_date", "date", optional=True),
        Column("replaces", refers=("auctions",), optional=True),
    ),
    "targets": (
        _id("targets"), Column("zone_id", refers=("zones",)), Column("measure"), Column("counts"),
        Column("period_start", "date"), Column("period_end", "date"),
        Column("value", "amount", digits=True),
        Column("unit", filled=True), Column("qualifier", values=QUALIFIERS), *_PLACE,
        Column("printed", optional=True),
    ),
    "indicators": (_id("indicators"), *_NAMES, Column("scope")),
    "obligations": (
        _id("obligations"), *_NAMES, Column("kind", filled=True, values=OBLIGATIONS),
        Column("parcel_id", refers=("parcels",)), Column("project_id", refers=("projects",)),
        Column("auction_id", refers=("auctions",)), Column("value", "amount", digits=True),
        Column("unit"), Column("qualifier", values=QUALIFIERS), Column("printed"),
        Column("due", "date"), Column("met_on", "date"), Column("open_on", "date"), *_PLACE,
    ),
    "claims": (
        _id("claims"), *_NAMES, Column("formula", filled=True, values=CLAIM_FORMS),
        Column("claimed"), Column("inputs", many=True), Column("named_en", many=True),
        Column("named_zh", many=True), Column("missing_en"), Column("missing_zh"),
        Column("source_id", filled=True, refers=("sources",)), Column("locator", filled=True),
    ),
    "consequences": (
        _id("consequences"), *_NAMES, Column("measure", filled=True),
        Column("subject", refers=KINDS), Column("at_least", "number"), Column("below", "number"),
        *_VALID, *_PLACE,
    ),
    "corrections": (
        _id("corrections"), Column("subject", filled=True), Column("field", filled=True),
        Column("old_value"), Column("new_value"), Column("reason"), _SOURCE, Column("locator"),
        Column("who"), Column("when", "date"), Column("state", values=CORRECTION_STATES),
    ),
    "limits": (
        _id("limits"), Column("zone_id", filled=True, refers=("zones",)), Column("land_use"),
        Column("land_use_standard", values=LAND_USE_STANDARDS),
        Column("far_minimum", "amount", digits=True), Column("far_maximum", "amount", digits=True),
        Column("site_coverage_maximum", "amount"), Column("green_ratio_minimum", "amount"),
        Column("height_maximum_m", "amount"), *_VALID, *_PLACE,
    ),
    "imports": (
        _id("imports"), Column("file"), Column("sha256"), Column("layer"), Column("mapping"),
        Column("date", "date"),
    ),
}  # fmt: skip
#: Tables whose rows have a geometry.
SPATIAL = ("zones", "parcels")
