"""Worlds for commands: PINs are hashed at no cost, and there are the people that a real terminal has besides."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from console.jobs.terminal import setup
from console.terminal import Terminal
from store.people import Role, pins
from tests.running import World, run

CUSTODIAN, AUDITOR = "cu-501", "au-401"
_PIN = "73920418"
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The world of `tests/conftest.py`, with PINs that are checked at no cost: every call logs somebody on."""
    home = tmp_path_factory.mktemp("cheap") / "world"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pins, "_hasher", _CHEAP)
        ran = run("demo", "--prepare", "--home", home, "--json")
    assert ran.status == 0, ran.out
    return ran.json


@pytest.fixture(autouse=True)
def _cheap_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash new PINs at no cost: how dear they are is the store's matter, and its tests'."""
    monkeypatch.setattr(pins, "_hasher", _CHEAP)


@pytest.fixture
def staffed(world: World, tmp_path: Path) -> World:
    """A rehearsal world with a custodian and an auditor."""
    people = [(CUSTODIAN, (Role.CUSTODIAN,), _PIN), (AUDITOR, (Role.AUDITOR,), _PIN)]
    with Terminal.open(world.home) as terminal:
        setup.add_people(terminal, people, pin_given=False)
    file = tmp_path / "staff.pin"
    file.write_text(f"{_PIN}\n")
    file.chmod(0o600)
    return replace(world, pin_files={**world.pin_files, CUSTODIAN: file, AUDITOR: file})
