"""Of several notices about a person the newest is in force, and a deletion takes two persons."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from store import queue
from store.database import Database
from store.errors import ContentErased, SealBroken
from store.message.canonical import encode
from store.message.kinds import AgencyNotice
from store.message.matching import numbers_of
from store.message.states import Direction, InState
from store.queue import Act, MessageDraft
from store.queue.notices import add_former_numbers, confirm, notices_beside, rows_about, supersede_others
from store.queue.tables import CONTENTS, MessageRow
from store.sealing.vault import Vault
from tests.store.message.specimens import changed, good

Arrive = Callable[..., list[str]]


@pytest.fixture
def arrive(database: Database, vault: Vault, now: datetime) -> Arrive:
    """Let a notice come in, as receiving does; return the references of the notices that it supersedes."""

    def take_in(specimen: str, **changes: object) -> list[str]:
        record = changed(good(specimen), changes)
        notice = AgencyNotice.from_record(record)
        draft = MessageDraft(
            direction=Direction.IN,
            kind=str(notice.kind),
            reference=notice.reference,
            effective_at=notice.occurred_at.astimezone(UTC),
            content=encode(record),
            subject=str(notice.card_number),
            target=notice.supersedes,
        )
        with database.writing() as tx:
            (added,) = queue.add_messages(tx, vault, [draft], now=now)
            abouts = numbers_of(notice)
            add_former_numbers(tx, added.id, abouts - {str(notice.card_number)})
            rows = supersede_others(tx, vault, added.id, notice, abouts, Act(by=None, now=now))
        return [row.reference for row in rows]

    return take_in


def about(database: Database, *numbers: str) -> list[MessageRow]:
    with database.reading() as reading:
        return rows_about(reading, numbers)


def test_the_newer_notice_supersedes_the_older_one_of_the_same_person(database: Database, arrive: Arrive) -> None:
    assert arrive("lost", reference="N-1", supersedes=None) == []
    assert arrive("lost", reference="N-2", supersedes=None, occurred_at="2026-11-21T00:00:00+09:00") == ["N-1"]
    # One that comes late is superseded itself.
    assert arrive("lost", reference="N-3", supersedes=None, occurred_at="2026-11-19T00:00:00+09:00") == ["N-3"]
    assert [(row.reference, row.state) for row in about(database, "AB12345678CD")] == [
        ("N-2", InState.RECEIVED),
        ("N-1", InState.SUPERSEDED),
        ("N-3", InState.SUPERSEDED),
    ]


def test_another_person_under_the_same_number_stays_in_force(arrive: Arrive) -> None:
    arrive("lost", reference="N-1", supersedes=None)
    assert arrive("lost", reference="N-2", supersedes=None, **{"person.name": "SOMEBODY ELSE"}) == []


def test_a_notice_is_found_by_a_number_that_the_person_had_before(database: Database, arrive: Arrive) -> None:
    arrive("lost", reference="N-1", supersedes=None, card_number="ZZ00000000ZZ")
    assert arrive("notice", reference="N-2", occurred_at="2026-11-21T00:00:00+09:00") == ["N-1"]
    (newest, oldest) = about(database, "ZZ00000000ZZ")
    assert (newest.reference, oldest.reference) == ("N-2", "N-1")
    with database.reading() as reading:
        assert [row.reference for row in notices_beside(reading, newest)] == ["N-1"]
        assert notices_beside(reading, newest._replace(id=999, subject=None)) == []
    assert about(database) == []


def test_a_named_notice_is_superseded_whichever_comes_first(database: Database, arrive: Arrive) -> None:
    # X-0041 says that it supersedes X-0040, and is about somebody else here: only the name connects them.
    assert arrive("lost", card_number="CD12345678EF") == []
    assert arrive("notice") == ["X-0040"]
    assert arrive("notice", reference="X-0042") == []
    assert arrive("lost", reference="X-0043", supersedes="X-0042", card_number="CD12345678EF")[-1] == "X-0042"


def test_a_deletion_is_confirmed_by_a_second_person(
    database: Database, vault: Vault, arrive: Arrive, now: datetime
) -> None:
    arrive("lost", supersedes=None)
    arrive("notice", card_number="CD12345678EF")
    with database.writing() as tx:
        first = confirm(tx, vault, [1, 2, 1, 99], Act(by="op-101", now=now))
        assert {row.id: row.state for row in first.changed} == {1: InState.AWAITING_SECOND, 2: InState.CONFIRMED}
        assert [refused.id for refused in first.refused] == [99]
        again = confirm(tx, vault, [1], Act(by="op-101", now=now))
        assert (again.changed, [refused.id for refused in again.refused]) == ([], [1])
        second = confirm(tx, vault, [1], Act(by="ap-201", now=now))
        assert [row.state for row in second.changed] == [InState.CONFIRMED]


@pytest.mark.parametrize(("how", "error"), [("broken", SealBroken), ("erased", ContentErased)])
def test_what_does_not_open_is_not_confirmed_and_supersedes_nothing(
    database: Database, vault: Vault, arrive: Arrive, now: datetime, how: str, error: type[Exception]
) -> None:
    arrive("lost", reference="N-1", supersedes=None)
    with database.writing() as tx:
        if how == "erased":
            queue.erase(tx, queue.rows_of(tx, [1]))
        else:
            tx.execute(CONTENTS.update().values(ciphertext=b"changed"))
    assert arrive("lost", reference="N-2", supersedes=None, occurred_at="2026-11-21T00:00:00+09:00") == []
    with database.writing() as tx:
        done = confirm(tx, vault, [1, 2], Act(by="op-101", now=now))
    assert [row.reference for row in done.changed] == ["N-2"]
    ((number, reason),) = [(refused.id, refused.error) for refused in done.refused]
    assert number == 1
    assert isinstance(reason, error)
