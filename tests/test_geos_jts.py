"""Pairs of polygons that GEOS and JTS once failed on are cut without loss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from pingshan_geo.measures.crossing import Chains
from pingshan_geo.measures.cutting import cut_up, valid

PAIRS = Path(__file__).parents[2] / "shared/corpus/geos_jts/robust_overlay_pairs.jsonl"
pytestmark = pytest.mark.skipif(
    not PAIRS.exists(), reason="../shared/corpus is not beside the checkout"
)


def read(text):
    return shapely.from_wkb(text) if text[0] == "0" else shapely.from_wkt(text)


def cases():
    lines = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    return [(line["src"], read(line["a"].strip()), read(line["b"].strip())) for line in lines]


def test_all_pairs_are_valid_and_stay_as_they_are():
    shapes = np.array([shape for _, one, two in cases() for shape in (one, two)], dtype=object)
    assert len(shapes) == 2 * 171
    assert shapely.is_valid(shapes).all()
    assert (valid(shapes) == shapes).all()


def test_what_two_polygons_share_and_what_is_left_add_up_to_the_first():
    counted = met = 0
    zones = np.array([None, None], dtype=object)
    for name, one, two in cases():
        if not {one.geom_type, two.geom_type} <= {"Polygon", "MultiPolygon"}:
            continue  # four cases of lines
        for parcel, zone in ((one, two), (two, one)):
            zones[0] = zone
            lots = np.array([parcel], dtype=object)
            pieces = cut_up(
                lots, zones, np.array([0, 0]), np.array([True, False]), Chains.of(zones), 0.0
            )
            if len(pieces.area):
                assert pieces.area.sum() == pytest.approx(parcel.area, rel=1e-6), name
                assert pieces.area == pytest.approx(shapely.area(pieces.piece)), name
                assert shapely.is_valid(pieces.piece).all(), name
                met += 1
            else:
                assert shapely.intersection(parcel, zone).area < 1e-15, name
            counted += 1
    assert (counted, met) == (2 * 167, 330)
