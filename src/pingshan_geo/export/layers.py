"""A table of an assessment as a layer: rows chosen, columns of one type, coordinates in a CRS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api import types

from pingshan_geo.assessment import as_polygons
from pingshan_geo.catalogue.part import Part, Step
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.crs import GEOGRAPHIC, exact_way, is_web_mercator, named_crs
from pingshan_geo.errors import UsageError
from pingshan_geo.figure import Figure, FloatArray, choose_object
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    from pyproj import CRS

    from pingshan_geo.assessment import Assessment

#: What can be exported; the last four are made by the assessment.
TABLES = (
    "parcels", "zones", "projects", "auctions", "targets", "indicators", "overlay", "topology",
    "findings", "figures",
)  # fmt: skip
_FINDING_COLUMNS = (
    "severity", "code", "subject", "file", "field", "row", "value", "message", "fix", "related",
)  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """Rows ready to be written.

    Attributes
    ----------
    name : str
        One of `TABLES`.
    parts : Parts
        The id is the first column. Unknown is NaN or None, and so is a bound that is none.
        An illustrative outline has a text in the column ``notice``.
    outlines : Parts
        The same rows, maybe with no other column than the outlines.
    catalogue : dict
        ``id``, ``as_of`` and ``sha256`` of what the rows come from.
    notes : tuple of Text
        What happened to the coordinates, for whoever uses the layer.
    """

    name: str
    parts: Parts
    outlines: Parts
    catalogue: dict[str, str]
    notes: tuple[Text, ...] = ()

    @property
    def data(self) -> Any:
        """All rows in memory, a GeoDataFrame or DataFrame."""
        return self.parts.whole

    @cached_property
    def head(self) -> Any:
        """The columns without a row."""
        return self.parts.head()

    @property
    def is_drawn(self) -> bool:
        """Whether there are outlines."""
        return "geometry" in self.head

    def alone(self) -> Layer:
        """Return the layer for another process, see `Parts.alone`."""
        return replace(self, parts=self.parts.alone(), outlines=self.outlines.alone())

    def having(self, data: pd.DataFrame) -> Layer:
        """Return the layer with other rows."""
        parts = Parts.of(data)
        return replace(self, parts=parts, outlines=parts)

    def about(self, lang: str, notes: tuple[Text, ...] = ()) -> str:
        """Return as JSON what the rows come from, and the notes, those of a format included."""
        said = [note.get(lang) for note in (*self.notes, *notes)]
        about = {"name": self.name, "catalogue": self.catalogue, "notes": said}
        return json.dumps(about, ensure_ascii=False)

    def with_outlines(self, suffix: str) -> gpd.GeoDataFrame:
        """Return the rows for a format that is made for outlines, categories as texts.

        Raises
        ------
        UsageError
            If the table has none.
        """
        if not self.is_drawn:
            raise UsageError(
                f"{self.name} have no outlines, which {suffix} is for: write .csv or .xlsx",
                f"{self.name} 表没有轮廓，不宜写成 {suffix}；请用 .csv 或 .xlsx",
            )
        texts = {
            str(name): self.data[name].astype("str") for name, kind in self.data.dtypes.items()
            if isinstance(kind, pd.CategoricalDtype)
        }  # fmt: skip
        return self.data.assign(**texts)

    def degrees_only(self, suffix: str) -> tuple[Text, ...]:
        """Return what to say where CGCS2000 coordinates are given as WGS 84.

        Raises
        ------
        UsageError
            If the coordinates are not longitude and latitude on CGCS2000 or WGS 84.
        """
        if not self.is_drawn:
            return ()
        name = self.head.crs.to_string()
        if name not in GEOGRAPHIC:
            raise UsageError(
                f"{suffix} holds longitude and latitude on WGS 84 only, not {name}: "
                "leave --crs out, or write .gpkg, .parquet or .shp",
                f"{suffix} 只能存 WGS 84 经纬度，不能存 {name}；"
                "请去掉 --crs，或写成 .gpkg、.parquet 或 .shp",
            )
        return (text("note_null_step"),) if name == "EPSG:4490" else ()


def export_table(
    assessment: Assessment,
    table: str,
    where: str | None = None,
    crs: str | None = None,
    lang: str = "en",
) -> Layer:
    """Return a table of an assessment as a layer.

    Parameters
    ----------
    assessment : Assessment
        Where the rows come from.
    table : str
        One of `TABLES`.
    where : str, optional
        CQL2 text over the columns of the table.
    crs : str, optional
        ``EPSG:n``; without it the coordinates are longitude and latitude as in the catalogue.
    lang : str
        Language of the notices and of the texts of findings and figures.

    Raises
    ------
    UsageError
        For an unknown table, column or CRS, and where no exact way leads to the CRS.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> layer = export_table(assess(load_catalogue()), "zones", "kind = 'district'", "EPSG:4547")
    >>> len(layer.data), layer.data.crs.to_epsg()
    (1, 4547)
    """
    if table not in TABLES:
        raise UsageError(
            f"no table {table!r}; there are: {', '.join(TABLES)}",
            f"没有表 {table!r}；现有：{'、'.join(TABLES)}",
        )
    rows = _rows(assessment, table, lang).as_texts()
    outlines = rows
    if where is not None:
        rows = outlines = rows.matching(where)
    elif not rows.is_in_memory and "geometry" in rows.names:
        outlines = rows.seen(["geometry_status", "geometry"] if table == "parcels" else _CUT)
    steps: list[Step] = [partial(_plain_rows, lang=lang, kinds=rows.kinds)]
    notes: tuple[Text, ...] = ()
    if "geometry" in rows.names:
        if outlines.has_heights():
            steps.append(_without_heights)
            notes = (text("note_no_heights"),)
        if crs is not None:
            step, said = _in_crs(outlines, crs)
            steps.append(step)
            notes += said
    elif crs is not None:
        raise UsageError(
            f"{table} have no geometry; leave --crs out", f"{table} 表没有几何，请去掉 --crs"
        )
    for step in steps:
        rows, outlines = rows.each(step), outlines.each(step)
    about = assessment.catalogue
    catalogue = {"id": about.id, "as_of": str(assessment.as_of), "sha256": about.sha256}
    return Layer(table, rows, outlines, catalogue, notes)


# Whatever figure: it names the columns where there is none.
_NO_FIGURE = Figure("", "", "", 1.0, 1.0, 1.0, "1", "exact", "derived", Text("", ""))
# What the shape of a piece of a parcel is made of.
_CUT = ("parcel_id", "is_whole", "geometry")


def _rows(assessment: Assessment, table: str, lang: str) -> Parts:
    """Return the rows of a table, indexed by id if it has ids, with all its columns."""
    if table == "findings":
        found = [finding.to_dict(lang) for finding in assessment.findings]
        rows = pd.DataFrame(found, columns=_FINDING_COLUMNS, dtype=object)
        shapes = [finding.shape for finding in assessment.findings]
        if any(shape is not None for shape in shapes):
            rows["related"] = [" ".join(each.related) or None for each in assessment.findings]
            rows = _drawn(rows, shapes, assessment.catalogue.crs)
        return Parts.of(rows)
    if table == "figures":
        figures = [{"kind": figure.kind, **figure.to_dict(lang)} for figure in assessment.figures()]
        columns = None if figures else ["kind", *_NO_FIGURE.to_dict()]
        return Parts.of(pd.DataFrame(figures, columns=columns, dtype=object).set_index("id"))
    if table == "overlay":
        return assessment.pieces.beside(assessment.lots, _with_whole)
    if table == "topology":
        rows = pd.DataFrame(assessment.topology.drop(columns="geometry"))
        crs = assessment.catalogue.crs
        return Parts.of(_drawn(rows, assessment.topology.geometry.to_numpy(), crs))
    return assessment.parts[table]


def _with_whole(pieces: gpd.GeoDataFrame, other: Part) -> Any:
    """Return parts of parcels with the outline of the parcel where they are all of it."""
    if "geometry" not in pieces:
        return pieces
    whole = pieces["is_whole"].to_numpy(dtype=bool)
    lots = other.read(["geometry"]).geometry.reindex(pieces["parcel_id"])
    shapes = np.where(whole, lots.to_numpy(), pieces.geometry.to_numpy())
    return _drawn(pieces.drop(columns="geometry"), shapes, pieces.crs)


def _without_heights(rows: gpd.GeoDataFrame) -> Any:
    return rows.set_geometry(rows.geometry.force_2d())


def _plain_rows(rows: pd.DataFrame, lang: str, kinds: Mapping[str, str]) -> pd.DataFrame:
    if rows.index.name:  # one of many columns: put in front of the others, not into them
        rows = pd.concat([rows.index.to_frame(), rows], axis=1).reset_index(drop=True)
    return _plain(rows, lang, kinds)


def _drawn(rows: pd.DataFrame, shapes: Any, crs: str) -> pd.DataFrame:
    """Return rows with shapes as polygons, which every format holds."""
    polygons = as_polygons(np.array([*shapes, None], dtype=object)[:-1])
    drawn: pd.DataFrame = gpd.GeoDataFrame(rows, geometry=list(polygons), crs=crs)
    return drawn


def _plain(data: pd.DataFrame, lang: str, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return columns of one type each: numbers without infinity, texts, truth values.

    Outlines come last, after a notice where one is illustrative. What need not change is not
    copied.
    """
    columns: dict[str, Any] = {}
    for name, column in data.items():
        if name == "row_number" or str(name).endswith("_digits"):  # how the file was read
            continue
        if types.is_float_dtype(column) and np.isinf(column).any():
            columns[str(name)] = column.where(np.isfinite(column))
        elif column.dtype == object or _is_mixed(column.dtype):
            known = column.astype(object)
            kind = kinds.get(str(name)) or types.infer_dtype(known, skipna=True)
            columns[str(name)] = _plain_objects(known, kind)
        else:
            columns[str(name)] = column
    if "geometry" in data:
        status = data.get("geometry_status", pd.Series(index=data.index))
        said = choose_object(
            (status == "illustrative").to_numpy(), text("notice_illustrative").get(lang), None
        )
        columns["notice"] = pd.Series(said, index=data.index, dtype="str")
        columns["geometry"] = columns.pop("geometry")
    plain = pd.DataFrame(columns, index=data.index, copy=False)
    return gpd.GeoDataFrame(plain, geometry="geometry") if "geometry" in plain else plain


def _is_mixed(kind: Any) -> bool:
    """Return whether a type is one of categories that are not texts."""
    if not isinstance(kind, pd.CategoricalDtype):
        return False
    return types.infer_dtype(kind.categories) not in ("string", "empty")


def _plain_objects(column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    if kind in ("integer", "floating", "mixed-integer-float"):
        return column.astype("Float64" if kind != "integer" else "Int64")
    if kind == "boolean":
        return column.astype("boolean")
    if kind not in ("string", "empty"):
        column = column.map(_as_text, na_action="ignore")
    return column.astype("str")


def _as_text(value: Any) -> str:
    """Return a text as it is, anything else as JSON; dates as they are printed."""
    if isinstance(value, (list, tuple, dict, bool, int, float)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def _in_crs(outlines: Parts, wanted: str) -> tuple[Step, tuple[Text, ...]]:
    """Return the step into another CRS, and what there is to say about it."""
    target = named_crs(wanted)
    way, is_null = exact_way(outlines.head().crs, target)
    notes = [text("note_null_step")] if is_null else []
    if _leaves(np.array(list(outlines.made(_bounds))), target):
        notes.append(text("note_outside_area_of_use"))
    if is_web_mercator(target):
        notes.append(text("note_web_mercator"))
    return partial(_moved, way=way, target=target, wanted=wanted), tuple(notes)


def _moved(rows: gpd.GeoDataFrame, way: Any, target: CRS, wanted: str) -> Any:
    shapes = shapely.transform(
        rows.geometry.to_numpy(), lambda xy: np.column_stack(way.transform(xy[:, 0], xy[:, 1]))
    )
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise UsageError(
            f"{wanted} ({target.name}) has no place for these coordinates",
            f"{wanted}（{target.name}）容不下这些坐标",
        )
    return rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=target))


def _bounds(rows: gpd.GeoDataFrame) -> FloatArray:
    return np.asarray(rows.total_bounds)


def _leaves(boxes: FloatArray, target: CRS) -> bool:
    area = target.area_of_use
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if area is None or not len(boxes):
        return False
    (west, south), (east, north) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return bool(west < area.west or south < area.south or east > area.east or north > area.north)
