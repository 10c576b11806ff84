"""The console looks as `tests/grids/drawn` shows it.

Where something is meant to look different, `python -m tests.grids` draws it anew.
"""

import difflib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from importlib import import_module

import pytest
from rich.cells import cell_len

from console import screens
from console.screens.base import ConsoleScreen, Dialog
from tests.grids.drawing import FOLDER, SIZES, State, kept, read
from tests.grids.making import walk
from tests.grids.surroundings import Surroundings, surroundings
from tests.grids.walks import WALKS
from tests.grids.walks.people import TOO_SMALL

#: They say what their subclasses have in common, and nobody ever sees them.
BASES = frozenset(
    {"ConsoleScreen", "Dialog", "FormScreen", "MessageOutput", "PairScreen", "SharedLetters", "WorkScreen"}
)
# About ten thousand a state: whoever draws many more looks first whether each shows something that no other shows.
MOST_BYTES = 2_200_000
_MOST_LINES = 60
_UNFILLED = re.compile(r"\{[a-z_]+\}")


@pytest.fixture(scope="module")
def states() -> Mapping[str, State]:
    return {state.name: state for state in kept()}


@pytest.fixture(scope="module")
def around() -> Iterator[Surroundings]:
    with surroundings() as made:
        yield made


def screen_classes() -> set[str]:
    """Return the names of all screens and dialogs of the console."""
    modules = (import_module(found.name) for found in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}."))
    classes = (each for module in modules for _, each in inspect.getmembers(module, inspect.isclass))
    shown = {each for each in classes if issubclass(each, ConsoleScreen | Dialog) and each.__name__ not in BASES}
    return {f"{each.__module__}.{each.__qualname__}" for each in shown}


def test_every_screen_and_dialog_is_drawn(states: Mapping[str, State]) -> None:
    drawn = {state.screen for state in states.values()}
    assert screen_classes() - drawn == set(), "draw it in a walk of tests/grids/walks, then: python -m tests.grids"
    assert drawn <= screen_classes()


def test_every_state_has_its_six_grids_and_comes_from_a_walk(states: Mapping[str, State]) -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MOST_BYTES
    for state in states.values():
        sizes = TOO_SMALL if state.name == "too_small" else SIZES
        assert list(state.grids) == [f"{turn} {columns}x{rows}" for turn in ("ja", "en") for columns, rows in sizes]
        assert state.walk in WALKS
        for heading, grid in state.grids.items():
            columns, rows = map(int, heading.split()[1].split("x"))
            lines = grid.split("\n")
            assert len(lines) <= rows, (state.name, heading)
            assert max(map(cell_len, lines)) <= columns, (state.name, heading)
            assert not _UNFILLED.search(grid), (state.name, heading)


@pytest.mark.grids
@pytest.mark.parametrize("name", WALKS)
async def test_the_console_looks_as_it_was_drawn(name: str, around: Surroundings, states: Mapping[str, State]) -> None:
    drawn = await walk(name, around)
    before = {state.name: read(state.name) for state in states.values() if state.walk == name}
    after = {state.name: state.text for state in drawn.values()}
    differing = list(_differences(before, after))
    assert not differing, "\n".join(
        [*differing[:_MOST_LINES], f"Where this is meant: .venv/bin/python -m tests.grids {name}"]
    )


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        yield from difflib.unified_diff(old, new, f"{name}, as it is kept", f"{name}, as it looks", n=1, lineterm="")
