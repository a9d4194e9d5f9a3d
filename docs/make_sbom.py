"""Write the software bill of materials of an installation: CycloneDX 1.6, as JSON.

    python docs/make_sbom.py FILE

Components are the packages of ``requirements.lock`` with the licences of ``docs/licences.csv``, and
the libraries that lie in the package. It holds no clock, no random number, nothing of a machine.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "src" / "pingshan_geo" / "page" / "assets"
#: Libraries from npm whose files lie in ``vendor``: version and licence by name.
VENDORED = {"leaflet": ("1.9.4", "BSD-2-Clause")}
_ENTRY = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\\n]+?))?"
    r"(?P<hashes>(?: \\\n +--hash=sha256:[0-9a-f]{64})+)$",
    re.MULTILINE,
)
_licence = LicenseFactory().make_from_string
_hash = HashTypeFactory().from_composite_str


def licences() -> dict[str, str]:
    """Return the SPDX expression of each locked package by its name."""
    with (ROOT / "docs" / "licences.csv").open(encoding="utf-8", newline="") as file:
        return {row["package"]: row["licence"] for row in csv.DictReader(file)}


def locked(lock: str = "requirements.lock") -> list[re.Match[str]]:
    """Return the entries of a lock: name, version, marker (or None) and hashes.

    Raises
    ------
    ValueError
        If it holds anything else.
    """
    text = (ROOT / lock).read_text("utf-8")
    entries = list(_ENTRY.finditer(text))
    if "".join(f"{entry[0]}\n" for entry in entries) != text:
        raise ValueError(f"{lock} has lines that are no package with its hashes")
    return entries


def packages() -> Iterator[Component]:
    """Yield a component for each entry of the lock."""
    licence = licences()
    for entry in locked():
        purl = PackageURL("pypi", None, entry["name"], entry["version"])
        # A version has many files; a component's own hashes would be read as those of one.
        files = ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(str(purl)),
            comment="files that the lock admits",
            hashes=map(_hash, re.findall(r"sha256:\w+", entry["hashes"])),
        )
        marker = entry["marker"]
        yield Component(
            name=entry["name"],
            version=entry["version"],
            bom_ref=str(purl),
            purl=purl,
            licenses=[_licence(licence[entry["name"]])],
            external_references=[files],
            properties=[Property(name="environment_marker", value=marker)] if marker else [],
        )


def vendored() -> Iterator[Component]:
    """Yield a component for each library that lies in the package, its files within."""
    for name, (version, licence) in VENDORED.items():
        purl = PackageURL("npm", None, name, version)
        yield Component(
            name=name,
            version=version,
            bom_ref=str(purl),
            purl=purl,
            licenses=[_licence(licence)],
            components=[
                Component(
                    type=ComponentType.FILE,
                    name=path.relative_to(ROOT / "src").as_posix(),
                    bom_ref=f"{purl}#{path.name}",
                    hashes=[_hash(f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")],
                )
                for path in sorted((ASSETS / "vendor" / name).iterdir())
            ],
        )


def sbom() -> str:
    """Return the bill of materials."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    own = Component(
        type=ComponentType.APPLICATION,
        name=project["name"],
        version=project["version"],
        bom_ref=project["name"],
        licenses=[_licence(project["license"])],
    )
    bom = Bom(metadata=BomMetaData(component=own), components=[*packages(), *vendored()])
    bom.register_dependency(own, bom.components)
    made = json.loads(JsonV1Dot6(bom).output_as_string())
    del made["serialNumber"], made["metadata"]["timestamp"]
    # What the packages ask for is not in the lock; an empty entry would say that it is nothing.
    made["dependencies"] = [each for each in made["dependencies"] if "dependsOn" in each]
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(sbom(), "utf-8")
