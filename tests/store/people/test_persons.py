"""People as registered, and their rights."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from store import clock
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
    Coming,
    IdStanding,
    Pepper,
    Person,
    Right,
    Role,
    Terms,
    add_person,
    hash_new_pin,
    kept_pin,
    person,
    persons,
    rights_of,
    set_details,
    set_pin,
    set_roles,
    set_standing,
    set_validity,
)
from store.people.persons import is_registered
from store.sealing.row_seals import RowSeals

PEPPER = Pepper(b"p" * 32, "t-131041-01")
SEALS = RowSeals(b"k" * 32, "t-131041-01")


def test_person_is_kept_with_roles_and_given_pin(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        added = add_person(tx, SEALS, "ka-301", [Role.OFFICER, Role.APPROVER], "kept", now=now)
    assert added == Person("ka-301", frozenset({Role.OFFICER, Role.APPROVER}), pin_given=True, version=1)
    with database.reading() as reading:
        assert person(reading, SEALS, "ka-301") == added
        assert persons(reading, SEALS) == [added]


def test_changes(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_roles(tx, SEALS, "op-101", [Role.AUDITOR])
        set_pin(tx, SEALS, "op-101", "other", now=now, pin_given=False)
        set_standing(tx, SEALS, "op-101", IdStanding.ENDED)
        assert person(tx, SEALS, "op-101") == Person(
            "op-101", frozenset({Role.AUDITOR}), pin_given=False, version=4, standing=IdStanding.ENDED
        )


def test_ids_are_never_given_twice(database: Database, now: datetime) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_standing(tx, SEALS, "op-101", IdStanding.ENDED)
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
            lambda: set_standing(tx, SEALS, "nobody", IdStanding.ACTIVE),
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


# From a day on, until a day

TODAY = clock.day_in_japan(clock.now())
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
EVERYTHING = Terms(staff="a" * 32, valid_from=YESTERDAY, valid_to=TOMORROW)


def on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """Let it be noon in Japan of that day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=clock.JAPAN)
    monkeypatch.setattr(clock, "now", lambda: noon)


def test_all_terms_are_kept(database: Database, now: datetime) -> None:
    until = now + timedelta(hours=24)
    with database.writing() as tx:
        terms = EVERYTHING._replace(code_until=until)
        added = add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now, terms=terms)
    assert (added.staff, added.valid_from, added.valid_to, added.code_until) == ("a" * 32, YESTERDAY, TOMORROW, until)
    assert (added.details, added.coming, added.standing) == (1, None, IdStanding.ACTIVE)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "active"),
    [
        (None, None, True),
        (TODAY, TODAY, True),
        (YESTERDAY, None, True),
        (None, TOMORROW, True),
        (TOMORROW, None, False),
        (None, YESTERDAY, False),
    ],
)
def test_only_between_the_days_the_pin_is_looked_at(
    database: Database, now: datetime, valid_from: date | None, valid_to: date | None, *, active: bool
) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_validity(tx, SEALS, "op-101", valid_from=valid_from, valid_to=valid_to)
        assert person(tx, SEALS, "op-101").active is active
        assert kept_pin(tx, SEALS, "op-101") == ("kept" if active else None)


@pytest.mark.parametrize("standing", [IdStanding.SUSPENDED, IdStanding.ENDED])
def test_who_is_suspended_or_ended_has_no_pin_to_look_at(
    database: Database, now: datetime, standing: IdStanding
) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_standing(tx, SEALS, "op-101", standing)
        assert kept_pin(tx, SEALS, "op-101") is None
        assert is_registered(tx, "op-101")
        assert not is_registered(tx, "op-102")
        assert not is_registered(tx, "\udcff")


def test_roles_that_come_on_a_day_take_the_place_of_those_before(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = frozenset({Role.APPROVER})
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_roles(tx, SEALS, "op-101", roles, on=TOMORROW)
        before = person(tx, SEALS, "op-101")
        assert (before.roles, before.coming) == (frozenset({Role.OPERATOR}), Coming(roles, TOMORROW))
        on(monkeypatch, TOMORROW)
        after = person(tx, SEALS, "op-101")
        # By the day alone: nobody has to write anything on it.
        assert (after.roles, after.coming, after.version) == (roles, None, before.version)
        assert after.rights == rights_of(roles)
        # The next change makes them those of the row, so that nothing brings the former ones back.
        set_standing(tx, SEALS, "op-101", IdStanding.SUSPENDED)
        on(monkeypatch, TODAY)
        assert person(tx, SEALS, "op-101").roles == roles


def test_roles_at_once_call_off_what_was_to_come_and_another_plan_takes_its_place(
    database: Database, now: datetime
) -> None:
    later = TOMORROW + timedelta(days=9)
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now)
        set_roles(tx, SEALS, "op-101", [Role.APPROVER], on=TOMORROW)
        set_roles(tx, SEALS, "op-101", [Role.AUDITOR], on=later)
        assert person(tx, SEALS, "op-101").coming == Coming(frozenset({Role.AUDITOR}), later)
        set_roles(tx, SEALS, "op-101", [Role.OPERATOR])
        assert person(tx, SEALS, "op-101").coming is None


@pytest.mark.parametrize(
    "edit",
    [
        "standing = 'ended'",
        "code_until = 1",
        "staff = 'b'",
        "valid_from = NULL",
        "valid_to = '2199-01-01'",
        "valid_to = 'no day'",
        "coming_roles = 'officer', coming_on = '2020-01-01'",
        "details = 7",
    ],
)
def test_nobody_else_changes_what_decides_about_a_person(database: Database, now: datetime, edit: str) -> None:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], "kept", now=now, terms=EVERYTHING)
        set_details(tx, SEALS, "op-101", staff="c" * 32, details=2)
        tx.exec_driver_sql(f"UPDATE person SET {edit}")
        for read in (person, kept_pin):
            with pytest.raises(RowSealBroken):
                read(tx, SEALS, "op-101")
