"""Loading: a folder → checked tables, or every reason why not."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pingshan_geo.catalogue.bulk import BULK_ROWS, bulk_files, bulk_lots, contents
from pingshan_geo.catalogue.checks import check_tables
from pingshan_geo.catalogue.columns import typed_table
from pingshan_geo.catalogue.corrections import Read, at_corrections, corrected
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.facts import with_bounds
from pingshan_geo.catalogue.folder import DESCRIPTOR, described, parts_of, read_parts
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.catalogue.readers import LONGEST_CELL, Cells, file_report
from pingshan_geo.catalogue.rows import are_whole, check_rows
from pingshan_geo.catalogue.schema import ID_COLUMN, SPATIAL, TABLES
from pingshan_geo.catalogue.store import refused_name
from pingshan_geo.catalogue.tolerance import SurveyTolerance, own_tolerance
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, errors_in, in_order
from pingshan_geo.words import Text
from pingshan_geo.work import Runner


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
    zones : GeoDataFrame
        With geometry or None.
    lots : Parts
        The parcels, in parts.
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
    lots: Parts
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

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """All parcels in memory, with geometry or None."""
        return self.lots.whole

    def having(self, **parts: Any) -> Catalogue:
        """Return the catalogue with some tables, or other parts, in place of its own."""
        if "parcels" in parts:
            parts["lots"] = Parts.of(parts.pop("parcels"))
        return replace(self, **parts)

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


def load_catalogue(
    path: str | Path | None = None, run: Runner = map, *, bulk_rows: int = BULK_ROWS
) -> Catalogue:
    """Read a catalogue's folder and return its tables, checked.

    Parameters
    ----------
    path : str or Path, optional
        Folder with ``datapackage.json``; without it the Pingshan catalogue of the package.
    run : Runner
        Does what is to be done with parts of many parcels, now and later.
    bulk_rows : int
        From so many parcels on, if they are GeoParquet, they are kept in files, not in memory.

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
    catalogue, found = read_catalogue(path, run, bulk_rows=bulk_rows)
    errors = errors_in(found)
    if errors or catalogue is None:
        raise InputError(errors)
    return catalogue


def read_catalogue(
    path: str | Path | None = None, run: Runner = map, *, bulk_rows: int = BULK_ROWS
) -> tuple[Catalogue | None, tuple[Finding, ...]]:
    """Return a catalogue with everything found in it; None where an error makes it unusable.

    Parameters
    ----------
    path, run, bulk_rows
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
    own = described(named, found)
    if own is None:
        return None, in_order(found)
    data, descriptor = own
    digest = hashlib.sha256(DESCRIPTOR.encode() + b"\0" + data)
    bulk = bulk_files(folder, descriptor, bulk_rows)
    read: dict[str, list[tuple[str, Cells]]] = {}
    for name in TABLES:
        is_bulk = bool(bulk) and name == "parcels"
        read[name] = [] if is_bulk else list(read_parts(folder, descriptor, name, found, digest))
        if is_bulk:
            for chunk in contents(folder, bulk):
                digest.update(chunk)
    in_rows: list[Finding] = []  # told only where all tables are whole
    tables, files = _tables(descriptor, read, found, in_rows)
    lots = None
    if bulk:
        lots, tables["parcels"] = bulk_lots(folder, bulk, descriptor["crs"], found, in_rows, run)
    if are_whole(found):
        found += (*in_rows, *check_tables(tables, files))
    found += _quarantined(folder)
    findings = in_order(at_corrections(found, read))
    if errors_in(findings):
        return None, findings
    for name in ("facts", "targets", "obligations"):
        tables[name] = with_bounds(tables[name])
    crs = descriptor["crs"]
    indexed: dict[str, Any] = {
        name: _indexed(table, name, crs)
        for name, table in tables.items()
        if name != "parcels" or lots is None
    }
    indexed["lots"] = Parts.of(indexed.pop("parcels")) if lots is None else lots
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
    table = table.drop(columns="file", errors="ignore").set_index(ID_COLUMN[name])
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
    descriptor: dict[str, Any], read: Read, found: list[Finding], in_rows: list[Finding]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the tables of a catalogue, put right and typed; one without a resource has no rows."""
    tables: dict[str, pd.DataFrame] = {}
    files: dict[str, str] = {}
    put_right = corrected(read, found)
    for name in TABLES:
        parts = parts_of(descriptor, name)
        files[name] = parts[0] if parts else name
        pieces = []
        for file, cells in put_right[name]:
            known = len(found)
            pieces.append(typed_table(cells, name, file_report(file, found)))
            if are_whole(found[known:]):
                in_rows += check_rows(name, pieces[-1], file, found)
        if not pieces:
            empty: dict[str, list[Any]] = {c.name: [] for c in TABLES[name] if not c.optional}
            pieces = [typed_table(Cells(empty, []), name, file_report(name, found))]
        if len(pieces) > 1:
            pieces = [
                piece.assign(file=pd.Series(file, piece.index, dtype="category"))
                for piece, (file, _) in zip(pieces, put_right[name], strict=True)
            ]
        tables[name] = pd.concat(pieces, ignore_index=True) if len(pieces) > 1 else pieces[0]
    return tables, files
