"""The commands that tell whether a catalogue can be trusted: check."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import GATE_NOT_MET, Session, assessed, outline_options, table_or_json
from pingshan_geo.errors import InputError, UsageError

if TYPE_CHECKING:
    from pingshan_geo.findings import Finding


@click.command()
@table_or_json
@click.option(
    "--fail-on",
    metavar="CODE_OR_SEVERITY,…",
    help="End with status 1 if there is a finding of one of these codes or severities.",
)
@outline_options
@click.pass_obj
def check(session: Session, /, form: str, fail_on: str | None, **outlines: Any) -> int:
    """List everything that is wrong or doubtful in a catalogue.

    \b
    Examples: pingshan-geo check
              pingshan-geo --catalogue my-town check --fail-on warning
              pingshan-geo --catalogue my-town check --expect-tiling --fail-on must-not-have-gaps
    """
    from pingshan_geo.catalogue import read_catalogue
    from pingshan_geo.report import document_of_findings, findings_table, to_json

    wanted = _wanted(fail_on)
    catalogue, found = read_catalogue(session.catalogue)
    if catalogue is not None:
        found = assessed(catalogue, **outlines).findings
    if form == "json":
        click.echo(to_json(document_of_findings(found, session.lang)).decode(), nl=False)
    else:
        click.echo(findings_table(found, session.lang), nl=False)
        click.echo(_summary(found, session.lang), err=True)
    if any(f.code == "not-a-catalogue" for f in found):
        return InputError.exit_status
    gate = any(f.code in wanted or f.severity in wanted for f in found)
    return GATE_NOT_MET if gate else 0


def _wanted(fail_on: str | None) -> set[str]:
    from pingshan_geo.findings import SEVERITIES, codes
    from pingshan_geo.ids import hint

    wanted = {part.strip() for part in (fail_on or "").split(",") if part.strip()}
    known = {*SEVERITIES, *codes()}
    if fail_on is not None and not wanted:
        raise UsageError("--fail-on names no code or severity", "--fail-on 未指明代码或严重程度")
    for part in sorted(wanted - known):
        near, near_zh = hint(part, known)
        raise UsageError(
            f"{part!r} is no code or severity{near}", f"{part!r} 不是代码或严重程度{near_zh}"
        )
    return wanted


def _summary(found: tuple[Finding, ...], lang: str) -> str:
    from pingshan_geo.findings import SEVERITIES
    from pingshan_geo.words import word

    count = Counter(finding.severity for finding in found)
    return ", ".join(f"{count[s]} {word(s, lang)}" for s in SEVERITIES)
