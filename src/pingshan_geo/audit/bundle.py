"""A bundle: what `build` writes, the catalogue it was made from, and hashes, in one zip archive.

The same input gives the same bytes: names are sorted, times and permissions fixed.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from pingshan_geo import gdal
from pingshan_geo.assessment import Assessment
from pingshan_geo.catalogue import folder as plain
from pingshan_geo.catalogue.folder import DESCRIPTOR
from pingshan_geo.catalogue.load import shipped_path
from pingshan_geo.catalogue.readers import file_report, read_json
from pingshan_geo.catalogue.schema import TABLES
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.words import LANGUAGES, Text, text

MANIFEST, FOLDER = "manifest.json", "catalogue/"
SCHEMA_VERSION = "1.0"
# Whatever can change a byte of what is written, beside the libraries of the report document.
_LIBRARIES = (
    "numpy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "pyarrow", "folium", "branca",
    "jinja2", "xlsxwriter",
)  # fmt: skip
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, (stat.S_IFREG | 0o644) << 16
_MOST_MEMBERS, _MOST_BYTES, _LONGEST_NAME = 10_000, 4 << 30, 1_000
# Deflate makes a table of text a hundredth at best; small members may do what they like.
_MOST_RATIO, _SMALL = 200, 10_000_000
_MOST_MANIFEST, _MOST_DAYS = 10_000_000, 1_000
_ENCRYPTED, _PACKED = 0x1, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile answers to bytes that are no archive, or no longer one.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, OSError
)  # fmt: skip
_DRIVE = re.compile(r"[A-Za-z]:")
_DIGEST = re.compile(r"[0-9a-f]{64}")


# How the names of the files go on after the catalogue's.
_PRODUCTS = (
    ".html", "-report.html", "-report.json", "-report.xlsx", "-report.csv", "-parcels.geojson",
    "-zones.geojson", "-parcels.gpkg",
)  # fmt: skip


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


def product_names(catalogue: str) -> tuple[str, ...]:
    """Return the names of all files that `build` writes for a catalogue, by its id.

    Examples
    --------
    >>> product_names("town")[0]
    'town.html'
    """
    return tuple(f"{catalogue}{rest}" for rest in _PRODUCTS)


def report_name(catalogue: str) -> str:
    """Return the name of the report document of a catalogue, by its id."""
    return f"{catalogue}-report.json"


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


def catalogue_files(path: str | Path | None = None) -> dict[str, bytes]:
    """Return the catalogue's own files by name: its descriptor and every resource that is there.

    Rows in quarantine are none. Of a folder that is no catalogue there are no files: loading it
    tells why. A resource that is no plain file below the folder, such as an address, is left out.

    Parameters
    ----------
    path : str or Path, optional
        The folder; without it the Pingshan catalogue of the package.

    Examples
    --------
    >>> list(catalogue_files())[:2]
    ['datapackage.json', 'sources.csv']
    """
    folder = Path(shipped_path() if path is None else path)
    if plain.refused_folder(str(folder)):
        return {}
    unused: list[Finding] = []
    data = plain.bytes_of(folder, DESCRIPTOR, unused)
    descriptor = None if data is None else plain.descriptor_of(data, unused)
    if data is None or descriptor is None:
        return {}
    named = [each["path"] for each in descriptor["resources"]]
    parts = [part for path in named for part in (path if isinstance(path, list) else [path])]
    read = {part: plain.bytes_of(folder, part, unused) for part in dict.fromkeys(parts)}
    return {DESCRIPTOR: data} | {name: kept for name, kept in read.items() if kept is not None}


def hashed_files(folder: Path) -> set[str]:
    """Return the names of the files that the hash of a catalogue is over."""
    unused: list[Finding] = []
    descriptor = plain.descriptor_of((folder / DESCRIPTOR).read_bytes(), unused)
    parts = [plain.parts_of(descriptor, table) for table in TABLES] if descriptor else []
    return {FOLDER + DESCRIPTOR, *(FOLDER + name for names in parts for name in names)}


def bundle_bytes(
    assessment: Assessment,
    options: Options,
    products: Mapping[str, bytes],
    catalogue: Mapping[str, bytes],
) -> bytes:
    """Return a bundle as a zip archive.

    Parameters
    ----------
    assessment : Assessment
        What the products were made of.
    options : Options
        Of the build.
    products : mapping of bytes
        What `build` writes, by file name.
    catalogue : mapping of bytes
        From `catalogue_files`, of the catalogue that was assessed.
    """
    files = {**products, **{FOLDER + name: data for name, data in catalogue.items()}}
    own = assessment.catalogue
    title = {"title": own.title.en, "title_zh": own.title.zh}
    quarantined = {
        f.file or "": f.value or "" for f in own.findings if f.code == "rows-quarantined"
    }
    said = Manifest(
        {"id": own.id, **title, "as_of": own.as_of.isoformat(), "sha256": own.sha256},
        options, software(), quarantined,
        {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()},
    )  # fmt: skip
    return zipped({**files, MANIFEST: said.to_bytes()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive that is the same for the same files, whenever it is made.

    Examples
    --------
    >>> zipped({"a": b"1", "b": b"2"}) == zipped({"b": b"2", "a": b"1"})
    True
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, _FIRST_DAY)
            member.create_system, member.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(member, files[name], zipfile.ZIP_DEFLATED, 6)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of a bundle that was looked through; each is read when it is asked for."""

    file: str
    members: Mapping[str, zipfile.ZipInfo]
    archive: zipfile.ZipFile

    def read(self, name: str) -> bytes | None:
        """Return a member's bytes; None where it is damaged (its checksum does not fit)."""
        try:
            return self.archive.read(self.members[name])
        except _DAMAGE:
            return None


@contextmanager
def opened(path: str | Path) -> Iterator[Archive]:
    """Open a bundle after a look at the names and sizes of all members.

    Raises
    ------
    InputError
        If it is no zip archive; if a name leads out of it, stands twice, is a link or encrypted;
        if it would unpack to more than 10 000 members or 4 GiB, or a member to more than 10 MB
        and 200 times its size.
    """
    place = Path(path)
    try:
        if not stat.S_ISREG(place.stat().st_mode):
            raise unreadable(str(path), Text("it is no ordinary file", "不是普通文件"))
        archive = zipfile.ZipFile(place)
    except FileNotFoundError:
        raise unreadable(str(path), Text("there is no such file", "没有这个文件")) from None
    except _DAMAGE as error:
        raise unreadable(place.name, str(error)) from None
    with archive:
        members = archive.infolist()
        faults = [reason for member in members if (reason := _fault(member))]
        names = [member.filename for member in members]
        if len(members) > _MOST_MEMBERS:
            faults.append(Text(f"{len(members)} members", f"含 {len(members)} 个成员"))
        if len(set(names)) < len(names):
            faults.append(Text("a name stands twice", "有重名成员"))
        if sum(member.file_size for member in members) > _MOST_BYTES:
            faults.append(Text("it would unpack to more than 4 GiB", "解压后超过 4 GiB"))
        if faults:
            details = {"reason": faults[0]}
            raise InputError([Finding("bundle-refused", file=place.name, details=details)])
        files = {member.filename: member for member in members if not member.is_dir()}
        yield Archive(place.name, files, archive)


def _fault(member: zipfile.ZipInfo) -> Text | None:
    name = member.filename
    parts = name.removesuffix("/").split("/")
    # An empty part in the middle would make what follows it a way from the root.
    if not {"", ".", ".."}.isdisjoint(parts) or "\\" in name or any(map(_DRIVE.match, parts)):
        return Text(f"the name {name} leads out of it", f"成员名 {name} 指向压缩包之外")
    if member.orig_filename != name or not name or len(name) > _LONGEST_NAME:
        return Text("a name that no file can have", "有不能作文件名的成员名")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Text(f"{name} is a link", f"{name} 是链接")
    if member.flag_bits & _ENCRYPTED:
        return Text(f"{name} is encrypted", f"{name} 已加密")
    if member.compress_type not in _PACKED:
        return Text(f"{name} is packed in an unusual way", f"{name} 的压缩方式不常用")
    ratio = member.file_size // max(member.compress_size, 1)
    if member.file_size > _SMALL and ratio > _MOST_RATIO:
        return Text(
            f"{name} would unpack to {ratio} times its size", f"{name} 解压后为原大小的 {ratio} 倍"
        )
    return None


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
        reason = Text(f"{error} is missing or wrong", f"{error} 缺失或有误")
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


def figures_of(data: bytes, file: str, found: list[Finding]) -> dict[str, Mapping[str, Any]] | None:
    """Return the figures of a report document by id, None after a finding."""
    before = len(found)
    value = read_json(data, file_report(file, found))
    if len(found) > before:
        return None
    figures = value.get("figures") if isinstance(value, dict) else None
    rows: list[Any] = figures if isinstance(figures, list) else [figures]
    if not all(isinstance(each, dict) and isinstance(each.get("id"), str) for each in rows):
        found.append(
            Finding("bundle-file-not-remade", file=file, details={"at": text("bundle_no_place")})
        )
        return None
    return {each["id"]: each for each in rows}


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()
