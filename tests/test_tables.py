"""Delimited text: delimiters, headings, odd rows, outlines in columns."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.cells import csv_bytes
from pingshan_geo.errors import InputError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.opening import open_delivery
from pingshan_geo.ingest.formats.tables import read_delimited, read_workbook

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def delimited(tmp_path, text, codec="utf-8", **asked):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(codec))
    return read_delimited(path, Asked(**asked))


def codes(delivery):
    return [(found.code, found.row) for found in delivery.findings]


def records(delivery):
    return delivery.table.to_dict("records")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
def test_the_delimiter_is_the_one_that_fits(tmp_path, delimiter):
    lines = [["宗地编号", "用途"], ["0012", "工业 A; B, C"], ["0013", "住宅"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    got = delimited(tmp_path, text)
    assert records(got) == [
        {"宗地编号": "0012", "用途": "工业 A; B, C"},
        {"宗地编号": "0013", "用途": "住宅"},
    ]
    assert (got.geometry, got.claim, got.encoding) == (None, None, "utf-8")


def test_signs_in_the_cells_do_not_count_as_delimiter(tmp_path):
    got = delimited(tmp_path, "编号;说明\na;x,y,z,w\nb;p,q,r,s\n")
    assert list(got.table) == ["编号", "说明"]


def test_rows_keep_their_numbers_over_blank_ones_and_missing_cells_are_none(tmp_path):
    got = delimited(tmp_path, "编号,名称\n\na,甲\n , \nb,\n")
    assert got.rows.tolist() == [3, 5]
    assert records(got)[1] == {"编号": "b", "名称": None}


def test_a_row_of_another_length_is_kept_and_told(tmp_path):
    got = delimited(tmp_path, "id,a,b\n1,x,y\n2,x\n3,x,y,z\n4,x,y,\n")
    assert [found for found in codes(got) if found[0] == "csv-row-length"] == [
        ("csv-row-length", 3),
        ("csv-row-length", 4),
    ]
    assert records(got)[2] == {"id": "3", "a": "x", "b": "y", "column 4": "z"}
    assert len(got.table) == 4


def test_headings_are_made_unique_and_empty_ones_named(tmp_path):
    got = delimited(tmp_path, "编号,面积,面积,\na,1,2,x\n")
    assert list(got.table) == ["编号", "面积", "面积_2", "column 4"]
    assert {code for code, _ in codes(got)} == {"heading-doubled", "heading-empty"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('a,b\n1,"2\n3,4\n', "csv-broken"),
        ('a,b\n1,"2"x\n', "csv-broken"),
        ("", "heading-missing"),
        ("\n\n", "heading-missing"),
        ("1,2\n3,4\n", "heading-missing"),
        ("a,\0b\n", "file-unreadable"),
        (",".join(f"c{n}" for n in range(1001)) + "\n", "over-ceiling"),
    ],
)
def test_text_that_is_no_table_is_refused_by_name(tmp_path, text, code):
    with pytest.raises(InputError, match=code):
        delimited(tmp_path, text)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="file-missing"):
        open_delivery(str(tmp_path / "none.csv"), Asked())


def test_gbk_is_read_with_a_finding_and_the_encoding_asked_for_is_used(tmp_path):
    text = "宗地编号,土地用途\nG13113-8014,工业用地\n"
    assert codes(delimited(tmp_path, text, "gbk")) == [("encoding-guessed", None)]
    assert codes(delimited(tmp_path, text, "gbk", encoding="gbk")) == []


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), min_size=2))
def test_what_the_program_writes_as_csv_comes_back(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    heading = [f"h{n}" for n in range(len(cells))]
    path.write_bytes(b"".join(csv_bytes([heading, ["row", *cells[1:]]])))
    got = read_delimited(path, Asked()).table.iloc[0].tolist()
    assert got == ["row", *(cell.strip() or None for cell in cells[1:])]


# Outlines in columns

SQUARE = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"


@pytest.mark.parametrize("heading", ["WKT", "geometry", "the_geom", "几何", "anything"])
def test_a_column_of_wkt_is_the_geometry(tmp_path, heading):
    got = delimited(tmp_path, f'id,{heading}\na,"{SQUARE}"\nb,\nc,"POLYGON ((0 0"\n')
    assert list(got.table) == ["id"]
    assert got.geometry[0].area == 100
    assert [shape is None for shape in got.geometry] == [False, True, True]
    assert codes(got) == [("geometry-unreadable", 4)]


def test_a_text_that_only_speaks_of_polygons_is_no_geometry(tmp_path):
    got = delimited(tmp_path, "id,note\na,polygon of the old survey\n")
    assert (list(got.table), got.geometry) == (["id", "note"], None)


def test_an_srid_is_a_claim_and_curves_are_refused_by_row(tmp_path):
    curve = "CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0))"
    got = delimited(tmp_path, f'id,geom\na,"SRID=4547;{SQUARE}"\nb,"{curve}"\n')
    assert (got.claim.text, got.claim.origin) == ("EPSG:4547", "file")
    assert got.geometry[0].area == 100
    assert codes(got) == [("geometry-unreadable", 3)]


def test_of_two_columns_of_wkt_the_one_with_the_name_is_taken_and_told(tmp_path):
    got = delimited(tmp_path, f'id,centre,geom\na,POINT (5 5),"{SQUARE}"\n')
    assert got.geometry[0].area == 100
    assert records(got) == [{"id": "a", "centre": "POINT (5 5)"}]
    assert codes(got) == [("geometry-column", None)]


VERTICES = [  # parcel, ring, order, east, north: a square of 100 m with a hole of 10 m, a triangle
    *[("A", 1, k, 500000 + e, 2514000 + n)
      for k, (e, n) in enumerate([(0, 0), (100, 0), (100, 100), (0, 100)])],
    *[("A", 2, k, 500000 + e, 2514000 + n)
      for k, (e, n) in enumerate([(50, 50), (60, 50), (60, 60), (50, 60), (50, 50)])],
    *[("B", 1, k, 500200 + e, 2514000 + n) for k, (e, n) in enumerate([(0, 0), (40, 0), (0, 40)])],
]  # fmt: skip


def vertices(heading, order=lambda row: row):
    lines = [heading] + [",".join(map(str, order(row))) for row in VERTICES]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("heading", "order", "told"),
    [
        ("宗地编号,圈号,序号,横坐标,纵坐标", lambda r: r, []),
        ("宗地编号,圈号,序号,Y横坐标,X纵坐标", lambda r: r, []),
        (
            "宗地编号,环号,点序,X（纵坐标）,Y（横坐标）",
            lambda r: (*r[:3], r[4], r[3]),
            [],
        ),
        ("parcel_id,ring,seq,easting,northing", lambda r: r, []),
        ("parcel_id,part,order,X,Y", lambda r: r, ["axes-decided"]),
        ("地块编号,圈号,序号,X坐标,Y坐标", lambda r: (*r[:3], r[4], r[3]), ["axes-decided"]),
    ],
)
def test_rows_of_vertices_become_one_row_a_parcel(tmp_path, heading, order, told):
    got = delimited(tmp_path, vertices(heading, order))
    assert [shape.area for shape in got.geometry] == [100 * 100 - 10 * 10, 40 * 40 / 2]
    assert got.geometry[1].bounds == (500200, 2514000, 500240, 2514040)
    assert got.table.iloc[:, 0].tolist() == ["A", "B"]
    assert got.rows.tolist() == [2, 11]
    assert [code for code, _ in codes(got)] == told


def test_vertices_are_put_in_their_order_and_columns_of_vertices_left_out(tmp_path):
    lines = ["地块编号,地块名称,界址点,序号,横坐标,纵坐标"]
    square = [(2, 10, 10), (0, 0, 0), (3, 0, 10), (1, 10, 0)]
    lines += [f"A,甲,J{k},{k},{5e5 + e},{25e5 + n}" for k, e, n in square]
    got = delimited(tmp_path, "\n".join(lines))
    assert got.geometry[0].area == 100
    assert records(got) == [{"地块编号": "A", "地块名称": "甲"}]
    assert codes(got) == [("vertex-columns", None)]


def test_axes_that_nothing_decides_are_assumed_with_a_warning(tmp_path):
    lines = ["parcel_id,x,y"] + [f"A,{x},{y}" for x, y in [(10, 20), (11, 20), (10, 21)]]
    got = delimited(tmp_path, "\n".join(lines))
    assert codes(got) == [("axes-assumed", None)]
    assert got.geometry[0].bounds == (10, 20, 11, 21)


def test_one_point_a_row_is_no_outline_and_stays_in_its_columns(tmp_path):
    lines = ["宗地编号,地块名称,经度,纬度"] + [f"G{n},坪山,114.{n},22.{n}" for n in range(9)]
    got = delimited(tmp_path, "\n".join(lines))
    assert (len(got.table), got.geometry) == (9, None)
    assert codes(got) == [("points-left", None)]


def test_a_vertex_that_is_no_number_or_a_ring_too_short_takes_its_parcel_out(tmp_path):
    lines = ["parcel_id,lon,lat", "A,1,1", "A,2,1", "A,1,x", "B,1,1", "B,2,2", "B,1,1"]
    lines += ["C,1,1", "C,2,1", "C,1,2"]
    got = delimited(tmp_path, "\n".join(lines))
    assert [shape is None for shape in got.geometry] == [True, True, False]
    assert codes(got) == [("geometry-unreadable", 2), ("geometry-unreadable", 5)]


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus beside the checkout is not there")
def test_tables_of_the_corpus_are_read_or_refused_with_a_finding():
    for path in sorted(CORPUS.rglob("*")):
        if path.suffix in {".csv", ".tsv", ".xlsx", ".xls", ".ods"}:
            read = read_delimited if path.suffix.endswith("sv") else read_workbook
            with contextlib.suppress(InputError):
                got = read(path, Asked())
                assert len(got.table) == len(got.rows)


def test_a_hundred_thousand_vertices_are_quick_and_exact(tmp_path):
    count = 20_000
    corners = np.tile([(0, 0), (0, 10), (10, 10), (10, 0), (0, 0)], (count, 1))
    east = np.repeat(np.arange(count) * 20.0, 5) + corners[:, 0]
    pairs = enumerate(zip(east, corners[:, 1], strict=True))
    lines = [f"P{n // 5},{e},{2.5e6 + c}" for n, (e, c) in pairs]
    got = delimited(tmp_path, "\n".join(["parcel_id,east,north", *lines]))
    assert np.array_equal(shapely.area(got.geometry), np.full(count, 100.0))
