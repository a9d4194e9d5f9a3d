"""A report shows every figure in six formats, and none that is unknown as 0."""

import csv
import dataclasses
import html
import io
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pyarrow.parquet as pq
import pytest
from markdown_it import MarkdownIt

from pingshan_geo import assess, load_catalogue, report
from pingshan_geo.assessment import Assessment
from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.figure import Figure
from pingshan_geo.words import Text

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pingshan() -> Assessment:
    return assess(load_catalogue())


@pytest.fixture(scope="module")
def hostile() -> Assessment:
    return assess(load_catalogue(ROOT / "tests/data/hostile"))


def told(assessment: Assessment, form: str, lang: str = "en", **chosen: Any) -> str:
    return report.render(report.select(assessment, **chosen), form, lang).decode()


def csv_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- The document ---------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", [None, "examples/demo-town", "tests/data/hostile"])
def test_the_report_document_is_valid_by_its_schema(name: str | None, lang: str) -> None:
    assessment = assess(load_catalogue(ROOT / name if name else None))
    document = json.loads(told(assessment, "json", lang))
    jsonschema.Draft202012Validator.check_schema(report.schema())
    jsonschema.Draft202012Validator(report.schema()).validate(document)
    for figure in document["figures"]:
        value, low, high = figure["value"], figure["low"], figure["high"]
        assert value is None or low is None or low <= value, figure["id"]
        assert value is None or high is None or value <= high, figure["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "guessed"},
        {"qualifier": "roughly"},
        {"value": None},
        {"status": "unknown"},
        {"value": "4.6"},
        {"extra": 1},
    ],
)
def test_the_schema_refuses_a_figure_that_breaks_the_contract(
    pingshan: Assessment, change: dict[str, Any]
) -> None:
    document = report.document(pingshan, [pingshan.figure("far/G13113-8014")])
    document["figures"][0].update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(report.schema()).validate(document)


def test_an_unknown_figure_is_null_with_a_note(pingshan: Assessment) -> None:
    document = json.loads(told(pingshan, "json", subject="pingshan-innovation-plaza"))
    far = next(f for f in document["figures"] if f["measure"] == "far")
    assert (far["value"], far["low"], far["high"], far["status"]) == (None, None, None, "unknown")
    assert far["notes"]


def test_a_number_that_is_none_never_reaches_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        report.to_json({"value": float("nan")})


# --- Choosing -------------------------------------------------------------------------------


def test_a_filter_leaves_out_the_kinds_that_lack_its_columns(pingshan: Assessment) -> None:
    rows = csv_rows(told(pingshan, "csv", group="far", where="land_use = 'M0' AND far > 4"))
    assert [row["id"] for row in rows] == ["G13113-8014"]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"group": "area"}, "areas"),
        ({"measure": "fra"}, "nearest: far"),
        ({"subject": "G13113-8041"}, "nearest: .*G13113-8014"),
        ({"where": "land_usage = 'M0'"}, "nearest: land_use"),
        (
            {"group": "targets", "measure": "far"},
            "no figure of far in the group targets; far is in far",
        ),
        ({"group": "targets", "subject": "G13113-8014"}, "8014 has no figure in the group targets"),
        ({"measure": "price", "subject": "G13113-8014"}, "8014 has no figure of price"),
    ],
)
def test_a_wrong_word_names_the_nearest(
    pingshan: Assessment, chosen: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        report.select(pingshan, **chosen)


def test_a_gate_is_missed_below_across_and_without_a_rate(pingshan: Assessment) -> None:
    chosen = report.select(pingshan, "targets", subject="industrial-land-2017")
    assert list(report.gate(chosen, 2.38)) == []
    assert "do not surely reach 240 %" in next(report.gate(chosen, 2.4))
    assert "below 300 %" in next(report.gate(chosen, 3.0))
    unknown = report.select(pingshan, "targets", subject="innovation-space")
    assert list(report.gate(unknown, 0.0)) == [
        "completion_rate/innovation-space: unknown, so it does not reach 0 %"
    ]
    with pytest.raises(UsageError, match="no completion rate"):
        next(report.gate(report.select(pingshan, "areas"), 1.0))


# --- For programs ---------------------------------------------------------------------------


def test_csv_is_the_wide_table_at_full_precision(pingshan: Assessment) -> None:
    rows = {row["id"]: row for row in csv_rows(told(pingshan, "csv"))}
    lot = rows["G13113-8014"]
    assert float(lot["far"]) == 488800 / 106000
    assert (lot["kind"], lot["site_area_m2"], lot["far_status"]) == (
        "parcels",
        "106000.0",
        "derived",
    )
    plaza = rows["pingshan-innovation-plaza"]
    assert (plaza["far"], plaza["far_status"]) == ("", "unknown")
    assert rows["industrial-land-integration"]["target_value_high"] == ""
    assert rows["industrial-land-integration"]["target_value_qualifier"] == "more_than"
    assert rows["pingshan-district"]["target_value_status"] == ""


@pytest.mark.parametrize("form", list(report.FORMATS))
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_assessment_gives_the_same_bytes(
    pingshan: Assessment, form: str, lang: str
) -> None:
    again = assess(load_catalogue())
    assert report.render(report.select(pingshan), form, lang) == report.render(
        report.select(again), form, lang
    )


def test_a_workbook_holds_numbers_as_numbers_and_texts_as_texts(pingshan: Assessment) -> None:
    content = report.render(report.select(pingshan), "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames[:3] == ["zones", "parcels", "projects"]
    assert book.sheetnames[-2:] == ["sources", "findings"]
    sheet = book["parcels"]
    heads = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[1].value == "G13113-8014")
    assert row[heads.index("floor area ratio")].value == 488800 / 106000
    assert row[heads.index("site area (m²)")].value == 106000
    empty = next(row for row in book["projects"].iter_rows(min_row=2, values_only=True)
                 if row[1] == "pingshan-innovation-plaza")  # fmt: skip
    far = [cell.value for cell in book["projects"][1]].index("floor area ratio")
    assert (empty[far], empty[far + 3]) == (None, "unknown")


def test_a_text_too_long_for_a_cell_is_refused_not_cut(pingshan: Assessment) -> None:
    zones = pingshan.zones.copy()
    zones["name_en"] = "x" * 32_768
    long = dataclasses.replace(pingshan, zones=zones)
    with pytest.raises(OutputError, match="32,768 characters"):
        report.render(report.select(long), "xlsx")
    assert "x" * 32_768 in told(long, "csv")


# --- For people -----------------------------------------------------------------------------


def test_people_read_printed_units_bounds_and_a_word_for_unknown(pingshan: Assessment) -> None:
    text = told(pingshan, "md", group="targets", subject="industrial-land-2017")
    assert "| about 22.78 ha | 22.775–22.785 ha |" in text
    assert "| about 239.8 % | 238.5–241.1 % |" in text
    assert re.search(r"1 / 4 \(46\.5 % of the recorded total\); left out: heshuntang-2017", text)
    assert "| unknown |  | unknown |" in told(pingshan, "md", subject="pingshan-innovation-plaza")
    chinese = told(pingshan, "md", "zh", group="targets", subject="industrial-land-2017")
    assert "已知行数：1 / 4（占记载总量的 46.5 %）；未计入：heshuntang-2017、" in chinese


def test_chinese_has_other_words_and_the_same_numbers(pingshan: Assessment) -> None:
    english, chinese = (told(pingshan, "md", lang, group="far") for lang in ("en", "zh"))
    assert "容积率" in chinese
    assert "未知" in chinese
    number = re.compile(r"\| (\d[\d,.]*) \|")
    assert number.findall(english) == number.findall(chinese)
    assert len(number.findall(english)) > 5


@pytest.mark.parametrize(
    ("values", "qualifier", "unit", "shown"),
    [
        ((51.6e6, 51.55e6, 51.65e6), "printed", "km2", ("51.6 km²", "51.55–51.65 km²")),
        ((166.31e6, 161.31e6, 171.31e6), "printed", "km2", ("166.31 km²", "161.31–171.31 km²")),
        ((10e6, 10e6, None), "more_than", "km2", ("more than 10 km²", "≥ 10 km²")),
        ((5e4, None, 5e4), "less_than", "m2", ("less than 50,000 m²", "≤ 50,000 m²")),
        ((4.0, 4.0, 4.0), "exact", "count", ("4", "")),
    ],
)
def test_a_value_is_shown_with_its_bounds(
    values: tuple[float | None, ...], qualifier: str, unit: str, shown: tuple[str, str]
) -> None:
    from pingshan_geo.report import people

    stored = "m2" if unit == "km2" else unit
    figure = Figure(
        "zones", "recorded_area", "a", *values, stored, qualifier, "recorded", Text("", "")
    )
    assert people.shown(figure, unit, "en") == shown


def test_a_terminal_table_has_no_colour_unless_asked(pingshan: Assessment) -> None:
    chosen = report.select(pingshan, "far", subject="G13113-8014")
    assert b"\x1b" not in report.render(chosen, "table")
    assert b"\x1b" in report.render(chosen, "table", colour=True)
    assert max(map(len, report.render(chosen, "table", width=60).decode().splitlines())) <= 60


# --- Hostile text ---------------------------------------------------------------------------


class Cells(HTMLParser):
    """The texts of all cells, and every tag that stands in the page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag in {"td", "h1"}:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


def test_hostile_names_stand_letter_for_letter_in_html_and_nothing_can_run(
    hostile: Assessment,
) -> None:
    page = told(hostile, "html")
    parser = Cells()
    parser.feed(page)
    for name in hostile.parcels["name_en"]:
        assert any(text.startswith(name) for text in parser.texts), name
    assert not {"script", "img", "b", "a", "iframe", "link"} & parser.tags
    assert "default-src 'none'" in html.unescape(page)


def test_hostile_names_stand_letter_for_letter_in_markdown(hostile: Assessment) -> None:
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(told(hostile, "md"))
    texts = {"".join(child.content for child in token.children or []) for token in parsed}
    kinds = {child.type for token in parsed for child in token.children or []}
    for subject, name in hostile.parcels["name_en"].items():
        assert f"{name} · {subject}" in texts
    assert kinds <= {"text", "text_special"}


def test_hostile_names_are_no_markup_in_a_terminal(hostile: Assessment) -> None:
    table = report.render(report.select(hostile), "table", width=300, colour=True).decode()
    assert "[bold]red[/bold]" in table
    assert "{{7*7}}" in table
    assert "\\u001b[31mred" in table
    assert "\x1b[31mred" not in table
    assert "\u202e" not in table


def test_hostile_names_stand_letter_for_letter_in_csv_and_json(hostile: Assessment) -> None:
    rows = {row["id"]: row for row in csv_rows(told(hostile, "csv"))}
    for subject, name in hostile.parcels["name_en"].items():
        cell = rows[subject]["name_en"]
        assert cell.removeprefix("'") == name or cell == name
        assert not cell.startswith(("=", "+", "-", "@", "＝"))
    assert rows["P-12"]["name_en"] == "''quoted'"
    assert json.loads(told(hostile, "json"))["catalogue"]["title"] == hostile.catalogue.title.en


def test_hostile_names_are_texts_in_a_workbook(hostile: Assessment) -> None:
    content = report.render(report.select(hostile), "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content))["parcels"]
    names = {row[1].value: row[2] for row in sheet.iter_rows(min_row=2)}
    for subject, name in hostile.parcels["name_en"].items():
        assert names[subject].data_type == "s"
        # A control character stands in the file as _xHHHH_, as the format has it.
        assert names[subject].value == name.replace("\x1b", "_x001B_")


# --- Roll-ups -------------------------------------------------------------------------------


def test_a_roll_up_sums_what_is_known_and_names_what_is_not(hostile: Assessment) -> None:
    rolled = report.roll_up(report.select(hostile), "zone_id")
    figures = {figure.measure: figure for figure in rolled.figures()}
    assert {figure.subject for figure in rolled.figures()} == {"zone_id=town"}
    assert figures["parcel_count"].value == 22
    total = figures["site_area_total"]
    assert (total.value, total.low, total.high) == (176_000, 105_500 + 20_000 + 45_000, None)
    assert total.qualifier == "more_than"
    assert total.completeness is not None
    assert (total.completeness.rows_known, total.completeness.rows) == (3, 22)
    far = figures["far"]
    assert far.value == (488_800 + 100_000) / (106_000 + 50_000)
    assert far.completeness is not None
    assert far.completeness.rows_known == 2
    assert "total land" in "".join(note.en for note in total.notes)
    assert figures["gross_floor_area_total"].notes == ()  # floor has one basis, whatever the land


def test_a_roll_up_hands_on_about_and_a_missing_bound(pingshan: Assessment) -> None:
    for qualifier in ("about", "less_than"):
        lots = pingshan.parcels.copy()
        lots.loc["G13113-8014", "site_area_qualifier"] = qualifier
        if qualifier == "less_than":
            lots.loc["G13113-8014", "site_area_low_m2"] = -math.inf
        chosen = report.select(pingshan.having(parcels=lots), where="land_use = 'M0'")
        (total,) = (
            f
            for f in report.roll_up(chosen, "land_use").figures()
            if f.measure == "site_area_total"
        )
        assert (total.qualifier, total.low is None) == (qualifier, qualifier == "less_than")


def test_a_group_without_a_known_row_is_unknown_and_its_filter_selects_it(
    hostile: Assessment,
) -> None:
    rolled = report.roll_up(report.select(hostile), "land_use")
    for figure in rolled.figures():
        assert figure.inputs_from is not None
        chosen = report.select(hostile, where=figure.inputs_from["where"])
        rows = figure.completeness.rows if figure.completeness else figure.value
        assert len(chosen.rows["parcels"]) == rows
    quoted = next(f for f in rolled.figures() if f.id == "site_area_total/land_use='quoted'")
    assert (quoted.value, quoted.status) == (None, "unknown")


@pytest.mark.parametrize("form", list(report.FORMATS))
def test_a_roll_up_is_told_in_every_format(pingshan: Assessment, form: str) -> None:
    rolled = report.roll_up(report.select(pingshan), "stage")
    content = report.render(rolled, form)
    if form == "parquet":
        text = " ".join(pq.read_table(io.BytesIO(content))["id"].to_pylist())
    elif form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content))["projects"]
        text = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    else:
        text = content.decode()
    assert "stage=agreed" in text.replace("\\", "")


def test_a_roll_up_by_an_unknown_column_names_the_nearest(pingshan: Assessment) -> None:
    with pytest.raises(UsageError, match="land_use"):
        report.roll_up(report.select(pingshan), "landuse")
