"""When a draft is saved: after a pause, when the form is covered, and never after it has ended."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from console.jobs.entry.draft import Draft
from console.screens.entry.saving import Saving

if TYPE_CHECKING:
    from console.screens.base import ConsoleScreen

NOON = datetime(2026, 11, 23, 3, tzinfo=UTC)


class Clockwork:
    """A timer that a test lets run out."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.run_out = then
        self.events: list[str] = []

    def stop(self) -> None:
        """Note that it was stopped."""
        self.events.append("stop")

    def reset(self) -> None:
        """Note that it begins anew."""
        self.events.append("reset")


class Stage:
    """A screen that runs no job by itself: the test ends each of them."""

    def __init__(self) -> None:
        self.timers: list[Clockwork] = []
        self.jobs: list[tuple[Callable[..., Any], Callable[[Any], None], Callable[[Exception], None]]] = []
        self.errors: list[Exception] = []

    def set_timer(self, _seconds: float, then: Callable[[], None]) -> Clockwork:
        """Give a timer that runs out when the test says so."""
        self.timers.append(Clockwork(then))
        return self.timers[-1]

    def work(
        self, job: Callable[..., Any], then: Callable[[Any], None], otherwise: Callable[[Exception], None]
    ) -> None:
        """Take a job."""
        self.jobs.append((job, then, otherwise))

    def show_error(self, error: Exception) -> None:
        """Note an error."""
        self.errors.append(error)

    def end_job(self, error: Exception | None = None) -> None:
        """End the oldest job."""
        _, then, otherwise = self.jobs.pop(0)
        if error is None:
            then(NOON)
        else:
            otherwise(error)


class Typed(Draft):
    """A draft that counts how often its content was taken."""

    def __init__(self) -> None:
        self.uid, self.taken = "a" * 32, 0

    def content(self) -> dict[str, Any]:
        """Return something new each time."""
        self.taken += 1
        return {"taken": self.taken}


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def typed() -> Typed:
    return Typed()


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def saving(stage: Stage, typed: Typed, heard: list[str]) -> Saving:
    return Saving(cast("ConsoleScreen", stage), typed, lambda: heard.append("saved"))


def test_a_pause_in_the_typing_saves(saving: Saving, stage: Stage, typed: Typed, heard: list[str]) -> None:
    saving.soon()
    saving.soon()
    (timer,) = stage.timers
    # Each key begins the pause anew, and nothing is saved before it is over.
    assert (timer.events, stage.jobs) == (["reset"], [])
    timer.run_out()
    assert (len(stage.jobs), typed.taken) == (1, 1)
    stage.end_job()
    assert (heard, saving.at) == (["saved"], NOON)


def test_nothing_typed_is_nothing_to_save(saving: Saving, stage: Stage) -> None:
    saving.now()
    assert stage.jobs == []


def test_what_covers_the_form_saves_at_once_and_only_once(saving: Saving, stage: Stage) -> None:
    saving.soon()
    saving.now()
    saving.now()
    assert len(stage.jobs) == 1
    assert stage.timers[0].events == ["stop"]
    stage.end_job()
    saving.now()
    assert stage.jobs == []


def test_what_is_typed_while_it_is_saved_is_saved_afterwards(saving: Saving, stage: Stage, typed: Typed) -> None:
    saving.soon()
    saving.now()
    saving.soon()
    saving.now()
    assert len(stage.jobs) == 1
    stage.end_job()
    assert (len(stage.jobs), typed.taken) == (1, 2)
    saving.soon()
    stage.end_job()
    # Nobody asked to have that saved at once.
    assert stage.jobs == []
    stage.timers[-1].run_out()
    assert typed.taken == 3


def test_the_end_waits_for_what_is_being_saved(saving: Saving, stage: Stage, heard: list[str]) -> None:
    saving.soon()
    saving.now()
    saving.then(lambda: heard.append("ended"))
    assert heard == []
    stage.end_job()
    assert heard[-1] == "ended"
    assert stage.jobs == []


def test_the_end_comes_at_once_where_nothing_is_being_saved(saving: Saving, stage: Stage, heard: list[str]) -> None:
    saving.soon()
    saving.then(lambda: heard.append("ended"))
    # What was typed last is not saved: it is registered or discarded now.
    assert (heard, stage.jobs) == (["ended"], [])


def test_a_log_off_saves_what_was_typed_last(saving: Saving, stage: Stage, typed: Typed, heard: list[str]) -> None:
    saving.soon()
    saving.then(lambda: heard.append("ended"), saving=True)
    assert (typed.taken, heard) == (1, [])
    stage.end_job()
    assert heard[-1] == "ended"


def test_what_could_not_be_saved_is_told_and_tried_again(saving: Saving, stage: Stage, heard: list[str]) -> None:
    saving.soon()
    saving.now()
    stage.end_job(OSError("full"))
    assert (len(stage.errors), heard, saving.at) == (1, [], None)
    stage.timers[-1].run_out()
    stage.end_job()
    assert heard == ["saved"]
