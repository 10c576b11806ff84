"""A job says how far it is, and learns that it is to stop."""

import threading
import time

import pytest

from console.jobs.progress import Meter, Progress


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the rate, which the test sets."""
    at = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: at[0])
    return at


def test_rate_and_remaining_time_follow_what_is_done(seconds: list[float]) -> None:
    reports: list[Progress] = []
    meter = Meter(reports.append)
    meter.begin("send", 30)
    seconds[0] += 2
    meter.advance(10)
    seconds[0] += 2
    meter.reach(30)
    assert reports == [
        Progress("send", 0, 30, 0.0, None),
        Progress("send", 10, 30, 5.0, 4.0),
        Progress("send", 30, 30, 7.5, 0.0),
    ]


def test_without_a_total_no_time_is_told(seconds: list[float]) -> None:
    reports: list[Progress] = []
    meter = Meter(reports.append)
    meter.begin("verify", 0)
    seconds[0] += 1
    meter.advance(8)
    # Nobody reads 8 of 8 at every page of something whose end is not known.
    assert reports[-1] == Progress("verify", 8, 0, 8.0, None)


def test_each_phase_begins_at_nothing(seconds: list[float]) -> None:
    reports: list[Progress] = []
    meter = Meter(reports.append)
    meter.begin("ask", 5)
    meter.advance(5)
    seconds[0] += 10
    meter.begin("send", 2)
    seconds[0] += 1
    meter.advance(1)
    assert reports[-1] == Progress("send", 1, 2, 1.0, 1.0)


def test_a_job_that_nobody_watches_counts_in_silence() -> None:
    meter = Meter()
    meter.begin("send", 1)
    meter.advance(1)
    assert not meter.cancelled


def test_a_cancelled_job_learns_it() -> None:
    cancel = threading.Event()
    meter = Meter(cancel=cancel)
    assert not meter.cancelled
    cancel.set()
    assert meter.cancelled
