"""Which rows lie in which zone: by their outlines where those tell, else by what sources say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from pingshan_geo.catalogue.schema import MEASURABLE
from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.findings import MOST_OF_A_CODE, Few, Finding
from pingshan_geo.measures.ragged import groups
from pingshan_geo.measures.wide import positions
from pingshan_geo.units import format_number
from pingshan_geo.words import text

# Columns of a membership: positions of row and zone, the share of the row that counts there.
_COLUMNS = {"row": np.int64, "zone": np.int64, "weight": np.float64}


def levels(zones: pd.DataFrame) -> pd.Series[str]:
    """Return the kind of each zone, with its level where it lies in a zone of the same kind.

    Zones of one level exclude each other; a zone and the one it is part of do not.

    Examples
    --------
    >>> zones = pd.DataFrame({"kind": ["base", "base"], "parent": [None, "a"]}, index=["a", "b"])
    >>> levels(zones).tolist()
    ['base', 'base:2']
    """
    parent, kind = zones["parent"].to_dict(), zones["kind"].to_dict()
    named = []
    for zone in zones.index:
        above, level = parent[zone], 1
        while above in kind:
            level += kind[above] == kind[zone]
            above = parent[above]
        named.append(kind[zone] if level == 1 else f"{kind[zone]}:{level}")
    return pd.Series(named, index=zones.index, dtype=object)


def membership(
    zones: pd.DataFrame, named: pd.Series[str], pairs: pd.DataFrame, *, by_area: bool = False
) -> pd.DataFrame:
    """Return the zones that each row lies in, a pair a line.

    A row whose outline lies in a zone of a level counts there by its outline, and in the zones
    above that one; where most of it lies outside of every zone of the level it counts in none that
    is drawn. For all else the zone that a source names counts, and those above it.

    Parameters
    ----------
    zones : DataFrame
        Indexed by id, with ``kind``, ``parent`` and ``geometry_status``.
    named : Series
        The zone that a source names for each row, or None.
    pairs : DataFrame
        ``row, zone`` (positions; -1 is outside), ``zone_kind`` (as `levels` has it), ``share`` and
        ``is_dominant``, from the overlay.
    by_area : bool
        Whether a row that straddles zones counts in each with its share, slivers included; else
        it counts once, in its dominant zone.

    Returns
    -------
    DataFrame
        ``row, zone, weight``; sorted by row and zone, each pair once.

    Examples
    --------
    >>> zones = pd.DataFrame(
    ...     {"kind": ["town", "base"], "parent": [None, "town"], "geometry_status": "none"},
    ...     index=["town", "base"])
    >>> columns = ["row", "zone", "zone_kind", "share", "is_dominant"]
    >>> nothing = pd.DataFrame({name: [] for name in columns}, dtype=int)
    >>> membership(zones, pd.Series(["base", "town", None]), nothing)[["row", "zone"]].values
    array([[0, 0],
           [0, 1],
           [1, 0]])
    """
    level, names = _levels(zones)
    parent = positions(zones.index, zones["parent"])
    row, zone = (pairs[name].to_numpy(dtype=np.int64) for name in ("row", "zone"))
    share, is_main = pairs["share"].to_numpy(np.float64), pairs["is_dominant"].to_numpy(bool)
    key = row * len(names) + positions(names, pairs["zone_kind"])
    told, is_inside = key[is_main], zone >= 0
    counted = is_inside & (share > 0) & np.isin(key, told) if by_area else is_inside & is_main
    if not by_area:
        share = np.ones(len(row))
    chains = partial(_chains, parent=parent, level=level, count=len(names))
    measured = chains(_Places(row[counted], zone[counted], share[counted]), told)
    place = positions(zones.index, named)
    own = np.flatnonzero(place >= 0)
    said = chains(_Places(own, place[own], np.ones(len(own))), told[:0])
    of_said = said.row * len(names) + level[said.zone]
    known = np.isin(of_said, measured.row * len(names) + level[measured.zone])
    drawn = zones["geometry_status"].isin(MEASURABLE).to_numpy()[said.zone]
    said = said.at(~known & ~(drawn & np.isin(of_said, told)))
    row, zone, weight = map(np.concatenate, zip(measured, said, strict=True))
    both = pd.DataFrame(dict(zip(_COLUMNS, (row, zone, weight), strict=True)))
    return both.iloc[np.argsort(row * len(zones) + zone, kind="stable")].reset_index(drop=True)


class _Places(NamedTuple):
    """Pairs of rows and zones, with the share of the row that counts there."""

    row: IntArray
    zone: IntArray
    share: FloatArray

    def at(self, which: BoolArray | IntArray) -> _Places:
        """Return some of the pairs."""
        return _Places(self.row[which], self.zone[which], self.share[which])


def _chains(
    pairs: _Places, told: IntArray, *, parent: IntArray, level: IntArray, count: int
) -> _Places:
    """Return pairs with those of the zones above, as far as no outline tells that level.

    ``parent`` is the zone above each zone, -1 for none; ``level`` that of each, of ``count``.
    """
    start = level[pairs.zone]
    found, starts = [pairs], [start]
    while len(pairs.row):
        above = _Places(pairs.row, parent[pairs.zone], pairs.share)
        has_one = above.zone >= 0
        pairs, start = above.at(has_one), start[has_one]
        open_ = ~np.isin(pairs.row * count + level[pairs.zone], told)
        found.append(pairs.at(open_))
        starts.append(start[open_])
    row, zone, share = map(np.concatenate, zip(*found, strict=True))
    key = (row * len(level) + zone) * count + np.concatenate(starts)
    order = np.argsort(key, kind="stable")
    # Parts of one level add up; what two levels tell of the zone above is told twice.
    first, _ = groups(key[order])
    added = np.add.reduceat(share[order], first)
    top, _ = groups(key[order[first]] // count)
    kept = order[first[top]]
    return _Places(row[kept], zone[kept], np.maximum.reduceat(added, top))


def _levels(zones: pd.DataFrame) -> tuple[IntArray, pd.Index[str]]:
    """Return the level of each zone as a number, and the names of the levels."""
    codes, names = pd.factorize(levels(zones))
    return codes.astype(np.int64), pd.Index(names, dtype=object)


def followed(places: IntArray, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the zones of rows that lie where rows of another table do.

    Parameters
    ----------
    places : array of int
        For each row the position in the other table, -1 for none.
    pairs : DataFrame
        Membership of the other table.
    """
    rows = pd.DataFrame({"row": np.arange(len(places)), "place": places})
    found = rows[rows["place"] >= 0].merge(pairs, left_on="place", right_on="row")
    found = found.rename(columns={"row_x": "row"})[list(_COLUMNS)]
    return found.astype(_COLUMNS)


def misplaced(zones: pd.DataFrame, named: pd.Series[str], pairs: pd.DataFrame) -> Few:
    """Return findings for rows that a source places where their outline mostly does not lie."""
    level, names = _levels(zones)
    zone = positions(zones.index, named)
    main = pairs[pairs["is_dominant"].to_numpy(dtype=bool)]
    row, best = main["row"].to_numpy(dtype=np.int64), main["zone"].to_numpy(dtype=np.int64)
    said = zone[row]
    drawn = zones["geometry_status"].isin(MEASURABLE).to_numpy()
    of_pair = positions(names, main["zone_kind"])
    share = main["share"].to_numpy(dtype=np.float64)
    apart = (said >= 0) & (said != best) & (share > 0.5)
    apart[apart] = drawn[said[apart]] & (level[said[apart]] == of_pair[apart])
    at = np.flatnonzero(apart)[:MOST_OF_A_CODE]
    ids = np.append(zones.index.to_numpy(dtype=object), "")  # -1 is no zone
    rows = pd.DataFrame({
        "subject": named.index[row[at]], "said": ids[said[at]], "other": ids[best[at]],
        "kind": main["zone_kind"].to_numpy(dtype=object)[at], "share": share[at],
    })  # fmt: skip
    return Few(partial(_misplaced, rows), int(apart.sum()))


def _misplaced(rows: pd.DataFrame) -> Iterator[Finding]:
    for subject, said, other, kind, share in rows.itertuples(index=False):
        outside = text("outside_of").filled(kind=text(str(kind)))
        yield Finding(
            "zone-disagrees", str(subject), field="zone_id", value=str(said),
            related=(other,) if other else (),
            details={
                "place": text("inside_of").filled(zone=other) if other else outside,
                "share": f"{format_number(share * 100, 1)} %",
            },
        )  # fmt: skip
