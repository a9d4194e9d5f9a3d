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
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from pingshan_geo.errors import InputError, OutputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.output import flush, part_folder
from pingshan_geo.words import Text

COMMIT, UNDO = ".commit", ".undo"
_MANIFEST = "manifest.json"


def refused_name(folder: Path, name: str) -> str | Text | None:
    """Return why no file of this name is read or written below a catalogue's folder, else None."""
    parts = PurePosixPath(name).parts
    leads_out = name.startswith("/") or ".." in parts or PureWindowsPath(name).drive
    if not parts or leads_out or "://" in name or "\\" in name:
        return Text("only files below the catalogue's folder are read", "只读取目录文件夹内的文件")
    path = folder
    for part in parts:
        path /= part
        try:
            if stat.S_ISLNK(path.lstat().st_mode):
                return Text("it is a link", "是链接")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:  # a name that no file can have
            return getattr(error, "strerror", None) or str(error)
    return None


def place_of(folder: Path, name: str) -> Path:
    """Return where a file of a catalogue is read: in its place, or in a decided transaction."""
    decided = f"{COMMIT}/new/{name}"
    is_there = (folder / decided).is_file() and refused_name(folder, decided) is None
    return folder / (decided if is_there else name)


def commit(
    folder: Path,
    writes: Mapping[str, bytes | Iterable[bytes]],
    removes: Collection[str] = (),
    read: Mapping[str, str | None] | None = None,
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
    read : mapping of str, optional
        Digests of the files that the change was made from, see `digest_of`.

    Raises
    ------
    InputError
        If a name leads out of the folder, also by a link.
    OutputError
        If the system refuses, or another process is changing this catalogue or has changed it
        after it was read.
    """
    with _locked(folder):
        _finish(folder)
        if any(digest_of(folder, name) != digest for name, digest in (read or {}).items()):
            raise OutputError(
                f"{folder}: another process has changed this catalogue meanwhile; nothing was "
                "written, try again",
                f"{folder}：此目录同时被另一进程修改；未写入任何内容，请重试",
            )
        _write(folder, writes, removes)
        _finish(folder)


def undo(folder: Path) -> list[str]:
    """Take the last transaction back, as one; return the names of the files that it touched.

    Raises
    ------
    UsageError
        If there is none to take back.
    InputError
        If one of the files was changed since, or as in `commit`: nothing is taken back.
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
        after = _manifest(folder, UNDO)
        _check_names(folder, [f"{UNDO}/before/{name}" for name in after])
        changed = [name for name, digest in after.items() if digest_of(folder, name) != digest]
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
    _check_names(folder, [*writes, *removes])
    with part_folder(folder) as stage:
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


def _finish(folder: Path) -> None:
    """Do what is left of a decided transaction; doing a step again changes nothing."""
    decided = folder / COMMIT
    if not decided.is_dir():
        return
    after = _manifest(folder, COMMIT)
    _check_names(folder, [f"{COMMIT}/new/{name}" for name in after])
    for name, digest in after.items():
        new, place = decided / "new" / name, folder / name
        if digest is None:
            place.unlink(missing_ok=True)
        elif new.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(new, place)
            flush(place.parent)
    last = folder / UNDO
    if last.is_symlink() or last.is_file():
        last.unlink()
    shutil.rmtree(last, ignore_errors=True)
    os.replace(decided, last)
    flush(folder)


def _manifest(folder: Path, which: str) -> dict[str, str | None]:
    """Return the digests that a transaction leaves, by name; a catalogue may come from anyone."""
    name = f"{which}/{_MANIFEST}"
    reason = refused_name(folder, name)
    if reason is None:
        try:
            after = json.loads((folder / name).read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        else:
            if isinstance(after, dict) and all(isinstance(v, str | None) for v in after.values()):
                _check_names(folder, after)
                return after
            reason = Text("it is no list of an import's files", "不是导入的文件清单")
    raise InputError([Finding("file-unreadable", file=name, details={"reason": reason})])


def _check_names(folder: Path, names: Iterable[str]) -> None:
    reasons = {name: refused_name(folder, name) for name in names}
    refused = [
        Finding("file-refused", file=name, value=name, details={"reason": reason})
        for name, reason in reasons.items()
        if reason is not None
    ]
    if refused:
        raise InputError(refused)


def digest_of(folder: Path, name: str) -> str | None:
    """Return the SHA-256 of a file of a catalogue, None where there is none."""
    path = place_of(folder, name)
    is_there = refused_name(folder, name) is None and path.is_file()
    return hashlib.sha256(path.read_bytes()).hexdigest() if is_there else None
