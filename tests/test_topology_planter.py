"""The planter of topology errors: what it says is in the shapes is there, by plain shapely."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from cadastre import PLANE, cadastre, district, zones
from topology_planter import CAUSES, plant

SEEDS = range(1)
LOTS = {
    (noise, crs): cadastre(400, 5, noise=noise, crs=crs)
    for noise in ("clean", "dirty") for crs in (PLANE, "EPSG:4490")
}  # fmt: skip


@pytest.mark.parametrize("kind", LOTS)
@pytest.mark.parametrize("cause", CAUSES)
def test_what_is_planted_is_there(cause, kind):
    for seed in SEEDS:
        lots = LOTS[kind]
        planted = plant(lots, cause, seed)
        parcels = planted.parcels.to_crs(PLANE)
        assert parcels.is_valid.all()
        assert (planted.layer.index == parcels.index).all()
        assert parcels.index.is_unique
        assert planted.parcels.crs == lots.crs
        assert bool(planted.found) == bool(planted.kind)
        assert 0 <= planted.area_m2[0] <= planted.area_m2[1]
        outline = planted.district.to_crs(PLANE).iloc[0]
        place = gpd.GeoSeries([planted.place], crs=lots.crs).to_crs(PLANE).iloc[0]
        assert place is None or place.is_valid
        areas = []
        for ids in planted.found:
            shapes = parcels[list(ids)].to_list()
            if planted.kind in ("overlap", "duplicate", "contained"):
                areas.append((shapes[0] & shapes[1]).area)
                if planted.kind == "duplicate":
                    assert (shapes[0] ^ shapes[1]).area < 0.01 * shapes[0].length + 0.01
                if planted.kind == "contained":
                    small, large = sorted(shapes, key=shapely.area)
                    assert (small - large).area < 0.01
                    assert small.area < large.area / 2
            elif planted.kind in ("outside", "partly-outside"):
                areas.append((shapes[0] - outline).area)
            elif planted.kind == "gap":
                areas.append((place - parcels.union_all()).area)
            else:
                one, two = shapes
                apart = [
                    shapely.distance(shapely.points(a.exterior.coords), b.exterior)
                    for a, b in ((one, two), (two, one))
                ]
                near = np.concatenate(apart)
                assert ((near > 0.055) & (near < 0.31)).sum() >= 1
                areas.append(0.0)
        assert planted.area_m2[0] <= sum(areas) <= planted.area_m2[1]


def test_the_same_seed_plants_the_same():
    one, two = (plant(LOTS["dirty", PLANE], "overlap-strip", 7) for _ in range(2))
    assert one.found == two.found
    assert (one.parcels == two.parcels).all()


def test_blocks_share_every_vertex_and_roads_are_12_to_30_m_wide():
    lots = cadastre(400, 3, crs=PLANE)
    blocks = shapely.get_parts(lots.union_all())
    assert len(blocks) == 13
    assert lots.area.sum() == pytest.approx(shapely.area(blocks).sum(), abs=1e-3)
    tree = shapely.STRtree(blocks)
    _, apart = tree.query_nearest(blocks, exclusive=True, return_distance=True)
    assert ((apart > 11.99) & (apart < 30)).all()


def test_dirty_neighbours_stay_within_5_cm():
    clean, dirty = (cadastre(400, 3, noise=each, crs=PLANE) for each in ("clean", "dirty"))
    assert dirty.hausdorff_distance(clean).max() < 0.05
    assert not shapely.coverage_is_valid(dirty.to_numpy())


def test_zones_tile_and_the_district_is_around_all():
    lots = LOTS["dirty", "EPSG:4490"]
    tiles = zones(lots, 12, 1)
    assert len(tiles) == 12
    assert shapely.coverage_is_valid(tiles.to_numpy())
    assert tiles.count_coordinates().eq(369).all()
    assert lots.within(district(lots).iloc[0]).all()
