"""The register of people on the screen, driven: who opens it, whom the cursor is on, and a second person's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console.screens.people.agreement import AgreementScreen
from console.screens.people.form import PersonForm
from console.screens.people.register import PeopleScreen
from console.session import Session
from console.terminal import Terminal
from store.log import Event, LogFilter, LogRow, page
from tests.console.driving import Driven
from tests.console.jobs.site import open_as
from tests.running import World

CHIEF, SECOND = "ka-301", "cu-501"


async def open_people(console: Driven, person: str = CHIEF) -> PeopleScreen:
    """Log on and go to the register by the menu."""
    await console.log_on(person, opens="")
    await console.press("m")
    await console.press(str(1 + places(console).index(console.words("keys.place.people"))))
    return register(console)


def places(console: Driven) -> list[str]:
    """Return what the menu offers, in its order."""
    lines = [line.strip(" >") for line in console.text().splitlines()]
    return [line.partition(" ")[2].strip() for line in lines if line[:1].isdigit() and line[1:2] == " "]


def register(console: Driven) -> PeopleScreen:
    screen = console.app.screen
    assert isinstance(screen, PeopleScreen), console.text()
    return screen


def form(console: Driven) -> PersonForm:
    screen = console.app.screen
    assert isinstance(screen, PersonForm), console.text()
    return screen


def agreement(console: Driven) -> AgreementScreen:
    screen = console.app.screen
    assert isinstance(screen, AgreementScreen), console.text()
    return screen


async def go_to(console: Driven, person_id: str) -> None:
    """Put the cursor on a person."""
    await console.press("g")
    screen = register(console)
    for _ in range(screen.rows.count):
        if screen.current is not None and screen.current.person.id == person_id:
            return
        await console.press("j")
    raise AssertionError(console.text())


async def agree(console: Driven, world: World, person: str = SECOND, pin: str | None = None) -> None:
    """Let a second person type ID and PIN."""
    await console.type(person)
    await console.press("enter")
    await console.type(pin or world.pin_files[person].read_text().strip())
    await console.press("enter")


@contextmanager
def beside(home: Path, person: str = CHIEF) -> Iterator[tuple[Terminal, Session]]:
    """Open the terminal once more, for another session beside the screen."""
    with Terminal.open(home) as terminal:
        yield terminal, open_as(terminal, person)


def entries(home: Path, *events: Event) -> list[LogRow]:
    """Return the log's entries of these events, oldest first."""
    with Terminal.open(home) as terminal, terminal.database.reading() as reading:
        return page(reading, limit=100, chosen=LogFilter(events=frozenset(events)))[::-1]


def state_line(console: Driven, person_id: str) -> str:
    """Return the line of a person in the list."""
    return next(line for line in console.text().splitlines() if line[2:].startswith(person_id))
