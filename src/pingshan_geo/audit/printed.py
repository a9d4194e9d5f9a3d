"""Numbers as documents print them: digits and words, units, what qualifies them, their basis."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from pingshan_geo.audit import spelled
from pingshan_geo.units import UNITS, implied_step


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """A number in a sentence.

    Attributes
    ----------
    digits : str
        Plain digits in ``unit``: ``106000`` for 106,000, ``34703`` for 3 萬 4703, ``-5`` for
        下降5 and for −5.
    unit : str or None
        Key of `UNITS`; None where none is printed or no catalogue knows it.
    printed : str
        Number and unit letter for letter.
    start, end : int
        Where it stands in the sentence.
    qualifier : str
        By the words beside it: ``printed``, ``about``, ``more_than`` or ``less_than``.
    basis : str or None
        By the words beside it: one of the area and floor bases, or None.
    kind : str
        ``digits``, ``words``, ``ordinal`` or ``year`` (may be a year or a number).
    """

    digits: str
    unit: str | None
    printed: str
    start: int
    end: int
    qualifier: str = "printed"
    basis: str | None = None
    kind: str = "digits"

    @property
    def value(self) -> Fraction:
        """The number in its own unit, exact."""
        return Fraction(self.digits)

    @property
    def si(self) -> Fraction:
        """The number in the stored unit; as it is where no unit is printed."""
        return self.value * (UNITS[self.unit].factor if self.unit else 1)

    @property
    def family(self) -> str | None:
        """Stored unit, which is one for all units of a kind; None without a unit."""
        return UNITS[self.unit].si if self.unit else None

    @property
    def step(self) -> Fraction:
        """What the last printed digit is worth, in the stored unit."""
        return implied_step(self.digits) * (UNITS[self.unit].factor if self.unit else 1)


_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
)
# What holds digits and is no quantity: addresses, dates, ids, sizes by name, numbers of sections.
_NO_QUANTITY = re.compile(
    rf"""\b[a-z]{{2,9}}://\S+ | \bwww\.\S+ | \b[\w.+-]{{1,64}}@[\w.-]+
    | \b(?:19|20)\d\d[-/年]\s?\d{{1,2}}(?:[-/月]\s?\d{{1,2}}[日号號]?|月)?(?![\d.]*\d)
    | \b(?:19|20)\d\d\.\d{{1,2}}\.\d{{1,2}}(?!\d)
    | \b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b | \b\d{{1,2}}:\d\d(?::\d\d)?\b
    | (?<![\d.,])(?:19|20)\d\d\s?年(?!期)
    | (?<!\d)\d{{1,2}}\s?(?:月(?!租)|[日号號時时]|点钟)(?:\s?\d{{1,2}}\s?[日号號])?
    | \b(?:{_MONTHS})\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s(?:19|20)\d\d\b)?(?!\s?%|\d|,\d)
    | \b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b(?:,?\s(?:19|20)\d\d\b)?
    | \b(?:{_MONTHS})\.?,?\s(?:19|20)\d\d\b
    | \b(?:19|20)\d\ds\b
    | (?<![\d.,])\d+(?:\+\d+)+
    | \b(?!RMB|CNY|HKD|HK|USD|US)[A-Za-z]+[-_–]?\d[\w]*(?:[-–_/.]\w+)*
    | \b\d+(?:\.\d+)?-(?:inch|year|month|day|hour|storey|story|floor|[A-Z]\w*)\b
    | (?<![\d.])\d+(?:\.\d+)?\s?(?:英寸|寸|吋|inch(?:es)?\b|nm\b|纳米|奈米|GB\b|MB\b|mm\b)
    | \b\d+(?:-\d+){{2,}} | \b\d+[A-Za-z]\d\w*
    | \b\d{{4,}}-\d{{2,}}+(?![.\d]|\s?(?:[万亿平公亩元%]|ha\b|hec|squ|m²|yuan))
    | \b(?:Article|Section|Chapter|No\.|Nos\.|Phase|Lot|Table|Figure|Page|page|Block)\s\d+
    | ^\s*(?:\(\d{{1,2}}\)|\d{{1,2}}(?:[.)](?=\s|$)|、))""",
    re.VERBOSE | re.ASCII,
)
_YEARS = re.compile(r"(?<![\d.,])((?:19|20)\d\d)(?![\d,]*\d|\.\d)")
_YEAR_ALONE = re.compile(r"(?:19|20)\d\d")
_ID = re.compile(r"\b(?!RMB|CNY)[A-Za-z]+[-_]?\d\w*(?:-\w+)*", re.ASCII)
# What follows a year-like number that counts something: 2013家, 2013 enterprises, 2010 万元.
_COUNTS = re.compile(r"\s?[万亿百千家宗个项名套栋座块处条次片件户]|\s(?!years?\b)[a-z]+s\b")
_BEFORE_YEAR = re.compile(
    rf"(?:\b(?:in|of|by|since|until|till|from|to|and|during|before|after|year|{_MONTHS})\s)$",
    re.IGNORECASE,
)
_CHINESE_YEAR = re.compile(r"([一二][〇零○一二三四五六七八九]{3})\s?年")
_DIGITS = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\u202f\d{3})+(?:\.\d+)?"
    r"|\d{1,3}(?:\ \d{3}){1,5}(?:\.\d+)?(?=\s?(?:k?m²|square|ha\b|hectare|yuan|平方|公顷|亩|元))"
    r"|\d+(?:\.\d+)?"
)
_MOST_DIGITS = 24  # no quantity has more; a run of them is a code
_MORE = "[多余餘]"
_ZH_SCALES = {"百": 2, "千": 3, "万": 4, "亿": 8}
_EN_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12,
              "mn": 6, "bn": 9, "m": 6}  # fmt: skip
_SCALED = re.compile(
    rf"(?P<first>{_DIGITS})(?P<few>{_MORE}?)"
    rf"(?:\s?(?P<zh>(?:[百千]?[万亿]|万亿)(?!能))(?P<more>{_MORE}?)(?:\s?(?P<second>\d{{1,4}})"
    rf"(?P<zh2>万?)(?![\d.,]*\d))?"
    rf"|[\s-]?(?P<en>hundred|thousand|million|billion|trillion|mn|bn)\b)?"
)
_UNITS = (
    ("yuan/m2", r"元\s?/\s?(?:平方米|m²|平米)|元每平方米"
                r"|yuan (?:per|a) (?:square met(?:er|re)|m²)"
                r"|yuan\s?/\s?m²"),
    ("yuan/km2", r"元\s?/\s?(?:平方公里|km²)|yuan (?:per|a) (?:square kilomet(?:er|re)|km²)"),
    ("wafers/month", r"片\s?/\s?月|wafers (?:a|per) month"),
    ("km2", r"平方公里|平方千米|平方キロメートル|square[ -]?kilomet(?:er|re)s?|sq\.? ?km|km²"),
    ("m2", r"平方米|平方公尺|平米|square[ -]?met(?:er|re)s?|sq\.? ?m|sqm|m²|平(?![方均])"),
    ("ha", r"公顷|hectares?|ha|hm²"),
    ("mu", r"市?亩|畝|mu"),
    ("pp", r"个?百分点|percentage points?|pp"),
    ("%", r"%|per ?cent"),
    ("yuan", r"(?:元人民币|元(?!素)|yuan|RMB|CNY|renminbi)"),
    ("1", r"倍|times"),
    ("year", r"年|years?"),
    ("persons", r"人(?!民币)|persons?|people"),
    ("m", r"米|met(?:er|re)s?|m"),
)  # fmt: skip
_UNIT = re.compile(
    r"[\s\-\u2010]?(?:个)?(?:"
    + "|".join(f"(?P<u{i}>{unit})" for i, (_, unit) in enumerate(_UNITS))
    + r")"
    r"(?![A-Za-z])"
)
_MONEY_BEFORE = re.compile(r"(?:RMB|CNY|¥|人民币)\s?$")
_OTHER_MONEY_BEFORE = re.compile(r"(?:\$|€|£|USD|HKD|EUR|GBP|[美港]元)\s?$")
_MONEY_AFTER = re.compile(
    r"m(?=\s(?:yuan|RMB|CNY|renminbi|(?:U\.?S\.? |Hong Kong |HK )?dollars|euros?|pounds)\b)"
)
_MILLION = re.compile(r"\s?m\b")
_TO = re.compile(r"(?:[-\u2010–—~〜∼]|\s[-–—~]\s|\s?[至到]\s?|\sto\s)(?=\d)")
# Decimal places by which a unit with 万, 亿, million, billion has a key of its own.
_SCALED_UNITS = {("m2", 4): "10k_m2", ("yuan", 4): "10k_yuan", ("yuan", 8): "100m_yuan",
                 ("yuan", 6): "m_yuan", ("yuan", 9): "bn_yuan"}  # fmt: skip

_BASES = (
    ("development", r"开发建设用地(?:面积)?|development land"),
    ("demolition", r"拆除(?:范围|用地)(?:用地)?(?:面积)?|demolition area"),
    ("renewal_unit", r"更新单元(?:用地)?面积|renewal unit area|area of the renewal unit"),
    ("net_site", r"(?:净|可)?建设用地(?:面积)?|净用地(?:面积)?|(?:net )?construction land(?: area)?"
                 r"|net site(?: area)?"),
    ("countable", r"计容(?:积率)?(?:总?建筑)?面积|计规定容积率建筑面积|规定建筑面积"
                  r"|countable (?:floor|construction) area|countable floor"),
    ("gross", r"总建筑?面积?|total (?:construction|floor|building) area"
              r"|gross (?:floor|construction|building) area"),
    ("floor", r"建筑面积|(?:construction|floor|building) area"),
    ("parcel", r"宗地(?:用地)?面积"),
    ("total_land", r"土地(?:总)?面积|总用地(?:面积)?|总占地(?:面积)?|(?:total )?land area"
                   r"|total (?:site )?area"),
    ("land", r"用地面积|占地(?:面积)?|site area|规划面积|面积|area"),
)  # fmt: skip
_BASIS = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _BASES), re.IGNORECASE)


_OF = re.compile(r"\s?(?:of|的)\s?")
_CLAUSE_END = re.compile(r"[,;。；、]|\band\b")


def numbers_in(sentence: str) -> tuple[PrintedNumber, ...]:
    """Return the numbers of a sentence in their order.

    Parts of ids, dates, names such as 12-inch and numbers of sections are none. A number that may
    be a year (2013, no unit beside it) has the kind ``year``.

    Examples
    --------
    >>> [(n.digits, n.unit, n.qualifier, n.basis) for n in numbers_in(
    ...     "Lot G13113-8014 has a total area of about 106,000 square meters.")]
    [('106000', 'm2', 'about', 'total_land')]
    >>> [(n.digits, n.unit, n.qualifier, n.basis) for n in numbers_in(
    ...     "2017年12月，建设用地面积4.92万㎡，以超过１．０４億元成交四宗。")]
    [('4.92', '10k_m2', 'printed', 'net_site'), ('1.04', '100m_yuan', 'more_than', None), ('4', None, 'printed', None)]
    """  # noqa: E501 - what is returned stands in one line
    folded, offsets = _folded(sentence)
    masked = _NO_QUANTITY.sub(lambda match: "\0" * len(match[0]), folded)
    masked = _CHINESE_YEAR.sub(lambda match: "\0" * len(match[0]), masked)
    found = [
        _scaled(match, masked)
        for match in _SCALED.finditer(masked)
        if len(match["first"]) <= _MOST_DIGITS
    ]
    taken = [(number.start, number.end) for number in found]
    found += [
        _in_words(number, masked)
        for number in spelled.in_words(masked)
        if all(number.end <= start or number.start >= end for start, end in taken)
    ]
    found.sort(key=lambda number: number.start)
    ends = [0, *(number.end for number in found)]
    return tuple(
        _placed(_signed(number, masked, end), basis, sentence, offsets)
        for number, basis, end in zip(found, _bases(masked, found), ends, strict=False)
    )


def years_in(sentence: str) -> tuple[int, ...]:
    """Return the years that a sentence names, each once.

    Examples
    --------
    >>> years_in("From 2016 to December 2017, 2,018 ha; 二〇二〇年 3+2.")
    (2016, 2017, 2020)
    """
    folded, _ = _folded(sentence)
    bare = _ID.sub(lambda match: "\0" * len(match[0]), folded)
    years = [int(match[1]) for match in _YEARS.finditer(bare) if _is_year(bare, *match.span())]
    digits = "〇一二三四五六七八九"
    spelt = [
        int("".join(str(digits.index(letter)) for letter in re.sub("[零○]", "〇", match[1])))
        for match in _CHINESE_YEAR.finditer(folded)
    ]
    return tuple(dict.fromkeys([*years, *spelt]))


_TRADITIONAL = str.maketrans(
    "萬億頃畝價積築規劃總約餘過點開發設計於達個幣單內後",
    "万亿顷亩价积筑规划总约余过点开发设计于达个币单内后",
)


@cache
def _letter(letter: str) -> str:
    if letter == "²":
        return letter
    if letter == "㎡":
        return "m²"
    if letter == "㎢":
        return "km²"
    if letter in "\u00a0\u202f\u2009":
        return "\u202f"
    if "\u2460" <= letter <= "\u249b" or letter in "⁰¹⁴⁵⁶⁷⁸⁹":  # signs of lists and of notes
        return " "
    return unicodedata.normalize("NFKC", letter).translate(_TRADITIONAL)


def _folded(sentence: str) -> tuple[str, list[int]]:
    """Return text in plain width and simplified characters, and where each letter stood."""
    text, offsets = "", []
    for place, letter in enumerate(sentence):
        plain = _letter(letter)
        if letter in "²³" and not (place and sentence[place - 1] in "mMｍ"):
            plain = " "
        text += plain
        offsets += [place] * len(plain)
    text = re.sub(r"(?<![A-Za-z])([kh]?m)2(?!\w)", r"\1²", text, flags=re.ASCII)
    return text, [*offsets, len(sentence)]


def _scaled(match: re.Match[str], text: str) -> PrintedNumber:
    """Return the number of a match with its unit."""
    plain = re.sub("[,\u202f ]", "", match["first"])
    power, unit, unit_end = _power_and_unit(match, text)
    if unit is None and not power and not _YEAR_ALONE.fullmatch(plain):
        to = _TO.match(text, match.end())  # 3.5-4.2 hectares: the unit of both
        other = _SCALED.match(text, to.end()) if to else None
        if other and not other["second"]:
            power, unit, _ = _power_and_unit(other, text)
    if match["second"]:  # 3 万 4703, 2 亿 3000 万
        whole, point, decimals = _shifted(plain, power).partition(".")
        rest = int(match["second"]) * (10_000 if match["zh2"] else 1)
        plain, power = f"{int(whole) + rest}{point}{decimals}", 0
    elif power:
        plain, unit = _in_unit(plain, unit, power)
    kind = "digits"
    if unit is None and not power and _is_year(text, match.start("first"), match.end("first")):
        kind = "year"
    is_ordinal = re.compile(r"(?:st|nd|rd|th)\b").match(text, match.end())
    if is_ordinal or _before(text, match.start()).endswith("第"):
        kind, unit = "ordinal", None
    qualifier = "more_than" if match["few"] or match["more"] else "printed"
    return PrintedNumber(plain, unit, "", match.start(), unit_end, qualifier, None, kind)


def _power_and_unit(match: re.Match[str], text: str) -> tuple[int, str | None, int]:
    """Return decimal places by which a match is scaled, its unit, and where that ends."""
    power, end = 0, match.end()
    before = _before(text, match.start())
    is_yuan = _MONEY_BEFORE.search(before)
    is_money = is_yuan or _OTHER_MONEY_BEFORE.search(before)
    if match["zh"]:
        power = sum(_ZH_SCALES[letter] for letter in match["zh"])
    elif match["en"]:
        power = _EN_SCALES[match["en"]]
    else:
        million = (_MILLION if is_money else _MONEY_AFTER).match(text, end)
        power, end = (6, million.end()) if million else (0, end)
    unit, unit_end = _unit(text, end)
    if unit == "m" and is_money:
        unit, unit_end = None, end
    return power, unit or ("yuan" if is_yuan else None), unit_end


def _in_unit(digits: str, unit: str | None, power: int) -> tuple[str, str | None]:
    """Return digits and unit of a number with 万 or million: a key of its own where one is."""
    key = _SCALED_UNITS.get((unit or "", power))
    return (digits, key) if key else (_shifted(digits, power), unit)


def _before(text: str, place: int) -> str:
    """Return the few letters before a place: a sentence may be a million long."""
    return text[max(0, place - 30) : place]


def _is_year(text: str, start: int, end: int) -> bool:
    """Return whether digits are, by themselves and what stands beside them, a year."""
    if not _YEAR_ALONE.fullmatch(text, start, end) or _MONEY_BEFORE.search(_before(text, start)):
        return False
    if text[end : end + 2].lstrip()[:1] == "年" or _BEFORE_YEAR.search(_before(text, start)):
        return True
    return not _COUNTS.match(text, end) and _UNIT.match(text, end) is None


def _shifted(digits: str, power: int) -> str:
    whole, _, decimals = digits.partition(".")
    moved = whole + decimals[:power].ljust(power, "0")
    rest = decimals[power:]
    return (moved.lstrip("0") or "0") + (f".{rest}" if rest else "")


def _unit(text: str, place: int) -> tuple[str | None, int]:
    match = _UNIT.match(text, place) or re.compile(r"[多余]?").match(text, place)
    if match and match[0] in {"多", "余"}:
        match = _UNIT.match(text, match.end()) or match
    if match is None or match.re is not _UNIT:
        return None, place
    key = next(_UNITS[i][0] for i in range(len(_UNITS)) if match[f"u{i}"])
    return key, match.end()


def _in_words(number: spelled.Spelled, text: str) -> PrintedNumber:
    unit, end = _unit(text, number.end) if not number.is_share else ("%", number.end)
    digits, unit = _in_unit(f"{number.value:f}", unit, number.power)
    kind = "ordinal" if number.is_ordinal else "words"
    if number.is_ordinal:
        unit, end = None, number.end
    return PrintedNumber(digits, unit, "", number.start, end, number.qualifier, None, kind)


def _bases(text: str, numbers: list[PrintedNumber]) -> list[str | None]:
    """Return for each area the basis named last before it, else first after it, in its clause."""
    found: list[str | None] = []
    start = 0
    for place, number in enumerate(numbers):
        end = numbers[place + 1].start if place + 1 < len(numbers) else len(text)
        named = None
        if number.family == "m2":  # the last one before it counts
            named = next(iter(list(_BASIS.finditer(text, start, number.start))[-1:]), None)
        start = number.end
        if number.family == "m2" and named is None and _OF.match(text, number.end):
            stop = _CLAUSE_END.search(text, start, end)
            named = _BASIS.search(text, start, stop.start() if stop else end)
            start = named.end() if named else start
        found.append(named.lastgroup if named else None)
    return found


def _signed(number: PrintedNumber, text: str, end_before: int) -> PrintedNumber:
    """Return a number with its sign and what qualifies it, from the letters before it."""
    minus = fall = None
    if number.kind not in {"ordinal", "year"}:
        minus = spelled.minus_at(text, number.start, end_before)
        is_share = number.unit in {"%", "pp"}
        fall = spelled.fall_at(text, number.start, end_before, is_share=is_share)
    start = number.start if minus is None else minus
    qualifier = number.qualifier
    if qualifier == "printed":
        qualifier = spelled.qualifier_of(text, start, number.end)
    first = min(place for place in (start, fall) if place is not None)
    # "a decrease of -5 %" is printed, and a decrease of 5 % is meant.
    digits = number.digits if first == number.start else f"-{number.digits}"
    return replace(number, digits=digits, start=first, qualifier=qualifier)


def _placed(
    number: PrintedNumber, basis: str | None, sentence: str, offsets: list[int]
) -> PrintedNumber:
    start, end = offsets[number.start], offsets[max(number.end - 1, number.start)] + 1
    printed = sentence[start:end].strip()
    return PrintedNumber(
        number.digits, number.unit, printed, start, end, number.qualifier, basis, number.kind
    )
