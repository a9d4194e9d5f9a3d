"""A mapping: which column of a delivery goes into which of the catalogue, and its TOML file."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, shortened
from pingshan_geo.ids import hint
from pingshan_geo.ingest.columns.cells import is_of
from pingshan_geo.ingest.columns.headings import fields, fold, stored_unit
from pingshan_geo.ingest.delivery import Delivery
from pingshan_geo.units import UNITS, unit_key
from pingshan_geo.words import Text

#: Tables that a file can be imported as.
IMPORTABLE = (
    "parcels", "zones", "projects", "auctions", "targets", "facts", "obligations", "claims",
    "limits", "consequences", "corrections",
)  # fmt: skip
#: What a mapping file may say of its delivery besides the columns: options of `import`, and the
#: CRS that the file claimed when they were given.
OPTIONS = (
    "crs", "encoding", "layer", "sheet", "where", "geometry_status", "datum_shift",
    "control_points", "claim",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Where the values of one column of the catalogue come from.

    Attributes
    ----------
    field : str
        Column of the catalogue; empty for a column that is to stay a further one.
    column : str or None
        Heading in the delivery.
    constant : str or None
        One text for all rows, in place of a column.
    unit : str or None
        Key of `UNITS` for numbers that do not name their own.
    how : str
        Who says so: ``exact`` (the column's own name), ``synonym``, ``content``, ``implied``
        (by a word or by values), ``option`` or ``kept`` (an earlier mapping).
    """

    field: str
    column: str | None = None
    constant: str | None = None
    unit: str | None = None
    how: str = "option"


@dataclass(frozen=True, slots=True)
class Mapping:
    """All pairs of a table.

    Attributes
    ----------
    table : str
        One of `IMPORTABLE`.
    pairs : tuple of Pair
        Each field once, each column once.
    left_over : tuple of str
        Headings that stay further columns under their own names.
    """

    table: str
    pairs: tuple[Pair, ...]
    left_over: tuple[str, ...] = ()

    def pair(self, field: str) -> Pair | None:
        """Return the pair of a column of the catalogue, None where it has none."""
        return next((each for each in self.pairs if each.field == field), None)


def fits(mapping: Mapping, delivery: Delivery) -> bool:
    """Return whether a delivery has all columns of a mapping."""
    return all(pair.column is None or pair.column in delivery.table for pair in mapping.pairs)


def parse_map_option(text: str, table: str, delivery: Delivery) -> Pair:
    """Return what one ``--map`` says.

    Parameters
    ----------
    text : str
        ``COLUMN=FIELD`` or ``COLUMN=FIELD:UNIT``, also the other way round where only that makes
        sense; ``COLUMN=`` leaves the column a further one; ``'TEXT'=FIELD`` is one text for all.
    table : str
        One of `IMPORTABLE`.
    delivery : Delivery
        Whose columns are meant.

    Raises
    ------
    UsageError
        For a column, field or unit that is not known; it names the nearest.
    """
    headings = [str(each) for each in delivery.table]
    left, sign, right = text.rpartition("=")
    if not sign:
        raise UsageError(
            f"--map {text!r}: write COLUMN=FIELD, for example SITE=site_area_m2:ha",
            f"--map {text!r}：请写成 列=字段，例如 用地面积=site_area_m2:ha",
        )
    known = fields(table)
    name, _, unit = (part.strip() for part in right.partition(":"))
    if name not in known and name:
        field, _, heading = (part.strip() for part in text.partition("="))
        field, _, unit = (part.strip() for part in field.partition(":"))
        if field in known:
            if not unit and _heading(heading, headings) is None:
                heading, _, unit = (part.strip() for part in heading.rpartition(":"))
            return _checked(Pair(field, _known_heading(heading, headings)), unit)
        near, near_zh = hint(name, known)
        raise UsageError(
            f"--map {text!r}: {table} has no column {name!r}{near}; a column that has no place "
            "there is kept under its own name without --map",
            f"--map {text!r}：{table} 没有列 {name!r}{near_zh}；无对应的列不必指定，会以原名保留",
        )
    left = left.strip()
    if name and len(left) > 1 and left[0] == left[-1] and left[0] in "'\"":
        return _checked(Pair(name, constant=left[1:-1]), unit)
    return _checked(Pair(name, _known_heading(left, headings)), unit)


def parse_map_options(texts: tuple[str, ...], table: str, delivery: Delivery) -> tuple[Pair, ...]:
    """Return what all ``--map`` say, each column and each field once; see `parse_map_option`.

    Raises
    ------
    UsageError
        As there, and where a column or a field stands in two of them.
    """
    pairs = tuple(parse_map_option(each, table, delivery) for each in texts)
    for names in ([pair.column for pair in pairs], [pair.field for pair in pairs]):
        for name, count in Counter(each for each in names if each).items():
            if count > 1:
                raise UsageError(
                    f"--map: {name} stands in {count} of them; a column goes into one field",
                    f"--map：{name} 出现 {count} 次；一列只可对应一个字段",
                )
    return pairs


def _heading(wanted: str, headings: list[str]) -> str | None:
    if wanted in headings:
        return wanted
    same = [each for each in headings if fold(each) == fold(wanted)]
    return same[0] if len(same) == 1 else None


def _known_heading(wanted: str, headings: list[str]) -> str:
    found = _heading(wanted, headings)
    if found is None:
        near, near_zh = hint(wanted, headings)
        names = shortened(", ".join(headings))
        raise UsageError(
            f"--map: the file has no column {wanted!r}{near or f'; it has {names}'}",
            f"--map：文件没有列 {wanted!r}{near_zh or f'；现有：{names}'}",
        )
    return found


def _checked(pair: Pair, unit: str) -> Pair:
    """Return the pair with the unit that was written, if it can be one of the field's."""
    if not unit:
        return pair
    key = unit_key(unit)
    if pair.constant is not None or key is None or not takes_unit(pair.field, key):
        known = ", ".join(each for each in UNITS if takes_unit(pair.field, each)) or "—"
        raise UsageError(
            f"--map: {pair.field or pair.column} cannot be in {unit!r}; units: {known}",
            f"--map：{pair.field or pair.column} 不可用单位 {unit!r}；可用单位：{known}",
        )
    return Pair(pair.field, pair.column, unit=key)


def takes_unit(field: str, key: str) -> bool:
    """Return whether the numbers of a column of the catalogue can be printed in a unit."""
    return (field == "value" or stored_unit(field) is not None) and is_of(key, stored_unit(field))


def mapping_toml(mapping: Mapping, options: dict[str, str]) -> bytes:
    r"""Return a mapping and the options of its import as a TOML file.

    Examples
    --------
    >>> pair = Pair("site_area_m2", "用地面积", unit="ha")
    >>> print(mapping_toml(Mapping("parcels", (pair,)), {"crs": "EPSG:4547"}).decode())
    table = "parcels"
    left_over = []
    <BLANKLINE>
    [columns]
    site_area_m2 = { column = "用地面积", unit = "ha" }
    <BLANKLINE>
    [options]
    crs = "EPSG:4547"
    <BLANKLINE>
    """
    lines = [f"table = {_quoted(mapping.table)}"]
    lines += [f"left_over = [{', '.join(map(_quoted, mapping.left_over))}]", "", "[columns]"]
    for pair in mapping.pairs:
        parts = {"column": pair.column, "constant": pair.constant, "unit": pair.unit}
        said = ", ".join(
            f"{key} = {_quoted(part)}" for key, part in parts.items() if part is not None
        )
        plain = pair.column is not None and pair.unit is None
        value = _quoted(pair.column or "") if plain else f"{{ {said} }}"
        lines.append(f"{pair.field} = {value}")
    lines += ["", "[options]", *(f"{key} = {_quoted(options[key])}" for key in options), ""]
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    # A JSON string is a basic string of TOML, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_mapping(path: str | Path) -> tuple[Mapping, dict[str, str]]:
    """Read a mapping file.

    Returns
    -------
    mapping : Mapping
        Its pairs are ``kept``.
    options : dict
        By name, see `OPTIONS`.

    Raises
    ------
    InputError
        If the file is not there, is no TOML (the line is named), or says what cannot be.
    """
    file = Path(path).name
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(file, str(error), str(error)) from error
    table = content.get("table")
    if table not in IMPORTABLE:
        known = ", ".join(IMPORTABLE)
        raise _unusable(file, f"table is not one of {known}", f"table 不是 {known} 之一")
    left_over, columns, options = (
        content.get(key, empty)
        for key, empty in (("left_over", []), ("columns", {}), ("options", {}))
    )
    whole = (
        set(content) <= {"table", "left_over", "columns", "options"}
        and isinstance(columns, dict)
        and isinstance(options, dict)
        and isinstance(left_over, list)
        and all(isinstance(each, str) for each in (*left_over, *options.values()))
    )
    if not whole:
        raise _unusable(
            file,
            "it holds more than table, left_over, [columns] and [options] of texts",
            "只可含 table、left_over、[columns] 与 [options]，且其值为文字",
        )
    for name in options:
        if name not in OPTIONS:
            known = ", ".join(OPTIONS)
            raise _unusable(
                file, f"{name} is no option of it; they are {known}",
                f"没有选项 {name}；可用：{known}",
            )  # fmt: skip
    pairs = tuple(_pair(file, table, field, value) for field, value in columns.items())
    used = [pair.column for pair in pairs if pair.column is not None] + left_over
    for column in used:
        if used.count(column) > 1:
            raise _unusable(file, f"the column {column} stands twice", f"列 {column} 出现两次")
    return Mapping(table, pairs, tuple(left_over)), options


def _pair(file: str, table: str, field: str, value: Any) -> Pair:
    if field not in fields(table):
        near, near_zh = hint(field, fields(table))
        raise _unusable(
            file, f"{table} has no column {field}{near}", f"{table} 没有列 {field}{near_zh}"
        )
    parts = {"column": value} if isinstance(value, str) else value
    sound = (
        isinstance(parts, dict)
        and all(isinstance(part, str) for part in parts.values())
        and set(parts) in ({"column"}, {"column", "unit"}, {"constant"})
    )
    if not sound:
        raise _unusable(
            file,
            f'{field}: write "heading", {{ column = "…", unit = "…" }} or {{ constant = "…" }}',
            f'{field}：请写 "表头"、{{ column = "…", unit = "…" }} 或 {{ constant = "…" }}',
        )
    unit = unit_key(parts.get("unit", ""))
    if "unit" in parts and (unit is None or not takes_unit(field, unit)):
        raise _unusable(
            file, f"{field} cannot be in {parts['unit']}", f"{field} 不可用单位 {parts['unit']}"
        )
    return Pair(field, parts.get("column"), parts.get("constant"), unit, "kept")


def _unusable(file: str, en: str, zh: str) -> InputError:
    return InputError([Finding("mapping-invalid", file=file, details={"reason": Text(en, zh)})])
