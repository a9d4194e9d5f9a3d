"""A delivery in the columns of a catalogue: values in stored units, every fault told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.catalogue.columns import are_in_range
from pingshan_geo.catalogue.schema import Column, is_computed
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, first_few
from pingshan_geo.ingest.columns.cells import Number, cell_texts, read_number
from pingshan_geo.ingest.columns.headings import fields, stored_unit
from pingshan_geo.ingest.columns.kinds import (
    Cell,
    Reader,
    left_as_they_are,
    number_reader,
    read_land_use,
    reader_of,
)
from pingshan_geo.ingest.columns.mapping import Mapping, Pair
from pingshan_geo.ingest.delivery import Delivery
from pingshan_geo.ingest.merge import EVIDENCE
from pingshan_geo.ingest.references import AS_DELIVERED
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text, text

# Names that a table of the catalogue uses itself.
_OWN_NAMES = {"geometry", "row_number", *EVIDENCE}

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Converted:
    """A delivery in the columns of a catalogue.

    Attributes
    ----------
    frame : DataFrame
        RangeIndex as in the delivery; mapped columns, then ``<column>_as_delivered`` where a
        text was changed, then those left over. Text or None, numbers in stored units with NaN
        for unknown; ``value`` of targets and facts as digits.
    faults : list of tuple
        Position of a row, and what is wrong with it.
    findings : list of Finding
        What many rows have in common.
    """

    frame: pd.DataFrame
    faults: list[tuple[int, Finding]]
    findings: list[Finding]


def converted(delivery: Delivery, mapping: Mapping) -> Converted:
    """Return what a mapping makes of a delivery.

    Raises
    ------
    InputError
        If a constant of the mapping is no value of its column.
    """
    work = _Work(delivery, mapping)
    for pair in mapping.pairs:
        if pair.field != "land_use":
            work.add(pair)
    work.add_land_use()
    work.complete_numbers()
    work.add_further()
    frame = pd.DataFrame(
        {
            name: values if values.dtype != object else pd.Series(values, dtype=object)
            for name, values in {**work.data, **work.further}.items()
        },
        index=range(work.size),
    )
    return Converted(frame, work.faults, work.findings)


class _Work:
    """Columns in the making."""

    def __init__(self, delivery: Delivery, mapping: Mapping) -> None:
        self.delivery, self.mapping, self.size = delivery, mapping, len(delivery.table)
        self.fields = fields(mapping.table)
        self.data: dict[str, npt.NDArray[Any]] = {}
        self.further: dict[str, npt.NDArray[Any]] = {}
        self.faults: list[tuple[int, Finding]] = []
        self.findings: list[Finding] = []

    def texts(self, pair: Pair) -> Objects:
        """Return the text of each row."""
        if pair.column is None:
            return np.full(self.size, pair.constant, dtype=object)
        return cell_texts(self.delivery.table[pair.column].to_numpy())

    def add(self, pair: Pair) -> None:
        """Add one column."""
        column = self.fields[pair.field]
        if column.kind in {"number", "amount"} and not column.digits:
            self.data[column.name] = self._amounts(pair)
            return
        texts = self.texts(pair)
        self.data[column.name] = self.spread(
            column, texts, reader_of(column, self.mapping.table, texts), pair
        )

    def _amounts(self, pair: Pair) -> npt.NDArray[np.float64]:
        column = self.fields[pair.field]
        cells = None if pair.column is None else self.delivery.table[pair.column].to_numpy()
        stored = stored_unit(pair.field)
        if cells is not None and cells.dtype.kind in "fiu" and pair.unit == stored:
            numbers = cells.astype(float)
            if (np.isnan(numbers) | (are_in_range(numbers) & (numbers > 0))).all():
                return numbers
        texts = self.texts(pair)
        reader = number_reader(column, texts, pair.unit)
        numbers = self.spread(column, texts, reader, pair).astype(float)
        if pair.column is not None:
            self._keep_printed(pair, texts, ~np.isnan(numbers))
        return numbers

    def _keep_printed(self, pair: Pair, texts: Objects, known: npt.NDArray[np.bool_]) -> None:
        """Keep how numbers were printed, where the stored number does not show it.

        Their bounds follow from the digits in the unit of the delivery, not from the stored ones.
        """
        unit = UNITS.get(pair.unit or "")
        converted_all = unit is not None and unit.factor != 1
        codes, unique = pd.factorize(texts)
        printed: list[str | None] = []
        for each in unique:
            number = read_number(each)
            if number is None or not (converted_all or number.unit or _ends_in_zero(number.digits)):
                printed.append(None)
            else:
                printed.append(each if number.unit or unit is None else f"{each}{unit.zh}")
        kept = np.array([*printed, None], dtype=object)[codes]
        kept[~known] = None
        name = pair.field + AS_DELIVERED
        before = self.further.get(name, np.full(self.size, None, dtype=object))
        both = np.where(kept == None, before, kept)  # noqa: E711 -- cell by cell
        if any(each is not None for each in both):
            self.further[name] = both

    def spread(
        self,
        column: Column,
        texts: Objects,
        reader: Reader,
        pair: Pair,
        told: Objects | None = None,
    ) -> Objects:
        """Return what a reader makes of each text; each different one is read once.

        ``told`` is what stands in the cell, where the texts hold more.
        """
        told = texts if told is None else told
        rest = np.flatnonzero(~left_as_they_are(reader, texts))
        codes, unique = pd.factorize(texts[rest])
        cells = [*map(reader, unique), Cell()]  # the last for rows without a text
        values, faults, notes, kept = (
            np.fromiter(each, object) for each in zip(*cells, strict=True)
        )
        name = column.name
        for at in np.flatnonzero(faults.astype(bool)[codes]):
            row = rest[at]
            finding = self._fault(faults[codes[at]], row, name, told[row], known=_known(column))
            if pair.column is None:
                raise InputError([finding])
            self.faults.append((int(row), finding))
        for note in sorted({each for each in notes if each}):
            where = rest[(notes == note)[codes]]
            self.findings.append(self._common(note, name, where, told))
        keep = rest[kept.astype(bool)[codes]]
        if len(keep) and pair.column is not None:
            as_delivered = np.full(self.size, None, dtype=object)
            as_delivered[keep] = told[keep]
            self.further[name + AS_DELIVERED] = as_delivered
        result = texts.copy()
        result[rest] = values[codes]
        return result

    def _common(self, code: str, name: str, where: npt.NDArray[np.int64], told: Objects) -> Finding:
        """Return one finding about many rows: how many, the first of them, what stands there."""
        words = ", ".join(sorted(set(told[where]))[:5])
        details = {"rows": first_few(self.delivery.rows[where]), "words": words}
        return Finding(code, None, self.delivery.file, None, name, str(len(where)), details)

    def add_land_use(self) -> None:
        """Add land uses as codes of their classification, by code or by name."""
        pair = self.mapping.pair("land_use")
        if pair is None:
            return
        texts = self.texts(pair)
        standards = self.data.get("land_use_standard", np.full(self.size, None, dtype=object))
        codes, different = pd.factorize(texts)
        codes_of, standards_of = pd.factorize(standards)
        both = np.array(
            [*(f"{of}\n{text}" for of in (*standards_of, "") for text in different), None], object
        )
        pairs = np.where(codes_of < 0, len(standards_of), codes_of) * len(different) + codes
        both = both[np.where(codes < 0, -1, pairs)]
        column = self.fields["land_use"]
        self.data["land_use"] = self.spread(column, both, read_land_use, pair, told=texts)

    def complete_numbers(self) -> None:
        """Settle value, unit and qualifier of printed numbers, and how they were printed."""
        pair = self.mapping.pair("value")
        if pair is None:
            return
        numbers = self.data["value"]
        known = np.array([each is not None for each in numbers], dtype=bool)
        units = self.data.get("unit", np.full(self.size, pair.unit, dtype=object))
        qualifiers = self.data.get("qualifier", np.full(self.size, None, dtype=object)).copy()
        texts, labels = self.texts(pair), self._unit_labels(units)
        result, unit_of, printed = (np.full(self.size, None, dtype=object) for _ in range(3))
        for at in np.flatnonzero(known):
            number: Number = numbers[at]
            unit_of[at] = number.unit or units[at]
            result[at] = number.plain()
            qualifiers[at] = qualifiers[at] or number.qualifier
            printed[at] = texts[at] if number.unit else f"{texts[at]}{labels[at] or ''}"
            clash = number.unit and "unit" in self.data and units[at] not in (None, number.unit)
            scaled = number.times > 1 and units[at] in UNITS and UNITS[units[at]].factor != 1
            if clash or scaled:
                code = "unit-mismatch" if clash else "not-one-number"
                self.faults.append((int(at), self._fault(code, at, "value", texts[at])))
        self.data |= {"value": result, "unit": np.where(known, unit_of, units)}
        if any(each is not None for each in qualifiers):
            self.data["qualifier"] = qualifiers
        if "printed" not in self.data:
            self.data["printed"] = printed

    def _fault(
        self, code: str, at: np.intp, name: str, text: str, known: str | Text = ""
    ) -> Finding:
        row, details = int(self.delivery.rows[at]), {"known": known, "measure": name}
        return Finding(code, None, self.delivery.file, row, name, text, details)

    def _unit_labels(self, units: Objects) -> Objects:
        """Return units as the delivery prints them, else as people do."""
        pair = self.mapping.pair("unit")
        if pair is not None:
            return self.texts(pair)
        return np.array([UNITS[each].zh if each in UNITS else None for each in units], dtype=object)

    def add_further(self) -> None:
        """Add the columns left over under their names; a name that has a meaning is changed."""
        for heading in self.mapping.left_over:
            if heading not in self.delivery.table:
                continue
            name = heading.strip()
            while (
                not name
                or name in self.fields
                or name in _OWN_NAMES
                or is_computed(name)
                or (name in self.further)
            ):
                name += AS_DELIVERED
            if name != heading.strip():
                said = Finding("column-renamed", None, self.delivery.file, None, heading, name)
                self.findings.append(said)
            cells = self.delivery.table[heading].to_numpy()
            if cells.dtype.kind in "iu" or (cells.dtype.kind == "f" and not np.isinf(cells).any()):
                self.further[name] = cells
                continue
            numbers = np.fromiter(map(_is_number, cells), bool, len(cells))
            self.further[name] = np.where(numbers, cells, cell_texts(cells))


@cache
def _known(column: Column) -> Text:
    """Return the values that a column takes, else units, as a delivery may write them."""
    if not column.values:
        return Text(", ".join(UNITS), "、".join(dict.fromkeys(each.zh for each in UNITS.values())))
    words = (f"{text(each).zh}（{each}）" for each in column.values)
    return Text(", ".join(column.values), "、".join(words))


def _is_number(cell: Any) -> bool:
    """Return whether a cell is a number that a file of the catalogue can hold as one."""
    return isinstance(cell, (bool, int, float)) and -math.inf < cell < math.inf


def _ends_in_zero(digits: str) -> bool:
    return "." in digits and digits.endswith("0")
