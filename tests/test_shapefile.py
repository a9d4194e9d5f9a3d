"""Shapefiles: their encoding is found out, their missing parts are told."""

import struct
from pathlib import Path

import pytest
import shapefile
import shapely
from tests.opening import codes, opened, refused


def shape_of(path: Path, encoding: str, texts: list[str], width: int = 20) -> Path:
    """Write a shapefile as older programs do: no .cpg, no .prj, no language."""
    with shapefile.Writer(str(path), encoding=encoding) as writer:
        writer.field("用途", "C", width)
        writer.field("area", "N", 12, 2)
        writer.field("sold", "D")
        writer.field("open", "L")
        for number, text in enumerate(texts):
            writer.poly([[[0, number], [0, number + 1], [1, number + 1], [0, number]]])
            writer.record(text, number + 0.5, "20171213" if number else None, number == 0)
    return path


def test_a_gbk_shapefile_without_cpg_is_found_out_and_told(tmp_path):
    path = shape_of(tmp_path / "a.shp", "gbk", ["工业用地", "居住用地", "商业用地"])
    delivery = opened(path)
    assert delivery.encoding == "gb18030"
    assert delivery.table.to_dict("list") == {
        "用途": ["工业用地", "居住用地", "商业用地"], "area": [0.5, 1.5, 2.5],
        "sold": [None, "2017-12-13", "2017-12-13"], "open": [True, False, False],
    }  # fmt: skip
    assert codes(delivery) == [("part-missing", None), ("encoding-guessed", None)]
    assert delivery.geometry[2].area == 0.5
    (tmp_path / "a.cpg").write_text("936")
    assert codes(opened(path)) == [("part-missing", None)]
    (tmp_path / "a.cpg").write_text("klingon")
    assert ("encoding-named", None) in codes(opened(path))
    assert codes(opened(path, encoding="gbk")) == [("part-missing", None)]


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_a_text_cut_inside_of_a_character_is_told(tmp_path, codec):
    path = shape_of(tmp_path / "a.shp", codec, ["工业用地", "居住", "商业"], width=7)
    data = (tmp_path / "a.dbf").read_bytes()
    whole, cut = "居住".encode(codec).ljust(7), "工业用地".encode(codec)[:7]
    assert whole in data
    (tmp_path / "a.dbf").write_bytes(data.replace(whole, cut))
    delivery = opened(path)
    assert delivery.table["用途"].tolist()[1:] == [cut.decode(codec, "ignore"), "商业"]
    told = {finding.code: finding for finding in delivery.findings}["text-cut"]
    assert (told.field, told.details["other"]) == ("用途", "7")


def test_deleted_records_and_parts_that_do_not_match_are_told(tmp_path):
    path = shape_of(tmp_path / "a.shp", "utf-8", ["a", "b", "c"])
    data = bytearray((tmp_path / "a.dbf").read_bytes())
    start, size = struct.unpack_from("<HH", data, 8)
    data[start + size] = ord("*")
    (tmp_path / "a.dbf").write_bytes(data)
    delivery = opened(path)
    assert ("rows-deleted", None) in codes(delivery)
    assert delivery.rows.tolist() == [1, 3]
    assert shapely.bounds(delivery.geometry)[:, 1].tolist() == [0, 2]
    struct.pack_into("<I", data, 4, 2)
    (tmp_path / "a.dbf").write_bytes(data)
    assert ("parts-differ", None) in codes(opened(path))
    (tmp_path / "a.dbf").unlink()
    assert codes(opened(path)) == [("part-missing", None)] * 2
    assert opened(path).table.shape == (3, 0)


def test_a_shapefile_is_found_beside_parts_of_other_case(tmp_path):
    shape_of(tmp_path / "a.shp", "utf-8", ["a"])
    for name in ("a.shp", "a.shx", "a.dbf"):
        (tmp_path / name).rename(tmp_path / name.upper())
    assert len(opened(tmp_path / "A.SHP").table.columns) == 4


@pytest.mark.parametrize("data", [b"", b"\3" * 20, b"\3" + b"\xff" * 40, bytes(range(256)) * 3])
def test_a_broken_table_is_an_error_with_a_name(tmp_path, data):
    path = shape_of(tmp_path / "a.shp", "utf-8", ["a"])
    (tmp_path / "a.dbf").write_bytes(data)
    assert refused(path) == "file-unreadable"
