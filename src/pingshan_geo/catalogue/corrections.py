"""Corrections: cells that were entered wrongly, put right where the old value still stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from pingshan_geo.catalogue.columns import NUMBER
from pingshan_geo.catalogue.readers import Cells
from pingshan_geo.catalogue.schema import ID_COLUMN, TABLES
from pingshan_geo.findings import Finding

#: What stands in the column ``state`` of a correction that is applied; empty means the same.
ACCEPTED = "accepted"
#: The files of each table, by name of the table: path and cells.
Read = Mapping[str, Sequence[tuple[str, Cells]]]


class _Place(NamedTuple):
    table: str
    part: int
    row: int


def corrected(parts: Read, found: list[Finding]) -> dict[str, list[tuple[str, Cells]]]:
    """Return the cells of a catalogue with its accepted corrections applied, in their order.

    A correction is applied only where the cell still is what it calls the old value, as text or
    as a number; any other is a finding. Two corrections of one cell follow each other.

    Parameters
    ----------
    parts : mapping
        As read from the files; not changed.
    found : list of Finding
        Gets a finding for each correction: applied, proposed, out of date or not applicable.
    """
    result = {name: list(pieces) for name, pieces in parts.items()}
    rows = list(_rows(parts.get("corrections", ())))
    wanted = {row["subject"] for _, _, row in rows if row["subject"] is not None}
    places = _places(parts, wanted)
    for file, number, row in rows:
        finding = _apply(row, places.get(row["subject"], []), result)
        if finding is not None:
            found.append(replace(finding, file=file, row=number))
    return result


def at_corrections(found: Iterable[Finding], parts: Read) -> list[Finding]:
    """Return findings with those about a corrected cell at the correction that filled it.

    The file of the cell is as it was; what is wrong with the new value stands in the correction.
    """
    told = list(found)
    rows = {(row["subject"], row["field"]): (file, number) for file, number, row
            in _rows(parts.get("corrections", ()))}  # fmt: skip
    done = {(f.file, f.row) for f in told if f.code == "corrected"}
    places = _places(parts, {subject for subject, _ in rows})
    cells: dict[tuple[str | None, int | None, str | None], tuple[str, int]] = {}
    for (subject, field), place in rows.items():
        for at in places.get(subject, ()) if place in done else ():
            file, cells_of = parts[at.table][at.part]
            cells[file, cells_of.numbers[at.row], field] = place
    return [
        replace(f, file=own[0], row=own[1], field="new_value")
        if f.severity == "error" and (own := cells.get((f.file, f.row, f.field)))
        else f
        for f in told
    ]


def _rows(pieces: Sequence[tuple[str, Cells]]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for file, cells in pieces:
        for at, number in enumerate(cells.numbers):
            row = {c.name: (cells.column(c.name) or [None] * (at + 1))[at]
                   for c in TABLES["corrections"]}  # fmt: skip
            yield file, number, row


def _places(parts: Read, wanted: set[Any]) -> dict[Any, list[_Place]]:
    """Return where each subject stands; one id may be that of a fact and of a parcel."""
    places: dict[Any, list[_Place]] = {}
    for name, pieces in parts.items():
        if name == "corrections" or not wanted:
            continue
        for part, (_, cells) in enumerate(pieces):
            for row, value in enumerate(cells.column(ID_COLUMN[name])):
                if value in wanted:
                    places.setdefault(value, []).append(_Place(name, part, row))
    return places


def _apply(
    row: Mapping[str, Any], places: list[_Place], parts: dict[str, list[tuple[str, Cells]]]
) -> Finding | None:
    """Put the new value in place, and return what is to be told."""
    subject, field = row["subject"], row["field"]
    details = {name: str(row[name] or "—") for name in ("new_value", "reason", "who", "when")}
    told = {"subject": subject, "field": field, "value": row["old_value"] or "—"}
    if row["state"] not in (None, ACCEPTED):
        is_open = row["state"] == "proposed"
        return Finding("correction-proposed", **told, details=details) if is_open else None
    if subject is None or field is None:
        return None  # told by the check of the column
    here = [place for place in places if field in parts[place.table][place.part][1].data]
    if not places or len({place.table for place in here}) != 1 or len(here) != 1:
        return Finding("correction-no-cell", **told)
    (place,) = here
    if field == ID_COLUMN[place.table]:
        return Finding("correction-no-cell", **told)
    file, cells = parts[place.table][place.part]
    values = cells.column(field)
    now = values[place.row]
    if not _same(now, row["old_value"]):
        stands = "—" if now is None else str(now)
        return Finding("correction-out-of-date", **told, details={"stands": stands})
    changed = [*values[: place.row], row["new_value"], *values[place.row + 1 :]]
    parts[place.table][place.part] = (
        file, replace(cells, data=cells.data | {field: changed}),
    )  # fmt: skip
    return Finding("corrected", **told, details=details)


def _same(cell: Any, said: str | None) -> bool:
    """Return whether a cell is what a correction says, as text or as a number."""
    one, two = ("" if each is None else str(each).strip() for each in (cell, said))
    if one == two:
        return True
    is_number = NUMBER.fullmatch(one) and NUMBER.fullmatch(two)
    return bool(is_number) and Fraction(one) == Fraction(two)
