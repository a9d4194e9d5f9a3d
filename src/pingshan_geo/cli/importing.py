"""The command that brings foreign files in: import."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import OneOf, Session, ceiling_option, echo, steps
from pingshan_geo.errors import InputError, UsageError

if TYPE_CHECKING:
    from pingshan_geo.findings import Finding
    from pingshan_geo.ingest.plan import Plan, Request
    from pingshan_geo.ingest.rows import Outcome

# A finding that many rows share is told by its first few; all stand in imports/ID.csv.
_MOST_OF_A_CODE = 5
# Options that answer a question on the terminal.
_ANSWERS = ("--map", "--crs", "--datum-shift", "--control-points")


@click.command("import")
@click.argument("file", required=False, help="File, folder (.gdb) or postgresql:// address.")
@click.option(
    "--as",
    "table",
    type=OneOf("ingest", "IMPORTABLE"),
    help="Table of the catalogue to import into.",
)
@click.option(
    "--map", "maps", multiple=True, metavar="COLUMN=FIELD[:UNIT]",
    help="Column of the file for a column of the catalogue, with its unit (m2, ha, mu, 10k_m2, "
    "10k_yuan, …); a quoted COLUMN is a constant: \"'district'=kind\".",
)  # fmt: skip
@click.option("--mapping", metavar="FILE.toml", help="A kept mapping to follow.")
@click.option(
    "--crs", metavar="CRS",
    help="How the coordinates are to be read: EPSG:n, GCJ-02, BD-09, … as a finding proposes it.",
)  # fmt: skip
@click.option(
    "--datum-shift", metavar="DX,DY,DZ[,RX,RY,RZ,S]",
    help="Three or seven parameters to CGCS2000 (metres, arc-seconds, ppm; position vector).",
)  # fmt: skip
@click.option(
    "--control-points", metavar="FILE.csv", help="Points known in both systems: x,y,lon,lat."
)
@click.option("--encoding", metavar="NAME", help="Encoding of the text, such as gb18030.")
@click.option("--layer", metavar="NAME", help="Layer of a file with several.")
@click.option("--sheet", metavar="NAME", help="Sheet of a workbook with several.")
@click.option("--where", metavar="CQL2", help="Only rows that match, over the file's columns.")
@ceiling_option
@click.option(
    "--geometry-status", type=OneOf("catalogue.schema", "GEOMETRY_STATUSES"),
    help="How the outlines were made; only surveyed and published ones are measured.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Tell what would be done and change nothing.")
@click.option("--yes", is_flag=True, help="Accept what is proposed.")
@click.option("--undo", is_flag=True, help="Take the last import back; needs no file.")
@click.option("-o", "catalogue", metavar="CATALOGUE", help="The same as --catalogue.")
@click.pass_obj
def import_(
    session: Session,
    /,
    file: str | None,
    table: str | None,
    catalogue: str | None,
    undo: bool,
    dry_run: bool,
    **options: Any,
) -> int:
    """Bring a file into a catalogue: checked, located, nothing lost.

    \b
    Examples: pingshan-geo --catalogue my-town import lots.shp --as parcels --crs EPSG:4547
              pingshan-geo import auctions.xlsx --as auctions --yes -o my-town
              pingshan-geo --catalogue my-town import --undo
    """
    from pingshan_geo.catalogue.draft import open_draft
    from pingshan_geo.catalogue.load import shipped_path
    from pingshan_geo.ingest import plan, run, write

    lang = session.lang
    folder = _folder(session.catalogue, catalogue) or str(shipped_path())
    if undo:
        _undo(folder, file, lang)
        return 0
    if file is None or table is None:
        raise UsageError(
            "name a FILE and the table with --as (or --undo)", "请指定文件与 --as 表名（或 --undo）"
        )
    request = _request(file, table, options)
    try:
        with steps(2) as step:
            step("catalogue")
            draft = open_draft(folder)
            step(file)
            planned = plan(draft, request)
        _tell_taken_over(request, planned, lang)
        planned, told = _agreed(draft, planned, lang, dry_run=dry_run)
        with steps(2) as step:
            step(table)
            outcome = run(draft, planned, lang)
            step("files")
            if not dry_run:
                write(draft, outcome)
    except InputError as error:
        _tell(error.findings, lang)
        return error.exit_status
    _tell((each for each in outcome.findings if each.key() not in told), lang)
    for line in _summary(outcome, planned, lang, dry_run=dry_run):
        echo(line)
    return 0


def _folder(first: str | None, second: str | None) -> str | None:
    if first and second and Path(first).resolve() != Path(second).resolve():
        raise UsageError(
            f"--catalogue {first} and -o {second} name two catalogues",
            f"--catalogue {first} 与 -o {second} 指向两个目录",
        )
    return second or first


def _undo(folder: str, file: str | None, lang: str) -> None:
    from pingshan_geo.catalogue.draft import open_draft
    from pingshan_geo.catalogue.store import undo
    from pingshan_geo.words import text

    if file is not None:
        raise UsageError("--undo takes no file", "--undo 不带文件")
    names = undo(open_draft(folder).path)
    echo(text("import_undone").filled(files=", ".join(names)).get(lang))


def _request(file: str, table: str, options: dict[str, Any]) -> Request:
    from pingshan_geo.ceilings import Ceilings
    from pingshan_geo.ingest import Request
    from pingshan_geo.ingest.delivery import Asked

    ceilings = Ceilings.parsed(options.pop("at_most"))
    asked = Asked(options.pop("layer"), options.pop("sheet"), options.pop("encoding"), ceilings)
    return Request(file, table, asked, **options)


def _tell_taken_over(request: Request, planned: Plan, lang: str) -> None:
    """Say which options were not given but come from a kept mapping or an earlier import."""
    from pingshan_geo.words import text

    own = request.options()
    rest = {n: value for n, value in planned.request.options().items() if n not in own}
    if rest:
        named = (f"--{name.replace('_', '-')} {value}" for name, value in rest.items())
        source = planned.kept or planned.delivery.file
        said = text("import_taken_over").filled(source=source, options=" ".join(named))
        echo(said.get(lang), err=True)


def _agreed(
    draft: Any, planned: Plan, lang: str, *, dry_run: bool
) -> tuple[Plan, set[tuple[Any, ...]]]:
    """Show what is proposed; return it once it is agreed to, and the findings told before.

    On a terminal the user is asked, also for what only the user knows; elsewhere ``--yes``, a
    mapping file or a kept mapping must have said it. What is doubtful is told before.
    """
    from pingshan_geo.findings import in_order
    from pingshan_geo.ingest import plan
    from pingshan_geo.words import text

    asks = sys.stdin.isatty() and sys.stderr.isatty()
    while True:
        _show(planned, lang)
        if not (planned.questions and asks and not planned.request.yes):
            break
        _tell(planned.questions, lang)
        ask = text("import_ask_map").get(lang)
        said = click.prompt(ask, default="", show_default=False, err=True)
        if not said:
            break
        try:
            planned = plan(draft, _answered(planned.request, said))
        except UsageError as error:  # a slip of the hand is no reason to begin again
            echo(error.message(lang), err=True)
    request = planned.request
    if planned.questions or dry_run or request.yes or request.mapping or planned.kept:
        return planned, set()
    _tell(in_order(planned.findings), lang)
    if asks:
        click.confirm(text("import_ask").get(lang), abort=True, err=True)
        return planned, {each.key() for each in planned.findings}
    raise UsageError(
        "nobody can be asked here: add --yes to accept the columns shown above, "
        "or --map and --mapping to say others",
        "此处无法询问：加 --yes 接受以上各列，或以 --map、--mapping 另行指定",
    )


def _answered(request: Request, said: str) -> Request:
    """Return a request with an answer: COLUMN=FIELD:UNIT, or options as findings propose them."""
    words = ["--map", said]
    if said.startswith("--"):
        try:
            words = shlex.split(said)
        except ValueError:  # an open quotation mark
            words = []
    names, values = words[::2], words[1::2]
    if not words or len(names) != len(values) or not set(names) <= set(_ANSWERS):
        known = ", ".join(_ANSWERS)
        raise UsageError(
            f"answer COLUMN=FIELD:UNIT, or an option with its value: {known}",
            f"请答 列=字段:单位，或选项及其值：{known}",
        )
    for name, value in zip(names, values, strict=True):
        if name == "--map":
            request = replace(request, maps=(*request.maps, value))
        else:
            request = replace(request, **{name[2:].replace("-", "_"): value})  # type: ignore[arg-type]
    return request


def _show(planned: Plan, lang: str) -> None:
    """Write how the columns are read, on stderr."""
    from rich.console import Console
    from rich.table import Table

    from pingshan_geo.findings import printable
    from pingshan_geo.ingest.columns.proposal import proposal_rows
    from pingshan_geo.words import word

    table = Table(box=None, pad_edge=False)
    for name in ("import_field", "import_from", "import_unit", "import_how", "import_samples"):
        table.add_column(word(name, lang), overflow="fold")
    for row in proposal_rows(planned.proposal, lang):
        table.add_row(*map(printable, row))
    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=False)
    console.print(table)


def _tell(found: Iterable[Finding], lang: str) -> None:
    """Write findings on stderr; of a code that many rows share the first few."""
    from pingshan_geo.words import text, word

    found = list(found)
    count = Counter(finding.code for finding in found)
    told: Counter[str] = Counter()
    for finding in found:
        told[finding.code] += 1
        if told[finding.code] <= _MOST_OF_A_CODE:
            echo(f"{word(finding.severity, lang)}: {finding.line(lang)}", err=True)
        elif told[finding.code] == count[finding.code]:
            more = str(count[finding.code] - _MOST_OF_A_CODE)
            said = text("import_more").filled(count=more, code=finding.code)
            echo(said.get(lang), err=True)


def _summary(outcome: Outcome, planned: Plan, lang: str, *, dry_run: bool) -> Iterable[str]:
    from pingshan_geo.words import text, word

    merged = outcome.merged
    counts = {
        "rows": outcome.rows, "accepted": outcome.accepted, "repaired": outcome.repaired,
        "quarantined": outcome.quarantined, "added": merged.added, "changed": len(merged.changed),
        "same": merged.same, "removed": len(merged.removed),
    }  # fmt: skip
    parts = {name: f"{number:,}" for name, number in counts.items()}
    about = {"file": planned.delivery.file, "table": planned.request.table}
    yield text("import_rows").filled(**about, **parts).get(lang)
    yield text("import_merged").filled(**about, **parts).get(lang)
    if not outcome.changes:
        yield word("import_no_change", lang)
    elif dry_run:
        yield word("import_dry_run", lang)
    else:
        yield text("import_done").filled(id=outcome.import_id).get(lang)
        yield from (f"  {name}" for name in sorted({*outcome.writes, *outcome.removes}))
