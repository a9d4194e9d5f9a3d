"""Two catalogues compared as one HTML page without scripts: drawings of both outlines, tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from pingshan_geo.audit.contributions import Comparison
from pingshan_geo.audit.outlines import OutlineChange
from pingshan_geo.figure import ObjectArray
from pingshan_geo.findings import printable
from pingshan_geo.measures.plane import Plane
from pingshan_geo.report import html
from pingshan_geo.report.diff import diff_sheets, left_out
from pingshan_geo.report.diff_words import outline_text, summary
from pingshan_geo.report.people import capital
from pingshan_geo.units import format_number
from pingshan_geo.words import word

_MOST_DRAWN, _MOST_LINES = 200, 2_000
_WIDE, _HIGH, _EDGE = 360.0, 260.0, 18.0  # of a drawing, in units of its view box

_STYLE = (
    html.STYLE
    + """
:root { color-scheme: light dark; }
.drawings { display: flex; flex-wrap: wrap; gap: 1.2rem; }
figure { margin: 0; width: 360px; max-width: 100%; break-inside: avoid; }
figcaption { font-size: .9em; }
svg { width: 100%; height: auto; border: 1px solid #d8dcdf; }
svg .before { fill: none; stroke: #8a4b08; stroke-width: 2; stroke-dasharray: 6 4; }
svg .after { fill: #1f6feb; fill-opacity: .14; stroke: #1f6feb; stroke-width: 2; }
svg .sketch { stroke-dasharray: 2 4; fill-opacity: 0; }
svg .ground { fill: none; stroke: #9aa3aa; stroke-width: 1; }
svg .place { fill: #1f6feb; } svg .scale { fill: none; stroke: currentColor; stroke-width: 1.5; }
svg text { fill: currentColor; font-size: 12px; }
@media screen and (prefers-color-scheme: dark) {
  body { color: #e4e7ea; background: #15181b; } th, td, svg { border-color: #3b4248; }
  .small { color: #aab2b9; } .unknown, svg .before { color: #f0a860; stroke: #f0a860; }
  svg .after { fill: #6cb0ff; stroke: #6cb0ff; } svg .place { fill: #6cb0ff; } }
"""
)


def diff_page(comparison: Comparison, lang: str = "en") -> bytes:
    """Return a self-contained page: the summary, drawings of changed outlines, the tables.

    Each drawing has the outline before (dashed) and after (solid) in an equal-area plane, and a
    scale bar in metres. All text from data is escaped; the content security policy allows the one
    style and nothing else. At most 200 outlines are drawn, and 2 000 lines of a table shown; what
    is left out is said.
    """
    parts = [html.head(word("diff_title", lang), lang, _STYLE)]
    parts += (f"<p>{_said(line)}</p>\n" for line in summary(comparison, lang))
    parts += _drawings(comparison, lang)
    more = left_out(comparison, lang, _MOST_LINES)
    for sheet in diff_sheets(comparison, lang, _MOST_LINES):
        parts.append(f"<h2>{escape(sheet.title)}</h2>\n{html.sheet_table(sheet, _said)}")
        if sheet.title in more:
            parts.append(f"<p>{escape(more[sheet.title])}</p>\n")
    return "".join([*parts, "</body>\n</html>\n"]).encode()


def _said(text: str) -> str:
    """Return text from data as it may stand in the page, control characters as escapes."""
    return escape(printable(text))


def _drawings(comparison: Comparison, lang: str) -> Iterator[str]:
    """Yield an overview and a drawing of each changed outline."""
    drawn = [each for each in comparison.outlines if _shapes(each)]
    if not drawn:
        return
    crs = comparison.before.catalogue.crs
    plane = Plane.about(gpd.GeoSeries([s for each in drawn for s in _shapes(each)], crs=crs))
    yield f"<h2>{escape(word('diff_overview', lang))}</h2>\n"
    yield _overview(comparison, drawn, plane)
    heading, legend = word("diff_outlines", lang), word("diff_legend", lang)
    yield f'<h2>{escape(heading)}</h2>\n<p>{escape(legend)}</p>\n<div class="drawings">\n'
    for number, each in enumerate(drawn[:_MOST_DRAWN], 1):
        yield _drawing(number, each, plane, crs, lang)
    yield "</div>\n"
    if len(drawn) > _MOST_DRAWN:
        count = format_number(len(drawn) - _MOST_DRAWN)
        yield f"<p>{escape(word('diff_more', lang).format(count=count))}</p>\n"


def _shapes(change: OutlineChange) -> list[Any]:
    both = (*change.shapes_before, *change.shapes_after)
    return [each for each in both if each is not None and not each.is_empty]


def _metres(shapes: Iterable[Any], plane: Plane, crs: Any) -> ObjectArray:
    found = plane.shapes(gpd.GeoSeries(list(shapes), crs=crs))
    return found[[each is not None for each in found]] if len(found) else found


class _View:
    """From metres into the box of a drawing, north up."""

    def __init__(self, shapes: Iterable[Any]) -> None:
        west, south, east, north = shapely.total_bounds(np.array(list(shapes), dtype=object))
        self.scale = min(
            (_WIDE - 2 * _EDGE) / max(east - west, 1.0),
            (_HIGH - 3 * _EDGE) / max(north - south, 1.0),
        )
        self.x = _WIDE / 2 - (west + east) / 2 * self.scale
        self.y = (_HIGH - _EDGE) / 2 + (south + north) / 2 * self.scale

    def xy(self, points: Any) -> Any:
        """Return coordinates in the box of coordinates in metres."""
        return np.column_stack(
            (points[:, 0] * self.scale + self.x, self.y - points[:, 1] * self.scale)
        )

    def path(self, shape: Any, kind: str) -> str:
        """Return the outline of a polygon as an element."""
        rings = shapely.get_rings(shapely.get_parts(shape))
        points = (self.xy(shapely.get_coordinates(ring)[:-1]) for ring in rings)
        drawn = "".join(f"M{'L'.join(f'{x:.1f} {y:.1f}' for x, y in ring)}Z" for ring in points)
        return f'<path class="{kind}" fill-rule="evenodd" d="{drawn}"/>'

    def bar(self) -> str:
        """Return a scale bar of 1, 2 or 5 times a power of ten metres."""
        length = scale_length(_WIDE / 3 / self.scale)
        end, y = _EDGE + length * self.scale, _HIGH - 10
        said = f"{format_number(length / 1000)} km" if length >= 1000 else f"{length:g} m"
        line = f"M{_EDGE:g} {y - 4:g}V{y:g}H{end:.1f}V{y - 4:g}"
        return f'<path class="scale" d="{line}"/><text x="{end + 6:.1f}" y="{y:g}">{said}</text>'


def scale_length(most: float) -> float:
    """Return the longest round length (1, 2 or 5 times a power of ten) of at most so many metres.

    Examples
    --------
    >>> scale_length(130.0), scale_length(49.0), scale_length(0.7)
    (100.0, 20.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most)


def _svg(parts: Iterable[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDE:g} {_HIGH:g}" role="img" aria-label="{_said(label)}">'
        f"{''.join(parts)}</svg>\n"
    )


def _drawing(number: int, change: OutlineChange, plane: Plane, crs: Any, lang: str) -> str:
    was = _metres((s for s in change.shapes_before if s is not None), plane, crs)
    now = _metres((s for s in change.shapes_after if s is not None), plane, crs)
    view = _View((*was, *now))
    # An outline that nobody published is drawn as such everywhere.
    kind = "" if change.is_measured else " sketch"
    paths = [view.path(shape, f"after{kind}") for shape in now]
    paths += [view.path(shape, f"before{kind}") for shape in was]
    said = capital(outline_text(change, lang))
    areas = " → ".join(
        "—" if area is None else f"{format_number(area, 1)} m²"
        for area in (change.area_before_m2, change.area_after_m2)
    )
    drawn = "" if change.is_measured else f" ({word('diff_drawn', lang)})"
    caption = f"<strong>{number}</strong> {_said(said)}<br>{escape(areas + drawn)}"
    svg = _svg([*paths, view.bar()], said)
    return f"<figure>\n{svg}<figcaption>{caption}</figcaption>\n</figure>\n"


def _overview(comparison: Comparison, drawn: list[OutlineChange], plane: Plane) -> str:
    """Return a drawing of the district with a numbered place for each change."""
    zones = comparison.after.zones
    crs = comparison.before.catalogue.crs
    ground = _metres(zones.geometry[zones["kind"] == "district"], plane, crs)
    places = [
        shapely.union_all(_metres(_shapes(each), plane, crs)).representative_point()
        for each in drawn[:_MOST_DRAWN]
    ]
    view = _View((*ground, *places))
    fine = [shapely.simplify(shape, 0.5 / view.scale) for shape in ground]
    parts = [view.path(shape, "ground") for shape in fine]
    for number, place in enumerate(places, 1):
        ((x, y),) = view.xy(shapely.get_coordinates(place))
        parts.append(f'<circle class="place" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 4:.1f}">{number}</text>')
    return f"<figure>\n{_svg([*parts, view.bar()], '')}</figure>\n"
