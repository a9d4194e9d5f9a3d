"""A table in parts: in memory, or in files that are read one by one, in any process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from pingshan_geo.catalogue.part import Part, Step
from pingshan_geo.figure import IntArray
from pingshan_geo.work import Runner, in_turn, new_file

Made = TypeVar("Made")
#: Makes texts of rows, of some at a time.
TextWork = Callable[[pd.DataFrame], Iterable[bytes | memoryview]]


@dataclass(frozen=True)
class Parts:
    """A table in parts, in their order.

    Attributes
    ----------
    parts : tuple of Part
        At least one.
    sizes : tuple of int
        How many rows each part has, before any step.
    folder : TemporaryDirectory or None
        Keeps the files for as long as the table is used.
    below : TemporaryDirectory or None
        Keeps those of the table that this one adds columns to.
    run : Runner
        Does what is to be done with each part.
    """

    parts: tuple[Part, ...]
    sizes: tuple[int, ...]
    folder: Any = None
    below: Any = None
    run: Runner = field(default=map, compare=False)

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Parts:
        """Return a table that is in memory, as one part."""
        return cls((Part(frame),), (len(frame),))

    def __len__(self) -> int:
        return sum(self.sizes)

    @property
    def is_in_memory(self) -> bool:
        """Whether no part is a file."""
        return all(isinstance(part.rows, pd.DataFrame) for part in self.parts)

    def cut(self, most: int) -> Parts:
        """Return the table with parts in memory cut to at most so many rows each."""
        if not self.is_in_memory or max(self.sizes) <= most:
            return self
        frame = self.whole
        pieces = [frame.iloc[at : at + most] for at in range(0, len(frame), most)]
        return replace(
            self, parts=tuple(map(Part, pieces)), sizes=tuple(len(each) for each in pieces)
        )

    def alone(self) -> Parts:
        """Return the table for another process, which does part after part and keeps no file."""
        return replace(self, folder=None, below=None, run=map)

    def each(self, step: Step) -> Parts:
        """Return the table with a step more; it is taken when rows are read."""
        parts = [replace(part, steps=(*part.steps, step)) for part in self.parts]
        return replace(self, parts=tuple(parts))

    def as_texts(self) -> Parts:
        """Return the table with texts as columns of Arrow, where they come from files."""
        return replace(self, parts=tuple(replace(part, as_texts=True) for part in self.parts))

    def seen(self, columns: Sequence[str]) -> Parts:
        """Return the table with these of its columns only."""
        return replace(
            self, parts=tuple(replace(part, columns=tuple(columns)) for part in self.parts)
        )

    def without(self, column: str) -> Parts:
        """Return the table without a column, where it has one and it can be left unread."""
        if column not in self.names or any(part.steps for part in self.parts):
            return self
        return self.seen([name for name in self.names if name != column])

    def beside(self, others: Parts, step: Callable[..., pd.DataFrame]) -> Parts:
        """Return the table with a step more, which gets as ``other`` the same part of a table."""
        pairs = zip(self.parts, others.parts, strict=True)
        parts = [
            replace(part, steps=(*part.steps, partial(step, other=other))) for part, other in pairs
        ]
        return replace(self, parts=tuple(parts))

    def matching(self, where: str) -> Parts:
        """Return the table with the rows that match CQL2 text only; see `query.matching`.

        Parts in files of which no row can match are not read.

        Raises
        ------
        UsageError
            If it is no filter, or names a column that there is not.
        """
        from pingshan_geo.query import matching, parsed  # a parser that few commands need

        matching(where, self.head())
        node = parsed(where)
        needed = [at for at, part in enumerate(self.parts) if part.may_match(node)] or [0]
        parts, sizes = (
            tuple(self.parts[at] for at in needed),
            tuple(self.sizes[at] for at in needed),
        )
        return replace(self, parts=parts, sizes=sizes).each(partial(_matching, where=where))

    def head(self) -> Any:
        """Return the columns without a row."""
        first, nothing = self.parts[0], np.zeros(0, dtype=np.int64)
        frame = replace(first, steps=()).read(rows=nothing)
        for step in first.steps:
            frame = step(frame)
        return frame

    def count(self) -> int:
        """Return how many rows there are, after all steps."""
        if not any(part.steps for part in self.parts):
            return len(self)
        return len(self.whole) if self.is_in_memory else sum(self.made(len))

    def has_heights(self) -> bool:
        """Return whether an outline has heights."""
        if any(part.steps for part in self.parts):
            return any(self.run(Part.has_heights, self.parts))
        return any(part.has_heights() for part in self.parts)

    def made(self, work: Callable[[pd.DataFrame], Made]) -> Iterator[Made]:
        """Yield what work makes of the rows of each part, in their order."""
        yield from self.run(partial(_work, work=work), self.parts)

    def blocks(self, work: Callable[[pd.DataFrame], pa.Table], most: int) -> Iterator[pa.Table]:
        """Yield the Arrow tables that work makes of some rows, in their order.

        Of those in memory they are at most so many at a time. Those of a file are made where the
        part is read, and put into a file.
        """
        if self.is_in_memory:
            yield from map(work, self.slices(most))
            return
        if self.folder is None:
            yield from self.made(work)
            return
        for path in self.run(partial(_block, work=work, folder=self.folder.name), self.parts):
            with pa.OSFile(str(path)) as source:
                yield pa.ipc.open_file(source).read_all()
            path.unlink()

    def texts(self, work: TextWork, most: int, between: bytes = b"") -> Iterator[bytes]:
        """Yield the texts of all rows in their order; ``work`` makes some of them at a time.

        Of rows in memory it gets at most so many. Those of a file are made where the part is read,
        and put into a file.
        """
        if self.is_in_memory:
            join = partial(_joined, work=work, between=between)
            made: Iterator[bytes] = in_turn(join, self.slices(most))
        else:
            job = partial(_texts, work=work, between=between, folder=self.folder.name)
            made = filter(None, self.run(job, self.parts))
        lead = b""
        for each in made:
            yield lead
            if isinstance(each, Path):
                with each.open("rb") as file:
                    yield from iter(partial(file.read, 2**22), b"")
                each.unlink()
            else:
                yield each
            lead = between

    def slices(self, most: int) -> Iterator[pd.DataFrame]:
        """Yield all rows in their order, at most so many at a time."""
        for rows in [self.whole] if self.is_in_memory else (part.read() for part in self.parts):
            for start in range(0, len(rows), most):
                yield rows.iloc[start : start + most]

    def take(self, positions: IntArray, columns: Sequence[str] | None = None) -> Any:
        """Return rows at some positions, which may stand in any order, before any step."""
        ends = np.cumsum(self.sizes)
        of = np.searchsorted(ends, positions, side="right")
        pieces, places = [], []
        for at in np.unique(of).tolist() or [0]:
            mine = np.flatnonzero(of == at)
            places.append(mine)
            local = positions[mine] - (ends[at] - self.sizes[at])
            pieces.append(self.parts[at].read(columns, local))
        if len(pieces) == 1:
            return pieces[0]
        return together(pieces).iloc[np.argsort(np.concatenate(places), kind="stable")]

    @cached_property
    def names(self) -> list[str]:
        """The names of the columns, before any step."""
        return self.parts[0].names()

    @cached_property
    def kinds(self) -> dict[str, str]:
        """What columns of objects hold in all parts together, before any step."""
        found: dict[str, set[str]] = {}
        for part in self.parts:
            for name, kind in part.kinds().items():
                found.setdefault(name, set()).update({kind} - {"empty"})
        return {name: _in_common(kinds) for name, kinds in found.items()}

    @cached_property
    def whole(self) -> Any:
        """All rows in memory."""
        pieces = [part.read() for part in self.parts]
        return pieces[0] if len(pieces) == 1 else together(pieces)


def _in_common(kinds: set[str]) -> str:
    if len(kinds) <= 1:
        return next(iter(kinds), "empty")
    return "floating" if kinds <= {"integer", "floating", "mixed-integer-float"} else "mixed"


def _work(part: Part, work: Callable[[pd.DataFrame], Made]) -> Made:
    return work(part.read())


def _matching(rows: pd.DataFrame, where: str) -> Any:
    from pingshan_geo.query import matching

    return rows[matching(where, rows)]


def _block(part: Part, work: Callable[[pd.DataFrame], pa.Table], folder: str) -> Path:
    """Write the Arrow table of a part into a file."""
    table = work(part.read())
    with new_file(Path(folder)) as (path, file), pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return path


def _joined(rows: pd.DataFrame, work: TextWork, between: bytes) -> bytes:
    return between.join(work(rows))


def _texts(part: Part, work: TextWork, between: bytes, folder: str) -> Path | None:
    """Write the texts of a part into a file; None where it has no row."""
    rows = part.read()
    if not len(rows):
        return None
    with new_file(Path(folder)) as (path, file):
        lead = b""
        for each in work(rows):
            file.write(lead)
            file.write(each)
            lead = between
    return path


def together(pieces: Sequence[pd.DataFrame]) -> Any:
    """Return pieces of a table as one; ids stay texts where pandas would look for numbers."""
    whole: Any = pd.concat(pieces)
    first = pieces[0].index
    if isinstance(first, pd.RangeIndex):
        return whole.reset_index(drop=True)
    ids = np.concatenate([piece.index.to_numpy(dtype=object) for piece in pieces])
    whole.index = pd.Index(ids, dtype=object, name=first.name)
    return whole
