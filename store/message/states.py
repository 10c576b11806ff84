"""The states of a message and the one table of steps between them.

Each step says from which states it starts, where it leads, which right a person needs for it, and which conditions it
has. The store enforces the table (`store.queue.transitions`); screens and commands read it to know what to offer. This
module imports nothing heavy, so that they can load it at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from store.rights import Right


class Direction(StrEnum):
    """Which way a message travels."""

    OUT = "out"
    IN = "in"


class OutState(StrEnum):
    """The states of a message to the peer."""

    REVIEW = "review"  # 審査待ち
    RETURNED = "returned"  # 差戻し
    APPROVED = "approved"  # 送信待ち
    HELD = "held"  # 保留: until its planned day, or by hand
    SENDING = "sending"  # 送信中
    UNKNOWN = "unknown"  # 不明: no answer; the next step is to ask, never to send under a new id
    DELIVERED = "delivered"  # 送達: the signed receipt is here
    ACCEPTED = "accepted"  # 受理: the peer's result
    REFUSED = "refused"  # エラー: the peer's result, or its refusal of the envelope
    WITHDRAWN = "withdrawn"  # 取下げ


class InState(StrEnum):
    """The states of a notice from the peer."""

    RECEIVED = "received"  # 未処理
    ON_HOLD = "on_hold"  # 保留: no resident matches, or several do
    AWAITING_SECOND = "awaiting_second"  # 二人目待ち: a deletion (消除) that the first of two persons has confirmed
    CONFIRMED = "confirmed"  # 確認済
    EXPORTED = "exported"  # 連携済: handed to the resident-record system
    APPLIED = "applied"  # 反映済: that system said so
    RETURNED = "returned"  # 反映不可: that system could not
    SUPERSEDED = "superseded"  # 旧通知: a newer notice took its place


State = OutState | InState


def state_of(direction: Direction, name: str) -> State:
    """Return the state called `name`: `returned` means different things out and in."""
    return OutState(name) if direction is Direction.OUT else InState(name)


class Hold(StrEnum):
    """Why a message is held."""

    DAY = "day"  # until its planned day, when it is released by itself
    HAND = "hand"  # until somebody releases it
    ALARM = "alarm"  # its content does not open, or the peer holds something else under its id: until people have acted


class Pointer(StrEnum):
    """What a message does to an earlier one of its kind. Nothing is ever overwritten."""

    CANCELS = "cancels"
    REPLACES = "replaces"


class Step(StrEnum):
    """What can be done with a message. The value is also the word in the log and in facts."""

    # Out, by a person.
    APPROVE = "approve"
    GIVE_BACK = "give_back"
    REVISE = "revise"
    HOLD = "hold"
    RELEASE = "release"
    BRING_FORWARD = "bring_forward"
    CALL_OFF = "call_off"
    CANCEL_EVENT = "cancel_event"
    WITHDRAW = "withdraw"
    RESEND = "resend"
    # Out, by the terminal.
    RELEASE_DUE = "release_due"
    SHIP = "ship"
    LOSE = "lose"
    REQUEUE = "requeue"
    DELIVER = "deliver"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SET_ASIDE = "set_aside"
    RECOVER = "recover"
    CLOSE = "close"
    # In.
    PUT_ON_HOLD = "put_on_hold"
    TAKE_UP = "take_up"
    CONFIRM = "confirm"
    CONFIRM_FIRST = "confirm_first"
    CONFIRM_SECOND = "confirm_second"
    EXPORT = "export"
    APPLY = "apply"
    FAIL_TO_APPLY = "fail_to_apply"
    RECONFIRM = "reconfirm"
    SUPERSEDE = "supersede"


class Ask(StrEnum):
    """The conditions of a step besides state and right."""

    SECOND_PERSON = "second_person"  # not the person who entered it, while the two-person rule is on
    OTHER_PERSON = "other_person"  # not the person who took the step before it, whatever the settings are
    CONFIRMED_WARNINGS = "confirmed_warnings"
    REASON = "reason"
    PLANNED_DAY = "planned_day"  # not before the planned day has come
    DAY_AHEAD = "day_ahead"  # a departure whose planned day lies ahead
    MOVED_IN = "moved_in"  # the day of moving in that the other municipality states
    APPROVAL = "approval"  # somebody has approved exactly this content
    ORDER = "order"  # no earlier message of the same person is still open


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the table. `right` is None where the terminal itself acts."""

    step: Step
    direction: Direction
    sources: frozenset[State]
    target: State
    right: Right | None = None
    asks: frozenset[Ask] = frozenset()


def _out(step: Step, sources: set[OutState], target: OutState, right: Right | None = None, *asks: Ask) -> Transition:
    return Transition(step, Direction.OUT, frozenset(sources), target, right, frozenset(asks))


def _in(step: Step, sources: set[InState], target: InState, right: Right | None = None, *asks: Ask) -> Transition:
    return Transition(step, Direction.IN, frozenset(sources), target, right, frozenset(asks))


_O, _I = OutState, InState
_ROWS: Final = (
    # A message with a planned day in the future becomes `held` instead of `approved`.
    _out(Step.APPROVE, {_O.REVIEW}, _O.APPROVED, Right.APPROVE, Ask.SECOND_PERSON, Ask.CONFIRMED_WARNINGS),
    _out(Step.GIVE_BACK, {_O.REVIEW, _O.APPROVED, _O.HELD}, _O.RETURNED, Right.APPROVE, Ask.REASON),
    # An edit makes a new revision and voids the approval, which holds for the exact content only.
    _out(Step.REVISE, {_O.REVIEW, _O.RETURNED, _O.APPROVED, _O.HELD}, _O.REVIEW, Right.ENTER),
    _out(Step.HOLD, {_O.REVIEW, _O.APPROVED}, _O.HELD, Right.APPROVE),
    # The message goes back to `review` when nobody has approved its present content.
    _out(Step.RELEASE, {_O.HELD}, _O.APPROVED, Right.APPROVE, Ask.PLANNED_DAY),
    # 転入通知 (住基法9条1項): the person lives elsewhere since an earlier day than planned. The content stays.
    _out(
        Step.BRING_FORWARD,
        {_O.HELD},
        _O.APPROVED,
        Right.APPROVE,
        Ask.SECOND_PERSON,
        Ask.APPROVAL,
        Ask.DAY_AHEAD,
        Ask.MOVED_IN,
    ),
    # 転出取りやめ: the step itself is the reason, so that the log has it as well.
    _out(
        Step.CALL_OFF,
        {_O.REVIEW, _O.RETURNED, _O.HELD},
        _O.WITHDRAWN,
        Right.WITHDRAW,
        Ask.DAY_AHEAD,
    ),
    # 異動の取消し, of what was not sent.
    _out(
        Step.CANCEL_EVENT,
        {_O.REVIEW, _O.RETURNED, _O.APPROVED, _O.HELD, _O.REFUSED},
        _O.WITHDRAWN,
        Right.WITHDRAW,
    ),
    _out(
        Step.WITHDRAW,
        {_O.REVIEW, _O.RETURNED, _O.APPROVED, _O.HELD, _O.REFUSED},
        _O.WITHDRAWN,
        Right.WITHDRAW,
        Ask.REASON,
    ),
    # Only a message that the peer refused unread (its envelope, not its content) is sealed again; the job checks that.
    _out(Step.RESEND, {_O.REFUSED}, _O.APPROVED, Right.APPROVE, Ask.APPROVAL),
    _out(Step.RELEASE_DUE, {_O.HELD}, _O.APPROVED, None, Ask.PLANNED_DAY),
    _out(Step.SHIP, {_O.APPROVED}, _O.SENDING, Right.EXCHANGE, Ask.APPROVAL, Ask.ORDER),
    _out(Step.LOSE, {_O.SENDING}, _O.UNKNOWN),
    # The peer is known not to have the message: the same stored bytes are sent again under the same id.
    _out(Step.REQUEUE, {_O.SENDING, _O.UNKNOWN}, _O.APPROVED),
    _out(Step.DELIVER, {_O.SENDING, _O.UNKNOWN}, _O.DELIVERED),
    # A signed result proves the arrival, so it counts even when the receipt was lost.
    _out(Step.ACCEPT, {_O.SENDING, _O.UNKNOWN, _O.DELIVERED}, _O.ACCEPTED),
    _out(Step.REFUSE, {_O.SENDING, _O.UNKNOWN, _O.DELIVERED}, _O.REFUSED),
    # From `approved` when its content no longer opens.
    _out(Step.SET_ASIDE, {_O.APPROVED, _O.SENDING, _O.UNKNOWN}, _O.HELD),
    # After the database was set back: the peer's receipt proves that it left in the time that is lost, wherever this
    # terminal believes it to be. So a message may come back even after it was withdrawn.
    _out(
        Step.RECOVER,
        {_O.REVIEW, _O.RETURNED, _O.APPROVED, _O.HELD, _O.SENDING, _O.UNKNOWN, _O.REFUSED, _O.WITHDRAWN},
        _O.DELIVERED,
    ),
    # The message that cancels or replaces a refused one was accepted, so the refused one needs nothing more.
    _out(Step.CLOSE, {_O.REFUSED}, _O.WITHDRAWN),
    # Also by a second person who does not agree with the first, and by the terminal, without a reason, after an alarm.
    _in(Step.PUT_ON_HOLD, {_I.RECEIVED, _I.AWAITING_SECOND}, _I.ON_HOLD, Right.CONFIRM, Ask.REASON),
    _in(Step.TAKE_UP, {_I.ON_HOLD}, _I.RECEIVED, Right.CONFIRM),
    # The content decides which of these it is: a deletion takes two persons (`store.queue.notices`).
    _in(Step.CONFIRM, {_I.RECEIVED}, _I.CONFIRMED, Right.CONFIRM),
    _in(Step.CONFIRM_FIRST, {_I.RECEIVED}, _I.AWAITING_SECOND, Right.CONFIRM),
    _in(Step.CONFIRM_SECOND, {_I.AWAITING_SECOND}, _I.CONFIRMED, Right.CONFIRM, Ask.OTHER_PERSON),
    _in(Step.EXPORT, {_I.CONFIRMED}, _I.EXPORTED, Right.CONFIRM),
    _in(Step.APPLY, {_I.EXPORTED}, _I.APPLIED, Right.CONFIRM),
    _in(Step.FAIL_TO_APPLY, {_I.EXPORTED}, _I.RETURNED, Right.CONFIRM),
    _in(Step.RECONFIRM, {_I.RETURNED}, _I.CONFIRMED, Right.CONFIRM),
    _in(
        Step.SUPERSEDE,
        {_I.RECEIVED, _I.ON_HOLD, _I.AWAITING_SECOND, _I.CONFIRMED, _I.RETURNED},
        _I.SUPERSEDED,
    ),
)

TRANSITIONS: Final[Mapping[Step, Transition]] = MappingProxyType({row.step: row for row in _ROWS})
"""The table, by step."""

SETTLED: Final = frozenset({OutState.ACCEPTED, OutState.WITHDRAWN})
"""States in which an outgoing message no longer makes later messages about the same person wait."""

UNSENT: Final = frozenset({OutState.REVIEW, OutState.RETURNED, OutState.APPROVED, OutState.HELD})
"""States in which an outgoing message still waits on this terminal, so that it can become overdue."""

UNDOABLE: Final = frozenset({OutState.DELIVERED, OutState.ACCEPTED, OutState.REFUSED})
"""States of an outgoing message that has left: only another message that points at it cancels or replaces it."""

SENT: Final = frozenset({OutState.DELIVERED, OutState.ACCEPTED})
"""States of an outgoing message that the peer has and has not refused."""

CANCELLABLE: Final = SENT | TRANSITIONS[Step.CANCEL_EVENT].sources
"""States in which the two messages of an event may be cancelled together."""

CONFIRMABLE: Final = frozenset({InState.RECEIVED, InState.AWAITING_SECOND})
"""States in which a notice waits for a person to confirm it."""

UNHANDLED: Final = CONFIRMABLE | {InState.ON_HOLD, InState.RETURNED}
"""States in which a notice waits for people, whatever its date."""


def steps_from(state: State) -> tuple[Transition, ...]:
    """Return the steps that start from `state`, in the order of the table."""
    direction = Direction.OUT if isinstance(state, OutState) else Direction.IN
    return tuple(row for row in _ROWS if row.direction is direction and state in row.sources)


OVER: Final = frozenset(
    state for state in (*OutState, *InState) if all(row.step is Step.RECOVER for row in steps_from(state))
)
"""States that no step leaves, unless the peer proves that it has a message after all."""
