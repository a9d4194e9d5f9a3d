"""Changing a catalogue: several files in one transaction, and the last one taken back.

A transaction is built in a temporary folder inside the catalogue: the new files, and the old ones
as links. Renaming that folder to ``.commit`` decides it. Then the new files are moved into place
and the folder, now with the old ones only, becomes ``.undo``. Whoever reads a catalogue between
these steps looks into ``.commit`` first (`place_of`); whoever writes next finishes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pingshan_geo.errors import InputError, OutputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.output import flush

COMMIT, UNDO = ".commit", ".undo"
_MANIFEST = "manifest.json"


def place_of(folder: Path, name: str) -> Path:
    """Return where a file of a catalogue is read: in its place, or in a decided transaction."""
    decided = folder / COMMIT / "new" / name
    return decided if decided.is_file() else folder / name


def commit(
    folder: Path, writes: Mapping[str, bytes | Iterable[bytes]], removes: Collection[str] = ()
) -> None:
    """Write and remove files of a catalogue, all or none; the old ones are kept for `undo`.

    Parameters
    ----------
    folder : Path
        The catalogue.
    writes : mapping of bytes or of iterables of bytes
        Content by name below the folder; folders are made.
    removes : collection of str
        Names to remove.

    Raises
    ------
    OutputError
        If the system refuses, or another process is changing this catalogue.
    """
    with _locked(folder):
        _finish(folder)
        _write(folder, writes, removes)
        _finish(folder)


def undo(folder: Path) -> list[str]:
    """Take the last transaction back, as one; return the names of the files that it touched.

    Raises
    ------
    UsageError
        If there is none to take back.
    InputError
        If one of the files was changed since: nothing is taken back.
    OutputError
        As in `commit`.
    """
    with _locked(folder):
        _finish(folder)
        kept = folder / UNDO
        if not (kept / _MANIFEST).is_file():
            raise UsageError(
                f"{folder}: there is no import to take back; only the last one can be",
                f"{folder}：没有可撤销的导入；只能撤销最近一次",
            )
        after: dict[str, str | None] = json.loads((kept / _MANIFEST).read_text("utf-8"))
        changed = [name for name, digest in after.items() if _digest(folder / name) != digest]
        if changed:
            raise InputError([Finding("undo-changed", file=name, value=name) for name in changed])
        old = {name: kept / "before" / name for name in after}
        writes = {name: path.read_bytes() for name, path in old.items() if path.is_file()}
        _write(folder, writes, [name for name in old if name not in writes])
        _finish(folder)
        shutil.rmtree(kept)
        return sorted(after)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change a catalogue; the system lets go when the process ends."""
    try:
        if os.name == "nt":  # no folder can be opened there: the rename to .commit decides
            yield
            return
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(descriptor)
    except BlockingIOError:
        raise OutputError(
            f"{folder}: another process is changing this catalogue; try again when it has ended",
            f"{folder}：另一进程正在修改此目录，请稍后再试",
        ) from None
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be changed: {error.strerror}",
            f"{folder}：无法修改：{error.strerror}",
        ) from error


def _write(
    folder: Path, writes: Mapping[str, bytes | Iterable[bytes]], removes: Collection[str]
) -> None:
    """Build a transaction and decide it."""
    for left in folder.glob(".pingshan-geo-*.part"):  # of a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    stage = Path(tempfile.mkdtemp(prefix=".pingshan-geo-", suffix=".part", dir=folder))
    try:
        after: dict[str, str | None] = dict.fromkeys(removes)
        for name, content in writes.items():
            path = stage / "new" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with path.open("xb") as file:
                for chunk in (content,) if isinstance(content, bytes) else content:
                    file.write(chunk)
                    digest.update(chunk)
            flush(path)
            after[name] = digest.hexdigest()
        for name in after:
            old, kept = folder / name, stage / "before" / name
            if old.is_file():
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(old, kept)
                flush(kept)
        manifest = stage / _MANIFEST
        manifest.write_text(json.dumps(after), encoding="utf-8")
        flush(manifest)
        flush(stage)
        os.replace(stage, folder / COMMIT)
        flush(folder)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def _finish(folder: Path) -> None:
    """Do what is left of a decided transaction; doing a step again changes nothing."""
    decided = folder / COMMIT
    if not decided.is_dir():
        return
    after: dict[str, str | None] = json.loads((decided / _MANIFEST).read_text("utf-8"))
    for name, digest in after.items():
        new, place = decided / "new" / name, folder / name
        if digest is None:
            place.unlink(missing_ok=True)
        elif new.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(new, place)
            flush(place.parent)
    shutil.rmtree(folder / UNDO, ignore_errors=True)
    os.replace(decided, folder / UNDO)
    flush(folder)


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
