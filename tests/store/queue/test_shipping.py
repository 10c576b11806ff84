"""What may leave and when, under which bytes, and what comes back for it.

It shows `store.queue.sequence` as well.
"""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from store import queue
from store.database import Database
from store.errors import MessageMissing, OutOfOrder, ShipmentConflict, StepRefused
from store.message.states import OutState, Step
from store.peers import PeerDraft, register
from store.queue import Act, PageKey, PeerOutcome, ReceiptDraft, ResultRow, Revision, ShipmentRow
from store.queue.sequence import must_wait
from store.queue.tables import KEPT_BYTES, MESSAGES
from store.sealing.vault import Vault
from tests.clusters import ON_SQLITE
from tests.store.conftest import Fill


@pytest.fixture
def act(now: datetime) -> Act:
    return Act(by="ap-201", now=now, reason="取下げの理由")


@pytest.fixture
def peer(database: Database, vault: Vault, now: datetime) -> int:
    draft = PeerDraft(
        name="peer",
        address="127.0.0.1",
        port=1,
        certificates_pem="",
        signing_key=b"",
        sealing_key=b"",
        municipality="131041",
        legal_basis="",
        valid_from=now,
    )
    with database.writing() as tx:
        return register(tx, vault.rows, draft).id


def approve(database: Database, vault: Vault, added: list[queue.Added], act: Act) -> None:
    with database.writing() as tx:
        assert not queue.move_many(tx, vault, [message.id for message in added], Step.APPROVE, act).refused


def ready(database: Database, now: datetime) -> list[str]:
    with database.reading() as reading:
        return [row.reference for row in queue.next_to_send(reading, "t-1", now, 100)]


def shipment(number: int, peer: int, now: datetime, envelope: bytes = b"sealed") -> ShipmentRow:
    return ShipmentRow(
        message_id=number,
        terminal="t-1",
        revision=1,
        header=b"{}",
        envelope=envelope,
        digest=b"d" * 32,
        content_digest=b"c" * 32,
        peer_version=peer,
        made_at=now,
    )


def test_only_approved_messages_leave_oldest_first(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime
) -> None:
    approved = fill(["R-1", "R-2", "R-3"])
    fill(["R-0"], start=now - timedelta(days=1))
    approve(database, vault, approved, act)
    assert ready(database, now) == ["R-1", "R-2", "R-3"]
    with database.reading() as reading:
        assert [row.reference for row in queue.next_to_send(reading, "t-1", now, 2)] == ["R-1", "R-2"]


def test_one_persons_messages_keep_their_order(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime
) -> None:
    first, second, third = fill(["R-1", "R-2", "R-3"], subject="8263415718")
    other = fill(["R-9"], subject="5443091764")
    approve(database, vault, [second, third, *other], act)
    assert ready(database, now) == ["R-9"], "the first is still in review"
    approve(database, vault, [first], act)
    for name, then, waiting in [
        (None, ["R-1", "R-9"], 2),
        (Step.SHIP, ["R-9"], 2),
        (Step.LOSE, ["R-9"], 2),
        (Step.DELIVER, ["R-9"], 2),
        (Step.ACCEPT, ["R-2", "R-9"], 1),
    ]:
        if name is not None:
            with database.writing() as tx:
                queue.move(tx, vault, first.id, name, act)
        assert sorted(ready(database, now)) == then, name
        with database.reading() as reading:
            assert queue.count_waiting(reading, now) == waiting, name


def test_withdrawing_the_earlier_message_frees_the_later(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime
) -> None:
    first, second = fill(["R-1", "R-2"], subject="8263415718")
    approve(database, vault, [first, second], act)
    with database.writing() as tx:
        queue.move(tx, vault, first.id, Step.SHIP, act)
        queue.move(tx, vault, first.id, Step.REFUSE, act)
    assert ready(database, now) == [], "a refused message has to be dealt with first"
    with database.writing() as tx:
        queue.move(tx, vault, first.id, Step.WITHDRAW, act)
    assert ready(database, now) == ["R-2"]


def test_later_message_does_not_leave_even_when_it_is_named(
    database: Database, vault: Vault, fill: Fill, act: Act
) -> None:
    first, second = fill(["R-1", "R-2"], subject="8263415718")
    approve(database, vault, [first, second], act)
    with database.writing() as tx:
        moved = queue.move_many(tx, vault, [second.id, first.id], Step.SHIP, act)
        assert [row.id for row in moved.changed] == [first.id]
        assert [(refusal.id, refusal.error.code) for refusal in moved.refused] == [(second.id, "out_of_order")]
        with pytest.raises(OutOfOrder):
            queue.move(tx, vault, second.id, Step.SHIP, act)


@ON_SQLITE
def test_only_the_same_persons_messages_are_looked_at_for_the_order(database: Database) -> None:
    with database.reading() as reading:
        query = select(MESSAGES.c.id).where(must_wait()).compile(reading.engine, compile_kwargs={"literal_binds": True})
        plan = [row[-1] for row in reading.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert "SEARCH message USING INDEX message_subject (subject=? AND effective_at<?)" in plan


def test_reading_on_from_a_key_leaves_out_what_was_read(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime
) -> None:
    approve(database, vault, fill(["R-1", "R-2", "R-3"]), act)
    with database.reading() as reading:
        first, second = queue.next_to_send(reading, "t-1", now, 2)
        rest = queue.next_to_send(reading, "t-1", now, 100, PageKey(second.effective_at, second.id))
    assert [row.reference for row in (first, second, *rest)] == ["R-1", "R-2", "R-3"]


def test_messages_changed_since_they_were_read_do_not_move(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime
) -> None:
    approve(database, vault, fill(["R-1", "R-2"]), act)
    with database.writing() as tx:
        first, second = queue.next_to_send(tx, "t-1", now, 100)
        held = queue.move(tx, vault, second.id, Step.HOLD, act)
        queue.move(tx, vault, second.id, Step.RELEASE, act)
        moved = queue.move_rows(tx, vault, [first, second], Step.SHIP, act)
        assert [(row.id, row.state) for row in moved.changed] == [(first.id, OutState.SENDING)]
        assert [(refusal.id, refusal.error.code) for refusal in moved.refused] == [(held.id, "message_changed")]
        assert queue.rows_of(tx, [first.id]) == moved.changed


def test_pair_of_one_moment_leaves_together(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime
) -> None:
    pair = [*fill(["R-1"], subject="8263415718"), *fill(["T-1"], subject="8263415718")]
    approve(database, vault, pair, act)
    assert ready(database, now) == ["R-1", "T-1"]


def test_bytes_are_made_once(database: Database, vault: Vault, fill: Fill, act: Act, now: datetime, peer: int) -> None:
    (added,) = fill(["R-1"])
    approve(database, vault, [added], act)
    made = shipment(added.id, peer, now)
    with database.writing() as tx:
        queue.add_shipments(tx, [made])
    with pytest.raises(ShipmentConflict), database.writing() as tx:
        queue.add_shipments(tx, [shipment(added.id, peer, now, b"other bytes")])
    with database.reading() as reading:
        assert queue.shipments_of(reading, [added.id, 99]) == {added.id: made}


def test_what_may_have_left_is_not_edited(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime, peer: int
) -> None:
    (added,) = fill(["R-1"])
    approve(database, vault, [added], act)
    with database.writing() as tx:
        queue.add_shipments(tx, [shipment(added.id, peer, now)])
        queue.move(tx, vault, added.id, Step.SHIP, act)
        queue.move(tx, vault, added.id, Step.REQUEUE, act)
        with pytest.raises(StepRefused):
            queue.revise(tx, vault, added.id, Revision(content=b"other"), act)


def test_receipt_is_kept_byte_for_byte_and_the_first_stays(
    database: Database, fill: Fill, now: datetime, peer: int
) -> None:
    (added,) = fill(["R-1"])
    later = now + timedelta(seconds=1)
    with database.writing() as tx:
        queue.add_shipments(tx, [shipment(added.id, peer, now)])
        queue.mark_sent(tx, [added.id], now)
        queue.keep_receipts(tx, [ReceiptDraft(added.id, b"signed")], now)
        queue.keep_receipts(tx, [ReceiptDraft(added.id, b"again")], later)
        kept = queue.shipments_of(tx, [added.id])[added.id]
    assert (kept.sent_at, kept.receipt, kept.envelope) == (now, b"signed", b"sealed")


def test_bytes_are_dropped_when_the_peer_has_the_message_and_the_receipt_is_here(
    database: Database, vault: Vault, fill: Fill, act: Act, now: datetime, peer: int
) -> None:
    first, second, third = fill(["R-1", "R-2", "R-3"])
    approve(database, vault, [first, second, third], act)
    numbers = [first.id, second.id, third.id]
    with database.writing() as tx:
        queue.add_shipments(tx, [shipment(number, peer, now) for number in numbers])
        queue.move_many(tx, vault, numbers, Step.SHIP, act)
        # The receipt of the second is lost, and the third does not leave its state: both may be asked about again.
        queue.move_many(tx, vault, [first.id, second.id], Step.DELIVER, act)
        queue.keep_receipts(tx, [ReceiptDraft(number, b"signed") for number in (first.id, third.id)], now)
        kept = queue.shipments_of(tx, numbers)
        assert [kept[number].envelope for number in numbers] == [b"", b"sealed", b"sealed"]
        assert kept[first.id].header == b"{}"
        queue.discard_shipments(tx, [second.id])
        assert tx.scalar(select(func.count()).select_from(KEPT_BYTES)) == 1


def test_receipt_without_shipment(database: Database, fill: Fill, now: datetime) -> None:
    (added,) = fill(["R-1"])
    with pytest.raises(MessageMissing), database.writing() as tx:
        queue.keep_receipts(tx, [ReceiptDraft(added.id, b"signed")], now)


def test_results_are_kept_with_their_words_sealed(database: Database, vault: Vault, fill: Fill, now: datetime) -> None:
    (added,) = fill(["R-1"])
    results = [
        ResultRow(
            uid=f"{position:032x}",
            message_id=added.id,
            position=position,
            outcome=outcome,
            code=code,
            received_at=now,
            words=words.encode(),
        )
        for position, outcome, code, words in [
            (7, PeerOutcome.REFUSED, "person_unknown", "該当者なし: 鄭瑞妍"),
            (9, PeerOutcome.ACCEPTED, None, ""),
        ]
    ]
    with database.writing() as tx:
        for result in reversed(results):
            queue.add_result(tx, vault, result)
        assert queue.results_of(tx, vault, added.id) == results
        kept = b"".join(row[0] for row in tx.exec_driver_sql("SELECT ciphertext FROM result"))
    assert "鄭瑞妍".encode() not in kept


def test_result_may_overtake_a_lost_receipt(database: Database, vault: Vault, fill: Fill, act: Act) -> None:
    (added,) = fill(["R-1"])
    approve(database, vault, [added], act)
    with database.writing() as tx:
        queue.move(tx, vault, added.id, Step.SHIP, act)
        queue.move(tx, vault, added.id, Step.LOSE, act)
        assert queue.move(tx, vault, added.id, Step.ACCEPT, act).state is OutState.ACCEPTED
