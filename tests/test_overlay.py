"""Parcels cut by zones: nothing lost, nothing counted twice, the same in every order and CRS."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyclipper
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, translate

from pingshan_geo.errors import UsageError
from pingshan_geo.measures import overlay as module
from pingshan_geo.measures.area import measured_area
from pingshan_geo.measures.crossing import Chains
from pingshan_geo.measures.cutting import cut, cut_up, valid
from pingshan_geo.measures.overlay import overlapping_zones, overlay
from pingshan_geo.measures.plane import Plane

UNIT_M, MIDDLE_M = 100.0, 300.0
# The plane that `overlay` chooses for shapes near its middle: straight lines there are straight in
# the tests too, so that shares are those of squared paper.
PLANE = Plane.about(gpd.GeoSeries([shapely.Point(114, 22)], crs="EPSG:4490"))


def series(shapes, crs="EPSG:4490"):
    """Shapes on squared paper of 100 m, put near Pingshan; a list is named by position."""
    if not isinstance(shapes, dict):
        shapes = {f"s{n}": shape for n, shape in enumerate(shapes)}
    flat = shapely.transform(
        np.array(list(shapes.values()), dtype=object), lambda xy: xy * UNIT_M - MIDDLE_M
    )
    return gpd.GeoSeries(PLANE.lonlat(flat), index=list(shapes), crs="EPSG:4490").to_crs(crs)


def pairs(parcels, zones, kinds=None, **tolerances):
    zones = zones if isinstance(zones, gpd.GeoSeries) else series(zones)
    parcels = parcels if isinstance(parcels, gpd.GeoSeries) else series(parcels)
    kinds = pd.Series(kinds or "base", index=zones.index, dtype=object)
    table = overlay(parcels, zones, kinds, **tolerances)
    check_sums(table, measured_area(parcels))
    return table


def check_sums(table, measured):
    """Shares add up to exactly 1 and areas to the measured area: exactly, and left to right."""
    for (parcel, _), rows in table.groupby(["parcel_id", "zone_kind"], sort=False):
        for column, whole in (("share", 1.0), ("area_m2", measured[parcel])):
            values = rows[column].tolist()
            assert math.fsum(values) == sum(values) == sum(values[::-1]) == whole
        assert rows["is_dominant"].sum() <= 1


def shares(table):
    return dict(zip(table["zone_id"], table["share"].round(7), strict=True))


box = shapely.box
LOT = {"lot": box(0, 0, 4, 4)}


def test_a_lot_a_quarter_in_a_zone_and_three_quarters_outside():
    table = pairs(LOT, {"east": box(3, 0, 7, 4)})
    assert table["zone_id"].tolist() == ["east", None]
    assert table["share"].tolist() == pytest.approx([0.25, 0.75], abs=1e-9)
    assert table["area_m2"].tolist() == pytest.approx([40_000, 120_000], rel=1e-7)
    assert table["share_of_zone"].tolist() == pytest.approx([0.25, np.nan], abs=1e-7, nan_ok=True)
    assert table["is_dominant"].tolist() == [False, True]  # most of it lies in no zone
    assert not table[["is_whole", "is_sliver"]].to_numpy().any()
    assert table["shared_m2"].tolist() == [0, 0]
    assert table.crs == "EPSG:4490"
    assert measured_area(table.geometry).tolist() == pytest.approx(table["area_m2"], rel=1e-7)


def test_a_box_in_degrees_is_cut_by_a_meridian_to_its_part_of_the_longitudes():
    # Between two parallels, areas on the ellipsoid are as the differences of longitude.
    lot = gpd.GeoSeries([box(114.0, 22.6, 114.001, 22.601)], ["lot"], crs="EPSG:4490")
    east = gpd.GeoSeries([box(114.00075, 22.595, 114.01, 22.605)], ["east"], crs="EPSG:4490")
    table = pairs(lot, east)
    assert table["share"].tolist() == pytest.approx([0.25, 0.75], abs=1e-6)
    assert table.geometry.iloc[1].bounds[::2] == pytest.approx((114.0, 114.00075), abs=1e-8)


def test_whole_lots_have_no_shape_and_edge_contact_is_no_membership():
    parcels = {"in": box(1, 1, 2, 2), "beside": box(4, 0, 5, 4), "edge": box(0, 0, 1, 1)}
    table = pairs(parcels, {"zone": box(0, 0, 4, 4), "corner": box(5, 4, 6, 5)})
    assert table["parcel_id"].tolist() == ["in", "beside", "edge"]
    assert table["zone_id"].tolist() == ["zone", None, "zone"]
    assert table["is_whole"].all()
    assert table.geometry.isna().all()
    assert table["is_dominant"].all()


def test_rows_stand_by_parcel_then_kind_as_first_met_then_zone_then_outside():
    zones = {"z2": box(2, 0, 3, 4), "town": box(0, 0, 9, 9), "z1": box(0, 0, 2, 4)}
    table = pairs({"b": box(0, 0, 4, 4), "a": box(8, 8, 9, 9)}, zones, ["block", "town", "block"])
    rows = table[["parcel_id", "zone_kind", "zone_id"]].to_numpy(dtype=object).tolist()
    assert rows == [
        ["b", "block", "z2"], ["b", "block", "z1"], ["b", "block", None], ["b", "town", "town"],
        ["a", "block", None], ["a", "town", "town"],
    ]  # fmt: skip
    assert table.index.tolist() == list(range(6))


def test_zones_of_one_kind_that_overlap_are_told_and_not_counted_twice():
    zones = {"first": box(0, 0, 2, 4), "second": box(1, 0, 3, 4), "other": box(0, 0, 4, 4)}
    table = pairs(LOT, zones, ["base", "base", "town"])
    base = table[table["zone_kind"] == "base"]
    assert base["share"].tolist() == pytest.approx([0.5, 0.25, 0.25], abs=1e-7)
    assert (base["shared_m2"] / measured_area(series(LOT))["lot"]).tolist() == pytest.approx(
        [0, 0.25, 0], abs=1e-7
    )
    assert table["shared_m2"].iloc[-1] == 0  # another kind
    strip = shapely.box(-100, -300, 0, 100)  # from 2 to 3 on paper
    assert shapely.symmetric_difference(PLANE.shapes(base.geometry)[1], strip).area < 1e-4
    told = overlapping_zones(series(zones), pd.Series(["base", "base", "town"], list(zones)))
    assert told[["zone_id", "other_id", "zone_kind"]].to_numpy().tolist() == [
        ["first", "second", "base"]
    ]
    assert told["area_m2"].tolist() == pytest.approx(base["shared_m2"].iloc[1:2], rel=1e-7)


@pytest.mark.parametrize("lot", [box(1, 1, 2, 2), box(0, 0, 4, 4)])
def test_land_that_lies_in_two_zones_counts_for_the_first_and_the_second_still_has_a_row(lot):
    table = pairs({"lot": lot}, {"first": box(0, 0, 4, 4), "same": box(0, 0, 4, 4)})
    assert table["share"].tolist() == [1, 0]
    assert table["shared_m2"].tolist() == pytest.approx([0, table["area_m2"][0]], rel=1e-9)
    assert table["is_whole"].tolist() == table["is_dominant"].tolist() == [True, False]
    assert not table["is_sliver"].any()


def test_a_gap_as_large_as_an_overlap_hides_neither():
    table = pairs(LOT, [box(0, 0, 2, 4), box(1, 0, 3, 4)])
    assert table["share"].tolist() == pytest.approx([0.5, 0.25, 0.25], abs=1e-6)


def test_a_zone_within_a_later_one_of_its_kind_keeps_its_land():
    table = pairs(LOT, [box(1, 1, 3, 3), box(-1, -1, 5, 5)])
    assert table["share"].tolist() == pytest.approx([0.25, 0.75], abs=1e-6)
    assert len(table.geometry.iloc[1].interiors) == 1


def test_slivers_are_told_and_are_never_dominant():
    zones = {"sliver": box(0, 0, 0.0005, 4), "strip": box(0.0005, 0, 0.0025, 4)}  # 0.05 and 0.2 m
    table = pairs(LOT, zones)
    assert table["is_sliver"].tolist() == [True, False, False]
    assert table["is_dominant"].tolist() == [False, False, True]
    narrow = {"lot": box(0, 0, 0.0035, 4)}
    assert pairs(narrow, zones)["is_dominant"].tolist() == [False, True, False]
    table = pairs(narrow, zones, least_width_m=0.3)
    assert table["is_sliver"].all()
    assert not table["is_dominant"].any()
    assert pairs(LOT, zones, least_width_m=0.01)["is_sliver"].tolist() == [False] * 3
    crumb = pairs(LOT, {"crumb": box(0, 0, 0.007, 0.007)})  # 0.49 m², and 0.35 m wide
    assert crumb["is_sliver"].tolist() == [True, False]
    # A whole parcel smaller than every tolerance is none.
    tiny = pairs({"tiny": box(1, 1, 1.001, 1.001)}, {"zone": box(0, 0, 4, 4)})
    assert tiny[["is_whole", "is_sliver", "is_dominant"]].to_numpy().tolist() == [
        [True, False, True]
    ]


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547"])
def test_of_equal_shares_the_first_zone_is_dominant(crs):
    halves = [box(0, 0, 2, 4), box(2, 0, 4, 4)]
    for zones in (halves, halves[::-1]):
        table = pairs(series(LOT, crs), series(zones, crs))
        assert table["is_dominant"].tolist() == [True, False]


def test_parts_and_holes_are_cut_too():
    ring = box(0, 0, 4, 4) - box(1, 1, 3, 3)  # 12
    pair = shapely.union(box(0, 0, 1, 1), box(3, 3, 4, 4))
    zones = {"south": box(-1, -1, 5, 2), "yard": box(1, 1, 3, 3)}
    table = pairs({"ring": ring, "pair": pair}, zones)
    assert table["zone_id"].tolist() == ["south", None, "south", None]
    assert table["share"].tolist() == pytest.approx([0.5] * 4, abs=1e-6)


def test_what_has_no_polygon_enters_nothing_and_what_is_invalid_is_made_valid():
    bow_tie = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 2)])
    parcels = {
        "none": None, "empty": shapely.Polygon(), "point": shapely.Point(1, 1), "tie": bow_tie,
        "flat": shapely.Polygon([(0, 0), (4, 4), (4, 4), (0, 0)]),
        "high": shapely.force_3d(LOT["lot"]),
    }  # fmt: skip
    zones = series(
        {"none": None, "line": shapely.LineString([(0, 0), (4, 4)]), "west": box(0, 0, 2, 4)}
    )
    zone_kinds = pd.Series(["void", "void", "base"], zones.index)
    table = overlay(series(parcels), zones, zone_kinds)
    assert table["parcel_id"].unique().tolist() == ["tie", "high"]
    assert table["zone_kind"].unique().tolist() == ["base"]
    assert not table.geometry.has_z.any()
    # The sides cross at (4/3, 4/3): triangles of 4/3 and 16/3, 1/16 of the latter in the west.
    assert table["share"].iloc[0] == pytest.approx(0.25, abs=1e-6)


def test_no_parcels_or_no_zones_give_an_empty_table_of_the_same_columns():
    full = pairs(LOT, {"east": box(3, 0, 7, 4)})
    none = gpd.GeoSeries([], index=pd.Index([], dtype=object), crs="EPSG:4490")
    kinds = pd.Series([], index=none.index, dtype=object)
    missing = series({"lot": None})
    for table in (
        overlay(series(LOT), none, kinds), overlay(none, series(LOT), pd.Series(["x"], ["lot"])),
        overlay(none, none, kinds), overlay(missing, missing, pd.Series(["x"], ["lot"])),
    ):  # fmt: skip
        assert len(table) == 0
        assert table.crs == "EPSG:4490"
        for column in full.columns.drop(["parcel_id", "zone_id"]):
            assert table[column].dtype == full[column].dtype, column
    assert len(overlapping_zones(none, kinds)) == 0


def test_a_crs_that_measures_nothing_is_refused():
    lot = series(LOT)
    kinds = pd.Series(["base"], ["lot"])
    for parcels, zones in ((lot.to_crs(3857), lot), (lot, lot.to_crs(3857))):
        with pytest.raises(UsageError, match="Mercator"):
            overlay(parcels, zones, kinds)


def test_geos_errors_are_noded_on_a_grid_row_by_row():
    calls = []

    def fails(one, two, grid_size=None):
        calls.append(grid_size)
        if grid_size is None and (np.ndim(one) or one.equals(box(0, 0, 4, 4))):
            raise shapely.GEOSException("TopologyException")
        return shapely.intersection(one, two, grid_size=grid_size)

    found = cut(
        fails, np.array([box(0, 0, 4, 4), box(0, 0, 1, 1)]), np.array([box(2, 0, 9, 9)] * 2)
    )
    assert shapely.area(found).tolist() == [8, 0]
    assert calls == [None, None, 1e-6, None]


# Invariants, over random parcels and zones

coordinate = st.integers(0, 24).map(lambda n: n / 4)


@st.composite
def polygons(draw, least=1, most=4):
    """Stars and boxes on a grid (so that edges often coincide), some with holes."""
    found = []
    for _ in range(draw(st.integers(least, most))):
        if draw(st.booleans()):
            x, y = draw(coordinate), draw(coordinate)
            shape = box(x, y, x + draw(st.integers(1, 12)) / 4, y + draw(st.integers(1, 12)) / 4)
        else:
            count = draw(st.integers(3, 9))
            radius = draw(st.lists(st.floats(0.2, 3), min_size=count, max_size=count))
            turn = np.arange(count) * 2 * np.pi / count
            middle = (draw(st.floats(0, 6)), draw(st.floats(0, 6)))
            shape = shapely.Polygon(
                np.column_stack([np.cos(turn), np.sin(turn)]) * np.c_[radius] + middle
            )
        if draw(st.booleans()):
            shape = shape - translate(
                box(-0.1, -0.1, 0.1, 0.1), *shape.representative_point().coords[0]
            )
        found.append(shape)
    return found


@settings(deadline=None, max_examples=150)
@given(polygons(), polygons(0, 5), st.lists(st.sampled_from("ab"), min_size=5, max_size=5))
@example([box(0, 0, 1, 1)], [box(0, 0, 1, 1)] * 3, list("aabbb"))
def test_pieces_close_and_agree_with_cutting_zone_by_zone(parcels, zones, kinds):
    parcels, zones = series(parcels), series(zones)
    kinds = pd.Series(kinds[: len(zones)], index=zones.index, dtype=object)
    table = overlay(parcels, zones, kinds)
    check_sums(table, measured_area(parcels))
    plane = Plane.about(parcels, zones)
    lots, areas = plane.shapes(parcels), plane.shapes(zones)
    for lot, name in zip(lots, parcels.index, strict=True):
        for kind in kinds.unique():
            rows = table[(table["parcel_id"] == name) & (table["zone_kind"] == kind)]
            told = shares(rows)
            left = lot
            for zone, zone_id in zip(areas[kinds == kind], kinds.index[kinds == kind], strict=True):
                own = (left.area - shapely.difference(left, zone).area) / lot.area
                assert told.pop(zone_id, 0) == pytest.approx(own, abs=1e-7)
                left = shapely.difference(left, zone)
            assert told.pop(None, 0) == pytest.approx(left.area / lot.area, abs=1e-7)
            assert not told


@settings(deadline=None, max_examples=150)
@given(polygons(), polygons(1, 5))
def test_pieces_fill_the_parcel_before_they_are_scaled(parcels, zones):
    lots = valid(np.array(parcels, dtype=object))
    lots = shapely.transform(lots, lambda xy: xy * 100)
    areas = np.append(
        shapely.transform(valid(np.array(zones, dtype=object)), lambda xy: xy * 100), [None]
    )
    nothing = np.zeros(len(areas), dtype=np.int64)
    pieces = cut_up(lots, areas, nothing, nothing == 0, Chains.of(areas))
    filled = np.bincount(pieces.parcel, pieces.area, len(lots))
    met = np.unique(pieces.parcel)
    # Where GEOS had to be helped, pieces are cut again on a grid of a micrometre.
    grid = np.maximum(1e-9 * shapely.area(lots[met]), 1e-6 * shapely.length(lots[met]))
    assert (np.abs(filled[met] - shapely.area(lots[met])) <= grid).all()
    assert shapely.area(pieces.piece) == pytest.approx(pieces.area, abs=1e-6)


@pytest.mark.parametrize(("wide_m", "is_shared"), [(1.4, False), (1.6, True)])
def test_what_a_piece_would_lose_by_contact_all_around_it_is_not_land_of_two_zones(
    wide_m, is_shared
):
    # Half a contact of 1 m all around 200 m by 400 m is 600 m²: a strip of 1.5 m.
    lot = np.array([shapely.box(0, 0, 400, 400)], dtype=object)
    zones = [shapely.box(0, 0, 200 + wide_m, 400), shapely.box(200, 0, 400, 400), None]
    areas, nothing = np.array(zones, dtype=object), np.zeros(3, dtype=np.int64)
    found = cut_up(lot, areas, nothing, nothing == 0, Chains.of(areas), contact_m=1.0)
    expected = wide_m * 400 * is_shared
    assert found.shared.tolist() == pytest.approx([0, expected], abs=1e-9)
    assert found.area.tolist() == pytest.approx([(200 + wide_m) * 400, 80_000 - expected])


@settings(deadline=None, max_examples=60)
@given(polygons(), polygons(1, 3), st.floats(0, 180), st.floats(1, 5))
def test_a_zone_cut_in_two_holds_what_it_held(parcels, zones, angle, at):
    knife = rotate(box(-50, at, 50, 99), angle, origin=(3, 3))
    halves = {}
    for n, zone in enumerate(zones):
        halves |= {f"s{n}": zone & knife, f"s{n}/2": zone - knife}
    table, halved = pairs(parcels, zones), pairs(parcels, halves)
    halved["zone_id"] = halved["zone_id"].fillna("").str.split("/").str[0]
    table["zone_id"] = table["zone_id"].fillna("")
    sums = [t.groupby(["parcel_id", "zone_id"])["share"].sum() for t in (table, halved)]
    one, two = sums[0].align(sums[1], fill_value=0)
    assert one.to_numpy() == pytest.approx(two.to_numpy(), abs=1e-8)


@settings(deadline=None, max_examples=60)
@given(polygons(2), polygons(1, 4), st.randoms())
def test_order_winding_start_of_rings_and_crs_do_not_matter(parcels, zones, random):
    table = pairs(parcels, zones, least_area_m2=0, least_width_m=0)
    turned = series(
        [shapely.reverse(shape) if shape.geom_type == "Polygon" else shape for shape in parcels]
    )
    rolled = turned.map(
        lambda shape: (
            shapely.Polygon(
                np.roll(shape.exterior.coords[:-1], random.randint(0, 5), axis=0),
                [hole.coords for hole in shape.interiors],
            )
            if shape.geom_type == "Polygon"
            else shape
        )
    ).set_crs(turned.crs)  # which geopandas 1.1 forgets
    order = list(rolled.index)
    random.shuffle(order)
    other = pairs(
        rolled[order].to_crs("EPSG:4547"),
        series(zones, "EPSG:4547"),
        least_area_m2=0,
        least_width_m=0,
    )
    keys = ["parcel_id", "zone_id"]
    sets = [t.fillna({"zone_id": ""}).set_index(keys)["share"].sort_index() for t in (table, other)]
    one, two = sets[0].align(sets[1], fill_value=0)
    assert one.to_numpy() == pytest.approx(two.to_numpy(), abs=1e-8)


# Against a second engine, and in pieces


def town(count, seed):
    """Small random stars over random zones, in whole units of a millimetre about 0."""
    rng = np.random.default_rng(seed)

    def stars(number, size, corners):
        turn = np.arange(corners) * 2 * np.pi / corners
        radius = rng.uniform(0.3, 1, (number, corners)) * size
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1) * radius[..., None]
        return shapely.polygons(ring + rng.uniform(0, 10, (number, 1, 2)))

    return stars(count, 0.6, 11), stars(12, 3, 60)


def clipper_area(one, two, kind):
    clipper = pyclipper.Pyclipper()
    for shape, role in ((one, pyclipper.PT_SUBJECT), (two, pyclipper.PT_CLIP)):
        ring = np.rint(np.array(shape.exterior.coords[:-1]) * 1e8).astype(np.int64).tolist()
        clipper.AddPath(ring, role, True)
    fill = pyclipper.PFT_NONZERO
    return sum(pyclipper.Area(path) for path in clipper.Execute(kind, fill, fill)) / 1e16


def test_areas_of_pieces_are_those_of_clipper():
    parcels, zones = (series(list(shapes)) for shapes in town(150, seed=7))
    kinds = pd.Series(zones.index, index=zones.index)  # each a kind of its own
    table = overlay(parcels, zones, kinds)
    check_sums(table, measured_area(parcels))
    plane = Plane.about(parcels, zones)
    flat = [pd.Series(plane.shapes(layer), layer.index) for layer in (parcels, zones)]
    for row in table.itertuples():
        lot, zone = flat[0][row.parcel_id], flat[1][row.zone_kind]
        kind = pyclipper.CT_DIFFERENCE if row.zone_id is None else pyclipper.CT_INTERSECTION
        expected = clipper_area(lot, zone, kind)
        assert row.share * lot.area == pytest.approx(expected, rel=1e-6, abs=1e-5)
    assert (~table["is_whole"]).sum() > 500


@settings(deadline=None, max_examples=80)
@given(
    st.floats(-80, 80), st.floats(0.0001, 3), st.floats(0.001, 20), st.integers(3, 9),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_what_is_called_clear_of_edges_meets_none_and_a_field_lies_in_one_zone(
    lat, size, reach, corners, seed
):
    rng = np.random.default_rng(seed)
    middle = rng.uniform(-1, 1, (200, 1, 2)) * (min(4 * reach, 20), reach) + (114, lat * 0.9)
    ring = (middle + rng.uniform(-size, size, (200, corners, 2)) / 20).clip(-179, 179)
    ring[..., 1] = ring[..., 1].clip(-80, 80)
    lots = shapely.convex_hull(shapely.multipoints(ring))
    plane = Plane.about(gpd.GeoSeries(lots, crs="EPSG:4490"))
    flat = shapely.transform(lots, lambda xy: np.column_stack(plane.way.transform(*xy.T)))
    extent = np.array(shapely.total_bounds(flat)).reshape(2, 2)
    corner = rng.uniform(*extent, (3, 3, 2))  # edges as long as all land
    zones = shapely.polygons(corner)
    x, y, radius = module._discs(lots, plane)
    told = np.flatnonzero(np.isfinite(radius))
    boxes = np.stack([x - radius, y - radius, x + radius, y + radius])[:, told]
    held = shapely.box(*boxes)
    assert shapely.covers(held, flat[told]).all()
    field = module._fields(boxes, module._edges(zones))
    clear = field >= 0
    for zone in zones:
        assert not shapely.intersects(zone.exterior, flat[told][clear]).any()
        is_in = shapely.contains(zone, flat[told][clear])
        for number in np.unique(field[clear]):
            assert len(set(is_in[field[clear] == number])) == 1


def test_many_parcels_are_clear_of_the_edges_of_zones():
    x, y = 0.01 * np.divmod(np.arange(1600), 40)[0] + 114, 0.01 * (np.arange(1600) % 40) + 22
    lots = shapely.box(x, y, x + 0.009, y + 0.009)
    plane = Plane.about(gpd.GeoSeries(lots, crs="EPSG:4490"))
    zone = plane.shapes(gpd.GeoSeries([shapely.box(114.1, 22.1, 114.3, 22.3)], crs="EPSG:4490"))
    x, y, radius = module._discs(lots, plane)
    boxes = np.stack([x - radius, y - radius, x + radius, y + radius])
    assert (module._fields(boxes, module._edges(zone)) >= 0).mean() > 0.8


def test_a_parcel_without_land_deep_in_a_zone_enters_nothing():
    flat = shapely.Polygon([(114.1, 22.1), (114.2, 22.1), (114.1, 22.1)])
    table = overlay(
        gpd.GeoSeries([flat, shapely.box(114.1, 22.1, 114.2, 22.2)], ["flat", "lot"], crs=4490),
        gpd.GeoSeries([shapely.box(114, 22, 115, 23)], ["zone"], crs=4490),
        pd.Series(["base"], ["zone"]),
    )
    assert table["parcel_id"].tolist() == ["lot"]


def test_blocks_of_parcels_give_the_table_of_the_whole(monkeypatch):
    parcels, zones = (series(list(shapes)) for shapes in town(60, seed=3))
    kinds = pd.Series(["a", "b"] * 6, zones.index)
    whole = overlay(parcels, zones, kinds)
    assert whole["shared_m2"].max() > 0
    monkeypatch.setattr(module, "_BLOCK", 7)
    pd.testing.assert_frame_equal(pd.DataFrame(overlay(parcels, zones, kinds)), pd.DataFrame(whole))
