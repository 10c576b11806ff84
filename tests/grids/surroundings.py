"""The same moment, numbers and names each time: what would otherwise differ between two runs is fixed, at its source.

Not fixed are the keys, which the cryptography makes itself, and so what follows from them: fingerprints and the hashes
of the log. `tests.grids.drawing` masks those.
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Self

import pytest

from console.jobs.rehearsal import world as rehearsal
from console.process import confinement
from console.session import SessionKeeper
from store import clock
from tests.cheap_pins import cheap_pins
from tests.running import World
from transport.parties.authority import Validity

FRIDAY: Final = datetime(2026, 11, 27, 7, 2, tzinfo=UTC)
"""When the world is made: 16:02 in Japan."""
MONDAY: Final = datetime(2026, 11, 30, 0, 12, tzinfo=UTC)
"""When it is looked at: 9:12 on the next working day, so that much of it waits for days."""
PLACE: Final = "renkei-grids-"
"""How the directory of the worlds is called, below `/tmp`; what follows is drawn by lot."""
# TLS asks the machine's own clock, so that the certificates hold whenever this runs.
_CERTIFIED: Final = Validity(datetime(2025, 1, 10, tzinfo=UTC), datetime(2049, 12, 31, 14, 59, 59, tzinfo=UTC))
# What crosses the border imports nothing of the store, its clock included.
_AGENCY: Final = ("transport.agency", "transport.agency.home", "transport.agency.server")
OWNER: Final = "juki"
"""The account of the system whose files are taken in."""
WALKED: Final = "w"
_PINS: Final = ("27182846", "31415927", "16180340", "14142136", "17320509")


class Moment:
    """The clock of terminal and agency, which stands still between the walks' own steps."""

    def __init__(self) -> None:
        self.now = FRIDAY
        self.ahead = 0  # seconds of the agency's clock

    def seconds(self) -> float:
        """Return it as the wall clock of a session counts."""
        return self.now.timestamp()

    def pass_by(self, **span: float) -> None:
        """Let time pass, as `timedelta` counts it."""
        self.now += timedelta(**span)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the walks take their worlds from, and the clock of those worlds."""

    place: Path
    moment: Moment
    fresh: World

    def copy(self) -> World:
        """Return a world as it was made, on Monday morning, in the place of the one before."""
        self.moment.now = MONDAY
        # One after the other: a short path, which no screen has to cut.
        shutil.rmtree(self.place / WALKED, ignore_errors=True)
        home = self.place / WALKED / "world"
        shutil.copytree(self.fresh.home, home)
        pins = {person: home / file.relative_to(self.fresh.home) for person, file in self.fresh.pin_files.items()}
        return World(home, home / self.fresh.agency_home.relative_to(self.fresh.home), pins)


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Make the world of all walks, and fix meanwhile what would differ between two runs."""
    moment = Moment()
    with (
        tempfile.TemporaryDirectory(prefix=PLACE, dir="/tmp") as place,
        pytest.MonkeyPatch.context() as patch,
        cheap_pins(),
    ):
        _fix_times(patch, moment)
        _fix_numbers(patch)
        made = rehearsal.prepare(Path(place) / "fresh")
        pins = {person.id: person.pin_file for person in made.operators}
        yield Surroundings(Path(place), moment, World(made.home, made.agency_home, pins))


def _fix_times(patch: pytest.MonkeyPatch, moment: Moment) -> None:
    class Standing(datetime):
        """The clock of the line, which is the terminal's."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(moment.now.timestamp(), tz)

    class Theirs(datetime):
        """The clock of the agency."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(moment.now.timestamp() + moment.ahead, tz)

    patch.setattr(clock, "now", lambda: moment.now)
    patch.setattr("transport.line.client.datetime", Standing)
    for module in _AGENCY:
        patch.setattr(f"{module}.datetime", Theirs)
    patch.setattr(Validity, "from_now", classmethod(lambda _cls: _CERTIFIED))
    # Nobody waits here, so that no session comes nearer to its lock.
    defaults: dict[str, Any] = SessionKeeper.__init__.__kwdefaults__ or {}
    patch.setitem(defaults, "clock", lambda: 0.0)
    patch.setitem(defaults, "wall", moment.seconds)
    # A draft is saved when something covers the form, and not by a pause that a busy machine makes longer or shorter.
    patch.setattr("console.screens.entry.saving._PAUSE", 3600.0)
    # How long the line takes to answer says something about the machine alone.
    patch.setattr("console.jobs.exchange.line.time", SimpleNamespace(monotonic=lambda: 0.0))


def _fix_numbers(patch: pytest.MonkeyPatch) -> None:
    pins, sessions = itertools.cycle(_PINS), itertools.count(1)
    patch.setattr(rehearsal, "draw_pin", lambda: next(pins))
    patch.setattr("store.people.sessions.uuid4", lambda: SimpleNamespace(hex=f"{next(sessions) * 0x2545F491:032x}"))
    # The mark of an ID that nobody has follows from it, and so does its place among the IDs.
    patch.setattr("store.people.pins.os", SimpleNamespace(urandom=bytes))
    patch.setattr("console.incidents.secrets", SimpleNamespace(token_hex=lambda _bytes: "c0ffee"))
    # What the kernel can, who has accounts, whose the files are, and how much room there is: that is the machine's.
    held = confinement.Confinement(files=True, network=True)
    patch.setattr("console.process.confinement.possible", lambda: held)
    patch.setattr("console.configuration.handins.pwd", SimpleNamespace(getpwnam=str))
    patch.setattr("console.configuration.handins._is_owned", lambda _file, owner: owner == OWNER)
    patch.setattr("console.jobs.handins.places.getpwuid", lambda _number: SimpleNamespace(pw_name=OWNER))
    patch.setattr("console.jobs.terminal.gate_checks.free_bytes", lambda _terminal: 81_920 * 1024**2)
