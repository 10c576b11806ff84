"""Drafts: each is its person's own, sealed, and gone when it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from store.database import Database
from store.errors import SealBroken
from store.people.drafts import DRAFTS, count_drafts, drafts_of, end, end_older, keep, unsound
from store.sealing.vault import Vault
from tests.store.conftest import NOON

NAME = b"HOSSAIN RAFIQ"


@pytest.fixture
def kept(database: Database, vault: Vault) -> str:
    with database.writing() as tx:
        assert keep(tx, vault, uid="a" * 32, person="op-101", content=b"first", now=NOON)
        assert not keep(tx, vault, uid="a" * 32, person="op-101", content=NAME, now=NOON + timedelta(minutes=1))
    return "a" * 32


def contents(database: Database, vault: Vault, person: str) -> list[bytes]:
    with database.reading() as reading:
        return [draft.content for draft in drafts_of(reading, vault, person)]


def test_the_last_saving_counts_and_nobody_else_sees_it(database: Database, vault: Vault, kept: str) -> None:
    assert kept
    assert (contents(database, vault, "op-101"), contents(database, vault, "op-102")) == ([NAME], [])
    with database.reading() as reading:
        assert (count_drafts(reading, "op-101"), count_drafts(reading, "op-102")) == (1, 0)
        assert NAME not in b"".join(bytes(value) for value in reading.scalars(select(DRAFTS.c.ciphertext)))


def test_it_ends_by_its_own_person_or_by_its_age(database: Database, vault: Vault, kept: str) -> None:
    with database.writing() as tx:
        assert not end(tx, kept, "op-102")
        assert end_older(tx, NOON) == []
        assert end_older(tx, NOON + timedelta(days=1)) == [kept]
        assert keep(tx, vault, uid=kept, person="op-101", content=NAME, now=NOON)
        assert end(tx, kept, "op-101")
    assert contents(database, vault, "op-101") == []


def test_nobody_writes_over_another_persons_draft(database: Database, vault: Vault, kept: str) -> None:
    # A name that was kept from a session of somebody else makes no second row either.
    with database.writing() as tx, pytest.raises(IntegrityError):
        keep(tx, vault, uid=kept, person="op-102", content=b"other", now=NOON)
    assert contents(database, vault, "op-101") == [NAME]


def test_the_newest_comes_first(database: Database, vault: Vault, kept: str) -> None:
    assert kept
    with database.writing() as tx:
        keep(tx, vault, uid="b" * 32, person="op-101", content=b"older", now=NOON - timedelta(days=1))
        keep(tx, vault, uid="c" * 32, person="op-101", content=b"newer", now=NOON + timedelta(days=1))
    assert contents(database, vault, "op-101") == [b"newer", NAME, b"older"]


def test_what_lies_longer_than_a_moment_goes_whoever_it_is_of(database: Database, vault: Vault, kept: str) -> None:
    with database.writing() as tx:
        keep(tx, vault, uid="b" * 32, person="op-102", content=b"older", now=NOON - timedelta(days=1))
        assert end_older(tx, NOON) == ["b" * 32]
        assert end_older(tx, NOON) == []
    assert contents(database, vault, "op-101") == [NAME]
    assert kept


def test_a_draft_of_another_person_does_not_open(database: Database, vault: Vault, kept: str) -> None:
    with database.writing() as tx:
        tx.execute(update(DRAFTS).values(person="op-102"))
    with database.reading() as reading:
        assert list(unsound(reading, vault)) == [(kept, True)]
    with pytest.raises(SealBroken):
        contents(database, vault, "op-102")
