"""Numbers in words (twenty-one, 十二, 零点五, 百分之十五), and words that say more of a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number in words and where it stands.

    ``power`` is that of a last million or 万, which ``value`` does not hold. ``is_share`` is
    百分之, ``is_ordinal`` first or 第一; ``qualifier`` is ``more_than`` for 十余.
    """

    value: Decimal
    start: int
    end: int
    qualifier: str = "printed"
    is_ordinal: bool = False
    is_share: bool = False
    power: int = 0


_MOST = 24  # letters or words of a number; more of them are none, and slow to reckon with
_ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
         "fifteen sixteen seventeen eighteen nineteen")  # fmt: skip
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {name: value for value, name in enumerate(_ONES.split())} | {
    name: 20 + 10 * place for place, name in enumerate(_TENS.split())
} | {"nought": 0, "naught": 0}  # fmt: skip
_LARGE = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_ORDINALS = {
    name: value
    for value, name in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
         "tenth"), 1)
}  # fmt: skip
_WORD = "|".join(sorted((*_VALUES, *_LARGE), key=len, reverse=True))
_DIGIT = "|".join(("nought", "naught", "oh", *_ONES.split()[:10]))
_WORDS = rf"(?:{_WORD})(?:(?:[ -]| and )(?:{_WORD}))*+"
# Words that end within another are no number, and are not looked at again from the second on.
_ENGLISH = re.compile(
    rf"\b(?P<whole>(?:a )?{_WORDS})(?:(?<!\bat one)"
    rf"\spoint\s(?P<part>(?:{_DIGIT})(?:[ -](?:{_DIGIT}))*)|(?P<half>\sand\sa\shalf))?"
    rf"(?:\s(?P<large>million|billion|trillion))?\b|\b{_WORDS}",
    re.IGNORECASE,
)
_ENGLISH_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_CHINESE_DIGITS = {letter: value for value, letter in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "兩": 2,
}  # fmt: skip
_POWERS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = "[零〇一二两兩三四五六七八九十百千万亿]"
# What is counted: without such a word a numeral is part of another word (统一, 三星, 万能).
_COUNTED = (
    "宗|家|个|项|栋|座|块|处|条|名|人(?!民)|次|片|所|件|户|套|大(?!力|量|型|道|厦)|平方|公顷|亩|元"
    "|万元|亿元|倍|街道|社区|期工程|幅|地块|年期|层"
)
# Not within a numeral either: each is looked at once, from its beginning.
_WITHIN = f"[第几数多每{_NUMERAL[1:-1]}]"
_SMALL = "[零〇一二三四五六七八九]"
_SCALES = {"百": 2, "千": 3, "万": 4, "亿": 8}
_DECIMAL = rf"{_NUMERAL}+点{_SMALL}+"
_CHINESE = re.compile(
    rf"(?P<share>百分之)(?P<part>{_DECIMAL}|{_NUMERAL}+)"
    rf"|(?<!{_WITHIN})(?P<decimal>{_DECIMAL})(?P<scale>[百千]?[万亿]|万亿|)"
    rf"(?=[多余]?\s?(?:{_COUNTED}|平|米|百分点|年))|(?P<ordinal>第)(?P<place>{_NUMERAL}+)"
    rf"|(?<!{_WITHIN})(?P<plain>{_NUMERAL}+)(?P<more>[多余]?)(?:\s?(?:左右|以上|以下))?"
    rf"(?=\s?(?:{_COUNTED}))"
)


def in_words(text: str) -> Iterator[Spelled]:
    """Yield the numbers that stand in words, English first.

    Examples
    --------
    >>> [str(each.value) for each in in_words("four lots, a hundred and five, 零点五倍")]
    ['4', '105', '0.5']
    """
    for match in filter(itemgetter("whole"), _ENGLISH.finditer(text)):
        found = _english_number(match)
        if found is not None:
            yield found
    for match in _ENGLISH_ORDINAL.finditer(text):
        value = Decimal(_ORDINALS[match[0].lower()])
        yield Spelled(value, match.start(), match.end(), is_ordinal=True)
    for match in _CHINESE.finditer(text):
        whole, _, part = (match["part"] or match["decimal"] or match["place"]
                          or match["plain"]).partition("点")  # fmt: skip
        number = chinese(whole) if len(whole) <= _MOST else None
        if number is None or len(part) > _MOST or (match["plain"] == "一" and not match["more"]):
            continue  # 一个 is an article
        digits = "".join(str(_CHINESE_DIGITS[letter]) for letter in part)
        end = match.end("plain") if match["plain"] else match.end()
        yield Spelled(
            Decimal(f"{number}.{digits}" if digits else number), match.start(),
            end + len(match["more"] or ""), "more_than" if match["more"] else "printed",
            is_ordinal=bool(match["ordinal"]), is_share=bool(match["share"]),
            power=sum(_SCALES[letter] for letter in match["scale"] or ""),
        )  # fmt: skip


def _english_number(match: re.Match[str]) -> Spelled | None:
    words = re.split(r"[\s-]+", match["whole"].lower())
    large = match["large"]
    if not (match["part"] or match["half"]) and len(words) > 1 and _LARGE.get(words[-1], 0) > 3:
        large = words.pop()  # "two million yuan" is 2 of a unit of its own
    power = _LARGE[large.lower()] if large else 0
    part = re.findall("[a-z]+", (match["part"] or "").lower())
    if words[0] in _LARGE or max(len(words), len(part)) > _MOST:
        return None  # "several hundred"
    whole = _english(words if words != ["a"] else ["one"])
    if whole is None:
        return None
    digits = "5" if match["half"] else "".join(str(_VALUES.get(word, 0)) for word in part)
    value = Decimal(f"{whole}.{digits}" if digits else whole)
    return Spelled(value, match.start(), match.end(), power=power)


def _english(words: list[str]) -> int | None:
    total = part = 0
    for word in words:
        if word in {"a", "and"}:
            continue
        if word == "hundred":
            part = max(part, 1) * 100
        elif word in _LARGE:
            factor = 10 ** _LARGE[word]
            if total and total < factor:
                return None  # "two thousand three million" is none
            total, part = total + max(part, 1) * factor, 0
        elif part % 100 and not (part % 100 >= 20 and part % 10 == 0 and _VALUES[word] < 10):
            return None  # "one two": a list, no number
        else:
            part += _VALUES[word]
    return total + part


def chinese(numeral: str) -> int | None:
    """Return the value of a Chinese numeral, None where it is none.

    Examples
    --------
    >>> [chinese(text) for text in ("四", "十二", "三百", "一百零二", "两千三百", "三万五", "万")]
    [4, 12, 300, 102, 2300, None, None]
    """
    for sign, factor in (("亿", 10**8), ("万", 10**4)):
        if sign in numeral:
            head, _, rest = numeral.partition(sign)
            high = chinese(head) if head else None
            low = chinese(rest) if rest else 0
            if high is None or low is None or (rest and low < factor // 10 and rest[0] != "零"):
                return None
            return high * factor + low
    total, digit = 0, None
    for letter in numeral:
        if letter in _POWERS:
            if digit is None and letter != "十":
                return None
            total += (1 if digit is None else digit) * _POWERS[letter]
            digit = None
        elif digit not in {None, 0}:
            return None
        else:
            digit = _CHINESE_DIGITS[letter]
    return total + (digit or 0)


# What stands before a number may be as long as this; a sentence may be a million letters long.
_NEAR = 40
_BEFORE = tuple(
    (qualifier, re.compile(rf"(?:{words})\s?(?:RMB|CNY|¥|人民币|为|達|达)?\s?$", re.IGNORECASE))
    for qualifier, words in (
        ("less_than", r"\b(?:no|not) more than|\bat most|\bup to|不超过|不高于|不多于|至多|最多"),
        ("more_than", r"\b(?:no|not) (?:less|fewer) than|\bat least|不少于|不低于|不小于|至少"),
        ("more_than", r"\bmore than|\bover|\babove|\bexceed(?:s|ing|ed)?|\bupwards of|>|≥"
                      r"|超过|逾|超|多于|大于|高于|突破"),
        ("less_than", r"\bless than|\bunder|\bbelow|\bfewer than|<|≤|不足|少于|低于|小于|不到"),
        ("about", r"\babout|\bapproximately|\bapprox\.?|\baround|\bnearly|\balmost|\broughly"
                  r"|\bsome|\bcirca|\bca\.|\bclose to|~|≈|大?约|大概|将?近"),
    )
)  # fmt: skip
_AFTER = (
    ("about", re.compile(r"\s?(?:左右|上下|or so\b)")),
    ("more_than", re.compile(r"\s?(?:及?以上|有余|[多余](?![元亩米])|or more\b|and above\b)")),
    ("less_than", re.compile(r"\s?(?:及?以下|以内|or less\b|or fewer\b)")),
)
_MINUS = re.compile(r"(?:^|[\s(\[,;:/=\u2e80-\u9fff、。])(?P<sign>[-\u2212\ufe63–])$")
_FALL = re.compile(
    r"(?<![增正])(?:(?:负增长|下降|下滑|下跌|减少|降低|回落|缩减|降幅|[降跌])[了为達达]?|负)\s?$"
    r"|\b(?:(?:decreas|declin|fall|dropp?|reduc|shrink)(?:e|ed|es|ing|s)?|fell|fallen|shrank)\s"
    r"(?:of|by)\s(?:a\s)?$|\b(?:decrease|decline|drop|reduction|fall|loss)\sof\s$"
    r"|\b(?:minus|negative|down\sby)\s$",
    re.IGNORECASE,
)
_FALL_OF_SHARE = re.compile(r"\b(?:down|fell|declined|dropped|decreased)\s$", re.IGNORECASE)


def qualifier_of(text: str, start: int, end: int) -> str:
    """Return what the words beside a number say of it.

    Returns
    -------
    str
        ``printed`` where they say nothing, else ``about``, ``more_than`` or ``less_than``.

    Examples
    --------
    >>> [qualifier_of(t, t.index("5"), t.index("5") + 1) for t in ("about 5", "5以上", "5")]
    ['about', 'more_than', 'printed']
    """
    before = text[max(0, start - _NEAR) : start]
    for qualifier, words in _BEFORE:
        if words.search(before):
            return qualifier
    for qualifier, words in _AFTER:
        if words.match(text, end):
            return qualifier
    return "printed"


def minus_at(text: str, start: int, end_before: int) -> int | None:
    """Return where a minus beside a number stands, None without one.

    A hyphen after a letter, a digit or the end of another number is none.

    Examples
    --------
    >>> minus_at("grew by -5", 9, 0), minus_at("2 ha-5 ha", 5, 4), minus_at("DK-5", 3, 0)
    (8, None, None)
    """
    match = _MINUS.search(text[max(0, start - _NEAR) : start])
    place = start - 1
    return place if match and (place > end_before or not end_before) else None


def fall_at(text: str, start: int, end_before: int, *, is_share: bool) -> int | None:
    """Return where words begin that make a number a fall (下降5%, a decrease of 5), else None.

    Words that qualify it may stand between; ``fell to`` and 下降至 make none.

    Examples
    --------
    >>> fall_at("同比下降约5%", 5, 0, is_share=True), fall_at("下降至5%", 3, 0, is_share=True)
    (2, None)
    """
    first = max(end_before, start - _NEAR)
    before = text[first:start]
    for _, words in _BEFORE:
        qualified = words.search(before)
        if qualified:
            before = before[: qualified.start()]
            break
    match = _FALL.search(before) or (_FALL_OF_SHARE.search(before) if is_share else None)
    return first + match.start() if match else None
