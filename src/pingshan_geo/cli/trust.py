"""The commands that tell whether figures can be trusted: check."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import (
    GATE_NOT_MET,
    Session,
    assessed,
    echo,
    given,
    outline_options,
    put,
    refuse_scheduler,
    steps,
    table_or_json,
)
from pingshan_geo.errors import InputError, UsageError

if TYPE_CHECKING:
    from pingshan_geo.findings import Finding

# What a check is about, where it is not the whole catalogue.
_ABOUT = ("claims", "source", "bundle")
_OUTLINES = ("allocate", "expect_tiling", "survey_tolerance")


@click.command()
@table_or_json
@click.option(
    "--fail-on",
    metavar="CODE_OR_SEVERITY,…",
    help="End with status 1 if there is a finding of one of these codes or severities.",
)
@click.option("--claims", is_flag=True, help="The printed claims computed again, with verdicts.")
@click.option(
    "--source", metavar="ID=FILE",
    help="Read a source again (text, HTML, PDF) and hold every number that is said to come from "
    "it against the document; status 1 where they differ.",
)  # fmt: skip
@click.option(
    "--bundle", metavar="FILE.zip",
    help="Compute every figure of a bundle again from the catalogue inside; status 1 where "
    "anything does not fit.",
)  # fmt: skip
@outline_options
@click.pass_obj
def check(session: Session, /, form: str, fail_on: str | None, **options: Any) -> int:
    """List what is wrong in a catalogue, its claims, a source or a bundle.

    \b
    Examples: pingshan-geo check
              pingshan-geo --catalogue my-town check --fail-on warning
              pingshan-geo --catalogue my-town check --expect-tiling --fail-on must-not-have-gaps
              pingshan-geo check --claims --fail-on claim-contradicted
              pingshan-geo check --source laplace-2017-article=article.txt
              pingshan-geo check --bundle pingshan.zip
    """
    wanted = _wanted(fail_on)
    about = {name: options.pop(name) for name in _ABOUT}
    # A name that is empty is a wrong name, not none.
    named = [name for name, value in about.items() if value not in {None, False}]
    if session.scheduler is not None and "bundle" in named:
        refuse_scheduler("--bundle")
    if len(named) > 1:
        both = " and ".join(f"--{name}" for name in named)
        raise UsageError(
            f"{both} are checks of their own: give one", f"{both} 是各自独立的检查，请只给一个"
        )
    if about["bundle"] is not None:
        found, is_bad = _bundle(session, form, about["bundle"])
    elif about["source"] is not None:
        found, is_bad = _source(session, form, about["source"])
    elif about["claims"]:
        found, is_bad = _claims(session, form, options), False
    else:
        found, is_bad = _catalogue(session, form, options), False
    if any(f.code == "not-a-catalogue" for f in found):
        return InputError.exit_status
    gate = any(f.code in wanted or f.severity in wanted for f in found)
    return GATE_NOT_MET if gate or is_bad else 0


def _catalogue(session: Session, form: str, outlines: dict[str, Any]) -> tuple[Finding, ...]:
    """Tell what was found in the catalogue, whether it can be used or not."""
    from pingshan_geo.catalogue import read_catalogue

    catalogue, found = read_catalogue(session.catalogue, **session.parts())
    if catalogue is not None:
        found = assessed(catalogue, **outlines).findings
    _tell(found, form, session.lang)
    return found


def _claims(session: Session, form: str, outlines: dict[str, Any]) -> tuple[Finding, ...]:
    """Tell each claim with its verdict."""
    from pingshan_geo.report import claims_lines, claims_summary, document_of_claims, to_json

    assessment = session.assess(**outlines)
    if form == "json":
        put(to_json(document_of_claims(assessment, session.lang)))
    else:
        for line in claims_lines(assessment, session.lang):
            echo(line)
        click.echo(claims_summary(assessment, session.lang), err=True)
    return tuple(f for f in assessment.findings if f.code.startswith("claim-"))


def _source(session: Session, form: str, named: str) -> tuple[tuple[Finding, ...], bool]:
    """Tell how a document and what is said to come from it differ, and whether they do."""
    from pingshan_geo.audit.document import read_document
    from pingshan_geo.audit.source import check_source
    from pingshan_geo.report import document_of_source, source_table, to_json

    if needless := given(_OUTLINES):
        raise UsageError(
            f"--source reads a document, which has no outlines: leave {', '.join(needless)} out",
            f"--source 只核对文件，与图形无关：请去掉 {'、'.join(needless)}",
        )
    source, sign, file = named.partition("=")
    if not (source and sign and file):
        raise UsageError(
            f"--source {named}: write ID=FILE, the id of a source and its document",
            f"--source {named}：请写 ID=FILE，即来源编号与其文件",
        )
    done = check_source(session.load(), source, read_document(file))
    if form == "json":
        put(to_json(document_of_source(done, session.lang)))
    else:
        put(source_table(done, session.lang))
        click.echo(_summary(done.findings, session.lang), err=True)
    return done.findings, done.mismatches


def _bundle(session: Session, form: str, path: str) -> tuple[tuple[Finding, ...], bool]:
    """Tell what does not fit in a bundle, and whether anything does not."""
    from pingshan_geo.audit.bundle_check import checked_bundle
    from pingshan_geo.cli.products import remade

    if session.catalogue is not None or given(_OUTLINES):
        raise UsageError(
            "--bundle brings its own catalogue and options: leave the others out",
            "--bundle 自带目录与选项，请去掉其他选项",
        )
    with steps(4) as step:
        done = checked_bundle(path, remade, step)
    _tell(done.findings, form, session.lang)
    click.echo(done.line(session.lang), err=True)
    return done.findings, done.mismatch


def _tell(found: tuple[Finding, ...], form: str, lang: str) -> None:
    from pingshan_geo.report import document_of_findings, findings_table, to_json

    if form == "json":
        put(to_json(document_of_findings(found, lang)))
    else:
        put(findings_table(found, lang))
        click.echo(_summary(found, lang), err=True)


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
