"""Column mapping: what is proposed, what is asked, and the file that keeps it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest.columns.headings import fields, fold, split_heading, synonyms
from pingshan_geo.ingest.columns.land_uses import read_use, standards_of
from pingshan_geo.ingest.columns.mapping import (
    IMPORTABLE,
    Mapping,
    Pair,
    fits,
    mapping_toml,
    parse_map_option,
    parse_map_options,
    read_mapping,
)
from pingshan_geo.ingest.columns.proposal import proposal_rows, propose
from pingshan_geo.ingest.delivery import Delivery


def delivery(columns, note=None):
    table = pd.DataFrame(columns)
    table.attrs["unit_note"] = note
    return Delivery("a.xlsx", "0", "XLSX", None, table, np.arange(2, len(table) + 2))


def proposed(columns, table="parcels", *maps, note=None, **more):
    came = delivery(columns, note)
    return propose(came, table, parse_map_options(maps, table, came), **more)


def pairs(proposal):
    return {
        each.field: each.column if each.constant is None else f"'{each.constant}'"
        for each in proposal.mapping.pairs
    }


def units(proposal):
    return {each.field: each.unit for each in proposal.mapping.pairs if each.unit}


def codes(findings):
    return [each.code for each in findings]


AUCTIONS = {
    "序号": [1, 2], "宗地编号": ["G13113-8014", "G13113-8024"], "土地用途": ["M0", "M1"],
    "挂牌起始价（万元）": [10400, 900], "成交价（万元）": [10400, 950], "竞得人": ["甲", "乙"],
    "土地使用年期": ["50年", "30年"], "准入产业类别": ["A", "B"],
    "成交日期": ["2017年12月13日", "2017"], "出让方式": ["挂牌", "拍卖"],
}  # fmt: skip


def test_a_list_of_auctions_is_mapped_by_its_chinese_headings():
    proposal = proposed(AUCTIONS, "auctions")
    assert proposal.questions == ()
    assert pairs(proposal) == {
        "date": "成交日期", "mode": "出让方式", "parcel_id": "宗地编号", "buyer": "竞得人",
        "price_yuan": "成交价（万元）", "start_price_yuan": "挂牌起始价（万元）",
        "term_years": "土地使用年期",
    }  # fmt: skip
    assert units(proposal) == {
        "price_yuan": "10k_yuan", "start_price_yuan": "10k_yuan", "term_years": "year",
    }  # fmt: skip
    assert proposal.mapping.left_over == ("序号", "土地用途", "准入产业类别")


def test_names_of_the_catalogue_come_before_words_and_each_counts_once():
    proposal = proposed({"parcel_id": ["a"], "宗地编号": ["b"], "土地面积㎡": [3.0]})
    assert pairs(proposal) == {
        "parcel_id": "parcel_id", "site_area_m2": "土地面积㎡", "site_area_basis": "'total_land'",
    }  # fmt: skip
    assert [each.how for each in proposal.mapping.pairs] == ["exact", "synonym", "implied"]
    assert proposal.mapping.left_over == ("宗地编号",)


def test_short_names_of_shapefiles_and_the_french_cadastre_are_known():
    short = {"ZDH": ["1"], "ZDMJ": [5.0], "RJL": [2]}
    assert pairs(proposed(short)) == {
        "parcel_id": "ZDH", "recorded_area_m2": "ZDMJ", "far_limit": "RJL",
    }  # fmt: skip
    french = proposed({"id": ["91216000AB0037"], "contenance": [254881.0], "numero": ["37"]})
    assert pairs(french) == {"parcel_id": "id", "recorded_area_m2": "contenance"}
    assert (units(french), french.questions) == ({"recorded_area_m2": "m2"}, ())


def test_the_national_code_is_the_id_only_where_there_is_no_other():
    code = ["440310001001GB00001"]
    assert pairs(proposed({"宗地代码": code})) == {"parcel_id": "宗地代码"}
    assert pairs(proposed({"宗地代码": code, "宗地号": ["a"]})) == {
        "parcel_id": "宗地号", "parcel_code": "宗地代码",
    }  # fmt: skip
    assert pairs(proposed({"宗地代码": code}, "auctions")) == {"parcel_id": "宗地代码"}


def test_what_no_heading_says_is_found_by_content_and_told():
    proposal = proposed({"C1": ["G13113-8014", "G13113-8024"], "C2": ["x", "y"]})
    assert pairs(proposal) == {"parcel_id": "C1"}
    assert codes(proposal.findings) == ["mapped-by-content"]
    twice = proposed({"C1": ["G13113-8014", "G13113-8014"]})  # no id of its rows
    assert codes(twice.questions) == ["mapping-required"]
    auctions = proposed({"a": ["2017-01-02"], "b": ["挂牌"], "c": ["x"]}, "auctions")
    assert pairs(auctions) == {"date": "a", "mode": "b"}


@pytest.mark.parametrize(
    ("columns", "table", "expected"),
    [
        ({"宗地号": ["1", "2"], "地块号": ["3", "4"]}, "parcels", ["mapping-ambiguous"]),
        ({"宗地号": ["1"], "面积㎡": [5.0]}, "parcels", ["mapping-ambiguous"]),
        ({"宗地号": ["1"], "用地面积": [5.0]}, "parcels", ["unit-unknown"]),
        ({"宗地号": ["1"], "成交价": [5.0]}, "auctions", ["unit-unknown"]),
        ({"名称": ["坪山"]}, "zones", ["mapping-required", "mapping-required"]),
        ({"id": [1, 2, 3]}, "parcels", ["mapping-required"]),  # a running number is no id
        ({"宗地号": ["1"], "土地用途": ["M1"]}, "parcels", ["land-use-standard-unknown"]),
        ({"目标值": [1]}, "targets", ["unit-unknown"]),
        ({"宗地号": ["1", "2"], "地块号": ["1", "2"]}, "parcels", []),  # both say the same
        ({"宗地号": ["1", "2"], "地块号": [None, None]}, "parcels", []),
        ({"宗地号": ["1"], "用地面积": ["5公顷"]}, "parcels", []),  # the cells say it
        ({"宗地号": ["1"], "用地面积": [None]}, "parcels", []),
    ],
)  # fmt: skip
def test_what_only_the_user_knows_is_a_question(columns, table, expected):
    assert codes(proposed(columns, table).questions) == expected


def test_a_question_is_answered_by_the_option_that_it_names():
    columns = {"宗地号": ["1"], "面积": [5.0], "土地用途": ["M1"]}
    answers = ["面积=site_area_m2:公顷", "'gb-50137-2011'=land_use_standard"]
    proposal = proposed(columns, "parcels", *answers)
    assert proposal.questions == ()
    assert units(proposal) == {"site_area_m2": "ha"}
    kept_beside = proposed(columns, "parcels", "面积=", "土地用途=")
    assert (kept_beside.questions, kept_beside.findings) == ((), ())
    assert kept_beside.mapping.left_over == ("面积", "土地用途")


@pytest.mark.parametrize(
    ("factor", "unit"), [(1, "m2"), (1e4, "ha"), (2000 / 3, "mu"), (1e6, "km2")]
)
def test_outlines_decide_the_unit_of_an_area_and_that_is_told(factor, unit):
    measured = np.array([10_000.0, 52_000, np.nan, 7_000])
    areas = [measured[0] / factor * 1.05, measured[1] / factor, 3, None]
    columns = {"宗地号": list("abcd"), "宗地面积": areas}
    proposal = proposed(columns, measured_m2=measured)
    assert (units(proposal), codes(proposal.findings)) == (
        {"recorded_area_m2": unit}, ["unit-decided"],
    )  # fmt: skip
    off = proposed(columns, measured_m2=measured * 1.3)
    assert codes(off.questions) == ["unit-unknown"]


def test_cells_that_name_their_unit_do_not_speak_for_those_that_name_none():
    columns = {"宗地号": list("abc"), "宗地面积": ["7245.4", "0.72454公顷", "10.868亩"]}
    measured = np.array([7245.4, 7245.4, 7245.4])
    assert units(proposed(columns, measured_m2=measured)) == {"recorded_area_m2": "m2"}


def test_a_heading_that_the_outlines_contradict_is_told():
    columns = {"宗地号": ["a", "b"], "宗地面积（㎡）": [10.6, 5.2]}
    proposal = proposed(columns, measured_m2=np.array([106_000.0, 52_000.0]))
    assert (units(proposal), codes(proposal.findings)) == (
        {"recorded_area_m2": "m2"}, ["unit-doubtful"],
    )  # fmt: skip


def test_a_printed_ratio_decides_between_floor_and_land():
    columns = {"宗地号": ["a"], "用地面积㎡": [10_000.0], "容积率": [4.5], "建筑面积": [4.5]}
    assert units(proposed(columns))["gross_floor_area_m2"] == "ha"


def test_a_note_above_the_table_gives_the_unit_where_only_one_fits():
    columns = {"宗地号": ["a"], "用地面积": [1.0]}
    assert units(proposed(columns, note="单位：公顷、万元")) == {"site_area_m2": "ha"}
    assert codes(proposed(columns, note="单位：公顷、亩").questions) == ["unit-unknown"]


def test_a_unit_price_or_a_heading_with_more_in_brackets_is_not_taken_and_told():
    proposal = proposed(
        {"宗地号": ["a"], "成交价（元/㎡）": [5], "竞得人（曾用名）": ["x"]}, "auctions"
    )
    assert pairs(proposal) == {"parcel_id": "宗地号"}
    assert codes(proposal.findings) == ["heading-doubtful", "heading-doubtful"]


def test_a_column_whose_values_are_no_codes_of_the_field_is_not_taken():
    proposal = proposed({"宗地号": ["a"], "layer": ["0-宗地"], "geometry_status": ["surveyed"]})
    assert pairs(proposal) == {"parcel_id": "宗地号", "geometry_status": "geometry_status"}


def test_a_kept_mapping_decides_again_and_new_columns_are_proposed():
    first = proposed({"宗地号": ["a"], "面积": [1.0], "x": [1]}, "parcels", "面积=site_area_m2:mu")
    again = proposed({"宗地号": ["b"], "面积": [2.0], "x": [1], "容积率": [3]}, kept=first.mapping)
    assert again.questions == ()
    assert pairs(again) == {"parcel_id": "宗地号", "site_area_m2": "面积", "far_limit": "容积率"}
    assert units(again) == {"site_area_m2": "mu", "far_limit": "1"}
    beside = proposed({"宗地号": ["a"], "面积": [1.0]}, "parcels", "面积=").mapping
    assert proposed({"宗地号": ["b"], "面积": [2.0]}, kept=beside).questions == ()
    gone = proposed({"宗地号": ["b"]}, kept=first.mapping)
    assert codes(gone.questions) == ["mapping-column-missing"]
    assert fits(first.mapping, delivery({"宗地号": [], "面积": []}))
    assert not fits(first.mapping, delivery({"宗地号": []}))


def test_a_proposal_is_shown_with_three_samples_and_what_is_left_over():
    proposal = proposed(
        {"宗地号": list("abcd"), "用地面积（亩）": [15, 15, 30, 45], "x": [1, 1, 1, 2]}
    )
    assert proposal_rows(proposal, "zh") == [
        ("parcel_id", "宗地号", "", "同义词", "a | b | c"),
        ("site_area_m2", "用地面积（亩）", "亩", "同义词", "15 | 30 | 45"),
        ("", "x", "", "未对应：以原名保留", "1 | 2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("用地面积（㎡）", "用地面积", "m2"), ("面积[公顷]", "面积", "ha"),
        ("面积/万平方米", "面积", "10k_m2"),
        ("成交价\n(单位：万元)", "成交价", "10k_yuan"), ("area_m2", "area", "m2"),
        ("Area, ha", "Area", "ha"),
        ("用地面积公顷", "用地面积", "ha"), ("单价/元/m2", "单价", "yuan/m2"),
        ("面积【亩】", "面积", "mu"),
        ("成交价（万元/亩）", "成交价(万元/亩)", None), ("地块(1)", "地块(1)", None),
        ("年", "年", None),
        ("单位面积", "单位面积", None), ("规划/建筑面积（㎡）", "规划/建筑面积", "m2"),
        ("", "", None),
    ],
)  # fmt: skip
def test_the_unit_of_a_heading_is_split_off(heading, name, unit):
    assert split_heading(heading) == (name, unit)


@given(st.text())
def test_any_heading_can_be_split(heading):
    name, unit = split_heading(heading)
    assert unit is None or len(name) < len(heading) * 20


def test_the_table_of_synonyms_names_columns_that_exist_and_no_word_twice():
    known = {name for table in IMPORTABLE for name in fields(table)}
    assert {row.column for row in synonyms()} <= known
    for row in synonyms():
        forms = [fold(word) for word in row.words]
        assert len(set(forms)) == len(forms)
        assert all(forms)
        for table in row.tables:
            assert row.column in fields(table)


@pytest.mark.parametrize(
    ("option", "pair"),
    [
        ("面积=site_area_m2:ha", Pair("site_area_m2", "面积", unit="ha")),
        ("site_area_m2=面积", Pair("site_area_m2", "面积")),
        ("site_area_m2=面积:亩", Pair("site_area_m2", "面积", unit="mu")),
        ("a=b=name_en", Pair("name_en", "a=b")),
        ("MIAN JI=site_area_m2", Pair("site_area_m2", "mian_ji")),
        ("面积=", Pair("", "面积")),
        ("'面积'=name_zh", Pair("name_zh", constant="面积")),
    ],
)
def test_an_option_is_read_either_way_round(option, pair):
    assert (
        parse_map_option(option, "parcels", delivery({"面积": [], "a=b": [], "mian_ji": []}))
        == pair
    )


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("面积", "COLUMN=FIELD"), ("面积=site_aera_m2", "site_area_m2"), ("面及积=name_zh", "面积"),
        ("面积=site_area_m2:万元", "units: m2, ha"), ("面积=name_zh:ha", "units: —"),
        ("面积=site_area_m2:x", "units: m2, ha"), ("'1'=site_area_m2:ha", "units"),
        ("=name_zh", "''"), ("不存在=name_zh", "it has 面积"),
    ],
)  # fmt: skip
def test_a_wrong_option_names_what_would_be_right(option, named):
    with pytest.raises(UsageError, match=None) as error:
        parse_map_option(option, "parcels", delivery({"面积": []}))
    assert named in str(error.value)
    assert error.value.zh != error.value.en


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("面积=site_area_m2:ha", "面积=recorded_area_m2:mu"), "面积"),
        (("面积=site_area_m2", "面积="), "面积"),
        (("面积=site_area_m2", "a=site_area_m2"), "site_area_m2"),
    ],
)
def test_what_two_options_say_of_one_column_or_field_is_refused(options, named):
    came = delivery({"面积": [], "a": []})
    with pytest.raises(UsageError, match=f"{named} stands in 2"):
        parse_map_options(options, "parcels", came)


TEXT = st.text(st.characters(codec="utf-8"), min_size=1)
PARCEL_FIELDS = ("parcel_id", "name_en", "land_use", "site_area_m2", "recorded_area_m2")


@given(
    st.lists(TEXT, unique=True, min_size=5, max_size=8),
    st.lists(st.sampled_from(["column", "constant", "ha"]), min_size=5, max_size=5),
    st.dictionaries(st.sampled_from(["crs", "where", "sheet"]), TEXT),
)
def test_a_mapping_comes_back_from_its_file_as_it_was(tmp_path_factory, names, kinds, options):
    made = []
    for field, name, kind in zip(PARCEL_FIELDS, names, kinds, strict=False):
        if kind == "constant":
            made.append(Pair(field, constant=name, how="kept"))
        else:
            unit = "ha" if kind == "ha" and field.endswith("_m2") else None
            made.append(Pair(field, name, unit=unit, how="kept"))
    mapping = Mapping("parcels", tuple(made), tuple(names[5:]))
    path = tmp_path_factory.mktemp("toml") / "mapping.toml"
    path.write_bytes(mapping_toml(mapping, options))
    assert read_mapping(path) == (mapping, options)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('table = "parcels"\n[columns\n', "line 2"), ('table = "x"', "table"), ("", "table"),
        ('table = "parcels"\n[columns]\nparcel = "a"', "parcel_id"),
        ('table = "parcels"\n[columns]\nparcel_id = 3', "heading"),
        ('table = "parcels"\n[columns]\nparcel_id = {column = "a", constant = "b"}', "heading"),
        ('table = "parcels"\n[columns]\nsite_area_m2 = {column = "a", unit = "yuan"}', "yuan"),
        ('table = "parcels"\n[columns]\nparcel_id = "a"\nname_en = "a"', "twice"),
        ('table = "parcels"\n[options]\ncrs = 4490', "texts"),
        ('table = "parcels"\ncrs = "x"', "texts"),
        ('table = "parcels"\n[options]\ncolour = "red"', "colour"), (b"\xff\xfe\x00", "decode"),
    ],
)  # fmt: skip
def test_a_mapping_file_that_cannot_be_used_says_why(tmp_path, content, reason):
    path = tmp_path / "m.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as error:
        read_mapping(path)
    assert codes(error.value.findings) == ["mapping-invalid"]
    assert reason in str(error.value)
    with pytest.raises(InputError):
        read_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("uses", "standards"),
    [
        (["M0", "R2"], ("shenzhen",)), (["GIC2"], ("shenzhen",)), (["普通工业用地"], ("shenzhen",)),
        (["M1", "R2"], ("shenzhen", "gb-50137-2011")), (["A1", "M1"], ("gb-50137-2011",)),
        (["R21"], ("gb-50137-2011",)), (["M1", "S2"], ("shenzhen", "gb-50137-2011")),
        (["070102", "1001"], ("mnr-2023",)), (["0701"], ("mnr-2023", "GB/T 21010")),
        (["1301", "701"], ("mnr-2023",)), (["工业用地"], ("gb-50137-2011", "mnr-2023")),
        (["二类城镇住宅用地"], ("mnr-2023",)), (["AND"], ()), (["?"], ()), ([], ()),
    ],
)  # fmt: skip
def test_a_classification_is_decided_only_by_what_no_other_has(uses, standards):
    assert standards_of(uses) == standards


@pytest.mark.parametrize(
    ("text", "standard", "code"),
    [
        ("新型产业用地（M0）", "shenzhen", "M0"), ("m0", "shenzhen", "M0"),
        ("M0 新型产业", "shenzhen", "M0"),
        ("新型产业", "shenzhen", "M0"), ("801", "mnr-2023", "0801"), ("0999", "mnr-2023", "0999"),
        ("9999", "mnr-2023", None), ("M1、R2用地", "shenzhen", None), ("M0", None, None),
        ("Park green", "shenzhen", "G1"), ("U+R2", "shenzhen", "U+R2"),
    ],
)  # fmt: skip
def test_a_land_use_is_read_by_code_or_name(text, standard, code):
    assert read_use(text, standard) == code
