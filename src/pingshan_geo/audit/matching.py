"""Which printed number is which statement: at its place, moved, in another unit, changed."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pingshan_geo.audit.document import Document, Sentence
from pingshan_geo.audit.printed import PrintedNumber, numbers_in
from pingshan_geo.audit.statements import Statement
from pingshan_geo.findings import unreadable
from pingshan_geo.words import Text

Place = tuple[int, int]
#: Of more numbers no document is read again: 30 000 take some ten seconds.
MOST_NUMBERS = 30_000
_DIGITS = re.compile(r"\d+")
# Families in which a document prints bare numbers.
_BARE = frozenset({"count", "1", "persons", "year", "rank", "pp"})
_COUNTED = frozenset({"count", "persons"})
# Factors by which a unit goes wrong while the digits stay: 万 or 亿 lost.
_LOST = frozenset({Fraction(10) ** power for power in (4, 8, -4, -8)})


@dataclass(frozen=True, slots=True)
class Spot:
    """A number in a document and the sentence it stands in."""

    index: int
    sentence: Sentence
    number: PrintedNumber

    @property
    def place(self) -> Place:
        """Paragraph and sentence."""
        return self.sentence.paragraph, self.sentence.number


@dataclass(frozen=True, slots=True)
class Match:
    """How a statement stands to a document: ``found``, ``moved``, ``unit``, ``changed``."""

    status: str
    spot: Spot


def spots_of(document: Document) -> tuple[Spot, ...]:
    """Return every number of a document.

    Raises
    ------
    InputError
        If it has more than `MOST_NUMBERS` runs of digits: that is a table, and no statement.
    """
    if sum(len(_DIGITS.findall(each.text)) for each in document.sentences) > MOST_NUMBERS:
        few = f"it has over {MOST_NUMBERS} numbers; give the part that is meant"
        raise unreadable(document.name, Text(few, f"数字超过 {MOST_NUMBERS} 个，请只给出相关部分"))
    pairs = [(s, number) for s in document.sentences for number in numbers_in(s.text)]
    return tuple(Spot(index, *pair) for index, pair in enumerate(pairs))


def is_same(statement: Statement, number: PrintedNumber) -> bool:
    """Return whether a number says the same value, in whatever notation."""
    if (number.kind == "ordinal") != (statement.unit == "rank") and number.kind == "ordinal":
        return False
    if number.unit is None:
        bare = not statement.is_unit_printed or statement.family in _BARE
        return bare and number.value == Fraction(statement.digits)
    return _is_kin(statement, number) and number.si == statement.si


def is_as_held(statement: Statement, number: PrintedNumber) -> bool:
    """Return whether digits and unit are those of the catalogue, separators and width aside."""
    same_unit = number.unit in {statement.unit, None}
    is_plain = number.kind in {"digits", "year"} or not statement.is_unit_printed
    return same_unit and is_plain and number.digits == statement.digits


def _is_kin(statement: Statement, number: PrintedNumber) -> bool:
    """Return whether a number counts in the units of a statement."""
    if number.unit is None:
        return not statement.is_unit_printed or statement.family in _BARE
    own = {statement.family, number.family}
    return len(own) == 1 or own == _COUNTED


@dataclass
class _Matching:
    """Statements and spots that are still free, and what has been decided."""

    statements: Sequence[Statement]
    spots: Sequence[Spot]
    held: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    made: dict[int, Match] = field(default_factory=dict)
    at: dict[Place, list[Spot]] = field(default_factory=lambda: defaultdict(list))
    by_value: dict[Fraction, list[Spot]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for spot in self.spots:
            self.at[spot.place].append(spot)
            self.by_value[spot.number.si].append(spot)

    def open(self) -> list[int]:
        return [i for i in range(len(self.statements)) if i not in self.made]

    def take(self, index: int, status: str, spot: Spot) -> None:
        self.made[index] = Match(status, spot)
        self.held[spot.index].append(index)

    def free(self, index: int, spots: Iterable[Spot]) -> list[Spot]:
        """Return spots that nothing holds; else those that may be held twice."""
        spots = list(spots)
        alone = [spot for spot in spots if not self.held.get(spot.index)]
        return alone or [spot for spot in spots if self._is_shared(index, spot)]

    def _is_shared(self, index: int, spot: Spot) -> bool:
        """One number may be held twice for one subject, by two tables, or by rows that agree.

        Rows agree that name the same place, digits and unit: "at least 50 % of each lot".
        """
        one = self.statements[index]
        said = (one.locator, one.digits, one.unit)
        return all(
            one.subject == two.subject
            or one.table != two.table
            or said == (two.locator, two.digits, two.unit)
            for two in (self.statements[each] for each in self.held[spot.index])
        )

    def exact(self, index: int, places: Iterable[Place]) -> list[Spot]:
        one = self.statements[index]
        here = [spot for place in places for spot in self.at.get(place, ())]
        return self.free(index, (spot for spot in here if is_same(one, spot.number)))

    def exact_anywhere(self, index: int) -> list[Spot]:
        one = self.statements[index]
        here = [*self.by_value.get(one.si, ())]
        if not one.is_unit_printed:
            here += self.by_value.get(Fraction(one.digits), ())
        return self.free(index, (spot for spot in here if is_same(one, spot.number)))


def matched(
    statements: Sequence[Statement], spots: Sequence[Spot]
) -> tuple[dict[int, Match], frozenset[int]]:
    """Return for each statement its match, none where it is missing, and the spots held.

    Exact matches at the locator come first, then exact ones elsewhere, the same digits in another
    unit, and last the number of the same family that is nearest. A number is held by several
    statements only if they are about one subject, stand in several tables, or name the same place,
    digits and unit.
    """
    work = _Matching(statements, spots)
    strong = [i for i, one in enumerate(statements) if _is_strong(one)]
    for as_held in (True, False):  # 10 km² and 10 million m² are two numbers where both stand
        for index in (i for i in strong if i not in work.made and statements[i].places):
            here = work.exact(index, statements[index].places)
            here = [s for s in here if is_as_held(statements[index], s.number) or not as_held]
            _take_best(work, index, "found", here)
    for index in (i for i in work.open() if not statements[i].places):
        _take_best(work, index, "found", work.exact_anywhere(index))
    for index in (i for i in strong if i not in work.made and statements[i].places):
        _take_best(work, index, "moved", work.exact_anywhere(index))
    shift = _shift(work)
    for index in (i for i in work.open() if statements[i].places):
        own = [place for place in statements[index].places if shift(place) == place]
        _take_best(work, index, "found", work.exact(index, own))
        if index not in work.made:
            gone = [shift(place) for place in statements[index].places]
            _take_best(work, index, "moved", work.exact(index, gone))
        if index not in work.made:
            _take_best(work, index, "found", work.exact(index, statements[index].places))
    _assign(work, "unit", _unit_cost, shift)
    _assign(work, "changed", _changed_cost, shift)
    shift = _shift(work)
    for index in (i for i in work.open() if statements[i].places):
        gone = [shift(place) for place in statements[index].places]
        _take_best(work, index, "moved", work.exact(index, gone) or work.exact_anywhere(index))
        if index in work.made:
            shift = _shift(work)  # the next of this sentence has gone the same way
    return work.made, frozenset(index for index, holders in work.held.items() if holders)


def _is_strong(statement: Statement) -> bool:
    """Return whether a value can hardly stand in a document by chance."""
    figures = statement.digits.replace(".", "").strip("0")
    return statement.is_unit_printed or len(figures) > 2


def _take_best(work: _Matching, index: int, status: str, spots: Sequence[Spot]) -> None:
    if not spots:
        return
    one = work.statements[index]

    def worse(spot: Spot) -> tuple[bool, bool, bool, int, int]:
        number = spot.number
        return (
            (one.qualifier or "printed") != number.qualifier,
            one.basis != number.basis,
            number.unit is None and one.is_unit_printed,
            abs(spot.sentence.paragraph - one.places[0][0]) if one.places else 0,
            spot.index,
        )

    work.take(index, status, min(spots, key=worse))


def _shift(work: _Matching) -> Callable[[Place], Place]:
    """Return where a place has gone, by what stood there, else by the paragraphs around it."""
    sentences: dict[Place, Counter[Place]] = defaultdict(Counter)
    paragraphs: dict[int, Counter[int]] = defaultdict(Counter)
    for index, match in work.made.items():
        for place in work.statements[index].places[:1]:
            sentences[place][match.spot.place] += 1
            paragraphs[place[0]][match.spot.place[0] - place[0]] += 1
    steps = {paragraph: each.most_common(1)[0][0] for paragraph, each in paragraphs.items()}

    def shift(place: Place) -> Place:
        if place in sentences:
            best, count = sentences[place].most_common(1)[0]
            return place if sentences[place][place] >= count else best
        if place[0] in steps:
            return place[0] + steps[place[0]], place[1]
        above = max((p for p in steps if p < place[0]), default=None)
        below = min((p for p in steps if p > place[0]), default=None)
        near = {steps[p] for p in (above, below) if p is not None}
        return (place[0] + near.pop(), place[1]) if len(near) == 1 else place

    return shift


Cost = Callable[[Statement, PrintedNumber], float | None]


def _assign(work: _Matching, status: str, cost: Cost, shift: Callable[[Place], Place]) -> None:
    """Give open statements free numbers at their places, the nearest pair first."""
    pairs: list[tuple[float, int, int]] = []
    for index in work.open():
        one = work.statements[index]
        places = dict.fromkeys([*map(shift, one.places), *one.places])
        here = [s for place in places for s in work.at.get(place, ())] if places else (
            work.spots if status == "unit" else [])  # fmt: skip
        for spot in here:
            found = None if work.held.get(spot.index) else cost(one, spot.number)
            if found is not None:
                pairs.append((found, index, spot.index))
    for _, index, spot_index in sorted(pairs):
        if index not in work.made and not work.held.get(spot_index):
            work.take(index, status, work.spots[spot_index])


def _unit_cost(statement: Statement, number: PrintedNumber) -> float | None:
    """Return 0 where the digits agree and only the unit does not, else None."""
    if number.kind in {"ordinal", "year", "words"} or statement.unit == number.unit:
        return None
    if number.unit is None and not statement.is_unit_printed:
        return None
    if number.value == Fraction(statement.digits):
        return 0.0
    is_lost = _is_kin(statement, number) and number.si and statement.si / number.si in _LOST
    return 0.5 if is_lost else None


def _changed_cost(statement: Statement, number: PrintedNumber) -> float | None:
    """Return how far a number of the same kind is from a statement, None for other kinds."""
    if number.kind == "year" or (number.kind == "ordinal") != (statement.unit == "rank"):
        return None
    if not _is_kin(statement, number):
        return None
    one, two = statement.digits, number.digits
    if statement.unit != number.unit and number.unit is not None:
        one, two = (str(float(each)) for each in (statement.si, number.si))
    apart = edit_distance(one[:40], two[:40]) / max(len(one), len(two))
    ratio = 10.0
    if statement.si and number.si:  # a sign is one letter and no distance
        ratio = abs(math.log10(abs(statement.si)) - math.log10(abs(number.si)))
    return apart + min(ratio, 10.0) / 10 + 0.3 * (statement.unit != number.unit)


def edit_distance(one: str, two: str) -> int:
    """Return how many letters must be changed, added or taken out.

    Examples
    --------
    >>> edit_distance("22.78", "22.87"), edit_distance("14", "140")
    (2, 1)
    """
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(two, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
