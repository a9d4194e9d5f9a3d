"""The commands that make something of a catalogue: build, report, map, export, why."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import (
    GATE_NOT_MET,
    OneOf,
    Session,
    echo,
    given,
    outline_options,
    put,
    refuse_scheduler,
    refuse_target,
    steps,
    terminal,
)
from pingshan_geo.cli.around import page_options, surrounded, told, without_page
from pingshan_geo.errors import OutputError, UsageError

if TYPE_CHECKING:  # heavy libraries are imported where they are needed
    from pingshan_geo.assessment import Assessment
    from pingshan_geo.page import Around

REPORTS = ("areas", "far", "targets", "overlay", "quality", "all")


_as_of = click.option(
    "--as-of",
    metavar="DATE",
    help="Last day that is known (YYYY, YYYY-MM or YYYY-MM-DD); the catalogue's own without.",
)


@click.command()
@click.option(
    "-o", "folder", default="maps", show_default=True, metavar="DIR", help="Folder to write into."
)
@click.option(
    "--bundle", metavar="FILE.zip",
    help="Put all of it into one archive too, with the catalogue's own files, software versions "
    "and hashes: check --bundle makes it again.",
)  # fmt: skip
@click.option(
    "--no-page", is_flag=True, help="Leave the map out: for a catalogue of very many parcels."
)
@page_options
@outline_options
@_as_of
@click.pass_obj
def build(
    session: Session, /, folder: str, bundle: str | None, no_page: bool, as_of: str | None,
    **options: Any,
) -> None:  # fmt: skip
    """Check, assess, write map, reports and exports; print the headline.

    \b
    Examples: pingshan-geo build -o maps
              pingshan-geo build -o maps --bundle pingshan.zip
    """
    from pingshan_geo.audit.bundle import catalogue_files
    from pingshan_geo.cli.products import COUNT, make, refuse_bundle, refuse_many
    from pingshan_geo.folders import uninterrupted
    from pingshan_geo.output import make_folder, whole_file, whole_files
    from pingshan_geo.report import headline_lines

    lang = session.lang
    refuse_bundle(bundle, is_public=options["public"], no_page=no_page)
    if os.path.lexists(folder):
        make_folder(folder)  # which says if it is none
    is_apart = bundle is not None and Path(bundle).parent != Path(folder)
    if bundle and (is_apart or os.path.lexists(folder)):
        refuse_target(bundle)
    with steps(COUNT + (2 if bundle else 1)) as step, ExitStack() as targets:
        step("assess")
        kept = catalogue_files(session.catalogue) if bundle else {}
        if no_page:
            without_page(options)
        assessment, around = surrounded(session, as_of, options)
        if bundle:
            refuse_many(assessment)
        # All is made before the first file is put in its place; a bundle elsewhere comes last.
        packed = targets.enter_context(whole_file(bundle)) if bundle and is_apart else None
        place = targets.enter_context(whole_files(Path(folder)))
        names = make(place, assessment, lang, None if no_page else around, step)
        written = [Path(folder) / name for name in names]
        if bundle:
            step(bundle)
            files = {name: (place / name).read_bytes() for name in names}
            content = _bundle(session, assessment, around, options, files, kept)
            (packed or place / Path(bundle).name).write_bytes(content)
            written.append(Path(bundle))
        with uninterrupted():
            targets.pop_all().close()
    for line in headline_lines(assessment, lang):
        echo(line)
    for path in written:
        echo(f"{path}  {_size(path)}")
    for line in told(around, lang):
        echo(line)


def _bundle(
    session: Session, assessment: Assessment, around: Around, options: dict[str, Any],
    files: dict[str, bytes], kept: dict[str, bytes],
) -> bytes:  # fmt: skip
    """Return the bundle of a build; ``kept`` are the catalogue's files as they stood before it."""
    from pingshan_geo.audit.bundle import bundle_bytes, catalogue_files
    from pingshan_geo.cli.products import options_of

    if catalogue_files(session.catalogue) != kept:
        raise OutputError(
            "the catalogue was changed while its bundle was made; nothing was written, try again",
            "制作资料包期间目录被修改；未写入任何内容，请重试",
        )
    return bundle_bytes(
        assessment, options_of(assessment, session.lang, around, options), files, kept
    )


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1024:,.0f} KB"


@click.command()
@click.argument(
    "group", type=click.Choice(REPORTS), default="all", help="Which figures; all without."
)
@click.option(
    "--format", "form", type=OneOf("report", "FORMATS"), default="table", show_default=True,
    help="json, csv, parquet and xlsx hold stored units at full precision; the others what people "
    "read.",
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
    from pingshan_geo.report import gate, pieces, roll_up, select

    refuse_target(output, form)
    names = ("as_of", "allocate", "expect_tiling", "survey_tolerance")
    assessment = session.assess(**{name: chosen[name] for name in names})
    asked, by = chosen["columns"], chosen["by"]
    columns = [] if asked is None else [name.strip() for name in asked.split(",")]
    own = (None, ()) if by is not None else (chosen["sort"], columns)
    selection = select(
        assessment, group, chosen["measure"], chosen["subject"], chosen["where"], *own
    )
    if chosen["where"] and not any(parts.count() for parts in selection.parts.values()):
        _nothing_matches(session.lang)
    rolled = roll_up(selection, by, chosen["sort"], columns) if by is not None else selection
    rate = chosen["fail_under"]
    missed = [] if rate is None else list(gate(selection, rate, session.lang))
    put(pieces(rolled, form, session.lang, **terminal(form, output)), output)
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

    if output and output != "-" and Path(output).suffix.lower() not in {".html", ".htm"}:
        raise UsageError(
            f"{output}: a map is an HTML file; name it .html",
            f"{output}：地图是 HTML 文件，后缀须为 .html",
        )
    refuse_target(output)
    assessment, around = surrounded(session, as_of, options)
    target = output or f"{assessment.catalogue.id}.html"
    refuse_target(target)
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
@click.option(
    "--partition", type=int, metavar="ROWS",
    help="Write the catalogue anew into a folder, with its parcels as GeoParquet in parts of so "
    "many rows, each the rows of one place.",
)  # fmt: skip
@outline_options
@_as_of
@click.pass_obj
def export(
    session: Session, /, table: str, output: str, partition: int | None, where: str | None,
    crs: str | None, **options: Any,
) -> None:  # fmt: skip
    """Write a table for other programs; the suffix names the format.

    \b
    Examples: pingshan-geo export parcels -o parcels.geojson
              pingshan-geo export zones -o zones.gpkg --crs EPSG:4547
              pingshan-geo export parcels -o parcels.dxf --crs EPSG:4547 --encoding gbk
              pingshan-geo export figures -o figures.csv
              pingshan-geo --catalogue town export parcels --partition 50000 -o town-in-parts
    """
    from pingshan_geo.export import export_table, geojson, write, writer_of

    if partition is not None:
        if session.scheduler is not None:
            refuse_scheduler("--partition")
        _in_parts(session, table, output, partition, given(["where", "crs", *options]))
        return
    encoding, as_of = options.pop("encoding"), options.pop("as_of")
    if output != "-" or encoding:
        writer_of(output, encoding)  # which refuses what cannot be written before work is done
    assessment = session.assess(as_of, **options)
    layer = export_table(assessment, table, where, crs, session.lang)
    if where and not layer.parts.count():
        _nothing_matches(session.lang)
    if output == "-":
        stream = sys.stdout.buffer
        for piece in geojson(layer, session.lang):
            stream.write(piece)
        return
    for note in write(layer, output, session.lang, encoding):
        echo(note.get(session.lang), err=True)


def _in_parts(
    session: Session, table: str, output: str, rows: int, others: list[str]
) -> None:  # fmt: skip
    """Write the catalogue with its parcels in parts."""
    from pingshan_geo.catalogue import shipped_path
    from pingshan_geo.export import write_partitioned
    from pingshan_geo.words import text

    if table != "parcels" or others:
        named = ", ".join(others) or table
        raise UsageError(
            f"--partition writes the whole catalogue, with its parcels in parts; leave {named} out",
            f"--partition 写出整个目录并将宗地分块，请去掉 {named}",
        )
    names = write_partitioned(session.catalogue or shipped_path(), output, rows)
    echo(text("told_parts").filled(count=str(len(names)), folder=output).get(session.lang))


@click.command()
@click.argument("figure_id", help="MEASURE/SUBJECT, for example far/G13113-8014.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "svg"]), default="table",
    show_default=True,
    help="Lines for people, one JSON document, or with --sensitivity a drawing.",
)  # fmt: skip
@click.option(
    "--sensitivity", is_flag=True,
    help="What would change it: inputs at their bounds, rows left out, other printed readings, "
    "and how far an input would have to go for a verdict to turn.",
)  # fmt: skip
@click.option("-o", "output", metavar="FILE", help="Write to a file in place of stdout.")
@outline_options
@_as_of
@click.pass_obj
def why(
    session: Session, /, figure_id: str, form: str, sensitivity: bool, output: str | None,
    as_of: str | None, **outlines: Any,
) -> None:  # fmt: skip
    """Show where a figure comes from: formula, inputs, printed evidence.

    \b
    Examples: pingshan-geo why completion_rate/industrial-land-2017
              pingshan-geo why completion_rate/industrial-land-2017 --sensitivity
              pingshan-geo why far/G13113-8014 --sensitivity --format svg -o far.svg
    """
    from pingshan_geo.report import to_json, why_document, why_text

    if form == "svg" and not sensitivity:
        raise UsageError(
            "a drawing is of what would change a figure: add --sensitivity",
            "图形所示为影响因素，请加 --sensitivity",
        )
    refuse_target(output)
    assessment = session.assess(as_of, **outlines)
    if sensitivity:
        said = _sensitivity(assessment, figure_id, form, session.lang)
    elif form == "json":
        said = to_json(why_document(assessment, figure_id, session.lang)).decode()
    else:
        said = _joined(why_text(assessment, figure_id, session.lang))
    put(said, output)


def _sensitivity(assessment: Assessment, figure_id: str, form: str, lang: str) -> str:
    from pingshan_geo.assessment.shown import printed_units, shown_unit
    from pingshan_geo.audit.sensitivity import sensitivity
    from pingshan_geo.report import sensitivity_document, sensitivity_lines, to_json, tornado_svg

    result = sensitivity(assessment, figure_id)
    if form == "json":
        return to_json(sensitivity_document(assessment, result, lang)).decode()
    if form == "table":
        return _joined(sensitivity_lines(assessment, result, lang))
    drawing = tornado_svg(result, lang, shown_unit(result.figure, printed_units(assessment)))
    if drawing is None:
        raise UsageError(
            f"nothing can be moved under {figure_id}: there is nothing to draw",
            f"{figure_id} 没有可变动的因素，无图可画",
        )
    return f"{drawing}\n"


def _joined(lines: Iterable[str]) -> str:
    """Return lines for people: text from data neither breaks them nor steers the terminal."""
    from pingshan_geo.findings import printable

    return "".join(f"{printable(line)}\n" for line in lines)


def _nothing_matches(lang: str) -> None:
    from pingshan_geo.words import word

    echo(word("nothing_matches", lang), err=True)
