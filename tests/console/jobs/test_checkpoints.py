"""When a checkpoint is made: while work goes on, and at each end of something."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from console.errors import CredentialsRefused
from console.jobs import checkpoints, exchange
from console.jobs.log import export
from console.jobs.people import lease, logon
from console.jobs.terminal import opening
from store import clock
from store.endings import Ending
from store.errors import IntegrityFault, KeyFileFault, LogBehind
from store.log import Checkpoint, Event, Occasion, WitnessRow
from store.log import checkpoints as kept
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, OPERATOR, Site, entry, free_port
from transport.errors import TransportError

if TYPE_CHECKING:
    from transport.line.client import Line
    from transport.line.peer import PeerEndpoint

MOST_SECONDS = 60


def last(site: Site) -> Checkpoint:
    with site.terminal.database.reading() as reading:
        checkpoint = kept.latest(reading)
    assert checkpoint is not None
    return checkpoint


def test_waiting_for_the_lease_and_for_its_age_an_entry_is_signed_within_a_minute() -> None:
    assert lease.RENEWAL_SECONDS + checkpoints._DUE_SECONDS + lease.RENEWAL_SECONDS <= MOST_SECONDS


class Monotonic:
    """The monotonic clock, moved by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1000.0
        monkeypatch.setattr("console.jobs.checkpoints.monotonic", lambda: self.seconds)


@pytest.mark.parametrize("jump", [timedelta(), timedelta(days=3650), timedelta(hours=-8), timedelta(days=-3650)])
def test_a_session_that_lasts_signs_what_waits_whatever_the_clock_says(
    site: Site, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    monotonic, real = Monotonic(monkeypatch), clock.now
    session = site.session(OPERATOR)
    # What was written while the site was made may have waited long by now.
    checkpoints.make(site.terminal, Occasion.START)
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=10))
    site.take_in([entry(1)])
    # The clock is set while entries wait, back or ahead.
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=10) + jump)
    before = last(site)
    checkpoints.make_due(site.terminal)
    assert last(site) == before, "nothing has waited yet"
    monotonic.seconds += checkpoints._DUE_SECONDS
    checkpoints.make_due(site.terminal)
    assert (last(site).seq, last(site).cause) == (site.newest(), Occasion.ACTIVITY)
    monotonic.seconds += MOST_SECONDS
    checkpoints.make_due(site.terminal)
    assert last(site).number == before.number + 1, "nothing new, nothing to sign"
    logon.log_off(site.terminal, session, Ending.LOGGED_OFF)


def test_what_is_written_after_a_checkpoint_waits_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monotonic = Monotonic(monkeypatch)
    checkpoints.make(site.terminal, Occasion.START)
    for _ in range(2):
        site.take_in([entry(site.newest())])
        before = last(site)
        checkpoints.make_due(site.terminal)
        monotonic.seconds += checkpoints._DUE_SECONDS - 1
        checkpoints.make_due(site.terminal)
        assert last(site) == before
        # Meanwhile another occasion signs.
        checkpoints.make(site.terminal, Occasion.EXCHANGE)
        monotonic.seconds += 1


def test_the_lease_of_a_session_looks_for_what_waits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monotonic = Monotonic(monkeypatch)
    session = site.session(OPERATOR)
    logon.renew(site.terminal, session)
    monotonic.seconds += checkpoints._DUE_SECONDS
    logon.renew(site.terminal, session)
    assert (last(site).seq, last(site).cause) == (site.newest(), Occasion.ACTIVITY)


def test_a_refused_log_on_is_signed_at_once(site: Site) -> None:
    with pytest.raises(CredentialsRefused):
        logon.log_on(site.terminal, OPERATOR, "00000000", origin="screen")
    (refused,) = site.entries(Event.OPERATOR_REFUSED)
    assert last(site).seq == refused.seq


def test_keys_that_are_gone_halt_new_work_and_keep_nobody_from_logging_off(site: Site) -> None:
    session = site.session(OPERATOR)
    for file in (site.home / "keys" / "log").iterdir():
        file.unlink()
    logon.log_off(site.terminal, session, Ending.LOGGED_OFF)
    assert isinstance(site.terminal.halted, IntegrityFault | KeyFileFault)
    (failed,) = site.entries(Event.PROTECTION_FAILED)
    assert failed.detail == {"protection": "log", "code": site.terminal.halted.code}


@ON_SQLITE
def test_a_check_tells_what_the_peer_states_and_keeps_none_of_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the whole machine was put back, keys and all: then the peer alone knows how far the log had come."""
    known = last(site)
    stated: list[WitnessRow | None] = [
        None,
        WitnessRow(known.number, known.digest, "agency", b"", clock.now()),
        WitnessRow(known.number + 5, bytes(32), "agency", b"", clock.now()),
    ]
    monkeypatch.setattr(checkpoints, "_statement", lambda *_: stated.pop(0))
    ask = partial(checkpoints.compare, site.terminal, cast("Line", None), cast("PeerEndpoint", None))
    before = (site.contents(), site.newest())
    ask()
    ask()
    with pytest.raises(LogBehind) as behind:
        ask()
    assert behind.value.facts == {"number": str(known.number), "seen": str(known.number + 5)}
    assert ((site.contents(), site.newest()), site.terminal.halted) == (before, None)


@ON_SQLITE
def test_a_peer_that_states_nothing_accuses_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # What else is wrong with the log is another line of the check.
    for file in (site.home / "keys" / "log").glob("*.key"):
        file.unlink()
    monkeypatch.setattr(checkpoints, "_statement", lambda *_: None)
    checkpoints.compare(site.terminal, cast("Line", None), cast("PeerEndpoint", None))


def _log_off(site: Site, _place: Path) -> None:
    logon.log_off(site.terminal, site.session(OPERATOR), Ending.LOGGED_OFF)


def _exchange(site: Site, _place: Path) -> None:
    site.approve([entry(1)])
    with site.served():
        exchange.send(site.terminal, site.session(CHIEF))


def _failed_exchange(site: Site, _place: Path) -> None:
    site.register_peer(free_port())
    with pytest.raises(TransportError):
        exchange.send(site.terminal, site.session(CHIEF))


def _stop(site: Site, _place: Path) -> None:
    opening.end(site.terminal)


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        pytest.param(_log_off, Occasion.LOG_OFF, id="log-off"),
        pytest.param(_exchange, Occasion.EXCHANGE, id="exchange"),
        pytest.param(_failed_exchange, Occasion.EXCHANGE, id="failed-exchange"),
        pytest.param(_stop, Occasion.STOP, id="stop"),
    ],
)
def test_each_end_signs_everything(
    site: Site, tmp_path: Path, act: Callable[[Site, Path], None], cause: Occasion
) -> None:
    act(site, tmp_path)
    assert (last(site).seq, last(site).cause) == (site.newest(), cause)


def test_an_export_signs_its_own_intent(site: Site, tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    export.export(site.terminal, site.session(CHIEF), export.Target(medium, "A", same_disk=True))
    (intent,) = site.entries(Event.LOG_EXPORTING)
    assert (last(site).seq, last(site).cause) == (intent.seq, Occasion.EXPORT)
