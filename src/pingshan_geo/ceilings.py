"""How large a foreign file may be: limits that are looked at before their cost is paid."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from itertools import accumulate

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.ids import hint
from pingshan_geo.words import Text, text

_OPTION = re.compile(r"([a-z-]+)=([1-9][0-9]{0,14})")
# Headers of WKB, and words of WKT, of what holds other geometries; with Z, M or an SRID too.
_HOLDS_WKB = re.compile(
    rb"\x01(?:[\x04-\x0c]\0\0|[\xec-\xf4]\x03\0|[\xd4-\xdc]\x07\0|[\xbc-\xc4]\x0b\0)[\0\x20\x40\x60\x80\xa0\xc0\xe0]"
    rb"|\0[\0\x20\x40\x60\x80\xa0\xc0\xe0](?:\0\0[\x04-\x0c]|\0\x03[\xec-\xf4]|\0\x07[\xd4-\xdc]|\0\x0b[\xbc-\xc4])"
)
_HOLDS_WKT = re.compile(r"COLLECTION|MULTI|CURVE", re.IGNORECASE)
_DEEPEST = 64
#: Why a geometry is not read.
DEEP = Text(f"it is nested over {_DEEPEST} deep", f"嵌套超过 {_DEEPEST} 层")
_TOLD = re.compile(r"over the limit ([a-z_]+): (\d+)")


def is_deep(geometry: bytes | str | None) -> bool:
    """Return whether WKB or WKT is nested so deep that GEOS might end the process.

    Examples
    --------
    >>> is_deep("GEOMETRYCOLLECTION(" * 2000), is_deep("POINT (1 2)"), is_deep(None)
    (True, False, False)
    """
    if isinstance(geometry, bytes):  # coordinates may look like headers: those are only a hint
        holds = _HOLDS_WKB.match(geometry) and len(_HOLDS_WKB.findall(geometry)) > _DEEPEST
        return bool(holds) and _depth(geometry) > _DEEPEST
    if not isinstance(geometry, str) or len(_HOLDS_WKT.findall(geometry)) <= _DEEPEST:
        return False
    steps = (1 if sign == "(" else -1 for sign in re.findall("[()]", geometry))
    return max(accumulate(steps), default=0) > _DEEPEST


def _depth(wkb: bytes) -> int:
    """Return how many geometries lie one in the other; what is broken is for GEOS to tell."""
    to_come, deepest, at = [1], 1, 0  # how many are to come on each level
    with suppress(struct.error, IndexError):
        while to_come and deepest <= _DEEPEST:
            if not to_come[-1]:
                to_come.pop()
                continue
            to_come[-1] -= 1
            whole = struct.Struct("<I" if wkb[at] else ">I")
            (kind,) = whole.unpack_from(wkb, at + 1)
            at += 9 if kind & 0x20000000 else 5  # an SRID
            thousand, code = divmod(kind & 0x0FFFFFFF, 1000)
            numbers = 2 + (thousand in (1, 3) or kind >> 31) + (thousand > 1 or kind >> 30 & 1)
            if code == 1:
                at += 8 * numbers
                continue
            (count,) = whole.unpack_from(wkb, at)
            at += 4
            if code in (2, 8):
                at += 8 * numbers * count
            elif code == 3:
                for _ in range(count):
                    at += 4 + 8 * numbers * whole.unpack_from(wkb, at)[0]
            else:
                to_come.append(count)
                deepest = max(deepest, len(to_come))
    return deepest


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What of a foreign file is read at most; whatever is over it is refused and told.

    Attributes
    ----------
    file_mb, text_mb : int
        Size of a file, and of one that is read as text in this process.
    rows, columns : int
        Of a table.
    nesting : int
        Levels of JSON and XML.
    vertices : int
        Points of all outlines together.
    characters, digits : int
        Of one cell, and digits of it in a row.
    members, unpacked_mb, ratio, name_characters : int
        Of an archive: files in it, what they unpack to, how many times its packed size one of
        over 10 MB may be, and characters of a name.

    Examples
    --------
    >>> Ceilings.parsed(["rows=20000000", "file-mb=9000"]).rows
    20000000
    """

    file_mb: int = 4096
    text_mb: int = 1000
    rows: int = 10_000_000
    columns: int = 1_000
    nesting: int = 64
    vertices: int = 100_000_000
    characters: int = 1_000_000
    digits: int = 1_000
    members: int = 10_000
    unpacked_mb: int = 4096
    ratio: int = 100
    name_characters: int = 1_000

    @classmethod
    def parsed(cls, options: Iterable[str]) -> Ceilings:
        """Return the ceilings that options such as ``rows=20000000`` ask for.

        Raises
        ------
        UsageError
            If one is not ``NAME=N``, or names no ceiling.
        """
        chosen = {}
        known = [_spelled(each.name) for each in fields(cls)]
        for option in options:
            match = _OPTION.fullmatch(option)
            name = match[1] if match else option.partition("=")[0]
            if name not in known:
                en, zh = hint(name, known)
                names = ", ".join(known)
                raise UsageError(
                    f"--at-most {option}: no such ceiling; there are {names}{en}",
                    f"--at-most {option}：没有这一上限；可用 {names}{zh}",
                )
            if not match:
                raise UsageError(
                    f"--at-most {option}: write NAME=N with a whole number from 1 on",
                    f"--at-most {option}：请写作 名称=N，N 为正整数",
                )
            chosen[name.replace("-", "_")] = int(match[2])
        return cls(**chosen)

    def hold(
        self, name: str, value: int, file: str, row: int | None = None, field: str | None = None
    ) -> None:
        """Raise `InputError` if a value is over the ceiling of that name.

        Parameters
        ----------
        name : str
            Name of the attribute.
        value : int
            What the file has.
        file, row, field : str, int or None, str or None
            Where it is.
        """
        if value > (most := getattr(self, name)):
            details: dict[str, str | Text] = {
                "what": text(f"ceiling_{name}"),
                "most": f"{most:,}",
                "option": f"{_spelled(name)}={value}",
            }
            raise InputError(
                [Finding("over-ceiling", None, file, row, field, f"{value:,}", details)]
            )

    def said(self, line: str, file: str) -> None:
        """Raise `InputError` if a child process ended with ``over the limit NAME: N``."""
        if match := _TOLD.search(line):
            self.hold(match[1], int(match[2]), file)

    def numbers(self) -> dict[str, int]:
        """Return the ceilings by name, for a child process."""
        return asdict(self)


#: What holds where nobody asks for more.
USUAL = Ceilings()


def _spelled(name: str) -> str:
    return name.replace("_", "-")
