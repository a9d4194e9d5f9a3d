"""GDAL is reached through one gate: a child process with one driver."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pingshan_geo import gdal
from pingshan_geo.errors import InputError, OutputError, UsageError
from pingshan_geo.gdal.gate import ChildError, child

HOSTILE = ["{{7*7}}", "=1+1", "坪山 </script>\u2028"]
HOLE = shapely.box(114, 22, 115, 23) - shapely.box(114.4, 22.4, 114.6, 22.6)


def table() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"parcel_id": HOSTILE, "far": [1.5, None, float("nan")], "count": [1, 2, 3]},
        geometry=[HOLE, None, shapely.MultiPolygon([HOLE])],
        crs="EPSG:4490",
    )


def write(path: Path, data: pd.DataFrame) -> None:
    gdal.write(path, data, driver="GPKG", layer="parcels", description="as told")


def test_a_geopackage_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path / "a.gpkg", table())
    back, about = gdal.read(tmp_path / "a.gpkg", driver="GPKG")
    assert back["parcel_id"].to_pylist() == HOSTILE
    assert back["far"].to_pylist() == [1.5, None, None]
    assert about == {
        "crs": "EPSG:4490", "geometry_type": "MultiPolygon", "geometry_name": "geom",
        "layer": "parcels", "layers": ["parcels"], "curves": 0, "unfit": [], "said": [],
    }  # fmt: skip
    shapes = shapely.from_wkb(back["geom"].to_pylist())
    assert shapes[1] is None
    assert shapes[0].equals(HOLE)
    assert shapes[2].equals(HOLE)


def test_a_geopackage_is_a_database_with_null_for_unknown(tmp_path: Path) -> None:
    write(tmp_path / "a.gpkg", table())
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        rows = database.execute("SELECT parcel_id, far FROM parcels").fetchall()
        said = database.execute("SELECT description, srs_id FROM gpkg_contents").fetchall()
    assert rows == [(HOSTILE[0], 1.5), (HOSTILE[1], None), (HOSTILE[2], None)]
    assert said == [("as told", 4490)]


def test_columns_named_as_geopackage_names_its_own_are_kept(tmp_path: Path) -> None:
    names = ["fid", "FID", "geom", "Far"]
    path = tmp_path / "a;b#c.gpkg"  # signs that mean something to pyogrio
    write(path, table().assign(**dict.fromkeys(names, "x")))
    kept = [row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(parcels)")]
    assert kept == [
        "fid__", "geom_", "parcel_id", "far", "count", "fid", "FID_", "geom", "Far_"
    ]  # fmt: skip


def test_a_table_without_geometry_is_written_without(tmp_path: Path) -> None:
    write(tmp_path / "a.gpkg", pd.DataFrame({"auction_id": ["a"], "price_yuan": [None]}))
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        kind = database.execute("SELECT data_type FROM gpkg_contents").fetchall()
    assert kind == [("attributes",)]


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.gpkg", "b.gpkg"):
        (tmp_path / name[0]).mkdir()
        write(tmp_path / name[0] / "x.gpkg", table())
    assert (tmp_path / "a/x.gpkg").read_bytes() == (tmp_path / "b/x.gpkg").read_bytes()


def test_a_driver_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.gpkg"
    target.write_text("old")
    with pytest.raises(OutputError, match="GDAL could not write"):
        gdal.write(target, table(), driver="GeoJSON5", layer="x", description="")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_only_the_named_driver_looks_at_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("id\n1\n")
    disguised = tmp_path / "parcels.geojson"
    disguised.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="secret">'
        f"<SrcDataSource>{tmp_path / 'secret.csv'}</SrcDataSource>"
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(InputError, match="GeoJSON"):
        gdal.read(disguised, driver="GeoJSON")


@pytest.mark.parametrize("path", ["/vsicurl/http://127.0.0.1/a", "http://127.0.0.1/a", "/nowhere"])
def test_what_is_no_file_is_not_read(path: str) -> None:
    with pytest.raises(InputError, match="no file"):
        gdal.read(path, driver="GeoJSON")


def test_a_missing_folder_is_told_before_gdal_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        write(tmp_path / "no" / "a.gpkg", table())


def test_versions_are_told_without_a_dangerous_driver() -> None:
    code = (
        "import os\n"
        "from pingshan_geo import gdal\n"
        "told = gdal.versions()\n"
        "import pyogrio\n"
        "assert sorted(told) == ['gdal', 'geos', 'proj'] and all(told.values())\n"
        "assert not {'OGR_VRT', 'LIBKML', 'HTTP', 'WFS'} & set(pyogrio.list_drivers())\n"
        "assert 'OGR_SKIP' not in os.environ\n"
    )
    clean = {key: value for key, value in os.environ.items() if key != "OGR_SKIP"}
    done = subprocess.run([sys.executable, "-c", code], check=False, env=clean)
    assert done.returncode == 0


def test_a_reader_that_crashes_is_an_error_with_the_name_of_the_signal(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"  # which this reader, not used for deliveries, does not survive
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><MultiGeometry><Model/>'
        "</MultiGeometry></Placemark></Document></kml>"
    )
    with pytest.raises(InputError, match="signal 11"):
        gdal.read(path, driver="LIBKML")


def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")  # which nobody ever writes to
    task = {"path": str(tmp_path / "a"), "ceilings": {}}
    with pytest.raises(ChildError, match="longer than 1 s"), child(
        "parquet", task, None, seconds=1
    ) as pipe:  # fmt: skip
        pipe.read()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limits")
def test_a_reader_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    code = (
        "import sys; from pingshan_geo.gdal import child; child._MOST_MEMORY = 1 << 28;"
        f"sys.argv = ['', 'parquet', '{{\"path\": \"{tmp_path}/b\", \"ceilings\": {{}}}}'];"
        "child._parquet = lambda task: bytes(1 << 29); child.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (1, "MemoryError")
