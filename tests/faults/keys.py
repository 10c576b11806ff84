"""Bursts of keys, pastes and new sizes, drawn at random, on the real application over a rehearsal world.

Nobody types like that, but scripts, card readers and slow lines deliver like that: many keys wait while the first of
them opens or closes a screen. The console may do with them what it wants but end, or record an incident.

A burst is posted at once, with the event loop let in at drawn moments, and what it leads to is waited for. The world is
copied for each series, so that there is always something to decide.
"""

import asyncio
import json
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from textual import events
from textual.app import ScreenStackError
from textual.geometry import Size
from textual.keys import key_to_character

from console.incidents import TECHNICAL_LOG
from console.keys import ENTRY, EVENT, EVERYWHERE, EXCHANGE, LOG, MESSAGE, QUEUE, WAYS
from tests.console.driving import Driven, driving
from tests.faults.power import memory
from tests.running import run

SERIES: Final = 100
"""Bursts on one world."""
PERSON: Final = "ka-301"
_LONGEST: Final = 24
_LET_IN: Final = 0.3
_KEYS: Final = sorted(
    {
        name
        for key in (*QUEUE, *MESSAGE, *ENTRY, *EVENT, *EXCHANGE, *LOG, *EVERYWHERE, *WAYS)
        for name in key.keys.split(",")
        # What leaves the console has its own, small share below.
        if name and name not in {"f10", "q"}
    }
)
_MOVES: Final = (
    *("enter", "escape", "up", "down", "left", "right", "tab", "shift+tab", "home", "end", "pageup", "pagedown"),
    *("space", "backspace", "delete", "f1", "f1", "enter", "escape", *"0123456789"),
)
_PASTES: Final = ("1", "48201735", "張 偉", "葛\U000e0100飾", "a\nb", "\x1b[201~q", "A\tB", "漢" * 2000, "\u202e", "\n")
_FORESEEN: Final = re.compile(r"\S+ \w+\[")
_SIZES: Final = ((80, 24), (120, 40), (60, 20), (200, 50), (40, 10))


def press_keys(made: Path, seeds: range) -> Counter[str]:
    """Let bursts fall on copies of the world at `made`, one a seed; return which screens were seen after them.

    Raises whatever ended the console, and AssertionError where it recorded an incident; both name the burst's seed.
    """
    return asyncio.run(_press(made, seeds))


@contextmanager
def rehearsal_world() -> Iterator[Path]:
    """Yield the home of a fresh rehearsal world, in memory where that can be had."""
    with tempfile.TemporaryDirectory(prefix="renkei-keys-", dir=memory()) as name:
        home = Path(name) / "world"
        ran = run("demo", "--prepare", "--home", home, "--json")
        assert ran.status == 0, json.loads(ran.out)
        yield home


async def _press(made: Path, seeds: range) -> Counter[str]:
    seen: Counter[str] = Counter()
    for start in range(seeds.start, seeds.stop, SERIES):
        with tempfile.TemporaryDirectory(prefix="renkei-keys-", dir=memory()) as name:
            home = Path(name) / "world"
            shutil.copytree(made, home)
            left = list(range(start, min(start + SERIES, seeds.stop)))
            while left:
                seen += await _one_console(home, left)
    return seen


async def _one_console(home: Path, seeds: list[int]) -> Counter[str]:
    """Open the console and let bursts fall on it, taking from `seeds`, until none is left or it was closed by a key."""
    seen: Counter[str] = Counter()
    try:
        async with driving(home) as console:
            while seeds and not _is_closing(console):
                if console.app.session is None and console.screen == "login":
                    await _log_on(console)
                elif console.screen == "lock":
                    # Most keys do nothing here, and none but the PIN leads on.
                    await console.unlock(PERSON)
                await _burst(console, random.Random(seeds.pop(0)))
                seen[_seen(console)] += 1
                assert _unforeseen(home) == []
    except Exception as error:
        error.add_note(f"in the burst before {seeds[:1] or 'the end'}")
        raise
    return seen


def _unforeseen(home: Path) -> list[str]:
    """Return the technical records of failures that have no code: nobody foresaw them. The line is down here."""
    log = home / TECHNICAL_LOG
    records = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [record for record in records if _FORESEEN.match(record) is None]


def _seen(console: Driven) -> str:
    try:
        return str(console.screen)
    except ScreenStackError:
        return "closed"


async def _log_on(console: Driven) -> None:
    console.app.screen.welcome_back("login.ended.log_off")  # type: ignore[attr-defined]  # It is the login screen.
    await console.log_on(PERSON)


async def _burst(console: Driven, chance: random.Random) -> None:
    app = console.app
    for event in _events(chance):
        app.post_message(event)
        if chance.random() < _LET_IN:
            # Turns of the event loop, not time: which messages are dealt with meanwhile differs from burst to burst.
            for _ in range(chance.randrange(12)):
                await asyncio.sleep(0)
    if not _is_closing(console):
        await console.finish()


def _is_closing(console: Driven) -> bool:
    """Tell whether a key has closed the console, or is about to: nothing is painted any more."""
    return not console.app.is_running or console.app._exit


def _events(chance: random.Random) -> Iterator[events.Event]:
    for _ in range(chance.randrange(1, _LONGEST)):
        drawn = chance.random()
        if drawn < 0.06:
            yield events.Paste(chance.choice(_PASTES))
        elif drawn < 0.09:
            size = Size(*chance.choice(_SIZES))
            yield events.Resize(size, size)
        else:
            leaving = drawn < 0.1
            key = chance.choice(("f10", "q") if leaving else _KEYS if drawn < 0.6 else _MOVES)
            yield events.Key(key, key_to_character(key))
