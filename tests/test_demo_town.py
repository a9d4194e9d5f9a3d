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

from pingshan_geo import assess, load_catalogue

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo-town"
GEOD = pyproj.Geod(ellps="GRS80")
AREA_COLUMNS = [
    "recorded_area_m2",
    "site_area_m2",
    "net_site_area_m2",
    "gross_floor_area_m2",
    "countable_floor_area_m2",
    "given_up_area_m2",
    "far_limit",
    "site_coverage",
    "green_ratio",
    "building_height_m",
]
# Class of wrong records: the cause that explains it.
CAUSES = {
    "unit-slip-mu": "unit-mu",
    "unit-slip-ha": "unit-ha",
    "unit-slip-10k": "power-of-ten",
    "web-mercator": "web-mercator",
    "digit-swap": "digit-swap",
    "lots-swapped": "lots-swapped",
    "hole-not-subtracted": "hole-not-subtracted",
    "part-missing": "part-missing",
    "total-for-net-site": "total-for-net-site",
    "land-given-up": "land-given-up",
}
# Class of other faults: the finding that tells it, and its field.
FINDINGS = {
    "overlap": ("must-not-overlap", "geometry"),
    "gap": ("must-not-have-gaps", "geometry"),
    "duplicate": ("must-not-have-duplicates", "geometry"),
    "feature-within-feature": ("feature-within-feature", "geometry"),
    "missing-vertex": ("missing-vertex", "geometry"),
    "sliver-polygon": ("sliver-polygon", "geometry"),
    "outside-district": ("must-be-covered-by", "geometry"),
    "zone-disagrees": ("zone-disagrees", "zone_id"),
    "over-limit": ("far-over-limit", "far"),
    "under-limit": ("far-under-minimum", "far"),
    "coverage-over-limit": ("limit-exceeded", "site_coverage"),
    "green-under-limit": ("limit-exceeded", "green_ratio"),
    "height-over-limit": ("limit-exceeded", "building_height_m"),
    "land-use-name": ("land-use-name", "land_use_name"),
    "land-use-other-standard": ("land-use-other-standard", "land_use"),
    "no-geometry": ("not-drawn", None),
}
# Codes that tell how plans went: see test_demo_town_progress.
PROGRESS_CODES = {
    "claim-cannot-be-checked",
    "claim-contradicted",
    "claim-rounded",
    "corrected",
    "correction-proposed",
    "obligation-overdue",
    "obligation-unknown",
    "transfer-not-counted",
}


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
TOWN = assess(load_catalogue(DEMO))
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
    tables = [file.stem for file in DEMO.glob("*.csv") if file.stem != "imports"]
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


def test_every_outline_is_valid_counter_clockwise_and_all_but_one_inside_the_town():
    town = ZONE_OUTLINES["demo-town-district"]
    outside = []
    for name, outline in [*OUTLINES.items(), *ZONE_OUTLINES.items()]:
        assert outline.is_valid
        assert area(outline) > 0
        assert all(part.exterior.is_ccw for part in shapely.get_parts(outline))
        if area(shapely.orient_polygons(outline.difference(town))) > 0.01:
            outside.append(name)
    assert outside == planted("outside-district")
    assert OUTLINES[outside[0]].overlaps(town)
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
        on_top = LOTS[ids[a]]["layer"] == LOTS[ids[b]]["layer"]
        if a < b and on_top and area(shapely.orient_polygons(common)) > 0.02:
            clashes.add((ids[a], ids[b]))
    (merged,) = [lot for lot, row in LOTS.items() if row["valid_from"] == "2021-07-01"]
    expected = {tuple(sorted((old, merged))) for old in planted("superseded")}
    pairs = ("overlap", "duplicate", "feature-within-feature")
    assert clashes == expected | {tuple(planted(kind)) for kind in pairs}


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


def test_density_zones_tile_the_town_and_two_block_lines_overlap():
    kinds = {"density_zone": 4, "industrial_block_line": 3}
    double = {}
    for kind, count in kinds.items():
        zones = [zone for zone, row in ZONES.items() if row["kind"] == kind]
        assert len(zones) == count
        for a, b in itertools.combinations(zones, 2):
            common = ZONE_OUTLINES[a].intersection(ZONE_OUTLINES[b])
            if area(shapely.orient_polygons(common)) > 0.01:
                double[a, b] = area(shapely.orient_polygons(common))
    (lines,) = double
    assert lines == ("demo-block-line-2", "demo-block-line-3")
    assert double[lines] < 0.02 * area(ZONE_OUTLINES["demo-block-line-3"])
    told = [f for f in TOWN.findings if f.code == "zones-overlap"]
    assert [(f.subject, *f.related) for f in told] == [(lines[1], lines[0])]
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
            share = outline.intersection(ZONE_OUTLINES[zone]).area / outline.area
            assert (share > 0.4) == (lot not in planted("zone-disagrees"))


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
    wrong = {lot for kind in CAUSES for lot in planted(kind)}
    for lot, row in LOTS.items():
        if lot in OUTLINES and row["recorded_area_m2"] is not None:
            is_near = row["recorded_area_m2"] == pytest.approx(area(OUTLINES[lot]), rel=0.005)
            assert is_near == (lot not in wrong)


@pytest.mark.parametrize("kind", FINDINGS)
def test_a_finding_tells_each_planted_fault_and_no_other(kind):
    code, field = FINDINGS[kind]
    told = [f for f in TOWN.findings if (f.code, f.field) == (code, field)]
    assert {name for f in told for name in (f.subject, *f.related)} & set(LOTS) == {*planted(kind)}


def test_nothing_else_is_found():
    others = {"area-explained", "facts-conflict", "zones-overlap", *PROGRESS_CODES}
    assert {f.code for f in TOWN.findings} == others | {code for code, _ in FINDINGS.values()}
    conflicts = [f.subject for f in TOWN.findings if f.code == "facts-conflict"]
    assert conflicts == ["demo-block-line-2"]


def test_each_wrong_record_is_explained_by_its_cause_and_no_other_is():
    told = TOWN.parcels["area_cause"].dropna().to_dict()
    assert told == {lot: cause for kind, cause in CAUSES.items() for lot in planted(kind)}
    explained = [f.subject for f in TOWN.findings if f.code == "area-explained"]
    assert sorted(explained) == sorted(told)


def test_verdicts_are_as_planted_and_unknown_wherever_something_is_missing():
    verdict = TOWN.parcels["far_verdict"]
    for word, kinds in {
        "over": ["over-limit"],
        "under": ["under-limit"],
        "within_rounding": ["at-limit", "round-floor"],
    }.items():
        expected = {lot for kind in kinds for lot in planted(kind)}
        assert set(verdict.index[verdict == word]) == expected
    floors = ("countable_floor_area_m2", "gross_floor_area_m2")
    missing = {lot for lot, row in LOTS.items() if not row["site_area_m2"]}
    missing |= {lot for lot, row in LOTS.items() if not any(row[name] for name in floors)}
    missing |= set(planted("unknown-limit"))
    assert set(verdict.index[verdict == "unknown"]) == missing & set(verdict.index)


def test_floor_is_far_below_the_limit_or_exactly_at_it_where_that_is_planted():
    limit = TOWN.parcels["far_limit"]
    assert all(floor_ratio(lot) < 0.4 * limit[lot] for lot in planted("under-limit"))
    for lot in planted("at-limit"):
        allowed = limit[lot] * LOTS[lot]["site_area_m2"]
        assert LOTS[lot]["countable_floor_area_m2"] == pytest.approx(allowed, abs=50)


def test_limits_are_those_of_the_plan_save_where_a_contract_has_its_own():
    plan = {(row["zone_id"], row["land_use"]): float(row["far_maximum"]) for row in rows("limits")}
    assert len(plan) == 4 * 9
    own = {lot for lot, row in LOTS.items() if row["far_limit"]}
    assert own == set(planted("own-limit"))
    zones = [zone for zone in ZONES if ZONES[zone]["kind"] == "density_zone"]
    split = set()
    for lot, limit in TOWN.parcels["far_limit"].items():
        use = LOTS[lot]["land_use"]
        if lot in own or lot not in OUTLINES or (zones[0], use) not in plan:
            continue
        shares = {zone: OUTLINES[lot].intersection(ZONE_OUTLINES[zone]).area for zone in zones}
        shares = {zone: part / OUTLINES[lot].area for zone, part in shares.items()}
        mean = sum(plan[zone, use] * share for zone, share in shares.items())
        assert limit == pytest.approx(mean, rel=1e-4)
        split |= {lot} if sum(share > 1e-3 for share in shares.values()) > 1 else set()
    assert len(split) > 5
    assert set(split) == set(TOWN.parcels.index[TOWN.parcels["far_limit_basis"] == "weighted"])


def test_the_car_park_lies_below_two_lots_and_is_no_error():
    (below,) = [lot for lot, row in LOTS.items() if row["layer"] == "below"]
    above = [lot for lot in planted("underground") if lot != below]
    assert OUTLINES[below].within(shapely.union_all([OUTLINES[lot] for lot in above]))
    assert all(OUTLINES[below].overlaps(OUTLINES[lot]) for lot in above)
    assert not {below, *above} & {*TOWN.topology["parcel_id"], *TOWN.topology["other_id"]}


def test_unknowns_are_null():
    unknown = {
        "unknown-area": ["recorded_area_m2", "site_area_m2", "net_site_area_m2"],
        "unknown-floor": ["gross_floor_area_m2", "countable_floor_area_m2"],
        "unknown-limit": ["far_limit"],  # nor has the plan one, see above
        "unknown-zone": ["zone_id"],
    }
    for kind, columns in unknown.items():
        assert planted(kind)
        assert all(LOTS[lot][column] is None for lot in planted(kind) for column in columns)
    assert {lot for lot in LOTS if lot not in OUTLINES} == set(planted("no-geometry"))


def test_auctions_are_of_lots_that_existed_and_some_know_neither_lot_nor_day():
    auctions = rows("auctions")
    assert len(auctions) == 35
    assert all("2019" <= row["date"][:4] <= "2024" for row in auctions)
    assert sum(not row["parcel_id"] for row in auctions) == 4
    assert sorted(len(row["date"]) for row in auctions)[:4] == [4, 4, 7, 10]
    unpriced = [row["auction_id"] for row in auctions if not row["price_yuan"]]
    assert unpriced == ["demo-transfer-19", "demo-transfer-31"]  # the second has failed
    replaced = {row["replaces"] for row in auctions} - {""}
    sold = [r for r in auctions if r["parcel_id"] and r["auction_id"] not in replaced]
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
