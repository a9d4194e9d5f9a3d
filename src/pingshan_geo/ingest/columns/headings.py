"""Headings of foreign tables: the unit that stands in one, and the columns that one may mean."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from pingshan_geo.catalogue.schema import FRACTIONS, LOT_MEASURES, TABLES, Column
from pingshan_geo.ids import nfkc
from pingshan_geo.units import SUFFIX, UNITS, unit_key
from pingshan_geo.words import text, words

# The last brackets of a heading, and what they hold.
_BRACKETS = re.compile(r"(?<!\s)\s*[(\[【〔<{]([^()\[\]【】〔〕<>{}]*)[)\]】〕>}]\s*")
_UNIT_LABEL = re.compile(
    r"^\s*(?:计量)?(?:单位|units?)\s*(?:[:=]|为|\s|$)\s*|^\s*in\s+", re.IGNORECASE
)
# Where a unit may be cut off: after a sign, or behind 面积 and 价 also without one.
_CUT = re.compile(r"[/,;:_\s]+|(?<=面积)(?=.)|(?<=价)(?=.)")
#: Groups of the table of words that hold the values of columns open to other words.
_GROUPS = {
    "kind": ("zone_kind",),
    "parcel_kind": ("parcel_kind",),
    "measure": ("target_measure", "measure"),
    "counts": ("counts", "stage"),
}


class Heading(NamedTuple):
    """A heading in two parts; ``unit`` is a key of `UNITS` or None."""

    name: str
    unit: str | None


class Meaning(NamedTuple):
    """What a heading may stand for.

    Attributes
    ----------
    field : str
        Column of the catalogue.
    rank : int
        0 the column's own name, 1 a word for it, 2 a word that serves where no better one is.
    implied : tuple of str
        What the word says besides, ``column=value`` or ``unit=key``; may be empty.
    """

    field: str
    rank: int
    implied: str = ""


@dataclass(frozen=True, slots=True)
class Synonym:
    """One row of ``synonyms.csv``: words for a column, or for one of its values."""

    column: str
    value: str
    rank: int
    tables: tuple[str, ...]
    implied: str
    words: tuple[str, ...]


@cache
def synonyms() -> tuple[Synonym, ...]:
    """Return the table of synonyms."""
    lines = (files("pingshan_geo") / "synonyms.csv").read_text(encoding="utf-8").splitlines()
    return tuple(
        Synonym(
            row["column"],
            row["value"],
            int(row["rank"] or 0),
            tuple(row["tables"].split()),
            row["implies"],
            tuple(row["synonyms"].split(";")),
        )
        for row in csv.DictReader(lines, strict=True)
    )


def fold(name: str) -> str:
    """Return the form under which two spellings of a heading or a word are equal.

    Examples
    --------
    >>> fold("Parcel_No."), fold("ＺＤ ＢＨ")
    ('parcelno', 'zdbh')
    """
    return re.sub(r"[\W_]+", "", nfkc(name)).casefold()


def split_heading(heading: str) -> Heading:
    r"""Return the name and the unit of a heading; what is no unit stays in the name.

    Examples
    --------
    >>> split_heading("用地面积（㎡）"), split_heading("成交价\n(单位：万元)")
    (Heading(name='用地面积', unit='m2'), Heading(name='成交价', unit='10k_yuan'))
    >>> split_heading("site_area_ha"), split_heading("建筑面积（地上）")
    (Heading(name='site_area', unit='ha'), Heading(name='建筑面积(地上)', unit=None))
    """
    plain = re.sub(r"\s+", " ", nfkc(heading)).strip()
    for found in reversed(list(_BRACKETS.finditer(plain))):
        if unit := _unit(_UNIT_LABEL.sub("", found[1])):
            return Heading(f"{plain[: found.start()]} {plain[found.end() :]}".strip(), unit)
    for cut in _CUT.finditer(plain):
        if cut.start() and (unit := _unit(_UNIT_LABEL.sub("", plain[cut.end() :]))):
            return Heading(_UNIT_LABEL.sub("", plain[: cut.start()]).strip(), unit)
    return Heading(plain, None)


def units_in(note: str | None) -> tuple[str, ...]:
    """Return the units named in a line above a table, such as ``单位：公顷、万元``.

    Examples
    --------
    >>> units_in("单位：公顷、万元"), units_in("2017年")
    (('ha', '10k_yuan'), ())
    """
    told = _UNIT_LABEL.sub("", nfkc(note or ""))
    found = (_unit(part) for part in re.split(r"[,、;\s]+|(?<!元)/", told))
    return tuple(dict.fromkeys(unit for unit in found if unit))


def _unit(text_: str) -> str | None:
    key = unit_key(text_)
    return None if key is None or UNITS[key].si in {"count", "rank"} or key == "1" else key


def bare(heading: str) -> str:
    """Return a heading without what stands in brackets: what it is about.

    Examples
    --------
    >>> bare("建筑面积（地上）")
    '建筑面积'
    """
    return _BRACKETS.sub("", nfkc(heading)).strip()


def fields(table: str) -> dict[str, Column]:
    """Return the columns of a catalogue's table that a delivery may be mapped to, by name."""
    return {each.name: each for each in TABLES[table]}


def stored_unit(field: str) -> str | None:
    """Return the unit that a column's numbers are stored in, None where each row has its own.

    Examples
    --------
    >>> stored_unit("site_area_m2"), stored_unit("price_yuan"), stored_unit("value")
    ('m2', 'yuan', None)
    """
    if unit := next((unit for unit, end in SUFFIX.items() if field.endswith(end)), None):
        return unit
    if field in FRACTIONS or field in {"far_limit", "far_minimum", "far_maximum"}:
        return "1"
    return "year" if field == "term_years" else None


@cache
def _meanings(table: str) -> dict[str, tuple[Meaning, ...]]:
    known = fields(table)
    found: dict[str, list[Meaning]] = {}
    for name in known:
        found.setdefault(fold(name), []).append(Meaning(name, 0))
        measure = name.removesuffix("_m2").removesuffix("_yuan").removesuffix("_m")
        if measure in LOT_MEASURES or measure in {"price", "start_price"}:
            for word in text(measure):
                found.setdefault(fold(word), []).append(Meaning(name, 1))
    for row in synonyms():
        if row.column in known and not row.value and (not row.tables or table in row.tables):
            for word in row.words:
                found.setdefault(fold(word), []).append(Meaning(row.column, row.rank, row.implied))
    # The first that names a column stands: its own name before a word for it.
    return {
        form: tuple({each.field: each for each in reversed(meanings)}.values())
        for form, meanings in found.items()
    }


def meanings(table: str, heading: str) -> tuple[Meaning, ...]:
    """Return what a heading may stand for in a table; of joined headings the last part counts too.

    Examples
    --------
    >>> [each.field for each in meanings("parcels", "宗地编号")]
    ['parcel_id']
    >>> sorted(each.field for each in meanings("parcels", "规划指标/面积（公顷）"))
    ['recorded_area_m2', 'site_area_m2']
    """
    name = split_heading(heading).name
    known = _meanings(table)
    for spelling in (heading, name, name.rpartition("/")[2]):
        if found := known.get(fold(spelling)):
            return found
    return ()


@cache
def codes_of(field: str) -> dict[str, str]:
    """Return the values of a column by every word for them, folded.

    Empty for a column that has no words of its own; those of `_GROUPS` are open to other words.

    Examples
    --------
    >>> codes_of("mode")[fold("挂牌出让")], codes_of("kind")["街道"]
    ('listing', 'subdistrict')
    """
    values = {
        value for table in TABLES for c in TABLES[table] if c.name == field for value in c.values
    }
    found = {
        fold(word): value
        for value in sorted(values)
        for word in (value, value.replace("-", ""), *text(value))
    }
    for key, each in words().items():
        if each.group in _GROUPS.get(field, ()):
            found |= {fold(word): key for word in (key, *each.text)}
    for row in synonyms():
        if row.column == field and row.value:
            found |= {fold(word): row.value for word in (row.value, *row.words)}
    return found


def is_open(field: str) -> bool:
    """Return whether a column also takes words that have no value of their own."""
    return field in _GROUPS
