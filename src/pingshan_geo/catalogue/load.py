"""Loading: a folder → checked tables, or every reason why not."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pingshan_geo.catalogue.checks import check_tables
from pingshan_geo.catalogue.columns import typed_table
from pingshan_geo.catalogue.corrections import Parts, at_corrections, corrected
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.facts import with_bounds
from pingshan_geo.catalogue.folder import (
    DESCRIPTOR,
    bytes_of,
    descriptor_of,
    parts_of,
    read_parts,
    refused_folder,
)
from pingshan_geo.catalogue.readers import LONGEST_CELL, Cells, file_report
from pingshan_geo.catalogue.schema import ID_COLUMN, SPATIAL, TABLES
from pingshan_geo.catalogue.store import refused_name
from pingshan_geo.catalogue.tolerance import SurveyTolerance, own_tolerance
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.words import Text

#: Errors of single cells and outlines: the tables are whole, so all other checks are made too.
CELL_FAULTS = frozenset(
    {
        "missing-id", "missing-value", "not-a-number", "negative-value", "not-a-date",
        "date-mangled", "unknown-code", "geometry-invalid", "ring-not-closed", "coordinate-range",
        "geojson-crs", "computed-column",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """Checked tables of one district, each indexed by its id.

    Attributes
    ----------
    path : Path
        The folder.
    id : str
        ``name`` of the data package.
    title : Text
        In English and Chinese.
    as_of : date
        Last day that the catalogue speaks of; the default of every assessment.
    crs : str
        CRS of all geometry, longitude and latitude in degrees.
    sha256 : str
        Over the names and bytes of all files read.
    headline : tuple of str
        Ids of the figures that lead; may be empty.
    survey_tolerance : SurveyTolerance
        How far measured areas may lie from recorded ones.
    sources, facts, projects, auctions, targets, indicators, obligations, claims : DataFrame
    limits, consequences, corrections, imports : DataFrame
        Text is str or None, numbers are float with NaN for unknown.
    zones, parcels : GeoDataFrame
        With geometry or None.
    findings : tuple of Finding
        What was found on loading; none of severity error.
    """

    path: Path
    id: str
    title: Text
    as_of: date
    crs: str
    sha256: str
    headline: tuple[str, ...]
    survey_tolerance: SurveyTolerance
    sources: pd.DataFrame
    facts: pd.DataFrame
    zones: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    projects: pd.DataFrame
    auctions: pd.DataFrame
    targets: pd.DataFrame
    indicators: pd.DataFrame
    obligations: pd.DataFrame
    claims: pd.DataFrame
    limits: pd.DataFrame
    consequences: pd.DataFrame
    corrections: pd.DataFrame
    imports: pd.DataFrame
    findings: tuple[Finding, ...]

    def source_title(self, source: str) -> Text:
        """Return the title of a source, its id where it has none or is not known."""
        if source not in self.sources.index:
            return Text(source, source)
        row = self.sources.loc[source]
        return Text(row["title_en"] or source, row["title_zh"] or "")


def shipped_path() -> Path:
    """Return the folder of the Pingshan catalogue that ships with the package."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "geodata"
    return installed if installed.is_dir() else package.parents[1] / "geodata"


def load_catalogue(path: str | Path | None = None) -> Catalogue:
    """Read a catalogue's folder and return its tables, checked.

    Parameters
    ----------
    path : str or Path, optional
        Folder with ``datapackage.json``; without it the Pingshan catalogue of the package.

    Returns
    -------
    Catalogue
        Its ``findings`` hold the warnings.

    Raises
    ------
    InputError
        With every error, not the first only, if there is one.

    Examples
    --------
    >>> load_catalogue().id
    'pingshan'
    """
    catalogue, found = read_catalogue(path)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors or catalogue is None:
        raise InputError(errors)
    return catalogue


def read_catalogue(path: str | Path | None = None) -> tuple[Catalogue | None, tuple[Finding, ...]]:
    """Return a catalogue with everything found in it; None where an error makes it unusable.

    Parameters
    ----------
    path : str or Path, optional
        As for `load_catalogue`.

    Returns
    -------
    catalogue : Catalogue or None
    findings : tuple of Finding
        By severity, file and row.
    """
    found: list[Finding] = []
    named = str(shipped_path() if path is None else path)
    folder = Path(named)
    reason = refused_folder(named)
    if reason:
        details = {"reason": reason}
        return None, (Finding("not-a-catalogue", file=named, value=named, details=details),)
    data = bytes_of(folder, DESCRIPTOR, found)
    if data is None:
        return None, in_order(found)
    descriptor = descriptor_of(data, found)
    if descriptor is None:
        return None, in_order(found)
    digest = hashlib.sha256(DESCRIPTOR.encode() + b"\0" + data)
    read = {name: list(read_parts(folder, descriptor, name, found, digest)) for name in TABLES}
    tables, files = _tables(descriptor, read, found)
    if all(f.severity != "error" or f.code in CELL_FAULTS for f in found):
        told = {(f.file, f.row) for f in found}  # a bad outline is not told again as a missing one
        checked = check_tables(tables, files)
        found += (f for f in checked if f.code != "geometry-status" or (f.file, f.row) not in told)
    found += _quarantined(folder)
    findings = in_order(at_corrections(found, read))
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    for name in ("facts", "targets", "obligations"):
        tables[name] = with_bounds(tables[name])
    crs = descriptor["crs"]
    indexed: dict[str, Any] = {name: _indexed(table, name, crs) for name, table in tables.items()}
    as_of = span(descriptor["as_of"])
    assert as_of is not None  # noqa: S101 -- _descriptor has checked it
    return (
        Catalogue(
            path=folder, id=descriptor["name"],
            title=Text(descriptor.get("title", ""), descriptor.get("title_zh", "")),
            as_of=as_of.last, crs=crs, sha256=digest.hexdigest(),
            headline=tuple(descriptor.get("headline", ())),
            survey_tolerance=own_tolerance(descriptor), findings=findings, **indexed,
        ),
        findings,
    )  # fmt: skip


def _indexed(table: pd.DataFrame, name: str, crs: str) -> pd.DataFrame:
    table = table.set_index(ID_COLUMN[name])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs) if name in SPATIAL else table


def _quarantined(folder: Path) -> Iterator[Finding]:
    """Yield a finding for each file of rows that an import could not accept."""
    for path in sorted((folder / "quarantine").glob("*.csv")):
        name = f"quarantine/{path.name}"
        if path.stem.endswith("-removed") or not path.is_file() or refused_name(folder, name):
            continue
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            csv.field_size_limit(LONGEST_CELL)
            rows = max(sum(1 for _ in csv.reader(file)) - 1, 0)
        yield Finding("rows-quarantined", file=name, value=str(rows))


def _tables(
    descriptor: dict[str, Any], read: Parts, found: list[Finding]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the tables of a catalogue, put right and typed; one without a resource has no rows."""
    tables: dict[str, pd.DataFrame] = {}
    files: dict[str, str] = {}
    put_right = corrected(read, found)
    for name in TABLES:
        parts = parts_of(descriptor, name)
        files[name] = parts[0] if parts else name
        pieces = [_frame(cells, name, found, part) for part, cells in put_right[name]]
        if not pieces:
            empty: dict[str, list[Any]] = {c.name: [] for c in TABLES[name] if not c.optional}
            pieces = [_frame(Cells(empty, []), name, found, name)]
        tables[name] = pd.concat(pieces, ignore_index=True) if len(pieces) > 1 else pieces[0]
    return tables, files


def _frame(cells: Cells, name: str, found: list[Finding], file: str) -> pd.DataFrame:
    frame = typed_table(cells, TABLES[name], file_report(file, found))
    if name in SPATIAL:
        frame["geometry"] = gpd.GeoSeries(cells.geometry, index=frame.index)
    return frame
