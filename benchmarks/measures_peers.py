"""The measures and their peers: each way loads its data, does the work, and gives the same answer.

Peers get their parcels in an equal-area plane in metres (Lambert's, about the data), so that areas
can be compared; the package gets longitude and latitude and pays for its projection itself.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingshan_geo.measures.area import measured_area
from pingshan_geo.measures.overlay import overlay
from pingshan_geo.measures.topology import topology

#: Positions of the pair (the second is 0 for an area) and square metres of each.
Answer = tuple[Any, Any, Any]

#: Overlaps are counted above this area and mean width: the tolerances of `topology`.
LEAST_M2, LEAST_WIDTH_M = 0.1, 0.05
_OVERLAP_RULES = ("must-not-overlap", "must-not-have-duplicates", "feature-within-feature")
_SHORTCUT = "CASE WHEN ST_Covers(z.geometry, p.geometry) THEN ST_Area(p.geometry) ELSE {} END"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do a work: what is timed is `work` alone."""

    load: Callable[[Path, str], Any]
    work: Callable[[Any], Any]
    answer: Callable[[Any, Any], Answer]


def _layers(folder: Path, noise: str, space: str) -> list[gpd.GeoDataFrame]:
    names = (f"{noise}-{space}.parquet", f"zones-{space}.parquet")
    return [gpd.read_parquet(folder / name) for name in names]


def lonlat(folder: Path, noise: str) -> list[gpd.GeoDataFrame]:
    """Return parcels and zones in longitude and latitude, indexed by id."""
    return [layer.set_index("id") for layer in _layers(folder, noise, "lonlat")]


def plane(folder: Path, noise: str) -> list[gpd.GeoDataFrame]:
    """Return parcels and zones in metres, with their positions in a column."""
    return [layer[["position", "geometry"]] for layer in _layers(folder, noise, "plane")]


def database(folder: Path, noise: str) -> Any:
    """Return a DuckDB with the tables `parcels`, `zones` in metres and `degrees`."""
    importlib.import_module("duckdb_extensions").import_extension("spatial")
    connection = importlib.import_module("duckdb").connect()
    connection.execute("LOAD spatial")
    for table, file, geometry in (
        ("parcels", f"{noise}-plane", "geometry"),
        ("zones", "zones-plane", "geometry"),
        ("degrees", f"{noise}-lonlat", "ST_FlipCoordinates(geometry)"),  # latitude goes first
    ):
        connection.execute(
            f"CREATE TABLE {table} AS SELECT position, {geometry} AS geometry "  # noqa: S608
            f"FROM read_parquet('{folder / file}.parquet')"
        )
    return connection


def sedona(folder: Path, noise: str) -> Any:
    """Return a SedonaDB with the tables `parcels` and `zones` in metres, held in memory."""
    connection = importlib.import_module("sedonadb").connect()
    for name, layer in zip(("parcels", "zones"), plane(folder, noise), strict=True):
        bare = layer.set_crs(None, allow_override=True)
        connection.create_data_frame(bare).to_memtable().to_view(name)
    return connection


def _ask_sedona(query: str) -> Callable[[Any], Any]:
    return lambda connection: connection.sql(query).to_arrow_table().to_pandas()


def postgis(folder: Path, noise: str) -> Any:
    """Return a connection to a PostGIS with the tables in metres and degrees, made once."""
    address = os.environ["POSTGIS_URL"]
    connection = importlib.import_module("psycopg").connect(address, autocommit=True)
    mark = f"{noise} {folder}"
    connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    connection.execute("CREATE TABLE IF NOT EXISTS made (mark text)")
    if connection.execute("SELECT mark FROM made").fetchall() != [(mark,)]:
        connection.execute("DELETE FROM made")
        for table, file in (
            ("parcels", f"{noise}-plane"), ("zones", "zones-plane"), ("degrees", f"{noise}-lonlat"),
        ):  # fmt: skip
            layer = gpd.read_parquet(folder / f"{file}.parquet")
            srid = 4490 if table == "degrees" else 0
            connection.execute(f"DROP TABLE IF EXISTS {table}")
            connection.execute(f"CREATE TABLE {table} (position int, geometry geometry)")
            shapes = shapely.to_wkb(shapely.set_srid(layer.geometry.to_numpy(), srid),
                                    include_srid=True, hex=True)  # fmt: skip
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in zip(layer["position"].tolist(), shapes, strict=True):
                    copy.write_row(row)
            connection.execute(f"CREATE INDEX ON {table} USING gist (geometry)")
            connection.execute(f"ANALYZE {table}")
        connection.execute("INSERT INTO made VALUES (%s)", (mark,))
    return connection


def _ask_postgis(query: str) -> Callable[[Any], Any]:
    def ask(connection: Any) -> pd.DataFrame:
        rows = connection.execute(query).fetchall()
        return pd.DataFrame(rows, columns=["first", "second", "area"])

    return ask


def _ask(query: str) -> Callable[[Any], Any]:
    return lambda connection: connection.sql(query).fetchnumpy()


def _columns(result: Any, _: Any) -> Answer:
    """Return the first three columns of a DataFrame or of DuckDB's dictionary."""
    first, second, area = (np.asarray(result[name]) for name in ("first", "second", "area"))
    return first, second, area


# Area


def _own_area(layers: list[gpd.GeoDataFrame]) -> Any:
    return measured_area(layers[0].geometry)


def _geod_loop(layers: list[gpd.GeoDataFrame]) -> Any:
    geod = layers[0].crs.get_geod()
    areas = [abs(geod.geometry_area_perimeter(shape)[0]) for shape in layers[0].geometry]
    return np.array(areas)


def _areas(result: Any, _: Any) -> Answer:
    area = np.asarray(result)
    return np.arange(len(area)), np.zeros(len(area), dtype=np.int64), area


# Overlay


def _own_overlay(layers: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    parcels, zones = layers
    return overlay(parcels.geometry, zones.geometry, pd.Series("zone", index=zones.index))


def _own_pieces(table: gpd.GeoDataFrame, layers: list[gpd.GeoDataFrame]) -> Answer:
    inside = table[table["zone_id"].notna()]
    first, second = (
        layer.index.get_indexer(inside[name])
        for layer, name in zip(layers, ("parcel_id", "zone_id"), strict=True)
    )
    return first, second, inside["area_m2"].to_numpy()


def _stock_overlay(layers: list[gpd.GeoDataFrame]) -> pd.DataFrame:
    pieces = gpd.overlay(*layers, how="intersection")
    return _pairs(pieces["position_1"], pieces["position_2"], pieces.area)


def _joined_overlay(layers: list[gpd.GeoDataFrame]) -> pd.DataFrame:
    parcels, zones = layers
    joined = gpd.sjoin(parcels, zones)  # positions are the index, so both layers can be taken by it
    pieces = shapely.intersection(
        joined.geometry.to_numpy(), zones.geometry.to_numpy()[joined["position_right"]]
    )
    return _pairs(joined["position_left"], joined["position_right"], shapely.area(pieces))


def _pairs(first: Any, second: Any, area: Any) -> pd.DataFrame:
    columns = {"first": first, "second": second, "area": area}
    return pd.DataFrame({name: np.asarray(column) for name, column in columns.items()})


# Overlaps between parcels


def _own_overlaps(layers: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    parcels = layers[0].geometry
    return topology(parcels, pd.Series(None, index=parcels.index, dtype=object))


def _own_overlapping(table: gpd.GeoDataFrame, layers: list[gpd.GeoDataFrame]) -> Answer:
    found = table[table["rule"].isin(_OVERLAP_RULES)]
    index = layers[0].index
    ends = np.sort([index.get_indexer(found[name]) for name in ("parcel_id", "other_id")], axis=0)
    return ends[0], ends[1], found["area_m2"].to_numpy()


def _stock_overlaps(layers: list[gpd.GeoDataFrame]) -> pd.DataFrame:
    pieces = gpd.overlay(layers[0], layers[0], how="intersection")
    return _wide(pieces["position_1"], pieces["position_2"], pieces.geometry.to_numpy())


def _joined_overlaps(layers: list[gpd.GeoDataFrame]) -> pd.DataFrame:
    parcels = layers[0]
    joined = gpd.sjoin(parcels, parcels)
    joined = joined[joined["position_left"] < joined["position_right"]]
    shapes = parcels.geometry.to_numpy()
    pieces = shapely.intersection(joined.geometry.to_numpy(), shapes[joined["position_right"]])
    return _wide(joined["position_left"], joined["position_right"], pieces)


def _wide(first: Any, second: Any, pieces: Any) -> pd.DataFrame:
    """Return the pairs, once each, whose piece is larger and wider than the tolerances."""
    area, length = shapely.area(pieces), shapely.length(pieces)
    kept = (first < second) & (area > LEAST_M2) & (2 * area > LEAST_WIDTH_M * length)
    return _pairs(first, second, area)[np.asarray(kept)]


_OVERLAY_QUERY = f"""
    SELECT p.position AS first, z.position AS second,
        {_SHORTCUT.format("ST_Area(ST_Intersection(p.geometry, z.geometry))")} AS area
    FROM parcels p JOIN zones z ON ST_Intersects(p.geometry, z.geometry)"""  # noqa: S608
# The best way found. Pairs are kept apart because a condition beside ST_Intersects would turn the
# spatial join into nested loops, pieces because those on the area would make them again.
_OVERLAPS_QUERY = f"""
    WITH pairs AS MATERIALIZED (
        SELECT a.position AS first, b.position AS second, a.geometry AS one, b.geometry AS two
        FROM parcels a JOIN parcels b ON ST_Intersects(a.geometry, b.geometry)),
    pieces AS MATERIALIZED (
        SELECT first, second, ST_Intersection(one, two) AS piece FROM pairs
        WHERE first < second AND NOT ST_Touches(one, two))
    SELECT first, second, ST_Area(piece) AS area FROM pieces
    WHERE ST_Area(piece) > {LEAST_M2}
        AND 2 * ST_Area(piece) > {LEAST_WIDTH_M} * ST_Perimeter(piece)"""  # noqa: S608
# Without `MATERIALIZED`, which SedonaDB does not know.
_SEDONA_OVERLAPS = _OVERLAPS_QUERY.replace("MATERIALIZED ", "")
# `&&` and one predicate use the index once; the pieces are made of what does not only touch.
_POSTGIS_OVERLAPS = _OVERLAPS_QUERY.replace(
    "ON ST_Intersects(a.geometry, b.geometry)",
    "ON a.position < b.position AND ST_Intersects(a.geometry, b.geometry)",
)
_POSTGIS_AREA = """
    SELECT position AS first, 0 AS second, ST_Area(geometry::geography) AS area FROM degrees"""
_AREA_QUERY = """
    SELECT position AS first, 0 AS second, ST_Area_Spheroid(geometry) AS area FROM degrees"""

_OVERLAPS = {
    "topology": Way(lonlat, _own_overlaps, _own_overlapping),
    "gpd.overlay": Way(plane, _stock_overlaps, _columns),
    "sjoin + intersection": Way(plane, _joined_overlaps, _columns),
    "DuckDB": Way(database, _ask(_OVERLAPS_QUERY), _columns),
    "SedonaDB": Way(sedona, _ask_sedona(_SEDONA_OVERLAPS), _columns),
    "PostGIS": Way(postgis, _ask_postgis(_POSTGIS_OVERLAPS), _columns),
}

#: Every work, the edges of the cadastre it is done on, and its ways: the package's own first.
WORKS: dict[str, tuple[str, dict[str, Way]]] = {
    "area": (
        "clean",
        {
            "measured_area": Way(lonlat, _own_area, _areas),
            "Geod loop": Way(lonlat, _geod_loop, _areas),
            "DuckDB": Way(database, _ask(_AREA_QUERY), _columns),
            "PostGIS": Way(postgis, _ask_postgis(_POSTGIS_AREA), _columns),
        },
    ),
    "overlay": (
        "clean",
        {
            "overlay": Way(lonlat, _own_overlay, _own_pieces),
            "gpd.overlay": Way(plane, _stock_overlay, _columns),
            "sjoin + intersection": Way(plane, _joined_overlay, _columns),
            "DuckDB": Way(database, _ask(_OVERLAY_QUERY), _columns),
            "SedonaDB": Way(sedona, _ask_sedona(_OVERLAY_QUERY), _columns),
            "PostGIS": Way(postgis, _ask_postgis(_OVERLAY_QUERY), _columns),
        },
    ),
    "overlaps": ("clean", _OVERLAPS),
    "overlaps, dirty edges": ("dirty", _OVERLAPS),
}
