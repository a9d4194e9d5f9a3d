"""The rows of a CAD drawing: outlines where their blocks put them, and the texts inside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.readers import file_report
from pingshan_geo.ceilings import Ceilings
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding, unreadable
from pingshan_geo.ingest.formats.arrow import frame_of_rows
from pingshan_geo.ingest.formats.cad_shapes import is_outline, line, polygon, rings_of
from pingshan_geo.words import Text

_MOST_PLACED = 1_000_000  # what blocks in blocks may unfold to
_TOLERANCE_M = 0.001  # how far an arc's straight pieces leave it, how far ends may lie apart
_BY_BLOCK, _BY_LAYER = 0, 256
#: How many of what a finding counts it shows.
SAMPLES = 5
_COLUMNS = ("cad_layer", "entity", "handle", "colour", "linetype", "block", "label")


@dataclass(frozen=True, slots=True)
class _Around:
    """What an entity has from the blocks that it stands in."""

    matrix: Any = None
    layer: str = "0"
    colour: int | str = 7
    linetype: str = "Continuous"
    block: str | None = None
    handle: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Content:
    """A block or the drawing: its outlines and texts, its inserts, what else it holds.

    ``size`` is how many entities it unfolds to, blocks in blocks included.
    """

    own: list[Any]
    inserts: list[Any]
    others: Counter[str]
    has_outline: bool
    size: int


class Reading:
    """One pass over a drawing: rows, outlines, texts, and counts of what is told."""

    def __init__(
        self, drawing: Any, name: str, layers: set[str] | None, found: list[Finding]
    ) -> None:
        from ezdxf.enums import InsertUnits
        from ezdxf.units import conversion_factor, decode

        self.drawing, self.name, self.layers, self.found = drawing, name, layers, found
        self.report = file_report(name, found)
        code = drawing.header.get("$INSUNITS", 0)
        known = code in set(InsertUnits) - {InsertUnits.Unitless}
        self.units = decode(code) if known else None
        self.metres = conversion_factor(InsertUnits(code), InsertUnits.Meters) if known else 1.0
        self.tolerance = _TOLERANCE_M / self.metres
        self.contents: dict[str, _Content | None] = {}
        self.rows: list[dict[str, Any]] = []
        self.shapes: list[shapely.Geometry | None] = []
        self.texts: list[tuple[float, float, str, str, str]] = []  # x, y, column, text, layer
        self.counts: dict[str, list[str]] = defaultdict(list)
        self.others: Counter[str] = Counter()

    def table(self, ceilings: Ceilings) -> tuple[pd.DataFrame, npt.NDArray[Any]]:
        """Return the columns and outlines of all rows, and tell what is no row."""
        modelspace = self._content("*Model_Space", self.drawing.modelspace())
        self._walk(modelspace, _Around())
        paper = sum(len(each) for each in self.drawing.layouts if each.name != "Model")
        self.others.update({"paper space": paper} if paper else {})
        for kind, count in sorted(self.others.items()):
            self.report("cad-no-outline", value=kind, details={"count": str(count)})
        if not self.rows:
            raise InputError([Finding("cad-empty", file=self.name), *self.found])
        shapes = np.empty(len(self.shapes), dtype=object)
        shapes[:] = self.shapes
        self._label(shapes)
        for code, handles in sorted(self.counts.items()):
            self.report(
                code, value=", ".join(handles[:SAMPLES]), details={"count": str(len(handles))}
            )
        if self.units and self.units != "m":
            self.report("cad-units", value=self.units, details={"factor": f"{self.metres:g}"})
        table = frame_of_rows(self.rows).dropna(axis="columns", how="all")
        ceilings.hold("columns", len(table.columns), self.name)
        table.attrs["units"] = self.units
        return table, shapes

    def _content(self, name: str, entities: Any) -> _Content:
        """Return what a block holds; one that holds itself is refused."""
        known = self.contents.get(name)
        if known is not None:
            return known
        if name in self.contents:
            reason = Text("the block {name} holds itself", "块 {name} 包含其自身")
            raise unreadable(self.name, reason.filled(name=name))
        self.contents[name] = None
        own, inserts, others = [], [], Counter[str]()
        for entity in entities:
            kind = entity.dxftype()
            if kind == "INSERT":
                inserts.append(entity)
            elif kind in {"TEXT", "MTEXT"} or self._is_outline(entity):
                own.append(entity)
            elif kind != "ATTDEF":
                others[kind] += 1
        is_there = any(each.dxftype() not in {"TEXT", "MTEXT"} for each in own)
        size = len(own)
        for insert in inserts:
            block = self.drawing.blocks.get(insert.dxf.name)
            if block is not None:
                inner = self._content(block.name, block)
                is_there |= inner.has_outline
                size += (inner.size + 1) * insert.mcount
        if size > _MOST_PLACED:
            reason = Text(
                f"its blocks unfold to more than {_MOST_PLACED:,} entities",
                f"图块展开后超过 {_MOST_PLACED:,} 个实体",
            )
            raise unreadable(self.name, reason)
        made = self.contents[name] = _Content(own, inserts, others, is_there, size)
        return made

    def _is_outline(self, entity: Any) -> bool:
        try:
            return is_outline(entity)
        except Exception:  # a curve without points is no outline
            return False

    def _walk(self, content: _Content, around: _Around) -> None:
        """Put a block's outlines and texts where an insert puts them, and go into its inserts."""
        self.others.update(content.others)
        for entity in content.own:
            if entity.dxftype() in {"TEXT", "MTEXT"}:
                self._text(entity, "label", around)
            else:
                self._row(entity, around)
        for group in content.inserts:
            block = self.drawing.blocks.get(group.dxf.name)
            if block is None or (block.block is not None and block.block.is_xref):
                self.counts["cad-block-missing"].append(group.dxf.name)
                continue
            inner = self._content(block.name, block)
            for insert in group.multi_insert() if group.mcount > 1 else (group,):
                tags = {each.dxf.tag: _plain(each.dxf.text) for each in insert.attribs}
                if not inner.has_outline and not around.block:
                    for each in insert.attribs:
                        self._text(each, each.dxf.tag, around)
                layer, colour, linetype = self._style(insert, around)
                matrix = insert.matrix44()
                self._walk(
                    inner,
                    _Around(
                        matrix @ around.matrix if around.matrix else matrix,
                        layer, colour, linetype, block.name, f"{around.handle}{group.dxf.handle}/",
                        {**around.attributes, **tags},
                    ),
                )  # fmt: skip

    def _style(self, entity: Any, around: _Around) -> tuple[str, int | str, str]:
        """Return the layer, colour and line type that an entity is drawn with."""
        dxf = entity.dxf
        layer = around.layer if dxf.layer == "0" and around.block else dxf.layer
        known = self.drawing.layers.get(layer) if self.drawing.layers.has_entry(layer) else None
        colour: int | str = dxf.get("color", _BY_LAYER)
        linetype = dxf.get("linetype", "BYLAYER")
        if dxf.hasattr("true_color"):
            colour = f"#{dxf.true_color & 0xFFFFFF:06x}"
        elif colour == _BY_BLOCK:
            colour = around.colour
        elif colour == _BY_LAYER:
            colour = abs(known.dxf.color) if known else 7
        if linetype.upper() == "BYBLOCK":
            linetype = around.linetype
        elif linetype.upper() == "BYLAYER":
            linetype = known.dxf.linetype if known else "Continuous"
        return layer, colour, linetype

    def _row(self, entity: Any, around: _Around) -> None:
        layer, colour, linetype = self._style(entity, around)
        if self.layers is not None and layer.casefold() not in self.layers:
            return
        handle = f"{around.handle}{entity.dxf.handle}"
        self.rows.append(
            {
                "cad_layer": layer, "entity": entity.dxftype(), "handle": handle,
                "colour": str(colour), "linetype": linetype, "block": around.block,
                "label": None,
            }
            | _apart(around.attributes) | _xdata(entity)
        )  # fmt: skip
        self.shapes.append(self._shape(entity, around.matrix, handle))
        entry = self.drawing.layers.get(layer) if self.drawing.layers.has_entry(layer) else None
        if entry is not None and (entry.is_off() or entry.is_frozen()):
            self.counts["cad-layer-hidden"].append(layer)

    def _shape(self, entity: Any, matrix: Any, handle: str) -> shapely.Geometry | None:
        """Return an outline in the drawing, None where the entity cannot be read."""
        scale = _scale(matrix) if matrix else 1.0
        try:
            rings = list(rings_of(entity, self.tolerance / max(scale, 1e-12)))
        except Exception:
            self.counts["cad-entity-broken"].append(handle)
            return None
        flat = []
        for points, is_closed in rings:
            if matrix:
                matrix.transform_array_inplace(points, 3)
            if points[:, 2].any():
                self.counts["z-dropped"].append(handle)
            closed = is_closed
            if not closed and len(points) > 2:
                apart = float(np.hypot(*(points[0, :2] - points[-1, :2])))
                closed = apart <= self.tolerance
                if closed and apart:
                    self.counts["cad-ends-joined"].append(handle)
            if not closed:
                return line(points[:, :2])
            flat.append(points[:, :2])
        return polygon(flat)

    def _text(self, entity: Any, column: str, around: _Around) -> None:
        dxf = entity.dxf
        layer = self._style(entity, around)[0]
        if entity.dxftype() == "MTEXT":
            text, place = _lines(entity.plain_text()), dxf.insert
        else:
            aligned = dxf.get("halign", 0) or dxf.get("valign", 0)
            place = dxf.align_point if aligned and dxf.hasattr("align_point") else dxf.insert
            text, place = _plain(dxf.text), entity.ocs().to_wcs(place)
        if around.matrix:
            place = around.matrix.transform(place)
        if text:
            self.texts.append((place[0], place[1], column, text, layer.casefold()))

    def _label(self, shapes: npt.NDArray[Any]) -> None:
        """Give each text to the smallest outline that it stands in, and tell those in none."""
        texts = self.texts
        if self.layers and any(each[4] in self.layers for each in texts):
            texts = [each for each in texts if each[4] in self.layers]
        if not texts:
            return
        tree = shapely.STRtree(shapes)
        area = shapely.area(shapes)
        points = shapely.points([each[:2] for each in texts])
        text_of, row_of = tree.query(points, predicate="intersects")
        keep = area[row_of] > 0
        text_of, row_of = text_of[keep], row_of[keep]
        smallest = np.full(len(texts), np.inf)
        np.minimum.at(smallest, text_of, area[row_of])
        # A hatch and the line around it are equally small: both get the text.
        mine = area[row_of] <= smallest[text_of] * (1 + 1e-9)
        for text, row in zip(text_of[mine].tolist(), row_of[mine].tolist(), strict=True):
            column, words = texts[text][2], texts[text][3]
            name = column if column == "label" else next(iter(_apart({column: ""})))
            before = self.rows[row].get(name)
            self.rows[row][name] = f"{before};{words}" if before else words
        alone = [texts[place][3] for place in np.flatnonzero(np.isinf(smallest))]
        if alone:
            details: dict[str, str | Text] = {"count": str(len(alone))}
            self.report("cad-text-alone", value=" / ".join(alone[:SAMPLES]), details=details)


def _apart(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return attributes by tag; a tag named as a column of ours gets a sign."""
    return {f"{tag}_" if tag in _COLUMNS else tag: text for tag, text in attributes.items()}


def _xdata(entity: Any) -> dict[str, Any]:
    """Return an entity's XDATA: text and numbers, by application and position from 1."""
    if not entity.xdata:
        return {}
    columns: dict[str, Any] = {}
    for name, tags in entity.xdata.data.items():
        if name.upper().startswith("ACAD"):  # AutoCAD's own
            continue
        kept = [tag for tag in tags if tag.code in {1000, 1005, 1040, 1041, 1042, 1070, 1071}]
        for place, tag in enumerate(kept, start=1):
            value = _plain(tag.value) if isinstance(tag.value, str) else tag.value
            columns[f"{name} {place}"] = value
    return columns


def _plain(text: str) -> str:
    """Return a text of one line without the codes for signs and underlining."""
    from ezdxf.tools.text import plain_text

    return _lines(plain_text(text))


def _lines(text: str) -> str:
    r"""Return lines joined by semicolons; characters written as \M+ and digits are decoded."""
    from ezdxf.lldxf.encoding import decode_mif_to_unicode, has_mif_encoding

    if has_mif_encoding(text):
        text = decode_mif_to_unicode(text)
    return ";".join(part.strip() for part in text.splitlines() if part.strip())


def _scale(matrix: Any) -> float:
    """Return by how much an insert enlarges at most."""
    return float(max(matrix.transform_direction(axis).magnitude for axis in ((1, 0, 0), (0, 1, 0))))
