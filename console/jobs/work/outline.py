"""What a step would do with many messages, before anybody takes it: how many of what, and which ones stay behind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.messages import listing
from console.jobs.messages.partners import partners
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.message.canonical import decode
from store.message.states import TRANSITIONS, Ask, Step
from store.queue import MessageRow
from store.rights import Right


class Obstacle(StrEnum):
    """Why a message cannot take a step together with others."""

    CLAIM = "claim"  # somebody else has it in hand
    STATE = "state"  # not from its state, or not in its direction
    OWN = "own"  # the person wrote it, and another one decides
    WARNINGS = "warnings"  # they are read on its page, and confirmed there


@dataclass(frozen=True, slots=True)
class Named:
    """A message as a person calls it."""

    reference: str
    name: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The messages that would take the step, counted, and the others.

    `late`: how many of them are overdue. `until_day`: how many would be held until their planned day. `behind` has the
    numbers of the others by what stands in their way. `named` has all of them, by number. Of a pair both halves are
    counted, and `together` has by number the other half of each.
    """

    ids: Sequence[int]
    kinds: Mapping[str, int]
    deletions: int
    late: int
    until_day: int
    behind: Mapping[Obstacle, Sequence[int]]
    named: Mapping[int, Named]
    together: Mapping[int, int]


def outline(
    terminal: Terminal, session: Session, numbers: Sequence[int], step: Step, *, apart: frozenset[int] = frozenset()
) -> Outline:
    """Return what `step` would do with these messages. It promises nothing: the step itself checks each of them again.

    The other half of a pair comes with each, except for those that people have taken `apart`.
    Raises RightMissing, SealBroken.
    """
    admit(terminal, session, Right.READ)
    with terminal.database.reading() as reading:
        rows, together = _with_halves(terminal, reading, numbers, apart)
        claims = queue.claims_of_others(reading, session.id, clock.now())
        contents = queue.contents_of(reading, terminal.vault, [row.id for row in rows])
    shown = {
        row.id: listing.row_of(terminal, row, decode(contents.get(row.id, listing.ERASED)), claims, None)
        for row in rows
    }
    own = {row.id: _obstacle(terminal, session, row, step, claimed=shown[row.id].claim is not None) for row in rows}
    # What keeps one half of a pair keeps the other one as well.
    obstacles = {number: own[number] or own.get(together.get(number, number)) for number in shown}
    ready = [shown[number] for number in shown if obstacles[number] is None]
    today = clock.day_in_japan(clock.now())
    return Outline(
        ids=[row.id for row in ready],
        kinds=Counter(row.kind for row in ready),
        deletions=sum(row.deletion for row in ready),
        late=sum(row.overdue for row in ready),
        until_day=sum(step is Step.APPROVE and row.due_on is not None and row.due_on > today for row in ready),
        behind={
            obstacle: [number for number in shown if obstacles[number] is obstacle]
            for obstacle in Obstacle
            if obstacle in obstacles.values()
        },
        named={row.id: Named(row.reference, row.name or row.number) for row in shown.values()},
        together=together,
    )


def _with_halves(
    terminal: Terminal, reading: Connection, numbers: Sequence[int], apart: frozenset[int]
) -> tuple[list[MessageRow], dict[int, int]]:
    """Return the messages with the other halves of their pairs, and by number the other half of each."""
    rows = {row.id: row for row in queue.rows_of(reading, numbers)}
    together: dict[int, int] = {}
    for number, other in partners(terminal, reading, rows.values()).items():
        if other.state is rows[number].state and not {number, other.id} & apart:
            together |= {number: other.id, other.id: number}
            rows.setdefault(other.id, other)
    return list(rows.values()), together


def _obstacle(terminal: Terminal, session: Session, row: MessageRow, step: Step, *, claimed: bool) -> Obstacle | None:
    # In the order in which people can do something about it: a claim ends by itself, and a state does not change.
    transition = TRANSITIONS[step]
    if claimed:
        return Obstacle.CLAIM
    if row.direction is not transition.direction or row.state not in transition.sources:
        return Obstacle.STATE
    second = Ask.SECOND_PERSON in transition.asks and terminal.settings.review.two_persons
    if second and session.person_id in row.writers:
        return Obstacle.OWN
    if Ask.CONFIRMED_WARNINGS in transition.asks and row.warnings:
        return Obstacle.WARNINGS
    return None
