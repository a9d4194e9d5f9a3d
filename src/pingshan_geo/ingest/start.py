"""A new catalogue: empty, valid, with a template for each table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.descriptor import new_descriptor
from pingshan_geo.catalogue.draft import Draft, empty_table
from pingshan_geo.catalogue.folder import DESCRIPTOR
from pingshan_geo.catalogue.schema import MEASURABLE, TABLES
from pingshan_geo.errors import UsageError
from pingshan_geo.ingest.district import District
from pingshan_geo.ingest.rows import with_row
from pingshan_geo.ingest.templates import templates
from pingshan_geo.output import new_folder
from pingshan_geo.words import Text

TEMPLATES = "templates"


def start_catalogue(
    folder: str | Path, *, as_of: str, district: District | None = None, title: str | None = None
) -> Path:
    """Write a catalogue without rows but for its district, whole or not at all.

    Parameters
    ----------
    folder : path-like
        Where; it must not exist or be empty. Its name becomes the id of the catalogue.
    as_of : str
        Last day that the catalogue speaks of: YYYY, YYYY-MM or YYYY-MM-DD.
    district : District, optional
        The zone that it begins with.
    title : str, optional
        The name of the district, or of the folder, without.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        If something stands in the folder, or the date is none.
    OutputError
        If the system refuses.
    """
    target = Path(folder)
    if span(as_of) is None:
        raise UsageError(
            f"{as_of!r} is no date: write YYYY-MM-DD", f"{as_of!r} 不是日期，请写成 YYYY-MM-DD"
        )
    named = title or (district.name.get("zh") if district else target.resolve().name)
    slug = re.sub(r"[^a-z0-9._]+", "-", target.resolve().name.lower()).strip("-._")[:64]
    fallback = district.zone_id if district else "catalogue"
    descriptor = new_descriptor(slug or fallback, Text(named, named), as_of)
    if district is not None and district.licence is not None:
        descriptor["licenses"] = [dict(district.licence)]
    if district is not None and district.geometry_status in MEASURABLE:
        descriptor["headline"] = [f"measured_area/{district.zone_id}"]
    writes = _contents(descriptor, target, district)
    with new_folder(target) as place:
        for name, content in writes.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return target


def _contents(
    descriptor: dict[str, Any], target: Path, district: District | None
) -> dict[str, bytes]:
    """Return the content of every file, by name below the folder."""
    tables = {name: empty_table(name) for name in TABLES}
    if district is not None:
        zone = {
            "zone_id": district.zone_id, "name_zh": district.name.zh, "kind": district.kind,
            "geometry_status": district.geometry_status, "source_id": district.source["source_id"],
            "geometry": district.geometry,
        }  # fmt: skip
        tables["zones"] = with_row(tables["zones"], zone)
        tables["sources"] = with_row(tables["sources"], dict(district.source))
    draft = Draft(target, descriptor, tables)
    writes, _ = draft.contents(list(TABLES))
    text = json.dumps(descriptor, ensure_ascii=False, indent=1)
    writes = {DESCRIPTOR: f"{text}\n".encode()} | writes
    writes |= {f"{TEMPLATES}/{name}": content for name, content in templates()}
    return {
        name: content if isinstance(content, bytes) else b"".join(content)
        for name, content in writes.items()
    }
