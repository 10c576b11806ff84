"""How far the feed was read: a feed that ends before the cursor is told, and an officer can set the cursor back."""

from unittest import mock

import pytest

from console.errors import CursorNotBefore, RightMissing
from console.jobs import exchange
from console.jobs.exchange import reach
from console.session import Session
from store.log import Event
from tests.console.jobs.exchange.test_receiving import cursor
from tests.console.jobs.site import AGENCY, CHIEF, OPERATOR, Site, notice
from transport import agency
from transport.line.client import FeedPage, Line


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def test_a_feed_that_ends_before_the_cursor_is_told(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(number) for number in range(1, 4)])
    exchange.receive(served.terminal, operator)
    usual = exchange.receive(served.terminal, operator)
    assert (usual.interruption, served.entries(Event.FEED_ENDED_EARLY)) == (None, [])
    # The peer goes back to an older backup: the next notice gets a position that was read already.
    served.agency_raw("DELETE FROM feed WHERE position > 1")
    agency.post(served.agency_home, [notice(4)])
    received = exchange.receive(served.terminal, operator)

    assert received.interruption is not None
    assert (received.interruption.code, received.interruption.facts) == ("feed_ends_early", {"cursor": "3"})
    (made,) = served.entries(Event.FEED_ENDED_EARLY)
    assert (made.result, made.detail["position"], made.detail["peer"]) == ("failed", 3, AGENCY)
    again = exchange.receive(served.terminal, operator, after=0)
    assert again.interruption is not None
    assert again.interruption.code == "feed_ends_early"
    assert cursor(served) == 3


def test_an_officer_sets_the_cursor_back_and_what_was_passed_over_comes_in(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(number) for number in range(1, 4)])
    exchange.receive(served.terminal, operator)
    served.raw("UPDATE cursor SET position = ?", 10**6)
    agency.post(served.agency_home, [notice(4)])
    assert exchange.receive(served.terminal, operator).received == 0

    assert exchange.set_cursor(served.terminal, served.session(CHIEF), 3) == 10**6
    (made,) = served.entries(Event.FEED_SET_BACK)
    assert (made.actor, made.detail) == (CHIEF, {"peer": AGENCY, "from": 10**6, "to": 3})
    received = exchange.receive(served.terminal, operator)
    assert (received.received, received.interruption, cursor(served)) == (1, None, 4)


def test_a_feed_without_items_is_no_fault(served: Site, operator: Session) -> None:
    received = exchange.receive(served.terminal, operator)
    assert (received.received, received.interruption) == (0, None)


def test_the_item_before_the_cursor_alone_is_asked_for() -> None:
    line = mock.create_autospec(Line, instance=True)
    line.pull.return_value = FeedPage((), more=False)
    assert reach.falls_short(line, 5)
    assert line.pull.mock_calls == [mock.call(4, 1)]


def test_only_an_officer_sets_the_cursor_back(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(1)])
    exchange.receive(served.terminal, operator)
    with pytest.raises(RightMissing):
        exchange.set_cursor(served.terminal, operator, 0)
    assert cursor(served) == 1


def test_the_cursor_is_never_set_forward(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(1)])
    exchange.receive(served.terminal, operator)
    for position in (1, 2):
        with pytest.raises(CursorNotBefore):
            exchange.set_cursor(served.terminal, served.session(CHIEF), position)
    assert (cursor(served), served.entries(Event.FEED_SET_BACK)) == (1, [])
