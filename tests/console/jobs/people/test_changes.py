"""What an officer and a second person do with an ID, and what nobody can do with one.

It shows `console.jobs.people.deeds` and `console.jobs.people.register` as well.
"""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from console.errors import CredentialsRefused, OwnPersonRefused, PinToChange, RightMissing, SecondPersonMissing
from console.jobs.log import tables
from console.jobs.people import changes, logon, register
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.register import State
from console.settings import ReviewSettings
from store import clock
from store.comparison import Difference
from store.endings import Ending
from store.errors import (
    LastKeeper,
    PeopleFault,
    PersonChanged,
    PersonExists,
    PersonIdBad,
    PersonIdCommon,
    PersonNameBad,
    PersonStandsOtherwise,
    PersonUnchanged,
    RolesClash,
    RolesMissing,
    RowOutdated,
    SessionClosed,
    StaffNumberBad,
    StaffNumberShared,
    ValidityBad,
)
from store.log import Event
from store.rights import Role
from tests.console.jobs.site import APPROVER, AUDITOR, CHIEF, CUSTODIAN, OPERATOR, PATIENCE, PEOPLE, Site, second

PIN = PEOPLE[OPERATOR][1]
NEWCOMER = PersonChange(
    PersonDeed.ADD,
    "op-104",
    name="斎藤 薫",
    staff_number="20533",
    roles=frozenset({Role.OPERATOR}),
    valid_to=date(2199, 3, 31),
)


def state(site: Site, person_id: str) -> State:
    return register.entry(site.terminal, site.session(CHIEF), person_id).state


def make(site: Site, change: PersonChange, *, agreed: str | None = CUSTODIAN, by: str = CHIEF) -> list[str]:
    codes: list[str] = []
    vouching = None if agreed is None else second(agreed)
    changes.make(site.terminal, site.session(by), change, second=vouching, hand_over=codes.append)
    return codes


def let_log_on(site: Site, person_id: str) -> None:
    """Give somebody a PIN of their own in the place of a code."""
    (code,) = make(site, PersonChange(PersonDeed.RESET, person_id))
    session = logon.log_on(site.terminal, person_id, code, origin="screen")
    register.change_pin(site.terminal, session, "59265358")


def test_somebody_is_registered_by_two_persons_and_the_log_has_neither_name_nor_number(site: Site) -> None:
    (code,) = make(site, NEWCOMER)
    known = register.entry(site.terminal, site.session(CHIEF), "op-104")
    assert (known.details.name, known.details.staff_number) == ("斎藤 薫", "20533")
    assert (known.state, known.code_hours, known.last) == (State.NEW, 23, None)
    (entry,) = site.entries(Event.PERSON_ADDED, about="op-104")
    assert entry.actor == CHIEF
    assert entry.detail == {"role": "operator", "to": "..2199-03-31", "version": 1, "second": CUSTODIAN}
    register.change_pin(site.terminal, logon.log_on(site.terminal, "op-104", code, origin="screen"), "59265358")
    assert state(site, "op-104") is State.ACTIVE
    site.terminal.close()
    held = site.database_file.read_bytes()
    assert not any(secret.encode() in held for secret in ("斎藤 薫", "20533"))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"person_id": OPERATOR}, PersonExists),
        ({"person_id": "Op-104"}, PersonIdBad),
        ({"person_id": "admin"}, PersonIdCommon),
        ({"roles": frozenset()}, RolesMissing),
        ({"roles": frozenset({Role.AUDITOR, Role.OPERATOR})}, RolesClash),
        ({"name": " "}, PersonNameBad),
        ({"staff_number": ""}, StaffNumberBad),
        ({"valid_to": date(2026, 1, 1)}, ValidityBad),
        ({"valid_from": date(2199, 4, 1)}, ValidityBad),
    ],
)
def test_what_cannot_be_registered_leaves_nothing(
    site: Site, wrong: dict[str, object], error: type[PeopleFault]
) -> None:
    before = site.contents()
    for do in (changes.plan, lambda t, s, change: changes.make(t, s, change, second=second(CUSTODIAN))):
        with pytest.raises(error):
            do(site.terminal, site.session(CHIEF), replace(NEWCOMER, **wrong))  # type: ignore[arg-type]  # Each is a field of its own.
    # The sessions of this test, and nothing else.
    site.raw("DELETE FROM session")
    assert site.contents() == before


def test_one_person_has_one_id_until_that_one_is_ended(site: Site) -> None:
    make(site, NEWCOMER)
    another = replace(NEWCOMER, person_id="op-105", staff_number=" ２０５３３ ")
    for standing in (PersonDeed.SUSPEND, None):
        with pytest.raises(StaffNumberShared) as caught:
            make(site, another)
        assert caught.value.facts == {"person": "op-104"}
        if standing is not None:
            make(site, PersonChange(standing, "op-104"))
    make(site, PersonChange(PersonDeed.END, "op-104"))
    make(site, another)
    with pytest.raises(PersonStandsOtherwise):
        make(site, PersonChange(PersonDeed.RESUME, "op-104"))


def test_a_plan_tells_before_and_after_and_changes_nothing(site: Site) -> None:
    session = site.session(CHIEF)
    before = site.contents()
    plan = changes.plan(site.terminal, session, NEWCOMER)
    assert (plan.before, plan.alone, plan.after.roles) == (None, False, frozenset({Role.OPERATOR}))
    plan = changes.plan(site.terminal, session, PersonChange(PersonDeed.SUSPEND, OPERATOR, reason="育児休業"))
    assert plan.before is not None
    assert (plan.before.standing, plan.after.standing) == ("active", "suspended")
    assert (plan.change.version, plan.after.details.reason) == (1, "育児休業")
    assert site.contents() == before


def test_what_was_changed_after_it_was_shown_is_not_done(site: Site) -> None:
    plan = changes.plan(site.terminal, site.session(CHIEF), PersonChange(PersonDeed.END, OPERATOR))
    make(site, PersonChange(PersonDeed.SUSPEND, OPERATOR))
    with pytest.raises(PersonChanged):
        make(site, plan.change)
    assert state(site, OPERATOR) is State.SUSPENDED


def test_nobody_decides_alone_or_about_the_own_id(site: Site) -> None:
    with pytest.raises(SecondPersonMissing):
        make(site, NEWCOMER, agreed=None)
    for agreed, error in ((CHIEF, OwnPersonRefused), (AUDITOR, RightMissing), (OPERATOR, RightMissing)):
        with pytest.raises(error):
            make(site, NEWCOMER, agreed=agreed)
    for about in (CHIEF, CUSTODIAN):
        with pytest.raises(OwnPersonRefused):
            make(site, PersonChange(PersonDeed.SUSPEND, about))
    make(site, PersonChange(PersonDeed.CHANGE, CHIEF, name="佐藤 一郎", staff_number="20301"))
    assert site.entries(Event.PERSON_SUSPENDED) == []


def test_an_officer_is_alone_only_while_nobody_else_could_agree(site: Site) -> None:
    with site.terminal.database.writing() as tx:
        # As `init` leaves a terminal: one officer, and whoever is registered has not chosen a PIN yet.
        tx.exec_driver_sql(f"DELETE FROM person WHERE id <> '{CHIEF}'")
    assert changes.plan(site.terminal, site.session(CHIEF), NEWCOMER).alone
    make(site, replace(NEWCOMER, person_id="ap-1", roles=frozenset({Role.APPROVER})), agreed=None)
    (code,) = make(
        site, replace(NEWCOMER, person_id="ap-2", staff_number="2", roles=frozenset({Role.APPROVER})), agreed=None
    )
    assert "second" not in site.entries(Event.PERSON_ADDED)[-1].detail
    register.change_pin(site.terminal, logon.log_on(site.terminal, "ap-2", code, origin="screen"), "59265358")
    with pytest.raises(SecondPersonMissing):
        make(site, replace(NEWCOMER, staff_number="3"), agreed=None)


def test_roles_come_at_once_or_on_a_day(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = clock.day_in_japan(clock.now()) + timedelta(days=30)
    make(site, PersonChange(PersonDeed.ROLES, OPERATOR, roles=frozenset({Role.APPROVER}), on=day))
    (entry,) = site.entries(Event.ROLES_CHANGED)
    assert entry.detail == {
        "from": "operator", "to": "approver", "on": day.isoformat(), "version": 2, "second": CUSTODIAN
    }  # fmt: skip
    assert state(site, OPERATOR) is State.PLANNED
    assert site.session(OPERATOR).roles == {"operator"}
    with pytest.raises(PersonUnchanged):
        make(site, PersonChange(PersonDeed.ROLES, OPERATOR, roles=frozenset({Role.APPROVER}), on=day))
    with pytest.raises(RolesClash):
        make(site, PersonChange(PersonDeed.ROLES, OPERATOR, roles=frozenset({Role.APPROVER, Role.AUDITOR}), on=day))
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert site.session(OPERATOR).roles == {"approver"}
    assert state(site, OPERATOR) is State.ACTIVE
    # Whatever changes next does not bring the roles before back.
    make(site, PersonChange(PersonDeed.SUSPEND, OPERATOR))
    make(site, PersonChange(PersonDeed.RESUME, OPERATOR))
    assert site.session(OPERATOR).roles == {"approver"}


def test_who_is_suspended_is_out_at_once_and_back_when_resumed(site: Site) -> None:
    session = logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    make(site, PersonChange(PersonDeed.SUSPEND, OPERATOR, reason="育児休業 3月まで"))
    with pytest.raises(SessionClosed):
        logon.renew(site.terminal, session)
    assert [entry.detail for entry in site.entries(Event.OPERATOR_LOGGED_OFF)] == [{"cause": "taken_away"}]
    with pytest.raises(CredentialsRefused):
        logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    assert register.entry(site.terminal, site.session(CHIEF), OPERATOR).details.reason == "育児休業 3月まで"
    make(site, PersonChange(PersonDeed.RESUME, OPERATOR))
    assert register.entry(site.terminal, site.session(CHIEF), OPERATOR).details.reason == ""
    logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    details = [entry.detail for entry in site.entries(Event.PERSON_SUSPENDED, Event.PERSON_RESUMED)]
    assert [(each["from"], each["to"], each["second"]) for each in details] == [
        ("active", "suspended", CUSTODIAN),
        ("suspended", "active", CUSTODIAN),
    ]


def test_a_reset_pin_is_replaced_by_a_code_and_wrong_ones_are_forgotten(site: Site) -> None:
    with pytest.raises(CredentialsRefused):
        logon.log_on(site.terminal, OPERATOR, "80818283", origin="screen")
    (code,) = make(site, PersonChange(PersonDeed.RESET, OPERATOR))
    known = register.entry(site.terminal, site.session(CHIEF), OPERATOR)
    assert (known.state, known.failures) == (State.NEW, 0)
    with pytest.raises(CredentialsRefused):
        logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    assert logon.log_on(site.terminal, OPERATOR, code, origin="screen").pin_given


def test_a_code_that_cannot_be_handed_over_leaves_everything_as_it_was(site: Site) -> None:
    session = site.session(CHIEF)

    def fail(_code: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        changes.make(
            site.terminal, session, PersonChange(PersonDeed.RESET, OPERATOR), second=second(CUSTODIAN), hand_over=fail
        )
    assert site.entries(Event.PERSON_RESET) == []
    logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")


def test_the_last_officer_and_the_last_custodian_stay(site: Site) -> None:
    make(site, replace(NEWCOMER, person_id="ka-302", roles=frozenset({Role.OFFICER}), valid_to=None))
    let_log_on(site, "ka-302")
    make(
        site, replace(NEWCOMER, person_id="cu-502", staff_number="7", roles=frozenset({Role.CUSTODIAN}), valid_to=None)
    )
    taken = [
        PersonChange(PersonDeed.SUSPEND, CUSTODIAN),
        PersonChange(PersonDeed.END, CUSTODIAN),
        PersonChange(PersonDeed.RESET, CUSTODIAN),
        PersonChange(PersonDeed.ROLES, CUSTODIAN, roles=frozenset({Role.OPERATOR})),
        PersonChange(PersonDeed.ROLES, CUSTODIAN, roles=frozenset({Role.OPERATOR}), on=date(2199, 4, 1)),
        PersonChange(PersonDeed.CHANGE, CUSTODIAN, name="小林 豊", staff_number="20501", valid_to=date(2199, 3, 31)),
    ]
    for change in taken:
        # Who has not chosen a PIN yet keeps nothing in order.
        with pytest.raises(LastKeeper) as caught:
            make(site, change, agreed=APPROVER)
        assert caught.value.facts == {"roles": "custodian"}
    let_log_on(site, "cu-502")
    make(site, taken[1], agreed=APPROVER)
    make(site, PersonChange(PersonDeed.END, "ka-302"), agreed=APPROVER)
    until = PersonChange(PersonDeed.CHANGE, CHIEF, name="佐藤 一郎", staff_number="20301", valid_to=date(2199, 3, 31))
    with pytest.raises(LastKeeper):
        make(site, until, agreed=APPROVER)


def test_days_bound_when_somebody_may_log_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    today = clock.day_in_japan(clock.now())
    given = {"name": "田中 光", "staff_number": "20101"}
    make(site, PersonChange(PersonDeed.CHANGE, OPERATOR, **given, valid_from=today + timedelta(days=2)))  # type: ignore[arg-type]  # Texts.
    (entry,) = site.entries(Event.PERSON_CHANGED)
    assert entry.detail == {
        "from": "..", "to": f"{today + timedelta(days=2)}..", "kind": "name,staff_number", "version": 3,
        "second": CUSTODIAN,
    }  # fmt: skip
    assert state(site, OPERATOR) is State.PLANNED
    with pytest.raises(CredentialsRefused):
        logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    make(site, PersonChange(PersonDeed.CHANGE, OPERATOR, **given, valid_to=today))  # type: ignore[arg-type]  # Texts.
    logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    later = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(CredentialsRefused):
        logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    assert state(site, OPERATOR) is State.ENDED


# Rules that several changes meet


@pytest.mark.parametrize("approving", [Role.APPROVER, Role.OFFICER])
def test_where_one_person_decides_nobody_enters_and_approves(site: Site, approving: Role) -> None:
    both = frozenset({Role.OPERATOR, approving})
    wanted = [
        replace(NEWCOMER, roles=both),
        PersonChange(PersonDeed.ROLES, OPERATOR, roles=both),
        PersonChange(PersonDeed.ROLES, OPERATOR, roles=both, on=date(2199, 4, 1)),
    ]
    settings = site.terminal.settings
    site.terminal.settings = replace(settings, review=ReviewSettings(two_persons=False))
    for change in wanted:
        with pytest.raises(RolesClash) as caught:
            changes.plan(site.terminal, site.session(CHIEF), change)
        assert caught.value.facts == {"roles": "+".join(sorted(both))}
    # Where another one decides each time, whoever entered a message cannot approve that one.
    site.terminal.settings = settings
    for change in wanted:
        changes.plan(site.terminal, site.session(CHIEF), change)


def test_of_two_changes_at_once_that_would_take_both_keepers_away_only_one_is_done(site: Site) -> None:
    for name, number in (("cu-502", "7"), ("ka-302", "8")):
        role = Role.CUSTODIAN if name.startswith("cu") else Role.OFFICER
        make(site, replace(NEWCOMER, person_id=name, staff_number=number, roles=frozenset({role}), valid_to=None))
        let_log_on(site, name)
    start, ended = threading.Barrier(2), list[str]()
    sessions = [site.session(CHIEF), site.session("ka-302")]

    def end(by: int, about: str) -> None:
        start.wait(PATIENCE)
        with suppress(LastKeeper):
            change = PersonChange(PersonDeed.END, about)
            changes.make(site.terminal, sessions[by], change, second=second(APPROVER))
            ended.append(about)

    threads = [threading.Thread(target=end, args=given) for given in enumerate((CUSTODIAN, "cu-502"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(ended) == 1
    states = {name: state(site, name) for name in (CUSTODIAN, "cu-502")}
    assert sorted(states.values()) == [State.ACTIVE, State.ENDED]
    assert states[ended[0]] is State.ENDED


@pytest.mark.parametrize("deed", [PersonDeed.SUSPEND, PersonDeed.END, PersonDeed.RESET])
def test_who_was_taken_out_agrees_to_nothing_and_every_session_is_closed_once(site: Site, deed: PersonDeed) -> None:
    opened = [logon.log_on(site.terminal, APPROVER, PEOPLE[APPROVER][1], origin="screen") for _ in range(2)]
    codes = make(site, PersonChange(deed, APPROVER))
    with pytest.raises(CredentialsRefused):
        make(site, NEWCOMER, agreed=APPROVER)
    for code in codes:
        # Not even with the code: whoever holds it may have drawn it.
        with pytest.raises(PinToChange):
            changes.make(
                site.terminal, site.session(CHIEF), NEWCOMER, second=logon.SecondPerson(APPROVER, code, "screen")
            )
    closing = site.entries(Event.OPERATOR_LOGGED_OFF)
    assert [entry.session for entry in closing] == [session.id for session in opened]
    for session in opened:
        logon.log_off(site.terminal, session, Ending.LOGGED_OFF)
    assert site.entries(Event.OPERATOR_LOGGED_OFF) == closing
    assert site.log_holds()


def test_a_planned_change_of_roles_closes_no_session_and_one_at_once_does(site: Site) -> None:
    session = logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    roles = frozenset({Role.APPROVER})
    make(site, PersonChange(PersonDeed.ROLES, OPERATOR, roles=roles, on=date(2199, 4, 1)))
    logon.renew(site.terminal, session)
    # The roles of today once more: only what was to come is called off.
    make(site, PersonChange(PersonDeed.ROLES, OPERATOR, roles=frozenset({Role.OPERATOR})))
    logon.renew(site.terminal, session)
    with pytest.raises(PersonUnchanged):
        make(site, PersonChange(PersonDeed.ROLES, OPERATOR, roles=frozenset({Role.OPERATOR})))
    make(site, PersonChange(PersonDeed.ROLES, OPERATOR, roles=roles))
    with pytest.raises(SessionClosed):
        logon.renew(site.terminal, session)


def test_the_log_knows_of_each_change_and_a_row_put_back_is_not_believed(site: Site) -> None:
    ((before,),) = site.raw("SELECT standing FROM person WHERE id = ?", OPERATOR)
    older = site.raw("SELECT roles, pin_hash, version, seal FROM person WHERE id = ?", OPERATOR)[0]
    make(site, PersonChange(PersonDeed.SUSPEND, OPERATOR))
    site.raw(
        "UPDATE person SET standing = ?, roles = ?, pin_hash = ?, version = ?, seal = ? WHERE id = ?",
        before, *older, OPERATOR,
    )  # fmt: skip
    with pytest.raises(RowOutdated):
        logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    for change in (PersonChange(PersonDeed.RESUME, OPERATOR), PersonChange(PersonDeed.END, OPERATOR)):
        with pytest.raises(RowOutdated):
            make(site, change)
    named = [(each.table, each.row, each.how) for each in tables.compare_new(site.terminal).named]
    assert named == [("person", OPERATOR, Difference.OUTDATED)]
