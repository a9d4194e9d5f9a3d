"""Evidence: where a number was printed."""

from __future__ import annotations

from dataclasses import dataclass

from pingshan_geo.words import Text


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place in one source at which a number stands.

    Attributes
    ----------
    source : str
        Id of the source (``source_id`` in ``sources.csv``).
    locator : str
        Place inside the source, for example ``P12 S2`` (paragraph 12, sentence 2).
    printed : str
        The number as the source prints it; never empty.
    fact : str or None
        Id of the fact, None for a value that stands in a column of a table.
    title : Text
        Title of the source.
    url : str or None
        Address of the source, where it has one.
    """

    source: str
    locator: str
    printed: str
    fact: str | None
    title: Text
    url: str | None

    def to_dict(self) -> dict[str, str]:
        """Return the three members of the report document."""
        return {"source": self.source, "locator": self.locator, "printed": self.printed}
