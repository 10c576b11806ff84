"""Logging on: each attempt is counted first, and unknown IDs look like known ones."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from store.database import Database
from store.errors import AttemptTooSoon, PersonLocked, RowSealBroken
from store.log import Event, Log
from store.people import (
    Attempt,
    IdStanding,
    Outcome,
    Pepper,
    Role,
    add_person,
    begin_attempt,
    failures_of,
    finish_attempt,
    hash_new_pin,
    pins,
    set_pin,
    set_standing,
    unlock,
)
from store.sealing.row_seals import RowSeals
from tests.cheap_pins import cheap_pins

PEPPER = Pepper(b"p" * 32, "t-131041-01")
SEALS = RowSeals(b"k" * 32, "t-131041-01")
PIN = "40718295"
LONG = timedelta(hours=1)


@pytest.fixture(autouse=True, scope="module")
def _cheap_pins() -> Iterator[None]:
    with cheap_pins():
        yield


@pytest.fixture(scope="module")
def kept() -> str:
    return hash_new_pin(PEPPER, "op-101", PIN)


@pytest.fixture
def peopled(database: Database, kept: str, now: datetime) -> Database:
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], kept, now=now)
    return database


def begin(database: Database, person_id: str, now: datetime) -> Attempt:
    with database.writing() as tx:
        return begin_attempt(tx, SEALS, PEPPER, person_id, now)


def fail(database: Database, person_id: str, now: datetime) -> Outcome:
    attempt = begin(database, person_id, now)
    with database.writing() as tx:
        return finish_attempt(tx, SEALS, attempt, ok=False, now=now)


def test_right_pin(peopled: Database, now: datetime) -> None:
    attempt = begin(peopled, "op-101", now)
    assert attempt.known
    assert attempt.verify(PIN)
    with peopled.writing() as tx:
        assert finish_attempt(tx, SEALS, attempt, ok=True, now=now) == Outcome(
            ok=True, failures=0, locked=False, wait_seconds=0
        )
    assert begin(peopled, "op-101", now).failures == 1


def test_wrong_pin_unknown_id_and_inactive_person_are_refused_alike(peopled: Database, now: datetime) -> None:
    assert not begin(peopled, "op-101", now).verify("92817463")
    assert not begin(peopled, "nobody", now).verify(PIN)
    with peopled.writing() as tx:
        set_standing(tx, SEALS, "op-101", IdStanding.ENDED)
    attempt = begin(peopled, "op-101", now)
    assert not attempt.known
    assert not attempt.verify(PIN)


def test_attempt_is_counted_before_the_pin_is_looked_at(peopled: Database, now: datetime) -> None:
    # The program is killed between `begin` and `finish`, again and again.
    counted = [begin(peopled, "op-101", now + number * LONG).failures for number in range(10)]
    assert counted == list(range(1, 11))
    with pytest.raises(PersonLocked):
        begin(peopled, "op-101", now + 11 * LONG)


def test_those_who_try_at_once_do_not_take_back_each_others_count(peopled: Database, now: datetime) -> None:
    several = [begin(peopled, "op-101", now) for _ in range(4)]
    with peopled.writing() as tx:
        # The first is answered last.
        answered = [finish_attempt(tx, SEALS, each, ok=False, now=now).failures for each in reversed(several)]
    assert answered == [4, 4, 4, 4]
    assert begin(peopled, "op-101", now).failures == 5


def test_a_pin_that_was_changed_while_it_was_compared_opens_nothing(peopled: Database, now: datetime) -> None:
    attempt = begin(peopled, "op-101", now)
    assert attempt.verify(PIN)
    with peopled.writing() as tx:
        set_pin(tx, SEALS, "op-101", hash_new_pin(PEPPER, "op-101", "59301847"), now=now, pin_given=False)
        assert not finish_attempt(tx, SEALS, attempt, ok=True, now=now).ok


def test_who_was_suspended_while_the_pin_was_compared_gets_nowhere(peopled: Database, now: datetime) -> None:
    attempt = begin(peopled, "op-101", now)
    assert attempt.verify(PIN)
    with peopled.writing() as tx:
        set_standing(tx, SEALS, "op-101", IdStanding.SUSPENDED)
        assert not finish_attempt(tx, SEALS, attempt, ok=True, now=now).ok


@pytest.mark.parametrize("person_id", ["op-101", "nobody", "40718295 typed into the wrong field"])
def test_failures_slow_down_and_lock(peopled: Database, now: datetime, person_id: str) -> None:
    waits, moment = [], now
    for _ in range(10):
        outcome = fail(peopled, person_id, moment)
        waits.append(outcome.wait_seconds)
        if outcome.wait_seconds:
            with pytest.raises(AttemptTooSoon if not outcome.locked else PersonLocked) as caught:
                begin(peopled, person_id, moment + timedelta(seconds=outcome.wait_seconds - 1))
            if not outcome.locked:
                assert caught.value.facts == {"seconds": "1"}
        moment += timedelta(seconds=outcome.wait_seconds)
    assert waits == [0, 0, 0, 0, 10, 20, 40, 80, 160, 320]
    assert outcome.locked
    with pytest.raises(PersonLocked) as locked:
        begin(peopled, person_id, moment + LONG)
    assert locked.value.exit_status == 3


def test_a_wrong_pin_starts_the_waiting_time_anew(peopled: Database, now: datetime) -> None:
    """What counts is when the answer was given: else a slow answer would be its own waiting time."""
    for _ in range(4):
        fail(peopled, "op-101", now)
    attempt, answered = begin(peopled, "op-101", now), now + timedelta(seconds=8)
    with peopled.writing() as tx:
        assert finish_attempt(tx, SEALS, attempt, ok=False, now=answered).wait_seconds == 10
    with pytest.raises(AttemptTooSoon) as caught:
        begin(peopled, "op-101", now + timedelta(seconds=11))
    assert caught.value.facts == {"seconds": "7"}
    assert begin(peopled, "op-101", answered + timedelta(seconds=10)).failures == 6


def test_success_forgets_failures(peopled: Database, now: datetime) -> None:
    for _ in range(4):
        fail(peopled, "op-101", now)
    attempt = begin(peopled, "op-101", now)
    with peopled.writing() as tx:
        finish_attempt(tx, SEALS, attempt, ok=True, now=now)
    assert fail(peopled, "op-101", now) == Outcome(ok=False, failures=1, locked=False, wait_seconds=0)


def test_locked_id_is_released(peopled: Database, now: datetime) -> None:
    for number in range(10):
        fail(peopled, "op-101", now + number * LONG)
    with peopled.writing() as tx:
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 10
        assert unlock(tx, PEPPER, "op-101")
        assert not unlock(tx, PEPPER, "op-101")
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 0
    assert begin(peopled, "op-101", now).verify(PIN)


def test_clock_set_back_does_not_lengthen_the_wait(peopled: Database, now: datetime) -> None:
    for _ in range(5):
        fail(peopled, "op-101", now)
    # Nobody waits for years because the wrong PINs came while the clock was years ahead; the attempt counts as ever.
    back = now - timedelta(days=3650)
    assert fail(peopled, "op-101", back) == Outcome(ok=False, failures=6, locked=False, wait_seconds=20)
    with pytest.raises(AttemptTooSoon) as caught:
        begin(peopled, "op-101", back + timedelta(seconds=5))
    assert caught.value.facts == {"seconds": "15"}


def test_what_was_typed_as_an_id_is_not_kept(peopled: Database, now: datetime) -> None:
    fail(peopled, PIN, now)
    with peopled.reading() as reading:
        marks = [row[0] for row in reading.exec_driver_sql("SELECT mark FROM attempt")]
    assert [len(mark) for mark in marks] == [32]
    assert PIN not in marks[0]


def test_attempt_does_not_show_what_it_holds(peopled: Database, now: datetime) -> None:
    assert "argon2" not in repr(begin(peopled, "op-101", now))


def record(database: Database, log: Log, about: str, attempts: int, now: datetime) -> None:
    with database.writing() as tx:
        detail = {"attempts": attempts}
        log.append(tx, Event.OPERATOR_REFUSED, actor=None, session=None, object=about, detail=detail, now=now)


@pytest.mark.parametrize("person_id", ["op-101", "nobody"])
@pytest.mark.parametrize("tamper", ["DELETE FROM attempt", "put back"])
def test_a_count_that_was_set_back_or_deleted_goes_on_as_the_log_has_it(
    peopled: Database, log: Log, now: datetime, person_id: str, tamper: str
) -> None:
    about = person_id if person_id == "op-101" else PEPPER.mark_of(person_id)
    older: dict[str, object] = {}
    for number in range(1, 10):
        assert fail(peopled, person_id, now + number * LONG).failures == number
        record(peopled, log, about, number, now + number * LONG)
        with peopled.writing() as tx:
            older = older or dict(tx.exec_driver_sql("SELECT * FROM attempt").mappings().one())
    with peopled.writing() as tx:
        if tamper == "put back":
            tx.execute(text("UPDATE attempt SET failures = :failures, last_at = :last_at, seal = :seal"), older)
        else:
            tx.exec_driver_sql(tamper)
        assert failures_of(tx, SEALS, PEPPER, person_id) == 9
    with pytest.raises(AttemptTooSoon):
        begin(peopled, person_id, now + 9 * LONG + timedelta(seconds=100))
    assert fail(peopled, person_id, now + 10 * LONG).locked


def test_what_the_log_says_of_before_an_upgrade_counts_no_more(peopled: Database, log: Log, now: datetime) -> None:
    record(peopled, log, "op-101", 9, now)
    with peopled.writing() as tx:
        log.append(tx, Event.TERMINAL_UPGRADED, actor=None, session=None, now=now)
    assert fail(peopled, "op-101", now).failures == 1


def test_an_entry_that_tells_no_count_counts_for_nothing(peopled: Database, log: Log, now: datetime) -> None:
    with peopled.writing() as tx:
        log.append(tx, Event.OPERATOR_REFUSED, actor=None, session=None, object="op-101", now=now)
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 0


def test_a_count_that_somebody_else_wrote_is_told(peopled: Database, now: datetime) -> None:
    fail(peopled, "op-101", now)
    with peopled.writing() as tx:
        tx.exec_driver_sql("UPDATE attempt SET failures = 0")
    with pytest.raises(RowSealBroken):
        begin(peopled, "op-101", now)


def test_a_hash_of_an_older_program_is_bound_after_its_pin_was_right(database: Database, now: datetime) -> None:
    alone = pins._hasher.hash(PEPPER._peppered_alone(PIN))
    with database.writing() as tx:
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], alone, now=now)
        add_person(tx, SEALS, "op-102", [Role.OPERATOR], PEPPER.hash_pin("op-102", PIN), now=now)
    attempt = begin(database, "op-101", now)
    assert attempt.verify(PIN)
    bound = attempt.bound_hash(PIN)
    assert bound is not None
    assert PEPPER.matches("op-101", PIN, bound)
    assert not PEPPER.matches("op-102", PIN, bound)
    assert begin(database, "op-102", now).bound_hash(PIN) is None


def refused(database: Database, log: Log, about: str, attempts: int, now: datetime) -> None:
    """Put into the log that a PIN was refused, as the log-on does."""
    with database.writing() as tx:
        detail = {"attempts": attempts}
        log.append(tx, Event.OPERATOR_REFUSED, actor=None, session=None, object=about, detail=detail, now=now)


def test_what_was_tried_before_somebody_was_registered_counts_until_the_log_forgets_it(
    database: Database, log: Log, kept: str, now: datetime
) -> None:
    mark = PEPPER.mark_of("op-101")
    refused(database, log, mark, 7, now)
    with database.writing() as tx:
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 7
        add_person(tx, SEALS, "op-101", [Role.OPERATOR], kept, now=now)
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 7
        # The officer's act names the ID, and the entries before have the mark.
        log.append(tx, Event.PERSON_UNLOCKED, actor="ka-301", session=None, object="op-101", now=now)
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 0
    refused(database, log, mark, 1, now)
    refused(database, log, "op-101", 2, now)
    with database.reading() as reading:
        assert failures_of(reading, SEALS, PEPPER, "op-101") == 2


def test_a_reset_forgets_wrong_pins_also_of_whom_is_suspended(peopled: Database, log: Log, now: datetime) -> None:
    refused(peopled, log, "op-101", 9, now)
    with peopled.writing() as tx:
        set_standing(tx, SEALS, "op-101", IdStanding.SUSPENDED)
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 9
        log.append(tx, Event.PERSON_RESET, actor="ka-301", session=None, object="op-101", now=now)
        assert failures_of(tx, SEALS, PEPPER, "op-101") == 0
