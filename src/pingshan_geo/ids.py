"""Ids: one normal form for every join and search, and the nearest to a mistyped one."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy is imported where it is needed, so that --help starts at once
    import numpy as np
    import numpy.typing as npt

# Every character that people and programs put where an id has a hyphen: hyphens, dashes, minus
# signs, the Katakana long mark.
_DASHES = re.compile("[\u2010-\u2015\u2212\u2043\u30fc\ufe58\ufe63\uff0d\u00ad]")
_SPACE = re.compile(r"\s+")
# Control characters (those that are white space are left to `_SPACE`), marks of direction and
# format, fillers, selectors of variants.
_UNSEEN = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]"
)
# Letters of Greek and Cyrillic that cannot be told from Latin ones.
_TWINS = re.compile(
    "[\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03bf\u03bd\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421"
    "\u0422\u0423\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04ae"
    "\u04bb\u04c0\u04cf\u0501\u051b\u051d]"
)
_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u052f]")
# Only a short text has a label before an id; each one is taken away by itself.
_LONGEST_LABELLED = 200
# Python puts marks on one letter in order in the square of their number; no word has so many.
_LONGEST_PLAIN, _MOST_MARKS = 1_000, 30
# Words that name the column and are written into the cell all the same. A Latin one counts only
# where a space, colon, number sign or point parts it from the id: lot-1 is an id as it stands.
_LABEL = re.compile(
    r"\s*+(?:(?:(?:宗地|地块)(?:编号|编码|代码|号)?+|编号)\s*+[:#]?"
    r"|(?:(?:parcel|lot|plot)(?:\s*+(?:no|number)\b|(?=[\s:#.]))|no(?=\.))[\s:#.]*+)\s*+(?!-)"
    r"(?=.*[^\W_])",
    re.IGNORECASE | re.DOTALL,
)
# Nothing in it to be changed but case.
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


def normal_id(text: str) -> str:
    """Return the form under which two spellings of one id are equal.

    Width (NFKC), case, kinds of dash, white space and a label before the id do not count.

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
    >>> normal_id("宗地编号：Ｇ13113—8014 ") == normal_id("g13113-8014")
    True
    """
    if _PLAIN.fullmatch(text):
        return text.lower()
    folded, before = text, ""
    while folded != before:  # folding one thing may bring to light what another step folds
        before = folded
        folded = _SPACE.sub("", clean_id(folded)).casefold()
    return folded


def normal_ids(ids: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return `normal_id` of each of many ids, None where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> normal_ids(np.array(["G13113-8014", "宗地号 Ｇ１", None], dtype=object)).tolist()
    ['g13113-8014', 'g1', None]
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        texts = pa.array(ids, pa.large_string(), from_pandas=True)
    except (pa.ArrowTypeError, pa.ArrowInvalid):  # numbers among them
        texts = pa.array([None if each is None or each != each else str(each) for each in ids],  # noqa: PLR0124 -- NaN
                         pa.large_string())  # fmt: skip
    forms = pc.ascii_lower(texts).to_numpy(zero_copy_only=False)
    plain = pc.fill_null(pc.match_substring_regex(texts, f"^{_PLAIN.pattern}$"), True)
    for at in np.flatnonzero(~np.asarray(plain)).tolist():
        forms[at] = normal_id(texts[at].as_py())
    return np.asarray(forms, dtype=object)


def clean_id(text: str) -> str:
    """Return an id as it is stored: as written, but for what has no meaning.

    Full-width characters, kinds of dash, spaces around dashes and at the ends, characters that
    cannot be seen and a label before the id go; case and all else stay.

    Examples
    --------
    >>> clean_id("宗地号: Ｇ13113 — 8014 "), clean_id("Parcel No. 7a"), clean_id("lot-1")
    ('G13113-8014', '7a', 'lot-1')
    """
    if _PLAIN.fullmatch(text):
        return text
    clean, before = text, ""
    while clean != before:
        before = clean
        clean = nfkc(_DASHES.sub("-", _UNSEEN.sub("", clean)))
        clean = _SPACE.sub(" ", _DASHES.sub("-", clean)).strip()
        clean = clean.replace(" -", "-").replace("- ", "-")
        if len(clean) <= _LONGEST_LABELLED:
            label = _LABEL.match(clean)
            clean = clean[label.end() :] if label else clean
    return clean


def nfkc(text: str) -> str:
    r"""Return a text in the normal form NFKC; one with dozens of marks on one letter as it is.

    Examples
    --------
    >>> nfkc("Ｇ１㎡"), len(nfkc("e" + "\u0315\u0300" * 50_000))
    ('G1m2', 100001)
    """
    if len(text) > _LONGEST_PLAIN and not text.isascii():
        runs = groupby(map(unicodedata.combining, text), bool)
        if any(is_marks and sum(1 for _ in run) > _MOST_MARKS for is_marks, run in runs):
            return text
    return unicodedata.normalize("NFKC", text)


def doubtful_letters(text: str) -> list[str]:
    r"""Return the characters by which an id looks like another one, each as code and name.

    They are those that cannot be seen, and Greek and Cyrillic letters in a text of which a reader
    would say that it is Latin.

    Examples
    --------
    >>> doubtful_letters("G1\u202e"), doubtful_letters("\u0410-1")
    (['U+202E RIGHT-TO-LEFT OVERRIDE'], ['U+0410 CYRILLIC CAPITAL LETTER A'])
    >>> doubtful_letters("\u0423\u0447-1")  # a reader sees that this is not Latin
    []
    """
    odd = {*_UNSEEN.findall(text), *_SPACE.findall(text.replace(" ", ""))}
    if not _GREEK_OR_CYRILLIC.search(_TWINS.sub("", text)):
        odd |= set(_TWINS.findall(text))
    return [f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".rstrip() for sign in sorted(odd)]


def nearest(wanted: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to ``most`` of the known words that lie nearest to the wanted one, nearest first.

    Examples
    --------
    >>> nearest("far/G13113-8041", ["far/G13113-8014", "recorded_area/shenzhen"])
    ['far/G13113-8014']
    """
    if len(wanted) > _LONGEST_LABELLED:
        return []
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
