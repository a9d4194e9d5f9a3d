"""Words: the one table of terms in English and Chinese, land-use codes, wording of findings.

`words.csv` holds every label; the glossary in the docs is made from its rows with a definition.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

LANGUAGES = ("en", "zh")


class Text(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str

    def get(self, lang: str) -> str:
        """Return the text in ``lang``; where that one is empty, the other."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)

    def filled(self, **parts: str | Text) -> Text:
        """Return the text with its ``{parts}`` filled in, each in the language of the text.

        A part is a value: braces in it are not read as a template.

        Examples
        --------
        >>> Text("{a} on {b}", "{a}／{b}").filled(a=Text("floor", "建筑"), b="{x}")
        Text(en='floor on {x}', zh='建筑／{x}')
        """
        return Text(*(
            self.get(lang).format_map(
                {name: part if isinstance(part, str) else part.get(lang)
                 for name, part in parts.items()}
            )
            for lang in LANGUAGES
        ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One row of the table of words; ``definition`` and ``source`` may be empty."""

    key: str
    group: str
    text: Text
    definition: Text
    source: str


@dataclass(frozen=True, slots=True)
class LandUse:
    """One code of a land-use classification with the colour it is drawn in (``#rrggbb``)."""

    standard: str
    code: str
    name: Text
    colour: str
    source: str


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (files("pingshan_geo") / name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines(), strict=True)


@cache
def words() -> dict[str, Word]:
    """Return the table of words by key, in the order of the file."""
    return {
        row["key"]: Word(
            row["key"], row["group"], Text(row["en"], row["zh"]),
            Text(row["definition_en"], row["definition_zh"]), row["source"],
        )
        for row in _rows("words.csv")
    }  # fmt: skip


def text(key: str) -> Text:
    """Return a word in both languages; a key that is not in the table stands for itself.

    Keys of open sets (kinds of zones, stages) come from data, hence no error.

    Examples
    --------
    >>> text("far").zh
    '容积率'
    """
    found = words().get(key)
    return found.text if found else Text(key, key)


def word(key: str, lang: str) -> str:
    """Return a word in one language; a key that is not in the table stands for itself."""
    return text(key).get(lang)


def codes_table() -> Iterator[dict[str, str]]:
    """Yield the rows of ``findings.csv``: severity, message and fix of each code of finding."""
    return _rows("findings.csv")


@cache
def land_uses() -> dict[tuple[str, str], LandUse]:
    """Return the land-use codes by standard and code."""
    return {
        (row["standard"], row["code"]): LandUse(
            row["standard"], row["code"], Text(row["name_en"], row["name_zh"]),
            row["colour"], row["source"],
        )
        for row in _rows("land_use.csv")
    }  # fmt: skip


def land_use(standard: str | None, code: str | None) -> LandUse | None:
    """Return a land-use code's name and colour, None where the standard does not have it.

    A longer code without an entry of its own takes that of its nearest parent.
    """
    for length in range(len(code or ""), 0, -1):
        found = land_uses().get((standard or "", (code or "")[:length]))
        if found:
            return found
    return None
