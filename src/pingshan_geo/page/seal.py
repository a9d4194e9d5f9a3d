"""A composed map → one file that opens from a disk with the network off."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink

from pingshan_geo.errors import UsageError
from pingshan_geo.page.elements import Finished, PageElement, Style, asset
from pingshan_geo.words import word

#: Stock elements that need nothing but Leaflet and carry no text.
SEALABLE = (
    folium.FitBounds, folium.PolyLine, folium.Polygon, folium.Rectangle, folium.Circle,
    folium.CircleMarker,
)  # fmt: skip
#: What folium links to by itself: Leaflet is put in, the rest is not used.
STOCK_LINKS = {name for name, _ in (*folium.Map.default_js, *folium.Map.default_css)}


def seal(drawing: folium.Map, title: str, lang: str = "en") -> str:
    """Return a composed map as one offline HTML page with a content security policy.

    Parameters
    ----------
    drawing : folium.Map
        With elements of this package and vector shapes of folium's own.
    title : str
        Text of the title bar.
    lang : str
        ``en`` or ``zh``.

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
    for number, element in enumerate(_elements(drawing)):
        if not isinstance(element, (PageElement, *SEALABLE)) and element is not drawing:
            raise UsageError(
                f"{element._name} cannot be sealed into an offline page: leave it out",
                f"{element._name} 无法封装进离线页面，请去掉",
            )
        element._id = str(number)
    figure.render()
    styles = [_local(asset("vendor/leaflet/leaflet.css")), *_styles(figure, drawing)]
    leaflet = re.sub(r"//# sourceMappingURL=\S+", "", asset("vendor/leaflet/leaflet.js"))
    calls = "".join(child.render() for child in _pieces(figure.script))
    body = "\n".join(child.render() for child in _pieces(figure.html))
    return "".join(_document(styles, [leaflet, calls], body, title, lang))


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
        elif name not in {"meta_http", drawing.get_name()} and not isinstance(child, Finished):
            raise UsageError(
                f"{name} in the head cannot be sealed into an offline page",
                f"页头中的 {name} 无法封装进离线页面",
            )


def _pieces(part: Element) -> Iterable[Element]:
    return part._children.values()


def _local(style: str) -> str:
    """Return a style sheet without the pictures it would fetch; none of them is used."""
    return re.sub(r"url\([^)]*\)", "none", style)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _document(
    styles: list[str], scripts: list[str], body: str, title: str, lang: str
) -> Iterator[str]:
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            "img-src data:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    yield f'<!DOCTYPE html>\n<html lang="{"zh" if lang == "zh" else "en"}">\n<head>\n'
    yield '<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{escape(title)}</title>\n"
    yield from (f"<style>{style}</style>\n" for style in styles)
    yield f"</head>\n<body>\n<noscript>{escape(word('needs_script', lang))}</noscript>\n"
    yield body
    yield from (f"\n<script>{script}</script>" for script in scripts)
    yield "\n</body>\n</html>\n"
