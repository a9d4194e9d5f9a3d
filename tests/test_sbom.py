"""The bill of materials, and the licences of what an installation holds."""

import json
import os
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from packaging.markers import Marker

ROOT = Path(__file__).parents[1]
MAKER = ROOT / "docs" / "make_sbom.py"
MADE = runpy.run_path(str(MAKER))
TEXT = MADE["sbom"]()
BILL = json.loads(TEXT)
PARTS = {(part["name"], part["version"]): part for part in BILL["components"]}
LICENCES = MADE["licences"]()
LICENSING = get_spdx_licensing()
#: What may stand beside code under MIT that only imports it, and the reason where it is no plain
#: permissive licence.
ALLOWED = {
    "MIT": "", "BSD-2-Clause": "", "BSD-3-Clause": "", "Apache-2.0": "", "Zlib": "",
    "0BSD": "asks for nothing", "MIT-0": "asks for nothing", "CC0-1.0": "asks for nothing",
    "CNRI-Python": "permissive, of Python 1.6", "PSF-2.0": "permissive, of Python",
    "MPL-2.0": "reaches the package's own files only, which are not changed",
    "LGPL-2.1-or-later": "pygeoif is imported as it is, not copied; anybody can put in another",
    "LGPL-3.0-only": "psycopg is an extra, imported as it is, not copied",
}  # fmt: skip
#: What older metadata says for a licence.
SAID = {
    "MIT License": {"MIT"}, "MIT": {"MIT"},
    "Apache Software License": {"Apache-2.0"}, "Apache-2.0": {"Apache-2.0"},
    "BSD License": {"BSD-2-Clause", "BSD-3-Clause"}, "BSD": {"BSD-2-Clause", "BSD-3-Clause"},
    "BSD-3-Clause": {"BSD-3-Clause"},
    "Mozilla Public License 2.0 (MPL 2.0)": {"MPL-2.0"},
    "GNU Library or Lesser General Public License (LGPL)": {"LGPL-2.1-or-later"},
}  # fmt: skip


def ids(expression):
    return set(LICENSING.parse(expression, validate=True).objects)


def here(entry):
    return entry["marker"] is None or Marker(entry["marker"]).evaluate()


def test_the_bill_is_valid_cyclonedx():
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(TEXT) is None


def test_it_is_the_same_bytes_in_another_process_and_folder(tmp_path):
    for seed in ("1", "2"):
        run = [sys.executable, MAKER, tmp_path / "new" / f"{seed}.json"]
        subprocess.run(run, check=True, cwd=tmp_path, env=os.environ | {"PYTHONHASHSEED": seed})
        assert (tmp_path / "new" / f"{seed}.json").read_text("utf-8") == TEXT


def test_it_names_each_locked_package_and_each_vendored_library():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pins = [line.split()[0].split("==") for line in lines if not line.startswith(" ")]
    assert len(pins) > 60
    assert sorted(PARTS) == sorted([*map(tuple, pins), ("leaflet", "1.9.4")])
    told = [file for part in PARTS.values() for file in part.get("externalReferences", [])]
    hashes = [each["content"] for file in told for each in file["hashes"]]
    assert sorted(hashes) == sorted(
        line.split("sha256:")[1].split()[0] for line in lines if "sha256:" in line
    )
    (graph,) = BILL["dependencies"]
    assert graph["ref"] == "pingshan-geo"
    assert len(graph["dependsOn"]) == len(PARTS)


def test_a_package_has_its_purl_licence_marker_and_the_hashes_of_its_files():
    assert PARTS["zipp", "4.1.2"] == {
        "bom-ref": "pkg:pypi/zipp@4.1.2",
        "externalReferences": [
            {
                "comment": "files that the lock admits",
                "hashes": [
                    {
                        "alg": "SHA-256",
                        "content": "b30cb6cd253122169c47de245ca24a86"
                        "bac2a5d3802ba15bf7ba6414eb9e144d",
                    },
                    {
                        "alg": "SHA-256",
                        "content": "cf474b90b07ea932637e17c6b9479de2"
                        "b2882900b0d311bdaf4f5c000a15a97f",
                    },
                ],
                "type": "distribution",
                "url": "pkg:pypi/zipp@4.1.2",
            }
        ],
        "licenses": [{"license": {"id": "MIT"}}],
        "name": "zipp",
        "properties": [{"name": "environment_marker", "value": "python_full_version < '3.12'"}],
        "purl": "pkg:pypi/zipp@4.1.2",
        "type": "library",
        "version": "4.1.2",
    }
    (licence,) = PARTS["cryptography", "50.0.2"]["licenses"]
    assert licence["expression"] == "Apache-2.0 OR BSD-3-Clause"


def test_a_vendored_library_has_its_purl_licence_and_files():
    folders = {folder.name for folder in (MADE["ASSETS"] / "vendor").iterdir()}
    assert folders == set(MADE["VENDORED"]) == {"leaflet"}
    leaflet = PARTS["leaflet", "1.9.4"]
    assert leaflet["purl"] == "pkg:npm/leaflet@1.9.4"
    assert leaflet["licenses"] == [{"license": {"id": "BSD-2-Clause"}}]
    files = {Path(file["name"]).name: file["hashes"] for file in leaflet["components"]}
    assert set(files) == {"LICENSE", "leaflet.css", "leaflet.js"}
    # Of the file in the npm package, as in test_page.py.
    script = "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a"
    assert files["leaflet.js"] == [{"alg": "SHA-256", "content": script}]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_packages_with_hashes_and_no_address(lock):
    assert len(MADE["locked"](lock)) > 60


def test_each_locked_package_has_a_licence_that_code_under_mit_may_depend_on():
    assert list(LICENCES) == sorted({entry["name"] for entry in MADE["locked"]()})
    refused = {name for name, expression in LICENCES.items() if ids(expression) - set(ALLOWED)}
    assert refused == set()
    assert set.union(*map(ids, LICENCES.values())) == set(ALLOWED)


@pytest.mark.parametrize(
    "entry", list(filter(here, MADE["locked"]())), ids=lambda entry: entry["name"]
)
def test_the_listed_licence_is_what_the_installed_package_says(entry):
    installed = metadata.metadata(entry["name"])
    assert installed["Version"] == entry["version"]
    listed = LICENCES[entry["name"]]
    if installed.get("License-Expression"):
        assert listed == installed["License-Expression"]
        return
    kinds = [kind.split(" :: ") for kind in installed.get_all("Classifier", [])]
    said = [kind[-1] for kind in kinds if kind[0] == "License"] or [installed.get("License", "")]
    assert all(SAID[each] & ids(listed) for each in said)
    assert ids(listed) <= set.union(*(SAID[each] for each in said))
