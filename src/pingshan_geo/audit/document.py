"""A document → paragraphs and sentences, counted as locators count them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.words import Text

MOST_BYTES = 50_000_000
_MOST_HTML = 10_000_000  # characters; the longest pages of notices have a tenth
_MOST_PARAGRAPHS = 200_000
_MOST_LETTERS = 5_000_000

# A sentence ends at . ! ? before white space, and at the Chinese marks anywhere; a closing quote
# or bracket stays with a Chinese sentence.
_END = re.compile(r"(?<!\bLtd\.)(?<!\bCo\.)(?<=[.!?])\s+|(?<=[。！？])(?![。！？”’」』）》])\s*"
                  r"|(?<=[。！？][”’」』）》])\s*")  # fmt: skip
_ENDED = re.compile(r"[.!?:;。！？：；…][\"'”’」』）)]*$")
_BLOCKS = re.compile(
    r"address|article|aside|blockquote|caption|center|dd|details|dialog|div|dl|dt|fieldset"
    r"|figcaption|figure|footer|form|h[1-6]|header|hr|legend|li|main|nav|ol|p|pre|section|summary"
    r"|table|tbody|tfoot|thead|ul|body"
)
_SKIPPED = frozenset(
    {"script", "style", "template", "noscript", "svg", "head", "title", "textarea", "select"}
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and its place, both counted from 1."""

    paragraph: int
    number: int
    text: str

    @property
    def locator(self) -> str:
        """The place as in a catalogue, for example ``P17 S4``."""
        return f"P{self.paragraph} S{self.number}"


@dataclass(frozen=True)
class Document:
    """What is written in a file.

    Attributes
    ----------
    name : str
        File name.
    kind : str
        ``text``, ``html`` or ``pdf``.
    sha256 : str
        Of the file's bytes.
    paragraphs : tuple of tuple of Sentence
        Those that are not empty.
    """

    name: str
    kind: str
    sha256: str
    paragraphs: tuple[tuple[Sentence, ...], ...]

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in their order."""
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)


def read_document(path: str | Path) -> Document:
    r"""Return paragraphs and sentences of a text, HTML or PDF file.

    Paragraphs that are not empty are counted from 1: in text lines (or blocks between empty lines,
    where lines are broken within sentences), in HTML block elements and rows of tables, in PDF
    blocks of lines as they stand on the page.

    Parameters
    ----------
    path : str or Path
        At most 50 MB. Text is UTF-8 (with or without BOM), UTF-16 with BOM or GB18030.

    Returns
    -------
    Document

    Raises
    ------
    InputError
        If it is not there, is too large, empty, binary or encrypted, or has no text.
    UsageError
        If it is a PDF and the extra ``pdf`` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.txt"
    ...     _ = file.write_text("Title\n\nIt covers 2 ha. More follows.\n", "utf-8")
    ...     [(each.locator, each.text) for each in read_document(file).sentences]
    [('P1 S1', 'Title'), ('P2 S1', 'It covers 2 ha.'), ('P2 S2', 'More follows.')]
    """
    place = Path(path)
    data = _bytes(place)
    if b"%PDF-" in data[:1024]:
        from pingshan_geo.audit.document_pdf import pdf_paragraphs

        kind, paragraphs = "pdf", pdf_paragraphs(place)
    else:
        text = _text(data, place.name)
        kind = "html" if _is_html(text, place.suffix) else "text"
        if kind == "html" and len(text) > _MOST_HTML:
            raise _refused(place.name, "the page is too long", "网页过长")
        try:
            paragraphs = _html_paragraphs(text) if kind == "html" else _text_paragraphs(text)
        except (AssertionError, ValueError):  # of marks and numbers that the parser gives up at
            raise _refused(place.name, "its HTML is damaged", "HTML 已损坏") from None
    if len(paragraphs) > _MOST_PARAGRAPHS:
        raise _refused(place.name, "it has too many paragraphs", "段落过多")
    if sum(map(len, paragraphs)) > _MOST_LETTERS:
        most = f"{_MOST_LETTERS // 1_000_000}"
        raise _refused(
            place.name, f"its text has over {most} million characters; give the part that is meant",
            f"文字超过 {most} 百万字符，请只给出相关部分",
        )  # fmt: skip
    counted = counted_sentences(paragraphs)
    if not counted:
        raise _refused(place.name, "it holds no text", "没有文字")
    return Document(place.name, kind, hashlib.sha256(data).hexdigest(), counted)


def counted_sentences(paragraphs: Iterable[str]) -> tuple[tuple[Sentence, ...], ...]:
    """Return the sentences of the paragraphs that are not empty, with their places.

    Examples
    --------
    >>> [s.text for s in counted_sentences(["甲公司Co., Ltd. 成立。面积2公顷！ One. Yes"])[0]]
    ['甲公司Co., Ltd. 成立。', '面积2公顷！', 'One.', 'Yes']
    """
    filled = [text for text in (" ".join(each.split()) for each in paragraphs) if text]
    return tuple(
        tuple(
            Sentence(place, number, text)
            for number, text in enumerate((part for part in _END.split(each) if part), 1)
        )
        for place, each in enumerate(filled, 1)
    )


def _refused(name: str, en: str, zh: str) -> InputError:
    return unreadable(name, Text(en, zh))


def _bytes(place: Path) -> bytes:
    try:
        if not place.exists():
            raise InputError([Finding("file-missing", file=place.name, value=str(place))])
        if not place.is_file():
            raise _refused(place.name, "it is no file", "不是文件")
        with place.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise unreadable(place.name, Text(reason, reason)) from None
    if len(data) > MOST_BYTES:
        raise _refused(place.name, "it is larger than 50 MB", "超过 50 MB")
    if not data.strip():
        raise _refused(place.name, "it is empty", "文件为空")
    return data


def _text(data: bytes, name: str) -> str:
    """Return decoded text: the encodings that Chinese and English documents come in."""
    encodings = ["utf-8-sig", "gb18030"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data:
        raise _refused(name, "it is neither text, HTML nor PDF", "不是文本、HTML 或 PDF 文件")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Pictures and archives decode as GB18030 now and then, but not without control characters.
        if not re.search(r"[\0-\x08\x0e-\x1a\x1c-\x1f]", text):
            return text
    raise _refused(name, "it is neither text, HTML nor PDF", "不是文本、HTML 或 PDF 文件")


def _is_html(text: str, suffix: str) -> bool:
    head = text[:2000].lstrip().lower()
    return suffix.lower() in {".html", ".htm", ".xhtml"} or head.startswith(
        ("<!doctype html", "<html")
    )


def _text_paragraphs(text: str) -> list[str]:
    """Return lines, or blocks between empty lines where most lines break off in a sentence."""
    lines = [line.strip() for line in re.split(r"\r\n|[\n\r\f\u2028\u2029]", text)]
    inner = [one for one, two in pairwise(lines) if one and two]
    broken = sum(len(line) >= 40 and not is_ended(line) for line in inner)
    if not inner or "" not in lines or broken * 2 <= len(inner):
        return lines
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line:
            blocks[-1].append(line)
        else:
            blocks.append([])
    return [joined_lines(block) for block in blocks]


def is_ended(text: str) -> bool:
    """Return whether a text ends as a sentence or a heading with a colon does.

    Examples
    --------
    >>> is_ended("It has 5 ha."), is_ended("他说：“好。”"), is_ended("It has")
    (True, True, False)
    """
    return _ENDED.search(text) is not None


def joined_lines(lines: Iterable[str]) -> str:
    """Return lines of one paragraph as one; between Chinese characters no space is put.

    Examples
    --------
    >>> joined_lines(["a high-", "tech zone", "of 5 ha"]), joined_lines(["规划面", "积51公顷"])
    ('a high-tech zone of 5 ha', '规划面积51公顷')
    """
    text = ""
    for line in (each.strip() for each in lines):
        wide = re.search(r"[\u2e80-\u9fff\uff00-\uffef、。]$", text) or re.match(
            r"[\u2e80-\u9fff\uff00-\uffef]", line
        )
        glued = not text or wide or re.search(r"[A-Za-z]-$", text)
        text += line if glued else f" {line}"
    return text


class _Page(HTMLParser):
    """Collects paragraphs; a row of a table is one, unless a cell holds several blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self.text: list[str] = []
        self.skipped: list[str] = []
        self.row: list[list[str]] | None = None  # blocks of each cell of the open row
        self.breaks = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "body":
            self.skipped = []
        if tag in _SKIPPED:
            self.skipped.append(tag)
        elif not self.skipped:
            self._boundary(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SKIPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.skipped:
            del self.skipped[self.skipped.index(tag) :]
        elif not self.skipped:
            if tag == "tr":
                self.end_row()
            elif tag != "br":
                self._boundary(tag, is_end=True)

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.text.append(data)
            self.breaks = 0 if data.strip() else self.breaks

    def _boundary(self, tag: str, *, is_end: bool = False) -> None:
        if tag == "br":  # one breaks a line, two in a row a paragraph
            self.breaks += 1
            self.text.append(" ")
            if self.breaks > 1:
                self._flush()
        elif tag == "tr":
            self.end_row()
            self._flush()
            self.row = [[]]
        elif tag in {"td", "th"} and self.row is not None:
            self._flush()
            if not is_end:
                self.row.append([])
        elif _BLOCKS.fullmatch(tag):
            self._flush()

    def _flush(self) -> None:
        text = " ".join("".join(self.text).split())
        self.text = []
        if not text:
            return
        if self.row is None:
            self.paragraphs.append(text)
        else:
            self.row[-1].append(text)

    def end_row(self) -> None:
        """Make a paragraph, or several, of the cells of the open row."""
        self._flush()
        if self.row is None:
            return
        cells, self.row = [cell for cell in self.row if cell], None
        if any(len(cell) > 1 for cell in cells):  # a table that only arranges the page
            self.paragraphs += [text for cell in cells for text in cell]
        else:
            self.paragraphs.append(" ".join(cell[0] for cell in cells))


def _html_paragraphs(text: str) -> list[str]:
    page = _Page()
    # The tag at the end lets the last text go. Never `close`: over tags that nobody closed it
    # takes time that grows with the square of their number.
    page.feed(f"{text}<p>")
    page.end_row()
    return page.paragraphs
