"""The options that put something around a page's lots, and what they mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from pingshan_geo.cli import Session, assessed, given
from pingshan_geo.errors import UsageError

if TYPE_CHECKING:  # heavy libraries are imported where they are needed
    from pingshan_geo.assessment import Assessment
    from pingshan_geo.page import Around, Background, Basemap, Public

_NAMES = (
    "context", "map_approval_no", "basemap", "basemap_key_env", "basemap_gcj02_shift", "public",
    "public_without", "public_round", "page_days",
)  # fmt: skip


def page_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a page's surroundings."""
    options = (
        click.option(
            "--context", metavar="FILE",
            help="Background in greys under everything: .geojson, .gpkg or any other that can be "
            "imported; simplified, told in the foot.",
        ),
        click.option(
            "--map-approval-no", metavar="TEXT", help="Approval number of the map, for the foot."
        ),
        click.option(
            "--page-days", metavar="DATE,…|none",
            help="Earlier days as of which the page can be read, in place of the last days of the "
            "years with a land transfer, a printed number or a target; above 2 000 lots none.",
        ),
        click.option(
            "--basemap", metavar="tianditu|URL",
            help="Tiles under the lots, from a template https://…{z}…{x}…{y}: readers need the "
            "network, and the page opens to that host only.",
        ),
        click.option(
            "--basemap-key-env", metavar="NAME",
            help="Environment variable with the key of Tianditu; the key stands in the page.",
        ),
        click.option(
            "--basemap-gcj02-shift", is_flag=True,
            help="Take a base map in GCJ-02 and move it to fit the lots; the page says so.",
        ),
        click.option(
            "--public", is_flag=True,
            help="For anybody: fields that name companies withheld, coordinates rounded, in all "
            "files.",
        ),
        click.option(
            "--public-without", metavar="FIELD,…",
            help="Fields that --public withholds, in place of developer,buyer.",
        ),
        click.option(
            "--public-round", type=float, metavar="DEGREES",
            help="Step to which --public rounds coordinates, in place of 0.0001.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def without_page(options: dict[str, Any]) -> None:
    """Leave out what only a page needs; raise where somebody asked for it all the same."""
    asked = given(name for name in _NAMES if not name.startswith("public"))
    if asked:
        named = ", ".join(asked)
        raise UsageError(
            f"{named} is for the page: leave it out, or --no-page",
            f"{named} 只用于地图页面：请去掉它，或去掉 --no-page",
        )
    options["page_days"] = "none"


def surrounded(
    session: Session, as_of: str | None, options: dict[str, Any]
) -> tuple[Assessment, Around]:
    """Return the assessment as it may be shown, and what the page has around it."""
    from pingshan_geo.page import Around, published

    chosen = {name: options[name] for name in _NAMES}
    outlines = {name: value for name, value in options.items() if name not in _NAMES}
    assessment = session.assess(as_of, **outlines)
    public = _public(chosen)
    days = _days(assessment, chosen["page_days"])
    around = Around(
        approval=_approval(chosen["map_approval_no"]),
        background=_background(assessment, chosen["context"])
        if chosen["context"] is not None
        else None,
        basemap=_basemap(chosen),
        public=public,
        earlier=tuple(assessed(assessment.catalogue, day, **outlines) for day in days),
    )
    return (published(assessment, public) if public else assessment), around


def told(around: Around, lang: str) -> Iterator[str]:
    """Yield what a reader of the page should be told by whoever makes it."""
    from pingshan_geo.words import text

    if around.basemap:
        yield text("told_basemap").filled(host=around.basemap.host).get(lang)
        if "tk=" in around.basemap.urls[0]:
            yield text("told_basemap_key").get(lang)


def _approval(number: str | None) -> str | None:
    if number is not None and not number.strip():
        raise UsageError("--map-approval-no is empty", "--map-approval-no 为空")
    return number


def _days(assessment: Assessment, wanted: str | None) -> list[str]:
    """Return the earlier days as of which the page can be read, in order."""
    from pingshan_geo.catalogue.dates import span
    from pingshan_geo.page import year_ends

    if wanted is None:
        ends = year_ends(assessment.catalogue, assessment.as_of)
        return [day.isoformat() for day in ends]
    if wanted.strip().lower() == "none":
        return []
    days = set[str]()
    for text in map(str.strip, wanted.split(",")):
        found = span(text)
        if found is None or found.last >= assessment.as_of:
            raise UsageError(
                f"--page-days: {text!r} is no day before {assessment.as_of}: write YYYY, YYYY-MM "
                "or YYYY-MM-DD",
                f"--page-days：{text!r} 不是 {assessment.as_of} 之前的日期，请写 YYYY、YYYY-MM 或 "
                "YYYY-MM-DD",
            )
        days.add(found.last.isoformat())
    return sorted(days)


def _public(chosen: dict[str, Any]) -> Public | None:
    from pingshan_geo.page import Public

    without, step = chosen["public_without"], chosen["public_round"]
    if not chosen["public"]:
        if without is not None or step is not None:
            raise UsageError(
                "--public-without and --public-round go with --public",
                "--public-without 与 --public-round 须与 --public 同用",
            )
        return None
    usual = Public()
    fields = None if without is None else tuple(filter(None, map(str.strip, without.split(","))))
    return Public(usual.fields if fields is None else fields, usual.step if step is None else step)


def _basemap(chosen: dict[str, Any]) -> Basemap | None:
    from pingshan_geo.page import tianditu, tiles

    wanted, name = chosen["basemap"], chosen["basemap_key_env"]
    if chosen["basemap_gcj02_shift"] and wanted in {None, "tianditu"}:
        raise UsageError(
            "--basemap-gcj02-shift goes with --basemap URL",
            "--basemap-gcj02-shift 须与 --basemap URL 同用",
        )
    if wanted != "tianditu":
        if name is not None:
            raise UsageError(
                "--basemap-key-env goes with --basemap tianditu",
                "--basemap-key-env 须与 --basemap tianditu 同用",
            )
        if wanted is None:
            return None
        return tiles(wanted, shift_gcj02=chosen["basemap_gcj02_shift"])
    key = os.environ.get(name) if name else None
    if not key:
        raise UsageError(
            "Tianditu wants a key of your own: put it into an environment variable and name that "
            "with --basemap-key-env",
            "天地图须用自己的密钥：请写入环境变量，并以 --basemap-key-env 指明变量名",
        )
    return tianditu(key)


def _background(assessment: Assessment, path: str) -> Background:
    import geopandas as gpd
    import numpy as np
    import shapely

    from pingshan_geo.ingest.datum import parse_crs_option, to_lonlat
    from pingshan_geo.ingest.delivery import Asked
    from pingshan_geo.ingest.formats.opening import open_delivery
    from pingshan_geo.page import Background

    delivery = open_delivery(path, Asked())
    if delivery.geometry is None or delivery.claim is None:
        raise UsageError(
            f"{path}: a background has shapes, and names a CRS that is known",
            f"{path}：背景文件须含图形，并注明可识别的坐标参考系",
        )
    place = parse_crs_option(delivery.claim.text)
    west, south, east, north = shapely.total_bounds(delivery.geometry)
    if not np.isfinite([west, south, east, north]).all():
        raise UsageError(f"{path}: there is no shape in it", f"{path}：文件中没有图形")
    if place.crs is not None and place.crs.is_geographic and (
        max(-west, east) > 180 or max(-south, north) > 90
    ):  # fmt: skip
        raise UsageError(
            f"{path}: {west:g} {south:g} to {east:g} {north:g} is not longitude and latitude, "
            f"which its CRS says ({place.text}); name the true CRS in the file",
            f"{path}：{west:g} {south:g} 至 {east:g} {north:g} 不是经纬度，而其坐标参考系为"
            f"（{place.text}）；请在文件中注明真实的坐标参考系",
        )
    crs = assessment.catalogue.crs
    shapes, _ = to_lonlat(delivery.geometry, place, file=delivery.file, target=crs)
    return Background(delivery.file, gpd.GeoSeries(shapes, crs=crs))
