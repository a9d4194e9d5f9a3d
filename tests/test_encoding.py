"""Encodings: what bytes are read as, and what was read wrongly before."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest.formats.encoding import decoded_wrongly, detect

SIMPLIFIED = "宗地编号,土地用途,竞得人\nG13113-8014,工业用地,深圳市坪山区某某生物科技有限公司\n"
TRADITIONAL = "地段編號,土地用途,承投者\nKIL 11262,工業用地,香港某某發展有限公司\n"
#: Level 1 of GB 2312, 3 755 hanzi by their sound.
DAILY = [
    bytes([lead, trail]).decode("gb2312")
    for lead in range(0xB0, 0xD8)
    for trail in range(0xA1, 0xFF if lead < 0xD7 else 0xFA)
]
RARE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6)
#: Four texts of ten different hanzi; the same one over and over (一一一) is no text.
CHINESE = st.randoms(use_true_random=True).map(
    lambda random: ["".join(random.sample(DAILY, 10)) for _ in range(4)]
)


@pytest.mark.parametrize(
    ("text", "codec", "name", "is_guess"),
    [
        (SIMPLIFIED, "utf-8", "utf-8", False),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig", False),
        (SIMPLIFIED, "utf-16", "utf-16", False),
        (SIMPLIFIED, "gbk", "gb18030", True),
        (TRADITIONAL, "big5", "cp950", True),
        ("plain", "ascii", "utf-8", False),
    ],
)
def test_bytes_are_read_in_the_encoding_that_wrote_them(text, codec, name, is_guess):
    found = detect(text.encode(codec))
    assert (found.name, found.finding is not None) == (name, is_guess)
    assert text.encode(codec).decode(found.name) == text


def test_a_guess_is_told_with_what_it_reads_and_what_the_other_codec_would_read():
    told = detect(SIMPLIFIED.encode("gbk"), file="a.csv").finding
    assert (told.code, told.value, told.file) == ("encoding-guessed", "gb18030", "a.csv")
    assert "宗地编号" in told.message("zh")
    assert "cp950" in told.message("en")


def test_a_declared_encoding_is_held_to_and_never_replaced():
    assert detect(SIMPLIFIED.encode("gbk"), "gbk").name == "gb18030"
    with pytest.raises(InputError) as raised:
        detect(b"ok " + "宗".encode("gbk"), "utf-8", file="a.csv")
    (finding,) = raised.value.findings
    assert (finding.code, finding.details["place"]) == ("encoding-wrong", "3")


@pytest.mark.parametrize("data", ["München, Größe".encode("latin-1"), b"\x00\xff\x00", b"\x81"])
def test_bytes_that_read_well_in_no_encoding_are_refused(data):
    with pytest.raises(InputError, match="encoding-unknown"):
        detect(data)


@pytest.mark.parametrize(
    "name", ["rot13", "hex", "no such", "", "zlib", "a\x00b", "punycode", "IDNA", "unicode_escape"]
)
def test_a_word_that_is_no_text_encoding_is_wrong_usage(name):
    with pytest.raises(UsageError):
        detect(b"a", name)


@given(CHINESE)
def test_daily_chinese_in_gbk_is_never_taken_for_big5(texts):
    text = "".join(texts)
    assert detect(text.encode("gbk")).name == "gb18030"


@pytest.mark.parametrize(
    ("written", "read", "errors", "wrong", "right"),
    [
        ("utf-8", "gbk", "ignore", "GBK", "utf-8"),
        ("utf-8", "gb18030", "replace", "GBK", "utf-8"),
        ("utf-8", "cp1252", "ignore", "Latin-1 / CP1252", "utf-8"),
        ("utf-8", "latin-1", "strict", "Latin-1 / CP1252", "utf-8"),
        ("gbk", "latin-1", "strict", "Latin-1 / CP1252", "gb18030"),
        ("gbk", "cp1252", "replace", "Latin-1 / CP1252", "gb18030"),
    ],
)
def test_text_read_in_a_wrong_encoding_is_recognised_and_the_way_out_named(
    written, read, errors, wrong, right
):
    texts = ["土地用途", "宗地编号", "坪山区龙田街道", "G13113-8014 工业用地", "plain"]
    told = decoded_wrongly([t.encode(written).decode(read, errors) for t in texts], file="a.shp")
    assert told.code == "text-garbled"
    assert (told.details["wrong"], told.details["right"]) == (wrong, right)
    assert "用" in told.details["after"]
    assert f"--encoding {right}" in told.fix("en")


@given(CHINESE)
def test_any_daily_chinese_read_as_latin_is_recognised(texts):
    assert (
        decoded_wrongly([t.encode().decode("latin-1") for t in texts]).details["right"] == "utf-8"
    )
    told = decoded_wrongly([t.encode("gbk").decode("latin-1") for t in texts])
    assert told.details["right"] == "gb18030"


def test_among_good_text_one_long_garbled_cell_is_enough_and_short_ones_are_not():
    good = [f"工业用地{number}" for number in range(100)]
    garbled, *short = (text.encode().decode("gbk") for text in ("宗地编号", "宗地", "编号"))
    assert decoded_wrongly([*good, garbled]).value == garbled
    assert decoded_wrongly([*good, *short]) is None
    assert decoded_wrongly([*good[:20], *short]).code == "text-garbled"


def test_accents_read_as_latin_are_recognised():
    texts = ["Les Prés", "Bel-Air", "Chemin de la Forêt", "Rue du Château", "Bièvre", "Orée"]
    told = decoded_wrongly([text.encode().decode("cp1252") for text in texts])
    assert told.details["after"] == "Les Prés"


@pytest.mark.parametrize(
    "texts",
    [
        ["\ufffd\ufffd\u04b5\ufffd", "plain"],
        ["锟斤拷锟斤拷"],
        ["????", "?? 2017", "????-????"],
    ],
)
def test_lost_characters_are_told(texts):
    assert decoded_wrongly(texts).code == "text-lost"


@pytest.mark.parametrize(
    "texts",
    [
        ["Château-Thierry", "Évry", "L’Haÿ-les-Roses", "ÎLE-DE-FRANCE", "Œuvre", "« Orée »"],
        ["Größe", "Straße", "ÄÖÜ", "Mädchen", "Übersicht – “Süd”"],
        ["CONSTRUÇÃO", "SÃO JOÃO", "EDUCAÇÃO", "Ação", "CORAÇÃO", "ATENÇÃO"],
        ["MAÇÃ VERDE", "MAÇÃ", "MAÇÃ-CANELA", "LOTE MAÇÃ", "RUA MAÇÃ 1"],
        ["喆", "堃", "㙍", "龘", "邨", "龙岗区坂田街道"],
        ["???", "what?"],
        ["用地面积（㎡）", "2.5×10⁴ m²", "114°21′", "±0.5"],
        ["cut in the middle\ufffd"],
        [],
    ],
)
def test_genuine_text_gives_no_alarm(texts):
    assert decoded_wrongly(texts) is None


@given(st.lists(RARE, min_size=1, max_size=30))
def test_genuine_hanzi_however_rare_give_no_alarm(texts):
    assume("锟斤拷" not in "".join(texts))
    assert decoded_wrongly(texts) is None
