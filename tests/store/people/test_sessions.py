"""Sessions are closed exactly once, also those that a killed program left behind."""

import multiprocessing
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from store.database import Database
from store.endings import Ending
from store.people import (
    LEASE,
    Role,
    abandoned_sessions,
    add_person,
    close_session,
    open_session,
    open_sessions_of,
    touch_session,
)
from store.people.sessions import KeptSession, kept_session, sessions_since
from store.sealing.vault import Vault


@pytest.fixture
def peopled(database: Database, vault: Vault, now: datetime) -> Database:
    with database.writing() as tx:
        add_person(tx, vault.rows, "op-101", [Role.OPERATOR], "kept", now=now)
    return database


def open_and_die(url: str, now: datetime) -> None:
    database = Database.open(url)
    with database.writing() as tx:
        open_session(tx, "op-101", origin="screen", now=now)
    database.close()


def test_one_closing_wins(peopled: Database, now: datetime) -> None:
    with peopled.writing() as tx:
        session = open_session(tx, "op-101", origin="screen", now=now)
    closed: list[bool] = []

    def close(reason: Ending) -> None:
        with peopled.writing() as tx:
            closed.append(close_session(tx, session.id, reason, now))

    threads = [threading.Thread(target=close, args=(reason,)) for reason in Ending]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(closed) == [False] * (len(Ending) - 1) + [True]


def test_lease_is_renewed_until_the_session_is_closed(peopled: Database, now: datetime) -> None:
    with peopled.writing() as tx:
        session = open_session(tx, "op-101", origin="screen", now=now)
        assert touch_session(tx, session.id, now + LEASE)
        close_session(tx, session.id, Ending.LOGGED_OFF, now)
        assert not touch_session(tx, session.id, now)
        assert not touch_session(tx, "unknown", now)


def test_session_of_a_living_process_is_not_abandoned(peopled: Database, now: datetime) -> None:
    with peopled.writing() as tx:
        open_session(tx, "op-101", origin="screen", now=now)
        # Even when it could not renew its lease: the process stands, so nobody closes its session.
        assert abandoned_sessions(tx, now + 10 * LEASE) == []


def test_session_of_a_dead_process_is_found_at_once(peopled: Database, url: str, now: datetime) -> None:
    process = multiprocessing.get_context("spawn").Process(target=open_and_die, args=(url, now))
    process.start()
    process.join(60)
    with peopled.writing() as tx:
        (left,) = abandoned_sessions(tx, now + timedelta(seconds=1))
        assert (left.person_id, left.origin, left.opened_at) == ("op-101", "screen", now)
        assert close_session(tx, left.id, Ending.CRASH, now)
        assert abandoned_sessions(tx, now + 10 * LEASE) == []


@pytest.mark.parametrize("holder", ["", "another-boot/pid:[1] 7 12345"])
def test_session_of_elsewhere_is_judged_by_its_lease(peopled: Database, now: datetime, holder: str) -> None:
    with peopled.writing() as tx:
        session = open_session(tx, "op-101", origin="screen", now=now)
        tx.execute(text("UPDATE session SET holder = :holder"), {"holder": holder})
        assert abandoned_sessions(tx, now + LEASE) == []
        assert [left.id for left in abandoned_sessions(tx, now + LEASE + timedelta(seconds=1))] == [session.id]
        # It was left under a clock that was years ahead: nobody waits until the clock gets there.
        assert abandoned_sessions(tx, now - LEASE) == []
        assert [left.id for left in abandoned_sessions(tx, now - timedelta(days=3650))] == [session.id]


def test_a_session_is_looked_back_on_with_its_end(peopled: Database, now: datetime) -> None:
    later = now + timedelta(minutes=5)
    with peopled.writing() as tx:
        session = open_session(tx, "op-101", origin="screen", now=now)
        assert kept_session(tx, session.id) == KeptSession(session.id, "op-101", "screen", now, None, None)
        assert open_sessions_of(tx, "op-101") == [session.id]
        close_session(tx, session.id, Ending.IDLE, later)
        assert kept_session(tx, session.id) == KeptSession(session.id, "op-101", "screen", now, later, "idle")
        assert open_sessions_of(tx, "op-101") == []
        assert kept_session(tx, "unknown") is None


def test_sessions_of_late_are_found_by_person_and_by_their_end(peopled: Database, vault: Vault, now: datetime) -> None:
    with peopled.writing() as tx:
        add_person(tx, vault.rows, "op-102", [Role.OPERATOR], "kept", now=now)
        opened = {}
        for minute, (person_id, ending) in enumerate(
            [("op-101", Ending.LOGGED_OFF), ("op-102", Ending.CRASH), ("op-101", Ending.IDLE), ("op-101", None)]
        ):
            session = open_session(tx, person_id, origin="screen", now=now + timedelta(minutes=minute))
            opened[session.id] = minute
            if ending is not None:
                close_session(tx, session.id, ending, now)

        def found(**chosen: Any) -> list[int]:
            return [opened[each.id] for each in sessions_since(tx, **{"since": now, "limit": 9, **chosen})]

        assert found() == [3, 2, 1, 0]
        assert found(limit=2) == [3, 2]
        assert found(since=now + timedelta(minutes=2)) == [3, 2]
        assert found(person_id="op-102") == [1]
        # An open one has not ended in any way.
        assert found(but=Ending.LOGGED_OFF) == [2, 1]
