"""Messages enter the queue whole, sealed, and once.

It shows `store.queue.contents` as well.
"""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from store import queue
from store.database import Database
from store.errors import MessageMissing, ReferenceTaken, SealBroken
from store.message.states import Direction, InState, OutState, Step
from store.queue import MessageDraft, MessageKey
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault, begin_key_change
from tests.clusters import ON_SQLITE
from tests.store.conftest import TERMINAL, Fill

KIND = "resident_record"


def test_message_is_kept_as_it_came(database: Database, vault: Vault, fill: Fill, now: datetime) -> None:
    (added,) = fill(["R-1"], subject="8263415718", due_on=date(2026, 11, 26), warnings=2)
    with database.reading() as reading:
        row = queue.get(reading, added.id)
        assert row == queue.get_by_uid(reading, added.uid)
        assert queue.content_of(reading, vault, row) == b"content of R-1"
    assert (row.direction, row.kind, row.reference, row.state) == (Direction.OUT, KIND, "R-1", OutState.REVIEW)
    assert (row.author, row.approver, row.approved, row.warnings) == ("op-101", None, False, 2)
    assert (row.revision, row.version, row.due_on, row.hold) == (1, 1, date(2026, 11, 26), None)
    assert row.taken_at == row.state_since == now
    assert row.subject == vault.pseudonym("subject", "8263415718")


def test_known_messages_are_told_by_kind_reference_and_direction(database: Database, vault: Vault, fill: Fill) -> None:
    first, second = fill(["R-1", "R-2"])
    asked = [MessageKey(KIND, "R-1"), MessageKey(KIND, "R-2"), MessageKey(KIND, "R-3"), MessageKey("other", "R-1")]
    with database.reading() as reading:
        known = queue.known(reading, Direction.OUT, asked)
        assert queue.known(reading, Direction.IN, asked) == {}
    assert {key.reference: entry.id for key, entry in known.items()} == {"R-1": first.id, "R-2": second.id}
    assert known[MessageKey(KIND, "R-1")].digest == vault.digest(b"content of R-1")


def test_more_keys_than_one_statement_takes(database: Database, fill: Fill) -> None:
    fill(["R-39999"])
    keys = [MessageKey(KIND, f"R-{number}") for number in range(40_000)]
    with database.reading() as reading:
        assert list(queue.known(reading, Direction.OUT, keys)) == [MessageKey(KIND, "R-39999")]


def test_same_reference_twice_is_refused_and_nothing_is_kept(database: Database, fill: Fill) -> None:
    fill(["R-1"])
    with pytest.raises(ReferenceTaken):
        fill(["R-2", "R-1"])
    with database.reading() as reading:
        assert queue.counts(reading) == {(Direction.OUT, OutState.REVIEW): 1}


def test_notice_keeps_its_uid_and_begins_as_received(database: Database, vault: Vault, now: datetime) -> None:
    draft = MessageDraft(
        direction=Direction.IN, kind="agency_notice", reference="N-1", effective_at=now, content=b"{}", uid="ab" * 16
    )
    with database.writing() as tx:
        (added,) = queue.add_messages(tx, vault, [draft], now=now)
        assert added.uid == "ab" * 16
        assert queue.get(tx, added.id).state is InState.RECEIVED


def test_contents_of_many(database: Database, vault: Vault, fill: Fill) -> None:
    added = fill([f"R-{number}" for number in range(30)])
    with database.reading() as reading:
        opened = queue.contents_of(reading, vault, [message.id for message in added] + [999])
    assert opened == {message.id: f"content of R-{number}".encode() for number, message in enumerate(added)}


def test_contents_swapped_between_messages_are_detected(database: Database, vault: Vault, fill: Fill) -> None:
    first, second = fill(["R-1", "R-2"])
    with database.writing() as tx:
        swap = text(
            "UPDATE content SET (ciphertext, wrapped_key) = "
            "(SELECT ciphertext, wrapped_key FROM content WHERE message_id = :second) WHERE message_id = :first"
        )
        tx.execute(swap, {"first": first.id, "second": second.id})
    with database.reading() as reading, pytest.raises(SealBroken):
        queue.content_of(reading, vault, queue.get(reading, first.id))


def test_what_was_sealed_before_the_key_changed_is_sealed_anew(
    database: Database, vault: Vault, home: Path, now: datetime
) -> None:
    draft = MessageDraft(direction=Direction.OUT, kind=KIND, reference="R-1", effective_at=now, content=b"content")
    sealed = queue.seal_drafts(vault, [draft], now=now)
    source = KeyFile(home / "keys")
    begin_key_change(source)
    source.end_change()
    with database.writing() as tx:
        (added,) = queue.add_sealed(tx, vault, sealed, now=now)
    changed = Vault.open(source, terminal_id=TERMINAL)
    with database.reading() as reading:
        assert queue.contents_of(reading, changed, [added.id]) == {added.id: b"content"}


def test_missing_message_and_revision(database: Database, vault: Vault, fill: Fill) -> None:
    (added,) = fill(["R-1"])
    with database.reading() as reading:
        for act in (
            lambda: queue.get(reading, 99),
            lambda: queue.get_by_uid(reading, "00" * 16),
            lambda: queue.content_of(reading, vault, queue.get(reading, added.id), revision=2),
        ):
            with pytest.raises(MessageMissing):
                act()


@ON_SQLITE
def test_nothing_readable_lies_on_the_disk(database: Database, vault: Vault, home: Path, now: datetime) -> None:
    canaries = ["鄭瑞妍", "JUNG SEOYEON", "東京都新宿区北新宿一丁目29番3号", "WN56680422GC", "8263415718"]
    draft = MessageDraft(
        direction=Direction.OUT,
        kind=KIND,
        reference="R-1",
        effective_at=now,
        content=" ".join(canaries).encode(),
        subject=vault.pseudonym("subject", canaries[-1]),
    )
    with database.writing() as tx:
        (added,) = queue.add_messages(tx, vault, [draft], now=now)
        act = queue.Act(by="ap-201", now=now, reason=f"{canaries[0]}の住所が違う")
        queue.move(tx, vault, added.id, Step.GIVE_BACK, act)
    kept = b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())
    assert b"R-1" in kept
    for canary in canaries:
        for encoding in ("utf-8", "utf-16-le", "cp932"):
            assert canary.encode(encoding, "replace") not in kept
