"""Which parcels lie in which zone, and rows of large tables, without a table in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pingshan_geo.catalogue.part import Part
from pingshan_geo.catalogue.parts import Parts
from pingshan_geo.figure import BoolArray, IntArray, ObjectArray
from pingshan_geo.measures.registry import MEASURES


class Rows:
    """Rows of a table by id; one in files is read row by row.

    Parameters
    ----------
    parts : Parts
        The table.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kept: dict[str, Mapping[Any, Any]] = {}
        self._columns: dict[str, list[Any]] = {}

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The position of each id."""
        if self._parts.is_in_memory:
            return {subject: row for row, subject in enumerate(self._parts.whole.index)}
        return Ids(self._parts)

    def cell(self, column: str, subject: str) -> Any:
        """Return a cell; None where it is missing or there is no such column or row."""
        if column not in self._names:
            return None
        at = self.place.get(subject)
        if at is None:
            return None
        if self._parts.is_in_memory:
            if column not in self._columns:
                self._columns[column] = cells(self._parts.whole[column])
            return self._columns[column][at]
        if subject not in self._kept:
            row = self._parts.take(np.array([at]), [n for n in self._names if n != "geometry"])
            self._kept[subject] = {name: cells(row[name])[0] for name in row}
        return self._kept[subject].get(column)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self._parts.names)


# So many ids are looked for one by one before it pays to hash all.
_FEW = 20


def _hash(ids: npt.NDArray[np.object_]) -> npt.NDArray[np.uint64]:
    found: npt.NDArray[np.uint64] = pd.util.hash_array(ids, categorize=False)
    return found


class Ids(Mapping[str, int]):
    """The ids of a large table with their positions, a tenth as large as a dict of them.

    Parameters
    ----------
    parts : Parts
        The table.
    """

    def __init__(self, parts: Parts) -> None:
        ids = [part.read([]).index.to_numpy(dtype=object) for part in parts.parts]
        self.ids = pa.concat_arrays([pa.array(each, pa.large_string()) for each in ids])
        self._asked = 0

    def __getitem__(self, subject: str) -> int:
        self._asked += 1
        at = self._looked_through(subject) if self._asked <= _FEW else self._looked_up(subject)
        if at < 0:
            raise KeyError(subject)
        return at

    def _looked_through(self, subject: str) -> int:
        found: int = pc.index(self.ids, pa.scalar(subject, pa.large_string())).as_py()
        return found

    def _looked_up(self, subject: str) -> int:
        order, hashes = self._hashed
        own = _hash(np.array([subject], dtype=object))[0]
        start, end = (np.searchsorted(hashes, own, side) for side in ("left", "right"))
        places: list[int] = order[start:end].tolist()
        return next((at for at in places if self.ids[at].as_py() == subject), -1)

    @cached_property
    def _hashed(self) -> tuple[IntArray, npt.NDArray[np.uint64]]:
        """The positions in the order of the ids' hashes, and these."""
        hashes = _hash(self.ids.to_numpy(zero_copy_only=False))
        order = np.argsort(hashes, kind="stable")
        return order, hashes[order]

    def __iter__(self) -> Iterator[str]:
        return (each.as_py() for each in self.ids)

    def __len__(self) -> int:
        return len(self.ids)


def cells(column: pd.Series[Any]) -> list[Any]:
    """Return the cells of a column, None where one is missing."""
    values = np.array(column.array, dtype=object)
    values[pd.isna(values)] = None
    found: list[Any] = values.tolist()
    return found


class Members:
    """The parcels of an assessment as positions, with what figures over many of them ask.

    Parameters
    ----------
    lots, pieces : Parts
        Parcels, and their parts in zones.
    places : mapping of str to DataFrame
        As of an `Assessment`.
    """

    def __init__(self, lots: Parts, pieces: Parts, places: Mapping[str, pd.DataFrame]) -> None:
        self._lots, self._pieces, self._places = lots, pieces, places
        self._known: dict[tuple[str, ...], BoolArray] = {}
        self._inside: dict[str, Mapping[Any, IntArray]] = {}

    def inside(self, places: str, zone: int) -> IntArray:
        """Return the rows, of parcels, land or others, in a zone or below it, in their order."""
        if places not in self._inside:
            pairs = self._places[places]
            row = pairs["row"].to_numpy()
            self._inside[places] = {
                each: np.sort(row[at]) for each, at in pairs.groupby("zone").indices.items()
            }
        return self._inside[places].get(zone, np.zeros(0, dtype=np.int64))

    def ids(self, lots: IntArray) -> list[str]:
        """Return the ids of parcels."""
        found: list[str] = self._ids.take(pa.array(lots)).to_pylist()
        return found

    @cached_property
    def _ids(self) -> pa.Array:
        return Ids(self._lots).ids

    def known(self, measures: tuple[str, ...]) -> BoolArray:
        """Return of which parcels all of some measures are known."""
        if measures not in self._known:
            columns = [MEASURES[name].column for name in measures]
            known = [part.read(columns).notna().all(axis=1) for part in self._lots.parts]
            self._known[measures] = np.concatenate([each.to_numpy() for each in known])
        return self._known[measures]

    @cached_property
    def bases(self) -> ObjectArray:
        """The basis of each parcel's site area, None where nobody says one."""
        name = "site_area_basis"
        told = [cells(part.read([name])[name]) for part in self._lots.parts]
        return np.array([each for some in told for each in some], dtype=object)

    @cached_property
    def is_cut(self) -> BoolArray:
        """Which parcels were cut by the outlines of zones."""
        pairs = zip(self._lots.parts, self._pieces.parts, strict=True)
        return np.concatenate([_is_cut(*pair) for pair in pairs])

    @cached_property
    def pieces(self) -> dict[str, int]:
        """The number of pieces in each zone."""
        count: dict[str, int] = {}
        for part in self._pieces.parts:
            for zone, pieces in part.read(["zone_id"])["zone_id"].value_counts().items():
                count[str(zone)] = count.get(str(zone), 0) + int(pieces)
        return count

    @cached_property
    def shared_m2(self) -> dict[str, list[float]]:
        """What is counted elsewhere of the pieces in each zone, as far as it is."""
        found: dict[str, list[float]] = {}
        for part in self._pieces.parts:
            rows = part.read(["zone_id", "shared_m2"]).dropna()
            rows = rows[rows["shared_m2"] > 0]
            for zone, area in zip(rows["zone_id"], rows["shared_m2"], strict=True):
                found.setdefault(str(zone), []).append(area)
        return found


def _is_cut(lots: Part, pieces: Part) -> BoolArray:
    return np.asarray(lots.read([]).index.isin(pieces.read(["parcel_id"])["parcel_id"]))
