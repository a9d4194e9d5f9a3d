"""A source read again, as a table for people and as a document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pingshan_geo.audit.source import STATUSES, Checked, SourceCheck
from pingshan_geo.findings import printable
from pingshan_geo.report.document import SCHEMA_VERSION
from pingshan_geo.report.findings import findings_table
from pingshan_geo.words import text, word

# Of more sentences, and of more numbers in one, only the count is told; JSON has all.
_MOST_SENTENCES, _MOST_NAMED = 200, 40


def source_table(check: SourceCheck, lang: str = "en") -> str:
    """Return what reading a source again has shown: a summary, then every finding.

    Numbers that nothing holds are listed by sentence at the end; text from the document can
    neither break a line nor colour it.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> from pingshan_geo.audit.document import Document, counted_sentences
    >>> from pingshan_geo.audit.source import check_source
    >>> page = Document("a.txt", "text", "", counted_sentences(["30 December 2020: 1.04亿元。"]))
    >>> told = check_source(load_catalogue(), "yiyao-2020", page)
    >>> print(source_table(told).splitlines()[1])
    4 numbers held from it: 1 found as printed, 1 in other notation, 2 not in the document
    """
    lines = [f"{check.title.get(lang)} ({check.source}) – {check.document}", _summary(check, lang)]
    searched = sum(each.searched for each in check.checked)
    if searched:
        lines.append(text("source_searched").filled(count=str(searched)).get(lang))
    told = [f for f in check.findings if f.code != "source-number-unheld"]
    lines += findings_table(told, lang).splitlines()
    if check.unheld:
        lines += ["", f"{word('source_unheld', lang)}{_colon(lang)}"]
        lines += _unheld(check)
    return "".join(f"{printable(line)}\n" for line in lines)


def _colon(lang: str) -> str:
    return "：" if lang == "zh" else ":"


def _summary(check: SourceCheck, lang: str) -> str:
    counts = Counter(each.status for each in check.checked)
    parts = [
        text(f"source_{status}").filled(count=str(counts[status])).get(lang)
        for status in STATUSES
        if counts[status]
    ]
    head = text("source_held").filled(count=str(len(check.checked))).get(lang)
    comma = "，" if lang == "zh" else ", "
    return head + (_colon(lang) + ("" if lang == "zh" else " ") + comma.join(parts)) * bool(parts)


def _unheld(check: SourceCheck) -> Iterator[str]:
    for sentence, numbers in check.unheld[:_MOST_SENTENCES]:
        named = [number.printed for number in numbers[:_MOST_NAMED]]
        named += [f"+{len(numbers) - _MOST_NAMED}"] * (len(numbers) > _MOST_NAMED)
        yield f"  {sentence.locator}  {'; '.join(named)}"
    if len(check.unheld) > _MOST_SENTENCES:
        yield f"  +{len(check.unheld) - _MOST_SENTENCES}"


def document_of_source(check: SourceCheck, lang: str = "en") -> dict[str, Any]:
    """Return the check as JSON: every statement with its status and place, and all findings.

    ``mismatches`` is true where document and catalogue disagree.

    Examples
    --------
    >>> from pingshan_geo import load_catalogue
    >>> from pingshan_geo.audit.document import Document, counted_sentences
    >>> from pingshan_geo.audit.source import check_source
    >>> page = Document("a.txt", "text", "", counted_sentences(["30 December 2020: 1.04亿元。"]))
    >>> told = document_of_source(check_source(load_catalogue(), "yiyao-2020", page))
    >>> told["mismatches"], told["statements"][2]["status"], told["statements"][2]["place"]
    (True, 'found', 'P1 S1')
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "source": check.source,
        "document": {"name": check.document, "kind": check.kind},
        "mismatches": check.mismatches,
        "statements": [_statement(each) for each in check.checked],
        "unheld": [
            {
                "place": sentence.locator,
                "numbers": [
                    {"printed": n.printed, "digits": n.digits, "unit": n.unit,
                     "qualifier": n.qualifier}
                    for n in numbers
                ],
            }
            for sentence, numbers in check.unheld
        ],
        "findings": [finding.to_dict(lang) for finding in check.findings],
    }  # fmt: skip


def _statement(each: Checked) -> dict[str, Any]:
    one = each.statement
    return {
        "id": one.id,
        "subject": one.subject,
        "file": one.file,
        "row": one.row,
        "field": one.field,
        "value": one.digits,
        "unit": one.unit,
        "locator": one.locator or None,
        "status": each.status,
        "printed": each.number.printed if each.number else None,
        "place": each.place,
        "searched_everywhere": each.searched,
        "differences": [finding.code for finding in each.differences],
    }
