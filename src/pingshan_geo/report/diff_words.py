"""What is said of a comparison: its summary, what each change is, why a figure is another."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from pingshan_geo.audit.contributions import Comparison, FigureChange
from pingshan_geo.audit.edits import Change
from pingshan_geo.audit.outlines import OutlineChange
from pingshan_geo.findings import shortened
from pingshan_geo.units import UNITS, format_number
from pingshan_geo.words import text, word

# Of more than this only the first are named.
_MOST_IDS, _MOST_REASONS = 6, 5
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


def change_text(change: Change, lang: str = "en") -> str:
    """Return what a change is, in a few words that fit behind "because".

    Examples
    --------
    >>> change_text(Change("added", "parcels", (), ("lot-9",), (("parcels", "lot-9"),)))
    'lot lot-9 came in'
    >>> change_text(Change("split", "parcels", ("P",), ("Q", "R"), ()), "zh")
    '宗地 P 分割为 Q、R'
    """
    what = one_of(change.table, lang)
    if change.count > 1:
        kind = change.kind if change.kind in {"added", "removed"} else "changed"
        how, count = word(f"diff_kind_{change.kind}", lang), format_number(change.count)
        return text(f"diff_many_{kind}").filled(count=count, what=what, kind=how).get(lang)
    said = outline_text(change, lang)
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
    comparison: Comparison, figure: FigureChange, unit: str, lang: str = "en"
) -> Iterator[str]:
    """Yield why a figure is another: what each change does alone, largest first, and the rest."""
    least = _NOTHING * _largest(figure)
    parts = [each for each in figure.contributions if abs(each.difference or least) >= least]
    for part in parts[:_MOST_REASONS]:
        change = change_text(comparison.changes[part.change], lang)
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
    if figure.leftover and abs(figure.leftover) > least:
        said = amount(figure.leftover, unit, lang)
        yield text("diff_together").filled(amount=said).get(lang)


def _largest(figure: FigureChange) -> Fraction:
    terms = [figure.difference, *(part.difference for part in figure.contributions)]
    return max(abs(term or Fraction(0)) for term in terms)
