"""The documents: what they show is what comes out, and what they name is there."""

import doctest
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.deliveries import make

from pingshan_geo import __version__
from pingshan_geo.catalogue.schema import TABLES
from pingshan_geo.cli import cli, main

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAM = re.compile(r"^(\$ |\.venv/bin/)(?=pingshan-geo |echo \$\?)")
SIZE = re.compile(r"\d[\d,]* KB")
NOT_RUN = ("make", "python", "pip", ".venv/bin/", "git")


def shown_runs(text: str) -> list[tuple[str, str]]:
    """Return the commands of a console block with the output that is shown for each.

    The lines that `make` prints before it runs a command count as commands too.
    """
    runs: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if PROGRAM.match(line):
            runs.append((PROGRAM.sub("", line), []))
        elif line.startswith("$ "):
            assert line[2:].startswith(NOT_RUN), f"the test cannot run {line!r}"
            runs.append(("", []))
        elif runs and runs[-1][0]:
            runs[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in runs if command]


def matches(shown: str, said: str) -> bool:
    """Tell whether output is what is shown; `…` is anything, sizes and widths do not count."""
    wanted, found = (
        re.sub(r"(?m)^ +| +", " ", SIZE.sub("N KB", text.strip("\n") + "\n"))
        for text in (shown, said)
    )
    parts = [re.escape(part) for part in re.split(r"^…\n|…", wanted, flags=re.MULTILINE)]
    return re.fullmatch(r"[\s\S]*".join(parts), found) is not None


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md", "docs/import.md"])
def test_what_a_document_shows_is_what_comes_out(page, tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    if page == "docs/import.md":
        make(tmp_path / "deliveries")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stderr", sys.stdout)  # in the order of a terminal
    names, status = {}, 0
    for kind, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if kind == "python":
            test = doctest.DocTestParser().get_doctest(text, names, page, page, 0)
            runner = doctest.DocTestRunner(verbose=False)
            runner.run(test, clear_globs=False)
            assert runner.failures == 0, capsys.readouterr().out
            names = test.globs
            continue
        for command, shown in shown_runs(text):
            if command.startswith("echo"):
                assert str(status) == shown.strip()
                continue
            status = main(shlex.split(command)[1:])
            said = "".join(capsys.readouterr())
            assert matches(shown, said), f"{command}\n{said}"


def test_the_tables_made_from_the_code_are_up_to_date():
    command = [sys.executable, str(ROOT / "docs/make_reference.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_files_leads_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
            assert anchor in anchors, f"{page.name}: {link}"


def test_every_command_and_option_is_in_the_reference():
    text = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    for name in cli.list_commands(None):
        part = text.split(f"### {name}\n")[1].split("\n### ")[0]
        for parameter in cli.get_command(None, name).params:
            shown = (
                parameter.opts
                if parameter.param_type_name == "option"
                else [parameter.name.upper()]
            )
            assert all(f"`{word}`" in part for word in shown), f"{name} {shown}"
            assert parameter.help, f"{name} {shown} says nothing"
    assert not re.search(r"\|  +\|", text.split("## Commands")[1].split("## Exit status")[0])


def test_every_column_of_the_catalogue_is_in_its_document():
    text = (ROOT / "docs/catalogue.md").read_text(encoding="utf-8")
    for table, columns in TABLES.items():
        part = text.split(f"**{table}**")[1].split("\n**")[0]
        missing = [column.name for column in columns if f"`{column.name}`" not in part]
        assert not missing, f"{table}: {missing}"


def test_the_changelog_has_the_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(__version__)}\b", text, re.MULTILINE)


def test_every_test_that_a_security_promise_names_is_there():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)\.py::(test_\w+)`", text)
    assert len(named) > 8
    for file, test in named:
        sources = [path.read_text(encoding="utf-8") for path in ROOT.glob(f"tests/**/{file}.py")]
        assert any(f"def {test}(" in source for source in sources), f"{file}.py::{test}"


def test_what_is_shown_is_compared():
    assert matches("a\n…\nd 12 KB", "a\nb\nc\nd 7 KB\n")
    assert matches("a 1…2\n…", "a 1, 2\n")
    assert not matches("a\n…\nd", "a\nb\n")
    assert shown_runs("$ make\n.venv/bin/pingshan-geo build\nx\n$ echo $?\n0") == [
        ("pingshan-geo build", "x"),
        ("echo $?", "0"),
    ]
