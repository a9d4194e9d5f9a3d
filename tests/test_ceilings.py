"""Limits of foreign files: each is told with the option that raises it, before its cost is paid."""

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import shapely
import xlsxwriter
from tests.opening import DRIVERS, saved

from pingshan_geo.ceilings import USUAL, Ceilings
from pingshan_geo.cli import main
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.opening import open_delivery

DEEP = json.dumps({"type": "FeatureCollection", "features": []})[:-2] + "[" * 70 + "]" * 70 + "]}"


def feature(**properties) -> str:
    shape = json.loads(shapely.to_geojson(shapely.box(114, 22, 115, 23)))
    one = {"type": "Feature", "properties": properties, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [one]})


def refused(path: Path, **limits: int) -> tuple[str, str, str]:
    """Return what is refused: name and number of the option that lets it pass, and the place."""
    with pytest.raises(InputError) as caught:
        open_delivery(str(path), Asked(ceilings=Ceilings(**limits)))
    (finding,) = caught.value.findings
    assert finding.code == "over-ceiling"
    assert f"--at-most {finding.details['option']}" in finding.line("en")
    assert f"--at-most {finding.details['option']}" in finding.line("zh")
    name, _, number = finding.details["option"].partition("=")
    assert number.isdecimal()
    return name, number, f"{finding.file}:{finding.row}:{finding.field}"


@pytest.mark.parametrize("suffix", [*DRIVERS, ".parquet"])
def test_rows_columns_and_vertices_of_every_format_have_a_limit_that_an_option_raises(
    tmp_path, suffix
):
    path = saved(tmp_path / f"a{suffix}")  # three rows, 25 points
    assert refused(path, rows=2)[:2] == ("rows", "3")
    assert refused(path, columns=1)[0] == "columns"
    name, number, _ = refused(path, vertices=5)
    assert name == "vertices"
    assert int(number) <= 25
    enough = Ceilings(rows=3, vertices=25)
    assert len(open_delivery(str(path), Asked(ceilings=enough)).table) == 3


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    text, table = tmp_path / "a.geojson", tmp_path / "a.fgb"
    for path, head in ((text, b"{"), (table, b"fgb\x03fgb")):
        with path.open("wb") as stream:
            stream.write(head)
            stream.truncate((1 << 20) + 1)  # a hole: it takes no room
    assert refused(text, text_mb=1)[:2] == ("text-mb", "2")
    assert refused(table, file_mb=1)[:2] == ("file-mb", "2")


def test_the_files_beside_a_shapefile_count(tmp_path):
    path = saved(tmp_path / "a.shp")
    with path.with_suffix(".dbf").open("ab") as stream:
        stream.truncate(3 << 20)
    assert refused(path, file_mb=2)[0] == "file-mb"


def test_cells_of_tables_have_limits(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,note\na,b\nc," + "x" * 50 + "\n", encoding="utf-8")
    assert refused(path, characters=49) == ("characters", "50", "a.csv:3:note")
    path.write_text("id,note\na,b\nc,x" + "1" * 50 + "\n", encoding="utf-8")
    assert refused(path, digits=49) == ("digits", "50", "a.csv:3:note")
    assert open_delivery(str(path), Asked(ceilings=Ceilings(digits=50, characters=51)))
    path.write_text("id,note\n" + "a,b\n" * 300, encoding="utf-8")
    assert refused(path, rows=299)[:2] == ("rows", "300")


def test_a_workbook_whose_sheet_is_made_too_large_is_not_unfolded(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "name"])
        sheet.write(2_000, 40, "far")
    assert refused(path, rows=2_000)[:2] == ("rows", "2001")
    assert refused(path, columns=40)[:2] == ("columns", "41")


def test_parquet_is_measured_by_what_it_says_of_itself_before_it_is_read(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"a": ["x" * 1000 + str(n) for n in range(3_000)]}).to_parquet(path)
    assert path.stat().st_size < 1 << 20
    assert refused(path, unpacked_mb=2)[0] == "unpacked-mb"


def test_an_archive_is_measured_before_it_is_unpacked(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/a.geojson", feature(note=" " * 11_000_000))
        archive.writestr("b.txt", "b")
    assert refused(path)[0] == "ratio"
    assert refused(path, members=1)[:2] == ("members", "2")
    assert refused(path, unpacked_mb=10)[:2] == ("unpacked-mb", "11")
    assert refused(path, name_characters=15)[:2] == ("name-characters", "16")
    assert list(tmp_path.iterdir()) == [path]
    passing = Ceilings(ratio=100_000, characters=20_000_000)
    assert len(open_delivery(str(path), Asked(ceilings=passing)).table) == 1


def test_nesting_of_json_and_xml_has_one_limit(tmp_path):
    kml = tmp_path / "a.kml"
    kml.write_text("<kml>" + "<Folder>" * 64 + "</Folder>" * 64 + "</kml>")
    assert refused(kml)[:2] == ("nesting", "65")
    deep = tmp_path / "a.geojson"
    deep.write_text(DEEP)
    with pytest.raises(InputError, match=r"64 levels.*--at-most nesting=N"):
        open_delivery(str(deep), Asked())
    delivery = open_delivery(str(deep), Asked(ceilings=Ceilings(nesting=100)))
    assert [finding.code for finding in delivery.findings] == ["feature-invalid"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("row=5", "nearest: rows"),
        ("rows", "NAME=N"),
        ("rows=0", "NAME=N"),
        ("rows=-1", "NAME=N"),
        ("rows=1e9", "NAME=N"),
        ("rows=٣", "NAME=N"),
        ("=5", "there are file-mb"),
        ("file_mb=5", "nearest: file-mb"),
    ],
)
def test_a_limit_that_is_none_is_told(option, said):
    with pytest.raises(UsageError, match=said):
        Ceilings.parsed([option])


def test_the_command_takes_limits_and_repeats_the_words_that_help(tmp_path, capsys):
    file, town = tmp_path / "town.geojson", tmp_path / "town"
    file.write_text(feature(name="Town"))
    assert main(["init", str(town), "--boundary", str(file), "--at-most", "vertices=4"]) == 3
    assert "--at-most vertices=5" in capsys.readouterr().err
    assert main(["init", str(town), "--at-most", "vertices=4"]) == 2
    assert main(["init", str(town), "--boundary", str(file), "--at-most", "vertices=5"]) == 0
    rows = tmp_path / "projects.csv"
    rows.write_text("project_id,name_en\np1,One\np2,Two\n")
    words = ["--catalogue", str(town), "import", str(rows), "--as", "projects", "--yes"]
    assert main([*words, "--at-most", "columns=1"]) == 3
    assert "--at-most columns=2" in capsys.readouterr().err
    assert main([*words, "--at-most", "columns=2", "--at-most", "rows=2"]) in {0, 3}
    assert "at-most" not in capsys.readouterr().err


def test_every_limit_has_its_words():
    for name in USUAL.numbers():
        with pytest.raises(InputError) as caught:
            Ceilings(**{name: 1}).hold(name, 2, "a")
        assert f"ceiling_{name}" not in caught.value.findings[0].line("zh")


def test_a_long_text_is_shown_in_part_where_columns_are_proposed(tmp_path, capsys):
    town = tmp_path / "town"
    assert main(["init", str(town)]) == 0
    file = tmp_path / "projects.csv"
    file.write_text(f"project_id,{'h' * 500}\np1,{'x' * 100_000}\n", encoding="utf-8")
    words = ["--catalogue", str(town), "import", str(file), "--as", "projects", "--yes"]
    capsys.readouterr()
    main(words)
    assert len("".join(capsys.readouterr())) < 8_000
