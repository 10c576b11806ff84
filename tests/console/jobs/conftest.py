"""Fixtures of the jobs: a terminal and its agency, made once and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from console.terminal import Terminal
from store.people import attempts, pins
from tests.console.jobs.relay import Relay
from tests.console.jobs.site import Site, free_port

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_NOBODYS = _CHEAP.hash(b"what nobody types")


@pytest.fixture(autouse=True)
def _cheap_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash PINs at no cost: how dear they are is the store's matter, and its tests'."""
    monkeypatch.setattr(pins, "_hasher", _CHEAP)
    monkeypatch.setattr(attempts, "NOBODYS_HASH", _NOBODYS)


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pins, "_hasher", _CHEAP)
        Site.make(place / "terminal", place / "agency")
    return place


@pytest.fixture
def site(_made: Path, tmp_path: Path) -> Iterator[Site]:
    """A terminal and an agency of this test's own; the agency is not registered yet and does not run."""
    shutil.copytree(_made, tmp_path / "site")
    home = tmp_path / "site" / "terminal"
    with Terminal.open(home) as terminal:
        yield Site(home, tmp_path / "site" / "agency", terminal)


@pytest.fixture
def served(site: Site) -> Iterator[Site]:
    """The same with the agency serving and registered as the peer."""
    with site.served():
        yield site


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A line that the test can cut, to a port where an agency will run."""
    with Relay(free_port()) as made:
        yield made
