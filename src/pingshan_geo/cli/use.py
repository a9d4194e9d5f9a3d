"""The commands that make something of a catalogue: build, report, map, export, why."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import (
    GATE_NOT_MET,
    OneOf,
    Session,
    echo,
    outline_options,
    steps,
    table_or_json,
)
from pingshan_geo.cli.around import apart, page_options, surrounded, told
from pingshan_geo.errors import UsageError

if TYPE_CHECKING:  # heavy libraries are imported where they are needed
    from pingshan_geo.assessment import Assessment
    from pingshan_geo.page import Around

REPORTS = ("areas", "far", "targets", "overlay", "quality", "all")
# What `build` writes beside the page.
_REPORT_FILES = ("html", "json", "xlsx", "csv")
_LAYER_FILES = (("parcels", "geojson"), ("zones", "geojson"), ("parcels", "gpkg"))


_as_of = click.option(
    "--as-of",
    metavar="DATE",
    help="Last day that is known (YYYY, YYYY-MM or YYYY-MM-DD); the catalogue's own without.",
)


@click.command()
@click.option(
    "-o", "folder", default="maps", show_default=True, metavar="DIR", help="Folder to write into."
)
@page_options
@outline_options
@_as_of
@click.pass_obj
def build(session: Session, /, folder: str, as_of: str | None, **options: Any) -> None:
    """Check, assess, write map, reports and exports; print the headline.

    \b
    Example: pingshan-geo build -o maps
    """
    from pingshan_geo.export import export_table, write
    from pingshan_geo.output import checked_target, make_folder, write_whole
    from pingshan_geo.page import render_page
    from pingshan_geo.report import headline_lines, render, select

    lang = session.lang
    with steps(len(_REPORT_FILES) + len(_LAYER_FILES) + 2) as step:
        step("assess")
        assessment, around = _surrounded(session, as_of, options)
        name = assessment.catalogue.id
        step(f"{name}.html")
        files = {f"{name}.html": render_page(assessment, lang, around).encode()}
        everything = select(assessment)
        for form in _REPORT_FILES:
            step(f"{name}-report.{form}")
            files[f"{name}-report.{form}"] = render(everything, form, lang)
        layers = {
            f"{name}-{table}.{suffix}": export_table(assessment, table, lang=lang)
            for table, suffix in _LAYER_FILES
        }
        # All is made and every target looked at before the first file is written.
        target = make_folder(folder)
        written = [checked_target(target / each) for each in (*files, *layers)]
        for each, content in files.items():
            write_whole(target / each, content)
        for each, layer in layers.items():
            step(each)
            write(layer, target / each, lang)
    for line in headline_lines(assessment, lang):
        echo(line)
    for path in written:
        echo(f"{path}  {_size(path)}")
    for line in told(around, lang):
        echo(line)


def _surrounded(
    session: Session, as_of: str | None, options: dict[str, Any]
) -> tuple[Assessment, Around]:
    """Return the assessment as it may be shown and what the page has around it."""
    outlines, chosen = apart(options)
    return surrounded(session.assess(as_of, **outlines), chosen, outlines)


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1024:,.0f} KB"


@click.command()
@click.argument(
    "group", type=click.Choice(REPORTS), default="all", help="Which figures; all without."
)
@click.option(
    "--format", "form", type=OneOf("report", "FORMATS"), default="table", show_default=True,
    help="json, csv and xlsx hold stored units at full precision; the others what people read.",
)  # fmt: skip
@click.option("-o", "output", metavar="FILE", help="Write to a file in place of stdout.")
@click.option("--measure", metavar="M", help="Only this measure, for example far.")
@click.option("--subject", metavar="ID", help="Only this subject, for example G13113-8014.")
@click.option(
    "--where",
    metavar="CQL2",
    help="Only rows that match, as CQL2 text; a kind of subject without one of the columns that "
    "it names is left out.",
)
@click.option(
    "--by",
    metavar="COLUMN",
    help="Roll up by a column of parcels (land_use), else of projects (stage), else of auctions.",
)
@click.option(
    "--sort", metavar="COLUMN",
    help="Sort by a column of the wide table, -COLUMN for the largest first; unknown comes last.",
)  # fmt: skip
@click.option(
    "--columns", metavar="COLUMN,…",
    help="Show these columns, a row a subject; --format csv has all there are.",
)  # fmt: skip
@outline_options
@_as_of
@click.option(
    "--fail-under",
    type=float,
    metavar="RATE",
    help="End with status 1 unless every completion rate reported surely reaches RATE "
    "(1 is 100 %); an unknown rate does not.",
)
@click.pass_obj
def report(session: Session, /, group: str, form: str, output: str | None, **chosen: Any) -> int:
    """Report figures: all, areas, ratios, targets, overlay or quality.

    \b
    Examples: pingshan-geo report targets --fail-under 1
              pingshan-geo report far --where "land_use = 'M0'" --format csv
              pingshan-geo report all --by land_use --format md
              pingshan-geo report overlay --where "zone_kind = 'density_zone'" --sort overlay_share
              pingshan-geo report quality --survey-tolerance 0.05m+0.5%
    """
    from pingshan_geo.report import gate, render, roll_up, select

    names = ("as_of", "allocate", "expect_tiling", "survey_tolerance")
    assessment = session.assess(**{name: chosen[name] for name in names})
    asked, by = chosen["columns"], chosen["by"]
    columns = [] if asked is None else [name.strip() for name in asked.split(",")]
    own = (None, ()) if by is not None else (chosen["sort"], columns)
    selection = select(
        assessment, group, chosen["measure"], chosen["subject"], chosen["where"], *own
    )
    if chosen["where"] and all(rows.empty for rows in selection.rows.values()):
        _nothing_matches(session.lang)
    rolled = roll_up(selection, by, chosen["sort"], columns) if by is not None else selection
    rate = chosen["fail_under"]
    missed = [] if rate is None else list(gate(selection, rate, session.lang))
    _put(render(rolled, form, session.lang, **_terminal(form, output)), output, form)
    for line in missed:
        echo(line, err=True)
    return GATE_NOT_MET if missed else 0


@click.command("map")
@click.option("-o", "output", metavar="FILE.html", help="File to write; CATALOGUE.html without.")
@page_options
@outline_options
@_as_of
@click.pass_obj
def map_(session: Session, /, output: str | None, as_of: str | None, **options: Any) -> None:
    """Write the planner's page: one file that works with the network off."""
    from pingshan_geo.output import write_whole
    from pingshan_geo.page import render_page

    assessment, around = _surrounded(session, as_of, options)
    target = output or f"{assessment.catalogue.id}.html"
    if target != "-" and Path(target).suffix.lower() not in {".html", ".htm"}:
        raise UsageError(
            f"{target}: a map is an HTML file; name it .html",
            f"{target}：地图是 HTML 文件，后缀须为 .html",
        )
    page = render_page(assessment, session.lang, around).encode()
    if target == "-":
        sys.stdout.buffer.write(page)
        return
    write_whole(target, page)
    for line in (f"{target}  {_size(Path(target))}", *told(around, session.lang)):
        echo(line, err=True)


@click.command()
@click.argument("table", type=OneOf("export", "TABLES"), help="What to write.")
@click.option(
    "-o", "output", required=True, metavar="FILE",
    help="File to write: .geojson, .geojsonl, .gpkg, .gdb, .shp, .kml, .fgb, .parquet, .dxf, .csv "
    "or .xlsx, .gdb and .shp also as .zip; or postgresql://…?table=NAME; - is GeoJSON on stdout.",
)  # fmt: skip
@click.option("--crs", metavar="EPSG:n", help="CRS of the file; the catalogue's own without.")
@click.option(
    "--where", metavar="CQL2", help="Only rows that match, as CQL2 text over the table's columns."
)
@click.option(
    "--encoding", type=OneOf("export", "ENCODINGS"),
    help="Of the texts in .dxf and .shp, where older programs want gbk; utf-8 without.",
)  # fmt: skip
@outline_options
@_as_of
@click.pass_obj
def export(
    session: Session, /, table: str, output: str, encoding: str | None, where: str | None,
    crs: str | None, as_of: str | None, **outlines: Any,
) -> None:  # fmt: skip
    """Write a table for other programs; the suffix names the format.

    \b
    Examples: pingshan-geo export parcels -o parcels.geojson
              pingshan-geo export zones -o zones.gpkg --crs EPSG:4547
              pingshan-geo export parcels -o parcels.dxf --crs EPSG:4547 --encoding gbk
              pingshan-geo export figures -o figures.csv
    """
    from pingshan_geo.export import export_table, geojson, write

    assessment = session.assess(as_of, **outlines)
    layer = export_table(assessment, table, where, crs, session.lang)
    if where and layer.data.empty:
        _nothing_matches(session.lang)
    if output == "-" and not encoding:
        stream = sys.stdout.buffer
        for piece in geojson(layer, session.lang):
            stream.write(piece)
        return
    for note in write(layer, output, session.lang, encoding):
        echo(note.get(session.lang), err=True)


@click.command()
@click.argument("figure_id", help="MEASURE/SUBJECT, for example far/G13113-8014.")
@table_or_json
@outline_options
@_as_of
@click.pass_obj
def why(session: Session, /, figure_id: str, form: str, as_of: str | None, **outlines: Any) -> None:
    """Show where a figure comes from: formula, inputs, printed evidence.

    \b
    Example: pingshan-geo why completion_rate/industrial-land-2017
    """
    from pingshan_geo.report import to_json, why_document, why_text

    assessment = session.assess(as_of, **outlines)
    if form == "json":
        click.echo(to_json(why_document(assessment, figure_id, session.lang)).decode(), nl=False)
        return
    for line in why_text(assessment, figure_id, session.lang):
        echo(line)


def _nothing_matches(lang: str) -> None:
    from pingshan_geo.words import word

    echo(word("nothing_matches", lang), err=True)


def _terminal(form: str, output: str | None) -> dict[str, Any]:
    """Return how wide a table may be and whether it may have colours, where it is looked at."""
    if form != "table" or output not in {None, "-"} or not sys.stdout.isatty():
        return {}
    width = shutil.get_terminal_size().columns
    return {"width": width, "colour": "NO_COLOR" not in os.environ}


def _put(data: bytes, output: str | None, form: str) -> None:
    """Write a report to a file or stdout; a workbook does not go to a terminal."""
    from pingshan_geo.output import write_whole

    if output is not None and output != "-":
        write_whole(output, data)
        return
    if form == "xlsx" and sys.stdout.isatty():
        raise UsageError(
            "a workbook is not text: name a file with -o", "工作簿不是文本，请用 -o 指定文件"
        )
    sys.stdout.buffer.write(data)
