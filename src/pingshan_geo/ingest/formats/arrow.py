"""An Arrow table from a foreign file → cells as text, number or truth value, and geometry."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.readers import Report
from pingshan_geo.ceilings import DEEP, is_deep
from pingshan_geo.errors import UsageError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ingest.formats.encoding import detect

if TYPE_CHECKING:
    import pyarrow as pa

_MIDNIGHT = r"^\d{4}-\d\d-\d\dT00:00:00(Z|[+]00:00)?$"
_WHOLE_SECOND = r"\.0+($|[+-])"


def frame(table: pa.Table, report: Report) -> pd.DataFrame:
    """Return the columns of an Arrow table as text, number, truth value or None.

    Dates and times are ISO text (dates only, where a column has midnight everywhere), decimals
    and whole numbers beyond 2^53 are text, lists and structures are JSON text. Left out with a
    finding: columns of bytes, and of times that cannot be said. Of two columns of one name the
    second gets a number.
    """
    import pyarrow as pa

    columns: dict[str, pd.Series[Any]] = {}
    for name, column in zip(unique(table.column_names, report), table.columns, strict=True):
        try:
            cells = _cells(column)
        except (pa.ArrowException, ArithmeticError, ValueError, LookupError):
            cells = None  # days and times beyond what can be said, zones that there are not
        if cells is None:
            report("column-left-out", field=name, value=str(column.type))
            continue
        columns[name] = pd.Series(cells, dtype=object if cells.dtype == object else None)
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def decoded(
    table: pa.Table, file: str, declared: str | None, found: list[Finding]
) -> tuple[pa.Table, str | None]:
    """Return a table whose texts are UTF-8, and in which encoding they were if in another.

    Arrow and GDAL hand on what stands in a file, whatever they call it. ``declared`` is the
    encoding that the user names.

    Raises
    ------
    InputError
        If they are of no known encoding, or a list or structure holds such a text.
    UsageError
        If an encoding is named, and all of it is UTF-8 or the encoding is none.
    """
    import pyarrow as pa
    from pyarrow import types

    broken: dict[int, pa.ChunkedArray] = {}
    for place, column in enumerate(table.columns):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            kind = column.type.value_type if types.is_dictionary(column.type) else column.type
            if not (types.is_string(kind) or types.is_large_string(kind)):
                raise unreadable(file, f"{table.column_names[place]}: {error}") from None
            broken[place] = column.cast(kind).cast(pa.large_binary())
    if not broken and declared:
        raise UsageError(
            f"all text of {file} is UTF-8; leave --encoding out",
            f"{file} 的文字均为 UTF-8，请去掉 --encoding",
        )
    if not broken:
        return table, None
    raw = {place: column.to_pylist() for place, column in broken.items()}
    texts = (cell for cells in raw.values() for cell in cells if cell is not None)
    encoding = detect(b"\n".join(texts), declared, file=file)
    found += [encoding.finding] if encoding.finding else []
    for place, cells in raw.items():
        text = [None if cell is None else cell.decode(encoding.name) for cell in cells]
        table = table.set_column(place, table.column_names[place], pa.array(text, pa.string()))
    return table, encoding.name


def unique(names: list[str], report: Report) -> list[str]:
    """Return names of which each stands once; a doubled one gets a number, with a finding.

    Examples
    --------
    >>> unique(["a", "b", "a", "a_2"], lambda code, **parts: print(code, parts["value"]))
    heading-doubled a_3
    ['a', 'b', 'a_3', 'a_2']
    """
    taken: dict[str, None] = {}
    for name in names:
        new, number = name, 2
        while new in taken or (new != name and new in names):
            new, number = f"{name}_{number}", number + 1
        if new != name:
            report("heading-doubled", field=name, value=new)
        taken[new] = None
    return list(taken)


def frame_of_rows(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table of a column for each key, in the order in which they first occur."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as it is stored, without the name of an extension."""
    import pyarrow as pa

    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    return pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)


def _cells(column: pa.ChunkedArray) -> npt.NDArray[Any] | None:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    column = stored(column)
    kind = column.type
    if types.is_dictionary(kind):
        return _cells(column.cast(kind.value_type))
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return None
    if types.is_nested(kind):
        lines = [
            None if cell is None else json.dumps(cell, ensure_ascii=False, default=str)
            for cell in column.to_pylist()
        ]
        return _cells(pa.chunked_array([pa.array(lines, pa.string())]))
    if types.is_timestamp(kind):
        text = pc.strftime(column, "%Y-%m-%dT%H:%M:%S" + ("%z" if kind.tz else ""))
        column = pc.replace_substring_regex(text, _WHOLE_SECOND, r"\1")
    elif types.is_temporal(kind) or types.is_decimal(kind):
        column = column.cast(pa.string())
    elif types.is_integer(kind):
        low_high = pc.min_max(column).as_py()
        if any(abs(bound) > 2**53 for bound in low_high.values() if bound is not None):
            column = column.cast(pa.string())
        elif column.null_count:  # a whole number does not become a float for a missing neighbour
            return np.array(column.to_pylist(), dtype=object)
    is_text = types.is_string(column.type) or types.is_large_string(column.type)
    first = next((cell.as_py() for cell in column if cell.is_valid), "") if is_text else ""
    if re.match(_MIDNIGHT, first) and pc.all(pc.match_substring_regex(column, _MIDNIGHT)).as_py():
        column = pc.utf8_slice_codeunits(column, 0, 10)
    cells: npt.NDArray[Any] = column.to_numpy()
    return cells


def shapes(column: pa.ChunkedArray, report: Report) -> npt.NDArray[Any]:
    """Return geometries from WKB; those that cannot be read are None and told by row."""
    blobs = column.to_numpy()
    deep = np.fromiter(map(is_deep, blobs), bool, len(blobs))
    for place in np.flatnonzero(deep).tolist():
        report("geometry-unreadable", row=place + 1, reason=DEEP)
    blobs = np.where(deep, None, blobs) if deep.any() else blobs
    with suppress(NotImplementedError):  # a curve among them: each is looked at alone
        found: npt.NDArray[Any] = np.asarray(shapely.from_wkb(blobs, on_invalid="ignore"))
        if int(shapely.is_missing(found).sum()) == column.null_count + deep.sum():
            return found
    found = np.full(len(blobs), None, dtype=object)
    for place, blob in enumerate(blobs):
        try:
            found[place] = shapely.from_wkb(blob)
        except (shapely.errors.ShapelyError, NotImplementedError) as error:
            report("geometry-unreadable", row=place + 1, reason=str(error).strip())
    return found
