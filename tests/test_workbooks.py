"""Workbooks: headings, titles, totals, merged cells, sheets, and files that are none."""

from __future__ import annotations

import datetime
import re
import zipfile

import pytest
import xlsxwriter
import xlwt

from pingshan_geo.ceilings import USUAL
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.sheets import table_of
from pingshan_geo.ingest.formats.tables import read_workbook


def workbook(tmp_path, fill, name="a.xlsx", **asked):
    path = tmp_path / name
    with xlsxwriter.Workbook(path) as book:
        fill(book)
    return read_workbook(path, Asked(**asked))


def sheet(rows, merged=()):
    """Return a function that fills one sheet; merged: (row, column, row, column) from 0."""

    def fill(book):
        page = book.add_worksheet("成交")
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
        for place in merged:
            page.merge_range(*place, rows[place[0]][place[1]])

    return fill


def codes(delivery):
    return [(found.code, found.row) for found in delivery.findings]


def records(delivery):
    return delivery.table.to_dict("records")


HEADING = ["宗地编号", "土地用途", "用地面积", "成交价"]


def test_title_units_totals_and_notes_are_told_and_not_counted(tmp_path):
    rows = [
        ["2017年土地出让情况表", "", "", ""],
        ["（单位：公顷、万元）", "", "", "2017年12月"],
        HEADING,
        ["G13113-8014", "工业用地", 10.6, 4700],
        ["", "", "", ""],
        ["G13114-0001", "居住用地", 1.4, 300],
        ["合 计", "", 12, 5000],
        ["备注：以成交确认书为准", "", "", ""],
        ["制表人：张三", "", "审核人：李四", ""],
    ]
    got = workbook(tmp_path, sheet(rows, [(0, 0, 0, 3)]))
    assert got.rows.tolist() == [4, 6]
    assert got.table["用地面积"].tolist() == [10.6, 1.4]
    assert got.table.attrs["unit_note"] == "公顷、万元"
    assert codes(got) == [("title-skipped", 1), ("footer-skipped", 7)]
    assert got.findings[1].details["rows"] == "7, 8, 9"
    assert (got.format, got.layer) == ("XLSX", "成交")


def test_a_total_that_the_rows_do_not_bear_out_is_told(tmp_path):
    rows = [HEADING, ["a", "x", 10, 1], ["小计", "", 10, 1], ["b", "x", 1, 2], ["总计", "", 13, 9]]
    got = workbook(tmp_path, sheet(rows))
    assert got.table["宗地编号"].tolist() == ["a", "b"]
    told = got.findings[-1]
    assert (told.code, told.row, told.value, told.details["sum"]) == (
        "total-differs",
        5,
        "13",
        "11",
    )


@pytest.mark.parametrize(
    "row",
    [
        ["合计", "工业用地", 12.0, 5000.0],
        ["总计项目一期", None, 12.0, 5000.0],
        ["备注", "工业用地", 1.0, 1.0],
        ["注：一", "工业用地", "甲", "乙"],
        ["备注：一", None, 1.0, 2.0],
        ["G1", None, None, None],
        [None, None, 1.0, 2.0],
    ],
)
def test_a_row_of_data_is_never_taken_for_a_total_or_a_note(row):
    got = table_of([HEADING, ["a", "x", 1.0, 2.0], row], "a.xlsx", USUAL)
    assert got.table.iloc[1].tolist() == row
    assert got.findings == []


def test_headings_of_two_lines_are_joined_and_units_put_in_brackets(tmp_path):
    rows = [
        ["宗地编号", "面积", "", "成交价", "年期"],
        ["", "用地面积", "建筑面积", "(万元)", "年"],
        ["G1", 1, 2, 3, 50],
    ]
    got = workbook(tmp_path, sheet(rows, [(0, 0, 1, 0), (0, 1, 0, 2)]))
    joined = ["宗地编号", "面积/用地面积", "面积/建筑面积", "成交价(万元)", "年期(年)"]
    assert list(got.table) == joined
    assert list(table_of(rows[:1] + rows[1:], "a.ods", USUAL).table) == joined  # no merges are told
    assert got.rows.tolist() == [3]


def test_a_line_of_units_alone_belongs_to_the_heading():
    rows = [["编号", "面积", "总价"], [None, "㎡", "(万元)"], ["a", 1.0, 2.0]]
    assert list(table_of(rows, "a.xlsx", USUAL).table) == ["编号", "面积(㎡)", "总价(万元)"]


def test_merged_cells_of_the_body_are_filled_downwards_and_told(tmp_path):
    rows = [
        ["街道", "编号", "社区"],
        ["坪山", "a", ""],
        ["", "b", ""],
        ["", "c", ""],
        ["龙田", "d", ""],
    ]
    got = workbook(tmp_path, sheet(rows, [(1, 0, 3, 0), (4, 1, 4, 2)]))
    assert got.table["街道"].tolist() == ["坪山", "坪山", "坪山", "龙田"]
    assert got.table["社区"].tolist() == [None] * 4
    assert codes(got) == [("merged-filled", 3)]
    assert got.findings[0].value == "2"


def test_a_heading_that_is_repeated_on_each_page_is_no_data(tmp_path):
    rows = [["编号", "面积"], ["a", 1], ["编号", "面积"], ["b", 2]]
    got = workbook(tmp_path, sheet(rows))
    assert got.table["编号"].tolist() == ["a", "b"]
    assert codes(got) == [("footer-skipped", 3)]


def test_cells_come_as_text_numbers_truth_values_and_iso_dates(tmp_path):
    def fill(book):
        page = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, ["text", "number", "truth", "day", "time", 2017])
        page.write_string(1, 0, "0012")
        page.write_row(1, 1, [12, True])
        page.write_datetime(1, 3, datetime.datetime(2017, 12, 13), day)
        page.write_datetime(1, 4, datetime.datetime(2017, 12, 13, 9, 30), day)

    (got,) = records(workbook(tmp_path, fill))
    assert got == {
        "text": "0012", "number": 12.0, "truth": True, "day": "2017-12-13",
        "time": "2017-12-13T09:30:00", "2017": None,
    }  # fmt: skip


def test_errors_of_formulas_and_codes_that_lost_digits_are_told(tmp_path):
    def fill(book):
        page = book.add_worksheet()
        page.write_row(0, 0, ["编号", "代码", "面积", "比"])
        page.write_row(1, 0, ["a", 4403100010050190123.0, 1.0])
        page.write_formula(1, 3, "=1/0", None, "#DIV/0!")
        page.write_row(2, 0, ["b", "440310001005GB00012", "#REF!", 1.0])
        page.write_formula(3, 2, "=A1", None, "")
        page.write(3, 0, "c")

    got = workbook(tmp_path, fill)
    assert got.table["面积"].tolist() == [1.0, None, None]
    assert got.table["比"].tolist() == [None, 1.0, None]
    assert sorted(codes(got)) == [("cell-error", 2), ("cell-error", 3), ("digits-lost", 2)]


def two_sheets(book):
    for name in ("一月", "二月"):
        book.add_worksheet(name).write_column(0, 0, ["编号", name])
    book.add_worksheet("空")
    book.add_worksheet("旧").write(0, 0, "x")
    book.get_worksheet_by_name("旧").hide()


def test_of_several_sheets_one_must_be_named(tmp_path):
    with pytest.raises(InputError, match=r"sheet-ambiguous.*一月, 二月"):
        workbook(tmp_path, two_sheets)
    assert workbook(tmp_path, two_sheets, sheet="二月").table["编号"].tolist() == ["二月"]
    with pytest.raises(UsageError, match="no sheet 三月"):
        workbook(tmp_path, two_sheets, sheet="三月")


def test_a_hidden_sheet_is_told_and_not_read(tmp_path):
    def fill(book):
        sheet([["编号"], ["a"]])(book)
        book.add_worksheet("旧").write(0, 0, "x")
        book.get_worksheet_by_name("旧").hide()

    assert codes(workbook(tmp_path, fill)) == [("sheet-hidden", None)]


def test_xls_is_read_like_xlsx(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("表")
    page.write_merge(0, 0, 0, 2, "出让一览")
    for at, row in enumerate([["编号", "街道", "面积"], ["a", "", 1.5], ["b", "", 2]], start=1):
        for column, cell in enumerate(row):
            if cell:
                page.write(at, column, cell)
    page.write_merge(2, 3, 1, 1, "坪山")
    book.save(str(tmp_path / "a.xls"))
    got = read_workbook(tmp_path / "a.xls", Asked())
    assert records(got)[1] == {"编号": "b", "街道": "坪山", "面积": 2.0}
    assert codes(got) == [("merged-filled", 4), ("title-skipped", 1)]


MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
ODS = """<?xml version="1.0" encoding="UTF-8"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>\
<table:table table:name="表">%s</table:table></office:spreadsheet></office:body>\
</office:document-content>"""


def test_ods_is_read(tmp_path):
    def cell(value):
        if isinstance(value, float):
            kind = f'office:value-type="float" office:value="{value}"'
        else:
            kind = 'office:value-type="string"'
        return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"

    rows = [["编号", "面积"], ["a", 1.5], ["b", 2.0]]
    xml = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS % xml)
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{MANIFEST}"/>')
    got = read_workbook(tmp_path / "a.ods", Asked())
    assert records(got) == [{"编号": "a", "面积": 1.5}, {"编号": "b", "面积": 2.0}]


def test_two_cells_in_far_corners_do_not_end_the_program(tmp_path):
    def fill(book):
        page = book.add_worksheet()
        page.write(0, 0, "a")
        page.write(1_048_575, 16_383, "b")

    with pytest.raises(InputError, match=r"file-unreadable.*broke down"):
        workbook(tmp_path, fill)


def test_what_a_reader_says_of_a_broken_workbook_stands_in_a_sentence_in_both_languages(tmp_path):
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99)
    with pytest.raises(InputError) as caught:
        read_workbook(tmp_path / "a.xls", Asked())
    (finding,) = caught.value.findings
    assert re.search(r"cannot be read as a workbook \(\w+ .+\)", finding.line("en"))
    assert re.search(r"无法作为工作簿读取（\w+ .+）", finding.line("zh"))


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.ods"])
@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99, b"a,b"]
)
def test_a_damaged_workbook_is_refused_by_name(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match="file-unreadable"):
        read_workbook(tmp_path / name, Asked())
