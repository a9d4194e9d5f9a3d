"""Tables for a terminal: rich lays them out and draws their heads, rows are written as text.

Drawn by rich cell by cell, the rows took half of the time of a whole report.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # rich is imported where it is needed
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.measure import Measurement


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, where its text stands, and how narrow it may get."""

    heading: str
    is_number: bool = False
    least: int | None = None


def table_lines(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[str]], *,
    width: int = 120, colour: bool = False,
) -> Iterator[str]:  # fmt: skip
    r"""Yield the lines of a table for a terminal, without blanks at their ends.

    Parameters
    ----------
    title : str
        Stands above the table.
    columns : sequence of Column
        The headings.
    rows : iterable of sequence of str
        Cells of printable text; a line break in one begins a new line of the row.
    width : int
        Characters a line may have; what is longer is folded, a column that stays too wide is cut.
    colour : bool
        Whether title and headings may hold terminal colours.

    Examples
    --------
    >>> for line in table_lines("Lots", [Column("id"), Column("m²", True)], [["a", "1"]]):
    ...     print(line)
    Lots
    <BLANKLINE>
      id   m²
     ─────────
      a     1
    <BLANKLINE>
    """
    from rich import box
    from rich.cells import cell_len, set_cell_size
    from rich.table import Table

    cells = [list(row) for row in rows]
    file = io.StringIO()
    console = _console(file, width=width, colour=colour)
    extents = [_Extent(row[at] for row in cells) for at in range(len(columns))]
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(
            column.heading, justify="right" if column.is_number else "left", overflow="fold",
            min_width=column.least,
        )  # fmt: skip
    table.add_row(*extents)
    console.print(table)
    *head, _, foot = file.getvalue().splitlines()
    yield from (line.rstrip() for line in head)
    for row in cells:
        parts = [
            [_placed(line, extent.width, column) for line in extent.folded(cell)]
            for cell, extent, column in zip(row, extents, columns, strict=True)
        ]
        blanks = [" " * extent.width for extent in extents]
        for line in zip_longest(*parts):
            whole = (part or blank for part, blank in zip(line, blanks, strict=True))
            drawn = "  " + "   ".join(whole)
            yield (set_cell_size(drawn, width) if cell_len(drawn) > width else drawn).rstrip()
    yield foot.rstrip()


def folded(text: str, width: int) -> list[str]:
    """Return a text in lines of at most ``width`` characters, broken between words if it can be.

    Examples
    --------
    >>> folded("one two three", 8)
    ['one two', 'three']
    """
    from rich.cells import cell_len
    from rich.text import Text

    if cell_len(text) <= width:
        return [text]
    lines = Text(text).wrap(_console(io.StringIO(), width=width), width, overflow="fold")
    return [line.plain.rstrip() for line in lines]


def _console(file: io.StringIO, *, width: int, colour: bool = False) -> Console:
    from rich.console import Console

    return Console(
        file=file, width=width, force_terminal=colour, no_color=not colour, highlight=False,
        color_system="standard" if colour else None, legacy_windows=False,
    )  # fmt: skip


def _placed(line: str, width: int, column: Column) -> str:
    from rich.cells import cell_len

    line = line.rstrip()
    blank = " " * (width - cell_len(line))
    return blank + line if column.is_number else line + blank


class _Extent:
    """All cells of a column as one, for rich to lay out: it asks how wide, and says how wide."""

    def __init__(self, cells: Iterable[str]) -> None:
        from rich.cells import cell_len

        self.width = self.least = self.most = 0
        for cell in cells:
            most = max(map(cell_len, cell.split("\n")))
            self.most = max(self.most, most)
            self.least = max(self.least, max(map(cell_len, cell.split()), default=most))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        return Measurement(self.least, self.most)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        self.width = options.max_width
        return iter(())

    def folded(self, cell: str) -> Iterator[str]:
        for line in cell.split("\n"):
            yield from folded(line, self.width)
