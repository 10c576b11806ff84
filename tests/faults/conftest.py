"""Fixtures of the faults: a terminal and its agency, made once and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.settings import StoreSettings
from console.terminal import Terminal
from tests.cheap_pins import cheap_pins
from tests.console.jobs.site import Site


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    with cheap_pins():
        Site.make(place / "terminal", place / "agency", StoreSettings())
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
