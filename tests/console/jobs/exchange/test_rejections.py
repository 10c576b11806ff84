"""A peer that sends rubbish: the receiving ends, the log stays short, and no unsigned position moves the cursor far."""

from typing import Any

import pytest

from console.jobs import admission, exchange
from console.jobs.exchange.rejections import MOST_IN_A_ROW
from console.session import Session
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.exchange.test_receiving import NOTICE, batches_of, cursor, new_id
from tests.console.jobs.site import OPERATOR, Site, notice
from transport import agency
from transport.agency.service import Service

pytestmark = ON_SQLITE


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def rubbish(site: Site, count: int) -> None:
    for _ in range(count):
        site.feed_raw(new_id(), b"nonsense")


def test_the_position_of_a_rejected_item_does_not_blind_the_terminal(served: Site, operator: Session) -> None:
    rubbish(served, 1)
    served.agency_raw(f"UPDATE feed SET position = {2**53}")
    received = exchange.receive(served.terminal, operator)

    assert received.interruption is not None
    assert received.interruption.code == "answer_malformed"
    assert served.raw("SELECT position FROM cursor") == []
    served.agency_raw("DELETE FROM feed")
    agency.post(served.agency_home, [notice(1)])
    assert exchange.receive(served.terminal, operator).received == 1


def test_rejected_items_move_the_cursor_by_a_page_at_most(served: Site, operator: Session) -> None:
    batches_of(served, 2)
    rubbish(served, 5)
    received = exchange.receive(served.terminal, operator)
    assert received.rejected == 5
    assert received.items[0].facts == {"place": "magic"}
    assert cursor(served) == 2
    agency.post(served.agency_home, [notice(1)])
    assert exchange.receive(served.terminal, operator).received == 1
    assert cursor(served) == 6


def test_falling_positions_are_refused(served: Site, operator: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.post(served.agency_home, [notice(1), notice(2)])
    feed = Service.feed

    def falling(service: Service, *asked: Any) -> dict[str, Any]:
        page = feed(service, *asked)
        return {**page, "items": page["items"][::-1]}

    monkeypatch.setattr(Service, "feed", falling)
    received = exchange.receive(served.terminal, operator)

    assert received.interruption is not None
    assert received.interruption.code == "answer_malformed"
    assert (received.received, served.raw("SELECT position FROM cursor")) == (0, [])


def test_endless_rubbish_is_left_and_fills_no_log(served: Site, operator: Session) -> None:
    rubbish(served, 2 * MOST_IN_A_ROW + 20)
    before = served.newest()
    received = exchange.receive(served.terminal, operator)

    assert received.rejected == MOST_IN_A_ROW
    assert [item.incident is None for item in received.items] == [False] * 5 + [True] * 95
    assert received.interruption is not None
    assert received.interruption.code == "feed_unfit"
    assert received.interruption.facts == {"count": "100", "position": "100"}
    *each, together = served.entries(Event.NOTICE_REJECTED)
    assert [made.detail["position"] for made in each] == [1, 2, 3, 4, 5]
    assert together.detail == {"code": "envelope_malformed", "count": 95, "position": 6, "to": 100}
    assert served.newest() < before + 15
    assert served.log_holds()
    assert exchange.before_rejected(served.terminal) == 0
    # The rest is not held up for ever: each receiving passes some more of it.
    agency.post(served.agency_home, [notice(1)])
    assert exchange.receive(served.terminal, operator).interruption is not None
    last = exchange.receive(served.terminal, operator)
    assert (last.rejected, last.received, last.interruption) == (20, 1, None)


def test_what_disputes_a_known_item_counts_like_rubbish(served: Site, operator: Session) -> None:
    known = new_id()
    served.feed(notice(1), NOTICE, known)
    rubbish(served, MOST_IN_A_ROW - 2)
    served.feed(notice(2), NOTICE, known)
    rubbish(served, 2)
    received = exchange.receive(served.terminal, operator)

    assert (received.received, received.rejected) == (1, MOST_IN_A_ROW)
    assert len(served.entries(Event.NOTICE_CONFLICT)) == 1


def test_a_run_ends_with_an_item_that_is_taken_in(served: Site, operator: Session) -> None:
    for number in range(3):
        rubbish(served, MOST_IN_A_ROW // 2)
        served.feed(notice(number + 1), NOTICE, new_id())
    received = exchange.receive(served.terminal, operator)

    assert (received.received, received.rejected, received.interruption) == (3, 150, None)
    entries = served.entries(Event.NOTICE_REJECTED)
    assert sum(int(made.detail.get("count", 1)) for made in entries) == 150
    assert len([made for made in entries if "count" not in made.detail]) == 3 * 5


def test_the_reserve_of_the_disk_is_looked_at_page_by_page(
    served: Site, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches_of(served, 1)
    agency.post(served.agency_home, [notice(number) for number in range(1, 4)])

    def fill(_progress: object) -> None:
        if served.entries(Event.NOTICE_RECEIVED):
            monkeypatch.setattr(admission, "RESERVE_BYTES", 2**80)

    received = exchange.receive(served.terminal, operator, report=fill)

    assert received.interruption is not None
    assert (received.received, received.interruption.code) == (1, "disk_low")
    monkeypatch.undo()
    assert exchange.receive(served.terminal, operator).received == 2
