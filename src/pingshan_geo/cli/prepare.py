"""The command that makes a new catalogue: init."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pingshan_geo.cli import Session, ceiling_option, echo
from pingshan_geo.errors import UsageError


@click.command()
@click.argument("folder", metavar="DIR", help="Folder to make; it must not exist or be empty.")
@click.option(
    "--adcode", metavar="CODE", help="Administrative code of a district of China, such as 440310."
)
@click.option("--boundary", metavar="FILE", help="File with the outline of the district.")
@click.option("--where", metavar="CQL2", help="Which area of --boundary, over its columns.")
@click.option("--crs", metavar="CRS", help="CRS of --boundary where the file names none (EPSG:n).")
@click.option("--layer", metavar="NAME", help="Layer of --boundary.")
@ceiling_option
@click.option("--title", metavar="TEXT", help="Title; the district's name without.")
@click.option(
    "--as-of", metavar="DATE", help="Last day that the catalogue speaks of; today without."
)
@click.pass_obj
def init(
    session: Session,
    /,
    folder: str,
    adcode: str | None,
    boundary: str | None,
    title: str | None,
    as_of: str | None,
    at_most: tuple[str, ...],
    **options: str | None,
) -> None:
    """Make an empty catalogue, with a template for each table.

    \b
    Examples: pingshan-geo init futian --adcode 440304
              pingshan-geo init town --boundary town.shp --where "NAME = 'Old town'"
    """
    from pingshan_geo.ceilings import Ceilings
    from pingshan_geo.ingest.district import district_by_code, district_from_file
    from pingshan_geo.ingest.start import TEMPLATES, start_catalogue
    from pingshan_geo.words import text

    if adcode and boundary:
        raise UsageError(
            "--adcode and --boundary exclude each other", "--adcode 与 --boundary 不能同用"
        )
    if not boundary and (at_most or any(options.values())):
        raise UsageError(
            "--where, --crs, --layer and --at-most go with --boundary",
            "--where、--crs、--layer、--at-most 须与 --boundary 同用",
        )
    district = district_by_code(adcode) if adcode else None
    if boundary:
        district = district_from_file(boundary, **options, ceilings=Ceilings.parsed(at_most))
    # The one place where the clock is asked: from now on the date stands in the file.
    today = datetime.now(UTC).astimezone().date().isoformat()
    made = start_catalogue(folder, as_of=as_of or today, district=district, title=title)
    for finding in district.findings if district else ():
        echo(finding.line(session.lang), err=True)
    for key in ("init_made", "init_fill", "init_import", "init_check"):
        echo(text(key).filled(folder=str(made), templates=TEMPLATES).get(session.lang))
