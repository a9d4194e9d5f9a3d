"""Builds in a row in one process, and side by side: ``python -m tests.long_life``.

Of a row, memory, open files, threads, children and temporary files are looked at after each build:
at the end they may be no more than after the first few. Builds side by side write into one folder,
and into one each; every one ends well, and what stands there is one whole build.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

from pingshan_geo.cli import main as pingshan_geo

_WARM = 5  # builds after which all is loaded that is kept
_TOLD = 20  # builds between two lines about a long run


class Held(NamedTuple):
    """What a process holds."""

    memory_mb: float
    files: int
    threads: int
    children: int
    temporary: int


def held(folder: Path) -> Held:
    """Return what this process holds, and how many files stand in its temporary folder."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return Held(
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        len(children),
        sum(1 for _ in folder.rglob("*")),
    )


def in_a_row(count: int, folder: Path, *words: str) -> list[Held]:
    """Return what is held after each of so many builds of the Pingshan catalogue."""
    temporary = folder / "temporary"
    temporary.mkdir()
    before, tempfile.tempdir = tempfile.tempdir, str(temporary)
    found = []
    try:
        for _ in range(count):
            with contextlib.redirect_stdout(io.StringIO()):
                status = pingshan_geo(["build", "-o", str(folder / "out"), *words])
            if status:
                sys.exit(f"a build ended with {status}")
            found.append(held(temporary))
            if len(found) % _TOLD == 0:
                sys.stderr.write(f"after build {len(found)}: {found[-1]}\n")
    finally:
        tempfile.tempdir = before
    return found


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def side_by_side(count: int, folder: Path, *words: str, at_once: int = 50) -> list[str]:
    """Return what is wrong with builds that run at the same time, every other into one folder."""
    wrong: list[str] = []
    whole: dict[str, str] | None = None
    while count > 0:
        targets = [folder / ("shared" if n % 2 else f"own-{n}") for n in range(min(count, at_once))]
        count -= len(targets)
        command = [sys.executable, "-m", "pingshan_geo", "build", *words, "-o"]
        environment = os.environ | {"TMPDIR": str(folder)}
        running = [
            subprocess.Popen([*command, str(target)], env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
            for target in targets
        ]  # fmt: skip
        for each in running:
            _, said = each.communicate()
            if each.returncode:
                wrong.append(f"status {each.returncode}: {said.decode()[-200:].strip()}")
        for target in set(targets):
            whole = whole or digests(target)
            if digests(target) != whole or not whole:
                wrong.append(f"{target.name} is no whole build")
        left = {each.name for each in folder.iterdir()} - {each.name for each in targets}
        wrong += [f"{name} is left" for name in sorted(left)]
        for target in set(targets):
            shutil.rmtree(target, ignore_errors=True)
    return wrong


def main() -> int:
    """Run both and print what is held and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", type=int, default=200)
    parser.add_argument("--beside", type=int, default=50)
    asked = parser.parse_args()
    status = 0
    with tempfile.TemporaryDirectory() as name:
        row = in_a_row(asked.row, Path(name))
        if row:
            for at in sorted({0, min(_WARM, len(row)) - 1, len(row) // 2, len(row) - 1}):
                sys.stdout.write(f"after build {at + 1}: {row[at]}\n")
            status |= row[-1][1:] != row[min(_WARM, len(row)) - 1][1:]
    with tempfile.TemporaryDirectory() as name:
        wrong = side_by_side(asked.beside, Path(name))
        sys.stdout.write(
            "\n".join([f"{asked.beside} side by side, {len(wrong)} wrong", *wrong, ""])
        )
        status |= bool(wrong)
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
