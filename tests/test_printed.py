"""Numbers as documents print them; every expectation is read off by eye."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingshan_geo.audit.printed import numbers_in, years_in
from pingshan_geo.audit.spelled import chinese, in_words


@pytest.mark.parametrize(
    ("printed", "digits", "unit"),
    [
        ("106,000 square meters", "106000", "m2"),
        ("106 000 m²", "106000", "m2"),
        ("106000㎡", "106000", "m2"),
        ("106000 m2", "106000", "m2"),
        ("10.6 hectares", "10.6", "ha"),
        ("10.6公頃", "10.6", "ha"),
        ("51.6 square kilometres", "51.6", "km2"),
        ("51.6平方千米", "51.6", "km2"),
        ("166.31平方キロメートル", "166.31", "km2"),
        ("4.92万平方米", "4.92", "10k_m2"),
        ("67萬平方米", "67", "10k_m2"),
        ("3 萬 4703 平方公尺", "34703", "m2"),
        ("1.23456万12平方米", "12357.6", "m2"),
        ("２７５７．０６亩", "2757.06", "mu"),
        ("1.04亿元", "1.04", "100m_yuan"),
        ("28400万元", "28400", "10k_yuan"),
        ("2010 萬元", "2010", "10k_yuan"),
        ("3亿2000万元", "320000000", "yuan"),
        ("16.467 billion yuan", "16.467", "bn_yuan"),
        ("RMB 104 million", "104", "m_yuan"),
        ("10 million square meters", "10000000", "m2"),
        ("14.5％", "14.5", "%"),
        ("240 percent", "240", "%"),
        ("百分之十五", "15", "%"),
        ("4.4 percentage points", "4.4", "pp"),
        ("4.4个百分点", "4.4", "pp"),
        ("6870元/平方米", "6870", "yuan/m2"),
        ("使用年限50年", "50", "year"),
        ("四宗", "4", None),
        ("一百零二家", "102", None),
        ("twenty-one enterprises", "21", None),
        ("a hundred and five firms", "105", None),
        ("2013家企业", "2013", None),
        ("51.6-square-kilometer area", "51.6", "km2"),
        ("106,000-square-meter lot", "106000", "m2"),
        ("the 9.5-hectare task", "9.5", "ha"),
        ("US$ 5m", "5000000", None),
        ("$5m", "5000000", None),
        ("5m yuan", "5", "m_yuan"),
        ("RMB 5m", "5", "m_yuan"),
        ("5 m wide", "5", "m"),
        ("零点五公顷", "0.5", "ha"),
        ("四点五倍", "4.5", "1"),
        ("百分之十五点五", "15.5", "%"),
        ("二十二点七八公顷", "22.78", "ha"),
        ("四點五億元", "4.5", "100m_yuan"),
        ("nought point five hectares", "0.5", "ha"),
        ("twenty-two point seven eight hectares", "22.78", "ha"),
        ("two and a half million yuan", "2.5", "m_yuan"),
        ("nine hundred and ninety-nine thousand people", "999000", "persons"),
        ("one million two hundred thousand people", "1200000", "persons"),
        ("half of a million lots", "1000000", None),
    ],
)
def test_a_notation_is_read(printed, digits, unit):
    (number,) = numbers_in(printed)
    assert (number.digits, number.unit) == (digits, unit)


@pytest.mark.parametrize(
    ("printed", "digits"),
    [
        ("增长-19.6%", "-19.6"),
        ("a rise of −19.6%", "-19.6"),
        ("－19.6%", "-19.6"),
        ("约-19.6%", "-19.6"),
        ("下降19.6%", "-19.6"),
        ("同比下降了约19.6%", "-19.6"),
        ("下降百分之十九点六", "-19.6"),
        ("负19.6%", "-19.6"),
        ("a decrease of about 19.6%", "-19.6"),
        ("decreased by 19.6%", "-19.6"),
        ("exports were down 19.6%", "-19.6"),
        ("a decrease of -19.6%", "-19.6"),
        ("下降至19.6%", "19.6"),
        ("fell to 19.6%", "19.6"),
        ("laid down 19.6 m of pipe", "19.6"),
        ("增长19.6%", "19.6"),
        ("the zone - 19.6%", "19.6"),
    ],
)
def test_the_sign_of_a_number_is_read(printed, digits):
    (number,) = numbers_in(printed)
    assert number.digits == digits
    assert printed[number.start : number.end] == number.printed


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3.5-4.2公顷", [("3.5", "ha"), ("4.2", "ha")]),
        ("3.5公顷-4.2公顷", [("3.5", "ha"), ("4.2", "ha")]),
        ("3.5 to 4.2 hectares", [("3.5", "ha"), ("4.2", "ha")]),
        ("３．５～４．２万平方米", [("3.5", "10k_m2"), ("4.2", "10k_m2")]),
        ("1000-2000公顷", [("1000", "ha"), ("2000", "ha")]),
        ("3 to 5 million people", [("3000000", "persons"), ("5000000", "persons")]),
        ("from 2017 to 4.2 hectares", [("2017", None), ("4.2", "ha")]),
        ("3.5% -4.2%", [("3.5", "%"), ("-4.2", "%")]),
    ],
)
def test_the_first_of_a_range_has_the_unit_of_the_second(text, numbers):
    assert [(n.digits, n.unit) for n in numbers_in(text)] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "several hundred firms",
        "0755-12345678",
        "一亿" * 3000 + "家",
        "一点" + "五" * 9000 + "公顷",
        "one point" + " five" * 9000 + " hectares",
        "The 12-inch line stands on G13113-8014.",
        "12英寸生产线位于G13113-8014宗地。",
        "The '3+2' circle",
        "On December 13, it was signed.",
        "12月13日，双方签约。",
        "2017年12月",
        "2017-12-13",
        "1.",
        "（1）",
        "统一规划，万能方案",
        "http://example.org/9/17.html",
        "in Section 4 of DK-11",
    ],
)
def test_ids_dates_and_names_are_no_quantities(text):
    assert [n for n in numbers_in(text) if n.kind != "year"] == []


def test_a_count_before_a_noun_stays_a_quantity():
    (six, first) = numbers_in("The growth of 6 economic indicators ranked first.")
    assert (six.digits, six.kind, first.kind) == ("6", "digits", "ordinal")


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        ("about 5 ha", "about"),
        ("约5公顷", "about"),
        ("5公顷左右", "about"),
        ("more than ten projects", "more_than"),
        ("no less than 5 ha", "more_than"),
        ("超过5公顷", "more_than"),
        ("不低于5公顷", "more_than"),
        ("5公顷以上", "more_than"),
        ("140多家", "more_than"),
        ("10余万平方米", "more_than"),
        ("4.5倍多", "more_than"),
        ("十余个项目", "more_than"),
        ("less than 5 ha", "less_than"),
        ("not more than 5 ha", "less_than"),
        ("不超过5公顷", "less_than"),
        ("不足5公顷", "less_than"),
        ("5 ha", "printed"),
    ],
)
def test_words_beside_a_number_qualify_it(text, qualifier):
    assert numbers_in(text)[0].qualifier == qualifier


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("土地面积6.59公顷，建设用地面积3.69公顷", ["total_land", "net_site"]),
        ("总建筑面积69410平方米，其中计容建筑面积6万平方米", ["gross", "countable"]),
        ("开发建设用地面积44650.0平方米", ["development"]),
        ("拆除范围用地面积70362.5平方米", ["demolition"]),
        ("a total area of 5 ha and a total construction area of 9 ha", ["total_land", "gross"]),
        ("5 ha of construction land and 3 ha", ["net_site", None]),
        ("建筑面积5万平方米", ["floor"]),
        ("增长5%", [None]),
    ],
)
def test_words_beside_an_area_name_its_basis(text, bases):
    assert [n.basis for n in numbers_in(text)] == bases


def test_years_are_told_from_counts_and_ids():
    assert years_in("In 2017 there were 2013 enterprises on T2016-2017.") == (2017,)
    assert years_in("二〇一七年与2018年，2010 萬元") == (2018, 2017)


def test_where_a_number_stands_is_where_its_letters_are():
    text = "面积４．９２萬㎡。"
    (number,) = numbers_in(text)
    assert text[number.start : number.end] == number.printed == "４．９２萬㎡"


@given(st.integers(1, 10**9), st.sampled_from(["{:,}", "{}", "{}.5"]))
def test_any_whole_number_comes_back_through_separators_and_width(value, form):
    text = form.format(value)
    wide = text.translate({ord("0") + i: chr(0xFF10 + i) for i in range(10)})
    expected = Fraction(f"{value}.5" if form.endswith("5") else value)
    for shown in (text, wide):
        (number,) = numbers_in(f"面积为{shown}平方米。")
        assert number.si == expected


@given(
    st.text(alphabet="0123456789,.年月亿万约多㎡²平方米公顷元%百十第GT-+ ()/:一二三", max_size=40)
)
def test_no_text_breaks_the_reader(text):
    for number in numbers_in(text):
        assert number.value >= 0 or "-" in text
        assert 0 <= number.start < number.end <= len(text)
    years_in(text)


def test_numerals_that_are_no_number_are_none():
    assert [chinese(text) for text in ("二三", "万", "百十")] == [None, None, None]
    assert [each.value for each in in_words("one two")] == []
