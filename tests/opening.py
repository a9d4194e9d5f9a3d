"""What the tests of formats share: a layer, its opening, its refusal."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from pingshan_geo.errors import InputError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.opening import open_delivery

HOLE = shapely.box(114, 22, 115, 23) - shapely.box(114.4, 22.4, 114.6, 22.6)
TEXTS = ["坪山 G13113-8014", "{{7*7}}", "=1+1"]
DRIVERS = {
    ".geojson": "GeoJSON", ".geojsonl": "GeoJSONSeq", ".gpkg": "GPKG", ".fgb": "FlatGeobuf",
    ".gml": "GML", ".tab": "MapInfo File", ".mif": "MapInfo File", ".gdb": "OpenFileGDB",
    ".shp": "ESRI Shapefile", ".kml": "KML",
}  # fmt: skip


def parcels(crs="EPSG:4490") -> gpd.GeoDataFrame:
    shapes = [
        shapely.MultiPolygon([shape]) for shape in (HOLE, shapely.box(115, 22, 116, 23), HOLE)
    ]
    data = {"Name": TEXTS, "far": [1.5, 2.25, 0.0], "plots": [1, 2, 3]}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=crs)


def saved(path: Path, **options) -> Path:
    data = parcels("EPSG:4326" if path.suffix in {".kml", ".tab", ".mif"} else "EPSG:4490")
    if path.suffix == ".parquet":
        data.to_parquet(path)
    else:
        # By Arrow: else GDAL 3.11 names a placemark of KML twice.
        written(data, path, driver=DRIVERS[path.suffix], use_arrow=True, **options)
    return path


def written(frame, path: Path, **options) -> None:
    """Write a file with pyogrio in a process of its own: here its drivers may be switched off."""
    code = (
        "import pickle, sys, pyogrio; frame, path, options = pickle.load(sys.stdin.buffer);"
        "pyogrio.write_dataframe(frame, path, **options)"
    )
    content = pickle.dumps((frame, str(path), options))
    subprocess.run([sys.executable, "-c", code], input=content, check=True)


def opened(path: Path, **asked: str):
    return open_delivery(str(path), Asked(**asked))


def codes(delivery) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.row) for finding in delivery.findings]


def refused(path, **asked: str) -> str:
    with pytest.raises(InputError) as caught:
        opened(path, **asked)
    assert caught.value.exit_status == 3
    for finding in caught.value.findings:
        assert finding.line("zh").isprintable()
    return caught.value.findings[-1].code


def of_features(tmp_path: Path, *features, **members) -> Path:
    path = tmp_path / "a.geojson"
    document = {"type": "FeatureCollection", "features": features, **members}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(*rings):
    return {"type": "Polygon", "coordinates": rings}


RING = [[114, 22], [115, 22], [115, 23], [114, 22]]
