"""What each column of a delivery is taken for: by name, by synonym, by content; else a question."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pingshan_geo.catalogue.schema import ID_COLUMN
from pingshan_geo.findings import Finding, shortened
from pingshan_geo.ingest.columns.cells import distinct, read_date, read_number, says_nothing
from pingshan_geo.ingest.columns.headings import (
    Meaning,
    bare,
    codes_of,
    fields,
    fold,
    is_open,
    meanings,
    split_heading,
)
from pingshan_geo.ingest.columns.land_uses import standards_of
from pingshan_geo.ingest.columns.mapping import Mapping, Pair, takes_unit
from pingshan_geo.ingest.columns.units import with_units
from pingshan_geo.ingest.delivery import Delivery
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text, text

#: Numbers of parcels that are known by their form: Shenzhen, national code, French cadastre.
_ID_FORMS = re.compile(r"[A-Z]\d{5}-\d{4}|\d{12}[A-Z]{2}\d{5}|[0-9AB]{5}\d{3}[0-9A-Z]{2}\d{4}")
_HAN = re.compile("[\u4e00-\u9fff]")
#: What ids are made of where a delivery has none.
MADE_OF = {
    "auctions": ("parcel_id", "project_id", "date"),
    "projects": ("name_en", "name_zh", "parcel_id"),
    "targets": ("zone_id", "measure", "period_start"),
    "facts": ("subject", "measure", "as_of"),
}
# Filled by the import itself where a delivery has none.
_FILLED_LATER = {"geometry_status", "source_id", "locator", "printed"}
_LOOKED_AT = 2000  # different cells of a column; enough to tell what it holds
_SAMPLES = 3
_SHOWN = 60  # characters of a heading or a sample


@dataclass(frozen=True)
class Proposal:
    """A mapping, and what has to be said about it.

    Attributes
    ----------
    mapping : Mapping
        What is proposed.
    samples : dict of tuple of str
        Up to three different values of each column.
    questions : tuple of Finding
        What only the user knows; nothing is imported before it is answered.
    findings : tuple of Finding
        What was decided by values, and what is doubtful.
    """

    mapping: Mapping
    samples: dict[str, tuple[str, ...]]
    questions: tuple[Finding, ...]
    findings: tuple[Finding, ...]


def propose(
    delivery: Delivery,
    table: str,
    given: tuple[Pair, ...] = (),
    kept: Mapping | None = None,
    *,
    measured_m2: npt.NDArray[np.float64] | None = None,
) -> Proposal:
    """Propose which column of a delivery goes into which of a table.

    What the user says comes first, then a kept mapping, the names of the catalogue, synonyms,
    and content. Of several candidates none is taken: that is a question, as is a unit that
    neither option, heading, note, cells nor outlines decide.

    Parameters
    ----------
    delivery : Delivery
        The table as it came.
    table : str
        One of `mapping.IMPORTABLE`.
    given : tuple of Pair
        From ``--map``.
    kept : Mapping, optional
        Of an earlier delivery.
    measured_m2 : array, optional
        Area of each row's outline on the ellipsoid in m², NaN where there is none.

    Returns
    -------
    Proposal
        With questions, it must not be imported yet.
    """
    search = _Search(delivery, table)
    search.take_given(given)
    if kept is not None:
        search.take_kept(kept)
    for rank in (0, 1, 2):
        search.by_name(rank)
    search.by_content()
    search.add_implied()
    search.decide_standard()
    pairs, questions, told = with_units(delivery, search.pairs, measured_m2)
    search.pairs = pairs
    search.questions += questions
    search.findings += told
    search.require()
    used = {pair.column for pair in search.pairs.values()}
    left = tuple(each for each in search.columns if each not in used)
    search.tell_doubtful(left)
    in_order = tuple(search.pairs[name] for name in fields(table) if name in search.pairs)
    samples = {name: tuple(cells[:_SAMPLES]) for name, cells in search.cells.items()}
    return Proposal(
        Mapping(table, in_order, left), samples, tuple(search.questions), tuple(search.findings)
    )


class _Search:
    """A mapping in the making."""

    def __init__(self, delivery: Delivery, table: str) -> None:
        self.delivery, self.table = delivery, table
        self.columns = [str(name) for name in delivery.table]
        self.fields = fields(table)
        self.key = ID_COLUMN[table]
        self.pairs: dict[str, Pair] = {}
        self.settled: set[str] = set()  # columns that stay further ones, or are asked about
        self.asked: set[str] = set()  # fields of which a question is open
        self.implied: list[Meaning] = []
        self.questions: list[Finding] = []
        self.findings: list[Finding] = []

    @cached_property
    def cells(self) -> dict[str, list[str]]:
        """Different texts of each column."""
        return {name: distinct(self.delivery.table[name], _LOOKED_AT) for name in self.columns}

    def known(self, column: str) -> list[str]:
        """Return the different texts of a column that say something."""
        return [each for each in self.cells[column] if not says_nothing(each, strict=True)]

    @property
    def free(self) -> list[str]:
        used = self.settled | {pair.column for pair in self.pairs.values() if pair.column}
        return [each for each in self.columns if each not in used]

    def ask(self, code: str, field: str, value: str | None, **details: str | Text) -> None:
        self.questions.append(Finding(code, None, self.delivery.file, None, field, value, details))

    def tell(self, code: str, field: str, value: str | None, **details: str | Text) -> None:
        self.findings.append(Finding(code, None, self.delivery.file, None, field, value, details))

    def take_given(self, given: tuple[Pair, ...]) -> None:
        for pair in given:
            if pair.field:
                self.pairs[pair.field] = pair
            elif pair.column is not None:
                self.settled.add(pair.column)

    def take_kept(self, kept: Mapping) -> None:
        free = set(self.free)
        for pair in kept.pairs:
            if pair.field in self.pairs:
                continue
            if pair.column is None or pair.column in free:
                self.pairs[pair.field] = replace(pair, how="kept")
            elif pair.column not in self.columns:
                self.ask("mapping-column-missing", pair.field, pair.column)
                self.asked.add(pair.field)
        self.settled |= free & set(kept.left_over)

    def by_name(self, rank: int) -> None:
        wanted: dict[str, list[tuple[str, Meaning]]] = {}
        for column in self.free:
            meant = self._meant(column)
            best = [each for each in meant if each.rank == min(m.rank for m in meant)]
            if not best or best[0].rank != rank:
                continue
            if len(best) == 1:
                wanted.setdefault(best[0].field, []).append((column, best[0]))
            elif not any(each.field in self.pairs for each in best):
                self._ambiguous([column], [each.field for each in best])
        for field, found in wanted.items():
            if field in self.pairs or field in self.asked:
                continue
            filled = [each for each in found if self.cells[each[0]]] or found[:1]
            first = self.delivery.table[filled[0][0]]
            if not all(first.equals(self.delivery.table[column]) for column, _ in filled[1:]):
                self._ambiguous([column for column, _ in filled], [field])
                continue
            column, meaning = filled[0]
            self.pairs[field] = Pair(field, column, how="exact" if rank == 0 else "synonym")
            self.implied.append(meaning)

    def _ambiguous(self, columns: list[str], names: list[str]) -> None:
        self.ask("mapping-ambiguous", " / ".join(names), " / ".join(columns), column=columns[0],
                 to=names[0])  # fmt: skip
        self.settled.update(columns)
        self.asked.update(names)

    def _meant(self, column: str) -> list[Meaning]:
        """Return what a heading may mean, but for what the values in the column cannot be."""
        return [each for each in meanings(self.table, column) if self._plausible(column, each)]

    def _plausible(self, column: str, meaning: Meaning) -> bool:
        field, cells = meaning.field, self.known(column)
        kind = self.fields[field].kind
        unit = split_heading(column).unit
        if unit is not None and meaning.rank and not takes_unit(field, unit):
            return False
        has_codes = bool(codes_of(field)) and not is_open(field) and field != "land_use_standard"
        if not cells or (meaning.rank == 0 and not has_codes):
            return True  # by its own name it is that column, right or wrong
        if field in {"name_en", "name_zh"}:
            is_chinese = any(_HAN.search(each) for each in cells)
            return is_chinese == (field == "name_zh")
        if meaning.rank == 2 and field.endswith("_id"):
            return not self._is_running_number(column)
        if has_codes:
            return any(fold(each) in codes_of(field) for each in cells)
        if kind == "date":
            return any(read_date(each) for each in cells)
        if kind in {"number", "amount"}:
            return any(read_number(each) for each in cells)
        return True

    def _is_running_number(self, column: str) -> bool:
        """Return whether a column only numbers the rows, which is nothing to know them again by."""
        cells = self.delivery.table[column].to_numpy()[:_LOOKED_AT]
        try:
            numbers = cells.astype(float)
        except (TypeError, ValueError):
            return False
        return bool(np.array_equal(numbers, numbers[0] + np.arange(len(numbers))))

    def by_content(self) -> None:
        for field in dict.fromkeys((self.key, "parcel_id", *self.fields)):
            if field in self.pairs or field in self.asked or field not in self.fields:
                continue
            found = [each for each in self.free if self._holds(each, field)]
            if len(found) == 1:
                self.pairs[field] = Pair(field, found[0], how="content")
                self.tell("mapped-by-content", field, found[0])
            elif found and field == self.key:
                self._ambiguous(found, [field])
        code = self.pairs.get("parcel_code")
        if code is not None and self.table == "parcels" and self.key not in self.pairs:
            del self.pairs["parcel_code"]
            self.pairs[self.key] = replace(code, field=self.key)
            self.asked.discard(self.key)

    def _holds(self, column: str, field: str) -> bool:
        """Return whether every value of a column is one that only this field has."""
        cells = self.known(column)
        if not cells:
            return False
        if field == "parcel_id":
            known = all(_ID_FORMS.fullmatch(each) for each in cells)
            return known and (field != self.key or self.delivery.table[column].dropna().is_unique)
        if field == "land_use":
            return all(_HAN.search(each) for each in cells) and bool(standards_of(cells))
        if field == "date":
            return all(len(read_date(each) or "") == 10 for each in cells)
        codes = {} if is_open(field) else codes_of(field)
        return bool(codes) and all(fold(each) in codes for each in cells)

    def add_implied(self) -> None:
        """Add what the words of headings say besides, where nothing else does."""
        for meaning in self.implied:
            name, _, value = meaning.implied.partition("=")
            if name == "unit":
                self.pairs[meaning.field] = replace(self.pairs[meaning.field], unit=value)
            elif name in self.fields and name not in self.pairs:
                self.pairs[name] = Pair(name, constant=value, how="implied")

    def decide_standard(self) -> None:
        """Find the classification of the land uses."""
        pair = self.pairs.get("land_use")
        if pair is None or pair.column is None or "land_use_standard" in self.pairs:
            return
        uses = self.known(pair.column)
        found = standards_of(uses)
        value = ", ".join(uses[:_SAMPLES])
        if len(found) == 1:
            self.pairs["land_use_standard"] = Pair(
                "land_use_standard", constant=found[0], how="implied"
            )
            self.tell("land-use-standard-decided", pair.column, value, standard=found[0])
        elif found:
            self.ask("land-use-standard-unknown", pair.column, value, standards=" / ".join(found))
        elif uses:
            self.tell("land-use-unread", pair.column, value)

    def require(self) -> None:
        """Ask for what a row cannot do without."""
        for name, column in self.fields.items():
            missing = column.filled and name not in self.pairs and name not in _FILLED_LATER
            if not missing or name in self.asked or (name == "unit" and "value" in self.pairs):
                continue
            if name == self.key and self.table in MADE_OF:
                continue
            self.ask("mapping-required", name, None, columns=", ".join(self.free) or "—")

    def tell_doubtful(self, left: tuple[str, ...]) -> None:
        """Tell of columns left over that are like a known one but for brackets or a unit."""
        for column in left:
            if column in self.settled:
                continue
            meant = meanings(self.table, column) or meanings(self.table, bare(column))
            names = [each.field for each in meant if each.field not in self.pairs]
            if names:
                self.tell("heading-doubtful", column, " / ".join(names), to=names[0])


def proposal_rows(proposal: Proposal, lang: str = "en") -> list[tuple[str, str, str, str, str]]:
    """Return a proposal as rows for people.

    Returns
    -------
    list of tuple
        Column of the catalogue, heading or text it comes from, unit, who says so, samples. At
        the end the columns that are left over, which keep their names.
    """
    rows = []
    for pair in proposal.mapping.pairs:
        unit = UNITS[pair.unit].label(lang) if pair.unit else ""
        heading = pair.column or ""
        source = f"“{pair.constant}”" if pair.column is None else shortened(heading, _SHOWN, lang)
        how = text(f"how_{pair.how}").get(lang)
        rows.append((pair.field, source, unit, how, _shown(proposal, heading, lang)))
    how = text("how_left_over").get(lang)
    return rows + [
        ("", shortened(each, _SHOWN, lang), "", how, _shown(proposal, each, lang))
        for each in proposal.mapping.left_over
    ]


def _shown(proposal: Proposal, column: str, lang: str) -> str:
    cells = proposal.samples.get(column, ())
    return " | ".join(shortened(each, _SHOWN, lang) for each in cells)
