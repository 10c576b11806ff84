"""How many messages are in each state, kept up to date as they move.

The numbers change in the transaction that moves the messages, behind the lock of the only writer, so that they always
agree with the rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, Integer, bindparam, insert, select, update
from sqlmodel import Field, SQLModel

from store.message.states import Direction, State, state_of
from store.schema import table
from store.statements import BulkStatement

# The numbers are stored because every page of the queue shows them, and counting a million rows takes far too long for
# a screen.

DirectedState = tuple[Direction, State]
"""A state with its direction: `returned` is a state of both directions."""


class Tally(SQLModel, table=True):
    """The number of messages in one state."""

    __tablename__ = "tally"

    direction: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    number: int


TALLIES: Final = table(Tally)
# Built once. Building these statements again took half of the store's time for a message that is sent by itself.
_CHANGE: Final = BulkStatement(
    update(TALLIES)
    .where(TALLIES.c.direction == bindparam("of_direction"), TALLIES.c.state == bindparam("of_state"))
    .values(number=TALLIES.c.number + bindparam("change", type_=Integer)),
    ("of_direction", "of_state", "change"),
)
_BEGIN: Final = insert(TALLIES)


def tally_moves(tx: Connection, moves: Iterable[tuple[DirectedState, DirectedState]]) -> None:
    """Count messages that moved from the first state of a pair to the second, one pair for each message."""
    changes: Counter[DirectedState] = Counter()
    for before, after in moves:
        changes[before] -= 1
        changes[after] += 1
    _add(tx, changes)


def tally_new(tx: Connection, states: Iterable[DirectedState]) -> None:
    """Count new messages, one state for each."""
    _add(tx, Counter(states))


def tally_count(tx: Connection, state: DirectedState, number: int) -> None:
    """Count `number` new messages in one state."""
    _add(tx, {state: number})


def counts(reading: Connection) -> dict[DirectedState, int]:
    """Return how many messages are in each state; states without messages are left out."""
    numbers = {}
    for name, state, number in reading.execute(select(TALLIES).where(TALLIES.c.number > 0)):
        direction = Direction(name)
        numbers[direction, state_of(direction, state)] = int(number)
    return numbers


def _add(tx: Connection, changes: Mapping[DirectedState, int]) -> None:
    for (direction, state), change in sorted(changes.items()):
        if not change:
            continue
        # No upsert, which each engine spells in its own way: a state has no row only before its first message.
        if _CHANGE.run(tx, [(direction.value, state.value, change)]) == 0:
            tx.execute(_BEGIN, {"direction": direction.value, "state": state.value, "number": change})
