"""Several files change together or not at all, and the last change can be taken back."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from pingshan_geo.catalogue import store
from pingshan_geo.catalogue.store import commit, place_of, undo
from pingshan_geo.errors import InputError, OutputError, UsageError

OLD = {"a.csv": b"old a", "b.csv": b"old b", "gone.csv": b"old"}
NEW = {"a.csv": b"new a", "b.csv": [b"new", b" b"], "deep/c.csv": b"new c"}
AFTER = {"a.csv": b"new a", "b.csv": b"new b", "deep/c.csv": b"new c"}


@pytest.fixture
def folder(tmp_path):
    for name, content in OLD.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def seen(folder):
    """Return what a reader of the catalogue sees."""
    names = ("a.csv", "b.csv", "deep/c.csv")
    found = {name: place_of(folder, name) for name in names}
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}


def plain(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_all_files_change_and_the_change_can_be_taken_back(folder):
    commit(folder, NEW, ["gone.csv"])
    assert plain(folder) == AFTER
    assert undo(folder) == ["a.csv", "b.csv", "deep/c.csv", "gone.csv"]
    assert plain(folder) == OLD


def test_only_the_last_change_can_be_taken_back(folder):
    with pytest.raises(UsageError, match="no import to take back"):
        undo(folder)
    commit(folder, {"a.csv": b"first"})
    commit(folder, {"a.csv": b"second"})
    undo(folder)
    assert (folder / "a.csv").read_bytes() == b"first"
    with pytest.raises(UsageError):
        undo(folder)


def test_nothing_is_taken_back_over_a_later_edit(folder):
    commit(folder, NEW)
    (folder / "b.csv").write_bytes(b"edited by hand")
    with pytest.raises(InputError, match=r"b\.csv was changed after the import"):
        undo(folder)
    assert plain(folder) == {**AFTER, "b.csv": b"edited by hand", "gone.csv": b"old"}


@pytest.mark.parametrize("call", ["replace", "flush", "unlink"])
def test_a_change_that_stops_anywhere_is_seen_whole_or_not_at_all(folder, monkeypatch, call):
    """The n-th step fails, for n until the change succeeds."""
    before = {name: OLD[name] for name in ("a.csv", "b.csv")}
    module = store if call == "flush" else os
    true = getattr(module, call)
    outcomes = set()
    for n in range(1, 40):
        for name in ("a.csv", "b.csv", "gone.csv"):
            (folder / name).write_bytes(OLD[name])
        (folder / "deep/c.csv").unlink(missing_ok=True)
        steps = iter(range(1, 1000))

        def fails(*args, steps=steps, n=n, **rest):
            if next(steps) == n:
                raise OSError(28, "No space left on device")
            return true(*args, **rest)

        with monkeypatch.context() as patch:
            patch.setattr(module, call, fails)
            try:
                commit(folder, NEW, ["gone.csv"])
                done = True
            except OutputError:
                done = False
        state = seen(folder)
        assert state in (before, AFTER)
        outcomes.add((done, state == AFTER))
        commit(folder, {"other.csv": b"x"})  # whoever writes next finishes what was decided
        assert {k: v for k, v in plain(folder).items() if k in AFTER} == state
        assert not list(folder.glob(".pingshan-geo-*"))
        assert not (folder / ".commit").exists()
        if done:
            break
    assert done
    assert (False, False) in outcomes or call == "unlink"


def test_two_writers_at_once_are_told(folder):
    code = (
        "import fcntl, os, sys, time; fd = os.open(sys.argv[1], os.O_RDONLY);"
        "fcntl.flock(fd, fcntl.LOCK_EX); print('held', flush=True); time.sleep(30)"
    )
    with subprocess.Popen([sys.executable, "-c", code, folder], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        try:
            with pytest.raises(OutputError, match="another process is changing"):
                commit(folder, NEW)
        finally:
            other.kill()
    assert plain(folder) == OLD
    for _ in range(50):  # the system frees the lock with the process
        try:
            commit(folder, NEW)
            break
        except OutputError:
            time.sleep(0.1)
    assert plain(folder) == {**AFTER, "gone.csv": b"old"}


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("name", ["a.csv", "deep"])
def test_nothing_is_written_through_a_link(folder, tmp_path_factory, name):
    outside = tmp_path_factory.mktemp("outside")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside)
    with pytest.raises(InputError, match="it is a link"):
        commit(folder, NEW)
    assert list(outside.iterdir()) == []
    assert not (folder / ".commit").exists()


@pytest.mark.parametrize("which", [".commit", ".undo"])
@pytest.mark.parametrize(
    "manifest",
    ['{"../victim": null}', '{"a.csv": 5}', '{"a\\u0000": null}', '{"\\ud800": null}', "[]", "{"],
)
def test_a_transaction_that_came_with_the_catalogue_reaches_no_other_folder(
    folder, which, manifest
):
    inner = folder / "catalogue"
    (inner / which / "new").mkdir(parents=True)
    (inner / which / "manifest.json").write_text(manifest)
    victim = folder / "victim"
    victim.write_text("still here")
    with pytest.raises(InputError):
        undo(inner)
    assert victim.read_text() == "still here"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_inside_a_transaction_are_not_followed(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("secret")
    commit(folder, NEW)
    (folder / ".undo/before/a.csv").unlink()
    (folder / ".undo/before/a.csv").symlink_to(secret)
    with pytest.raises(InputError, match="it is a link"):
        undo(folder)
    (folder / ".commit/new").mkdir(parents=True)
    (folder / ".commit/new/a.csv").symlink_to(secret)
    assert place_of(folder, "a.csv") == folder / "a.csv"


def test_a_change_made_from_files_that_another_process_has_changed_is_refused(folder):
    read = {name: store.digest_of(folder, name) for name in OLD}
    commit(folder, {"a.csv": b"of the other"}, read=read)
    with pytest.raises(OutputError, match="changed this catalogue meanwhile"):
        commit(folder, {"a.csv": b"late"}, read=read)
    assert (folder / "a.csv").read_bytes() == b"of the other"
