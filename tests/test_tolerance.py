"""The survey tolerance as it is written."""

from __future__ import annotations

import pytest

from pingshan_geo.catalogue.tolerance import SurveyTolerance, own_tolerance, parsed_tolerance
from pingshan_geo.errors import UsageError


@pytest.mark.parametrize(
    ("text", "metres", "share"),
    [("0.05m", 0.05, 0.0), ("5cm", 0.05, 0.0), ("0.5%", 0.0, 0.005), (" 3 cm + 1% ", 0.03, 0.01)],
)
def test_a_tolerance_is_read_as_metres_per_cent_or_both(text, metres, share):
    found = parsed_tolerance(text)
    assert (found.position_m, found.relative) == pytest.approx((metres, share))
    assert parsed_tolerance(str(found)) == found


@pytest.mark.parametrize("text", ["", "5", "-1m", "0.1m+2cm", "1%+1%", "1 mile", "1m2", "nan%"])
def test_anything_else_is_refused_with_the_right_form(text):
    with pytest.raises(UsageError, match=r"write 0\.05m"):
        parsed_tolerance(text)


def test_a_catalogue_without_one_has_the_usual_one():
    assert own_tolerance({}) == SurveyTolerance(0.05, 0.0)
    assert own_tolerance({"survey_tolerance": "1%"}) == SurveyTolerance(0.0, 0.01)
