"""Folium elements made for parcels, zones and figures; each can be added to any `folium.Map`.

Data reaches the page as text that is never compiled as a template: branca renders what a
``MacroElement`` returns a second time, so these elements put finished pieces into the figure
themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import folium
from branca.element import Element, Figure

from pingshan_geo.errors import UsageError
from pingshan_geo.page.days import earlier_days
from pingshan_geo.page.inert import Inert, inert_json, markup
from pingshan_geo.page.packed import as_text, pack
from pingshan_geo.page.program import asset, plain
from pingshan_geo.words import word

PROGRAM = (
    "core.js", "foliumlayer.js", "days.js", "unpack.js", "model.js", "arithmetic.js", "format.js",
    "hash.js", "units.js", "geometry.js", "hit.js", "ground.js", "context.js", "basemap.js",
    "zones.js", "colour.js", "canvas.js", "parcels.js", "key.js", "labels.js", "strip.js",
    "list.js", "ranges.js", "filters.js", "chips.js", "legend.js", "card.js", "neighbours.js",
    "land.js", "layers.js", "measure.js", "select.js", "maptools.js", "evidence.js", "about.js",
    "ledger.js", "charts.js", "timeline.js", "compare.js", "scenario.js", "claims.js",
    "flags.js", "flagform.js", "obligations.js", "sensitivity.js", "tools.js",
)  # fmt: skip
STYLES = (
    "page.css", "map.css", "filters.css", "charts.css", "maptools.css", "scenario.css",
    "changes.css", "foliumlayer.css", "print.css",
)  # fmt: skip


class Style(Inert):
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

    def __init__(self, data: Mapping[str, Any], **layer: Any) -> None:
        super().__init__(**layer)
        self._name = type(self).__name__
        self.data = data

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 (branca's signature)
        """Put style, data, program and this part's call into the figure; return nothing."""
        figure, drawing = self.get_root(), self._drawing()
        if not isinstance(figure, Figure) or drawing is None:
            raise UsageError(
                f"{self._name} belongs on a folium.Map", f"{self._name} 须放在 folium.Map 上"
            )
        there = figure.html._children.get("pingshan_geo_data")
        if there is None:
            style = "".join(asset(name) for name in STYLES)
            figure.header.add_child(Style(style), name="pingshan_geo_style")
            figure.html.add_child(DataBlock(self.data), name="pingshan_geo_data")
            program = "".join(map(plain, PROGRAM))
            figure.script.add_child(Inert(program), name="pingshan_geo_program")
        elif isinstance(there, DataBlock) and there.data is not self.data:
            raise UsageError(
                "the parts on one map share one block of data: make it once",
                "同一地图上的部件共用一份数据，请只生成一次",
            )
        self.put(figure)
        call = Inert(self.call(drawing.get_name()))
        figure.script.add_child(call, name=f"pingshan_geo_{self.part}")
        return ""

    def _drawing(self) -> folium.Map | None:
        """Return the map that the part stands on."""
        return self._parent if isinstance(self._parent, folium.Map) else None

    def call(self, drawing: str) -> str:
        """Return the call that puts the part on the map of that name."""
        return f'pingshanGeo.add("{self.part}", {drawing});\n'

    def put(self, figure: Figure) -> None:
        """Add what this part needs beside its call."""

    @classmethod
    def needed(cls, data: Mapping[str, Any]) -> bool:  # noqa: ARG003 (for those that may not be)
        """Return whether a page of this data has the part."""
        return True


class LayerElement(PageElement, folium.map.Layer):
    """A part that draws: folium's groups and ``LayerControl`` switch it.

    Parameters
    ----------
    data : mapping
        From `payload`.
    name : str, optional
        What a ``LayerControl`` calls it; by default a word in the language of the data.
    overlay, control, show : bool
        As for any ``folium.map.Layer``.
    """

    #: Key of the word that names it.
    word: ClassVar[str] = ""

    def __init__(
        self,
        data: Mapping[str, Any],
        name: str | None = None,
        *,
        overlay: bool = True,
        control: bool = True,
        show: bool = True,
    ) -> None:
        own = word(self.word, str(data["lang"]))
        shown = markup(own[0].upper() + own[1:] if name is None else name)
        super().__init__(data, name=shown, overlay=overlay, control=control, show=show)

    def _drawing(self) -> folium.Map | None:
        """Return the map that the part stands on, be it in a group."""
        above = self._parent
        while isinstance(above, folium.FeatureGroup):
            above = above._parent
        return above if isinstance(above, folium.Map) else None

    def call(self, drawing: str) -> str:
        """Return the calls that make the part a layer, and show it where it is on at first."""
        name, above = self.get_name(), self._parent
        made = f'var {name} = pingshanGeo.layer("{self.part}", {drawing});\n'
        shown = f"{name}.addTo({above.get_name()});\n" if self.show and above else ""
        return made + shown + super().call(drawing)


class DataBlock(Inert):
    """The data of a page, as blocks that no browser runs."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__("")
        self.data = data
        self._said = ""

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 (branca's signature)
        """Return the blocks: of JSON, packed, and of earlier days; packed once, asked twice."""
        self._said = self._said or self._blocks()
        return self._said

    def _blocks(self) -> str:
        text, columns = _packed(self.data)
        packed = block("application/octet-stream;base64", "packed", as_text(columns))
        blocks = f"{block('application/json', 'data', text)}\n{packed}"
        earlier = [(each["page"]["as_of"], *_packed(each)) for each in self.data.get("earlier", ())]
        if not earlier:
            return blocks
        days = [(day, one.encode() + rest, len(one.encode())) for day, one, rest in earlier]
        said = inert_json(earlier_days(text.encode() + columns, days, self.data["page"]["as_of"]))
        return f"{blocks}\n{block('application/json', 'days', said)}"


def block(kind: str, name: str, text: str) -> str:
    """Return data as a block; a text that could end it is refused, should the escaping fail."""
    if "<" in text:
        raise ValueError(f"the block {name} holds a sign of markup")
    return f'<script type="{kind}" id="pingshan-geo-{name}">{text}</script>'


def _packed(data: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the JSON and the block of a day."""
    rest, columns = pack({name: value for name, value in data.items() if name != "earlier"})
    return inert_json(rest), columns


class PageFrame(PageElement):
    """The frame: head with title, language and tools, places for the other parts, foot."""

    part = "page_frame"

    def put(self, figure: Figure) -> None:
        """Add the frame's markup, which holds no data."""
        figure.html.add_child(Inert(asset("frame.html")), name="pingshan_geo_frame")


class ZoneLayer(LayerElement):
    """Zones: published outlines solid, illustrative ones dashed and hatched."""

    part = "zone_layer"
    word = "zones"


class ParcelLayer(LayerElement):
    """Parcels in the colours that the reader chooses, with a minimum mark at low zoom."""

    part = "parcel_layer"
    word = "parcels"


class ContextLayer(LayerElement):
    """A bureau's own background in greys, under everything."""

    part = "context_layer"
    word = "layer_context"

    @classmethod
    def needed(cls, data: Mapping[str, Any]) -> bool:
        """Return whether there is a background."""
        return "context" in data


class BasemapLayer(LayerElement):
    """The tiles of a base map that was asked for."""

    part = "basemap_layer"
    word = "layer_basemap"

    @classmethod
    def needed(cls, data: Mapping[str, Any]) -> bool:
        """Return whether a base map was asked for."""
        return "basemap" in data["page"]


class MapLabels(PageElement):
    """Labels in the reader's language that avoid lots and each other."""

    part = "map_labels"


class MapKey(PageElement):
    """What the lines mean, whether marks are enlarged, how many are not drawn; scale and north."""

    part = "map_key"


class DetailLayers(LayerElement):
    """Errors between outlines and parts of lots in zones, off at first, with their switches."""

    part = "detail_layers"
    word = "layer_details"


class DayControl(PageElement):
    """The day as of which the page is read."""

    part = "day_control"

    @classmethod
    def needed(cls, data: Mapping[str, Any]) -> bool:
        """Return whether there is a day to choose."""
        return bool(data.get("earlier"))


class TargetStrip(PageElement):
    """The headline figures, a bar where there is a target."""

    part = "target_strip"


class LotList(PageElement):
    """Parcels and zones as lists, the search, the count."""

    part = "lot_list"


class Legend(PageElement):
    """By what parcels are coloured: choice, legend and filter in one."""

    part = "legend"


class Filters(PageElement):
    """Filters of the lots by zone, stage, years, area and floor area ratio."""

    part = "filters"


class MapTools(PageElement):
    """Tools on the map: the place of the cursor, measuring, selection."""

    part = "map_tools"


class ScenarioMark(PageElement):
    """The line that tells what is assumed, as long as something is."""

    part = "scenario_mark"


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
    """The drawer: tables, charts, timeline, comparison and what-if."""

    part = "ledger"


PAGE = (
    PageFrame, BasemapLayer, ContextLayer, ZoneLayer, ParcelLayer, MapLabels, MapKey,
    DetailLayers, DayControl, TargetStrip, LotList, Legend, Filters, MapTools, ScenarioMark,
    LotPanel, EvidencePanel, AboutPanel, Ledger,
)  # fmt: skip
