"""Rows that change together, and a catalogue in which only some of the changes are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pingshan_geo.audit.changes import DESCRIPTOR, RowChange
from pingshan_geo.audit.outlines import OutlineChange
from pingshan_geo.catalogue import Catalogue
from pingshan_geo.catalogue.schema import SPATIAL, TABLES

#: Above so many changes they are taken together by table and kind.
MOST_CHANGES = 60
# Rows of parcels that may be assessed again in all: in larger catalogues fewer changes go alone.
_MOST_ROWS = 600_000
# Tables on which many rows stand: their new rows go along with each row that names them, and are
# a change of their own; all other rows that name each other are one change.
_HUBS = ("sources", "zones", "targets")
# Which row names a change; the first of these that it holds.
_LEADS = ("zones", "parcels", "projects", "auctions", "targets", "indicators", "limits", "facts")

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Rows that change together, named after the first of them.

    Attributes
    ----------
    kind : str
        One of `ROW_KINDS` or `OUTLINE_KINDS`, or ``reordered`` for the order of all rows.
    table : str
        Of the rows that name it.
    before, after : tuple of str
        Their ids; both empty for a group of many changes.
    rows : tuple of (table, id)
        All rows that it holds, those that it needs included.
    count : int
        Of changes that are taken together, 1 for one.
    """

    kind: str
    table: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    rows: tuple[Key, ...]
    count: int = 1


def named_changes(
    before: Catalogue,
    after: Catalogue,
    rows: Iterable[RowChange],
    outlines: Iterable[OutlineChange],
) -> tuple[Change, ...]:
    """Return changes that can each be made alone: rows that name each other go together.

    A parcel that comes in brings its facts, transfers and projects; a split is one change with
    what is renumbered by it. A row that goes takes along whatever named it.
    """
    rows, outlines = list(rows), list(outlines)
    kind_of: dict[Key, str] = {(row.table, row.row_id): row.kind for row in rows}
    for each in outlines:
        for row_id in _own(each):
            kind_of.setdefault((each.table, row_id), "changed")
    group: dict[Key, Key] = {key: key for key in kind_of}

    def head(key: Key) -> Key:
        while group[key] != key:
            group[key] = group[group[key]]
            key = group[key]
        return key

    for each in outlines:
        own = [(each.table, row_id) for row_id in _own(each)]
        for key in own[1:]:
            group[head(key)] = head(own[0])
    needs: dict[Key, set[Key]] = defaultdict(set)
    for key, named, is_new in _references(before, after, kind_of):
        is_subject = key[0] == "facts" and named[0] != "sources"  # a fact stands with its subject
        if is_new and named[0] in _HUBS and not is_subject:
            needs[key].add(named)
        else:
            group[head(key)] = head(named)
    groups: dict[Key, list[Key]] = defaultdict(list)
    for key in kind_of:
        groups[head(key)].append(key)
    return tuple(_named(keys, kind_of, outlines, needs) for keys in groups.values())


def _own(outline: OutlineChange) -> tuple[str, ...]:
    """Return the ids whose rows change; of a double not the one that stays."""
    if outline.kind in ("doubled", "undoubled"):
        return tuple(set(outline.before) ^ set(outline.after))
    return tuple(dict.fromkeys((*outline.before, *outline.after)))


def _references(
    before: Catalogue, after: Catalogue, kind_of: dict[Key, str]
) -> Iterator[tuple[Key, Key, bool]]:
    """Yield row, row that it names, and whether that one is new; only rows that came or went."""
    for table, columns in TABLES.items():
        for kinds, named_kind, catalogue in (
            (("added", "changed"), "added", after),
            (("removed", "changed"), "removed", before),
        ):
            frame: pd.DataFrame = getattr(catalogue, table)
            ids = [key[1] for key, kind in kind_of.items() if key[0] == table and kind in kinds]
            for column in columns:
                if not column.refers or column.name not in frame or not ids:
                    continue
                for row_id, cell in frame[column.name].reindex(ids).dropna().items():
                    names = str(cell).split(";") if column.many else [str(cell)]
                    for named in ((t, name.strip()) for name in names for t in column.refers):
                        if kind_of.get(named) == named_kind:
                            yield (table, str(row_id)), named, named_kind == "added"


def _named(
    keys: list[Key],
    kind_of: dict[Key, str],
    outlines: Iterable[OutlineChange],
    needs: dict[Key, set[Key]],
) -> Change:
    """Return the change that some rows are, with all that they need."""
    own, ahead = dict.fromkeys(keys), list(keys)
    while ahead:
        for key in sorted(needs.get(ahead.pop(), ())):
            if key not in own:
                own[key] = None
                ahead.append(key)
    for each in outlines:
        if (each.table, _own(each)[0]) in keys:
            return Change(each.kind, each.table, each.before, each.after, tuple(own))
    table, row_id = min(keys, key=lambda key: _LEADS.index(key[0]) if key[0] in _LEADS else 99)
    kind = kind_of[table, row_id]
    one, two = () if kind == "added" else (row_id,), () if kind == "removed" else (row_id,)
    return Change(kind, table, one, two, tuple(own))


def together(changes: Sequence[Change], rows: int = 0) -> tuple[Change, ...]:
    """Return the changes, taken together by table and kind where they are too many.

    Parameters
    ----------
    changes : sequence of Change
        From `named_changes`.
    rows : int
        Parcels of the catalogue: of a large one fewer changes are made alone.

    Examples
    --------
    >>> many = [Change("added", "facts", (), (f"f{n}",), (("facts", f"f{n}"),)) for n in range(61)]
    >>> [(each.kind, each.table, each.count) for each in together(many)]
    [('added', 'facts', 61)]
    """
    most = min(MOST_CHANGES, max(_MOST_ROWS // max(rows, 1), 6))
    if len(changes) <= most:
        return tuple(changes)
    groups: dict[Key, list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.table, change.kind].append(change)
    return tuple(
        Change(
            kind, table, (), (), tuple(dict.fromkeys(r for c in some for r in c.rows)), len(some)
        )
        if len(some) > 1
        else some[0]
        for (table, kind), some in groups.items()
    )


def with_rows(before: Catalogue, after: Catalogue, rows: Iterable[Key]) -> Catalogue:
    """Return the first catalogue with some rows as they are in the second, absent ones included."""
    ids: dict[str, list[str]] = defaultdict(list)
    for table, row_id in rows:
        ids[table].append(row_id)
    settings = ("title", "as_of", "headline", "survey_tolerance")
    changed: dict[str, Any] = {}
    if ids.pop(DESCRIPTOR, None):
        changed = {name: getattr(after, name) for name in settings}
    for table, some in ids.items():
        changed[table] = _mixed(getattr(before, table), getattr(after, table), some, table)
    return before.having(**changed)


def reordered(before: Catalogue, after: Catalogue) -> Catalogue | None:
    """Return the first catalogue with its rows in the order of the second; None where they are.

    Order says nothing, but where two zones of a kind overlap the first is given the land.
    """
    changed: dict[str, Any] = {}
    for table in TABLES:
        one, two = getattr(before, table), getattr(after, table)
        shared = two.index[two.index.isin(one.index)]
        if not one.index[one.index.isin(shared)].equals(shared):
            rest = one.index[~one.index.isin(shared)]
            changed[table] = one.loc[shared.append(rest)]
    return before.having(**changed) if changed else None


def _mixed(before: Any, after: Any, ids: list[str], table: str) -> Any:
    """Return a table in which some rows are those of the other, in their old places."""
    if table in SPATIAL and after.crs != before.crs:  # of a catalogue both are longitude, latitude
        after = after.set_crs(before.crs, allow_override=True)
    new = after.loc[after.index.isin(ids)]
    both = pd.concat([before, new]) if len(new) else before
    places = np.arange(len(before))
    there = new.index.get_indexer(before.index)
    places = np.where(there >= 0, len(before) + there, places)
    kept = ~before.index.isin(ids) | (there >= 0)
    added = np.flatnonzero(~new.index.isin(before.index)) + len(before)
    mixed = both.iloc[np.concatenate([places[kept], added]).astype(np.int64)]
    empty = {
        name: pd.Series(
            mixed[name].to_numpy(dtype=object, na_value=None), index=mixed.index, dtype=object
        )
        for name in mixed.columns
        if name != "geometry" and not pd.api.types.is_numeric_dtype(mixed[name])
    }
    mixed = mixed.assign(**empty)
    return (
        gpd.GeoDataFrame(mixed, geometry="geometry", crs=before.crs) if table in SPATIAL else mixed
    )
