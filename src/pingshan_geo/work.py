"""Work in parts, as many at a time as there are cores: in threads or in processes.

A runner is called as `map` is, and yields what work makes of each item in their order; `map` itself
is one.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")
#: `map`, `in_turn`, `in_processes`, or the like on a cluster.
Runner = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


def in_turn(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    r"""Yield what work makes of each item, in their order; each core has one in hand.

    Only for work that lets go of the interpreter, as NumPy, GEOS, PROJ and Arrow do. No more than
    three items a core are held in memory.

    Examples
    --------
    >>> list(in_turn(bytes, [[1], [2]]))
    [b'\x01', b'\x02']
    """
    count = os.cpu_count() or 1
    with ThreadPoolExecutor(count) as threads:
        yield from _made(threads, 2 * count, work, items)


def in_processes(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """Yield what work makes of each item in processes of this machine, in their order.

    What is not needed any more when somebody stops asking is not begun. Only for a program whose
    main module does nothing when it is imported, as the commands of this package.
    """
    # Few commands need processes.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    count = os.cpu_count() or 1
    context = get_context("forkserver" if os.name == "posix" else "spawn")
    context.set_forkserver_preload(["pingshan_geo.assessment"])
    pool = ProcessPoolExecutor(count, mp_context=context)
    try:
        yield from _made(pool, count, work, items)
        pool.shutdown()
    except BaseException:
        # Nobody waits for what is begun: Ctrl-C ends at once.
        pool.shutdown(wait=False, cancel_futures=True)
        for child in active_children():
            child.terminate()
        raise


def _made(
    pool: Executor, most: int, work: Callable[[Item], Made], items: Iterable[Item]
) -> Iterator[Made]:
    """Yield results in order, with at most so many begun that nobody has asked for."""
    begun: deque[Future[Made]] = deque()
    for item in items:
        begun.append(pool.submit(work, item))
        if len(begun) > most:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


def scratch() -> TemporaryDirectory[str]:
    """Return a folder for parts of tables, which goes when nothing needs it any more."""
    return TemporaryDirectory(prefix="pingshan-geo-", ignore_cleanup_errors=True)


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
