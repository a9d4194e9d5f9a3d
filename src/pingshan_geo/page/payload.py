"""An assessment → one block of plain data for the page, in both languages.

Texts that occur often stand once, in a list, and rows name them by position; tables and figures
are columns, outlines whole numbers, so that the block stays small and a drawing layer can read
it without making an object per lot.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from pingshan_geo.assessment import Assessment, ids_of
from pingshan_geo.assessment.headline import headline
from pingshan_geo.assessment.shown import label, printed_units, shown_unit
from pingshan_geo.catalogue.schema import CONTEXT_KIND, KINDS
from pingshan_geo.figure import Figure
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.page import layers
from pingshan_geo.page.land_uses import land_uses
from pingshan_geo.page.outlines import outlines
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text, text, words

#: A coordinate system as people of the trade call it.
CRS_NAMES = {"EPSG:4490": "CGCS2000 (EPSG:4490)", "EPSG:4326": "WGS 84 (EPSG:4326)"}
#: What was found of a subject beside its figures, where its table has it.
_TOLD = ("area_verdict", "area_tolerance_m2")
_NO_FIELD = {"name_en", "name_zh", "geometry", "row_number", *(m.column for m in MEASURES.values())}


class _Shared:
    """A list in which each value stands once."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._at: dict[Hashable, int] = {}

    def at(self, key: Hashable, value: Any) -> int:
        """Return the position of a value, which is added where its key is new."""
        if key not in self._at:
            self._at[key] = len(self.items)
            self.items.append(value)
        return self._at[key]

    def text(self, value: Text | None) -> int:
        """Return the position of a text, -1 for none."""
        return -1 if value is None else self.at(value, list(value))


def payload(assessment: Assessment, lang: str = "en") -> dict[str, Any]:
    """Return all that the page shows, as values of JSON.

    Parameters
    ----------
    assessment : Assessment
        What is to be shown.
    lang : str
        Language in which the page opens: ``en`` or ``zh``. Both are in the block.

    Returns
    -------
    dict
        Members ``page, lang, words, texts, units, uses, sources, evidence, measures, tables,
        members, pairs, geometry, figures, headline, findings``. Unknown is None; areas are m²,
        money yuan, outlines steps of 1e-7 degree in the catalogue's CRS.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> data = payload(assess(load_catalogue()))
    >>> data["page"]["as_of"], len(data["tables"]["parcels"]["id"]) > 9
    ('2024-12-31', True)
    """
    texts, evidence = _Shared(), _Shared()
    sources = {str(key): at for at, key in enumerate(assessment.catalogue.sources.index)}
    return {
        "page": _page(assessment),
        "lang": lang,
        "words": _words(),
        "units": {key: float(unit.factor) for key, unit in UNITS.items()},
        "uses": land_uses(assessment.parcels),
        "sources": list(_sources(assessment)),
        "tables": {kind: _table(assessment, kind) for kind in KINDS},
        "members": layers.members(assessment),
        "pairs": layers.pairs(assessment),
        "geometry": {
            "parcels": outlines(assessment.parcels.geometry),
            "zones": outlines(assessment.zones.geometry),
            "pieces": layers.pieces(assessment),
            "findings": layers.errors(assessment),
        },
        "measures": [
            {key: getattr(m, key) for key in ("name", "unit", "group", "operator")}
            | {"label": list(m.label)}
            for m in MEASURES.values()
        ],
        "figures": _figures(assessment, texts, evidence, sources),
        "headline": list(headline(assessment)),
        "findings": list(_findings(assessment)),
        "texts": texts.items,
        "evidence": evidence.items,
    }


def _page(assessment: Assessment) -> dict[str, Any]:
    catalogue = assessment.catalogue
    statuses = {*assessment.parcels["geometry_status"], *assessment.zones["geometry_status"]}
    drawn = assessment.zones[assessment.zones["geometry_status"].isin(["surveyed", "published"])]
    titles = [_title(catalogue.sources, source) for source in dict.fromkeys(drawn["source_id"])]
    known = [title for title in titles if title][:2]
    shown = text("foot_source")
    mark = f" · {catalogue.id} {catalogue.sha256[:8]}"
    sketched = "illustrative" in statuses
    return {
        "title": list(catalogue.title),
        "as_of": assessment.as_of.isoformat(),
        "crs": CRS_NAMES.get(catalogue.crs, catalogue.crs),
        "catalogue": catalogue.id,
        "surveyed": bool((assessment.parcels["geometry_status"] == "surveyed").any()),
        "notice": list(text("foot_sketched" if sketched else "foot_reading")),
        "credit": [
            f"{shown.get(lang)}: {'; '.join(title.get(lang) for title in known)}{mark}"
            for lang in ("en", "zh")
        ],
    }


def _title(sources: pd.DataFrame, source: str | None) -> Text | None:
    if source is None or source not in sources.index:
        return None
    row = sources.loc[source]
    return Text(row["title_en"] or source, row["title_zh"] or source)


# Words of commands and files that the page has no place for.
_NOT_SHOWN = {"cli", "crs_cause", "template", "evidence"}


def _words() -> dict[str, list[str]]:
    """Words of the page and of everything it shows; unit signs are the same in both languages."""
    shown = {key: list(word.text) for key, word in words().items() if word.group not in _NOT_SHOWN}
    for key, unit in UNITS.items():
        same = key in {"ha", "m2", "km2"}
        shown[f"unit_{key}"] = [unit.en, unit.en if same else unit.zh]
    return shown


def _sources(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for key, row in assessment.catalogue.sources.iterrows():
        title = [row["title_en"] or str(key), row["title_zh"] or str(key)]
        rest = {name: row.get(name) for name in ("publisher", "date", "url", "licence")}
        yield {"id": str(key), "title": title, **rest}


def _table(assessment: Assessment, kind: str) -> dict[str, Any]:
    """Return a table's ids, names and fields; measures are figures and stand elsewhere."""
    table = assessment.tables[kind]
    own = getattr(assessment.catalogue, kind).columns
    names = [
        name for name in own
        if name in table and name not in _NO_FIELD and not name.endswith("_digits")
    ]  # fmt: skip
    fields: dict[str, list[Any]] = {}
    pairs: dict[str, list[str]] = {}
    for name in names:
        stem, _, lang = name.rpartition("_")
        if lang == "zh" and (stem in names or f"{stem}_en" in names):
            continue
        base = stem if lang == "en" else name
        fields[base] = [_value(value) for value in table[name]]
        if f"{base}_zh" in names:
            pairs[base] = [name, f"{base}_zh"]
            chinese = (_value(value) for value in table[f"{base}_zh"])
            fields[base] = [
                None if en is None and zh is None else [en, zh]
                for en, zh in zip(fields[base], chinese, strict=True)
            ]
    if kind == "zones":
        fields["role"] = _roles(table)
    return {
        "id": [str(key) for key in table.index],
        "name": [list(assessment.subject_name(kind, key)) for key in table.index],
        "columns": fields,
        "told": {name: [_value(v) for v in table[name]] for name in _TOLD if name in table},
        "pairs": pairs,
    }


def _value(value: Any) -> str | float | None:
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return float(value) if isinstance(value, int | float | np.number) else str(value)


def _roles(zones: pd.DataFrame) -> list[str]:
    """How each zone is drawn: ground around (context), ground (root) or upon it (zone)."""
    drawn = zones.index[zones["geometry_status"] != "none"]
    within = zones["parent"].isin(drawn)
    around = zones["kind"] == CONTEXT_KIND
    return [str(role) for role in np.select([around, within], ["context", "zone"], "root")]


def _figures(
    assessment: Assessment, texts: _Shared, evidence: _Shared, sources: dict[str, int]
) -> dict[str, list[Any]]:
    order = {name: at for at, name in enumerate(MEASURES)}
    printed = printed_units(assessment)
    columns: dict[str, list[Any]] = {}
    for figure in _shown_figures(assessment):
        own = label(assessment, figure)
        row = {
            "measure": order[figure.measure],
            "subject": figure.subject,
            "label": texts.text(own if own != MEASURES[figure.measure].label else None),
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "unit": figure.unit,
            "show": shown_unit(figure, printed),
            "status": figure.status,
            "qualifier": figure.qualifier,
            "method": texts.text(figure.method),
            "basis": texts.text(figure.basis),
            "inputs": list(figure.inputs),
            "notes": [texts.text(note) for note in figure.notes],
            "evidence": [
                evidence.at(item, [sources[item.source], item.locator, item.printed])
                for item in figure.evidence
                if item.source in sources
            ],
            "completeness": figure.completeness.to_dict() if figure.completeness else None,
            "verdict": figure.verdict,
        }
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return columns


def _shown_figures(assessment: Assessment) -> Iterator[Figure]:
    """Yield all figures but those of lots that lie wholly inside or outside of a zone."""
    for kind, table in assessment.tables.items():
        rows = table if kind in KINDS else table[~table["is_whole"].to_numpy(dtype=bool)]
        yield from map(assessment.figure, ids_of(rows, assessment.measures(kind)))


def _findings(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for finding in assessment.findings:
        row = finding.to_dict()
        names = ("severity", "code", "subject", "related", "file", "row", "field")
        kept = {name: row[name] for name in names}
        message = [finding.message("en"), finding.message("zh")]
        yield {**kept, "message": message, "fix": [finding.fix("en"), finding.fix("zh")]}
