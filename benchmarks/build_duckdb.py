"""The work of `build --no-page` in DuckDB with its spatial extension; see `build_peers.py`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from build_tables import LEFT_OUT, parts

_GEOJSON = (
    "FORMAT gdal, SRS 'OGC:CRS84', DRIVER 'GeoJSON', "  # the other order of axes otherwise
    "LAYER_CREATION_OPTIONS ('RFC7946=YES', 'COORDINATE_PRECISION=7')"
)
_GPKG = "FORMAT gdal, DRIVER 'GPKG', SRS 'EPSG:4490'"
_PARQUET = "FORMAT parquet, COMPRESSION zstd"
# The digit of a number's last place, from the left; numbers above 10^9 do not occur here.
_STEP = "CASE WHEN v = 0 THEN 1 {} ELSE 1e-6 END".format(
    " ".join(
        f"WHEN round(v / 1e{power}) * 1e{power} = v THEN 1e{power}" if power >= 0 else
        f"WHEN round(v * 1e{-power}) / 1e{-power} = v THEN 1e{power}"
        for power in range(9, -6, -1)
    )
)  # fmt: skip
_BASE = (
    "parcel_id, name_en, name_zh, parcel_kind, layer, land_use, land_use_standard, zone_id, "
    "valid_from, valid_to, geometry_status, source_id"
)
_PRINTED = ("recorded_area_m2", "site_area_m2", "gross_floor_area_m2")


def opened() -> Any:
    """Return an empty DuckDB with its spatial extension, on as many threads as there are cores."""
    importlib.import_module("duckdb_extensions").import_extension("spatial")
    connection = importlib.import_module("duckdb").connect()
    connection.execute("LOAD spatial")
    return connection


def products(connection: Any, folder: Path, *, full: bool) -> Any:
    """Make the tables ``parcels``, ``zones``, ``pieces`` and ``doubled`` of a catalogue."""
    run = connection.execute
    run(f"CREATE MACRO step(v) AS {_STEP}")
    source = f"read_parquet('{folder / 'parcels.parquet'}')"
    box = f"SELECT ST_Extent_Agg(geometry) AS e FROM {source}"  # noqa: S608
    west, south, east, north = run(
        f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM ({box})"  # noqa: S608
    ).fetchone()
    plane = f"+proj=laea +lon_0={(west + east) / 2} +lat_0={(south + north) / 2}"
    flat = f"ST_Transform({{}}, 'EPSG:4490', '{plane} +ellps=GRS80 +units=m', always_xy := true)"
    gauss = "ST_Area(ST_Transform(geometry, 'EPSG:4490', 'EPSG:4547', always_xy := true))"
    extra = f", {gauss} AS measured_area_plane_m2" if full else ""
    run(
        f"CREATE TABLE lots AS SELECT (row_number() OVER ())::INT AS row, *, "  # noqa: S608
        f"{flat.format('geometry')} AS flat, "
        f"ST_Area_Spheroid(ST_FlipCoordinates(geometry)) AS measured_area_m2{extra} FROM {source}"
    )
    run(
        "CREATE TABLE places AS SELECT (row_number() OVER ())::INT AS zone, * EXCLUDE "  # noqa: S608
        f"(OGC_FID), {flat.format('geom')} AS flat FROM ST_Read('{folder / 'zones.geojson'}')"
    )
    run(_PIECES)
    run(_OVERLAPS)
    kinds = [kind for (kind,) in run("SELECT DISTINCT kind FROM places ORDER BY 1").fetchall()]
    run(_table(kinds, full=full))
    run(_totals(full=full))
    return connection


_PIECES = """
CREATE TABLE pieces AS
WITH cut AS MATERIALIZED (
    SELECT p.row, z.zone, p.parcel_id, z.zone_id, z.kind AS zone_kind, ST_Area(p.flat) AS whole,
        ST_Area(z.flat) AS of_zone,
        CASE WHEN ST_Covers(z.flat, p.flat) THEN ST_Area(p.flat)
            ELSE ST_Area(ST_Intersection(p.flat, z.flat)) END AS area_m2
    FROM lots p JOIN places z ON ST_Intersects(p.flat, z.flat))
SELECT row, zone, parcel_id, zone_id, zone_kind, area_m2, area_m2 / whole AS share,
    area_m2 / of_zone AS share_of_zone,
    area_m2 = max(area_m2) OVER kind
        AND area_m2 > whole - sum(area_m2) OVER kind AS is_dominant
FROM cut WHERE area_m2 > 0 WINDOW kind AS (PARTITION BY row, zone_kind)"""
# The best way found, as in measures_peers.py.
_OVERLAPS = """
CREATE TABLE doubled AS
WITH pairs AS MATERIALIZED (
    SELECT a.row AS first, b.row AS second, a.parcel_id, b.parcel_id AS other_id, a.flat AS one,
        b.flat AS two
    FROM lots a JOIN lots b ON ST_Intersects(a.flat, b.flat)),
cut AS MATERIALIZED (
    SELECT parcel_id, other_id, ST_Intersection(one, two) AS piece,
        greatest(ST_Area(one), ST_Area(two)) AS larger
    FROM pairs WHERE first < second AND NOT ST_Touches(one, two))
SELECT parcel_id, other_id, ST_Area(piece) AS area_m2,
    ST_Area(piece) > 0.999 * larger AS is_duplicate
FROM cut WHERE ST_Area(piece) > 0.1 AND 2 * ST_Area(piece) > 0.05 * ST_Perimeter(piece)"""


def _measure(column: str, of: tuple[str, str, str], status: str, qualifier: str, full: bool) -> str:
    """Return the columns of a measure: value; in full also bounds, status and qualifier."""
    if not full:
        return f"{of[0]} AS {column}"
    names = parts(column)
    said = (
        f"CASE WHEN {of[0]} IS NULL THEN 'unknown' ELSE '{status}' END",
        f"CASE WHEN {of[0]} IS NULL THEN NULL ELSE '{qualifier}' END",
    )
    return ", ".join(f"{part} AS {name}" for part, name in zip((*of, *said), names, strict=True))


def _table(kinds: list[str], *, full: bool) -> str:
    """Return the statement that makes the table of parcels."""
    columns = [_BASE]
    bounds = ["*"]
    short = {"recorded_area_m2": "recorded", "site_area_m2": "site", "gross_floor_area_m2": "floor"}
    for name in _PRINTED:
        of = (name, f"{name} - step({name}) / 2", f"{name} + step({name}) / 2")
        bounds += [
            f"{sql} AS {short[name]}{end}" for sql, end in zip(of, ("", "0", "1"), strict=True)
        ]
        columns.append(
            _measure(name, tuple(short[name] + end for end in ("", "0", "1")), "recorded",  # type: ignore[arg-type]
                     "printed", full)
        )  # fmt: skip
    ratio = ["floor / site AS ratio", "floor0 / site1 AS ratio0", "floor1 / site0 AS ratio1"]
    columns += [
        _measure("far_limit", ("far_limit",) * 3, "recorded", "exact", full),
        _measure("far", ("ratio", "ratio0", "ratio1"), "derived", "printed", full),
        _measure("far_margin", tuple(f"far_limit - ratio{end}" for end in ("", "1", "0")),  # type: ignore[arg-type]
                 "derived", "printed", full),
        _measure("floor_headroom_m2", ("far_limit * site - floor", "far_limit * site0 - floor1",
                                       "far_limit * site1 - floor0"), "derived", "printed", full),
        _measure("measured_area_m2", ("measured_area_m2",) * 3, "measured", "printed", full),
        _measure("area_difference_m2", ("recorded - measured_area_m2",) * 3, "derived", "printed",
                 full),
        _measure("area_ratio", ("recorded / measured_area_m2",) * 3, "derived", "printed", full),
        "CASE WHEN ratio IS NULL OR far_limit IS NULL THEN 'unknown' WHEN ratio0 > far_limit "
        "THEN 'over' WHEN ratio1 <= far_limit THEN 'within' ELSE 'within_rounding' END "
        "AS far_verdict",
    ]  # fmt: skip
    for at, kind in enumerate(kinds):
        columns.append(f"d{at}.zone_id AS dominant_{kind}")
    if full:
        columns += [
            _measure("measured_area_plane_m2", ("measured_area_plane_m2",) * 3, "measured",
                     "printed", full),
            "CASE WHEN ratio IS NULL THEN NULL ELSE 'gross/not_said' END AS far_basis",
            "CASE WHEN far_limit IS NULL THEN NULL ELSE 'parcel' END AS far_limit_basis",
        ]  # fmt: skip
        for name in ("net_site_area_m2", "countable_floor_area_m2", "share_of_parent"):
            kept = ("NULL::DOUBLE", "NULL::DOUBLE", "NULL::DOUBLE")
            columns.append(_measure(name, kept, "recorded", "printed", full))
        columns[-1] = columns[-1].replace("'unknown'", "NULL")  # there is no parent
        columns += [
            f"NULL::VARCHAR AS {name}"
            for name in ("recorded_area_basis", "recorded_area_edition", "site_area_basis",
                         "far_limit_from", "far_limit_shares", *LEFT_OUT)
        ]  # fmt: skip
    joins = " ".join(
        f"LEFT JOIN pieces d{at} ON d{at}.row = r.row AND d{at}.zone_kind = '{kind}' "
        f"AND d{at}.is_dominant"
        for at, kind in enumerate(kinds)
    )
    selected = ", ".join(columns).replace("zone_id, valid", "r.zone_id, valid", 1)
    selected = selected.replace("parcel_id,", "r.parcel_id,", 1)
    return (
        f"CREATE TABLE parcels AS WITH numbers AS (SELECT {', '.join(bounds)} FROM lots), "  # noqa: S608
        f"r AS (SELECT *, {', '.join(ratio)} FROM numbers) "
        f"SELECT {selected}, r.geometry AS geometry FROM r {joins} ORDER BY r.row"
    )


def _totals(*, full: bool) -> str:
    """Return the statement that makes the table of zones."""
    ends = ("", "_low", "_high") if full else ("",)
    sums = [
        f"sum({name}{end}_m2) AS {short}{end}, "
        f"sum({name}{end}_m2) FILTER (gross_floor_area_m2 IS NOT NULL AND site_area_m2 IS NOT NULL)"
        f" AS {short}{end}_both"
        for name, short in (("site_area", "site"), ("gross_floor_area", "floor"))
        for end in ends
    ]
    low, high = ("_low", "_high") if full else ("", "")
    columns = [
        *(
            _measure(f"{name}_total_m2", (short, short + low, short + high), "derived", "printed",
                     full)
            for name, short in (("site_area", "site"), ("gross_floor_area", "floor"))
        ),
        _measure("far", ("floor_both / site_both", f"floor{low}_both / site{high}_both",
                         f"floor{high}_both / site{low}_both"), "derived", "printed", full),
        "coalesce(lots, 0) AS parcel_count",
    ]  # fmt: skip
    return (
        f"CREATE TABLE zones AS WITH sums AS (SELECT i.zone, count(*) AS lots, {', '.join(sums)} "  # noqa: S608
        "FROM pieces i JOIN parcels p ON i.parcel_id = p.parcel_id WHERE i.is_dominant "
        f"GROUP BY i.zone) SELECT z.* EXCLUDE (zone, flat), {', '.join(columns)} "
        "FROM places z LEFT JOIN sums s ON z.zone = s.zone ORDER BY z.zone"
    )


def files(connection: Any, out: Path) -> None:
    """Write the layers for GIS and the tables."""
    for table in ("parcels", "zones"):
        connection.execute(f"COPY {table} TO '{out / table}.geojson' WITH ({_GEOJSON})")
    connection.execute(f"COPY parcels TO '{out / 'parcels.gpkg'}' WITH ({_GPKG})")
    answer(connection, out)


def answer(connection: Any, out: Path) -> None:
    """Write the tables without outlines."""
    for table, shape in (("parcels", "geometry"), ("zones", "geom"), ("pieces", ""),
                         ("doubled", "")):  # fmt: skip
        columns = f"* EXCLUDE ({shape})" if shape else "*"
        connection.execute(
            f"COPY (SELECT {columns} FROM {table}) "  # noqa: S608
            f"TO '{out / table.replace('doubled', 'overlaps')}.parquet' WITH ({_PARQUET})"
        )
