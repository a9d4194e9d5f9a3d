"""Land uses of a delivery: codes or names, and the classification that they are of."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from pingshan_geo.catalogue.schema import LAND_USE_STANDARDS
from pingshan_geo.ingest.columns.cells import plain
from pingshan_geo.ingest.columns.headings import fold
from pingshan_geo.words import land_use, land_uses

# Codes that a classification has, and those that only it has. The codes of the survey of land in
# use (GB/T 21010) look like the shorter ones of mnr-2023, which therefore decide nothing.
_CODES = {
    "shenzhen": (r"(?:R[1-4]?|C[1-5]?|GIC[1-9]?|M[01]?|W[01]?|[SUGE][1-9]?)(?:\+(?:R2|C1|M1|W1))*",
                 r"[MW]0|C\d?|GIC\d?|.*\+.*"),
    "gb-50137-2011": (r"[RABMWSUGEH][1-9]{0,2}", r"[AB]\d*|[MW][23]\d?|[A-Z][1-9]{2}|H\d*"),
    "mnr-2023": (r"\d{2}|\d{4}|\d{6}", r"\d{6}|1[3-9](\d\d)?|2[0-4](\d\d)?"),
}  # fmt: skip
# A code beside its name, as in 新型产业用地（M0）.
_BESIDE = re.compile(r"(?<![A-Z0-9])(?:[A-Z]{1,3}\d{0,2}|\d{2}(?:\d{2}){0,2})(?![A-Z0-9])")
_HAN = re.compile("[\u4e00-\u9fff]")


@cache
def _names(standard: str) -> dict[str, str]:
    """Return the codes of a classification by folded name; a name of two codes is left out."""
    found: dict[str, set[str]] = {}
    for (of, code), use in land_uses().items():
        if of == standard:
            for name in use.name:
                found.setdefault(_folded(name), set()).add(code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}


def _folded(name: str) -> str:
    return fold(name).removesuffix("用地")


def read_use(text: str, standard: str | None) -> str | None:
    """Return the code that a text means in a classification, None where it means none.

    Examples
    --------
    >>> read_use("新型产业用地（M0）", "shenzhen"), read_use("普通工业用地", "shenzhen")
    ('M0', 'M1')
    >>> read_use("701", "mnr-2023"), read_use("M0", "mnr-2023"), read_use("M0", None)
    ('0701', None, None)
    """
    if standard not in _CODES:
        return None
    whole = plain(text).upper()
    if standard == "mnr-2023" and whole.isdigit() and len(whole) % 2:
        whole = f"0{whole}"  # a spreadsheet has taken it for a number
    beside = _BESIDE.findall(whole) if _HAN.search(whole) else []
    code = beside[0] if len(beside) == 1 else whole
    # The table holds all digits that there are, but not every letter code.
    known = standard != "mnr-2023" or land_use(standard, code) is not None
    if known and re.fullmatch(_CODES[standard][0], code):
        return code
    return _names(standard).get(_folded(text))


def standards_of(texts: Collection[str]) -> tuple[str, ...]:
    """Return the classifications that land uses can be of; one only where they decide it.

    Parameters
    ----------
    texts : collection of str
        Different land uses of a delivery, codes or names.

    Examples
    --------
    >>> standards_of(["M0", "R2"]), standards_of(["M1", "R2"]), standards_of(["公园"])
    (('shenzhen',), ('shenzhen', 'gb-50137-2011'), ())
    >>> standards_of(["0701", "0601"]), standards_of(["0701", "1301"])
    (('mnr-2023', 'GB/T 21010'), ('mnr-2023',))
    """
    codes = {each: [read_use(text, each) for text in texts] for each in LAND_USE_STANDARDS}
    fit = [each for each in LAND_USE_STANDARDS if texts and None not in codes[each]]
    if len(fit) == 1 and (fit[0] != "mnr-2023" or _decides(fit[0], codes[fit[0]], texts)):
        return (fit[0],)
    sure = [each for each in fit if _decides(each, codes[each], texts)]
    if len(sure) == 1:
        return (sure[0],)
    return (*fit, "GB/T 21010") if fit == ["mnr-2023"] else tuple(fit)


def _decides(standard: str, codes: Collection[str | None], texts: Collection[str]) -> bool:
    if any(re.fullmatch(_CODES[standard][1], code or "") for code in codes):
        return True
    return any(
        _folded(text) in _names(standard)
        and not any(
            _folded(text) in _names(each) for each in LAND_USE_STANDARDS if each != standard
        )
        for text in texts
    )
