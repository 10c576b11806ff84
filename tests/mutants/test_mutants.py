"""Mutants are the faults that they say, and the command tells those that are found from those that survive."""

from pathlib import Path

import pytest

from tests.mutants.critical import CRITICAL
from tests.mutants.operators import Mutant, mutants
from tests.mutants.trying import Fate, Trials, TrialsUnfit
from tests.project.sources import ROOT, module_name, product_files

MODULE = '''"""A tiny module."""

LEAST = 3


def enough(count: int = 0) -> bool:
    """Return whether there are enough."""
    return count >= LEAST
'''
TEST = """
from tiny import enough


def test_what_is_far_from_the_boundary() -> None:
    assert enough(10)
    assert not enough(1)
"""


def changes(source: str) -> list[str]:
    return [mutant.change for mutant in mutants(source.encode())]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", ["a < b → (a <= b)"]),
        ("x = a <= b < c", ["a <= b < c → (a < b < c)", "a <= b < c → (a <= b <= c)"]),
        ("x = a is None", ["a is None → (a is not None)"]),
        ("x = a in b", ["a in b → (a not in b)"]),
        ("x = a and b", ["a and b → (a or b)", "a and b → (a)", "a and b → (b)"]),
        ("x = not a", ["not a → (a)"]),
        ("x = a if b else c", ["b → (not (b))"]),
        ("x = True", ["True → (False)"]),
        ("x = 5", ["5 → (4)", "5 → (6)"]),
        ("x = a - b", ["a - b → (a + b)"]),
        ("x = max(a, b)", ["max(a, b) → (min(a, b))"]),
        ("if a:\n    b(c)", ["a → (not (a))", "b(c) → pass"]),
        ("def f():\n    raise a", ["raise a → pass"]),
        ("def f():\n    return a", ["return a → return None"]),
        # Not in the middle of what is written as several characters or over several lines.
        ("x = '邊' + (\n    a)", ["'邊' + ( a) → ('邊' - a)"]),
    ],
)
def test_each_fault_is_made_where_it_can_be(source: str, expected: list[str]) -> None:
    assert sorted(changes(source)) == sorted(expected)


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring with 5."""',
        "x: tuple[5]",
        "@f(5)\ndef g(): return",
        "assert a < b",
        "x = f'{a < b}'",
        "if TYPE_CHECKING:\n    f()",
        "def f() -> g(5): return None",
    ],
)
def test_what_cannot_change_what_a_module_does_is_left_alone(source: str) -> None:
    assert changes(source) == []


def test_a_mutant_changes_its_own_place_alone() -> None:
    source = "# 前文\nx = f('鄭', 1)  # A comment.\n".encode()
    (first, _) = mutants(source)
    assert first.line == 2
    assert first.apply(source).decode() == "# 前文\nx = f('鄭', (0))  # A comment.\n"


def of(source: str, text: str) -> Mutant:
    """Return the mutant that puts `text` in the place of something."""
    (found,) = [mutant for mutant in mutants(source.encode()) if mutant.text == text]
    return found


def test_a_fault_that_no_test_sees_survives_and_the_others_are_found(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(MODULE)
    (tmp_path / "test_tiny.py").write_text(TEST)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = ['--import-mode=importlib']\n")
    with Trials.beside(tmp_path, Path("tiny.py"), ["test_tiny.py"]) as trials:
        trials.prepare()
        assert trials.run(of(MODULE, "return None")) is Fate.FOUND
        assert trials.run(of(MODULE, "(count > LEAST)")) is Fate.SURVIVED
    assert (tmp_path / "tiny.py").read_text() == MODULE, "the tree itself is never touched"


@pytest.mark.parametrize(
    ("test", "cause"),
    [("def test_it() -> None:\n    assert False\n", "fail without"), ("def test_it() -> None: ...\n", "no test loads")],
)
def test_tests_that_can_judge_nothing_are_refused(tmp_path: Path, test: str, cause: str) -> None:
    (tmp_path / "tiny.py").write_text(MODULE)
    (tmp_path / "test_tiny.py").write_text(test)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    with Trials.beside(tmp_path, Path("tiny.py"), ["test_tiny.py"]) as trials, pytest.raises(TrialsUnfit, match=cause):
        trials.prepare()


def test_the_table_names_modules_and_tests_that_exist() -> None:
    assert set(CRITICAL) <= {module_name(file) for file in product_files()}
    assert [test for tests in CRITICAL.values() for test in tests if not (ROOT / test).exists()] == []
