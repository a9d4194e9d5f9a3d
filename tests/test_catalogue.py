"""Loading: what a good catalogue holds, and what each way to break one gets."""

from __future__ import annotations

import json
import os
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest

from pingshan_geo import assess
from pingshan_geo.catalogue import read_catalogue


def ring(*positions):
    return [[list(p) for p in positions]]


def spot(table, place):
    """File and row, as people count it, of the row at a place of a small table."""
    spatial = table in {"zones", "parcels"}
    return f"{table}.{'geojson' if spatial else 'csv'}", place + (1 if spatial else 2)


# Each way to break a catalogue: what is done, and the findings (code, file, row, field, value).


def bad(code, table, place, told=..., **cells):
    """Put a cell; the finding names it and its text, or what is ``told``."""
    (field, value), *_ = cells.items()
    value = str(value) if told is ... else told
    return lambda small: small.put(table, place, **cells), [
        (code, *spot(table, place), field, value)
    ]


def twin(code, table, value):
    """Add a row whose id cannot stand beside those that are there."""
    field = f"{table[:-1]}_id"
    row = {field: value, "geometry_status": "none"} if table == "parcels" else {field: value}
    place = {"parcels": 2, "projects": 1}[table]
    return lambda small: small.add(table, **row), [(code, *spot(table, place), field, value)]


def raw(code, file, content, row=None, value=None):
    return lambda small: small.write(file, content), [(code, file, row, None, value)]


def swap(code, file, old, new, row=None, field=None, value=None):
    return lambda small: small.edit(file, old, new), [(code, file, row, field, value)]


def shape(code, geometry, value=None):
    return lambda small: small.put("zones", 0, geometry=geometry), [(code, ZONES, 1, None, value)]


def path(code, text):
    def act(small):
        small.descriptor["resources"][1]["path"] = text
        small.save()

    return act, [(code, text, None, None, text)]


def about(code="descriptor-invalid", field=None, value=None, **members):
    def act(small):
        small.descriptor.update(members)
        small.write(PACKAGE, json.dumps(small.descriptor))

    return act, [(code, PACKAGE, None, field, value)]


def both(one, *others):
    return one[0], [*one[1], *(finding for other in others for finding in other[1])]


def features(content):
    return '{"type":"FeatureCollection","features":' + content + "}"


ZONES, FACTS, PACKAGE = "zones.geojson", "facts.csv", "datapackage.json"
LINK = {"type": "link", "properties": {"href": "http://x.invalid"}}
BOW = ((0, 0), (1, 1), (1, 0), (0, 1), (0, 0))
TRIANGLE = ((0, 0), (1, 0), (1, 1), (0, 0))
HOLE_OUTSIDE = [*ring(*TRIANGLE), *ring((5, 5), (6, 5), (6, 6), (5, 5))]
NO_NUMBERS = (
    "1,060,00", "10.6.0", "１０６０００", "١٢٣", "nan", "inf", "1e999", "0x10", "1_000", "9.5 ha",
    "9,5", "–2",
)  # fmt: skip
MANGLED = ("2017-02-30", "2017/12/13", "43082", "Dec-17", "2017-1-1", "2017年12月")
OUTSIDE = (
    "../town/facts.csv", "/etc/passwd", "http://x.invalid/f.csv", "/vsicurl/http://x.invalid",
    "a\\b.csv", "", ".",
)  # fmt: skip
NO_NAMES = ("../town", "a/b", "", "..", "a\n", "-f", "a" * 65)
BROKEN = {
    "bytes that are no text": raw("csv-not-text", FACTS, b"fact_id,\xff\xff\0", value="8"),
    "UTF-16": raw("csv-not-text", FACTS, "fact_id\n".encode("utf-16"), value="0"),
    "an open quote": swap("csv-broken", FACTS, "80 000 m²", '"80 000 m²', 4),
    "text after a quote": swap("csv-broken", FACTS, "80 000 m²", '"80" 000', 4),
    "an empty file": raw("csv-broken", FACTS, "", 1),
    "a missing column": swap("csv-missing-column", FACTS, "locator", "place", 1, "locator"),
    "a doubled column": swap("csv-doubled-column", FACTS, "note_en", "locator", 1, "locator"),
    "a long row": swap("csv-row-length", FACTS, "p. 1", "p. 1,more", 2, value="18"),
    "a short row": swap("csv-row-length", FACTS, "p. 1,,", "p. 1", 2, value="15"),
    **{f"number {text}": bad("not-a-number", "facts", 0, value=text) for text in NO_NUMBERS},
    "a negative area": bad("negative-value", "facts", 0, value="-2"),
    "a negative price": bad("negative-value", "auctions", 0, price_yuan="-1"),
    "an empty value": bad("missing-value", "facts", 0, None, value=" "),
    "a truth value for a number": bad("not-a-number", "parcels", 0, site_area_m2=True),
    **{f"date {text}": bad("date-mangled", "auctions", 0, date=text) for text in MANGLED},
    "words for a date": bad("not-a-date", "auctions", 0, date="next year"),
    "a period that ends first": bad("period-order", "targets", 0, "2020 … 2019", period_end="2019"),
    "no id": bad("missing-id", "auctions", 0, None, auction_id=""),
    "a doubled id": twin("duplicate-id", "parcels", "lot-1"),
    "one id in two tables": twin("duplicate-id", "projects", "lot-2"),
    "ids that differ in width": twin("similar-ids", "parcels", "ｌｏｔ-1"),
    "ids that differ in case": twin("similar-ids", "parcels", "LOT-1"),
    "ids that differ in the dash": twin("similar-ids", "parcels", "lot–1"),
    "ids that differ in space": twin("similar-ids", "parcels", "lot - 1"),
    "an unknown subject": bad("unknown-reference", "facts", 1, subject="lot-l"),
    "an unknown source": bad("unknown-reference", "auctions", 0, source_id="x"),
    "an unknown zone in a list": bad("unknown-reference", "zones", 1, "city", part_of="town;city"),
    "an unknown unit": bad("unknown-unit", "facts", 0, unit="acre"),
    "an unknown unit of a target": bad("unknown-unit", "targets", 0, unit="acre"),
    "an area in yuan": bad("unit-mismatch", "facts", 0, unit="yuan"),
    "a delivery in another unit than its target": bad("unit-mismatch", "facts", 3, unit="yuan"),
    "land asked for in yuan": both(
        bad("unit-mismatch", "targets", 0, unit="yuan"),
        bad("unit-mismatch", "facts", 3, unit="ha"),
    ),
    "an unknown measure": bad("unknown-measure", "facts", 1, measure="sitearea"),
    "a measure of another table": bad("unknown-measure", "facts", 1, measure="price"),
    "an unknown code": bad("unknown-code", "auctions", 0, mode="raffle"),
    "a zone that is its own parent": bad("reference-cycle", "zones", 1, parent="base"),
    "a ring of parents": bad("reference-cycle", "zones", 0, "base → town", parent="base"),
    "GeoJSON that is none": raw("json-invalid", ZONES, "{"),
    "null": raw("json-invalid", ZONES, "null"),
    "Latin bytes": raw("json-invalid", ZONES, b'{"a": "\xe9"}'),
    "a list": raw("geojson-invalid", ZONES, "[]"),
    "features that are no list": raw("geojson-invalid", ZONES, features("{}")),
    "a feature that is none": raw("geojson-invalid", ZONES, features("[1]"), 1),
    "properties that are none": raw("geojson-invalid", ZONES, features('[{"type":"Feature"}]'), 1),
    "100 levels": raw("json-nesting", ZONES, features("[" * 100 + "]" * 100), value="64"),
    "a million levels": raw("json-nesting", ZONES, "[" * 1_000_000, value="64"),
    "levels after a bad text": raw("json-nesting", ZONES, '{"\\\n":1,"b":' + "[" * 99, value="64"),
    "NaN": swap("json-number", ZONES, "114.01", "NaN", value="NaN"),
    "a number beyond all numbers": swap("json-number", ZONES, "114.01", "1e999", value="1e999"),
    "a number of 9999 digits": swap("json-invalid", ZONES, "114.01", "1" * 9999),
    "a doubled member": swap("json-invalid", ZONES, '"zone_id"', '"kind": "x", "zone_id"'),
    "half a surrogate": swap("json-invalid", ZONES, '"town"', '"to\\ud800wn"'),
    "half a surrogate in a position": swap("json-invalid", ZONES, "114.01", '"\\udc00"'),
    "a crs of type link": swap(
        "geojson-crs", ZONES, '"features"', f'"crs":{json.dumps(LINK)},"features"',
        value=json.dumps(LINK),
    ),
    "a ring left open": shape("ring-not-closed", ring(*TRIANGLE[:3], (0, 1))),
    "a ring that crosses itself": shape("geometry-invalid", ring(*BOW)),
    "a ring of three": shape("geometry-invalid", ring((0, 0), (1, 1), (0, 0))),
    "a ring of one place": shape("geometry-invalid", ring(*[(0, 0)] * 4)),
    "a hole outside": shape("geometry-invalid", HOLE_OUTSIDE),
    "a point": shape("geometry-invalid", {"type": "Point", "coordinates": [0, 0]}),
    "a type that is a list": shape("geometry-invalid", {"type": [], "coordinates": []}),
    "no coordinates": shape("geometry-invalid", {"type": "Polygon"}),
    "metres": shape("coordinate-range", ring((5e5, 2e6), *TRIANGLE), "[500000.0, 2000000.0]"),
    "text for a position": shape("coordinate-range", ring(("0", 0), *TRIANGLE), '["0", 0]'),
    "a status without an outline": bad("geometry-status", "zones", 1, geometry_status="surveyed"),
    "an outline without a status": bad("geometry-status", "zones", 0, geometry_status="none"),
    "an unknown status": bad("unknown-code", "zones", 0, geometry_status="guessed"),
    "a package that is no JSON": raw("json-invalid", PACKAGE, "name: town"),
    "a package that is null": raw("json-invalid", PACKAGE, "null"),
    "a package that is a list": both(*[raw("descriptor-invalid", PACKAGE, "[]")] * 5),
    "no date of the catalogue": about(as_of="soon"),
    "Web Mercator": about("crs-not-supported", "crs", "EPSG:3857", crs="EPSG:3857"),
    **{f"the schema {text!r}": about(schema_version=text) for text in ("0.9", "1", "1.0 ", 1.0)},
    "resources that are none": about(resources=[{"name": "facts"}, 3]),
    "one resource twice": about(resources=[{"name": "facts", "path": FACTS}] * 2),
    "a mistyped table": swap(
        "descriptor-invalid", PACKAGE, '"name": "projects"', '"name": "Project"'
    ),
    **{f"the name {text!r}": about(name=text) for text in NO_NAMES},
    "a computed column of a CSV": (
        lambda small: small.put("projects", 0, site_area_m2="much"),
        [("computed-column", "projects.csv", 1, "site_area_m2", None)],
    ),
    "a computed column of GeoJSON": (
        lambda small: small.put("zones", 0, recorded_area_m2="much"),
        [("computed-column", ZONES, None, "recorded_area_m2", None)],
    ),
    "a path longer than any": path("file-refused", "f" * 300),
    "a missing file": path("file-missing", "fax.csv"),
    "a path with a zero byte": path("file-refused", "f\0.csv"),
    **{f"path {text}": path("file-refused", text) for text in OUTSIDE},
    "a path with half a surrogate": swap("json-invalid", PACKAGE, '"facts.csv"', '"\\ud800.csv"'),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_catalogue_is_refused_with_the_place_of_the_fault(errors, small, name):
    breaks, expected = BROKEN[name]
    breaks(small)
    assert sorted(errors(small.path), key=str) == sorted(expected, key=str)


def test_the_unbroken_one_loads_and_keeps_what_it_holds(small):
    small.put("zones", 0, colour_of_roofs="red")
    small.put("facts", 0, geometry="a column of that name")
    catalogue = small.load()
    assert (catalogue.id, catalogue.as_of, catalogue.findings) == ("town", date(2020, 12, 31), ())
    assert isinstance(catalogue.zones, gpd.GeoDataFrame)
    assert catalogue.zones.crs == "EPSG:4490"
    assert catalogue.zones.loc["town", "colour_of_roofs"] == "red"
    assert catalogue.zones.loc["base", ["name_en", "part_of", "geometry"]].tolist() == [None] * 3
    assert catalogue.facts.loc["f1", "geometry"] == "a column of that name"
    assert catalogue.facts.loc["f1", ["value_si", "low_si", "high_si"]].tolist() == [
        2e6,
        1.5e6,
        2.5e6,
    ]
    assert pd.isna(catalogue.auctions.loc["sale-2", "price_yuan"])
    assert catalogue.auctions.loc["sale-2", "mode"] is None


def test_all_faults_are_told_at_once_and_in_order(errors, small):
    small.put("auctions", 1, date="43082", mode="raffle", price_yuan="-1", parcel_id="lot-9")
    small.put("facts", 0, value="１", unit="acre")
    small.put("facts", 3, subject="tusk")
    small.put("zones", 0, geometry=ring(*BOW), parent="base")
    assert errors(small.path) == [
        ("date-mangled", "auctions.csv", 3, "date", "43082"),
        ("negative-value", "auctions.csv", 3, "price_yuan", "-1"),
        ("unknown-code", "auctions.csv", 3, "mode", "raffle"),
        ("unknown-reference", "auctions.csv", 3, "parcel_id", "lot-9"),
        ("not-a-number", FACTS, 2, "value", "１"),
        ("unknown-unit", FACTS, 2, "unit", "acre"),
        ("unknown-reference", FACTS, 5, "subject", "tusk"),
        ("geometry-invalid", ZONES, 1, None, None),
        ("reference-cycle", ZONES, 1, "parent", "base → town"),
    ]


def test_the_nearest_id_is_offered(small):
    small.put("facts", 1, subject="lot-11")
    _, (finding,) = read_catalogue(small.path)
    assert "(lot-1?)" in finding.fix("en")
    assert "（lot-1？）" in finding.fix("zh")


def test_a_file_with_a_mark_or_of_a_spreadsheet_is_read_and_only_the_latter_is_told(small):
    small.put("sources", 0, publisher="坪山区")
    text = small.csv("sources")
    for data, codes in (
        (b"\xef\xbb\xbf" + text.encode(), []),
        (text.encode("gb18030"), ["csv-encoding"]),
    ):
        small.write("sources.csv", data)
        catalogue = small.load()
        assert catalogue.sources.loc["gazette", "publisher"] == "坪山区"
        assert [f.code for f in catalogue.findings] == codes


def test_lines_may_end_as_on_windows_and_be_empty(small):
    text = small.csv("facts").replace("\n", "\r\n").replace("\r\nf2", "\r\n\r\nf2")
    small.write(FACTS, text)
    assert small.load().facts["row_number"].tolist() == [2, 4, 5, 6]


def test_rows_are_counted_as_a_spreadsheet_does_where_a_cell_holds_a_line_break(errors, small):
    small.put("facts", 0, note_en="one\ntwo\nthree")
    small.put("facts", 3, value="x")
    assert errors(small.path) == [("not-a-number", FACTS, 5, "value", "x")]


@pytest.mark.parametrize(
    "path",
    [
        "/vsizip/a.zip",
        "https://example.invalid/c",
        "\\\\host\\share",
        "s3://b/c",
        "nowhere",
        "a\0b",
    ],
)
def test_what_is_no_folder_is_refused(errors, path):
    assert [finding[0] for finding in errors(path)] == ["not-a-catalogue"]


def test_a_folder_without_a_descriptor_and_a_file_are_no_catalogue(errors, tmp_path):
    (tmp_path / "file").write_text("{}")
    for path in (tmp_path, tmp_path / "file"):
        assert [finding[0] for finding in errors(path)] == ["not-a-catalogue"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("name", [FACTS, PACKAGE, "sub"])
def test_a_link_is_not_followed(errors, small, tmp_path, name):
    if name == "sub":
        (small.path / "sub").mkdir()
        (small.path / FACTS).rename(small.path / "sub" / FACTS)
        small.edit(PACKAGE, FACTS, f"sub/{FACTS}")
    (small.path / name).rename(tmp_path / "elsewhere")
    (small.path / name).symlink_to(tmp_path / "elsewhere")
    told = f"sub/{FACTS}" if name == "sub" else name
    assert errors(small.path) == [("file-refused", told, None, None, told)]


def test_a_catalogue_without_any_table_can_be_assessed(small):
    small.descriptor["resources"] = []
    small.save()
    assessment = assess(small.load())
    assert list(assessment.figures()) == []
    assert assessment.findings == ()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (ZONES, '"' + '\\"' * 300_000),
        (FACTS, '"' * 300_001),
        (FACTS, "a" * 300_000),
        (ZONES, "{" + ",".join(f'"{n}":1' for n in range(60_000)) + ',"9":1}'),
        (ZONES, features("[" + "{}," * 20_000 + "{}]")),
    ],
)
def test_a_file_made_to_take_for_ever_does_not(errors, small, file, content):
    small.write(file, content)
    assert errors(small.path)


def test_a_thousand_wrong_references_and_a_long_ring_of_parents_are_told_once_each(errors, small):
    small.rows["zones"] += [
        {"zone_id": f"z{n}", "kind": "x", "parent": f"z{(n + 1) % 3000}", "geometry_status": "none"}
        for n in range(3000)
    ]
    small.rows["parcels"] += [
        {"parcel_id": f"p{n}", "zone_id": "zone-x", "geometry_status": "none"} for n in range(1000)
    ]
    small.save()
    found = [finding[0] for finding in errors(small.path)]
    assert (found.count("unknown-reference"), found.count("reference-cycle")) == (1000, 1)


def test_an_integer_too_large_for_a_number_is_kept_as_text(small):
    small.put("parcels", 0, deed=10**400, lot=5)
    parcels = small.load().parcels
    assert parcels["deed"].iloc[0] == "1" + "0" * 400
    assert parcels["lot"].iloc[0] == 5


def test_no_further_column_can_stand_for_a_computed_one():
    from pingshan_geo.catalogue.schema import is_computed
    from pingshan_geo.measures.registry import MEASURES

    for m in MEASURES.values():
        for name in (m.column, m.low_column, m.high_column, m.status_column, m.qualifier_column):
            assert is_computed(name), name


def test_every_column_that_an_assessment_adds_has_such_a_name(small):
    from pingshan_geo.catalogue.schema import is_computed

    small.put("parcels", 0, site_coverage=0.3, building_height_m=50, given_up_area_m2=9)
    small.add("limits", limit_id="cap", zone_id="base", far_maximum="3", far_minimum="1",
              site_coverage_maximum="0.5", green_ratio_minimum="0.3", height_maximum_m="60",
              source_id="gazette", locator="p. 5")  # fmt: skip
    catalogue = small.load()
    assessment = assess(catalogue)
    for kind in ("zones", "parcels", "projects", "auctions", "targets", "indicators"):
        added = getattr(assessment, kind).columns.difference(getattr(catalogue, kind).columns)
        assert [name for name in added if not is_computed(name)] == []


def test_a_quarantined_row_with_a_long_outline_does_not_close_the_catalogue(small):
    (small.path / "quarantine").mkdir()
    (small.path / "quarantine/import-1.csv").write_text(f"a,b\n1,{'x' * 200_000}\n")
    codes = [each.code for each in read_catalogue(small.path)[1]]
    assert codes.count("rows-quarantined") == 1
