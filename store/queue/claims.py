"""Claims: while one person edits, reviews or confirms a message, others can only read it.

While a message is edited, others can only read all other messages about the same resident as well. Two messages about
one resident that two people change at the same time would contradict each other.

A claim belongs to a session and ends with it, whether by log-off, by the idle limit or by a crash. The session renews
its claims together with its own lease, so that a console that is cut off does not keep others waiting for long.
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
    """What a person does with a claimed message."""

    EDIT = "edit"
    REVIEW = "review"
    CONFIRM = "confirm"


class ClaimRow(SQLModel, table=True):
    """A claimed message. The claim ends at `until` unless it is renewed."""

    __tablename__ = "claim"

    message_id: int = Field(primary_key=True, foreign_key="message.id")
    task: str
    session_id: str = Field(foreign_key="session.id", index=True)
    since: datetime = Field(sa_type=UtcMoment)
    # A lease, so that a claim ends by itself when the console that holds it is cut off.
    until: datetime = Field(sa_type=UtcMoment)


CLAIMS: Final = table(ClaimRow)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims a message, since when, and for what.

    `person` is a user ID. `reference` and `subject` are those of the message.
    """

    task: Task
    reference: str
    subject: str | None
    person: str
    session_id: str
    since: datetime

    def binds(self, message: MessageRow) -> bool:
        """Tell whether others can only read the message.

        A review is over as soon as the message has left the state of review. A confirmation by the first of two persons
        is over as soon as it is given: the second must be given by somebody else.
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

# There are few claims at any time, about one for each person at work, so all of them are read at once.
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
    """Return the claims of sessions other than `session_id` (None: of all sessions), by message number."""
    return {
        row.message_id: Claim(Task(row.task), row.reference, row.subject, row.person_id, row.session_id, row.since)
        for row in conn.execute(_LIVE, {"now": now})
        # A session whose process died keeps nobody waiting, even before its lease has run out.
        if row.session_id != session_id and not is_abandoned(row.holder, row.seen_at, now)
    }


def claim_on(message: MessageRow, others: Claims) -> Claim | None:
    """Return the claim that makes a message read-only: on itself, or on another message about the same resident."""
    claim = others.get(message.id)
    if claim is not None and claim.binds(message):
        return claim
    for other in others.values():
        if other.task is Task.EDIT and other.subject is not None and other.subject == message.subject:
            return other
    return None


def refuse_claimed(message: MessageRow, others: Claims) -> None:
    """Raise MessageClaimed, naming the claimed message and the person, when a claim of others binds the message."""
    claim = claim_on(message, others)
    if claim is not None:
        raise MessageClaimed(reference=claim.reference, person=claim.person)


def claim(tx: Connection, message: MessageRow, task: Task, *, session_id: str, now: datetime) -> None:
    """Claim a message; a session that edits it already goes on editing. Raises MessageClaimed."""
    refuse_claimed(message, claims_of_others(tx, session_id, now))
    own = (CLAIMS.c.message_id == message.id, CLAIMS.c.session_id == session_id)
    # Opening the page of a message again, for review, must not end the edit that is still unsaved.
    if tx.scalar(select(CLAIMS.c.task).where(*own)) == Task.EDIT:
        task = Task.EDIT
    # Claims that have run out are removed here, where a transaction writes to the table anyway.
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
    """Extend the claims of a session by a lease, as the session extends itself."""
    tx.execute(update(CLAIMS).where(CLAIMS.c.session_id == session_id).values(until=now + LEASE))


def drop_claim(tx: Connection, number: int, *, session_id: str) -> None:
    """End the claim of a session on a message; nothing happens when there is none."""
    tx.execute(delete(CLAIMS).where(CLAIMS.c.message_id == number, CLAIMS.c.session_id == session_id))


def end_edit(tx: Connection, message: MessageRow, *, session_id: str, reviews: bool) -> None:
    """End the edit of a message; a person who `reviews` keeps the claim for review while the message awaits it."""
    if reviews and message.state is OutState.REVIEW:
        own = (CLAIMS.c.message_id == message.id, CLAIMS.c.session_id == session_id)
        tx.execute(update(CLAIMS).where(*own).values(task=Task.REVIEW.value))
    else:
        drop_claim(tx, message.id, session_id=session_id)
