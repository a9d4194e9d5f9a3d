"""Files are written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.output import make_folder, whole_file, whole_files, write_whole

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")


def test_bytes_and_pieces_give_the_same_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "坪山".encode())
    write_whole(tmp_path / "b", ("坪山".encode()[i : i + 1] for i in range(6)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == "坪山".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_writer_that_fails_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    target = tmp_path / "report.csv"
    target.write_text("old")

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        write_whole(target, pieces())
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@POSIX
def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.csv"
    target.write_text("old")
    code = (
        "import os, signal, sys\n"
        "from pingshan_geo.output import write_whole\n"
        "def pieces():\n"
        "    yield b'half' * 100_000\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_whole(sys.argv[1], pieces())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    left = [path.name for path in tmp_path.iterdir() if path != target]
    assert all(name.startswith(".pingshan-geo-") and name.endswith(".part") for name in left)


@POSIX
def test_a_link_is_refused_and_what_it_points_to_is_untouched(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match=r"link is a link"):
        write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "secret").read_text() == "old"


@pytest.mark.parametrize(
    ("name", "said"),
    [("folder", "is a folder"), ("missing/a.csv", "does not exist"), ("a\0b", "no name")],
)
def test_a_target_that_can_be_no_file_is_named(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=said):
        write_whole(tmp_path / name, b"")


@POSIX
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no ordinary file"):
        write_whole(tmp_path / "pipe", b"")


def test_a_name_that_is_too_long_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(tmp_path / ("a" * 300), b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(tmp_path / ("a" * 300) / "b", b"")
    with pytest.raises(OutputError, match="cannot be made"):
        make_folder(tmp_path / ("a" * 300))


def test_a_writer_that_writes_nothing_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError), whole_file(tmp_path / "a"):
        pass
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_permissions_follow_the_old_file_or_the_umask(tmp_path: Path) -> None:
    private, new = tmp_path / "private", tmp_path / "new"
    private.write_text("old")
    private.chmod(0o600)
    write_whole(private, b"x")
    write_whole(new, b"x")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(new.stat().st_mode) == 0o666 & ~mask


@POSIX
def test_a_full_disk_leaves_the_old_file_and_is_told(tmp_path: Path) -> None:
    target = tmp_path / "report.csv"
    target.write_text("old")
    code = (
        "import resource, sys\n"
        "from pingshan_geo.errors import OutputError\n"
        "from pingshan_geo.output import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_whole(sys.argv[1], b'x' * 100_000)\n"
        "except OutputError:\n"
        "    sys.exit(42)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode == 42
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_process_left_in_the_place_of_files_is_not_put_beside_them(tmp_path):
    with whole_files(tmp_path) as place:
        (place / ".pingshan-geo-left.part").mkdir()
        (place / ".pingshan-geo-left.part" / "half.parquet").write_text("half")
        (place / "whole.csv").write_text("whole")
    assert [each.name for each in tmp_path.iterdir()] == ["whole.csv"]


def test_a_folder_that_another_made_meanwhile_gets_all_files_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with whole_files(folder) as place:
        (place / "a.txt").write_text("mine")
        (place / "b.txt").write_text("mine")
        with whole_files(folder) as other:
            (other / "a.txt").write_text("the other's")
            (other / "c.txt").write_text("the other's")
    assert {each.name: each.read_text() for each in tmp_path.rglob("*") if each.is_file()} == {
        "a.txt": "mine", "b.txt": "mine", "c.txt": "the other's"
    }  # fmt: skip
