"""People as registered, and their rights."""

from datetime import datetime

import pytest
from sqlalchemy import text

from store.database import Database
from store.errors import (
    PersonExists,
    PersonIdBad,
    PersonMissing,
    PinTooShort,
    RolesMissing,
    RowOutdated,
    RowSealBroken,
)
from store.log import Event, Log
from store.people import (
    RIGHTS,
    Pepper,
    Person,
    Right,
    Role,
    add_person,
    hash_new_pin,
    kept_pin,
    person,
    persons,
    rights_of,
    set_active,
    set_pin,
    set_roles,
)
from store.sealing.row_seals import RowSeals

PEPPER = Pepper(b"p" * 32, "t-131041-01")
SEALS = RowSeals(b"k" * 32, "t-131041-01")


def test_person_is_kept_with_roles_and_given_pin(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        added = add_person(tx, SEALS, "ka-301", [Role.OFFICER, Role.APPROVER], "kept", now=now)
    assert added == Person("ka-301", frozenset({Role.OFFICER, Role.APPROVER}), pin_given=True, active=True, version=1)
    with database.reading() as reading:
        assert person(reading, SEALS, "ka-301") == added
        assert persons(reading, SEALS) == [added]


def test_changes(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_roles(tx, SEALS, "op-101", [Role.AUDITOR])
        set_pin(tx, SEALS, "op-101", "other", now=now, pin_given=False)
        set_active(tx, SEALS, "op-101", active=False)
        assert person(tx, SEALS, "op-101") == Person(
            "op-101", frozenset({Role.AUDITOR}), pin_given=False, active=False, version=4
        )


def test_ids_are_never_given_twice(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_active(tx, SEALS, "op-101", active=False)
        with pytest.raises(PersonExists):
            add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)


@pytest.mark.parametrize("bad", ["", "ab", "a" * 33, "OP-101", "op 101", "op_101", "山田太郎", "op-101\n"])
def test_bad_ids(database: Database, now: datetime, bad: str) -> None:
    with pytest.raises(PersonIdBad), database.writing() as tx:
        add_person(tx, SEALS, bad, [Role.OPERATOR], "kept", now=now)
    with pytest.raises(PersonIdBad):
        hash_new_pin(PEPPER, bad, "40718295")


def test_pin_is_checked_before_it_is_hashed() -> None:
    with pytest.raises(PinTooShort):
        hash_new_pin(PEPPER, "op-101", "4071")


def test_nobody_without_roles(database: Database, now: datetime) -> None:
    with pytest.raises(RolesMissing), database.writing() as tx:
        add_person(tx, SEALS, "op-101", [], "kept", now=now)


def test_unknown_people(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        for act in (
            lambda: person(tx, SEALS, "nobody"),
            lambda: set_roles(tx, SEALS, "nobody", [Role.AUDITOR]),
            lambda: set_pin(tx, SEALS, "nobody", "kept", now=now, pin_given=False),
            lambda: set_active(tx, SEALS, "nobody", active=True),
        ):
            with pytest.raises(PersonMissing):
                act()


def test_every_right_is_somebodys_and_roles_add_up() -> None:
    assert frozenset().union(*RIGHTS.values()) == set(Right)
    assert set(RIGHTS) == set(Role)
    assert rights_of([Role.OPERATOR, Role.AUDITOR]) == RIGHTS[Role.OPERATOR] | RIGHTS[Role.AUDITOR]
    assert rights_of([]) == frozenset()


def test_who_keeps_the_machine_sees_no_personal_data() -> None:
    assert not RIGHTS[Role.CUSTODIAN] & {Right.READ, Right.ENTER, Right.APPROVE, Right.EXCHANGE, Right.CONFIRM}
    assert not RIGHTS[Role.AUDITOR] & {Right.READ, Right.ENTER}


def test_nobody_enters_and_approves_by_one_role() -> None:
    assert not [role for role, rights in RIGHTS.items() if {Right.ENTER, Right.APPROVE} <= rights]


def test_a_person_whose_row_was_edited_or_put_back_is_not_believed(database: Database, log: Log, now: datetime) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        older = dict(tx.execute(text("SELECT * FROM person")).mappings().one())
        version = set_pin(tx, SEALS, "op-101", "other", now=now, pin_given=False)
        log.append(
            tx, Event.PIN_CHANGED, actor="op-101", session=None, object="op-101", detail={"version": version}, now=now
        )
        tx.execute(text("UPDATE person SET " + ", ".join(f"{name} = :{name}" for name in older)), older)
        for read in (person, kept_pin):
            with pytest.raises(RowOutdated) as caught:
                read(tx, SEALS, "op-101")
        assert caught.value.facts == {"table": "person", "row": "op-101"}
        tx.exec_driver_sql("UPDATE person SET roles = 'officer'")
        with pytest.raises(RowSealBroken):
            persons(tx, SEALS)
        with pytest.raises(RowSealBroken):
            set_roles(tx, SEALS, "op-101", [Role.AUDITOR])
