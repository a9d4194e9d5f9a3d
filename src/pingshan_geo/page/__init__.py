"""The page: folium elements for parcels and figures, and the offline file made of them."""

from __future__ import annotations

import folium
import numpy as np

from pingshan_geo.assessment import Assessment
from pingshan_geo.page.elements import (
    PAGE,
    AboutPanel,
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
    TargetStrip,
    ZoneLayer,
)  # fmt: skip
from pingshan_geo.page.payload import payload
from pingshan_geo.page.seal import seal

__all__ = [
    "AboutPanel", "DetailLayers", "EvidencePanel", "Filters", "Ledger", "Legend", "LotList",
    "LotPanel", "MapKey", "MapLabels", "MapTools", "PageElement", "PageFrame", "ParcelLayer",
    "TargetStrip", "ZoneLayer", "payload", "render_page", "seal", "to_map",
]  # fmt: skip


def to_map(assessment: Assessment, lang: str = "en") -> folium.Map:
    """Return the planner's page as a map that shows itself in a notebook.

    Parameters
    ----------
    assessment : Assessment
        What is to be shown.
    lang : str
        Language in which it opens: ``en`` or ``zh``; the reader can switch.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> type(to_map(assess(load_catalogue()))).__name__
    'Map'
    """
    data = payload(assessment, lang)
    west, south, east, north = np.nan_to_num(assessment.zones.total_bounds).tolist()
    centre = [(south + north) / 2, (west + east) / 2]
    drawing = folium.Map(location=centre, tiles=None, zoom_start=11, attribution_control=False)
    # Folium's other stock assets are not used, and their style sheets would reach into the page.
    drawing.default_js = [link for link in drawing.default_js if link[0] == "leaflet"]
    drawing.default_css = [link for link in drawing.default_css if link[0] == "leaflet_css"]
    for part in PAGE:
        part(data).add_to(drawing)
    return drawing


def render_page(assessment: Assessment, lang: str = "en") -> str:
    r"""Return the planner's page as one HTML file: no request, works with the network off.

    Parameters
    ----------
    assessment : Assessment
        What is to be shown.
    lang : str
        Language in which it opens: ``en`` or ``zh``.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> render_page(assess(load_catalogue()))[:31]
    '<!DOCTYPE html>\n<html lang="en"'
    """
    return seal(to_map(assessment, lang), assessment.catalogue.title.get(lang), lang)
