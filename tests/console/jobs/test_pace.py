"""Turns are as large as what the last ones took allows."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock

import pytest

from console.jobs.pace import Pace
from store.database import Database


@pytest.mark.parametrize(
    ("count", "seconds", "size"),
    [
        (500, 0.125, 500),
        (500, 0.25, 250),
        (500, 0.0625, 1000),
        (500, 0.001, 1000),  # At most doubled.
        (500, 60.0, 25),  # Never less.
        (0, 1.0, 500),  # A turn without work says nothing.
    ],
)
def test_the_next_portion_follows_from_the_last(count: int, seconds: float, size: int) -> None:
    pace = Pace()
    pace.adapt(count, seconds)
    assert pace.size == size


def test_it_never_grows_without_end() -> None:
    pace = Pace()
    for _ in range(20):
        pace.adapt(pace.size, 0.001)
    assert pace.size == 4000


def test_a_turn_is_measured_to_its_commit_without_the_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    @contextmanager
    def writing() -> Iterator[None]:
        nonlocal now
        now += 100.0  # Others have their turn.
        yield
        now += 0.15  # The disk takes its time.

    monkeypatch.setattr("console.jobs.pace.monotonic", lambda: now)
    pace = Pace()
    with pace.turn(Mock(spec=Database, writing=writing), 500):
        now += 0.1
    assert pace.size == 250
