"""Every file of the corpus is read, or refused with a reason: no traceback, no signal, no hang.

Of the files without a verdict of their origin only every third is opened, unless the environment
says ``PINGSHAN_GEO_CORPUS=all``.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import shapely

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest.delivery import Asked
from pingshan_geo.ingest.formats.opening import open_delivery
from pingshan_geo.ingest.shapes import settle

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
MANIFEST = CORPUS / "manifest.jsonl"
pytestmark = pytest.mark.skipif(
    not MANIFEST.exists(), reason="../shared/corpus is not beside the checkout"
)
#: Bad by the verdict of their origin, but no fault of the bytes: coordinates held against a CRS,
#: which the guard does, and what RFC 7946 allows.
ALLOWED = {
    "geojson_chrieke/problematic_geometries/problematic_excessive_coordinate_precision.geojson",
    "geojson_chrieke/problematic_geometries/problematic_excessive_vertices.geojson",
    "geojson_chrieke/problematic_geometries/problematic_holes.geojson",
    "geojson_chrieke/problematic_geometries/problematic_wrong_bbox_coordinate_order.geojson",
}
#: Good files of another format than a layer: JSON that is no GeoJSON, tables without a heading.
NOT_LAYERS = {"jsontestsuite", "csv_spectrum", "geos_jts", "proj"}
GOOD = ("accept", "valid ")
BAD = ("hint", "detect", "invalid", "problematic")


def classes() -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    if MANIFEST.exists():
        for line in MANIFEST.read_text("utf-8").splitlines():
            entry = json.loads(line)
            found[entry["cls"]].append(entry)
    return found


def told(path: Path) -> tuple[bool, set[str]]:
    """Return whether a file was opened, and the codes of what was said of it."""
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


@pytest.mark.parametrize("name", sorted(classes()))
def test_every_file_is_read_or_refused_with_a_reason(name):
    entries = classes()[name]
    if os.environ.get("PINGSHAN_GEO_CORPUS") != "all":
        suite = [entry for entry in entries if entry["expected_basis"] == "suite"]
        entries = suite + [entry for entry in entries if entry not in suite][::3]
    wrong = []
    for entry in entries:
        is_open, codes = told(CORPUS / entry["id"])
        if entry["expected_basis"] != "suite" or entry["id"].split("/")[0] in NOT_LAYERS:
            continue
        expected = entry["expected"]
        if expected.startswith(GOOD) and not is_open:
            wrong.append((entry["id"], "good, but refused", codes))
        if expected.startswith(BAD) and not codes and entry["id"] not in ALLOWED:
            wrong.append((entry["id"], "bad, but not told", codes))
    assert not wrong
