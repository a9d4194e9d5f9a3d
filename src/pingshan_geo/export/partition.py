"""A catalogue with its parcels in parts: for very many, and for engines that read some."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pingshan_geo.catalogue.draft import PARQUET_TYPE, open_draft
from pingshan_geo.catalogue.folder import DESCRIPTOR, parts_of
from pingshan_geo.catalogue.partition import PART_ROWS, parquet_frame, parts
from pingshan_geo.errors import UsageError
from pingshan_geo.output import new_folder


def write_partitioned(
    catalogue: str | os.PathLike[str], target: str | os.PathLike[str], rows: int = PART_ROWS
) -> list[str]:
    """Write a catalogue anew with its parcels as partitioned GeoParquet; return the names of parts.

    Each part holds the rows of one place (along a Hilbert curve), the box of each outline as a
    column and statistics of every column, so that a reader finds the parts of a zone or box by
    their footers. Everything else stands as it was; the figures are the same.

    Parameters
    ----------
    catalogue : path-like
        A catalogue's folder.
    target : path-like
        A folder that is not there yet, or an empty one.
    rows : int
        How many parcels a part has at most.

    Raises
    ------
    UsageError
        If something stands in the folder, or rows is no positive number.
    InputError
        If a file of the catalogue cannot be read.
    OutputError
        If the system refuses.
    """
    if rows < 1:
        raise UsageError(
            f"--partition {rows}: a part has one row or more", f"--partition {rows}：每部分至少一行"
        )
    draft = open_draft(catalogue, to_change=False)
    descriptor = json.loads(json.dumps(draft.descriptor))
    frame = parquet_frame(draft.tables["parcels"].drop(columns="row_number"), descriptor["crs"])
    resource = next(each for each in descriptor["resources"] if each["name"] == "parcels")
    names = []
    with new_folder(target) as place:
        for name, content in parts(frame, "parcels", rows):
            _put(place / name, content)
            names.append(name)
        for other in (each["name"] for each in descriptor["resources"] if each is not resource):
            for name in parts_of(descriptor, other):
                _put(place / name, (draft.path / name).read_bytes())
        resource |= {"path": names, "format": "parquet", "mediatype": PARQUET_TYPE}
        text = json.dumps(descriptor, ensure_ascii=False, indent=1)
        _put(place / DESCRIPTOR, f"{text}\n".encode())
    return names


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
