"""Folium elements made for parcels, zones and figures; each can be added to any `folium.Map`.

Data reaches the page as text that is never compiled as a template: branca renders what a
``MacroElement`` returns a second time, so these elements put finished pieces into the figure
themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import folium
from branca.element import Element, Figure

from pingshan_geo.errors import UsageError

PROGRAM = (
    "core.js", "unpack.js", "model.js", "format.js", "hash.js", "geometry.js", "hit.js",
    "ground.js", "zones.js", "colour.js", "canvas.js", "parcels.js", "key.js", "labels.js",
    "strip.js", "list.js", "ranges.js", "filters.js", "chips.js", "legend.js", "card.js",
    "land.js", "layers.js", "measure.js", "select.js", "maptools.js", "evidence.js", "about.js",
    "ledger.js", "charts.js", "timeline.js", "compare.js", "tools.js",
)  # fmt: skip
STYLES = ("page.css", "map.css", "filters.css", "charts.css", "maptools.css", "print.css")
_FOR_READERS = re.compile(r"^ */\*.*?\*/\n|^ +", re.MULTILINE | re.DOTALL)
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@cache
def asset(name: str) -> str:
    """Return a text file of the page's assets."""
    return (files("pingshan_geo.page") / "assets" / name).read_text(encoding="utf-8")


def inert_json(data: Mapping[str, Any]) -> str:
    r"""Return JSON that ends no script block and holds no sign of markup.

    Examples
    --------
    >>> inert_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPED)


class Finished(Element):
    """A finished piece of the page: its text is written out as it stands, never compiled."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 (branca's signature)
        """Return the text."""
        return self.text


class Style(Finished):
    """A style sheet of the page."""

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 (branca's signature)
        """Return the sheet as a block of style."""
        return f"<style>{self.text}</style>"


class PageElement(Element):
    """A part of the page on a map.

    Parameters
    ----------
    data : mapping
        From `payload`; all parts on one map share it.

    Examples
    --------
    >>> import folium
    >>> from pingshan_geo import assess, load_catalogue
    >>> from pingshan_geo.page import LotPanel, ParcelLayer, ZoneLayer, payload
    >>> data = payload(assess(load_catalogue()))
    >>> drawing = folium.Map([22.69, 114.35], zoom_start=12, tiles=None)
    >>> for part in (ZoneLayer, ParcelLayer, LotPanel):
    ...     _ = part(data).add_to(drawing)
    """

    #: Name of the part in the page's program.
    part: ClassVar[str] = ""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__()
        self._name = type(self).__name__
        self.data = data

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 (branca's signature)
        """Put style, data, program and this part's call into the figure; return nothing."""
        figure, drawing = self.get_root(), self._parent
        if not isinstance(figure, Figure) or not isinstance(drawing, folium.Map):
            raise UsageError(
                f"{self._name} belongs on a folium.Map", f"{self._name} 须放在 folium.Map 上"
            )
        block = figure.html._children.get("pingshan_geo_data")
        if block is None:
            style = "".join(asset(name) for name in STYLES)
            figure.header.add_child(Style(style), name="pingshan_geo_style")
            figure.html.add_child(DataBlock(self.data), name="pingshan_geo_data")
            # Without comments and indentation, 18 KB that no browser needs.
            program = "".join(re.sub(_FOR_READERS, "", asset(name)) for name in PROGRAM)
            figure.script.add_child(Finished(program), name="pingshan_geo_program")
        elif isinstance(block, DataBlock) and block.data is not self.data:
            raise UsageError(
                "the parts on one map share one block of data: make it once",
                "同一地图上的部件共用一份数据，请只生成一次",
            )
        self.put(figure)
        call = f'pingshanGeo.add("{self.part}", {drawing.get_name()});\n'
        figure.script.add_child(Finished(call), name=f"pingshan_geo_{self.part}")
        return ""

    def put(self, figure: Figure) -> None:
        """Add what this part needs beside its call."""


class DataBlock(Finished):
    """The data of a page, as a block that no browser runs."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__("")
        self.data = data

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 (branca's signature)
        """Return the block."""
        opened = '<script type="application/json" id="pingshan-geo-data">'
        return f"{opened}{inert_json(self.data)}</script>"


class PageFrame(PageElement):
    """The frame: head with title, language and tools, places for the other parts, foot."""

    part = "page_frame"

    def put(self, figure: Figure) -> None:
        """Add the frame's markup, which holds no data."""
        figure.html.add_child(Finished(asset("frame.html")), name="pingshan_geo_frame")


class ZoneLayer(PageElement):
    """Zones: published outlines solid, illustrative ones dashed and hatched."""

    part = "zone_layer"


class ParcelLayer(PageElement):
    """Parcels in the colours of their land use, with a minimum mark at low zoom."""

    part = "parcel_layer"


class MapLabels(PageElement):
    """Labels in the reader's language that avoid lots and each other."""

    part = "map_labels"


class MapKey(PageElement):
    """What the lines mean, whether marks are enlarged, how many are not drawn; scale and north."""

    part = "map_key"


class DetailLayers(PageElement):
    """Errors between outlines and parts of lots in zones, off at first, with their switches."""

    part = "detail_layers"


class TargetStrip(PageElement):
    """The headline figures, a bar where there is a target."""

    part = "target_strip"


class LotList(PageElement):
    """Parcels and zones as lists, the search, the count."""

    part = "lot_list"


class Legend(PageElement):
    """The land uses: legend and filter in one."""

    part = "legend"


class Filters(PageElement):
    """Filters of the lots by zone, stage, years, area and floor area ratio."""

    part = "filters"


class MapTools(PageElement):
    """Tools on the map: the place of the cursor, measuring, selection."""

    part = "map_tools"


class LotPanel(PageElement):
    """The card of the chosen parcel or zone."""

    part = "lot_panel"


class EvidencePanel(PageElement):
    """Why a figure is what it is, down to where it was printed."""

    part = "evidence_panel"


class AboutPanel(PageElement):
    """How to read the page, and what is not drawn."""

    part = "about_panel"


class Ledger(PageElement):
    """Targets, land transfers, findings and sources as tables."""

    part = "ledger"


PAGE = (
    PageFrame, ZoneLayer, ParcelLayer, MapLabels, MapKey, DetailLayers, TargetStrip, LotList,
    Legend, Filters, MapTools, LotPanel, EvidencePanel, AboutPanel, Ledger,
)  # fmt: skip
