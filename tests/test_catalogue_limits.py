"""Limits, land uses and ids: what a catalogue may not say of them."""

from __future__ import annotations

import pytest

from pingshan_geo.words import Text


def test_limits_say_something_in_order_and_in_fractions(errors, small):
    limit = {"zone_id": "base", "source_id": "gazette", "locator": "p. 5"}
    small.add("limits", limit_id="none", **limit)
    small.add("limits", limit_id="swapped", far_minimum="3", far_maximum="2.5", **limit)
    small.add("limits", limit_id="percent", site_coverage_maximum="35", **limit)
    small.add("limits", limit_id="lost", far_maximum="1", **limit | {"zone_id": ""})
    small.put("parcels", 0, green_ratio=30)
    small.add("facts", fact_id="f9", subject="lot-1", measure="site_coverage", value="35",
              unit="1", printed="35", source_id="gazette", locator="p. 2")  # fmt: skip
    assert errors(small.path) == [
        ("fraction-above-one", "facts.csv", 6, "value", "35"),
        ("limit-empty", "limits.csv", 2, None, None),
        ("limit-order", "limits.csv", 3, "far_minimum", "3"),
        ("fraction-above-one", "limits.csv", 4, "site_coverage_maximum", "35"),
        ("missing-id", "limits.csv", 5, "zone_id", None),
        ("fraction-above-one", "parcels.geojson", 1, "green_ratio", "30"),
    ]


def test_a_catalogue_without_limits_has_none(small):
    small.descriptor["resources"].remove({"name": "limits", "path": "limits.csv"})
    small.save()
    (small.path / "limits.csv").unlink()
    catalogue = small.load()
    assert (len(catalogue.limits), catalogue.findings) == (0, ())


@pytest.mark.parametrize(
    ("use", "standard", "name", "expected"),
    [
        ("1001", "mnr-2023", "工业用地", None),
        ("M0", "shenzhen", " 新型产业用地（Ｍ０）", None),
        ("M0", "shenzhen", "NEW-TYPE INDUSTRIAL LAND", None),
        ("U9", "shenzhen", "其他公用设施", None),
        ("M", "gb-50137-2011", "", None),
        ("M12", "gb-50137-2011", "什么", None),  # a number within M, whose name is not in the table
        ("", "shenzhen", "工业用地", None),
        ("M0", "mnr-2023", "", ("land-use-other-standard", "M0", "shenzhen")),
        ("R3", "mnr-2023", "", ("land-use-other-standard", "R3", "gb-50137-2011")),
        ("1001", "shenzhen", "", ("land-use-other-standard", "1001", "mnr-2023")),
        ("1001", "", "", ("unknown-land-use", "1001", None)),
        ("X1", "shenzhen", "", ("unknown-land-use", "X1", None)),
        (
            "1001",
            "mnr-2023",
            "采矿用地",
            ("land-use-name", "采矿用地", "; the name is that of 1002"),
        ),
        ("1001", "mnr-2023", "游乐场", ("land-use-name", "游乐场", "")),
    ],
)
def test_a_land_use_fits_its_standard_and_its_name(small, use, standard, name, expected):
    small.put("parcels", 0, land_use=use or None, land_use_standard=standard or None,
              land_use_name=name or None)  # fmt: skip
    found = small.load().findings
    other = [f.details.get("other") for f in found]
    told = [o.en if isinstance(o, Text) else o for o in other]
    assert [(f.code, f.value, o) for f, o in zip(found, told, strict=True)] == (
        [expected] if expected else []
    )


def test_ids_and_kinds_that_would_give_two_figures_one_name_are_refused(errors, small):
    zone = {"geometry_status": "none", "source_id": "gazette"}
    for name, kind in (("b@c", "base"), ("outside:base", "base"), ("d", "base:2"), ("e", "k@c")):
        small.add("zones", zone_id=name, kind=kind, **zone)
    small.add("zones", zone_id="f", kind="line: inner; outside", **zone)  # is clear
    small.add("limits", limit_id="a; b", zone_id="base", far_maximum="1", source_id="gazette")
    assert errors(small.path) == [
        ("reserved-text", "limits.csv", 2, "limit_id", "a; b"),
        ("reserved-text", "zones.geojson", 3, "zone_id", "b@c"),
        ("reserved-text", "zones.geojson", 4, "zone_id", "outside:base"),
        ("reserved-text", "zones.geojson", 5, "kind", "base:2"),
        ("reserved-text", "zones.geojson", 6, "kind", "k@c"),
    ]
