"""Which items the peer meant when it refused a message, and where nothing is said of them."""

import pytest

from console.jobs import exchange
from console.jobs.entry.refusals import refused_because
from console.session import Session
from store import queue
from tests.console.jobs.site import CHIEF, OPERATOR, Site, entry
from transport import agency

NUMBERS = {"card_number", "certificate_number"}


@pytest.fixture
def clerk(served: Site) -> Session:
    return served.session(OPERATOR)


def refused_fields(site: Site, code: str) -> frozenset[str]:
    agency.refuse(site.agency_home, "R-000001", code)
    (number,) = site.approve([entry(1)])
    exchange.send(site.terminal, site.session(CHIEF))
    exchange.receive(site.terminal, site.session(CHIEF))
    with site.terminal.database.reading() as reading:
        because = refused_because(site.terminal, reading, queue.get(reading, number))
    assert because is not None
    assert because.cause["ja"]
    assert because.remedy["en"]
    return because.fields


def test_a_number_that_is_not_current_means_the_number(served: Site) -> None:
    assert refused_fields(served, "number_not_current") == NUMBERS


def test_a_person_who_is_not_found_means_who_it_is(served: Site) -> None:
    assert refused_fields(served, "person_not_found") == {"person.name", "person.birth_date", *NUMBERS}


def test_what_was_accepted_or_has_not_left_was_not_refused(served: Site) -> None:
    waiting, accepted = served.approve([entry(1), entry(2)])
    with served.terminal.database.reading() as reading:
        assert refused_because(served.terminal, reading, queue.get(reading, waiting)) is None
    exchange.send(served.terminal, served.session(CHIEF))
    exchange.receive(served.terminal, served.session(CHIEF))
    with served.terminal.database.reading() as reading:
        assert refused_because(served.terminal, reading, queue.get(reading, accepted)) is None
