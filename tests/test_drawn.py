"""Tables for a terminal are those that rich draws cell by cell."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pingshan_geo.report.drawn import Column, folded, table_lines

COLUMNS = [Column("Subject", least=6), Column("面积", is_number=True), Column("notes")]
CELLS = st.text(alphabet="ab 1,.–坪山\n²", max_size=30)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5)


def drawn_by_rich(rows, width, *, colour):
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=colour, no_color=not colour, highlight=False,
        color_system="standard" if colour else None, legacy_windows=False,
    )  # fmt: skip
    table = Table(title="Lots", title_justify="left", box=box.SIMPLE_HEAD)
    for column in COLUMNS:
        table.add_column(
            column.heading, justify="right" if column.is_number else "left", overflow="fold",
            min_width=column.least,
        )  # fmt: skip
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
    return [line.rstrip() for line in file.getvalue().splitlines()]


@given(ROWS, st.integers(24, 100), st.booleans())
def test_a_table_has_the_lines_that_rich_draws(rows, width, colour):
    found = list(table_lines("Lots", COLUMNS, rows, width=width, colour=colour))
    assert found == drawn_by_rich(rows, width, colour=colour)


def test_a_line_is_broken_between_words_and_a_long_word_where_it_must_be():
    assert folded("one two three", 8) == ["one two", "three"]
    assert folded("坪山坪山坪山", 5) == ["坪山", "坪山", "坪山"]
