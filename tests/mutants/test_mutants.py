"""Mutants are the faults that they say, and the command tells those that are found from those that survive."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from tests.mutants.__main__ import ModuleTrial
from tests.mutants.critical import CRITICAL
from tests.mutants.equivalents import Equivalent, equivalents
from tests.mutants.judging import Choice, Verdict, judge
from tests.mutants.operators import Mutant, mutants
from tests.mutants.reach import Place, place_of
from tests.mutants.trying import Fate, Trials, TrialsUnfit
from tests.project.sources import ROOT, module_name, product_files

MODULE = '''"""A tiny module."""

LEAST = 3


def enough(count: int = 0) -> bool:
    """Return whether there are enough."""
    return count >= LEAST


def made() -> list[int]:
    """Return what tests share."""
    return [5]


def unused(count: int) -> int:
    """Return what nobody asks for."""
    return count - 1
'''
TEST = """
from functools import cache

import tiny

made = cache(tiny.made)


def test_what_is_far_from_the_boundary() -> None:
    assert tiny.LEAST > 2
    assert tiny.enough(10)
    assert not tiny.enough(1)


def test_that_something_is_made() -> None:
    assert made()


def test_what_is_made() -> None:
    assert made() == [5]
"""
LEANING = """
import tiny

seen = []


def test_first() -> None:
    seen.append(1)


def test_second() -> None:
    assert seen
    assert not tiny.enough(2)
"""


def of(source: str, change: str) -> Mutant:
    """Return the mutant that makes one change."""
    (found,) = [mutant for mutant in mutants(source.encode()) if mutant.change == change]
    return found


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
        ("def f():\n    return False", ["False → (True)"]),
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


@pytest.mark.parametrize(
    ("change", "lines", "loading"),
    [
        ("3 → (4)", {3}, True),
        ("0 → (1)", {6}, True),
        # The rest of a statement that holds others is theirs.
        ("count >= LEAST → (count > LEAST)", {8}, False),
        ("return ( count ) → return None", {10, 11, 12}, False),
    ],
)
def test_a_mutant_stands_on_the_lines_of_its_statement(change: str, lines: set[int], *, loading: bool) -> None:
    source = """import a

LEAST = 3


def f(count=0):
    # Few.
    if count >= LEAST:
        pass
    return (
        count
    )
"""
    assert place_of(of(source, change), ast.parse(source)) == Place(frozenset(lines), loading)


@contextmanager
def tiny(place: Path, test: str) -> Iterator[Trials]:
    """Yield the trials of the tiny module by one file of tests."""
    (place / "tiny.py").write_text(MODULE)
    (place / "test_tiny.py").write_text(test)
    (place / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = ['--import-mode=importlib']\n")
    with Trials.beside(place, Path("tiny.py"), ["test_tiny.py"]) as trials:
        yield trials


@pytest.mark.long
def test_what_becomes_of_faults(tmp_path: Path) -> None:
    expected = {
        "count >= LEAST → (count > LEAST)": Fate.SURVIVED,
        "return count >= LEAST → return None": Fate.FOUND,
        # While the module is loaded.
        "3 → (2)": Fate.FOUND,
        # By the one test that does not come there, as what is made is kept.
        "5 → (6)": Fate.FOUND,
        "count - 1 → (count + 1)": Fate.UNREACHED,
    }
    with tiny(tmp_path, TEST) as trials:
        trials.prepare()
        assert {change: trials.run(of(MODULE, change)) for change in expected} == expected
    assert (tmp_path / "tiny.py").read_text() == MODULE, "the tree itself is never touched"


@pytest.mark.parametrize(
    ("test", "cause"),
    [
        ("def test_it() -> None:\n    assert False\n", "fail without"),
        ("def test_it() -> None: ...\n", "no test loads"),
        (LEANING, "when it runs alone"),
    ],
)
def test_tests_that_can_judge_nothing_are_refused(tmp_path: Path, test: str, cause: str) -> None:
    def trial() -> None:
        trials.prepare()
        trials.run(of(MODULE, "3 → (2)"))

    with tiny(tmp_path, test) as trials, pytest.raises(TrialsUnfit, match=cause):
        trial()


@pytest.mark.long
def test_a_test_that_fails_by_itself_now_and_then_finds_nothing(tmp_path: Path) -> None:
    # The first run is the one without a fault; the test fails in the second alone, as it may on a busy machine.
    test = f"""
import pathlib

import tiny


def test_it() -> None:
    runs = pathlib.Path({str(tmp_path / "runs")!r})
    runs.write_text((runs.read_text() if runs.exists() else "") + "x")
    assert tiny.enough(10)
    assert runs.read_text() != "xx"
"""
    with tiny(tmp_path, test) as trials:
        trials.prepare()
        assert trials.run(of(MODULE, "count >= LEAST → (count > LEAST)")) is Fate.SURVIVED
        assert trials.run(of(MODULE, "return count >= LEAST → return None")) is Fate.FOUND


@pytest.mark.parametrize(
    ("body", "verdict"), [("threading.Event().wait()", None), ("os._exit(0)", Verdict(passed=False))]
)
def test_tests_that_say_nothing_are_ended(tmp_path: Path, body: str, verdict: Verdict | None) -> None:
    (tmp_path / "test_it.py").write_text(f"import os\nimport threading\n\n\ndef test_it() -> None:\n    {body}\n")
    seconds = 0.1 if verdict is None else 60.0
    assert judge(tmp_path, ["test_it.py"], Choice(), seconds=seconds) == verdict


def test_the_entries_of_the_table_of_equivalents_fit_a_mutant_and_give_a_reason() -> None:
    files = {module_name(file): file for file in product_files()}
    for module, entries in equivalents().items():
        source = files[module].read_bytes()
        found = mutants(source)
        for entry in entries:
            assert any(entry.fits(mutant, source) for mutant in found), f"{module}: {entry.change} in: {entry.line}"
            assert entry.why.endswith("."), "a sentence"


def test_an_equivalent_is_known_by_its_change_and_its_line() -> None:
    source = b"x = a < b\ny = a < b\nx = a < b\n"
    found = mutants(source)
    for above, lines in ((None, [1, 3]), ("", [1]), ("y = a < b", [3])):
        entry = Equivalent(line="x = a < b", change="a < b → (a <= b)", why="They never differ.", above=above)
        assert [mutant.line for mutant in found if entry.fits(mutant, source)] == lines


class Seeing:
    """Trials of tests that find one change alone."""

    def run(self, mutant: Mutant) -> Fate:
        return Fate.FOUND if mutant.change == "0 → (-1)" else Fate.SURVIVED


@pytest.mark.parametrize(
    ("count", "foreseen", "fates"),
    [
        (0, "0 → (1)", {Fate.FOUND: 1, Fate.SURVIVED: 2, Fate.EQUIVALENT: 1}),
        # One that the table foresees and the tests find is none.
        (0, "0 → (-1)", {Fate.FOUND: 1, Fate.SURVIVED: 3}),
        # As many as are wanted are tried besides.
        (3, "0 → (1)", {Fate.FOUND: 1, Fate.SURVIVED: 2}),
    ],
)
def test_what_the_table_foresees_is_told_apart(
    count: int, foreseen: str, fates: dict[Fate, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = ModuleTrial("store.clock", count, seed=1)
    monkeypatch.setattr(trial, "_source", b"def f(seq):\n    return seq > 0\n")
    monkeypatch.setattr(trial, "_foreseen", (Equivalent(line="return seq > 0", change=foreseen, why="A reason."),))
    assert trial.try_all(cast("Trials", Seeing())) is (foreseen == "0 → (1)")
    assert {fate: number for fate, number in trial.fates.items() if fate in fates} == fates


def test_the_table_names_modules_and_tests_that_exist() -> None:
    assert set(CRITICAL) <= {module_name(file) for file in product_files()}
    assert [test for tests in CRITICAL.values() for test in tests if not (ROOT / test).exists()] == []
