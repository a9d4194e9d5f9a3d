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
from pingshan_geo.assessment.view import View
from pingshan_geo.catalogue.schema import CONTEXT_KIND, KINDS
from pingshan_geo.figure import Figure
from pingshan_geo.measures.registry import MEASURES
from pingshan_geo.page import layers
from pingshan_geo.page.land_uses import land_uses
from pingshan_geo.page.lots import lots
from pingshan_geo.page.outlines import outlines
from pingshan_geo.page.sensitivity import sensitivity_part
from pingshan_geo.units import UNITS
from pingshan_geo.words import Text, text, words

#: A coordinate system as people of the trade call it.
CRS_NAMES = {"EPSG:4490": "CGCS2000 (EPSG:4490)", "EPSG:4326": "WGS 84 (EPSG:4326)"}
#: What was found of a subject beside its figures, where its table has it.
_TOLD = (
    "area_verdict", "area_tolerance_m2", "transfer_verdict", "obligation_verdict", "obligation_due",
)  # fmt: skip
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


def payload(
    assessment: Assessment, lang: str = "en", *, with_sensitivity: bool = True
) -> dict[str, Any]:
    """Return all that the page shows, as values of JSON.

    Parameters
    ----------
    assessment : Assessment
        What is to be shown.
    lang : str
        Language in which the page opens: ``en`` or ``zh``. Both are in the block.
    with_sensitivity : bool
        Whether it tells what would change figures; earlier days do not.

    Returns
    -------
    dict
        Members ``page, lang, words, texts, units, uses, sources, evidence, measures, tables,
        members, pairs, geometry, lots, figures, headline, steps, sensitivity, findings``;
        ``lots`` are the figures of parcels, as arrays with NaN; ``steps`` the named steps that a
        figure lies in, one or two. Unknown elsewhere is None; areas are m², money yuan,
        outlines steps of 1e-7 degree in the catalogue's CRS.

    Examples
    --------
    >>> from pingshan_geo import assess, load_catalogue
    >>> data = payload(assess(load_catalogue()))
    >>> data["page"]["as_of"], len(data["tables"]["parcels"]["id"]) > 9
    ('2024-12-31', True)
    """
    sayer = _Sayer(assessment)
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
        "lots": lots(assessment, sayer.profile),
        "figures": _figures(assessment, sayer),
        "headline": list(headline(assessment)),
        "steps": _steps(assessment, sayer),
        "sensitivity": sensitivity_part(assessment, sayer.texts.text) if with_sensitivity else None,
        "findings": list(_findings(assessment)),
        "texts": sayer.texts.items,
        "evidence": sayer.evidence.items,
    }


def _page(assessment: Assessment) -> dict[str, Any]:
    catalogue = assessment.catalogue
    statuses = {*assessment.parcels["geometry_status"], *assessment.zones["geometry_status"]}
    drawn = assessment.zones[assessment.zones["geometry_status"].isin(["surveyed", "published"])]
    titles = [_title(catalogue.sources, source) for source in dict.fromkeys(drawn["source_id"])]
    known = [title for title in titles if title][:2]
    shown = text("foot_source")
    mark = f"{catalogue.id} {catalogue.sha256[:8]}"
    sketched = "illustrative" in statuses
    return {
        "title": list(catalogue.title),
        "as_of": assessment.as_of.isoformat(),
        "crs": CRS_NAMES.get(catalogue.crs, catalogue.crs),
        "catalogue": catalogue.id,
        "sha256": catalogue.sha256,
        "surveyed": bool((assessment.parcels["geometry_status"] == "surveyed").any()),
        "notice": list(text("foot_sketched" if sketched else "foot_reading")),
        "credit": [
            f"{shown.get(lang)}: {'; '.join(title.get(lang) for title in known)} · {mark}"
            if known
            else mark
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
        # Areas have the same signs in both languages.
        area, _, per = key.partition("/")
        chinese = (
            UNITS[area].en + ("/年" if per else "") if area in {"ha", "m2", "km2"} else unit.zh
        )
        shown[f"unit_{key}"] = [unit.en, chinese if per in {"", "year"} else unit.zh]
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
        "name": list(_names(table)),
        "columns": fields,
        # A tolerance is shown to a tenth of a square metre and is no figure.
        "told": {name: [_value(v) for v in _short(table[name])] for name in _TOLD if name in table},
        "pairs": pairs,
    }


def _short(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.round(3) if column.dtype.kind == "f" else column


def _names(table: pd.DataFrame) -> Iterator[list[str]]:
    """Yield the names of each row; its id where it has none."""
    nothing = [None] * len(table)
    names = (table[n].tolist() if n in table else nothing for n in ("name_en", "name_zh"))
    for key, english, chinese in zip(table.index, *names, strict=True):
        yield [english or chinese or str(key), chinese or english or str(key)]


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


class _Sayer:
    """Says of a figure what the page holds of it."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.printed = printed_units(assessment)
        self.order = {name: at for at, name in enumerate(MEASURES)}
        self.sources = {str(key): at for at, key in enumerate(assessment.catalogue.sources.index)}
        self.texts, self.evidence = _Shared(), _Shared()

    def profile(self, figure: Figure) -> dict[str, Any]:
        """Return all but subject and numbers, for lots: inputs of the same lot without its id."""
        lot = f"/{figure.subject}"
        return self._said(figure) | {
            "inputs": [each.removesuffix(lot) for each in figure.inputs],
            "evidence": [
                [self.sources[item.source], item.locator, item.printed]
                for item in figure.evidence
                if item.source in self.sources
            ],
        }

    def row(self, figure: Figure) -> dict[str, Any]:
        """Return a whole figure."""
        numbers = {name: getattr(figure, name) for name in ("value", "low", "high")}
        subject = {"measure": self.order[figure.measure], "subject": figure.subject}
        return subject | numbers | self._said(figure) | {
            "inputs": list(figure.inputs),
            "evidence": [
                self.evidence.at(item, [self.sources[item.source], item.locator, item.printed])
                for item in figure.evidence
                if item.source in self.sources
            ],
        }  # fmt: skip

    def _said(self, figure: Figure) -> dict[str, Any]:
        own, text_of = label(self.assessment, figure), self.texts.text
        return {
            "label": text_of(own if own != MEASURES[figure.measure].label else None),
            "unit": figure.unit,
            "show": shown_unit(figure, self.printed),
            "status": figure.status,
            "qualifier": figure.qualifier,
            "method": text_of(figure.method),
            "basis": text_of(figure.basis),
            "notes": [text_of(note) for note in figure.notes],
            "completeness": figure.completeness.to_dict() if figure.completeness else None,
            "verdict": figure.verdict,
        }


def _figures(assessment: Assessment, sayer: _Sayer) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for figure in _shown_figures(assessment, View(assessment)):
        for name, value in sayer.row(figure).items():
            columns.setdefault(name, []).append(value)
    return columns


def _steps(assessment: Assessment, sayer: _Sayer) -> dict[str, list[int]]:
    """Return the names of the steps that figures lie in; those of lots stand in their notes."""
    named = assessment.catalogue.consequences
    pairs = (named["name_en"].tolist(), named["name_zh"].tolist())
    names = {
        str(key): Text(en or zh or str(key), zh or en or str(key))
        for key, en, zh in zip(named.index, *pairs, strict=True)
    }
    found: dict[str, list[int]] = {}
    for kind, table in assessment.tables.items():
        for measure in MEASURES if kind in KINDS and kind != "parcels" and names else ():
            for subject, steps in table.get(f"{measure}_step", pd.Series(dtype=object)).items():
                own = [names[one] for one in str(steps or "").split("; ") if one in names]
                if own:
                    found[f"{measure}/{subject}"] = [sayer.texts.text(name) for name in own]
    return found


def _shown_figures(assessment: Assessment, view: View) -> Iterator[Figure]:
    """Yield all figures but those of lots, and of lots that lie wholly in or out of a zone."""
    for kind, table in assessment.tables.items():
        if kind == "parcels":
            continue
        rows = table if kind in KINDS else table[~table["is_whole"].to_numpy(dtype=bool)]
        made = map(view.figure, ids_of(rows, assessment.measures(kind)))
        yield from (figure for figure in made if figure is not None)


def _findings(assessment: Assessment) -> Iterator[dict[str, Any]]:
    for finding in assessment.findings:
        row = finding.to_dict()
        names = ("severity", "code", "subject", "related", "file", "row", "field")
        kept = {name: row[name] for name in names}
        message = [finding.message("en"), finding.message("zh")]
        yield {**kept, "message": message, "fix": [finding.fix("en"), finding.fix("zh")]}
