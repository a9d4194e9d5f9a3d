"""Numbers, dates, names and places made to mislead: each is told, or is the right figure."""

from __future__ import annotations

import math

import geopandas as gpd
import pytest
import shapely
import xlsxwriter
from tests.attacks import attacks, deliver, holds, square
from tests.conftest import SQUARE
from tests.opening import written
from tests.town import rows_of

from pingshan_geo import assess
from pingshan_geo.catalogue import read_catalogue
from pingshan_geo.cli import main

FORMATS = (".csv", ".geojson", ".xlsx", ".gpkg", ".shp")
FEATURES = (".geojson", ".gpkg", ".shp")
IMPORT = (
    "--as", "parcels", "--yes", "--crs", "EPSG:4490", "--geometry-status", "surveyed",
    "--at-most", "digits=5000",
)  # fmt: skip


@pytest.mark.filterwarnings("error::RuntimeWarning:pingshan_geo")
@pytest.mark.parametrize("suffix", FORMATS)
def test_each_hostile_cell_of_a_delivery_is_told_at_its_row_or_read_rightly(
    small, tmp_path, capsys, suffix
):
    sent = [each for each in attacks() if holds(suffix, each[0])]
    deliver(tmp_path / f"sent{suffix}", [row for row, _, _ in sent])
    words = ["--catalogue", str(small.path), "import", str(tmp_path / f"sent{suffix}"), *IMPORT]
    if suffix == ".shp":
        words += ["--map", "area=site_area_m2:m2"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "Warning" not in said.err

    first = 1 if suffix in FEATURES else 2  # a table has a heading
    refused = {
        int(row["source_row"]): row["reason"]
        for row in rows_of(small.path / "quarantine" / "import-1.csv")
    }
    catalogue, found = read_catalogue(small.path)
    parcels = catalogue.parcels[catalogue.parcels["import_id"] == "import-1"]
    stored = parcels.reset_index().set_index("source_row")
    told = {(each.code, each.value) for each in found}
    assert len(refused) + len(stored) == len(sent), "no row is lost"
    for at, (cells, column, expected) in enumerate(sent, start=first):
        what = f"row {at}: {column} {str(cells)[:90]!r}"
        value, *codes = expected if isinstance(expected, tuple) else (expected,)
        if isinstance(value, str) and at in refused:
            assert refused[at].startswith(value), what
        elif column == "geometry":
            assert stored["geometry"][at].is_valid, what
        elif value is None:
            assert math.isnan(stored[column][at]), what
        else:
            assert stored[column][at] == value, what
        assert {(code, value) for code in codes} <= told, what
    assert "zero-unknown" in said.err, "0 is taken for unknown, and said to be"
    figures = list(assess(catalogue).figures())
    assert all(each.value is None or math.isfinite(each.value) for each in figures)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".xlsx"])
def test_numbers_of_a_delivery_beyond_what_can_be_added_up_are_refused(small, tmp_path, suffix):
    areas = {"r0": 1e308, "r1": 1e-320, "r2": 106_000.0}
    path = tmp_path / f"sent{suffix}"
    if suffix == ".xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ("parcel_id", "site_area_m2"))
            for at, pair in enumerate(areas.items(), start=1):
                sheet.write_row(at, 0, pair)
    else:
        shapes = [shapely.Polygon(square(at)) for at in range(3)]
        frame = gpd.GeoDataFrame(
            {"parcel_id": list(areas), "site_area_m2": list(areas.values())},
            geometry=shapes, crs="EPSG:4490",
        )  # fmt: skip
        driver = {".gpkg": "GPKG", ".geojson": "GeoJSON"}[suffix]
        written(frame, path, driver=driver)
    place = () if suffix == ".xlsx" else IMPORT[3:]
    words = ["--catalogue", str(small.path), "import", str(path), "--as", "parcels", "--yes"]
    assert main([*words, *place]) == 0
    refused = rows_of(small.path / "quarantine" / "import-1.csv")
    codes = [(row["parcel_id"], row["reason"].partition(":")[0]) for row in refused]
    assert codes == [("r0", "not-a-number"), ("r1", "not-a-number")]
    assert read_catalogue(small.path)[0].parcels["site_area_m2"]["r2"] == 106_000.0


NO_NUMBERS = (
    "1e308", "1e400", "1" * 5000, "106,000", "١٠٦٠٠٠", "１０万", "10.6万", "１０．６", "NaN", "inf",
    "-inf", "None", "1\u200b0", "\ufeff10", "1\u00a0000", "1\0", "1\x1b",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize(
    ("table", "place", "field"), [("facts", 1, "value"), ("facts", 2, "resolution"),
                                  ("targets", 0, "value"), ("auctions", 0, "price_yuan")],
)  # fmt: skip
def test_what_is_no_plain_number_is_told_in_every_table(errors, small, table, place, field, text):
    small.put(table, place, **{field: text})
    assert errors(small.path) == [("not-a-number", f"{table}.csv", place + 2, field, text)]


# Site area in ha as printed: floor area ratio of 80 000 m² on it.
RATIOS = {" 1 ": 8.0, "+1": 8.0, "10\u00a0": 0.8, "1e5": 8e-5, "1e99": 8e-99, "0": None,
          "-0.0": None}  # fmt: skip


@pytest.mark.parametrize(("text", "far"), RATIOS.items())
def test_a_number_at_the_edge_gives_the_right_figure_or_an_unknown_one(small, text, far):
    small.put("facts", 1, value=text)
    figure = assess(small.load()).figure("far/lot-1")
    if far is None:
        assert (figure.value, figure.status) == (None, "unknown")
    else:
        assert figure.value == pytest.approx(far)


@pytest.mark.parametrize("area", [1e308, 1.7e308, 1e-320, -1e308])
@pytest.mark.parametrize("lots", [1, 2])
def test_a_float_that_no_digits_of_a_file_could_say_is_told(errors, small, area, lots):
    for place in range(lots):
        small.put("parcels", place, site_area_m2=area)
    expected = [("not-a-number", "parcels.geojson", place + 1, "site_area_m2", repr(area))
                for place in range(lots)]  # fmt: skip
    assert errors(small.path) == expected


@pytest.mark.parametrize("lots", [1, 2])
def test_a_float_of_any_digits_is_read_and_no_zero_has_a_sign(small, lots):
    for place in range(lots):
        small.put("parcels", place, net_site_area_m2=1 / 7000, site_area_m2=-0.0)
    parcels = small.load().parcels
    assert parcels["net_site_area_m2"]["lot-1"] == 1 / 7000
    assert math.copysign(1, parcels["site_area_m2"]["lot-1"]) == 1


PLACES = {
    "1e308": ("coordinate-range", "[1e+308, 22.0]"), "181": ("coordinate-range", "[181, 22.0]"),
    "499999.0": ("coordinate-range", "[499999.0, 22.0]"), "NaN": ("json-number", "NaN"),
    "-Infinity": ("json-number", "-Infinity"), "1e999": ("json-number", "1e999"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), PLACES.items())
def test_a_position_off_the_globe_is_told(errors, small, text, told):
    small.edit("zones.geojson", "114.01", text)
    row = 1 if told[0] == "coordinate-range" else None
    assert errors(small.path) == [(told[0], "zones.geojson", row, None, told[1])]


def test_swapped_axes_and_an_outline_smaller_than_numbers_are_told(errors, small):
    small.put("zones", 0, geometry=[[[y, x] for x, y in SQUARE[0]]])
    place = ("zones.geojson", 1, None)
    assert errors(small.path) == [("coordinate-range", *place, "[22.0, 114.0]")]
    small.put("zones", 0, geometry=[[[0, 0], [1e-320, 0], [1e-320, 1e-320], [0, 0]]])
    assert errors(small.path) == [("geometry-invalid", *place, None)]


# One mistyped corner among lots that lie elsewhere than --crs says: areas of both readings are held
# against each other.
@pytest.mark.parametrize(
    ("crs", "good", "bad"),
    [
        ("EPSG:4547", "489000 2588000,489100 2588000,489100 2588100,489000 2588000",
         "99999999 99999999,489100 2588000,489100 2588100,99999999 99999999"),
        ("EPSG:4490", "114.9 23.39,114.902 23.39,114.902 23.392,114.9 23.39",
         "inf 23.39,114.91 23.39,114.91 23.4,inf 23.39"),
    ],
)  # fmt: skip
def test_a_corner_at_no_place_is_told_at_its_row_of_a_delivery(
    small, tmp_path, crs, good, bad, capsys
):
    rows = "".join(f'{name},"POLYGON (({xy}))"\n' for name, xy in (("A0", good), ("A1", bad)))
    (tmp_path / "lots.csv").write_text(f"parcel_id,wkt\n{rows}")
    words = ["import", str(tmp_path / "lots.csv"), "--as", "parcels", "--dry-run", "--yes"]
    main(["--catalogue", str(small.path), *words, "--crs", crs])
    said = "".join(capsys.readouterr())
    assert "coordinate-range" in said
    assert "lots.csv:3" in said


def test_a_row_that_is_refused_is_not_said_to_be_kept_without_an_outline(small, tmp_path, capsys):
    square = "POLYGON ((114 22,114.002 22,114.002 22.002,114 22))"
    rows = f'A0,"{square}"\nA1,"TRIANGLE ((0 0,1 0,1 1,0 0))"\nA2,\n'
    (tmp_path / "lots.csv").write_text(f"parcel_id,wkt\n{rows}")
    words = ["import", str(tmp_path / "lots.csv"), "--as", "parcels", "--dry-run", "--yes"]
    main(["--catalogue", str(small.path), *words, "--crs", "EPSG:4490"])
    said = "".join(capsys.readouterr())
    assert "3 rows = 2 accepted + 0 repaired + 1 quarantined" in said
    assert "1 rows have no geometry (row 4)" in said


DAYS = {
    "0000-01-01": "date-mangled", "0000": "not-a-date", "10000-01-01": "not-a-date",
    "2017-02-30": "date-mangled", "2017-13-01": "date-mangled", "20170230": "not-a-date",
    "２０１７-０１-０１": "not-a-date", "2017年2月30日": "date-mangled", "-2017": "not-a-date",
    "2017-01-01T00:00:00Z": "date-mangled", "2017-01-01+08:00": "not-a-date",
    "\u200b2017": "not-a-date", "2017\0": "not-a-date", "1" * 5000: "not-a-date",
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), DAYS.items())
@pytest.mark.parametrize(("table", "field"), [("auctions", "date"), ("targets", "period_end")])
def test_a_day_that_is_none_is_told(errors, small, table, field, text, code):
    small.put(table, 0, **{field: text})
    assert errors(small.path) == [(code, f"{table}.csv", 2, field, text)]


def test_the_first_and_the_last_day_of_all_are_days(small):
    small.put("auctions", 0, date="0001-01-01")
    small.put("targets", 0, period_end="9999-12-31")
    small.descriptor["as_of"] = "9999-12-31"
    small.save()
    assessment = assess(small.load())
    assert assessment.figure("delivered_itemised/task").value == 40_000.0
    # 2020 to 9999 are 7980 years, all gone on their last day.
    assert assessment.figure("period_share/task").value == 1.0


HIDDEN = {
    "lot\u202e1": "U+202E RIGHT-TO-LEFT OVERRIDE", "a\0b": "U+0000", "a\x1b[31mb": "U+001B",
    "a\nb": "U+000A", "l\u043et-1": "U+043E CYRILLIC SMALL LETTER O",
    "\u0391-1": "U+0391 GREEK CAPITAL LETTER ALPHA",
}  # fmt: skip


@pytest.mark.parametrize(("name", "letters"), HIDDEN.items())
def test_an_id_that_looks_like_another_is_told_with_its_letters(small, name, letters):
    small.add("parcels", parcel_id=name, geometry_status="none", source_id="gazette")
    (told,) = small.load().findings
    assert (told.code, told.file, told.row) == ("id-unclear", "parcels.geojson", 3)
    assert letters in told.message("en")
    assert letters in told.message("zh")
    assert told.line().isprintable()


@pytest.mark.parametrize("name", ["A" * 10_000, "坪山-1", "\u041b\u0410", "../x", "CON", "=1+1"])
def test_an_id_of_plain_letters_is_left_alone_whatever_it_says(small, name):
    small.add("parcels", parcel_id=name, geometry_status="none", source_id="gazette")
    catalogue = small.load()
    assert catalogue.findings == ()
    assert name in catalogue.parcels.index


@pytest.mark.parametrize("name", ["", "   ", "\u00a0", "\u200b", "\x07", "\u2066\u2069", "\u3164"])
def test_an_id_of_which_nothing_is_seen_is_missing(errors, small, name):
    small.add("parcels", parcel_id=name, geometry_status="none", source_id="gazette")
    ((code, *place, _),) = errors(small.path)
    assert (code, *place) == ("missing-id", "parcels.geojson", 3, "parcel_id")


SAME = ("lot\u200b-1", "lot\u2069-1", "lot-1\ufe0f", "LOT-1", "ｌｏｔ-1", "lot\x07-1")


@pytest.mark.parametrize("name", SAME)
def test_two_ids_that_a_reader_cannot_tell_apart_are_told_as_alike(errors, small, name):
    small.add("parcels", parcel_id=name, geometry_status="none", source_id="gazette")
    place = ("parcels.geojson", 3, "parcel_id", name)
    assert ("similar-ids", *place) in errors(small.path)


def test_composed_and_decomposed_letters_are_one_id(errors, small):
    for name in ("caf\u00e9", "cafe\u0301"):
        small.add("parcels", parcel_id=name, geometry_status="none", source_id="gazette")
    assert [each[0] for each in errors(small.path)] == ["similar-ids"]
