"""Contents are erased when their retention is over: nothing opens any more, and the row of the message stays."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from store import queue
from store.database import Database
from store.errors import ContentErased
from store.message.states import Step
from store.queue import Act, PeerOutcome, ResultRow
from store.queue.tables import CONTENTS, ERASED, NOTES, RESULTS
from store.sealing.vault import Vault
from tests.store.conftest import Fill

LATER = timedelta(days=1)


@pytest.fixture
def withdrawn(database: Database, vault: Vault, fill: Fill, now: datetime) -> int:
    """A message that was withdrawn with a reason; another of two is still under review."""
    first, _second = fill(["R-1", "R-2"])
    with database.writing() as tx:
        queue.move(tx, vault, first.id, Step.WITHDRAW, Act(by="ap-201", now=now, reason="取下げの理由"))
    return first.id


def expired(database: Database, before: datetime, limit: int = 10) -> list[int]:
    with database.reading() as reading:
        return [row.id for row in queue.expired(reading, before, limit)]


def erase(database: Database, numbers: list[int]) -> None:
    with database.writing() as tx:
        queue.erase(tx, queue.rows_of(tx, numbers))


def test_only_what_has_ended_before_the_moment_expires(database: Database, withdrawn: int, now: datetime) -> None:
    assert expired(database, now) == []
    assert expired(database, now + LATER) == [withdrawn]
    assert expired(database, now + LATER, limit=0) == []


def test_what_was_erased_opens_no_more_and_expires_only_once(
    database: Database, vault: Vault, withdrawn: int, now: datetime
) -> None:
    erase(database, [withdrawn])
    assert expired(database, now + LATER) == []
    with database.reading() as reading:
        row = queue.get(reading, withdrawn)
        with pytest.raises(ContentErased):
            queue.content_of(reading, vault, row)
        assert queue.contents_of(reading, vault, [withdrawn]) == {}
        assert queue.notes_of(reading, vault, row) == []
    assert row.reference == "R-1"


def test_the_other_messages_keep_their_contents(database: Database, vault: Vault, withdrawn: int) -> None:
    erase(database, [withdrawn])
    with database.reading() as reading:
        assert list(queue.contents_of(reading, vault, range(1, 10)).values()) == [b"content of R-2"]


def test_notes_and_the_peers_words_are_erased_with_the_content(
    database: Database, vault: Vault, withdrawn: int, now: datetime
) -> None:
    result = ResultRow(
        uid="ab" * 16,
        message_id=withdrawn,
        position=1,
        outcome=PeerOutcome.REFUSED,
        code="person_unknown",
        received_at=now,
        words="該当者なし".encode(),
    )
    with database.writing() as tx:
        queue.add_result(tx, vault, result)
    erase(database, [withdrawn])
    with database.reading() as reading:
        for table in (CONTENTS, NOTES, RESULTS):
            sealed = select(table.c.ciphertext, table.c.wrapped_key).where(table.c.message_id == withdrawn)
            assert reading.execute(sealed).all() == [(ERASED, ERASED)]
        # Why it was refused stays: the code names nobody.
        assert reading.scalar(select(RESULTS.c.code)) == "person_unknown"
