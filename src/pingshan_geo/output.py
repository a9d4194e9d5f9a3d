"""Files are written whole or not at all.

Everything this package writes goes through here: into a temporary folder beside the target,
flushed to the disk, then renamed over it. A crash, a full disk or a kill leaves the old file as
it was; what stays behind is a folder named ``.pingshan-geo-….part``, which goes when something is
written beside it again.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.folders import held_folder, uninterrupted

# Where the files of an output of several stand that give way to new ones: as long as not all of
# them do, and from then on until all new ones stand in their place.
_GOING, _GONE = ".going", ".gone"
_LAST = (".shp", ".gdb")  # the target of a format of several files


def checked_target(path: str | os.PathLike[str], holding: str | None = None) -> Path:
    """Return the path if an ordinary file may be put there, else raise `UsageError`.

    With ``holding`` a folder may stand there too, if it holds a file of that name; an empty one
    where the name is empty.
    """
    target = Path(path)
    if "\0" in str(target) or target.name in ("", "..") or not is_utf8(target.name):
        raise UsageError(f"{str(target)!r} is no name for a file", f"{str(target)!r} 不能作文件名")
    try:
        if not target.parent.is_dir():
            raise UsageError(
                f"{target}: the folder {target.parent} does not exist; make it first",
                f"{target}：文件夹 {target.parent} 不存在，请先建立",
            )
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return target
    except OSError as error:
        raise _failed(target, error) from error
    if stat.S_ISLNK(mode):
        raise UsageError(
            f"{target} is a link; name the file that it points to",
            f"{target} 是链接，请直接指定其所指的文件",
        )
    if stat.S_ISDIR(mode):
        is_of_it = (target / holding).is_file() if holding else not any(target.iterdir())
        if holding is not None and is_of_it:
            return target
        raise UsageError(f"{target} is a folder; name a file", f"{target} 是文件夹，请指定文件")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{target} is no ordinary file", f"{target} 不是普通文件")
    return target


def _failed(place: Path, error: OSError, en: str = "written", zh: str = "写入") -> OutputError:
    reason = error.strerror or error
    return OutputError(f"{place}: cannot be {en}: {reason}", f"{place}：无法{zh}：{reason}")


def is_utf8(name: str) -> bool:
    """Return whether a text can be UTF-8; archives have no way to say a name that cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def flush(path: Path) -> None:
    """Make the disk hold what was written; a folder cannot be flushed on Windows."""
    if path.is_dir() and os.name == "nt":
        return
    # Windows flushes only what is open for writing, others open a folder only for reading.
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def part_folder(above: Path) -> AbstractContextManager[Path]:
    """Give a temporary folder in another one; what killed writers left there is ended first."""
    return held_folder(above, _end_move)


@contextmanager
def whole_file(
    path: str | os.PathLike[str], holding: str | None = None, stale: Collection[str] = ()
) -> Iterator[Path]:
    """Give the place where a writer builds a file that then replaces ``path`` in one step.

    The place has the same file name, in a temporary folder beside the target, and is empty.
    When the block ends well the file is flushed and renamed; when it raises nothing is changed.
    An existing file hands its permissions on.

    A format of several files builds the others beside the place: they go along, and the target
    itself comes last and goes first, so that no reader takes old and new for one. A kill between
    these renames leaves no target; whoever writes in that folder next ends what was begun.

    Parameters
    ----------
    path : path-like
        The file to write. Its folder must exist; it must not be a link or a folder.
    holding : str, optional
        The place may become a folder, and replace one that holds a file of this name, or with
        an empty name an empty one.
    stale : collection of str
        Names of files beside the target that would not fit the new one, and are taken away.

    Raises
    ------
    UsageError
        If no ordinary file may be put there.
    OutputError
        If the system refuses (no space, no permission).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(f"{folder}/a.txt") as place:
    ...         _ = place.write_text("whole")
    ...     Path(folder, "a.txt").read_text(), len(list(Path(folder).iterdir()))
    ('whole', 1)
    """
    target = checked_target(path, holding)
    try:
        with part_folder(target.parent) as folder:
            place = folder / target.name
            yield place
            if target.is_file() and place.is_file():
                shutil.copymode(target, place)
            for each in folder.rglob("*"):
                flush(each)
            with uninterrupted():
                _move(place, target, stale)
                flush(target.parent)
    except OSError as error:
        raise _failed(target, error) from error


def _move(place: Path, target: Path, stale: Collection[str]) -> None:
    """Move the place and what stands beside it to the target, or leave all as it was."""
    beside = sorted(each.name for each in place.parent.iterdir() if each != place)
    for name in (*stale, *beside):  # no folder of somebody's is taken away for its name
        checked_target(target.with_name(name))
    names = [*beside, target.name]
    old = [name for name in dict.fromkeys((target.name, *stale, *beside))
           if os.path.lexists(target.with_name(name))]  # fmt: skip
    if names == [target.name] and set(old) <= {target.name} and not target.is_dir():
        os.replace(place, target)
        return
    aside = place.with_name(_GOING)
    aside.mkdir()
    try:
        for name in old:
            os.rename(target.with_name(name), aside / name)
        aside = aside.rename(place.with_name(_GONE))
        for name in names:
            os.rename(place.with_name(name), target.with_name(name))
    except OSError:
        for name in names:
            if not place.with_name(name).exists() and name not in old:
                target.with_name(name).unlink()
        for each in aside.iterdir():
            os.replace(each, target.with_name(each.name))
        raise


def _end_move(left: Path) -> None:
    """End what `_move` or `_replace` had begun when its process was killed.

    Nothing is replaced but what they have set down as old: a folder may come from anyone.
    """
    which = _GOING if (left / _GOING).is_dir() else _GONE
    if not (left / which).is_dir():
        return
    # Nothing of the new is in place yet, so that the old goes back; or all of the old gives way.
    moving = left / which if which == _GOING else left
    for each in sorted(moving.iterdir(), key=lambda each: (each.suffix in _LAST, each.name)):
        target, kept = left.parent / each.name, left / _GONE / each.name
        is_free = not os.path.lexists(target) or (kept.is_file() and target.samefile(kept))
        if each.name != which and is_free:
            os.replace(each, target)


def _replace(made: Path, names: Collection[str], folder: Path) -> None:
    """Put files of a folder into the place of those of another, none ever missing; all or none."""
    aside, done = made / _GOING, list[str]()
    aside.mkdir()
    for name in (each for each in names if os.path.lexists(folder / each)):
        try:
            os.link(folder / name, aside / name)
        except OSError:  # no hard links; a kill may end it halfway, an error may not
            shutil.copy2(folder / name, aside / name)
    aside = aside.rename(made / _GONE)
    try:
        for name in names:
            os.replace(made / name, folder / name)
            done.append(name)
    except OSError:
        for name in done:
            if (aside / name).exists():
                os.replace(aside / name, folder / name)
            else:
                (folder / name).unlink()
        raise


def _place_folder(place: Path, names: list[str], folder: Path) -> None:
    """Put a folder where none was; in one that was made meanwhile its files come whole."""
    make_folder(folder.parent)
    try:
        if folder.is_dir():
            folder.rmdir()
        os.rename(place, folder)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        with part_folder(folder) as made:
            for name in names:
                checked_target(folder / name)
                os.rename(place / name, made / name)
            _replace(made, names, folder)


@contextmanager
def whole_files(folder: Path) -> Iterator[Path]:
    """Give the place where several files are built that then replace those of a folder.

    The place is a temporary folder in that folder, or in the nearest above it that is there. When
    the block ends well every target is looked at and every file is flushed, then all are renamed; a
    folder that was not there comes as a whole. When the block raises nothing is changed. A kill
    between the renames leaves each file old or new; whoever writes in that folder next ends it.

    Raises
    ------
    UsageError
        If in the place of one of them no ordinary file may be put.
    OutputError
        If the system refuses (no space, no permission).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_files(Path(folder)) as place:
    ...         _ = (place / "a.txt").write_text("whole")
    ...     [each.name for each in Path(folder).iterdir()]
    ['a.txt']
    """
    above = next((each for each in (folder, *folder.parents) if each.is_dir()), Path())
    if os.path.lexists(folder):
        make_folder(folder)  # which says if it is none
    try:
        with part_folder(above) as made:
            place = made if folder == above else made / "new"
            place.mkdir(exist_ok=True)
            yield place
            # A folder is what a process that was killed has left: nothing built is one.
            for each in place.iterdir():
                if each.is_dir():
                    shutil.rmtree(each)
            files = sorted(place.iterdir())
            for each in files:
                if folder == above and checked_target(folder / each.name).is_file():
                    shutil.copymode(folder / each.name, each)
                flush(each)
            names = [each.name for each in files]
            with uninterrupted():
                if folder == above:
                    _replace(place, names, folder)
                else:
                    _place_folder(place, names, folder)
                flush(folder)
    except OSError as error:
        raise _failed(folder, error) from error


@contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the place where a folder is built that then stands at a path, whole or not at all.

    Raises
    ------
    UsageError
        If something stands there that is no empty folder.
    OutputError
        If the system refuses.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with new_folder(f"{folder}/new") as place:
    ...         place.mkdir()
    ...         _ = (place / "a.txt").write_text("whole")
    ...     [each.name for each in Path(folder, "new").iterdir()]
    ['a.txt']
    """
    target = Path(path)
    if target.resolve() == Path.cwd():
        raise UsageError(
            "a catalogue is made in a new folder, not in the one that you are in",
            "目录须建在新文件夹中，不能建在当前文件夹",
        )
    try:
        is_free = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    except OSError as error:
        raise _failed(target, error, "made", "建立") from error
    if not is_free or target.is_symlink():
        raise UsageError(
            f"{target} is there already; name a folder that is not, or an empty one",
            f"{target} 已存在；请指定尚不存在的文件夹或空文件夹",
        )
    with whole_file(target, holding="") as place:
        yield place


def write_whole(path: str | os.PathLike[str], chunks: bytes | Iterable[bytes]) -> None:
    r"""Write a file whole, or leave what stood there.

    Parameters
    ----------
    path : path-like
        The file to write, see `whole_file`.
    chunks : bytes or iterable of bytes
        The content; an iterable is written piece by piece.

    Raises
    ------
    UsageError, OutputError
        As in `whole_file`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/a.csv", (line for line in [b"id\n", b"1\n"]))
    ...     Path(folder, "a.csv").read_bytes()
    b'id\n1\n'
    """
    with whole_file(path) as place, place.open("xb") as file:
        for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
            file.write(chunk)


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Return a folder, made with its parents if it is not there.

    Raises
    ------
    UsageError
        If a link or a file stands in its place.
    OutputError
        If the system refuses to make it.
    """
    folder = Path(path)
    try:
        if folder.is_symlink():
            raise UsageError(
                f"{folder} is a link; name the folder that it points to",
                f"{folder} 是链接，请直接指定其所指的文件夹",
            )
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; name a folder", f"{folder} 是文件，请指定文件夹")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error, "made", "建立") from error
    return folder
