"""Zip archives are looked through before anything is unpacked."""

import io
import stat
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from tests.opening import written

from pingshan_geo.ceilings import USUAL
from pingshan_geo.errors import InputError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.archive import check_zip, unpack
from pingshan_geo.ingest.formats.opening import open_delivery

LAYER = b'{"type": "FeatureCollection", "features": []}'


def packed(tmp_path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def code_of(path: Path, **asked: str) -> str:
    with pytest.raises(InputError) as caught:
        open_delivery(str(path), Asked(**asked))
    return caught.value.findings[0].code


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a.geojson")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "members",
    [
        [("../a.geojson", LAYER)],
        [("x/../../a.geojson", LAYER)],
        [("/tmp/a.geojson", LAYER)],  # noqa: S108 - a name in an archive
        [("C:/a.geojson", LAYER)],
        [("..\\a.geojson", LAYER)],
        [("a.geojson", LAYER), ("a.geojson", LAYER)],
        [("a.geojson", LAYER), ("A.GeoJSON", LAYER)],
        [(link(), b"/etc/passwd")],
    ],
)
def test_a_hostile_archive_is_refused_and_nothing_unpacked(tmp_path, members):
    path = packed(tmp_path, *members)
    assert code_of(path) == "archive-refused"
    assert list(tmp_path.iterdir()) == [path]


def test_a_bomb_is_refused_by_what_it_says_of_itself_and_a_liar_is_cut(tmp_path):
    path = packed(tmp_path, ("a.geojson", b" " * 9_000_000))
    data = path.read_bytes()
    true, false = (9_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    assert data.count(true) == 2
    path.write_bytes(data.replace(true, false))
    with pytest.raises(InputError):
        unpack(path, check_zip(path, USUAL), tmp_path / "out")
    assert sum(file.stat().st_size for file in (tmp_path / "out").iterdir()) <= 10


def test_damaged_encrypted_and_empty_archives_are_named(tmp_path):
    whole = packed(tmp_path, ("a.geojson", LAYER)).read_bytes()
    locked = bytearray(whole)
    locked[whole.index(b"PK\1\2") + 8] |= 1
    for data, code in ((whole[:60], "file-unreadable"), (bytes(locked), "archive-refused"),
                       (whole.replace(LAYER[:9], b"x"), "file-unreadable")):  # fmt: skip
        (tmp_path / "a.zip").write_bytes(data)
        if data != whole:
            assert code_of(tmp_path / "a.zip") == code
    assert code_of(packed(tmp_path, ("a.doc", b""))) == "layer-none"
    assert code_of(packed(tmp_path, ("inner.zip", whole))) == "layer-none"


def test_a_member_that_lzma_cannot_unpack_is_named(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.geojson", LAYER * 50)
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    assert code_of(path) == "file-unreadable"


def test_folders_may_be_parted_as_windows_does(tmp_path):
    path = packed(tmp_path, ("d/p.csv", b"parcel_id,far\nG1,4\n"))
    path.write_bytes(path.read_bytes().replace(b"d/p.csv", b"d\\p.csv"))
    delivery = open_delivery(str(path), Asked())
    assert (delivery.layer, delivery.table["parcel_id"].tolist()) == ("p", ["G1"])


def test_of_several_data_sets_the_one_to_read_is_asked_for(tmp_path):
    path = packed(tmp_path, ("x/a.geojson", LAYER), ("b.geojson", LAYER), ("readme.txt", b"a"))
    assert code_of(path) == "layer-ambiguous"
    assert code_of(path, layer="c") == "layer-unknown"
    for name in ("b", "b.geojson"):
        delivery = open_delivery(str(path), Asked(layer=name))
        assert (delivery.file, delivery.layer) == ("a.zip", "b")


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_a_zipped_shapefile_with_chinese_names_and_notes_comes_in(tmp_path, codec):
    frame = gpd.GeoDataFrame({"a": ["坪山"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4547")
    written(frame, tmp_path / "lots.shp", driver="ESRI Shapefile")
    stand_ins = "坪山地块".encode(codec)
    parts = [(f"{'x' * len(stand_ins)}{file.suffix}", file.read_bytes())
             for file in sorted(tmp_path.iterdir())]  # fmt: skip
    path = packed(tmp_path, *parts, ("说明.txt", b"note"), ("__MACOSX/._a.shp", b""))
    # Chinese programs write the bytes of their code page and no mark that says so.
    path.write_bytes(path.read_bytes().replace(b"x" * len(stand_ins), stand_ins))
    delivery = open_delivery(str(path), Asked())
    assert (delivery.layer, delivery.format) == ("坪山地块", "Shapefile")
    assert delivery.table["a"].tolist() == ["坪山"]
    assert delivery.claim is not None


def test_a_kmz_is_its_doc_kml(tmp_path):
    kml = b"<kml><Placemark><name>a</name></Placemark></kml>"
    path = packed(tmp_path, ("doc.kml", kml), ("models/b.kml", kml), ("i.png", b""))
    assert open_delivery(str(path.rename(tmp_path / "a.kmz")), Asked()).table["name"].tolist() == [
        "a"
    ]


def test_a_zip_of_a_workbook_is_looked_through_as_well(tmp_path):
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 20_000_000)
    (tmp_path / "a.xlsx").write_bytes(text.getvalue())
    assert code_of(tmp_path / "a.xlsx") == "over-ceiling"
