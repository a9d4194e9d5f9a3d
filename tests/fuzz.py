"""Inputs at random for every parser of our own: ``python -m tests.fuzz --inputs 50000``.

A target takes bytes. It may refuse them with an error of the package, whose words must be there in
both languages and steer no terminal; anything else is a bug (exit status 4 of the program), and the
input is kept under ``tests/data/fuzz``, where `test_fuzz` tries it from then on. ``--guided`` has
atheris look for inputs that reach further code; without it seeds are mutated blindly, faster.
``--gdal N`` gives mutated files to the child processes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "data" / "fuzz"
GEODATA = Path(__file__).parent.parent / "geodata"
_LONGEST = 4096  # bytes that an input may be longer than two seeds
_NUMBERS = [b"0", b"-1", b"1e308", b"1e999", b"NaN", b"9" * 5000, b"2147483648", b"0x10", b"-0.0"]
_TOKENS = [
    *_NUMBERS, b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xae",
    *(bytes([sign]) for sign in b"\r\n\t\"',;=()[]{}<>&%/\\"), b"{}", b"[]", b"null",
    b"{0.__class__}", b"{{7*7}}", b"%n", b"..", b"2017-02-30", b"0000-00-00",
    *(each.encode() for each in ("１万", "２０１７年２月３０日", "㎡", "亩", "٣")),
]  # fmt: skip

_THINGS = [
    None,
    True,
    0,
    -1.5,
    1e300,
    10**400,
    "",
    "x",
    "坪",
    "9" * 5000,
    [],
    {},
    [[]],
    [5],
    {"a": 5},
]


@dataclass(frozen=True)
class Target:
    """A parser, inputs to begin with, and of how many inputs meant for it one is tried."""

    run: Callable[[bytes, Path], object]
    seeds: tuple[bytes, ...]
    slow: int = 1


def text(data: bytes) -> str:
    """Return bytes as words of a command line arrive: what is no UTF-8 is a half surrogate."""
    return data.decode("utf-8", "surrogateescape")


def clean(data: bytes) -> str:
    """Return bytes as text of a file arrives."""
    return data.decode("utf-8", "replace")


def _file(name: str, read: Callable[[Path], object], data: bytes, folder: Path) -> object:
    path = folder / name
    path.write_bytes(data)
    return read(path)


@cache
def targets() -> dict[str, Target]:
    """Return the targets by name; the package is imported here, so that atheris can look in."""
    from tests import fuzz_targets

    return fuzz_targets.TARGETS


def fault(target: Target, data: bytes, folder: Path) -> str | None:
    """Return what is wrong with what a target makes of an input, None for nothing."""
    from pingshan_geo.errors import InputError, PingshanGeoError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a library's warning would stand on the user's terminal
            target.run(data, folder)
    except PingshanGeoError as error:
        lines = [error.message(lang) for lang in ("en", "zh")]
        if isinstance(error, InputError):
            lines += [found.line(lang) for found in error.findings for lang in ("en", "zh")]
        if not all(lines):
            return f"{type(error).__name__} without words"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def mutated(rng: random.Random, target: Target) -> bytes:
    """Return a seed after up to eight changes."""
    data = bytearray(rng.choice(target.seeds))
    for _ in range(rng.randint(1, 8)):
        at, end = sorted(rng.randint(0, len(data)) for _ in range(2))
        end = min(end, at + 64)
        way = rng.randrange(8)
        if way == 0:
            data[at:at] = rng.choice(_TOKENS)
        elif way == 1:
            data[at:end] = rng.choice(_TOKENS)
        elif way == 2:
            del data[at:end]
        elif way == 3:
            data[at:at] = data[at:end] * rng.randint(1, 4)
        elif way == 4:
            data[at:end] = rng.randbytes(end - at)
        elif way == 5:
            data[at:] = rng.choice(target.seeds)[at:]
        elif way == 6:
            data[:] = of_another_kind(rng, bytes(data))
        elif data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
    return bytes(data[: _LONGEST + 2 * max(map(len, target.seeds))])


def of_another_kind(rng: random.Random, data: bytes) -> bytes:
    """Return JSON with a thing of another kind in one place; what is no JSON as it is."""
    head = data[: int(data[:1] < b" ")]  # a byte that chooses
    try:
        document = json.loads(data[len(head) :])
    except (ValueError, RecursionError):
        return data
    places: list[tuple[Any, Any]] = []
    todo = [document]
    for node in todo:
        keys = (
            node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        )
        places += ((node, key) for key in keys)
        todo += (node[key] for key in keys)
    if not places:
        return head + json.dumps(rng.choice(_THINGS)).encode()
    node, key = rng.choice(places)
    node[key] = rng.choice(_THINGS)
    return head + json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder in memory where there is one."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


def tried(name: str, inputs: int, seed: int) -> tuple[str, int, float, dict[str, bytes]]:
    """Return name, number, seconds and faults (with an input each) of inputs for one target."""
    rng = random.Random(f"{seed} {name}")  # noqa: S311
    target = targets()[name]
    inputs //= target.slow
    faults: dict[str, bytes] = {}
    start = time.monotonic()
    with folder() as place:
        for _ in range(inputs):
            data = mutated(rng, target)
            said = fault(target, data, place)
            if said is not None:
                faults[said] = min(data, faults.get(said, data), key=len)
    return name, inputs, time.monotonic() - start, faults


def guided(name: str, inputs: int, seed: int) -> None:
    """Have atheris try inputs for one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["pingshan_geo"]):
        target = targets()[name]
    with folder() as corpus, folder() as place:
        for number, data in enumerate(target.seeds):
            (corpus / str(number)).write_bytes(data)

        def one(data: bytes) -> None:
            said = fault(target, data, place)
            if said is not None:
                kept(name, data)
                raise RuntimeError(said)

        words = [
            sys.argv[0],
            f"-atheris_runs={inputs}",
            f"-seed={seed}",
            "-max_len=4096",
            f"-artifact_prefix={place}/",
            str(corpus),
        ]
        atheris.Setup([*words, "-timeout=20", "-rss_limit_mb=4096"], one)
        atheris.Fuzz()


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def kept(name: str, data: bytes) -> Path:
    """Keep an input that showed a fault."""
    CASES.mkdir(parents=True, exist_ok=True)
    path = CASES / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def main() -> int:
    """Try inputs for all targets, two at a time, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1000, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--targets", nargs="+")
    parser.add_argument("--guided", action="store_true")
    parser.add_argument("--gdal", type=int, default=0, help="files for the child processes")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        guided(asked.one, asked.inputs, asked.seed)
        return 0
    names = asked.targets or list(targets())
    way = _in_process if asked.guided else tried
    work = partial(way, inputs=asked.inputs, seed=asked.seed)
    total = wrong = 0
    with ProcessPoolExecutor(asked.processes) as pool:
        runs = [pool.map(work, names)]
        if asked.gdal:
            from tests import fuzz_targets

            share = asked.gdal // len(fuzz_targets.FILES)
            runs.append(pool.map(partial(fuzz_targets.tried, inputs=share, seed=asked.seed),
                                 fuzz_targets.FILES))  # fmt: skip
        for run in runs:
            for name, inputs, seconds, faults in run:
                say(f"{name:16}{inputs:>9,} inputs{seconds:8.0f} s  {len(faults)} faults")
                for said, data in faults.items():
                    say(f"    {said}\n    {kept(name, data) if data else ''}")
                total, wrong = total + inputs, wrong + len(faults)
    say(f"{total:,} inputs, {wrong} faults")
    return int(bool(wrong))


def _in_process(name: str, inputs: int, seed: int) -> tuple[str, int, float, dict[str, bytes]]:
    start = time.monotonic()
    inputs //= targets()[name].slow
    command = [sys.executable, "-m", "tests.fuzz", "--one", name, "--inputs", str(inputs)]
    done = subprocess.run(
        [*command, "--seed", str(seed)], capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stderr.splitlines() if "Error" in line or "ERROR" in line]
    # Its own alarm may go off while the interpreter ends: the line says whether all were tried.
    faults = (
        {}
        if f"Done {inputs} in " in done.stderr
        else {" | ".join(lines[-2:]) or f"status {done.returncode}: {done.stderr[-300:]}": b""}
    )
    return name, inputs, time.monotonic() - start, faults


if __name__ == "__main__":
    sys.exit(main())
