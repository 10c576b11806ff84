"""The life of a message: every change of state goes through here and obeys the one table of steps.

What a step makes of a row is worked out first, without the database (`_after`), and written then:
one message and ten thousand take the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from store.clock import day_in_japan
from store.errors import (
    ApprovalVoid,
    MessageChanged,
    MessageMissing,
    NotYetDue,
    OtherPersonNeeded,
    OutOfOrder,
    QueueFault,
    ReasonMissing,
    RightsFault,
    SealBroken,
    SecondPersonNeeded,
    StepRefused,
    WarningsUnconfirmed,
)
from store.message.states import TRANSITIONS, Ask, Hold, OutState, Pointer, Step
from store.queue.claims import Claims, claims_of_others, refuse_claimed
from store.queue.contents import NoteKind, NoteRow, add_note, content_values, next_note
from store.queue.pages import get, rows_of, versions_of
from store.queue.sequence import waiting_among
from store.queue.state_counts import tally_moves
from store.queue.tables import CONTENTS, MESSAGES, SHIPMENTS, MessageRow
from store.sealing.vault import Vault
from store.statements import BulkStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who takes a step and when, and what the step may ask for.

    `by` is a person ID, None for the terminal itself; `session` is theirs: a person's step leaves alone what another
    session has in hand. `two_persons` is the municipality's rule.
    `reason` is kept sealed. `expected_version`: the row as the person saw it, for single steps; `seen` the versions of
    many rows by number. Who acts on a row that is another one by now is told who changed it.
    """

    by: str | None
    now: datetime
    session: str | None = None
    two_persons: bool = True
    warnings_confirmed: bool = False
    reason: str | None = None
    expected_version: int | None = None
    seen: Mapping[int, int] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day in Japan on which the step is taken."""
        return day_in_japan(self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A message's new content: canonical bytes, how many warnings it has, its planned day if any.

    `occurred_at` and `subject` (a pseudonym) decide the order in time; None leaves them as they are.
    """

    content: bytes
    occurred_at: datetime | None = None
    subject: str | None = None
    warnings: int = 0
    due_on: date | None = None
    pointer: Pointer | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedTransition:
    """A message that could not take the step, and why."""

    id: int
    error: QueueFault | RightsFault | SealBroken


@dataclass(frozen=True, slots=True)
class Transitions:
    """What became of many messages: the rows as they are now, and those refused."""

    changed: list[MessageRow] = field(default_factory=list)
    refused: list[RefusedTransition] = field(default_factory=list)


def move(tx: Connection, vault: Vault, number: int, step: Step, act: Act) -> MessageRow:
    """Take one step with one message; return its row as it is then.

    Raises MessageMissing, MessageChanged (not the version expected), MessageClaimed, StepRefused, SecondPersonNeeded,
    WarningsUnconfirmed, ReasonMissing, NotYetDue, ApprovalVoid, OutOfOrder. Whether the person has the
    right that the table names, the job has checked before.
    """
    moved = _step_all(tx, [_expected(tx, number, act)], step, act)
    for refusal in moved.refused:
        raise refusal.error
    _keep_reasons(tx, vault, moved.changed, step, act)
    return moved.changed[0]


def move_many(tx: Connection, vault: Vault, numbers: Iterable[int], step: Step, act: Act) -> Transitions:
    """Take one step with many messages; those that cannot are told and stay as they are."""
    wanted = list(dict.fromkeys(numbers))
    rows = rows_of(tx, wanted)
    missing = set(wanted).difference(row.id for row in rows)
    moved = _step_all(tx, [row for row in rows if _as_seen(row, act)], step, act)
    moved.refused.extend(_changed(row) for row in rows if not _as_seen(row, act))
    moved.refused.extend(RefusedTransition(number, MessageMissing()) for number in sorted(missing))
    _keep_reasons(tx, vault, moved.changed, step, act)
    return moved


def move_rows(tx: Connection, rows: Sequence[MessageRow], step: Step, act: Act) -> Transitions:
    """Take one step, which asks for no reason, with messages as they were read before; the quick way for many.

    Who was changed since, by whomever, is told with MessageChanged and stays as it is.
    """
    found = versions_of(tx, [row.id for row in rows])
    same = [row for row in rows if found.get(row.id) == row.version]
    moved = _step_all(tx, same, step, act)
    others = {row.id for row in rows}.difference(row.id for row in same)
    moved.refused.extend(_changed(row) for row in rows_of(tx, sorted(others)))
    return moved


def revise(tx: Connection, vault: Vault, number: int, revision: Revision, act: Act) -> MessageRow:
    """Give a message new content: a new revision, reviewed anew; the old one stays readable.

    Raises MessageMissing, MessageChanged, MessageClaimed, StepRefused — also when bytes were once made to be sent
    under this uid: what may have left is corrected by a new message, never changed.
    """
    row = _expected(tx, number, act)
    refuse_claimed(row, _claims(tx, Step.REVISE, act))
    if tx.scalar(select(SHIPMENTS.c.message_id).where(SHIPMENTS.c.message_id == number)) is not None:
        raise StepRefused(step=Step.REVISE, state=row.state, reference=row.reference)
    after = _after(row, Step.REVISE, act)._replace(
        author=act.by,
        revision=row.revision + 1,
        digest=vault.digest(revision.content),
        occurred_at=revision.occurred_at or row.occurred_at,
        subject=revision.subject or row.subject,
        warnings=revision.warnings,
        due_on=revision.due_on,
        pointer=revision.pointer,
        target=revision.target,
    )
    tx.execute(insert(CONTENTS), content_values(vault, row.id, row.uid, after.revision, revision.content))
    _write(tx, [row], [after], Step.REVISE)
    return after


def release_due(tx: Connection, now: datetime) -> list[MessageRow]:
    """Release the approved messages whose planned day has come in Japan; return them for the log."""
    act = Act(by=None, now=now)
    due = select(MESSAGES.c.id).where(
        MESSAGES.c.direction == TRANSITIONS[Step.RELEASE_DUE].direction.value,
        MESSAGES.c.state == OutState.HELD.value,
        MESSAGES.c.hold == Hold.DAY.value,
        MESSAGES.c.due_on <= act.today,
    )
    return _step_all(tx, rows_of(tx, tx.scalars(due)), Step.RELEASE_DUE, act).changed


def _expected(tx: Connection, number: int, act: Act) -> MessageRow:
    row = get(tx, number)
    if act.expected_version is not None and row.version != act.expected_version:
        raise _changed(row).error
    return row


def _as_seen(row: MessageRow, act: Act) -> bool:
    return act.seen.get(row.id, row.version) == row.version


def _changed(row: MessageRow) -> RefusedTransition:
    return RefusedTransition(row.id, MessageChanged(reference=row.reference, person=row.changed_by or row.author or ""))


def _step_all(tx: Connection, rows: Sequence[MessageRow], step: Step, act: Act) -> Transitions:
    moved = Transitions()
    ordered = Ask.ORDER in TRANSITIONS[step].asks
    waiting = waiting_among(tx, [row.id for row in rows]) if ordered else frozenset()
    claims = _claims(tx, step, act)
    for row in rows:
        try:
            refuse_claimed(row, claims)
            moved.changed.append(_after(row, step, act, must_wait=row.id in waiting))
        except (QueueFault, RightsFault) as error:
            moved.refused.append(RefusedTransition(row.id, error))
    _write(tx, rows, moved.changed, step)
    return moved


def _claims(tx: Connection, step: Step, act: Act) -> Claims:
    """Return what a step must leave alone: nothing where the terminal itself acts, by what the peer has said."""
    own = act.by is None or TRANSITIONS[step].right is None
    return {} if own else claims_of_others(tx, act.session, act.now)


# ── What a step asks, and what it makes of a row ──────────────────────────────────────────────────


def _after(row: MessageRow, step: Step, act: Act, *, must_wait: bool = False) -> MessageRow:
    """Return the row as it is after the step; raise when the table does not allow the step."""
    transition = TRANSITIONS[step]
    if row.direction is not transition.direction or row.state not in transition.sources:
        raise StepRefused(step=step, state=row.state, reference=row.reference)
    for ask in sorted(transition.asks):
        _answer(ask, row, step, act)
    if must_wait:
        raise OutOfOrder(reference=row.reference)
    moved = row._replace(
        state=transition.target, hold=_HOLDS.get(step), state_since=act.now, version=row.version + 1, changed_by=act.by
    )
    return _decided(moved, step, act)


def _decided(moved: MessageRow, step: Step, act: Act) -> MessageRow:
    """Return the row with what the step decides besides its state: who approved it, and where it waits."""
    match step:
        case Step.APPROVE:
            return _wait_for_day(_approved(moved, act), act)
        case Step.CONFIRM | Step.CONFIRM_SECOND:
            return _approved(moved, act)
        case Step.CONFIRM_FIRST | Step.PUT_ON_HOLD:
            # On hold, what the first of two persons confirmed begins anew.
            return moved._replace(author=act.by if step is Step.CONFIRM_FIRST else None)
        case Step.RELEASE:
            return _wait_for_day(moved, act) if moved.approved else moved._replace(state=OutState.REVIEW)
        case Step.GIVE_BACK | Step.REVISE:
            return moved._replace(approver=None, approved_revision=None, approved_digest=None)
        case _:
            return moved


def _approved(row: MessageRow, act: Act) -> MessageRow:
    return row._replace(approver=act.by, approved_revision=row.revision, approved_digest=row.digest, warnings=0)


_HOLDS: Final = {Step.HOLD: Hold.HAND, Step.SET_ASIDE: Hold.ALARM}
_ONLY_MOVING: Final = frozenset(Step) - {
    Step.APPROVE,
    Step.GIVE_BACK,
    Step.REVISE,
    Step.PUT_ON_HOLD,
    Step.CONFIRM,
    Step.CONFIRM_FIRST,
    Step.CONFIRM_SECOND,
}
"""Steps after which a row differs in its state alone."""


def _answer(ask: Ask, row: MessageRow, step: Step, act: Act) -> None:
    """Raise when the step asks for something that is not given; ORDER is a matter of other rows."""
    match ask:
        case Ask.SECOND_PERSON | Ask.OTHER_PERSON:
            _answer_person(ask, row, act)
        case Ask.CONFIRMED_WARNINGS:
            if row.warnings and not act.warnings_confirmed:
                raise WarningsUnconfirmed(reference=row.reference, count=row.warnings)
        case Ask.REASON:
            if act.by is not None and not (act.reason or "").strip():
                raise ReasonMissing
        case Ask.PLANNED_DAY:
            _answer_planned_day(row, step, act)
        case Ask.APPROVAL:
            if not row.approved:
                raise ApprovalVoid(reference=row.reference)


def _answer_person(ask: Ask, row: MessageRow, act: Act) -> None:
    same = act.by is None or act.by == row.author
    if ask is Ask.OTHER_PERSON and same:
        raise OtherPersonNeeded(reference=row.reference)
    if ask is Ask.SECOND_PERSON and same and (act.two_persons or act.by is None):
        raise SecondPersonNeeded(reference=row.reference)


def _answer_planned_day(row: MessageRow, step: Step, act: Act) -> None:
    if step is Step.RELEASE_DUE and row.hold is not Hold.DAY:
        raise StepRefused(step=step, state=row.state, reference=row.reference)
    if row.hold is Hold.DAY and row.due_on is not None and row.due_on > act.today:
        raise NotYetDue(reference=row.reference, due_on=row.due_on.isoformat())


def _wait_for_day(row: MessageRow, act: Act) -> MessageRow:
    """Hold an approved message until its planned day, when that lies ahead (住基法24条)."""
    if row.due_on is None or row.due_on <= act.today:
        return row
    return row._replace(state=OutState.HELD, hold=Hold.DAY)


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────

_WRITTEN: Final = (
    "state",
    "hold",
    "author",
    "approver",
    "revision",
    "digest",
    "occurred_at",
    "subject",
    "approved_revision",
    "approved_digest",
    "warnings",
    "due_on",
    "pointer",
    "target",
    "state_since",
    "version",
    "changed_by",
)
# What a step of the terminal's own changes: nothing of the content or of its approval.
_MOVED: Final = ("state", "hold", "state_since", "version", "changed_by")


def _update(written: Sequence[str]) -> BulkStatement:
    statement = (
        update(MESSAGES)
        .where(MESSAGES.c.id == bindparam("the_id"), MESSAGES.c.version == bindparam("version_before"))
        .values({name: bindparam(f"new_{name}", type_=MESSAGES.c[name].type) for name in written})
    )
    return BulkStatement(statement, ["the_id", "version_before", *(f"new_{name}" for name in written)])


_UPDATE: Final = _update(_WRITTEN)
_UPDATE_MOVED: Final = _update(_MOVED)
_parts: Final = attrgetter(*_WRITTEN)
_moved_parts: Final = attrgetter(*_MOVED)


def _write(tx: Connection, before: Sequence[MessageRow], rows: Sequence[MessageRow], step: Step) -> None:
    only_moved = step in _ONLY_MOVING
    update_rows, parts = (_UPDATE_MOVED, _moved_parts) if only_moved else (_UPDATE, _parts)
    written = update_rows.run(tx, ((row.id, row.version - 1, *parts(row)) for row in rows))
    if written != len(rows):
        # Cannot happen behind one writer's lock; where it does, nothing of this transaction is kept.
        raise MessageChanged(reference="", person="")
    states = {row.id: row.state for row in before}
    tally_moves(tx, (((row.direction, states[row.id]), (row.direction, row.state)) for row in rows))


def _keep_reasons(tx: Connection, vault: Vault, rows: Sequence[MessageRow], step: Step, act: Act) -> None:
    if act.reason is None or Ask.REASON not in TRANSITIONS[step].asks:
        return
    for row in rows:
        note = NoteRow(next_note(tx, row), NoteKind(step.value), act.by, act.now, act.reason)
        add_note(tx, vault, row, note)
