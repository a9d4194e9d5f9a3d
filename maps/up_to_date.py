"""Check that the pages beside this file are what `build` makes today.

    python maps/up_to_date.py   status 1 where one is not

Bytes are compared first. Processors round sines differently in the last digit, which shows in
measured areas: where bytes differ, numbers are compared to nine digits and all else letter for
letter.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from pingshan_geo.cli import main

MAPS = Path(__file__).resolve().parent
CATALOGUES = (None, MAPS.parent / "examples" / "demo-town")
_LONG_NUMBER = re.compile(rb"-?\d+\.\d{6,}(?:e-?\d+)?")


def rounded(page: bytes) -> bytes:
    """Return a page with its long numbers, and the hashes that depend on them, made short."""
    short = _LONG_NUMBER.sub(lambda match: f"{float(match[0]):.9g}".encode(), page)
    return re.sub(rb"sha256-[A-Za-z0-9+/=]{44}", b"sha256", short)


def stale() -> list[str]:
    """Return the names of the pages that are not what `build` makes."""
    names = []
    with tempfile.TemporaryDirectory() as folder:
        for catalogue in CATALOGUES:
            page = Path(folder) / f"{catalogue.name if catalogue else 'pingshan'}.html"
            words = ["--catalogue", str(catalogue)] if catalogue else []
            if main([*words, "map", "-o", str(page)]):
                raise SystemExit(f"{page.name} cannot be made")
            made, kept = page.read_bytes(), MAPS / page.name
            there = kept.read_bytes() if kept.is_file() else b""
            if made != there and rounded(made) != rounded(there):
                names.append(page.name)
    return names


if __name__ == "__main__":
    found = stale()
    for name in found:
        sys.stderr.write(f"maps/{name} is not what build makes: run make\n")
    sys.exit(bool(found))
