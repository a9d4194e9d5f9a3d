"""What an export writes over is replaced whole, or stays."""

import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
import shapely
from tests.exported import (
    assert_same,
    from_gdb,
    from_shp,
)

from pingshan_geo import assess, export, load_catalogue
from pingshan_geo.errors import InputError, OutputError, UsageError
from pingshan_geo.output import whole_file

ROOT = Path(__file__).parents[1]


def test_the_files_of_a_shapefile_are_replaced_together_or_not_at_all(
    hard_town: export.Layer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.shp"
    for name in ("a.shp", "a.dbf", "a.sbn"):
        (tmp_path / name).write_text("old")
    renamed = os.rename

    def fails(source: Any, goal: Any) -> None:
        if Path(goal) == target:
            raise OSError(28, "No space left on device")
        renamed(source, goal)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fails)
        with pytest.raises(OutputError, match="No space"):
            export.write(hard_town, target)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("a.shp", "a.dbf", "a.sbn"), "old"
    )
    export.write(hard_town, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a-fields.csv", "a.cpg", "a.dbf", "a.prj", "a.shp", "a.shx"
    ]  # fmt: skip
    assert len(from_shp(target)) == len(hard_town.data)


def test_a_geodatabase_is_replaced_and_another_folder_is_not(
    hard_town: export.Layer, tmp_path: Path
) -> None:
    target = tmp_path / "a.gdb"
    target.mkdir()
    (target / "thesis.txt").write_text("old")
    with pytest.raises(UsageError, match="is a folder"):
        export.write(hard_town, target)
    assert (target / "thesis.txt").read_text() == "old"
    (target / "thesis.txt").unlink()
    target.rmdir()
    export.write(hard_town, target)
    export.write(hard_town.having(hard_town.data.iloc[:5]), target)
    assert len(from_gdb(target)) == 5
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(OutputError), whole_file(target, "gdb") as place:
        (place / "half").write_text("")
    assert len(from_gdb(target)) == 5


# --- PostGIS --------------------------------------------------------------------------------


def test_a_table_of_postgis_holds_the_rows_and_replaces_only_its_own(
    hard_town: export.Layer, postgis_url: str
) -> None:
    target = f"{postgis_url}?table=out.lots"
    with psycopg.connect(postgis_url, autocommit=True) as database:
        database.execute("DROP SCHEMA IF EXISTS out CASCADE; CREATE SCHEMA out")
        for layer in (hard_town.having(hard_town.data.iloc[:3]), hard_town):
            (note,) = export.write(layer, target)
            assert note.en == f'{len(layer.data)} rows are in "out"."lots".'
        cursor = database.execute("SELECT *, ST_AsText(geom) AS wkt FROM out.lots")
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor]
        assert [row["parcel_id"] for row in found] == hard_town.data["parcel_id"].tolist()
        for row, wanted in zip(found, hard_town.data.to_dict("records"), strict=True):
            shape = wanted.pop("geometry")
            for name, value in wanted.items():
                assert_same(value, row[name], "")
            assert (row["wkt"] is None) == (shape is None)
            if shape is not None:
                whole = shapely.MultiPolygon(shapely.get_parts(shape).tolist())
                assert shapely.from_wkt(row["wkt"]).equals_exact(whole, 1e-12)
        (srid,) = database.execute("SELECT Find_SRID('out', 'lots', 'geom')").fetchone() or ()
        assert srid == 4490
        database.execute("CREATE VIEW out.seen AS SELECT parcel_id FROM out.lots")
        with pytest.raises(InputError, match="other objects depend on it") as caught:
            export.write(hard_town.having(hard_town.data.iloc[:3]), target)
        assert "s3cret" not in str(caught.value)
        database.execute("CREATE TABLE out.theirs (x int)")
        with pytest.raises(UsageError, match="not written by pingshan-geo"):
            export.write(hard_town, f"{postgis_url}?table=out.theirs")
        tables = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'out' ORDER BY 1"
        ).fetchall()
        assert tables == [("lots",), ("theirs",)]
        (count,) = database.execute("SELECT count(*) FROM out.lots").fetchone() or ()
        assert count == len(hard_town.data)


def test_a_table_without_outlines_goes_into_postgis(postgis_url: str) -> None:
    layer = export.export_table(assess(load_catalogue()), "auctions")
    export.write(layer, f"{postgis_url}?table=public.sales")
    with psycopg.connect(postgis_url) as database:
        rows = database.execute("SELECT auction_id, price_yuan FROM public.sales").fetchall()
    known = layer.data[["auction_id", "price_yuan"]].dropna().itertuples(index=False, name=None)
    assert [row for row in rows if row[1] is not None] == list(known)
    assert len(rows) == len(layer.data)


# --- Feature lines and stdout ---------------------------------------------------------------
