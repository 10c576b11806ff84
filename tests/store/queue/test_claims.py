"""A claim keeps others from a message, and from the resident's other messages while it is edited, until it ends."""

from datetime import datetime, timedelta

import pytest

from store import queue
from store.database import Database
from store.endings import Ending
from store.errors import MessageClaimed
from store.message.states import Step
from store.people import LEASE, Role, add_person, close_session, open_session
from store.queue import Act, Task
from store.queue.claims import renew_claims
from store.queue.tables import MessageRow
from store.sealing.vault import Vault
from tests.store.conftest import Fill


@pytest.fixture
def sessions(database: Database, vault: Vault, now: datetime) -> tuple[str, str]:
    """A session of an operator and one of an approver."""
    with database.writing() as tx:
        for person, role in (("op-101", Role.OPERATOR), ("ap-201", Role.APPROVER)):
            add_person(tx, vault.rows, person, [role], "kept", now=now)
        first, second = (open_session(tx, person, origin="screen", now=now) for person in ("op-101", "ap-201"))
    return first.id, second.id


@pytest.fixture
def rows(database: Database, fill: Fill) -> list[MessageRow]:
    """Two messages about one resident, and one about another."""
    added = [*fill(["R-1", "R-2"], subject="1"), *fill(["R-3"])]
    with database.reading() as reading:
        return queue.rows_of(reading, [message.id for message in added])


def claim(database: Database, row: MessageRow, task: Task, session: str, now: datetime) -> None:
    with database.writing() as tx:
        queue.claim(tx, row, task, session_id=session, now=now)


def bound(database: Database, rows: list[MessageRow], session: str | None, now: datetime) -> list[str]:
    """Return the references of the messages that the session can only read."""
    with database.reading() as reading:
        others = queue.claims_of_others(reading, session, now)
    return [row.reference for row in rows if queue.claim_on(row, others) is not None]


def test_who_claims_is_named_to_all_others(
    database: Database, rows: list[MessageRow], sessions: tuple[str, str], now: datetime
) -> None:
    claim(database, rows[0], Task.EDIT, sessions[0], now)
    assert bound(database, rows, sessions[0], now) == []
    assert bound(database, rows, sessions[1], now) == bound(database, rows, None, now) == ["R-1", "R-2"]
    with pytest.raises(MessageClaimed) as refused:
        claim(database, rows[1], Task.EDIT, sessions[1], now)
    assert refused.value.facts == {"reference": "R-1", "person": "op-101"}
    claim(database, rows[2], Task.EDIT, sessions[1], now)


def test_a_review_binds_only_its_message_and_only_while_that_awaits_it(
    database: Database, vault: Vault, rows: list[MessageRow], sessions: tuple[str, str], now: datetime
) -> None:
    claim(database, rows[0], Task.REVIEW, sessions[1], now)
    assert bound(database, rows, sessions[0], now) == ["R-1"]
    with database.writing() as tx:
        approved = queue.move(tx, vault, rows[0].id, Step.APPROVE, Act(by="ap-201", session=sessions[1], now=now))
    assert bound(database, [approved], sessions[0], now) == []


def test_a_claim_ends_by_itself_unless_it_is_renewed(
    database: Database, rows: list[MessageRow], sessions: tuple[str, str], now: datetime
) -> None:
    claim(database, rows[0], Task.EDIT, sessions[0], now)
    last = now + LEASE
    assert bound(database, rows, sessions[1], last - timedelta(microseconds=1)) == ["R-1", "R-2"]
    assert bound(database, rows, sessions[1], last) == []
    with database.writing() as tx:
        renew_claims(tx, sessions[0], now + LEASE / 2)
    assert bound(database, rows, sessions[1], last) == ["R-1", "R-2"]


@pytest.mark.parametrize("how", ["dropped", "closed"])
def test_a_claim_ends_with_its_work_or_its_session(
    database: Database, rows: list[MessageRow], sessions: tuple[str, str], now: datetime, how: str
) -> None:
    claim(database, rows[0], Task.EDIT, sessions[0], now)
    with database.writing() as tx:
        # Nobody drops the claim of another session.
        queue.drop_claim(tx, rows[0].id, session_id=sessions[1])
    assert bound(database, rows, sessions[1], now)
    with database.writing() as tx:
        if how == "dropped":
            queue.drop_claim(tx, rows[0].id, session_id=sessions[0])
        else:
            close_session(tx, sessions[0], Ending.LOGGED_OFF, now)
    assert bound(database, rows, sessions[1], now) == []


def test_who_edits_and_looks_for_review_goes_on_editing(
    database: Database, rows: list[MessageRow], sessions: tuple[str, str], now: datetime
) -> None:
    claim(database, rows[0], Task.EDIT, sessions[0], now)
    claim(database, rows[0], Task.REVIEW, sessions[0], now)
    assert bound(database, rows, sessions[1], now) == ["R-1", "R-2"]
    with database.writing() as tx:
        queue.end_edit(tx, rows[0], session_id=sessions[0], reviews=True)
    assert bound(database, rows, sessions[1], now) == ["R-1"]
    with database.writing() as tx:
        queue.end_edit(tx, rows[0], session_id=sessions[0], reviews=False)
    assert bound(database, rows, sessions[1], now) == []


def test_a_message_about_nobody_is_bound_by_its_own_claim_only(
    database: Database, rows: list[MessageRow], sessions: tuple[str, str], now: datetime
) -> None:
    claim(database, rows[0], Task.EDIT, sessions[0], now)
    assert bound(database, [rows[2]._replace(subject=None)], sessions[1], now) == []
