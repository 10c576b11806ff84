"""A lease is renewed while its session works, and whoever holds it learns once that it is lost."""

import threading

import pytest

from console.jobs.people import lease, logon
from console.session import Session
from console.terminal import Terminal
from store.endings import Ending
from store.errors import DatabaseFailed, DatabaseMissing
from tests.console.jobs.site import OPERATOR, Site

pytestmark = pytest.mark.by_engine

DEADLINE_SECONDS = 30


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEWAL_SECONDS", 0.001)


def test_it_is_renewed_again_and_again_until_it_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed = threading.Semaphore(0)
    monkeypatch.setattr(logon, "renew", lambda _terminal, _session: renewed.release())
    with lease.Lease(site.terminal, site.session(OPERATOR)) as held:
        assert all(renewed.acquire(timeout=DEADLINE_SECONDS) for _ in range(2))
    assert not held._thread.is_alive()


def test_a_session_that_was_closed_elsewhere_is_lost_once(site: Site) -> None:
    session = site.session(OPERATOR)
    logon.log_off(site.terminal, session, Ending.LOGGED_OFF)
    losses: list[Ending] = []
    held = lease.Lease(site.terminal, session, lost=losses.append)
    held._thread.join(DEADLINE_SECONDS)
    # As whoever closed it has recorded.
    assert losses == [Ending.LOGGED_OFF]


def test_a_store_that_is_out_of_order_loses_the_session_as_a_failure(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_terminal: Terminal, _session: Session) -> None:
        raise DatabaseFailed(file="x")

    monkeypatch.setattr(logon, "renew", fail)
    losses: list[Ending] = []
    held = lease.Lease(site.terminal, site.session(OPERATOR), lost=losses.append)
    held._thread.join(DEADLINE_SECONDS)
    assert losses == [Ending.CRASH]


def test_a_session_is_lost_also_where_the_store_cannot_say_who_closed_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = site.session(OPERATOR)
    logon.log_off(site.terminal, session, Ending.LOGGED_OFF)

    def fail(_terminal: Terminal, _session: Session) -> Ending:
        raise DatabaseMissing

    monkeypatch.setattr(logon, "ended_as", fail)
    losses: list[Ending] = []
    held = lease.Lease(site.terminal, session, lost=losses.append)
    held._thread.join(DEADLINE_SECONDS)
    assert losses == [Ending.CRASH]


def test_what_was_ended_meanwhile_is_not_lost(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    session = site.session(OPERATOR)
    renew, held = logon.renew, list[lease.Lease]()
    begun = threading.Event()

    def end_first(terminal: Terminal, session: Session) -> None:
        assert begun.wait(DEADLINE_SECONDS)
        held[0].end()
        logon.log_off(terminal, session, Ending.LOGGED_OFF)
        renew(terminal, session)

    monkeypatch.setattr(logon, "renew", end_first)
    losses: list[Ending] = []
    held.append(lease.Lease(site.terminal, session, lost=losses.append))
    begun.set()
    held[0]._thread.join(DEADLINE_SECONDS)
    assert (held[0]._thread.is_alive(), losses) == (False, [])
