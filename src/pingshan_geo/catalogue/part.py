"""Some rows of a table: in memory, in a file, or with columns of several files side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from pingshan_geo.catalogue.stored import (
    column_names,
    kept_bounds,
    kept_heights,
    kept_kinds,
    kept_values,
    object_kinds,
    store,
    stored,
)
from pingshan_geo.figure import IntArray

#: What is done with the rows of a part when they are read.
Step = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Part:
    """Some rows of a table.

    Attributes
    ----------
    rows : DataFrame, Path or Sides
        In memory, a file of `stored`, or columns of several parts.
    columns : tuple of str, optional
        Those that are seen; all without.
    steps : tuple of Step
        What is done with the rows when they are read, in this order.
    as_texts : bool
        Whether texts of a file are a column of Arrow, as who writes them wants them, in place of
        objects, as who looks at them does.
    """

    rows: pd.DataFrame | Path | Sides
    columns: tuple[str, ...] | None = None
    steps: tuple[Step, ...] = ()
    as_texts: bool = False

    @classmethod
    def kept(cls, rows: pd.DataFrame, path: Path | None) -> Part:
        """Put rows into a file; without a path they stay in memory."""
        if path is not None:
            store(rows, path)
        return cls(rows if path is None else path)

    def with_columns(self, more: pd.DataFrame, path: Path | None) -> Part:
        """Return the rows with more columns at the end, which alone are put into a file."""
        if path is None:
            return Part(self.read().join(more))
        return Part(Sides((self, Part.kept(more, path))))

    def read(self, columns: Sequence[str] | None = None, rows: IntArray | None = None) -> Any:
        """Return the rows, or some of them by position, with all that is seen or some columns."""
        wanted = self.columns if self.steps or columns is None else columns
        frame = self._read(wanted, None if self.steps else rows)
        for step in self.steps:
            frame = step(frame)
        if self.steps:
            frame = frame if rows is None else frame.iloc[rows]
            frame = frame if columns is None else frame[list(columns)]
        return frame

    def _read(self, columns: Sequence[str] | None, rows: IntArray | None) -> pd.DataFrame:
        if isinstance(self.rows, Path):
            return stored(self.rows, columns, rows, as_texts=self.as_texts)
        if isinstance(self.rows, Sides):
            found: pd.DataFrame = self.rows.read(columns, rows, as_texts=self.as_texts)
            return found
        frame = self.rows if columns is None else self.rows[list(columns)]
        return frame if rows is None else frame.iloc[rows]

    def names(self) -> list[str]:
        """Return the names of the columns that are seen, before any step."""
        if self.columns is not None:
            return list(self.columns)
        if isinstance(self.rows, Sides):
            return self.rows.names()
        named = column_names(self.rows) if isinstance(self.rows, Path) else self.rows.columns
        return [str(name) for name in named]

    def kinds(self) -> dict[str, str]:
        """Return what columns of objects hold, before any step; see `object_kinds`."""
        if isinstance(self.rows, Sides):
            return self.rows.kinds()
        return kept_kinds(self.rows) if isinstance(self.rows, Path) else object_kinds(self.rows)

    def values(self) -> dict[str, list[str]]:
        """Return all texts of the columns that tell of zones, as far as files tell of them."""
        if isinstance(self.rows, Sides):
            return {name: each for part in self.rows.parts for name, each in part.values().items()}
        return kept_values(self.rows) if isinstance(self.rows, Path) else {}

    def bounds(self) -> list[float] | None:
        """Return where the outlines lie, empty for nowhere; None where no file tells of it."""
        if self.steps or isinstance(self.rows, pd.DataFrame):
            return None  # a step may give other outlines; it leaves the columns of zones alone
        if isinstance(self.rows, Sides):
            return self.rows.parts[0].bounds()
        return kept_bounds(self.rows)

    def has_heights(self) -> bool:
        """Return whether an outline has heights."""
        if isinstance(self.rows, Sides) and not self.steps:
            return self.rows.parts[0].has_heights()
        if isinstance(self.rows, Path) and not self.steps:
            return kept_heights(self.rows)
        return bool(shapely.has_z(self.read(["geometry"])["geometry"].to_numpy()).any())

    def may_match(self, node: Any) -> bool:
        """Return whether a row may match a filter's tree, from what the file tells of itself."""
        if isinstance(self.rows, pd.DataFrame):
            return True
        from pingshan_geo.catalogue.needed import may_match

        return may_match(node, self.values(), self.bounds())


@dataclass(frozen=True)
class Sides:
    """Columns of the same rows in several parts, side by side; outlines are in the first."""

    parts: tuple[Part, ...]

    def read(
        self, columns: Sequence[str] | None, rows: IntArray | None, *, as_texts: bool = False
    ) -> Any:
        """Return the rows, or some by position, with all columns or some, in that order."""
        wanted, found = self.names() if columns is None else columns, []
        for part in (replace(each, as_texts=as_texts) for each in self.parts):
            own = set(part.names())
            if mine := [name for name in wanted if name in own]:
                found.append(part.read(mine, rows))
        if not found:
            return self.parts[0].read([], rows)
        frame = reduce(pd.DataFrame.join, found)
        return frame if list(frame.columns) == list(wanted) else frame[list(wanted)]

    def names(self) -> list[str]:
        """Return the names of all columns."""
        return [name for part in self.parts for name in part.names()]

    def kinds(self) -> dict[str, str]:
        """Return what columns of objects hold."""
        return {name: kind for part in self.parts for name, kind in part.kinds().items()}
