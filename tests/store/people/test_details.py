"""Names and staff numbers: sealed, bound to the row of their person, and brought to one spelling."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from store.comparison import Difference, Differing, compare
from store.database import Database
from store.errors import PersonNameBad, PersonReasonBad, SealBroken, StaffNumberBad
from store.log import Event, Log
from store.people import Details, Pepper, Role, Terms, add_person, details_of, person, set_details
from store.people.details import DETAILS, person_name, put_details, reason, staff_number, staff_pseudonym
from store.sealing.vault import Vault

PEPPER = Pepper(b"p" * 32, "t-131041-01")
FIRST = Details("鈴木 陽子", "20418")
SECOND = Details("鈴木 陽子", "20418", "育児休業")


def test_a_number_is_the_same_however_it_is_typed() -> None:
    assert {staff_number(typed) for typed in ("a-20418", " Ａ－２０４１８ ", "A-20418")} == {"A-20418"}
    for wrong in ("", "2 0418", "番号1", "1" * 17, "1\n2"):
        with pytest.raises(StaffNumberBad):
            staff_number(wrong)


def test_names_and_reasons_have_no_more_than_can_be_read() -> None:
    assert (person_name(" 鈴木\u3000陽子 "), reason(" 育児 休業 ")) == ("鈴木 陽子", "育児 休業")
    for wrong in ("", " ", "a" * 41, "a\x1bb"):
        with pytest.raises(PersonNameBad):
            person_name(wrong)
    assert reason("") == ""
    with pytest.raises(PersonReasonBad):
        reason("a" * 41)


def registered(database: Database, vault: Vault, log: Log, now: datetime) -> dict[str, Any]:
    """Register two people with details and change those of one; return that one's details before, as they lay."""
    with database.writing() as tx:
        for name in ("op-102", "op-103"):
            terms = Terms(staff_pseudonym(vault, name))
            version = add_person(tx, vault.rows, name, [Role.OPERATOR], "kept", now=now, terms=terms).version
            put_details(tx, vault, name, version, FIRST)
            detail: dict[str, str | int] = {"role": "operator", "version": version}
            log.append(tx, Event.PERSON_ADDED, actor=None, session=None, object=name, detail=detail, now=now)
        older = dict(tx.execute(select(DETAILS).where(DETAILS.c.person == "op-102")).mappings().one())
        version = set_details(tx, vault.rows, "op-102", staff="a" * 32, details=2)
        put_details(tx, vault, "op-102", 2, SECOND)
        detail = {"version": version}
        log.append(tx, Event.PERSON_CHANGED, actor=None, session=None, object="op-102", detail=detail, now=now)
    return older


def test_details_are_read_back_and_agree_with_the_log(
    database: Database, vault: Vault, log: Log, now: datetime
) -> None:
    registered(database, vault, log, now)
    with database.reading() as reading:
        assert details_of(reading, vault, person(reading, vault.rows, "op-102")) == SECOND
        assert compare(reading, vault, PEPPER).named == []


@pytest.mark.parametrize("harm", ["older", "gone", "another's"])
def test_details_that_are_not_those_of_the_row_do_not_open(
    database: Database, vault: Vault, log: Log, now: datetime, harm: str
) -> None:
    older = registered(database, vault, log, now)
    with database.writing() as tx:
        other = dict(tx.execute(select(DETAILS).where(DETAILS.c.person == "op-103")).mappings().one())
        values = {"older": older, "another's": {**other, "person": "op-102", "version": 2}, "gone": {}}[harm]
        own = DETAILS.c.person == "op-102"
        tx.execute(update(DETAILS).where(own).values(values) if values else delete(DETAILS).where(own))
        with pytest.raises(SealBroken):
            details_of(tx, vault, person(tx, vault.rows, "op-102"))
        assert compare(tx, vault, PEPPER).named == [Differing("person_details", "op-102", Difference.CHANGED)]
