"""A few random kills of each way of writing; `kills.py` and `faults.py` do very many."""

import os
import shutil
import sys

import pytest
from tests import faults, kills

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="kills and faults are those of Linux"
)


@pytest.mark.parametrize("way", kills.QUICK)
def test_a_killed_writer_leaves_the_old_or_the_new_and_the_next_run_nothing_else(way, tmp_path):
    found = kills.killed(way, 2, 0, tmp_path)
    assert found.total() == 2
    assert not [kind for kind in found if kind.startswith("wrong")]


@pytest.mark.parametrize("way", [".gpkg", "import"])
def test_a_call_that_fails_leaves_all_old_or_all_new_and_says_so_in_a_line(way, tmp_path):
    if shutil.which("gcc") is None:
        if os.environ.get("CI"):
            pytest.fail("gcc is missing")
        pytest.skip("gcc is missing")
    for kind, ends in faults.with_faults([way], 6, tmp_path).items():
        assert not [end for end in ends if end.startswith("wrong")], kind
        assert sum(ends.values()) >= 1, kind
