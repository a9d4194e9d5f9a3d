"""Findings: what is wrong, where it stands, and what to do. One list for all of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from pingshan_geo.errors import InputError
from pingshan_geo.words import Text, codes_table

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding; ``message`` and ``fix`` may name parts of the finding in braces."""

    code: str
    severity: str
    message: Text
    fix: Text


@cache
def codes() -> dict[str, Code]:
    """Return every code that the program can give, in the order of the table."""
    return {
        row["code"]: Code(
            row["code"], row["severity"], Text(row["message_en"], row["message_zh"]),
            Text(row["fix_en"], row["fix_zh"]),
        )
        for row in codes_table()
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or doubtful.

    Attributes
    ----------
    code : str
        A key of `codes`; it decides severity and wording.
    subject, file, row, field, value
        The place: id of what it is about, file name, row as a spreadsheet counts (the heading
        is row 1; in GeoJSON the number of the feature), column, and the value as it stands.
    details : mapping of str or Text
        Further words that the message of this code names.
    related : tuple of str
        Ids of the other subjects that it is about.
    shape : geometry or None
        Where it lies, in the catalogue's CRS.
    """

    code: str
    subject: str | None = None
    file: str | None = None
    row: int | None = None
    field: str | None = None
    value: str | None = None
    details: Mapping[str, str | Text] = default(default_factory=dict)
    related: tuple[str, ...] = ()
    shape: Any = default(default=None, compare=False, repr=False)

    @property
    def severity(self) -> str:
        """``error``, ``warning`` or ``info``."""
        return codes()[self.code].severity

    def message(self, lang: str = "en") -> str:
        """Return what is wrong, in ``lang``."""
        return self._filled(codes()[self.code].message, lang)

    def fix(self, lang: str = "en") -> str:
        """Return what to do about it, in ``lang``."""
        return self._filled(codes()[self.code].fix, lang)

    def _filled(self, template: Text, lang: str) -> str:
        # The template is ours; text from data enters as a value and is never read as a template.
        parts = {"subject": self.subject, "field": self.field, "value": self.value}
        words = {key: "—" if part is None else part for key, part in parts.items()}
        named = {k: v.get(lang) if isinstance(v, Text) else v for k, v in self.details.items()}
        return template.get(lang).format_map(
            {key: shortened(part, lang=lang) for key, part in (words | named).items()}
        )

    def key(self) -> tuple[Any, ...]:
        """Return what two findings that say the same have in common."""
        own = (self.code, self.subject, self.file, self.row, self.field, self.value)
        return (*own, *self.related, *sorted(self.details.items()))

    def place(self) -> str:
        """Return file, row and field in one word, for example ``facts.csv:12 value``."""
        where = self.file or self.subject or ""
        if self.file and self.row is not None:
            where += f":{self.row}"
        return f"{where} {self.field}" if self.field else where

    def line(self, lang: str = "en") -> str:
        """Return the finding in one line: place, code, message, what to do."""
        text = f"{self.place()}: {self.code}: {self.message(lang)} {self.fix(lang)}"
        return printable(text)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return the finding as in the report document."""
        return {
            "severity": self.severity, "code": self.code, "subject": self.subject,
            "file": self.file, "field": self.field, "row": self.row,
            "value": None if self.value is None else shortened(self.value, lang=lang),
            "message": self.message(lang), "fix": self.fix(lang), "related": list(self.related),
        }  # fmt: skip


def unreadable(file: str, reason: str | Text) -> InputError:
    """Return the error of a file that cannot be read."""
    return InputError([Finding("file-unreadable", file=file, details={"reason": reason})])


def first_few(things: Iterable[object], most: int = 5) -> str:
    """Return the first of many things, and a sign where there are more.

    Examples
    --------
    >>> first_few(range(1, 7)), first_few([2, 3])
    ('1, 2, 3, 4, 5, …', '2, 3')
    """
    few = [str(each) for each in islice(things, most + 1)]
    return ", ".join([*few[:most], *("…" for _ in few[most:])])


#: Of one code so many findings about single rows are listed; the others are counted.
MOST_OF_A_CODE = 1000


def unlisted(code: str, count: int, where: str) -> Iterator[Finding]:
    """Yield how many findings of a code are not listed, if there are more than a list can hold.

    Parameters
    ----------
    code : str
        Of the findings.
    count : int
        How many there are.
    where : str
        What shows all of them.
    """
    if count > MOST_OF_A_CODE:
        details: dict[str, str | Text] = {"rule": code, "where": where}
        yield Finding("more-errors", value=f"{count - MOST_OF_A_CODE:,}", details=details)


class Few(NamedTuple):
    """Findings of one code about some rows: what makes those that may be listed, and how many.

    They are made when all parts are known, since of many parts the first fill the list.
    """

    made: Callable[[], Iterable[Finding]]
    total: int


def joined_few(parts: Iterable[Mapping[str, Few]]) -> Iterator[Finding]:
    """Yield findings of parts of a table, each kind under what shows all of it, as one list.

    At most `MOST_OF_A_CODE` of a kind, then how many more there are.
    """
    whole: dict[str, list[Few]] = {}
    for part in parts:
        for where, few in part.items():
            whole.setdefault(where, []).append(few)
    for where, each in whole.items():
        found = list(islice((one for few in each for one in few.made()), MOST_OF_A_CODE))
        yield from found
        if found:
            yield from unlisted(found[0].code, sum(few.total for few in each), where)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings sorted by severity, file, row, subject and code; each once."""
    unique = {finding.key(): finding for finding in found}
    return tuple(
        sorted(
            unique.values(),
            key=lambda f: (
                SEVERITIES.index(f.severity), f.file or "", f.row or 0, f.subject or "",
                f.code, f.field or "", f.value or "",
            ),
        )
    )  # fmt: skip


def errors_in(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings of severity error, in their order."""
    return [each for each in found if each.severity == "error"]


def shortened(text: str, most: int = 200, lang: str = "en") -> str:
    """Return text of at most ``most`` characters; what is cut is counted.

    Examples
    --------
    >>> shortened("abcdef", 3)
    'abc… (3 more characters)'
    """
    if len(text) <= most:
        return text
    rest = len(text) - most
    return text[:most] + (
        f"……（另有 {rest} 个字符）" if lang == "zh" else f"… ({rest} more characters)"
    )


def printable(text: str) -> str:
    r"""Return text in which control and direction characters are written as escapes, in one line.

    Examples
    --------
    >>> print(printable("a\nb"))
    a\u000ab
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\u3000" else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
