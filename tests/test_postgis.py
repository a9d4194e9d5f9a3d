"""A table of PostGIS is read as it stands, and no password is shown."""

import sys

import psycopg
import pytest
import shapely

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.ingest.delivery import Asked, Claim
from pingshan_geo.ingest.formats.postgis import read_postgis

LOTS = """
CREATE SCHEMA land;
CREATE TABLE land."宗地 ""a"" %s" (
    gid int, "宗地号" text, area numeric(12,2), big bigint, price real, sold date, seen timestamp,
    is_key bool, extra jsonb, code char(6), photo bytea, centre geometry(Point, 4547),
    geom geometry(Geometry, 4547), PRIMARY KEY (gid)
);
INSERT INTO land."宗地 ""a"" %s" VALUES
    (2, 'G13113-8014', 106000.00, 9007199254740993, 1.5, '2017-12-13', '2017-12-13 08:00', true,
     '{"用途": "M1"}', 'a', '\\x00', ST_SetSRID(ST_Point(0, 0), 4547),
     ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(0 0, 100 100, 200 0, 100 -100, 0 0))', 4547)),
    (1, E'it''s; DROP TABLE', NULL, NULL, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 0))', 4547)),
    (3, NULL, 1, 1, 1, 'infinity', NULL, false, NULL, '', NULL, NULL, NULL);
"""


@pytest.fixture
def database(postgis_url: str):
    """An empty schema of its own in the server; it is dropped after the test."""
    with psycopg.connect(postgis_url, autocommit=True) as connection:
        yield connection
        connection.execute(
            "DROP SCHEMA IF EXISTS land CASCADE; DROP SCHEMA IF EXISTS other CASCADE"
        )


def refusal(url: str, layer: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_postgis(url, Asked(layer=layer))
    for finding in caught.value.findings:
        assert "s3cret" not in finding.line("en") + finding.line("zh")
    return str(caught.value)


def test_a_table_comes_with_its_types_in_the_order_of_its_key(database, postgis_url) -> None:
    database.execute(LOTS)
    layer = 'land.宗地 "a" %s'
    delivery = read_postgis(postgis_url, Asked(layer=f"{layer}.geom"))
    assert (delivery.format, delivery.layer) == ("PostGIS", layer)
    assert delivery.claim == Claim("EPSG:4547", "file")
    assert delivery.rows.tolist() == [1, 2, 3]
    table = delivery.table
    assert table["gid"].tolist() == [1, 2, 3]
    assert table["宗地号"].tolist() == ["it's; DROP TABLE", "G13113-8014", None]
    assert table["area"].fillna(-1).tolist() == [-1, 106000, 1]
    assert table["big"].tolist() == [None, "9007199254740993", "1"]
    assert table["sold"].tolist() == [None, "2017-12-13", "infinity"]
    assert table["seen"].tolist() == [None, "2017-12-13 08:00:00", None]
    assert table["extra"].tolist() == [None, '{"用途": "M1"}', None]
    assert table["code"].tolist() == [None, "a", ""]
    assert table["price"].isna().tolist() == [True, False, False]
    small, circle, none = delivery.geometry
    assert small.equals(shapely.Polygon([(0, 0), (1, 0), (1, 1)]))
    assert circle.area == pytest.approx(31415.9265, rel=1e-4)
    assert none is None
    told = [(f.code, f.field) for f in delivery.findings]
    assert told == [
        ("column-left-out", "centre"), ("curves-linearised", None), ("column-left-out", "photo")
    ]  # fmt: skip


def test_the_same_content_has_the_same_digest_and_another_one_another(
    database, postgis_url
) -> None:
    database.execute("CREATE SCHEMA land; CREATE TABLE land.a (n int, geom geometry(Point, 4490))")
    database.execute("INSERT INTO land.a VALUES (1, 'SRID=4490;POINT(1 1)'), (2, NULL)")
    first = read_postgis(postgis_url, Asked())
    database.execute("UPDATE land.a SET n = 1 WHERE n = 1")  # moves the row in the heap
    again = read_postgis(postgis_url, Asked())
    assert first.sha256 == again.sha256
    assert first.table["n"].tolist() == again.table["n"].tolist()
    database.execute("UPDATE land.a SET geom = 'SRID=4490;POINT(2 1)' WHERE n = 1")
    assert read_postgis(postgis_url, Asked()).sha256 != first.sha256


def test_the_only_spatial_table_is_taken_others_have_to_be_named(database, postgis_url) -> None:
    assert "layer-none" in refusal(postgis_url)
    database.execute("CREATE SCHEMA land; CREATE TABLE land.sales (n int)")
    database.execute(
        "CREATE TABLE land.lots (geom geometry); CREATE VIEW land.v AS TABLE land.lots"
    )
    told = refusal(postgis_url)
    assert "layer-ambiguous" in told
    assert "land.lots, land.v" in told
    assert read_postgis(postgis_url, Asked(layer="v")).claim is None
    sales = read_postgis(postgis_url, Asked(layer="land.sales"))
    assert (sales.geometry, len(sales.table), list(sales.table)) == (None, 0, ["n"])
    assert "land.sales" in refusal(postgis_url, "land.sale")
    database.execute("CREATE SCHEMA other; CREATE TABLE other.lots (geom geometry)")
    assert "land.lots, other.lots" in refusal(postgis_url, "lots")


def test_the_srid_of_the_rows_is_the_claim(database, postgis_url) -> None:
    database.execute("CREATE SCHEMA land; CREATE TABLE land.a (n int, geom geometry)")
    database.execute("INSERT INTO land.a VALUES (1, ST_SetSRID(ST_Point(0, 0), 4490))")
    assert read_postgis(postgis_url, Asked()).claim == Claim("EPSG:4490", "file")
    database.execute("UPDATE land.a SET geom = ST_SetSRID(geom, 900901)")
    unknown = read_postgis(postgis_url, Asked())
    assert unknown.claim is None
    assert [f.code for f in unknown.findings] == ["crs-unreadable"]
    database.execute("INSERT INTO land.a VALUES (2, ST_SetSRID(ST_Point(0, 0), 4547))")
    assert "4547, 900901" in refusal(postgis_url)


def test_geography_is_read_too(database, postgis_url) -> None:
    database.execute("CREATE SCHEMA land; CREATE TABLE land.a (geom geography)")
    database.execute("INSERT INTO land.a VALUES ('POINT(114 22)')")
    delivery = read_postgis(postgis_url, Asked())
    assert delivery.claim == Claim("EPSG:4326", "file")
    assert delivery.geometry[0].equals(shapely.Point(114, 22))


def test_nothing_of_a_password_is_shown(database, postgis_url) -> None:
    database.execute("CREATE SCHEMA land; CREATE TABLE land.a (n int, geom geometry)")
    delivery = read_postgis(postgis_url, Asked())
    assert delivery.file.startswith("postgresql://127.0.0.1:")
    assert "s3cret" not in repr(delivery)
    assert "tester" not in delivery.file
    port = postgis_url.rsplit(":", 1)[1].split("/")[0]
    for url in (
        postgis_url.replace(port, "1"),  # nobody listens there
        postgis_url.rsplit("/", 1)[0] + "/nowhere",
        "postgresql://tester:p@s3cret@127.0.0.1/postgres",
        "postgresql://tester:s3cret@127.0.0.1/postgres?nonsense=s3cret",
        "postgresql://tester:s3cret%zz@127.0.0.1/postgres",
    ):
        assert "database-failed" in refusal(url)


def test_nothing_is_written(database, postgis_url) -> None:
    database.execute("CREATE SCHEMA land; CREATE SEQUENCE land.s")
    database.execute("CREATE VIEW land.v AS SELECT nextval('land.s') n, NULL::geometry geom")
    assert "read-only" in refusal(postgis_url, "land.v")


def test_without_the_library_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pingshan-geo\[postgis\]"):
        read_postgis("postgresql://127.0.0.1/land", Asked())
