"""The command that compares two catalogues: diff."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import (
    GATE_NOT_MET,
    OneOf,
    Session,
    echo,
    outline_options,
    put,
    refuse_target,
    terminal,
)
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
    from pingshan_geo.report.diff import over, render_diff

    wanted = dict(map(_limit, limits))
    refuse_target(output)
    tolerance = options.pop("survey_tolerance")
    options["survey_tolerance"] = None if tolerance is None else parsed_tolerance(tolerance)
    found = compare(catalogue_at(before), catalogue_at(after), options.pop("as_of"), **options)
    missed = list(over(found, wanted, session.lang))
    put(render_diff(found, form, session.lang, **terminal(form, output)), output)
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
    from pingshan_geo.audit.bundle import catalogue_of
    from pingshan_geo.catalogue import load_catalogue

    if not path.lower().endswith(".zip") or Path(path).is_dir():
        return load_catalogue(path)
    return catalogue_of(path)


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
