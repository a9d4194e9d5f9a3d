"""What a killed process left goes at the next run, and nothing else does."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from pingshan_geo import folders
from pingshan_geo.catalogue import store
from pingshan_geo.cli import main
from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.folders import Scratch
from pingshan_geo.output import new_folder, part_folder, whole_file, whole_files, write_whole

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows locks no folders")


def killed(code: str, *words: str) -> None:
    """Run code in a process that kills itself."""
    lines = ["import os, signal, sys", code, "os.kill(os.getpid(), signal.SIGKILL)"]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines), *words], check=False)
    assert done.returncode == -signal.SIGKILL


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(tmp_path):
    killed(
        "from pathlib import Path\nfrom pingshan_geo.output import part_folder\n"
        "context = part_folder(Path(sys.argv[1]))\n(context.__enter__() / 'half').touch()",
        str(tmp_path),
    )
    (left,) = tmp_path.iterdir()
    with part_folder(tmp_path) as mine, part_folder(tmp_path) as other:
        assert set(tmp_path.iterdir()) == {mine, other}
        assert left not in {mine, other}
    assert not list(tmp_path.iterdir())


def test_temporary_files_of_a_killed_process_go_at_the_next_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    killed("from pingshan_geo.folders import Scratch\nkept = Scratch()")
    assert len(list(tmp_path.iterdir())) == 1
    with Scratch() as name:
        assert [each.name for each in tmp_path.iterdir()] == [Path(name).name]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["pingshan-geo-notes", ".pingshan-geo-a.part", "pingshan-geo-12345678.part.old"]
)
def test_what_is_named_otherwise_is_never_taken_away(tmp_path, name):
    (tmp_path / name).mkdir()
    with part_folder(tmp_path):
        pass
    assert (tmp_path / name).is_dir()


def test_a_link_with_such_a_name_is_not_followed(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "a.txt").touch()
    (tmp_path / ".pingshan-geo-12345678.part").symlink_to(tmp_path / "precious")
    with part_folder(tmp_path):
        pass
    assert (tmp_path / "precious" / "a.txt").exists()


def test_a_folder_that_is_taken_away_before_it_is_held_is_made_again(tmp_path, monkeypatch):
    taken = []

    def held(folder: Path, whole=folders._held) -> int | None:
        if not taken:
            taken.append(folder)
            folder.rmdir()
        return whole(folder)

    monkeypatch.setattr(folders, "_held", held)
    with part_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert folder != taken[0]


SEVERAL = ["lots.shp", "lots.cpg", "lots.dbf"]


def _write(folder: Path, text: str, *, several: bool) -> None:
    if several:
        with whole_file(folder / "lots.shp", stale=["lots.sbn"]) as place:
            for name in SEVERAL:
                place.with_name(name).write_text(text)
    else:
        with whole_files(folder) as place:
            for name in SEVERAL:
                (place / name).write_text(text)


def _read(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in sorted(folder.iterdir()) if each.is_file()}


def before_change(patch, at, act, kinds=("rename", "replace", "link")):
    """Have something done before the n-th change of a name; return how many changes came."""
    seen = []

    def counted(change):
        def changed(*words, **names):
            seen.append(change)
            if len(seen) == at:
                act()
            return change(*words, **names)

        return changed

    for name in kinds:
        patch.setattr(os, name, counted(getattr(os, name)))
    return seen


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("at", range(1, 9))
def test_files_are_all_old_or_all_new_after_a_kill_between_any_two_renames(
    tmp_path, monkeypatch, at, several
):
    """The kill comes in place of the n-th change of a name; the next writing ends the rest."""
    old = dict.fromkeys([*SEVERAL[:2], *(["lots.sbn"] if several else [])], "old")
    for name, text in old.items():
        (tmp_path / name).write_text(text)
    child = os.fork()
    if child == 0:
        before_change(monkeypatch, at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        try:
            _write(tmp_path, "new", several=several)
        finally:
            os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    write_whole(tmp_path / "other.txt", b"")
    (tmp_path / "other.txt").unlink()
    new = dict.fromkeys(sorted(SEVERAL), "new")
    assert _read(tmp_path) in ([dict(sorted(old.items())), new] if ended else [new])
    assert not [each for each in tmp_path.iterdir() if each.is_dir()]


def _no_links(*_):
    raise OSError(1, "Operation not permitted")  # as on FAT


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("with_links", [True, False])
@pytest.mark.parametrize("at", range(1, 6))
def test_files_are_all_old_where_a_rename_fails(tmp_path, monkeypatch, at, with_links, several):
    for name in SEVERAL[:2]:
        (tmp_path / name).write_text("old")

    def fails():
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        seen = before_change(patch, at, fails, ("rename", "replace"))
        if not with_links:
            patch.setattr(os, "link", _no_links)
        with suppress(OutputError):
            _write(tmp_path, "new", several=several)
    names, text = (SEVERAL[:2], "old") if len(seen) >= at else (SEVERAL, "new")
    assert _read(tmp_path) == dict.fromkeys(sorted(names), text)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("at", range(1, 9))
def test_all_files_are_new_after_ctrl_c_between_any_two_renames(tmp_path, monkeypatch, at, several):
    for name in SEVERAL[:2]:
        (tmp_path / name).write_text("old")
    with monkeypatch.context() as patch:
        seen = before_change(patch, at, lambda: signal.raise_signal(signal.SIGINT))
        with suppress(KeyboardInterrupt):
            _write(tmp_path, "new", several=several)
            assert len(seen) < at, "Ctrl-C was swallowed"
    assert _read(tmp_path) == dict.fromkeys(sorted(SEVERAL), "new")
    assert not [each for each in tmp_path.iterdir() if each.is_dir()]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("is_new", [True, False])
def test_a_build_and_its_bundle_are_both_new_after_ctrl_c_or_both_old_before(
    small, tmp_path, monkeypatch, capsys, is_new
):
    """Until the files give way nothing is new; from then on the bundle comes too."""
    out, bundle = tmp_path / "out", tmp_path / "all.zip"
    out.mkdir()
    for old in (out / "town.html", bundle):
        old.write_text("old")
    words = ["--catalogue", str(small.path), "build", "-o", str(out), "--page-days", "none"]
    press = partial(signal.raise_signal, signal.SIGINT)
    if is_new:
        before_change(monkeypatch, 1, press, ("link",))  # which sets an old file aside
    else:
        monkeypatch.setattr("pingshan_geo.audit.bundle.bundle_bytes", lambda *_: press())
    assert main([*words, "--bundle", str(bundle)]) == 130
    seen = [place.read_bytes() != b"old" for place in (out / "town.html", bundle)]
    assert seen == [is_new, is_new]
    assert {each.name for each in tmp_path.iterdir()} == {"out", "all.zip", small.path.name}
    capsys.readouterr()


@pytest.mark.parametrize("name", ["lots.dbf", "lots.sbn"])
def test_a_folder_with_the_name_of_a_part_is_refused_and_stays(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("old")
    (tmp_path / "lots.shp").write_text("old")
    with pytest.raises(UsageError, match="is a folder"):
        _write(tmp_path, "new", several=True)
    assert (tmp_path / name / "thesis.txt").read_text() == "old"
    assert _read(tmp_path) == {"lots.shp": "old"}


@pytest.mark.usefixtures("heard")
def test_an_error_is_told_though_ctrl_c_was_pressed(tmp_path, monkeypatch):
    def fails(*_):
        signal.raise_signal(signal.SIGINT)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OutputError, match="No space left"):
        write_whole(tmp_path / "a.txt", b"")


def test_a_planted_folder_replaces_nothing(tmp_path):
    (tmp_path / "report.csv").write_text("mine")
    planted = tmp_path / ".pingshan-geo-12345678.part"
    (planted / ".gone").mkdir(parents=True)
    (planted / ".gone" / "report.csv").write_text("theirs")
    (planted / "report.csv").write_text("theirs")
    write_whole(tmp_path / "other.csv", b"")
    assert (tmp_path / "report.csv").read_text() == "mine"
    assert not planted.exists()


@pytest.mark.parametrize("other", ["a change of a catalogue", "temporary files"])
def test_what_a_killed_writer_put_aside_is_never_taken_away_unmended(tmp_path, monkeypatch, other):
    left = tmp_path / ".pingshan-geo-12345678.part"
    (left / ".gone").mkdir(parents=True)
    (left / ".gone" / "lots.shp").write_text("old")
    (left / "lots.shp").write_text("new")
    if other == "temporary files":
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        Scratch().cleanup()
    else:
        store.commit(tmp_path, {"facts.csv": b""})
    write_whole(tmp_path / "other.txt", b"")
    assert (tmp_path / "lots.shp").read_text() == "new"
    assert not left.exists()


@pytest.mark.parametrize("fails", [True, False])
def test_an_empty_folder_gives_way_to_a_whole_new_one_or_stays(tmp_path, fails):
    target = tmp_path / "new"
    target.mkdir(mode=0o750)
    with suppress(OutputError), new_folder(target) as place:
        place.mkdir()
        (place / "a.txt").write_text("new")
        if fails:
            raise OutputError("", "")
        assert not list(target.iterdir())
    assert {each.name for each in target.iterdir()} == (set() if fails else {"a.txt"})
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_folder_comes_with_all_its_files_though_it_was_made_meanwhile(tmp_path):
    folder = tmp_path / "deep" / "out"
    with whole_files(folder) as place:
        (place / "a.csv").write_text("a")
        folder.mkdir(parents=True)  # as for a bundle that stands in it
        assert not list(folder.iterdir())
    assert _read(folder) == {"a.csv": "a"}
    assert [each.name for each in tmp_path.iterdir()] == ["deep"]
