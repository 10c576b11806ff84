"""The last exchange is put together from the log as its own outcome was, and nothing of other work is taken for it."""

import uuid

import pytest

from console.jobs import exchange
from console.jobs.exchange import ItemResult
from console.jobs.messages import listing, reading
from console.session import Session
from console.terminal import Terminal
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, CHIEF, OPERATOR, Site, entry, notice
from transport import agency
from transport.evidence.envelope import Purpose

pytestmark = ON_SQLITE


@pytest.fixture
def operator(served: Site) -> Session:
    return served.session(OPERATOR)


def _last(site: Site) -> set[tuple[int | None, str]]:
    last = exchange.last_exchange(site.terminal)
    assert last is not None
    return {(item.id, item.outcome) for item in last.items}


def _of(items: list[ItemResult]) -> set[tuple[int | None, str]]:
    return {(item.id, item.outcome) for item in items}


def test_before_the_first_exchange_there_is_none(site: Site) -> None:
    assert exchange.last_exchange(site.terminal) is None


def test_sending_and_receiving_are_one_exchange(served: Site, operator: Session) -> None:
    agency.refuse(served.agency_home, "R-000002", "number_not_current")
    agency.post(served.agency_home, [notice(1)])
    first, second = served.approve([entry(1), entry(2)])
    sent = exchange.send(served.terminal, operator)
    assert _last(served) == _of(sent.items) == {(first, "delivered"), (second, "delivered")}
    exchange.receive(served.terminal, operator)
    arrived = served.number("N-000001")
    assert _last(served) == {(first, "accepted"), (second, "refused"), (arrived, "received")}
    last = exchange.last_exchange(served.terminal)
    assert last is not None
    assert (last.by, last.began_at <= last.ended_at) == (OPERATOR, True)
    (refused,) = [item for item in last.items if item.outcome == "refused"]
    assert (refused.reference, refused.code) == ("R-000002", "number_not_current")


def test_what_was_done_after_it_is_no_part_of_it(served: Site, operator: Session) -> None:
    (first,) = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    before = exchange.last_exchange(served.terminal)
    reading.read(served.terminal, operator, first)
    assert exchange.last_exchange(served.terminal) == before
    # The person went on to something else, so that the next receiving is an exchange of its own.
    received = exchange.receive(served.terminal, operator)
    assert _last(served) == _of(received.items) == {(first, "accepted")}


def test_another_person_makes_another_exchange(served: Site, operator: Session) -> None:
    (first,) = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, served.session(CHIEF))
    assert _last(served) == {(first, "accepted")}
    last = exchange.last_exchange(served.terminal)
    assert last is not None
    assert last.by == CHIEF


def test_it_is_found_again_by_another_process(served: Site, operator: Session) -> None:
    (first,) = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    with Terminal.open(served.home) as terminal:
        last = exchange.last_exchange(terminal)
    assert last is not None
    assert [(item.id, item.reference) for item in last.items] == [(first, "R-000001")]


def test_what_was_not_taken_in_has_its_code_and_incident_and_no_message(served: Site, operator: Session) -> None:
    served.feed(b"no record", Purpose.NOTICE, uuid.uuid4().hex)
    received = exchange.receive(served.terminal, operator)
    last = exchange.last_exchange(served.terminal)
    assert last is not None
    (item,), (kept,) = received.items, last.items
    assert (kept.id, kept.outcome, kept.code) == (None, "rejected", item.code)
    assert kept.incident == item.incident
    # Nobody needs a right for it: names are read apart, by whoever may.
    assert listing.rows(served.terminal, served.session(APPROVER), []) == []
