"""Cells of a delivery: numbers, dates, codes and ids into what a catalogue stores."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.schema import MODES
from pingshan_geo.errors import InputError
from pingshan_geo.ingest.columns.cells import read_date, read_number, says_nothing
from pingshan_geo.ingest.columns.mapping import Mapping, Pair
from pingshan_geo.ingest.columns.values import converted
from pingshan_geo.ingest.delivery import Delivery
from pingshan_geo.words import text as words_of


def convert(columns, table, *pairs, left=()):
    frame = pd.DataFrame(columns)
    delivery = Delivery("a.xlsx", "0", "XLSX", None, frame, np.arange(5, len(frame) + 5))
    return converted(delivery, Mapping(table, pairs, tuple(left)))


def one(field, cells, table="parcels", unit=None, dtype=object):
    """Convert one column and return its values, faults and findings."""
    column = pd.Series(cells, dtype=dtype)
    done = convert({"x": column}, table, Pair(field, "x", unit=unit))
    values = [None if pd.isna(value) else value for value in done.frame[field]]
    faults = [(at, finding.code) for at, finding in done.faults]
    return values, faults, [finding.code for finding in done.findings]


@pytest.mark.parametrize(
    ("cell", "unit", "m2"),
    [
        ("106,000", "m2", 106_000), ("106 000", "m2", 106_000), ("106\u202f000", "m2", 106_000),
        ("１０６", "m2", 106), ("10.6万", "m2", 106_000), ("10.6", "10k_m2", 106_000),
        ("9.5公顷", "m2", 95_000), ("9.5 ha", None, 95_000), ("9.5(公顷)", None, 95_000),
        ("15亩", "m2", 10_000), ("1.5万亩", "ha", 1e7), (".5", "km2", 500_000),
        ("4.35", "ha", 43_500),
        ("1.06E+05", "m2", 106_000), (106000.0, "m2", 106_000), (3, "mu", 2000), ("+7", "m2", 7),
    ],
)  # fmt: skip
def test_an_area_is_stored_in_square_metres(cell, unit, m2):
    assert one("site_area_m2", [cell, None], unit=unit) == ([m2, None], [], [])


@pytest.mark.parametrize(
    ("cell", "unit", "yuan"),
    [
        ("1.04亿", "yuan", 1.04e8), ("1.04亿元", "10k_yuan", 1.04e8),
        ("10,400", "10k_yuan", 1.04e8),
        ("¥1,000", "yuan", 1000), ("人民币1.04亿", None, 1.04e8), ("10400万元", "yuan", 1.04e8),
    ],
)  # fmt: skip
def test_money_is_stored_in_yuan(cell, unit, yuan):
    assert one("price_yuan", [cell], "auctions", unit) == ([yuan], [], [])


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1,060,00", "not-a-number"), ("10.6.0", "not-a-number"), ("abc", "not-a-number"),
        ("三十", "not-a-number"), ("5 apples", "not-a-number"), (True, "not-a-number"),
        (float("inf"), "not-a-number"), ("1" * 400, "not-a-number"), ("2.0-2.5", "not-one-number"),
        ("2公顷至3公顷", "not-one-number"), ("≥2.5", "not-one-number"),
        ("2.5以下", "not-one-number"),
        ("-5", "negative-value"), ("−5", "negative-value"), (-5.0, "negative-value"),
        ("5万元", "unit-mismatch"), ("5年", "unit-mismatch"),
    ],
)  # fmt: skip
def test_what_is_not_one_number_is_a_fault_of_its_row(cell, code):
    assert one("site_area_m2", ["1", cell], unit="m2") == ([1, None], [(1, code)], [])


def test_a_fault_names_file_row_field_and_the_cell_as_it_stands():
    done = convert({"x": ["1", "1,060,00"]}, "parcels", Pair("site_area_m2", "x", unit="m2"))
    ((_, finding),) = done.faults
    assert (finding.file, finding.row, finding.field, finding.value) == (
        "a.xlsx", 6, "site_area_m2", "1,060,00",
    )  # fmt: skip


def test_a_multiple_on_top_of_a_multiple_and_a_missing_unit_are_faults():
    assert one("price_yuan", ["5万"], "auctions", "10k_yuan")[1] == [(0, "not-one-number")]
    assert one("price_yuan", ["5"], "auctions", None)[1] == [(0, "unit-missing")]


def test_a_comma_is_not_read_where_another_cell_has_it_for_a_decimal_point():
    assert one("site_area_m2", ["9,52", "9,520", "7"], unit="m2") == (
        [None, None, 7], [(0, "not-a-number"), (1, "not-a-number")], [],
    )  # fmt: skip


def test_zero_is_unknown_and_the_text_is_kept():
    done = convert({"x": ["0", "5", "0.0"]}, "parcels", Pair("far_limit", "x", unit="1"))
    assert np.array_equal(done.frame["far_limit"], [np.nan, 5, np.nan], equal_nan=True)
    assert done.frame["far_limit_as_delivered"].tolist() == ["0", None, "0.0"]
    (finding,) = done.findings
    assert (finding.code, finding.value, finding.details["rows"]) == ("zero-unknown", "2", "5, 7")
    assert one("recorded_area_m2", [0.0, 5.0], unit="m2", dtype=float) == (
        [None, 5], [], ["zero-unknown"],
    )  # fmt: skip


def test_words_for_nothing_are_unknown_and_counted():
    cells = ["—", "/", "无", "待定", "N/A", "", " ", None, "<Null>"]
    for field, table in [("site_area_m2", "parcels"), ("date", "auctions"), ("mode", "auctions")]:
        values, faults, said = one(field, cells, table, "m2" if table == "parcels" else None)
        assert (values, faults, said) == ([None] * 9, [], ["cells-unknown"])
    assert one("buyer", ["无锡某公司", "无", "—"], "auctions")[0] == ["无锡某公司", "无", None]


def test_about_is_stored_told_and_kept_and_a_limit_may_say_at_most():
    done = convert({"x": ["约 9.5", "3"]}, "parcels", Pair("site_area_m2", "x", unit="ha"))
    assert done.frame["site_area_m2"].tolist() == [95_000, 30_000]
    assert done.frame["site_area_m2_as_delivered"].tolist() == ["约 9.5公顷", "3公顷"]
    assert [each.code for each in done.findings] == ["value-about"]
    assert one("far_limit", ["≤4.5", "不大于3", "4.5"], unit="1") == ([4.5, 3, 4.5], [], [])
    assert one("far_limit", ["450%"], unit="1")[0] == [4.5]
    assert one("term_years", ["50年", 30], "auctions", "year")[0] == [50, 30]


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2017年12月13日", "2017-12-13"), ("2017年12月", "2017-12"), ("2017-12", "2017-12"),
        ("2017", "2017"), (2017.0, "2017"), ("2017/12/13", "2017-12-13"),
        ("2017.1.5", "2017-01-05"),
        ("20171213", "2017-12-13"), (20171213, "2017-12-13"), ("2017 年 2 月 3 日", "2017-02-03"),
        ("2017-12-13T00:00:00", "2017-12-13"), ("2017-12-13 10:30", "2017-12-13"),
        ("２０１７年", "2017"), ("2017-12-13T00:00:00Z", "2017-12-13"),
    ],
)  # fmt: skip
def test_a_date_is_read_as_written_to_its_precision(cell, date):
    assert one("date", [cell], "auctions") == ([date], [], [])


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (43082, "date-mangled"), ("43082", "date-mangled"), ("13/12/2017", "date-mangled"),
        ("Dec-17", "date-mangled"), ("2017-02-30", "not-a-date"), ("17年12月", "not-a-date"),
        ("2017-12-12T16:00:00Z", "not-a-date"), ("201713", "not-a-date"), ("soon", "not-a-date"),
    ],
)  # fmt: skip
def test_a_date_that_is_doubtful_is_a_fault(cell, code):
    assert one("date", [cell], "auctions") == ([None], [(0, code)], [])


def test_codes_are_read_by_key_and_by_word_in_both_languages():
    for mode in MODES:
        assert one("mode", [mode, *words_of(mode)], "auctions")[0] == [mode] * 3
    assert one("mode", ["挂牌出让", "招拍挂"], "auctions") == (
        ["listing", None], [(1, "unknown-code")], [],
    )  # fmt: skip
    assert one("class", ["重点产业项目"], "auctions")[0] == ["key_project"]
    assert one("geometry_status", ["测绘"])[0] == ["surveyed"]
    assert one("kind", ["街道", "功能区"], "zones")[0] == ["subdistrict", "功能区"]


def test_ids_are_cleaned_and_the_text_as_it_came_is_kept():
    cells = ["宗地编号：Ｇ13113—8014", "G13113-8024", 101.0, None]
    done = convert({"x": pd.Series(cells, dtype=object)}, "parcels", Pair("parcel_id", "x"))
    assert done.frame["parcel_id"].tolist() == ["G13113-8014", "G13113-8024", "101", None]
    kept = done.frame["parcel_id_as_delivered"].tolist()
    assert kept == ["宗地编号：Ｇ13113—8014", None, None, None]
    assert done.faults == []


def test_land_uses_become_codes_of_their_classification():
    pairs = (Pair("land_use", "x"), Pair("land_use_standard", constant="shenzhen"))
    done = convert({"x": ["新型产业用地（M0）", "M1", "荒地", None]}, "parcels", *pairs)
    assert done.frame["land_use"].tolist() == ["M0", "M1", "荒地", None]
    assert done.frame["land_use_as_delivered"].tolist() == ["新型产业用地（M0）", None, None, None]
    assert [each.code for each in done.findings] == ["land-use-read"]
    by_row = (Pair("land_use", "x"), Pair("land_use_standard", "y"))
    done = convert({"x": ["公园绿地"] * 2, "y": ["shenzhen", "mnr-2023"]}, "parcels", *by_row)
    assert done.frame["land_use"].tolist() == ["G1", "1401"]


def test_a_constant_that_is_no_value_of_its_column_is_refused():
    with pytest.raises(InputError, match="unknown-code") as refused:
        convert({"x": ["a"]}, "auctions", Pair("mode", constant="招拍挂"))
    assert "挂牌（listing）" in refused.value.findings[0].fix("zh")
    assert "tender, auction, listing" in refused.value.findings[0].fix("en")


def test_printed_numbers_keep_digits_unit_and_qualifier():
    pairs = (Pair("value", "v"), Pair("unit", "u"), Pair("subject", "s"))
    cells = ["约4.50", "80 000㎡", "1.04亿", 9.5, "5万", "6公顷", "7"]
    units = ["公顷", None, "元", "ha", "万元", "亩", "码"]
    done = convert({"v": cells, "u": units, "s": ["lot"] * 7}, "facts", *pairs)
    frame = done.frame
    assert frame["value"].tolist()[:4] == ["4.50", "80000", "104000000.00", "9.5"]
    assert frame["unit"].tolist()[:4] == ["ha", "m2", "yuan", "ha"]
    assert frame["qualifier"].tolist()[:2] == ["about", None]
    assert frame["printed"].tolist()[:4] == ["约4.50公顷", "80 000㎡", "1.04亿元", "9.5ha"]
    assert sorted((at, finding.code) for at, finding in done.faults) == [
        (4, "not-one-number"), (5, "unit-mismatch"), (6, "unknown-unit"),
    ]  # fmt: skip


def test_the_unit_of_a_column_of_values_becomes_that_of_each_row():
    done = convert({"v": [9.5, None, "6亩"]}, "targets", Pair("value", "v", unit="ha"))
    assert done.frame["value"].tolist() == ["9.5", None, "6"]
    assert done.frame["unit"].tolist() == ["ha", "ha", "mu"]
    assert done.frame["printed"].tolist() == ["9.5公顷", None, "6亩"]


def test_columns_left_over_keep_name_and_cells_unless_the_name_is_taken():
    columns = {
        "备注": [" a ", ""], "far": [1.5, 2], "layer": ["0", "1"], "geometry": ["x", None],
        "n": pd.Series([1, "b"], dtype=object),
    }  # fmt: skip
    done = convert(columns, "parcels", left=tuple(columns))
    assert list(done.frame) == [
        "备注", "far_as_delivered", "layer_as_delivered", "geometry_as_delivered", "n",
    ]  # fmt: skip
    assert done.frame["备注"].tolist() == ["a", None]
    assert done.frame["n"].tolist() == [1, "b"]
    assert [each.field for each in done.findings] == ["far", "layer", "geometry"]


@given(st.decimals(0, 10**12, places=3), st.sampled_from(["{:,}", "{}", "{:,}㎡", "约{:,}"]))
def test_a_number_comes_back_whatever_stands_around_it(number, form):
    read = read_number(form.format(number))
    assert read is not None
    assert Decimal(read.digits) == number


@given(st.dates(), st.sampled_from(["%Y年%m月%d日", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"]))
def test_a_day_comes_back_however_it_is_written(day, form):
    text = form.replace("%Y", f"{day.year:04}")
    assert read_date(day.strftime(text)) == day.isoformat()


@given(st.text() | st.text("0123456789年月日.-/,万亿公顷约≥ T:Z"))
def test_no_text_breaks_a_reader(text):
    date = read_date(text)
    assert date is None or span(date) is not None
    number = read_number(text)
    assert number is None or np.isfinite(number.si("m2"))
    assert says_nothing(text, strict=False) <= says_nothing(text, strict=True)


@given(st.lists(st.none() | st.text() | st.floats() | st.integers() | st.booleans(), min_size=1))
def test_a_column_of_anything_becomes_values_or_faults_and_no_row_is_lost(cells):
    for field, table in [
        ("site_area_m2", "parcels"), ("parcel_id", "parcels"), ("land_use", "parcels"),
        ("date", "auctions"), ("mode", "auctions"), ("value", "targets"),
    ]:  # fmt: skip
        unit = "m2" if field in {"site_area_m2", "value"} else None
        done = convert({"x": pd.Series(cells, dtype=object)}, table, Pair(field, "x", unit=unit))
        assert len(done.frame) == len(cells)
        faulty = {at for at, _ in done.faults}
        assert all(pd.isna(done.frame[field].iloc[at]) for at in faulty)
