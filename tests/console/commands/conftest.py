"""Worlds for commands: PINs are hashed at no cost."""

from typing import Any

import pytest
from argon2 import PasswordHasher

from store.people import pins
from tests.running import run

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
