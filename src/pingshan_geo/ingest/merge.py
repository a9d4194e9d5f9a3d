"""Delivered rows into a table of a catalogue: added, changed, the same, removed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.ids import normal_ids

#: Evidence of an imported row.
EVIDENCE = ("import_id", "source_row")
# A delivery with this share of an earlier import's ids is its newer version.
_SAME_DELIVERY = 0.5
_NEVER_COMPARED = {*EVIDENCE, "row_number"}


@dataclass(frozen=True)
class Merged:
    """A table after a delivery.

    Attributes
    ----------
    table : DataFrame
        The rows that stay, in their order, then those added.
    is_new : array of bool
        Which rows of ``table`` were added or changed.
    added, same : int
        How many rows.
    changed : dict of list
        Columns that changed, by id.
    emptied : dict of list
        Ids of rows in which a known value was overwritten by an empty cell, by column.
    removed : DataFrame
        Rows of an earlier version of this delivery that it no longer has.
    held : list of str
        Ids of such rows that stay since another table refers to them.
    """

    table: pd.DataFrame
    is_new: npt.NDArray[np.bool_]
    added: int
    same: int
    changed: dict[str, list[str]]
    emptied: dict[str, list[str]]
    removed: pd.DataFrame
    held: list[str]


def merge(
    table: pd.DataFrame,
    delivered: pd.DataFrame,
    key: str,
    *,
    known: set[str],
    referred: set[str],
    silent: Collection[str] = (),
    forms: npt.NDArray[np.object_] | None = None,
) -> Merged:
    """Update a table by id.

    Only the columns that were delivered are overwritten, the id keeps the spelling that it has.
    Where a delivery has at least half of the ids of an earlier import it is taken for its newer
    version, and the rows of that import that it lacks are removed.

    Parameters
    ----------
    table, delivered : DataFrame
        Cells as in a draft; of ``delivered`` also columns of numbers, with NaN for unknown. Ids
        are unique in their normal form.
    key : str
        Column of the id.
    known : set of str
        Normal ids of all rows that came, also of those that were not accepted: they are not
        taken for removed.
    referred : set of str
        Ids that other tables refer to: they are not removed.
    silent : collection of str
        Columns that follow the others: a row in which only they differ is the same.
    forms : array of str, optional
        Normal ids of ``delivered``, where they are known already.
    """
    if forms is None:
        forms = normal_ids(delivered[key].to_numpy(dtype=object))
    place = dict(zip(normal_ids(table[key].to_numpy(dtype=object)), range(len(table)), strict=True))
    at = np.fromiter(map(place.get, forms, repeat(-1)), np.int64, len(forms))
    old = at >= 0
    columns = [*table.columns, *(each for each in delivered.columns if each not in table.columns)]
    stands, came = _cells(table, columns), _cells(delivered, columns)
    ids = stands[key][at[old]]
    update = {name: came[name][old] for name in delivered.columns if name != key}
    differs = {
        str(name): _differs(stands[name][at[old]], cells, geometric=name == "geometry")
        for name, cells in update.items()
        if name not in _NEVER_COMPARED and name not in silent
    }
    moved = np.logical_or.reduce(list(differs.values()), initial=False) & np.ones(old.sum(), bool)
    emptied = {
        name: ids[gone].tolist()
        for name, where in differs.items()
        if (gone := where & pd.isna(update[name])).any()
    }
    for name, cells in update.items():
        stands[name][at[old][moved]] = cells[moved]
    gone, held = _missing(table, key, known, referred)
    is_new = np.zeros(len(table), dtype=bool)
    is_new[at[old][moved]] = True
    stays, fresh = (slice(None) if each.all() else np.flatnonzero(each) for each in (~gone, ~old))
    whole = pd.DataFrame(
        {
            name: pd.Series(np.concatenate([stands[name][stays], came[name][fresh]]), dtype=object)
            for name in columns
        },
        copy=False,
    )
    names = np.array(list(differs), dtype=object)
    marks = np.array(list(differs.values())).reshape(len(names), int(old.sum()))
    return Merged(
        whole,
        np.concatenate([is_new[~gone], np.ones((~old).sum(), dtype=bool)]),
        added=int((~old).sum()),
        same=int(old.sum() - moved.sum()),
        changed={str(ids[n]): names[marks[:, n]].tolist() for n in np.flatnonzero(moved)},
        emptied=emptied,
        removed=table[gone],
        held=held,
    )


def _cells(rows: pd.DataFrame, columns: list[str]) -> dict[str, npt.NDArray[np.object_]]:
    """Return the cells of columns; what is missing or unknown is None."""
    data = {}
    for name in columns:
        values = rows[name].to_numpy(dtype=object, copy=True) if name in rows else None
        if values is None:
            values = np.full(len(rows), None, dtype=object)
        elif pd.api.types.infer_dtype(values, skipna=False) != "string":
            values[pd.isna(values)] = None
        data[name] = values
    return data


def _missing(
    table: pd.DataFrame, key: str, known: set[str], referred: set[str]
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Return which rows an earlier version of the delivery had, and those of them that stay."""
    gone = np.zeros(len(table), dtype=bool)
    if "import_id" in table:
        forms = normal_ids(table[key].to_numpy(dtype=object))
        came = np.fromiter(map(known.__contains__, forms), bool, len(forms))
        series = table["import_id"]
        for each in series.dropna().unique():
            of_import = (series == each).to_numpy()
            if came[of_import].mean() >= _SAME_DELIVERY:
                gone |= of_import & ~came
    stays = gone & table[key].isin(referred).to_numpy()
    return gone & ~stays, table.loc[stays, key].tolist()


def _differs(
    a: npt.NDArray[np.object_], b: npt.NDArray[np.object_], *, geometric: bool
) -> npt.NDArray[np.bool_]:
    """Tell which cells differ: numbers by value, texts by their characters, outlines by shape."""
    missing_a, missing_b = pd.isna(a), pd.isna(b)
    equal = shapely.equals_exact(a, b, 1e-10) if geometric else np.asarray(a == b, dtype=bool)
    rest = np.flatnonzero(~(equal | missing_a | missing_b))
    if geometric:
        equal[rest] = shapely.equals_exact(a[rest], b[rest], tolerance=1e-10, normalize=True)
    elif len(rest):
        first, second = (
            pd.to_numeric(pd.Series(each[rest], dtype=object), errors="coerce").to_numpy(float)
            for each in (a, b)
        )
        pairs = list(zip(a[rest], b[rest], strict=True))
        both_text = np.array([isinstance(x, str) and isinstance(y, str) for x, y in pairs], bool)
        same_text = np.array([str(x) == str(y) for x, y in pairs], dtype=bool)
        equal[rest] = same_text | (~both_text & (first == second))
    return np.asarray((missing_a != missing_b) | (~missing_a & ~missing_b & ~equal), dtype=bool)
