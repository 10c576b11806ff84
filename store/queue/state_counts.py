"""How many messages there are in each state, kept as they move: counting a million rows anew takes too long to look at.

The numbers change in the transaction that moves the messages, behind the one writer's lock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, Integer, bindparam, insert, select, update
from sqlmodel import Field, SQLModel

from store.message.states import Direction, State, state_of
from store.schema import table
from store.statements import BulkStatement

Kind = tuple[Direction, State]


class Tally(SQLModel, table=True):
    """The number of messages in one state."""

    __tablename__ = "tally"

    direction: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    number: int


TALLIES: Final = table(Tally)
# Built once: for a message that is sent by itself, building them anew would take longer than all else in the store.
_CHANGE: Final = BulkStatement(
    update(TALLIES)
    .where(TALLIES.c.direction == bindparam("of_direction"), TALLIES.c.state == bindparam("of_state"))
    .values(number=TALLIES.c.number + bindparam("change", type_=Integer)),
    ("of_direction", "of_state", "change"),
)
_BEGIN: Final = insert(TALLIES)


def tally_moves(tx: Connection, moves: Iterable[tuple[Kind, Kind]]) -> None:
    """Note that messages went from one state to another, one pair a message."""
    changes: Counter[Kind] = Counter()
    for before, after in moves:
        changes[before] -= 1
        changes[after] += 1
    _add(tx, changes)


def tally_new(tx: Connection, kinds: Iterable[Kind]) -> None:
    """Note new messages, one kind a message."""
    _add(tx, Counter(kinds))


def tallied(reading: Connection) -> dict[Kind, int]:
    """Return how many messages there are in each state; states without any are left out."""
    found = {}
    for name, state, number in reading.execute(select(TALLIES).where(TALLIES.c.number > 0)):
        direction = Direction(name)
        found[direction, state_of(direction, state)] = int(number)
    return found


def _add(tx: Connection, changes: Mapping[Kind, int]) -> None:
    for (direction, state), change in sorted(changes.items()):
        if not change:
            continue
        if _CHANGE.run(tx, [(direction.value, state.value, change)]) == 0:
            tx.execute(_BEGIN, {"direction": direction.value, "state": state.value, "number": change})
