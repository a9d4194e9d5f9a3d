"""What a figure would be if one thing were otherwise, and what would turn its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pingshan_geo.assessment import Assessment
from pingshan_geo.audit.alternatives import Alternative, Alternatives
from pingshan_geo.audit.break_even import WHOLE, BreakEven, break_evens, is_at, net_share
from pingshan_geo.audit.closures import Closures
from pingshan_geo.audit.variants import (
    PUBLISHED,
    Closure,
    Result,
    Variant,
    is_movable,
    moved,
    results,
)
from pingshan_geo.catalogue.dates import span
from pingshan_geo.catalogue.schema import MEASURABLE, TABLES
from pingshan_geo.figure import Figure
from pingshan_geo.measures.limits import LIMIT_COLUMN
from pingshan_geo.words import Text, text

_RATES = ("completion_rate", "completion_rate_itemised")
_LIMITS = {
    "far": "far_limit", "site_coverage": "site_coverage_limit",
    "green_ratio": "green_ratio_minimum", "building_height": "building_height_limit",
}  # fmt: skip
# Copies of a figure have at most so many rows together: some seconds.
_MOST_COPIED = 300_000


class Outcome(NamedTuple):
    """The figure in one alternative: a value of None is unknown.

    ``at`` is the value that the input takes, None where none is put.
    """

    value: float | None
    low: float | None
    high: float | None
    verdict: str | None
    at: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise.

    Attributes
    ----------
    kind : str
        ``input``, ``left_out``, ``reading``, ``date`` or ``status_rule``.
    about : str
        Id of the figure, row, printed number or day.
    label : Text
        For people.
    outcomes : tuple of Outcome or None
        One; for an input that at its low and at its high bound, None where no bound is printed.
    effect : float or None
        Largest difference to the figure's value, in its stored unit; None where it gets unknown.
    printed : Text or None
        Where the other reading is printed.
    turns : str or None
        The verdict that it would turn to.
    """

    kind: str
    about: str
    label: Text
    outcomes: tuple[Outcome | None, ...]
    effect: float | None
    printed: Text | None = None
    turns: str | None = None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """All alternatives of a figure, the largest effect first.

    ``verdict`` and ``threshold`` are None where nothing is judged. ``is_supported`` is false
    where no alternative can be made; ``notes`` then say why.
    """

    figure: Figure
    changes: tuple[Change, ...] = ()
    verdict: str | None = None
    threshold: float | None = None
    break_even: tuple[BreakEven, ...] = ()
    notes: tuple[Text, ...] = ()
    is_supported: bool = True


def sensitivity(assessment: Assessment, figure_id: str) -> Sensitivity:
    """Return what one figure would be if one thing under it were otherwise.

    Raises
    ------
    UsageError
        If there is no such figure; the message names the nearest.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> found = sensitivity(assess(load_catalogue()), "completion_rate/industrial-land-2017")
    >>> first = found.changes[0]
    >>> first.about, [round(each.value, 4) for each in first.outcomes]
    ('target_value/industrial-land-2017', [2.4106, 2.3853])
    >>> share = found.break_even[-1]
    >>> share.kind, round(share.value, 4)
    ('net_site_share', 0.417)
    """
    return sensitivities(assessment, (figure_id,))[figure_id]


def sensitivities(assessment: Assessment, figure_ids: Iterable[str]) -> dict[str, Sensitivity]:
    """Return the alternatives of many figures, from two or three assessments of their copies.

    Raises
    ------
    UsageError
        If there is no such figure.
    """
    closures, alternatives = Closures(assessment), Alternatives(assessment)
    days = YearEnds(assessment)
    found: dict[str, Sensitivity] = {}
    plans: list[_Plan] = []
    for figure_id in dict.fromkeys(figure_ids):
        figure = assessment.figure(figure_id)
        refused = None if figure.value is not None else text("sensitivity_unknown")
        closure = refused or closures.of(figure)
        if isinstance(closure, Text):
            found[figure_id] = Sensitivity(figure, notes=(closure,), is_supported=False)
            continue
        plan = _Plan.of(assessment, closure, alternatives, days)
        found[figure_id] = Sensitivity(figure)  # keeps the order that was asked for
        if plan.size > _MOST_COPIED:
            notes = (text("sensitivity_too_many"),)
            found[figure_id] = Sensitivity(figure, notes=notes, is_supported=False)
        else:
            plans.append(plan)
    told = _results(assessment, plans)
    for plan, rows in zip(plans, told, strict=True):
        found[plan.closure.figure.id] = _told(plan, rows)
    sides = [_sides(assessment, plan, rows) for plan, rows in zip(plans, told, strict=True)]
    tried = results(assessment, [
        (plan.closure, variant) for plan, side in zip(plans, sides, strict=True)
        for _, variant in side
    ])  # fmt: skip
    outcomes = iter(tried)
    for plan, side in zip(plans, sides, strict=True):
        was = found[plan.closure.figure.id]
        kept = [each for each, _ in side if is_at(next(outcomes), was.threshold)]
        if kept and was.is_supported:
            found[was.figure.id] = Sensitivity(
                was.figure, was.changes, was.verdict, was.threshold, tuple(kept), was.notes
            )
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """The copies of one figure: unaltered, each alternative, two probes of each input, each day."""

    closure: Closure
    alternatives: tuple[Alternative, ...]
    probed: tuple[Figure, ...]
    years: tuple[int, ...]
    threshold: float | None
    notes: tuple[Text, ...]

    @staticmethod
    def of(
        assessment: Assessment, closure: Closure, alternatives: Alternatives, days: YearEnds
    ) -> _Plan:
        found, notes = alternatives.of(closure)
        threshold = _threshold(assessment, closure.figure)
        probed: list[Figure] = []
        if threshold is not None:
            leaves = alternatives.leaves(closure)
            probed = [each for each in leaves if is_movable(each) and each.value]
        years = days.of(closure)
        return _Plan(closure, tuple(found), tuple(probed), tuple(years), threshold, tuple(notes))

    @property
    def variants(self) -> list[Variant]:
        """The unaltered copy, then all others but those of other days."""
        made = [Variant()]
        for each in self.alternatives:
            made += (variant for variant in each.variants if variant is not None)
        for leaf in self.probed:
            made += (Variant((moved(leaf, (leaf.value or 0) * by),)) for by in (2.0, 0.5))
        return made

    @property
    def size(self) -> int:
        return self.closure.size * (len(self.variants) + len(self.years))


class _Rows(NamedTuple):
    """What the assessment says of the copies of a plan, in the order of its variants."""

    base: Result
    others: list[Result]
    dated: list[Result]


def _results(assessment: Assessment, plans: Sequence[_Plan]) -> list[_Rows]:
    """Return the results of all plans; copies of other days go along where a year ends."""
    end = date(assessment.as_of.year, 12, 31)
    now = [(plan.closure, variant) for plan in plans for variant in plan.variants]
    dated = [
        (plan.closure, Variant(years=end.year - year)) for plan in plans for year in plan.years
    ]
    if end == assessment.as_of:
        both = results(assessment, now + dated)
        first, later = iter(both[: len(now)]), iter(both[len(now) :])
    else:
        first, later = iter(results(assessment, now)), iter(results(assessment, dated, end))
    found = []
    for plan in plans:
        rows = [next(first) for _ in plan.variants]
        found.append(_Rows(rows[0], rows[1:], [next(later) for _ in plan.years]))
    return found


def _told(plan: _Plan, rows: _Rows) -> Sensitivity:
    figure = plan.closure.figure
    if tuple(rows.base) != (figure.value, figure.low, figure.high, figure.status, figure.verdict):
        refused = (text("sensitivity_not_repeated"),)
        return Sensitivity(figure, notes=refused, is_supported=False)
    verdict = _verdict(figure, rows.base) if plan.threshold is not None else None
    changes = [*_changes(plan, rows, verdict), *_dated(plan, rows, verdict)]
    # What gets unknown has no size; it stands after what has one.
    changes.sort(key=lambda each: (each.effect is None, -(each.effect or 0.0)))
    notes: tuple[Text, ...] = plan.notes
    if verdict is not None and not any(each.turns for each in changes):
        notes = (*notes, text("sensitivity_none_turns"))
    if not changes:
        notes = (*notes, text("sensitivity_nothing"))
    return Sensitivity(figure, tuple(changes), verdict, plan.threshold, (), notes)


def _changes(plan: _Plan, rows: _Rows, verdict: str | None) -> Iterator[Change]:
    found = iter(rows.others)
    for each in plan.alternatives:
        outcomes = [
            None if variant is None else _outcome(plan, next(found), verdict, at)
            for variant, at in zip(each.variants, each.at, strict=True)
        ]
        made = _change(plan, each.kind, each.about, each.label, outcomes, verdict, each.printed)
        # A row or reading that changes nothing at all is no alternative.
        if each.kind == "input" or made.effect != 0.0:
            yield made


def _dated(plan: _Plan, rows: _Rows, verdict: str | None) -> Iterator[Change]:
    """Yield the figure of earlier days: the last year end of each run of equal values."""
    told = list(zip(plan.years, rows.dated, strict=True))
    base = plan.closure.figure.value
    for at, (year, result) in enumerate(told):
        following = told[at + 1][1].value if at + 1 < len(told) else base
        if result.value is None or result.value in (base, following):
            continue  # before anything was printed there is nothing to compare
        # A limit of a zone has days of its own: nothing is said of the verdict then.
        judged = None if plan.closure.limits else verdict
        outcome = _outcome(plan, result, judged, None)
        label = text("sensitivity_as_of").filled(year=str(year))
        yield _change(plan, "date", f"{year}-12-31", label, [outcome], judged)


def _change(
    plan: _Plan, kind: str, about: str, label: Text, outcomes: Sequence[Outcome | None],
    verdict: str | None, printed: Text | None = None,
) -> Change:  # fmt: skip
    base = plan.closure.figure.value
    made = [each for each in outcomes if each is not None]
    sizes = [abs(e.value - base) for e in made if e.value is not None and base is not None]
    effect = max(sizes) if len(sizes) == len(made) and sizes else None
    # What gets unknown is not judged otherwise.
    told = (each.verdict for each in made if each.verdict not in (verdict, "unknown"))
    turns = next(told, None)
    return Change(kind, about, label, tuple(outcomes), effect, printed, turns)


def _outcome(plan: _Plan, result: Result, verdict: str | None, at: float | None) -> Outcome:
    said = None if verdict is None else _verdict(plan.closure.figure, result)
    return Outcome(result.value, result.low, result.high, said, at)


def _threshold(assessment: Assessment, figure: Figure) -> float | None:
    """Return what a figure is held against: the limit of a lot, the whole of a target."""
    if figure.kind == "targets":
        return WHOLE if figure.measure in _RATES else None
    if figure.verdict is None or figure.measure not in _LIMITS:
        return None
    name = f"{_LIMITS[figure.measure]}/{figure.subject}"
    if name not in assessment.figure_ids(measure=_LIMITS[figure.measure], subject=figure.subject):
        return None
    return assessment.figure(name).value


def _verdict(figure: Figure, result: Result) -> str | None:
    """Return how a copy stands to its threshold: as assessed, or a rate to the whole."""
    if figure.measure not in _RATES:
        return result.verdict or "unknown"
    if result.value is None:
        return "unknown"
    if result.low is not None and result.low >= WHOLE:
        return "rate_reached"
    return "rate_missed" if result.high is not None and result.high < WHOLE else "rate_open"


def _sides(assessment: Assessment, plan: _Plan, rows: _Rows) -> list[tuple[BreakEven, Variant]]:
    """Return where each input would have to be, to be tried, each with the copy that tries it."""
    if plan.threshold is None or rows.base.value is None:
        return []
    values = [each.value for each in rows.others[len(rows.others) - 2 * len(plan.probed) :]]
    probes = [
        (leaf, (rows.base.value, double, half))
        for leaf, double, half in zip(plan.probed, values[::2], values[1::2], strict=True)
    ]
    found = break_evens(assessment, plan.closure.figure, probes, plan.threshold)
    share = net_share(assessment, plan.closure, plan.probed)
    return found if share is None else [*found, share]


class YearEnds:
    """Finds the year ends at which something else may be known under a figure.

    Days of rows are read once for all figures of an assessment.
    """

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self._days: dict[str, list[list[str]]] = {}

    def of(self, closure: Closure) -> list[int]:
        """Return the years at whose end something else may be known than a year before or after.

        None where lots of earlier days have outlines, which only an assessment of that day could
        lay over the zones, and none for what a zone's limit is part of: it has days of its own.
        """
        limited = {"far_margin", "floor_headroom", *LIMIT_COLUMN}
        if closure.limits and closure.figure.measure in limited:
            return []
        now = self.assessment.parcels.index
        outlines = self.assessment.catalogue.parcels["geometry_status"]
        earlier = [place for place, lot in closure.rows.get("parcels", ()) if lot not in now]
        if any(outlines.iloc[place] in MEASURABLE for place in earlier):
            return []
        rows = [(kind, place) for kind, pairs in closure.rows.items() for place, _ in pairs]
        rows += (("facts", fact.place) for fact in closure.facts)
        days = {day for kind, place in rows for day in self._of_table(kind)[place]}
        spans = [found for day in days if (found := span(day))]
        years = {end.year for found in spans for end in found}
        ends = {year - before for year in years for before in (0, 1)}
        return sorted(y for y in ends if y > 0 and date(y, 12, 31) < self.assessment.as_of)

    def _of_table(self, kind: str) -> list[list[str]]:
        if kind not in self._days:
            catalogue = self.assessment.catalogue
            table = getattr(catalogue, kind)
            columns = [table[c.name] for c in TABLES[kind] if c.kind == "date" and c.name in table]
            if kind in PUBLISHED:
                columns.append(table["source_id"].map(catalogue.sources["date"]))
            told = [column.astype(object).tolist() for column in columns]
            self._days[kind] = [
                [day for day in row if isinstance(day, str)] for row in zip(*told, strict=True)
            ] or [[] for _ in table.index]
        return self._days[kind]
