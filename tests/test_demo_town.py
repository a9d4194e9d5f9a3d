"""The synthetic catalogue is what its script makes, and holds what its README says is planted."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pyproj
import pytest
import shapely
from shapely.geometry import shape

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo-town"
GEOD = pyproj.Geod(ellps="GRS80")
AREA_COLUMNS = [
    "recorded_area_m2",
    "site_area_m2",
    "net_site_area_m2",
    "gross_floor_area_m2",
    "countable_floor_area_m2",
    "far_limit",
]


def features(name: str) -> list[dict]:
    return json.loads((DEMO / f"{name}.geojson").read_text("utf-8"))["features"]


def rows(name: str) -> list[dict[str, str]]:
    with (DEMO / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


LOTS = {f["properties"]["parcel_id"]: f["properties"] for f in features("parcels")}
OUTLINES = {
    f["properties"]["parcel_id"]: shape(f["geometry"]) for f in features("parcels") if f["geometry"]
}
ZONES = {f["properties"]["zone_id"]: f["properties"] for f in features("zones")}
ZONE_OUTLINES = {f["properties"]["zone_id"]: shape(f["geometry"]) for f in features("zones")}


def planted(kind: str) -> list[str]:
    return [lot for lot, row in LOTS.items() if kind in (row["planted"] or "").split(";")]


def area(outline: shapely.Geometry) -> float:
    """Return m2 on the ellipsoid, signed by the direction of the rings."""
    return GEOD.geometry_area_perimeter(outline)[0]


def floor_ratio(lot: str) -> float:
    row = LOTS[lot]
    return row["countable_floor_area_m2"] / row["site_area_m2"]


def test_the_script_writes_the_committed_bytes(tmp_path):
    script = ROOT / "examples" / "make_demo_town.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {file.name: file.read_bytes() for file in DEMO.iterdir()}


def test_there_are_about_300_lots_and_every_row_says_that_it_is_synthetic():
    assert 290 <= len(LOTS) <= 330
    for row in [*LOTS.values(), *ZONES.values()]:
        assert "(synthetic)" in row["name_en"]
        assert "（合成" in row["name_zh"]
    tables = ("sources", "facts", "projects", "auctions", "targets", "indicators")
    for row in [*LOTS.values(), *ZONES.values(), *(r for t in tables for r in rows(t))]:
        assert row["note_en"].startswith("Synthetic")
        assert row["note_zh"].startswith("合成数据")
    assert all("synthetic" in row["title_en"] for row in rows("sources"))


def test_the_readme_names_every_planted_lot_by_its_class():
    lines = (DEMO / "README.md").read_text("utf-8").splitlines()
    table = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    listed = {cells[0].strip("`"): cells[2].split(", ") for cells in table}
    assert listed == {kind: planted(kind) for kind in listed}
    marked = {kind for row in LOTS.values() for kind in (row["planted"] or "").split(";")} - {""}
    assert marked == set(listed)


def test_every_outline_is_valid_counter_clockwise_and_inside_the_town():
    town = ZONE_OUTLINES["demo-town-district"]
    for outline in [*OUTLINES.values(), *ZONE_OUTLINES.values()]:
        assert outline.is_valid
        assert area(outline) > 0
        assert all(part.exterior.is_ccw for part in shapely.get_parts(outline))
        assert area(outline.difference(town)) < 0.01
    assert all(
        (row["geometry_status"] == "surveyed") == (lot in OUTLINES) for lot, row in LOTS.items()
    )


def test_no_number_is_negative_and_no_unknown_is_a_zero():
    values = [row[column] for row in LOTS.values() for column in AREA_COLUMNS]
    assert all(value is None or value > 0 for value in values)


def test_lots_meet_without_overlap_except_where_one_is_planted():
    tree = shapely.STRtree(list(OUTLINES.values()))
    ids = list(OUTLINES)
    clashes = set()
    for a, b in tree.query(list(OUTLINES.values()), predicate="intersects").T:
        common = OUTLINES[ids[a]].intersection(OUTLINES[ids[b]])
        if a < b and area(shapely.orient_polygons(common)) > 0.001:
            clashes.add((ids[a], ids[b]))
    (merged,) = [lot for lot, row in LOTS.items() if row["valid_from"] == "2021-07-01"]
    expected = {tuple(sorted((old, merged))) for old in planted("superseded")}
    assert clashes == expected | {tuple(planted("overlap")), tuple(planted("duplicate"))}


def test_the_overlap_is_a_strip_and_the_duplicate_is_the_whole_lot():
    a, b = (OUTLINES[lot] for lot in planted("overlap"))
    assert 50 < abs(area(a.intersection(b))) < 0.1 * area(b)
    a, b = (OUTLINES[lot] for lot in planted("duplicate"))
    assert a.equals(b)


def test_the_gap_is_a_closed_sliver_between_its_two_lots():
    a, b = (OUTLINES[lot] for lot in planted("gap"))
    (hole,) = a.union(b).interiors
    assert 5 < abs(area(shapely.Polygon(hole))) < 100
    others = [outline for lot, outline in OUTLINES.items() if lot not in planted("gap")]
    assert not any(other.intersects(shapely.Polygon(hole).centroid) for other in others)


def test_merged_lots_end_the_day_before_their_successor_that_covers_both():
    a, b = planted("superseded")
    assert LOTS[a]["valid_to"] == LOTS[b]["valid_to"] == "2021-06-30"
    (merged,) = [lot for lot, row in LOTS.items() if row["valid_from"] == "2021-07-01"]
    assert area(OUTLINES[merged]) == pytest.approx(area(OUTLINES[a]) + area(OUTLINES[b]), abs=0.1)


def test_one_lot_has_two_parts_and_one_a_hole_that_a_pond_fills():
    (parts,) = planted("multipart")
    assert len(OUTLINES[parts].geoms) == 2
    (park,) = planted("hole")
    (pond,) = [lot for lot, row in LOTS.items() if row["land_use"] == "1704"]
    assert shapely.Polygon(OUTLINES[park].interiors[0]).equals(OUTLINES[pond])


def test_density_zones_tile_the_town_and_zones_of_one_kind_do_not_overlap():
    kinds = {"density_zone": 4, "industrial_block_line": 3}
    for kind, count in kinds.items():
        shapes = [ZONE_OUTLINES[zone] for zone, row in ZONES.items() if row["kind"] == kind]
        assert len(shapes) == count
        for a, b in itertools.combinations(shapes, 2):
            assert a.intersection(b).area * 1e10 < 0.01
    total = sum(area(ZONE_OUTLINES[f"demo-density-zone-{n}"]) for n in (1, 2, 3, 4))
    assert total == pytest.approx(area(ZONE_OUTLINES["demo-town-district"]), abs=0.1)


def test_straddlers_are_the_lots_that_a_zone_border_cuts():
    inner = {zone: outline for zone, outline in ZONE_OUTLINES.items() if ZONES[zone]["parent"]}
    cut = []
    for lot, outline in OUTLINES.items():
        shares = [outline.intersection(zone).area / outline.area for zone in inner.values()]
        if any(1e-3 < share < 1 - 1e-3 for share in shares):
            cut.append(lot)
    assert cut == planted("straddler")
    for kind in ("density_zone", "industrial_block_line"):
        zones = [outline for zone, outline in inner.items() if ZONES[zone]["kind"] == kind]
        assert any(OUTLINES[lot].overlaps(zone) for lot in cut for zone in zones)


def test_the_zone_of_a_lot_is_the_density_zone_that_holds_most_of_it():
    for lot, outline in OUTLINES.items():
        zone = LOTS[lot]["zone_id"]
        assert (zone is None) == (lot in planted("unknown-zone"))
        if zone:
            assert outline.intersection(ZONE_OUTLINES[zone]).area > 0.4 * outline.area


@pytest.mark.parametrize(
    ("kind", "factor"),
    [
        ("unit-slip-mu", 3 / 2000),
        ("unit-slip-ha", 1e-4),
        ("unit-slip-10k", 1e4),
        ("web-mercator", 1.193),
    ],
)
def test_recorded_areas_slip_by_the_factor_of_their_class(kind, factor):
    assert planted(kind)
    for lot in planted(kind):
        ratio = LOTS[lot]["recorded_area_m2"] / area(OUTLINES[lot])
        assert ratio == pytest.approx(factor, rel=0.006)


def test_all_other_recorded_areas_agree_with_the_ellipsoid_within_half_a_percent():
    slips = {lot for kind in ("unit-slip-mu", "unit-slip-ha", "unit-slip-10k", "web-mercator")
             for lot in planted(kind)}  # fmt: skip
    drawn_anew = {*planted("overlap"), *planted("gap")}
    for lot, row in LOTS.items():
        if lot in OUTLINES and row["recorded_area_m2"] is not None and lot not in slips:
            assert row["recorded_area_m2"] == pytest.approx(area(OUTLINES[lot]), rel=0.005)
    assert not slips & drawn_anew


def test_floor_exceeds_the_limit_only_where_that_is_planted():
    over = []
    for lot, row in LOTS.items():
        floor = row["countable_floor_area_m2"] or row["gross_floor_area_m2"]
        if floor and row["site_area_m2"] and row["far_limit"]:
            far = floor / (row["net_site_area_m2"] or row["site_area_m2"])
            if far > row["far_limit"] * 1.02:
                over.append(lot)
    assert over == planted("over-limit")
    assert all(floor_ratio(lot) < 0.4 * LOTS[lot]["far_limit"] for lot in planted("under-limit"))
    for lot in planted("at-limit"):
        allowed = LOTS[lot]["far_limit"] * LOTS[lot]["site_area_m2"]
        assert LOTS[lot]["countable_floor_area_m2"] == pytest.approx(allowed, abs=50)


def test_unknowns_are_null():
    unknown = {
        "unknown-area": ["recorded_area_m2", "site_area_m2", "net_site_area_m2"],
        "unknown-floor": ["gross_floor_area_m2", "countable_floor_area_m2"],
        "unknown-limit": ["far_limit"],
        "unknown-zone": ["zone_id"],
    }
    for kind, columns in unknown.items():
        assert planted(kind)
        assert all(LOTS[lot][column] is None for lot in planted(kind) for column in columns)
    assert {lot for lot in LOTS if lot not in OUTLINES} == set(planted("no-geometry"))


def test_auctions_are_of_lots_that_existed_and_some_know_neither_lot_nor_day():
    auctions = rows("auctions")
    assert len(auctions) == 25
    assert all("2019" <= row["date"][:4] <= "2024" for row in auctions)
    assert sum(not row["parcel_id"] for row in auctions) == 4
    assert sorted(len(row["date"]) for row in auctions)[:2] == [4, 7]
    assert [row["auction_id"] for row in auctions if not row["price_yuan"]] == ["demo-transfer-19"]
    sold = [row for row in auctions if row["parcel_id"]]
    assert len({row["parcel_id"] for row in sold}) == len(sold)
    for row in sold:
        lot = LOTS[row["parcel_id"]]
        assert lot["valid_from"] <= row["date"]
        assert lot["valid_to"] is None


def test_targets_are_met_missed_running_implied_and_of_unknown_delivery():
    value = {row["target_id"]: row["value"] for row in rows("targets")}
    facts = {(f["subject"], f["measure"]): float(f["value"]) for f in rows("facts")}
    area_sold = dict.fromkeys(value, 0.0)
    for row in rows("auctions"):
        if row["target_id"] and row["parcel_id"]:
            area_sold[row["target_id"]] += LOTS[row["parcel_id"]]["site_area_m2"] / 10_000
    met, missed = "demo-industrial-land-2021", "demo-industrial-land-2022"
    assert facts[met, "delivered"] > float(value[met])
    assert 0 < area_sold[met] < facts[met, "delivered"]
    assert facts[missed, "delivered"] < float(value[missed])
    assert facts[missed, "delivered"] == pytest.approx(area_sold[missed], abs=0.005)
    rate = facts[missed, "delivered"] / float(value[missed]) * 100
    assert facts[missed, "completion_rate_printed"] == pytest.approx(rate, abs=0.2)
    assert ("demo-industrial-land-2023", "delivered") not in facts
    assert facts["demo-housing-floor-2025", "delivered"] < 40
    assert value["demo-land-preparation-2023"] == ""
    assert facts["demo-land-preparation-2023", "delivered"] == pytest.approx(1.02 * 30)
