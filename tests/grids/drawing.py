"""A state of the console as text: its grids in both languages and three sizes, and the file that keeps them."""

import json
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.cells import cell_len

from console.words import LANGUAGES
from tests.console.driving import Driven, driving
from tests.grids.surroundings import OWNER, PLACE, Moment
from tests.running import World

FOLDER: Final = Path(__file__).parent / "drawn"
SIZES: Final = ((80, 24), (100, 30), (120, 40))
HEADING: Final = re.compile(r"^== (\w+ \d+x\d+) =+$", re.MULTILINE)
# Drawn by lot, and masked: what follows from keys, such as hashes, and the end of the name of a directory. The port of
# the agency is masked as well: it always has five digits.
_BY_LOT: Final = (r"\b[0-9a-f]{16,}\b", rf"(?<={PLACE})\w+")


@dataclass(frozen=True, slots=True)
class State:
    """A state that was drawn: its class, what it is, and its grids by heading."""

    name: str
    walk: str
    screen: str
    about: str
    grids: Mapping[str, str]

    @property
    def text(self) -> str:
        """What its file holds."""
        parts = [f"{self.about}\nScreen: {self.screen}\nWalk: {self.walk}\n"]
        parts += [f"{f'== {heading} ':=<80}\n{grid}\n" for heading, grid in self.grids.items()]
        return "\n".join(parts)


@dataclass
class Easel:
    """What the walks draw on: every state once, in the order of the walks."""

    walk: str
    world: World
    moment: Moment
    states: dict[str, State] = field(default_factory=dict)

    def driving(self, **options: object) -> AbstractAsyncContextManager[Driven]:
        """Open the console on the world of the walk."""
        return driving(self.world.home, **options)  # type: ignore[arg-type]  # Passed on as they are.

    def hand_in(self, purpose: str, *names: str, hours: float = 0, content: str = "") -> Path:
        """Make a place in which another system hands its files in, with these files."""
        place = self.world.home.with_name("juki")
        place.mkdir(exist_ok=True)
        self.register(place, purpose)
        for name in names:
            (place / name).write_text(content, encoding="utf-8")
            self.date(place / name, hours=hours)
        return place

    def date(self, file: Path, *, hours: float) -> None:
        """Let a file have lain there for these hours."""
        at = self.moment.now.timestamp() - hours * 3600
        os.utime(file, (at, at))

    def pin(self, person: str) -> str:
        """Return a person's PIN."""
        return self.world.pin_files[person].read_text(encoding="utf-8").strip()

    @contextmanager
    def clocks_apart(self, seconds: int) -> Iterator[None]:
        """Let the peer's clock be ahead of the terminal's."""
        self.moment.ahead = seconds
        yield
        self.moment.ahead = 0

    def register(self, place: Path, purpose: str) -> None:
        """Name a place in the settings."""
        settings = self.world.home / "renkei.toml"
        table = f'\n[[handin]]\ndirectory = "{place}"\nowner = "{OWNER}"\npurpose = "{purpose}"\n'
        settings.write_text(settings.read_text(encoding="utf-8") + table, encoding="utf-8")

    @asynccontextmanager
    async def logged_on(self, person: str, *, opens: str = "") -> AsyncIterator[Driven]:
        """Open the console, log on, and open a list; by default the person stays where the day begins."""
        async with self.driving() as console:
            await console.log_on(person, opens=opens)
            yield console

    async def draw(self, console: Driven, name: str, about: str, *, sizes: tuple[tuple[int, int], ...] = SIZES) -> None:
        """Draw what is on the screen now, in each language and size; afterwards it is as it was before."""
        assert name not in self.states
        screen, grids = type(console.app.screen), dict[str, str]()
        before, language = console.app.size, console.words.language
        for turn in LANGUAGES:
            if console.words.language != turn:
                await switch(console)
            for columns, rows in sizes:
                await resize(console, columns, rows)
                grids[f"{turn} {columns}x{rows}"] = self._grid_of(console)
        await resize(console, before.width, before.height)
        if console.words.language != language:
            await switch(console)
        self.states[name] = State(name, self.walk, f"{screen.__module__}.{screen.__qualname__}", about, grids)

    def _grid_of(self, console: Driven) -> str:
        """Return the lines of the screen in hand, without blanks at their ends; each is as wide as the screen."""
        lines = console.text().splitlines()
        width, height = console.app.size
        assert len(lines) == height, console.text()
        assert {cell_len(line) for line in lines} == {width}, console.text()
        port = json.loads((self.world.agency_home / "agency.json").read_text(encoding="utf-8"))["port"]
        by_lot = re.compile("|".join((*_BY_LOT, rf"\b{port}\b")))
        return "\n".join(by_lot.sub(lambda found: "x" * len(found[0]), line).rstrip() for line in lines)


async def switch(console: Driven) -> None:
    """Show every text in the other language."""
    console.app.words.toggle()
    console.app.reword()
    await console.settle()


async def resize(console: Driven, columns: int, rows: int) -> None:
    """Give the terminal another size, and wait until the screen is laid out in it, which Textual puts off."""
    if tuple(console.app.size) == (columns, rows):
        return
    await console.pilot.resize_terminal(columns, rows)
    await console.until(lambda: tuple(console.app.screen._compositor.size) == (columns, rows))
    await console.settle()


def file_of(name: str) -> Path:
    """Return where a state is kept."""
    return FOLDER / f"{name}.txt"


def read(name: str) -> str:
    """Return what is kept of a state; nothing when it was never drawn."""
    file = file_of(name)
    return file.read_text(encoding="utf-8") if file.exists() else ""


def kept() -> Iterator[State]:
    """Yield all states that are kept."""
    for file in sorted(FOLDER.glob("*.txt")):
        head, *grids = HEADING.split(file.read_text(encoding="utf-8"))
        about, screen, walk = head.splitlines()[:3]
        drawn = {name: grid.strip("\n") for name, grid in zip(grids[::2], grids[1::2], strict=True)}
        yield State(file.stem, walk.removeprefix("Walk: "), screen.removeprefix("Screen: "), about, drawn)
