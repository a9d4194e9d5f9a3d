"""Work beside other work, in a process of its own."""

from __future__ import annotations

import os
import signal
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from threading import current_thread

import pytest

from pingshan_geo.errors import OutputError
from pingshan_geo.work import beside, give_back, in_turn, one_core


def _told(place: Path, caller: int) -> None:
    place.write_text("here" if os.getpid() == caller else "beside")


def _killed(place: Path, caller: int) -> None:
    if os.getpid() != caller:
        os.kill(os.getpid(), signal.SIGKILL)
    place.write_text("here")


def _full(place: Path) -> None:
    raise OutputError(f"{place}: no space", f"{place}：空间不足")


@pytest.mark.parametrize(("work", "who"), [(_told, "beside"), (_killed, "here")])
def test_work_is_done_beside_and_here_where_its_process_is_killed(tmp_path, work, who):
    place = tmp_path / "told"
    with beside(partial(work, place, os.getpid())):
        before = place.exists() and who == "here"
    assert not before
    assert place.read_text() == who
    assert not active_children()


def test_what_goes_wrong_beside_is_told_after_the_block(tmp_path):
    done = []
    with pytest.raises(OutputError, match="no space"), beside(partial(_full, tmp_path)):
        done.append("block")
    assert done == ["block"]


def test_what_goes_wrong_in_the_block_ends_what_is_beside():
    with pytest.raises(KeyboardInterrupt), beside(partial(signal.pause)):
        raise KeyboardInterrupt
    assert not active_children()


def test_who_does_a_part_begins_no_threads():
    def who(_):
        return current_thread().name

    with one_core():
        assert set(in_turn(who, range(3))) == {current_thread().name}
    assert current_thread().name not in set(in_turn(who, range(3)))


def test_memory_is_given_back_wherever_the_system_takes_it():
    give_back()
