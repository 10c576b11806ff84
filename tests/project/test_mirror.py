"""Whoever looks for the test of a module finds it by the module's name.

The test of `a/b/c.py` is `tests/a/b/test_c.py`, or a test module beside it whose docstring names `a.b.c`. For a small
folder `a/b/`, one test module `tests/a/test_b.py` may name all its modules.
"""

import ast
import re
from pathlib import Path
from typing import Final

from tests.project.sources import ROOT, module_name, product_files, tree

# Nothing in these can fail: they hold tables, names or types and no statement that decides anything.
PURE: Final = frozenset({"__init__", "__main__", "env"})
_NAMED: Final = re.compile(r"`([a-z_]+(?:\.[a-z_0-9]+)+)`")
MODULES: Final = [file for file in product_files() if file.stem not in PURE and not file.stem[0].isdigit()]


def _named_in(test: Path) -> set[str]:
    """Return the modules that the docstring of a test module names."""
    return set(_NAMED.findall(ast.get_docstring(tree(test)) or ""))


def mirrors_of(file: Path) -> list[Path]:
    folder = ROOT / "tests" / file.relative_to(ROOT).parent
    own = folder / f"test_{file.stem}.py"
    beside = [*folder.glob("test_*.py"), folder.parent / f"test_{folder.name}.py"]
    return [test for test in beside if test.is_file() and (test == own or module_name(file) in _named_in(test))]


def test_every_module_has_its_test_where_its_name_says() -> None:
    for file in MODULES:
        assert mirrors_of(file), (
            f"no tests/{file.relative_to(ROOT).parent}/test_{file.stem}.py, and none beside it names it"
        )


def test_no_test_names_a_module_that_is_gone() -> None:
    known = {module_name(file) for file in product_files()} | {
        module_name(file).rpartition(".")[0] for file in product_files()
    }
    for test in (ROOT / "tests").rglob("test_*.py"):
        for name in _named_in(test):
            if name.split(".")[0] in {"console", "store", "transport"}:
                assert name in known, f"{test.name} names {name}"
