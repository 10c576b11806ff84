"""The last word of the log about somebody, and the numbers that entries hold."""

from datetime import datetime

import pytest

from store.database import Database
from store.log import Event, Log
from store.log.latest import last_upgrade, latest_about, number_in, numbers_of, role_in

EVENTS = {Event.PERSON_ADDED, Event.PIN_CHANGED}


@pytest.fixture
def written(database: Database, log: Log, now: datetime) -> Database:
    with database.writing() as tx:
        entries: list[tuple[Event, str, dict[str, str | int]]] = [
            (Event.PERSON_ADDED, "op-101", {"role": "approver+operator", "version": 1}),
            (Event.PIN_CHANGED, "op-101", {"version": 2}),
            (Event.PERSON_UNLOCKED, "op-101", {}),
            (Event.PIN_CHANGED, "op-102", {"version": 7}),
        ]
        for event, about, detail in entries:
            log.append(tx, event, actor="ka-301", session=None, object=about, detail=detail, now=now)
    return database


def test_the_last_entry_of_the_events_asked_for_counts(written: Database, now: datetime) -> None:
    with written.reading() as reading:
        word = latest_about(reading, "op-101", EVENTS)
        assert word is not None
        assert (word.seq, word.event, word.at, word.number("version")) == (2, "pin.changed", now, 2)
        assert word.number("attempts") is None
        assert latest_about(reading, "op-103", EVENTS) is None
        assert numbers_of(reading, Event.PIN_CHANGED, "version") == {2, 7}


def test_an_upgrade_is_known_by_its_entry(written: Database, log: Log) -> None:
    with written.writing() as tx:
        assert last_upgrade(tx) == 0
        log.append(tx, Event.TERMINAL_UPGRADED, actor=None, session=None)
        assert last_upgrade(tx) == 5


def test_numbers_and_roles_are_members_of_the_detail() -> None:
    body = b'{"actor":"x","detail":{"attempts":3,"role":"approver+operator","version":12},"event":"y"}'
    assert (number_in(body, "version"), number_in(body, "attempts")) == (12, 3)
    assert (role_in(body), role_in(b"{}")) == ("approver,operator", None)
