"""The whole job without a person: a fresh rehearsal world (練習環境), the real screens driven by keys, the real line.

Every step acts as a person would, by pressing keys. What came of it is read from the store rather than from the screen,
which may show what was never stored.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.app import RenkeiApp
from console.errors import SmokeStuck
from console.incidents import record_incident
from console.jobs.rehearsal.world import CHIEF, NOTICES, World, prepare, start_agency
from console.screens.exchange.exchange import ExchangeScreen
from console.screens.messages.queue import QueueScreen
from console.settings import Settings
from console.terminal import Terminal
from console.words import Language
from store.endings import Ending
from store.log import Event, LogFilter
from store.log import page as log_page
from store.message.states import OutState
from store.queue import QueueFilter, count
from store.queue import counts as queue_counts

if TYPE_CHECKING:
    from textual.pilot import Pilot

# Generous: no step takes more than a few seconds, unless the machine is busy with something else.
_STEP_SECONDS: Final = 20.0
_SIZE: Final = (80, 24)


@dataclass(frozen=True, slots=True)
class SmokeStep:
    """One step: its name (a key of the catalogue `smoke`), whether it did what it should, and how long it took."""

    name: str
    ok: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class SmokeOutcome:
    """The steps, up to the last one or to the first that failed."""

    steps: tuple[SmokeStep, ...]

    @property
    def ok(self) -> bool:
        """Whether the whole job was done."""
        return all(step.ok for step in self.steps)


def run(language: Language) -> SmokeOutcome:
    """Do the whole job in a fresh world, which is removed afterwards; stop at the first step that fails."""
    steps: list[SmokeStep] = []
    with _fresh_world(steps) as world:
        asyncio.run(_Run(world, language, steps).all())
    return SmokeOutcome(tuple(steps))


@contextmanager
def _fresh_world(steps: list[SmokeStep]) -> Iterator[World]:
    """Yield a new world whose agency is running; making it is the first step."""
    directory = Path(tempfile.mkdtemp(prefix="renkei-smoke-"))
    started = time.monotonic()
    try:
        world = prepare(directory / "world")
        with start_agency(world):
            steps.append(SmokeStep("prepare", ok=True, seconds=time.monotonic() - started))
            yield world
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class _Run:
    """One run through the screens, as the section chief."""

    def __init__(self, world: World, language: Language, steps: list[SmokeStep]) -> None:
        self._settings = Settings.load(world.home)
        self._app = RenkeiApp(world.home, self._settings, language=language)
        # A second connection to the same store, beside that of the screens: it sees only what was committed.
        self._terminal = Terminal.open(world.home)
        self._steps = steps
        self._pilot: Pilot[Any]

    async def all(self) -> None:
        """Do the steps in their order; the first that fails is recorded, and the rest is left undone."""
        with self._terminal:
            try:
                async with self._app.run_test(size=_SIZE) as pilot:
                    self._pilot = pilot
                    for name, step in self._job():
                        if not await self._try(name, step):
                            return
            finally:
                # A step that failed has left the session open.
                self._app.close_session(Ending.CRASH)
                self._app.close_terminal()

    def _job(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        yield "log_on", self._log_on
        yield "give_back", self._give_back
        yield "approve", self._approve
        yield "send", self._send
        yield "receive", self._receive
        yield "verify", self._verify
        yield "log_off", self._log_off

    async def _try(self, name: str, step: Callable[[], Awaitable[None]]) -> bool:
        started = time.monotonic()
        ok = True
        try:
            await step()
        except Exception as error:  # noqa: BLE001  # Showing what fails, whatever it is, is what this run is for.
            record_incident(self._terminal.home, error)
            ok = False
        self._steps.append(SmokeStep(name, ok, time.monotonic() - started))
        return ok

    async def _log_on(self) -> None:
        pin = next(person.pin for person in self._settings.rehearsal if person.id == CHIEF)
        await self._pilot.press(*CHIEF, "tab", *pin, "enter")
        await self._until(lambda: self._shows("today"))
        await self._press("2")
        await self._until(lambda: self._shows("queue") and self._listed() > 0)

    async def _give_back(self) -> None:
        await self._press("r")
        await self._until(lambda: self._shows("question"))
        await self._press(*"smoke", "enter")
        await self._until(lambda: self._in_state("returned") == 1 and self._shows("queue"))

    async def _approve(self) -> None:
        # The list may still be loading.
        waiting = self._in_state("review")
        await self._until(lambda: self._listed() == waiting)
        await self._press("asterisk", "a")
        await self._until(lambda: self._shows("question"))
        # Messages with warnings stay in review: a person has to look at them.
        await self._press(*str(waiting - self._warned()), "enter")
        await self._until(lambda: self._in_state("approved") > 0 and self._shows("queue"))

    async def _send(self) -> None:
        await self._press("x")
        await self._until(lambda: self._shows("exchange"))
        await self._press("x")
        # None in between either: each has a receipt, or the agency of the world refused it.
        await self._until(lambda: self._in_state("approved", "sending", "unknown") == 0)

    async def _receive(self) -> None:
        # The sending must have ended: no other exchange begins while one is under way.
        await self._until(self._is_idle)
        await self._press("i")
        await self._until(lambda: self._in_state("delivered") == 0 and self._in_state("received") == NOTICES)
        await self._until(self._is_idle)
        await self._press("escape")
        await self._until(lambda: self._shows("queue"))

    async def _verify(self) -> None:
        await self._press("l")
        await self._until(lambda: self._shows("log"))
        await self._press("full_stop")
        await self._until(lambda: self._logged(Event.LOG_VERIFIED, result="done"))

    async def _log_off(self) -> None:
        await self._press("f10")
        await self._until(lambda: self._app.session is None and self._logged(Event.OPERATOR_LOGGED_OFF, actor=CHIEF))

    async def _press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Let the console work until `reached` says yes. Raises SmokeStuck when that takes too long."""
        deadline = time.monotonic() + _STEP_SECONDS
        # The store may be ready before the screen: its next key is safe only when no result is on its way to it.
        while self._app.background.busy or not reached():
            if time.monotonic() > deadline:
                raise SmokeStuck(seconds=f"{_STEP_SECONDS:.0f}")
            await self._pilot.pause(0.02)

    def _shows(self, screen: str) -> bool:
        return self._app.screen.name == screen

    def _listed(self) -> int:
        # Messages, not rows: the two of one event stand in one row.
        screen = self._app.screen
        return screen.messages if isinstance(screen, QueueScreen) and screen.rows.whole else -1

    def _is_idle(self) -> bool:
        screen = self._app.screen
        return isinstance(screen, ExchangeScreen) and not screen.unfinished

    def _in_state(self, *states: str) -> int:
        with self._terminal.database.reading() as reading:
            counts = queue_counts(reading)
        return sum(number for (_, state), number in counts.items() if state in states)

    def _warned(self) -> int:
        with self._terminal.database.reading() as reading:
            return count(reading, QueueFilter(states=frozenset({OutState.REVIEW}), warned=True))

    def _logged(self, event: Event, *, actor: str | None = None, result: str | None = None) -> bool:
        with self._terminal.database.reading() as reading:
            rows = log_page(reading, limit=1, chosen=LogFilter(events=frozenset({event}), actor=actor))
        return bool(rows) and (result is None or rows[0].result == result)
