"""A short run of the fuzzer, and all inputs that ever showed a fault."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz import CASES, Target, fault, mutated, targets, tried
from tests.fuzz_targets import FILES
from tests.fuzz_targets import tried as tried_files

from pingshan_geo.errors import InputError, PingshanGeoError
from pingshan_geo.findings import Finding


@pytest.mark.parametrize("name", targets())
def test_no_input_of_a_parser_is_a_fault(name):
    target = targets()[name]

    @settings(max_examples=max(2, 40 // target.slow), deadline=None)
    @given(st.one_of(st.randoms(use_true_random=False), st.binary(max_size=200)))
    def one(way):
        data = way if isinstance(way, bytes) else mutated(way, target)
        with tempfile.TemporaryDirectory() as folder:
            assert fault(target, data, Path(folder)) is None

    one()


@pytest.mark.parametrize("path", sorted(CASES.iterdir()), ids=lambda path: path.name)
def test_an_input_that_showed_a_fault_shows_none_any_more(path, tmp_path):
    target = targets()[path.name.rpartition("-")[0]]
    assert fault(target, path.read_bytes(), tmp_path) is None


@pytest.mark.parametrize("suffix", FILES)
def test_no_spoilt_file_breaks_the_child_process_unseen(suffix):
    assert tried_files(suffix, inputs=1, seed=1)[3] == {}


def test_every_target_reads_some_of_its_seeds(tmp_path):
    """A seed that is refused at once would let nothing be tried that lies behind."""
    for name, target in targets().items():
        said, place = [], tmp_path / name
        place.mkdir()
        for seed in target.seeds:
            try:
                target.run(seed, place)
            except PingshanGeoError as error:
                said.append(error)
        assert len(said) < len(target.seeds), name


def test_the_fuzzer_sees_what_is_wrong(tmp_path):
    def breaks(data: bytes, _: Path) -> None:
        if b"7" in data:
            raise InputError([Finding("file-unreadable", file="a", details={"reason": "r"})])
        bytes(data).decode("ascii")

    target = Target(breaks, (b"abc",))
    assert fault(target, b"abc", tmp_path) is None
    assert fault(target, b"7\xff", tmp_path) is None
    assert "UnicodeDecodeError" in str(fault(target, b"\xff", tmp_path))


def test_runs_of_one_seed_are_the_same():
    assert tried("id", 50, 3)[:2] == ("id", 50)
    assert tried("option", 50, 3)[1] == 2
