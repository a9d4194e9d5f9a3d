"""Loading: a folder → checked tables, or every reason why not."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import pandas as pd

from pingshan_geo.catalogue.checks import check_tables
from pingshan_geo.catalogue.columns import typed_table
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.facts import with_bounds
from pingshan_geo.catalogue.readers import (
    Cells,
    file_report,
    read_csv,
    read_geojson,
    read_json,
    read_parquet,
)
from pingshan_geo.catalogue.schema import ID_COLUMN, SPATIAL, TABLES
from pingshan_geo.crs import GEOGRAPHIC
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.words import Text

DESCRIPTOR = "datapackage.json"
# The name begins the names of the files that are written, so it can hold no way to other folders.
_NAME = re.compile(r"[^\W_][\w.-]{0,63}")
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
    sources, facts, projects, auctions, targets, indicators, imports : DataFrame
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
    sources: pd.DataFrame
    facts: pd.DataFrame
    zones: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    projects: pd.DataFrame
    auctions: pd.DataFrame
    targets: pd.DataFrame
    indicators: pd.DataFrame
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


def read_catalogue(
    path: str | Path | None = None,
) -> tuple[Catalogue | None, tuple[Finding, ...]]:
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
    reason = _refused_folder(named)
    if reason:
        details = {"reason": reason}
        return None, (Finding("not-a-catalogue", file=named, value=named, details=details),)
    data = _bytes(folder, DESCRIPTOR, found)
    if data is None:
        return None, in_order(found)
    descriptor = _descriptor(data, found)
    if descriptor is None:
        return None, in_order(found)
    digest = hashlib.sha256(DESCRIPTOR.encode() + b"\0" + data)
    tables, files = _tables(folder, descriptor, digest, found)
    if all(f.severity != "error" or f.code in CELL_FAULTS for f in found):
        told = {(f.file, f.row) for f in found}  # a bad outline is not told again as a missing one
        checked = check_tables(tables, files)
        found += (f for f in checked if f.code != "geometry-status" or (f.file, f.row) not in told)
    findings = in_order(found)
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    tables["facts"] = with_bounds(tables["facts"])
    tables["targets"] = with_bounds(tables["targets"])
    crs = descriptor["crs"]
    indexed: dict[str, Any] = {name: _indexed(table, name, crs) for name, table in tables.items()}
    as_of = span(descriptor["as_of"])
    assert as_of is not None  # noqa: S101 -- _descriptor has checked it
    return (
        Catalogue(
            path=folder, id=descriptor["name"],
            title=Text(descriptor.get("title", ""), descriptor.get("title_zh", "")),
            as_of=as_of.last, crs=crs, sha256=digest.hexdigest(),
            headline=tuple(descriptor.get("headline", ())), findings=findings, **indexed,
        ),
        findings,
    )  # fmt: skip


def _indexed(table: pd.DataFrame, name: str, crs: str) -> pd.DataFrame:
    table = table.set_index(ID_COLUMN[name])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs) if name in SPATIAL else table


def _refused_folder(path: str) -> str | Text | None:
    if "://" in path or path.startswith(("/vsi", "\\\\")):
        return Text("addresses and virtual file systems are not read", "不读取网址与虚拟文件系统")
    folder = Path(path)
    try:
        if folder.is_symlink():
            return Text(
                "it is a link; name the folder that it points to",
                "是链接，请直接指定其所指的文件夹",
            )
        if not folder.exists():
            return Text("there is no such folder", "没有这个文件夹")
        if not folder.is_dir():
            return Text("it is not a folder", "不是文件夹")
        if not (folder / DESCRIPTOR).is_file():
            return Text(f"it holds no {DESCRIPTOR}", f"其中没有 {DESCRIPTOR}")
    except (OSError, ValueError) as error:
        return str(error)
    return None


def _bytes(folder: Path, name: str, found: list[Finding]) -> bytes | None:
    """Return the bytes of a plain file inside the folder, or None after a finding."""
    path = _plain_file(folder, name, found)
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        found.append(Finding("file-unreadable", file=name, details={"reason": reason}))
        return None


def _plain_file(folder: Path, name: str, found: list[Finding]) -> Path | None:
    parts = PurePosixPath(name).parts
    reason: str | Text | None = None
    if "://" in name or "\\" in name or name.startswith("/") or ".." in parts or not parts:
        reason = Text(
            "only files below the catalogue's folder are read", "只读取目录文件夹内的文件"
        )
    else:
        path = folder
        try:
            for part in parts:
                path /= part
                if path.is_symlink():
                    reason = Text("it is a link", "是链接")
        except OSError as error:  # a name that no file can have
            reason = error.strerror
    if reason:
        found.append(Finding("file-refused", file=name, value=name, details={"reason": reason}))
        return None
    path = folder.joinpath(*parts)
    if not path.is_file():
        found.append(Finding("file-missing", file=name, value=name))
        return None
    return path


def _descriptor(data: bytes, found: list[Finding]) -> dict[str, Any] | None:
    report = file_report(DESCRIPTOR, found)
    value = read_json(data, report)
    if value is None:
        return None
    reasons: list[Text] = []
    if not isinstance(value, dict):
        value, reasons = {}, [Text("the outermost value is no object", "最外层不是对象")]
    for key in ("name", "as_of", "crs"):
        if not isinstance(value.get(key), str):
            reasons.append(Text(f"{key} is missing or no text", f"缺少 {key} 或其不是文字"))
    if isinstance(value.get("name"), str) and not _NAME.fullmatch(value["name"]):
        reasons.append(
            Text(
                "name is {name}, not up to 64 letters, digits, . _ and -",
                "name 为 {name}，须为至多 64 个字母、数字、. _ 和 -",
            ).filled(name=repr(value["name"]))
        )
    for key in ("title", "title_zh"):
        if not isinstance(value.get(key, ""), str):
            reasons.append(Text(f"{key} is no text", f"{key} 不是文字"))
    if isinstance(value.get("as_of"), str) and span(value["as_of"]) is None:
        reasons.append(
            Text(
                "as_of is {day}, not YYYY, YYYY-MM or YYYY-MM-DD",
                "as_of 为 {day}，须为 YYYY、YYYY-MM 或 YYYY-MM-DD",
            ).filled(day=value["as_of"])
        )
    headline = value.get("headline", [])
    if not isinstance(headline, list) or not all(isinstance(item, str) for item in headline):
        reasons.append(Text("headline is no list of figure ids", "headline 不是数据编号的列表"))
    resources = value.get("resources")
    if not isinstance(resources, list) or not all(_is_resource(item) for item in resources):
        reasons.append(
            Text(
                "resources is no list of objects with name and path",
                "resources 不是含 name 与 path 的对象列表",
            )
        )
    else:
        counts = Counter(item["name"] for item in resources)
        reasons += (
            Text(f"the resource {name} stands twice", f"资源 {name} 重复")
            for name in counts
            if counts[name] > 1
        )
        reasons += _mistyped(counts)
    for reason in reasons:
        report("descriptor-invalid", reason=reason)
    if isinstance(value.get("crs"), str) and value["crs"] not in GEOGRAPHIC:
        report("crs-not-supported", field="crs", value=value["crs"])
    return None if found else value


def _mistyped(names: Collection[str]) -> Iterator[Text]:
    """Yield a reason for each resource that seems to be meant for a table that has none."""
    missing = [table for table in TABLES if table not in names]
    for name in names:
        close = [] if name in TABLES else get_close_matches(name.lower(), missing, 1, 0.8)
        if close:
            yield Text(
                f"the resource {name} is no table; {close[0]} is one",
                f"资源 {name} 不是表；{close[0]} 才是",
            )


def _is_resource(item: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        return False
    path = item.get("path")
    paths = path if isinstance(path, list) else [path]
    return bool(paths) and all(isinstance(part, str) for part in paths)


def _tables(
    folder: Path, descriptor: dict[str, Any], digest: Any, found: list[Finding]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Read every resource that is a table of a catalogue; a table without one has no rows."""
    tables: dict[str, pd.DataFrame] = {}
    files: dict[str, str] = {}
    resources = {item["name"]: item for item in descriptor["resources"]}
    for name, columns in TABLES.items():
        resource = resources.get(name)
        path = resource["path"] if resource else []
        pieces = []
        for part in path if isinstance(path, list) else [path]:
            files.setdefault(name, part)
            data = _bytes(folder, part, found)
            if data is None:
                continue
            digest.update(part.encode() + b"\0" + data)
            spatial = name in SPATIAL
            report = file_report(part, found)
            if part.endswith(".parquet"):
                cells = read_parquet(data, report, descriptor["crs"], spatial=spatial)
            else:
                cells = (read_geojson if spatial else read_csv)(data, report)
            if cells is not None:
                pieces.append(_frame(cells, name, found, part))
        files.setdefault(name, name)
        empty = Cells([c.name for c in columns if not c.optional], [], [])
        tables[name] = (
            pd.concat(pieces, ignore_index=True) if pieces else _frame(empty, name, found, name)
        )
    return tables, files


def _frame(cells: Cells, name: str, found: list[Finding], file: str) -> pd.DataFrame:
    frame = typed_table(cells, TABLES[name], file_report(file, found))
    if name in SPATIAL:
        frame["geometry"] = gpd.GeoSeries(cells.geometry, index=frame.index)
    return frame
