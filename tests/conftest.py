"""A small catalogue that tests change before it is written: see `small`."""

from __future__ import annotations

import copy
import csv
import io
import json
import signal
from pathlib import Path

import pytest
from hypothesis import settings
from tests.exported import hard_town  # noqa: F401 -- a fixture
from tests.postgis_server import postgis_server, postgis_url  # noqa: F401 -- fixtures
from tests.town import delivered, run, town  # noqa: F401 -- fixtures

from pingshan_geo.catalogue import load_catalogue
from pingshan_geo.catalogue.schema import SPATIAL, TABLES
from pingshan_geo.errors import InputError


@pytest.fixture
def heard():
    """Ctrl-C is heard, also where a shell has begun the tests with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# A slow machine is no fault of the code that is tested.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")

SQUARE = [[[114.0, 22.0], [114.01, 22.0], [114.01, 22.01], [114.0, 22.01], [114.0, 22.0]]]
ROWS = {
    "sources": [{"source_id": "gazette", "title_en": "Gazette", "title_zh": "公报"}],
    "facts": [
        {"fact_id": "f1", "subject": "town", "measure": "recorded_area", "value": "2",
         "unit": "km2", "printed": "2 km²", "as_of": "2020", "source_id": "gazette",
         "locator": "p. 1"},
        {"fact_id": "f2", "subject": "lot-1", "measure": "site_area", "value": "4.0", "unit": "ha",
         "printed": "4.0 ha", "as_of": "2020", "area_basis": "parcel", "source_id": "gazette",
         "locator": "p. 2"},
        {"fact_id": "f3", "subject": "lot-1", "measure": "gross_floor_area", "value": "80000",
         "unit": "m2", "resolution": "100", "printed": "80 000 m²", "as_of": "2020",
         "floor_basis": "gross", "source_id": "gazette", "locator": "p. 2"},
        {"fact_id": "f4", "subject": "task", "measure": "delivered", "value": "6", "unit": "ha",
         "printed": "6 ha", "as_of": "2020", "source_id": "gazette", "locator": "p. 3"},
    ],
    "zones": [
        {"zone_id": "town", "kind": "district", "geometry_status": "published",
         "source_id": "gazette", "geometry": SQUARE},
        {"zone_id": "base", "kind": "industrial_base", "parent": "town", "geometry_status": "none",
         "source_id": "gazette"},
    ],
    "parcels": [
        {"parcel_id": lot, "zone_id": zone, "geometry_status": "none", "source_id": "gazette"}
        for lot, zone in (("lot-1", "base"), ("lot-2", "town"))
    ],
    "projects": [{"project_id": "works", "parcel_id": "lot-1", "source_id": "gazette"}],
    "auctions": [
        {"auction_id": "sale-1", "date": "2020-05-06", "parcel_id": "lot-1", "target_id": "task",
         "price_yuan": "1000000", "source_id": "gazette", "locator": "p. 4"},
        {"auction_id": "sale-2", "date": "2020", "parcel_id": "lot-2", "target_id": "task",
         "source_id": "gazette", "locator": "p. 4"},
    ],
    "targets": [
        {"target_id": "task", "zone_id": "town", "measure": "land_area", "counts": "auctioned",
         "period_start": "2020", "period_end": "2020", "value": "5", "unit": "ha",
         "source_id": "gazette", "locator": "p. 3"},
    ],
    "indicators": [{"indicator_id": "jobs", "scope": "town"}],
    "obligations": [],
    "claims": [],
    "limits": [],
    "consequences": [],
    "corrections": [],
    "imports": [],
}  # fmt: skip


class Small:
    """Rows of a small catalogue (cells as text), and the folder that they are written to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = copy.deepcopy(ROWS)
        self.descriptor = {
            "name": "town",
            "as_of": "2020-12-31",
            "crs": "EPSG:4490",
            "resources": [
                {"name": name, "path": f"{name}.{'geojson' if name in SPATIAL else 'csv'}"}
                for name in TABLES
            ],
        }
        path.mkdir()
        self.save()

    def csv(self, name: str) -> str:
        heading = [c.name for c in TABLES[name] if not c.optional]
        heading += sorted({key for row in self.rows[name] for key in row} - set(heading))
        text = io.StringIO()
        writer = csv.DictWriter(text, heading, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows[name])
        return text.getvalue()

    def geojson(self, name: str) -> str:
        empty = {c.name: None for c in TABLES[name] if not c.optional}
        features = []
        for row in self.rows[name]:
            shape = row.get("geometry")
            if isinstance(shape, list):
                shape = {"type": "Polygon", "coordinates": shape}
            own = {key: value for key, value in row.items() if key != "geometry"}
            features.append({"type": "Feature", "properties": empty | own, "geometry": shape})
        return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)

    def save(self) -> None:
        (self.path / "datapackage.json").write_text(json.dumps(self.descriptor), "utf-8")
        for name in TABLES:
            if name in SPATIAL:
                (self.path / f"{name}.geojson").write_text(self.geojson(name), "utf-8")
            else:
                (self.path / f"{name}.csv").write_text(self.csv(name), "utf-8")

    def put(self, table: str, place: int, **cells: object) -> None:
        self.rows[table][place].update(cells)
        self.save()

    def add(self, table: str, **cells: object) -> None:
        self.rows[table].append(cells)
        self.save()

    def write(self, file: str, content: bytes | str) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.path / file).write_bytes(data)

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.path / file).read_text("utf-8")
        assert old in text
        self.write(file, text.replace(old, new, 1))

    def load(self):
        return load_catalogue(self.path)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path / "town")


@pytest.fixture
def errors():
    """Return what refuses a folder: code, file, row, field and value of each finding."""

    def told(path):
        with pytest.raises(InputError) as caught:
            load_catalogue(path)
        assert caught.value.exit_status == 3
        for finding in caught.value.findings:
            for lang in ("en", "zh"):
                assert finding.line(lang).isprintable()
                json.dumps(finding.to_dict(lang), ensure_ascii=False).encode("utf-8")
        return [(f.code, f.file, f.row, f.field, f.value) for f in caught.value.findings]

    return told
