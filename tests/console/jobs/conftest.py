"""Fixtures of the jobs: a terminal and its agency, made once and copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from console.settings import FILE_NAME, StoreSettings
from console.terminal import Terminal
from tests.cheap_pins import cheap_pins
from tests.console.jobs.relay import Relay
from tests.console.jobs.site import Site, free_port


@pytest.fixture(autouse=True)
def _cheap_pins() -> Iterator[None]:
    with cheap_pins():
        yield


@pytest.fixture(scope="session")
def _made_on(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The way to a site that nobody works in, by the URL of the database that it is made with."""

    @cache
    def made(url: str) -> Path:
        place = tmp_path_factory.mktemp("site")
        with cheap_pins():
            Site.make(place / "terminal", place / "agency", StoreSettings(url=url))
        return place

    return made


@pytest.fixture(scope="session")
def _made(_made_on: Callable[[str], Path]) -> Path:
    return _made_on(StoreSettings().url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine below the jobs. They speak to the store alone, whose own tests use both engines each time."""
    return str(request.param)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Show on the second engine at each proof what locks, counts or moves rows of many: the rest says no SQL itself."""
    if item.get_closest_marker("postgresql") and item.get_closest_marker("by_engine"):
        item.add_marker(pytest.mark.long)


@pytest.fixture
def site(
    engine: str, _made_on: Callable[[str], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Site]:
    """A terminal and an agency of this test's own; the agency is not registered yet and does not run."""
    home = tmp_path / "site" / "terminal"
    administrator = None
    if engine == "sqlite":
        shutil.copytree(_made_on(StoreSettings().url), tmp_path / "site")
    else:
        cluster = request.getfixturevalue("cluster")
        template = cluster.shared_database("site")
        shutil.copytree(_made_on(template), tmp_path / "site")
        url = cluster.copy_of(template)
        settings = home / FILE_NAME
        settings.write_text(settings.read_text(encoding="utf-8").replace(template, url), encoding="utf-8")
        administrator = cluster.administrator_of(url)
    with Terminal.open(home) as terminal:
        yield Site(home, tmp_path / "site" / "agency", terminal, administrator)


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
