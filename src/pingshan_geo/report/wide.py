"""The wide table as CSV: one table for all kinds of subjects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pingshan_geo.output import csv_bytes


def csv_table(tables: Mapping[str, pd.DataFrame]) -> Iterator[bytes]:
    """Yield the lines of one CSV over the tables of several kinds.

    The columns ``kind, id, name_en, name_zh, unit_si`` lead; then come value, bounds, status and
    qualifier of each measure, as they first occur in the order of kinds. Units end the column
    names; ``unit_si`` is the unit of measures whose rows differ in it. What a kind does not have
    is empty; so is an unknown value, whose status says ``unknown``.
    """
    columns = list(dict.fromkeys(str(name) for table in tables.values() for name in table))
    yield from csv_bytes([columns])
    for table in tables.values():
        whole = table.reindex(columns=columns).astype(object)
        yield from csv_bytes(whole.where(whole.notna(), None).itertuples(index=False))
