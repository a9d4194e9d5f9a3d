"""Survey-coordinate text: parts, rings, holes, axes, zones, and lines that are wrong."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from pingshan_geo.errors import InputError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.rings import assembled
from pingshan_geo.ingest.formats.survey import _CODES, _ZONES, read_survey

HEAD = """[属性描述]
格式版本号=1.01版本
数据产生单位=某测绘院
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=38
精度=0.001
转换参数=,,,,,,
[地块坐标]
"""
#: A square of 100 m with a hole of 20 m, north first, closed; and a second one apart.
BLOCK = """10,0.9600,DK-01,甲地块,面,2514.0-38500.0,工业用地,M1,@
J1,1,2514000,38500000
J2,1,2514100,38500000
J3,1,2514100,38500100
J4,1,2514000,38500100
J1,1,2514000,38500000
J5,2,2514040,38500040
J6,2,2514040,38500060
J7,2,2514060,38500060
J8,2,2514060,38500040
J5,2,2514040,38500040
"""


def read(tmp_path, text, encoding="utf-8", **asked):
    path = tmp_path / "survey.txt"
    path.write_bytes(text.encode(encoding))
    return read_survey(path, Asked(**asked))


def codes(delivery):
    return [(found.code, found.row) for found in delivery.findings]


def test_a_block_becomes_an_outline_with_x_east_and_a_hole(tmp_path):
    got = read(tmp_path, HEAD + BLOCK)
    square = shapely.box(38500000, 2514000, 38500100, 2514100)
    hole = shapely.box(38500040, 2514040, 38500060, 2514060)
    assert shapely.equals(got.geometry[0], square - hole)
    assert got.geometry[0].area == 100 * 100 - 20 * 20
    assert got.table.iloc[0].to_dict() == {
        "界址点数": "10", "地块面积(公顷)": "0.9600", "地块编号": "DK-01", "地块名称": "甲地块",
        "图形属性": "面", "图幅号": "2514.0-38500.0", "地块用途": "工业用地", "地类编码": "M1",
    }  # fmt: skip
    assert got.rows.tolist() == [12]
    assert (got.claim.text, got.claim.origin) == ("EPSG:4526", "file")
    assert codes(got) == []


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda text: text, "gbk"),
        (lambda text: text.replace(",", "，"), "utf-8"),
        (lambda text: text.replace(",", "\t"), "utf-8-sig"),
        (lambda text: text.replace("\n", "\r\n"), "utf-8"),
        (
            lambda text: text.replace("10,", "9,").replace("J1,1,2514000,38500000\nJ5", "J5"),
            "utf-8",
        ),
        (lambda text: text.replace(",1,25", " , 1 , 25").replace("=", "＝"), "utf-8"),
        (lambda text: text.replace("10,", "8,"), "utf-8"),  # without those that close a ring
        (lambda text: text.replace(",2,25", ",1,25"), "utf-8"),  # rings told apart by closing
        (lambda text: text.replace("[", "［").replace("]", "］"), "utf-8"),
    ],
)
def test_variants_of_the_text_give_the_same_outline(tmp_path, change, encoding):
    got = read(tmp_path, change(HEAD + BLOCK), encoding)
    assert got.geometry[0].area == 9600
    assert got.geometry[0].is_valid
    assert got.claim.text == "EPSG:4526"
    assert [code for code, _ in codes(got)] == ["encoding-guessed"] * (encoding == "gbk")


@pytest.mark.parametrize("step", [1, -1])
def test_rings_side_by_side_are_parts_and_a_ring_in_a_hole_is_a_part_again(tmp_path, step):
    rings = [
        (0, 0, 100),
        (10, 10, 80),
        (20, 20, 10),
        (22, 22, 4),
        (200, 0, 50),
    ]  # east, north, side
    lines = [
        f"J{k},{number},{2514000 + n},{500000 + e}"
        for number, (x, y, side) in enumerate(rings[::step], start=1)
        for k, (e, n) in enumerate(
            [(x, y), (x, y + side), (x + side, y + side), (x + side, y)], start=1
        )
    ]
    got = read(tmp_path, HEAD + "\n".join(["20,,1,,面,,,,@", *lines]))
    assert got.geometry[0].area == 100**2 - 80**2 + 10**2 - 4**2 + 50**2
    assert len(got.geometry[0].geoms) == 3
    assert got.geometry[0].is_valid
    assert got.claim.text == "EPSG:4547"  # CM 114E: no zone in the easting


WRONG = BLOCK.replace("2514100,38500100", "25141oo,38500100")


def test_a_line_that_is_no_vertex_takes_its_block_out_and_no_other(tmp_path):
    got = read(tmp_path, HEAD + WRONG + BLOCK.replace("DK-01", "DK-02"))
    assert got.geometry[0] is None
    assert got.geometry[1].area == 9600
    told = [found for found in got.findings if found.code == "geometry-unreadable"]
    assert [found.row for found in told] == [12]
    assert "line 15" in told[0].message("en")
    assert ("survey-points", 12) in codes(got)


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("3,1,a,,面,,,,@\nJ1,1,1,1\nJ2,1,2,2\n", "geometry-unreadable", 12),
        ("0,1,a,,面,,,,@\n", "geometry-unreadable", 12),
        ("1,1,a,,点,,,,@\nJ1,1,1,1\n", "geometry-unreadable", 12),
        ("4,1,a,,面,,,,@\nJ1,1,0,0\nJ2,1,0,nan\nJ3,1,1,1\n", "geometry-unreadable", 12),
        ("J1,1,1,1\n" + BLOCK, "survey-line", 12),
        (BLOCK.replace("10,0.9600", "12,0.9600"), "survey-points", 12),
        (BLOCK.replace("甲地块", "甲,地块"), "csv-row-length", 12),
    ],
)
def test_what_is_wrong_is_told_at_its_line(tmp_path, text, code, row):
    assert (code, row) in codes(read(tmp_path, HEAD + text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("带号=38", "带号=39"),
        ("带号=38", "带号=" + "9" * 5000),
        ("坐标系=2000国家大地坐标系", "坐标系=深圳独立坐标系"),
        ("几度分带=3", "几度分带="),
        ("计量单位=米", "计量单位=毫米"),
    ],
)
def test_a_head_that_is_unclear_claims_no_crs_and_says_so(tmp_path, old, new):
    got = read(tmp_path, HEAD.replace(old, new) + BLOCK)
    assert got.claim is None
    assert codes(got) == [("survey-crs", None)]


def test_a_doubled_entry_is_told_and_the_zone_of_the_eastings_holds(tmp_path):
    got = read(tmp_path, HEAD.replace("带号=38", "带号=38\n带号=39") + BLOCK)
    assert codes(got) == [("survey-header", 9)]
    assert got.claim.text == "EPSG:4526"


def test_parameters_of_a_transformation_are_told(tmp_path):
    got = read(tmp_path, HEAD.replace("转换参数=,", "转换参数=-12.5,") + BLOCK)
    assert [code for code, _ in codes(got)] == ["survey-parameters"]


@pytest.mark.parametrize(
    ("name", "codes_of"),
    [
        ("2000国家大地坐标系", "CGCS2000"), ("CGCS2000", "CGCS2000"), ("国家2000", "CGCS2000"),
        ("80国家大地坐标系", "Xian 1980"), ("1980西安坐标系", "Xian 1980"),
        ("54北京坐标系", "Beijing 1954"), ("1954年北京坐标系", "Beijing 1954"),
    ],
)  # fmt: skip
def test_systems_are_known_under_the_names_that_offices_write(tmp_path, name, codes_of):
    got = read(tmp_path, HEAD.replace("2000国家大地坐标系", name) + BLOCK)
    assert pyproj.CRS(got.claim.text).name == f"{codes_of} / 3-degree Gauss-Kruger zone 38"


def constants(crs):
    return {each.name: each.value for each in crs.coordinate_operation.params}


@pytest.mark.parametrize(("system", "width"), list(_CODES))
def test_every_code_of_the_table_is_the_zone_that_epsg_has_under_it(system, width):
    kind = "3-degree Gauss-Kruger" if width == 3 else "Gauss-Kruger"
    with_zone, without = _CODES[system, width]
    for place, zone in enumerate(_ZONES[width]):
        meridian = 3 * zone if width == 3 else 6 * zone - 3
        here = pyproj.CRS(with_zone + place)
        assert here.name.replace("6-degree ", "") in {
            f"{system} / {kind} zone {zone}",
            f"{system} / 6-degree {kind} zone {zone}",
        }
        assert constants(here)["False easting"] == zone * 1e6 + 5e5
        there = pyproj.CRS(without + place)
        assert there.name.split(" CM ")[1] == f"{meridian}E"
        assert constants(there)["False easting"] == 5e5
        assert constants(there)["Longitude of natural origin"] == meridian


def test_other_text_is_read_as_a_table_or_refused(tmp_path):
    assert list(read(tmp_path, "编号\t名称\na\tb\n").table) == ["编号", "名称"]
    with pytest.raises(InputError, match="file-unreadable"):
        read(tmp_path, "Dear all,\nplease find the data attached\n\nRegards\n")
    with pytest.raises(InputError, match="survey-empty"):
        read(tmp_path, HEAD)


@st.composite
def blocks(draw):
    """Blocks of squares in cells of a grid of 100 m, some with a hole; their area is known."""
    text, areas = [], []
    for block in range(draw(st.integers(1, 4))):
        parts = draw(st.lists(st.integers(0, 8), min_size=1, max_size=3, unique=True))
        lines, area, number = [], 0, 0
        for part in parts:
            size, hole = draw(st.integers(10, 99)), draw(st.integers(0, 4))
            for origin, side in [(0, size)] + [(2, hole)] * (hole > 0):
                number += 1
                ring = [(0, 0), (0, side), (side, side), (side, 0)]
                ring += ring[:1] * draw(st.integers(0, 1))
                if draw(st.booleans()):
                    ring.reverse()
                north, east = 2500000 + 100 * block + origin, 500000 + 100 * part + origin
                lines += [
                    f"J{k},{number},{north + n},{east + e}"
                    for k, (e, n) in enumerate(ring, start=1)
                ]
                area += side * side if origin == 0 else -side * side
        areas.append(area)
        text += [f"{len(lines)},,{block},,面,,,,@", *lines]
    return "\n".join(text), areas


@example([(0, 0, 6), (3, 0, 9), (2, 1, 4), (4, 2, 1)])
@given(st.lists(st.tuples(*[st.integers(0, 6)] * 2, st.integers(1, 9)), min_size=1, max_size=8))
def test_rings_that_cross_give_an_outline_for_the_repair_to_judge(squares):
    corners = [(0, 0), (0, 1), (1, 1), (1, 0)]
    points = np.array([(x + s * e, y + s * n) for x, y, s in squares for e, n in corners], float)
    rings = np.repeat(np.arange(len(squares)), 4)
    shapes, faults = assembled(points, rings, np.zeros(len(squares), int), 1)
    assert faults == {}
    assert sum(map(len, map(shapely.get_coordinates, shapes))) == 5 * len(squares)


@given(blocks())
def test_any_blocks_come_back_with_their_areas(tmp_path_factory, made):
    text, areas = made
    got = read(tmp_path_factory.mktemp("survey"), HEAD + text)
    assert [shape.area for shape in got.geometry] == areas
    assert all(shape.is_valid for shape in got.geometry)
    assert codes(got) == []
