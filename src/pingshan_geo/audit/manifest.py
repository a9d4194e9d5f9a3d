"""What a bundle says of itself: the options of the build, software versions, sizes and hashes."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

import numpy as np

from pingshan_geo import gdal
from pingshan_geo.catalogue.readers import file_report, read_json
from pingshan_geo.findings import Finding
from pingshan_geo.words import LANGUAGES, Text

MANIFEST = "manifest.json"
SCHEMA_VERSION = "1.0"
# Whatever can change a byte of what is written, beside the libraries of the report document.
_LIBRARIES = (
    "numpy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "pyarrow", "folium", "branca",
    "jinja2", "xlsxwriter",
)  # fmt: skip
_MOST_MANIFEST, _MOST_DAYS = 10_000_000, 1_000
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a build, as far as they change what is written.

    Attributes
    ----------
    as_of : str
        Last day that is known, YYYY-MM-DD.
    lang, allocate, expect_tiling, survey_tolerance
        As given to `build`.
    map_approval_no : str or None
        For the foot of the page.
    page_days : tuple of str
        Earlier days as of which the page can be read.
    outside : tuple of str
        Names of options that stand for something outside the bundle (a background, a base map);
        never their values, which may hold a key. The page cannot be made again where there is one.
    """

    as_of: str
    lang: str = "en"
    allocate: str = "dominant"
    expect_tiling: bool = False
    survey_tolerance: str | None = None
    map_approval_no: str | None = None
    page_days: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself; nothing in it is taken for true by a check.

    Attributes
    ----------
    catalogue : mapping of str
        ``id``, ``title``, ``title_zh``, ``as_of`` and ``sha256``.
    options : Options
        Of the build.
    software : mapping of str
        Version by name, see `software`.
    quarantined : mapping of str
        Rows in quarantine by file: they are told in the report but are not in the bundle.
    files : mapping of tuple
        Size and SHA-256 of each file by its name in the bundle.
    """

    catalogue: Mapping[str, str]
    options: Options
    software: Mapping[str, str]
    quarantined: Mapping[str, str]
    files: Mapping[str, tuple[int, str]]

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON; its last member is the SHA-256 of all the others."""
        rest = {
            "schema_version": SCHEMA_VERSION,
            "catalogue": dict(self.catalogue),
            "options": asdict(self.options),
            "software": dict(self.software),
            "quarantined": dict(self.quarantined),
            "files": {n: {"size": s, "sha256": d} for n, (s, d) in sorted(self.files.items())},
        }
        digest = hashlib.sha256(_json(rest)).hexdigest()
        return _json({**rest, "sha256": digest})


def software() -> dict[str, str]:
    """Return what the bytes of a build depend on: versions, system, and the processor's abilities.

    Processors round sines differently in the last digit, hence the last two.

    Examples
    --------
    >>> {"pingshan_geo", "geos", "numpy", "platform"} <= set(software())
    True
    """
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    libc = "".join(platform.libc_ver())
    return {
        "pingshan_geo": metadata.version("pingshan-geo"),
        **gdal.versions(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
        "platform": f"{platform.system()} {platform.machine()} {libc}".strip(),
        "processor": " ".join(found),
    }


def parsed_manifest(data: bytes, found: list[Finding]) -> Manifest | None:
    """Return the manifest of a bundle, or None after a finding.

    That its own digest fits is another question: compare with `Manifest.to_bytes`.
    """
    report = file_report(MANIFEST, found)
    if len(data) > _MOST_MANIFEST:
        report("bundle-manifest-invalid", reason=Text("it is too large", "文件过大"))
        return None
    before = len(found)
    value = read_json(data, report)
    if len(found) > before:
        return None
    try:
        return _manifest(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # A ValueError names the member; what Python says of the others helps nobody.
        named = str(error) if isinstance(error, ValueError | KeyError) else "a member"
        reason = Text(f"{named} is missing or wrong", f"{named} 缺失或有误")
        report("bundle-manifest-invalid", reason=reason)
        return None


def _manifest(value: Any) -> Manifest:
    """Return a checked manifest; the error names the member that is missing or wrong."""
    if value["schema_version"] != SCHEMA_VERSION:
        raise ValueError("schema_version")
    given = value["options"]
    listed = {name: tuple(given[name]) for name in ("page_days", "outside")}
    options = Options(**{**given, **listed})
    texts = (options.as_of, options.allocate, *options.page_days, *options.outside)
    maybe = (options.survey_tolerance, options.map_approval_no)
    if (
        not all(isinstance(each, str) for each in texts)
        or not all(isinstance(each, str | None) for each in maybe)
        or options.lang not in LANGUAGES
        or len(options.page_days) > _MOST_DAYS
        or type(options.expect_tiling) is not bool
    ):
        raise ValueError("options")
    for name in ("catalogue", "software", "quarantined"):
        if not all(isinstance(each, str) for each in value[name].values()):
            raise ValueError(name)
    files = {name: (each["size"], each["sha256"]) for name, each in value["files"].items()}
    for name, (size, digest) in files.items():
        if type(size) is not int or not _DIGEST.fullmatch(digest):
            raise ValueError(name)
    said = (value["software"], value["quarantined"])
    return Manifest(value["catalogue"], options, *said, files)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()
