"""A delivery becomes rows of a catalogue: nothing shifted, lost or guessed in silence."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import pty
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.deliveries import TOWN
from tests.opening import written
from tests.town import CADASTRE, FLOOR, everything, rows_of

from pingshan_geo import load_catalogue
from pingshan_geo.catalogue import read_catalogue
from pingshan_geo.cli import main


def test_a_shapefile_without_encoding_in_gcj02_arrives_where_the_lots_are(town, delivered, run):
    status, out, err = run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    assert status == 0
    assert "319 rows = 317 accepted + 0 repaired + 2 quarantined" in out
    assert "encoding-guessed" in err
    parcels = load_catalogue(town).parcels
    true = {
        each["properties"]["parcel_id"]: shapely.geometry.shape(each["geometry"])
        for each in json.loads((TOWN / "parcels.geojson").read_text("utf-8"))["features"]
        if each["geometry"]
    }
    far = [shapely.hausdorff_distance(parcels.geometry[name], true[name]) for name in parcels.index]
    assert max(far) * 111_000 < 1.0, "degrees to metres; GCJ-02 would be 550 m off"
    assert parcels["site_area_m2"]["DT01-0001"] == 8279.84
    assert parcels["坐落"]["DT01-0001"] == "坪山示范镇", "what is left over is kept"
    assert parcels["source_row"]["DT01-0002"] == 2


def test_rows_that_came_are_accepted_repaired_or_quarantined(town, delivered, run):
    run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    record = rows_of(town / "imports.csv")[-1]
    counts = [int(record[name]) for name in ("rows", "accepted", "repaired", "quarantined")]
    assert counts[0] == sum(counts[1:])
    refused = rows_of(town / "quarantine" / "import-1.csv")
    assert [each["source_row"] for each in refused] == ["6", "8"]
    assert refused[0]["reason"].startswith("missing-id")
    assert refused[1]["reason"].startswith("geometry-repair-refused")
    _, found = read_catalogue(town)
    assert [each.value for each in found if each.code == "rows-quarantined"] == ["2"]


def test_the_same_file_twice_changes_nothing(town, delivered, run):
    run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    before = everything(town)
    status, out, _ = run(delivered / "cadastre.zip", *CADASTRE)
    assert status == 0
    assert "0 added, 0 changed, 317 the same, 0 removed" in out
    assert "Nothing changes" in out
    assert everything(town) == before


def test_a_quarantined_row_is_mended_and_imported_by_one_command(town, delivered, run):
    run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    path = town / "quarantine" / "import-1.csv"
    rows = rows_of(path)
    rows[0]["宗地编号"] = "NEW-1"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    status, out, err = run(path, "--as", "parcels")
    assert status == 0, err
    assert "2 rows = 1 accepted + 0 repaired + 1 quarantined" in out
    parcels = load_catalogue(town).parcels
    assert parcels["source_row"]["NEW-1"] == 6
    district = shapely.union_all(load_catalogue(town).zones.geometry.dropna())
    assert district.covers(parcels.geometry["NEW-1"].representative_point())
    assert [each["source_row"] for each in rows_of(path)] == ["8"]


def test_the_last_import_is_taken_back(town, delivered, run):
    before = everything(town)
    run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    assert everything(town) != before
    status, out, _ = run("--undo")
    assert status == 0
    assert "parcels.geojson" in out
    assert everything(town) == before


def test_only_the_rows_asked_for_come_and_how_many_do_not_is_told(town, tmp_path, run):
    lots = tmp_path / "lots.csv"
    lots.write_text("parcel_id,land_use\nA,M1\nB,M0\nC,M1\n")
    words = (lots, "--as", "parcels", "--yes", "--map", "'shenzhen'=land_use_standard")
    assert run(*words, "--where", "land_use = 'M9'")[0] == 2
    status, out, err = run(*words, "--where", "land_use = 'M1'")
    assert status == 0
    assert "2 rows = 2 accepted + 0 repaired + 0 quarantined" in out
    assert "where-left-out" in err
    assert "1 of 3" in err
    assert load_catalogue(town).parcels["source_row"].to_dict() == {"A": 2, "C": 4}


def test_a_dry_run_writes_nothing(town, delivered, run):
    before = everything(town)
    status, out, _ = run(delivered / "cadastre.zip", *CADASTRE, *FLOOR, "--dry-run")
    assert (status, everything(town)) == (0, before)
    assert "317 added" in out


def test_a_unit_that_nothing_decides_is_asked_for(town, delivered, run):
    before = everything(town)
    status, _, err = run(delivered / "cadastre.zip", *CADASTRE)
    assert status == 3
    assert "unit-unknown" in err
    assert "--map '建筑面积=gross_floor_area_m2:UNIT'" in err
    assert everything(town) == before


def test_a_doubtful_crs_is_not_taken_without_being_asked(delivered, run):
    words = (delivered / "cadastre.zip", "--as", "parcels", *FLOOR)
    status, _, err = run(*words)
    assert status == 3
    assert "crs-suspect" in err
    assert "--crs 'GCJ-02'" in err
    status, _, err = run(*words, "--yes")
    assert status == 0
    assert "crs-assumed" in err


def test_where_nobody_can_be_asked_the_columns_must_be_accepted(delivered, run):
    status, _, err = run(delivered / "auctions.xlsx", "--as", "auctions")
    assert status == 2
    assert "--yes" in err


def test_what_is_doubtful_is_told_before_the_columns_are_accepted(delivered, run):
    _, _, err = run(delivered / "auctions.xlsx", "--as", "auctions")
    assert err.index("footer-skipped") < err.index("nobody can be asked")


def test_what_a_kept_mapping_answers_is_told(delivered, run):
    _, _, first = run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    _, _, second = run(delivered / "cadastre.zip", "--as", "parcels")
    said = "parcels-cadastre.toml says: --crs GCJ-02 --geometry-status surveyed"
    assert (said in first, said in second) == (False, True)


def at_terminal(town, *words, answers):
    """Run `import` at a terminal; return its status and the screen."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pingshan_geo", "--catalogue", str(town), "import", *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, "".join(f"{each}\n" for each in answers).encode())
        screen = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(ours, 65536):
                screen += part
        os.close(ours)
    return process.returncode, screen.decode()


def test_at_a_terminal_a_slip_is_told_and_options_answer_as_they_are_proposed(town, delivered):
    answers = ("GCJ-02", "--crs 'GCJ-02' --datum", f"--map '{FLOOR[1]}' --crs 'GCJ-02'", "y")
    words = (str(delivered / "cadastre.zip"), "--as", "parcels")
    status, screen = at_terminal(town, *words, answers=answers)
    assert status == 0
    assert "--map 'GCJ-02'" in screen
    assert "answer COLUMN=FIELD:UNIT, or an option with its value" in screen
    assert "317 accepted" in screen
    assert screen.count("gcj-undone") == 1


def test_auctions_that_match_no_lot_are_listed_and_still_count(town, delivered, run):
    run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    status, _, err = run(delivered / "auctions.xlsx", "--as", "auctions", "--yes")
    assert status == 0
    assert "reference-not-found" in err
    assert "DT01-9999" in err
    auctions = load_catalogue(town).auctions
    assert len(auctions) == 8
    assert auctions["price_yuan"].sum() == 10_000 * (36_000 + 8 * 250.5)
    lost = auctions[auctions["parcel_id"].isna()]
    assert lost["parcel_id_as_delivered"].tolist() == ["DT01-9999"]
    lower = auctions[auctions["parcel_id_as_delivered"] == "dt05-0001"]
    assert lower["parcel_id"].tolist() == ["DT05-0001"]


def test_a_lot_that_comes_later_is_found_then(town, delivered, run):
    run(delivered / "auctions.xlsx", "--as", "auctions", "--yes")
    assert load_catalogue(town).auctions["parcel_id"].isna().all()
    run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    assert load_catalogue(town).auctions["parcel_id"].notna().sum() == 7


def test_a_newer_delivery_imports_by_one_command_and_is_compared(town, tmp_path, run):
    def delivery(name, rows):
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("宗地")
            for at, row in enumerate([["宗地编号", "用地面积（公顷）"], *rows]):
                sheet.write_row(at, 0, row)
        return path

    run(delivery("a.xlsx", [[f"G1-{n}", 1.5] for n in range(6)]), "--as", "parcels", "--yes")
    newer = [[f"Ｇ1—{n}", 1.5 + (n == 1)] for n in range(5)] + [["G1-9", 2]]
    status, out, err = run(delivery("b.xlsx", newer), "--as", "parcels")
    assert status == 0, err
    assert "1 added, 1 changed, 4 the same, 1 removed" in out
    parcels = load_catalogue(town).parcels
    assert parcels["site_area_m2"].to_dict() == {
        "G1-0": 15000, "G1-1": 25000, "G1-2": 15000, "G1-3": 15000, "G1-4": 15000, "G1-9": 20000,
    }  # fmt: skip
    gone = rows_of(town / "quarantine" / "import-2-removed.csv")
    assert [each["parcel_id"] for each in gone] == ["G1-5"]


def test_a_table_without_outlines_leaves_those_that_are_there(town, delivered, tmp_path, run):
    run(delivered / "cadastre.zip", *CADASTRE, *FLOOR)
    path = tmp_path / "limits.csv"
    path.write_text("parcel_id,far_limit\nDT01-0001,2.5\n", "utf-8")
    status, out, err = run(path, "--as", "parcels", "--yes")
    assert status == 0, err
    assert "1 changed" in out
    parcels = load_catalogue(town).parcels
    assert parcels["far_limit"]["DT01-0001"] == 2.5
    assert parcels["geometry_status"]["DT01-0001"] == "surveyed"
    assert not parcels.geometry.isna().any()


def test_rows_of_one_id_are_taken_once_if_equal_and_not_at_all_if_not(town, tmp_path, run):
    path = tmp_path / "lots.csv"
    path.write_text("parcel_id,far_limit\nA-1,2\nA-1,2\nB-1,2\nb-1,3\nC-1,1\n", "utf-8")
    status, out, _ = run(path, "--as", "parcels", "--yes")
    assert status == 0
    assert "5 rows = 2 accepted + 0 repaired + 3 quarantined" in out
    assert load_catalogue(town).parcels.index.tolist() == ["A-1", "C-1"]
    codes = [each["reason"].split(":")[0] for each in rows_of(town / "quarantine/import-1.csv")]
    assert codes == ["repeated-row", "duplicate-id", "duplicate-id"]


@pytest.mark.parametrize(
    "words",
    [("--sheet", "a"), ("--layer", "a"), ("--crs", "EPSG:4547"), ("--geometry-status", "surveyed")],
)
def test_an_option_that_would_do_nothing_is_refused(tmp_path, run, words):
    path = tmp_path / "lots.csv"
    path.write_text("parcel_id,far_limit\nA-1,2\n", "utf-8")
    status, _, err = run(path, "--as", "parcels", "--yes", *words)
    assert (status, words[0] in err) == (2, True)


def test_a_mapping_of_another_table_is_refused_by_name(tmp_path, run):
    path, mapping = tmp_path / "lots.csv", tmp_path / "m.toml"
    path.write_text("id\nA-1\n", "utf-8")
    mapping.write_text('table = "zones"\n[columns]\nzone_id = "id"\n', "utf-8")
    status, _, err = run(path, "--as", "parcels", "--mapping", mapping)
    assert status == 2
    assert "is a mapping of zones" in err


def test_a_list_that_has_a_heading_only_brings_no_row(tmp_path, run):
    path = tmp_path / "sales.csv"
    path.write_text("宗地编号,成交价（万元）\n", "utf-8")
    status, _, err = run(path, "--as", "auctions", "--yes")
    assert status == 3
    assert "no-rows" in err


def test_reasons_in_the_quarantine_are_in_the_language_that_was_asked_for(town, tmp_path):
    path = tmp_path / "lots.csv"
    path.write_text("parcel_id,far_limit\nA-1,2\nA-2,x\n", "utf-8")
    words = ["import", str(path), "--as", "parcels", "--yes"]
    assert main(["--catalogue", str(town), "--lang", "zh", *words]) == 0
    (refused,) = rows_of(town / "quarantine" / "import-1.csv")
    assert "不是数字" in refused["reason"]
    assert "不是数字" in rows_of(town / "imports" / "import-1.csv")[0]["message"]


def test_a_file_of_which_no_row_can_be_used_changes_nothing(town, tmp_path, run):
    path = tmp_path / "lots.csv"
    path.write_text("parcel_id,far_limit\nA-1,high\n", "utf-8")
    before = everything(town)
    status, _, err = run(path, "--as", "parcels", "--yes")
    assert status == 3
    assert "lots.csv:2" in err
    assert everything(town) == before


def test_the_catalogue_that_ships_is_not_written_to(delivered, capsys):
    status = main(["import", str(delivered / "auctions.xlsx"), "--as", "auctions", "--yes"])
    assert status == 2
    assert "copy its folder" in capsys.readouterr().err


CELLS = st.lists(
    st.tuples(
        st.sampled_from(["A-1", "a-1", "B 2", "", "C-3", "宗地号：D-4", "D-4"]),
        st.sampled_from(["1", "2.5", "x", "", "-3", "1,000"]),
    ),
    min_size=1,
    max_size=8,
)


@given(rows=CELLS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_row_is_lost_or_doubled(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("import")
    (folder / "town").mkdir()
    for path in (TOWN / "datapackage.json", *TOWN.glob("*.csv")):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        text = "".join(lines if path.suffix == ".json" else lines[:1])
        (folder / "town" / path.name).write_text(text, "utf-8")
    for name in ("zones", "parcels"):
        (folder / "town" / f"{name}.geojson").write_text(
            '{"type":"FeatureCollection","features":[]}'
        )
    path = folder / "lots.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("parcel_id", "far_limit"), *rows])
    status = main(["--catalogue", str(folder / "town"), "import", str(path), "--as", "parcels",
                   "--yes"])  # fmt: skip
    assert status in (0, 3)
    if status == 0:
        record = rows_of(folder / "town" / "imports.csv")[-1]
        size, *parts = (int(record[n]) for n in ("rows", "accepted", "repaired", "quarantined"))
        quarantine = folder / "town" / "quarantine" / f"{record['import_id']}.csv"
        kept = len(rows_of(quarantine)) if quarantine.exists() else 0
        assert size == sum(parts) == sum(any(cells) for cells in rows), "a blank line is no row"
        assert kept == parts[2]
        table = load_catalogue(folder / "town").parcels
        fresh = table[table["import_id"].notna()]
        assert len(fresh) == parts[0] + parts[1]
        assert not pd.Series(fresh.index).duplicated().any()
        assert np.isfinite(fresh["far_limit"].dropna()).all()


def test_a_column_that_has_a_name_of_the_quarantine_comes_back_from_it(town, tmp_path, run):
    x, y = load_catalogue(town).zones.geometry.dropna().iloc[0].representative_point().coords[0]
    lots = [shapely.box(x + n / 1e4, y, x + (n + 0.8) / 1e4, y + 1e-4) for n in range(2)]
    data = {"parcel_id": ["a", None], "source_row": [70, 80], "reason": ["sold", "split"]}
    path = tmp_path / "lots.geojson"
    written(gpd.GeoDataFrame(data, geometry=lots, crs="EPSG:4326"), path, driver="GeoJSON")
    status, _, err = run(path, "--as", "parcels", "--yes")
    assert status == 0, err
    refused = town / "quarantine" / "import-1.csv"
    (row,) = rows_of(refused)
    assert (row["source_row"], row["reason_as_delivered"]) == ("2", "split")
    refused.write_text(refused.read_text("utf-8").replace(",,", ",b,", 1), "utf-8")
    assert run(refused, "--as", "parcels")[0] == 0
    assert load_catalogue(town).parcels["reason"]["b"] == "split"


@pytest.mark.parametrize("option", ["--mapping", "--control-points"])
def test_a_device_is_not_read_as_a_file_of_options(delivered, run, option):
    status, _, err = run(delivered / "survey.txt", "--as", "parcels", option, os.devnull)
    assert status == 2
    assert "no ordinary file" in err
