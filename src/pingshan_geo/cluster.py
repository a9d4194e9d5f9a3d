"""Parts on a Dask cluster: the same work as on one machine, by whoever is free."""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.work import Runner, scratch

#: How often a part is begun anew when the worker that had it is lost.
RETRIES = 3
# So many parts a worker are begun before somebody asks for them.
_AHEAD = 2
_CONNECT_S = 10


@contextmanager
def on_dask(address: str) -> Iterator[Runner]:
    """Give a runner that does parts on a Dask cluster, for as long as it is used.

    Parameters
    ----------
    address : str
        Of a scheduler, such as ``tcp://host:8786``; or ``local``, for workers on this machine, one
        a core, that end with it. Workers see the same files as this machine does: the catalogue,
        and the folder for temporary files (``TMPDIR``).

    Raises
    ------
    UsageError
        If the extra is not installed, no scheduler answers, or a worker does not see the files or
        has no such package.

    Examples
    --------
    >>> with on_dask("local") as run:  # doctest: +SKIP
    ...     list(run(abs, [-1, 2]))
    [1, 2]
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise UsageError(
            "--scheduler needs Dask: pip install 'pingshan-geo[dask]'",
            "--scheduler 需要 Dask：请执行 pip install 'pingshan-geo[dask]'",
        ) from None
    if address == "local":
        options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": "CRITICAL"}
        with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
            yield partial(_done, client=client)
        return
    try:
        client = distributed.Client(address, timeout=_CONNECT_S)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"--scheduler {address}: no scheduler answers: {reason}",
            f"--scheduler {address}：调度器无应答：{reason}",
        ) from None
    with client:
        _look_at(client, address)
        yield partial(_done, client=client)


def _look_at(client: Any, address: str) -> None:
    """Raise where a worker does not see what this machine does."""
    with scratch() as folder:
        seen: dict[str, Any] = client.run(_sees, folder, on_error="return")
    if not seen:
        raise UsageError(
            f"--scheduler {address}: it has no workers", f"--scheduler {address}：没有工作进程"
        )
    for worker, answer in seen.items():
        if isinstance(answer, Exception):
            raise UsageError(
                f"worker {worker}: {answer}; install pingshan-geo there, of this version",
                f"工作进程 {worker}：{answer}；请在该处安装同一版本的 pingshan-geo",
            )
        if not answer:
            raise UsageError(
                f"worker {worker} does not see {folder}: name a folder that all machines share in "
                "the environment variable TMPDIR",
                f"工作进程 {worker} 看不到 {folder}：请用环境变量 TMPDIR 指定所有机器共享的文件夹",
            )


def _sees(folder: str) -> bool:
    return Path(folder).is_dir()


def _done(work: Callable[[Any], Any], items: Iterable[Any], client: Any) -> Iterator[Any]:
    """Yield what work makes of each item, in their order.

    A part whose worker is lost is begun anew elsewhere; parts are kept by name, so that it does not
    matter how often.
    """
    from distributed import CancelledError, KilledWorker

    begun: deque[Any] = deque()

    def next_one() -> Any:
        future = begun.popleft()
        try:
            return future.result()
        except (KilledWorker, CancelledError) as error:
            raise OutputError(
                f"the cluster lost every worker that had a part: {error}; give workers more memory "
                "(0.5 GB is enough for one part), or look into their logs",
                f"集群中处理某一分块的工作进程接连丢失：{error}；请为工作进程增加内存（每块 0.5 GB "
                "即可），或查看其日志",
            ) from None

    try:
        for item in items:
            begun.append(client.submit(work, item, pure=False, retries=RETRIES))
            if len(begun) > _AHEAD * max(len(client.nthreads()), 1):
                yield next_one()
        while begun:
            yield next_one()
    finally:
        client.cancel(list(begun))
