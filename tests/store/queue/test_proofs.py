"""What the log holds against a row: an older row put back, and an approval that nobody gave."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import text

from store import queue
from store.database import Database
from store.errors import ApprovalUnproved, IntegrityFault, RowOutdated, RowSealBroken
from store.log import Event, Log, Result
from store.message.states import Step
from store.queue import Act, MessageRow, Sound
from store.queue.proofs import (
    BEGINNINGS,
    CHANGES,
    WRITING,
    RecordedChange,
    UnfinishedFiles,
    changes_of,
    is_proved,
)
from store.sealing.vault import Vault
from tests.store.conftest import Fill

Write = Callable[..., None]


@pytest.fixture
def write(database: Database, log: Log) -> Write:
    """Write the entry about a change of a row, as the jobs do."""

    def append(event: Event, row: MessageRow, actor: str = "ap-201", **detail: str | int) -> None:
        given: dict[str, str | int] = {
            "revision": row.revision,
            "content": row.digest.hex(),
            "to": str(row.state),
            "version": row.version,
        }
        with database.writing() as tx:
            log.append(tx, event, actor=actor, session=None, object=row.uid, detail={**given, **detail})

    return append


@pytest.fixture
def approved(database: Database, vault: Vault, fill: Fill, write: Write, now: datetime) -> MessageRow:
    """An approved message, with its entries."""
    (added,) = fill(["R-1"])
    with database.reading() as reading:
        row = queue.get(reading, added.id)
    write(Event.MESSAGE_IMPORTED, row, actor="op-101")
    with database.writing() as tx:
        row = queue.move(tx, vault, added.id, Step.APPROVE, Act(by="ap-201", now=now))
    write(Event.MESSAGE_APPROVED, row)
    return row


def errors(found: Sound) -> list[type[IntegrityFault]]:
    return [type(error) for _, error in found.broken]


def test_an_older_row_put_back_takes_no_step(
    database: Database, vault: Vault, approved: MessageRow, write: Write, now: datetime
) -> None:
    with database.writing() as tx:
        older = dict(tx.execute(text("SELECT * FROM message")).mappings().one())
        row = queue.move(tx, vault, approved.id, Step.GIVE_BACK, Act(by="ap-201", now=now, reason="x"))
    write(Event.MESSAGE_RETURNED, row)
    with database.writing() as tx:
        assert queue.sound(tx, vault, [row]).rows == [row]
        tx.execute(text("UPDATE message SET " + ", ".join(f"{name} = :{name}" for name in older)), older)
        with pytest.raises(RowOutdated) as caught:
            queue.move(tx, vault, approved.id, Step.HOLD, Act(by="ap-201", now=now))
        assert caught.value.facts == {"table": "message", "row": approved.uid}
        assert errors(queue.is_on_record(tx, [queue.get(tx, approved.id)])) == [RowOutdated]


def test_what_was_approved_and_is_on_record_may_leave(database: Database, vault: Vault, approved: MessageRow) -> None:
    with database.reading() as reading:
        assert queue.fit_to_leave(reading, vault, [approved], two_persons=True) == Sound([approved], [])
        assert queue.is_on_record(reading, [approved]) == Sound([approved], [])


@pytest.mark.parametrize(
    ("actor", "detail"),
    [
        pytest.param("ap-202", {}, id="by-somebody-else"),
        pytest.param("ap-201", {"revision": 2}, id="another-revision"),
        pytest.param("ap-201", {"content": "0" * 64}, id="another-content"),
    ],
)
def test_an_entry_about_another_approval_proves_nothing(
    database: Database, vault: Vault, approved: MessageRow, write: Write, actor: str, detail: dict[str, str | int]
) -> None:
    write(Event.MESSAGE_APPROVED, approved, actor=actor, **detail)
    with database.reading() as reading:
        assert errors(queue.fit_to_leave(reading, vault, [approved], two_persons=True)) == [ApprovalUnproved]


def test_without_any_entry_nothing_leaves(database: Database, vault: Vault, fill: Fill, now: datetime) -> None:
    (added,) = fill(["R-1"])
    with database.writing() as tx:
        row = queue.move(tx, vault, added.id, Step.APPROVE, Act(by="ap-201", now=now))
        assert errors(queue.fit_to_leave(tx, vault, [row], two_persons=False)) == [ApprovalUnproved]
        assert errors(queue.is_on_record(tx, [row])) == [RowOutdated]


@pytest.mark.parametrize("event", sorted(WRITING))
def test_whoever_wrote_any_revision_proves_nothing_by_approving(
    database: Database, vault: Vault, approved: MessageRow, write: Write, event: Event
) -> None:
    write(event, approved, actor="ap-201")
    with database.reading() as reading:
        assert errors(queue.fit_to_leave(reading, vault, [approved], two_persons=True)) == [ApprovalUnproved]
        assert errors(queue.fit_to_leave(reading, vault, [approved], two_persons=False)) == []


def test_what_was_pruned_from_the_log_stands_in_the_row(database: Database, approved: MessageRow) -> None:
    with database.reading() as reading:
        changes = changes_of(reading, [approved.uid])[approved.uid]
    assert not is_proved(approved._replace(authors="op-101,ap-201"), changes, two_persons=True)
    assert is_proved(approved._replace(authors="op-101,ap-201"), changes, two_persons=False)


def test_the_log_tells_state_and_version_after_each_change(
    database: Database, approved: MessageRow, write: Write
) -> None:
    write(Event.MESSAGE_SENDING, approved._replace(version=3), to="sending")
    with database.reading() as reading:
        changes = changes_of(reading, [approved.uid])[approved.uid]
    assert [(change.version, change.state) for change in changes] == [(1, "review"), (2, "approved"), (3, "sending")]
    assert [change.actor for change in changes] == ["op-101", "ap-201", "ap-201"]


def test_the_log_tells_which_bytes_left_last(database: Database, approved: MessageRow, write: Write) -> None:
    def left() -> dict[str, str]:
        with database.reading() as reading:
            return queue.left_as(reading, [approved.uid, "0" * 32])

    assert left() == {}
    for digest in ("a" * 64, "b" * 64):
        write(Event.MESSAGE_SENDING, approved, envelope=digest)
        write(Event.MESSAGE_REQUEUED, approved)
    assert left() == {approved.uid: "b" * 64}
    # As an older program wrote it.
    write(Event.MESSAGE_SENDING, approved)
    assert left() == {}


def test_an_entry_tells_the_state_by_its_detail_or_its_event() -> None:
    assert RecordedChange(Event.MESSAGE_RELEASED, None, b'{"to":"held"}').state == "held"
    assert RecordedChange(Event.MESSAGE_RELEASED, None, b"{}").state == "approved"
    assert RecordedChange(Event.MESSAGE_HELD, None, b"{}").state == "held"


def test_a_row_that_somebody_else_wrote_is_not_sound(database: Database, vault: Vault, approved: MessageRow) -> None:
    edited = approved._replace(warnings=5)
    with database.reading() as reading:
        assert errors(queue.sound(reading, vault, [edited])) == [RowSealBroken]
        assert errors(queue.fit_to_leave(reading, vault, [edited], two_persons=True)) == [RowSealBroken]


def test_an_approval_of_no_revision_proves_nothing(database: Database, approved: MessageRow) -> None:
    with database.reading() as reading:
        changes = changes_of(reading, [approved.uid])[approved.uid]
    assert is_proved(approved, changes, two_persons=True)
    assert not is_proved(approved._replace(approved_revision=None), changes, two_persons=True)


def test_what_a_file_brought_that_was_not_taken_in_to_its_end_is_known(database: Database, log: Log) -> None:
    first, second, third, fourth, fifth = (letter * 32 for letter in "abcde")
    brought: dict[str, bool] = {}
    with database.writing() as tx:

        def note(event: Event, session: str, result: Result = Result.DONE, about: str | None = None) -> None:
            log.append(tx, event, actor="op-101", session=session, object=about, result=result)

        def bring(session: str, *, unfinished: bool, event: Event = Event.MESSAGE_IMPORTED) -> None:
            uid = f"{len(brought):032x}"
            note(event, session, about=uid)
            brought[uid] = unfinished

        note(Event.FILE_IMPORTING, first)
        bring(first, unfinished=False)
        note(Event.FILE_IMPORTING, second)
        bring(second, unfinished=True)
        bring(second, unfinished=False, event=Event.MESSAGE_ENTERED)
        bring(first, unfinished=False)
        note(Event.FILE_IMPORTED, first)
        note(Event.FILE_IMPORTED, second, Result.FAILED)
        bring(second, unfinished=False)
        # A small file has no entry about its beginning.
        bring(fourth, unfinished=False)
        note(Event.FILE_IMPORTED, fourth, Result.FAILED)
        for _ in range(2):
            note(Event.FILE_IMPORTING, first)
            bring(first, unfinished=True)
            note(Event.FILE_IMPORTED, first, Result.FAILED)
        note(Event.FILE_IMPORTING, fifth)
        bring(fifth, unfinished=False)
        note(Event.FILE_IMPORTED, fifth)
        note(Event.FILE_IMPORTING, third)
        bring(third, unfinished=True)
        files, changes = UnfinishedFiles(tx), changes_of(tx, brought)
    assert {uid: files.brought(change) for uid, (change,) in changes.items()} == brought


def test_each_event_of_a_message_that_changes_it_is_known() -> None:
    reading_only = {"read", "searched", "exported", "erased", "acknowledged", "rejected", "lost"}
    about = {event for event in Event if event.partition(".")[0] in {"message", "notice"}}
    others = {event for event in about if event.partition(".")[2] in reading_only} | {
        Event.NOTICE_CONFLICT,
        Event.MESSAGE_LOST,
    }
    assert set(CHANGES) == about - others | {Event.NOTICE_EXPORTED}
    assert set(CHANGES) > BEGINNINGS
