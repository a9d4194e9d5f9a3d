"""A real cadastre: 4 241 French parcels whose area stands in the register."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingshan_geo import load_catalogue
from pingshan_geo.cli import main
from pingshan_geo.ingest.shapes import settle
from pingshan_geo.measures.area import measured_area

PARCELS = Path(__file__).parents[2] / "shared" / "parcels" / "fr_cadastre_91216_parcelles.geojson"

pytestmark = pytest.mark.skipif(
    not PARCELS.exists(), reason="../shared/parcels is not beside the checkout"
)


@pytest.fixture(scope="module")
def cadastre():
    features = json.loads(PARCELS.read_bytes())["features"]
    shapes = np.array([shapely.geometry.shape(each["geometry"]) for each in features], object)
    recorded = np.array([each["properties"]["contenance"] for each in features], float)
    return shapes, recorded


def test_no_row_is_lost_repaired_or_refused(cadastre):
    shapes, _ = cadastre
    found = settle(shapes, np.arange(1, 4242), PARCELS.name)
    assert found.findings == ()
    assert not (found.repaired | found.refused).any()
    assert shapely.equals_exact(found.geometry, shapes, normalize=True).all()


def test_measured_areas_are_those_of_the_register_as_far_as_it_goes(cadastre):
    shapes, recorded = cadastre
    settled = settle(shapes, np.arange(1, 4242), PARCELS.name).geometry
    measured = measured_area(gpd.GeoSeries(settled, crs="OGC:CRS84")).to_numpy()
    known = np.isfinite(recorded)
    assert known.sum() == 4240  # one parcel has no recorded area
    measured, recorded = measured[known], recorded[known]
    assert measured.sum() / recorded.sum() == pytest.approx(1.00187, abs=1e-5)
    # The register holds whole square metres and old surveys: half of the parcels agree to 1.2 %,
    # 473 differ by more than 5 %, 17 (of 467 m² and less) by more than half.
    off = np.abs(measured / recorded - 1)
    assert np.median(off) == pytest.approx(0.0123, abs=1e-4)
    assert [int((off > part).sum()) for part in (0.01, 0.05, 0.1, 0.5)] == [2388, 473, 183, 17]
    assert recorded[off > 0.5].max() == 467


def test_the_whole_of_it_is_imported_with_its_record(tmp_path, capsys, cadastre):
    town = str(tmp_path / "town")
    assert main(["init", town]) == 0
    words = ["import", str(PARCELS), "--as", "parcels", "--geometry-status", "published", "--yes"]
    assert main(["--catalogue", town, *words]) == 0
    assert "4,241 rows = 4,241 accepted + 0 repaired + 0 quarantined" in capsys.readouterr().out
    parcels = load_catalogue(town).parcels
    _, recorded = cadastre
    assert parcels["recorded_area_m2"].sum() == np.nansum(recorded)
    assert parcels["source_row"].tolist() == list(range(1, 4242))
