"""A drawing becomes rows: outlines with their arcs, blocks, hatches and the texts inside."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from pingshan_geo import gdal
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.cad import read_dxf

ezdxf = pytest.importorskip("ezdxf")
CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "gdal" / "dxf"
LOT = [(0, 0), (100, 0), (100, 50), (0, 50)]


@pytest.fixture
def drawing():
    document = ezdxf.new("R2010")
    document.header["$INSUNITS"] = 0
    return document


def read(document, tmp_path: Path, **asked):
    path = tmp_path / "lots.dxf"
    document.saveas(path)
    return read_dxf(path, Asked(**asked))


def codes(delivery) -> list[str]:
    return [finding.code for finding in delivery.findings]


def said(delivery, code: str):
    return next(finding for finding in delivery.findings if finding.code == code)


def refusal(path: Path, **asked) -> str:
    with pytest.raises(InputError) as caught:
        read_dxf(path, Asked(**asked))
    return str(caught.value)


def test_arcs_of_a_polyline_become_pieces_within_a_millimetre(drawing, tmp_path: Path) -> None:
    # Two straight sides of 100 m and two half circles of 30 m radius.
    stadium = [(0, 0), (100, 0, 0, 0, 1), (100, 60), (0, 60, 0, 0, 1)]
    drawing.modelspace().add_lwpolyline(stadium, close=True)
    (shape,) = read(drawing, tmp_path).geometry
    area = 100 * 60 + math.pi * 30**2
    assert area - 0.001 * math.tau * 30 < shape.area < area
    assert shape.bounds == pytest.approx((-30, 0, 130, 60), abs=0.001)
    table, about = gdal.read(tmp_path / "lots.dxf", driver="DXF")
    (other,) = shapely.from_wkb(table[about["geometry_name"]].to_pylist())
    assert shapely.hausdorff_distance(shape.exterior, shapely.LineString(other.coords)) < 0.01
    assert shapely.Polygon(other.coords).area == pytest.approx(shape.area, rel=1e-4)


def test_a_clockwise_arc_bulges_inward(drawing, tmp_path: Path) -> None:
    notch = [(0, 0, 0, 0, -1), (20, 0), (20, 40), (0, 40)]
    drawing.modelspace().add_lwpolyline(notch, close=True)
    (shape,) = read(drawing, tmp_path).geometry
    assert shape.area == pytest.approx(20 * 40 - math.pi * 100 / 2, abs=0.05)


def test_circles_ellipses_and_closed_splines_are_areas(drawing, tmp_path: Path) -> None:
    space = drawing.modelspace()
    space.add_circle((0, 0), 100)
    space.add_ellipse((500, 0), (200, 0), 0.5)
    space.add_ellipse((500, 0), (200, 0), 0.5, start_param=0, end_param=1)
    corners = [(0, 0, 0), (60, 0, 0), (60, 60, 0), (0, 60, 0)]
    space.add_spline().set_closed(corners)
    delivery = read(drawing, tmp_path)
    assert delivery.table["entity"].tolist() == ["CIRCLE", "ELLIPSE", "SPLINE"]
    circle, ellipse, spline = delivery.geometry
    assert circle.area == pytest.approx(math.pi * 100**2, abs=0.001 * math.tau * 100)
    assert ellipse.area == pytest.approx(math.pi * 200 * 100, abs=1.5)
    # A closed uniform cubic passes through (a + 4b + c) / 6 of three corners that follow.
    through = shapely.MultiPoint([(10, 10), (50, 10), (50, 50), (10, 50)])
    assert spline.is_valid
    assert (
        shapely.hausdorff_distance(through, through.intersection(spline.exterior.buffer(1e-9))) == 0
    )
    told = said(delivery, "cad-no-outline")
    assert (told.value, told.details["count"]) == ("ELLIPSE", "1")


def test_a_curve_in_degrees_keeps_its_shape(drawing, tmp_path: Path) -> None:
    drawing.modelspace().add_circle((114.35, 22.7), 0.002)
    (shape,) = read(drawing, tmp_path).geometry
    assert shape.area == pytest.approx(math.pi * 0.002**2, rel=2e-4)


def test_a_hatch_has_holes_and_islands(drawing, tmp_path: Path) -> None:
    hatch = drawing.modelspace().add_hatch()
    for low, high in ((0, 100), (20, 80), (40, 60)):
        hatch.paths.add_polyline_path([(low, low), (high, low), (high, high), (low, high)])
    (shape,) = read(drawing, tmp_path).geometry
    assert shape.area == pytest.approx(100**2 - 60**2 + 20**2)


def test_loops_of_a_hatch_that_overlap_are_not_joined_in_silence(drawing, tmp_path: Path) -> None:
    hatch = drawing.modelspace().add_hatch()
    for low, high in ((0, 20), (10, 30)):
        hatch.paths.add_polyline_path([(low, low), (high, low), (high, high), (low, high)])
    (shape,) = read(drawing, tmp_path).geometry
    assert (shape.is_valid, shape.area) == (False, 800)  # the rules of geometry refuse the row


@pytest.mark.parametrize("ccw", [True, False])
def test_edges_of_a_hatch_are_joined_whichever_way_they_run(drawing, tmp_path: Path, ccw) -> None:
    hatch = drawing.modelspace().add_hatch()
    edges = hatch.paths.add_edge_path()
    edges.add_line((-10, 0), (10, 0))
    edges.add_arc((0, 0), 10, start_angle=0, end_angle=180, ccw=ccw)
    whole = hatch.paths.add_edge_path()
    whole.add_ellipse((0, 5), (2, 0), 0.5, start_angle=0, end_angle=360)
    (shape,) = read(drawing, tmp_path).geometry
    assert shape.area == pytest.approx(math.pi * 100 / 2 - math.pi * 2, abs=0.05)


def test_blocks_are_unfolded_where_they_stand_with_attributes_as_columns(
    drawing, tmp_path: Path
) -> None:
    drawing.layers.add("宗地", color=3)
    inner = drawing.blocks.new("LOT")
    inner.add_lwpolyline([(0, 0), (10, 0), (10, 5), (0, 5)], close=True)
    inner.add_circle((0, 0), 2, dxfattribs={"layer": "WELL", "color": 0})
    outer = drawing.blocks.new("ROW", base_point=(10, 0))
    outer.add_blockref("LOT", (10, 0), {"rotation": 90, "xscale": 2, "yscale": 3, "color": 0})
    insert = drawing.modelspace().add_blockref("ROW", (1000, 2000), {"layer": "宗地", "color": 5})
    insert.add_attrib("宗地号", "G13113-8014", (1000, 2000))
    insert.add_attrib("label", "x", (1000, 2000))
    delivery = read(drawing, tmp_path)
    lot, well = delivery.table.to_dict("records")
    assert (lot["cad_layer"], lot["colour"], lot["block"]) == ("宗地", "3", "LOT")
    assert (lot["宗地号"], lot["label_"]) == ("G13113-8014", "x")
    assert (well["cad_layer"], well["colour"]) == ("WELL", "5")
    # 20 by 15, turned a quarter to the left about (1000, 2000)
    assert delivery.geometry[0].equals(shapely.box(985, 2000, 1000, 2020))
    assert delivery.geometry[1].area == pytest.approx(math.pi * 4 * 6, rel=1e-3)


def test_a_mirrored_insert_and_an_array_of_inserts_are_where_cad_shows_them(
    drawing, tmp_path: Path
) -> None:
    drawing.blocks.new("LOT").add_lwpolyline([(0, 0), (10, 0), (10, 5), (0, 5)], close=True)
    many = {"row_count": 2, "column_count": 3, "row_spacing": 8, "column_spacing": 20}
    drawing.modelspace().add_blockref("LOT", (0, 0), {"xscale": -1} | many)
    shapes = read(drawing, tmp_path).geometry
    table, about = gdal.read(tmp_path / "lots.dxf", driver="DXF")
    others = shapely.from_wkb(table[about["geometry_name"]].to_pylist())
    assert sorted(each.bounds for each in shapes) == sorted(
        each.bounds for other in others for each in shapely.get_parts(other)
    )


def test_a_text_labels_the_smallest_outline_that_it_stands_in(drawing, tmp_path: Path) -> None:
    space = drawing.modelspace()
    space.add_lwpolyline(LOT, close=True)
    space.add_lwpolyline([(10, 10), (20, 10), (20, 20), (10, 20)], close=True)
    space.add_text("G13113-8014").set_placement((50, 25))
    space.add_mtext(r"{\fSimSun;工业用地}\P二期").set_location((60, 25))
    space.add_text("house").set_placement((15, 15))
    space.add_text("road").set_placement((500, 500))
    pin = drawing.blocks.new("PIN")
    pin.add_point((0, 0))
    space.add_blockref("PIN", (70, 30)).add_attrib("面积", "5000", (70, 30))
    delivery = read(drawing, tmp_path)
    assert delivery.table["label"].tolist() == ["G13113-8014;工业用地;二期", "house"]
    assert delivery.table["面积"].tolist() == ["5000", None]
    told = said(delivery, "cad-text-alone")
    assert (told.value, told.details["count"]) == ("road", "1")


def test_a_hatch_and_the_line_around_it_share_their_label(drawing, tmp_path: Path) -> None:
    space = drawing.modelspace()
    space.add_lwpolyline(LOT, close=True)
    space.add_hatch().paths.add_polyline_path(LOT)
    space.add_text("A-1").set_placement((5, 5))
    assert read(drawing, tmp_path).table["label"].tolist() == ["A-1", "A-1"]


def test_lines_are_closed_within_a_millimetre_and_told_others_stay_open(
    drawing, tmp_path: Path
) -> None:
    space = drawing.modelspace()
    space.add_lwpolyline([*LOT, (0, 0.0005)])
    space.add_lwpolyline([*LOT, (0, 0)])
    space.add_lwpolyline([*LOT, (0, 0.002)])
    space.add_line((0, 0), (1, 1))
    delivery = read(drawing, tmp_path)
    assert [each.geom_type for each in delivery.geometry] == ["Polygon", "Polygon", "LineString"]
    assert said(delivery, "cad-ends-joined").details["count"] == "1"
    assert said(delivery, "cad-no-outline").value == "LINE"


def test_polylines_of_three_dimensions_lose_their_heights_and_that_is_told(
    drawing, tmp_path: Path
) -> None:
    space = drawing.modelspace()
    space.add_polyline3d([(x, y, 12.5) for x, y in LOT], close=True)
    space.add_polyline2d(LOT, close=True)
    space.add_lwpolyline(LOT, close=True, dxfattribs={"extrusion": (0, 0, -1)})
    delivery = read(drawing, tmp_path)
    assert not shapely.has_z(delivery.geometry).any()
    assert "z-dropped" in codes(delivery)
    assert delivery.geometry[0].equals(delivery.geometry[1])
    assert delivery.geometry[2].bounds == (-100, 0, 0, 50)


def test_the_unit_of_a_drawing_is_told_and_scales_the_tolerance(drawing, tmp_path: Path) -> None:
    drawing.header["$INSUNITS"] = 4
    drawing.modelspace().add_circle((0, 0), 100_000)
    delivery = read(drawing, tmp_path)
    assert delivery.table.attrs["units"] == "mm"
    assert said(delivery, "cad-units").details["factor"] == "0.001"
    assert 100 < shapely.get_num_coordinates(delivery.geometry[0]) < 1000


def test_a_unit_that_no_drawing_has_is_no_unit(drawing, tmp_path: Path) -> None:
    drawing.header["$INSUNITS"] = 99
    drawing.modelspace().add_circle((0, 0), 1)
    assert read(drawing, tmp_path).table.attrs["units"] is None


@pytest.mark.parametrize("version", ["R2000", "R2010"])
def test_chinese_is_read_as_declared_or_told_where_nothing_is_declared(
    version: str, tmp_path: Path
) -> None:
    drawing = ezdxf.new(version)
    drawing.encoding = "gbk"
    drawing.layers.add("坪山宗地界线图层")
    drawing.modelspace().add_lwpolyline(LOT, close=True, dxfattribs={"layer": "坪山宗地界线图层"})
    delivery = read(drawing, tmp_path)
    assert delivery.table["cad_layer"].tolist() == ["坪山宗地界线图层"]
    assert delivery.encoding == ("gb18030" if version == "R2000" else "utf-8")
    path = tmp_path / "lots.dxf"
    text = path.read_bytes().decode(drawing.output_encoding)
    path.write_bytes(text.replace("ANSI_936", "ANSI_1252").encode("gbk"))
    assert read_dxf(path, Asked(encoding="gbk")).table["cad_layer"][0] == "坪山宗地界线图层"
    assert "encoding-wrong" in refusal(path, encoding="utf-8")


def test_a_binary_drawing_is_read(drawing, tmp_path: Path) -> None:
    drawing.modelspace().add_lwpolyline(LOT, close=True, dxfattribs={"layer": "宗地"})
    path = tmp_path / "lots.dxf"
    drawing.saveas(path, fmt="bin")
    assert path.read_bytes().startswith(b"AutoCAD Binary DXF")
    assert read_dxf(path, Asked()).table["cad_layer"].tolist() == ["宗地"]


def test_only_the_layers_asked_for_become_rows(drawing, tmp_path: Path) -> None:
    space = drawing.modelspace()
    for layer in ("JZD", "DK", "ROAD"):
        space.add_lwpolyline(LOT, close=True, dxfattribs={"layer": layer})
        space.add_text(layer, dxfattribs={"layer": layer}).set_placement((1, 1))
    delivery = read(drawing, tmp_path, layer="jzd, DK")
    assert delivery.table[["cad_layer", "label"]].to_numpy().tolist() == [
        ["JZD", "JZD;DK"], ["DK", "JZD;DK"]
    ]  # fmt: skip
    assert "no layer JZDD; there are: JZD" in refusal(tmp_path / "lots.dxf", layer="JZDD,DK")


def test_extended_data_becomes_columns(drawing, tmp_path: Path) -> None:
    drawing.appids.add("SOUTH")
    lot = drawing.modelspace().add_lwpolyline(LOT, close=True)
    lot.set_xdata("SOUTH", [(1000, "300000"), (1000, "坪山"), (1040, 12.5)])
    (row,) = read(drawing, tmp_path).table.to_dict("records")
    assert (row["SOUTH 1"], row["SOUTH 2"], row["SOUTH 3"]) == ("300000", "坪山", 12.5)


def test_outlines_on_hidden_layers_and_outside_of_model_space_are_told(
    drawing, tmp_path: Path
) -> None:
    drawing.layers.add("OLD").off()
    drawing.modelspace().add_lwpolyline(LOT, close=True, dxfattribs={"layer": "OLD"})
    drawing.layout("Layout1").add_lwpolyline(LOT, close=True)
    delivery = read(drawing, tmp_path)
    assert said(delivery, "cad-layer-hidden").value == "OLD"
    assert "paper space" in [finding.value for finding in delivery.findings]


def test_a_drawing_without_outlines_is_refused_with_what_it_holds(drawing, tmp_path: Path) -> None:
    drawing.modelspace().add_line((0, 0), (1, 1))
    drawing.saveas(tmp_path / "lots.dxf")
    told = refusal(tmp_path / "lots.dxf")
    assert "cad-empty" in told
    assert "1 × LINE" in told


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"AC1032\0\0", "DWG"), (b"%PDF-1.7", "does not begin"), (b"", "does not begin"),
     (b"  0\nSECTION\n  2\n", "damaged"), (b"AutoCAD Binary DXF\r\n\x1a\x00\x01", "ezdxf")],
)  # fmt: skip
def test_what_is_no_dxf_is_refused_by_name(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.dxf").write_bytes(content)
    assert reason in refusal(tmp_path / "a.dxf")
    assert "No such file" in refusal(tmp_path / "none.dxf")


def test_a_damaged_drawing_is_mended_and_that_is_told(drawing, tmp_path: Path) -> None:
    drawing.modelspace().add_lwpolyline(LOT, close=True, dxfattribs={"layer": "宗地"})
    path = tmp_path / "lots.dxf"
    drawing.saveas(path)
    text = path.read_text("utf-8")
    assert "  0\nEOF\n" in text
    path.write_text(text.replace("  0\nEOF\n", ""), "utf-8")
    delivery = read_dxf(path, Asked())
    assert delivery.table["cad_layer"].tolist() == ["宗地"]
    assert "cad-mended" in codes(delivery)


def test_blocks_that_unfold_without_end_are_refused(drawing, tmp_path: Path) -> None:
    drawing.blocks.new("B0").add_circle((0, 0), 1)
    for level in range(1, 12):
        block = drawing.blocks.new(f"B{level}")
        for place in range(10):
            block.add_blockref(f"B{level - 1}", (place, 0))
    drawing.modelspace().add_blockref("B11", (0, 0))
    drawing.saveas(tmp_path / "bomb.dxf")
    assert "1,000,000" in refusal(tmp_path / "bomb.dxf")
    drawing.blocks.get("B0").add_blockref("B3", (0, 0))
    drawing.saveas(tmp_path / "loop.dxf")
    assert "holds itself" in refusal(tmp_path / "loop.dxf")


def test_every_foreign_drawing_is_read_or_refused_by_name() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not beside the checkout")
    for path in sorted(CORPUS.glob("*.dxf")):
        try:
            delivery = read_dxf(path, Asked())
        except InputError:
            continue
        assert len(delivery.table) == len(delivery.geometry) == len(delivery.rows) > 0
        assert np.array_equal(delivery.rows, np.arange(1, len(delivery.table) + 1))


def test_without_the_library_the_extra_is_named(drawing, tmp_path: Path, monkeypatch) -> None:
    drawing.saveas(tmp_path / "lots.dxf")
    monkeypatch.setitem(sys.modules, "ezdxf", None)
    with pytest.raises(UsageError, match=r"pingshan-geo\[cad\]"):
        read_dxf(tmp_path / "lots.dxf", Asked())
