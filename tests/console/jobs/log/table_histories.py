"""Honest histories of a terminal's tables: people work as they may, by chance; no row ever differs from the log."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Final

from console.errors import ConsoleError
from console.jobs import exchange
from console.jobs.log import tables
from console.jobs.messages import confirmation, entry, retention, review
from console.jobs.people import logon
from console.jobs.people.deeds import PersonDeed
from console.jobs.terminal import rekey
from store import queue
from store.errors import IntegrityFault, PersonUnchanged, StoreError
from store.message.states import Direction
from store.people import Role
from tests.console.jobs.site import APPROVER, AUDITOR, CHIEF, CUSTODIAN, OPERATOR, PEOPLE, Site
from tests.console.jobs.site import entry as written

_ACTS: Final = 25

Living = Callable[[Site, random.Random], object]


def live(site: Site, chance: random.Random) -> None:
    """Let people work at the terminal, and hold its tables against its log. Raises AssertionError."""
    for _ in range(chance.randint(1, _ACTS)):
        # What is refused, as people may try anything, has to leave rows and log in agreement as well.
        try:
            chance.choice(_LIVES)(site, chance)
        except IntegrityFault:
            raise
        except (StoreError, ConsoleError):
            continue
        if chance.random() < 0.1:
            assert tables.compare_new(site.terminal).named == []
    found = tables.verify(site.terminal, site.session(AUDITOR))
    assert (found.log.ok, found.tables.named) == (True, [])


def _take_in(site: Site, chance: random.Random) -> None:
    first = chance.randrange(10**6)
    site.take_in([written(first + number) for number in range(chance.randint(1, 4))])


def _some(site: Site, chance: random.Random, direction: Direction = Direction.OUT) -> list[int]:
    with site.terminal.database.reading() as reading:
        numbers = list(queue.ids(reading, queue.QueueFilter(direction)))
    return chance.sample(numbers, chance.randint(0, len(numbers)))


def _review(site: Site, chance: random.Random) -> None:
    reviewer, numbers = site.session(chance.choice([APPROVER, CHIEF])), _some(site, chance)
    acts: list[Callable[[], object]] = [
        lambda: review.approve(site.terminal, reviewer, numbers, confirm_warnings=True),
        lambda: review.approve(site.terminal, reviewer, numbers, confirm_warnings=True),
        lambda: review.give_back(site.terminal, reviewer, numbers, reason="x"),
        lambda: review.hold(site.terminal, reviewer, numbers),
        lambda: review.release(site.terminal, reviewer, numbers),
        lambda: review.withdraw(site.terminal, reviewer, numbers, reason="x"),
    ]
    chance.choice(acts)()


def _revise(site: Site, chance: random.Random) -> None:
    session = site.session(OPERATOR)
    for number in _some(site, chance)[:2]:
        record, version = entry.open_for_revision(site.terminal, session, number)
        changed = {**record, "card_number": f"AB{chance.randrange(10**8):08}CD"}
        entry.revise(site.terminal, session, number, changed, version=version)


def _exchange(site: Site, _chance: random.Random) -> None:
    with site.served(register=not _is_registered(site)) as port:
        # Where the agency answers is the test's matter: a free port each time.
        site.rewrite("UPDATE peer_version SET port = ?", port)
        exchange.send(site.terminal, site.session(OPERATOR))
        exchange.receive(site.terminal, site.session(OPERATOR))


def _is_registered(site: Site) -> bool:
    return bool(site.raw("SELECT count(*) FROM peer_version")[0][0])


def _confirm(site: Site, chance: random.Random) -> None:
    confirmation.confirm(site.terminal, site.session(APPROVER), _some(site, chance, Direction.IN))


def _log_on(site: Site, chance: random.Random) -> None:
    person_id = chance.choice([*PEOPLE, "nobody", "27182845"])
    right = person_id in PEOPLE and chance.random() < 0.6
    pin = PEOPLE[person_id][1] if right else f"{chance.randrange(10**8):08}"
    opened = logon.log_on(site.terminal, person_id, pin, origin="screen")
    logon.check_pin(site.terminal, opened, pin)


def _release(site: Site, chance: random.Random) -> None:
    # Without wrong PINs there is nothing to forget.
    with suppress(PersonUnchanged):
        site.change(PersonDeed.RELEASE, chance.choice([OPERATOR, APPROVER]))


def _add_person(site: Site, chance: random.Random) -> None:
    person_id = f"op-{chance.randint(500, 999)}"
    site.enrol(person_id, Role.OPERATOR)
    site.change(PersonDeed.ROLES, person_id, roles=frozenset({Role.APPROVER}), on=date(2099, 4, 1))
    site.change(PersonDeed.SUSPEND, person_id, reason="育児休業")


def _erase(site: Site, _chance: random.Random) -> None:
    retention.erase_expired(site.terminal, site.session(CUSTODIAN))


def _rekey(site: Site, _chance: random.Random) -> None:
    rekey.change_key(site.terminal, site.session(CUSTODIAN))


_LIVES: Final[tuple[Living, ...]] = (
    _take_in,
    _take_in,
    _review,
    _review,
    _review,
    _revise,
    _exchange,
    _confirm,
    _log_on,
    _log_on,
    _release,
    _add_person,
    _erase,
    _rekey,
)
