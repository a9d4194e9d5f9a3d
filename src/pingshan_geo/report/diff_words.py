"""What is said of a comparison: its summary, what each change is, why a figure is another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from pingshan_geo.audit.changes import Cell
from pingshan_geo.audit.contributions import Comparison, Contribution, FigureChange
from pingshan_geo.audit.edits import Change
from pingshan_geo.audit.outlines import OutlineChange
from pingshan_geo.findings import shortened
from pingshan_geo.units import UNITS, format_number
from pingshan_geo.words import text, word

# Of more than this only the first are named.
_MOST_IDS, _MOST_REASONS, _MOST_CELLS = 6, 5, 2
# Nobody reads of effects below this part of the largest; the JSON has them.
_NOTHING = Fraction(1, 10**6)


def summary(comparison: Comparison, lang: str = "en") -> list[str]:
    """Return what differs in a few lines; one line where nothing does.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> from pingshan_geo.audit.contributions import compare
    >>> summary(compare(load_catalogue(), load_catalogue()))
    ['Nothing differs.']
    """
    if comparison.is_empty:
        return [word("diff_nothing", lang)]
    named = {
        side: text("diff_catalogue").filled(
            name=each.catalogue.id, day=each.as_of.isoformat(), digest=each.catalogue.sha256[:12]
        )
        for side, each in (("before", comparison.before), ("after", comparison.after))
    }
    counts = {
        name: format_number(len(getattr(comparison, name)))
        for name in ("rows", "outlines", "figures", "changes")
    }
    lines = [text("diff_from_to").filled(**named).get(lang)]
    lines.append(text("diff_counts").filled(**counts).get(lang))
    if comparison.is_grouped:
        lines.append(word("diff_grouped", lang))
    return lines


def change_texts(comparison: Comparison, lang: str = "en") -> list[str]:
    """Return what each change of a comparison is, with old and new value of cells that differ."""
    cells = {(row.table, row.row_id): row.cells for row in comparison.rows}
    return [
        change_text(change, lang, cells.get((change.table, (*change.after, "")[0]), ()))
        for change in comparison.changes
    ]


def change_text(change: Change, lang: str = "en", cells: Sequence[Cell] = ()) -> str:
    """Return what a change is, in a few words that fit behind "because".

    Parameters
    ----------
    change : Change
        One row with those that go along, or many of a kind.
    lang : str
        ``en`` or ``zh``.
    cells : sequence of Cell
        Of its row, where that was changed: the first two are named.

    Examples
    --------
    >>> change_text(Change("added", "parcels", (), ("lot-9",), (("parcels", "lot-9"),)))
    'lot lot-9 came in'
    >>> change_text(Change("split", "parcels", ("P",), ("Q", "R"), ()), "zh")
    '宗地 P 分割为 Q、R'
    >>> changed = Change("changed", "facts", ("s1",), ("s1",), (("facts", "s1"),))
    >>> change_text(changed, cells=[Cell("value", "1.0", "1.5")])
    'fact s1 was changed (value: 1.0 → 1.5)'
    """
    what = one_of(change.table, lang)
    if change.count > 1:
        kind = change.kind if change.kind in {"added", "removed"} else "changed"
        how, count = word(f"diff_kind_{change.kind}", lang), format_number(change.count)
        return text(f"diff_many_{kind}").filled(count=count, what=what, kind=how).get(lang)
    said = outline_text(change, lang)
    if change.kind == "changed" and cells:
        said = text("diff_with_cells").filled(change=said, cells=_cells(cells, lang)).get(lang)
    named = {*change.before, *change.after}
    more = len([row for row in change.rows if row[0] != change.table or row[1] not in named])
    if more:
        return text("diff_with_rows").filled(change=said, count=str(more)).get(lang)
    return said


def outline_text(change: Change | OutlineChange, lang: str = "en") -> str:
    """Return what became of an outline or row, with the ids."""
    template = text(f"diff_{change.kind}").get(lang)
    return template.format_map({
        "what": one_of(change.table, lang),
        "before": _ids(change.before, lang),
        "after": _ids(change.after, lang),
    })  # fmt: skip


def one_of(table: str, lang: str) -> str:
    """Return what a row of a table is called; of a table without a word its name."""
    key = f"diff_one_{table}"
    found = word(key, lang)
    return table if found == key else found


def _cells(cells: Sequence[Cell], lang: str) -> str:
    named = [
        f"{cell.field}: " + " → ".join(shortened(v or "—", 40, lang) for v in (cell.old, cell.new))
        for cell in cells[:_MOST_CELLS]
    ]
    named += [f"+{len(cells) - _MOST_CELLS}"] if len(cells) > _MOST_CELLS else []
    return ("；" if lang == "zh" else "; ").join(named)


def _ids(ids: tuple[str, ...], lang: str) -> str:
    named = [shortened(each, 60, lang) for each in ids[:_MOST_IDS]]
    named += [f"+{len(ids) - _MOST_IDS}"] if len(ids) > _MOST_IDS else []
    return ("、" if lang == "zh" else ", ").join(named)


def amount(difference: Fraction, unit: str, lang: str = "en") -> str:
    """Return a difference in the stored unit with its sign, in a unit for people.

    Examples
    --------
    >>> amount(Fraction(31, 1000), "%"), amount(Fraction(-53000), "ha"), amount(Fraction(2), "1")
    ('+3.1 points', '−5.3 ha', '+2')
    """
    value = float(difference / UNITS[unit].factor)
    name = word("diff_points", lang) if unit == "%" else UNITS[unit].label(lang)
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{format_number(abs(value))} {name}".strip()


def reasons(
    figure: FigureChange, causes: Sequence[str], unit: str, lang: str = "en"
) -> Iterator[str]:
    """Yield why a figure is another: what each change does alone, largest first, and the rest.

    Where one change does all of it, its effect is the difference and is not told again.

    Parameters
    ----------
    figure : FigureChange
        What differs.
    causes : sequence of str
        What the changes are, from `change_texts`.
    unit : str
        In which amounts are told.
    lang : str
        ``en`` or ``zh``.
    """
    least = _NOTHING * _largest(figure)
    parts = [each for each in figure.contributions if abs(each.difference or least) >= least]
    has_rest = figure.leftover is not None and abs(figure.leftover) > least
    if len(parts) == 1 and not has_rest and _does_all(parts[0], figure):
        yield text("diff_cause").filled(change=causes[parts[0].change]).get(lang)
        return
    for part in parts[:_MOST_REASONS]:
        change = causes[part.change]
        if part.difference:
            said = amount(part.difference, unit, lang)
            yield text("diff_because").filled(amount=said, change=change).get(lang)
        else:
            said = word(f"diff_is_{part.what}", lang)
            yield text("diff_becomes_because").filled(becomes=said, change=change).get(lang)
    if len(parts) > _MOST_REASONS:
        rest = parts[_MOST_REASONS:]
        total = sum((part.difference or Fraction(0) for part in rest), Fraction(0))
        yield f"{amount(total, unit, lang)} (+{len(rest)})"
    if figure.leftover is not None and has_rest:
        said = amount(figure.leftover, unit, lang)
        yield text("diff_together").filled(amount=said).get(lang)


def _does_all(part: Contribution, figure: FigureChange) -> bool:
    """Return whether the column of differences already says what this change does."""
    return bool(part.difference) if figure.difference else part.what in figure.what


def _largest(figure: FigureChange) -> Fraction:
    terms = [figure.difference, *(part.difference for part in figure.contributions)]
    return max(abs(term or Fraction(0)) for term in terms)
