"""The project's sources as the tests of the house read them."""

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("console", "store", "transport")


def product_files() -> list[Path]:
    """Return the modules that are installed."""
    return sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))


def test_files() -> list[Path]:
    """Return the modules of the tests."""
    return sorted((ROOT / "tests").rglob("*.py"))


# pytest must not take the function above for a test where it is imported.
test_files.__test__ = False  # type: ignore[attr-defined]  # An attribute that pytest looks for.


def module_name(file: Path) -> str:
    """Return the dotted name of a module."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree(file: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path, known: Collection[str]) -> Iterator[str]:
    """Yield the modules among `known` that a file imports, wherever the import stands."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield from (name for name in (module if module in known else node.module,) if name in known)


def classes(file: Path) -> list[str]:
    """Return the names of the classes of a module, without those inside other classes."""
    return [node.name for node in tree(file).body if isinstance(node, ast.ClassDef)]
