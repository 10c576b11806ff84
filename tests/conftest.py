"""What the tests of several rooms share."""

import gc
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.cheap_pins import cheap_pins
from tests.clusters import Cluster, ClusterMissing, running
from tests.compilation import import_by_turns, keep_bytecode, statements_compiled_once
from tests.running import World, run, world_at

# How long an example takes says something about the machine alone.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples each time, so that a change is judged by what it changes. `pytest --hypothesis-profile=search` draws
# others; what it finds becomes an example of its test.
settings.register_profile("same", _UNTIMED, derandomize=True)
settings.register_profile("search", _UNTIMED)
settings.load_profile("same")

# It ends in a moment once its session has.
_SECONDS_TO_END = 30


keep_bytecode()


def pytest_collection(session: pytest.Session) -> None:
    """Before the collection: what the workers can spare each other."""
    import_by_turns(session.config)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays until the end: thousands of tests, trees and tables."""
    gc.collect()
    gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: a quarter of their time the tests wait for disks and other processes."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True, scope="session")
def _statements_compiled_once() -> Iterator[None]:
    with statements_compiled_once():
        yield


@pytest.fixture(autouse=True)
def _no_session_outlives_its_test() -> Iterator[None]:
    """A session's clock logs off after five minutes: in a test that has nothing to do with it, on files long gone."""
    yield
    left = [thread for thread in threading.enumerate() if thread.name == "session-clock"]
    for thread in left:
        thread.join(_SECONDS_TO_END)
    assert not [thread for thread in left if thread.is_alive()]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of these tests' own."""
    try:
        with running() as cluster:
            yield cluster
    except ClusterMissing:
        pytest.skip("PostgreSQL is not installed")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine below the store: whatever uses it is shown on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A rehearsal world that nobody works in: making one costs a second, copying it nothing.

    Its PINs are checked at no cost: each command logs somebody on, and one check takes a quarter of a second.
    """
    home = tmp_path_factory.mktemp("prepared") / "world"
    with cheap_pins():
        ran = run("demo", "--prepare", "--home", home, "--json")
    assert ran.status == 0, ran.out
    return ran.json


@pytest.fixture
def world(_prepared: dict[str, Any], tmp_path: Path) -> World:
    """A rehearsal world of this test's own."""
    origin, home = Path(_prepared["home"]), tmp_path / "world"
    shutil.copytree(origin, home)
    return world_at(json.loads(json.dumps(_prepared).replace(str(origin), str(home))))
