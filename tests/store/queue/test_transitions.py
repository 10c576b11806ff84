"""A message's life: every step obeys the table, and an approval holds for the exact content."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from store import queue
from store.database import Database
from store.errors import (
    ContentUnchanged,
    MessageChanged,
    MessageMissing,
    NotYetDue,
    ReasonMissing,
    RowSealBroken,
    SecondPersonNeeded,
    StepRefused,
    WarningsUnconfirmed,
)
from store.message.states import TRANSITIONS, Ask, Direction, Hold, InState, OutState, State, Step
from store.queue import Act, MessageRow, Revision
from store.sealing.vault import Vault
from tests.clusters import SQLITE_FIRST
from tests.resealing import reseal
from tests.store.conftest import Fill

PLANNED = date(2026, 11, 26)
# The planned day begins in Japan while it is still the day before in UTC.
ITS_EVE = datetime(2026, 11, 25, 14, 59, 59, tzinfo=UTC)
ITS_MORNING = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


@pytest.fixture
def by_approver(now: datetime) -> Act:
    return Act(by="ap-201", now=now + timedelta(minutes=5), reason="住所の番地が違います")


def step(database: Database, vault: Vault, number: int, name: Step, act: Act) -> MessageRow:
    with database.writing() as tx:
        moved = queue.move(tx, vault, number, name, act)
        assert moved == queue.get(tx, number), "what is returned is what is stored"
        return moved


def put_in(database: Database, vault: Vault, number: int, state: State, hold: Hold | None = None) -> None:
    with database.writing() as tx:
        change = (
            "UPDATE message SET state = :state, approved_digest = digest, approved_revision = revision WHERE id = :id"
        )
        tx.execute(text(change), {"state": state.value, "id": number})
        if hold is not None:
            tx.execute(text("UPDATE message SET hold = :hold WHERE id = :id"), {"hold": hold.value, "id": number})
        reseal(tx, vault)


def test_approval_by_a_second_person(database: Database, vault: Vault, fill: Fill, by_approver: Act) -> None:
    (added,) = fill(["R-1"])
    row = step(database, vault, added.id, Step.APPROVE, by_approver)
    assert (row.state, row.approver, row.approved) == (OutState.APPROVED, "ap-201", True)
    assert (row.state_since, row.version) == (by_approver.now, 2)


def test_who_entered_may_not_approve_unless_the_rule_is_off(
    database: Database, vault: Vault, fill: Fill, now: datetime
) -> None:
    (added,) = fill(["R-1"])
    with pytest.raises(SecondPersonNeeded) as caught:
        step(database, vault, added.id, Step.APPROVE, Act(by="op-101", now=now))
    assert caught.value.exit_status == 3
    with pytest.raises(SecondPersonNeeded):
        step(database, vault, added.id, Step.APPROVE, Act(by=None, now=now, two_persons=False))
    row = step(database, vault, added.id, Step.APPROVE, Act(by="op-101", now=now, two_persons=False))
    assert row.state is OutState.APPROVED


def test_warnings_are_confirmed_or_the_message_waits(
    database: Database, vault: Vault, fill: Fill, now: datetime
) -> None:
    (added,) = fill(["R-1"], warnings=2)
    with pytest.raises(WarningsUnconfirmed) as caught:
        step(database, vault, added.id, Step.APPROVE, Act(by="ap-201", now=now))
    assert caught.value.facts == {"reference": "R-1", "count": "2"}
    row = step(database, vault, added.id, Step.APPROVE, Act(by="ap-201", now=now, warnings_confirmed=True))
    assert (row.state, row.warnings) == (OutState.APPROVED, 0)


@pytest.mark.parametrize("name", [Step.GIVE_BACK, Step.WITHDRAW])
def test_reason_is_asked_and_kept_sealed(
    database: Database, vault: Vault, fill: Fill, by_approver: Act, name: Step
) -> None:
    (added,) = fill(["R-1"])
    for nothing in (None, "", " 　\n"):
        with pytest.raises(ReasonMissing):
            step(database, vault, added.id, name, Act(by="ap-201", now=by_approver.now, reason=nothing))
    row = step(database, vault, added.id, name, by_approver)
    with database.reading() as reading:
        (note,) = queue.notes_of(reading, vault, row)
    assert (note.seq, note.kind, note.author, note.at) == (1, name.value, "ap-201", by_approver.now)
    assert note.text == by_approver.reason


def test_given_back_message_has_lost_its_approval(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    (added,) = fill(["R-1"])
    step(database, vault, added.id, Step.APPROVE, by_approver)
    row = step(database, vault, added.id, Step.GIVE_BACK, by_approver)
    assert (row.state, row.approver, row.approved) == (OutState.RETURNED, None, False)


@pytest.mark.parametrize("approved_first", [True, False])
def test_held_by_hand_goes_back_where_its_approval_says(
    database: Database, vault: Vault, fill: Fill, by_approver: Act, *, approved_first: bool
) -> None:
    (added,) = fill(["R-1"])
    if approved_first:
        step(database, vault, added.id, Step.APPROVE, by_approver)
    assert step(database, vault, added.id, Step.HOLD, by_approver).hold is Hold.HAND
    row = step(database, vault, added.id, Step.RELEASE, by_approver)
    assert row.state is (OutState.APPROVED if approved_first else OutState.REVIEW)
    assert row.hold is None


def test_deletion_waits_for_its_planned_day_and_joins_by_itself(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    (added,) = fill(["R-1"], due_on=PLANNED)
    row = step(database, vault, added.id, Step.APPROVE, by_approver)
    assert (row.state, row.hold, row.approved) == (OutState.HELD, Hold.DAY, True)
    with pytest.raises(NotYetDue):
        step(database, vault, added.id, Step.RELEASE, by_approver)
    with database.writing() as tx:
        assert queue.release_due(tx, vault, ITS_EVE) == []
        (released,) = queue.release_due(tx, vault, ITS_MORNING)
        assert (released.state, released.hold, released.state_since) == (OutState.APPROVED, None, ITS_MORNING)
        assert queue.release_due(tx, vault, ITS_MORNING) == []
        assert queue.next_to_send(tx, "t-1", ITS_MORNING, 10) == [released]


def test_deletion_is_released_by_hand_on_its_day(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    (added,) = fill(["R-1"], due_on=PLANNED)
    step(database, vault, added.id, Step.APPROVE, by_approver)
    row = step(database, vault, added.id, Step.RELEASE, Act(by="ap-201", now=ITS_MORNING))
    assert (row.state, row.hold) == (OutState.APPROVED, None)


def test_deletion_approved_on_its_day_does_not_wait(database: Database, vault: Vault, fill: Fill) -> None:
    (added,) = fill(["R-1"], due_on=PLANNED)
    assert step(database, vault, added.id, Step.APPROVE, Act(by="ap-201", now=ITS_MORNING)).state is OutState.APPROVED


def test_hand_held_deletion_is_not_released_by_its_day(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    early, late = fill(["R-1", "R-2"], due_on=PLANNED)
    for added in (early, late):
        step(database, vault, added.id, Step.HOLD, by_approver)
    with database.writing() as tx:
        assert queue.release_due(tx, vault, ITS_MORNING) == []
    # Released unapproved it is reviewed; approved then, it waits for its day after all.
    assert step(database, vault, early.id, Step.RELEASE, by_approver).state is OutState.REVIEW
    assert step(database, vault, early.id, Step.APPROVE, by_approver).hold is Hold.DAY


def test_edit_voids_the_approval_and_keeps_the_old_revision(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    (added,) = fill(["R-1"])
    step(database, vault, added.id, Step.APPROVE, by_approver)
    edit = Act(by="op-102", now=by_approver.now)
    with database.writing() as tx:
        row = queue.revise(tx, vault, added.id, Revision(content=b"better", warnings=1), edit)
        assert row == queue.get(tx, added.id)
        assert queue.content_of(tx, vault, row) == b"better"
        assert queue.content_of(tx, vault, row, revision=1) == b"content of R-1"
        assert queue.contents_of(tx, vault, [added.id]) == {added.id: b"better"}
    assert (row.state, row.revision, row.author, row.approved) == (OutState.REVIEW, 2, "op-102", False)
    assert (row.warnings, row.digest) == (1, vault.digest(b"better"))
    with pytest.raises(SecondPersonNeeded):
        step(database, vault, added.id, Step.APPROVE, Act(by="op-102", now=edit.now, warnings_confirmed=True))


def test_an_edit_moves_the_event_and_the_person_where_it_names_them(
    database: Database, vault: Vault, fill: Fill, now: datetime
) -> None:
    (added,) = fill(["R-1"])
    with database.writing() as tx:
        before = queue.get(tx, added.id)
        edit = Act(by="op-102", now=now)
        same = queue.revise(tx, vault, added.id, Revision(content=b"x"), edit)
        assert (same.effective_at, same.subject) == (before.effective_at, before.subject)
        other = vault.pseudonym("subject", "another")
        row = queue.revise(tx, vault, added.id, Revision(content=b"y", effective_at=now, subject=other), edit)
    assert (row.effective_at, row.subject) == (now, other)


def test_content_changed_behind_the_approval_does_not_leave(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    (added,) = fill(["R-1"])
    step(database, vault, added.id, Step.APPROVE, by_approver)
    with database.writing() as tx:
        tx.exec_driver_sql("UPDATE message SET revision = 2")
    with database.reading() as reading:
        assert queue.next_to_send(reading, "t-1", by_approver.now, 10) == []
    with pytest.raises(RowSealBroken):
        step(database, vault, added.id, Step.SHIP, by_approver)


def test_message_changed_since_it_was_seen(database: Database, vault: Vault, fill: Fill, now: datetime) -> None:
    (added,) = fill(["R-1"])
    seen = Act(by="ap-201", now=now, expected_version=1)
    step(database, vault, added.id, Step.HOLD, seen)
    with pytest.raises(MessageChanged):
        step(database, vault, added.id, Step.RELEASE, seen)
    with pytest.raises(MessageChanged), database.writing() as tx:
        queue.revise(tx, vault, added.id, Revision(content=b"x"), seen)


def test_unknown_number(database: Database, vault: Vault, by_approver: Act) -> None:
    with pytest.raises(MessageMissing):
        step(database, vault, 99, Step.APPROVE, by_approver)


@SQLITE_FIRST
@pytest.mark.parametrize("name", [name for name in Step if name is not Step.REVISE])
def test_every_step_from_every_state(
    database: Database, vault: Vault, fill: Fill, now: datetime, by_approver: Act, name: Step
) -> None:
    """The whole table: a step is taken exactly from its source states, and leads to its target."""
    row = TRANSITIONS[name]
    states: list[State] = list(OutState if row.direction is Direction.OUT else InState)
    if row.direction is Direction.OUT:
        due_on = by_approver.today + timedelta(days=3) if Ask.DAY_AHEAD in row.asks else None
        numbers = [added.id for added in fill([f"R-{state}" for state in states], due_on=due_on)]
        by_approver = replace(by_approver, moved_in=by_approver.today, occurred=dict.fromkeys(numbers, now))
    else:
        numbers = _notices(database, vault, now, [f"N-{state}" for state in states])
    for number, state in zip(numbers, states, strict=True):
        put_in(database, vault, number, state, Hold.DAY if row.asks & {Ask.PLANNED_DAY, Ask.MOVED_IN} else None)
        if state in row.sources:
            assert step(database, vault, number, name, by_approver).state is row.target
        else:
            with pytest.raises(StepRefused) as caught:
                step(database, vault, number, name, by_approver)
            assert caught.value.facts["step"] == name


def _notices(database: Database, vault: Vault, now: datetime, references: list[str]) -> list[int]:
    drafts = [
        queue.MessageDraft(
            direction=Direction.IN, kind="agency_notice", reference=reference, effective_at=now, content=b"{}"
        )
        for reference in references
    ]
    with database.writing() as tx:
        return [added.id for added in queue.add_messages(tx, vault, drafts, now=now)]


def test_step_of_the_other_direction_is_refused(
    database: Database, vault: Vault, now: datetime, by_approver: Act
) -> None:
    (number,) = _notices(database, vault, now, ["N-1"])
    put_in(database, vault, number, InState.RETURNED)  # The word is a state of both directions.
    with pytest.raises(StepRefused):
        step(database, vault, number, Step.WITHDRAW, by_approver)


def test_many_at_once_the_good_ones_go_and_the_others_are_told(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    good, warned, gone = (*fill(["R-1"]), *fill(["R-2"], warnings=1), *fill(["R-3"]))
    step(database, vault, gone.id, Step.WITHDRAW, by_approver)
    with database.writing() as tx:
        moved = queue.move_many(tx, vault, [good.id, warned.id, gone.id, 99, good.id], Step.APPROVE, by_approver)
        assert moved.changed == [queue.get(tx, good.id)]
    codes = {refusal.id: refusal.error.code for refusal in moved.refused}
    assert codes == {warned.id: "warnings_unconfirmed", gone.id: "step_refused", 99: "message_missing"}


def test_a_row_that_was_read_before_a_change_stays_as_it_is(
    database: Database, vault: Vault, fill: Fill, by_approver: Act
) -> None:
    numbers = [added.id for added in fill(["R-1", "R-2"])]
    with database.writing() as tx:
        rows = queue.rows_of(tx, numbers)
        changed = queue.move(tx, vault, rows[0].id, Step.HOLD, by_approver)
        moved = queue.move_rows(tx, vault, rows, Step.APPROVE, by_approver)
        assert queue.get(tx, changed.id) == changed
    assert [row.id for row in moved.changed] == [rows[1].id]
    (refusal,) = moved.refused
    assert (refusal.id, refusal.error.code) == (changed.id, "message_changed")
    assert refusal.error.facts == {"reference": "R-1", "person": "ap-201"}


def test_reasons_for_many(database: Database, vault: Vault, fill: Fill, by_approver: Act) -> None:
    added = fill(["R-1", "R-2"])
    for better in (b"better", b"best"):
        with database.writing() as tx:
            moved = queue.move_many(tx, vault, [message.id for message in added], Step.GIVE_BACK, by_approver)
            for row in moved.changed:
                queue.revise(tx, vault, row.id, Revision(content=better), by_approver)
    with database.reading() as reading:
        for row in moved.changed:
            assert [note.seq for note in queue.notes_of(reading, vault, row)] == [1, 2]


def test_nobody_takes_a_message_over_by_saving_it_as_it_is(
    database: Database, vault: Vault, fill: Fill, now: datetime, by_approver: Act
) -> None:
    (added,) = fill(["R-1"])
    same, other = Revision(content=b"content of R-1"), Act(by="op-102", now=now)
    with database.writing() as tx, pytest.raises(ContentUnchanged):
        queue.revise(tx, vault, added.id, same, other)
    # Nor an answer to a return, but by somebody who wrote it.
    step(database, vault, added.id, Step.GIVE_BACK, by_approver)
    with database.writing() as tx, pytest.raises(ContentUnchanged):
        queue.revise(tx, vault, added.id, same, other)
    with database.writing() as tx:
        assert queue.revise(tx, vault, added.id, same, Act(by="op-101", now=now)).state is OutState.REVIEW


@pytest.mark.parametrize("approver", ["op-101", "op-102", "op-103"])
def test_nobody_approves_what_they_wrote_any_revision_of(
    database: Database, vault: Vault, fill: Fill, now: datetime, approver: str
) -> None:
    (added,) = fill(["R-1"])
    with database.writing() as tx:
        for number, writer in enumerate(["op-102", "op-103"]):
            content = f"better {number}".encode()
            row = queue.revise(tx, vault, added.id, Revision(content=content), Act(by=writer, now=now))
    assert row.writers == {"op-101", "op-102", "op-103"}
    with pytest.raises(SecondPersonNeeded):
        step(database, vault, added.id, Step.APPROVE, Act(by=approver, now=now))
    assert step(database, vault, added.id, Step.APPROVE, Act(by="ap-201", now=now)).state is OutState.APPROVED
