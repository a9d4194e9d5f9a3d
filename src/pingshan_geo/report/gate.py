"""The gate: which completion rates do not surely reach what is asked."""

from __future__ import annotations

from collections.abc import Iterator

from pingshan_geo.errors import UsageError
from pingshan_geo.report.people import shown
from pingshan_geo.report.selection import Selection
from pingshan_geo.words import word


def gate(selection: Selection, rate: float, lang: str = "en") -> Iterator[str]:
    """Yield a line for each chosen completion rate that does not surely reach a rate.

    Parameters
    ----------
    selection : Selection
        Its figures of the measure ``completion_rate`` are looked at.
    rate : float
        1 is 100 %. An unknown rate, and one with bounds on both sides of it, do not reach it.
    lang : str
        ``en`` or ``zh``.

    Raises
    ------
    UsageError
        If there is no completion rate among the chosen figures.
    """
    rates = [figure for figure in selection.figures() if figure.measure == "completion_rate"]
    if not rates:
        raise UsageError(
            "no completion rate is among these figures, so none can be held to a rate",
            "所选数据中没有完成率，无从与要求的比率比较",
        )
    for figure in rates:
        if figure.low is not None and figure.low >= rate:
            continue
        asked = f"{rate * 100:.15g} %"
        if figure.value is None:
            yield f"{figure.id}: {word('gate_unknown', lang)} {asked}"
            continue
        why = "gate_below" if figure.high is not None and figure.high < rate else "gate_open"
        value, bounds = shown(figure, "%", lang)
        between = f" [{bounds}]" if bounds else ""
        yield f"{figure.id}: {value}{between}: {word(why, lang)} {asked}"
