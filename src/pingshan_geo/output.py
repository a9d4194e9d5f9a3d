"""Files are written whole or not at all.

Everything this package writes goes through here: into a temporary folder beside the target,
flushed to the disk, then renamed over it. A crash, a full disk or a kill leaves the old file as
it was; what may stay behind is a folder named ``.pingshan-geo-….part``, which may be deleted.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pingshan_geo.errors import OutputError, UsageError

#: What begins a formula in one spreadsheet or another, and the sign that stands before it.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def checked_target(path: str | os.PathLike[str]) -> Path:
    """Return the path if an ordinary file may be put there, else raise `UsageError`."""
    target = Path(path)
    if "\0" in str(target) or target.name in ("", ".."):
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
        raise OutputError(
            f"{target}: cannot be written: {error.strerror}",
            f"{target}：无法写入：{error.strerror}",
        ) from error
    if stat.S_ISLNK(mode):
        raise UsageError(
            f"{target} is a link; name the file that it points to",
            f"{target} 是链接，请直接指定其所指的文件",
        )
    if stat.S_ISDIR(mode):
        raise UsageError(f"{target} is a folder; name a file", f"{target} 是文件夹，请指定文件")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{target} is no ordinary file", f"{target} 不是普通文件")
    return target


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


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the place where a writer builds a file that then replaces ``path`` in one step.

    The place has the same file name, in a temporary folder beside the target, and is empty.
    When the block ends well the file is flushed and renamed; when it raises nothing is changed.
    An existing file hands its permissions on.

    Parameters
    ----------
    path : path-like
        The file to write. Its folder must exist; it must not be a link or a folder.

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
    target = checked_target(path)
    try:
        folder = tempfile.mkdtemp(prefix=".pingshan-geo-", suffix=".part", dir=target.parent)
        try:
            place = Path(folder, target.name)
            yield place
            if target.exists():
                shutil.copymode(target, place)
            flush(place)
            os.replace(place, target)
            flush(target.parent)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"{target}: cannot be written: {reason}", f"{target}：无法写入：{reason}"
        ) from error


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


def csv_bytes(rows: Iterable[Iterable[str | float | bool | None]]) -> Iterator[bytes]:
    r"""Yield the lines of a CSV file: UTF-8, LF, no cell that a spreadsheet would calculate.

    Parameters
    ----------
    rows : iterable of iterables
        Texts, numbers and truth values at full precision; None is an empty cell.

    Notes
    -----
    A text that begins with one of ``= + - @ '``, their full-width forms, a tab or a line break
    and is no plain number gets one ``'`` before it; whoever reads the file takes it away.

    Examples
    --------
    >>> b"".join(csv_bytes([["id", "far"], ["=1+1", 4.5], ["a", None]]))
    b"id,far\n'=1+1,4.5\na,\n"
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow(
            f"'{cell}" if isinstance(cell, str) and _would_calculate(cell) else cell for cell in row
        )
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _would_calculate(cell: str) -> bool:
    return cell.startswith(FORMULA) and not _PLAIN_NUMBER.fullmatch(cell)


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
        raise OutputError(
            f"{folder}: cannot be made: {error.strerror}", f"{folder}：无法建立：{error.strerror}"
        ) from error
    return folder
