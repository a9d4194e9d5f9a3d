"""What becomes of each file of the corpus of odd, broken and hostile files, by class.

``python -m tests.corpus`` prints the table of `docs/reliability.md`, with ``--write`` into it, and
below it the files that were wrong. The corpus lies beside the checkout and is no part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely

from pingshan_geo.catalogue.readers import file_report, read_json
from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.opening import open_delivery
from pingshan_geo.ingest.shapes import settle

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
MANIFEST = CORPUS / "manifest.jsonl"
#: Bad by the verdict of their origin, but allowed by RFC 7946.
ALLOWED = {
    "geojson_chrieke/problematic_geometries/problematic_excessive_coordinate_precision.geojson",
    "geojson_chrieke/problematic_geometries/problematic_excessive_vertices.geojson",
    "geojson_chrieke/problematic_geometries/problematic_holes.geojson",
}
#: Good by the verdict of its origin, and refused on purpose: a document that is nothing.
STRICT = {"jsontestsuite/y_structure_lonely_null.json"}
#: Classes of plain JSON, which is held against the parser alone: it is no layer.
_JSON = {"json-invalid", "json-valid", "json-impl-defined"}
#: Good files of another format than a layer: tables without a heading, answers of other programs.
NOT_LAYERS = {"csv_spectrum", "geos_jts", "proj"}
_GOOD = ("accept", "valid ", "parse")
_BAD = ("hint", "detect", "invalid", "problematic", "reject")
_BEGIN, _END = "<!-- made by tests/corpus.py -->\n", "<!-- end -->\n"


def classes() -> dict[str, list[dict[str, str]]]:
    """Return the entries of the corpus by class; none where it is not there."""
    found = defaultdict(list)
    if MANIFEST.exists():
        for line in MANIFEST.read_text("utf-8").splitlines():
            entry = json.loads(line)
            found[entry["cls"]].append(entry)
    return found


def is_bad(entry: dict[str, str]) -> bool:
    """Return whether a file is bad by the verdict of its origin."""
    expected = entry["expected"]
    must = entry["expected_basis"] != "class" or expected.startswith("reject")
    return must and expected.startswith(_BAD)


def is_good(entry: dict[str, str]) -> bool:
    """Return whether a file is good by the verdict of its origin."""
    is_layer = entry["id"].split("/")[0] not in NOT_LAYERS
    return is_layer and entry["expected_basis"] == "suite" and entry["expected"].startswith(_GOOD)


def told(path: Path, *, is_json: bool = False) -> tuple[bool, set[str]]:
    """Return whether a file was opened, and the codes of what was said of it."""
    if is_json:
        found: list[Finding] = []
        read_json(path.read_bytes(), file_report(path.name, found), doubled=[])
        return not found, {finding.code for finding in found}
    try:
        delivery = open_delivery(str(path), Asked())
    except InputError as error:
        return False, {finding.code for finding in error.findings if finding.line("zh")}
    except UsageError:  # an extra that is not installed
        return False, {"usage"}
    rows = delivery.rows
    assert len(delivery.table) == len(rows) == len(set(rows.tolist()))
    found = list(delivery.findings)
    if delivery.geometry is not None:
        assert len(delivery.geometry) == len(rows)
        bounds = np.abs(shapely.bounds(delivery.geometry))
        if (np.isnan(bounds) | (bounds <= (180, 90, 180, 90))).all():
            found += settle(delivery.geometry, rows, delivery.file).findings
    for finding in found:
        assert finding.line("en").isprintable()
        assert finding.line("zh").isprintable()
    return True, {finding.code for finding in found}


def wrong(entry: dict[str, str]) -> str | None:
    """Return what is wrong with what becomes of a file, None for nothing."""
    is_open, codes = told(CORPUS / entry["id"], is_json=entry["cls"] in _JSON)
    if is_good(entry) and not is_open and entry["id"] not in STRICT:
        return f"good, but refused: {sorted(codes)}"
    if is_bad(entry) and is_open and not codes and entry["id"] not in ALLOWED:
        return "bad, but not told"
    return None


def _apart(entry: dict[str, str]) -> str | None:
    """Return what is wrong with what becomes of a file in a process of its own."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writes, (wrong(entry) or "").encode())
        except BaseException as error:
            os.write(writes, f"traceback: {error!r}".encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        said = pipe.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return f"signal {-status}" if status < 0 else said or None


def lines(faults: list[str]) -> Iterator[str]:
    """Yield the lines of the table; ``faults`` gets what is wrong."""
    heads = ("class", "files", "known bad", "told", "known good", "refused", "crashed")
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "--:|" * (len(heads) - 1)
    total = Counter[str]()
    for name, entries in sorted(classes().items()):
        found = Counter[str](files=len(entries))
        for entry in entries:
            said = _apart(entry)
            found["bad"] += is_bad(entry)
            found["good"] += is_good(entry)
            found["told"] += is_bad(entry) and said is None and entry["id"] not in ALLOWED
            is_refused = bool(said and said.startswith("good")) or entry["id"] in STRICT
            found["refused"] += is_refused
            found["crashed"] += bool(said and said.startswith(("traceback", "signal")))
            if said:
                faults.append(f"{entry['id']}: {said}")
        total += found
        yield _line(name, found)
    yield _line("all", total)


def _line(name: str, found: Counter[str]) -> str:
    keys = ("files", "bad", "told", "good", "refused", "crashed")
    return f"| {name} | " + " | ".join(str(found[key]) for key in keys) + " |"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    faults: list[str] = []
    table = "".join(f"{line}\n" for line in lines(faults))
    if asked.write:
        place = ROOT / "docs" / "reliability.md"
        head, rest = place.read_text("utf-8").split(_BEGIN)
        place.write_text(head + _BEGIN + table + _END + rest.partition(_END)[2], "utf-8")
    sys.stdout.write(table + "".join(f"{fault}\n" for fault in faults))


if __name__ == "__main__":
    main()
