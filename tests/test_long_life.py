"""A few of the builds of `long_life`."""

import sys

import pytest
from tests.long_life import in_a_row, side_by_side

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is held is read from /proc")


def test_builds_in_a_row_hold_nothing_more_each_time(tmp_path):
    row = in_a_row(4, tmp_path, "--no-page")
    assert row[3][1:] == row[1][1:]  # files, threads, children, temporary files
    assert row[3].temporary == 0


def test_builds_side_by_side_end_well_and_leave_one_whole_build(tmp_path):
    assert side_by_side(4, tmp_path, "--no-page") == []
