"""Jobs run beside the screen, and their results come back to the widget that asked, if it is still there."""

import threading
from pathlib import Path
from typing import Any

from textual.widget import Widget

from tests.console.widgets.bench import Bench, bench


class Owner(Widget):
    """Somebody who starts jobs."""


async def idle(screen: Bench) -> None:
    """Wait until no job is under way; a job takes a thread and a round of the event loop."""
    await screen.until(lambda: not screen.console_app.background.busy)


async def test_a_result_comes_back_in_the_screens_thread(tmp_path: Path) -> None:
    came: list[tuple[int, bool]] = []
    async with bench(tmp_path, Owner()) as (_pilot, screen):
        here = threading.get_ident()
        background = screen.console_app.background
        background.start(
            screen.query_one(Owner),
            threading.get_ident,
            lambda there: came.append((there, threading.get_ident() == here)),
        )
        assert background.busy
        await idle(screen)
        ((thread, back),) = came
        assert thread != here
        assert back


async def test_an_error_goes_to_who_takes_it(tmp_path: Path) -> None:
    errors: list[Exception] = []

    def fail() -> None:
        raise KeyError("of a job")

    async with bench(tmp_path, Owner()) as (_pilot, screen):
        screen.console_app.background.start(screen.query_one(Owner), fail, print, errors.append)
        await idle(screen)
        assert [str(error) for error in errors] == ["'of a job'"]


async def test_the_result_for_a_widget_that_has_left_is_dropped(tmp_path: Path) -> None:
    came: list[Any] = []
    gate = threading.Event()
    async with bench(tmp_path, Owner()) as (_pilot, screen):
        owner = screen.query_one(Owner)
        screen.console_app.background.start(owner, gate.wait, came.append, came.append)
        await owner.remove()
        gate.set()
        await idle(screen)
        assert came == []
