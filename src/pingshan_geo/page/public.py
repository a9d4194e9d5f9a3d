"""The public version of an assessment: named fields withheld, coordinates rounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.assessment import Assessment
from pingshan_geo.catalogue.schema import ID_COLUMN, TABLES
from pingshan_geo.errors import UsageError

#: Fields that name people and companies.
FIELDS = ("developer", "buyer")
#: In the place of a text that is withheld, in both languages at once.
WITHHELD = "withheld 公开版不列"
#: About ten metres.
STEP = 1e-4
_TABLES = ("zones", "parcels", "projects", "auctions", "targets")


@dataclass(frozen=True, slots=True)
class Public:
    """What the public version leaves out; ``step`` is in degrees."""

    fields: tuple[str, ...] = FIELDS
    step: float = STEP


def published(assessment: Assessment, public: Public) -> Assessment:
    """Return an assessment that may be shown to anybody.

    Every table that people get is made of what this returns. Figures are those of the true
    outlines; an outline that rounding would make empty is left as its rounded box.

    Raises
    ------
    UsageError
        If a field is none of a text in a table, or the step is out of range.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> shown = published(assess(load_catalogue()), Public())
    >>> set(shown.auctions["buyer"].dropna())
    {'withheld 公开版不列'}
    """
    if not 1e-6 <= public.step <= 0.1:
        raise UsageError(
            "coordinates are rounded to a step from 0.000001 to 0.1 degree",
            "坐标取整步长须在 0.000001 至 0.1 度之间",
        )
    texts = {
        column.name
        for kind in _TABLES
        for column in TABLES[kind]
        if column.kind == "text" and not column.refers and not column.values
    } - {*ID_COLUMN.values()}
    texts |= {name for kind in _TABLES for name in _own_texts(assessment, kind)}
    for name in public.fields:
        if name not in texts:
            raise UsageError(
                f"{name!r} is no field of text that can be left out: {', '.join(sorted(texts))}",
                f"{name!r} 不是可略去的文本字段：{'、'.join(sorted(texts))}",
            )
    tables: dict[str, Any] = {
        kind: _withheld(getattr(assessment, kind), public.fields) for kind in _TABLES
    }
    tables["overlay"] = assessment.overlay
    for kind in ("zones", "parcels", "overlay"):
        table: gpd.GeoDataFrame = tables[kind]
        tables[kind] = table.set_geometry(rounded(table.geometry, public.step))
    own: dict[str, Any] = {
        kind: _withheld(getattr(assessment.catalogue, kind), public.fields) for kind in _TABLES
    }
    findings = tuple(
        replace(each, shape=_rounded(np.array([each.shape]), public.step)[0])
        if each.shape is not None
        else each
        for each in assessment.findings
    )
    catalogue = assessment.catalogue.having(**own)
    return assessment.having(catalogue=catalogue, findings=findings, **tables)


def _own_texts(assessment: Assessment, kind: str) -> set[str]:
    """Return the columns of text that a register has beside those of the schema."""
    table = getattr(assessment.catalogue, kind)
    known = {column.name for column in TABLES[kind]} | {"geometry"}
    rest = (name for name in table.columns if name not in known)
    return {name for name in rest if table[name].map(lambda one: isinstance(one, str)).any()}


def _withheld(table: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    texts: Mapping[str, Any] = {
        name: pd.Series(
            [None if pd.isna(value) else WITHHELD for value in table[name]],
            index=table.index, dtype=object,
        )
        for field in fields
        for name in (field, f"{field}_zh")  # the same in Chinese
        if name in table
    }  # fmt: skip
    return table.assign(**texts) if texts else table


def rounded(geometry: gpd.GeoSeries, step: float) -> gpd.GeoSeries:
    """Return outlines with every coordinate at a multiple of ``step``."""
    shapes = _rounded(np.asarray(geometry.array, dtype=object), step)
    return gpd.GeoSeries(shapes, index=geometry.index, crs=geometry.crs)


def _rounded(shapes: Any, step: float) -> Any:
    found = shapely.set_precision(shapes, step, mode="valid_output")
    gone = shapely.is_empty(found) & ~shapely.is_empty(shapes)
    if gone.any():
        west, south, east, north = (np.floor(edge / step) * step for edge in
                                    shapely.bounds(shapes[gone]).T)  # fmt: skip
        found[gone] = shapely.box(west, south, east + step, north + step)
    return found
