"""The unit of a column of numbers: said by heading, note or cells, or decided by the outlines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pingshan_geo.findings import Finding
from pingshan_geo.ingest.columns.cells import (
    Number,
    cell_text,
    distinct,
    is_of,
    read_number,
    says_nothing,
)
from pingshan_geo.ingest.columns.headings import split_heading, stored_unit, units_in
from pingshan_geo.ingest.columns.mapping import Pair, takes_unit
from pingshan_geo.ingest.delivery import Delivery
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text

# Land areas that an outline can be held against, and the units that their ratio may tell.
_LAND = ("recorded_area_m2", "site_area_m2", "net_site_area_m2")
_FLOOR = ("countable_floor_area_m2", "gross_floor_area_m2")
_AREA_UNITS = ("m2", "ha", "mu", "km2")
_NEAR = 0.1

Numbers = npt.NDArray[np.float64]


def with_units(
    delivery: Delivery, pairs: dict[str, Pair], measured_m2: Numbers | None
) -> tuple[dict[str, Pair], list[Finding], list[Finding]]:
    """Return pairs with the unit of every column of numbers.

    Parameters
    ----------
    delivery : Delivery
        The table as it came.
    pairs : dict of Pair
        By field.
    measured_m2 : array or None
        Area of each row's outline in m², NaN where there is none.

    Returns
    -------
    pairs : dict of Pair
        A unit of None where each cell names its own, or another column does.
    questions : list of Finding
        ``unit-unknown`` for each column that nothing decides.
    findings : list of Finding
        ``unit-decided`` by outlines or ratios; ``unit-doubtful`` where outlines say another.
    """
    units = _Units(delivery, dict(pairs), measured_m2)
    units.written()
    units.decided()
    units.doubted()
    return units.pairs, units.questions, units.findings


class _Units:
    """The units of a delivery in the making."""

    def __init__(
        self, delivery: Delivery, pairs: dict[str, Pair], measured_m2: Numbers | None
    ) -> None:
        self.delivery, self.pairs, self.measured_m2 = delivery, pairs, measured_m2
        self.questions: list[Finding] = []
        self.findings: list[Finding] = []

    def finding(self, code: str, column: str, value: str, **details: str | Text) -> Finding:
        return Finding(code, None, self.delivery.file, None, column, value, details)

    def written(self) -> None:
        """Take the units that are written: in the option, the heading or a note above the table."""
        noted = units_in(self.delivery.table.attrs.get("unit_note"))
        for field, pair in self.pairs.items():
            stored = stored_unit(field)
            if pair.column is None or pair.unit or not (stored or field == "value"):
                continue
            unit = split_heading(pair.column).unit
            if unit is None or not takes_unit(field, unit):
                fitting = [each for each in noted if is_of(each, stored)]
                by_name = field == pair.column or stored in {"m", "year"} or field[:4] == "far_"
                unit = stored if by_name else fitting[0] if len(fitting) == 1 else None
            self.pairs[field] = replace(pair, unit=unit)

    def decided(self) -> None:
        """Decide by values what is not written, else ask."""
        for field, pair in self.pairs.items():
            stored = stored_unit(field)
            if pair.column is None or pair.unit or not (stored or field == "value"):
                continue
            cells = distinct(self.delivery.table[pair.column])
            read = [read_number(each) for each in cells if not says_nothing(each, strict=True)]
            own = all(is_of(each.unit, stored) for each in read if each is not None)
            if own or (field == "value" and "unit" in self.pairs):
                continue
            unit = next(
                filter(None, (self._near(field, *each) for each in self._expected(field))), None
            )
            if unit is None:
                known = ", ".join(each for each in UNITS if takes_unit(field, each))
                value = ", ".join(cells[:3])
                self.questions.append(
                    self.finding("unit-unknown", pair.column, value, to=field, known=known)
                )
            self.pairs[field] = replace(pair, unit=unit)

    def _expected(self, field: str) -> Iterator[tuple[Numbers, Text]]:
        """Yield areas in m² that a column should come near to, and what they are."""
        if field in _LAND and self.measured_m2 is not None:
            yield self.measured_m2, Text("the outlines", "界线")
        ratio = self._numbers("far_limit")
        others = _FLOOR if field in _LAND[1:] else _LAND[1:] if field in _FLOOR else ()
        for other in others:
            area = self._numbers(other)
            if ratio is not None and area is not None:
                with np.errstate(divide="ignore", invalid="ignore"):
                    expected = area / ratio if field in _LAND else area * ratio
                yield expected, Text("the area by the printed ratio", "按所载容积率推算")

    def _numbers(self, field: str) -> Numbers | None:
        """Return a mapped column in its stored unit, None where that unit is not known."""
        pair = self.pairs.get(field)
        if pair is None or pair.column is None or pair.unit is None:
            return None
        numbers = _plain_numbers(self.delivery.table[pair.column], pair.unit)
        return numbers * float(UNITS[pair.unit].factor)

    def _near(self, field: str, expected_m2: Numbers, of: Text) -> str | None:
        """Return the unit in which a column comes near to the areas it should, told; else None."""
        column = self.pairs[field].column or ""
        middle = _ratio(_plain_numbers(self.delivery.table[column]), expected_m2)
        unit = _unit_of_ratio(middle)
        if unit is not None:
            said = self.finding(
                "unit-decided", column, f"{middle:.4g}", to=field, unit=_label(unit), of=of
            )
            self.findings.append(said)
        return unit

    def doubted(self) -> None:
        """Tell of areas that the outlines say to be in another unit than is written."""
        for field in _LAND:
            values = self._numbers(field)
            pair = self.pairs.get(field)
            if pair is None or values is None or self.measured_m2 is None or pair.unit is None:
                continue
            factor = float(UNITS[pair.unit].factor)
            other = _unit_of_ratio(_ratio(values / factor, self.measured_m2))
            if other is not None and UNITS[other].factor != UNITS[pair.unit].factor:
                labels = {"unit": _label(pair.unit), "other": _label(other)}
                middle = _ratio(values, self.measured_m2)
                self.findings.append(
                    self.finding("unit-doubtful", pair.column or "", f"{middle:.4g}", **labels)
                )


def _label(unit: str) -> Text:
    return Text(UNITS[unit].en, UNITS[unit].zh)


def _ratio(values: Numbers, expected: Numbers) -> float:
    """Return the median ratio of the rows in which both are known, NaN without any."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = values / expected
    ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
    return float(np.median(ratio)) if len(ratio) else float("nan")


def _unit_of_ratio(ratio: float) -> str | None:
    near = (each for each in _AREA_UNITS if abs(ratio * float(UNITS[each].factor) - 1) <= _NEAR)
    return next(near, None)


def _plain_numbers(column: Any, unit: str | None = None) -> Numbers:
    """Return the numbers of a column as they stand, NaN for all else.

    A cell that names a unit of its own is turned into ``unit``; without one it tells nothing.
    """
    cells = column.to_numpy()
    if cells.dtype.kind in "fiu":
        return np.asarray(cells, dtype=float)

    def told(number: Number) -> float:
        if number.unit is None:
            return float(number.plain())
        factor = UNITS[number.unit].factor / UNITS[unit].factor if unit else np.nan
        return float(number.plain()) * float(factor)

    read = {each: read_number(each) for each in distinct(column)}
    plain = {each: told(number) for each, number in read.items() if number}
    return np.array([plain.get(cell_text(cell) or "", np.nan) for cell in cells], dtype=float)
