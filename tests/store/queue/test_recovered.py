"""What left in a lost time: receipts by themselves, and the messages that only the peer has."""

from datetime import datetime, timedelta

import pytest

from store import queue
from store.database import Database
from store.message.states import Step
from store.queue import Act, Lost, MessageKey, PeerOutcome, RecoveredDraft
from store.sealing.vault import Vault
from tests.store.conftest import Fill

KEY = MessageKey("resident_record", "R-9")


@pytest.fixture
def only_there(database: Database, now: datetime) -> RecoveredDraft:
    draft = RecoveredDraft("a" * 32, "t-1", b"receipt", now, None, *KEY)
    with database.writing() as tx:
        queue.add_recovered(tx, [], now)
        queue.add_recovered(tx, [draft], now)
    return draft


def test_what_only_the_peer_has_is_listed_with_its_result(
    database: Database, only_there: RecoveredDraft, now: datetime
) -> None:
    earlier = RecoveredDraft("b" * 32, "t-1", b"receipt", now - timedelta(hours=1))
    with database.writing() as tx:
        queue.add_recovered(tx, [earlier], now)
        queue.decide_lost(tx, only_there.uid, None, PeerOutcome.REFUSED, "item_missing")
        queue.decide_lost(tx, earlier.uid, MessageKey("resident_record", "R-8"), PeerOutcome.ACCEPTED, None)
    with database.reading() as reading:
        assert queue.lost(reading) == [
            Lost(earlier.uid, "t-1", earlier.received_at, "resident_record", "R-8", PeerOutcome.ACCEPTED, None),
            Lost(only_there.uid, "t-1", now, *KEY, PeerOutcome.REFUSED, "item_missing"),
        ]
        assert [lost.uid for lost in queue.lost(reading, limit=1)] == [earlier.uid]
        assert [lost.uid for lost in queue.lost(reading, uid=only_there.uid)] == [only_there.uid]
        assert queue.lost(reading, uid="c" * 32) == []
        assert queue.count_lost(reading) == 2
        assert queue.is_recovered(reading, ["a" * 32, "c" * 32]) == {"a" * 32}


@pytest.mark.parametrize("outcome", [None, PeerOutcome.ACCEPTED, PeerOutcome.REFUSED])
def test_a_reference_that_left_is_found_unless_the_peer_refused_it(
    database: Database, only_there: RecoveredDraft, outcome: PeerOutcome | None
) -> None:
    others = [KEY._replace(kind="residence_report"), KEY._replace(reference="R-7")]
    with database.writing() as tx:
        if outcome is not None:
            queue.decide_lost(tx, only_there.uid, KEY, outcome, None)
        found = queue.lost_among(tx, [KEY, *others])
    assert found == (set() if outcome is PeerOutcome.REFUSED else {KEY})


def test_a_message_that_is_here_is_not_lost_and_the_peer_has_it(
    database: Database, vault: Vault, fill: Fill, now: datetime
) -> None:
    first, second = fill(["R-1", "R-2"])
    act = Act(by=None, now=now)
    with database.writing() as tx:
        assert queue.without_evidence(tx, "t-1") == [first.id, second.id]
        assert queue.known_uids(tx, [first.uid, "c" * 32]) == {first.uid}
        queue.move(tx, vault, first.id, Step.RECOVER, act)
        queue.add_recovered(tx, [RecoveredDraft(first.uid, "t-1", b"receipt", now, first.id)], now)
        assert queue.without_evidence(tx, "t-1") == [second.id]
        assert queue.at_peer(tx, [first.id, second.id]) == {first.id}
        assert queue.recovered_receipt(tx, first.id) == ("t-1", b"receipt")
        assert queue.recovered_receipt(tx, second.id) is None
        assert (queue.lost(tx), queue.count_lost(tx), queue.lost_among(tx, [KEY])) == ([], 0, set())
        assert str(queue.get(tx, first.id).state) == "delivered"


def test_no_receipt_was_kept_where_nothing_was_sent(database: Database) -> None:
    with database.reading() as reading:
        assert queue.newest_receipt(reading, "t-1") is None
