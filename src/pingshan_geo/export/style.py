"""A GeoPackage is looked through, and gets a style for its layer, by which QGIS draws it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

from pingshan_geo.errors import OutputError
from pingshan_geo.export.layers import Layer
from pingshan_geo.words import land_use, word

#: Tables whose rows have a look of their own; the others are drawn as the program likes.
STYLED = ("parcels", "zones")
_UNKNOWN_COLOUR, _LINE_COLOUR = "#D9D9D9", "#404040"
# The table that QGIS looks for, with the columns it makes itself.
_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
_TIME = "2000-01-01T00:00:00.000Z"  # no clock in what is written


def finish_geopackage(place: Path, layer: Layer, lang: str) -> None:
    """Look whether a GeoPackage is whole, and add how QGIS draws its layer, where it has a look.

    Parcels have the colour of their land use, zones an outline of their kind; an illustrative
    outline is dashed, and hatched in that colour.

    Raises
    ------
    OutputError
        If the system refuses, as on a full disk, or GDAL has left the file without its index,
        extent or count: it says nothing of what fails when it closes a file.
    """
    try:
        with closing(sqlite3.connect(place)) as database, database:
            missing = _missing(database, layer)
            if layer.name in STYLED and not missing:
                _put(database, layer, lang)
    except sqlite3.Error as error:
        missing = str(error)
    if missing:
        raise OutputError(
            f"{place.name}: it cannot be written whole: {missing}",
            f"{place.name}：无法完整写入：{missing}",
        )


def _missing(database: sqlite3.Connection, layer: Layer) -> str | None:
    """Return what a GeoPackage lacks beside its rows, None for nothing."""
    told = database.execute(
        "SELECT c.srs_id IN (SELECT srs_id FROM gpkg_spatial_ref_sys), c.min_x, o.feature_count "
        "FROM gpkg_contents c LEFT JOIN gpkg_ogr_contents o USING (table_name) "
        "WHERE table_name = ?", (layer.name,),
    ).fetchone()  # fmt: skip
    (rows,) = database.execute(f'SELECT count(*) FROM "{layer.name}"').fetchone()  # noqa: S608 -- our own names
    if told is None or told[2] != rows:
        return "the number of its rows"
    if not layer.is_drawn:
        return None
    (systems,) = database.execute(
        "SELECT count(*) FROM gpkg_spatial_ref_sys WHERE srs_id IN (-1, 0, 4326)"
    ).fetchone()
    if systems < len((-1, 0, 4326)) or not told[0]:
        return "its reference systems"
    drawn, indexed = (
        database.execute(query, (layer.name,)).fetchone() for query in (
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?",
            "SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index' "
            "AND table_name = ?",
        )
    )  # fmt: skip
    if drawn is None or indexed != (1,):
        return "its spatial index"
    (shapes,) = database.execute(
        f'SELECT count("{drawn[0]}") FROM "{layer.name}"'  # noqa: S608 -- our own names
    ).fetchone()
    return "its extent" if shapes and told[1] is None else None


def _put(database: sqlite3.Connection, layer: Layer, lang: str) -> None:
    (column,) = database.execute(
        "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer.name,)
    ).fetchone()
    database.execute(_TABLE)
    database.execute(
        "INSERT INTO layer_styles VALUES (1, '', '', ?, ?, ?, ?, NULL, 1, '', '', NULL, ?)",
        (
            layer.name,
            column,
            layer.name,
            qml(layer.name, _drawn(database, layer.name, column), lang),
            _TIME,
        ),
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
        "last_change, srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
        (_TIME,),
    )


def _drawn(database: sqlite3.Connection, layer: str, outline: str) -> list[tuple[str, ...]]:
    """Return the different looks of the rows that are drawn, as texts, in order."""
    names = ", ".join(f"coalesce(\"{name}\", '')" for name in _looks(layer))
    found = database.execute(
        f'SELECT DISTINCT {names} FROM "{layer}" WHERE "{outline}" IS NOT NULL'  # noqa: S608 -- our own names
    )
    return sorted(found.fetchall())


def _looks(layer: str) -> list[str]:
    """Return the columns that tell how a row looks."""
    by = ["land_use_standard", "land_use"] if layer == "parcels" else ["kind"]
    return [*by, "geometry_status"]


def qml(layer: str, drawn: list[tuple[str, ...]], lang: str) -> str:
    """Return the style of a layer as QGIS writes it (QML): a category per kind of row it has.

    Parameters
    ----------
    layer : str
        One of `STYLED`.
    drawn : list of tuple of str
        The different looks that there are: land use standard and land use, or kind; then the
        status of the outline.
    lang : str
        Language of the labels.
    """
    columns = _looks(layer)
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    # The text that QGIS makes of a row; concat takes NULL for an empty text.
    key = "concat(" + ", '/', ".join(f'"{name}"' for name in columns) + ")"
    renderer = ET.SubElement(root, "renderer-v2", type="categorizedSymbol", attr=key)
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    # An empty value is whatever else somebody will draw.
    for number, row in enumerate([*drawn, ("",) * len(columns)]):
        *kind, status = row
        use = land_use(*kind) if len(kind) == 2 else None
        name = f"{kind[-1]} {use.name.get(lang)}" if use else word(kind[-1] or "unknown", lang)
        is_sketch = status == "illustrative"
        ET.SubElement(
            categories, "category", render="true", symbol=str(number), type="string",
            value="/".join(row) if any(row) else "",
            label=f"{name} ({word(status, lang)})" if is_sketch else name,
        )  # fmt: skip
        symbol = ET.SubElement(symbols, "symbol", type="fill", name=str(number), alpha="1")
        fill = ET.SubElement(symbol, "layer", {"class": "SimpleFill"}, enabled="1", locked="0")
        options = ET.SubElement(fill, "Option", type="Map")
        look = {
            "color": _rgba(use.colour if use else _UNKNOWN_COLOUR),
            "style": "b_diagonal" if is_sketch else "solid" if len(kind) == 2 else "no",
            "outline_color": _rgba(_LINE_COLOUR),
            "outline_style": "dash" if is_sketch else "solid",
            "outline_width": "0.26" if len(kind) == 2 else "0.5",
            "outline_width_unit": "MM",
        }
        for option, value in look.items():
            ET.SubElement(options, "Option", type="QString", name=option, value=value)
            ET.SubElement(fill, "prop", k=option, v=value)  # for QGIS before 3.24
    return ET.tostring(root, encoding="unicode")


def _rgba(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
