"""Wide tables in words: a row a subject, the columns that were asked for or that a group needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.measures.reconcile.texts import evidence_text
from pingshan_geo.measures.registry import MEASURES, Measure
from pingshan_geo.report.people import capital
from pingshan_geo.units import UNITS, format_number
from pingshan_geo.words import text, word, words

_QUALITY = (
    "recorded_area_m2", "recorded_area_basis", "recorded_area_edition", "measured_area_m2",
    "measured_area_plane_m2", "area_difference_m2", "area_ratio", "area_tolerance_m2",
    "area_verdict", "area_cause", "area_cause_evidence",
)  # fmt: skip
#: What people read of a group, by kind of subject.
LAYOUTS: dict[str, dict[str, tuple[str, ...]]] = {
    "overlay": {
        "zones": ("overlay_area_total_m2", "straddler_count"),
        "overlay": (
            "overlay_area_m2", "overlay_share", "overlay_share_of_zone", "is_dominant",
            "is_sliver", "shared_m2",
        ),
    },
    "quality": {"zones": _QUALITY, "parcels": _QUALITY},
}  # fmt: skip
# What a terminal leaves out of them: the other formats have it.
_NOT_NARROW = frozenset({
    "recorded_area_edition", "measured_area_plane_m2", "area_cause_evidence", "shared_m2",
})  # fmt: skip
# Columns of numbers that are no measures, with their unit.
_PLAIN = {"shared_m2": "m2", "area_tolerance_m2": "m2", "area_cause_fit": "m2"}
# Texts that are keys of the table of words, with what stands before them there.
_PREFIX = {"area_cause": "cause_"}
_PARTS = {
    "low": "col_low", "high": "col_high", "status": "col_status", "qualifier": "qualifier",
}  # fmt: skip
_NO_TEXT = ("name_en", "name_zh", "unit_si", "kind")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table for people; ``is_number`` says which columns are set right."""

    title: str
    headings: tuple[str, ...]
    is_number: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def sheets(
    assessment: Assessment,
    tables: Mapping[str, pd.DataFrame],
    columns: Sequence[str],
    group: str,
    lang: str,
    *,
    is_narrow: bool = False,
) -> list[Sheet]:
    """Return tables of a report in words, in ``lang``.

    Parameters
    ----------
    assessment : Assessment
        Gives the names of subjects.
    tables : mapping of DataFrame
        As `Selection.wide` gives them, by kind.
    columns : sequence of str
        Those asked for; without any those that `LAYOUTS` has for the group, by kind.
    group : str
        Group of measures.
    lang : str
        ``en`` or ``zh``.
    is_narrow : bool
        Whether columns are left out that few need, for a terminal.
    """
    made = []
    for kind, table in tables.items():
        wanted = columns or LAYOUTS[group].get(kind, ())
        shown = [name for name in wanted if name in table and name not in _NO_TEXT]
        if not columns:  # a column of which nothing is known is no help
            left_out = _NOT_NARROW if is_narrow else frozenset()
            shown = [n for n in shown if table[n].notna().any() and n not in left_out]
        if len(table) and shown:
            title = capital(word(kind, lang))
            made.append(_sheet(assessment, kind, table, shown, title, lang))
    return made


def _sheet(
    assessment: Assessment, kind: str, table: pd.DataFrame, shown: list[str], title: str, lang: str
) -> Sheet:
    lead = [_leads(assessment, kind, each, lang) for each in table["id"].astype(str)]
    heads = [word(head, lang) for head in _LEADS.get(kind, ("col_subject",))]
    numbers = [False] * len(heads)
    cells: list[Sequence[str]] = list(zip(*lead, strict=True))
    for name in shown:
        measure, part = measure_of(name)
        status = _status(assessment, kind, table, measure) if measure and not part else None
        unit = measure.unit if measure else _PLAIN.get(name)
        is_number = unit is not None and part not in {"status", "qualifier"}
        numbers.append(is_number)
        heads.append(heading(name, lang, "%" if unit == "1" and _is_share(measure) else unit))
        cells.append(_column(table[name], status, unit if is_number else None, measure, lang))
    rows = tuple(zip(*cells, strict=True))
    return Sheet(title, tuple(map(capital, heads)), tuple(numbers), rows)


def _status(
    assessment: Assessment, kind: str, table: pd.DataFrame, measure: Measure
) -> pd.Series[Any] | None:
    """Return the statuses of a measure, also where that column was not asked for."""
    own, whole = table.get(measure.status_column), assessment.tables[kind]
    if own is not None or measure.status_column not in whole:
        return own
    found: pd.Series[Any] = whole[measure.status_column].astype(object).reindex(table["id"])
    return found


# What a row begins with; a pair with its parcel and its zone.
_LEADS = {"overlay": ("parcel", "zone")}


def _leads(assessment: Assessment, kind: str, subject: str, lang: str) -> tuple[str, ...]:
    """Return what a row begins with: the id, before the name of all but parcels; of a pair two."""
    table = assessment.tables[kind]
    if kind == "overlay":
        pair: dict[Any, Any] = table.loc[subject].to_dict()
        if pair["zone_id"] is None:
            outside = text("outside_of").filled(kind=text(pair["zone_kind"]))
            return pair["parcel_id"], outside.get(lang)
        return pair["parcel_id"], *_leads(assessment, "zones", pair["zone_id"], lang)
    if kind == "parcels" or subject not in table.index:
        return (subject,)
    name = assessment.subject_name(kind, subject).get(lang)
    return (name if subject in name else f"{name} {subject}",)


def _is_share(measure: Measure | None) -> bool:
    return measure is not None and measure.unit == "1" and "share" in measure.name


def _column(
    values: pd.Series[Any],
    status: pd.Series[Any] | None,
    unit: str | None,
    measure: Measure | None,
    lang: str,
) -> list[str]:
    unknown = word("unknown", lang)
    said = [None] * len(values) if status is None else status.astype(object).tolist()
    cells = []
    for value, state in zip(values.astype(object), said, strict=True):
        if value is None or pd.isna(value):
            cells.append(unknown if state == "unknown" else "—")
        elif isinstance(value, bool):
            cells.append(word("yes" if value else "no", lang))
        elif isinstance(value, str):
            cells.append(_text(str(values.name), value, lang))
        elif _is_share(measure):
            cells.append(format_number(float(value) * 100, 4))
        else:
            decimals = 2 if unit == "m2" else 4 if abs(value) >= 0.1 else 6
            cells.append(format_number(float(value), decimals))
    return cells


def _text(column: str, value: str, lang: str) -> str:
    if column == "area_cause_evidence":
        return evidence_text(value).get(lang)
    key = _PREFIX.get(column, "") + value
    is_code = column.endswith(("_verdict", "_cause", "_basis", "_edition", "kind", "_status"))
    return word(key, lang) if is_code and key in words() else value


def measure_of(column: str) -> tuple[Measure | None, str]:
    """Return the measure whose column it is, and which of its columns (empty: the value).

    Examples
    --------
    >>> measure, part = measure_of("site_area_low_m2")
    >>> measure.name, part
    ('site_area', 'low')
    """
    named = (
        (measure, part)
        for measure in MEASURES.values()
        for name, part in zip(measure.columns, ("", *_PARTS), strict=True)
        if name == column
    )
    return next(named, (None, ""))


def heading(column: str, lang: str, unit: str | None = None) -> str:
    """Return the words for a column of a wide table, with the unit of its numbers.

    Without a unit it is the stored one of the measure.

    Examples
    --------
    >>> heading("site_area_low_m2", "en")
    'site area low (m²)'
    """
    measure, part = measure_of(column)
    if measure is None:
        key = f"col_{column}"
        return word(key if key in words() else column, lang)
    label = f"{measure.label.get(lang)} {word(_PARTS[part], lang) if part else ''}".strip()
    unit = unit or measure.unit
    sign = UNITS[unit].label(lang) if unit and part not in {"status", "qualifier"} else ""
    return f"{label} ({sign})" if sign else label
