"""A delivery: one layer of a foreign file as it came, before anything is made of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pingshan_geo.catalogue.readers import Report
from pingshan_geo.ceilings import USUAL, Ceilings
from pingshan_geo.findings import Finding


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user said about a file; None is left to the reader.

    Attributes
    ----------
    layer : str or None
        Name of the layer (of the table, for PostGIS).
    sheet : str or None
        Name of the sheet of a workbook.
    encoding : str or None
        Python's name of the text encoding.
    ceilings : Ceilings
        How large it may be.
    """

    layer: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    ceilings: Ceilings = USUAL


@dataclass(frozen=True, slots=True)
class Claim:
    """The CRS that a delivery claims to be in.

    Attributes
    ----------
    text : str
        ``AUTHORITY:CODE``, WKT or PROJJSON, as pyproj takes it.
    origin : str
        Who says so: ``file`` (a ``.prj``, a header), ``format`` (GeoJSON and KML are WGS 84 by
        definition, whether anybody thought of it or not) or ``option``.
    """

    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One layer of a foreign file as it came.

    Attributes
    ----------
    file : str
        Name of the file without its folder; the place of every finding.
    sha256 : str
        Of the bytes of the file (of all its files, for those that come in several).
    format : str
        Name of the format, for people.
    layer : str or None
        Name of the layer or sheet, where the format has them.
    table : DataFrame
        RangeIndex; a column for each field, headings as they came (made unique, with a finding);
        text, number, truth value or None. Dates and times are ISO text. No geometry.
    rows : array of int
        Row number of each row as people count it: a spreadsheet's row, a feature's number from 1.
    geometry : object array or None
        Shapely geometries or None, as they came but for curves, which are made of short straight
        pieces; x before y. None for a table without geometry.
    claim : Claim or None
        The CRS claimed for the geometry.
    encoding : str or None
        How its text was decoded, where that was a question.
    findings : tuple of Finding
        What the reader has to say.
    """

    file: str
    sha256: str
    format: str
    layer: str | None
    table: pd.DataFrame
    rows: npt.NDArray[np.int64]
    geometry: npt.NDArray[Any] | None = None
    claim: Claim | None = None
    encoding: str | None = None
    findings: tuple[Finding, ...] = ()


@contextmanager
def digesting(*files: Path) -> Iterator[Future[str]]:
    """Compute the `digest` of files beside the block, which waits for a process that reads them."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(digest, *files)


def digest(*files: Path) -> str:
    """Return the SHA-256 of the bytes of a file; of several, of their names and digests, sorted."""
    sums = {}
    for file in files:
        with file.open("rb") as stream:
            sums[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    if len(sums) == 1:
        return next(iter(sums.values()))
    lines = "".join(f"{name} {sums[name]}\n" for name in sorted(sums))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def tell_partial(members: Mapping[str, Any], report: Report) -> None:
    """Tell where a server says that it sent fewer features than it has, as WFS and OGC API do."""
    numbers = [str(members.get(f"number{which}", "")) for which in ("Returned", "Matched")]
    if all(re.fullmatch(r"[0-9]{1,18}", number) for number in numbers):
        returned, matched = numbers
        if int(returned) < int(matched):
            report("features-partial", value=returned, details={"count": matched})
