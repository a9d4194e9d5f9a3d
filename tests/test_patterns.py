"""No regular expression of the package takes for ever, and no text of a user is one, or code."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import pingshan_geo
from pingshan_geo.ids import clean_id, nearest, nfkc, normal_id
from pingshan_geo.ingest.columns.cells import read_number
from pingshan_geo.query import matching

ROOT = Path(pingshan_geo.__file__).parent
# What is repeated, what stands before it, and what makes the whole match in vain.
PUMPS = (
    "1", " ", "a", "A", ".", ",", "-", "(", "(a", ") ", "=", "'", '"', "\\", "1,", "1.", "1 ", "a ",
    "no.", ":", "a1-", "[", "{", "<", "万", "一", "一点", "、", "and ", "one ", "twenty-", "\n",
    "\n ", "0", "RMB ", "1 million ", "宗地", "in ", "_a", "%", "?",
)  # fmt: skip
BEFORE = ("", "1-")
BEHIND = ("5a5!",)
# Patterns of what a file begins with: they are matched at the first 4 096 bytes.
HEADS = {"FORMATS", "_BY_SUFFIX", "_OF_THE_PAGE"}
# A text eight times as long takes about ten times as long where it is read once, and over fifty
# times where each place is begun at. The slowest that is read once takes 10 ms, so that noise of
# the machine would have to hit twice.
SHORT, LONG, MOST_S, GROWTH = 1_000, 8_000, 0.03, 25


def held(value: object, depth: int = 3) -> Iterator[re.Pattern]:
    """Yield the patterns in a value of a module."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, (list, tuple, set, frozenset, dict)):
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        for part in parts:
            yield from held(part, depth - 1)
    elif depth and dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from held(getattr(value, field.name, None), depth - 1)


def patterns() -> dict[tuple, tuple[str, str]]:
    """Return each pattern of the package, by what it says: where it is and how it is used."""
    sources = {path: path.read_text("utf-8") for path in ROOT.rglob("*.py")}
    used_as: dict[str, set[str]] = {}
    for name, use in re.findall(r"\b(\w+)\.(\w+)\(", "\n".join(sources.values())):
        used_as.setdefault(name, set()).add(use)
    found: dict[tuple, tuple[str, str]] = {}
    for module in pkgutil.walk_packages([str(ROOT)], "pingshan_geo."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            used = used_as.get(name, set())
            whole = used & {"match", "fullmatch"}
            way = sorted(whole)[0] if used == whole and whole else "search"
            way = "match" if name in HEADS else way
            for pattern in held(value):
                found[pattern.pattern, pattern.flags] = (f"{module.name}.{name}", way)
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")):
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                said = " ".join(map(ast.unparse, [*node.args[1:], *node.keywords]))
                flags = [getattr(re, each) for each in re.findall(r"re\.([A-Z]+)", said)]
                pattern = re.compile(node.args[0].value, sum(flags))
                way = ast.unparse(node.func).removeprefix("re.")
                way = way if way in {"match", "fullmatch"} else "search"
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                found.setdefault((pattern.pattern, pattern.flags), (place, way))
    return found


def seconds(use: object, text: str | bytes) -> float:
    start = time.process_time()
    use(text)
    return time.process_time() - start


def test_no_pattern_grows_with_the_square_of_a_text():
    found = patterns()
    assert len(found) > 150, "they are found at all"
    slow = {}
    for (text, flags), (place, way) in found.items():
        use = getattr(re.compile(text, flags), way)
        for pump, before, behind in itertools.product(PUMPS, BEFORE, BEHIND):
            short, long = (before + (pump * size)[:size] + behind for size in (SHORT, LONG))
            if isinstance(text, bytes):
                short, long = short.encode(), long.encode()
            if seconds(use, short) < MOST_S and seconds(use, long) < MOST_S:
                continue
            once = min(seconds(use, short) for _ in range(3))  # else it was something beside
            if once > MOST_S or min(seconds(use, long) for _ in range(3)) > GROWTH * once:
                slow[place] = (way, before, pump, behind)
                break
    assert not slow


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (normal_id, "no." * 40_000 + "x"), (normal_id, "lot" + ":" * 100_000),
        (clean_id, " " * 100_000 + "x"), (nfkc, "e" + "\u0315\u0300" * 50_000),
        (read_number, "1" + "\u0315\u0300" * 50_000), (read_number, "123,456" * 20_000),
        (lambda text: nearest(text, [text[:-1], "a"]), "".join(map(chr, range(0x4E00, 0x9000)))),
    ],
)  # fmt: skip
def test_a_long_text_costs_no_more_than_its_length(use, text):
    assert seconds(use, text) < 5


def test_a_filter_with_many_wild_cards_ends_and_selects_what_it_says():
    import pandas as pd

    names = pd.DataFrame({"name": ["a" * 20_000, "xaybzcw", "a_b", "a%b", "abc", None]})
    start = time.process_time()
    assert not matching(f"name LIKE '{'%a' * 20}%b'", names).any()
    assert time.process_time() - start < 5
    for pattern, chosen in {
        "%a%b%c%": ["xaybzcw", "abc"], "a_b": ["a_b", "a%b"], r"a\_b": ["a_b"], r"a\%b": ["a%b"],
        "abc": ["abc"], "%c": ["abc"], "a%b": ["a_b", "a%b"], "%bc%bc": [],
    }.items():  # fmt: skip
        assert names["name"][matching(f"name LIKE '{pattern}'", names)].tolist() == chosen, pattern


# Calls by which a text could become code, a template or a command.
NEVER = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}


def test_nothing_in_the_package_evaluates_a_text():
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in NEVER, f"{path.name}:{node.lineno}"
                assert not any(
                    each.arg == "shell" and "subprocess" in name for each in node.keywords
                ), path.name
                assert not name.endswith((".eval", "DataFrame.query")), path.name
