"""Printed numbers in stored units, with the bounds that their digits and qualifiers allow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from pingshan_geo.units import UNITS, implied_step, to_si


def with_bounds(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of printed numbers with the columns that figures need.

    Parameters
    ----------
    table : DataFrame
        ``value_digits, unit, qualifier`` and, for facts, ``resolution_digits``. Units and digits
        have been checked; rows where they are bad are left unknown (NaN).

    Returns
    -------
    DataFrame
        The table with ``value_si, low_si, high_si`` (infinite where there is no bound),
        ``unit_si`` and ``qualifier`` filled (default ``printed``).
    """
    si = np.full((3, len(table)), np.nan)
    units: list[str | None] = []
    qualifiers = [q or "printed" for q in table["qualifier"]]
    resolutions = table.get("resolution_digits", pd.Series([None] * len(table)))
    printed = zip(table["value_digits"], table["unit"], qualifiers, resolutions, strict=True)
    for place, (digits, unit, qualifier, resolution) in enumerate(printed):
        known = UNITS.get(unit or "")
        units.append(known.si if known else None)
        if digits is None or known is None:
            continue
        try:
            si[:, place] = bounds(digits, unit, qualifier, resolution)
        except ValueError:
            continue  # told by the check of the column
    return table.assign(
        value_si=si[0],
        low_si=si[1],
        high_si=si[2],
        unit_si=pd.Series(units, index=table.index, dtype=object),
        qualifier=pd.Series(qualifiers, index=table.index, dtype=object),
    )


def bounds(
    digits: str, unit: str, qualifier: str, resolution: str | None = None
) -> tuple[float, float, float]:
    """Return value, low and high of a printed number in the stored unit.

    Half a step lies on either side, the step being ``resolution`` or that of the last printed
    digit; ``exact`` has no width, ``more_than`` no high and ``less_than`` no low bound.

    Raises
    ------
    ValueError
        If the digits are not a number.

    Examples
    --------
    >>> bounds("9.5", "ha", "printed")
    (95000.0, 94500.0, 95500.0)
    >>> bounds("10", "km2", "more_than")
    (10000000.0, 10000000.0, inf)
    """
    value = Fraction(digits)
    middle = to_si(digits, unit)
    if qualifier == "exact":
        return middle, middle, middle
    if qualifier == "more_than":
        return middle, middle, float("inf")
    if qualifier == "less_than":
        return middle, float("-inf"), middle
    half = (Fraction(resolution) if resolution else implied_step(digits)) / 2
    factor = UNITS[unit].factor
    return middle, float((value - half) * factor), float((value + half) * factor)
