"""Where imported outlines lie, and in which unit their numbers came."""

from __future__ import annotations

import geopandas as gpd
import pyproj
import pytest
import shapely

from pingshan_geo import assess, load_catalogue
from pingshan_geo.cli import main
from pingshan_geo.measures.area import measured_area


def test_a_row_mended_in_the_quarantine_is_read_in_the_crs_it_came_in(town, tmp_path, run):
    district = load_catalogue(town).zones.geometry.dropna().iloc[0]
    x, y = district.representative_point().coords[0]
    lots = [shapely.box(x + n / 1e4, y, x + (n + 0.8) / 1e4, y + 1e-4) for n in range(3)]
    frame = gpd.GeoDataFrame({"parcel_id": ["a", None, "c"]}, geometry=lots, crs="EPSG:4490")
    path = tmp_path / "lots.parquet"
    frame.to_crs("EPSG:4547").to_parquet(path)
    status, _, err = run(path, "--as", "parcels", "--yes", "--geometry-status", "surveyed")
    assert status == 0, err
    refused = town / "quarantine" / "import-1.csv"
    refused.write_text(refused.read_text("utf-8").replace(",,", ",b,", 1), "utf-8")
    status, _, err = run(refused, "--as", "parcels")
    assert status == 0, err
    mended = load_catalogue(town).parcels.geometry["b"]
    assert shapely.hausdorff_distance(mended, lots[1]) < 1e-9
    assert not refused.exists()


def test_a_number_in_another_unit_keeps_its_digits_and_their_bounds(town, tmp_path, run):
    path = tmp_path / "lots.csv"
    path.write_text(
        "宗地编号,用地面积（亩）,建筑面积（㎡）\nX-1,5.21,20.00\nX-2,3公顷,7\n", "utf-8"
    )
    assert run(path, "--as", "parcels", "--yes")[0] == 0
    assessment = assess(load_catalogue(town))
    site = assessment.figure("site_area/X-1")
    mu = 2000 / 3
    assert (site.value, site.low, site.high) == pytest.approx((5.21 * mu, 5.205 * mu, 5.215 * mu))
    assert site.evidence[0].printed == "5.21亩"
    assert site.evidence[0].locator == "row 2, site_area_m2"
    assert assessment.figure("site_area/X-2").evidence[0].printed == "3公顷"
    floor = assessment.figure("gross_floor_area/X-1")
    assert (floor.low, floor.high) == pytest.approx((19.995, 20.005))


def test_a_kept_crs_is_not_taken_for_a_file_that_claims_another(town, tmp_path, run):
    x, y = load_catalogue(town).zones.geometry.dropna().iloc[0].representative_point().coords[0]
    lots = [shapely.box(x + n / 1e4, y, x + (n + 0.8) / 1e4, y + 1e-4) for n in range(3)]
    frame = gpd.GeoDataFrame({"parcel_id": list("abc")}, geometry=lots, crs="EPSG:4490")
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    frame.set_crs("EPSG:4326", allow_override=True).to_parquet(first)
    frame.assign(parcel_id=list("def")).to_crs("EPSG:4547").to_parquet(second)
    assert run(first, "--as", "parcels", "--yes", "--crs", "EPSG:4490")[0] == 0
    status, _, err = run(second, "--as", "parcels")
    assert status == 0, err
    lot = load_catalogue(town).parcels.geometry["e"]
    assert shapely.hausdorff_distance(lot, lots[1]) < 1e-9


def test_a_catalogue_without_zones_is_assessed_after_an_import(tmp_path, capsys):
    folder, path = str(tmp_path / "new"), tmp_path / "lots.csv"
    path.write_text("parcel_id,far_limit\nA-1,2\n", "utf-8")
    assert main(["init", folder]) == 0
    assert main(["--catalogue", folder, "import", str(path), "--as", "parcels", "--yes"]) == 0
    assert main(["--catalogue", folder, "report"]) == 0
    assert "A-1" in capsys.readouterr().out


def test_control_points_place_a_local_drawing(town, tmp_path, run):
    x, y = load_catalogue(town).zones.geometry.dropna().iloc[0].representative_point().coords[0]
    way = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4547", always_xy=True)
    east, north = way.transform(x, y)
    corners = [(0, 0), (400, 0), (400, 300), (0, 300)]
    known = [way.transform(east + u, north + v, direction="INVERSE") for u, v in corners]
    points = tmp_path / "points.csv"
    rows = [f"{u},{v},{lon!r},{lat!r}" for (u, v), (lon, lat) in zip(corners, known, strict=True)]
    points.write_text("\n".join(["x,y,lon,lat", *rows]), "utf-8")
    lots = tmp_path / "lots.csv"
    lots.write_text('parcel_id,wkt\na,"POLYGON ((0 0, 40 0, 40 30, 0 30, 0 0))"\n', "utf-8")
    words = (lots, "--as", "parcels", "--geometry-status", "surveyed", "--yes")
    assert run(*words)[0] == 3, "nothing says where the drawing lies"
    status, _, err = run(*words, "--control-points", points)
    assert status == 0, err
    place = load_catalogue(town).parcels.geometry["a"]
    assert shapely.Point(known[0]).distance(place) < 1e-9
    scale = 1 + (east - 500_000) ** 2 / (2 * 6_371_000**2)  # of the plane, that far off its axis
    area = measured_area(gpd.GeoSeries([place], crs=4490))[0]
    assert area == pytest.approx(1200 / scale**2, rel=1e-5)
