"""No command speaks to any host: seen from the system's calls, in a place without network."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.opening import saved

ROOT = Path(__file__).parents[1]
# Not bind: urllib3, which folium loads, tries at once whether there is an address ::1.
_INET = re.compile(r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*AF_(?:INET6?|PACKET)")
LINKED = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>'
    "<href>http://canary.invalid/a.kml</href></Link></NetworkLink><Placemark><name>a</name>"
    "<styleUrl>http://canary.invalid/s.kml#a</styleUrl><Polygon><outerBoundaryIs><LinearRing>"
    "<coordinates>114,22 115,22 115,23 114,22</coordinates></LinearRing></outerBoundaryIs>"
    "</Polygon></Placemark></Document></kml>"
)


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """Run a command in a namespace without network; return its status and what it asked of it."""
    space = ["unshare", "--map-root-user", "--net"]
    missing = [name for name in ("strace", "unshare") if shutil.which(name) is None]
    if (
        not missing
        and subprocess.run([*space, "true"], check=False, capture_output=True).returncode
    ):
        missing = ["a network namespace"]
    if missing:
        reason = f"{' and '.join(missing)} is missing"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    log = tmp_path_factory.mktemp("traced") / "calls"

    def run(*words: str) -> tuple[int, list[str]]:
        trace = ["strace", "-f", "-qq", "-s", "80", "-e", "trace=%network", "-o", str(log)]
        done = subprocess.run([*space, *trace, *words], check=False, capture_output=True, cwd=ROOT)
        calls = log.read_text(errors="replace").splitlines()
        assert done.returncode in {0, 1, 3}, done.stderr.decode()[-500:]
        return done.returncode, [line for line in calls if _INET.search(line)]

    return run


def geo(*words: str) -> list[str]:
    return [sys.executable, "-m", "pingshan_geo", *words]


def test_what_speaks_to_a_host_is_seen(traced):
    code = (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    )
    done = traced(sys.executable, "-c", f"try:\n {code}\nexcept OSError:\n pass")
    assert len(done[1]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["build", "--bundle", "OUT/a.zip"],
        ["report", "all", "--format", "html"],
        ["map", "-o", "OUT/map.html"],
        ["export", "parcels", "-o", "OUT/a.gpkg"],
        ["export", "zones", "-o", "OUT/a.kml"],
        ["why", "far/G13113-8014", "--sensitivity"],
        ["check", "--claims"],
        ["init", "OUT/town", "--adcode", "440304"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_no_command_asks_anything_of_the_network(traced, tmp_path, words):
    words = [word.replace("OUT", str(tmp_path)) for word in words]
    words += ["-o", str(tmp_path / "out")] if words[0] == "build" else []
    assert traced(*geo(*words)) == (0, [])


@pytest.mark.parametrize("suffix", [".shp", ".gml", ".gpkg", ".kml", ".parquet"])
def test_no_import_follows_what_a_file_names(traced, tmp_path, suffix):
    town = tmp_path / "town"
    shutil.copytree(ROOT / "examples" / "demo-town", town)
    path = tmp_path / f"a{suffix}"
    if suffix == ".kml":
        path.write_text(LINKED)
    else:
        saved(path)
    words = ["--catalogue", str(town), "import", str(path), "--as", "parcels", "--yes", "--dry-run"]
    assert traced(*geo(*words))[1] == []


def test_an_address_is_no_file(traced, tmp_path):
    for address in ("http://canary.invalid/a.geojson", "/vsicurl/http://canary.invalid/a.gpkg"):
        words = ["init", str(tmp_path / "town"), "--boundary", address]
        assert traced(*geo(*words)) == (3, [])
