"""An export holds the rows that were chosen, letter for letter, in a form that others can read."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

from pingshan_geo import assess, export, gdal, load_catalogue
from pingshan_geo.assessment import Assessment
from pingshan_geo.errors import UsageError

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pingshan() -> Assessment:
    return assess(load_catalogue())


@pytest.fixture(scope="module")
def hostile() -> Assessment:
    return assess(load_catalogue(ROOT / "tests/data/hostile"))


def features(layer: export.Layer) -> list[dict[str, Any]]:
    document = json.loads(b"".join(export.geojson(layer)), parse_constant=pytest.fail)
    return document["features"]


def with_outlines(assessment: Assessment, *outlines: shapely.Geometry) -> Assessment:
    """Return the assessment with other outlines for its first parcels, and no further ones."""
    parcels = assessment.parcels.iloc[: len(outlines)]
    parcels = parcels.assign(geometry_status="published")
    shapes = gpd.GeoSeries(outlines, parcels.index, crs=4490)
    return assessment.having(parcels=parcels.set_geometry(shapes))


# --- What is chosen -------------------------------------------------------------------------


def test_rows_and_columns_are_those_of_the_assessment(pingshan: Assessment) -> None:
    layer = export.export_table(pingshan, "parcels", where="land_use = 'M0' AND far > 4")
    assert layer.data["parcel_id"].tolist() == ["G13113-8014"]
    assert layer.data["far"].tolist() == [488800 / 106000]
    assert layer.data["far_status"].tolist() == ["derived"]
    assert not {"row_number", "value_digits"} & set(layer.data)


@pytest.mark.parametrize("table", export.TABLES)
@pytest.mark.parametrize("suffix", [".geojson", ".geojsonl", ".gpkg", ".parquet", ".csv", ".xlsx"])
def test_every_table_goes_into_formats_of_tables_twice_the_same(
    pingshan: Assessment, tmp_path: Path, table: str, suffix: str
) -> None:
    layer = export.export_table(pingshan, table)
    one, two = tmp_path / f"one{suffix}", tmp_path / "two" / f"one{suffix}"
    two.parent.mkdir()
    export.write(layer, one)
    export.write(layer, two)
    assert one.read_bytes() == two.read_bytes()
    assert len(one.read_bytes()) > 50 or (layer.data.empty and suffix == ".geojsonl")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"table": "parcel"}, "parcels"),
        ({"table": "parcels", "where": "fra > 2"}, "nearest: far"),
        ({"table": "auctions", "crs": "EPSG:4547"}, "no geometry"),
        ({"table": "parcels", "crs": "4547x"}, "no CRS of maps"),
        ({"table": "parcels", "crs": "EPSG:5773"}, "no CRS of maps"),
        ({"table": "parcels", "crs": "EPSG:2432"}, "no exact way .*Beijing 1954"),
        ({"table": "parcels", "crs": "EPSG:4610"}, "no exact way .*Xian 1980"),
    ],
)
def test_a_wrong_word_is_told(pingshan: Assessment, arguments: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        export.export_table(pingshan, **arguments)


def test_a_suffix_that_names_no_format_is_told(pingshan: Assessment, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.gpkg"):
        export.write(export.export_table(pingshan, "zones"), tmp_path / "zones.tab")
    assert list(tmp_path.iterdir()) == []


# --- Unknown and illustrative ---------------------------------------------------------------


def test_unknown_is_null_in_every_format(pingshan: Assessment, tmp_path: Path) -> None:
    layer = export.export_table(
        pingshan, "projects", where="project_id='pingshan-innovation-plaza'"
    )
    assert features(layer)[0]["properties"]["far"] is None
    for suffix in (".csv", ".parquet", ".gpkg"):
        export.write(layer, tmp_path / f"a{suffix}")
    (row,) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8")))
    assert (row["far"], row["far_status"]) == ("", "unknown")
    assert pq.read_table(tmp_path / "a.parquet")["far"].to_pylist() == [None]
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        found = database.execute("SELECT far, far_status FROM projects").fetchall()
    assert found == [(None, "unknown")]


def test_a_bound_that_is_none_is_null_and_not_infinity(pingshan: Assessment) -> None:
    layer = export.export_table(pingshan, "targets")
    target = next(f["properties"] for f in features(layer)
                  if f["properties"]["target_id"] == "industrial-land-integration")  # fmt: skip
    assert (target["target_value_low"], target["target_value_high"]) == (1e7, None)
    assert target["target_value_qualifier"] == "more_than"


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".csv"])
def test_an_illustrative_outline_says_so_in_every_format(
    hostile: Assessment, tmp_path: Path, suffix: str
) -> None:
    target = tmp_path / f"a{suffix}"
    export.write(export.export_table(hostile, "parcels"), target)
    if suffix == ".geojson":
        rows = [
            feature["properties"] for feature in json.loads(target.read_text("utf-8"))["features"]
        ]
    elif suffix == ".gpkg":
        rows = gdal.read(target, driver="GPKG")[0].to_pylist()
    elif suffix == ".parquet":
        rows = pq.read_table(target).to_pylist()
    else:
        rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"))))
    said = {row["parcel_id"]: row["notice"] for row in rows if row["notice"]}
    assert list(said) == ["P-01"]
    assert said["P-01"].startswith("Illustrative outline")
    assert rows[1]["geometry_status"] == "illustrative"


# --- Coordinates ----------------------------------------------------------------------------


def test_geojson_is_wgs84_with_seven_decimals_and_rings_to_the_left(hostile: Assessment) -> None:
    clockwise = shapely.Polygon(
        [(114.30000004, 22.7), (114.30000004, 22.71), (114.31, 22.71), (114.31, 22.7)],
        [[(114.302, 22.702), (114.304, 22.702), (114.304, 22.704), (114.302, 22.704)]],
    )
    layer = export.export_table(with_outlines(hostile, clockwise), "parcels")
    document = json.loads(b"".join(export.geojson(layer)))
    assert "crs" not in document
    assert any("EPSG:4490" in note for note in document["notes"])
    rings = document["features"][0]["geometry"]["coordinates"]
    assert rings[0][0] == rings[0][-1]
    assert {x for x, _ in rings[0]} == {114.3, 114.31}
    assert shapely.LinearRing(rings[0]).is_ccw
    assert not shapely.LinearRing(rings[1]).is_ccw


def test_an_outline_that_rounding_would_break_is_mended_or_left_out_with_a_word(
    hostile: Assessment,
) -> None:
    x, y, grid = 114.3, 22.7, 1e-7
    # A notch narrower than the grid: its two sides fall on one another when rounded.
    corners = [(0, 0), (100, 0), (100, 40.6), (3, 40.2), (3, 40.3), (100, 40.7), (100, 80), (0, 80)]
    notched = shapely.Polygon([(x + i * grid, y + j * grid) for i, j in corners])
    assert notched.is_valid
    assert not shapely.transform(notched, lambda xy: np.round(xy, 7)).is_valid
    speck = shapely.box(x + 0.1 * grid, y + 0.1 * grid, x + 0.3 * grid, y + 0.3 * grid)
    bow = shapely.Polygon([(x, y), (x + 1, y + 1), (x + 1, y), (x, y + 1)])
    layer = export.export_table(with_outlines(hostile, notched, speck, bow), "parcels")
    mended, lost, crossed = features(layer)
    shape = shapely.geometry.shape(mended["geometry"])
    assert shapely.is_valid(shape)
    assert shape.symmetric_difference(notched).area < 200 * grid**2
    assert lost["geometry"] is None
    assert "too small" in lost["properties"]["notice"]
    assert "crosses itself" in crossed["properties"]["notice"]


def test_rounded_outlines_of_a_whole_cadastre_are_valid_and_keep_their_place() -> None:
    assessment = assess(load_catalogue(ROOT / "examples/demo-town"))
    layer = export.export_table(assessment, "parcels")
    before = layer.data.set_index("parcel_id").geometry
    for feature in features(layer):
        was = before[feature["properties"]["parcel_id"]]
        if was is None:
            assert feature["geometry"] is None
            continue
        now = shapely.geometry.shape(feature["geometry"])
        assert now.is_valid
        assert now.hausdorff_distance(was) < 1.5e-7
        assert np.array_equal(
            np.round(shapely.get_coordinates(now), 7), shapely.get_coordinates(now)
        )


def test_geojson_of_a_projected_layer_is_refused_by_name(
    pingshan: Assessment, tmp_path: Path
) -> None:
    layer = export.export_table(pingshan, "zones", crs="EPSG:4547")
    with pytest.raises(UsageError, match="not EPSG:4547"):
        export.write(layer, tmp_path / "zones.geojson")
    assert list(tmp_path.iterdir()) == []


def test_a_projected_geopackage_has_easting_first(pingshan: Assessment, tmp_path: Path) -> None:
    layer = export.export_table(pingshan, "zones", "zone_id='pingshan-district'", "EPSG:4547")
    assert layer.notes == ()
    export.write(layer, tmp_path / "zones.gpkg")
    table, about = gdal.read(tmp_path / "zones.gpkg", driver="GPKG")
    assert about["crs"] == "EPSG:4547"
    centre = shapely.from_wkb(table["geom"].to_pylist()[0]).centroid
    lonlat = pingshan.zones.geometry["pingshan-district"].centroid
    expected = pyproj.Proj("EPSG:4547")(lonlat.x, lonlat.y)
    assert centre.x == pytest.approx(expected[0], abs=1)
    assert centre.y == pytest.approx(expected[1], abs=1)


def test_the_null_step_to_wgs84_is_taken_and_told(pingshan: Assessment) -> None:
    layer = export.export_table(pingshan, "zones", crs="EPSG:4326")
    assert layer.data.crs == "EPSG:4326"
    assert "EPSG:4490" in layer.notes[0].en
    here, there = pingshan.zones.geometry, layer.data.geometry
    assert shapely.equals_exact(here.to_numpy(), there.to_numpy(), tolerance=0)[here.notna()].all()
    utm = export.export_table(pingshan, "zones", crs="EPSG:32650")
    assert "EPSG:4490" in utm.notes[0].en


def test_a_plane_that_is_unfit_is_told(pingshan: Assessment) -> None:
    mercator = export.export_table(pingshan, "zones", crs="EPSG:3857")
    assert any("Web Mercator" in note.en for note in mercator.notes)
    far_east = export.export_table(pingshan, "zones", crs="EPSG:4553")
    assert any("outside" in note.en for note in far_east.notes)


def test_geoparquet_names_its_crs_and_version(pingshan: Assessment, tmp_path: Path) -> None:
    export.write(export.export_table(pingshan, "zones"), tmp_path / "zones.parquet")
    metadata = pq.read_schema(tmp_path / "zones.parquet").metadata
    geo = json.loads(metadata[b"geo"])
    assert geo["version"].startswith("1.1")
    assert geo["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 4490}
    assert json.loads(metadata[b"pingshan_geo"])["catalogue"]["id"] == "pingshan"
    assert gpd.read_parquet(tmp_path / "zones.parquet").crs.to_epsg() == 4490


def test_heights_are_left_out_with_a_word(hostile: Assessment) -> None:
    solid = shapely.force_3d(shapely.box(114.3, 22.7, 114.4, 22.8), 5.0)
    for crs in (None, "EPSG:4547"):
        layer = export.export_table(with_outlines(hostile, solid), "parcels", crs=crs)
        assert not layer.data.has_z.any()
        assert [note.en for note in layer.notes] == ["Heights of outlines are left out."]


# --- Hostile text ---------------------------------------------------------------------------


def test_hostile_names_stand_letter_for_letter_in_every_format(
    hostile: Assessment, tmp_path: Path
) -> None:
    names = hostile.parcels["name_en"].tolist()
    layer = export.export_table(hostile, "parcels")
    assert [feature["properties"]["name_en"] for feature in features(layer)] == names
    for suffix in (".gpkg", ".parquet", ".csv"):
        export.write(layer, tmp_path / f"a{suffix}")
    assert gdal.read(tmp_path / "a.gpkg", driver="GPKG")[0]["name_en"].to_pylist() == names
    assert pq.read_table(tmp_path / "a.parquet")["name_en"].to_pylist() == names
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_bytes().decode(), newline="")))
    assert [row["name_en"].removeprefix("'") for row in rows] == names


def test_no_text_cell_of_a_csv_starts_a_formula(hostile: Assessment, tmp_path: Path) -> None:
    for table in ("parcels", "projects", "auctions", "findings", "figures"):
        export.write(export.export_table(hostile, table), tmp_path / "a.csv")
        with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        bad = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "\t"))]
        assert all(_is_number(cell) for cell in bad), bad


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell not in {"-1", "+1"}  # these stand in the catalogue as names
