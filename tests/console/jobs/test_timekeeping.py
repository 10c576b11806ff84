"""A clock that is far ahead asks an officer before work goes on, and is told by the check."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from console.errors import RightMissing
from console.jobs import checkpoints, exchange, timekeeping
from console.jobs.exchange import ClockReason
from console.jobs.people import logon
from console.jobs.terminal import findings, health
from console.words import Words
from store import clock
from store.database import Database
from store.endings import Ending
from store.errors import ClockAhead, StoreError
from store.log import Event, WitnessRow
from store.log import checkpoints as kept
from tests.console.jobs.site import CHIEF, OPERATOR, Site, entry
from transport.errors import TransportError

YEARS = timedelta(days=3650)
MOST = timedelta(days=14)
FAR = MOST + timedelta(hours=1)


class Clock:
    """The clock of the terminal, which goes on from where it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = clock.now
        self.wrong = timedelta()
        monkeypatch.setattr(clock, "now", lambda: self._real() + self.wrong)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def open_anew(site: Site) -> StoreError | None:
    """Open the terminal as every console and command does; return what halts it."""
    site.terminal.halted = None
    checkpoints.start(site.terminal, from_witness=False)
    return site.terminal.halted


def see(site: Site, at: datetime) -> None:
    """Keep a word of the peer about the latest checkpoint, given at that time."""
    made = checkpoints.make(site.terminal, kept.Occasion.EXCHANGE)
    assert made is not None
    with site.terminal.database.writing() as tx:
        kept.add_witness(tx, WitnessRow(made.number, made.digest, "agency", b"", at))


@pytest.mark.parametrize("ahead", [FAR, YEARS])
def test_a_clock_far_ahead_halts_new_work_until_it_is_right_again(
    site: Site, set_clock: Clock, ahead: timedelta
) -> None:
    set_clock.wrong = ahead
    halted = open_anew(site)
    assert isinstance(halted, ClockAhead)
    assert halted.exit_status == 7
    with pytest.raises(ClockAhead):
        site.take_in([entry(1)])
    # Who logs on and off meanwhile leaves entries of the wrong time; they prove nothing about it.
    logon.log_off(site.terminal, site.session(OPERATOR), Ending.LOGGED_OFF)
    assert open_anew(site) is not None
    assert len(site.entries(Event.CLOCK_AHEAD)) == 1
    set_clock.wrong = timedelta()
    assert open_anew(site) is None
    site.take_in([entry(1)])
    assert site.entries(Event.CLOCK_STEPPED) != []
    assert open_anew(site) is None


def test_a_holiday_halts_nothing(site: Site, set_clock: Clock) -> None:
    set_clock.wrong = MOST - timedelta(hours=1)
    assert open_anew(site) is None
    site.take_in([entry(1)])


def test_a_clock_is_ahead_of_the_last_entry_by_more_than_two_weeks(site: Site) -> None:
    with site.terminal.database.reading() as reading:
        known = timekeeping.last_known(reading)
        assert known is not None
        assert timekeeping.found_ahead(reading, known + MOST) is None
        fault = timekeeping.found_ahead(reading, known + MOST + timedelta(microseconds=1))
    assert fault is not None
    assert fault.facts == {"days": "14", "known": known.astimezone(clock.JAPAN).date().isoformat()}


def test_a_log_without_entries_tells_nothing_of_the_clock(tmp_path: Path) -> None:
    database = Database.create(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with closing(database), database.reading() as reading:
        assert timekeeping.found_ahead(reading, clock.now()) is None


def test_a_word_about_a_clock_that_halts_nothing_is_not_recorded(site: Site) -> None:
    timekeeping.overrule(site.terminal, site.session(CHIEF), ClockReason.SYNC_DOWN.value)
    assert site.entries(Event.CLOCK_OVERRULED) == []


def test_an_officer_says_why_and_work_goes_on(site: Site, set_clock: Clock) -> None:
    set_clock.wrong = FAR
    assert open_anew(site) is not None
    with pytest.raises(RightMissing):
        exchange.send(site.terminal, site.session(OPERATOR), clock_reason=ClockReason.SYNC_DOWN)
    assert site.terminal.halted is not None
    # Nobody listens there: the officer's word stands all the same.
    site.register_peer(1)
    with pytest.raises(TransportError):
        exchange.receive(site.terminal, site.session(CHIEF), clock_reason=ClockReason.SYNC_DOWN)
    (answer,) = site.entries(Event.CLOCK_OVERRULED)
    assert (answer.actor, answer.detail["cause"]) == (CHIEF, "sync_down")
    assert MOST.total_seconds() < int(answer.detail["seconds"]) < (FAR + timedelta(hours=1)).total_seconds()
    site.take_in([entry(1)])
    assert open_anew(site) is None


def test_the_peer_s_last_word_tells_of_a_clock_whose_entries_are_as_wrong(site: Site, set_clock: Clock) -> None:
    begun = clock.now()
    site.take_in([entry(1)])
    see(site, begun)
    # As an older program left it: entries of the future, and nobody asked.
    set_clock.wrong = YEARS
    site.take_in([entry(2)])
    assert open_anew(site) is not None
    chief = site.session(CHIEF)
    timekeeping.overrule(site.terminal, chief, ClockReason.SYNC_DOWN.value)
    assert open_anew(site) is None, "the officer's word counts as one of the peer"
    set_clock.wrong = YEARS + FAR
    assert open_anew(site) is not None
    assert len(site.entries(Event.CLOCK_AHEAD)) == 2


def test_the_check_has_a_line_for_the_clock(site: Site, set_clock: Clock) -> None:
    def line() -> findings.Check:
        (found,) = [check for check in health.check(site.home, Words("en")).checks if check.name == "own_clock"]
        return found

    seen = clock.now()
    site.take_in([entry(1)])
    set_clock.wrong = -timedelta(minutes=6)
    assert not line().ok, "behind the last entry, and no peer has seen the log"
    set_clock.wrong = timedelta()
    see(site, seen)
    assert line().ok
    assert f"{seen.astimezone(clock.JAPAN):%Y-%m-%d %H:%M}" in line().detail
    set_clock.wrong = FAR
    assert (line().ok, line().code) == (False, "clock_ahead")
    set_clock.wrong = -timedelta(minutes=6)
    assert not line().ok
    assert line().remedy
    set_clock.wrong = timedelta()
    site.take_in([entry(2)])
    see(site, seen + timedelta(minutes=6))
    assert not line().ok, "behind the time that the peer gave, though not behind the last entry"
