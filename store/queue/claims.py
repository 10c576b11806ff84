"""Who has a message in hand: while somebody edits or reviews it, others only read it.

While one is edited, others only read what else there is about the same person: two messages about somebody that two
people change at once would contradict each other.

A claim belongs to a session and ends with it, however that ends: by log-off, by the idle limit, by a crash. The session
renews its claims as it renews its own lease, so that a console that is cut off keeps nobody waiting for long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlmodel import Field, SQLModel

from store.errors import MessageClaimed
from store.message.states import CONFIRMABLE, OutState
from store.people.sessions import LEASE, SESSIONS, is_abandoned
from store.queue.tables import MESSAGES, MessageRow
from store.schema import UtcMoment, table


class Task(StrEnum):
    """What somebody does with a message."""

    EDIT = "edit"
    REVIEW = "review"
    CONFIRM = "confirm"


class ClaimRow(SQLModel, table=True):
    """A message in somebody's hands, until `until` unless that is renewed."""

    __tablename__ = "claim"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    task: str
    session_id: str = Field(foreign_key="session.id", index=True)
    since: datetime = Field(sa_type=UtcMoment)
    until: datetime = Field(sa_type=UtcMoment)


CLAIMS: Final = table(ClaimRow)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has a message in hand, since when, and what for.

    `person` is a person ID; `reference` and `subject` are those of the message.
    """

    task: Task
    reference: str
    subject: str | None
    person: str
    session_id: str
    since: datetime

    def binds(self, message: MessageRow) -> bool:
        """Tell whether others only read the message: a review is over as soon as the message has left it.

        So is a confirmation when the first of two persons has given theirs: the next one is not theirs.
        """
        match self.task:
            case Task.EDIT:
                return True
            case Task.REVIEW:
                return message.state is OutState.REVIEW
            case Task.CONFIRM:
                return message.state in CONFIRMABLE and message.author != self.person


Claims = Mapping[int, Claim]
"""Claims by the number of the message."""

# Few at any time, one a person at work: they are looked at whole.
_LIVE: Final = (
    select(
        CLAIMS.c.message_id,
        CLAIMS.c.task,
        CLAIMS.c.since,
        CLAIMS.c.session_id,
        SESSIONS.c.person_id,
        SESSIONS.c.holder,
        SESSIONS.c.seen_at,
        MESSAGES.c.reference,
        MESSAGES.c.subject,
    )
    .join_from(CLAIMS, SESSIONS, CLAIMS.c.session_id == SESSIONS.c.id)
    .join(MESSAGES, CLAIMS.c.message_id == MESSAGES.c.id)
    .where(SESSIONS.c.closed_at.is_(None), CLAIMS.c.until > bindparam("now", type_=CLAIMS.c.until.type))
)


def claims_of_others(conn: Connection, session_id: str | None, now: datetime) -> dict[int, Claim]:
    """Return what is in the hands of other sessions than `session_id` (None: of any), by message number."""
    return {
        row.message_id: Claim(Task(row.task), row.reference, row.subject, row.person_id, row.session_id, row.since)
        for row in conn.execute(_LIVE, {"now": now})
        if row.session_id != session_id and not is_abandoned(row.holder, row.seen_at, now)
    }


def claim_on(message: MessageRow, others: Claims) -> Claim | None:
    """Return the claim because of which a message is only read: on itself, or on another one about the same person."""
    claim = others.get(message.id)
    if claim is not None and claim.binds(message):
        return claim
    for one in others.values():
        if one.task is Task.EDIT and one.subject is not None and one.subject == message.subject:
            return one
    return None


def refuse_claimed(message: MessageRow, others: Claims) -> None:
    """Raise MessageClaimed, with what is in whose hands, when the message is only read because of that."""
    claim = claim_on(message, others)
    if claim is not None:
        raise MessageClaimed(reference=claim.reference, person=claim.person)


def claim(tx: Connection, message: MessageRow, task: Task, *, session_id: str, now: datetime) -> None:
    """Take a message in hand; who edits it already goes on editing. Raises MessageClaimed."""
    refuse_claimed(message, claims_of_others(tx, session_id, now))
    own = (CLAIMS.c.message_id == message.id, CLAIMS.c.session_id == session_id)
    if tx.scalar(select(CLAIMS.c.task).where(*own)) == Task.EDIT:
        task = Task.EDIT
    tx.execute(delete(CLAIMS).where((CLAIMS.c.message_id == message.id) | (CLAIMS.c.until <= now)))
    values = {
        "message_id": message.id,
        "task": task.value,
        "session_id": session_id,
        "since": now,
        "until": now + LEASE,
    }
    tx.execute(insert(CLAIMS), values)


def renew_claims(tx: Connection, session_id: str, now: datetime) -> None:
    """Keep what a session has in hand for another while, as it keeps itself."""
    tx.execute(update(CLAIMS).where(CLAIMS.c.session_id == session_id).values(until=now + LEASE))


def drop_claim(tx: Connection, number: int, *, session_id: str) -> None:
    """Let go of a message; nothing happens when the session does not have it in hand."""
    tx.execute(delete(CLAIMS).where(CLAIMS.c.message_id == number, CLAIMS.c.session_id == session_id))


def end_edit(tx: Connection, message: MessageRow, *, session_id: str, reviews: bool) -> None:
    """End editing a message; who `reviews` keeps it in hand for that while it waits to be reviewed."""
    if reviews and message.state is OutState.REVIEW:
        own = (CLAIMS.c.message_id == message.id, CLAIMS.c.session_id == session_id)
        tx.execute(update(CLAIMS).where(*own).values(task=Task.REVIEW.value))
    else:
        drop_claim(tx, message.id, session_id=session_id)
