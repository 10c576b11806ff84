"""The register as a whole: how each ID stands, and that nothing that people try breaks the rules of who there is."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from console.errors import AccessFault
from console.jobs.log import tables
from console.jobs.people import changes, logon, register
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.register import State, count_able, state_of
from console.words import Words
from store import clock
from store.errors import CredentialsFault, PeopleFault
from store.log import Event
from store.people import Coming, Details, IdStanding, Person, Role, draw_pin, persons, rights_of
from store.people.attempts import LOCKED_AFTER
from store.people.staffing import KEEPERS, keeps
from store.rights import Right, clashes
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, AUDITOR, CHIEF, CUSTODIAN, OPERATOR, PEOPLE, Site, second

DAY: Final = date(2026, 12, 1)
ANYBODY: Final = Person("op-101", frozenset({Role.OPERATOR}), pin_given=False, version=1)
LATER: Final = Coming(frozenset({Role.APPROVER}), date(2027, 4, 1))
JA: Final = Words("ja")


# How an ID stands


@pytest.mark.parametrize(
    ("given", "failures", "state"),
    [
        ({}, 0, State.ACTIVE),
        ({}, LOCKED_AFTER - 1, State.ACTIVE),
        ({}, LOCKED_AFTER, State.LOCKED),
        ({"pin_given": True}, 0, State.NEW),
        ({"pin_given": True}, LOCKED_AFTER, State.LOCKED),
        ({"coming": LATER}, 0, State.PLANNED),
        ({"coming": LATER, "pin_given": True}, 0, State.NEW),
        ({"valid_from": DAY}, 0, State.ACTIVE),
        ({"valid_from": DAY + timedelta(days=1)}, 0, State.PLANNED),
        ({"valid_to": DAY}, 0, State.ACTIVE),
        ({"valid_to": DAY - timedelta(days=1)}, LOCKED_AFTER, State.ENDED),
        ({"standing": IdStanding.SUSPENDED}, LOCKED_AFTER, State.SUSPENDED),
        ({"standing": IdStanding.SUSPENDED, "valid_to": DAY - timedelta(days=1)}, 0, State.ENDED),
        ({"standing": IdStanding.ENDED}, 0, State.ENDED),
    ],
)
def test_what_keeps_somebody_from_working_comes_first(given: dict[str, object], failures: int, state: State) -> None:
    known = replace(ANYBODY, **given)  # type: ignore[arg-type]  # Each is a field of its own.
    assert state_of(known, failures, DAY) is state


def test_everybody_is_listed_by_id_with_name_and_last_log_on(site: Site) -> None:
    logon.log_on(site.terminal, OPERATOR, PEOPLE[OPERATOR][1], origin="screen")
    wanted = PersonChange(PersonDeed.CHANGE, OPERATOR, name="田中 光", staff_number="20101")
    changes.make(site.terminal, site.session(CHIEF), wanted, second=second(CUSTODIAN))
    site.enrol("ap-777", Role.APPROVER)
    listed = register.everybody(site.terminal, site.session(CHIEF))
    assert [each.person.id for each in listed] == sorted([*PEOPLE, "ap-777"])
    known = {each.person.id: each for each in listed}
    assert known[OPERATOR].details == Details("田中 光", "20101")
    assert known[AUDITOR].details == Details()
    assert [each.person.id for each in listed if each.last is not None] == [OPERATOR]
    assert [each.person.id for each in listed if each.code_hours is not None] == ["ap-777"]
    # Who has not chosen a PIN yet works in no role.
    assert [count_able(listed, role) for role in (Role.APPROVER, Role.OFFICER)] == [1, 1]


def test_an_unused_code_has_hours_and_then_none(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from console.jobs.people import telling

    site.enrol("ap-777", Role.APPROVER)
    session, now = site.session(CHIEF), clock.now()
    for hours, left, text in ((0.5, 23, "番号 残23時間"), (23.5, 0, "番号 期限切れ"), (50, 0, "番号 期限切れ")):
        monkeypatch.setattr(clock, "now", lambda at=now + timedelta(hours=hours): at)
        known = register.entry(site.terminal, session, "ap-777")
        assert (known.code_hours, telling.prospect(JA, known)) == (left, text)


# What people may try


IDS: Final = (*PEOPLE, "new-1", "new-2", "new-3")
NUMBERS: Final = ("1", "2", "3", "4", "5", "6", "7")
DAYS: Final = (None, None, clock.day_in_japan(clock.now()) + timedelta(days=9), date(2199, 3, 31))


def anything(chance: random.Random) -> PersonChange:
    """Return a change that somebody might want, sensible or not."""
    roles = frozenset(chance.sample(list(Role), chance.randint(0, 2)))
    return PersonChange(
        chance.choice(list(PersonDeed)),
        chance.choice(IDS),
        name=chance.choice(("田中 光", "")),
        staff_number=chance.choice(NUMBERS),
        roles=roles,
        on=chance.choice(DAYS),
        valid_from=chance.choice(DAYS),
        valid_to=chance.choice(DAYS),
        reason=chance.choice(("", "育児休業")),
    )


def tried(site: Site, chance: random.Random, pins: dict[str, str]) -> Iterator[PersonChange]:
    """Let people try things by chance; yield each that was done. `pins` has the PIN or the code of everybody."""
    while True:
        # Mostly those who may: what others want is refused at once.
        by, agreed = chance.choice((*[CHIEF] * 9, *IDS)), chance.choice((*[APPROVER, CUSTODIAN] * 5, *IDS))
        change = anything(chance)
        codes: list[str] = []
        with suppress(PeopleFault, AccessFault, CredentialsFault):
            session = logon.log_on(site.terminal, by, pins.get(by, "80818283"), origin="screen")
            if session.pin_given:
                pins[by] = draw_pin()
                register.change_pin(site.terminal, session, pins[by])
                continue
            vouching = logon.SecondPerson(agreed, pins.get(agreed, "80818283"), "screen")
            changes.make(site.terminal, session, change, second=vouching, hand_over=codes.append)
            pins |= dict.fromkeys([change.person_id], *codes) if codes else {}
            yield change


def holds(known: list[Person]) -> None:
    """Raise AssertionError unless the rules hold of who there is."""
    for role in KEEPERS:
        assert any(keeps(each, role) for each in known), role
    standing = [each for each in known if each.standing is not IdStanding.ENDED]
    numbers = [each.staff for each in standing if each.staff is not None]
    assert len(numbers) == len(set(numbers))
    assert not [each.id for each in known if clashes(each.roles, two_persons=True)]


@ON_SQLITE
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_whatever_people_try_there_are_keepers_and_nobody_twice(site: Site, seed: int) -> None:
    chance = random.Random(seed)
    pins = {person_id: pin for person_id, (_, pin) in PEOPLE.items()}
    done: set[PersonDeed] = set()
    for change, _ in zip(tried(site, chance, pins), range(12), strict=False):
        done.add(change.deed)
        with site.terminal.database.reading() as reading:
            holds(persons(reading, site.terminal.vault.rows))
    # Not the same few things again and again.
    assert len(done) >= 4
    assert tables.compare_new(site.terminal).named == []
    changing = (Event.PERSON_ADDED, Event.PERSON_CHANGED, Event.ROLES_CHANGED, Event.PERSON_SUSPENDED)
    more = (Event.PERSON_RESUMED, Event.PERSON_ENDED, Event.PERSON_RESET, Event.PERSON_UNLOCKED)
    for entry in site.entries(*changing, *more):
        if entry.actor is not None:
            assert len({entry.actor, entry.object, entry.detail["second"]}) == (2 if entry.actor == entry.object else 3)


def test_who_agrees_is_somebody_of_weight() -> None:
    agreeing = {role for role in Role if Right.AGREE_PEOPLE in rights_of([role])}
    assert agreeing == {Role.OFFICER, Role.APPROVER, Role.CUSTODIAN}
    assert {role for role in Role if Right.PEOPLE in rights_of([role])} == {Role.OFFICER}
    # In this order: the second person is somebody whom the officer does not choose among the operators.
    assert {APPROVER, CUSTODIAN} <= {name for name, (roles, _) in PEOPLE.items() if set(roles) & agreeing}
