"""The sizes that keep the house livable. `python -m tests.project.figures` prints them."""

import statistics
from collections import Counter
from typing import Final

from tests.project import figures, sources
from tests.project.sources import ROOT, product_files, test_files

MEDIAN_LINES: Final = 6
NINETIETH_LINES: Final = 16
LONGEST_LINES: Final = 40
LONGEST_FILE: Final = 400
MOST_MODULES: Final = 18
LEAST_COMMENTS: Final = 5.0  # per 100 lines


def test_functions_are_short() -> None:
    lines = sorted(function.lines for file in product_files() for function in figures.functions(file))
    assert statistics.median(lines) <= MEDIAN_LINES
    assert lines[int(len(lines) * 0.9)] <= NINETIETH_LINES
    assert lines[-1] <= LONGEST_LINES


def test_files_are_short_except_for_the_trees_of_errors() -> None:
    long = [
        str(file.relative_to(ROOT))
        for file in product_files()
        if file.name != "errors.py" and file.read_text(encoding="utf-8").count("\n") > LONGEST_FILE
    ]
    assert long == []


def test_no_folder_is_crowded() -> None:
    # The steps of the database are a sequence, and never fewer.
    files = (file for file in product_files() if file.name != "__init__.py" and file.parent.name != "versions")
    folders = Counter(file.parent for file in files)
    assert [str(folder) for folder, modules in folders.items() if modules > MOST_MODULES] == []


def test_no_module_imports_itself_by_a_detour() -> None:
    assert figures.circles(figures.arrows(product_files())) == []


def test_a_circle_would_be_found() -> None:
    assert figures.circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_there_are_reasons_beside_the_lines_and_tests_for_them() -> None:
    lines = sum(file.read_text(encoding="utf-8").count("\n") for file in product_files())
    assert 100 * figures.comments(product_files()).saying / lines >= LEAST_COMMENTS
    assert sum(file.read_text(encoding="utf-8").count("\n") for file in test_files()) >= lines


def test_a_class_name_has_one_meaning() -> None:
    # Only classes of modules: Textual takes the messages of a widget by the name of the widget and their own.
    named = Counter(name for file in product_files() for name in sources.classes(file))
    assert [name for name, count in named.items() if count > 1] == []
