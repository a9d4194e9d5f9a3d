"""One cell of a foreign table: a number however printed, a date however written, or nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.catalogue.dates import span
from pingshan_geo.ids import nfkc
from pingshan_geo.units import UNITS, to_si, unit_key

# What stands for "not known" in any cell, and in one that should hold a number, date or code.
_NOTHING = frozenset({"", "-", "--", "—", "——", "–", "/", "\\", "//", "*", "?", "n/a", "na", "#n/a",
                      "null", "<null>", "(null)", "none", "nan", "nil"})  # fmt: skip
_UNKNOWN = _NOTHING | {
    "无", "待定", "未定", "未知", "不详", "不明", "暂无", "空", "…", "……", "...", "tbd", "unknown",
}  # fmt: skip

_ABOUT, _OVER, _UNDER = "about", "more_than", "less_than"
_BEFORE = {
    _ABOUT: r"大约|约|近|≈|~|∼|about|approx\.?|ca\.?",
    _OVER: r"不少于|不小于|不低于|大于等于|大于|超过|高于|≥|>=|>|more than|over|at least",
    _UNDER: r"不超过|不大于|不高于|不多于|小于等于|小于|不足|低于|≤|<=|<|less than|at most|up to",
}
_AFTER = {_ABOUT: r"左右|上下", _OVER: r"以上|余|多", _UNDER: r"以下|以内"}
_NUMBER = re.compile(
    rf"(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _BEFORE.items())})? ?"
    r"(?P<yuan>¥|人民币)? ?"
    r"(?P<digits>[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,18})"
    r"(?:\.[0-9]{1,18})?|[+-]?\.[0-9]{1,18})(?P<power>[eE][+-]?[0-9]{1,2})?"
    r" ?(?P<unit>[^0-9]*?[23]?) ?"
    rf"(?:{'|'.join(f'(?P<{name}_>{words})' for name, words in _AFTER.items())})?",
    re.IGNORECASE,
)
_TIMES = {"万": 10**4, "亿": 10**8}
_SEVERAL = re.compile(
    r"[0-9.]++(?!e[+-]?[0-9])[^0-9.,\s]*\s*(?:-|~|∼|至|到|—|–|/|、|;|\bto\b)\s*[0-9.]++[^0-9]*2?",
    re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})")

_DAY = re.compile(
    r"([0-9]{4})[年./-]([0-9]{1,2})(?:[月./-]([0-9]{1,2})[日号]?|月)?"
    # A time of day is left out where it cannot mean another day in China.
    r"(?:[T ](?:0{1,2}:00(?::00(?:\.0+)?)?(?:Z|[+-][0-9:]{2,5})?"
    r"|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\+08:?00)?))?"
)
_RUN = re.compile(r"((?:18|19|20|21)[0-9]{2})(?:年|(?:([0-9]{2})([0-9]{2})?))?")


def cell_text(cell: Any) -> str | None:
    """Return a cell as text, None for an empty one; a number by the digits that a table shows.

    Examples
    --------
    >>> cell_text(106000.0), cell_text(0.1 + 0.2), cell_text(" "), cell_text(True)
    ('106000', '0.3', None, 'true')
    """
    if isinstance(cell, str):
        return cell.strip() or None
    if cell is None or cell is pd.NA or cell != cell:  # noqa: PLR0124 -- NaN
        return None
    if isinstance(cell, (bool, np.bool_)):
        return str(bool(cell)).lower()
    if isinstance(cell, (float, np.floating)):
        number = float(cell)
        whole = number.is_integer() and abs(number) < 2**53
        return str(int(number)) if whole else f"{number:.15g}"
    return str(cell).strip() or None


def cell_texts(cells: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    """Return `cell_text` of every cell.

    Examples
    --------
    >>> cell_texts(np.array([" a", None, "", "b"], dtype=object)).tolist()
    ['a', None, None, 'b']
    """
    if cells.dtype.kind in "fiu":
        codes, unique = pd.factorize(cells)
        return np.fromiter([*map(cell_text, unique.tolist()), None], object)[codes]
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        came = pa.array(cells, pa.large_string())
    except (pa.ArrowException, UnicodeEncodeError):  # not texts alone
        return np.fromiter(map(cell_text, cells), object, len(cells))
    texts = pc.utf8_trim_whitespace(came)
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    return cells if texts.equals(came) else texts.to_numpy(zero_copy_only=False)


def first_different(column: pd.Series[Any], most: int | None = None) -> list[Any]:
    """Return the first ``most`` different cells of a column; empty ones are left out.

    Examples
    --------
    >>> first_different(pd.Series(["b", None, "a", "b"], dtype=object), 2)
    ['b', 'a']
    """
    if most is not None:  # where all cells differ, the first rows hold enough
        head = first_different(column.iloc[: 4 * most])
        if len(head) >= most or len(column) <= 4 * most:
            return head[:most]
    return column.drop_duplicates().dropna().tolist()[:most]


def distinct(column: pd.Series[Any], most: int | None = None) -> list[str]:
    """Return the different texts of a column's cells, those of the first ``most`` different cells.

    Empty cells are left out.
    """
    cells = first_different(column, most)
    return list(dict.fromkeys(text for each in cells if (text := cell_text(each))))


class Number(NamedTuple):
    """A printed number.

    Attributes
    ----------
    digits : str
        Plain decimal digits.
    unit : str or None
        Key of `UNITS` of the unit in the cell.
    times : int
        What 万 or 亿 without a unit behind it makes of the number, else 1.
    qualifier : str or None
        ``about``, ``more_than``, ``less_than`` or None.
    """

    digits: str
    unit: str | None = None
    times: int = 1
    qualifier: str | None = None

    def si(self, unit: str) -> float:
        """Return the number in the stored unit, where ``unit`` is that of the column."""
        return to_si(self.plain(), self.unit or unit)

    def plain(self) -> str:
        """Return the digits with 万 and 亿 multiplied out."""
        return self.digits if self.times == 1 else f"{Decimal(self.digits) * self.times:f}"


# Powers, signs of notes and numbers in circles, of which plain width makes a digit beside a digit.
_SMALL = "⁰¹²³⁴-⁹₀-₉①-⒛⓪㉑-㉟㊱-㊿"
_SIGN_OF_A_NOTE = re.compile(rf"[\d.]\s*[{_SMALL}]|[{_SMALL}]\s*[\d.]")


def plain(text: str) -> str:
    """Return text as it is read: NFKC, one kind of minus sign and of space, no space at the ends.

    Examples
    --------
    >>> plain("　１０６，０００㎡")
    '106,000m2'
    """
    return re.sub(r"\s+", " ", nfkc(text).replace("−", "-")).strip()


def says_nothing(text: str, *, strict: bool) -> bool:
    """Return whether a cell says that nothing is known.

    Parameters
    ----------
    text : str
        The cell.
    strict : bool
        Whether words such as 无 and 待定 count too: they do where a number, a date, an id or a
        code should stand, elsewhere they may be meant.

    Examples
    --------
    >>> says_nothing(" — ", strict=False), says_nothing("无", strict=False)
    (True, False)
    """
    return len(text) < 9 and plain(text).casefold() in (_UNKNOWN if strict else _NOTHING)


def read_number(text: str) -> Number | None:
    """Return the number in a cell, None where there is not exactly one that is well formed.

    Examples
    --------
    >>> read_number("约１０６ ０００㎡")
    Number(digits='106000', unit='m2', times=1, qualifier='about')
    >>> read_number("7245.4²") is None  # the sign of a note
    True
    >>> read_number("1.04亿"), read_number("1.04亿元").unit, read_number("1,060,00")
    (Number(digits='1.04', unit=None, times=100000000, qualifier=None), '100m_yuan', None)
    """
    found = _NUMBER.fullmatch(plain(text))
    if found is None or _SIGN_OF_A_NOTE.search(text):
        return None
    named = found.groupdict()
    qualifiers = [name for name in (_ABOUT, _OVER, _UNDER) if named[name] or named[f"{name}_"]]
    if len(qualifiers) > 1:
        return None
    digits = re.sub("[, ]", "", named["digits"]) + (named["power"] or "")
    digits = re.sub(r"^([+-]?)\.", r"\g<1>0.", digits)
    written, times = named["unit"].strip("() "), 1
    if named["yuan"] and not written.endswith("元"):
        written += "元"
    unit = unit_key(written)
    if unit is None and written[:1] in _TIMES:
        times, written = _TIMES[written[0]], written[1:].strip()
        unit = unit_key(written)
    if unit is None and written:
        return None
    return Number(digits, unit, times, qualifiers[0] if qualifiers else None)


def holds_several(text: str) -> bool:
    """Return whether a cell holds a range or a list of numbers.

    Examples
    --------
    >>> holds_several("2.0-2.5"), holds_several("9.5公顷～10公顷"), holds_several("-2.5")
    (True, True, False)
    """
    return _SEVERAL.fullmatch(plain(text)) is not None


def has_decimal_comma(text: str) -> bool:
    """Return whether a comma in a number can only be a decimal point, as in 9,52.

    Examples
    --------
    >>> has_decimal_comma("9,52"), has_decimal_comma("9,520")
    (True, False)
    """
    return _DECIMAL_COMMA.fullmatch(plain(text)) is not None


def read_date(text: str) -> str | None:
    """Return a date as YYYY, YYYY-MM or YYYY-MM-DD, None where none can be read for sure.

    Day numbers of a spreadsheet, days before months and times of another zone are not read.

    Examples
    --------
    >>> [read_date(text) for text in ("2017年12月13日", "2017/1/5", "2017.12", "201712", "2017年")]
    ['2017-12-13', '2017-01-05', '2017-12', '2017-12', '2017']
    >>> [read_date(text) for text in ("43082", "13/12/2017", "2017-02-30", "17年12月")]
    [None, None, None, None]
    """
    compact = re.sub(r" ?([年月日/.-]) ?", r"\1", plain(text))
    found = _DAY.fullmatch(compact) or _RUN.fullmatch(compact)
    if found is None:
        return None
    date = "-".join([found[1], *(part.zfill(2) for part in (found[2], found[3]) if part)])
    return date if span(date) else None


def is_of(unit: str | None, stored: str | None) -> bool:
    """Return whether a unit measures what a column stores; any does where the column is open."""
    return unit is not None and (stored is None or UNITS[unit].si == stored)
