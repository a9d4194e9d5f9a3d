"""Columns as bytes: what is long in the page's data goes into one packed block.

Numbers become the smallest whole numbers that give them back exactly, or follow exactly from
columns before them; texts stand once. The page reads it all back to the last bit (unpack.js).
"""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from base64 import b64encode
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: A column as the page's directory describes it.
Spec = dict[str, Any]

_WHOLE = ("u1", "i1", "u2", "i2", "i4")
_WIDE = "f8"  # what is larger, exact to 2^53: steps across the whole earth
_SCALES = (1, 10, 100, 1000, 10_000, 100_000)
# A formula may fail in one of this many rows, which are then listed.
_FAILS = 50
_TRIED = 64
# Texts are taken apart where there are at least so many; a number has at most nine digits.
_MANY = 200
_DIGITS = re.compile(r"([0-9]{1,9})")
_STEPS = 16


class Block:
    """Collects columns; each is described by what it returns."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._known: dict[bytes, list[int]] = {}

    def put(self, data: bytes) -> list[int]:
        """Add bytes, those that are there already once; return their offset and length."""
        if data not in self._known:
            self._known[data] = [self._size, len(data)]
            self._parts.append(data)
            self._size += len(data)
        return self._known[data]

    def data(self) -> bytes:
        """Return all columns one after another."""
        return b"".join(self._parts)

    def json(self, value: Any) -> Spec:
        """Add a value of JSON."""
        return {"as": "json", "at": self.put(_json(value))}

    def ints(self, values: npt.ArrayLike) -> Spec:
        """Add whole numbers, or their steps where those pack better."""
        plain = np.asarray(values, dtype=np.int64)
        told = [(False, _planes(plain))]
        steps = np.diff(plain, prepend=0)
        if len(plain) and max(np.abs(steps).max(), np.abs(plain).max()) < 2**31:
            told.append((True, _planes(steps)))
        steps_pack, (kind, data) = min(told, key=lambda one: len(zlib.compress(one[1][1], 1)))
        at = self.put(data)[0]
        return {"as": "ints", "kind": kind, "at": at, "count": len(plain), "steps": steps_pack}

    def floats(self, values: Floats) -> Spec:
        """Add numbers as they are; NaN is unknown."""
        data = np.ascontiguousarray(values, dtype="<f8").view(np.uint8).reshape(-1, 8).T.tobytes()
        return {"as": "floats", "at": self.put(data)[0], "count": len(values)}

    def numbers(
        self, values: Sequence[float | None] | Floats, base: tuple[str, Floats] | None = None
    ) -> Spec:
        """Add numbers, None or NaN where unknown: exact decimals as whole numbers.

        Parameters
        ----------
        values : sequence of float
            The column.
        base : tuple of str and array, optional
            Name and values of a column before it that it may lie near.
        """
        column = np.array(values, dtype=np.float64)
        known = ~np.isnan(column)
        scaled = next(((s, w) for s in _SCALES if (w := _scaled(column, s)) is not None), None)
        if scaled is None:
            return self.floats(column)
        scale, whole = scaled
        spec: Spec = {"as": "numbers", "scale": scale}
        if base is not None:
            with np.errstate(invalid="ignore"):
                below = np.rint(np.nan_to_num(base[1]) * scale)
            if (np.abs(below) < 2**53).all():
                near = np.where(known, whole - below, 0)
                if np.abs(near).max(initial=0) < 2**31 and _size(near) < _size(whole):
                    spec["base"], whole = base[0], near
        if np.abs(whole).max(initial=0) >= 2**31:
            return self.floats(column)
        spec["whole"] = self.ints(whole)
        if not known.all():
            spec["known"] = self.ints(known)
        return spec

    def values(self, values: Sequence[Any]) -> Spec:
        """Add any values of JSON: each distinct one once, and a code for every row."""
        if values and all(value is None or type(value) is float for value in values):
            return {**self.numbers(values), "plain": True}
        listed = values if isinstance(values, list) else list(values)
        if listed and all(isinstance(value, str) and _is_count(value) for value in listed):
            return {"as": "counts", "whole": self.ints([int(value) for value in listed])}
        keys: list[Hashable] = [
            one if one is None or isinstance(one, str) else (_json(one),) for one in listed
        ]
        first: dict[Hashable, int] = {}
        codes = [first.setdefault(key, len(first)) for key in keys]
        distinct: list[Any] = [None] * len(first)
        for code, value in zip(codes, listed, strict=True):
            distinct[code] = value
        if len(distinct) >= _MANY and all(isinstance(one, str) for one in distinct):
            parted = self._parted(listed)
            if parted is not None:
                return parted
        spec: Spec = {"as": "values", "list": self.put(_json(distinct))}
        return spec if len(distinct) == len(listed) else {**spec, "codes": self.ints(codes)}

    def _parted(self, texts: Sequence[str]) -> Spec | None:
        """Add texts that differ in their numbers: few patterns, and the numbers as columns.

        A number with leading zeros has its width in the pattern.
        """
        patterns: dict[str, int] = {}
        codes, columns = [], list[list[int]]()
        for text in texts:
            pieces = _DIGITS.split(text)
            for at, digits in enumerate(pieces[1::2]):
                if at == len(columns):
                    columns.append([])
                columns[at].append(int(digits))
                is_padded = digits[0] == "0" and len(digits) > 1
                pieces[2 * at + 1] = f"\x01{len(digits) if is_padded else 0}"
            codes.append(patterns.setdefault("\x02".join(pieces), len(patterns)))
            if len(patterns) * 8 > len(texts) or "\x01" in text or "\x02" in text:
                return None
        return {
            "as": "parted",
            "list": self.put(_json(list(patterns))),
            "codes": self.ints(codes),
            "columns": [self.ints(column) for column in columns],
        }

    def names(self, names: Sequence[Sequence[str]], ids: Sequence[str]) -> Spec:
        """Add pairs of names; nothing where the first is the id, the second the first."""
        first = [None if name[0] == key else name[0] for name, key in zip(names, ids, strict=True)]
        second = [None if name[1] == name[0] else name[1] for name in names]
        return {"as": "names", "first": self.values(first), "second": self.values(second)}

    def derived(self, values: Floats, known: Mapping[str, Floats], near: str | None) -> Spec:
        """Add numbers that may follow from columns before them, by the same arithmetic.

        Parameters
        ----------
        values : array
            The column, NaN where unknown.
        known : mapping
            Columns before it, by name.
        near : str, optional
            The one whose decimals it may lie near.
        """
        for formula, found in _formulas(values, known):
            wrong = np.flatnonzero(~_same(found, values))
            if len(wrong) * _FAILS <= len(values):
                spec: Spec = {"as": "formula", "of": formula}
                if len(wrong):
                    spec |= {"rows": self.ints(wrong), "values": self.numbers(values[wrong])}
                return spec
        stepped = self._stepped(values, near, known[near]) if near else None
        return stepped or self.numbers(values, (near, known[near]) if near else None)

    def _stepped(self, values: Floats, near: str | None, base: Floats) -> Spec | None:
        """Add numbers that are those of another column and one of a few steps."""
        rounded = np.array([float(f"{one:.9g}") for one in (values - base).tolist()])
        steps = np.unique(rounded[~np.isnan(rounded)])
        if not 1 < len(steps) <= _STEPS:
            return None
        codes = np.minimum(np.searchsorted(steps, rounded), len(steps) - 1)
        if not _same(base + np.where(np.isnan(values), np.nan, steps[codes]), values).all():
            return None
        known = ~np.isnan(values)
        spec: Spec = {"as": "stepped", "of": near, "list": steps.tolist()}
        return spec | {"codes": self.ints(np.where(known, codes + 1, 0))}


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and (text[0] != "0" or text == "0")


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _planes(values: Ints) -> tuple[str, bytes]:
    """Return the smallest type that holds the values, and first bytes first, then the second."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    fitting = (k for k in _WHOLE if np.iinfo(k).min <= low and high <= np.iinfo(k).max)
    kind = next(fitting, _WIDE)
    small = np.ascontiguousarray(values, dtype=f"<{kind}")
    return kind, small.view(np.uint8).reshape(-1, small.itemsize).T.tobytes()


def _size(values: Floats) -> int:
    return len(zlib.compress(values.astype(np.int64).view(np.uint8).reshape(-1, 8).T.tobytes(), 1))


def _scaled(values: Floats, scale: int) -> Floats | None:
    """Return whole numbers that divided by the scale give the values to the last bit."""
    known = np.isfinite(values)
    if np.isinf(values).any() or (np.signbit(values) & (values == 0)).any():
        return None
    whole = np.rint(np.where(known, values, 0) * scale)
    is_exact = (np.abs(whole) < 2**53).all() and (whole[known] / scale == values[known]).all()
    return whole if is_exact else None


def _same(one: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    signs = np.signbit(one) == np.signbit(other)
    same: npt.NDArray[np.bool_] = ((one == other) & signs) | (np.isnan(one) & np.isnan(other))
    return same


def _formulas(values: Floats, known: Mapping[str, Floats]) -> Iterator[tuple[list[Any], Floats]]:
    """Yield formulas that hold in the first rows, with what they give for all rows."""
    rows = np.flatnonzero(~np.isnan(values))
    rows = rows[:: max(1, len(rows) // _TRIED)][:_TRIED]
    few = {name: column[rows] for name, column in known.items()}

    def holds(found: Floats) -> bool:
        return bool(_same(found, values[rows]).mean() > 1 - 2 / _FAILS) if len(rows) else True

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for a, one in few.items():
            if holds(one):
                yield [a], known[a]
        for a, one in few.items():
            step = float(f"{np.median(values[rows] - one):.9g}") if len(rows) else np.nan
            if np.isfinite(step) and holds(one + step):
                yield [a, "+", step], known[a] + step
        for (a, one), (b, other) in product(few.items(), repeat=2):
            if holds(one - other):
                yield [a, "-", b], known[a] - known[b]
            if holds(one / other):
                yield [a, "/", b], known[a] / known[b]
        for (a, one), (b, other), (c, third) in product(few.items(), repeat=3):
            if a < b and holds(one * other - third):
                yield [a, "*", b, "-", c], known[a] * known[b] - known[c]


#: Members of outlines that are typed arrays in the page.
_OUTLINES = ("xy", "rings", "polygons", "features")
#: Members that are packed as they stand.
_WHOLE_MEMBERS = ("evidence", "texts", "sensitivity")
_PAIRED = ("message", "fix")


def as_text(block: bytes) -> str:
    """Return bytes as text of a page: gzip, then base64; the same bytes give the same text."""
    return b64encode(gzip.compress(block, 9, mtime=0)).decode()


def pack(data: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Split the page's data into what stays JSON and the packed block of the rest.

    Returns
    -------
    tuple of dict and bytes
        The JSON, whose member ``packed`` lists path and description of each column that was
        taken out; the block.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> from pingshan_geo.page import payload
    >>> rest, block = pack(payload(assess(load_catalogue())))
    >>> as_text(block)[:4], "id" in rest["tables"]["parcels"], len(rest["packed"]) > 20
    ('H4sI', False, True)
    """
    block, directory = Block(), []
    rest: dict[str, Any] = {**data}

    def take(path: list[str], spec: Spec) -> None:
        directory.append([path, spec])

    table = dict(data["tables"]["parcels"])
    ids = table.pop("id")
    take(["tables", "parcels", "id"], block.values(ids))
    take(["tables", "parcels", "name"], block.names(table.pop("name"), ids))
    lots = data["lots"]
    for group in ("columns", "told"):
        for name, column in table[group].items():
            take(["tables", "parcels", group, name], block.values(column))
        table[group] = {}
    rest["tables"] = {**data["tables"], "parcels": table}
    rest["lots"] = _lots(block, take, lots)
    rest["figures"] = {}
    for name, column in data["figures"].items():
        take(["figures", name], block.values(column))
    rest["geometry"] = {**data["geometry"]}
    for kind in ("parcels", "pieces", "findings"):
        shapes = data["geometry"][kind]
        rest["geometry"][kind] = {"step": shapes["step"]}
        for name in _OUTLINES:
            if name == "xy":
                x, y = (np.asarray(shapes[name], dtype=np.int64)[one::2] for one in (0, 1))
                spec = {"as": "turns", "columns": [block.ints(x), block.ints(y)]}
            else:
                spec = block.ints(shapes[name])
            take(["geometry", kind, name], spec)
    rest["pairs"] = {"kinds": data["pairs"]["kinds"]}
    for name in ("kind", "lot", "zone", "flags", "piece"):
        take(["pairs", name], block.ints(data["pairs"][name]))
    shares = [None if one is None else float(one) for one in data["pairs"]["share"]]
    take(["pairs", "share"], {**block.numbers(shares), "plain": True})
    rest["members"] = {}
    for kind, zones in data["members"].items():
        ends = np.cumsum([len(rows) for rows in zones], dtype=np.int64)
        inside = np.array([row for zone in zones for row in zone], dtype=np.int64)
        parts: Spec = {"as": "parts", "ends": block.ints(ends), "all": block.ints(inside)}
        take(["members", kind], parts)
    take(["findings"], _rows(block, data["findings"]))
    rest["findings"] = []
    for name in _WHOLE_MEMBERS:
        del rest[name]
        take([name], block.json(data[name]))
    rest["packed"] = directory
    return rest, block.data()


def _rows(block: Block, rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Add findings by column; their texts in both languages apart."""
    names = [name for name in (rows[0] if rows else ()) if name not in _PAIRED]
    spec: Spec = {"as": "rows", "count": len(rows)}
    spec["columns"] = {name: block.values([row[name] for row in rows]) for name in names}
    spec["pairs"] = {
        name: [block.values([row[name][at] for row in rows]) for at in (0, 1)]
        for name in (_PAIRED if rows else ())
    }
    return spec


def _lots(block: Block, take: Any, lots: Mapping[str, Any]) -> dict[str, Any]:
    """Take the figures of lots: numbers that follow from others as formulas."""
    known: dict[str, Floats] = {}
    for name, column in lots["columns"].items():
        inputs = {*lots["inputs"][name], name}
        for part in ("value", "low", "high"):
            near = f"{name}.value" if part != "value" else None
            nearby = {key: one for key, one in known.items() if key.partition(".")[0] in inputs}
            spec = block.derived(column[part], nearby, near)
            take(["lots", "columns", name, part], spec)
            known[f"{name}.{part}"] = column[part]
        take(["lots", "columns", name, "profile"], block.ints(column["profile"]))
    for name, texts in lots["slots"].items():
        own = known.get(f"{name}.value")
        path = ["lots", "slots", name]
        if own is None:
            take(path, block.values(texts))
            continue
        said = [None if math.isnan(one) else number_text(one) for one in own.tolist()]
        rows = [at for at, one in enumerate(texts) if one != said[at]]
        spec = {"as": "printed", "of": f"{name}.value", "rows": block.ints(rows)}
        take(path, {**spec, "texts": block.values([texts[at] for at in rows])})
    take(["lots", "profiles"], block.json(lots["profiles"]))
    return {"columns": {name: {} for name in lots["columns"]}, "slots": {}}


def number_text(value: float) -> str:
    """Return a number as the page's program writes it, within 1e-4 to 1e15.

    Examples
    --------
    >>> number_text(12.0), number_text(0.5)
    ('12', '0.5')
    """
    return repr(value).removesuffix(".0") if value == 0 or 1e-4 <= abs(value) < 1e15 else ""
