"""Assessing parcels part by part: figures do not depend on the parts."""

from pathlib import Path

import pandas as pd
import pytest

from pingshan_geo import assess, load_catalogue
from pingshan_geo.catalogue.schema import KINDS

DEMO = Path(__file__).parents[1] / "examples" / "demo-town"


@pytest.fixture(scope="module")
def town():
    return load_catalogue(DEMO)


def same(one, other):
    """Hold two assessments against each other, to the last bit and the last column."""
    for kind in (*KINDS, "overlay", "topology"):
        left, right = getattr(one, kind), getattr(other, kind)
        pd.testing.assert_frame_equal(pd.DataFrame(left), pd.DataFrame(right), check_exact=True)
    assert one.findings == other.findings
    for name, places in one.places.items():
        pd.testing.assert_frame_equal(places, other.places[name])


@pytest.mark.parametrize("rows", [29, 100, 318])
def test_the_size_of_parts_changes_no_figure_no_column_and_no_finding(town, rows):
    assert len(town.parcels) > rows
    same(assess(town), assess(town, rows_of_part=rows))
    options = {"as_of": "2022", "allocate": "area"}
    same(assess(town, **options), assess(town, **options, rows_of_part=rows))
