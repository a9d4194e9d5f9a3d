"""Work in parts, as many at a time as there are cores: for what lets go of the interpreter."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


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
        begun: deque[Future[Made]] = deque()
        for item in items:
            begun.append(threads.submit(work, item))
            if len(begun) > 2 * count:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


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
