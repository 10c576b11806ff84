"""Transitions: every change of a message's state goes through this module and obeys the table of steps.

`_after` computes the row after a step without touching the database; then all rows are written at once. A single
message and ten thousand take the same path.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select

from store.clock import JAPAN, day_in_japan
from store.errors import (
    ApprovalVoid,
    ContentUnchanged,
    IntegrityFault,
    MessageChanged,
    MessageMissing,
    MovedInUnfit,
    NoDayAhead,
    NotYetDue,
    OtherPersonNeeded,
    PairApart,
    QueueFault,
    ReasonMissing,
    RightsFault,
    SecondPersonNeeded,
    StepRefused,
    WarningsUnconfirmed,
)
from store.message.states import TRANSITIONS, Ask, Hold, OutState, Pointer, Step
from store.queue import sealed_rows
from store.queue.claims import Claims, claims_of_others, refuse_claimed
from store.queue.contents import NoteKind, NoteRow, add_note, content_values, next_note
from store.queue.name_blocks import drop_names
from store.queue.pages import get, rows_of, versions_of
from store.queue.proofs import Sound, refuse_unsound, sound
from store.queue.sequence import held_up
from store.queue.state_counts import tally_moves
from store.queue.tables import CONTENTS, MESSAGES, SHIPMENTS, MessageRow
from store.sealing.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who takes a step and when, and what the step may ask for.

    `by` is a user ID, or None for the terminal itself, and `session` is that person's session: a step by a person is
    refused for messages that another session claims. `two_persons` is the municipality's rule. `reason` is stored
    sealed. `expected_version` is the version of the row that the person saw, for a single step; `seen` are the versions
    of many rows by number. If a row has changed since, MessageChanged names the person who changed it. `together` has
    by number the other message of a pair: both take the step, or neither. `moved_in` is the day that another
    municipality states, and `occurred` holds by number when departures were taken.
    """

    by: str | None
    now: datetime
    session: str | None = None
    two_persons: bool = True
    warnings_confirmed: bool = False
    reason: str | None = None
    expected_version: int | None = None
    seen: Mapping[int, int] = field(default_factory=dict)
    moved_in: date | None = None
    occurred: Mapping[int, datetime] = field(default_factory=dict)
    together: Mapping[int, int] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day in Japan on which the step is taken."""
        return day_in_japan(self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The new content of a message: canonical bytes, the number of warnings, and the planned day if there is one.

    `effective_at` and `subject` (a pseudonym) decide the order in time; None leaves them unchanged.
    """

    content: bytes
    effective_at: datetime | None = None
    subject: str | None = None
    warnings: int = 0
    due_on: date | None = None
    pointer: Pointer | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedTransition:
    """A message that could not take a step, and why."""

    id: int
    error: QueueFault | RightsFault | IntegrityFault


@dataclass(frozen=True, slots=True)
class Transitions:
    """The outcome of a step with many messages: the rows after it, and the refused ones."""

    changed: list[MessageRow] = field(default_factory=list)
    refused: list[RefusedTransition] = field(default_factory=list)


def move(tx: Connection, vault: Vault, number: int, step: Step, act: Act) -> MessageRow:
    """Take a step with a message; return its row after the step.

    Raises MessageMissing, MessageChanged (not the version expected), MessageClaimed, StepRefused, SecondPersonNeeded,
    OtherPersonNeeded, WarningsUnconfirmed, ReasonMissing, NotYetDue, NoDayAhead, MovedInUnfit, ApprovalVoid,
    OutOfOrder, RowSealBroken, RowOutdated. The job has already checked that the person has the right which the table
    names.
    """
    moved = _step_all(tx, vault, sound(tx, vault, [_expected(tx, number, act)]), step, act)
    for refusal in moved.refused:
        raise refusal.error
    _keep_reasons(tx, vault, moved.changed, step, act)
    return moved.changed[0]


def move_many(tx: Connection, vault: Vault, numbers: Iterable[int], step: Step, act: Act) -> Transitions:
    """Take a step with many messages. Those that cannot take it are returned as refused and stay as they are."""
    # A number that is given twice counts once: its second step would be refused with a state that the first one made.
    wanted = list(dict.fromkeys(numbers))
    rows = rows_of(tx, wanted)
    missing = set(wanted).difference(row.id for row in rows)
    refused = [RefusedTransition(number, MessageMissing()) for number in sorted(missing)]
    refused += [_changed(row) for row in rows if not _as_seen(row, act)]
    moved = _step_all(tx, vault, sound(tx, vault, [row for row in rows if _as_seen(row, act)]), step, act, refused)
    _keep_reasons(tx, vault, moved.changed, step, act)
    return moved


def move_rows(tx: Connection, vault: Vault, rows: Sequence[MessageRow], step: Step, act: Act) -> Transitions:
    """Take a step that asks for no reason with messages whose rows were read before, and found `sound`.

    A message that has changed since is refused with MessageChanged and stays as it is.
    """
    # Only the versions are read again, from an index and the row's version: sending reads its rows before sealing them,
    # and reading all columns of every message a second time would cost more than the step.
    versions = versions_of(tx, [row.id for row in rows])
    same = [row for row in rows if versions.get(row.id) == row.version]
    moved = _step_all(tx, vault, Sound(same), step, act)
    others = {row.id for row in rows}.difference(row.id for row in same)
    moved.refused.extend(_changed(row) for row in rows_of(tx, sorted(others)))
    return moved


def revise(tx: Connection, vault: Vault, number: int, revision: Revision, act: Act) -> MessageRow:
    """Give a message new content, as a new revision that is reviewed again; the old revision stays readable.

    Raises MessageMissing, MessageChanged, MessageClaimed, ContentUnchanged (nothing to review), RowSealBroken,
    RowOutdated and StepRefused. The last is also raised when bytes were ever made to be sent under this uid: what may
    have left is corrected by a new message, never changed.
    """
    row = _expected(tx, number, act)
    refuse_unsound(tx, vault, row)
    refuse_claimed(row, _claims(tx, Step.REVISE, act))
    # Asked of the stored bytes and not of the state: a message that was requeued is approved again, and the same bytes
    # are sent under its uid.
    if tx.scalar(select(SHIPMENTS.c.message_id).where(SHIPMENTS.c.message_id == number)) is not None:
        raise StepRefused(step=Step.REVISE, state=row.state, reference=row.reference)
    digest = vault.digest(revision.content)
    # Otherwise somebody could take a message over by saving it as it is. Who wrote it may answer a return that way.
    answered = row.state is OutState.RETURNED and act.by in row.writers
    if digest == row.digest and not answered:
        raise ContentUnchanged(reference=row.reference)
    after = _after(row, Step.REVISE, act)._replace(
        # Nobody who ever wrote a part of it may approve it under the two-person rule, whoever wrote last.
        author=act.by,
        authors=",".join(sorted(row.writers | {act.by or ""})),
        revision=row.revision + 1,
        digest=digest,
        effective_at=revision.effective_at or row.effective_at,
        subject=revision.subject or row.subject,
        warnings=revision.warnings,
        due_on=revision.due_on,
        pointer=revision.pointer,
        target=revision.target,
    )
    after = sealed_rows.sealed(vault.rows, after)
    tx.execute(insert(CONTENTS), content_values(vault, row.id, row.uid, after.revision, revision.content))
    drop_names(tx, [row.id])
    _write(tx, [row], [after], Step.REVISE)
    return after


def release_due(tx: Connection, vault: Vault, now: datetime) -> list[MessageRow]:
    """Release the approved messages whose planned day has come in Japan; return their rows for the log."""
    # Messages held by hand or after an alarm stay held, even when their planned day has come: people decide about them.
    act = Act(by=None, now=now)
    due = select(MESSAGES.c.id).where(
        MESSAGES.c.direction == TRANSITIONS[Step.RELEASE_DUE].direction.value,
        MESSAGES.c.state == OutState.HELD.value,
        MESSAGES.c.hold == Hold.DAY.value,
        MESSAGES.c.due_on <= act.today,
    )
    return _step_all(tx, vault, sound(tx, vault, rows_of(tx, tx.scalars(due))), Step.RELEASE_DUE, act).changed


def _expected(tx: Connection, number: int, act: Act) -> MessageRow:
    row = get(tx, number)
    if act.expected_version is not None and row.version != act.expected_version:
        raise _changed(row).error
    return row


def _as_seen(row: MessageRow, act: Act) -> bool:
    return act.seen.get(row.id, row.version) == row.version


def _changed(row: MessageRow) -> RefusedTransition:
    return RefusedTransition(row.id, MessageChanged(reference=row.reference, person=row.changed_by or row.author or ""))


def _step_all(
    tx: Connection, vault: Vault, found: Sound, step: Step, act: Act, refused: Sequence[RefusedTransition] = ()
) -> Transitions:
    rows, moved = found.rows, Transitions(refused=[*refused, *(RefusedTransition(*broken) for broken in found.broken)])
    # The order in time is a matter of other rows. It is asked once for all messages, and only where the step needs it.
    ordered = Ask.ORDER in TRANSITIONS[step].asks
    waiting = held_up(tx, vault, rows) if ordered else {}
    claims = _claims(tx, step, act)
    for row in rows:
        try:
            refuse_claimed(row, claims)
            after = _after(row, step, act, held_up_by=waiting.get(row.id))
            moved.changed.append(sealed_rows.sealed(vault.rows, after))
        except (QueueFault, RightsFault, IntegrityFault) as error:
            moved.refused.append(RefusedTransition(row.id, error))
    _both_or_neither(moved, act)
    _write(tx, rows, moved.changed, step)
    return moved


def _both_or_neither(moved: Transitions, act: Act) -> None:
    """Refuse the half of a pair whose other half is refused: the peer would learn half of an event."""
    refused = {refusal.id for refusal in moved.refused} if act.together else set()
    for row in [row for row in moved.changed if act.together.get(row.id) in refused]:
        moved.changed.remove(row)
        moved.refused.append(RefusedTransition(row.id, PairApart(reference=row.reference)))


def _claims(tx: Connection, step: Step, act: Act) -> Claims:
    """Return the claims that bind a step.

    The terminal's own steps record facts, such as an answer of the peer, and no claim of a person may hold those up.
    """
    by_terminal = act.by is None or TRANSITIONS[step].right is None
    return {} if by_terminal else claims_of_others(tx, act.session, act.now)


# ── What a step asks for, and the row after it ────────────────────────────────────────────────────


def _after(
    row: MessageRow, step: Step, act: Act, *, held_up_by: QueueFault | IntegrityFault | None = None
) -> MessageRow:
    """Return the row after the step; raise when the table of steps does not allow it."""
    transition = TRANSITIONS[step]
    if row.direction is not transition.direction or row.state not in transition.sources:
        raise StepRefused(step=step, state=row.state, reference=row.reference)
    # Sorted, so that a message that lacks several things is always refused for the same one.
    for ask in sorted(transition.asks):
        _check(ask, row, step, act)
    if held_up_by is not None:
        raise held_up_by
    moved = row._replace(
        state=transition.target, hold=_HOLDS.get(step), state_since=act.now, version=row.version + 1, changed_by=act.by
    )
    return _decided(moved, step, act)


def _decided(moved: MessageRow, step: Step, act: Act) -> MessageRow:
    """Return the row with what the step decides besides the state: who approved it, and where it waits."""
    match step:
        case Step.APPROVE | Step.CONFIRM | Step.CONFIRM_SECOND:
            # No notice has a planned day.
            return _wait_for_day(_approved(moved, act), act)
        case Step.CONFIRM_FIRST | Step.PUT_ON_HOLD:
            # The author is the first of two persons. Put on hold, the confirmation begins again, without a first one.
            return moved._replace(author=act.by if step is Step.CONFIRM_FIRST else None)
        case Step.RELEASE:
            return _wait_for_day(moved, act) if moved.approved else moved._replace(state=OutState.REVIEW)
        case Step.BRING_FORWARD:
            return _brought_forward(moved, act)
        case Step.GIVE_BACK | Step.REVISE:
            # An approval holds for the exact content, and only while nobody has taken it back.
            return moved._replace(approver=None, approved_revision=None, approved_digest=None)
        case _:
            return moved


def _approved(row: MessageRow, act: Act) -> MessageRow:
    return row._replace(approver=act.by, approved_revision=row.revision, approved_digest=row.digest, warnings=0)


# A day further back is a slip in the year; the other municipality tells within days.
_LONGEST_PAST: Final = timedelta(days=365)
# A hold until the planned day is not among these, because it follows from an approval and not from a step.
_HOLDS: Final = {Step.HOLD: Hold.HAND, Step.SET_ASIDE: Hold.ALARM}
_ONLY_MOVING: Final = frozenset(Step) - {
    Step.APPROVE,
    Step.GIVE_BACK,
    Step.REVISE,
    Step.BRING_FORWARD,
    Step.PUT_ON_HOLD,
    Step.CONFIRM,
    Step.CONFIRM_FIRST,
    Step.CONFIRM_SECOND,
}
"""The steps that change the state of a row and nothing of its content, approval or author."""


def _check(ask: Ask, row: MessageRow, step: Step, act: Act) -> None:
    """Raise when the step asks for something that is missing. ORDER concerns other rows; see `_step_all`."""
    match ask:
        case Ask.SECOND_PERSON | Ask.OTHER_PERSON:
            _check_person(ask, row, act)
        case Ask.CONFIRMED_WARNINGS:
            if row.warnings and not act.warnings_confirmed:
                raise WarningsUnconfirmed(reference=row.reference, count=row.warnings)
        case Ask.REASON:
            # The terminal gives no reason: it puts a notice on hold after an alarm, which the log records.
            if act.by is not None and not (act.reason or "").strip():
                raise ReasonMissing
        case Ask.PLANNED_DAY | Ask.DAY_AHEAD | Ask.MOVED_IN:
            _check_day(ask, row, step, act)
        case Ask.APPROVAL:
            if not row.approved:
                raise ApprovalVoid(reference=row.reference)


def _check_person(ask: Ask, row: MessageRow, act: Act) -> None:
    # The terminal itself is never the second person, whatever the municipality's rule says.
    if ask is Ask.OTHER_PERSON and (act.by is None or act.by == row.author):
        raise OtherPersonNeeded(reference=row.reference)
    same = act.by is None or act.by in row.writers
    if ask is Ask.SECOND_PERSON and same and (act.two_persons or act.by is None):
        raise SecondPersonNeeded(reference=row.reference)


def _check_planned_day(row: MessageRow, step: Step, act: Act) -> None:
    if step is Step.RELEASE_DUE and row.hold is not Hold.DAY:
        raise StepRefused(step=step, state=row.state, reference=row.reference)
    if row.hold is Hold.DAY and row.due_on is not None and row.due_on > act.today:
        raise NotYetDue(reference=row.reference, due_on=row.due_on.isoformat())


def _check_day(ask: Ask, row: MessageRow, step: Step, act: Act) -> None:
    if ask is Ask.PLANNED_DAY:
        _check_planned_day(row, step, act)
    elif row.due_on is None or row.due_on <= act.today:
        raise NoDayAhead(reference=row.reference)
    elif ask is Ask.MOVED_IN:
        _check_moved_in(row, row.due_on, step, act)


def _check_moved_in(row: MessageRow, due_on: date, step: Step, act: Act) -> None:
    # What is held by hand or after an alarm, people have to look at first.
    if row.hold is not Hold.DAY:
        raise StepRefused(step=step, state=row.state, reference=row.reference)
    # It states what has happened; the planned day stands where it is the earlier one (domain: 住基法9条1項).
    first, last = act.today - _LONGEST_PAST, min(act.today, due_on - timedelta(days=1))
    if act.moved_in is None or not first <= act.moved_in <= last:
        raise MovedInUnfit(reference=row.reference, first=first.isoformat(), last=last.isoformat())


def _brought_forward(row: MessageRow, act: Act) -> MessageRow:
    """Count a departure from the day of moving in elsewhere, but from no moment before it was taken (`Common`)."""
    assert act.moved_in is not None, "it was asked for"
    beginning = datetime.combine(act.moved_in, time(), JAPAN)
    return row._replace(due_on=act.moved_in, effective_at=max(act.occurred[row.id], beginning).astimezone(UTC))


def _wait_for_day(row: MessageRow, act: Act) -> MessageRow:
    """Hold an approved message until its planned day, if that lies ahead (住基法24条)."""
    if row.due_on is None or row.due_on <= act.today:
        return row
    return row._replace(state=OutState.HELD, hold=Hold.DAY)


def _write(tx: Connection, before: Sequence[MessageRow], rows: Sequence[MessageRow], step: Step) -> None:
    sealed_rows.write(tx, rows, only_moved=step in _ONLY_MOVING)
    # The counts change in the same transaction, so that they never differ from the rows.
    states = {row.id: row.state for row in before}
    tally_moves(tx, (((row.direction, states[row.id]), (row.direction, row.state)) for row in rows))


def _keep_reasons(tx: Connection, vault: Vault, rows: Sequence[MessageRow], step: Step, act: Act) -> None:
    # A reason that the step does not ask for is not stored, because free text may name people.
    if act.reason is None or Ask.REASON not in TRANSITIONS[step].asks:
        return
    for row in rows:
        note = NoteRow(next_note(tx, row), NoteKind(step.value), act.by, act.now, act.reason)
        add_note(tx, vault, row, note)
