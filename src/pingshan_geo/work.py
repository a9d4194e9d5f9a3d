"""Work in parts, as many at a time as there are cores: in threads or in processes.

A runner is called as `map` is, and yields what work makes of each item in their order; `map` itself
is one.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import IO, Any, TypeVar

from pingshan_geo.errors import OutputError
from pingshan_geo.folders import Scratch

Item = TypeVar("Item")
Made = TypeVar("Made")
#: `map`, `in_turn`, `in_processes`, or the like on a cluster.
Runner = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


_HAS_ONE_CORE = ContextVar("one_core", default=False)


@contextmanager
def one_core() -> Iterator[None]:
    """Do some work as who does one of many parts: in no threads, and give memory back after it."""
    before = _HAS_ONE_CORE.set(True)
    try:
        yield
    finally:
        _HAS_ONE_CORE.reset(before)
        give_back()


def in_turn(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    r"""Yield what work makes of each item, in their order; each core has one in hand.

    Only for work that lets go of the interpreter, as NumPy, GEOS, PROJ and Arrow do. No more than
    three items a core are held in memory. Who does a part has one core: threads would wait for
    each other there.

    Examples
    --------
    >>> list(in_turn(bytes, [[1], [2]]))
    [b'\x01', b'\x02']
    """
    if _HAS_ONE_CORE.get():
        yield from map(work, items)
        return
    count = os.cpu_count() or 1
    with ThreadPoolExecutor(count) as threads:
        yield from _made(threads, 2 * count, work, iter(items), deque())


def in_processes(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """Yield what work makes of each item in processes of this machine, in their order.

    What is not needed any more when somebody stops asking is not begun. Only for a program whose
    main module does nothing when it is imported, as the commands of this package. The work, with
    all that it holds, goes to each process once.

    Raises
    ------
    OutputError
        If processes are killed again and again. What they had in hand is begun anew, each time by
        one process fewer: who kills them is most often a system without memory.
    """
    workers, todo = os.cpu_count() or 1, iter(items)
    in_hand: deque[Item] = deque()
    kept = pickle.dumps(work)
    for left in range(ANEW, -1, -1):
        with _pool(workers, kept) as pool:
            try:
                yield from _made(pool, workers, _do, todo, in_hand)
            except BrokenProcessPool:
                if not left:
                    raise _killed() from None
                workers = max(workers - 1, 1)
            else:
                return


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Have one more process do some work while the block does other; end when both have.

    If that process is killed, the work is done here. Only for a program as `in_processes` is for.
    """
    with _pool(1, pickle.dumps(work), yields=0) as pool:
        done = pool.submit(_do)
        yield
        try:
            done.result()
        except BrokenProcessPool:
            work()


# A socket's name may have a hundred bytes, of which multiprocessing takes some thirty.
_LONGEST = 60
# Who does parts gives way to who puts them together, or writes beside: what takes one core only
# must not wait for what all do.
_YIELDS = 10
#: How often parts are begun anew when the process that had them is killed.
ANEW = 3


def _killed() -> OutputError:
    return OutputError(
        "a process that had a part of a large table was killed again and again, most likely "
        "because memory ran out; nothing was written: close other programs, or make the parts "
        "smaller (export parcels --partition)",
        "处理大表分块的进程接连被终止，多半是内存不足；未写入任何内容：请关闭其他程序，"
        "或减小分块（export parcels --partition）",
    )


@contextmanager
def _pool(workers: int, work: bytes, yields: int = _YIELDS) -> Iterator[ProcessPoolExecutor]:
    """Give processes; they end at once where somebody stops, as with Ctrl-C."""
    context = get_context("forkserver" if os.name == "posix" else "spawn")
    give_back()
    with _ended():
        if os.name == "posix":
            _serve(context)
        pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_begin, initargs=(work, yields)
        )
        try:
            yield pool
            pool.shutdown()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _serve(context: Any) -> None:
    """Have the server of processes import what they need, or end if somebody stops meanwhile."""
    from multiprocessing import forkserver

    context.set_forkserver_preload(["pingshan_geo.assessment"])
    _keep_sockets_short()
    with _without_interrupt():
        forkserver.ensure_running()
    try:
        # It answers when it has imported all; what is begun before is a child that nobody knows.
        first = context.Process(target=bool)
        first.start()
        first.join()
    except BaseException:
        with suppress(AttributeError, OSError):  # its number is no public name
            os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)  # type: ignore[attr-defined]
        raise


def _keep_sockets_short() -> None:
    """Have the sockets of processes stand where their names are short enough for the system."""
    from multiprocessing.util import get_temp_dir

    if len(tempfile.gettempdir()) > _LONGEST:
        kept, tempfile.tempdir = tempfile.tempdir, "/tmp"  # noqa: S108 -- mkdtemp makes a name in it
        try:
            get_temp_dir()  # which is asked for once
        finally:
            tempfile.tempdir = kept


_OWN: list[Callable[[Any], Any]] = []  # what this process does, where it does parts for another


def _do(*items: Any) -> Any:
    with one_core():
        made = _OWN[0](*items)
        gc.collect()
    return made


def give_back() -> None:
    """Give memory that is not used any more back to the system, where its C library can.

    Glibc keeps what lies between small things that are still used: half of what a process has after
    some large tables have come and gone.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def _begin(work: bytes, yields: int) -> None:
    """Get ready for some work; end this process with the one that began it, even if killed."""
    if yields and hasattr(os, "nice"):
        os.nice(yields)

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()
    # What was imported stays. Tables make many small things and next to no cycles of them: these
    # are looked for once a part.
    gc.freeze()
    gc.disable()
    _OWN.append(pickle.loads(work))  # noqa: S301 -- of the process that began this one


@contextmanager
def _without_interrupt() -> Iterator[None]:
    """Have processes that are begun here never see Ctrl-C: it is for who began them."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which would let Ctrl-C in again
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _ended() -> Iterator[None]:
    """Have processes that are begun here end with it, whatever they do."""
    others = set(active_children())
    try:
        yield
    finally:
        own = set(active_children()) - others
        for child in own:
            child.kill()
        for child in own:
            child.join(1)


def _made(
    pool: Executor, most: int, work: Callable[[Item], Made], items: Iterator[Item],
    in_hand: deque[Item],
) -> Iterator[Made]:  # fmt: skip
    """Yield results in order, with at most so many in hand; those in hand already come first."""
    begun = deque(pool.submit(work, item) for item in in_hand)
    for item in items:
        in_hand.append(item)
        begun.append(pool.submit(work, item))
        if len(begun) > most:
            made = begun.popleft().result()
            in_hand.popleft()
            yield made
    while begun:
        made = begun.popleft().result()
        in_hand.popleft()
        yield made


def scratch() -> Scratch:
    """Return a folder for parts of tables, which goes when nothing needs it any more.

    Raises
    ------
    OutputError
        If no folder for temporary files can be written to.
    """
    with room():
        return Scratch()


@contextmanager
def new_file(folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """Give a new file in a folder for parts of tables, with its place."""
    with room(folder):
        number, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(number, "wb") as file:
            yield Path(name), file


@contextmanager
def room(folder: str | os.PathLike[str] | None = None) -> Iterator[None]:
    """Say where parts of tables are kept, where that folder cannot be written to or read from."""
    try:
        yield
    except OSError as error:
        where = folder or "TMPDIR"
        reason = os.strerror(error.errno) if error.errno else error
        raise OutputError(
            f"{where}: {reason}: parts of a large table are kept there; make room, or name "
            "another folder in the environment variable TMPDIR",
            f"{where}：{reason}；大表的分块暂存于此；请腾出空间，"
            "或用环境变量 TMPDIR 指定其他文件夹",
        ) from error


def in_threads(work: Callable[[Any], Any], rows: Any, most: int | None = None) -> list[Any]:
    """Return what work makes of rows, a part a core or of at most so many, in their order.

    Examples
    --------
    >>> import numpy as np
    >>> sum(in_threads(np.sum, np.arange(10)))
    np.int64(45)
    """
    import numpy as np

    count = os.cpu_count() or 1
    parts = max(count, -(-len(rows) // most)) if most else count
    return list(in_turn(work, np.array_split(rows, parts)))
