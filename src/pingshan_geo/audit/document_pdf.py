"""A PDF with a text layer → paragraphs, by way of a child process with limits.

Started as a file it is the child: it imports nothing of the package then, reads the PDF and ends.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pingshan_geo.errors import InputError

_MEMORY = 2 << 30  # bytes of address space
_SECONDS = 120
_MOST_PAGES = 2000
_MOST_TEXT = 20_000_000  # characters


def pdf_paragraphs(place: Path) -> list[str]:
    """Return the blocks of lines of a PDF, page after page.

    A block that a page breaks off in a sentence goes on in the first of the next page; what stands
    at the edge of several pages, such as a page number, is left out.

    Raises
    ------
    InputError
        If it is encrypted, broken, has no text layer, or needs more time or memory than it may.
    UsageError
        If the extra ``pdf`` is not installed.
    """
    from importlib.util import find_spec

    from pingshan_geo.errors import UsageError

    if find_spec("pdfminer") is None:
        raise UsageError(
            "reading PDF needs the library pdfminer.six: pip install 'pingshan-geo[pdf]'",
            "读取 PDF 需要 pdfminer.six 库：pip install 'pingshan-geo[pdf]'",
        )
    pages = _answer(place)
    if not any(pages):
        raise _failed(place, "no-text")
    return _joined(_without_edges(pages))


_SAID = {
    "encrypted": ("it is encrypted; save a copy without a password", "文件已加密，请先解密"),
    "no-text": ("it has no text layer; a scan must be read by people or by a program for it",
                "没有文本层；扫描件须人工或另用程序识别"),
    "too-long": ("it has too many pages or too much text", "页数或文字过多"),
    "late": (f"it took over {_SECONDS} seconds", f"读取超过 {_SECONDS} 秒"),
    "broken": ("the PDF is broken, or too large to be read", "PDF 已损坏，或过大无法读取"),
}  # fmt: skip


def _failed(place: Path, why: str) -> InputError:
    from pingshan_geo.findings import unreadable
    from pingshan_geo.words import Text

    return unreadable(place.name, Text(*_SAID.get(why, _SAID["broken"])))


def _answer(place: Path) -> list[list[tuple[float, list[str]]]]:
    """Return for each page its blocks: height of the middle (0 to 1), and lines."""
    import subprocess

    command = [sys.executable, "-P", __file__, str(place.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - this interpreter, this file, no shell
    except subprocess.TimeoutExpired:
        raise _failed(place, "late") from None
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise _failed(place, last[0] if last else "broken")
    answer: list[list[tuple[float, list[str]]]] = json.loads(done.stdout)
    return answer


def _without_edges(pages: list[list[tuple[float, list[str]]]]) -> list[list[list[str]]]:
    """Leave out what stands at the upper or lower edge of pages again and again."""
    edges: dict[str, int] = {}
    for page in pages:
        for key in {_key(lines) for height, lines in page if not 0.07 < height < 0.93}:
            edges[key] = edges.get(key, 0) + 1
    return [
        [
            lines
            for height, lines in page
            if 0.07 < height < 0.93 or edges[_key(lines)] < max(2, len(pages) // 2)
        ]
        for page in pages
    ]


def _key(lines: list[str]) -> str:
    return re.sub(r"\d+", "0", " ".join(lines))


def _joined(pages: list[list[list[str]]]) -> list[str]:
    from pingshan_geo.audit.document import is_ended, joined_lines

    found: list[str] = []
    goes_on = False
    for page in pages:
        for place, lines in enumerate(page):
            text = joined_lines(lines)
            if goes_on and place == 0:
                found[-1] = joined_lines([found[-1], text])
            else:
                found.append(text)
            goes_on = not is_ended(text) and len(lines) > 1
    return found


def _read(path: str) -> list[list[tuple[float, list[str]]]]:
    import logging
    import unicodedata

    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTTextContainer
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfminer.pdfparser import PDFSyntaxError

    logging.disable(logging.CRITICAL)
    pages: list[list[tuple[float, list[str]]]] = []
    size = 0
    try:
        for page in extract_pages(path, maxpages=_MOST_PAGES + 1):
            blocks = []
            for item in page:
                if isinstance(item, LTTextContainer):
                    # Chinese fonts hand out radicals (⾯) for characters (面).
                    text = "".join(_plain(c, unicodedata) for c in item.get_text())
                    lines = [line for line in text.splitlines() if line.strip()]
                    size += len(text)
                    if lines:
                        middle = (item.y0 + item.y1) / 2 / max(page.height, 1)
                        blocks.append((middle, lines))
            pages.append(blocks)
            if len(pages) > _MOST_PAGES or size > _MOST_TEXT:
                sys.exit("too-long")
    except PDFPasswordIncorrect:
        sys.exit("encrypted")
    except PDFSyntaxError:
        sys.exit("broken")
    return pages


def _plain(letter: str, unicodedata: Any) -> str:
    is_radical = "\u2e80" <= letter <= "\u2fdf" or "\ufb00" <= letter <= "\ufb06"
    return unicodedata.normalize("NFKC", letter) if is_radical else letter


def main() -> None:
    """Write the blocks of the PDF on the command line to stdout as JSON."""
    try:
        import resource
    except ImportError:  # the system has no such limits
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        pages = _read(sys.argv[1])
    except Exception as error:  # a hostile file breaks the reader in any way
        sys.exit("broken" if not isinstance(error, MemoryError) else "too-long")
    sys.stdout.buffer.write(json.dumps(pages).encode())


if __name__ == "__main__":
    main()
