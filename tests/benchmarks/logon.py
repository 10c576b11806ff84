"""How long a log-on takes, and whether the time of a refusal tells which IDs exist.

A wrong PIN of somebody and an ID that nobody has are tried by turns, as often as wanted, each with the whole of a
log-on: the count, the comparison, the entry in the log and its signature. An ID is given up before it is locked, and
the clock runs an hour a try, so that none has to wait. A right PIN follows, for the time that a person waits.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from unittest import mock

from tests.benchmarks.report import Report

if TYPE_CHECKING:
    from console.terminal import Terminal

TRIES: Final = 500
_RIGHT: Final = 20
_EACH: Final = 9
_PEOPLE: Final = -(-TRIES // _EACH)
_PIN: Final = "40718295"
_WRONG: Final = "58209317"
_MOST_APART: Final = 0.02
_MOST_SECONDS: Final = 0.5
_SOMEBODY, _NOBODY, _LOGGED_ON = "a wrong PIN", "an ID that nobody has", "a log-on"


def measure(runs: int) -> Report:
    """Try each TRIES times, whatever `runs` is: fewer would not tell two per cent apart."""
    del runs
    seen: dict[str, list[float]] = {_SOMEBODY: [], _NOBODY: [], _LOGGED_ON: []}
    with TemporaryDirectory(prefix="renkei-logon-") as name:
        terminal = _terminal(Path(name) / "world")
        with terminal, mock.patch("store.clock.now", _clock_ahead()):
            for number in range(TRIES):
                tries = [(_SOMEBODY, f"op-{number // _EACH:03}"), (_NOBODY, f"no-{number // _EACH:03}")]
                # What goes first changes from try to try: whatever else the machine does weighs on both.
                for what, person_id in tries if number % 2 else reversed(tries):
                    seen[what].append(_milliseconds(terminal, person_id, _WRONG))
            for number in range(_RIGHT):
                seen[_LOGGED_ON].append(_milliseconds(terminal, f"op-{number:03}", _PIN))
    somebody, nobody, logged_on = (median(values) for values in seen.values())
    apart = abs(somebody / nobody - 1)
    verdict = (
        f"a wrong PIN and an ID that nobody has are {apart:.1%} apart, medians of {TRIES} (at most {_MOST_APART:.0%}); "
        f"a log-on takes {logged_on / 1000:.2f} s (at most {_MOST_SECONDS})"
    )
    return Report("ms", seen, verdict, {"apart": apart, "seconds": logged_on / 1000})


def _terminal(home: Path) -> "Terminal":
    """Return a terminal on which enough people are registered, opened."""
    from console.jobs.rehearsal import world as rehearsal
    from console.jobs.terminal import setup
    from console.terminal import Terminal
    from store.rights import Role

    terminal = Terminal.open(rehearsal.prepare(home, outgoing=0, notices=0).home)
    people = [(f"op-{number:03}", [Role.OPERATOR], _PIN) for number in range(_PEOPLE)]
    setup.add_people(terminal, people, pin_given=False)
    return terminal


def _clock_ahead() -> Callable[[], datetime]:
    """Return a clock that runs by an hour each time it is asked."""
    asked = 0

    def now() -> datetime:
        nonlocal asked
        asked += 1
        return datetime.now(UTC) + timedelta(hours=asked)

    return now


def _milliseconds(terminal: "Terminal", person_id: str, pin: str) -> float:
    from console.errors import CredentialsRefused
    from console.jobs.people import logon

    began = time.perf_counter()
    with suppress(CredentialsRefused):
        logon.log_on(terminal, person_id, pin, origin="command")
    return 1000 * (time.perf_counter() - began)
