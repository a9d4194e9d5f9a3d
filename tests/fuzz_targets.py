"""The parsers that `fuzz` tries, with inputs to begin with, and files for the child processes."""

from __future__ import annotations

import io
import json
import math
import random
import shutil
import struct
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from tests.fuzz import GEODATA, Target, clean, mutated, text
from tests.opening import DRIVERS, saved

from pingshan_geo import load_catalogue
from pingshan_geo.assessment import assess
from pingshan_geo.audit.archive import opened
from pingshan_geo.audit.document import read_document
from pingshan_geo.audit.manifest import parsed_manifest
from pingshan_geo.audit.printed import numbers_in, years_in
from pingshan_geo.catalogue import readers
from pingshan_geo.catalogue.dates import looks_mangled, span
from pingshan_geo.catalogue.draft import Draft, empty_table
from pingshan_geo.catalogue.folder import descriptor_of
from pingshan_geo.catalogue.schema import TABLES
from pingshan_geo.catalogue.tolerance import parsed_tolerance
from pingshan_geo.ceilings import USUAL, Ceilings
from pingshan_geo.crs import named_crs
from pingshan_geo.errors import InputError
from pingshan_geo.findings import Finding
from pingshan_geo.ids import clean_id, nearest, normal_id
from pingshan_geo.ingest.columns.cells import read_date, read_number
from pingshan_geo.ingest.columns.headings import split_heading, units_in
from pingshan_geo.ingest.columns.land_uses import read_use
from pingshan_geo.ingest.columns.mapping import parse_map_option, read_mapping
from pingshan_geo.ingest.columns.proposal import propose
from pingshan_geo.ingest.columns.values import converted
from pingshan_geo.ingest.control import read_control
from pingshan_geo.ingest.delivery import Asked, Delivery
from pingshan_geo.ingest.formats import parquet
from pingshan_geo.ingest.formats.archive import check_zip, unpack
from pingshan_geo.ingest.formats.cad import read_dxf
from pingshan_geo.ingest.formats.dbf import read_dbf
from pingshan_geo.ingest.formats.encoding import detect
from pingshan_geo.ingest.formats.flags import read_flags
from pingshan_geo.ingest.formats.geojson import read_geojson, read_sequence
from pingshan_geo.ingest.formats.kml import read_kml
from pingshan_geo.ingest.formats.opening import open_delivery
from pingshan_geo.ingest.formats.survey import read_survey
from pingshan_geo.ingest.formats.tables import read_delimited
from pingshan_geo.ingest.placement import parse_crs_option
from pingshan_geo.ingest.shapes import settle
from pingshan_geo.query import matching
from pingshan_geo.units import UNITS, to_si, unit_key

SQUARE = (
    b'{"type":"Polygon","coordinates":[[[114,22],[114.1,22],[114.1,22.1],[114,22.1],[114,22]]]}'
)
LAYER = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"parcel_id":"G1",'
    b'"land_area_m2":10.5,"kind":"\xe5\xb7\xa5\xe4\xb8\x9a"},"geometry":' + SQUARE + b"}]}"
)
SURVEY = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
带号=38
[地块坐标]
4,1.0000,G1,一号,面,,工业,@
J1,1,2508000.1,38532000.2
J2,1,2508100.1,38532000.2
J3,1,2508100.1,38532100.2
J1,1,2508000.1,38532000.2
""".encode()
KML = (
    b"<kml><Document><Folder><name>a</name><Placemark><name>G1</name><ExtendedData><Data name='x'>"
    b"<value>1</value></Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>"
    b"114,22 115,22,0 115,23 114,22</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    b"</Placemark></Folder></Document></kml>"
)
TABLE = (
    "宗地编号,用地面积(公顷),成交日期,用途,WKT\n"
    'G1,10.6,2017-11-02,M1,"POLYGON((114 22,115 22,115 23,114 22))"\n'
)
DXF = b"0\nSECTION\n2\nENTITIES\n0\nPOLYLINE\n8\n0\n66\n1\n70\n1\n" + b"".join(
    b"0\nVERTEX\n8\n0\n10\n%d\n20\n%d\n" % point for point in ((0, 0), (5, 0), (5, 5))
) + b"0\nSEQEND\n0\nENDSEC\n0\nEOF\n"  # fmt: skip
DBF = struct.pack("<B3BIHH20x", 3, 26, 1, 1, 2, 97, 21) + b"".join(
    struct.pack("<11sc4xBB14x", name, kind, width, 0)
    for name, kind, width in ((b"ID", b"C", 10), (b"N", b"N", 10))
) + b"\r G1        " + b"      12.5 G2        " + b"          \x1a"  # fmt: skip
SENTENCE = (
    "2017年，坪山区出让4宗工业用地，面积约22.78公顷（年度任务9.5公顷的2.4倍），其中G13113-8014面积10.6万平方米，"
    "建筑面积488,800平方米，占百分之四十五。"
).encode()
COLUMNS = gpd.GeoDataFrame(
    {"parcel_id": ["G1", None], "far": [1.5, np.nan], "land_use": ["M1", "坪"], "a": ["2017", "x"]},
    geometry=[shapely.box(114, 22, 115, 23), None],
)
FILTERS = (
    b"land_use = 'M1' AND far > 1.5", b"NOT (a LIKE 'x%' OR far IS NULL)", b"far BETWEEN 1 AND 2",
    b"parcel_id IN ('G1','G2')", b"a > DATE('2017-01-01')",
    b"S_INTERSECTS(geometry, POLYGON((114 22,115 22,115 23,114 22)))",
)  # fmt: skip


def _report() -> tuple[readers.Report, list[object]]:
    found: list[object] = []
    return readers.file_report("a", found), found  # type: ignore[arg-type]


def _told(read: Callable[[bytes, readers.Report], object], data: bytes, _: Path) -> None:
    """Nothing is dropped in silence: no value without a finding."""
    report, found = _report()
    assert read(data, report) is not None or found
    assert all(each.line(lang) for each in found for lang in ("en", "zh"))  # type: ignore[attr-defined]


def _reader(read: Callable[[Path, Asked], Delivery], name: str, data: bytes, folder: Path) -> None:
    path = folder / name
    path.write_bytes(data)
    whole(read(path, Asked()))


def whole(delivery: Delivery) -> None:
    """Rows are numbered once each, and what is proposed for them can be made of them."""
    rows = delivery.rows.tolist()
    assert len(delivery.table) == len(rows) == len(set(rows))
    if delivery.geometry is not None:
        assert len(delivery.geometry) == len(rows)
        settled = settle(delivery.geometry, delivery.rows, delivery.file)
        assert len(settled.geometry) == len(rows)
    proposal = propose(delivery, "parcels")
    assert converted(delivery, proposal.mapping)


def _zip(data: bytes, folder: Path) -> None:
    path = folder / "a.zip"
    path.write_bytes(data)
    try:
        with opened(path):
            pass
    except InputError:
        pass
    to = folder / "to"
    unpack(path, check_zip(path, USUAL), to)
    shutil.rmtree(to, ignore_errors=True)
    assert sorted(each.name for each in folder.iterdir()) == ["a.zip"]


def _zipped(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def _geo(data: bytes, _: Path) -> None:
    """Take an input for what a Parquet file says of its geometry columns."""
    report, found = _report()
    shapes = np.array([shapely.box(114, 22, 115, 23)], dtype=object)
    box = [{"xmin": 114.0, "ymin": 22.0, "xmax": 115.0, "ymax": 23.0}]
    table = pa.table({"geometry": shapely.to_wkb(shapes), "a": [1], "box": box})
    metadata = {b"natives": b"{}", b"geo": data}
    columns, primary = parquet._described(metadata, table, report)
    if columns is None or primary is None:
        assert found
        return
    parquet._claim(columns[primary], report)
    if primary in table.column_names:
        parquet._told(columns[primary], shapes, table, report)
        assert len(parquet._geometry(table[primary], columns[primary], report)) == 1


def _numbers(data: bytes, _: Path) -> None:
    for sentence in (clean(data), text(data)):
        numbers_in(sentence)
        years_in(sentence)


def _cell(data: bytes, _: Path) -> None:
    cell = text(data)
    number = read_number(cell)
    if number is not None:
        assert all(math.isfinite(to_si(number.digits, unit)) for unit in UNITS)
    day = read_date(cell)
    assert day is None or span(day) is not None
    span(cell)
    looks_mangled(cell)
    unit_key(cell)
    split_heading(cell)
    units_in(cell)
    read_use(cell, None)


def _id(data: bytes, _: Path) -> None:
    name = text(data)
    assert normal_id(normal_id(name)) == normal_id(name)
    assert clean_id(clean_id(name)) == clean_id(name)
    nearest(name, ["G13113-8014", "DK-11"])


def _option(data: bytes, _: Path) -> None:
    """Try one option; the first byte chooses which."""
    words = text(data[1:])
    delivery = Delivery("a.csv", "", "CSV", None, COLUMNS, np.arange(2))
    ways: tuple[Callable[[str], object], ...] = (
        parsed_tolerance, parse_crs_option, named_crs, lambda each: Ceilings.parsed([each]),
        lambda each: parse_map_option(each, "parcels", delivery),
    )  # fmt: skip
    ways[data[0] % len(ways) if data else 0](words)


def _place(read: Callable[[str], object], name: str, data: bytes, folder: Path) -> None:
    path = folder / name
    path.write_bytes(data)
    read(str(path))


def _document(data: bytes, folder: Path) -> None:
    path = folder / ("a.html" if data[:1] == b"<" else "a.txt")
    path.write_bytes(data)
    document = read_document(path)
    for sentence in document.sentences:
        numbers_in(sentence.text)


def _descriptor(data: bytes, _: Path) -> None:
    """Read a descriptor, and write tables as it says."""
    found: list[Finding] = []
    descriptor = descriptor_of(data, found)
    if descriptor is None:
        assert found
        return
    draft = Draft(Path(), descriptor, {name: empty_table(name) for name in TABLES})
    for content in draft.contents(TABLES)[0].values():
        b"".join([content] if isinstance(content, bytes) else content)


def _catalogue(data: bytes, folder: Path) -> None:
    """Put an input in the place of one file of a catalogue; the first byte says which."""
    names = sorted(each.name for each in GEODATA.glob("*.*son")) + sorted(
        each.name for each in GEODATA.glob("*.csv")
    )
    place = folder / "catalogue"
    shutil.copytree(GEODATA, place, ignore=shutil.ignore_patterns("*.py", "*.md"))
    try:
        (place / names[data[0] % len(names) if data else 0]).write_bytes(data[1:])
        assess(load_catalogue(place))
    finally:
        shutil.rmtree(place)


def _files_of_geodata() -> tuple[bytes, ...]:
    names = sorted(GEODATA.glob("*.*son")) + sorted(GEODATA.glob("*.csv"))
    return tuple(bytes([at]) + each.read_bytes() for at, each in enumerate(names))


FLAG = {
    "subject": "parcels/G1",
    "field": "far",
    "shown": "1",
    "comment": "c",
    "who": "w",
    "when": "2026",
}
FLAGS = json.dumps({"pingshan_geo_flags": 1, "catalogue": "x", "flags": [FLAG]}).encode()
MANIFEST = json.dumps(
    {"format": "pingshan-geo bundle", "version": 1, "files": {}, "options": {}}
).encode()
GEO = json.dumps({
    "version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": {
        "encoding": "WKB", "geometry_types": ["Polygon"], "crs": "EPSG:4490", "edges": "planar",
        "orientation": "counterclockwise", "bbox": [114, 22, 115, 23], "covering": {"bbox": {
            side: ["box", side] for side in ("xmin", "ymin", "xmax", "ymax")}}}},
}).encode()  # fmt: skip
TARGETS = {
    "json": Target(partial(_told, readers.read_json), (LAYER, b"[1e5,-0.0,null]")),
    "csv": Target(partial(_told, readers.read_csv), (b'a,b\n1,"x,y"\n', TABLE.encode())),
    "geojson": Target(partial(_told, readers.read_geojson), (LAYER,)),
    "descriptor": Target(
        _descriptor, ((GEODATA / "datapackage.json").read_bytes(),)
    ),
    "filter": Target(lambda data, _: matching(text(data), COLUMNS), FILTERS),
    "cell": Target(
        _cell, (b"106,000", "10.6万平方米".encode(), b"2017-11-02", b"M1", "面积(㎡)".encode())
    ),
    "id": Target(_id, (b"G13113-8014", "Ｇ１３-8014".encode(), "А-1".encode())),
    "option": Target(
        _option,
        (b"\0000.05m+0.5%", b"\1EPSG:4547", b"\1GCJ-02", b"\2EPSG:4490", b"\3rows=5",
         b"\4land_use=land_use", b"\4'district'=kind", b"\4far=far:10k_m2"), slow=20,
    ),
    "statement": Target(_numbers, (SENTENCE, b"forty-five percent of 1.2 million m2")),
    "document": Target(_document, (SENTENCE, b"<html><p>" + SENTENCE + b"</p></html>")),
    "survey": Target(
        partial(_reader, read_survey, "a.txt"), (SURVEY, SURVEY.decode().encode("gbk"))
    ),
    "table": Target(partial(_reader, read_delimited, "a.csv"), (
        TABLE.encode(), b"id;x;y\n1;532000.1;2508000.2\n1;532100;2508000\n1;532100;2508100\n")),
    "delivered geojson": Target(partial(_reader, read_geojson, "a.geojson"), (LAYER, SQUARE)),
    "sequence": Target(partial(_reader, read_sequence, "a.geojsonl"), (LAYER + b"\n" + SQUARE,)),
    "kml": Target(partial(_reader, read_kml, "a.kml"), (KML,)),
    "dxf": Target(partial(_reader, read_dxf, "a.dxf"), (DXF,)),
    "flags": Target(partial(_reader, read_flags, "a.json"), (FLAGS,)),
    "dbf": Target(
        lambda data, folder: _place(
            lambda name: read_dbf(Path(name), None, _report()[0], USUAL), "a.dbf", data, folder
        ),
        (DBF,),
    ),
    "encoding": Target(
        lambda data, _: data.decode(detect(data).name),
        (SENTENCE, SENTENCE.decode().encode("gb18030")),
    ),
    "zip": Target(_zip, (_zipped(("a.geojson", LAYER), ("b/c.txt", b"x" * 99)),)),
    "geo metadata": Target(_geo, (GEO,)),
    "manifest": Target(lambda data, _: parsed_manifest(data, []), (MANIFEST,)),
    "mapping": Target(
        partial(_place, read_mapping, "a.toml"),
        (
            b'table = "parcels"\nleft_over = ["note"]\n[columns]\nparcel_id = "id"\n'
            b'far = { column = "FAR", unit = "1" }\n[options]\ncrs = "EPSG:4547"\n',
            b'table = "projects"\n[columns]\nproject_id = "id"\n',
        ),
    ),
    "control": Target(
        partial(_place, read_control, "a.csv"),
        (b"x,y,lon,lat\n532000,2508000,114.3,22.6\n532100,2508100,114.31,22.61\n",),
    ),
    "catalogue": Target(_catalogue, _files_of_geodata(), slow=100),
}  # fmt: skip
#: Endings of the formats that are read in child processes.
FILES = [*sorted(set(DRIVERS) - {".geojson", ".geojsonl", ".kml", ".gdb"}), ".parquet"]


def tried(suffix: str, inputs: int, seed: int) -> tuple[str, int, float, dict[str, bytes]]:
    """Open so many mutated files of a format, each in a child process; as `fuzz.tried`."""
    from tests.fuzz import fault, folder

    rng = random.Random(f"{seed} {suffix}")  # noqa: S311
    faults: dict[str, bytes] = {}
    start = time.monotonic()
    with folder() as place:
        whole_file = saved(place / f"a{suffix}")
        parts = {each.name: each.read_bytes() for each in place.iterdir()}
        for _ in range(inputs):
            for name, data in parts.items():
                (place / name).write_bytes(data)
            changed = place / rng.choice(sorted(parts))
            seeds = Target(lambda *_: None, (parts[changed.name],))
            changed.write_bytes(
                _spoilt(rng, parts[changed.name]) if rng.random() < 0.5 else mutated(rng, seeds)
            )
            opening = Target(lambda *_: whole(open_delivery(str(whole_file), Asked())), ())
            said = fault(opening, b"", place)
            if said is not None:
                faults[said] = changed.read_bytes()
    return suffix, inputs, time.monotonic() - start, faults


def _spoilt(rng: random.Random, data: bytes) -> bytes:
    """Return bytes of which up to twenty are others, the length as it was."""
    spoilt = bytearray(data)
    for _ in range(rng.randint(1, 20)):
        spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    return bytes(spoilt)
