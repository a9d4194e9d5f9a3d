"""The page as of earlier days: how the data of each differ from the page's own, byte by byte.

A reader who chooses a day gets the figures that Python has made for it, not what a script thinks
they were. Most of the data of a day is that of another, so that a day takes some kilobytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from pingshan_geo.catalogue import Catalogue
from pingshan_geo.catalogue.dates import span
from pingshan_geo.page.packed import as_text

#: Tables and their columns with the days that count.
_TOLD = (
    ("auctions", "date"), ("facts", "as_of"), ("targets", "period_start"),
    ("targets", "period_end"),
)  # fmt: skip
#: Of a catalogue with more lots, days are read when they are asked for by name.
MOST_LOTS = 2_000
#: Shorter runs than this are new bytes; runs of the page's own data are found at every so many.
_RUN, _EVERY = 16, 4


def year_ends(catalogue: Catalogue, before: date) -> list[date]:
    """Return the last days of the years, before a day, with a transfer, a number or a target.

    That is a land transfer, a printed number, the start or end of a target; none for a catalogue of
    more than 2 000 lots, whose assessments take long. When lots and zones begin does not count: a
    register has a day for each.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> catalogue = load_catalogue()
    >>> [day.year for day in year_ends(catalogue, catalogue.as_of)][-3:]
    [2021, 2022, 2023]
    """
    if len(catalogue.parcels) > MOST_LOTS:
        return []
    told = [getattr(catalogue, kind)[column] for kind, column in _TOLD]
    days = [days for text in pd.concat(told).dropna().unique() if (days := span(text))]
    ends = {date(day.year, 12, 31) for found in days for day in (found.first, found.last)}
    return sorted(end for end in ends if end < before)


class Delta:
    """Says other bytes by copies of some that the reader has.

    Examples
    --------
    >>> said = Delta(b"0123456789abcdefghij").of(b"XX456789abcdefghijklm")
    >>> restored(b"0123456789abcdefghij", *said)
    b'XX456789abcdefghijklm'
    """

    def __init__(self, base: bytes) -> None:
        self._base = base
        self._at: dict[bytes, int] = {}
        for at in range(0, len(base) - _RUN + 1, _EVERY):
            self._at.setdefault(base[at : at + _RUN], at)

    def of(self, wanted: bytes) -> tuple[list[tuple[int, int, int]], bytes]:
        """Return steps and new bytes: how many of these, then from where how many to copy."""
        base, steps, new = self._base, list[tuple[int, int, int]](), bytearray()
        start = at = 0
        while at < len(wanted):
            found = self._at.get(wanted[at : at + _RUN])
            if found is None:
                at += 1
                continue
            before = 0
            while at - before > start and found > before:
                if wanted[at - before - 1] != base[found - before - 1]:
                    break
                before += 1
            length = _same(wanted, at, base, found)
            new += wanted[start : at - before]
            steps.append((at - before - start, found - before, length + before))
            start = at = at + length
        steps.append((len(wanted) - start, 0, 0))
        return steps, bytes(new + wanted[start:])


def _same(one: bytes, at: int, other: bytes, start: int) -> int:
    """Return how many bytes are the same from there on."""
    most = min(len(one) - at, len(other) - start)
    step, length = most, 0
    while step:
        end = length + step
        if end <= most and one[at + length : at + end] == other[start + length : start + end]:
            length = end
        else:
            step //= 2
    return length


def restored(base: bytes, steps: Sequence[tuple[int, int, int]], new: bytes) -> bytes:
    """Return the bytes that steps and new bytes say; the page does the same (days.js)."""
    pieces, at = list[bytes](), 0
    for count, start, length in steps:
        pieces += [new[at : at + count], base[start : start + length]]
        at += count
    return b"".join(pieces)


def earlier_days(
    base: bytes, days: Sequence[tuple[str, bytes, int]], last: str
) -> dict[str, object]:
    """Return what the page needs to read earlier days.

    Parameters
    ----------
    base : bytes
        The data of the page: its JSON and its block, as they stand in it.
    days : sequence of (day, bytes, int)
        The same of each earlier day, and how many of the bytes are JSON.
    last : str
        The page's own day.

    Returns
    -------
    dict
        ``days``, the last one being the page's own; ``steps``, ``text`` and ``new`` of each: how
        many steps there are, and bytes of JSON and of new ones; ``block``: steps of all, then new
        bytes of all, as gzip in base64.
    """
    delta = Delta(base)
    told = [delta.of(data) for _, data, _ in days]
    steps = np.array([step for each, _ in told for step in each], dtype="<u4").reshape(-1, 3)
    packed = steps.T.tobytes() + b"".join(new for _, new in told)
    return {
        "days": [*(day for day, _, _ in days), last],
        "steps": [len(each) for each, _ in told],
        "text": [size for _, _, size in days],
        "new": [len(new) for _, new in told],
        "block": as_text(packed),
    }
