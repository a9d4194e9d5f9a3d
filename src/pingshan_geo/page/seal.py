"""A composed map → one file that opens from a disk with the network off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.elements import ElementAddToElement

from pingshan_geo.assessment import Assessment
from pingshan_geo.errors import UsageError
from pingshan_geo.page import program, static
from pingshan_geo.page.elements import DataBlock, LayerElement, PageElement, Style, block
from pingshan_geo.page.inert import Inert, markup
from pingshan_geo.page.packed import as_text
from pingshan_geo.words import word

#: Stock elements that need nothing but Leaflet; of their texts only names of layers are shown.
SEALABLE = (
    folium.FitBounds, folium.PolyLine, folium.Polygon, folium.Rectangle, folium.Circle,
    folium.CircleMarker, folium.FeatureGroup, folium.LayerControl,
)  # fmt: skip
#: What folium links to by itself: Leaflet is put in, the rest is not used.
STOCK_LINKS = {name for name, _ in (*folium.Map.default_js, *folium.Map.default_css)}


def seal(
    drawing: folium.Map, title: str, lang: str = "en", assessment: Assessment | None = None
) -> str:
    """Return a composed map as one offline HTML page with a content security policy.

    Parameters
    ----------
    drawing : folium.Map
        With elements of this package, vector shapes of folium's own, groups of them and a
        ``LayerControl``.
    title : str
        Text of the title bar.
    lang : str
        ``en`` or ``zh``.
    assessment : Assessment, optional
        Where given, readers without JavaScript get its headline figures and a table of its lots.

    Raises
    ------
    UsageError
        If an element needs what cannot be put into the file (tiles, plugins, popups); the
        message names it.
    """
    figure = drawing.get_root()
    if not isinstance(figure, Figure):
        raise UsageError(
            "a map can be sealed when it stands in a figure", "地图须置于 figure 中才能封装"
        )
    _forget(figure, drawing)
    elements = list(_elements(drawing))
    for number, element in enumerate(elements):
        stock = type(element) in SEALABLE
        if not isinstance(element, PageElement) and not stock and element is not drawing:
            raise UsageError(
                f"{element._name} cannot be sealed into an offline page: leave it out",
                f"{element._name} 无法封装进离线页面，请去掉",
            )
        element._id = str(number)
    with _safe_names(elements):
        figure.render()
    styles = [_local(program.asset("vendor/leaflet/leaflet.css")), *_styles(figure, drawing)]
    calls = "".join(child.render() for child in figure.script._children.values())
    running = f"{program.leaflet()}\n{calls}\npingshanGeo.start();\n"
    body = "\n".join(child.render() for child in figure.html._children.values())
    page = figure.html._children.get("pingshan_geo_data")
    host = page.data["page"].get("basemap", {}).get("host") if isinstance(page, DataBlock) else None
    without = static.table(assessment, lang) if assessment is not None else ""
    return "".join(_document(styles, running, body, (title, lang, without), host))


def _forget(figure: Figure, drawing: folium.Map) -> None:
    """Take out what a notebook has already rendered, which has other ids."""
    elements = list(_elements(drawing))
    names = {each.get_name() for each in elements}
    for each in elements:
        for name in [n for n, c in each._children.items() if isinstance(c, ElementAddToElement)]:
            del each._children[name]
    # Layers are put on their map by an element that each rendering makes anew.
    own = ("pingshan_geo_", "macro_element_")
    for part in (figure.header, figure.html, figure.script):
        for name in [n for n in part._children if n in names or n.startswith(own)]:
            del part._children[name]


@contextmanager
def _safe_names(elements: list[Element]) -> Iterator[None]:
    """Let stock layers have names that are shown as text while the map is rendered."""
    stock = [
        (each, each.layer_name)
        for each in elements
        if isinstance(each, folium.map.Layer) and not isinstance(each, LayerElement)
    ]
    try:
        for layer, name in stock:
            layer.layer_name = markup(name)
        yield
    finally:
        for layer, name in stock:
            layer.layer_name = name


def _elements(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():
        yield from _elements(child)


def _styles(figure: Figure, drawing: folium.Map) -> Iterator[str]:
    for name, child in figure.header._children.items():
        if isinstance(child, Style):
            yield child.text
        elif isinstance(child, JavascriptLink | CssLink):
            if name not in STOCK_LINKS:
                raise UsageError(
                    f"{child.url} cannot be sealed into an offline page",
                    f"{child.url} 无法封装进离线页面",
                )
        elif name not in {"meta_http", drawing.get_name()} and not isinstance(child, Inert):
            raise UsageError(
                f"{name} in the head cannot be sealed into an offline page",
                f"页头中的 {name} 无法封装进离线页面",
            )


def _local(style: str) -> str:
    """Return a style sheet without the pictures it would fetch; none of them is used."""
    return re.sub(r"url\([^)]*\)", "none", style)


def _document(
    styles: list[str], running: str, body: str, words: tuple[str, str, str], host: str | None
) -> Iterator[str]:
    title, lang, without = words
    loader = program.loader()
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {program.hashed(loader)} {program.hashed(running)}",
            f"style-src {' '.join(map(program.hashed, [*styles, static.STYLE]))}",
            f"img-src data: {host}" if host else "img-src data:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types default",
        )
    )
    yield f'<!DOCTYPE html>\n<html lang="{"zh" if lang == "zh" else "en"}">\n<head>\n'
    yield '<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{escape(title)}</title>\n{program.licences()}\n"
    yield from (f"<style>{style}</style>\n" for style in styles)
    yield f"</head>\n<body>\n<noscript><style>{static.STYLE}</style>\n"
    yield f"<h1>{escape(title)}</h1><p>{escape(word('needs_script', lang))}</p>\n"
    packed = block("text/plain", "program", as_text(running.encode()))
    yield f"{without}</noscript>\n{program.told()}\n{body}\n{packed}\n"
    yield f"<script>{loader}</script>\n</body>\n</html>\n"
