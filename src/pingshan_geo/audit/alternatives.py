"""Every alternative that is printed for what a figure stands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.many import OVER_LOTS
from pingshan_geo.audit.variants import Closure, Variant, is_movable, moved
from pingshan_geo.catalogue.schema import STAGES
from pingshan_geo.figure import Figure
from pingshan_geo.measures.readings import INSTALMENT, PART, USED, described, described_all
from pingshan_geo.measures.registry import FLOORS, LANDS, MEASURES
from pingshan_geo.words import LANGUAGES, Text, text


@dataclass(frozen=True, slots=True)
class Alternative:
    """One thing that could be otherwise.

    Attributes
    ----------
    kind : str
        ``input`` (moved to its low and its high bound), ``left_out``, ``reading``,
        ``status_rule`` or ``date``.
    about : str
        Id of the figure, row, printed number or day.
    label : Text
        For people.
    variants : tuple of Variant or None
        One; for an input two, None where no bound is printed.
    at : tuple of float or None
        The value that an input takes in each.
    printed : Text or None
        Where the other reading is printed.
    """

    kind: str
    about: str
    label: Text
    variants: tuple[Variant | None, ...]
    at: tuple[float | None, ...] = (None,)
    printed: Text | None = None


#: Of more rows than this the largest are moved or left out; how many more there are is said.
MOST_ROWS = 30
_SAME_GROUND = (("recorded_area", *LANDS), FLOORS)


class Alternatives:
    """Finds what could be otherwise under figures of one assessment."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self._facts: dict[tuple[str, str], list[dict[str, Any]]] = {}
        facts = assessment.facts.reset_index()
        for fact in facts.to_dict("records"):
            named: dict[str, Any] = {str(key): value for key, value in fact.items()}
            self._facts.setdefault((named["measure"], named["subject"]), []).append(named)

    def leaves(self, closure: Closure) -> list[Figure]:
        """Return the printed numbers under a figure, or the figure if it is one itself."""
        figure = closure.figure
        found: dict[str, Figure] = {}

        def below(each: Figure) -> None:
            inputs = each.inputs or (self._of_lots(closure) if each.inputs_from else ())
            for name in inputs:
                if name not in found:
                    under = self.assessment.figure(name)
                    found[name] = under
                    below(under)

        below(figure)
        leaves = [each for each in found.values() if not each.inputs and each.value is not None]
        return leaves or [figure]

    def _of_lots(self, closure: Closure) -> list[str]:
        measures = OVER_LOTS.get(closure.figure.measure, ())
        lots = self.assessment.parcels
        known = lots[[MEASURES[measure].column for measure in measures]].notna().all(axis=1)
        return [
            f"{measure}/{lot}" for _, lot in closure.rows["parcels"]
            if known.get(lot, False) for measure in measures
        ]  # fmt: skip

    def of(self, closure: Closure) -> tuple[list[Alternative], list[Text]]:
        """Return all alternatives of a figure, and what could not be made an alternative."""
        notes: list[Text] = []
        leaves = self.leaves(closure)
        found: list[Alternative] = []
        if leaves != [closure.figure]:
            found += self._moved(closure, leaves, notes)
        found += self._left_out(closure, notes)
        for leaf in leaves:
            if is_movable(leaf):
                found += self._readings(closure.figure, leaf)
        found += self._rules(closure)
        return found, notes

    def _moved(
        self, closure: Closure, leaves: Sequence[Figure], notes: list[Text]
    ) -> Iterator[Alternative]:
        """Yield each input at its low and its high bound."""
        wide = [each for each in leaves if not each.low == each.value == each.high]
        fixed = [each for each in wide if not is_movable(each)]
        notes += (
            text("sensitivity_fixed").filled(
                input=input_label(self.assessment, closure.figure, each)
            )
            for each in fixed
        )
        wide = [each for each in wide if is_movable(each)]
        wide.sort(key=lambda each: -_width(each))
        if len(wide) > MOST_ROWS:
            more = str(len(wide) - MOST_ROWS)
            notes.append(text("sensitivity_more_inputs").filled(most=str(MOST_ROWS), more=more))
        for each in wide[:MOST_ROWS]:
            label = input_label(self.assessment, closure.figure, each)
            ends = (each.low, each.high)
            for end, key in zip(ends, ("sensitivity_no_low", "sensitivity_no_high"), strict=True):
                if end is None:
                    notes.append(text(key).filled(input=label))
            variants = tuple(None if end is None else Variant((moved(each, end),)) for end in ends)
            yield Alternative("input", each.id, label, variants, ends)

    def _left_out(self, closure: Closure, notes: list[Text]) -> Iterator[Alternative]:
        """Yield each row of a sum left out."""
        sizes = self._rows_of(closure)
        kind = "auctions" if closure.figure.kind == "targets" else "parcels"
        largest = sorted(sizes, key=lambda each: -sizes[each])
        if len(largest) > MOST_ROWS:
            more = str(len(largest) - MOST_ROWS)
            notes.append(text("sensitivity_more_rows").filled(most=str(MOST_ROWS), more=more))
        named = {row: self.assessment.subject_name(kind, row) for row in largest[:MOST_ROWS]}
        rows = [(kind, row, name) for row, name in named.items()]
        rows += [("facts", fact, name) for fact, name in self._instalments(closure.figure)]
        for table, row, name in rows:
            label = text("sensitivity_without").filled(row=name)
            variant = Variant(without=frozenset({(table, row)}))
            yield Alternative("left_out", row, label, (variant,))

    def _instalments(self, figure: Figure) -> Iterator[tuple[str, Text]]:
        """Yield the printed deliveries that a target's figure adds up, where there are several."""
        names = {figure.id, *figure.inputs}
        if f"delivered/{figure.subject}" in names:
            for fact in self._facts.get(("delivered", figure.subject), ()):
                if fact["role"] == INSTALMENT:
                    yield fact["fact_id"], described(fact, self.assessment.catalogue.source_title)

    def _rows_of(self, closure: Closure) -> dict[str, float]:
        """Return the known rows of a sum with their size; nothing where the figure is no sum."""
        figure = closure.figure
        if figure.kind == "zones" and figure.measure in OVER_LOTS:
            return {
                each.partition("/")[2]: self.assessment.figure(each).value or 0.0
                for each in reversed(self._of_lots(closure))
            }
        under = {figure.measure, *(each.partition("/")[0] for each in figure.inputs)}
        total = f"delivered/{figure.subject}"
        if figure.kind == "targets" and total in figure.inputs:
            inputs = self.assessment.figure(total).inputs
            under |= {each.partition("/")[0] for each in inputs}
        if figure.kind != "targets" or "delivered_itemised" not in under:
            return {}
        items = self.assessment.figure(f"delivered_itemised/{figure.subject}").inputs
        of_lot = {each.partition("/")[2]: self.assessment.figure(each).value for each in items}
        lots = self.assessment.auctions["parcel_id"].to_dict()
        rows = {row: of_lot.get(lots.get(row) or "") for _, row in closure.rows["auctions"]}
        return {row: size for row, size in rows.items() if size is not None}

    def _readings(self, figure: Figure, leaf: Figure) -> Iterator[Alternative]:
        """Yield what else is printed for an input: other sources, other bases, a rate itself."""
        others: dict[float, list[dict[str, Any]]] = {}
        printed_of_it = self._facts.get((leaf.measure, leaf.subject), ())
        if any(fact["role"] == INSTALMENT for fact in printed_of_it):
            printed_of_it = ()  # they are parts of it, none of them another reading of the sum
        for fact in printed_of_it:
            is_other = fact["role"] not in {USED, INSTALMENT, PART}
            if is_other and fact["value_si"] != leaf.value:
                others.setdefault(fact["value_si"], []).append(fact)
        label = input_label(self.assessment, figure, leaf)
        for value, facts in others.items():
            first = facts[0]
            printed = described_all(facts, self.assessment.catalogue.source_title)
            move = moved(leaf, value, first["low_si"], first["high_si"])
            named = text("sensitivity_reading").filled(input=label, printed=printed)
            yield Alternative(
                "reading", first["fact_id"], named, (Variant((move,)),), (value,), printed
            )
        for name in (n for same in _SAME_GROUND if leaf.measure in same for n in same):
            yield from self._other_basis(label, leaf, name)
        if leaf.measure == "target_value" and figure.measure == "completion_rate":
            yield from self._printed_rate(leaf)

    def _other_basis(self, label: Text, leaf: Figure, name: str) -> Iterator[Alternative]:
        if leaf.kind not in {"parcels", "projects"} or name == leaf.measure:
            return
        known = self.assessment.tables[leaf.kind].get(MEASURES[name].column)
        if known is None or pd.isna(known[leaf.subject]):
            return
        other = self.assessment.figure(f"{name}/{leaf.subject}")
        if other.inputs or other.value is None or other.value == leaf.value:
            return
        printed = _where(other)
        named = text("sensitivity_basis").filled(
            input=label, other=MEASURES[name].label, printed=printed
        )
        move = moved(leaf, other.value, other.low, other.high)
        yield Alternative("reading", other.id, named, (Variant((move,)),), (other.value,), printed)

    def _printed_rate(self, target: Figure) -> Iterator[Alternative]:
        """Yield the rate as the source has it: what a target without a number would be given."""
        rates = self._facts.get(("completion_rate_printed", target.subject))
        if not rates:
            return
        other = self.assessment.figure(f"completion_rate_printed/{target.subject}")
        printed = _where(other)
        named = text("sensitivity_reading").filled(
            input=MEASURES[other.measure].label, printed=printed
        )
        nothing = moved(target, np.nan)
        yield Alternative("reading", other.id, named, (Variant((nothing,)),), (None,), printed)

    def _rules(self, closure: Closure) -> Iterator[Alternative]:
        """Yield a sum of only those rows whose project has come to a later stage."""
        rows = self._rows_of(closure)
        if closure.figure.kind != "targets" or not rows:
            return
        sales, projects = self.assessment.auctions, self.assessment.projects
        stage = sales["project_id"].map(projects["stage"]).reindex(list(rows)).to_dict()
        reached = {
            row: STAGES.index(each) for row, each in stage.items()
            if isinstance(each, str) and each in STAGES
        }  # fmt: skip
        for least in sorted(set(reached.values())):
            out = frozenset(("auctions", row) for row in rows if reached.get(row, -1) < least)
            if out:
                label = text("sensitivity_stage").filled(stage=text(STAGES[least]))
                yield Alternative("status_rule", STAGES[least], label, (Variant(without=out),))


def input_label(assessment: Assessment, figure: Figure, leaf: Figure) -> Text:
    """Return the name of an input; with that of its subject where it is another one's."""
    measure = MEASURES[leaf.measure].label
    if leaf.subject == figure.subject:
        return measure
    name = assessment.subject_name(leaf.kind, leaf.subject)
    return text("sensitivity_of").filled(measure=measure, name=name)


def _width(leaf: Figure) -> float:
    if leaf.low is None or leaf.high is None:
        return float("inf")
    return leaf.high - leaf.low


def _where(figure: Figure) -> Text:
    """Return how and where a figure is printed."""
    parts = [
        Text(f"{e.printed} ({e.title.en})", f"{e.printed}（{e.title.get('zh')}）")
        for e in figure.evidence
    ]
    return Text(*("; ".join(each.get(lang) for each in parts) for lang in LANGUAGES))
