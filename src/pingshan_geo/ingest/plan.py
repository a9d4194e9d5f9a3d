"""What would be made of a file: its delivery, where it lies, how its columns are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.draft import Draft
from pingshan_geo.catalogue.schema import ID_COLUMN, MEASURABLE, SPATIAL
from pingshan_geo.catalogue.store import refused_name
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, errors_in
from pingshan_geo.ids import normal_ids
from pingshan_geo.ingest.collecting import uncollected
from pingshan_geo.ingest.columns.cells import cell_texts, first_different
from pingshan_geo.ingest.columns.mapping import Mapping, Pair, fits, parse_map_options, read_mapping
from pingshan_geo.ingest.columns.proposal import Proposal, propose
from pingshan_geo.ingest.datum import Placement, parse_crs_option, to_lonlat
from pingshan_geo.ingest.delivery import Asked, Claim, Delivery
from pingshan_geo.ingest.formats.encoding import decoded_wrongly
from pingshan_geo.ingest.formats.flags import at_cells, of_another
from pingshan_geo.ingest.formats.opening import open_delivery
from pingshan_geo.ingest.guard import locate, told_far
from pingshan_geo.ingest.references import AS_DELIVERED
from pingshan_geo.measures.area import measured_area

#: Folders of a catalogue that imports write into.
MAPPINGS, QUARANTINE, IMPORTS = "mappings", "quarantine", "imports"
_SAMPLE = 1000
# 1e-10 degree is 0.01 mm; what a transformation adds beyond is noise.
_DECIMALS = 10
_OF_PLACE = {"crs", "datum_shift", "control_points", "geometry_status"}
#: Columns that the quarantine puts before those of the delivery.
QUARANTINED = ("source_row", "reason")
#: All names that it gives; a column that is delivered under one of them stands there as such.
QUARANTINE_COLUMNS = (*QUARANTINED, "geometry", "geometry_wkt")


Anchors = tuple[npt.NDArray[Any], npt.NDArray[Any]]


@dataclass(frozen=True)
class Request:
    """What the user asked for; None is left to the file, the kept mapping, or a question.

    Attributes
    ----------
    file : str
        Path or PostGIS address.
    table : str
        Which table of the catalogue the rows are for.
    asked : Asked
        Layer, sheet, encoding.
    maps : tuple of str
        ``COLUMN=FIELD[:UNIT]`` each.
    mapping : str or None
        Path of a kept mapping.
    crs, datum_shift, control_points, where, geometry_status : str or None
        As on the command line.
    yes : bool
        Whether what is proposed is accepted unseen.
    """

    file: str
    table: str
    asked: Asked = field(default_factory=Asked)
    maps: tuple[str, ...] = ()
    mapping: str | None = None
    crs: str | None = None
    datum_shift: str | None = None
    control_points: str | None = None
    where: str | None = None
    geometry_status: str | None = None
    yes: bool = False

    def options(self) -> dict[str, str]:
        """Return what a kept mapping remembers beside the columns."""
        named = {
            "layer": self.asked.layer, "sheet": self.asked.sheet, "encoding": self.asked.encoding,
            "crs": self.crs, "datum_shift": self.datum_shift,
            "control_points": self.control_points, "where": self.where,
            "geometry_status": self.geometry_status,
        }  # fmt: skip
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Plan:
    """What would be imported, before it is.

    Attributes
    ----------
    request : Request
        With the options of the kept mapping filled in.
    delivery : Delivery
        After ``--where``.
    proposal : Proposal
        Columns, units, samples, what is left over.
    kept : str or None
        Name of the kept mapping that it follows.
    geometry : array or None
        Longitude and latitude, rounded and without heights; not yet settled.
    placement : Placement or None
        How the coordinates are read.
    findings : tuple of Finding
        Said so far.
    questions : tuple of Finding
        What must be answered by an option before anything is imported.
    """

    request: Request
    delivery: Delivery
    proposal: Proposal
    kept: str | None
    geometry: npt.NDArray[Any] | None
    placement: Placement | None
    findings: tuple[Finding, ...]
    questions: tuple[Finding, ...]


@uncollected()
@np.errstate(over="ignore", invalid="ignore")  # of positions that are told and refused
def plan(draft: Draft, request: Request) -> Plan:
    """Open a file and work out what would be made of it; nothing is changed.

    Raises
    ------
    InputError
        If the file cannot be used at all.
    UsageError
        For an option that names what is not there.
    """
    kept: Mapping | None = None
    _check_plain(request.mapping)
    own = request
    if request.mapping is not None:
        kept, options = read_mapping(request.mapping)
        request = _with(request, options)
    if kept is not None and kept.table != request.table:
        raise UsageError(
            f"{request.mapping} is a mapping of {kept.table}, not of {request.table}",
            f"{request.mapping} 是 {kept.table} 的映射，不是 {request.table} 的",
        )
    delivery = _opened(draft, request)
    if delivery.geometry is None or request.table not in SPATIAL:
        _no_place(own)
    name = request.mapping
    if kept is None and not request.maps:
        request = _with(request, _crs_of_quarantine(draft, request.file))
        name, kept, options = _kept_mapping(draft, request.table, delivery)
        request = _with(request, options)
    if request.control_points is not None and request.crs is None:
        request = replace(request, crs="LOCAL")  # the points say where it lies
    found = list(delivery.findings)
    garbled = decoded_wrongly(_texts(delivery), file=delivery.file)
    if garbled is not None:
        raise InputError([*errors_in(found), garbled])
    came = delivery.rows
    delivery, left_out = _where(delivery, request.where)
    gone = set(np.setdiff1d(came, delivery.rows).tolist()) if left_out else set()
    found = [each for each in found if each.row not in gone] + left_out
    given = parse_map_options(request.maps, request.table, delivery)
    geometry, placement, questions = None, None, list[Finding]()
    measured = None
    _check_plain(request.control_points)
    if delivery.geometry is not None and request.table in SPATIAL:
        anchors = _anchors(draft, delivery, request.table, given, kept)
        placement, told, questions = _placed(draft, delivery, request, anchors)
        found += told
        if placement is not None:
            geometry, told = to_lonlat(
                delivery.geometry, placement, file=delivery.file,
                target=draft.descriptor["crs"], shift=request.datum_shift,
                control=request.control_points, decimals=_DECIMALS,
            )  # fmt: skip
            found += told
            outline = _outline(draft)
            if outline is not None:
                far = told_far(geometry, delivery.rows, outline)
                found += (replace(each, file=delivery.file) for each in far)
            if request.control_points or request.datum_shift:
                claim = Claim(draft.descriptor["crs"], "option")
                found += locate(geometry, claim, outline, file=delivery.file).notes
            measured = _areas(geometry, draft.descriptor["crs"])
    proposal = propose(delivery, request.table, given, kept, measured_m2=measured)
    found += proposal.findings
    questions += proposal.questions
    return Plan(
        request, delivery, proposal, name, geometry, placement, tuple(found), tuple(questions)
    )


def _check_plain(path: str | None) -> None:
    """Refuse a device or a pipe, which may never end."""
    if path is not None and os.path.exists(path) and not os.path.isfile(path):
        raise UsageError(f"{path} is no ordinary file", f"{path} 不是普通文件")


def _no_place(request: Request) -> None:
    """Refuse options about outlines for rows that have none."""
    for name in sorted(_OF_PLACE & set(request.options())):
        option = name.replace("_", "-")
        raise UsageError(
            f"--{option} is about outlines, and {request.file} brings none for {request.table}",
            f"--{option} 只用于界线，而 {request.file} 没有可用于 {request.table} 的界线",
        )


def _with(request: Request, options: dict[str, str]) -> Request:
    """Return a request with the options of a kept mapping where it has none of its own."""
    kept: dict[str, Any] = {
        name: options[name]
        for name in ("layer", "sheet", "encoding")
        if name in options and getattr(request.asked, name) is None
    }
    asked = replace(request.asked, **kept)
    own = request.options()
    rest = {
        name: value
        for name, value in options.items()
        if name not in own and name not in {"layer", "sheet", "encoding", "claim"}
    }
    return replace(request, asked=asked, **rest)  # type: ignore[arg-type]


def _opened(draft: Draft, request: Request) -> Delivery:
    """Return the delivery; a file of the quarantine has its rows as they were numbered at first."""
    delivery = open_delivery(request.file, request.asked)
    if is_quarantine(draft, request.file) and set(QUARANTINED) <= set(delivery.table):
        numbers = pd.to_numeric(delivery.table[QUARANTINED[0]], errors="coerce")
        rows = np.where(numbers.notna(), numbers.fillna(0), delivery.rows).astype(np.int64)
        table = delivery.table.drop(columns=list(QUARANTINED))
        table = table.rename(columns={name + AS_DELIVERED: name for name in QUARANTINE_COLUMNS})
        return replace(delivery, table=table, rows=rows)
    if delivery.format == "flags" and request.table == "corrections":
        other = of_another(Path(request.file), draft.descriptor["name"])
        found = (*delivery.findings, *([other] if other else []))
        return replace(delivery, table=at_cells(delivery.table, draft.tables), findings=found)
    return delivery


def _crs_of_quarantine(draft: Draft, file: str) -> dict[str, str]:
    """Return the CRS in which the rows of a quarantine file came."""
    imports = draft.tables["imports"]
    if not is_quarantine(draft, file) or "crs" not in imports:
        return {}
    crs = imports.loc[imports["import_id"] == Path(file).stem, "crs"].dropna()
    return {"crs": str(crs.iloc[0])} if len(crs) else {}


def is_quarantine(draft: Draft, file: str) -> bool:
    """Return whether a file lies in the quarantine of the catalogue."""
    return Path(file).resolve().parent == (draft.path / QUARANTINE).resolve()


def claimed(delivery: Delivery) -> str:
    """Return the CRS that a delivery claims, empty where it claims none."""
    return delivery.claim.text if delivery.claim is not None else ""


def _kept_mapping(
    draft: Draft, table: str, delivery: Delivery
) -> tuple[str | None, Mapping | None, dict[str, str]]:
    """Return the kept mapping of an earlier delivery with the same headings, the last one made."""
    for path in sorted((draft.path / MAPPINGS).glob("*.toml"), reverse=True):
        if not path.is_file() or refused_name(draft.path, f"{MAPPINGS}/{path.name}"):
            continue
        mapping, options = read_mapping(str(path))
        if mapping.table == table and fits(mapping, delivery):
            if options.get("claim") not in {None, claimed(delivery)}:
                # Said of coordinates that came otherwise: it need not be true of these.
                options = {name: options[name] for name in options if name not in _OF_PLACE}
            return f"{MAPPINGS}/{path.name}", mapping, options
    return None, None, {}


def _texts(delivery: Delivery) -> Iterator[str]:
    yield from map(str, delivery.table.columns)
    for name in delivery.table:
        column = delivery.table[name]
        if not pd.api.types.is_numeric_dtype(column):
            yield from (each for each in first_different(column, 500) if isinstance(each, str))


def _where(delivery: Delivery, where: str | None) -> tuple[Delivery, list[Finding]]:
    """Return the rows that ``--where`` asks for, and how many it leaves out."""
    if where is None:
        return delivery, []
    from pingshan_geo.query import matching

    chosen = np.asarray(matching(where, delivery.table), dtype=bool)
    details = {"rows": str(len(chosen)), "left": str(int((~chosen).sum()))}
    told = Finding("where-left-out", file=delivery.file, value=where, details=details)
    if not chosen.any():
        raise UsageError(
            f"--where {where!r} matches none of the {len(chosen)} rows of {delivery.file}",
            f"--where {where!r} 与 {delivery.file} 的 {len(chosen)} 行均不匹配",
        )
    shapes = None if delivery.geometry is None else delivery.geometry[chosen]
    table = delivery.table[chosen].reset_index(drop=True)
    table.attrs = delivery.table.attrs
    return replace(delivery, table=table, rows=delivery.rows[chosen], geometry=shapes), [told]


def _placed(
    draft: Draft, delivery: Delivery, request: Request, anchors: Anchors | None
) -> tuple[Placement | None, list[Finding], list[Finding]]:
    """Return how the coordinates are read, what is said about it, and what must be asked."""
    assert delivery.geometry is not None  # noqa: S101 -- the caller has looked
    outline = _outline(draft)
    if request.crs is not None:
        placement = parse_crs_option(request.crs)
        claim: Claim | None = Claim(request.crs, "option")
    else:
        placement, claim = None, delivery.claim
    if shapely.is_missing(delivery.geometry).all():
        return placement, [], []
    verdict = locate(delivery.geometry, claim, outline, file=delivery.file, anchors=anchors)
    if placement is not None:
        return placement, list(verdict.notes), []
    if verdict.is_clean:
        return verdict.placement, list(verdict.notes), []
    if request.yes and verdict.certain:
        return verdict.placement, [*verdict.notes, verdict.told("crs-assumed")], []
    return None, [], [*verdict.notes, verdict.question()]


def _anchors(
    draft: Draft, delivery: Delivery, table: str, given: tuple[Pair, ...], kept: Mapping | None
) -> Anchors | None:
    """Return outlines that were delivered and that the catalogue has already, by id; a sample."""
    known = draft.tables[table]
    firm = known["geometry_status"].isin(MEASURABLE).to_numpy()
    if not firm.any() or delivery.geometry is None:
        return None
    pair = propose(delivery, table, given, kept).mapping.pair(ID_COLUMN[table])
    if pair is None or pair.column is None:
        return None
    own = normal_ids(known[ID_COLUMN[table]].to_numpy(dtype=object))
    place = {own[at]: at for at in np.flatnonzero(firm).tolist() if own[at] is not None}
    came = normal_ids(cell_texts(delivery.table[pair.column].to_numpy()))
    at = np.fromiter(map(place.get, came, repeat(-1)), np.int64, len(came))
    both = np.flatnonzero(at >= 0)
    if not len(both):
        return None
    both = both[spread(len(both))]
    return delivery.geometry[both], known["geometry"].to_numpy(dtype=object)[at[both]]


def spread(count: int) -> npt.NDArray[np.int64]:
    """Return up to `_SAMPLE` places of so many, spread evenly over all."""
    return np.unique(np.linspace(0, count - 1, min(count, _SAMPLE)).astype(np.int64))


def _outline(draft: Draft) -> shapely.Geometry | None:
    """Return where the catalogue's district lies, as far as it has an outline of its own."""
    zones = draft.tables["zones"]
    shapes = zones["geometry"].to_numpy(dtype=object)
    known = ~shapely.is_missing(shapes)
    firm = known & zones["geometry_status"].isin(MEASURABLE).to_numpy()
    top = firm & zones["parent"].isna().to_numpy()
    for which in (top, firm, known):
        if which.any():
            return shapely.union_all(shapely.make_valid(shapes[which]))
    return None


def _areas(geometry: npt.NDArray[Any], crs: str) -> npt.NDArray[np.float64]:
    """Return areas of up to `_SAMPLE` outlines, NaN for the others; they only tell units apart."""
    areas = np.full(len(geometry), np.nan)
    at = spread(len(geometry))
    areas[at] = measured_area(gpd.GeoSeries(geometry[at], crs=crs))
    return areas
