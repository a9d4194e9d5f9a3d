"""Fill the tables of the documents that are made from the code.

    python docs/make_reference.py          fills them in place
    python docs/make_reference.py --check  writes nothing; status 1 where one is out of date

A table stands between the lines ``<!-- made: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

import pingshan_geo
from pingshan_geo.ceilings import USUAL
from pingshan_geo.cli import cli
from pingshan_geo.findings import codes
from pingshan_geo.ingest.columns import headings
from pingshan_geo.ingest.formats.opening import FORMATS
from pingshan_geo.measures.registry import GROUPS, MEASURES, Measure
from pingshan_geo.units import UNITS
from pingshan_geo.words import words

DOCS = Path(__file__).resolve().parent
BLOCK = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
PAIR = re.compile(r"far_\w+_on_\w+")  # the ratios on each pair of bases stand in one row


def table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    cells = [list(heading), *(list(row) for row in rows)]
    lines = ["| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def commands() -> str:
    """Return the part about each command, the options of all first."""
    with click.Context(cli) as context:
        found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    parts = [of_command(name, command) for name, command in found.items() if command]
    return "\n\n".join((of_command("pingshan-geo [OPTIONS] COMMAND", cli), *parts))


def of_command(name: str, command: click.Command) -> str:
    """Return what a command does, its examples, arguments and options."""
    about, _, examples = inspect.cleandoc(command.help or "").partition("\n\n\b\n")
    lines = [re.sub(r"^Examples?: +", "", line).strip() for line in examples.splitlines()]
    code = "```\n" + "\n".join(lines) + "\n```\n\n" if lines else ""
    rows = (of_parameter(each) for each in command.params)
    options = table(("name", "values", "default", "what it does"), rows)
    return f"### {name}\n\n{' '.join(about.split())}\n\n{code}{options}"


def of_parameter(each: click.Parameter) -> Iterator[str]:
    """Yield the cells of one argument or option."""
    is_option = isinstance(each, click.Option)
    yield ", ".join(f"`{n}`" for n in each.opts) if is_option else f"`{each.name}`".upper()
    choices = getattr(each.type, "choices", None)
    yield ", ".join(f"`{c}`" for c in choices) if choices else (each.metavar or "—")
    default = each.to_info_dict()["default"]
    yield default if isinstance(default, str) else "required" if each.required else "—"
    yield (each.help or "").removesuffix(".")


def findings() -> str:
    """Return all codes of findings; what is filled into a message stands as ‹name›."""

    def said(message: str, fix: str) -> str:
        return re.sub(r"\{(\w+)\}", r"‹\1›", f"{message}<br>{fix}")

    rows = (
        (f"`{c.code}`", c.severity, said(c.message.en, c.fix.en), said(c.message.zh, c.fix.zh))
        for c in codes().values()
    )
    return table(("code", "severity", "what is wrong, what to do", "问题与处理"), rows)


def units() -> str:
    """Return the units of printed numbers."""
    rows = ((f"`{key}`", f"`{u.si}`", str(u.factor), u.en, u.zh) for key, u in UNITS.items())
    return table(("`unit`", "stored as", "factor", "English", "中文"), rows)


def synonyms() -> str:
    """Return the words that `import` takes for a column, and for its values."""
    rows = (
        (f"`{s.column}`", f"`{s.value}`" if s.value else "", ", ".join(s.tables) or "all",
         " · ".join(s.words), "only where nothing better is there" if s.rank > 1 else "")
        for s in headings.synonyms()
    )  # fmt: skip
    return table(("column", "value", "tables", "words", ""), rows)


def formats() -> str:
    """Return the formats that `import` reads."""
    rows = (
        (f.name, ", ".join(f"`{each}`" for each in f.suffixes)) for f in FORMATS if f.name != "zip"
    )
    return table(("format", "ending"), rows)


def ceilings() -> str:
    """Return how large a foreign file may be."""
    rows = (
        (f"`{name.replace('_', '-')}`", f"{most:,}", words()[f"ceiling_{name}"].text.en)
        for name, most in USUAL.numbers().items()
    )
    return table(("name", "at most", "of what"), rows)


def python() -> str:
    """Return the public names of Python with the first line of what they do."""
    members: dict[str, Any] = {name: getattr(pingshan_geo, name) for name in pingshan_geo.__all__}
    own = vars(pingshan_geo.Assessment).items()
    members |= {f"assessment.{n}": m for n, m in own if n[0] != "_" and inspect.getdoc(m)}
    rows = []
    for name, member in members.items():
        taken = inspect.signature(member).parameters if inspect.isfunction(member) else None
        arguments = "" if taken is None else f"({', '.join(n for n in taken if n != 'self')})"
        rows.append((f"`{name}{arguments}`", (inspect.getdoc(member) or "").splitlines()[0]))
    return table(("name", "what it is"), rows)


def glossary() -> str:
    """Return the words that have a definition."""
    defined = (w for w in words().values() if any(w.definition))
    rows = ((f"**{w.text.en}**", w.text.zh, f"`{w.key}`", *w.definition, w.source) for w in defined)
    return table(("term", "术语", "name", "definition", "定义", "source 出处"), rows)


def measures() -> str:
    """Return the tables of measures, one for each group."""
    return "\n\n".join(of_group(group) for group in GROUPS)


def of_group(group: str) -> str:
    """Return a row for each measure of a group, and one for all pairs of bases."""
    rows: dict[str, tuple[str, ...]] = {}
    for m in (m for m in MEASURES.values() if m.group == group):
        name = "far_FLOOR_on_LAND" if PAIR.fullmatch(m.name) else m.name
        unit = "of the row" if m.unit is None else m.unit
        rows[name] = (f"`{name}`", "" if unit == "1" else unit, *method(m))
    return table((group, "unit", "method", "source", "名称"), rows.values())


def method(measure: Measure) -> tuple[str, str, str]:
    """Return how a measure is made, where its definition comes from, its Chinese name."""
    if PAIR.fullmatch(measure.name):
        return "On each pair of bases, where a lot has several.", "", "各口径容积率"
    found = words().get(measure.name)
    return measure.method.en, found.source if found else "", measure.label.zh


MADE: tuple[Callable[[], str], ...] = (
    commands, findings, units, python, glossary, measures, synonyms, formats, ceilings,
)  # fmt: skip


def main() -> int:
    """Fill the tables, or with ``--check`` tell which documents are out of date."""
    makers = {maker.__name__: maker for maker in MADE}
    stale = 0
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        made = BLOCK.sub(lambda found: f"{found[1]}\n{makers[found[2]]()}\n\n{found[3]}", text)
        if made != text and "--check" in sys.argv[1:]:
            sys.stderr.write(f"{path.name} is out of date: run `make docs`\n")
            stale = 1
        elif made != text:
            path.write_text(made, encoding="utf-8", newline="\n")
    return stale


if __name__ == "__main__":
    sys.exit(main())
