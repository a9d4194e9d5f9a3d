"""Parts on a Dask cluster: the same work as on one machine, by whoever is free."""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from multiprocessing import active_children
from pathlib import Path
from threading import Thread
from typing import Any

from pingshan_geo.errors import OutputError, UsageError
from pingshan_geo.work import Runner, new_file, one_core, scratch

# So many parts a worker are begun before somebody asks for them.
_AHEAD = 2
_CONNECT_S, _END_S = 10, 1
# Workers are looked for so often; a cluster without any is waited for so long.
_LOOK_S, _WITHOUT_S = 2, 30
_SILENT = logging.CRITICAL + 1


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
    with _quiet(), _client(distributed, address) as client, scratch() as folder:
        yield partial(_done, client=client, folder=folder)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs for its operators from who asked for a report: errors are told anyway."""
    import dask

    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(_SILENT)
    try:
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def _client(distributed: Any, address: str) -> Iterator[Any]:
    connected = partial(distributed.Client, timeout=_CONNECT_S, set_as_default=False)
    if address == "local":
        with scratch() as folder, _own_cluster(folder) as own, connected(own) as client:
            yield client
        return
    try:
        client = connected(address)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"--scheduler {address}: no scheduler answers: {reason}",
            f"--scheduler {address}：调度器无应答：{reason}",
        ) from None
    with client:
        _look_at(client, address)
        yield client


@contextmanager
def _own_cluster(folder: str) -> Iterator[str]:
    """Give the address of workers of this machine, which end with it, whatever they do.

    They and their scheduler are a session of their own: Ctrl-C does not reach them, what Dask logs
    goes nowhere, and its files go where parts of tables are kept.
    """
    host = subprocess.Popen(
        [sys.executable, "-c", "from pingshan_geo.cluster import host; host()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"DASK_TEMPORARY_DIRECTORY": folder}, start_new_session=True,
    )  # fmt: skip
    assert host.stdin is not None  # noqa: S101 -- both are pipes
    assert host.stdout is not None  # noqa: S101
    try:
        address = host.stdout.readline().strip()
        if not address:
            raise OutputError(
                f"no workers could be begun on this machine, with {folder} for their files; leave "
                "--scheduler out",
                f"无法在本机启动工作进程（其文件位于 {folder}）；请去掉 --scheduler",
            )
        yield address
    finally:
        host.stdin.close()
        try:
            host.wait(_END_S)
        except subprocess.TimeoutExpired:
            host.kill()
            host.wait()
        host.stdout.close()


def host() -> None:
    """Be a cluster, a worker a core, until stdin ends; tells its address on stdout."""
    left = Thread(target=_until_left)
    left.start()
    distributed: Any = importlib.import_module("distributed")
    cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=None)
    sys.stdout.write(f"{cluster.scheduler_address}\n")
    sys.stdout.flush()
    left.join()


def _until_left() -> None:
    os.read(0, 1)
    for child in active_children():
        child.kill()
    os._exit(0)  # nobody waits for a scheduler to say good-bye


def _look_at(client: Any, address: str) -> None:
    """Raise where a worker does not see what this machine does."""
    from distributed.comm.core import CommClosedError

    with scratch() as folder:
        answers: dict[str, Any] = client.run(_sees, folder, on_error="return")
    # One that ends just now is none any more.
    seen = {who: each for who, each in answers.items() if not isinstance(each, CommClosedError)}
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


def _done(
    work: Callable[[Any], Any], items: Iterable[Any], client: Any, folder: str
) -> Iterator[Any]:
    """Yield what work makes of each item, in their order.

    A part whose worker is lost is begun anew elsewhere; parts are kept by name, so that it does not
    matter how often. The work, with all that it holds, is read from a file once by each worker:
    what Dask sends along is lost with the worker that has it.
    """
    begun: deque[Any] = deque()
    with new_file(Path(folder)) as (kept, file):
        file.write(pickle.dumps(work))
    try:
        for item in items:
            begun.append(client.submit(_do, kept, item, pure=False))
            if len(begun) > _AHEAD * max(len(client.nthreads()), 1):
                yield _result(begun.popleft(), client)
        while begun:
            yield _result(begun.popleft(), client)
    finally:
        client.cancel(list(begun))
        kept.unlink(missing_ok=True)


def _do(kept: Path, item: Any) -> Any:
    with one_core():
        return _work(kept)(item)


@lru_cache(maxsize=1)
def _work(kept: Path) -> Any:
    return pickle.loads(kept.read_bytes())  # noqa: S301 -- of the program that asks for the work


def _result(future: Any, client: Any) -> Any:
    """Return what became of a part; who has it in hand is looked at from time to time."""
    from distributed import CancelledError, KilledWorker

    seen = time.monotonic()
    while True:
        try:
            return future.result(_LOOK_S)
        except TimeoutError:
            if client.nthreads():
                seen = time.monotonic()
            elif time.monotonic() - seen > _WITHOUT_S:
                raise _lost("it has no workers any more", "已没有工作进程") from None
        except (KilledWorker, CancelledError) as error:
            raise _lost(str(error), str(error)) from None


def _lost(en: str, zh: str) -> OutputError:
    return OutputError(
        f"the cluster lost every worker that had a part: {en}; nothing was written: give workers "
        "more memory (0.5 GB is enough for one part), or look into their logs",
        f"集群中处理某一分块的工作进程接连丢失：{zh}；未写入任何内容：请为工作进程增加内存"
        "（每块 0.5 GB 即可），或查看其日志",
    )
