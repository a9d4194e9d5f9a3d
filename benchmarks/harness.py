"""Fresh processes in turn: seconds, CPU, memory of the whole process tree, medians, lines.

Linux only. Memory is the proportional set size (PSS): a page that several processes share counts
once in their sum, where resident sizes would count it in each.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

#: What one run took: seconds, CPU and MB, and whatever else the process tells of itself.
Took = dict[str, float]
#: Columns of a table of results, by the name of the number; `show` computes the ratios.
TITLES = {
    "seconds": "seconds", "cpu": "CPU", "ratio": "ratio", "of_cpu": "of CPU", "mb": "peak MB",
    "loaded": "loaded", "columns": "columns", "file": "file MB",
}  # fmt: skip
_DIGITS = {"seconds": 2, "cpu": 2, "ratio": 1, "of_cpu": 1}
# Memory is looked at so often, and less often where looking takes long: 5 % of a core at most.
_EVERY_S, _SHARE = 0.01, 0.05


def timed(work: Callable[[], Any]) -> tuple[Any, Took]:
    """Return the result of a work and what it took, to be told with `tell`."""
    begun, cpu = time.monotonic(), _cpu()
    result = work()
    ended = time.monotonic()
    took = {"seconds": ended - begun, "cpu": _cpu() - cpu, "begun": begun, "ended": ended}
    return result, took


def tell(took: Took) -> None:
    """Write what a work took as the last line of this process."""
    sys.stdout.write("\n" + json.dumps(took) + "\n")


def _cpu() -> float:
    """Return the seconds of processors that this process and its ended children took."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def fresh(command: list[str]) -> Took:
    """Return what a command took in a process of its own; end with its words where it fails.

    ``seconds`` and ``cpu`` are those of the whole process with its children, unless it has told
    those of its work (see `timed`): then ``mb`` is the peak until the end of the work, and
    ``loaded`` the peak before it. A peak between two looks, some 0.01 s apart, is not seen.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun, over = time.monotonic(), Event()
        process = subprocess.Popen(command, stdout=out, stderr=err)  # noqa: S603
        with ThreadPoolExecutor(1) as pool:
            looking = pool.submit(_looks, process.pid, over)
            try:
                ended = os.wait4(process.pid, 0)
                seconds = time.monotonic() - begun
            finally:  # after Ctrl-C too
                over.set()
            looks = looking.result()
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        for file in (out, err):
            file.seek(0)
        if process.returncode:
            sys.exit(f"{' '.join(command)}: {err.read().decode()}")
        lines = out.read().decode().splitlines()
    cpu = ended[2].ru_utime + ended[2].ru_stime
    took: Took = {"seconds": seconds, "cpu": cpu, "begun": begun, "ended": begun + seconds}
    if lines and lines[-1].startswith("{"):
        took |= json.loads(lines[-1])
    start, end = took.pop("begun"), took.pop("ended")
    peaks = {
        "mb": (at for at in looks if at[0] <= end),
        "loaded": (at for at in looks if at[0] <= start),
    }
    return took | {name: max((mb for _, mb in kept), default=0.0) for name, kept in peaks.items()}


def _looks(pid: int, over: Event) -> list[tuple[float, float]]:
    """Return when a process was looked at, and its MB then, until it is over."""
    looks, pause = list[tuple[float, float]](), 0.0
    while not over.wait(pause):
        looked = time.monotonic()
        looks.append((looked, _pss_mb(pid)))
        pause = max(_EVERY_S, (time.monotonic() - looked) / _SHARE)
    return looks


def _pss_mb(pid: int) -> float:
    """Return the memory of a process and all below it, as of now."""
    return sum(map(_kilobytes, _tree(pid))) / 1024


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        files = [each / "children" for each in Path(f"/proc/{pid}/task").iterdir()]
        below = [int(child) for file in files for child in file.read_text("ascii").split()]
    except OSError:  # it has ended
        return
    yield from chain.from_iterable(map(_tree, below))


def _kilobytes(pid: int) -> int:
    for name, pattern in (("smaps_rollup", r"^Pss:\s+(\d+)"), ("status", r"VmRSS:\s+(\d+)")):
        try:
            text = Path(f"/proc/{pid}/{name}").read_text("ascii", errors="replace")
        except OSError:  # it has ended, or may not be looked into: its resident size then
            continue
        if found := re.search(pattern, text, re.MULTILINE):
            return int(found[1])
    return 0


def in_turn(
    ways: Iterable[str],
    runs: int,
    one: Callable[[str], Took],
    *,
    check: Callable[[], None],
    patience_s: float = float("inf"),
) -> dict[str, list[Took]]:
    """Return what each way took in each run; ways take turns.

    Parameters
    ----------
    ways : iterable of str
        The package's own first.
    runs : int
        How often each is run; once where the first run took longer than ``patience_s``.
    one : callable
        Runs a way.
    check : callable
        Called once every way has run, before any time is shown: ends where answers differ.
    """
    taken: dict[str, list[Took]] = {way: [] for way in ways}
    for run in range(runs):
        for way, results in taken.items():
            if run == 0 or results[0]["seconds"] < patience_s:
                results.append(one(way))
        if run == 0:
            check()
    return taken


def medians(results: list[Took]) -> Took:
    """Return the median of each number."""
    return {name: median(each[name] for each in results) for name in results[0]}


def head(labels: Iterable[str], columns: Iterable[str]) -> None:
    """Write the head of a Markdown table."""
    cells = [*labels, *(TITLES[name] for name in columns)]
    rules = ["--:", *("---" for _ in list(labels)[1:]), *("--:" for _ in columns)]
    sys.stdout.write(f"| {' | '.join(cells)} |\n|{'|'.join(rules)}|\n")


def show(labels: Iterable[str], taken: Mapping[str, list[Took]], columns: Iterable[str]) -> None:
    """Write a line for each way: medians, and the ratios to the first; ¹ marks a single run."""
    middle = {way: medians(results) for way, results in taken.items()}
    base = next(iter(middle.values()))
    for way, found in middle.items():
        once_only = "¹" if len(taken[way]) == 1 else ""
        found["ratio"] = found["seconds"] / base["seconds"]
        found["of_cpu"] = found["cpu"] / max(base["cpu"], 1e-3)
        cells = [f"{found[name]:.{_DIGITS.get(name, 0)}f}" for name in columns]
        sys.stdout.write(f"| {' | '.join([*labels, way + once_only, *cells])} |\n")
        sys.stdout.flush()
