"""Foreign files come in as they are, and nothing else comes in."""

import shutil
import socket
import zipfile

import numpy as np
import pandas as pd
import pytest
import shapely
from tests.opening import (
    DRIVERS,
    RING,
    TEXTS,
    codes,
    feature,
    of_features,
    opened,
    parcels,
    polygon,
    refused,
    saved,
    written,
)

from pingshan_geo.errors import UsageError
from pingshan_geo.ingest.formats.opening import FORMATS


@pytest.mark.parametrize("suffix", [*DRIVERS, ".parquet"])
def test_a_layer_written_by_another_program_comes_in_whole(tmp_path, suffix):
    delivery = opened(saved(tmp_path / f"坪山 地块{suffix}"))
    assert delivery.rows.tolist() == [1, 2, 3]
    names = delivery.table["name" if suffix == ".kml" else "Name"].tolist()
    order = [names.index(text) for text in TEXTS]  # FlatGeobuf keeps that of its index
    assert suffix == ".fgb" or order == [0, 1, 2]
    assert pd.to_numeric(delivery.table["far"])[order].tolist() == [1.5, 2.25, 0.0]
    apart = shapely.symmetric_difference(delivery.geometry[order], parcels().geometry.to_numpy())
    assert shapely.area(apart).max() < 1e-6
    assert delivery.claim is not None
    assert delivery.claim.origin == ("format" if suffix in {".kml", ".geojsonl"} else "file")
    assert len(delivery.sha256) == 64


def test_every_ending_has_one_format_and_no_driver_that_runs_programs():
    suffixes = [suffix for kind in FORMATS for suffix in kind.suffixes]
    assert len(suffixes) == len(set(suffixes))
    drivers = {kind.reader for kind in FORMATS if ":" not in kind.reader and kind.reader}
    assert drivers == {"GPKG", "OpenFileGDB", "FlatGeobuf", "GML", "MapInfo File"}


@pytest.mark.parametrize(
    "path",
    ["http://127.0.0.1/a.geojson", "/vsicurl/http://127.0.0.1/a.gpkg", "WFS:http://127.0.0.1",
     "GPKG:a.gpkg:b", "/vsizip/a.zip", "s3://a/b.parquet"],
)  # fmt: skip
def test_addresses_and_signs_of_gdal_are_refused(path):
    assert refused(path) == "delivery-refused"


@pytest.mark.parametrize("suffix", sorted({*DRIVERS, ".parquet", ".zip"} - {".gdb"}))
def test_a_disguised_file_never_reaches_its_reader(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text("OGRVRTDataSource SrcDataSource /etc/passwd")
    assert refused(path) == "format-mismatch"


def test_what_is_no_file_or_of_no_known_format_is_named(tmp_path):
    assert refused(tmp_path / "none.gpkg") == "file-missing"
    (tmp_path / "a.gpkg").mkdir()
    assert refused(tmp_path / "a.gpkg") == "file-unreadable"
    for name, code in (("a.vrt", "format-unknown"), ("a.gz", "format-unknown"),
                       ("a.kml", "file-unreadable")):  # fmt: skip
        (tmp_path / name).touch()
        assert refused(tmp_path / name) == code


def test_a_tab_that_names_other_files_is_refused(tmp_path):
    for text in ('!table\n!version 300\nDefinition Table\n  Type LINKED Charset "Neutral"\n',
                 '!table\nOpen Table "/etc/x"\nCreate View a As Select * From x',
                 '!table\nType NATIVE\nbegin_metadata\n"\\IsSeamless" = "TRUE"\n'):  # fmt: skip
        (tmp_path / "a.tab").write_text(text)
        assert refused(tmp_path / "a.tab") == "format-mismatch"


def test_of_several_layers_the_one_to_read_is_asked_for(tmp_path):
    path = tmp_path / "a.gpkg"
    for layer in ("lots", "zones"):
        written(parcels(), path, layer=layer, driver="GPKG")
    assert refused(path) == "layer-ambiguous"
    assert refused(path, layer="lot") == "layer-unknown"
    assert opened(path, layer="zones").layer == "zones"


def test_a_table_beside_the_only_layer_is_told(tmp_path):
    path = saved(tmp_path / "a.gpkg")
    written(pd.DataFrame({"a": [1]}), path, layer="styles", append=True, driver="GPKG")
    delivery = opened(path)
    assert (delivery.layer, codes(delivery)) == ("a", [("layers-others", None)])
    styles = opened(path, layer="styles")
    assert styles.geometry is None
    assert styles.table["a"].tolist() == [1]


def test_a_database_is_read_and_nothing_written_beside_it(tmp_path):
    for name in ("a.gpkg", "a.gml", "a.shp"):
        saved(tmp_path / name)
    (tmp_path / "a.shx").unlink()
    before = sorted(tmp_path.iterdir())
    for name in ("a.gpkg", "a.gml", "a.shp"):
        assert len(opened(tmp_path / name).table) == 3
    assert sorted(tmp_path.iterdir()) == before


def test_arcs_become_straight_pieces_close_to_the_arc(tmp_path):
    # A half disc of radius 100 m: an arc through three points, closed by its chord.
    path = tmp_path / "a.gml"
    path.write_text(
        '<FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><lot>'
        "<gml:surfaceProperty><gml:Surface><gml:patches><gml:PolygonPatch><gml:exterior><gml:Ring>"
        "<gml:curveMember><gml:Curve><gml:segments><gml:ArcString><gml:posList>0 0 100 100 200 0"
        "</gml:posList></gml:ArcString></gml:segments></gml:Curve></gml:curveMember>"
        "<gml:curveMember><gml:LineString><gml:posList>200 0 0 0</gml:posList></gml:LineString>"
        "</gml:curveMember></gml:Ring></gml:exterior></gml:PolygonPatch></gml:patches>"
        "</gml:Surface></gml:surfaceProperty><code>1.50</code></lot></gml:featureMember>"
        "</FeatureCollection>"
    )
    delivery = opened(path)
    assert codes(delivery) == [("curves-linearised", None)]
    assert delivery.geometry[0].area == pytest.approx(np.pi * 100**2 / 2, rel=2e-5)
    assert delivery.table["code"].tolist() == ["1.50"]


def test_nothing_is_fetched_whatever_a_file_asks_for(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        link = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        saved(tmp_path / "a.gml")
        text = (tmp_path / "a.gml").read_text("utf-8")
        text = text.replace(
            ' http://ogr.maptools.org/ a.xsd"', f' http://ogr.maptools.org/ {link}"'
        )
        text = text.replace("<gml:boundedBy>", f'<gml:directedNode xmlns:xlink="http://www.w3.org/1999/xlink"'
                            f' xlink:href="{link}"/><gml:boundedBy>', 1)  # fmt: skip
        (tmp_path / "a.gml").write_text(text, "utf-8")
        (tmp_path / "a.kml").write_text(
            f"<kml><Document><NetworkLink><Link><href>{link}</href></Link></NetworkLink>"
            "<Placemark><name>a</name></Placemark></Document></kml>"
        )
        crs = {"type": "link", "properties": {"href": link, "type": "proj4"}}
        of_features(tmp_path, feature(polygon(RING)), crs=crs).rename(tmp_path / "b.geojson")
        assert link in text
        assert codes(opened(tmp_path / "a.gml")) == []
        assert codes(opened(tmp_path / "a.kml")) == [("kml-left-out", None)]
        linked = opened(tmp_path / "b.geojson")
        assert (linked.claim, codes(linked)) == (None, [("crs-unreadable", None)])
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("head", "code"),
    [("<!DOCTYPE kml [<!ENTITY a 'b'>]>", "file-unreadable"), ("<a>" * 300, "over-ceiling")],
)
@pytest.mark.parametrize("suffix", [".kml", ".gml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_made_to_exhaust_a_parser_is_refused(tmp_path, head, code, suffix, encoding):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(f"<?xml version='1.0' encoding='{encoding}'?>{head}<kml/>".encode(encoding))
    assert refused(path) == code


def test_kml_keeps_folders_and_extended_data_and_stays_in_the_process(tmp_path):
    path = tmp_path / "a.kml"
    path.write_bytes(
        "<?xml version='1.0' encoding='GBK'?><kml xmlns='http://www.opengis.net/kml/2.2'><Document>"
        "<Folder><name>坪山</name><Placemark id='p1'><name>一号</name><ExtendedData>"
        "<Data name='用途'><value>M1</value></Data><SchemaData><SimpleData name='容积率'>2.5"
        "</SimpleData></SchemaData></ExtendedData><Polygon><outerBoundaryIs><LinearRing>"
        "<coordinates>114,22,0 115,22,0 115 ,23,0 114,22,0</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon></Placemark></Folder>"
        "<Placemark><MultiGeometry><Model/></MultiGeometry></Placemark></Document></kml>".encode(
            "gbk"
        )
    )
    delivery = opened(path)
    row = delivery.table.iloc[0].to_dict()
    assert row == {"folder": "坪山", "id": "p1", "name": "一号", "用途": "M1", "容积率": "2.5"}
    assert delivery.geometry[0].equals(shapely.Polygon(RING))
    assert codes(delivery) == [("geometry-unreadable", 2)]
    assert opened(path, layer="坪山").rows.tolist() == [1]
    assert refused(path, layer="龙岗") == "layer-none"


def test_a_folder_of_a_file_geodatabase_comes_in_and_so_does_its_zip(tmp_path):
    saved(tmp_path / "a.gdb", layer="lots")
    with zipfile.ZipFile(tmp_path / "a.gdb.zip", "w") as archive:
        for file in (tmp_path / "a.gdb").iterdir():
            archive.write(file, f"a.gdb/{file.name}")
    shutil.rmtree(tmp_path / "a.gdb")
    delivery = opened(tmp_path / "a.gdb.zip")
    assert (delivery.file, delivery.layer) == ("a.gdb.zip", "lots")
    assert delivery.table["Name"].tolist() == TEXTS


def test_a_name_that_is_too_long_is_a_file_that_is_not_there():
    assert refused("x" * 300 + ".csv") == "file-missing"


def test_a_mapinfo_table_beside_a_folder_of_its_name_is_read(tmp_path):
    path = saved(tmp_path / "a.tab")
    (tmp_path / "a.gdb").mkdir()
    assert len(opened(path).table) == len(TEXTS)


@pytest.mark.parametrize("suffix", [".mif", ".fgb", ".parquet"])
def test_text_that_a_format_calls_utf8_and_is_not_is_found_out(tmp_path, suffix):
    path = saved(tmp_path / f"a{suffix}")
    whole = "坪山 G13113-8014".encode()
    for part in tmp_path.iterdir():
        data = part.read_bytes()
        # Of the same length, so that no offset is wrong: GBK has two bytes a character, not three.
        part.write_bytes(data.replace(whole, "工业工 G13113-8014".encode("gbk")))
    delivery = opened(path)
    name = delivery.table.columns[0]
    assert "工业工 G13113-8014" in delivery.table[name].tolist()
    assert ("encoding-guessed", None) in codes(delivery)
    assert "工业工 G13113-8014" in opened(path, encoding="gbk").table[name].tolist()
    with pytest.raises(UsageError, match=r"all text of b.* is UTF-8"):
        opened(saved(tmp_path / f"b{suffix}"), encoding="gbk")
