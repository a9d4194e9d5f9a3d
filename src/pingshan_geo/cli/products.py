"""All files of `build`, as bytes: to be written, put into a bundle, or held against one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pingshan_geo.audit.bundle import (
    LAYERS,
    REPORTS,
    Options,
    layer_name,
    page_name,
    product_names,
    report_name,
)
from pingshan_geo.cli import assessed

if TYPE_CHECKING:  # heavy libraries are imported where they are needed
    from pingshan_geo.assessment import Assessment
    from pingshan_geo.page import Around

#: How many files there are.
COUNT = len(product_names(""))
# Options whose values lie outside a bundle, or may hold a key.
_OUTSIDE = ("context", "basemap", "basemap_key_env", "basemap_gcj02_shift")


def products(
    assessment: Assessment,
    lang: str,
    around: Around | None,
    step: Callable[[str], None] = lambda _: None,
) -> dict[str, bytes]:
    """Return every file that `build` writes, by name: the page first.

    Parameters
    ----------
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
    from pingshan_geo.report import render, select

    name = assessment.catalogue.id
    files = {}
    if around is not None:
        step(page_name(name))
        files[page_name(name)] = render_page(assessment, lang, around).encode()
    everything = select(assessment)
    for form in REPORTS:
        step(report_name(name, form))
        files[report_name(name, form)] = render(everything, form, lang)
    with tempfile.TemporaryDirectory(prefix="pingshan-geo-") as folder:
        for table, suffix in LAYERS:
            place = Path(folder, layer_name(name, table, suffix))
            step(place.name)
            write(export_table(assessment, table, lang=lang), place, lang)
            files[place.name] = place.read_bytes()
    return files


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
