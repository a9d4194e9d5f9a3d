"""Plants lies in a document or in the catalogue that holds its numbers.

`plant(scene, lie, seed)` gives one lie with the findings that are right: pairs of code and id (of
the fact, of the target, or the digits of a number that nothing holds).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from source_scene import (
    BASES,
    BASIS_MEASURE,
    FILLERS,
    QUALIFIED,
    Line,
    Rng,
    Row,
    Scene,
    Slot,
    language,
    pick,
)

Truth = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Planted:
    """A scene with a lie: what must be found, and what may be found beside it."""

    scene: Scene
    lie: str
    right: Truth
    touched: frozenset[int]


@dataclass(frozen=True)
class _Spot:
    """One number: its row, and its place in the document."""

    row: Row
    paragraph: int
    sentence: int
    slot: int


def _spots(at: Scene) -> list[_Spot]:
    rows = {row.key: row for row in at.rows}
    return [
        _Spot(rows[slot.key], p, s, i)
        for p, lines in enumerate(at.paragraphs)
        for s, line in enumerate(lines)
        for i, slot in enumerate(line.slots)
    ]


def _line(at: Scene, spot: _Spot) -> Line:
    return at.paragraphs[spot.paragraph][spot.sentence]


def _with_line(at: Scene, paragraph: int, sentence: int, line: Line) -> Scene:
    lines = list(at.paragraphs[paragraph])
    lines[sentence] = line
    return _with_paragraph(at, paragraph, tuple(lines))


def _with_paragraph(at: Scene, paragraph: int, lines: tuple[Line, ...]) -> Scene:
    paragraphs = list(at.paragraphs)
    paragraphs[paragraph] = lines
    return replace(at, paragraphs=tuple(paragraphs))


def _with_slot(at: Scene, spot: _Spot, slot: Slot) -> Scene:
    line = _line(at, spot)
    slots = list(line.slots)
    slots[spot.slot] = slot
    return _with_line(at, spot.paragraph, spot.sentence, replace(line, slots=tuple(slots)))


def _with_row(at: Scene, row: Row) -> Scene:
    return replace(at, rows=tuple(row if each.key == row.key else each for each in at.rows))


Lied = tuple[Scene, Truth, set[int]] | None
Lie = Callable[[Scene, Rng], Lied]


def _other_digit(text: str, rng: Rng) -> str:
    places = [i for i, letter in enumerate(text) if letter.isdecimal()]
    if not places:
        return text
    place = places[int(rng.integers(len(places)))]
    old = int(text[place])
    zero = ord(text[place]) - old
    new = (old + int(rng.integers(1, 9 if place == places[0] else 10))) % 10 or (old % 9) + 1
    return f"{text[:place]}{chr(zero + new)}{text[place + 1 :]}"


def _swapped(text: str, rng: Rng) -> str:
    pairs = [i for i in range(len(text) - 1)
             if text[i].isdecimal() and text[i + 1].isdecimal() and text[i] != text[i + 1]
             and text[i + 1] not in "0０"]  # fmt: skip
    if not pairs:
        return text
    i = pairs[int(rng.integers(len(pairs)))]
    return f"{text[:i]}{text[i + 1]}{text[i]}{text[i + 2 :]}"


def _in_document(change: Callable[[str, Rng], str]) -> Lie:
    def lie(at: Scene, rng: Rng) -> Lied:
        spot = pick(rng, tuple(_spots(at)))
        slot = _line(at, spot).slots[spot.slot]
        shown = change(slot.shown, rng)
        if shown == slot.shown:
            return None
        truth = frozenset({("source-changed", spot.row.key)})
        return _with_slot(at, spot, replace(slot, shown=shown)), truth, {spot.paragraph}

    return lie


def _document_sign(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    slot = _line(at, spot).slots[spot.slot]
    if spot.row.unit != "%" or not slot.shown[0].isdecimal():
        return None
    shown = pick(rng, ("-", "−", "－")) + slot.shown
    truth = frozenset({("source-changed", spot.row.key)})
    return _with_slot(at, spot, replace(slot, shown=shown)), truth, {spot.paragraph}


def _fact_value(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    value = _other_digit(spot.row.value, rng)
    printed = spot.row.printed.replace(spot.row.value, value)
    row = replace(spot.row, value=value, printed=printed)
    return _with_row(at, row), frozenset({("source-changed", row.key)}), {spot.paragraph}


_OTHER_UNIT = {"ha": "km2", "km2": "ha", "10k_m2": "m2", "m2": "10k_m2", "mu": "ha",
               "100m_yuan": "10k_yuan", "10k_yuan": "yuan", "bn_yuan": "m_yuan",
               "m_yuan": "bn_yuan", "%": "pp"}  # fmt: skip


def _fact_unit(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    slot = _line(at, spot).slots[spot.slot]
    unit = _OTHER_UNIT.get(spot.row.unit)
    if unit is None or (unit == "pp" and spot.row.kind == "targets") or spot.row.printed != (
        slot.shown
    ) or spot.row.value not in slot.shown.replace(",", ""):  # fmt: skip
        return None
    row = replace(spot.row, unit=unit)
    return _with_row(at, row), frozenset({("source-unit", row.key)}), {spot.paragraph}


def _document_unit(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    slot = _line(at, spot).slots[spot.slot]
    pairs = (("万", ""), ("萬", ""), ("公顷", "平方公里"), ("hectares", "square kilometers"),
             ("billion", "million"), ("million", "billion"), ("亿", "万"),
             ("square kilometers", "hectares"), ("亩", "公顷"))  # fmt: skip
    shown = next((slot.shown.replace(a, b) for a, b in pairs if a in slot.shown), None)
    if shown is None or "公尺" in slot.shown or spot.row.value not in slot.shown.replace(",", ""):
        return None
    truth = frozenset({("source-unit", spot.row.key)})
    return _with_slot(at, spot, replace(slot, shown=shown)), truth, {spot.paragraph}


def _fact_qualifier(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    others = {"about", "more_than", "less_than", "printed"} - {spot.row.qualifier}
    if spot.row.table == "targets" and spot.row.qualifier == "more_than":
        others -= {"printed"}  # "more than 5 ha" of a task asks for 5 ha
    if spot.row.qualifier == "exact":
        others -= {"printed"}
    row = replace(spot.row, qualifier=pick(rng, tuple(sorted(others))))
    return _with_row(at, row), frozenset({("source-qualifier", row.key)}), {spot.paragraph}


def _document_qualifier(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    line = _line(at, spot)
    slot = line.slots[spot.slot]
    if slot.before or slot.after:
        new = replace(slot, before="", after="")
    else:
        words = dict(QUALIFIED[language(line)])
        if spot.row.table == "targets":
            del words["more_than"]
        before, after = words[pick(rng, tuple(words))][0]
        new = replace(slot, before=before, after=after)
    truth = frozenset({("source-qualifier", spot.row.key)})
    return _with_slot(at, spot, new), truth, {spot.paragraph}


def _fact_locator(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    paragraph = int(rng.integers(len(at.paragraphs)))
    sentence = int(rng.integers(len(at.paragraphs[paragraph])))
    if (paragraph, sentence) == (spot.paragraph, spot.sentence):
        return None
    row = replace(spot.row, locator=f"P{paragraph + 1} S{sentence + 1}")
    truth = frozenset({("source-moved", row.key)})
    return _with_row(at, row), truth, {spot.paragraph, paragraph}


def _sentence_moved(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    lines = at.paragraphs[spot.paragraph]
    target = int(rng.integers(1, len(at.paragraphs)))
    line = lines[-1]
    if len(lines) < 2 or target == spot.paragraph or line.year is None:
        return None
    if language(at.paragraphs[target][0]) != language(line):
        return None
    at = _with_paragraph(at, spot.paragraph, lines[:-1])
    at = _with_paragraph(at, target, (*at.paragraphs[target], line))
    truth = frozenset(("source-moved", slot.key) for slot in line.slots)
    return at, truth, {spot.paragraph, target}


def _paragraph_added(at: Scene, rng: Rng) -> Lied:
    place = int(rng.integers(1, len(at.paragraphs)))
    new = (Line(pick(rng, FILLERS["en"])),)
    moved = frozenset(
        ("source-moved", slot.key) for lines in at.paragraphs[place:] for line in lines
        for slot in line.slots
    )  # fmt: skip
    paragraphs = (*at.paragraphs[:place], new, *at.paragraphs[place:])
    return replace(at, paragraphs=paragraphs), moved, set(range(len(paragraphs)))


def _fact_basis(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    other = {"total_land": "net_site", "net_site": "total_land", "gross": "countable",
             "countable": "gross"}  # fmt: skip
    held = spot.row.area_basis or spot.row.floor_basis
    if not held:
        return None
    new = other[held]
    row = replace(spot.row, measure=BASIS_MEASURE[new])
    row = replace(row, area_basis=new) if row.area_basis else replace(row, floor_basis=new)
    return _with_row(at, row), frozenset({("source-basis", row.key)}), {spot.paragraph}


def _document_basis(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    line = _line(at, spot)
    slot = line.slots[spot.slot]
    other = {"total_land": "net_site", "net_site": "total_land", "gross": "countable",
             "countable": "gross"}  # fmt: skip
    held = spot.row.area_basis or spot.row.floor_basis
    if not held:
        return None
    words = pick(rng, BASES[language(line)][other[held]])
    truth = frozenset({("source-basis", spot.row.key)})
    return _with_slot(at, spot, replace(slot, basis=words)), truth, {spot.paragraph}


def _fact_year(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    row = replace(spot.row, year=spot.row.year + pick(rng, (-2, -1, 1)))
    return _with_row(at, row), frozenset({("source-year", row.key)}), {spot.paragraph}


def _document_year(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    line = _line(at, spot)
    if line.year is None:
        return None
    year = line.year + pick(rng, (-4, -3, 3))
    told: list[Slot] = list(line.slots)
    for later in at.paragraphs[spot.paragraph][spot.sentence + 1 :]:
        if later.year is not None:
            break
        told += later.slots
    at = _with_line(at, spot.paragraph, spot.sentence, replace(line, year=year))
    return at, frozenset(("source-year", slot.key) for slot in told), {spot.paragraph}


def _sentence_dropped(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    lines = at.paragraphs[spot.paragraph]
    if len(lines) < 2 or not lines[-1].slots:
        return None
    truth = frozenset(("source-missing", slot.key) for slot in lines[-1].slots)
    return _with_paragraph(at, spot.paragraph, lines[:-1]), truth, {spot.paragraph}


def _number_added(at: Scene, rng: Rng) -> Lied:
    paragraph = int(rng.integers(1, len(at.paragraphs)))
    digits = str(int(rng.integers(1_000_001, 9_999_999)))
    text = {"en": f"A further {digits} square meters are held in reserve.",
            "zh": f"另有储备用地{digits}平方米。"}  # fmt: skip
    lines = at.paragraphs[paragraph]
    line = Line(text[language(lines[0])])
    truth = frozenset({("source-number-unheld", digits)})
    return _with_paragraph(at, paragraph, (*lines, line)), truth, {paragraph}


def _fact_added(at: Scene, rng: Rng) -> Lied:
    spot = pick(rng, tuple(_spots(at)))
    value = str(int(rng.integers(1_000_001, 9_999_999)))
    row = replace(spot.row, key=f"x{value}", subject=f"indicators-{value}", kind="indicators",
                  measure="indicator_value", value=value, unit="m2", qualifier="printed",
                  printed=f"{value} m²", area_basis="", floor_basis="", table="facts")  # fmt: skip
    truth = frozenset({("source-missing", row.key)})
    return replace(at, rows=(*at.rows, row)), truth, {spot.paragraph}


LIES: dict[str, Lie] = {
    "document: a digit": _in_document(_other_digit),
    "document: two digits swapped": _in_document(_swapped),
    "document: unit": _document_unit,
    "document: qualifier": _document_qualifier,
    "document: basis": _document_basis,
    "document: year": _document_year,
    "document: sentence moved": _sentence_moved,
    "document: paragraph added": _paragraph_added,
    "document: sentence dropped": _sentence_dropped,
    "document: number added": _number_added,
    "facts: value": _fact_value,
    "facts: unit": _fact_unit,
    "facts: qualifier": _fact_qualifier,
    "facts: basis": _fact_basis,
    "facts: year": _fact_year,
    "facts: locator": _fact_locator,
    "facts: added": _fact_added,
    "document: sign": _document_sign,
}


def plant(at: Scene, name: str, seed: int, apart: frozenset[int] = frozenset()) -> Planted | None:
    """Return a scene with a lie in other paragraphs than those ``apart``; None if none fits."""
    rng = np.random.default_rng([seed, list(LIES).index(name), 11])
    for _ in range(200):
        made = LIES[name](at, rng)
        if made is not None and apart.isdisjoint(made[2]):
            return Planted(made[0], name, made[1], frozenset(made[2]))
    return None
