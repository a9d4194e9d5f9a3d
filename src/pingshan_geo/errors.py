"""What can go wrong, and the exit status that tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:  # findings.py lies above this layer; only its type is named here
    from pingshan_geo.findings import Finding


class PingshanGeoError(Exception):
    """Base of every error that this package raises on purpose.

    ``exit_status`` is what the command line ends with.

    Parameters
    ----------
    en, zh : str
        What is wrong, in English and in Chinese; ``str(error)`` is the English one.
    """

    exit_status: ClassVar[int] = 4

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en, zh)
        self.en, self.zh = en, zh

    def __str__(self) -> str:
        return self.en

    def message(self, lang: str = "en") -> str:
        """Return what is wrong, in ``lang``."""
        return self.zh if lang == "zh" else self.en


class UsageError(PingshanGeoError):
    """A wrong word from the user: an option, a figure id, a column, a target file."""

    exit_status: ClassVar[int] = 2


class InputError(PingshanGeoError):
    """Input that cannot be used; ``findings`` holds all that is wrong with it, not the first.

    Parameters
    ----------
    findings : sequence of Finding
        At least one finding of severity ``error``.
    """

    exit_status: ClassVar[int] = 3

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        en, zh = ("\n".join(each.line(lang) for each in self.findings) for lang in ("en", "zh"))
        super().__init__(en, zh)

    def __reduce__(self) -> tuple[type[InputError], tuple[Sequence[Finding]]]:
        """Go between processes with the findings, which both texts are made of."""
        return type(self), (self.findings,)


class OutputError(PingshanGeoError):
    """A file that could not be written; what stood there before still stands."""

    exit_status: ClassVar[int] = 3
