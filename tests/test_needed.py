"""A part is left out only where no row of it can match."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pingshan_geo.catalogue.part import Part
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.query import matching

ZONES = st.sampled_from(["a", "b", "c", None])
ATOMS = st.one_of(
    st.sampled_from(["a", "b", "x"]).map(lambda zone: f"zone_id = '{zone}'"),
    st.sampled_from(["a", "b", "x"]).map(lambda zone: f"zone_id <> '{zone}'"),
    st.just("zone_id IN ('a', 'x')"), st.just("zone_id NOT IN ('a', 'x')"),
    st.just("zone_id IS NULL"), st.just("far > 2"), st.just("zone_id LIKE 'a%'"),
    st.sampled_from(["S_INTERSECTS", "S_WITHIN"]).map(
        lambda sign: f"{sign}(geometry, POLYGON((0 0, 2 0, 2 9, 0 9, 0 0)))"
    ),
)  # fmt: skip
FILTERS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
            lambda each: f"({each[0]}) {each[1]} ({each[2]})"
        ),
        inner.map(lambda each: f"NOT ({each})"),
    ),
    max_leaves=4,
)


def rows(zones, start):
    left = np.arange(start, start + len(zones)) % 7
    frame = gpd.GeoDataFrame(
        {"zone_id": pd.Series(zones, dtype=object), "far": left / 2.0},
        geometry=shapely.box(left, 0, left + 1, 1), crs="EPSG:4490",
    )  # fmt: skip
    return frame.set_axis(pd.Index([f"lot-{start + n}" for n in range(len(zones))], name="id"))


@settings(max_examples=200, deadline=None)
@example(parts=[["a"], ["b"]], where="zone_id NOT IN ('a', 'x')")
@example(parts=[["a"], ["b"]], where="NOT (zone_id = 'a')")
@example(parts=[["a"], ["b"]], where="(zone_id = 'a') OR (far > 2)")
@given(
    parts=st.lists(st.lists(ZONES, min_size=1, max_size=3), min_size=1, max_size=4), where=FILTERS
)
def test_rows_of_parts_that_are_left_out_would_not_have_matched(parts, where, tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    frames = [rows(zones, 3 * at) for at, zones in enumerate(parts)]
    kept = [Part.kept(each, folder / f"{at}.arrow") for at, each in enumerate(frames)]
    table = Parts(tuple(kept), tuple(map(len, frames)))
    whole = pd.concat(frames)
    assert table.matching(where).whole.index.tolist() == list(whole.index[matching(where, whole)])
