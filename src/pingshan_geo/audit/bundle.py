"""A bundle: what `build` writes, the catalogue it was made from, and hashes, in one zip archive.

The same input gives the same bytes: names are sorted, times and permissions fixed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pingshan_geo.assessment import Assessment
from pingshan_geo.audit.archive import FOLDER, missing, opened, unpacked, zipped
from pingshan_geo.audit.manifest import MANIFEST, Manifest, Options, software
from pingshan_geo.catalogue import Catalogue, load_catalogue
from pingshan_geo.catalogue import folder as plain
from pingshan_geo.catalogue.folder import DESCRIPTOR
from pingshan_geo.catalogue.load import shipped_path
from pingshan_geo.catalogue.schema import TABLES
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding
from pingshan_geo.work import scratch

__all__ = [
    "LAYERS", "MOST_LOTS", "REPORTS", "Options", "bundle_bytes", "catalogue_files", "catalogue_of",
    "hashed_files", "layer_name", "page_name", "product_names", "report_name",
]  # fmt: skip

#: Of more parcels than these no report for people has all figures, and no bundle is made.
MOST_LOTS = 50_000
#: What `build` writes beside the page: formats of the report, tables and suffixes of the exports.
REPORTS = ("html", "json", "xlsx", "csv")
LAYERS = (("parcels", "geojson"), ("zones", "geojson"), ("parcels", "gpkg"))


def product_names(catalogue: str) -> tuple[str, ...]:
    """Return the names of all files that `build` writes for a catalogue, by its id.

    Examples
    --------
    >>> product_names("town")[:2]
    ('town.html', 'town-report.html')
    """
    reports = (report_name(catalogue, form) for form in REPORTS)
    layers = (layer_name(catalogue, table, suffix) for table, suffix in LAYERS)
    return (page_name(catalogue), *reports, *layers)


def page_name(catalogue: str) -> str:
    """Return the name of the page of a catalogue, by its id."""
    return f"{catalogue}.html"


def report_name(catalogue: str, form: str = "json") -> str:
    """Return the name of the report of a catalogue in one of `REPORTS`, by its id."""
    return f"{catalogue}-report.{form}"


def layer_name(catalogue: str, table: str, suffix: str) -> str:
    """Return the name of one of `LAYERS` of a catalogue, by its id."""
    return f"{catalogue}-{table}.{suffix}"


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
    unused: list[Finding] = []
    own = plain.described(str(folder), unused)
    if own is None:
        return {}
    data, descriptor = own
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


def catalogue_of(path: str | Path) -> Catalogue:
    """Return the catalogue inside a bundle; hashes are the matter of `checked_bundle`.

    Raises
    ------
    InputError
        If the file is no archive or is refused (see `opened`), if it holds no catalogue, or one
        that cannot be unpacked whole or used.
    """
    with opened(path) as archive, scratch() as place:
        if not any(name.startswith(FOLDER) for name in archive.members):
            raise InputError([Finding("bundle-none", file=archive.file)])
        found: list[Finding] = []
        folder = unpacked(archive, Path(place), found)
        if found:
            raise InputError(found)
        if not (folder / DESCRIPTOR).is_file():
            raise InputError([missing(FOLDER + DESCRIPTOR)])
        return load_catalogue(folder)
