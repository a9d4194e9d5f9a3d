"""What the tests of import share: deliveries, a town without lots, the command."""

from __future__ import annotations

import csv
import shutil

import pytest
from tests.deliveries import TOWN, make

from pingshan_geo.catalogue.store import UNDO
from pingshan_geo.cli import main

CADASTRE = ("--as", "parcels", "--yes", "--crs", "GCJ-02", "--geometry-status", "surveyed")
FLOOR = ("--map", "建筑面积=gross_floor_area_m2:m2")


@pytest.fixture(scope="session")
def delivered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deliveries")
    make(folder)
    return folder


@pytest.fixture
def town(tmp_path):
    """Return the demo town with its zones and without lots and transfers."""
    folder = tmp_path / "town"
    shutil.copytree(TOWN, folder)
    (folder / "parcels.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    emptied = ("facts", "projects", "auctions", "targets", "obligations", "claims",
               "consequences", "corrections")  # fmt: skip
    for name in emptied:
        path = folder / f"{name}.csv"
        path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    return folder


@pytest.fixture
def run(town, capsys):
    def run(*words):
        status = main(["--catalogue", str(town), "import", *map(str, words)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and UNDO not in path.parts
    }
