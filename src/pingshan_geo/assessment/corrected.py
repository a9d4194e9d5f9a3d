"""What was corrected under a figure: the value that stood there before stays to be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pingshan_geo.findings import Finding
from pingshan_geo.measures.readings import USED
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.words import Text, text

if TYPE_CHECKING:
    from pingshan_geo.assessment.view import View

#: Fields of a fact or target that a printed number stands in.
_OF_NUMBER = ("value", "unit", "qualifier", "resolution", "printed")


def by_cell(found: Iterable[Finding]) -> dict[tuple[str | None, str | None], list[Finding]]:
    """Return the corrections that were applied, by subject and field."""
    cells: dict[tuple[str | None, str | None], list[Finding]] = {}
    for finding in found:
        if finding.code == "corrected":
            cells.setdefault((finding.subject, finding.field), []).append(finding)
    return cells


def corrections(view: View, kind: str, name: str, subject: str) -> Iterator[Text]:
    """Yield a note for each correction of the number that a figure is a view of."""
    if not view.corrected:
        return
    used = (f["fact_id"] for f in view.facts(name, subject) if f["role"] == USED)
    places = [(fact, field) for fact in used for field in (*_OF_NUMBER, "as_of", "area_basis")]
    places.append((subject, MEASURES[name].column))
    if kind == "targets" and name == "target_value":
        places += [(subject, field) for field in _OF_NUMBER]
    for place in places:
        for finding in view.corrected.get(place, ()):
            parts = {key: str(part) for key, part in finding.details.items()}
            yield text("note_corrected").filled(old=finding.value or "—", **parts)
