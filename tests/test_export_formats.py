"""Every format holds the same rows: read back by a reader that shares no code with the writer.

A File Geodatabase is read by GDAL, which also wrote it: there is no other free reader.
"""

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import ezdxf.filemanagement
import geopandas as gpd
import pytest
import shapefile
import shapely
from tests.exported import (
    READERS,
    assert_same,
    from_kml,
    from_shp,
    projected,
    rings,
)

from pingshan_geo import assess, export, gdal, load_catalogue
from pingshan_geo.cli import main
from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.export.style import finish_geopackage, qml

ROOT = Path(__file__).parents[1]
# The step of a coordinate in a format, degrees.
PRECISION = {
    ".geojsonl": 0.51e-7, ".gpkg": 0, ".shp": 0, ".shp.zip": 0, ".gdb": 1e-9, ".gdb.zip": 1e-9,
    ".fgb": 0, ".kml": 1e-12, ".parquet": 0,
}  # fmt: skip


@pytest.mark.parametrize("suffix", READERS)
def test_rows_texts_numbers_and_outlines_come_back(
    hard_town: export.Layer, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geojson.geometry.DEFAULT_PRECISION", 15)  # of the reader of .fgb
    if suffix == ".fgb":  # which cannot read truth values
        hard_town = hard_town.having(hard_town.data.drop(columns="flag"))
    export.write(hard_town, tmp_path / f"lots{suffix}")
    found = READERS[suffix](tmp_path / f"lots{suffix}")
    data = hard_town.data[hard_town.data.geometry.notna()] if suffix == ".fgb" else hard_town.data
    ids = data["parcel_id"].tolist()
    assert sorted(found) == sorted(ids)
    assert suffix == ".fgb" or list(found) == ids
    names = [name for name in data if name != "geometry"]
    for row, shape in zip(data[names].to_dict("records"), data.geometry, strict=True):
        cells, back = found[row["parcel_id"]]
        for name in names:
            assert_same(row[name], cells.get(name), suffix)
        if suffix in PRECISION and shape is not None:
            off = shapely.hausdorff_distance(back.boundary, shape.boundary)
            assert off <= 1.5 * PRECISION[suffix]  # the diagonal of a cell
            assert len(rings(back)) == len(rings(shape))
        else:
            assert back is None


@pytest.mark.parametrize("suffix", [*export.SUFFIXES])
def test_the_same_rows_give_the_same_bytes(
    hard_town: export.Layer, tmp_path: Path, suffix: str
) -> None:
    if suffix.startswith(".gdb"):
        pytest.skip("a File Geodatabase has random identifiers")
    layer = projected(hard_town) if suffix == ".dxf" else hard_town
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        export.write(layer, tmp_path / name / f"lots{suffix}")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert len(files) == (6 if suffix == ".shp" else 1)


@pytest.mark.parametrize("suffix", [".shp", ".kml", ".fgb", ".dxf"])
def test_a_table_without_outlines_is_refused_where_it_has_no_sense(
    tmp_path: Path, suffix: str
) -> None:
    layer = export.export_table(assess(load_catalogue()), "auctions")
    with pytest.raises(UsageError, match=r"no outlines.*\.xlsx"):
        export.write(layer, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".kml", ".geojsonl", ".csv", ".xlsx"])
def test_a_plane_is_refused_where_the_format_has_none(
    hard_town: export.Layer, tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(UsageError, match="not EPSG:4547"):
        export.write(projected(hard_town), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".gdb", ".fgb", ".parquet"])
def test_a_plane_is_kept_where_the_format_has_one(
    hard_town: export.Layer, tmp_path: Path, suffix: str
) -> None:
    export.write(projected(hard_town), tmp_path / f"a{suffix}")
    if suffix == ".parquet":
        crs = gpd.read_parquet(tmp_path / "a.parquet").crs.to_string()
    else:
        driver = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".gdb": "OpenFileGDB",
                  ".fgb": "FlatGeobuf"}[suffix]  # fmt: skip
        crs = gdal.read(tmp_path / f"a{suffix}", driver=driver, layer=None
                        if suffix == ".shp" else "parcels")[1]["crs"]  # fmt: skip
    assert crs == "EPSG:4547"


# --- Limits are told ------------------------------------------------------------------------


def test_what_a_shapefile_cuts_is_told(hard_town: export.Layer, tmp_path: Path) -> None:
    data = hard_town.data.assign(FAR="differs by case only")
    data = data[[*data.columns.drop("geometry"), "geometry"]]
    data.loc[0, "note_en"] = "坪" * 100  # 300 bytes, of which 84 characters fit into 254
    notes = export.write(hard_town.having(data), tmp_path / "a.shp")
    said = " ".join(note.en for note in notes)
    assert "note_en (1)" in said
    assert "GDAL" not in said
    assert "a-fields.csv" in said
    cells, _ = from_shp(tmp_path / "a.shp")["DT01-0001"]
    assert cells["note_en"] == "坪" * 84
    assert cells["FAR"] == "differs by case only"
    assert cells["far"] == pytest.approx(data["far"][0], abs=1e-15)
    wide = hard_town.having(data.assign(**{f"x{n}": None for n in range(200)}))
    with pytest.raises(UsageError, match="columns are more"):
        export.write(wide, tmp_path / "b.shp")


def test_rows_without_an_outline_that_a_format_drops_are_named(
    hard_town: export.Layer, tmp_path: Path
) -> None:
    for layer, suffix in ((hard_town, ".fgb"), (projected(hard_town), ".dxf")):
        note = export.write(layer, tmp_path / f"a{suffix}")[0]
        assert "2 (DT05-0005, DT36-0003)" in note.en
        assert "2 行（DT05-0005, DT36-0003）" in note.zh


def test_a_name_that_a_geodatabase_changes_is_told(hard_town: export.Layer, tmp_path: Path) -> None:
    data = hard_town.data.assign(select="x", NAME_EN="y").loc[:3]
    data = data[[*data.columns.drop("geometry"), "geometry"]]
    notes = export.write(hard_town.having(data), tmp_path / "a.gdb")
    said = " ".join(note.en for note in notes)
    assert "'select' to 'select_'" in said
    assert "'NAME_EN' → 'NAME_EN_'" in said
    assert "in: flag" in said
    (row, *_) = gdal.read(tmp_path / "a.gdb", driver="OpenFileGDB")[0].to_pylist()
    assert (row["select_"], row["NAME_EN_"], row["count"]) == ("x", "y", 2**53 + 1)


def test_control_signs_that_xml_lacks_are_told(hard_town: export.Layer, tmp_path: Path) -> None:
    data = hard_town.data.copy()
    data.loc[[0, 1], "note_en"] = ["a\x01b\x0b", "tab\tand\nline"]
    notes = export.write(hard_town.having(data), tmp_path / "a.kml")
    assert any("in: note_en (1)." in note.en for note in notes)
    found = from_kml(tmp_path / "a.kml")
    assert found["DT01-0001"][0]["note_en"] == "a�b�"
    assert found["DT01-0002"][0]["note_en"] == "tab\tand\nline"


def test_a_text_that_no_cell_holds_is_refused(hard_town: export.Layer, tmp_path: Path) -> None:
    data = hard_town.data.copy()
    data.loc[2, "note_en"] = "x" * 32_768
    with pytest.raises(OutputError, match="row 3, note_en: 32,768"):
        export.write(hard_town.having(data), tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


# --- Encodings ------------------------------------------------------------------------------


def test_gbk_is_for_older_programs_and_what_it_lacks_is_told(
    hard_town: export.Layer, tmp_path: Path
) -> None:
    data = hard_town.data.assign(note_en=None, note_zh="㎡与m²")
    notes = export.write(hard_town.having(data), tmp_path / "a.shp", encoding="gbk")
    assert "in: name_en (1), note_zh (319)." in notes[0].en
    assert (tmp_path / "a.cpg").read_text() == "CP936"
    assert "坪山“区” ?".encode("gbk") in (tmp_path / "a.dbf").read_bytes()
    with shapefile.Reader(str(tmp_path / "a.shp")) as reader:
        assert reader.record(1)["note_zh"] == "㎡与m?"
    with pytest.raises(UsageError, match="all else is UTF-8"):
        export.write(hard_town, tmp_path / "a.kml", encoding="gbk")
    assert main(["export", "zones", "-o", "-", "--encoding", "gbk"]) == 2


# --- Drawings -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def utf8_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """GDAL does not know that a drawing is UTF-8 from 2007 on, as CAD does."""
    monkeypatch.setenv("DXF_ENCODING", "UTF-8")


def drawing(path: Path) -> list[dict[str, Any]]:
    return gdal.read(path, driver="DXF")[0].to_pylist()


def test_a_drawing_has_a_layer_per_land_use_with_the_ids_inside(
    hard_town: export.Layer, tmp_path: Path
) -> None:
    layer = projected(hard_town)
    notes = export.write(layer, tmp_path / "a.dxf")
    assert any("EPSG:4547" in note.en for note in notes)
    assert any("far_status" in note.en or "more characters" in note.en for note in notes)
    shapes: dict[str, list[Any]] = {}
    texts = []
    for row in drawing(tmp_path / "a.dxf"):
        shape = shapely.from_wkb(row["wkb_geometry"])
        if row["Text"]:
            texts.append((row["Text"], row["Layer"], shape))
        else:
            assert shape.is_ring
            shapes.setdefault(row["Layer"], []).append(shapely.Polygon(shape.coords))
    drawn = layer.data[layer.data.geometry.notna()]
    for use, rows in drawn.groupby("land_use"):
        outer, holes = (shapely.area(shapes.get(f"{use}{end}", [])).sum() for end in ("", "-hole"))
        assert outer - holes == pytest.approx(rows.area.sum(), abs=1e-3)
    assert len(shapes["070102-hole"]) == 1
    outlines = drawn.set_index("parcel_id")
    assert sorted({name for name, _, _ in texts}) == sorted(outlines.index)
    for name, use, place in texts:
        assert outlines.geometry[name].contains(place)
        assert outlines["land_use"][name] == use


def test_an_illustrative_outline_is_marked_in_a_drawing(tmp_path: Path) -> None:
    pingshan = assess(load_catalogue())
    layer = export.export_table(pingshan, "parcels", "land_use = 'M0'", "EPSG:4547")
    export.write(layer, tmp_path / "a.dxf", lang="zh")
    rows = drawing(tmp_path / "a.dxf")
    assert {row["Layer"] for row in rows} == {"M0-illustrative", "notice"}
    assert {row["Text"] for row in rows if row["Layer"] == "notice"} == {"示意"}
    assert "DASHED" in {row["Linetype"] for row in rows} or (
        "\nDASHED\n" in (tmp_path / "a.dxf").read_text("utf-8")
    )


def test_an_older_drawing_is_gbk_and_says_so(
    hard_town: export.Layer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = hard_town.data.iloc[:3].assign(
        parcel_id=["坪山-1", "坪山-2\n", "c"], land_use="工业 *用地*"
    )
    layer = projected(hard_town.having(data))
    export.write(layer, tmp_path / "a.dxf", encoding="gbk")
    content = (tmp_path / "a.dxf").read_bytes()
    assert b"AC1015" in content
    assert b"ANSI_936" in content
    assert "坪山-1".encode("gbk") in content
    monkeypatch.delenv("DXF_ENCODING")
    rows = drawing(tmp_path / "a.dxf")
    assert {row["Text"] for row in rows if row["Text"]} == {"坪山-1", "坪山-2 ", "c"}
    assert {row["Layer"].removesuffix("-hole") for row in rows} == {"工业 _用地_"}


def test_a_drawing_in_degrees_is_refused_with_the_plane_to_take(
    hard_town: export.Layer, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"--crs EPSG:4547"):
        export.write(hard_town, tmp_path / "a.dxf")


# --- Style ----------------------------------------------------------------------------------


def test_a_geopackage_has_the_style_that_qgis_looks_for(tmp_path: Path) -> None:
    layer = export.export_table(assess(load_catalogue()), "parcels")
    export.write(layer, tmp_path / "a.gpkg")
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        database.row_factory = sqlite3.Row
        (row,) = database.execute("SELECT * FROM layer_styles").fetchall()
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall())
    assert list(row.keys()) == [
        "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column",
        "styleName", "styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui",
        "update_time",
    ]  # fmt: skip
    assert kinds == {"parcels": "features", "layer_styles": "attributes"}
    assert (row["f_table_schema"], row["f_table_name"], row["f_geometry_column"]) == (
        "", "parcels", "geom"
    )  # fmt: skip
    root = ET.fromstring(row["styleQML"])  # noqa: S314 -- own file
    symbol = {each.get("value"): each.get("symbol") for each in root.iter("category")}
    looks = {
        each.get("name"): {
            option.get("name"): option.get("value") for option in each.iter("Option")
        }
        for each in root.iter("symbol")
    }
    sketch = looks[symbol["shenzhen/M0/illustrative"]]
    assert (sketch["color"], sketch["style"]) == ("166,90,42,255", "b_diagonal")  # #A65A2A
    assert sketch["outline_style"] == "dash"
    drawn = layer.data[layer.data.geometry.notna()]
    kinds = drawn[["land_use_standard", "land_use", "geometry_status"]].fillna("")
    keys = {"/".join(kind) for kind in kinds.to_numpy()}
    assert set(symbol) == keys | {""}
    root = ET.fromstring(qml("zones", [("district", "illustrative")], "zh"))  # noqa: S314
    options = [each for each in root.iter("Option") if each.get("name") == "style"]
    styles = {each.get("value") for each in options}
    assert styles == {"no", "b_diagonal"}


# --- Whole or not at all --------------------------------------------------------------------


def test_lines_of_features_are_those_of_the_document(
    hard_town: export.Layer, tmp_path: Path
) -> None:
    export.write(hard_town, tmp_path / "a.ndjson")
    lines = [json.loads(line) for line in io.StringIO((tmp_path / "a.ndjson").read_text("utf-8"))]
    assert lines == json.loads(b"".join(export.geojson(hard_town)))["features"]


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("DELETE FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'", "spatial index"),
        ("UPDATE gpkg_contents SET min_x = NULL", "extent"),
        ("UPDATE gpkg_ogr_contents SET feature_count = 1", "number of its rows"),
        ("DELETE FROM gpkg_spatial_ref_sys WHERE srs_id = -1", "reference systems"),
    ],
)
def test_a_geopackage_that_gdal_did_not_finish_is_told(hard_town, tmp_path, change, missing):
    """GDAL ends well where the disk fails while it closes the file; see `faults.py`."""
    place = tmp_path / "lots.gpkg"
    export.write(hard_town, place)
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("DROP TABLE layer_styles")
        database.execute(change)
    with pytest.raises(OutputError, match=missing):
        finish_geopackage(place, hard_town, "en")


@pytest.fixture(scope="module")
def demo_town():
    return assess(load_catalogue(ROOT / "examples" / "demo-town"))


@pytest.mark.parametrize("table", ["parcels", "zones", "overlay", "topology", "findings"])
def test_every_table_with_outlines_is_drawn_and_none_where_no_row_matches(
    table, demo_town, tmp_path
):
    layer = export.export_table(demo_town, table, None, "EPSG:4547")
    rings = shapely.get_rings(shapely.get_parts(layer.data.geometry.to_numpy()))
    for rows, count in ((layer, len(rings)), (layer.having(layer.data.iloc[:0]), 0)):
        export.write(rows, tmp_path / "a.dxf")
        drawn = ezdxf.filemanagement.readfile(tmp_path / "a.dxf").modelspace()
        assert len(drawn.query("LWPOLYLINE")) == count
    assert len(rings) > 5


def test_no_figure_is_a_table_without_rows(demo_town, tmp_path):
    some = export.export_table(demo_town, "figures")
    none = export.export_table(assess(demo_town.catalogue, "0001"), "figures")
    assert not len(none.data)
    assert list(none.data) == list(some.data)[: len(none.data.columns)]
    export.write(none, tmp_path / "a.csv")
