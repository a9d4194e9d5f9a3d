"""The guard against text from data in templates: as its document says, and it stands alone."""

import ast
import doctest
from pathlib import Path

from pingshan_geo.page import inert

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_on_templates_tells_what_happens():
    tried = doctest.testfile(str(ROOT / "docs" / "templates.md"), module_relative=False)
    assert tried.attempted > 10
    assert tried.failed == 0


def test_the_guard_needs_nothing_of_this_package():
    tree = ast.parse(Path(inert.__file__).read_text("utf-8"))
    named = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    named |= {
        one.name for each in ast.walk(tree) if isinstance(each, ast.Import) for one in each.names
    }
    standard = {"__future__", "collections.abc", "html", "json", "re", "typing"}
    assert named == {*standard, "branca.element"}
