"""Of one person's messages a later one waits for the earlier, unless it puts that one right."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from store import queue
from store.database import Database
from store.errors import RowSealBroken
from store.message.states import Direction, OutState, Pointer
from store.queue.sequence import held_up
from store.sealing.vault import Vault
from tests.resealing import reseal

Put = Callable[..., int]
Waiting = Callable[..., set[int]]


@pytest.fixture
def put(database: Database, vault: Vault, now: datetime) -> Put:
    """Put a message in the queue, of one person unless said otherwise, at some minute; return its number."""

    def add(
        reference: str, minute: int, *, kind: str = "resident_record", subject: str = "1", target: str | None = None
    ) -> int:
        draft = queue.MessageDraft(
            direction=Direction.OUT,
            kind=kind,
            reference=reference,
            effective_at=now + timedelta(minutes=minute),
            content=reference.encode(),
            author="op-101",
            subject=vault.pseudonym("subject", subject),
            pointer=None if target is None else Pointer.REPLACES,
            target=target,
        )
        with database.writing() as tx:
            (added,) = queue.add_messages(tx, vault, [draft], now=now)
        return added.id

    return add


@pytest.fixture
def waiting(database: Database, vault: Vault) -> Waiting:
    """The way to ask which of the messages wait for an earlier one."""

    def ask(*numbers: int) -> set[int]:
        with database.reading() as reading:
            return set(held_up(reading, vault, queue.rows_of(reading, numbers)))

    return ask


def test_the_later_waits_and_the_earlier_and_the_simultaneous_do_not(waiting: Waiting, put: Put) -> None:
    first, same, later = put("R-1", 0), put("R-2", 0), put("R-3", 1)
    assert waiting(first, same, later) == {later}
    assert waiting(first, same) == set()


def test_nobody_waits_for_another_person(waiting: Waiting, put: Put) -> None:
    put("R-1", 0)
    assert waiting(put("R-2", 1, subject="2")) == set()


@pytest.mark.parametrize("state", OutState)
def test_what_is_settled_keeps_nobody_waiting(
    database: Database, vault: Vault, waiting: Waiting, put: Put, state: OutState
) -> None:
    first, later = put("R-1", 0), put("R-2", 1)
    with database.writing() as tx:
        tx.exec_driver_sql(f"UPDATE message SET state = '{state}' WHERE id = {first}")
        reseal(tx, vault)
    assert waiting(later) == (set() if state in {OutState.ACCEPTED, OutState.WITHDRAWN} else {later})


def test_what_puts_a_message_right_does_not_wait_for_it(waiting: Waiting, put: Put) -> None:
    put("R-1", 0)
    assert waiting(put("R-2", 1, target="R-1")) == set()


def test_what_puts_a_message_right_waits_for_all_others(waiting: Waiting, put: Put) -> None:
    put("R-1", 0)
    put("R-5", 1)
    other = put("R-2", 2, target="R-1")
    assert waiting(other) == {other}


def test_a_reference_of_another_kind_is_another_message(waiting: Waiting, put: Put) -> None:
    put("R-1", 0, kind="residence_report")
    other = put("R-2", 1, target="R-1")
    assert waiting(other) == {other}


def test_a_state_that_somebody_else_wrote_settles_nothing(
    database: Database, vault: Vault, waiting: Waiting, put: Put
) -> None:
    first, later = put("R-1", 0), put("R-2", 1)
    with database.writing() as tx:
        tx.exec_driver_sql(f"UPDATE message SET state = 'accepted' WHERE id = {first}")
        (fault,) = held_up(tx, vault, queue.rows_of(tx, [later])).values()
    assert isinstance(fault, RowSealBroken)
