"""Outlines as texts are read back as the outlines that were rounded."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.export.features import features
from pingshan_geo.export.outlines import outline_texts, rounded
from pingshan_geo.figure import ObjectArray

# Without sizes below 0.0001, which have an exponent in the libraries' texts.
_DEGREES = (
    st.just(0.0)
    | st.floats(1e-4, 399)
    | st.floats(-399, -1e-4)
    | st.integers(1000, 3 * 10**9).map(lambda number: number / 1e7)
)
_TRIANGLE = st.lists(st.tuples(_DEGREES, _DEGREES), min_size=3, max_size=3).map(shapely.Polygon)


def array(*shapes: shapely.Geometry | None) -> ObjectArray:
    return np.array([*shapes, 0], dtype=object)[:-1]


def same(shapes: ObjectArray) -> None:
    """Fail unless the texts hold what shapely writes, no number with more than 7 decimals."""
    texts, known_texts = outline_texts(shapes).to_pylist(), shapely.to_geojson(shapes)
    for text, known in zip(texts, known_texts, strict=True):
        assert (text is None) == (known is None)
        if text is not None:
            read = json.loads(text)
            assert read == json.loads(known)
            assert text == json.dumps(read, separators=(",", ":"))


@given(st.lists(_TRIANGLE, min_size=1))
def test_every_coordinate_is_printed_as_python_prints_it(shapes: list[shapely.Polygon]) -> None:
    same(shapely.transform(array(*shapes), lambda xy: np.round(xy, 7) + 0.0))


def test_holes_parts_points_and_nothing_stand_in_their_rows() -> None:
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    box = shapely.box(-0.5, 100.25, 1, 114.3000001)
    parts = shapely.MultiPolygon([ring, box])
    far = shapely.box(5000, 0, 5001, 1)
    same(array(parts, None, box, ring, shapely.Polygon(), shapely.Point(1, 2), far, box))
    same(array())
    same(array(None))


def test_a_number_has_no_more_than_seven_decimals() -> None:
    # shapely.to_geojson prints 22.670151100000002, which is the same number.
    (text,) = outline_texts(array(shapely.box(114.3, 22.6701511, 114.4, 22.7))).to_pylist()
    assert "22.6701511]" in text


@pytest.mark.parametrize("is_clockwise", [True, False])
def test_a_point_that_rounding_repeats_is_printed_once(is_clockwise: bool) -> None:
    corners = [(0, 0), (1, 0), (1.00000001, 0), (1, 1)]
    shape = shapely.Polygon(corners[::-1] if is_clockwise else corners)
    shapes, lost, invalid = rounded(array(shape))
    assert shapely.get_num_coordinates(shapes).tolist() == [4]
    assert shapely.is_ccw(shapely.get_exterior_ring(shapes)).all()
    assert (lost.any(), invalid.any()) == (False, False)


def test_only_an_outline_that_is_still_invalid_is_told() -> None:
    spike = [(0, 0), (1, 0), (1, 1), (1, 0.99999999), (1.00000001, 1), (0, 1)]
    bow = [(0, 0), (2, 2), (2, 0), (0, 2)]
    shapes, lost, invalid = rounded(array(shapely.Polygon(spike), shapely.Polygon(bow), None))
    assert not shapely.is_valid(shapely.Polygon(spike))
    assert shapely.is_valid(shapes).tolist() == [True, False, False]
    assert (lost.tolist(), invalid.tolist()) == ([False] * 3, [False, True, False])


def test_columns_are_printed_alike_only_if_each_bit_is() -> None:
    rows = pd.DataFrame({"a": [0.0, 1.5], "b": [-0.0, 1.5], "c": [0.0, 1.5], "d": [0.0, None]})
    (block,) = features(rows, between="\n")
    found = [json.loads(line)["properties"] for line in bytes(block).splitlines()]
    assert [list(map(repr, each.values())) for each in found] == [
        ["0.0", "-0.0", "0.0", "0.0"], ["1.5", "1.5", "1.5", "None"],
    ]  # fmt: skip
