"""Text encodings: what bytes are read as, and text that was read wrongly before it came."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.words import Text

# A guess is judged by this many characters, a delivery by this many different texts.
_JUDGED = 20_000
_TEXTS = 2_000
# Names that programs give to the older parts of GB18030.
_GB = {"gbk", "gb2312", "cp936"}
# Codecs of host names and program texts.
_OF_NO_FILE = ("idna", "punycode", "raw-unicode-escape", "unicode-escape")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Where the characters of daily use stand: level 1 of GB 2312 (3 755 hanzi), of Big5 (5 401 hanzi).
_DAILY = {"gb18030": ("gb2312", 0xB0, 0xD7), "cp950": ("big5", 0xA4, 0xC6)}
_HIGH = re.compile(r"[^\x00-\x7f]+")
_WORDS = re.compile(r"[^\x00-\x7f][^\n\r,;|\t]*")
# Signs that say nothing about the language: CJK punctuation, full-width forms, dashes, units.
_SIGNS = re.compile(r"[\s\u3000-\u303f\uff00-\uffef\u2010-\u2026\u33a1\u33a5\xb0-\xb7\xd7]")
# The 27 characters that CP1252 has and Latin-1 has not.
_CP1252 = {
    ord(bytes([n]).decode("cp1252")): n
    for n in range(0x80, 0xA0)
    if n not in b"\x81\x8d\x8f\x90\x9d"
}
_UPPER = "".join(map(chr, _CP1252)) + "\x80-\xff"
# A run inside an ASCII word is an accented letter of a European language, not two bytes of GBK.
_GBK_RUN = re.compile(f"(?<![A-Za-z{_UPPER}])(?:[{_UPPER}]{{2}})+(?![A-Za-z{_UPPER}])")
_LETTER = re.compile(r"[^\W\d_]")
_UTF8_RUN = re.compile(f"[{_UPPER}]{{2,}}")


@dataclass(frozen=True, slots=True)
class Detected:
    """The encoding that bytes are read as.

    Attributes
    ----------
    name : str
        Python's name of the codec.
    sample : str
        The first words that are not ASCII, as they read; empty where all is ASCII.
    finding : Finding or None
        What is to be told of a guess.
    """

    name: str
    sample: str = ""
    finding: Finding | None = None


def detect(data: bytes, declared: str | None = None, *, file: str | None = None) -> Detected:
    """Return the encoding of bytes: declared, then UTF-8, then GB18030 or Big5 as a guess.

    Parameters
    ----------
    data : bytes
        All the text; a guess is only as good as what it has seen.
    declared : str, optional
        The encoding that the user or the file names; it is held to, strictly.
    file : str, optional
        Name of the file, for findings.

    Raises
    ------
    UsageError
        If the declared encoding is none that Python knows.
    InputError
        If the bytes are not text of the declared encoding, or of any of the others.

    Examples
    --------
    >>> detect("坪山区土地".encode("gbk")).name
    'gb18030'
    """
    for mark, name in _BOMS.items():
        if data.startswith(mark):
            return Detected(name, _sample(_strictly(data, name, file)))
    if declared is not None:
        name = codec_name(declared)
        return Detected(name, _sample(_strictly(data, name, file)))
    try:
        return Detected("utf-8", _sample(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        place = error.start
    scores = {} if b"\x00" in data else {name: _score(data, name) for name in _DAILY}
    best = max(scores, key=lambda name: scores[name], default="")
    if not best or scores[best] < 0.6:
        raise InputError([Finding("encoding-unknown", file=file, value=str(place))])
    sample = _sample(data.decode(best))
    other = next(name for name in _DAILY if name != best)
    seen = _sample(data.decode(other)) if scores[other] >= 0.6 else "—"
    details: dict[str, str | Text] = {"sample": sample, "other": other, "otherwise": seen}
    told = Finding("encoding-guessed", file=file, value=best, details=details)
    return Detected(best, sample, told)


def codec_name(declared: str) -> str:
    """Return Python's name of a text encoding; GBK and GB 2312 are parts of GB18030.

    Raises
    ------
    UsageError
        If it is no text encoding that Python knows.
    """
    try:
        "".encode(declared)  # LookupError also for codecs that are no text encodings
        name = codecs.lookup(declared).name
        if name in _OF_NO_FILE:
            raise LookupError
    except (LookupError, ValueError):
        raise UsageError(
            f"{declared} is no known encoding; try utf-8, gb18030 or big5",
            f"未知编码 {declared}；可试 utf-8、gb18030 或 big5",
        ) from None
    return "gb18030" if name in _GB else name


def decoded_wrongly(texts: Iterable[str], *, file: str | None = None) -> Finding | None:
    """Return a finding if text was decoded wrongly before it came, else None.

    Known are UTF-8 read as GBK, GBK or UTF-8 read as Latin-1 or CP1252, and characters that are
    lost (U+FFFD and what becomes of it, rows of question marks). The test goes back: what the
    wrong codec makes of the text is decoded by the right one, and must read as daily Chinese.

    Parameters
    ----------
    texts : iterable of str
        Headings and cells; the first 2 000 different ones with a character outside ASCII (or a
        question mark) count.
    file : str, optional
        Name of the file, for the finding.

    Examples
    --------
    >>> decoded_wrongly(["鍦熷湴鐢ㄩ€斿垎绫"]).details["after"]
    '土地用途分'
    >>> decoded_wrongly(["Château-Thierry", "Gemäß", "喆堃"]) is None
    True
    """
    unique: dict[str, None] = {}
    for text in texts:
        if "?" in text or not text.isascii():
            unique[text] = None
            if len(unique) == _TEXTS:
                break
    high = [text for text in unique if not text.isascii()]
    for wrong, right, back in _WAYS_BACK:
        mended = {text: after for text in high if (after := back(text))}
        lengths = [len(_only_high(after)) for after in mended.values()]
        # A short text may go back by chance: one long one, or a share of short ones.
        if max(lengths, default=0) >= 4 or (sum(lengths) >= 4 and len(mended) * 20 >= len(high)):
            before, after = next(iter(mended.items()))
            details: dict[str, str | Text] = {"wrong": wrong, "right": right, "after": after}
            return Finding("text-garbled", file=file, value=before, details=details)
    lost = [text for text in high if "\ufffd" in text[:-1] or "锟斤拷" in text]
    if not high:  # question marks in place of all that was not ASCII
        asked = [text for text in unique if "??" in text and not _LETTER.search(text)]
        lost = asked if len(asked) >= 3 else []
    return Finding("text-lost", file=file, value=lost[0]) if lost else None


def _gbk_to_utf8(text: str) -> str | None:
    """Return what UTF-8 read as GBK was; a byte without a partner was lost at the end of a run."""
    data = text.replace("\ufffd", "").encode("gb18030", "ignore")
    data = data.replace("€".encode("gb18030"), b"\x80")  # as Windows reads that byte
    after = data.decode("utf-8", "ignore")
    whole = len(after.encode()) >= 0.6 * len(data)
    return after if whole and _daily(after) >= 0.8 else None


def _latin_to_utf8(text: str) -> str | None:
    """Return what UTF-8 read as Latin-1 was: hanzi, or the accented letters of Latin-1."""
    runs = [_latin_bytes(run) for run in _UTF8_RUN.findall(text)]
    after = b"".join(runs).decode("utf-8", "ignore")
    whole = bool(after) and len(after.encode()) >= 0.6 * sum(map(len, runs))
    if not whole or not (_daily(after) >= 0.8 or re.fullmatch("[\xc0-\xff]+", after)):
        return None
    return _UTF8_RUN.sub(lambda run: _latin_bytes(run[0]).decode("utf-8", "ignore"), text)


def _latin_to_gbk(text: str) -> str | None:
    """Return what GBK read as Latin-1 was."""
    runs = [_latin_bytes(run).decode("gb18030", "ignore") for run in _GBK_RUN.findall(text)]
    rest = _only_high(_GBK_RUN.sub("", text))
    if not runs or _daily("".join(runs) + rest) < 0.8:
        return None
    return _GBK_RUN.sub(lambda run: _latin_bytes(run[0]).decode("gb18030", "ignore"), text)


_WAYS_BACK = (
    ("GBK", "utf-8", _gbk_to_utf8),
    ("Latin-1 / CP1252", "utf-8", _latin_to_utf8),
    ("Latin-1 / CP1252", "gb18030", _latin_to_gbk),
)


def _latin_bytes(text: str) -> bytes:
    return text.translate(_CP1252).encode("latin-1", "ignore")


def _only_high(text: str) -> str:
    return _SIGNS.sub("", "".join(_HIGH.findall(text)))


def _daily(text: str, name: str = "gb18030") -> float:
    """Return the share of daily hanzi among the characters that say something, 0 where none do."""
    codec, first, last = _DAILY[name]
    high = _only_high(text)
    pairs = high.encode(codec, "ignore")
    return sum(first <= lead <= last for lead in pairs[::2]) / len(high) if high else 0.0


def _score(data: bytes, name: str) -> float:
    """Return how Chinese bytes read in a codec, 0 where they are not text of it."""
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return 0.0
    return _daily("".join(_HIGH.findall(text))[:_JUDGED], name)


def _strictly(data: bytes, name: str, file: str | None) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        details = {"place": str(error.start)}
        raise InputError(
            [Finding("encoding-wrong", file=file, value=name, details=details)]
        ) from None


def _sample(text: str) -> str:
    return " ".join(_WORDS.findall(text[: 50 * _JUDGED])[:5])[:80]
