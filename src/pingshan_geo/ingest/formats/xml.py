"""XML from anywhere: looked through before anybody builds a tree of it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers import expat

from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError
from pingshan_geo.findings import unreadable
from pingshan_geo.ingest.formats.encoding import codec_name
from pingshan_geo.words import Text

# Encodings of several bytes a character that the parser does not know, GBK above all.
_DECLARED = re.compile(
    rb"""(<\?xml[^>]*?encoding\s*=\s*["'])(gb[\w-]*|big5|cp9\d\d)(?=["'])""", re.I
)


def checked_xml(path: Path, ceilings: Ceilings) -> bytes:
    """Return the XML of a file, in UTF-8 where it was GBK or Big5.

    Raises
    ------
    InputError
        If it is not well-formed, declares a document type (entities, other files), or is nested
        too deep. Nothing outside of the file is looked at.
    """
    data = path.read_bytes()
    if declared := _DECLARED.match(data.lstrip(b"\xef\xbb\xbf \r\n\t")):
        try:
            text = data.decode(codec_name(declared[2].decode()))
        except UnicodeDecodeError as error:
            raise _refused(path, str(error), str(error)) from None
        data = _DECLARED.sub(rb"\1utf-8", text.encode(), count=1)
    depth = 0

    def start(_name: str, _attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        ceilings.hold("nesting", depth, path.name)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise _refused(path, "it declares a document type", "含文档类型声明（DOCTYPE）")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    parser.ordered_attributes = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise _refused(path, str(error), str(error)) from None
    return data


def _refused(path: Path, en: str, zh: str) -> InputError:
    return unreadable(path.name, Text(f"XML: {en}", f"XML：{zh}"))
