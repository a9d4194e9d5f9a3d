"""The page for readers without JavaScript: headline figures and a table of the lots."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from pingshan_geo.assessment import Assessment
from pingshan_geo.assessment.headline import headline
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.figure import Figure
from pingshan_geo.units import UNITS, format_number
from pingshan_geo.words import land_use, text, word

#: Rows that the table has at most; how many are left out is told.
MOST_ROWS = 2000
#: The parts that need the program are not shown; the document scrolls.
STYLE = (
    "html,body{height:auto;overflow:auto;font:16px/1.5 system-ui,'Noto Sans CJK SC',sans-serif}"
    "body{padding:0 1em}.pg-frame,.folium-map{display:none!important}"
    "table{border-collapse:collapse}"
    "td,th{border:1px solid;padding:2px 8px;text-align:left}td.n{text-align:right}"
)


def table(assessment: Assessment, lang: str) -> str:
    """Return headline figures and the first lots as markup, all text escaped.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> print(table(assess(load_catalogue()), "en")[:79])
    <h2>Headline figures</h2><ul><li>Industrial land to be sold in 2017: completion
    """
    lots = assessment.parcels.iloc[:MOST_ROWS]
    rest = len(assessment.parcels) - len(lots)
    parts = [f"<h2>{_word('static_headline', lang)}</h2><ul>"]
    parts += [f"<li>{escape(line)}" for line in _headline(assessment, lang)]
    parts.append(f"</ul>\n<h2>{_word('parcels', lang)}</h2><table><tr>")
    area = f"{word('site_area', lang)} ({UNITS['m2'].label(lang)})"
    heads = ("ID", word("static_name", lang), word("land_use", lang), area, word("far", lang))
    parts += [f"<th>{escape(_capital(head))}" for head in (*heads, word("static_zone", lang))]
    parts += _rows(assessment, len(lots), lang)
    parts.append("</table>")
    if rest:
        told = text("static_rest").filled(count=format_number(rest)).get(lang)
        parts.append(f"<p>{escape(told)}</p>")
    return "".join(parts)


def _headline(assessment: Assessment, lang: str) -> Iterator[str]:
    printed = printed_units(assessment)
    for figure_id in headline(assessment):
        figure = assessment.figure(figure_id)
        name = assessment.subject_name(figure.kind, figure.subject).get(lang)
        value = _value(figure, shown_unit(figure, printed), lang)
        yield f"{name}: {label(assessment, figure).get(lang)} {value}"


def _value(figure: Figure, unit: str, lang: str) -> str:
    if figure.value is None:
        return word("unknown", lang)
    factor, name = float(UNITS[unit].factor), UNITS[unit].label(lang)
    said = f"{format_number(figure.value / factor)} {name}".strip()
    if figure.qualifier in {"about", "more_than", "less_than"}:
        said = f"{word(figure.qualifier, lang)} {said}"
    if figure.low is None or figure.high is None:
        return said
    low, high = (format_number(bound / factor) for bound in (figure.low, figure.high))
    if low == high:
        return said
    return f"{said} [{low}–{high} {name}]".replace(" ]", "]")


def _rows(assessment: Assessment, count: int, lang: str) -> Iterator[str]:
    lots = assessment.parcels.iloc[:count]
    unknown = word("unknown", lang)
    zones = _zones(assessment, count, lang)
    areas, ratios = (
        lots[name].tolist() if name in lots else [math.nan] * count
        for name in ("site_area_m2", "far")
    )
    first, second = ("name_zh", "name_en") if lang == "zh" else ("name_en", "name_zh")
    uses = zip(lots["land_use"], lots["land_use_standard"], strict=True)
    names = zip(lots[first], lots[second], strict=True)
    for at, (lot, (one, other), (code, standard)) in enumerate(
        zip(lots.index, names, uses, strict=True)
    ):
        known = land_use(standard, code)
        use = f"{code} {known.name.get(lang)}" if known else code
        texts = (str(lot), one or other or "—", use or unknown)
        numbers = (_number(areas[at], unknown), _number(ratios[at], unknown))
        cells = [f"<td>{escape(str(each))}" for each in texts]
        cells += [f'<td class="n">{escape(each)}' for each in numbers]
        yield f"\n<tr>{''.join(cells)}<td>{escape(zones[at] or unknown)}"


def _number(value: float | None, unknown: str) -> str:
    return unknown if value is None or math.isnan(value) else format_number(value)


def _zones(assessment: Assessment, count: int, lang: str) -> list[str]:
    """Return the names of the zones that each lot lies in."""
    found: list[list[str]] = [[] for _ in range(count)]
    names: dict[int, str] = {}
    members = assessment.places["parcels"][["row", "zone"]].to_numpy(dtype=int).tolist()
    for row, zone in members:
        if row < count:
            if zone not in names:
                key = str(assessment.zones.index[zone])
                names[zone] = assessment.subject_name("zones", key).get(lang)
            found[row].append(names[zone])
    return [", ".join(each) if lang != "zh" else "、".join(each) for each in found]


def _word(key: str, lang: str) -> str:
    return escape(_capital(word(key, lang)))


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]
