"""Workbooks that are not what they look like: cells twice, errors, hidden rows, odd XML."""

from __future__ import annotations

import zipfile

import xlsxwriter
import xlwt
from tests.opening import codes, opened, refused
from tests.test_deliveries_that_lie import of_code
from tests.test_workbooks import ODS


def test_two_cells_of_one_place_in_a_workbook_are_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for at, row in enumerate([["parcel_id", "far"], ["G1", 2.5], ["G2", 3]]):
            page.write_row(at, 0, row)
    assert len(opened(path).table) == 2
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert sheet.count(b'r="B3"') == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'r="B3"', b'r="B2"')
    with zipfile.ZipFile(path, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    assert refused(path) == "file-unreadable"


def test_errors_and_hidden_rows_of_an_old_workbook_are_told(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    for at, row in enumerate([["parcel_id", "far"], ["G1", None], ["G2", 2.5], ["G3", None]]):
        for column, cell in enumerate(row):
            if cell is not None:
                page.write(at, column, cell)
    page.row(1).set_cell_error(1, "#DIV/0!")
    page.row(2).hidden = True
    book.save(str(tmp_path / "a.xls"))
    got = opened(tmp_path / "a.xls")
    assert got.table["far"].tolist() == [None, 2.5, None]
    assert [(each.row, each.field) for each in of_code(got, "cell-error")] == [(2, "far")]
    assert [each.value for each in of_code(got, "rows-hidden")] == ["1"]


def sheets(tmp_path, *changes: tuple[bytes, bytes]):
    """Return a workbook of two rows whose one sheet was changed as XML."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["parcel_id", "far"])
        page.write_row(1, 0, ["G1", 2.5])
        page.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        page.write_row(2, 0, ["G2"])
        page.set_row(2, None, None, {"hidden": True})
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    for old, new in changes:
        sheet = parts["xl/worksheets/sheet1.xml"]
        assert old in sheet
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(old, new)
    with zipfile.ZipFile(path, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    return path


def test_a_sheet_is_looked_through_whatever_its_xml_looks_like(tmp_path):
    usual = [("cell-error", 3), ("rows-hidden", None)]
    for changes in (
        [],
        [(b"<c ", b"<x:c "), (b"</c>", b"</x:c>"), (b"<row ", b"<x:row "), (b"</row>", b"</x:row>"),
         (b"<v>", b"<x:v>"), (b"</v>", b"</x:v>"), (b"<f>", b"<x:f>"), (b"</f>", b"</x:f>"),
         (b"<worksheet ", b'<worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006'
                          b'/main" ')],
        [(b"<sheetData>", b'<sheetData><!-- <c r="B2"/> -->')],
    ):  # fmt: skip
        assert sorted(codes(opened(sheets(tmp_path, *changes))), key=str) == usual
    for odd in (b'r="b2"', b'r="B02"', b'r = "B2"'):
        assert refused(sheets(tmp_path, (b'r="B3"', odd))) == "file-unreadable"
    assert refused(sheets(tmp_path, (b'<row r="3"', b'<row r="2"'))) == "file-unreadable"


def test_a_formula_whose_text_is_empty_is_no_error(tmp_path):
    cell = b'<c r="B2" t="str"><f>IF(A2="","x","")</f><v></v></c>'
    path = sheets(tmp_path, (b'<c r="B2"><v>2.5</v></c>', cell))
    assert codes(opened(path)).count(("cell-error", 2)) == 0
    path = sheets(tmp_path, (b'<c r="B2"><v>2.5</v></c>', cell.replace(b' t="str"', b"")))
    assert ("cell-error", 2) in codes(opened(path))


def test_a_workbook_whose_parts_are_named_in_another_way_is_looked_through_as_well(tmp_path):
    path = sheets(tmp_path)
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name.replace("sheet1.xml", "Sheet1.xml"), data)
    assert sorted(codes(opened(path)), key=str) == [("cell-error", 3), ("rows-hidden", None)]


def test_a_zip_at_the_end_of_an_old_workbook_is_no_part_of_it(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    for at, row in enumerate([["parcel_id", "far"], ["G1", 1.5], ["G2", 2.5]]):
        for column, cell in enumerate(row):
            page.write(at, column, cell)
    page.row(2).hidden = True
    book.save(str(tmp_path / "a.xls"))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as whole:
        whole.writestr("a.txt", b"x")
    with (tmp_path / "a.xls").open("ab") as file:
        file.write((tmp_path / "b.zip").read_bytes())
    assert codes(opened(tmp_path / "a.xls")) == [("rows-hidden", None)]


def test_hidden_rows_of_an_open_document_are_told(tmp_path):
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = "<table:table-row{}>{}</table:table-row>"
    rows = [
        row.format("", cell.format("parcel_id") + cell.format("note")),
        row.format("", cell.format("G1") + cell.format("a")),
        row.format(' table:visibility="collapse"', cell.format("G2") + cell.format("b")),
        row.format(' table:visibility="filter"', cell.format("G3") + cell.format("c")),
        row.format(' table:visibility="collapse"', "<table:table-cell/>"),
    ]
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as whole:
        whole.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        whole.writestr("content.xml", ODS % "".join(rows))
        whole.writestr("META-INF/manifest.xml", "<manifest/>")
    got = opened(tmp_path / "a.ods")
    assert len(got.table) == 3
    assert [each.value for each in of_code(got, "rows-hidden")] == ["2"]
