"""What the terminal is sent: a dialog without the screen around it, and all of a screen that takes another's place."""

from typing import Any

import pytest
from textual._compositor import CompositorUpdate, LayoutUpdate

from tests.console.driving import Driven, driving
from tests.running import World

WIDE = (120, 40)


class Sent:
    """What the application gives to the terminal, which a test has none of."""

    def __init__(self, console: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
        self.updates: list[CompositorUpdate] = []
        self._console = console
        reduce = console.app._shown.reduce

        def noted(update: CompositorUpdate, **how: Any) -> CompositorUpdate:
            self.updates.append(reduce(update, **how))
            return self.updates[-1]

        monkeypatch.setattr(console.app._shown, "reduce", noted)

    async def by(self, *keys: str) -> int:
        """Press keys; return how many bytes are sent."""
        self.updates.clear()
        await self._console.press(*keys)
        return sum(len(update.render_segments(self._console.app.console).encode()) for update in self.updates)

    @property
    def whole(self) -> int:
        """How many whole screens were sent."""
        return sum(isinstance(update, LayoutUpdate) for update in self.updates)


def shown(console: Driven) -> list[str]:
    """The lines that the application takes for those on the terminal."""
    return ["?" if line is None else line.text for line in console.app._shown._lines]


def real(console: Driven) -> list[str]:
    return [strip.text for strip in console.app.screen._compositor.render_strips(console.app.size)]


async def test_a_dialog_comes_and_goes_without_the_screen_around_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driving(world.home, size=WIDE) as console:
        await console.log_on("ka-301", opens="2")
        sent = Sent(console, monkeypatch)
        # Without its colours, which take as much again.
        everything = len("".join(real(console)).encode())
        for opens in ("a", "r", "m"):
            assert 0 < await sent.by(opens) < everything
            assert (sent.whole, shown(console)) == (0, real(console))
            # The screen below has changed nowhere but where the dialog was.
            assert 0 < await sent.by("escape") < everything
            assert (sent.whole, shown(console)) == (0, real(console))
            # What is sent in parts is known as well.
            await sent.by("down")
            assert shown(console) == real(console)


async def test_a_screen_in_the_place_of_another_is_sent_whole_and_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driving(world.home, size=WIDE) as console:
        await console.log_on("ka-301", opens="2")
        sent = Sent(console, monkeypatch)
        # Also from a dialog: whatever stood there, nothing of it is left under the lock.
        for keys in (("enter",), ("escape",), ("a", "f8")):
            await sent.by(*keys)
            assert (sent.whole, shown(console)) == (1, real(console))
        assert console.screen == "lock"


async def test_in_another_size_nothing_is_taken_for_granted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with driving(world.home, size=WIDE) as console:
        await console.log_on("ka-301", opens="2")
        sent = Sent(console, monkeypatch)
        for size in ((100, 30), WIDE):
            sent.updates.clear()
            await console.pilot.resize_terminal(*size)
            # Textual puts off laying out the screen.
            await console.until(lambda size=size: tuple(console.app.screen._compositor.size) == size)  # type: ignore[misc]  # Bound.
            await console.settle()
            assert sent.whole
            assert shown(console) == real(console)
