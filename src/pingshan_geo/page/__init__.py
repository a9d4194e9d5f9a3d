"""The page: folium elements for parcels and figures, and the offline file made of them."""

from __future__ import annotations

from typing import Any

import folium
import numpy as np

from pingshan_geo.assessment import Assessment
from pingshan_geo.page.basemap import Basemap, tianditu, tiles
from pingshan_geo.page.context import Around, Background, put_around
from pingshan_geo.page.days import year_ends
from pingshan_geo.page.elements import (
    PAGE,
    AboutPanel,
    BasemapLayer,
    ContextLayer,
    DayControl,
    DetailLayers,
    EvidencePanel,
    Filters,
    Ledger,
    Legend,
    LotList,
    LotPanel,
    MapKey,
    MapLabels,
    MapTools,
    PageElement,
    PageFrame,
    ParcelLayer,
    ScenarioMark,
    TargetStrip,
    ZoneLayer,
)  # fmt: skip
from pingshan_geo.page.payload import payload
from pingshan_geo.page.public import Public, published
from pingshan_geo.page.seal import seal

__all__ = [
    "AboutPanel", "Around", "Background", "Basemap", "BasemapLayer", "ContextLayer",
    "DayControl", "DetailLayers", "EvidencePanel", "Filters", "Ledger", "Legend", "LotList",
    "LotPanel", "MapKey", "MapLabels", "MapTools", "PageElement", "PageFrame", "ParcelLayer",
    "Public", "ScenarioMark", "TargetStrip", "ZoneLayer", "payload", "published", "render_page",
    "seal", "tianditu", "tiles", "to_map", "year_ends",
]  # fmt: skip


def to_map(assessment: Assessment, lang: str = "en", around: Around | None = None) -> folium.Map:
    """Return the planner's page as a map that shows itself in a notebook.

    Parameters
    ----------
    assessment : Assessment
        What is to be shown.
    lang : str
        Language in which it opens: ``en`` or ``zh``; the reader can switch.
    around : Around, optional
        Background, base map, approval number, what a public version leaves out, earlier days.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> type(to_map(assess(load_catalogue()))).__name__
    'Map'
    """
    data = _data(assessment, lang, around)
    if around is not None and around.earlier:
        data["earlier"] = [_data(each, lang, around, is_earlier=True) for each in around.earlier]
    bounds = _shown(assessment, around).zones.total_bounds
    west, south, east, north = np.nan_to_num(bounds).tolist()
    centre = [(south + north) / 2, (west + east) / 2]
    drawing = folium.Map(location=centre, tiles=None, zoom_start=11, attribution_control=False)
    # Folium's other stock assets are not used, and their style sheets would reach into the page.
    drawing.default_js = [link for link in drawing.default_js if link[0] == "leaflet"]
    drawing.default_css = [link for link in drawing.default_css if link[0] == "leaflet_css"]
    for part in PAGE:
        if part.needed(data):
            part(data).add_to(drawing)
    return drawing


def _data(
    assessment: Assessment, lang: str, around: Around | None, *, is_earlier: bool = False
) -> dict[str, Any]:
    shown = _shown(assessment, around)
    data = payload(shown, lang, with_sensitivity=not is_earlier)
    if around is not None:
        put_around(data, shown, around)
    return data


def _shown(assessment: Assessment, around: Around | None) -> Assessment:
    """Return what a page shows of an assessment; of what is public already, the same."""
    public = around.public if around is not None else None
    return assessment if public is None else published(assessment, public)


def render_page(assessment: Assessment, lang: str = "en", around: Around | None = None) -> str:
    r"""Return the planner's page as one HTML file: no request, works with the network off.

    Only a base map that is asked for is fetched.

    Parameters
    ----------
    assessment : Assessment
        What is to be shown.
    lang : str
        Language in which it opens: ``en`` or ``zh``.
    around : Around, optional
        As for `to_map`.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> render_page(assess(load_catalogue()))[:31]
    '<!DOCTYPE html>\n<html lang="en"'
    """
    title = assessment.catalogue.title.get(lang)
    drawing = to_map(assessment, lang, around)
    return seal(drawing, title, lang, _shown(assessment, around))
