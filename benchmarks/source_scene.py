"""Makes a document of 20 to 60 printed numbers, and the catalogue that holds just these.

Sentences, lots and numbers are invented here. Notations, qualifiers, bases and years are those
that notices and news print, in English and Chinese.
"""

from __future__ import annotations

import csv
import html
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from pingshan_geo.catalogue.schema import TABLES

T = TypeVar("T")
Rng = np.random.Generator


@dataclass(frozen=True)
class Slot:
    """A number in a sentence: id of its fact, how it is shown, and the words for its basis."""

    key: str
    before: str
    shown: str
    after: str = ""
    basis: str = ""

    @property
    def text(self) -> str:
        """The number with the words that qualify it."""
        return f"{self.before}{self.shown}{self.after}"


@dataclass(frozen=True)
class Line:
    """A sentence; ``[0]`` is its first number, ``<0>`` the basis of that, ``[year]`` the year."""

    template: str
    slots: tuple[Slot, ...] = ()
    year: int | None = None

    @property
    def text(self) -> str:
        """The sentence as printed."""
        text = self.template.replace("[year]", str(self.year))
        for place, slot in enumerate(self.slots):
            text = text.replace(f"[{place}]", slot.text).replace(f"<{place}>", slot.basis)
        return text


@dataclass(frozen=True)
class Row:
    """What the catalogue holds of one number; ``table`` is facts, or targets for their value."""

    key: str
    subject: str
    kind: str
    measure: str
    value: str
    unit: str
    qualifier: str
    printed: str
    area_basis: str = ""
    floor_basis: str = ""
    year: int = 0
    locator: str = ""
    table: str = "facts"


@dataclass(frozen=True)
class Scene:
    """A document (paragraphs of sentences) and the rows of a catalogue."""

    paragraphs: tuple[tuple[Line, ...], ...]
    rows: tuple[Row, ...]
    date: int


_WORDS = {
    "en": {"3": "three", "4": "four", "7": "seven", "10": "ten", "12": "twelve",
           "18": "eighteen", "21": "twenty-one", "36": "thirty-six", "90": "ninety"},
    "zh": {"3": "三", "4": "四", "7": "七", "10": "十", "12": "十二", "18": "十八",
           "21": "二十一", "36": "三十六", "300": "三百", "102": "一百零二"},
}  # fmt: skip
BASES = {
    "en": {"total_land": ("total area", "land area"), "net_site": ("net construction land",
           "construction land area"), "gross": ("total construction area", "gross floor area"),
           "countable": ("countable floor area",)},
    "zh": {"total_land": ("土地面积", "总用地面积"), "net_site": ("建设用地面积",),
           "gross": ("总建筑面积",), "countable": ("计容建筑面积", "规定建筑面积")},
}  # fmt: skip
QUALIFIED = {
    "en": {"about": (("about ", ""), ("approximately ", ""), ("around ", "")),
           "more_than": (("more than ", ""), ("over ", "")), "less_than": (("less than ", ""),)},
    "zh": {"about": (("约", ""), ("大约", ""), ("", "左右")),
           "more_than": (("超过", ""), ("逾", ""), ("", "以上")),
           "less_than": (("不足", ""), ("低于", ""))},
}  # fmt: skip
_NOTED = {
    "en": {"m2": ("square meters", " square metres", " m²", "㎡", " sq m"), "ha": (" hectares",
           " ha"), "km2": (" square kilometers", " km²"), "mu": (" mu",),
           "bn_yuan": (" billion yuan",), "m_yuan": (" million yuan",),
           "%": ("%", " percent", " %")},
    "zh": {"m2": ("平方米", "㎡", " 平方公尺"), "10k_m2": ("万平方米", "萬平方米", " 万㎡"),
           "ha": ("公顷", "公頃"), "km2": ("平方公里", "平方千米"), "mu": ("亩",),
           "100m_yuan": ("亿元", "億元"), "10k_yuan": ("万元", " 萬元"), "%": ("%", "％")},
}  # fmt: skip
# A number in the catalogue's unit of the same bounds: unit printed, unit held, zeros between.
_HELD = {"10k_m2": ("m2", 4), "ha": ("m2", 4), "100m_yuan": ("10k_yuan", 4)}
FILLERS = {
    "en": ("Demo Trade Co., Ltd. took part in the work.", "The 12-inch line stands on T90001-0003.",
           "The '3+2' circle was named in the plan.", "Much is still to be done!",
           "On December 13, the two sides signed an agreement.", "One."),
    "zh": ("双方将继续合作。", "12英寸生产线位于宗地T90001-0003。", "“3+2”经济圈已经提出。",
           "12月13日，双方签署战略合作协议。", "前景广阔！"),
}  # fmt: skip
# Kind, language, sentence, and what each number is: family, basis.
_SENTENCES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("parcels", "en", "Lot {id} has a <0> of [0] and a <1> of [1].", ("land", "floor")),
    ("parcels", "zh", "宗地{id}<0>[0]，<1>[1]。", ("land", "floor")),
    ("parcels", "zh", "项目位于{id}地块，<0>为[0]。", ("floor",)),
    ("targets", "en", "In [year], [0] of industrial land were sold, which is [1] of the annual "
     "task of [2].", ("land", "rate", "task")),
    ("targets", "zh", "[year]年出让产业用地[0]，为年度任务[2]的[1]。", ("land", "rate", "task")),
    ("indicators", "en", "By the end of [year], there were [0] enterprises in the town, an "
     "increase of [1].", ("count", "share")),
    ("indicators", "zh", "截至[year]年末，全区规上工业企业[0]家，增长[1]。", ("count", "share")),
    ("indicators", "en", "In [year], industrial investment was [0], an increase of [1] "
     "year-on-year.", ("money", "share")),
    ("indicators", "zh", "[year]年完成工业投资[0]，同比增长[1]。", ("money", "share")),
    ("indicators", "zh", "[year]年全年出让土地[0]宗，其中重点项目[1]宗。", ("count", "count")),
    ("indicators", "en", "In [year] the town signed [0] agreements.", ("count",)),
    ("auctions", "en", "The lot was sold for [0] in March [year].", ("money",)),
    ("auctions", "zh", "[year]年3月，该宗地以[0]成交。", ("money",)),
    ("zones", "en", "The zone covers [0] in the north of the town.", ("zone",)),
    ("zones", "zh", "该片区规划面积[0]。", ("zone",)),
)  # fmt: skip
_MEASURE = {"zones": "recorded_area", "auctions": "price", "indicators": "indicator_value"}
BASIS_MEASURE = {"total_land": "site_area", "net_site": "net_site_area",
                  "gross": "gross_floor_area", "countable": "countable_floor_area"}  # fmt: skip


def pick(rng: Rng, among: tuple[T, ...]) -> T:
    """Return one of several."""
    return among[int(rng.integers(len(among)))]


class _Maker:
    """Draws numbers that are all different, and the sentences around them."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 7])
        self.date = int(self.rng.integers(2015, 2025))
        self.rows: list[Row] = []
        self.used: set[str] = set()

    def digits(self, unit: str) -> str:
        """Return digits of a size that fits a unit, never ending in 0 after more than one."""
        while True:
            places = {"m2": 0, "mu": 0, "10k_yuan": 0, "m_yuan": 0, "count": 0}.get(unit, 2)
            places = int(self.rng.integers(0, 2)) if unit == "mu" else places
            size = {"m2": 5.0, "mu": 3.5, "10k_yuan": 4.0, "m_yuan": 2.6, "count": 2.2}.get(unit, 1)
            number = 10 ** float(self.rng.uniform(size, size + 1))
            text = f"{number:.{places}f}"
            if text[-1] != "0" and text.replace(".", "") not in self.used:
                self.used.add(text.replace(".", ""))
                return text

    def number(self, family: str, lang: str) -> tuple[str, str, str]:
        """Return value, unit and the number as it is shown."""
        if family == "count":
            few = self.rng.random() < 0.5
            value = pick(self.rng, tuple(_WORDS[lang])) if few else self.digits("count")
            return value, "count", _WORDS[lang][value] if few else value
        units = {"money": ("bn_yuan", "m_yuan", "100m_yuan", "10k_yuan"), "share": ("%",),
                 "rate": ("%",), "zone": ("km2", "ha"), "task": ("ha", "mu"),
                 "floor": ("m2", "10k_m2")}.get(family, ("m2", "ha", "mu", "10k_m2"))  # fmt: skip
        unit = pick(self.rng, tuple(each for each in units if each in _NOTED[lang]))
        value = self.digits(unit)
        shown = value
        if unit == "m2" and lang == "zh" and self.rng.random() < 0.2:
            return value, unit, f"{value[:-4]} 萬 {value[-4:]} 平方公尺" if value[-4] != "0" else (
                f"{value}平方米")  # fmt: skip
        if "." not in value and len(value) > 3 and self.rng.random() < 0.6:
            shown = f"{int(value):,}"
        if lang == "zh" and self.rng.random() < 0.15:
            shown = shown.translate({ord("0") + i: chr(0xFF10 + i) for i in range(10)})
        written = pick(self.rng, _NOTED[lang][unit])
        return value, unit, shown + (f" {written}" if written == "square meters" else written)

    def slot(self, kind: str, lang: str, family: str, subject: str, year: int) -> Slot:
        """Return a number for a sentence, and keep what the catalogue holds of it."""
        value, unit, shown = self.number(family, lang)
        key = f"f{len(self.rows):03d}" if family != "task" else subject
        qualifier, before, after = "printed", "", ""
        if self.rng.random() < 0.25:
            qualifier = pick(self.rng, ("about", "more_than", "less_than"))
            before, after = pick(self.rng, QUALIFIED[lang][qualifier])
        elif family == "count":
            qualifier = "exact"
        basis, name = "", ""
        if kind == "parcels":
            basis = pick(self.rng, {"land": ("total_land", "net_site"),
                                     "floor": ("gross", "countable")}[family])  # fmt: skip
            name = pick(self.rng, BASES[lang][basis])
        measure = (
            _MEASURE.get(kind)
            or BASIS_MEASURE.get(basis)
            or ({"land": "delivered", "rate": "completion_rate_printed", "task": "value"}[family])
        )
        held, zeros = _HELD.get(unit, ("", 0))
        row = Row(key, subject, kind, measure, value, unit, qualifier, shown, year=year,
                  table="targets" if family == "task" else "facts")  # fmt: skip
        if held and self.rng.random() < 0.15:
            row = replace(row, value=_moved(value, zeros), unit=held)
        is_land = basis in {"total_land", "net_site"}
        row = replace(
            row, area_basis=basis if is_land else "", floor_basis="" if is_land else basis
        )
        self.rows.append(row)
        # Before a counted noun the words that follow a number stand between the two: 四以上宗.
        if kind == "indicators" and family == "count" and after:
            before, after = QUALIFIED[lang][qualifier][0]
        return Slot(key, before, shown, after, name)

    def line(self, lang: str, context: int | None) -> Line:
        """Return a sentence with its numbers."""
        kind, _, template, families = pick(
            self.rng, tuple(each for each in _SENTENCES if each[1] == lang)
        )
        year = self.date - int(self.rng.integers(0, 3)) if "[year]" in template else None
        count = len(self.rows)
        subject = f"T{10000 + count}-{1000 + count}" if kind == "parcels" else f"{kind}-{count}"
        slots = []
        for place, family in enumerate(families):
            about = f"{subject}-{place}" if kind == "indicators" else subject
            slots.append(self.slot(kind, lang, family, about, year or context or self.date))
        return Line(template.replace("{id}", subject), tuple(slots), year)


def _moved(value: str, zeros: int) -> str:
    whole, _, decimals = value.partition(".")
    return (whole + decimals.ljust(zeros, "0")).lstrip("0") or "0"


def scene(seed: int) -> Scene:
    """Return a clean document with 20 to 60 numbers and the catalogue that holds just these."""
    maker = _Maker(seed)
    least = int(maker.rng.integers(20, 52))
    paragraphs: list[tuple[Line, ...]] = [(Line("A year of the town"),)]
    while len(maker.rows) < least:
        lang = pick(maker.rng, ("en", "zh"))
        lines: list[Line] = []
        context: int | None = None
        for _ in range(int(maker.rng.integers(1, 5))):
            if maker.rng.random() < 0.25:
                lines.append(Line(pick(maker.rng, FILLERS[lang])))
                continue
            lines.append(maker.line(lang, context))
            context = lines[-1].year or context
        paragraphs.append(tuple(lines))
    places = {
        slot.key: f"P{p} S{s}"
        for p, lines in enumerate(paragraphs, 1)
        for s, line in enumerate(lines, 1)
        for slot in line.slots
    }
    rows = tuple(replace(row, locator=places[row.key]) for row in maker.rows)
    return Scene(tuple(paragraphs), rows, maker.date)


def language(line: Line) -> str:
    """Return ``zh`` or ``en``."""
    return "zh" if any(letter >= "\u4e00" for letter in line.template) else "en"


def text_of(at: Scene) -> str:
    """Return the document as plain text, with empty lines between paragraphs."""
    return "\n\n".join(_joined(lines) for lines in at.paragraphs) + "\n"


def _joined(lines: tuple[Line, ...]) -> str:
    return ("" if language(lines[0]) == "zh" else " ").join(line.text for line in lines)


def html_of(at: Scene) -> str:
    """Return the document as HTML, its paragraphs as paragraphs, items and rows of tables."""
    shapes = ("<p>{}</p>", "<ul><li>{}</li></ul>", "<table><tr><td>{}</td></tr></table>",
              "<div>{}<br></div>")  # fmt: skip
    body = "\n".join(
        shapes[place % len(shapes)].format(html.escape(_joined(lines)).replace("㎡", "&#13217;"))
        for place, lines in enumerate(at.paragraphs)
    )
    head = "<head><title>8,123 hectares</title><style>p { width: 413px }</style></head>"
    return f"<!DOCTYPE html><html>{head}<body><script>var a = 7131;</script>{body}</body></html>"


def write_catalogue(at: Scene, folder: Path) -> None:
    """Write the catalogue's folder; the document is its source ``document``."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, dict[str, dict[str, str]]] = {name: {} for name in TABLES}
    tables["sources"]["document"] = {"title_en": "Document", "date": str(at.date)}
    for row in at.rows:
        tables[row.kind].setdefault(row.subject, _subject(row, at.date))
        number = {"value": row.value, "unit": row.unit, "qualifier": row.qualifier,
                  "printed": row.printed, "source_id": "document",
                  "locator": row.locator}  # fmt: skip
        if row.table == "targets":
            dates = {"period_start": f"{row.year}-01-01", "period_end": f"{row.year}-12-31"}
            tables["targets"][row.subject] |= number | dates
            continue
        tables["facts"][row.key] = number | {
            "subject": row.subject, "measure": row.measure, "as_of": str(row.year),
            "area_basis": row.area_basis, "floor_basis": row.floor_basis,
        }  # fmt: skip
    resources = []
    for name, columns in TABLES.items():
        heading = [column.name for column in columns if not column.optional or
                   column.name == "printed"]  # fmt: skip
        rows = [{heading[0]: key} | row for key, row in tables[name].items()]
        if name in {"zones", "parcels"}:
            features = [{"type": "Feature", "geometry": None, "properties": dict.fromkeys(heading)
                         | row} for row in rows]  # fmt: skip
            document = {"type": "FeatureCollection", "features": features}
            (folder / f"{name}.geojson").write_text(json.dumps(document), "utf-8")
            resources.append({"name": name, "path": f"{name}.geojson"})
            continue
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, heading)
            writer.writeheader()
            writer.writerows(rows)
        resources.append({"name": name, "path": f"{name}.csv"})
    about = {"name": "lies", "title": "Lies", "as_of": "2026-12-31", "crs": "EPSG:4490"}
    (folder / "datapackage.json").write_text(json.dumps(about | {"resources": resources}), "utf-8")


def _subject(row: Row, date: int) -> dict[str, str]:
    return {
        "parcels": {"parcel_kind": "parcel", "geometry_status": "none"},
        "zones": {"kind": "district", "geometry_status": "none"},
        "auctions": {"date": str(date)},
        "targets": {"measure": "land_area", "counts": "auctioned", "unit": "ha"},
    }.get(row.kind, {})
