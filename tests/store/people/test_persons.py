"""People as registered, and their rights."""

from datetime import datetime

import pytest

from store.database import Database
from store.errors import PersonExists, PersonIdBad, PersonMissing, PinTooShort, RolesMissing
from store.people import (
    RIGHTS,
    Pepper,
    Person,
    Right,
    Role,
    add_person,
    hash_new_pin,
    person,
    persons,
    rights_of,
    set_active,
    set_pin,
    set_roles,
)

PEPPER = Pepper(b"p" * 32)


def test_person_is_kept_with_roles_and_given_pin(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        added = add_person(tx, "ka-301", [Role.OFFICER, Role.APPROVER], "kept", now=now)
    assert added == Person("ka-301", frozenset({Role.OFFICER, Role.APPROVER}), pin_given=True, active=True)
    with database.reading() as reading:
        assert person(reading, "ka-301") == added
        assert persons(reading) == [added]


def test_changes(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        add_person(tx, "op-101", [Role.OPERATOR], "kept", now=now)
        set_roles(tx, "op-101", [Role.AUDITOR])
        set_pin(tx, "op-101", "other", now=now, pin_given=False)
        set_active(tx, "op-101", active=False)
        assert person(tx, "op-101") == Person("op-101", frozenset({Role.AUDITOR}), pin_given=False, active=False)


def test_ids_are_never_given_twice(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        add_person(tx, "op-101", [Role.OPERATOR], "kept", now=now)
        set_active(tx, "op-101", active=False)
        with pytest.raises(PersonExists):
            add_person(tx, "op-101", [Role.OPERATOR], "kept", now=now)


@pytest.mark.parametrize("bad", ["", "ab", "a" * 33, "OP-101", "op 101", "op_101", "山田太郎", "op-101\n"])
def test_bad_ids(database: Database, now: datetime, bad: str) -> None:
    with pytest.raises(PersonIdBad), database.writing() as tx:
        add_person(tx, bad, [Role.OPERATOR], "kept", now=now)
    with pytest.raises(PersonIdBad):
        hash_new_pin(PEPPER, bad, "40718295")


def test_pin_is_checked_before_it_is_hashed() -> None:
    with pytest.raises(PinTooShort):
        hash_new_pin(PEPPER, "op-101", "4071")


def test_nobody_without_roles(database: Database, now: datetime) -> None:
    with pytest.raises(RolesMissing), database.writing() as tx:
        add_person(tx, "op-101", [], "kept", now=now)


def test_unknown_people(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        for act in (
            lambda: person(tx, "nobody"),
            lambda: set_roles(tx, "nobody", [Role.AUDITOR]),
            lambda: set_pin(tx, "nobody", "kept", now=now, pin_given=False),
            lambda: set_active(tx, "nobody", active=True),
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
