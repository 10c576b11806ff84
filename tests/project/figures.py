"""The figures of the house: sizes, sentences, suppressions, arrows between rooms. `python -m tests.project.figures`.

They are read from the sources alone, so that they can be compared before and after a change. Coverage is shown when a
run of the tests measured it (`tests.covering`).
"""

import ast
import io
import re
import statistics
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests import covering
from tests.project import sources
from tests.project.sources import ROOT, module_name, product_files, test_files

_SUPPRESSION: Final = re.compile(r"#\s*(noqa|type: ignore)")


@dataclass(frozen=True, slots=True)
class Function:
    """A function, and how many lines it has with its decorators left out."""

    lines: int
    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Comments:
    """How many comments there are that say something, and how many that silence a tool."""

    saying: int
    noqa: int
    type_ignores: int


def functions(file: Path) -> Iterator[Function]:
    """Yield every function of a file, nested ones and methods included."""
    for node in ast.walk(sources.tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            end = node.end_lineno or node.lineno
            yield Function(end - node.lineno + 1, node.name, str(file.relative_to(ROOT)))


def comments(files: Iterable[Path]) -> Comments:
    """Count the comment lines of files. One that silences a tool is counted apart, whatever reason it gives."""
    kinds: Counter[str] = Counter()
    for file in files:
        text = file.read_text(encoding="utf-8")
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                silenced = _SUPPRESSION.search(token.string)
                kinds[silenced[1] if silenced else "saying"] += 1
    return Comments(kinds["saying"], kinds["noqa"], kinds["type: ignore"])


def documented(files: Iterable[Path]) -> tuple[int, int]:
    """Return how many modules, classes and functions have a docstring, and how many there are."""
    nodes = [
        node
        for file in files
        for node in ast.walk(sources.tree(file))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return sum(ast.get_docstring(node) is not None for node in nodes), len(nodes)


def arrows(files: Iterable[Path]) -> Mapping[str, set[str]]:
    """Return which modules each module imports, among `files`; imports for types alone count like all others."""
    names = {module_name(file) for file in files}
    return {module_name(file): set(sources.imported(file, names)) - {module_name(file)} for file in files}


def between_rooms(graph: Mapping[str, set[str]]) -> Counter[tuple[str, str]]:
    """Count the imports that go from one folder to another."""
    folders: Counter[tuple[str, str]] = Counter()
    for module, others in graph.items():
        for other in others:
            ends = (_folder(module), _folder(other))
            if ends[0] != ends[1]:
                folders[ends] += 1
    return folders


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other in a loop (strongly connected components, Tarjan 1972)."""
    search = _Search(graph)
    for module in graph:
        search.visit(module)
    return search.groups


class _Search:
    """Tarjan's search, from one module to the next."""

    def __init__(self, graph: Mapping[str, set[str]]) -> None:
        self._graph = graph
        self._order: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._path: list[str] = []
        self.groups: list[list[str]] = []

    def visit(self, module: str) -> None:
        """Follow the imports of a module that was not seen yet."""
        if module in self._order:
            return
        self._order[module] = self._low[module] = len(self._order)
        self._path.append(module)
        for other in self._graph[module]:
            self.visit(other)
            if other in self._path:
                self._low[module] = min(self._low[module], self._low[other])
        if self._low[module] == self._order[module]:
            at = self._path.index(module)
            group, self._path[at:] = self._path[at:], []
            if len(group) > 1:
                self.groups.append(sorted(group))


def _folder(module: str) -> str:
    return module.rpartition(".")[0] or module


def _size_lines(name: str, files: Sequence[Path]) -> Iterator[str]:
    lengths = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8").count("\n") for file in files}
    every = sorted(function.lines for file in files for function in functions(file))
    lines, ninetieth = sum(lengths.values()), every[int(len(every) * 0.9)]
    yield f"{name}: {len(files)} files, {lines:,} lines, {len(every):,} functions"
    yield f"  lines a function: median {statistics.median(every):g}, p90 {ninetieth}, longest {every[-1]}"
    yield f"  longest files: {', '.join(f'{file} {size}' for file, size in Counter(lengths).most_common(5))}"


def _longest(files: Sequence[Path]) -> str:
    longest = sorted((function for file in files for function in functions(file)), key=lambda function: -function.lines)
    return ", ".join(f"{function.file}:{function.name} {function.lines}" for function in longest[:5])


def _sentence_lines(files: Sequence[Path]) -> Iterator[str]:
    lines = sum(file.read_text(encoding="utf-8").count("\n") for file in files)
    have, all_of_them = documented(files)
    count = comments(files)
    yield f"docstrings: {have:,} of {all_of_them:,}"
    yield f"comments: {count.saying:,}, {100 * count.saying / lines:.1f} per 100 lines"
    yield (
        f"suppressions per 1,000 lines: noqa {1000 * count.noqa / lines:.2f} ({count.noqa}), "
        f"type ignores {1000 * count.type_ignores / lines:.2f} ({count.type_ignores})"
    )


def _house_lines(files: Sequence[Path]) -> Iterator[str]:
    graph = arrows(files)
    rooms = between_rooms(graph)
    yield f"imports: {sum(map(len, graph.values())):,} in all, {sum(rooms.values()):,} between folders"
    yield f"circles: {circles(graph) or 'none'}"
    folders = Counter(str(file.parent.relative_to(ROOT)) for file in files if file.name != "__init__.py")
    yield f"modules a folder: {', '.join(f'{folder} {count}' for folder, count in folders.most_common(8))}"


def _coverage_lines() -> Iterator[str]:
    files = covering.read()
    if files is None:
        yield "coverage: not measured here (`PYTEST_PLUGINS=tests.covering .venv/bin/pytest -n auto` measures it)"
        return
    for room in covering.ROOMS:
        yield f"coverage of {room}, lines and branches: {covering.share(files, room):.1f} %"


def report() -> Iterator[str]:
    """Yield the figures as lines."""
    product, tests = product_files(), test_files()
    yield from _size_lines("product", product)
    yield f"  longest functions: {_longest(product)}"
    yield from _size_lines("tests", tests)
    product_lines, test_lines = (
        sum(file.read_text(encoding="utf-8").count("\n") for file in files) for files in (product, tests)
    )
    yield f"tests to product, in lines: {test_lines / product_lines:.2f}"
    yield from _sentence_lines(product)
    yield from _house_lines(product)
    yield from _coverage_lines()


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in report())
