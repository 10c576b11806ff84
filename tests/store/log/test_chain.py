"""The log holds what happened, and nothing in it can be changed unnoticed."""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from store import clock
from store.database import Database
from store.errors import LogEntryRefused
from store.log import DETAIL_KEYS, EntryDraft, Event, EventClass, Flaw, Log, Result, Verification, page
from store.log.entries import FIRST_PREVIOUS, SMALLEST_STEP
from store.log.rows import entries
from tests.clusters import ON_SQLITE
from tests.store.log.log_world import bodies

UID = "0f" * 16
ENTRIES = 12


@pytest.fixture
def filled(database: Database, log: Log, now: datetime) -> Database:
    with database.writing() as tx:
        for number in range(ENTRIES):
            log.append(
                tx,
                Event.MESSAGE_READ,
                actor="op-101",
                session=UID,
                object=UID,
                detail={"revision": number},
                now=now + timedelta(seconds=number),
            )
    return database


def verify(database: Database, log: Log) -> Verification:
    with database.reading() as reading:
        return log.verify(reading)


def test_body_is_canonical_and_complete(database: Database, log: Log, now: datetime) -> None:
    with database.writing() as tx:
        seq = log.append(
            tx,
            Event.OPERATOR_REFUSED,
            actor=None,
            session=None,
            object=UID,
            result=Result.REFUSED,
            detail={"attempts": 3, "origin": "screen"},
            now=now,
        )
        ((body,),) = entries(tx, 1, 1, FIRST_PREVIOUS)
        digest = tx.exec_driver_sql("SELECT hash FROM log_entry").scalar_one()
    assert seq == 1
    assert body == (
        b'{"actor":null,"at":"2026-11-23T03:00:00.000000Z","detail":{"attempts":3,"origin":"screen"},'
        b'"event":"operator.refused","object":"' + UID.encode() + b'","prev":"' + b"0" * 64 + b'",'
        b'"result":"refused","seq":1,"session":null,"terminal":"t-131041-01","v":2}'
    )
    assert digest == sha256(body).digest()


def test_each_entry_names_the_hash_of_the_one_before(filled: Database) -> None:
    with filled.reading() as reading:
        (bodies,) = entries(reading, 1, ENTRIES, FIRST_PREVIOUS)
        digests = list(reading.exec_driver_sql("SELECT hash FROM log_entry ORDER BY seq").scalars())
    assert [sha256(body).digest() for body in bodies] == digests
    assert [json.loads(body)["prev"] for body in bodies] == [
        "0" * 64,
        *(bytes(digest).hex() for digest in digests[:-1]),
    ]


def test_many_entries_are_appended_in_order(database: Database, log: Log) -> None:
    with database.writing() as tx:
        first = log.append_many(tx, (EntryDraft(Event.MESSAGE_IMPORTED, "op-101", UID, UID) for _ in range(5)))
        second = log.append_many(tx, [])
        third = log.append_many(tx, [EntryDraft(Event.MESSAGE_APPROVED, "ap-201", UID, UID)])
    assert (first, second, third) == (range(1, 6), range(6, 6), range(6, 7))
    assert verify(database, log) == Verification(ok=True, entries=6)


@pytest.mark.parametrize("step", [timedelta(seconds=1.000001), timedelta(hours=8), timedelta(days=3650)])
def test_a_step_of_the_clock_is_an_entry_and_times_go_on_from_there(
    database: Database, log: Log, now: datetime, step: timedelta
) -> None:
    with database.writing() as tx:
        log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None, now=now + step)
        drafts = [EntryDraft(Event.MESSAGE_READ, "op-101", UID, UID), EntryDraft(Event.TERMINAL_STOPPED)]
        assert log.append_many(tx, drafts, now=now) == range(3, 5), "the numbers are those of the drafts"
        later = now + timedelta(minutes=1)
        log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None, now=later)
        rows = page(tx, limit=9)[::-1]
    assert [row.at for row in rows] == [now + step, now, now, now, later]
    assert [row.event for row in rows].index(Event.CLOCK_STEPPED) == 1
    assert (rows[1].actor, rows[1].session, rows[1].object, rows[1].result) == (None, None, None, Result.DONE)
    assert rows[1].detail == {"clock_before": clock.to_text(now + step), "clock_after": clock.to_text(now)}
    assert all("clock_behind_ms" not in row.detail for row in rows)
    assert verify(database, log) == Verification(ok=True, entries=5)


def test_a_clock_that_is_a_little_behind_repeats_the_time(database: Database, log: Log, now: datetime) -> None:
    # Several terminals share a log, and their clocks are never quite alike.
    with database.writing() as tx:
        log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None, now=now)
        log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None, now=now - SMALLEST_STEP)
        later, earlier = page(tx, limit=2)
    assert (earlier.at, later.at) == (now, now)
    assert later.detail == {"clock_behind_ms": 1000}
    assert verify(database, log).ok


def test_nothing_appended_tells_of_no_step(database: Database, log: Log, now: datetime) -> None:
    with database.writing() as tx:
        log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None, now=now)
        assert log.append_many(tx, [], now=now - timedelta(days=1)) == range(2, 2)
    assert verify(database, log) == Verification(ok=True, entries=1)


@pytest.mark.parametrize(
    "draft",
    [
        EntryDraft(Event.MESSAGE_READ, actor="山田太郎"),
        EntryDraft(Event.MESSAGE_READ, actor="OP 101"),
        EntryDraft(Event.MESSAGE_READ, object="WN56680422GC"),
        EntryDraft(Event.MESSAGE_READ, session=""),
        EntryDraft(Event.MESSAGE_READ, detail={"name": "x"}),
        EntryDraft(Event.MESSAGE_READ, detail={"code": "two words"}),
        EntryDraft(Event.MESSAGE_READ, detail={"code": "鄭"}),
        EntryDraft(Event.MESSAGE_READ, detail={"code": "x" * 129}),
    ],
)
def test_entry_cannot_hold_names_or_free_text(database: Database, log: Log, draft: EntryDraft) -> None:
    with pytest.raises(LogEntryRefused) as caught, database.writing() as tx:
        log.append_many(tx, [EntryDraft(Event.MESSAGE_READ), draft])
    assert set(caught.value.facts) == {"event", "field"}
    assert verify(database, log) == Verification(ok=True, entries=0), "the work of the transaction is undone"


def test_honest_log_verifies_and_tells_progress(filled: Database, log: Log) -> None:
    progress: list[tuple[int, int]] = []
    with filled.reading() as reading:
        verification = log.verify(reading, lambda done, total: progress.append((done, total)))
    assert verification == Verification(ok=True, entries=ENTRIES)
    assert progress == [(ENTRIES, ENTRIES)]


def rehash(
    tamper: Callable[[dict[str, object]], None], copy: str = "seq = seq"
) -> Callable[[sqlite3.Connection], None]:
    """Put entry 7 there whole, changed and with its own hash, as somebody who knows the format would."""

    def change(bare: sqlite3.Connection) -> None:
        body = bodies(bare)[6]
        tamper(body)
        forged = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        statement = f"UPDATE log_entry SET body = ?, hash = ?, {copy} WHERE seq = 7"
        bare.execute(statement, (forged, sha256(forged).digest()))

    return change


def run(statement: str) -> Callable[[sqlite3.Connection], None]:
    def change(bare: sqlite3.Connection) -> None:
        bare.executescript(statement)

    return change


SWAP = """
UPDATE log_entry SET seq = 100 WHERE seq = 7; UPDATE log_entry SET seq = 7 WHERE seq = 8;
UPDATE log_entry SET seq = 8 WHERE seq = 100;
"""
COPY = "INSERT INTO log_entry SELECT {seq}, body, hash, at, event, actor, session, object, result FROM log_entry"


@ON_SQLITE
@pytest.mark.parametrize(
    ("tamper", "first_bad", "cause"),
    [
        (run("UPDATE log_entry SET body = CAST(replace(body, '1', '2') AS BLOB) WHERE seq = 7"), 7, Flaw.HASH),
        # The same characters, but stored as text: not the bytes that an auditor hashes.
        (run("UPDATE log_entry SET body = CAST(body AS TEXT) WHERE seq = 7"), 7, Flaw.BODY),
        (run("UPDATE log_entry SET body = CAST(body || ' ' AS BLOB) WHERE seq = 7"), 7, Flaw.BODY),
        (run("UPDATE log_entry SET hash = zeroblob(32) WHERE seq = 7"), 7, Flaw.HASH),
        (rehash(lambda body: body.update(actor="op-102")), 7, Flaw.COPY),
        (rehash(lambda body: body.update(detail={})), 8, Flaw.HASH),
        (rehash(lambda body: body.update(prev="0" * 64)), 7, Flaw.LINK),
        (rehash(lambda body: body.update(terminal="t-9")), 7, Flaw.TERMINAL),
        (rehash(lambda body: body.update(v=1)), 7, Flaw.BODY),
        (rehash(lambda body: body.update(v=3)), 7, Flaw.BODY),
        (run("UPDATE log_entry SET at = at + 1 WHERE seq = 7"), 7, Flaw.HASH),
        (run("UPDATE log_entry SET at = 'yesterday' WHERE seq = 7"), 7, Flaw.COPY),
        (run("UPDATE log_entry SET at = 9223372036854775807 WHERE seq = 7"), 7, Flaw.COPY),
        (rehash(lambda body: body.update(at="2026-11-23T02:00:00.000000Z"), "at = 1795399200000000"), 7, Flaw.TIME),
        (rehash(lambda body: body.update(at=None)), 7, Flaw.BODY),
        (run("UPDATE log_entry SET event = 'message.approved' WHERE seq = 7"), 7, Flaw.HASH),
        (run("UPDATE log_entry SET actor = NULL WHERE seq = 7"), 7, Flaw.HASH),
        (run("UPDATE log_entry SET session = 'x' WHERE seq = 7"), 7, Flaw.COPY),
        (run("UPDATE log_entry SET object = 'x' WHERE seq = 7"), 7, Flaw.COPY),
        (run("UPDATE log_entry SET result = 'failed' WHERE seq = 7"), 7, Flaw.HASH),
        (run("DELETE FROM log_entry WHERE seq = 7"), 7, Flaw.GAP),
        (run("DELETE FROM log_entry WHERE seq = 1"), 1, Flaw.GAP),
        (run("DELETE FROM log_entry WHERE seq <= 3; UPDATE log_entry SET seq = seq - 3"), 1, Flaw.HASH),
        (run(SWAP), 7, Flaw.HASH),
        (run(f"{COPY.format(seq=ENTRIES + 1)} WHERE seq = 12"), ENTRIES + 1, Flaw.HASH),
        (run(f"{COPY.format(seq=0)} WHERE seq = 1"), 1, Flaw.GAP),
        (run(f"{COPY.format(seq=ENTRIES + 2)} WHERE seq = 12"), ENTRIES + 1, Flaw.GAP),
    ],
)
def test_tampering_is_found_at_the_first_bad_entry(
    filled: Database,
    log: Log,
    home: Path,
    tamper: Callable[[sqlite3.Connection], None],
    first_bad: int,
    cause: Flaw,
) -> None:
    bare = sqlite3.connect(home / "store.sqlite")
    for verb in ("UPDATE", "DELETE"):
        bare.execute(f"DROP TRIGGER log_entry_stands_{verb}")
    tamper(bare)
    bare.commit()
    bare.close()
    assert verify(filled, log) == Verification(ok=False, entries=first_bad - 1, first_bad=first_bad, cause=cause)


def test_log_of_another_terminal_is_not_ours(filled: Database) -> None:
    assert verify(filled, Log("t-131041-02")).cause is Flaw.TERMINAL


def test_every_event_has_one_class() -> None:
    assert {event.event_class for event in Event} == set(EventClass)


def test_detail_keys_name_nothing_personal() -> None:
    assert not DETAIL_KEYS & {"name", "address", "birth_date", "subject", "number", "pin", "text", "file", "reason"}
