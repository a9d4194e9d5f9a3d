"""Corrections: applied where the old value still stands, told otherwise."""

from __future__ import annotations

import json

import pytest

from pingshan_geo import assess
from pingshan_geo.catalogue.draft import open_draft
from pingshan_geo.ingest import Request, plan, run, write

FIX = {
    "correction_id": "c1", "subject": "f-land", "field": "value", "old_value": "106000",
    "new_value": "105000", "reason": "a slip", "source_id": "gazette", "locator": "p. 1",
    "who": "Li", "when": "2026-11-29",
}  # fmt: skip


@pytest.fixture
def town(small):
    """Return the small catalogue with a land area of 106 000 m² of a lot of its own."""
    small.add("parcels", parcel_id="lot-9", geometry_status="none")
    small.add("facts", fact_id="f-land", subject="lot-9", measure="site_area", value="106000",
              unit="m2", printed="106,000 m²", source_id="gazette", locator="p. 1")  # fmt: skip
    return small


def codes_of(catalogue):
    return [f.code for f in catalogue.findings if "correct" in f.code]


def test_an_accepted_correction_changes_the_cell_and_is_told(town):
    town.add("corrections", **FIX)
    catalogue = town.load()
    assert catalogue.facts.loc["f-land", "value"] == 105000
    # Bounds follow the new digits: the step of 105 000 is 1 000.
    assert assess(catalogue).figure("site_area/lot-9").low == 104500
    (told,) = [f for f in catalogue.findings if f.code == "corrected"]
    assert (told.file, told.row, told.value) == ("corrections.csv", 2, "106000")
    assert "105000" in told.message()
    assert "106000" in town.csv("facts")  # the file itself is not touched


@pytest.mark.parametrize("old", ["106000.0", " 106000 ", "1.06e5"])
def test_the_old_value_is_held_as_text_or_as_a_number(town, old):
    town.add("corrections", **FIX | {"old_value": old})
    assert codes_of(town.load()) == ["corrected"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"old_value": "107000"}, "correction-out-of-date"),
        ({"old_value": ""}, "correction-out-of-date"),
        ({"subject": "nobody"}, "correction-no-cell"),
        ({"field": "valu"}, "correction-no-cell"),
        ({"field": "fact_id", "old_value": "f-land"}, "correction-no-cell"),
        ({"state": "proposed"}, "correction-proposed"),
    ],
)
def test_what_does_not_fit_changes_nothing_and_says_why(town, change, code):
    town.add("corrections", **FIX | change)
    catalogue = town.load()
    assert catalogue.facts.loc["f-land", "value"] == 106000
    assert codes_of(catalogue) == [code]


def test_a_rejected_correction_is_kept_and_silent(town):
    town.add("corrections", **FIX | {"state": "rejected"})
    catalogue = town.load()
    assert catalogue.facts.loc["f-land", "value"] == 106000
    assert codes_of(catalogue) == []
    assert list(catalogue.corrections.index) == ["c1"]


def test_a_second_correction_follows_the_first(town):
    town.add("corrections", **FIX)
    town.add("corrections", **FIX | {"correction_id": "c2", "old_value": "105000",
                                     "new_value": "104000"})  # fmt: skip
    assert town.load().facts.loc["f-land", "value"] == 104000


def test_a_correction_can_empty_a_cell_and_fill_an_empty_one(town):
    town.add("corrections", **FIX | {"field": "as_of", "old_value": "", "new_value": "2019"})
    town.add("corrections", **FIX | {"correction_id": "c2", "subject": "lot-9",
                                     "field": "geometry_status", "old_value": "none",
                                     "new_value": ""})  # fmt: skip
    from pingshan_geo.catalogue.load import read_catalogue

    catalogue, found = read_catalogue(town.path)
    assert catalogue is None  # a corrected cell is checked like any other
    assert [f.code for f in found if f.severity == "error"] == ["missing-value"]


def test_a_property_of_an_outline_can_be_corrected_but_not_its_shape(town):
    town.add("corrections", **FIX | {"subject": "lot-9", "field": "land_use", "old_value": "",
                                     "new_value": "M1"})  # fmt: skip
    town.add("corrections", **FIX | {"correction_id": "c2", "subject": "lot-9",
                                     "field": "geometry", "old_value": ""})  # fmt: skip
    catalogue = town.load()
    assert catalogue.parcels.loc["lot-9", "land_use"] == "M1"
    assert sorted(codes_of(catalogue)) == ["corrected", "correction-no-cell"]


def flags(*rows):
    return json.dumps({"pingshan_geo_flags": "1.0", "catalogue": {"id": "town"}, "flags": rows})


FLAG = {
    "subject": "lot-9", "field": "site_area", "figure": "site_area/lot-9", "shown": "106,000 m²",
    "comment": "=net site area?", "who": "Li", "when": "2026-11-29", "source": "gazette",
    "locator": "p. 1",
}  # fmt: skip


def imported(town, text):
    path = town.path.parent / "flags.json"
    path.write_text(text, "utf-8")
    draft = open_draft(town.path)
    planned = plan(draft, Request(str(path), "corrections", yes=True))
    outcome = run(draft, planned)
    write(draft, outcome)
    return outcome


def test_flags_of_the_page_become_proposals_at_the_fact_that_holds_the_number(town):
    outcome = imported(town, flags(FLAG, FLAG | {"field": "", "comment": "lies further north"}))
    assert (outcome.rows, outcome.accepted, outcome.quarantined) == (2, 2, 0)
    rows = town.load().corrections
    assert rows["state"].tolist() == ["proposed", "proposed"]
    assert rows[["subject", "field"]].to_numpy().tolist() == [["f-land", "value"], ["lot-9", "row"]]
    assert rows["old_value"].iloc[0] == "106000"
    assert rows["new_value"].isna().all()


def test_the_same_flag_downloaded_twice_is_one_proposal(town):
    imported(town, flags(FLAG))
    assert imported(town, flags(FLAG)).merged.same == 1
    assert len(town.load().corrections) == 1


@pytest.mark.parametrize("text", ['{"pingshan_geo_flags": 1}', '{"pingshan_geo_flags": 1, "fl'])
def test_a_file_that_only_begins_like_flags_is_refused(town, text):
    from pingshan_geo.errors import InputError

    with pytest.raises(InputError):
        imported(town, text)


def test_a_flag_whose_members_are_no_text_is_quarantined_not_lost(town):
    outcome = imported(town, flags(FLAG, FLAG | {"subject": 5}, 7))
    assert (outcome.rows, outcome.accepted, outcome.quarantined) == (3, 1, 2)


def test_a_flag_of_what_a_target_asks_is_about_the_cell_of_the_target(town):
    imported(town, flags(FLAG | {"subject": "task", "field": "target_value", "locator": "p. 3"}))
    row = town.load().corrections.iloc[0]
    assert row[["subject", "field", "old_value"]].tolist() == ["task", "value", "5"]


def test_a_flag_of_a_computed_number_stays_as_it_is_and_one_of_a_what_if_says_so(town):
    imported(town, flags(FLAG | {"field": "far", "shown": "4.6", "scenario": "drop=lot-1"}))
    row = town.load().corrections.iloc[0]
    assert row[["subject", "field", "old_value"]].tolist() == ["lot-9", "far", "4.6"]
    assert row["reason"].startswith("[what-if")


def test_flags_of_another_catalogue_are_told(town):
    other = json.dumps({"pingshan_geo_flags": "1.0", "catalogue": {"id": "city"}, "flags": [FLAG]})
    codes = [f.code for f in imported(town, other).findings]
    assert "flags-other-catalogue" in codes


@pytest.mark.parametrize("value", ["nan", "-5", "１０", ""])
def test_a_bad_new_value_is_told_at_the_correction(town, errors, value):
    town.add("corrections", **FIX | {"new_value": value})
    ((_, file, row, field, _),) = errors(town.path)
    assert (file, row, field) == ("corrections.csv", 2, "new_value")


def test_an_old_value_of_endless_digits_stalls_nothing(town):
    town.add("corrections", **FIX | {"old_value": "1e99999999"})
    assert codes_of(town.load()) == ["correction-out-of-date"]
