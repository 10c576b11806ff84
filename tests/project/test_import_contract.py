"""What the house plan forbids is not even loaded: the same contract as import-linter's, seen at run time."""

import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What a person sees first must not wait for these.
HEAVY = {"sqlmodel", "sqlalchemy", "pydantic", "cryptography", "nacl", "argon2"}
LIGHT = [
    "console.__main__",
    "console.app",
    "console.process.launch",
    "console.screens.people.logon",
    "console.words",
    "console.settings",
]

# Scripts, not modules: a program runs them, and importing them does so as well.
SCRIPTS = ("__main__", "migrations.env")

ROOMS = {
    "store": {"console", "transport", "textual", "http", "click", "nacl"},
    "transport": {"console", "store", "textual", "sqlmodel", "sqlalchemy", "click"},
    "console.jobs": {"textual", "click", "console.screens", "console.widgets", "console.commands", "console.app"},
    "console.commands": {"console.screens", "console.app", *HEAVY},
}


def _modules(room: str) -> Iterator[str]:
    yield room
    for found in pkgutil.walk_packages(import_module(room).__path__, f"{room}."):
        if not found.name.endswith(SCRIPTS):
            yield found.name


def _loaded_after(modules: Iterable[str]) -> set[str]:
    """Return the names of all modules that a fresh interpreter holds after importing `modules`."""
    program = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(list(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-c", program, json.dumps(list(modules))], capture_output=True, text=True, check=True
    )
    return set(json.loads(ended.stdout))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_loads_nothing_that_it_may_not_know(room: str) -> None:
    modules = list(_modules(room))
    assert len(modules) > 2
    assert _loaded_after(modules) & ROOMS[room] == set()


def test_nothing_heavy_is_loaded_before_the_login_screen() -> None:
    loaded = _loaded_after(LIGHT)
    assert "textual.app" in loaded
    assert loaded & HEAVY == set()


def test_help_loads_neither_the_screens_nor_the_database() -> None:
    program = "import sys; from console.commands import cli; cli(['--help']); print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert set(ended.stderr.split()) & {"textual", *HEAVY} == set()
