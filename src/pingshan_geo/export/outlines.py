"""Outlines as texts of GeoJSON: rounded, still valid, exterior rings counter-clockwise."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from pingshan_geo.figure import BoolArray, FloatArray, IntArray, ObjectArray
from pingshan_geo.measures.area import is_polygonal
from pingshan_geo.measures.ragged import flat_rings

if TYPE_CHECKING:
    import pyarrow as pa

WordArray = npt.NDArray[np.uint32]

_DECIMALS = 7
# Sizes that are printed without an exponent, and whose ten-millionths fit 32 bits.
_LEAST, _MOST = 1e-4, 400.0


def rounded(shapes: ObjectArray) -> tuple[ObjectArray, BoolArray, BoolArray]:
    """Return outlines with 7 decimals, still valid; which are lost, which are invalid as before.

    An outline that rounding would break is put on the grid of the last decimal as a whole. One
    that is too small for it is lost, and None.
    """
    drawn = ~shapely.is_missing(shapes)
    found = _round(shapes)
    after = shapely.is_valid(found) | ~drawn
    before = after.copy()  # whether an outline was valid matters where it is not any more
    before[~after] = shapely.is_valid(shapes[~after])
    broken = np.flatnonzero(before & ~after)
    found[broken] = _round(shapely.set_precision(shapes[broken], 10**-_DECIMALS))
    after[broken] = shapely.is_valid(found[broken])
    lost = drawn & (shapely.is_empty(found) | (before & ~after))
    found[lost] = None
    repeats = np.flatnonzero(_has_repeats(found) & after & ~lost)
    found[repeats] = shapely.remove_repeated_points(found[repeats])
    return shapely.orient_polygons(found, exterior_cw=False), lost, ~before


def _round(shapes: ObjectArray) -> ObjectArray:
    # Adding 0.0 turns a minus zero into zero.
    return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS) + 0.0))


def _has_repeats(shapes: ObjectArray) -> BoolArray:
    """Return which outlines have the same point twice in a row."""
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    found = np.zeros(len(shapes), dtype=bool)
    found[row[1:][(xy[1:] == xy[:-1]).all(axis=1) & (row[1:] == row[:-1])]] = True
    return found


def outline_texts(shapes: ObjectArray) -> pa.Array:
    """Return outlines with 7 decimals as objects of GeoJSON, None as null.

    No number has more than 7 decimals, which `shapely.to_geojson` does not promise: it prints
    22.6701511 with 17 digits. It has what is no polygon. For polygons it also takes 1.3 times as
    long, and keeps the interpreter to itself.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    is_ours = is_polygonal(shapes) & _is_plain(shapes)
    polygons = shapes[is_ours]
    xy, ring, owner, is_shell = flat_rings(polygons)
    order = np.argsort(owner, kind="stable")
    shells = np.flatnonzero(is_shell[order])
    rings = _ring_texts(xy, ring).take(pa.array(order))
    parts = pc.binary_join_element_wise("[", _runs(rings, shells, "],"), "]]", "")
    firsts = np.flatnonzero(np.diff(owner[order][shells], prepend=-1))
    is_one = pa.array(shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON)
    heads = ('{"type":"Polygon","coordinates":', '{"type":"MultiPolygon","coordinates":[')
    texts = pc.binary_join_element_wise(
        pc.if_else(is_one, *heads), _runs(parts, firsts, ","), pc.if_else(is_one, "}", "]}"), ""
    )
    if is_ours.all():
        return texts
    others = pa.array(shapely.to_geojson(shapes[~is_ours]), pa.string())
    place = np.argsort(np.argsort(~is_ours, kind="stable"))
    return pa.concat_arrays([texts, others]).take(pa.array(place))


def _is_plain(shapes: ObjectArray) -> BoolArray:
    """Return which outlines have only coordinates that are printed without an exponent."""
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    size = np.abs(xy)
    odd = ((size >= _MOST) | ((size < _LEAST) & (size > 0))).any(axis=1)
    return np.asarray(np.bincount(row[odd], minlength=len(shapes)) == 0)


def _runs(texts: pa.Array, starts: IntArray, between: str) -> pa.Array:
    """Return each run of texts as one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    offsets = pa.array(np.append(starts, len(texts)), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), between)


def _ring_texts(xy: FloatArray, ring: IntArray) -> pa.Array:
    """Return the points of each ring as ``[[x,y],[x,y]``.

    A point is written as eight words of four signs out of tables; what is 0 is left out.
    """
    import pyarrow as pa

    whole, high, low = _tables()
    number = np.rint(xy * 10.0**_DECIMALS)
    size = np.abs(number).astype(np.uint32)
    parts = size % 10**_DECIMALS
    top, rest = parts // 1000, parts % 1000
    words = np.empty((len(xy), 2, 4), dtype=np.uint32)
    is_first = np.diff(ring, prepend=-1) != 0
    words[:, 0, 0] = np.where(is_first, _word("\n[\0\0"), _word(",[\0\0"))
    words[:, 1, 0] = _word(",\0\0\0")
    words[:, :, 0] |= (number < 0) * _word("\0\0\0-")
    words[:, :, 1] = whole[size // 10**_DECIMALS]
    words[:, :, 2] = high[top + (rest == 0) * np.uint32(10_000)]
    words[:, :, 3] = low[rest]
    words[:, 1, 3] |= _word("\0\0\0]")
    signs = words.view(np.uint8).ravel()
    signs = signs[signs != 0]
    begins = np.flatnonzero(signs == ord("\n"))
    signs[begins] = ord("[")
    offsets = np.append(begins, len(signs)).astype(np.int32)
    return pa.StringArray.from_buffers(len(begins), pa.py_buffer(offsets), pa.py_buffer(signs))


@cache
def _tables() -> tuple[WordArray, WordArray, WordArray]:
    """Return the signs of numbers before the point, and of the first four and last three after.

    The first four stand twice: the second time no other follows, and zeros at the end go.
    """
    whole = [f"{number:>3}.".replace(" ", "\0") for number in range(int(_MOST))]
    high = [f"{number:04}" for number in range(10_000)]
    last = [(each.rstrip("0") or "0").ljust(4, "\0") for each in high]
    low = [f"{number:03}".rstrip("0").ljust(4, "\0") for number in range(1000)]
    return _word("".join(whole)), _word("".join(high + last)), _word("".join(low))


def _word(signs: str) -> WordArray:
    """Return each four signs as one number."""
    return np.frombuffer(signs.encode("ascii"), np.uint32)
