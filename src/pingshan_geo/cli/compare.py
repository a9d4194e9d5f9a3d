"""The command that compares two catalogues: diff."""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import GATE_NOT_MET, OneOf, Session, echo, outline_options
from pingshan_geo.errors import UsageError

if TYPE_CHECKING:  # heavy libraries are imported where they are needed
    from pingshan_geo.catalogue import Catalogue


@click.command()
@click.argument("before", metavar="A", help="Folder of a catalogue, or a bundle (.zip).")
@click.argument("after", metavar="B", help="The one that it is compared with.")
@click.option(
    "--format", "form", type=OneOf("report.diff", "DIFF_FORMATS"), default="table",
    show_default=True,
    help="md is for a review comment; html draws outlines before and after; json has everything.",
)  # fmt: skip
@click.option("-o", "output", metavar="FILE", help="Write to a file in place of stdout.")
@click.option(
    "--as-of",
    metavar="DATE",
    help="Last day that is known (YYYY, YYYY-MM or YYYY-MM-DD); each catalogue's own without.",
)
@click.option(
    "--fail-over", "limits", metavar="FIGURE=AMOUNT", multiple=True,
    help="End with status 1 if this figure changed by more than AMOUNT in its stored unit (0.01 is "
    "one point of a rate), or is unknown or not there; may stand several times.",
)  # fmt: skip
@outline_options
@click.pass_obj
def diff(
    session: Session, /, before: str, after: str, form: str, output: str | None,
    limits: tuple[str, ...], **options: Any,
) -> int:  # fmt: skip
    """Compare two catalogues: rows, outlines, figures and why they differ.

    \b
    Examples: pingshan-geo diff old-town new-town
              pingshan-geo diff old-town new-town --format md -o comment.md
              pingshan-geo diff A B --fail-over completion_rate/industrial-land-2017=0.01
    """
    from pingshan_geo.audit.contributions import compare
    from pingshan_geo.catalogue.tolerance import parsed_tolerance
    from pingshan_geo.output import checked_target, write_whole
    from pingshan_geo.report.diff import over, render_diff

    wanted = dict(map(_limit, limits))
    if output not in {None, "-"}:
        checked_target(output or "")
    tolerance = options.pop("survey_tolerance")
    options["survey_tolerance"] = parsed_tolerance(tolerance) if tolerance else None
    found = compare(catalogue_at(before), catalogue_at(after), options.pop("as_of"), **options)
    missed = list(over(found, wanted, session.lang))
    data = render_diff(found, form, session.lang, **_terminal(form, output))
    if output is None or output == "-":
        sys.stdout.buffer.write(data)
    else:
        write_whole(output, data)
    for line in missed:
        echo(line, err=True)
    return GATE_NOT_MET if missed else 0


def catalogue_at(path: str) -> Catalogue:
    """Return the catalogue of a folder, or the one inside a bundle.

    Raises
    ------
    InputError
        If it cannot be used.
    """
    from pingshan_geo.catalogue import load_catalogue

    if not path.lower().endswith(".zip") or Path(path).is_dir():
        return load_catalogue(path)
    from pingshan_geo.audit.bundle import FOLDER, opened

    with opened(path) as archive, tempfile.TemporaryDirectory() as place:
        for name in archive.members:
            data = archive.read(name) if name.startswith(FOLDER) else None
            if data is not None:
                target = Path(place, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
        return load_catalogue(Path(place, FOLDER))


def _limit(words: str) -> tuple[str, float]:
    figure, equals, number = words.rpartition("=")
    try:
        amount = float(number)
    except ValueError:
        amount = math.nan
    if not equals or not figure or not math.isfinite(amount) or amount < 0:
        raise UsageError(
            f"--fail-over {words}: write FIGURE=AMOUNT, with an amount of 0 or more",
            f"--fail-over {words}：请写成 FIGURE=AMOUNT，数值不小于 0",
        )
    return figure, amount


def _terminal(form: str, output: str | None) -> dict[str, Any]:
    """Return how wide a table may be and whether it may have colours, where it is looked at."""
    if form != "table" or output not in {None, "-"} or not sys.stdout.isatty():
        return {}
    return {"width": shutil.get_terminal_size().columns, "colour": "NO_COLOR" not in os.environ}
