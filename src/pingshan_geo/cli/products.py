"""All files of `build`: to be written, put into a bundle, or held against one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pingshan_geo.audit.bundle import (
    LAYERS,
    MOST_LOTS,
    REPORTS,
    Options,
    layer_name,
    page_name,
    product_names,
    report_name,
)
from pingshan_geo.cli import assessed
from pingshan_geo.errors import UsageError
from pingshan_geo.output import write_whole
from pingshan_geo.work import beside, scratch

if TYPE_CHECKING:  # heavy libraries are imported where they are needed
    from pingshan_geo.assessment import Assessment
    from pingshan_geo.catalogue.parts import Parts
    from pingshan_geo.export.layers import Layer
    from pingshan_geo.page import Around

#: How many files there are.
COUNT = len(product_names(""))
_OF_ONE_CORE = "gpkg"
# Options whose values lie outside a bundle, or may hold a key.
_OUTSIDE = ("context", "basemap", "basemap_key_env", "basemap_gcj02_shift")


def refuse_bundle(bundle: str | None, *, is_public: bool, no_page: bool) -> None:
    """Raise where a bundle cannot be what is asked for, before anything is made."""
    if bundle is None:
        return
    if no_page:
        raise UsageError(
            "--bundle holds the page too: leave --no-page out",
            "--bundle 含地图页面，请去掉 --no-page",
        )
    if is_public:
        raise UsageError(
            "--bundle does not go with --public: the catalogue inside a bundle holds everything "
            "that --public withholds",
            "--bundle 不能与 --public 同用：资料包内的目录含有 --public 要隐去的全部内容",
        )
    if Path(bundle).suffix.lower() != ".zip":
        raise UsageError(
            f"--bundle {bundle}: a bundle is a zip archive; name it .zip",
            f"--bundle {bundle}：资料包是 zip 压缩包，后缀须为 .zip",
        )


def refuse_many(assessment: Assessment) -> None:
    """Raise where a bundle would be of too many parcels, before anything is made of them."""
    if len(assessment.lots) > MOST_LOTS:
        raise UsageError(
            f"a bundle holds every figure, which of more than {MOST_LOTS:,} parcels is too many: "
            "leave --bundle out",
            f"资料包含每项数据，宗地超过 {MOST_LOTS:,} 宗时过大，请去掉 --bundle",
        )


def make(
    folder: Path,
    assessment: Assessment,
    lang: str,
    around: Around | None,
    step: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Write every file of `build` into an empty folder; return their names in order.

    Of more than `MOST_LOTS` parcels the figures of single ones and of their parts are in one more
    file, ``…-report.parquet``: the other reports are for people.

    Parameters
    ----------
    folder : Path
        Where the files go.
    assessment : Assessment
        What is shown.
    lang : str
        Language of texts, and the one in which the page opens.
    around : Around or None
        What the page has around its lots; without it there is no page among the files.
    step : callable, optional
        Told the name of each file before it is made.
    """
    from pingshan_geo.export import export_table, write
    from pingshan_geo.page import render_page
    from pingshan_geo.report import pieces, select, without_lots

    name, lots = assessment.catalogue.id, len(assessment.lots)
    names: list[str] = []

    def begin(file: str) -> Path:
        step(file)
        names.append(file)
        return folder / file

    if around is not None:
        place = begin(page_name(name))
        write_whole(place, render_page(assessment, lang, around).encode())
    told = select(assessment)
    layers = [(export_table(assessment, table, lang=lang), suffix) for table, suffix in LAYERS]
    meanwhile: AbstractContextManager[None] = nullcontext()
    if lots > MOST_LOTS:
        file = report_name(name, "parquet")
        tables = {kind: parts.alone() for kind, parts in told.wide_parts().items()}
        apart = [layer for layer, suffix in layers if suffix == _OF_ONE_CORE]
        places = [begin(layer_name(name, layer.name, _OF_ONE_CORE)) for layer in apart]
        pairs = list(zip([layer.alone() for layer in apart], places, strict=True))
        meanwhile = beside(partial(_write_apart, tables, begin(file), pairs, lang))
        told = without_lots(told, file)
        layers = [each for each in layers if each[1] != _OF_ONE_CORE]
    with meanwhile:
        for form in REPORTS:
            write_whole(begin(report_name(name, form)), pieces(told, form, lang))
        for layer, suffix in layers:
            write(layer, begin(layer_name(name, layer.name, suffix)), lang)
    return names


def _write_apart(
    tables: dict[str, Parts], report: Path, layers: list[tuple[Layer, Path]], lang: str
) -> None:
    """Write what takes one core however many there are."""
    from pingshan_geo.export import write
    from pingshan_geo.report.wide import write_parquet

    write_parquet(tables, report)
    for layer, place in layers:
        write(layer, place, lang)


def products(assessment: Assessment, lang: str, around: Around | None) -> dict[str, bytes]:
    """Return the files that `make` writes, by name."""
    with scratch() as folder:
        make(Path(folder), assessment, lang, around)
        return {each.name: each.read_bytes() for each in Path(folder).iterdir()}


def options_of(
    assessment: Assessment, lang: str, around: Around, options: dict[str, Any]
) -> Options:
    """Return the options of a build as a bundle records them: what they come to, never a key.

    Days are resolved: with and without ``--as-of`` the same build has the same options.
    """
    return Options(
        as_of=assessment.as_of.isoformat(),
        lang=lang,
        allocate=options["allocate"],
        expect_tiling=options["expect_tiling"],
        survey_tolerance=options["survey_tolerance"],
        map_approval_no=around.approval,
        page_days=tuple(each.as_of.isoformat() for each in around.earlier),
        outside=tuple(name for name in _OUTSIDE if options[name]),
    )


def remade(assessment: Assessment, options: Options) -> dict[str, bytes]:
    """Return the files of a build as its recorded options make them.

    The page is left out where something that a bundle does not hold stood around it.
    """
    from pingshan_geo.page import Around

    if options.outside:
        return products(assessment, options.lang, None)
    outlines: dict[str, Any] = {
        name: getattr(options, name) for name in ("allocate", "expect_tiling", "survey_tolerance")
    }
    earlier = tuple(assessed(assessment.catalogue, day, **outlines) for day in options.page_days)
    return products(assessment, options.lang, Around(options.map_approval_no, earlier=earlier))
