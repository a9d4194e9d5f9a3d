"""Temporary folders that a process has for itself; what a killed one left goes at the next run.

A folder is held by a lock that the system lets go when its process ends, however it ends. Whoever
makes one takes away those beside it that nobody holds. Windows locks no folders: there what a
killed process left stays, and may be deleted.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Those beside what is written are hidden. Nothing else is named like this, so that nothing else is
# taken away, and nobody takes away what only another knows how to mend.
_HIDDEN, _PLAIN, _SUFFIX = ".pingshan-geo-", "pingshan-geo-", ".part"


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Have Ctrl-C wait for the end of a block that must not stop halfway.

    An interrupt is the main thread's: elsewhere nothing can stop a block so. To block the signal
    would not do, since a thread of any library may take it instead.

    Examples
    --------
    >>> with uninterrupted():
    ...     print("to the end")
    to the end
    """
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = list[int]()
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:  # and the block has ended well: else its error says more
        signal.raise_signal(signal.SIGINT)


@contextmanager
def held_folder(above: Path, mend: Callable[[Path], None]) -> Iterator[Path]:
    """Give an empty folder in another one, which is gone afterwards whatever happens.

    Parameters
    ----------
    above : Path
        The folder that it stands in.
    mend : callable
        Told of each folder that a killed process left there, before it is taken away.

    Raises
    ------
    OSError
        If the system refuses.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as above:
    ...     with held_folder(Path(above), print) as folder:
    ...         _ = (folder / "a.txt").write_text("a")
    ...     list(Path(above).iterdir())
    []
    """
    _sweep(above, _HIDDEN, mend)
    held = None
    while held is None:  # another process may have taken it for a left one
        folder = Path(tempfile.mkdtemp(prefix=_HIDDEN, suffix=_SUFFIX, dir=above))
        held = _held(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


class Scratch(tempfile.TemporaryDirectory[str]):
    """A folder among the system's temporary files, which goes with the last that refers to it."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()), _PLAIN, lambda _: None)
        held = None
        while held is None:
            super().__init__(prefix=_PLAIN, suffix=_SUFFIX, ignore_cleanup_errors=True)
            held = _held(Path(self.name))
        weakref.finalize(self, os.close, held)


def _held(folder: Path) -> int | None:
    """Return what holds a folder; None where it has been taken away meanwhile."""
    if os.name == "nt":
        return os.open(os.devnull, os.O_RDONLY)
    import fcntl

    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with suppress(OSError):  # a file system without locks: nobody takes it for a left one there
        fcntl.flock(held, fcntl.LOCK_EX)
    if os.path.lexists(folder):
        return held
    os.close(held)
    return None


def _sweep(above: Path, prefix: str, mend: Callable[[Path], None]) -> None:
    """Take away the folders of a prefix that nobody holds."""
    if os.name == "nt":
        return
    import fcntl

    with suppress(OSError):  # what cannot be looked at is left alone
        known = re.compile(re.escape(prefix) + "[a-z0-9_]{8}" + re.escape(_SUFFIX))
        names = [name for name in os.listdir(above) if known.fullmatch(name)]
        for left in (above / name for name in names):
            with suppress(OSError):
                held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if os.fstat(held).st_uid == os.getuid():
                        mend(left)
                        shutil.rmtree(left, ignore_errors=True)
                finally:
                    os.close(held)
