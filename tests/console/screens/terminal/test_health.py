"""The custodian begins with the state of the terminal: what `check` finds, with cause and remedy, in both languages."""

import pytest

from console.jobs.terminal import findings, health
from console.screens.terminal.health import HealthScreen
from console.terminal import Terminal
from console.words import Words
from store.errors import ClockAhead
from store.log import newest
from tests.console.driving import Driven, driving
from tests.running import World


def _health(console: Driven) -> HealthScreen:
    screen = console.app.screen
    assert isinstance(screen, HealthScreen), console.text()
    return screen


async def test_what_wants_somebody_comes_first_with_its_remedy(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("cu-501")
        screen, words = _health(console), console.words
        assert screen.health is not None
        parts = [screen.parts.row_of(number) for number in range(screen.parts.count)]
        # Nobody serves the agency here, so that the line is down: its jobs would be refused.
        first = parts[0]
        assert first is not None
        assert not first.ok
        assert [part.ok for part in parts if part is not None] == sorted(part.ok for part in parts if part is not None)
        text = console.text()
        wanting = sum(not part.ok for part in screen.health.checks)
        assert words("check.wanting", count=wanting) in text
        assert words.name("check", first.name) in text
        assert first.remedy is not None
        assert first.remedy[:10] in text.replace("\n", "")
        # The findings are texts: in the other language they are looked for anew.
        await console.press("f2")
        await console.until(lambda: screen.health is not None)
        assert Words("en")("check.wanting", count=wanting) in console.text()
        down = next(part for part in screen.health.checks if part.name == first.name)
        assert down.remedy != first.remedy


def test_a_terminal_that_is_open_is_checked_as_the_command_checks_it(world: World) -> None:
    words = Words("ja")
    with Terminal.open(world.home) as terminal:
        before = _newest(terminal)
        found = health.check_open(terminal, words)
        assert _newest(terminal) == before
    names = [part.name for part in health.check(world.home, words).checks]
    # That keys and database open was shown when it was opened.
    assert [part.name for part in found.checks] == [name for name in names if name not in {"keys", "database"}]


def test_what_people_have_decided_about_a_halt_holds_after_a_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    halt = ClockAhead(seconds="1", most="1")

    def find_halt(terminal: Terminal, _words: Words) -> list[findings.Check]:
        # As the walk through the gates does when it finds the clock ahead.
        terminal.halted = halt
        return [findings.Check("log", ok=True, detail="-")]

    monkeypatch.setattr(health, "_inside", find_halt)
    with Terminal.open(world.home) as terminal:
        assert [part.name for part in health.check_open(terminal, Words("ja")).checks] == ["settings", "log"]
        # An officer had said why to go on.
        assert terminal.halted is None


def _newest(terminal: Terminal) -> int:
    with terminal.database.reading() as reading:
        return newest(reading)
