"""A source read again: every number that is said to come from it, held against the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from pingshan_geo.audit.document import Document, Sentence
from pingshan_geo.audit.matching import Match, Spot, is_as_held, matched, spots_of
from pingshan_geo.audit.printed import PrintedNumber, years_in
from pingshan_geo.audit.statements import Statement, statements_of
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.load import Catalogue
from pingshan_geo.catalogue.schema import FLOOR_BASES
from pingshan_geo.errors import UsageError
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.ids import hint
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text, text

STATUSES = ("found", "other_notation", "moved", "unit", "changed", "missing")
_CODES = {
    "other_notation": "source-notation",
    "moved": "source-moved",
    "unit": "source-unit",
    "changed": "source-changed",
    "missing": "source-missing",
}
# Column that a finding points to; the number's own column for the others.
_FIELDS = {"moved": "locator", "unit": "unit"}
# Words of a document that do not speak against a basis; ``land`` is area without more words.
_AGREES = {
    "total_land": {"total_land", "parcel"},
    "parcel": {"total_land", "parcel"},
    "gross": {"gross", "floor"},
    "countable": {"countable", "floor"},
}


# What is asked for: "at least 5 ha" sets the 5 ha that are held.
_ASKED = frozenset({"obligations", "targets"})


@dataclass(frozen=True, slots=True)
class Checked:
    """One statement held against the document.

    Attributes
    ----------
    statement : Statement
    status : str
        One of `STATUSES`.
    number : PrintedNumber or None
        What the document prints; None where it is missing.
    place : str or None
        Where it stands, as a locator.
    differences : tuple of Finding
        What else differs: qualifier, basis, year.
    searched : bool
        Whether the locator is in words, so that all of the document was searched.
    """

    statement: Statement
    status: str
    number: PrintedNumber | None
    place: str | None
    differences: tuple[Finding, ...]
    searched: bool


@dataclass(frozen=True)
class SourceCheck:
    """What reading a source again has shown.

    Attributes
    ----------
    source : str
        Id of the source.
    title : Text
    document : str
        Name of the file.
    kind : str
        ``text``, ``html`` or ``pdf``.
    checked : tuple of Checked
        Every statement, in the order of the catalogue.
    unheld : tuple of (Sentence, tuple of PrintedNumber)
        Numbers of the document that no statement holds, by sentence.
    findings : tuple of Finding
    """

    source: str
    title: Text
    document: str
    kind: str
    checked: tuple[Checked, ...]
    unheld: tuple[tuple[Sentence, tuple[PrintedNumber, ...]], ...]
    findings: tuple[Finding, ...]

    @property
    def mismatches(self) -> bool:
        """Whether document and catalogue disagree anywhere."""
        return any(finding.severity != "info" for finding in self.findings)


def check_source(catalogue: Catalogue, source_id: str, document: Document) -> SourceCheck:
    """Hold everything that is said to come from a source against its document.

    Parameters
    ----------
    catalogue : Catalogue
    source_id : str
        An id of ``sources.csv``.
    document : Document
        As `read_document` gives it.

    Returns
    -------
    SourceCheck
        ``mismatches`` is true where a number has moved, changed or is missing, where unit,
        qualifier, basis or year differ, or where the file is not the one of the stored hash.
        Numbers in other notation and numbers that nothing holds are told as information.

    Raises
    ------
    UsageError
        If the catalogue has no such source; the message names the nearest.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> from pingshan_geo.audit.document import Document, counted_sentences
    >>> text = counted_sentences(["It was sold on 30 December 2020 for 1.05亿元."])
    >>> told = check_source(load_catalogue(), "yiyao-2020", Document("a.txt", "text", "", text))
    >>> [each.status for each in told.checked if each.statement.id == "e042"], told.mismatches
    (['missing'], True)
    """
    if source_id not in catalogue.sources.index:
        en, zh = hint(source_id, map(str, catalogue.sources.index))
        raise UsageError(f"there is no source {source_id}{en}", f"没有来源 {source_id}{zh}")
    statements = statements_of(catalogue, source_id)
    spots = spots_of(document)
    matches, held = matched(statements, spots)
    row: dict[Any, Any] = catalogue.sources.loc[source_id].to_dict()
    years = _Years(document, row["date"], spots, held)
    checked = tuple(
        _checked(statement, matches.get(place), years) for place, statement in enumerate(statements)
    )
    free = (spot for spot in spots if spot.index not in held and _is_quantity(spot.number))
    unheld = tuple(
        (sentence, tuple(spot.number for spot in group))
        for sentence, group in groupby(free, key=attrgetter("sentence"))
    )
    found = [finding for each in checked for finding in _findings(each)]
    found += _digest(row["sha256"], source_id, int(row["row_number"]), document)
    found += _unheld(unheld, document.name)
    title = catalogue.source_title(source_id)
    return SourceCheck(
        source_id, title, document.name, document.kind, checked, unheld, in_order(found)
    )


class _Years:
    """Which years a number is printed for: its sentence, its paragraph, its document."""

    def __init__(
        self, document: Document, date: str | None, spots: tuple[Spot, ...], held: frozenset[int]
    ) -> None:
        counted: dict[str, set[int]] = {}
        for spot in spots:  # 2013 enterprises: a count that a fact holds is no year
            if spot.index in held and spot.number.kind == "year":
                counted.setdefault(spot.sentence.locator, set()).add(int(spot.number.digits))
        self.named = {
            s.locator: set(years_in(s.text)) - counted.get(s.locator, set())
            for s in document.sentences
        }
        published = span(date) if date else None
        every = set().union(*self.named.values())
        self.otherwise = {published.first.year} if published else every

    def of(self, sentence: Sentence) -> set[int]:
        """Return the years that hold for a sentence."""
        for number in range(sentence.number, 0, -1):
            if named := self.named.get(f"P{sentence.paragraph} S{number}"):
                return named
        return self.otherwise


def _checked(statement: Statement, match: Match | None, years: _Years) -> Checked:
    searched = not statement.places
    if match is None:
        return Checked(statement, "missing", None, None, (), searched)
    number, sentence, status = match.spot.number, match.spot.sentence, match.status
    if status == "found" and not is_as_held(statement, number):
        status = "other_notation"
    differences = () if status == "changed" else tuple(
        _differences(statement, number, sentence, years)
    )  # fmt: skip
    return Checked(statement, status, number, sentence.locator, differences, searched)


def _differences(
    statement: Statement, number: PrintedNumber, sentence: Sentence, years: _Years
) -> Iterator[Finding]:
    def told(
        code: str, field: str, value: str, printed: str | Text, held: Text | None = None
    ) -> Finding:
        details = _details(statement, number, sentence.locator)
        details |= {"held": held or value, "told": printed}
        return Finding(
            code, statement.subject, statement.file, statement.row, field, value, details
        )

    held = statement.qualifier and statement.qualifier.replace("exact", "printed")
    is_asked = (statement.table in _ASKED and held == "printed"
                and number.qualifier == "more_than")  # fmt: skip
    if held and held != number.qualifier and not is_asked:
        yield told(
            "source-qualifier", "qualifier", str(statement.qualifier), text(number.qualifier),
            text(held),
        )  # fmt: skip
    basis = statement.basis
    if basis and number.basis not in {None, "land", basis, *_AGREES.get(basis, ())}:
        field = "floor_basis" if basis in FLOOR_BASES else "area_basis"
        words = "gross" if number.basis == "floor" else str(number.basis)
        yield told("source-basis", field, basis, text(_basis_word(words)), text(_basis_word(basis)))
    named = years.of(sentence)
    if statement.years and named and named.isdisjoint(statement.years):
        field = "as_of" if statement.table == "facts" else "period_end"
        one, two = (", ".join(map(str, sorted(each))) for each in (statement.years, named))
        yield told("source-year", field, one, two)


def _basis_word(basis: str) -> str:
    return "basis_parcel" if basis == "parcel" else basis


def _details(
    statement: Statement, number: PrintedNumber | None, place: str | None
) -> dict[str, str | Text]:
    unit = UNITS[statement.unit]
    held = Text(*(f"{statement.digits} {unit.label(lang)}".strip() for lang in ("en", "zh")))
    nowhere = Text("", "")
    return {
        "id": statement.id,
        "number": held,
        "printed": number.printed if number else nowhere,
        "place": place or nowhere,
        "locator": statement.locator or "—",
    }


def _findings(each: Checked) -> Iterator[Finding]:
    statement = each.statement
    code = _CODES.get(each.status)
    if code:
        field = _FIELDS.get(each.status, statement.field)
        value = statement.locator if field == "locator" else statement.digits
        value = statement.unit if field == "unit" else value
        details = _details(statement, each.number, each.place)
        if each.status == "other_notation" and each.number:
            same = each.number.step == statement.step
            details["bounds"] = text("source_same_bounds" if same else "source_other_bounds")
        yield Finding(code, statement.subject, statement.file, statement.row, field, value, details)
    yield from each.differences


def _is_quantity(number: PrintedNumber) -> bool:
    """Return whether a number that nothing holds is worth a line: no year, first or one."""
    if number.kind in {"year", "ordinal"}:
        return False
    return number.kind != "words" or number.value > 1 or number.unit is not None


def _unheld(
    unheld: tuple[tuple[Sentence, tuple[PrintedNumber, ...]], ...], name: str
) -> Iterator[Finding]:
    for sentence, numbers in unheld:
        value = "; ".join(number.printed for number in numbers)
        place = {"place": sentence.locator}
        yield Finding("source-number-unheld", None, name, None, sentence.locator, value, place)


def _digest(stored: str | None, source: str, row: int, document: Document) -> Iterator[Finding]:
    if stored and document.sha256 and stored.lower() != document.sha256:
        details = {"file": document.name, "digest": document.sha256}
        yield Finding("source-digest", source, "sources.csv", row, "sha256", stored, details)
