"""Review (審査) and approval (決裁): what a person decides about messages in the queue.

The screens and the commands find these jobs by the table of steps (`console.steps`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from console.errors import ReasonTooLong
from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import ReasonMissing
from store.log import EntryDraft, Event
from store.message.canonical import decode
from store.message.kinds import message_from_record
from store.message.states import TRANSITIONS, Step
from store.queue import Act, MessageRow, RefusedTransition, Transitions
from store.rights import Right

Seen = Mapping[int, int]
"""The versions of messages as the person saw them, by number: what somebody else has changed since is refused."""

NOTHING: Final[Seen] = MappingProxyType({})
Together = Mapping[int, int]
"""The other message of a pair by the number of each: both take a step, or neither does."""

ALONE: Final[Together] = MappingProxyType({})
NO_MORE: Final[Mapping[str, str]] = MappingProxyType({})
_LONGEST_REASON: Final = 1000
# A turn to write may last half a second at most, or the other writers of the queue would wait noticeably.
PORTION: Final = 500

_EVENTS: Final[Mapping[Step, Event]] = MappingProxyType(
    {
        Step.APPROVE: Event.MESSAGE_APPROVED,
        Step.GIVE_BACK: Event.MESSAGE_RETURNED,
        Step.HOLD: Event.MESSAGE_HELD,
        Step.RELEASE: Event.MESSAGE_RELEASED,
        Step.CALL_OFF: Event.MESSAGE_CALLED_OFF,
        Step.WITHDRAW: Event.MESSAGE_WITHDRAWN,
        Step.PUT_ON_HOLD: Event.NOTICE_HELD,
        Step.TAKE_UP: Event.NOTICE_TAKEN_UP,
    }
)


@dataclass(frozen=True, slots=True)
class RefusedStep:
    """A message that could not take the step; `reason` is the code of the error, with its facts."""

    id: int
    reason: str
    facts: Mapping[str, str]


@dataclass(slots=True)
class Decided:
    """The outcome for all messages: the numbers of those that took the step, and the refusals."""

    changed: list[int] = field(default_factory=list)
    refused: list[RefusedStep] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of messages that took the step."""
        return len(self.changed)


def approve(
    terminal: Terminal,
    session: Session,
    numbers: Sequence[int],
    *,
    confirm_warnings: bool = False,
    seen: Seen = NOTHING,
    together: Together = ALONE,
) -> Decided:
    """Approve messages as a second person, for exactly the content that they have now.

    A message with unconfirmed warnings is refused unless `confirm_warnings`. A message whose planned day lies ahead is
    held, and released by the terminal on that day.
    """
    return take_step(terminal, session, numbers, Step.APPROVE, seen, together, confirm_warnings=confirm_warnings)


def give_back(
    terminal: Terminal,
    session: Session,
    numbers: Sequence[int],
    *,
    reason: str,
    seen: Seen = NOTHING,
    together: Together = ALONE,
) -> Decided:
    """Return messages to the person who entered them. Raises ReasonMissing, ReasonTooLong."""
    return take_step(terminal, session, numbers, Step.GIVE_BACK, seen, together, reason=checked(reason))


def hold(
    terminal: Terminal,
    session: Session,
    numbers: Sequence[int],
    *,
    seen: Seen = NOTHING,
    together: Together = ALONE,
) -> Decided:
    """Keep messages from being sent until somebody releases them."""
    return take_step(terminal, session, numbers, Step.HOLD, seen, together)


def release(
    terminal: Terminal,
    session: Session,
    numbers: Sequence[int],
    *,
    seen: Seen = NOTHING,
    together: Together = ALONE,
) -> Decided:
    """Let held messages go on, but not before a planned day."""
    return take_step(terminal, session, numbers, Step.RELEASE, seen, together)


def bring_forward(
    terminal: Terminal, session: Session, numbers: Sequence[int], *, moved_in: date, seen: Seen = NOTHING
) -> Decided:
    """Let departures leave now, because another municipality states that the people moved in there on an earlier day.

    The content that was approved is what is sent: the planned day in it stays as it was reported. Only the moment
    changes, which the log's entry names.
    """
    admit(terminal, session, TRANSITIONS[Step.BRING_FORWARD].right or Right.APPROVE)

    def take(tx: Connection, some: Sequence[int]) -> Transitions:
        contents = queue.sound_contents_of(tx, terminal.vault, some)
        act = Act(
            by=session.person_id,
            session=session.id,
            now=clock.now(),
            two_persons=terminal.settings.review.two_persons,
            seen=seen,
            moved_in=moved_in,
            # No row has it once it is held: its moment there is the beginning of the planned day.
            occurred={number: _occurred(content) for number, content in contents.opened.items()},
        )
        # A content that does not open keeps nobody else of the household waiting.
        sound = [number for number in some if number not in contents.broken]
        moved = queue.move_many(tx, terminal.vault, sound, Step.BRING_FORWARD, act)
        moved.refused.extend(RefusedTransition(number, error) for number, error in contents.broken.items())
        return moved

    noted = {"moved_in": moved_in.isoformat()}
    moved = decide(terminal, session, numbers, Event.MESSAGE_BROUGHT_FORWARD, take, noted)
    return Decided([row.id for row in moved.changed], refusals_of(moved))


def call_off(terminal: Terminal, session: Session, numbers: Sequence[int], *, seen: Seen = NOTHING) -> Decided:
    """Withdraw departures that were given up before their planned day (転出取りやめ)."""
    return take_step(terminal, session, numbers, Step.CALL_OFF, seen)


def withdraw(
    terminal: Terminal,
    session: Session,
    numbers: Sequence[int],
    *,
    reason: str,
    seen: Seen = NOTHING,
    together: Together = ALONE,
) -> Decided:
    """Take back messages that have not left. Raises ReasonMissing, ReasonTooLong."""
    return take_step(terminal, session, numbers, Step.WITHDRAW, seen, together, reason=checked(reason))


def take_step(
    terminal: Terminal,
    by: Session,
    numbers: Sequence[int],
    step: Step,
    seen: Seen,
    together: Together = ALONE,
    *,
    confirm_warnings: bool = False,
    reason: str | None = None,
) -> Decided:
    """Take `step` with messages or notices, for the jobs that are one step and nothing else. Raises RightMissing."""
    right = TRANSITIONS[step].right
    if right is not None:
        admit(terminal, by, right)

    def take(tx: Connection, portion: Sequence[int]) -> Transitions:
        act = Act(
            by=by.person_id,
            session=by.id,
            # Read in the transaction: waiting for the turn to write may take a while, also past midnight in Japan.
            now=clock.now(),
            two_persons=terminal.settings.review.two_persons,
            warnings_confirmed=confirm_warnings,
            reason=reason,
            seen=seen,
            together=together,
        )
        return queue.move_many(tx, terminal.vault, portion, step, act)

    moved = decide(terminal, by, beside(numbers, together), _EVENTS[step], take)
    return Decided([row.id for row in moved.changed], refusals_of(moved))


def decide(
    terminal: Terminal,
    by: Session,
    numbers: Sequence[int],
    event: Event,
    take: Callable[[Connection, Sequence[int]], Transitions],
    noted: Mapping[str, str] = NO_MORE,
) -> Transitions:
    """Take a person's step with messages; each message gets its log entry in the transaction of the step.

    `noted`: what the entries tell besides.
    """
    done = Transitions()
    # In portions, so that a long list never keeps other writers waiting. Each portion is whole by itself: after a crash
    # a part of the list is decided and logged, and the rest is as it was.
    for start in range(0, len(numbers), PORTION):
        with terminal.database.writing() as tx:
            moved = take(tx, numbers[start : start + PORTION])
            # In the same transaction: if the log cannot be written, the step is undone with it.
            terminal.log.append_many(tx, [_entry(by, event, row, noted) for row in moved.changed])
        done.changed.extend(moved.changed)
        done.refused.extend(moved.refused)
    return done


def beside(numbers: Sequence[int], together: Together) -> list[int]:
    """Return the pairs first, each with its halves beside each other, so that no portion ends within one."""
    wanted = dict.fromkeys(numbers)
    pairs = [(number, together[number]) for number in wanted if together.get(number) in wanted]
    in_pairs = dict.fromkeys(half for pair in pairs for half in pair)
    # A portion holds an even number of messages.
    return [*in_pairs, *(number for number in wanted if number not in in_pairs)]


def refusals_of(moved: Transitions) -> list[RefusedStep]:
    """Return the messages that could not take a step, each with its reason, without the rows."""
    return [RefusedStep(refusal.id, refusal.error.code, refusal.error.facts) for refusal in moved.refused]


def _occurred(content: bytes) -> datetime:
    return message_from_record(decode(content)).occurred_at


def _entry(by: Session, event: Event, row: MessageRow, noted: Mapping[str, str]) -> EntryDraft:
    # The digest binds the decision to the exact content and revision that the person saw.
    return EntryDraft(
        event,
        actor=by.person_id,
        session=by.id,
        object=row.uid,
        # The version tells later which row is the one that this entry left.
        detail={
            "revision": row.revision,
            "content": row.digest.hex(),
            "to": str(row.state),
            "version": row.version,
            **noted,
        },
    )


def checked(reason: str) -> str:
    """Return a reason as it is stored: without blanks around it. Raises ReasonMissing, ReasonTooLong."""
    # This also takes the ideographic blank away, which a Japanese keyboard types.
    text = reason.strip()
    if not text:
        raise ReasonMissing
    if len(text) > _LONGEST_REASON:
        raise ReasonTooLong(length=str(len(text)), most=str(_LONGEST_REASON))
    return text
