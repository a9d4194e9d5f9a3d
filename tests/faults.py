"""Each call that changes a file fails once, in a build and in an import, on Linux with gcc.

``python -m tests.faults [--most N] [--ways build import]`` has the n-th open, write, fsync and
rename fail, all of them or some spread over all; and every write from the n-th on, as on a
full disk. Each run has to end with one line, not a traceback, with all files old or all new, and
with no temporary file. A line a way and kind is printed; status 1 if anything else was seen.
"""

from __future__ import annotations

import argparse
import errno
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.kills import WAYS, forked, state

_SOURCE = Path(__file__).with_name("faults.c")
_ROOT = Path(__file__).parents[1]
_LAYOUT = struct.Struct("5i")
_NEVER = 2**30  # no run has so many calls
#: Names of the kinds of calls, with the error and whether it lasts.
KINDS = {
    "open": (0, errno.EACCES, False),
    "write": (1, errno.EIO, False),
    "full disk": (1, errno.ENOSPC, True),
    "fsync": (2, errno.EIO, False),
    "rename": (3, errno.EIO, False),
}


def library(folder: Path) -> Path:
    """Return the compiled library of faults."""
    made = folder / "faults.so"
    words = ["-shared", "-fPIC", "-O1", "-Wno-incompatible-pointer-types", "-o", str(made)]
    subprocess.run(["gcc", *words, str(_SOURCE), "-ldl"], check=True)
    return made


def with_faults(ways: list[str], most: int | None, folder: Path) -> dict[str, dict[str, int]]:
    """Return how runs ended, by way and kind, from a process that has the library loaded."""
    shared = folder / "faults"
    shared.write_bytes(bytes(_LAYOUT.size))
    words = [sys.executable, "-m", "tests.faults", "--inside", str(folder)]
    words += ["--most", str(most or 0), "--ways"]
    loaded = {"LD_PRELOAD": str(library(folder)), "FAULTS": str(shared), "TMPDIR": str(folder)}
    done = subprocess.run(
        [*words, *ways], env=os.environ | loaded, cwd=_ROOT, check=True, stdout=subprocess.PIPE
    )
    last = done.stdout.splitlines()[-1]  # before it a build has told its headline
    found: dict[str, dict[str, int]] = json.loads(last)
    return found


def _inside(ways: list[str], most: int | None, folder: Path) -> dict[str, Counter[str]]:
    with (folder / "faults").open("r+b") as file, mmap.mmap(file.fileno(), _LAYOUT.size) as shared:
        return {
            f"{way}, {kind}": _runs(way, kind, most, folder / way / kind.replace(" ", "-"), shared)
            for way in ways for kind in KINDS
        }  # fmt: skip


def _runs(way: str, kind: str, most: int | None, base: Path, shared: mmap.mmap) -> Counter[str]:
    write, found = WAYS[way], Counter[str]()
    before, place = base / "before", base / "run" / "out"
    before.mkdir(parents=True)
    write(before, new=False)
    old = state(before)

    def run(at: int) -> tuple[int, str, int]:
        shutil.rmtree(place.parent, ignore_errors=True)
        shutil.copytree(before, place)
        number, error, lasting = KINDS[kind]
        shared[:] = _LAYOUT.pack(number, at, error, lasting, 0)
        status, said = forked(lambda: write(place, new=True))
        count = _LAYOUT.unpack(shared[:])[4]
        shared[:] = bytes(_LAYOUT.size)
        return status, said, count

    status, said, count = run(_NEVER)
    if status:
        raise RuntimeError(f"{way} fails where nothing does: {said}")
    new, at, step = state(place), 1, -(-count // (most or count))
    while at <= count:  # a run that a fault ends early may have had fewer calls, never more
        status, said, count_now = run(at)
        seen = state(place)
        left = [*place.rglob("*.part"), *base.parent.parent.glob("*.part")]
        wrong = {
            "status": status not in (0, 1, 2, 3),
            "traceback": "Traceback" in said,
            "state": seen not in (old, new) or (status == 0 and seen != new),
            "left": bool(left),
            "count": count_now < at,  # no call failed
        }
        found.update(["old" if seen == old else "new" if seen == new else "mixed"])
        for name in (name for name, is_so in wrong.items() if is_so):
            found[f"wrong {name}"] += 1
            sys.stderr.write(f"{way}, {kind} {at}: {name}: {status} {said[-300:]} {left}\n")
        at += step
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, help="Calls of a kind that fail; all without.")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["build", "import"])
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        sys.stdout.write(json.dumps(_inside(asked.ways, asked.most, asked.inside)))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = with_faults(asked.ways, asked.most, Path(folder))
    for name, ends in found.items():
        sys.stdout.write(f"{name}: {ends}\n")
    sys.exit(any(end.startswith("wrong") for ends in found.values() for end in ends))


if __name__ == "__main__":
    main()
