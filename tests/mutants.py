"""Small changes to the code of figures, evidence and measures, and whether a test sees each.

``python -m tests.mutants --sample 500 --seed 1`` changes one place of a copy of the package at a
time: a comparison, a sign, a number, ``and`` for ``or``, a condition for its opposite, a returned
value for None. First the tests run once, to see which of them come by each line and how long they
take; then each mutant meets tests that come by its statement, those of its module and the quickest
first. It is killed where one of them fails or does not end; those that live are listed for somebody
to look at, and tried again with ``--lives FILE`` once there are tests for them.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import coverage

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pingshan_geo"
#: What is mutated.
MODULES = ("figure.py", "evidence.py", "units.py", "measures")
#: Tests that come by these modules, besides doctests.
TESTS = (
    "area assessment cadastre claims consequences crossing deliveries demo_town figure geodata "
    "geos_jts ledger limits lots membership obligations overlay pace parts ragged readings "
    "reconcile report report_land rollup stages sums tolerance topology topology_outlines "
    "topology_tiles under_attack units"
)
#: Tests of a mutant end after so many seconds, by what they took without it.
SECONDS = 90.0
_COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COUNTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip


class Mutant(NamedTuple):
    """A change: the file, how many places come before it there, lines, and what was and is."""

    file: str
    place: int
    statement: int
    line: int
    was: str
    now: str

    def told(self) -> str:
        """Return the line that says that it lives."""
        return f"lives: {self.file}:{self.line}: {self.was}  →  {self.now}"


class _Changer(ast.NodeTransformer):
    """Changes the n-th place of a tree, or counts them all."""

    def __init__(self, wanted: int | None = None) -> None:
        self.wanted, self.seen, self.statement = wanted, -1, 0
        self.found: list[tuple[int, int, str, str]] = []

    def _offer(self, node: ast.AST, changed: ast.AST) -> ast.AST:
        self.seen += 1
        ast.copy_location(changed, node)
        ast.fix_missing_locations(changed)
        if self.wanted is None:
            line = getattr(node, "lineno", self.statement)
            self.found.append((self.statement, line, ast.unparse(node), ast.unparse(changed)))
        return changed if self.seen == self.wanted else node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.stmt):
            self.statement = node.lineno
        if isinstance(node, (ast.AnnAssign, ast.arg)):  # types say nothing when they run
            if isinstance(node, ast.AnnAssign) and node.value:
                node.value = self.visit(node.value)
            return node
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
            if isinstance(node, ast.FunctionDef):
                node.returns = None
            start = int(bool(ast.get_docstring(node)))
            node.body[start:] = [self.visit(each) for each in node.body[start:]]
            return node
        super().generic_visit(node)
        return self._change(node)

    def _change(self, node: ast.AST) -> ast.AST:
        changed: ast.AST | None = None
        match node:
            case ast.Compare(left, [op, *ops], others) if type(op) in _COMPARED:
                changed = ast.Compare(left, [_COMPARED[type(op)](), *ops], others)
            case ast.BinOp(left, op, right) if type(op) in _COUNTED:
                changed = ast.BinOp(left, _COUNTED[type(op)](), right)
            case ast.BoolOp(op, values):
                changed = ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            case ast.UnaryOp(ast.Not() | ast.Invert() | ast.USub(), operand):
                changed = operand
            case ast.Constant(bool(value)):
                changed = ast.Constant(not value)
            case ast.Constant(int(value) | float(value)):
                changed = ast.Constant(value + 1)
            case ast.IfExp(test, body, orelse):
                changed = ast.IfExp(test, orelse, body)
            case ast.Return(value) if value is not None:
                changed = ast.Return(ast.Constant(None))
        if changed is None or ast.dump(changed) == ast.dump(node):
            return node
        return self._offer(node, changed)


def mutants() -> list[Mutant]:
    """Return all places that can be changed."""
    found = []
    for name in MODULES:
        path = PACKAGE / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            changer = _Changer()
            changer.visit(ast.parse(file.read_text("utf-8")))
            relative = str(file.relative_to(PACKAGE))
            found += [Mutant(relative, n, *each) for n, each in enumerate(changer.found)]
    return found


# As a plugin of pytest (``-p tests.mutants``) this module notes which test is running.
_took: dict[str, float] = defaultdict(float)


def pytest_runtest_logstart(nodeid: str) -> None:
    """Tell what measures the lines whose they are, fixtures included."""
    if measured := coverage.Coverage.current():
        measured.switch_context(nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what a test took."""
    _took[report.nodeid] += report.duration


def pytest_sessionfinish() -> None:
    """Leave what the tests took for the process that asked."""
    if place := os.environ.get("MUTANTS_TOOK"):
        Path(place).write_text(json.dumps(_took))


@cache
def _copied() -> Path:
    """Return a copy of the project, one for each process, in which files may be changed."""
    copy = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for part in ("src", "tests", "geodata", "examples", "docs", "maps", "benchmarks"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def _environment(copy: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}


class Tests(NamedTuple):
    """What each test takes, and the tests that come by each line of each file."""

    took: dict[str, float]
    at: dict[str, dict[int, list[str]]]

    def of(self, mutant: Mutant) -> list[str]:
        """Return tests that come by a mutant's statement, the quickest first, for `SECONDS`.

        What runs as a module is loaded, or in another process, is seen by those of its whole file.
        """
        at = self.at.get(mutant.file, {})
        lines = range(mutant.statement, mutant.line + 1)
        names = {name for line in lines for name in at.get(line, ()) if name in self.took}
        if not names:
            names = {name for every in at.values() for name in every if name in self.took}
        own = {
            f"test_{name}.py" for name in (Path(mutant.file).stem, Path(mutant.file).parent.name)
        }
        chosen, left = [], SECONDS
        for name in sorted(
            names, key=lambda name: (name.split("::")[0][6:] not in own, self.took[name], name)
        ):
            left -= self.took[name]
            if left < 0 and chosen:
                break
            chosen.append(name)
        return chosen


def _measured(words: list[str]) -> Tests:
    """Run tests where nothing is changed; return what they took and where they came by."""
    copy = Path(shutil.copytree(_copied(), tempfile.mkdtemp(), dirs_exist_ok=True))
    try:
        (copy / ".coveragerc").write_text("[run]\nsource_pkgs = pingshan_geo\n")
        command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q", "-p",
                   "tests.mutants", "-p", "no:cacheprovider", *words]  # fmt: skip
        environment = _environment(copy) | {"MUTANTS_TOOK": str(copy / "took.json")}
        done = subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True)
        if done.returncode:
            sys.exit("tests fail where nothing was changed:\n" + done.stdout.decode()[-5000:])
        data = coverage.CoverageData(str(copy / ".coverage"))
        data.read()
        package = copy / "src" / "pingshan_geo"
        at = {
            str(Path(file).relative_to(package)): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        return Tests(json.loads((copy / "took.json").read_text()), at)
    finally:
        shutil.rmtree(copy)


def all_tests() -> Tests:
    """Return the tests that may kill, in two runs side by side."""
    parts = [TESTS.split()[::2], TESTS.split()[1::2]]
    words = [[f"tests/test_{name}.py" for name in part] for part in parts]
    words[0] += [f"src/pingshan_geo/{name}" for name in MODULES]
    _copied()
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(_measured, words))
    at: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for tests in both:
        for file, lines in tests.at.items():
            for line, names in lines.items():
                at[file][line] += names
    return Tests(both[0].took | both[1].took, {file: dict(lines) for file, lines in at.items()})


def killed(mutant: Mutant, names: list[str]) -> bool:
    """Return whether one of some tests fails with a mutant; in a process that does nothing else."""
    import pytest

    copy = _copied()
    file = copy / "src" / "pingshan_geo" / mutant.file
    tree = _Changer(mutant.place).visit(ast.parse(file.read_text("utf-8")))
    file.write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
    os.chdir(copy)
    os.environ |= _environment(copy)
    sys.path[:0] = [str(copy / "src"), str(copy)]
    sys.modules.pop("tests", None)  # the copy's own
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(int(4 * SECONDS))
    status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *names])
    signal.alarm(0)
    return status != pytest.ExitCode.OK


def _too_long(*_: object) -> None:
    raise TimeoutError("a mutant does not end")


def _processes() -> ProcessPoolExecutor:
    """Return two processes at a time, a new one for each task, with the libraries loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["geopandas", "hypothesis", "pyarrow.parquet", "pytest"])
    return ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1)


def main() -> int:
    """Try a sample, and list what lives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="leave out those before it")
    parser.add_argument("--lives", type=Path, help="of the sample only those that lived, a listing")
    asked = parser.parse_args()
    found = mutants()
    sample = random.Random(asked.seed).sample(found, min(asked.sample, len(found)))  # noqa: S311
    if asked.lives:
        listing = asked.lives.read_text("utf-8")
        sample = [each for each in sample if each.told() in listing]
    begun = time.monotonic()
    tests = all_tests()
    sys.stderr.write(f"{len(tests.took)} tests ran in {time.monotonic() - begun:.0f} s\n")
    count: Counter[bool] = Counter()
    names = [tests.of(mutant) for mutant in sample]
    with _processes() as pool:
        if any(pool.map(killed, [each._replace(place=-1) for each in sample[:8]], names)):
            sys.exit("tests fail where nothing was changed")
    sample, names = sample[asked.first :], names[asked.first :]
    with _processes() as pool:
        runs = pool.map(killed, sample, names)
        for n, (mutant, tried, is_killed) in enumerate(zip(sample, names, runs, strict=True)):
            count[is_killed] += 1
            sys.stderr.write(f"\r{asked.first + n + 1} tried, {count[False]} live")
            if not is_killed:
                sys.stdout.write(f"{mutant.told()} ({len(tried)} tests)\n")
                sys.stdout.flush()
    sys.stdout.write(f"{count[True]} of {count.total()} killed, of {len(found)} places\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
