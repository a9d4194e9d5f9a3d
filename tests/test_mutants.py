"""The mutants of `mutants` are what they say."""

import ast

from tests.mutants import PACKAGE, _Changer, mutants


def changed(code: str, place: int) -> str:
    return ast.unparse(_Changer(place).visit(ast.parse(code)))


def test_each_place_of_a_code_is_changed_once_and_types_and_docstrings_are_left():
    code = (
        'def f(a: int, b: "x | y") -> int:\n    """Return 1."""\n    return a + 1 if a < b else -b'
    )
    counter = _Changer()
    counter.visit(ast.parse(code))
    rests = [changed(code, place).splitlines()[2].strip() for place in range(len(counter.found))]
    assert rests == [
        "return a + 1 if a <= b else -b",
        "return a + 2 if a < b else -b",
        "return a - 1 if a < b else -b",
        "return a + 1 if a < b else b",
        "return -b if a < b else a + 1",
        "return None",
    ]


def test_every_mutant_of_the_package_differs_and_can_be_compiled():
    found = mutants()
    assert len(found) > 3000
    assert all(mutant.was != mutant.now for mutant in found)
    for mutant in found[::500]:
        tree = ast.parse((PACKAGE / mutant.file).read_text("utf-8"))
        compile(ast.fix_missing_locations(_Changer(mutant.place).visit(tree)), mutant.file, "exec")
