"""The page's program, which stands packed in one block, and the few lines that inflate and run it.

Leaflet and the modules are four fifths of a small page as plain text and one quarter of that
packed. The policy names the hash of the inflated text, so that nothing else can be run.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

from pingshan_geo.words import text

_FOR_READERS = re.compile(r"^ */\*.*?\*/\n|^ +", re.MULTILINE | re.DOTALL)
_TOLD = ("old", "broken")


@cache
def asset(name: str) -> str:
    """Return a text file of the page's assets."""
    return (files("pingshan_geo.page") / "assets" / name).read_text(encoding="utf-8")


def plain(name: str) -> str:
    """Return a module without comments at the start of a line and without indentation."""
    return re.sub(_FOR_READERS, "", asset(name))


def leaflet() -> str:
    """Return Leaflet's program without the address of a map of its source."""
    return re.sub(r"//# sourceMappingURL=\S+", "", asset("vendor/leaflet/leaflet.js"))


def loader() -> str:
    """Return the script that inflates the program and runs it."""
    return plain("loader.js")


def told() -> str:
    """Return what the loader shows where the page cannot run: hidden, in both languages."""
    lines = []
    for kind in _TOLD:
        words = text(f"page_{kind}")
        said = f'<p lang="en">{escape(words.en)}</p><p lang="zh-Hans">{escape(words.zh)}</p>'
        lines.append(f'<div class="pg-told" id="pingshan-geo-{kind}" hidden>{said}</div>')
    return "\n".join(lines)


def licences() -> str:
    """Return the licences of what the page holds, as a comment."""
    parts = (
        ("The page's program and styles", asset("LICENSE")),
        ("Leaflet 1.9.4 <https://leafletjs.com>", asset("vendor/leaflet/LICENSE")),
    )
    told = "\n\n".join(f"{name}\n\n{licence.strip()}" for name, licence in parts)
    return f"<!--\n{told.replace('--', '- -')}\n-->"


def hashed(content: str) -> str:
    """Return the hash of a block as a content security policy names it."""
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
