"""Ids: one normal form for every join and search, and the nearest to a mistyped one."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

# Every character that people and programs put where an id has a hyphen: hyphens, dashes, minus
# signs, the Katakana long mark.
_DASHES = re.compile("[\u2010-\u2015\u2212\u2043\u30fc\ufe58\ufe63\uff0d\u00ad]")
_SPACE = re.compile(r"\s+")


def normal_id(text: str) -> str:
    """Return the form under which two spellings of one id are equal.

    Width (NFKC), case, kinds of dash and white space do not count.

    Parameters
    ----------
    text : str
        An id as somebody wrote it.

    Returns
    -------
    str
        The normal form; empty for text without a visible character.

    Examples
    --------
    >>> normal_id("Ｇ13113—8014 ") == normal_id("g13113-8014")
    True
    """
    folded = text
    for _ in range(2):  # folding case and taking spaces out may bring back what NFKC has folded
        folded = unicodedata.normalize("NFKC", _DASHES.sub("-", folded))
        folded = _SPACE.sub("", _DASHES.sub("-", folded)).casefold()
    return folded


def nearest(wanted: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to ``most`` of the known words that lie nearest to the wanted one, nearest first.

    Examples
    --------
    >>> nearest("far/G13113-8041", ["far/G13113-8014", "recorded_area/shenzhen"])
    ['far/G13113-8014']
    """
    by_form: dict[str, str] = {}
    for word in known:
        by_form.setdefault(normal_id(word), word)
    close = difflib.get_close_matches(normal_id(wanted), list(by_form), n=most, cutoff=0.6)
    return [by_form[form] for form in close]


def hint(wanted: str, known: Iterable[str]) -> tuple[str, str]:
    """Return the end of a message about a word that is not known: the nearest that are, if any.

    Returns
    -------
    tuple of str
        In English and in Chinese.

    Examples
    --------
    >>> hint("fra", ["far", "price"]), hint("x", ["far"])
    (('; nearest: far', '；最接近：far'), ('', ''))
    """
    close = nearest(wanted, known)
    return (
        (f"; nearest: {', '.join(close)}", f"；最接近：{'、'.join(close)}") if close else ("", "")
    )
