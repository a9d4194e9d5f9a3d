"""Small changes to the code of figures, evidence and measures, and whether a test sees each.

``python -m tests.mutants --sample 500 --seed 1`` changes one place of a copy of the package at a
time: a comparison, a sign, a number, ``and`` for ``or``, a condition for its opposite, a returned
value for None. A mutant is killed where a test of its module, or one of whole figures, fails; those
that live are listed for somebody to look at.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pingshan_geo"
#: What is mutated.
MODULES = ("figure.py", "evidence.py", "units.py", "measures")
_COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COUNTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip


class Mutant(NamedTuple):
    """A change: the file, how many places come before it there, line, and what was and is."""

    file: str
    place: int
    line: int
    was: str
    now: str


class _Changer(ast.NodeTransformer):
    """Changes the n-th place of a tree, or counts them all."""

    def __init__(self, wanted: int | None = None) -> None:
        self.wanted, self.seen = wanted, -1
        self.found: list[tuple[int, str, str]] = []

    def _offer(self, node: ast.AST, changed: ast.AST) -> ast.AST:
        self.seen += 1
        ast.copy_location(changed, node)
        ast.fix_missing_locations(changed)
        if self.wanted is None:
            self.found.append((node.lineno, ast.unparse(node), ast.unparse(changed)))  # type: ignore[attr-defined]
        return changed if self.seen == self.wanted else node

    def generic_visit(self, node: ast.AST) -> ast.AST:
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


# Tests of whole figures, those that fail most often first.
_GROUPS = (
    "assessment demo_town geodata",
    "lots limits ledger rollup stages pace deliveries claims obligations consequences overlay"
    " membership reconcile report_land figure",
    "topology topology_outlines topology_tiles crossing ragged area sums readings parts report",
)


def tests_of(file: str) -> Iterator[list[str]]:
    """Yield tests to try: the module's own, then those that hold whole figures."""
    names = dict.fromkeys([Path(file).stem, Path(file).parent.name])
    own = [f"tests/test_{name}.py" for name in names if (ROOT / f"tests/test_{name}.py").exists()]
    yield [f"src/pingshan_geo/{file}", *own]
    for group in _GROUPS:
        yield [f"tests/test_{name}.py" for name in group.split()]


def killed(mutant: Mutant, seconds: float) -> bool:
    """Return whether a test fails with a mutant."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for part in ("src", "tests", "geodata", "examples", "docs", "maps", "benchmarks"):
            shutil.copytree(ROOT / part, copy / part)
        shutil.copy(ROOT / "pyproject.toml", copy)
        file = copy / "src" / "pingshan_geo" / mutant.file
        tree = _Changer(mutant.place).visit(ast.parse(file.read_text("utf-8")))
        file.write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        for tests in tests_of(mutant.file):
            words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
            command = [sys.executable, "-m", "pytest", *words]
            try:
                done = subprocess.run(command, cwd=copy, env=environment, timeout=seconds,
                                      check=False, capture_output=True)  # fmt: skip
            except subprocess.TimeoutExpired:
                return True
            if done.returncode not in {0, 5}:
                return True
    return False


def main() -> int:
    """Try a sample, and list what lives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=300.0)
    asked = parser.parse_args()
    found = mutants()
    sample = random.Random(asked.seed).sample(found, min(asked.sample, len(found)))  # noqa: S311
    if killed(Mutant("measures/sums.py", -1, 0, "", ""), 10 * asked.seconds):
        sys.exit("tests fail where nothing was changed")
    count: Counter[bool] = Counter()
    with ProcessPoolExecutor(2) as pool:
        runs = pool.map(partial(killed, seconds=asked.seconds), sample)
        for mutant, is_killed in zip(sample, runs, strict=True):
            count[is_killed] += 1
            if not is_killed:
                line = f"lives: {mutant.file}:{mutant.line}: {mutant.was}  →  {mutant.now}"
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
    sys.stdout.write(f"{count[True]} of {count.total()} killed, of {len(found)} places\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
