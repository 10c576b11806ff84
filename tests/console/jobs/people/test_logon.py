"""Who logs on, how failures slow down and lock, and that each session has exactly one closing entry."""

import threading
from datetime import datetime, timedelta

import pytest

from console.errors import (
    CredentialsRefused,
    OwnPersonRefused,
    PinNotNew,
    PinToChange,
    RightMissing,
    SamePersonRefused,
)
from console.jobs.log import viewing
from console.jobs.people import logon, register
from console.jobs.people.deeds import CODE_LIFE, PersonDeed
from store import clock
from store.endings import Ending
from store.errors import (
    AttemptTooSoon,
    CodeExpired,
    CredentialsFault,
    PersonLocked,
    PersonMissing,
    PersonUnchanged,
    PinFault,
    SessionClosed,
)
from store.log import Event
from store.people import Role, attempts, kept_pin, pins, rebind_pin, set_details
from store.rights import Right
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, CHIEF, CUSTODIAN, OPERATOR, PATIENCE, PEOPLE, Site
from tests.console.jobs.worker import stopped_in_the_middle

PIN = PEOPLE[OPERATOR][1]
WRONG = "80818283"
NOBODY = "zz-999"


class Hand:
    """The terminal's clock, moved by the test."""

    def __init__(self) -> None:
        self.moment = clock.now()

    def __call__(self) -> datetime:
        return self.moment

    def later(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    made = Hand()
    monkeypatch.setattr(clock, "now", made)
    return made


def code_of(site: Site, person_id: str, pin: str) -> str:
    """Try to log on; return the code of the answer and nothing else that it says."""
    try:
        logon.log_on(site.terminal, person_id, pin, origin="screen")
    except (CredentialsRefused, CredentialsFault) as refused:
        return str(refused)
    return "logged on"


def test_the_right_pin_opens_a_session_with_the_rights_of_the_roles(site: Site) -> None:
    session = logon.log_on(site.terminal, CHIEF, PEOPLE[CHIEF][1], origin="screen")
    assert session.person_id == CHIEF
    assert session.roles == {"officer"}
    assert session.may("people")
    assert not session.may("enter")
    (entry,) = site.entries(Event.OPERATOR_LOGGED_ON)
    assert (entry.actor, entry.session, entry.detail) == (CHIEF, session.id, {"origin": "screen", "version": 1})


def test_a_hash_of_an_older_program_is_bound_to_its_person_at_the_first_log_on(site: Site) -> None:
    seals, alone = site.terminal.vault.rows, pins._hasher.hash(site.terminal.pepper._peppered_alone(PIN))
    with site.terminal.database.writing() as tx:
        rebind_pin(tx, seals, OPERATOR, alone)
    assert code_of(site, OPERATOR, WRONG) == "credentials_refused"
    assert code_of(site, OPERATOR, PIN) == code_of(site, OPERATOR, PIN) == "logged on"
    with site.terminal.database.reading() as reading:
        bound = kept_pin(reading, seals, OPERATOR)
    assert bound is not None
    assert pins.is_bound(bound)


def test_a_wrong_pin_and_an_unknown_id_get_the_same_answer(site: Site) -> None:
    assert code_of(site, OPERATOR, WRONG) == code_of(site, NOBODY, WRONG) == "credentials_refused"
    known, unknown = site.entries(Event.OPERATOR_REFUSED)
    assert known.object == OPERATOR
    assert unknown.object == site.terminal.pepper.mark_of(NOBODY)
    for entry in (known, unknown):
        assert (entry.actor, entry.session, entry.result) == (None, None, "refused")
        assert entry.detail == {"origin": "screen", "cause": "credentials_refused", "attempts": 1}


@ON_SQLITE
@pytest.mark.parametrize(
    "typed", [PIN, "46378291", "私の暗証番号は秘密です", "", "OP-101", "op-101 ", "\udcff", "\0", "x" * 5000]
)
def test_what_is_typed_as_id_is_not_kept(site: Site, typed: str) -> None:
    assert code_of(site, typed, PIN) == "credentials_refused"
    (entry,) = site.entries(Event.OPERATOR_REFUSED)
    assert entry.object is not None
    assert len(entry.object) == 32
    if typed.isprintable() and len(typed) > 3:
        site.terminal.close()
        assert typed.encode() not in site.database_file.read_bytes()


@pytest.mark.parametrize("pin", ["", " ", PIN + " ", PIN[:-1], "\udcff", "\0", "9" * 100_000])
def test_only_the_exact_pin_will_do(site: Site, pin: str) -> None:
    assert code_of(site, OPERATOR, pin) == "credentials_refused"


def test_failures_slow_down_and_lock_and_unknown_ids_alike(site: Site, hand: Hand) -> None:
    def all_answers(person_id: str) -> list[str]:
        answers = [code_of(site, person_id, WRONG) for _ in range(attempts.FREE_ATTEMPTS)]
        for number in range(attempts.LOCKED_AFTER - attempts.FREE_ATTEMPTS):
            answers.append(code_of(site, person_id, WRONG))
            hand.later(attempts.FIRST_WAIT_SECONDS * 2**number)
            answers.append(code_of(site, person_id, WRONG))
        hand.later(10_000_000)
        return [*answers, code_of(site, person_id, PIN)]

    known = all_answers(OPERATOR)
    assert known[:6] == ["credentials_refused"] * 5 + ["attempt_too_soon (seconds=10)"]
    assert known[6:14:2] == ["credentials_refused"] * 4
    assert known[-2:] == ["credentials_refused", "person_locked"]
    assert all_answers(NOBODY) == known
    locked = site.entries(Event.OPERATOR_LOCKED)
    assert [entry.object for entry in locked] == [OPERATOR, site.terminal.pepper.mark_of(NOBODY)]


def test_each_refusal_has_its_entry_and_early_ones_count_nothing(site: Site, hand: Hand) -> None:
    for _ in range(attempts.FREE_ATTEMPTS):
        code_of(site, OPERATOR, WRONG)
    for _ in range(3):
        assert code_of(site, OPERATOR, PIN).startswith(AttemptTooSoon.code)
    refusals = site.entries(Event.OPERATOR_REFUSED)
    assert [entry.detail["cause"] for entry in refusals] == ["credentials_refused"] * 5 + ["attempt_too_soon"] * 3
    hand.later(attempts.FIRST_WAIT_SECONDS)
    assert code_of(site, OPERATOR, PIN) == "logged on"
    assert code_of(site, OPERATOR, WRONG) == "credentials_refused", "a success forgets the failures before it"


def test_an_id_that_nobody_has_is_never_logged_in_clear(site: Site, hand: Hand) -> None:
    """Not when the PIN is refused, not when it is too soon, not when the ID is locked: it may be a PIN itself."""
    lock(site, hand, NOBODY)
    for _ in range(attempts.FREE_ATTEMPTS):
        code_of(site, "94837261", WRONG)
    assert code_of(site, "94837261", WRONG).startswith(AttemptTooSoon.code)
    refusals = site.entries(Event.OPERATOR_REFUSED, Event.OPERATOR_LOCKED)
    causes = {"credentials_refused", "attempt_too_soon", "person_locked"}
    assert {entry.detail["cause"] for entry in refusals if entry.event == Event.OPERATOR_REFUSED} == causes
    marks = {site.terminal.pepper.mark_of(typed) for typed in (NOBODY, "94837261")}
    assert {entry.object for entry in refusals} == marks


def test_a_known_id_is_named_when_it_is_too_soon_and_when_it_is_locked(site: Site, hand: Hand) -> None:
    lock(site, hand, OPERATOR)
    assert {entry.object for entry in site.entries(Event.OPERATOR_REFUSED, Event.OPERATOR_LOCKED)} == {OPERATOR}


# A second person stands behind an act


def vouch(site: Site, person_id: str, pin: str) -> None:
    second = logon.SecondPerson(person_id, pin, "screen")
    logon.vouch(site.terminal, site.session(CHIEF), second, Right.PEER)


def test_a_second_person_with_the_right_pin_is_never_slowed_down(site: Site) -> None:
    for _ in range(attempts.LOCKED_AFTER + 1):
        vouch(site, CUSTODIAN, PEOPLE[CUSTODIAN][1])
    assert site.entries(Event.OPERATOR_REFUSED) == []
    assert code_of(site, CUSTODIAN, PEOPLE[CUSTODIAN][1]) == "logged on"


def test_the_right_pin_of_a_second_person_forgets_the_failures_before_it(site: Site) -> None:
    for _ in range(attempts.FREE_ATTEMPTS - 1):
        code_of(site, CUSTODIAN, WRONG)
    vouch(site, CUSTODIAN, PEOPLE[CUSTODIAN][1])
    for _ in range(attempts.FREE_ATTEMPTS):
        assert code_of(site, CUSTODIAN, WRONG) == "credentials_refused"


def test_a_wrong_pin_of_a_second_person_counts(site: Site) -> None:
    for _ in range(attempts.FREE_ATTEMPTS):
        with pytest.raises(CredentialsRefused):
            vouch(site, CUSTODIAN, WRONG)
    with pytest.raises(AttemptTooSoon):
        vouch(site, CUSTODIAN, PEOPLE[CUSTODIAN][1])


def test_nobody_is_their_own_second_person_and_the_right_is_asked_for(site: Site) -> None:
    with pytest.raises(OwnPersonRefused):
        vouch(site, CHIEF, PEOPLE[CHIEF][1])
    with pytest.raises(RightMissing):
        vouch(site, OPERATOR, PIN)


def test_killing_the_program_wins_no_attempts(site: Site, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    def be_killed(_attempt: attempts.Attempt, _pin: str) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(attempts.Attempt, "verify", be_killed)
        for _ in range(attempts.FREE_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                logon.log_on(site.terminal, OPERATOR, WRONG, origin="screen")
    assert code_of(site, OPERATOR, PIN).startswith(AttemptTooSoon.code)


def lock(site: Site, hand: Hand, person_id: str) -> None:
    for _ in range(attempts.LOCKED_AFTER):
        code_of(site, person_id, WRONG)
        hand.later(3600)
    assert code_of(site, person_id, WRONG).startswith(PersonLocked.code)


def test_a_second_person_releases(site: Site, hand: Hand) -> None:
    lock(site, hand, OPERATOR)
    site.change(PersonDeed.RELEASE, OPERATOR)
    with pytest.raises(PersonUnchanged):
        site.change(PersonDeed.RELEASE, OPERATOR)
    assert code_of(site, OPERATOR, PIN) == "logged on"
    (entry,) = site.entries(Event.PERSON_UNLOCKED)
    detail = {"attempts": attempts.LOCKED_AFTER, "second": CUSTODIAN}
    assert (entry.actor, entry.object, entry.detail) == (CHIEF, OPERATOR, detail)


def test_nobody_releases_their_own_id(site: Site, hand: Hand) -> None:
    lock(site, hand, CHIEF)
    with pytest.raises(OwnPersonRefused):
        site.change(PersonDeed.RELEASE, CHIEF)
    assert code_of(site, CHIEF, PEOPLE[CHIEF][1]) == "person_locked"


def test_only_somebody_is_released(site: Site) -> None:
    # A PIN typed as an ID has its count of failures; it must not come into the log by this way either.
    code_of(site, WRONG, PIN)
    with pytest.raises(PersonMissing):
        site.change(PersonDeed.RELEASE, WRONG)
    assert site.entries(Event.PERSON_UNLOCKED) == []


def test_the_pin_unlocks_the_screen_and_wrong_ones_count(site: Site) -> None:
    session = logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    logon.check_pin(site.terminal, session, PIN)
    for _ in range(attempts.FREE_ATTEMPTS):
        with pytest.raises(CredentialsRefused):
            logon.check_pin(site.terminal, session, WRONG)
    with pytest.raises(AttemptTooSoon):
        logon.check_pin(site.terminal, session, PIN)
    assert [entry.object for entry in site.entries(Event.OPERATOR_REFUSED)] == [OPERATOR] * 6


# Closing


@pytest.mark.parametrize("ending", list(Ending))
def test_each_way_to_close_has_its_entry(site: Site, ending: Ending) -> None:
    session = site.session(OPERATOR)
    logon.log_off(site.terminal, session, ending)
    (entry,) = site.entries(Event.OPERATOR_LOGGED_OFF)
    assert (entry.actor, entry.session, entry.detail) == (OPERATOR, session.id, {"cause": str(ending)})


def test_a_session_is_closed_once_however_often_and_from_wherever(site: Site) -> None:
    session = site.session(OPERATOR)
    start = threading.Barrier(len(Ending) + 1)

    def close(ending: Ending) -> None:
        start.wait(PATIENCE)
        logon.log_off(site.terminal, session, ending)

    threads = [threading.Thread(target=close, args=(ending,)) for ending in Ending]
    for thread in threads:
        thread.start()
    start.wait(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)
    logon.log_off(site.terminal, session, Ending.LOGGED_OFF)
    assert logon.close_abandoned(site.terminal) == 0
    assert len(site.entries(Event.OPERATOR_LOGGED_OFF)) == 1
    assert site.log_holds()


def test_a_closed_session_is_not_renewed(site: Site) -> None:
    session = site.session(OPERATOR)
    logon.renew(site.terminal, session)
    logon.log_off(site.terminal, session, Ending.IDLE)
    with pytest.raises(SessionClosed):
        logon.renew(site.terminal, session)


def test_the_session_of_a_killed_process_is_closed_at_the_next_start(site: Site) -> None:
    mine = site.session(CHIEF)
    with stopped_in_the_middle(site.home, OPERATOR, "work"):
        assert logon.close_abandoned(site.terminal) == 0, "it still runs"
    assert logon.close_abandoned(site.terminal) == 1
    assert logon.close_abandoned(site.terminal) == 0
    (entry,) = site.entries(Event.OPERATOR_LOGGED_OFF)
    assert (entry.actor, entry.detail) == (OPERATOR, {"cause": "crash"})
    logon.renew(site.terminal, mine)


# People and their PINs


def test_nobody_has_two_screens(site: Site) -> None:
    first = logon.log_on(site.terminal, CHIEF, PEOPLE[CHIEF][1], origin="screen")
    run = logon.log_on(site.terminal, CHIEF, PEOPLE[CHIEF][1], origin="command")
    other = logon.log_on(site.terminal, APPROVER, PEOPLE[APPROVER][1], origin="screen")
    second = logon.log_on(site.terminal, CHIEF, PEOPLE[CHIEF][1], origin="screen")
    with pytest.raises(SessionClosed):
        logon.renew(site.terminal, first)
    assert logon.ended_as(site.terminal, first) is Ending.ELSEWHERE
    # Neither a command under way nor anybody else's screen is closed by it, and each has its own closing entry.
    for session in (run, other, second):
        logon.renew(site.terminal, session)
    (closing,) = site.entries(Event.OPERATOR_LOGGED_OFF)
    assert (closing.session, closing.detail) == (first.id, {"cause": "elsewhere"})


def test_a_given_pin_is_changed_before_anything_else(site: Site) -> None:
    given = site.enrol("ap-777", Role.APPROVER)
    session = logon.log_on(site.terminal, "ap-777", given, origin="screen")
    with pytest.raises(PinToChange):
        viewing.newest(site.terminal, session)
    register.change_pin(site.terminal, session, "59265358")
    assert code_of(site, "ap-777", given) == "credentials_refused"
    anew = logon.log_on(site.terminal, "ap-777", "59265358", origin="screen")
    assert viewing.newest(site.terminal, anew) == site.newest()
    (entry,) = site.entries(Event.PIN_CHANGED)
    assert (entry.actor, entry.session) == ("ap-777", session.id)


def test_a_code_opens_nothing_after_its_hours(site: Site, hand: Hand) -> None:
    given = site.enrol("ap-777", Role.APPROVER)
    hand.later(CODE_LIFE.total_seconds() + 1)
    for _ in range(2):
        with pytest.raises(CodeExpired):
            logon.log_on(site.terminal, "ap-777", given, origin="screen")
    assert code_of(site, "ap-777", WRONG) == "credentials_refused", "only who has the right code is told"
    refusals = site.entries(Event.OPERATOR_REFUSED, about="ap-777")
    assert [entry.detail["cause"] for entry in refusals] == ["code_expired"] * 2 + ["credentials_refused"]
    assert site.entries(Event.OPERATOR_LOGGED_ON, about="ap-777") == []


def test_who_has_two_ids_is_not_the_own_second_person(site: Site) -> None:
    # The register refuses a number twice; this is what an older database may hold.
    with site.terminal.database.writing() as tx:
        for name in (CHIEF, CUSTODIAN):
            set_details(tx, site.terminal.vault.rows, name, staff="a" * 32, details=1)
    with pytest.raises(SamePersonRefused):
        vouch(site, CUSTODIAN, PEOPLE[CUSTODIAN][1])


def test_the_given_pin_itself_is_no_change(site: Site) -> None:
    given = site.enrol("ap-777", Role.APPROVER)
    session = logon.log_on(site.terminal, "ap-777", given, origin="screen")
    with pytest.raises(PinNotNew):
        register.change_pin(site.terminal, session, given)
    assert logon.log_on(site.terminal, "ap-777", given, origin="screen").pin_given
    assert site.entries(Event.PIN_CHANGED) == []


@pytest.mark.parametrize("pin", ["1234567", "12345678", "19850412", OPERATOR + "-" + OPERATOR, "\t" * 20])
def test_a_bad_pin_is_no_change(site: Site, pin: str) -> None:
    with pytest.raises(PinFault):
        register.change_pin(site.terminal, site.session(OPERATOR), pin)
    assert code_of(site, OPERATOR, PIN) == "logged on"
