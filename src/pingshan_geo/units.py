"""Units: what a printed unit is worth, and how a stored value is shown.

Stored values are SI (m², yuan, ratios as fractions of one); a unit is converted when a file is
read and when a person reads, nowhere else.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from pingshan_geo.ids import nfkc


@dataclass(frozen=True, slots=True)
class Unit:
    """One printed unit.

    Attributes
    ----------
    si : str
        The unit in which values are stored.
    factor : Fraction
        Stored value of one printed unit, exact.
    en, zh : str
        How the unit is written for people.
    """

    si: str
    factor: Fraction
    en: str
    zh: str

    def label(self, lang: str) -> str:
        """Return how the unit is written in ``lang``."""
        return self.zh if lang == "zh" else self.en


def _unit(si: str, factor: int | Fraction, en: str, zh: str) -> Unit:
    return Unit(si, Fraction(factor), en, zh)


#: Every unit that a catalogue may print. 1 mu (市亩) is 2000/3 m², 15 mu are one hectare.
UNITS: dict[str, Unit] = {
    "m2": _unit("m2", 1, "m²", "m²"),
    "ha": _unit("m2", 10_000, "ha", "公顷"),
    "km2": _unit("m2", 1_000_000, "km²", "km²"),
    "mu": _unit("m2", Fraction(2000, 3), "mu", "亩"),
    "10k_m2": _unit("m2", 10_000, "10⁴ m²", "万m²"),
    "m": _unit("m", 1, "m", "米"),
    "yuan": _unit("yuan", 1, "yuan", "元"),
    "10k_yuan": _unit("yuan", 10_000, "10⁴ yuan", "万元"),
    "100m_yuan": _unit("yuan", 100_000_000, "10⁸ yuan", "亿元"),
    "m_yuan": _unit("yuan", 1_000_000, "million yuan", "百万元"),
    "bn_yuan": _unit("yuan", 1_000_000_000, "bn yuan", "十亿元"),
    "1": _unit("1", 1, "", ""),
    "%": _unit("1", Fraction(1, 100), "%", "%"),
    "pp": _unit("pp", 1, "points", "个百分点"),
    "count": _unit("count", 1, "", ""),
    "persons": _unit("persons", 1, "persons", "人"),
    "rank": _unit("rank", 1, "", ""),
    "year": _unit("year", 1, "years", "年"),
    "day": _unit("day", 1, "days", "天"),
    "m2/year": _unit("m2/year", 1, "m² a year", "m²/年"),
    "ha/year": _unit("m2/year", 10_000, "ha a year", "公顷/年"),
    "km2/year": _unit("m2/year", 1_000_000, "km² a year", "km²/年"),
    "yuan/year": _unit("yuan/year", 1, "yuan a year", "元/年"),
    "m_yuan/year": _unit("yuan/year", 1_000_000, "million yuan a year", "百万元/年"),
    "bn_yuan/year": _unit("yuan/year", 1_000_000_000, "bn yuan a year", "十亿元/年"),
    "count/year": _unit("count/year", 1, "a year", "/年"),
    "persons/year": _unit("persons/year", 1, "persons a year", "人/年"),
    "yuan/m2": _unit("yuan/m2", 1, "yuan/m²", "元/m²"),
    "yuan/km2": _unit("yuan/km2", 1, "yuan/km²", "元/km²"),
    "wafers/month": _unit("wafers/month", 1, "wafers a month", "片/月"),
}

#: What stands at the end of a column name that holds a value of this stored unit.
SUFFIX: dict[str, str] = {"m2": "_m2", "m": "_m", "yuan": "_yuan"}

# How else bureaus and spreadsheets write them; width, case, spaces and points do not count.
_WRITTEN = {
    "m2": "平方米 平米 平方公尺 m^2 sqm squaremetre squaremetres squaremeter squaremeters",
    "ha": "hm2 hectare hectares",
    "km2": "平方公里 平方千米 sqkm km^2",
    "mu": "市亩",
    "10k_m2": "万平方米 万平米 万平",
    "yuan": "元人民币 rmb cny",
    "10k_yuan": "万元人民币",
    "year": "year yr yrs",
    "%": "百分比",
    "yuan/m2": "元/平方米 元/平米",
}


@cache
def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for key, unit in UNITS.items():
        for spelling in (key, unit.en, unit.zh, *_WRITTEN.get(key, "").split()):
            found.setdefault(_folded_unit(spelling), key)
    found.pop("", None)
    return found


def _folded_unit(text: str) -> str:
    folded = re.sub(r"[\s.]", "", nfkc(text)).casefold()
    return folded.removeprefix("人民币")


def unit_key(text: str) -> str | None:
    """Return the key of `UNITS` of a unit as somebody wrote it, None for any other text.

    Examples
    --------
    >>> [unit_key(text) for text in ("㎡", "万平方米", " 公顷", "Ha", "万元", "furlong", "")]
    ['m2', '10k_m2', 'ha', 'ha', '10k_yuan', None, None]
    """
    return _spellings().get(_folded_unit(text))


def to_si(number: str, unit: str) -> float:
    """Return a printed number in the stored unit, rounded once.

    Parameters
    ----------
    number : str
        Decimal digits as in a file, for example ``"51.6"``.
    unit : str
        A key of `UNITS`.

    Raises
    ------
    KeyError
        If the unit is not known.

    Examples
    --------
    >>> to_si("51.6", "km2"), to_si("14.5", "%"), to_si("15", "mu")
    (51600000.0, 0.145, 10000.0)
    """
    return float(Fraction(number) * UNITS[unit].factor)


def implied_step(number: str) -> Fraction:
    """Return the step of a number's last printed digit that is no trailing zero of a whole number.

    Examples
    --------
    >>> [float(implied_step(n)) for n in ("9.5", "106000", "488800", "85247.0", "0")]
    [0.1, 1000.0, 100.0, 0.1, 1.0]
    """
    digits = number.strip().lstrip("+-")
    mantissa, _, exponent = digits.lower().partition("e")
    whole, point, decimals = mantissa.partition(".")
    scale = Fraction(10) ** int(exponent or 0)
    if point and decimals:
        return scale * Fraction(1, 10 ** len(decimals))
    zeros = len(whole) - len(whole.rstrip("0"))
    return scale * (1 if zeros == len(whole) else 10**zeros)


def format_number(value: float, decimals: int | None = None) -> str:
    """Return digits with thousands separators and no needless decimals.

    Parameters
    ----------
    value : float
        A finite number.
    decimals : int, optional
        Most decimals to keep; without it as many as four significant digits need.

    Examples
    --------
    >>> format_number(106000.0), format_number(4.611320754), format_number(0.31027, 4)
    ('106,000', '4.611', '0.3103')
    """
    if decimals is None:
        size = abs(value)
        decimals = 0 if size >= 1000 or size == 0 else max(0, 3 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def display_unit(value: float | None, unit: str) -> str:
    """Return the unit (key of `UNITS`) in which people read a stored value best.

    Areas from 1 km² on are shown in km², money in millions and thousand millions: 万 and 亿 have
    no English counterpart, and the digits are the same in both languages.

    Examples
    --------
    >>> display_unit(51.6e6, "m2"), display_unit(106000.0, "m2"), display_unit(1.04e8, "yuan")
    ('km2', 'm2', 'm_yuan')
    """
    size = abs(value) if value is not None else 0.0
    of, slash, time = unit.partition("/")
    if unit != of and time != "year":
        return unit
    if of == "m2" and size >= 1e6:
        return f"km2{slash}{time}"
    if of == "yuan" and size >= 1e9:
        return f"bn_yuan{slash}{time}"
    if of == "yuan" and size >= 1e6:
        return f"m_yuan{slash}{time}"
    return unit


def per_year(unit: str | None) -> str | None:
    """Return the key of a unit for each year; None where there is no such unit.

    Examples
    --------
    >>> per_year("ha"), per_year("rank"), per_year(None)
    ('ha/year', None, None)
    """
    found = f"{unit}/year"
    return found if found in UNITS else None
