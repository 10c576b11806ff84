"""A package imports its modules when they are first used, and hides no fault of theirs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.lazy import submodules

PACKAGE = "lazily_imported"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package with a module that can be imported and a module that misses a library."""
    place = tmp_path / PACKAGE
    place.mkdir()
    (place / "__init__.py").write_text(f"from console.lazy import submodules\n__getattr__ = submodules({PACKAGE!r})\n")
    (place / "whole.py").write_text("ANSWER = 42\n")
    (place / "lacking.py").write_text("import a_library_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield PACKAGE
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_a_module_is_imported_when_it_is_used(package: str) -> None:
    made = __import__(package)
    assert f"{package}.whole" not in sys.modules
    assert made.whole.ANSWER == 42
    # It is an attribute of the package from now on, and is not looked for again.
    assert vars(made)["whole"] is sys.modules[f"{package}.whole"]


def test_what_is_not_there_is_no_attribute(package: str) -> None:
    made = __import__(package)
    assert not hasattr(made, "nowhere")
    with pytest.raises(AttributeError, match="'lazily_imported' has no attribute 'nowhere'"):
        submodules(package)("nowhere")


def test_a_missing_library_is_not_taken_for_a_missing_module(package: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="a_library_that_nobody_has"):
        submodules(package)("lacking")
