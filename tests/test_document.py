"""Documents: paragraphs and sentences as locators count them; what cannot be read is told."""

import hashlib
import sys
from pathlib import Path

import pytest

from pingshan_geo.audit.document import counted_sentences, is_ended, read_document
from pingshan_geo.errors import InputError, UsageError

ARTICLE = Path(__file__).parents[2] / "shared" / "source" / "pingshan-2017-article.txt"


def places(path):
    return {each.locator: each.text for each in read_document(path).sentences}


def written(tmp_path, data, name="a.txt"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_the_sentences_of_the_documented_rule():
    (one,) = counted_sentences(["Demo Co., Ltd. grew. One. 1. It has 5.5 ha? Yes! 面积2公顷。好！"])
    assert [s.text for s in one] == [
        "Demo Co., Ltd. grew.", "One.", "1.", "It has 5.5 ha?", "Yes!", "面积2公顷。", "好！"
    ]  # fmt: skip


def test_a_closing_quote_stays_with_its_chinese_sentence():
    (one,) = counted_sentences(["他说：“面积2公顷。”以后再说。"])
    assert [s.text for s in one] == ["他说：“面积2公顷。”", "以后再说。"]


@pytest.mark.parametrize(
    ("text", "ended"),
    [("It has 5 ha.", True), ("如下：", True), ("他说：“好。”", True), ("It has", False)],
)
def test_the_end_of_a_sentence_is_told_from_a_break_within_it(text, ended):
    assert is_ended(text) is ended


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article is not here")
def test_the_article_is_counted_as_the_catalogue_counts_it():
    document = read_document(ARTICLE)
    found = {s.locator: s.text for s in document.sentences}
    assert len(document.paragraphs) == 26
    for place, words in (
        ("P12 S2", "51.6"), ("P17 S4", "488,800"), ("P25 S2", "22.78"), ("P18 S2", "188,000"),
        ("P15 S1", "10 square"), ("P13 S4", "2020"), ("P13 S6", "2030"), ("P6 S4", "372"),
        ("P7 S3", "110 billion"), ("P8 S2", "16.467"),
    ):  # fmt: skip
        assert words in found[place]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_text_is_read_in_its_encodings(tmp_path, encoding):
    path = written(tmp_path, "标题\n\n土地面积2公顷。".encode(encoding))
    assert places(path) == {"P1 S1": "标题", "P2 S1": "土地面积2公顷。"}


def test_lines_broken_within_sentences_make_one_paragraph(tmp_path):
    long = "The town has sold a great deal of its industrial"
    path = written(tmp_path, f"Title\n\n{long}\n{long}\nland of 5 ha.\n\nEnd")
    assert places(path)["P2 S1"].endswith("industrial land of 5 ha.")
    assert places(path)["P3 S1"] == "End"


def test_html_blocks_and_rows_are_paragraphs(tmp_path):
    path = written(
        tmp_path,
        "<html><head><title>9 ha</title><style>p{1}</style></head><body><script>7</script>"
        "<h1>A&amp;B</h1><p>One <b>5</b>&nbsp;ha.<br>Two.</p><table><tr><td><p>Lot</p><td>3 ha</tr>"
        "<tr><td>x</td></tr></table>c<br><br>d",
        "a.html",
    )
    assert places(path) == {
        "P1 S1": "A&B", "P2 S1": "One 5 ha.", "P2 S2": "Two.", "P3 S1": "Lot 3 ha",
        "P4 S1": "x", "P5 S1": "c", "P6 S1": "d",
    }  # fmt: skip


@pytest.mark.parametrize("part", ["<a ", "<a href='", "<!--", "<![CDATA[", "<", "<tr><td>"])
def test_tags_that_nobody_closes_take_no_long_time(tmp_path, part):
    path = written(tmp_path, "<html><p>5 ha</p>" + part * 50_000, "a.html")
    assert places(path)["P1 S1"] == "5 ha"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"PK\x03\x04\0\0", "neither text"),
        (b"\x89PNG\r\n\x1a\n\0", "neither text"),
        (b"<html><body><script>1</script></body></html>", "no text"),
        (b"<html><p>5 ha<![foo[bar]]>", "damaged"),
        (b"<html><p>&#" + b"9" * 5000 + b";", "damaged"),
    ],
)
def test_what_is_no_document_is_told(tmp_path, data, words):
    with pytest.raises(InputError, match=words):
        read_document(written(tmp_path, data))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="not there"):
        read_document(tmp_path / "no.txt")


def test_too_large_a_file_is_told(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(InputError, match="50 MB"):
        read_document(path)


def pdf_of(text):
    """Return a PDF of one page with one line of text, or without any."""
    drawn = f"BT /F1 12 Tf 72 500 Td ({text}) Tj ET".encode() if text else b""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(data))
        data += b"%d 0 obj%s\nendobj\n" % (number, part)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(data)
    return data + b"xref\n0 6\n0000000000 65535 f \n" + rows + end


def test_a_pdf_is_read_in_blocks(tmp_path):
    pytest.importorskip("pdfminer")
    data = pdf_of("It covers 5 ha. More.")
    path = written(tmp_path, data, "a.pdf")
    assert places(path) == {"P1 S1": "It covers 5 ha.", "P1 S2": "More."}
    assert read_document(path).sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("data", "words"), [(pdf_of(""), "no text layer"), (b"%PDF-1.4\nnonsense", "broken|no text")]
)
def test_a_pdf_without_text_or_broken_is_told(tmp_path, data, words):
    pytest.importorskip("pdfminer")
    with pytest.raises(InputError, match=words):
        read_document(written(tmp_path, data, "a.pdf"))


def test_a_pdf_without_the_extra_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pdfminer", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pingshan-geo\[pdf\]"):
        read_document(written(tmp_path, pdf_of("x"), "a.pdf"))
