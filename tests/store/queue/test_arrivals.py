"""What the feed brought is stored once, and the cursor moves with it."""

from datetime import datetime

import pytest

from store import queue
from store.database import Database
from store.errors import CursorBackwards
from store.queue import ArrivalDraft, ArrivalKind, Fate, Feed, Pending

FEED = Feed("t-1", "agency")


def arrival(position: int, digest: bytes = b"d" * 32) -> ArrivalDraft:
    return ArrivalDraft(
        uid=f"{position:032x}",
        feed=FEED,
        position=position,
        purpose=ArrivalKind.NOTICE,
        digest=digest,
        envelope=b"sealed to this terminal",
    )


def test_item_is_stored_once(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        assert queue.arrive(tx, arrival(1), now) is Fate.NEW
        assert queue.arrive(tx, arrival(1), now) is Fate.KNOWN
        assert queue.envelope_of(tx, FEED, arrival(1).uid) == b"sealed to this terminal"
        assert queue.envelope_of(tx, FEED, arrival(2).uid) is None


def test_other_bytes_under_a_known_id_are_an_alarm_and_the_first_stand(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        queue.arrive(tx, arrival(1), now)
        assert queue.arrive(tx, arrival(1, digest=b"x" * 32), now) is Fate.CONFLICT
        assert queue.unacknowledged(tx, FEED, 10) == [Pending(arrival(1).uid, 1, b"d" * 32)]


def test_cursor_moves_in_the_transaction_that_stores_the_page(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        queue.arrive(tx, arrival(1), now)
        queue.move_cursor(tx, FEED, 1)

    def be_interrupted() -> None:
        with database.writing() as tx:
            queue.arrive(tx, arrival(2), now)
            queue.move_cursor(tx, FEED, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        be_interrupted()
    with database.reading() as reading:
        assert queue.cursor(reading, FEED) == 1
        assert queue.cursor(reading, Feed("t-1", "another peer")) == 0
        assert [pending.position for pending in queue.unacknowledged(reading, FEED, 10)] == [1]


def test_cursor_never_moves_backwards(database: Database) -> None:
    with database.writing() as tx:
        queue.move_cursor(tx, FEED, 5)
        queue.move_cursor(tx, FEED, 5)
        with pytest.raises(CursorBackwards) as caught:
            queue.move_cursor(tx, FEED, 4)
        assert queue.cursor(tx, FEED) == 5
    assert caught.value.exit_status == 6


def test_acknowledged_items_are_pending_no_more(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        for position in (3, 1, 2):
            queue.arrive(tx, arrival(position), now)
        queue.mark_acknowledged(tx, FEED, [arrival(1).uid], now)
        assert [pending.position for pending in queue.unacknowledged(tx, FEED, 10)] == [2, 3]
        assert [pending.position for pending in queue.unacknowledged(tx, FEED, 1)] == [2]
        assert queue.unacknowledged(tx, Feed("t-1", "another peer"), 10) == []
