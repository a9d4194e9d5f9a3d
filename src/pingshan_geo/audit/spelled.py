"""Numbers in words: four, twenty-one, three hundred and five; 四, 十二, 三百, 百分之十五."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number in words and where it stands.

    ``is_share`` is 百分之, ``is_ordinal`` first or 第一; ``qualifier`` is ``more_than`` for 十余.
    """

    value: int
    start: int
    end: int
    qualifier: str = "printed"
    is_ordinal: bool = False
    is_share: bool = False


_ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
         "fifteen sixteen seventeen eighteen nineteen")  # fmt: skip
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {name: value for value, name in enumerate(_ONES.split())} | {
    name: 20 + 10 * place for place, name in enumerate(_TENS.split())
}
_ORDINALS = {
    name: value
    for value, name in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
         "tenth"), 1)
}  # fmt: skip
_WORD = "|".join(sorted((*_VALUES, "hundred", "thousand"), key=len, reverse=True))
_ENGLISH = re.compile(rf"\b(?:a )?(?:{_WORD})(?:(?:[ -]| and )(?:{_WORD}))*\b", re.IGNORECASE)
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
_CHINESE = re.compile(
    rf"(?P<share>百分之)(?P<part>{_NUMERAL}+)|(?P<ordinal>第)(?P<place>{_NUMERAL}+)"
    rf"|(?<![第几数多每])(?P<plain>{_NUMERAL}+)(?P<more>[多余]?)(?:\s?(?:左右|以上|以下))?"
    rf"(?=\s?(?:{_COUNTED}))"
)


def in_words(text: str) -> Iterator[Spelled]:
    """Yield the numbers that stand in words, English first.

    Examples
    --------
    >>> [each.value for each in in_words("four lots, twenty-one more, a hundred and five, 十二宗")]
    [4, 21, 105, 12]
    """
    for match in _ENGLISH.finditer(text):
        value = _english(match[0])
        if value is not None:
            yield Spelled(value, match.start(), match.end())
    for match in _ENGLISH_ORDINAL.finditer(text):
        yield Spelled(_ORDINALS[match[0].lower()], match.start(), match.end(), is_ordinal=True)
    for match in _CHINESE.finditer(text):
        numeral = match["part"] or match["place"] or match["plain"]
        value = chinese(numeral)
        if value is None or (match["plain"] == "一" and not match["more"]):
            continue  # 一个 is an article
        end = match.end("plain") if match["plain"] else match.end()
        qualifier = "more_than" if match["more"] else "printed"
        yield Spelled(
            value, match.start(), end + len(match["more"] or ""), qualifier,
            is_ordinal=bool(match["ordinal"]), is_share=bool(match["share"]),
        )  # fmt: skip


def _english(words: str) -> int | None:
    total = part = 0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in {"a", "and"}:
            continue
        if word == "hundred":
            part = max(part, 1) * 100
        elif word == "thousand":
            total, part = total + max(part, 1) * 1000, 0
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
