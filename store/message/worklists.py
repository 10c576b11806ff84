"""The lists of work: what waits for people, each under the digit that opens it on every screen.

A list is made of parts, the most urgent first. Each part is one walk along an index of the queue, so that the first
rows of a list are there at once, however many follow. This module imports nothing heavy: the keys need it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from store.message.states import UNSENT, Direction, InState, OutState, State


class WorkList(StrEnum):
    """A list of work. The value is also its word on the command line and in the catalogues."""

    TODO = "todo"  # 要対応: all that follows, but for what was approved or is held
    RETURNED = "returned"  # 差戻し
    REVIEW = "review"  # 審査待ち
    OVERDUE = "overdue"  # 期限超過: not sent in time, in whatever state
    UNKNOWN = "unknown"  # 不明: handed over, and without an answer
    REFUSED = "refused"  # エラー
    BEING_UNDONE = "being_undone"  # 取消・訂正待ち
    RECEIVED = "received"  # 受信 未処理
    SECOND = "second"  # 二人目確認待ち
    APPROVED = "approved"  # 送信待ち
    HELD = "held"  # 保留


class Sort(StrEnum):
    """The orders of a list. By urgency, its parts follow each other, each with the oldest message first."""

    URGENCY = "urgency"
    WAITING = "waiting"
    NAME = "name"
    NUMBER = "number"
    KIND = "kind"


class WorkPart(NamedTuple):
    """What one part of a list lets through. An empty set of states lets all through, `overdue` None both."""

    direction: Direction
    states: frozenset[State]
    overdue: bool | None = None
    being_undone: bool = False


def _out(*states: OutState, overdue: bool | None = None) -> WorkPart:
    return WorkPart(Direction.OUT, frozenset(states), overdue)


def _in(*states: InState) -> WorkPart:
    return WorkPart(Direction.IN, frozenset(states))


_O, _I = OutState, InState
# Without an answer: for people both are the same.
_UNANSWERED: Final = _out(_O.UNKNOWN, _O.SENDING)
# A deletion that one person has confirmed comes first, then what the resident records could not take.
_UNHANDLED: Final = (_in(_I.AWAITING_SECOND), _in(_I.RETURNED), _in(_I.RECEIVED), _in(_I.ON_HOLD))
PARTS: Final[Mapping[WorkList, tuple[WorkPart, ...]]] = MappingProxyType(
    {
        WorkList.TODO: (
            _out(_O.RETURNED),
            _out(_O.REFUSED),
            _UNANSWERED,
            _out(_O.REVIEW, overdue=True),
            _out(_O.REVIEW, overdue=False),
            *_UNHANDLED,
        ),
        WorkList.RETURNED: (_out(_O.RETURNED),),
        WorkList.REVIEW: (_out(_O.REVIEW),),
        # Also what is approved: it is late until it has left.
        WorkList.OVERDUE: (_out(*UNSENT, overdue=True),),
        WorkList.UNKNOWN: (_UNANSWERED,),
        WorkList.REFUSED: (_out(_O.REFUSED),),
        WorkList.BEING_UNDONE: (WorkPart(Direction.OUT, frozenset(), being_undone=True),),
        WorkList.RECEIVED: _UNHANDLED,
        WorkList.SECOND: (_in(_I.AWAITING_SECOND),),
        WorkList.APPROVED: (_out(_O.APPROVED),),
        WorkList.HELD: (_out(_O.HELD),),
    }
)
"""What each list holds, in the order of urgency."""

DIGITS: Final[Mapping[str, WorkList]] = MappingProxyType(
    {
        "0": WorkList.TODO,
        "1": WorkList.RETURNED,
        "2": WorkList.REVIEW,
        "3": WorkList.OVERDUE,
        "4": WorkList.UNKNOWN,
        "5": WorkList.REFUSED,
        "6": WorkList.BEING_UNDONE,
        "7": WorkList.RECEIVED,
        "8": WorkList.SECOND,
    }
)
"""The digit of each list that has one."""

DONE: Final[Mapping[Direction, frozenset[State]]] = MappingProxyType(
    {
        Direction.OUT: frozenset({_O.ACCEPTED, _O.WITHDRAWN}),
        Direction.IN: frozenset({_I.APPLIED, _I.SUPERSEDED}),
    }
)
"""States in which nothing waits any more: a list tells the day on which they were reached."""
