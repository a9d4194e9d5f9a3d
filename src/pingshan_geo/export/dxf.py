"""Layers as CAD drawings (DXF): outlines and ids, a CAD layer for each land use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.crs import gauss_kruger_epsg
from pingshan_geo.errors import UsageError
from pingshan_geo.export.layers import Layer
from pingshan_geo.export.spatial import drawn_rows, fit_signs
from pingshan_geo.findings import shortened
from pingshan_geo.output import whole_file
from pingshan_geo.words import Text, land_use, text, word

if TYPE_CHECKING:
    import geopandas as gpd
    from ezdxf.document import Drawing

# What CAD does not allow in the name of a layer, and what would break a line of the file.
_NOT_IN_NAME = re.compile(r"[<>/\\\":;?*|=`',\x00-\x1f\x7f]")
_NOT_IN_TEXT = re.compile(r"[\x00-\x1f\x7f]")
# Height of a text: a part of the square root of the area, at least 0.5 m and at most 20 m.
_HEIGHT, _LEAST_M, _MOST_M = 0.06, 0.5, 20.0
_METRES, _NO_UNIT = 6, 0  # $INSUNITS
_STYLE, _NOTICE, _HOLE, _SKETCH = "ids", "notice", "-hole", "-illustrative"

# What is written into an outline of each table, and what names the layer that it is on.
_NAMED_BY = {
    "parcels": ("parcel_id", ["land_use_standard", "land_use"]),
    "zones": ("zone_id", ["kind"]),
    "overlay": ("parcel_id", ["zone_kind"]),
    "topology": ("parcel_id", ["rule"]),
    "findings": ("subject", ["code"]),
}


def write_dxf(
    layer: Layer, path: str | os.PathLike[str], lang: str, encoding: str = "utf-8"
) -> tuple[Text, ...]:
    """Write a drawing of closed polylines with the id of each row as a text inside.

    Holes are on the layer ``…-hole``; illustrative outlines are dashed on ``…-illustrative``,
    and say so in a second text. With ``gbk`` the drawing is one of the year 2000 for older CAD,
    else one of 2010.

    Raises
    ------
    UsageError
        If the coordinates are degrees, there are no outlines, or ezdxf is not installed.
    """
    try:
        from ezdxf.filemanagement import new
    except ImportError:
        raise UsageError(
            "DXF needs ezdxf: pip install 'pingshan-geo[cad]'",
            "DXF 需要 ezdxf：pip install 'pingshan-geo[cad]'",
        ) from None
    data, notes = drawn_rows(layer, ".dxf")
    _require_plane(data)
    name_of, by = _NAMED_BY[layer.name]
    shown, lost = fit_signs(data[[name_of, by[-1]]], encoding)
    names = (
        shown[by[-1]].fillna(word("unknown", lang)).map(lambda name: _NOT_IN_NAME.sub("_", name))
    )
    if "geometry_status" in data:
        names += np.where(data["geometry_status"] == "illustrative", _SKETCH, "")
    ids = shown[name_of].fillna("").map(lambda each: _NOT_IN_TEXT.sub(" ", each))
    with _without_clock():
        drawing = new("R2000" if encoding == "gbk" else "R2010")
        _set_up(drawing, data.crs, encoding)
        kinds = data[by].astype(object).where(data[by].notna(), None)
        for name, kind in dict(zip(names, kinds.itertuples(index=False), strict=True)).items():
            use = land_use(*kind) if len(kind) == 2 else None
            _add_layers(drawing, name, use.colour if use else None)
        _draw(drawing, data.geometry.to_numpy(), names.to_numpy(), ids.to_numpy(), lang)
        with whole_file(path) as place:
            drawing.saveas(place)
    left_out = ", ".join(str(each) for each in data.columns[:-1] if each not in (name_of, by[-1]))
    return (
        *notes,
        *lost,
        text("note_dxf_columns").filled(columns=shortened(left_out)),
        text("note_dxf_crs").filled(crs=f"{data.crs.to_string()} ({data.crs.name})"),
    )


def _require_plane(data: gpd.GeoDataFrame) -> None:
    if data.crs.is_projected:
        return
    west, _, east, _ = data.total_bounds
    code = int(gauss_kruger_epsg(np.array([(west + east) / 2]))[0])
    hint = f"--crs EPSG:{code}" if code else "--crs"
    raise UsageError(
        f"a drawing has no degrees ({data.crs.to_string()}): give a projected CRS, {hint}",
        f"CAD 图不以度为单位（{data.crs.to_string()}）：请指定投影坐标系，{hint}",
    )


def _set_up(drawing: Drawing, crs: Any, encoding: str) -> None:
    """Give the drawing its unit, its CRS by name, a dashed line and a font with Chinese."""
    is_metric = crs.axis_info[0].unit_name == "metre"
    drawing.header["$INSUNITS"] = _METRES if is_metric else _NO_UNIT
    drawing.header.custom_vars.append("CRS", crs.to_string())
    drawing.linetypes.add("DASHED", [9.0, 6.0, -3.0])
    if encoding == "gbk":  # and the fonts of older CAD
        drawing.encoding = encoding
        style = {"font": "txt.shx", "bigfont": "gbcbig.shx"}
        drawing.styles.new(_STYLE, dxfattribs=style)
    else:
        drawing.styles.new(_STYLE, dxfattribs={"font": "simsun.ttc"}).set_extended_font_data(
            "SimSun"
        )
    drawing.layers.add(_NOTICE)


def _add_layers(drawing: Drawing, name: str, colour: str | None) -> None:
    """Add the layer of a land use and that of its holes; older CAD takes the nearest of 255."""
    from ezdxf.colors import aci2rgb, int2rgb

    look: dict[str, Any] = {"linetype": "DASHED" if name.endswith(_SKETCH) else "Continuous"}
    if colour:
        rgb = int2rgb(int(colour[1:], 16))
        steps = np.array([aci2rgb(number) for number in range(1, 256)]) - rgb
        look["color"] = int((steps**2).sum(axis=1).argmin()) + 1
        look["true_color"] = int(colour[1:], 16)
    for each in (name, name + _HOLE):
        if each not in drawing.layers:  # CAD tells no case apart
            drawing.layers.new(each, dxfattribs=look)


def _draw(
    drawing: Drawing,
    shapes: npt.NDArray[np.object_],
    names: npt.NDArray[np.object_],
    ids: npt.NDArray[np.object_],
    lang: str,
) -> None:
    """Draw each ring as a closed polyline, and an id into each part."""
    from ezdxf.enums import TextEntityAlignment

    space = drawing.modelspace()
    parts, row_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    ends = np.flatnonzero(np.diff(ring_of, append=-1))
    starts = np.append(0, ends + 1)[: len(ends)]
    is_hole = np.diff(part_of, prepend=-1) == 0  # the first ring of a part is its outer one
    for start, end, part, hole in zip(starts, ends, part_of, is_hole, strict=True):
        on = {"layer": names[row_of[part]] + (_HOLE if hole else "")}
        space.add_lwpolyline(points[start:end], format="xy", close=True, dxfattribs=on)
    inside = shapely.get_coordinates(shapely.point_on_surface(parts))
    heights = np.clip(_HEIGHT * np.sqrt(shapely.area(parts)), _LEAST_M, _MOST_M)
    notice = word("illustrative", lang)
    for (x, y), height, row in zip(inside.tolist(), heights.tolist(), row_of, strict=True):
        look = {"style": _STYLE, "layer": names[row]}
        space.add_text(ids[row], height=height, dxfattribs=look).set_placement(
            (x, y), align=TextEntityAlignment.MIDDLE_CENTER
        )
        if names[row].endswith(_SKETCH):
            look["layer"] = _NOTICE
            space.add_text(notice, height=height / 2, dxfattribs=look).set_placement(
                (x, y - 1.5 * height), align=TextEntityAlignment.MIDDLE_CENTER
            )


@contextmanager
def _without_clock() -> Iterator[None]:
    """Let ezdxf write a fixed date and fixed identifiers into what is made meanwhile."""
    import ezdxf

    options = ezdxf.options  # type: ignore[attr-defined]
    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before
